//! Which profile holds in which repository, and who may say so.

use crate::support::*;
use wardline_policy::Decision::{Allow, Ask, Deny};
use wardline_policy::{Layer, Options, PolicySet, Preset, Source, lint};

const OWN: &str = "~/.config/wardline/config.jsonc";
const MANAGED: &str = "/etc/wardline/policy.jsonc";

fn at(project: &str, profile: Option<&str>) -> Options {
    Options { project: vec![project.to_owned()], profile: profile.map(str::to_owned), ..options() }
}

/// Two profiles that are told apart by what they say to `make`, and lines of `repositories`.
fn own(lines: &str) -> Source {
    user(&format!(
        r#"{{"profiles": {{
            "strict": {{"preset": "readonly", "permission": {{"bash": {{"make *": "deny"}}}}}},
            "loose": {{"permission": {{"bash": {{"make *": "allow"}}}}}}}},
          "repositories": {{{lines}}}}}"#
    ))
}

fn in_force(policy: &PolicySet) -> Vec<String> {
    policy.profiles().map(|profile| format!("{} {}", profile.name, profile.origin)).collect()
}

#[test]
fn the_last_line_that_matches_the_root_decides() {
    let strict = r#""~/work/shop": {"profile": "strict"}"#;
    let both = r#""~/oss/*": {"profile": "strict"}, "~/oss/mine": {"profile": "loose"}"#;
    let none = r#""~/oss/*": {"profile": "strict"}, "~/oss/mine": {"profile": null}"#;
    let table = [
        (strict, "/home/u/work/shop", Some("strict")),
        (strict, "/home/u/work/shop/vendor/sub", Some("strict")),
        (strict, "/home/u/work/shopping", None),
        (strict, "/home/u/work", None),
        (strict, "/other/home/u/work/shop", None),
        (r#""$HOME/work/shop/": {"profile": "strict"}"#, "/home/u/work/shop", Some("strict")),
        (r#""/srv/?": {"profile": "strict"}"#, "/srv/a", Some("strict")),
        (r#""*/shop": {"profile": "strict"}"#, "/srv/shop", Some("strict")),
        (r#""*": {"profile": "strict"}"#, "/srv/a", Some("strict")),
        (r#""/": {"profile": "strict"}"#, "/srv/a", Some("strict")),
        (r#""~": {"profile": "strict"}"#, "/home/u/a", Some("strict")),
        (both, "/home/u/oss/theirs", Some("strict")),
        (both, "/home/u/oss/mine", Some("loose")),
        (none, "/home/u/oss/theirs", Some("strict")),
        (none, "/home/u/oss/mine", None),
    ];
    for (lines, project, expected) in table {
        let policy = build_with(&[own(lines)], &at(project, None));
        let names: Vec<&str> = policy.profiles().map(|profile| profile.name.as_str()).collect();
        assert_eq!(names.first().copied(), expected, "{lines} in {project}");
        let decision = match expected {
            Some("strict") => Deny,
            Some(_) => Allow,
            None => Ask,
        };
        assert_eq!(check(&policy, "bash", "make"), decision, "{lines} in {project}");
    }
}

#[test]
fn the_command_line_wins_but_not_over_the_administrator() {
    let managed = managed(
        "{\n\"profiles\": {\"audit\": {\"permission\": {\"bash\": {\"make *\": \"deny\"}}}},\n\
         \"repositories\": {\"/r\": {\"profile\": \"audit\"}}}",
    );
    let own = own(r#""/r": {"profile": "strict"}"#);
    let own_line = format!("strict {OWN}:4");
    let cases = [
        (vec![own.clone()], None, vec![own_line.clone()], Deny),
        (vec![own.clone()], Some("loose"), vec!["loose command line".to_owned()], Allow),
        (vec![managed.clone()], None, vec![format!("audit {MANAGED}:3")], Deny),
        (
            vec![managed.clone(), own.clone()],
            Some("loose"),
            vec![format!("audit {MANAGED}:3"), "loose command line".to_owned()],
            Deny,
        ),
        (vec![managed, own], None, vec![format!("audit {MANAGED}:3"), own_line], Deny),
    ];
    for (number, (sources, named, expected, decision)) in cases.into_iter().enumerate() {
        let policy = build_with(&sources, &at("/r", named));
        assert_eq!(in_force(&policy), expected, "row {number}");
        assert_eq!(check(&policy, "bash", "make"), decision, "row {number}");
    }
}

#[test]
fn a_repository_does_not_choose_its_profile() {
    for (trusted, layer) in [(false, Layer::Project), (true, Layer::Project), (true, Layer::Agent)] {
        let sources =
            [own(""), source(layer, trusted, "{\n\"repositories\": {\"*\": {\"profile\": \"loose\"}}}")];
        let problems = PolicySet::build(&sources, &at("/r", None)).unwrap_err();
        assert_eq!(
            problems[0].to_string(),
            "wardline.jsonc:2:1: `repositories` is not a repository's to set; remove it; the person chooses in ~/.config/wardline/config.jsonc"
        );
    }
    let foreign = Source { file: "kilo.json".to_owned(), ..project(true, r#"{"repositories": 1}"#) };
    assert!(
        in_force(&build_with(&[own(""), foreign], &at("/r", None))).is_empty(),
        "no business of Wardline's"
    );
}

#[test]
fn a_repository_does_not_loosen_the_profile_that_holds_in_it() {
    let own = own(r#""/r": {"profile": "strict"}"#);
    let loosening = [
        r#"{"preset": "autopilot"}"#,
        r#"{"profiles": {"strict": {"preset": "autopilot"}}}"#,
        r#"{"profiles": {"strict": {"permission": {"bash": {"make *": "allow"}}}}}"#,
    ];
    for text in loosening {
        for trusted in [false, true] {
            let policy = build_with(&[own.clone(), project(trusted, text)], &at("/r", None));
            assert_eq!(policy.preset(), Preset::Readonly, "{text}, trusted: {trusted}");
            assert_eq!(check(&policy, "bash", "make"), Deny, "{text}, trusted: {trusted}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_line() {
    let problems = |source: Source, others: &[Source]| -> Vec<String> {
        let sources: Vec<Source> = std::iter::once(source).chain(others.iter().cloned()).collect();
        let built = PolicySet::build(&sources, &at("/r", None));
        built.err().unwrap_or_default().iter().map(ToString::to_string).collect()
    };
    let table = [
        (r#""/r": {"profile": "strct"}"#, "4:28: there is no profile `strct`; known profiles: loose, strict"),
        (
            r#""shop": {"profile": "strict"}"#,
            "4:28: `shop` names no repository: it is no absolute path; begin it with `/`, `~/` or `*`, as in \"~/work/shop\"",
        ),
        (
            r#""~u/shop": {"profile": "strict"}"#,
            "4:28: `~u/shop` names no repository: it is no absolute path; begin it with `/`, `~/` or `*`, as in \"~/work/shop\"",
        ),
        (
            r#""/r": {}"#,
            "4:28: repository `/r` needs a `profile`; write { \"profile\": \"NAME\" }, or null for none",
        ),
        (r#""/r": "strict""#, "4:34: repository `/r` is a text; write a map `{ name: value }`"),
        (r#""/r": {"profile": 1}"#, "4:46: `profile` is a number; write a text in quotes"),
        (
            r#""/r": {"profile": "strict", "preset": "readonly"}"#,
            "4:56: `preset` is not a setting; known here: profile",
        ),
    ];
    for (lines, expected) in table {
        let found = problems(own(lines), &[]);
        assert_eq!(found.first().map(String::as_str), Some(format!("{OWN}:{expected}").as_str()), "{lines}");
    }
    let defines = r#"{"profiles": {"strct": {}}}"#;
    let line = own(r#""/r": {"profile": "strct"}"#);
    assert_eq!(problems(line.clone(), &[project(true, defines)]).len(), 1, "a repository does not define it");
    assert_eq!(problems(line, &[managed(defines)]).len(), 0, "the administrator does");
    let managed = managed("{\"repositories\": {\"/r\": {\"profile\": \"strict\"}}}");
    assert_eq!(problems(managed, &[own("")]).len(), 1, "a ceiling is not the person's to define");
}

#[test]
fn lines_that_do_nothing_are_found() {
    let table: &[(&str, &[&str])] = &[
        (r#""/elsewhere": {"profile": "strct"}"#, &["unknown-profile"]),
        (r#""/a": {"profile": "strict"}, "/*": {"profile": "loose"}"#, &["shadowed"]),
        (r#""/a/b": {"profile": "strict"}, "/a": {"profile": "loose"}"#, &["shadowed"]),
        (r#""/*": {"profile": "loose"}, "/a": {"profile": "strict"}"#, &[]),
        (r#""/a": {"profile": "strict"}, "/b": {"profile": null}"#, &[]),
    ];
    for (lines, expected) in table {
        let policy = build_with(&[own(lines)], &at("/r", None));
        let found: Vec<String> = lint(&policy).into_iter().map(|lint| lint.code).collect();
        assert_eq!(found, *expected, "{lines}");
    }
    let policy = build_with(&[own(r#""/elsewhere": {"profile": "strct"}"#)], &at("/r", None));
    let lint = lint(&policy).remove(0);
    assert_eq!(
        (lint.line, lint.text.as_str(), lint.help.as_str()),
        (
            4,
            "`/elsewhere` selects `strct`, which is no profile: nothing runs there",
            "known profiles: loose, strict"
        )
    );
}

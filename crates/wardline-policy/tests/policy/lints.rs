//! The linter: the dead shapes it knows, and silence about rules that work.

use crate::support::*;
use wardline_policy::{PolicySet, Severity, Source, lint};

fn codes(policy: &PolicySet) -> Vec<(u32, String)> {
    lint(policy).into_iter().map(|lint| (lint.line, lint.code)).collect()
}

fn of(rules: &str) -> Vec<String> {
    let found = codes(&policy(&format!("{{\"permission\": {rules}}}")));
    found.into_iter().map(|(_, code)| code).collect()
}

#[test]
fn dead_shapes() {
    let table: &[(&str, &[&str])] = &[
        (r#"{"read": {"**/.env": "deny"}}"#, &["misses-root"]),
        (r#"{"read": {"a/**/c.ts": "deny"}}"#, &["misses-root"]),
        (r#"{"edit": {"src/gen/*": "deny"}}"#, &["misses-directory"]),
        (r#"{"edit": {"./src/a": "deny"}}"#, &["never-matches"]),
        (r#"{"edit": {"src/": "deny"}}"#, &["never-matches"]),
        (r#"{"edit": {"*.{ts,js}": "deny"}}"#, &["not-special"]),
        (r#"{"edit": {"[ab].ts": "deny"}}"#, &["not-special"]),
        (r#"{"edit": {"!a.ts": "allow"}}"#, &["not-special"]),
        (r#"{"edit": {"a\\*b": "deny"}}"#, &["not-special"]),
        (r#"{"external_directory": {"/srv": "allow"}}"#, &["never-matches"]),
        (r#"{"grep": {"src/*": "deny"}}"#, &["not-a-path"]),
        (r#"{"bash": {"rm\t*": "deny"}}"#, &["never-matches"]),
        (r#"{"bash": {"rm ": "deny"}}"#, &["never-matches"]),
        (r#"{"bash": {"": "deny"}}"#, &["never-matches"]),
        (r#"{"bash": {"git **": "deny"}}"#, &["misses-bare"]),
        (r#"{"bash": {"rm -rf *": "deny"}}"#, &["one-spelling"]),
        (r#"{"bassh": "deny"}"#, &["unknown-key"]),
        (r#"{"write": "deny"}"#, &["alias"]),
        (r#"{"bash": {"git push *": "deny", "git *": "allow"}}"#, &["shadowed"]),
        (r#"{"bash": {"rm *": "deny", "*": "ask"}}"#, &["shadowed"]),
        (r#"{"bash": {"rm *": "deny"}, "*": "allow"}"#, &["shadowed"]),
        // Rules that work as written.
        (r#"{"bash": {"*": "ask", "git *": "allow", "git push *": "deny"}}"#, &[]),
        (r#"{"read": {"*.env": "deny", ".env": "allow"}}"#, &[]),
        (r#"{"external_directory": {"~/x/*": "allow"}, "*": "deny"}"#, &[]),
        (r#"{"read": {"docs/x": "deny"}, "*": "ask"}"#, &[]),
        (r#"{"github_*": "deny", "srv_tool": "ask", "*": "ask"}"#, &["shadowed", "shadowed"]),
        (r#"{"*": "ask", "github_*": "deny"}"#, &[]),
        (r#"{"bash": {"a?c": "deny", "a*d": "allow"}}"#, &[]),
    ];
    for (rules, expected) in table {
        assert_eq!(of(rules), *expected, "{rules}");
    }
}

#[test]
fn a_lost_deny_is_an_error() {
    let lints = lint(&policy("{\"permission\": {\"bash\": {\n\"rm *\": \"deny\",\n\"*\": \"allow\"}}}"));
    assert_eq!(lints.len(), 1);
    assert_eq!((lints[0].severity, lints[0].line), (Severity::Error, 2));
    assert_eq!(
        lints[0].text,
        "bash \"rm *\" deny never decides: bash \"*\" allow at ~/.config/wardline/config.jsonc:3 comes later and matches all of it"
    );
}

#[test]
fn help_names_what_to_write() {
    let help = |rules: &str| lint(&policy(&format!("{{\"permission\": {rules}}}")))[0].help.clone();
    assert_eq!(help(r#"{"read": {"**/.env": "deny"}}"#), "write \"*.env\", or add \".env\"");
    assert_eq!(help(r#"{"external_directory": {"/srv": "allow"}}"#), "write \"/srv/*\"");
    assert_eq!(help(r#"{"bassh": "deny"}"#), "did you mean `bash`?");
}

fn codes_of(sources: &[Source]) -> Vec<String> {
    codes(&build(sources)).into_iter().map(|(_, code)| code).collect()
}

#[test]
fn what_a_layer_may_not_say() {
    let loose =
        r#"{"permission": {"bash": {"make *": "allow"}}, "network": {"allow": ["x.y"]}, "compat": "kilo"}"#;
    assert_eq!(codes_of(&[project(false, loose)]), ["may-not-loosen"; 3]);
    assert_eq!(codes_of(&[project(true, loose)]), ["may-not-loosen"], "compat is the user's to choose");
    assert_eq!(
        codes_of(&[user(r#"{"preset": "readonly"}"#), project(false, r#"{"preset": "autopilot"}"#)]),
        ["may-not-loosen"]
    );
    let deny = user(r#"{"permission": {"bash": {"make *": "deny"}}}"#);
    assert_eq!(
        codes_of(&[deny, project(true, r#"{"permission": {"bash": {"make test": "allow"}}}"#)]),
        ["may-not-loosen"]
    );
}

#[test]
fn what_compat_costs() {
    let table = [(r#""deny""#, r#"{"git status": "allow"}"#), (r#"{"rm *": "deny"}"#, r#""allow""#)];
    for (lower, higher) in table {
        let own = format!("{{\"compat\": \"kilo\", \"permission\": {{\"bash\": {lower}}}}}");
        let found =
            codes_of(&[user(&own), project(true, &format!("{{\"permission\": {{\"bash\": {higher}}}}}"))]);
        assert_eq!(found, ["compat-cost", "lost-in-merge"], "{lower}");
    }
    assert_eq!(
        codes_of(&[user(r#"{"compat": "kilo", "permission": {"bash": {"cd *": "deny"}}}"#)]),
        ["compat-cost", "never-matches"]
    );
}

#[test]
fn a_rule_shadowed_by_another_file() {
    let own = user(r#"{"permission": {"bash": {"make *": "ask"}}}"#);
    assert_eq!(codes_of(&[own.clone(), project(true, r#"{"permission": {"bash": "allow"}}"#)]), ["shadowed"]);
    assert!(codes_of(&[own, project(false, r#"{"permission": {"bash": "deny"}}"#)]).is_empty());
    let deny = user(r#"{"permission": {"bash": {"make *": "deny"}}}"#);
    assert!(
        codes_of(&[deny, project(true, r#"{"permission": {"bash": "allow"}}"#)]).is_empty(),
        "the user's deny stands"
    );
}

#[test]
fn the_built_in_rules_are_clean() {
    assert!(lint(&build(&[])).is_empty());
}

/// That each is held against few others is counted in `index.rs`.
#[test]
fn a_hundred_thousand_rules_are_linted() {
    let rules: String = (0..100_000).map(|n| format!("\"tool{n} *\": \"allow\",")).collect();
    let policy = policy(&format!("{{\"permission\": {{\"bash\": {{{rules}}}}}}}"));
    assert!(lint(&policy).is_empty());
}

//! The refusal floor: cases of each rule, the shapes that other guards miss, and what holds for every refusal.
//!
//! A case is `answer<TAB>script`. In a rule's file `refuse` and `ask` are what this rule says, `pass` is a neighbour that it
//! leaves alone and that nothing refuses; `only:` marks a case that nothing else stops. In `shapes.txt` the answer is that
//! of all rules together, and `stop` is either. `␤` stands for a newline, `␍` for a carriage return, `␛` for ESC, `␣` for
//! blanks that fill a screen; characters that nobody would see are written `\u{…}`.
#![expect(clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::path::{Path, PathBuf};

use support::CONTEXT;
use wardline_shell::{Limits, Refusal, Severity, analyze, rules};

struct Case {
    file: String,
    expected: String,
    only: bool,
    script: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refusal")
}

fn cases(name: &str) -> Vec<Case> {
    let path = folder().join(format!("{name}.txt"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read = |line: &str| {
        let (answer, script) = line.split_once('\t').unwrap_or_else(|| panic!("{name}: no tab in {line:?}"));
        let (only, expected) = match answer.strip_prefix("only:") {
            Some(rest) => (true, rest),
            None => (false, answer),
        };
        let script = script.replace('␤', "\n").replace('␍', "\r").replace('␛', "\u{1b}");
        let script = script.replace('␣', &" ".repeat(300));
        let script = script.replace("\\u{202e}", "\u{202e}").replace("\\u{200b}", "\u{200b}");
        Case { file: name.to_owned(), expected: expected.to_owned(), only, script }
    };
    text.lines().map(read).collect()
}

fn refusals(script: &str) -> Vec<Refusal> {
    analyze(script, &CONTEXT, &Limits::default()).refusals
}

fn strictest<'a>(refusals: impl Iterator<Item = &'a Refusal>) -> &'static str {
    match refusals.map(|refusal| refusal.severity).max() {
        Some(Severity::Refuse) => "refuse",
        Some(Severity::Ask) => "ask",
        None => "pass",
    }
}

fn shown(refusals: &[Refusal]) -> String {
    refusals
        .iter()
        .map(|r| format!("\n    {:?} {}: {} [{}]", r.severity, r.rule, r.text, r.identity))
        .collect()
}

/// What is wrong with a case of a rule.
fn wrong(case: &Case) -> Option<String> {
    let all = refusals(&case.script);
    let own = strictest(all.iter().filter(|refusal| refusal.rule == case.file));
    let rest = strictest(all.iter().filter(|refusal| refusal.rule != case.file));
    let alone = if case.expected == "refuse" { rest != "refuse" } else { rest == "pass" };
    let right =
        own == case.expected && (case.expected != "pass" || rest != "refuse") && (!case.only || alone);
    let only = if case.only { " alone" } else { "" };
    (!right).then(|| {
        format!(
            "{}: {:?}: expected {}{only}, got {own}{}",
            case.file,
            case.script,
            case.expected,
            shown(&all)
        )
    })
}

#[test]
fn every_rule_says_what_its_cases_say() {
    let all: Vec<Case> = rules().iter().flat_map(|rule| cases(rule.id)).collect();
    let wrong: Vec<String> = all.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn every_rule_has_cases_and_one_that_only_it_stops() {
    for rule in rules() {
        let cases = cases(rule.id);
        let passes = cases.iter().filter(|case| case.expected == "pass").count();
        assert!(passes >= 4, "{}: {passes} neighbours", rule.id);
        assert!(cases.len() - passes >= 6, "{}: {} cases", rule.id, cases.len() - passes);
        assert!(cases.iter().any(|case| case.only), "{}: nothing that only it stops", rule.id);
    }
}

#[test]
fn shapes_that_other_guards_miss() {
    let mut wrong = Vec::new();
    for case in cases("shapes") {
        let all = refusals(&case.script);
        let answer = strictest(all.iter());
        if answer != case.expected && (case.expected != "stop" || answer == "pass") {
            wrong.push(format!("{:?}: expected {}, got {answer}{}", case.script, case.expected, shown(&all)));
        }
    }
    assert!(wrong.is_empty(), "{} shapes:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn alternatives_pass() {
    let mut wrong = Vec::new();
    for case in rules().iter().flat_map(|rule| cases(rule.id)) {
        for refusal in refusals(&case.script) {
            let Some(other) = &refusal.alternative else { continue };
            let script = script(&other.argv);
            let found = refusals(&script);
            if found.iter().any(|next| next.severity == Severity::Refuse || next.rule == refusal.rule) {
                wrong.push(format!("{:?} → {script:?}:{}", case.script, shown(&found)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn script(argv: &[String]) -> String {
    let quoted: Vec<String> = argv.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    quoted.join(" ")
}

#[test]
fn advice_is_plain() {
    for script in ["rm -rf /etc", "git push"] {
        for refusal in refusals(script) {
            let advice = refusal.advice();
            assert!(advice.contains("Do not try to reach the same effect another way"), "{advice}");
            assert!(advice.contains("Ask the person"), "{advice}");
        }
    }
}

/// Spellings of one effect give one identity and one text.
#[test]
fn identities_do_not_depend_on_spelling() {
    for spellings in [
        [
            "rm -rf /etc",
            "rm -r --force '/etc'/",
            "cd / && rm -fr etc",
            "x=/etc; r''m -rf $x",
            "sudo rm -rf /usr/../etc",
        ],
        [
            "rm -rf ~",
            "rm -rf \"$HOME\"",
            "cd; rm -rf /home/me",
            "sh -c 'rm -rf ~/'",
            "env rm -r -f /home/me/.",
        ],
        ["git push", "git  push", "'git' push", "command git push", "sh -c 'git push'"],
    ] {
        let identity =
            |script: &str| refusals(script).first().map(|r| (r.rule, r.identity.clone(), r.text.clone()));
        for other in spellings {
            assert_eq!(identity(other), identity(spellings[0]), "{other}");
            assert!(identity(other).is_some(), "{other}");
        }
    }
}

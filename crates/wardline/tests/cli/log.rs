//! `wardline log`: people's and machines' view of the journal, and its verification.

use serde_json::Value;

use crate::common::Sealed;

fn with_rows(name: &str) -> Sealed {
    let world = Sealed::new(name);
    world.run(&["exec", "--", "echo", "token=ghp_abcdefghijklmnopqrstuvwxyz0123456789"]);
    world.run(&["exec", "--", "cat", ".env"]);
    world
}

#[test]
fn a_person_sees_decisions_with_their_rules() {
    let world = with_rows("log");
    let ran = world.run(&["log"]);
    assert!(ran.stdout.contains("deny  bash cat .env"), "{ran:?}");
    assert!(ran.stdout.contains("read \"*.env\" ask"), "the deciding rule: {ran:?}");
    assert!(!ran.stdout.contains('\u{1b}'), "no colours in a pipe");
    assert_eq!(world.run(&["log", "--last", "1"]).stdout.lines().count(), 1);
}

#[test]
fn machines_get_rows_and_secrets_are_in_none() {
    let world = with_rows("log-json");
    let ran = world.run(&["log", "--json"]);
    let rows: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rows.len() >= 4);
    assert!(rows.iter().zip(1..).all(|(row, seq)| row["seq"] == seq));
    assert!(!ran.stdout.contains("ghp_abcdef"), "{ran:?}");
}

#[test]
fn tampering_is_found_with_its_line() {
    let world = with_rows("log-verify");
    assert_eq!(world.run(&["log", "verify"]).code, 0);
    let whole = std::fs::read_to_string(world.journal()).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let without = |index: usize| {
        let mut kept = lines.clone();
        kept.remove(index);
        kept.join("\n") + "\n"
    };
    let table = [
        ("edit", whole.replacen("\"deny\"", "\"allow\"", 1)),
        ("deletion", without(1)),
        ("cut end", without(lines.len() - 1)),
        ("swap", format!("{}\n{}\n{}\n", lines[1], lines[0], lines[2..].join("\n"))),
    ];
    for (name, text) in table {
        std::fs::write(world.journal(), text).unwrap();
        let ran = world.run(&["log", "verify", "--json"]);
        assert_eq!(ran.code, 1, "{name}: {ran:?}");
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["clean"], false, "{name}");
    }
}

#[test]
fn an_export_can_be_verified_alone() {
    let world = with_rows("log-export");
    let copy = world.path("copy.jsonl");
    let ran = world.run(&["log", "export", "--output", copy.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(world.journal()).unwrap());
    let manifest: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(manifest["clean"], true);
    assert_eq!(world.run(&["log", "verify", "--journal", copy.to_str().unwrap()]).code, 0);
    assert_eq!(world.run(&["log", "export", "--output", copy.to_str().unwrap()]).code, 2, "never overwrites");
}

#[test]
fn an_unknown_session_is_an_error_that_names_the_known() {
    let world = with_rows("log-session");
    let journal = world.journal().display().to_string();
    let known = world.rows().last().unwrap()["session"].as_str().unwrap().to_owned();
    let found = world.run(&["log", "--session", &known]);
    assert_eq!((found.code, found.stdout.is_empty()), (0, false), "{found:?}");
    for arguments in [vec!["log", "--session", "nope"], vec!["log", "--json", "--session", "nope"]] {
        let ran = world.run(&arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        let expected = format!("wardline: {journal}: no session `nope`; the latest are {known}, ");
        assert!(ran.stderr.starts_with(&expected), "{ran:?}");
    }
    let empty = Sealed::new("log-session-none");
    let ran = empty.run(&["log", "--session", "nope"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.ends_with("no session `nope`; it holds no rows\n"), "{ran:?}");
}

#[test]
fn no_journal_is_no_error() {
    assert_eq!(Sealed::new("log-none").run(&["log"]).code, 0);
}

//! `wardline init` and `wardline doctor` on a home with agents' configuration.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::common::{Sealed, feed, there};

const CLAUDE: &str = "{\n  // mine\n  \"model\": \"x\",\n  \"hooks\": {\"PreToolUse\": [{\"matcher\": \"Bash\", \"hooks\": [{\"type\": \"command\", \"command\": \"mine\"}]}]}\n}\n";

#[test]
fn a_dry_run_shows_the_diff_and_changes_nothing() {
    let world = Sealed::new("init-dry");
    world.write("home/.claude/settings.json", CLAUDE);
    let ran = world.run(&["init", "--dry-run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("+++") && ran.stdout.contains("hook claude"), "{ran:?}");
    assert_eq!(world.read("home/.claude/settings.json"), CLAUDE);
}

#[test]
fn nobody_there_means_no_change() {
    let world = Sealed::new("init-nobody");
    world.write("home/.claude/settings.json", CLAUDE);
    assert_eq!(world.run(&["init"]).code, 2);
    assert_eq!(world.read("home/.claude/settings.json"), CLAUDE);
}

#[test]
fn installing_keeps_what_was_there_and_removing_restores_it() {
    let world = Sealed::new("init");
    world.write("home/.claude/settings.json", CLAUDE);
    world.write("home/.gemini/settings.json", "{}\n");
    world.write("home/.config/opencode/opencode.jsonc", "{ /* keep */ }\n");
    let ran = world.run(&["init", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let claude = world.read("home/.claude/settings.json");
    assert!(
        claude.contains("// mine") && claude.contains("\"mine\"") && claude.contains("hook claude"),
        "{claude}"
    );
    assert!(world.read("home/.gemini/settings.json").contains("hook gemini"));
    assert!(world.read("home/.config/opencode/opencode.jsonc").contains("/* keep */"));
    let again = world.run(&["init", "--yes"]);
    assert!(again.stdout.contains("as it should be"), "{again:?}");
    assert_eq!(world.run(&["init", "--remove", "--yes"]).code, 0);
    assert_eq!(world.read("home/.claude/settings.json"), CLAUDE);
    assert_eq!(world.read("home/.gemini/settings.json"), "{}\n");
}

#[test]
fn removing_takes_away_the_empty_directories_that_installing_made_and_no_others() {
    let agents = ["--agent", "claude", "--agent", "codex", "--agent", "kiro", "--yes"];
    let table = [
        // What is there before, what comes in between, and which directories stay.
        (vec![], None, vec![]),
        (vec!["home/.claude"], None, vec!["home/.claude"]),
        (vec![], Some("home/.codex/notes.md"), vec!["home/.codex"]),
    ];
    for (before, between, stays) in table {
        let world = Sealed::new("init-directories");
        for directory in before {
            std::fs::create_dir_all(world.path(directory)).unwrap();
        }
        world.run(&[&["init"], &agents[..]].concat());
        assert!(there(&world.path("home/.kiro/hooks/wardline.json")));
        if let Some(file) = between {
            world.write(file, "mine");
        }
        let ran = world.run(&[&["init", "--remove"], &agents[..]].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
        for directory in ["home/.claude", "home/.codex", "home/.kiro", "home/.kiro/hooks"] {
            assert_eq!(there(&world.path(directory)), stays.contains(&directory), "{directory}: {stays:?}");
        }
    }
}

#[test]
fn a_file_that_is_not_understood_is_left_alone() {
    let world = Sealed::new("init-broken");
    world.write("home/.claude/settings.json", "{ \"hooks\": ");
    let ran = world.run(&["init", "--yes"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("settings.json:1"), "{ran:?}");
    assert_eq!(world.read("home/.claude/settings.json"), "{ \"hooks\": ");
}

#[test]
fn the_doctor_says_when_claudes_version_is_unknown() {
    let table = [
        (None, false, "version unknown"),
        (Some("echo mystery"), false, "version unknown"),
        (Some("echo 2.1.294"), false, "the host runs the call all the same"),
        (Some("echo '2.1.295 (Claude Code)'"), true, "this version blocks"),
    ];
    for (program, held, proof) in table {
        let world = Sealed::new("doctor-claude");
        world.write("home/.claude/settings.json", "{}\n");
        let mut command = world.command(&["doctor", "--json"]);
        if let Some(script) = program {
            let file = world.write("bin/claude", &format!("#!/bin/sh\n{script}\n"));
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let ran = feed(command.env("PATH", world.path("bin")), b"");
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["id"] == "hook.claude.vanish").unwrap();
        assert_eq!(finding["held"], held, "{program:?}: {finding}");
        assert!(finding["proof"].as_str().unwrap().starts_with(proof), "{program:?}: {finding}");
    }
}

#[test]
fn the_doctor_says_what_is_open() {
    let world = Sealed::new("doctor");
    world.write("home/.gemini/settings.json", "{}\n");
    let report =
        |world: &Sealed| -> Value { serde_json::from_str(&world.run(&["doctor", "--json"]).stdout).unwrap() };
    let held = |report: &Value, id: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["id"] == id).unwrap_or_else(|| panic!("{id}"))["held"]
            .as_bool()
            .unwrap()
    };
    let before = report(&world);
    for id in ["policy", "journal.writable"] {
        assert!(held(&before, id), "{id}");
    }
    assert!(!held(&before, "hook.gemini"));
    assert!(!held(&before, "hook.gemini.vanish"), "named as open");
    world.run(&["init", "--yes"]);
    assert!(held(&report(&world), "hook.gemini"));
    assert!(there(&world.path("home/.gemini/settings.json")));
}

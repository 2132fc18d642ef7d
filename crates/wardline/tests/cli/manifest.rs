//! What a program may touch, printed before it runs and recorded when it does.

use serde_json::Value;

use crate::common::{Sealed, there};

const HOSTS: &str = r#"{"network": {"allow": ["api.example.com:443", "*.example.org"]}}"#;

fn printed(world: &Sealed, arguments: &[&str]) -> Value {
    let ran = world.run(arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn what_is_printed_is_what_is_recorded_and_nothing_starts() {
    let world = Sealed::new("manifest");
    world.config(HOSTS);
    let flags = ["exec", "--forward", "8080", "--print-manifest", "--json", "--", "touch", "made"];
    let shown = printed(&world, &flags);
    assert!(!there(&world.project().join("made")) && !there(&world.journal()), "printing started something");
    let mut argv = flags.to_vec();
    argv.retain(|word| !["--print-manifest", "--json"].contains(word));
    assert_eq!(world.run(&argv).code, 0);
    let rows = world.rows();
    let start = rows.iter().find(|row| row["kind"] == "session_start").unwrap();
    let recorded = &start["body"]["confinement"];
    for field in ["project", "masked", "pinned", "hosts", "environment", "limits", "cwd", "home"] {
        assert_eq!(recorded[field], shown["manifest"][field], "{field}");
    }
    assert_eq!(recorded["hosts"].as_array().unwrap().len(), 2, "{recorded}");
    assert_eq!(recorded["forwards"][0]["port"], 8080);
    assert!(recorded["hosts"][0]["because"].as_str().unwrap().contains("config.jsonc:1"), "{recorded}");
    assert_eq!(start["body"]["confinement_digest"].as_str().unwrap().len(), 64);
    let kinds: Vec<&str> = rows.iter().filter_map(|row| row["kind"].as_str()).collect();
    let at = |kind: &str| kinds.iter().position(|other| *other == kind);
    assert!(at("session_start") < at("outcome"), "{kinds:?}");
}

#[test]
fn a_person_reads_it_too_and_every_host_changes_the_digest() {
    let world = Sealed::new("manifest-text");
    world.config(HOSTS);
    let text = world.run(&["policy", "manifest"]).stdout;
    for part in ["/home/p/.env", "api.example.com:443  (network.allow", "*.example.org", "processes: 1024"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let digest = |arguments: &[&str]| {
        let all = [&["policy", "manifest", "--json"], arguments].concat();
        printed(&world, &all)["digest"].to_string()
    };
    assert_eq!(digest(&[]), digest(&[]));
    assert_ne!(digest(&[]), digest(&["--allow-host", "other.example"]));
    assert_ne!(digest(&[]), digest(&["--forward", "9"]));
}

#[test]
fn the_rules_of_a_named_agent_bound_the_program() {
    let world = Sealed::new("manifest-agent");
    world.unseen("home/p/edit.sh", "echo x >> a.txt; echo x > new.txt; rm a.txt; cat src/lib.txt");
    let ran = world.run(&["exec", "--agent", "explore", "--", "sh", "edit.sh"]);
    assert!(ran.stdout.contains("lib"), "{ran:?}");
    assert_eq!(world.read("home/p/a.txt"), "alpha\n");
    assert!(!there(&world.project().join("new.txt")));
    let ran = world.run(&["exec", "--agent", "plan", "--", "cat", "a.txt"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "alpha\n"), "{ran:?}");
    assert_eq!(world.run(&["exec", "--agent", "nobody", "--", "true"]).code, 2);
}

/// A person answers for what a supervised agent puts to its hooks, so the kernel leaves room for a yes, and the print says so; for
/// a program without hooks nobody would ask, and the kernel holds the project.
#[test]
fn what_is_printed_for_a_supervised_agent_is_what_bounds_it() {
    let world = Sealed::new("manifest-supervised");
    let agent = world.write("home/p/claude", "#!/bin/sh\necho x > made && echo made\n");
    let program = world.write("home/p/program", "#!/bin/sh\necho x > made && echo made\n");
    for path in [&agent, &program] {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let project = Value::from(world.project().to_string_lossy());
    for (program, writable) in [("./claude", true), ("./program", false)] {
        let words =
            |more: &[&'static str]| [&["run", "--preset", "supervised"], more, &["--", program]].concat();
        let shown = printed(&world, &words(&["--print-manifest", "--json"]));
        let pinned = shown["manifest"]["pinned"].as_array().unwrap();
        assert_eq!(!pinned.contains(&project), writable, "{program}: {pinned:?}");
        let ran = world.run(&words(&["--quiet"]));
        assert_eq!(ran.stdout.contains("made"), writable, "{program}: {ran:?}");
        let rows = world.rows();
        let start = rows.iter().rfind(|row| row["kind"] == "session_start").unwrap();
        assert_eq!(start["body"]["confinement"]["pinned"], shown["manifest"]["pinned"], "{program}");
    }
}

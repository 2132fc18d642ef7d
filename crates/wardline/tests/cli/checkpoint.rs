//! Checkpoints from the command line: what an agent did by tools and by shell goes, what the person did stays.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::Value;

use crate::common::Sealed;
use crate::waive::at_terminal;

const LINES: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

fn changes(world: &Sealed) -> Value {
    let ran = world.run(&["changes", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Each change as its letter, whose doing it is, and its path.
fn lines(changes: &Value) -> Vec<String> {
    let word = |change: &Value, name: &str| change[name].as_str().unwrap().to_owned();
    let line = |change| format!("{} {} {}", word(change, "change"), word(change, "by"), word(change, "path"));
    changes["changes"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn what_a_program_did_is_undone_and_what_the_person_did_stays() {
    let world = Sealed::new("checkpoint");
    world.write("home/p/text", LINES);
    let script =
        "sed -i s/two/2/ text; mkdir d; echo x > d/new; rm src/lib.txt; chmod 600 a.txt; ln -s a.txt link";
    let ran = world.run(&["run", "--", "sh", "-c", script]);
    assert!(ran.code == 0 && ran.stderr.contains("undo: wardline changes"), "{ran:?}");
    world.write("home/p/text", &LINES.replace("two", "2").replace("six", "6"));
    world.write("home/p/mine", "mine\n");
    let expected = [
        "M agent a.txt",
        "A agent d",
        "A agent d/new",
        "A agent link",
        "A you mine",
        "D agent src/lib.txt",
        "M both text",
    ];
    assert_eq!(lines(&changes(&world)), expected);
    let shown = world.run(&["changes", "--patch"]);
    for part in
        ["@@ hunk 1, line 2 @@", "-two", "+2", "M  both    text  +2 -2", "undo: wardline revert --all"]
    {
        assert!(shown.stdout.contains(part), "{part}: {}", shown.stdout);
    }
    let dry = world.run(&["revert", "--all", "--dry-run", "--json"]);
    let dry: Value = serde_json::from_str(&dry.stdout).unwrap();
    assert_eq!((dry["done"].clone(), dry["steps"].as_array().unwrap().len()), (false.into(), 6));
    let (code, text) = at_terminal(&world, "revert --all", "y");
    assert_eq!(code, 0, "{text}");
    assert_eq!(world.read("home/p/text"), LINES.replace("six", "6"));
    assert_eq!(world.read("home/p/src/lib.txt"), "lib\n");
    assert_eq!(world.read("home/p/mine"), "mine\n");
    assert!(!world.path("home/p/d").exists() && !world.path("home/p/link").is_symlink());
    assert_eq!(lines(&changes(&world)), ["A you mine", "M you text"]);
    let row = world.rows().into_iter().find(|row| row["body"].get("reverted_to").is_some()).unwrap();
    assert_eq!(row["kind"], "override");
    // And back again.
    let (code, text) = at_terminal(&world, "revert --undo", "y");
    assert_eq!(code, 0, "{text}");
    assert_eq!(world.read("home/p/d/new"), "x\n");
    assert_eq!(world.read("home/p/text"), LINES.replace("two", "2").replace("six", "6"));
}

#[test]
fn what_an_agent_did_by_its_tools_and_what_the_person_did_meanwhile_are_told_apart() {
    let world = Sealed::new("checkpoint-agent");
    world.write("home/p/text", LINES);
    let call = |event: &str, id: &str, tool: &str, input: &str| {
        format!(
            r#"{{"hook_event_name":"{event}","session_id":"s","tool_use_id":"{id}","tool_name":"{tool}","tool_input":{input},"tool_response":{{}}}}"#
        )
    };
    let (command, edit) =
        (r#"{"command":"make it"}"#, r#"{"file_path":"text","old_string":"a","new_string":"b"}"#);
    for (name, id, tool, input) in [("one", "t1", "Bash", command), ("two", "t2", "Edit", edit)] {
        world.write(&format!("home/calls/{name}-before"), &call("PreToolUse", id, tool, input));
        world.write(&format!("home/calls/{name}-after"), &call("PostToolUse", id, tool, input));
    }
    let hook = format!("{} hook claude < /dev/stdin", env!("CARGO_BIN_EXE_wardline"));
    let said = |name: &str| {
        format!("{hook} <<'END' >/dev/null\n{}\nEND\n", world.read(&format!("home/calls/{name}")))
    };
    let script = format!(
        "#!/bin/sh\n{}sed -i s/one/1/ text; echo x > made; echo y > made2\n{}echo ready; read go\n{}sed -i s/seven/7/ text\n{}",
        said("one-before"),
        said("one-after"),
        said("two-before"),
        said("two-after"),
    );
    let agent = world.write("home/p/claude", &script);
    std::fs::set_permissions(&agent, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut child = world
        .command(&["run", "--", "./claude"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n", "{:?}", child.wait_with_output());
    world.write("home/p/text", &world.read("home/p/text").replace("four", "4"));
    world.write("home/p/made2", "y\nmine\n");
    world.write("home/p/mine", "mine\n");
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    assert!(child.wait().unwrap().success());
    let found = changes(&world);
    assert_eq!(lines(&found), ["A agent made", "A both made2", "A you mine", "M both text"]);
    let checkpoints = world.rows().into_iter().filter(|row| row["body"].get("checkpoint").is_some()).count();
    assert!(checkpoints >= 5, "the rows of effects name their checkpoints");
    let (code, text) = at_terminal(&world, "revert --all", "y");
    assert_eq!(code, 1, "one file is in doubt: {text}");
    assert_eq!(world.read("home/p/text"), LINES.replace("four", "4"));
    assert_eq!(
        (world.read("home/p/mine"), world.read("home/p/made2")),
        ("mine\n".into(), "y\nmine\n".into())
    );
    assert!(!world.path("home/p/made").exists());
}

#[test]
fn files_and_hunks_are_chosen_and_checkpoints_listed() {
    let world = Sealed::new("checkpoint-chosen");
    world.write("home/p/text", LINES);
    world.run(&[
        "run",
        "--quiet",
        "--",
        "sh",
        "-c",
        "sed -i 's/two/2/; s/six/6/' text; echo b > a.txt; echo c > src/lib.txt",
    ]);
    assert_eq!(at_terminal(&world, "revert text --hunk 2", "y").0, 0);
    assert_eq!(world.read("home/p/text"), LINES.replace("two", "2"));
    assert_eq!(at_terminal(&world, "revert src", "y").0, 0);
    assert_eq!(
        (world.read("home/p/src/lib.txt"), world.read("home/p/a.txt")),
        ("lib\n".into(), "b\n".into())
    );
    assert_eq!(world.run(&["checkpoint", "create", "by hand"]).code, 0);
    let listed = world.run(&["checkpoint"]).stdout;
    for word in ["session-start", "session-end", "before-revert", "after-revert", "MiB of at most"] {
        assert!(listed.contains(word), "{word}: {listed}");
    }
    assert!(world.run(&["checkpoint", "show", "2"]).stdout.contains("M text"));
    assert!(world.run(&["checkpoint", "prune", "--keep", "1"]).stdout.contains("checkpoints are gone"));
    assert_eq!(world.run(&["checkpoint", "list", "--json"]).stdout.lines().count(), 1);
}

#[test]
fn only_a_person_reverts_and_what_cannot_be_done_says_so() {
    let world = Sealed::new("checkpoint-person");
    assert_eq!(world.run(&["changes"]).code, 1, "there is no checkpoint yet");
    let binary = env!("CARGO_BIN_EXE_wardline");
    for word in ["changes", "revert --all", "checkpoint create"] {
        let inside = world.run(&["run", "--quiet", "--", "sh", "-c", &format!("{binary} {word}")]);
        assert_ne!(inside.code, 0, "{word}: {inside:?}");
    }
    let state = "ls ~/.local/state/wardline/checkpoints/*/log";
    assert_ne!(world.run(&["run", "--quiet", "--", "sh", "-c", state]).code, 0, "hidden inside");
    world.run(&["run", "--quiet", "--", "sh", "-c", "echo x > new"]);
    // Nobody at a terminal, and no.
    let alone = std::process::Command::new("setsid")
        .args(["--wait", binary, "revert", "--all"])
        .current_dir(world.project())
        .env_clear()
        .env("HOME", world.path("home"))
        .env("PATH", std::env::var_os("PATH").unwrap())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(alone.status.code(), Some(2), "{alone:?}");
    assert_eq!(at_terminal(&world, "revert --all", "n").0, 20);
    assert!(world.path("home/p/new").exists());
    for (arguments, code) in [
        (&["revert"][..], 2),
        (&["revert", "/etc"], 2),
        (&["revert", "a.txt", "--all"], 2),
        (&["revert", "--to", "99"], 1),
        (&["revert", "a.txt"], 1),
        (&["checkpoint", "show", "99"], 1),
    ] {
        assert_eq!(world.run(arguments).code, code, "{arguments:?}");
    }
}

#[test]
fn a_session_without_checkpoints_is_a_persons_word_on_record() {
    let world = Sealed::new("checkpoint-none");
    let store = world.path("home/.local/state/wardline/checkpoints");
    world.write("home/.local/state/wardline/checkpoints", "in the way");
    let refused = world.run(&["run", "--", "sh", "-c", "echo x > new"]);
    assert!(refused.code == 125 && refused.stderr.contains("--accept-missing checkpoint"), "{refused:?}");
    assert!(!world.path("home/p/new").exists(), "nothing started");
    let accepted = world.run(&["run", "--accept-missing", "checkpoint", "--", "sh", "-c", "echo x > new"]);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    assert!(
        world.rows().iter().any(|row| row["kind"] == "override" && row["body"]["guarantee"] == "checkpoint")
    );
    std::fs::remove_file(store).unwrap();
}

#[test]
fn what_all_projects_take_is_told_and_those_that_are_gone_can_go() {
    let world = Sealed::new("checkpoint-gone");
    world.write("home/q/.git/HEAD", "");
    world.write("home/q/file", &"x\n".repeat(2_000_000));
    let there = world.path("home/q");
    assert_eq!(
        crate::common::feed(world.command(&["checkpoint", "create"]).current_dir(&there), b"").code,
        0
    );
    assert_eq!(world.run(&["checkpoint", "create"]).code, 0);
    assert!(world.run(&["checkpoint"]).stdout.contains("all projects: 2, 4 MiB; 0 of them gone"));
    assert_eq!(world.run(&["checkpoint", "prune", "--gone"]).stdout, "");
    std::fs::remove_dir_all(&there).unwrap();
    assert!(world.run(&["checkpoint"]).stdout.contains("1 of them gone"));
    let pruned = world.run(&["checkpoint", "prune", "--gone"]);
    assert!(pruned.stdout.contains("home/q is gone"), "{pruned:?}");
    assert!(world.run(&["checkpoint"]).stdout.contains("all projects: 1, 1 MiB; 0 of them gone"));
}

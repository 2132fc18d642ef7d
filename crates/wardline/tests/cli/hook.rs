//! `wardline hook` without a session: each dialect's deny and allow, and a block for everything that goes wrong.

use std::time::{Duration, Instant};

use crate::common::{Ran, Sealed, feed};
use serde_json::{Value, json};

/// A shell call as an agent sends it.
fn call(dialect: &str, command: &str) -> String {
    let cwd = ".";
    match dialect {
        "claude" => json!({
            "session_id": "s", "transcript_path": "/dev/null", "cwd": cwd, "hook_event_name": "PreToolUse",
            "permission_mode": "default", "tool_name": "Bash", "tool_input": {"command": command},
            "tool_use_id": format!("t-{command}"),
        }),
        "codex" => json!({
            "session_id": "s", "transcript_path": "/dev/null", "cwd": cwd, "hook_event_name": "PreToolUse",
            "permission_mode": "default", "tool_name": "Bash", "tool_input": {"command": command},
            "tool_use_id": format!("t-{command}"), "turn_id": "1", "model": "m",
        }),
        "gemini" => json!({
            "session_id": "s", "transcript_path": "", "cwd": cwd, "hook_event_name": "BeforeTool",
            "timestamp": "2026-01-01T00:00:00Z", "tool_name": "run_shell_command", "tool_input": {"command": command},
        }),
        "cursor" => json!({
            "conversation_id": "s", "generation_id": "g", "hook_event_name": "beforeShellExecution",
            "workspace_roots": [cwd], "command": command, "cwd": cwd,
        }),
        "kiro" => json!({
            "hook_event_name": "preToolUse", "cwd": cwd, "tool_name": "execute_bash", "tool_input": {"command": command},
        }),
        _ => json!({
            "hook_event_name": "tool.execute.before", "session_id": "s", "call_id": format!("t-{command}"), "cwd": cwd,
            "tool_name": "bash", "tool_input": {"command": command},
        }),
    }
    .to_string()
}

const DIALECTS: [&str; 6] = ["claude", "codex", "gemini", "cursor", "kiro", "plugin"];

/// Whether the host would take this reply for a block.
fn blocks(dialect: &str, ran: &Ran) -> bool {
    let json: Value = serde_json::from_str(&ran.stdout).unwrap_or(Value::Null);
    let word = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    ran.code == 2
        || match dialect {
            "claude" | "codex" => word("/hookSpecificOutput/permissionDecision") == "deny",
            "gemini" => ["deny", "block"].contains(&word("/decision").as_str()),
            "cursor" => word("/permission") == "deny",
            "kiro" => false,
            _ => !["allow", "none"].contains(&word("/decision").as_str()),
        }
}

#[test]
fn deny_and_allow_in_every_dialect() {
    for dialect in DIALECTS {
        let world = Sealed::new("hook");
        for (command, blocked) in [("ls", false), ("git status", false), ("cat ~/.ssh/id_ed25519", true)] {
            let ran = world.feed(&["hook", dialect], &call(dialect, command));
            assert_eq!(blocks(dialect, &ran), blocked, "{dialect} {command}: {ran:?}");
        }
        let decisions: Vec<Value> = world.rows().iter().map(|row| row["body"]["decision"].clone()).collect();
        assert_eq!(decisions, ["allow", "allow", "deny"], "{dialect}: every decision is in the journal");
    }
}

#[test]
fn the_input_tells_the_dialect() {
    let world = Sealed::new("hook-guess");
    for dialect in DIALECTS {
        let ran = world.feed(&["hook"], &call(dialect, "cat ~/.ssh/id_ed25519"));
        assert!(blocks(dialect, &ran), "{dialect}: {ran:?}");
    }
}

#[test]
fn every_fault_of_the_deciding_process_is_a_block() {
    let world = Sealed::new("hook-fault");
    for fault in ["kill", "stack", "oom", "panic"] {
        for dialect in DIALECTS {
            let mut command = world.command(&["hook", dialect]);
            let ran = feed(command.env("WARDLINE_FAULT", fault), call(dialect, "ls").as_bytes());
            assert!(blocks(dialect, &ran), "{fault} in {dialect}: {ran:?}");
        }
    }
}

#[test]
fn a_late_decision_is_a_block_before_the_host_gives_up() {
    let world = Sealed::new("hook-late");
    let begin = Instant::now();
    let mut command = world.command(&["hook", "claude"]);
    let ran = feed(command.env("WARDLINE_FAULT", "hang"), call("claude", "ls").as_bytes());
    assert!(blocks("claude", &ran), "{ran:?}");
    assert!(begin.elapsed() < Duration::from_secs(55), "the shortest host time-out is 60 s");
}

#[test]
fn unusable_input_is_a_block() {
    let world = Sealed::new("hook-input");
    let huge = format!("{{\"hook_event_name\":\"PreToolUse\",\"x\":\"{}\"}}", "a".repeat(50 * 1024 * 1024));
    let table: [(&str, Vec<u8>); 7] = [
        ("nothing", Vec::new()),
        ("garbage", b"\x00\xff{{{{".to_vec()),
        ("no event", b"{}".to_vec()),
        ("cut short", call("claude", "ls").into_bytes()[..40].to_vec()),
        ("deep", "[".repeat(100_000).into_bytes()),
        ("duplicate key", br#"{"hook_event_name":"PreToolUse","hook_event_name":"Stop"}"#.to_vec()),
        ("50 MB", huge.into_bytes()),
    ];
    for (name, input) in table {
        for dialect in DIALECTS {
            let ran = feed(&mut world.command(&["hook", dialect]), &input);
            assert!(blocks(dialect, &ran), "{name} to {dialect}: {ran:?}");
        }
    }
}

#[test]
fn a_report_that_cannot_be_read_holds_nothing_up_but_never_passes_for_a_call() {
    let world = Sealed::new("hook-report");
    let table: [(&str, &[u8], bool); 4] = [
        ("garbage", b"\x00\xff{{{{", false),
        ("nothing", b"", false),
        ("the end of a turn", br#"{"hook_event_name":"Stop","transcript_path":"","session_id":"#, false),
        ("a call that poses as a report", br#"{"hook_event_name":"PreToolUse","tool_name":"Bash","#, true),
    ];
    for (name, input, blocked) in table {
        for dialect in ["claude", "codex"] {
            let ran = feed(&mut world.command(&["hook", dialect, "report"]), input);
            assert_eq!(blocks(dialect, &ran), blocked, "{name} to {dialect}: {ran:?}");
            assert!(!ran.stderr.is_empty(), "{name}: it is told");
        }
    }
    assert_eq!(world.feed(&["hook", "claude", "repord"], "").code, 2, "a misspelt installation blocks");
}

#[test]
fn no_policy_or_no_journal_is_a_block() {
    type Breakage = fn(&Sealed);
    let table: [(&str, Breakage); 5] = [
        ("broken configuration", |world| _ = world.config("{\"permission\":")),
        ("broken project file", |world| drop(world.write("home/p/wardline.jsonc", "{\"permission\": 3}"))),
        ("damaged trust", |world| drop(world.write("home/.local/state/wardline/trust.json", "{"))),
        ("journal is a directory", |world| std::fs::create_dir_all(world.journal()).unwrap()),
        ("state is a file", |world| drop(world.write("home/.local/state/wardline", ""))),
    ];
    for (name, breakage) in table {
        let world = Sealed::new("hook-broken");
        breakage(&world);
        for dialect in DIALECTS {
            let ran = world.feed(&["hook", dialect], &call(dialect, "ls"));
            assert!(blocks(dialect, &ran), "{name} in {dialect}: {ran:?}");
        }
    }
}

#[test]
fn a_full_disk_is_a_block() {
    let world = Sealed::new("hook-full");
    world.feed(&["hook", "claude"], &call("claude", "ls"));
    for dialect in DIALECTS {
        // A limit of no bytes stands for a disk without room: every write fails.
        let mut shell = std::process::Command::new("sh");
        shell
            .args([
                "-c",
                "ulimit -f 0; trap '' XFSZ; exec \"$0\" hook \"$1\"",
                env!("CARGO_BIN_EXE_wardline"),
                dialect,
            ])
            .current_dir(world.project())
            .env_clear()
            .env("HOME", world.path("home"))
            .env("PATH", std::env::var_os("PATH").unwrap());
        let ran = feed(&mut shell, call(dialect, "ls").as_bytes());
        assert!(blocks(dialect, &ran), "{dialect}: {ran:?}");
    }
    assert_eq!(world.run(&["log", "verify"]).code, 0, "nothing half-written stays");
}

#[test]
fn a_turn_ends_although_nothing_can_be_recorded() {
    let world = Sealed::new("hook-end");
    std::fs::create_dir_all(world.journal()).unwrap();
    for dialect in ["claude", "codex"] {
        let mut stop =
            json!({"session_id": "s", "transcript_path": "/dev/null", "cwd": ".", "hook_event_name": "Stop"});
        stop["stop_hook_active"] = json!(false);
        let ran = world.feed(&["hook", dialect, "report"], &stop.to_string());
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{dialect}: {ran:?}");
        assert!(ran.stderr.contains("journal"), "{dialect}: it is told: {ran:?}");
    }
}

#[test]
fn the_third_identical_call_in_a_row_is_asked() {
    let world = Sealed::new("hook-doom");
    let seen: Vec<String> = (0..4)
        .map(|number| {
            let call = call("claude", "ls").replace("t-ls", &format!("t-{number}"));
            let ran = world.feed(&["hook", "claude"], &call);
            let json: Value = serde_json::from_str(&ran.stdout).unwrap_or(Value::Null);
            json["hookSpecificOutput"]["permissionDecision"].as_str().unwrap_or("none").to_owned()
        })
        .collect();
    assert_eq!(seen, ["allow", "allow", "ask", "ask"]);
}

#[test]
fn a_session_keeps_the_workspace_in_which_it_began() {
    let world = Sealed::new("hook-bind");
    world.write("home/other/.git/HEAD", "");
    world.feed(&["hook", "claude"], &call("claude", "ls"));
    let edit = json!({
        "session_id": "s", "transcript_path": "/dev/null", "cwd": world.path("home/other"),
        "hook_event_name": "PreToolUse", "permission_mode": "default", "tool_name": "Write",
        "tool_input": {"file_path": world.path("home/other/x"), "content": ""}, "tool_use_id": "t9",
    });
    let mut command = world.command(&["hook", "claude"]);
    let ran = feed(command.current_dir(world.path("home/other")), edit.to_string().as_bytes());
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["hookSpecificOutput"]["permissionDecision"], "ask", "{ran:?}");
}

#[test]
fn a_huge_name_of_a_call_does_not_free_the_session_of_its_workspace() {
    let world = Sealed::new("hook-huge-id");
    world.write("home/other/.git/HEAD", "");
    world.feed(&["hook", "claude"], &call("claude", "ls").replace("t-ls", &"x".repeat(300_000)));
    let edit = call("claude", "x")
        .replace("\"Bash\"", "\"Write\"")
        .replace("\"command\":\"x\"", &format!("\"file_path\":\"{}\"", world.path("home/other/x").display()));
    let mut command = world.command(&["hook", "claude"]);
    let ran = feed(command.current_dir(world.path("home/other")), edit.as_bytes());
    assert!(!ran.stdout.contains("\"allow\""), "{ran:?}");
}

#[test]
fn outcomes_are_tied_to_decisions_and_strangers_are_noted() {
    let world = Sealed::new("hook-outcome");
    world.feed(&["hook", "claude"], &call("claude", "ls"));
    let after = |id: &str| {
        let mut value: Value = serde_json::from_str(&call("claude", "ls")).unwrap();
        value["hook_event_name"] = json!("PostToolUse");
        value["tool_response"] = json!({"stdout": ""});
        value["tool_use_id"] = json!(id);
        world.feed(&["hook", "claude"], &value.to_string());
    };
    after("t-ls");
    after("t-never-asked");
    let kinds: Vec<Value> = world.rows().iter().map(|row| row["kind"].clone()).collect();
    assert_eq!(kinds, ["intent", "outcome", "unmediated"]);
}

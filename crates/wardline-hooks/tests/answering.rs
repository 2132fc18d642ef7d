//! Golden answers per dialect and moment, the blind block, and the laws that hold for all of them.
#![cfg(test)]

use proptest::prelude::*;
use serde_json::{Value, json};
use wardline_hooks::{Answer, Call, Dialect, Manners, Moment, Reply, block_blindly, read, reply};

/// One real-looking call per dialect and event.
fn calls() -> Vec<Call> {
    let tool = |name: &str, input: Value| json!({"tool_name": name, "tool_input": input});
    let claude =
        json!({"session_id": "s", "transcript_path": "/t", "cwd": "/w", "permission_mode": "default"});
    let codex = json!({"session_id": "s", "turn_id": "t", "transcript_path": null, "cwd": "/w"});
    let gemini = json!({"session_id": "s", "transcript_path": "/t", "cwd": "/w", "timestamp": "now"});
    let cursor = json!({"conversation_id": "s", "generation_id": "g", "workspace_roots": ["/w"]});
    let kiro = json!({"cwd": "/w"});
    let plugin = json!({"wardline_plugin": 1, "session_id": "s", "cwd": "/w"});
    let bash = tool("Bash", json!({"command": "ls"}));
    let rows = [
        ("PreToolUse", &claude, bash.clone()),
        ("PermissionRequest", &claude, bash.clone()),
        ("PostToolUse", &claude, bash.clone()),
        ("Stop", &claude, json!({})),
        ("SessionStart", &claude, json!({})),
        ("UserPromptSubmit", &claude, json!({})),
        ("PreToolUse", &codex, bash.clone()),
        ("PermissionRequest", &codex, bash.clone()),
        ("PostToolUse", &codex, bash.clone()),
        ("Stop", &codex, json!({})),
        ("BeforeTool", &gemini, tool("run_shell_command", json!({"command": "ls"}))),
        ("AfterTool", &gemini, tool("run_shell_command", json!({"command": "ls"}))),
        ("AfterAgent", &gemini, json!({})),
        ("BeforeModel", &gemini, json!({})),
        ("beforeShellExecution", &cursor, json!({"command": "ls"})),
        ("beforeMCPExecution", &cursor, tool("t", json!("{}"))),
        ("beforeReadFile", &cursor, json!({"file_path": "a"})),
        ("preToolUse", &cursor, tool("Write", json!({"file_path": "a"}))),
        ("preToolUse", &cursor, tool("Shell", json!({"command": "ls"}))),
        ("afterFileEdit", &cursor, json!({"file_path": "a"})),
        ("stop", &cursor, json!({})),
        ("beforeSubmitPrompt", &cursor, json!({})),
        ("preToolUse", &kiro, tool("execute_bash", json!({"command": "ls"}))),
        ("postToolUse", &kiro, tool("execute_bash", json!({"command": "ls"}))),
        ("stop", &kiro, json!({})),
        ("tool.execute.before", &plugin, tool("bash", json!({"command": "ls"}))),
        ("permission.ask", &plugin, tool("bash", json!({"command": "ls"}))),
        ("tool.execute.after", &plugin, tool("bash", json!({"command": "ls"}))),
    ];
    rows.into_iter()
        .map(|(event, base, more)| {
            let mut envelope = base.clone();
            envelope["hook_event_name"] = event.into();
            for (key, value) in more.as_object().unwrap() {
                envelope[key] = value.clone();
            }
            read(envelope.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}: {envelope}"))
        })
        .collect()
}

fn find(dialect: Dialect, event: &str) -> Call {
    calls()
        .into_iter()
        .find(|call| call.dialect == dialect && call.event == event)
        .expect("a call in the table")
}

const NOTHING: Answer = Answer::NoObjection;
fn allow() -> Answer {
    Answer::Allow { reason: "why".into() }
}
fn ask() -> Answer {
    Answer::Ask { reason: "why".into() }
}
fn deny() -> Answer {
    Answer::Deny { reason: "why".into() }
}
fn tell() -> Answer {
    Answer::Tell { text: "why".into() }
}

#[test]
fn golden_answers() {
    let before = |word: &str| json!({"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": word, "permissionDecisionReason": "wardline: why"}});
    let approve = |decision: Value| json!({"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}});
    let refuse = approve(json!({"behavior": "deny", "message": "wardline: why"}));
    let block = json!({"decision": "block", "reason": "wardline: why"});
    let flat = json!({"decision": "deny", "reason": "wardline: why"});
    let cursor = |word: &str| json!({"permission": word, "user_message": "wardline: why", "agent_message": "wardline: why"});
    let pass = json!({"permission": "allow"});
    let own = |word: &str, reason: &str| json!({"decision": word, "reason": reason});
    let aside = json!({"systemMessage": "wardline: why"});
    let none = Value::Null;
    use Dialect::{Claude, Codex, Cursor, Gemini, Kiro, Plugin};
    let rows: &[(Dialect, &str, Answer, &Value, u8)] = &[
        (Claude, "PreToolUse", NOTHING, &none, 0),
        (Claude, "PreToolUse", allow(), &before("allow"), 0),
        (Claude, "PreToolUse", ask(), &before("ask"), 0),
        (Claude, "PreToolUse", deny(), &before("deny"), 2),
        (Claude, "PermissionRequest", allow(), &approve(json!({"behavior": "allow"})), 0),
        (Claude, "PermissionRequest", ask(), &none, 0),
        (Claude, "PermissionRequest", deny(), &refuse, 2),
        (Claude, "PostToolUse", deny(), &block, 0),
        (Claude, "PostToolUse", allow(), &none, 0),
        (Claude, "Stop", deny(), &block, 0),
        (Claude, "Stop", allow(), &none, 0),
        (Claude, "Stop", tell(), &aside, 0),
        (Claude, "PostToolUse", tell(), &none, 0),
        (Claude, "UserPromptSubmit", deny(), &none, 2),
        (Codex, "Stop", tell(), &aside, 0),
        (Gemini, "AfterAgent", tell(), &aside, 0),
        (Cursor, "stop", tell(), &none, 0),
        (Codex, "PreToolUse", NOTHING, &none, 0),
        (Codex, "PreToolUse", allow(), &none, 0),
        (Codex, "PreToolUse", ask(), &before("deny"), 2),
        (Codex, "PreToolUse", deny(), &before("deny"), 2),
        (Codex, "PermissionRequest", allow(), &none, 0),
        (Codex, "PermissionRequest", ask(), &none, 0),
        (Codex, "PermissionRequest", deny(), &refuse, 2),
        (Codex, "Stop", deny(), &block, 0),
        (Gemini, "BeforeTool", NOTHING, &none, 0),
        (Gemini, "BeforeTool", allow(), &none, 0),
        (Gemini, "BeforeTool", ask(), &flat, 0),
        (Gemini, "BeforeTool", deny(), &flat, 0),
        (Gemini, "AfterTool", deny(), &flat, 0),
        (Gemini, "AfterAgent", deny(), &flat, 0),
        (Cursor, "beforeShellExecution", NOTHING, &pass, 0),
        (Cursor, "beforeShellExecution", allow(), &pass, 0),
        (Cursor, "beforeShellExecution", ask(), &cursor("ask"), 0),
        (Cursor, "beforeShellExecution", deny(), &cursor("deny"), 2),
        (Cursor, "beforeMCPExecution", ask(), &cursor("ask"), 0),
        (Cursor, "beforeReadFile", ask(), &json!({"permission": "deny", "user_message": "wardline: why"}), 2),
        (Cursor, "beforeReadFile", NOTHING, &pass, 0),
        (Cursor, "preToolUse", ask(), &cursor("deny"), 2),
        (Cursor, "preToolUse", allow(), &pass, 0),
        (Cursor, "afterFileEdit", allow(), &none, 0),
        (Cursor, "stop", deny(), &json!({"followup_message": "wardline: why"}), 0),
        (Cursor, "stop", allow(), &none, 0),
        (Cursor, "beforeSubmitPrompt", NOTHING, &json!({"continue": true}), 0),
        (Kiro, "preToolUse", NOTHING, &none, 0),
        (Kiro, "preToolUse", allow(), &none, 0),
        (Kiro, "preToolUse", ask(), &none, 2),
        (Kiro, "preToolUse", deny(), &none, 2),
        (Plugin, "tool.execute.before", NOTHING, &own("none", ""), 0),
        (Plugin, "tool.execute.before", allow(), &own("allow", "wardline: why"), 0),
        (Plugin, "tool.execute.before", ask(), &own("ask", "wardline: why"), 0),
        (Plugin, "tool.execute.before", deny(), &own("deny", "wardline: why"), 0),
    ];
    for (dialect, event, answer, wanted, code) in rows {
        let spoken = reply(&find(*dialect, event), answer, &Manners::default());
        let stdout = if spoken.stdout.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&spoken.stdout).unwrap()
        };
        assert_eq!((&stdout, spoken.code), (*wanted, *code), "{dialect} {event} {answer:?}");
        let aside = matches!(answer, Answer::Tell { .. }) && spoken.stdout.is_empty();
        assert_eq!(
            spoken.stderr,
            if *code == 2 || aside { "wardline: why\n" } else { "" },
            "{dialect} {event} {answer:?}"
        );
    }
}

#[test]
fn manners_change_only_what_may_be_changed() {
    let shy = Manners { fewer_questions: false, codex_approves: false };
    assert_eq!(reply(&find(Dialect::Claude, "PreToolUse"), &allow(), &shy), Reply::silence());
    assert_eq!(reply(&find(Dialect::Claude, "PermissionRequest"), &allow(), &shy), Reply::silence());
    let open = Manners { fewer_questions: true, codex_approves: true };
    assert_eq!(reply(&find(Dialect::Codex, "PreToolUse"), &ask(), &open), Reply::silence());
    for manners in [shy, open] {
        for call in calls().iter().filter(|call| call.moment == Moment::BeforeTool) {
            assert!(blocks(call.dialect, &reply(call, &deny(), &manners)), "{call:?}");
        }
    }
}

/// Whether the agent stops the tool on this reply, by the rules of its own hook documentation.
fn blocks(dialect: Dialect, reply: &Reply) -> bool {
    let stdout: Value = serde_json::from_str(&reply.stdout).unwrap_or(Value::Null);
    let by_code = reply.code == 2;
    let reason = !reply.stderr.trim().is_empty();
    match dialect {
        Dialect::Claude | Dialect::Kiro => by_code,
        Dialect::Codex => by_code && reason,
        Dialect::Gemini => stdout["decision"] == "deny" || (by_code && reply.stdout.is_empty() && reason),
        Dialect::Cursor => by_code && (reply.stdout.is_empty() || stdout["permission"] == "deny"),
        Dialect::Plugin => by_code || (stdout["decision"] != "allow" && stdout["decision"] != "none"),
    }
}

#[test]
fn ask_never_reaches_an_agent_that_knows_no_ask() {
    for call in calls() {
        let spoken = reply(&call, &ask(), &Manners::default());
        if matches!(call.dialect, Dialect::Codex | Dialect::Gemini | Dialect::Kiro) {
            assert!(!spoken.stdout.contains("\"ask\""), "{call:?}");
        }
    }
}

#[test]
fn whatever_cannot_be_read_is_blocked_in_every_dialect() {
    let big = vec![b' '; 50 << 20];
    let deep = format!("{{\"hook_event_name\":\"PreToolUse\",\"x\":{}", "[".repeat(100_000));
    let inputs: &[&[u8]] = &[
        b"",
        b"garbage",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe\x00",
        &big,
        deep.as_bytes(),
        br#"{"hook_event_name":"PreToolUse","hook_event_name":"Stop"}"#,
        br#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls"}"#,
        br#"{"hook_event_name":"PreToolUse"}"#,
        br#"{"tool_input":{"hook_event_name":"Stop","stop_hook_active":true}"#,
    ];
    for input in inputs {
        let head = String::from_utf8_lossy(&input[..input.len().min(60)]);
        assert!(read(input).is_err(), "{head}");
        let blind = block_blindly(input, None, "unreadable");
        for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::Gemini) {
            assert!(blocks(dialect, &blind) || !blind.stdout.is_empty(), "{dialect} {head}");
        }
        for hint in Dialect::ALL {
            assert!(blocks(hint, &block_blindly(input, Some(hint), "unreadable")), "{hint} {head}");
        }
    }
}

#[test]
fn a_blind_block_speaks_the_dialect_that_the_bytes_reveal() {
    let cut =
        |event: &str, keys: &str| format!("{{\"hook_event_name\":\"{event}\",{keys}\"tool_input\":{{\"a\":");
    let rows = [
        (cut("BeforeTool", ""), Dialect::Gemini, "\"decision\":\"deny\""),
        (cut("beforeShellExecution", ""), Dialect::Cursor, "\"permission\":\"deny\""),
        (
            cut("PreToolUse", "\"transcript_path\":\"/t\","),
            Dialect::Claude,
            "\"permissionDecision\":\"deny\"",
        ),
        (cut("PreToolUse", "\"turn_id\":\"t\","), Dialect::Codex, "\"permissionDecision\":\"deny\""),
        (cut("tool.execute.before", ""), Dialect::Plugin, "\"decision\":\"deny\""),
    ];
    for (input, dialect, wanted) in rows {
        let blind = block_blindly(input.as_bytes(), None, "late");
        assert!(blocks(dialect, &blind) && blind.stdout.contains(wanted), "{dialect}: {blind:?}");
    }
    let unsure = block_blindly(br#"{"hook_event_name":"PreToolUse","x":"#, None, "late");
    assert_eq!((unsure.stdout.as_str(), unsure.code), ("", 2));
}

#[test]
fn a_stop_is_not_refused_blindly_for_ever() {
    let first = br#"{"hook_event_name":"Stop","transcript_path":"/t","stop_hook_active":false,"#;
    let again = br#"{"hook_event_name":"Stop","transcript_path":"/t","stop_hook_active":true,"#;
    assert_eq!(block_blindly(first, None, "x").code, 2);
    assert_eq!(block_blindly(again, None, "x").code, 0);
    let posing = br#"{"hook_event_name":"PreToolUse","transcript_path":"/t","stop_hook_active":true,"#;
    assert_eq!(block_blindly(posing, None, "x").code, 2);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec![".env", "ls", "PreToolUse", "BeforeTool", "Bash", "/w"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn envelope() -> impl Strategy<Value = Value> {
    let events = vec![
        "PreToolUse",
        "PermissionRequest",
        "PostToolUse",
        "Stop",
        "BeforeTool",
        "AfterTool",
        "beforeShellExecution",
        "beforeMCPExecution",
        "beforeReadFile",
        "preToolUse",
        "tool.execute.before",
        "permission.ask",
        "Novel",
    ];
    let tools = vec![
        "Bash",
        "Read",
        "Grep",
        "apply_patch",
        "mcp__a__b",
        "fs_read",
        "read_many_files",
        "MCP:x",
        "@a/b",
        "task",
        "odd",
    ];
    let keys = vec!["turn_id", "conversation_id", "timestamp", "transcript_path", "wardline_plugin", "cwd"];
    (
        prop::sample::select(events),
        prop::sample::select(tools),
        json_value(),
        prop::sample::subsequence(keys, 0..5),
    )
        .prop_map(|(event, tool, input, keys)| {
            let mut envelope = json!({"hook_event_name": event, "tool_name": tool, "tool_input": input});
            for key in keys {
                envelope[key] = "x".into();
            }
            envelope
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if read(&bytes).is_err() {
            prop_assert_eq!(block_blindly(&bytes, None, "x").code, 2);
        }
    }

    #[test]
    fn a_cut_input_is_blocked(envelope in envelope(), at in 0..100_usize) {
        let text = envelope.to_string().into_bytes();
        let at = text.len() * at / 100;
        let cut = &text[..at];
        prop_assert!(read(cut).is_err());
        prop_assert!(block_blindly(cut, None, "x").code == 2);
    }

    #[test]
    fn deny_always_carries_the_dialects_block(envelope in envelope(), reason in ".{0,40}") {
        let Ok(call) = read(envelope.to_string().as_bytes()) else { return Ok(()) };
        let spoken = reply(&call, &Answer::Deny { reason }, &Manners::default());
        if call.moment == Moment::BeforeTool {
            prop_assert!(blocks(call.dialect, &spoken), "{:?} {:?}", call, spoken);
        }
        prop_assert!(spoken.stdout.is_empty() || serde_json::from_str::<Value>(&spoken.stdout).is_ok());
    }

    #[test]
    fn every_tool_call_has_a_permission_and_a_target(envelope in envelope()) {
        let Ok(call) = read(envelope.to_string().as_bytes()) else { return Ok(()) };
        if let Some(action) = call.action {
            prop_assert!(!action.permission.is_empty());
            prop_assert!(!action.targets.is_empty());
        }
    }

    #[test]
    fn a_sensitive_file_in_any_field_of_an_mcp_tool_is_seen(key in "[a-zA-Z]{1,10}", depth in 0..6_usize) {
        let mut input = json!({ key: "secrets/.env" });
        for _ in 0..depth {
            input = json!({"inner": [input]});
        }
        let envelope = json!({"hook_event_name": "PreToolUse", "transcript_path": "/t", "tool_name": "mcp__x__y", "tool_input": input});
        let call = read(envelope.to_string().as_bytes()).unwrap();
        prop_assert!(call.action.unwrap().paths.iter().any(|(_, path)| path == "secrets/.env"));
    }
}

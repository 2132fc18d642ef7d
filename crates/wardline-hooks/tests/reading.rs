//! Golden inputs: what each agent sends, per event, and what is read from it.
#![cfg(test)]

use serde_json::{Value, json};
use wardline_hooks::AccessKind::{Delete, List, Read, Write};
use wardline_hooks::{AccessKind, Call, Dialect, Malformed, Moment, read};

fn call(envelope: &Value) -> Call {
    read(envelope.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}: {envelope}"))
}

fn claude(tool: &str, input: Value) -> Value {
    json!({
        "session_id": "s", "transcript_path": "/t.jsonl", "cwd": "/w", "permission_mode": "default",
        "hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": input, "tool_use_id": "toolu_1",
    })
}

fn codex(tool: &str, input: Value) -> Value {
    json!({
        "session_id": "s", "turn_id": "t", "transcript_path": null, "cwd": "/w", "hook_event_name": "PreToolUse",
        "model": "m", "permission_mode": "default", "tool_name": tool, "tool_input": input, "tool_use_id": "c1",
    })
}

fn gemini(tool: &str, input: Value) -> Value {
    json!({
        "session_id": "s", "transcript_path": "/t", "cwd": "/w", "hook_event_name": "BeforeTool",
        "timestamp": "2026-11-21T00:00:00Z", "tool_name": tool, "tool_input": input,
    })
}

fn cursor(tool: &str, input: Value) -> Value {
    json!({
        "conversation_id": "s", "generation_id": "g", "hook_event_name": "preToolUse", "workspace_roots": ["/w"],
        "cursor_version": "2.4", "tool_name": tool, "tool_input": input, "tool_use_id": "u",
    })
}

fn kiro(tool: &str, input: Value) -> Value {
    json!({"hook_event_name": "preToolUse", "cwd": "/w", "tool_name": tool, "tool_input": input})
}

fn plugin(tool: &str, input: Value) -> Value {
    json!({
        "hook_event_name": "tool.execute.before", "wardline_plugin": 1, "session_id": "s", "call_id": "c",
        "cwd": "/w", "tool_name": tool, "tool_input": input,
    })
}

type Row<'a> = (Value, &'a str, &'a [&'a str], &'a [(AccessKind, &'a str)], Option<&'a str>);

fn check(dialect: Dialect, rows: &[Row<'_>]) {
    for (envelope, permission, targets, paths, script) in rows {
        let call = call(envelope);
        assert_eq!(call.dialect, dialect, "{envelope}");
        assert_eq!(call.moment, Moment::BeforeTool, "{envelope}");
        let action = call.action.expect("a tool call has an action");
        assert_eq!(&action.permission, permission, "{envelope}");
        assert_eq!(&action.targets, targets, "{envelope}");
        let found: Vec<_> = action.paths.iter().map(|(access, path)| (*access, path.as_str())).collect();
        assert_eq!(&found, paths, "{envelope}");
        assert_eq!(action.script.as_deref(), *script, "{envelope}");
        assert_eq!(action.doubts, [""; 0], "{envelope}");
    }
}

#[test]
fn claude_code_tools() {
    check(
        Dialect::Claude,
        &[
            (claude("Bash", json!({"command": "ls", "description": "d"})), "bash", &["ls"], &[], Some("ls")),
            (claude("Read", json!({"file_path": "/w/a"})), "read", &["/w/a"], &[(Read, "/w/a")], None),
            (
                claude("Write", json!({"file_path": "/w/a", "content": "x"})),
                "edit",
                &["/w/a"],
                &[(Write, "/w/a")],
                None,
            ),
            (
                claude("Edit", json!({"file_path": "a", "old_string": "x", "new_string": "y"})),
                "edit",
                &["a"],
                &[(Write, "a")],
                None,
            ),
            (
                claude("MultiEdit", json!({"file_path": "a", "edits": []})),
                "edit",
                &["a"],
                &[(Write, "a")],
                None,
            ),
            (
                claude("NotebookEdit", json!({"notebook_path": "n.ipynb"})),
                "edit",
                &["n.ipynb"],
                &[(Write, "n.ipynb")],
                None,
            ),
            (
                claude("Glob", json!({"pattern": "**/*.rs"})),
                "glob",
                &["**/*.rs"],
                &[(List, "."), (List, "**/*.rs")],
                None,
            ),
            (
                claude("Grep", json!({"pattern": "KEY", "path": "src", "glob": ".env"})),
                "grep",
                &["KEY"],
                &[(Read, "src"), (Read, "src/.env")],
                None,
            ),
            (claude("LS", json!({"path": "/w"})), "list", &["/w"], &[(List, "/w")], None),
            (
                claude("WebFetch", json!({"url": "https://a.b/c", "prompt": "p"})),
                "webfetch",
                &["https://a.b/c"],
                &[],
                None,
            ),
            (claude("WebSearch", json!({"query": "q"})), "websearch", &["q"], &[], None),
            (
                claude("Task", json!({"subagent_type": "explore", "prompt": "p", "description": "d"})),
                "task",
                &["explore"],
                &[],
                None,
            ),
            (claude("Agent", json!({"subagent_type": "explore"})), "task", &["explore"], &[], None),
            (claude("Skill", json!({"skill": "pdf"})), "skill", &["pdf"], &[], None),
            (claude("TodoWrite", json!({"todos": []})), "todowrite", &["*"], &[], None),
            (claude("ExitPlanMode", json!({"plan": "p"})), "plan_exit", &["*"], &[], None),
            (claude("AskUserQuestion", json!({"questions": []})), "question", &["*"], &[], None),
            (claude("BashOutput", json!({"bash_id": "1"})), "bashoutput", &["*"], &[], None),
            (claude("KillShell", json!({"shell_id": "1"})), "killshell", &["*"], &[], None),
            (
                claude("mcp__fs__read_file", json!({"path": "/w/.env"})),
                "fs_read_file",
                &["*"],
                &[(Read, "/w/.env")],
                None,
            ),
            (
                claude("mcp__sh__exec", json!({"command": "cat .env"})),
                "sh_exec",
                &["*"],
                &[],
                Some("cat .env"),
            ),
            (
                claude("Novelty", json!({"where": ".env"})),
                "novelty",
                &["*"],
                &[(Read, ".env"), (Write, ".env")],
                None,
            ),
        ],
    );
}

#[test]
fn codex_tools() {
    let patch = "*** Begin Patch\n*** Update File: a.rs\n*** Move to: b.rs\n@@\n-x\n+y\n*** Delete File: c\n*** End Patch";
    let patched: &[(AccessKind, &str)] = &[(Write, "a.rs"), (Delete, "a.rs"), (Write, "b.rs"), (Delete, "c")];
    let embedded = format!("apply_patch <<'E'\n{patch}\nE");
    check(
        Dialect::Codex,
        &[
            (codex("Bash", json!({"command": "ls"})), "bash", &["ls"], &[], Some("ls")),
            (
                codex("Bash", json!({"command": ["bash", "-lc", "ls | wc"]})),
                "bash",
                &["ls | wc"],
                &[],
                Some("ls | wc"),
            ),
            (codex("exec_command", json!({"cmd": "ls"})), "bash", &["ls"], &[], Some("ls")),
            (codex("apply_patch", json!({"command": patch})), "edit", &["a.rs", "b.rs", "c"], patched, None),
            (
                codex("Bash", json!({"command": embedded.clone()})),
                "bash",
                &[&embedded],
                patched,
                Some(&embedded),
            ),
            (codex("view_image", json!({"path": "p.png"})), "read", &["p.png"], &[(Read, "p.png")], None),
            (codex("web_search", json!({"query": "q"})), "websearch", &["q"], &[], None),
            (codex("update_plan", json!({"plan": []})), "todowrite", &["*"], &[], None),
            (codex("mcp__gh__get_issue", json!({"n": 1})), "gh_get_issue", &["*"], &[], None),
        ],
    );
}

#[test]
fn gemini_cli_tools() {
    let mut with_context = gemini("mcp_my_srv_do", json!({"a": "b c"}));
    with_context["mcp_context"] = json!({"server_name": "my_srv", "tool_name": "do"});
    check(
        Dialect::Gemini,
        &[
            (gemini("run_shell_command", json!({"command": "ls"})), "bash", &["ls"], &[], Some("ls")),
            (gemini("read_file", json!({"file_path": "a"})), "read", &["a"], &[(Read, "a")], None),
            (
                gemini("read_many_files", json!({"include": ["a", "b/*"]})),
                "read",
                &["a", "b/*"],
                &[(Read, "a"), (Read, "b/*")],
                None,
            ),
            (
                gemini("write_file", json!({"file_path": "a", "content": ""})),
                "edit",
                &["a"],
                &[(Write, "a")],
                None,
            ),
            (gemini("replace", json!({"file_path": "a"})), "edit", &["a"], &[(Write, "a")], None),
            (gemini("list_directory", json!({"dir_path": "d"})), "list", &["d"], &[(List, "d")], None),
            (
                gemini("glob", json!({"pattern": "*.x", "dir_path": "d"})),
                "glob",
                &["*.x"],
                &[(List, "d"), (List, "d/*.x")],
                None,
            ),
            (gemini("grep_search", json!({"pattern": "K"})), "grep", &["K"], &[(Read, ".")], None),
            (
                gemini("search_file_content", json!({"pattern": "K", "include": ".env"})),
                "grep",
                &["K"],
                &[(Read, "."), (Read, ".env")],
                None,
            ),
            (
                gemini("web_fetch", json!({"prompt": "sum up https://a.b and http://c.d"})),
                "webfetch",
                &["https://a.b", "http://c.d"],
                &[],
                None,
            ),
            (gemini("google_web_search", json!({"query": "q"})), "websearch", &["q"], &[], None),
            (gemini("save_memory", json!({"fact": "two words"})), "save_memory", &["*"], &[], None),
            (gemini("mcp_srv_tool", json!({})), "srv_tool", &["*"], &[], None),
            (with_context, "my_srv_do", &["*"], &[], None),
        ],
    );
}

#[test]
fn cursor_events_and_tools() {
    let own = |event: &str, fields: Value| {
        let mut envelope = json!({"conversation_id": "s", "generation_id": "g", "workspace_roots": ["/w"]});
        envelope["hook_event_name"] = event.into();
        for (key, value) in fields.as_object().unwrap() {
            envelope[key] = value.clone();
        }
        envelope
    };
    check(
        Dialect::Cursor,
        &[
            (
                own("beforeShellExecution", json!({"command": "ls", "cwd": "/w"})),
                "bash",
                &["ls"],
                &[],
                Some("ls"),
            ),
            (
                own("beforeReadFile", json!({"file_path": "/w/a", "content": "secret"})),
                "read",
                &["/w/a"],
                &[(Read, "/w/a")],
                None,
            ),
            (
                own(
                    "beforeReadFile",
                    json!({"file_path": "a", "attachments": [{"type": "file", "filePath": "b"}]}),
                ),
                "read",
                &["a", "b"],
                &[(Read, "a"), (Read, "b")],
                None,
            ),
            (
                own(
                    "beforeMCPExecution",
                    json!({"tool_name": "query", "tool_input": "{\"file\": \".env\"}"}),
                ),
                "mcp_query",
                &["*"],
                &[(Read, ".env")],
                None,
            ),
            (
                cursor("Shell", json!({"command": "ls", "working_directory": "/x"})),
                "bash",
                &["ls"],
                &[],
                Some("ls"),
            ),
            (cursor("Write", json!({"file_path": "a"})), "edit", &["a"], &[(Write, "a")], None),
            (cursor("Delete", json!({"path": "a"})), "edit", &["a"], &[(Delete, "a")], None),
            (cursor("Grep", json!({"pattern": "K"})), "grep", &["K"], &[(Read, ".")], None),
            (cursor("MCP:query", json!({})), "mcp_query", &["*"], &[], None),
        ],
    );
    let read_call = call(&own("beforeReadFile", json!({"file_path": "/w/.env", "content": "KEY=1"})));
    assert!(!read_call.input.to_string().contains("KEY=1"), "the file's content is not kept");
    let unread = call(&own("beforeMCPExecution", json!({"tool_name": "t", "tool_input": "{"})));
    assert_eq!(unread.action.unwrap().doubts.len(), 1);
}

#[test]
fn kiro_tools() {
    check(
        Dialect::Kiro,
        &[
            (kiro("execute_bash", json!({"command": "ls"})), "bash", &["ls"], &[], Some("ls")),
            (
                kiro(
                    "fs_read",
                    json!({"operations": [{"mode": "Line", "path": "a"}, {"mode": "Directory", "path": "b"}]}),
                ),
                "read",
                &["a", "b"],
                &[(Read, "a"), (Read, "b")],
                None,
            ),
            (kiro("fs_read", json!({"path": "a"})), "read", &["a"], &[(Read, "a")], None),
            (
                kiro("fs_write", json!({"command": "create", "path": "a", "file_text": "x"})),
                "edit",
                &["a"],
                &[(Write, "a")],
                None,
            ),
            (kiro("write", json!({"command": "create", "path": "a"})), "edit", &["a"], &[(Write, "a")], None),
            (kiro("shell", json!({"command": "ls"})), "bash", &["ls"], &[], Some("ls")),
            (kiro("@git/status", json!({"repo_path": "/w"})), "git_status", &["*"], &[(Read, "/w")], None),
            (
                json!({"session_id": "s", "hook_event_name": "PreToolUse", "cwd": "/w", "tool_name": "execute_bash", "tool_input": {"command": "ls"}}),
                "bash",
                &["ls"],
                &[],
                Some("ls"),
            ),
        ],
    );
    let aws = call(&kiro("use_aws", json!({"service_name": "s3", "operation_name": "ls"}))).action.unwrap();
    assert_eq!(aws.permission, "use_aws");
}

#[test]
fn plugin_tools() {
    check(
        Dialect::Plugin,
        &[
            (plugin("bash", json!({"command": "ls", "workdir": "/x"})), "bash", &["ls"], &[], Some("ls")),
            (plugin("read", json!({"filePath": "a"})), "read", &["a"], &[(Read, "a")], None),
            (plugin("write", json!({"filePath": "a", "content": ""})), "edit", &["a"], &[(Write, "a")], None),
            (plugin("edit", json!({"filePath": "a"})), "edit", &["a"], &[(Write, "a")], None),
            (
                plugin("apply_patch", json!({"patchText": "*** Add File: n\n+x"})),
                "edit",
                &["n"],
                &[(Write, "n")],
                None,
            ),
            (plugin("glob", json!({"pattern": "*"})), "glob", &["*"], &[(List, "."), (List, "*")], None),
            (
                plugin("grep", json!({"pattern": "K", "include": "*.rs"})),
                "grep",
                &["K"],
                &[(Read, "."), (Read, "*.rs")],
                None,
            ),
            (plugin("list", json!({})), "list", &["."], &[(List, ".")], None),
            (plugin("webfetch", json!({"url": "https://a.b"})), "webfetch", &["https://a.b"], &[], None),
            (plugin("task", json!({"subagent_type": "explore"})), "task", &["explore"], &[], None),
            (plugin("skill", json!({"name": "n"})), "skill", &["n"], &[], None),
            (
                plugin("srv_tool", json!({"file": ".env"})),
                "srv_tool",
                &["*"],
                &[(Read, ".env"), (Write, ".env")],
                None,
            ),
        ],
    );
    let moved = call(&plugin("bash", json!({"command": "ls", "workdir": "/x"})));
    assert_eq!((moved.cwd.as_deref(), moved.action.unwrap().cwd.as_deref()), (Some("/w"), Some("/x")));
}

#[test]
fn an_incomplete_input_is_a_doubt_and_never_a_pass() {
    let rows = [
        claude("Bash", json!({})),
        claude("Bash", json!({"command": 1})),
        claude("Bash", json!({"command": ["a", 1]})),
        claude("Bash", json!("ls")),
        claude("Read", json!({"file_path": ""})),
        claude("Edit", json!({"file_path": {"x": 1}})),
        claude("WebFetch", json!({})),
        claude("Task", json!({"prompt": "x"})),
        codex("apply_patch", json!({"command": "no headers"})),
        kiro("fs_read", json!({})),
        kiro("fs_read", json!({"operations": ["x"]})),
        plugin("read", json!(null)),
    ];
    for envelope in rows {
        let action = call(&envelope).action.expect("an action all the same");
        assert!(!action.doubts.is_empty(), "{envelope}");
    }
}

#[test]
fn every_event_of_every_agent_is_told_apart() {
    let base = |event: &str, more: Value| {
        let mut envelope = json!({"hook_event_name": event, "cwd": "/w"});
        for (key, value) in more.as_object().unwrap() {
            envelope[key] = value.clone();
        }
        envelope
    };
    let claude = json!({"session_id": "s", "transcript_path": "/t", "permission_mode": "default"});
    let codex =
        json!({"session_id": "s", "turn_id": "t", "transcript_path": null, "permission_mode": "default"});
    let gemini = json!({"session_id": "s", "transcript_path": "/t", "timestamp": "now"});
    let cursor = json!({"conversation_id": "s", "generation_id": "g", "workspace_roots": ["/w"]});
    let kiro = json!({});
    let other = |name: &str| Moment::Other(name.to_owned());
    let rows = [
        ("Stop", &claude, Dialect::Claude, Moment::Stop),
        ("SubagentStop", &claude, Dialect::Claude, other("SubagentStop")),
        ("SessionStart", &claude, Dialect::Claude, Moment::SessionStart),
        ("UserPromptSubmit", &claude, Dialect::Claude, other("UserPromptSubmit")),
        ("Stop", &codex, Dialect::Codex, Moment::Stop),
        ("UserPromptSubmit", &codex, Dialect::Codex, other("UserPromptSubmit")),
        ("AfterAgent", &gemini, Dialect::Gemini, Moment::Stop),
        ("SessionStart", &gemini, Dialect::Gemini, Moment::SessionStart),
        ("BeforeModel", &gemini, Dialect::Gemini, other("BeforeModel")),
        ("Notification", &gemini, Dialect::Gemini, other("Notification")),
        ("stop", &cursor, Dialect::Cursor, Moment::Stop),
        ("sessionStart", &cursor, Dialect::Cursor, Moment::SessionStart),
        ("beforeSubmitPrompt", &cursor, Dialect::Cursor, other("beforeSubmitPrompt")),
        ("stop", &kiro, Dialect::Kiro, Moment::Stop),
        ("agentSpawn", &kiro, Dialect::Kiro, Moment::SessionStart),
        ("userPromptSubmit", &kiro, Dialect::Kiro, other("userPromptSubmit")),
    ];
    for (event, more, dialect, moment) in rows {
        let input = base(event, more.clone());
        let ends = wardline_hooks::ends_turn(input.to_string().as_bytes());
        assert_eq!(ends, moment == Moment::Stop, "{event}");
        let call = call(&input);
        assert_eq!((call.dialect, call.moment, call.event.as_str()), (dialect, moment, event));
    }
}

#[test]
fn an_unknown_event_about_a_pending_tool_is_decided() {
    let mut envelope = claude("Bash", json!({"command": "ls"}));
    envelope["hook_event_name"] = "PreToolBatch".into();
    assert_eq!(call(&envelope).moment, Moment::BeforeTool);
    envelope["tool_response"] = json!({});
    assert_eq!(call(&envelope).moment, Moment::Other("PreToolBatch".into()));
}

#[test]
fn the_envelope_is_kept() {
    let mut envelope = claude("Bash", json!({"command": "ls"}));
    envelope["agent_type"] = "Explore".into();
    envelope["permission_mode"] = "plan".into();
    let call = call(&envelope);
    assert_eq!(
        (
            call.session.as_str(),
            call.cwd.as_deref(),
            call.call_id.as_deref(),
            call.agent.as_deref(),
            call.mode.as_deref()
        ),
        ("s", Some("/w"), Some("toolu_1"), Some("Explore"), Some("plan")),
    );
    let stop = json!({"hook_event_name": "Stop", "session_id": "s", "transcript_path": "/t", "cwd": "/", "stop_hook_active": true});
    assert!(self::call(&stop).stop_hook_active);
    let round =
        json!({"hook_event_name": "stop", "conversation_id": "s", "status": "completed", "loop_count": 2});
    assert!(self::call(&round).stop_hook_active);
}

#[test]
fn outcomes_are_summaries() {
    let after = |event: &str, result: Value| {
        let mut envelope = claude("Bash", json!({"command": "ls"}));
        envelope["hook_event_name"] = event.into();
        envelope["tool_response"] = result;
        call(&envelope).outcome.expect("an outcome")
    };
    assert_eq!(after("PostToolUse", json!({"stdout": "x", "exit_code": 3})).ok, Some(false));
    assert_eq!(after("PostToolUse", json!({"exit_code": 0})).exit_code, Some(0));
    assert_eq!(after("PostToolUse", json!({"success": true})).ok, Some(true));
    assert_eq!(after("PostToolUse", json!({"is_error": true})).ok, Some(false));
    assert_eq!(after("PostToolUseFailure", json!({})).ok, Some(false));
    assert_eq!(after("PostToolUse", json!("text")).ok, Some(true));
    let mut told_nothing = codex("Bash", json!({"command": "ls"}));
    told_nothing["hook_event_name"] = "PostToolUse".into();
    told_nothing["tool_response"] = "text".into();
    assert_eq!(call(&told_nothing).outcome.unwrap().ok, None);
}

#[test]
fn what_is_not_a_hook_call_is_malformed() {
    let mut no_tool = claude("Bash", json!({}));
    no_tool.as_object_mut().unwrap().remove("tool_name");
    let mut odd_session = claude("Bash", json!({}));
    odd_session["session_id"] = json!(["x"]);
    let rows = [
        json!([]),
        json!({}),
        json!(1),
        json!({"hook_event_name": 1}),
        json!({"hook_event_name": ""}),
        no_tool,
        odd_session,
    ];
    for envelope in rows {
        assert!(
            matches!(
                read(envelope.to_string().as_bytes()),
                Err(Malformed::NotAHook(_) | Malformed::Field { .. })
            ),
            "{envelope}"
        );
    }
}

//! The plugin in a real JavaScript engine, against programs that answer, refuse, crash, babble and hang.
#![cfg(test)]

use std::path::{Path, PathBuf};
use std::process::Command;

use wardline_hooks::plugin_source;

fn node() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join("node")).find(|node| node.is_file())
}

/// Runs one `tool.execute.before` (and what follows it) against a program with the given shell text. The answer is
/// `ran`, or the error's text.
fn before(node: &Path, name: &str, script: Option<&str>, deadline: &str) -> String {
    let dir = std::env::temp_dir().join(format!("wardline-hooks-plugin-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let exe = dir.join("wardline \"quoted\"");
    if let Some(script) = script {
        // Real programs read their input; what a test wants to do with it instead, it says itself.
        let listen = if script.contains("tee") || name == "deaf" { "" } else { "cat > /dev/null" };
        std::fs::write(&exe, format!("#!/bin/sh\n{listen}\n{script}\n")).unwrap();
        std::fs::set_permissions(&exe, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let source = plugin_source(&exe).replace("DEADLINE_MS = 600_000", &format!("DEADLINE_MS = {deadline}"));
    assert!(source.contains(deadline), "the deadline is set for the test");
    std::fs::write(dir.join("plugin.mjs"), source).unwrap();
    let driver = r#"
        import * as module from "./plugin.mjs"
        const names = Object.keys(module)
        if (names.length !== 1) throw new Error(`opencode would start every export: ${names}`)
        const hooks = await module.Wardline({ directory: "/w", worktree: "/w" })
        await hooks["chat.message"]({ sessionID: "s", agent: "build" })
        const input = { tool: "bash", sessionID: "s", callID: "c" }
        try {
          await hooks["tool.execute.before"](input, { args: { command: "ls" } })
          const asked = { status: "ask" }
          await hooks["permission.ask"]({ sessionID: "s", callID: "c" }, asked)
          await hooks["tool.execute.after"]({ ...input, args: { command: "ls" } }, { output: "x", metadata: { exit: 0 } })
          console.log(`ran, then ${asked.status}`)
        } catch (error) {
          console.log(`threw ${error.message}`)
        }
    "#;
    std::fs::write(dir.join("driver.mjs"), driver).unwrap();
    let out =
        Command::new(node).arg("driver.mjs").current_dir(&dir).env_remove("WARDLINE_BIN").output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let seen = std::fs::read_to_string(dir.join("seen")).unwrap_or_default();
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
    format!("{}{seen}", text.trim())
}

#[test]
fn anything_but_a_clear_yes_blocks() {
    let Some(node) = node() else {
        println!("SKIPPED: no `node` on the path, the plugin was not run");
        return;
    };
    let fine = "60_000";
    let cases: &[(&str, Option<&str>, &str, &str)] = &[
        ("allow", Some(r#"echo '{"decision":"allow","reason":"r"}'"#), fine, "ran, then allow"),
        ("none", Some(r#"echo '{"decision":"none","reason":""}'"#), fine, "ran, then ask"),
        ("deny", Some(r#"echo '{"decision":"deny","reason":"rule 7"}'"#), fine, "threw wardline: rule 7"),
        (
            "ask",
            Some(r#"echo '{"decision":"ask","reason":"a person must say"}'"#),
            fine,
            "threw wardline: a person must say",
        ),
        (
            "blind",
            Some(r#"echo '{"decision":"deny","reason":"wardline: late"}'; exit 2"#),
            fine,
            "threw wardline: late",
        ),
        ("no-reason", Some(r#"echo '{"decision":"deny"}'"#), fine, "threw wardline: refused"),
        (
            "yes-but-failed",
            Some(r#"echo '{"decision":"allow"}'; exit 1"#),
            fine,
            "threw wardline: no decision",
        ),
        (
            "yes-but-killed",
            Some(r#"echo '{"decision":"allow"}'; kill -9 $$"#),
            fine,
            "threw wardline: no decision",
        ),
        ("crash", Some("exit 101"), fine, "threw wardline: no decision"),
        ("silence", Some("true"), fine, "threw wardline: no decision"),
        ("garbage", Some("echo allow"), fine, "threw wardline: no decision"),
        ("half", Some(r#"echo '{"decision":"allow"'"#), fine, "threw wardline: no decision"),
        ("list", Some(r#"echo '["allow"]'"#), fine, "threw wardline: no decision"),
        ("null", Some("echo null"), fine, "threw wardline: no decision"),
        ("other-case", Some(r#"echo '{"decision":"ALLOW"}'"#), fine, "threw wardline: refused"),
        ("endless", Some("yes"), fine, "threw wardline: no decision"),
        ("missing", None, fine, "threw wardline: no decision"),
        ("hang", Some("sleep 100"), "300", "threw wardline: no decision"),
        ("deaf", Some("exec <&-; sleep 0.1; exit 3"), fine, "threw wardline: no decision"),
    ];
    for (name, script, deadline, wanted) in cases {
        let found = before(&node, name, *script, deadline);
        assert!(found.starts_with(wanted), "{name}: {found}");
    }
}

#[test]
fn the_events_it_sends_are_read_by_this_crate() {
    let Some(node) = node() else {
        println!("SKIPPED: no `node` on the path, the plugin was not run");
        return;
    };
    let script = r#"tee -a seen > /dev/null; echo >> seen; echo '{"decision":"none"}'"#;
    let found = before(&node, "events", Some(script), "60_000");
    let events: Vec<_> = found
        .lines()
        .filter_map(|line| line.get(line.find('{')?..))
        .map(|line| wardline_hooks::read(line.as_bytes()).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let [before, after] = events.as_slice() else { panic!("two events: {found}") };
    assert_eq!(
        (before.tool.as_str(), before.agent.as_deref(), before.cwd.as_deref()),
        ("bash", Some("build"), Some("/w"))
    );
    assert_eq!(before.action.as_ref().unwrap().script.as_deref(), Some("ls"));
    assert_eq!(before.call_id, after.call_id);
    let outcome = after.outcome.unwrap();
    assert_eq!((outcome.ok, outcome.exit_code, outcome.bytes), (Some(true), Some(0), 1));
}

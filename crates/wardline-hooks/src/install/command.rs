//! The shell command that an agent runs as its hook.

use std::path::Path;

use crate::call::Dialect;
use crate::tools::quoted;

/// How long the agent waits for a hook, in seconds. An agent that stops waiting runs the tool, so this is far longer
/// than Wardline ever takes: Wardline's own deadline comes first and answers with a block.
pub const HOST_TIMEOUT_SECONDS: u64 = 600;

/// What becomes of an event when its hook fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// It is blocked: a tool that has not run yet.
    Gate,
    /// It is blocked once: the end of a turn. Blocked again, an agent would turn for ever.
    End,
    /// The failure is told and left alone: nothing can be stopped any more.
    Report,
}

/// The hook command of a dialect.
///
/// It blocks even where the program cannot: a small shell outlives it and turns a missing program, a crash or a kill into
/// exit 2 with a reason.
#[must_use]
pub fn hook_command(exe: &Path, dialect: Dialect, guard: Guard) -> String {
    let exe = quoted(&exe.to_string_lossy());
    // `/bin/sh` by name: agents run hooks with whatever shell the person has.
    match guard {
        Guard::Report => format!("{exe} hook {dialect} report{}", mark(&exe)),
        Guard::Gate => format!(
            "/bin/sh -c '\"$0\" hook {dialect} || {{ test $? -eq 2 || \
             echo \"wardline: the hook could not run, so this is refused\" >&2; exit 2; }}' {exe}"
        ),
        // The host's own word that the turn was held before stands bare in the input; in a text of the model its quotes
        // would be escaped.
        Guard::End => format!(
            "/bin/sh -c 'i=$(cat); printf %s \"$i\" | \"$0\" hook {dialect} report; c=$?; test $c -eq 0 && exit; \
             test $c -eq 2 && exit 2; \
             echo \"wardline: the gate could not run ($0), so nobody looked at this work; tell the user. wardline doctor says more\" >&2; \
             case $i in *stop_hook_active\\\":true*|*stop_hook_active\\\":\\ true*) exit 1;; esac; exit 2' {exe}"
        ),
    }
}

/// A program under another name gets a comment, so that its hooks can be found again.
fn mark(exe: &str) -> &'static str {
    if exe.contains("wardline") { "" } else { " # wardline" }
}

/// Whether a hook command is Wardline's, whichever version or place wrote it.
pub(crate) fn is_ours(command: &str) -> bool {
    command.contains("wardline")
        && Dialect::ALL.iter().any(|dialect| command.contains(&format!(" hook {dialect}")))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    /// Runs a gate's command over a program with the given text, as an agent does.
    fn run(name: &str, guard: Guard, script: Option<&str>, input: &str) -> (Option<i32>, String, String) {
        let dir = std::env::temp_dir().join(format!("wardline-hooks-command-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let exe = dir.join("it's a wardline");
        if let Some(script) = script {
            std::fs::write(&exe, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&exe, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        let command = hook_command(&exe, Dialect::Claude, guard);
        let mut child = Command::new("/bin/sh")
            .arg("-c")
            .arg(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let out = child.wait_with_output().unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    }

    #[test]
    fn a_gate_blocks_whatever_becomes_of_the_program() {
        let told = "wardline: the hook could not run, so this is refused\n";
        let cases = [
            ("allow", Some("cat; echo \" $1 $2\""), 0, "input hook claude\n", ""),
            ("deny", Some("echo '{}'; echo no >&2; exit 2"), 2, "{}\n", "no\n"),
            ("crash", Some("exit 101"), 2, "", told),
            ("killed", Some("kill -9 $$"), 2, "", told),
            ("aborted", Some("kill -6 $$"), 2, "", told),
            ("warning", Some("exit 1"), 2, "", told),
        ];
        for (name, script, code, stdout, stderr) in cases {
            let (found, out, err) = run(name, Guard::Gate, script, "input");
            assert_eq!((found, out.as_str()), (Some(code), stdout), "{name}: {err}");
            assert!(err.ends_with(stderr), "{name}: {err}");
        }
        let (code, out, err) = run("missing", Guard::Gate, None, "input");
        assert_eq!((code, out.as_str()), (Some(2), ""));
        assert!(err.ends_with(told), "{err}");
    }

    #[test]
    fn the_end_of_a_turn_is_held_once_when_the_program_is_gone() {
        let quoted = r#"{"stop_hook_active":false,"last_assistant_message":"\"stop_hook_active\":true"}"#;
        let (first, again) = (r#"{"stop_hook_active": false}"#, r#"{"stop_hook_active":true}"#);
        let cases = [
            ("end-let", Some("cat"), first, 0, false),
            ("end-held", Some("echo '{}'; exit 2"), first, 2, false),
            ("end-gone", None, first, 2, true),
            ("end-quoted", None, quoted, 2, true),
            ("end-crash", Some("exit 101"), first, 2, true),
            ("end-killed", Some("kill -9 $$"), first, 2, true),
            ("end-again", None, again, 1, true),
            ("end-again-wide", Some("kill -9 $$"), r#"{"stop_hook_active": true}"#, 1, true),
        ];
        for (name, script, input, code, told) in cases {
            let (found, out, err) = run(name, Guard::End, script, input);
            assert_eq!(found, Some(code), "{name}: {err}");
            assert_eq!(err.contains("the gate could not run"), told, "{name}: {err}");
            assert!(name != "end-let" || out == input, "{name}: the input comes whole: {out}");
        }
    }

    #[test]
    fn our_commands_are_known_again_under_any_name() {
        for exe in ["/usr/bin/wardline", "/opt/w", "/a b/it's"] {
            for dialect in Dialect::ALL {
                for guard in [Guard::Gate, Guard::End, Guard::Report] {
                    assert!(is_ours(&hook_command(Path::new(exe), dialect, guard)));
                }
            }
        }
        for other in ["echo hook claude", "wardline scan", "my-wardline-notes hook", "guard hook codex"] {
            assert!(!is_ours(other), "{other}");
        }
    }
}

//! The shell command that an agent runs as its hook.

use std::path::Path;

use crate::call::Dialect;
use crate::tools::quoted;

/// How long the agent waits for a hook, in seconds. An agent that stops waiting runs the tool, so this is far longer
/// than Wardline ever takes: Wardline's own deadline comes first and answers with a block.
pub const HOST_TIMEOUT_SECONDS: u64 = 600;

/// The hook command of a dialect.
///
/// With `gate` the command blocks even where the program cannot: a small shell outlives it and turns a missing
/// program, a crash or a kill into exit 2 with a reason. Without, for events that only report or that may repeat for
/// ever (a stop), a failure is told and left alone.
#[must_use]
pub fn hook_command(exe: &Path, dialect: Dialect, gate: bool) -> String {
    let exe = quoted(&exe.to_string_lossy());
    if !gate {
        return format!("{exe} hook {dialect} report{}", mark(&exe));
    }
    // `/bin/sh` by name: agents run hooks with whatever shell the person has.
    format!(
        "/bin/sh -c '\"$0\" hook {dialect} || {{ test $? -eq 2 || \
         echo \"wardline: the hook could not run, so this is refused\" >&2; exit 2; }}' {exe}"
    )
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
    fn run(name: &str, script: Option<&str>) -> (Option<i32>, String, String) {
        let dir = std::env::temp_dir().join(format!("wardline-hooks-command-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let exe = dir.join("it's a wardline");
        if let Some(script) = script {
            std::fs::write(&exe, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&exe, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        let command = hook_command(&exe, Dialect::Claude, true);
        let mut child = Command::new("/bin/sh")
            .arg("-c")
            .arg(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdin.take().unwrap().write_all(b"input"));
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
            let (found, out, err) = run(name, script);
            assert_eq!((found, out.as_str()), (Some(code), stdout), "{name}: {err}");
            assert!(err.ends_with(stderr), "{name}: {err}");
        }
        let (code, out, err) = run("missing", None);
        assert_eq!((code, out.as_str()), (Some(2), ""));
        assert!(err.ends_with(told), "{err}");
    }

    #[test]
    fn our_commands_are_known_again_under_any_name() {
        for exe in ["/usr/bin/wardline", "/opt/w", "/a b/it's"] {
            for dialect in Dialect::ALL {
                for gate in [false, true] {
                    assert!(is_ours(&hook_command(Path::new(exe), dialect, gate)));
                }
            }
        }
        for other in ["echo hook claude", "wardline scan", "my-wardline-notes hook", "guard hook codex"] {
            assert!(!is_ours(other), "{other}");
        }
    }
}

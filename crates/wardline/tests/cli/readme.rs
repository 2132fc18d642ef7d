//! The README as a new user reads it: the commands of its section on undoing, taken from it word by word, run one after the other in
//! a fresh home and a fresh repository, with a yes typed wherever one is asked for.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::Sealed;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
const HEADING: &str = "## See what it did, and undo half of it";

/// What is in the repository before.
const GREET: &str = "def greet(name):\n    return \"Hello \" + name\n\n\ndef leave(name):\n    return \"Bye \" + name\n\n\n# end\n";

/// The commands below the heading: what stands after `$ `, without the remark behind it.
fn commands() -> Vec<String> {
    let text = std::fs::read_to_string(README).unwrap();
    let section = text.split_once(HEADING).unwrap().1.split("\n## ").next().unwrap();
    let lines = section.lines().filter_map(|line| line.trim().strip_prefix("$ "));
    lines.map(|line| line.split("  #").next().unwrap_or(line).trim().to_owned()).collect()
}

/// An agent that works as Claude Code does: it puts each call to the hooks it was given, obeys, and says how it ended. It edits a file
/// at two places with its tool, makes a test, and leaves a file behind from its shell.
fn agent(world: &Sealed) {
    let ask = r#"
hook() { # EVENT ID TOOL INPUT
  printf '{"hook_event_name":"%s","session_id":"s","tool_use_id":"%s","tool_name":"%s","tool_input":%s,"tool_response":{}}' "$@" |
    wardline hook claude | tee "$TMPDIR/answer" >/dev/null
  ! grep -q '"permissionDecision":"deny"' "$TMPDIR/answer" || { echo "refused: $(cat "$TMPDIR/answer")"; exit 1; }
}
call() { hook PreToolUse "$1" "$2" "$3"; eval "$4"; hook PostToolUse "$1" "$2" "$3"; }
"#;
    let calls = r#"
case "$*" in *"friendlier"*) ;; *) echo "not told what to do: $*"; exit 1 ;; esac
call t1 Edit '{"file_path":"greet.py","old_string":"Hello ","new_string":"Good day, dear "}' "sed -i 's/Hello /Good day, dear /' greet.py"
call t2 Edit '{"file_path":"greet.py","old_string":"Bye ","new_string":"See you, "}' "sed -i 's/Bye /See you, /' greet.py"
call t3 Write '{"file_path":"test_greet.py","content":"import greet\n"}' "echo 'import greet' > test_greet.py"
call t4 Bash '{"command":"mkdir notes; echo done > notes/summary.md"}' "mkdir notes; echo done > notes/summary.md"
echo "I made it friendlier."
"#;
    let path = world.write("home/.local/bin/claude", &format!("#!/bin/sh\n{ask}{calls}"));
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

/// Runs a line as a person types it into a terminal, and says yes whenever asked.
fn typed(world: &Sealed, line: &str) -> (i32, String) {
    let own = Path::new(env!("CARGO_BIN_EXE_wardline")).parent().unwrap();
    let path = std::env::join_paths(
        [world.path("home/.local/bin"), own.to_path_buf()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", line, "/dev/null"])
        .current_dir(world.project())
        .env_clear()
        .env("HOME", world.path("home"))
        .env("USER", "tester")
        .env("PATH", path.unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"y\n").unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_new_user_sees_what_an_agent_did_and_undoes_half_of_it_from_the_readme_alone() {
    let world = Sealed::new("readme");
    world.write("home/p/greet.py", GREET);
    agent(&world);
    let commands = commands();
    assert!(
        (4..=6).contains(&commands.len()) && commands.iter().all(|line| line.starts_with("wardline ")),
        "short, and nothing but wardline: {commands:?}"
    );
    let begin = Instant::now();
    let mut said = Vec::new();
    for line in &commands {
        let (code, text) = typed(&world, line);
        assert_eq!(code, 0, "{line}: {text}");
        if line.starts_with("wardline run") {
            assert!(text.contains("I made it friendlier."), "{text}");
            // What the person does meanwhile, in the same file.
            world.write("home/p/greet.py", &world.read("home/p/greet.py").replace("# end", "# the end"));
        }
        said.push(text);
    }
    println!("{} commands, {:.1?}", commands.len(), begin.elapsed());
    assert!(begin.elapsed() < Duration::from_secs(120), "under two minutes");
    let seen = said.iter().find(|text| text.contains("@@ hunk 2")).unwrap();
    for part in ["greet.py", "test_greet.py", "notes/summary.md", "-    return \"Hello \" + name", "both"] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    // Half of it is undone, the other half and the person's own edit are there.
    let half = GREET.replace("Bye ", "See you, ").replace("# end", "# the end");
    assert_eq!(world.read("home/p/greet.py"), half);
    assert_eq!(world.read("home/p/test_greet.py"), "import greet\n");
    assert!(!world.path("home/p/notes").exists());
    let left: Value = serde_json::from_str(&world.run(&["changes", "--json"]).stdout).unwrap();
    let left: Vec<String> =
        left["changes"].as_array().unwrap().iter().map(|it| format!("{} {}", it["by"], it["path"])).collect();
    assert_eq!(left, ["\"both\" \"greet.py\"", "\"agent\" \"test_greet.py\""]);
}

//! Checkpoints without `wardline run`: around one command of `wardline exec`, and around the calls of an agent that has hooks and was
//! started by hand. Real repositories, with a submodule and a linked worktree.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::common::{Ran, Sealed, feed};
use crate::waive::at_terminal_in;

const LINES: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

/// Each change as its letter, whose doing it is, and its path.
fn changes(world: &Sealed, project: &Path) -> Vec<String> {
    let ran = feed(world.command(&["changes", "--json"]).current_dir(project), b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    let word = |change: &Value, name: &str| change[name].as_str().unwrap().to_owned();
    let line = |change| format!("{} {} {}", word(change, "change"), word(change, "by"), word(change, "path"));
    found.get("changes").and_then(Value::as_array).unwrap().iter().map(line).collect()
}

fn git(world: &Sealed, directory: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "protocol.file.allow=always"]);
    git.args(["-c", "safe.directory=*", "-c", "gc.auto=0"]).args(arguments);
    let output = git.current_dir(directory).env("HOME", world.path("home")).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// Every file below a directory, byte by byte.
fn bytes(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut todo, mut found) = (vec![directory.to_path_buf()], BTreeMap::new());
    while let Some(path) = todo.pop() {
        for path in path.read_dir().unwrap().flatten().map(|entry| entry.path()) {
            match path.symlink_metadata().unwrap().is_dir() {
                true => todo.push(path),
                false => drop(found.insert(path.clone(), std::fs::read(&path).unwrap_or_default())),
            }
        }
    }
    found
}

#[test]
fn what_one_command_did_is_undone_and_what_the_person_did_stays() {
    let world = Sealed::new("alone-exec");
    world.write("home/p/text", LINES);
    let store = world.path("home/.local/state/wardline/checkpoints");
    assert_eq!(world.run(&["exec", "--", "ls"]).code, 0);
    assert!(!store.exists(), "what only looks needs no checkpoint");
    let script = "sed -i s/two/2/ text; mkdir d; echo x > d/new; rm src/lib.txt";
    assert_eq!(world.run(&["exec", "--", "sh", "-c", script]).code, 0);
    world.write("home/p/text", &LINES.replace("two", "2").replace("six", "6"));
    let project = world.project();
    let expected = ["A agent d", "A agent d/new", "D agent src/lib.txt", "M both text"];
    assert_eq!(changes(&world, &project), expected);
    let rows = world.rows();
    let named = rows.iter().filter(|row| row["kind"] == "intent" && row["body"]["checkpoint"].is_number());
    assert_eq!(named.count(), 1, "the command's row names its checkpoint");
    // A command that fails or never starts changes nothing in that.
    assert_ne!(world.run(&["exec", "--", "sh", "-c", "echo y > other; exit 3"]).code, 0);
    assert_eq!(changes(&world, &project), ["A agent other"], "since that command");
    assert_eq!(at_terminal_in(&world, &project, "revert --to 1", "y").0, 0);
    assert_eq!(world.read("home/p/text"), LINES.replace("six", "6"));
    assert!(world.path("home/p/src/lib.txt").exists() && !world.path("home/p/other").exists());
}

#[test]
fn a_command_without_checkpoints_is_a_persons_word_on_record() {
    let world = Sealed::new("alone-none");
    world.write("home/.local/state/wardline/checkpoints", "in the way");
    let refused = world.run(&["exec", "--", "sh", "-c", "echo x > new"]);
    assert!(refused.code == 125 && refused.stderr.contains("--accept-missing checkpoint"), "{refused:?}");
    assert!(!world.path("home/p/new").exists(), "nothing started");
    let accepted = world.run(&["exec", "--accept-missing", "checkpoint", "--", "sh", "-c", "echo x > new"]);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    let told = |row: &Value| row["kind"] == "override" && row["body"]["guarantee"] == "checkpoint";
    assert!(world.rows().iter().any(told));
}

/// An agent with hooks that a person started by hand, in `project`.
struct Agent<'a> {
    world: &'a Sealed,
    project: PathBuf,
}

impl Agent<'_> {
    fn hook(&self, call: &Value) -> Ran {
        let ran = feed(
            self.world.command(&["hook", "claude"]).current_dir(&self.project),
            call.to_string().as_bytes(),
        );
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(!ran.stdout.contains(r#""permissionDecision":"deny""#), "{ran:?}");
        ran
    }

    fn begins(&self) {
        self.hook(&json!({"hook_event_name": "SessionStart", "session_id": "s", "source": "startup"}));
    }

    /// A call with its hooks around it.
    fn calls(&self, id: &str, tool: &str, input: &Value, effect: impl FnOnce()) {
        let call = |event: &str| {
            json!({
                "hook_event_name": event, "session_id": "s", "tool_use_id": id, "tool_name": tool,
                "tool_input": input, "tool_response": {}, "cwd": self.project,
            })
        };
        self.hook(&call("PreToolUse"));
        effect();
        self.hook(&call("PostToolUse"));
    }

    fn shell(&self, id: &str, script: &str) {
        let run = || {
            let done = Command::new("sh").args(["-c", script]).current_dir(&self.project).status().unwrap();
            assert!(done.success());
        };
        self.calls(id, "Bash", &json!({ "command": script }), run);
    }

    fn edit(&self, id: &str, path: &str, old: &str, new: &str) {
        let file = self.project.join(path);
        let input = json!({"file_path": file, "old_string": old, "new_string": new});
        self.calls(id, "Edit", &input, || {
            let text = std::fs::read_to_string(&file).unwrap().replace(old, new);
            std::fs::write(&file, text).unwrap();
        });
    }
}

/// A project with a submodule, and a worktree of it with its own; gives the worktree.
fn worktree(world: &Sealed) -> PathBuf {
    let (library, project, other) = (world.path("home/lib"), world.project(), world.path("home/w"));
    world.write("home/lib/lib.txt", LINES);
    git(world, &library, &["init", "--quiet"]);
    git(world, &library, &["add", "-A"]);
    git(world, &library, &["commit", "--quiet", "-m", "lib"]);
    world.write("home/p/text", LINES);
    world.write("home/p/.gitignore", "ignored\n");
    git(world, &project, &["submodule", "--quiet", "add", "../lib", "vendor/lib"]);
    git(world, &project, &["add", "text", ".gitignore"]);
    git(world, &project, &["commit", "--quiet", "-m", "start"]);
    git(world, &project, &["worktree", "add", "--quiet", "../w"]);
    git(world, &other, &["submodule", "--quiet", "update", "--init"]);
    assert!(other.join(".git").is_file() && other.join("vendor/lib/.git").is_file());
    other
}

#[test]
fn what_an_agent_with_hooks_alone_did_is_undone_in_a_worktree_with_a_submodule() {
    let world = Sealed::new("alone-hooks");
    let project = worktree(&world);
    std::fs::write(project.join("ignored"), LINES).unwrap();
    let repositories = || [bytes(&world.path("home/p/.git")), bytes(&world.path("home/lib/.git"))];
    let before = repositories();
    let agent = Agent { world: &world, project: project.clone() };
    agent.begins();
    agent.edit("t1", "text", "two", "2");
    // The person's own work, between two calls.
    let text = std::fs::read_to_string(project.join("text")).unwrap().replace("six", "6");
    std::fs::write(project.join("text"), text).unwrap();
    std::fs::write(project.join("mine"), "mine\n").unwrap();
    agent.shell("t2", "sed -i s/four/4/ text vendor/lib/lib.txt ignored && echo x > made && rm .gitignore");
    agent.hook(&json!({"hook_event_name": "Stop", "session_id": "s", "stop_hook_active": true}));
    let expected = [
        "D agent .gitignore",
        "M agent ignored",
        "A agent made",
        "A you mine",
        "M both text",
        "M agent vendor/lib/lib.txt",
    ];
    assert_eq!(changes(&world, &project), expected);
    let numbered =
        world.rows().into_iter().filter(|row| row["body"]["checkpoint"].is_number()).collect::<Vec<_>>();
    assert!(
        numbered.len() >= 5,
        "the session's row and those of the calls name their checkpoints: {numbered:#?}"
    );
    let (code, said) = at_terminal_in(&world, &project, "revert --all", "y");
    assert_eq!(code, 0, "{said}");
    let read = |name: &str| std::fs::read_to_string(project.join(name)).unwrap();
    assert_eq!(read("text"), LINES.replace("six", "6"));
    assert_eq!((read("vendor/lib/lib.txt"), read("ignored")), (LINES.to_owned(), LINES.to_owned()));
    assert_eq!((read("mine"), read(".gitignore")), ("mine\n".to_owned(), "ignored\n".to_owned()));
    assert!(!project.join("made").exists());
    assert!(before == repositories(), "no repository was touched");
}

#[test]
fn a_call_of_a_session_that_nobody_announced_begins_it_and_what_only_looks_takes_no_checkpoint() {
    let world = Sealed::new("alone-late");
    world.write("home/p/text", LINES);
    let agent = Agent { world: &world, project: world.project() };
    agent.shell("t0", "ls");
    let store = world.path("home/.local/state/wardline/checkpoints");
    assert!(!store.exists(), "what only looks begins nothing");
    agent.edit("t1", "text", "two", "2");
    assert_eq!(changes(&world, &world.project()), ["M agent text"]);
    let listed = world.run(&["checkpoint", "list"]).stdout;
    assert!(listed.contains("session-start"), "{listed}");
}

#[test]
fn a_hook_that_cannot_take_its_checkpoint_says_so_in_its_row_and_holds_nobody_up() {
    let world = Sealed::new("alone-busy");
    world.write("home/p/text", LINES);
    let agent = Agent { world: &world, project: world.project() };
    agent.begins();
    let stores = world.path("home/.local/state/wardline/checkpoints");
    let store = stores.read_dir().unwrap().flatten().next().unwrap().path();
    let lock = File::options().write(true).open(store.join("lock")).unwrap();
    lock.lock().unwrap();
    agent.edit("t1", "text", "two", "2");
    drop(lock);
    let missing = world.rows().into_iter().find(|row| row["body"]["no_checkpoint"].is_string()).unwrap();
    let why = missing["body"]["no_checkpoint"].as_str().unwrap();
    assert!(missing["kind"] == "intent" && why.contains("another process works in"), "{missing}");
    // A home directory is no workspace, and nothing of it is kept.
    let home = Agent { world: &world, project: world.path("home") };
    home.hook(&json!({"hook_event_name": "SessionStart", "session_id": "h", "source": "startup"}));
    assert_eq!(stores.read_dir().unwrap().count(), 1);
}

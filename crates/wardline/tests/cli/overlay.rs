//! `wardline exec --overlay`: the command runs, the project stays as it is, and what it did is taken over by a yes: all of it or nothing.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common::{Sealed, there};
use crate::waive::at_terminal;

/// Runs `wardline` on a terminal of its own, and types `answer` when it is asked, not before.
fn answered(world: &Sealed, arguments: &str, answer: &str) -> (i32, String) {
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_wardline"));
    let mut script = Command::new("script");
    let script = script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    let script = script.current_dir(world.project()).env_clear().env("HOME", world.path("home"));
    let script = script.env("USER", "tester").env("PATH", std::env::var_os("PATH").unwrap());
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut typed, mut out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut said, mut buffer, mut asked) = (Vec::new(), [0; 4096], false);
    while let Ok(length @ 1..) = out.read(&mut buffer) {
        said.extend_from_slice(buffer.get(..length).unwrap());
        if !asked && String::from_utf8_lossy(&said).contains("[y/N]") {
            asked = true;
            typed.write_all(format!("{answer}\n").as_bytes()).unwrap();
        }
    }
    (child.wait().unwrap().code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

const TEXT: &str = "one\ntwo\nthree\n";
const SCRIPT: &str = "sed -i s/two/2/ text; echo new > made; mkdir -p d/e; echo x > d/e/f; rm src/lib.txt; rm -r old; mkdir old; \
                      echo y > old/other; ln -s text link; chmod 755 a.txt; mv keep moved; cat text";

fn world(name: &str) -> Sealed {
    let world = Sealed::new(name);
    for (file, text) in [("text", TEXT), ("old/a", "a\n"), ("old/b/c", "c\n"), ("keep", "kept\n")] {
        world.write(&format!("home/p/{file}"), text);
    }
    world.write("home/p/work.sh", SCRIPT);
    world
}

/// Everything of the project but its repository.
fn tree(world: &Sealed) -> Vec<String> {
    let (mut todo, mut found) = (vec![world.project()], Vec::new());
    while let Some(directory) = todo.pop() {
        for path in directory.read_dir().unwrap().flatten().map(|entry| entry.path()) {
            let stat = path.symlink_metadata().unwrap();
            let name = path.strip_prefix(world.project()).unwrap().display().to_string();
            let text = if stat.is_file() { std::fs::read_to_string(&path).unwrap() } else { String::new() };
            if stat.is_dir() && name != ".git" {
                todo.push(path.clone());
            }
            if name != ".git" {
                let link = path.read_link().unwrap_or_default();
                found.push(format!("{name} {:o} {text:?} {}", stat.permissions().mode(), link.display()));
            }
        }
    }
    found.sort();
    found
}

fn nothing_is_left(world: &Sealed) {
    let left = world.path("home/.local/state/wardline/overlays").read_dir().unwrap().count();
    assert_eq!(left, 0, "an overlay is left");
}

#[test]
fn a_yes_takes_all_of_it_over_and_it_can_be_undone() {
    let (world, plain) = (world("overlay-yes"), world("overlay-plain"));
    let before = tree(&world);
    let (code, said) = answered(&world, "exec --overlay -- sh work.sh", "y");
    assert_eq!(code, 0, "{said}");
    for part in [
        "-two",
        "+2",
        "D  src/lib.txt",
        "A  d/e/f",
        "A  link -> text",
        "nothing of this is in the project yet",
        "places were changed",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // The same as without an overlay.
    assert_eq!(plain.run(&["exec", "--", "sh", "work.sh"]).code, 0);
    assert_eq!(tree(&world), tree(&plain));
    nothing_is_left(&world);
    let rows = world.rows();
    let intents: Vec<&Value> = rows.iter().filter(|row| row["kind"] == "intent").collect();
    assert_eq!(intents.len(), 2, "the command, and what is taken over: {intents:#?}");
    assert!(intents[1]["body"]["tool"].as_str().unwrap().starts_with("overlay "), "{}", intents[1]);
    let (code, said) = at_terminal(&world, "revert --all", "y");
    assert_eq!((code, tree(&world)), (0, before), "{said}");
}

#[test]
fn a_no_drops_all_of_it_and_so_does_nobody() {
    let world = world("overlay-no");
    let before = tree(&world);
    assert_eq!(answered(&world, "exec --overlay -- sh work.sh", "n").0, 20);
    assert_eq!(tree(&world), before);
    let alone = world.run(&["exec", "--overlay", "--", "sh", "work.sh"]);
    assert_eq!(alone.code, 21, "{alone:?}");
    assert!(
        alone.stdout.contains("2\n") && tree(&world) == before,
        "it ran, and nothing is there: {alone:?}"
    );
    nothing_is_left(&world);
}

#[test]
fn what_changes_nothing_needs_no_question() {
    let world = world("overlay-looks");
    world.git(&["add", "-A"]);
    let ran = world.run(&[
        "exec",
        "--overlay",
        "--",
        "sh",
        "-c",
        "grep two text; git status --short > /dev/null; exit 3",
    ]);
    assert!(ran.code == 3 && ran.stdout == "two\n" && ran.stderr.contains("changed nothing"), "{ran:?}");
    nothing_is_left(&world);
}

#[test]
fn what_cannot_be_taken_over_is_named_and_nothing_is() {
    let world = world("overlay-refused");
    let before = tree(&world);
    for (script, names) in [
        ("echo x > made; mkfifo pipe", "pipe: it is a socket, a pipe or a device"),
        ("echo x > made; git add made", ".git: it is a version control system"),
    ] {
        let (code, said) = answered(&world, &format!("exec --overlay -- sh -c '{script}'"), "y");
        assert!(code == 20 && said.contains(names), "{script}: {code} {said}");
        assert_eq!(tree(&world), before, "{script}");
    }
    // Hidden and kept as without: the mounts over them hold inside the overlay too.
    let (_, said) = at_terminal(
        &world,
        "exec --overlay -- sh -c 'cat .env; echo x > .git/hooks/pre-commit; rm -rf src'",
        "n",
    );
    assert!(!said.contains("ENV-SECRET") && tree(&world) == before, "{said}");
    assert!(!there(&world.project().join(".git/hooks/pre-commit")));
    nothing_is_left(&world);
}

#[test]
fn what_the_person_did_meanwhile_stays_and_stops_it() {
    let world = world("overlay-meanwhile");
    let script = "sed -i s/two/2/ text; echo ready; read go";
    world.unseen("home/p/slow.sh", script);
    let mut child = world.command(&["exec", "--overlay", "--", "sh", "slow.sh"]);
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.stdin(Stdio::piped()).spawn().unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut String::new()).unwrap();
    world.write("home/p/text", "mine\n");
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("text: it was changed in the project while the command ran"), "{said}");
    assert_eq!((ended.status.code(), world.read("home/p/text").as_str()), (Some(20), "mine\n"));
}

#[test]
fn files_that_run_later_are_told_and_a_readonly_policy_has_nothing_to_take() {
    let world = world("overlay-traps");
    world.write("home/p/Makefile", "all:\n\ttrue\n");
    let (code, said) = answered(&world, "exec --overlay -- sh -c 'echo x >> Makefile'", "y");
    assert!(code == 0 && said.contains("RUNS LATER ON THIS MACHINE"), "{code} {said}");
    assert!(world.read("home/p/Makefile").ends_with("x\n"), "the yes was to this very change");
    let ran = world.run(&["exec", "--overlay", "--preset", "readonly", "--", "sh", "work.sh"]);
    assert!(ran.code == 2 && Path::new(&world.project().join("keep")).exists(), "{ran:?}");
}

/// Whoever watches closely is asked once: about what the command did, whatever the mode says.
#[test]
fn it_is_asked_about_once_in_every_mode() {
    for mode in ["supervised", "autopilot"] {
        let world = world("overlay-mode");
        assert_eq!(at_terminal(&world, &format!("mode {mode}"), "").0, 0);
        let (code, said) = answered(&world, "exec --overlay -- sh work.sh", "y");
        assert_eq!((code, said.matches("[y/N]").count()), (0, 1), "{mode}: {said}");
        assert!(said.contains("-two") && world.read("home/p/text").contains('2'), "{mode}: {said}");
        assert_eq!(answered(&world, "exec --overlay -- touch again", "n").0, 20);
        assert!(!there(&world.path("home/p/again")), "{mode}");
    }
}

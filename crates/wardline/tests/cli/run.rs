//! `wardline run` with programs that are no agents: the summary, the record, and nothing left behind.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::common::{Sealed, there};

#[test]
fn the_summary_says_what_changed_and_where_the_log_is() {
    let world = Sealed::new("run");
    let ran = world.run(&["run", "--", "sh", "-c", "echo x > new; echo y >> a.txt; rm src/lib.txt"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for expected in ["A new", "M a.txt", "D src/lib.txt", "wardline log --session run-"] {
        assert!(ran.stderr.contains(expected), "{expected}: {ran:?}");
    }
    let quiet = world.run(&["run", "--quiet", "--", "true"]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_hook_inside_asks_the_monitor_outside() {
    let world = Sealed::new("run-hook");
    let call = r#"{"hook_event_name":"tool.execute.before","session_id":"x","call_id":"c1","tool_name":"bash","tool_input":{"command":"CMD"}}"#;
    for (command, decision) in [("ls", "allow"), ("cat .env", "deny")] {
        world.write("home/p/call.json", &call.replace("CMD", command));
        let script = format!("{} hook plugin < call.json", env!("CARGO_BIN_EXE_wardline"));
        let ran = world.run(&["run", "--quiet", "--", "sh", "-c", &script]);
        assert!(ran.stdout.contains(&format!("\"decision\":\"{decision}\"")), "{command}: {ran:?}");
    }
    let intents: Vec<String> = world
        .rows()
        .iter()
        .filter(|row| row["kind"] == "intent" && row["body"]["permission"] == "bash")
        .map(|row| row["body"]["decision"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(intents, ["allow", "deny"], "recorded outside");
}

#[test]
fn a_hook_inside_blocks_when_its_monitor_is_dead() {
    let world = Sealed::new("run-dead");
    world.write(
        "home/p/call.json",
        r#"{"hook_event_name":"tool.execute.before","session_id":"x","call_id":"c1","tool_name":"bash","tool_input":{"command":"ls"}}"#,
    );
    let script = format!("echo ready; read go; {} hook plugin < call.json", env!("CARGO_BIN_EXE_wardline"));
    // The journal goes away under the running monitor, so no decision can be recorded any more.
    let mut child = world
        .command(&["run", "--quiet", "--", "sh", "-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let journal = world.journal();
    std::fs::remove_file(&journal).unwrap();
    std::fs::create_dir(&journal).unwrap();
    drop(child.stdin.take());
    line.clear();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("\"decision\":\"deny\""), "{line}");
    child.wait().unwrap();
}

#[test]
fn nothing_survives_even_a_killed_monitor() {
    let world = Sealed::new("run-killed");
    let mark = format!("{}", 86400 + std::process::id());
    let mut child = world
        .command(&["run", "--", "sh", "-c", &format!("setsid sleep {mark} & echo ready; sleep {mark}")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let alive = || {
        let processes = std::fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
            std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| {
                let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
                words.first() == Some(&b"sleep".as_slice()) && words.get(1) == Some(&mark.as_bytes())
            })
        });
        processes.count()
    };
    let begin = Instant::now();
    while alive() > 0 && begin.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(alive(), 0, "survivors");
    assert!(
        !std::fs::read_to_string("/proc/self/mounts")
            .unwrap()
            .contains(&world.path("").display().to_string())
    );
    assert_eq!(
        world.git(&["status", "--porcelain"]).lines().filter(|line| line.contains(".claude")).count(),
        0
    );
    // The next session sweeps what the killed one could not.
    world.run(&["run", "--quiet", "--", "true"]);
    assert_eq!(std::fs::read_dir(world.path("home/.local/state/wardline/run")).unwrap().count(), 0);
}

#[test]
fn a_missing_guarantee_is_refused_and_a_humans_word_is_recorded() {
    let world = Sealed::new("run-accept");
    let ran = world.run(&["run", "--quiet", "--accept-missing", "limits", "--", "true"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let rows = world.rows();
    let row = rows.iter().find(|row| row["kind"] == "override").unwrap();
    assert_eq!(row["body"]["guarantee"], "limits");
    assert_eq!(row["body"]["principal"], "tester");
    assert!(!there(&world.path("home/.cache")));
    let outcomes: Vec<&serde_json::Value> =
        rows.iter().filter_map(|row| row["body"]["enforcement"].as_array()).flatten().collect();
    let requested = |id: &str| &outcomes.iter().find(|one| one["id"] == id).unwrap()["requested"];
    assert_eq!((requested("limits"), requested("reads-confined")), (&"optional".into(), &"required".into()));
    assert!(outcomes.iter().all(|one| one["enforced"] == true), "{outcomes:?}");
    let unknown = world.run(&["run", "--quiet", "--accept-missing", "speed", "--", "true"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("`speed` is no guarantee"), "{unknown:?}");
}

#[test]
fn the_persons_configuration_makes_a_guarantee_optional_and_no_repository_does() {
    let world = Sealed::new("run-guarantees");
    let requested = || {
        let ran = world.run(&["run", "--quiet", "--", "true"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let rows = world.rows();
        let last = rows.iter().rev().find_map(|row| row["body"]["enforcement"].as_array().cloned()).unwrap();
        last.iter().find(|one| one["id"] == "limits").unwrap()["requested"].as_str().unwrap().to_owned()
    };
    assert_eq!(requested(), "required");
    world.write("home/.config/wardline/config.jsonc", r#"{"guarantees": {"limits": "optional"}}"#);
    assert_eq!(requested(), "optional");
    world.write("home/p/wardline.jsonc", r#"{"guarantees": {"limits": "required"}}"#);
    assert_eq!(requested(), "required");
    world.write("home/p/wardline.jsonc", r#"{"guarantees": {"no-survivors": "optional"}}"#);
    let refused = world.run(&["run", "--quiet", "--", "true"]);
    assert!(refused.code == 2 && refused.stderr.contains("not a repository's to give up"), "{refused:?}");
}

#[test]
fn a_lost_repository_is_named() {
    let world = Sealed::new("run-git");
    world.write("home/p/wreck.py", "import shutil\nshutil.rmtree('.git', ignore_errors=True)\n");
    let ran = world.run(&["run", "--", "python3", "wreck.py"]);
    assert!(ran.stderr.contains("THE REPOSITORY IS DAMAGED"), "{ran:?}");
    assert!(
        !world.run(&["run", "--", "true"]).stderr.contains("DAMAGED"),
        "only when it was one at the start"
    );
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let world = Sealed::new("run-pipe");
    let script =
        format!("{0} policy show | head -1; {0} policy show > /dev/full", env!("CARGO_BIN_EXE_wardline"));
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(world.project()).env("HOME", world.path("home"));
    let ran = crate::common::feed(&mut shell, b"");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    assert!(ran.stderr.contains("cannot be written"), "{ran:?}");
}

#[test]
fn the_home_directory_is_nobodys_workspace() {
    let world = Sealed::new("run-home");
    for (permission, target) in [("edit", ".bashrc"), ("edit", "bin/git"), ("bash", "echo x >> .profile")] {
        let mut command = world.command(&["check", permission, target]);
        let ran = crate::common::feed(command.current_dir(world.path("home")), b"");
        assert_eq!(ran.code, 10, "{target}: {ran:?}");
    }
}

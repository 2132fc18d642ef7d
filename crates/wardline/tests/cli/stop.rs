//! `wardline stop`: a real confined tree is frozen, shown, let go on and ended, whatever its programs and its monitor do.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::Sealed;
use crate::waive::at_terminal;

/// A child, a grandchild, one that forked twice, and one in a session of its own; each writes as long as it runs.
const TREE: &str = r#"
writes() { while :; do printf x >> "$1"; sleep 0.02; done; }
writes child &
(writes grandchild & wait) &
(writes orphan & )
setsid sh -c 'while :; do printf x >> leader; sleep 0.02; done' &
trap '' TERM HUP INT TSTP
echo changed > a.txt
writes main
"#;

const FILES: [&str; 5] = ["child", "grandchild", "orphan", "leader", "main"];

/// A session that runs [`TREE`], started as a person would, in a process group of its own.
struct Session {
    world: Sealed,
    run: Child,
}

impl Session {
    fn new(name: &str) -> Self {
        let world = Sealed::new(name);
        world.write("home/p/tree.sh", TREE);
        let mut run = Command::new("setsid");
        run.args(["--wait", env!("CARGO_BIN_EXE_wardline"), "run", "--", "sh", "tree.sh"]);
        run.current_dir(world.project()).env_clear().env("HOME", world.path("home")).env("USER", "tester");
        run.env("PATH", std::env::var_os("PATH").unwrap());
        let run = run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let session = Self { world, run };
        session.until("everything writes", || session.sizes().iter().all(|size| *size > 5));
        session
    }

    fn sizes(&self) -> [u64; 5] {
        FILES.map(|file| self.world.project().join(file).metadata().map_or(0, |found| found.len()))
    }

    fn until(&self, what: &str, done: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(90);
        while !done() {
            assert!(Instant::now() < end, "{what}: {:?}", self.sizes());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn writes(&self) {
        let before = self.sizes();
        self.until("everything goes on", || self.sizes().iter().zip(before).all(|(now, then)| *now > then));
    }

    fn rests(&self) {
        let before = self.sizes();
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(self.sizes(), before, "nothing runs");
    }

    fn json(&self, arguments: &[&str], code: i32) -> Value {
        let ran = self.world.run(&[&["stop", "--json"] as &[&str], arguments].concat());
        assert_eq!(ran.code, code, "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// Waits for the end of `wardline run`; its exit code.
    fn ended(&mut self) -> i32 {
        self.run.wait().unwrap().code().unwrap_or(-1)
    }

    fn said(&self) -> Vec<String> {
        let rows = self.world.rows();
        let said = rows.iter().filter(|row| row["kind"] == "override");
        said.filter_map(|row| row.pointer("/body/stop")?.as_str().map(str::to_owned)).collect()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.world.run(&["stop", "--yes"]);
        self.run.kill().ok();
        self.run.wait().ok();
    }
}

#[test]
fn a_tree_is_frozen_shown_let_go_on_and_ended() {
    let mut session = Session::new("stop");
    let shown = session.json(&["--freeze"], 0);
    session.rests();
    assert_eq!((&shown["did"], &shown["frozen"]), (&"frozen".into(), &true.into()), "{shown}");
    assert_eq!(shown["project"], session.world.project().to_str().unwrap());
    assert!(shown["program"].as_str().unwrap().contains("tree.sh"), "{shown}");
    let commands: Vec<&str> =
        shown["processes"].as_array().unwrap().iter().filter_map(|one| one["command"].as_str()).collect();
    assert!(commands.iter().any(|line| line.contains("leader")), "{commands:?}");
    assert!(commands.iter().filter(|line| line.ends_with("tree.sh")).count() >= 4, "{commands:?}");
    let changed: Vec<&str> =
        shown["changes"].as_array().unwrap().iter().filter_map(|one| one["path"].as_str()).collect();
    assert!(FILES.iter().chain(&["a.txt"]).all(|file| changed.contains(file)), "{shown}");
    assert_eq!(shown["calls"][0]["permission"], "run", "{shown}");
    // Freezing what is frozen changes nothing; only a person lets it go on.
    session.json(&["--freeze"], 0);
    assert_eq!(session.world.run(&["stop", "--resume"]).code, 2);
    session.rests();
    let (code, text) = at_terminal(&session.world, "stop --resume", "");
    assert_eq!(code, 0, "{text}");
    session.writes();
    let name = shown["session"].as_str().unwrap().to_owned();
    let ended = session.json(&["--yes", &name], 0);
    assert_eq!((&ended["did"], &ended["monitor_ended"]), (&"ended".into(), &true.into()), "{ended}");
    session.rests();
    assert_eq!(session.ended(), 137);
    assert_eq!(session.said(), ["frozen", "frozen", "resumed", "frozen", "ended"]);
    assert!(session.world.rows().iter().any(|row| row["kind"] == "session_end"), "its monitor saw the end");
    for words in [["stop"].as_slice(), &["stop", "--yes"]] {
        let ran = session.world.run(words);
        assert!(ran.code == 1 && ran.stderr.contains("no session runs"), "nothing runs any more: {ran:?}");
    }
}

#[test]
fn only_a_typed_yes_ends_it() {
    let mut session = Session::new("stop-asks");
    assert_eq!(session.world.run(&["stop", "no-such-session", "--yes"]).code, 1);
    let unattended = Command::new("setsid")
        .args(["--wait", env!("CARGO_BIN_EXE_wardline"), "stop"])
        .current_dir(session.world.project())
        .env("HOME", session.world.path("home"))
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(unattended.code(), Some(2), "nobody is there to say yes");
    let (code, text) = at_terminal(&session.world, "stop", "n");
    assert_eq!(code, 20, "{text}");
    assert!(text.contains("tree.sh") && text.contains("end it?"), "{text}");
    session.writes();
    let (code, text) = at_terminal(&session.world, "stop", "y");
    assert_eq!(code, 0, "{text}");
    assert_eq!(session.ended(), 137);
}

#[test]
fn it_works_when_the_monitor_hangs() {
    let session = Session::new("stop-hung");
    let shown = session.json(&["--freeze"], 0);
    let monitor = shown["monitor"].to_string();
    let signal =
        |word: &str| assert!(Command::new("kill").args([word, &monitor]).status().unwrap().success());
    signal("-STOP");
    let (code, text) = at_terminal(&session.world, "stop --resume", "");
    assert_eq!(code, 0, "{text}");
    session.writes();
    let ran = session.world.run(&["stop", "--yes", &monitor]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("has not ended") && ran.stdout.contains("is ended"), "{ran:?}");
    session.rests();
    signal("-KILL");
    // Its end takes a moment; what it leaves goes with the next session that begins after it.
    session.until("the next session cleans up", || {
        assert_eq!(session.world.run(&["exec", "--", "true"]).code, 0);
        let run = session.world.path("home/.local/state/wardline/run");
        std::fs::read_dir(run).unwrap().count() == 0
    });
}

#[test]
fn several_sessions_are_told_apart_and_nothing_inside_may_stop() {
    let first = Session::new("stop-several");
    let second = Session::new("stop-other");
    // Another person's home, so another world: each sees its own.
    let names = [&first, &second].map(|one| one.json(&["--freeze"], 0)["session"].clone());
    assert_ne!(names[0], names[1]);
    let inside = first.world.command(&["stop", "--yes"]).env("WARDLINE", "1").output().unwrap();
    assert_eq!(inside.status.code(), Some(2), "{inside:?}");
    let mut more = Command::new(env!("CARGO_BIN_EXE_wardline"));
    more.args(["run", "--", "sleep", "60"]).current_dir(first.world.project()).env_clear();
    more.env("HOME", first.world.path("home"))
        .env("USER", "tester")
        .env("PATH", std::env::var_os("PATH").unwrap());
    let mut more = more.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    first.until("two run", || {
        let ran = first.world.run(&["stop", "--freeze"]);
        ran.code == 2 && ran.stderr.contains("several sessions run") && ran.stderr.contains("sleep 60")
    });
    assert_eq!(first.world.run(&["stop", "--yes", &more.id().to_string()]).code, 0);
    assert_eq!(more.wait().unwrap().code(), Some(137));
    assert!(first.json(&["--freeze"], 0)["frozen"] == true, "the other is untouched");
}

/// With a group of processes of the kernel's, where this host gives one: what is frozen is frozen by it, and nothing of it is left.
#[test]
fn a_session_in_a_group_is_frozen_and_ended_by_the_kernel() {
    let mut session = Session::new("stop-group");
    let shown = session.json(&["--freeze"], 0);
    let processes = shown["processes"].as_array().unwrap().clone();
    let pid = |one: &Value| one["pid"].as_u64().unwrap();
    let leader = processes.iter().find(|one| one["command"].as_str().unwrap().contains("leader")).unwrap();
    let groups = std::fs::read_to_string(format!("/proc/{}/cgroup", pid(leader))).unwrap();
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap();
    let of = |text: &str| text.lines().find_map(|line| line.strip_prefix("0::").map(str::to_owned));
    let group = of(&groups).filter(|group| Some(group) != of(&own).as_ref()).and_then(|group| {
        let places = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
        let paths = places.iter().map(|place| std::path::PathBuf::from(format!("{place}{group}")));
        paths.into_iter().find(|path| path.join("cgroup.freeze").exists())
    });
    let Some(group) = group else {
        eprintln!("SKIPPED: no cgroup of version 2 is made for sessions here");
        return;
    };
    let frozen = || {
        let events = std::fs::read_to_string(group.join("cgroup.events")).unwrap_or_default();
        events.lines().any(|line| line == "frozen 1")
    };
    assert!(frozen(), "{}", group.display());
    session.rests();
    session.world.run(&["stop", "--freeze"]);
    assert!(frozen());
    let (code, said) = at_terminal(&session.world, "stop --resume", "");
    assert_eq!(code, 0, "{said}");
    assert!(!frozen());
    session.writes();
    assert_eq!(session.json(&["--yes"], 0)["did"], "ended");
    session.ended();
    session.until("its group is gone", || !group.exists());
}

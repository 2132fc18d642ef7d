//! Sessions whose processes are killed at random moments: nothing of them is left, at the latest when the next begins.
//!
//! `WARDLINE_KILLS` says how many rounds there are; the usual few keep the suite short. `WARDLINE_KILLS=1000 cargo test -p
//! wardline --test cli kills` is the long run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::Sealed;

/// Who is killed.
#[derive(Debug, Clone, Copy)]
enum Victim {
    Wardline,
    Keeper,
    Init,
    Both,
}

const VICTIMS: [Victim; 4] = [Victim::Wardline, Victim::Keeper, Victim::Init, Victim::Both];

/// What the program inside does: work, a daemon, and files that would run later on the host.
/// Longer than what is looked into before it runs, so that nobody asks.
const WORK: &str = "mkdir -p .vscode sub; echo planted > .vscode/tasks.json; echo planted > .envrc; echo planted > sub/.envrc; \
     setsid sleep MARK & sleep 0.08; exit 3";

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// A process of the host, by what `/proc` says.
struct Process {
    pid: u32,
    parent: u32,
    name: String,
    line: String,
}

fn processes() -> Vec<Process> {
    let read = |path: PathBuf| {
        let pid = path.file_name()?.to_str()?.parse().ok()?;
        let stat = fs::read_to_string(path.join("stat")).ok()?;
        let (head, rest) = stat.rsplit_once(')')?;
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        let parent = rest.split_ascii_whitespace().nth(1)?.parse().ok()?;
        let name = head.split_once('(')?.1.to_owned();
        Some(Process { pid, parent, name, line: String::from_utf8_lossy(&line).into_owned() })
    };
    fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| read(entry.path())).collect()
}

fn child_of(parent: u32, name: &str) -> Option<u32> {
    processes().into_iter().find(|one| one.parent == parent && one.name == name).map(|one| one.pid)
}

fn kill(pid: u32) {
    drop(Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status());
}

/// Cgroups of dead keepers beside or below our own: others on this machine may leave theirs elsewhere.
fn cgroups() -> BTreeSet<String> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let places = own.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controller, path) = (parts.next()?, parts.next()?.trim_start_matches('/'));
        Some(Path::new("/sys/fs/cgroup").join(controller).join(path))
    });
    let places = places.flat_map(|place| [place.clone(), place.parent().map(PathBuf::from).unwrap_or(place)]);
    let dead = |path: &String| {
        let keeper = path.rsplit_once("/wardline-").map(|(_, keeper)| keeper);
        keeper.and_then(wardline_monitor::sandbox::Identity::parse).is_some_and(|keeper| !keeper.is_alive())
    };
    places
        .flat_map(|place| entries(&place).into_iter().map(move |name| place.join(name).display().to_string()))
        .filter(dead)
        .collect()
}

fn mounts() -> String {
    fs::read_to_string("/proc/self/mountinfo").unwrap()
}

fn entries(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// What is left of a world's sessions, in words.
fn left(world: &Sealed, mark: &str, before: &(String, BTreeSet<String>, String)) -> Vec<String> {
    let mut left = Vec::new();
    let living = processes().into_iter().filter(|one| {
        let text = world.path("").to_string_lossy().into_owned();
        one.line.contains(mark)
            || (one.name.starts_with("wardline-")
                && fs::read_link(format!("/proc/{}/cwd", one.pid)).is_ok_and(|cwd| cwd.starts_with(&text)))
    });
    left.extend(living.map(|one| format!("process {} ({})", one.pid, one.name)));
    let state = world.path("home/.local/state/wardline");
    left.extend(entries(&state.join("run")).into_iter().map(|name| format!("session directory {name}")));
    left.extend(entries(&state.join("sessions")).into_iter().map(|name| format!("memory {name}")));
    if mounts() != before.0 {
        left.push("a mount".to_owned());
    }
    left.extend(cgroups().difference(&before.1).map(|path| format!("cgroup {path}")));
    let status = world.git(&["status", "--porcelain", "--ignored"]);
    if status != before.2 {
        left.push(format!("in the project: {status}"));
    }
    left
}

/// One session, and the death of one or two of its processes.
fn round(world: &Sealed, victim: Victim, dice: &mut Dice) {
    let mut child = world
        .command(&["exec", "--", "sh", "work.sh"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_micros(dice.below(180_000)));
    let caller = child.id();
    let keeper = || child_of(caller, "wardline-keeper");
    match victim {
        Victim::Wardline => {}
        Victim::Keeper => keeper().into_iter().for_each(kill),
        Victim::Init => {
            keeper().and_then(|keeper| child_of(keeper, "wardline-init")).into_iter().for_each(kill);
        }
        Victim::Both => {
            // The caller first: a keeper that is only stopped cannot see that it is gone.
            let keeper = keeper();
            drop(keeper.map(|keeper| Command::new("kill").args(["-STOP", &keeper.to_string()]).status()));
            child.kill().ok();
            keeper.into_iter().for_each(kill);
        }
    }
    if matches!(victim, Victim::Wardline) {
        child.kill().ok();
    }
    child.wait().unwrap();
}

/// Begins sessions until nothing is left: one finds nothing to do while a killed one is still dying.
fn next_cleans(world: &Sealed, mark: &str, before: &(String, BTreeSet<String>, String)) -> Vec<String> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        assert_eq!(world.run(&["exec", "--", "true"]).code, 0);
        let left = left(world, mark, before);
        if left.is_empty() || Instant::now() > end {
            return left;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn whoever_is_killed_whenever_nothing_is_left() {
    let rounds = std::env::var("WARDLINE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(32_u32);
    let world = Sealed::new("kills");
    let mark = format!("{}.5", 700_000 + std::process::id());
    world.unseen("home/p/work.sh", &WORK.replace("MARK", &mark));
    world.git(&["add", "-A"]);
    world.git(&["commit", "--quiet", "-m", "start"]);
    // The first session makes what stays for all.
    assert_eq!(world.run(&["exec", "--", "true"]).code, 0);
    let before = (mounts(), cgroups(), world.git(&["status", "--porcelain", "--ignored"]));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut later = [0; VICTIMS.len()];
    for number in 0..rounds {
        let kind = usize::try_from(number).unwrap() % VICTIMS.len();
        round(&world, VICTIMS[kind], &mut dice);
        // Most of the time those that are left clean up at once; whoever comes next does the rest.
        if number % 16 == 15 || number + 1 == rounds {
            let waiting = Instant::now() + Duration::from_millis(300);
            while !left(&world, &mark, &before).is_empty() && Instant::now() < waiting {
                std::thread::sleep(Duration::from_millis(20));
            }
            later[kind] += usize::from(!left(&world, &mark, &before).is_empty());
            assert_eq!(next_cleans(&world, &mark, &before), Vec::<String>::new(), "round {number}");
        }
    }
    println!(
        "{rounds} rounds; the next session had something to clean up in {} of the looks",
        later.iter().sum::<usize>()
    );
    assert_eq!(world.run(&["log", "verify"]).code, 0, "the journal holds");
}

/// When all processes of a session are killed, what they made in another cgroup is found by whoever comes next.
#[test]
fn the_next_session_cleans_up_wherever_it_runs() {
    let world = Sealed::new("kills-next");
    let mark = format!("{}.25", 700_000 + std::process::id());
    world.write("home/p/work.sh", "");
    assert_eq!(world.run(&["exec", "--", "true"]).code, 0);
    let before = (mounts(), cgroups(), world.git(&["status", "--porcelain", "--ignored"]));
    let ready = world.project().join("ready");
    world.unseen("home/p/work.sh", &format!("echo planted > .envrc; echo x > ready; sleep {mark}"));
    let mut child = world.command(&["exec", "--", "sh", "work.sh"]).stdin(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while !ready.exists() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    let keeper = child_of(child.id(), "wardline-keeper").unwrap();
    drop(Command::new("kill").args(["-STOP", &keeper.to_string()]).status());
    child.kill().unwrap();
    kill(keeper);
    child.wait().unwrap();
    fs::remove_file(&ready).unwrap();
    assert!(world.project().join(".envrc").exists(), "nobody was left to move it away");
    // The next session runs in another cgroup where one can be made; the record leads to the first one's.
    let other = PathBuf::from(format!("/sys/fs/cgroup/pids/wl-other-{}", std::process::id()));
    let moved = fs::create_dir(&other).is_ok();
    let script = "if [ -n \"$1\" ]; then echo 0 > \"$1/cgroup.procs\"; fi; shift; exec \"$@\"";
    let place = if moved { other.to_string_lossy().into_owned() } else { String::new() };
    let wardline = env!("CARGO_BIN_EXE_wardline");
    let end = Instant::now() + Duration::from_secs(10);
    let mut said = String::new();
    loop {
        let output = world
            .command(&[])
            .stdin(Stdio::null())
            .get_envs()
            .fold(&mut Command::new("sh"), |command, (name, value)| match value {
                Some(value) => command.env(name, value),
                None => command,
            })
            .args(["-c", script, "sh", &place, wardline, "exec", "--", "true"])
            .current_dir(world.project())
            .output()
            .unwrap();
        assert!(output.status.success());
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        let left = left(&world, &mark, &before);
        if left.is_empty() {
            break;
        }
        assert!(Instant::now() < end, "{left:?}");
    }
    if moved {
        fs::remove_dir(&other).unwrap();
    }
    let rows = world.rows();
    let told = rows.iter().any(|row| row["body"]["left_by_a_killed_session"].to_string().contains(".envrc"));
    assert!(told, "the journal names what was moved");
    assert!(
        said.contains("left by a killed session, and moved to the quarantine now") && said.contains(".envrc"),
        "{said}"
    );
    assert!(world.run(&["quarantine", "list"]).stdout.contains(".envrc"));
}

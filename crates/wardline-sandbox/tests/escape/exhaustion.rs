//! Programs that use up whatever there is: each is contained, the limit that held is named with its value and its remedy,
//! and the host goes on answering meanwhile.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use wardline_sandbox::{Confinement, Hit, Program, Resource, Stdio3, start};

use crate::ends::{expect, living};
use crate::run::{Said, run};
use crate::world::Place;

const MIB: u64 = 1 << 20;

/// Something to use up.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    limit: Resource,
    value: u64,
    /// What a shell inside does.
    bomb: &'static str,
    /// Whether it is the program's end.
    ends: bool,
    /// Limits that may be named besides.
    besides: &'static [Resource],
}

const fn case(name: &'static str, limit: Resource, value: u64, bomb: &'static str) -> Case {
    Case { name, limit, value, bomb, ends: false, besides: &[] }
}

pub(crate) const CASES: &[Case] = &[
    // Each makes as many as it can, for as long as it takes to be seen.
    case(
        "a fork bomb",
        Resource::Processes,
        64,
        "exec /usr/bin/python3 -c 'import os, time\nend = time.time() + 1\nwhile time.time() < end:\n  try: os.fork()\n  except OSError: time.sleep(0.001)'",
    ),
    case(
        "a fork bomb whose parts die young",
        Resource::Processes,
        64,
        "exec /usr/bin/python3 -c 'import os, random, time\nend, first = time.time() + 1, os.getpid()\nwhile time.time() < end:\n  try:\n    if os.fork() and os.getpid() != first and random.random() < 0.2: os._exit(0)\n  except OSError: pass'",
    ),
    case(
        "processes that stay",
        Resource::Processes,
        48,
        "exec /usr/bin/python3 -c 'import os, time\ntry:\n  while os.fork(): pass\n  time.sleep(600)\nexcept OSError: time.sleep(0.6)'",
    ),
    case(
        "threads",
        Resource::Processes,
        48,
        "exec /usr/bin/python3 -c 'import threading, time\nfor _ in range(100):\n  try: threading.Thread(target=time.sleep, args=(1,), daemon=True).start()\n  except RuntimeError: pass\ntime.sleep(0.6)'",
    ),
    // Killed, as the kernel kills: the shell around it lives on.
    case(
        "memory, page by page",
        Resource::Memory,
        96 * MIB,
        "/usr/bin/python3 -c 'import time\nkept = []\nwhile True: kept.append(bytearray(b\"x\") * (1 << 20)); time.sleep(0.002)'; test $? -ne 0",
    ),
    case(
        "memory of many",
        Resource::Memory,
        128 * MIB,
        "for i in $(seq 8); do /usr/bin/python3 -c 'import time\nkept = bytearray(b\"x\") * (40 << 20); time.sleep(600)' & done; sleep 3; kill $(jobs -p) 2>/dev/null; :",
    ),
    Case {
        ends: true,
        ..case(
            "one huge file",
            Resource::FileSize,
            MIB,
            "exec dd if=/dev/zero of=big bs=64k count=999 2>/dev/null",
        )
    },
    Case {
        ends: true,
        ..case(
            "one huge file, in a shell",
            Resource::FileSize,
            MIB,
            "dd if=/dev/zero of=big bs=64k count=999 2>/dev/null",
        )
    },
    case(
        "the private directories",
        Resource::Scratch,
        4 * MIB,
        "dd if=/dev/zero of=/tmp/big bs=64k count=999 2>/dev/null; :",
    ),
    case(
        "files in the private directories",
        Resource::Scratch,
        4 * MIB,
        "mkdir /tmp/d; /usr/bin/python3 -c 'for i in range(20000): open(\"/tmp/d/%d\" % i, \"w\").close()' 2>/dev/null; :",
    ),
    case(
        "descriptors",
        Resource::OpenFiles,
        64,
        "exec /usr/bin/python3 -c 'import os, time\nkept = []\ntry:\n  while True: kept.append(os.open(\"/dev/null\", 0))\nexcept OSError: time.sleep(0.6)'",
    ),
    case(
        "terminals",
        Resource::Terminals,
        16,
        "exec /usr/bin/python3 -c 'import os, time\nkept = []\ntry:\n  while True: kept.append(os.open(\"/dev/ptmx\", 2))\nexcept OSError: time.sleep(0.6)'",
    ),
    Case { ends: true, ..case("a spinning processor", Resource::Cpu, 1, "while :; do :; done") },
    Case { ends: true, ..case("time", Resource::Time, 1, "sleep 600.032") },
];

/// Asks the host for a small piece of work, over and over, and keeps the longest time it took.
struct Pulse {
    stop: Arc<AtomicBool>,
    longest: Arc<Mutex<Duration>>,
    worker: Option<thread::JoinHandle<()>>,
}

impl Pulse {
    fn start() -> Self {
        let (stop, longest) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Duration::ZERO)));
        let (ask, keep) = (Arc::clone(&stop), Arc::clone(&longest));
        let worker = thread::spawn(move || {
            while !ask.load(Ordering::Relaxed) {
                let begin = Instant::now();
                let done = Command::new("sh").args(["-c", "echo x | wc -c"]).output();
                assert!(done.is_ok_and(|done| done.status.success()), "the host cannot start a program");
                let mut longest = keep.lock().unwrap();
                *longest = (*longest).max(begin.elapsed());
                drop(longest);
                thread::sleep(Duration::from_millis(50));
            }
        });
        Self { stop, longest, worker: Some(worker) }
    }

    fn stop(mut self) -> Result<Duration, String> {
        self.stop.store(true, Ordering::Relaxed);
        self.worker.take().map_or(Ok(()), thread::JoinHandle::join).map_err(|_| "the host was exhausted")?;
        Ok(*self.longest.lock().unwrap())
    }
}

/// What a small piece of work on the host may take while a bomb goes off inside; some milliseconds, on an idle machine.
const RESPONSIVE: Duration = Duration::from_secs(5);

pub(crate) fn check(place: &Place, case: &Case) -> Result<(), String> {
    let mut confinement = place.confinement();
    confinement.limits.set(case.limit, Some(case.value));
    if case.limit != Resource::Time {
        // Whatever happens, the suite goes on.
        confinement.limits.wall_seconds = Some(60);
    }
    let pulse = Pulse::start();
    let said = run(&confinement, &["/bin/bash", "-c", case.bomb]);
    let longest = pulse.stop()?;
    let said = said?;
    named(&said, case.limit, case.value, case.besides)?;
    let bad_end = said.ended.exit_code() != 0;
    expect(bad_end == case.ends, ("how it ended", &said))?;
    expect(said.ended.survivors == 0 && living("600.03") == 0, &said)?;
    expect(longest < RESPONSIVE, ("the host needed", longest))
}

/// The limit stands in the list, with its value and what to do, and nothing else does.
fn named(said: &Said, limit: Resource, value: u64, besides: &[Resource]) -> Result<(), String> {
    let hits = &said.ended.limits_hit;
    let hit = hits.iter().find(|hit| hit.limit == limit).ok_or_else(|| format!("not named: {said:?}"))?;
    expect(hit.value == value, hit)?;
    expect(hit.help().contains(&format!("--limit {}=", limit.word())), hit.help())?;
    let others = hits.iter().filter(|hit| hit.limit != limit && !besides.contains(&hit.limit));
    expect(others.count() == 0, ("others are named", hits))
}

type More = (&'static str, fn(&Place) -> Result<(), String>);

pub(crate) const MORE: &[More] = &[
    ("exhaustion: a small disk that fills up", small_disk),
    ("exhaustion: a small disk that runs out of files", small_disk_files),
    ("exhaustion: a disk that loses too much", disk_loss),
    ("exhaustion: a flood of output", flood),
    ("exhaustion: ordinary work reaches no limit", ordinary),
    ("exhaustion: who is inside goes first when the host is out of memory", first_to_go),
    ("exhaustion: a stopped keeper opens nothing", stopped_keeper),
];

fn small_disk(place: &Place) -> Result<(), String> {
    let bomb = "i=0; while :; do i=$((i + 1)); head -c 1000000 /dev/urandom > full-$i || sleep 0.1; done";
    let told = on_disk(place, "size=48m", bomb)?;
    expect(told.contains("limit disk_reserve") && told.contains("ended true"), &told)?;
    expect(told.contains("lower it with `--limit disk_reserve=…`"), &told)
}

fn small_disk_files(place: &Place) -> Result<(), String> {
    let bomb = "exec /usr/bin/python3 -c 'import time\nfor i in range(10**9):\n  try: open(str(i), \"w\").close()\n  except OSError: time.sleep(0.1)'";
    let told = on_disk(place, "size=48m,nr_inodes=20000", bomb)?;
    expect(told.contains("limit files") && told.contains("ended true"), &told)
}

/// Runs a bomb with a project on a file system of its own, in a mount namespace of its own.
fn on_disk(place: &Place, options: &str, bomb: &str) -> Result<String, String> {
    let caller = std::env::current_exe().unwrap();
    let script = "mount -t tmpfs -o \"$1\" none \"$2\" && shift 2 && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["-Urm", "sh", "-c", script, "sh", options]).arg(place.project());
    command.arg(caller).arg("--small-disk").arg(&place.root).args([bomb, ""]);
    let output = command.output().map_err(|error| format!("SKIP `unshare`: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

/// In a process of its own: what the limits say when the project's disk is used up.
pub(crate) fn on_small_disk(root: &Path, bomb: &str, _: &str) -> ExitCode {
    let mut confinement = Place { root: root.to_path_buf() }.confinement();
    // Inside a foreign user namespace no cgroup can be made, and the rlimits of the real root do not bind.
    confinement.limits.processes = None;
    confinement.limits.wall_seconds = Some(60);
    match run(&confinement, &["/bin/bash", "-c", bomb]) {
        Ok(said) => said.ended.limits_hit.iter().for_each(|hit| {
            println!("limit {} ended {}: {hit}; {}", hit.limit.word(), hit.ended, hit.help());
        }),
        Err(error) => println!("error: {error}"),
    }
    ExitCode::SUCCESS
}

fn disk_loss(place: &Place) -> Result<(), String> {
    let mut confinement = place.confinement();
    confinement.limits.disk = Some(64 * MIB);
    confinement.limits.wall_seconds = Some(60);
    let bomb = "i=0; while [ $i -lt 600 ]; do i=$((i + 1)); head -c 2000000 /dev/urandom > full-$i; done; sleep 600.033";
    let said = run(&confinement, &["/bin/bash", "-c", bomb])?;
    named(&said, Resource::Disk, 64 * MIB, &[])?;
    let hit = &said.ended.limits_hit[0];
    expect(hit.ended && hit.seen.is_none_or(|seen| seen > 32 * MIB), hit)?;
    let size: u64 = std::fs::read_dir(place.project())
        .unwrap()
        .flatten()
        .map(|one| one.metadata().map_or(0, |one| one.len()))
        .sum();
    expect(size < 1100 * MIB && living("600.033") == 0, size)
}

/// Output that nobody reads makes its writer wait, and nobody keeps it in memory.
fn flood(place: &Place) -> Result<(), String> {
    let program = Program::new(["/bin/sh", "-c", "yes & yes >&2 & sleep 600.034"]);
    let child =
        start(&place.confinement(), &program, Stdio3::captured()).map_err(|error| error.to_string())?;
    let keeper = child.stage_id();
    thread::sleep(Duration::from_millis(500));
    let resident = |pid: u32| -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
        text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * 4096
    };
    let (own, kept) = (resident(std::process::id()), resident(keeper));
    child.kill();
    child.wait().map_err(|error| error.to_string())?;
    expect(own < 512 * MIB && kept < 32 * MIB && kept > 0, (own, kept))?;
    expect(living("600.034") == 0, "it lives")
}

fn ordinary(place: &Place) -> Result<(), String> {
    let work = "for i in $(seq 20); do (echo $i > f$i; cat f$i > /tmp/f$i); done; sleep 0.3; git add f1; git commit -qm x";
    let said = run(&place.confinement(), &["/bin/bash", "-c", work])?;
    expect(said.ended.limits_hit.is_empty() && said.ended.exit_code() == 0, &said)
}

fn first_to_go(place: &Place) -> Result<(), String> {
    let said = run(
        &place.confinement(),
        &["/bin/sh", "-c", "cat /proc/self/oom_score_adj; echo 0 > /proc/self/oom_score_adj"],
    )?;
    expect(
        said.out.trim().parse::<i32>().is_ok_and(|score| score >= 700) && said.ended.exit_code() != 0,
        &said,
    )
}

/// With the keeper stopped, the program is no freer than before: its time and its limits hold.
fn stopped_keeper(place: &Place) -> Result<(), String> {
    let mut confinement: Confinement = place.confinement();
    confinement.limits.wall_seconds = Some(1);
    let program = Program::new(["/bin/sh", "-c", "echo x > .mcp.json; cat .env; sleep 600.035"]);
    let child = start(&confinement, &program, Stdio3::captured()).map_err(|error| error.to_string())?;
    let keeper = rustix::process::Pid::from_raw(i32::try_from(child.stage_id()).unwrap()).unwrap();
    let send = |signal| rustix::process::kill_process(keeper, signal).unwrap();
    send(rustix::process::Signal::STOP);
    let end = Instant::now() + Duration::from_secs(20);
    while living("600.035") > 0 && Instant::now() < end {
        thread::sleep(Duration::from_millis(50));
    }
    let alive = living("600.035");
    send(rustix::process::Signal::CONT);
    let ended = child.wait().map_err(|error| error.to_string())?;
    let hits: Vec<Resource> = ended.limits_hit.iter().map(|hit: &Hit| hit.limit).collect();
    expect(alive == 0 && hits == [Resource::Time] && ended.appeared.len() == 1, (alive, &ended))
}

//! The caller of `supervise` lives on and has an answer in time, whatever the work does.
//!
//! It brings its own harness: `supervise` needs a process with one thread, and the test runner has several.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test with its own harness prints the score"
)]

use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use wardline_sandbox::{SuperviseError, supervise};
use wardline_sys::process::{Fork, Namespaces, fork_into_group, leave};

const DEADLINE: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(20);
const MEMORY: u64 = 512 << 20;

type Work = fn() -> Vec<u8>;
type Outcome = Result<Vec<u8>, SuperviseError>;

struct Case {
    name: &'static str,
    work: Work,
    fits: fn(&Outcome) -> bool,
}

fn overflow(depth: u64) -> u64 {
    let wide = std::hint::black_box([depth; 512]);
    if depth == u64::MAX { 0 } else { wide.iter().sum::<u64>() + overflow(depth + 1) }
}

const CASES: &[Case] = &[
    Case { name: "an answer", work: || b"allow".to_vec(), fits: |got| got.as_deref() == Ok(b"allow") },
    Case { name: "an empty answer", work: Vec::new, fits: |got| got.as_deref() == Ok(b"") },
    Case {
        name: "a long answer",
        work: || vec![7; 3 << 20],
        fits: |got| got.as_ref().is_ok_and(|bytes| bytes.len() == 3 << 20),
    },
    Case {
        name: "a panic",
        #[expect(clippy::panic, reason = "the case")]
        work: || panic!("on purpose"),
        fits: |got| *got == Err(SuperviseError::Exited { code: 101 }),
    },
    Case {
        name: "a stack overflow",
        work: || overflow(0).to_le_bytes().to_vec(),
        fits: |got| matches!(got, Err(SuperviseError::Killed { .. })),
    },
    Case {
        name: "more memory than allowed",
        work: || vec![1; 2 << 30],
        fits: |got| matches!(got, Err(SuperviseError::Killed { .. } | SuperviseError::Exited { .. })),
    },
    Case {
        name: "killed from outside",
        work: || {
            let _sent =
                rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            Vec::new()
        },
        fits: |got| *got == Err(SuperviseError::Killed { signal: 9 }),
    },
    Case {
        name: "an endless loop",
        work: || {
            loop {
                std::hint::spin_loop();
            }
        },
        fits: |got| *got == Err(SuperviseError::Late),
    },
    Case {
        name: "asleep",
        work: || {
            std::thread::sleep(Duration::from_secs(30));
            Vec::new()
        },
        fits: |got| *got == Err(SuperviseError::Late),
    },
    Case {
        name: "stopped",
        work: || {
            let _sent =
                rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
            Vec::new()
        },
        fits: |got| *got == Err(SuperviseError::Late),
    },
    Case {
        name: "leaves without an answer",
        work: || std::process::exit(0),
        fits: |got| *got == Err(SuperviseError::Short),
    },
];

fn main() -> ExitCode {
    // What a test runner asks before it runs the whole table as one test of this name.
    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    if asked("--list") {
        if !asked("--ignored") {
            println!("supervise: test");
        }
        return ExitCode::SUCCESS;
    }
    let mut failed = 0;
    for case in CASES {
        // Only work that never ends meets the deadline; the rest has all the time that a busy host takes.
        let endless = (case.fits)(&Err(SuperviseError::Late));
        let deadline = if endless { DEADLINE } else { PATIENCE };
        let begin = Instant::now();
        let outcome = supervise(deadline, MEMORY, case.work);
        let took = begin.elapsed();
        if !(case.fits)(&outcome) || took > deadline + PATIENCE {
            eprintln!("FAILED: {}: {took:?} {:?}", case.name, outcome.map(|bytes| bytes.len()));
            failed += 1;
        }
    }
    // No child is left, and a second thread is refused rather than risked.
    if std::thread::spawn(|| supervise(DEADLINE, MEMORY, Vec::new))
        .join()
        .is_ok_and(|outcome| outcome.is_ok())
    {
        eprintln!("FAILED: forked with two threads");
        failed += 1;
    }
    if rustix::process::wait(rustix::process::WaitOptions::NOHANG).err() != Some(rustix::io::Errno::CHILD) {
        eprintln!("FAILED: a child is left");
        failed += 1;
    }
    if let Err(error) = born_into_group() {
        eprintln!("FAILED: a child born into a cgroup: {error}");
        failed += 1;
    }
    println!("{} passed, {failed} failed", CASES.len() + 3 - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A forked child begins its life in the cgroup that was named, where this host lets us make one of version 2.
fn born_into_group() -> std::io::Result<()> {
    let mounts = std::fs::read_to_string("/proc/self/mounts")?;
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let tree = fields.into_iter().find_map(|fields| match fields.as_slice() {
        [_, at, "cgroup2", ..] => Some(std::path::PathBuf::from(at)),
        _ => None,
    });
    let name = format!("wardline-test-{}", std::process::id());
    let Some(group) = tree.map(|tree| tree.join(&name)).filter(|group| std::fs::create_dir(group).is_ok())
    else {
        println!("SKIPPED: no cgroup of version 2 can be made here");
        return Ok(());
    };
    let directory = std::os::fd::OwnedFd::from(std::fs::File::open(&group)?);
    let status = match fork_into_group(Namespaces::NONE, directory.as_fd())? {
        Fork::Child => {
            let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
            leave(if own.lines().any(|line| line.ends_with(&name)) { 0 } else { 1 })
        }
        Fork::Parent(child) => rustix::process::waitpid(Some(child), rustix::process::WaitOptions::empty())?,
    };
    std::fs::remove_dir(&group)?;
    match status.and_then(|(_, status)| status.exit_status()) {
        Some(0) => Ok(()),
        code => Err(std::io::Error::other(format!("it was elsewhere: {code:?}"))),
    }
}

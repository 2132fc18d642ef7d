//! Runs one program with a deadline, kills what it started, and finds what it left behind.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// How a program ended.
pub(super) struct Ended {
    /// `None` when the deadline passed and it was killed.
    pub(super) status: Option<ExitStatus>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) took: Duration,
}

const POLL: Duration = Duration::from_millis(50);

/// Runs a program in its own process group with an environment of exactly `environment`.
///
/// Output goes to files below `scratch`, not to pipes, so that a grandchild which lives on cannot hold up the reader.
pub(super) fn run(
    argv: &[String],
    environment: &BTreeMap<String, String>,
    cwd: &Path,
    scratch: &Path,
    patience: Duration,
) -> io::Result<Ended> {
    let (program, arguments) =
        argv.split_first().ok_or_else(|| io::Error::other("an empty command line cannot be run"))?;
    let (out, err) = (scratch.join("stdout"), scratch.join("stderr"));
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(cwd)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(File::create(&out)?)
        .stderr(File::create(&err)?)
        .process_group(0)
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
    let group = Pid::from_child(&child);
    let mut status = child.try_wait()?;
    while status.is_none() && started.elapsed() < patience {
        thread::sleep(POLL);
        status = child.try_wait()?;
    }
    if status.is_none() {
        // The group may be gone already, which is what is wanted.
        kill_process_group(group, Signal::KILL).ok();
        child.wait()?;
    }
    let text = |path: &PathBuf| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(Ended { status, stdout: text(&out)?, stderr: text(&err)?, took: started.elapsed() })
}

/// Processes, other than this one, that stand in a world: by working directory, environment or command line.
pub(super) fn living_in(root: &Path) -> Vec<(Pid, String)> {
    let needle = root.display().to_string();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let own = i32::try_from(std::process::id()).ok();
    pids.filter(|pid| Some(*pid) != own)
        .filter_map(|pid| {
            let folder = PathBuf::from(format!("/proc/{pid}"));
            let text = |name: &str| {
                let bytes = fs::read(folder.join(name)).unwrap_or_default();
                String::from_utf8_lossy(&bytes).replace('\0', " ")
            };
            let cwd = fs::read_link(folder.join("cwd")).unwrap_or_default().display().to_string();
            let line = text("cmdline");
            let stands =
                cwd.starts_with(&needle) || line.contains(&needle) || text("environ").contains(&needle);
            Some((Pid::from_raw(pid)?, line)).filter(|_| stands)
        })
        .collect()
}

/// The parent of a process, while it lives.
pub(super) fn parent(pid: Pid) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The name in parentheses may hold anything; behind the last one come state and parent.
    text.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Kills what still stands in a world, so that one case cannot disturb the next.
pub(super) fn clear(root: &Path) {
    for (pid, _) in living_in(root) {
        // It may end on its own meanwhile, which is what is wanted.
        kill_process(pid, Signal::KILL).ok();
    }
}

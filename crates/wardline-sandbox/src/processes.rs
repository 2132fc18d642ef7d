//! The processes of one session, as the host sees them.
//!
//! Everything inside comes from the session's keeper: an orphan goes to the init, which the keeper started, so whoever descends from
//! the keeper is all there is, however often it forked and whatever sessions it made. Those in the session's process namespace
//! are looked for besides.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::identity::Identity;

/// The bit of the stop signal in the kernel's masks.
const STOP_BIT: u64 = 1 << (libc::SIGSTOP - 1);

/// One process of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Which it is.
    pub identity: Identity,
    /// The number of its parent.
    pub parent: u32,
    /// The name that the kernel has for it.
    pub name: String,
    /// Its command line, the words with spaces between them; its name in brackets where there is none.
    pub command: String,
}

impl Process {
    /// Whether no thread of it runs or will run before it is told to go on.
    pub(crate) fn rests(&self) -> bool {
        let tasks = proc_of(self.identity.pid).join("task");
        let Ok(tasks) = std::fs::read_dir(tasks) else { return true };
        tasks.flatten().all(|task| {
            let Some(row) = Row::read(&task.path()) else { return true };
            match row.state {
                b'T' | b't' | b'Z' | b'X' => true,
                // In a call of the kernel's that nothing interrupts: it stops before it comes back from it.
                b'D' => will_stop(&task.path()),
                _ => false,
            }
        })
    }

    /// Whether it has ended, and only its number is left.
    pub(crate) fn is_over(&self) -> bool {
        !self.identity.is_alive()
            && std::fs::read_dir(proc_of(self.identity.pid).join("task")).map_or(0, Iterator::count) < 2
    }

    /// Sends it a signal, and no other process that got its number meanwhile; false when it is gone.
    pub(crate) fn signal(&self, signal: Signal) -> rustix::io::Result<bool> {
        let pid = i32::try_from(self.identity.pid).ok().and_then(Pid::from_raw);
        let Some(pid) = pid else { return Ok(false) };
        let handle = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => handle,
            Err(rustix::io::Errno::SRCH) => return Ok(false),
            Err(error) => return Err(error),
        };
        // With the handle open, who has the number now is whom the handle means.
        if Row::read(&proc_of(self.identity.pid)).is_none_or(|row| row.start != self.identity.start) {
            return Ok(false);
        }
        match pidfd_send_signal(&handle, signal) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::SRCH) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// What `/proc` says of a process or a thread in one line.
struct Row {
    parent: u32,
    state: u8,
    start: u64,
    name: String,
}

impl Row {
    fn read(directory: &Path) -> Option<Self> {
        let text = std::fs::read(directory.join("stat")).ok()?;
        let text = String::from_utf8_lossy(&text);
        let (head, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        Some(Self {
            state: fields.first()?.bytes().next()?,
            parent: fields.get(1)?.parse().ok()?,
            start: fields.get(19)?.parse().ok()?,
            name: head.split_once('(')?.1.to_owned(),
        })
    }
}

fn proc_of(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

/// Whether the stop signal waits for a thread or its process.
fn will_stop(task: &Path) -> bool {
    let text = std::fs::read_to_string(task.join("status")).unwrap_or_default();
    let masks =
        text.lines().filter_map(|line| line.strip_prefix("SigPnd:").or_else(|| line.strip_prefix("ShdPnd:")));
    masks.filter_map(|mask| u64::from_str_radix(mask.trim(), 16).ok()).any(|mask| mask & STOP_BIT != 0)
}

/// Everything that descends from `keeper` or lives in the process namespace `space`, parents before their children; the keeper
/// itself is none of it.
pub(crate) fn of_session(keeper: Identity, space: Option<u64>) -> Vec<Process> {
    let mut rows: BTreeMap<u32, Row> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some((pid, row)) = pid.and_then(|pid: u32| Some((pid, Row::read(&entry.path())?))) {
            rows.insert(pid, row);
        }
    }
    let mut order: Vec<u32> = Vec::new();
    let mut known: BTreeSet<u32> = BTreeSet::new();
    if rows.get(&keeper.pid).is_some_and(|row| row.start == keeper.start) {
        order.push(keeper.pid);
        known.insert(keeper.pid);
    }
    let inside = |pid: u32| {
        let name = proc_of(pid).join("ns/pid");
        space.is_some() && rustix::fs::stat(name).ok().map(|found| found.st_ino) == space
    };
    let mut at = 0;
    let mut strays: Vec<u32> = rows.keys().copied().filter(|pid| inside(*pid)).collect();
    loop {
        while let Some(parent) = order.get(at).copied() {
            at += 1;
            let children = rows.iter().filter(|(pid, row)| row.parent == parent && !known.contains(pid));
            let children: Vec<u32> = children.map(|(pid, _)| *pid).collect();
            known.extend(&children);
            order.extend(children);
        }
        match strays.pop() {
            Some(stray) if known.insert(stray) => order.push(stray),
            Some(_) => {}
            None => break,
        }
    }
    let all = order.into_iter().filter(|pid| *pid != keeper.pid);
    all.filter_map(|pid| rows.remove(&pid).map(|row| process(pid, row))).collect()
}

fn process(pid: u32, row: Row) -> Process {
    let line = std::fs::read(proc_of(pid).join("cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).trim_end_matches('\0').replace('\0', " ");
    let command = if line.is_empty() { format!("[{}]", row.name) } else { line };
    Process { identity: Identity { pid, start: row.start }, parent: row.parent, name: row.name, command }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn grandchildren_orphans_of_a_reaper_and_other_sessions_are_seen_parents_first() {
        let script = "setsid sh -c 'sleep 61 & sleep 62' & sh -c 'sh -c \"sleep 63; :\"; :' & wait";
        let mut child = Command::new("sh").args(["-c", script]).stdout(Stdio::null()).spawn().unwrap();
        let all = loop {
            let all = of_session(Identity::own(), None);
            let there = |word: &str| all.iter().any(|one| one.command == word);
            if ["sleep 61", "sleep 62", "sleep 63"].iter().all(|word| there(word)) {
                break all;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        };
        for (at, one) in all.iter().enumerate() {
            let parent = all.iter().position(|other| other.identity.pid == one.parent);
            assert!(parent.is_none_or(|parent| parent < at), "{one:?}");
            assert!(!one.is_over());
        }
        let gone = Process { identity: Identity { start: 1, ..all[0].identity }, ..all[0].clone() };
        assert_eq!(gone.signal(Signal::KILL), Ok(false), "another process has its number");
        let below =
            all.iter().filter(|one| one.command.starts_with("sleep 6") || one.command.contains("sleep 6"));
        below.for_each(|one| assert!(one.signal(Signal::KILL).is_ok()));
        child.wait().unwrap();
    }
}

//! The directory that holds a running session's sockets. It goes away with the session; one whose owner was killed is
//! cleaned up after by the next session.

use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use wardline_sandbox::{Appeared, Identity};

use crate::{memory, spare};

/// A Unix socket's path holds at most 107 bytes; this leaves room for the sockets' names.
const MAX_PATH: usize = 80;
/// The beginning of the names of directories that lie in the system's temporary directory.
const TEMPORARY: &str = "wardline-";
/// A link to the session's memory, which goes with the directory.
pub(crate) const MEMORY: &str = "memory";
/// Stands in the directory of a program beside a session's own: it goes with that session, and is no session itself.
pub(crate) const BESIDE: &str = "beside";
/// What [`spare`] calls these directories.
const KIND: &str = "run";

/// A session's private directory.
#[derive(Debug)]
pub(crate) struct RunDirectory {
    path: PathBuf,
    /// The state directory, when the directory lies below it and so can be kept for the next session.
    state: Option<PathBuf>,
    /// The memory that goes before the directory does, so that whoever finds the directory finds all that is left.
    memory: Option<PathBuf>,
    /// What sessions that were killed with all their processes had left at protected paths, and where it is now.
    pub(crate) found: Vec<Appeared>,
}

impl RunDirectory {
    /// Makes a fresh one for `session` below the state directory, or below the system's temporary directory when the
    /// former's path is too long for a socket. Cleans up after sessions of which nobody is left.
    pub(crate) fn create(state: &Path, session: &str) -> std::io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", Identity::own().word());
        let base = state.join("run");
        let too_long = base.as_os_str().len() + name.len() > MAX_PATH;
        let (base, prefix) = if too_long { (std::env::temp_dir(), TEMPORARY) } else { (base, "") };
        if !too_long {
            std::fs::create_dir_all(&base)?;
        }
        let found = sweep(&base, prefix);
        let path = base.join(format!("{prefix}{name}"));
        let memory = memory::path(state, session);
        let mut link = memory.clone();
        if too_long {
            std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        } else {
            spare::take(state, KIND, &path)?;
            // Short enough to need no block of the disk.
            link = memory.strip_prefix(state).map_or(link, |name| Path::new("../..").join(name));
        }
        let state = (!too_long).then(|| state.to_owned());
        let run = Self { path, state, memory: Some(memory), found };
        std::os::unix::fs::symlink(link, run.join(MEMORY))?;
        Ok(run)
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl RunDirectory {
    /// As [`Self::create`], for a program beside the session's own: the session's memory stays when this directory goes.
    pub(crate) fn beside(state: &Path, session: &str) -> std::io::Result<Self> {
        let mut run = Self::create(state, session)?;
        run.hand_over();
        std::fs::write(run.join(BESIDE), "")?;
        Ok(run)
    }

    /// Lets the session's memory stay when the directory goes, because the session goes on in another.
    pub(crate) fn hand_over(&mut self) {
        self.memory = None;
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        if let Some(memory) = &self.memory {
            std::fs::remove_file(memory).ok();
        }
        let Some(state) = &self.state else {
            std::fs::remove_dir_all(&self.path).ok();
            return;
        };
        // What is no file stays in it, and is removed with it.
        let mut entries = std::fs::read_dir(&self.path).into_iter().flatten();
        if entries.all(|entry| entry.is_ok_and(|entry| std::fs::remove_file(entry.path()).is_ok())) {
            spare::give_back(state, KIND, &self.path);
        } else {
            std::fs::remove_dir_all(&self.path).ok();
        }
    }
}

/// Cleans up after the sessions whose process is gone, unless a keeper of theirs is still at it.
fn sweep(base: &Path, prefix: &str) -> Vec<Appeared> {
    let left = of_sessions(base, prefix).into_iter().filter(|(_, owner)| !owner.is_alive());
    left.flat_map(|(path, _)| wardline_sandbox::clean(&path).into_iter().flatten()).collect()
}

/// The directories of all sessions of this state directory and, where its path is too long, of others, each with the process that
/// made it.
pub(crate) fn all(state: &Path) -> Vec<(PathBuf, Identity)> {
    let elsewhere = of_sessions(&std::env::temp_dir(), TEMPORARY);
    of_sessions(&state.join("run"), "").into_iter().chain(elsewhere).collect()
}

/// The directories below `base` that are sessions' of ours.
fn of_sessions(base: &Path, prefix: &str) -> Vec<(PathBuf, Identity)> {
    let own = std::fs::metadata("/proc/self").map(|found| found.uid()).ok();
    let entries = std::fs::read_dir(base).into_iter().flatten().flatten();
    let mine = entries.filter_map(|entry| {
        let owner = Identity::parse(entry.file_name().to_str()?.strip_prefix(prefix)?)?;
        // In the temporary directory, others may make directories of any name.
        let metadata = entry.path().symlink_metadata().ok()?;
        (metadata.is_dir() && Some(metadata.uid()) == own).then(|| (entry.path(), owner))
    });
    mine.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_away_and_takes_the_dead_along() {
        let dir = crate::scratch::Dir::new("rundir");
        memory::update(dir.path(), "dead", |state| state.decided("c")).unwrap();
        let memories = || std::fs::read_dir(dir.path().join("sessions")).unwrap().count();
        assert_eq!(memories(), 1);
        let own = Identity::own();
        // The number is in use, by another process.
        let dead = format!("run/{}-{}-0", own.pid, own.start + 1);
        dir.write(&format!("{dead}/egress.sock"), "");
        let memory = memory::path(dir.path(), "dead");
        std::os::unix::fs::symlink(memory, dir.path().join(&dead).join(MEMORY)).unwrap();
        let alive = format!("run/{}-9", own.word());
        dir.write(&format!("{alive}/egress.sock"), "");
        let run = RunDirectory::create(dir.path(), "s").unwrap();
        assert!(run.join("").is_dir() && run.found.is_empty());
        assert!(!dir.path().join(dead).exists() && dir.path().join(&alive).exists());
        assert_eq!(memories(), 0);
        drop(run);
        assert_eq!(std::fs::read_dir(dir.path().join("run")).unwrap().count(), 1);
    }
}

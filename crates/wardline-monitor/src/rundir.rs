//! The directory that holds a running session's sockets. It goes away with the session; one whose owner was killed is
//! removed by the next session.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A Unix socket's path holds at most 107 bytes; this leaves room for the sockets' names.
const MAX_PATH: usize = 80;

/// A session's private directory.
#[derive(Debug)]
pub(crate) struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// Makes a fresh one below the state directory, or below the system's temporary directory when the former's path
    /// is too long for a socket.
    pub(crate) fn create(state: &Path) -> std::io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let base = state.join("run");
        let too_long = base.as_os_str().len() + name.len() > MAX_PATH;
        let base = if too_long { PathBuf::from("/tmp") } else { base };
        let path = if too_long { base.join(format!("wardline-{name}")) } else { base.join(name) };
        if !too_long {
            std::fs::create_dir_all(&base)?;
            sweep(&base);
        }
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self { path })
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.path).ok();
    }
}

/// Removes the directories of sessions whose process is gone.
fn sweep(base: &Path) {
    for entry in std::fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner =
            name.to_str().and_then(|name| name.split('-').next()).and_then(|pid| pid.parse::<u32>().ok());
        if owner.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            std::fs::remove_dir_all(entry.path()).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_away_and_takes_the_dead_along() {
        let dir = crate::scratch::Dir::new("rundir");
        dir.write("run/4194304999-0/left", "");
        let run = RunDirectory::create(dir.path()).unwrap();
        assert!(run.join("").is_dir());
        assert!(!dir.path().join("run/4194304999-0").exists());
        drop(run);
        assert_eq!(std::fs::read_dir(dir.path().join("run")).unwrap().count(), 0);
    }
}

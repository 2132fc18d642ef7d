//! New things under names that the policy does not let be made: found when a session is over, and put away.
//!
//! No mount holds a name that nothing has yet, and rules are about names that nobody can list. So what a confined program
//! made is looked at afterwards, as far as it is new: only directories that changed are read.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use wardline_policy::PolicySet;
use wardline_sandbox::{Appeared, Confinement};

use crate::World;
use crate::lens::Lens;
use crate::lower::Judge;
use crate::paths::Looker;

/// A file system's clock may be this much behind the system's, in seconds.
const SLACK: i64 = 2;

/// What a session's directories held before it began.
#[derive(Debug)]
pub(crate) struct Before {
    /// The directories that were looked through.
    directories: BTreeSet<PathBuf>,
    /// Every path in them, as a keyed hash: a workspace has many files, and all that is asked is whether one is new.
    seen: HashSet<u64>,
    keys: RandomState,
    /// In seconds since 1970.
    began: i64,
}

impl Default for Before {
    fn default() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self {
            directories: BTreeSet::new(),
            seen: HashSet::new(),
            keys: RandomState::new(),
            began: i64::try_from(now).unwrap_or_default() - SLACK,
        }
    }
}

impl Before {
    /// Remembers that a path was there.
    pub(crate) fn saw(&mut self, path: &Path) {
        let hash = self.keys.hash_one(path);
        self.seen.insert(hash);
    }

    /// Remembers that a directory is looked through; tells whether it was not before.
    pub(crate) fn look_through(&mut self, directory: &Path) -> bool {
        self.directories.insert(directory.to_path_buf())
    }

    /// Moves into the quarantine what is new and may not be there. Nothing that was there before is touched, whatever
    /// became of it.
    pub(crate) fn put_away(
        &self,
        policy: &PolicySet,
        world: &World,
        agent: &str,
        confinement: &Confinement,
    ) -> Vec<Appeared> {
        let changed = self.directories.iter().filter(|path| self.changed(path));
        let mut todo: Vec<PathBuf> = changed.cloned().collect();
        if todo.is_empty() {
            return Vec::new();
        }
        let looker = &Looker::new(world);
        let judge = Judge { policy, looker, agent, lens: Lens::new(policy, agent) };
        let mut strays = Vec::new();
        while let Some(directory) = todo.pop() {
            let Some(entries) = list(&directory) else {
                // Shut, and not to be opened: one that was there was not shut then.
                strays.extend((!self.directories.contains(&directory)).then_some(directory));
                continue;
            };
            let new = entries.into_iter().filter(|(path, _)| !self.seen.contains(&self.keys.hash_one(path)));
            for (path, is_dir) in new {
                if !judge.may_appear(&path) {
                    strays.push(path);
                } else if is_dir && path.file_name().is_none_or(|name| name != ".git") {
                    todo.push(path);
                }
            }
        }
        wardline_sandbox::put_away(&strays, confinement.quarantine.as_deref())
    }

    /// Whether names may have come into a directory since.
    fn changed(&self, directory: &Path) -> bool {
        directory.symlink_metadata().is_ok_and(|found| found.is_dir() && found.ctime() >= self.began)
    }
}

/// What lies in a directory, and which of it are directories themselves. One that was shut against its owner is opened.
fn list(directory: &Path) -> Option<Vec<(PathBuf, bool)>> {
    let entries = std::fs::read_dir(directory).or_else(|_| {
        let mode = directory.symlink_metadata()?.permissions().mode();
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(mode | 0o700))?;
        std::fs::read_dir(directory)
    });
    let entry = |entry: std::fs::DirEntry| (entry.path(), entry.file_type().is_ok_and(|kind| kind.is_dir()));
    Some(entries.ok()?.flatten().map(entry).collect())
}

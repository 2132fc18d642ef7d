//! What changed in a workspace between two moments, by file identity, size and time; no contents are read.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Files recorded of one workspace before the rest counts as not recorded.
const MAX_FILES: usize = 500_000;
/// Directories whose contents are results of work, not work.
const NOT_RECORDED: [&str; 1] = [".git"];

/// The state of every file of a workspace.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    files: BTreeMap<PathBuf, Stamp>,
    complete: bool,
}

/// What tells two states of a file apart without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    mode: u32,
    changed: (i64, i64),
}

/// How a file differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Create,
    /// It is not as it was.
    Modify,
    /// It is gone.
    Delete,
}

impl Change {
    /// The letter that git uses for it.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Create => 'A',
            Self::Modify => 'M',
            Self::Delete => 'D',
        }
    }
}

impl Snapshot {
    /// Looks at every file below `root`.
    #[must_use]
    pub fn take(root: &Path) -> Self {
        let mut snapshot = Self { files: BTreeMap::new(), complete: true };
        let mut todo = vec![root.to_path_buf()];
        while let Some(directory) = todo.pop() {
            let Ok(entries) = std::fs::read_dir(&directory) else {
                snapshot.complete = false;
                continue;
            };
            for entry in entries.flatten() {
                snapshot.look(root, &entry.path(), &mut todo);
            }
        }
        snapshot
    }

    fn look(&mut self, root: &Path, path: &Path, todo: &mut Vec<PathBuf>) {
        let Ok(metadata) = path.symlink_metadata() else { return };
        if metadata.is_dir() {
            let skipped = path.file_name().is_some_and(|name| NOT_RECORDED.iter().any(|skip| name == *skip));
            if !skipped {
                todo.push(path.to_path_buf());
            }
            return;
        }
        if self.files.len() >= MAX_FILES {
            self.complete = false;
            return;
        }
        let stamp = Stamp {
            inode: metadata.ino(),
            size: metadata.size(),
            mode: metadata.mode(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        };
        let relative = path.strip_prefix(root).unwrap_or(path);
        self.files.insert(relative.to_path_buf(), stamp);
    }

    /// Whether every file could be looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// What is different in `later`, by path relative to the workspace.
    #[must_use]
    pub fn compare(&self, later: &Self) -> BTreeMap<PathBuf, Change> {
        let mut changes = BTreeMap::new();
        for (path, stamp) in &later.files {
            match self.files.get(path) {
                None => drop(changes.insert(path.clone(), Change::Create)),
                Some(before) if before != stamp => drop(changes.insert(path.clone(), Change::Modify)),
                Some(_) => {}
            }
        }
        for path in self.files.keys().filter(|path| !later.files.contains_key(*path)) {
            changes.insert(path.clone(), Change::Delete);
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_change_is_seen() {
        let dir = crate::scratch::Dir::new("changes");
        for name in ["same", "edited", "gone", "sub/renamed", ".git/index"] {
            dir.write(name, "one");
        }
        let before = Snapshot::take(dir.path());
        dir.write("edited", "two");
        dir.write("new", "x");
        dir.write(".git/index", "other");
        std::fs::remove_file(dir.path().join("gone")).unwrap();
        std::fs::rename(dir.path().join("sub/renamed"), dir.path().join("sub/name")).unwrap();
        let changes: Vec<(String, char)> = before
            .compare(&Snapshot::take(dir.path()))
            .into_iter()
            .map(|(path, change)| (path.to_string_lossy().into_owned(), change.letter()))
            .collect();
        let expected =
            [("edited", 'M'), ("gone", 'D'), ("new", 'A'), ("sub/name", 'A'), ("sub/renamed", 'D')];
        assert_eq!(changes, expected.map(|(path, letter)| (path.to_owned(), letter)));
    }
}

//! The texts that planning looks at: a trait, so that plans can be made over files that exist only in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reading access to files.
pub trait Files {
    /// The file's text, or `None` when there is no such file.
    ///
    /// # Errors
    /// A text that says why a file that exists could not be read.
    fn read(&self, path: &Path) -> Result<Option<String>, String>;

    /// The files in a directory, sorted; none when there is no such directory.
    fn list(&self, dir: &Path) -> Vec<PathBuf>;

    /// Whether a file is there.
    fn is_file(&self, path: &Path) -> bool;

    /// Whether a directory is there.
    fn is_dir(&self, path: &Path) -> bool;

    /// Whether a link is there, wherever it leads.
    fn is_link(&self, _path: &Path) -> bool {
        false
    }

    /// A file's permissions, where there are any.
    fn mode(&self, _path: &Path) -> Option<u32> {
        None
    }
}

/// Files that are only texts in a map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// Path to text.
    pub texts: BTreeMap<PathBuf, String>,
}

impl Memory {
    /// Takes a plan's changes over.
    pub fn apply(&mut self, changes: &[super::Change]) {
        for change in changes {
            match &change.after {
                Some(text) => self.texts.insert(change.path.clone(), text.clone()),
                None => self.texts.remove(&change.path),
            };
        }
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> Result<Option<String>, String> {
        Ok(self.texts.get(path).cloned())
    }

    fn list(&self, dir: &Path) -> Vec<PathBuf> {
        self.texts.keys().filter(|path| path.parent() == Some(dir)).cloned().collect()
    }

    fn is_file(&self, path: &Path) -> bool {
        self.texts.contains_key(path)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.texts.keys().any(|known| known.starts_with(path) && known != path)
    }
}

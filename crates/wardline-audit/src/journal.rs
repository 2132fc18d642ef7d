//! The writer: an open journal that many processes and threads may append to.

use crate::chain;
use crate::entry::Draft;
use crate::error::JournalError;
use crate::store::Files;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a writer waits for another one. A writer holds the lock for one write and one sync.
const PATIENCE: Duration = Duration::from_secs(10);

/// Moves of the journal that one append goes along with.
const REOPENINGS: usize = 8;

/// An append-only journal: one row per line, each carrying the hash of the row before it.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    files: Mutex<Files>,
    patience: Duration,
}

/// Proof that a row is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The number of the row.
    pub seq: u64,
    /// The hash of the row, hexadecimal SHA-256.
    pub hash: String,
}

impl Journal {
    /// Opens a journal, and makes it (mode 0600) and its directory (mode 0700) where they are missing.
    ///
    /// # Errors
    /// When the path is a symbolic link or not a regular file, or when it cannot be opened for writing.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let files = Files::open(path)?;
        Ok(Self { path: path.to_owned(), files: Mutex::new(files), patience: PATIENCE })
    }

    /// Sets how long [`Self::append`] waits for another writer's lock; 10 seconds unless set.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Appends one row, with its secrets redacted, and returns when it is on the disk.
    ///
    /// # Errors
    /// Every error means that the row is not acknowledged and that what it announces must not happen. The journal
    /// is left so that the next append can go on, unless the error is [`JournalError::Corrupt`] or
    /// [`JournalError::Truncated`]: then a person has to look first.
    pub fn append(&self, draft: &Draft) -> Result<Receipt, JournalError> {
        self.append_with(draft, &[])
    }

    /// As [`Self::append`], with rows that directly follow it: all are written and synced together, at the price of one.
    /// The receipt is the first one's, and says that the others are on the disk too.
    ///
    /// # Errors
    /// As [`Self::append`]; then none of them is acknowledged.
    pub fn append_with(&self, draft: &Draft, more: &[Draft]) -> Result<Receipt, JournalError> {
        let draft = draft.redacted();
        let more: Vec<Draft> = more.iter().map(Draft::redacted).collect();
        // A thread that panicked while it held the guard left the file as a killed process would: in order.
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        self.lock_current(&mut files)?;
        let locked = Locked(&mut files);
        chain::append(&mut *locked.0, &draft, &more).map_err(|fault| fault.at(&self.path))
    }

    /// The path that was given to [`Self::open`].
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Locks the files that the path names now: somebody may have moved the journal aside since it was opened.
    fn lock_current(&self, files: &mut Files) -> Result<(), JournalError> {
        for _ in 0..REOPENINGS {
            files.lock(&self.path, self.patience)?;
            if files.current(&self.path) {
                return Ok(());
            }
            files.unlock();
            *files = Files::open(&self.path)?;
        }
        Err(JournalError::Busy { path: self.path.clone(), waited: 0 })
    }
}

/// Gives the lock back whatever happens.
struct Locked<'a>(&'a mut Files);

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.0.unlock();
    }
}

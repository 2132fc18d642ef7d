//! What can go wrong, worded for a person: what, where, what to do next.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why nothing was captured, or nothing was changed.
#[derive(Debug)]
pub enum CheckpointError {
    /// A step of the store's or the workspace's file system failed.
    Io {
        /// What was being done.
        what: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// A file of the store is not what was written.
    Damaged {
        /// Which one.
        path: PathBuf,
    },
    /// Another process works in the store and does not end.
    Busy(PathBuf),
    /// A checkpoint would have taken longer than it may.
    Slow(PathBuf),
    /// No checkpoint has this number.
    Unknown(u64),
    /// There is no checkpoint at all.
    Empty,
    /// Something was changed in the workspace while it was being restored.
    Changed(PathBuf),
    /// A restore was undone half-way because a step failed; this one failed as well.
    Stuck {
        /// The place that could not be put back.
        path: PathBuf,
        /// Where its content is.
        kept: PathBuf,
        /// What the system said.
        why: io::Error,
    },
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { what, path, why } => write!(f, "cannot {what} {}: {why}", path.display()),
            Self::Damaged { path } => write!(
                f,
                "{} is damaged; move the directory of this project's checkpoints away to begin anew",
                path.display()
            ),
            Self::Busy(path) => {
                write!(f, "another process works in {}; try again when it has ended", path.display())
            }
            Self::Slow(path) => write!(
                f,
                "{} is too large for a checkpoint in the time that there is; `wardline checkpoint create` takes as long as it \
                 needs, and what comes after it is quick",
                path.display()
            ),
            Self::Unknown(number) => {
                write!(f, "there is no checkpoint {number}; `wardline checkpoint list` shows them")
            }
            Self::Empty => f.write_str("there is no checkpoint of this project yet"),
            Self::Changed(path) => {
                write!(f, "{} was changed meanwhile; nothing was restored, try again", path.display())
            }
            Self::Stuck { path, kept, why } => write!(
                f,
                "cannot put {} back: {why}; what was there is in {} and in the last checkpoint",
                path.display(),
                kept.display()
            ),
        }
    }
}

impl std::error::Error for CheckpointError {}

/// Turns a failed step into an [`CheckpointError`].
pub(crate) fn at<E: Into<io::Error>>(what: &'static str, path: &Path) -> impl FnOnce(E) -> CheckpointError {
    move |why| CheckpointError::Io { what, path: path.to_path_buf(), why: why.into() }
}

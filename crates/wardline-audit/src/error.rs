//! What can go wrong with a journal, told so that a person knows where and what to do next.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What is wrong with one row of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// The line is not a journal row; the text says why.
    Unparsable(String),
    /// The bytes of the row do not give the hash that it carries: the row was edited.
    HashMismatch,
    /// The row does not follow the row before it: that one was replaced.
    PrevMismatch,
    /// Rows are missing before this one.
    SeqGap {
        /// The number that should have come.
        expected: u64,
        /// The number that the row carries.
        found: u64,
    },
    /// The row carries a number that an earlier row already had.
    Duplicate {
        /// The number that the row carries.
        seq: u64,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unparsable(why) => write!(f, "not a journal row ({why})"),
            Self::HashMismatch => f.write_str("its bytes do not match its hash: the row was edited"),
            Self::PrevMismatch => f.write_str("it does not follow the row before it: that row was replaced"),
            Self::SeqGap { expected, found } => {
                write!(f, "row {expected} should come here, found row {found}: rows were removed or moved")
            }
            Self::Duplicate { seq } => {
                write!(f, "row number {seq} was already used: a row was repeated or moved")
            }
        }
    }
}

/// Why a journal could not be opened, written or read.
///
/// From [`crate::Journal::append`] every variant means the same to the caller: the row is not acknowledged, so the
/// effect that it announces must not start.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalError {
    /// An operating-system call failed.
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done, such as `write the row`.
        step: &'static str,
        /// The kind of the failure.
        kind: io::ErrorKind,
        /// The system's own words.
        message: String,
    },
    /// The path is a symbolic link, which a journal never follows.
    Symlink {
        /// The path.
        path: PathBuf,
    },
    /// The path is there but is not a regular file.
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A row of the journal is damaged, so nothing is appended after it: that would hide the damage.
    Corrupt {
        /// The journal.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        what: Flaw,
    },
    /// Rows that were once acknowledged are gone from the end of the journal.
    Truncated {
        /// The journal.
        path: PathBuf,
        /// The number of the last row that is still there, 0 when there is none.
        found: u64,
        /// The number of the last row that was acknowledged.
        expected: u64,
    },
    /// The row would be longer than [`crate::MAX_ROW`].
    TooLarge {
        /// The journal.
        path: PathBuf,
        /// The size of the refused row in bytes.
        bytes: usize,
    },
    /// Another process held the journal's lock for too long.
    Busy {
        /// The journal.
        path: PathBuf,
        /// How long was waited, in milliseconds.
        waited: u64,
    },
    /// The file became shorter while it was being followed.
    Shrank {
        /// The journal.
        path: PathBuf,
    },
}

impl JournalError {
    pub(crate) fn io(path: &Path, step: &'static str, error: &io::Error) -> Self {
        Self::Io { path: path.to_owned(), step, kind: error.kind(), message: error.to_string() }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, step, kind, message } => {
                write!(f, "{}: could not {step}: {message}; {}", path.display(), way_out(*kind))
            }
            Self::Symlink { path } => write!(
                f,
                "{}: a journal is never a symbolic link; name the real file, or remove the link",
                path.display()
            ),
            Self::NotAFile { path } => {
                write!(f, "{}: not a regular file; choose another path for the journal", path.display())
            }
            Self::Corrupt { path, line, what } => write!(
                f,
                "{}:{line}: damaged row: {what}; look at `wardline log verify`, then move the journal and its \
                 .head file aside to begin a new one",
                path.display()
            ),
            Self::Truncated { path, found, expected } => write!(
                f,
                "{}: ends at row {found}, but row {expected} was acknowledged: rows were cut off its end; look at \
                 `wardline log verify`, then move the journal and its .head file aside to begin a new one",
                path.display()
            ),
            Self::TooLarge { path, bytes } => write!(
                f,
                "{}: a row of {bytes} bytes is over the limit of {} bytes; record a digest instead of the content",
                path.display(),
                crate::MAX_ROW
            ),
            Self::Busy { path, waited } => write!(
                f,
                "{}: locked by another process for {waited} ms; find a stopped wardline process and end it",
                path.display()
            ),
            Self::Shrank { path } => {
                write!(
                    f,
                    "{}: became shorter while it was followed; run `wardline log verify`",
                    path.display()
                )
            }
        }
    }
}

impl std::error::Error for JournalError {}

/// What to do about a failed call, by its kind.
fn way_out(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::PermissionDenied => "make the file and its directory writable for this user",
        // A directory that is to be made meets a file of its name.
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a part of its path is a file; move that aside"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "its file system is read-only; mount it writable, or set XDG_STATE_HOME to a directory that is"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room on the disk, or raise the quota"
        }
        io::ErrorKind::FileTooLarge => "move the journal and its .head file aside to begin a new one",
        io::ErrorKind::NotFound => "make the directory that it lies in",
        _ => "check the disk and the directory that it lies in",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_call_is_advised_by_its_cause() {
        // Numbers of errors on Linux, as the system gives them.
        let table = [
            (13, "writable for this user"),
            (1, "writable for this user"),
            (20, "is a file"),
            (17, "is a file"),
            (30, "read-only"),
            (28, "make room"),
            (122, "quota"),
            (27, "begin a new one"),
            (2, "make the directory"),
            (5, "check the disk"),
        ];
        for (number, expected) in table {
            let error = io::Error::from_raw_os_error(number);
            let text = JournalError::io(Path::new("/j"), "open the journal", &error).to_string();
            assert!(
                text.starts_with("/j: could not open the journal: ") && text.contains(expected),
                "{text}"
            );
            assert_eq!(text.contains("make room"), matches!(number, 28 | 122), "{text}");
        }
    }
}

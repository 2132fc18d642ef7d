//! The one module of the crate that touches files: opening them safely, locking, writing, syncing.
//!
//! The writer of [`crate::chain`] works on the [`Store`] trait, so that tests can let every single call fail.

use crate::error::JournalError;
use crate::head::WIDTH;
use std::ffi::OsString;
use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The calls that appending a row consists of.
pub(crate) trait Store {
    /// The length of the journal in bytes.
    fn size(&self) -> io::Result<u64>;
    /// Fills the whole buffer from the journal.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
    /// Writes at the end of the journal with one system call; says how many bytes went in.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Cuts the journal.
    fn truncate(&mut self, size: u64) -> io::Result<()>;
    /// Returns when the journal's bytes are on the disk.
    fn sync(&mut self) -> io::Result<()>;
    /// The bytes of the head file, at most a little more than a head is long.
    fn read_head(&self) -> io::Result<Vec<u8>>;
    /// Overwrites the head file.
    fn write_head(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when the head file is on the disk.
    fn sync_head(&mut self) -> io::Result<()>;
}

/// A journal and its head file, open for appending.
#[derive(Debug)]
pub(crate) struct Files {
    journal: File,
    head: File,
}

impl Files {
    /// Opens both files, and makes them and their directory where they are missing.
    pub(crate) fn open(path: &Path) -> Result<Self, JournalError> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(parent);
            made.map_err(|error| JournalError::io(parent, "make the journal's directory", &error))?;
        }
        let journal = open_private(path, true)?;
        let head = open_private(&head_path(path), false)?;
        let files = Self { journal, head };
        let size = files.size().map_err(|error| JournalError::io(path, "look at the journal", &error))?;
        if size == 0 {
            // The names of new files must survive a power cut as surely as the rows in them.
            sync_directory(path).map_err(|error| JournalError::io(path, "sync the directory", &error))?;
        }
        Ok(files)
    }

    /// Takes the journal's lock, which other processes and other open journals of this process respect.
    pub(crate) fn lock(&self, path: &Path, patience: Duration) -> Result<(), JournalError> {
        let begin = Instant::now();
        let mut pause = Duration::from_micros(50);
        loop {
            match self.journal.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(TryLockError::Error(error)) => {
                    return Err(JournalError::io(path, "lock the journal", &error));
                }
                Err(TryLockError::WouldBlock) => {}
            }
            let waited = begin.elapsed();
            if waited >= patience {
                let waited = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
                return Err(JournalError::Busy { path: path.to_owned(), waited });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(2));
        }
    }

    /// Gives the lock back. Should it fail, closing the file does it.
    pub(crate) fn unlock(&self) {
        self.journal.unlock().ok();
    }

    /// Whether the paths still name the open files, which is not so after somebody moved or removed them.
    pub(crate) fn current(&self, path: &Path) -> bool {
        same_file(path, &self.journal) && same_file(&head_path(path), &self.head)
    }
}

impl Store for Files {
    fn size(&self) -> io::Result<u64> {
        Ok(self.journal.metadata()?.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.journal.read_exact_at(buffer, offset)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match (&self.journal).write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.journal.set_len(size)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.journal.sync_data()
    }

    fn read_head(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; WIDTH + 1];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.head.read_at(rest, u64::try_from(filled).unwrap_or(u64::MAX)) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    fn write_head(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.head.write_all_at(bytes, 0)?;
        // Whatever else stood in the file made it unreadable.
        let width = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.head.metadata()?.len() == width { Ok(()) } else { self.head.set_len(width) }
    }

    fn sync_head(&mut self) -> io::Result<()> {
        self.head.sync_data()
    }
}

/// The path of the side file.
pub(crate) fn head_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".head");
    PathBuf::from(name)
}

/// Opens a journal or head file for reading, without following a link.
pub(crate) fn open_to_read(path: &Path) -> Result<File, JournalError> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path);
    checked(path, file, "open the journal").map(|(file, _)| file)
}

/// The bytes of the head file; none where there is no such file.
pub(crate) fn load_head(path: &Path) -> Result<Vec<u8>, JournalError> {
    let path = head_path(path);
    let file = match open_to_read(&path) {
        Ok(file) => file,
        Err(JournalError::Io { kind: io::ErrorKind::NotFound, .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(WIDTH + 1).unwrap_or(u64::MAX);
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| JournalError::io(&path, "read the head file", &error))?;
    Ok(bytes)
}

/// Whether a path names this open file.
pub(crate) fn same_file(path: &Path, file: &File) -> bool {
    let identity = |meta: &Metadata| (meta.dev(), meta.ino());
    match (std::fs::symlink_metadata(path), file.metadata()) {
        (Ok(named), Ok(open)) => identity(&named) == identity(&open),
        _ => false,
    }
}

/// Opens or makes a file that only its owner may read and write.
fn open_private(path: &Path, append: bool) -> Result<File, JournalError> {
    let mut options = OpenOptions::new();
    options.read(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = if append { options.append(true).open(path) } else { options.write(true).open(path) };
    let (file, meta) = checked(path, file, "open the journal for writing")?;
    if meta.mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(|error| JournalError::io(path, "make the journal private (mode 0600)", &error))?;
    }
    Ok(file)
}

/// Turns the ways in which a path can be a trap into errors that say so.
fn checked(
    path: &Path,
    file: io::Result<File>,
    step: &'static str,
) -> Result<(File, Metadata), JournalError> {
    let file = file.map_err(|error| match error.raw_os_error() {
        Some(libc::ELOOP) => JournalError::Symlink { path: path.to_owned() },
        Some(libc::EISDIR | libc::ENXIO) => JournalError::NotAFile { path: path.to_owned() },
        _ => JournalError::io(path, step, &error),
    })?;
    let meta = file.metadata().map_err(|error| JournalError::io(path, step, &error))?;
    if meta.is_file() { Ok((file, meta)) } else { Err(JournalError::NotAFile { path: path.to_owned() }) }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

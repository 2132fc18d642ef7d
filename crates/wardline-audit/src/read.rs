//! Reading a journal: all entries from the start, or new ones as they are written.

use crate::entry::{Entry, MAX_ROW, unseal};
use crate::error::{Flaw, JournalError};
use crate::store::{open_to_read, same_file};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a followed journal is looked at.
const POLL: Duration = Duration::from_millis(100);

/// One piece of a journal.
#[derive(Debug)]
pub(crate) enum Line {
    /// A complete line that is a row.
    Row(Box<Entry>),
    /// A complete line that is none.
    Bad(Flaw),
    /// Bytes at the end without a newline.
    Torn,
}

/// The lines of a journal, in constant memory however long a line is.
#[derive(Debug)]
pub(crate) struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    /// Where the next line begins.
    offset: u64,
    done: bool,
}

impl Lines {
    pub(crate) fn new(path: &Path, file: File) -> Self {
        Self {
            path: path.to_owned(),
            reader: BufReader::with_capacity(64 * 1024, file),
            offset: 0,
            done: false,
        }
    }

    /// Goes back to the start of an unfinished line, to read it again later.
    fn rewind(&mut self) -> io::Result<()> {
        self.done = false;
        self.reader.seek(SeekFrom::Start(self.offset)).map(|_| ())
    }

    /// Reads up to a newline and keeps at most one row of it. `None`: nothing more. The flag: a newline was there.
    fn fill(&mut self, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
        let mut length = 0_u64;
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                return Ok((length > 0).then_some(false));
            }
            let newline = available.iter().position(|byte| *byte == b'\n');
            let used = newline.map_or(available.len(), |position| position + 1);
            let room = (MAX_ROW + 1).saturating_sub(line.len()).min(newline.unwrap_or(used));
            line.extend_from_slice(available.get(..room).unwrap_or_default());
            self.reader.consume(used);
            length += u64::try_from(used).unwrap_or(u64::MAX);
            if newline.is_some() {
                self.offset += length;
                return Ok(Some(true));
            }
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Line, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let mut line = Vec::new();
        match self.fill(&mut line) {
            Ok(Some(true)) if line.len() >= MAX_ROW => {
                Some(Ok(Line::Bad(Flaw::Unparsable("longer than any row".to_owned()))))
            }
            Ok(Some(true)) => Some(Ok(match unseal(&line) {
                Ok(entry) => Line::Row(Box::new(entry)),
                Err(what) => Line::Bad(what),
            })),
            end => {
                self.done = true;
                match end {
                    Ok(torn) => torn.map(|_| Ok(Line::Torn)),
                    Err(error) => Some(Err(JournalError::io(&self.path, "read the journal", &error))),
                }
            }
        }
    }
}

/// The entries of a journal, from the first row on. An unfinished row at the end is left out.
///
/// A damaged row comes as [`JournalError::Corrupt`] and the iteration goes on after it. The chain between rows is
/// not checked here: that is [`crate::verify`].
///
/// # Errors
/// When the journal cannot be opened.
pub fn read(path: &Path) -> Result<Entries, JournalError> {
    Ok(Entries { lines: Lines::new(path, open_to_read(path)?), line: 0 })
}

/// See [`read`].
#[derive(Debug)]
pub struct Entries {
    lines: Lines,
    line: u64,
}

impl Iterator for Entries {
    type Item = Result<Entry, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        self.line += 1;
        match line {
            Err(error) => Some(Err(error)),
            Ok(Line::Torn) => {
                // The line is read again once it is complete.
                self.line -= 1;
                None
            }
            Ok(Line::Row(entry)) => Some(Ok(*entry)),
            Ok(Line::Bad(what)) => {
                Some(Err(JournalError::Corrupt { path: self.lines.path.clone(), line: self.line, what }))
            }
        }
    }
}

/// Where to begin with following a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the first row.
    Beginning,
    /// At the first row that is written from now on.
    Now,
}

/// Follows a journal: yields its entries and waits for new ones until `stop` is set. A journal that does not exist
/// yet is waited for. The iterator ends after the first error other than a damaged row.
#[must_use]
pub fn follow(path: &Path, start: Start, stop: Arc<AtomicBool>) -> Follow {
    Follow { path: path.to_owned(), skip: start == Start::Now, stop, entries: None, failed: false }
}

/// See [`follow`].
#[derive(Debug)]
pub struct Follow {
    path: PathBuf,
    /// Go to the end of the journal when it is opened.
    skip: bool,
    stop: Arc<AtomicBool>,
    entries: Option<Entries>,
    failed: bool,
}

impl Follow {
    /// Opens the journal when it is there. What appears only after the first look is new as a whole.
    fn open(&mut self) -> Result<(), JournalError> {
        match read(&self.path) {
            Ok(mut entries) => {
                if std::mem::take(&mut self.skip) {
                    for entry in &mut entries {
                        match entry {
                            Ok(_) | Err(JournalError::Corrupt { .. }) => {}
                            Err(error) => return Err(error),
                        }
                    }
                }
                self.entries = Some(entries);
                Ok(())
            }
            Err(JournalError::Io { kind: io::ErrorKind::NotFound, .. }) => {
                self.skip = false;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// One look at the journal: the next entry, or nothing new.
    fn poll(&mut self) -> Result<Option<Entry>, JournalError> {
        if self.entries.is_none() {
            self.open()?;
        }
        let Some(entries) = &mut self.entries else { return Ok(None) };
        if let Some(entry) = entries.next() {
            return entry.map(Some);
        }
        let lines = &mut entries.lines;
        let io = |error| JournalError::io(&self.path, "read the journal", &error);
        let size = lines.reader.get_ref().metadata().map_err(io)?.len();
        if size < lines.offset {
            return Err(JournalError::Shrank { path: self.path.clone() });
        }
        lines.rewind().map_err(io)?;
        if size == lines.offset && !same_file(&self.path, lines.reader.get_ref()) {
            // The journal was moved aside: go on with the new one from its first row.
            self.entries = None;
        }
        Ok(None)
    }
}

impl Iterator for Follow {
    type Item = Result<Entry, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.failed {
            match self.poll() {
                Ok(Some(entry)) => return Some(Ok(entry)),
                Ok(None) if self.stop.load(Ordering::Relaxed) => return None,
                Ok(None) => std::thread::sleep(POLL),
                Err(error) => {
                    self.failed = !matches!(error, JournalError::Corrupt { .. });
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

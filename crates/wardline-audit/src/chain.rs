//! Appending rows to a chain, step by step, on any [`Store`].
//!
//! The lock is held by the caller. Whatever call fails, and wherever the process dies, three things hold afterwards:
//! an acknowledged row is in the journal, the chain is unbroken, and the next writer can go on.

use crate::entry::{Draft, Entry, GENESIS, Kind, MAX_ROW, seal, unseal};
use crate::error::{Flaw, JournalError};
use crate::head::{self, Found, Head};
use crate::journal::Receipt;
use crate::store::Store;
use serde_json::{Map, Value};
use std::io;
use std::path::Path;

/// What marks a remark that the writer itself made about damage it found.
pub(crate) const REPAIR: &str = "repair";

/// Why a row was not appended.
#[derive(Debug)]
pub(crate) enum Fault {
    Io(&'static str, io::Error),
    Corrupt { line: u64, what: Flaw },
    Truncated { found: u64, expected: u64 },
    TooLarge(usize),
}

impl Fault {
    pub(crate) fn at(self, path: &Path) -> JournalError {
        let path = path.to_owned();
        match self {
            Self::Io(step, error) => JournalError::io(&path, step, &error),
            Self::Corrupt { line, what } => JournalError::Corrupt { path, line, what },
            Self::Truncated { found, expected } => JournalError::Truncated { path, found, expected },
            Self::TooLarge(bytes) => JournalError::TooLarge { path, bytes },
        }
    }
}

/// Appends a draft and those that go with it, which must be redacted already, and returns when all are durable. They are
/// written and synced together. The receipt is the first one's.
pub(crate) fn append(store: &mut impl Store, draft: &Draft, more: &[Draft]) -> Result<Receipt, Fault> {
    let tail = find_tail(store)?;
    let head = head::parse(&store.read_head().map_err(|error| Fault::Io("read the head file", error))?);
    check_head(tail.last.as_ref(), &head)?;
    let Composed { lines, receipt, last } = compose(draft, more, &tail, &head)?;
    if tail.torn > 0 {
        store.truncate(tail.end).map_err(|error| Fault::Io("cut off an unfinished row", error))?;
    }
    if tail.last.is_none() && head == Found::Nothing {
        write_head(store, &Head::genesis())?;
        store.sync_head().map_err(|error| Fault::Io("sync the head file", error))?;
    }
    if let Err(fault) = write_durably(store, lines.as_bytes()) {
        // Best effort: what cannot be cut off now is an unfinished row, which the next writer cuts off, or a whole
        // one that nobody was told about.
        store.truncate(tail.end).ok();
        store.sync().ok();
        return Err(fault);
    }
    write_head(store, &last)?;
    Ok(receipt)
}

/// The end of a journal.
struct Tail {
    /// Where the last complete row ends.
    end: u64,
    last: Option<Entry>,
    /// Bytes after it: a row whose writer died, never acknowledged.
    torn: u64,
}

/// Finds the last complete row by reading backwards, never more than two rows can be long.
fn find_tail(store: &impl Store) -> Result<Tail, Fault> {
    let io = |error| Fault::Io("read the end of the journal", error);
    let size = store.size().map_err(io)?;
    // A torn write may hold a remark, a row and, before them, the last complete row.
    let limit = u64::try_from(3 * MAX_ROW).unwrap_or(u64::MAX).min(size);
    let mut window = limit.min(8 * 1024);
    loop {
        let begin = size - window;
        let mut bytes = vec![0; usize::try_from(window).unwrap_or(0)];
        store.read_at(begin, &mut bytes).map_err(io)?;
        let (end, line) = last_line(&bytes, begin == 0);
        if let Some(line) = line {
            let end = begin + u64::try_from(end).unwrap_or(0);
            let last = unseal(line).map_err(|what| corrupt(store, end, what))?;
            return Ok(Tail { end, last: Some(last), torn: size - end });
        }
        if begin == 0 {
            return Ok(Tail { end: 0, last: None, torn: size });
        }
        if window == limit {
            let what = Flaw::Unparsable("longer than any row".to_owned());
            return Err(corrupt(store, size, what));
        }
        window = (window * 8).min(limit);
    }
}

/// The last newline-terminated line and the offset behind it; `whole` says that the bytes begin where a line begins.
fn last_line(bytes: &[u8], whole: bool) -> (usize, Option<&[u8]>) {
    let Some(newline) = bytes.iter().rposition(|byte| *byte == b'\n') else {
        return (0, None);
    };
    let before = bytes.get(..newline).unwrap_or_default();
    let begin = match before.iter().rposition(|byte| *byte == b'\n') {
        Some(previous) => previous + 1,
        None if whole => 0,
        None => return (newline + 1, None),
    };
    (newline + 1, before.get(begin..))
}

/// Names the damaged line. Only here is the whole journal read, to count.
fn corrupt(store: &impl Store, end: u64, what: Flaw) -> Fault {
    let mut line = 0;
    let mut offset = 0;
    let mut bytes = vec![0; 64 * 1024];
    while offset < end {
        let count = usize::try_from(end - offset).unwrap_or(usize::MAX).min(bytes.len());
        let Some(part) = bytes.get_mut(..count) else { break };
        if let Err(error) = store.read_at(offset, part) {
            return Fault::Io("read the journal", error);
        }
        line += part.iter().filter(|byte| **byte == b'\n').map(|_| 1).sum::<u64>();
        offset += u64::try_from(count).unwrap_or(u64::MAX);
    }
    Fault::Corrupt { line: line.max(1), what }
}

/// Compares the end of the journal with what was acknowledged last.
fn check_head(last: Option<&Entry>, head: &Found) -> Result<(), Fault> {
    let Found::At(head) = head else { return Ok(()) };
    let found = last.map_or(0, |entry| entry.seq);
    if head.seq > found {
        return Err(Fault::Truncated { found, expected: head.seq });
    }
    let Some(entry) = last else { return Ok(()) };
    let replaced = (head.seq == entry.seq && head.hash != entry.hash)
        || (head.seq.checked_add(1) == Some(entry.seq) && head.hash != entry.prev);
    if replaced {
        // The row is whole and yet not the one that was acknowledged: the acknowledged one is gone.
        return Err(Fault::Truncated { found: found.saturating_sub(1), expected: head.seq });
    }
    Ok(())
}

/// What to write.
struct Composed {
    lines: String,
    receipt: Receipt,
    /// The head when it is written.
    last: Head,
}

/// The lines to write: the drafts, and before them a remark where the end of the journal was not as it should be.
fn compose(draft: &Draft, more: &[Draft], tail: &Tail, head: &Found) -> Result<Composed, Fault> {
    let mut prev = tail.last.as_ref().map_or_else(|| GENESIS.to_owned(), |entry| entry.hash.clone());
    let mut seq = tail.last.as_ref().map_or(1, |entry| entry.seq.saturating_add(1));
    let mut lines = String::new();
    if let Some(remark) = remark(tail, head) {
        let note = Draft {
            time: draft.time.clone(),
            session: draft.session.clone(),
            kind: Kind::Note,
            call: None,
            body: Map::from_iter([(REPAIR.to_owned(), Value::from(remark))]),
        };
        let sealed = seal(&note, seq, &prev);
        lines = sealed.line;
        prev = sealed.hash;
        seq = seq.saturating_add(1);
    }
    let mut add = |draft: &Draft, seq: u64, prev: &str| {
        let sealed = seal(draft, seq, prev);
        if sealed.line.len() > MAX_ROW {
            return Err(Fault::TooLarge(sealed.line.len()));
        }
        lines.push_str(&sealed.line);
        Ok(Head { seq, hash: sealed.hash })
    };
    let first = add(draft, seq, &prev)?;
    let receipt = Receipt { seq: first.seq, hash: first.hash.clone() };
    let last =
        more.iter().try_fold(first, |last, draft| add(draft, last.seq.saturating_add(1), &last.hash))?;
    Ok(Composed { lines, receipt, last })
}

fn remark(tail: &Tail, head: &Found) -> Option<String> {
    let mut remarks = Vec::new();
    if tail.torn > 0 {
        remarks
            .push(format!("cut off {} bytes of an unfinished row, which was never acknowledged", tail.torn));
    }
    match head {
        Found::Nothing if tail.last.is_some() => {
            remarks.push("the head file was missing: rows may have been cut off before this one".to_owned());
        }
        Found::Unreadable => {
            remarks
                .push("the head file was unreadable: rows may have been cut off before this one".to_owned());
        }
        Found::Nothing | Found::At(_) => {}
    }
    (!remarks.is_empty()).then(|| remarks.join("; "))
}

fn write_durably(store: &mut impl Store, bytes: &[u8]) -> Result<(), Fault> {
    let count = store.write(bytes).map_err(|error| Fault::Io("write the row", error))?;
    if count != bytes.len() {
        let error = io::Error::new(io::ErrorKind::StorageFull, "only a part of the row could be written");
        return Err(Fault::Io("write the row", error));
    }
    store.sync().map_err(|error| Fault::Io("sync the row to the disk", error))
}

fn write_head(store: &mut impl Store, head: &Head) -> Result<(), Fault> {
    store.write_head(head.encode().as_bytes()).map_err(|error| Fault::Io("write the head file", error))
}

#[cfg(test)]
mod tests;

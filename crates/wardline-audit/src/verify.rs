//! Walks a whole journal once and says whether its chain holds, and where it first breaks.

use crate::chain::REPAIR;
use crate::entry::{Entry, GENESIS, Kind};
use crate::error::{Flaw, JournalError};
use crate::head::{self, Found};
use crate::read::{Line, Lines};
use crate::store::{load_head, open_to_read};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// How many gaps and repairs are listed; there may be more, as [`Report::bad_rows`] tells.
const LISTED: usize = 1000;

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Complete rows, good or bad.
    pub rows: u64,
    /// The first row that breaks the chain.
    pub first_bad: Option<BadRow>,
    /// How many rows break it.
    pub bad_rows: u64,
    /// Row numbers that are missing, the first 1000.
    pub gaps: Vec<Gap>,
    /// Allowed effects whose end was never recorded: they still run, or their writer was killed.
    pub missing_outcomes: Vec<MissingOutcome>,
    /// Acknowledged rows were cut off the end, or the last one was replaced.
    pub truncated: bool,
    /// The journal ends in an unfinished row. It was never acknowledged; the next append cuts it off.
    pub torn_tail: bool,
    /// What the head file says.
    pub head: HeadState,
    /// Rows after the one that the head file names: their writers were killed before they could update it.
    pub beyond_head: u64,
    /// Rows in which a writer noted a repair of the end of the journal, the first 1000.
    pub repairs: Vec<u64>,
    /// Number and hash of the last row, to be kept elsewhere.
    pub last: Option<(u64, String)>,
}

/// A row that breaks the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its line, counted from 1.
    pub line: u64,
    /// The number it carries, when it can be read.
    pub seq: Option<u64>,
    /// What is wrong.
    pub what: Flaw,
}

/// Row numbers that are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The line of the row after the gap, counted from 1.
    pub line: u64,
    /// The first missing number.
    pub expected: u64,
    /// The number that came instead.
    pub found: u64,
}

/// An allowed effect without a recorded end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingOutcome {
    /// The number of its intent row.
    pub seq: u64,
    /// Its session.
    pub session: String,
    /// Its tool call.
    pub call: String,
}

/// What stands in the head file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadState {
    /// There is none, so rows cut off the end would not be missed.
    Missing,
    /// It is damaged, so rows cut off the end would not be missed.
    Unreadable,
    /// The last row that was acknowledged when it was written.
    At {
        /// Its number; 0 before the first row.
        seq: u64,
        /// Its hash.
        hash: String,
    },
}

impl Report {
    /// Whether the chain holds: no bad row, nothing cut off, and a head file that can tell.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let head = self.rows == 0 || matches!(self.head, HeadState::At { .. });
        self.first_bad.is_none() && self.gaps.is_empty() && !self.truncated && head
    }

    /// Whether, besides, every allowed effect has its outcome.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_clean() && self.missing_outcomes.is_empty()
    }
}

/// Checks a whole journal. Memory does not grow with its length, only with the effects that have no outcome yet.
///
/// # Errors
/// When the journal cannot be read. A damaged journal is no error but a [`Report`] that is not clean.
pub fn verify(path: &Path) -> Result<Report, JournalError> {
    // The head is read first: writers write it last, so it can never be ahead of the rows that are read after it.
    let head = match head::parse(&load_head(path)?) {
        Found::Nothing => HeadState::Missing,
        Found::Unreadable => HeadState::Unreadable,
        Found::At(head) => HeadState::At { seq: head.seq, hash: head.hash },
    };
    let mut walk = Walk::new(head);
    for line in Lines::new(path, open_to_read(path)?) {
        match line? {
            Line::Row(entry) => walk.row(*entry),
            Line::Bad(what) => walk.unreadable(what),
            Line::Torn => walk.report.torn_tail = true,
        }
    }
    Ok(walk.finish())
}

struct Walk {
    report: Report,
    line: u64,
    expected: u64,
    /// Unknown after an unreadable row.
    prev: Option<String>,
    head_seen: bool,
    open: BTreeMap<(String, String), u64>,
}

impl Walk {
    fn new(head: HeadState) -> Self {
        let head_seen = matches!(&head, HeadState::At { seq: 0, .. });
        let report = Report {
            rows: 0,
            first_bad: None,
            bad_rows: 0,
            gaps: Vec::new(),
            missing_outcomes: Vec::new(),
            truncated: false,
            torn_tail: false,
            head,
            beyond_head: 0,
            repairs: Vec::new(),
            last: None,
        };
        Self {
            report,
            line: 0,
            expected: 1,
            prev: Some(GENESIS.to_owned()),
            head_seen,
            open: BTreeMap::new(),
        }
    }

    fn row(&mut self, entry: Entry) {
        self.line += 1;
        self.report.rows += 1;
        if let Some(what) = self.place(&entry) {
            self.bad(Some(entry.seq), what);
        }
        self.follow(entry);
    }

    fn unreadable(&mut self, what: Flaw) {
        self.line += 1;
        self.report.rows += 1;
        self.bad(None, what);
        self.expected = self.expected.saturating_add(1);
        self.prev = None;
    }

    /// Whether the row stands where it belongs.
    fn place(&mut self, entry: &Entry) -> Option<Flaw> {
        let (expected, found) = (self.expected, entry.seq);
        if found < expected {
            return Some(Flaw::Duplicate { seq: found });
        }
        if found > expected {
            if self.report.gaps.len() < LISTED {
                self.report.gaps.push(Gap { line: self.line, expected, found });
            }
            return Some(Flaw::SeqGap { expected, found });
        }
        self.prev.as_ref().is_some_and(|prev| *prev != entry.prev).then_some(Flaw::PrevMismatch)
    }

    fn bad(&mut self, seq: Option<u64>, what: Flaw) {
        self.report.bad_rows += 1;
        let bad = BadRow { line: self.line, seq, what };
        self.report.first_bad.get_or_insert(bad);
    }

    fn follow(&mut self, entry: Entry) {
        if let HeadState::At { seq, hash } = &self.report.head {
            if entry.seq == *seq && entry.hash == *hash {
                self.head_seen = true;
            } else if entry.seq > *seq {
                self.report.beyond_head += 1;
            }
        }
        if entry.kind == Kind::Note && entry.body.contains_key(REPAIR) && self.report.repairs.len() < LISTED {
            self.report.repairs.push(entry.seq);
        }
        self.pair(&entry);
        self.expected = entry.seq.saturating_add(1);
        self.report.last = Some((entry.seq, entry.hash.clone()));
        self.prev = Some(entry.hash);
    }

    /// Matches intents that allowed an effect with their outcomes.
    fn pair(&mut self, entry: &Entry) {
        let Some(call) = &entry.call else { return };
        let key = (entry.session.clone(), call.clone());
        match entry.kind {
            Kind::Intent if entry.body.get("decision").and_then(Value::as_str) == Some("allow") => {
                self.open.insert(key, entry.seq);
            }
            Kind::Outcome => {
                self.open.remove(&key);
            }
            _ => {}
        }
    }

    fn finish(mut self) -> Report {
        self.report.truncated = matches!(self.report.head, HeadState::At { .. }) && !self.head_seen;
        let open = std::mem::take(&mut self.open);
        self.report.missing_outcomes =
            open.into_iter().map(|((session, call), seq)| MissingOutcome { seq, session, call }).collect();
        self.report.missing_outcomes.sort();
        self.report
    }
}

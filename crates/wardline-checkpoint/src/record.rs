//! What a checkpoint says: when, why, by whose doing the workspace changed since the one before, and what changed.
//!
//! One file a checkpoint, with the differences to the one before and their digest; now and then the whole tree beside it, so that
//! none is found by way of too many others.

use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::error::{CheckpointError, at};
use crate::node::{Digest, Node, Place, digest};
use crate::wire::{Damaged, Reader, Writer};

/// Whose doing the changes since the checkpoint before are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Author {
    /// The person's, or of something that no agent's call accounts for.
    Person,
    /// An agent's.
    Agent,
    /// A restore's.
    Restore,
}

/// Why a checkpoint was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// A session began.
    Start,
    /// An effect was about to happen.
    Before,
    /// An effect had happened.
    After,
    /// A session ended.
    End,
    /// A person asked for it.
    Asked,
    /// Something was about to be restored.
    BeforeRestore,
    /// Something was restored.
    AfterRestore,
    /// A session began of which no single effect is seen: all that changes until its end is its doing.
    StartUnwatched,
}

impl Author {
    const ALL: [Self; 3] = [Self::Person, Self::Agent, Self::Restore];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "you",
            Self::Agent => "agent",
            Self::Restore => "revert",
        }
    }
}

impl Occasion {
    const ALL: [Self; 8] = [
        Self::Start,
        Self::Before,
        Self::After,
        Self::End,
        Self::Asked,
        Self::BeforeRestore,
        Self::AfterRestore,
        Self::StartUnwatched,
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start | Self::StartUnwatched => "session-start",
            Self::Before => "before-effect",
            Self::After => "after-effect",
            Self::End => "session-end",
            Self::Asked => "asked",
            Self::BeforeRestore => "before-revert",
            Self::AfterRestore => "after-revert",
        }
    }
}

/// What brings a checkpoint about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Whose doing the changes since the last one are.
    pub author: Author,
    /// Why now.
    pub occasion: Occasion,
    /// The session, empty outside of one.
    pub session: String,
    /// A word for a person: a command, a tool, a note.
    pub label: String,
    /// The time, as the caller writes it.
    pub time: String,
}

/// A checkpoint, without what changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its number; later ones are higher.
    pub number: u64,
    /// What brought it about.
    pub cause: Cause,
    /// Places that changed since the one before.
    pub changed: u64,
    /// Covers this checkpoint and all before it.
    pub digest: Digest,
}

/// A place that changed and what lies there now.
pub(crate) type Change = (Place, Option<Node>);

/// A checkpoint with what changed.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) changes: Vec<Change>,
}

const MAGIC: &[u8; 8] = b"wlcpt01\n";

impl Record {
    /// Makes the record of the next checkpoint.
    pub(crate) fn next(before: Option<&Checkpoint>, cause: &Cause, changes: Vec<Change>) -> (Self, Vec<u8>) {
        let mut out = Writer::default();
        out.raw(MAGIC);
        let number = before.map_or(1, |before| before.number + 1);
        out.number(number);
        out.raw(&before.map_or([0; 32], |before| before.digest));
        let code = |position: Option<usize>| position.and_then(|at| u64::try_from(at).ok()).unwrap_or(0);
        out.number(code(Author::ALL.iter().position(|author| *author == cause.author)));
        out.number(code(Occasion::ALL.iter().position(|occasion| *occasion == cause.occasion)));
        for text in [&cause.session, &cause.label, &cause.time] {
            out.bytes(text.as_bytes());
        }
        write_changes(&changes, &mut out);
        let digest = digest(&out.0);
        out.raw(&digest);
        let changed = u64::try_from(changes.len()).unwrap_or(u64::MAX);
        let checkpoint = Checkpoint { number, cause: cause.clone(), changed, digest };
        (Self { checkpoint, changes }, out.0)
    }

    pub(crate) fn load(path: &Path) -> Result<Self, CheckpointError> {
        let bytes = std::fs::read(path).map_err(at("read", path))?;
        Self::parse(&bytes).map_err(|Damaged| CheckpointError::Damaged { path: path.to_path_buf() })
    }

    fn parse(bytes: &[u8]) -> Result<Self, Damaged> {
        let (bytes, expected) = bytes.split_last_chunk::<32>().ok_or(Damaged)?;
        if digest(bytes) != *expected {
            return Err(Damaged);
        }
        let mut reader = Reader(bytes);
        if reader.raw::<8>()? != *MAGIC {
            return Err(Damaged);
        }
        let number = reader.number()?;
        let _before: Digest = reader.raw()?;
        let index = |number: u64| usize::try_from(number).map_err(|_| Damaged);
        let author = *Author::ALL.get(index(reader.number()?)?).ok_or(Damaged)?;
        let occasion = *Occasion::ALL.get(index(reader.number()?)?).ok_or(Damaged)?;
        let (session, label, time) = (reader.text()?, reader.text()?, reader.text()?);
        let cause = Cause { author, occasion, session, label, time };
        let changes = read_changes(&mut reader)?;
        let changed = u64::try_from(changes.len()).unwrap_or(u64::MAX);
        Ok(Self { checkpoint: Checkpoint { number, cause, changed, digest: *expected }, changes })
    }
}

fn write_changes(changes: &[Change], out: &mut Writer) {
    out.number(u64::try_from(changes.len()).unwrap_or(0));
    let mut before: &[u8] = &[];
    for (place, node) in changes {
        write_place(before, place, out);
        Node::write(node.as_ref(), out);
        before = place;
    }
}

fn read_changes(reader: &mut Reader<'_>) -> Result<Vec<Change>, Damaged> {
    let count = reader.number()?;
    let mut changes: Vec<Change> = Vec::new();
    for _ in 0..count {
        let before = changes.last().map_or(&[][..], |(place, _)| place);
        let place = read_place(before, reader)?;
        changes.push((place, Node::read(reader)?));
    }
    Ok(changes)
}

/// A place as the length that it shares with the one before, and the rest.
pub(crate) fn write_place(before: &[u8], place: &[u8], out: &mut Writer) {
    let shared = before.iter().zip(place).take_while(|(a, b)| a == b).count();
    out.number(u64::try_from(shared).unwrap_or(0));
    out.bytes(place.get(shared..).unwrap_or_default());
}

pub(crate) fn read_place(before: &[u8], reader: &mut Reader<'_>) -> Result<Place, Damaged> {
    let shared = usize::try_from(reader.number()?).map_err(|_| Damaged)?;
    Ok([before.get(..shared).ok_or(Damaged)?, reader.bytes()?].concat())
}

/// A whole tree, sealed with its digest.
pub(crate) fn write_tree(tree: &[(Place, Node)]) -> Vec<u8> {
    let mut out = Writer::default();
    out.number(u64::try_from(tree.len()).unwrap_or(0));
    let mut before: &[u8] = &[];
    for (place, node) in tree {
        write_place(before, place, &mut out);
        Node::write(Some(node), &mut out);
        before = place;
    }
    let seal = digest(&out.0);
    out.raw(&seal);
    out.0
}

/// What [`write_tree`] wrote.
pub(crate) fn read_tree(path: &Path) -> Result<Vec<Change>, CheckpointError> {
    let damaged = |Damaged| CheckpointError::Damaged { path: path.to_path_buf() };
    let bytes = std::fs::read(path).map_err(at("read", path))?;
    let (bytes, expected) = bytes.split_last_chunk::<32>().ok_or_else(|| damaged(Damaged))?;
    if digest(bytes) != *expected {
        return Err(damaged(Damaged));
    }
    read_changes(&mut Reader(bytes)).map_err(damaged)
}

/// Writes a file of the store whole: flushed, then named, then its name flushed.
pub(crate) fn keep(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    let temporary = path.with_extension("new");
    let made = File::options().write(true).create(true).truncate(true).mode(0o600).open(&temporary);
    made.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_data()))
        .and_then(|()| std::fs::rename(&temporary, path))
        .and_then(|()| flush_names(path))
        .map_err(at("write", path))
}

/// Makes the names in the directory of `path` durable.
pub(crate) fn flush_names(path: &Path) -> std::io::Result<()> {
    File::open(path.parent().unwrap_or(path))?.sync_all()
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

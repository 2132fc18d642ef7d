//! What the last look saw, with stamps, so that the next one reads only what may have changed. A cache: without it, or with
//! a damaged one, everything is read again.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::node::{Digest, Node, Place, Stamp, digest};
use crate::record::{read_place, write_place};
use crate::wire::{Damaged, Reader, Writer};

const MAGIC: &[u8; 8] = b"wlindx1\n";

/// A place, what lies there, and its stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) node: Node,
    pub(crate) stamp: Stamp,
    /// Whether the same stamp will mean the same content; of others no stamp is kept.
    pub(crate) settled: bool,
}

/// The tree of a checkpoint, in order of places.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    /// The digest of the checkpoint that it is the tree of.
    pub(crate) of: Digest,
    pub(crate) entries: Vec<Entry>,
}

impl Index {
    /// The kept index, if it is whole and of the checkpoint `of`.
    pub(crate) fn load(path: &Path, of: &Digest) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        let (bytes, expected) = bytes.split_last_chunk::<32>()?;
        if digest(bytes) != *expected {
            return None;
        }
        let index = Self::parse(bytes).ok()?;
        (index.of == *of).then_some(index)
    }

    fn parse(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut reader = Reader(bytes);
        if reader.raw::<8>()? != *MAGIC {
            return Err(Damaged);
        }
        let of = reader.raw()?;
        let mut entries: Vec<Entry> = Vec::new();
        for _ in 0..reader.number()? {
            let place = read_place(entries.last().map_or(&[][..], |entry| &entry.place), &mut reader)?;
            let node = Node::read(&mut reader)?.ok_or(Damaged)?;
            let stamp = Stamp::read(&mut reader)?;
            entries.push(Entry { place, node, stamp, settled: stamp != Stamp::default() });
        }
        Ok(Self { of, entries })
    }

    /// Keeps the index; not flushed to disk, because a torn one is noticed.
    pub(crate) fn keep(&self, path: &Path) -> std::io::Result<()> {
        let mut out = Writer::default();
        out.raw(MAGIC);
        out.raw(&self.of);
        out.number(u64::try_from(self.entries.len()).unwrap_or(0));
        let mut before: &[u8] = &[];
        for entry in &self.entries {
            write_place(before, &entry.place, &mut out);
            Node::write(Some(&entry.node), &mut out);
            if entry.settled { entry.stamp } else { Stamp::default() }.write(&mut out);
            before = &entry.place;
        }
        let seal = digest(&out.0);
        out.raw(&seal);
        let temporary = path.with_extension("new");
        let mut file =
            File::options().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(&out.0)?;
        std::fs::rename(&temporary, path)
    }

    pub(crate) fn get(&self, place: &[u8]) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| entry.place.as_slice().cmp(place)).ok()?;
        self.entries.get(at)
    }

    /// The tree without stamps.
    pub(crate) fn tree(&self) -> Vec<(Place, Node)> {
        self.entries.iter().map(|entry| (entry.place.clone(), entry.node.clone())).collect()
    }
}

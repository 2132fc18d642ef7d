//! Carries a plan out: whole, or not at all, whenever the process dies.
//!
//! Everything new is made first, in a directory of its own at the top of the workspace, and flushed. Then a list of deeds is
//! written beside the store: each is one rename (or an empty directory that goes, or a mode), each names the file that it expects and
//! the one that it brings, and each can be undone by looking which of the two lies where. Then they are done. Renaming the list
//! is the end: before it, whoever opens the store next undoes what was done; after it, only what was replaced is cleared away.
//! What was replaced is checked once it is out of the way, so a file that somebody changed meanwhile is put back, not lost.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use rustix::fs::{self, AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::error::{CheckpointError, at};
use crate::merge::Contents;
use crate::node::{Node, Place, Stamp, split};
use crate::open::{self, name};
use crate::plan::{Act, Step};
use crate::record;
use crate::store::Store;
use crate::walk::STAGING;
use crate::wire::{Damaged, Reader, Writer};

/// More new files than this are flushed by flushing the whole file system once.
const FLUSHED_SINGLY: usize = 64;

/// What becomes of a restore at one of its steps; tests choose, and all else goes on.
#[derive(Debug)]
pub(crate) enum Fate {
    GoOn,
    /// The step fails.
    #[cfg(test)]
    Fail,
    /// The process dies: nothing more happens.
    #[cfg(test)]
    Die,
}

/// Asked before every step that writes.
pub(crate) type Fates<'a> = dyn FnMut() -> Fate + 'a;

/// How a restore stopped.
pub(crate) enum Stop {
    Error(CheckpointError),
    #[cfg(test)]
    Died,
}

impl From<CheckpointError> for Stop {
    fn from(e: CheckpointError) -> Self {
        Self::Error(e)
    }
}

/// One change of the tree. `slot` is a name in the staging directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    /// What lies at a place and what lies in the slot change places.
    Swap { place: Place, slot: u64, old: Stamp, new: Stamp },
    /// What lies at a place goes into the slot.
    Take { place: Place, slot: u64, old: Stamp },
    /// What lies in the slot goes to a place where nothing is.
    Give { place: Place, slot: u64, new: Stamp },
    /// An empty directory goes.
    Unmake { place: Place, mode: u32 },
    /// A directory gets another mode.
    Mode { place: Place, old: u32, new: u32 },
}

/// The list of deeds, as it is written beside the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct List {
    /// The staging directory's name.
    pub(crate) staging: Vec<u8>,
    pub(crate) deeds: Vec<Deed>,
}

impl List {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.bytes(&self.staging);
        out.number(u64::try_from(self.deeds.len()).unwrap_or(0));
        for deed in &self.deeds {
            let (code, place) = match deed {
                Deed::Swap { place, .. } => (0, place),
                Deed::Take { place, .. } => (1, place),
                Deed::Give { place, .. } => (2, place),
                Deed::Unmake { place, .. } => (3, place),
                Deed::Mode { place, .. } => (4, place),
            };
            out.number(code);
            out.bytes(place);
            match deed {
                Deed::Swap { slot, old, new, .. } => {
                    out.number(*slot);
                    old.write(&mut out);
                    new.write(&mut out);
                }
                Deed::Take { slot, old: stamp, .. } | Deed::Give { slot, new: stamp, .. } => {
                    out.number(*slot);
                    stamp.write(&mut out);
                }
                Deed::Unmake { mode, .. } => out.number(u64::from(*mode)),
                Deed::Mode { old, new, .. } => {
                    out.number(u64::from(*old));
                    out.number(u64::from(*new));
                }
            }
        }
        let seal = crate::node::digest(&out.0);
        out.raw(&seal);
        out.0
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Damaged> {
        let (bytes, expected) = bytes.split_last_chunk::<32>().ok_or(Damaged)?;
        if crate::node::digest(bytes) != *expected {
            return Err(Damaged);
        }
        let mut reader = Reader(bytes);
        let staging = reader.bytes()?.to_vec();
        let mut deeds = Vec::new();
        for _ in 0..reader.number()? {
            let (code, place) = (reader.number()?, reader.bytes()?.to_vec());
            deeds.push(match code {
                0 => Deed::Swap {
                    place,
                    slot: reader.number()?,
                    old: Stamp::read(&mut reader)?,
                    new: Stamp::read(&mut reader)?,
                },
                1 => Deed::Take { place, slot: reader.number()?, old: Stamp::read(&mut reader)? },
                2 => Deed::Give { place, slot: reader.number()?, new: Stamp::read(&mut reader)? },
                3 => Deed::Unmake { place, mode: reader.small()? },
                4 => Deed::Mode { place, old: reader.small()?, new: reader.small()? },
                _ => return Err(Damaged),
            });
        }
        Ok(Self { staging, deeds })
    }

    pub(crate) fn places(&self) -> Vec<Place> {
        let place = |deed: &Deed| match deed {
            Deed::Swap { place, .. }
            | Deed::Take { place, .. }
            | Deed::Give { place, .. }
            | Deed::Unmake { place, .. }
            | Deed::Mode { place, .. } => place.clone(),
        };
        self.deeds.iter().map(place).collect()
    }
}

/// The name in the staging directory of a slot, and of what a swap without the kernel's help puts aside.
pub(crate) fn slot_name(slot: u64) -> Vec<u8> {
    format!("n{slot}").into_bytes()
}

pub(crate) fn aside_name(slot: u64) -> Vec<u8> {
    format!("o{slot}").into_bytes()
}

impl Store {
    fn wal(&self) -> PathBuf {
        self.directory.join("undo.wal")
    }

    /// Carries the steps out. Contents come from `contents`.
    pub(crate) fn apply(
        &self,
        steps: &[Step],
        contents: &dyn Contents,
        fates: &mut Fates<'_>,
    ) -> Result<(), Stop> {
        let mut staging = STAGING.to_vec();
        staging.extend_from_slice(std::process::id().to_string().as_bytes());
        let mut list = List { staging, deeds: Vec::new() };
        let result = self.stage(steps, contents, &mut list, fates).and_then(|here| {
            for deed in &list.deeds {
                ask(fates)?;
                self.perform(&here, deed)?;
            }
            self.flush(&list)?;
            ask(fates)?;
            let done = self.directory.join("undo.done");
            std::fs::rename(self.wal(), &done)
                .and_then(|()| record::flush_names(&done))
                .map_err(at("write", &done))?;
            Ok(())
        });
        match result {
            Err(Stop::Error(e)) => {
                self.undo(&list)?;
                Err(Stop::Error(e))
            }
            other => other,
        }
    }

    /// Makes what is new in the staging directory, and the list of deeds.
    fn stage(
        &self,
        steps: &[Step],
        contents: &dyn Contents,
        list: &mut List,
        fates: &mut Fates<'_>,
    ) -> Result<OwnedFd, Stop> {
        ask(fates)?;
        record::keep(&self.wal(), &list.write())?;
        ask(fates)?;
        let path = self.root.join(name(&list.staging));
        fs::mkdirat(&self.ground, name(&list.staging), Mode::RWXU).map_err(at("make", &path))?;
        let here = open::directory(&self.ground, &list.staging).map_err(at("open", &path))?;
        let single = steps.len() <= FLUSHED_SINGLY;
        let mut late = Vec::new();
        let mut deeds = Vec::new();
        for (step, slot) in steps.iter().zip(0..) {
            let place = step.place.clone();
            let expected = || self.index.get(&step.place).map(|entry| entry.stamp).unwrap_or_default();
            deeds.push(match (&step.act, &step.old, &step.new) {
                (Act::Remove, ..) => Deed::Take { place, slot, old: expected() },
                (Act::RemoveDirectory, Some(Node::Directory { mode }), _) => {
                    Deed::Unmake { place, mode: *mode }
                }
                (Act::Mode, Some(Node::Directory { mode: old }), Some(Node::Directory { mode: new })) => {
                    Deed::Mode { place, old: *old, new: *new }
                }
                (Act::MakeDirectory | Act::Put, old, Some(node)) => {
                    ask(fates)?;
                    let made = make(&here, slot, node, contents, single);
                    let new = made.map_err(at("prepare", &self.root.join(name(&place))))?;
                    if let Node::Directory { mode } = node {
                        // Made open for its owner, so that it can be filled.
                        late.push(Deed::Mode { place: place.clone(), old: 0o700, new: *mode });
                    }
                    match old {
                        Some(_) => Deed::Swap { place, slot, old: expected(), new },
                        None => Deed::Give { place, slot, new },
                    }
                }
                _ => continue,
            });
        }
        deeds.extend(late.into_iter().rev());
        let flushed = if single { fs::fsync(&here) } else { fs::syncfs(&here) };
        flushed.map_err(at("flush", &path))?;
        ask(fates)?;
        list.deeds = deeds;
        record::keep(&self.wal(), &list.write())?;
        Ok(here)
    }

    /// Does one deed, and checks that what it put aside is what was expected.
    fn perform(&self, staging: &OwnedFd, deed: &Deed) -> Result<(), CheckpointError> {
        let (Deed::Swap { place, .. }
        | Deed::Take { place, .. }
        | Deed::Give { place, .. }
        | Deed::Unmake { place, .. }
        | Deed::Mode { place, .. }) = deed;
        let path = self.root.join(name(place));
        let fail = |why: Errno| match why {
            // Something is, or is no longer, where it was a moment ago.
            Errno::EXIST | Errno::NOENT | Errno::NOTEMPTY | Errno::NOTDIR | Errno::ISDIR | Errno::LOOP => {
                CheckpointError::Changed(path.clone())
            }
            why => at("restore", &path)(why),
        };
        let (parent, last) = split(place);
        let parent = open::directory(&self.ground, parent).map_err(fail)?;
        let last = name(last);
        let check = |aside: &[u8], expected: &Stamp| {
            let found = stamp(staging, aside).map_err(fail)?;
            if found.is_same_file(expected) { Ok(()) } else { Err(CheckpointError::Changed(path.clone())) }
        };
        match deed {
            Deed::Swap { slot, old, .. } => {
                let (slot, aside) = (slot_name(*slot), aside_name(*slot));
                match fs::renameat_with(staging, name(&slot), &parent, last, RenameFlags::EXCHANGE) {
                    Ok(()) => check(&slot, old),
                    // Some network file systems cannot exchange.
                    Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                        fs::renameat(&parent, last, staging, name(&aside)).map_err(fail)?;
                        check(&aside, old)?;
                        settle(staging, &slot, &parent, last).map_err(fail)
                    }
                    Err(e) => Err(fail(e)),
                }
            }
            Deed::Take { slot, old, .. } => {
                fs::renameat(&parent, last, staging, name(&slot_name(*slot))).map_err(fail)?;
                check(&slot_name(*slot), old)
            }
            Deed::Give { slot, .. } => settle(staging, &slot_name(*slot), &parent, last).map_err(fail),
            Deed::Unmake { .. } => fs::unlinkat(&parent, last, AtFlags::REMOVEDIR).map_err(fail),
            Deed::Mode { new, .. } => set_mode(&parent, last, *new).map_err(fail),
        }
    }

    /// Makes the new names durable.
    fn flush(&self, list: &List) -> Result<(), CheckpointError> {
        let failed = at("flush", &self.root);
        if list.deeds.len() > FLUSHED_SINGLY {
            return fs::syncfs(&self.ground).map_err(failed);
        }
        for place in list.places() {
            // A directory that is gone has nothing to flush.
            if let Ok(parent) = open::directory(&self.ground, split(&place).0) {
                fs::fsync(&parent).map_err(at("flush", &self.root))?;
            }
        }
        Ok(())
    }
}

/// Asks for the fate of the next step.
pub(crate) fn ask(fates: &mut Fates<'_>) -> Result<(), Stop> {
    match fates() {
        Fate::GoOn => Ok(()),
        #[cfg(test)]
        Fate::Fail => {
            Err(Stop::Error(at("go on in", std::path::Path::new("/test"))(io::Error::other("asked for"))))
        }
        #[cfg(test)]
        Fate::Die => Err(Stop::Died),
    }
}

/// Moves a thing to a name that nothing has.
pub(crate) fn settle(
    from: &impl AsFd,
    what: &[u8],
    to: &impl AsFd,
    last: &std::ffi::OsStr,
) -> Result<(), Errno> {
    match fs::renameat_with(from, name(what), to, last, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            if fs::statat(to, last, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
                return Err(Errno::EXIST);
            }
            fs::renameat(from, name(what), to, last)
        }
        other => other,
    }
}

/// The stamp of a thing in a directory.
pub(crate) fn stamp(directory: &impl AsFd, what: &[u8]) -> Result<Stamp, Errno> {
    fs::statat(directory, name(what), AtFlags::SYMLINK_NOFOLLOW).map(|stat| Stamp::of(&stat))
}

/// Sets the mode of a directory, following no link.
pub(crate) fn set_mode(parent: &impl AsFd, last: &std::ffi::OsStr, mode: u32) -> Result<(), Errno> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::PATH;
    let directory = fs::openat(parent, last, flags, Mode::empty())?;
    // A descriptor that only names can be changed through its own entry, whatever the directory's present mode.
    let own = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&directory));
    fs::chmod(own, Mode::from_raw_mode(mode))
}

/// Makes a thing in a slot, and says how to know it again.
fn make(
    staging: &OwnedFd,
    slot: u64,
    node: &Node,
    contents: &dyn Contents,
    flush: bool,
) -> io::Result<Stamp> {
    let slot = slot_name(slot);
    match node {
        Node::Directory { .. } => fs::mkdirat(staging, name(&slot), Mode::RWXU)?,
        Node::Link { target } => fs::symlinkat(name(target), staging, name(&slot))?,
        Node::File { mode, digest, .. } => {
            let content =
                contents.read(digest).ok_or_else(|| io::Error::other("its content is not in the store"))?;
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = File::from(fs::openat(staging, name(&slot), flags, Mode::RUSR | Mode::WUSR)?);
            fill(&file, &content)?;
            fs::fchmod(&file, Mode::from_raw_mode(*mode))?;
            if flush {
                file.sync_all()?;
            }
        }
        Node::Opaque { .. } => return Err(io::Error::other("its content is not in the store")),
    }
    Ok(stamp(staging, &slot)?)
}

/// Writes a content; long runs of zeros become holes.
fn fill(mut file: &File, content: &[u8]) -> io::Result<()> {
    const BLOCK: usize = 64 * 1024;
    if content.len() < BLOCK {
        return file.write_all(content);
    }
    file.set_len(u64::try_from(content.len()).unwrap_or(u64::MAX))?;
    let mut offset = 0;
    for block in content.chunks(BLOCK) {
        if block.iter().any(|byte| *byte != 0) {
            file.write_all_at(block, offset)?;
        }
        offset += u64::try_from(block.len()).unwrap_or(0);
    }
    Ok(())
}

//! Brings an interrupted restore to its beginning, or to its end when only clearing away was left.
//!
//! Which deeds were done is read from the tree itself: a deed was done when the file that it brought is no longer in its slot. What
//! somebody changed after the interruption is left to them; what lay there before is in the store.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{self, AtFlags, Mode, RenameFlags};
use rustix::io::Errno;

use crate::apply::{Deed, List, aside_name, set_mode, settle, slot_name, stamp};
use crate::error::{CheckpointError, at};
use crate::node::{Place, Stamp, split};
use crate::open::{self, name};
use crate::record::{self, Author, Cause, Occasion};
use crate::store::Store;

impl Store {
    /// Ends whatever restore was interrupted.
    pub(crate) fn recover(&mut self) -> Result<(), CheckpointError> {
        let wal = self.directory.join("undo.wal");
        if let Some(list) = read(&wal)? {
            self.undo(&list)?;
        }
        let done = self.directory.join("undo.done");
        if let Some(list) = read(&done)? {
            self.finish(&list, "interrupted")?;
        }
        Ok(())
    }

    /// After the end: clears away what was replaced, and records what the restore did.
    pub(crate) fn finish(&mut self, list: &List, label: &str) -> Result<(), CheckpointError> {
        let cause = Cause {
            author: Author::Restore,
            occasion: Occasion::AfterRestore,
            session: String::new(),
            label: label.to_owned(),
            time: self.now.text.clone(),
        };
        self.finish_as(list, &cause)
    }

    /// As [`Store::finish`], recorded as `cause` has it.
    pub(crate) fn finish_as(&mut self, list: &List, cause: &Cause) -> Result<(), CheckpointError> {
        let done = self.directory.join("undo.done");
        self.capture_places(cause, &list.places())?;
        self.clear(list)?;
        std::fs::remove_file(&done).map_err(at("remove", &done))
    }

    /// Reads the list of a restore that has ended.
    pub(crate) fn ended(&self) -> Result<Option<List>, CheckpointError> {
        read(&self.directory.join("undo.done"))
    }

    /// Undoes what was done of a list, clears away what was made, and removes the list.
    pub(crate) fn undo(&self, list: &List) -> Result<(), CheckpointError> {
        let wal = self.directory.join("undo.wal");
        if let Ok(staging) = open::directory(&self.ground, &list.staging) {
            for deed in list.deeds.iter().rev() {
                self.take_back(&staging, list, deed)?;
            }
            if !list.deeds.is_empty() {
                fs::syncfs(&self.ground).map_err(at("flush", &self.root))?;
            }
        }
        self.clear(list)?;
        match std::fs::remove_file(&wal) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(at("remove", &wal)(e)),
            _ => record::flush_names(&wal).map_err(at("flush", &wal)),
        }
    }

    /// Undoes one deed, if it was done and nobody changed the place since.
    fn take_back(&self, staging: &OwnedFd, list: &List, deed: &Deed) -> Result<(), CheckpointError> {
        let (Deed::Swap { place, slot, .. }
        | Deed::Take { place, slot, .. }
        | Deed::Give { place, slot, .. }) = deed
        else {
            return self.take_back_directory(deed);
        };
        let slot = slot_name(*slot);
        let (parent, last) = split(place);
        let kept = self.root.join(name(&list.staging)).join(name(&slot));
        let stuck = |why: Errno| CheckpointError::Stuck {
            path: self.root.join(name(place)),
            kept: kept.clone(),
            why: why.into(),
        };
        let parent = match open::directory(&self.ground, parent) {
            Ok(parent) => parent,
            // Never reached, or somebody's work since.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(()),
            Err(e) => return Err(stuck(e)),
        };
        let here = stamp(&parent, split(place).1).ok();
        let in_slot = stamp(staging, &slot).ok();
        match deed {
            Deed::Swap { slot: number, new, .. } => {
                let aside = aside_name(*number);
                if stamp(staging, &aside).is_ok() {
                    if here.is_some_and(|here| here.is_same_file(new)) {
                        fs::renameat(&parent, name(last), staging, name(&slot)).map_err(stuck)?;
                    }
                    return gently(settle(staging, &aside, &parent, name(last))).map_err(stuck);
                }
                let swapped = in_slot.is_some_and(|in_slot| in_slot.inode != new.inode);
                if swapped && here.is_some_and(|here| here.is_same_file(new)) {
                    fs::renameat_with(staging, name(&slot), &parent, name(last), RenameFlags::EXCHANGE)
                        .map_err(stuck)?;
                } else if swapped && here.is_none() {
                    gently(settle(staging, &slot, &parent, name(last))).map_err(stuck)?;
                }
            }
            Deed::Take { .. } if in_slot.is_some() => {
                gently(settle(staging, &slot, &parent, name(last))).map_err(stuck)?;
            }
            Deed::Give { new, .. } if in_slot.is_none() => {
                self.take_back_given(&parent, last, new, here, staging, &slot)
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes back what was put where nothing was, unless it is no longer that.
    fn take_back_given(
        &self,
        parent: &OwnedFd,
        last: &[u8],
        new: &Stamp,
        here: Option<Stamp>,
        staging: &OwnedFd,
        slot: &[u8],
    ) {
        let Some(here) = here else { return };
        if here.inode != new.inode {
            return;
        }
        if here.mode & 0o170_000 == 0o040_000 {
            // Stays when somebody put something into it.
            fs::unlinkat(parent, name(last), AtFlags::REMOVEDIR).ok();
        } else if here.is_same_file(new) {
            fs::renameat(parent, name(last), staging, name(slot)).ok();
        }
    }

    fn take_back_directory(&self, deed: &Deed) -> Result<(), CheckpointError> {
        let (Deed::Unmake { place, .. } | Deed::Mode { place, .. }) = deed else { return Ok(()) };
        let (parent, last) = split(place);
        let path = self.root.join(name(place));
        let Ok(parent) = open::directory(&self.ground, parent) else { return Ok(()) };
        let put_back = |result| match result {
            Ok(()) | Err(Errno::EXIST | Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(()),
            Err(e) => Err(at("put back", &path)(e)),
        };
        match deed {
            Deed::Unmake { mode, .. } => match fs::mkdirat(&parent, name(last), Mode::RWXU) {
                Ok(()) => put_back(set_mode(&parent, name(last), *mode)),
                other => put_back(other),
            },
            Deed::Mode { old, new, .. } => {
                let now = stamp(&parent, last).map(|stamp| stamp.permissions());
                if now == Ok(*new) { put_back(set_mode(&parent, name(last), *old)) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// Removes the staging directory with everything that a list may have put there.
    pub(crate) fn clear(&self, list: &List) -> Result<(), CheckpointError> {
        let path = self.root.join(name(&list.staging));
        let Ok(staging) = open::directory(&self.ground, &list.staging) else { return Ok(()) };
        let Ok(entries) = fs::Dir::read_from(&staging) else { return Ok(()) };
        let names: Vec<Place> =
            entries.flatten().map(|entry| entry.file_name().to_bytes().to_vec()).collect();
        for entry in names.iter().filter(|entry| ![b".".as_slice(), b".."].contains(&entry.as_slice())) {
            if fs::unlinkat(&staging, name(entry), AtFlags::empty()).is_err() {
                fs::unlinkat(&staging, name(entry), AtFlags::REMOVEDIR).ok();
            }
        }
        fs::unlinkat(&self.ground, name(&list.staging), AtFlags::REMOVEDIR).map_err(at("remove", &path))
    }
}

/// A thing whose place was taken meanwhile stays in the store only.
fn gently(result: Result<(), Errno>) -> Result<(), Errno> {
    match result {
        Err(Errno::EXIST) => Ok(()),
        other => other,
    }
}

fn read(path: &Path) -> Result<Option<List>, CheckpointError> {
    let bytes = match std::fs::read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(at("read", path))?,
    };
    let list = List::read(&bytes).map_err(|_| CheckpointError::Damaged { path: path.to_path_buf() })?;
    Ok(Some(list))
}

//! What a command left in the upper layer of an overlay over the workspace, and taking it over: whole, or not at all.
//!
//! The layer is as overlayfs keeps it: a file that was written or made lies there whole, a device numbered 0 stands for what was
//! removed, and a directory with a mark hides all that the workspace has at its place. What comes of it are the same steps as of a
//! revert, carried out by the same list that is begun and ended or taken back.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{self, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::apply::Stop;
use crate::apply::{Fate, Fates};
use crate::error::{CheckpointError, at};
use crate::limits::REPOSITORIES;
use crate::merge::Contents;
use crate::node::{Digest, Node, Place, digest};
use crate::open::{self, name};
use crate::plan::{Own, Plan, Tree, plan};
use crate::record::{Cause, Occasion};
use crate::store::Store;

/// The note of overlayfs on a directory that hides what lies below it.
const OPAQUE: &std::ffi::CStr = c"user.overlay.opaque";
/// The file that git writes anew whenever it looks; what it holds can be made again from the rest.
const INDEX: &[u8] = b".git/index";
/// Deeper directories are not taken over.
const DEEPEST: usize = 512;

/// What a command would make of the workspace.
#[derive(Debug)]
pub struct Rehearsal {
    /// Every place that would be another, with what would lie there.
    pub changes: BTreeMap<Place, Option<Node>>,
    /// Places that cannot be taken over, with the reason; then nothing is.
    pub refused: BTreeMap<Place, String>,
    /// Places that are left out, and that nobody will miss.
    pub left_out: Vec<Place>,
    upper: OwnedFd,
    files: HashMap<Digest, Place>,
}

impl Rehearsal {
    /// A digest of all that would change: two with the same digest make the same of the same workspace.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut out = crate::wire::Writer::default();
        for (place, node) in &self.changes {
            out.bytes(place);
            Node::write(node.as_ref(), &mut out);
        }
        digest(&out.0)
    }
}

impl Contents for Rehearsal {
    fn read(&self, wanted: &Digest) -> Option<Arc<[u8]>> {
        let file = open::open(&self.upper, self.files.get(wanted)?, OFlags::RDONLY).ok()?;
        let mut content = Vec::new();
        File::from(file).read_to_end(&mut content).ok()?;
        (digest(&content) == *wanted).then(|| content.into())
    }
}

impl Store {
    /// Reads the layer `upper` over the workspace as the last checkpoint has it. Take one first.
    ///
    /// # Errors
    /// [`CheckpointError`] when the layer cannot be read.
    pub fn rehearsed(&self, upper: &Path) -> Result<Rehearsal, CheckpointError> {
        let upper: OwnedFd = File::open(upper).map_err(at("open", upper))?.into();
        let files = HashMap::new();
        let (changes, refused, left_out) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let mut rehearsal = Rehearsal { changes, refused, left_out, upper, files };
        let tree = self.index.tree();
        let mut reader = Reader { now: Tree::new(&tree), limit: self.limits.file, rehearsal: &mut rehearsal };
        reader.directory(b"", 0);
        Ok(rehearsal)
    }

    /// What taking the rehearsal over comes to: the steps, and what stands in the way.
    #[must_use]
    pub fn fit(&self, rehearsal: &Rehearsal) -> Plan {
        let tree = self.index.tree();
        let mut plan =
            plan(Tree::new(&tree), rehearsal.changes.clone(), BTreeMap::new(), &Own::default(), rehearsal);
        plan.conflicts.extend(rehearsal.refused.clone());
        plan
    }

    /// Takes a rehearsal over, as `cause` has it: an agent's doing, with a checkpoint before and one after. Gives the number of the
    /// first.
    ///
    /// # Errors
    /// [`CheckpointError::Changed`] when the workspace is not what the rehearsal was seen over (`seen` is its plan then), and others;
    /// nothing was changed then.
    pub fn take_over(
        &mut self,
        rehearsal: &Rehearsal,
        seen: &Plan,
        cause: &Cause,
    ) -> Result<u64, CheckpointError> {
        let mut go_on = || Fate::GoOn;
        match self.take_over_stepwise(rehearsal, seen, cause, &mut go_on) {
            Ok(number) => Ok(number),
            Err(Stop::Error(e)) => Err(e),
            #[cfg(test)]
            Err(Stop::Died) => Err(CheckpointError::Empty),
        }
    }

    pub(crate) fn take_over_stepwise(
        &mut self,
        rehearsal: &Rehearsal,
        seen: &Plan,
        cause: &Cause,
        fates: &mut Fates<'_>,
    ) -> Result<u64, Stop> {
        let author = self.author_now()?;
        let before = Cause { occasion: Occasion::Before, author, ..cause.clone() };
        let before = self.capture(&before)?.checkpoint.number;
        if self.fit(rehearsal) != *seen || !seen.conflicts.is_empty() {
            return Err(CheckpointError::Changed(self.root.clone()).into());
        }
        self.apply(&seen.steps, rehearsal, fates)?;
        crate::apply::ask(fates)?;
        if let Some(list) = self.ended()? {
            let after = Cause { occasion: Occasion::After, ..cause.clone() };
            self.finish_as(&list, &after)?;
        }
        Ok(before)
    }
}

/// Reads a layer.
struct Reader<'a> {
    now: Tree<'a>,
    limit: u64,
    rehearsal: &'a mut Rehearsal,
}

impl Reader<'_> {
    fn refuse(&mut self, place: &[u8], why: &str) {
        self.rehearsal.refused.insert(place.to_vec(), why.to_owned());
    }

    /// What lies at a place from now on; what lay below it is gone unless it comes again.
    fn becomes(&mut self, place: &[u8], node: Option<Node>, hides: bool) {
        if hides {
            let below: Vec<Place> = self.now.below(place).map(<[u8]>::to_vec).collect();
            self.rehearsal.changes.extend(below.into_iter().map(|place| (place, None)));
        }
        if self.now.get(place) != node.as_ref() {
            self.rehearsal.changes.insert(place.to_vec(), node);
        } else {
            self.rehearsal.changes.remove(place);
        }
    }

    fn directory(&mut self, place: &[u8], depth: usize) {
        let listed = open::directory(&self.rehearsal.upper, place).and_then(|here| {
            let entries = fs::Dir::read_from(&here)?;
            entries.map(|entry| Ok(entry?.file_name().to_bytes().to_vec())).collect::<Result<Vec<_>, Errno>>()
        });
        let Ok(mut names) = listed else { return self.refuse(place, "it could not be read") };
        if depth >= DEEPEST {
            return self.refuse(place, "it lies too deep");
        }
        names.retain(|name| name != b"." && name != b"..");
        names.sort_unstable();
        for name in names {
            let place = if place.is_empty() { name.clone() } else { [place, &name].join(&b'/') };
            if REPOSITORIES.contains(&name.as_slice()) {
                self.repository(&place);
            } else {
                self.entry(&place, depth);
            }
        }
    }

    fn entry(&mut self, place: &[u8], depth: usize) {
        let opened = open::open(&self.rehearsal.upper, place, OFlags::PATH);
        let Ok((here, stat)) = opened.and_then(|here| fs::fstat(&here).map(|stat| (here, stat))) else {
            return self.refuse(place, "it could not be read");
        };
        let mode = stat.st_mode & 0o7777;
        let was_directory = self.now.get(place).is_some_and(Node::is_directory);
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::CharacterDevice if stat.st_rdev == 0 => self.becomes(place, None, true),
            FileType::Directory => {
                let hides = self.hides(place);
                self.becomes(place, Some(Node::Directory { mode }), hides);
                self.directory(place, depth + 1);
            }
            FileType::Symlink => match fs::readlinkat(&here, c"", Vec::new()) {
                Ok(target) => {
                    self.becomes(place, Some(Node::Link { target: target.into_bytes() }), was_directory);
                }
                Err(_) => self.refuse(place, "it could not be read"),
            },
            FileType::RegularFile => match self.file(place, mode) {
                Ok(node) => self.becomes(place, Some(node), was_directory),
                Err(why) => self.refuse(place, why),
            },
            _ => self.refuse(place, "it is a socket, a pipe or a device"),
        }
    }

    /// Whether a directory of the layer hides what the workspace has there.
    fn hides(&self, place: &[u8]) -> bool {
        let mut value = [0_u8; 8];
        let here = open::directory(&self.rehearsal.upper, place);
        let read = here.and_then(|here| fs::fgetxattr(&here, OPAQUE, &mut value));
        // `x` only says that some of what lies in it may be marked in another way, which overlayfs does not do by itself.
        read.is_ok_and(|length| value.get(..length) == Some(b"y"))
    }

    fn file(&mut self, place: &[u8], mode: u32) -> Result<Node, &'static str> {
        const UNREADABLE: &str = "it could not be read";
        let file = open::open(&self.rehearsal.upper, place, OFlags::RDONLY | OFlags::NONBLOCK);
        let mut content = Vec::new();
        let mut file = File::from(file.map_err(|_| UNREADABLE)?).take(self.limit.saturating_add(1));
        file.read_to_end(&mut content).map_err(|_| UNREADABLE)?;
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        if size > self.limit {
            return Err("it is larger than the limit for one file");
        }
        let digest = digest(&content);
        self.rehearsal.files.insert(digest, place.to_vec());
        Ok(Node::File { mode, size, digest })
    }

    /// A version control system's own files are in no checkpoint, so no change of them could be taken back.
    fn repository(&mut self, place: &[u8]) {
        let mut changed = Vec::new();
        collect(&self.rehearsal.upper, place, &mut changed);
        match changed.as_slice() {
            [] => {}
            [only] if only.ends_with(INDEX) => self.rehearsal.left_out.push(only.clone()),
            _ => self.refuse(place, "it is a version control system's own, and is not kept by checkpoints"),
        }
    }
}

/// Everything below a place that is no directory.
fn collect(root: &OwnedFd, place: &[u8], found: &mut Vec<Place>) {
    const MOST: usize = 1000;
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(here) = open::open(root, place, flags) else { return found.push(place.to_vec()) };
    let entries = fs::Dir::read_from(&here).into_iter().flatten().flatten();
    for entry in entries {
        let part = entry.file_name().to_bytes();
        if part != b"." && part != b".." && found.len() < MOST {
            collect(root, &[place, part].join(&b'/'), found);
        }
    }
}

/// Removes an overlay's directory. Overlayfs closes its own directory in it to everybody, and a command may do so with its own.
///
/// # Errors
/// When something of it could not be removed.
pub fn remove_overlay(directory: &Path) -> std::io::Result<()> {
    let parent: OwnedFd = File::open(directory.parent().unwrap_or_else(|| Path::new("/")))?.into();
    let Some(last) = directory.file_name() else { return Ok(()) };
    Ok(remove(&parent, last)?)
}

fn remove(parent: &OwnedFd, last: &std::ffi::OsStr) -> Result<(), Errno> {
    match fs::unlinkat(parent, last, fs::AtFlags::empty()) {
        Err(Errno::ISDIR | Errno::PERM) => {}
        other => return other,
    }
    crate::apply::set_mode(parent, last, 0o700)?;
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let here = fs::openat(parent, last, flags, Mode::empty())?;
    let names: Vec<Vec<u8>> =
        fs::Dir::read_from(&here)?.flatten().map(|entry| entry.file_name().to_bytes().to_vec()).collect();
    for part in names.iter().filter(|part| *part != b"." && *part != b"..") {
        remove(&here, name(part))?;
    }
    fs::unlinkat(parent, last, fs::AtFlags::REMOVEDIR)
}

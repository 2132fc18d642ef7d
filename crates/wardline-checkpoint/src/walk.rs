//! Looks at every place of a workspace: relative to open directories, through no link, on one file system, on two threads.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RawDir};
use rustix::io::Errno;

use crate::limits::REPOSITORIES;
use crate::node::{Place, Stamp, Why};
use crate::open::{self, name};

/// Deeper places are known to be there and no more.
const DEEPEST: usize = 512;
/// Places of one workspace; the directories in which the rest lie are known to be there and no more.
const MOST: usize = 2_000_000;
/// Threads that look, and later read.
pub(crate) const THREADS: usize = 2;
/// What restoring makes while it works begins with this, at the top of the workspace.
pub(crate) const STAGING: &[u8] = b".wardline-undo-";

/// What a look says of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) place: Place,
    pub(crate) stamp: Stamp,
    pub(crate) kind: Kind,
}

/// What lies at a place, as far as a look tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    File,
    Link,
    Other(Why),
}

/// A workspace as it is looked at.
pub(crate) struct Ground<'a> {
    pub(crate) root: &'a OwnedFd,
    /// The file system of the root.
    pub(crate) device: u64,
    /// A directory that is left out, by inode: the store itself, should it lie inside.
    pub(crate) without: Option<u64>,
    /// When it is too late to go on.
    pub(crate) until: Option<Instant>,
}

impl Ground<'_> {
    /// Whether the time is over. What was seen until then is not everything.
    pub(crate) fn is_late(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// A directory that is still to be looked through.
struct Todo {
    above: Arc<OwnedFd>,
    name: Vec<u8>,
    place: Place,
    depth: usize,
}

#[derive(Default)]
struct Work {
    todo: Vec<Todo>,
    busy: usize,
    seen: usize,
}

/// Every place below the root, in order.
pub(crate) fn walk(ground: &Ground<'_>) -> Result<Vec<Found>, Errno> {
    let root = Arc::new(open::directory(ground.root, b"")?);
    let first = Todo { above: root, name: b".".to_vec(), place: Vec::new(), depth: 0 };
    let work = (Mutex::new(Work { todo: vec![first], ..Work::default() }), Condvar::new());
    let mut all: Vec<Found> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| worker(ground, &work))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    all.sort_unstable_by(|a, b| a.place.cmp(&b.place));
    Ok(all)
}

fn worker(ground: &Ground<'_>, (work, wake): &(Mutex<Work>, Condvar)) -> Vec<Found> {
    let lock = || work.lock().unwrap_or_else(PoisonError::into_inner);
    let mut found = Vec::new();
    let mut state = lock();
    loop {
        let Some(next) = state.todo.pop() else {
            if state.busy == 0 {
                wake.notify_all();
                return found;
            }
            state = wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        state.busy += 1;
        let full = state.seen >= MOST;
        drop(state);
        let before = found.len();
        let below = look_through(ground, &next, full, &mut found);
        state = lock();
        state.busy -= 1;
        state.seen += found.len().saturating_sub(before);
        if !below.is_empty() || state.busy == 0 {
            wake.notify_all();
        }
        if ground.is_late() {
            state.todo.clear();
        } else {
            state.todo.extend(below);
        }
    }
}

/// Looks through one directory; gives the directories in it.
fn look_through(ground: &Ground<'_>, todo: &Todo, full: bool, found: &mut Vec<Found>) -> Vec<Todo> {
    let unseen = |why| Found { place: todo.place.clone(), stamp: Stamp::default(), kind: Kind::Other(why) };
    if full {
        found.push(unseen(Why::TooMuch));
        return Vec::new();
    }
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let here = match fs::openat(&todo.above, name(&todo.name), flags, Mode::empty()) {
        Ok(here) => Arc::new(here),
        // Gone meanwhile.
        Err(Errno::NOENT) => return Vec::new(),
        Err(_) => {
            found.push(unseen(Why::Unreadable));
            return Vec::new();
        }
    };
    let mut below = Vec::new();
    let mut buffer = Vec::with_capacity(32 * 1024);
    let mut entries = RawDir::new(&*here, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let Ok(entry) = entry else {
            found.push(unseen(Why::Unreadable));
            break;
        };
        let part = entry.file_name().to_bytes();
        if part == b"." || part == b".." || (todo.depth == 0 && part.starts_with(STAGING)) {
            continue;
        }
        let place = if todo.place.is_empty() { part.to_vec() } else { [&todo.place, part].join(&b'/') };
        let Ok(stat) = fs::statat(&*here, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let stamp = Stamp::of(&stat);
        let kind = kind(ground, part, &stat, todo.depth + 1);
        if kind == Kind::Directory {
            if ground.without == Some(stat.st_ino) {
                continue;
            }
            let depth = todo.depth + 1;
            below.push(Todo { above: Arc::clone(&here), name: part.to_vec(), place: place.clone(), depth });
        }
        found.push(Found { place, stamp, kind });
    }
    below
}

fn kind(ground: &Ground<'_>, name: &[u8], stat: &fs::Stat, depth: usize) -> Kind {
    if REPOSITORIES.contains(&name) {
        return Kind::Other(Why::Repository);
    }
    if stat.st_dev != ground.device {
        return Kind::Other(Why::Mounted);
    }
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory if depth > DEEPEST => Kind::Other(Why::TooDeep),
        FileType::Directory => Kind::Directory,
        FileType::RegularFile => Kind::File,
        FileType::Symlink => Kind::Link,
        _ => Kind::Other(Why::Special),
    }
}

/// As [`walk`], for some places and the directories above them only. What is not there is not among them.
pub(crate) fn look_at(ground: &Ground<'_>, places: &BTreeSet<Place>) -> Vec<Found> {
    let mut found = Vec::new();
    for place in places {
        let Ok(fd) = open::open(ground.root, place, OFlags::PATH) else { continue };
        let Ok(stat) = fs::fstat(&fd) else { continue };
        let depth = place.iter().filter(|byte| **byte == b'/').count() + 1;
        let own = place.split(|byte| *byte == b'/').rev();
        // Below a repository's own files nothing is looked at.
        if own.clone().skip(1).any(|part| REPOSITORIES.contains(&part)) {
            continue;
        }
        let last = own.clone().next().unwrap_or_default();
        found.push(Found {
            place: place.clone(),
            stamp: Stamp::of(&stat),
            kind: kind(ground, last, &stat, depth),
        });
    }
    found
}

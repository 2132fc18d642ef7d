//! Takes checkpoints: looks at the workspace, reads what may have changed, keeps what is new.

use std::collections::{BTreeSet, HashSet};
use std::io::Read as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use rustix::fs::{self, OFlags};

use crate::error::{CheckpointError, at};
use crate::index::{Entry, Index};
use crate::limits::select;
use crate::node::{Digest, Node, Place, Stamp, Why, above, digest};
use crate::open;
use crate::pack::{Growing, Packs};
use crate::record::{self, Cause, Change, Occasion, Record};
use crate::store::{Store, Taken};
use crate::walk::{Found, Ground, Kind, THREADS, look_at, walk};

/// Files that a reader takes at once, and bytes after which it hands over what it has.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 1024 * 1024;
/// How often a file is read that changes meanwhile.
const TRIES: usize = 3;
/// How often it is considered whether the whole tree is worth keeping.
const TREE_EVERY: u64 = 64;

/// What reading one place gave.
struct Read {
    index: usize,
    node: Option<Node>,
    stamp: Stamp,
    /// The content, when the store may not have it.
    content: Option<Vec<u8>>,
}

impl Store {
    /// Takes a checkpoint of the whole workspace. Where nothing changed since the last one and `cause` marks no beginning,
    /// the last one is given.
    ///
    /// # Errors
    /// [`CheckpointError`]; the store is then as it was.
    pub fn capture(&mut self, cause: &Cause) -> Result<Taken, CheckpointError> {
        let found = walk(&self.look()).map_err(at("look through", &self.root))?;
        self.in_time()?;
        let (entries, pack) = self.read_changed(&found)?;
        self.in_time()?;
        self.commit(cause, entries, pack)
    }

    /// Whether there is time left; a look that was broken off is no checkpoint.
    fn in_time(&self) -> Result<(), CheckpointError> {
        if self.look().is_late() { Err(CheckpointError::Slow(self.root.clone())) } else { Ok(()) }
    }

    /// Takes a checkpoint of some places and the directories above them; all else counts as it was.
    ///
    /// # Errors
    /// As [`Store::capture`].
    pub fn capture_places(&mut self, cause: &Cause, places: &[Place]) -> Result<Taken, CheckpointError> {
        let mut all: BTreeSet<Place> = places.iter().cloned().collect();
        all.extend(places.iter().flat_map(|place| above(place)).map(<[u8]>::to_vec));
        let found = look_at(&self.look(), &all);
        let (fresh, pack) = self.read_changed(&found)?;
        let directories: BTreeSet<&[u8]> = fresh
            .iter()
            .filter(|entry| entry.node.is_directory())
            .map(|entry| entry.place.as_slice())
            .collect();
        // What was looked at counts as it was seen, and below what is no directory there is nothing.
        let gone = |place: &[u8]| {
            all.contains(place)
                || above(place).any(|parent| all.contains(parent) && !directories.contains(parent))
        };
        let mut entries: Vec<Entry> =
            self.index.entries.iter().filter(|entry| !gone(&entry.place)).cloned().collect();
        entries.extend(fresh);
        entries.sort_unstable_by(|a, b| a.place.cmp(&b.place));
        self.commit(cause, entries, pack)
    }

    /// The entries of what was found; contents that the store lacks go into a new pack.
    fn read_changed(&self, found: &[Found]) -> Result<(Vec<Entry>, Option<Growing>), CheckpointError> {
        let files = found.iter().filter(|found| found.kind == Kind::File);
        let verdicts = select(files.map(|found| (found.place.as_slice(), found.stamp.size)), &self.limits);
        let mut verdicts = verdicts.into_iter();
        let mut known = self.index.entries.iter().peekable();
        let mut entries: Vec<Option<Entry>> = Vec::with_capacity(found.len());
        let mut unread = Vec::new();
        for found in found {
            while known.next_if(|entry| entry.place < found.place).is_some() {}
            let before = known.peek().filter(|entry| entry.place == found.place);
            let too_much = if found.kind == Kind::File { verdicts.next().flatten() } else { None };
            let entry = |node| Entry { place: found.place.clone(), node, stamp: found.stamp, settled: true };
            let same = before.filter(|before| before.settled && before.stamp == found.stamp);
            let same = same.filter(|before| matches!(before.node, Node::File { .. } | Node::Link { .. }));
            entries.push(match (found.kind, too_much, same) {
                (Kind::Directory, ..) => Some(entry(Node::Directory { mode: found.stamp.permissions() })),
                (Kind::Other(why), ..) => Some(entry(opaque(why, &found.stamp))),
                (_, Some(why), _) => Some(entry(opaque(why, &found.stamp))),
                (_, _, Some(same)) => Some((*same).clone()),
                _ => {
                    unread.push(entries.len());
                    None
                }
            });
        }
        let pack = if unread.is_empty() { None } else { self.read_all(found, &unread, &mut entries)? };
        Ok((entries.into_iter().flatten().collect(), pack))
    }

    /// Reads files on several threads and keeps on this one what is new.
    fn read_all(
        &self,
        found: &[Found],
        unread: &[usize],
        entries: &mut [Option<Entry>],
    ) -> Result<Option<Growing>, CheckpointError> {
        let packs = self.packs()?;
        let next = AtomicUsize::new(0);
        let (ground, looked) = (self.look(), self.nanoseconds());
        let mut writer = Writer { packs: &packs, pack: None, added: HashSet::new() };
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(4);
            for _ in 0..THREADS {
                let reader = Reader {
                    ground: &ground,
                    packs: &packs,
                    limit: self.limits.file,
                    sender: sender.clone(),
                };
                let next = &next;
                scope.spawn(move || reader.run(found, unread, next));
            }
            drop(sender);
            for read in receiver.into_iter().flatten() {
                if let (Some(Node::File { digest, .. }), Some(content)) = (&read.node, &read.content) {
                    writer.add(*digest, content)?;
                }
                let Some((found, entry)) = found.get(read.index).zip(entries.get_mut(read.index)) else {
                    continue;
                };
                let settled = !read.stamp.is_fresh(looked) && read.stamp != Stamp::default();
                let whole = |node| Entry { place: found.place.clone(), node, stamp: read.stamp, settled };
                *entry = read.node.map(whole);
            }
            Ok(())
        })?;
        Ok(writer.pack)
    }

    /// Makes the new state durable: contents, record, index, in this order.
    fn commit(
        &mut self,
        cause: &Cause,
        entries: Vec<Entry>,
        pack: Option<Growing>,
    ) -> Result<Taken, CheckpointError> {
        let changes = differences(&self.index.entries, &entries);
        let marks = cause.occasion != Occasion::Asked;
        let opaque = entries.iter().filter(|entry| is_lost(&entry.node)).count();
        if let (true, false, Some(last)) = (changes.is_empty(), marks, &self.last) {
            let stamps = |entries: &[Entry]| entries.iter().map(|e| (e.stamp, e.settled)).collect::<Vec<_>>();
            let touched = stamps(&entries) != stamps(&self.index.entries);
            self.index.entries = entries;
            if touched {
                self.keep_index()?;
            }
            return Ok(Taken { checkpoint: last.clone(), new: false, opaque });
        }
        if let Some(pack) = pack {
            let packed = pack.finish()?;
            self.change_packs(|packs| packs.adopt(packed));
        }
        let (record, bytes) = Record::next(self.last.as_ref(), cause, changes);
        let checkpoint = record.checkpoint;
        record::keep(&self.record_path(checkpoint.number), &bytes)?;
        self.index = Index { of: checkpoint.digest, entries };
        self.last = Some(checkpoint.clone());
        self.keep_index()?;
        if checkpoint.number.is_multiple_of(TREE_EVERY) {
            self.keep_tree(checkpoint.number)?;
        }
        Ok(Taken { checkpoint, new: true, opaque })
    }

    fn keep_index(&self) -> Result<(), CheckpointError> {
        let path = self.directory.join("index");
        self.index.keep(&path).map_err(at("write", &path))
    }

    /// Keeps the whole tree once the differences since the last one kept take as much.
    fn keep_tree(&self, number: u64) -> Result<(), CheckpointError> {
        let size = |path: std::path::PathBuf| path.metadata().map_or(0, |found| found.len());
        let log = self.log();
        let trees = crate::pack::numbers(&log, "tree")?;
        let from = trees.last().copied().unwrap_or(1);
        let whole = size(self.tree_path(from)).max(size(self.record_path(1)));
        let since: u64 = (from + 1..=number).map(|number| size(self.record_path(number))).sum();
        if since < whole {
            return Ok(());
        }
        record::keep(&self.tree_path(number), &record::write_tree(&self.index.tree()))
    }

    /// The places whose content the last checkpoint does not keep, with the reason.
    #[must_use]
    pub fn not_kept(&self) -> Vec<(Place, Why)> {
        let opaque = |entry: &Entry| match entry.node {
            Node::Opaque { why, .. } if is_lost(&entry.node) => Some((entry.place.clone(), why)),
            _ => None,
        };
        self.index.entries.iter().filter_map(opaque).collect()
    }
}

/// Whether a person might miss the content.
fn is_lost(node: &Node) -> bool {
    matches!(node, Node::Opaque { why, .. } if !matches!(why, Why::Repository | Why::Special))
}

fn opaque(why: Why, stamp: &Stamp) -> Node {
    // A repository's own files and a mounted directory change all the time, and nothing is said about that.
    let still = matches!(why, Why::Repository | Why::Mounted | Why::TooDeep);
    let (size, mark) = if still { (0, 0) } else { (stamp.size, stamp.mark()) };
    Node::Opaque { why, size, mark }
}

/// Places whose node differs, with the new one.
fn differences(old: &[Entry], new: &[Entry]) -> Vec<Change> {
    let mut changes = Vec::new();
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        match (old.peek(), new.peek()) {
            (None, None) => return changes,
            (Some(before), after) if after.is_none_or(|after| before.place < after.place) => {
                changes.push((before.place.clone(), None));
                old.next();
            }
            (before, Some(after)) => {
                let same = before.filter(|before| before.place == after.place);
                if same.is_none_or(|before| before.node != after.node) {
                    changes.push((after.place.clone(), Some(after.node.clone())));
                }
                if same.is_some() {
                    old.next();
                }
                new.next();
            }
            (Some(_), None) => return changes,
        }
    }
}

/// Keeps contents that no pack has.
struct Writer<'a> {
    packs: &'a Packs,
    pack: Option<Growing>,
    added: HashSet<Digest>,
}

impl Writer<'_> {
    fn add(&mut self, digest: Digest, content: &[u8]) -> Result<(), CheckpointError> {
        if self.packs.has(&digest) || !self.added.insert(digest) {
            return Ok(());
        }
        let pack = match &mut self.pack {
            Some(pack) => pack,
            none => none.insert(self.packs.begin()?),
        };
        pack.add(digest, content)
    }
}

/// Reads files until there are none left.
struct Reader<'a> {
    ground: &'a Ground<'a>,
    packs: &'a Packs,
    limit: u64,
    sender: SyncSender<Vec<Read>>,
}

impl Reader<'_> {
    fn run(&self, found: &[Found], unread: &[usize], next: &AtomicUsize) {
        loop {
            if self.ground.is_late() {
                return;
            }
            let from = next.fetch_add(BATCH, Ordering::Relaxed);
            let Some(some) = unread.get(from..unread.len().min(from.saturating_add(BATCH))) else { return };
            let (mut batch, mut bytes) = (Vec::with_capacity(some.len()), 0);
            for index in some {
                let Some(found) = found.get(*index) else { continue };
                let read = self.read(*index, found);
                bytes += read.content.as_ref().map_or(0, Vec::len);
                batch.push(read);
                if bytes >= BATCH_BYTES {
                    bytes = 0;
                    if self.sender.send(std::mem::take(&mut batch)).is_err() {
                        return;
                    }
                }
            }
            if some.is_empty() || self.sender.send(batch).is_err() {
                return;
            }
        }
    }

    fn read(&self, index: usize, found: &Found) -> Read {
        let mut read = Read { index, node: None, stamp: found.stamp, content: None };
        let got = if found.kind == Kind::Link { self.link(found) } else { self.file(found) };
        match got {
            Ok((node, stamp, content)) => {
                let known = matches!(&node, Node::File { digest, .. } if self.packs.has(digest));
                read.node = Some(node);
                read.stamp = stamp;
                read.content = content.filter(|_| !known);
            }
            // Gone since it was seen.
            Err(rustix::io::Errno::NOENT) => {}
            Err(_) => {
                read.node = Some(opaque(Why::Unreadable, &found.stamp));
                read.stamp = Stamp::default();
            }
        }
        read
    }

    fn link(&self, found: &Found) -> rustix::io::Result<(Node, Stamp, Option<Vec<u8>>)> {
        let link = open::open(self.ground.root, &found.place, OFlags::PATH)?;
        let target = fs::readlinkat(&link, c"", Vec::new())?.into_bytes();
        Ok((Node::Link { target }, Stamp::of(&fs::fstat(&link)?), None))
    }

    fn file(&self, found: &Found) -> rustix::io::Result<(Node, Stamp, Option<Vec<u8>>)> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let mut last = (Vec::new(), found.stamp);
        for _ in 0..TRIES {
            let file = std::fs::File::from(open::open(self.ground.root, &found.place, flags)?);
            let stamp = Stamp::of(&fs::fstat(&file)?);
            if fs::FileType::from_raw_mode(stamp.mode) != fs::FileType::RegularFile {
                return Ok((opaque(Why::Special, &stamp), Stamp::default(), None));
            }
            let mut content =
                Vec::with_capacity(usize::try_from(stamp.size.min(self.limit)).unwrap_or(0) + 1);
            let most = self.limit.saturating_add(1);
            (&file).take(most).read_to_end(&mut content).map_err(|_| rustix::io::Errno::IO)?;
            if u64::try_from(content.len()).is_ok_and(|length| length > self.limit) {
                return Ok((opaque(Why::TooLarge, &stamp), stamp, None));
            }
            let still = Stamp::of(&fs::fstat(&file)?) == stamp;
            last = (content, stamp);
            if still {
                return Ok(whole(last.0, stamp, stamp));
            }
        }
        // It changes all the time: what was read last counts, and it is read again the next time.
        Ok(whole(last.0, last.1, Stamp::default()))
    }
}

fn whole(content: Vec<u8>, seen: Stamp, stamp: Stamp) -> (Node, Stamp, Option<Vec<u8>>) {
    let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
    (Node::File { mode: seen.permissions(), size, digest: digest(&content) }, stamp, Some(content))
}

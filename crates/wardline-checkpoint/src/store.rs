//! The store of one workspace: a directory that is the person's alone, outside of the workspace.
//!
//! `project` names the workspace; `log/` holds packs, records and now and then a tree, all by number; `index` remembers the
//! last look; `undo.wal` and `undo.done` are there while something is restored; `lock` keeps others out meanwhile.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, TryLockError};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::error::{CheckpointError, at};
use crate::index::{Entry, Index};
use crate::limits::Limits;
use crate::merge::Contents;
use crate::node::{Digest, Node, Place, Stamp};
use crate::pack::{Packs, numbers};
use crate::record::{self, Checkpoint, Record};
use crate::walk::Ground;

/// How long another process is waited for at most.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// The time, for people and for comparing with files.
#[derive(Debug, Clone)]
pub struct Now {
    /// As it is written into checkpoints.
    pub text: String,
    /// As the clock has it.
    pub at: SystemTime,
}

/// A store, opened by this process alone.
pub struct Store {
    pub(crate) directory: PathBuf,
    pub(crate) root: PathBuf,
    pub(crate) ground: OwnedFd,
    device: u64,
    without: Option<u64>,
    until: Option<Instant>,
    pub(crate) limits: Limits,
    pub(crate) now: Now,
    pub(crate) last: Option<Checkpoint>,
    pub(crate) index: Index,
    packs: RefCell<Option<Packs>>,
    _lock: File,
}

/// A checkpoint that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The checkpoint of the present state.
    pub checkpoint: Checkpoint,
    /// Whether it is a new one; where nothing changed, the last one says it all.
    pub new: bool,
    /// Places that are there and whose content is not kept.
    pub opaque: usize,
}

impl Store {
    /// The directory of a workspace's store below `all`: the workspace's name for people, and a digest of its path.
    #[must_use]
    pub fn place_of(all: &Path, root: &Path) -> PathBuf {
        let digest = crate::node::digest(root.as_os_str().as_bytes());
        let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let name = root.file_name().unwrap_or_default().to_string_lossy();
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let name: String = name.chars().take(40).map(plain).collect();
        all.join(format!("{name}-{hex}"))
    }

    /// Opens the store in `directory` of the workspace `root`, and makes it when it is not there. A restore that was
    /// interrupted is brought to its beginning or its end first.
    ///
    /// # Errors
    /// [`CheckpointError`]; nothing of the workspace was changed then.
    pub fn open(directory: &Path, root: &Path, limits: Limits, now: Now) -> Result<Self, CheckpointError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory.join("log"))
            .map_err(at("make", directory))?;
        let until = limits.time.map(|time| Instant::now() + time);
        let lock = lock(directory, limits.time.unwrap_or(PATIENCE).min(PATIENCE))?;
        let ground: OwnedFd = File::open(root).map_err(at("open", root))?.into();
        let device = rustix::fs::fstat(&ground).map_err(at("look at", root))?.st_dev;
        let own = directory.metadata().map_err(at("look at", directory))?;
        let without = (own.dev() == device).then(|| own.ino());
        let (directory, root) = (directory.to_path_buf(), root.to_path_buf());
        let mut store = Self {
            directory,
            root,
            ground,
            device,
            without,
            until,
            limits,
            now,
            last: None,
            index: Index::default(),
            packs: RefCell::default(),
            _lock: lock,
        };
        store.begin()?;
        store.recover()?;
        Ok(store)
    }

    /// Reads where the store stands.
    fn begin(&mut self) -> Result<(), CheckpointError> {
        let project = self.directory.join("project");
        if !project.exists() {
            record::keep(&project, self.root.as_os_str().as_bytes())?;
        }
        self.last = match numbers(&self.log(), "cp")?.last() {
            Some(number) => Some(Record::load(&self.record_path(*number))?.checkpoint),
            None => None,
        };
        let Some(last) = &self.last else { return Ok(()) };
        if let Some(index) = Index::load(&self.directory.join("index"), &last.digest) {
            self.index = index;
            return Ok(());
        }
        let entry = |(place, node)| Entry { place, node, stamp: Stamp::default(), settled: false };
        let entries = self.tree_at(last.number)?.into_iter().map(entry).collect();
        self.index = Index { of: last.digest, entries };
        Ok(())
    }

    /// The workspace.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    pub(crate) fn record_path(&self, number: u64) -> PathBuf {
        self.log().join(format!("{number:08}.cp"))
    }

    pub(crate) fn tree_path(&self, number: u64) -> PathBuf {
        self.log().join(format!("{number:08}.tree"))
    }

    pub(crate) fn look(&self) -> Ground<'_> {
        Ground { root: &self.ground, device: self.device, without: self.without, until: self.until }
    }

    /// The time of this opening in nanoseconds since 1970.
    pub(crate) fn nanoseconds(&self) -> i64 {
        let since = self.now.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    }

    /// The contents, their tables read at the first use.
    pub(crate) fn packs(&self) -> Result<Ref<'_, Packs>, CheckpointError> {
        if self.packs.borrow().is_none() {
            let loaded = Packs::load(&self.log())?;
            self.packs.borrow_mut().replace(loaded);
        }
        Ref::filter_map(self.packs.borrow(), Option::as_ref)
            .map_err(|_| CheckpointError::Damaged { path: self.log() })
    }

    pub(crate) fn change_packs(&self, change: impl FnOnce(&mut Packs)) {
        if let Some(packs) = self.packs.borrow_mut().as_mut() {
            change(packs);
        }
    }

    /// Every checkpoint, the oldest first.
    ///
    /// # Errors
    /// [`CheckpointError`] when a record cannot be read.
    pub fn list(&self) -> Result<Vec<Checkpoint>, CheckpointError> {
        let numbers = numbers(&self.log(), "cp")?;
        numbers.into_iter().map(|number| Ok(Record::load(&self.record_path(number))?.checkpoint)).collect()
    }

    /// A checkpoint, and what changed from the one before to it: A, M or D and the place.
    ///
    /// # Errors
    /// [`CheckpointError::Unknown`] and others.
    pub fn changed_at(&self, number: u64) -> Result<(Checkpoint, Vec<(Place, char)>), CheckpointError> {
        let path = self.record_path(number);
        if !path.exists() {
            return Err(CheckpointError::Unknown(number));
        }
        let record = Record::load(&path)?;
        let before =
            number.checked_sub(1).map(|before| self.tree_at(before).unwrap_or_default()).unwrap_or_default();
        let before: BTreeMap<Place, Node> = before.into_iter().collect();
        let letter = |(place, node): (Place, Option<Node>)| {
            let letter = match node {
                None => 'D',
                Some(_) if before.contains_key(&place) => 'M',
                Some(_) => 'A',
            };
            (place, letter)
        };
        Ok((record.checkpoint, record.changes.into_iter().map(letter).collect()))
    }

    /// Bytes that the store takes on disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        bytes(&self.directory)
    }

    /// The tree at a checkpoint, in order of places.
    pub(crate) fn tree_at(&self, number: u64) -> Result<Vec<(Place, Node)>, CheckpointError> {
        let records = numbers(&self.log(), "cp")?;
        if !records.contains(&number) {
            return Err(CheckpointError::Unknown(number));
        }
        let trees = numbers(&self.log(), "tree")?;
        let whole = trees.into_iter().rfind(|tree| *tree <= number);
        let mut tree: BTreeMap<Place, Node> = BTreeMap::new();
        if let Some(whole) = whole {
            let entries = record::read_tree(&self.tree_path(whole))?;
            tree.extend(entries.into_iter().filter_map(|(place, node)| Some((place, node?))));
        }
        let after = whole.unwrap_or(0);
        for number in records.into_iter().filter(|record| (after + 1..=number).contains(record)) {
            for (place, node) in Record::load(&self.record_path(number))?.changes {
                match node {
                    Some(node) => drop(tree.insert(place, node)),
                    None => drop(tree.remove(&place)),
                }
            }
        }
        Ok(tree.into_iter().collect())
    }
}

/// The store of some project, as it lies on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its directory.
    pub directory: PathBuf,
    /// The project, which may be gone.
    pub project: PathBuf,
    /// Bytes that it takes.
    pub bytes: u64,
}

impl Kept {
    /// Every store below `all`, in order of their projects.
    #[must_use]
    pub fn all(all: &Path) -> Vec<Self> {
        let kept = |directory: PathBuf| {
            let project =
                PathBuf::from(std::ffi::OsStr::from_bytes(&std::fs::read(directory.join("project")).ok()?));
            Some(Self { bytes: bytes(&directory), directory, project })
        };
        let entries = all.read_dir().into_iter().flatten().flatten();
        let mut stores: Vec<Self> = entries.filter_map(|entry| kept(entry.path())).collect();
        stores.sort_unstable_by(|a, b| a.project.cmp(&b.project));
        stores
    }

    /// Whether the project is not there any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self.project.symlink_metadata(), Err(e) if e.kind() == std::io::ErrorKind::NotFound)
    }

    /// Lets the store go with all its checkpoints.
    ///
    /// # Errors
    /// [`CheckpointError`] when another process works in it, or something of it cannot be removed.
    pub fn remove(&self) -> Result<(), CheckpointError> {
        let _lock = lock(&self.directory, PATIENCE)?;
        std::fs::remove_dir_all(&self.directory).map_err(at("remove", &self.directory))
    }
}

fn bytes(directory: &Path) -> u64 {
    let entries =
        [directory.join("log"), directory.to_path_buf()].into_iter().filter_map(|it| it.read_dir().ok());
    let sizes = entries.flatten().flatten().filter_map(|entry| entry.metadata().ok());
    sizes.filter(std::fs::Metadata::is_file).map(|found| found.len()).sum()
}

impl Contents for Store {
    fn read(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        self.packs().ok()?.read(digest).ok()
    }
}

/// Keeps other processes out until the file is closed.
fn lock(directory: &Path, patience: Duration) -> Result<File, CheckpointError> {
    let path = directory.join("lock");
    let file = File::options().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(at("open", &path))?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if waited >= patience => {
                return Err(CheckpointError::Busy(directory.to_path_buf()));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(why)) => return Err(at("lock", &path)(why)),
        }
        waited += PAUSE;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::record::{Author, Cause, Occasion};

    /// A workspace and the place of its store, gone at the end.
    pub(crate) struct Scratch(PathBuf);

    impl Scratch {
        pub(crate) fn new(name: &str) -> Self {
            Self::below(&std::env::temp_dir(), name)
        }

        /// In memory where that is possible, for many steps that flush.
        pub(crate) fn fast(name: &str) -> Self {
            let memory = PathBuf::from("/dev/shm");
            Self::below(if memory.is_dir() { &memory } else { Path::new("/tmp") }, name)
        }

        fn below(directory: &Path, name: &str) -> Self {
            let path = directory.join(format!("wardline-cp-{name}-{}", std::process::id()));
            std::fs::remove_dir_all(&path).ok();
            std::fs::create_dir_all(path.join("work")).unwrap();
            Self(path)
        }

        pub(crate) fn root(&self) -> PathBuf {
            self.0.join("work")
        }

        pub(crate) fn open(&self) -> Store {
            self.open_with(Limits::default())
        }

        pub(crate) fn open_with(&self, limits: Limits) -> Store {
            let now = Now { text: "now".to_owned(), at: SystemTime::now() };
            Store::open(&self.0.join("state/store"), &self.root(), limits, now).unwrap()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }

    pub(crate) fn by(author: Author) -> Cause {
        let occasion = Occasion::Before;
        Cause { author, occasion, session: "s".into(), label: "test".into(), time: "now".into() }
    }
}

//! The quarantine: changes to trap files that wait for a person.
//!
//! Each session has a directory here. When it begins, every quarantined file of the workspace is copied to `held/`, and
//! the program sees the copy in the file's place; `entry.json` says what was copied from where, and the digest of it.
//! What appeared at a protected place is moved here when the session ends, with an index of where it was. A change is
//! found by looking: whatever happened to the session, its directory tells.
//!
//! A change is made on the host when a person accepts it and the host's file still is what the session began with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wardline_audit::Kind;
use wardline_sandbox::{INDEX, Quarantined, REMOVED, Restore, RestoreError, restore};

use crate::record::Body;
use crate::trust::hex;
use crate::{Monitor, MonitorError, Subject, World, spare};

/// Sessions whose changes are kept; of more, the oldest go.
const MAX_SESSIONS: usize = 200;
/// How long changes are kept.
const MAX_AGE: Duration = Duration::from_secs(90 * 24 * 3600);
/// Bytes of a file that can be quarantined; a larger one of such a name is read-only.
const MAX_FILE: u64 = 16 << 20;

const ENTRY: &str = "entry.json";
const HELD: &str = "held";
/// What [`spare`] calls a session's directory, with `held` in it.
const KIND: &str = "quarantine";

/// The copies of a session that runs.
#[derive(Debug)]
pub(crate) struct Staging {
    directory: PathBuf,
    state: PathBuf,
    /// Whether it has ended and what is no change is gone.
    over: bool,
    /// Locked as long as the session runs.
    _entry: File,
}

impl Staging {
    /// Makes the copies; `None` when there is nothing to copy.
    ///
    /// # Errors
    /// When a copy cannot be made; nothing may start then.
    pub(crate) fn begin(
        world: &World,
        session: &str,
        files: &[Quarantined],
        now: &str,
    ) -> io::Result<Option<Self>> {
        if files.is_empty() {
            return Ok(None);
        }
        let directory = directory(world, session);
        let mut private = std::fs::DirBuilder::new();
        private.mode(0o700).recursive(true).create(root(world))?;
        spare::take(&world.state, KIND, &directory)?;
        private.create(directory.join(HELD))?;
        let mut bases = Vec::new();
        let mut done = BTreeSet::new();
        for file in files.iter().filter(|file| done.insert(&file.staged)) {
            bases.push(
                copy(file).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", file.path.display())))?,
            );
        }
        let entry = json!({
            "v": 1, "session": session, "project": world.project.to_string_lossy(), "started": now, "files": bases,
        });
        let mut out = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(directory.join(ENTRY))?;
        out.lock()?;
        out.write_all(entry.to_string().as_bytes())?;
        Ok(Some(Self { directory, state: world.state.clone(), over: false, _entry: out }))
    }

    /// The changes of the session, which has ended.
    pub(crate) fn finish(mut self) -> Vec<Held> {
        let held = self.end();
        if let Some(all) = self.directory.parent().filter(|_| !held.is_empty()) {
            retire(all);
        }
        held
    }

    /// Lets go of the copies that are as they were, and says which are not.
    fn end(&mut self) -> Vec<Held> {
        self.over = true;
        let held = changes_of(&self.directory, false);
        let shelves = held.is_empty().then(|| std::fs::read_dir(&self.directory).ok()).flatten();
        // Nothing but what was made at the beginning.
        if shelves.is_some_and(|mut all| {
            all.all(|one| one.is_ok_and(|one| [ENTRY, HELD].iter().any(|own| one.file_name() == *own)))
        }) && empty(&self.directory.join(HELD))
            && std::fs::remove_file(self.directory.join(ENTRY)).is_ok()
        {
            spare::give_back(&self.state, KIND, &self.directory);
        } else {
            tidy(&self.directory, &held);
        }
        held
    }
}

impl Drop for Staging {
    /// Nothing is left of a session that was not started.
    fn drop(&mut self) {
        if !self.over {
            self.end();
        }
    }
}

/// Removes the files of a directory; whether that leaves nothing.
fn empty(directory: &Path) -> bool {
    std::fs::read_dir(directory)
        .is_ok_and(|mut all| all.all(|one| one.is_ok_and(|one| std::fs::remove_file(one.path()).is_ok())))
}

/// The changes of a session that had no copies, and has ended.
pub(crate) fn of_session(world: &World, session: &str) -> Vec<Held> {
    changes_of(&directory(world, session), false)
}

/// The copies that stand in for quarantined files. A link has the copy of the file that it leads to; what is too large to
/// be copied, or cannot be read, is pinned.
pub(crate) fn copies(
    world: &World,
    session: &str,
    files: Vec<PathBuf>,
    pinned: &mut Vec<PathBuf>,
) -> Vec<Quarantined> {
    let mut places: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut held = Vec::new();
    for path in files {
        let Some(real) = path.canonicalize().ok().filter(|_| can_be_copied(&path)) else {
            pinned.push(path);
            continue;
        };
        let number = places.len();
        let staged = places.entry(real).or_insert_with(|| staged(world, session, number)).clone();
        held.push(Quarantined { path, staged });
    }
    held
}

fn can_be_copied(path: &Path) -> bool {
    let opened = File::options().read(true).custom_flags(NO_WAIT).open(path);
    let found = opened.and_then(|file| file.metadata());
    found.is_ok_and(|found| found.is_file() && found.len() <= MAX_FILE)
}

/// Where a session keeps its quarantine.
pub(crate) fn directory(world: &World, session: &str) -> PathBuf {
    root(world).join(session)
}

/// The copy of the file with this number.
fn staged(world: &World, session: &str, number: usize) -> PathBuf {
    directory(world, session).join(HELD).join(number.to_string())
}

fn root(world: &World) -> PathBuf {
    world.state.join("quarantine")
}

fn copy(file: &Quarantined) -> io::Result<Value> {
    let mut source = File::options().read(true).custom_flags(NO_WAIT).open(&file.path)?;
    let found = source.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("not a regular file any more"));
    }
    let mode = found.mode() & 0o777;
    let mut text = Vec::new();
    source.read_to_end(&mut text)?;
    let mut target = File::options().write(true).create_new(true).mode(mode | 0o200).open(&file.staged)?;
    target.write_all(&text)?;
    // Build tools compare times.
    target.set_times(std::fs::FileTimes::new().set_modified(found.modified()?))?;
    // What a mask of the process took away.
    target.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    let staged = file.staged.file_name().unwrap_or_default().to_string_lossy();
    let path = file.path.canonicalize()?;
    Ok(json!({ "path": path.to_string_lossy(), "staged": staged, "sha256": digest(&text), "mode": mode }))
}

/// `O_NONBLOCK` and `O_NOCTTY`: nothing is waited for.
const NO_WAIT: i32 = 0o4400;

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// What a held change would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Make what was not there.
    Create,
    /// Give a file another content or mode.
    Modify,
    /// Take a file away.
    Delete,
}

impl Change {
    /// The letter that git uses for it.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Create => 'A',
            Self::Modify => 'M',
            Self::Delete => 'D',
        }
    }
}

/// Whether a change can be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The host is as it was when the session began.
    Ready,
    /// The session still runs.
    Running,
    /// The host is not as it was: what is different.
    Conflict(String),
}

/// A change that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Names the change; a beginning that no other has will do.
    pub id: String,
    /// The session that made it.
    pub session: String,
    /// The place on the host.
    pub path: PathBuf,
    /// What it would do.
    pub change: Change,
    /// Whether it can be accepted.
    pub state: State,
    /// The new content; for a removed file, nothing of use.
    pub kept: PathBuf,
    /// What the file was: its digest and mode.
    base: Option<(String, u32)>,
}

/// Why a change was not accepted or discarded; the host is as it was.
#[derive(Debug)]
pub enum QuarantineError {
    /// No held change has this name, or several have.
    Unknown(String),
    /// The session still runs.
    Running(String),
    /// The host's file is not what the session began with.
    Conflict {
        /// The change.
        id: String,
        /// What is different.
        what: String,
        /// Where the held content is.
        kept: PathBuf,
    },
    /// A step failed.
    Failed(RestoreError),
    /// The journal cannot be written, so nothing may happen.
    Monitor(MonitorError),
    /// The quarantine itself cannot be changed.
    Store(PathBuf, io::Error),
}

impl fmt::Display for QuarantineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => write!(f, "`{id}`: not one held change; `wardline quarantine` lists them"),
            Self::Running(id) => write!(f, "`{id}`: its session still runs; wait for its end"),
            Self::Conflict { id, what, kept } => write!(
                f,
                "`{id}`: {what}; nothing was changed. The held content is {}: merge it by hand, then `wardline quarantine \
                 discard {id}`",
                kept.display()
            ),
            Self::Failed(e) => e.fmt(f),
            Self::Monitor(e) => e.fmt(f),
            Self::Store(path, e) => write!(f, "{}: {e}", path.display()),
        }
    }
}

impl std::error::Error for QuarantineError {}

/// Every change that waits, the oldest session first.
#[must_use]
pub fn list(world: &World) -> Vec<Held> {
    let mut sessions: Vec<PathBuf> =
        std::fs::read_dir(root(world)).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    sessions.sort_by_key(|path| (path.metadata().and_then(|found| found.modified()).ok(), path.clone()));
    sessions.iter().flat_map(|path| changes_of(path, is_running(path))).collect()
}

/// The held change that `id` is the beginning of.
///
/// # Errors
/// [`QuarantineError::Unknown`].
pub fn find(world: &World, id: &str) -> Result<Held, QuarantineError> {
    let unknown = || QuarantineError::Unknown(id.to_owned());
    let mut matching = list(world).into_iter().filter(|held| !id.is_empty() && held.id.starts_with(id));
    let first = matching.next().ok_or_else(unknown)?;
    if matching.next().is_some() { Err(unknown()) } else { Ok(first) }
}

impl Held {
    /// The content on the host and the held one, as far as they can be read and are files.
    #[must_use]
    pub fn contents(&self) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        let before = if self.change == Change::Create { None } else { read(&self.path) };
        let after = if self.change == Change::Delete { None } else { read(&self.kept) };
        (before, after)
    }

    /// The mode before and after, when it changes.
    #[must_use]
    pub fn modes(&self) -> Option<(u32, u32)> {
        let (_, before) = self.base.as_ref()?;
        let after = self.kept.symlink_metadata().ok()?.mode() & 0o777;
        (self.change == Change::Modify && after != *before).then_some((*before, after))
    }

    /// Makes the change on the host, once the journal knows that a person accepted it.
    ///
    /// # Errors
    /// [`QuarantineError`]; the host is then as it was.
    pub fn accept(&self, monitor: &Monitor) -> Result<(), QuarantineError> {
        match &self.state {
            State::Running => return Err(QuarantineError::Running(self.id.clone())),
            State::Conflict(what) => return Err(self.conflict(what)),
            State::Ready => {}
        }
        self.record(monitor, "accepted").map_err(QuarantineError::Monitor)?;
        let change = match self.change {
            Change::Create => Restore::Create(&self.kept),
            Change::Modify => Restore::Modify(&self.kept),
            Change::Delete => Restore::Delete,
        };
        let is_base = |mut file: &File| {
            let mut text = Vec::new();
            let found = self.base.as_ref().map(|(digest, _)| digest);
            file.read_to_end(&mut text).is_ok() && found == Some(&digest(&text))
        };
        match restore(&change, &self.path, &is_base) {
            Ok(()) => self.forget(),
            Err(RestoreError::Conflict(what)) => Err(self.conflict(&what)),
            Err(e) => Err(QuarantineError::Failed(e)),
        }
    }

    /// Lets the change go, once the journal knows.
    ///
    /// # Errors
    /// [`QuarantineError`].
    pub fn discard(&self, monitor: &Monitor) -> Result<(), QuarantineError> {
        if self.state == State::Running {
            return Err(QuarantineError::Running(self.id.clone()));
        }
        self.record(monitor, "discarded").map_err(QuarantineError::Monitor)?;
        self.forget()
    }

    fn conflict(&self, what: &str) -> QuarantineError {
        QuarantineError::Conflict { id: self.id.clone(), what: what.to_owned(), kept: self.kept.clone() }
    }

    fn record(&self, monitor: &Monitor, word: &str) -> Result<(), MonitorError> {
        let mut body = Body::new();
        body.insert("quarantine".into(), word.into());
        body.insert("id".into(), self.id.clone().into());
        body.insert("path".into(), self.path.to_string_lossy().into());
        body.insert("change".into(), self.change.letter().to_string().into());
        body.insert("made_by".into(), self.session.clone().into());
        body.insert("sha256".into(), self.contents().1.map(|text| digest(&text)).into());
        body.insert("principal".into(), monitor.world().principal.clone().into());
        monitor.append(&Subject::local("quarantine"), Kind::Override, None, body)?;
        Ok(())
    }

    /// Removes what was kept, and the session's directory with the last of it.
    fn forget(&self) -> Result<(), QuarantineError> {
        let is_directory = self.kept.symlink_metadata().is_ok_and(|found| found.is_dir());
        let removed =
            if is_directory { std::fs::remove_dir_all(&self.kept) } else { std::fs::remove_file(&self.kept) };
        removed.map_err(|e| QuarantineError::Store(self.kept.clone(), e))?;
        if let Some(session) = self.kept.ancestors().nth(2) {
            tidy(session, &changes_of(session, false));
        }
        Ok(())
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let found = path.symlink_metadata().ok()?;
    if found.is_symlink() {
        return path.read_link().ok().map(|to| format!("→ {}\n", to.display()).into_bytes());
    }
    (found.is_file() && found.len() <= MAX_FILE).then(|| std::fs::read(path).ok()).flatten()
}

/// Whether the session of a directory has not ended.
fn is_running(directory: &Path) -> bool {
    let entry = File::open(directory.join(ENTRY));
    entry.is_ok_and(|entry| matches!(entry.try_lock(), Err(std::fs::TryLockError::WouldBlock)))
}

/// The changes that the directory of a session holds.
fn changes_of(directory: &Path, running: bool) -> Vec<Held> {
    let session = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let entry: Value = std::fs::read_to_string(directory.join(ENTRY))
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let files = entry.get("files").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut held: Vec<Held> =
        files.iter().filter_map(|file| changed(directory, &session, file, files)).collect();
    let shelves = std::fs::read_dir(directory).into_iter().flatten().flatten();
    held.extend(shelves.flat_map(|shelf| appeared(&shelf.path(), &session)));
    for change in &mut held {
        change.state = if running { State::Running } else { change.look() };
    }
    // One that is on the host already was accepted, by a process that was killed before it could say so.
    held.retain(|change| !matches!(&change.state, State::Conflict(what) if what.is_empty()));
    held
}

impl Held {
    fn new(session: &str, path: PathBuf, change: Change, kept: PathBuf, base: Option<(String, u32)>) -> Self {
        let mut name = digest(format!("{session}\0{}\0{}", path.display(), kept.display()).as_bytes());
        name.truncate(8);
        Self { id: name, session: session.to_owned(), path, change, state: State::Ready, kept, base }
    }

    /// Compares the host with what the session began with. An empty conflict is none: the change is there.
    fn look(&self) -> State {
        let conflict = |what: &str| State::Conflict(what.to_owned());
        let found = self.path.symlink_metadata();
        let Some((base, _)) = &self.base else {
            return if found.is_ok() { conflict("something is there on the host now") } else { State::Ready };
        };
        if found.is_err() {
            return conflict(if self.change == Change::Delete {
                ""
            } else {
                "the file is gone from the host"
            });
        }
        let now = read(&self.path).map(|text| digest(&text));
        if now.as_ref() == Some(base) {
            return State::Ready;
        }
        let after = self.contents().1.map(|text| digest(&text));
        conflict(if after.is_some() && now == after {
            ""
        } else {
            "the file was changed on the host since the session began"
        })
    }
}

/// A copy that is not what was copied.
fn changed(directory: &Path, session: &str, file: &Value, all: &[Value]) -> Option<Held> {
    let text = |name: &str| file.get(name).and_then(Value::as_str);
    let path = PathBuf::from(text("path")?);
    let kept = directory.join(HELD).join(Path::new(text("staged")?).file_name()?);
    let mode = u32::try_from(file.get("mode")?.as_u64()?).ok()?;
    let base = text("sha256")?.to_owned();
    let found = kept.symlink_metadata().ok()?;
    if found.len() == 0 && (found.mtime(), found.mtime_nsec()) == REMOVED {
        return Some(Held::new(session, path, Change::Delete, kept, Some((base, mode))));
    }
    let now = std::fs::read(&kept).ok()?;
    if digest(&now) == base && found.mode() & 0o777 == mode {
        return None;
    }
    if path.ends_with(".git/info/exclude") && digest(&without_removed(&now, &path, all)) == base {
        return None;
    }
    Some(Held::new(session, path, Change::Modify, kept, Some((base, mode))))
}

/// Git's list of ignored files without the quarantined ones: the sandbox hides removed ones there.
fn without_removed(text: &[u8], list: &Path, all: &[Value]) -> Vec<u8> {
    let root = list.ancestors().nth(3).unwrap_or(list);
    let hidden: BTreeSet<Vec<u8>> = all
        .iter()
        .filter_map(|file| Path::new(file.get("path")?.as_str()?).strip_prefix(root).ok())
        .map(wardline_sandbox::ignore_line)
        .collect();
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !hidden.contains(*line));
    lines.collect::<Vec<_>>().join(&b'\n')
}

/// What was moved here from a protected place.
fn appeared(shelf: &Path, session: &str) -> Vec<Held> {
    let index = std::fs::read_to_string(shelf.join(INDEX)).unwrap_or_default();
    let one = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        let (path, kept) = (line.get("path")?.as_str()?, line.get("kept")?.as_str()?);
        let kept = shelf.join(Path::new(kept).file_name()?);
        kept.symlink_metadata().ok()?;
        Some(Held::new(session, PathBuf::from(path), Change::Create, kept, None))
    };
    index.lines().filter_map(one).collect()
}

/// Removes the copies that are no change, and the directory when nothing is left. Only what this module makes goes.
fn tidy(directory: &Path, held: &[Held]) {
    let in_use: BTreeSet<&Path> = held.iter().map(|change| change.kept.as_path()).collect();
    for entry in std::fs::read_dir(directory.join(HELD)).into_iter().flatten().flatten() {
        if !in_use.contains(&*entry.path()) {
            std::fs::remove_file(entry.path()).ok();
        }
    }
    if held.is_empty() && directory.join(ENTRY).exists() || is_cleared(directory) {
        std::fs::remove_dir_all(directory).ok();
    }
}

/// Whether a directory of things that appeared has none of them left.
fn is_cleared(directory: &Path) -> bool {
    let mut shelves = std::fs::read_dir(directory).into_iter().flatten().flatten().peekable();
    shelves.peek().is_some()
        && shelves.all(|shelf| {
            let mut things = std::fs::read_dir(shelf.path()).into_iter().flatten().flatten();
            shelf.path().join(INDEX).exists() && things.all(|thing| thing.file_name() == INDEX)
        })
}

/// Lets go of what is too old or too much, and of sessions that were killed without a change.
fn retire(all: &Path) {
    let mut sessions: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(all)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .filter(|(_, path)| path.join(ENTRY).exists() && !is_running(path))
        .collect();
    sessions.sort();
    let many = sessions.len().saturating_sub(MAX_SESSIONS);
    for (index, (changed, path)) in sessions.iter().enumerate() {
        let old = changed.elapsed().is_ok_and(|age| age > MAX_AGE);
        if old || index < many {
            std::fs::remove_dir_all(path).ok();
        }
    }
}

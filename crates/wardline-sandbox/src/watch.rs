//! Pinned paths that did not exist when the sandbox started: what appeared there is moved away at the end.
//!
//! Nothing can be mounted where nothing is, and making something to mount on would leave it in the repository. So the
//! program may create such a path; it is gone before anybody on the host can meet it. Directories are walked by
//! descriptor and no symbolic link is followed: the program chose what lies there, and this code runs outside. A
//! directory that the program shut against its owner hides nothing: it is opened, or moved away unseen.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{self, AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use serde_json::{Value, json};

use crate::confinement::{Confinement, path_from, path_value, text_value};
use crate::plan::{Plan, Watch};
use crate::scan;

/// Something that the program made at a pinned path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appeared {
    /// Where it was.
    pub path: PathBuf,
    /// Where it is now; `None` when it could not be moved and is still where it was.
    pub kept_at: Option<PathBuf>,
}

impl Appeared {
    pub(crate) fn to_value(&self) -> Value {
        json!({
            "path": path_value(&self.path),
            "kept_at": self.kept_at.as_deref().map_or(Value::Null, path_value),
        })
    }

    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let kept_at = match value.get("kept_at")? {
            Value::Null => None,
            other => Some(path_from(other)?),
        };
        Some(Self { path: path_from(value.get("path")?)?, kept_at })
    }
}

/// Moves away whatever appeared at the watched paths, and then whatever else runs later and was not there.
pub(crate) fn look_after(watches: &[Watch], confinement: &Confinement) -> Vec<Appeared> {
    let quarantine = confinement.quarantine.as_deref();
    let mut appeared = sweep(watches, quarantine);
    appeared.extend(sweep(&scan::scan(confinement), quarantine));
    appeared
}

/// What there is to look after once programs beside a session's own are over ([`Confinement::beside`]): they may end a little later than
/// it, after its keeper has looked.
#[derive(Debug, Clone)]
pub struct Aftermath {
    watches: Vec<Watch>,
    confinement: Confinement,
}

impl Aftermath {
    /// That of the session with this confinement; to be asked for before anything runs beside it.
    #[must_use]
    pub fn of(confinement: &Confinement) -> Self {
        Self { watches: Plan::of(confinement).watches, confinement: confinement.clone() }
    }

    /// Moves away whatever appeared.
    #[must_use]
    pub fn look_after(&self) -> Vec<Appeared> {
        look_after(&self.watches, &self.confinement)
    }
}

/// Moves things that a confined program made, by their absolute paths, into `quarantine`, or into a new directory under
/// the temporary one. No symbolic link is followed on the way.
#[must_use]
pub fn put_away(paths: &[PathBuf], quarantine: Option<&Path>) -> Vec<Appeared> {
    let watch = |path: &PathBuf| {
        let (parent, name) = (path.parent()?, path.file_name()?);
        Some(Watch { base: parent.to_path_buf(), rest: vec![name.to_os_string()], link: None })
    };
    sweep(&paths.iter().filter_map(watch).collect::<Vec<_>>(), quarantine)
}

/// Moves whatever appeared at the watched paths into `quarantine`, or into a new directory under the temporary one.
pub(crate) fn sweep(watches: &[Watch], quarantine: Option<&Path>) -> Vec<Appeared> {
    let mut appeared = Vec::new();
    let mut shelf = Shelf { asked: quarantine, at: None, taken: 0 };
    let mut seen = None;
    for watch in watches {
        if nothing_at(watch, &mut seen) {
            continue;
        }
        seen = None;
        let mut opened = Opened::default();
        // Two watches on the way through one thing that stays where it is say so once.
        if let Some(one) = clear(watch, &mut shelf, &mut opened)
            && !appeared.contains(&one)
        {
            appeared.push(one);
        }
        opened.restore();
    }
    appeared
}

/// Whether plainly nothing is at a watched path that did not exist; any doubt is for [`clear`]. Watches are sorted by
/// their directory, so `seen` keeps the last one open.
fn nothing_at<'a>(watch: &'a Watch, seen: &mut Option<(&'a Path, OwnedFd)>) -> bool {
    let Some(first) = watch.rest.first() else { return true };
    if seen.as_ref().is_none_or(|(path, _)| *path != watch.base) {
        let straight = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let opened = fs::openat2(CWD, &watch.base, WAY, Mode::empty(), straight);
        *seen = opened.ok().map(|opened| (watch.base.as_path(), opened));
    }
    watch.link.is_none() && seen.as_ref().is_some_and(|(_, base)| look(base, first) == Ok(None))
}

/// Moves away what appeared at one watched path. What cannot be looked at counts as having appeared.
fn clear(watch: &Watch, shelf: &mut Shelf<'_>, opened: &mut Opened) -> Option<Appeared> {
    let first = watch.rest.first()?;
    let whole = watch.base.join(first);
    let base = match reach(&watch.base, opened) {
        Ok(base) => base,
        Err(Errno::NOENT) => return None,
        Err(_) => return Some(Appeared { path: whole, kept_at: None }),
    };
    let (path, kept_at) = match find(watch, &base, opened) {
        Ok(None) => return None,
        Ok(Some((directory, path))) => match shelf.take(&directory, &path, opened) {
            Err(_) if path != whole => (whole.clone(), shelf.take(&base, &whole, opened)),
            result => (path, result),
        },
        // The way is blocked below the first name. That was not there at the start, so it can go with all it holds.
        Err(_) => (whole.clone(), shelf.take(&base, &whole, opened)),
    };
    if let (Ok(_), Some(target)) = (&kept_at, &watch.link) {
        let _gone = fs::symlinkat(target, &base, first);
    }
    Some(Appeared { path, kept_at: kept_at.ok() })
}

/// The directory and full path of what now is at the watched path, or blocks the way to it, and was not before.
/// Ordinary directories on the way stay: other things may lie in them.
fn find(watch: &Watch, base: &OwnedFd, opened: &mut Opened) -> io::Result<Option<(OwnedFd, PathBuf)>> {
    let mut directory = base.try_clone()?;
    let mut path = watch.base.clone();
    for (index, name) in watch.rest.iter().enumerate() {
        path.push(name);
        let mut found = look(&directory, name);
        if found == Err(Errno::ACCESS) && index == 0 {
            opened.open(&directory);
            found = look(&directory, name);
        }
        let Some(kind) = found? else { return Ok(None) };
        if let (true, Some(link)) = (kind.is_symlink(), &watch.link) {
            let target = fs::readlinkat(&directory, name, Vec::new())?;
            let same = link == path_of(target.to_bytes());
            return Ok((!same).then_some((directory, path)));
        }
        let last = index + 1 == watch.rest.len();
        if last || !kind.is_dir() {
            return Ok(Some((directory, path)));
        }
        directory = fs::openat(&directory, name, WAY, Mode::empty())?;
    }
    Ok(None)
}

/// What is there; `None` when there is nothing.
fn look(directory: &OwnedFd, name: &OsStr) -> Result<Option<FileType>, Errno> {
    match fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode))),
        Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Directories that the program shut against their owner, opened for the time of one look.
#[derive(Default)]
pub(crate) struct Opened(Vec<(OwnedFd, Mode)>);

impl Opened {
    /// Gives the owner every right on a directory; what cannot be done shows in what is tried next.
    fn open(&mut self, directory: &OwnedFd) {
        if let (Ok(Some(before)), Ok(copy)) = (give_owner(directory, ALL), directory.try_clone()) {
            self.0.push((copy, before));
        }
    }

    fn restore(self) {
        for (directory, before) in self.0 {
            let _best_effort = fs::chmod(itself(&directory), before);
        }
    }
}

/// What an owner needs to read a file, and to do anything with a directory.
const READ: u32 = 0o400;
const ALL: u32 = 0o700;

/// Adds rights of the owner to a file, and returns the mode before when it had to.
fn give_owner(file: &OwnedFd, rights: u32) -> io::Result<Option<Mode>> {
    let mode = fs::fstat(file)?.st_mode & 0o7777;
    if mode & rights == rights {
        return Ok(None);
    }
    fs::chmod(itself(file), Mode::from_raw_mode(mode | rights))?;
    Ok(Some(Mode::from_raw_mode(mode)))
}

/// The file under a descriptor that only names it, as a path: whatever lies at its old path now is not touched.
fn itself(file: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Makes an entry usable for its owner, when it is a directory or a file; what cannot be done shows later.
fn free(from: &OwnedFd, name: &OsStr) {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(entry) = fs::openat(from, name, flags, Mode::empty()) else { return };
    let kind = fs::fstat(&entry).map(|found| FileType::from_raw_mode(found.st_mode));
    let _best_effort = match kind {
        Ok(FileType::Directory) => give_owner(&entry, ALL),
        Ok(FileType::RegularFile) => give_owner(&entry, READ),
        _ => Ok(None),
    };
}

/// To go on from; needs no right on the directory itself.
const WAY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// To list.
const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

fn path_of(bytes: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    Path::new(OsStr::from_bytes(bytes))
}

/// Opens a directory by its absolute path, without a symbolic link on the way.
pub(crate) fn reach(path: &Path, opened: &mut Opened) -> Result<OwnedFd, Errno> {
    let mut directory = fs::openat(CWD, "/", WAY, Mode::empty())?;
    for name in path.components().filter(|part| matches!(part, Component::Normal(_))) {
        let name = name.as_os_str();
        let next = match fs::openat(&directory, name, WAY, Mode::empty()) {
            Err(Errno::ACCESS) => {
                opened.open(&directory);
                fs::openat(&directory, name, WAY, Mode::empty())
            }
            result => result,
        };
        directory = next?;
    }
    Ok(directory)
}

fn make_quarantine(asked: Option<&Path>) -> io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let base = asked.map_or_else(|| PathBuf::from("/tmp"), Path::to_path_buf);
    let mut private = std::fs::DirBuilder::new();
    private.mode(0o700);
    if asked.is_some() {
        private.recursive(true).create(&base)?;
        private.recursive(false);
    }
    let own = std::process::id();
    for attempt in 0..1000 {
        let path = base.join(format!("wardline-quarantine-{own}-{attempt}"));
        match private.create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|()| path),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// The quarantine, made when the first thing is put into it.
struct Shelf<'a> {
    asked: Option<&'a Path>,
    at: Option<PathBuf>,
    taken: usize,
}

impl Shelf<'_> {
    /// Moves one entry of `directory` here and says where it went.
    fn take(&mut self, directory: &OwnedFd, path: &Path, opened: &mut Opened) -> io::Result<PathBuf> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        match self.put(directory, name, path) {
            // To leave a directory one must be able to write to it, and so must a directory that gets another parent.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                opened.open(directory);
                free(directory, name);
                self.put(directory, name, path)
            }
            result => result,
        }
    }

    fn put(&mut self, directory: &OwnedFd, name: &OsStr, path: &Path) -> io::Result<PathBuf> {
        let at = match &self.at {
            Some(at) => at,
            None => self.at.insert(make_quarantine(self.asked)?.canonicalize()?),
        };
        let mut kept = OsString::from(format!("{}-", self.taken));
        kept.push(name);
        self.taken += 1;
        let target = at.join(&kept);
        if self.asked.is_some() {
            note(at, path, &kept)?;
        }
        let shelf = reach(at, &mut Opened::default())?;
        match fs::renameat(directory, name, &shelf, &kept) {
            Ok(()) => Ok(target),
            Err(Errno::XDEV) => {
                copy(directory, name, &shelf, &kept, DEEPEST)?;
                remove(directory, name, DEEPEST)?;
                Ok(target)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The file of a quarantine directory that says what was where.
pub const INDEX: &str = "index.jsonl";

/// Writes down where a thing was, before it is moved: whoever looks later knows, even when the caller is dead.
fn note(shelf: &Path, path: &Path, kept: &OsStr) -> io::Result<()> {
    use std::io::Write;
    let line = json!({ "path": path_value(path), "kept": text_value(kept) });
    let mut index = std::fs::File::options().append(true).create(true).open(shelf.join(INDEX))?;
    index.write_all(format!("{line}\n").as_bytes())?;
    index.sync_data()
}

/// How deep a tree may be that is copied to another file system.
pub(crate) const DEEPEST: u32 = 64;

pub(crate) fn copy(
    from: &OwnedFd,
    name: &OsStr,
    to: &OwnedFd,
    as_name: &OsStr,
    depth: u32,
) -> io::Result<()> {
    let deeper = depth.checked_sub(1).ok_or_else(|| io::Error::other("nested too deeply"))?;
    let found = fs::statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let kind = FileType::from_raw_mode(found.st_mode);
    let permissions = Mode::from_raw_mode(found.st_mode & 0o777);
    free(from, name);
    if kind.is_symlink() {
        let target = fs::readlinkat(from, name, Vec::new())?;
        fs::symlinkat(&target, to, as_name)?;
    } else if kind.is_dir() {
        let source = fs::openat(from, name, DIRECTORY, Mode::empty())?;
        fs::mkdirat(to, as_name, Mode::from_raw_mode(0o700))?;
        let target = fs::openat(to, as_name, DIRECTORY, Mode::empty())?;
        for entry in entries(&source)? {
            copy(&source, &entry, &target, &entry, deeper)?;
        }
    } else if kind.is_file() {
        let read = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut source = std::fs::File::from(fs::openat(from, name, read, Mode::empty())?);
        let create = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mut target = std::fs::File::from(fs::openat(to, as_name, create, permissions)?);
        io::copy(&mut source, &mut target)?;
    } else {
        // Sockets, pipes and devices have no content to keep: an empty file tells of them.
        let create = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let _told = fs::openat(to, as_name, create, Mode::from_raw_mode(0o600))?;
    }
    Ok(())
}

pub(crate) fn remove(from: &OwnedFd, name: &OsStr, depth: u32) -> io::Result<()> {
    let deeper = depth.checked_sub(1).ok_or_else(|| io::Error::other("nested too deeply"))?;
    let found = fs::statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if !FileType::from_raw_mode(found.st_mode).is_dir() {
        return Ok(fs::unlinkat(from, name, AtFlags::empty())?);
    }
    free(from, name);
    let directory = fs::openat(from, name, DIRECTORY, Mode::empty())?;
    for entry in entries(&directory)? {
        remove(&directory, &entry, deeper)?;
    }
    Ok(fs::unlinkat(from, name, AtFlags::REMOVEDIR)?)
}

fn entries(directory: &OwnedFd) -> io::Result<Vec<OsString>> {
    use std::os::unix::ffi::OsStrExt;
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(OsStr::from_bytes(name).to_os_string());
        }
    }
    Ok(names)
}

//! Pinned paths that did not exist when the sandbox started: what appeared there is moved away at the end.
//!
//! Nothing can be mounted where nothing is, and making something to mount on would leave it in the repository. So the
//! program may create such a path; it is gone before anybody on the host can meet it. Directories are walked by
//! descriptor and no symbolic link is followed: the program chose what lies there, and this code runs outside.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags};
use serde_json::{Value, json};

use crate::confinement::{path_from, path_value};
use crate::plan::Watch;

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

/// Moves whatever appeared at the watched paths into `quarantine`, or into a new directory under the temporary one.
pub(crate) fn sweep(watches: &[Watch], quarantine: Option<&Path>) -> Vec<Appeared> {
    let mut appeared = Vec::new();
    let mut keep: Option<PathBuf> = None;
    for watch in watches {
        let Ok(Some((directory, path))) = find(watch) else { continue };
        if keep.is_none() {
            keep = make_quarantine(quarantine).ok();
        }
        let kept_at = keep.as_deref().and_then(|keep| take(&directory, &path, keep, appeared.len()).ok());
        if let (Some(_), Some(target), Some(name)) = (&kept_at, &watch.link, watch.rest.first()) {
            let _gone = fs::symlinkat(target, &directory, name);
        }
        appeared.push(Appeared { path, kept_at });
    }
    appeared
}

/// The directory and full path of what now is at the watched path, or on the way to it, and was not before.
fn find(watch: &Watch) -> io::Result<Option<(OwnedFd, PathBuf)>> {
    let mut directory = open_beneath_root(&watch.base)?;
    let mut path = watch.base.clone();
    for (index, name) in watch.rest.iter().enumerate() {
        path.push(name);
        let last = index + 1 == watch.rest.len();
        let found = match fs::statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => FileType::from_raw_mode(found.st_mode),
            Err(_) => return Ok(None),
        };
        if found.is_symlink() {
            let target = fs::readlinkat(&directory, name, Vec::new())?;
            let same = watch.link.as_deref().is_some_and(|link| link == path_of(target.to_bytes()));
            return Ok((!same).then_some((directory, path)));
        }
        if last {
            return Ok(Some((directory, path)));
        }
        if !found.is_dir() {
            return Ok(None);
        }
        directory = fs::openat(&directory, name, DIRECTORY, Mode::empty())?;
    }
    Ok(None)
}

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

fn path_of(bytes: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    Path::new(OsStr::from_bytes(bytes))
}

fn open_beneath_root(path: &Path) -> io::Result<OwnedFd> {
    let root = fs::openat(CWD, "/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let relative = path.strip_prefix("/").unwrap_or(path);
    Ok(fs::openat2(&root, relative, DIRECTORY, Mode::empty(), resolve)?)
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

/// Moves one entry of `directory` into `keep` and says where it went.
fn take(directory: &OwnedFd, path: &Path, keep: &Path, number: usize) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut kept = OsString::from(format!("{number}-"));
    kept.push(name);
    let target = keep.join(&kept);
    let shelf = open_beneath_root(&keep.canonicalize()?)?;
    match fs::renameat(directory, name, &shelf, &kept) {
        Ok(()) => Ok(target),
        Err(rustix::io::Errno::XDEV) => {
            copy(directory, name, &shelf, &kept, DEEPEST)?;
            remove(directory, name, DEEPEST)?;
            Ok(target)
        }
        Err(error) => Err(error.into()),
    }
}

/// How deep a tree may be that is copied to another file system.
const DEEPEST: u32 = 64;

fn copy(from: &OwnedFd, name: &OsStr, to: &OwnedFd, as_name: &OsStr, depth: u32) -> io::Result<()> {
    let deeper = depth.checked_sub(1).ok_or_else(|| io::Error::other("nested too deeply"))?;
    let found = fs::statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let kind = FileType::from_raw_mode(found.st_mode);
    let permissions = Mode::from_raw_mode(found.st_mode & 0o777);
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
    }
    // Sockets, pipes and devices have no content to keep.
    Ok(())
}

fn remove(from: &OwnedFd, name: &OsStr, depth: u32) -> io::Result<()> {
    let deeper = depth.checked_sub(1).ok_or_else(|| io::Error::other("nested too deeply"))?;
    let found = fs::statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if !FileType::from_raw_mode(found.st_mode).is_dir() {
        return Ok(fs::unlinkat(from, name, AtFlags::empty())?);
    }
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

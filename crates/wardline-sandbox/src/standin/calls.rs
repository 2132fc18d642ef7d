//! What the stand-in does for each call: looks where its paths lead, and carries it out when that is a quarantined file.
//!
//! A file is known by its identity, not by its name: every spelling of a path leads to the same file.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Errno;
use wardline_sys::notify::{self, Answer, Call};

use super::REMOVED;
use crate::plan::{Plan, Step};

/// The longest path that the kernel takes, and the size of a page of memory.
const MAX_PATH: usize = 4096;
/// Bytes of a file that is put in the place of a quarantined one, or taken from it.
const MAX_FILE: u64 = 256 << 20;

/// The quarantined files, by identity.
pub(super) struct Calls {
    files: HashMap<(u64, u64), PathBuf>,
    hidden: Hidden,
}

/// What the caller gets.
enum Outcome {
    Answer(Answer),
    /// An open file.
    Descriptor(OwnedFd, bool),
}

type Result<T> = std::result::Result<T, Errno>;

const GO_ON: Outcome = Outcome::Answer(Answer::Continue);
const DONE: Outcome = Outcome::Answer(Answer::Value(0));

impl Calls {
    pub(super) fn new(plan: &Plan) -> Self {
        let staged = |step: &Step| match step {
            Step::Stage { at, .. } => {
                let found = at.symlink_metadata().ok()?;
                Some(((found.dev(), found.ino()), at.clone()))
            }
            _ => None,
        };
        let files: HashMap<_, _> = plan.steps.iter().filter_map(staged).collect();
        let hidden = Hidden::new(files.values());
        Self { files, hidden }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Answers calls until nobody is left to make one.
    pub(super) fn serve(mut self, listener: &OwnedFd) {
        loop {
            match notify::receive(listener) {
                Ok(Some(call)) => {
                    if !self.attend(listener, &call) {
                        return;
                    }
                }
                // The kernel says the same of a call that is gone and, at once and for ever, when all callers are dead.
                Ok(None) if notify::is_over(listener) => return,
                Ok(None) => {}
                Err(_) => return,
            }
        }
    }

    /// Answers one call; `false` when that is impossible, and so for all.
    fn attend(&mut self, listener: &OwnedFd, call: &Call) -> bool {
        // The kernel refuses what a mount point cannot do, so to go on is never wrong, only less useful.
        let outcome = self
            .carry_out(listener, call)
            .unwrap_or_else(|error| Outcome::Answer(Answer::Error(error.raw_os_error())));
        let sent = match outcome {
            Outcome::Answer(answer) => notify::answer(listener, call, answer),
            Outcome::Descriptor(file, close_on_exec) => {
                notify::answer_with(listener, call, &file, close_on_exec).or_else(|error| {
                    let number = error.raw_os_error().unwrap_or(libc::EIO);
                    notify::answer(listener, call, Answer::Error(number))
                })
            }
        };
        sent.is_ok()
    }

    fn carry_out(&mut self, listener: &OwnedFd, call: &Call) -> Result<Outcome> {
        let Some(request) = Request::read(call) else { return Ok(GO_ON) };
        if !notify::is_waiting(listener, call) {
            return Ok(GO_ON);
        }
        self.hidden.refresh();
        match request {
            Request::Rename { old, new, flags } => self.rename(&old, &new, flags),
            Request::Remove { path } => self.remove(&path),
            Request::Create { path, flags, mode } => self.create(call, &path, flags, mode),
        }
    }

    /// The quarantined file that a path leads to, by its own path.
    fn find(&self, path: &Path) -> Option<PathBuf> {
        let found = path.symlink_metadata().ok()?;
        self.files.get(&(found.dev(), found.ino())).cloned()
    }

    fn rename(&mut self, old: &Path, new: &Path, flags: u32) -> Result<Outcome> {
        let (from, to) = (self.find(old), self.find(new));
        if from.is_none() && to.is_none() {
            return Ok(GO_ON);
        }
        if flags & !libc::RENAME_NOREPLACE != 0 {
            return Err(Errno::INVAL);
        }
        if from.as_deref().is_some_and(is_removed) {
            return Err(Errno::NOENT);
        }
        let replaces = to.as_deref().map_or_else(|| new.symlink_metadata().is_ok(), |to| !is_removed(to));
        if flags & libc::RENAME_NOREPLACE != 0 && replaces {
            return Err(Errno::EXIST);
        }
        if from == to {
            return Ok(DONE);
        }
        let source = Source::open(from.as_deref().unwrap_or(old))?;
        match &to {
            Some(to) => source.copy_onto(to)?,
            None => source.copy_anew(old, new)?,
        }
        match &from {
            Some(from) => self.mark_removed(from)?,
            None => rustix::fs::unlinkat(CWD, old, AtFlags::empty())?,
        }
        self.hidden.refresh();
        Ok(DONE)
    }

    fn remove(&mut self, path: &Path) -> Result<Outcome> {
        let Some(file) = self.find(path) else { return Ok(GO_ON) };
        // Once more is fine: who looks sees an empty file, and git looks first.
        self.mark_removed(&file)?;
        Ok(DONE)
    }

    /// To the program, a file that was removed is not there, so it can be made anew.
    fn create(&mut self, call: &Call, path: &Path, asked: i32, mode: u32) -> Result<Outcome> {
        let Some(file) = self.find(path).filter(|file| is_removed(file)) else { return Ok(GO_ON) };
        let mode = mode & 0o777 & !mask_of(call.thread);
        let all = Permissions::from_mode(mode | 0o600);
        std::fs::set_permissions(&file, all).map_err(errno)?;
        // The access that was asked for, and how the descriptor behaves; the file is empty already.
        let kept = libc::O_ACCMODE | libc::O_APPEND | libc::O_SYNC | libc::O_DSYNC | libc::O_NONBLOCK;
        let flags = OFlags::from_bits_retain((asked & kept).cast_unsigned()) | OFlags::NOFOLLOW;
        let opened = rustix::fs::open(&file, flags | OFlags::CLOEXEC, Mode::empty())?;
        std::fs::set_permissions(&file, Permissions::from_mode(mode)).map_err(errno)?;
        let now = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
        set_times(&file, now, now)?;
        self.hidden.refresh();
        Ok(Outcome::Descriptor(opened, asked & libc::O_CLOEXEC != 0))
    }

    fn mark_removed(&mut self, file: &Path) -> Result<()> {
        drop(open_writable(file, true)?);
        let (tv_sec, tv_nsec) = REMOVED;
        let time = Timespec { tv_sec, tv_nsec };
        set_times(file, time, time)?;
        self.hidden.hide(file);
        Ok(())
    }
}

/// Whether a quarantined file was removed and not made again.
fn is_removed(file: &Path) -> bool {
    file.symlink_metadata()
        .is_ok_and(|found| found.len() == 0 && (found.mtime(), found.mtime_nsec()) == REMOVED)
}

fn set_times(file: &Path, last_access: Timespec, last_modification: Timespec) -> Result<()> {
    let times = Timestamps { last_access, last_modification };
    rustix::fs::utimensat(CWD, file, &times, AtFlags::SYMLINK_NOFOLLOW)
}

/// Opens a quarantined file to be written, whatever its mode: to replace a file needs no right to write to it.
fn open_writable(file: &Path, empty: bool) -> Result<File> {
    let open = || File::options().write(true).truncate(empty).custom_flags(libc::O_NOFOLLOW).open(file);
    match open() {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let mode = file.symlink_metadata().map_err(errno)?.mode() & 0o777;
            std::fs::set_permissions(file, Permissions::from_mode(mode | 0o600)).map_err(errno)?;
            open().map_err(errno)
        }
        result => result.map_err(errno),
    }
}

fn errno(error: io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

/// A regular file that takes another place.
struct Source {
    file: File,
    mode: u32,
    size: u64,
    times: (Timespec, Timespec),
}

impl Source {
    /// Opens what a path names, not what it leads to, and nothing that could be waited for.
    fn open(path: &Path) -> Result<Self> {
        let itself = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let itself = File::from(rustix::fs::open(path, itself, Mode::empty())?);
        let found = itself.metadata().map_err(errno)?;
        if found.is_dir() {
            return Err(Errno::NOTDIR);
        }
        if !found.is_file() {
            // What is quarantined is a file and stays one.
            return Err(Errno::BUSY);
        }
        if found.len() > MAX_FILE {
            return Err(Errno::FBIG);
        }
        let same = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&itself));
        let file = File::open(same).map_err(errno)?;
        let time = |seconds, nanoseconds| Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
        let times = (time(found.atime(), found.atime_nsec()), time(found.mtime(), found.mtime_nsec()));
        Ok(Self { file, mode: found.mode() & 0o777, size: found.len(), times })
    }

    /// Puts the content in the place of a quarantined file's. Space is taken first, so that a full disk changes nothing.
    fn copy_onto(&self, to: &Path) -> Result<()> {
        let target = open_writable(to, false)?;
        if self.size > 0 {
            match rustix::fs::fallocate(&target, rustix::fs::FallocateFlags::KEEP_SIZE, 0, self.size) {
                Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
                Err(error) => return Err(error),
            }
        }
        self.pour(&target)?;
        target.set_len(self.size).map_err(errno)?;
        self.finish(to)
    }

    /// Makes a new file of the content, at `new`, in the file system of `old`'s directory.
    fn copy_anew(&self, old: &Path, new: &Path) -> Result<()> {
        let of =
            |path: &Path| path.parent().unwrap_or(path).metadata().map(|found| found.dev()).map_err(errno);
        if of(old)? != of(new)? {
            return Err(Errno::XDEV);
        }
        match new.symlink_metadata() {
            Ok(found) if found.is_dir() => return Err(Errno::ISDIR),
            Ok(_) => rustix::fs::unlinkat(CWD, new, AtFlags::empty())?,
            Err(_) => {}
        }
        let target = File::options().write(true).create_new(true).mode(0o600).open(new).map_err(errno)?;
        self.pour(&target)?;
        drop(target);
        self.finish(new)
    }

    fn pour(&self, target: &File) -> Result<()> {
        let mut chunk = vec![0; 64 * 1024];
        let mut at = 0;
        while at < self.size {
            let count = match self.file.read_at(&mut chunk, at) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) => return Err(errno(error)),
            };
            target.write_all_at(chunk.get(..count).unwrap_or_default(), at).map_err(errno)?;
            at += u64::try_from(count).unwrap_or(u64::MAX);
        }
        Ok(())
    }

    fn finish(&self, path: &Path) -> Result<()> {
        std::fs::set_permissions(path, Permissions::from_mode(self.mode)).map_err(errno)?;
        set_times(path, self.times.0, self.times.1)
    }
}

/// What a call asks for, its paths as this process reaches them.
enum Request {
    Rename { old: PathBuf, new: PathBuf, flags: u32 },
    Remove { path: PathBuf },
    Create { path: PathBuf, flags: i32, mode: u32 },
}

fn low(argument: u64) -> i32 {
    u32::try_from(argument & 0xffff_ffff).unwrap_or_default().cast_signed()
}

impl Request {
    /// `None` when the call cannot be understood: then it goes on.
    fn read(call: &Call) -> Option<Self> {
        let [a, b, c, d, e, _] = call.arguments;
        let memory = Memory::of(call.thread)?;
        let at = |directory: u64, path: u64| memory.path(low(directory), path);
        #[cfg(target_arch = "x86_64")]
        let here = |path: u64| memory.path(libc::AT_FDCWD, path);
        let unsigned = |value: u64| low(value).cast_unsigned();
        match i64::from(call.number) {
            #[cfg(target_arch = "x86_64")]
            libc::SYS_rename => Some(Self::Rename { old: here(a)?, new: here(b)?, flags: 0 }),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_unlink => Some(Self::Remove { path: here(a)? }),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_open => Some(Self::Create { path: here(a)?, flags: low(b), mode: unsigned(c) }),
            libc::SYS_renameat => Some(Self::Rename { old: at(a, b)?, new: at(c, d)?, flags: 0 }),
            libc::SYS_renameat2 => Some(Self::Rename { old: at(a, b)?, new: at(c, d)?, flags: unsigned(e) }),
            libc::SYS_unlinkat => Some(Self::Remove { path: at(a, b)? }),
            libc::SYS_openat => Some(Self::Create { path: at(a, b)?, flags: low(c), mode: unsigned(d) }),
            _ => None,
        }
    }
}

/// The memory of a thread that waits for its answer.
struct Memory {
    thread: u32,
    file: File,
}

impl Memory {
    fn of(thread: u32) -> Option<Self> {
        Some(Self { thread, file: File::open(format!("/proc/{thread}/mem")).ok()? })
    }

    /// The path at an address, as this process reaches it.
    fn path(&self, directory: i32, address: u64) -> Option<PathBuf> {
        let text = self.text(address)?;
        let path = Path::new(OsStr::from_bytes(&text));
        // What lies there is another for each process; no quarantined file is reached that way.
        if text.is_empty() || path.starts_with("/proc") || path.starts_with("/dev") {
            return None;
        }
        if path.is_absolute() {
            return Some(path.to_path_buf());
        }
        let base = match directory {
            libc::AT_FDCWD => format!("/proc/{}/cwd", self.thread),
            number => format!("/proc/{}/fd/{number}", self.thread),
        };
        Some(Path::new(&base).join(path))
    }

    /// The bytes up to a zero, read page by page: the next page need not be there.
    fn text(&self, address: u64) -> Option<Vec<u8>> {
        let page = u64::try_from(MAX_PATH).ok()?;
        let mut text = Vec::new();
        while text.len() < MAX_PATH {
            let at = address.checked_add(u64::try_from(text.len()).ok()?)?;
            let mut chunk = vec![0; usize::try_from(page - at % page).ok()?];
            let count = self.file.read_at(&mut chunk, at).ok().filter(|count| *count > 0)?;
            let chunk = chunk.get(..count)?;
            if let Some(end) = chunk.iter().position(|byte| *byte == 0) {
                text.extend_from_slice(chunk.get(..end)?);
                return Some(text);
            }
            text.extend_from_slice(chunk);
        }
        None
    }
}

/// The file mode creation mask of a thread; the usual one when it cannot be read.
fn mask_of(thread: u32) -> u32 {
    let text = std::fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
    let mask = text.lines().find_map(|line| line.strip_prefix("Umask:"));
    mask.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o022)
}

/// Files that were removed, in git's private list of ignored files: to git, what is left of them shall not be there, or
/// it could not bring them back.
struct Hidden {
    /// Lists, each with the root of the tree that it is about.
    lists: Vec<(PathBuf, PathBuf)>,
    files: BTreeSet<PathBuf>,
}

impl Hidden {
    fn new<'a>(files: impl Iterator<Item = &'a PathBuf>) -> Self {
        let root = |list: &PathBuf| Some((list.clone(), list.ancestors().nth(3)?.to_path_buf()));
        let lists = files.filter(|path| path.ends_with(".git/info/exclude")).filter_map(root).collect();
        Self { lists, files: BTreeSet::new() }
    }

    fn hide(&mut self, file: &Path) {
        if self.edit(file, true).is_ok() {
            self.files.insert(file.to_path_buf());
        }
    }

    /// Shows files again that were made anew by calls that nobody saw.
    fn refresh(&mut self) {
        let back: Vec<PathBuf> = self.files.iter().filter(|file| !is_removed(file)).cloned().collect();
        for file in back {
            let _best_effort = self.edit(&file, false);
            self.files.remove(&file);
        }
    }

    fn edit(&self, file: &Path, hide: bool) -> io::Result<()> {
        let about = self.lists.iter().filter(|(_, root)| file.starts_with(root));
        let Some((list, root)) = about.max_by_key(|(_, root)| root.as_os_str().len()) else { return Ok(()) };
        let line = ignore_line(file.strip_prefix(root).unwrap_or(file));
        let text = std::fs::read(list)?;
        let mut lines: Vec<&[u8]> =
            text.split(|byte| *byte == b'\n').filter(|other| *other != line).collect();
        if hide {
            let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
            lines.insert(end, &line);
        }
        File::options().write(true).truncate(true).open(list)?.write_all(&lines.join(&b'\n'))
    }
}

/// A path as a line of git's list of ignored files that means this path only.
#[must_use]
pub fn ignore_line(path: &Path) -> Vec<u8> {
    let mut line = vec![b'/'];
    for byte in path.as_os_str().as_bytes() {
        if b"\\*?[ ".contains(byte) {
            line.push(b'\\');
        }
        line.push(*byte);
    }
    line
}

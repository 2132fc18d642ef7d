//! Carrying out a plan: building the new root, mount by mount, and moving into it.
//!
//! Every source and every target is opened without following symbolic links, and mounts go from descriptor to
//! descriptor, so a path that someone swaps meanwhile is an error and never another path. Mount points are made only in
//! file systems of our own: nothing is ever created on the host.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, CWD, Mode, OFlags, ResolveFlags};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, FsPickFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags,
};
use wardline_sys::kernel::{MountLimits, limit_mount};

use crate::confinement::ResourceLimits;
use crate::mechanism;
use crate::plan::{Plan, Step};
use crate::wire::{Failure, failing};

/// Ordinary host files: no set-user-id, no devices.
const PLAIN: MountLimits =
    MountLimits { read_only: false, no_setuid: true, no_devices: true, no_execute: false };
const READ_ONLY: MountLimits = MountLimits { read_only: true, ..PLAIN };

/// The device files that programs cannot do without; none leads to the host.
pub(crate) const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// Files of `/proc` that tell about the host or its kernel, and directories likewise. The whole mount is read-only
/// besides, which takes care of those that could be written.
const PROC_FILES: [&str; 17] = [
    "kcore",
    "kmsg",
    "keys",
    "key-users",
    "kallsyms",
    "timer_list",
    "sched_debug",
    "latency_stats",
    "sysrq-trigger",
    "config.gz",
    "iomem",
    "ioports",
    // They count the keys and packets of the host, as they come.
    "interrupts",
    "softirqs",
    // They name files, users and modules of the host.
    "locks",
    "modules",
    "schedstat",
];
/// Terminals that can be made at a time, when nothing else is asked for, and as many as a kernel has numbers for.
const TERMINALS: u64 = 256;
const ALL_TERMINALS: u64 = 1 << 20;
/// Who may make terminals, and who may write to one.
const TERMINAL_MODES: [(&str, &str); 2] = [("ptmxmode", "0666"), ("mode", "0620")];
const PROC_DIRECTORIES: [&str; 7] = ["acpi", "asound", "bus", "fs", "irq", "scsi", "driver"];

/// The root of the sandbox while it is being built. First the [`Root::ground`], which is the same for every program and
/// can be made before it is known what will run; then [`Root::complete`], by a plan.
pub(crate) struct Root {
    /// The root of the host, and directories of it that hold what is bound: many things lie side by side.
    host: OwnedFd,
    neighbours: BTreeMap<PathBuf, OwnedFd>,
    directory: OwnedFd,
    /// Device numbers of the file systems that we made, where mount points may be created.
    own: Vec<u64>,
    /// Directories of ours that took mount points. Shallow mounts come first, so none of them is covered later.
    parents: BTreeMap<PathBuf, OwnedFd>,
    /// The one file system that all private directories lie in, and how many there are.
    scratch: Option<(OwnedFd, usize)>,
    /// Whether there is a `/proc` of our own.
    pub(crate) proc_mounted: bool,
}

/// Room for the skeleton of directories and mount points: nothing is written there later.
const SKELETON: u64 = 16 << 20;

impl Root {
    /// An empty root over the host's, with `/proc` and `/dev`. The host stays in reach under its old paths until
    /// [`Root::complete`].
    ///
    /// With `proc_optional`, a `/proc` that the kernel refuses is left out.
    pub(crate) fn ground(proc_optional: bool) -> Result<Self, Failure> {
        // 1. Nothing that we mount may travel back to the host, nor the host's new mounts to us.
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        rustix::mount::mount_change("/", private).map_err(failing("make mounts private", "/"))?;

        // 2. An empty root of our own, mounted over the old one, which stays in reach until the last step.
        let host = fs::openat(CWD, "/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(failing("open", "/"))?;
        let tree = tmpfs(0o755, Some(SKELETON)).map_err(failing("make the root file system", "/"))?;
        let over = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
        rustix::mount::move_mount(&tree, "", CWD, "/", over).map_err(failing("mount the root", "/"))?;
        let (neighbours, parents) = (BTreeMap::new(), BTreeMap::new());
        let mut root = Self {
            host,
            neighbours,
            directory: tree,
            own: Vec::new(),
            parents,
            scratch: None,
            proc_mounted: false,
        };
        root.note_own().map_err(failing("look at the new root", "/"))?;

        // 3. The kernel's own file systems.
        root.masks().map_err(failing("make the masks", "/run"))?;
        root.proc_mounted = match root.proc() {
            Ok(()) => true,
            Err(_) if proc_optional => false,
            Err(failure) => return Err(failure),
        };
        root.devices()?;
        Ok(root)
    }

    /// Puts in what the plan shows, hides and pins, with room for all private directories together, and makes
    /// this the root of the process and its mount namespace.
    pub(crate) fn complete(mut self, plan: &Plan, limits: &ResourceLimits) -> Result<(), Failure> {
        // 4. What the plan says, from the outside in.
        if limits.terminals != Some(TERMINALS) {
            self.limit_terminals(limits.terminals).map_err(failing("limit the terminals of", "/dev/pts"))?;
        }
        self.room(limits.scratch).map_err(failing("make room for", "private directories"))?;
        let shared = Path::new("/dev/shm");
        self.scratch(shared, 0o1777).map_err(failing("make private", shared))?;
        for step in &plan.steps {
            self.carry_out(step)?;
        }

        // 5. The skeleton that holds it all together is done: nobody adds to it.
        if let Some((room, _)) = &self.scratch {
            limit_mount(room, false, READ_ONLY).map_err(failing("close", ROOM))?;
        }
        limit_mount(&self.directory, false, MountLimits { read_only: true, ..PLAIN })
            .map_err(failing("make the root read-only", "/"))?;

        // 6. Into the new root, and let go of the old one with everything in it.
        rustix::process::fchdir(&self.directory).map_err(failing("enter the new root", "/"))?;
        rustix::process::pivot_root(".", ".").map_err(failing("pivot the root", "/"))?;
        rustix::mount::unmount(".", UnmountFlags::DETACH).map_err(failing("let go of the old root", "/"))?;
        rustix::process::chdir("/").map_err(failing("enter the new root", "/"))
    }
}

/// What fails where a project cannot be laid under an overlay.
pub(crate) const OVERLAY: &str = "lay an overlay over";

/// Where the unreadable things lie that are mounted over masked paths.
const MASK_FILE: &str = "/.masked/file";
const MASK_DIRECTORY: &str = "/.masked/directory";
/// Where the file system of the private directories is mounted, out of reach.
const ROOM: &str = "/.masked/room";
/// The empty thing that is mounted over directories of `/proc`, where programs expect to be able to look.
const EMPTY_DIRECTORY: &str = "/.masked/empty";

impl Root {
    fn note_own(&mut self) -> io::Result<()> {
        self.own.push(fs::fstat(&self.directory)?.st_dev);
        Ok(())
    }

    fn carry_out(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Scratch { at, mode } => self.scratch(at, *mode).map_err(failing("make private", at)),
            Step::Link { at, to } => self.link(at, to).map_err(failing("link", at)),
            Step::Bind { source, at, writable, execute } => {
                let limits = MountLimits { read_only: !writable, no_execute: !execute, ..PLAIN };
                self.bind(source, at, limits).map_err(failing("bind", at))
            }
            Step::Overlay { at, changes } => self.overlay(at, changes).map_err(failing(OVERLAY, at)),
            Step::Anchor { at } => self.bind(at, at, PLAIN).map_err(failing("anchor", at)),
            Step::Stage { source, at } => self.bind(source, at, PLAIN).map_err(failing("stage", at)),
            Step::Pin { at } => self.bind(at, at, READ_ONLY).map_err(failing("pin", at)),
            Step::Mask { at, directory } => self.mask(at, *directory).map_err(failing("mask", at)),
        }
    }

    /// The file system of the private directories. It is mounted itself, because older kernels copy no part of one that
    /// is not, where nobody without capabilities comes.
    fn room(&mut self, bytes: Option<u64>) -> io::Result<()> {
        let room = tmpfs(0o755, bytes)?;
        self.own.push(fs::fstat(&room)?.st_dev);
        attach(&room, &self.open(Path::new(ROOM))?)?;
        self.scratch = Some((room, 0));
        Ok(())
    }

    /// A private directory: one of those in the scratch file system, which has one bound for all.
    fn scratch(&mut self, at: &Path, mode: u32) -> io::Result<()> {
        let Some((room, made)) = &mut self.scratch else {
            return Err(io::Error::other("there is no room for private directories yet"));
        };
        let name = made.to_string();
        *made += 1;
        fs::mkdirat(&*room, name.as_str(), Mode::from_raw_mode(0o700))?;
        fs::chmodat(&*room, name.as_str(), Mode::from_raw_mode(mode), AtFlags::empty())?;
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let tree = rustix::mount::open_tree(&*room, name.as_str(), flags)?;
        self.mount(&tree, at, true)
    }

    fn link(&mut self, at: &Path, to: &Path) -> io::Result<()> {
        let (Some(parent), Some(name)) = (at.parent(), at.file_name()) else { return Ok(()) };
        // In a directory of the host, the link is there already.
        let Some(parent) = self.own_parent(parent)? else { return Ok(()) };
        match fs::symlinkat(to, parent, name) {
            Err(rustix::io::Errno::EXIST) => Ok(()),
            result => Ok(result?),
        }
    }

    fn bind(&mut self, source: &Path, at: &Path, limits: MountLimits) -> io::Result<()> {
        let tree = self.host_tree(source)?;
        let kind = fs::FileType::from_raw_mode(fs::fstat(&tree)?.st_mode);
        if kind.is_symlink() {
            return Err(rustix::io::Errno::LOOP.into());
        }
        let directory = kind.is_dir();
        limit_mount(&tree, true, limits)?;
        self.mount(&tree, at, directory)
    }

    /// The host's directory at `at` with what is changed kept in `changes`. Everything is given by descriptors, so a path that
    /// somebody swaps is never followed; kernels before 6.13 cannot be told so.
    fn overlay(&mut self, at: &Path, changes: &Path) -> io::Result<()> {
        let lower = self.open_host(at)?;
        let [upper, work] = [self.open_host(&changes.join("upper"))?, self.open_host(&changes.join("work"))?];
        let context = rustix::mount::fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
        // What overlayfs notes on files is noted in the attributes that a user may write.
        rustix::mount::fsconfig_set_flag(&context, "userxattr")?;
        for (name, directory) in [("lowerdir+", &lower), ("upperdir", &upper), ("workdir", &work)] {
            rustix::mount::fsconfig_set_fd(&context, name, directory)?;
        }
        rustix::mount::fsconfig_create(&context)?;
        let limits = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
        let tree = rustix::mount::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, limits)?;
        self.mount(&tree, at, true)
    }

    fn mask(&self, at: &Path, directory: bool) -> io::Result<()> {
        let source = self.open(Path::new(if directory { MASK_DIRECTORY } else { MASK_FILE }))?;
        let tree = clone_tree(&source)?;
        limit_mount(&tree, false, MountLimits { no_execute: true, ..READ_ONLY })?;
        attach(&tree, &self.open(at)?)
    }

    /// An empty file and an empty directory that nobody without capabilities can open, and one that all can list.
    fn masks(&mut self) -> io::Result<()> {
        self.target(Path::new("/.masked"), true)?;
        drop(self.target(Path::new(MASK_DIRECTORY), true)?);
        drop(self.target(Path::new(ROOM), true)?);
        drop(self.target(Path::new(MASK_FILE), false)?);
        drop(self.target(Path::new(EMPTY_DIRECTORY), true)?);
        for path in [MASK_FILE, MASK_DIRECTORY, "/.masked"] {
            let relative = path.trim_start_matches('/');
            fs::chmodat(&self.directory, relative, Mode::empty(), AtFlags::empty())?;
        }
        Ok(())
    }

    fn proc(&mut self) -> Result<(), Failure> {
        let at = Path::new("/proc");
        let refused = |error| failing("mount /proc", at)(error).because(mechanism::PROC);
        let target = self.target(at, true).map_err(failing("mount /proc", at))?;
        let tree = filesystem("proc", &[]).map_err(refused)?;
        attach(&tree, &target).map_err(refused)?;
        let null = self.open_host(Path::new("/dev/null")).map_err(failing("open", "/dev/null"))?;
        let empty = self.open(Path::new(EMPTY_DIRECTORY)).map_err(failing("open", EMPTY_DIRECTORY))?;
        let files = PROC_FILES.iter().map(|name| (name, &null, None));
        let directories = PROC_DIRECTORIES.iter().map(|name| (name, &empty, Some(READ_ONLY)));
        for (name, cover, limits) in files.chain(directories) {
            let at = at.join(name);
            // Files are hidden behind the null device, directories behind an empty one.
            let Ok(target) = self.open(&at) else { continue };
            cover_with(cover, limits, &target).map_err(failing("mask", at))?;
        }
        let limits = MountLimits { no_execute: true, ..READ_ONLY };
        limit_mount(&tree, false, limits).map_err(failing("make /proc read-only", at))
    }

    fn devices(&mut self) -> Result<(), Failure> {
        let at = Path::new("/dev");
        let made = self.make_devices(at);
        made.map_err(failing("make /dev", at))
    }

    fn make_devices(&mut self, at: &Path) -> io::Result<()> {
        let tree = tmpfs(0o755, Some(1 << 20))?;
        self.own.push(fs::fstat(&tree)?.st_dev);
        attach(&tree, &self.target(at, true)?)?;
        for name in DEVICES {
            let source = match self.open_host(&at.join(name)) {
                Ok(source) => source,
                // A container may have fewer, and then so does the program.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let device = clone_tree(&source)?;
            let limits = MountLimits { no_setuid: true, no_execute: true, ..MountLimits::default() };
            limit_mount(&device, false, limits)?;
            self.mount(&device, &at.join(name), false)?;
        }
        let most = TERMINALS.to_string();
        let [door, side] = TERMINAL_MODES;
        let terminals = filesystem("devpts", &[door, side, ("newinstance", ""), ("max", &most)]);
        attach(&terminals.map_err(no_terminals)?, &self.target(&at.join("pts"), true)?)?;
        drop(self.target(&at.join("shm"), true)?);
        let links = [
            ("ptmx", "pts/ptmx"),
            ("fd", "/proc/self/fd"),
            ("stdin", "/proc/self/fd/0"),
            ("stdout", "/proc/self/fd/1"),
            ("stderr", "/proc/self/fd/2"),
        ];
        for (name, to) in links {
            self.link(&at.join(name), Path::new(to))?;
        }
        limit_mount(&tree, false, READ_DEVICES)
    }

    /// Gives `/dev/pts` another limit than the usual one.
    fn limit_terminals(&self, most: Option<u64>) -> io::Result<()> {
        let mount = self.open(Path::new("/dev/pts"))?;
        let flags = FsPickFlags::FSPICK_CLOEXEC | FsPickFlags::FSPICK_EMPTY_PATH;
        let context = rustix::mount::fspick(&mount, "", flags)?;
        let most = most.unwrap_or(ALL_TERMINALS).to_string();
        // What is not said again goes back to what the kernel thinks usual.
        for (name, value) in [("max", most.as_str())].into_iter().chain(TERMINAL_MODES) {
            rustix::mount::fsconfig_set_string(&context, name, value)?;
        }
        Ok(rustix::mount::fsconfig_reconfigure(&context)?)
    }

    /// A copy of the mounts at and below `path` of the host, taken without following any symbolic link on the way; one
    /// at `path` itself is given as it is.
    fn host_tree(&mut self, path: &Path) -> io::Result<OwnedFd> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return clone_tree(&self.open_host(path)?);
        };
        if !self.neighbours.contains_key(parent) {
            let opened = self.open_host(parent)?;
            self.neighbours.insert(parent.to_path_buf(), opened);
        }
        let parent = self.neighbours.get(parent).unwrap_or(&self.host);
        let flags = OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_RECURSIVE
            | OpenTreeFlags::AT_NO_AUTOMOUNT
            | OpenTreeFlags::AT_SYMLINK_NOFOLLOW;
        Ok(rustix::mount::open_tree(parent, name, flags)?)
    }

    /// Opens `path` of the host without following any symbolic link.
    fn open_host(&self, path: &Path) -> io::Result<OwnedFd> {
        let relative = path.strip_prefix("/").unwrap_or(path);
        if relative.as_os_str().is_empty() {
            return Ok(rustix::io::fcntl_dupfd_cloexec(&self.host, 0)?);
        }
        beneath(&self.host, relative)
    }

    /// Opens a path of the new root.
    fn open(&self, at: &Path) -> io::Result<OwnedFd> {
        let relative = at.strip_prefix("/").unwrap_or(at);
        if relative.as_os_str().is_empty() {
            return Ok(rustix::io::fcntl_dupfd_cloexec(&self.directory, 0)?);
        }
        beneath(&self.directory, relative)
    }

    /// Mounts `tree` at a path of the new root, which is made where the file system is our own.
    fn mount(&mut self, tree: &OwnedFd, at: &Path, directory: bool) -> io::Result<()> {
        let (Some(above), Some(name)) = (at.parent(), at.file_name()) else {
            return attach(tree, &self.open(at)?);
        };
        let Some(parent) = self.own_parent(above)? else {
            return attach(tree, &self.target(at, directory)?);
        };
        let made = if directory {
            fs::mkdirat(parent, name, Mode::from_raw_mode(0o755))
        } else {
            fs::mknodat(parent, name, fs::FileType::RegularFile, Mode::from_raw_mode(0o644), 0)
        };
        match made {
            // By its name in a directory that only we write to; a link there is not followed.
            Ok(()) | Err(rustix::io::Errno::EXIST) => {
                let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
                Ok(rustix::mount::move_mount(tree.as_fd(), "", parent, name, flags)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a path of the new root to mount on, and makes it, with the directories above it, where the file system is
    /// our own.
    fn target(&mut self, at: &Path, directory: bool) -> io::Result<OwnedFd> {
        let (Some(parent), Some(name)) = (at.parent(), at.file_name()) else {
            return self.open(at);
        };
        let Some(parent) = self.own_parent(parent)? else {
            return self.open(at).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => io::Error::new(
                    io::ErrorKind::NotFound,
                    "nothing to mount on, and nothing is made on the host",
                ),
                _ => error,
            });
        };
        let made = if directory {
            fs::mkdirat(parent, name, Mode::from_raw_mode(0o755)).map(|()| None)
        } else {
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
            fs::openat(parent, name, flags, Mode::from_raw_mode(0o644)).map(Some)
        };
        match made {
            Ok(Some(file)) => Ok(file),
            Ok(None) => Ok(fs::openat(
                parent,
                name,
                OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                Mode::empty(),
            )?),
            Err(rustix::io::Errno::EXIST) => self.open(at),
            Err(error) => Err(error.into()),
        }
    }

    /// The directory at `path`, made where need be, when mount points may be made in it.
    fn own_parent(&mut self, path: &Path) -> io::Result<Option<&OwnedFd>> {
        if !self.parents.contains_key(path) {
            let opened = self.target(path, true)?;
            if !self.is_own(&opened)? {
                return Ok(None);
            }
            self.parents.insert(path.to_path_buf(), opened);
        }
        Ok(self.parents.get(path))
    }

    fn is_own(&self, directory: &OwnedFd) -> io::Result<bool> {
        Ok(self.own.contains(&fs::fstat(directory)?.st_dev))
    }
}

/// A refusal of terminals, with what helps.
fn no_terminals(error: io::Error) -> io::Error {
    let text = error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase();
    io::Error::new(error.kind(), format!("no terminals of its own: {text}; {}", crate::host::OWN_TERMINALS))
}

/// Whether a mount can be made in a new mount namespace: a trial of the rights that everything here rests on.
pub(crate) fn try_private_mount() -> io::Result<()> {
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    let tree = tmpfs(0o755, Some(4096))?;
    Ok(rustix::mount::move_mount(&tree, "", CWD, "/", MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
}

/// Whether the kernel gives a new pid namespace a `/proc` of its own.
pub(crate) fn try_proc() -> io::Result<()> {
    filesystem("proc", &[]).map(drop)
}

/// `/dev` itself takes no new entries; its entries stay devices.
const READ_DEVICES: MountLimits =
    MountLimits { read_only: true, no_setuid: true, no_devices: false, no_execute: true };

fn beneath(root: &OwnedFd, relative: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    Ok(fs::openat2(root, relative, flags, Mode::empty(), resolve)?)
}

fn clone_tree(source: &OwnedFd) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH
        | OpenTreeFlags::AT_RECURSIVE;
    Ok(rustix::mount::open_tree(source, "", flags)?)
}

/// Mounts what lies at `cover` over `target`.
fn cover_with(cover: &OwnedFd, limits: Option<MountLimits>, target: &OwnedFd) -> io::Result<()> {
    let tree = clone_tree(cover)?;
    if let Some(limits) = limits {
        limit_mount(&tree, false, limits)?;
    }
    attach(&tree, target)
}

fn attach(tree: &OwnedFd, target: &OwnedFd) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(rustix::mount::move_mount(tree.as_fd(), "", target.as_fd(), "", flags)?)
}

fn tmpfs(mode: u32, bytes: Option<u64>) -> io::Result<OwnedFd> {
    let mode = format!("{mode:o}");
    match bytes {
        Some(bytes) => {
            // A file takes memory of the kernel, however empty it is.
            let files = (bytes / 4096).max(FILES).to_string();
            filesystem("tmpfs", &[("mode", &mode), ("size", &bytes.to_string()), ("nr_inodes", &files)])
        }
        None => filesystem("tmpfs", &[("mode", &mode)]),
    }
}

/// Files that fit into the smallest file system of our own.
const FILES: u64 = 16 * 1024;

/// A new file system with `options`, mounted nowhere yet. An option with an empty value is a flag.
fn filesystem(kind: &str, options: &[(&str, &str)]) -> io::Result<OwnedFd> {
    let context = rustix::mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (name, value) in options {
        if value.is_empty() {
            rustix::mount::fsconfig_set_flag(&context, *name)?;
        } else {
            rustix::mount::fsconfig_set_string(&context, *name, *value)?;
        }
    }
    rustix::mount::fsconfig_create(&context)?;
    let mut limits = MountAttrFlags::MOUNT_ATTR_NOSUID;
    if kind != "devpts" {
        limits |= MountAttrFlags::MOUNT_ATTR_NODEV;
    }
    Ok(rustix::mount::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, limits)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_terminals_says_what_helps() {
        let refused = no_terminals(io::Error::from_raw_os_error(1));
        let failure: Failure = failing("make /dev", "/dev")(refused);
        let text = failure.to_string();
        assert!(
            text.contains("operation not permitted; let the kernel give the sandbox a /dev/pts"),
            "{text}"
        );
    }
}

//! Kernel surface that ordinary work does not need. The call that succeeds is the open door.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{CWD, FileType, MemfdFlags, Mode, makedev, memfd_create, mknodat};
use rustix::mount::{FsOpenFlags, OpenTreeFlags, UnmountFlags};
use wardline_sys::attempt::{self, Plain};
use wardline_sys::process::{Fork, Namespaces, fork_into, leave};

use crate::attack::Judge::Answer;
use crate::attack::actor::{Scene, no};
use crate::attack::{Class, Probe};

const fn surface(
    vector: u8,
    id: &'static str,
    tries: &'static str,
    attempt: fn(&Scene) -> io::Result<()>,
) -> Probe {
    Probe::new(Class::Kernel, vector, id, tries, Answer, attempt)
}

pub(super) const PROBES: &[Probe] = &[
    surface(59, "io-uring", "a ring of operations in the kernel", |_| attempt::io_ring()),
    surface(60, "userfaultfd", "hold the kernel at a page fault", |_| Plain::USERFAULTFD.call().map(drop)),
    surface(61, "bpf", "a map of the kernel's virtual machine", |_| attempt::bpf_map()),
    surface(61, "performance", "a counter of events", |_| attempt::performance_counter()),
    surface(51, "add-key", "put a key into the kernel's ring", |_| attempt::add_key()),
    surface(51, "key-ring", "make a ring of keys", |_| Plain::KEYCTL.call().map(drop)),
    surface(51, "request-key", "look for a key of the user", |_| attempt::request_key()),
    surface(51, "key-names", "read the names of keys", |_| some("/proc/keys")),
    // ---- namespaces and mounts
    surface(62, "unshare-user", "a new user namespace", |_| Plain::UNSHARE_USER.call().map(drop)),
    surface(62, "unshare-network", "a new network namespace", |_| Plain::UNSHARE_NETWORK.call().map(drop)),
    surface(62, "unshare-mount", "a new mount namespace", |_| Plain::UNSHARE_MOUNT.call().map(drop)),
    surface(62, "clone-user", "a child in a new user namespace", |_| {
        match fork_into(Namespaces { user: true, ..Namespaces::NONE })? {
            Fork::Child => leave(0),
            Fork::Parent(_) => Ok(()),
        }
    }),
    surface(62, "clone3-user", "a child in a new user namespace by the newer call", |_| {
        attempt::clone3_user()
    }),
    surface(63, "mount", "mount a file system in a namespace of one's own", |s| {
        let _own = Plain::UNSHARE_USER.call();
        let _own = Plain::UNSHARE_MOUNT.call();
        let flags = rustix::mount::MountFlags::empty();
        Ok(rustix::mount::mount("none", s.at("project/lib"), "tmpfs", flags, None)?)
    }),
    surface(63, "unmount", "uncover what is covered", |_| {
        Ok(rustix::mount::unmount("/proc", UnmountFlags::DETACH)?)
    }),
    surface(63, "open-tree", "copy a tree of mounts", |_| {
        Ok(rustix::mount::open_tree(CWD, "/", OpenTreeFlags::OPEN_TREE_CLONE).map(drop)?)
    }),
    surface(63, "fsopen", "open a file system", |_| {
        Ok(rustix::mount::fsopen("tmpfs", FsOpenFlags::empty()).map(drop)?)
    }),
    surface(63, "change-root", "another root", |s| Ok(rustix::process::chroot(s.at("project"))?)),
    surface(63, "pivot-root", "another root by pivot", |s| {
        Ok(rustix::process::pivot_root(s.at("project"), s.at("project/lib"))?)
    }),
    surface(64, "setns", "enter a namespace of process 1", |_| {
        let space = fs::File::open("/proc/1/ns/user")?;
        Ok(rustix::thread::move_into_link_name_space(std::os::fd::AsFd::as_fd(&space), None)?)
    }),
    surface(12, "file-handle", "the number of a file, to open it past path rules", |_| {
        attempt::file_handle(c"/usr")
    }),
    surface(20, "fanotify", "watch whole file systems", |_| Plain::FANOTIFY.call().map(drop)),
    // ---- other interfaces
    #[cfg(target_arch = "x86_64")]
    surface(65, "old-interface", "a call of the 32-bit interface", |_| {
        if attempt::old_interface() > 0 { Ok(()) } else { Err(no("refused")) }
    }),
    #[cfg(target_arch = "x86_64")]
    surface(66, "x32", "a call of the x32 interface", |_| Plain::X32.call().map(drop)),
    surface(67, "personality", "address randomisation off", |_| Plain::PERSONALITY.call().map(drop)),
    #[cfg(target_arch = "x86_64")]
    surface(67, "local-table", "a local descriptor table", |_| Plain::LOCAL_TABLE.call().map(drop)),
    #[cfg(target_arch = "x86_64")]
    surface(68, "ports", "the machine's ports", |_| Plain::PORTS.call().map(drop)),
    surface(38, "trace-me", "be traced by the parent", |_| Plain::TRACE_ME.call().map(drop)),
    surface(41, "compare", "compare kernel pointers", |_| Plain::COMPARE.call().map(drop)),
    // ---- what tells about the host or steers it
    surface(7, "kernel-memory", "read the kernel's memory", |_| some("/proc/kcore")),
    surface(7, "kernel-log-file", "read the kernel's log by its file", |_| {
        // Without waiting for the next message.
        let at_once = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        fs::OpenOptions::new().read(true).custom_flags(at_once).open("/proc/kmsg")?.read_exact(&mut [0])
    }),
    surface(7, "kernel-log", "ask about the kernel's log", |_| Plain::KERNEL_LOG.call().map(drop)),
    surface(7, "kernel-addresses", "read addresses of the kernel", |_| some("/proc/kallsyms")),
    surface(7, "magic-key", "open the magic key for writing", |s| s.writable("/proc/sysrq-trigger")),
    surface(67, "kernel-settings", "open a setting of the kernel for writing", |s| {
        s.writable("/proc/sys/kernel/randomize_va_space")
    }),
    surface(68, "host-name", "another host name", |_| Ok(rustix::system::sethostname(b"wardline-attack")?)),
    surface(68, "accounting", "accounting of processes off", |_| Plain::ACCOUNTING.call().map(drop)),
    surface(68, "device", "make a device file and read it", |s| {
        let path = s.at("project/zero");
        mknodat(CWD, &path, FileType::CharacterDevice, Mode::from_raw_mode(0o666), makedev(1, 5))?;
        fs::File::open(path)?.read_exact(&mut [0])
    }),
    surface(68, "fuse", "open /dev/fuse", |_| both("/dev/fuse")),
    surface(68, "tunnel", "open /dev/net/tun", |_| both("/dev/net/tun")),
    surface(68, "kvm", "open /dev/kvm", |_| both("/dev/kvm")),
    surface(68, "disks", "see the machine's disks", |_| {
        let disk = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_block_device());
        if fs::read_dir("/dev")?.flatten().any(|entry| disk(&entry)) {
            Ok(())
        } else {
            Err(no("there are none"))
        }
    }),
    surface(69, "cgroup", "make a cgroup", |s| {
        let roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory"];
        let made = |root: &&str| {
            let path = Path::new(root).join(s.name());
            fs::create_dir(&path).and_then(|()| fs::remove_dir(path)).is_ok()
        };
        if roots.iter().any(made) { Ok(()) } else { Err(no("refused")) }
    }),
    surface(53, "memory-program", "execute a program that is in no file", |_| {
        let program = memfd_create("program", MemfdFlags::CLOEXEC)?;
        let mut file = fs::File::from(program);
        io::copy(&mut fs::File::open("/bin/true")?, &mut file)?;
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
        if std::process::Command::new(path).status()?.success() { Ok(()) } else { Err(no("it failed")) }
    }),
    surface(52, "new-privileges", "gain rights by a set-user-id program", |_| {
        if rustix::thread::no_new_privs()? { Err(no("they cannot be gained")) } else { Ok(()) }
    }),
    surface(52, "capabilities", "hold a capability, or be able to gain one", |_| {
        let status = fs::read_to_string("/proc/self/status")?;
        let sets = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
        let some = status.lines().filter_map(|line| line.split_once(":\t")).any(|(name, value)| {
            sets.contains(&name) && u64::from_str_radix(value.trim(), 16).is_ok_and(|bits| bits != 0)
        });
        if some { Ok(()) } else { Err(no("none")) }
    }),
];

/// Whether a file of the kernel says anything.
fn some(path: &str) -> io::Result<()> {
    fs::File::open(path)?.read_exact(&mut [0])
}

fn both(path: &str) -> io::Result<()> {
    fs::OpenOptions::new().read(true).write(true).open(path).map(drop)
}

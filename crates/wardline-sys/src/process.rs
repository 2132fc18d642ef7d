//! Making processes: fork, clone into namespaces, and leaving without running anybody's clean-up.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::process::Pid;

/// The two sides of a fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fork {
    /// We are the parent; this is the child.
    Parent(Pid),
    /// We are the child.
    Child,
}

/// Namespaces a child may be born into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Namespaces {
    /// Own user and group ids, and the capabilities over the other new namespaces.
    pub user: bool,
    /// Own mounts.
    pub mount: bool,
    /// Own process ids; the child is pid 1 and its death kills the rest.
    pub pid: bool,
    /// Own System V and POSIX message objects.
    pub ipc: bool,
    /// Own host name.
    pub uts: bool,
    /// Own network stack, with nothing in it but a loopback that is down.
    pub net: bool,
    /// Own view of the cgroup tree.
    pub cgroup: bool,
}

impl Namespaces {
    /// Every namespace that this crate knows.
    pub const ALL: Self =
        Self { user: true, mount: true, pid: true, ipc: true, uts: true, net: true, cgroup: true };

    /// No namespace: the child differs from the parent only in being another process.
    pub const NONE: Self =
        Self { user: false, mount: false, pid: false, ipc: false, uts: false, net: false, cgroup: false };

    fn flags(self) -> libc::c_int {
        let table = [
            (self.user, libc::CLONE_NEWUSER),
            (self.mount, libc::CLONE_NEWNS),
            (self.pid, libc::CLONE_NEWPID),
            (self.ipc, libc::CLONE_NEWIPC),
            (self.uts, libc::CLONE_NEWUTS),
            (self.net, libc::CLONE_NEWNET),
            (self.cgroup, libc::CLONE_NEWCGROUP),
        ];
        table.into_iter().filter(|(wanted, _)| *wanted).fold(0, |flags, (_, flag)| flags | flag)
    }
}

/// Refuses to go on in a process with more than one thread.
///
/// After a fork only the calling thread exists in the child, so a lock that another thread held stays locked
/// for ever; with one thread there is no such lock, and the child may run ordinary code.
fn require_single_thread() -> io::Result<()> {
    // To stop sharing memory with one's own threads is possible only for a process that has none, and then changes
    // nothing. No file system is needed for the question.
    // SAFETY: the call takes integers only; with this flag it either fails or does nothing.
    let result = unsafe { libc::unshare(libc::CLONE_VM) };
    if result < 0 {
        return Err(io::Error::other(format!(
            "cannot fork safely: this process has more than one thread ({})",
            io::Error::last_os_error()
        )));
    }
    Ok(())
}

/// Forks a process that has one thread.
///
/// # Errors
/// When the process has more than one thread, or the system refuses another process.
pub fn fork() -> io::Result<Fork> {
    require_single_thread()?;
    // SAFETY: fork takes no pointers; the process has one thread (checked above), so the child may use any code.
    let pid = unsafe { libc::fork() };
    sides(libc::c_long::from(pid))
}

/// Forks a process that has one thread, the child in new namespaces.
///
/// # Errors
/// When the process has more than one thread, or the system refuses the process or a namespace.
pub fn fork_into(namespaces: Namespaces) -> io::Result<Fork> {
    if namespaces == Namespaces::NONE {
        return fork();
    }
    require_single_thread()?;
    let flags = libc::c_long::from(namespaces.flags() | libc::SIGCHLD);
    let none: libc::c_long = 0;
    // SAFETY: without CLONE_VM or a stack pointer the call is a fork: the child gets a copy of the memory and goes
    // on here on a copy of the stack. One thread (checked above) means that no lock is left held in the copy.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, none, none, none, none) };
    sides(pid)
}

/// As [`fork_into`], with the child born into the cgroup whose directory (of version 2) is open at `group`.
///
/// A process that is moved into a group later makes the kernel wait for all processors; one that is born there does not.
///
/// # Errors
/// As [`fork_into`], and when the kernel is older than 5.7, a filter refuses the call, or the group takes no processes.
pub fn fork_into_group(namespaces: Namespaces, group: BorrowedFd<'_>) -> io::Result<Fork> {
    /// From `linux/sched.h`; it fits into the 64 bits of `clone3` only.
    const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
    require_single_thread()?;
    let arguments = libc::clone_args {
        flags: u64::try_from(namespaces.flags()).unwrap_or_default() | CLONE_INTO_CGROUP,
        pidfd: 0,
        child_tid: 0,
        parent_tid: 0,
        exit_signal: u64::try_from(libc::SIGCHLD).unwrap_or_default(),
        stack: 0,
        stack_size: 0,
        tls: 0,
        set_tid: 0,
        set_tid_size: 0,
        cgroup: u64::try_from(group.as_raw_fd()).unwrap_or_default(),
    };
    // SAFETY: the kernel reads a live value of the size that is given. Without CLONE_VM or a stack the call is a fork,
    // as in `fork_into`, and the process has one thread (checked above).
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, size_of::<libc::clone_args>()) };
    sides(pid)
}

fn sides(pid: libc::c_long) -> io::Result<Fork> {
    match pid {
        0 => Ok(Fork::Child),
        pid if pid > 0 => i32::try_from(pid)
            .ok()
            .and_then(Pid::from_raw)
            .map(Fork::Parent)
            .ok_or_else(|| io::Error::other("the kernel returned an impossible process id")),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Overwrites the environment that this process was started with: a copy of a process has its secrets too.
///
/// For a fork that goes on without an exec, before it has any thread. Afterwards every variable reads as empty.
///
/// # Errors
/// When the process has more than one thread; nothing was changed.
pub fn forget_environment() -> io::Result<()> {
    unsafe extern "C" {
        static environ: *const *mut libc::c_char;
    }
    require_single_thread()?;
    // SAFETY: the C library's own variable; with one thread (checked above) nobody changes it meanwhile.
    let mut entry = unsafe { environ };
    while !entry.is_null() {
        // SAFETY: `environ` points into an array that ends with a null pointer, and the loop ends there.
        let text = unsafe { entry.read() };
        if text.is_null() {
            break;
        }
        // SAFETY: each entry is a string that ends with a zero.
        let length = unsafe { libc::strlen(text) };
        // SAFETY: the string is writable memory of this process, `length` bytes long, and no Rust reference to it
        // exists: the standard library copies what it gives out. One thread: nobody reads it meanwhile.
        unsafe { libc::memset(text.cast(), 0, length) };
        entry = entry.wrapping_add(1);
    }
    Ok(())
}

/// Ends the process at once: no destructors, no exit handlers, no flushing. For forked children, whose buffers are
/// copies of the parent's and must not be written twice.
pub fn leave(code: i32) -> ! {
    // SAFETY: _exit takes an integer and does not return.
    unsafe { libc::_exit(code) }
}

//! Kernel calls that a sandbox should refuse, wrapped so that a probe can try each of them.
//!
//! Every function makes its call with arguments with which it would succeed where nothing refuses it, and gives the
//! kernel's answer. They are for the actor of the attack suite, a process that is thrown away after one call; nothing
//! else uses them.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// A call whose arguments are all numbers or null pointers, so that the kernel reads and writes none of our memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain {
    number: libc::c_long,
    arguments: [libc::c_long; 5],
}

const fn plain(number: libc::c_long, arguments: [libc::c_long; 5]) -> Plain {
    Plain { number, arguments }
}

impl Plain {
    /// A descriptor that holds page faults of this process for it to answer (user mode only, which needs no right).
    pub const USERFAULTFD: Self = plain(libc::SYS_userfaultfd, [1, 0, 0, 0, 0]);
    /// The number of the process's key ring (-2), made when there is none.
    pub const KEYCTL: Self = plain(libc::SYS_keyctl, [0, -2, 1, 0, 0]);
    /// A new user namespace for this process.
    pub const UNSHARE_USER: Self = plain(libc::SYS_unshare, [0x1000_0000, 0, 0, 0, 0]);
    /// A new network namespace for this process.
    pub const UNSHARE_NETWORK: Self = plain(libc::SYS_unshare, [0x4000_0000, 0, 0, 0, 0]);
    /// A new mount namespace for this process.
    pub const UNSHARE_MOUNT: Self = plain(libc::SYS_unshare, [0x0002_0000, 0, 0, 0, 0]);
    /// Address randomisation off for what this process executes next.
    pub const PERSONALITY: Self = plain(libc::SYS_personality, [0x0004_0000, 0, 0, 0, 0]);
    /// To be traced by the parent.
    pub const TRACE_ME: Self = plain(libc::SYS_ptrace, [0, 0, 0, 0, 0]);
    /// A group of notifications about whole file systems, of the kind that needs no right (0x200, by file handle).
    pub const FANOTIFY: Self = plain(libc::SYS_fanotify_init, [0x200, 0, 0, 0, 0]);
    /// How many bytes the kernel's log can hold.
    pub const KERNEL_LOG: Self = plain(libc::SYS_syslog, [10, 0, 0, 0, 0]);
    /// Accounting of processes off.
    pub const ACCOUNTING: Self = plain(libc::SYS_acct, [0, 0, 0, 0, 0]);
    /// Whether this process and itself share memory, by kernel pointers.
    pub const COMPARE: Self = plain(libc::SYS_kcmp, [0, 0, 1, 0, 0]);
    /// Room for a local descriptor table (reads none of it: a size of 0).
    #[cfg(target_arch = "x86_64")]
    pub const LOCAL_TABLE: Self = plain(libc::SYS_modify_ldt, [0, 0, 0, 0, 0]);
    /// The level of rights for ports, as it is.
    #[cfg(target_arch = "x86_64")]
    pub const PORTS: Self = plain(libc::SYS_iopl, [3, 0, 0, 0, 0]);
    /// The process id by the x32 interface.
    #[cfg(target_arch = "x86_64")]
    pub const X32: Self = plain(0x4000_0000 + libc::SYS_getpid, [0, 0, 0, 0, 0]);

    /// Makes the call.
    ///
    /// # Errors
    /// The kernel's refusal.
    pub fn call(self) -> io::Result<i64> {
        let [a, b, c, d, e] = self.arguments;
        // SAFETY: the only values of this type are the constants above; their arguments are numbers and null
        // pointers, so the kernel touches no memory of this process.
        let result = unsafe { libc::syscall(self.number, a, b, c, d, e) };
        answered(result)
    }
}

fn answered(result: libc::c_long) -> io::Result<i64> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Sets up a ring for operations in the kernel, and closes it.
///
/// # Errors
/// The kernel's refusal.
pub fn io_ring() -> io::Result<()> {
    // The size of `struct io_uring_params`.
    let mut parameters = [0_u32; 30];
    // SAFETY: the kernel reads and fills a live, writable value of the size of its parameters.
    let result = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, parameters.as_mut_ptr()) };
    answered(result).and_then(adopt).map(drop)
}

/// Takes a descriptor that a call has just made.
fn adopt(number: i64) -> io::Result<OwnedFd> {
    let number = i32::try_from(number).map_err(io::Error::other)?;
    // SAFETY: the callers pass what the kernel has just returned as a new descriptor; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Makes a map of the kernel's virtual machine, and closes it.
///
/// # Errors
/// The kernel's refusal.
pub fn bpf_map() -> io::Result<()> {
    /// The first fields of `union bpf_attr` for `BPF_MAP_CREATE`.
    #[repr(C, align(8))]
    struct Attributes {
        kind: u32,
        key: u32,
        value: u32,
        entries: u32,
        rest: [u64; 14],
    }
    let array = Attributes { kind: 2, key: 4, value: 4, entries: 1, rest: [0; 14] };
    // SAFETY: the kernel reads a live value of the size that is given.
    let result = unsafe { libc::syscall(libc::SYS_bpf, 0, &raw const array, size_of::<Attributes>()) };
    answered(result).and_then(adopt).map(drop)
}

/// Counts the instructions of this process, and stops again.
///
/// # Errors
/// The kernel's refusal.
pub fn performance_counter() -> io::Result<()> {
    // `struct perf_event_attr` of its first version (64 bytes): a software event (1), the processor clock (0), with
    // what happens in the kernel and the hypervisor left out.
    let attributes: [u64; 8] = [1 | (64 << 32), 0, 0, 0, 0, (1 << 5) | (1 << 6), 0, 0];
    // SAFETY: the kernel reads a live value whose size stands in its second field.
    let result = unsafe { libc::syscall(libc::SYS_perf_event_open, attributes.as_ptr(), 0, -1, -1, 0) };
    answered(result).and_then(adopt).map(drop)
}

/// Puts a key into the ring of this process, which ends with it.
///
/// # Errors
/// The kernel's refusal.
pub fn add_key() -> io::Result<()> {
    const PROCESS_RING: libc::c_long = -2;
    let payload = c"x";
    // SAFETY: the three strings are live, and the length is that of the payload; the kernel only reads them.
    let result = unsafe {
        libc::syscall(
            libc::SYS_add_key,
            c"user".as_ptr(),
            c"wardline-attack".as_ptr(),
            payload.as_ptr(),
            payload.count_bytes(),
            PROCESS_RING,
        )
    };
    answered(result).map(drop)
}

/// Asks for a key that is not there. A kernel that looks for it answers with "no such key", which is an answer.
///
/// # Errors
/// The kernel's refusal to look.
pub fn request_key() -> io::Result<()> {
    let none: *const libc::c_char = std::ptr::null();
    // SAFETY: the two strings are live and terminated; a null call-out means that nobody is asked to make the key.
    let result =
        unsafe { libc::syscall(libc::SYS_request_key, c"user".as_ptr(), c"wardline-none".as_ptr(), none, 0) };
    match answered(result) {
        Err(error) if error.raw_os_error() == Some(libc::ENOKEY) => Ok(()),
        result => result.map(drop),
    }
}

/// A child in a new user namespace by the call whose flags lie in memory.
///
/// # Errors
/// The kernel's refusal.
pub fn clone3_user() -> io::Result<()> {
    // Flags first, the signal of the end fifth; the rest is zero, so this is a fork.
    let arguments: [u64; 11] = [0x1000_0000, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0];
    // SAFETY: the kernel reads a live value of the size that is given; without CLONE_VM or a stack the call is a fork,
    // and the child makes only the next call.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, arguments.as_ptr(), size_of_val(&arguments)) };
    if pid == 0 {
        crate::process::leave(0);
    }
    answered(pid).map(drop)
}

/// Takes control of another process, and keeps it until this one ends.
///
/// # Errors
/// The kernel's refusal.
pub fn seize(pid: u32) -> io::Result<()> {
    const SEIZE: libc::c_long = 0x4206;
    let none: *const libc::c_void = std::ptr::null();
    // SAFETY: this request takes numbers only; it stops nothing and reads no memory.
    let result = unsafe { libc::syscall(libc::SYS_ptrace, SEIZE, libc::c_long::from(pid), none, none) };
    answered(result).map(drop)
}

/// How many ranges there are, and no flags, as wide as the kernel reads them.
const ONE: libc::c_ulong = 1;
const NONE: libc::c_ulong = 0;

/// Reads `length` bytes at an address of another process.
///
/// # Errors
/// The kernel's refusal.
pub fn read_memory(pid: u32, address: usize, length: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; length];
    let ours = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: length };
    let theirs = libc::iovec { iov_base: std::ptr::without_provenance_mut(address), iov_len: length };
    // SAFETY: the kernel writes into a live buffer of the length that is given; the other address is looked up in the
    // other process only.
    let result = unsafe {
        libc::syscall(
            libc::SYS_process_vm_readv,
            libc::c_long::from(pid),
            &raw const ours,
            ONE,
            &raw const theirs,
            ONE,
            NONE,
        )
    };
    let count = usize::try_from(answered(result)?).unwrap_or_default();
    buffer.truncate(count);
    Ok(buffer)
}

/// Writes bytes at an address of another process.
///
/// # Errors
/// The kernel's refusal.
pub fn write_memory(pid: u32, address: usize, text: &[u8]) -> io::Result<()> {
    let mut text = text.to_vec();
    let ours = libc::iovec { iov_base: text.as_mut_ptr().cast(), iov_len: text.len() };
    let theirs = libc::iovec { iov_base: std::ptr::without_provenance_mut(address), iov_len: text.len() };
    // SAFETY: the kernel reads a live buffer of the length that is given; the other address is looked up in the other
    // process only, which the caller owns.
    let result = unsafe {
        libc::syscall(
            libc::SYS_process_vm_writev,
            libc::c_long::from(pid),
            &raw const ours,
            ONE,
            &raw const theirs,
            ONE,
            NONE,
        )
    };
    answered(result).map(drop)
}

/// The process id by the 32-bit interface. Where the kernel has none, or the filter kills for it, this process ends.
#[cfg(target_arch = "x86_64")]
#[must_use]
pub fn old_interface() -> i32 {
    const GETPID: i32 = 20;
    let mut result = GETPID;
    // SAFETY: this call of the 32-bit interface takes no argument, touches no memory and changes no other register.
    unsafe { std::arch::asm!("int 0x80", inout("eax") result) };
    result
}

/// Puts characters into the input of a terminal, as if somebody had typed them.
///
/// # Errors
/// The kernel's refusal.
pub fn type_into(terminal: &impl AsFd, text: &[u8]) -> io::Result<()> {
    for byte in text {
        // SAFETY: the request reads one byte, from a live one.
        let result =
            unsafe { libc::ioctl(terminal.as_fd().as_raw_fd(), libc::TIOCSTI, std::ptr::from_ref(byte)) };
        answered(libc::c_long::from(result))?;
    }
    Ok(())
}

/// Loads the line discipline of the given number for a terminal.
///
/// # Errors
/// The kernel's refusal.
pub fn set_discipline(terminal: &impl AsFd, number: i32) -> io::Result<()> {
    // SAFETY: the request reads one number, from a live one.
    let result = unsafe { libc::ioctl(terminal.as_fd().as_raw_fd(), libc::TIOCSETD, &raw const number) };
    answered(libc::c_long::from(result)).map(drop)
}

/// Asks for the number of a file, by which it could be opened past every path rule.
///
/// # Errors
/// The kernel's refusal.
pub fn file_handle(path: &CStr) -> io::Result<()> {
    // Eight bytes of header, of which the first four say how many follow.
    let mut handle = [0_u32; 34];
    let mut mount: libc::c_int = 0;
    if let Some(room) = handle.first_mut() {
        *room = 128;
    }
    // SAFETY: the path is live and terminated, the kernel writes no more than the handle has room for, and one number.
    let result = unsafe {
        libc::syscall(
            libc::SYS_name_to_handle_at,
            libc::AT_FDCWD,
            path.as_ptr(),
            handle.as_mut_ptr(),
            &raw mut mount,
            0,
        )
    };
    answered(result).map(drop)
}

/// A segment of System V shared memory, removed when it is dropped by the process that made it.
#[derive(Debug)]
pub struct SharedMemory {
    id: i32,
    owned: bool,
}

const SEGMENT: usize = 4096;

impl SharedMemory {
    /// A new segment of zeros, open for every user.
    ///
    /// # Errors
    /// The kernel's refusal.
    pub fn new() -> io::Result<Self> {
        // SAFETY: the call takes numbers only.
        let id = unsafe { libc::shmget(libc::IPC_PRIVATE, SEGMENT, 0o666 | libc::IPC_CREAT) };
        answered(libc::c_long::from(id))?;
        Ok(Self { id, owned: true })
    }

    /// The segment that another process made.
    #[must_use]
    pub fn of_another(id: i32) -> Self {
        Self { id, owned: false }
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.id
    }

    /// Writes its first byte.
    ///
    /// # Errors
    /// The kernel's refusal.
    pub fn set(&self, byte: u8) -> io::Result<()> {
        self.with(|first| {
            // SAFETY: `with` gives the address of an attached, writable segment; a byte has no alignment.
            unsafe { first.write_volatile(byte) };
        })
    }

    /// Its first byte.
    ///
    /// # Errors
    /// The kernel's refusal.
    pub fn get(&self) -> io::Result<u8> {
        self.with(|first| {
            // SAFETY: `with` gives the address of an attached segment; every byte is a valid value.
            unsafe { first.read_volatile() }
        })
    }

    fn with<T>(&self, work: impl FnOnce(*mut u8) -> T) -> io::Result<T> {
        // SAFETY: a null address lets the kernel choose one that is free.
        let address = unsafe { libc::shmat(self.id, std::ptr::null(), 0) };
        if address.addr() == usize::MAX {
            return Err(io::Error::last_os_error());
        }
        let result = work(address.cast());
        // SAFETY: the address is the one that was attached above, and nothing refers to it any more.
        let _detached = unsafe { libc::shmdt(address) };
        Ok(result)
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        if self.owned {
            // SAFETY: this command takes no structure.
            let _removed = unsafe { libc::shmctl(self.id, libc::IPC_RMID, std::ptr::null_mut()) };
        }
    }
}

/// A System V message queue, removed when it is dropped by the process that made it.
#[derive(Debug)]
pub struct MessageQueue {
    id: i32,
    owned: bool,
}

/// A message: its kind and one byte.
#[repr(C)]
struct Letter {
    kind: libc::c_long,
    text: [u8; 8],
}

impl MessageQueue {
    /// A new queue, open for every user.
    ///
    /// # Errors
    /// The kernel's refusal.
    pub fn new() -> io::Result<Self> {
        // SAFETY: the call takes numbers only.
        let id = unsafe { libc::msgget(libc::IPC_PRIVATE, 0o666 | libc::IPC_CREAT) };
        answered(libc::c_long::from(id))?;
        Ok(Self { id, owned: true })
    }

    /// The queue that another process made.
    #[must_use]
    pub fn of_another(id: i32) -> Self {
        Self { id, owned: false }
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.id
    }

    /// Sends a message, without waiting for room.
    ///
    /// # Errors
    /// The kernel's refusal.
    pub fn send(&self) -> io::Result<()> {
        let letter = Letter { kind: 1, text: [b'x'; 8] };
        // SAFETY: the kernel reads a live message of the size that is given.
        let result = unsafe { libc::msgsnd(self.id, (&raw const letter).cast(), 8, libc::IPC_NOWAIT) };
        answered(libc::c_long::from(result)).map(drop)
    }

    /// Whether a message had arrived; it is taken.
    #[must_use]
    pub fn take(&self) -> bool {
        let mut letter = Letter { kind: 0, text: [0; 8] };
        // SAFETY: the kernel fills a live message of the size that is given.
        let result = unsafe { libc::msgrcv(self.id, (&raw mut letter).cast(), 8, 0, libc::IPC_NOWAIT) };
        result >= 0
    }
}

impl Drop for MessageQueue {
    fn drop(&mut self) {
        if self.owned {
            // SAFETY: this command takes no structure.
            let _removed = unsafe { libc::msgctl(self.id, libc::IPC_RMID, std::ptr::null_mut()) };
        }
    }
}

/// Lets the child of `command` begin a session of its own with `terminal` as its terminal and standard input.
pub fn seat_at(command: &mut std::process::Command, terminal: OwnedFd) {
    use std::os::unix::process::CommandExt;
    let sit = move || -> io::Result<()> {
        rustix::process::setsid()?;
        rustix::process::ioctl_tiocsctty(&terminal)?;
        Ok(rustix::stdio::dup2_stdin(&terminal)?)
    };
    // SAFETY: the closure runs between fork and exec and makes three system calls, which are async-signal-safe; it
    // allocates nothing and takes no lock.
    unsafe { command.pre_exec(sit) };
}

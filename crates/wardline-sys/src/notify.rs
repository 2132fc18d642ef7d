//! Seccomp user notification: a filter that hands chosen calls to another process, and that process's end of it.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// One instruction of a classic BPF program, as the kernel takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// What it does.
    pub code: u16,
    /// How many to skip when a comparison holds.
    pub jump_true: u8,
    /// How many to skip when it does not.
    pub jump_false: u8,
    /// Its operand.
    pub operand: u32,
}

/// A call that waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Names the call in answers.
    pub id: u64,
    /// The calling thread, as this process sees it.
    pub thread: u32,
    /// The number of the call.
    pub number: i32,
    /// Its arguments.
    pub arguments: [u64; 6],
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The kernel carries it out as if nobody had been asked.
    Continue,
    /// It is done and returns this.
    Value(i64),
    /// It fails with this error number.
    Error(i32),
}

/// Installs `program` on this thread and all that come from it; the descriptor receives the calls that it hands over.
///
/// A call that was received is not interrupted any more by signals that do not kill, where the kernel knows how (5.19).
///
/// # Errors
/// When the kernel does not take the program, or another listener is installed already.
pub fn install(program: &[Instruction]) -> io::Result<OwnedFd> {
    /// From `linux/seccomp.h`.
    const WAIT_KILLABLE_RECV: libc::c_ulong = 1 << 5;
    let mut filters: Vec<libc::sock_filter> = program
        .iter()
        .map(|step| libc::sock_filter {
            code: step.code,
            jt: step.jump_true,
            jf: step.jump_false,
            k: step.operand,
        })
        .collect();
    let length = u16::try_from(filters.len()).map_err(|_| io::Error::other("the filter is too long"))?;
    let program = libc::sock_fprog { len: length, filter: filters.as_mut_ptr() };
    let mut flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | WAIT_KILLABLE_RECV;
    loop {
        // SAFETY: the program and the filters it points to are live, and their length is given; the kernel copies them.
        let result = unsafe {
            libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program)
        };
        if let Ok(number) = RawFd::try_from(result).and_then(|number| u32::try_from(number).map(|_| number)) {
            // SAFETY: the kernel has just made this descriptor for us, and nobody else knows of it.
            return Ok(unsafe { OwnedFd::from_raw_fd(number) });
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EINVAL) || flags & WAIT_KILLABLE_RECV == 0 {
            return Err(error);
        }
        flags &= !WAIT_KILLABLE_RECV;
    }
}

/// The ioctls of a listener, from `linux/seccomp.h`; the same on every architecture with the generic encoding.
const RECEIVE: libc::Ioctl = 0xc050_2100_u32 as libc::Ioctl;
const SEND: libc::Ioctl = 0xc018_2101_u32 as libc::Ioctl;
const IS_VALID: libc::Ioctl = 0x4008_2102;
const ADD_DESCRIPTOR: libc::Ioctl = 0x4018_2103;

/// Waits for the next call; `None` when the one that woke us is gone already.
///
/// # Errors
/// When nobody is left who could make a call, or the kernel refuses.
pub fn receive(listener: &impl AsFd) -> io::Result<Option<Call>> {
    let data = libc::seccomp_data { nr: 0, arch: 0, instruction_pointer: 0, args: [0; 6] };
    // The kernel wants it empty.
    let mut asked = libc::seccomp_notif { id: 0, pid: 0, flags: 0, data };
    // SAFETY: the kernel writes one value of this type, which lives until the call returns.
    let result = unsafe { libc::ioctl(listener.as_fd().as_raw_fd(), RECEIVE, &raw mut asked) };
    if result < 0 {
        let error = io::Error::last_os_error();
        return match error.raw_os_error() {
            Some(libc::ENOENT | libc::EINTR) => Ok(None),
            _ => Err(error),
        };
    }
    Ok(Some(Call { id: asked.id, thread: asked.pid, number: asked.data.nr, arguments: asked.data.args }))
}

/// Whether nobody is left who could make a call, where the kernel tells (5.9).
pub fn is_over(listener: &impl AsFd) -> bool {
    const NO_TIME: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut asked = [PollFd::new(listener, PollFlags::IN)];
    let answered = poll(&mut asked, Some(&NO_TIME)).unwrap_or_default() > 0;
    let [found] = asked.each_ref().map(PollFd::revents);
    answered && found.contains(PollFlags::HUP) && !found.contains(PollFlags::IN)
}

/// Whether a call still waits. What was read of its caller before is the caller's when this says yes.
pub fn is_waiting(listener: &impl AsFd, call: &Call) -> bool {
    let id = call.id;
    // SAFETY: the kernel reads one 64-bit value, which lives until the call returns.
    unsafe { libc::ioctl(listener.as_fd().as_raw_fd(), IS_VALID, &raw const id) == 0 }
}

/// Answers a call. One that does not wait any more needs no answer.
///
/// # Errors
/// When the kernel refuses the answer.
pub fn answer(listener: &impl AsFd, call: &Call, answer: Answer) -> io::Result<()> {
    let (val, error, flags) = match answer {
        Answer::Continue => (0, 0, u32::try_from(libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE).unwrap_or(1)),
        Answer::Value(value) => (value, 0, 0),
        Answer::Error(number) => (0, -number.abs(), 0),
    };
    let answer = libc::seccomp_notif_resp { id: call.id, val, error, flags };
    // SAFETY: the kernel reads one value of this type, which lives until the call returns.
    let result = unsafe { libc::ioctl(listener.as_fd().as_raw_fd(), SEND, &raw const answer) };
    gone_is_fine(result)
}

/// Answers a call with a copy of `descriptor`, opened in the caller.
///
/// # Errors
/// When the caller has too many descriptors, or the kernel is older than 5.14.
pub fn answer_with(
    listener: &impl AsFd,
    call: &Call,
    descriptor: &impl AsFd,
    close_on_exec: bool,
) -> io::Result<()> {
    let request = libc::seccomp_notif_addfd {
        id: call.id,
        flags: u32::try_from(libc::SECCOMP_ADDFD_FLAG_SEND).unwrap_or(2),
        srcfd: u32::try_from(descriptor.as_fd().as_raw_fd()).unwrap_or(u32::MAX),
        newfd: 0,
        newfd_flags: if close_on_exec { libc::O_CLOEXEC.cast_unsigned() } else { 0 },
    };
    // SAFETY: the kernel reads one value of this type, which lives until the call returns, as does the descriptor.
    let result = unsafe { libc::ioctl(listener.as_fd().as_raw_fd(), ADD_DESCRIPTOR, &raw const request) };
    gone_is_fine(result.min(0))
}

fn gone_is_fine(result: libc::c_int) -> io::Result<()> {
    if result >= 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    if error.raw_os_error() == Some(libc::ENOENT) { Ok(()) } else { Err(error) }
}

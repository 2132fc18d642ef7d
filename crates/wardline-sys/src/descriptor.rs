//! File descriptors: handing chosen ones to a child, adopting them there, closing the rest.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Lets the child of `command` keep `descriptors` open under the given numbers.
///
/// The descriptors stay close-on-exec in this process, so no other child that is started at the same time inherits
/// them by accident. Choose numbers above 2; the wanted number of one descriptor may not be the present number of
/// another, so callers take numbers that they have reserved (see [`above`]).
pub fn pass(command: &mut Command, descriptors: Vec<(OwnedFd, RawFd)>) {
    let duplicate = move || -> io::Result<()> {
        for (descriptor, number) in &descriptors {
            // SAFETY: dup2 takes two integers and is async-signal-safe; the source is owned by this closure.
            let result = unsafe { libc::dup2(descriptor.as_raw_fd(), *number) };
            if result < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec and makes only dup2 calls, which are async-signal-safe; it
    // allocates nothing and takes no lock.
    unsafe { command.pre_exec(duplicate) };
}

/// A copy of `descriptor` with a number of at least `lowest`, closed on exec.
///
/// # Errors
/// When the process has too many descriptors.
pub fn above(descriptor: &OwnedFd, lowest: RawFd) -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(descriptor, lowest)?)
}

/// Takes ownership of a descriptor that this process inherited under a fixed number, and makes it close on exec.
///
/// Call it once for each number, before anything else in the process opens files.
///
/// # Errors
/// When no descriptor with that number is open.
pub fn adopt(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: fcntl with F_SETFD takes integers only; it fails with EBADF when the number is not open.
    let result = unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is open (checked above), and by the contract of this function nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Marks every descriptor from `lowest` up close-on-exec, known to this process or not.
///
/// # Errors
/// When the kernel refuses; it does not, on Linux 5.11 and newer.
pub fn close_on_exec_from(lowest: u32) -> io::Result<()> {
    let flags = libc::c_int::try_from(libc::CLOSE_RANGE_CLOEXEC).unwrap_or_default();
    // SAFETY: the call takes integers only and closes nothing: it sets a flag that exec acts on.
    let result = unsafe { libc::syscall(libc::SYS_close_range, lowest, u32::MAX, flags) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

//! Kernel calls that no safe library offers: attributes of a whole mount tree, the Landlock version.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// What a mount may no longer do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MountLimits {
    /// Nothing can be written.
    pub read_only: bool,
    /// Set-user-id bits and file capabilities have no effect.
    pub no_setuid: bool,
    /// Device files cannot be opened.
    pub no_devices: bool,
    /// Files cannot be executed.
    pub no_execute: bool,
}

impl MountLimits {
    fn bits(self) -> u64 {
        let table = [
            (self.read_only, libc::MOUNT_ATTR_RDONLY),
            (self.no_setuid, libc::MOUNT_ATTR_NOSUID),
            (self.no_devices, libc::MOUNT_ATTR_NODEV),
            (self.no_execute, libc::MOUNT_ATTR_NOEXEC),
        ];
        table.into_iter().filter(|(wanted, _)| *wanted).fold(0, |bits, (_, bit)| bits | bit)
    }
}

/// Adds `limits` to the mount that `mount` names and, with `recursive`, to every mount below it, in one step.
///
/// # Errors
/// When the caller does not administer the mount namespace, or the kernel is older than 5.12.
pub fn limit_mount(mount: &impl AsFd, recursive: bool, limits: MountLimits) -> io::Result<()> {
    let attributes = libc::mount_attr { attr_set: limits.bits(), attr_clr: 0, propagation: 0, userns_fd: 0 };
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is an empty C string, the attributes are a live value whose true size is given; the kernel
    // only reads both.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The version of the Landlock interface that the running kernel enforces; 0 when it has none or it is off.
#[must_use]
pub fn landlock_version() -> u32 {
    const VERSION: libc::c_uint = 1;
    let none: *const libc::c_void = std::ptr::null();
    let size: libc::size_t = 0;
    // SAFETY: with the version flag the kernel requires a null attribute and size 0, and creates nothing.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, size, VERSION) };
    u32::try_from(version).unwrap_or(0)
}

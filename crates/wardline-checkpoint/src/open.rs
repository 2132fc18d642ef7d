//! Reaches places below a directory: relative to its descriptor, through no symbolic link, and never out of it.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{self, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::node::split;

/// A part of a place as the system takes it.
pub(crate) fn name(bytes: &[u8]) -> &OsStr {
    OsStr::from_bytes(bytes)
}

/// Opens the directory at a place; the empty place is the root itself.
pub(crate) fn directory(root: &impl AsFd, place: &[u8]) -> Result<OwnedFd, Errno> {
    open(root, place, OFlags::DIRECTORY | OFlags::RDONLY)
}

/// Opens what lies at a place. A link is opened only as itself, with `OFlags::PATH`.
pub(crate) fn open(root: &impl AsFd, place: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let place = if place.is_empty() { b".".as_slice() } else { place };
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match fs::openat2(root, name(place), flags, Mode::empty(), inside) {
        // Older kernels and some filters lack the call, and a long path must be walked anyway.
        Err(Errno::NOSYS | Errno::PERM | Errno::NAMETOOLONG | Errno::AGAIN) => {
            step_by_step(root, place, flags)
        }
        other => other,
    }
}

/// As [`open`], one part after the other.
fn step_by_step(root: &impl AsFd, place: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let (parents, last) = split(place);
    let onward = OFlags::DIRECTORY | OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut here = fs::openat(root, c".", onward, Mode::empty())?;
    for part in parents.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
        if part == b".." {
            return Err(Errno::XDEV);
        }
        here = fs::openat(&here, name(part), onward, Mode::empty())?;
    }
    if last == b".." {
        return Err(Errno::XDEV);
    }
    fs::openat(&here, name(last), flags, Mode::empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Scratch;

    #[test]
    fn no_way_leads_out() {
        let scratch = Scratch::new("open");
        std::fs::create_dir_all(scratch.root().join("a/b")).unwrap();
        std::fs::write(scratch.root().join("a/b/c"), "x").unwrap();
        std::os::unix::fs::symlink("/etc", scratch.root().join("out")).unwrap();
        std::os::unix::fs::symlink("b", scratch.root().join("a/in")).unwrap();
        let root = std::fs::File::open(scratch.root()).unwrap();
        let flags = OFlags::RDONLY;
        for way in [open, step_by_step] {
            assert!(way(&root, b"a/b/c", flags).is_ok());
            for place in ["out", "out/passwd", "a/in/c", "a/in", "..", "a/../../x", "none"] {
                assert!(way(&root, place.as_bytes(), flags | OFlags::NOFOLLOW).is_err(), "{place}");
            }
            assert!(way(&root, b"a/in", OFlags::PATH | OFlags::NOFOLLOW).is_ok());
        }
    }
}

//! A terminal for probes that need one: what a program types into it, and what it shows.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Both ends of a terminal. Ours does not wait.
pub(super) struct Seat {
    ours: File,
    theirs: OwnedFd,
}

impl Seat {
    pub(super) fn new() -> io::Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let theirs = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
        // Only our look at it must not wait: the program opens its own.
        rustix::io::ioctl_fionbio(&ours, true)?;
        Ok(Self { ours: File::from(ours), theirs })
    }

    /// Its end for a program, which waits as usual.
    pub(super) fn lend(&self) -> io::Result<OwnedFd> {
        let name = ptsname(&self.ours, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(rustix::fs::open(name.as_c_str(), flags, Mode::empty())?)
    }

    /// What was shown.
    pub(super) fn shown(&mut self) -> Vec<u8> {
        drain(&mut self.ours)
    }

    /// What lies in its input.
    pub(super) fn typed(&self) -> Vec<u8> {
        self.theirs.try_clone().map(|copy| drain(&mut File::from(copy))).unwrap_or_default()
    }
}

fn drain(file: &mut File) -> Vec<u8> {
    let mut all = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(count) = file.read(&mut chunk) {
        all.extend_from_slice(chunk.get(..count).unwrap_or_default());
        if count == 0 {
            break;
        }
    }
    all
}

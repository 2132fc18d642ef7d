//! The inner side: the init makes the terminal and leads its session, the program takes it.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};
use rustix::process::{Pid, Signal};
use rustix::pty::OpenptFlags;

use super::{BEHIND, FRONT, GO_ON, say};

/// A terminal that was made inside.
#[derive(Debug)]
pub(crate) struct Own {
    /// Open as long as the init lives, so that the far side ends when everything inside has ended, not before.
    near: OwnedFd,
    channel: OwnedFd,
}

impl Own {
    /// Makes a terminal, which becomes the controlling one of a new session with this process as its leader, and hands
    /// its far side to the caller.
    ///
    /// The program is not the leader itself: in a group beside its leader's it can be stopped and continued from its
    /// terminal, and a group without such a neighbour cannot.
    ///
    /// # Errors
    /// When there is no terminal to be had, or nobody to take its far side.
    pub(crate) fn make(channel: OwnedFd) -> io::Result<Self> {
        rustix::process::setsid()?;
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let far = rustix::pty::openpt(flags)?;
        rustix::pty::unlockpt(&far)?;
        let near = rustix::pty::ioctl_tiocgptpeer(&far, flags)?;
        rustix::process::ioctl_tiocsctty(&near)?;
        hand_over(&channel, &far)?;
        Ok(Self { near, channel })
    }

    /// What to wait for: readable when [`Own::obey`] has something to do.
    pub(crate) fn channel(&self) -> &OwnedFd {
        &self.channel
    }

    /// In the program: a group of its own, in front of the terminal or behind, and the terminal as the `chosen` ones of
    /// its streams.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn take(&self, chosen: [bool; 3]) -> io::Result<()> {
        rustix::process::setpgid(None, None)?;
        let [stdin, stdout, stderr] = chosen;
        if stdin {
            rustix::stdio::dup2_stdin(&self.near)?;
        }
        if stdout {
            rustix::stdio::dup2_stdout(&self.near)?;
        }
        if stderr {
            rustix::stdio::dup2_stderr(&self.near)?;
        }
        Ok(())
    }

    /// Puts a group of the session in front. The caller ignores SIGTTOU, or it would be stopped for the attempt.
    ///
    /// # Errors
    /// When there is no such group any more.
    pub(crate) fn front(&self, group: Pid) -> io::Result<()> {
        Ok(rustix::termios::tcsetpgrp(&self.near, group)?)
    }

    /// Does what the caller says; `false` when it will say nothing more.
    pub(crate) fn obey(&self, program: Pid) -> bool {
        let mut word = [0];
        // A group that has ended meanwhile needs nothing any more.
        let _ended = match rustix::io::read(&self.channel, &mut word) {
            Ok(0) => return false,
            Ok(_) if word == [FRONT] => self.front(program).ok(),
            Ok(_) if word == [BEHIND] => self.front(rustix::process::getpgrp()).ok(),
            Ok(_) if word == [GO_ON] => rustix::process::kill_process_group(program, Signal::CONT).ok(),
            Ok(_) | Err(rustix::io::Errno::INTR) => None,
            Err(_) => return false,
        };
        true
    }

    /// Tells the caller that the program was stopped.
    pub(crate) fn stopped(&self, signal: i32) {
        say(&self.channel, u8::try_from(signal).unwrap_or_default());
    }
}

fn hand_over(channel: &OwnedFd, far: &OwnedFd) -> io::Result<()> {
    let descriptors = [far.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    rustix::net::sendmsg(channel, &[IoSlice::new(&[0])], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// In the caller: takes the far side, as soon as it is there; `None` when the sandbox failed before.
///
/// # Errors
/// When the process has too many open files.
pub(super) fn receive(channel: &OwnedFd) -> io::Result<Option<OwnedFd>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let got = loop {
        let mut into = [IoSliceMut::new(&mut byte)];
        match rustix::net::recvmsg(channel, &mut into, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => {}
            got => break got?,
        }
    };
    let far = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    match far {
        None if got.bytes > 0 => Err(io::Error::other("the sandbox's terminal got lost on the way")),
        far => Ok(far),
    }
}

//! The program's own terminal, and how it meets the person's.
//!
//! A program with a terminal among its streams never gets that one. The init makes another in the sandbox's own devpts,
//! the controlling one of a new session, and hands the far side of it to the caller over a socket. The caller's *relay*
//! copies bytes both ways while the person's terminal is raw, so that what is typed is acted upon inside, by the
//! program's own terminal, as if it were the person's.
//!
//! ```text
//! person's terminal ── relay (a thread of the caller) ── far side │ near side: /dev/pts/0, the program's streams
//!                             └──────── channel ──────────────────┼─ init: leads the session, says when it stops
//! ```
//!
//! Who is in front inside mirrors who is in front outside: a program that is started in the background, or in a pipeline
//! beside another that may want the terminal, begins in the background inside too. When it reads or changes its
//! terminal, the kernel stops it, the init says so, and the relay takes the person's terminal for it or, when it may
//! not, stops with it until it may.

mod escapes;
pub(crate) mod inside;
mod note;
mod outer;
mod relay;

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType};

pub(crate) use note::put_back;
pub(crate) use outer::Outer;
pub(crate) use relay::Relay;
pub use relay::aside;

/// Caller to init: the program's group is in front of its terminal from now on.
const FRONT: u8 = b'f';
/// Caller to init: nobody of the program's is in front.
const BEHIND: u8 = b'b';
/// Caller to init: the program may go on.
const GO_ON: u8 = b'c';

/// The two ends of the channel between the relay and the init. Each message is one byte: to the init a word from above,
/// from it the number of the signal that stopped the program, and before anything else the terminal's far side.
pub(crate) fn channel() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC;
    Ok(rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?)
}

fn say(channel: impl AsFd, word: u8) {
    // With nobody there any more, there is nothing left to arrange.
    let _unheard = rustix::net::send(channel, &[word], rustix::net::SendFlags::NOSIGNAL);
}

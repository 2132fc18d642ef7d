//! The stand-in: does for the program what the kernel refuses at a mount point.
//!
//! A quarantined file is another file mounted over the host's. That mount alone protects the host, always. But a mount
//! point can be neither renamed, replaced nor removed, and editors, `sed -i`, package managers and git do little else. So
//! the calls by which they do it are handed, by a filter of their own, to a thread of the init, which looks where they
//! lead: a call that is not about a quarantined file goes on in the kernel, one that is about one is carried out by
//! copying contents. A removed file is left empty with a time of change that no clock shows ([`REMOVED`]); creating it
//! anew gives it back.
//!
//! The thread has the program's own rights: its mounts, its file rules, its filter, its user and no capability. So a call
//! that it carries out for a program does nothing that the program could not do with other calls, and a race for the
//! path gains nothing. It belongs to process 1, which nothing inside can kill or trace; it is an ancestor of every
//! process inside, in processes and in file rules, and so may read the paths they pass. Should it end, the calls handed
//! to it fail with "no such call".

mod calls;
mod filter;

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};
use wardline_sys::notify;

use crate::landlock_rules;
use crate::mechanism::{self, Mechanism};
use crate::plan::Plan;
use crate::wire::{Failure, failing};
use calls::Calls;
pub use calls::ignore_line;

/// The time of change of a quarantined file that was removed, in seconds and nanoseconds since 1970.
pub const REMOVED: (i64, i64) = (1, 707_406_378);

/// What both sides of the fork hold of the stand-in, when there is anything to stand in for.
pub(crate) struct StandIn {
    pair: Option<Pair>,
    file_rules: Option<Mechanism>,
}

struct Pair {
    calls: Calls,
    ours: OwnedFd,
    program: OwnedFd,
}

impl StandIn {
    /// Gets ready, in the init, before the program is made. With `file_rules`, takes on
    /// those of the program as well, with no network at all when they say so.
    pub(crate) fn prepare(plan: &Plan, file_rules: Option<bool>) -> Result<Self, Failure> {
        let calls = Calls::new(plan);
        if calls.is_empty() {
            return Ok(Self::nobody());
        }
        let restrict = |closed| {
            landlock_rules::restrict(plan, true, closed).map_err(|missing| {
                failing("restrict", "the program")(io::Error::other(missing.proof))
                    .because(mechanism::LANDLOCK)
            })
        };
        let file_rules = file_rules.map(restrict).transpose()?;
        let kind = (AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC);
        let (ours, program) = rustix::net::socketpair(kind.0, kind.1, kind.2, None)
            .map_err(failing("stand in for", "the program"))?;
        Ok(Self { pair: Some(Pair { calls, ours, program }), file_rules })
    }

    /// Nothing to stand in for.
    pub(crate) fn nobody() -> Self {
        Self { pair: None, file_rules: None }
    }

    /// The file rules that the init took on, and the program with it.
    pub(crate) fn file_rules(&self) -> Option<&Mechanism> {
        self.file_rules.as_ref()
    }

    /// In the program, right before it becomes itself: from here on its calls are handed over.
    pub(crate) fn hand_over(&self) -> io::Result<()> {
        let Some(pair) = &self.pair else { return Ok(()) };
        let listener = notify::install(&filter::program()?)?;
        let listener = [listener.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&listener));
        rustix::net::sendmsg(&pair.program, &[IoSlice::new(&[1])], &mut control, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// In the init, after the program was made.
    pub(crate) fn attend(self) -> io::Result<()> {
        let Some(Pair { calls, ours, program }) = self.pair else { return Ok(()) };
        drop(program);
        std::thread::Builder::new().name("wardline-standin".to_owned()).spawn(move || {
            if let Ok(Some(listener)) = receive(&ours) {
                calls.serve(&listener);
            }
        })?;
        Ok(())
    }
}

fn receive(socket: &OwnedFd) -> io::Result<Option<OwnedFd>> {
    let mut byte = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    rustix::net::recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut control, flags)?;
    let mut descriptors = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(list) => Some(list),
        _ => None,
    });
    Ok(descriptors.next().and_then(|mut list| list.next()))
}

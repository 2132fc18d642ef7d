//! Lending the three streams of a program over a Unix socket: from inside a sandbox to whoever starts a program beside it.
//!
//! What is lent was chosen by somebody who is not trusted. It is only ever given to the program as its streams: what no honest
//! program has there, such as a directory through which another part of the files could be reached, is not taken.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};

use crate::streams::{Stdio3, Stream};

/// How many streams a program has.
const STREAMS: usize = 3;

/// Whether a stream can be lent: a pipe, a socket, a file or the null device. Anything else has to be carried by whoever has it.
///
/// # Errors
/// When the system tells nothing about it.
pub fn can_be_lent(stream: impl AsFd) -> io::Result<bool> {
    let found = fstat(&stream)?;
    // A path that was not opened for reading or writing is no stream.
    if fcntl_getfl(&stream)?.contains(OFlags::PATH) {
        return Ok(false);
    }
    Ok(match FileType::from_raw_mode(found.st_mode) {
        FileType::Fifo | FileType::Socket | FileType::RegularFile => true,
        FileType::CharacterDevice => found.st_rdev == fstat(File::open("/dev/null")?)?.st_rdev,
        _ => false,
    })
}

/// Sends standard input, output and error, and with them `byte`.
///
/// # Errors
/// When the other side is gone or takes none.
pub fn send(socket: &UnixStream, streams: [BorrowedFd<'_>; STREAMS], byte: u8) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(STREAMS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&streams));
    rustix::net::sendmsg(socket, &[IoSlice::new(&[byte])], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Takes what [`send`] sent: the streams, and the byte that came with them.
///
/// # Errors
/// When anything else came, nothing came in the socket's time, or one of the streams cannot be lent.
pub fn receive(socket: &UnixStream) -> io::Result<(Stdio3, u8)> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut byte = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(STREAMS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let got = rustix::net::recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut control, flags)?;
    let mut lent: Vec<OwnedFd> = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(list) = message {
            lent.extend(list);
        }
    }
    let lent: [OwnedFd; STREAMS] = lent.try_into().map_err(|_| wrong("three streams are needed"))?;
    if got.bytes != 1 {
        return Err(wrong("nothing came with the streams"));
    }
    for stream in &lent {
        if !can_be_lent(stream)? {
            return Err(wrong("a stream is no pipe, socket or file"));
        }
    }
    let [stdin, stdout, stderr] = lent.map(Stream::File);
    Ok((Stdio3 { stdin, stdout, stderr }, byte.first().copied().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd as _;

    use super::*;

    fn lent(streams: [BorrowedFd<'_>; STREAMS]) -> io::Result<(Stdio3, u8)> {
        let (ours, theirs) = UnixStream::pair().unwrap();
        send(&ours, streams, 7).unwrap();
        receive(&theirs)
    }

    #[test]
    fn streams_are_lent_and_nothing_else_is() {
        let pipe = rustix::pipe::pipe().unwrap();
        let socket = UnixStream::pair().unwrap().0;
        let file = File::open("/proc/self/exe").unwrap();
        let null = File::open("/dev/null").unwrap();
        for good in [pipe.0.as_fd(), socket.as_fd(), file.as_fd(), null.as_fd()] {
            assert!(can_be_lent(good).unwrap());
            assert_eq!(lent([good, good, good]).unwrap().1, 7);
        }
        let path = |name: &str| {
            rustix::fs::open(name, OFlags::PATH | OFlags::CLOEXEC, rustix::fs::Mode::empty()).unwrap()
        };
        let [directory, only_named] = [path("/"), path("/proc/self/exe")];
        let (opened, zero) = (File::open("/").unwrap(), File::open("/dev/zero").unwrap());
        for bad in [directory.as_fd(), only_named.as_fd(), opened.as_fd(), zero.as_fd()] {
            assert!(!can_be_lent(bad).unwrap());
            for place in 0..STREAMS {
                let mut streams = [null.as_fd(); STREAMS];
                streams[place] = bad;
                assert!(lent(streams).is_err(), "stream {place}");
            }
        }
    }

    #[test]
    fn what_comes_without_three_streams_is_refused_and_closed() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        rustix::io::write(&ours, &[1]).unwrap();
        assert!(receive(&theirs).is_err());
        let (read, write) = rustix::pipe::pipe().unwrap();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let one = [write.as_fd()];
        control.push(SendAncillaryMessage::ScmRights(&one));
        rustix::net::sendmsg(&ours, &[IoSlice::new(&[1])], &mut control, SendFlags::NOSIGNAL).unwrap();
        assert!(receive(&theirs).is_err());
        drop(write);
        // Nobody holds the other end any more, so it reads as ended.
        assert_eq!(rustix::io::read(&read, &mut [0; 1]).unwrap(), 0, "{}", read.as_raw_fd());
        drop(ours);
        assert!(receive(&theirs).is_err(), "the end");
    }
}

//! A stream socket with a time limit on every call, so that no peer can hold a thread for ever.

use crate::upload::{Exhausted, Uploads};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Both ends of what is passed on.
pub(crate) trait Pipe: Sync {
    /// Reads once; 0 at the end of the stream, `TimedOut` when nothing came in time.
    fn receive(&self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize>;
    /// Writes everything; no single write may take longer than the time limit.
    fn send(&self, bytes: &[u8], timeout: Duration) -> io::Result<()>;
    /// Ends one direction or both. A stream that has ended already is fine.
    fn end(&self, how: Shutdown);

    /// The socket, for passing bytes on within the kernel, with this time limit on every call.
    fn socket(&self, timeout: Duration) -> io::Result<BorrowedFd<'_>>;
    /// Called before this many bytes are sent otherwise than by [`Pipe::send`].
    fn sending(&self, _count: u64) -> io::Result<()> {
        Ok(())
    }
    /// Called after this many bytes were received otherwise than by [`Pipe::receive`].
    fn received(&self, _count: u64) {}
}

fn settle<T>(result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| match error.kind() {
        // What a socket's own time limit is called depends on the system.
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    })
}

/// The system reads a limit of zero as none.
fn limit(timeout: Duration) -> Option<Duration> {
    Some(timeout.max(Duration::from_millis(1)))
}

fn retry(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

impl Pipe for UnixStream {
    fn receive(&self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        self.set_read_timeout(limit(timeout))?;
        let mut stream = self;
        settle(retry(|| stream.read(buffer)))
    }

    fn send(&self, bytes: &[u8], timeout: Duration) -> io::Result<()> {
        self.set_write_timeout(limit(timeout))?;
        let mut stream = self;
        settle(stream.write_all(bytes))
    }

    fn end(&self, how: Shutdown) {
        self.shutdown(how).ok();
    }

    fn socket(&self, timeout: Duration) -> io::Result<BorrowedFd<'_>> {
        self.set_read_timeout(limit(timeout))?;
        self.set_write_timeout(limit(timeout))?;
        Ok(self.as_fd())
    }
}

/// A connection to a host, which counts its bytes and sends no more than its budget.
#[derive(Debug)]
pub(crate) struct Counted {
    stream: TcpStream,
    sent: AtomicU64,
    received: AtomicU64,
    uploads: Arc<Uploads>,
    exhausted: OnceLock<Exhausted>,
}

impl Counted {
    pub(crate) const fn new(stream: TcpStream, uploads: Arc<Uploads>) -> Self {
        let (sent, received) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { stream, sent, received, uploads, exhausted: OnceLock::new() }
    }

    /// The budget that stopped the connection, if one did.
    pub(crate) fn exhausted(&self) -> Option<Exhausted> {
        self.exhausted.get().copied()
    }

    /// Bytes sent to the host, bytes received from it.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.sent.load(Ordering::Relaxed), self.received.load(Ordering::Relaxed))
    }
}

impl Pipe for Counted {
    fn receive(&self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        self.stream.set_read_timeout(limit(timeout))?;
        let mut stream = &self.stream;
        let count = settle(retry(|| stream.read(buffer)))?;
        Pipe::received(self, u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }

    fn send(&self, bytes: &[u8], timeout: Duration) -> io::Result<()> {
        self.stream.set_write_timeout(limit(timeout))?;
        self.sending(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        let mut stream = &self.stream;
        settle(stream.write_all(bytes))
    }

    fn end(&self, how: Shutdown) {
        self.stream.shutdown(how).ok();
    }

    fn socket(&self, timeout: Duration) -> io::Result<BorrowedFd<'_>> {
        self.stream.set_read_timeout(limit(timeout))?;
        self.stream.set_write_timeout(limit(timeout))?;
        Ok(self.stream.as_fd())
    }

    /// Counts bytes as sent before they are, so that the record may say too much and never too little.
    fn sending(&self, count: u64) -> io::Result<()> {
        if let Err(exhausted) = self.uploads.take(self.sent.load(Ordering::Relaxed), count) {
            self.exhausted.get_or_init(|| exhausted);
            return Err(io::Error::other(exhausted));
        }
        self.sent.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    fn received(&self, count: u64) {
        self.received.fetch_add(count, Ordering::Relaxed);
    }
}

/// A pipe that is read by the piece: what was read too much for one reader is there for the next.
pub(crate) struct Source<'a> {
    pipe: &'a dyn Pipe,
    ahead: Vec<u8>,
}

impl<'a> Source<'a> {
    pub(crate) const fn new(pipe: &'a dyn Pipe) -> Self {
        Self { pipe, ahead: Vec::new() }
    }

    /// What has been read but not taken.
    pub(crate) fn ahead(&self) -> &[u8] {
        &self.ahead
    }

    /// Takes up to `count` bytes of what has been read.
    pub(crate) fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.ahead.split_off(count.min(self.ahead.len()));
        std::mem::replace(&mut self.ahead, rest)
    }

    /// Reads more; `false` at the end of the stream.
    pub(crate) fn more(&mut self, timeout: Duration) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let count = self.pipe.receive(&mut buffer, timeout)?;
        self.ahead.extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(count > 0)
    }

    /// Reads more, as long as the moment is not past, however slowly the bytes drip in.
    pub(crate) fn more_until(&mut self, deadline: Instant) -> io::Result<bool> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.more(left)
    }
}

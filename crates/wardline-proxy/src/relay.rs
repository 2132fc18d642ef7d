//! Passes bytes both ways until both sides are done or nothing has moved for too long.
//!
//! By then everything that is checked has been, so the bytes stay in the kernel (`splice`) where that is possible.

use crate::pipe::Pipe;
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, pipe_with, splice};
use std::io;
use std::net::Shutdown;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// Relays until both directions have ended. `first` yields what goes to the host before anything else the client
/// sends; it runs in the client's direction only, so a host that speaks first is heard meanwhile. If it fails, both ends
/// are closed and its error is returned.
pub(crate) fn relay(
    client: &dyn Pipe,
    host: &dyn Pipe,
    idle: Duration,
    first: impl FnOnce() -> Result<Vec<u8>, String> + Send,
) -> Result<(), String> {
    let moved = Moved(Mutex::new(Instant::now()));
    std::thread::scope(|scope| {
        let back = std::thread::Builder::new().name("wardline-relay".to_owned());
        let spawned = back.spawn_scoped(scope, || copy(host, client, idle, &moved));
        if spawned.is_err() {
            close_both(client, host);
            return Ok(());
        }
        let begun = first().map(|bytes| bytes.is_empty() || host.send(&bytes, idle).is_ok());
        match begun {
            Ok(true) => copy(client, host, idle, &moved),
            Ok(false) => close_both(client, host),
            Err(why) => {
                close_both(client, host);
                return Err(why);
            }
        }
        Ok(())
    })
}

fn close_both(a: &dyn Pipe, b: &dyn Pipe) {
    a.end(Shutdown::Both);
    b.end(Shutdown::Both);
}

/// When a byte last moved, in either direction.
struct Moved(Mutex<Instant>);

impl Moved {
    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn ago(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// What one step of a direction came to.
enum Step {
    Moved,
    End,
    /// Nothing came in time.
    Quiet,
    Broken,
    /// The system cannot do it this way; nothing was lost.
    Unable,
}

/// One direction. A clean end is passed on as an end of this direction only.
fn copy(from: &dyn Pipe, to: &dyn Pipe, idle: Duration, moved: &Moved) {
    let mut steps: Box<dyn FnMut() -> Step> = match in_kernel(from, to, idle) {
        Ok(steps) => Box::new(steps),
        Err(_) => Box::new(in_buffer(from, to, idle)),
    };
    loop {
        match steps() {
            Step::Moved => moved.now(),
            Step::End => return to.end(Shutdown::Write),
            Step::Quiet if moved.ago() < idle => {}
            Step::Unable => steps = Box::new(in_buffer(from, to, idle)),
            Step::Quiet | Step::Broken => return close_both(from, to),
        }
    }
}

/// Through a buffer of this process.
fn in_buffer(from: &dyn Pipe, to: &dyn Pipe, idle: Duration) -> impl FnMut() -> Step {
    let mut buffer = vec![0; 128 * 1024];
    move || match from.receive(&mut buffer, idle) {
        Ok(0) => Step::End,
        Ok(count) => match to.send(buffer.get(..count).unwrap_or_default(), idle) {
            Ok(()) => Step::Moved,
            Err(_) => Step::Broken,
        },
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Step::Quiet,
        Err(_) => Step::Broken,
    }
}

/// Through a pipe of the kernel.
fn in_kernel(from: &dyn Pipe, to: &dyn Pipe, idle: Duration) -> io::Result<impl FnMut() -> Step> {
    const MOST: usize = 1 << 20;
    let (source, sink) = (from.socket(idle)?, to.socket(idle)?);
    let (outlet, inlet) = pipe_with(PipeFlags::CLOEXEC)?;
    Ok(move || {
        let flags = SpliceFlags::MOVE;
        let count = match splice(source, None, &inlet, None, MOST, flags) {
            Ok(0) => return Step::End,
            Ok(count) => count,
            Err(Errno::INTR) => return Step::Moved,
            Err(Errno::AGAIN) => return Step::Quiet,
            Err(Errno::INVAL | Errno::NOSYS) => return Step::Unable,
            Err(_) => return Step::Broken,
        };
        let bytes = u64::try_from(count).unwrap_or(u64::MAX);
        from.received(bytes);
        if to.sending(bytes).is_err() {
            return Step::Broken;
        }
        let mut left = count;
        while left > 0 {
            match splice(&outlet, None, sink, None, left, flags) {
                Ok(0) => return Step::Broken,
                Ok(sent) => left = left.saturating_sub(sent),
                Err(Errno::INTR) => {}
                Err(_) => return Step::Broken,
            }
        }
        Step::Moved
    })
}

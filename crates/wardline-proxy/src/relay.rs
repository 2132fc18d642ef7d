//! Passes bytes both ways until both sides are done or nothing has moved for too long.

use crate::pipe::Pipe;
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

/// One direction. A clean end is passed on as an end of this direction only.
fn copy(from: &dyn Pipe, to: &dyn Pipe, idle: Duration, moved: &Moved) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let wait = idle.saturating_sub(moved.ago());
        match from.receive(&mut buffer, wait) {
            Ok(0) => return to.end(Shutdown::Write),
            Ok(count) => {
                moved.now();
                if to.send(buffer.get(..count).unwrap_or_default(), idle).is_err() {
                    return close_both(from, to);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut && moved.ago() < idle => {}
            Err(_) => return close_both(from, to),
        }
    }
}

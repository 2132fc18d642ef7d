//! A listening socket with one thread per connection, which ends when its handle is dropped.

use crate::pipe::{Counted, Pipe};
use rustix::event::{PollFd, PollFlags, poll};
use std::collections::BTreeMap;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the end waits for the last connections to be recorded.
const FAREWELL: Duration = Duration::from_secs(5);

/// A running door or forward. Dropping it stops listening, ends its connections and waits until they are recorded.
#[derive(Debug)]
#[must_use = "dropping it stops it"]
pub struct Serving {
    shared: Arc<Shared>,
    wake: UnixStream,
    acceptor: Option<JoinHandle<()>>,
}

impl Serving {
    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.live().len()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.wake.end(Shutdown::Both);
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().ok();
        }
        let end = Instant::now() + FAREWELL;
        let mut live = self.shared.live();
        for ends in live.values() {
            ends.client.end(Shutdown::Both);
            if let Some(host) = &ends.host {
                host.end(Shutdown::Both);
            }
        }
        while !live.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            (live, _) = self.shared.ended.wait_timeout(live, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Both ends of a connection that is open, so that it can be ended from outside.
#[derive(Debug)]
struct Ends {
    client: Arc<UnixStream>,
    host: Option<Arc<Counted>>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    next: AtomicU64,
    live: Mutex<BTreeMap<u64, Ends>>,
    ended: Condvar,
}

impl Shared {
    fn live(&self) -> MutexGuard<'_, BTreeMap<u64, Ends>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One accepted connection.
pub(crate) struct Session {
    pub(crate) id: u64,
    pub(crate) client: Arc<UnixStream>,
    shared: Arc<Shared>,
}

impl Session {
    /// Makes the end of the door end this connection to a host too.
    pub(crate) fn attach(&self, host: &Arc<Counted>) {
        let mut live = self.shared.live();
        if let Some(ends) = live.get_mut(&self.id) {
            ends.host = Some(Arc::clone(host));
        }
        if self.shared.stop.load(Ordering::SeqCst) {
            host.end(Shutdown::Both);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.client.end(Shutdown::Both);
        self.shared.live().remove(&self.id);
        self.shared.ended.notify_all();
    }
}

/// Accepts connections and gives each its thread: to `handle`, or to `refuse` when too many are open.
pub(crate) fn start(
    listener: UnixListener,
    most: usize,
    handle: impl Fn(&Session) + Send + Sync + 'static,
    refuse: impl Fn(&UnixStream) + Send + 'static,
) -> io::Result<Serving> {
    listener.set_nonblocking(true)?;
    let (wake, woken) = UnixStream::pair()?;
    let shared = Arc::new(Shared::default());
    let handle = Arc::new(handle);
    let loop_shared = Arc::clone(&shared);
    let acceptor = std::thread::Builder::new().name("wardline-accept".to_owned()).spawn(move || {
        while !loop_shared.stop.load(Ordering::SeqCst) {
            match next_client(&listener, &woken) {
                Ok(Some(client)) if loop_shared.live().len() >= most => refuse(&client),
                Ok(Some(client)) => give_thread(&loop_shared, client, Arc::clone(&handle)),
                Ok(None) => {}
                // Out of descriptors or memory: wait for connections to end.
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    })?;
    Ok(Serving { shared, wake, acceptor: Some(acceptor) })
}

/// Waits for a client or for the end.
fn next_client(listener: &UnixListener, woken: &UnixStream) -> io::Result<Option<UnixStream>> {
    let mut descriptors = [PollFd::new(listener, PollFlags::IN), PollFd::new(woken, PollFlags::IN)];
    match poll(&mut descriptors, None) {
        Err(rustix::io::Errno::INTR) => return Ok(None),
        done => done?,
    };
    match listener.accept() {
        Ok((client, _)) => {
            client.set_nonblocking(false)?;
            Ok(Some(client))
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn give_thread(
    shared: &Arc<Shared>,
    client: UnixStream,
    handle: Arc<impl Fn(&Session) + Send + Sync + 'static>,
) {
    let id = shared.next.fetch_add(1, Ordering::Relaxed) + 1;
    let client = Arc::new(client);
    shared.live().insert(id, Ends { client: Arc::clone(&client), host: None });
    // From here on the session's end takes it off the list, also when no thread can be had.
    let session = Session { id, client, shared: Arc::clone(shared) };
    let builder = std::thread::Builder::new().name("wardline-egress".to_owned());
    builder.spawn(move || handle(&session)).ok();
}

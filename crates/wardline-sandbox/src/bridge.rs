//! The bridge: loopback ports inside the sandbox that lead to Unix sockets of the host, and nowhere else.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, pipe_with, splice};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::confinement::{Confinement, EGRESS_PORT};

/// Connections that may be open at the same time; one more waits in the kernel's queue no longer than it takes to
/// be refused.
const CONNECTIONS: usize = 512;

/// Descriptors that one connection takes, and those that are kept for everything else, above all for counting what the program uses.
const OF_ONE: u64 = 8;
const KEPT: u64 = 128;

/// A copying thread keeps one buffer on its stack.
const STACK: usize = 128 * 1024;

/// The ports that are listened on, and how many connections they carry.
#[derive(Default)]
pub(crate) struct Bridge {
    ports: Vec<Port>,
    open: Arc<AtomicUsize>,
    /// Connections that may be open at the same time.
    most: usize,
}

/// A port that is listened on, and the socket behind it.
struct Port {
    listener: TcpListener,
    socket: PathBuf,
}

/// Where the socket of a port lies inside.
pub(crate) fn inside(port: u16) -> PathBuf {
    PathBuf::from(format!("/run/wardline/{port}.sock"))
}

/// The sockets to bring in, with the port that leads to each.
pub(crate) fn doors(confinement: &Confinement) -> Vec<(PathBuf, u16)> {
    let egress = confinement.egress.iter().map(|socket| (socket.clone(), EGRESS_PORT));
    egress.chain(confinement.forwards.iter().map(|forward| (forward.socket.clone(), forward.port))).collect()
}

impl Bridge {
    /// Listens on every port of the bridge.
    ///
    /// # Errors
    /// When a port cannot be had: two forwards of one port, or a network without loopback.
    pub(crate) fn listen(confinement: &Confinement) -> io::Result<Self> {
        let mut bridge = Self { most: room(), ..Self::default() };
        for (_, port) in doors(confinement) {
            bridge.add(TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?, port)?;
            // A host may have version 6 switched off.
            if let Ok(listener) = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))) {
                bridge.add(listener, port)?;
            }
        }
        Ok(bridge)
    }

    fn add(&mut self, listener: TcpListener, port: u16) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        self.ports.push(Port { listener, socket: inside(port) });
        Ok(())
    }

    /// What to wait for: each is readable when [`Bridge::accept`] has something to do for its number.
    pub(crate) fn listeners(&self) -> impl Iterator<Item = &TcpListener> {
        self.ports.iter().map(|port| &port.listener)
    }

    /// Takes one connection to a port and carries it on a thread of its own.
    pub(crate) fn accept(&self, number: usize) {
        let Some(port) = self.ports.get(number) else { return };
        match port.listener.accept() {
            Ok((client, _)) => admit(client, &port.socket, &self.open, self.most),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // Out of descriptors or memory: let some connections end first.
            Err(_) => thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
}

/// For how many connections there are descriptors, once this process may have as many as it can.
fn room() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Nothing is lost when the system refuses: then there is room for fewer.
    let _best_effort = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX).saturating_sub(KEPT) / OF_ONE;
    usize::try_from(most).unwrap_or(CONNECTIONS).min(CONNECTIONS)
}

fn admit(client: TcpStream, socket: &Path, open: &Arc<AtomicUsize>, most: usize) {
    if open.fetch_add(1, Ordering::AcqRel) >= most {
        open.fetch_sub(1, Ordering::AcqRel);
        return;
    }
    let socket = socket.to_path_buf();
    let counter = Arc::clone(open);
    let carried = spawn(move || {
        let _broken = carry(&client, &socket);
        counter.fetch_sub(1, Ordering::AcqRel);
    });
    if carried.is_err() {
        open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Copies both ways until both sides are done.
fn carry(client: &TcpStream, socket: &Path) -> io::Result<()> {
    let host = UnixStream::connect(socket)?;
    client.set_nodelay(true)?;
    let (mut from_client, mut to_host) = (client.try_clone()?, host.try_clone()?);
    let upward = spawn(move || {
        let _broken = pass(&mut from_client, &mut to_host);
        let _closed = to_host.shutdown(Shutdown::Write);
    })?;
    let _broken = pass(&mut &host, &mut &*client);
    let _closed = client.shutdown(Shutdown::Write);
    let _panicked = upward.join();
    Ok(())
}

/// Copies one way until the end. The bytes stay in the kernel where that is possible.
fn pass(from: &mut (impl Read + AsFd), to: &mut (impl Write + AsFd)) -> io::Result<()> {
    const MOST: usize = 1 << 20;
    let Ok((outlet, inlet)) = pipe_with(PipeFlags::CLOEXEC) else {
        return io::copy(from, to).map(drop);
    };
    loop {
        let mut left = match splice(&*from, None, &inlet, None, MOST, SpliceFlags::MOVE) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(Errno::INTR) => continue,
            // Nothing was taken, so nothing is lost.
            Err(Errno::INVAL | Errno::NOSYS) => return io::copy(from, to).map(drop),
            Err(error) => return Err(error.into()),
        };
        while left > 0 {
            match splice(&outlet, None, &*to, None, left, SpliceFlags::MOVE) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(sent) => left = left.saturating_sub(sent),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().stack_size(STACK).spawn(work)
}

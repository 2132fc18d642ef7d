//! A named hole to the host's own loopback: one socket, one port.

use crate::connection::{Connection, Decision, Record, Verb};
use crate::door::Limits;
use crate::pipe::Counted;
use crate::relay::relay;
use crate::serving::{Serving, Session, start};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

const DIAL: Duration = Duration::from_secs(5);

/// Passes every connection on to `127.0.0.1:port` of the host, or to `[::1]:port` where nothing listens there, until
/// the returned handle is dropped. `because` is the rule for the log, such as `--forward 5432`.
///
/// # Errors
/// When the threads cannot be started.
pub fn forward(
    listener: UnixListener,
    port: u16,
    because: &str,
    record: Arc<dyn Record>,
) -> io::Result<Serving> {
    let limits = Limits::default();
    let most = limits.connections;
    let rule = because.to_owned();
    let handle = move |session: &Session| pass(session, port, &rule, &*record, limits.idle);
    start(listener, most, handle, |_| {})
}

fn pass(session: &Session, port: u16, rule: &str, record: &dyn Record, idle: Duration) {
    let addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let connection = Connection {
        id: session.id,
        verb: Verb::Loopback,
        host: "localhost".to_owned(),
        port,
        decision: Decision::Allowed { rule: rule.to_owned() },
        addresses,
    };
    if record.opening(&connection).is_err() {
        return;
    }
    let mut dialed = connection.addresses.iter().map(|address| SocketAddr::new(*address, port));
    let Some(stream) = dialed.find_map(|address| TcpStream::connect_timeout(&address, DIAL).ok()) else {
        return record.closed(&connection, 0, 0);
    };
    stream.set_nodelay(true).ok();
    let host = Arc::new(Counted::new(stream, Arc::default()));
    session.attach(&host);
    // Nothing is looked at on the way, so nothing can be refused.
    relay(&*session.client, &*host, idle, || Ok(Vec::new())).ok();
    let (sent, received) = host.counts();
    record.closed(&connection, sent, received);
}

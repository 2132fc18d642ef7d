//! The front that guarded programs see: an HTTP proxy on a Unix socket.

use crate::connection::{Connection, Decision, Record, Verb};
use crate::door::{Admission, Door, Limits, Refusal};
use crate::head::{HttpRequest, Request, end_of_head, parse_request};
use crate::hello::{Hello, inspect};
use crate::host::{Authority, Host};
use crate::pipe::{Counted, Pipe, Source};
use crate::relay::relay;
use crate::request::exchange;
use crate::serving::{Serving, Session, start};
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long an answer may take to go out.
const ANSWER: Duration = Duration::from_secs(5);

/// A fatal TLS alert, "access denied": what a TLS client can show its user.
const ACCESS_DENIED: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 49];

/// Serves the door on a socket until the returned handle is dropped.
///
/// # Errors
/// When a rule cannot be read (it would silently never match) or the threads cannot be started.
pub fn serve(listener: UnixListener, door: Door, record: Arc<dyn Record>) -> io::Result<Serving> {
    door.check().map_err(|problem| io::Error::new(io::ErrorKind::InvalidInput, problem))?;
    let most = door.limits.connections;
    let handle = move |session: &Session| Visit { door: &door, record: &*record, session }.run();
    let refuse = |client: &std::os::unix::net::UnixStream| {
        // This runs in the accepting thread, which nobody may hold up: no draining.
        let text = "too many connections are open; close some and try again";
        send_answer(client, "503 Service Unavailable", text).ok();
    };
    start(listener, most, handle, refuse)
}

/// One connection of a guarded program.
struct Visit<'a> {
    door: &'a Door,
    record: &'a dyn Record,
    session: &'a Session,
}

impl Visit<'_> {
    fn run(&self) {
        let mut source = Source::new(&*self.session.client);
        let head = match receive_head(&mut source, &self.door.limits) {
            Ok(head) => head,
            Err(Unread::Nothing) => return,
            Err(Unread::Slow) => {
                return self.unreadable(source.ahead(), "408 Request Timeout", "the request came too slowly");
            }
            Err(Unread::Long) => {
                return self.unreadable(
                    source.ahead(),
                    "431 Request Header Fields Too Large",
                    "the request head is too long",
                );
            }
            Err(Unread::Cut) => {
                return self.unreadable(source.ahead(), "400 Bad Request", "the request is cut off");
            }
        };
        match parse_request(&head) {
            Ok(Request::Connect(authority)) => self.connect(&authority, source),
            Ok(Request::Http(request)) => self.http(&request, source),
            Err(why) => self.unreadable(&head, "400 Bad Request", &why.to_string()),
        }
    }

    fn connect(&self, authority: &Authority, mut source: Source<'_>) {
        let Some((connection, admission)) = self.admit(Verb::Connect, authority, 443) else { return };
        let Some(host) = self.dial(&connection, &admission) else { return };
        let client = &*self.session.client;
        let idle = self.door.limits.idle;
        if client.send(b"HTTP/1.1 200 Connection established\r\n\r\n", ANSWER).is_ok() {
            let relayed = if self.door.allow_plain_connect {
                relay(client, &*host, idle, || self.first_bytes(&mut source, &authority.host, idle))
            } else {
                let first = self.first_bytes(&mut source, &authority.host, self.door.limits.opening);
                first.and_then(|first| relay(client, &*host, idle, || Ok(first)))
            };
            if let Err(why) = relayed {
                self.refuse_tunnel(&connection, &why);
            }
        }
        self.close(&connection, &host);
    }

    /// What a tunnel begins with, once it shows whom it is for.
    fn first_bytes(
        &self,
        source: &mut Source<'_>,
        host: &Host,
        patience: Duration,
    ) -> Result<Vec<u8>, String> {
        let deadline = Instant::now() + patience;
        loop {
            match inspect(source.ahead()) {
                Hello::More => match source.more_until(deadline) {
                    Ok(true) => {}
                    Ok(false) if source.ahead().is_empty() => return Ok(Vec::new()),
                    Ok(false) => return Err("the tunnel ends within the TLS hello".to_owned()),
                    Err(error) => return Err(format!("no TLS hello came: {error}")),
                },
                Hello::Tls(Some(name)) if name != *host => {
                    return Err(format!("the TLS hello names {name}, the tunnel {host}"));
                }
                Hello::Tls(_) => return Ok(source.take(usize::MAX)),
                Hello::Plain if self.door.allow_plain_connect => return Ok(source.take(usize::MAX)),
                Hello::Plain => {
                    return Err(
                        "the tunnel carries something other than TLS, so nothing shows whom it is for"
                            .to_owned(),
                    );
                }
                Hello::Bad(why) => return Err(why.to_owned()),
            }
        }
    }

    fn refuse_tunnel(&self, connection: &Connection, why: &str) {
        let refused =
            Connection { decision: Decision::Refused { reason: why.to_owned() }, ..connection.clone() };
        // Nothing was sent to the host, and nothing will be: the record cannot stop anything here.
        self.record.opening(&refused).ok();
        self.session.client.send(&ACCESS_DENIED, ANSWER).ok();
    }

    fn http(&self, request: &HttpRequest, source: Source<'_>) {
        let verb = Verb::Http { method: request.method.clone(), path: request.path().to_owned() };
        let Some((connection, admission)) = self.admit(verb, &request.authority, 80) else { return };
        let Some(host) = self.dial(&connection, &admission) else { return };
        let client = &*self.session.client;
        if let Err(why) = exchange(request, client, source, &host, &self.door.limits) {
            answer(client, "502 Bad Gateway", &why);
        }
        self.close(&connection, &host);
    }

    /// Decides and records. `None`: refused, and the client has been told.
    fn admit(&self, verb: Verb, authority: &Authority, default: u16) -> Option<(Connection, Admission)> {
        let mut connection = Connection {
            id: self.session.id,
            verb,
            host: authority.host.to_string(),
            port: authority.port,
            addresses: Vec::new(),
            decision: Decision::Refused { reason: String::new() },
        };
        match self.door.admit(authority, default) {
            Ok(admission) => {
                connection.addresses.clone_from(&admission.addresses);
                connection.decision = Decision::Allowed { rule: admission.rule.clone() };
                self.recorded(&connection).then_some((connection, admission))
            }
            Err(refusal) => {
                connection.decision = Decision::Refused { reason: refusal.to_string() };
                if self.recorded(&connection) {
                    self.tell(&connection, &refusal);
                }
                None
            }
        }
    }

    fn recorded(&self, connection: &Connection) -> bool {
        let recorded = self.record.opening(connection);
        if let Err(why) = &recorded {
            let text = format!("{} was not opened, because it could not be recorded: {why}", connection.host);
            answer(&*self.session.client, "503 Service Unavailable", &text);
        }
        recorded.is_ok()
    }

    fn tell(&self, connection: &Connection, refusal: &Refusal) {
        let Connection { verb, host, port, .. } = connection;
        let mut text = format!("{} {host}:{port} was refused: {refusal}", verb.as_str());
        if let Some(help) = refusal.help() {
            text.push('\n');
            text.push_str(&help);
        }
        let status = match refusal {
            Refusal::Unresolved { .. } => "502 Bad Gateway",
            _ => "403 Forbidden",
        };
        answer(&*self.session.client, status, &text);
    }

    /// Dials the checked addresses and no others.
    fn dial(&self, connection: &Connection, admission: &Admission) -> Option<Arc<Counted>> {
        let end = Instant::now() + self.door.limits.dialing;
        let mut last = "no time is left".to_owned();
        for address in &admission.addresses {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match self.door.dialer.dial(SocketAddr::new(*address, admission.authority.port), left) {
                Ok(stream) => {
                    stream.set_nodelay(true).ok();
                    let host = Arc::new(Counted::new(stream));
                    self.session.attach(&host);
                    return Some(host);
                }
                Err(error) => last = format!("{address}: {error}"),
            }
        }
        let text = format!("{} is allowed but could not be reached: {last}", admission.authority);
        self.record.closed(connection, 0, 0);
        answer(&*self.session.client, "502 Bad Gateway", &text);
        None
    }

    fn close(&self, connection: &Connection, host: &Counted) {
        let (sent, received) = host.counts();
        self.record.closed(connection, sent, received);
    }

    fn unreadable(&self, bytes: &[u8], status: &str, why: &str) {
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let shown: String = String::from_utf8_lossy(line).trim_end().escape_debug().take(120).collect();
        let connection = Connection {
            id: self.session.id,
            verb: Verb::Unreadable,
            host: shown,
            port: 0,
            addresses: Vec::new(),
            decision: Decision::Refused { reason: why.to_owned() },
        };
        if self.recorded(&connection) {
            answer(&*self.session.client, status, &format!("the request was refused: {why}"));
        }
    }
}

/// Why there is no head.
enum Unread {
    /// The client closed without a word.
    Nothing,
    Cut,
    Slow,
    Long,
}

/// Reads a head within the limits of size and of time in all.
fn receive_head(source: &mut Source<'_>, limits: &Limits) -> Result<Vec<u8>, Unread> {
    let deadline = Instant::now() + limits.opening;
    let mut seen = 0;
    loop {
        if let Some(end) = end_of_head(source.ahead(), seen) {
            return if end > limits.head { Err(Unread::Long) } else { Ok(source.take(end)) };
        }
        if source.ahead().len() > limits.head {
            return Err(Unread::Long);
        }
        seen = source.ahead().len();
        match source.more_until(deadline) {
            Ok(true) => {}
            Ok(false) if source.ahead().is_empty() => return Err(Unread::Nothing),
            Ok(false) => return Err(Unread::Cut),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(Unread::Slow),
            Err(_) => return Err(Unread::Nothing),
        }
    }
}

/// Answers with a short text and ends the connection.
fn answer(client: &dyn Pipe, status: &str, text: &str) {
    if send_answer(client, status, text).is_ok() {
        drain(client);
    }
}

fn send_answer(client: &dyn Pipe, status: &str, text: &str) -> io::Result<()> {
    let length = text.len() + "wardline: \n".len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\nwardline: {text}\n"
    );
    client.send(head.as_bytes(), ANSWER)?;
    client.end(Shutdown::Write);
    Ok(())
}

/// Reads what the client still sends, for a short while: closing at once could destroy the answer on its way.
fn drain(client: &dyn Pipe) {
    let end = Instant::now() + Duration::from_millis(300);
    let mut buffer = [0; 4096];
    for _ in 0..64 {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || !matches!(client.receive(&mut buffer, left), Ok(1..)) {
            return;
        }
    }
}

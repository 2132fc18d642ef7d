//! The front that guarded programs see: an HTTP proxy and a SOCKS5 proxy on one Unix socket. The first byte tells them
//! apart.

use crate::answer::{ANSWER, answer, explanation, refuse, send_answer, unauthorized};
use crate::connection::{Connection, Decision, Record, Verb};
use crate::door::{Admission, Door, Limits, Refusal};
use crate::head::{self, Framing, HttpRequest, Request, end_of_head, parse_request};
use crate::host::Authority;
use crate::pipe::{Counted, Pipe, Source};
use crate::request::exchange;
use crate::serving::{Serving, Session, start};
use crate::socks::{self, Reply};
use crate::tunnel;
use crate::upload::Exhausted;
use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Instant;

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
        send_answer(client, "503 Service Unavailable", "", text).ok();
    };
    start(listener, most, handle, refuse)
}

/// One connection of a guarded program.
pub(crate) struct Visit<'a> {
    pub(crate) door: &'a Door,
    pub(crate) record: &'a dyn Record,
    pub(crate) session: &'a Session,
}

impl Visit<'_> {
    fn run(&self) {
        let mut source = Source::new(&*self.session.client);
        let deadline = Instant::now() + self.door.limits.opening;
        while source.ahead().is_empty() {
            match source.more_until(deadline) {
                Ok(true) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => break,
                Ok(false) | Err(_) => return,
            }
        }
        match source.ahead().first() {
            Some(4 | 5) => self.socks(source, deadline),
            _ => self.http(source, deadline),
        }
    }

    fn http(&self, mut source: Source<'_>, deadline: Instant) {
        let head = match receive_head(&mut source, &self.door.limits, deadline) {
            Ok(head) => head,
            Err(Unread::Nothing) => return,
            Err(unread) => {
                let (status, why) = unread.words();
                return self.unreadable(source.ahead(), status, why);
            }
        };
        if let Some(token) = &self.door.token {
            match head::credentials(&head) {
                Ok(Some(credentials)) if token.is_basic(&credentials) => {}
                Ok(_) => return self.stranger(|| unauthorized(&*self.session.client)),
                Err(why) => return self.unreadable(&head, "400 Bad Request", &why.to_string()),
            }
        }
        match parse_request(&head) {
            Ok(Request::Connect(authority)) => {
                if let Some((connection, host)) = self.open(Verb::Connect, &authority, &Front::Http) {
                    tunnel::run(self, &connection, &authority, source, &host, &Front::Http);
                }
            }
            Ok(Request::Http(request)) => self.request(&request, source),
            Err(why) => self.unreadable(&head, "400 Bad Request", &why.to_string()),
        }
    }

    /// Somebody who does not know the token. Recorded first, like every refusal.
    fn stranger(&self, tell: impl FnOnce()) {
        let reason = "the client does not know the session's token";
        if self.recorded(&self.refused("", reason), &Front::Http) {
            tell();
        }
    }

    fn socks(&self, mut source: Source<'_>, deadline: Instant) {
        let client = &*self.session.client;
        let Some(ways) = self.message(&mut source, deadline, socks::greeting) else { return };
        let way = match &self.door.token {
            None if ways.contains(&socks::OPEN) => socks::OPEN,
            _ if ways.contains(&socks::PASSWORD) => socks::PASSWORD,
            _ => return self.stranger(|| drop(client.send(&[5, 0xff], ANSWER))),
        };
        if client.send(&[5, way], ANSWER).is_err() {
            return;
        }
        if way == socks::PASSWORD {
            let Some((user, password)) = self.message(&mut source, deadline, socks::credentials) else {
                return;
            };
            if self.door.token.as_ref().is_some_and(|token| !token.is_pair(&user, &password)) {
                return self.stranger(|| drop(client.send(&[1, 1], ANSWER)));
            }
            if client.send(&[1, 0], ANSWER).is_err() {
                return;
            }
        }
        let Some(authority) = self.message(&mut source, deadline, socks::request) else { return };
        if let Some((connection, host)) = self.open(Verb::Socks, &authority, &Front::Socks) {
            tunnel::run(self, &connection, &authority, source, &host, &Front::Socks);
        }
    }

    /// One whole message of a SOCKS client.
    fn message<T>(
        &self,
        source: &mut Source<'_>,
        deadline: Instant,
        read: impl Fn(&[u8]) -> socks::Read<T>,
    ) -> Option<T> {
        loop {
            match read(source.ahead()) {
                socks::Read::Whole(message, length) => {
                    source.take(length);
                    return Some(message);
                }
                socks::Read::Bad(reply, why) => {
                    if self.recorded(&self.refused("SOCKS5 request", why), &Front::Socks) {
                        self.session.client.send(&reply.encode(), ANSWER).ok();
                    }
                    return None;
                }
                socks::Read::More => {}
            }
            if !matches!(source.more_until(deadline), Ok(true)) {
                return None;
            }
        }
    }

    fn request(&self, request: &HttpRequest, source: Source<'_>) {
        if let Framing::Length(length) = request.body
            && let Err(budget) = self.door.uploads.allows(0, length)
        {
            return self.too_long(request, budget);
        }
        let verb = Verb::Http { method: request.method.clone(), path: request.path().to_owned() };
        let Some((connection, host)) = self.open(verb, &request.authority, &Front::Http) else { return };
        self.exchange(&connection, request, source, &host);
        self.close(&connection, &host);
    }

    /// A request that says itself that it is too long goes nowhere.
    fn too_long(&self, request: &HttpRequest, budget: Exhausted) {
        let refusal = Refusal::Exhausted { authority: request.authority.clone(), budget };
        let connection = Connection {
            id: self.session.id,
            verb: Verb::Http { method: request.method.clone(), path: request.path().to_owned() },
            host: request.authority.host.to_string(),
            port: request.authority.port,
            addresses: Vec::new(),
            decision: Decision::Refused { reason: refusal.to_string() },
        };
        if self.recorded(&connection, &Front::Http) {
            refuse(&*self.session.client, &refusal, &explanation(&words(&connection), &refusal));
        }
    }

    /// Passes one HTTP request on and its answer back.
    pub(crate) fn exchange(
        &self,
        connection: &Connection,
        request: &HttpRequest,
        source: Source<'_>,
        host: &Counted,
    ) {
        let client = &*self.session.client;
        let result = exchange(request, client, source, host, &self.door.limits);
        if let Some(exhausted) = host.exhausted() {
            let refusal = Refusal::Exhausted { authority: request.authority.clone(), budget: exhausted };
            self.cut(connection, &refusal.to_string());
            if result.is_err() {
                refuse(client, &refusal, &explanation(&words(connection), &refusal));
            }
        } else if let Err(why) = result {
            answer(client, "502 Bad Gateway", &why);
        }
    }

    /// Decides, records, dials. `None`: it is not open, and the client has been told.
    fn open(&self, verb: Verb, authority: &Authority, front: &Front) -> Option<(Connection, Arc<Counted>)> {
        let default = match verb {
            Verb::Http { .. } => 80,
            // A tunnel for plain HTTP, which is read like any other.
            _ if authority.port == 80 => 80,
            _ => 443,
        };
        let mut connection = Connection {
            id: self.session.id,
            verb,
            host: authority.host.to_string(),
            port: authority.port,
            addresses: Vec::new(),
            decision: Decision::Refused { reason: String::new() },
        };
        match self.permit(&connection.verb, authority).and_then(|()| self.door.admit(authority, default)) {
            Ok(admission) => {
                connection.addresses.clone_from(&admission.addresses);
                connection.decision = Decision::Allowed { rule: admission.rule.clone() };
                if !self.recorded(&connection, front) {
                    return None;
                }
                let host = self.dial(&connection, &admission, front)?;
                Some((connection, host))
            }
            Err(refusal) => {
                connection.decision = Decision::Refused { reason: refusal.to_string() };
                if self.recorded(&connection, front) {
                    front.refuse(&*self.session.client, &connection, &refusal);
                }
                None
            }
        }
    }

    /// What rules about requests say before anybody is asked or anything resolved.
    fn permit(&self, verb: &Verb, authority: &Authority) -> Result<(), Refusal> {
        match verb {
            Verb::Http { method, path } => self.door.permit(authority, method, path),
            // Plain HTTP in a tunnel is judged when it comes.
            _ if authority.port == 80 => Ok(()),
            _ => self.door.hide(authority),
        }
    }

    fn recorded(&self, connection: &Connection, front: &Front) -> bool {
        let recorded = self.record.opening(connection);
        if let Err(why) = &recorded {
            let text = format!("{} was not opened, because it could not be recorded: {why}", connection.host);
            front.fail(&*self.session.client, Reply::Failed, "503 Service Unavailable", &text);
        }
        recorded.is_ok()
    }

    /// Records that a connection which was allowed is ended by the door. It is ended whether this is recorded or not.
    pub(crate) fn cut(&self, connection: &Connection, why: &str) {
        let decision = Decision::Refused { reason: why.to_owned() };
        self.record.opening(&Connection { decision, ..connection.clone() }).ok();
    }

    /// Dials the checked addresses and no others.
    fn dial(&self, connection: &Connection, admission: &Admission, front: &Front) -> Option<Arc<Counted>> {
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
                    let host = Arc::new(Counted::new(stream, Arc::clone(&self.door.uploads)));
                    self.session.attach(&host);
                    return Some(host);
                }
                Err(error) => last = format!("{address}: {error}"),
            }
        }
        let text = format!("{} is allowed but could not be reached: {last}", admission.authority);
        self.record.closed(connection, 0, 0);
        front.fail(&*self.session.client, Reply::Unreachable, "502 Bad Gateway", &text);
        None
    }

    pub(crate) fn close(&self, connection: &Connection, host: &Counted) {
        let (sent, received) = host.counts();
        self.record.closed(connection, sent, received);
    }

    fn unreadable(&self, bytes: &[u8], status: &str, why: &str) {
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let shown: String = String::from_utf8_lossy(line).trim_end().escape_debug().take(120).collect();
        if self.recorded(&self.refused(&shown, why), &Front::Http) {
            answer(&*self.session.client, status, &format!("the request was refused: {why}"));
        }
    }

    /// The record of something that names no host.
    fn refused(&self, shown: &str, why: &str) -> Connection {
        Connection {
            id: self.session.id,
            verb: Verb::Unreadable,
            host: shown.to_owned(),
            port: 0,
            addresses: Vec::new(),
            decision: Decision::Refused { reason: why.to_owned() },
        }
    }
}

/// What the client speaks, and so how it is told things.
pub(crate) enum Front {
    Http,
    Socks,
}

impl Front {
    /// The tunnel stands.
    pub(crate) fn welcome(&self, client: &dyn Pipe) -> io::Result<()> {
        match self {
            Self::Http => client.send(b"HTTP/1.1 200 Connection established\r\n\r\n", ANSWER),
            Self::Socks => client.send(&Reply::Done.encode(), ANSWER),
        }
    }

    fn refuse(&self, client: &dyn Pipe, connection: &Connection, refusal: &Refusal) {
        match (self, refusal) {
            (Self::Http, _) => refuse(client, refusal, &explanation(&words(connection), refusal)),
            (Self::Socks, Refusal::Unresolved { .. }) => {
                drop(client.send(&Reply::Unreachable.encode(), ANSWER))
            }
            (Self::Socks, _) => drop(client.send(&Reply::Refused.encode(), ANSWER)),
        }
    }

    fn fail(&self, client: &dyn Pipe, reply: Reply, status: &str, text: &str) {
        match self {
            Self::Http => answer(client, status, text),
            Self::Socks => drop(client.send(&reply.encode(), ANSWER)),
        }
    }
}

pub(crate) fn words(connection: &Connection) -> String {
    format!("{} {}:{}", connection.verb.as_str(), connection.host, connection.port)
}

/// Why there is no head.
pub(crate) enum Unread {
    /// The client closed without a word.
    Nothing,
    Cut,
    Slow,
    Long,
}

impl Unread {
    /// The status to answer with and the reason.
    pub(crate) const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Nothing | Self::Cut => ("400 Bad Request", "the request is cut off"),
            Self::Slow => ("408 Request Timeout", "the request came too slowly"),
            Self::Long => ("431 Request Header Fields Too Large", "the request head is too long"),
        }
    }
}

/// Reads a head within the limits of size and of time in all.
pub(crate) fn receive_head(
    source: &mut Source<'_>,
    limits: &Limits,
    deadline: Instant,
) -> Result<Vec<u8>, Unread> {
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

//! What must hold for every input of the door's readers, for the fuzz targets in `fuzz/`. Not a part of the door.

use crate::Limits;
use crate::body;
use crate::head::{self, Framing, HttpRequest, Request};
use crate::hello::{Hello, inspect};
use crate::host::{Authority, Host};
use crate::intercept::Interceptor;
use crate::pipe::{Pipe, Source};
use crate::request::exchange_in_turn;
use crate::serve::receive_head;
use crate::socks::{self, Read};
use std::io;
use std::net::Shutdown;
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// A host that is accepted is canonical, reads back as itself, and an operating system that reads it as a number reads
/// the same address.
pub fn host(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(authority) = Authority::parse(text, Some(80)) else { return };
    let spelled = authority.to_string();
    assert_eq!(Authority::parse(&spelled, None).as_ref(), Ok(&authority), "{text:?} does not read back");
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:[]".contains(&byte);
    assert!(spelled.bytes().all(plain), "{text:?} is spelled {spelled:?}");
    assert!(authority.port != 0, "{text:?} has port 0");
    if let Host::Name(name) = &authority.host {
        let address: Result<std::net::IpAddr, _> = name.parse();
        assert!(address.is_err(), "{text:?} is the address {address:?}");
        let number =
            name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(!number, "{text:?} ends in a number, which some systems read as an address");
    }
}

/// A request that is passed on reads back as the same request, and as one only.
pub fn head(bytes: &[u8]) {
    drop(head::credentials(bytes));
    drop(head::parse_response(bytes));
    let Ok(tunnel) = Authority::parse("a.test:80", None) else { return };
    for request in [
        head::parse_tunnelled(bytes, &tunnel, 80).ok(),
        match head::parse_request(bytes) {
            Ok(Request::Http(request)) => Some(request),
            _ => None,
        },
    ]
    .into_iter()
    .flatten()
    {
        let passed = request.encode();
        assert_eq!(head::end_of_head(&passed, 0), Some(passed.len()), "{passed:?} is more than one head");
        let again = head::parse_tunnelled(&passed, &request.authority, 80);
        let same = again.as_ref().is_ok_and(|again| {
            (&again.method, &again.target, again.body) == (&request.method, &request.target, request.body)
        });
        assert!(same, "{request:?} became {again:?}");
    }
}

/// A hello that is understood names a host that has one spelling, and shows it to nobody differently when more comes.
pub fn hello(bytes: &[u8]) {
    let looked = inspect(bytes);
    if let Hello::Tls(Some(name)) = &looked {
        assert!(matches!(name, Host::Name(_)), "a hello names the address {name}");
    }
    if !matches!(looked, Hello::More) {
        let more = [bytes, &[0x16, 3, 1, 0, 1, 1]].concat();
        assert_eq!(inspect(&more), looked, "what follows changes what was said");
    }
}

/// A message takes no more than what is there, and what follows it changes nothing.
pub fn socks(bytes: &[u8]) {
    whole(bytes, socks::greeting);
    whole(bytes, socks::credentials);
    whole(bytes, socks::request);
}

fn whole<T: PartialEq + std::fmt::Debug>(bytes: &[u8], read: impl Fn(&[u8]) -> Read<T>) {
    let message = read(bytes);
    if let Read::Whole(_, length) = &message {
        assert!(*length <= bytes.len(), "{length} bytes of {}", bytes.len());
        let exactly = bytes.get(..*length).unwrap_or_default();
        assert_eq!(read(exactly), message, "what follows changes what was said");
        for cut in 0..*length {
            assert_eq!(read(exactly.get(..cut).unwrap_or_default()), Read::More, "cut at {cut}");
        }
    }
}

/// What a program says inside a tunnel whose TLS is opened, and what the host answers. The host gets one request and
/// nothing behind it; the program gets one response or nothing. The bytes are: how large the pieces are that arrive (1),
/// how long the program's part is (2), the program's part, the host's.
pub fn opened(bytes: &[u8]) {
    let Some((&[size, low, high], rest)) = bytes.split_first_chunk::<3>() else { return };
    let size = usize::from(size).max(1);
    let said = rest.len().min(usize::from(u16::from_le_bytes([low, high])));
    let (program, host) = rest.split_at_checked(said).unwrap_or((rest, &[]));
    let (program, host) = (Said::new(program, size), Said::new(host, size));
    let Ok(tunnel) = Authority::parse("a.test:443", None) else { return };
    let limits = Limits::default();
    let mut source = Source::new(&program);
    let Ok(head) = receive_head(&mut source, &limits, Instant::now() + Duration::from_secs(60)) else {
        return;
    };
    let Ok(request) = head::parse_tunnelled(&head, &tunnel, 443) else { return };
    let done = exchange_in_turn(&request, &program, &mut source, &host, &limits);
    one_request(&host.heard(), &request, &tunnel, done.is_ok());
    one_response(&program.heard(), request.expects);
}

/// The start of a TLS connection, as a program that attacks the session's certificate authority sends it: refused, and
/// nothing of it is taken for a request.
pub fn handshake(bytes: &[u8]) {
    static SESSION: OnceLock<Option<Interceptor>> = OnceLock::new();
    let Some(interceptor) = SESSION.get_or_init(|| Interceptor::with_roots(&[]).ok()) else { return };
    let Ok(tunnel) = Authority::parse("a.test:443", None) else { return };
    let (ahead, later) = bytes.split_at_checked(bytes.len() / 2).unwrap_or((bytes, &[]));
    let program = Said::new(later, usize::MAX);
    let Ok(opened) = interceptor.accept(&program, ahead.to_vec(), &tunnel.host) else { return };
    let mut source = Source::new(&opened);
    let head = receive_head(&mut source, &Limits::default(), Instant::now() + Duration::from_secs(60));
    assert!(head.is_err(), "a request without a key");
}

/// What left for the host is this request, whole when that is said, and no byte that a host could take for another.
fn one_request(left: &[u8], request: &HttpRequest, tunnel: &Authority, whole: bool) {
    let end = head::end_of_head(left, 0);
    let (head, body) = left.split_at_checked(end.unwrap_or(left.len())).unwrap_or((left, &[]));
    let read = head::parse_tunnelled(head, tunnel, 443);
    let same = read.as_ref().is_ok_and(|read| {
        (&read.method, &read.target, read.body) == (&request.method, &request.target, request.body)
    });
    assert!(same, "{request:?} left as {read:?}");
    let (sent, silent) = (Said::new(body, usize::MAX), Said::new(&[], 1));
    let mut source = Source::new(&sent);
    let ended = body::copy(&mut source, &silent, request.body, Duration::from_secs(1)).is_ok();
    assert!(ended || !whole, "the body of {request:?} is not whole: {body:?}");
    while source.more(Duration::from_secs(1)).unwrap_or(false) {}
    assert!(!ended || source.ahead().is_empty(), "{request:?} is followed by {:?}", source.ahead());
    if request.body == Framing::Open {
        assert!(body.is_empty(), "{request:?} has no body and was sent with {body:?}");
    }
}

/// What the program is told begins with one head that is read in one way.
fn one_response(told: &[u8], expects: bool) {
    const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let told = told.strip_prefix(GO_ON).filter(|_| expects).unwrap_or(told);
    if told.is_empty() {
        return;
    }
    let end = head::end_of_head(told, 0).unwrap_or(told.len());
    let read = head::parse_response(told.get(..end).unwrap_or(told)).map(|response| response.status);
    assert!(read.as_ref().is_ok_and(|status| *status >= 200), "the program was told {told:?}: {read:?}");
}

/// A connection with a peer that says what it was made with, in pieces, and takes everything.
struct Said {
    says: Mutex<Vec<u8>>,
    piece: usize,
    heard: Mutex<Vec<u8>>,
}

impl Said {
    fn new(says: &[u8], piece: usize) -> Self {
        let backwards = says.iter().rev().copied().collect();
        Self { says: Mutex::new(backwards), piece, heard: Mutex::default() }
    }

    fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Pipe for Said {
    fn receive(&self, buffer: &mut [u8], _timeout: Duration) -> io::Result<usize> {
        let mut says = self.says.lock().unwrap_or_else(PoisonError::into_inner);
        let count = self.piece.min(buffer.len()).min(says.len());
        for slot in buffer.iter_mut().take(count) {
            *slot = says.pop().unwrap_or_default();
        }
        Ok(count)
    }

    fn send(&self, bytes: &[u8], _timeout: Duration) -> io::Result<()> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(())
    }

    fn end(&self, _how: Shutdown) {}

    fn socket(&self, _timeout: Duration) -> io::Result<BorrowedFd<'_>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn input(size: u8, program: &str, host: &str) -> Vec<u8> {
        let length = u16::try_from(program.len()).unwrap().to_le_bytes();
        [&[size, length[0], length[1]], program.as_bytes(), host.as_bytes()].concat()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn an_opened_tunnel_passes_on_one_request(
            size: u8,
            method in "(GET|POST|HEAD|PUT)",
            path in "/[a-z?;.%2]{0,8}",
            fields in prop::collection::vec("(Host: a.test|Content-Length: [0-9]{1,2}|Transfer-Encoding: (chunked|gzip)|Expect: 100-continue|X-a: [ -~]{0,6})", 0..5),
            body in "([0-9a-f;x]{1,2}(\r\n|\n)|0\r\n\r\n|[ -~]{1,9}|GET /x HTTP/1.1\r\n\r\n){0,4}",
            answers in prop::collection::vec("HTTP/1.[01] (100|101|103|200|204|304|999) (OK)?\r\n(Content-Length: [0-9]{1,2}\r\n|Transfer-Encoding: chunked\r\n|X: y\r\n){0,2}\r\n(3\r\nabc\r\n0\r\n\r\n|abc)?", 0..4),
        ) {
            let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
            let program = format!("{method} {path} HTTP/1.1\r\nHost: a.test\r\n{fields}\r\n{body}");
            opened(&input(size, &program, &answers.concat()));
        }

    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn no_bytes_open_a_tunnel(bytes: Vec<u8>, hello in prop::collection::vec(any::<u8>(), 0..300)) {
            opened(&bytes);
            handshake(&bytes);
            let length = u16::try_from(hello.len()).unwrap().to_be_bytes();
            handshake(&[&[0x16, 3, 1], length.as_slice(), &hello].concat());
        }
    }
}

//! Reads HTTP heads, strictly: what two programs could read differently is refused, so that no request hides in another.

use crate::host::{Authority, HostError};
use std::fmt;
use std::fmt::Write as _;

/// Most header fields in one head.
const FIELDS: usize = 128;

/// Fields that are meant for the next hop only and are never passed on.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "trailers",
    "upgrade",
    "http2-settings",
    "transfer-encoding",
    "content-length",
    "expect",
];

/// A request that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// `CONNECT host:port`
    Connect(Authority),
    /// `GET http://host/path`
    Http(HttpRequest),
}

/// One plain HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpRequest {
    pub(crate) authority: Authority,
    pub(crate) method: String,
    /// Path and query, as the host gets them.
    pub(crate) target: String,
    /// Fields to pass on.
    fields: Vec<(String, Vec<u8>)>,
    pub(crate) body: Framing,
    /// The client waits for a word before it sends the body.
    pub(crate) expects: bool,
    /// The port that needs no mention: 80, or 443 inside TLS.
    usual: u16,
}

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none, or (in a response) it ends with the connection.
    Open,
    Length(u64),
    Chunked,
}

/// Why a head was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn malformed<T>(why: &str) -> Result<T, Malformed> {
    Err(Malformed(why.to_owned()))
}

impl From<HostError> for Malformed {
    fn from(error: HostError) -> Self {
        Self(error.to_string())
    }
}

/// Where a head ends: behind its empty line. `seen` bytes were looked at before and are not looked at again, so that
/// dripping a head byte by byte costs no more than sending it at once.
pub(crate) fn end_of_head(bytes: &[u8], seen: usize) -> Option<usize> {
    let begin = seen.saturating_sub(3);
    let rest = bytes.get(begin..)?;
    rest.windows(4).position(|window| window == b"\r\n\r\n").map(|position| begin + position + 4)
}

/// Reads a whole request head.
pub(crate) fn parse_request(head: &[u8]) -> Result<Request, Malformed> {
    check_lines(head)?;
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return malformed("the request head is cut off or followed by something"),
        Err(error) => return Err(Malformed(format!("the request head cannot be read: {error}"))),
    }
    let target = request.path.unwrap_or_default();
    if request.method == Some("CONNECT") {
        return connect(target, request.headers);
    }
    let (authority, origin) = split_url(target)?;
    http_request(&request, authority, origin, 80).map(Request::Http)
}

/// Reads a whole head of a request that came through a tunnel, where it names a path only and its `Host` the tunnel's.
/// `usual` is the port that `Host` means when it names none.
pub(crate) fn parse_tunnelled(head: &[u8], tunnel: &Authority, usual: u16) -> Result<HttpRequest, Malformed> {
    check_lines(head)?;
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        _ => return malformed("the request in the tunnel cannot be read"),
    }
    let target = request.path.unwrap_or_default();
    if !target.starts_with('/') || !plain_target(target) || request.method == Some("CONNECT") {
        return malformed("a request in a tunnel names a path and nothing else");
    }
    http_request(&request, tunnel.clone(), target.to_owned(), usual)
}

/// What a client gives to prove that it may use the door.
pub(crate) fn credentials(head: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    check_lines(head)?;
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    request.parse(head).map_err(|error| Malformed(format!("the request head cannot be read: {error}")))?;
    Ok(single(request.headers, "proxy-authorization")?.map(<[u8]>::to_vec))
}

fn http_request(
    request: &httparse::Request<'_, '_>,
    authority: Authority,
    target: String,
    usual: u16,
) -> Result<HttpRequest, Malformed> {
    let one_one = request.version == Some(1);
    check_host(request.headers, &authority, usual, one_one)?;
    let body = framing(request.headers)?;
    if body == Framing::Chunked && !one_one {
        return malformed("HTTP/1.0 knows no chunked bodies");
    }
    Ok(HttpRequest {
        authority,
        method: request.method.unwrap_or_default().to_owned(),
        target,
        fields: passed_on(request.headers)?,
        body,
        expects: one_one && single(request.headers, "expect")?.is_some(),
        usual,
    })
}

fn plain_target(target: &str) -> bool {
    target.bytes().all(|byte| byte.is_ascii_graphic()) && !target.contains(['\\', '#'])
}

fn connect(target: &str, fields: &[httparse::Header<'_>]) -> Result<Request, Malformed> {
    let authority = Authority::parse(target, None)?;
    if single(fields, "transfer-encoding")?.is_some()
        || single(fields, "content-length")?.is_some_and(|value| value != b"0")
    {
        return malformed("CONNECT has no body");
    }
    check_host(fields, &authority, 443, false)?;
    Ok(Request::Connect(authority))
}

impl HttpRequest {
    /// The head that goes to the host: one request, after which the connection ends.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let host = if self.authority.port == self.usual {
            self.authority.host.to_string()
        } else {
            self.authority.to_string()
        };
        let mut head =
            format!("{} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", self.method, self.target);
        match self.body {
            Framing::Open => {}
            Framing::Length(length) => drop(write!(head, "Content-Length: {length}\r\n")),
            Framing::Chunked => head.push_str("Transfer-Encoding: chunked\r\n"),
        }
        encode_fields(head, &self.fields)
    }

    /// The path without its query, which may hold secrets.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// A response head that could be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Framing,
    /// The head that goes to the client.
    pub(crate) head: Vec<u8>,
}

/// Reads a whole response head.
pub(crate) fn parse_response(head: &[u8]) -> Result<Response, Malformed> {
    check_lines(head)?;
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    match response.parse(head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        _ => return malformed("the host's response head cannot be read"),
    }
    let status = response.code.unwrap_or_default();
    let body = framing(response.headers)?;
    let reason = response.reason.unwrap_or_default();
    let mut text = format!("HTTP/1.1 {status} {reason}\r\nConnection: close\r\n");
    match body {
        Framing::Open => {}
        Framing::Length(length) => drop(write!(text, "Content-Length: {length}\r\n")),
        Framing::Chunked => text.push_str("Transfer-Encoding: chunked\r\n"),
    }
    let head = encode_fields(text, &passed_on(response.headers)?);
    Ok(Response { status, body, head })
}

fn encode_fields(head: String, fields: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut head = head.into_bytes();
    for (name, value) in fields {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Lines end in CR LF and nowhere else; some programs take a lone CR or LF for a line's end, and some do not.
fn check_lines(head: &[u8]) -> Result<(), Malformed> {
    let mut last = 0;
    for byte in head {
        if (*byte == b'\n') != (last == b'\r') {
            return malformed("a line of the head ends in something else than CR LF");
        }
        last = *byte;
    }
    Ok(())
}

/// `http://host[:port]/path` as authority and origin form.
fn split_url(target: &str) -> Result<(Authority, String), Malformed> {
    let scheme = target.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("http://"));
    if scheme.is_none() {
        let secure = target.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        return malformed(if secure {
            "https needs CONNECT"
        } else {
            "a proxy needs the whole URL, http://host/path"
        });
    }
    let rest = target.get(7..).unwrap_or_default();
    if !plain_target(rest) {
        return malformed("a character of the URL is not allowed");
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or_default();
    let slash = if path.starts_with('/') { "" } else { "/" };
    Ok((Authority::parse(authority, Some(80))?, format!("{slash}{path}")))
}

/// The `Host` field, when there is one, names the same host as the request line. HTTP/1.1 requires it.
fn check_host(
    fields: &[httparse::Header<'_>],
    authority: &Authority,
    default: u16,
    required: bool,
) -> Result<(), Malformed> {
    let Some(value) = single(fields, "host")? else {
        return if required { malformed("the Host field is missing") } else { Ok(()) };
    };
    let text =
        std::str::from_utf8(value).map_err(|_| Malformed("the Host field is not a host".to_owned()))?;
    let host = Authority::parse(text, Some(default))?;
    // Clients leave the port of a tunnel out of Host, which changes nothing: the tunnel goes to the request line's.
    let same = host == *authority
        || (!required && host.host == authority.host && !text.ends_with(&format!(":{}", host.port)));
    if same {
        Ok(())
    } else {
        Err(Malformed(format!("the Host field names {host}, the request line {authority}")))
    }
}

/// The value of a field that may stand there once.
fn single<'a>(fields: &[httparse::Header<'a>], name: &str) -> Result<Option<&'a [u8]>, Malformed> {
    let mut values =
        fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value);
    let value = values.next();
    if values.next().is_some() {
        Err(Malformed(format!("the field {name} stands there twice")))
    } else {
        Ok(value)
    }
}

fn framing(fields: &[httparse::Header<'_>]) -> Result<Framing, Malformed> {
    match (single(fields, "content-length")?, single(fields, "transfer-encoding")?) {
        (Some(_), Some(_)) => malformed("Content-Length and Transfer-Encoding exclude each other"),
        (None, None) => Ok(Framing::Open),
        (None, Some(coding)) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        (None, Some(_)) => malformed("the only Transfer-Encoding understood is chunked"),
        (Some(length), None) => {
            let digits = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
            let length =
                std::str::from_utf8(length).ok().filter(|_| digits).and_then(|text| text.parse().ok());
            length.map_or_else(
                || malformed("Content-Length is not a number"),
                |length| Ok(Framing::Length(length)),
            )
        }
    }
}

/// The fields for the next hop: without those about this one, those that `Connection` names, and the framing and
/// `Host`, which are written anew.
fn passed_on(fields: &[httparse::Header<'_>]) -> Result<Vec<(String, Vec<u8>)>, Malformed> {
    let mut named = Vec::new();
    for field in fields.iter().filter(|field| field.name.eq_ignore_ascii_case("connection")) {
        let value = std::str::from_utf8(field.value);
        let value = value.map_err(|_| Malformed("the Connection field is not text".to_owned()))?;
        named.extend(value.split(',').map(|name| name.trim().to_ascii_lowercase()));
    }
    let dropped = |name: &str| {
        let name = name.to_ascii_lowercase();
        HOP_BY_HOP.contains(&name.as_str())
            || name == "host"
            || name.starts_with("proxy-")
            || named.contains(&name)
    };
    let kept = fields.iter().filter(|field| !dropped(field.name));
    Ok(kept.map(|field| (field.name.to_owned(), field.value.to_vec())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn http(head: &str) -> Result<HttpRequest, Malformed> {
        match parse_request(head.as_bytes())? {
            Request::Http(request) => Ok(request),
            Request::Connect(_) => malformed("a tunnel"),
        }
    }

    #[test]
    fn requests_are_rewritten_for_the_next_hop() {
        let head = "POST HTTP://API.test:8080?q=1 HTTP/1.1\r\nHost: api.test:8080\r\nConnection: keep-alive, X-Hop\r\n\
                    X-Hop: 1\r\nProxy-Authorization: Basic abc\r\nTE: trailers\r\nAccept: */*\r\nContent-Length: 3\r\n\r\n";
        let request = http(head).unwrap();
        let expected = "POST /?q=1 HTTP/1.1\r\nHost: api.test:8080\r\nConnection: close\r\nContent-Length: 3\r\nAccept: */*\r\n\r\n";
        assert_eq!(String::from_utf8(request.encode()).unwrap(), expected);
        assert_eq!((request.body, request.path()), (Framing::Length(3), "/"));
    }

    #[test]
    fn heads_that_two_programs_could_read_differently_are_refused() {
        let table = [
            (
                "both lengths",
                "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            (
                "two lengths",
                "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
            ),
            (
                "a list of lengths",
                "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3, 3\r\n\r\n",
            ),
            ("a signed length", "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: +3\r\n\r\n"),
            ("an empty length", "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length:\r\n\r\n"),
            (
                "a huge length",
                "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 99999999999999999999\r\n\r\n",
            ),
            (
                "two codings",
                "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            ),
            (
                "another coding",
                "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: xchunked\r\n\r\n",
            ),
            ("chunked in 1.0", "POST http://a.test/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
            (
                "a space before the colon",
                "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length : 3\r\n\r\n",
            ),
            ("a folded line", "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nX: a\r\n b\r\n\r\n"),
            ("a lone LF", "GET http://a.test/ HTTP/1.1\nHost: a.test\r\n\r\n"),
            ("a lone CR", "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nX: a\rb\r\n\r\n"),
            ("NUL in a field", "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nX: a\0b\r\n\r\n"),
            ("no Host", "GET http://a.test/ HTTP/1.1\r\n\r\n"),
            ("another Host", "GET http://a.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n"),
            ("another port in Host", "GET http://a.test/ HTTP/1.1\r\nHost: a.test:8080\r\n\r\n"),
            ("two Hosts", "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n"),
            ("userinfo", "GET http://a.test@b.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n"),
            ("a backslash", "GET http://a.test\\@b.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"),
            ("a fragment", "GET http://a.test#@b.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"),
            ("a percent sign", "GET http://a%2etest/ HTTP/1.1\r\nHost: a.test\r\n\r\n"),
            ("an octal address", "GET http://0177.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
            ("https", "GET https://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"),
            ("another scheme", "GET ftp://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"),
            ("origin form", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
            ("asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n"),
            ("no host at all", "GET http:///x HTTP/1.1\r\nHost: a.test\r\n\r\n"),
            ("HTTP/2", "PRI * HTTP/2.0\r\n\r\n"),
            ("CONNECT without a port", "CONNECT a.test HTTP/1.1\r\nHost: a.test\r\n\r\n"),
            ("CONNECT to a URL", "CONNECT http://a.test:443/ HTTP/1.1\r\n\r\n"),
            ("CONNECT with another Host", "CONNECT a.test:443 HTTP/1.1\r\nHost: b.test:443\r\n\r\n"),
            ("CONNECT with another port in Host", "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:444\r\n\r\n"),
            ("CONNECT with a body", "CONNECT a.test:443 HTTP/1.1\r\nContent-Length: 5\r\n\r\n"),
            ("CONNECT with a trailing dot", "CONNECT a.test.:443 HTTP/1.1\r\n\r\n"),
            ("CONNECT with userinfo", "CONNECT u@a.test:443 HTTP/1.1\r\n\r\n"),
            ("something after the head", "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\nX\r\n\r\n"),
            ("nothing", "\r\n\r\n"),
            ("SOCKS", "\u{5}\u{1}\0\r\n\r\n"),
        ];
        for (name, head) in table {
            assert!(parse_request(head.as_bytes()).is_err(), "{name}");
        }
    }

    #[test]
    fn tunnels_are_read() {
        for head in [
            "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n",
            "CONNECT A.test:443 HTTP/1.0\r\n\r\n",
            "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\nProxy-Connection: keep-alive\r\n\r\n",
        ] {
            let request = parse_request(head.as_bytes());
            assert_eq!(
                request,
                Ok(Request::Connect(Authority::parse("a.test:443", None).unwrap())),
                "{head}"
            );
        }
        let other = parse_request(b"CONNECT a.test:8443 HTTP/1.1\r\nHost: a.test\r\n\r\n");
        assert!(other.is_ok(), "Host without a port in a tunnel to another port");
    }

    proptest! {
        #[test]
        fn no_head_makes_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            drop(parse_request(&bytes));
            drop(parse_response(&bytes));
        }

        #[test]
        fn what_is_passed_on_reads_back_as_the_same_request(
            host in "[aA]\\.test(:[0-9]{1,5})?",
            path in "[/?]?[ -~]{0,20}",
            fields in proptest::collection::vec("(Host|Content-Length|Transfer-Encoding|Connection|X-[a-c]|TE|Proxy-x): (a.test|chunked|[0-9]{1,3}|close|X-a|[ -~]{0,10})", 0..6),
        ) {
            let head = format!("POST http://{host}{path} HTTP/1.1\r\n{}\r\n", fields.iter().map(|f| format!("{f}\r\n")).collect::<String>());
            if let Ok(request) = http(&head) {
                let passed = String::from_utf8(request.encode()).unwrap();
                prop_assert_eq!(end_of_head(passed.as_bytes(), 0), Some(passed.len()));
                let absolute = passed.replacen(" /", &format!(" http://{}/", request.authority), 1);
                prop_assert_eq!(http(&absolute), Ok(HttpRequest { expects: false, ..request }));
            }
        }
    }
}

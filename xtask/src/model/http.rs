//! Just enough HTTP/1.1 to serve agents on loopback: one request at a time, bodies by length or in chunks.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Upper bound of head and body; agents send their whole conversation, so this is generous.
const MOST: usize = 64 << 20;

/// A client that is silent for this long is gone.
const PATIENCE: Duration = Duration::from_secs(300);

/// One request.
pub(super) struct Request {
    pub(super) method: String,
    /// Path with query.
    pub(super) target: String,
    pub(super) body: Vec<u8>,
}

enum Framing {
    Length(usize),
    Chunked,
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Reads one request; `None` when the client closed the connection between requests.
pub(super) fn read(stream: &mut TcpStream) -> io::Result<Option<Request>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut bytes = Vec::new();
    loop {
        if let Some((method, target, framing, wants_continue, head)) = parse_head(&bytes)? {
            if wants_continue {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            let rest = bytes.split_off(head);
            let body = match framing {
                Framing::Length(length) => read_length(stream, rest, length)?,
                Framing::Chunked => read_chunks(stream, rest)?,
            };
            return Ok(Some(Request { method, target, body }));
        }
        if !more(stream, &mut bytes)? {
            return if bytes.is_empty() { Ok(None) } else { Err(bad("connection closed within a head")) };
        }
    }
}

/// Method, target, framing, whether the client waits for `100 Continue`, and the length of the head.
type Head = (String, String, Framing, bool, usize);

fn parse_head(bytes: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(bytes).map_err(|error| bad(&error.to_string()))?
    else {
        return Ok(None);
    };
    let header = |name: &str| {
        let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok()).map(str::to_ascii_lowercase)
    };
    let framing = if header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        Framing::Chunked
    } else {
        let length = header("content-length").map_or(Ok(0), |value| value.trim().parse());
        Framing::Length(length.map_err(|_| bad("content-length is not a number"))?)
    };
    let wants_continue = header("expect").is_some_and(|value| value.contains("100-continue"));
    let method = request.method.unwrap_or_default().to_owned();
    Ok(Some((method, request.path.unwrap_or_default().to_owned(), framing, wants_continue, head)))
}

/// Appends what the client sent next; false at the end of the stream.
fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = [0_u8; 16 << 10];
    let count = stream.read(&mut buffer)?;
    bytes.extend(buffer.iter().take(count));
    if bytes.len() > MOST {
        return Err(bad("request too large"));
    }
    Ok(count > 0)
}

fn read_length(stream: &mut TcpStream, mut bytes: Vec<u8>, length: usize) -> io::Result<Vec<u8>> {
    while bytes.len() < length {
        if !more(stream, &mut bytes)? {
            return Err(bad("connection closed within a body"));
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn read_chunks(stream: &mut TcpStream, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        match httparse::parse_chunk_size(&bytes).map_err(|_| bad("bad chunk size"))? {
            httparse::Status::Complete((_, 0)) => return Ok(body),
            httparse::Status::Complete((start, size)) => {
                let size = usize::try_from(size).ok().filter(|size| *size <= MOST);
                let size = size.ok_or_else(|| bad("request too large"))?;
                let end = start + size;
                // Two more for the line end behind the chunk.
                if bytes.len() >= end + 2 {
                    body.extend(bytes.iter().take(end).skip(start));
                    bytes.drain(..end + 2);
                    continue;
                }
            }
            httparse::Status::Partial => {}
        }
        if !more(stream, &mut bytes)? {
            return Err(bad("connection closed within a chunk"));
        }
    }
}

/// Writes one whole answer and leaves the connection open for the next request.
pub(super) fn write(
    stream: &mut TcpStream,
    request: &Request,
    status: u16,
    kind: &str,
    body: &str,
) -> io::Result<()> {
    let phrase = match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        _ => "Not Found",
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} {phrase}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    if request.method != "HEAD" {
        stream.write_all(body.as_bytes())?;
    }
    stream.flush()
}

//! Passes on one HTTP body, exactly as long as its head said and not a byte more.

use crate::head::Framing;
use crate::pipe::{Pipe, Source};
use std::io;
use std::time::Duration;

/// Longest line of a chunked body: a size with its extensions, or a trailer field.
const LINE: usize = 4096;
/// Most trailer fields.
const TRAILERS: usize = 64;

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Copies a body whose framing is known. Chunks are written anew, without extensions and trailers.
pub(crate) fn copy(from: &mut Source<'_>, to: &dyn Pipe, framing: Framing, idle: Duration) -> io::Result<()> {
    match framing {
        Framing::Open => Ok(()),
        Framing::Length(length) => copy_length(from, to, length, idle),
        Framing::Chunked => copy_chunks(from, to, idle),
    }
}

/// Copies until the connection ends.
pub(crate) fn copy_to_end(from: &mut Source<'_>, to: &dyn Pipe, idle: Duration) -> io::Result<()> {
    loop {
        let bytes = from.take(usize::MAX);
        if !bytes.is_empty() {
            to.send(&bytes, idle)?;
        }
        if !from.more(idle)? {
            return Ok(());
        }
    }
}

fn copy_length(from: &mut Source<'_>, to: &dyn Pipe, mut left: u64, idle: Duration) -> io::Result<()> {
    while left > 0 {
        if from.ahead().is_empty() && !from.more(idle)? {
            return Err(invalid("the body ends early"));
        }
        let bytes = from.take(usize::try_from(left).unwrap_or(usize::MAX));
        to.send(&bytes, idle)?;
        left = left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }
    Ok(())
}

fn copy_chunks(from: &mut Source<'_>, to: &dyn Pipe, idle: Duration) -> io::Result<()> {
    loop {
        let size = chunk_size(&line(from, idle)?).ok_or_else(|| invalid("a chunk has no size"))?;
        if size == 0 {
            for _ in 0..TRAILERS {
                if line(from, idle)?.is_empty() {
                    return to.send(b"0\r\n\r\n", idle);
                }
            }
            return Err(invalid("the body has too many trailers"));
        }
        to.send(format!("{size:x}\r\n").as_bytes(), idle)?;
        copy_length(from, to, size, idle)?;
        if !line(from, idle)?.is_empty() {
            return Err(invalid("a chunk is longer than its size"));
        }
        to.send(b"\r\n", idle)?;
    }
}

/// One line without its CR LF.
fn line(from: &mut Source<'_>, idle: Duration) -> io::Result<Vec<u8>> {
    loop {
        if let Some(end) = from.ahead().iter().position(|byte| *byte == b'\n') {
            let mut line = from.take(end + 1);
            let text = line.strip_suffix(b"\r\n").ok_or_else(|| invalid("a line ends in a lone LF"))?;
            if text.len() > LINE || text.contains(&b'\r') {
                return Err(invalid("a line of the body is malformed"));
            }
            line.truncate(end.saturating_sub(1));
            return Ok(line);
        }
        if from.ahead().len() > LINE || !from.more(idle)? {
            return Err(invalid("a line of the body is cut off or too long"));
        }
    }
}

/// Hexadecimal digits, possibly with an extension after them.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii_end();
    let plain = !digits.is_empty() && digits.len() <= 15 && digits.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(digits).ok().filter(|_| plain)?;
    u64::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::Shutdown;
    use std::os::unix::net::UnixStream;

    /// What arrives, and what is left over, when this body is copied.
    fn copied(framing: Framing, body: &[u8]) -> (io::Result<()>, String, String) {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let (out, mut arrived) = UnixStream::pair().unwrap();
        writer.write_all(body).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
        let mut source = Source::new(&reader);
        let result = copy(&mut source, &out, framing, Duration::from_secs(5));
        while source.more(Duration::from_secs(5)).unwrap() {}
        let left = String::from_utf8(source.take(usize::MAX)).unwrap();
        drop(out);
        let mut text = String::new();
        arrived.read_to_string(&mut text).unwrap();
        (result, text, left)
    }

    #[test]
    fn bodies_end_where_their_head_said() {
        let table: [(Framing, &str, &str, &str); 5] = [
            (Framing::Open, "GET /x", "", "GET /x"),
            (Framing::Length(3), "abcGET /x", "abc", "GET /x"),
            (Framing::Length(0), "GET", "", "GET"),
            (Framing::Chunked, "3\r\nabc\r\n0\r\n\r\nGET", "3\r\nabc\r\n0\r\n\r\n", "GET"),
            (
                Framing::Chunked,
                "03;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
                "3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n",
                "",
            ),
        ];
        for (framing, body, arrives, left) in table {
            let (result, text, rest) = copied(framing, body.as_bytes());
            result.unwrap();
            assert_eq!((text.as_str(), rest.as_str()), (arrives, left), "{body}");
        }
    }

    #[test]
    fn malformed_bodies_are_cut_off() {
        for (framing, body) in [
            (Framing::Length(5), "abc"),
            (Framing::Chunked, "3\r\nabcd\r\n0\r\n\r\n"),
            (Framing::Chunked, "3\nabc\r\n0\r\n\r\n"),
            (Framing::Chunked, "-3\r\nabc\r\n0\r\n\r\n"),
            (Framing::Chunked, "0x3\r\nabc\r\n0\r\n\r\n"),
            (Framing::Chunked, " 3\r\nabc\r\n0\r\n\r\n"),
            (Framing::Chunked, "\r\n"),
            (Framing::Chunked, "ffffffffffffffff\r\nabc"),
            (Framing::Chunked, "3\r\nabc"),
            (Framing::Chunked, "3;x\ry\r\nabc\r\n0\r\n\r\n"),
        ] {
            assert!(copied(framing, body.as_bytes()).0.is_err(), "{body}");
        }
    }
}

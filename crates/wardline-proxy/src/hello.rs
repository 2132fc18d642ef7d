//! Reads the first bytes of a tunnel: is it TLS, and which host does its ClientHello name.
//!
//! The parser is bounded (one record) and strict. A hello that is spread over several records, or whose inner part is
//! encrypted, could name another host than the one it shows, and is refused.

use crate::host::Host;

/// A record's header and its longest body.
const LONGEST: usize = 5 + (1 << 14);

const SERVER_NAME: u16 = 0;
/// Encrypted ClientHello, and the draft before it.
const ENCRYPTED: [u16; 2] = [0xfe0d, 0xffce];

/// What the first bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hello {
    /// Not enough to tell.
    More,
    /// Something other than TLS.
    Plain,
    /// A ClientHello and the host that it names, if it names one.
    Tls(Option<Host>),
    /// TLS, but not a hello that shows whom it is for.
    Bad(&'static str),
}

/// Looks at what a tunnel begins with.
pub(crate) fn inspect(bytes: &[u8]) -> Hello {
    match bytes {
        [] => return Hello::More,
        [0x16] => return Hello::More,
        [0x16, 3, ..] => {}
        [0x16, ..] => return Hello::Bad("the TLS record has an unknown version"),
        _ => return Hello::Plain,
    }
    let [_, _, _, high, low, rest @ ..] = bytes else { return Hello::More };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length + 5 > LONGEST {
        return Hello::Bad("the TLS record is too long");
    }
    let Some(record) = rest.get(..length) else { return Hello::More };
    let mut reader = Reader(record);
    match client_hello(&mut reader) {
        Ok(name) => Hello::Tls(name),
        Err(why) => Hello::Bad(why),
    }
}

fn client_hello(record: &mut Reader<'_>) -> Result<Option<Host>, &'static str> {
    const CUT: &str = "the TLS hello is cut off or spread over several records";
    if record.byte().ok_or(CUT)? != 1 {
        return Err("the tunnel does not begin with a TLS hello");
    }
    let [a, b, c] = record.array().ok_or(CUT)?;
    let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
    if length != record.0.len() {
        return Err(CUT);
    }
    record.take(2 + 32).ok_or(CUT)?;
    let session = record.byte().ok_or(CUT)?;
    record.take(usize::from(session)).ok_or(CUT)?;
    record.vector().ok_or(CUT)?;
    let compressions = record.byte().ok_or(CUT)?;
    record.take(usize::from(compressions)).ok_or(CUT)?;
    if record.0.is_empty() {
        return Ok(None);
    }
    let mut extensions = Reader(record.vector().ok_or(CUT)?);
    if !record.0.is_empty() {
        return Err("something follows the TLS hello");
    }
    server_name(&mut extensions)
}

fn server_name(extensions: &mut Reader<'_>) -> Result<Option<Host>, &'static str> {
    const CUT: &str = "an extension of the TLS hello is cut off";
    let mut seen = Vec::new();
    let mut name = None;
    while !extensions.0.is_empty() {
        let kind = u16::from_be_bytes(extensions.array().ok_or(CUT)?);
        let data = extensions.vector().ok_or(CUT)?;
        if seen.contains(&kind) {
            return Err("an extension of the TLS hello stands there twice");
        }
        seen.push(kind);
        if ENCRYPTED.contains(&kind) {
            return Err("the TLS hello has an encrypted part, which may name another host");
        }
        if kind == SERVER_NAME {
            name = Some(one_name(data)?);
        }
    }
    Ok(name)
}

/// The list of names in the extension: exactly one, of the only kind there is.
fn one_name(data: &[u8]) -> Result<Host, &'static str> {
    const BAD: &str = "the host name in the TLS hello cannot be read";
    let mut data = Reader(data);
    let mut list = Reader(data.vector().ok_or(BAD)?);
    let kind = list.byte().ok_or(BAD)?;
    let name = list.vector().ok_or(BAD)?;
    if kind != 0 || !list.0.is_empty() || !data.0.is_empty() {
        return Err(BAD);
    }
    let name = std::str::from_utf8(name).map_err(|_| BAD)?;
    match Host::parse(name) {
        Ok(host @ Host::Name(_)) => Ok(host),
        _ => Err(BAD),
    }
}

/// Takes bytes off the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// Bytes with their length in two bytes before them.
    fn vector(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_be_bytes(self.array()?);
        self.take(usize::from(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vector(bytes: &[u8]) -> Vec<u8> {
        let mut out = u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
        out.extend_from_slice(bytes);
        out
    }

    fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes()[..], &vector(data)].concat()
    }

    fn sni(name: &str) -> Vec<u8> {
        extension(0, &vector(&[&[0][..], &vector(name.as_bytes())].concat()))
    }

    fn hello(extensions: &[u8]) -> Vec<u8> {
        let body = [&[3, 3][..], &[7; 32], &[0], &vector(&[0x13, 1]), &[1, 0], &vector(extensions)].concat();
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        let message = [&[1][..], &length[1..], &body].concat();
        [&[0x16, 3, 1][..], &vector(&message)].concat()
    }

    #[test]
    fn the_named_host_is_read() {
        let example = Host::parse("example.com").unwrap();
        assert_eq!(inspect(&hello(&sni("example.com"))), Hello::Tls(Some(example.clone())));
        assert_eq!(inspect(&hello(&sni("EXAMPLE.com"))), Hello::Tls(Some(example.clone())));
        let among_others =
            [extension(43, &[2, 3, 4]), sni("example.com"), extension(16, b"\0\x03\x02h2")].concat();
        assert_eq!(inspect(&hello(&among_others)), Hello::Tls(Some(example)));
        assert_eq!(inspect(&hello(&extension(43, &[2, 3, 4]))), Hello::Tls(None));
    }

    #[test]
    fn hellos_that_could_hide_another_host_are_bad() {
        let two = vector(&[&[0][..], &vector(b"a.test"), &[0], &vector(b"b.test")].concat());
        let table = [
            ("two names", extension(0, &two)),
            ("two extensions", [sni("a.test"), sni("b.test")].concat()),
            ("an encrypted part", [sni("a.test"), extension(0xfe0d, &[0])].concat()),
            ("a NUL", sni("a.test\0.b.test")),
            ("an address", sni("127.0.0.1")),
            ("a trailing dot", sni("a.test.")),
            ("no name", extension(0, &[])),
            ("an empty name", sni("")),
            ("another kind", extension(0, &vector(&[&[1][..], &vector(b"a.test")].concat()))),
            ("a cut extension", vec![0, 0, 0, 200, 1]),
        ];
        for (name, extensions) in table {
            assert!(matches!(inspect(&hello(&extensions)), Hello::Bad(_)), "{name}");
        }
    }

    #[test]
    fn a_hello_spread_over_records_is_bad() {
        let whole = hello(&sni("a.test"));
        let (first, second) = whole[5..].split_at(20);
        let spread = [&[0x16, 3, 1][..], &vector(first), &[0x16, 3, 1], &vector(second)].concat();
        assert!(matches!(inspect(&spread), Hello::Bad(_)));
        let doubled = [&whole[5..], &whole[5..]].concat();
        assert!(matches!(inspect(&[&[0x16, 3, 1][..], &vector(&doubled)].concat()), Hello::Bad(_)));
        assert!(matches!(inspect(&[0x16, 3, 1, 0xff, 0xff]), Hello::Bad(_)));
        assert!(matches!(inspect(&[0x16, 3, 1, 0, 0]), Hello::Bad(_)));
    }

    #[test]
    fn a_hello_in_small_pieces_is_waited_for() {
        let whole = hello(&sni("a.test"));
        for cut in 0..whole.len() {
            assert_eq!(inspect(&whole[..cut]), Hello::More, "{cut}");
        }
    }

    #[test]
    fn other_protocols_are_plain() {
        for bytes in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"SSH-2.0-x",
            b"\x00",
            b"\x15\x03\x01",
            b"\x17\x03\x03",
            b"\x80\x2e\x01",
        ] {
            assert_eq!(inspect(bytes), Hello::Plain);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            inspect(&bytes);
            inspect(&[&[0x16, 3, 1][..], &vector(&bytes)].concat());
            inspect(&hello(&bytes));
            inspect(&hello(&extension(0, &bytes)));
        }
    }
}

//! Reads SOCKS5 (RFC 1928, RFC 1929), strictly: three messages of the client, each whole or not yet there.

use crate::host::{Authority, Host, canonical};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Offered when no client may pass without the token.
pub(crate) const PASSWORD: u8 = 2;
/// Offered when there is no token.
pub(crate) const OPEN: u8 = 0;

/// What the door answers to a request; the numbers are the protocol's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    Done = 0,
    Failed = 1,
    Refused = 2,
    Unreachable = 4,
    Command = 7,
    AddressType = 8,
}

impl Reply {
    /// The whole message; where the door is bound is nobody's business.
    pub(crate) const fn encode(self) -> [u8; 10] {
        [5, self as u8, 0, 1, 0, 0, 0, 0, 0, 0]
    }
}

/// What has come so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read<T> {
    /// Not a whole message yet.
    More,
    /// A message, and how many bytes it takes.
    Whole(T, usize),
    /// Something else, and how to answer it.
    Bad(Reply, &'static str),
}

/// A message, `None` while it is not whole.
type Whole<T> = Option<Result<(T, usize), (Reply, &'static str)>>;

fn read<T>(message: Whole<T>) -> Read<T> {
    match message {
        None => Read::More,
        Some(Ok((message, length))) => Read::Whole(message, length),
        Some(Err((reply, why))) => Read::Bad(reply, why),
    }
}

/// The ways in that a client offers.
pub(crate) fn greeting(bytes: &[u8]) -> Read<Vec<u8>> {
    read((|| {
        if *bytes.first()? != 5 {
            return Some(Err((Reply::Failed, "only SOCKS5 is spoken")));
        }
        let count = usize::from(*bytes.get(1)?);
        if count == 0 {
            return Some(Err((Reply::Failed, "the SOCKS client offers no way in")));
        }
        Some(Ok((bytes.get(2..2 + count)?.to_vec(), 2 + count)))
    })())
}

/// A name and a password.
pub(crate) fn credentials(bytes: &[u8]) -> Read<(Vec<u8>, Vec<u8>)> {
    read((|| {
        if *bytes.first()? != 1 {
            return Some(Err((Reply::Failed, "the SOCKS credentials are of an unknown version")));
        }
        let name = 2 + usize::from(*bytes.get(1)?);
        let end = name + 1 + usize::from(*bytes.get(name)?);
        let pair = (bytes.get(2..name)?.to_vec(), bytes.get(name + 1..end)?.to_vec());
        Some(Ok((pair, end)))
    })())
}

/// Whom a client wants to be connected to.
pub(crate) fn request(bytes: &[u8]) -> Read<Authority> {
    read((|| {
        let [version, command, reserved, kind] = bytes.get(..4)?.try_into().ok()?;
        let bad = |reply, why| Some(Err((reply, why)));
        if (version, reserved) != (5, 0) {
            return bad(Reply::Failed, "the SOCKS request cannot be read");
        }
        match command {
            1 => {}
            2 => return bad(Reply::Command, "SOCKS BIND would let the network in, which no rule allows"),
            3 => {
                return bad(
                    Reply::Command,
                    "SOCKS UDP would be a way out that nothing checks, which no rule allows",
                );
            }
            _ => return bad(Reply::Command, "the SOCKS command is unknown"),
        }
        let rest = bytes.get(4..)?;
        match kind {
            1 => {
                let (address, port) = rest.split_first_chunk::<4>()?;
                message(Host::Address(Ipv4Addr::from(*address).into()), port, 4)
            }
            4 => {
                let (address, port) = rest.split_first_chunk::<16>()?;
                message(Host::Address(canonical(Ipv6Addr::from(*address).into())), port, 16)
            }
            3 => named(rest),
            _ => bad(Reply::AddressType, "the SOCKS address is of an unknown kind"),
        }
    })())
}

fn named(rest: &[u8]) -> Whole<Authority> {
    let (length, rest) = rest.split_first()?;
    let length = usize::from(*length);
    let (text, port) = rest.split_at_checked(length)?;
    port.get(..2)?;
    let host = std::str::from_utf8(text).ok().and_then(|text| Host::parse(text).ok());
    let Some(host) = host else {
        return Some(Err((
            Reply::Refused,
            "the host in the SOCKS request is not the plain spelling of a host",
        )));
    };
    message(host, port, 1 + length)
}

/// The request for this host and the port that comes next; the address took `length` bytes.
fn message(host: Host, port: &[u8], length: usize) -> Whole<Authority> {
    match u16::from_be_bytes(*port.first_chunk::<2>()?) {
        0 => Some(Err((Reply::Refused, "the port in the SOCKS request is 0"))),
        port => Some(Ok((Authority { host, port }, 4 + length + 2))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(host: &[u8], port: u16) -> Vec<u8> {
        [&[5, 1, 0, 3, u8::try_from(host.len()).unwrap()], host, &port.to_be_bytes()].concat()
    }

    #[test]
    fn requests_for_a_connection_are_read() {
        let table = [
            (name(b"A.test", 443), "a.test:443"),
            (name(b"127.0.0.1", 80), "127.0.0.1:80"),
            (vec![5, 1, 0, 1, 192, 0, 2, 7, 0, 80], "192.0.2.7:80"),
            ([&[5, 1, 0, 4][..], &[0; 15], &[1, 1, 187]].concat(), "[::1]:443"),
            ([&[5, 1, 0, 4][..], &[0; 10], &[255, 255, 127, 0, 0, 1, 1, 187]].concat(), "127.0.0.1:443"),
        ];
        for (bytes, expected) in table {
            let authority = Authority::parse(expected, None).unwrap();
            assert_eq!(request(&bytes), Read::Whole(authority, bytes.len()), "{expected}");
            for cut in 0..bytes.len() {
                assert_eq!(request(&bytes[..cut]), Read::More, "{expected} cut at {cut}");
            }
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_own_answer() {
        let table = [
            ("BIND", vec![5, 2, 0, 1, 1, 2, 3, 4, 0, 80], Reply::Command),
            ("UDP ASSOCIATE", vec![5, 3, 0, 1, 0, 0, 0, 0, 0, 0], Reply::Command),
            ("an unknown command", vec![5, 9, 0, 1, 0, 0, 0, 0, 0, 0], Reply::Command),
            ("an unknown address", vec![5, 1, 0, 2, 0], Reply::AddressType),
            ("another version", vec![4, 1, 0, 1, 1, 2, 3, 4, 0, 80], Reply::Failed),
            ("something reserved", vec![5, 1, 1, 1, 1, 2, 3, 4, 0, 80], Reply::Failed),
            ("port 0", name(b"a.test", 0), Reply::Refused),
            ("port 0 of an address", vec![5, 1, 0, 1, 1, 2, 3, 4, 0, 0], Reply::Refused),
            ("no host", name(b"", 443), Reply::Refused),
            ("NUL", name(b"a.test\0.evil.test", 443), Reply::Refused),
            ("a trailing dot", name(b"a.test.", 443), Reply::Refused),
            ("a port in the host", name(b"a.test:443", 443), Reply::Refused),
            ("an address without brackets", name(b"::1", 443), Reply::Refused),
            ("an octal address", name(b"0177.0.0.1", 443), Reply::Refused),
            ("bytes", name(&[0xff, 0xfe], 443), Reply::Refused),
        ];
        for (name, bytes, reply) in table {
            assert!(
                matches!(request(&bytes), Read::Bad(found, _) if found == reply),
                "{name}: {:?}",
                request(&bytes)
            );
        }
        assert!(matches!(greeting(&[4, 1]), Read::Bad(..)));
        assert!(matches!(greeting(&[5, 0]), Read::Bad(..)));
        assert!(matches!(credentials(&[5, 0]), Read::Bad(..)));
    }

    #[test]
    fn greetings_and_credentials_are_waited_for() {
        assert_eq!(greeting(&[5, 2, 0]), Read::More);
        assert_eq!(greeting(&[5, 2, 0, 2, 9]), Read::Whole(vec![0, 2], 4));
        let pair = [&[1, 1][..], b"u", &[2], b"pw"].concat();
        assert_eq!(credentials(&pair), Read::Whole((b"u".to_vec(), b"pw".to_vec()), pair.len()));
        for cut in 0..pair.len() {
            assert_eq!(credentials(&pair[..cut]), Read::More);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic_or_read_past_their_end(bytes in proptest::collection::vec(0_u8..8, 0..300)) {
            for length in [
                match request(&bytes) { Read::Whole(_, length) => length, _ => 0 },
                match greeting(&bytes) { Read::Whole(_, length) => length, _ => 0 },
                match credentials(&bytes) { Read::Whole(_, length) => length, _ => 0 },
            ] {
                prop_assert!(length <= bytes.len());
            }
        }
    }
}

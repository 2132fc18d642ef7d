//! The one parser of host names and addresses. Rules, requests, `Host` headers and TLS names all go through it, so
//! that no two parts can read the same bytes differently.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest name in DNS.
const NAME: usize = 253;
/// Longest label in DNS.
const LABEL: usize = 63;

/// A host in its one canonical spelling: a lower-case name, or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Host {
    /// A name of letters, digits and hyphens, lower case, without a trailing dot.
    Name(String),
    /// An address. An IPv4 address written as IPv6 is held as IPv4.
    Address(IpAddr),
}

/// Why a text is no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostError {
    /// Nothing is there.
    Empty,
    /// Longer than DNS allows.
    TooLong,
    /// A character other than letters, digits, hyphens and dots (percent signs, `@`, NUL, other scripts …).
    Character(char),
    /// A dot at the end, or two in a row, or one at the start.
    Dot,
    /// A label that begins or ends with a hyphen.
    Hyphen,
    /// An address in another spelling than four plain decimal numbers: octal, hexadecimal, fewer parts.
    Number,
    /// Not an IPv6 address in brackets.
    Brackets,
    /// Not a port from 1 to 65535 in plain decimal.
    Port,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the host is empty"),
            Self::TooLong => f.write_str("the host is longer than DNS allows"),
            Self::Character(c) => write!(f, "the character {c:?} is not allowed in a host"),
            Self::Dot => f.write_str("a dot stands at the start or the end of the host, or next to another"),
            Self::Hyphen => f.write_str("a part of the host begins or ends with a hyphen"),
            Self::Number => f.write_str("an address must be written as four plain decimal numbers"),
            Self::Brackets => f.write_str("an IPv6 address must stand in brackets"),
            Self::Port => f.write_str("the port must be a plain number from 1 to 65535"),
        }
    }
}

impl std::error::Error for HostError {}

impl Host {
    /// Reads a host without a port. IPv6 addresses stand in brackets.
    ///
    /// # Errors
    /// For anything that is not the plain spelling of a host.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(HostError::Brackets)?;
            let address: Ipv6Addr = inner.parse().map_err(|_| HostError::Brackets)?;
            return Ok(Self::Address(canonical(IpAddr::V6(address))));
        }
        check_name(text)?;
        let last = text.rsplit('.').next().unwrap_or_default();
        if is_number(last) {
            // Every such text is an address for some resolver; only the plain one is one for us.
            let address: Ipv4Addr = text.parse().map_err(|_| HostError::Number)?;
            return Ok(Self::Address(IpAddr::V4(address)));
        }
        Ok(Self::Name(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Authority {
    /// The host.
    pub host: Host,
    /// The port, never 0.
    pub port: u16,
}

impl Authority {
    /// Reads `host:port`, or `host` where a default port is given.
    ///
    /// # Errors
    /// For anything that is not the plain spelling of a host and a port.
    pub fn parse(text: &str, default: Option<u16>) -> Result<Self, HostError> {
        let (host, port) = split_port(text)?;
        let port = match (port, default) {
            (Some(port), _) => parse_port(port)?,
            (None, Some(default)) => default,
            (None, None) => return Err(HostError::Port),
        };
        Ok(Self { host: Host::parse(host)?, port })
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Splits a port off. What stands in brackets has colons of its own.
pub(crate) fn split_port(text: &str) -> Result<(&str, Option<&str>), HostError> {
    if text.starts_with('[') {
        let (inner, rest) = text.split_once(']').ok_or(HostError::Brackets)?;
        let host = text.get(..=inner.len()).ok_or(HostError::Brackets)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(HostError::Brackets),
        };
    }
    Ok(text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))))
}

pub(crate) fn parse_port(text: &str) -> Result<u16, HostError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    plain.then(|| text.parse().ok()).flatten().ok_or(HostError::Port)
}

/// An address in its one form: IPv4 written as IPv6 (`::ffff:a.b.c.d`) becomes IPv4.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn check_name(text: &str) -> Result<(), HostError> {
    if text.is_empty() {
        return Err(HostError::Empty);
    }
    if text.len() > NAME {
        return Err(HostError::TooLong);
    }
    if let Some(other) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))) {
        return Err(if other == ':' { HostError::Brackets } else { HostError::Character(other) });
    }
    for label in text.split('.') {
        if label.is_empty() {
            return Err(HostError::Dot);
        }
        if label.len() > LABEL {
            return Err(HostError::TooLong);
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(HostError::Hyphen);
        }
    }
    Ok(())
}

/// Whether some resolver may take this last label as (a part of) a number.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    label.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hosts_have_one_spelling() {
        let good = [
            ("example.com", "example.com"),
            ("API.Example.COM", "api.example.com"),
            ("localhost", "localhost"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("r3---sn-abc.example", "r3---sn-abc.example"),
            ("1.example", "1.example"),
            ("0xabc.example", "0xabc.example"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("[0:0:0:0:0:0:0:1]", "[::1]"),
            ("[2001:DB8::1]", "[2001:db8::1]"),
            ("[::ffff:127.0.0.1]", "127.0.0.1"),
            ("[::ffff:7f00:1]", "127.0.0.1"),
        ];
        for (text, canonical) in good {
            assert_eq!(Host::parse(text).map(|host| host.to_string()), Ok(canonical.to_owned()), "{text}");
        }
    }

    #[test]
    fn spellings_that_another_parser_could_read_differently_are_refused() {
        use HostError::{Brackets, Character, Dot, Empty, Hyphen, Number, TooLong};
        let long_label = "a".repeat(64);
        let long_name = "a.".repeat(126) + "ab";
        let bad = [
            ("", Empty),
            ("example.com.", Dot),
            (".example.com", Dot),
            ("a..b", Dot),
            (".", Dot),
            ("example.com\0.evil.test", Character('\0')),
            ("example.com%00.evil.test", Character('%')),
            ("ex%61mple.com", Character('%')),
            ("user@example.com", Character('@')),
            ("bücher.example", Character('ü')),
            ("exаmple.com", Character('а')),
            ("example。com", Character('。')),
            ("ex ample.com", Character(' ')),
            ("example.com/", Character('/')),
            ("example.com\\", Character('\\')),
            ("example.com#", Character('#')),
            ("a_b.example", Character('_')),
            ("*.example.com", Character('*')),
            ("-a.example", Hyphen),
            ("a-.example", Hyphen),
            ("0177.0.0.1", Number),
            ("127.0.0.01", Number),
            ("0x7f.0.0.1", Number),
            ("0x7f000001", Number),
            ("0X7F000001", Number),
            ("127.0.0.0x1", Number),
            ("2130706433", Number),
            ("127.1", Number),
            ("127.0.1", Number),
            ("1.2.3.4.5", Number),
            ("256.0.0.1", Number),
            ("example.123", Number),
            ("example.0x", Number),
            ("::1", Brackets),
            ("[::1", Brackets),
            ("[::1%eth0]", Brackets),
            ("[127.0.0.1]", Brackets),
            ("[example.com]", Brackets),
            ("[]", Brackets),
            (long_label.as_str(), TooLong),
            (long_name.as_str(), TooLong),
        ];
        for (text, error) in bad {
            assert_eq!(Host::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn ports_are_plain_numbers() {
        let port = |text| Authority::parse(text, None).map(|authority| authority.port);
        assert_eq!(port("a.test:443"), Ok(443));
        assert_eq!(port("[::1]:65535"), Ok(65535));
        for text in [
            "a.test",
            "a.test:",
            "a.test:0",
            "a.test:065",
            "a.test:+80",
            "a.test:65536",
            "a.test: 80",
            "a.test:80:80",
            "a.test:80@b",
        ] {
            assert_eq!(port(text), Err(HostError::Port), "{text}");
        }
        assert_eq!(Authority::parse("a.test", Some(80)).map(|authority| authority.port), Ok(80));
        assert!(Authority::parse("[::1]x:80", None).is_err());
        assert!(Authority::parse("[::1]80", None).is_err());
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_canonical_and_reads_back(text in "(\\[?[0-9a-fA-FxX:.\\-]{0,20}\\]?|[ -~]{0,30}|.{0,20}|[a-z0-9.-]{1,70})(:[0-9]{1,6})?") {
            if let Ok(authority) = Authority::parse(&text, Some(80)) {
                let spelled = authority.to_string();
                prop_assert_eq!(Authority::parse(&spelled, None), Ok(authority.clone()));
                prop_assert!(spelled.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b)));
                prop_assert!(authority.port != 0);
            }
        }
    }
}

//! What must hold for every input of the door's readers, for the fuzz targets in `fuzz/`. Not a part of the door.

use crate::head::{self, Request};
use crate::hello::{Hello, inspect};
use crate::host::{Authority, Host};
use crate::socks::{self, Read};

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

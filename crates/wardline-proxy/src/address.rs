//! Which addresses are not the public network: the machine itself, its neighbours, the cloud's metadata services.

use crate::host::canonical;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address may only be reached when a rule names it literally; `None` for a public one.
#[must_use]
pub fn forbidden(address: IpAddr) -> Option<&'static str> {
    match canonical(address) {
        IpAddr::V4(four) => forbidden_v4(four),
        IpAddr::V6(six) => forbidden_v6(six),
    }
}

fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    let why = match address.octets() {
        [169, 254, 169, 254] | [169, 254, 170, 2] | [100, 100, 100, 200] | [168, 63, 129, 16] => {
            "a cloud metadata service"
        }
        [0, ..] => "an unspecified address",
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => "a private address",
        [100, 64..=127, ..] => "a carrier-grade NAT address",
        [127, ..] => "a loopback address",
        [169, 254, ..] => "a link-local address",
        [192, 0, 0, _] | [192, 88, 99, _] => "a protocol assignment",
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "a documentation address",
        [198, 18..=19, ..] => "a benchmarking address",
        [224..=239, ..] => "a multicast address",
        [240..=255, ..] => "a reserved address",
        _ => return None,
    };
    Some(why)
}

fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    let segments = address.segments();
    let [.., high, low] = segments;
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    let embedded = Ipv4Addr::new(a, b, c, d);
    let why = match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => "an unspecified address",
        [0, 0, 0, 0, 0, 0, 0, 1] => "a loopback address",
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254 | 0x23] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => {
            "a cloud metadata service"
        }
        // The translated form of an IPv4 address is what that address is.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => return forbidden_v4(embedded),
        [0x64, 0xff9b, ..] => "a local translation address",
        [0, ..] => "an obsolete spelling of an IPv4 address",
        [0x100, 0, 0, 0, ..] => "a discard address",
        [0x2001, 0..=0x1ff, ..] => "a protocol assignment",
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => "a documentation address",
        [0x2002, ..] => "a 6to4 address",
        [0x5f00, ..] => "a segment-routing address",
        [0xfc00..=0xfdff, ..] => "a private address",
        [0xfe80..=0xfebf, ..] => "a link-local address",
        [0xfec0..=0xfeff, ..] => "a site-local address",
        [0xff00..=0xffff, ..] => "a multicast address",
        // An interface part that carries an IPv4 address (ISATAP).
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => "an ISATAP address",
        _ => return None,
    };
    Some(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_public_addresses_are_open() {
        let table = [
            ("8.8.8.8", false),
            ("1.1.1.1", false),
            ("172.15.0.1", false),
            ("172.32.0.1", false),
            ("100.63.255.255", false),
            ("100.128.0.1", false),
            ("2606:4700::1111", false),
            ("2a00:1450::200e", false),
            ("64:ff9b::808:808", false),
            ("::ffff:8.8.8.8", false),
            ("0.0.0.0", true),
            ("0.1.2.3", true),
            ("10.0.0.1", true),
            ("100.64.0.1", true),
            ("100.100.100.200", true),
            ("127.0.0.1", true),
            ("127.255.255.255", true),
            ("168.63.129.16", true),
            ("169.254.169.254", true),
            ("169.254.1.1", true),
            ("172.16.0.1", true),
            ("172.31.255.255", true),
            ("192.0.0.1", true),
            ("192.168.1.1", true),
            ("198.18.0.1", true),
            ("224.0.0.251", true),
            ("240.0.0.1", true),
            ("255.255.255.255", true),
            ("::", true),
            ("::1", true),
            ("::127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("::ffff:169.254.169.254", true),
            ("64:ff9b::7f00:1", true),
            ("64:ff9b::a9fe:a9fe", true),
            ("64:ff9b:1::a00:1", true),
            ("2001::1", true),
            ("2001:db8::1", true),
            ("2002:7f00:1::", true),
            ("2a00::5efe:7f00:1", true),
            ("fc00::1", true),
            ("fd00:ec2::254", true),
            ("fe80::1", true),
            ("fec0::1", true),
            ("ff02::1", true),
        ];
        for (text, closed) in table {
            assert_eq!(forbidden(text.parse().unwrap()).is_some(), closed, "{text}");
        }
    }

    proptest! {
        #[test]
        fn wrapping_an_address_never_opens_it(bits in any::<u32>()) {
            let four = Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = four.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            if forbidden(IpAddr::V4(four)).is_some() {
                for six in [four.to_ipv6_mapped(), four.to_ipv6_compatible(), Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low), Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1)] {
                    prop_assert!(forbidden(IpAddr::V6(six)).is_some(), "{}", six);
                }
            }
        }
    }
}

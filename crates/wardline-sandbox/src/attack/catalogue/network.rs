//! Ways out by packets: past the egress door, and through it to where it must not lead.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use rustix::net::{AddressFamily, Protocol, SocketFlags, SocketType, socket_with};

use crate::attack::Judge::{Answer, Heard};
use crate::attack::actor::{Scene, no};
use crate::attack::{Class, Judge, Probe};

const PATIENCE: Duration = Duration::from_secs(3);

type Attempt = fn(&Scene) -> io::Result<()>;

const fn way(vector: u8, id: &'static str, tries: &'static str, judge: Judge, attempt: Attempt) -> Probe {
    Probe::new(Class::Network, vector, id, tries, judge, attempt)
}

/// A kind of socket that no network namespace bounds, or that forges packets.
const fn kind(vector: u8, id: &'static str, tries: &'static str, attempt: Attempt) -> Probe {
    Probe::new(Class::Kernel, vector, id, tries, Answer, attempt).minor()
}

pub(super) const PROBES: &[Probe] = &[
    // ---- past the door
    way(80, "loopback", "connect to a service of the host on 127.0.0.1", Heard("tcp4"), |s| {
        tcp(([127, 0, 0, 1], s.number("tcp4")?).into())
    }),
    way(77, "loopback-6", "connect to a service of the host on ::1", Heard("tcp6"), |s| {
        tcp(SocketAddr::new("::1".parse().map_err(io::Error::other)?, s.number("tcp6")?))
    }),
    way(77, "loopback-mapped", "connect to ::ffff:127.0.0.1", Heard("tcp4"), |s| {
        tcp(SocketAddr::new(IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped()), s.number("tcp4")?))
    }),
    way(80, "loopback-zero", "connect to 0.0.0.0", Heard("tcp4"), |s| {
        tcp(([0, 0, 0, 0], s.number("tcp4")?).into())
    }),
    way(74, "own-address", "connect to the host's address in its network", Heard("lan"), |s| {
        tcp(SocketAddr::new(s.number("address")?, s.number("lan")?))
    }),
    way(75, "datagram", "send a datagram to the host", Heard("udp4"), |s| {
        udp("0.0.0.0:0", ([127, 0, 0, 1], s.number("udp4")?).into())
    }),
    way(75, "datagram-6", "send a datagram to ::1", Heard("udp6"), |s| {
        udp("[::]:0", SocketAddr::new("::1".parse().map_err(io::Error::other)?, s.number("udp6")?))
    }),
    way(75, "datagram-unconnected", "send a datagram without connecting", Heard("udp4"), |s| {
        let to: SocketAddr = ([127, 0, 0, 1], s.number("udp4")?).into();
        UdpSocket::bind("127.0.0.1:0")?.send_to(b"x", to).map(drop)
    }),
    way(76, "resolver-route", "have a route to a name server", Answer, |_| {
        UdpSocket::bind("0.0.0.0:0")?.connect("192.0.2.53:53")
    })
    .minor(),
    // ---- through the door, to where no rule leads
    way(84, "door-loopback", "have the door connect to the host's loopback", Heard("tcp4"), |s| {
        tunnel("127.0.0.1", s.number("tcp4")?)
    }),
    way(84, "door-plain", "have the door fetch from the host's loopback", Heard("tcp4"), |s| {
        fetch("127.0.0.1", s.number("tcp4")?)
    }),
    way(82, "door-name", "have the door connect to localhost", Heard("tcp4"), |s| {
        tunnel("localhost", s.number("tcp4")?)
    }),
    way(82, "door-dotted-name", "have the door connect to localhost.", Heard("tcp4"), |s| {
        tunnel("localhost.", s.number("tcp4")?)
    }),
    way(77, "door-decimal", "have the door connect to 2130706433", Heard("tcp4"), |s| {
        tunnel("2130706433", s.number("tcp4")?)
    }),
    way(77, "door-octal", "have the door connect to 0177.0.0.1", Heard("tcp4"), |s| {
        tunnel("0177.0.0.1", s.number("tcp4")?)
    }),
    way(77, "door-short", "have the door connect to 127.1", Heard("tcp4"), |s| {
        tunnel("127.1", s.number("tcp4")?)
    }),
    way(77, "door-mapped", "have the door connect to [::ffff:127.0.0.1]", Heard("tcp4"), |s| {
        tunnel("[::ffff:127.0.0.1]", s.number("tcp4")?)
    }),
    way(77, "door-6", "have the door connect to [::1]", Heard("tcp6"), |s| {
        tunnel("[::1]", s.number("tcp6")?)
    }),
    way(79, "door-zero", "have the door connect to 0.0.0.0", Heard("tcp4"), |s| {
        tunnel("0.0.0.0", s.number("tcp4")?)
    }),
    way(
        80,
        "door-own-address",
        "have the door connect to the host's address in its network",
        Heard("lan"),
        |s| tunnel(s.word("address")?, s.number("lan")?),
    ),
    way(82, "door-nul", "have the door connect to a name cut by a NUL", Heard("tcp4"), |s| {
        tunnel("localhost\0.example.com", s.number("tcp4")?)
    }),
    way(83, "door-host-header", "have the door fetch by a Host header that differs", Heard("tcp4"), |s| {
        let port: u16 = s.number("tcp4")?;
        ask(&format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"))
    }),
    way(74, "door-socks", "have the door connect by SOCKS5", Heard("tcp4"), |s| socks(s.number("tcp4")?)),
    // ---- kinds of sockets
    kind(78, "vsock", "a socket to the hypervisor", |_| socket(40, SocketType::STREAM, 0)),
    kind(78, "netlink-events", "a netlink socket for kernel events", |_| socket(16, SocketType::DGRAM, 15)),
    kind(78, "netlink-audit", "a netlink socket to the audit system", |_| socket(16, SocketType::RAW, 9)),
    kind(78, "netlink-filter", "a netlink socket to the packet filter", |_| socket(16, SocketType::RAW, 12)),
    kind(78, "kernel-crypto", "a socket to the kernel's cryptography", |_| {
        socket(38, SocketType::SEQPACKET, 0)
    }),
    kind(78, "bluetooth", "a Bluetooth socket", |_| socket(31, SocketType::RAW, 1)),
    kind(75, "ping", "a ping socket with an answer from the host's network", |_| {
        socket(2, SocketType::DGRAM, 1)?;
        UdpSocket::bind("0.0.0.0:0")?.connect("192.0.2.1:9")
    }),
    kind(75, "raw", "a raw socket", |_| socket(2, SocketType::RAW, 1)),
    kind(75, "packet", "a packet socket", |_| socket(17, SocketType::RAW, 0)),
];

fn tcp(to: SocketAddr) -> io::Result<()> {
    TcpStream::connect_timeout(&to, PATIENCE).map(drop)
}

fn udp(from: &str, to: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind(from)?;
    socket.connect(to)?;
    socket.send(b"x").map(drop)
}

fn socket(family: u16, kind: SocketType, protocol: u32) -> io::Result<()> {
    let protocol = std::num::NonZeroU32::new(protocol).map(Protocol::from_raw);
    Ok(socket_with(AddressFamily::from_raw(family), kind, SocketFlags::CLOEXEC, protocol).map(drop)?)
}

/// The way out that the environment names.
fn door() -> io::Result<TcpStream> {
    let named = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"];
    let address =
        named.iter().find_map(|name| std::env::var(name).ok()).ok_or_else(|| no("there is no door"))?;
    let address = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest).trim_end_matches('/');
    let address = address.rsplit_once('@').map_or(address, |(_, host)| host);
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Says who we are, when the environment has a word for it.
fn credentials() -> String {
    let word = std::env::var("HTTP_PROXY").unwrap_or_default();
    let word =
        word.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map(|(user, _)| user.to_owned());
    word.map_or_else(String::new, |user| {
        format!("Proxy-Authorization: Basic {}\r\n", base64(user.as_bytes()))
    })
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number =
            (0..3).fold(0_usize, |sum, at| (sum << 8) | usize::from(chunk.get(at).copied().unwrap_or(0)));
        for place in 0..4 {
            let digit = DIGITS.get((number >> (18 - 6 * place)) & 63).copied().unwrap_or(b'=');
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// Speaks to the door and waits for its answer; that one came is no proof of anything.
fn ask(text: &str) -> io::Result<()> {
    let mut stream = door()?;
    stream.write_all(text.as_bytes())?;
    let mut answer = [0; 256];
    let count = stream.read(&mut answer)?;
    let answer = String::from_utf8_lossy(answer.get(..count).unwrap_or_default()).into_owned();
    stream.shutdown(Shutdown::Both)?;
    let line = answer.lines().next().unwrap_or_default().to_owned();
    if line.contains(" 200") { Ok(()) } else { Err(io::Error::other(format!("the door said `{line}`"))) }
}

fn tunnel(host: &str, port: u16) -> io::Result<()> {
    ask(&format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{}\r\n", credentials()))
}

fn fetch(host: &str, port: u16) -> io::Result<()> {
    let credentials = credentials();
    ask(&format!(
        "GET http://{host}:{port}/ HTTP/1.1\r\nHost: {host}:{port}\r\n{credentials}Connection: close\r\n\r\n"
    ))
}

fn socks(port: u16) -> io::Result<()> {
    let mut stream = door()?;
    let mut answer = [0; 10];
    stream.write_all(&[5, 1, 0])?;
    let _greeting = stream.read(&mut answer)?;
    let [high, low] = port.to_be_bytes();
    stream.write_all(&[5, 1, 0, 1, 127, 0, 0, 1, high, low])?;
    let _outcome = stream.read(&mut answer)?;
    if answer.get(1) == Some(&0) { Ok(()) } else { Err(no("refused")) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn credentials_are_encoded() {
        for (plain, encoded) in
            [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("user:word", "dXNlcjp3b3Jk")]
        {
            assert_eq!(super::base64(plain.as_bytes()), encoded);
        }
    }
}

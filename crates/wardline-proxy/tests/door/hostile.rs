//! Hosts that are spelled to be read differently by different programs, through every way in. Judged from outside: the
//! resolver is not asked, nothing is dialled, and the listener that everything leads to hears nothing.

use crate::common::{Names, World, client_hello, read_all, server};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use wardline_proxy::Resolver;

/// What the rules open; whatever is spelled below is something else or nothing.
const OPEN: [&str; 3] = ["good.test", "*.wild.test", "192.0.2.7"];

/// Spelled by hand: one for each trick that is known from proxies, browsers and agents.
const TABLE: &[&str] = &[
    // Ends that other parsers cut or drop.
    "good.test.",
    "good.test..",
    ".good.test",
    "good..test",
    "good.test%00",
    "good.test\0",
    "good.test\0.evil.test",
    "evil.test\0.good.test",
    "evil.test%00.good.test",
    "evil.test%2500.good.test",
    "good.test%20",
    "good.test%2e",
    "good.test%0d%0a",
    "good.test\t",
    "good.test ",
    " good.test",
    "good.test\u{b}",
    "good.test\u{85}",
    // Something else before or behind.
    "user@good.test",
    "good.test@evil.test",
    "good.test:443@evil.test",
    "evil.test#good.test",
    "evil.test?good.test",
    "evil.test/good.test",
    "evil.test\\good.test",
    "evil.test\\@good.test",
    "evil.test;good.test",
    "evil.test,good.test",
    "evil.test good.test",
    "evil.test\tgood.test",
    "http://good.test",
    "//good.test",
    "good.test//",
    "good.test:443:443",
    "good.test:",
    "good.test:443.",
    "[good.test]",
    "<good.test>",
    "\"good.test\"",
    "'good.test'",
    "`good.test`",
    "{good.test}",
    "(good.test)",
    "good.test|evil.test",
    "good.test&evil.test",
    "$(good.test)",
    "good.test!",
    "~good.test",
    "good.test^",
    "good.test=",
    "good.test+",
    "good_test",
    "-good.test",
    "good-.test",
    "good.-test",
    // Letters that look or fold alike.
    "gооd.test",
    "good。test",
    "good．test",
    "good｡test",
    "ｇｏｏｄ.test",
    "gooԁ.test",
    "good.teſt",
    "good.tеst",
    "GOOD.TEＳT",
    "good\u{ad}.test",
    "good\u{200b}.test",
    "good\u{200d}.test",
    "good\u{feff}.test",
    "good\u{202e}.test",
    "good.test\u{2060}",
    "ⓖⓞⓞⓓ.test",
    "𝐠𝐨𝐨𝐝.test",
    "good.test\u{338}",
    "goo\u{301}d.test",
    "xn--good-test",
    "xn--good-.test",
    "xn--gd-jbba.test",
    "xn--.test",
    "xn--a.wild.test",
    "xn--bcher-kva.wild.test",
    "a.xn--b.wild.test",
    "XN--A.wild.test",
    // Patterns are no hosts.
    "*",
    "*.test",
    "*.wild.test",
    "*.good.test",
    "**",
    "?.test",
    "wild.test",
    "notwild.test",
    "a.wild.test.evil.test",
    "a.notwild.test",
    ".wild.test",
    "a..wild.test",
    "a.wild.test.",
    // Other names of the machine and of its neighbours.
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost.localdomain",
    "ip6-localhost",
    "127.0.0.1.nip.example",
    "metadata",
    "metadata.google.internal",
    "instance-data",
    "host.docker.internal",
    "gateway.docker.internal",
    "kubernetes.default.svc",
    "wpad",
    "broadcasthost",
    "0",
    "00",
    "0x0",
    "127",
    "127.",
    "1",
    "@",
    "",
    "%",
    "%%",
    "\0",
    ":",
    "::",
    ":::",
    "[",
    "]",
    "[]",
    "[:]",
    "[::",
    "::]",
    ".",
    "..",
    "...",
    "-",
    "--",
    "/",
    "\\",
    "#",
    "?",
    // Addresses of version 6.
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[0:0:0:0:0:0:0:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::1%25lo]",
    "[::1%lo]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "[ff02::1]",
    "[ff02::fb]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001::1]",
    "[2001:0:7f00:1::]",
    "[2001:db8::1]",
    "[100::1]",
    "[5f00::1]",
    "[3fff::1]",
    "[2a00::5efe:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:192.168.0.1]",
    "[::ffff:10.0.0.1]",
    "[0000::1]",
    "[::0001]",
    "[::1]x",
    "x[::1]",
    "[::1]]",
    "[[::1]]",
    "[::1 ]",
    "[ ::1]",
    "[v1.x]",
    "[127.0.0.1]",
    "[1]",
    "[::g]",
    "[1:2:3:4:5:6:7:8:9]",
    "[1::2::3]",
    "::1",
    "::ffff:127.0.0.1",
    "0:0:0:0:0:0:0:1",
    "fe80::1",
    "[%3a%3a1]",
    // Addresses of version 4 that are not the open one.
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.8",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.7.",
    "192.0.2.07",
    "192.0.2.7.0",
    "192.0.2",
    "192.0.519",
    "3221225991",
    "0xc0000207",
    "0300.0.2.7",
    "192.0.2.0x7",
    "192.0.2.7e0",
    "192.0.2.+7",
    "192.0.2.-7",
    "192.0.2.256",
    "192.0.2.٧",
    "192.0.2.⑦",
    "192。0。2。7",
    "192.0.2.7\0",
    "192,0,2,7",
    "192.0.2.7/32",
    "192.0.2.7%00",
];

/// Every spelling of an address by parts, in every base, that some resolver reads.
fn numeric(address: Ipv4Addr) -> Vec<String> {
    let whole = u32::from(address);
    let [a, b, c, d] = address.octets();
    let mut spellings = vec![
        format!("{whole}"),
        format!("0x{whole:x}"),
        format!("0X{whole:08X}"),
        format!("0{whole:o}"),
        format!("00{whole:o}"),
    ];
    let rest = u32::from_be_bytes([0, b, c, d]);
    let last = u16::from_be_bytes([c, d]);
    spellings.extend([
        format!("{a}.{rest}"),
        format!("0x{a:x}.{rest}"),
        format!("{a}.0x{rest:x}"),
        format!("0{a:o}.0{rest:o}"),
    ]);
    spellings.extend([
        format!("{a}.{b}.{last}"),
        format!("{a}.{b}.0x{last:x}"),
        format!("0{a:o}.{b}.0{last:o}"),
    ]);
    for at in 0..4 {
        for part in [
            |n: u8| format!("0x{n:x}"),
            |n: u8| format!("0{n:03o}"),
            |n: u8| format!("0{n}"),
            |n: u8| format!("%3{n}"),
        ] {
            let mut parts = [a, b, c, d].map(|n| n.to_string());
            parts[at] = part([a, b, c, d][at]);
            spellings.push(parts.join("."));
        }
    }
    spellings.push(format!("{}.{b}.{c}.{d}", u32::from(a) + 256));
    spellings
}

/// A host that is open with one more byte somewhere.
fn injected() -> Vec<String> {
    let mut spellings = Vec::new();
    for byte in [
        "\0", "\r", "\n", "\r\n", "\t", " ", "%", "%00", "%2e", "@", ":", "/", "\\", "#", "?", ";", "\u{7f}",
        "\u{a0}", "\u{2028}", "\u{3002}",
    ] {
        for at in [0, 4, 5, 9] {
            let mut host = "good.test".to_owned();
            host.insert_str(at, byte);
            spellings.push(host);
        }
    }
    spellings
}

fn spellings() -> BTreeSet<String> {
    let inner = [[127, 0, 0, 1], [169, 254, 169, 254], [10, 0, 0, 1], [192, 168, 1, 1], [192, 0, 2, 7]];
    let numbers = inner.into_iter().flat_map(|octets| numeric(Ipv4Addr::from(octets)));
    TABLE.iter().map(|text| (*text).to_owned()).chain(numbers).chain(injected()).collect()
}

/// Counts what it is asked and knows every name, so that only the door stands between a name and the listener.
struct Counting(Arc<AtomicUsize>);

impl Resolver for Counting {
    fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(vec!["93.184.215.14".parse().unwrap()])
    }
}

/// Every way in that a spelling can take; each must be refused before anything is resolved.
fn carriers(host: &str) -> Vec<Vec<u8>> {
    let mut carriers = vec![
        format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n").into_bytes(),
        format!("CONNECT {host}:443 HTTP/1.1\r\n\r\n").into_bytes(),
        format!("CONNECT {host}:443 HTTP/1.1\r\nHost: good.test:443\r\n\r\n").into_bytes(),
    ];
    // What comes behind a slash is the path of a host that is open.
    if !matches!(host.split(['/', '?']).next(), Some("good.test" | "192.0.2.7")) {
        carriers.extend([
            format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes(),
            format!("GET http://{host}:80/ HTTP/1.0\r\n\r\n").into_bytes(),
            format!("GET http://{host}/ HTTP/1.1\r\nHost: good.test\r\n\r\n").into_bytes(),
        ]);
    }
    // A field's value may have blanks around it, and ends with its line.
    let value = host.split(['\r', '\n']).next().unwrap_or_default().trim_matches([' ', '\t']);
    if value != "good.test" {
        carriers.push(format!("GET http://good.test/ HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes());
    }
    if let Ok(length) = u8::try_from(host.len()) {
        carriers.push([&[5, 1, 0, 5, 1, 0, 3, length], host.as_bytes(), &[1, 187]].concat());
    }
    carriers
}

#[test]
fn no_spelling_gets_out_by_any_way_in() {
    let (asked, heard) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let listened = Arc::clone(&heard);
    let listener = server(move |_| {
        listened.fetch_add(1, Ordering::SeqCst);
    });
    let counting = Arc::clone(&asked);
    let world = World::with(&OPEN, listener, move |door| door.resolver = Arc::new(Counting(counting)));
    let spellings = spellings();
    assert!(spellings.len() >= 200, "{}", spellings.len());
    let list: Vec<&String> = spellings.iter().collect();
    let tried = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for part in list.chunks(list.len().div_ceil(8)) {
            let (world, tried) = (&world, &tried);
            scope.spawn(move || {
                for (host, request) in part
                    .iter()
                    .flat_map(|host| carriers(host).into_iter().map(move |request| (host, request)))
                {
                    let mut stream = world.connect();
                    stream.write_all(&request).unwrap();
                    stream.shutdown(Shutdown::Write).unwrap();
                    let mut answer = Vec::new();
                    stream.read_to_end(&mut answer).ok();
                    let opened = answer.starts_with(b"HTTP/1.1 200") || answer.get(2..4) == Some(&[5, 0]);
                    assert!(!opened, "{host:?} was let through: {:?}", String::from_utf8_lossy(&request));
                    tried.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    println!("{} spellings, {} attempts", spellings.len(), tried.load(Ordering::SeqCst));
    let events = world.log.events();
    let out: Vec<_> =
        events.iter().filter(|event| event.starts_with("dial") || event.contains("Allowed")).collect();
    assert!(out.is_empty(), "{out:?}");
    assert_eq!(
        (asked.load(Ordering::SeqCst), heard.load(Ordering::SeqCst)),
        (0, 0),
        "somebody was asked or heard"
    );
}

#[test]
fn no_spelling_in_a_hello_reaches_the_host_of_the_tunnel() {
    let heard = Arc::new(AtomicUsize::new(0));
    let listened = Arc::clone(&heard);
    let listener = server(move |mut stream| {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).ok();
        listened.fetch_add(bytes.len(), Ordering::SeqCst);
    });
    let world = World::new(&["a.test"], listener);
    let spellings = spellings();
    let list: Vec<&String> = spellings.iter().filter(|host| host.len() < 200).collect();
    std::thread::scope(|scope| {
        for part in list.chunks(list.len().div_ceil(8)) {
            let world = &world;
            scope.spawn(move || {
                for host in part {
                    let mut tunnel = world.tunnel("a.test:443");
                    tunnel.write_all(&client_hello(host)).unwrap();
                    tunnel.shutdown(Shutdown::Write).unwrap();
                    read_all(&mut tunnel);
                }
            });
        }
    });
    drop(world);
    assert_eq!(heard.load(Ordering::SeqCst), 0, "bytes reached the host");
}

#[test]
fn an_answer_that_changes_between_two_questions_is_checked_each_time() {
    let public: Vec<IpAddr> = vec!["93.184.215.14".parse().unwrap()];
    let inner = [
        "127.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "::1",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ];
    for inner in inner {
        let heard = Arc::new(AtomicUsize::new(0));
        let listened = Arc::clone(&heard);
        let listener = server(move |_| {
            listened.fetch_add(1, Ordering::SeqCst);
        });
        let inner: IpAddr = inner.parse().unwrap();
        // Rebound at once, rebound later, and a good answer that brings a bad one along.
        let answers =
            vec![public.clone(), vec![inner], vec![public[0], inner], vec![inner, public[0]], vec![inner]];
        let world = World::with(&["good.test"], listener, |door| {
            door.resolver = Arc::new(Names(Mutex::new([("good.test".to_owned(), answers)].into())));
        });
        drop(world.tunnel("good.test:443"));
        for _ in 0..6 {
            let answer = world.ask(b"CONNECT good.test:443 HTTP/1.1\r\n\r\n");
            assert!(
                answer.starts_with("HTTP/1.1 403 ") && answer.contains("resolves to"),
                "{inner}: {answer}"
            );
        }
        let dialed: Vec<String> =
            world.log.events().into_iter().filter(|event| event.starts_with("dial")).collect();
        assert_eq!(dialed, ["dial 93.184.215.14:443"], "{inner}");
    }
}

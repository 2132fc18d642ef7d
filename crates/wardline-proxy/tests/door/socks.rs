//! The SOCKS5 side of the door, and the secret that both sides ask for.

use crate::common::{World, client_hello, echo, http, read_all};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use wardline_proxy::{Token, authorization};

/// `host` as a name, at a port.
fn named(command: u8, host: &[u8], port: u16) -> Vec<u8> {
    [&[5, command, 0, 3, u8::try_from(host.len()).unwrap()], host, &port.to_be_bytes()].concat()
}

/// Greets without a secret and sends a request; returns the stream and the reply's code.
fn asked(world: &World, request: &[u8]) -> (UnixStream, u8) {
    let mut stream = world.connect();
    stream.write_all(&[&[5, 1, 0][..], request].concat()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!((answer[..2].to_vec(), answer[2]), (vec![5, 0], 5), "{answer:?}");
    (stream, answer[3])
}

#[test]
fn a_tunnel_to_an_allowed_host_is_checked_like_any_other() {
    let world = World::new(&["a.test", "192.0.2.7"], echo());
    let address = [5, 1, 0, 1, 192, 0, 2, 7, 1, 187];
    for (request, name) in [(named(1, b"A.test", 443), "a.test"), (address.to_vec(), "192.0.2.7")] {
        let (mut stream, code) = asked(&world, &request);
        assert_eq!(code, 0);
        let hello = client_hello("a.test");
        stream.write_all(&hello).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut back = Vec::new();
        stream.read_to_end(&mut back).unwrap();
        // An address has no name that a hello could give.
        assert_eq!(back == hello, name == "a.test", "{name}");
        world.log.wait_for(&format!("closed {name}:443"));
    }
    let (mut stream, _) = asked(&world, &named(1, b"a.test", 443));
    stream.write_all(&client_hello("b.test")).unwrap();
    world.log.wait_for("names b.test");
    let (mut stream, _) = asked(&world, &named(1, b"a.test", 443));
    stream.write_all(b"SSH-2.0-x\r\n").unwrap();
    world.log.wait_for("other than TLS");
}

#[test]
fn what_is_refused_has_its_own_code_and_reaches_nobody() {
    let world = World::new(&["a.test", "unknown.test"], echo());
    let table = [
        ("no rule", named(1, b"evil.test", 443), 2),
        ("another port", named(1, b"a.test", 22), 2),
        ("no such name", named(1, b"unknown.test", 443), 4),
        ("BIND", named(2, b"a.test", 443), 7),
        ("UDP ASSOCIATE", named(3, b"a.test", 443), 7),
        ("an unknown kind of address", vec![5, 1, 0, 9], 8),
        ("NUL", named(1, b"a.test\0.evil.test", 443), 2),
        ("loopback", vec![5, 1, 0, 1, 127, 0, 0, 1, 0, 80], 2),
        ("mapped loopback", [&[5, 1, 0, 4][..], &[0; 10], &[255, 255, 127, 0, 0, 1, 0, 80]].concat(), 2),
        ("metadata", vec![5, 1, 0, 1, 169, 254, 169, 254, 0, 80], 2),
    ];
    for (name, request, code) in &table {
        assert_eq!(asked(&world, request).1, *code, "{name}");
    }
    let events = world.log.events();
    assert_eq!(events.len(), table.len(), "{events:?}");
    assert!(events.iter().all(|event| event.contains("Refused")), "{events:?}");
    let mut stream = world.connect();
    stream.write_all(&[4, 1, 0, 80, 1, 2, 3, 4, 0]).unwrap();
    read_all(&mut stream);
    world.log.wait_for("only SOCKS5 is spoken");
}

#[test]
fn plain_http_in_a_tunnel_is_read_as_strictly_as_outside() {
    let (address, seen) = http("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    let world = World::new(&["a.test"], address);
    let send = |request: &str| {
        let (mut stream, code) = asked(&world, &named(1, b"a.test", 80));
        assert_eq!(code, 0);
        stream.write_all(request.as_bytes()).unwrap();
        read_all(&mut stream)
    };
    assert!(send("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n").ends_with("hi"));
    for (request, why) in [
        ("GET /x HTTP/1.1\r\nHost: b.test\r\n\r\n", "names b.test"),
        ("GET http://b.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n", "names a path"),
        (
            "GET /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "exclude",
        ),
        ("CONNECT b.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n", "names a path"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "cannot be read"),
    ] {
        assert!(!send(request).contains("hi"), "{request}");
        world.log.wait_for(why);
    }
    let seen = seen.lock().unwrap().concat();
    assert!(seen.starts_with("GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"), "{seen}");
    assert!(!seen.contains("smuggled") && !seen.contains("b.test"), "{seen}");
}

/// What a client says before its request, and whether it gets through.
struct Knock {
    name: &'static str,
    bytes: Vec<u8>,
    answer: Option<Vec<u8>>,
}

#[test]
fn only_who_knows_the_secret_is_served() {
    let token = Token::fresh().unwrap();
    let (address, _) = http("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    let world = World::with(&["a.test"], address, |door| door.token = Some(token.clone()));
    let right = authorization(&format!("http://wardline:{}@x", token.expose())).unwrap();
    let wrong = authorization("http://wardline:0123456789abcdef0123456789abcdef@x").unwrap();
    for (field, expected) in [
        (format!("Proxy-Authorization: {right}\r\n"), "200"),
        (String::new(), "407"),
        (format!("Proxy-Authorization: {wrong}\r\n"), "407"),
        (format!("Authorization: {right}\r\n"), "407"),
        (format!("Proxy-Authorization: {right}\r\nProxy-Authorization: {right}\r\n"), "400"),
    ] {
        for request in ["GET http://a.test/ HTTP/1.1", "CONNECT a.test:443 HTTP/1.1"] {
            let mut stream = world.connect();
            stream.write_all(format!("{request}\r\nHost: a.test\r\n{field}\r\n").as_bytes()).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let answer = read_all(&mut stream);
            assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{request} {field}: {answer}");
            assert_eq!(expected == "407", answer.contains("Proxy-Authenticate: Basic"), "{answer}");
        }
    }
    let pair = |user: &[u8], password: &[u8]| {
        let length = |text: &[u8]| u8::try_from(text.len()).unwrap();
        [&[5, 2, 0, 2, 1, length(user)], user, &[length(password)], password].concat()
    };
    let knocks = [
        Knock { name: "right", bytes: pair(b"wardline", token.expose().as_bytes()), answer: None },
        Knock { name: "no way offered", bytes: vec![5, 1, 0], answer: Some(vec![5, 0xff]) },
        Knock { name: "wrong", bytes: pair(b"wardline", b"x"), answer: Some(vec![5, 2, 1, 1]) },
        Knock { name: "empty", bytes: pair(b"", b""), answer: Some(vec![5, 2, 1, 1]) },
    ];
    for Knock { name, bytes, answer } in knocks {
        let mut stream = world.connect();
        stream.write_all(&[bytes, named(1, b"a.test", 443)].concat()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut back = Vec::new();
        stream.read_to_end(&mut back).ok();
        match answer {
            Some(answer) => assert_eq!(back, answer, "{name}"),
            None => assert_eq!(&back[..6], [5, 2, 1, 0, 5, 0], "{name}"),
        }
    }
    let events = world.log.events();
    let dialed = events.iter().filter(|event| event.starts_with("dial")).count();
    assert_eq!(dialed, 3, "{events:?}");
    assert_eq!(events.iter().filter(|event| event.contains("session's token")).count(), 9, "{events:?}");
    assert!(!events.concat().contains(token.expose()));
}

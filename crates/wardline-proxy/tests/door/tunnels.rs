//! The door as a guarded program meets it: what gets through, what does not, and what is recorded in which order.

use crate::common::{Log, PUBLIC, World, client_hello, echo, http, read_all, server, socket_path};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use wardline_proxy::{Record, forward};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhiEXTRA";

fn position(events: &[String], text: &str) -> Option<usize> {
    events.iter().position(|event| event.contains(text))
}

#[test]
fn a_tls_tunnel_to_an_allowed_host_carries_bytes_both_ways() {
    let world = World::new(&["a.test"], echo());
    let mut tunnel = world.tunnel("a.test:443");
    let hello = client_hello("a.test");
    tunnel.write_all(&hello).unwrap();
    tunnel.write_all(b"more").unwrap();
    tunnel.shutdown(Shutdown::Write).unwrap();
    let mut back = Vec::new();
    tunnel.read_to_end(&mut back).unwrap();
    assert_eq!(back, [&hello[..], b"more"].concat());
    let count = hello.len() + 4;
    world.log.wait_for(&format!("closed a.test:443 {count} {count}"));
    let events = world.log.events();
    let opening = position(&events, "opening CONNECT a.test:443 Allowed");
    assert!(opening.is_some() && opening < position(&events, &format!("dial {PUBLIC}:443")), "{events:?}");
    assert!(events[0].contains("rule a.test"));
}

#[test]
fn a_hello_in_the_same_packet_as_connect_is_looked_at_too() {
    let world = World::new(&["a.test"], echo());
    for (name, through) in [("a.test", true), ("b.test", false)] {
        let request = [b"CONNECT a.test:443 HTTP/1.1\r\n\r\n", &client_hello(name)[..]].concat();
        let mut stream = world.connect();
        stream.write_all(&request).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_all(&mut stream).contains(name), through, "{name}");
    }
}

#[test]
fn refusals_name_the_host_the_reason_and_the_way_out_and_nothing_is_dialled() {
    let world = World::new(&["a.test", "127.0.0.1:1"], echo());
    let table = [
        (
            "CONNECT evil.test:443 HTTP/1.1\r\n\r\n",
            "403",
            "no rule allows evil.test",
            "--allow-host evil.test`",
        ),
        ("CONNECT a.test:22 HTTP/1.1\r\n\r\n", "403", "port 22", "--allow-host a.test:22`"),
        ("CONNECT 127.0.0.1:2 HTTP/1.1\r\n\r\n", "403", "port 2", "network.allow in ~/.config/wardline"),
        ("CONNECT 169.254.169.254:443 HTTP/1.1\r\n\r\n", "403", "no rule", "169.254.169.254"),
        ("CONNECT [::1]:443 HTTP/1.1\r\n\r\n", "403", "no rule", "[::1]"),
        ("CONNECT 0x7f000001:1 HTTP/1.1\r\n\r\n", "400", "decimal", ""),
        ("CONNECT a.test.:443 HTTP/1.1\r\n\r\n", "400", "dot", ""),
        ("CONNECT a.test%00:443 HTTP/1.1\r\n\r\n", "400", "'%'", ""),
        (
            "GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n",
            "403",
            "GET evil.test:80",
            "--allow-host evil.test`",
        ),
        ("GET http://a.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n", "400", "Host field", ""),
        (
            "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "400",
            "exclude",
            "",
        ),
        ("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", "400", "whole URL", ""),
        ("\u{16}\u{3}\u{1}\r\n\r\n", "400", "cannot be read", ""),
    ];
    for (request, status, reason, help) in table {
        let answer = world.ask(request.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
        assert!(answer.contains(reason) && answer.contains(help), "{request:?}: {answer}");
    }
    let events = world.log.events();
    assert_eq!(events.len(), table.len(), "{events:?}");
    assert!(
        events.iter().all(|event| event.starts_with("opening") && event.contains("Refused")),
        "{events:?}"
    );
}

#[test]
fn no_rules_means_no_network() {
    let world = World::new(&[], echo());
    assert!(world.ask(b"CONNECT a.test:443 HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 403 "));
    assert!(world.ask(b"GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n").starts_with("HTTP/1.1 403 "));
    assert!(!world.log.events().iter().any(|event| event.starts_with("dial")));
}

#[test]
fn a_name_that_turns_inward_is_refused_and_only_the_checked_address_is_dialled() {
    let world = World::with(&["rebind.test"], echo(), |door| {
        let answers = [PUBLIC, "127.0.0.1"].map(|address| vec![address.parse().unwrap()]).to_vec();
        let names = [("rebind.test".to_owned(), answers)].into();
        door.resolver = Arc::new(crate::common::Names(std::sync::Mutex::new(names)));
    });
    let mut tunnel = world.tunnel("rebind.test:443");
    tunnel.write_all(&client_hello("rebind.test")).unwrap();
    tunnel.read_exact(&mut [0]).unwrap();
    let answer = world.ask(b"CONNECT rebind.test:443 HTTP/1.1\r\n\r\n");
    assert!(answer.contains("resolves to 127.0.0.1, a loopback address"), "{answer}");
    let events = world.log.events();
    let dialed: Vec<_> = events.iter().filter(|event| event.starts_with("dial")).collect();
    assert_eq!(dialed, [&format!("dial {PUBLIC}:443")]);
}

#[test]
fn tunnels_that_do_not_show_whom_they_are_for_are_ended() {
    let with_encrypted = {
        let mut hello = client_hello("a.test");
        let extra = [0xfe, 0x0d, 0, 1, 0];
        hello.extend_from_slice(&extra);
        // The lengths of the record (3..5), the message (6..9) and the extensions, which come after 2 + 32 + 1 + 4 + 2.
        for at in [3, 7, 9 + 41] {
            let grown = u16::from_be_bytes([hello[at], hello[at + 1]]) + 5;
            hello[at..at + 2].copy_from_slice(&grown.to_be_bytes());
        }
        hello
    };
    let table: [(&str, Vec<u8>, &str); 6] = [
        ("another name", client_hello("b.test"), "names b.test"),
        ("plain HTTP", b"GET / HTTP/1.1\r\nHost: b.test\r\n\r\n".to_vec(), "other than TLS"),
        ("SSH", b"SSH-2.0-x\r\n".to_vec(), "other than TLS"),
        ("an encrypted hello", with_encrypted, "encrypted part"),
        ("an application record", vec![0x16, 3, 3, 0, 2, 9, 9], "does not begin with"),
        ("silence", vec![], "no TLS hello came"),
    ];
    for (name, bytes, reason) in table {
        let (address, seen) = http("");
        let world = World::new(&["a.test", "b.test"], address);
        let mut tunnel = world.tunnel("a.test:443");
        tunnel.write_all(&bytes).unwrap();
        let mut back = Vec::new();
        tunnel.read_to_end(&mut back).ok();
        assert_eq!(back, [0x15, 3, 3, 0, 2, 2, 49], "{name}: a TLS alert");
        world.log.wait_for(reason);
        world.log.wait_for("closed a.test:443 0 0");
        drop(world);
        assert!(seen.lock().unwrap().iter().all(String::is_empty), "{name}: the host got bytes");
    }
}

#[test]
fn plain_tunnels_pass_when_asked_for_and_a_host_may_speak_first() {
    let greeter = server(|mut stream| {
        stream.write_all(b"hello first").unwrap();
        let text = read_all(&mut stream);
        stream.write_all(text.to_uppercase().as_bytes()).ok();
    });
    let world = World::with(&["a.test:22"], greeter, |door| door.allow_plain_connect = true);
    let mut tunnel = world.tunnel("a.test:22");
    let mut greeting = [0; 11];
    tunnel.read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, b"hello first");
    tunnel.write_all(b"answer").unwrap();
    tunnel.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&mut tunnel), "ANSWER");
    // TLS is still held to its word.
    let mut tunnel = world.tunnel("a.test:22");
    tunnel.write_all(&client_hello("b.test")).unwrap();
    world.log.wait_for("names b.test");
}

#[test]
fn plain_http_is_one_clean_request_per_connection() {
    let (address, seen) = http(OK);
    let world = World::new(&["a.test"], address);
    let smuggled = "POST http://a.test/x?q=secret HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive\r\n\
                    Proxy-Authorization: Basic abc\r\nContent-Length: 4\r\n\r\nbodyGET http://evil.test/ HTTP/1.1\r\n\r\n";
    let answer = world.ask(smuggled.as_bytes());
    assert_eq!(answer, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    let seen = seen.lock().unwrap().clone();
    assert_eq!(
        seen,
        ["POST /x?q=secret HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"]
    );
    world.log.wait_for("closed a.test:80");
    assert!(!world.log.events().concat().contains("secret"), "queries are not recorded");
}

#[test]
fn chunked_bodies_and_answers_pass() {
    let (address, seen) = http(
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;ext\r\nabc\r\n0\r\n\r\n",
    );
    let world = World::new(&["a.test"], address);
    let request = "PUT http://a.test/ HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n\
                   4;x=y\r\nbody\r\n0\r\nTrailer: x\r\n\r\n";
    let answer = world.ask(request.as_bytes());
    let expected = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    assert_eq!(answer, expected);
    assert!(seen.lock().unwrap()[0].ends_with("Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"));
}

#[test]
fn a_host_that_answers_nonsense_is_a_bad_gateway() {
    for response in [
        "",
        "nonsense",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    ] {
        let (address, _) = http(response);
        let world = World::new(&["a.test"], address);
        let answer = world.ask(b"GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 502 "), "{response:?}: {answer}");
    }
}

#[test]
fn what_cannot_be_recorded_is_not_dialled() {
    let world = World::new(&["a.test"], echo());
    world.log.broken.store(true, Ordering::SeqCst);
    for request in
        ["CONNECT a.test:443 HTTP/1.1\r\n\r\n", "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"]
    {
        let answer = world.ask(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("disk full"), "{answer}");
    }
    assert!(!world.log.events().iter().any(|event| event.starts_with("dial")));
}

#[test]
fn a_host_that_is_down_is_told_and_recorded_as_closed() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let world = World::new(&["a.test"], unused);
    let answer = world.ask(b"CONNECT a.test:443 HTTP/1.1\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("could not be reached"), "{answer}");
    world.log.wait_for("closed a.test:443 0 0");
}

#[test]
fn slow_and_endless_heads_are_cut_off() {
    let world = World::new(&["a.test"], echo());
    let begin = Instant::now();
    let mut stream = world.connect();
    // One byte now and then does not buy more time.
    for byte in b"GET http://a.test/ HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" {
        if stream.write_all(&[*byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    assert!(read_all(&mut stream).starts_with("HTTP/1.1 408 "));
    assert!(begin.elapsed() < Duration::from_secs(5));

    let mut stream = world.connect();
    stream.write_all(b"GET http://a.test/ HTTP/1.1\r\n").unwrap();
    while stream.write_all(&[b'x'; 4096]).is_ok() {}
    assert!(read_all(&mut stream).starts_with("HTTP/1.1 431 "));
}

#[test]
fn too_many_connections_are_turned_away_and_the_others_live_on() {
    let world = World::with(&["a.test"], echo(), |door| {
        door.limits.connections = 2;
        door.limits.opening = Duration::from_secs(20);
    });
    let held = [world.connect(), world.connect()];
    while world.serving.as_ref().unwrap().connections() < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(read_all(&mut world.connect()).starts_with("HTTP/1.1 503 "));
    drop(held);
    while world.serving.as_ref().unwrap().connections() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(world.tunnel("a.test:443"));
}

#[test]
fn idle_tunnels_end() {
    let world = World::with(&["a.test"], echo(), |door| door.limits.idle = Duration::from_millis(200));
    let mut tunnel = world.tunnel("a.test:443");
    tunnel.write_all(&client_hello("a.test")).unwrap();
    let begin = Instant::now();
    read_all(&mut tunnel);
    assert!(begin.elapsed() < Duration::from_secs(5));
    world.log.wait_for("closed a.test:443");
}

#[test]
fn the_end_of_the_door_ends_and_records_every_connection() {
    let mut world = World::new(&["a.test"], echo());
    let mut tunnels: Vec<UnixStream> = (0..5).map(|_| world.tunnel("a.test:443")).collect();
    for tunnel in &mut tunnels {
        tunnel.write_all(&client_hello("a.test")).unwrap();
        tunnel.read_exact(&mut [0]).unwrap();
    }
    let begin = Instant::now();
    drop(world.serving.take());
    assert!(begin.elapsed() < Duration::from_secs(3));
    let closed = world.log.events().iter().filter(|event| event.starts_with("closed")).count();
    assert_eq!(closed, 5, "recorded before the handle was gone");
    for tunnel in &mut tunnels {
        read_all(tunnel);
    }
}

#[test]
fn a_rule_that_cannot_be_read_stops_the_door_from_opening() {
    let (host, because) = ("*".to_owned(), "config.jsonc:7".to_owned());
    let rule = wardline_proxy::HostRule { host, port: None, because, effect: wardline_proxy::Effect::Allow };
    let path = socket_path();
    let listener = UnixListener::bind(&path).unwrap();
    let error =
        wardline_proxy::serve(listener, wardline_proxy::Door::new(vec![rule]), Arc::new(Log::default()));
    std::fs::remove_file(&path).unwrap();
    assert!(error.unwrap_err().to_string().contains("config.jsonc:7"));
}

#[test]
fn a_forward_reaches_one_port_and_is_recorded() {
    let address = echo();
    let (path, log) = (socket_path(), Arc::new(Log::default()));
    let record: Arc<dyn Record> = Arc::clone(&log) as Arc<dyn Record>;
    let serving = forward(UnixListener::bind(&path).unwrap(), address.port(), "--forward", record).unwrap();
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"ping").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&mut stream), "ping");
    log.wait_for(&format!("closed localhost:{} 4 4", address.port()));
    log.broken.store(true, Ordering::SeqCst);
    assert_eq!(read_all(&mut UnixStream::connect(&path).unwrap()), "", "unrecorded means unopened");
    drop(serving);
    std::fs::remove_file(&path).unwrap();
    assert!(log.events()[0].contains("FORWARD"));
}

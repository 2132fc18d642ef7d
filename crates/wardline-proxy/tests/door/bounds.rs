//! What bounds the hosts that are open: budgets of bytes, rules about requests, and questions to a human.

use crate::common::{World, client_hello, echo, http, read_all};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wardline_proxy::{Answer, Ask, Authority, Effect, HostRule, RequestRule, Uploads};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

#[test]
fn a_tunnel_is_cut_when_its_budget_is_used_up() {
    let world = World::with(&["a.test"], echo(), |door| {
        door.uploads = Arc::new(Uploads::new(Some(100_000), None));
    });
    let mut tunnel = world.tunnel("a.test:443");
    let hello = client_hello("a.test");
    tunnel.write_all(&hello).unwrap();
    let mut back = vec![0; hello.len()];
    tunnel.read_exact(&mut back).unwrap();
    // The echo must not fill up and hold the sender.
    let mut reader = tunnel.try_clone().unwrap();
    let counted = std::thread::spawn(move || read_all(&mut reader).len());
    let mut sent = 0;
    while sent < 10_000_000 && tunnel.write_all(&[7; 10_000]).is_ok() {
        sent += 10_000;
    }
    world.log.wait_for("more than the 100000 bytes of network.upload.connection");
    let came_out = counted.join().unwrap();
    assert!(came_out + hello.len() <= 100_000, "{came_out}");
    world.log.wait_for("closed a.test:443");
    let mut other = world.tunnel("a.test:443");
    other.write_all(&hello).unwrap();
    other.read_exact(&mut back).unwrap();
}

#[test]
fn the_budget_of_a_session_spans_its_connections() {
    let (address, seen) = http(OK);
    let world = World::with(&["a.test"], address, |door| {
        door.uploads = Arc::new(Uploads::new(None, Some(1000)));
    });
    let post = |length: usize, body: &str| {
        let head =
            format!("POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: {length}\r\n\r\n");
        world.ask(format!("{head}{body}").as_bytes())
    };
    assert!(post(600, &"x".repeat(600)).ends_with("hi"));
    let answer = post(600, &"x".repeat(600));
    assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("network.upload.session"), "{answer}");
    let chunks = format!("{}0\r\n\r\n", format!("64\r\n{}\r\n", "y".repeat(100)).repeat(9));
    let head = "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = world.ask(format!("{head}{chunks}").as_bytes());
    assert!(!answer.contains("200 OK"), "{answer}");
    let came_out: usize = seen.lock().unwrap().iter().map(String::len).sum();
    assert!(came_out <= 1000, "{came_out}");
    let refused = world.log.events().iter().filter(|event| event.contains("Refused")).count();
    assert_eq!(refused, 2);
}

fn about(host: &str, effect: Effect, methods: &[&str], paths: &[&str]) -> RequestRule {
    let host = HostRule::with(host, "network.requests (c:1)", effect).unwrap();
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    RequestRule { host, methods: owned(methods), paths: owned(paths) }
}

#[test]
fn a_host_with_rules_about_requests_takes_no_others() {
    let (address, seen) = http(OK);
    let world = World::with(&["a.test", "b.test"], address, |door| {
        door.requests = vec![about("a.test", Effect::Allow, &["GET"], &["/open/*"])];
    });
    let ask = |method: &str, path: &str| {
        world.ask(format!("{method} http://a.test{path} HTTP/1.1\r\nHost: a.test\r\n\r\n").as_bytes())
    };
    assert!(ask("GET", "/open/x?q=../").ends_with("hi"));
    for (method, path) in
        [("POST", "/open/x"), ("GET", "/"), ("GET", "/open/../x"), ("GET", "/open/%2e%2e/x")]
    {
        let answer = ask(method, path);
        assert!(answer.starts_with("HTTP/1.1 403 "), "{method} {path}: {answer}");
    }
    // Inside TLS nobody sees what is asked.
    let answer = world.ask(b"CONNECT a.test:443 HTTP/1.1\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("inside TLS"), "{answer}");
    let mut tunnel = world.tunnel("a.test:80");
    tunnel.write_all(b"DELETE /open/x HTTP/1.1\r\nHost: a.test\r\n\r\n").unwrap();
    world.log.wait_for("DELETE /open/x is none of them");
    let mut tunnel = world.tunnel("a.test:80");
    tunnel.write_all(&client_hello("a.test")).unwrap();
    tunnel.shutdown(Shutdown::Write).unwrap();
    read_all(&mut tunnel);
    world.log.wait_for("closed a.test:80 0 0");
    assert_eq!(seen.lock().unwrap().iter().filter(|seen| !seen.is_empty()).count(), 1);
    drop(world.tunnel("b.test:443"));
}

/// Says the same to everything, after a while, and notes what it was asked.
#[derive(Default)]
struct Human {
    there: bool,
    answers_yes: bool,
    asked: Mutex<Vec<String>>,
    at_once: AtomicU32,
}

impl Ask for Human {
    fn is_there(&self) -> bool {
        self.there
    }

    fn ask(&self, authority: &Authority, because: &str) -> Answer {
        assert_eq!(self.at_once.fetch_add(1, Ordering::SeqCst), 0, "two questions at once");
        std::thread::sleep(Duration::from_millis(50));
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        self.asked.lock().unwrap().push(format!("{authority} {because}"));
        if self.answers_yes { Answer::Yes("me".to_owned()) } else { Answer::No("me".to_owned()) }
    }
}

#[test]
fn a_question_holds_the_connection_until_a_human_answers() {
    for (there, answers_yes, status, word) in [
        (true, true, "200", "asks, allowed by me"),
        (true, false, "403", "the answer was no (me)"),
        (false, true, "403", "nobody is there"),
    ] {
        let human = Arc::new(Human { there, answers_yes, ..Human::default() });
        let (address, _) = http(OK);
        let world = World::with(&[], address, |door| {
            door.rules = vec![HostRule::with("*", "asks", Effect::Ask).unwrap()];
            door.ask(Arc::<Human>::clone(&human));
        });
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    let answer = world.ask(b"GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n");
                    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
                });
            }
        });
        world.log.wait_for(word);
        let asked = human.asked.lock().unwrap().clone();
        assert_eq!(asked, if there { vec!["a.test:80 asks"] } else { vec![] });
        // The name of a host that nobody opened is not even looked up.
        assert_eq!(world.log.events().iter().any(|event| event.starts_with("dial")), status == "200");
    }
}

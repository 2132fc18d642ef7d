//! The page in the browser, by the real binary: who is let in, what its buttons do, and that no agent reaches it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};

use crate::common::Sealed;

/// A server with a browser that is logged in.
struct Page {
    server: Child,
    host: String,
    cookie: String,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// An answer: its code, its head, its body.
struct Got {
    code: u16,
    head: String,
    body: String,
}

/// Sends one request, written as it goes over the wire, and reads the whole answer.
fn exchange(mut stream: impl std::io::Read + std::io::Write, request: &str) -> Got {
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    Got { code, head: head.to_owned(), body: body.to_owned() }
}

fn request(method: &str, address: &str, host: &str, cookie: &str, form: Option<&str>) -> String {
    let mut text =
        format!("{method} {address} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncookie: {cookie}\r\n");
    if let Some(form) = form {
        text.push_str(&format!(
            "origin: http://{host}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
            form.len()
        ));
    }
    format!("{text}\r\n{}", form.unwrap_or_default())
}

/// Starts the server and gives the link that it prints.
fn start(world: &Sealed, arguments: &[&str]) -> (Child, String) {
    let mut server = world.command(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut link = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut link).unwrap();
    (server, link.trim().to_owned())
}

fn cookie_of(got: &Got) -> String {
    assert_eq!(got.code, 303, "{}", got.head);
    let line = got.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    line.split(';').next().unwrap().to_owned()
}

impl Page {
    fn open(world: &Sealed) -> Self {
        let (server, link) = start(world, &["ui"]);
        let (address, secret) = link.split_once("/#").unwrap();
        let host = address.strip_prefix("http://").unwrap().to_owned();
        let mut page = Self { server, host, cookie: String::new() };
        page.cookie = cookie_of(&page.send("POST", "/login", Some(&format!("secret={secret}"))));
        page
    }

    fn send(&self, method: &str, address: &str, form: Option<&str>) -> Got {
        let stream = TcpStream::connect(&self.host).unwrap();
        exchange(stream, &request(method, address, &self.host, &self.cookie, form))
    }

    fn look(&self, address: &str) -> String {
        let got = self.send("GET", address, None);
        assert_eq!(got.code, 200, "{address}: {}", got.body);
        got.body
    }

    /// Sends a form of a page with fields of its own; the address it leads to, or the page.
    fn post(&self, from: &str, address: &str, fields: &str) -> Got {
        let word = field(&self.look(from), "word");
        self.send("POST", address, Some(&format!("word={word}&{fields}")))
    }
}

/// The value of the first hidden field of that name.
fn field(page: &str, name: &str) -> String {
    let from = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .ok_or_else(|| format!("no {name}: {page}"))
        .unwrap()
        .1;
    from.split('"').next().unwrap().to_owned()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

const LINES: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\n";

#[test]
fn what_an_agent_did_is_seen_and_half_of_it_undone() {
    let world = Sealed::new("ui");
    world.write("home/p/text", LINES);
    let script = "sed -i 's/two/2/; s/eleven/<b>11/' text; echo new > made; rm src/lib.txt";
    assert_eq!(world.run(&["run", "--", "sh", "-c", script]).code, 0);
    world.write("home/p/mine", "mine\n");
    let page = Page::open(&world);
    let changes = page.look("/changes");
    for part in [
        "made",
        "src/lib.txt",
        "text",
        "Hunk 2 of 2",
        "&lt;b&gt;11",
        "Reject hunk",
        "4 files changed, 3 by an agent",
    ] {
        assert!(changes.contains(part), "{part}: {changes}");
    }
    assert!(!changes.contains("<b>11"), "what an agent wrote does not act");

    // A hunk, then a file: two clicks each.
    for (fields, title) in [
        (format!("what=hunk&place={}&hunk=2", hex("text")), "text"),
        (format!("what=file&place={}", hex("made")), "made"),
    ] {
        let first = page.post("/changes", "/changes/ask", &fields);
        assert!(
            first.code == 200 && first.body.contains(title) && first.body.contains("Take it back"),
            "{}",
            first.body
        );
        let name = field(&first.body, "name");
        let second = page.post("/changes", "/changes/do", &format!("name={name}"));
        assert!(
            second.code == 303 && second.head.contains("location: /changes?done=revert"),
            "{}",
            second.body
        );
        assert_eq!(page.post("/changes", "/changes/do", &format!("name={name}")).code, 400, "once");
    }
    assert_eq!(world.read("home/p/text"), LINES.replace("two", "2"));
    assert!(!world.path("home/p/made").exists() && !world.path("home/p/src/lib.txt").exists());
    assert_eq!(world.read("home/p/mine"), "mine\n");
    assert_eq!(world.rows().iter().filter(|row| row["body"].get("reverted_to").is_some()).count(), 2);

    // What was changed after it was shown is not touched.
    let first = page.post("/changes", "/changes/ask", "what=all");
    world.write("home/p/text", "something else\n");
    let second = page.post("/changes", "/changes/do", &format!("name={}", field(&first.body, "name")));
    assert_eq!(second.code, 409, "{}", second.body);
    assert_eq!(world.read("home/p/text"), "something else\n");

    // A mark lasts as long as the file is what was looked at.
    world.write("home/p/text", &LINES.replace("two", "2"));
    let marked = format!("place={}&reviewed=yes&mark=", hex("text"));
    assert_eq!(page.post("/changes", "/changes/reviewed", &format!("{marked}0")).code, 409);
    let section =
        page.look("/changes").split_once(&format!("id=\"file-{}\"", hex("text"))).unwrap().1.to_owned();
    let mark = field(&section, "mark");
    assert_eq!(page.post("/changes", "/changes/reviewed", &format!("{marked}{mark}")).code, 303);
    assert!(page.look("/changes").contains("<span class=\"chip allow\">reviewed</span>"));
    world.write("home/p/text", "other\n");
    assert!(!page.look("/changes").contains("<span class=\"chip allow\">reviewed</span>"));

    // The other panes tell of the same session.
    let sessions = page.look("/sessions");
    assert!(sessions.contains("sh -c"), "{sessions}");
    let trace = page.look("/trace");
    assert!(trace.contains("Rewind here") && trace.contains("reverted_to"), "{trace}");
    assert!(page.look("/doctor").contains("What a session gets on this host"));
}

#[test]
fn what_was_held_back_is_accepted_in_two_clicks() {
    let world = Sealed::new("ui-held");
    world.write("home/p/Makefile", "all:\n\ttrue\n");
    let ran = world.run(&["run", "--", "sh", "-c", "printf 'all:\\n\\techo hello\\n' > Makefile"]);
    assert!(ran.code == 0 && world.read("home/p/Makefile").contains("true"), "{ran:?}");
    let page = Page::open(&world);
    let changes = page.look("/changes");
    assert!(changes.contains("Held back") && changes.contains("echo hello"), "{changes}");
    let id = field(changes.split_once("/held/ask").unwrap().1, "id");
    let first = page.post("/changes", "/held/ask", &format!("id={id}&accept=yes"));
    let second = page.post("/changes", "/held/do", &format!("name={}", field(&first.body, "name")));
    assert_eq!(second.code, 303, "{}", second.body);
    assert!(world.read("home/p/Makefile").contains("echo hello"));
}

/// Tries to reach the server in every way that a program inside has, and prints what it got.
const TRY: &str = r#"
host=$1; port=${host##*:}
try() { printf '%s: ' "$1"; shift; "$@" 2>/dev/null | head -c 60 | tr '\r\n' '  '; echo; }
try direct  curl -sS -m 5 --noproxy '*' "http://$host/"
try door    curl -sS -m 5 "http://$host/"
try tunnel  curl -sS -m 5 -p "http://$host/"
try forward curl -sS -m 5 --noproxy '*' -H "Host: $host" "http://127.0.0.1:$port/"
try name    curl -sS -m 5 "http://localhost:$port/"
ls ~/.local/state/wardline 2>&1 | head -n 1
"#;

#[test]
fn a_program_in_the_sandbox_does_not_reach_it() {
    let world = Sealed::new("ui-sandbox");
    let page = Page::open(&world);
    assert!(page.look("/changes").contains("Wardline"));
    let port = page.host.rsplit(':').next().unwrap().to_owned();
    assert!(page.host.starts_with("127.") && !page.host.starts_with("127.0.0.1:"), "{}", page.host);
    world.write("home/p/try.sh", TRY);
    // Even when a person opens the address and the port for it by name.
    let address = page.host.rsplit_once(':').unwrap().0.to_owned();
    for opened in [vec![], vec!["--forward", &port, "--allow-host", &address, "--allow-host", "localhost"]] {
        let mut arguments = vec!["run"];
        arguments.extend(opened);
        arguments.extend(["--", "sh", "try.sh", &page.host]);
        let ran = world.run(&arguments);
        assert_eq!(ran.stdout.lines().count(), 6, "{ran:?}");
        for line in ran.stdout.lines() {
            assert!(
                !line.contains("Wardline") && !line.contains("<!DOCTYPE") && !line.contains("another name"),
                "{line}\n{ran:?}"
            );
        }
    }
    assert!(page.look("/changes").contains("Wardline"), "it answers the person all the same");
}

#[test]
fn nobody_else_is_let_in() {
    let world = Sealed::new("ui-door");
    let page = Page::open(&world);
    let send = |text: String| exchange(TcpStream::connect(&page.host).unwrap(), &text).code;
    assert_eq!(send(request("GET", "/changes", "evil.example", &page.cookie, None)), 421);
    assert_eq!(send(request("GET", "/changes", &page.host, "", None)), 401);
    assert_eq!(send(request("GET", "/changes", &page.host, "wardline-ui=guess", None)), 401);
    let cross = request("POST", "/changes/ask", &page.host, &page.cookie, Some("what=all"));
    assert_eq!(
        send(cross.replace(&format!("origin: http://{}", page.host), "origin: http://evil.example")),
        403
    );
    assert_eq!(send(cross), 403, "no word");
    // A head that never ends, and one that is too long, take nobody's place for long.
    let mut slow = TcpStream::connect(&page.host).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: ").unwrap();
    let long = format!("GET / HTTP/1.1\r\nhost: {}\r\nx: {}\r\n\r\n", page.host, "y".repeat(100_000));
    let mut stream = TcpStream::connect(&page.host).unwrap();
    stream.write_all(long.as_bytes()).ok();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_eq!(page.send("GET", "/changes", None).code, 200);
}

#[test]
fn a_socket_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = Sealed::new("ui-socket");
    let (server, link) = start(&world, &["ui", "--socket", "../ui.sock"]);
    let page = Page { server, host: "localhost:8080".to_owned(), cookie: String::new() };
    let path = world.path("home/ui.sock");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let secret = link.split_once("/#").unwrap().1;
    let send = |text: &str| exchange(UnixStream::connect(&path).unwrap(), text);
    let entered = send(&request("POST", "/login", &page.host, "", Some(&format!("secret={secret}"))));
    let cookie = cookie_of(&entered);
    for (host, code) in [
        ("localhost:8080", 200),
        ("127.0.0.1:9", 200),
        ("evil.example:8080", 421),
        ("localhost.evil.example", 421),
    ] {
        assert_eq!(send(&request("GET", "/sessions", host, &cookie, None)).code, code, "{host}");
    }
    let ran = world.run(&["ui", "--socket", "../ui.sock"]);
    assert!(ran.code == 125 && ran.stderr.contains("another server answers there"), "{ran:?}");
}

#[test]
fn an_agent_may_not_open_it() {
    let world = Sealed::new("ui-agent");
    world.config(r#"{"permission": {"bash": "allow"}}"#);
    for command in [
        "wardline ui",
        "/usr/local/bin/wardline ui --socket x",
        "env -i wardline ui",
        "sh -c 'wardline ui &'",
    ] {
        for confined in [&["--confined"][..], &[]] {
            let ran = world.run(&[&["check", "bash", command], confined].concat());
            assert_eq!(ran.code, 20, "{command}: {ran:?}");
        }
    }
    let inside = crate::common::feed(world.command(&["ui"]).env("WARDLINE", "1"), b"");
    assert_eq!(inside.code, 2, "{inside:?}");
}

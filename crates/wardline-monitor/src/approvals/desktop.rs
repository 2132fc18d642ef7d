//! A word on the person's desktop that a question waits: one call to the notification service on their session bus.
//!
//! The call is written here, byte by byte as the D-Bus specification has it, because it is the only one there ever is: a client library
//! (zbus brings an async runtime and some sixty crates) would weigh more than the rest of the broker, and `notify-send` is not installed
//! everywhere, and would be a program that is found by a path and started once for each question.
//!
//! Nothing of the agent's is said: that a question waits, and in which session. Nothing depends on it: no bus, no service or no answer in
//! time, and the question waits all the same.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::Duration;

use super::question::Question;
use super::render::visible;

/// The variable that names the session bus.
pub(super) const ADDRESS: &str = "DBUS_SESSION_BUS_ADDRESS";
/// How long the bus may take for a step.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest message or line of the bus that is read; ours are answered by short ones.
const LONGEST: usize = 64 * 1024;
/// Messages of the bus's own that may come before the answer.
const MOST_BEFORE: usize = 16;
/// Characters of a session's name that are shown.
const NAME: usize = 64;

/// Says on the desktop that a question waits, in a thread of its own.
pub(crate) fn tell(address: &str, question: &Question, now: u64) {
    let (address, body) = (address.to_owned(), body(&question.session));
    let time = i32::try_from(question.expires_at.saturating_sub(now)).unwrap_or(i32::MAX);
    // Without the thread, or without the bus, the question waits all the same.
    let shown = std::thread::Builder::new().spawn(move || notify(&address, &body, time).ok());
    drop(shown);
}

/// What is said. The service may read it as markup, so what begins some is written out, and nothing is hidden in it.
fn body(session: &str) -> String {
    let shown = visible(session).replace('\n', " ");
    let mut name: String = shown.chars().take(NAME).collect();
    if shown.chars().count() > NAME {
        name.push('…');
    }
    let name = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("Session {name}. Answer with wardline approve, or in the page.")
}

/// Has the session bus's notification service show a text for `time` milliseconds.
fn notify(address: &str, body: &str, time: i32) -> io::Result<()> {
    let mut bus = enter(address)?;
    bus.write_all(&call(2, NOTIFICATIONS, "Notify", Some("susssasa{sv}i"), &arguments(body, time)))?;
    answer(&mut bus)
}

/// A service: its name, its object, its interface.
type Service = (&'static str, &'static str, &'static str);
const BUS: Service = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
const NOTIFICATIONS: Service =
    ("org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications");

/// A connection to the bus, with a name on it.
fn enter(address: &str) -> io::Result<UnixStream> {
    let mut bus = connect(address)?;
    bus.set_read_timeout(Some(PATIENCE))?;
    bus.set_write_timeout(Some(PATIENCE))?;
    // Who we are is told by the kernel, so the identity that may be written here is left out.
    bus.write_all(b"\0AUTH EXTERNAL\r\nDATA\r\n")?;
    loop {
        let line = line(&mut bus)?;
        match line.split(' ').next() {
            Some("DATA") => {}
            Some("OK") => break,
            _ => return Err(io::Error::other("the session bus does not know us")),
        }
    }
    bus.write_all(b"BEGIN\r\n")?;
    bus.write_all(&call(1, BUS, "Hello", None, &[]))?;
    answer(&mut bus)?;
    Ok(bus)
}

/// Connects to the first socket of an address that can be reached.
fn connect(address: &str) -> io::Result<UnixStream> {
    let mut last = io::Error::other("the session bus is not on a socket of this machine");
    for one in sockets(address) {
        match one.and_then(|socket| UnixStream::connect_addr(&socket)) {
            Ok(stream) => return Ok(stream),
            Err(e) => last = e,
        }
    }
    Err(last)
}

/// The sockets that an address names: `unix:path=…` or `unix:abstract=…`, several with `;` between them.
fn sockets(address: &str) -> impl Iterator<Item = io::Result<SocketAddr>> {
    let keys = address.split(';').filter_map(|one| one.strip_prefix("unix:"));
    keys.flat_map(|keys| keys.split(',')).filter_map(|key| {
        let (name, value) = key.split_once('=')?;
        match name {
            "path" => Some(SocketAddr::from_pathname(OsString::from_vec(unescaped(value)))),
            "abstract" => Some(SocketAddr::from_abstract_name(unescaped(value))),
            _ => None,
        }
    })
}

/// A value of an address, with its `%2f` and the like.
fn unescaped(value: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// A line of the handshake, without its end.
fn line(bus: &mut UnixStream) -> io::Result<String> {
    let mut out = Vec::new();
    while !out.ends_with(b"\r\n") {
        let mut byte = [0];
        bus.read_exact(&mut byte)?;
        out.extend(byte);
        if out.len() > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(String::from_utf8_lossy(&out).trim_end().to_owned())
}

/// Waits for the answer to the call that was made last.
fn answer(bus: &mut UnixStream) -> io::Result<()> {
    for _ in 0..MOST_BEFORE {
        match message(bus)?.first() {
            Some(2) => return Ok(()),
            Some(3) => return Err(io::Error::other("the session bus refuses")),
            // A signal, or a call that nobody should make of us.
            _ => {}
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// Reads one message: its kind, then everything of it.
fn message(bus: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut head = [0; 16];
    bus.read_exact(&mut head)?;
    let [order, kind, _, _, b0, b1, b2, b3, _, _, _, _, f0, f1, f2, f3] = head;
    let number = |bytes| if order == b'l' { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
    let length = |bytes| usize::try_from(number(bytes)).unwrap_or(usize::MAX);
    let (body, fields) = (length([b0, b1, b2, b3]), length([f0, f1, f2, f3]));
    let rest = fields.checked_next_multiple_of(8).and_then(|fields| fields.checked_add(body));
    let rest = rest.filter(|rest| *rest <= LONGEST).ok_or(io::ErrorKind::InvalidData)?;
    let mut message = vec![kind];
    message.resize(rest + 1, 0);
    bus.read_exact(message.get_mut(1..).unwrap_or_default())?;
    Ok(message)
}

/// Values in the bus's own encoding, in little-endian order.
#[derive(Default)]
struct Out(Vec<u8>);

impl Out {
    fn align(&mut self, to: usize) {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
    }

    fn number(&mut self, number: u32) {
        self.align(4);
        self.0.extend(number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(u32::try_from(text.len()).unwrap_or(u32::MAX));
        self.0.extend(text.as_bytes());
        self.0.push(0);
    }

    fn signature(&mut self, text: &str) {
        self.0.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.0.extend(text.as_bytes());
        self.0.push(0);
    }

    /// A field of a message's head.
    fn field(&mut self, number: u8, kind: &str, value: &str) {
        self.align(8);
        self.0.push(number);
        self.signature(kind);
        if kind == "g" { self.signature(value) } else { self.text(value) }
    }
}

/// A call of a method, as it is sent.
fn call(serial: u32, service: Service, method: &str, signature: Option<&str>, body: &[u8]) -> Vec<u8> {
    let (name, object, interface) = service;
    let mut fields = Out::default();
    fields.field(1, "o", object);
    fields.field(2, "s", interface);
    fields.field(3, "s", method);
    fields.field(6, "s", name);
    if let Some(signature) = signature {
        fields.field(8, "g", signature);
    }
    // Little-endian, a call, no flags, the protocol's first version.
    let mut out = Out(vec![b'l', 1, 0, 1]);
    out.number(u32::try_from(body.len()).unwrap_or(u32::MAX));
    out.number(serial);
    out.number(u32::try_from(fields.0.len()).unwrap_or(u32::MAX));
    // The head is sixteen bytes so far, so the fields lie as they were laid out.
    out.0.extend(fields.0);
    out.align(8);
    out.0.extend(body);
    out.0
}

/// What `Notify` is given: program, nothing to replace, no icon, summary, body, no buttons, no hints, how long.
fn arguments(body: &str, time: i32) -> Vec<u8> {
    let mut out = Out::default();
    out.text("wardline");
    out.number(0);
    out.text("");
    out.text("A question waits");
    out.text(body);
    out.number(0);
    out.number(0);
    // Where the first hint would begin.
    out.align(8);
    out.0.extend(time.to_le_bytes());
    out.0
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};
    use std::time::Instant;

    use super::*;

    #[test]
    fn nothing_in_a_name_is_markup_or_hidden() {
        let table = [
            ("run-1", "Session run-1. "),
            ("<b>&x</b>", "Session &lt;b&gt;&amp;x&lt;/b&gt;. "),
            ("a\u{1b}]0;x\u{7}\nb\u{202e}", "Session a\\u{1b}]0;x\\u{7}   b\\u{202e}. "),
        ];
        for (session, expected) in table {
            assert!(body(session).starts_with(expected), "{}", body(session));
        }
        assert!(body(&"x".repeat(5_000)).len() < 200);
    }

    #[test]
    fn addresses_are_read_as_the_bus_writes_them() {
        let path = |text: &str| SocketAddr::from_pathname(text).unwrap();
        let abstracted = |text: &str| SocketAddr::from_abstract_name(text).unwrap();
        let table = [
            ("unix:path=/run/user/1000/bus", vec![path("/run/user/1000/bus")]),
            ("unix:path=/tmp/a%20b%2cc,guid=00ff", vec![path("/tmp/a b,c")]),
            ("unix:abstract=/tmp/dbus-x,guid=1;tcp:host=h", vec![abstracted("/tmp/dbus-x")]),
            ("tcp:host=localhost,port=1;unix:path=/b", vec![path("/b")]),
            ("unix:path=/a%", vec![path("/a%")]),
            ("", vec![]),
            ("unix:", vec![]),
        ];
        for (text, expected) in table {
            let found: Vec<SocketAddr> = sockets(text).map(Result::unwrap).collect();
            assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{text}");
        }
        assert!(sockets(&format!("unix:path=/{}", "x".repeat(300))).all(|one| one.is_err()));
    }

    #[test]
    fn a_bus_that_is_none_is_left_alone() {
        let dir = crate::scratch::Dir::new("desktop-none");
        let socket = dir.path().join("bus");
        let address = format!("unix:path={}", socket.display());
        assert!(notify(&address, "b", 1).is_err(), "nobody listens");
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for said in [
            "REJECTED EXTERNAL\r\n",
            "OK 1\r\nl\u{3}",
            "",
            "DATA\r\nOK 1\r\nl\u{2}\0\u{1}\u{7f}\u{7f}\u{7f}\u{7f}01234567",
        ] {
            let talk = std::thread::scope(|scope| {
                scope.spawn(|| {
                    let (mut one, _) = listener.accept().unwrap();
                    one.write_all(said.as_bytes()).unwrap();
                    one.shutdown(std::net::Shutdown::Write).unwrap();
                    one.read_to_end(&mut Vec::new()).ok();
                });
                notify(&address, "b", 1)
            });
            assert!(talk.is_err(), "{said:?}");
        }
    }

    /// A bus of its own; gone when dropped.
    struct Bus(Child);

    impl Drop for Bus {
        fn drop(&mut self) {
            self.0.kill().ok();
            self.0.wait().ok();
        }
    }

    #[test]
    fn a_real_bus_hands_it_to_the_service_that_shows_it() {
        let dir = crate::scratch::Dir::new("desktop-bus");
        let socket = dir.path().join("bus");
        let address = format!("unix:path={}", socket.display());
        let mut daemon = Command::new("dbus-daemon");
        daemon.args(["--session", "--nofork", "--nopidfile", "--address", &address]);
        daemon.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(child) = daemon.spawn() else {
            eprintln!("SKIPPED: dbus-daemon is not installed here (Debian: apt-get install dbus-daemon)");
            return;
        };
        let _bus = Bus(child);
        let begin = Instant::now();
        let mut service = loop {
            match enter(&address) {
                Ok(service) => break service,
                Err(e) => assert!(begin.elapsed() < Duration::from_secs(60), "{e}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(
            notify(&address, "nobody", 1).is_err(),
            "no service of that name, and none that can be started"
        );
        let mut name = Out::default();
        name.text(NOTIFICATIONS.0);
        name.number(0);
        service.write_all(&call(2, BUS, "RequestName", Some("su"), &name.0)).unwrap();
        answer(&mut service).unwrap();
        service.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let text = body("<i>run</i>");
        // The service never answers, which costs nothing but the thread's patience.
        let teller = std::thread::spawn({
            let text = text.clone();
            move || notify(&address, &text, 1234)
        });
        let heard = loop {
            let message = message(&mut service).unwrap();
            // Signals of the bus come before.
            if message.first() == Some(&1) {
                break message;
            }
        };
        assert!(heard.ends_with(&arguments(&text, 1234)), "{heard:?}");
        assert!(heard.windows(6).any(|part| part == b"Notify"), "{heard:?}");
        assert!(teller.join().unwrap().is_err());
    }
}

//! A door on a socket of its own, servers on loopback behind it, and what was recorded and dialled.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wardline_proxy::{Connection, Dialer, Door, HostRule, Limits, Record, Resolver, Serving, serve};

/// A public address that the fake names resolve to.
pub(crate) const PUBLIC: &str = "93.184.215.14";

/// What was recorded and dialled, in order.
#[derive(Debug, Default)]
pub(crate) struct Log {
    events: Mutex<Vec<String>>,
    pub(crate) broken: AtomicBool,
}

impl Log {
    pub(crate) fn push(&self, event: String) {
        self.events.lock().unwrap().push(event);
    }

    pub(crate) fn events(&self) -> Vec<String> {
        self.events.lock().unwrap().clone()
    }

    /// Waits until an event with this text came.
    pub(crate) fn wait_for(&self, text: &str) {
        let end = Instant::now() + Duration::from_secs(10);
        while !self.events().iter().any(|event| event.contains(text)) {
            assert!(Instant::now() < end, "no {text:?} in {:?}", self.events());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Record for Log {
    fn opening(&self, connection: &Connection) -> Result<(), String> {
        let Connection { verb, host, port, decision, .. } = connection;
        self.push(format!("opening {} {host}:{port} {decision:?}", verb.as_str()));
        if self.broken.load(Ordering::SeqCst) { Err("disk full".to_owned()) } else { Ok(()) }
    }

    fn closed(&self, connection: &Connection, sent: u64, received: u64) {
        self.push(format!("closed {}:{} {sent} {received}", connection.host, connection.port));
    }
}

/// Names and their successive answers; the last one stays.
pub(crate) struct Names(pub(crate) Mutex<BTreeMap<String, Vec<Vec<IpAddr>>>>);

impl Resolver for Names {
    fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut names = self.0.lock().unwrap();
        let answers = names.get_mut(name).ok_or_else(|| io::Error::other("no such name"))?;
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

/// Brings every connection to one server on loopback, and notes where it should have gone.
struct ToLoopback(SocketAddr, Arc<Log>);

impl Dialer for ToLoopback {
    fn dial(&self, address: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        self.1.push(format!("dial {address}"));
        TcpStream::connect_timeout(&self.0, timeout)
    }
}

/// A door in front of one server.
pub(crate) struct World {
    pub(crate) log: Arc<Log>,
    socket: PathBuf,
    pub(crate) serving: Option<Serving>,
}

pub(crate) fn socket_path() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("wardline-proxy-{}-{number}.sock", std::process::id()))
}

impl World {
    /// A door with these rules. `a.test` and `b.test` are public names of the server.
    pub(crate) fn new(rules: &[&str], server: SocketAddr) -> Self {
        Self::with(rules, server, |_| {})
    }

    pub(crate) fn with(rules: &[&str], server: SocketAddr, change: impl FnOnce(&mut Door)) -> Self {
        let log = Arc::new(Log::default());
        let allow =
            rules.iter().map(|rule| HostRule::parse(rule, &format!("rule {rule}")).unwrap()).collect();
        let answer = vec![vec![PUBLIC.parse().unwrap()]];
        let names = ["a.test", "b.test"].map(|name| (name.to_owned(), answer.clone()));
        let mut door = Door::new(allow);
        door.limits = quick();
        door.resolver = Arc::new(Names(Mutex::new(BTreeMap::from(names))));
        door.dialer = Arc::new(ToLoopback(server, Arc::clone(&log)));
        change(&mut door);
        let socket = socket_path();
        let listener = UnixListener::bind(&socket).unwrap();
        let record: Arc<dyn Record> = Arc::clone(&log) as Arc<dyn Record>;
        let serving = Some(serve(listener, door, record).unwrap());
        Self { log, socket, serving }
    }

    pub(crate) fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends this and reads everything that comes back.
    pub(crate) fn ask(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        read_all(&mut stream)
    }

    /// Opens a tunnel.
    pub(crate) fn tunnel(&self, authority: &str) -> UnixStream {
        let mut stream = self.connect();
        stream
            .write_all(format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n").as_bytes())
            .unwrap();
        let mut head = [0; 39];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 200 Connection established\r\n\r\n");
        stream
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.serving.take());
        std::fs::remove_file(&self.socket).ok();
    }
}

fn quick() -> Limits {
    let mut limits = Limits::default();
    limits.opening = Duration::from_millis(600);
    limits.idle = Duration::from_secs(5);
    limits
}

pub(crate) fn read_all(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer is as good as an end.
    stream.read_to_end(&mut bytes).ok();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A server that hands every connection to `handle`, in a thread of its own, for as long as the test runs.
pub(crate) fn server(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let handle = Arc::new(handle);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            std::thread::spawn(move || handle(stream));
        }
    });
    address
}

/// Sends back what comes in.
pub(crate) fn echo() -> SocketAddr {
    server(|mut stream| {
        let mut other = stream.try_clone().unwrap();
        io::copy(&mut stream, &mut other).ok();
        other.shutdown(std::net::Shutdown::Write).ok();
    })
}

/// Answers every connection with this once a whole head has come, notes all it gets, and closes.
pub(crate) fn http(response: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let address = server(move |mut stream| {
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..count]);
        }
        noted.lock().unwrap().push(String::from_utf8(bytes).unwrap());
        stream.write_all(response.as_bytes()).ok();
    });
    (address, seen)
}

/// A ClientHello that names a host.
pub(crate) fn client_hello(name: &str) -> Vec<u8> {
    let vector = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    let names = vector(&[&[0][..], &vector(name.as_bytes())].concat());
    let extensions = [&[0, 0][..], &vector(&names)].concat();
    let body = [&[3, 3][..], &[7; 32], &[0], &vector(&[0x13, 1]), &[1, 0], &vector(&extensions)].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let message = [&[1][..], &length[1..], &body].concat();
    [&[0x16, 3, 1][..], &vector(&message)].concat()
}

//! The way out as programs inside meet it: real clients get through the door, nothing gets past it. Judged on the host,
//! by listeners that must hear nothing.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::common::{Ran, Sealed, feed};

/// An address of this machine that no client exempts from its proxy.
const HOST: &str = "127.0.0.2";

/// Every way out that a program may try by itself. `PORT` is one on which the host listens, for TCP and UDP, on every
/// address that it has.
const WAYS: &str = r#"
import ctypes, os, socket, struct, sys
PORT = int(sys.argv[1])
tried = 0
def attempt(work):
    global tried
    tried += 1
    try:
        work()
    except (OSError, AttributeError, ValueError):
        pass
def tcp(family, address):
    def work():
        s = socket.socket(family, socket.SOCK_STREAM); s.settimeout(0.3); s.connect((address, PORT)); s.sendall(b"OUT"); s.close()
    return work
def udp(family, address, port=PORT):
    def work():
        s = socket.socket(family, socket.SOCK_DGRAM); s.settimeout(0.1); s.sendto(b"OUT", (address, port)); s.close()
    return work
four = ["127.0.0.1", "127.0.0.2", "0.0.0.0", "169.254.169.254", "169.254.170.2", "100.100.100.200", "10.0.0.1", "192.168.1.1",
        "172.17.0.1", "8.8.8.8", "224.0.0.251", "255.255.255.255"] + sys.argv[2:]
six = ["::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "ff02::1", "2001:4860:4860::8888", "64:ff9b::7f00:1"]
for address in four:
    attempt(tcp(socket.AF_INET, address)); attempt(udp(socket.AF_INET, address)); attempt(udp(socket.AF_INET, address, 53))
for address in six:
    attempt(tcp(socket.AF_INET6, address)); attempt(udp(socket.AF_INET6, address)); attempt(udp(socket.AF_INET6, address, 53))
for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM):
    for protocol in (1, 58, 255):
        attempt(lambda: socket.socket(socket.AF_INET, kind, protocol).sendto(b"\x08\x00\xf7\xff\0\0\0\0", ("127.0.0.1", 0)))
for family in (1, 16, 17, 29, 31, 38, 40, 44):
    attempt(lambda: socket.socket(family, socket.SOCK_STREAM).connect((2, PORT) if family == 40 else b"\0"))
def resolved(name):
    def work():
        found = socket.getaddrinfo(name, 80)
        print("RESOLVED", name, found)
    return work
for name in ("example.com", "metadata.google.internal", "wardline-leak.example"):
    attempt(resolved(name))
def own_resolver():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.2)
    s.sendto(b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\x04leak\x07example\0\0\1\0\1", ("127.0.0.53", 53))
    print("RESOLVER", s.recv(512))
attempt(own_resolver)
def tagged():
    s = socket.socket(); s.settimeout(0.2); s.setsockopt(socket.SOL_SOCKET, 25, b"eth0"); s.connect(("127.0.0.1", PORT)); s.sendall(b"OUT")
attempt(tagged)
def fast_open():
    s = socket.socket(); s.settimeout(0.2); s.sendto(b"OUT", 0x20000000, ("127.0.0.1", PORT))
attempt(fast_open)
def entered():
    fd = os.open("/proc/1/ns/net", os.O_RDONLY)
    if ctypes.CDLL(None).setns(fd, 0) == 0: tcp(socket.AF_INET, "127.0.0.1")()
attempt(entered)
def fresh():
    if ctypes.CDLL(None).unshare(0x10000000 | 0x40000000) == 0: tcp(socket.AF_INET, "127.0.0.1")()
attempt(fresh)
print("TRIED", tried)
"#;

/// The addresses of this machine, for a program that would know them.
fn own_addresses() -> Vec<String> {
    let output = Command::new("hostname").arg("-I").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.split_whitespace().filter(|address| address.contains('.')).map(str::to_owned).collect()
}

#[test]
fn nothing_leaves_past_the_door() {
    let world = Sealed::new("egress-past");
    let tcp = TcpListener::bind("[::]:0").unwrap();
    let port = tcp.local_addr().unwrap().port();
    let udp = UdpSocket::bind(("::", port)).unwrap();
    let heard = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&heard);
    std::thread::spawn(move || {
        tcp.incoming().for_each(|_| {
            counter.fetch_add(1, Ordering::SeqCst);
        });
    });
    world.write("home/p/ways.py", WAYS);
    let port = port.to_string();
    let mut arguments = vec!["exec".to_owned(), "--".into(), "python3".into(), "ways.py".into(), port];
    arguments.extend(own_addresses());
    let ran = world.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let tried = ran.stdout.lines().find_map(|line| line.strip_prefix("TRIED ")?.parse::<u32>().ok());
    assert!(tried.is_some_and(|tried| tried >= 75), "{ran:?}");
    assert!(!ran.stdout.contains("RESOLVE"), "{ran:?}");
    udp.set_nonblocking(true).unwrap();
    let mut buffer = [0; 16];
    assert!(udp.recv(&mut buffer).is_err(), "a datagram reached the host");
    assert_eq!(heard.load(Ordering::SeqCst), 0, "a connection reached the host");
    let egress = world.rows().iter().filter(|row| row["kind"] == "egress").count();
    assert_eq!(egress, 0, "the door was not even asked");
    // The listeners do hear what reaches them.
    std::net::TcpStream::connect(("127.0.0.1", port_of(&arguments))).unwrap();
    eventually("a connection from the host is heard", || heard.load(Ordering::SeqCst) == 1);
    let own = UdpSocket::bind("127.0.0.1:0").unwrap();
    own.send_to(b"IN", ("127.0.0.1", port_of(&arguments))).unwrap();
    eventually("a datagram from the host is heard", || udp.recv(&mut buffer).is_ok());
}

/// The port that the program was told.
fn port_of(arguments: &[String]) -> u16 {
    arguments.iter().find_map(|argument| argument.parse().ok()).unwrap()
}

/// The end of a program that serves a test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Whether a program can be started here.
fn installed(program: &str) -> bool {
    let there = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    there.is_ok_and(|status| status.success())
}

/// Serves a directory by HTTP, or by HTTPS when there is a certificate in it. Returns its port.
fn serve(root: &std::path::Path, certificate: bool) -> (Server, u16) {
    const SERVE: &str = "
import functools, http.server, ssl, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(('127.0.0.2', 0), handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain(sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
";
    let mut command = Command::new("python3");
    command.args(["-c", SERVE]).arg(root);
    if certificate {
        command.arg(root.join("server.pem"));
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = Vec::new();
    let mut byte = [0];
    let mut output = child.stdout.take().unwrap();
    while output.read(&mut byte).is_ok_and(|count| count == 1) && byte != *b"\n" {
        line.extend_from_slice(&byte);
    }
    let port = String::from_utf8(line).unwrap().parse().unwrap();
    (Server(child), port)
}

/// Makes a certificate for [`HOST`], if `openssl` does.
fn certify(root: &std::path::Path) -> bool {
    let (key, certificate, config) = (root.join("server.pem"), root.join("cert.pem"), root.join("cert.cnf"));
    let text = format!(
        "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN={HOST}\n[ext]\nsubjectAltName=IP:{HOST}\nbasicConstraints=critical,CA:FALSE\n"
    );
    std::fs::write(&config, text).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]);
    openssl.arg("-config").arg(config).arg("-keyout").arg(&key).arg("-out").arg(&certificate);
    let made = openssl.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if made {
        let certificate = std::fs::read(certificate).unwrap();
        std::fs::OpenOptions::new().append(true).open(key).unwrap().write_all(&certificate).unwrap();
    }
    made
}

/// What the clients ask for: a page, a repository, a package of each registry.
fn fill(world: &Sealed) -> std::path::PathBuf {
    let root = world.path("served");
    world.write("served/page", "THE-PAGE\n");
    world.write(
        "served/demo-package",
        r#"{"name":"demo-package","dist-tags":{"latest":"1.2.3"},"versions":{"1.2.3":{"name":"demo-package","version":"1.2.3"}}}"#,
    );
    world.write(
        "served/simple/demo-wheel/index.html",
        "<a href=\"/demo_wheel-1.2.3-py3-none-any.whl\">demo_wheel-1.2.3-py3-none-any.whl</a>",
    );
    let script = "
import subprocess, sys, zipfile
root = sys.argv[1]
with zipfile.ZipFile(root + '/demo_wheel-1.2.3-py3-none-any.whl', 'w') as wheel:
    info = 'demo_wheel-1.2.3.dist-info/'
    wheel.writestr('demo_wheel.py', 'x = 1')
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: demo-wheel\\nVersion: 1.2.3\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
git = ['git', '-c', 'user.name=t', '-c', 'user.email=t@t', '-C', root + '/repository']
subprocess.run(['git', 'init', '-q', root + '/repository'], check=True)
subprocess.run(git + ['commit', '-q', '--allow-empty', '-m', 'THE-COMMIT'], check=True)
subprocess.run(git + ['update-server-info'], check=True)
";
    let filled =
        Command::new("python3").args(["-c", script]).arg(&root).env("HOME", world.path("home")).status();
    assert!(filled.unwrap().success());
    root
}

#[test]
fn real_clients_get_through_by_their_usual_variables() {
    let world = Sealed::new("egress-clients");
    let root = fill(&world);
    let (_http, http) = serve(&root, false);
    let secure = certify(&root);
    let mut https = None;
    if secure {
        https = Some(serve(&root, true));
    } else {
        println!("SKIPPED: `openssl` makes no certificate here, no client was led to a TLS server");
    }
    let tls = https.as_ref().map_or(1, |(_, port)| *port);
    let clients: [(&str, bool, String, &str); 8] = [
        ("curl", false, format!("curl -sS http://{HOST}:{http}/page"), "THE-PAGE"),
        ("curl", false, format!("curl -sS --proxytunnel http://{HOST}:{http}/page"), "THE-PAGE"),
        ("curl", false, format!("curl -sS -x $WARDLINE_SOCKS_PROXY http://{HOST}:{http}/page"), "THE-PAGE"),
        ("curl", true, format!("curl -sSk https://{HOST}:{tls}/page"), "THE-PAGE"),
        ("curl", true, format!("curl -sSk -x $WARDLINE_SOCKS_PROXY https://{HOST}:{tls}/page"), "THE-PAGE"),
        (
            "git",
            false,
            format!(
                "git clone -q http://{HOST}:{http}/repository/.git clone && git -C clone log --format=%s"
            ),
            "THE-COMMIT",
        ),
        (
            "pip",
            false,
            format!(
                "python3 -m pip download -q --disable-pip-version-check --no-cache-dir -d /tmp/d --trusted-host {HOST} \
                 --index-url http://{HOST}:{http}/simple demo-wheel && ls /tmp/d"
            ),
            "demo_wheel-1.2.3",
        ),
        ("npm", false, format!("npm view demo-package version --registry http://{HOST}:{http}/"), "1.2.3"),
    ];
    let (plain, secure_host) = (format!("{HOST}:{http}"), format!("{HOST}:{tls}"));
    let mut led = 0;
    for (program, needs_tls, script, expected) in &clients {
        if !installed(program) || (*needs_tls && !secure) {
            println!(
                "SKIPPED: no `{program}` or no TLS server here, not led through the egress door: {script}"
            );
            continue;
        }
        world.unseen("home/p/client.sh", script);
        let opened = ["exec", "--allow-host", &plain, "--allow-host", &secure_host, "--", "sh", "client.sh"];
        let ran = world.run(&opened);
        assert!(ran.stdout.contains(expected), "{script}: {ran:?}");
        let closed = world.run(&["exec", "--", "sh", "client.sh"]);
        assert!(!closed.stdout.contains(expected), "{script} without a rule: {closed:?}");
        led += 1;
    }
    println!("{led} of {} clients were led through the egress door", clients.len());
    let rows = world.rows();
    let sent = rows.iter().filter(|row| row["body"]["sent"].as_u64().is_some_and(|sent| sent > 0)).count();
    assert!(sent >= led, "{rows:?}");
}

#[test]
fn a_program_without_the_secret_is_not_served_and_a_stranger_neither() {
    let world = Sealed::new("egress-secret");
    let ask = "import urllib.request as u, sys\nu.install_opener(u.build_opener(u.ProxyHandler({'http': 'http://'+sys.argv[1]+'127.0.0.1:3128'})))\ntry: print(u.urlopen('http://127.0.0.2:9/').status)\nexcept Exception as e: print(e.code, e.read().decode())";
    world.write("home/p/ask.py", ask);
    for pair in ["", "wardline:@", "wardline:0123456789abcdef0123456789abcdef@"] {
        let ran = world.run(&["exec", "--", "python3", "ask.py", pair]);
        assert!(ran.stdout.starts_with("407") && ran.stdout.contains("HTTPS_PROXY"), "{pair}: {ran:?}");
    }
    let shown = world.run(&["exec", "--", "sh", "-c", "echo $HTTPS_PROXY; echo $HTTPS_PROXY"]);
    let secret = shown.stdout.split(['@', ':']).nth(2).unwrap_or_default().to_owned();
    assert_eq!(secret.len(), 32, "{shown:?}");
    let again = world.run(&["exec", "--", "sh", "-c", "echo $HTTPS_PROXY"]);
    assert!(!again.stdout.contains(&secret), "a secret of one session only");
    assert!(!std::fs::read_to_string(world.journal()).unwrap().contains(&secret));
}

#[test]
fn knocking_without_end_leaves_a_handful_of_rows() {
    let world = Sealed::new("egress-flood");
    let flood = "import os, socket\np = os.environ['HTTP_PROXY']\nimport base64\nauth = base64.b64encode(p.split('//')[1].split('@')[0].encode()).decode()\nfor n in range(600):\n  s = socket.create_connection(('127.0.0.1', 3128)); s.sendall(f'CONNECT blocked{n % 3}.example:443 HTTP/1.1\\r\\nProxy-Authorization: Basic {auth}\\r\\n\\r\\n'.encode()); s.recv(4096); s.close()\nprint('KNOCKED')";
    world.write("home/p/flood.py", flood);
    let ran = world.run(&["exec", "--", "python3", "flood.py"]);
    assert!(ran.stdout.contains("KNOCKED"), "{ran:?}");
    let rows = world.rows();
    let egress = rows.iter().filter(|row| row["kind"] == "egress").count();
    assert_eq!(egress, 9, "the 1st, 10th and 100th of three hosts");
    let total = rows.iter().find(|row| row["body"]["door"] == "egress").unwrap();
    assert_eq!(total["body"]["refused"], 600, "{total}");
    assert!(ran.stderr.contains("(200 times)"), "{ran:?}");
}

#[test]
fn the_policy_bounds_what_is_sent_and_asked() {
    let world = Sealed::new("egress-policy");
    let root = fill(&world);
    let (_server, port) = serve(&root, false);
    world.config(&format!(
        r#"{{"network": {{"allow": ["{HOST}:{port}"], "ask": ["*"], "deny": ["closed.example"], "upload": {{"session": 2000}},
            "forward": {{"db": {port}}}, "requests": [{{"host": "{HOST}", "methods": ["GET", "POST"], "paths": ["/page"], "decision": "allow"}}]}}}}"#
    ));
    let script = format!(
        "import os, urllib.request as u\ndef get(url, body=None):\n  try: print('GOT', u.urlopen(url, body).read())\n  except Exception as e: print('NOT', getattr(e, 'code', e), e.read().decode() if hasattr(e, 'read') else '')\n\
         get('http://{HOST}:{port}/page')\nget('http://{HOST}:{port}/demo-package')\nget('http://{HOST}:{port}/page', b'x' * 4000)\n\
         get('http://unknown.example/')\nget('http://closed.example/')\nprint(os.environ['WARDLINE_FORWARD_DB'])\nget('http://' + os.environ['WARDLINE_FORWARD_DB'] + '/page')"
    );
    world.unseen("home/p/get.py", &script);
    let ran: Ran = feed(&mut world.command(&["exec", "--", "python3", "get.py"]), b"");
    for expected in [
        "GOT b'THE-PAGE\\n'\nNOT 403",
        "GET /demo-package is none of them",
        "more than the 2000 bytes of network.upload.session",
        "asks a human about unknown.example:80, and nobody is there to answer",
        "closes closed.example:80",
        "lead nowhere. Ask the human",
        &format!("127.0.0.1:{port}\n"),
    ] {
        assert!(ran.stdout.contains(expected), "{expected}: {ran:?}");
    }
    // The server listens on another address of the loopback than the one that is forwarded.
    let rows = world.rows();
    let forwarded = rows.iter().find(|row| row["body"]["verb"] == "FORWARD").unwrap();
    assert!(
        forwarded["body"]["because"].as_str().unwrap().starts_with(&format!("network.forward db={port}")),
        "{forwarded}"
    );
}

/// Runs its arguments on a terminal of their own, types an answer to the first question, and prints what was shown.
const PERSON: &str = r#"
import os, pty, select, sys
answer, argv = sys.argv[1], sys.argv[2:]
pid, screen = pty.fork()
if pid == 0:
    os.execv(argv[0], argv)
seen, answered = b"", False
while select.select([screen], [], [], 90)[0]:
    try:
        piece = os.read(screen, 65536)
    except OSError:
        break
    if not piece:
        break
    seen += piece
    if not answered and b"anything else is a no: " in seen:
        answered = True
        os.write(screen, answer.encode() + b"\n")
os.waitpid(pid, 0)
print(seen.decode(errors="replace"))
"#;

#[test]
fn a_person_at_the_terminal_is_asked_about_a_host_while_the_program_has_it() {
    let world = Sealed::new("egress-person");
    let root = fill(&world);
    let (_server, port) = serve(&root, false);
    world.config(&format!(r#"{{"network": {{"ask": ["{HOST}:{port}"]}}}}"#));
    let person = world.write("home/person.py", PERSON);
    let (typed, host) = (world.write("home/p/typed.sh", ""), format!("{HOST}:{port}"));
    // The program keeps its terminal raw, as an agent's screen does, and reads from it when it is done.
    let get = format!(
        "import os, sys, tty, urllib.request as u\ntty.setraw(0)\ntry: print('GOT', u.urlopen('http://{host}/page').read())\n\
         except Exception as e: print('NOT', getattr(e, 'code', e))\n"
    );
    std::fs::write(&typed, &get).unwrap();
    for command in ["exec", "run"] {
        for (answer, expected) in [(host.as_str(), "GOT b'THE-PAGE"), ("yes", "NOT 403")] {
            let binary = env!("CARGO_BIN_EXE_wardline");
            let mut driver = Command::new("python3");
            driver.arg(&person).args([answer, binary, command, "--", "/usr/bin/python3", "typed.sh"]);
            driver.current_dir(world.project()).env_clear().env("HOME", world.path("home"));
            driver.env("PATH", std::env::var_os("PATH").unwrap());
            let ran = feed(&mut driver, b"");
            assert!(ran.stdout.contains("wardline asks: network"), "{command} {answer}: {ran:?}");
            assert!(ran.stdout.contains(expected), "{command} {answer}: {ran:?}");
        }
    }
    let rows = world.rows();
    let answers =
        rows.iter().filter(|row| row["kind"] == "approval").map(|row| row["body"]["decision"].clone());
    assert_eq!(answers.collect::<Vec<_>>(), ["allow", "deny", "allow", "deny"]);
}

/// Runs its arguments by a shell that does nothing to its terminal, kills them when they are ready, and says whether the
/// terminal's modes are as before.
const KILLER: &str = r#"
import os, pty, signal, sys, termios, time
argv = sys.argv[1:]
pid, screen = pty.fork()
if pid == 0:
    os.execv("/bin/sh", ["sh", "-c", 'echo begun; read go; "$@"; sleep 600', "sh", *argv])
def until(word):
    seen = b""
    while word not in seen:
        seen += os.read(screen, 65536)
until(b"begun")
before = termios.tcgetattr(screen)
os.write(screen, b"\n")
until(b"ready")
end = time.time() + 60
raw = False
while not raw and time.time() < end:
    raw = termios.tcgetattr(screen) != before
    time.sleep(0.02)
children = open("/proc/%d/task/%d/children" % (pid, pid)).read().split()
os.kill(int(children[0]), signal.SIGKILL)
back = False
while not back and time.time() < end:
    back = termios.tcgetattr(screen) == before
    time.sleep(0.02)
os.kill(pid, signal.SIGKILL)
print("was raw", raw, "is back", back)
"#;

#[test]
fn a_killed_session_leaves_the_terminal_as_it_was() {
    let world = Sealed::new("egress-raw");
    let killer = world.write("home/killer.py", KILLER);
    let binary = env!("CARGO_BIN_EXE_wardline");
    let mut driver = Command::new("python3");
    driver.arg(&killer).args([binary, "exec", "--", "sh", "-c", "echo re''ady; exec sleep 600"]);
    driver.current_dir(world.project()).env_clear().env("HOME", world.path("home"));
    driver.env("PATH", std::env::var_os("PATH").unwrap());
    let ran = feed(&mut driver, b"");
    assert_eq!(ran.stdout, "was raw True is back True\n", "{ran:?}");
}

/// Waits for a condition, for as long as a loaded machine may need.
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_named_forward_carries_bytes_both_ways() {
    let world = Sealed::new("egress-named");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&heard);
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes).unwrap();
        stream.write_all(b"BACK").unwrap();
        noted.lock().unwrap().extend_from_slice(&bytes);
    });
    let script = "import os, socket\nh, p = os.environ['WARDLINE_FORWARD_MY_DB'].split(':')\ns = socket.create_connection((h, int(p)), 5); s.sendall(b'PING'); print(s.recv(4))";
    let forward = format!("my-db={port}");
    let ran = world.run(&["exec", "--forward", &forward, "--", "python3", "-c", script]);
    assert!(ran.stdout.contains("BACK"), "{ran:?}");
    eventually("the forward carries bytes", || *heard.lock().unwrap() == b"PING");
}

#[test]
fn tls_is_opened_on_a_persons_word_only_and_programs_trust_it_by_their_usual_variables() {
    let world = Sealed::new("egress-tls");
    let root = fill(&world);
    if !certify(&root) || !installed("curl") {
        println!("SKIPPED: no `curl` or no `openssl` that makes a certificate here, no TLS was opened");
        return;
    }
    let (_server, port) = serve(&root, true);
    world.config(&format!(
        r#"{{"network": {{"allow": ["{HOST}:{port}"], "requests": [{{"host": "{HOST}", "methods": ["GET"], "paths": ["/page"], "decision": "allow"}}]}}}}"#
    ));
    let script = format!(
        "curl -sS https://{HOST}:{port}/page\ncurl -sS https://{HOST}:{port}/demo-package\npython3 -c 'import urllib.request as u; print(u.urlopen(\"https://{HOST}:{port}/page\").read())'"
    );
    world.unseen("home/p/get.sh", &script);
    let asked = |flags: &[&str]| {
        let arguments = [&["exec"], flags, &["--", "sh", "get.sh"]].concat();
        // The door verifies the host by the system's roots, of which the server's certificate is one here.
        feed(world.command(&arguments).env("SSL_CERT_FILE", root.join("cert.pem")), b"")
    };
    let sealed = asked(&[]);
    assert!(
        !sealed.stdout.contains("THE-PAGE") && sealed.stderr.contains("nobody can see inside TLS"),
        "{sealed:?}"
    );
    let opened = asked(&["--intercept-tls"]);
    assert!(opened.stdout.starts_with("THE-PAGE\n") && opened.stdout.contains("b'THE-PAGE"), "{opened:?}");
    assert!(opened.stdout.contains("GET /demo-package is none of them"), "{opened:?}");
    let rows = world.rows();
    let seen =
        |row: &&serde_json::Value| row["body"]["path"] == "/page" && row["body"]["decision"] == "allow";
    assert!(rows.iter().any(|row| seen(&row)), "{rows:?}");
    let journal = std::fs::read_to_string(world.journal()).unwrap();
    assert!(!journal.contains("PRIVATE KEY"));
    world.unseen("home/p/cat.sh", "cat /run/wardline/*.pem");
    let keys = world.run(&["exec", "--intercept-tls", "--", "sh", "cat.sh"]);
    assert!(keys.stdout.contains("BEGIN CERTIFICATE") && !keys.stdout.contains("PRIVATE KEY"), "{keys:?}");
}

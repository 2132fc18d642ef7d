//! The living part of the bait: listeners, a process that stands by, objects that processes share.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::{Child, Command, ExitCode, Stdio};

use rustix::process::{Pid, kill_process};
use wardline_sys::attempt::{MessageQueue, SharedMemory};

use super::Bait;
use super::actor::{ACTOR, own_binary};

/// A listener and what an attempt knows about it. Nobody accepts before the judge looks: the kernel keeps who knocked.
enum Ear {
    Tcp(TcpListener),
    Udp(UdpSocket),
    Unix(UnixListener),
}

impl Ear {
    fn heard(&self) -> bool {
        let mut any = false;
        loop {
            let one = match self {
                Self::Tcp(listener) => listener.accept().is_ok(),
                Self::Udp(socket) => socket.recv_from(&mut [0; 16]).is_ok(),
                Self::Unix(listener) => listener.accept().is_ok(),
            };
            if !one {
                return any;
            }
            any = true;
        }
    }
}

/// Everything that lives.
pub(super) struct Host {
    ears: Vec<(&'static str, Ear)>,
    words: Vec<(&'static str, String)>,
    victim: Option<Victim>,
    memory: Option<SharedMemory>,
    queue: Option<MessageQueue>,
}

impl Host {
    /// Opens the listeners. One that this host cannot have, as where there is no IPv6, is left out.
    pub(super) fn start(bait: &Bait) -> io::Result<Self> {
        let mut host = Self { ears: Vec::new(), words: Vec::new(), victim: None, memory: None, queue: None };
        for (name, address) in
            [("tcp4", Some("127.0.0.1".to_owned())), ("tcp6", Some("::1".to_owned())), ("lan", lan())]
        {
            let Some(address) = address else { continue };
            if let Ok(listener) = TcpListener::bind((address.as_str(), 0)) {
                listener.set_nonblocking(true)?;
                host.words.push((name, listener.local_addr()?.port().to_string()));
                if name == "lan" {
                    host.words.push(("address", address));
                }
                host.ears.push((name, Ear::Tcp(listener)));
            }
        }
        for (name, address) in [("udp4", "127.0.0.1:0"), ("udp6", "[::1]:0")] {
            if let Ok(socket) = UdpSocket::bind(address) {
                socket.set_nonblocking(true)?;
                host.words.push((name, socket.local_addr()?.port().to_string()));
                host.ears.push((name, Ear::Udp(socket)));
            }
        }
        let hidden = format!("wardline-attack-{}", std::process::id());
        let abstracted = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&hidden)?)?;
        let (service, agent) = (bait.at("run/service.sock"), bait.at("run/agent.sock"));
        host.words.push(("abstract", hidden));
        let sockets = [
            ("abstract", abstracted),
            ("service", UnixListener::bind(service)?),
            ("agent", UnixListener::bind(agent)?),
        ];
        for (name, listener) in sockets {
            listener.set_nonblocking(true)?;
            host.ears.push((name, Ear::Unix(listener)));
        }
        host.memory = SharedMemory::new().ok();
        host.queue = MessageQueue::new().ok();
        host.victim = Some(Victim::start(bait)?);
        Ok(host)
    }

    /// What an attempt needs to know to find all this.
    pub(super) fn words(&self) -> Vec<(&'static str, String)> {
        let mut words = self.words.clone();
        words.extend(self.memory.as_ref().map(|memory| ("memory", memory.id().to_string())));
        words.extend(self.queue.as_ref().map(|queue| ("queue", queue.id().to_string())));
        if let Some(victim) = &self.victim {
            words.push(("victim", victim.process.id().to_string()));
            words.push(("pointer", victim.pointer.clone()));
            words.push(("held", victim.held.clone()));
        }
        words
    }

    /// Makes sure that everything is there and nobody has knocked yet.
    pub(super) fn ready(&mut self, bait: &Bait) -> io::Result<()> {
        let _old = self.heard();
        let _old = self.shared();
        if self.victim.as_mut().is_none_or(|victim| victim.harmed()) {
            self.victim = None;
            self.victim = Some(Victim::start(bait)?);
        }
        Ok(())
    }

    /// Whether this host has what a judge of this name looks at.
    pub(super) fn has(&self, ear: &str) -> bool {
        self.ears.iter().any(|(name, _)| *name == ear)
    }

    /// The listeners that were reached since the last look.
    pub(super) fn heard(&self) -> Vec<&'static str> {
        self.ears.iter().filter(|(_, ear)| ear.heard()).map(|(name, _)| *name).collect()
    }

    /// Whether a shared object was changed since the last look.
    pub(super) fn shared(&self) -> bool {
        let written = self.memory.as_ref().is_some_and(|memory| memory.get().is_ok_and(|byte| byte != 0));
        let _zero_again = self.memory.as_ref().map(|memory| memory.set(0));
        let sent = self.queue.as_ref().is_some_and(MessageQueue::take);
        written || sent
    }

    pub(super) fn victim_harmed(&mut self) -> bool {
        self.victim.as_mut().is_none_or(|victim| victim.harmed())
    }
}

/// An address of this host that is not loopback, when it has one.
fn lan() -> Option<String> {
    // Nothing is sent: the kernel only says from which address it would.
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then(|| address.to_string())
}

/// A process of the user's that has nothing to do with the sandbox.
struct Victim {
    process: Child,
    /// Where its secret lies in its memory, in decimal.
    pointer: String,
    /// The number of a descriptor that it holds.
    held: String,
}

impl Victim {
    fn start(bait: &Bait) -> io::Result<Self> {
        let mut process = Command::new(own_binary()?)
            .args([ACTOR, "victim"])
            .env_clear()
            .env("BAIT_MEMORY", bait.secret("memory"))
            .env("BAIT_ENVIRONMENT", bait.secret("environ"))
            .current_dir(bait.at("post"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        if let Some(out) = process.stdout.as_mut() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let (pointer, held) = line.trim().split_once(' ').unwrap_or_default();
        Ok(Self { pointer: pointer.to_owned(), held: held.to_owned(), process })
    }

    /// Whether it is dead, stopped or traced, or its memory was written.
    fn harmed(&mut self) -> bool {
        if !matches!(self.process.try_wait(), Ok(None)) {
            return true;
        }
        let id = self.process.id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let stopped = status.lines().any(|line| line.starts_with("State:") && line.contains("(stopped)"));
        let traced = status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"));
        let written = self.pointer.parse().is_ok_and(|pointer| {
            wardline_sys::attempt::read_memory(id, pointer, 4).is_ok_and(|found| found == b"XXXX")
        });
        stopped || traced || written
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _continued = Pid::from_raw(i32::try_from(self.process.id()).unwrap_or_default())
            .map(|pid| kill_process(pid, rustix::process::Signal::CONT));
        let _dead_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// The life of the process that stands by: a secret in its memory, one in its environment, one in a file that it holds.
pub(super) fn victim() -> ExitCode {
    let secret = std::env::var("BAIT_MEMORY").unwrap_or_default().into_bytes().into_boxed_slice();
    let Ok(held) = fs::File::open("held.txt") else { return ExitCode::FAILURE };
    let number = std::os::fd::AsRawFd::as_raw_fd(&held);
    let mut out = io::stdout();
    let told = writeln!(out, "{} {number}", secret.as_ptr().addr()).and_then(|()| out.flush());
    // Until the judge closes the pipe or is gone.
    let _end = io::stdin().read(&mut [0]);
    std::hint::black_box(&secret);
    if told.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

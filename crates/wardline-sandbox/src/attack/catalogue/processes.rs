//! Other processes, what they talk through, the terminal, the environment, and what lives on.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::process::{Command, Stdio};

use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, Signal, WaitOptions};
use wardline_sys::attempt::{self, MessageQueue, SharedMemory};
use wardline_sys::process::{Fork, fork, leave};

use crate::attack::Judge::{Answer, Arrived, Heard, Lingering, Shared, Terminal, Victim};
use crate::attack::actor::{ACTOR, Scene, no, own_binary};
use crate::attack::{Class, Judge, Probe};

type Attempt = fn(&Scene) -> io::Result<()>;

const fn process(vector: u8, id: &'static str, tries: &'static str, judge: Judge, attempt: Attempt) -> Probe {
    Probe::new(Class::Processes, vector, id, tries, judge, attempt)
}

const fn survivor(vector: u8, id: &'static str, tries: &'static str, attempt: Attempt) -> Probe {
    Probe::new(Class::Survivors, vector, id, tries, Lingering, attempt)
}

const fn object(vector: u8, id: &'static str, tries: &'static str, judge: Judge, attempt: Attempt) -> Probe {
    Probe::new(Class::Ipc, vector, id, tries, judge, attempt)
}

const fn variable(id: &'static str, tries: &'static str, name: &'static str, attempt: Attempt) -> Probe {
    Probe::new(Class::Environment, 35, id, tries, Arrived(name), attempt)
}

const fn seat(vector: u8, id: &'static str, tries: &'static str, attempt: Attempt) -> Probe {
    Probe::new(Class::Terminal, vector, id, tries, Terminal, attempt).seated()
}

pub(super) const PROBES: &[Probe] = &[
    // ---- other processes
    process(5, "environment", "read the environment of a host process", Arrived("environ"), |s| {
        s.send_file(format!("/proc/{}/environ", s.word("victim")?))
    }),
    process(6, "root", "read through the root of a host process", Arrived("held"), |s| {
        s.send_file(format!("/proc/{}/root{}", s.word("victim")?, s.at("post/held.txt").display()))
    }),
    process(6, "directory", "read through the directory of a host process", Arrived("held"), |s| {
        s.send_file(format!("/proc/{}/cwd/held.txt", s.word("victim")?))
    }),
    process(6, "descriptor", "open a descriptor of a host process", Arrived("held"), |s| {
        s.send_file(format!("/proc/{}/fd/{}", s.word("victim")?, s.word("held")?))
    }),
    process(7, "memory-file", "read the memory of a host process by its file", Arrived("memory"), |s| {
        let mut file = fs::File::open(format!("/proc/{}/mem", s.word("victim")?))?;
        file.seek(SeekFrom::Start(s.number("pointer")?))?;
        let mut bytes = [0; 64];
        let count = file.read(&mut bytes)?;
        s.send(bytes.get(..count).unwrap_or_default())
    }),
    process(39, "memory-call", "read the memory of a host process by a call", Arrived("memory"), |s| {
        s.send(&attempt::read_memory(s.number("victim")?, s.number("pointer")?, 64)?)
    }),
    process(39, "memory-written", "write the memory of a host process", Victim, |s| {
        attempt::write_memory(s.number("victim")?, s.number("pointer")?, b"XXXX")
    }),
    process(39, "descriptor-taken", "take a descriptor of a host process", Arrived("held"), |s| {
        let victim = rustix::process::pidfd_open(pid(s)?, PidfdFlags::empty())?;
        let taken = rustix::process::pidfd_getfd(victim, s.number("held")?, PidfdGetfdFlags::empty())?;
        let mut file = fs::File::from(taken);
        let mut bytes = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        s.send(&bytes)
    }),
    process(40, "killed", "kill a host process", Victim, |s| {
        Ok(rustix::process::kill_process(pid(s)?, Signal::KILL)?)
    }),
    process(40, "killed-by-descriptor", "kill a host process by a descriptor", Victim, |s| {
        let victim = rustix::process::pidfd_open(pid(s)?, PidfdFlags::empty())?;
        Ok(rustix::process::pidfd_send_signal(victim, Signal::KILL)?)
    }),
    process(72, "frozen", "stop a host process", Victim, |s| {
        Ok(rustix::process::kill_process(pid(s)?, Signal::STOP)?)
    }),
    process(38, "traced", "take control of a host process", Answer, |s| attempt::seize(s.number("victim")?))
        .minor(),
    process(5, "seen", "see a host process", Answer, |s| {
        fs::metadata(format!("/proc/{}", s.word("victim")?)).map(drop)
    })
    .minor(),
    process(41, "helper-memory", "open the memory of process 1 inside", Answer, |_| {
        if rustix::process::getppid().is_none_or(|parent| parent.as_raw_nonzero().get() != 1) {
            fs::File::open("/proc/1/environ").map(drop)?;
        }
        fs::OpenOptions::new().read(true).write(true).open("/proc/1/mem").map(drop)
    })
    .minor(),
    // ---- what lives on
    survivor(49, "daemon", "leave a daemon in a session of its own", |s| match fork()? {
        Fork::Parent(child) => until_started(child),
        Fork::Child => {
            let _session = rustix::process::setsid();
            let _started = linger(s);
            leave(0)
        }
    }),
    survivor(50, "orphan", "leave a process that forked twice and ignores signals", |s| match fork()? {
        Fork::Parent(child) => until_started(child),
        Fork::Child => {
            let _session = rustix::process::setsid();
            wardline_sys::signal::ignore(&wardline_sys::signal::GROUP);
            match fork() {
                Ok(Fork::Child) => {
                    let _session = rustix::process::setsid();
                    let _started = linger(s);
                }
                Ok(Fork::Parent(child)) => drop(until_started(child)),
                Err(_) => {}
            }
            leave(0)
        }
    }),
    survivor(49, "background", "leave a process in the background", linger),
    // ---- what processes talk through
    object(45, "service-socket", "connect to a service's socket, as of docker", Heard("service"), |s| {
        UnixStream::connect(s.at("run/service.sock")).map(drop)
    }),
    object(45, "agent-socket", "connect to the key agent", Heard("agent"), |s| {
        UnixStream::connect(s.at("run/agent.sock")).map(drop)
    }),
    object(45, "socket-by-link", "connect to a service's socket by a link", Heard("service"), |s| {
        let link = s.at("project/to-service");
        std::os::unix::fs::symlink(s.at("run/service.sock"), &link)?;
        UnixStream::connect(link).map(drop)
    }),
    object(44, "abstract-socket", "connect to an abstract socket", Heard("abstract"), |s| {
        UnixStream::connect_addr(&SocketAddr::from_abstract_name(s.word("abstract")?)?).map(drop)
    }),
    object(48, "shared-memory", "write to System V shared memory of the host", Shared, |s| {
        SharedMemory::of_another(s.number("memory")?).set(1)
    }),
    object(48, "message-queue", "send to a System V message queue of the host", Shared, |s| {
        MessageQueue::of_another(s.number("queue")?).send()
    }),
    // ---- the terminal
    seat(42, "typed", "type into the caller's terminal", |_| {
        attempt::type_into(&io::stdin(), b"wardline-typed\n")
    }),
    seat(42, "typed-by-path", "type into the terminal by /dev/tty", |_| {
        attempt::type_into(&fs::File::open("/dev/tty")?, b"wardline-typed\n")
    }),
    seat(43, "clipboard", "set the clipboard through the terminal", |_| {
        io::stdout().write_all(b"\x1b]52;c;d2FyZGxpbmU=\x07")
    }),
    Probe::new(Class::Terminal, 42, "discipline", "load a line discipline for the terminal", Answer, |_| {
        // PPP: not the one that it has.
        attempt::set_discipline(&io::stdin(), 3)
    })
    .seated(),
    // ---- the environment
    variable("loader-variable", "see LD_LIBRARY_PATH of the caller", "loader", |s| {
        show(s, "LD_LIBRARY_PATH")
    }),
    variable("shell-variable", "see BASH_ENV of the caller", "shell", |s| show(s, "BASH_ENV")),
    variable("git-variable", "see GIT_SSH_COMMAND of the caller", "git-ssh", |s| show(s, "GIT_SSH_COMMAND")),
    variable("node-variable", "see NODE_OPTIONS of the caller", "node", |s| show(s, "NODE_OPTIONS")),
    variable("python-variable", "see PYTHONSTARTUP of the caller", "python", |s| show(s, "PYTHONSTARTUP")),
];

fn pid(s: &Scene) -> io::Result<Pid> {
    Pid::from_raw(s.number("victim")?).ok_or_else(|| no("no such process"))
}

/// Waits for the child that starts what lives on: a race that the judge wins proves nothing.
fn until_started(child: Pid) -> io::Result<()> {
    rustix::process::waitpid(Some(child), WaitOptions::empty())?;
    Ok(())
}

/// Starts a process that stays, holds nothing of ours open, and can be told by its mark; returns when it can.
fn linger(s: &Scene) -> io::Result<()> {
    let mut command = Command::new(own_binary()?);
    command.args([ACTOR, "linger", s.mark()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn()?;
    let line = format!("/proc/{}/cmdline", child.id());
    // A program that has just begun has no command line yet.
    for _round in 0..400 {
        if fs::read(&line).is_ok_and(|line| String::from_utf8_lossy(&line).contains(s.mark())) {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Ok(())
}

fn show(s: &Scene, name: &str) -> io::Result<()> {
    s.send(std::env::var(name).map_err(io::Error::other)?.as_bytes())
}

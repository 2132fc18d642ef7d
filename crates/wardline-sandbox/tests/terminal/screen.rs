//! A terminal with a shell on it, driven by a script.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pty::OpenptFlags;
use rustix::termios::{self, Winsize};

/// How long anything may take before it counts as never.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Screen {
    master: File,
    shell: Child,
    /// Everything that appeared, and how much of it was looked at.
    pub(crate) seen: Vec<u8>,
    mark: usize,
}

/// What is printed before each of the shell's commands, and nowhere else.
const PROMPT: &str = "HOST> ";

/// In the process that becomes the shell: a session on the terminal at `path`.
pub(crate) fn become_shell(path: &Path) -> ExitCode {
    rustix::process::setsid().unwrap();
    let terminal = OpenOptions::new().read(true).write(true).open(path).unwrap();
    rustix::process::ioctl_tiocsctty(&terminal).unwrap();
    rustix::stdio::dup2_stdin(&terminal).unwrap();
    rustix::stdio::dup2_stdout(&terminal).unwrap();
    rustix::stdio::dup2_stderr(&terminal).unwrap();
    // Without an editor of its own, the shell leaves the terminal's modes alone.
    let error = Command::new("bash").args(["--norc", "--noprofile", "--noediting", "-i"]).exec();
    eprintln!("bash: {error}");
    ExitCode::FAILURE
}

impl Screen {
    /// A shell at its prompt, in which `w` starts a confined program.
    pub(crate) fn new(root: &Path) -> Result<Self, String> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master: OwnedFd = rustix::pty::openpt(flags).unwrap();
        rustix::pty::grantpt(&master).unwrap();
        rustix::pty::unlockpt(&master).unwrap();
        let name = rustix::pty::ptsname(&master, Vec::new()).unwrap();
        let own = std::env::current_exe().unwrap();
        let shell = Command::new(&own)
            .arg("--on")
            .arg(name.to_str().unwrap())
            .env("T", &own)
            .env("R", root)
            .env("PS1", PROMPT)
            .current_dir(root.join("project"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut screen = Self { master: master.into(), shell, seen: Vec::new(), mark: 0 };
        screen.resize(30, 100);
        screen.expect(PROMPT)?;
        screen.enter("alias w='\"$T\" --caller \"$R\"'")?;
        Ok(screen)
    }

    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        termios::tcsetwinsize(&self.master, size).unwrap();
    }

    /// The modes that the shell's terminal has now, to compare.
    pub(crate) fn modes(&self) -> String {
        format!("{:?}", termios::tcgetattr(&self.master).unwrap())
    }

    pub(crate) fn is_raw(&self) -> bool {
        !termios::tcgetattr(&self.master).unwrap().local_modes.contains(termios::LocalModes::ICANON)
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    /// Sends as much as the terminal takes at the moment.
    pub(crate) fn put(&self, bytes: &[u8]) -> usize {
        rustix::io::ioctl_fionbio(&self.master, true).unwrap();
        let sent = rustix::io::write(&self.master, bytes).unwrap_or(0);
        rustix::io::ioctl_fionbio(&self.master, false).unwrap();
        sent
    }

    /// Sends as much as the terminal takes without anybody reading from it.
    pub(crate) fn stuff(&self, bytes: &[u8]) -> usize {
        let (mut sent, mut idle) = (0, 0);
        while sent < bytes.len() && idle < 10 {
            let count = self.put(&bytes[sent..]);
            sent += count;
            if count > 0 {
                idle = 0;
            } else {
                idle += 1;
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        sent
    }

    /// Reads once; `false` when nothing came for a moment.
    fn read(&mut self) -> bool {
        let moment = rustix::time::Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        if poll(&mut [PollFd::new(&self.master, PollFlags::IN)], Some(&moment)).unwrap_or(0) == 0 {
            return false;
        }
        let mut piece = vec![0; 1 << 16];
        let count = self.master.read(&mut piece).unwrap_or(0);
        self.seen.extend_from_slice(&piece[..count]);
        count > 0
    }

    /// Waits until something is true, while it reads.
    pub(crate) fn until(&mut self, what: &str, mut truth: impl FnMut(&Self) -> bool) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        while !truth(self) {
            self.read();
            if Instant::now() > end {
                let from = self.seen.len().saturating_sub(1000);
                let text = String::from_utf8_lossy(&self.seen[from..]);
                return Err(format!("not in time: {what}; seen {text:?}"));
            }
        }
        Ok(())
    }

    /// Waits until a text appears behind what was looked at before; returns what came up to its end.
    pub(crate) fn expect(&mut self, text: &str) -> Result<String, String> {
        let mut from = self.mark;
        let mut end = None;
        self.until(&format!("{text:?}"), |screen| {
            let rest = screen.seen.get(from..).unwrap_or_default();
            let found = rest.windows(text.len().max(1)).position(|part| part.starts_with(text.as_bytes()));
            end = found.map(|place| from + place + text.len());
            from = screen.seen.len().saturating_sub(text.len()).max(from);
            end.is_some() || text.is_empty()
        })?;
        let end = end.unwrap_or(self.mark);
        let found = String::from_utf8_lossy(&self.seen[self.mark..end]).replace('\r', "");
        self.mark = end;
        Ok(found)
    }

    /// Has the shell carry out a command to its end; returns what appeared.
    pub(crate) fn enter(&mut self, command: &str) -> Result<String, String> {
        self.send(&format!("{command}\n"));
        // The terminal shows what is typed.
        self.expect(&format!("{command}\r\n"))?;
        self.expect(PROMPT)
    }

    /// Starts a command and waits for a text of it.
    pub(crate) fn begin(&mut self, command: &str, text: &str) -> Result<String, String> {
        self.send(&format!("{command}\n"));
        self.expect(&format!("{command}\r\n"))?;
        self.expect(text)
    }

    /// Types and waits for what comes of it.
    pub(crate) fn type_and_see(&mut self, typed: &str, text: &str) -> Result<String, String> {
        self.send(typed);
        self.expect(text)
    }

    /// Waits for the shell's prompt.
    pub(crate) fn prompt(&mut self) -> Result<String, String> {
        self.expect(PROMPT)
    }

    /// Hangs up, as when the window is closed.
    pub(crate) fn hang_up(self) {
        drop(self);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        drop(std::mem::replace(&mut self.master, File::open("/dev/null").unwrap()));
        let end = Instant::now() + PATIENCE;
        while self.shell.try_wait().unwrap().is_none() {
            if Instant::now() > end {
                drop(self.shell.kill());
                drop(self.shell.wait());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

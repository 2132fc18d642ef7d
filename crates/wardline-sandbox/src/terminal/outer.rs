//! The person's terminal: which one it is, its modes and size, and who is in front of it.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::termios::{self, OptionalActions, Termios, Winsize};

use super::note;
use crate::streams::{Stdio3, Stream};

/// The terminal that the caller's streams lead to.
#[derive(Debug)]
pub(crate) struct Outer {
    input: Opened,
    output: Opened,
    /// Whether the program has it for itself: it reads from it and writes to it, so it stands in no pipeline beside
    /// another that may want it too.
    pub(super) whole: bool,
    /// The modes from before it became raw.
    saved: Option<Termios>,
    /// The session's directory, where the modes are noted for the case that we are killed.
    session: Option<PathBuf>,
}

/// A terminal that was opened for us alone, if that was possible.
#[derive(Debug)]
struct Opened {
    descriptor: OwnedFd,
    /// It is shared with other processes, so that reading or writing may wait.
    shared: bool,
}

/// How much is written at a time to a terminal that may wait: it says that it takes some when it takes this much.
const SHORT: usize = 256;

impl Outer {
    /// Which of the given streams lead to a terminal.
    pub(crate) fn chosen(streams: &Stdio3) -> [bool; 3] {
        let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
        [
            terminal(&streams.stdin, stdin.as_fd()).is_some(),
            terminal(&streams.stdout, stdout.as_fd()).is_some(),
            terminal(&streams.stderr, stderr.as_fd()).is_some(),
        ]
    }

    /// The terminal behind the given streams; `None` when there is none among them.
    ///
    /// # Errors
    /// When the process has too many open files.
    pub(crate) fn behind(streams: &Stdio3) -> io::Result<Option<Self>> {
        let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
        let found = [
            terminal(&streams.stdin, stdin.as_fd()),
            terminal(&streams.stdout, stdout.as_fd()),
            terminal(&streams.stderr, stderr.as_fd()),
        ];
        let [read, write, complain] = found;
        let Some(any) = read.or(write).or(complain) else { return Ok(None) };
        // With something else as its input, the program may still read what is typed, by /dev/tty.
        let input = match read {
            Some(read) => Opened::new(read)?,
            None => own_terminal().map_or_else(|| Opened::new(any), Ok)?,
        };
        let output = Opened::new(write.or(complain).unwrap_or(any))?;
        let whole = read.is_some() && write.is_some();
        Ok(Some(Self { input, output, whole, saved: None, session: None }))
    }

    /// Has the modes noted in the session's directory whenever they are changed.
    pub(crate) fn note_in(&mut self, session: Option<&Path>) {
        self.session = session.map(Path::to_path_buf);
    }

    /// Whether this process may read the terminal and set its modes without being stopped for it.
    pub(crate) fn is_in_front(&self) -> bool {
        // Another's terminal, or one from outside a container, knows no groups of ours and stops nobody.
        termios::tcgetpgrp(self.input()).map_or(true, |group| group == rustix::process::getpgrp())
    }

    pub(crate) fn input(&self) -> &OwnedFd {
        &self.input.descriptor
    }

    pub(crate) fn output(&self) -> &OwnedFd {
        &self.output.descriptor
    }

    /// Its present modes.
    pub(crate) fn modes(&self) -> Option<Termios> {
        termios::tcgetattr(self.input()).ok()
    }

    /// Its present size.
    pub(crate) fn size(&self) -> Option<Winsize> {
        termios::tcgetwinsize(self.output()).or_else(|_| termios::tcgetwinsize(self.input())).ok()
    }

    /// Whether it is raw by our hand.
    pub(crate) fn is_raw(&self) -> bool {
        self.saved.is_some()
    }

    /// Lets every byte pass as it is typed and as it is written; once more, when somebody else has changed that.
    pub(crate) fn make_raw(&mut self) {
        let Some(modes) = self.modes() else { return };
        let mut raw = modes.clone();
        raw.make_raw();
        if set(self.input(), OptionalActions::Drain, &raw) {
            let saved = self.saved.get_or_insert(modes).clone();
            if let Some(session) = &self.session {
                note::write(session, self.input(), &saved);
            }
        }
    }

    /// Puts the modes back. What was typed and not read is forgotten: it was meant for the program, or is an answer of
    /// the terminal's that nobody is waiting for any more.
    pub(crate) fn restore(&mut self) {
        let Some(modes) = self.saved.take() else { return };
        // From behind, they are somebody else's modes by now.
        if self.is_in_front() {
            set(self.input(), OptionalActions::Flush, &modes);
        }
        self.forget();
    }

    /// Forgets the modes from before, because somebody else took the terminal over.
    pub(crate) fn forget(&mut self) {
        self.saved = None;
        if let Some(session) = &self.session {
            note::remove(session);
        }
    }

    /// Reads what was typed.
    pub(crate) fn read(&self, into: &mut [u8]) -> rustix::io::Result<usize> {
        rustix::io::read(self.input(), into)
    }

    /// Writes some of `bytes`.
    pub(crate) fn write(&self, bytes: &[u8]) -> rustix::io::Result<usize> {
        let most = if self.output.shared { SHORT } else { bytes.len() };
        rustix::io::write(self.output(), bytes.get(..most).unwrap_or(bytes))
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        self.restore();
    }
}

/// Sets modes; `false` when the terminal is gone.
fn set(terminal: &OwnedFd, when: OptionalActions, modes: &Termios) -> bool {
    loop {
        match termios::tcsetattr(terminal, when, modes) {
            // Whoever is stopped for the attempt tries again when it goes on.
            Err(Errno::INTR) => {}
            result => return result.is_ok(),
        }
    }
}

fn terminal<'a>(stream: &'a Stream, own: BorrowedFd<'a>) -> Option<BorrowedFd<'a>> {
    let descriptor = match stream {
        Stream::Inherit => own,
        Stream::File(file) => file.as_fd(),
        Stream::Null | Stream::Piped => return None,
    };
    descriptor.is_terminal().then_some(descriptor)
}

/// The controlling terminal of this process.
fn own_terminal() -> Option<Opened> {
    open("/dev/tty").map(|descriptor| Opened { descriptor, shared: false })
}

fn open(path: &str) -> Option<OwnedFd> {
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
    let opened = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).ok()?;
    opened.is_terminal().then(|| opened.into())
}

impl Opened {
    /// Opens the terminal behind `descriptor` once more, so that it can be told not to wait without telling everybody
    /// who shares the descriptor.
    fn new(descriptor: BorrowedFd<'_>) -> io::Result<Self> {
        let again = open(&format!("/proc/self/fd/{}", descriptor.as_raw_fd()));
        // It may belong to somebody else by now, as after `su`; but one's controlling terminal can always be opened.
        let is_own = || {
            let session = termios::tcgetsid(descriptor).ok()?;
            (Some(session) == rustix::process::getsid(None).ok()).then_some(())
        };
        match again.or_else(|| is_own().and_then(|()| open("/dev/tty"))) {
            Some(descriptor) => Ok(Self { descriptor, shared: false }),
            None => Ok(Self { descriptor: descriptor.try_clone_to_owned()?, shared: true }),
        }
    }
}

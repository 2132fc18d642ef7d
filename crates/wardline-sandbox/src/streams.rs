//! The three streams of a program.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::process::Stdio;

use crate::terminal::Outer;

/// Where one stream of the program leads.
#[derive(Debug, Default)]
pub enum Stream {
    /// Where the caller's leads; when that is a terminal, to one of the program's own that is shown there.
    #[default]
    Inherit,
    /// Nowhere.
    Null,
    /// To the caller, by a pipe in [`crate::Child`].
    Piped,
    /// To an open file; a terminal as for the caller's.
    File(OwnedFd),
}

impl Stream {
    fn into_stdio(self) -> Stdio {
        match self {
            Self::Inherit => Stdio::inherit(),
            Self::Null => Stdio::null(),
            Self::Piped => Stdio::piped(),
            Self::File(file) => Stdio::from(file),
        }
    }
}

/// The three streams of the program.
#[derive(Debug, Default)]
pub struct Stdio3 {
    /// Standard input.
    pub stdin: Stream,
    /// Standard output.
    pub stdout: Stream,
    /// Standard error.
    pub stderr: Stream,
}

impl Stdio3 {
    /// The caller's own streams.
    #[must_use]
    pub fn inherit() -> Self {
        Self::default()
    }

    /// Nothing to read; output and errors to the caller by pipes.
    #[must_use]
    pub fn captured() -> Self {
        Self { stdin: Stream::Null, stdout: Stream::Piped, stderr: Stream::Piped }
    }
}

/// The caller's streams, which may be lent more than once.
#[derive(Debug)]
pub(crate) struct Streams {
    pub(crate) stdio: Stdio3,
    /// Those that lead to a terminal, which is not lent.
    pub(crate) chosen: [bool; 3],
}

impl Streams {
    pub(crate) fn new(stdio: Stdio3) -> Self {
        Self { chosen: Outer::chosen(&stdio), stdio }
    }

    pub(crate) fn on_terminal(&self) -> bool {
        self.chosen.contains(&true)
    }

    /// In a fork of the caller: lets go of the caller's terminal, as a stage that is executed is never given it.
    pub(crate) fn forget_terminals(&self) -> io::Result<()> {
        let null = File::options().read(true).write(true).open("/dev/null")?;
        let [stdin, stdout, stderr] = self.chosen;
        if stdin {
            rustix::stdio::dup2_stdin(&null)?;
        }
        if stdout {
            rustix::stdio::dup2_stdout(&null)?;
        }
        if stderr {
            rustix::stdio::dup2_stderr(&null)?;
        }
        Ok(())
    }

    pub(crate) fn lend(&self) -> io::Result<[Stdio; 3]> {
        let mut lent = [Stdio::null(), Stdio::null(), Stdio::null()];
        let streams = [&self.stdio.stdin, &self.stdio.stdout, &self.stdio.stderr];
        for ((slot, stream), chosen) in lent.iter_mut().zip(streams).zip(self.chosen) {
            if chosen {
                continue;
            }
            let copy = match stream {
                Stream::File(file) => Stream::File(file.try_clone()?),
                Stream::Inherit => Stream::Inherit,
                Stream::Piped => Stream::Piped,
                Stream::Null => Stream::Null,
            };
            *slot = copy.into_stdio();
        }
        Ok(lent)
    }
}

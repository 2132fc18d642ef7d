//! Running a plain program of the host, unconfined: with a clean environment, a deadline, a cap on its output, and
//! nothing of it left afterwards.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal};

/// A program of the host and what it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// Its whole environment.
    pub environment: BTreeMap<String, String>,
    /// Where it starts.
    pub cwd: PathBuf,
    /// What it reads.
    pub input: Vec<u8>,
    /// How long it may take.
    pub deadline: Duration,
    /// How many bytes each of its two outputs may have.
    pub most: usize,
}

/// What a helper said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Helped {
    /// Its exit code, when it ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

/// Why a helper gave no answer.
#[derive(Debug)]
pub enum HelperError {
    /// There is no program to run.
    Empty,
    /// It could not be started, or not be listened to.
    System(io::Error),
    /// It took too long and was killed.
    Late,
    /// It said too much and was killed.
    TooLong,
}

impl std::fmt::Display for HelperError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no program to run"),
            Self::System(error) => write!(f, "cannot run the program: {error}"),
            Self::Late => f.write_str("the program took too long and was killed"),
            Self::TooLong => f.write_str("the program said too much and was killed"),
        }
    }
}

impl std::error::Error for HelperError {}

/// Runs a helper to its end. Everything in its process group is dead afterwards.
///
/// # Errors
/// When it cannot be started, takes too long or says too much.
pub fn help(helper: &Helper) -> Result<Helped, HelperError> {
    let (name, arguments) = helper.argv.split_first().ok_or(HelperError::Empty)?;
    let end = Instant::now() + helper.deadline;
    let mut child = Command::new(name)
        .args(arguments)
        .env_clear()
        .envs(&helper.environment)
        .current_dir(&helper.cwd)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(HelperError::System)?;
    let input = child.stdin.take().map(OwnedFd::from);
    let outputs = [child.stdout.take().map(OwnedFd::from), child.stderr.take().map(OwnedFd::from)];
    let pid = Pid::from_child(&child);
    let heard = converse(pid, input, outputs, helper, end);
    // Not reaped yet, so the number of the group cannot be another's.
    let _empty = rustix::process::kill_process_group(pid, Signal::KILL);
    let status: ExitStatus = child.wait().map_err(HelperError::System)?;
    let [stdout, stderr] = heard?;
    Ok(Helped { code: status.code(), signal: status.signal(), stdout, stderr })
}

/// Feeds the helper and listens until it has ended.
fn converse(
    pid: Pid,
    mut input: Option<OwnedFd>,
    outputs: [Option<OwnedFd>; 2],
    helper: &Helper,
    end: Instant,
) -> Result<[Vec<u8>; 2], HelperError> {
    let system = |error: rustix::io::Errno| HelperError::System(error.into());
    let ended = rustix::process::pidfd_open(pid, PidfdFlags::empty()).map_err(system)?;
    if let Some(input) = &input {
        rustix::io::ioctl_fionbio(input, true).map_err(system)?;
    }
    let mut outputs = outputs.map(|output| output.map(File::from));
    let mut heard = [Vec::new(), Vec::new()];
    let mut fed = 0;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(HelperError::Late);
        }
        let mut waiting = vec![PollFd::new(&ended, PollFlags::IN)];
        waiting.extend(outputs.iter().flatten().map(|output| PollFd::new(output, PollFlags::IN)));
        waiting.extend(input.iter().map(|input| PollFd::new(input, PollFlags::OUT)));
        let timeout = rustix::time::Timespec::try_from(left).ok();
        match poll(&mut waiting, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(system(error)),
        }
        let over = waiting.first().is_some_and(|ended| !ended.revents().is_empty());
        drop(waiting);
        if let Some(pipe) = &input {
            let rest = helper.input.get(fed..).unwrap_or_default();
            match rustix::io::write(pipe, rest) {
                Ok(count) => fed += count,
                Err(rustix::io::Errno::AGAIN) => {}
                // It does not want to know more.
                Err(_) => fed = helper.input.len(),
            }
        }
        if fed >= helper.input.len() {
            input = None;
        }
        for (output, text) in outputs.iter_mut().zip(&mut heard) {
            listen(output, text, helper.most)?;
        }
        // Who ended has said everything, unless a child of its holds the pipe: that one is not waited for.
        if over {
            return Ok(heard);
        }
    }
}

/// Reads what there is, without waiting.
fn listen(output: &mut Option<File>, text: &mut Vec<u8>, most: usize) -> Result<(), HelperError> {
    let mut chunk = [0; 16 * 1024];
    while let Some(pipe) = output {
        let none = rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 };
        match poll(&mut [PollFd::new(&*pipe, PollFlags::IN)], Some(&none)) {
            Ok(0) | Err(_) => return Ok(()),
            Ok(_) => {}
        }
        match pipe.read(&mut chunk) {
            Ok(0) | Err(_) => *output = None,
            Ok(count) => text.extend_from_slice(chunk.get(..count).unwrap_or_default()),
        }
        if text.len() > most {
            return Err(HelperError::TooLong);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(script: &str, input: &[u8]) -> Result<Helped, HelperError> {
        help(&Helper {
            argv: ["/bin/sh", "-c", script].map(OsString::from).to_vec(),
            environment: BTreeMap::from([("A".to_owned(), "b".to_owned())]),
            cwd: "/".into(),
            input: input.to_vec(),
            deadline: Duration::from_millis(500),
            most: 1 << 20,
        })
    }

    #[test]
    fn a_helper_answers_or_is_killed() {
        type Fits = fn(&Result<Helped, HelperError>) -> bool;
        let table: [(&str, &[u8], Fits); 7] = [
            ("cat", b"hello", |got| {
                got.as_ref().is_ok_and(|got| got.stdout == b"hello" && got.code == Some(0))
            }),
            ("echo $A$HOME", b"", |got| got.as_ref().is_ok_and(|got| got.stdout == b"b\n")),
            ("echo no >&2; exit 3", b"", |got| {
                got.as_ref().is_ok_and(|got| got.stderr == b"no\n" && got.code == Some(3))
            }),
            ("kill -9 $$", b"", |got| got.as_ref().is_ok_and(|got| got.signal == Some(9))),
            ("sleep 5", b"", |got| matches!(got, Err(HelperError::Late))),
            ("head -c 3000000 /dev/zero", b"", |got| matches!(got, Err(HelperError::TooLong))),
            ("sleep 5 & echo done", b"", |got| got.as_ref().is_ok_and(|got| got.stdout == b"done\n")),
        ];
        for (script, input, fits) in table {
            let got = ask(script, input);
            assert!(fits(&got), "{script}: {got:?}");
        }
    }

    #[test]
    fn a_large_input_comes_back_whole() {
        let input = vec![b'x'; 900_000];
        assert_eq!(ask("cat", &input).unwrap().stdout, input);
        // Who does not read its input ends all the same.
        assert_eq!(ask("exec <&-; echo fine", &input).unwrap().stdout, b"fine\n");
    }
}

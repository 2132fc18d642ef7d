//! Running a piece of work in a forked child, so that whatever it does, the caller lives on and has an answer in time.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, Signal, WaitOptions, WaitStatus};
use wardline_sys::process::{Fork, fork, leave};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuperviseError {
    /// It was not there before the deadline; the child was killed.
    Late,
    /// The child was ended by a signal: a crash, a stack overflow, or somebody's kill.
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// The child panicked or left without an answer.
    Exited {
        /// Its exit code; 101 is a panic.
        code: i32,
    },
    /// The answer is shorter than it says it is.
    Short,
    /// There is something behind the answer.
    Trailing,
    /// The answer would not fit into the memory that was allowed.
    TooLong,
    /// The child could not be started, or not be listened to.
    System(String),
}

impl std::fmt::Display for SuperviseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Late => f.write_str("the work was not done before the deadline"),
            Self::Killed { signal } => write!(f, "the work was ended by signal {signal}"),
            Self::Exited { code } => write!(f, "the work ended without an answer, with code {code}"),
            Self::Short => f.write_str("the answer is cut short"),
            Self::Trailing => f.write_str("the answer is longer than it says"),
            Self::TooLong => f.write_str("the answer is too long"),
            Self::System(text) => write!(f, "the work could not be started: {text}"),
        }
    }
}

impl std::error::Error for SuperviseError {}

/// The length, as eight bytes, before the answer.
const PREFIX: usize = size_of::<u64>();

/// What work calls while it waits for somebody else.
pub type Pulse = Arc<dyn Fn() + Send + Sync>;

/// How often a pulse is passed on at most.
const BEAT: Duration = Duration::from_millis(250);

/// In the place of a length: the child is at work, and waits for somebody else.
const PULSE: [u8; PREFIX] = [u8::MAX; PREFIX];

/// The exit code of a panic, as the Rust runtime has it.
const PANIC: i32 = 101;

/// Runs `work` in a forked child and returns its answer.
///
/// The child gets at most `memory` bytes of address space (what the process has already counts) and is killed at the
/// deadline or when the caller dies. The caller must have one thread. What `work` prints is printed; what it leaves in
/// buffers is lost.
///
/// # Errors
/// Whenever there is no complete answer in time, with the reason. A panic in `work` is one of them.
pub fn supervise(
    deadline: Duration,
    memory: u64,
    work: impl FnOnce() -> Vec<u8>,
) -> Result<Vec<u8>, SuperviseError> {
    supervise_patiently((deadline, deadline), memory, |_| work())
}

/// As [`supervise`], for work that may wait for somebody: each time it calls what it is given, it has until the first of the
/// `deadlines` again, and until the second in all.
///
/// # Errors
/// As [`supervise`].
pub fn supervise_patiently(
    deadlines: (Duration, Duration),
    memory: u64,
    work: impl FnOnce(Pulse) -> Vec<u8>,
) -> Result<Vec<u8>, SuperviseError> {
    let system = |error: io::Error| SuperviseError::System(error.to_string());
    let (answer, answering) =
        rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(|error| system(error.into()))?;
    let child = match fork().map_err(system)? {
        Fork::Child => {
            drop(answer);
            leave(child(memory, work, answering))
        }
        Fork::Parent(child) => child,
    };
    drop(answering);
    let mut patience = Patience::new(deadlines);
    let heard = listen(answer, &mut patience, memory);
    let status = finish(child, patience.end, heard.is_ok());
    let bytes = heard?;
    match status {
        None => return Err(SuperviseError::Late),
        Some(status) => {
            if let Some(signal) = status.terminating_signal() {
                return Err(SuperviseError::Killed { signal });
            }
            match status.exit_status() {
                Some(0) => {}
                code => return Err(SuperviseError::Exited { code: code.unwrap_or(PANIC) }),
            }
        }
    }
    let (prefix, body) = bytes.split_at_checked(PREFIX).ok_or(SuperviseError::Short)?;
    let length =
        <[u8; PREFIX]>::try_from(prefix).map(u64::from_le_bytes).map_err(|_| SuperviseError::Short)?;
    match u64::try_from(body.len()).unwrap_or(u64::MAX).cmp(&length) {
        std::cmp::Ordering::Less => Err(SuperviseError::Short),
        std::cmp::Ordering::Greater => Err(SuperviseError::Trailing),
        std::cmp::Ordering::Equal => Ok(body.to_vec()),
    }
}

/// Until when the caller waits.
struct Patience {
    step: Duration,
    end: Instant,
    last: Instant,
}

impl Patience {
    fn new((step, most): (Duration, Duration)) -> Self {
        let now = Instant::now();
        Self { step, end: now + step, last: now + most }
    }

    /// Takes the pulses at the beginning of what was heard.
    fn feel(&mut self, bytes: &mut Vec<u8>) {
        while bytes.starts_with(&PULSE) {
            bytes.drain(..PREFIX);
            self.end = self.last.min(Instant::now() + self.step);
        }
    }
}

/// Bounds this process as a child of [`supervise`] is bounded: `memory` bytes of address space, no dump, and the first to go when
/// the machine has no memory left.
///
/// # Errors
/// The address space could not be bounded.
pub fn bound(memory: u64) -> io::Result<()> {
    // These only help.
    let _first_to_go = std::fs::write("/proc/self/oom_score_adj", "1000");
    let limit = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    let _no_dump = rustix::process::setrlimit(Resource::Core, limit(0));
    let ceiling = rustix::process::getrlimit(Resource::As).maximum.unwrap_or(u64::MAX);
    Ok(rustix::process::setrlimit(Resource::As, limit(memory.min(ceiling)))?)
}

/// The child's life; returns its exit code.
fn child(memory: u64, work: impl FnOnce(Pulse) -> Vec<u8>, answering: OwnedFd) -> i32 {
    // It only helps; the caller's deadline holds without it.
    let _orphan = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    if bound(memory).is_err() {
        return 1;
    }
    let answering = File::from(answering);
    let Ok(beating) = answering.try_clone() else { return 1 };
    let last = Mutex::new(Instant::now());
    let pulse = move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= BEAT {
            *last = Instant::now();
            // A pulse that nobody hears does no harm: the deadline comes.
            drop((&beating).write_all(&PULSE));
        }
    };
    // The caller's copy of the closure is never looked at again, so a half-changed state harms nobody.
    let work = || work(Arc::new(pulse));
    let Ok(body) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) else { return PANIC };
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX).to_le_bytes();
    match (&answering).write_all(&length).and_then(|()| (&answering).write_all(&body)) {
        Ok(()) => 0,
        Err(_) => 1,
    }
}

/// Reads until nobody can write any more, or until the deadline.
fn listen(answer: OwnedFd, patience: &mut Patience, most: u64) -> Result<Vec<u8>, SuperviseError> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4 * 1024];
    let mut answer = File::from(answer);
    loop {
        let left = patience.end.saturating_duration_since(Instant::now());
        let timeout = rustix::time::Timespec::try_from(left).ok();
        match poll(&mut [PollFd::new(&answer, PollFlags::IN)], timeout.as_ref()) {
            Ok(0) => return Err(SuperviseError::Late),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(SuperviseError::System(error.to_string())),
        }
        match answer.read(&mut chunk) {
            Ok(0) => return Ok(bytes),
            Ok(count) => {
                bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
                patience.feel(&mut bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(SuperviseError::System(error.to_string())),
        }
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
            return Err(SuperviseError::TooLong);
        }
    }
}

/// Waits for the child to end, until the deadline, and kills it then or when its answer is useless anyway.
fn finish(child: Pid, end: Instant, useful: bool) -> Option<WaitStatus> {
    // A killed child ends at once, unless it hangs in the kernel; it is not worth waiting for then.
    const GRACE: Duration = Duration::from_millis(100);
    let ended = rustix::process::pidfd_open(child, PidfdFlags::empty()).ok()?;
    let mut killed = false;
    let mut limit = end;
    loop {
        if !killed && (!useful || Instant::now() >= end) {
            let _dead_already = rustix::process::pidfd_send_signal(&ended, Signal::KILL);
            killed = true;
            limit = Instant::now() + GRACE;
        }
        let left = limit.saturating_duration_since(Instant::now());
        let timeout = rustix::time::Timespec::try_from(left).ok();
        match poll(&mut [PollFd::new(&ended, PollFlags::IN)], timeout.as_ref()) {
            Ok(0) if killed => return None,
            Ok(0) | Err(_) => {}
            Ok(_) => break,
        }
    }
    let reaped = rustix::process::waitpid(Some(child), WaitOptions::empty());
    let status = reaped.ok().flatten().map(|(_, status)| status);
    // What a child says that had to be killed at the deadline came too late.
    if killed && useful { None } else { status }
}

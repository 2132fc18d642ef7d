//! The session's socket: how a hook inside the sandbox asks the monitor outside.
//!
//! One connection carries one question: the hook's raw input up to the end of the stream, then the reply. Both sides
//! bound size and time; a question that breaks a bound gets no reply, and the hook that gets none blocks.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The largest question or reply; the hook's own cap on its input is the same.
pub const MAX_MESSAGE: u64 = 8 * 1024 * 1024;
/// Questions answered at the same time; one more waits for nothing and is closed.
const MAX_QUESTIONS: usize = 64;
/// How long the monitor waits for the rest of a question.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often whoever asked is told that the answer takes its time.
const PULSE: Duration = Duration::from_millis(500);

/// Answers one question. While it waits for somebody, it asks what it is given, again and again, whether the answer is still
/// wanted.
pub type Answerer = dyn Fn(&[u8], &Arc<dyn Fn() -> bool + Send + Sync>) -> Vec<u8> + Send + Sync;

/// Why a question got no reply.
#[derive(Debug)]
pub enum AskError {
    /// The monitor is not there.
    Unreachable(std::io::Error),
    /// The monitor did not reply in time or hung up.
    NoReply(std::io::Error),
    /// The reply is larger than allowed or empty.
    BadReply,
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(e) => write!(f, "the session's monitor cannot be reached ({e})"),
            Self::NoReply(e) => write!(f, "the session's monitor did not reply ({e})"),
            Self::BadReply => f.write_str("the session's monitor sent no usable reply"),
        }
    }
}

impl std::error::Error for AskError {}

/// A running socket; it stops when dropped.
#[derive(Debug)]
pub struct Serving {
    path: PathBuf,
    stop: Arc<AtomicBool>,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    /// Listens at `path` and answers with `answer`.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn start(path: &Path, answer: Arc<Answerer>) -> std::io::Result<Self> {
        let listener = UnixListener::bind(path)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let wake = waker(&listener)?;
        let thread = std::thread::Builder::new()
            .name("session-socket".to_owned())
            .spawn(move || accept(&listener, &stopped, &answer))?;
        Ok(Self { path: path.to_path_buf(), stop, wake, thread: Some(thread) })
    }
}

/// The same socket, to be shut down: that ends the waiting for somebody who connects. Connecting to its path would not when
/// somebody has removed that.
pub(crate) fn waker(listener: &UnixListener) -> std::io::Result<UnixStream> {
    Ok(UnixStream::from(OwnedFd::from(listener.try_clone()?)))
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The accepting thread sees the flag then.
        self.wake.shutdown(Shutdown::Both).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
        std::fs::remove_file(&self.path).ok();
    }
}

fn accept(listener: &UnixListener, stop: &AtomicBool, answer: &Arc<Answerer>) {
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        if open.fetch_add(1, Ordering::SeqCst) >= MAX_QUESTIONS {
            open.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let answer = Arc::clone(answer);
        let counted = Arc::clone(&open);
        let started = std::thread::Builder::new().name("question".to_owned()).spawn(move || {
            reply(stream, &*answer).ok();
            counted.fetch_sub(1, Ordering::SeqCst);
        });
        if started.is_err() {
            open.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

fn reply(mut stream: UnixStream, answer: &Answerer) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut question = Vec::new();
    (&stream).take(MAX_MESSAGE + 1).read_to_end(&mut question)?;
    // One byte more than allowed still reaches the answerer, which refuses it in the host's own words.
    let reply = answer(&question, &pulse(stream.try_clone()?));
    stream.write_all(&reply)?;
    stream.shutdown(Shutdown::Write)
}

/// Tells whoever asked that the answer takes its time, by a space before the reply; false when nobody is there any more.
fn pulse(stream: UnixStream) -> Arc<dyn Fn() -> bool + Send + Sync> {
    let last = Mutex::new(Instant::now());
    Arc::new(move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() < PULSE {
            return true;
        }
        *last = Instant::now();
        (&stream).write_all(b" ").is_ok()
    })
}

/// Puts a question to the session's monitor and waits at most `deadline` for the reply.
///
/// # Errors
/// [`AskError`]; the caller blocks the action then.
pub fn ask(socket: &Path, question: &[u8], deadline: Duration) -> Result<Vec<u8>, AskError> {
    ask_patiently(socket, question, deadline, &|| ())
}

/// As [`ask`]; whenever the monitor says that the reply takes its time, `pulse` is called, and the `deadline` begins anew.
///
/// # Errors
/// [`AskError`]; the caller blocks the action then.
pub fn ask_patiently(
    socket: &Path,
    question: &[u8],
    deadline: Duration,
    pulse: &dyn Fn(),
) -> Result<Vec<u8>, AskError> {
    let mut stream = UnixStream::connect(socket).map_err(AskError::Unreachable)?;
    stream.set_read_timeout(Some(deadline)).map_err(AskError::NoReply)?;
    stream.set_write_timeout(Some(deadline)).map_err(AskError::NoReply)?;
    stream.write_all(question).map_err(AskError::NoReply)?;
    stream.shutdown(Shutdown::Write).map_err(AskError::NoReply)?;
    let mut reply = Vec::new();
    let mut bounded = (&stream).take(MAX_MESSAGE);
    let mut chunk = vec![0; 16 * 1024];
    loop {
        match bounded.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => {
                reply.extend_from_slice(chunk.get(..count).unwrap_or_default());
                if reply.iter().all(|byte| *byte == b' ') {
                    reply.clear();
                    pulse();
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(AskError::NoReply(e)),
        }
    }
    let reply = reply.trim_ascii_start().to_vec();
    if reply.is_empty() { Err(AskError::BadReply) } else { Ok(reply) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_and_the_socket_goes_away() {
        let dir = crate::scratch::Dir::new("socket");
        let path = dir.path().join("s");
        let echo: Arc<Answerer> = Arc::new(|question, _| question.iter().rev().copied().collect());
        let serving = Serving::start(&path, echo).unwrap();
        for _ in 0..200 {
            assert_eq!(ask(&path, b"abc", Duration::from_secs(5)).unwrap(), b"cba");
        }
        drop(serving);
        assert!(matches!(ask(&path, b"abc", Duration::from_secs(1)), Err(AskError::Unreachable(_))));
        assert!(!path.exists());
    }

    #[test]
    fn it_ends_also_when_somebody_removed_its_path() {
        let dir = crate::scratch::Dir::new("socket-removed");
        let path = dir.path().join("s");
        let serving = Serving::start(&path, Arc::new(|_, _| Vec::new())).unwrap();
        std::fs::remove_file(&path).unwrap();
        let (ended, wait) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            drop(serving);
            ended.send(()).unwrap();
        });
        wait.recv_timeout(Duration::from_secs(60)).expect("it waits for somebody who cannot come");
    }

    #[test]
    fn silence_is_an_error_in_time() {
        let dir = crate::scratch::Dir::new("socket-silent");
        let path = dir.path().join("s");
        let slow: Arc<Answerer> = Arc::new(|_, _| {
            std::thread::sleep(Duration::from_millis(600));
            b"late".to_vec()
        });
        let _serving = Serving::start(&path, slow).unwrap();
        assert!(matches!(ask(&path, b"x", Duration::from_millis(100)), Err(AskError::NoReply(_))));
    }

    #[test]
    fn an_answer_that_takes_its_time_is_waited_for_and_one_that_nobody_wants_is_not() {
        use std::sync::atomic::AtomicU32;
        let dir = crate::scratch::Dir::new("socket-patient");
        let path = dir.path().join("s");
        let unwanted = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&unwanted);
        let patient: Arc<Answerer> = Arc::new(move |question, wanted| {
            let end = Instant::now() + Duration::from_secs(if question == b"soon" { 2 } else { 60 });
            while Instant::now() < end {
                if !wanted() {
                    counted.fetch_add(1, Ordering::SeqCst);
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            b"at last".to_vec()
        });
        let _serving = Serving::start(&path, patient).unwrap();
        let pulses = AtomicU32::new(0);
        let pulse = || {
            pulses.fetch_add(1, Ordering::SeqCst);
        };
        assert_eq!(ask_patiently(&path, b"soon", Duration::from_secs(1), &pulse).unwrap(), b"at last");
        assert!(pulses.load(Ordering::SeqCst) >= 1);
        let mut gone = UnixStream::connect(&path).unwrap();
        gone.write_all(b"late").unwrap();
        gone.shutdown(Shutdown::Write).unwrap();
        drop(gone);
        while unwanted.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

//! The session's socket: how a hook inside the sandbox asks the monitor outside.
//!
//! One connection carries one question: the hook's raw input up to the end of the stream, then the reply. Both sides
//! bound size and time; a question that breaks a bound gets no reply, and the hook that gets none blocks.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The largest question or reply; the hook's own cap on its input is the same.
pub const MAX_MESSAGE: u64 = 8 * 1024 * 1024;
/// Questions answered at the same time; one more waits for nothing and is closed.
const MAX_QUESTIONS: usize = 64;
/// How long the monitor waits for the rest of a question.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers one question.
pub type Answerer = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

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
        let thread = std::thread::Builder::new()
            .name("session-socket".to_owned())
            .spawn(move || accept(&listener, &stopped, &answer))?;
        Ok(Self { path: path.to_path_buf(), stop, thread: Some(thread) })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which then sees the flag.
        drop(UnixStream::connect(&self.path));
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
    stream.write_all(&answer(&question))?;
    stream.shutdown(Shutdown::Write)
}

/// Puts a question to the session's monitor and waits at most `deadline` for the reply.
///
/// # Errors
/// [`AskError`]; the caller blocks the action then.
pub fn ask(socket: &Path, question: &[u8], deadline: Duration) -> Result<Vec<u8>, AskError> {
    let mut stream = UnixStream::connect(socket).map_err(AskError::Unreachable)?;
    stream.set_read_timeout(Some(deadline)).map_err(AskError::NoReply)?;
    stream.set_write_timeout(Some(deadline)).map_err(AskError::NoReply)?;
    stream.write_all(question).map_err(AskError::NoReply)?;
    stream.shutdown(Shutdown::Write).map_err(AskError::NoReply)?;
    let mut reply = Vec::new();
    (&stream).take(MAX_MESSAGE).read_to_end(&mut reply).map_err(AskError::NoReply)?;
    if reply.is_empty() { Err(AskError::BadReply) } else { Ok(reply) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_and_the_socket_goes_away() {
        let dir = crate::scratch::Dir::new("socket");
        let path = dir.path().join("s");
        let echo: Arc<Answerer> = Arc::new(|question| question.iter().rev().copied().collect());
        let serving = Serving::start(&path, echo).unwrap();
        for _ in 0..200 {
            assert_eq!(ask(&path, b"abc", Duration::from_secs(5)).unwrap(), b"cba");
        }
        drop(serving);
        assert!(matches!(ask(&path, b"abc", Duration::from_secs(1)), Err(AskError::Unreachable(_))));
        assert!(!path.exists());
    }

    #[test]
    fn silence_is_an_error_in_time() {
        let dir = crate::scratch::Dir::new("socket-silent");
        let path = dir.path().join("s");
        let slow: Arc<Answerer> = Arc::new(|_| {
            std::thread::sleep(Duration::from_millis(600));
            b"late".to_vec()
        });
        let _serving = Serving::start(&path, slow).unwrap();
        assert!(matches!(ask(&path, b"x", Duration::from_millis(100)), Err(AskError::NoReply(_))));
    }
}

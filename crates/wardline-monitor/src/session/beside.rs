//! Programs beside a session's own: what an agent starts inside and a capability manifest narrows.
//!
//! No sandbox can be made inside a sandbox, and a process that only narrows itself would still share the agent's processes, its network
//! and its temporary files with it. So the agent's side asks at a socket ([`Request`]), lends its three streams, and the monitor starts
//! the program outside, in a sandbox of its own: the session's, less everything that the manifest does not name (`narrowed.rs`). It has
//! its own door with its own secret, its own limits, its own `/tmp`; neither side sees the other's processes. It is decided and recorded
//! like any command of the session, and ends with whoever asked for it, or with the session.

#[cfg(test)]
mod laws;
mod narrowed;
mod program;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use wardline_policy::NamedPort;
use wardline_sandbox::{Aftermath, Appeared, Killer, Stdio3, lend};

use super::{Guard, RefusedConnection, SessionError};
use crate::Subject;
use crate::caps::NotGiven;
use crate::egress::{self, Common};
use crate::manifest::Manifest;
use crate::monitor::Monitor;

/// Programs beside one session at a time. Each has the limits of its manifest, so this bounds how much more a session can use by them.
const MOST: usize = 8;
/// Starts within a minute: each costs the host a sandbox, and the journal its rows.
const MOST_A_MINUTE: usize = 240;
/// The longest request.
const MAX_REQUEST: u64 = 1024 * 1024;
/// How long the monitor waits for a request, and for whoever asked to take the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a program may take to end by itself when whoever asked for it is gone.
const GRACE: Duration = Duration::from_secs(2);

/// What is asked for from inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Where it is to work.
    pub cwd: PathBuf,
    /// A manifest besides those that lie beside the program.
    pub caps: Option<PathBuf>,
    /// The environment of whoever asks, of which the manifests may name a part.
    pub environment: BTreeMap<String, String>,
}

/// What comes back, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Nothing was started.
    Refused {
        /// The exit code for whoever asked.
        code: u8,
        /// Why.
        text: String,
    },
    /// The program runs.
    Started,
    /// It has ended.
    Ended {
        /// Its exit code as a shell gives it.
        code: u8,
        /// What is worth a word.
        told: Vec<String>,
    },
}

impl Request {
    /// It as one line.
    #[must_use]
    pub fn to_line(&self) -> String {
        let caps = self.caps.as_ref().map(|path| path.to_string_lossy());
        let cwd = self.cwd.to_string_lossy();
        json!({"argv": self.argv, "cwd": cwd, "caps": caps, "environment": self.environment}).to_string()
            + "\n"
    }

    fn read(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |value: &Value| value.as_str().filter(|text| !text.contains('\0')).map(str::to_owned);
        let path = |value: &Value| text(value).map(PathBuf::from).filter(|path| path.is_absolute());
        let variables = value.get("environment")?.as_object()?.iter();
        Some(Self {
            argv: value.get("argv")?.as_array()?.iter().map(text).collect::<Option<_>>()?,
            cwd: path(value.get("cwd")?)?,
            caps: match value.get("caps")? {
                Value::Null => None,
                caps => Some(path(caps)?),
            },
            environment: variables
                .map(|(name, value)| Some((name.clone(), text(value)?)))
                .collect::<Option<_>>()?,
        })
    }
}

impl Reply {
    fn to_line(&self) -> String {
        let value = match self {
            Self::Refused { code, text } => json!({"refused": text, "code": code}),
            Self::Started => json!({"started": true}),
            Self::Ended { code, told } => json!({"ended": code, "told": told}),
        };
        value.to_string() + "\n"
    }

    /// Reads what the monitor sent; `None` for anything else.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let code = |name: &str| u8::try_from(value.get(name)?.as_u64()?).ok();
        if let Some(text) = value.get("refused").and_then(Value::as_str) {
            return Some(Self::Refused { code: code("code")?, text: text.to_owned() });
        }
        if value.get("started").is_some() {
            return Some(Self::Started);
        }
        let told = value.get("told")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned);
        Some(Self::Ended { code: code("ended")?, told: told.collect() })
    }
}

/// What everything beside one session has in common.
struct Shared {
    monitor: Arc<Monitor>,
    subject: Subject,
    guard: Guard,
    /// What bounds the session.
    manifest: Manifest,
    /// The loopback ports that lead into it.
    ports: Vec<NamedPort>,
    /// Whether a person answers for what a supervised policy asks about.
    answers: bool,
    common: Common,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The session is over: nothing begins any more.
    closed: bool,
    /// Whoever asked, by number.
    clients: BTreeMap<u64, Client>,
    next: u64,
    /// When programs were started, in milliseconds.
    starts: Vec<u64>,
    left: Left,
}

/// Somebody who asked.
struct Client {
    stream: UnixStream,
    /// Something is being started for them, or runs.
    busy: bool,
    /// What ends it.
    killer: Option<Killer>,
}

/// What programs beside a session leave for its end.
#[derive(Default)]
pub(super) struct Left {
    pub(super) connections: Vec<RefusedConnection>,
    pub(super) not_given: Vec<NotGiven>,
    /// What there is to look after, when one of them could write in the project.
    aftermath: Option<Aftermath>,
}

impl Left {
    /// Moves away what may not be in the project, now that nothing runs any more.
    pub(super) fn look_after(&self) -> Vec<Appeared> {
        self.aftermath.as_ref().map_or_else(Vec::new, Aftermath::look_after)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in somebody who asks; `None` when there are too many, or the session is over.
    fn admit(&self, stream: &UnixStream) -> Option<u64> {
        let stream = stream.try_clone().ok()?;
        let mut state = self.state();
        if state.closed || state.clients.len() >= MOST {
            return None;
        }
        state.next += 1;
        let number = state.next;
        state.clients.insert(number, Client { stream, busy: false, killer: None });
        Some(number)
    }

    /// Whether something may be started for somebody now; the session's end waits for it from here on.
    fn engage(&self, number: u64) -> bool {
        let mut state = self.state();
        let closed = state.closed;
        let client = state.clients.get_mut(&number).filter(|_| !closed);
        client.map(|client| client.busy = true).is_some()
    }

    /// Keeps what ends a program; false when it has to end at once.
    fn keep(&self, number: u64, killer: Option<Killer>) -> bool {
        let mut state = self.state();
        let closed = state.closed;
        state.clients.get_mut(&number).map(|client| client.killer = killer).is_some() && !closed
    }

    fn dismiss(&self, number: u64) {
        self.state().clients.remove(&number);
        self.changed.notify_all();
    }

    /// Whether one program more may be started now.
    fn in_pace(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let starts = &mut self.state().starts;
        starts.retain(|then| now.saturating_sub(*then) < 60_000);
        let fits = starts.len() < MOST_A_MINUTE;
        if fits {
            starts.push(now);
        }
        fits
    }
}

/// The socket of one session at which programs inside have others started. Everything that was started is gone when it is closed.
pub(super) struct Company {
    shared: Arc<Shared>,
    path: PathBuf,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Company {
    /// Listens at `path`.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub(super) fn listen(
        path: &Path,
        (monitor, subject, guard): (&Arc<Monitor>, &Subject, &Guard),
        manifest: &Manifest,
        answers: bool,
        common: Common,
    ) -> std::io::Result<Self> {
        let inside = |port: &NamedPort| {
            manifest.confinement().forwards.iter().any(|forward| forward.port == port.port)
        };
        let mut ports = egress::forwards(monitor.bounding(answers), guard);
        ports.retain(inside);
        let listener = UnixListener::bind(path)?;
        let wake = crate::socket::waker(&listener)?;
        let shared = Arc::new(Shared {
            monitor: Arc::clone(monitor),
            subject: subject.clone(),
            guard: guard.clone(),
            manifest: manifest.clone(),
            ports,
            answers,
            common,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("beside".to_owned())
            .spawn(move || accept(&listener, &served))?;
        Ok(Self { shared, path: path.to_path_buf(), wake, thread: Some(thread) })
    }

    /// Ends everything that was started, and says what it left.
    pub(super) fn close(&mut self) -> Left {
        let Some(thread) = self.thread.take() else { return Left::default() };
        let mut state = self.shared.state();
        state.closed = true;
        for client in state.clients.values() {
            client.stream.shutdown(Shutdown::Both).ok();
            client.killer.iter().for_each(Killer::kill);
        }
        drop(state);
        // The accepting thread sees then that it is over.
        self.wake.shutdown(Shutdown::Both).ok();
        thread.join().ok();
        let mut state = self.shared.state();
        // Somebody whose question waits for a person's answer gets nothing started any more.
        while state.clients.values().any(|client| client.busy) {
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        std::fs::remove_file(&self.path).ok();
        std::mem::take(&mut state.left)
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        self.close();
    }
}

fn accept(listener: &UnixListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.state().closed {
            return;
        }
        let Ok(stream) = stream else {
            // Out of descriptors: let something end first.
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        let Some(number) = shared.admit(&stream) else {
            let text = format!("{MOST} programs run beside this session already; end one first");
            say(&stream, &Reply::Refused { code: 125, text });
            continue;
        };
        let own = Arc::clone(shared);
        let serve = move || {
            attend(&own, number, &stream);
            own.dismiss(number);
        };
        if std::thread::Builder::new().name("beside-one".to_owned()).spawn(serve).is_err() {
            shared.dismiss(number);
        }
    }
}

/// Serves one request from the beginning to the end.
fn attend(shared: &Arc<Shared>, number: u64, stream: &UnixStream) {
    let refused = |code: u8, text: String| say(stream, &Reply::Refused { code, text });
    let (stdio, request) = match hear(stream) {
        Ok(heard) => heard,
        Err(e) => return refused(2, format!("the request is not understood: {e}")),
    };
    if !shared.in_pace() {
        return refused(
            125,
            format!("more than {MOST_A_MINUTE} programs were started within a minute; wait"),
        );
    }
    match program::start(shared, number, &request, stdio) {
        Ok(running) => {
            say(stream, &Reply::Started);
            let reply = running.wait(shared, number, stream);
            say(stream, &reply);
        }
        Err(e) => refused(code(&e), e.to_string()),
    }
}

/// The exit code for whoever asked for a program that was not started.
fn code(error: &SessionError) -> u8 {
    match error {
        SessionError::Refused { .. } | SessionError::Changed(_) => 20,
        SessionError::Capabilities(_) => 2,
        SessionError::NoProgram(_) => 127,
        SessionError::Sandbox(e) => e.exit_code(),
        _ => 125,
    }
}

/// The streams and the request that somebody sends.
fn hear(stream: &UnixStream) -> std::io::Result<(Stdio3, Request)> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (stdio, _) = lend::receive(stream)?;
    let mut line = String::new();
    BufReader::new(stream.take(MAX_REQUEST)).read_line(&mut line)?;
    let request = Request::read(line.strip_suffix('\n').unwrap_or_default());
    let request = request.ok_or_else(|| std::io::Error::other("it is no request"))?;
    Ok((stdio, request))
}

/// Best effort: whoever asked may be gone.
fn say(mut stream: &UnixStream, reply: &Reply) {
    stream.write_all(reply.to_line().as_bytes()).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_replies_come_back_as_they_were_sent() {
        let request = Request {
            argv: vec!["python3".to_owned(), "a b\n".to_owned()],
            cwd: "/w/p".into(),
            caps: Some("/w/c.jsonc".into()),
            environment: [("A".to_owned(), "b".to_owned())].into(),
        };
        assert_eq!(Request::read(request.to_line().trim_end()), Some(request.clone()));
        for wrong in [
            Request { cwd: "p".into(), ..request.clone() },
            Request { caps: Some("c".into()), ..request.clone() },
            Request { argv: vec!["a\0b".to_owned()], ..request },
        ] {
            assert_eq!(Request::read(wrong.to_line().trim_end()), None, "{wrong:?}");
        }
        for garbage in ["", "{}", "[]", "{\"argv\":1}"] {
            assert_eq!(Request::read(garbage), None);
        }
        let refused = Reply::Refused { code: 20, text: "no\nway".to_owned() };
        for reply in [refused, Reply::Started, Reply::Ended { code: 3, told: vec!["x".to_owned()] }] {
            let line = reply.to_line();
            assert!(line.ends_with('\n') && line.lines().count() == 1);
            assert_eq!(Reply::read(&line), Some(reply));
        }
    }
}

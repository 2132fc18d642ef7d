//! What passes between the caller and the stage: the request over one pipe, reports as JSON lines over another, and a
//! lifeline: it carries the word to begin, then signals, and its end tells the stage that nobody waits any more.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::{OwnedFd, RawFd};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::confinement::{Confinement, path_from, path_value, text_from, text_value};
use crate::hit::Hit;
use crate::identity::Identity;
use crate::mechanism::{Mechanism, NETWORK, PROC, USER_NAMESPACE};
use crate::meter::{Exact, Note};
use crate::plan::{Plan, Watch};
use crate::watch::Appeared;

/// The argument that makes the binary the stage.
pub(crate) const STAGE: &str = "__wardline-stage";

/// The numbers under which the stage finds its descriptors.
pub(crate) const REQUEST: RawFd = 10;
pub(crate) const STATUS: RawFd = 11;
pub(crate) const LIFELINE: RawFd = 12;
/// Only for a program with a terminal.
pub(crate) const TERMINAL: RawFd = 13;
/// The caller keeps its own ends at numbers above these while it starts the stage.
pub(crate) const ABOVE: RawFd = 20;

/// The byte on the lifeline that lets a prepared program begin; no signal has this number.
pub(crate) const GO: u8 = 0xff;
/// The same, for one that begins behind the front of its terminal, as a job that a shell starts with `&`.
pub(crate) const GO_BEHIND: u8 = 0xfe;

/// What the stage is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// Run a program.
    Run(Box<Run>),
    /// Try every mechanism and report.
    Probe,
}

/// One program and its boundary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) confinement: Confinement,
    pub(crate) argv: Vec<OsString>,
    /// Which of the program's streams are a terminal of its own.
    pub(crate) terminal: [bool; 3],
    /// Mechanisms that are missing here, by id: their steps are left out. The outcomes are given by others, or a human
    /// agreed to do without.
    pub(crate) without: Vec<String>,
}

impl Run {
    pub(crate) fn on_terminal(&self) -> bool {
        self.terminal.contains(&true)
    }

    pub(crate) fn without(&self, mechanism: &str) -> bool {
        self.without.iter().any(|left_out| left_out == mechanism)
    }

    /// Leaves the steps of a mechanism out from now on.
    pub(crate) fn leave_out(&mut self, mechanism: &str) {
        // Without own namespaces there is no own /proc either.
        if mechanism == USER_NAMESPACE {
            self.without.push(PROC.to_owned());
        }
        self.without.push(mechanism.to_owned());
    }

    /// What a failure takes away, with the failure as the proof.
    pub(crate) fn lacking(&self, mechanism: &str, failure: &Failure) -> Vec<Mechanism> {
        let contained: &[&str] = match mechanism {
            USER_NAMESPACE => &[NETWORK, PROC],
            _ => &[],
        };
        let missing = |id: &str| Mechanism::missing(id, failure.to_string());
        [mechanism].into_iter().chain(contained.iter().copied()).map(missing).collect()
    }
}

/// A step of the set-up that did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was being done.
    pub step: String,
    /// To what.
    pub at: PathBuf,
    /// The system's error number, if there is one.
    pub errno: Option<i32>,
    /// The error in words.
    pub text: String,
    /// The mechanism that cannot be had because of it, by id.
    pub mechanism: Option<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot {} `{}`: {}", self.step, self.at.display(), self.text)?;
        self.errno.map_or(Ok(()), |errno| write!(f, " (errno {errno})"))
    }
}

impl std::error::Error for Failure {}

impl Failure {
    pub(crate) fn because(mut self, mechanism: &str) -> Self {
        self.mechanism = Some(mechanism.to_owned());
        self
    }
}

/// Turns an error into the failure of `step` on `at`.
pub(crate) fn failing<E: Into<io::Error>>(step: &str, at: impl AsRef<Path>) -> impl FnOnce(E) -> Failure {
    move |error| {
        let error: io::Error = error.into();
        let errno = error.raw_os_error();
        // The standard text repeats the number that is kept beside it.
        let text = match errno {
            Some(_) => error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase(),
            None => error.to_string(),
        };
        Failure { step: step.to_owned(), at: at.as_ref().to_path_buf(), errno, text, mechanism: None }
    }
}

/// A line of the stage's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// What will have to be looked at when the program has ended; written before anything of the program's is started.
    Watching(Vec<Watch>),
    /// Who keeps; written before anything is made.
    Keeper(Identity),
    /// The pid namespace that everything inside lives in, when it has its own.
    Inside(Option<u64>),
    /// A limit that was reached, or nearly: then the kernel's counters tell whether it was.
    Noted(Note),
    /// What is enforced; written before the program starts.
    Enforced(Vec<Mechanism>),
    /// The program runs.
    Started,
    /// Nothing was executed, because of this.
    Failed(Failure),
    /// The program ended, with a code or by a signal.
    Ended { code: Option<i32>, signal: Option<i32> },
    /// Everything inside is gone and looked after; the last line.
    Closed { survivors: u64, appeared: Vec<Appeared>, replaced: Vec<PathBuf>, limits_hit: Vec<Hit> },
    /// The answer to a probe.
    Probed(Vec<Mechanism>),
}

impl Request {
    /// Writes the request and closes the pipe behind it.
    pub(crate) fn send(&self, pipe: OwnedFd) -> io::Result<()> {
        let value = match self {
            Self::Probe => json!({ "probe": true }),
            Self::Run(run) => json!({
                "confinement": run.confinement.to_wire(),
                "argv": run.argv.iter().map(|argument| text_value(argument)).collect::<Vec<_>>(),
                "terminal": run.terminal,
                "without": run.without,
            }),
        };
        std::fs::File::from(pipe).write_all(value.to_string().as_bytes())
    }

    /// Reads the request that [`Request::send`] wrote, up to the end: what comes after it cannot change it. `None` when
    /// nothing was asked.
    pub(crate) fn read(pipe: OwnedFd) -> io::Result<Option<(Self, String)>> {
        let mut text = String::new();
        std::fs::File::from(pipe).read_to_string(&mut text)?;
        if text.is_empty() {
            return Ok(None);
        }
        let value: Value = serde_json::from_str(&text).map_err(|_| unreadable())?;
        if value.get("probe").is_some() {
            return Ok(Some((Self::Probe, text)));
        }
        let run = Run::from_value(&value).ok_or_else(unreadable)?;
        Ok(Some((Self::Run(Box::new(run)), text)))
    }
}

fn unreadable() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the stage was given a request it cannot read")
}

impl Run {
    fn from_value(value: &Value) -> Option<Self> {
        Some(Self {
            confinement: Confinement::from_wire(value.get("confinement")?)?,
            argv: value.get("argv")?.as_array()?.iter().map(text_from).collect::<Option<_>>()?,
            terminal: flags(value.get("terminal")?)?,
            without: strings(value.get("without")?)?,
        })
    }
}

/// What the keeper tells the init, once it knows.
#[derive(Debug)]
pub(crate) struct Orders {
    pub(crate) run: Run,
    pub(crate) plan: Plan,
    /// What bounds the program's resources, and what is counted for all processes together.
    pub(crate) limits: Mechanism,
    pub(crate) counted: Exact,
}

/// The word that orders may be carried out to the end.
const CONFIRMED: u8 = b'!';

/// Orders that were sent and not confirmed yet: the init builds the jail and starts nothing. Dropped, they never are.
#[must_use]
#[derive(Debug)]
pub(crate) struct Unconfirmed(std::fs::File);

impl Unconfirmed {
    /// Lets the init start the program.
    pub(crate) fn confirm(mut self) -> io::Result<()> {
        self.0.write_all(&[CONFIRMED])
    }

    /// Waits until they are confirmed; `false` when they never will be.
    pub(crate) fn wait(mut self) -> io::Result<bool> {
        let mut word = [0];
        Ok(self.0.read(&mut word)? == 1 && word == [CONFIRMED])
    }
}

impl Orders {
    /// Writes orders: `request` as it was read, and behind it what the keeper has found out.
    pub(crate) fn send(
        pipe: OwnedFd,
        request: &str,
        plan: &Plan,
        limits: &Mechanism,
        counted: Exact,
    ) -> io::Result<Unconfirmed> {
        let found = json!({ "plan": plan.to_value(), "limits": limits.to_value(), "counted": [counted.processes, counted.memory] });
        let text = format!("{request}\n{found}");
        let mut pipe = std::fs::File::from(pipe);
        pipe.write_all(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes())?;
        pipe.write_all(text.as_bytes())?;
        Ok(Unconfirmed(pipe))
    }

    /// Reads what [`Orders::send`] wrote; `None` when there are no orders.
    pub(crate) fn read(pipe: OwnedFd) -> io::Result<Option<(Self, Unconfirmed)>> {
        let mut pipe = std::fs::File::from(pipe);
        let mut length = [0; 8];
        match pipe.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let length = u64::from_le_bytes(length);
        let mut text = String::with_capacity(usize::try_from(length).unwrap_or_default());
        (&pipe).take(length).read_to_string(&mut text)?;
        let mut values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        let mut next = || values.next().and_then(Result::ok);
        let orders = || {
            let (request, found) = (next()?, next()?);
            Some(Self {
                run: Run::from_value(&request)?,
                plan: Plan::from_value(found.get("plan")?)?,
                limits: Mechanism::from_value(found.get("limits")?)?,
                counted: Exact {
                    processes: found.get("counted")?.get(0)?.as_bool()?,
                    memory: found.get("counted")?.get(1)?.as_bool()?,
                },
            })
        };
        let mut orders = orders;
        let orders = orders().ok_or_else(unreadable)?;
        Ok(Some((orders, Unconfirmed(pipe))))
    }
}

impl Message {
    /// Writes the message as one line, in one call. Lines that several processes may write at the same time are
    /// short enough to arrive whole.
    pub(crate) fn send(&self, mut status: impl Write) {
        let mut line = self.to_value().to_string();
        line.push('\n');
        // With the reader gone there is nobody to tell, and the lifeline ends everything.
        let _unheard = status.write_all(line.as_bytes());
    }

    fn to_value(&self) -> Value {
        let mechanisms = |list: &[Mechanism]| list.iter().map(Mechanism::to_value).collect::<Vec<_>>();
        match self {
            Self::Enforced(list) => json!({ "enforced": mechanisms(list) }),
            Self::Watching(list) => {
                json!({ "watching": list.iter().map(Watch::to_value).collect::<Vec<_>>() })
            }
            Self::Probed(list) => json!({ "probed": mechanisms(list) }),
            Self::Keeper(keeper) => json!({ "keeper": [keeper.pid, keeper.start] }),
            Self::Inside(space) => json!({ "inside": space }),
            Self::Noted(note) => json!({ "noted": { "hit": note.hit.to_value(), "sure": note.sure } }),
            Self::Started => json!({ "started": true }),
            Self::Failed(failure) => json!({ "failed": {
                "step": failure.step,
                "at": path_value(&failure.at),
                "errno": failure.errno,
                "text": failure.text,
                "mechanism": failure.mechanism,
            }}),
            Self::Ended { code, signal } => json!({ "ended": { "code": code, "signal": signal } }),
            Self::Closed { survivors, appeared, replaced, limits_hit } => json!({ "closed": {
                "survivors": survivors,
                "appeared": appeared.iter().map(Appeared::to_value).collect::<Vec<_>>(),
                "replaced": replaced.iter().map(|path| path_value(path)).collect::<Vec<_>>(),
                "limits_hit": limits_hit.iter().map(Hit::to_value).collect::<Vec<_>>(),
            }}),
        }
    }

    /// Reads one line; `None` when it is no message.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let (name, body) = value.as_object()?.iter().next()?;
        let mechanisms = || body.as_array()?.iter().map(Mechanism::from_value).collect::<Option<Vec<_>>>();
        let integer = |name: &str| match body.get(name)? {
            Value::Null => Some(None),
            other => i32::try_from(other.as_i64()?).ok().map(Some),
        };
        let text = |name: &str| body.get(name)?.as_str().map(str::to_owned);
        match name.as_str() {
            "watching" => {
                let watches = body.as_array()?.iter().map(Watch::from_value);
                watches.collect::<Option<_>>().map(Self::Watching)
            }
            "keeper" => Some(Self::Keeper(Identity {
                pid: u32::try_from(body.get(0)?.as_u64()?).ok()?,
                start: body.get(1)?.as_u64()?,
            })),
            "inside" => Some(Self::Inside(body.as_u64())),
            "noted" => Some(Self::Noted(Note {
                hit: Hit::from_value(body.get("hit")?)?,
                sure: body.get("sure")?.as_bool()?,
            })),
            "enforced" => mechanisms().map(Self::Enforced),
            "probed" => mechanisms().map(Self::Probed),
            "started" => Some(Self::Started),
            "failed" => Some(Self::Failed(Failure {
                step: text("step")?,
                at: path_from(body.get("at")?)?,
                errno: integer("errno")?,
                text: text("text")?,
                mechanism: text("mechanism"),
            })),
            "ended" => Some(Self::Ended { code: integer("code")?, signal: integer("signal")? }),
            "closed" => Some(Self::Closed {
                survivors: body.get("survivors")?.as_u64()?,
                appeared: body
                    .get("appeared")?
                    .as_array()?
                    .iter()
                    .map(Appeared::from_value)
                    .collect::<Option<_>>()?,
                replaced: body.get("replaced")?.as_array()?.iter().map(path_from).collect::<Option<_>>()?,
                limits_hit: body
                    .get("limits_hit")?
                    .as_array()?
                    .iter()
                    .map(Hit::from_value)
                    .collect::<Option<_>>()?,
            }),
            _ => None,
        }
    }
}

fn flags(value: &Value) -> Option<[bool; 3]> {
    let flags: Vec<bool> = value.as_array()?.iter().map(Value::as_bool).collect::<Option<_>>()?;
    flags.try_into().ok()
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

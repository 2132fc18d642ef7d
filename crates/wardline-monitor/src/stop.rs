//! Stopping a session: what runs is frozen, what it is doing is shown, then it ends or goes on.
//!
//! Nothing here asks the session's monitor, which may be what hangs: sessions are found by their private directories, their
//! processes by the keeper's note, and the kernel does the rest. Freezing and ending only take away, so they happen even when the
//! journal cannot be written (which is told); to let a session go on needs its row first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use wardline_audit::{self as audit, Entry, Kind};
use wardline_sandbox::{FreezeError, Identity, Process, Tree};

use crate::approvals::{Board, Question};
use crate::record::Body;
use crate::{MonitorError, Subject, World, memory, rundir, undo};

/// Calls of a session that are shown.
const LAST_CALLS: usize = 10;
/// How long it may take to find out what was changed; it must not keep a person from stopping.
const LOOK: Duration = Duration::from_secs(5);
/// How long the monitor of a session that was ended may take to end too.
const PATIENCE: Duration = Duration::from_secs(10);

/// A session that runs.
#[derive(Debug, Clone)]
pub struct Running {
    /// Its name in the journal; empty where the journal does not tell (yet, or because it cannot be read).
    pub session: String,
    /// The program that it was started with, as far as the journal tells.
    pub program: String,
    /// The directory that it works in.
    pub project: PathBuf,
    /// The process that watches over it.
    pub monitor: Identity,
    /// Since when it runs.
    pub since: SystemTime,
    /// Its memory's name, by which it is known without the journal.
    digest: String,
    tree: Tree,
    /// What was started beside its own program.
    beside: Vec<Tree>,
}

/// A call of a session, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When, in UTC.
    pub time: String,
    /// What was decided.
    pub decision: String,
    /// The permission, such as `bash`.
    pub permission: String,
    /// What it was about.
    pub target: String,
}

/// A file that is not what it was when the session began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The file, below the project.
    pub path: String,
    /// A, M or D.
    pub letter: &'static str,
    /// Whose doing it is: `agent`, `you`, `both` or `nobody`.
    pub by: &'static str,
}

/// What a session is doing.
#[derive(Debug)]
pub struct State {
    /// What runs, parents first.
    pub processes: Vec<Process>,
    /// Whether it is frozen.
    pub frozen: bool,
    /// Its last calls, the latest last.
    pub calls: Vec<Call>,
    /// What changed in its project since it began, or why that is not known.
    pub changes: Result<Vec<Changed>, String>,
    /// Its questions that wait for an answer.
    pub questions: Vec<Question>,
}

/// What is done to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Everything stops where it is.
    Freeze,
    /// Everything goes on.
    Resume,
    /// Everything ends.
    End,
}

impl Deed {
    /// The word for it in the journal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Freeze => "frozen",
            Self::Resume => "resumed",
            Self::End => "ended",
        }
    }
}

/// Why a session is not as a person wanted it.
#[derive(Debug)]
pub enum StopError {
    /// The kernel, or the processes themselves.
    Tree(FreezeError),
    /// What loosens has to be recorded first, and could not be.
    Record(MonitorError),
}

impl std::fmt::Display for StopError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tree(e) => e.fmt(f),
            Self::Record(e) => write!(f, "the session goes on only when that is on record: {e}"),
        }
    }
}

impl std::error::Error for StopError {}

/// What came of it.
#[derive(Debug)]
pub struct Done {
    /// Why it does not stand in the journal, should that be so.
    pub not_recorded: Option<MonitorError>,
    /// After an end: whether the session's monitor has ended too.
    pub monitor_ended: bool,
}

/// The sessions of a person that run now, the oldest first.
#[must_use]
pub fn running(world: &World) -> Vec<Running> {
    let boot = boot();
    let sessions = world.state.join("sessions");
    let (beside, own): (Vec<_>, Vec<_>) = rundir::all(&world.state)
        .into_iter()
        .partition(|(directory, _)| directory.join(rundir::BESIDE).exists());
    let mut all: Vec<Running> = own
        .into_iter()
        .filter_map(|(directory, monitor)| {
            let digest = digest_in(&directory, &sessions)?;
            let tree = Tree::of(&directory)?;
            let since = UNIX_EPOCH + Duration::from_secs(boot + tree.started() / TICKS);
            let project = tree.project.clone();
            let (session, program) = (String::new(), String::new());
            let of_it = beside.iter().filter(|(_, owner)| *owner == monitor);
            let beside = of_it.filter_map(|(directory, _)| Tree::of(directory)).collect();
            Some(Running { session, program, project, monitor, since, digest, tree, beside })
        })
        .collect();
    name(world, &mut all);
    all.sort_by_key(|one| (one.since, one.monitor.pid));
    all
}

/// The kernel's ticks in a second, as it tells them to programs, on every architecture that Wardline is built for.
const TICKS: u64 = 100;

/// When the system was started, in seconds since 1970.
fn boot() -> u64 {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("btime "));
    line.and_then(|line| line.trim().parse().ok()).unwrap_or_default()
}

/// The name of the memory that a session's directory leads to; `None` when it is none of this world's.
fn digest_in(directory: &Path, sessions: &Path) -> Option<String> {
    let link = std::fs::read_link(directory.join(rundir::MEMORY)).ok()?;
    let above = link.parent()?;
    let ours = above == sessions || above == Path::new("../../sessions");
    link.file_stem().filter(|_| ours).map(|stem| stem.to_string_lossy().into_owned())
}

/// Looks up what the sessions are called and what they were started with.
fn name(world: &World, all: &mut [Running]) {
    if all.is_empty() {
        return;
    }
    for entry in audit::read(&world.journal()).into_iter().flatten().flatten() {
        let begins = entry.kind == Kind::SessionStart || entry.kind == Kind::Intent;
        let pid = entry.session.rsplit('-').next().and_then(|pid| pid.parse::<u32>().ok());
        let named = all.iter_mut().filter(|one| Some(one.monitor.pid) == pid && begins);
        for one in named.filter(|one| one.session.is_empty() || one.program.is_empty()) {
            if memory::name_of(&entry.session) == one.digest {
                one.session.clone_from(&entry.session);
                if entry.kind == Kind::SessionStart {
                    one.program = text(&entry, "program");
                }
            }
        }
    }
}

fn text(entry: &Entry, key: &str) -> String {
    entry.body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Running {
    /// Whether a person means this session: by its name, or the number of the process that watches over it.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        memory::name_of(word) == self.digest || word.parse() == Ok(self.monitor.pid)
    }

    /// When it began, in UTC.
    #[must_use]
    pub fn begun(&self) -> String {
        humantime::format_rfc3339_seconds(self.since).to_string()
    }

    /// How long it has run, such as `3m 20s`.
    #[must_use]
    pub fn age(&self) -> String {
        let age = SystemTime::now().duration_since(self.since).unwrap_or_default();
        humantime::format_duration(Duration::from_secs(age.as_secs())).to_string()
    }

    /// Its name for a person.
    #[must_use]
    pub fn label(&self) -> String {
        if self.session.is_empty() { self.monitor.pid.to_string() } else { self.session.clone() }
    }

    fn trees(&self) -> impl Iterator<Item = &Tree> {
        std::iter::once(&self.tree).chain(&self.beside)
    }

    fn processes(&self) -> Vec<Process> {
        self.trees().flat_map(Tree::processes).collect()
    }

    /// Whether it is frozen.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.tree.is_frozen()
    }

    /// What it is doing.
    #[must_use]
    pub fn state(&self, world: &World) -> State {
        let (calls, checkpoint) = self.recorded(world);
        let mut questions = Board::at(&world.state).pending().unwrap_or_default();
        questions.retain(|question| question.session == self.session);
        State {
            processes: self.processes(),
            frozen: self.is_frozen(),
            calls,
            changes: self.changes(world, checkpoint),
            questions,
        }
    }

    /// Its last calls, and the checkpoint at which it began.
    fn recorded(&self, world: &World) -> (Vec<Call>, Option<u64>) {
        let mut calls = Vec::new();
        let mut checkpoint = None;
        for entry in audit::read(&world.journal()).into_iter().flatten().flatten() {
            if entry.session != self.session || entry.kind != Kind::Intent {
                continue;
            }
            checkpoint = checkpoint.or_else(|| entry.body.get("checkpoint").and_then(Value::as_u64));
            let targets = entry.body.get("targets").and_then(Value::as_array);
            let targets: Vec<&str> = targets.into_iter().flatten().filter_map(Value::as_str).collect();
            if calls.len() >= LAST_CALLS {
                calls.remove(0);
            }
            calls.push(Call {
                time: entry.time.clone(),
                decision: text(&entry, "decision"),
                permission: text(&entry, "permission"),
                target: targets.join("\n"),
            });
        }
        (calls, checkpoint)
    }

    /// What changed since it began. The store may be in the hands of a monitor that hangs, so it is not waited for.
    fn changes(&self, world: &World, checkpoint: Option<u64>) -> Result<Vec<Changed>, String> {
        let Some(since) = checkpoint else { return Err("it has no checkpoint".to_owned()) };
        let world = world.clone().in_project(self.project.clone());
        let (tell, told) = mpsc::channel();
        let look = move || {
            let looked = undo::look(&world, Some(since)).map(|(_, all)| {
                let changed = undo::worth(&all).map(|(place, reading)| Changed {
                    path: String::from_utf8_lossy(place).into_owned(),
                    letter: undo::letter(reading),
                    by: undo::by(reading),
                });
                changed.collect::<Vec<_>>()
            });
            tell.send(looked.map_err(|e| e.to_string())).ok();
        };
        let started = std::thread::Builder::new().name("changes".to_owned()).spawn(look);
        started.map_err(|e| e.to_string())?;
        told.recv_timeout(LOOK).unwrap_or_else(|_| {
            Err(format!("not known after {} s; `wardline changes` waits for it", LOOK.as_secs()))
        })
    }

    /// Freezes it, lets it go on or ends it, on the word of a person who gave it at `by`.
    ///
    /// # Errors
    /// [`StopError`].
    pub fn carry_out(&self, world: &World, deed: Deed, by: &str) -> Result<Done, StopError> {
        let done =
            |recorded: Result<(), MonitorError>| Done { not_recorded: recorded.err(), monitor_ended: false };
        match deed {
            Deed::Freeze => {
                // The session's own first: it begins nothing more then.
                let frozen = self.trees().try_for_each(Tree::freeze);
                let recorded = self.record(world, deed, by, frozen.as_ref().err());
                frozen.map(|()| done(recorded)).map_err(StopError::Tree)
            }
            Deed::Resume => {
                self.record(world, deed, by, None).map_err(StopError::Record)?;
                self.trees().try_for_each(Tree::thaw).map(|()| done(Ok(()))).map_err(StopError::Tree)
            }
            Deed::End => {
                let recorded = self.record(world, deed, by, None);
                self.trees().try_for_each(Tree::end).map_err(StopError::Tree)?;
                Ok(Done { monitor_ended: self.monitor_ends(), ..done(recorded) })
            }
        }
    }

    fn monitor_ends(&self) -> bool {
        let end = Instant::now() + PATIENCE;
        while self.monitor.is_alive() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        !self.monitor.is_alive()
    }

    fn record(
        &self,
        world: &World,
        deed: Deed,
        by: &str,
        failed: Option<&FreezeError>,
    ) -> Result<(), MonitorError> {
        let mut body = Body::new();
        body.insert("stop".into(), deed.as_str().into());
        body.insert("by".into(), by.into());
        body.insert("principal".into(), world.principal.clone().into());
        body.insert("processes".into(), self.processes().len().into());
        if let Some(why) = failed {
            body.insert("failed".into(), why.to_string().into());
        }
        let subject = Subject::local(&self.label());
        undo::for_the_record(world)?.append(&subject, Kind::Override, None, body).map(drop)
    }

    /// It and what it is doing, for programs.
    #[must_use]
    pub fn to_value(&self, state: &State) -> Value {
        let processes = state.processes.iter().map(|one| {
            json!({"pid": one.identity.pid, "parent": one.parent, "name": one.name, "command": one.command})
        });
        let calls = state.calls.iter().map(|call| {
            json!({"time": call.time, "decision": call.decision, "permission": call.permission, "target": call.target})
        });
        let changed = |all: &Vec<Changed>| {
            all.iter()
                .map(|one| json!({"path": one.path, "change": one.letter, "by": one.by}))
                .collect::<Value>()
        };
        json!({
            "session": self.session,
            "program": self.program,
            "project": self.project.to_string_lossy(),
            "monitor": self.monitor.pid,
            "since": self.begun(),
            "frozen": state.frozen,
            "processes": processes.collect::<Value>(),
            "calls": calls.collect::<Value>(),
            "changes": state.changes.as_ref().ok().map(changed),
            "changes_unknown": state.changes.as_ref().err(),
            "questions": state.questions,
        })
    }
}

/// How many of the changes are of each kind, such as `2 A, 1 M`.
#[must_use]
pub fn counted(changes: &[Changed]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    changes.iter().for_each(|one| *counts.entry(one.letter).or_default() += 1);
    counts.iter().map(|(letter, count)| format!("{count} {letter}")).collect::<Vec<_>>().join(", ")
}

//! Proof by attack: the sandbox's attack suite, behind the very confinement that a command of this project would get.
//!
//! The bait has a home and a project of its own, so no file of the user's is touched; the policy is the one that holds
//! here, with every source that a session in this project would read. Each attempt goes the way of `exec`, from the
//! lowering to the clean-up, in a process of its own that is given as words to the suite.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use wardline_audit::{Journal, JournalError};
use wardline_sandbox::Ended;
use wardline_sandbox::attack::{AttackError, Bait, Behind, Outcome, Report, attack};

use crate::record::{self, Body};
use crate::session::{self, Guard, SessionError};
use crate::sources::{self, Choice};
use crate::{Monitor, MonitorError, Subject, World, WorldError};

/// Why nothing could be proved.
#[derive(Debug)]
pub enum ProofError {
    /// The suite could not be run.
    Attack(AttackError),
    /// The monitor could not be opened, or the result not be recorded.
    Monitor(MonitorError),
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attack(e) => e.fmt(f),
            Self::Monitor(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for ProofError {}

impl From<MonitorError> for ProofError {
    fn from(e: MonitorError) -> Self {
        Self::Monitor(e)
    }
}

/// Attacks what a command in this project would be confined by, and records the score. `session` are the words that
/// start a process which calls [`confined_attempt`]; its arguments follow them.
///
/// # Errors
/// [`ProofError`]; a door that could not be tried is in the report.
pub fn prove(
    monitor: &Monitor,
    session: &[OsString],
    filter: &str,
    told: impl FnMut(&Outcome),
) -> Result<Report, ProofError> {
    let world = monitor.world();
    let subject = Subject::local(&session::session_name("attack"));
    let mut body = Body::new();
    body.insert("decision".into(), "allow".into());
    body.insert("permission".into(), "attack".into());
    body.insert("targets".into(), vec!["the attack suite"].into());
    body.insert(
        "reasons".into(),
        vec![record::principal("`wardline doctor --attack` on the principal's command line")].into(),
    );
    let permit = monitor.launch(&subject, body)?;
    let mut words = session.to_vec();
    words.extend(
        [&world.cwd, &world.home, &world.config, &world.state].map(|path| path.clone().into_os_string()),
    );
    let report = Bait::lay().map_err(AttackError::System).and_then(|bait| {
        attack(&bait, &Behind::Own(&words), &bait.environment(&world.environment), filter, told)
    });
    let mut body = Body::new();
    match &report {
        Ok(report) => {
            let (stopped, tried) = report.score();
            body.insert("stopped".into(), stopped.into());
            body.insert("tried".into(), tried.into());
            body.insert("open".into(), report.open().map(|outcome| outcome.probe.id).collect());
        }
        Err(e) => {
            body.insert("started".into(), false.into());
            body.insert("text".into(), e.to_string().into());
        }
    }
    monitor.settle(&subject, permit, body)?;
    report.map_err(ProofError::Attack)
}

/// Attacks another wrapper with the same doors, for comparison. Nothing of Wardline's is involved, so nothing is
/// recorded.
///
/// # Errors
/// [`AttackError`], for one when this process is root.
pub fn compare(
    world: &World,
    wrapper: &[OsString],
    filter: &str,
    told: impl FnMut(&Outcome),
) -> Result<Report, AttackError> {
    let bait = Bait::lay()?;
    attack(&bait, &Behind::Other(wrapper), &bait.environment(&world.environment), filter, told)
}

/// Why one attempt could not be made.
#[derive(Debug)]
pub enum AttemptError {
    /// The words do not name a world.
    World(WorldError),
    /// There is no usable policy or journal.
    Monitor(MonitorError),
    /// The actor could not be started.
    Session(SessionError),
}

impl fmt::Display for AttemptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::World(e) => e.fmt(f),
            Self::Monitor(e) => e.fmt(f),
            Self::Session(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for AttemptError {}

impl From<JournalError> for AttemptError {
    fn from(e: JournalError) -> Self {
        Self::Monitor(e.into())
    }
}

/// One attempt: runs the actor as `exec` would run a command, in the bait that this process was started in, under the
/// policy of the world that `words` name (see [`prove`]); the actor's own words follow those.
///
/// # Errors
/// [`AttemptError`]; nothing was started.
pub fn confined_attempt(bait: World, words: &[OsString]) -> Result<Ended, AttemptError> {
    let (places, argv) = words.split_at_checked(4).unwrap_or((&[], &[]));
    let [cwd, home, config, state] = places else { return Err(AttemptError::World(WorldError::NoHome)) };
    let mut environment = bait.environment.clone();
    environment.insert("HOME".to_owned(), home.to_string_lossy().into_owned());
    let mut real =
        World::new(environment, &PathBuf::from(cwd), bait.executable.clone()).map_err(AttemptError::World)?;
    (real.config, real.state) = (PathBuf::from(config), PathBuf::from(state));
    let policy = sources::policy(&real, &Choice::default())
        .map_err(|e| AttemptError::Monitor(MonitorError::Policy(e)))?;
    let journal = Journal::open(&bait.journal())?;
    let executable = bait.executable.clone();
    let monitor = Arc::new(Monitor::with(bait, policy, journal));
    let mut guard = Guard { argv: argv.to_vec(), ..Guard::default() };
    // The actor is this binary, which lies where the bait's session would not look.
    guard.profile.readable.push(executable);
    session::exec_for_the_principal(&monitor, &guard).map_err(AttemptError::Session)
}

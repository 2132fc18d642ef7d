//! What a person sees of an agent's changes, and how they are taken back: looked at, shown, confirmed, recorded, done.
//!
//! The command line and the page in the browser are two faces of this. A revert happens as it was shown or not at all.

use std::fmt;

use serde_json::{Map, Value};
use wardline_audit::Kind;
use wardline_checkpoint::history::Reading;
use wardline_checkpoint::plan::{Plan, Step};
use wardline_checkpoint::{Cause, Changes, CheckpointError, Choice, Occasion, Place, Reverted, Store, lines};

use crate::quarantine::{self, Held};
use crate::{Monitor, MonitorError, Subject, World, checkpoints, sources};

/// Takes a checkpoint of what is there now, and reads what changed since the checkpoint `since`, or since the last session
/// began.
///
/// # Errors
/// [`CheckpointError`].
pub fn look(world: &World, since: Option<u64>) -> Result<(Store, Changes), CheckpointError> {
    let mut store = checkpoints::open(world)?;
    let since = since.map_or_else(|| store.beginning(), Ok)?;
    let cause = checkpoints::asked(&store, "wardline changes")?;
    store.capture(&cause)?;
    let all = store.changes(since)?;
    Ok((store, all))
}

/// The changes to this project's trap files that wait for a person.
#[must_use]
pub fn held(world: &World) -> Vec<Held> {
    quarantine::list(world).into_iter().filter(|held| held.path.starts_with(&world.project)).collect()
}

/// What became of a place: A, M, D, or `-` when it is as it was.
#[must_use]
pub fn letter(reading: &Reading) -> &'static str {
    match (&reading.before, &reading.now) {
        (None, Some(_)) => "A",
        (Some(_), None) => "D",
        (before, now) if before == now => "-",
        _ => "M",
    }
}

/// Whose doing it is.
#[must_use]
pub fn by(reading: &Reading) -> &'static str {
    match (reading.agent(), reading.person) {
        (true, true) => "both",
        (true, false) => "agent",
        (false, true) => "you",
        (false, false) => "nobody",
    }
}

/// What is worth a line: what an agent or the person has left there.
pub fn worth(all: &Changes) -> impl Iterator<Item = (&Place, &Reading)> {
    all.readings.iter().filter(|(_, reading)| reading.before != reading.now || reading.agent())
}

/// How many lines were added and removed at a place; `None` where it is no text.
#[must_use]
pub fn counts(store: &Store, all: &Changes, reading: &Reading) -> Option<(usize, usize)> {
    let (old, new) = (all.text(store, reading.before.as_ref())?, all.text(store, reading.now.as_ref())?);
    Some(lines::count(&lines::diff(&lines::lines(&old), &lines::lines(&new))))
}

/// What a step does to its place: A, M or D.
#[must_use]
pub fn step_letter(step: &Step) -> &'static str {
    match (&step.old, &step.new) {
        (None, _) => "A",
        (_, None) => "D",
        _ => "M",
    }
}

/// A revert as it is shown to a person, before they say yes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The checkpoint from which on changes are taken back.
    pub since: u64,
    /// Which of them.
    pub choice: Choice,
    /// What would be done, and what would be left.
    pub plan: Plan,
}

/// Why a revert was not done; nothing was changed.
#[derive(Debug)]
pub enum UndoError {
    /// The store cannot be used.
    Checkpoint(CheckpointError),
    /// The project is not what it was when the revert was shown.
    ChangedMeanwhile,
    /// The revert could not be recorded, and what the journal does not know of must not happen.
    Record(MonitorError),
}

impl fmt::Display for UndoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint(e) => e.fmt(f),
            Self::ChangedMeanwhile => {
                f.write_str("the project was changed meanwhile; nothing was reverted, try again")
            }
            Self::Record(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for UndoError {}

impl From<CheckpointError> for UndoError {
    fn from(e: CheckpointError) -> Self {
        Self::Checkpoint(e)
    }
}

/// What a revert would do. Nothing is changed.
///
/// # Errors
/// [`CheckpointError`].
pub fn prepare(world: &World, since: Option<u64>, choice: Choice) -> Result<Prepared, CheckpointError> {
    let (store, changes) = look(world, since)?;
    let plan = store.preview(&changes, &choice);
    Ok(Prepared { since: changes.since.number, choice, plan })
}

/// What taking the last revert back would do.
///
/// # Errors
/// [`CheckpointError::Empty`] when nothing was reverted, and others.
pub fn prepare_undo(world: &World) -> Result<Prepared, CheckpointError> {
    let before = checkpoints::open(world)?.before_last_revert()?;
    prepare(world, Some(before), Choice::All)
}

/// Does what was shown, when the project still is what it was then, and the journal knows.
///
/// # Errors
/// [`UndoError`]; nothing was changed then.
pub fn carry_out(world: &World, prepared: &Prepared) -> Result<Reverted, UndoError> {
    let (mut store, now) = look(world, Some(prepared.since))?;
    if store.preview(&now, &prepared.choice) != prepared.plan {
        return Err(UndoError::ChangedMeanwhile);
    }
    // The record comes first: what the journal does not know of must not happen.
    record(world, prepared).map_err(UndoError::Record)?;
    let asked = checkpoints::asked(&store, "wardline revert")?;
    let cause = Cause { occasion: Occasion::BeforeRestore, ..asked };
    Ok(store.revert(prepared.since, &prepared.choice, &cause)?)
}

fn record(world: &World, prepared: &Prepared) -> Result<(), MonitorError> {
    const LISTED: usize = 1000;
    let plan = &prepared.plan;
    let monitor = for_the_record(world)?;
    let mut body: Map<String, Value> = Map::new();
    body.insert("reverted_to".into(), prepared.since.into());
    body.insert("project".into(), world.project.to_string_lossy().into());
    let steps = plan
        .steps
        .iter()
        .map(|step| format!("{} {}", step_letter(step), String::from_utf8_lossy(&step.place)));
    body.insert("changes".into(), steps.take(LISTED).collect());
    body.insert("conflicts".into(), plan.conflicts.len().into());
    body.insert("principal".into(), world.principal.clone().into());
    monitor.append(&Subject::local("revert"), Kind::Override, None, body)?;
    Ok(())
}

/// A monitor for what a person does by hand. Its policy is built without the project's files: they may be what the person
/// is about to take back.
///
/// # Errors
/// [`MonitorError`] when the journal cannot be written, among others.
pub fn for_the_record(world: &World) -> Result<Monitor, MonitorError> {
    let elsewhere = world.clone().in_project(world.state.clone());
    Monitor::open(elsewhere, &sources::Choice::default(), false)
}

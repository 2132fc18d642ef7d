//! A command that runs first and is asked about then: over an overlay, so that the project stays as it is until somebody has seen what
//! the command really did to it. On a yes all of it is taken over, with the care of a revert; otherwise all of it is dropped.
//!
//! The command itself is decided as any other, by the policy without its supervised preset: what that preset asks about is each
//! change, and the changes are what is asked about afterwards, by the policy with it.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wardline_checkpoint::plan::{Plan, Step};
use wardline_checkpoint::{
    Author, Cause, CheckpointError, Hunks, Node, Occasion, Rehearsal, Store, lines, merge::Contents as _,
    remove_overlay,
};
use wardline_policy::{Access, Preset};
use wardline_sandbox::{Ahead, Identity};

use super::{Finished, Guard, SessionError, command_line, exec, manifest, session_name, set_up};
use crate::approvals::{Change, Mode, Proposed};
use crate::approve::Approver;
use crate::monitor::{Authorization, Monitor, MonitorError};
use crate::record::{self, Body};
use crate::sources::{self, Choice};
use crate::{Action, Subject, World, checkpoints, traps, undo};

/// Files of which a question shows the difference; it names every place.
const LISTED: usize = 500;

/// One place that a command changed.
#[derive(Debug)]
pub struct Piece {
    /// The place.
    pub place: Vec<u8>,
    /// A, M or D.
    pub letter: &'static str,
    /// The modes before and after, where both are files or directories and they differ.
    pub modes: Option<(u32, u32)>,
    /// How the text changes, where it is one.
    pub hunks: Option<Hunks>,
    /// Where a symbolic link that is left there leads.
    pub target: Option<Vec<u8>>,
    /// What runs this file later on the host, for files of that kind.
    pub runs: Option<&'static str>,
}

/// What a person is shown before they are asked.
#[derive(Debug)]
pub struct Shown {
    /// Every place that would change.
    pub pieces: Vec<Piece>,
    /// Places that are left out, and that nobody will miss.
    pub left_out: Vec<Vec<u8>>,
    /// The exit code of the command.
    pub code: u8,
}

/// What came of a rehearsed command.
#[derive(Debug)]
pub struct Rehearsed {
    /// How the command ended.
    pub finished: Finished,
    /// How many places were changed; none when the command changed nothing.
    pub taken: usize,
}

/// The directory of one overlay, on the host and out of reach of what runs; gone at the end.
struct Layer(PathBuf);

impl Layer {
    /// Makes one, and removes those of processes that are gone.
    fn make(state: &Path, session: &str) -> std::io::Result<Self> {
        let all = state.join("overlays");
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&all)?;
        for entry in all.read_dir()?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let owner = name.split_once('+').and_then(|(owner, _)| Identity::parse(owner));
            if owner.is_some_and(|owner| !owner.is_alive()) {
                remove_overlay(&entry.path())?;
            }
        }
        let layer = Self(all.join(format!("{}+{session}", Identity::own().word())));
        for name in ["upper", "work"] {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(layer.0.join(name))?;
        }
        // The upper directory stands for the project itself, whose mode is not its own.
        std::fs::set_permissions(layer.0.join("upper"), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        Ok(layer)
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        // What stays is removed by the next one.
        remove_overlay(&self.0).ok();
    }
}

/// The monitors of a rehearsal: by whose policy the command is decided, and by whose what it did.
fn monitors(world: &World, choice: &Choice) -> Result<[Arc<Monitor>; 2], SessionError> {
    let policy = sources::policy(world, choice).map_err(MonitorError::Policy)?;
    if policy.preset() == Preset::Readonly {
        return Err(SessionError::NothingToTake);
    }
    // Also where a person switched the mode: whoever watches closely is asked once, about what was done.
    let by = |preset| {
        let choice = Choice { preset: Some(preset), ..choice.clone() };
        let monitor = Monitor::open(world.clone(), &choice, true)?;
        Ok::<_, MonitorError>(Arc::new(monitor.in_mode(Mode::of(preset))))
    };
    Ok([by(Preset::Autopilot)?, by(Preset::Supervised)?])
}

/// Runs one command over an overlay; `show` is given what it did before `approver` is asked about it.
///
/// # Errors
/// [`SessionError`]; nothing of the project was changed then.
pub fn rehearse(
    world: &World,
    choice: &Choice,
    guard: &Guard,
    ahead: Option<Ahead>,
    approver: &dyn Approver,
    show: &dyn Fn(&Shown),
) -> Result<Rehearsed, SessionError> {
    let [running, taking] = monitors(world, choice)?;
    let subject = Subject { agent: guard.agent().to_owned(), ..Subject::local(&session_name("rehearsal")) };
    let layer = Layer::make(&world.state, &subject.session).map_err(set_up("the overlay's directory"))?;
    let guard = Guard { overlay: Some(layer.0.clone()), ..guard.clone() };
    let label = command_line(&guard.argv);
    let begun = begin(world, &subject, &label).map_err(MonitorError::Checkpoint)?;
    let bounds = manifest(running.policy(), world, &guard, false)?;
    let finished = exec(&running, &guard, ahead, approver)?;
    let seen = Seen::look(world, &layer, begun).map_err(MonitorError::Checkpoint)?;
    if seen.rehearsal.changes.is_empty() && seen.plan.conflicts.is_empty() {
        return Ok(Rehearsed { finished, taken: 0 });
    }
    seen.check(world, bounds.confinement())?;
    show(&Shown {
        pieces: seen.pieces,
        left_out: seen.rehearsal.left_out.clone(),
        code: finished.ended.exit_code(),
    });
    let action = action(world, &seen.plan, &seen.rehearsal, &subject);
    let permit = match taking.authorize(&subject, &action, approver)? {
        Authorization::Grant { permit, .. } => permit,
        Authorization::HostAsks { verdict } => {
            return Err(SessionError::Refused { verdict: Box::new(verdict), unanswered: None });
        }
        Authorization::Refuse { verdict, unanswered } => {
            return Err(SessionError::Refused { verdict: Box::new(verdict), unanswered });
        }
    };
    let taken = take_over(world, &subject, &label, (&seen.rehearsal, &seen.plan));
    let mut body = Body::new();
    let steps = seen.plan.steps.iter().map(line);
    match &taken {
        Ok(number) => {
            body.insert("checkpoint".into(), (*number).into());
            body.insert("changes".into(), record::listed(steps));
        }
        Err(e) => drop(body.insert("text".into(), e.to_string().into())),
    }
    taking.settle(&subject, permit, body)?;
    taken.map_err(MonitorError::Checkpoint)?;
    Ok(Rehearsed { finished, taken: seen.plan.steps.len() })
}

/// The checkpoint at which a rehearsal begins: what it will be seen over.
fn begin(world: &World, subject: &Subject, label: &str) -> Result<u64, CheckpointError> {
    let mut store = checkpoints::open(world)?;
    if store.is_over()? {
        store.prune(None)?;
    }
    let cause = Cause { occasion: Occasion::Start, ..cause(&store, subject, label)? };
    Ok(store.capture(&cause)?.checkpoint.number)
}

fn cause(store: &Store, subject: &Subject, label: &str) -> Result<Cause, CheckpointError> {
    let asked = checkpoints::asked(store, label)?;
    Ok(Cause { session: subject.session.clone(), ..asked })
}

fn take_over(
    world: &World,
    subject: &Subject,
    label: &str,
    (rehearsal, plan): (&Rehearsal, &Plan),
) -> Result<u64, CheckpointError> {
    let mut store = checkpoints::open(world)?;
    let cause = Cause { author: Author::Agent, ..cause(&store, subject, label)? };
    store.take_over(rehearsal, plan, &cause)
}

/// What a command did, over the project as it is now.
struct Seen {
    rehearsal: Rehearsal,
    plan: Plan,
    pieces: Vec<Piece>,
}

impl Seen {
    /// Looks, and names what the person changed meanwhile at the same places as a conflict.
    fn look(world: &World, layer: &Layer, begun: u64) -> Result<Self, CheckpointError> {
        let mut store = checkpoints::open(world)?;
        let asked = checkpoints::asked(&store, "what a command did")?;
        store.capture(&asked)?;
        let meanwhile = store.changes(begun)?;
        let rehearsal = store.rehearsed(&layer.0.join("upper"))?;
        let mut plan = store.fit(&rehearsal);
        let both = rehearsal.changes.keys().filter(|place| meanwhile.readings.contains_key(*place));
        let why = "it was changed in the project while the command ran";
        plan.conflicts.extend(both.map(|place| (place.clone(), why.to_owned())));
        let table = traps::Table::new(&[]);
        let pieces = plan.steps.iter().map(|step| piece(&store, &rehearsal, &table, step)).collect();
        Ok(Self { rehearsal, plan, pieces })
    }

    /// Whether all of it can be taken over: nothing in the way, and nothing at places that are kept from whatever runs.
    fn check(&self, world: &World, bounds: &wardline_sandbox::Confinement) -> Result<(), SessionError> {
        let shown = |place: &[u8]| String::from_utf8_lossy(place).into_owned();
        let mut stuck: Vec<(String, String)> =
            self.plan.conflicts.iter().map(|(place, why)| (shown(place), why.clone())).collect();
        let kept: Vec<&PathBuf> = bounds.pinned.iter().chain(&bounds.masked).collect();
        for step in &self.plan.steps {
            let path = world.project.join(std::ffi::OsStr::from_bytes(&step.place));
            // Also a directory that goes with what is kept in it.
            let is_kept = |kept: &&&PathBuf| {
                path.starts_with(kept)
                    || (kept.starts_with(&path) && !step.new.as_ref().is_some_and(Node::is_directory))
            };
            if kept.iter().any(|path| is_kept(&path)) {
                stuck.push((shown(&step.place), "it is kept from whatever runs".to_owned()));
            }
        }
        if stuck.is_empty() { Ok(()) } else { Err(SessionError::NotTaken(stuck)) }
    }
}

fn piece(store: &Store, rehearsal: &Rehearsal, table: &traps::Table, step: &Step) -> Piece {
    let text = |node: Option<&Node>| -> Option<Arc<[u8]>> {
        match node {
            None => Some(Arc::from(&[][..])),
            Some(Node::File { digest, .. }) => {
                let content = rehearsal.read(digest).or_else(|| store.read(digest))?;
                (!content.contains(&0)).then_some(content)
            }
            Some(_) => None,
        }
    };
    let is_file = |node: Option<&Node>| matches!(node, Some(Node::File { .. }));
    let either = is_file(step.old.as_ref()) || is_file(step.new.as_ref());
    let hunks = text(step.old.as_ref()).zip(text(step.new.as_ref())).filter(|_| either);
    let hunks = hunks.map(|(without, now)| {
        let hunks = lines::diff(&lines::lines(&without), &lines::lines(&now));
        Hunks { without, now, hunks }
    });
    let path = Path::new(std::ffi::OsStr::from_bytes(&step.place));
    let directory = step.new.as_ref().is_some_and(Node::is_directory);
    let runs = table.find(path, directory).map(|trap| trap.runs);
    let mode = |node: &Node| match node {
        Node::File { mode, .. } | Node::Directory { mode } => Some(*mode),
        _ => None,
    };
    let modes = step.old.as_ref().and_then(mode).zip(step.new.as_ref().and_then(mode));
    let modes = modes.filter(|(old, new)| old != new);
    let target = match &step.new {
        Some(Node::Link { target }) => Some(target.clone()),
        _ => None,
    };
    Piece { place: step.place.clone(), letter: undo::step_letter(step), modes, hunks, target, runs }
}

/// A step in words: what becomes of its place.
fn line(step: &Step) -> String {
    let place = String::from_utf8_lossy(&step.place);
    match (&step.old, &step.new) {
        (_, Some(Node::Link { target })) => {
            format!("{} {place} -> {}", undo::step_letter(step), String::from_utf8_lossy(target))
        }
        (_, Some(Node::File { mode, .. } | Node::Directory { mode })) => {
            format!("{} {place} ({mode:o})", undo::step_letter(step))
        }
        _ => format!("{} {place}", undo::step_letter(step)),
    }
}

/// What is asked about: an edit of all these places, bound to exactly this content by its digest.
fn action(world: &World, plan: &Plan, rehearsal: &Rehearsal, subject: &Subject) -> Action {
    let name = |step: &Step| String::from_utf8_lossy(&step.place).into_owned();
    let text = |step: &Step| match &step.new {
        None => Some(String::new()),
        Some(Node::File { digest, .. }) => String::from_utf8(rehearsal.read(digest)?.to_vec()).ok(),
        Some(_) => None,
    };
    let is_file = |step: &&Step| !step.old.as_ref().or(step.new.as_ref()).is_some_and(Node::is_directory);
    let proposed = |step: &Step| Some(Proposed { path: name(step), change: Change::Whole(text(step)?) });
    let access = |step: &Step| if step.new.is_none() { Access::Delete } else { Access::Write };
    let changes = plan.steps.iter().filter(is_file).take(LISTED).filter_map(proposed).collect();
    let digest = crate::trust::hex(&rehearsal.digest());
    Action {
        permission: "edit".to_owned(),
        targets: plan.steps.iter().map(name).collect(),
        paths: plan.steps.iter().map(|step| (access(step), name(step))).collect(),
        changes,
        cwd: Some(world.project.clone()),
        tool: format!("overlay {digest}"),
        call: Some(format!("take-over-{}", subject.session)),
        ..Action::default()
    }
}

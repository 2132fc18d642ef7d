//! Checkpoints of a guarded session: at its beginning and end, and around every effect that may write.
//!
//! What changes between two records is the person's, what changes from before an effect to after it is the agent's. An edit that
//! names its files is recorded by these files alone; anything else that may write, by the whole workspace.

use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use wardline_checkpoint::{Author, Cause, CheckpointError, Limits, Now, Occasion, Place, Store, Taken};
use wardline_policy::Access;
use wardline_shell as shell;

use crate::{Action, Subject, World};

/// How long an effect whose end is never reported counts as going on.
const LONGEST: Duration = Duration::from_secs(600);

/// Opens the store of the world's project.
///
/// # Errors
/// [`CheckpointError`], also when another process works in it for long.
pub fn open(world: &World) -> Result<Store, CheckpointError> {
    let directory = Store::place_of(&world.state.join("checkpoints"), &world.project);
    let now = Now { text: crate::now(), at: SystemTime::now() };
    Store::open(&directory, &world.project, Limits::default(), now)
}

/// What brings a checkpoint about that a person asks for.
///
/// # Errors
/// [`CheckpointError`] when the store cannot be read.
pub fn asked(store: &Store, label: &str) -> Result<Cause, CheckpointError> {
    let author = store.author_now()?;
    let session = String::new();
    Ok(Cause { author, occasion: Occasion::Asked, session, label: label.to_owned(), time: crate::now() })
}

/// Takes the checkpoints of one session; does nothing until it has begun.
#[derive(Debug, Default)]
pub(crate) struct Keeper(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    begun: bool,
    /// Effects of which no end was reported: the call, when, and whether it surely began.
    effects: Vec<(String, Instant, bool)>,
}

/// What an action may write.
enum Reach {
    Nothing,
    Places(Vec<Place>),
    Everything,
}

impl Keeper {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The checkpoint at which a session begins. `watched` says whether its effects will be seen one by one.
    pub(crate) fn begin(
        &self,
        world: &World,
        subject: &Subject,
        label: &str,
        watched: bool,
    ) -> Result<u64, CheckpointError> {
        let mut store = open(world)?;
        if store.is_over()? {
            store.prune(None)?;
        }
        let author = store.author_now()?;
        let occasion = if watched { Occasion::Start } else { Occasion::StartUnwatched };
        let taken = store.capture(&cause(author, occasion, subject, label))?;
        self.open().begun = watched;
        Ok(taken.checkpoint.number)
    }

    /// The checkpoint at which a session ends.
    pub(crate) fn end(
        &self,
        world: &World,
        subject: &Subject,
        label: &str,
        watched: bool,
    ) -> Result<u64, CheckpointError> {
        let open_effects = {
            let mut open = self.open();
            let going_on = open.going_on();
            open.begun = false;
            going_on
        };
        let author = if watched && !open_effects { Author::Person } else { Author::Agent };
        let taken = open(world)?.capture(&cause(author, Occasion::End, subject, label))?;
        Ok(taken.checkpoint.number)
    }

    /// The checkpoint before an effect. `sure` says that it will happen, without a further question.
    pub(crate) fn before(
        &self,
        world: &World,
        subject: &Subject,
        action: &Action,
        call: &str,
        analysis: Option<&shell::Analysis>,
        sure: bool,
    ) -> Result<Option<u64>, CheckpointError> {
        let author = {
            let mut open = self.open();
            if !open.begun {
                return Ok(None);
            }
            if open.going_on() { Author::Agent } else { Author::Person }
        };
        // What is asked about may be refused, and then nothing begins.
        let occasion = if sure { Occasion::Before } else { Occasion::Asked };
        let reach = reach(world, action, analysis);
        let taken = take(world, &reach, &cause(author, occasion, subject, &label(action)))?;
        if taken.is_some() {
            self.open().effects.push((call.to_owned(), Instant::now(), sure));
        }
        Ok(taken.map(|taken| taken.checkpoint.number))
    }

    /// The checkpoint after an effect.
    pub(crate) fn after(
        &self,
        world: &World,
        subject: &Subject,
        action: &Action,
        call: &str,
    ) -> Result<Option<u64>, CheckpointError> {
        {
            let mut open = self.open();
            let before = open.effects.len();
            open.effects.retain(|(other, ..)| other != call);
            // What only looks was not recorded before, and is not after.
            if !open.begun || open.effects.len() == before {
                return Ok(None);
            }
        }
        let reach = reach(world, action, None);
        let taken = take(world, &reach, &cause(Author::Agent, Occasion::After, subject, &label(action)))?;
        Ok(taken.map(|taken| taken.checkpoint.number))
    }
}

impl Open {
    /// Whether an effect goes on; one that is never ended is forgotten after a while.
    fn going_on(&mut self) -> bool {
        self.effects.retain(|(_, begun, _)| begun.elapsed() < LONGEST);
        self.effects.iter().any(|(_, _, sure)| *sure)
    }
}

fn cause(author: Author, occasion: Occasion, subject: &Subject, label: &str) -> Cause {
    Cause { author, occasion, session: subject.session.clone(), label: label.to_owned(), time: crate::now() }
}

/// The action in a few words.
fn label(action: &Action) -> String {
    const LONGEST: usize = 200;
    let text = format!("{} {}", action.tool, action.targets.join(" "));
    text.chars().take(LONGEST).collect()
}

fn take(world: &World, reach: &Reach, cause: &Cause) -> Result<Option<Taken>, CheckpointError> {
    match reach {
        Reach::Nothing => Ok(None),
        Reach::Places(places) => open(world)?.capture_places(cause, places).map(Some),
        Reach::Everything => open(world)?.capture(cause).map(Some),
    }
}

/// What an action may write. Doubt counts as everything.
fn reach(world: &World, action: &Action, analysis: Option<&shell::Analysis>) -> Reach {
    /// Tools that change no file themselves. What a sub-agent does comes by its own calls.
    const LOOKING: [&str; 12] = [
        "read",
        "grep",
        "glob",
        "list",
        "webfetch",
        "websearch",
        "codesearch",
        "todowrite",
        "todoread",
        "lsp",
        "task",
        "question",
    ];
    if LOOKING.contains(&action.permission.as_str()) {
        return Reach::Nothing;
    }
    if action.script.is_some() {
        let looks = |analysis: &shell::Analysis| {
            analysis.doubts.is_empty()
                && analysis.commands.iter().all(|command| command.grade == shell::Grade::Looks)
        };
        return if analysis.is_some_and(looks) { Reach::Nothing } else { Reach::Everything };
    }
    let written = action.paths.iter().filter(|(access, _)| matches!(access, Access::Write | Access::Delete));
    let places: Option<Vec<Place>> = written.map(|(_, path)| place(world, action, path)).collect();
    match places {
        Some(places) if !places.is_empty() && action.doubts.is_empty() => Reach::Places(places),
        _ => Reach::Everything,
    }
}

/// A path of an action relative to the project; `None` when it lies outside or cannot be told.
fn place(world: &World, action: &Action, path: &str) -> Option<Place> {
    use std::os::unix::ffi::OsStrExt as _;
    let cwd = action.cwd.as_ref().map_or_else(|| world.cwd.clone(), |cwd| world.cwd.join(cwd));
    let mut whole = PathBuf::new();
    for component in cwd.join(path).components() {
        match component {
            Component::ParentDir => drop(whole.pop()),
            Component::CurDir => {}
            other => whole.push(other),
        }
    }
    // Links above it are followed as the tool will follow them; what is not there yet has none.
    let there =
        whole.ancestors().skip(1).find_map(|above| Some((above.canonicalize().ok()?, above.to_path_buf())));
    let (real, above) = there?;
    let whole = real.join(whole.strip_prefix(above).ok()?);
    if whole.is_symlink() {
        return None;
    }
    let inside = whole.strip_prefix(&world.project).ok().filter(|inside| *inside != Path::new(""))?;
    Some(inside.as_os_str().as_bytes().to_vec())
}

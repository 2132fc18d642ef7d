//! Checkpoints of a session: at its beginning and end, and around every effect that may write.
//!
//! What changes between two records is the person's, what changes from before an effect to after it is the agent's. An edit that
//! names its files is recorded by these files alone; anything else that may write, by the whole workspace.
//!
//! With hooks alone each call is a process of its own: which effects go on stands in the session's memory, and a checkpoint has
//! little time, because a hook that is late is a hook that blocks. One that cannot be taken there is told in the journal's row, and the
//! effect goes on.

use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use wardline_checkpoint::{Author, Cause, CheckpointError, Limits, Now, Occasion, Place, Store, Taken};
use wardline_policy::Access;
use wardline_shell as shell;

use crate::memory::{self, Effect};
use crate::{Action, MonitorError, Subject, World};

/// How long an effect whose end is never reported counts as going on, in milliseconds.
const LONGEST: u64 = 600_000;
/// How long a checkpoint may take while an agent waits for its hook: well below the hook's own deadline.
const IN_A_HOOK: Duration = Duration::from_secs(4);

/// The directory that holds the stores of all projects.
#[must_use]
pub fn directory(world: &World) -> PathBuf {
    world.state.join("checkpoints")
}

/// Opens the store of the world's project.
///
/// # Errors
/// [`CheckpointError`], also when another process works in it for long.
pub fn open(world: &World) -> Result<Store, CheckpointError> {
    open_with(world, Limits::default())
}

fn open_with(world: &World, limits: Limits) -> Result<Store, CheckpointError> {
    let place = Store::place_of(&directory(world), &world.project);
    let now = Now { text: crate::now(), at: SystemTime::now() };
    Store::open(&place, &world.project, limits, now)
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

/// Takes the checkpoints of one session.
#[derive(Debug, Default)]
pub(crate) struct Keeper(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    watch: Watch,
    effects: Vec<Effect>,
}

/// What a keeper watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Watch {
    /// Nothing, so that no checkpoint is taken.
    #[default]
    Nothing,
    /// The effects of a session that this process serves.
    Effects,
    /// One command that may begin a session of its own.
    Command,
    /// That command, since the checkpoint before it.
    Begun,
    /// The effects of an agent with hooks and no session around it.
    Hooks,
}

/// What an action may write.
enum Reach {
    Nothing,
    Places(Vec<Place>),
    Everything,
}

/// What is written into the journal's row: the number of the checkpoint, or why there is none.
pub(crate) type Noted = Option<(String, Value)>;

fn number(taken: &Taken) -> (String, Value) {
    ("checkpoint".to_owned(), taken.checkpoint.number.into())
}

impl Keeper {
    /// A keeper for an agent with hooks and no session around it.
    pub(crate) fn of_hooks() -> Self {
        Self(Mutex::new(Open { watch: Watch::Hooks, effects: Vec::new() }))
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) -> Watch {
        self.open().watch
    }

    /// From now on one command is watched: a session of its own begins before it, if it may write.
    pub(crate) fn one_command(&self) {
        self.open().watch = Watch::Command;
    }

    /// The checkpoint at which a session begins. `watched` says whether its effects will be seen one by one.
    pub(crate) fn begin(
        &self,
        world: &World,
        subject: &Subject,
        label: &str,
        watched: bool,
    ) -> Result<u64, CheckpointError> {
        let taken = begin(open(world)?, subject, label, watched)?;
        let mut open = self.open();
        open.watch = match (watched, open.watch) {
            (true, _) => Watch::Effects,
            (false, Watch::Command) => Watch::Begun,
            (false, other) => other,
        };
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
            open.watch = Watch::Nothing;
            going_on(&mut open.effects)
        };
        let author = if watched && !open_effects { Author::Person } else { Author::Agent };
        let taken = open(world)?.capture(&cause(author, Occasion::End, subject, label))?;
        Ok(taken.checkpoint.number)
    }

    /// The checkpoint before the one command that is watched, when a person took their time to answer for it: what changed meanwhile is
    /// theirs.
    pub(crate) fn begin_asked(
        &self,
        world: &World,
        subject: &Subject,
        label: &str,
    ) -> Result<(), MonitorError> {
        if self.watch() == Watch::Command {
            self.begin(world, subject, label, false)?;
        }
        Ok(())
    }

    /// The checkpoint after the one command that was watched, when there was one before it. Gives why there is none, should that be so.
    pub(crate) fn end_command(&self, world: &World, subject: &Subject, label: &str) -> Option<String> {
        if self.watch() != Watch::Begun {
            return None;
        }
        self.end(world, subject, label, false).err().map(|e| e.to_string())
    }

    /// The checkpoint at which a session of hooks alone begins, unless there is one.
    pub(crate) fn first(&self, world: &World, subject: &Subject) -> Noted {
        if self.watch() != Watch::Hooks {
            return None;
        }
        let begun = in_hook(world, subject, |memory| memory.begun)
            .and_then(|begun| if begun { Ok(None) } else { begin_in_hook(world, subject).map(Some) });
        noted(begun.map(|taken| taken.as_ref().map(number)))
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
    ) -> Result<Noted, CheckpointError> {
        let effect = Effect { call: call.to_owned(), at: milliseconds(), sure };
        let reach = || reach(world, action, analysis);
        // What is asked about may be refused, and then nothing begins.
        let occasion = if sure { Occasion::Before } else { Occasion::Asked };
        let label = label(action);
        match self.watch() {
            Watch::Nothing | Watch::Begun => Ok(None),
            Watch::Command => match (reach(), sure) {
                (Reach::Nothing, _) => Ok(None),
                (_, true) => {
                    let number = self.begin(world, subject, &label, false)?;
                    Ok(Some(("checkpoint".to_owned(), number.into())))
                }
                (_, false) => {
                    let mut store = open(world)?;
                    let cause = cause(store.author_now()?, occasion, subject, &label);
                    Ok(Some(number(&store.capture(&cause)?)))
                }
            },
            Watch::Effects => {
                let author = author(going_on(&mut self.open().effects));
                let cause = cause(author, occasion, subject, &label);
                let taken = take(|| open(world), &reach(), &cause)?;
                if taken.is_some() {
                    self.open().effects.push(effect);
                }
                Ok(taken.as_ref().map(number))
            }
            Watch::Hooks => Ok(noted(before_in_hook(world, subject, &reach(), (occasion, &label), effect))),
        }
    }

    /// The checkpoint before an effect to which a person said yes: what changed while the question waited is theirs, and the effect
    /// surely begins now.
    pub(crate) fn answered(
        &self,
        world: &World,
        subject: &Subject,
        action: &Action,
        call: &str,
        analysis: Option<&shell::Analysis>,
    ) -> Result<Noted, CheckpointError> {
        let forget = |effects: &mut Vec<Effect>| effects.retain(|effect| effect.call != call);
        match self.watch() {
            // One command begins its session when it is started.
            Watch::Nothing | Watch::Command | Watch::Begun => return Ok(None),
            Watch::Effects => forget(&mut self.open().effects),
            Watch::Hooks => {
                let forgotten = in_hook(world, subject, |memory| forget(&mut memory.effects));
                if let Err(why) = forgotten {
                    return Ok(noted(Err(why)));
                }
            }
        }
        self.before(world, subject, action, call, analysis, true)
    }

    /// The checkpoint after an effect.
    pub(crate) fn after(
        &self,
        world: &World,
        subject: &Subject,
        action: &Action,
        call: &str,
    ) -> Result<Noted, CheckpointError> {
        // What only looks was not recorded before, and is not after.
        let ended = |effects: &mut Vec<Effect>| {
            let before = effects.len();
            effects.retain(|effect| effect.call != call);
            effects.len() < before
        };
        let watch = self.watch();
        let was_recorded = match watch {
            Watch::Nothing | Watch::Command | Watch::Begun => false,
            Watch::Effects => ended(&mut self.open().effects),
            Watch::Hooks => in_hook(world, subject, |memory| ended(&mut memory.effects)).unwrap_or(false),
        };
        if !was_recorded {
            return Ok(None);
        }
        let cause = cause(Author::Agent, Occasion::After, subject, &label(action));
        let opened = || if watch == Watch::Hooks { open_in_hook(world) } else { open(world) };
        Ok(take(opened, &reach(world, action, None), &cause)?.as_ref().map(number))
    }
}

fn milliseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Whether an effect goes on; one that is never ended is forgotten after a while.
fn going_on(effects: &mut Vec<Effect>) -> bool {
    let now = milliseconds();
    effects.retain(|effect| now.saturating_sub(effect.at) < LONGEST);
    effects.iter().any(|effect| effect.sure)
}

fn author(an_effect_goes_on: bool) -> Author {
    if an_effect_goes_on { Author::Agent } else { Author::Person }
}

fn begin(mut store: Store, subject: &Subject, label: &str, watched: bool) -> Result<Taken, CheckpointError> {
    if store.is_over()? {
        store.prune(None)?;
    }
    let author = store.author_now()?;
    let occasion = if watched { Occasion::Start } else { Occasion::StartUnwatched };
    store.capture(&cause(author, occasion, subject, label))
}

/// Why no checkpoint was taken in a hook, in words.
type Missing = String;

fn noted(taken: Result<Noted, Missing>) -> Noted {
    taken.unwrap_or_else(|why| Some(("no_checkpoint".to_owned(), why.into())))
}

/// Reads or changes what is remembered of a session of hooks alone.
fn in_hook<R>(
    world: &World,
    subject: &Subject,
    change: impl FnOnce(&mut memory::State) -> R,
) -> Result<R, Missing> {
    memory::update(&world.state, &subject.session, change).map_err(|e| e.to_string())
}

fn open_in_hook(world: &World) -> Result<Store, CheckpointError> {
    open_with(world, Limits { time: Some(IN_A_HOOK), ..Limits::default() })
}

/// Begins a session of hooks alone. It counts as begun also when it was too slow: the next call would be no quicker.
fn begin_in_hook(world: &World, subject: &Subject) -> Result<Taken, Missing> {
    if world.home.starts_with(&world.project) {
        return Err(format!("{} holds your home and is no workspace", world.project.display()));
    }
    let taken = open_in_hook(world).and_then(|store| begin(store, subject, "an agent with hooks", true));
    let slow = matches!(taken, Err(CheckpointError::Slow(_)));
    if taken.is_ok() || slow {
        in_hook(world, subject, |memory| (memory.begun, memory.slow) = (true, slow))?;
    }
    taken.map_err(|e| e.to_string())
}

fn before_in_hook(
    world: &World,
    subject: &Subject,
    reach: &Reach,
    (occasion, label): (Occasion, &str),
    effect: Effect,
) -> Result<Noted, Missing> {
    if matches!(reach, Reach::Nothing) {
        return Ok(None);
    }
    if !in_hook(world, subject, |memory| memory.begun)? {
        begin_in_hook(world, subject)?;
    }
    let (slow, open) = in_hook(world, subject, |memory| (memory.slow, going_on(&mut memory.effects)))?;
    if slow && matches!(reach, Reach::Everything) {
        return Err(CheckpointError::Slow(world.project.clone()).to_string());
    }
    let cause = cause(author(open), occasion, subject, label);
    let taken = take(|| open_in_hook(world), reach, &cause).map_err(|e| e.to_string())?;
    in_hook(world, subject, |memory| memory.effects.push(effect))?;
    Ok(taken.as_ref().map(number))
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

fn take(
    open: impl FnOnce() -> Result<Store, CheckpointError>,
    reach: &Reach,
    cause: &Cause,
) -> Result<Option<Taken>, CheckpointError> {
    match reach {
        Reach::Nothing => Ok(None),
        Reach::Places(places) => open()?.capture_places(cause, places).map(Some),
        Reach::Everything => open()?.capture(cause).map(Some),
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

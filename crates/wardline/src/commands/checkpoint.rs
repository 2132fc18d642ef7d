//! `wardline checkpoint`: shows, takes and lets go the states of a project that are kept.

use std::process::ExitCode;

use serde_json::{Value, json};
use wardline_monitor::checkpoint::{Checkpoint as Taken, CheckpointError, Kept, Limits};
use wardline_monitor::{World, checkpoints, visible};

use super::changes::{hex, shown};
use crate::exit;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A guarded session takes checkpoints at its beginning and end and around every effect that may write (see \
                        docs/checkpoints.md). The oldest go when a store holds more than 2,000 or takes more than 4 GiB.\n\nExit \
                        codes: 0 done, 1 nothing of that number, 2 bad usage, 125 the store cannot be used."
)]
pub(crate) struct Checkpoint {
    #[command(subcommand)]
    action: Option<Action>,
    /// Show it as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show every checkpoint of this project (the default)
    List,
    /// Take one now
    Create {
        /// A word to find it by
        note: Option<String>,
    },
    /// Show what changed from one to the next
    Show {
        /// Its number
        number: u64,
    },
    /// Let the oldest go, until the store is within its limits
    Prune {
        /// Keep so many of the newest
        #[arg(long, value_name = "COUNT")]
        keep: Option<usize>,
        /// Let all checkpoints of projects go whose directory is no longer there
        #[arg(long, conflicts_with = "keep")]
        gone: bool,
    },
}

impl Checkpoint {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        if world.variable("WARDLINE").is_some() {
            return exit::fail(exit::USAGE, "checkpoints are for a person outside of the session");
        }
        let done = match self.action {
            None | Some(Action::List) => list(world, self.json),
            Some(Action::Create { note }) => create(world, &note.unwrap_or_default(), self.json),
            Some(Action::Show { number }) => show(world, number, self.json),
            Some(Action::Prune { gone: true, .. }) => prune_gone(world, self.json),
            Some(Action::Prune { keep, .. }) => prune(world, keep, self.json),
        };
        done.unwrap_or_else(|e| failed(&e))
    }
}

/// An error of the store with its exit code.
pub(crate) fn failed(error: &CheckpointError) -> ExitCode {
    let code = match error {
        CheckpointError::Unknown(_) | CheckpointError::Empty => exit::FOUND,
        _ => exit::FAILED,
    };
    exit::fail(code, visible(&error.to_string()))
}

fn value(taken: &Taken) -> Value {
    json!({
        "number": taken.number, "time": taken.cause.time, "occasion": taken.cause.occasion.word(),
        "changed": taken.changed, "by": taken.cause.author.word(), "session": taken.cause.session,
        "label": taken.cause.label, "digest": hex(&taken.digest),
    })
}

/// A checkpoint on one line.
pub(crate) fn line(taken: &Taken) -> String {
    let cause = &taken.cause;
    let label = visible(&cause.label).replace('\n', " ");
    format!(
        "{:>5}  {}  {:13}  {:>6} changed by {:6}  {label}",
        taken.number, cause.time, cause.occasion, taken.changed, cause.author
    )
}

fn list(world: &World, json: bool) -> Result<ExitCode, CheckpointError> {
    let store = checkpoints::open(world)?;
    let all = store.list()?;
    for taken in &all {
        if json { println!("{}", value(taken)) } else { println!("{}", line(taken)) }
    }
    if !json {
        let limits = Limits::default();
        let mib = |bytes: u64| bytes.div_ceil(1024 * 1024);
        println!(
            "{} of at most {}; {} MiB of at most {} MiB",
            all.len(),
            limits.checkpoints,
            mib(store.bytes()),
            mib(limits.store)
        );
        let stores = Kept::all(&checkpoints::directory(world));
        let gone = stores.iter().filter(|store| store.is_gone()).count();
        let all = mib(stores.iter().map(|store| store.bytes).sum());
        println!(
            "all projects: {}, {all} MiB; {gone} of them gone (wardline checkpoint prune --gone)",
            stores.len()
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn create(world: &World, note: &str, json: bool) -> Result<ExitCode, CheckpointError> {
    let mut store = checkpoints::open(world)?;
    let cause = checkpoints::asked(&store, note)?;
    let taken = store.capture(&cause)?;
    if json {
        println!("{}", value(&taken.checkpoint));
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", line(&taken.checkpoint));
    if !taken.new {
        println!("nothing changed since, so it is the last one");
    }
    let not_kept = store.not_kept();
    for (place, why) in not_kept.iter().take(25) {
        println!("  not kept: {} ({why})", shown(place));
    }
    if not_kept.len() > 25 {
        println!("  … and {} more", not_kept.len() - 25);
    }
    Ok(ExitCode::SUCCESS)
}

fn show(world: &World, number: u64, json: bool) -> Result<ExitCode, CheckpointError> {
    let store = checkpoints::open(world)?;
    let (taken, changed) = store.changed_at(number)?;
    if json {
        let places =
            changed.iter().map(|(place, letter)| json!({"path": shown(place), "change": letter.to_string()}));
        let mut value = value(&taken);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("changes".to_owned(), places.collect());
        }
        println!("{value}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", line(&taken));
    changed.iter().for_each(|(place, letter)| println!("  {letter} {}", shown(place)));
    Ok(ExitCode::SUCCESS)
}

fn prune_gone(world: &World, json: bool) -> Result<ExitCode, CheckpointError> {
    let stores = Kept::all(&checkpoints::directory(world));
    for store in stores.iter().filter(|store| store.is_gone()) {
        store.remove()?;
        let project = shown(store.project.to_string_lossy().as_bytes());
        match json {
            true => println!("{}", json!({"project": project, "bytes": store.bytes})),
            false => println!(
                "{project} is gone, and so are its checkpoints; {} bytes are free again",
                store.bytes
            ),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn prune(world: &World, keep: Option<usize>, json: bool) -> Result<ExitCode, CheckpointError> {
    let pruned = checkpoints::open(world)?.prune(keep)?;
    if json {
        println!("{}", json!({"checkpoints": pruned.checkpoints, "bytes": pruned.bytes}));
    } else {
        println!("{} checkpoints are gone, {} bytes are free again", pruned.checkpoints, pruned.bytes);
    }
    Ok(ExitCode::SUCCESS)
}

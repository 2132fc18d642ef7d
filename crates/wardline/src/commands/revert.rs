//! `wardline revert`: takes an agent's changes back, and leaves the person's as they are.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};
use wardline_monitor::World;
use wardline_monitor::checkpoint::plan::Plan;
use wardline_monitor::checkpoint::{CheckpointError, Choice};
use wardline_monitor::undo::{self, Prepared, UndoError, step_letter};

use super::changes::shown;
use super::checkpoint::failed;
use crate::exit;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "What the agent changed is undone, what you changed since is kept, by file and by line; where the two touch, the \
                        file stays as you left it and is named. It is done whole or not at all, after a typed yes, and can be undone \
                        with --undo.\n\nExit codes: 0 done, 1 done but for conflicts, or nothing to do, 2 bad usage or nobody at the \
                        terminal, 20 not confirmed, 125 it could not be done and nothing was changed."
)]
pub(crate) struct Revert {
    /// Files and directories in which to take changes back
    #[arg(value_name = "PATH", required_unless_present_any = ["all", "to", "undo"])]
    paths: Vec<PathBuf>,
    /// Everything that the last session changed
    #[arg(long, conflicts_with_all = ["paths", "undo"])]
    all: bool,
    /// What was changed since this checkpoint, instead of since the last session began
    #[arg(long, value_name = "CHECKPOINT", conflicts_with = "undo")]
    to: Option<u64>,
    /// Only these hunks of one file, as `wardline changes --patch` numbers them
    #[arg(long, value_name = "NUMBER", requires = "paths")]
    hunk: Vec<usize>,
    /// Take the last revert back
    #[arg(long, conflicts_with = "paths")]
    undo: bool,
    /// Show what would be done and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Show it as JSON
    #[arg(long)]
    json: bool,
}

impl Revert {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        if world.variable("WARDLINE").is_some() {
            return exit::fail(exit::USAGE, "reverting is for a person outside of the session");
        }
        let choice = match self.choice(world) {
            Ok(choice) => choice,
            Err(e) => return exit::fail(exit::USAGE, e),
        };
        self.revert(world, choice).unwrap_or_else(|e| failed(&e))
    }

    fn choice(&self, world: &World) -> Result<Choice, String> {
        let places: Result<Vec<Vec<u8>>, String> = self.paths.iter().map(|path| place(world, path)).collect();
        let places = places?;
        if self.hunk.is_empty() {
            return Ok(if places.is_empty() { Choice::All } else { Choice::Places(places) });
        }
        match <[Vec<u8>; 1]>::try_from(places) {
            Ok([place]) => Ok(Choice::Hunks(place, self.hunk.clone())),
            Err(_) => Err("`--hunk` is about one file".to_owned()),
        }
    }

    fn revert(&self, world: &World, choice: Choice) -> Result<ExitCode, CheckpointError> {
        let prepared =
            if self.undo { undo::prepare_undo(world)? } else { undo::prepare(world, self.to, choice)? };
        let Prepared { since, plan, .. } = &prepared;
        if self.dry_run || plan.steps.is_empty() {
            self.show(plan, *since, None);
            return Ok(ExitCode::from(if plan.steps.is_empty() { exit::FOUND } else { exit::OK }));
        }
        match confirmed(plan) {
            Ok(true) => {}
            Ok(false) => {
                println!("nothing was changed");
                return Ok(ExitCode::from(exit::DENY));
            }
            Err(e) => {
                let why = format!(
                    "a revert is a person's word, and nobody is at a terminal here ({e}); run it in one"
                );
                return Ok(exit::fail(exit::USAGE, why));
            }
        }
        match undo::carry_out(world, &prepared) {
            Ok(done) => {
                self.show(plan, *since, Some(done.before));
                Ok(ExitCode::from(if done.conflicts.is_empty() { exit::OK } else { exit::FOUND }))
            }
            Err(UndoError::Checkpoint(e)) => Err(e),
            Err(e) => Ok(exit::fail(exit::FAILED, e)),
        }
    }

    fn show(&self, plan: &Plan, since: u64, before: Option<u64>) {
        if self.json {
            let steps = plan.steps.iter().map(
                |step| json!({"path": String::from_utf8_lossy(&step.place), "change": step_letter(step)}),
            );
            let conflicts = plan
                .conflicts
                .iter()
                .map(|(place, why)| json!({"path": String::from_utf8_lossy(place), "why": why}));
            println!(
                "{}",
                json!({"v": 1, "since": since, "done": before.is_some(), "before": before,
                       "steps": steps.collect::<Value>(), "conflicts": conflicts.collect::<Value>()})
            );
            return;
        }
        print!("{}", listed(plan));
        match before {
            Some(before) => {
                println!("done; before it was checkpoint {before}; to undo it: wardline revert --undo")
            }
            None if plan.steps.is_empty() => println!("there is nothing to revert"),
            None => println!("nothing was changed"),
        }
    }
}

/// What would be done, and what would be left, on a line each.
fn listed(plan: &Plan) -> String {
    let steps = plan.steps.iter().map(|step| format!("{} {}\n", step_letter(step), shown(&step.place)));
    let conflicts = plan.conflicts.iter().map(|(place, why)| format!("! {}: {why}\n", shown(place)));
    steps.chain(conflicts).collect()
}

/// A path of the command line relative to the project.
fn place(world: &World, path: &Path) -> Result<Vec<u8>, String> {
    let mut whole = PathBuf::new();
    for component in world.cwd.join(path).components() {
        match component {
            Component::ParentDir => drop(whole.pop()),
            Component::CurDir => {}
            other => whole.push(other),
        }
    }
    let inside = whole.strip_prefix(&world.project);
    let inside = inside.map_err(|_| format!("`{}` is not in {}", path.display(), world.project.display()))?;
    Ok(inside.as_os_str().as_bytes().to_vec())
}

/// Shows what would be done and waits for a typed yes.
fn confirmed(plan: &Plan) -> std::io::Result<bool> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    write!(terminal, "\n{}\ntake these changes back? [y/N] ", listed(plan))?;
    terminal.flush()?;
    let mut answer = String::new();
    BufReader::new(terminal).read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "YES"))
}

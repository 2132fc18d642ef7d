//! `wardline stop`: a person freezes a session, sees what it is doing, and ends it or lets it go on.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use wardline_monitor::approvals::seat;
use wardline_monitor::session::MONITOR_SOCKET;
use wardline_monitor::stop::{self, Deed, Done, Running, State, StopError};
use wardline_monitor::{World, visible};

use crate::exit;
use crate::term::{self, Style};

/// Lines of one kind that are shown; `--json` has them all.
const LINES: usize = 20;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Everything that the session runs is stopped where it is, whatever its programs started, without a word from its \
                        monitor, which may be what hangs. What it is doing is shown; then, after a typed yes, it is ended. Anything \
                        but a yes lets it go on, and Ctrl-C leaves it frozen. Without SESSION: the one that runs in this project, or \
                        the only one. Each step stands in the journal.\n\nExit codes: 0 done; 1 nothing of that kind runs, not \
                        everything rests, or its monitor has not ended; 2 bad usage, several sessions, or nobody at a terminal; 20 not \
                        confirmed, it goes on; 125 it could not be done."
)]
pub(crate) struct Stop {
    /// The session, or the number of the `wardline` process that runs it
    #[arg(value_name = "SESSION")]
    session: Option<String>,
    /// End it without a question
    #[arg(long, short)]
    yes: bool,
    /// Freeze it and leave it so
    #[arg(long, conflicts_with = "yes")]
    freeze: bool,
    /// Let a frozen session go on
    #[arg(long, conflicts_with_all = ["yes", "freeze"])]
    resume: bool,
    /// Print what it is doing, and what was done, as JSON
    #[arg(long)]
    json: bool,
}

/// Why nothing was done, and the exit code that it gives.
type Refusal = (u8, String);

impl Stop {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        match self.stop(world) {
            Ok(code) => ExitCode::from(code),
            Err((code, why)) => exit::fail(code, why),
        }
    }

    fn stop(&self, world: &World) -> Result<u8, Refusal> {
        if world.variable("WARDLINE").is_some() || Path::new(MONITOR_SOCKET).exists() {
            return Err((exit::USAGE, "a session is stopped by a person outside of it".to_owned()));
        }
        // To let go on what was stopped is a person's word. To stop needs nobody: it only takes away.
        if self.resume {
            seat::at_terminal().map_err(|why| (exit::USAGE, why))?;
        }
        let running = self.chosen(world)?;
        if !(self.resume || self.freeze || self.yes || term::is_attended()) {
            let why =
                "nobody is at a terminal to say yes; `--yes` ends the session, `--freeze` only stops it";
            return Err((exit::USAGE, why.to_owned()));
        }
        if self.resume {
            let state = running.state(world);
            let done = running.carry_out(world, Deed::Resume, "terminal").map_err(|e| failed(&e))?;
            return Ok(self.told(&running, &state, Some(Deed::Resume), &done));
        }
        let was_frozen = running.is_frozen();
        let frozen = running.carry_out(world, Deed::Freeze, "terminal");
        let state = running.state(world);
        match frozen {
            Ok(done) if self.freeze => return Ok(self.told(&running, &state, Some(Deed::Freeze), &done)),
            Err(e) if self.freeze => return Err(failed(&e)),
            Ok(_) => {}
            Err(e) => eprintln!("wardline: {e}; it can be ended all the same"),
        }
        if !self.yes && !confirmed(&running, &state).map_err(|e| (exit::FAILED, e.to_string()))? {
            if was_frozen {
                println!("{} stays frozen", running.label());
            } else {
                running.carry_out(world, Deed::Resume, "terminal").map_err(|e| failed(&e))?;
                println!("{} goes on", running.label());
            }
            return Ok(exit::DENY);
        }
        let done = running.carry_out(world, Deed::End, "terminal").map_err(|e| failed(&e))?;
        Ok(self.told(&running, &state, Some(Deed::End), &done))
    }

    /// The session that is meant.
    fn chosen(&self, world: &World) -> Result<Running, Refusal> {
        let mut all = stop::running(world);
        all.retain(|one| !self.resume || one.is_frozen());
        let what = if self.resume { "no session is frozen" } else { "no session runs" };
        if let Some(word) = &self.session {
            let found = all.into_iter().find(|one| one.is(word));
            return found.ok_or_else(|| (exit::FOUND, format!("{what} that is called {}", visible(word))));
        }
        let here = |one: &Running| one.project == world.project;
        if all.iter().filter(|one| here(one)).count() == 1 {
            all.retain(here);
        }
        if all.len() > 1 {
            let names = all.iter().map(|one| format!("\n  {}  {}", one.label(), visible(&one.program)));
            let why = format!("several sessions run; name one of them:{}", names.collect::<String>());
            return Err((exit::USAGE, why));
        }
        all.pop().ok_or_else(|| (exit::FOUND, what.to_owned()))
    }

    /// Says what was done; the exit code.
    fn told(&self, running: &Running, state: &State, deed: Option<Deed>, done: &Done) -> u8 {
        let hangs = deed == Some(Deed::End) && !done.monitor_ended;
        if self.json {
            let mut value = running.to_value(state);
            if let Value::Object(fields) = &mut value {
                fields.insert("v".to_owned(), 1.into());
                fields.insert("did".to_owned(), deed.map(Deed::as_str).into());
                fields.insert("monitor_ended".to_owned(), json!((deed == Some(Deed::End)).then_some(!hangs)));
                let unrecorded = done.not_recorded.as_ref().map(ToString::to_string);
                fields.insert("not_recorded".to_owned(), unrecorded.into());
            }
            println!("{value}");
        } else {
            if self.freeze || self.yes {
                print!("{}", described(running, state, Style::of_stdout()));
            }
            println!("{} {}", running.label(), deed.map_or("is as it was", said));
        }
        if let Some(why) = &done.not_recorded {
            eprintln!("wardline: this could not be recorded: {why}");
        }
        if hangs {
            let pid = running.monitor.pid;
            eprintln!(
                "wardline: nothing of the session is left, but its monitor, process {pid}, has not ended; `kill -9 {pid}` ends it, \
                 and the next session cleans up"
            );
        }
        if hangs { exit::FOUND } else { exit::OK }
    }
}

fn said(deed: Deed) -> &'static str {
    match deed {
        Deed::Freeze => "is frozen; `wardline stop --resume` lets it go on",
        Deed::Resume => "goes on",
        Deed::End => "is ended",
    }
}

fn failed(error: &StopError) -> Refusal {
    let code = if matches!(error, StopError::Record(_)) { exit::FAILED } else { exit::FOUND };
    (code, error.to_string())
}

/// Shows what the session is doing and waits for a typed yes.
fn confirmed(running: &Running, state: &State) -> std::io::Result<bool> {
    let shown = described(running, state, Style::of_stdout());
    let text = format!("\n{shown}\nend it? [y/N] (anything else lets it go on, Ctrl-C leaves it as it is) ");
    term::confirmed(&text)
}

/// What a session is doing, for a person.
pub(crate) fn described(running: &Running, state: &State, style: Style) -> String {
    let mut text = String::new();
    let frozen = if state.frozen { ", frozen" } else { "" };
    writeln!(text, "{}{frozen}", style.bold(&visible(&running.label()))).ok();
    if !running.program.is_empty() {
        writeln!(text, "  program  {}", visible(&running.program)).ok();
    }
    writeln!(text, "  in       {}", visible(&running.project.to_string_lossy())).ok();
    writeln!(text, "  since    {} ({} ago)", running.begun(), running.age()).ok();
    writeln!(text, "  runs     {} processes", state.processes.len()).ok();
    let mut list = |items: Vec<String>, what: &str| {
        for item in items.iter().take(LINES) {
            writeln!(text, "    {item}").ok();
        }
        if items.len() > LINES {
            writeln!(text, "    … and {} more {what}; --json has them all", items.len() - LINES).ok();
        }
    };
    list(
        state
            .processes
            .iter()
            .map(|one| format!("{:>7} {}", one.identity.pid, visible(&one.command)))
            .collect(),
        "processes",
    );
    list(
        state
            .calls
            .iter()
            .map(|call| {
                let decision = style.decision_word(&call.decision);
                format!("{} {decision:5} {} {}", call.time, visible(&call.permission), visible(&call.target))
            })
            .collect(),
        "calls",
    );
    match &state.changes {
        Ok(changes) => {
            let counted = if changes.is_empty() { "nothing".to_owned() } else { stop::counted(changes) };
            list(vec![format!("changed since it began: {counted}")], "");
            let line = |one: &stop::Changed| format!("{} {:5} {}", one.letter, one.by, visible(&one.path));
            list(changes.iter().map(line).collect(), "changes");
        }
        Err(why) => list(vec![format!("changed since it began: {}", visible(why))], ""),
    }
    let waits = |question: &wardline_monitor::approvals::Question| {
        format!("waits for an answer: {} {}", visible(&question.permission), visible(&question.action))
    };
    list(state.questions.iter().map(waits).collect(), "questions");
    text
}

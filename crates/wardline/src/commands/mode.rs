//! `wardline mode`: how closely a person watches, switched while sessions run.

use std::process::ExitCode;

use wardline_monitor::approvals::{Board, BoardError, Mode, Switch, seat, word};
use wardline_monitor::sources::Choice;
use wardline_monitor::{World, sources, visible};

use crate::exit;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "autopilot: what the policy allows happens. supervised: every change of a file and every command that is not known to \
                        only read waits for an answer (`wardline approve`, the web page, or the agent's own prompt). policy: what \
                        the configuration says. A switch counts from the next action on, also in sessions that run; a session \
                        that only reads keeps to that. It is made at a terminal and stands in the journal.\n\nExit codes: 0 \
                        done, 2 bad usage or nobody at a terminal."
)]
pub(crate) struct ModeCommand {
    /// autopilot, supervised, or policy; without one, what holds is shown
    #[arg(value_name = "MODE", value_parser = parsed)]
    mode: Option<Word>,
    /// Only for this session
    #[arg(long, value_name = "SESSION")]
    session: Option<String>,
}

/// What is switched to.
#[derive(Debug, Clone, Copy)]
enum Word {
    To(Mode),
    Policy,
}

fn parsed(text: &str) -> Result<Word, String> {
    match text {
        "autopilot" => Ok(Word::To(Mode::Autopilot)),
        "supervised" => Ok(Word::To(Mode::Supervised)),
        "policy" => Ok(Word::Policy),
        _ => Err("expected autopilot, supervised or policy".to_owned()),
    }
}

impl ModeCommand {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        let done = match self.mode {
            None => show(world, self.session.as_deref()),
            Some(word) => switch(world, self.session.as_deref(), word),
        };
        done.map_or_else(|e| exit::fail(exit::USAGE, e), |()| ExitCode::SUCCESS)
    }
}

fn show(world: &World, session: Option<&str>) -> Result<(), String> {
    let board = Board::at(&world.state);
    let said = |e: BoardError| e.to_string();
    if let Some(session) = session {
        match board.mode(session).map_err(said)? {
            Some(mode) => println!("{}", mode.as_str()),
            None => println!("what its policy says"),
        }
        return Ok(());
    }
    let policy = sources::policy(world, &Choice::default()).map_err(|e| e.to_string())?;
    let switches = board.switches().map_err(said)?;
    let everywhere = switches.iter().find(|switch| switch.session.is_none());
    let by = everywhere.map_or("by the configuration", |_| "switched by a person");
    let mode = everywhere.map_or_else(|| Mode::of(policy.preset()), |switch| switch.mode);
    println!("{} ({by})", mode.as_str());
    for Switch { mode, session, .. } in &switches {
        session.iter().for_each(|session| println!("{} in session {}", mode.as_str(), visible(session)));
    }
    Ok(())
}

fn switch(world: &World, session: Option<&str>, word: Word) -> Result<(), String> {
    seat::at_terminal()?;
    let mode = match word {
        Word::To(mode) => Some(mode),
        Word::Policy => None,
    };
    word::switch(world, session, mode, "terminal").map_err(|e| e.to_string())?;
    let name = mode.map_or("what the configuration says", Mode::as_str);
    println!(
        "{name}, from the next action on, {}",
        session.map_or_else(|| "in every session".to_owned(), |session| format!("in session {session}"))
    );
    Ok(())
}

//! `wardline exec --overlay`: one command over an overlay of the project, and what it did put to a person before it is taken over.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

use wardline_monitor::approvals::Broker;
use wardline_monitor::checkpoint::lines;
use wardline_monitor::sandbox::Ahead;
use wardline_monitor::session::{self, Guard, Piece, SessionError, Shown};
use wardline_monitor::sources::{self, Choice};
use wardline_monitor::{Approver, Doorkeeper, Nobody, Terminal, TypedTerminal, World};

use super::changes::{patch_of, shown};
use super::exec::{Boundary, check_agent, refused, tell};
use super::run::out_of_band;
use crate::exit;

/// Files of which the lines are printed; all are named, and the page and `wardline approve` show all.
const PRINTED: usize = 40;

/// Runs the command of `guard` and gives the exit code.
///
/// # Errors
/// Why this host cannot lay the project under an overlay; nothing was started then.
pub(super) fn run(
    world: &World,
    choice: &Choice,
    boundary: &Boundary,
    guard: &Guard,
    ahead: Option<Ahead>,
) -> Result<ExitCode, String> {
    let policy = match sources::policy(world, choice) {
        Ok(policy) => policy,
        Err(e) => return Ok(exit::fail(exit::USAGE, e)),
    };
    if let Err(e) = check_agent(guard, &policy) {
        return Ok(exit::fail(exit::USAGE, e));
    }
    let attended = std::io::stdin().is_terminal();
    let broker = match Broker::for_word(world, &policy, boundary.on_ask) {
        Ok(broker) => broker.map(|broker| broker.telling(out_of_band(attended))),
        Err(e) => return Ok(exit::fail(exit::FAILED, e)),
    };
    let approver: Box<dyn Approver> = match &broker {
        Some(broker) => Box::new(broker.clone()),
        None if attended => Box::new(Terminal),
        None => Box::new(Nobody),
    };
    let keeper = match broker {
        Some(broker) => Some(Doorkeeper(Arc::new(broker))),
        None => attended.then(|| Doorkeeper(Arc::new(TypedTerminal))),
    };
    let guard = Guard { keeper, ..guard.clone() };
    let show = |shown: &Shown| eprint!("{}", told(shown));
    match session::rehearse(world, choice, &guard, ahead, &*approver, &show) {
        Ok(rehearsed) => {
            tell(&rehearsed.finished);
            match rehearsed.taken {
                0 => eprintln!("wardline: it changed nothing in the project"),
                1 => eprintln!("wardline: 1 place was changed; to undo it: wardline revert --all"),
                taken => {
                    eprintln!("wardline: {taken} places were changed; to undo it: wardline revert --all")
                }
            }
            Ok(ExitCode::from(rehearsed.finished.ended.exit_code()))
        }
        Err(SessionError::Sandbox(e)) if e.is_about_the_overlay() => {
            Err(format!("the project cannot be laid under an overlay here ({e})"))
        }
        Err(e) => Ok(refused(&e)),
    }
}

/// What a command did, as a person reads it before they say yes or no.
fn told(of: &Shown) -> String {
    let mut text =
        format!("\nwardline: the command ended with {}; nothing of this is in the project yet:\n", of.code);
    for (number, piece) in of.pieces.iter().enumerate() {
        text.push_str(&line(piece));
        if let Some(hunks) = piece.hunks.as_ref().filter(|_| number < PRINTED) {
            text.push_str(&patch_of(hunks));
        }
    }
    for place in &of.left_out {
        writeln!(text, "-  {}  (left out; git makes it anew)", shown(place)).ok();
    }
    text
}

fn line(piece: &Piece) -> String {
    let counts = piece.hunks.as_ref().map(|hunks| lines::count(&hunks.hunks));
    let counts = counts.map_or_else(String::new, |(new, old)| format!("  +{new} -{old}"));
    let runs = piece.runs.map_or_else(String::new, |runs| format!("  RUNS LATER ON THIS MACHINE: {runs}"));
    let modes = piece.modes.map_or_else(String::new, |(old, new)| format!("  mode {old:o} → {new:o}"));
    let leads = piece.target.as_ref().map_or_else(String::new, |target| format!(" -> {}", shown(target)));
    format!("{}  {}{leads}{counts}{modes}{runs}\n", piece.letter, shown(&piece.place))
}

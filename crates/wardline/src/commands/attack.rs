//! `wardline doctor --attack`: the attack suite, and its report.

use std::ffi::OsString;
use std::process::ExitCode;

use wardline_monitor::prove::{self, ProofError};
use wardline_monitor::sandbox::attack::{Outcome, Report, Result as Seen};
use wardline_monitor::sources::Choice;
use wardline_monitor::{Monitor, World};

use crate::exit;

/// The hidden command that carries out one attempt.
const ATTEMPT: &str = "__attempt";

/// Runs the suite, behind our own sandbox or behind another wrapper, and prints the report.
pub(crate) fn run(world: &World, door: &str, behind: Option<&str>, json: bool) -> ExitCode {
    let told = |outcome: &Outcome| {
        if let (false, Seen::Open(why)) = (json, &outcome.result) {
            eprintln!("wardline: {} is open: {why}", outcome.probe.id);
        }
    };
    let report = match behind {
        Some(wrapper) => {
            let words: Vec<OsString> = wrapper.split_whitespace().map(OsString::from).collect();
            prove::compare(world, &words, door, told).map_err(ProofError::Attack)
        }
        None => {
            let monitor = match Monitor::open(world.clone(), &Choice::default(), true) {
                Ok(monitor) => monitor,
                Err(e) => return exit::fail(exit::USAGE, e),
            };
            prove::prove(&monitor, &[world.executable.clone().into(), ATTEMPT.into()], door, told)
        }
    };
    match report {
        Ok(report) => show(&report, json),
        Err(e) => exit::fail(exit::FAILED, e),
    }
}

fn show(report: &Report, json: bool) -> ExitCode {
    if json {
        println!("{}", report.to_value());
    } else {
        print!("{}", report.table());
    }
    let (_, tried) = report.score();
    if tried == 0 {
        return exit::fail(exit::FAILED, "nothing could be tried, so nothing is proved");
    }
    ExitCode::from(if report.is_sound() { exit::OK } else { exit::FOUND })
}

/// Carries out one attempt, in a process of its own.
pub(crate) fn attempt(bait: World, words: &[OsString]) -> ExitCode {
    match prove::confined_attempt(bait, words) {
        Ok(ended) => ExitCode::from(ended.exit_code()),
        Err(e) => exit::fail(exit::FAILED, e),
    }
}

//! `cargo xtask test`: every check of the workspace in one command, with one summary at the end.

mod ordinary;
mod output;

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::report::Report;
use crate::{agents, tidy, ui};

/// Shown for bad usage.
pub(crate) const USAGE: &str = "cargo xtask test [--quick]\n\
     \x20   --quick leaves out the real agents, which take some minutes and 1.2 GB of packages from the npm registry";

/// One part of the run.
struct Phase {
    name: &'static str,
    /// Left out by `--quick`.
    slow: bool,
    run: fn(&Path) -> Report,
}

const PHASES: &[Phase] = &[
    Phase { name: "tests", slow: false, run: tests },
    Phase { name: "doc tests", slow: false, run: doc_tests },
    Phase { name: "tidy", slow: false, run: tidy_phase },
    Phase { name: "tests as an ordinary user", slow: false, run: ordinary::run },
    Phase { name: "the page in a browser", slow: true, run: ui::all },
    Phase { name: "agents", slow: true, run: |workspace| agents::all(workspace, false) },
    Phase { name: "agents as an ordinary user", slow: true, run: ordinary_agents },
];

/// Runs every phase, whatever the ones before found, and prints the summary.
pub(crate) fn main(workspace: &Path, arguments: &[OsString]) -> ExitCode {
    let quick = match arguments {
        [] => false,
        [only] if only == "--quick" => true,
        _ => {
            eprintln!("usage: {USAGE}");
            return ExitCode::from(2);
        }
    };
    let mut total = Report::default();
    for phase in PHASES.iter() {
        if quick && phase.slow {
            total.skipped.push((phase.name.to_owned(), "left out by --quick".to_owned()));
            continue;
        }
        println!("== {}", phase.name);
        let report = (phase.run)(workspace);
        println!("{}: {}", phase.name, report.counts());
        total.absorb(report);
    }
    println!("== summary");
    print!("{}", total.details());
    println!("test: {}", total.counts());
    if total.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// All tests of the workspace: with nextest where it is installed, which is faster, else with cargo alone.
fn tests(workspace: &Path) -> Report {
    let nextest = Command::new("cargo").args(["nextest", "--version"]).output();
    let mut command = Command::new("cargo");
    if nextest.is_ok_and(|output| output.status.success()) {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "fail"]);
    } else {
        println!("cargo-nextest is not installed: the same tests run with cargo test, slower");
        command.args(["test", "--quiet", "--workspace", "--all-targets", "--no-fail-fast"]);
    }
    output::judge("tests", command.current_dir(workspace))
}

fn doc_tests(workspace: &Path) -> Report {
    let mut command = Command::new("cargo");
    command.args(["test", "--quiet", "--workspace", "--doc", "--no-fail-fast"]);
    output::judge("doc tests", command.current_dir(workspace))
}

fn tidy_phase(workspace: &Path) -> Report {
    let failed = tidy::check(workspace);
    let failed: Vec<_> = failed.into_iter().map(|problem| ("tidy".to_owned(), problem)).collect();
    Report { passed: usize::from(failed.is_empty()), failed, ..Report::default() }
}

/// Only root can become somebody else; for anybody else the phase before was this one.
fn ordinary_agents(workspace: &Path) -> Report {
    if rustix::process::geteuid().is_root() {
        return agents::all(workspace, true);
    }
    let reason = "this run is not root's: the agents above ran as an ordinary user, none ran as root";
    Report { skipped: vec![("agents as root".to_owned(), reason.to_owned())], ..Report::default() }
}

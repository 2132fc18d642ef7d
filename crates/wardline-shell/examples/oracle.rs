//! Runs spellings of effects on files in a throw-away namespace and compares what happens with what the analysis predicts.
//!
//! `cargo run -p wardline-shell --example oracle -- [--cases N] [--keep]`; `--keep` lists also the surprises in cases that are
//! stopped or asked, and what was predicted and did not happen. The exit code is 1 when a case that would be allowed did something
//! that was not predicted.

#[path = "../tests/generator/mod.rs"]
mod generator;

use std::io::{self, Write};
use std::process::ExitCode;

use generator::{Pairs, cases, file_seeds, oracle};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let keep = arguments.iter().any(|argument| argument == "--keep");
    let number = arguments.iter().position(|argument| argument == "--cases");
    let number =
        number.and_then(|at| arguments.get(at + 1)).and_then(|text| text.parse().ok()).unwrap_or(1_200);
    let all = cases(&file_seeds(), Pairs { earlier: 60, later: 30 });
    let sample = oracle::sample(&all, number);
    let mut out = io::stdout().lock();
    let observed = match oracle::run(&sample) {
        Ok(observed) => observed,
        Err(problem) => {
            drop(writeln!(out, "SKIPPED: {} cases were NOT run: {problem}", sample.len()));
            return ExitCode::SUCCESS;
        }
    };
    let report = oracle::report(&sample, &observed);
    drop(write!(out, "{}", report.text()));
    let lists = [
        ("allowed, and not predicted", &report.bugs, true),
        ("not predicted", &report.surprises, keep),
        ("did not happen", &report.absent, keep),
    ];
    for (title, lines, shown) in lists {
        for line in lines.iter().filter(|_| shown) {
            drop(writeln!(out, "{title}: {line}"));
        }
    }
    if report.bugs.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! Spellings of known effects, generated: which of them the analysis stops. Nothing is run.
//!
//! `cargo run -p wardline-shell --example evasions -- [--list | --misses | --sample N | --json]`; without an option: the tables.

#[path = "../tests/generator/mod.rs"]
mod generator;

use std::io::{self, Write};
use std::process::ExitCode;

use generator::form::string;
use generator::measure::{self, Answer, Verdict};
use generator::{Case, Pairs, Rng, Seed, cases, seeds};

const USAGE: &str = "evasions [--list | --misses | --sample N | --json]";

/// As many pairs as the test tries.
const PAIRS: Pairs = Pairs { earlier: 110, later: 30 };

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let seeds = seeds();
    let cases = cases(&seeds, PAIRS);
    let mut out = io::stdout().lock();
    let done = match arguments.as_slice() {
        [] => {
            let verdicts = measure::verdicts(&seeds, &cases);
            write!(out, "{}", measure::tables(&seeds, &cases, &verdicts))
                .and_then(|()| plain(&mut out, &seeds))
        }
        ["--list"] => list(&mut out, cases.iter()),
        ["--sample", number] => {
            let mut rng = Rng::new(1);
            let number = number.parse().unwrap_or(20);
            list(&mut out, (0..number).filter_map(|_| rng.pick(&cases)))
        }
        ["--misses"] => {
            let verdicts = measure::verdicts(&seeds, &cases);
            let missed = |(_, verdict): &(_, &Verdict)| verdict.answer == Answer::Missed;
            let missed = cases.iter().zip(&verdicts).filter(missed).map(|(case, _)| case);
            plain(&mut out, &seeds).and_then(|()| list(&mut out, missed))
        }
        ["--json"] => json(&mut out, &seeds, &cases),
        _ => {
            drop(writeln!(io::stderr(), "usage: {USAGE}"));
            return ExitCode::from(2);
        }
    };
    // Whoever reads may stop early.
    if done.is_err() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Seeds that are not stopped even as they are written.
fn plain(out: &mut impl Write, seeds: &[Seed]) -> io::Result<()> {
    for seed in measure::plain_misses(seeds) {
        writeln!(out, "not stopped as it is written: {} [{}]", seed.script, seed.class)?;
    }
    Ok(())
}

fn list<'a>(out: &mut impl Write, cases: impl Iterator<Item = &'a Case>) -> io::Result<()> {
    for case in cases {
        writeln!(out, "{}\t{}", case.ways.join("+"), case.form.script.replace('\n', "␤"))?;
    }
    Ok(())
}

/// One object a line: transforms, class, script, answer, whether the identity is the seed's.
fn json(out: &mut impl Write, seeds: &[Seed], cases: &[Case]) -> io::Result<()> {
    for (case, verdict) in cases.iter().zip(measure::verdicts(seeds, cases)) {
        let answer = match verdict.answer {
            Answer::Caught => "caught",
            Answer::Asked => "asked",
            Answer::Doubted => "doubted",
            Answer::Missed => "missed",
        };
        let (class, script) = seeds.get(case.seed).map_or(("", ""), |seed| (&seed.class, &seed.script));
        let (ways, later, same) = (string(&case.ways.join("+")), case.later, verdict.same);
        let (class, seed, script) = (string(class), string(script), string(&case.form.script));
        writeln!(
            out,
            "{{\"transforms\":{ways},\"later\":{later},\"class\":{class},\"seed\":{seed},\"script\":{script},\"answer\":\"{answer}\",\"same\":{same}}}"
        )?;
    }
    Ok(())
}

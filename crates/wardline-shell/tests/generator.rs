//! Evasions that are generated: of ten thousand spellings of known effects, how many are still stopped. Prints the tables;
//! `cargo run -p wardline-shell --example evasions` shows the cases themselves. Only spellings of effects on files are run, a few
//! of them, in a throw-away namespace; `cargo run -p wardline-shell --example oracle` runs more.

#[path = "generator/mod.rs"]
mod generator;

use std::collections::BTreeSet;
use std::io::Write;

use generator::{Pairs, cases, earlier, file_seeds, later, measure, oracle, seeds};

/// As many pairs as the example tries.
const PAIRS: Pairs = Pairs { earlier: 110, later: 30 };

/// Writes past the test runner's capture, so that figures are always seen.
macro_rules! say {
    ($($part:tt)*) => { drop(writeln!(std::io::stderr(), $($part)*)) };
}

#[test]
fn spellings_are_stopped_like_the_plain_command() {
    let seeds = seeds();
    let cases = cases(&seeds, PAIRS);
    let verdicts = measure::verdicts(&seeds, &cases);
    say!("{}", measure::tables(&seeds, &cases, &verdicts));
    assert_eq!(cases.len(), verdicts.len());
    assert!(cases.len() >= 10_000, "{} cases", cases.len());
    let [earlier, later] = measure::totals(&cases, &verdicts);
    assert!(earlier.stopped() * 100 >= earlier.total * 97, "earlier: {earlier:?}");
    assert!(later.stopped() * 100 >= later.total * 90, "later: {later:?}");
}

#[test]
fn every_seed_is_stopped_as_it_is_written() {
    let seeds = seeds();
    let missed: Vec<&str> = measure::plain_misses(&seeds).iter().map(|seed| seed.script.as_str()).collect();
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), seeds.len(), missed.join("\n"));
}

#[test]
fn there_are_enough_seeds_and_transforms_and_they_have_names_of_their_own() {
    assert!(seeds().len() >= 60);
    assert!(earlier::ALL.len() >= 14 && later::ALL.len() >= 7);
    let names: BTreeSet<&str> =
        earlier::ALL.iter().chain(later::ALL).map(|transform| transform.name).collect();
    assert_eq!(names.len(), earlier::ALL.len() + later::ALL.len());
}

#[test]
fn cases_do_not_depend_on_the_machine() {
    let few = Pairs { earlier: 3, later: 3 };
    let texts = || -> Vec<String> { cases(&seeds(), few).into_iter().map(|case| case.form.script).collect() };
    assert_eq!(texts(), texts());
}

#[test]
fn every_transform_fits_some_seed() {
    let used: BTreeSet<&str> = cases(&seeds(), PAIRS).iter().flat_map(|case| case.ways.clone()).collect();
    for transform in earlier::ALL.iter().chain(later::ALL) {
        assert!(used.contains(transform.name), "{}", transform.name);
    }
}

/// How many cases are run here; the example runs more.
const RUN: usize = 200;

#[test]
fn what_is_run_does_what_was_predicted() {
    let all = cases(&file_seeds(), Pairs { earlier: 20, later: 20 });
    let sample = oracle::sample(&all, RUN);
    match oracle::run(&sample) {
        Err(problem) => say!("SKIPPED: {RUN} cases were NOT run, nothing was compared: {problem}"),
        Ok(observed) => {
            let report = oracle::report(&sample, &observed);
            say!("{}", report.text());
            assert!(
                report.idle * 4 < report.cases,
                "{} of {} cases changed nothing",
                report.idle,
                report.cases
            );
            assert!(report.bugs.is_empty(), "allowed, and not predicted:\n{}", report.bugs.join("\n"));
        }
    }
}

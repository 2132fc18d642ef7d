//! Times the scan of a file after an edit in one of its functions: `cargo run --release -p wardline-scan --example rescan -- FILE
//! [ROUNDS]`. The scanner remembers, as in a process that stays. Each round puts another statement into the function in the
//! middle of the file and scans the whole text. Prints one line of JSON: milliseconds, as they passed and of the processor's time
//! (which other programs on the machine do not lengthen), findings of the last round, and the share of its steps that had to
//! be done.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
#![expect(clippy::cast_precision_loss, reason = "a share with three digits")]

use std::{collections::BTreeMap, fs, process::ExitCode, time::Instant};

use wardline_scan::scan::Scanner;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("rescan FILE [ROUNDS]");
        return ExitCode::FAILURE;
    };
    let rounds: usize = arguments.next().and_then(|word| word.parse().ok()).unwrap_or(50);
    let Some((before, after)) = fs::read_to_string(&path).ok().and_then(split) else {
        eprintln!("{path}: not a readable file with a function in its second half");
        return ExitCode::FAILURE;
    };
    let scanner = Scanner::new().remembering();
    let (mut times, mut busy) = (Vec::new(), Vec::new());
    let (mut findings, mut share) = (0, 0.0);
    for round in 0..=rounds {
        let text = format!("{before}edited = {round};\n{after}");
        let texts = BTreeMap::from([(path.clone(), text)]);
        let (start, worked) = (Instant::now(), processor());
        let scan = scanner.scan(&texts, &|_| None);
        times.push(start.elapsed().as_secs_f64() * 1000.0);
        scanner.turn();
        busy.push(processor() - worked);
        findings = scan.findings.len();
        share = scan.worked as f64 / scan.steps.max(1) as f64;
    }
    let (first, first_busy) = (times.remove(0), busy.remove(0));
    times.sort_by(f64::total_cmp);
    busy.sort_by(f64::total_cmp);
    let at = |times: &[f64], percent: usize| {
        times.get(times.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0.0)
    };
    let figures = |times: &[f64], first: f64| {
        format!("\"first\": {first:.3}, \"p50\": {:.3}, \"p99\": {:.3}", at(times, 50), at(times, 99))
    };
    println!(
        "{{{}, \"cpu\": {{{}}}, \"rounds\": {rounds}, \"findings\": {findings}, \"share\": {share:.3}}}",
        figures(&times, first),
        figures(&busy, first_busy),
    );
    ExitCode::SUCCESS
}

/// Milliseconds of the processor's time that this thread had; zero where the system does not tell.
fn processor() -> f64 {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

/// The text before and after the first line of a function's body, in the second half of the file; the first ends with that line's
/// indentation.
fn split(text: String) -> Option<(String, String)> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let middle = lines.len() / 2;
    let starts = |line: &&str| {
        let (start, end) = (line.trim_start(), line.trim_end());
        (start.starts_with("def ") && end.ends_with(':'))
            || (start.contains("function") && end.ends_with('{'))
    };
    let at = middle + lines.get(middle..)?.iter().position(starts)? + 1;
    let body = lines.get(at)?;
    let indentation = body.get(..body.len() - body.trim_start().len())?;
    Some((lines.get(..at)?.concat() + indentation, lines.get(at..)?.concat()))
}

//! Runs the scan over a corpus outside of this tree and prints the confusion table of each category:
//! `cargo run --release -p wardline-scan --example corpus -- NAME DIR [--half even|odd] [--wrong CATEGORY|all]`.
//!
//! `benchmark-python` and `benchmark-java` are the OWASP benchmarks, `gosec` the samples of its taint rules, `leaky-repo` files
//! with secrets in them. `noise` is any directory without labels: its blocking findings are listed, with the line of each.
//! `--wrong` lists the cases of a category, or of `all`, that were judged wrongly. A finding counts when it blocks; of the
//! categories that only warn (SSRF, deserialisation), when the flow is proved.

mod labels;

use std::{collections::BTreeMap, fs, path::Path, process::ExitCode, time::Instant};

use labels::{Case, Corpus};
use wardline_scan::{
    finding::{Finding, Severity},
    front,
    language::Language,
    scan::{Scan, Scanner},
    span::Lines,
};

/// How often the scan said yes and no to cases that are wrong and to ones that are not.
#[derive(Default, Clone, Copy)]
struct Table {
    found: u32,
    missed: u32,
    wrong: u32,
    quiet: u32,
}

#[expect(clippy::print_stdout, reason = "what the program is for")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let [name, directory, ..] = arguments.as_slice() else {
        println!("corpus NAME DIR [--half even|odd] [--wrong CATEGORY|all]");
        return ExitCode::FAILURE;
    };
    let corpus = match labels::read(name, Path::new(directory)) {
        Ok(corpus) => corpus,
        Err(error) => {
            println!("{name} in {directory}: {error}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(language) = corpus.language.filter(|language| front::lower(*language, "").is_none()) {
        let (word, cases) = (language.name(), corpus.cases.len());
        println!("SKIPPED: {word} is not read: no front-end lowers it; {cases} cases are not judged");
        return ExitCode::from(3);
    }
    let scan = scan(&corpus, Path::new(directory));
    if corpus.cases.is_empty() {
        noise(&scan, &corpus.texts);
        return ExitCode::SUCCESS;
    }
    let half = option("--half");
    let cases = corpus.cases.iter().filter(|case| labels::category(&case.kind).is_some());
    let cases =
        cases.filter(|case| half.as_deref().is_none_or(|half| (half == "even") == (case.number % 2 == 0)));
    judge(cases, &scan, &corpus.texts, option("--wrong").as_deref());
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "what the program is for")]
fn scan(corpus: &Corpus, directory: &Path) -> Scan {
    let start = Instant::now();
    let scan = Scanner::new().scan(&corpus.texts, &|path| fs::read_to_string(directory.join(path)).ok());
    let spent = start.elapsed().as_secs_f64();
    let code = corpus.texts.iter().filter(|(path, text)| Language::of(path, text).is_some()).count();
    println!("{} files, {code} of them with code, in {spent:.2} s", corpus.texts.len());
    for gap in &scan.gaps {
        println!("gap: {} {:?} {:?}", gap.path, gap.span, gap.reason);
    }
    scan
}

#[expect(clippy::print_stdout, reason = "what the program is for")]
fn noise(scan: &Scan, texts: &BTreeMap<String, String>) {
    let of = |severity| scan.findings.iter().filter(move |finding| finding.severity == severity);
    for finding in of(Severity::Blocking) {
        tell(finding, texts);
    }
    let (blocking, warnings) = (of(Severity::Blocking).count(), of(Severity::Warning).count());
    println!("{blocking} blocking, {warnings} warnings, {} gaps", scan.gaps.len());
}

/// Compares findings with labels, and prints the tables and the cases that are asked for.
#[expect(clippy::print_stdout, reason = "what the program is for")]
fn judge<'a>(
    cases: impl Iterator<Item = &'a Case>,
    scan: &Scan,
    texts: &BTreeMap<String, String>,
    wrong: Option<&str>,
) {
    let mut tables: BTreeMap<&str, Table> = BTreeMap::new();
    for case in cases {
        let hits: Vec<_> = scan.findings.iter().filter(|finding| case.answered_by(finding)).collect();
        let table = tables.entry(&case.kind).or_default();
        match (case.bad, !hits.is_empty()) {
            (true, true) => table.found += 1,
            (true, false) => table.missed += 1,
            (false, true) => table.wrong += 1,
            (false, false) => table.quiet += 1,
        }
        if wrong.is_some_and(|kind| kind == case.kind || kind == "all") && case.bad == hits.is_empty() {
            println!("{} {}: {}", if case.bad { "missed" } else { "wrong" }, case.kind, case.place);
            for finding in hits {
                tell(finding, texts);
            }
        }
    }
    print_tables(&tables);
}

#[expect(clippy::print_stdout, reason = "what the program is for")]
fn tell(finding: &Finding, texts: &BTreeMap<String, String>) {
    let place = |path: &str, offset: u32| {
        let text = texts.get(path).map(String::as_str).unwrap_or_default();
        let line = Lines::new(text).position(text, offset).line;
        let shown = text.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default().trim();
        (line, shown.chars().take(120).collect::<String>())
    };
    let (line, shown) = place(&finding.path, finding.span.start);
    println!("  {} {}:{line}: {shown}", finding.rule, finding.path);
    for step in &finding.trace {
        let (line, shown) = place(&step.path, step.span.start);
        println!("      {}:{line} {}: {shown}", step.path, step.note);
    }
}

#[expect(clippy::print_stdout, reason = "what the program is for")]
fn print_tables(tables: &BTreeMap<&str, Table>) {
    let mut all = Table::default();
    println!(
        "{:<12} {:>5} {:>6} {:>5} {:>5}  {:>6} {:>6} {:>6}",
        "", "found", "missed", "wrong", "quiet", "recall", "FPR", "Youden"
    );
    let row = |name: &str, table: &Table| {
        let rate = |part: u32, other: u32| f64::from(part) / f64::from((part + other).max(1));
        let (recall, false_rate) = (rate(table.found, table.missed), rate(table.wrong, table.quiet));
        println!(
            "{name:<12} {:>5} {:>6} {:>5} {:>5}  {recall:>6.2} {false_rate:>6.2} {:>+6.2}",
            table.found,
            table.missed,
            table.wrong,
            table.quiet,
            recall - false_rate
        );
    };
    for (name, table) in tables {
        row(name, table);
        all.found += table.found;
        all.missed += table.missed;
        all.wrong += table.wrong;
        all.quiet += table.quiet;
    }
    row("all", &all);
}

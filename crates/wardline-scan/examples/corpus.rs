//! Runs the scan over a labelled corpus and prints the confusion table of each category:
//! `cargo run --release -p wardline-scan --example corpus -- NAME DIR [--half even|odd] [--wrong CATEGORY]`.
//!
//! Corpora are directories outside of this tree. `benchmark-python` is OWASP BenchmarkPython, `noise` any directory without
//! labels, of which the blocking findings are listed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::ExitCode,
    time::Instant,
};

use wardline_scan::{
    finding::{Category, Finding, Severity},
    language::Language,
    scan::Scanner,
    span::Lines,
};

/// A labelled case: its file, the corpus's word for its kind, and whether something is wrong with it.
struct Case {
    file: String,
    kind: String,
    bad: bool,
    number: u32,
}

/// How often the scan said yes and no to cases that are wrong and to ones that are not.
#[derive(Default, Clone, Copy)]
struct Table {
    found: u32,
    missed: u32,
    wrong: u32,
    quiet: u32,
}

fn texts(directory: &Path, base: &Path, into: &mut BTreeMap<String, String>) {
    let mut entries: Vec<_> = fs::read_dir(directory).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            texts(&path, base, into);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let name = path.strip_prefix(base).unwrap_or(&path).to_string_lossy().into_owned();
            if Language::of(&name, &text).is_some() {
                into.insert(name, text);
            }
        }
    }
}

/// The cases of OWASP BenchmarkPython: name, category, whether it is one, CWE.
fn benchmark(directory: &Path) -> Vec<Case> {
    let labels = fs::read_to_string(directory.join("expectedresults-0.1.csv")).unwrap_or_default();
    let mut cases = Vec::new();
    for line in labels.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<_> = line.split(',').collect();
        let [name, kind, bad, ..] = columns.as_slice() else { continue };
        let number = name.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
        let file = format!("testcode/{name}.py");
        cases.push(Case { file, kind: (*kind).to_owned(), bad: *bad == "true", number });
    }
    cases
}

/// What finding answers to the corpus's word.
fn answers(kind: &str, finding: &Finding) -> bool {
    match kind {
        "sqli" => finding.category == Category::Sql,
        "xss" => finding.category == Category::Xss,
        "pathtraver" => finding.category == Category::Path,
        "redirect" => finding.category == Category::Redirect,
        "cmdi" | "codeinj" => finding.category == Category::Execution,
        _ => false,
    }
}

#[expect(clippy::print_stdout, reason = "what the program is for")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let [name, directory, ..] = arguments.as_slice() else {
        println!("corpus NAME DIR [--half even|odd] [--wrong CATEGORY]");
        return ExitCode::FAILURE;
    };
    let directory = Path::new(directory);
    let mut files = BTreeMap::new();
    texts(directory, directory, &mut files);
    let start = Instant::now();
    let scanner = Scanner::new();
    let scan = scanner.scan(&files, &|path| fs::read_to_string(directory.join(path)).ok());
    let spent = start.elapsed().as_secs_f64();
    println!("{} files in {spent:.2} s ({:.0} a second)", files.len(), files.len() as f64 / spent);
    for gap in &scan.gaps {
        println!("gap: {} {:?} {:?}", gap.path, gap.span, gap.reason);
    }
    let blocking: Vec<_> =
        scan.findings.iter().filter(|finding| finding.severity == Severity::Blocking).collect();
    if name == "noise" {
        for finding in &blocking {
            tell(finding, &files);
        }
        let warnings = scan.findings.iter().filter(|finding| finding.severity == Severity::Warning).count();
        println!("{} blocking, {warnings} warnings", blocking.len());
        return ExitCode::SUCCESS;
    }
    let half = option("--half");
    let wrong = option("--wrong");
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for case in benchmark(directory) {
        let even = case.number % 2 == 0;
        if half.as_deref().is_some_and(|half| (half == "even") != even) {
            continue;
        }
        if !["sqli", "xss", "pathtraver", "redirect", "cmdi", "codeinj"].contains(&case.kind.as_str()) {
            continue;
        }
        let hits: Vec<_> = blocking
            .iter()
            .filter(|finding| finding.path == case.file && answers(&case.kind, finding))
            .collect();
        let table = tables.entry(case.kind.clone()).or_default();
        match (case.bad, !hits.is_empty()) {
            (true, true) => table.found += 1,
            (true, false) => table.missed += 1,
            (false, true) => table.wrong += 1,
            (false, false) => table.quiet += 1,
        }
        if wrong.as_deref().is_some_and(|kind| kind == case.kind || kind == "all")
            && case.bad == hits.is_empty()
        {
            println!("{} {}: {}", if case.bad { "missed" } else { "wrong" }, case.kind, case.file);
            for finding in hits {
                tell(finding, &files);
            }
        }
    }
    print_tables(&tables);
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "what the program is for")]
fn tell(finding: &Finding, files: &BTreeMap<String, String>) {
    let line = |path: &str, offset: u32| {
        files.get(path).map_or(0, |text| Lines::new(text).position(text, offset).line)
    };
    println!("  {} {}:{}", finding.rule, finding.path, line(&finding.path, finding.span.start));
    for step in &finding.trace {
        println!("      {}:{} {}", step.path, line(&step.path, step.span.start), step.note);
    }
}

#[expect(clippy::print_stdout, reason = "what the program is for")]
fn print_tables(tables: &BTreeMap<String, Table>) {
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
    let names: BTreeSet<_> = tables.keys().collect();
    println!("{} categories", names.len());
}

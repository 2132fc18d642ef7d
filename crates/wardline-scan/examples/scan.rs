//! Scans files and folders: `cargo run --release --example scan -- [--blocking] PATH…`. Prints what was found, one line each, and to
//! the error stream how long it took.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use wardline_scan::{finding::Severity, language::Language, scan::Scanner, span::Lines};

fn main() {
    let blocking = std::env::args().any(|word| word == "--blocking");
    let mut texts = BTreeMap::new();
    for path in std::env::args().skip(1).filter(|word| !word.starts_with("--")) {
        gather(&PathBuf::from(path), &mut texts);
    }
    let start = Instant::now();
    let scan = Scanner::new().scan(&texts, &|_| None);
    let took = start.elapsed();
    for finding in &scan.findings {
        if blocking && finding.severity != Severity::Blocking {
            continue;
        }
        let text = texts.get(&finding.path).map(String::as_str).unwrap_or_default();
        let at = Lines::new(text).position(text, finding.span.start);
        let (severity, rule, path) = (finding.severity, &finding.rule, &finding.path);
        println!("{path}:{}:{}: {severity:?} {rule}: {}", at.line, at.column, finding.message);
        for step in &finding.trace {
            let text = texts.get(&step.path).map(String::as_str).unwrap_or_default();
            println!(
                "    {}:{} {}",
                step.path,
                Lines::new(text).position(text, step.span.start).line,
                step.note
            );
        }
    }
    for gap in &scan.gaps {
        println!("{}: gap: {:?}", gap.path, gap.reason);
    }
    let count = |severity| scan.findings.iter().filter(|finding| finding.severity == severity).count();
    let (red, yellow, gaps) = (count(Severity::Blocking), count(Severity::Warning), scan.gaps.len());
    eprintln!("{} files, {took:?}: {red} blocking, {yellow} warnings, {gaps} gaps", texts.len());
}

fn gather(path: &Path, texts: &mut BTreeMap<String, String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            gather(&entry.path(), texts);
        }
    } else if let Ok(text) = fs::read_to_string(path) {
        let name = path.to_string_lossy().into_owned();
        if Language::of(&name, &text).is_some() {
            texts.insert(name, text);
        }
    }
}

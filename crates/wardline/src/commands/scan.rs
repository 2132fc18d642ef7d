//! `wardline scan`: what the security scan finds, for a person, as JSON, as SARIF, beside another tool's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wardline_monitor::gate::{self, Against, Analyse as _, Demand, Engine, Examined, Work};
use wardline_monitor::scan::change::{State, fingerprints};
use wardline_monitor::scan::finding::{Category, Finding, Severity};
use wardline_monitor::scan::language::Language;
use wardline_monitor::scan::rules::{Book, Rule};
use wardline_monitor::scan::span::Places;
use wardline_monitor::scan::{checks, compare, sarif};
use wardline_monitor::{World, visible};

use super::fixes;
use crate::exit;
use crate::term::Style;

/// Every language that has rules.
const LANGUAGES: [Language; 11] = [
    Language::Python,
    Language::JavaScript,
    Language::TypeScript,
    Language::Tsx,
    Language::Html,
    Language::Go,
    Language::Java,
    Language::Php,
    Language::Ruby,
    Language::CSharp,
    Language::Rust,
];

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without --all only what was changed since the base is told; files that git ignores are left out, and what is \
                        named is always scanned. `wardline gate` is the judge of a session's work: nothing can be left out there.\
                        \n\nExit codes: 0 nothing that blocks, 1 findings that block, 3 none and not everything could be looked \
                        at, 2 bad usage."
)]
pub(crate) struct Scan {
    /// Files and directories; the project when none is named
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Tell everything that is found, not only what was changed
    #[arg(long, conflicts_with = "base")]
    all: bool,
    /// The state to compare with: a revision of git, or `index` (default: HEAD)
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Count doubtful findings as blocking
    #[arg(long)]
    strict: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write SARIF 2.1.0 to this file; `-` is standard output
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// Lay the findings beside those in another tool's SARIF
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json"])]
    compare: Option<PathBuf>,
    /// Leave out findings whose fingerprints stand in this file; write it with --write-baseline
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the fingerprints of what is found to this file
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Show the changes that rules propose, and ask about each; only those that mend the finding and harm nothing
    #[arg(long, conflicts_with_all = ["json", "compare"])]
    fix: bool,
    /// Say what a rule is about
    #[arg(long, value_name = "RULE", conflicts_with_all = ["paths", "all", "base"])]
    explain: Option<String>,
}

impl Scan {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        if let Some(rule) = &self.explain {
            return explain(world, rule);
        }
        match self.scan(world) {
            Ok(code) => ExitCode::from(code),
            Err(e) => exit::fail(exit::USAGE, e),
        }
    }

    fn scan(&self, world: &World) -> Result<u8, String> {
        let mut examined = if self.all { self.whole(world)? } else { self.changed(world)? };
        if let Some(file) = &self.baseline {
            leave_out(&mut examined, &known(file)?);
        }
        let shown = self.shown(world, &examined);
        if let Some(file) = &self.write_baseline {
            let prints: Vec<&String> = shown.iter().filter_map(|index| examined.prints.get(*index)).collect();
            write(file, &format!("{:#}\n", json!({"v": 1, "fingerprints": prints})))?;
        }
        if let Some(file) = &self.sarif {
            write(file, &format!("{}\n", self.sarif_of(&examined, &shown)))?;
        }
        if self.json {
            println!("{}", self.json_of(&examined, &shown));
        } else if let Some(file) = &self.compare {
            print!("{}", beside(&examined, &shown, file)?);
        } else if self.fix {
            fixes::offer(world, &examined, &shown)?;
        } else if self.sarif.as_deref() != Some(Path::new("-")) {
            print!("{}", told(&examined, &shown, self.all));
        }
        let least = if self.strict { Severity::Warning } else { Severity::Blocking };
        let blocks = shown
            .iter()
            .filter_map(|index| examined.findings.get(*index))
            .any(|finding| finding.severity >= least);
        let incomplete = examined.gaps.iter().any(|(_, grave)| *grave || self.strict);
        Ok(if blocks {
            exit::FOUND
        } else if incomplete {
            exit::INCOMPLETE
        } else {
            exit::OK
        })
    }

    /// Scans content as it is.
    fn whole(&self, world: &World) -> Result<Examined, String> {
        let here = vec![PathBuf::from(".")];
        let paths = if self.paths.is_empty() { &here } else { &self.paths };
        if let Some(missing) = paths.iter().find(|path| world.cwd.join(path).symlink_metadata().is_err()) {
            return Err(format!("{}: no such file or directory", missing.display()));
        }
        let listing = gate::list(&world.cwd, paths, world.variable("PATH").unwrap_or("/usr/bin:/bin"));
        let done = AtomicUsize::new(0);
        let rules = rules(&world.project);
        let roots = gate::roots(&world.cwd, paths);
        let beside = |path: &str| gate::beside(&world.cwd, &roots, path);
        let work = Work { texts: &listing.texts, rules: &rules, neighbour: &beside };
        let analysis = with_progress(&done, listing.texts.len(), || {
            Engine { done: Some(&done), ..Engine::default() }.analyse(&work)
        });
        let grave = |gap: &wardline_monitor::scan::finding::Gap| gate::is_grave(gap);
        let touched: BTreeSet<String> = listing.texts.keys().cloned().collect();
        let scanned = touched.len();
        let texts = gate::with_neighbours(listing.texts, &analysis.findings, &beside);
        Ok(Examined {
            prints: fingerprints(&texts, &analysis.findings),
            touched: touched.into_iter().collect(),
            scanned,
            gaps: listing
                .gaps
                .into_iter()
                .chain(analysis.gaps)
                .map(|gap| (gap.clone(), grave(&gap)))
                .collect(),
            findings: analysis.findings,
            texts,
            ..Examined::default()
        })
    }

    /// Scans what was changed since a state of git.
    fn changed(&self, world: &World) -> Result<Examined, String> {
        let base = self.base.clone().unwrap_or_else(|| "HEAD".to_owned());
        let outcome =
            gate::run(world, &Against::Git(base), Demand { strict: self.strict, ..Demand::default() });
        let outcome = outcome.map_err(|e| format!("{e}; `wardline scan --all` scans without comparing"))?;
        Ok(outcome.examined)
    }

    /// Which findings are told: of a change, those that it made or worsened, in the paths that were named.
    fn shown(&self, world: &World, examined: &Examined) -> Vec<usize> {
        let named = |path: &str| {
            let whole = world.project.join(path);
            self.all
                || self.paths.is_empty()
                || self.paths.iter().any(|named| whole.starts_with(world.cwd.join(named)))
        };
        let of_change = |index: usize| !matches!(examined.states.get(index), Some(State::PreExisting { .. }));
        let all = examined.findings.iter().enumerate();
        all.filter(|(index, finding)| of_change(*index) && named(&finding.path))
            .map(|(index, _)| index)
            .collect()
    }

    fn sarif_of(&self, examined: &Examined, shown: &[usize]) -> Value {
        let pick = |index: &usize| examined.findings.get(*index).cloned();
        let findings: Vec<Finding> = shown.iter().filter_map(pick).collect();
        let prints: Vec<String> =
            shown.iter().filter_map(|index| examined.prints.get(*index).cloned()).collect();
        let states: Vec<State> =
            shown.iter().filter_map(|index| examined.states.get(*index).copied()).collect();
        let gaps: Vec<_> = examined.gaps.iter().map(|(gap, _)| gap.clone()).collect();
        let (texts, version) = (&examined.texts, env!("CARGO_PKG_VERSION"));
        sarif::write(&sarif::Report {
            version,
            texts,
            findings: &findings,
            fingerprints: &prints,
            states: &states,
            gaps: &gaps,
        })
    }

    fn json_of(&self, examined: &Examined, shown: &[usize]) -> Value {
        let places = Places::new(&examined.texts);
        let one = |index: &usize| {
            let mut value = gate::finding_json(&places, examined.findings.get(*index)?);
            let state = examined.states.get(*index).map(|state| match state {
                State::Introduced => "introduced",
                State::Worsened { .. } => "worsened",
                State::PreExisting { .. } => "pre-existing",
            });
            value.as_object_mut()?.insert("fingerprint".into(), examined.prints.get(*index).cloned().into());
            value.as_object_mut()?.insert("state".into(), state.into());
            Some(value)
        };
        let findings: Vec<Value> = shown.iter().filter_map(one).collect();
        let gaps: Vec<Value> = examined
            .gaps
            .iter()
            .map(|(gap, grave)| json!({"path": gap.path, "reason": gap.reason.to_string(), "grave": grave}))
            .collect();
        let base = (!examined.base.is_empty()).then(|| examined.base.clone());
        json!({"v": 1, "base": base, "files": examined.touched.len(), "scanned": examined.scanned, "findings": findings, "gaps": gaps})
    }
}

/// The project's rules as they are now: a person asks, and no session is judged.
pub(super) fn rules(project: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(project.join(".wardline/rules")).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    let is_rule =
        |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let read =
        |path: &PathBuf| Some((path.to_string_lossy().into_owned(), std::fs::read_to_string(path).ok()?));
    files.iter().filter(is_rule).filter_map(read).collect()
}

/// Runs `work`, with the number of files that are done on the terminal while it takes long.
fn with_progress<R>(done: &AtomicUsize, all: usize, work: impl FnOnce() -> R) -> R {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (ended, waits) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut shown = false;
            while waits.recv_timeout(Duration::from_millis(500))
                == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                eprint!("\rscanned {} of {all} files", done.load(Ordering::Relaxed));
                std::io::stderr().flush().ok();
                shown = true;
            }
            if shown {
                eprint!("\r\u{1b}[K");
            }
        });
        let result = work();
        drop(ended);
        result
    })
}

/// The fingerprints of a baseline.
fn known(file: &Path) -> Result<BTreeSet<String>, String> {
    let wrong = |why: String| format!("{}: {why}", file.display());
    let text = std::fs::read_to_string(file).map_err(|e| wrong(e.to_string()))?;
    let value: Value = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    let list =
        value.get("fingerprints").and_then(Value::as_array).ok_or_else(|| wrong("no baseline".to_owned()))?;
    Ok(list.iter().filter_map(|print| print.as_str().map(str::to_owned)).collect())
}

fn leave_out(examined: &mut Examined, known: &BTreeSet<String>) {
    let keep: Vec<bool> = examined.prints.iter().map(|print| !known.contains(print)).collect();
    let mut kept = keep.iter();
    examined.findings.retain(|_| *kept.next().unwrap_or(&true));
    let mut kept = keep.iter();
    examined.states.retain(|_| *kept.next().unwrap_or(&true));
    let mut kept = keep.iter();
    examined.prints.retain(|_| *kept.next().unwrap_or(&true));
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    if file == Path::new("-") {
        print!("{text}");
        return Ok(());
    }
    std::fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))
}

/// The findings for a person: each with the path of its value and the lines that it goes through.
fn told(examined: &Examined, shown: &[usize], all: bool) -> String {
    let style = Style::of_stdout();
    let mut out = String::new();
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    let places = Places::new(&examined.texts);
    for finding in shown.iter().filter_map(|index| examined.findings.get(*index)) {
        *counts.entry(finding.severity).or_default() += 1;
        let _written = drawn(&mut out, style, &places, finding);
    }
    for (gap, grave) in &examined.gaps {
        if *grave {
            let _written = writeln!(
                out,
                "{} {}: {}\n",
                style.bold("not looked at"),
                visible(&gap.path),
                visible(&gap.reason.to_string())
            );
        }
    }
    let count = |severity| counts.get(&severity).copied().unwrap_or(0);
    let what = if all { "files" } else { "changed files" };
    let light = examined.gaps.iter().filter(|(_, grave)| !grave).count();
    let _written = writeln!(
        out,
        "{} blocking, {} doubtful, {} notes in {} {what}",
        count(Severity::Blocking),
        count(Severity::Warning),
        count(Severity::Note),
        examined.touched.len(),
    );
    if light > 0 {
        let _written = writeln!(
            out,
            "{}",
            style.dim(&format!("{light} files are in languages without rules: only secrets were looked for"))
        );
    }
    out
}

fn drawn(out: &mut String, style: Style, places: &Places<'_>, finding: &Finding) -> std::fmt::Result {
    let place = |path: &str, offset: u32| {
        let at = places.position(path, offset);
        (format!("{}:{}:{}", visible(path), at.line, at.column), visible(places.excerpt(path, at.line)))
    };
    let (at, excerpt) = place(&finding.path, finding.span.start);
    writeln!(out, "{} {} {}", style.severity(finding.severity), style.bold(&at), style.dim(&finding.rule))?;
    writeln!(out, "  {}", visible(&finding.message))?;
    if finding.trace.is_empty() && finding.category != Category::Secret {
        writeln!(out, "    {excerpt}")?;
    }
    let last = finding.trace.len().saturating_sub(1);
    for (number, step) in finding.trace.iter().enumerate() {
        let (at, excerpt) = place(&step.path, step.span.start);
        let mark = if number == 0 {
            "┌"
        } else if number == last {
            "└"
        } else {
            "│"
        };
        writeln!(out, "  {mark} {at}  {}", style.dim(&visible(&step.note)))?;
        writeln!(out, "  {}     {excerpt}", if number == last { " " } else { "│" })?;
    }
    if !finding.advice.is_empty() {
        writeln!(out, "  {} {}", style.dim("fix:"), visible(&finding.advice))?;
    }
    writeln!(out)
}

/// Our findings beside those of another tool.
fn beside(examined: &Examined, shown: &[usize], file: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let theirs = compare::read(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    let ours: Vec<Finding> =
        shown.iter().filter_map(|index| examined.findings.get(*index).cloned()).collect();
    let overlap = compare::overlap(&examined.texts, &ours, &theirs);
    let places = Places::new(&examined.texts);
    let our_line = |index: &usize| {
        ours.get(*index).map_or_else(String::new, |finding| {
            let line = places.position(&finding.path, finding.span.start).line;
            format!("{}:{line} {}", finding.path, finding.rule)
        })
    };
    let their_line = |index: &usize| {
        theirs.get(*index).map_or_else(String::new, |their| {
            format!("{}:{} {} {}", their.path, their.line, their.tool, their.rule)
        })
    };
    let mut out = String::new();
    let _written = writeln!(out, "both ({})", overlap.both.len());
    for (one, other) in &overlap.both {
        let _written = writeln!(out, "  {}  =  {}", visible(&our_line(one)), visible(&their_line(other)));
    }
    let _written = writeln!(out, "only wardline ({})", overlap.only_ours.len());
    for index in &overlap.only_ours {
        let _written = writeln!(out, "  {}", visible(&our_line(index)));
    }
    let _written = writeln!(out, "only the other ({})", overlap.only_theirs.len());
    for index in &overlap.only_theirs {
        let _written = writeln!(out, "  {}", visible(&their_line(index)));
    }
    Ok(out)
}

/// What a rule is about; without a match, the names of all.
fn explain(world: &World, wanted: &str) -> ExitCode {
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    for language in LANGUAGES {
        let mut book = Book::built_in(language);
        for (file, text) in self::rules(&world.project) {
            book.add(&file, &text);
        }
        rules.extend(book.rules().map(|rule| (rule.id.clone(), rule.clone())));
    }
    if let Some(check) = checks::all().iter().find(|check| check.id == wanted) {
        let cwe: Vec<String> = check.cwe.iter().map(|number| format!("CWE-{number}")).collect();
        println!("{}  ({})\n{}\n\n{}", check.id, check.category.name(), cwe.join(", "), check.message);
        println!("\n{}\n\n{}", check.why, check.advice);
        return ExitCode::SUCCESS;
    }
    let Some(rule) = rules.get(wanted) else {
        let all = || rules.keys().map(String::as_str).chain(checks::all().iter().map(|check| check.id));
        let near: Vec<&str> = all().filter(|id| id.contains(wanted)).collect();
        let names = if near.is_empty() { all().collect() } else { near };
        return exit::fail(
            exit::USAGE,
            format!("no rule is called `{}`; there are {}", visible(wanted), names.join(", ")),
        );
    };
    let languages: Vec<&str> = rule.languages.iter().map(|language| language.name()).collect();
    let cwe: Vec<String> = rule.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    println!("{}  ({}, {})", rule.id, rule.category.name(), languages.join(", "));
    println!("{}\n\n{}", cwe.join(", "), rule.message.trim());
    for text in [&rule.why, &rule.advice] {
        if !text.trim().is_empty() {
            println!("\n{}", text.trim());
        }
    }
    println!("\n{}:{}", rule.file, rule.line);
    ExitCode::SUCCESS
}

//! `wardline log`: what ran, who allowed it, what became of it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};
use wardline_monitor::audit::{self, Entry, Format, HeadState, Kind, Report, Start};
use wardline_monitor::{World, visible};

use crate::exit;
use crate::term::Style;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Log {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print the rows as they are, one JSON object a line
    #[arg(long)]
    json: bool,
    /// Wait for new rows and print them as they come
    #[arg(long, short)]
    follow: bool,
    /// Only rows of this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Only the last N rows
    #[arg(long, short = 'n', value_name = "N")]
    last: Option<usize>,
    /// Another journal than one's own
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the whole hash chain: first bad row, gaps, missing outcomes
    Verify {
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
        /// Another journal than one's own
        #[arg(long, value_name = "FILE")]
        journal: Option<PathBuf>,
    },
    /// Copy the journal with a manifest that names its head
    Export {
        /// `jsonl` (as it is) or `json` (one array)
        #[arg(long, value_name = "FORMAT", default_value = "jsonl", value_parser = ["jsonl", "json"])]
        format: String,
        /// Where to; standard output when not said
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Another journal than one's own
        #[arg(long, value_name = "FILE")]
        journal: Option<PathBuf>,
    },
}

impl Log {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        match self.command {
            Some(Command::Verify { json, journal }) => {
                verify(&journal.unwrap_or_else(|| world.journal()), json)
            }
            Some(Command::Export { ref format, ref output, ref journal }) => {
                let journal = journal.clone().unwrap_or_else(|| world.journal());
                match export(&journal, format, output.as_deref()) {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(e) => exit::fail(exit::USAGE, e),
                }
            }
            None => self.show(world),
        }
    }

    fn show(&self, world: &World) -> ExitCode {
        let journal = self.journal.clone().unwrap_or_else(|| world.journal());
        if !journal.exists() && !self.follow && self.session.is_none() {
            eprintln!("wardline: {}: no journal yet; `wardline run` or a hook begins one", journal.display());
            return ExitCode::SUCCESS;
        }
        let mut shown = Vec::new();
        let mut others = Vec::new();
        let mut flaw = None;
        if journal.exists() {
            let entries = match audit::read(&journal) {
                Ok(entries) => entries,
                Err(e) => return exit::fail(exit::USAGE, e),
            };
            for entry in entries {
                match entry {
                    Ok(entry) if self.wants(&entry) => shown.push(entry),
                    Ok(entry) if others.last() == Some(&entry.session) => {}
                    Ok(entry) => others.push(entry.session),
                    Err(e) => flaw = Some(e),
                }
            }
        }
        let skipped = self.last.map_or(0, |last| shown.len().saturating_sub(last));
        for entry in shown.iter().skip(skipped) {
            self.print(entry);
        }
        if let Some(e) = flaw {
            return exit::fail(exit::FOUND, format!("{e}; see `wardline log verify`"));
        }
        if let (Some(session), true, false) = (&self.session, shown.is_empty(), self.follow) {
            return exit::fail(exit::USAGE, no_session(session, &journal, &others));
        }
        if self.follow { self.follow(&journal) } else { ExitCode::SUCCESS }
    }

    fn follow(&self, journal: &std::path::Path) -> ExitCode {
        // Ends with the process, on a signal.
        let stop = std::sync::Arc::default();
        for entry in audit::follow(journal, Start::Now, stop) {
            match entry {
                Ok(entry) if self.wants(&entry) => self.print(&entry),
                Ok(_) => {}
                Err(e) => return exit::fail(exit::FOUND, e),
            }
        }
        ExitCode::SUCCESS
    }

    fn wants(&self, entry: &Entry) -> bool {
        self.session.as_ref().is_none_or(|session| entry.session == *session)
    }

    fn print(&self, entry: &Entry) {
        if self.json {
            println!("{}", entry.raw);
        } else {
            println!("{}", human(Style::of_stdout(), entry));
        }
    }
}

/// What is said to the name of a session that has no row; `others` are those that have, in order.
fn no_session(session: &str, journal: &std::path::Path, others: &[String]) -> String {
    const NAMED: usize = 3;
    let mut latest: Vec<String> = Vec::new();
    for name in others.iter().rev().map(|name| visible(name)) {
        if latest.len() < NAMED && !latest.contains(&name) {
            latest.push(name);
        }
    }
    let known = if latest.is_empty() {
        "it holds no rows".to_owned()
    } else {
        format!("the latest are {}; `wardline log --json` names all", latest.join(", "))
    };
    format!("{}: no session `{}`; {known}", journal.display(), visible(session))
}

/// Every row of a journal for a person.
pub(crate) fn print_all(journal: &std::path::Path) {
    for entry in audit::read(journal).into_iter().flatten().flatten() {
        println!("{}", human(Style::of_stdout(), &entry));
    }
}

/// One row for a person.
fn human(style: Style, entry: &Entry) -> String {
    let text = |key: &str| entry.body.get(key).and_then(Value::as_str).unwrap_or_default();
    let decision = style.decision_word(text("decision"));
    let what = match entry.kind {
        Kind::Intent => {
            let targets = entry.body.get("targets").and_then(Value::as_array);
            let target = targets.and_then(|list| list.first()).and_then(Value::as_str).unwrap_or_default();
            format!("{decision:5} {} {}{}", visible(text("permission")), visible(target), rule(style, entry))
        }
        Kind::Approval => format!("{decision:5} answered by {}", text("by")),
        Kind::Egress => format!(
            "{decision:5} connection to {} {}",
            visible(text("host")),
            style.dim(&visible(text("because")))
        ),
        Kind::Outcome | Kind::SessionEnd => format!("      {} {}", entry.kind.as_str(), summary(entry)),
        Kind::Gate => format!(
            "      gate {} {}",
            style.bold(&visible(text("gate"))),
            visible(
                entry
                    .body
                    .get("coverage")
                    .and_then(|all| all.get("text"))
                    .and_then(Value::as_str)
                    .unwrap_or_else(|| text("text"))
            )
        ),
        Kind::Unmediated => format!("{} {}", style.bold("effect without a decision:"), summary(entry)),
        _ => format!("      {} {}", entry.kind.as_str(), summary(entry)),
    };
    format!("{} {} {what}", style.dim(&format!("{:>5}", entry.seq)), style.dim(&entry.time))
}

/// The rule that decided, with its place.
fn rule(style: Style, entry: &Entry) -> String {
    let first = entry.body.get("reasons").and_then(Value::as_array).and_then(|list| list.first());
    let text =
        |key: &str| first.and_then(|reason| reason.get(key)).and_then(Value::as_str).unwrap_or_default();
    let line = first.and_then(|reason| reason.get("line")).and_then(Value::as_u64).unwrap_or_default();
    style.dim(&format!("  — {} ({}:{line})", visible(text("rule")), visible(text("file"))))
}

/// The short values of a body, cut to a line.
fn summary(entry: &Entry) -> String {
    const WIDTH: usize = 160;
    let mut parts = Vec::new();
    for (key, value) in &entry.body {
        match value {
            Value::String(text) => parts.push(format!("{key}={}", visible(text).replace('\n', " "))),
            Value::Number(_) | Value::Bool(_) => parts.push(format!("{key}={value}")),
            Value::Array(list) => parts.push(format!("{key}=[{}]", list.len())),
            Value::Null | Value::Object(_) => {}
        }
    }
    let line = parts.join(" ");
    if line.chars().count() <= WIDTH { line } else { line.chars().take(WIDTH).chain(['…']).collect() }
}

fn verify(journal: &std::path::Path, json: bool) -> ExitCode {
    let report = match audit::verify(journal) {
        Ok(report) => report,
        Err(e) => return exit::fail(exit::USAGE, e),
    };
    if json {
        println!("{}", report_json(&report));
    } else {
        print!("{}", report_text(&report));
    }
    ExitCode::from(if report.is_clean() { exit::OK } else { exit::FOUND })
}

/// The head file that belongs to a journal.
fn beside(journal: &std::path::Path) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(".head");
    PathBuf::from(name)
}

fn report_json(report: &Report) -> Value {
    let missing = report
        .missing_outcomes
        .iter()
        .map(|missing| json!({"seq": missing.seq, "session": missing.session, "call": missing.call}));
    json!({
        "clean": report.is_clean(),
        "rows": report.rows,
        "bad_rows": report.bad_rows,
        "first_bad": report.first_bad.as_ref().map(|bad| {
            json!({"line": bad.line, "seq": bad.seq, "what": bad.what.to_string()})
        }),
        "gaps": report.gaps.iter().map(|gap| {
            json!({"line": gap.line, "expected": gap.expected, "found": gap.found})
        }).collect::<Value>(),
        "missing_outcomes": missing.collect::<Value>(),
        "truncated": report.truncated,
        "torn_tail": report.torn_tail,
        "repairs": report.repairs,
        "last": report.last.as_ref().map(|(seq, hash)| json!({"seq": seq, "hash": hash})),
    })
}

fn report_text(report: &Report) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    writeln!(
        text,
        "{} rows, {}",
        report.rows,
        if report.is_clean() { "the chain holds" } else { "NOT CLEAN" }
    )
    .ok();
    if let Some(bad) = &report.first_bad {
        writeln!(text, "first bad row: line {}: {} ({} in all)", bad.line, bad.what, report.bad_rows).ok();
    }
    for gap in &report.gaps {
        writeln!(text, "gap at line {}: row {} where {} belongs", gap.line, gap.found, gap.expected).ok();
    }
    if report.truncated {
        writeln!(text, "rows are missing at the end: the head file knows later ones").ok();
    }
    if report.torn_tail {
        writeln!(text, "an unfinished row at the end was never acknowledged; the next writer removes it")
            .ok();
    }
    if let HeadState::Missing | HeadState::Unreadable = report.head {
        writeln!(text, "the head file is gone or damaged, so rows cut off the end would not show").ok();
    }
    for missing in report.missing_outcomes.iter().take(20) {
        writeln!(
            text,
            "no outcome: row {} (session {}, call {})",
            missing.seq, missing.session, missing.call
        )
        .ok();
    }
    if report.missing_outcomes.len() > 20 {
        writeln!(text, "… and {} more without an outcome", report.missing_outcomes.len() - 20).ok();
    }
    if let Some((seq, hash)) = &report.last {
        writeln!(text, "head: row {seq}, {hash}").ok();
    }
    text
}

fn export(journal: &std::path::Path, format: &str, output: Option<&std::path::Path>) -> Result<(), String> {
    let format = if format == "json" { Format::Json } else { Format::JsonLines };
    let manifest = match output {
        None => audit::export(journal, format, &mut std::io::stdout().lock()),
        Some(file) => {
            let mut out = std::fs::File::create_new(file)
                .map_err(|e| format!("{}: {e}; name a file that does not exist yet", file.display()))?;
            let manifest = audit::export(journal, format, &mut out);
            // The head goes along, so that the copy shows by itself when its end is cut off.
            std::fs::copy(beside(journal), beside(file)).ok();
            manifest
        }
    };
    // The manifest goes beside the data, so that a pipe stays clean.
    eprintln!("{}", manifest.map_err(|e| e.to_string())?.to_json());
    Ok(())
}

//! Reads the labelled corpora, when they lie beside the workspace or where `WARDLINE_CORPORA` says, and reports what could not be
//! read, what is refused and asked, and how long an analysis takes. Nothing is run.

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use support::read;
use wardline_shell::{Analysis, Certainty, DoubtKind, ParserUsed, Severity};

/// Writes past the test runner's capture, so that a skip or a figure is always seen.
macro_rules! say {
    ($($part:tt)*) => { drop(writeln!(std::io::stderr(), $($part)*)) };
}

/// At most so many of ten thousand commands may go unread.
const MOST_UNREAD: usize = 100;

/// Of a thousand dangerous commands at least so many are refused, asked or in doubt.
const LEAST_STOPPED: usize = 950;

/// Of ten thousand benign commands of each corpus at most so many are refused.
const MOST_REFUSED: [(&str, usize); 2] = [("tldr.jsonl", 20), ("nl2bash.jsonl", 50)];

fn folder() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    std::env::var_os("WARDLINE_CORPORA").map_or_else(beside, PathBuf::from).join("commands")
}

/// The commands of one corpus with their labels.
#[expect(clippy::panic, reason = "corpora that can't be read are no measurement")]
fn corpus(name: &str) -> Vec<(String, bool)> {
    let path = folder().join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read = |line: &str| {
        let command = field(line, "cmd").unwrap_or_else(|| panic!("{name}: no command in {line}"));
        (command, field(line, "label").as_deref() == Some("dangerous"))
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(read).collect()
}

/// Says what is not measured when the corpora are not there.
fn missing(what: &str) -> bool {
    let folder = folder();
    if !folder.is_dir() {
        say!("NOT MEASURED: {} is missing: {what}", folder.display());
    }
    !folder.is_dir()
}

/// The string of a field of one line of JSON, without a JSON parser: the files hold flat objects.
fn field(line: &str, name: &str) -> Option<String> {
    let start = line.find(&format!("\"{name}\":"))? + name.len() + 3;
    let text = line.get(start..)?.trim_start().strip_prefix('"')?;
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Some(out),
            '\\' => match characters.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'b' => out.push('\u{8}'),
                'f' => out.push('\u{c}'),
                'u' => {
                    let digits: String = characters.by_ref().take(4).collect();
                    out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?).unwrap_or('\u{fffd}'));
                }
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
    None
}

fn unread(analysis: &Analysis) -> bool {
    analysis.doubts.iter().any(|doubt| matches!(doubt.kind, DoubtKind::Unparsed | DoubtKind::Limit))
}

#[test]
fn the_corpora_are_read() {
    if missing("how many public commands can be read") {
        return;
    }
    let (mut all, mut bad) = (0, 0);
    for name in ["tldr.jsonl", "nl2bash.jsonl", "redcode.jsonl"] {
        let (mut count, mut failed, mut second) = (0, 0, 0);
        for (command, _) in corpus(name) {
            let analysis = read(&command);
            count += 1;
            failed += usize::from(unread(&analysis));
            second += usize::from(analysis.parser != ParserUsed::Brush);
            assert!(
                !analysis.commands.is_empty()
                    || command.contains("()")
                    || command.trim_start().starts_with('#'),
                "{command:?}"
            );
        }
        say!("{name}: {count} commands, {failed} in doubt as unread, {second} that brush-parser refused");
        (all, bad) = (all + count, bad + failed);
    }
    say!("all: {all} commands, {bad} in doubt as unread");
    assert!(bad * 10_000 <= all * MOST_UNREAD, "{bad} of {all} commands could not be read");
}

/// How many commands became what.
#[derive(Debug, Default)]
struct Shares {
    all: usize,
    refused: usize,
    asked: usize,
    doubted: usize,
    times: Vec<f64>,
}

impl Shares {
    fn add(&mut self, command: &str) {
        let start = Instant::now();
        let analysis = read(command);
        self.times.push(start.elapsed().as_secs_f64() * 1e6);
        self.all += 1;
        let opaque = analysis.commands.iter().any(|command| command.certainty == Certainty::Opaque);
        match analysis.refusals.iter().map(|refusal| refusal.severity).max() {
            Some(Severity::Refuse) => self.refused += 1,
            Some(Severity::Ask) => self.asked += 1,
            None => self.doubted += usize::from(opaque || unread(&analysis)),
        }
    }

    /// The time that so many of a thousand stay below.
    fn time(&mut self, thousandth: usize) -> f64 {
        self.times.sort_by(f64::total_cmp);
        self.times.get(self.times.len() * thousandth / 1_000).copied().unwrap_or_default()
    }

    fn say(&mut self, name: &str) {
        let (p50, p99, most) =
            (self.time(500), self.time(990), self.times.last().copied().unwrap_or_default());
        say!(
            "{name:32} {:6} commands: {:5} refused, {:5} asked by a rule, {:5} in doubt; p50 {p50:.0} µs, p99 {p99:.0} µs, most {most:.0} µs",
            self.all,
            self.refused,
            self.asked,
            self.doubted
        );
    }
}

#[test]
fn the_corpora_are_judged() {
    if missing("shares of refused commands, time of an analysis") {
        return;
    }
    let mut dangerous = Shares::default();
    for name in ["tldr.jsonl", "nl2bash.jsonl", "redcode.jsonl"] {
        let mut benign = Shares::default();
        for (command, label) in corpus(name) {
            if label { &mut dangerous } else { &mut benign }.add(&command);
        }
        if benign.all == 0 {
            continue;
        }
        benign.say(&format!("{name}, benign"));
        let most = MOST_REFUSED.iter().find(|(corpus, _)| *corpus == name).map_or(0, |(_, most)| *most);
        assert!(
            benign.refused * 10_000 <= benign.all * most,
            "{name}: {} of {} refused",
            benign.refused,
            benign.all
        );
    }
    dangerous.say("all, dangerous");
    let stopped = dangerous.refused + dangerous.asked + dangerous.doubted;
    assert!(stopped * 1_000 >= dangerous.all * LEAST_STOPPED, "{stopped} of {} stopped", dangerous.all);
}

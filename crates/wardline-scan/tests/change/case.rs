//! Reads a case: two trees of texts with the findings that their labels name.

use std::collections::BTreeMap;

use wardline_scan::finding::{Category, Finding, Severity, Step};
use wardline_scan::span::Span;

/// What a line is labelled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// There before and after.
    Old,
    /// There after only.
    New,
    /// There before only.
    Fixed,
    /// A suspicion before, certain after.
    Worse,
    /// A suspicion before and after.
    Milder,
    /// Certain before, a suspicion after.
    Better,
    /// One of those labelled so is new, the others are old.
    Either,
}

const WORDS: [(&str, Label); 7] = [
    ("old", Label::Old),
    ("new", Label::New),
    ("fixed", Label::Fixed),
    ("worse", Label::Worse),
    ("milder", Label::Milder),
    ("better", Label::Better),
    ("either", Label::Either),
];

impl Label {
    pub(crate) fn word(self) -> &'static str {
        WORDS.iter().find(|(_, label)| *label == self).unwrap().0
    }
}

/// One file of a case.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) before: String,
    pub(crate) after: String,
    /// `-`, `+` or a blank, and the line with its label.
    pub(crate) lines: Vec<(char, String)>,
}

/// One case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) files: Vec<File>,
}

/// One side of a case.
#[derive(Debug, Default)]
pub(crate) struct Side {
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) labels: Vec<Label>,
}

pub(crate) fn read(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            cases.push(Case { name: name.to_owned(), files: Vec::new() });
        } else if let Some(names) = line.strip_prefix("@ ") {
            let (before, after) = names.split_once(" => ").unwrap_or((names, names));
            let file = File { before: before.to_owned(), after: after.to_owned(), lines: Vec::new() };
            cases.last_mut().unwrap().files.push(file);
        } else {
            let sign = line.chars().next().unwrap_or(' ');
            assert!(matches!(sign, ' ' | '-' | '+'), "{line}");
            let file = cases.last_mut().unwrap().files.last_mut().unwrap();
            file.lines.push((sign, line.get(1..).unwrap_or_default().to_owned()));
        }
    }
    cases
}

impl Case {
    /// One side: its texts, and the findings that its labels name.
    pub(crate) fn side(&self, after: bool) -> Side {
        let mut side = Side::default();
        for file in &self.files {
            let skip = if after { '-' } else { '+' };
            let lines: Vec<&str> =
                file.lines.iter().filter(|(sign, _)| *sign != skip).map(|(_, line)| line.as_str()).collect();
            if !lines.is_empty() {
                side.add(if after { &file.after } else { &file.before }, &lines, after);
            }
        }
        side
    }
}

impl Side {
    fn add(&mut self, path: &str, lines: &[&str], after: bool) {
        let mut text = String::new();
        let mut labelled = Vec::new();
        for line in lines {
            let (line, label) = line.split_once("  #! ").unwrap_or((line, ""));
            labelled.push((text.len(), line.to_owned(), label.trim().to_owned()));
            text.push_str(line);
            text.push('\n');
        }
        let mut source = None;
        for (index, (offset, line, label)) in labelled.iter().enumerate() {
            let lead = line.len() - line.trim_start().len();
            let start = offset + lead;
            if label == "src" {
                source = Some(span(start, offset + line.len()));
                continue;
            }
            let Some((_, label)) = WORDS.iter().find(|(word, _)| word == label) else {
                assert!(label.is_empty(), "{label}");
                continue;
            };
            if (after && *label == Label::Fixed) || (!after && *label == Label::New) {
                continue;
            }
            // Of those that are either, the state before has those whose line was there.
            let sink = span(start, end_of(&text, start));
            let step = |span: Span, note: &str| Step { path: path.to_owned(), span, note: note.to_owned() };
            let trace = source.map(|from| vec![step(from, "comes in"), step(sink, "goes out")]);
            self.findings.push(finding(
                path,
                sink,
                trace.unwrap_or_default(),
                severity(*label, after),
                within(&labelled, index),
            ));
            self.labels.push(*label);
        }
        self.texts.insert(path.to_owned(), text);
    }
}

fn severity(label: Label, after: bool) -> Severity {
    match label {
        Label::Worse if !after => Severity::Warning,
        Label::Milder => Severity::Warning,
        Label::Better if after => Severity::Warning,
        _ => Severity::Blocking,
    }
}

fn finding(path: &str, span: Span, trace: Vec<Step>, severity: Severity, within: String) -> Finding {
    Finding {
        rule: "test.flow".to_owned(),
        category: Category::Sql,
        severity,
        cwe: vec![89],
        message: "a value of the request becomes part of a statement".to_owned(),
        advice: "bind it".to_owned(),
        path: path.to_owned(),
        span,
        trace,
        within,
        fix: None,
    }
}

fn span(start: usize, end: usize) -> Span {
    Span::new(u32::try_from(start).unwrap(), u32::try_from(end).unwrap())
}

/// Where the statement that begins at `start` ends: at the line's end, once its brackets are closed.
fn end_of(text: &str, start: usize) -> usize {
    let mut depth = 0_i32;
    for (at, c) in text[start..].char_indices() {
        match c {
            '(' | '[' | '{' | '`' if c != '`' || depth == 0 => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '\n' if depth <= 0 => return start + at,
            _ => {}
        }
    }
    text.len()
}

/// The functions and classes around a line, by indentation.
fn within(lines: &[(usize, String, String)], index: usize) -> String {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut around = Vec::new();
    let mut limit = depth(&lines[index].1);
    for (_, line, _) in lines[..index].iter().rev() {
        if line.trim().is_empty() || depth(line) >= limit {
            continue;
        }
        limit = depth(line);
        let words: Vec<&str> =
            line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
        if let Some(at) = words.iter().position(|word| ["def", "class", "function"].contains(word)) {
            around.push(words[at + 1].to_owned());
        }
    }
    around.reverse();
    around.join(".")
}

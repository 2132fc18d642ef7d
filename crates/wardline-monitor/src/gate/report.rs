//! What the gate says: as JSON, as a line for people, as a message for the agent whose work is held.

use std::fmt::Write as _;

use serde_json::{Value, json};
use wardline_scan::change::State;
use wardline_scan::finding::{Category, Finding, Gap, Severity};
use wardline_scan::span::Places;

use super::Outcome;

/// Findings that are told to an agent at once; the rest comes when these are mended.
const TOLD: usize = 5;
/// Bytes of findings that are told at once; the first is told whatever its length. Hooks pass on 8,000 of a message.
const TOLD_BYTES: usize = 5500;
/// Steps of a path that are told.
const STEPS: usize = 8;

/// The coverage in one line: what was looked at and what was not.
#[must_use]
pub fn summary(outcome: &Outcome) -> String {
    let examined = &outcome.examined;
    let places = Places::new(&examined.texts);
    let mut text = format!("scanned {} of {} touched files", examined.scanned, examined.touched.len());
    let grave: Vec<String> =
        examined.gaps.iter().filter(|(_, grave)| *grave).map(|(gap, _)| place(&places, gap)).collect();
    if !grave.is_empty() {
        let _written = write!(text, "; {} not wholly: {}", grave.len(), shortened(&grave));
    }
    let light: Vec<String> =
        examined.gaps.iter().filter(|(_, grave)| !*grave).map(|(gap, _)| gap.path.clone()).collect();
    if !light.is_empty() {
        let _written = write!(text, "; for secrets only: {}", shortened(&light));
    }
    if examined.left_out > 0 {
        let _written = write!(
            text,
            "; {} changed files of package managers or builds, which git does not keep or no language claims, were not looked at",
            examined.left_out
        );
    }
    text
}

fn shortened(all: &[String]) -> String {
    const SHOWN: usize = 4;
    let mut shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > SHOWN {
        let _written = write!(shown, " and {} more", all.len() - SHOWN);
    }
    shown
}

fn place(places: &Places<'_>, gap: &Gap) -> String {
    let known = gap.span.filter(|_| places.of(&gap.path).is_some());
    match known.map(|span| places.position(&gap.path, span.start).line) {
        Some(line) => format!("{}:{line} ({})", gap.path, gap.reason),
        None => format!("{} ({})", gap.path, gap.reason),
    }
}

/// The message to an agent whose work is held: what, where, the path from source to sink, and what to do.
#[must_use]
pub fn advise(outcome: &Outcome) -> String {
    let examined = &outcome.examined;
    let open: Vec<usize> =
        outcome.held.iter().filter(|held| held.waived.is_none()).map(|held| held.index).collect();
    let mut text = String::new();
    if !open.is_empty() {
        let _written = writeln!(
            text,
            "the work is not done: {} finding{} of the security scan {} open.",
            open.len(),
            if open.len() == 1 { "" } else { "s" },
            if open.len() == 1 { "is" } else { "are" }
        );
    }
    let places = Places::new(&examined.texts);
    let all: Vec<String> = open
        .iter()
        .take(TOLD)
        .filter_map(|index| Some(told(&places, examined.findings.get(*index)?)))
        .collect();
    let lengths = all.iter().scan(0, |sum, one| {
        *sum += one.len();
        Some(*sum)
    });
    let fit = lengths.take_while(|sum| *sum <= TOLD_BYTES).count().max(1);
    for one in all.iter().take(fit) {
        text.push_str(one);
    }
    if open.len() > fit {
        let _written = writeln!(text, "\n… and {} more", open.len() - fit);
    }
    if !outcome.open.is_empty() {
        text.push_str("\nnot everything that was touched could be looked at, and what is not looked at does not pass:\n");
        for index in outcome.open.iter().take(TOLD) {
            if let Some((gap, _)) = examined.gaps.get(*index) {
                let _written = writeln!(text, "  {}", place(&places, gap));
            }
        }
    }
    let _written = write!(
        text,
        "\n{}. Mend these at their cause; comments, ignore files, settings and renames have no effect here. If one is wrong, say so \
         to the user: only a person can waive it, by `wardline waive`.",
        summary(outcome)
    );
    text
}

fn told(places: &Places<'_>, finding: &Finding) -> String {
    let at = |path: &str, offset: u32| {
        let line = places.position(path, offset).line;
        (line, places.excerpt(path, line).chars().take(120).collect::<String>())
    };
    let (line, excerpt) = at(&finding.path, finding.span.start);
    let mut text = format!("\n{}:{line}: {} [{}]\n", finding.path, finding.message, finding.rule);
    // The line of a secret is the secret.
    if finding.trace.is_empty() && finding.category != Category::Secret {
        let _written = writeln!(text, "  {excerpt}");
    }
    let mut shown = None;
    let skip = finding.trace.len().saturating_sub(STEPS);
    for (number, step) in finding.trace.iter().enumerate() {
        if number > STEPS / 2 && number < STEPS / 2 + skip {
            continue;
        }
        let (line, excerpt) = at(&step.path, step.span.start);
        // A line is shown once.
        let again = shown.replace((step.path.as_str(), line)) == Some((step.path.as_str(), line));
        let excerpt = if again { String::new() } else { format!(": {excerpt}") };
        let _written = writeln!(text, "  {}:{line}: {}{excerpt}", step.path, step.note);
    }
    if !finding.advice.is_empty() {
        let _written = writeln!(text, "  fix: {}", finding.advice);
    }
    text
}

/// The outcome as JSON: the shape that `gate --json` promises.
#[must_use]
pub fn json(outcome: &Outcome) -> Value {
    let examined = &outcome.examined;
    let held = |index: usize| outcome.held.iter().find(|held| held.index == index);
    let places = Places::new(&examined.texts);
    let findings: Vec<Value> = examined
        .findings
        .iter()
        .enumerate()
        .map(|(index, finding)| {
            let mut value = finding_json(&places, finding);
            let state = examined.states.get(index).map_or("introduced", |state| match state {
                State::Introduced => "introduced",
                State::Worsened { .. } => "worsened",
                State::PreExisting { .. } => "pre-existing",
            });
            let waived = held(index).and_then(|held| held.waived.as_ref());
            if let Some(map) = value.as_object_mut() {
                map.insert("fingerprint".into(), examined.prints.get(index).cloned().into());
                map.insert("state".into(), state.into());
                map.insert("holds".into(), held(index).is_some_and(|held| held.waived.is_none()).into());
                map.insert(
                    "waived".into(),
                    waived.map_or(Value::Null, |(owner, reason)| json!({"owner": owner, "reason": reason})),
                );
            }
            value
        })
        .collect();
    let gaps: Vec<Value> = examined
        .gaps
        .iter()
        .enumerate()
        .map(|(index, (gap, _))| json!({"path": gap.path, "reason": gap.reason.to_string(), "holds": outcome.open.contains(&index)}))
        .collect();
    json!({
        "v": 1,
        "gate": if outcome.is_green() { "green" } else { "red" },
        "complete": !examined.gaps.iter().any(|(_, grave)| *grave),
        "base": examined.base,
        "tree": examined.tree,
        "coverage": {"touched": examined.touched.len(), "scanned": examined.scanned, "left_out": examined.left_out, "text": summary(outcome)},
        "fixed": examined.fixed,
        "findings": findings,
        "gaps": gaps,
        "message": if outcome.is_green() { Value::Null } else { advise(outcome).into() },
    })
}

/// The answer when the gate itself failed: red, with the reason.
#[must_use]
pub fn json_error(why: &str) -> Value {
    json!({
        "v": 1, "gate": "red", "complete": false, "base": Value::Null, "tree": Value::Null,
        "coverage": {"touched": 0, "scanned": 0, "left_out": 0, "text": format!("nothing was scanned: {why}")},
        "fixed": 0, "findings": [], "gaps": [{"path": "", "reason": why, "holds": true}],
        "message": format!("the work cannot be called done: the security scan failed ({why})"),
    })
}

/// One finding as JSON, without what a change has to do with it. `places` are those in the texts that were examined.
#[must_use]
pub fn finding_json(places: &Places<'_>, finding: &Finding) -> Value {
    let at = |path: &str, offset: u32| {
        let position = places.position(path, offset);
        (position.line, position.column)
    };
    let (line, column) = at(&finding.path, finding.span.start);
    let (end_line, end_column) = at(&finding.path, finding.span.end);
    let trace: Vec<Value> = finding
        .trace
        .iter()
        .map(|step| {
            let (line, column) = at(&step.path, step.span.start);
            json!({"path": step.path, "line": line, "column": column, "note": step.note})
        })
        .collect();
    json!({
        "rule": finding.rule, "category": finding.category.name(), "severity": severity(finding), "cwe": finding.cwe,
        "message": finding.message, "advice": finding.advice, "path": finding.path, "line": line, "column": column,
        "end_line": end_line, "end_column": end_column, "within": finding.within, "trace": trace, "fixable": finding.fix.is_some(),
    })
}

fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Blocking => "blocking",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

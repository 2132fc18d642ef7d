//! Findings as SARIF 2.1.0, within the limits of those that show it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::change::State;
use crate::finding::{Category, Finding, Fix, Gap, Severity};
use crate::span::{self, Span};

/// Results in one run: GitHub refuses a file with more. The gravest are kept.
pub const MAX_RESULTS: usize = 25_000;
/// Steps of one path: GitHub refuses more. The first and the last are kept.
pub const MAX_STEPS: usize = 10_000;
/// Bytes of the whole before it is packed. GitHub refuses more than 10 MB packed, and SARIF packs to less than a quarter.
pub const MAX_BYTES: usize = 40 * 1024 * 1024;

/// What goes into one run.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The version of the tool.
    pub version: &'a str,
    /// Each file that a finding names.
    pub texts: &'a BTreeMap<String, String>,
    /// What was found.
    pub findings: &'a [Finding],
    /// The name of each finding ([`crate::change::fingerprints`]).
    pub fingerprints: &'a [String],
    /// What a change did to each; empty when no change was looked at.
    pub states: &'a [State],
    /// What could not be looked at.
    pub gaps: &'a [Gap],
}

/// The report as a SARIF log.
pub fn write(report: &Report<'_>) -> Value {
    let places = Places::new(report.texts);
    let mut order: Vec<usize> = (0..report.findings.len()).collect();
    order.sort_by_key(|index| report.findings.get(*index).map(|finding| std::cmp::Reverse(finding.severity)));
    let rules = Rules::of(report.findings);
    let mut results = Vec::new();
    let mut bytes = 0;
    for index in order.iter().take(MAX_RESULTS) {
        let Some(finding) = report.findings.get(*index) else { continue };
        bytes += weight(finding);
        if bytes > MAX_BYTES {
            break;
        }
        results.push((*index, result(report, &places, &rules, *index, finding)));
    }
    // In the order in which they were given.
    results.sort_by_key(|(index, _)| *index);
    let results: Vec<Value> = results.into_iter().map(|(_, result)| result).collect();
    let dropped = report.findings.len() - results.len();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "wardline",
                "semanticVersion": report.version,
                "rules": rules.values,
            }},
            "columnKind": "utf16CodeUnits",
            "invocations": [invocation(report.gaps, dropped, &places)],
            "results": results,
        }],
    })
}

/// About how many bytes a finding takes in the log.
fn weight(finding: &Finding) -> usize {
    let steps = finding.trace.iter().take(MAX_STEPS).map(|step| 250 + step.path.len() + step.note.len());
    let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|(_, text)| 150 + text.len());
    let own = 700 + finding.path.len() + finding.message.len() + 2 * finding.advice.len();
    own + steps.sum::<usize>() + edits.sum::<usize>()
}

/// Whether all was looked at, and what was not.
fn invocation(gaps: &[Gap], dropped: usize, places: &Places<'_>) -> Value {
    let mut notes: Vec<Value> = gaps
        .iter()
        .map(|gap| {
            let location = places.location(&gap.path, gap.span);
            json!({"level": "error", "message": {"text": gap.reason.to_string()}, "locations": [location]})
        })
        .collect();
    if dropped > 0 {
        let text = format!(
            "{dropped} findings of lesser weight are left out: the limits of SARIF readers are reached"
        );
        notes.push(json!({"level": "error", "message": {"text": text}}));
    }
    json!({"executionSuccessful": notes.is_empty(), "toolExecutionNotifications": notes})
}

fn result(report: &Report<'_>, places: &Places<'_>, rules: &Rules, index: usize, finding: &Finding) -> Value {
    let mut value = Map::new();
    value.insert("ruleId".into(), finding.rule.clone().into());
    value.insert("ruleIndex".into(), rules.index(&finding.rule).into());
    value.insert("level".into(), level(finding.severity).into());
    value.insert("message".into(), json!({"text": sentence(finding)}));
    let mut location = places.location(&finding.path, Some(finding.span));
    if let (false, Some(location)) = (finding.within.is_empty(), location.as_object_mut()) {
        location.insert("logicalLocations".into(), json!([{"fullyQualifiedName": finding.within}]));
    }
    value.insert("locations".into(), json!([location]));
    if let Some(print) = report.fingerprints.get(index) {
        value.insert("partialFingerprints".into(), json!({"wardline/v1": print}));
    }
    let state = report.states.get(index).map(|state| match state {
        State::Introduced => "new",
        State::Worsened { .. } => "updated",
        State::PreExisting { .. } => "unchanged",
    });
    if let Some(state) = state {
        value.insert("baselineState".into(), state.into());
    }
    if !finding.trace.is_empty() {
        value.insert("codeFlows".into(), json!([{"threadFlows": [{"locations": flow(finding, places)}]}]));
    }
    if let Some(fix) = &finding.fix {
        value.insert("fixes".into(), json!([proposal(finding, fix, places)]));
    }
    Value::Object(value)
}

fn sentence(finding: &Finding) -> String {
    if finding.advice.is_empty() {
        finding.message.clone()
    } else {
        format!("{} {}", finding.message, finding.advice)
    }
}

/// The steps of a path; of one that is too long, its beginning and its end.
fn flow(finding: &Finding, places: &Places<'_>) -> Vec<Value> {
    let steps = &finding.trace;
    let tail = steps.len().saturating_sub(MAX_STEPS / 2).max(MAX_STEPS.div_ceil(2));
    let kept = steps.iter().enumerate().filter(|(at, _)| *at < MAX_STEPS / 2 || *at >= tail);
    kept.map(|(_, step)| {
        let mut location = places.location(&step.path, Some(step.span));
        if let Some(location) = location.as_object_mut() {
            location.insert("message".into(), json!({"text": step.note}));
        }
        json!({"location": location})
    })
    .collect()
}

fn proposal(finding: &Finding, fix: &Fix, places: &Places<'_>) -> Value {
    let replacement = |(span, text): &(Span, String)| json!({"deletedRegion": places.region(&finding.path, *span), "insertedContent": {"text": text}});
    let replacements: Vec<Value> = fix.edits.iter().map(replacement).collect();
    json!({
        "description": {"text": finding.advice},
        "artifactChanges": [{"artifactLocation": {"uri": uri(&finding.path)}, "replacements": replacements}],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Blocking => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// The rules that findings name, in order of name.
struct Rules {
    names: Vec<String>,
    values: Vec<Value>,
}

impl Rules {
    fn of(findings: &[Finding]) -> Self {
        let mut found: BTreeMap<&str, (&Finding, Vec<u16>)> = BTreeMap::new();
        for finding in findings {
            let (gravest, cwe) = found.entry(&finding.rule).or_insert((finding, Vec::new()));
            if finding.severity > gravest.severity {
                *gravest = finding;
            }
            for number in &finding.cwe {
                if !cwe.contains(number) {
                    cwe.push(*number);
                }
            }
        }
        let values = found.values().map(|(finding, cwe)| rule(finding, cwe)).collect();
        Self { names: found.keys().map(|name| (*name).to_owned()).collect(), values }
    }

    fn index(&self, rule: &str) -> usize {
        self.names.iter().position(|name| name == rule).unwrap_or(0)
    }
}

fn rule(finding: &Finding, cwe: &[u16]) -> Value {
    let tags: Vec<String> = std::iter::once("security".to_owned())
        .chain(cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}")))
        .collect();
    json!({
        "id": finding.rule,
        "shortDescription": {"text": finding.category.name()},
        "fullDescription": {"text": finding.message},
        "help": {"text": if finding.advice.is_empty() { &finding.message } else { &finding.advice }},
        "defaultConfiguration": {"level": level(finding.severity)},
        "properties": {"tags": tags, "security-severity": score(finding.category, finding.severity)},
    })
}

/// What GitHub sorts by: above 9 is critical, above 7 high, above 4 medium.
fn score(category: Category, severity: Severity) -> &'static str {
    match (severity, category) {
        (Severity::Blocking, Category::Sql | Category::Execution | Category::Deserialization) => "9.3",
        (Severity::Blocking, Category::Dialog | Category::Other) => "5.0",
        (Severity::Blocking, _) => "8.0",
        (Severity::Warning, _) => "5.0",
        (Severity::Note, _) => "2.0",
    }
}

/// Writes places as SARIF does.
struct Places<'a>(span::Places<'a>);

impl<'a> Places<'a> {
    fn new(texts: &'a BTreeMap<String, String>) -> Self {
        Self(span::Places::new(texts))
    }

    fn location(&self, path: &str, span: Option<Span>) -> Value {
        let mut place = Map::new();
        place.insert("artifactLocation".into(), json!({"uri": uri(path)}));
        if let Some(span) = span {
            place.insert("region".into(), self.region(path, span));
        }
        json!({"physicalLocation": place})
    }

    fn region(&self, path: &str, span: Span) -> Value {
        let Some((text, lines)) = self.0.of(path) else { return json!({"startLine": 1}) };
        let at = |offset: u32| {
            let line = lines.position(text, offset).line;
            let start = lines.start(line);
            let before = text.get(start as usize..offset as usize).unwrap_or_default();
            (line, before.encode_utf16().count() + 1)
        };
        let ((first, from), (last, to)) = (at(span.start), at(span.end));
        json!({"startLine": first, "startColumn": from, "endLine": last, "endColumn": to})
    }
}

/// A path as a reference by URI: relative ones stay relative.
fn uri(path: &str) -> String {
    let mut text = String::new();
    if path.starts_with('/') {
        text.push_str("file://");
    }
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

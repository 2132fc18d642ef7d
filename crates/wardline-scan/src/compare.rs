//! The findings of another tool, read from its SARIF, beside our own: what both say, what only one says.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::finding::Finding;
use crate::span::Places;

/// How many lines apart two findings may be and still be about one thing.
const NEAR: u32 = 2;

/// Weaknesses that tools name in several ways, by CWE number: one line is one family.
const FAMILIES: [&[u16]; 12] = [
    &[89, 564, 943],
    &[79, 80, 83, 87, 116, 1336],
    &[77, 78, 88, 94, 95, 96, 917],
    &[22, 23, 35, 36, 73, 99, 434],
    &[601],
    &[798, 259, 321, 547],
    &[502, 915],
    &[918, 441],
    &[326, 327, 328, 330, 331, 338, 759, 760, 916],
    &[295, 297, 299],
    &[611, 776, 827],
    &[643, 90],
];

/// One result of another tool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Theirs {
    /// The file, as the log names it, without its scheme and base.
    pub path: String,
    /// Its first line, from 1.
    pub line: u32,
    /// Its last line.
    pub end_line: u32,
    /// The tool.
    pub tool: String,
    /// The rule.
    pub rule: String,
    /// The weaknesses it is an instance of, as far as the log says.
    pub cwe: Vec<u16>,
    /// What it says.
    pub message: String,
}

/// Both tools' findings, sorted out. Numbers are places in the lists that were compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overlap {
    /// Pairs about one thing: ours, theirs. One finding may be in several.
    pub both: Vec<(usize, usize)>,
    /// What only we found.
    pub only_ours: Vec<usize>,
    /// What only they found.
    pub only_theirs: Vec<usize>,
}

/// Why a log could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompareError {
    /// It is no JSON; the text says where.
    NotJson(String),
    /// It is JSON and no SARIF log of version 2.
    NotSarif,
}

impl fmt::Display for CompareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(what) => write!(f, "not JSON: {what}"),
            Self::NotSarif => f.write_str("no SARIF log: `version` is not 2.1.0, or `runs` is no list"),
        }
    }
}

impl std::error::Error for CompareError {}

/// The results of a SARIF log. Results that were suppressed, or that have no place in a file, are left out.
///
/// # Errors
/// [`CompareError`] when it is no SARIF log.
pub fn read(text: &str) -> Result<Vec<Theirs>, CompareError> {
    let text = text.trim_start_matches('\u{feff}');
    let log: Value = serde_json::from_str(text).map_err(|e| CompareError::NotJson(e.to_string()))?;
    let version = log.get("version").and_then(Value::as_str).unwrap_or_default();
    let runs = log.get("runs").and_then(Value::as_array).filter(|_| version.starts_with("2."));
    let mut found = Vec::new();
    for run in runs.ok_or(CompareError::NotSarif)? {
        let results = run.get("results").and_then(Value::as_array);
        found.extend(results.into_iter().flatten().filter_map(|result| one(run, result)));
    }
    found.sort();
    Ok(found)
}

fn one(run: &Value, result: &Value) -> Option<Theirs> {
    let suppressed =
        result.get("suppressions").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let passes = result.get("kind").and_then(Value::as_str).is_some_and(|kind| kind != "fail");
    let place = result.pointer("/locations/0/physicalLocation")?;
    let rule = rule_of(run, result);
    let number =
        |value: Option<&Value>| value.and_then(Value::as_u64).and_then(|line| u32::try_from(line).ok());
    let line = number(place.pointer("/region/startLine"))?;
    let own = result.get("ruleId").or_else(|| result.pointer("/rule/id")).or_else(|| rule?.get("id"));
    let mut cwe = Vec::new();
    for value in [rule, Some(result)].into_iter().flatten() {
        for key in ["properties", "relationships", "taxa", "helpUri", "name"] {
            value.get(key).into_iter().for_each(|value| numbers(value, &mut cwe));
        }
    }
    (!suppressed && !passes).then(|| Theirs {
        path: path_of(run, place.get("artifactLocation")).unwrap_or_default(),
        line,
        end_line: number(place.pointer("/region/endLine")).unwrap_or(line).max(line),
        tool: text(run.pointer("/tool/driver/name")),
        rule: text(own),
        cwe,
        message: text(result.pointer("/message/text")),
    })
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The description of a result's rule: by its number, else by its name, in the driver or in an extension.
fn rule_of<'a>(run: &'a Value, result: &Value) -> Option<&'a Value> {
    let index = |value: Option<&Value>| value.and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
    let extension = index(result.pointer("/rule/toolComponent/index"));
    let extensions = run.pointer("/tool/extensions").and_then(Value::as_array);
    let component = match extension {
        Some(at) => extensions?.get(at)?,
        None => run.pointer("/tool/driver")?,
    };
    let rules = component.get("rules")?.as_array()?;
    let at = index(result.get("ruleIndex")).or_else(|| index(result.pointer("/rule/index")));
    let name = result.get("ruleId").or_else(|| result.pointer("/rule/id"));
    let by_name = || rules.iter().find(|rule| rule.get("id").is_some() && rule.get("id") == name);
    at.and_then(|at| rules.get(at)).or_else(by_name)
}

/// The CWE numbers that a value names: `CWE-89: …`, `external/cwe/cwe-089`, a relationship to a taxon of the CWE.
fn numbers(value: &Value, found: &mut Vec<u16>) {
    match value {
        Value::String(text) => {
            let text = text.to_ascii_lowercase();
            for (at, mark) in text.match_indices("cwe").chain(text.match_indices("definitions/")) {
                let rest = text.get(at + mark.len()..).unwrap_or_default();
                let rest = rest.trim_start_matches(['-', '_', ':', ' ']);
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                add(&digits, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| numbers(value, found)),
        Value::Object(map) => {
            let component = map.get("toolComponent").map(Value::to_string).unwrap_or_default();
            if component.to_ascii_lowercase().contains("cwe") {
                add(map.get("id").and_then(Value::as_str).unwrap_or_default(), found);
            }
            map.values().for_each(|value| numbers(value, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn add(digits: &str, found: &mut Vec<u16>) {
    if let Ok(number) = digits.parse()
        && !found.contains(&number)
    {
        found.push(number);
    }
}

/// The path of a location: its URI without scheme, with its base where the log says what that is.
fn path_of(run: &Value, place: Option<&Value>) -> Option<String> {
    let artifacts = run.get("artifacts").and_then(Value::as_array);
    let indexed = || {
        let at = place?.get("index")?.as_u64()?;
        artifacts?.get(usize::try_from(at).ok()?)?.get("location")?.get("uri")
    };
    let uri = place?.get("uri").or_else(indexed)?.as_str()?;
    let base = place?.get("uriBaseId").and_then(Value::as_str);
    let base = base.and_then(|base| run.get("originalUriBaseIds")?.get(base)?.get("uri")?.as_str());
    let whole =
        if uri.contains("://") { uri.to_owned() } else { format!("{}{uri}", base.unwrap_or_default()) };
    let path = whole.strip_prefix("file://").unwrap_or(&whole);
    Some(decoded(path).trim_start_matches("./").to_owned())
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sorts out which findings are about one thing: the same family of weaknesses, the same file, at most two lines apart.
/// A result that names no weakness agrees with any.
pub fn overlap(texts: &BTreeMap<String, String>, ours: &[Finding], theirs: &[Theirs]) -> Overlap {
    let places = Places::new(texts);
    let mut overlap = Overlap::default();
    let mut agreed = vec![false; theirs.len()];
    for (index, finding) in ours.iter().enumerate() {
        let first = places.position(&finding.path, finding.span.start).line;
        let last = places.position(&finding.path, finding.span.end).line;
        let mut alone = true;
        for ((other, theirs), agreed) in theirs.iter().enumerate().zip(&mut agreed) {
            let near =
                theirs.line <= last.saturating_add(NEAR) && first <= theirs.end_line.saturating_add(NEAR);
            if near && same_file(&finding.path, &theirs.path) && same_family(&finding.cwe, &theirs.cwe) {
                overlap.both.push((index, other));
                (alone, *agreed) = (false, true);
            }
        }
        if alone {
            overlap.only_ours.push(index);
        }
    }
    overlap.only_theirs =
        agreed.iter().enumerate().filter(|(_, agreed)| !**agreed).map(|(at, _)| at).collect();
    overlap
}

/// Whether two paths name one file: one may have more in front, where one tool was given a longer way.
fn same_file(one: &str, other: &str) -> bool {
    let parts = |path: &str| {
        path.split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .rev()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (one, other) = (parts(one), parts(other));
    !one.is_empty() && !other.is_empty() && one.iter().zip(&other).all(|(left, right)| left == right)
}

fn same_family(ours: &[u16], theirs: &[u16]) -> bool {
    // A weakness of no family is one of its own.
    let family = |number: u16| {
        FAMILIES
            .iter()
            .find(|family| family.contains(&number))
            .and_then(|family| family.first().copied())
            .unwrap_or(number)
    };
    theirs.is_empty() || ours.iter().any(|one| theirs.iter().any(|other| family(*one) == family(*other)))
}

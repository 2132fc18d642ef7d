//! Checks of Dockerfiles: a reader of its instructions, and the checks of shell scripts over what `RUN` runs.

use super::{Report, shell};
use crate::span::Span;

/// One instruction.
struct Instruction {
    name: String,
    /// What stands behind its name, over all its lines.
    range: (usize, usize),
    span: Span,
}

/// Checks a Dockerfile.
pub(super) fn check(report: &mut Report<'_>) {
    let text = report.text;
    let masked = without_comments(text);
    let mut known: Vec<String> = ["HOME", "PATH"].map(str::to_owned).to_vec();
    let mut user: Option<(String, Span)> = None;
    for one in instructions(text) {
        let words = masked.get(one.range.0..one.range.1).unwrap_or_default();
        match one.name.as_str() {
            "FROM" => {
                user = None;
                known.truncate(2);
            }
            "RUN" => run(report, &masked, &one, &known),
            "ADD" => add(report, words, one.span),
            "ENV" | "ARG" => {
                for (name, value) in pairs(words) {
                    if is_secret(&name, &value) {
                        report.found("dockerfile.secret-in-image", one.span, Vec::new(), None);
                    }
                    if !value.is_empty() {
                        known.push(name);
                    }
                }
            }
            "USER" => user = Some((words.trim().to_owned(), one.span)),
            _ => {}
        }
    }
    if let Some((name, span)) = user
        && matches!(name.split(':').next(), Some("root" | "0"))
    {
        report.found("dockerfile.root-user", span, Vec::new(), None);
    }
}

/// The text with its comment lines blanked: they may stand between the lines of one instruction.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('#') {
            // A line that goes on, so that the instruction around it does.
            let end = line.len() - line.trim_end_matches(['\n', '\r']).len();
            let length = line.len() - end;
            out.push_str(&" ".repeat(length.saturating_sub(1)));
            out.push_str(if length > 0 { "\\" } else { "" });
            out.push_str(line.get(length..).unwrap_or_default());
        } else {
            out.push_str(line);
        }
    }
    out
}

fn instructions(text: &str) -> Vec<Instruction> {
    let mut found = Vec::new();
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        lines.push((at, line));
        at += line.len();
    }
    let mut lines = lines.into_iter();
    while let Some((start, line)) = lines.next() {
        let body = line.trim_start();
        let name: String = body.chars().take_while(char::is_ascii_alphabetic).collect();
        if body.starts_with('#') || name.is_empty() {
            continue;
        }
        let from = start + (line.len() - body.len()) + name.len();
        let (mut end, mut last) = (start + line.trim_end().len(), line);
        while last.trim_end().ends_with('\\')
            || last.trim_start().starts_with('#')
            || last.trim().is_empty() && end > from
        {
            let Some((next, more)) = lines.next() else { break };
            let ends = !more.trim().is_empty() || last.trim_end().ends_with('\\');
            if !ends {
                break;
            }
            (end, last) = (next + more.trim_end().len(), more);
        }
        // `RUN <<EOF`: the lines up to the delimiter.
        if let Some(delimiter) = here(text.get(from..end).unwrap_or_default()) {
            for (next, more) in lines.by_ref() {
                end = next + more.trim_end().len();
                if more.trim() == delimiter {
                    break;
                }
            }
        }
        let number = |at| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span::new(number(start + (line.len() - body.len())), number(end));
        found.push(Instruction { name: name.to_ascii_uppercase(), range: (from.min(end), end), span });
    }
    found
}

fn here(words: &str) -> Option<String> {
    let first = words.split_whitespace().find(|word| !word.starts_with("--"))?;
    let name = first.strip_prefix("<<")?.trim_start_matches('-').trim_matches(['"', '\'']);
    (!name.is_empty()).then(|| name.to_owned())
}

fn run(report: &mut Report<'_>, masked: &str, one: &Instruction, known: &[String]) {
    let (mut start, mut end) = one.range;
    let words = masked.get(start..end).unwrap_or_default();
    for word in words.split_whitespace().take_while(|word| word.starts_with("--")) {
        if matches!(word, "--security=insecure" | "--network=host") {
            report.found("dockerfile.insecure-run", one.span, Vec::new(), None);
        }
        let at = masked.get(start..end).and_then(|rest| rest.find(word)).unwrap_or(0);
        start += at + word.len();
    }
    let rest = masked.get(start..end).unwrap_or_default();
    if rest.trim_start().starts_with('[') {
        // A list of words: no shell reads it, unless it names one.
        return exec(report, masked, (start, end), known);
    }
    if let Some(delimiter) = here(rest) {
        start += rest.find('\n').map_or(rest.len(), |at| at + 1);
        end = masked.get(start..end).and_then(|body| body.rfind(&delimiter)).map_or(end, |at| start + at);
    }
    let number = |at| u32::try_from(at).unwrap_or(u32::MAX);
    shell::check_masked(report, masked, Span::new(number(start), number(end)), shell::Place::Build, known);
}

/// `["sh", "-c", "…"]`: the list's marks blanked, its words stay in their quotes.
fn exec(report: &mut Report<'_>, masked: &str, range: (usize, usize), known: &[String]) {
    let Some(list) = masked.get(range.0..range.1) else { return };
    let mut quoted = false;
    let plain: String = list
        .chars()
        .map(|c| {
            if c == '"' {
                quoted = !quoted;
            }
            if !quoted && matches!(c, '[' | ']' | ',') { ' ' } else { c }
        })
        .collect();
    let mut whole = masked.to_owned();
    whole.replace_range(range.0..range.1, &plain);
    let number = |at| u32::try_from(at).unwrap_or(u32::MAX);
    shell::check_masked(
        report,
        &whole,
        Span::new(number(range.0), number(range.1)),
        shell::Place::Build,
        known,
    );
    // What a shell in it runs.
    if let Some(at) = plain.find("\"-c\"")
        && let Some(open) = plain.get(at + 4..).and_then(|rest| rest.find('"'))
        && let Some(close) = plain.rfind('"')
    {
        let (start, end) = (range.0 + at + 4 + open + 1, range.0 + close);
        if start < end {
            shell::check_masked(
                report,
                masked,
                Span::new(number(start), number(end)),
                shell::Place::Build,
                known,
            );
        }
    }
}

fn add(report: &mut Report<'_>, words: &str, span: Span) {
    let mut remote =
        words.split_whitespace().filter(|word| word.starts_with("http://") || word.starts_with("https://"));
    if remote.next().is_some() && !words.contains("--checksum=") {
        report.found("dockerfile.add-from-network", span, Vec::new(), None);
    }
}

/// Names and values of `ENV` and `ARG`.
fn pairs(words: &str) -> Vec<(String, String)> {
    let words = words.replace("\\\n", " ");
    let bare = |value: &str| value.trim().trim_matches(['"', '\'']).to_owned();
    let mut found = Vec::new();
    let first = words.split_whitespace().next().unwrap_or_default();
    if !first.contains('=') {
        // `ENV name value`, `ARG name`.
        let rest = words.trim().strip_prefix(first).unwrap_or_default();
        found.push((first.to_owned(), bare(rest)));
        return found;
    }
    for word in words.split_whitespace() {
        if let Some((name, value)) = word.split_once('=') {
            found.push((name.to_owned(), bare(value)));
        }
    }
    found
}

/// Whether a variable is a secret by its name, and has one by its value.
fn is_secret(name: &str, value: &str) -> bool {
    let loud = name.to_ascii_uppercase();
    let parts: Vec<&str> = loud.split(['_', '-', '.']).collect();
    let named = parts
        .iter()
        .any(|part| matches!(*part, "PASSWORD" | "PASSWD" | "SECRET" | "TOKEN" | "APIKEY" | "PASSPHRASE"))
        || loud.ends_with("API_KEY")
        || loud.ends_with("ACCESS_KEY")
        || loud.ends_with("PRIVATE_KEY");
    let place = parts.last().is_some_and(|part| {
        matches!(*part, "FILE" | "PATH" | "URL" | "DIR" | "NAME" | "ID" | "LENGTH" | "EXPIRY" | "TTL")
    });
    let says_nothing = value.is_empty()
        || value.starts_with('$')
        || value.starts_with('/')
        || value.starts_with('<')
        || value.len() < 4
        || matches!(
            value.to_ascii_lowercase().as_str(),
            "true" | "false" | "none" | "null" | "changeme" | "dummy" | "placeholder"
        );
    named && !place && !says_nothing
}

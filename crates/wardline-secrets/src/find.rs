//! Names the secrets of a file that is scanned.

use std::ops::Range;

use crate::{
    Span, assignments,
    checks::{Check, check, decode},
    documents::{Document, document, is_example},
    formats, literals, redact, tokens, value,
};

/// How sure it is that a person's secret stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The value is of the kind that people make up in tests, fixtures and examples: it stands in one.
    Example,
    /// Name and value speak for it.
    Likely,
    /// The value proves itself (a checksum, the structure of a key), or the format of the file says what stands there.
    Proven,
}

/// A secret in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// What it is: `github-token`, `private-key`, `password`, `url-password` …
    pub kind: &'static str,
    /// How sure it is.
    pub certainty: Certainty,
}

/// The secrets in `text`, which is the content of the file `path`, in their order. Of two that overlap the surer is named.
#[must_use]
pub fn find(path: &str, text: &str) -> Vec<Secret> {
    let document = document(path);
    let mut found = formats::find(path, text);
    found.extend(keys(text));
    found.extend(made(text));
    if document != Document::Generated {
        found.extend(addresses(text, document));
    }
    if matches!(document, Document::Settings | Document::Code) {
        found.extend(assigned(text, document));
        found.extend(authorizations(text));
    }
    if document == Document::Code {
        found.extend(literals::find(text));
    }
    if is_example(path) {
        for secret in &mut found {
            secret.certainty = Certainty::Example;
        }
    }
    found.sort_by_key(|secret| (std::cmp::Reverse(secret.certainty), secret.range.start));
    let mut kept: Vec<Secret> = Vec::new();
    for secret in found {
        let apart =
            |other: &Secret| other.range.end <= secret.range.start || secret.range.end <= other.range.start;
        if kept.iter().all(apart) {
            kept.push(secret);
        }
    }
    kept.sort_by_key(|secret| secret.range.start);
    kept
}

/// What may be shown of a secret: four characters of one that is long enough to spare them, and its length.
#[must_use]
pub fn preview(secret: &str) -> String {
    const ENOUGH: usize = 16;
    let length = secret.chars().count();
    let begin: String = if length >= ENOUGH { secret.chars().take(4).collect() } else { String::new() };
    format!("{begin}… ({length} characters)")
}

fn secret(range: Range<usize>, kind: &'static str, certainty: Certainty) -> Secret {
    Secret { range, kind, certainty }
}

/// Private keys with a body. A line that only names one (documentation, code that looks for it) has none.
fn keys(text: &str) -> Vec<Secret> {
    /// A line of a key is 64 or 70 characters; escaped and re-broken ones are shorter.
    const RUN: usize = 40;
    let mut spans = Vec::new();
    redact::private_keys(text, &mut spans);
    let body = |range: &Range<usize>| {
        let block = text.get(range.clone()).unwrap_or_default();
        // Behind the title there is nothing but lines of base 64, quoted and joined perhaps: in code that looks for a title there is.
        let inside = block.split_once("KEY-----").map_or("", |(_, rest)| rest);
        let of_key = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || "+/=-\\\"'`,.:".contains(c);
        let inside = inside.split(|c| !of_key(c)).next().unwrap_or_default();
        let mut runs = inside.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '='));
        runs.any(|run| run.len() >= RUN && !value::is_placeholder(run))
    };
    spans
        .into_iter()
        .filter(|span| body(&span.range))
        .map(|span| secret(span.range, span.kind, Certainty::Proven))
        .collect()
}

/// Tokens of known make, without the keys that are public by design (`pk_live_…` is in no list) and what proves itself wrong.
fn made(text: &str) -> Vec<Secret> {
    let mut spans = Vec::new();
    tokens::find(text, &mut spans);
    spans.retain(|span| !matches!(span.kind, "bearer" | "basic-auth"));
    let certain = |span: Span| {
        let token = text.get(span.range.clone())?;
        let certainty = match check(span.kind, token) {
            Check::Right => Certainty::Proven,
            Check::None => Certainty::Likely,
            Check::Wrong => return None,
        };
        let body = token.get(4..).unwrap_or_default();
        (!value::is_placeholder(body)).then(|| secret(span.range, span.kind, certainty))
    };
    spans.into_iter().filter_map(certain).collect()
}

/// Passwords in addresses. A password that names itself, and one for a machine of documentation, is none.
fn addresses(text: &str, document: Document) -> Vec<Secret> {
    let mut spans = Vec::new();
    redact::url_passwords(text, &mut spans);
    let real = |span: &Span| {
        let password = text.get(span.range.clone()).unwrap_or_default();
        let host = text.get(span.range.end..).unwrap_or_default().trim_start_matches('@');
        let host = host.split(['/', ':', '?', '"', '\'', ' ', '\n']).next().unwrap_or_default();
        let documentation = host.is_empty()
            || ["example", "localhost", "127.0.0.1", "host", "invalid"]
                .iter()
                .any(|part| host.contains(part));
        let evident = document == Document::Settings || password.bytes().any(|byte| byte.is_ascii_digit());
        !documentation
            && evident
            && password.len() >= 4
            && !value::is_reference(password)
            && !value::is_placeholder(password)
    };
    spans.into_iter().filter(real).map(|span| secret(span.range, span.kind, Certainty::Likely)).collect()
}

/// Values that names such as `password` are given. In code they are quoted.
fn assigned(text: &str, document: Document) -> Vec<Secret> {
    let evident = |found: &assignments::Assignment| {
        let before = found.value.start.checked_sub(1).and_then(|at| text.as_bytes().get(at));
        let quoted = matches!(before, Some(b'"' | b'\'' | b'`'));
        let name = text.get(found.name.clone()).unwrap_or_default();
        let value = text.get(found.value.clone()).unwrap_or_default();
        let one_line = !value.contains(['\n', '\r']);
        one_line
            && (quoted || document == Document::Settings || connection(text, found))
            && value::speaks(name, value, found.kind, document)
    };
    let found = assignments::find(text).into_iter().filter(|found| found.kind != "header" && evident(found));
    found.map(|found| secret(found.value, found.kind, Certainty::Likely)).collect()
}

/// Whether a value without quotes is that of a connection string (`host=db user=me password=…`), which is a literal itself.
fn connection(text: &str, found: &assignments::Assignment) -> bool {
    /// How far before the password the words are looked for.
    const LOOK: usize = 160;
    const WORDS: [&str; 8] =
        ["host=", "server=", "dbname=", "database=", "user=", "user id=", "uid=", "data source="];
    let near = found.name.start.saturating_sub(LOOK)..(found.value.end + LOOK).min(text.len());
    let near = String::from_utf8_lossy(text.as_bytes().get(near).unwrap_or_default()).to_ascii_lowercase();
    let at = found.name.start.min(LOOK);
    let line = |part: &str, from_end: bool| -> String {
        let piece = if from_end { part.rsplit('\n').next() } else { part.split('\n').next() };
        piece.unwrap_or_default().to_owned()
    };
    let (before, after) = near.split_at_checked(at).unwrap_or((&near, ""));
    let (before, after) = (line(before, true), line(after, false));
    before.contains(['"', '\'', '`'])
        && WORDS.iter().any(|word| before.contains(word) || after.contains(word))
}

/// What `Bearer` and `Basic` are followed by, when it is no word, variable or placeholder.
fn authorizations(text: &str) -> Vec<Secret> {
    let mut spans = Vec::new();
    tokens::find(text, &mut spans);
    let real = |span: &Span| {
        let value = text.get(span.range.clone()).unwrap_or_default();
        let quoted =
            text.as_bytes().get(span.range.end).is_some_and(|next| matches!(next, b'"' | b'\'' | b'`'));
        let evident = match span.kind {
            "bearer" => value::is_random(value),
            "basic-auth" => decode(value).is_some_and(|pair| pair.contains(&b':')),
            _ => false,
        };
        quoted && evident && !value::is_placeholder(value)
    };
    spans.into_iter().filter(real).map(|span| secret(span.range, span.kind, Certainty::Likely)).collect()
}

#[cfg(test)]
mod tests;

//! Takes secrets out of text before it is hashed and written, in time linear in the text.
//!
//! Five scanners, each a cheap look for a literal and then a bounded look around it: private-key blocks, tokens of
//! known make, authorization headers, assignments to names such as `password`, and passwords in URLs. A secret
//! becomes `[redacted:<kind>]`, without a digest: the digest of a short secret gives it away.
//!
//! A secret without any mark (a bare word) cannot be told from other text and is not found; who writes a row keeps
//! file contents out of it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{Span, assignments, find_from, tokens};

/// Nesting that a reader of the journal still accepts, with room for the row around it.
const DEPTH: usize = 100;

/// Replaces every recognised secret by `[redacted:<kind>]`.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut spans = Vec::new();
    private_keys(text, &mut spans);
    tokens::find(text, &mut spans);
    let assigned = assignments::find(text).into_iter();
    spans.extend(assigned.map(|found| Span { range: found.value, kind: found.kind }));
    url_passwords(text, &mut spans);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    spans.sort_by_key(|span| (span.range.start, std::cmp::Reverse(span.range.end)));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        if span.range.start < done {
            // It overlaps the one before, whose mark is there already.
            done = done.max(span.range.end);
            continue;
        }
        out.push_str(text.get(done..span.range.start).unwrap_or_default());
        out.push_str("[redacted:");
        out.push_str(span.kind);
        out.push(']');
        done = span.range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// Redacts every string in a JSON value, the keys of objects too. The text under a key such as `password` goes
/// whole. What is nested deeper than 100 levels is left out, since nobody could read it back.
#[must_use]
pub fn redact_value(value: Value) -> Value {
    redact_nested(value, 0)
}

fn redact_nested(value: Value, depth: usize) -> Value {
    match value {
        Value::Array(_) | Value::Object(_) if depth >= DEPTH => Value::from("[omitted: nested too deep]"),
        Value::String(text) => match redact(&text) {
            Cow::Borrowed(_) => Value::String(text),
            Cow::Owned(redacted) => Value::String(redacted),
        },
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| redact_nested(item, depth + 1)).collect())
        }
        Value::Object(map) => Value::Object(redact_map(map, depth)),
        other => other,
    }
}

fn redact_map(map: Map<String, Value>, depth: usize) -> Map<String, Value> {
    let mut out = Map::with_capacity(map.len());
    for (key, value) in map {
        let value = match value {
            Value::String(text) => Value::String(redact_under(&key, text)),
            other => redact_nested(other, depth + 1),
        };
        let mut name = redact(&key).into_owned();
        while out.contains_key(&name) {
            // Two keys that differed only in their secret: keep both values.
            name.push('\'');
        }
        out.insert(name, value);
    }
    out
}

fn redact_under(key: &str, text: String) -> String {
    match assignments::secret_name(key) {
        Some(kind) if assignments::is_secret_value(&text) => format!("[redacted:{kind}]"),
        _ => match redact(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(redacted) => redacted,
        },
    }
}

/// `-----BEGIN … PRIVATE KEY-----` to its end line, or to the end of the text where there is none.
pub(crate) fn private_keys(text: &str, spans: &mut Vec<Span>) {
    const TITLE: usize = 64;
    let mut from = 0;
    while let Some(begin) = find_from(text, "-----BEGIN ", from) {
        let bytes = text.as_bytes();
        let title_end = (begin + 11 + TITLE).min(bytes.len());
        let title = bytes.get(begin + 11..title_end).unwrap_or_default();
        let title = title.split(|byte| *byte == b'-').next().unwrap_or_default();
        from = begin + 11;
        if !title.windows(11).any(|window| window == b"PRIVATE KEY") {
            continue;
        }
        let end = find_from(text, "-----END ", from)
            .and_then(|end| find_from(text, "-----", end + 9))
            .map_or(text.len(), |end| end + 5);
        spans.push(Span { range: begin..end, kind: "private-key" });
        from = end;
    }
}

/// The password in `scheme://user:password@host`, or a long user name that must be a token.
pub(crate) fn url_passwords(text: &str, spans: &mut Vec<Span>) {
    let mut from = 0;
    while let Some(found) = find_from(text, "://", from) {
        let begin = found + 3;
        let bytes = text.as_bytes().get(begin..).unwrap_or_default();
        let stop = |byte: &u8| {
            matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'`') || *byte <= b' '
        };
        let authority = bytes.get(..bytes.iter().position(stop).unwrap_or(bytes.len())).unwrap_or_default();
        from = begin;
        let Some(at) = authority.iter().rposition(|byte| *byte == b'@') else { continue };
        let user = authority.get(..at).unwrap_or_default();
        let secret = match user.iter().position(|byte| *byte == b':') {
            _ if user.starts_with(b"[redacted:") => continue,
            Some(colon) => colon + 1..at,
            None if at >= 16 => 0..at,
            None => continue,
        };
        let value = text.get(begin + secret.start..begin + secret.end).unwrap_or_default();
        if assignments::is_secret_value(value) {
            spans.push(Span { range: begin + secret.start..begin + secret.end, kind: "url-password" });
        }
        from = begin + at;
    }
}

#[cfg(test)]
mod tests;

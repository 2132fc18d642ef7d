//! One row of the journal: what a caller hands in, the exact line that is written, and the line read back.
//!
//! A row is `{"v":1,"seq":…,"time":…,"session":…,"kind":…,"call":…,"body":{…},"prev":"…","hash":"…"}`. The hash covers
//! the bytes of the line before `,"hash":"`, so that verification compares bytes and never depends on how JSON is
//! written again.

use crate::error::Flaw;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use wardline_secrets::{redact, redact_value};

/// The longest row in bytes, its newline included. Longer drafts are refused, not cut.
pub const MAX_ROW: usize = 1 << 20;

/// The `prev` of the first row.
pub(crate) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// `,"hash":"` + 64 hexadecimal digits + `"}`
const SEAL: usize = 75;

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A guarded session began.
    SessionStart,
    /// A guarded session ended.
    SessionEnd,
    /// A decision, written before the effect that it is about.
    Intent,
    /// A human's answer to a question.
    Approval,
    /// What became of an allowed effect.
    Outcome,
    /// A network connection that was opened or refused.
    Egress,
    /// A remark of the journal or of a tool.
    Note,
    /// An effect that was seen without a decision before it.
    Unmediated,
    /// A human trusted or distrusted a file.
    Trust,
    /// A human's explicit exception.
    Override,
    /// What the security scan said of a tree: whether the work may be called done.
    Gate,
}

impl Kind {
    /// Every kind, in the order in which they are declared.
    pub const ALL: [Self; 11] = [
        Self::SessionStart,
        Self::SessionEnd,
        Self::Intent,
        Self::Approval,
        Self::Outcome,
        Self::Egress,
        Self::Note,
        Self::Unmediated,
        Self::Trust,
        Self::Override,
        Self::Gate,
    ];

    /// The word that stands in the journal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionStart => "session_start",
            Self::SessionEnd => "session_end",
            Self::Intent => "intent",
            Self::Approval => "approval",
            Self::Outcome => "outcome",
            Self::Egress => "egress",
            Self::Note => "note",
            Self::Unmediated => "unmediated",
            Self::Trust => "trust",
            Self::Override => "override",
            Self::Gate => "gate",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A row as a caller hands it in, before it gets its number and its place in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// When it happened, RFC 3339. The journal reads no clock.
    pub time: String,
    /// The session that it belongs to.
    pub session: String,
    /// What it is about.
    pub kind: Kind,
    /// Ties the rows of one tool call together: intent, approval, outcome.
    pub call: Option<String>,
    /// Everything else.
    pub body: Map<String, Value>,
}

impl Draft {
    /// The same draft without secrets. Bodies nested deeper than a reader would accept are cut there.
    pub(crate) fn redacted(&self) -> Self {
        let body = match redact_value(Value::Object(self.body.clone())) {
            Value::Object(map) => map,
            other => Map::from_iter([("value".to_owned(), other)]),
        };
        Self {
            time: redact(&self.time).into_owned(),
            session: redact(&self.session).into_owned(),
            kind: self.kind,
            call: self.call.as_deref().map(|call| redact(call).into_owned()),
            body,
        }
    }
}

/// A row as it stands in a journal. Its hash has been checked against its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The number of the row; the first is 1.
    pub seq: u64,
    /// When it happened, RFC 3339, as the writer said.
    pub time: String,
    /// The session that it belongs to.
    pub session: String,
    /// What it is about.
    pub kind: Kind,
    /// The tool call that it belongs to.
    pub call: Option<String>,
    /// Everything else.
    pub body: Map<String, Value>,
    /// The hash of the row before it, hexadecimal SHA-256.
    pub prev: String,
    /// The hash of this row, hexadecimal SHA-256.
    pub hash: String,
    /// The exact line, without its newline.
    pub raw: String,
}

/// A row that is ready to be written.
pub(crate) struct Sealed {
    pub(crate) line: String,
    pub(crate) hash: String,
}

/// Writes a draft as line number `seq` of a chain. The draft must be redacted already.
pub(crate) fn seal(draft: &Draft, seq: u64, prev: &str) -> Sealed {
    let text = |text: &str| Value::from(text).to_string();
    let call = draft.call.as_deref().map_or_else(|| "null".to_owned(), text);
    let mut line = format!(
        r#"{{"v":1,"seq":{seq},"time":{},"session":{},"kind":"{}","call":{call},"body":{},"prev":"{prev}""#,
        text(&draft.time),
        text(&draft.session),
        draft.kind.as_str(),
        Value::Object(draft.body.clone()),
    );
    let hash = digest(line.as_bytes());
    line.push_str(",\"hash\":\"");
    line.push_str(&hash);
    line.push_str("\"}\n");
    Sealed { line, hash }
}

/// Reads one line (without its newline) and checks its hash. The place in the chain is the caller's to check.
pub(crate) fn unseal(line: &[u8]) -> Result<Entry, Flaw> {
    let unparsable = |why: &str| Flaw::Unparsable(why.to_owned());
    let (sealed, hash) = split_seal(line).ok_or_else(|| unparsable("the line does not end in a hash"))?;
    if digest(sealed) != hash {
        return Err(Flaw::HashMismatch);
    }
    let raw = std::str::from_utf8(line).map_err(|_| unparsable("not UTF-8"))?;
    let value: Value = serde_json::from_str(raw).map_err(|error| Flaw::Unparsable(error.to_string()))?;
    let Value::Object(mut map) = value else {
        return Err(unparsable("not an object"));
    };
    if map.get("v").and_then(Value::as_u64) != Some(1) {
        return Err(unparsable("not version 1"));
    }
    let seq = map.get("seq").and_then(Value::as_u64).ok_or_else(|| unparsable("no seq"))?;
    let kind = map.get("kind").and_then(Value::as_str).and_then(Kind::from_word);
    let kind = kind.ok_or_else(|| unparsable("unknown kind"))?;
    let call = match map.remove("call") {
        Some(Value::String(call)) => Some(call),
        Some(Value::Null) => None,
        _ => return Err(unparsable("no call")),
    };
    let Some(Value::Object(body)) = map.remove("body") else {
        return Err(unparsable("no body"));
    };
    let mut string = |key: &str| match map.remove(key) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Flaw::Unparsable(format!("no {key}"))),
    };
    let (time, session, prev) = (string("time")?, string("session")?, string("prev")?);
    Ok(Entry { seq, time, session, kind, call, body, prev, hash, raw: raw.to_owned() })
}

/// The bytes that the hash covers, and the hash that the line carries.
fn split_seal(line: &[u8]) -> Option<(&[u8], String)> {
    let (sealed, seal) = line.split_at_checked(line.len().checked_sub(SEAL)?)?;
    let hash = seal.strip_prefix(b",\"hash\":\"")?.strip_suffix(b"\"}")?;
    let hash = std::str::from_utf8(hash).ok()?;
    let hexadecimal = hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    hexadecimal.then(|| (sealed, hash.to_owned()))
}

fn digest(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        let body = Map::from_iter([("command".to_owned(), Value::from("echo \"a\nb\" ,\"hash\":\"00\"}"))]);
        let time = "2026-11-21T00:00:00Z".to_owned();
        Draft { time, session: "s".to_owned(), kind: Kind::Intent, call: Some("c1".to_owned()), body }
    }

    #[test]
    fn a_sealed_row_is_one_line_and_reads_back() {
        let sealed = seal(&draft(), 7, GENESIS);
        assert_eq!(sealed.line.matches('\n').count(), 1);
        let entry = unseal(sealed.line.trim_end().as_bytes()).unwrap();
        assert_eq!((entry.seq, entry.kind, entry.call.as_deref()), (7, Kind::Intent, Some("c1")));
        assert_eq!(entry.body, draft().body);
        assert_eq!((entry.prev.as_str(), entry.hash), (GENESIS, sealed.hash));
    }

    #[test]
    fn every_flipped_bit_of_a_row_is_noticed() {
        let line = seal(&draft(), 1, GENESIS).line;
        let line = line.trim_end().as_bytes();
        for index in 0..line.len() {
            for bit in 0..8 {
                let mut edited = line.to_vec();
                edited[index] ^= 1 << bit;
                assert!(unseal(&edited).is_err(), "byte {index} bit {bit}");
            }
        }
    }

    #[test]
    fn every_kind_has_its_own_word() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::from_word("Intent"), None);
    }

    #[test]
    fn lines_that_are_not_rows_are_told_apart() {
        for line in ["", "{}", "null", "\u{0}", "{\"v\":1}", &"x".repeat(200)] {
            assert!(matches!(unseal(line.as_bytes()), Err(Flaw::Unparsable(_))), "{line:?}");
        }
    }
}

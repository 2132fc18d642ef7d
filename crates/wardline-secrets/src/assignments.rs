//! Values given to names that announce a secret: `PASSWORD=…`, `"api_key": "…"`, `--token …`, `Authorization: …`.

use std::ops::Range;

/// Longest name that is looked at.
const NAME: usize = 80;

/// How much of a value is looked at to tell it from code and placeholders, which are shorter; a longer one is a secret.
/// This keeps the time linear.
const LOOK: usize = 512;

/// Words that stand where a value stands and are none: types, placeholders, nothing.
const NO_VALUES: &[&str] = &[
    "string",
    "str",
    "&str",
    "bool",
    "boolean",
    "int",
    "integer",
    "number",
    "bytes",
    "any",
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "required",
    "optional",
    "option",
    "self",
    "object",
    "type",
    "unknown",
    "&self",
];

/// A value that is given to a name which announces a secret.
pub(crate) struct Assignment {
    /// Where the name is.
    pub(crate) name: Range<usize>,
    /// Where the value is, without its quotes.
    pub(crate) value: Range<usize>,
    /// What the name announces.
    pub(crate) kind: &'static str,
}

/// What a name announces, if it announces a secret: `password`, `api-key` and so on.
pub(crate) fn secret_name(name: &str) -> Option<&'static str> {
    let name = without_variant(name);
    let last = name.trim_end_matches(SEPARATORS).bytes().next_back()?.to_ascii_lowercase();
    if !ENDS.contains(&last) {
        return None;
    }
    let ends = |words: &[&str]| words.iter().any(|word| ends_with(name, word));
    // `pwd` and `pass` are words of their own or the last part of a name, never the end of a word.
    let part = name.rsplit(['-', '_', '.']).next().unwrap_or_default();
    let parts = |word: &str| part.eq_ignore_ascii_case(word);
    if ends(&["password", "passwd", "passphrase", "passwort"])
        || parts("pass")
        || (parts("pwd") && part.len() < name.len())
        || part.strip_suffix("Pass").is_some_and(|before| before.ends_with(|c: char| c.is_ascii_lowercase()))
    {
        Some("password")
    } else if ends(&["secret", "secretkey", "secretaccesskey", "secretkeybase"]) {
        Some("secret")
    } else if ends(&KEYS) {
        Some("api-key")
    } else if ends(&["token"]) {
        Some("token")
    } else if ends(&["authorization"]) || is(name, "cookie") || is(name, "setcookie") {
        Some("header")
    } else if is(name, "xamzsignature") || is(name, "xgoogsignature") {
        Some("signature")
    } else {
        None
    }
}

/// Words behind a name that say which of several it is: `PASSWORD_PROD`.
const VARIANTS: [&str; 8] = ["prod", "production", "live", "staging", "dev", "old", "new", "backup"];

/// A name without what tells it from others of its kind: `PASSWORD2`, `DB_PASSWORD_PROD`.
fn without_variant(name: &str) -> &str {
    let counted = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(SEPARATORS);
    match counted.rsplit_once(SEPARATORS) {
        Some((before, word)) if VARIANTS.iter().any(|variant| word.eq_ignore_ascii_case(variant)) => before,
        _ => counted,
    }
}

/// What may stand between the words of a name.
const SEPARATORS: [char; 4] = ['-', '_', '.', ' '];

/// The last letters of all names that announce a secret: most names are told apart by this one look.
const ENDS: &[u8] = b"desnty";

/// Names of keys that open something.
const KEYS: [&str; 8] =
    ["apikey", "accesskey", "accountkey", "privatekey", "signingkey", "encryptionkey", "masterkey", "appkey"];

/// Whether `name` ends with `word` when case and separators are left aside.
fn ends_with(name: &str, word: &str) -> bool {
    let mut letters = name.bytes().rev().filter(|byte| !SEPARATORS.contains(&char::from(*byte)));
    word.bytes().rev().all(|wanted| letters.next().is_some_and(|byte| byte.to_ascii_lowercase() == wanted))
}

/// Whether `name` is `word` when case and separators are left aside.
fn is(name: &str, word: &str) -> bool {
    let letters = name.bytes().filter(|byte| !SEPARATORS.contains(&char::from(*byte)));
    letters.map(|byte| byte.to_ascii_lowercase()).eq(word.bytes())
}

/// Whether a value can be a secret at all: not empty, no variable, no placeholder, no mark of an earlier redaction.
pub(crate) fn is_secret_value(value: &str) -> bool {
    let value = value.trim();
    let between =
        |open: char, close: char| value.len() > 2 && value.starts_with(open) && value.ends_with(close);
    let name = |c: char| c.is_ascii_alphabetic() || matches!(c, '{' | '(' | '_');
    let variable = value.strip_prefix('$').is_some_and(|rest| rest.starts_with(name));
    let mask = value.bytes().all(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X' | b'-'));
    let stands_for_one = variable || between('%', '%') || between('<', '>') || between('{', '}') || mask;
    let redacted = value.starts_with("[redacted:");
    !stands_for_one && !redacted && !NO_VALUES.iter().any(|word| value.eq_ignore_ascii_case(word))
}

pub(crate) fn find(text: &str) -> Vec<Assignment> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        let length = name_length(bytes, index);
        if length == 0 {
            index += 1;
            continue;
        }
        let end = index + length;
        let begin = index.max(end.saturating_sub(NAME));
        let name = text.get(begin..end).unwrap_or_default();
        index = end;
        let Some(kind) = secret_name(name.trim_start_matches('-')) else { continue };
        let flag = name.starts_with("--");
        if let Some((from, to)) = value_after(text, end, flag, kind) {
            found.push(Assignment { name: begin..end, value: from..to, kind });
            index = index.max(to);
        }
    }
    found
}

/// The length of the name that begins here. Names consist of letters, digits, `_`, `-` and `.`.
fn name_length(bytes: &[u8], index: usize) -> usize {
    let rest = bytes.get(index..).unwrap_or_default();
    rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')).count()
}

/// Where the value after a name begins and ends, when there is one.
fn value_after(text: &str, end: usize, flag: bool, kind: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = end;
    at += escaped_quote(bytes, at).map_or(0, |(length, _)| length);
    let spaces = blanks(bytes, at);
    let separator = bytes.get(at + spaces..)?;
    let sign = match separator {
        [b'=', b'=' | b'~', ..] | [b':', b':', ..] | [b':', b'/', b'/', ..] => return None,
        [b':', b'=', ..] | [b'=', b'>', ..] => 2,
        [b'=' | b':', ..] => 1,
        _ if flag && spaces > 0 => 0,
        _ => return None,
    };
    at += spaces + sign;
    let gap = blanks(bytes, at);
    let loose = sign > 0 && gap > 0;
    at += gap;
    if kind == "header" && separator.first() == Some(&b':') {
        return header(text, at);
    }
    if let Some((length, quote)) = escaped_quote(bytes, at) {
        let from = at + length;
        let to = closing(bytes, from, quote, length);
        return is_secret_value(text.get(from..to)?).then_some((from, to));
    }
    let rest = bytes.get(at..)?;
    let seen = bare_length(rest.get(..LOOK).unwrap_or(rest));
    if seen == LOOK {
        return Some((at, at + bare_length(rest)));
    }
    let to = at + seen;
    let value = text.get(at..to)?;
    // `password: String`, `token = next()` and `secret: Option<…>` are code.
    let code = matches!(bytes.get(to), Some(b'(' | b'<' | b'[' | b'{')) || value.contains("::");
    let flag_next = sign == 0 && value.starts_with('-');
    let prose = loose && kind == "token" && !value.bytes().any(|byte| byte.is_ascii_digit());
    (is_secret_value(value) && !code && !flag_next && !prose).then_some((at, to))
}

/// The rest of a header line, up to the quote that it may stand in.
fn header(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = text.as_bytes().get(at..)?;
    let quoted = escaped_quote(text.as_bytes(), at).map_or(0, |(length, _)| length);
    let stop = |byte: &u8| matches!(byte, b'"' | b'\'' | b'\\' | b'\n' | b'\r' | b'`');
    let inner = rest.get(quoted..)?;
    let length = |bytes: &[u8]| bytes.iter().position(stop).unwrap_or(bytes.len());
    let seen = length(inner.get(..LOOK).unwrap_or(inner));
    if seen == LOOK {
        return Some((at + quoted, at + quoted + length(inner)));
    }
    let to = at + quoted + seen;
    let value = text.get(at + quoted..to)?;
    // The scheme may stay, the credentials after it not; a scheme alone, or a variable after it, is no secret.
    let scheme = value.split_once(' ').map_or("", |(scheme, _)| scheme);
    let skip = if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        0
    } else {
        scheme.len() + 1
    };
    let from = at + quoted + skip;
    is_secret_value(text.get(from..to)?).then_some((from, to))
}

/// A quote at this place, possibly escaped as in JSON within JSON: its length and which one it is.
pub(crate) fn escaped_quote(bytes: &[u8], at: usize) -> Option<(usize, u8)> {
    let rest = bytes.get(at..)?;
    let slashes = rest.iter().take(4).take_while(|byte| **byte == b'\\').count();
    match rest.get(slashes) {
        Some(quote @ (b'"' | b'\'' | b'`')) => Some((slashes + 1, *quote)),
        _ => None,
    }
}

/// Where the quoted value ends: before the quote that closes it, whose escape is as long as the opening one's.
fn closing(bytes: &[u8], from: usize, quote: u8, opening: usize) -> usize {
    let mut slashes = 0;
    for (index, byte) in bytes.iter().enumerate().skip(from) {
        match *byte {
            b'\\' => slashes += 1,
            byte if byte == quote && slashes < opening => return index - slashes,
            _ => slashes = 0,
        }
    }
    bytes.len()
}

fn bare_length(bytes: &[u8]) -> usize {
    let stop = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`,;&|<>(){}[]\\".contains(byte);
    bytes.iter().position(stop).unwrap_or(bytes.len())
}

fn blanks(bytes: &[u8], at: usize) -> usize {
    bytes
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take(16)
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}

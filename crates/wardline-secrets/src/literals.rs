//! Secrets in the string literals of programs, by what the code around a literal does with it: it is given to a name, to a
//! function as the argument that is its key, as what stands in for a variable that is not set, or is compared with one.
//!
//! The languages that people write have this much in common: quotes, calls with parentheses and commas, `=` and `:`. More than
//! that is not read. Each literal is looked at once, with a bounded look at what stands before it.

use std::ops::Range;

use crate::{Certainty, Secret, assignments, documents::Document, value};

/// How far before a literal is looked.
const LOOK: usize = 320;

/// A key that signs or encrypts.
const SIGNING: &str = "signing-key";
/// A password.
const PASSWORD: &str = "password";

/// Functions that take a secret: the end of their name, the number of that argument from 0, what it is.
const CALLS: &[(&str, usize, &str)] = &[
    ("jwt.encode", 1, SIGNING),
    ("jwt.decode", 1, SIGNING),
    ("jwt.sign", 1, SIGNING),
    ("jwt.verify", 1, SIGNING),
    ("JWT.encode", 1, SIGNING),
    ("JWT.decode", 1, SIGNING),
    ("jsonwebtoken.sign", 1, SIGNING),
    ("jsonwebtoken.verify", 1, SIGNING),
    ("hmac.new", 0, SIGNING),
    ("hmac.digest", 0, SIGNING),
    ("createHmac", 1, SIGNING),
    ("createCipheriv", 1, SIGNING),
    ("createDecipheriv", 1, SIGNING),
    ("createSecretKey", 0, SIGNING),
    ("hash_hmac", 2, SIGNING),
    ("Fernet", 0, SIGNING),
    ("URLSafeTimedSerializer", 0, SIGNING),
    ("URLSafeSerializer", 0, SIGNING),
    ("cookieParser", 0, SIGNING),
    ("Keygrip", 0, SIGNING),
    ("Algorithm.HMAC256", 0, SIGNING),
    ("login", 1, PASSWORD),
    ("HTTPBasicAuth", 1, PASSWORD),
    ("HTTPDigestAuth", 1, PASSWORD),
    ("BasicAuth", 1, PASSWORD),
    ("SetBasicAuth", 1, PASSWORD),
    ("PlainAuth", 2, PASSWORD),
    ("Sequelize", 2, PASSWORD),
    ("mysqli", 2, PASSWORD),
    ("mysqli_connect", 2, PASSWORD),
    ("PDO", 2, PASSWORD),
    ("DriverManager.getConnection", 2, PASSWORD),
    ("NetworkCredential", 1, PASSWORD),
    // `auth=("user", "password")`, as clients of HTTP in Python take it.
    ("auth=", 1, PASSWORD),
];

/// What makes something else of a literal and keeps its value: the ends of the code before it.
const WRAPPERS: &[&str] = &[
    "SecretStr(",
    "Secret(",
    "Buffer.from(",
    "TextEncoder().encode(",
    "Field(",
    "default=",
    "default_value=",
    "String(",
    "String::from(",
    "[]byte(",
    "str(",
    "bytes(",
    "[",
];

/// What stands between something that may be missing and what stands in for it.
const FALLBACKS: &[&str] = &["||", "??", " or", "?:"];

/// The secrets in the literals of a program.
pub(crate) fn find(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        for (quote, inside) in literals(line) {
            let range = start + inside.start..start + inside.end;
            found.extend(judge(text, start, start + quote, range));
        }
        start += line.len();
    }
    found
}

/// The string literals of a line: where the quote stands, and what is in it. A line that begins within a literal of several
/// lines is read wrongly, which makes literals of what stands between them; these are given to no name.
fn literals(line: &str) -> Vec<(usize, Range<usize>)> {
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| is_quote(*byte))) {
        let quote = at + offset;
        match closing(bytes, quote) {
            Some(end) => {
                found.push((quote, quote + 1..end));
                at = end + 1;
            }
            // An apostrophe, or the begin of several lines.
            None => at = quote + 1,
        }
    }
    found
}

const fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// The place of the quote that closes the one at `quote`.
fn closing(bytes: &[u8], quote: usize) -> Option<usize> {
    let sign = bytes.get(quote)?;
    let mut escaped = false;
    for (index, byte) in bytes.iter().enumerate().skip(quote + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            byte if byte == sign => return Some(index),
            _ => {}
        }
    }
    None
}

/// What the literal is, if the code before it says that it is a secret and it may be one. `line` is where its line begins.
fn judge(text: &str, line: usize, quote: usize, range: Range<usize>) -> Option<Secret> {
    const SHORTEST: usize = 6;
    let inside = text.get(range.clone())?;
    if inside.len() < SHORTEST || inside.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return None;
    }
    let (before, formatted) = without_prefix(text.get(line..quote)?);
    if formatted && inside.contains('{') {
        return None;
    }
    let (name, kind) = announced(text, line, before)?;
    let certainty = if value::speaks(name, inside, kind, Document::Code) {
        Certainty::Likely
    } else if kind == SIGNING && !value::is_reference(inside) {
        // Whatever stands where a key has to stand is the key, `changeme` too; but only strangers know which is in use.
        Certainty::Example
    } else {
        return None;
    };
    Some(Secret { range, kind, certainty })
}

/// The code before a literal without the letters that belong to it, and whether they make it a format: `b"…"`, `f"…"`.
fn without_prefix(before: &str) -> (&str, bool) {
    let bare = before.trim_end_matches(['b', 'B', 'r', 'R', 'u', 'U', 'f', 'F', '@', '$']);
    let letters = before.get(bare.len()..).unwrap_or_default();
    let joined = bare.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    if letters.len() > 2 || joined && !letters.is_empty() {
        return (before, false);
    }
    (bare, letters.contains(['f', 'F', '$']))
}

/// The name that says what a literal is, and what it is. `before` is what stands before it in its line.
fn announced<'t>(text: &'t str, line: usize, before: &'t str) -> Option<(&'t str, &'static str)> {
    let mut code = before.trim_end();
    // A wrapper that is also the function which takes the key is asked for first.
    loop {
        if let Some(kind) = called(text, line + code.len()) {
            return Some(kind);
        }
        let Some(rest) = WRAPPERS.iter().find_map(|wrapper| code.strip_suffix(wrapper)) else { break };
        if code.ends_with('[')
            && rest.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ']' | ')'))
        {
            // What is looked up by the literal, not a list with it.
            return None;
        }
        code = rest.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')).trim_end();
        code = code.strip_suffix("new").unwrap_or(code).trim_end();
    }
    if let Some(left) = FALLBACKS.iter().find_map(|sign| code.strip_suffix(sign)) {
        let operand = last_name(left);
        return secret(operand).or_else(|| secret(given(left.rsplit_once('=')?.0)));
    }
    let left = code.trim_end_matches(['=', '!', ':', '|', '?', '>']);
    if left.len() == code.len() {
        return None;
    }
    secret(given(left))
}

fn secret(name: &str) -> Option<(&str, &'static str)> {
    let kind = assignments::secret_name(name).filter(|kind| *kind != "header")?;
    Some((name, kind))
}

/// The name that is given a value, or compared with one: what stands before the sign, without its type.
fn given(left: &str) -> &str {
    let name = last_name(left);
    let typed = left.rsplit_once(':').filter(|(before, kind)| {
        let of_type = |c: char| c.is_alphanumeric() || " _.[]<>|,&?'".contains(c);
        !before.ends_with(':') && kind.chars().all(of_type)
    });
    match typed {
        Some((before, _)) if assignments::secret_name(name).is_none() => last_name(before),
        _ => name,
    }
}

/// The last name of some code, within its brackets and quotes or without: of `headers.get("X-Token")` that is `X-Token`.
fn last_name(code: &str) -> &str {
    let code = code.trim_end_matches(|c: char| c.is_whitespace() || "\"'`])!?".contains(c));
    let begin = code.rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$')));
    let begin = begin
        .map_or(0, |at| at + code.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    code.get(begin..).unwrap_or_default()
}

/// What an argument is that stands at the end of `text[..at]`, by the function that it is given to and its place.
fn called(text: &str, at: usize) -> Option<(&str, &'static str)> {
    let call = enclosing(text, at)?;
    let known = |(name, place, kind): &(&str, usize, &'static str)| {
        let rest = call.function.strip_suffix(name)?;
        let whole = rest.is_empty() || rest.ends_with(|c: char| !c.is_alphanumeric() && c != '_');
        let named = matches!(call.argument, "key=" | "secret=" | "password=");
        (whole && (call.place == *place && call.argument.is_empty() || named && *kind == SIGNING))
            .then_some((call.function, *kind))
    };
    let by_place = || {
        // `setdefault("API_KEY", "…")`, `getenv("API_KEY", "…")`: given to, or in the place of, what it names.
        let first = call.first.trim();
        let name = first.strip_prefix(['"', '\'', '`'])?.strip_suffix(['"', '\'', '`'])?;
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let second = call.place == 1 && (call.argument.is_empty() || call.argument.starts_with("default"));
        secret(name).filter(|_| plain && second)
    };
    CALLS.iter().find_map(known).or_else(by_place)
}

/// A call that some code stands in as an argument.
struct Call<'t> {
    /// The name of the function, with what it is of; for a list after `name=`, that.
    function: &'t str,
    /// The number of the argument, from 0.
    place: usize,
    /// The text of the first argument, if that is another one.
    first: &'t str,
    /// What stands before the value in its argument: nothing, or the argument's name and its sign.
    argument: &'t str,
}

/// The call in which `text[..at]` ends, if it begins not too far before.
fn enclosing(text: &str, at: usize) -> Option<Call<'_>> {
    let bytes = text.as_bytes();
    let (mut depth, mut place, mut argument, mut first) = (0_usize, 0, None, at);
    let mut index = at;
    let least = at.saturating_sub(LOOK);
    while index > least {
        index -= 1;
        match *bytes.get(index)? {
            quote if is_quote(quote) => {
                let inside = bytes.get(least..index)?;
                index = least + inside.iter().rposition(|byte| *byte == quote)?;
            }
            b')' | b']' | b'}' => depth += 1,
            b'(' if depth == 0 => {
                let function = function(text.get(..index)?)?;
                let argument = text.get(argument.unwrap_or(index + 1)..at)?.trim();
                let first = text.get(index + 1..first).filter(|_| place > 0).unwrap_or_default();
                return Some(Call { function, place, first, argument });
            }
            b'{' | b'[' | b';' if depth == 0 => return None,
            b'(' | b'[' | b'{' => depth -= 1,
            b',' if depth == 0 => {
                place += 1;
                argument = argument.or(Some(index + 1));
                first = index;
            }
            _ => {}
        }
    }
    None
}

/// The name at the end of the code before a parenthesis.
fn function(before: &str) -> Option<&str> {
    let begin = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '=')));
    let begin = begin
        .map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    before.get(begin..).filter(|name| !name.is_empty())
}

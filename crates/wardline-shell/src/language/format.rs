//! Formatting and decoding of constant texts: `%`, `{}`, base64, hexadecimal, rot13.

/// The bytes of base64, with either alphabet; what is no digit of it is passed over.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            b if b.is_ascii_whitespace() => continue,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
        bits &= 0xffff;
    }
    Some(out)
}

/// The bytes of base32.
pub(crate) fn base32(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes().take_while(|byte| *byte != b'=') {
        let digit = match byte.to_ascii_uppercase() {
            upper @ b'A'..=b'Z' => upper - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5) | u32::from(digit);
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
        bits &= 0xffff;
    }
    Some(out)
}

/// The bytes of pairs of hexadecimal digits.
pub(crate) fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect::<Option<_>>()?;
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(high * 16 + low),
            _ => None,
        })
        .collect()
}

/// Each letter, 13 places on.
pub(crate) fn rot13(text: &str) -> String {
    let turn = |base: u8, byte: u8| char::from(base + (byte - base + 13) % 26);
    text.chars()
        .map(|c| match u8::try_from(c) {
            Ok(byte) if byte.is_ascii_lowercase() => turn(b'a', byte),
            Ok(byte) if byte.is_ascii_uppercase() => turn(b'A', byte),
            _ => c,
        })
        .collect()
}

/// Bytes as text, as far as they are text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The places to fill in `%s`-style formatting: what is between them, and how many there are.
pub(crate) fn percent(
    format: &str,
    mut value: impl FnMut(Option<&str>) -> super::value::Text,
) -> super::value::Text {
    let mut out = super::value::Text::known("");
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push(&super::value::Text::known(before));
        if let Some(more) = after.strip_prefix('%') {
            out.push(&super::value::Text::known("%"));
            rest = more;
            continue;
        }
        let (name, spec) = match after.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
            Some((name, spec)) => (Some(name), spec),
            None => (None, after),
        };
        let flags = spec.trim_start_matches(|c: char| c.is_ascii_digit() || "-+ .#*$".contains(c));
        let Some(kind) = flags.chars().next().filter(char::is_ascii_alphabetic) else {
            out.push(&super::value::Text::known("%"));
            rest = after;
            continue;
        };
        let mut filled = value(name);
        if kind == 'c'
            && let Some(c) = filled.text.parse().ok().and_then(char::from_u32)
        {
            filled.text = c.to_string();
        }
        out.push(&filled);
        rest = flags.get(kind.len_utf8()..).unwrap_or_default();
    }
    out.push(&super::value::Text::known(rest));
    out
}

/// `{}`, `{0}`, `{name}` of Python's `format` and of Groovy's and R's likes.
pub(crate) fn braces(format: &str, mut value: impl FnMut(&str) -> super::value::Text) -> super::value::Text {
    let mut out = super::value::Text::known("");
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        out.push(&super::value::Text::known(&before.replace("}}", "}")));
        if let Some(more) = after.strip_prefix('{') {
            out.push(&super::value::Text::known("{"));
            rest = more;
            continue;
        }
        let Some((field, more)) = after.split_once('}') else { break };
        let name = field.split([':', '!', '.', '[']).next().unwrap_or_default();
        out.push(&value(name));
        rest = more;
    }
    out.push(&super::value::Text::known(&rest.replace("}}", "}")));
    out
}

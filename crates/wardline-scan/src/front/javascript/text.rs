//! The text of literals: escapes, numbers, characters by name.

use crate::ir::Literal;

/// Resolves one escape sequence of a string or template, with its backslash.
pub(super) fn escape(sequence: &str) -> String {
    let Some(rest) = sequence.strip_prefix('\\') else { return sequence.to_owned() };
    let code = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    let mut characters = rest.chars();
    let character = match characters.next() {
        Some('n') => Some('\n'),
        Some('t') => Some('\t'),
        Some('r') => Some('\r'),
        Some('b') => Some('\u{8}'),
        Some('f') => Some('\u{c}'),
        Some('v') => Some('\u{b}'),
        Some('0'..='7') => u32::from_str_radix(rest, 8).ok().and_then(char::from_u32),
        Some('x') => code(characters.as_str()),
        Some('u') => code(characters.as_str().trim_start_matches('{').trim_end_matches('}')),
        Some('\n' | '\r' | '\u{2028}' | '\u{2029}') | None => return String::new(),
        Some(other) => Some(other),
    };
    character.map_or_else(|| sequence.to_owned(), String::from)
}

/// Reads a number as written.
pub(super) fn number(text: &str) -> Literal {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    let digits = digits.strip_suffix('n').unwrap_or(&digits);
    let lower = digits.to_ascii_lowercase();
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)];
    let value = radix
        .into_iter()
        .find_map(|(prefix, radix)| lower.strip_prefix(prefix).map(|rest| i64::from_str_radix(rest, radix)))
        .unwrap_or_else(|| digits.parse());
    value.map_or_else(|_| Literal::Number(text.into()), Literal::Integer)
}

/// The character that a reference such as `&amp;` or `&#39;` stands for; others stay as written.
pub(in crate::front) fn reference(text: &str) -> String {
    let inner = text.trim_start_matches('&').trim_end_matches(';');
    let character = match inner {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = inner.strip_prefix('#');
            let hex = number.and_then(|number| number.strip_prefix(['x', 'X']));
            hex.map_or_else(
                || number.and_then(|number| number.parse().ok()),
                |hex| u32::from_str_radix(hex, 16).ok(),
            )
            .and_then(char::from_u32)
        }
    };
    character.map_or_else(|| text.to_owned(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_numbers_and_references_are_resolved() {
        let escapes = [
            (r"\n", "\n"),
            (r"\x41", "A"),
            (r"\u0041", "A"),
            (r"\u{1F600}", "😀"),
            (r"\'", "'"),
            (r"\0", "\0"),
            ("\\\n", ""),
            (r"\ud83d", r"\ud83d"),
            (r"\xzz", r"\xzz"),
        ];
        for (written, meant) in escapes {
            assert_eq!(escape(written), meant, "{written}");
        }
        for (written, value) in
            [("10", 10), ("1_000", 1000), ("0xff", 255), ("0b11", 3), ("0o17", 15), ("9n", 9)]
        {
            assert_eq!(number(written), Literal::Integer(value), "{written}");
        }
        assert_eq!(number("1.5e3"), Literal::Number("1.5e3".into()));
        for (written, meant) in [("&lt;", "<"), ("&#39;", "'"), ("&#x41;", "A"), ("&unknown;", "&unknown;")] {
            assert_eq!(reference(written), meant, "{written}");
        }
    }
}

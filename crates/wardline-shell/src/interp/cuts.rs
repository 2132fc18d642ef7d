//! What `${x%…}`, `${x#…}`, `${x/…/…}`, `${x:…}`, `${x^^}` and their like make of a known value.

use crate::interp::arithmetic;
use crate::interp::patterns::{Token, matches};

/// Longest value that patterns are tried on, in characters; with wildcards inside a replacement much less.
const LONGEST: usize = 1024;
const LONGEST_REPLACED: usize = 256;

/// Takes the shortest or longest match of `pattern` off one end.
pub(crate) fn cut(value: &str, pattern: &[Token], suffix: bool, longest: bool) -> Option<String> {
    let characters: Vec<char> = value.chars().collect();
    if characters.len() > LONGEST {
        return None;
    }
    let count = characters.len();
    let mut lengths: Vec<usize> = (0..=count).collect();
    if longest {
        lengths.reverse();
    }
    for length in lengths {
        let (part, rest) = if suffix {
            (characters.get(count - length..), characters.get(..count - length))
        } else {
            (characters.get(..length), characters.get(length..))
        };
        if matches(pattern, part.unwrap_or_default()) {
            return Some(rest.unwrap_or_default().iter().collect());
        }
    }
    Some(value.to_owned())
}

/// Puts `new` in for the first or each longest match of `pattern`; `anchor` `#` or `%` ties it to an end.
pub(crate) fn replace(
    value: &str,
    pattern: &[Token],
    new: &str,
    all: bool,
    anchor: Option<char>,
) -> Option<String> {
    let characters: Vec<char> = value.chars().collect();
    let plain = pattern.iter().all(|token| matches!(token, Token::One(_)));
    if characters.len() > if plain { LONGEST } else { LONGEST_REPLACED } {
        return None;
    }
    if pattern.is_empty() && anchor.is_none() {
        return Some(value.to_owned());
    }
    let count = characters.len();
    let mut out = String::new();
    let mut at = 0;
    let mut done = false;
    while at <= count {
        let lengths = if plain { pattern.len().min(count - at)..=pattern.len() } else { 0..=count - at };
        let fits = |length: usize| {
            let part = characters.get(at..at + length).unwrap_or_default();
            at + length <= count
                && (anchor != Some('%') || at + length == count)
                && (length > 0 || anchor.is_some())
                && matches(pattern, part)
        };
        let may = !done && (anchor != Some('#') || at == 0);
        match if may { lengths.rev().find(|length| fits(*length)) } else { None } {
            Some(length) => {
                out.push_str(new);
                done = !all || anchor.is_some();
                at += length;
                if length == 0 {
                    out.extend(characters.get(at));
                    at += 1;
                }
            }
            None => {
                out.extend(characters.get(at));
                at += 1;
            }
        }
    }
    Some(out)
}

/// The part of a sequence of `length` members that `:from:count` names.
pub(crate) fn range(
    specification: &str,
    length: usize,
    value_of: &dyn Fn(&str) -> Option<String>,
) -> Option<(usize, usize)> {
    let (from, count) = match specification.split_once(':') {
        Some((from, count)) => (from, Some(count)),
        None => (specification, None),
    };
    let length = i64::try_from(length).ok()?;
    let from = arithmetic::evaluate(from, value_of)?;
    let from = if from < 0 { length.checked_add(from)?.max(0) } else { from.min(length) };
    let to = match count {
        None => length,
        Some(count) => match arithmetic::evaluate(count, value_of)? {
            count if count < 0 => length.checked_add(count)?,
            count => from.saturating_add(count).min(length),
        },
    };
    let to = to.max(from);
    Some((usize::try_from(from).ok()?, usize::try_from(to).ok()?))
}

/// The change of case that `operator` stands for.
pub(crate) fn recase(value: &str, operator: &str) -> Option<String> {
    let mut characters = value.chars();
    match operator {
        "^^" => Some(value.to_uppercase()),
        ",," => Some(value.to_lowercase()),
        "^" | "," => {
            let Some(first) = characters.next() else { return Some(String::new()) };
            let first: String =
                if operator == "^" { first.to_uppercase().collect() } else { first.to_lowercase().collect() };
            Some(first + characters.as_str())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, range, replace};
    use crate::interp::patterns::parse;

    #[test]
    fn ends_are_cut_off() {
        for (value, pattern, suffix, longest, expected) in [
            ("a/b/c", "/*", true, false, "a/b"),
            ("a/b/c", "/*", true, true, "a"),
            ("a/b/c", "*/", false, false, "b/c"),
            ("a/b/c", "*/", false, true, "c"),
            ("abc", "x", false, true, "abc"),
        ] {
            let pattern = parse(pattern).unwrap();
            assert_eq!(cut(value, &pattern, suffix, longest).unwrap(), expected, "{value} {pattern:?}");
        }
    }

    #[test]
    fn parts_are_replaced() {
        for (value, pattern, new, all, anchor, expected) in [
            ("rXm", "X", "", false, None, "rm"),
            ("aXbX", "X", "-", true, None, "a-b-"),
            ("aXbX", "X", "-", false, None, "a-bX"),
            ("aaa", "a*", "b", true, None, "b"),
            ("abc", "a", "x", false, Some('#'), "xbc"),
            ("abc", "c", "x", false, Some('%'), "abx"),
        ] {
            let tokens = parse(pattern).unwrap();
            assert_eq!(replace(value, &tokens, new, all, anchor).unwrap(), expected, "{value} {pattern}");
        }
    }

    #[test]
    fn ranges_are_counted_from_both_ends() {
        for (specification, expected) in [
            ("1", Some((1, 5))),
            ("1:2", Some((1, 3))),
            (" -2", Some((3, 5))),
            ("0:-1", Some((0, 4))),
            ("x", None),
        ] {
            assert_eq!(range(specification, 5, &|_| None), expected, "{specification}");
        }
    }
}

//! Patterns of the shell (`*`, `?`, `[…]`) and the texts that they match.

/// One part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// This character.
    One(char),
    /// Any character.
    Any,
    /// Any number of characters.
    Many,
    /// A character of these ranges, or none of them.
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// Reads unquoted text as a pattern; `None` for patterns with alternatives, which are not followed.
pub(crate) fn parse(text: &str) -> Option<Vec<Token>> {
    if ["@(", "!(", "+(", "?(", "*("].iter().any(|start| text.contains(start)) {
        return None;
    }
    let characters: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        at += 1;
        match character {
            '*' if out.last() == Some(&Token::Many) => {}
            '*' => out.push(Token::Many),
            '?' => out.push(Token::Any),
            '[' => match class(characters.get(at..).unwrap_or_default()) {
                Some((token, length)) => {
                    out.push(token);
                    at += length;
                }
                None => out.push(Token::One('[')),
            },
            other => out.push(Token::One(other)),
        }
    }
    Some(out)
}

/// Longest class that is looked for the end of, in characters.
const LONGEST_CLASS: usize = 64;

/// The class after a `[`, and how many characters it takes.
fn class(rest: &[char]) -> Option<(Token, usize)> {
    let negated = matches!(rest.first(), Some('!' | '^'));
    let start = usize::from(negated);
    // A `]` that comes first is a member.
    let close = rest
        .iter()
        .take(LONGEST_CLASS)
        .enumerate()
        .skip(start + 1)
        .find(|(_, c)| **c == ']')
        .map(|(at, _)| at)?;
    let members = rest.get(start..close)?;
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(&first) = members.get(at) {
        match (members.get(at + 1), members.get(at + 2)) {
            (Some('-'), Some(&last)) => {
                ranges.push((first, last));
                at += 3;
            }
            _ => {
                ranges.push((first, first));
                at += 1;
            }
        }
    }
    Some((Token::Class { negated, ranges }, close + 1))
}

/// The characters of a text as a pattern that matches them alone.
pub(crate) fn literal(text: &str) -> impl Iterator<Item = Token> {
    text.chars().map(Token::One)
}

fn fits(token: &Token, character: char) -> bool {
    match token {
        Token::One(expected) => *expected == character,
        Token::Any => true,
        Token::Many => false,
        Token::Class { negated, ranges } => {
            ranges.iter().any(|(first, last)| *first <= character && character <= *last) != *negated
        }
    }
}

/// Does the pattern match all of the text?
pub(crate) fn matches(pattern: &[Token], text: &[char]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while seen < text.len() {
        match (pattern.get(at), text.get(seen)) {
            (Some(Token::Many), _) => {
                retry = Some((at, seen));
                at += 1;
                continue;
            }
            (Some(token), Some(character)) if fits(token, *character) => {
                at += 1;
                seen += 1;
                continue;
            }
            _ => {}
        }
        match retry {
            Some((star, from)) => {
                retry = Some((star, from + 1));
                at = star + 1;
                seen = from + 1;
            }
            None => return false,
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|token| *token == Token::Many)
}

/// Does the pattern, as it is written, match the text?
pub(crate) fn matches_text(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    parse(pattern).is_some_and(|pattern| matches(&pattern, &text))
}

#[cfg(test)]
mod tests {
    use super::matches_text;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("r?", "rm", true),
            ("r?", "r", false),
            ("r[a-m]", "rm", true),
            ("r[!a-m]", "rm", false),
            ("[]x]", "]", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("[", "[", true),
        ] {
            assert_eq!(matches_text(pattern, text), expected, "{pattern} {text}");
        }
    }
}

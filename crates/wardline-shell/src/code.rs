//! Finds what looks like a path in code of other languages that stands on a command line.
//!
//! No attempt to understand the code: text that looks like a path may be read or written by it. The next step up, knowing what
//! the code does, would take a parser for each language.

/// Most candidates taken from one piece of code.
pub(crate) const MOST_CANDIDATES: usize = 256;

/// Words of `code` that look like paths: all short quoted strings, and words with a slash or a leading dot or tilde.
pub(crate) fn candidates(code: &str) -> Vec<&str> {
    let mut out: Vec<&str> = Vec::new();
    for (index, part) in code.split(['\'', '"', '`']).enumerate() {
        let string = index % 2 == 1;
        let mut before = if index == 0 || string { ' ' } else { '"' };
        let mut rest = part;
        while !rest.is_empty() {
            let length = rest
                .find(|c: char| c.is_whitespace() || "(),;[]{}<>|&=+$\\".contains(c))
                .unwrap_or(rest.len());
            let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            if is_candidate(token.trim_matches([':', '!', '?']), string, before)
                && !out.iter().rev().take(32).any(|seen| *seen == token)
            {
                out.push(token.trim_matches([':', '!', '?']));
            }
            if out.len() >= MOST_CANDIDATES {
                return out;
            }
            let mut characters = after.chars();
            before = characters.next().unwrap_or(' ');
            rest = characters.as_str();
        }
    }
    out
}

fn is_candidate(token: &str, string: bool, before: char) -> bool {
    let url = token.contains("://") && !token.starts_with("file://");
    if token.len() < 2 || token.len() > 1024 || url || !token.contains(char::is_alphanumeric) {
        return false;
    }
    // A dot after a bracket or a string is a method, not a hidden file.
    let hidden = token.starts_with('.') && (string || before.is_whitespace());
    let named = string && token.contains(char::is_alphabetic);
    token.contains('/') || token.starts_with('~') || hidden || named
}

/// The files that a sed script names: what follows `r`, `R`, `w`, `W` and the `w` flag of `s`. `true` when written.
pub(crate) fn sed_files(script: &str) -> Vec<(&str, bool)> {
    let mut out = Vec::new();
    for line in script.split(['\n', '}']) {
        let mut rest = line;
        while let Some(at) = rest.find([' ', '\t']) {
            let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
            let after = after.trim_start();
            let file = after.trim_end();
            let command = before.trim_end_matches(' ').chars().last();
            let alone = before.trim_start().len() <= 1
                || before
                    .chars()
                    .rev()
                    .nth(1)
                    .is_some_and(|c| c.is_ascii_digit() || "/$,!;{gpIiMe|#@%".contains(c));
            if !file.is_empty() && alone {
                match command {
                    Some('w' | 'W') => out.push((file, true)),
                    Some('r' | 'R') => out.push((file, false)),
                    _ => {}
                }
            }
            rest = after;
        }
    }
    out
}

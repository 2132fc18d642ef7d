//! The commands in scripts of sed: `e text`, and `s/…/text/e`.

use std::iter::Peekable;
use std::str::Chars;

use crate::answer::Word;
use crate::options::{Part, part_of, parts};
use crate::wrappers::Inner;

use super::shell;

/// Most commands that are taken from one script.
const MOST_COMMANDS: usize = 64;
const OPTIONS: &str = "-e:K --expression:K -f:t --file:t -i=t --in-place=t -l:t --line-length:t";

/// The scripts among the arguments of sed.
pub(super) fn arguments(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, OPTIONS, true);
    let mut out = Vec::new();
    let mut given = false;
    for part in &split {
        if let Part::Option { name, value: Some(value), role: Some(role) } = part {
            given |= matches!(name.as_str(), "-e" | "--expression" | "-f" | "--file");
            if *role == 'K' {
                out.extend(script(value));
            }
        }
    }
    let first = super::operand(&split, 0).and_then(|at| arguments.get(at));
    if let (false, Some(first)) = (given, first) {
        out.extend(script(first));
    }
    out
}

/// The commands that a script runs.
pub(super) fn script(word: &Word) -> Vec<Inner> {
    let mut out = Vec::new();
    let mut text = word.value.chars().peekable();
    while out.len() < MOST_COMMANDS && address(&mut text) {
        let Some(command) = text.next() else { break };
        match command {
            's' => substitution(word, &mut text, &mut out),
            'y' => {
                if let Some(delimiter) = text.next() {
                    drop(delimited(&mut text, delimiter, false));
                    drop(delimited(&mut text, delimiter, false));
                }
            }
            'e' => {
                let command = line(&mut text);
                match command.trim() {
                    "" => out.push(Inner::Hidden("`sed` runs the lines that it reads".to_owned())),
                    command => out.push(shell(&part_of(word, command))),
                }
            }
            'r' | 'R' | 'w' | 'W' | 'a' | 'i' | 'c' => drop(line(&mut text)),
            'b' | 't' | 'T' | ':' => while text.next_if(|c| !matches!(c, ';' | '\n' | '}')).is_some() {},
            '#' => drop(line(&mut text)),
            _ => {}
        }
    }
    out
}

/// Skips space, brackets and addresses; false at the end.
fn address(text: &mut Peekable<Chars<'_>>) -> bool {
    while let Some(&next) = text.peek() {
        match next {
            '/' => {
                text.next();
                drop(delimited(text, '/', true));
                while text.next_if(|c| matches!(c, 'I' | 'M')).is_some() {}
            }
            '\\' => {
                text.next();
                let Some(delimiter) = text.next() else { return false };
                drop(delimited(text, delimiter, true));
            }
            c if c.is_whitespace() || c.is_ascii_digit() || ";{},~+!$".contains(c) => {
                text.next();
            }
            _ => return true,
        }
    }
    false
}

/// Reads up to a delimiter that no backslash stands before, nor (in a pattern) brackets around.
fn delimited(text: &mut Peekable<Chars<'_>>, delimiter: char, pattern: bool) -> String {
    let mut out = String::new();
    let mut brackets = 0_usize;
    while let Some(next) = text.next() {
        if next == '\\' {
            match text.next() {
                Some(escaped) if escaped == delimiter => out.push(escaped),
                Some(escaped) => out.extend([next, escaped]),
                None => break,
            }
        } else if next == delimiter && brackets == 0 {
            break;
        } else {
            match next {
                '[' if pattern && brackets == 0 && text.clone().take(64).any(|c| c == ']') => {
                    brackets = out.len() + 1
                }
                // The first character of a set may be the bracket itself.
                ']' if brackets > 0
                    && out.len() > brackets
                    && !(out.ends_with('^') && out.len() == brackets + 1) =>
                {
                    brackets = 0;
                }
                _ => {}
            }
            out.push(next);
        }
    }
    out
}

/// `s/pattern/replacement/flags`, after its letter.
fn substitution(word: &Word, text: &mut Peekable<Chars<'_>>, out: &mut Vec<Inner>) {
    let Some(delimiter) = text.next() else { return };
    drop(delimited(text, delimiter, true));
    let replacement = delimited(text, delimiter, false);
    let mut runs = false;
    while let Some(flag) = text.next_if(|c| c.is_ascii_alphanumeric()) {
        runs |= flag == 'e';
        if flag == 'w' {
            drop(line(text));
            break;
        }
    }
    if !runs {
        return;
    }
    let replacement = replacement.replace("\\n", "\n");
    if replacement.contains(['&', '\\']) || replacement.trim().is_empty() {
        out.push(Inner::Hidden("`sed` runs what a substitution makes of the lines it reads".to_owned()));
    }
    if !replacement.trim().is_empty() {
        out.push(shell(&part_of(word, &replacement)));
    }
}

/// The rest of the line; a backslash at its end carries it on.
fn line(text: &mut Peekable<Chars<'_>>) -> String {
    let mut out = String::new();
    for next in text.by_ref() {
        if next == '\n' && !out.ends_with('\\') {
            break;
        }
        out.push(next);
    }
    out
}

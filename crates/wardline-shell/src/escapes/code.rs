//! Calls with constant texts in code of languages that have no reader of their own, and texts with macros that run commands.

use crate::answer::Word;
use crate::options::part_of;
use crate::wrappers::Inner;

use super::shell;

/// Most calls that are taken from one text.
const MOST_CALLS: usize = 32;
/// How much of the text before a string is looked at for the name of a call.
const LOOK_BACK: usize = 64;

/// Functions that have a shell run a text, or start a program, whatever the language.
const CALLS: &[&str] = &[
    "async-shell-command",
    "call-process",
    "call-process-shell-command",
    "callCommand",
    "callProcess",
    "cmd",
    "exec",
    "execute",
    "os.cmd",
    "passthru",
    "popen",
    "process",
    "process-lines",
    "rawSystem",
    "readProcess",
    "run",
    "run-program",
    "run-shell-command",
    "runProgram",
    "sh",
    "shell",
    "shell-command",
    "shell-command-to-string",
    "shell_cmd",
    "shell_exec",
    "shell_output",
    "shellescape",
    "spawn",
    "start-process-shell-command",
    "sys_eval",
    "sys_exec",
    "system",
    "system2",
    "systemlist",
    "term",
    "termopen",
    "unix",
    "write18",
    "xp_cmdshell",
];

/// A string in code.
pub(super) struct Literal {
    /// Its value, with backslashes before quotes removed.
    pub(super) text: String,
    /// Where its quotes stand.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The strings of a text, whatever sort of quotes.
pub(super) fn literals(code: &str) -> Vec<Literal> {
    let mut out = Vec::new();
    let mut characters = code.char_indices();
    while let Some((start, quote)) = characters.next() {
        if !matches!(quote, '"' | '\'' | '`') || out.len() >= MOST_CALLS * 2 {
            continue;
        }
        let mut text = String::new();
        let mut end = code.len();
        while let Some((at, character)) = characters.next() {
            if character == '\\' {
                match characters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, other)) => {
                        if !matches!(other, '"' | '\'' | '`' | '\\') {
                            text.push('\\');
                        }
                        text.push(other);
                    }
                    None => {}
                }
            } else if character == quote {
                end = at + 1;
                break;
            } else {
                text.push(character);
            }
        }
        out.push(Literal { text, start, end });
    }
    out
}

/// The texts that code hands to a shell.
pub(super) fn calls(code: &Word) -> Vec<Inner> {
    let mut texts = Vec::new();
    in_code(&code.value, 2, &mut texts);
    texts.dedup();
    texts.iter().take(MOST_CALLS).map(|text| shell(&part_of(code, text))).collect()
}

fn in_code(code: &str, depth: u32, out: &mut Vec<String>) {
    for literal in literals(code) {
        let before = code.get(..literal.start).unwrap_or_default();
        let after = code.get(literal.end..).unwrap_or_default();
        if out.len() >= MOST_CALLS {
            return;
        }
        if is_called(before) || is_run_after(after) {
            out.push(literal.text);
        } else if depth > 0 && literal.text.contains(['"', '\'', '`']) {
            in_code(&literal.text, depth - 1, out);
        }
    }
}

/// Does the text before a string end with the name of a call?
fn is_called(before: &str) -> bool {
    let mut from = before.len().saturating_sub(LOOK_BACK);
    while !before.is_char_boundary(from) {
        from += 1;
    }
    let before = before.get(from..).unwrap_or_default();
    let before = before.trim_end_matches(|c: char| c.is_whitespace() || "([{,$".contains(c));
    // `(start-process-shell-command "name" buffer "text")`: only the last string is run, so all are taken.
    let name =
        before.rsplit(|c: char| !(c.is_alphanumeric() || "_-.".contains(c))).next().unwrap_or_default();
    let name = name.trim_end_matches(['.', '-']);
    let last = name.rsplit('.').next().unwrap_or_default();
    CALLS.binary_search(&name).is_ok()
        || CALLS.binary_search(&last).is_ok()
        || before.ends_with("do shell script")
}

/// Scala and Groovy: `"text".!`, `"text".execute()`.
fn is_run_after(after: &str) -> bool {
    let after = after.trim_start();
    [".!", ".execute", "! ", "!!"].iter().any(|mark| after.starts_with(mark)) || after == "!"
}

/// `%(text)` in a macro of rpm; `#(text)` in a format of tmux.
pub(super) fn macros(word: &Word) -> Vec<Inner> {
    let mut out = Vec::new();
    let mut rest = word.value.as_str();
    while let Some(at) = ["%(", "#("].iter().filter_map(|mark| rest.find(mark)).min() {
        let inside = rest.get(at + 2..).unwrap_or_default();
        let text = in_brackets(inside);
        out.push(shell(&part_of(word, text)));
        rest = inside.get(text.len()..).unwrap_or_default();
        if out.len() >= MOST_CALLS {
            break;
        }
    }
    out
}

/// The text up to the bracket that closes what was opened before it.
pub(super) fn in_brackets(text: &str) -> &str {
    let mut depth = 1_u32;
    for (at, character) in text.char_indices() {
        match character {
            '(' | '{' => depth += 1,
            ')' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_calls_are_sorted_so_that_every_one_is_found() {
        assert!(super::CALLS.is_sorted());
    }
}

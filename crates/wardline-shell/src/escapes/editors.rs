//! Commands of vi and of debuggers that run others.

use crate::answer::Word;
use crate::language::{Deed, deeds};
use crate::options::part_of;
use crate::wrappers::Inner;

use super::{code, quoted, shell};

/// Most commands that are read in one text.
const MOST_COMMANDS: usize = 32;
/// Words that may stand before a command of vi.
const MODIFIERS: &[&str] = &[
    "sil",
    "silent",
    "silent!",
    "sil!",
    "vert",
    "vertical",
    "tab",
    "noautocmd",
    "noa",
    "bufdo",
    "windo",
    "argdo",
];

/// Commands of vi: `!text`, `r !text`, `w !text`, `%!text`, `call system('text')`, and code of other languages.
pub(super) fn ex(word: &Word) -> Vec<Inner> {
    let mut out = Vec::new();
    let mut left = MOST_COMMANDS;
    for line in word.value.lines().take(MOST_COMMANDS) {
        ex_line(word, line, &mut left, &mut out);
    }
    out
}

fn ex_line(word: &Word, line: &str, left: &mut usize, out: &mut Vec<Inner>) {
    let mut rest = line;
    while *left > 0 {
        *left -= 1;
        let command = without_modifiers(rest);
        let range = command.trim_start_matches(|c: char| c.is_ascii_digit() || "%.,$+- ".contains(c));
        if let Some(text) = filter(range) {
            return out.push(shell(&part_of(word, text)));
        }
        let (name, tail) = range.split_once([' ', '!']).unwrap_or((range, ""));
        match name {
            "lua" | "luado" => out.extend(in_language("lua", word, tail)),
            "py" | "py3" | "python" | "python3" | "pyx" | "pythonx" | "pydo" | "py3do" => {
                out.extend(in_language("python3", word, tail));
            }
            "ruby" | "rub" | "rubydo" => out.extend(in_language("ruby", word, tail)),
            "perl" | "pe" | "perldo" => out.extend(in_language("perl", word, tail)),
            "tcl" | "tc" | "tcldo" => out.extend(code::calls(&part_of(word, tail))),
            "so" | "source" | "luafile" | "pyfile" | "py3file" | "rubyfile" => {
                out.push(Inner::Hidden(format!("an editor runs the commands in `{tail}`")));
                return;
            }
            "au" | "autocmd" => {
                rest = tail.splitn(3, ' ').nth(2).unwrap_or_default();
                continue;
            }
            "exe" | "exec" | "execute" => {
                let texts = code::literals(tail).into_iter().map(|literal| literal.text);
                for text in texts.take(4) {
                    let found = without_modifiers(&text);
                    if let Some(found) = filter(found.trim_start_matches(['%', '.', ' '])) {
                        out.push(shell(&part_of(word, found)));
                    }
                }
            }
            "ter" | "term" | "terminal" if !tail.trim().is_empty() => {
                out.push(shell(&part_of(word, tail.trim())));
                return;
            }
            _ => out.extend(code::calls(&part_of(word, range))),
        }
        match range.split_once('|') {
            Some((_, next)) if !next.is_empty() => rest = next,
            _ => return,
        }
    }
}

fn without_modifiers(text: &str) -> &str {
    let mut text = text.trim_start_matches([':', ' ', '\t']);
    while let Some((first, rest)) = text.split_once([' ', '!']).filter(|(first, _)| MODIFIERS.contains(first))
    {
        let _ = first;
        // `silent! …` and `silent !…` both have the mark that was split at; a mark right after a space begins a command.
        text = rest.trim_start_matches([':', ' ']);
        if text.is_empty() {
            break;
        }
    }
    text
}

/// `!text`, `r !text`, `w !text`.
fn filter(command: &str) -> Option<&str> {
    let rest = match command.strip_prefix('!') {
        Some(rest) => rest,
        None => {
            let (name, rest) = command.split_once('!')?;
            let name = name.trim_end();
            let spaced = command.contains(" !");
            match name {
                "r" | "re" | "rea" | "read" => rest,
                "w" | "wr" | "write" if spaced => rest,
                _ => return None,
            }
        }
    };
    Some(rest.trim_start_matches(['!', ' '])).filter(|text| !text.is_empty())
}

/// Code of another language: what it runs, as far as it can be read.
pub(super) fn in_language(language: &str, word: &Word, text: &str) -> Vec<Inner> {
    let code = part_of(word, text);
    let mut out: Vec<Inner> = Vec::new();
    for deed in deeds(language, &code) {
        match deed {
            Deed::Shell { text, certainty } => {
                out.push(Inner::Text {
                    text: Word { certainty: certainty.max(word.certainty), ..part_of(word, &text) },
                    certainty,
                });
            }
            Deed::Program { argv, certainty } => {
                let words: Vec<String> = argv.iter().map(|word| quoted(word)).collect();
                out.push(Inner::Text { text: part_of(word, &words.join(" ")), certainty });
            }
            Deed::Hidden(why) => out.push(Inner::Hidden(why)),
            _ => {}
        }
    }
    if out.is_empty() { code::calls(&code) } else { out }
}

/// Commands of gdb and lldb: `!text`, `shell text`, `pipe command | text`, Python, calls of `system`.
pub(super) fn debugger(word: &Word) -> Vec<Inner> {
    let mut out = Vec::new();
    for line in word.value.lines().take(MOST_COMMANDS) {
        let line = line.trim_start();
        if let Some(text) = line.strip_prefix('!') {
            out.push(shell(&part_of(word, text)));
            continue;
        }
        let (name, tail) = line.split_once(' ').unwrap_or((line, ""));
        match name {
            "shell" | "she" | "make" => out.push(shell(&part_of(word, tail))),
            "platform" | "plat" => {
                let text = tail.trim_start().strip_prefix("shell ").unwrap_or_default();
                out.push(shell(&part_of(word, text)));
            }
            "python" | "py" | "python-interactive" | "pi" | "script" => {
                out.extend(in_language("python3", word, tail));
            }
            "pipe" | "|" => {
                out.extend(tail.split_once('|').map(|(_, text)| shell(&part_of(word, text.trim()))))
            }
            "source" => out.push(Inner::Hidden(format!("a debugger runs the commands in `{tail}`"))),
            _ => out.extend(code::calls(&part_of(word, line))),
        }
    }
    out
}

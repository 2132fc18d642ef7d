//! Tcl and expect: `exec`, `spawn`, `file delete`, `open`, `socket`, with variables that are set to constants.

use std::collections::BTreeMap;

use super::{Deed, Reading};
use crate::answer::Certainty;
use crate::effect::{EffectKind, Source};

/// Commands that only compute or wait. Sorted.
const PURE: &[&str] = &[
    "append", "array", "break", "close", "concat", "continue", "dict", "else", "elseif", "error", "exit",
    "expect", "expr", "flush", "for", "foreach", "format", "gets", "global", "if", "incr", "info",
    "interact", "join", "lappend", "lindex", "list", "llength", "log_user", "lrange", "lsort", "proc",
    "puts", "regexp", "regsub", "return", "scan", "set", "split", "string", "switch", "while",
];

/// Reads a script.
pub(super) fn code(text: &str, complete: bool) -> Reading {
    let mut reader = Reader {
        variables: BTreeMap::new(),
        complete,
        reading: Reading { understood: true, ..Reading::default() },
    };
    reader.script(text, 0);
    reader.reading
}

struct Reader {
    variables: BTreeMap<String, String>,
    complete: bool,
    reading: Reading,
}

impl Reader {
    fn script(&mut self, text: &str, depth: u32) {
        for words in commands(text) {
            self.command(&words, depth);
        }
    }

    fn command(&mut self, words: &[(String, bool)], depth: u32) {
        let Some((first, _)) = words.first() else { return };
        let values: Vec<String> = words
            .iter()
            .skip(1)
            .map(|(word, braced)| if *braced { word.clone() } else { self.filled(word) })
            .collect();
        let first_value = self.filled(first);
        for (word, braced) in words.iter().skip(1) {
            // Bodies and substitutions are scripts too.
            let body = *braced
                && matches!(
                    first_value.as_str(),
                    "if" | "while"
                        | "for"
                        | "foreach"
                        | "proc"
                        | "catch"
                        | "eval"
                        | "try"
                        | "else"
                        | "expect"
                        | "after"
                        | "uplevel"
                );
            if depth < 8 && body {
                self.script(word, depth + 1);
            } else if depth < 8 && !*braced && word.contains('[') {
                let inner = word
                    .split_once('[')
                    .map_or("", |(_, rest)| rest.rsplit_once(']').map_or(rest, |(inner, _)| inner))
                    .to_owned();
                self.script(&inner, depth + 1);
            }
        }
        let value = |index: usize| values.get(index).cloned().unwrap_or_default();
        match first_value.as_str() {
            "set" if values.len() > 1 => drop(self.variables.insert(value(0), value(1))),
            "exec" | "spawn" | "system" => {
                let argv: Vec<String> =
                    values.iter().skip_while(|word| word.starts_with('-')).cloned().collect();
                if first_value == "system" || argv.iter().any(|word| word.starts_with(['|', '>', '<'])) {
                    let text = argv.join(" ");
                    self.reading.deeds.push(Deed::Shell { certainty: self.sure(&text), text });
                } else {
                    self.reading.deeds.push(Deed::Program { certainty: self.sure(&argv.join(" ")), argv });
                }
            }
            "file" => self.file(&values),
            "open" => match value(0).strip_prefix('|') {
                Some(command) => self
                    .reading
                    .deeds
                    .push(Deed::Shell { certainty: self.sure(command), text: command.to_owned() }),
                None => {
                    let mode = value(1);
                    let kind = match mode.chars().next() {
                        Some('w') => EffectKind::Replace,
                        Some('a') => EffectKind::Write,
                        _ => EffectKind::Read,
                    };
                    self.path(kind, &value(0), false);
                }
            },
            "socket" => {
                let host = values.iter().find(|word| !word.starts_with('-')).cloned().unwrap_or_default();
                self.reading.deeds.push(Deed::Network {
                    host: host.clone(),
                    sends: false,
                    sources: Vec::new(),
                });
                if self
                    .reading
                    .deeds
                    .iter()
                    .any(|deed| matches!(deed, Deed::Program { .. } | Deed::Shell { .. }))
                {
                    self.reading.deeds.push(Deed::RemoteShell { host });
                }
            }
            "source" => self.reading.deeds.push(Deed::Evaluates { source: Source::File(value(0)) }),
            "eval" | "uplevel" | "catch" if depth < 8 && !words.get(1).is_some_and(|(_, braced)| *braced) => {
                self.script(&values.join(" "), depth + 1)
            }
            name if PURE.binary_search(&name).is_err()
                && !matches!(name, "eval" | "catch" | "uplevel" | "try" | "after") =>
            {
                self.reading.understood = false;
                if name.contains('$') {
                    self.reading
                        .deeds
                        .push(Deed::Hidden("it calls a command that is only known when it runs".to_owned()));
                }
            }
            _ => {}
        }
    }

    fn file(&mut self, values: &[String]) {
        let paths: Vec<String> =
            values.iter().skip(1).filter(|word| !word.starts_with('-')).cloned().collect();
        let force = values.iter().any(|word| word == "-force");
        let last = paths.len().saturating_sub(1);
        match values.first().map(String::as_str) {
            Some("delete") => paths.iter().for_each(|path| self.path(EffectKind::Delete, path, force)),
            Some("rename") => {
                for (index, path) in paths.iter().enumerate() {
                    self.path(
                        if index == last { EffectKind::Replace } else { EffectKind::Delete },
                        path,
                        true,
                    );
                }
            }
            Some("copy") => {
                paths.last().into_iter().for_each(|path| self.path(EffectKind::Replace, path, false))
            }
            Some("mkdir") => paths.iter().for_each(|path| self.path(EffectKind::Write, path, false)),
            Some("attributes" | "link") => self.reading.understood = false,
            _ => self.reading.looks = true,
        }
    }

    fn path(&mut self, kind: EffectKind, path: &str, recursive: bool) {
        let certainty = self.sure(path);
        self.reading.looks |= kind == EffectKind::Read;
        let (sources, detail) = (Vec::new(), String::new());
        self.reading.deeds.push(Deed::File {
            kind,
            path: path.to_owned(),
            recursive,
            sources,
            detail,
            certainty,
        });
    }

    fn sure(&self, text: &str) -> Certainty {
        if text.contains(['$', '[']) {
            Certainty::Opaque
        } else if self.complete {
            Certainty::Proven
        } else {
            Certainty::Assumed
        }
    }

    /// A word with the variables that are known put in.
    fn filled(&self, word: &str) -> String {
        if !word.contains('$') || word.len() > 4096 {
            return word.to_owned();
        }
        let mut out = String::new();
        let mut rest = word;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let name: String = after
                .trim_start_matches('{')
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let length = if after.starts_with('{') { name.len() + 2 } else { name.len() };
            match self.variables.get(&name).filter(|value| value.len() < 4096 && out.len() < 65536) {
                Some(value) => out.push_str(value),
                None => {
                    out.push('$');
                    out.push_str(&name);
                }
            }
            rest = after.get(length.min(after.len())..).unwrap_or_default();
        }
        out.push_str(rest);
        out
    }
}

/// The commands of a script, each in words; `true` for a word in braces, which stays as it is.
fn commands(text: &str) -> Vec<Vec<(String, bool)>> {
    let (mut out, mut words) = (Vec::new(), Vec::new());
    let mut word = String::new();
    let mut state = State::default();
    for c in text.chars() {
        let plain = state.braces == 0 && !state.quoted && state.brackets == 0;
        if state.escaped {
            state.escaped = false;
            word.push(c);
            continue;
        }
        if state.comment {
            state.comment = c != '\n';
            continue;
        }
        match c {
            '\\' if state.braces == 0 => state.escaped = true,
            '#' if plain && words.is_empty() && word.is_empty() => state.comment = true,
            '{' if state.braces > 0 || (plain && word.is_empty()) => {
                if state.braces > 0 {
                    word.push(c);
                }
                state.braces += 1;
            }
            '}' if state.braces > 0 => {
                state.braces -= 1;
                if state.braces > 0 {
                    word.push(c);
                } else {
                    words.push((std::mem::take(&mut word), true));
                }
            }
            _ if state.braces > 0 => word.push(c),
            '"' if state.brackets == 0 => state.quoted = !state.quoted,
            '[' => {
                state.brackets += 1;
                word.push(c);
            }
            ']' if state.brackets > 0 => {
                state.brackets -= 1;
                word.push(c);
            }
            ';' | '\n' if plain => {
                finish(&mut word, &mut words);
                out.push(std::mem::take(&mut words));
            }
            c if c.is_whitespace() && plain => finish(&mut word, &mut words),
            c => word.push(c),
        }
    }
    finish(&mut word, &mut words);
    out.push(words);
    out.retain(|words| !words.is_empty());
    out
}

#[derive(Default)]
struct State {
    escaped: bool,
    comment: bool,
    quoted: bool,
    braces: usize,
    brackets: usize,
}

fn finish(word: &mut String, words: &mut Vec<(String, bool)>) {
    if !word.is_empty() {
        words.push((std::mem::take(word), false));
    }
}

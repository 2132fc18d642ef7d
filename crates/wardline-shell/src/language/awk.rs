//! awk: `system()`, pipes to and from commands, output to files, connections.

use std::collections::{BTreeMap, BTreeSet};

use super::token::{Piece, Token, Tokens, cut};
use super::value::{Text, Value};
use super::{Deed, Family, Reading};
use crate::answer::Certainty;
use crate::effect::{EffectKind, Source};

/// Functions that only compute. Sorted.
const PURE: &[&str] = &[
    "and", "asort", "asorti", "atan2", "close", "compl", "cos", "exp", "fflush", "for", "function", "gensub",
    "gsub", "if", "in", "index", "int", "isarray", "length", "log", "lshift", "match", "mktime", "or",
    "patsplit", "print", "printf", "rand", "return", "rshift", "sin", "split", "sprintf", "sqrt", "srand",
    "strftime", "strtonum", "sub", "substr", "switch", "systime", "tolower", "toupper", "typeof", "while",
    "xor",
];

struct Reader {
    tokens: Tokens,
    variables: BTreeMap<String, Text>,
    /// Functions of the program itself.
    functions: BTreeSet<String>,
    complete: bool,
    reading: Reading,
    host: Option<String>,
}

/// Reads a program.
pub(super) fn code(text: &str, complete: bool) -> Reading {
    let tokens = cut(Family::Awk, text);
    let pairs = tokens.list.iter().zip(tokens.list.iter().skip(1));
    let functions = pairs
        .filter_map(|pair| match pair {
            (Token::Name(word), Token::Name(name)) if matches!(word.as_str(), "function" | "func") => {
                Some(name.clone())
            }
            _ => None,
        })
        .collect();
    let reading = Reading { understood: !tokens.strange, ..Reading::default() };
    let mut reader = Reader { tokens, variables: BTreeMap::new(), functions, complete, reading, host: None };
    reader.run();
    if let Some(host) = reader.host.filter(|_| {
        reader.reading.deeds.iter().any(|deed| matches!(deed, Deed::Shell { .. } | Deed::Hidden(_)))
    }) {
        reader.reading.deeds.push(Deed::RemoteShell { host });
    }
    reader.reading
}

impl Reader {
    fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.list.get(at)
    }

    fn is(&self, at: usize, sign: &str) -> bool {
        matches!(self.token(at), Some(Token::Sign(found)) if *found == sign)
    }

    fn run(&mut self) {
        let (mut prints, mut start, mut at) = (false, 0, 0);
        while let Some(token) = self.token(at).cloned() {
            match &token {
                Token::Line(_) | Token::Sign(";" | "{" | "}") => {
                    prints = false;
                    start = at + 1;
                }
                Token::Name(name) if matches!(name.as_str(), "print" | "printf") => {
                    prints = true;
                    start = at + 1;
                }
                Token::Name(name) if self.is(at + 1, "(") => self.call(name, at),
                Token::Name(name) if self.is(at + 1, "=") => {
                    let value = self.value(at + 2, true);
                    self.variables.insert(name.clone(), value);
                }
                Token::Sign("|" | "|&") => self.pipe(start, at),
                Token::Sign(sign @ (">" | ">>")) if prints => {
                    let kind = if *sign == ">" { EffectKind::Replace } else { EffectKind::Write };
                    let file = self.value(at + 1, false);
                    self.file(kind, &file);
                }
                Token::Sign("<")
                    if matches!(at.checked_sub(1).and_then(|at| self.token(at)), Some(Token::Name(_)))
                        && self.after_getline(at) =>
                {
                    let file = self.value(at + 1, false);
                    self.reading.looks = true;
                    self.file(EffectKind::Read, &file);
                }
                Token::Name(name) if name == "ENVIRON" => self.reading.looks = true,
                Token::Sign("@") => self.reading.understood = false,
                _ => {}
            }
            at += 1;
        }
    }

    /// `getline < file` and `getline x < file`.
    fn after_getline(&self, at: usize) -> bool {
        let getline = |back: usize| matches!(at.checked_sub(back).and_then(|at| self.token(at)), Some(Token::Name(name)) if name == "getline");
        getline(1) || getline(2)
    }

    fn call(&mut self, name: &str, at: usize) {
        if name == "system" {
            let command = self.value(at + 2, true);
            self.shell(command);
        } else if PURE.binary_search(&name).is_err() {
            self.reading.understood &= self.defined(name);
        }
    }

    fn defined(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    /// `"command" | getline` or `print … | "command"`.
    fn pipe(&mut self, start: usize, at: usize) {
        let reads = matches!(self.token(at + 1), Some(Token::Name(name)) if name == "getline");
        let command =
            if reads { self.value(start.max(at.saturating_sub(24)), true) } else { self.value(at + 1, true) };
        if let Some(address) = command.text.strip_prefix("/inet") {
            let host = address.split('/').nth(3).unwrap_or_default().to_owned();
            self.reading.deeds.push(Deed::Network { host: host.clone(), sends: !reads, sources: Vec::new() });
            self.host = Some(host);
        } else {
            self.shell(command);
        }
    }

    fn shell(&mut self, command: Text) {
        if command.text.is_empty()
            || command.text.starts_with('$')
                && command.text.len() < 16
                && !command.complete
                && !command.text.contains(' ')
        {
            self.reading.understood = false;
            self.reading
                .deeds
                .push(Deed::Hidden("it runs a command that is only known when it runs".to_owned()));
            return;
        }
        let certainty = if command.complete { Certainty::Proven } else { Certainty::Opaque };
        self.reading.deeds.push(Deed::Shell { text: command.text, certainty });
    }

    fn file(&mut self, kind: EffectKind, path: &Text) {
        if path.text.is_empty()
            || matches!(path.text.as_str(), "/dev/stderr" | "/dev/stdout" | "/dev/null" | "-")
        {
            return;
        }
        if let Some(address) = path.text.strip_prefix("/inet") {
            let host = address.split('/').nth(3).unwrap_or_default().to_owned();
            self.reading.deeds.push(Deed::Network { host, sends: true, sources: Vec::new() });
            return;
        }
        let certainty = if path.complete { Certainty::Proven } else { Certainty::Opaque };
        let sources: Vec<Source> = Vec::new();
        self.reading.deeds.push(Deed::File {
            kind,
            path: path.text.clone(),
            recursive: false,
            sources,
            detail: String::new(),
            certainty,
        });
    }

    /// The operands from here on, put together as awk does.
    fn value(&self, from: usize, wide: bool) -> Text {
        let mut out = Value::text("").filled();
        let mut depth = 0_usize;
        for token in self.tokens.list.iter().skip(from).take(64) {
            match token {
                Token::Text(pieces) => {
                    for piece in pieces {
                        if let Piece::Text(text) = piece {
                            let complete = self.complete || !text.contains(['$', '`']);
                            out.push(&Text { text: text.clone(), complete, glob: false });
                        }
                    }
                }
                Token::Number(number) => out.push(&Text::known(&number.to_string())),
                Token::Name(name) if name == "getline" => break,
                Token::Name(name) => match self.variables.get(name) {
                    Some(text) => out.push(text),
                    None => out.push(&Text { text: format!("${name}"), complete: false, glob: false }),
                },
                Token::Sign("(") => depth += 1,
                Token::Sign(")") if depth > 0 => depth -= 1,
                Token::Sign("$") => {
                    out.push(&Text { text: "$field".to_owned(), complete: false, glob: false });
                    // The number of the field.
                    break;
                }
                Token::Sign(",") if wide && depth > 0 => {}
                _ => break,
            }
        }
        out
    }
}

//! The values of `$x`, `${x…}`, `$1`, `$@` and arrays.

use std::rc::Rc;

use crate::answer::{Certainty, Word};
use crate::expand::{joined_pieces, known, single};
use crate::interp::patterns::{self, Token};
use crate::interp::{arithmetic, cuts};
use crate::scope::{Binding, Scope, nothing_known};
use crate::syntax::{self, Operation, Parameter, Piece, Script};

/// What a parameter stands for.
pub(crate) enum Value {
    /// One word, which may be known in part or not at all.
    One(Word),
    /// The members of an array or the positional parameters; `joined` into one word in quotes.
    Many { words: Vec<Word>, joined: bool },
}

/// Longest part of a value in a trace, in characters.
const LONGEST_SHOWN: usize = 60;

/// Variables that are set in every shell, and not empty.
const ALWAYS_FILLED: &[&str] = &[
    "!",
    "#",
    "$",
    "-",
    "0",
    "?",
    "BASH",
    "BASHPID",
    "BASH_SOURCE",
    "BASH_VERSION",
    "COLUMNS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HOSTNAME",
    "HOSTTYPE",
    "LINENO",
    "LINES",
    "LOGNAME",
    "MACHTYPE",
    "OSTYPE",
    "PATH",
    "PPID",
    "RANDOM",
    "SECONDS",
    "SHELL",
    "SHLVL",
    "SRANDOM",
    "TERM",
    "UID",
    "USER",
];

/// The value of a parameter, as far as it can be told.
pub(crate) fn value(parameter: &Parameter, script: &Script, scope: &Scope) -> Value {
    let name = parameter.name.as_str();
    if let Some(words) = members(parameter, script, scope) {
        return many(parameter, words, script, scope);
    }
    let base = match &parameter.subscript {
        Some(subscript) => element(name, subscript, script, scope),
        None => variable(name, scope),
    };
    let base = match parameter.prefix {
        Some(b'!') if base.complete && parameter.operand.pieces.is_empty() => {
            let mut word = named(&base.value, scope);
            word.carry(&base);
            word
        }
        Some(b'!') => nothing_known(),
        Some(b'#') if base.complete => derived(&base, &base.value.chars().count().to_string()),
        Some(_) => Word { fed_by: base.fed_by.clone(), ..nothing_known() },
        None => base,
    };
    Value::One(operated(parameter, base, script, scope))
}

/// Another value made of `word`.
fn derived(word: &Word, text: &str) -> Word {
    Word {
        certainty: word.certainty,
        glob: word.glob,
        literal: false,
        fed_by: word.fed_by.clone(),
        trace: word.trace.clone(),
        ..known(text)
    }
}

fn operated(parameter: &Parameter, base: Word, script: &Script, scope: &Scope) -> Word {
    let operand = || single(&parameter.operand, script, scope);
    match parameter.operation {
        Operation::Plain => base,
        Operation::Demand => Word { open_prefix: None, ..base },
        Operation::Default | Operation::Assign if base.complete && !base.value.is_empty() => base,
        // The variable may be set by whoever starts the shell: the operand is likely, not sure.
        Operation::Default | Operation::Assign | Operation::Alternate => {
            let mut word = Word { certainty: Certainty::Opaque, ..operand() };
            word.carry(&base);
            if word.complete { word } else { Word { fed_by: word.fed_by, ..nothing_known() } }
        }
        Operation::Other if base.complete => match changed(&base, parameter, script, scope) {
            Some(word) => word,
            None => Word { fed_by: base.fed_by, ..nothing_known() },
        },
        Operation::Other => {
            // What is cut off a value that is unknown leaves one that may be empty.
            let open_prefix = base.open_prefix.clone();
            Word { fed_by: base.fed_by, open_prefix, trace: base.trace, ..nothing_known() }
        }
    }
}

/// The words of `$@`, `$*`, `${a[@]}`; `None` when the parameter is one value, or when they are not known.
fn members(parameter: &Parameter, script: &Script, scope: &Scope) -> Option<Vec<(String, Word)>> {
    let name = parameter.name.as_str();
    if matches!(name, "@" | "*") && parameter.subscript.is_none() {
        let words = scope.positional.as_ref()?;
        return Some(words.iter().enumerate().map(|(at, word)| (at.to_string(), word.clone())).collect());
    }
    let subscript = parameter.subscript.as_ref()?;
    if !matches!(subscript.constant().as_deref(), Some("@" | "*")) {
        return None;
    }
    let _ = script;
    let binding = scope.get(name)?;
    let sure = |word: &Word| {
        let mut word = word.clone();
        if !binding.certain {
            word.certainty = Certainty::Opaque;
        }
        step(&mut word, name, Some(binding));
        word
    };
    match &binding.elements {
        Some(elements) => Some(elements.iter().map(|(key, word)| (key.clone(), sure(word))).collect()),
        None if binding.value.complete => Some(vec![("0".to_owned(), sure(&binding.value))]),
        None => None,
    }
}

fn many(parameter: &Parameter, words: Vec<(String, Word)>, script: &Script, scope: &Scope) -> Value {
    let joined = parameter.name == "*"
        || parameter.subscript.as_ref().and_then(syntax::Word::constant).as_deref() == Some("*");
    match parameter.prefix {
        Some(b'#') => return Value::One(known(&words.len().to_string())),
        Some(b'!') => {
            let words = words.iter().map(|(key, _)| known(key)).collect();
            return Value::Many { words, joined };
        }
        _ => {}
    }
    let words: Vec<Word> = words.into_iter().map(|(_, word)| word).collect();
    let words = match parameter.operation {
        Operation::Plain | Operation::Demand => Some(words),
        Operation::Default | Operation::Assign if !words.is_empty() => Some(words),
        Operation::Default | Operation::Assign | Operation::Alternate => {
            return Value::One(operated(parameter, known(""), script, scope));
        }
        Operation::Other => changed_all(words, parameter, script, scope),
    };
    match words {
        Some(words) => Value::Many { words, joined },
        None => Value::One(nothing_known()),
    }
}

fn changed_all(words: Vec<Word>, parameter: &Parameter, script: &Script, scope: &Scope) -> Option<Vec<Word>> {
    let operand = single(&parameter.operand, script, scope);
    let positional = matches!(parameter.name.as_str(), "@" | "*");
    match operand.value.strip_prefix(':') {
        Some(range) => {
            let value_of = |name: &str| number_text(name, scope);
            let offset = usize::from(positional);
            // `$0` comes before the positional parameters.
            let (from, to) = cuts::range(range, words.len() + offset, &value_of)?;
            let to = to.saturating_sub(offset);
            let part = words.get(from.saturating_sub(offset)..to.max(from.saturating_sub(offset)));
            Some(part.unwrap_or_default().to_vec())
        }
        None => words.iter().map(|word| changed(word, parameter, script, scope)).collect(),
    }
}

/// Cuts, replacements, parts and changes of case.
fn changed(base: &Word, parameter: &Parameter, script: &Script, scope: &Scope) -> Option<Word> {
    let pieces = &parameter.operand.pieces;
    let Some(Piece::Text(first)) = pieces.first() else { return None };
    let operator = [
        "%%", "##", "//", "/#", "/%", "^^", ",,", "@U", "@L", "@u", "@Q", "@E", "@P", "@A", "%", "#", "/",
        ":", "^", ",",
    ]
    .into_iter()
    .find(|operator| first.starts_with(operator))?;
    let mut rest = pieces.clone();
    if let Some(Piece::Text(text)) = rest.first_mut() {
        *text = text.get(operator.len()..).unwrap_or_default().to_owned();
    }
    scope.afford(base.value.len().saturating_mul(8)).then_some(())?;
    let text = match operator {
        "%" | "%%" | "#" | "##" => {
            let pattern = pattern(&rest, script, scope)?;
            cuts::cut(&base.value, &pattern, operator.starts_with('%'), operator.len() == 2)?
        }
        "/" | "//" | "/#" | "/%" => {
            let (pattern_pieces, new) = split_at_slash(&rest);
            let pattern = pattern(&pattern_pieces, script, scope)?;
            let new = joined_pieces(&new, script, scope);
            let anchor = operator.chars().nth(1).filter(|c| *c != '/');
            let text = cuts::replace(&base.value, &pattern, &new.value, operator == "//", anchor)?;
            new.complete.then_some(text)?
        }
        ":" => {
            let range = joined_pieces(&rest, script, scope);
            let characters: Vec<char> = base.value.chars().collect();
            let value_of = |name: &str| number_text(name, scope);
            let (from, to) = Some(&range)
                .filter(|range| range.complete)
                .and_then(|range| cuts::range(&range.value, characters.len(), &value_of))?;
            characters.get(from..to)?.iter().collect()
        }
        "@U" => cuts::recase(&base.value, "^^")?,
        "@L" => cuts::recase(&base.value, ",,")?,
        "@u" => cuts::recase(&base.value, "^")?,
        "@P" | "@E" if !base.value.contains(['\\', '$', '`']) => base.value.clone(),
        "@Q" => crate::canonical::quote(&base.value),
        _ if rest.iter().all(|piece| matches!(piece, Piece::Text(text) if text.is_empty())) => {
            cuts::recase(&base.value, operator)?
        }
        _ => return None,
    };
    Some(derived(base, &text))
}

fn pattern(pieces: &[Piece], script: &Script, scope: &Scope) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.extend(patterns::parse(text)?),
            Piece::Quoted(text) => out.extend(patterns::literal(text)),
            other => {
                let word = joined_pieces(std::slice::from_ref(other), script, scope);
                word.complete.then_some(())?;
                out.extend(patterns::literal(&word.value));
            }
        }
    }
    Some(out)
}

/// The pattern of a word as `case` and `[[` take it.
pub(crate) fn pattern_of(word: &syntax::Word, script: &Script, scope: &Scope) -> Option<Vec<Token>> {
    pattern(&word.pieces, script, scope)
}

fn split_at_slash(pieces: &[Piece]) -> (Vec<Piece>, Vec<Piece>) {
    let mut before = Vec::new();
    let mut rest = pieces.iter();
    while let Some(piece) = rest.next() {
        match piece {
            Piece::Text(text) if text.contains('/') => {
                let (head, tail) = text.split_once('/').unwrap_or((text, ""));
                before.push(Piece::Text(head.to_owned()));
                let mut after = vec![Piece::Text(tail.to_owned())];
                after.extend(rest.cloned());
                return (before, after);
            }
            other => before.push(other.clone()),
        }
    }
    (before, Vec::new())
}

/// `${a[key]}`.
fn element(name: &str, subscript: &syntax::Word, script: &Script, scope: &Scope) -> Word {
    let Some(binding) = scope.get(name) else { return nothing_known() };
    let key = single(subscript, script, scope);
    let found = binding.elements.as_ref().filter(|_| key.complete).map(|elements| {
        let plain = elements.iter().find(|(own, _)| *own == key.value);
        let number = || {
            let index = arithmetic::evaluate(&key.value, &|name| number_text(name, scope))?;
            let last = elements.last().and_then(|(own, _)| own.parse::<i64>().ok());
            let index = if index < 0 { last?.checked_add(1)?.checked_add(index)? } else { index };
            elements.iter().find(|(own, _)| *own == index.to_string())
        };
        plain.or_else(number).map(|(_, word)| word.clone())
    });
    match found {
        Some(Some(mut word)) => {
            if !binding.certain {
                word.certainty = Certainty::Opaque;
            }
            step(&mut word, name, Some(binding));
            word
        }
        Some(None) => known(""),
        None if binding.elements.is_none() && key.value == "0" => variable(name, scope),
        None => Word { fed_by: binding.value.fed_by.clone(), ..nothing_known() },
    }
}

/// The variable, or the element, that a value names: `x` or `a[0]`.
fn named(name: &str, scope: &Scope) -> Word {
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((name, key)) => {
            let elements = scope.get(name).and_then(|binding| binding.elements.as_ref());
            let found = elements.and_then(|elements| elements.iter().find(|(own, _)| own == key));
            found.map_or_else(nothing_known, |(_, word)| word.clone())
        }
        None => variable(name, scope),
    }
}

/// Adds the step that tells where the value of a variable comes from.
fn step(word: &mut Word, name: &str, binding: Option<&Binding>) {
    let shown: String = word
        .value
        .chars()
        .take(LONGEST_SHOWN)
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let line = binding.map(|binding| format!(" (line {})", binding.line)).unwrap_or_default();
    let partly = word.value.starts_with('/') || (word.open_prefix.is_some() && !word.value.is_empty());
    let text = match (word.complete || partly, word.fed_by.is_empty()) {
        (true, _) => format!("`${name}` is `{shown}`{line}"),
        (false, false) => format!("`${name}` is what a command prints{line}"),
        (false, true) => format!("nothing is known of `${name}`"),
    };
    if !word.trace.contains(&text) {
        word.trace.push(text);
    }
}

/// The value of a variable or special parameter.
pub(crate) fn variable(name: &str, scope: &Scope) -> Word {
    let name = scope.target(name);
    if let Some(binding) = scope.get(name) {
        let mut word = match &binding.elements {
            Some(elements) => elements.first().map_or_else(|| known(""), |(_, word)| word.clone()),
            None => binding.value.clone(),
        };
        if !binding.certain {
            word.certainty = Certainty::Opaque;
        }
        if !word.complete && !binding.filled && word.open_prefix.is_none() && word.value.is_empty() {
            word.open_prefix = Some(name.to_owned());
        }
        if binding.filled {
            word.open_prefix = word.open_prefix.filter(|open| open != name);
        }
        step(&mut word, name, Some(binding));
        return word;
    }
    special(name, scope).unwrap_or_else(|| {
        let open = !(ALWAYS_FILLED.contains(&name)
            || (scope.nounset && !name.starts_with(|c: char| c.is_ascii_digit())));
        let mut word = Word { open_prefix: open.then(|| name.to_owned()), ..nothing_known() };
        step(&mut word, name, None);
        word
    })
}

fn special(name: &str, scope: &Scope) -> Option<Word> {
    let special = |value: &str| Some(Word { written: String::new(), ..known(value) });
    match name {
        "HOME" => special(&scope.home),
        "PWD" => scope.places.single().and_then(special),
        "IFS" => special(" \t\n"),
        "OLDPWD" => scope.previous.as_ref().and_then(|places| places.single()).and_then(special),
        "#" => scope.positional.as_ref().and_then(|words| special(&words.len().to_string())),
        _ => {
            let number: usize = name.parse().ok()?;
            let words: &Rc<[Word]> = scope.positional.as_ref()?;
            let found =
                number.checked_sub(1).map(|at| words.get(at).cloned().unwrap_or_else(|| known("")))?;
            let mut word = found;
            step(&mut word, name, None);
            Some(word)
        }
    }
}

/// The text of a variable for arithmetic.
pub(crate) fn number_text(name: &str, scope: &Scope) -> Option<String> {
    let word = variable(name, scope);
    (word.complete && word.certainty < Certainty::Opaque).then_some(word.value)
}

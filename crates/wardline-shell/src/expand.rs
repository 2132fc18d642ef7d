//! Gives words their values: quotes, variables, tilde, braces, field splitting. What isn't known stays as it is written.

use std::rc::Rc;

use crate::answer::{Certainty, Word};
use crate::canonical::{needs_quotes, quote};
use crate::scope::Scope;
use crate::syntax::{self, List, NodeKind, Operation, Parameter, Piece};
use crate::words::unbroken;

/// Most words that one word with braces may become.
const MOST_WORDS: usize = 64;
/// Most `{` in one word that are still looked at as brace expansion.
const MOST_BRACES: usize = 32;
/// What a part of a value costs besides its bytes.
const PART: usize = 64;

/// Expands one word into the words that the command gets; none when it vanishes.
pub(crate) fn expand(word: &syntax::Word, text: &str, scope: &Scope) -> Vec<Word> {
    let mut out = Vec::new();
    if !has_braces(word) {
        fields(&word.pieces, word, text, scope, &mut out);
    } else if let Some(variants) = braces(&atoms(word), 0) {
        for variant in variants {
            fields(&pieces(&variant, word), word, text, scope, &mut out);
        }
    } else {
        let mut opaque = single(word, text, scope);
        opaque.certainty = Certainty::Opaque;
        opaque.complete = false;
        out.push(opaque);
    }
    if let [only] = out.as_mut_slice() {
        only.written = unbroken(text, word.span.clone());
        only.settle();
    }
    out
}

/// The value of a word where the shell does not split it: an assignment, a redirect target, a `case` subject.
pub(crate) fn single(word: &syntax::Word, text: &str, scope: &Scope) -> Word {
    let mut builder = Builder::new(scope);
    for (index, piece) in word.pieces.iter().enumerate() {
        builder.piece(piece, index == 0, text, scope, true);
    }
    let mut value = builder.close();
    value.written = unbroken(text, word.span.clone());
    value.settle();
    value
}

impl Word {
    /// What isn't sure stands in the canonical text as it is written.
    fn settle(&mut self) {
        if !self.complete || self.certainty == Certainty::Opaque {
            self.canonical.clone_from(&self.written);
        }
    }
}

/// A word that stands for more text than is made.
fn too_long(written: String) -> Word {
    Word { certainty: Certainty::Opaque, complete: false, literal: false, ..known(&written) }
}

/// What a value costs that is put in: its bytes, and the words that it is split into.
fn cost(word: &Word, whole: bool) -> usize {
    let blanks = if whole { 0 } else { word.value.bytes().filter(u8::is_ascii_whitespace).count() };
    word.value.len() + PART + blanks.saturating_mul(PART)
}

/// A word whose value is its text.
pub(crate) fn known(text: &str) -> Word {
    Word {
        written: text.to_owned(),
        value: text.to_owned(),
        canonical: if needs_quotes(text) { quote(text) } else { text.to_owned() },
        certainty: Certainty::Proven,
        glob: false,
        literal: true,
        complete: true,
    }
}

fn fields(pieces: &[Piece], word: &syntax::Word, text: &str, scope: &Scope, out: &mut Vec<Word>) {
    let mut builder = Builder::new(scope);
    for (index, piece) in pieces.iter().enumerate() {
        builder.piece(piece, index == 0, text, scope, false);
    }
    let (mut fields, last) = (std::mem::take(&mut builder.done), builder.started);
    if last {
        fields.push(builder.close());
    }
    if fields.len() > 1 && !scope.afford(fields.len().saturating_mul(word.span.len())) {
        fields.clear();
        fields.push(too_long(unbroken(text, word.span.clone())));
    }
    for field in &mut fields {
        field.written = unbroken(text, word.span.clone());
    }
    out.extend(fields);
}

/// A field being put together.
#[derive(Default)]
struct Builder {
    value: String,
    canonical: String,
    started: bool,
    glob: bool,
    dynamic: bool,
    unknown: bool,
    shaky: bool,
    variable: bool,
    quote: bool,
    /// The script sets `IFS`: where values are split can't be told.
    odd_splitting: bool,
    done: Vec<Word>,
}

impl Builder {
    fn new(scope: &Scope) -> Self {
        Self { odd_splitting: scope.get("IFS").is_some(), ..Self::default() }
    }

    fn close(&mut self) -> Word {
        let certainty = match (self.unknown || self.shaky, self.variable || self.glob) {
            (true, _) => Certainty::Opaque,
            (false, true) => Certainty::Assumed,
            (false, false) => Certainty::Proven,
        };
        let value = std::mem::take(&mut self.value);
        let canonical = std::mem::take(&mut self.canonical);
        let quoted = !self.unknown && (self.quote || value.is_empty());
        let word = Word {
            written: String::new(),
            canonical: if quoted { quote(&value) } else { canonical },
            value,
            certainty,
            glob: self.glob,
            literal: !self.dynamic && !self.glob,
            complete: !self.unknown,
        };
        let done = std::mem::take(&mut self.done);
        *self = Self { done, odd_splitting: self.odd_splitting, ..Self::default() };
        word
    }

    fn literal(&mut self, text: &str, quoted: bool) {
        self.started = true;
        self.value.push_str(text);
        self.canonical.push_str(text);
        if quoted {
            self.quote |= !text.is_empty() && needs_quotes(text);
        }
    }

    fn unknown(&mut self, written: &str) {
        self.started = true;
        self.dynamic = true;
        self.unknown = true;
        self.value.push_str(written);
        self.canonical.push_str(written);
    }

    fn piece(&mut self, piece: &Piece, first: bool, text: &str, scope: &Scope, whole: bool) {
        match piece {
            Piece::Text(content) if first && content.starts_with('~') => self.tilde(content, scope),
            Piece::Text(content) => {
                self.glob |= has_glob(content);
                self.literal(content, false);
            }
            Piece::Quoted(content) => self.literal(content, true),
            Piece::Parameter(parameter) => self.parameter(parameter, text, scope, whole),
            Piece::Command { list, quoted, span } => {
                // Each spelling of the braces around a substitution evaluates it again, at every level: all of it is paid for.
                let whole = *quoted || whole;
                let value =
                    scope.afford(span.len() + PART).then(|| constant_output(list, text, scope)).flatten();
                match value.filter(|word| scope.afford(cost(word, whole))) {
                    Some(value) => self.variable(&value, whole),
                    None => self.unknown(&unbroken(text, span.clone())),
                }
            }
            Piece::Backtick { span, .. } | Piece::Process { span, .. } | Piece::Arithmetic { span, .. } => {
                self.unknown(&unbroken(text, span.clone()));
            }
        }
    }

    fn tilde(&mut self, content: &str, scope: &Scope) {
        let (head, rest) =
            content.split_at_checked(content.find('/').unwrap_or(content.len())).unwrap_or((content, ""));
        let value = match head {
            "~" => Some(home(scope)),
            "~+" => scope.places.single().map(str::to_owned),
            "~-" => scope.previous.as_ref().and_then(|places| places.single()).map(str::to_owned),
            _ => None,
        };
        self.started = true;
        self.dynamic = true;
        self.canonical.push_str(content);
        match value {
            Some(value) => self.value.push_str(&value),
            None => {
                self.unknown = true;
                self.value.push_str(head);
            }
        }
        self.value.push_str(rest);
        self.glob |= has_glob(rest);
    }

    fn parameter(&mut self, parameter: &Parameter, text: &str, scope: &Scope, whole: bool) {
        let whole = whole || parameter.quoted;
        let name = parameter.name.as_str();
        if let ("@" | "*", Operation::Plain, Some(words)) = (name, parameter.operation, &scope.positional) {
            let cost = words.iter().map(|word| word.value.len() + PART).sum();
            return match scope.afford(cost) {
                true => self.list(words, whole && name == "*"),
                false => self.unknown(&unbroken(text, parameter.span.clone())),
            };
        }
        let operand = || single(&parameter.operand, text, scope);
        let found = lookup(name, scope);
        let value = match (parameter.operation, found) {
            (Operation::Plain | Operation::Demand, found) => found,
            (Operation::Default, Some(found)) if !found.value.is_empty() => Some(found),
            // The variable may be set by whoever starts the shell: the operand is likely, not sure.
            (Operation::Default | Operation::Alternate, _) => {
                Some(Word { certainty: Certainty::Opaque, ..operand() }).filter(|word| word.complete)
            }
            (Operation::Other, _) => None,
        };
        let value = value.filter(|word| scope.afford(cost(word, whole)));
        match value {
            Some(value) => self.variable(&value, whole),
            None => self.unknown(&unbroken(text, parameter.span.clone())),
        }
    }

    fn list(&mut self, words: &[Word], joined: bool) {
        for (index, word) in words.iter().enumerate() {
            if index > 0 && !joined && self.started {
                let done = self.close();
                self.done.push(done);
            } else if index > 0 {
                self.literal(" ", true);
            }
            self.variable(word, true);
        }
    }

    /// Adds the value of a variable; the shell splits it at blanks unless it is `whole`.
    fn variable(&mut self, word: &Word, whole: bool) {
        self.dynamic = true;
        self.variable |= word.certainty != Certainty::Proven || !word.written.is_empty();
        if !word.complete {
            return self.unknown(&word.value);
        }
        let glob = word.glob || (!whole && has_glob(&word.value));
        let note = |builder: &mut Self| {
            builder.dynamic = true;
            builder.variable = true;
            builder.shaky |= word.certainty == Certainty::Opaque;
            builder.shaky |= !whole && builder.odd_splitting;
            builder.glob |= glob;
        };
        if whole {
            self.literal(&word.value, true);
            return note(self);
        }
        let mut parts = word.value.split([' ', '\t', '\n']).peekable();
        while let Some(part) = parts.next() {
            if !part.is_empty() {
                self.literal(part, true);
                note(self);
            }
            if parts.peek().is_some() && self.started {
                let done = self.close();
                self.done.push(done);
            }
        }
    }
}

fn home(scope: &Scope) -> String {
    match scope.get("HOME").and_then(|binding| binding.value.as_ref()) {
        Some(word) => word.value.clone(),
        None => scope.home.clone(),
    }
}

fn lookup(name: &str, scope: &Scope) -> Option<Word> {
    if let Some(binding) = scope.get(name) {
        let mut word = binding.value.clone()?;
        if !binding.certain {
            word.certainty = Certainty::Opaque;
        }
        return Some(word);
    }
    let special = |value: &str| Some(Word { written: String::new(), ..known(value) });
    match name {
        "HOME" => special(&scope.home),
        "PWD" => scope.places.single().and_then(special),
        "IFS" => special(" \t\n"),
        "OLDPWD" => scope.previous.as_ref().and_then(|places| places.single()).and_then(special),
        _ => {
            let number: usize = name.parse().ok()?;
            let words = scope.positional.as_ref()?;
            Some(number.checked_sub(1).and_then(|at| words.get(at)).cloned().unwrap_or_else(|| known("")))
        }
    }
}

/// The output of a substitution that is sure to print a constant: `$(echo x)`, `$(pwd)`, `$(which rm)`.
fn constant_output(list: &Rc<List>, text: &str, scope: &Scope) -> Option<Word> {
    let [only] = list.as_slice() else { return None };
    let ([stage], [], false) = (only.first.stages.as_slice(), only.rest.as_slice(), only.background) else {
        return None;
    };
    let NodeKind::Simple(simple) = &stage.kind else { return None };
    if !stage.redirects.is_empty() || !simple.assignments.is_empty() {
        return None;
    }
    let words: Vec<Word> = simple.words.iter().flat_map(|word| expand(word, text, scope)).collect();
    let (program, arguments) = words.split_first()?;
    if scope.defines(&program.value) || words.iter().any(|word| !word.complete || word.glob) {
        return None;
    }
    let plain = || arguments.iter().map(|word| word.value.as_str()).collect::<Vec<_>>().join(" ");
    let certainty = words.iter().map(|word| word.certainty).max().unwrap_or(Certainty::Opaque);
    let value = match (program.value.as_str(), arguments) {
        ("echo", [first, ..]) if first.value.starts_with('-') => return None,
        ("echo", _) if !plain().contains('\\') => plain(),
        ("printf", [only]) if !only.value.contains(['%', '\\']) => plain(),
        ("printf", [format, value]) if format.value == "%s" => value.value.clone(),
        ("pwd", []) => scope.places.single()?.to_owned(),
        ("which", [name]) => name.value.clone(),
        ("command", [flag, name]) if flag.value == "-v" => name.value.clone(),
        _ => return None,
    };
    let value = value.trim_end_matches('\n');
    Some(Word { certainty: certainty.max(Certainty::Assumed), ..known(value) })
}

/// Does unquoted text stand for the names that match it?
fn has_glob(text: &str) -> bool {
    let class = || text.split_once('[').is_some_and(|(_, rest)| rest.contains(']'));
    text.contains(['*', '?']) || class() || ["@(", "!(", "+("].iter().any(|start| text.contains(start))
}

fn has_braces(word: &syntax::Word) -> bool {
    word.pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains('{')))
}

/// A word taken apart so that braces can be found: characters of unquoted text, and pieces that stay whole.
#[derive(Clone, Copy)]
enum Atom {
    Character(char),
    Piece(usize),
}

fn atoms(word: &syntax::Word) -> Vec<Atom> {
    let mut out = Vec::new();
    for (index, piece) in word.pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => out.extend(text.chars().map(Atom::Character)),
            _ => out.push(Atom::Piece(index)),
        }
    }
    out
}

fn pieces(atoms: &[Atom], word: &syntax::Word) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for atom in atoms {
        match (atom, out.last_mut()) {
            (Atom::Character(character), Some(Piece::Text(text))) => text.push(*character),
            (Atom::Character(character), _) => out.push(Piece::Text(character.to_string())),
            (Atom::Piece(index), _) => out.extend(word.pieces.get(*index).cloned()),
        }
    }
    out
}

/// Expands braces; `None` when there would be too many words.
fn braces(atoms: &[Atom], depth: usize) -> Option<Vec<Vec<Atom>>> {
    let is = |at: usize, wanted: char| matches!(atoms.get(at), Some(Atom::Character(c)) if *c == wanted);
    if depth > MOST_BRACES || (0..atoms.len()).filter(|&at| is(at, '{')).count() > MOST_BRACES {
        return None;
    }
    for open in (0..atoms.len()).filter(|&at| is(at, '{')) {
        let mut level = 0_usize;
        let mut cuts = vec![open];
        for at in open..atoms.len() {
            if is(at, '{') {
                level += 1;
            } else if is(at, ',') && level == 1 {
                cuts.push(at);
            } else if is(at, '}') {
                level -= 1;
            }
            if level == 0 {
                cuts.push(at);
                break;
            }
        }
        if level > 0 {
            continue;
        }
        let close = cuts.last().copied().unwrap_or(open);
        let mut middle: Vec<Vec<Atom>> = Vec::new();
        if cuts.len() > 2 {
            for pair in cuts.windows(2) {
                let (from, to) = (pair.first().map_or(0, |cut| cut + 1), pair.last().copied().unwrap_or(0));
                middle.extend(braces(atoms.get(from..to).unwrap_or_default(), depth + 1)?);
            }
        } else if let Some(sequence) = sequence(atoms.get(open + 1..close).unwrap_or_default()) {
            middle = sequence?;
        } else {
            continue;
        }
        let head = atoms.get(..open).unwrap_or_default();
        let tails = braces(atoms.get(close + 1..).unwrap_or_default(), depth + 1)?;
        if middle.len().saturating_mul(tails.len()) > MOST_WORDS {
            return None;
        }
        let join = |part: &Vec<Atom>, tail: &Vec<Atom>| [head, part, tail].concat();
        return Some(middle.iter().flat_map(|part| tails.iter().map(move |tail| join(part, tail))).collect());
    }
    Some(vec![atoms.to_vec()])
}

/// `{1..5}` or `{a..e}`: `None` when it is neither, `Some(None)` when it has too many members.
#[expect(clippy::option_option, reason = "no sequence and too long a sequence are different answers")]
fn sequence(atoms: &[Atom]) -> Option<Option<Vec<Vec<Atom>>>> {
    let text: String = atoms.iter().map(|a| if let Atom::Character(c) = a { *c } else { '\0' }).collect();
    let mut parts = text.split("..");
    let (first, last, step) = (parts.next()?, parts.next()?, parts.next());
    let step = step.map_or(Some(1), |step| step.parse::<i64>().ok())?.unsigned_abs().max(1);
    let letters = |text: &str| {
        let mut characters = text.chars();
        characters
            .next()
            .filter(|c| c.is_ascii_alphabetic() && characters.next().is_none())
            .map(|c| i64::from(u32::from(c)))
    };
    let numbers = first.parse::<i64>().ok().zip(last.parse::<i64>().ok());
    let (from, to) = numbers.or_else(|| letters(first).zip(letters(last)))?;
    if parts.next().is_some() || from.abs_diff(to) / step >= u64::try_from(MOST_WORDS).unwrap_or(0) {
        return Some(None);
    }
    let mut out = Vec::new();
    let (low, high) = (from.min(to), from.max(to));
    let mut offset = 0_u64;
    while offset <= low.abs_diff(high) {
        let delta = i64::try_from(offset).unwrap_or(0);
        let member = if from <= to { from.saturating_add(delta) } else { from.saturating_sub(delta) };
        let text = match numbers {
            Some(_) => member.to_string(),
            None => u32::try_from(member).ok().and_then(char::from_u32).map(String::from).unwrap_or_default(),
        };
        out.push(text.chars().map(Atom::Character).collect());
        offset = offset.saturating_add(step);
    }
    Some(Some(out))
}

//! Gives words their values: quotes, variables, tilde, braces, field splitting. What isn't known stays as it is written.

use crate::answer::{Certainty, Channel, Word};
use crate::canonical::{needs_quotes, quote};
use crate::interp::arithmetic;
use crate::interp::braces::{atoms, braces, has_braces, has_glob, pieces};
use crate::interp::parameters::{self, Value};
use crate::scope::Scope;
use crate::syntax::{self, Parameter, Piece, Script};
use crate::words::unbroken;

/// What a part of a value costs besides its bytes.
const PART: usize = 64;
/// Most steps that tell how a value came about, and streams that are part of it.
const MOST_STEPS: usize = 8;

/// Expands one word into the words that the command gets; none when it vanishes.
pub(crate) fn expand(word: &syntax::Word, script: &Script, scope: &Scope) -> Vec<Word> {
    if let Some(word) = plain(word, script) {
        return vec![word];
    }
    let mut out = Vec::new();
    if !has_braces(word) {
        fields(&word.pieces, word, script, scope, &mut out);
    } else if let Some(variants) = braces(&atoms(word), 0) {
        for variant in variants {
            fields(&pieces(&variant, word), word, script, scope, &mut out);
        }
    } else {
        let mut opaque = single(word, script, scope);
        opaque.certainty = Certainty::Opaque;
        opaque.complete = false;
        out.push(opaque);
    }
    if let [only] = out.as_mut_slice() {
        only.written = unbroken(&script.text, word.span.clone());
        only.settle();
    }
    out
}

/// The value of a word where the shell does not split it: an assignment, a redirect target, a `case` subject.
pub(crate) fn single(word: &syntax::Word, script: &Script, scope: &Scope) -> Word {
    if let Some(word) = plain(word, script) {
        return word;
    }
    let mut value = joined_pieces(&word.pieces, script, scope);
    value.written = unbroken(&script.text, word.span.clone());
    value.settle();
    value
}

/// A word that is its own value, as most are: nothing in it has a meaning of its own.
fn plain(word: &syntax::Word, script: &Script) -> Option<Word> {
    let text = word.bare().filter(|text| !text.is_empty())?;
    let inert = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./,:%=".contains(&b));
    if !inert || script.text.get(word.span.clone()) != Some(text) {
        return None;
    }
    Some(Word {
        written: text.to_owned(),
        value: text.to_owned(),
        canonical: text.to_owned(),
        certainty: Certainty::Proven,
        glob: false,
        literal: true,
        complete: true,
        fed_by: Vec::new(),
        open_prefix: None,
        trace: Vec::new(),
    })
}

/// The value of pieces that stay one word.
pub(crate) fn joined_pieces(pieces: &[Piece], script: &Script, scope: &Scope) -> Word {
    let mut builder = Builder::new(scope);
    for (index, piece) in pieces.iter().enumerate() {
        builder.piece(piece, index == 0, script, scope, true);
    }
    builder.close()
}

impl Word {
    /// What isn't sure stands in the canonical text as it is written.
    fn settle(&mut self) {
        if !self.complete || self.certainty == Certainty::Opaque {
            self.canonical.clone_from(&self.written);
        }
    }

    /// Takes over where the value of `other` comes from: it is part of this one.
    pub(crate) fn carry(&mut self, other: &Self) {
        carry(&mut self.fed_by, &mut self.trace, other);
    }
}

fn carry(fed_by: &mut Vec<Channel>, trace: &mut Vec<String>, other: &Word) {
    for channel in &other.fed_by {
        if fed_by.len() < MOST_STEPS && !fed_by.contains(channel) {
            fed_by.push(*channel);
        }
    }
    for step in &other.trace {
        if trace.len() < MOST_STEPS && !trace.contains(step) {
            trace.push(step.clone());
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
        fed_by: Vec::new(),
        open_prefix: None,
        trace: Vec::new(),
    }
}

fn fields(pieces: &[Piece], word: &syntax::Word, script: &Script, scope: &Scope, out: &mut Vec<Word>) {
    let empty = |piece: &&Piece| !matches!(piece, Piece::Quoted(text) if text.is_empty());
    let alone = pieces.iter().filter(empty).count() == 1;
    let mut builder = Builder { alone, ..Builder::new(scope) };
    for (index, piece) in pieces.iter().enumerate() {
        builder.piece(piece, index == 0, script, scope, false);
    }
    let (mut fields, last) = (std::mem::take(&mut builder.done), builder.started);
    if last {
        fields.push(builder.close());
    }
    if fields.len() > 1 && !scope.afford(fields.len().saturating_mul(word.span.len())) {
        fields.clear();
        fields.push(too_long(unbroken(&script.text, word.span.clone())));
    }
    for field in &mut fields {
        field.written = unbroken(&script.text, word.span.clone());
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
    fed_by: Vec<Channel>,
    trace: Vec<String>,
    open: Option<String>,
    /// The word has one piece: when that is empty, the word vanishes.
    alone: bool,
    /// Where values are split; `None` when that can't be told.
    separators: Option<String>,
    done: Vec<Word>,
}

impl Builder {
    fn new(scope: &Scope) -> Self {
        let separators = match scope.get("IFS") {
            None => Some(" \t\n".to_owned()),
            Some(binding) => {
                Some(binding.value.value.clone()).filter(|_| binding.certain && binding.value.complete)
            }
        };
        Self { separators, ..Self::default() }
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
            fed_by: std::mem::take(&mut self.fed_by),
            open_prefix: self.open.take(),
            trace: std::mem::take(&mut self.trace),
        };
        let (done, separators) = (std::mem::take(&mut self.done), self.separators.take());
        *self = Self { done, separators, ..Self::default() };
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

    /// Adds something of which only a part is known, or nothing.
    fn partly(&mut self, written: &str, word: &Word) {
        if self.value.is_empty() && self.open.is_none() {
            self.open.clone_from(&word.open_prefix);
        }
        carry(&mut self.fed_by, &mut self.trace, word);
        self.unknown(written);
        // A known beginning says more than the name of the variable.
        if word.value.starts_with('/') || (word.open_prefix.is_some() && !word.value.is_empty()) {
            self.value.truncate(self.value.len() - written.len());
            self.value.push_str(&word.value);
        }
    }

    fn piece(&mut self, piece: &Piece, first: bool, script: &Script, scope: &Scope, whole: bool) {
        let text = &*script.text;
        match piece {
            Piece::Text(content) if first && content.starts_with('~') => self.tilde(content, scope),
            Piece::Text(content) => {
                self.glob |= has_glob(content);
                self.literal(content, false);
            }
            Piece::Quoted(content) => self.literal(content, true),
            Piece::Parameter(parameter) => self.parameter(parameter, script, scope, whole),
            Piece::Command { quoted, span, .. } | Piece::Backtick { quoted, span, .. } => {
                self.substitution(script, scope, span, *quoted || whole);
            }
            Piece::Process { span, .. } => {
                self.unknown(&unbroken(text, span.clone()));
                self.fed_by.extend(scope.streams.of_piece(script.serial, span.start));
            }
            Piece::Arithmetic { inside, span } => {
                let inside = joined_pieces(&inside.pieces, script, scope);
                let value_of = |name: &str| parameters::number_text(name, scope);
                let value = Some(&inside).filter(|inside| inside.complete && scope.afford(PART));
                match value.and_then(|inside| arithmetic::evaluate(&inside.value, &value_of)) {
                    Some(value) => self.variable(&known(&value.to_string()), true),
                    None => self.unknown(&unbroken(text, span.clone())),
                }
            }
        }
    }

    /// `$( … )`: what is printed, without the newlines at its end.
    fn substitution(&mut self, script: &Script, scope: &Scope, span: &syntax::Span, whole: bool) {
        let channel = scope.streams.of_piece(script.serial, span.start);
        let length = channel.map_or(0, |channel| scope.streams.length(channel));
        // Each spelling of the braces around a substitution puts it in again: all of it is paid for.
        let printed = channel
            .filter(|_| scope.afford(span.len() + length + PART))
            .and_then(|channel| scope.streams.text(channel))
            .map(|word| {
                let text = word.value.trim_end_matches('\n');
                Word { certainty: word.certainty, glob: word.glob, ..known(text) }
            });
        // A word that vanishes is kept as it is written, so that it can be seen.
        let vanishes = |word: &Word| word.value.is_empty() && self.alone;
        match printed.filter(|word| !vanishes(word) && scope.afford(cost(word, whole))) {
            Some(word) => self.variable(&word, whole),
            None => self.unknown(&unbroken(&script.text, span.clone())),
        }
        self.fed_by.extend(channel.filter(|channel| !self.fed_by.contains(channel)));
    }

    fn tilde(&mut self, content: &str, scope: &Scope) {
        let (head, rest) =
            content.split_at_checked(content.find('/').unwrap_or(content.len())).unwrap_or((content, ""));
        let value = match head {
            "~" => Some(home(scope)),
            "~+" => scope.places.single().map(str::to_owned),
            "~-" => scope.previous.as_ref().and_then(|places| places.single()).map(str::to_owned),
            "~root" => Some("/root".to_owned()),
            _ => head
                .strip_prefix('~')
                .filter(|user| scope.home.rsplit('/').next() == Some(*user))
                .map(|_| scope.home.clone()),
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

    fn parameter(&mut self, parameter: &Parameter, script: &Script, scope: &Scope, whole: bool) {
        let whole = whole || parameter.quoted;
        let written = || unbroken(&script.text, parameter.span.clone());
        match parameters::value(parameter, script, scope) {
            Value::One(word) if word.complete && scope.afford(cost(&word, whole)) => {
                self.variable(&word, whole);
            }
            Value::One(word) => self.partly(&written(), &word),
            Value::Many { words, joined } => {
                let cost = words.iter().map(|word| word.value.len() + PART).sum();
                match scope.afford(cost) {
                    true => self.list(&words, whole && joined, whole),
                    false => self.unknown(&written()),
                }
            }
        }
    }

    fn list(&mut self, words: &[Word], joined: bool, whole: bool) {
        let separator = self.separators.as_deref().map_or(Some(' '), |separators| separators.chars().next());
        for (index, word) in words.iter().enumerate() {
            if index > 0 && !joined && self.started {
                let done = self.close();
                self.done.push(done);
            } else if index > 0 && joined {
                self.literal(&separator.map(String::from).unwrap_or_default(), true);
            }
            self.variable(word, whole);
        }
    }

    /// Adds the value of a variable; the shell splits it at separators unless it is `whole`.
    fn variable(&mut self, word: &Word, whole: bool) {
        self.dynamic = true;
        self.variable |= word.certainty != Certainty::Proven || !word.written.is_empty();
        if !word.complete {
            return self.partly(&word.value.clone(), word);
        }
        let glob = word.glob || (!whole && has_glob(&word.value));
        let odd = self.separators.is_none();
        let note = |builder: &mut Self| {
            builder.dynamic = true;
            builder.variable = true;
            builder.shaky |= word.certainty == Certainty::Opaque;
            builder.shaky |= !whole && odd;
            builder.glob |= glob;
            carry(&mut builder.fed_by, &mut builder.trace, word);
        };
        if whole {
            self.literal(&word.value, true);
            return note(self);
        }
        let separators = self.separators.clone().unwrap_or_else(|| " \t\n".to_owned());
        let mut rest = word.value.as_str();
        loop {
            let at = rest.find(|c: char| separators.contains(c));
            let (part, after) = rest.split_at_checked(at.unwrap_or(rest.len())).unwrap_or((rest, ""));
            if !part.is_empty() {
                self.literal(part, true);
                note(self);
            }
            let Some(separator) = after.chars().next() else { break };
            rest = after.get(separator.len_utf8()..).unwrap_or_default();
            if self.started {
                let done = self.close();
                self.done.push(done);
            } else if !separator.is_whitespace() {
                self.literal("", true);
                let done = self.close();
                self.done.push(done);
            }
        }
    }
}

/// The home directory as the script has it.
pub(crate) fn home(scope: &Scope) -> String {
    match scope.get("HOME").filter(|binding| binding.value.complete) {
        Some(binding) => binding.value.value.clone(),
        None => scope.home.clone(),
    }
}

//! A text as a sequence of statements, and which statement of one text became which of another.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::tokens::{Kind, Style, Token, tokens};
use crate::span::Span;

/// Texts with more statements than this are not aligned; their findings are told apart by their words alone.
const MOST_ALIGNED: usize = 60_000;
/// How far around a statement its neighbours and its successor are looked for.
const NEAR: usize = 64;
/// How alike two statements have to be, in 100, for one to be the other after an edit.
pub(super) const ALIKE: usize = 40;

/// A text, read.
#[derive(Debug, Default)]
pub(super) struct Statements {
    tokens: Vec<Token>,
    /// The statement of each token.
    of_token: Vec<usize>,
    /// The tokens of each statement, in order.
    members: Vec<Vec<usize>>,
    /// The words of each statement, as one number.
    hashes: Vec<u64>,
    /// The words of the statement that begins the function around each, as one number; 0 outside of all.
    sections: Vec<u64>,
}

impl Statements {
    pub(super) fn read(path: &str, text: &str) -> Self {
        let style = Style::of(path, text);
        let tokens = tokens(text, style);
        let Division { of_token, around } = divide(&tokens, style);
        let count = of_token.iter().max().map_or(0, |last| last + 1);
        let mut members = vec![Vec::new(); count];
        for (token, statement) in of_token.iter().enumerate() {
            if let Some(list) = members.get_mut(*statement) {
                list.push(token);
            }
        }
        let mut read = Self { tokens, of_token, members, ..Self::default() };
        read.hashes = (0..count).map(|statement| hash(&read.words(statement))).collect();
        read.sections = read.find_sections(&around, style);
        read
    }

    /// The function around each statement: by the blocks around it, or where blocks have no braces, the last that began.
    fn find_sections(&self, around: &BTreeMap<usize, usize>, style: Style) -> Vec<u64> {
        let mut sections: Vec<u64> = Vec::with_capacity(self.count());
        let mut last = 0;
        for (statement, own) in self.hashes.iter().enumerate() {
            let first = self.words(statement).into_iter().find(|word| *word != "async").unwrap_or_default();
            if !style.braces {
                if matches!(first, "def" | "class") {
                    last = *own;
                }
                sections.push(last);
                continue;
            }
            let parent = around.get(&statement).copied();
            let of_parent = parent.and_then(|parent| sections.get(parent)).copied().unwrap_or(0);
            let words = parent.map(|parent| self.words(parent)).unwrap_or_default();
            let begins = parent.is_some() && !words.first().is_none_or(|word| BLOCKS.contains(word));
            let header = parent.and_then(|parent| self.hashes.get(parent)).copied().unwrap_or(0);
            sections.push(if begins { header } else { of_parent });
        }
        sections
    }

    /// How many statements there are.
    pub(super) fn count(&self) -> usize {
        self.members.len()
    }

    /// The words of a statement.
    pub(super) fn words(&self, statement: usize) -> Vec<&str> {
        let tokens = self.members.get(statement).map_or(&[][..], Vec::as_slice);
        tokens.iter().filter_map(|token| self.tokens.get(*token)).map(|token| token.text.as_str()).collect()
    }

    /// The statement in which a range begins.
    pub(super) fn at(&self, span: Span) -> Option<usize> {
        let token = self.tokens.partition_point(|token| token.end <= span.start);
        self.of_token.get(token).copied()
    }

    /// The tokens of a range.
    pub(super) fn inside(&self, span: Span) -> &[Token] {
        let from = self.tokens.partition_point(|token| token.end <= span.start);
        let to = self.tokens.partition_point(|token| token.start < span.end);
        self.tokens.get(from..to.max(from)).unwrap_or_default()
    }

    /// A statement with its variables numbered in order of appearance: the same under renames of variables.
    pub(super) fn shape(&self, statement: usize) -> u64 {
        let members = self.members.get(statement).map_or(&[][..], Vec::as_slice);
        let tokens: Vec<&Token> = members.iter().filter_map(|token| self.tokens.get(*token)).collect();
        shape(&tokens)
    }

    /// The shape of the tokens of a range.
    pub(super) fn shape_of(&self, span: Span) -> u64 {
        shape(&self.inside(span).iter().collect::<Vec<_>>())
    }

    /// What a range calls or sets, or what is called with it: the name before its `(` or `=`, or before the `(` around it.
    pub(super) fn anchor(&self, span: Span) -> String {
        let inside = self.inside(span);
        let names = inside.iter().take_while(|token| token.kind == Kind::Word || token.text == ".").count();
        let called = inside.get(names).is_some_and(|token| matches!(token.text.as_str(), "(" | "="));
        if !(called && names > 0)
            && let Some(around) = self.called_with(span)
        {
            return around;
        }
        anchor(inside.iter())
    }

    /// The name before the bracket that is open where a range begins, in its statement.
    fn called_with(&self, span: Span) -> Option<String> {
        let first = self.tokens.partition_point(|token| token.end <= span.start);
        let statement = self.of_token.get(first)?;
        let mut closed = 0_usize;
        for at in (0..first).rev() {
            let token = self.tokens.get(at)?;
            match token.text.as_str() {
                ")" => closed += 1,
                "(" if closed > 0 => closed -= 1,
                "(" => {
                    let name = self.tokens.get(at.checked_sub(1)?)?;
                    return (name.kind == Kind::Word).then(|| name.text.clone());
                }
                _ if self.of_token.get(at) != Some(statement) => return None,
                _ => {}
            }
        }
        None
    }

    fn anchors(&self, statement: usize, wanted: &str) -> bool {
        wanted.is_empty() || self.words(statement).contains(&wanted)
    }

    /// How alike two statements are, from 0 to 100: the share of words that both have.
    pub(super) fn likeness(&self, statement: usize, other: &Self, there: usize) -> usize {
        alike(&self.words(statement), &other.words(there))
    }
}

/// What begins a block that is no function.
const BLOCKS: [&str; 12] =
    ["if", "for", "while", "else", "try", "switch", "do", "catch", "finally", "foreach", "unless", "}"];

/// A text, divided.
struct Division {
    /// The statement of each token.
    of_token: Vec<usize>,
    /// The statement whose block each stands in.
    around: BTreeMap<usize, usize>,
}

/// The statement of each token: it ends at `;`, at braces of blocks, and at a line's end that nothing carries over.
fn divide(tokens: &[Token], style: Style) -> Division {
    let mut around = BTreeMap::new();
    let mut found = Vec::with_capacity(tokens.len());
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    let mut current = fresh();
    // What is open: the statement around it, and whether lines count in it.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut empty = true;
    let mut previous: Option<&Token> = None;
    let mut tag = Tag::default();
    for token in tokens {
        let lines_count = open.last().is_none_or(|(_, counts)| *counts);
        let ends = previous.is_some_and(|last| last.text == ";" || last.text == "}" && token.breaks);
        let apart = style.markup && lines_count && tag.comes_to(previous, token);
        let line_ends = token.breaks && !tag.open && !goes_on(previous, token, style);
        if lines_count && !empty && (ends || apart || line_ends) {
            current = fresh();
        }
        if lines_count && let Some((block, _)) = open.last() {
            around.entry(current).or_insert(*block);
        }
        empty = false;
        match token.text.as_str() {
            "{" if style.braces => {
                found.push(current);
                open.push((current, true));
                current = fresh();
                empty = true;
            }
            "(" | "[" | "{" => {
                found.push(current);
                open.push((current, false));
            }
            ")" | "]" | "}" => {
                if let Some((block, _)) = open.pop() {
                    current = block;
                }
                found.push(current);
            }
            _ => found.push(current),
        }
        previous = Some(token);
    }
    Division { of_token: found, around }
}

/// Whether a tag of markup is being read.
#[derive(Debug, Default)]
struct Tag {
    open: bool,
    ended: bool,
}

impl Tag {
    /// Takes in the next token. True when it stands behind a tag that ended, or begins one.
    fn comes_to(&mut self, before: Option<&Token>, token: &Token) -> bool {
        let joined = before.is_some_and(|last| last.end == token.start);
        let behind = std::mem::take(&mut self.ended);
        let last = before.map_or("", |last| last.text.as_str());
        if self.open {
            self.ended = token.text == ">" && !(last == "=" && joined);
            self.open = !self.ended && token.text != ";";
        } else if last == "<" && joined && (token.kind == Kind::Word || token.text == "/") {
            self.open = true;
        }
        behind || token.text == "<"
    }
}

/// Whether a statement goes on over the line's end between two tokens.
fn goes_on(before: Option<&Token>, after: &Token, style: Style) -> bool {
    if !style.braces {
        return false;
    }
    let carries = |text: &str| {
        matches!(
            text,
            "=" | "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "?" | ":" | "," | "." | "<" | ">" | "!"
        )
    };
    // The end of a tag carries nothing over.
    let carries = |text: &str| carries(text) && !(style.markup && matches!(text, "<" | ">"));
    let leads = |text: &str| carries(text) && text != "!" && text != "<" || matches!(text, ")" | "]" | "}");
    before.is_some_and(|token| token.kind == Kind::Mark && carries(&token.text))
        || (after.kind == Kind::Mark && leads(&after.text))
}

fn shape(tokens: &[&Token]) -> u64 {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut hasher = DefaultHasher::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at)).map(|token| token.text.as_str());
        let after = tokens.get(at + 1).map(|token| token.text.as_str());
        let variable = token.kind == Kind::Word && before != Some(".") && after != Some("(");
        let variable = variable && !token.text.starts_with(|c: char| c.is_ascii_digit());
        if variable {
            let count = numbers.len();
            numbers.entry(token.text.as_str()).or_insert(count).hash(&mut hasher);
        } else {
            token.text.hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn anchor<'a>(tokens: impl Iterator<Item = &'a Token>) -> String {
    let mut last = "";
    for token in tokens {
        match token.kind {
            Kind::Word => last = token.text.as_str(),
            Kind::Mark if matches!(token.text.as_str(), "(" | "=") && !last.is_empty() => {
                return last.to_owned();
            }
            Kind::Mark | Kind::Text => {}
        }
    }
    last.to_owned()
}

/// The share of words, also those inside strings, that two lists have in common, in 100.
pub(super) fn alike(one: &[&str], other: &[&str]) -> usize {
    let split = |words: &[&str]| {
        let mut counts: HashMap<String, usize> = HashMap::new();
        let parts = words.iter().flat_map(|word| word.split(|c: char| !c.is_alphanumeric() && c != '_'));
        for word in parts.filter(|word| !word.is_empty()) {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
        counts
    };
    let (one, other) = (split(one), split(other));
    let all: usize = one.values().sum::<usize>() + other.values().sum::<usize>();
    let common: usize =
        one.iter().map(|(word, count)| (*count).min(other.get(word).copied().unwrap_or(0))).sum();
    (200 * common).checked_div(all).unwrap_or(0)
}

pub(super) fn hash(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Where the statements of a text are in another one.
#[derive(Debug, Default)]
pub(super) struct Alignment {
    /// For each statement before: the same one after.
    forward: Vec<Option<usize>>,
    /// For each statement after: the same one before.
    backward: Vec<Option<usize>>,
}

impl Alignment {
    /// Aligns first what is the same in the same function, then what is left.
    pub(super) fn between(before: &Statements, after: &Statements) -> Self {
        let (old, new) = (before.count(), after.count());
        let mut found = Self { forward: vec![None; old], backward: vec![None; new] };
        if old + new > MOST_ALIGNED {
            return found;
        }
        let keyed = |read: &Statements| -> Vec<(usize, u64)> {
            let both = read.hashes.iter().zip(&read.sections);
            both.map(|both| hash(&both)).enumerate().collect()
        };
        found.align(&keyed(before), &keyed(after));
        let left = |read: &Statements, taken: &[Option<usize>]| -> Vec<(usize, u64)> {
            let open = read.hashes.iter().copied().enumerate().zip(taken);
            open.filter(|(_, taken)| taken.is_none()).map(|(item, _)| item).collect()
        };
        let (old, new) = (left(before, &found.forward), left(after, &found.backward));
        found.align(&old, &new);
        found
    }

    fn align(&mut self, before: &[(usize, u64)], after: &[(usize, u64)]) {
        let keys = |list: &[(usize, u64)]| list.iter().map(|(_, key)| *key).collect::<Vec<_>>();
        for op in capture_diff_slices(Algorithm::Patience, &keys(before), &keys(after)) {
            let DiffOp::Equal { old_index, new_index, len } = op else { continue };
            let (old, new) = (before.get(old_index..old_index + len), after.get(new_index..new_index + len));
            for ((from, _), (to, _)) in old.unwrap_or_default().iter().zip(new.unwrap_or_default()) {
                self.pair(*from, *to);
            }
        }
    }

    fn pair(&mut self, before: usize, after: usize) {
        if let (Some(forth), Some(back)) = (self.forward.get_mut(before), self.backward.get_mut(after)) {
            *forth = Some(after);
            *back = Some(before);
        }
    }

    /// The same statement after.
    pub(super) fn same(&self, before: usize) -> Option<usize> {
        self.forward.get(before).copied().flatten()
    }

    /// The statement before that a statement after is.
    pub(super) fn origin(&self, after: usize) -> Option<usize> {
        self.backward.get(after).copied().flatten()
    }

    /// What stands where a statement stood, if it is the same after an edit: it has `anchor` in it, if any, and is alike.
    ///
    /// Also for a statement that has its like elsewhere: what follows the statement that stood before it.
    pub(super) fn successor(
        &self,
        (before, statement): (&Statements, usize),
        after: &Statements,
        anchor: &str,
    ) -> Option<usize> {
        let earlier = (0..statement).rev().take(NEAR).find_map(|at| self.same(at)).map(|at| at + 1);
        let later = (statement + 1..before.count()).take(NEAR).find_map(|at| self.same(at));
        let from = earlier.unwrap_or_else(|| later.map_or(0, |at| at.saturating_sub(NEAR)));
        let to = later.filter(|to| *to > from).unwrap_or(from + NEAR).min(from + NEAR).min(after.count());
        let candidates = (from..to).filter(|at| self.origin(*at).is_none());
        let known = candidates.filter(|at| after.anchors(*at, anchor));
        let scored = known.map(|at| (before.likeness(statement, after, at), std::cmp::Reverse(at)));
        scored.filter(|(score, _)| *score >= ALIKE).max().map(|(_, std::cmp::Reverse(at))| at)
    }

    /// Whether a neighbour of a statement moved along with it, so that the pair is no accident.
    pub(super) fn supported(&self, before: usize) -> bool {
        let Some(after) = self.same(before) else { return false };
        let previous = before.checked_sub(1).and_then(|at| self.same(at));
        previous.map_or(before == 0 && after == 0, |at| at + 1 == after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(path: &str, text: &str) -> Vec<String> {
        let read = Statements::read(path, text);
        (0..read.count()).map(|at| read.words(at).join(" ")).filter(|words| !words.is_empty()).collect()
    }

    #[test]
    fn statements_end_where_the_language_ends_them() {
        let rows: [(&str, &str, &[&str]); 6] = [
            ("a.py", "x = f(\n  a,\n)\ny = 1; z = 2\n", &["x = f ( a )", "y = 1 ;", "z = 2"]),
            ("a.py", "if x:\n    y({\n 'a': 1})\n", &["if x :", "y ( { \"a\" : 1 } )"]),
            ("a.js", "db\n  .query(a)\n  .then(b);\nc()", &["db . query ( a ) . then ( b ) ;", "c ( )"]),
            (
                "a.js",
                "app.get('/', (q, r) => {\n r.send(q);\n});\n",
                &["app . get ( \"/\" , ( q , r ) = > { } ) ;", "r . send ( q ) ;"],
            ),
            ("a.go", "func f() {\n a := 1\n b(a)\n}\n", &["func f ( ) { }", "a : = 1", "b ( a )"]),
            ("a.js", "const a = `x` +\n  b\nc = 2", &["const a = `x` + b", "c = 2"]),
        ];
        for (path, text, wanted) in rows {
            assert_eq!(list(path, text), wanted, "{text}");
        }
    }

    #[test]
    fn an_edited_statement_keeps_its_place() {
        let before =
            Statements::read("a.py", "def f():\n    q = src()\n    run('select ' + q)\n    return q\n");
        let after = Statements::read(
            "a.py",
            "def f():\n    q = src()\n    run('select ?', [q])\n    return q\ndef g():\n    run('select ' + q)\n",
        );
        let pairs = Alignment::between(&before, &after);
        assert_eq!(pairs.same(1), Some(1));
        assert_eq!(pairs.successor((&before, 2), &after, "run"), Some(2));
    }
}

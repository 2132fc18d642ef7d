//! Loops and choices whose course is known: `while read` over a text, `case` with a constant subject; and those without end.

use std::rc::Rc;

use crate::answer::{Certainty, Word};
use crate::effect::{Effect, EffectKind, Target};
use crate::interp::parameters::pattern_of;
use crate::interp::patterns::matches;
use crate::syntax::{self, AndOr, List, NodeKind, Operation, Piece, Pipeline, Simple};
use crate::walk::Walker;

/// Most lines of a text that a loop is followed for.
const MOST_LINES: usize = 64;

impl Walker {
    /// `case`: all arms are read; what the one that is taken sets stays.
    pub(crate) fn case(&mut self, subject: &syntax::Word, arms: &[(Vec<syntax::Word>, List)]) {
        self.visit(subject);
        let script = Rc::clone(&self.frame.script);
        let value = self.value(subject);
        let sure = value.complete && value.certainty < Certainty::Opaque && !value.glob;
        let text: Vec<char> = value.value.chars().collect();
        let mark = self.scope.mark();
        let mut taken = None;
        for (number, (patterns, list)) in arms.iter().enumerate() {
            for pattern in patterns {
                self.visit(pattern);
            }
            let fits = |pattern: &syntax::Word| {
                pattern_of(pattern, &script, &self.scope).is_none_or(|pattern| matches(&pattern, &text))
            };
            let known = |pattern: &syntax::Word| pattern_of(pattern, &script, &self.scope).is_some();
            if sure && taken.is_none() && patterns.iter().any(fits) {
                taken = patterns.iter().all(known).then_some(number);
                if taken.is_some() {
                    continue;
                }
            }
            if sure && taken.is_some() {
                let here = self.scope.mark();
                self.branch(list, &mark);
                self.scope.rewind(here);
            } else {
                self.branch(list, &mark);
            }
        }
        if let Some((_, list)) = taken.and_then(|number| arms.get(number)) {
            let _exit = self.list(list);
        }
    }

    /// `while read x; do …; done` over a text that is known: the body is followed for each line.
    pub(crate) fn by_line(&mut self, condition: &List, body: &List) -> bool {
        let Some(simple) = reading(condition) else { return false };
        let input = self.input.clone();
        let Some(text) = self.text_of(&input).filter(|text| text.complete && !text.value.is_empty()) else {
            return false;
        };
        let lines: Vec<&str> = text.value.lines().collect();
        if lines.len() > MOST_LINES || !self.may_repeat(lines.len()) {
            return false;
        }
        let script = Rc::clone(&self.frame.script);
        let words: Vec<Word> =
            simple.words.iter().flat_map(|word| crate::expand::expand(word, &script, &self.scope)).collect();
        let separators = simple.assignments.iter().find(|assignment| assignment.name == "IFS");
        let separators = separators.map(|assignment| self.value(&assignment.value).value);
        for line in lines {
            let line = Word {
                certainty: text.certainty,
                glob: text.glob,
                fed_by: text.fed_by.clone(),
                ..crate::expand::known(line)
            };
            self.read_into(words.get(1..).unwrap_or_default(), Some(&line), separators.as_deref());
            let _exit = self.list(body);
        }
        true
    }

    /// A loop without end that starts jobs and never waits for any.
    pub(crate) fn endless(&mut self, endless: bool, body: &List) {
        let jobs = body.iter().any(|item| item.background);
        let pauses = |item: &AndOr| {
            let stages = item.first.stages.iter().chain(item.rest.iter().flat_map(|(_, next)| &next.stages));
            !item.background
                && stages.into_iter().any(|node| match &node.kind {
                    NodeKind::Simple(simple) => simple
                        .words
                        .first()
                        .and_then(syntax::Word::bare)
                        .is_some_and(|name| !matches!(name, ":" | "true" | "echo" | "printf" | "let")),
                    NodeKind::Arithmetic(_) => false,
                    _ => true,
                })
        };
        if endless && jobs && !body.iter().any(pauses) {
            self.exhausts("loop");
        }
        if endless && !body.iter().any(leaves) {
            let doubled = body.iter().flat_map(stages).find_map(doubles);
            if let Some(name) = doubled.map(str::to_owned) {
                self.grows(&name);
            }
        }
    }

    /// Notes that processes are started without bound.
    pub(crate) fn exhausts(&mut self, name: &str) {
        self.exhausted(name, format!("`{name}` starts itself again beside itself, without end"));
    }

    /// Notes that a variable takes ever more memory.
    fn grows(&mut self, name: &str) {
        self.exhausted(name, format!("`${name}` is made twice as long each time, without end"));
    }

    fn exhausted(&mut self, name: &str, why: String) {
        let id = self.ids.last().copied().unwrap_or(0);
        let effect = Effect {
            kind: EffectKind::Exhaust,
            target: Target::Nothing,
            sources: Vec::new(),
            detail: name.to_owned(),
            certainty: Certainty::Proven,
            trace: vec![why],
            command: 0,
            takes_input: false,
            fed_by: Vec::new(),
        };
        if !self.effects.iter().any(|(_, other)| other.detail == name) {
            self.effects.push((id, effect));
        }
    }
}

fn stages(item: &AndOr) -> impl Iterator<Item = &syntax::Node> {
    item.first.stages.iter().chain(item.rest.iter().flat_map(|(_, next)| &next.stages))
}

/// May it leave the loop?
fn leaves(item: &AndOr) -> bool {
    let ends = |node: &syntax::Node| match &node.kind {
        NodeKind::Simple(simple) => {
            let name = simple.words.first().and_then(syntax::Word::bare);
            matches!(name, Some("break" | "exit" | "return" | "exec" | "read" | "kill"))
        }
        NodeKind::Arithmetic(_) | NodeKind::Test(_) => false,
        _ => true,
    };
    stages(item).any(ends)
}

/// The variable that becomes at least twice as long: `a=$a$a`, `a+=$a`.
fn doubles(node: &syntax::Node) -> Option<&str> {
    let NodeKind::Simple(simple) = &node.kind else { return None };
    let grown = |assignment: &&syntax::Assignment| {
        let words = std::iter::once(&assignment.value).chain(&assignment.elements);
        let own = words.map(|word| uses(&word.pieces, &assignment.name)).sum::<usize>();
        own + usize::from(assignment.append) > 1 && own > 0
    };
    simple.assignments.iter().find(grown).map(|assignment| assignment.name.as_str())
}

/// How often the pieces hold the value of a variable.
fn uses(pieces: &[Piece], name: &str) -> usize {
    let one = |piece: &Piece| match piece {
        Piece::Parameter(parameter) => usize::from(
            parameter.name == name
                && parameter.prefix.is_none()
                && matches!(parameter.operation, Operation::Plain),
        ),
        _ => 0,
    };
    pieces.iter().map(one).sum()
}

/// The `read` that a loop begins with.
fn reading(condition: &List) -> Option<&Simple> {
    let [only] = condition.as_slice() else { return None };
    let ([stage], true) = (only.first.stages.as_slice(), !only.first.negated) else { return None };
    let NodeKind::Simple(simple) = &stage.kind else { return None };
    let plain =
        stage.redirects.is_empty() && simple.words.first().and_then(syntax::Word::bare) == Some("read");
    plain.then_some(simple)
}

/// `while :`, `while true`, `while ((1))`, `until false`.
pub(crate) fn is_endless(condition: &List) -> bool {
    let [only] = condition.as_slice() else { return false };
    let ([stage], []) = (only.first.stages.as_slice(), only.rest.as_slice()) else { return false };
    match &stage.kind {
        NodeKind::Simple(simple) => {
            let words: Vec<String> = simple.words.iter().filter_map(syntax::Word::constant).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            matches!(words.as_slice(), [":" | "true" | "/bin/true" | "false"] | ["[", _, "]"] | ["test", _])
        }
        NodeKind::Arithmetic(word) => word.constant().is_some_and(|text| text.trim() == "1"),
        NodeKind::Test(words) => words.len() == 1,
        _ => false,
    }
}

/// The variable that `[ -n "$x" ]` and its like find to hold something.
pub(crate) fn tested(pipeline: &Pipeline) -> Option<String> {
    let ([stage], false) = (pipeline.stages.as_slice(), pipeline.negated) else { return None };
    let words = match &stage.kind {
        NodeKind::Simple(simple) if matches!(simple.words.first()?.bare()?, "[" | "test") => {
            simple.words.get(1..)?
        }
        NodeKind::Test(words) => words.as_slice(),
        _ => return None,
    };
    let [sign, word, rest @ ..] = words else { return None };
    let alone = matches!(rest, []) || matches!(rest, [close] if close.bare() == Some("]"));
    let holds = matches!(sign.bare()?, "-n" | "-d" | "-e" | "-f" | "-s" | "-r" | "-w" | "-x");
    let mut pieces =
        word.pieces.iter().filter(|piece| !matches!(piece, Piece::Quoted(text) if text.is_empty()));
    match (pieces.next(), pieces.next()) {
        (Some(Piece::Parameter(parameter)), None)
            if alone && holds && parameter.operation == Operation::Plain && parameter.prefix.is_none() =>
        {
            Some(parameter.name.clone())
        }
        _ => None,
    }
}

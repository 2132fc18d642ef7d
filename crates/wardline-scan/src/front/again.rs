//! Reads a text of which an earlier state was read: what did not change is taken from there.
//!
//! The grammar's tree is edited and parsed again, which costs what changed; where the tree is what it was, the statements that it
//! was lowered to are taken, moved to where they are now and numbered as they would be. The outcome is, to the last number,
//! what a reading from the beginning gives:
//! - It is only done where both trees are without errors. How a grammar recovers from an error may depend on the way on which the text
//!   came about; what a text without errors means does not.
//! - What is taken is a node whose every token and every node around is what it was (by the tree, not by the edit), at the
//!   same depth, from a text of which all was read.

use std::mem::{Discriminant, discriminant};

use tree_sitter::{InputEdit, Language as Grammar, Node, Parser, Point, Tree};

use crate::{
    hash::HashMap,
    ir::{Module, Stmt, StmtKind},
    rules::walk::{self, Part},
    shift::Shift,
    span::Span,
};

/// What is kept of a reading: the grammar's tree, and what became of its statements.
#[derive(Debug)]
pub(crate) struct Source {
    tree: Tree,
    pieces: Pieces,
}

/// A text that was read, with what was kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before<'a> {
    pub(crate) text: &'a str,
    pub(crate) module: &'a Module,
    pub(crate) source: &'a Source,
}

/// The name of a statement in its module.
type Head = (Span, Discriminant<StmtKind>);

/// Nodes and the statements that they were lowered to, in the order of lowering: what is in a node follows it.
#[derive(Debug, Clone, Default)]
pub(super) struct Pieces {
    all: Vec<Piece>,
    heads: Vec<Head>,
}

/// What one node was lowered to.
#[derive(Debug, Clone, Copy)]
struct Piece {
    kind: u16,
    span: Span,
    depth: usize,
    /// The first numbers of expressions and functions in it, and those after.
    first: Numbers,
    next: Numbers,
    /// Its statements among the heads.
    heads: (usize, usize),
    /// How many pieces are in it.
    inner: usize,
    /// What else lowering it did, if a front-end has such a thing.
    mark: bool,
}

/// The next numbers of expressions and functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Numbers {
    pub(super) expressions: u32,
    pub(super) functions: u32,
}

/// A piece that is being lowered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun(Option<usize>);

impl Pieces {
    /// Notes that a node is lowered from here on.
    pub(super) fn begin(&mut self, node: Node<'_>, depth: usize, first: Numbers) -> Begun {
        let (kind, span) = (node.kind_id(), range(node));
        self.all.push(Piece { kind, span, depth, first, next: first, heads: (0, 0), inner: 0, mark: false });
        Begun(Some(self.all.len() - 1))
    }

    /// Notes what became of it.
    pub(super) fn end(&mut self, begun: Begun, stmts: &[Stmt], next: Numbers, mark: bool) {
        let (from, all) = (self.heads.len(), self.all.len());
        self.heads.extend(stmts.iter().map(head));
        if let Some((piece, number)) =
            begun.0.and_then(|number| self.all.get_mut(number).map(|piece| (piece, number)))
        {
            (piece.heads, piece.next, piece.mark) = ((from, self.heads.len()), next, mark);
            piece.inner = all - number - 1;
        }
    }

    /// Takes over a piece of others with all that is in it.
    fn copy(&mut self, from: &Self, number: usize, shift: Shift) {
        let end = number + 1 + from.all.get(number).map_or(0, |piece| piece.inner);
        for piece in from.all.get(number..end).unwrap_or_default() {
            let begin = self.heads.len();
            let heads = from.heads.get(piece.heads.0..piece.heads.1).unwrap_or_default();
            self.heads.extend(heads.iter().map(|(span, kind)| (shift.span(*span), *kind)));
            let moved = |numbers: Numbers| Numbers {
                expressions: numbers.expressions.wrapping_add(shift.expressions),
                functions: numbers.functions.wrapping_add(shift.functions),
            };
            self.all.push(Piece {
                span: shift.span(piece.span),
                first: moved(piece.first),
                next: moved(piece.next),
                heads: (begin, self.heads.len()),
                ..*piece
            });
        }
    }
}

impl Begun {
    /// Nothing is noted.
    pub(super) const NONE: Self = Self(None);
}

fn head(stmt: &Stmt) -> Head {
    (stmt.span, discriminant(&stmt.kind))
}

fn range(node: Node<'_>) -> Span {
    let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
    Span::new(at(node.start_byte()), at(node.end_byte()))
}

/// The statements of an earlier state, to be taken by what is lowered now.
#[derive(Debug)]
pub(super) struct Again {
    edit: Edit,
    /// Where something is not what it was, in order and apart.
    changed: Vec<Span>,
    pieces: Pieces,
    numbers: HashMap<(Span, u16), usize>,
    stmts: HashMap<Head, Option<Stmt>>,
}

/// A piece that was taken.
pub(super) struct Taken {
    pub(super) stmts: Vec<Stmt>,
    pub(super) mark: bool,
    /// How many numbers of expressions and functions are in it.
    pub(super) numbers: Numbers,
}

impl Again {
    fn new(before: Before<'_>, edit: Edit, changed: Vec<Span>) -> Self {
        let pieces = before.source.pieces.clone();
        let numbers = pieces.all.iter().enumerate();
        let numbers = numbers.map(|(number, piece)| ((piece.span, piece.kind), number)).collect();
        let mut again = Self { edit, changed, pieces, numbers, stmts: HashMap::default() };
        again.gather(&before.module.body);
        again
    }

    /// Takes statements that did not change from the outermost on.
    fn gather(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            let meets = self.edit.forth(stmt.span).is_none_or(|span| !self.is_same(span));
            if meets {
                self.within(stmt);
            }
            let copy = (!meets).then(|| stmt.clone());
            // Two of one name cannot be told apart.
            self.stmts.entry(head(stmt)).and_modify(|known| *known = None).or_insert(copy);
        }
    }

    fn within(&mut self, stmt: &Stmt) {
        if let StmtKind::Function(function) = &stmt.kind {
            self.gather(&function.body);
        }
        for part in walk::parts(stmt) {
            match part {
                Part::Block(inner) => self.gather(inner),
                Part::Expr(expr) => walk::functions(expr, &mut |block| self.gather(block)),
            }
        }
    }

    /// Whether a range and what stands beside it are what they were.
    fn is_same(&self, span: Span) -> bool {
        let after = self.changed.partition_point(|changed| changed.end < span.start);
        self.changed.get(after).is_none_or(|changed| changed.start > span.end)
    }

    /// The statements of a node, if they are what they were; `now` are the next numbers, `into` gets the pieces.
    pub(super) fn take(
        &mut self,
        node: Node<'_>,
        depth: usize,
        now: Numbers,
        into: &mut Pieces,
    ) -> Option<Taken> {
        let span = range(node);
        let before = self.edit.back(span).filter(|_| self.is_same(span))?;
        let number = *self.numbers.get(&(before, node.kind_id()))?;
        let piece = *self.pieces.all.get(number)?;
        if piece.depth != depth {
            return None;
        }
        let shift = Shift {
            bytes: span.start.wrapping_sub(before.start),
            expressions: now.expressions.wrapping_sub(piece.first.expressions),
            functions: now.functions.wrapping_sub(piece.first.functions),
        };
        let heads = self.pieces.heads.get(piece.heads.0..piece.heads.1)?;
        let mut stmts = Vec::with_capacity(heads.len());
        for head in heads {
            stmts.push(self.stmts.get_mut(head)?.take()?);
        }
        if !shift.is_none() {
            stmts.iter_mut().for_each(|stmt| shift.stmt(stmt));
        }
        into.copy(&self.pieces, number, shift);
        let numbers = Numbers {
            expressions: piece.next.expressions.wrapping_sub(piece.first.expressions),
            functions: piece.next.functions.wrapping_sub(piece.first.functions),
        };
        Some(Taken { stmts, mark: piece.mark, numbers })
    }
}

/// One range of a text that became another; the rest is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edit {
    start: usize,
    before: usize,
    after: usize,
}

impl Edit {
    /// The smallest one that makes one text of the other.
    pub(crate) fn between(before: &str, after: &str) -> Self {
        let (old, new) = (before.as_bytes(), after.as_bytes());
        let least = old.len().min(new.len());
        let mut start = common(old.iter(), new.iter());
        while !(before.is_char_boundary(start) && after.is_char_boundary(start)) {
            start -= 1;
        }
        let rest = least - start;
        let mut end = common(old.iter().rev().take(rest), new.iter().rev().take(rest));
        while !(before.is_char_boundary(old.len() - end) && after.is_char_boundary(new.len() - end)) {
            end -= 1;
        }
        Self { start, before: old.len() - end, after: new.len() - end }
    }

    /// The smallest one that does both.
    fn or(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            before: self.before.max(other.before),
            after: self.after.max(other.after),
        }
    }

    /// How much of the later text is not in the earlier one, and the other way round.
    pub(crate) fn size(self) -> usize {
        (self.before - self.start).max(self.after - self.start)
    }

    /// Where a range of the later text was; nothing when it meets what changed.
    fn back(self, span: Span) -> Option<Span> {
        self.moved(span, self.after, self.before)
    }

    /// Where a range of the earlier text is.
    fn forth(self, span: Span) -> Option<Span> {
        self.moved(span, self.before, self.after)
    }

    fn moved(self, span: Span, from: usize, to: usize) -> Option<Span> {
        let (start, end) = (span.start as usize, span.end as usize);
        if end < self.start {
            return Some(span);
        }
        let at = |byte: usize| u32::try_from(byte - from + to).ok();
        (start > from).then(|| Some(Span::new(at(start)?, at(end)?))).flatten()
    }

    fn input(self, before: &str, after: &str) -> InputEdit {
        InputEdit {
            start_byte: self.start,
            old_end_byte: self.before,
            new_end_byte: self.after,
            start_position: point(before, self.start),
            old_end_position: point(before, self.before),
            new_end_position: point(after, self.after),
        }
    }
}

/// How many items two sequences have in common at their beginning.
fn common<'t>(one: impl Iterator<Item = &'t u8>, other: impl Iterator<Item = &'t u8>) -> usize {
    one.zip(other).take_while(|(a, b)| a == b).count()
}

fn point(text: &str, byte: usize) -> Point {
    let before = text.as_bytes().get(..byte).unwrap_or_default();
    let row = before.iter().filter(|byte| **byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
    Point { row, column }
}

/// Parses a text, with the statements of `before` where they can be taken; none when the grammar does not take it at all. With each
/// text goes what the grammar sees of it, byte for byte in the same places.
pub(super) fn parse(
    grammar: &Grammar,
    (text, seen): (&str, &str),
    before: Option<(Before<'_>, &str)>,
) -> Option<(Tree, Option<Again>)> {
    let mut parser = Parser::new();
    parser.set_language(grammar).ok()?;
    if let Some((before, last)) = before.filter(|(before, _)| is_whole(before)) {
        let edit = Edit::between(before.text, text);
        let edit =
            if seen == text && last == before.text { edit } else { edit.or(Edit::between(last, seen)) };
        if let Some((tree, again)) = parse_again(&mut parser, (last, seen), edit, before) {
            return Some((tree, Some(again)));
        }
    }
    parser.reset();
    parser.parse(seen, None).map(|tree| (tree, None))
}

fn is_whole(before: &Before<'_>) -> bool {
    before.module.problems.is_empty() && !before.source.tree.root_node().has_error()
}

fn parse_again(
    parser: &mut Parser,
    (last, seen): (&str, &str),
    edit: Edit,
    before: Before<'_>,
) -> Option<(Tree, Again)> {
    let mut edited = before.source.tree.clone();
    edited.edit(&edit.input(last, seen));
    let tree = parser.parse(seen, Some(&edited)).filter(|tree| !tree.root_node().has_error())?;
    let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
    let mut changed: Vec<Span> = edited
        .changed_ranges(&tree)
        .map(|range| Span::new(at(range.start_byte), at(range.end_byte)))
        .chain([Span::new(at(edit.start), at(edit.after))])
        .collect();
    changed.sort_unstable();
    let mut apart: Vec<Span> = Vec::with_capacity(changed.len());
    for span in changed {
        match apart.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => apart.push(span),
        }
    }
    Some((tree, Again::new(before, edit, apart)))
}

impl Source {
    pub(super) fn new(tree: Tree, pieces: Pieces) -> Self {
        Self { tree, pieces }
    }
}

#[cfg(test)]
mod tests;

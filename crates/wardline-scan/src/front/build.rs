//! What every front-end needs to make a tree: numbers for expressions and functions, one copy of each name.

use std::sync::Arc;

use tree_sitter::Node;
use unicode_normalization::UnicodeNormalization;

use super::again::{Again, Begun, Numbers, Pieces};

use crate::{
    hash::HashSet,
    ir::{Expr, ExprId, ExprKind, FunctionId, Module, Name, Problem, Stmt},
    language::Language,
    span::Span,
};

/// Makes expressions with their numbers, and the module in the end.
#[derive(Debug, Default)]
pub struct Builder {
    names: HashSet<Name>,
    expressions: u32,
    functions: u32,
    problems: Vec<Problem>,
    offset: u32,
    again: Option<Box<Again>>,
    pieces: Option<Pieces>,
}

impl Builder {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `offset` to every place from here on: the text that is read now begins there in the file (a script in HTML).
    pub fn shift(&mut self, offset: u32) {
        self.offset = offset;
    }

    /// What is added to every place now.
    pub fn offset(&self) -> u32 {
        self.offset
    }

    /// A place in the text that is read now as a place in the file.
    pub fn shifted(&self, span: Span) -> Span {
        Span::new(span.start.saturating_add(self.offset), span.end.saturating_add(self.offset))
    }

    /// The place of a node of the grammar's tree.
    pub fn span(&self, node: Node<'_>) -> Span {
        let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX).saturating_add(self.offset);
        Span::new(at(node.start_byte()), at(node.end_byte()))
    }

    /// The one copy of a name. It is the one that the language takes it for: without escapes (`\u0065val`), and in plain
    /// letters where it is written in others that stand for them (`ｅｖａｌ`), which Python does and everybody else reads.
    pub fn name(&mut self, text: &str) -> Name {
        let plain = plain(text);
        let text = plain.as_deref().unwrap_or(text);
        if let Some(known) = self.names.get(text) {
            return known.clone();
        }
        let name: Name = Arc::from(text);
        self.names.insert(name.clone());
        name
    }

    /// An expression with the next number.
    pub fn expr(&mut self, span: Span, kind: ExprKind) -> Expr {
        let id = ExprId(self.expressions);
        self.expressions = self.expressions.saturating_add(1);
        Expr { id, span, kind }
    }

    /// The next function's number.
    pub fn function(&mut self) -> FunctionId {
        let id = FunctionId(self.functions);
        self.functions = self.functions.saturating_add(1);
        id
    }

    /// Notes a range that could not be read.
    pub fn problem(&mut self, span: Span, what: impl Into<String>) {
        self.problems.push(Problem { span, what: what.into() });
    }

    /// Notes from here on what becomes of which node, and takes what an earlier state of the text has.
    pub(super) fn keep(&mut self, again: Option<Again>) {
        self.again = again.map(Box::new);
        self.pieces = Some(Pieces::default());
    }

    /// What was noted.
    pub(super) fn kept(&mut self) -> Option<Pieces> {
        self.again = None;
        self.pieces.take()
    }

    /// The statements of a node from an earlier state of the text, and what else lowering them did.
    pub(super) fn take(&mut self, node: Node<'_>, depth: usize) -> Option<(Vec<Stmt>, bool)> {
        let now = self.numbers();
        let taken = self.again.as_mut()?.take(node, depth, now, self.pieces.as_mut()?)?;
        self.expressions = self.expressions.saturating_add(taken.numbers.expressions);
        self.functions = self.functions.saturating_add(taken.numbers.functions);
        Some((taken.stmts, taken.mark))
    }

    /// Begins a node.
    pub(super) fn begin(&mut self, node: Node<'_>, depth: usize) -> Begun {
        let now = self.numbers();
        self.pieces.as_mut().map_or(Begun::NONE, |pieces| pieces.begin(node, depth, now))
    }

    /// Ends the node that was begun last and not ended.
    pub(super) fn end(&mut self, begun: Begun, stmts: &[Stmt], mark: bool) {
        let now = self.numbers();
        if let Some(pieces) = &mut self.pieces {
            pieces.end(begun, stmts, now, mark);
        }
    }

    fn numbers(&self) -> Numbers {
        Numbers { expressions: self.expressions, functions: self.functions }
    }

    /// The module with these statements.
    pub fn module(self, language: Language, body: Vec<Stmt>) -> Module {
        Module {
            language,
            body,
            problems: self.problems,
            expressions: self.expressions,
            functions: self.functions,
        }
    }
}

/// A name without escapes and in plain letters, where it is not so already.
fn plain(text: &str) -> Option<String> {
    let unescaped = text.contains("\\u").then(|| unescaped(text));
    let text = unescaped.as_deref().unwrap_or(text);
    if text.is_ascii() {
        return unescaped;
    }
    Some(text.nfkc().collect())
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = match part.strip_prefix('{') {
            Some(braced) => braced.split_once('}').unwrap_or((part, "")),
            None => part.split_at_checked(4).unwrap_or((part, "")),
        };
        match u32::from_str_radix(digits, 16).ok().and_then(char::from_u32) {
            Some(letter) => {
                out.push(letter);
                out.push_str(rest);
            }
            // A name of PHP: `\user\…`.
            None => {
                out.push_str("\\u");
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_the_language_takes_it_for() {
        let mut build = Builder::new();
        for (written, name) in [
            ("eval", "eval"),
            ("\\u0065val", "eval"),
            ("ev\\u{61}l", "eval"),
            ("ｅｖａｌ", "eval"),
            ("𝐞𝓿𝖆𝚕", "eval"),
            ("ﬁle", "file"),
            ("größe", "größe"),
            ("\\user\\Model", "\\user\\Model"),
        ] {
            assert_eq!(&*build.name(written), name, "{written}");
        }
    }
}

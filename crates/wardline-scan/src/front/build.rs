//! What every front-end needs to make a tree: numbers for expressions and functions, one copy of each name.

use std::sync::Arc;

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
    pub fn span(&self, node: tree_sitter::Node<'_>) -> Span {
        let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX).saturating_add(self.offset);
        Span::new(at(node.start_byte()), at(node.end_byte()))
    }

    /// The one copy of a name.
    pub fn name(&mut self, text: &str) -> Name {
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

//! What front-ends share that walk a grammar's tree by recursion: bounded depth, short ways to make nodes.

use tree_sitter::Node;

use super::{Builder, DEPTH};
use crate::{
    ir::{Expr, ExprKind, Name, Operator, Stmt, StmtKind},
    span::Span,
};

/// Operands of one operator from this number on are joined evenly, not one inside the other.
const LONG_CHAIN: usize = 24;

/// The work on one text. `State` is what the language needs besides, and keeps the methods of languages apart.
pub(super) struct Lower<'t, 'b, State> {
    pub(super) text: &'t str,
    pub(super) build: &'b mut Builder,
    /// How many calls of [`Lower::nested`] are open.
    pub(super) depth: usize,
    pub(super) state: State,
}

impl<'t, 'b, State> Lower<'t, 'b, State> {
    pub(super) fn new(text: &'t str, build: &'b mut Builder, state: State) -> Self {
        Self { text, build, depth: 0, state }
    }

    pub(super) fn source(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    pub(super) fn make(&mut self, node: Node<'_>, kind: ExprKind) -> Expr {
        let span = self.build.span(node);
        self.build.expr(span, kind)
    }

    /// A name that is not in the source, or not there alone.
    pub(super) fn made_name(&mut self, node: Node<'_>, name: &str) -> Expr {
        let name = self.build.name(name);
        self.make(node, ExprKind::Name(name))
    }

    pub(super) fn statement(&self, node: Node<'_>, kind: StmtKind) -> Stmt {
        Stmt { span: self.build.span(node), kind }
    }

    pub(super) fn spelled(&mut self, node: Node<'_>) -> Name {
        let text = self.source(node);
        self.build.name(text)
    }

    pub(super) fn opaque(&mut self, node: Node<'_>) -> Expr {
        self.make(node, ExprKind::Opaque(Vec::new()))
    }

    /// Runs `lower` one level deeper; at the limit notes the problem and gives an empty opaque expression.
    pub(super) fn nested(&mut self, node: Node<'_>, lower: impl FnOnce(&mut Self) -> Expr) -> Expr {
        if self.depth >= DEPTH {
            self.too_deep(node);
            return self.opaque(node);
        }
        self.depth += 1;
        let lowered = lower(self);
        self.depth -= 1;
        lowered
    }

    /// Runs `lower` one level deeper; at the limit notes the problem and gives no statement.
    pub(super) fn nested_stmts(
        &mut self,
        node: Node<'_>,
        lower: impl FnOnce(&mut Self) -> Vec<Stmt>,
    ) -> Vec<Stmt> {
        if self.depth >= DEPTH {
            self.too_deep(node);
            return Vec::new();
        }
        self.depth += 1;
        let lowered = lower(self);
        self.depth -= 1;
        lowered
    }

    /// The statements of a node from an earlier state of the text, where they are what they were; else those that `lower`
    /// makes. They must depend on nothing but the node and the depth.
    pub(super) fn kept_or(
        &mut self,
        node: Node<'_>,
        lower: impl FnOnce(&mut Self) -> Vec<Stmt>,
    ) -> Vec<Stmt> {
        if let Some((known, _)) = self.build.take(node, self.depth) {
            return known;
        }
        let begun = self.build.begin(node, self.depth);
        let lowered = lower(self);
        self.build.end(begun, &lowered, false);
        lowered
    }

    fn too_deep(&mut self, node: Node<'_>) {
        self.build.problem(self.build.span(node), format!("nested deeper than {DEPTH}"));
    }

    /// The operands of a long chain of one operator that may be joined in any grouping; none when it is short.
    pub(super) fn long_chain(
        &self,
        node: Node<'t>,
        operator: Operator,
        written: &str,
    ) -> Option<Vec<Node<'t>>> {
        let even = [Operator::Add, Operator::Concat, Operator::And, Operator::Or, Operator::Coalesce];
        if !even.contains(&operator) {
            return None;
        }
        let mut operands = Vec::new();
        let mut left = Some(node);
        while let Some(next) = left {
            if matches!(next.kind(), "binary_expression" | "binary")
                && operator_text(self.text, next) == written
            {
                operands.extend(next.child_by_field_name("right"));
                left = next.child_by_field_name("left");
            } else {
                operands.push(next);
                left = None;
            }
        }
        operands.reverse();
        (operands.len() >= LONG_CHAIN).then_some(operands)
    }

    /// Joins values by one operator, pairs of neighbours first, so that a long chain is no deep tree.
    pub(super) fn joined(&mut self, mut operands: Vec<Expr>, operator: Operator) -> Expr {
        while operands.len() > 1 {
            let mut pairs = Vec::with_capacity(operands.len() / 2 + 1);
            let mut rest = operands.into_iter();
            while let Some(left) = rest.next() {
                let Some(right) = rest.next() else {
                    pairs.push(left);
                    break;
                };
                let span = Span::new(left.span.start, right.span.end);
                let kind = ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) };
                pairs.push(self.build.expr(span, kind));
            }
            operands = pairs;
        }
        operands.pop().unwrap_or_else(|| self.build.expr(Span::default(), ExprKind::Opaque(Vec::new())))
    }
}

/// A language whose expressions are lowered by one function; the short ways to reach them come with it.
pub(super) trait Expressions<'t>: Sized {
    /// Lowers an expression. Only [`Lower::expr`] calls it.
    fn lower(lower: &mut Lower<'t, '_, Self>, node: Node<'t>) -> Expr;
}

impl<'t, State: Expressions<'t>> Lower<'t, '_, State> {
    /// An expression, one level deeper.
    pub(super) fn expr(&mut self, node: Node<'t>) -> Expr {
        self.nested(node, |lower| State::lower(lower, node))
    }

    /// An expression; where there is none, an empty opaque one in the place of `around`.
    pub(super) fn expr_or(&mut self, around: Node<'t>, node: Option<Node<'t>>) -> Expr {
        match node {
            Some(node) => self.expr(node),
            None => self.opaque(around),
        }
    }

    /// The expression in field `name`; an empty opaque one where the grammar found none.
    pub(super) fn field(&mut self, node: Node<'t>, name: &str) -> Expr {
        self.expr_or(node, node.child_by_field_name(name))
    }

    pub(super) fn boxed(&mut self, node: Node<'t>, name: &str) -> Box<Expr> {
        Box::new(self.field(node, name))
    }

    /// The first part of a node.
    pub(super) fn first(&mut self, node: Node<'t>) -> Expr {
        self.expr_or(node, children(node).first().copied())
    }

    pub(super) fn exprs(&mut self, nodes: Vec<Node<'t>>) -> Vec<Expr> {
        nodes.into_iter().map(|node| self.expr(node)).collect()
    }

    /// Left and right side of a node with an operator; a long chain of them is joined evenly.
    pub(super) fn binary(&mut self, node: Node<'t>, operator: Operator) -> Expr {
        if let Some(operands) = self.long_chain(node, operator, operator_text(self.text, node)) {
            let operands = self.exprs(operands);
            return self.joined(operands, operator);
        }
        let kind =
            ExprKind::Binary { operator, left: self.boxed(node, "left"), right: self.boxed(node, "right") };
        self.make(node, kind)
    }
}

/// A language whose statements are lowered by one function; the short ways to reach them come with it.
pub(super) trait Statements<'t>: Sized {
    /// Lowers a statement: to none for a type, to several for a declaration of several names. Only [`Lower::stmts`] calls it.
    fn lower(lower: &mut Lower<'t, '_, Self>, node: Node<'t>) -> Vec<Stmt>;
}

impl<'t, State: Statements<'t>> Lower<'t, '_, State> {
    /// The statements that one of the source becomes, one level deeper.
    pub(super) fn stmts(&mut self, node: Node<'t>) -> Vec<Stmt> {
        self.kept_or(node, |lower| lower.nested_stmts(node, |lower| State::lower(lower, node)))
    }

    /// The statements directly in a node.
    pub(super) fn block(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let mut body = Vec::new();
        for child in children(node) {
            body.extend(self.stmts(child));
        }
        body
    }

    /// What the grammar could not read, with the statements that it found in there.
    pub(super) fn unread(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let inner = self.block(node);
        vec![self.statement(node, StmtKind::Opaque(inner))]
    }
}

/// The named children of a node without comments, in one pass: asking for them by number is quadratic.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !is_comment(*child)).collect()
}

pub(super) fn is_comment(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "comment"
            | "html_comment"
            | "hash_bang_line"
            | "line_comment"
            | "block_comment"
            | "heredoc_body"
            | "preproc_region"
            | "preproc_endregion"
            | "preproc_pragma"
            | "preproc_nullable"
    )
}

/// Whether the node has the word or sign `token` as a child of its own.
pub(super) fn has_token(node: Node<'_>, token: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| !child.is_named() && child.kind() == token)
}

/// The named children in a field.
pub(super) fn fields<'t>(node: Node<'t>, name: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(name, &mut cursor)
        .filter(|child| child.is_named() && !is_comment(*child))
        .collect()
}

/// The text of a node's operator.
pub(super) fn operator_text<'t>(text: &'t str, node: Node<'_>) -> &'t str {
    let range = node.child_by_field_name("operator").map(|operator| operator.byte_range());
    range.and_then(|range| text.get(range)).unwrap_or_default()
}

/// The operators that C's descendants write alike.
pub(super) fn binary_operator(text: &str) -> Operator {
    match text {
        "+" => Operator::Add,
        "-" => Operator::Subtract,
        "*" => Operator::Multiply,
        "/" => Operator::Divide,
        "%" => Operator::Modulo,
        "**" => Operator::Power,
        "&" => Operator::BitAnd,
        "|" => Operator::BitOr,
        "^" => Operator::BitXor,
        "<<" => Operator::ShiftLeft,
        ">>" | ">>>" => Operator::ShiftRight,
        "&&" => Operator::And,
        "||" => Operator::Or,
        "??" => Operator::Coalesce,
        "==" => Operator::Equal,
        "!=" => Operator::NotEqual,
        "===" => Operator::Identical,
        "!==" => Operator::NotIdentical,
        "<" => Operator::Less,
        "<=" => Operator::LessEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterEqual,
        "in" => Operator::In,
        "instanceof" => Operator::InstanceOf,
        _ => Operator::Other,
    }
}

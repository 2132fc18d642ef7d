//! What metavariables are bound to.

use crate::{
    ir::{Argument, Expr, ExprId, ExprKind, Stmt},
    span::Span,
};

use super::walk;

/// What a metavariable is bound to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bound<'m> {
    Expr(&'m Expr),
    /// A name that is no expression of its own (of a function, a member, a keyword), and the range that it stands in.
    Name(&'m str, Span),
    /// What a text literal holds.
    Text(&'m str, &'m Expr),
    Arguments(&'m [Argument]),
    Exprs(&'m [Expr]),
    Statements(&'m [Stmt]),
}

impl Bound<'_> {
    /// Where it stands.
    pub(super) fn span(&self) -> Option<Span> {
        let around = |first: Option<Span>, last: Option<Span>| Some(Span::new(first?.start, last?.end));
        match self {
            Self::Expr(expr) | Self::Text(_, expr) => Some(expr.span),
            Self::Name(_, span) => Some(*span),
            Self::Arguments(arguments) => around(
                arguments.first().map(|argument| argument.value.span),
                arguments.last().map(|argument| argument.value.span),
            ),
            Self::Exprs(exprs) => {
                around(exprs.first().map(|expr| expr.span), exprs.last().map(|expr| expr.span))
            }
            Self::Statements(stmts) => {
                around(stmts.first().map(|stmt| stmt.span), stmts.last().map(|stmt| stmt.span))
            }
        }
    }

    /// Its text.
    pub(super) fn text<'t>(&'t self, source: &'t str) -> &'t str {
        match self {
            Self::Name(name, _) => name,
            Self::Text(text, _) => text,
            Self::Expr(expr) => bare(expr).span.of(source),
            _ => self.span().map_or("", |span| span.of(source)),
        }
    }

    /// The expressions that it is.
    pub(super) fn exprs(&self) -> Vec<(ExprId, Span)> {
        let one = |expr: &Expr| (expr.id, expr.span);
        match self {
            Self::Expr(expr) | Self::Text(_, expr) => vec![one(expr)],
            Self::Arguments(arguments) => arguments.iter().map(|argument| one(&argument.value)).collect(),
            Self::Exprs(exprs) => exprs.iter().map(one).collect(),
            Self::Name(..) | Self::Statements(_) => Vec::new(),
        }
    }
}

/// Metavariables with what they are bound to.
#[derive(Debug, Clone, Default)]
pub(super) struct Env<'p, 'm>(Vec<(&'p str, Bound<'m>)>);

impl<'p, 'm> Env<'p, 'm> {
    /// What a metavariable is bound to.
    pub(super) fn get(&self, name: &str) -> Option<&Bound<'m>> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, bound)| bound)
    }

    /// All bindings.
    pub(super) fn all(&self) -> &[(&'p str, Bound<'m>)] {
        &self.0
    }

    /// With one more binding; nothing when the name is bound to something else. `_` is never bound.
    pub(super) fn with(mut self, name: &'p str, bound: Bound<'m>) -> Option<Self> {
        if name == "_" {
            return Some(self);
        }
        match self.get(name) {
            Some(known) => same_bound(known, &bound).then_some(self),
            None => {
                self.0.push((name, bound));
                Some(self)
            }
        }
    }

    /// With the bindings of another; nothing when they differ on a name.
    pub(super) fn merged(&self, other: &Self) -> Option<Self> {
        other.0.iter().try_fold(self.clone(), |env, (name, bound)| env.with(name, *bound))
    }
}

/// An expression without the types that are asserted of it.
fn bare(mut expr: &Expr) -> &Expr {
    while let ExprKind::Cast { value, .. } = &expr.kind {
        expr = value;
    }
    expr
}

fn same_bound(left: &Bound<'_>, right: &Bound<'_>) -> bool {
    match (left, right) {
        (Bound::Expr(a), Bound::Expr(b)) => same(a, b),
        (Bound::Name(a, _), Bound::Name(b, _)) | (Bound::Text(a, _), Bound::Text(b, _)) => a == b,
        (Bound::Name(name, _), Bound::Expr(expr)) | (Bound::Expr(expr), Bound::Name(name, _)) => {
            matches!(&expr.kind, ExprKind::Name(other) if other.as_ref() == *name)
        }
        (Bound::Text(text, _), Bound::Expr(expr)) | (Bound::Expr(expr), Bound::Text(text, _)) => {
            matches!(&expr.kind, ExprKind::Literal(crate::ir::Literal::Text(other)) if other.as_ref() == *text)
        }
        (Bound::Arguments(a), Bound::Arguments(b)) => {
            a.len() == b.len() && a.iter().zip(*b).all(|(a, b)| a.name == b.name && same(&a.value, &b.value))
        }
        (Bound::Exprs(a), Bound::Exprs(b)) => a.len() == b.len() && a.iter().zip(*b).all(|(a, b)| same(a, b)),
        (Bound::Statements(a), Bound::Statements(b)) => a.as_ptr() == b.as_ptr() && a.len() == b.len(),
        _ => false,
    }
}

/// Whether two expressions are written alike.
pub(super) fn same(left: &Expr, right: &Expr) -> bool {
    if std::ptr::eq(left, right) {
        return true;
    }
    if !same_head(&left.kind, &right.kind) {
        return false;
    }
    let (mut a, mut b) = (Vec::new(), Vec::new());
    walk::children(left, &mut |child| a.push(child));
    walk::children(right, &mut |child| b.push(child));
    a.len() == b.len() && a.into_iter().zip(b).all(|(a, b)| same(a, b))
}

/// Whether two expressions are of one kind and have the same names, operators and constants, whatever their parts are.
fn same_head(left: &ExprKind, right: &ExprKind) -> bool {
    use ExprKind as K;
    match (left, right) {
        (K::Literal(a), K::Literal(b)) => a == b,
        (K::Name(a), K::Name(b)) => a == b,
        (K::Member { name: a, .. }, K::Member { name: b, .. }) => a == b,
        (K::Call { arguments: a, is_new: c, .. }, K::Call { arguments: b, is_new: d, .. }) => {
            c == d && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name == b.name)
        }
        (K::Binary { operator: a, .. }, K::Binary { operator: b, .. }) => a == b,
        (K::Unary { operator: a, .. }, K::Unary { operator: b, .. }) => a == b,
        (K::Assign { operator: a, .. }, K::Assign { operator: b, .. }) => a == b,
        (K::List { kind: a, .. }, K::List { kind: b, .. }) => a == b,
        (K::Template(a), K::Template(b)) => {
            use crate::ir::TemplatePart::{Text, Value};
            a.len() == b.len()
                && a.iter().zip(b).all(|parts| match parts {
                    (Text(a), Text(b)) => a == b,
                    (Value(_), Value(_)) => true,
                    _ => false,
                })
        }
        (K::Function(_) | K::Class(_) | K::Element(_) | K::Comprehension { .. } | K::Opaque(_), _) => false,
        _ => std::mem::discriminant(left) == std::mem::discriminant(right),
    }
}

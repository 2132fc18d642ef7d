//! Moves statements of a tree to another place of another text: every place, and every number, by the same amount.

use crate::ir::{
    Argument, Arm, Attribute, Catch, Class, Clause, Declare, Element, Entry, Expr, ExprId, ExprKind,
    Function, FunctionId, Parameter, Stmt, StmtKind, TemplatePart,
};
use crate::span::Span;

/// By how much. Differences wrap around, so that what moves towards the beginning is a large number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Shift {
    /// In bytes of the text.
    pub(crate) bytes: u32,
    /// In numbers of expressions.
    pub(crate) expressions: u32,
    /// In numbers of functions.
    pub(crate) functions: u32,
}

impl Shift {
    /// Whether nothing moves.
    pub(crate) fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Where a range is afterwards.
    pub(crate) fn span(self, span: Span) -> Span {
        Span::new(span.start.wrapping_add(self.bytes), span.end.wrapping_add(self.bytes))
    }

    /// Moves a statement with all that is in it.
    pub(crate) fn stmt(self, stmt: &mut Stmt) {
        let Stmt { span, kind } = stmt;
        *span = self.span(*span);
        match kind {
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Declare(declare) => self.declare(declare),
            StmtKind::If { test, then, otherwise } => {
                self.expr(test);
                self.stmts(then);
                self.stmts(otherwise);
            }
            StmtKind::While { test, body, otherwise, body_first: _ } => {
                self.expr(test);
                self.stmts(body);
                self.stmts(otherwise);
            }
            StmtKind::For { init, test, update, body } => {
                self.stmts(init);
                self.exprs(test);
                self.exprs(update);
                self.stmts(body);
            }
            StmtKind::ForEach { target, over, keys: _, body, otherwise } => {
                self.expr(target);
                self.expr(over);
                self.stmts(body);
                self.stmts(otherwise);
            }
            StmtKind::Switch { subject, arms } => {
                self.expr(subject);
                for Arm { patterns, guard, body, falls_through: _ } in arms {
                    self.exprs(patterns);
                    self.exprs(guard);
                    self.stmts(body);
                }
            }
            StmtKind::Return(value) | StmtKind::Throw(value) => self.exprs(value),
            StmtKind::Try { body, catches, otherwise, finally } => {
                self.stmts(body);
                for Catch { types, name, body } in catches {
                    self.exprs(types);
                    self.exprs(name);
                    self.stmts(body);
                }
                self.stmts(otherwise);
                self.stmts(finally);
            }
            StmtKind::With { items, body } => {
                for (value, target) in items {
                    self.expr(value);
                    self.exprs(target);
                }
                self.stmts(body);
            }
            StmtKind::Function(function) => self.function(function),
            StmtKind::Class(class) => self.class(class),
            StmtKind::Block(body) | StmtKind::Opaque(body) => self.stmts(body),
            StmtKind::Delete(values) => self.exprs(values),
            StmtKind::Break
            | StmtKind::Continue
            | StmtKind::Import(_)
            | StmtKind::Export(_)
            | StmtKind::Global(_) => {}
        }
    }

    fn stmts(self, stmts: &mut [Stmt]) {
        stmts.iter_mut().for_each(|stmt| self.stmt(stmt));
    }

    fn declare(self, declare: &mut Declare) {
        let Declare { target, declared_type, value, block_scoped: _, constant: _, decorators } = declare;
        self.expr(target);
        self.exprs(declared_type);
        self.exprs(value);
        self.exprs(decorators);
    }

    fn function(self, function: &mut Function) {
        let Function {
            id,
            name: _,
            parameters,
            returns,
            decorators,
            body,
            is_async: _,
            is_generator: _,
            is_static: _,
            span,
        } = function;
        *id = FunctionId(id.0.wrapping_add(self.functions));
        *span = self.span(*span);
        for Parameter { target, declared_type, default, kind: _, decorators } in parameters {
            self.expr(target);
            self.exprs(declared_type);
            self.exprs(default);
            self.exprs(decorators);
        }
        self.exprs(returns);
        self.exprs(decorators);
        self.stmts(body);
    }

    fn class(self, class: &mut Class) {
        let Class { name: _, bases, decorators, members, span } = class;
        *span = self.span(*span);
        self.exprs(bases);
        self.exprs(decorators);
        self.stmts(members);
    }

    fn exprs<'e>(self, exprs: impl IntoIterator<Item = &'e mut Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    fn expr(self, expr: &mut Expr) {
        let Expr { id, span, kind } = expr;
        *id = ExprId(id.0.wrapping_add(self.expressions));
        *span = self.span(*span);
        match kind {
            ExprKind::Literal(_) | ExprKind::Name(_) => {}
            ExprKind::Member { object: inner, name: _ }
            | ExprKind::Unary { operator: _, value: inner }
            | ExprKind::Await(inner)
            | ExprKind::Spread(inner)
            | ExprKind::Command(inner) => self.expr(inner),
            ExprKind::Index { object: first, index: second }
            | ExprKind::Binary { operator: _, left: first, right: second }
            | ExprKind::Tagged { tag: first, template: second }
            | ExprKind::Assign { target: first, operator: _, value: second } => {
                self.expr(first);
                self.expr(second);
            }
            ExprKind::Slice(bounds) => self.exprs(bounds.iter_mut().flatten()),
            ExprKind::Call { callee, arguments, is_new: _ } => {
                self.expr(callee);
                self.exprs(arguments.iter_mut().map(|Argument { name: _, value }| value));
            }
            ExprKind::Conditional { test, then, otherwise } => {
                [test, then, otherwise].into_iter().for_each(|part| self.expr(part));
            }
            ExprKind::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Value(value) = part {
                        self.expr(value);
                    }
                }
            }
            ExprKind::List { elements, kind: _ } => self.exprs(elements),
            ExprKind::Opaque(parts) => self.exprs(parts),
            ExprKind::Map(entries) => {
                for Entry { key, value } in entries {
                    self.exprs(key);
                    self.expr(value);
                }
            }
            ExprKind::Function(function) => self.function(function),
            ExprKind::Class(class) => self.class(class),
            ExprKind::Comprehension { element, clauses, kind: _ } => {
                self.expr(element);
                for clause in clauses {
                    match clause {
                        Clause::For(target, over) => [target, over].into_iter().for_each(|e| self.expr(e)),
                        Clause::If(test) => self.expr(test),
                    }
                }
            }
            ExprKind::Yield(value) => self.exprs(value.as_deref_mut()),
            ExprKind::Cast { value, to } => {
                self.expr(value);
                self.exprs(to.as_deref_mut());
            }
            ExprKind::Element(element) => {
                let Element { tag: _, attributes, children } = &mut **element;
                for Attribute { name: _, value, span } in attributes {
                    *span = self.span(*span);
                    self.exprs(value);
                }
                self.exprs(children);
            }
        }
    }
}

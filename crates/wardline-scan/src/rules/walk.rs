//! One walk over a module: every expression, and every list of statements.

use crate::ir::{
    Argument, Clause, Expr, ExprKind, Function, Import, Parameter, Stmt, StmtKind, TemplatePart,
};

/// What a walk meets, outside in. The lists of statements are met as a whole, before what is in them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Node<'m> {
    Expr(&'m Expr),
    Block(&'m [Stmt]),
    /// A function that is a value or a statement.
    Function(&'m Function),
    Imports(&'m [Import]),
}

impl<'m> Node<'m> {
    /// Calls `visit` with what is given a value here, and the value: by an assignment, or by the declarations of a list.
    pub(super) fn given(self, mut visit: impl FnMut(&'m Expr, &'m Expr)) {
        match self {
            Node::Expr(Expr { kind: ExprKind::Assign { target, value, .. }, .. }) => visit(target, value),
            Node::Block(statements) => {
                for statement in statements {
                    if let StmtKind::Declare(declare) = &statement.kind
                        && let Some(value) = &declare.value
                    {
                        visit(&declare.target, value);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Calls `visit` for everything in `block`.
pub(crate) fn block<'m>(block_: &'m [Stmt], visit: &mut dyn FnMut(Node<'m>)) {
    visit(Node::Block(block_));
    for stmt in block_ {
        statement(stmt, visit);
    }
}

/// Calls `visit` for everything in a statement, its lists of statements included.
pub(crate) fn statement<'m>(stmt: &'m Stmt, visit: &mut dyn FnMut(Node<'m>)) {
    if let StmtKind::Import(imports) = &stmt.kind {
        visit(Node::Imports(imports));
    }
    if let StmtKind::Function(function_) = &stmt.kind {
        function(function_, visit);
        return;
    }
    for part in parts(stmt) {
        match part {
            Part::Expr(inner) => expression(inner, visit),
            Part::Block(inner) => block(inner, visit),
        }
    }
}

/// A part of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'m> {
    Expr(&'m Expr),
    Block(&'m [Stmt]),
}

/// The direct parts of a statement in their order. Those of a function are its parameters' and its body.
pub(crate) fn parts(stmt: &Stmt) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let expr = |parts: &mut Vec<_>, inner| parts.push(Part::Expr(inner));
    match &stmt.kind {
        StmtKind::Expr(inner) => expr(&mut parts, inner),
        StmtKind::Declare(declare) => {
            parts.extend(declare.decorators.iter().map(Part::Expr));
            parts.push(Part::Expr(&declare.target));
            parts.extend(declare.declared_type.iter().chain(&declare.value).map(Part::Expr));
        }
        StmtKind::If { test, then, otherwise } => {
            parts.extend([Part::Expr(test), Part::Block(then), Part::Block(otherwise)]);
        }
        StmtKind::While { test, body, otherwise, .. } => {
            parts.extend([Part::Expr(test), Part::Block(body), Part::Block(otherwise)]);
        }
        StmtKind::For { init, test, update, body } => {
            parts.push(Part::Block(init));
            parts.extend(test.iter().chain(update).map(Part::Expr));
            parts.push(Part::Block(body));
        }
        StmtKind::ForEach { target, over, body, otherwise, .. } => {
            parts.extend([Part::Expr(target), Part::Expr(over), Part::Block(body), Part::Block(otherwise)]);
        }
        StmtKind::Switch { subject, arms } => {
            parts.push(Part::Expr(subject));
            for arm in arms {
                parts.extend(arm.patterns.iter().chain(&arm.guard).map(Part::Expr));
                parts.push(Part::Block(&arm.body));
            }
        }
        StmtKind::Return(value) | StmtKind::Throw(value) => parts.extend(value.iter().map(Part::Expr)),
        StmtKind::Try { body, catches, otherwise, finally } => {
            parts.push(Part::Block(body));
            for catch in catches {
                parts.extend(catch.types.iter().chain(&catch.name).map(Part::Expr));
                parts.push(Part::Block(&catch.body));
            }
            parts.extend([Part::Block(otherwise), Part::Block(finally)]);
        }
        StmtKind::With { items, body } => {
            for (value, target) in items {
                parts.push(Part::Expr(value));
                parts.extend(target.iter().map(Part::Expr));
            }
            parts.push(Part::Block(body));
        }
        StmtKind::Class(class) => {
            parts.extend(class.decorators.iter().chain(&class.bases).map(Part::Expr));
            parts.push(Part::Block(&class.members));
        }
        StmtKind::Block(body) | StmtKind::Opaque(body) => parts.push(Part::Block(body)),
        StmtKind::Delete(values) => parts.extend(values.iter().map(Part::Expr)),
        StmtKind::Function(_)
        | StmtKind::Break
        | StmtKind::Continue
        | StmtKind::Import(_)
        | StmtKind::Export(_)
        | StmtKind::Global(_) => {}
    }
    parts
}

/// Calls `visit` for a function and everything in it.
pub(crate) fn function<'m>(function: &'m Function, visit: &mut dyn FnMut(Node<'m>)) {
    visit(Node::Function(function));
    for decorator in &function.decorators {
        expression(decorator, visit);
    }
    for parameter in &function.parameters {
        parameter_(parameter, visit);
    }
    if let Some(returns) = &function.returns {
        expression(returns, visit);
    }
    block(&function.body, visit);
}

fn parameter_<'m>(parameter: &'m Parameter, visit: &mut dyn FnMut(Node<'m>)) {
    let parts = parameter.decorators.iter().chain(&parameter.declared_type).chain(&parameter.default);
    for part in std::iter::once(&parameter.target).chain(parts) {
        expression(part, visit);
    }
}

/// Calls `visit` for an expression and everything in it.
pub(crate) fn expression<'m>(expr: &'m Expr, visit: &mut dyn FnMut(Node<'m>)) {
    visit(Node::Expr(expr));
    match &expr.kind {
        ExprKind::Function(inner) => function(inner, visit),
        ExprKind::Class(class) => {
            for part in class.decorators.iter().chain(&class.bases) {
                expression(part, visit);
            }
            block(&class.members, visit);
        }
        _ => children(expr, &mut |child| expression(child, visit)),
    }
}

/// Calls `visit` for the statements of the functions and classes in an expression, but for those in others.
pub(crate) fn functions<'m>(expr: &'m Expr, visit: &mut dyn FnMut(&'m [Stmt])) {
    match &expr.kind {
        ExprKind::Function(function) => visit(&function.body),
        ExprKind::Class(class) => visit(&class.members),
        _ => children(expr, &mut |child| functions(child, visit)),
    }
}

/// Calls `visit` for an expression and what is in it, but for what is in functions and classes.
pub(crate) fn outside_functions<'m>(expr: &'m Expr, visit: &mut dyn FnMut(&'m Expr)) {
    visit(expr);
    children(expr, &mut |child| outside_functions(child, visit));
}

/// Calls `visit` for the direct parts of an expression, but not for those of functions and classes.
pub(crate) fn children<'m>(expr: &'m Expr, visit: &mut dyn FnMut(&'m Expr)) {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Function(_) | ExprKind::Class(_) => {}
        ExprKind::Member { object: inner, .. }
        | ExprKind::Unary { value: inner, .. }
        | ExprKind::Await(inner)
        | ExprKind::Spread(inner)
        | ExprKind::Command(inner) => visit(inner),
        ExprKind::Index { object: first, index: second }
        | ExprKind::Binary { left: first, right: second, .. }
        | ExprKind::Tagged { tag: first, template: second }
        | ExprKind::Assign { target: first, value: second, .. } => {
            visit(first);
            visit(second);
        }
        ExprKind::Slice(bounds) => bounds.iter().flatten().for_each(visit),
        ExprKind::Call { callee, arguments, .. } => {
            visit(callee);
            arguments.iter().for_each(|Argument { value, .. }| visit(value));
        }
        ExprKind::Conditional { test, then, otherwise } => {
            [test, then, otherwise].into_iter().for_each(|part| visit(part));
        }
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Value(value) = part {
                    visit(value);
                }
            }
        }
        ExprKind::List { elements: parts, .. } | ExprKind::Opaque(parts) => parts.iter().for_each(visit),
        ExprKind::Map(entries) => {
            for entry in entries {
                entry.key.iter().for_each(&mut *visit);
                visit(&entry.value);
            }
        }
        ExprKind::Comprehension { element, clauses, .. } => {
            visit(element);
            for clause in clauses {
                match clause {
                    Clause::For(target, over) => [target, over].into_iter().for_each(&mut *visit),
                    Clause::If(test) => visit(test),
                }
            }
        }
        ExprKind::Yield(value) => value.iter().for_each(|value| visit(value)),
        ExprKind::Cast { value, to } => {
            visit(value);
            to.iter().for_each(|to| visit(to));
        }
        ExprKind::Element(element) => {
            element.attributes.iter().filter_map(|attribute| attribute.value.as_ref()).for_each(&mut *visit);
            element.children.iter().for_each(visit);
        }
    }
}

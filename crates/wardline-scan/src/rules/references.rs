//! Functions that are named and not called: `run = cursor.execute`, `[eval]`, `map(os.system, …)`.
//!
//! What the rules say about a call of such a function is found out by writing the call out: `cursor.execute(x)` with made-up
//! arguments, as if it stood where the name stands. Flow then knows what a value does when it is called, wherever that is.

use super::{
    text::Words,
    walk::{self, Node},
};
use crate::{
    hash::HashMap,
    ir::{Argument, Expr, ExprId, ExprKind, Literal, Module, Stmt, StmtKind},
    role::{Reference, Role, Roles},
};

/// How many arguments a call has that is written out.
const ARGUMENTS: u8 = 3;

/// How many functions of one file are written out; what is said of further ones is that there are too many.
const REFERENCES: usize = 1000;

/// A call that is written out.
pub(super) struct Made {
    /// The expression that names the function; none where it is called there, with arguments from a list or a map.
    of: Option<ExprId>,
    pub(super) call: Expr,
}

/// The calls of all functions that a module names without calling them, as far as `words` has their names. Also whether
/// that is all.
pub(super) fn calls(module: &Module, words: &Words) -> (Vec<Made>, bool) {
    let mut named: Vec<&Expr> = Vec::new();
    // What a file binds to a value of its own is told by that value.
    let mut bound: HashMap<&str, Option<&Expr>> = HashMap::default();
    let mut spread: Vec<&Expr> = Vec::new();
    let mut bind = |target, value| {
        if let Some(name) = name(target) {
            bound.entry(name).and_modify(|known| *known = None).or_insert(value);
        }
    };
    walk::block(&module.body, &mut |node| match node {
        Node::Expr(expr) => {
            match &expr.kind {
                ExprKind::Assign { target, operator, value } => {
                    bind(target, operator.is_none().then_some(&**value));
                }
                ExprKind::Call { arguments, .. } => {
                    let many = |argument: &Argument| matches!(argument.value.kind, ExprKind::Spread(_));
                    spread.extend(arguments.iter().any(many).then_some(expr));
                }
                _ => {}
            }
            parts(expr, &mut |value| candidates(value, words, &mut named));
        }
        Node::Block(stmts) => {
            for stmt in stmts {
                if let StmtKind::Declare(declare) = &stmt.kind {
                    bind(&declare.target, declare.value.as_ref());
                } else if let StmtKind::ForEach { target, .. } = &stmt.kind {
                    bind(target, None);
                }
                statement(stmt, words, &mut named);
            }
        }
        Node::Function(function) => {
            function.parameters.iter().for_each(|parameter| bind(&parameter.target, None));
            let defaults = function.parameters.iter().filter_map(|parameter| parameter.default.as_ref());
            defaults.chain(&function.decorators).for_each(|value| candidates(value, words, &mut named));
        }
        Node::Imports(_) => {}
    });
    named.retain(|expr| name(expr).is_none_or(|name| !bound.contains_key(name)));
    let all = named.len() <= REFERENCES;
    let mut next = module.expressions;
    let mut number = || {
        next = next.saturating_add(1);
        ExprId(next)
    };
    let made = named.into_iter().take(REFERENCES).flat_map(|expr| {
        let call = |count: u8| {
            let arguments = (0..count).map(|place| Argument {
                name: None,
                value: Expr {
                    id: number(),
                    span: expr.span,
                    kind: ExprKind::Name(format!("__wl_argument_{place}").into()),
                },
            });
            let arguments = arguments.collect();
            let kind = ExprKind::Call { callee: Box::new(expr.clone()), arguments, is_new: false };
            Made { of: Some(expr.id), call: Expr { id: number(), span: expr.span, kind } }
        };
        (0..=ARGUMENTS).map(call).collect::<Vec<_>>()
    });
    let mut made: Vec<Made> = made.collect();
    for call in spread.into_iter().take(REFERENCES) {
        let ExprKind::Call { callee, arguments, is_new } = &call.kind else { continue };
        let Some(arguments) = written_out(arguments, &bound) else { continue };
        let kind = ExprKind::Call { callee: callee.clone(), arguments, is_new: *is_new };
        made.push(Made { of: None, call: Expr { id: call.id, span: call.span, kind } });
    }
    (made, all)
}

/// Arguments with what `**map` holds in its place, where that is written in the file; none when it is not. The elements of
/// `*list` are known to flow.
fn written_out(arguments: &[Argument], bound: &HashMap<&str, Option<&Expr>>) -> Option<Vec<Argument>> {
    let mut out = Vec::new();
    for argument in arguments {
        let ExprKind::Spread(inner) = &argument.value.kind else {
            out.push(argument.clone());
            continue;
        };
        let held = match &inner.kind {
            ExprKind::Name(name) => bound.get(&**name).copied().flatten()?,
            _ => inner,
        };
        let ExprKind::Map(entries) = &held.kind else { return None };
        for entry in entries {
            let Some(Expr { kind: ExprKind::Literal(Literal::Text(key)), .. }) = &entry.key else {
                return None;
            };
            out.push(Argument { name: Some(key.clone()), value: entry.value.clone() });
        }
    }
    Some(out)
}

/// Takes what the rules said about the made-up calls over to what names their functions.
pub(super) fn take(made: &[Made], roles: &mut Roles) {
    for Made { of, call } in made {
        let (Some(of), ExprKind::Call { arguments, .. }) = (of, &call.kind) else { continue };
        let count = u8::try_from(arguments.len()).unwrap_or(ARGUMENTS);
        let places = (0..).zip(arguments).map(|(place, argument)| (Some(place), argument.value.id));
        for (at, id) in std::iter::once((None, call.id)).chain(places) {
            for role in roles.take(id) {
                let told = matches!(role, Role::Sink { .. } | Role::Source { .. } | Role::Sanitizer { .. });
                if told && (at.is_none() || matches!(role, Role::Sink { .. })) {
                    roles.refer(*of, Reference { arguments: count, at, role });
                }
            }
        }
    }
}

fn name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        _ => None,
    }
}

/// The values of a statement that may be called later.
fn statement<'m>(stmt: &'m Stmt, words: &Words, named: &mut Vec<&'m Expr>) {
    match &stmt.kind {
        StmtKind::Declare(declare) => {
            declare.value.iter().for_each(|value| candidates(value, words, named));
        }
        StmtKind::Return(Some(value)) => candidates(value, words, named),
        _ => {}
    }
}

/// The values in an expression that may be called later.
fn parts<'m>(expr: &'m Expr, take: &mut dyn FnMut(&'m Expr)) {
    match &expr.kind {
        ExprKind::Assign { value, .. } => take(value),
        ExprKind::Call { callee, arguments, .. } => {
            arguments.iter().for_each(|argument| take(&argument.value));
            match &callee.kind {
                // `eval.call(null, x)`
                ExprKind::Member { object, name }
                    if matches!(&**name, "call" | "apply" | "bind" | "__call__") =>
                {
                    take(object);
                }
                ExprKind::Name(_) | ExprKind::Member { .. } | ExprKind::Index { .. } => {}
                // `(0, eval)(x)`, `(await get).run(x)`
                _ => take(callee),
            }
        }
        ExprKind::Tagged { tag, .. } => take(tag),
        ExprKind::List { elements, .. } => elements.iter().for_each(take),
        ExprKind::Map(entries) => entries.iter().for_each(|entry| take(&entry.value)),
        ExprKind::Yield(Some(value)) => take(value),
        _ => {}
    }
}

/// The names in a value that may be that of a function.
fn candidates<'m>(value: &'m Expr, words: &Words, named: &mut Vec<&'m Expr>) {
    let mut both = |values: [&'m Expr; 2]| values.iter().for_each(|value| candidates(value, words, named));
    match &value.kind {
        ExprKind::Conditional { then, otherwise, .. } => both([&**then, &**otherwise]),
        ExprKind::Binary { left, right, .. } => both([&**left, &**right]),
        ExprKind::Await(inner) | ExprKind::Spread(inner) | ExprKind::Cast { value: inner, .. } => {
            candidates(inner, words, named);
        }
        ExprKind::Name(name) | ExprKind::Member { name, .. }
            if words.has(name) && !named.iter().rev().take(4).any(|known| known.id == value.id) =>
        {
            named.push(value);
        }
        // The name may be put together: rules know it then.
        ExprKind::Index { index, .. } if !matches!(index.kind, ExprKind::Slice(_) | ExprKind::Name(_)) => {
            named.push(value);
        }
        ExprKind::Call { callee, arguments, .. } if arguments.len() >= 2 => {
            if matches!(&callee.kind, ExprKind::Name(name) if &**name == "getattr") {
                named.push(value);
            }
        }
        _ => {}
    }
}

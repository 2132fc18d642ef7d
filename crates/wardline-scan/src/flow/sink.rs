//! What reaches a sink.

use super::{
    interpreter::Interpreter,
    place::is_place,
    taint::{Mark, Taint},
    value::{Shape, Value},
};
use crate::{
    ir::{Expr, ExprId, ExprKind},
    role::{Reach, Role, RuleSet},
    span::Span,
};

impl<'p> Interpreter<'p> {
    /// Notes what of these values reaches the sink at a place.
    pub(super) fn sink(&mut self, at: Span, rules: RuleSet, reach: Reach, values: &[Value<'p>]) {
        let of = |value: &Value<'p>| if reach.shallow { value.taint.clone() } else { value.deep_taint() };
        let taint = values.iter().fold(Taint::default(), |taint, value| taint.join(&of(value)));
        let mut reached = RuleSet::default();
        for mark in taint.marks() {
            let both = mark.rules.intersection(rules);
            reached = reached.union(both);
            for rule in both.rules() {
                self.found(rule, at, Some(mark));
            }
        }
        // A call from elsewhere has its own arguments; what is not known is told once, where the function itself is run.
        if self.calls == 0 && !reach.proven && values.iter().any(|value| doubtful(value, reach.shallow)) {
            for rule in rules.without(reached).rules() {
                self.found(rule, at, None::<&Mark>);
            }
        }
    }

    /// A member or element that is a sink for what it is given.
    pub(super) fn sink_of_target(&mut self, target: &'p Expr, value: &Value<'p>) {
        for role in self.roles(target.id) {
            if let Role::Sink { rules, reach, .. } = role {
                self.sink(target.span, *rules, *reach, std::slice::from_ref(value));
            }
        }
    }

    /// The same for a name.
    pub(super) fn sink_of_place(&mut self, target: &'p Expr) {
        if self.roles(target.id).is_empty() {
            return;
        }
        let value = self.peek(target);
        self.sink_of_target(target, &value);
    }

    /// What is in `from` is in `to` too, from here on.
    pub(super) fn propagate(&mut self, within: &'p Expr, rules: RuleSet, from: ExprId, to: ExprId) {
        let (Some(from), Some(to)) = (part(within, from, 0), part(within, to, 0)) else { return };
        let given = self.quiet(from).deep_taint().only(rules);
        if !given.is_clean() && is_place(to) {
            let value = self.peek(to).tainted(&given);
            self.update(to, value);
        }
    }
}

/// Whether a value that reaches a sink could be anything.
fn doubtful(value: &Value<'_>, shallow: bool) -> bool {
    match &value.shape {
        Shape::Function(_) | Shape::Class(_) | Shape::Module(_) | Shape::Method(_) => false,
        _ if shallow => value.unknown,
        _ => value.deep_unknown(),
    }
}

/// The part of a call or member with that number.
fn part(within: &Expr, id: ExprId, depth: usize) -> Option<&Expr> {
    if within.id == id {
        return Some(within);
    }
    if depth > 8 {
        return None;
    }
    match &within.kind {
        ExprKind::Call { callee, arguments, .. } => part(callee, id, depth + 1)
            .or_else(|| arguments.iter().find_map(|argument| part(&argument.value, id, depth + 1))),
        ExprKind::Member { object, .. } => part(object, id, depth + 1),
        ExprKind::Index { object, index } => {
            part(object, id, depth + 1).or_else(|| part(index, id, depth + 1))
        }
        ExprKind::Assign { target, value, .. } => {
            part(target, id, depth + 1).or_else(|| part(value, id, depth + 1))
        }
        _ => None,
    }
}

//! Which arm of a `switch` is taken, and what it binds.

use super::{
    constant::{self, Constant},
    interpreter::Interpreter,
    place::is_place,
    value::{Shape, Value},
};
use crate::ir::{Arm, Expr, ExprKind, Operator};

impl<'p> Interpreter<'p> {
    /// Whether an arm is taken for a value; none when that depends.
    pub(super) fn selects(&mut self, arm: &'p Arm, value: &Value<'p>) -> Option<bool> {
        let mut any = Some(arm.patterns.is_empty());
        for pattern in &arm.patterns {
            any = match (any, self.fits(pattern, value)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        match (&arm.guard, any) {
            (_, Some(false)) => Some(false),
            (Some(_), _) => None,
            (None, any) => any,
        }
    }

    fn fits(&mut self, pattern: &'p Expr, value: &Value<'p>) -> Option<bool> {
        match &pattern.kind {
            // A bare name takes whatever comes, where the language says so.
            ExprKind::Name(_) if self.python() => Some(true),
            ExprKind::Assign { value: inner, .. } if self.python() => self.fits(inner, value),
            ExprKind::List { .. } | ExprKind::Map(_) | ExprKind::Call { .. } if self.python() => {
                matches!(value.shape, Shape::Constant(_)).then_some(false)
            }
            _ => {
                // `switch (true) { case x > 3: … }` is a row of conditions.
                let given = self.eval(pattern);
                let clean = value.taint.is_clean() && given.taint.is_clean();
                let (Some(left), Some(right)) = (value.as_constant(), given.as_constant()) else {
                    return None;
                };
                match constant::binary(Operator::Equal, left, right, self.python()) {
                    Some(Constant::Bool(equal)) if clean => Some(equal),
                    _ => None,
                }
            }
        }
    }

    /// Takes in that an arm was taken.
    pub(super) fn bind_patterns(&mut self, arm: &'p Arm, subject: &'p Expr, value: &Value<'p>) {
        let constants = arm.patterns.iter().all(|pattern| matches!(pattern.kind, ExprKind::Literal(_)));
        if constants && !arm.patterns.is_empty() && is_place(subject) {
            self.clean(subject, None);
        }
        if self.python() {
            for pattern in &arm.patterns {
                self.bind_pattern(pattern, value);
            }
        }
        if let Some(guard) = &arm.guard {
            self.eval(guard);
            self.refine(guard, true);
        }
    }

    fn bind_pattern(&mut self, pattern: &'p Expr, value: &Value<'p>) {
        match &pattern.kind {
            ExprKind::Name(_) => self.assign(pattern, value.clone(), None),
            ExprKind::Assign { target, value: inner, .. } => {
                self.assign(target, value.clone(), None);
                self.bind_pattern(inner, value);
            }
            ExprKind::List { elements, .. } => {
                for (place, element) in elements.iter().enumerate() {
                    let key = Value::constant(i64::try_from(place).unwrap_or(0));
                    let part = match &element.kind {
                        ExprKind::Spread(_) => Value::list(Vec::new(), Some(value.element())),
                        _ => super::container::at(value, &key),
                    };
                    self.bind_pattern(element, &part);
                }
            }
            ExprKind::Map(entries) => {
                for entry in entries {
                    let key = entry.key.as_ref().map_or_else(Value::unknown, |key| self.peek(key));
                    let part = super::container::at(value, &key);
                    self.bind_pattern(&entry.value, &part);
                }
            }
            ExprKind::Spread(inner) => self.bind_pattern(inner, value),
            ExprKind::Call { arguments, .. } => {
                for argument in arguments {
                    let part = match &argument.name {
                        Some(name) => self.member(value, &name.clone(), argument.value.span),
                        None => Value::any(value.deep_taint(), value.deep_unknown()),
                    };
                    self.bind_pattern(&argument.value, &part);
                }
            }
            _ => {}
        }
    }
}

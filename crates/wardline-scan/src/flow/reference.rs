//! Calls of functions by a value: `run = cursor.execute` and later `run(x)`, functions in tables, functions that are given
//! to others, and functions with some of their arguments.

use super::{
    call::Given,
    evaluate::mixed,
    interpreter::Interpreter,
    taint::Taint,
    value::{Shape, Value},
};
use crate::{
    role::{Reach, Reference, Role, RuleSet},
    span::Span,
};

/// The highest number of arguments that rules were asked about.
const ARGUMENTS: u8 = 3;

/// What rules say of the result of a call by a value.
#[derive(Debug, Default)]
pub(super) struct Referred {
    taint: Taint,
    harmless: RuleSet,
}

impl Referred {
    /// The result with that.
    pub(super) fn told_of<'p>(&self, value: Value<'p>) -> Value<'p> {
        if self.harmless.is_empty() {
            return value.tainted(&self.taint);
        }
        let mended = value.map_taint(&|taint| taint.without(self.harmless));
        Value { unknown: false, ..mended }.tainted(&self.taint)
    }
}

impl<'p> Interpreter<'p> {
    /// Notes what of the arguments reaches what the function may be. `places` are those of the arguments, where they are
    /// written at the call.
    pub(super) fn referred(
        &mut self,
        function: &Value<'p>,
        given: &[Given<'p>],
        places: &[Span],
        span: Span,
    ) -> Referred {
        let mut told = Referred::default();
        let spread = given.iter().any(|given| given.spread);
        let count = u8::try_from(given.len()).unwrap_or(ARGUMENTS).min(ARGUMENTS);
        for (unit, expression) in function.via.all() {
            let references: &'p [Reference] =
                self.source(*unit).map_or(&[], |unit| unit.roles.references(*expression));
            for reference in references {
                // A script may be called with more than it takes; so does every function that calls it back.
                let fits = reference.arguments == count
                    || reference.arguments < count && reference.arguments > 0 && !self.python();
                if !(fits || spread && reference.arguments > 0) {
                    continue;
                }
                match reference.role {
                    Role::Sink { rules, reach, .. } => {
                        let values: Vec<_> = match reference.at.map(usize::from) {
                            Some(_) if spread => given.iter().map(|given| flat(&given.value)).collect(),
                            Some(at) => given.get(at).map(|given| given.value.clone()).into_iter().collect(),
                            None => given.iter().map(|given| given.value.clone()).collect(),
                        };
                        let at = reference.at.and_then(|at| places.get(usize::from(at))).copied();
                        let reach = Reach { shallow: reach.shallow && !spread, ..reach };
                        self.sink(at.unwrap_or(span), rules, reach, &values);
                    }
                    Role::Source { rules, weak } => {
                        let site = (*unit, *expression);
                        told.taint = told.taint.join(&Taint::source(site, span, rules, weak));
                    }
                    Role::Sanitizer { rules, .. } => told.harmless = told.harmless.union(rules),
                    _ => {}
                }
            }
        }
        told
    }

    /// Functions that are handed to what is not in the program are called by it with anything else that it is given:
    /// `Thread(target=os.system, args=(line,))`.
    pub(super) fn handed_on(&mut self, receiver: Option<&Value<'p>>, given: &[Given<'p>], span: Span) {
        for (place, handed) in given.iter().enumerate() {
            if handed.value.via.is_empty() {
                continue;
            }
            let others = given.iter().enumerate().filter(|(other, _)| *other != place);
            let others: Vec<_> =
                others.map(|(_, given)| given.value.clone()).chain(receiver.cloned()).collect();
            // What is not known is no news here: most of what is handed on is called with nothing of ours.
            let value = Value { unknown: false, ..mixed(&others) };
            let any = Given { spread: true, ..Given::plain(value) };
            self.referred(&handed.value, &[any], &[], span);
        }
    }

    /// `f.call(this, x)`, `f.apply(this, [x])`, `f.bind(this, x)`, `f.__call__(x)`.
    pub(super) fn called_by_method(
        &mut self,
        receiver: &Value<'p>,
        name: &str,
        given: &[Given<'p>],
        span: Span,
    ) -> Option<Value<'p>> {
        if !receiver.callable() {
            return None;
        }
        let python = self.python();
        let rest = given.get(1..).unwrap_or_default();
        match name {
            "__call__" if python => Some(self.apply(receiver, given.to_vec(), span).0),
            "call" if !python => Some(self.apply(receiver, rest.to_vec(), span).0),
            "apply" if !python => {
                let all = rest.iter().map(|given| Given { spread: true, ..given.clone() }).collect();
                Some(self.apply(receiver, all, span).0)
            }
            "bind" if !python => {
                let rest = rest.iter().map(|given| (given.name.clone(), given.value.clone())).collect();
                Some(Value::partial(receiver.clone(), rest))
            }
            _ => None,
        }
    }
}

/// A value as one that may be any of its elements.
fn flat<'p>(value: &Value<'p>) -> Value<'p> {
    match value.shape {
        Shape::List(_) | Shape::Map(_) => Value::any(value.deep_taint(), value.deep_unknown()),
        _ => value.clone(),
    }
}

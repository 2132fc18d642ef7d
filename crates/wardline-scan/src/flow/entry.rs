//! Running what nobody in sight calls: every function of a file with arguments of unknown origin, every class with what
//! its methods leave in its objects.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    interpreter::{Entry, Interpreter},
    value::{ClassValue, Closure, Shape, Value},
};
use crate::{ir::ParameterKind, language::Language};

impl<'p> Interpreter<'p> {
    pub(super) fn run_entries(&mut self) {
        while let Some(entry) = self.entries.pop_front() {
            if self.exhausted {
                self.entries.clear();
                return;
            }
            match entry {
                Entry::Function(closure) => self.run_entry(&closure, None),
                Entry::Class(class) => self.run_class(&class),
            }
        }
    }

    fn run_entry(&mut self, closure: &Arc<Closure<'p>>, receiver: Option<Value<'p>>) {
        if receiver.is_none() && !self.entered.insert((closure.unit, closure.function.id)) {
            return;
        }
        self.enter(closure, receiver);
    }

    /// Runs a function with arguments of unknown origin; gives what its receiver became.
    fn enter(&mut self, closure: &Arc<Closure<'p>>, receiver: Option<Value<'p>>) -> Option<Value<'p>> {
        let python = self.source(closure.unit).is_some_and(|unit| unit.module.language == Language::Python);
        let mut bound = Vec::new();
        let mut receiver = receiver;
        if !python {
            bound.push(receiver.take().unwrap_or_else(Value::unknown));
        }
        for parameter in &closure.function.parameters {
            let unknown = match parameter.kind {
                ParameterKind::Rest => Value::list(Vec::new(), Some(Value::unknown())),
                ParameterKind::NamedRest => Value::map(BTreeMap::new(), Some(Value::unknown())),
                ParameterKind::Plain | ParameterKind::NamedOnly => {
                    receiver.take().unwrap_or_else(Value::unknown)
                }
            };
            bound.push(unknown);
        }
        let outcome = self.run_body(closure, &bound, true);
        outcome.outs.into_iter().next().flatten()
    }

    /// Runs the methods of a class: constructors first, then all with what is in the fields by then, and again when that
    /// brought marks into fields.
    fn run_class(&mut self, class: &Arc<ClassValue<'p>>) {
        let methods: Vec<Arc<Closure<'p>>> = class
            .members
            .values()
            .filter_map(|member| match &member.shape {
                Shape::Function(closure) if closure.unit == class.unit => Some(closure.clone()),
                _ => None,
            })
            .collect();
        let first = methods.iter().any(|closure| self.entered.insert((closure.unit, closure.function.id)));
        if !first {
            return;
        }
        let like = Value::unknown();
        let mut object = Value::object(Some(class.clone()), BTreeMap::new(), &like);
        let (constructors, others): (Vec<_>, Vec<_>) =
            methods.into_iter().partition(|closure| Self::is_constructor(closure.function.name.as_ref()));
        for constructor in &constructors {
            object = self.after_method(constructor, &object);
        }
        for _ in 0..2 {
            let before = object.deep_taint();
            for method in &others {
                object = self.after_method(method, &object);
            }
            if object.deep_taint() == before {
                break;
            }
        }
    }

    fn after_method(&mut self, method: &Arc<Closure<'p>>, object: &Value<'p>) -> Value<'p> {
        if method.function.is_static {
            self.enter(method, None);
            return object.clone();
        }
        match self.enter(method, Some(object.clone())) {
            Some(after) if matches!(after.shape, Shape::Object(_)) => {
                if Self::is_constructor(method.function.name.as_ref()) { after } else { object.join(&after) }
            }
            _ => object.clone(),
        }
    }
}

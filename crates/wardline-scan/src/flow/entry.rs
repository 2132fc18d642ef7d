//! Running what nobody in sight calls: every function of a file with arguments of unknown origin, every class with what
//! its methods leave in its objects.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use super::{
    again::Again,
    interpreter::{Entry, Interpreter},
    record::{Record, STATEMENTS},
    value::{ClassValue, Closure, Shape, Value},
};
use crate::{
    ir::{FunctionId, ParameterKind},
    language::Language,
};

/// Something that is to be run when its turn comes.
struct Turn<'p> {
    /// Nothing when it is known what it does.
    entry: Option<Entry<'p>>,
    /// The record of what it did in the last run.
    known: Option<usize>,
    creator: usize,
}

impl<'p> Interpreter<'p> {
    /// Runs all that was made, and what is made by that. What `again` knows is taken from there; false when it does not fit.
    pub(super) fn run_entries(&mut self, again: Option<&Again<'_>>) -> bool {
        let mut turns = VecDeque::new();
        if !self.queue(&mut turns, STATEMENTS, again.map(|again| again.made_by(STATEMENTS))) {
            return false;
        }
        while let Some(turn) = turns.pop_front() {
            if self.exhausted {
                return true;
            }
            let number = self.written.records.len();
            let known = turn.known.and_then(|known| Some((again?, known)));
            if let Some((again, known)) = known.filter(|(again, known)| !again.has_to_run(*known)) {
                if !self.take(again, known, turn.creator) {
                    return false;
                }
                let made = again.made_by(known).iter();
                turns.extend(made.map(|known| Turn { entry: None, known: Some(*known), creator: number }));
                continue;
            }
            let Some(entry) = turn.entry else { return false };
            let same = known.is_some_and(|(again, known)| again.is_the_same(known));
            self.begin();
            (self.thrown, self.resolving) = Default::default();
            let (asked, ran) = match entry {
                Entry::Function(closure) => self.run_entry(&closure),
                Entry::Class(class) => self.run_class(&class),
            };
            let record = self.end();
            if again.is_some() && record.wrote && !same {
                return false;
            }
            self.written.records.push(Record { creator: turn.creator, asked, ran, ..record });
            let made = known.filter(|_| same).map(|(again, known)| again.made_by(known));
            if !self.queue(&mut turns, number, made) {
                return false;
            }
        }
        true
    }

    /// Gives what was made its turn, each with the record of what was made in its place before.
    fn queue(&mut self, turns: &mut VecDeque<Turn<'p>>, creator: usize, known: Option<&[usize]>) -> bool {
        let made = std::mem::take(&mut self.entries);
        let fits = known.is_none_or(|known| known.len() == made.len());
        let mut known = known.unwrap_or_default().iter().copied();
        let turn = |entry| Turn { entry: Some(entry), known: known.next(), creator };
        turns.extend(made.into_iter().map(turn));
        fits
    }

    fn run_entry(&mut self, closure: &Arc<Closure<'p>>) -> (Vec<FunctionId>, bool) {
        let id = closure.function.id;
        let ran = self.entered.insert((closure.unit, id));
        if ran {
            self.enter(closure, None);
        }
        (vec![id], ran)
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
                    match (receiver.take(), &parameter.default) {
                        (Some(receiver), _) => receiver,
                        // A function that is the default may be the one that is called.
                        (None, Some(default)) => {
                            let via = self.default_of(closure, default).via;
                            Value { via, ..Value::unknown() }
                        }
                        (None, None) => Value::unknown(),
                    }
                }
            };
            bound.push(unknown);
        }
        // Each entry is on its own: what it does depends on no call of another.
        self.remembered.clear();
        let outcome = self.run_body(closure, &bound, true);
        outcome.outs.into_iter().next().flatten()
    }

    /// Runs the methods of a class: constructors first, then all with what is in the fields by then, and again when that
    /// brought marks into fields.
    fn run_class(&mut self, class: &Arc<ClassValue<'p>>) -> (Vec<FunctionId>, bool) {
        let methods: Vec<Arc<Closure<'p>>> = class
            .members
            .values()
            .filter_map(|member| match &member.shape {
                Shape::Function(closure) if closure.unit == class.unit => Some(closure.clone()),
                _ => None,
            })
            .collect();
        let asked: Vec<FunctionId> = methods.iter().map(|closure| closure.function.id).collect();
        let first = asked.iter().any(|id| self.entered.insert((class.unit, *id)));
        if !first {
            return (asked, false);
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
        (asked, true)
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

//! Running what nobody in sight calls: every function of a file with arguments of unknown origin, every class with what
//! its methods leave in its objects.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use super::{
    again::Again,
    interpreter::{Entry, Interpreter},
    record::{Part, Record, STATEMENTS},
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
            let record = match entry {
                Entry::Function(closure) => {
                    self.begin();
                    let (asked, ran) = self.run_entry(&closure);
                    let record = Record { asked, ran, ..self.end() };
                    let same = known.filter(|(again, known)| again.is_the_same(*known));
                    let made = same.map(|(again, known)| again.made_by(known));
                    if again.is_some() && record.wrote && made.is_none()
                        || !self.queue(&mut turns, number, made)
                    {
                        return false;
                    }
                    record
                }
                Entry::Class(class) => {
                    let mut methods = Methods { known, again: again.is_some(), number, ..Methods::default() };
                    let Some(record) = self.run_class(&class, &mut methods) else { return false };
                    turns.append(&mut methods.turns);
                    record
                }
            };
            self.written.records.push(Record { creator: turn.creator, ..record });
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
        (self.thrown, self.resolving) = Default::default();
        let outcome = self.run_body(closure, &bound, true);
        outcome.outs.into_iter().next().flatten()
    }

    /// Runs the methods of a class: constructors first, then all with what is in the fields by then, and again when that
    /// brought marks into fields. Nothing when that does not fit the last run.
    fn run_class(&mut self, class: &Arc<ClassValue<'p>>, methods: &mut Methods<'_, 'p>) -> Option<Record> {
        let all: Vec<Arc<Closure<'p>>> = class
            .members
            .values()
            .filter_map(|member| match &member.shape {
                Shape::Function(closure) if closure.unit == class.unit => Some(closure.clone()),
                _ => None,
            })
            .collect();
        let asked: Vec<FunctionId> = all.iter().map(|closure| closure.function.id).collect();
        let ran = asked.iter().any(|id| self.entered.insert((class.unit, *id)));
        methods.record = Record { asked, ran, ..Record::default() };
        if !ran {
            return methods.fits().then(|| std::mem::take(&mut methods.record));
        }
        let like = Value::unknown();
        let mut object = Value::object(Some(class.clone()), BTreeMap::new(), &like);
        let (constructors, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|closure| Self::is_constructor(closure.function.name.as_ref()));
        for constructor in &constructors {
            object = self.after_method(constructor, object, methods)?;
        }
        for _ in 0..2 {
            let before = object.deep_taint();
            for method in &others {
                object = self.after_method(method, object, methods)?;
            }
            if object.deep_taint() == before {
                break;
            }
        }
        Some(std::mem::take(&mut methods.record))
    }

    /// The object after a method was run on it. What is known of the last run is taken from there.
    fn after_method(
        &mut self,
        method: &Arc<Closure<'p>>,
        object: Value<'p>,
        methods: &mut Methods<'_, 'p>,
    ) -> Option<Value<'p>> {
        let id = method.function.id;
        let old = methods.next(id);
        if let Some((again, record)) = old.as_ref().and_then(|old| Some((old.again, old.taken()?))) {
            if !self.take_record(again, &record) {
                return None;
            }
            let turn = |known: &usize| Turn { entry: None, known: Some(*known), creator: methods.number };
            let turns: Vec<Turn<'p>> = old.iter().flat_map(|old| old.made).map(turn).collect();
            methods.record.add(Part { method: id, changed: false, made: turns.len(), record });
            methods.turns.extend(turns);
            return Some(object);
        }
        self.begin();
        let after = self.run_method_of(method, &object);
        let record = self.end();
        let changed = after != object;
        let same = old.as_ref().is_some_and(|old| old.again.is_same_part(old.part));
        methods.steady &= same || old.as_ref().is_some_and(|old| !changed && !old.part.changed);
        if methods.again && record.wrote && !same || !methods.may_go_on() {
            return None;
        }
        let made = self.entries.len();
        let known = old.as_ref().filter(|_| same).map(|old| old.made);
        if !self.queue(&mut methods.turns, methods.number, known) {
            return None;
        }
        methods.record.add(Part { method: id, changed, made, record });
        // What is equal may have come another way.
        Some(if changed { after } else { object })
    }

    fn run_method_of(&mut self, method: &Arc<Closure<'p>>, object: &Value<'p>) -> Value<'p> {
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

/// The methods of a class as they are run, beside what is known of the last run.
struct Methods<'a, 'p> {
    /// The last run, and the record of the class in it.
    known: Option<(&'a Again<'a>, usize)>,
    /// Whether there was a last run.
    again: bool,
    /// The number of the record of the class in this run.
    number: usize,
    /// Whether the object is what it was at this place in the last run.
    steady: bool,
    /// How many functions and classes were made so far in the last run.
    made: usize,
    record: Record,
    turns: VecDeque<Turn<'p>>,
}

impl Default for Methods<'_, '_> {
    fn default() -> Self {
        let (record, turns) = Default::default();
        Self { known: None, again: false, number: 0, steady: true, made: 0, record, turns }
    }
}

/// What a method did in the last run.
struct Old<'a> {
    again: &'a Again<'a>,
    record: usize,
    place: usize,
    part: &'a Part,
    /// The records of what it made.
    made: &'a [usize],
}

impl Old<'_> {
    fn taken(&self) -> Option<Record> {
        self.again.part(self.record, self.place)
    }
}

impl<'a> Methods<'a, '_> {
    /// What the method that is next did in the last run, if it was this one and its object was the same.
    fn next(&mut self, method: FunctionId) -> Option<Old<'a>> {
        let (again, record) = self.known.filter(|_| self.steady)?;
        let place = self.record.parts.len();
        let part = again.parts(record).get(place).filter(|part| again.is_method(part, method));
        let Some(part) = part else {
            self.steady = false;
            return None;
        };
        let made = again.made_by(record).get(self.made..self.made + part.made)?;
        self.made += part.made;
        Some(Old { again, record, place, part, made })
    }

    /// Whether what is run from here on wrote nothing in the last run, unless it will write the same.
    fn may_go_on(&self) -> bool {
        let Some((again, record)) = self.known.filter(|_| !self.steady) else { return true };
        let rest = again.parts(record).get(self.record.parts.len()..).unwrap_or_default();
        !rest.iter().any(|part| part.record.wrote)
    }

    /// Whether a class that is not run was not run the last time.
    fn fits(&self) -> bool {
        self.known.is_none_or(|(again, record)| again.parts(record).is_empty())
    }
}

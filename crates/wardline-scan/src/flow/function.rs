//! Functions: making them, binding their parameters, running them.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    call::Given,
    constant::Constant,
    evaluate::mixed,
    frame::FrameKind,
    interpreter::{Called, Entry, Interpreter, Outcome, State},
    taint::{Note, Taint},
    value::{Closure, Method, Shape, Value},
};
use crate::{
    ir::{Expr, ExprKind, Function, Name, ParameterKind},
    role::Role,
    span::Span,
};

/// How often one function may be on the way to itself.
const RECURSION: usize = 2;

/// How many times deeper calls are followed that are given what comes from outside.
const DEEPER: usize = 5;

/// How many calls are remembered for one file.
const REMEMBERED: usize = 20_000;

impl<'p> Interpreter<'p> {
    pub(super) fn define(&mut self, function: &'p Function) {
        let mut value = self.closure(function);
        for decorator in function.decorators.iter().rev() {
            let by = self.eval(decorator);
            let by = self.settled(by);
            if let Shape::Function(_) = &by.shape {
                let given = vec![Given::plain(value.clone())];
                let (wrapped, _) = self.apply(&by, given, decorator.span);
                if matches!(wrapped.shape, Shape::Function(_)) {
                    value = wrapped;
                }
            }
        }
        if let Some(name) = &function.name {
            if self.python() {
                self.set_name(name, value);
            } else if let Some(frame) = self.frame() {
                frame.set(name, Some(value));
            }
        }
    }

    /// The frame that functions made here see; it is kept for them.
    pub(super) fn scope_here(&mut self) -> Option<u32> {
        let mut frames = self.frames.iter_mut().rev();
        let frame = frames.next()?;
        match frame.kind {
            FrameKind::Function(_) => {
                frame.kept = true;
                Some(frame.id)
            }
            FrameKind::Class => {
                let scope = frame.scope;
                if let Some(around) = frames.find(|frame| Some(frame.id) == scope) {
                    around.kept = true;
                }
                scope
            }
            FrameKind::Module => None,
        }
    }

    /// A function as a value. In the file that is reported on, it will be run with arguments of unknown origin.
    pub(super) fn closure(&mut self, function: &'p Function) -> Value<'p> {
        let unit = self.here();
        let scope = self.scope_here();
        let in_class = self.frames.last().is_some_and(|frame| frame.kind == FrameKind::Class);
        let closure = Arc::new(Closure { unit, function, scope });
        // Blocks in a class of Ruby are run by what they are given to: routes, filters.
        if unit == self.unit && (!in_class || (function.name.is_none() && self.ruby())) {
            self.note_cut();
            self.entries.push_back(Entry::Function(closure.clone()));
        }
        Value::shaped(Shape::Function(closure))
    }

    /// Calls a method of a value. Gives its result and what the receiver is afterwards.
    pub(super) fn run_method(
        &mut self,
        method: &Method<'p>,
        given: Vec<Given<'p>>,
        span: Span,
    ) -> (Value<'p>, Option<Value<'p>>) {
        let python = self
            .source(method.function.unit)
            .is_some_and(|unit| unit.module.language == crate::language::Language::Python);
        let mut all = Vec::with_capacity(given.len() + 1);
        if python {
            all.push(Given::plain(method.receiver.clone()));
        }
        all.extend(given);
        let this = (!python).then(|| method.receiver.clone());
        let (value, mut outs) = self.run_function(&method.function, all, this, span);
        let receiver = if outs.is_empty() { None } else { outs.swap_remove(0) };
        (value, receiver)
    }

    /// Calls a function. Gives its result and what each argument is afterwards (the receiver first, where it is apart).
    pub(super) fn run_function(
        &mut self,
        closure: &Arc<Closure<'p>>,
        given: Vec<Given<'p>>,
        this: Option<Value<'p>>,
        span: Span,
    ) -> (Value<'p>, Vec<Option<Value<'p>>>) {
        let function = closure.function;
        let running = self
            .frames
            .iter()
            .filter(|frame| frame.unit == closure.unit && frame.kind == FrameKind::Function(function.id));
        let running = running.count();
        let mut given = given;
        if running >= RECURSION || self.calls >= self.limits.calls || !self.step() || self.is_deep() {
            let values: Vec<_> = given.iter().map(|given| given.value.clone()).chain(this.clone()).collect();
            if !self.goes_on(running, &values) {
                self.note_cut();
                let mut value = mixed(&values);
                value.unknown = true;
                return (value, Vec::new());
            }
            if running == RECURSION {
                given.iter_mut().for_each(|given| given.value = widened(&given.value));
            }
        }
        let name = function.name.clone().unwrap_or_else(|| "a function".into());
        let bound = self.bind(closure, given, &name, span);
        let bound: Vec<_> = this.into_iter().chain(bound).collect();
        self.calls += 1;
        let outcome = self.remembered(closure, bound);
        self.calls -= 1;
        let value = self.noted(outcome.value, span, &Note::Returned(name));
        (value, outcome.outs)
    }

    /// Whether the interpreter is so deep in itself that no call is followed.
    fn is_deep(&self) -> bool {
        self.nesting_left() < 40
    }

    /// Whether a call is followed that is deeper than most: it is, with what comes from outside. Where even that is too deep,
    /// it is noted.
    fn goes_on(&mut self, running: usize, values: &[Value<'p>]) -> bool {
        let outside = |value: &Value<'p>| value.deep_taint().marks().iter().any(|mark| !mark.weak);
        if !values.iter().any(outside) || running > RECURSION {
            return false;
        }
        let follows = self.calls < self.limits.calls.saturating_mul(DEEPER)
            && self.has_plenty()
            && !self.is_deep()
            && self.step();
        if !follows {
            self.note_lost();
        }
        follows
    }

    /// What each parameter is bound to.
    fn bind(
        &mut self,
        closure: &Closure<'p>,
        given: Vec<Given<'p>>,
        name: &Name,
        span: Span,
    ) -> Vec<Value<'p>> {
        let mut by_place = std::collections::VecDeque::new();
        let mut by_name: BTreeMap<Name, Value<'p>> = BTreeMap::new();
        let mut more: Option<Value<'p>> = None;
        for given in given {
            let value = self.noted(given.value, span, &Note::Passed(name.clone()));
            match (given.name, given.spread, &value.shape) {
                (Some(name), ..) => drop(by_name.insert(name, value)),
                (None, true, Shape::List(list)) if value.taint.is_clean() => {
                    by_place.extend(list.items.iter().cloned());
                    more = Value::join_all(more.into_iter().chain(list.rest.clone()));
                }
                (None, true, Shape::Map(map)) => {
                    for (key, value) in &map.entries {
                        if let Constant::Text(key) = key {
                            by_name.insert(key.clone(), value.clone());
                        }
                    }
                    more = Value::join_all(more.into_iter().chain(map.rest.clone()));
                }
                (None, true, _) => more = Value::join_all(more.into_iter().chain([value.element()])),
                (None, false, _) => by_place.push_back(value),
            }
        }
        let function = closure.function;
        let mut bound = Vec::with_capacity(function.parameters.len());
        for parameter in &function.parameters {
            let named = match &parameter.target.kind {
                ExprKind::Name(name) => by_name.remove(name),
                _ => None,
            };
            let value = match parameter.kind {
                ParameterKind::Rest => Value::list(by_place.drain(..).collect(), more.clone()),
                ParameterKind::NamedRest => {
                    let entries = std::mem::take(&mut by_name).into_iter();
                    Value::map(
                        entries.map(|(name, value)| (Constant::Text(name), value)).collect(),
                        more.clone(),
                    )
                }
                ParameterKind::Plain | ParameterKind::NamedOnly => {
                    let placed = match parameter.kind {
                        ParameterKind::Plain if named.is_none() => by_place.pop_front(),
                        _ => None,
                    };
                    match (named.or(placed).or_else(|| more.clone()), &parameter.default) {
                        (Some(value), _) => value,
                        (None, Some(default)) => self.default_of(closure, default),
                        (None, None) => Value::unknown(),
                    }
                }
            };
            bound.push(value);
        }
        bound
    }

    /// What a parameter is when nothing is given for it.
    pub(super) fn default_of(&mut self, closure: &Closure<'p>, default: &'p Expr) -> Value<'p> {
        match &default.kind {
            ExprKind::Name(_) | ExprKind::Member { .. } => {
                self.push(closure.unit, FrameKind::Class, closure.scope);
                let value = self.eval(default);
                self.frames.pop();
                value
            }
            ExprKind::Literal(literal) => Value::constant(Constant::from(literal)),
            ExprKind::List { elements, .. } if elements.is_empty() => Value::list(Vec::new(), None),
            ExprKind::Map(entries) if entries.is_empty() => Value::map(BTreeMap::new(), None),
            _ => Value::unknown(),
        }
    }

    /// Runs a function unless it was run with the same arguments before.
    fn remembered(&mut self, closure: &Arc<Closure<'p>>, bound: Vec<Value<'p>>) -> Outcome<'p> {
        let stable = matches!(self.modules.get(closure.unit), Some(State::Done(_)))
            && closure.scope.is_none_or(|scope| self.kept.contains_key(&scope));
        if !stable {
            return self.run_body(closure, &bound, false);
        }
        let called =
            Called { unit: closure.unit, function: closure.function.id, scope: closure.scope, bound };
        if let Some(outcome) = self.remembered.get(&called).cloned() {
            self.thrown = self.thrown.join(&outcome.thrown);
            return outcome;
        }
        let before = std::mem::take(&mut self.thrown);
        let mut outcome = self.run_body(closure, &called.bound, false);
        outcome.thrown = self.thrown.clone();
        self.thrown = before.join(&outcome.thrown);
        if self.remembered.len() < REMEMBERED {
            self.remembered.insert(called, outcome.clone());
        }
        outcome
    }

    /// Runs a function's body. As an `entry` nobody in sight calls it, and sources among its parameters count.
    pub(super) fn run_body(
        &mut self,
        closure: &Arc<Closure<'p>>,
        bound: &[Value<'p>],
        entry: bool,
    ) -> Outcome<'p> {
        let function = closure.function;
        if closure.unit == self.unit
            && let Some(record) = self.open.last_mut()
        {
            record.touched.insert(function.id);
        }
        self.push(closure.unit, FrameKind::Function(function.id), closure.scope);
        if let Some(frame) = self.frame() {
            frame.span = function.span;
        }
        let this = bound.len() > function.parameters.len();
        let mut values = bound.iter().cloned();
        if this && let (Some(receiver), Some(frame)) = (values.next(), self.frames.last_mut()) {
            frame.set(&"this".into(), Some(receiver));
            frame.watched.push("this".into());
        }
        for parameter in &function.parameters {
            let value = values.next().unwrap_or_else(Value::unknown);
            self.declare_names(&parameter.target);
            let value = if entry { self.parameter_source(&parameter.target, value) } else { value };
            self.assign(&parameter.target, value, None);
            let watched = match &parameter.target.kind {
                ExprKind::Name(name) => name.clone(),
                _ => "".into(),
            };
            if let Some(frame) = self.frame() {
                frame.watched.push(watched);
            }
        }
        if let Some(frame) = self.frame() {
            frame.outs = vec![None; frame.watched.len()];
        }
        let live = self.nested(|run| run.block(&function.body)).unwrap_or(true);
        self.ended(function, live)
    }

    fn ended(&mut self, function: &'p Function, live: bool) -> Outcome<'p> {
        if live && let Some(frame) = self.frame() {
            frame.leave();
        }
        let Some(mut frame) = self.frames.pop() else {
            return Outcome { value: Value::unknown(), outs: Vec::new(), thrown: Taint::default() };
        };
        let outs = std::mem::take(&mut frame.outs);
        let mut value = frame.returned.take();
        if live || value.is_none() {
            let null = Value::constant(Constant::Null);
            value = Some(value.map_or_else(|| null.clone(), |value| value.join(&null)));
        }
        if function.is_generator {
            value = Some(Value::list(Vec::new(), frame.yielded.take()));
        }
        if frame.kept {
            self.kept.insert(frame.id, frame);
        }
        Outcome { value: value.unwrap_or_else(Value::unknown), outs, thrown: Taint::default() }
    }

    /// A parameter, or part of a pattern, with the roles that rules give it.
    pub(super) fn parameter_source(&mut self, target: &'p Expr, value: Value<'p>) -> Value<'p> {
        let mut value = value;
        for role in self.roles(target.id) {
            if let Role::Source { rules, weak } = role {
                let taint = self.mark(target, *rules, *weak);
                value = value.tainted(&taint);
            }
        }
        value
    }

    /// Makes the names of a pattern variables of this frame, whatever is called so further out.
    pub(super) fn declare_names(&mut self, target: &'p Expr) {
        if self.python() {
            return;
        }
        match &target.kind {
            ExprKind::Name(name) => {
                if let Some(frame) = self.frame() {
                    frame.set(name, Some(Value::constant(Constant::Null)));
                }
            }
            ExprKind::List { elements, .. } => {
                elements.iter().for_each(|element| self.declare_names(element))
            }
            ExprKind::Map(entries) => entries.iter().for_each(|entry| self.declare_names(&entry.value)),
            ExprKind::Spread(inner) | ExprKind::Assign { target: inner, .. } => self.declare_names(inner),
            _ => {}
        }
    }
}

/// A value of which only matters where it comes from: what a function that calls itself goes on with, whatever it counts.
fn widened<'p>(value: &Value<'p>) -> Value<'p> {
    match &value.shape {
        Shape::Constant(_) => Value::any(value.taint.clone(), value.unknown),
        _ => value.clone(),
    }
}

//! Calls.

use std::sync::Arc;

use super::{
    constant::Constant,
    container,
    evaluate::mixed,
    interpreter::Interpreter,
    library,
    place::is_place,
    taint::Taint,
    value::{Method, Shape, Value, Via},
};
use crate::{
    ir::{Argument, Expr, ExprKind, Name, UnaryOperator},
    language::Language,
    role::Role,
    span::Span,
};

/// An argument as it is given.
#[derive(Debug, Clone)]
pub(super) struct Given<'p> {
    pub(super) name: Option<Name>,
    pub(super) value: Value<'p>,
    /// Whether it stands for several.
    pub(super) spread: bool,
    /// Where it stands, when it is a place.
    pub(super) place: Option<&'p Expr>,
}

impl<'p> Given<'p> {
    pub(super) fn plain(value: Value<'p>) -> Self {
        Self { name: None, value, spread: false, place: None }
    }
}

/// The place that an argument is, or points to.
fn argument_place(argument: &Expr) -> Option<&Expr> {
    pointed_place(argument).or_else(|| is_place(argument).then_some(argument))
}

/// The place whose address an argument is.
fn pointed_place(argument: &Expr) -> Option<&Expr> {
    match &argument.kind {
        ExprKind::Unary { operator: UnaryOperator::Reference, value } => is_place(value).then_some(value),
        _ => None,
    }
}

/// The place that is filled by a method of `object`: itself, or where a chain begins (`text.append(a).append(b)`).
fn filled_place(object: &Expr) -> Option<&Expr> {
    let mut object = object;
    loop {
        if is_place(object) {
            return Some(object);
        }
        let ExprKind::Call { callee, .. } = &object.kind else { return None };
        let ExprKind::Member { object: before, name } = &callee.kind else { return None };
        if !library::filling_method(name) {
            return None;
        }
        object = before;
    }
}

impl<'p> Interpreter<'p> {
    /// A call expression.
    pub(super) fn call(
        &mut self,
        expr: &'p Expr,
        callee: &'p Expr,
        arguments: &'p [Argument],
        is_new: bool,
    ) -> Value<'p> {
        let receiver = match &callee.kind {
            ExprKind::Member { object, name } => Some((&**object, name, self.eval(object))),
            _ => None,
        };
        let function = match &receiver {
            Some((_, name, value)) => {
                let member = self.member(value, name, callee.span);
                self.roles_of_callee(callee, member)
            }
            None => self.called(callee),
        };
        let function = self.settled(function);
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = self.eval(&argument.value);
            given.push(Given {
                name: argument.name.clone(),
                value,
                spread: matches!(argument.value.kind, ExprKind::Spread(_)),
                place: argument_place(&argument.value),
            });
        }
        let beyond = !matches!(function.shape, Shape::Function(_) | Shape::Method(_) | Shape::Class(_));
        let written = if beyond { self.written_through(receiver.as_ref(), &given) } else { Taint::default() };
        self.check_sink(expr, receiver.as_ref().map(|(.., value)| value), &given);
        let places: Vec<Span> = arguments.iter().map(|argument| argument.value.span).collect();
        let referred = self.referred(&function, &given, &places, expr.span);
        let function = Value { via: Via::default(), ..function };
        let value = match receiver {
            Some((object, name, value)) => self.method_call(expr, object, name, &value, &function, given),
            None => {
                let places: Vec<_> = given.iter().map(|given| given.place).collect();
                let before: Vec<_> = given.iter().map(|given| given.value.clone()).collect();
                let (value, outs) = if is_new && matches!(function.shape, Shape::External(_) | Shape::Any) {
                    (self.outside(&function, &given, expr.span), Vec::new())
                } else if let (true, Shape::Function(constructor)) = (is_new, &function.shape) {
                    (self.constructed(callee, constructor, given, expr.span), Vec::new())
                } else {
                    self.apply(&function, given, expr.span)
                };
                self.write_back(&places, &before, outs);
                value
            }
        };
        let value = referred.told_of(value);
        if !written.is_clean() {
            for place in arguments.iter().filter_map(|argument| pointed_place(&argument.value)) {
                let after = self.peek(place).tainted(&written);
                self.update(place, after);
            }
        }
        value
    }

    /// What is called, when it is no member: looking at it does not call it.
    fn called(&mut self, callee: &'p Expr) -> Value<'p> {
        match &callee.kind {
            ExprKind::Name(name) if self.ruby() => {
                let value = self.lookup(name);
                self.roles_of_callee(callee, value)
            }
            _ => self.eval(callee),
        }
    }

    /// What a function of Go that is not in the program may write to where its arguments point: all that it was given.
    fn written_through(
        &mut self,
        receiver: Option<&(&'p Expr, &'p Name, Value<'p>)>,
        given: &[Given<'p>],
    ) -> Taint {
        if self.language() != Language::Go {
            return Taint::default();
        }
        let values = given.iter().map(|given| &given.value).chain(receiver.map(|(.., value)| value));
        values.fold(Taint::default(), |taint, value| taint.join(&value.deep_taint()))
    }

    fn roles_of_callee(&mut self, callee: &'p Expr, value: Value<'p>) -> Value<'p> {
        let mut value = value;
        for role in self.roles(callee.id) {
            if let Role::Source { rules, weak } = role {
                let taint = self.mark(callee, *rules, *weak);
                value = value.tainted(&taint);
            }
        }
        value
    }

    fn check_sink(&mut self, expr: &'p Expr, receiver: Option<&Value<'p>>, given: &[Given<'p>]) {
        for role in self.roles(expr.id) {
            if let Role::Sink { rules, reach, by_value: false } = role {
                let receiver = receiver.filter(|value| !matches!(value.shape, Shape::External(_)));
                // Whose origin is not known is no matter for the receiver: a connection, a cursor.
                let receiver =
                    receiver.map(|value| Value { unknown: false, ..Value::any(value.deep_taint(), false) });
                let values: Vec<_> =
                    receiver.into_iter().chain(given.iter().map(|given| given.value.clone())).collect();
                self.sink(expr.span, *rules, *reach, &values);
            }
        }
    }

    /// What arguments became in the function goes back to where they stand.
    fn write_back(
        &mut self,
        places: &[Option<&'p Expr>],
        before: &[Value<'p>],
        outs: Vec<Option<Value<'p>>>,
    ) {
        for ((place, before), after) in places.iter().zip(before).zip(outs) {
            if let (Some(place), Some(after)) = (place, after)
                && matches!(after.shape, Shape::List(_) | Shape::Map(_) | Shape::Object(_))
                && matches!(before.shape, Shape::List(_) | Shape::Map(_) | Shape::Object(_) | Shape::Any)
                && after != *before
            {
                self.update(place, after);
            }
        }
    }

    fn method_call(
        &mut self,
        expr: &'p Expr,
        object: &'p Expr,
        name: &Name,
        receiver: &Value<'p>,
        function: &Value<'p>,
        given: Vec<Given<'p>>,
    ) -> Value<'p> {
        let places: Vec<_> = given.iter().map(|given| given.place).collect();
        let before: Vec<_> = given.iter().map(|given| given.value.clone()).collect();
        if let Some(value) = self.called_by_method(receiver, name, &given, expr.span) {
            return value;
        }
        match &function.shape {
            Shape::Method(method) => {
                let (value, after) = self.bound_call(method, given, expr.span, &places, &before);
                let after = match after {
                    Some(after) if !is_place(object) => {
                        self.after_parent(object, &after);
                        None
                    }
                    after => after,
                };
                if let Some(after) = after
                    && after != *receiver
                    && matches!(after.shape, Shape::Object(_))
                    && matches!(receiver.shape, Shape::Object(_))
                {
                    self.update(object, after);
                }
                return value;
            }
            Shape::Function(_) | Shape::Class(_) | Shape::Partial(_) => {
                let (value, outs) = self.apply(function, given, expr.span);
                self.write_back(&places, &before, outs);
                return value;
            }
            Shape::External(_) if matches!(receiver.shape, Shape::External(_)) => {
                return self.outside(function, &given, expr.span);
            }
            _ => {}
        }
        if let Some((value, after)) = self.builtin(receiver, name, &given, expr) {
            if let Some(after) = after
                && is_place(object)
            {
                self.update(object, after);
            }
            return value;
        }
        self.handed_on(Some(receiver), &given, expr.span);
        if let Some(value) = self.handed(Some(receiver), name, &given, expr.span) {
            return value;
        }
        self.unknown_method(object, name, receiver, &given)
    }

    /// After `super().method()`: what the method did to its object was done to the one at hand.
    fn after_parent(&mut self, object: &'p Expr, after: &Value<'p>) {
        let ExprKind::Call { callee, .. } = &object.kind else { return };
        let parent = matches!(&callee.kind, ExprKind::Name(name) if &**name == "super");
        let Shape::Object(changed) = &after.shape else { return };
        let name = self.frames.last().and_then(|frame| frame.watched.first()).cloned();
        let Some(name) = name.filter(|_| parent) else { return };
        let own = self.lookup(&name);
        if let Shape::Object(own_object) = &own.shape {
            let whole = Value::object(own_object.class.clone(), changed.fields.clone(), &own);
            self.set_name(&name, whole);
        }
    }

    fn bound_call(
        &mut self,
        method: &Arc<Method<'p>>,
        given: Vec<Given<'p>>,
        span: Span,
        places: &[Option<&'p Expr>],
        before: &[Value<'p>],
    ) -> (Value<'p>, Option<Value<'p>>) {
        let python =
            self.source(method.function.unit).is_some_and(|unit| unit.module.language == Language::Python);
        let mut all = Vec::with_capacity(given.len() + 1);
        if python {
            all.push(Given::plain(method.receiver.clone()));
        }
        all.extend(given);
        let this = (!python).then(|| method.receiver.clone());
        let (value, mut outs) = self.run_function(&method.function, all, this, span);
        if outs.is_empty() {
            return (value, None);
        }
        let receiver = outs.remove(0);
        self.write_back(places, before, outs);
        (value, receiver)
    }

    /// A method of which nothing is known but its name.
    fn unknown_method(
        &mut self,
        object: &'p Expr,
        name: &Name,
        receiver: &Value<'p>,
        given: &[Given<'p>],
    ) -> Value<'p> {
        let values: Vec<_> = given.iter().map(|given| given.value.clone()).collect();
        let arguments = mixed(&values);
        let own = receiver.deep_taint();
        if let [Given { value: Value { shape: Shape::Map(map), taint, .. }, .. }] = given
            && library::merging_method(name)
            && taint.is_clean()
            && map.rest.is_none()
            && is_place(object)
        {
            // Each entry by its key, and not the whole.
            for (key, value) in &map.entries {
                if let Constant::Text(key) = key {
                    self.store(object, key, value.clone());
                }
            }
        } else if library::filling_method(name)
            && !arguments.taint.is_clean()
            && let Some(filled) = filled_place(object)
        {
            let value = if is_place(object) { receiver.clone() } else { self.peek(filled) };
            if !matches!(value.shape, Shape::External(_) | Shape::Module(_) | Shape::Class(_)) {
                self.update(filled, value.tainted(&arguments.taint));
            }
        }
        if library::clean_method(name) {
            return Value::safe();
        }
        if library::lookup(name) {
            return Value::any(own, true);
        }
        let unknown =
            receiver.deep_unknown() || arguments.unknown || matches!(receiver.shape, Shape::Object(_));
        Value::any(own.join(&arguments.taint), unknown)
    }

    /// Calls a value. Gives the result, and what arguments became.
    pub(super) fn apply(
        &mut self,
        function: &Value<'p>,
        given: Vec<Given<'p>>,
        span: Span,
    ) -> (Value<'p>, Vec<Option<Value<'p>>>) {
        if !function.via.is_empty() {
            let referred = self.referred(function, &given, &[], span);
            let function = Value { via: Via::default(), ..function.clone() };
            let (value, outs) = self.apply(&function, given, span);
            return (referred.told_of(value), outs);
        }
        match &function.shape {
            Shape::Partial(partial) => {
                let known = partial
                    .given
                    .iter()
                    .map(|(name, value)| Given { name: name.clone(), ..Given::plain(value.clone()) });
                let all = known.chain(given).collect();
                let function = partial.function.clone();
                (
                    self.nested(|run| run.apply(&function, all, span).0).unwrap_or_else(Value::unknown),
                    Vec::new(),
                )
            }
            Shape::Function(closure) => {
                let this = (!self.python_in(closure.unit)).then(Value::unknown);
                let with_this = this.is_some();
                let (value, mut outs) = self.run_function(closure, given, this, span);
                if with_this && !outs.is_empty() {
                    outs.remove(0);
                }
                (value, outs)
            }
            Shape::Method(method) => {
                let (value, _) = self.run_method(method, given, span);
                (value, Vec::new())
            }
            Shape::Class(class) => {
                let class = class.clone();
                (self.instantiate(&class, given, span), Vec::new())
            }
            Shape::Object(object) => {
                let callable = object.class.clone();
                let call = callable.and_then(|class| self.class_member(&class, "__call__", 0));
                if let Some(Shape::Function(call)) = call.map(|call| call.shape) {
                    let method = Method { receiver: function.clone(), function: call };
                    return (self.run_method(&method, given, span).0, Vec::new());
                }
                (self.outside(function, &given, span), Vec::new())
            }
            _ => (self.outside(function, &given, span), Vec::new()),
        }
    }

    fn python_in(&self, unit: usize) -> bool {
        self.source(unit).is_some_and(|unit| unit.module.language == Language::Python)
    }

    /// What a context manager gives.
    pub(super) fn entered(&mut self, value: Value<'p>, span: Span) -> Value<'p> {
        let Shape::Object(object) = &value.shape else { return value };
        let Some(class) = object.class.clone() else { return value };
        let member = self.class_member(&class, "__enter__", 0);
        match member.map(|member| member.shape) {
            Some(Shape::Function(function)) => {
                let method = Method { receiver: value.clone(), function };
                self.run_method(&method, Vec::new(), span).0
            }
            _ => value,
        }
    }

    /// Methods of texts, lists and maps.
    fn builtin(
        &mut self,
        receiver: &Value<'p>,
        name: &str,
        given: &[Given<'p>],
        expr: &'p Expr,
    ) -> Option<(Value<'p>, Option<Value<'p>>)> {
        match &receiver.shape {
            Shape::Constant(Constant::Text(_) | Constant::Bytes(_)) => {
                self.text_method(receiver, name, given, expr).map(|value| (value, None))
            }
            Shape::List(list) => {
                if let Some(result) = self.callback_method(receiver, list, name, given, expr.span) {
                    return Some((result, None));
                }
                container::list_method(receiver, name, given)
            }
            Shape::Map(_) => container::map_method(receiver, name, given),
            _ => None,
        }
    }
}

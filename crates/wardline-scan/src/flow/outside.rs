//! Calls of what is not in the program.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    call::Given,
    constant::Constant,
    container,
    evaluate::mixed,
    frame::FrameKind,
    interpreter::Interpreter,
    library::{self, Effect},
    taint::Taint,
    value::{List, Shape, Value},
};
use crate::{ir::Name, span::Span};

impl<'p> Interpreter<'p> {
    /// A call of a function that is not in the program.
    pub(super) fn outside(&mut self, function: &Value<'p>, given: &[Given<'p>], span: Span) -> Value<'p> {
        let values: Vec<_> = given.iter().map(|given| given.value.clone()).collect();
        let arguments = mixed(&values);
        let Shape::External(name) = &function.shape else {
            self.handed_on(None, given, span);
            return Value::any(arguments.taint.join(&function.deep_taint()), true);
        };
        if let Some(value) = self.required(name, &values) {
            return value;
        }
        if matches!(library::function(self.language(), name), Some(Effect::Promise)) {
            return self.effect(Effect::Promise, name, given, span).unwrap_or_else(Value::unknown);
        }
        let called = name.rsplit('.').next().unwrap_or(name).to_owned();
        if let Some(value) = self.handed(None, &called, given, span) {
            return value.tainted(&function.taint);
        }
        let effect = library::function(self.language(), name);
        if effect.is_none() {
            self.handed_on(None, given, span);
        }
        let value = effect.and_then(|effect| self.effect(effect, name, given, span));
        let last = name.rsplit('.').next().filter(|last| last.len() < name.len());
        let found = last.is_some_and(library::lookup);
        let other = || Value::any(if found { Taint::default() } else { arguments.taint.clone() }, true);
        value.unwrap_or_else(other).tainted(&function.taint)
    }

    /// `require('./x')`.
    fn required(&mut self, name: &str, values: &[Value<'p>]) -> Option<Value<'p>> {
        if name != "require" || self.python() {
            return None;
        }
        let path = values.first()?.as_text()?.to_owned();
        let here = self.here();
        let Some(unit) = self.resolve(here, &path) else { return Some(Value::external(path)) };
        self.nested(|run| run.module(unit));
        match self.global(unit, "export default") {
            Some(value) if !matches!(value.shape, Shape::Any) => Some(self.settled(value)),
            _ => Some(Value::shaped(Shape::Module(unit))),
        }
    }

    fn effect(&mut self, effect: Effect, name: &str, given: &[Given<'p>], span: Span) -> Option<Value<'p>> {
        let first = given.first().map(|given| given.value.clone());
        let second = given.get(1).map(|given| given.value.clone());
        let values: Vec<_> = given.iter().map(|given| given.value.clone()).collect();
        Some(match effect {
            Effect::Clean => self.computed(name, first.as_ref()).unwrap_or_else(Value::safe),
            Effect::Pass => match (values.as_slice(), name) {
                ([only], "str" | "String") => self.shown(only),
                ([only, ..], "re.compile" | "Regex") => only.clone(),
                _ => mixed(&values),
            },
            Effect::Elements if second.as_ref().is_some_and(Value::callable) => {
                let (made, _) = self.apply(&second?, vec![Given::plain(first?.element())], span);
                Value::list(Vec::new(), Some(made))
            }
            Effect::Elements => match first {
                None => Value::list(Vec::new(), None),
                Some(list)
                    if matches!(list.shape, Shape::List(_))
                        && !matches!(name, "set" | "sorted" | "reversed") =>
                {
                    list
                }
                Some(other) => Value::list(Vec::new(), Some(other.element())),
            },
            Effect::Element => first?.element(),
            Effect::Numbered => {
                let pair = Value::list(vec![Value::safe(), first?.element()], None);
                Value::list(Vec::new(), Some(pair))
            }
            Effect::Zipped => {
                let one = Value::list(values.iter().map(Value::element).collect(), None);
                Value::list(Vec::new(), Some(one))
            }
            Effect::Mapped => {
                let (made, _) = self.apply(&first?, vec![Given::plain(second?.element())], span);
                Value::list(Vec::new(), Some(made))
            }
            Effect::Filtered => {
                let element = second?.element();
                self.apply(&first?, vec![Given::plain(element.clone())], span);
                Value::list(Vec::new(), Some(element))
            }
            Effect::Map => {
                let mut entries = BTreeMap::new();
                let mut rest = None;
                if let Some(first) = given.iter().find(|given| given.name.is_none()) {
                    match &first.value.shape {
                        Shape::Map(map) => {
                            entries.clone_from(&map.entries);
                            rest.clone_from(&map.rest);
                        }
                        _ => rest = Some(Value::any(first.value.deep_taint(), first.value.deep_unknown())),
                    }
                }
                for given in given {
                    if let Some(name) = &given.name {
                        entries.insert(Constant::Text(name.clone()), given.value.clone());
                    }
                }
                Value::map(entries, rest)
            }
            Effect::Member => {
                let member: Name = second?.as_text()?.into();
                self.member(&first?, &member, span)
            }
            Effect::Store => {
                let (place, value) = (given.first()?.place?, given.get(2)?.value.clone());
                match second?.as_text() {
                    Some(name) => self.store(place, &name.into(), value),
                    None => {
                        let whole = self.peek(place).tainted(&value.deep_taint());
                        self.update(place, whole);
                    }
                }
                Value::constant(Constant::Null)
            }
            Effect::Partial => {
                let (function, rest) = given.split_first()?;
                let rest = rest.iter().map(|given| (given.name.clone(), given.value.clone())).collect();
                Value::partial(function.value.clone(), rest)
            }
            Effect::Merge => {
                let merged = values.into_iter().reduce(|left, right| {
                    container::concatenated(&left, &right).unwrap_or_else(|| mixed(&[left, right]))
                })?;
                if let Some(place) = given.first().and_then(|given| given.place) {
                    self.update(place, merged.clone());
                }
                merged
            }
            Effect::Promise => {
                let around = std::mem::take(&mut self.resolving);
                let resolve = || Given::plain(Value::external(library::RESOLVE));
                self.apply(&first?, vec![resolve(), resolve()], span);
                let made = std::mem::replace(&mut self.resolving, around);
                Value::any(made, true)
            }
            Effect::Resolve => {
                self.resolving = self.resolving.join(&mixed(&values).taint);
                Value::safe()
            }
            Effect::Super => return self.parent(),
            Effect::New => Value::map(BTreeMap::new(), None),
        })
    }

    /// `super()`: the object at hand, as one of the class above that of the running method.
    fn parent(&self) -> Option<Value<'p>> {
        let frame = self.frames.last()?;
        let FrameKind::Function(_) = frame.kind else { return None };
        let receiver = frame.vars.get(frame.watched.first()?)?;
        let Shape::Object(object) = &receiver.shape else { return None };
        let mut class = object.class.clone()?;
        for _ in 0..8 {
            let next = class.bases.iter().find_map(|base| match &base.shape {
                Shape::Class(base) => Some(base.clone()),
                _ => None,
            });
            let here = class.unit == frame.unit && class.class.span.contains(frame.span);
            match next {
                Some(base) if here => {
                    return Some(Value::object(Some(base), object.fields.clone(), receiver));
                }
                Some(base) => class = base,
                None => return None,
            }
        }
        None
    }

    /// `len`, `int` and the like of constants.
    fn computed(&self, name: &str, value: Option<&Value<'p>>) -> Option<Value<'p>> {
        let value = value.filter(|value| value.taint.is_clean())?;
        let count = |count: usize| i64::try_from(count).ok().map(Value::constant);
        match (name, &value.shape) {
            ("len", Shape::Constant(Constant::Text(text) | Constant::Bytes(text))) => {
                count(text.chars().count())
            }
            ("len", Shape::List(list)) if list.rest.is_none() => count(list.items.len()),
            ("len", Shape::Map(map)) if map.rest.is_none() => count(map.entries.len()),
            ("int" | "Number" | "parseInt", Shape::Constant(Constant::Text(text))) => {
                text.trim().parse::<i64>().ok().map(Value::constant)
            }
            ("int", Shape::Constant(Constant::Integer(number))) => Some(Value::constant(*number)),
            ("bool" | "Boolean", Shape::Constant(constant)) => constant.truth().map(Value::constant),
            ("ord", Shape::Constant(Constant::Text(text))) => {
                text.chars().next().map(|c| Value::constant(i64::from(u32::from(c))))
            }
            _ => None,
        }
    }

    /// A value as text.
    fn shown(&self, value: &Value<'p>) -> Value<'p> {
        match value.as_constant().and_then(|constant| constant.shown(self.python())) {
            Some(text) => {
                Constant::text(text).map_or_else(Value::safe, Value::constant).tainted(&value.taint)
            }
            None => Value::any(value.deep_taint(), value.deep_unknown()),
        }
    }

    /// Functions that are handed to what is not in the program are called by it, with elements of the receiver or with
    /// what is not known. Gives the result where it is what such a function gives.
    pub(super) fn handed(
        &mut self,
        receiver: Option<&Value<'p>>,
        name: &str,
        given: &[Given<'p>],
        span: Span,
    ) -> Option<Value<'p>> {
        if self.python() {
            return None;
        }
        // A promise of a module or an object gives just that.
        let promised = receiver.filter(|value| {
            name == "then"
                && matches!(
                    value.shape,
                    Shape::Module(_) | Shape::External(_) | Shape::Object(_) | Shape::Map(_)
                )
        });
        let element = promised.cloned().unwrap_or_else(|| {
            receiver.map_or_else(Value::unknown, |value| Value::any(value.deep_taint(), true))
        });
        let mut made: Option<Value<'p>> = None;
        for given in given {
            let parameters = match &given.value.shape {
                Shape::Function(closure) => {
                    // One that sees no variables of a running function is run by itself.
                    if closure.scope.is_none() && element.taint.is_clean() && promised.is_none() {
                        continue;
                    }
                    closure.function.parameters.len()
                }
                Shape::External(_) if matches!(name, "map" | "Select") => 1,
                _ if given.value.callable() => 1,
                _ => continue,
            };
            let rest = std::iter::repeat_with(Value::unknown).take(parameters.saturating_sub(1));
            let values = std::iter::once(element.clone()).chain(rest).take(parameters);
            let (result, _) = self.apply(&given.value, values.map(Given::plain).collect(), span);
            made = Some(match made {
                Some(before) => before.join(&result),
                None => result,
            });
        }
        match name {
            "map" | "collect" | "filter_map" | "Select" => {
                made.map(|made| Value::list(Vec::new(), Some(made)))
            }
            "flatMap" | "flat_map" | "then" | "catch" | "finally" => made,
            _ => None,
        }
    }

    /// Methods of lists that call what they are given with each element.
    pub(super) fn callback_method(
        &mut self,
        receiver: &Value<'p>,
        list: &Arc<List<'p>>,
        name: &str,
        given: &[Given<'p>],
        span: Span,
    ) -> Option<Value<'p>> {
        let callable = |given: &&Given<'p>| given.value.callable();
        let callback = given.iter().find(callable).map(|given| given.value.clone())?;
        let element = receiver.element();
        let whole = Value::list(list.items.clone(), list.rest.clone()).tainted(&receiver.taint);
        let mut run = |first: Vec<Value<'p>>| {
            self.apply(&callback, first.into_iter().map(Given::plain).collect(), span).0
        };
        Some(match name {
            "map" | "flatMap" | "collect" | "flat_map" | "filter_map" | "each_with_object" | "Select"
            | "SelectMany" => {
                let made = run(vec![element, Value::safe(), whole]);
                let made =
                    if matches!(name, "flatMap" | "flat_map" | "SelectMany") { made.element() } else { made };
                Value::list(Vec::new(), Some(made))
            }
            "filter" | "sort" | "toSorted" | "select" | "reject" | "sort_by" | "uniq" | "partition"
            | "Where" | "OrderBy" | "OrderByDescending" => {
                run(vec![element.clone(), element.clone()]);
                Value::list(Vec::new(), Some(element))
            }
            "find" | "findLast" | "detect" | "First" | "FirstOrDefault" | "Single" | "SingleOrDefault" => {
                run(vec![element.clone()]);
                element
            }
            "forEach" | "some" | "every" | "findIndex" | "any?" | "all?" | "none?" | "ForEach" | "Any"
            | "All" => {
                run(vec![element, Value::safe(), whole]);
                Value::safe()
            }
            "reduce" | "reduceRight" | "inject" | "Aggregate" => {
                let start = given.iter().find(|given| !callable(given));
                let start = start.map_or_else(|| element.clone(), |given| given.value.clone());
                let once = run(vec![start.clone(), element.clone()]);
                let start = start.join(&once);
                run(vec![start, element])
            }
            _ => return None,
        })
    }
}

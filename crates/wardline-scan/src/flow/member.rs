//! `object.name`.

use std::sync::Arc;

use super::{
    constant::Constant,
    interpreter::Interpreter,
    library,
    value::{ClassValue, Method, Shape, Value},
};
use crate::{ir::Name, span::Span};

/// How far up bases are looked through.
const BASES: usize = 8;

impl<'p> Interpreter<'p> {
    /// The member of a value.
    pub(super) fn member(&mut self, value: &Value<'p>, name: &Name, span: Span) -> Value<'p> {
        let settled = self.settled(value.clone());
        let value = &settled;
        if let Shape::Object(object) = &value.shape
            && let Some(field) = object.fields.get(name)
        {
            // What was stored there, or found harmless, and not what the object as a whole is.
            return field.clone();
        }
        let found = match &value.shape {
            Shape::Module(unit) => Some(self.exported(*unit, name)),
            Shape::External(path) => {
                let here = self.here();
                let path: Name = format!("{path}.{name}").into();
                let module = if self.python() { self.resolve(here, &path) } else { None };
                Some(module.map_or_else(|| Value::external(path), |unit| Value::shaped(Shape::Module(unit))))
            }
            Shape::Object(object) => {
                let class = object.class.clone();
                class.and_then(|class| self.of_class(&class, name, Some(value), span))
            }
            Shape::Class(class) => {
                let class = class.clone();
                self.of_class(&class, name, None, span)
            }
            Shape::Map(map) if !self.python() => {
                let key = Constant::Text(name.clone());
                map.entries.get(&key).or(map.rest.as_ref()).cloned()
            }
            Shape::List(list) if &**name == "length" && list.rest.is_none() => {
                i64::try_from(list.items.len()).ok().map(Value::constant)
            }
            Shape::Constant(Constant::Text(text)) if &**name == "length" => {
                i64::try_from(text.encode_utf16().count()).ok().map(Value::constant)
            }
            _ => None,
        };
        match found {
            Some(found) => found.tainted(&value.taint),
            None if library::about(name) => Value::safe(),
            None => {
                let open = matches!(value.shape, Shape::Object(_));
                let taint = if open { value.taint.clone() } else { value.deep_taint() };
                Value::any(taint, value.unknown || open)
            }
        }
    }

    /// The name of a file as others see it.
    pub(super) fn exported(&mut self, unit: usize, name: &Name) -> Value<'p> {
        self.nested(|run| run.module(unit));
        let outside = format!("export {name}");
        if let Some(value) = self.global(unit, &outside).or_else(|| self.global(unit, name)) {
            return self.settled(value);
        }
        if let Some(whole) = self.global(unit, "export default")
            && let Shape::Map(map) = &whole.shape
            && let Some(value) = map.entries.get(&Constant::Text(name.clone()))
        {
            let value = value.clone();
            return self.settled(value);
        }
        if let Some(inner) = self.resolve(unit, &format!(".{name}")).filter(|inner| *inner != unit)
            && self.source(unit).is_some_and(|source| source.path.ends_with("__init__.py"))
        {
            return Value::shaped(Shape::Module(inner));
        }
        Value::unknown()
    }

    /// A member that a class gives: a method bound to the receiver, a value, a computed property.
    fn of_class(
        &mut self,
        class: &Arc<ClassValue<'p>>,
        name: &Name,
        receiver: Option<&Value<'p>>,
        span: Span,
    ) -> Option<Value<'p>> {
        let found = self.class_member(class, name, 0)?;
        let Shape::Function(function) = &found.shape else { return Some(found) };
        let decorated = |word: &str| {
            function.function.decorators.iter().any(|decorator| {
                let mut text = crate::render::expression(decorator);
                if let Some(place) = text.rfind('.') {
                    text = text.split_off(place + 1);
                }
                text == word
            })
        };
        if function.function.is_static {
            return Some(found);
        }
        if decorated("classmethod") {
            let receiver = Value::shaped(Shape::Class(class.clone()));
            return Some(Value::shaped(Shape::Method(Arc::new(Method {
                receiver,
                function: function.clone(),
            }))));
        }
        let Some(receiver) = receiver else { return Some(found) };
        let method = Method { receiver: receiver.clone(), function: function.clone() };
        if decorated("property") || decorated("cached_property") {
            return Some(self.run_method(&method, Vec::new(), span).0);
        }
        Some(Value::shaped(Shape::Method(Arc::new(method))))
    }

    /// What a class or its bases have under a name.
    pub(super) fn class_member(
        &mut self,
        class: &ClassValue<'p>,
        name: &str,
        depth: usize,
    ) -> Option<Value<'p>> {
        if let Some(found) = class.members.get(name) {
            return Some(found.clone());
        }
        if depth >= BASES {
            return None;
        }
        for base in &class.bases {
            let base = self.settled(base.clone());
            if let Shape::Class(base) = &base.shape
                && let Some(found) = self.class_member(base, name, depth + 1)
            {
                return Some(found);
            }
        }
        None
    }
}

//! Classes: making them, and objects of them.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    call::Given,
    frame::FrameKind,
    interpreter::{Entry, Interpreter},
    library,
    value::{ClassValue, Closure, Method, Shape, Value},
};
use crate::{
    ir::{Class, Expr, ExprKind, Name, StmtKind},
    span::Span,
};

impl<'p> Interpreter<'p> {
    pub(super) fn define_class(&mut self, class: &'p Class) {
        let value = self.class_value(class);
        if let (Some(name), Some(frame)) = (&class.name, self.frames.last_mut()) {
            frame.set(name, Some(value));
        }
    }

    /// Runs a class's body and makes the class.
    pub(super) fn class_value(&mut self, class: &'p Class) -> Value<'p> {
        for decorator in &class.decorators {
            self.eval(decorator);
        }
        let bases: Vec<_> = class.bases.iter().map(|base| self.eval(base)).collect();
        let unit = self.here();
        let scope = self.scope_here();
        self.push(unit, FrameKind::Class, scope);
        self.nested(|run| {
            for member in &class.members {
                run.member_of(member);
            }
        });
        let vars = self.frames.pop().map(|frame| frame.vars).unwrap_or_default();
        let members = vars.into_iter().collect::<BTreeMap<_, _>>();
        let value = Arc::new(ClassValue { unit, class, bases, members });
        if unit == self.unit {
            self.note_cut();
            self.entries.push_back(Entry::Class(value.clone()));
        }
        Value::shaped(Shape::Class(value))
    }

    fn member_of(&mut self, member: &'p crate::ir::Stmt) {
        if let (StmtKind::Function(function), false) = (&member.kind, self.python()) {
            let value = self.closure(function);
            if let (Some(name), Some(frame)) = (&function.name, self.frames.last_mut()) {
                frame.set(name, Some(value));
            }
            return;
        }
        self.block(std::slice::from_ref(member));
    }

    /// A new object.
    pub(super) fn instantiate(
        &mut self,
        class: &Arc<ClassValue<'p>>,
        given: Vec<Given<'p>>,
        span: Span,
    ) -> Value<'p> {
        let object = Value::object(Some(class.clone()), BTreeMap::new(), &Value::safe());
        let constructors = ["__init__", "constructor", "__construct", "initialize"];
        let constructor = constructors.iter().find_map(|name| {
            match self.class_member(class, name, 0).map(|member| member.shape) {
                Some(Shape::Function(function)) => Some(function),
                _ => None,
            }
        });
        let Some(function) = constructor else { return self.filled(class, given) };
        let method = Method { receiver: object.clone(), function };
        let (_, receiver) = self.run_method(&method, given, span);
        match receiver {
            Some(receiver) if matches!(receiver.shape, Shape::Object(_)) => receiver,
            _ => object,
        }
    }

    /// An object of a class without a constructor in the program: its fields are what it is given, by the order of their
    /// declarations or by name.
    fn filled(&mut self, class: &Arc<ClassValue<'p>>, given: Vec<Given<'p>>) -> Value<'p> {
        let declared: Vec<Name> = class
            .class
            .members
            .iter()
            .filter_map(|member| match &member.kind {
                StmtKind::Declare(declare) => match &declare.target.kind {
                    ExprKind::Name(name) => Some(name.clone()),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        let mut fields = BTreeMap::new();
        let mut like = Value::safe();
        for (place, given) in given.into_iter().enumerate() {
            match given.name.or_else(|| declared.get(place).cloned()) {
                Some(name) => drop(fields.insert(name, given.value)),
                None => {
                    like.taint = like.taint.join(&given.value.deep_taint());
                    like.unknown |= given.value.deep_unknown();
                }
            }
        }
        like.unknown |= !class.bases.is_empty();
        Value::object(Some(class.clone()), fields, &like)
    }

    /// What `new` makes by a plain function: `this`, with the methods of its prototype.
    pub(super) fn constructed(
        &mut self,
        callee: &'p Expr,
        constructor: &Arc<Closure<'p>>,
        given: Vec<Given<'p>>,
        span: Span,
    ) -> Value<'p> {
        let this = Value::object(None, BTreeMap::new(), &Value::safe());
        let (_, outs) = self.run_function(constructor, given, Some(this.clone()), span);
        let made = outs.into_iter().next().flatten();
        let made = made.filter(|made| matches!(made.shape, Shape::Object(_))).unwrap_or(this);
        let (ExprKind::Name(name), Shape::Object(object)) = (&callee.kind, &made.shape) else { return made };
        let mut fields = object.fields.clone();
        let prototype = self.bound(&format!("{name}.prototype").into()).map(|value| value.shape);
        let Some(Shape::Object(prototype)) = prototype else { return made };
        for (name, value) in &prototype.fields {
            if let Shape::Function(function) = &value.shape {
                let method = Method { receiver: made.clone(), function: function.clone() };
                fields.entry(name.clone()).or_insert_with(|| Value::shaped(Shape::Method(Arc::new(method))));
            }
        }
        Value::object(None, fields, &made)
    }

    /// Whether a method of that name makes objects.
    pub(super) fn is_constructor(name: Option<&Name>) -> bool {
        name.is_some_and(|name| library::constructor(name))
    }
}

//! Giving values to names, members, keys and patterns.

use std::collections::BTreeMap;

use super::{
    constant::Constant,
    interpreter::Interpreter,
    taint::Note,
    value::{Shape, Value},
};
use crate::{
    ir::{Expr, ExprKind, Literal, Name, Operator},
    language::Language,
};

/// Whether an expression is a place: something that keeps what it is given.
pub(super) fn is_place(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) => true,
        ExprKind::Member { object, .. } => is_place(object),
        ExprKind::Index { object, index } => {
            is_place(object) && matches!(index.kind, ExprKind::Literal(_) | ExprKind::Name(_))
        }
        _ => false,
    }
}

impl<'p> Interpreter<'p> {
    /// `target = value`; `by` is what the value was computed by.
    pub(super) fn assign(&mut self, target: &'p Expr, value: Value<'p>, by: Option<&'p Expr>) {
        match &target.kind {
            ExprKind::Name(name) => {
                let value = self.noted(value, target.span, &Note::Assigned(name.clone()));
                self.note_rebound(name, &value);
                let container = matches!(value.shape, Shape::List(_) | Shape::Map(_) | Shape::Object(_));
                if let Some(frame) = self.frame() {
                    frame.define(name, by);
                    frame.stands_for(name, by.filter(|_| container).and_then(same_as));
                }
                self.set_name(name, value);
                self.sink_of_place(target);
            }
            ExprKind::List { elements, .. } => self.assign_elements(elements, &value),
            ExprKind::Map(entries) => {
                let mut taken = Vec::new();
                for entry in entries {
                    let Some(key) = &entry.key else {
                        let rest = super::container::without_keys(&value, &taken);
                        self.assign(&entry.value, rest, None);
                        continue;
                    };
                    let key = self.eval(key);
                    taken.extend(key.as_constant().cloned());
                    let part = match key.as_text() {
                        Some(name) if !matches!(value.shape, Shape::Map(_)) => {
                            let name: Name = name.into();
                            self.member(&value, &name, target.span)
                        }
                        _ => super::container::at(&value, &key),
                    };
                    // `const {query} = request`: what is taken out may be what comes from outside.
                    let part = self.parameter_source(&entry.value, part);
                    self.assign(&entry.value, part, None);
                }
            }
            ExprKind::Spread(inner) => self.assign(inner, value, None),
            ExprKind::Assign { target, operator: None, value: default } => {
                let value = match value.as_constant() {
                    Some(Constant::Null) => self.eval(default),
                    Some(_) => value,
                    None => {
                        let other = self.eval(default);
                        value.join(&other)
                    }
                };
                self.assign(target, value, None);
            }
            ExprKind::Member { name, .. } => {
                self.sink_of_target(target, &value);
                let value = self.noted(value, target.span, &Note::Stored(name.clone()));
                self.update(target, value);
            }
            ExprKind::Index { index, .. } => {
                self.eval(index);
                if self.checked(target).is_some()
                    && let Some(name) = checked_name(target)
                {
                    self.keep_checked(name, value.clone());
                }
                self.sink_of_target(target, &value);
                let value = self.noted(value, target.span, &Note::Stored("a container".into()));
                self.update(target, value);
            }
            ExprKind::Cast { value: inner, .. } => self.assign(inner, value, by),
            _ => drop(self.eval(target)),
        }
    }

    /// Notes that a name which was imported becomes something else: `escape = str`.
    fn note_rebound(&mut self, name: &Name, value: &Value<'p>) {
        let (Shape::External(to), Some(before)) = (&value.shape, self.bound(name)) else { return };
        if let Shape::External(from) = &before.shape
            && from != to
            && from.contains('.')
            && let Some(frame) = self.frame()
        {
            frame.set(&rebound(name), Some(Value::safe()));
        }
    }

    /// Whether a name is not what it was imported as.
    pub(super) fn is_rebound(&self, name: &Name) -> bool {
        self.bound(&rebound(name)).is_some()
    }

    fn assign_elements(&mut self, elements: &'p [Expr], value: &Value<'p>) {
        let spread = elements.iter().position(|element| matches!(element.kind, ExprKind::Spread(_)));
        for (place, element) in elements.iter().enumerate() {
            let part = match spread {
                Some(spread) if place == spread => match &value.shape {
                    Shape::List(list) => {
                        let after = elements.len().saturating_sub(place + 1);
                        let upto = list.items.len().saturating_sub(after).max(place);
                        let items = list.items.get(place..upto).unwrap_or_default().to_vec();
                        Value::list(items, list.rest.clone()).tainted(&value.taint)
                    }
                    _ => Value::list(Vec::new(), Some(value.element())),
                },
                Some(spread) if place > spread => value.element(),
                _ => {
                    let key = Value::constant(i64::try_from(place).unwrap_or(0));
                    super::container::at(value, &key)
                }
            };
            self.assign(element, part, None);
        }
    }

    pub(super) fn set_name(&mut self, name: &Name, value: Value<'p>) {
        let here = self.here();
        let Some(frame) = self.frames.last() else { return };
        if frame.outer.contains(name) || (!self.python() && !frame.vars.contains_key(name)) {
            let mut scope = frame.scope;
            for _ in 0..32 {
                let Some(outer) = scope.and_then(|id| self.frame_of(id)) else { break };
                let (id, next, has) = (outer.id, outer.scope, outer.vars.contains_key(name));
                if has {
                    return self.set_in(id, name, value);
                }
                scope = next;
            }
            if frame.outer.contains(name) || self.global(here, name).is_some() {
                return self.set_global(here, name, value);
            }
        }
        if let Some(frame) = self.frame() {
            frame.set(name, Some(value));
        }
    }

    fn set_in(&mut self, id: u32, name: &Name, value: Value<'p>) {
        let before = self.open.last().is_some_and(|record| id < record.first_frame);
        let frame = self.frames.iter_mut().find(|frame| frame.id == id);
        if let Some(frame) = frame.or_else(|| self.kept.get_mut(&id)) {
            let joined = frame.vars.get(name).map_or_else(|| value.clone(), |known| known.join(&value));
            let wrote = before && frame.vars.get(name) != Some(&joined);
            frame.set(name, Some(joined));
            if wrote {
                self.note_write();
            }
        }
    }

    /// The value that stands at a place, without what looking would do.
    pub(super) fn peek(&mut self, place: &'p Expr) -> Value<'p> {
        match &place.kind {
            ExprKind::Name(name) => self.lookup(name),
            ExprKind::Member { object, name } => {
                let value = self.peek(object);
                self.beside(object, name, &value).unwrap_or_else(|| self.member(&value, name, place.span))
            }
            ExprKind::Index { object, index } => {
                let (value, key) = (self.peek(object), self.peek(index));
                self.at_beside(object, &value, &key).unwrap_or_else(|| super::container::at(&value, &key))
            }
            ExprKind::Literal(literal) => Value::constant(Constant::from(literal)),
            _ => Value::unknown(),
        }
    }

    /// Puts a changed value where it stands.
    pub(super) fn update(&mut self, place: &'p Expr, value: Value<'p>) {
        match &place.kind {
            ExprKind::Name(name) => self.set_changed(name, value),
            ExprKind::Member { object, name } => {
                if exporter(object).is_some_and(|of| self.exports(of, name, &value)) {
                    return;
                }
                if !is_place(object) {
                    return;
                }
                self.store(object, name, value);
            }
            ExprKind::Index { object, index } if is_place(object) => {
                let (base, key) = (self.peek(object), self.peek(index));
                if let (true, Some(name)) = (keeps_members_beside(&base), self.keyed(&key)) {
                    self.set_beside(object, &name, value);
                } else if let Some(changed) = super::container::with(&base, &key, value) {
                    self.update(object, changed);
                }
            }
            _ => {}
        }
    }

    /// `object.name = value`.
    pub(super) fn store(&mut self, object: &'p Expr, name: &Name, value: Value<'p>) {
        let base = self.peek(object);
        if keeps_members_beside(&base) {
            self.set_beside(object, name, value);
        } else if let Some(changed) = self.with_member(&base, name, value) {
            self.update(object, changed);
        }
    }

    /// Gives a changed container to its name, and to those that stand for the same one.
    fn set_changed(&mut self, name: &Name, value: Value<'p>) {
        let others = self.frames.last().map(|frame| frame.same(name)).unwrap_or_default();
        if !others.is_empty() {
            let before = self.lookup(name);
            for other in others {
                if self.lookup(&other) == before {
                    self.set_name(&other, value.clone());
                }
            }
        }
        self.set_name(name, value);
    }

    /// Keeps a member of a function, a class or something outside: `render.template = …`, `window.state = …`.
    fn set_beside(&mut self, object: &'p Expr, name: &Name, value: Value<'p>) {
        let Some(path) = dotted(object, name) else { return };
        self.members_beside = true;
        let here = self.here();
        let own = root(object).is_some_and(|root| {
            self.frames.last().is_some_and(|frame| {
                frame.kind == super::frame::FrameKind::Module || frame.vars.contains_key(root)
            })
        });
        match self.frames.last_mut() {
            Some(frame) if own || frame.vars.contains_key(&path) => frame.set(&path, Some(value)),
            // In a function: what follows there sees this value, and the others see it too.
            Some(frame) => {
                frame.set(&path, Some(value.clone()));
                self.set_global(here, &path, value);
            }
            None => {}
        }
    }

    /// A member that was kept so.
    pub(super) fn beside(&self, object: &'p Expr, name: &Name, value: &Value<'p>) -> Option<Value<'p>> {
        if !self.members_beside || !keeps_members_beside(value) {
            return None;
        }
        self.bound(&dotted(object, name)?)
    }

    /// What was kept so under a key: `os.environ["NAME"] = …`.
    pub(super) fn at_beside(
        &self,
        object: &'p Expr,
        value: &Value<'p>,
        key: &Value<'p>,
    ) -> Option<Value<'p>> {
        self.beside(object, &self.keyed(key)?, value)
    }

    /// The name under which what has a key is kept: in Python no member is called so, in scripts a key is a member's name.
    fn keyed(&self, key: &Value<'p>) -> Option<Name> {
        match (self.language(), key.as_text()?) {
            (Language::Python, key) => Some(format!("[{key}]").into()),
            (Language::JavaScript | Language::TypeScript | Language::Tsx, key) => Some(key.into()),
            _ => None,
        }
    }

    /// `module.exports = …`, `exports.name = …`.
    fn exports(&mut self, object: &str, name: &Name, value: &Value<'p>) -> bool {
        if self.python() {
            return false;
        }
        let here = self.here();
        let outside: Name = match (object, &**name) {
            ("module", "exports") => "export default".into(),
            ("exports", name) => format!("export {name}").into(),
            _ => return false,
        };
        if let Some(frame) = self
            .frames
            .iter_mut()
            .rev()
            .find(|frame| frame.unit == here && frame.kind == super::frame::FrameKind::Module)
        {
            frame.set(&outside, Some(value.clone()));
        }
        true
    }

    fn with_member(&mut self, base: &Value<'p>, name: &Name, value: Value<'p>) -> Option<Value<'p>> {
        match &base.shape {
            Shape::Object(object) => {
                let mut fields = object.fields.clone();
                fields.insert(name.clone(), value);
                Some(Value::object(object.class.clone(), fields, base))
            }
            Shape::Map(_) => super::container::with(base, &Value::constant(&**name), value),
            Shape::Any => Some(Value::object(None, BTreeMap::from([(name.clone(), value)]), base)),
            Shape::Module(unit) => {
                self.set_global(*unit, name, value);
                None
            }
            _ => None,
        }
    }

    /// Makes everything that is looked at in an expression harmless, for some rules or for all.
    pub(super) fn clean_within(&mut self, expr: &'p Expr, rules: Option<crate::role::RuleSet>) {
        match &expr.kind {
            ExprKind::Name(_) => self.clean(expr, rules),
            ExprKind::Member { object, .. } | ExprKind::Index { object, .. } => {
                if is_place(expr) {
                    self.clean(expr, rules);
                } else {
                    self.clean_within(object, rules);
                }
            }
            ExprKind::Call { callee, arguments, .. } => {
                if let ExprKind::Member { object, .. } = &callee.kind {
                    self.clean_within(object, rules);
                }
                for argument in arguments {
                    self.clean_within(&argument.value, rules);
                }
            }
            ExprKind::Binary { operator, left, right } if *operator != Operator::Sequence => {
                self.clean_within(left, rules);
                self.clean_within(right, rules);
            }
            ExprKind::Unary { value, .. } | ExprKind::Await(value) | ExprKind::Spread(value) => {
                self.clean_within(value, rules);
            }
            ExprKind::List { elements, .. } => {
                elements.iter().for_each(|element| self.clean_within(element, rules));
            }
            _ => {}
        }
    }

    /// What is not of the program cannot be changed, but that one of its keys was found harmless holds from here on.
    fn remember_checked(&mut self, place: &'p Expr, rules: Option<crate::role::RuleSet>) {
        let ExprKind::Index { .. } = &place.kind else { return };
        let outside =
            root(place).cloned().is_some_and(|root| matches!(self.lookup(&root).shape, Shape::External(_)));
        let (true, Some(name)) = (outside, checked_name(place)) else { return };
        let value = match rules {
            None => Value::safe(),
            Some(rules) => {
                let mark = self.mark_now();
                let value = self.eval(place).map_taint(&|taint| taint.without(rules));
                self.take_back(mark);
                Value { unknown: false, ..value }
            }
        };
        self.keep_checked(name, value);
    }

    fn keep_checked(&mut self, name: String, value: Value<'p>) {
        self.checked = true;
        if let Some(frame) = self.frame() {
            frame.set(&name.into(), Some(value));
        }
    }

    /// What a key of something from outside was found to be.
    pub(super) fn checked(&mut self, place: &'p Expr) -> Option<Value<'p>> {
        if !self.checked {
            return None;
        }
        self.bound(&checked_name(place)?.into())
    }

    /// Makes what stands at a place harmless, and what it was made from when it is a view of that.
    pub(super) fn clean(&mut self, place: &'p Expr, rules: Option<crate::role::RuleSet>) {
        if !is_place(place) {
            return;
        }
        let Some(root) = root(place) else { return };
        let Some(frame) = self.frames.last() else { return };
        if self.as_of.is_some_and(|time| frame.assigned_since(root, time)) {
            return;
        }
        let definition = frame.defined.get(root).copied();
        let value = self.peek(place);
        if !value.deep_taint().is_clean() || value.unknown {
            let mut cleaned = match rules {
                Some(rules) => value.map_taint(&|taint| taint.without(rules)),
                None => value.map_taint(&|_| super::taint::Taint::default()),
            };
            cleaned.unknown = false;
            self.remember_checked(place, rules);
            self.update(place, cleaned);
        }
        if let Some((by, time)) = definition
            && self.as_of.is_none_or(|limit| time <= limit)
        {
            let before = self.as_of.replace(time.saturating_sub(1));
            self.clean_viewed(by, rules, 0);
            self.as_of = before;
        }
    }
}

/// The name under which it is kept that a name was imported and became something else.
fn rebound(name: &Name) -> Name {
    format!("rebound {name}").into()
}

/// The name under which it is kept that a place of something from outside was found harmless: `params["id"]`.
fn checked_name(place: &Expr) -> Option<String> {
    match &place.kind {
        ExprKind::Name(name) => Some(name.to_string()),
        ExprKind::Index { object, index } => match &index.kind {
            ExprKind::Literal(Literal::Text(key)) => Some(format!("{}[{key}]", checked_name(object)?)),
            _ => None,
        },
        _ => None,
    }
}

/// The name whose container an expression is: `b` of `a = b` and of `a = b = []`.
fn same_as(by: &Expr) -> Option<&Name> {
    match &by.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Assign { target, operator: None, .. } => same_as(target),
        ExprKind::Cast { value, .. } => same_as(value),
        _ => None,
    }
}

/// Whether what is stored in a value is kept beside it, by its name.
fn keeps_members_beside(value: &Value<'_>) -> bool {
    matches!(value.shape, Shape::Function(_) | Shape::Class(_) | Shape::External(_))
}

/// What may be exported through: `module`, `exports`, and `module.exports` for the latter.
fn exporter(object: &Expr) -> Option<&str> {
    match &object.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Member { object, name } if &**name == "exports" => match &object.kind {
            ExprKind::Name(module) if &**module == "module" => Some("exports"),
            _ => None,
        },
        _ => None,
    }
}

/// The names of a member of a chain of names, as one.
fn dotted(object: &Expr, name: &Name) -> Option<Name> {
    fn chain(expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Name(name) => Some(name.to_string()),
            ExprKind::Member { object, name } => Some(format!("{}.{name}", chain(object)?)),
            _ => None,
        }
    }
    Some(format!("{}.{name}", chain(object)?).into())
}

/// The name that a place begins with.
pub(super) fn root(place: &Expr) -> Option<&Name> {
    match &place.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Member { object, .. } | ExprKind::Index { object, .. } => root(object),
        _ => None,
    }
}

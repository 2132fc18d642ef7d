//! Expressions.

use super::{
    constant::{self, Constant},
    interpreter::Interpreter,
    place::is_place,
    taint::{Note, Taint},
    value::{Shape, Value, Via},
};
use crate::{
    ir::{Element, Entry, Expr, ExprKind, Operator, TemplatePart, UnaryOperator},
    role::Role,
};

impl<'p> Interpreter<'p> {
    /// The value of an expression, with what the rules say about it.
    pub(super) fn eval(&mut self, expr: &'p Expr) -> Value<'p> {
        if !self.step() {
            return Value::unknown();
        }
        let Some(mut value) = self.nested(|run| run.kind(expr)) else { return Value::unknown() };
        if matches!(value.shape, Shape::Any | Shape::External(_)) && self.names_function(expr) {
            value.via = Via::one(self.here(), expr.id);
        }
        self.with_roles(expr, value)
    }

    /// Whether rules say what a call of what an expression names does.
    fn names_function(&self, expr: &Expr) -> bool {
        self.source(self.here()).is_some_and(|unit| !unit.roles.references(expr.id).is_empty())
    }

    fn with_roles(&mut self, expr: &'p Expr, value: Value<'p>) -> Value<'p> {
        let roles = self.roles(expr.id);
        if roles.is_empty() {
            return value;
        }
        let mut value = value;
        for role in roles {
            match role {
                Role::Source { rules, weak } => {
                    let taint = self.mark(expr, *rules, *weak);
                    value = value.tainted(&taint);
                }
                Role::Sanitizer { rules, by_side_effect: true } => self.clean_within(expr, Some(*rules)),
                Role::Propagator { rules, from, to } => self.propagate(expr, *rules, *from, *to),
                _ => {}
            }
        }
        // What is mended is mended whatever else it is, before it can reach anything.
        for role in roles {
            if let Role::Sanitizer { rules, by_side_effect: false } = role
                && !self.is_own_call(expr)
            {
                value = value.map_taint(&|taint| taint.without(*rules));
                value.unknown = false;
            }
        }
        let call = matches!(expr.kind, ExprKind::Call { .. });
        // What reaches a parameter of `f(*values)` is the first of them.
        let first = Value::constant(0);
        let reaching = match expr.kind {
            ExprKind::Spread(_) => super::container::at(&value, &first),
            _ => value.clone(),
        };
        for role in roles {
            if let Role::Sink { rules, reach, by_value } = role
                && (!call || *by_value)
            {
                self.sink(expr.span, *rules, *reach, std::slice::from_ref(&reaching));
            }
        }
        value
    }

    /// Whether an expression calls a function of the program: what that does was followed, and its name says nothing.
    fn is_own_call(&mut self, expr: &'p Expr) -> bool {
        let ExprKind::Call { callee, is_new: false, .. } = &expr.kind else { return false };
        if let ExprKind::Name(name) = &callee.kind
            && self.is_rebound(name)
        {
            return true;
        }
        is_place(callee) && matches!(self.peek(callee).shape, Shape::Function(_) | Shape::Method(_))
    }

    fn kind(&mut self, expr: &'p Expr) -> Value<'p> {
        match &expr.kind {
            ExprKind::Literal(literal) => Value::constant(Constant::from(literal)),
            ExprKind::Name(name) => {
                let value = self.lookup(name);
                self.called_by_name(value, expr.span)
            }
            ExprKind::Member { object, name } => {
                let value = self.eval(object);
                let value =
                    self.beside(object, name, &value).unwrap_or_else(|| self.member(&value, name, expr.span));
                self.called_by_name(value, expr.span)
            }
            ExprKind::Index { object, index } => match self.checked(expr) {
                Some(value) => value,
                None => self.index(object, index),
            },
            ExprKind::Call { callee, arguments, is_new } => self.call(expr, callee, arguments, *is_new),
            ExprKind::Binary { operator, left, right } => self.binary(expr, *operator, left, right),
            ExprKind::Unary { operator, value } => self.unary(*operator, value),
            ExprKind::Conditional { test, then, otherwise } => self.conditional(test, then, otherwise),
            ExprKind::Template(parts) => self.template(expr, parts),
            ExprKind::List { elements, .. } => self.list(elements),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Assign { target, operator, value } => match operator {
                None => {
                    let given = self.eval(value);
                    self.assign(target, given.clone(), Some(value));
                    given
                }
                Some(operator) => self.assign_operator(expr, target, *operator, value),
            },
            ExprKind::Function(function) => self.closure(function),
            ExprKind::Class(class) => self.class_value(class),
            ExprKind::Comprehension { element, clauses, kind } => self.comprehension(element, clauses, *kind),
            ExprKind::Await(value) | ExprKind::Spread(value) | ExprKind::Command(value) => self.eval(value),
            ExprKind::Cast { value, .. } => self.eval(value),
            ExprKind::Yield(value) => self.yielded(value.as_deref()),
            ExprKind::Element(element) => self.element(element),
            ExprKind::Tagged { tag, template } => {
                self.eval(tag);
                let value = self.eval(template);
                Value::any(value.deep_taint(), true)
            }
            ExprKind::Slice(parts) => {
                for part in parts.iter().flatten() {
                    self.eval(part);
                }
                Value::safe()
            }
            ExprKind::Opaque(parts) => {
                let values: Vec<_> = parts.iter().map(|part| self.eval(part)).collect();
                mixed(&values)
            }
        }
    }

    /// In Ruby a method is called by its name alone.
    fn called_by_name(&mut self, value: Value<'p>, span: crate::span::Span) -> Value<'p> {
        let named = match &value.shape {
            Shape::Function(closure) => closure.function.name.is_some(),
            Shape::Method(_) => true,
            _ => false,
        };
        if named && self.ruby() { self.apply(&value, Vec::new(), span).0 } else { value }
    }

    fn index(&mut self, object: &'p Expr, index: &'p Expr) -> Value<'p> {
        let container = self.eval(object);
        if let ExprKind::Slice(parts) = &index.kind {
            let bounds: Vec<_> = parts.iter().map(|part| part.as_ref().map(|part| self.eval(part))).collect();
            return super::container::slice(&container, &bounds);
        }
        let key = self.eval(index);
        self.at_beside(object, &container, &key).unwrap_or_else(|| super::container::at(&container, &key))
    }

    fn binary(&mut self, expr: &'p Expr, operator: Operator, left: &'p Expr, right: &'p Expr) -> Value<'p> {
        if matches!(operator, Operator::And | Operator::Or | Operator::Coalesce) {
            return self.either(operator, left, right);
        }
        let left = self.eval(left);
        let right = self.eval(right);
        self.operate(expr, operator, &left, &right)
    }

    /// `left operator right` of two values.
    pub(super) fn operate(
        &mut self,
        expr: &'p Expr,
        operator: Operator,
        left: &Value<'p>,
        right: &Value<'p>,
    ) -> Value<'p> {
        let python = self.python();
        let clean = left.taint.is_clean() && right.taint.is_clean();
        if clean
            && let (Some(left), Some(right)) = (left.as_constant(), right.as_constant())
            && let Some(constant) = constant::binary(operator, left, right, python)
        {
            return Value::constant(constant);
        }
        match operator {
            Operator::Sequence => right.clone(),
            Operator::Modulo if python && !matches!(left.as_constant(), Some(Constant::Integer(_))) => {
                let formatted = self.percent(left, right);
                self.noted(formatted, expr.span, &Note::Built)
            }
            Operator::Modulo if self.ruby() && !matches!(left.as_constant(), Some(Constant::Integer(_))) => {
                let value = mixed(&[left.clone(), right.clone()]);
                self.noted(value, expr.span, &Note::Built)
            }
            Operator::Add
            | Operator::Concat
            | Operator::Multiply
            | Operator::Divide
            | Operator::BitOr
            | Operator::BitAnd
            | Operator::Other => {
                if let Some(joined) = super::container::concatenated(left, right) {
                    return joined;
                }
                let value = mixed(&[left.clone(), right.clone()]);
                self.noted(value, expr.span, &Note::Built)
            }
            Operator::In | Operator::NotIn => match super::container::contains(right, left) {
                Some(contains) => Value::constant(contains == (operator == Operator::In)),
                None => Value::safe(),
            },
            _ => Value::safe(),
        }
    }

    fn either(&mut self, operator: Operator, left: &'p Expr, right: &'p Expr) -> Value<'p> {
        let first = self.eval(left);
        let truth = match operator {
            Operator::Coalesce => first.as_constant().map(|constant| *constant != Constant::Null),
            _ => self.truth(&first),
        };
        let stops_on = operator != Operator::And;
        if let Some(truth) = truth {
            return if truth == stops_on { first } else { self.eval(right) };
        }
        let mark = self.mark_now();
        if operator != Operator::Coalesce {
            self.refine(left, !stops_on);
        }
        let second = self.eval(right);
        let way = self.take_back(mark);
        self.merge(&[way, super::frame::Changes::default()]);
        if stops_on {
            return first.join(&second);
        }
        // What stops an `and` is false, and so nothing that could do harm.
        Value::constant(Constant::Null).join(&second)
    }

    fn unary(&mut self, operator: UnaryOperator, value: &'p Expr) -> Value<'p> {
        let given = self.eval(value);
        if operator == UnaryOperator::Reference {
            return given;
        }
        if operator == UnaryOperator::Step {
            self.assign(value, Value::safe(), None);
            return Value::safe();
        }
        if operator == UnaryOperator::Not
            && let Some(truth) = self.truth(&given)
        {
            return Value::constant(!truth);
        }
        let computed = given.as_constant().and_then(|constant| constant::unary(operator, constant));
        computed.map_or_else(Value::safe, Value::constant)
    }

    fn conditional(&mut self, test: &'p Expr, then: &'p Expr, otherwise: &'p Expr) -> Value<'p> {
        let value = self.eval(test);
        if let Some(truth) = self.truth(&value) {
            self.refine(test, truth);
            return self.eval(if truth { then } else { otherwise });
        }
        let mark = self.mark_now();
        let mut ways = Vec::new();
        let mut results = Vec::new();
        for (truth, branch) in [(true, then), (false, otherwise)] {
            self.refine(test, truth);
            results.push(self.eval(branch));
            ways.push(self.take_back(mark));
        }
        self.merge(&ways);
        Value::join_all(results).unwrap_or_else(Value::unknown)
    }

    fn template(&mut self, expr: &'p Expr, parts: &'p [TemplatePart]) -> Value<'p> {
        let python = self.python();
        let mut text = Some(String::new());
        let mut values = Vec::new();
        for part in parts {
            let shown = match part {
                TemplatePart::Text(part) => Some(part.to_string()),
                TemplatePart::Value(value) => {
                    let value = self.eval(value);
                    let shown = value
                        .as_constant()
                        .filter(|_| value.taint.is_clean())
                        .and_then(|constant| constant.shown(python));
                    values.push(value);
                    shown
                }
            };
            text = text.zip(shown).map(|(text, shown)| text + &shown);
        }
        if let Some(constant) = text.and_then(Constant::text) {
            return Value::constant(constant);
        }
        let value = mixed(&values);
        self.noted(value, expr.span, &Note::Built)
    }

    fn list(&mut self, elements: &'p [Expr]) -> Value<'p> {
        let mut items = Vec::new();
        let mut rest: Option<Value<'p>> = None;
        for element in elements {
            let value = self.eval(element);
            let spread = matches!(element.kind, ExprKind::Spread(_));
            match (&value.shape, spread) {
                (Shape::List(list), true) if rest.is_none() && value.taint.is_clean() => {
                    items.extend(list.items.iter().cloned());
                    rest = list.rest.clone();
                }
                (_, true) => rest = Value::join_all(rest.into_iter().chain([value.element()])),
                (_, false) if rest.is_some() => rest = Value::join_all(rest.into_iter().chain([value])),
                (_, false) => items.push(value),
            }
        }
        Value::list(items, rest)
    }

    fn map(&mut self, entries: &'p [Entry]) -> Value<'p> {
        let mut known = std::collections::BTreeMap::new();
        let mut rest: Option<Value<'p>> = None;
        let mut taint = Taint::default();
        for entry in entries {
            let Some(key) = &entry.key else {
                let other = self.eval(&entry.value);
                taint = taint.join(&other.taint);
                match &other.shape {
                    Shape::Map(map) => {
                        known.extend(map.entries.iter().map(|(key, value)| (key.clone(), value.clone())));
                        rest = Value::join_all(rest.into_iter().chain(map.rest.clone()));
                    }
                    _ => rest = Value::join_all(rest.into_iter().chain([other.element()])),
                }
                continue;
            };
            let key = self.eval(key);
            let value = self.eval(&entry.value);
            match key.as_constant() {
                Some(key) => drop(known.insert(key.clone(), value)),
                None => rest = Value::join_all(rest.into_iter().chain([value.tainted(&key.deep_taint())])),
            }
        }
        Value::map(known, rest).tainted(&taint)
    }

    fn assign_operator(
        &mut self,
        expr: &'p Expr,
        target: &'p Expr,
        operator: Operator,
        value: &'p Expr,
    ) -> Value<'p> {
        let before = self.eval(target);
        let given = self.eval(value);
        let after = match operator {
            Operator::And | Operator::Or | Operator::Coalesce => before.join(&given),
            _ => self.operate(expr, operator, &before, &given),
        };
        self.assign(target, after.clone(), Some(expr));
        after
    }

    fn yielded(&mut self, value: Option<&'p Expr>) -> Value<'p> {
        let given = match value {
            Some(value) => {
                let given = self.eval(value);
                if matches!(value.kind, ExprKind::Spread(_)) { given.element() } else { given }
            }
            None => Value::constant(Constant::Null),
        };
        if let Some(frame) = self.frame() {
            frame.yielded =
                Some(frame.yielded.as_ref().map_or_else(|| given.clone(), |known| known.join(&given)));
        }
        Value::unknown()
    }

    /// Markup: its values are text to it, and a sink where a rule says so.
    fn element(&mut self, element: &'p Element) -> Value<'p> {
        for value in element.attributes.iter().filter_map(|attribute| attribute.value.as_ref()) {
            self.eval(value);
        }
        for child in &element.children {
            self.eval(child);
        }
        Value::safe()
    }

    /// Whether a value counts as true, when that is known.
    pub(super) fn truth(&self, value: &Value<'p>) -> Option<bool> {
        if !value.taint.is_clean() {
            return None;
        }
        match &value.shape {
            Shape::Constant(constant) => constant.truth(),
            Shape::List(list) if list.rest.is_none() && self.python() => Some(!list.items.is_empty()),
            Shape::Map(map) if map.rest.is_none() && !value.unknown && self.python() => {
                Some(!map.entries.is_empty())
            }
            Shape::Function(_) | Shape::Class(_) | Shape::Module(_) | Shape::Method(_) => Some(true),
            _ => None,
        }
    }
}

/// Something made of these values.
pub(super) fn mixed<'p>(values: &[Value<'p>]) -> Value<'p> {
    let taint = values.iter().fold(Taint::default(), |taint, value| taint.join(&value.deep_taint()));
    Value::any(taint, values.iter().any(Value::deep_unknown))
}

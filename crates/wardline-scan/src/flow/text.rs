//! Texts made of values: methods, `%` and `format`.

use super::{
    call::Given,
    constant::{self, Constant},
    evaluate::mixed,
    interpreter::Interpreter,
    library,
    taint::Note,
    value::{Shape, Value},
};
use crate::ir::{Expr, Name};

impl<'p> Interpreter<'p> {
    /// A method of a constant text.
    pub(super) fn text_method(
        &mut self,
        receiver: &Value<'p>,
        name: &str,
        given: &[Given<'p>],
        expr: &'p Expr,
    ) -> Option<Value<'p>> {
        let text = receiver.as_text()?.to_owned();
        let values: Vec<_> = given.iter().map(|given| given.value.clone()).collect();
        let clean = receiver.taint.is_clean() && values.iter().all(|value| value.taint.is_clean());
        let constants: Option<Vec<_>> = values.iter().map(Value::as_constant).collect();
        if let Some(constants) = constants
            && clean
            && let Some(result) = constant::method(&text, name, &constants)
        {
            return Some(Value::constant(result));
        }
        let value = match name {
            "format" => self.formatted(&text, given, expr),
            "join" => {
                let joined = self.joined(&text, values.first()?);
                self.noted(joined, expr.span, &Note::Built)
            }
            "split" | "rsplit" => self.split(&text, values.first()),
            "encode" | "decode" if clean => receiver.clone(),
            "replace" | "concat" | "zfill" | "ljust" | "rjust" | "center" | "partition" => {
                let mut value = mixed(&values);
                value.unknown |= receiver.unknown;
                value.tainted(&receiver.taint)
            }
            _ if library::clean_method(name) => Value::safe(),
            _ if values.is_empty() => Value::safe().tainted(&receiver.taint),
            _ => return None,
        };
        Some(value)
    }

    fn split(&self, text: &str, separator: Option<&Value<'p>>) -> Value<'p> {
        let parts: Vec<&str> = match separator.map(Value::as_text) {
            None => text.split_whitespace().collect(),
            Some(Some(separator)) if !separator.is_empty() => text.split(separator).collect(),
            _ => return Value::list(Vec::new(), Some(Value::safe())),
        };
        Value::list(parts.into_iter().map(Value::constant).collect(), None)
    }

    fn joined(&self, separator: &str, parts: &Value<'p>) -> Value<'p> {
        if let Shape::List(list) = &parts.shape
            && list.rest.is_none()
            && parts.deep_taint().is_clean()
            && let Some(texts) = list.items.iter().map(Value::as_text).collect::<Option<Vec<_>>>()
            && let Some(text) = Constant::text(texts.join(separator))
        {
            return Value::constant(text);
        }
        Value::any(parts.deep_taint(), parts.deep_unknown())
    }

    /// `"…{0}…{name[key]}…".format(…)`: what its fields name takes part, and nothing else.
    fn formatted(&mut self, text: &str, given: &[Given<'p>], expr: &'p Expr) -> Value<'p> {
        let plain: Vec<_> = given.iter().filter(|given| given.name.is_none()).collect();
        let all: Vec<_> = given.iter().map(|given| given.value.clone()).collect();
        if given.iter().any(|given| given.spread) {
            return mixed(&all);
        }
        let Some(fields) = fields(text) else { return mixed(&all) };
        let mut used = Vec::new();
        let mut next = 0;
        for field in fields {
            let end = field.find(['.', '[']).unwrap_or(field.len());
            let (first, rest) = field.split_at_checked(end).unwrap_or((field, ""));
            let value = if first.is_empty() {
                next += 1;
                plain.get(next - 1).map(|given| given.value.clone())
            } else if let Ok(place) = first.parse::<usize>() {
                plain.get(place).map(|given| given.value.clone())
            } else {
                let named = given.iter().find(|given| given.name.as_deref() == Some(first));
                named.map(|given| given.value.clone())
            };
            let Some(value) = value else { return mixed(&all) };
            used.push(self.reached(value, rest, expr));
        }
        let value = mixed(&used);
        self.noted(value, expr.span, &Note::Built)
    }

    /// What `.name` and `[key]` of a format field mean.
    fn reached(&mut self, value: Value<'p>, path: &str, expr: &'p Expr) -> Value<'p> {
        let mut value = value;
        for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
            value = match part.strip_suffix(']') {
                Some(key) => {
                    let key = key.parse::<i64>().map_or_else(|_| Value::constant(key), Value::constant);
                    super::container::at(&value, &key)
                }
                None => self.member(&value, &Name::from(part), expr.span),
            };
        }
        value
    }

    /// `left % right` where the left side may be a text.
    pub(super) fn percent(&self, left: &Value<'p>, right: &Value<'p>) -> Value<'p> {
        let both = [left.clone(), right.clone()];
        let Some(text) = left.as_text() else { return mixed(&both) };
        let mut used = vec![Value::any(left.taint.clone(), left.unknown)];
        let mut rest = text;
        let mut place = 0;
        while let Some(at) = rest.find('%') {
            rest = rest.get(at + 1..).unwrap_or_default();
            if let Some(after) = rest.strip_prefix('%') {
                rest = after;
                continue;
            }
            let mut key = None;
            if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
                key = Some(name);
                rest = after;
            }
            let kind =
                rest.trim_start_matches(|c: char| c.is_ascii_digit() || "+-# .*".contains(c)).chars().next();
            let value = match (key, &right.shape) {
                (Some(key), _) => super::container::at(right, &Value::constant(key)),
                (None, Shape::List(_)) => super::container::at(right, &Value::constant(place)),
                (None, _) => right.clone(),
            };
            place += 1;
            if !matches!(kind, Some('d' | 'i' | 'f' | 'x' | 'X' | 'e' | 'g' | 'o' | 'u')) {
                used.push(value);
            }
        }
        mixed(&used)
    }
}

/// The fields of a format text, without conversion and format; none when it is not well formed.
fn fields(text: &str) -> Option<Vec<&str>> {
    let mut fields = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let bracket = rest.get(at..at + 1)?;
        rest = rest.get(at + 1..)?;
        if let Some(after) = rest.strip_prefix(bracket) {
            rest = after;
            continue;
        }
        if bracket == "}" {
            return None;
        }
        let end = rest.find('}')?;
        let field = rest.get(..end)?;
        if field.contains('{') {
            return None;
        }
        rest = rest.get(end + 1..)?;
        fields.push(field.split(['!', ':']).next().unwrap_or(field));
    }
    Some(fields)
}

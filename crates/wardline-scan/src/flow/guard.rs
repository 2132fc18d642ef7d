//! What a condition says about values where it holds.

use super::{
    constant::Constant,
    interpreter::Interpreter,
    library,
    place::is_place,
    value::{Shape, Value},
};
use crate::{
    ir::{Argument, Expr, ExprKind, Literal, Operator, UnaryOperator},
    role::{Role, RuleSet},
};

/// How far a check is followed through the names that its parts have.
const FOLLOWED: usize = 4;

impl<'p> Interpreter<'p> {
    /// Takes in that a condition holds, or does not.
    pub(super) fn refine(&mut self, test: &'p Expr, truth: bool) {
        self.nested(|run| run.refine_in(test, truth, 0));
    }

    fn refine_in(&mut self, test: &'p Expr, truth: bool, followed: usize) {
        for role in self.roles(test.id) {
            if let Role::Guard { rules, when_false } = role
                && *when_false != truth
            {
                self.clean_within(test, Some(*rules));
                self.clean_addressed(test, *rules);
            }
        }
        match &test.kind {
            ExprKind::Unary { operator: UnaryOperator::Not, value } => {
                self.refine_nested(value, !truth, followed);
            }
            ExprKind::Binary { operator, left, right } => match (operator, truth) {
                (Operator::Sequence, _) => self.refine_nested(right, truth, followed),
                (Operator::And, true) | (Operator::Or, false) => {
                    self.refine_nested(left, truth, followed);
                    self.refine_nested(right, truth, followed);
                }
                (Operator::And, false) | (Operator::Or, true) => {
                    self.refine_either(left, right, truth, followed);
                }
                _ => self.refine_comparison(*operator, left, right, truth),
            },
            ExprKind::Assign { target, operator: None, value } => {
                self.refine_nested(value, truth, followed);
                self.refine_nested(target, truth, followed);
            }
            ExprKind::Name(_) | ExprKind::Member { .. } | ExprKind::Index { .. } => {
                self.refine_place(test, truth, followed);
            }
            ExprKind::Call { callee, arguments, .. } => self.refine_call(callee, arguments, truth),
            _ => {}
        }
    }

    /// A check of the host of an address is one of the address: `url.origin === ORIGIN`, `HOSTS.has(url.host)`.
    fn clean_addressed(&mut self, test: &'p Expr, rules: RuleSet) {
        let checked: Vec<&'p Expr> = match &test.kind {
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::Call { callee, arguments, .. } => match &callee.kind {
                ExprKind::Member { name, .. }
                    if matches!(&**name, "includes" | "has" | "include?" | "Contains") =>
                {
                    arguments.iter().map(|argument| &argument.value).collect()
                }
                _ => return,
            },
            _ => return,
        };
        for part in checked {
            if let ExprKind::Member { object, name } = &part.kind
                && matches!(&**name, "origin" | "host" | "hostname" | "netloc")
            {
                self.clean(object, Some(rules));
            }
        }
    }

    fn refine_nested(&mut self, test: &'p Expr, truth: bool, followed: usize) {
        self.nested(|run| run.refine_in(test, truth, followed));
    }

    /// `a or b` holds: either `a` does, or `b` does while `a` does not.
    fn refine_either(&mut self, left: &'p Expr, right: &'p Expr, truth: bool, followed: usize) {
        let mark = self.mark_now();
        self.refine_nested(left, truth, followed);
        let first = self.take_back(mark);
        self.refine_nested(left, !truth, followed);
        self.refine_nested(right, truth, followed);
        let second = self.take_back(mark);
        self.merge(&[first, second]);
    }

    /// A value that is false is nothing that could do harm. A name that stands for a check is that check.
    fn refine_place(&mut self, place: &'p Expr, truth: bool, followed: usize) {
        if !truth && is_place(place) {
            let value = self.peek(place);
            if matches!(value.shape, Shape::Any) {
                self.update(place, Value::safe());
            }
        }
        let ExprKind::Name(name) = &place.kind else { return };
        let definition = self.frames.last().and_then(|frame| frame.defined.get(name).copied());
        if let Some((by, time)) = definition
            && followed < FOLLOWED
            && self.as_of.is_none_or(|limit| time <= limit)
            && matches!(by.kind, ExprKind::Call { .. } | ExprKind::Binary { .. } | ExprKind::Unary { .. })
        {
            let before = self.as_of.replace(time);
            self.refine_nested(by, truth, followed + 1);
            self.as_of = before;
        }
    }

    fn refine_comparison(&mut self, operator: Operator, left: &'p Expr, right: &'p Expr, truth: bool) {
        if operator == Operator::Match && truth {
            self.refine_by_regex(left, right);
            self.refine_by_regex(right, left);
        }
        let holds = match operator {
            Operator::In | Operator::Equal | Operator::Identical => truth,
            Operator::NotIn | Operator::NotEqual | Operator::NotIdentical => !truth,
            _ => return,
        };
        if matches!(operator, Operator::In | Operator::NotIn) {
            if !holds {
                return;
            }
            let container = self.quiet(right);
            if allows(&container) {
                self.clean_checked(left);
            }
            return;
        }
        for (checked, other) in [(left, right), (right, left)] {
            let other = self.quiet(other);
            let Some(constant) = other.as_constant() else { continue };
            if *constant == Constant::Null && is_place(checked) {
                self.refine_place(checked, !holds, 1);
            }
            if holds && is_place(checked) && other.taint.is_clean() {
                let null = *constant == Constant::Null;
                let value = self.peek(checked);
                if null && !matches!(value.shape, Shape::Any | Shape::Constant(_)) {
                    continue;
                }
                self.clean(checked, None);
                self.update(checked, Value::constant(constant.clone()));
            } else if holds && *constant != Constant::Null {
                self.clean_checked(checked);
            }
        }
    }

    /// The value of an operand that was evaluated before; looking again changes nothing.
    pub(super) fn quiet(&mut self, expr: &'p Expr) -> Value<'p> {
        if is_place(expr) {
            return self.peek(expr);
        }
        let mark = self.mark_now();
        let value = self.eval(expr);
        self.take_back(mark);
        value
    }

    /// Whether an expression is a call after which nothing more of the function runs.
    pub(super) fn never_returns(&mut self, expr: &'p Expr) -> bool {
        let ExprKind::Call { callee, .. } = &expr.kind else { return false };
        if !matches!(callee.kind, ExprKind::Name(_) | ExprKind::Member { .. }) {
            return false;
        }
        match &self.quiet(callee).shape {
            Shape::External(name) => library::never_returns(name),
            _ => false,
        }
    }

    /// Cleans what a check is about: a place, or what a view of it is made from.
    fn clean_checked(&mut self, checked: &'p Expr) {
        self.clean(checked, None);
        self.clean_viewed(checked, None, 0);
    }

    /// Where an expression is only another view of its parts (parsed, resolved, in lower case), cleans those.
    pub(super) fn clean_viewed(&mut self, by: &'p Expr, rules: Option<RuleSet>, depth: usize) {
        if depth > FOLLOWED {
            return;
        }
        let ExprKind::Call { callee, arguments, .. } = &by.kind else { return };
        let (name, receiver) = match &callee.kind {
            ExprKind::Member { object, name } => (name, Some(&**object)),
            ExprKind::Name(name) => (name, None),
            _ => return,
        };
        if !library::view(name) {
            return;
        }
        for part in receiver.into_iter().chain(arguments.iter().map(|argument| &argument.value)) {
            if is_place(part) {
                self.clean(part, rules);
            } else {
                self.clean_viewed(part, rules, depth + 1);
            }
        }
    }

    fn refine_call(&mut self, callee: &'p Expr, arguments: &'p [Argument], truth: bool) {
        let ExprKind::Member { object, name } = &callee.kind else {
            if let (ExprKind::Name(_), true) = (&callee.kind, truth) {
                self.refine_matched(callee, arguments);
            }
            return;
        };
        if !truth {
            return;
        }
        if library::safe_characters(name) {
            return self.clean_checked(object);
        }
        match (&**name, arguments) {
            // `ALLOWED.has(x)`, `ALLOWED.includes(x)`, `ALLOWED.contains(x)`.
            (
                "has" | "includes" | "contains" | "__contains__" | "hasOwnProperty" | "include?" | "member?"
                | "key?" | "has_key?" | "Contains" | "ContainsKey",
                [only],
            ) => {
                let container = self.quiet(object);
                if !matches!(container.shape, Shape::Constant(_)) && allows(&container) {
                    self.clean_checked(&only.value);
                }
            }
            // `x.in?(ALLOWED)`.
            ("in?", [only]) => {
                let container = self.quiet(&only.value);
                if allows(&container) {
                    self.clean_checked(object);
                }
            }
            // `/^[a-z]+$/.test(x)`, `x.match(/^[a-z]+$/)`, either way in Ruby.
            ("test", [only]) => self.refine_by_regex(object, &only.value),
            // `Regex.IsMatch(x, "^[a-z]+$")`, `compiled.IsMatch(x)`.
            ("IsMatch", [text, rest @ ..]) => {
                let pattern = self.quiet(rest.first().map_or(object, |pattern| &pattern.value));
                if pattern.as_text().is_some_and(|pattern| harmless(pattern, Anchors::Neither)) {
                    self.clean_checked(&text.value);
                }
            }
            ("match?" | "===", [only]) => {
                self.refine_by_regex(object, &only.value);
                self.refine_by_regex(&only.value, object);
            }
            ("match", [only])
                if matches!(only.value.kind, ExprKind::Literal(Literal::Regex(_))) || self.ruby() =>
            {
                self.refine_by_regex(&only.value, object);
                self.refine_by_regex(object, &only.value);
            }
            _ => self.refine_matched(callee, arguments),
        }
    }

    /// Cleans `checked` where the regular expression `by` lets only harmless characters through.
    fn refine_by_regex(&mut self, by: &'p Expr, checked: &'p Expr) {
        let by = self.quiet(by);
        let Some(Constant::Regex(pattern)) = by.as_constant() else { return };
        // In Ruby `^` and `$` are the ends of any line.
        let lines = self.ruby() && !(pattern.starts_with("\\A") && pattern.ends_with("\\z"));
        if !lines && harmless(pattern, Anchors::Neither) {
            self.clean_checked(checked);
        }
    }

    /// `re.fullmatch(pattern, x)`, `compiled.match(x)`.
    fn refine_matched(&mut self, callee: &'p Expr, arguments: &'p [Argument]) {
        let name = match &callee.kind {
            ExprKind::Member { name, .. } | ExprKind::Name(name) => name,
            _ => return,
        };
        let Some(whole) = library::matcher(name) else { return };
        let anchors = if whole { Anchors::Both } else { Anchors::Start };
        let (pattern, text) = match (arguments, &callee.kind) {
            ([pattern, text, ..], _) => (self.quiet(&pattern.value), &text.value),
            ([text], ExprKind::Member { object, .. }) => (self.quiet(object), &text.value),
            _ => return,
        };
        let known = pattern.as_text().is_some_and(|pattern| harmless(pattern, anchors));
        if known {
            self.clean_checked(text);
        }
    }
}

/// Whether being in a container makes a value harmless: nothing in it comes from outside.
fn allows(container: &Value<'_>) -> bool {
    match &container.shape {
        Shape::Constant(Constant::Text(_)) => false,
        Shape::List(_) | Shape::Map(_) => container.deep_taint().is_clean(),
        Shape::External(name) => {
            let last = name.rsplit('.').next().unwrap_or(name);
            last.chars().any(char::is_uppercase) && !last.chars().any(char::is_lowercase)
        }
        _ => container.taint.is_clean(),
    }
}

/// Where a match must begin or end with the text, whatever the pattern says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchors {
    Both,
    Start,
    Neither,
}

/// Whether a pattern lets only letters, digits, `_`, `-`, `.` and `,` through, from the first to the last character.
fn harmless(pattern: &str, anchors: Anchors) -> bool {
    let mut body = pattern.trim_start_matches('/');
    let start = body.strip_prefix('^').or_else(|| body.strip_prefix("\\A"));
    body = start.unwrap_or(body);
    let end =
        body.strip_suffix('$').or_else(|| body.strip_suffix("\\Z")).or_else(|| body.strip_suffix("\\z"));
    let bounded =
        (anchors != Anchors::Neither || start.is_some()) && (anchors == Anchors::Both || end.is_some());
    body = end.unwrap_or(body);
    if !bounded || body.contains("[^") || body.contains('|') && !body.contains('(') {
        return false;
    }
    let mut rest = body.chars();
    while let Some(c) = rest.next() {
        let allowed = match c {
            '\\' => matches!(rest.next(), Some('w' | 'd' | '-' | '.' | '_')),
            '.' => within_class(body, rest.as_str().len() + 1),
            '[' | ']' | '(' | ')' | '{' | '}' | '?' | '*' | '+' | '|' | '-' | '_' | ',' | ':' => true,
            c => c.is_ascii_alphanumeric(),
        };
        if !allowed {
            return false;
        }
    }
    true
}

/// Whether the character that many bytes before the end stands in `[…]`.
fn within_class(pattern: &str, from_end: usize) -> bool {
    let before = pattern.get(..pattern.len().saturating_sub(from_end)).unwrap_or_default();
    before.rfind('[').is_some_and(|open| before.rfind(']').is_none_or(|close| close < open))
}

//! Constants, and computing with them as the languages do.

use std::sync::Arc;

use crate::ir::{Literal, Operator, UnaryOperator};

/// How long a text may become that is kept as a constant, in bytes.
const TEXT: usize = 16 << 10;

/// A value that the source text gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Constant {
    Null,
    Bool(bool),
    Integer(i64),
    /// Another number, as written.
    Number(Arc<str>),
    Text(Arc<str>),
    Bytes(Arc<str>),
    Regex(Arc<str>),
    /// Several keys as one.
    Key(Vec<Self>),
}

impl From<&Literal> for Constant {
    fn from(literal: &Literal) -> Self {
        match literal {
            Literal::Text(text) => Self::Text(text.clone()),
            Literal::Bytes(text) => Self::Bytes(text.clone()),
            Literal::Integer(number) => Self::Integer(*number),
            Literal::Number(number) => Self::Number(number.clone()),
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Null => Self::Null,
            Literal::Regex(pattern) => Self::Regex(pattern.clone()),
        }
    }
}

impl From<bool> for Constant {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Constant {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<&str> for Constant {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl Constant {
    /// A text, unless it is too long.
    pub(crate) fn text(text: String) -> Option<Self> {
        (text.len() <= TEXT).then(|| Self::Text(text.into()))
    }

    /// Whether it counts as true; none when that depends.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Null => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Integer(number) => Some(*number != 0),
            Self::Text(text) | Self::Bytes(text) => Some(!text.is_empty()),
            Self::Regex(_) => Some(true),
            Self::Number(_) | Self::Key(_) => None,
        }
    }

    /// As it shows up in a text.
    pub(crate) fn shown(&self, python: bool) -> Option<String> {
        Some(match self {
            Self::Text(text) => text.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Bool(value) if python => if *value { "True" } else { "False" }.to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Null if python => "None".to_owned(),
            _ => return None,
        })
    }

    fn number(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Bool(value) => Some(i64::from(*value)),
            _ => None,
        }
    }
}

/// `left operator right`, when it is known. `python` says whose rules are followed where languages differ.
pub(crate) fn binary(
    operator: Operator,
    left: &Constant,
    right: &Constant,
    python: bool,
) -> Option<Constant> {
    if let Some(compared) = compare(operator, left, right) {
        return Some(Constant::Bool(compared));
    }
    match (left, right) {
        (Constant::Text(left), Constant::Text(right))
            if matches!(operator, Operator::Add | Operator::Concat) =>
        {
            Constant::text(format!("{left}{right}"))
        }
        (Constant::Text(left), other) if !python && operator == Operator::Add => {
            Constant::text(format!("{left}{}", other.shown(false)?))
        }
        (other, Constant::Text(right)) if !python && operator == Operator::Add => {
            Constant::text(format!("{}{right}", other.shown(false)?))
        }
        (Constant::Text(text), Constant::Integer(times)) if python && operator == Operator::Multiply => {
            let times = usize::try_from(*times).unwrap_or(0);
            (text.len().saturating_mul(times) <= TEXT).then(|| Constant::Text(text.repeat(times).into()))
        }
        _ => arithmetic(operator, left.number()?, right.number()?, python).map(Constant::Integer),
    }
}

fn arithmetic(operator: Operator, left: i64, right: i64, python: bool) -> Option<i64> {
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => (left.checked_rem(right)? == 0).then(|| left.checked_div(right)).flatten(),
        Operator::FloorDivide => {
            let quotient = left.checked_div(right)?;
            let inexact = left.checked_rem(right)? != 0;
            Some(if inexact && (left < 0) != (right < 0) { quotient.checked_sub(1)? } else { quotient })
        }
        Operator::Modulo if python => {
            let rest = left.checked_rem(right)?;
            Some(if rest != 0 && (rest < 0) != (right < 0) { rest.checked_add(right)? } else { rest })
        }
        Operator::Modulo => left.checked_rem(right),
        Operator::Power => left.checked_pow(u32::try_from(right).ok()?),
        Operator::BitAnd => Some(left & right),
        Operator::BitOr => Some(left | right),
        Operator::BitXor => Some(left ^ right),
        Operator::ShiftLeft => left.checked_shl(u32::try_from(right).ok()?),
        Operator::ShiftRight => left.checked_shr(u32::try_from(right).ok()?),
        _ => None,
    }
}

fn compare(operator: Operator, left: &Constant, right: &Constant) -> Option<bool> {
    let same_kind = std::mem::discriminant(left) == std::mem::discriminant(right);
    let opaque = |constant: &Constant| matches!(constant, Constant::Number(_) | Constant::Key(_));
    if opaque(left) || opaque(right) {
        return None;
    }
    let equal = match (left.number(), right.number()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    };
    match operator {
        Operator::Equal | Operator::Identical => Some(equal),
        Operator::NotEqual | Operator::NotIdentical => Some(!equal),
        Operator::In | Operator::NotIn => match (left, right) {
            (Constant::Text(part), Constant::Text(whole)) => {
                Some(whole.contains(&**part) == (operator == Operator::In))
            }
            _ => None,
        },
        _ => {
            let order = match (left.number(), right.number()) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ if same_kind => left.cmp(right),
                _ => return None,
            };
            match operator {
                Operator::Less => Some(order.is_lt()),
                Operator::LessEqual => Some(order.is_le()),
                Operator::Greater => Some(order.is_gt()),
                Operator::GreaterEqual => Some(order.is_ge()),
                _ => None,
            }
        }
    }
}

/// `operator value`, when it is known.
pub(crate) fn unary(operator: UnaryOperator, value: &Constant) -> Option<Constant> {
    match operator {
        UnaryOperator::Not => value.truth().map(|truth| Constant::Bool(!truth)),
        UnaryOperator::Negate => value.number()?.checked_neg().map(Constant::Integer),
        UnaryOperator::Plus => value.number().map(Constant::Integer),
        UnaryOperator::BitNot => value.number().map(|number| Constant::Integer(!number)),
        _ => None,
    }
}

/// The position that an index means in something of this length: negative ones count from the end.
pub(crate) fn position(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let place = if index < 0 { index.checked_add(length)? } else { index };
    usize::try_from(place).ok().filter(|_| place < length)
}

/// Where a slice bound lies in something of this length.
pub(crate) fn bound(index: i64, length: usize) -> usize {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let place = if index < 0 { index.saturating_add(length) } else { index };
    usize::try_from(place.clamp(0, length)).unwrap_or(0)
}

/// `text[index]`.
pub(crate) fn character(text: &str, index: i64) -> Option<Constant> {
    let place = position(index, text.chars().count())?;
    text.chars().nth(place).map(|c| Constant::Text(c.to_string().into()))
}

/// `text[low:high]`.
pub(crate) fn slice(text: &str, low: Option<i64>, high: Option<i64>) -> Constant {
    let length = text.chars().count();
    let low = low.map_or(0, |low| bound(low, length));
    let high = high.map_or(length, |high| bound(high, length));
    let part: String = text.chars().skip(low).take(high.saturating_sub(low)).collect();
    Constant::Text(part.into())
}

/// A method of a text with constant arguments, when its result is known.
pub(crate) fn method(text: &str, name: &str, arguments: &[&Constant]) -> Option<Constant> {
    let argument = |place: usize| match arguments.get(place) {
        Some(Constant::Text(text)) => Some(&**text),
        _ => None,
    };
    match (name, arguments.len()) {
        ("lower" | "casefold" | "toLowerCase", 0) => Constant::text(text.to_lowercase()),
        ("upper" | "toUpperCase", 0) => Constant::text(text.to_uppercase()),
        ("strip" | "trim", 0) => Constant::text(text.trim().to_owned()),
        ("lstrip" | "trimStart", 0) => Constant::text(text.trim_start().to_owned()),
        ("rstrip" | "trimEnd", 0) => Constant::text(text.trim_end().to_owned()),
        ("replace" | "replaceAll", 2) => {
            let (from, to) = (argument(0)?, argument(1)?);
            let longer = text.len().saturating_mul(to.len().saturating_add(1));
            (longer <= TEXT && !from.is_empty()).then(|| Constant::text(text.replace(from, to))).flatten()
        }
        ("startswith" | "startsWith", 1) => Some(Constant::Bool(text.starts_with(argument(0)?))),
        ("endswith" | "endsWith", 1) => Some(Constant::Bool(text.ends_with(argument(0)?))),
        ("includes", 1) => Some(Constant::Bool(text.contains(argument(0)?))),
        ("charAt", 1) => character(text, arguments.first()?.number()?),
        ("find" | "indexOf", 1) => {
            let found = text.find(argument(0)?);
            let before = found.and_then(|found| text.get(..found)).map(|before| before.chars().count());
            Some(Constant::Integer(before.map_or(-1, |count| i64::try_from(count).unwrap_or(-1))))
        }
        ("isdigit" | "isdecimal" | "isnumeric", 0) => {
            Some(Constant::Bool(!text.is_empty() && text.chars().all(char::is_numeric)))
        }
        ("isalnum", 0) => Some(Constant::Bool(!text.is_empty() && text.chars().all(char::is_alphanumeric))),
        ("isalpha", 0) => Some(Constant::Bool(!text.is_empty() && text.chars().all(char::is_alphabetic))),
        _ => None,
    }
}

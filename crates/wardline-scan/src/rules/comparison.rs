//! `metavariable-comparison`: a small language of numbers, texts and metavariables.

/// A condition over metavariables.
#[derive(Debug, Clone)]
pub(super) struct Comparison(Term);

#[derive(Debug, Clone)]
enum Term {
    Value(Value),
    Metavariable(String),
    Call(Function, Box<Self>),
    Not(Box<Self>),
    Negate(Box<Self>),
    Two(&'static str, Box<Self>, Box<Self>),
}

#[derive(Debug, Clone, Copy)]
enum Function {
    Int,
    Float,
    Str,
    Len,
}

/// A value in a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Text(String),
    Bool(bool),
}

impl Comparison {
    /// Reads a condition, or says what of it is not supported.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { tokens: tokens(text)?, at: 0, depth: 0 };
        let term = reader.level(0)?;
        match reader.peek() {
            None => Ok(Self(term)),
            Some(token) => Err(format!("`{token}` is not supported in a comparison")),
        }
    }

    /// The metavariables in it.
    pub(super) fn metavariables(&self) -> Vec<&str> {
        let (mut found, mut open) = (Vec::new(), vec![&self.0]);
        while let Some(term) = open.pop() {
            match term {
                Term::Metavariable(name) => found.push(name.as_str()),
                Term::Call(_, inner) | Term::Not(inner) | Term::Negate(inner) => open.push(inner),
                Term::Two(_, left, right) => open.extend([left.as_ref(), right.as_ref()]),
                Term::Value(_) => {}
            }
        }
        found
    }

    /// Whether it holds. What has no value (a metavariable that is not a constant) makes it not hold.
    pub(super) fn holds(&self, value: &dyn Fn(&str) -> Option<Value>) -> bool {
        evaluate(&self.0, value) == Some(Value::Bool(true))
    }
}

fn evaluate(term: &Term, value: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    match term {
        Term::Value(constant) => Some(constant.clone()),
        Term::Metavariable(name) => value(name),
        Term::Call(function, inner) => call(*function, evaluate(inner, value)?),
        Term::Not(inner) => match evaluate(inner, value)? {
            Value::Bool(holds) => Some(Value::Bool(!holds)),
            _ => None,
        },
        Term::Negate(inner) => match evaluate(inner, value)? {
            Value::Number(number) => Some(Value::Number(-number)),
            _ => None,
        },
        Term::Two(operator, left, right) => two(operator, &evaluate(left, value)?, &evaluate(right, value)?),
    }
}

fn call(function: Function, value: Value) -> Option<Value> {
    match (function, value) {
        (Function::Int, Value::Number(number)) => Some(Value::Number(number.trunc())),
        (Function::Float, Value::Number(number)) => Some(Value::Number(number)),
        (Function::Int | Function::Float, Value::Text(text)) => text.trim().parse().ok().map(Value::Number),
        (Function::Str, Value::Number(number)) => Some(Value::Text(number.to_string())),
        (Function::Str, Value::Text(text)) => Some(Value::Text(text)),
        (Function::Len, Value::Text(text)) => {
            u32::try_from(text.chars().count()).ok().map(|count| Value::Number(f64::from(count)))
        }
        _ => None,
    }
}

fn two(operator: &str, left: &Value, right: &Value) -> Option<Value> {
    let holds = match (operator, left, right) {
        ("and", Value::Bool(a), Value::Bool(b)) => *a && *b,
        ("or", Value::Bool(a), Value::Bool(b)) => *a || *b,
        ("in", Value::Text(a), Value::Text(b)) => b.contains(a.as_str()),
        ("==", a, b) => a == b,
        ("!=", a, b) => a != b,
        ("<", Value::Number(a), Value::Number(b)) => a < b,
        ("<=", Value::Number(a), Value::Number(b)) => a <= b,
        (">", Value::Number(a), Value::Number(b)) => a > b,
        (">=", Value::Number(a), Value::Number(b)) => a >= b,
        (_, Value::Number(a), Value::Number(b)) => return arithmetic(operator, *a, *b).map(Value::Number),
        ("+", Value::Text(a), Value::Text(b)) => return Some(Value::Text(format!("{a}{b}"))),
        _ => return None,
    };
    Some(Value::Bool(holds))
}

fn arithmetic(operator: &str, a: f64, b: f64) -> Option<f64> {
    let result = match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "%" => a.rem_euclid(b),
        // Whole exponents only: anything else would be the one reason to load the mathematical library at every start.
        "**" => a.powi(whole(b)?),
        _ => return None,
    };
    result.is_finite().then_some(result)
}

#[expect(clippy::cast_possible_truncation, reason = "what is not the same number afterwards is refused")]
fn whole(number: f64) -> Option<i32> {
    let cut = number as i32;
    (f64::from(cut) == number).then_some(cut)
}

/// Operators from the loosest to the tightest.
const LEVELS: [&[&str]; 5] =
    [&["or"], &["and"], &["==", "!=", "<=", ">=", "<", ">", "in"], &["+", "-"], &["**", "*", "/", "%"]];

/// Cuts a condition into tokens.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    const SIGNS: [&str; 15] =
        ["**", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ","];
    let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
    while let Some(next) = rest.chars().next() {
        let length = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            sign.len()
        } else if matches!(next, '"' | '\'') {
            let end = rest.get(1..).and_then(|inner| inner.find(next));
            end.ok_or("a text in a comparison does not end")? + 2
        } else if next.is_ascii_alphanumeric() || matches!(next, '$' | '_' | '.') {
            let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '$' | '_' | '.');
            rest.find(|c| !part(c)).unwrap_or(rest.len())
        } else {
            return Err(format!("`{next}` is not supported in a comparison"));
        };
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        tokens.push(token.to_owned());
        rest = after.trim_start();
    }
    Ok(tokens)
}

struct Reader {
    tokens: Vec<String>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn take(&mut self, expected: &str) -> Result<(), String> {
        if self.peek() != Some(expected) {
            return Err(format!("`{expected}` is missing in a comparison"));
        }
        self.at += 1;
        Ok(())
    }

    fn level(&mut self, level: usize) -> Result<Term, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.single();
        };
        self.depth += 1;
        if self.depth > 100 {
            return Err("a comparison is nested too deeply".to_owned());
        }
        let mut left = self.level(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.peek() == Some(**operator)) {
            self.at += 1;
            let right = self.level(level + 1)?;
            left = Term::Two(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn single(&mut self) -> Result<Term, String> {
        let token = self.peek().ok_or("a comparison ends too early")?.to_owned();
        self.at += 1;
        if let Some(name) = super::text::whole_metavariable(&token) {
            return Ok(Term::Metavariable(name.to_owned()));
        }
        if let Ok(number) = token.parse::<f64>() {
            return Ok(Term::Value(Value::Number(number)));
        }
        if token.starts_with(['"', '\'']) {
            return Ok(Term::Value(Value::Text(token.trim_matches(['"', '\'']).to_owned())));
        }
        let function = match token.as_str() {
            "(" => {
                let inner = self.level(0)?;
                self.take(")")?;
                return Ok(inner);
            }
            "not" => return Ok(Term::Not(Box::new(self.level(2)?))),
            "-" => return Ok(Term::Negate(Box::new(self.single()?))),
            "True" | "true" => return Ok(Term::Value(Value::Bool(true))),
            "False" | "false" => return Ok(Term::Value(Value::Bool(false))),
            "int" => Function::Int,
            "float" => Function::Float,
            "str" => Function::Str,
            "len" => Function::Len,
            _ => return Err(format!("`{token}` is not supported in a comparison")),
        };
        self.take("(")?;
        let inner = self.level(0)?;
        self.take(")")?;
        Ok(Term::Call(function, Box::new(inner)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_holds_or_not() {
        let value = |name: &str| match name {
            "N" => Some(Value::Number(1024.0)),
            "T" => Some(Value::Text("0o600".to_owned())),
            _ => None,
        };
        let rows = [
            ("$N < 2048", Ok(true)),
            ("$N >= 2048 or $N == 2 ** 10", Ok(true)),
            ("not $N == 1024", Ok(false)),
            ("len($T) == 5 and int($N) % 2 == 0", Ok(true)),
            ("-$N < 0", Ok(true)),
            ("$UNBOUND > 1", Ok(false)),
            ("'0o' in $T", Ok(true)),
            ("re.match('x', $T)", Err(())),
            ("$N <", Err(())),
        ];
        for (text, expected) in rows {
            let read = Comparison::read(text).map(|comparison| comparison.holds(&value)).map_err(|_| ());
            assert_eq!(read, expected, "{text}");
        }
    }
}

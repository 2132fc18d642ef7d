//! Arithmetic of the shell over numbers and variables that are known.

/// Deepest nesting of parentheses and of variables that hold expressions.
const DEEPEST: u32 = 16;
/// Longest expression that is looked at, in bytes.
const LONGEST: usize = 512;

/// The value of an expression; `None` when it can't be told. `value_of` says what a variable holds.
pub(crate) fn evaluate(text: &str, value_of: &dyn Fn(&str) -> Option<String>) -> Option<i64> {
    nested(text, value_of, DEEPEST)
}

fn nested(text: &str, value_of: &dyn Fn(&str) -> Option<String>, depth: u32) -> Option<i64> {
    if text.len() > LONGEST || depth == 0 {
        return None;
    }
    let mut reader = Reader { rest: text.trim_start(), value_of, depth };
    if reader.rest.is_empty() {
        return Some(0);
    }
    let value = reader.choice()?;
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
    value_of: &'a dyn Fn(&str) -> Option<String>,
    depth: u32,
}

/// Operators by how tightly they bind, the loosest first. Longer ones come before those they begin with.
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Reader<'_> {
    fn choice(&mut self) -> Option<i64> {
        self.depth = self.depth.checked_sub(1)?;
        let value = self.level(0)?;
        let value = if self.eat("?") {
            let yes = self.choice()?;
            self.eat(":").then_some(())?;
            let no = self.choice()?;
            if value == 0 { no } else { yes }
        } else {
            value
        };
        self.depth += 1;
        Some(value)
    }

    fn level(&mut self, level: usize) -> Option<i64> {
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            let right = self.level(level + 1)?;
            left = apply(operator, left, right)?;
        }
        Some(left)
    }

    fn operator(&mut self, operators: &'static [&'static str]) -> Option<&'static str> {
        let found = operators.iter().find(|operator| self.rest.starts_with(**operator))?;
        let after = self.rest.get(found.len()..)?;
        // `<` of `<<`, `|` of `||`, `+` of `+=`: other operators.
        let longer = ["<<", ">>", "||", "&&", "**"]
            .iter()
            .any(|other| other.len() > found.len() && self.rest.starts_with(other));
        if longer || (after.starts_with('=') && !matches!(*found, "==" | "!=" | "<=" | ">=")) {
            return None;
        }
        self.rest = after.trim_start();
        Some(found)
    }

    fn power(&mut self) -> Option<i64> {
        let base = self.unary()?;
        if !self.eat("**") {
            return Some(base);
        }
        let exponent = u32::try_from(self.unary()?).ok()?;
        base.checked_pow(exponent)
    }

    fn unary(&mut self) -> Option<i64> {
        let mut signs = Vec::new();
        while let Some(sign) = self.rest.chars().next().filter(|c| "+-!~".contains(*c)) {
            signs.push(sign);
            self.rest = self.rest.get(1..)?.trim_start();
        }
        let mut value = self.atom()?;
        for sign in signs.into_iter().rev() {
            value = match sign {
                '-' => value.checked_neg()?,
                '!' => i64::from(value == 0),
                '~' => !value,
                _ => value,
            };
        }
        Some(value)
    }

    fn atom(&mut self) -> Option<i64> {
        if self.eat("(") {
            let value = self.choice()?;
            return self.eat(")").then_some(value);
        }
        let length = self
            .rest
            .find(|c: char| !(c == '_' || c == '#' || c.is_ascii_alphanumeric()))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest.trim_start();
        match word.chars().next()? {
            c if c.is_ascii_digit() => number(word),
            '#' => None,
            _ => nested(&(self.value_of)(word)?, self.value_of, self.depth.checked_sub(1)?),
        }
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }
}

fn apply(operator: &str, left: i64, right: i64) -> Option<i64> {
    match operator {
        "||" => Some(i64::from(left != 0 || right != 0)),
        "&&" => Some(i64::from(left != 0 && right != 0)),
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "&" => Some(left & right),
        "==" => Some(i64::from(left == right)),
        "!=" => Some(i64::from(left != right)),
        "<=" => Some(i64::from(left <= right)),
        ">=" => Some(i64::from(left >= right)),
        "<" => Some(i64::from(left < right)),
        ">" => Some(i64::from(left > right)),
        "<<" => left.checked_shl(u32::try_from(right).ok()?),
        ">>" => left.checked_shr(u32::try_from(right).ok()?),
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        "%" => left.checked_rem(right),
        _ => None,
    }
}

fn number(text: &str) -> Option<i64> {
    if let Some((base, digits)) = text.split_once('#') {
        return i64::from_str_radix(digits, base.parse().ok().filter(|base| (2..=36).contains(base))?).ok();
    }
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => i64::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::evaluate;

    #[test]
    fn expressions_have_their_values() {
        for (text, expected) in [
            ("1 + 2*3", Some(7)),
            ("(1+2)*3", Some(9)),
            ("2**10", Some(1024)),
            ("x+1", Some(6)),
            ("0x10 + 010 + 2#101", Some(29)),
            ("1 ? 2 : 3", Some(2)),
            ("-x", Some(-5)),
            ("1 << 3", Some(8)),
            ("5 > 3 && 1", Some(1)),
            ("y", None),
            ("x = 3", None),
            ("1/0", None),
            ("", Some(0)),
            ("1 +", None),
        ] {
            let value = evaluate(text, &|name| (name == "x").then(|| "5".to_owned()));
            assert_eq!(value, expected, "{text}");
        }
    }
}

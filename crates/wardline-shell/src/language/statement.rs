//! Statements, names and what follows an operand: keywords, loops, definitions, members, subscripts and calls.

use super::Family;
use super::reader::{Arguments, Reader};
use super::token::Token;
use super::value::{Shape, Value};
use crate::effect::Source;

/// Keywords that only shape the code; what follows them is read as it stands.
const SKIPPED: &[&str] = &[
    "BEGIN",
    "END",
    "abstract",
    "and",
    "assert",
    "async",
    "await",
    "begin",
    "case",
    "catch",
    "class",
    "const",
    "default",
    "defined",
    "del",
    "delete",
    "do",
    "echo",
    "elif",
    "else",
    "elseif",
    "elsif",
    "end",
    "endif",
    "ensure",
    "eq",
    "except",
    "export",
    "extends",
    "final",
    "finally",
    "global",
    "goto",
    "if",
    "in",
    "is",
    "last",
    "let",
    "local",
    "module",
    "my",
    "new",
    "next",
    "nonlocal",
    "not",
    "or",
    "our",
    "package",
    "pass",
    "private",
    "protected",
    "public",
    "raise",
    "redo",
    "repeat",
    "rescue",
    "return",
    "static",
    "switch",
    "then",
    "throw",
    "try",
    "typeof",
    "unless",
    "until",
    "var",
    "void",
    "when",
    "with",
    "yield",
];

/// Names that stop a call without brackets: operators and modifiers.
const NO_ARGUMENT: &[&str] = &[
    "and", "cmp", "do", "else", "end", "eq", "for", "foreach", "ge", "gt", "if", "in", "le", "lt", "ne",
    "or", "rescue", "then", "unless", "until", "while", "x", "xor",
];

/// Most tokens of a statement in which a modifier is looked for.
const LONGEST_STATEMENT: usize = 256;

impl Reader {
    /// Reads one statement; gives the value of the last expression in it.
    pub(super) fn statement(&mut self) -> Value {
        match self.token(0) {
            Some(Token::Line(indentation)) => {
                self.inside = if self.family == Family::Python { *indentation > 0 } else { self.inside };
                self.at += 1;
                return Value::unknown();
            }
            Some(Token::Sign(";" | "," | ")" | "]" | "}" | ":")) => {
                self.at += 1;
                return Value::unknown();
            }
            _ => {}
        }
        if matches!(self.family, Family::Perl | Family::Ruby)
            && let Some(value) = self.modified()
        {
            return value;
        }
        if let Some(value) = self.several() {
            return value;
        }
        self.expression(0)
    }

    /// `… for LIST`, `… while COND` after a statement: read the other way round.
    fn modified(&mut self) -> Option<Value> {
        let start = self.at;
        let mut at = start;
        for _ in 0..LONGEST_STATEMENT {
            match self.tokens.list.get(at)? {
                Token::Line(_) | Token::Sign(";" | ")" | "}" | "]") => return None,
                Token::Sign("(" | "[" | "{") => at = self.tokens.closes.get(at).copied()?.max(at),
                Token::Name(name)
                    if at > start && matches!(name.as_str(), "for" | "foreach" | "while" | "until") =>
                {
                    break;
                }
                Token::Name(name)
                    if at == start
                        && matches!(
                            name.as_str(),
                            "for" | "foreach" | "while" | "until" | "if" | "sub" | "def"
                        ) =>
                {
                    return None;
                }
                _ => {}
            }
            at += 1;
        }
        let word = match self.tokens.list.get(at)? {
            Token::Name(name) => name.clone(),
            _ => return None,
        };
        self.at = at + 1;
        if matches!(word.as_str(), "while" | "until") {
            self.condition();
        }
        let list = self.expression(0);
        let end = self.at;
        if matches!(word.as_str(), "for" | "foreach") {
            self.variables.insert("$_".to_owned(), list.element());
        }
        self.at = start;
        let mut last = Value::unknown();
        while self.at < at && self.step() {
            let before = self.at;
            last = self.expression(0);
            if self.at == before {
                self.at += 1;
            }
        }
        self.at = end;
        Some(last)
    }

    /// `a, b = …`.
    fn several(&mut self) -> Option<Value> {
        if !self.is_sign(1, ",")
            || !matches!(self.family, Family::Python | Family::Ruby | Family::Lua | Family::Julia)
        {
            return None;
        }
        let mut ahead = 0;
        while matches!(self.token(ahead), Some(Token::Name(_))) && self.is_sign(ahead + 1, ",") && ahead < 16
        {
            ahead += 2;
        }
        if !matches!(self.token(ahead), Some(Token::Name(_))) || !self.is_sign(ahead + 1, "=") {
            return None;
        }
        let end = self.at + ahead + 1;
        let names = self.names_until(end);
        self.at = end + 1;
        let first = self.expression(1);
        let mut values = vec![first];
        while self.eat(",") {
            let value = self.expression(1);
            values.push(value);
        }
        let value =
            if values.len() == 1 { values.pop().unwrap_or_default() } else { Shape::List(values).into() };
        self.spread(&names, &value);
        Some(value)
    }

    /// Is the condition that follows always true?
    fn condition(&mut self) {
        let bracket = usize::from(self.is_sign(0, "("));
        let constant = match self.token(bracket) {
            Some(Token::Name(name)) => matches!(name.as_str(), "True" | "true" | "fork"),
            Some(Token::Number(number)) => *number != 0,
            Some(Token::Sign(")")) => true,
            _ => false,
        };
        self.seen.endless |= constant;
    }

    /// A name where a value is expected: a keyword, a variable, or something of another module.
    pub(super) fn named(&mut self, name: &str) -> Value {
        self.at += 1;
        match name {
            "while" | "until" => {
                self.condition();
                return self.expression(0);
            }
            "loop" if self.family == Family::Ruby => {
                self.seen.endless = true;
                return Value::unknown();
            }
            "for" | "foreach" => {
                self.at -= 1;
                self.loop_head();
                return Value::unknown();
            }
            "import" | "from" | "use" | "using" | "require" | "require_relative" | "require_once"
            | "include" | "include_once" | "no" => {
                if let Some(value) = self.import(name) {
                    return value;
                }
            }
            "def" | "sub" | "function" | "fn" | "func" => {
                self.definition();
                return Value::unknown();
            }
            "lambda" => return self.lambda(),
            "with" if self.family == Family::Python => return self.with(),
            "return" => {
                let value = if matches!(self.token(0), None | Some(Token::Line(_) | Token::Sign(";" | "}"))) {
                    Value::unknown()
                } else {
                    self.expression(0)
                };
                let current = self.current.clone();
                if let Some(function) = current.and_then(|name| self.functions.get_mut(&name)) {
                    let old = function.returns.take();
                    function.returns = Some(match old {
                        Some(old) => old.either(value.clone()),
                        None => value.clone(),
                    });
                }
                return value;
            }
            "None" | "null" | "nil" | "undef" | "undefined" | "NULL" => return Shape::Nothing.into(),
            "True" | "true" | "TRUE" => return Value::name("true"),
            "False" | "false" | "FALSE" => return Value::name("false"),
            "class" => {
                self.at += usize::from(matches!(self.token(0), Some(Token::Name(_))));
                return Value::unknown();
            }
            _ if SKIPPED.contains(&name) && !self.is_sign(0, "(") && !self.is_sign(0, ".") => {
                return self.passed();
            }
            "if" | "elif" | "elsif" | "elseif" | "not" | "and" | "or" | "return_" | "switch" | "catch"
            | "await" | "typeof" | "unless" => {
                return self.passed();
            }
            _ => {}
        }
        if self.family == Family::Script && self.is_sign(0, "=>") {
            self.at += 1;
            self.called_with(&[(name.to_owned(), name.to_owned())]);
            return if self.is_sign(0, "{") { self.braces() } else { self.expression(1) };
        }
        self.variable(name)
    }

    fn passed(&mut self) -> Value {
        match self.token(0) {
            None | Some(Token::Line(_) | Token::Sign(")" | "]" | "}" | "," | ";" | ":")) => Value::unknown(),
            _ => self.expression(0),
        }
    }

    fn variable(&mut self, name: &str) -> Value {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        // `$x[0]` and `$x{a}` are parts of `@x` and `%x`.
        let whole = name.strip_prefix('$').filter(|_| self.family == Family::Perl);
        let mark = match self.token(0) {
            Some(Token::Sign("[")) => "@",
            Some(Token::Sign("{")) => "%",
            _ => "",
        };
        if let Some(value) =
            whole.filter(|_| !mark.is_empty()).and_then(|rest| self.variables.get(&format!("{mark}{rest}")))
        {
            return value.clone();
        }
        match name {
            "ENV" | "@ENV" | "%ENV" | "$_ENV" | "$ENV" => self.environment(),
            "$_" | "$0" | "<>" | "@ARGV" | "ARGV" => Value::unknown(),
            _ if name.starts_with(['$', '@', '%']) => Value::unknown(),
            _ => Value::name(name),
        }
    }

    pub(super) fn environment(&mut self) -> Value {
        self.looks = true;
        Value {
            shape: Shape::Name("\u{0}environment".to_owned()),
            from: vec![Source::Environment(String::new())],
        }
    }

    /// `for x in list:`, `for (const x of list)`, `foreach my $x (list)`, `foreach ($list as $x)`, `for i, v in pairs(t) do`.
    pub(super) fn loop_head(&mut self) {
        self.at += 1;
        self.at += usize::from(self.is_name(0, "await"));
        let bracket = self.is_sign(0, "(");
        let close = if bracket { self.close() } else { self.at };
        let start = self.at;
        let by_as = (start..close)
            .find(|at| matches!(self.tokens.list.get(*at), Some(Token::Name(name)) if name == "as"));
        if let Some(at) = by_as.filter(|_| self.family == Family::Php) {
            self.at = at;
            self.php_loop(start, close);
            return;
        }
        let mut names: Vec<(String, String)> = Vec::new();
        let limit = start + 24;
        while self.at < limit {
            match self.token(0).cloned() {
                Some(Token::Name(name)) if matches!(name.as_str(), "in" | "of" | "as") => break,
                Some(Token::Name(name))
                    if matches!(name.as_str(), "const" | "let" | "var" | "my" | "our") => {}
                Some(Token::Name(name)) => names.push((name.clone(), name)),
                Some(Token::Sign("," | "[" | "]" | "{" | "}")) => {}
                Some(Token::Sign("(" | ")")) if self.family != Family::Perl => {}
                _ => break,
            }
            self.at += 1;
        }
        let separated = matches!(self.name_at(0).as_deref(), Some("in" | "of" | "as"));
        let perl = !separated && self.family == Family::Perl && self.is_sign(0, "(");
        if separated || perl {
            self.at += usize::from(separated);
            let list = self.expression(1);
            let element = list.element();
            if perl && names.is_empty() {
                names.push(("$_".to_owned(), "$_".to_owned()));
            }
            if let [(_, name)] = names.as_slice() {
                self.variables.insert(name.clone(), element);
            } else {
                self.parts(&names, &element);
            }
        } else {
            // `for (;;)` and `for (i = 0; …)`.
            self.at = start;
            self.seen.endless |= bracket && self.is_sign(1, ";") && self.is_sign(2, ";");
            self.at += usize::from(bracket);
        }
    }

    fn php_loop(&mut self, start: usize, close: usize) {
        let word = self.at;
        self.at = start + 1;
        let list = self.expression(1);
        self.at = word + 1;
        let names = self.names_until(close);
        if let Some((_, name)) = names.last() {
            self.variables.insert(name.clone(), list.element());
        }
        self.at = close + 1;
    }

    /// Several loop variables: the parts of each element; in Lua and with indices the last one is the element.
    fn parts(&mut self, names: &[(String, String)], element: &Value) {
        match &element.shape {
            Shape::List(_) => self.spread(names, element),
            _ => {
                for (_, name) in names {
                    self.variables.insert(name.clone(), Value::unknown());
                }
                if let Some((_, last)) = names.last() {
                    self.variables.insert(last.clone(), element.clone());
                }
            }
        }
    }

    /// `def f(a, b):`, with a name or without.
    fn definition(&mut self) {
        let mut name = None;
        while let Some(part) = self.name_at(0) {
            name = Some(part);
            self.at += 1;
            if !self.eat(".") && !self.eat(":") {
                break;
            }
        }
        let mut parameters = Vec::new();
        if self.is_sign(0, "(") {
            let close = self.close();
            self.at += 1;
            while self.at < close {
                let before = self.tokens.list.get(self.at.saturating_sub(1));
                if let (Some(name), Some(Token::Sign("(" | "," | "*" | "**" | "&"))) =
                    (self.name_at(0), before)
                {
                    parameters.push(name);
                }
                self.at += 1;
            }
            self.at = close + 1;
        }
        match name {
            Some(name) => {
                let function = self.functions.entry(name.clone()).or_default();
                function.parameters.clone_from(&parameters);
                let values = function.arguments.clone();
                self.current = Some(name);
                for (index, parameter) in parameters.iter().enumerate() {
                    self.variables.insert(parameter.clone(), values.get(index).cloned().unwrap_or_default());
                }
                if self.family == Family::Perl {
                    self.variables.insert("@_".to_owned(), Shape::List(values).into());
                }
            }
            None => {
                let names: Vec<(String, String)> =
                    parameters.into_iter().map(|name| (name.clone(), name)).collect();
                self.called_with(&names);
            }
        }
        // The body follows; in brackets it is read here so that its value can be used.
        if self.is_sign(0, "{") {
            let _value = self.braces();
        }
    }

    fn lambda(&mut self) -> Value {
        let end = (self.at..self.tokens.list.len())
            .take(24)
            .find(|at| matches!(self.tokens.list.get(*at), Some(Token::Sign(":"))));
        let Some(end) = end else { return Value::unknown() };
        let names = self.names_until(end);
        self.at = end + 1;
        self.called_with(&names);
        self.expression(1)
    }

    /// `with open(x) as f, open(y) as g:`.
    fn with(&mut self) -> Value {
        let mut last = Value::unknown();
        while self.step() {
            last = self.expression(1);
            if self.is_name(0, "as") {
                self.at += 1;
                if let Some(name) = self.name_at(0) {
                    self.at += 1;
                    self.variables.insert(name, last.clone());
                }
            }
            if !self.eat(",") {
                break;
            }
        }
        last
    }

    /// Members, subscripts and calls after an operand.
    pub(super) fn after(&mut self, mut value: Value) -> Value {
        while self.step() {
            let member = match self.token(0) {
                Some(Token::Sign(".")) => !matches!(self.family, Family::Perl | Family::Php),
                Some(Token::Sign("->" | "::" | "?." | "&.")) => true,
                Some(Token::Sign(":")) => self.family == Family::Lua && self.is_sign(2, "("),
                Some(Token::Sign("$")) => self.family == Family::R,
                _ => false,
            };
            if member && let Some(name) = self.name_at(1) {
                self.at += 2;
                value = self.member(value, name.trim_start_matches('$'));
            } else if member && self.family == Family::Perl && self.is_sign(1, "{") {
                self.at += 1;
            } else if member {
                self.at += 1;
                if matches!(self.token(0), None | Some(Token::Line(_) | Token::Sign(")" | "]" | "}"))) {
                    return value;
                }
                continue;
            } else if self.is_sign(0, "(") {
                let (outer, close) = (self.elements.clone(), self.close());
                self.at += 1;
                let arguments = self.values_until(close);
                self.elements = outer;
                value = self.called(value, arguments);
            } else if (self.is_sign(0, "[") && self.subscripts(&value))
                || (self.is_sign(0, "{") && self.family == Family::Perl && self.hash())
            {
                value = self.subscript(&value);
            } else if let Some(arguments) = self.bare(&value) {
                value = self.called(value, arguments);
            } else {
                return value;
            }
        }
        value
    }

    fn subscripts(&self, value: &Value) -> bool {
        let listed =
            matches!(self.family, Family::Ruby | Family::Perl) && matches!(value.shape, Shape::Name(_));
        !listed
            || matches!(&value.shape, Shape::Name(name) if name.starts_with('\u{0}') || !super::acts::is_known(self.family, name))
    }

    fn hash(&self) -> bool {
        match self.at.checked_sub(1).and_then(|at| self.tokens.list.get(at)) {
            Some(Token::Name(name)) => name.starts_with(['$', '@', '%']),
            Some(Token::Sign(sign)) => matches!(*sign, "->" | "]" | "}"),
            _ => false,
        }
    }

    fn subscript(&mut self, value: &Value) -> Value {
        let close = self.close();
        self.at += 1;
        let slice = (self.at..close)
            .any(|at| matches!(self.tokens.list.get(at), Some(Token::Sign(":" | "::"))))
            && close - self.at < 12;
        if slice && self.family == Family::Python {
            let sliced = super::fold::slice(value, self.tokens.list.get(self.at..close).unwrap_or_default());
            self.at = close + 1;
            return sliced.with(&value.from);
        }
        let key = match self.name_at(0) {
            Some(name) if self.family == Family::Perl && self.at + 1 == close && !name.starts_with('$') => {
                self.at = close + 1;
                Value::text(&name)
            }
            _ => self.values_until(close).get(0),
        };
        super::fold::index(value, &key)
    }

    /// The member `name` of a value; called at once when nothing else follows in languages without brackets.
    fn member(&mut self, value: Value, name: &str) -> Value {
        let called = self.is_sign(0, "(");
        if let Shape::Name(module) = &value.shape
            && !module.starts_with('\u{0}')
        {
            let full = format!("{module}.{name}");
            if let Some(known) = self.variables.get(&full) {
                return known.clone();
            }
            if matches!(full.as_str(), "os.environ" | "process.env" | "os.environb" | "Deno.env" | "Bun.env")
            {
                return self.environment();
            }
            let value = Value::name(&full).with(&value.from);
            // A name in capitals is a module or class.
            let class = name.starts_with(|c: char| c.is_ascii_uppercase());
            if called || class || !self.calls_bare() {
                return value;
            }
            let arguments = self.bare(&value).unwrap_or_default();
            return self.called(value, arguments);
        }
        let arguments = if called {
            let outer = std::mem::replace(&mut self.elements, receiver(&value));
            let close = self.close();
            self.at += 1;
            let arguments = self.values_until(close);
            self.elements = outer;
            arguments
        } else if self.calls_bare() {
            self.bare(&value).unwrap_or_default()
        } else {
            Arguments::default()
        };
        // A block after a call: `list.each { |x| … }`, `list.each do |x|`.
        let elements = receiver(&value);
        let result = self.method(value, name, arguments, called || self.calls_bare());
        self.block(elements);
        result
    }

    fn block(&mut self, elements: Value) {
        if !matches!(self.family, Family::Ruby | Family::Groovy) {
            return;
        }
        if self.is_sign(0, "{") {
            let outer = std::mem::replace(&mut self.elements, elements);
            let _value = self.braces();
            self.elements = outer;
        } else if self.is_name(0, "do") {
            self.at += 1;
            let outer = std::mem::replace(&mut self.elements, elements);
            self.block_parameters();
            self.elements = outer;
        }
    }

    /// Members are calls even without brackets.
    fn calls_bare(&self) -> bool {
        self.family == Family::Ruby || (self.family == Family::Perl && !self.is_sign(0, "->"))
    }

    /// The arguments of a call without brackets.
    fn bare(&mut self, value: &Value) -> Option<Arguments> {
        let Shape::Name(name) = &value.shape else { return None };
        let family = self.family;
        let languages =
            matches!(family, Family::Perl | Family::Ruby | Family::Php | Family::Lua | Family::Groovy);
        if !languages || name.starts_with('\u{0}') {
            return None;
        }
        if family == Family::Perl && self.is_sign(0, "{") {
            return self.perl_block(name);
        }
        let act = super::acts::is_known(family, name);
        let begins = match self.token(0) {
            Some(Token::Text(_) | Token::Shell(_)) => true,
            Some(Token::Words(_) | Token::Number(_) | Token::Pattern(_)) => family != Family::Lua,
            Some(Token::Name(next)) => {
                family != Family::Lua
                    && !NO_ARGUMENT.contains(&next.as_str())
                    && (family != Family::Php || act)
            }
            Some(Token::Sign("[" | "*" | "{" | "-" | "\\" | "<<")) => act && family != Family::Lua,
            _ => false,
        };
        if !begins {
            // Builtins of Perl and Ruby run without any argument, on `$_` or none.
            return (act
                && matches!(family, Family::Perl | Family::Ruby)
                && !self.is_sign(0, "=>")
                && !self.is_sign(0, "("))
            .then(Arguments::default);
        }
        let mut arguments = Arguments::default();
        while self.step() {
            let before = self.at;
            let keyed = self.is_sign(1, "=>") || (family == Family::Ruby && self.is_sign(1, ":"));
            if keyed && matches!(self.token(0), Some(Token::Name(_) | Token::Text(_))) {
                let name = self.name_at(0).unwrap_or_default();
                self.at += 2;
                let value = self.expression(1);
                arguments.named.push((name, value));
            } else {
                let value = self.expression(2);
                arguments.values.push(value);
            }
            if family == Family::Lua || !(self.eat(",") || self.eat("=>")) || self.at == before {
                break;
            }
            self.skip_lines();
        }
        Some(arguments)
    }

    /// `map { … } list`, `eval { … }`, `print {$file} …`: the list is read before the block.
    fn perl_block(&mut self, name: &str) -> Option<Arguments> {
        if !matches!(
            name,
            "map"
                | "grep"
                | "sort"
                | "eval"
                | "do"
                | "first"
                | "any"
                | "all"
                | "print"
                | "find"
                | "finddepth"
                | "fork"
        ) {
            return None;
        }
        let (open, close) = (self.at, self.close());
        self.at = close + 1;
        let mut list = Vec::new();
        if !matches!(name, "eval" | "do") {
            self.eat(",");
            while !matches!(self.token(0), None | Some(Token::Line(_) | Token::Sign(";" | ")" | "}" | "]")))
                && self.step()
            {
                let before = self.at;
                let value = self.expression(2);
                list.push(value);
                if !self.eat(",") || self.at == before {
                    break;
                }
            }
        }
        let end = self.at;
        let list = if list.len() == 1 { list.pop().unwrap_or_default() } else { Shape::List(list).into() };
        self.variables.insert("$_".to_owned(), list.element());
        self.at = open;
        let result = self.braces();
        self.at = end;
        let values = if matches!(name, "map" | "grep" | "sort") {
            vec![Value::unknown(), list.with(&result.from)]
        } else {
            Vec::new()
        };
        Some(Arguments { values, named: vec![("{}".to_owned(), Value::unknown())] })
    }
}

/// What a function that is given to a method of this value is called with.
fn receiver(value: &Value) -> Value {
    match &value.shape {
        Shape::List(_) | Shape::OneOf(_) => value.element(),
        _ => value.clone(),
    }
}

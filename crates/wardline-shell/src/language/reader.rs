//! Follows code from token to token: keeps what variables hold, folds constants, and has `acts` judge each call.
//!
//! Each branch and loop body is read once, as if it ran; what a branch assigns is added to what was there. Functions of
//! the code itself are read with all the arguments that they are called with, which takes a second pass.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::token::{Piece, Token, Tokens, cut};
use super::value::{Shape, Text, Value};
use super::{Deed, Family, Reading};
use crate::answer::Word;
use crate::effect::Source;

/// Deepest nesting of expressions and of code inside code.
const DEEPEST: u32 = 40;
/// Deepest nesting of code in a text that is run as code.
const DEEPEST_CODE: u32 = 4;
/// Steps that one reading may take, for each token and besides.
const STEPS: usize = 24;

/// A function of the code itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Function {
    pub(super) parameters: Vec<String>,
    /// What it is called with, by place.
    pub(super) arguments: Vec<Value>,
    pub(super) returns: Option<Value>,
}

/// What was seen of connections and processes, from which the deeds of several calls together follow.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) connected: Option<String>,
    pub(super) listens: bool,
    pub(super) ties: bool,
    pub(super) shell: bool,
    pub(super) endless: bool,
    pub(super) forks: bool,
    pub(super) spawns: bool,
    pub(super) waits: bool,
}

pub(super) struct Reader {
    pub(super) family: Family,
    pub(super) tokens: Rc<Tokens>,
    pub(super) at: usize,
    depth: u32,
    code_depth: u32,
    steps: usize,
    pub(super) variables: BTreeMap<String, Value>,
    pub(super) functions: BTreeMap<String, Function>,
    pub(super) current: Option<String>,
    pub(super) deeds: Vec<Deed>,
    pub(super) understood: bool,
    pub(super) looks: bool,
    pub(super) seen: Seen,
    /// What a function that is an argument would be called with.
    pub(super) elements: Value,
    pub(super) inside: bool,
    pub(super) imports: Vec<String>,
    complete: bool,
}

/// The arguments of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments {
    pub(super) values: Vec<Value>,
    pub(super) named: Vec<(String, Value)>,
}

impl Arguments {
    pub(super) fn get(&self, index: usize) -> Value {
        self.values.get(index).cloned().unwrap_or_default()
    }

    pub(super) fn named(&self, names: &[&str]) -> Option<&Value> {
        self.named.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value)
    }

    /// All of them, named ones last.
    pub(super) fn all(&self) -> impl Iterator<Item = &Value> {
        self.values.iter().chain(self.named.iter().map(|(_, value)| value))
    }

    pub(super) fn sources(&self) -> Vec<Source> {
        let mut out: Vec<Source> = self.all().flat_map(|value| value.from.iter().cloned()).take(16).collect();
        for value in self.all() {
            if let Shape::Map(entries) = &value.shape {
                out.extend(entries.iter().flat_map(|(_, value)| value.from.iter().cloned()).take(16));
            }
        }
        out.sort();
        out.dedup();
        out
    }
}

/// Reads code of a family.
pub(super) fn code(family: Family, text: &str, arguments: &[Word], complete: bool) -> Reading {
    match family {
        Family::Awk => return super::awk::code(text, complete),
        Family::Tcl => return super::tcl::code(text, complete),
        Family::PowerShell => return super::windows::code(text, complete),
        _ => {}
    }
    let tokens = Rc::new(cut(family, text));
    let mut functions = BTreeMap::new();
    let mut reader = Reader::new(family, Rc::clone(&tokens), arguments, complete);
    reader.run();
    for _ in 0..2 {
        if reader.functions.is_empty() {
            break;
        }
        std::mem::swap(&mut functions, &mut reader.functions);
        reader = Reader::new(family, Rc::clone(&tokens), arguments, complete);
        reader.functions = std::mem::take(&mut functions);
        reader.run();
    }
    let mut reading = reader.conclude();
    if tokens.unended {
        // First, so that it is among those that are told.
        reading.deeds.insert(0, Deed::Hidden("the code is too long to read to its end".to_owned()));
        reading.understood = false;
    }
    reading
}

impl Reader {
    fn new(family: Family, tokens: Rc<Tokens>, arguments: &[Word], complete: bool) -> Self {
        let steps = tokens.list.len().saturating_mul(STEPS).saturating_add(1000);
        let understood = !tokens.strange;
        let mut reader = Self {
            family,
            tokens,
            at: 0,
            depth: 0,
            code_depth: 0,
            steps,
            variables: BTreeMap::new(),
            functions: BTreeMap::new(),
            current: None,
            deeds: Vec::new(),
            understood,
            looks: false,
            seen: Seen::default(),
            elements: Value::unknown(),
            inside: false,
            imports: Vec::new(),
            complete,
        };
        reader.given(arguments);
        reader
    }

    /// Puts the arguments of the interpreter where the language keeps them.
    fn given(&mut self, arguments: &[Word]) {
        let values: Vec<Value> = arguments
            .iter()
            .take(64)
            .map(|word| {
                Shape::Text(Text { text: word.value.clone(), complete: word.complete, glob: word.glob })
                    .into()
            })
            .collect();
        let before = |count: usize| {
            let mut all = vec![Value::text("-"); count];
            all.extend(values.iter().cloned());
            Value::from(Shape::List(all))
        };
        let (name, list) = match self.family {
            Family::Python => ("sys.argv", before(1)),
            Family::Script => ("process.argv", before(1)),
            Family::Perl => ("@ARGV", before(0)),
            Family::Ruby => ("ARGV", before(0)),
            Family::Php => ("$argv", before(1)),
            Family::Lua => ("arg", before(1)),
            _ => return,
        };
        if !arguments.is_empty() {
            self.variables.insert(name.to_owned(), list);
        }
    }

    fn run(&mut self) {
        while self.at < self.tokens.list.len() && self.step() {
            let before = self.at;
            let _value = self.statement();
            if self.at == before {
                self.at += 1;
            }
        }
    }

    /// Counts one step; false when there are none left.
    pub(super) fn step(&mut self) -> bool {
        match self.steps.checked_sub(1) {
            Some(left) => {
                self.steps = left;
                true
            }
            None => {
                if self.understood {
                    self.understood = false;
                    self.deeds.push(Deed::Hidden("the code is too involved to follow to its end".to_owned()));
                }
                false
            }
        }
    }

    fn conclude(mut self) -> Reading {
        let seen = self.seen.clone();
        if let Some(host) = seen.connected.clone().filter(|_| seen.shell || seen.ties) {
            self.deeds.push(Deed::RemoteShell { host });
        } else if seen.listens && (seen.shell || seen.ties) {
            self.deeds.push(Deed::RemoteShell { host: String::new() });
        }
        if seen.endless && (seen.forks || (seen.spawns && !seen.waits)) {
            self.deeds.push(Deed::Exhausts);
        }
        let mut deeds: Vec<Deed> = Vec::new();
        for deed in self.deeds {
            if deeds.len() < super::MOST_DEEDS && !deeds.contains(&deed) {
                deeds.push(deed);
            }
        }
        Reading { deeds, understood: self.understood, looks: self.looks }
    }

    pub(super) fn token(&self, ahead: usize) -> Option<&Token> {
        self.tokens.list.get(self.at + ahead)
    }

    pub(super) fn is_sign(&self, ahead: usize, sign: &str) -> bool {
        matches!(self.token(ahead), Some(Token::Sign(found)) if *found == sign)
    }

    pub(super) fn is_name(&self, ahead: usize, name: &str) -> bool {
        matches!(self.token(ahead), Some(Token::Name(found)) if found == name)
    }

    pub(super) fn name_at(&self, ahead: usize) -> Option<String> {
        match self.token(ahead) {
            Some(Token::Name(name)) => Some(name.clone()),
            _ => None,
        }
    }

    pub(super) fn eat(&mut self, sign: &str) -> bool {
        let found = self.is_sign(0, sign);
        self.at += usize::from(found);
        found
    }

    pub(super) fn skip_lines(&mut self) {
        while matches!(self.token(0), Some(Token::Line(_))) {
            self.at += 1;
        }
    }

    /// The place of the bracket that closes the one here.
    pub(super) fn close(&self) -> usize {
        self.tokens.closes.get(self.at).copied().unwrap_or(self.at)
    }

    pub(super) fn sets(&mut self, name: &str, value: Value) {
        let old = if self.inside { self.variables.remove(name) } else { None };
        let value = match old {
            Some(old) => old.either(value),
            None => value,
        };
        self.variables.insert(name.to_owned(), value);
    }

    /// The text that pieces give.
    pub(super) fn text(&mut self, pieces: &[Piece]) -> Value {
        let mut value = Value::text("");
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    let mut part = Text::known(text);
                    // The shell put something in that is not known.
                    part.complete = self.complete || !text.contains(['$', '`']);
                    value = value.joined(&Shape::Text(part).into());
                }
                Piece::Code(code) => {
                    let part = self.nested(code);
                    let name: String =
                        code.chars().filter(|c| c.is_alphanumeric() || *c == '_').take(24).collect();
                    let part = if part.as_text().is_none() {
                        let text = format!("${}", if name.is_empty() { "unknown" } else { &name });
                        Value::from(Shape::Text(Text { text, complete: false, glob: false })).with(&part.from)
                    } else {
                        part
                    };
                    value = value.joined(&part);
                }
            }
        }
        value
    }

    /// Reads code that stands in a text, with the variables that there are.
    pub(super) fn nested(&mut self, code: &str) -> Value {
        if self.code_depth >= DEEPEST_CODE || !self.step() {
            self.understood = false;
            return Value::unknown();
        }
        let tokens = cut(self.family, code);
        self.understood &= !tokens.strange;
        // Code in a text that was put together may be longer than what is left to do.
        self.steps = self.steps.saturating_add(if self.code_depth == 0 { code.len().min(4096) } else { 0 });
        let (outer, at) = (std::mem::replace(&mut self.tokens, Rc::new(tokens)), self.at);
        self.code_depth += 1;
        self.at = 0;
        let mut last = Value::unknown();
        while self.at < self.tokens.list.len() && self.step() {
            let before = self.at;
            let value = self.statement();
            if self.at == before {
                self.at += 1;
            } else {
                last = value;
            }
        }
        self.code_depth -= 1;
        (self.tokens, self.at) = (outer, at);
        last
    }

    /// One expression whose operators bind at least as tightly as `level`.
    pub(super) fn expression(&mut self, level: u8) -> Value {
        if self.depth >= DEEPEST || !self.step() {
            self.understood = false;
            let here = self.at;
            self.at = self.close().max(here);
            return Value::unknown();
        }
        self.depth += 1;
        let mut left = match self.assignment() {
            Some(value) => value,
            None => self.operand(),
        };
        while let Some((sign, binds)) = self.operator().filter(|(_, binds)| *binds >= level) {
            if !self.step() {
                break;
            }
            self.at += 1;
            left = self.combine(left, &sign, binds);
        }
        self.depth -= 1;
        left
    }

    /// The operator here, and how tightly it binds.
    fn operator(&self) -> Option<(String, u8)> {
        let perl = self.family == Family::Perl;
        let dots = matches!(self.family, Family::Perl | Family::Php);
        let (text, binds) = match self.token(0)? {
            Token::Sign(sign) => {
                let binds = match *sign {
                    "=" | "+=" | ".=" | "-=" | "*=" | "/=" | "%=" | "||=" | "&&=" | "//=" | "??=" | "|="
                    | ":=" | "<<=" => 1,
                    "<-" if self.family == Family::R => 1,
                    "?" if self.family != Family::Python => 1,
                    "||" | "??" => 2,
                    "//" if perl => 2,
                    "&&" => 3,
                    "==" | "!=" | "===" | "!==" | "<" | ">" | "<=" | ">=" | "<=>" | "=~" | "!~" => 4,
                    "|" | "^" | "|>" | "%>%" => 5,
                    "&" => 5,
                    ".." if self.family != Family::Lua => 6,
                    "..." => 6,
                    ".." | "+" | "-" | "<<" | ">>" => 7,
                    "." if dots => 7,
                    "*" | "/" | "%" | "//" => 8,
                    "**" => 9,
                    _ => return None,
                };
                ((*sign).to_owned(), binds)
            }
            Token::Name(name) => {
                let binds = match name.as_str() {
                    "or" | "xor" => 2,
                    "if" | "unless"
                        if matches!(self.family, Family::Python | Family::Perl | Family::Ruby) =>
                    {
                        1
                    }
                    "while" | "until" if matches!(self.family, Family::Perl | Family::Ruby) => 1,
                    "and" => 3,
                    "in" if self.family == Family::Python => 4,
                    "is" | "not" if self.family == Family::Python => 4,
                    "instanceof" | "in" | "of" if self.family == Family::Script => 4,
                    "eq" | "ne" | "lt" | "gt" | "le" | "ge" | "cmp" if perl => 4,
                    "x" if perl => 8,
                    _ => return None,
                };
                (name.clone(), binds)
            }
            _ => return None,
        };
        Some((text, binds))
    }

    fn combine(&mut self, left: Value, sign: &str, binds: u8) -> Value {
        self.skip_lines();
        match sign {
            "=" | ":=" | "<-" => {
                let right = self.expression(1);
                self.assigned_to(&left, right)
            }
            "||=" | "//=" | "??=" | "+=" | ".=" | "-=" | "*=" | "/=" | "%=" | "|=" | "&&=" | "<<=" => {
                self.expression(1)
            }
            "?" => {
                let first = self.expression(2);
                self.eat(":");
                let second = self.expression(1);
                first.either(second)
            }
            "if" | "unless" | "while" | "until" => {
                let _condition = self.expression(2);
                if self.family == Family::Python && self.is_name(0, "else") {
                    self.at += 1;
                    let other = self.expression(1);
                    return left.either(other);
                }
                left
            }
            _ => {
                let right = self.expression(binds + 1);
                super::fold::operate(left, sign, &right, self.family)
            }
        }
    }

    /// `x.y = value`: kept by the dotted name.
    fn assigned_to(&mut self, target: &Value, value: Value) -> Value {
        if let Shape::Name(name) = &target.shape {
            self.sets(name, value.clone());
        }
        value
    }

    /// `x = …`, `my ($a, $b) = …`, `{a, b} = …`, `x += …`.
    fn assignment(&mut self) -> Option<Value> {
        if let (Some(Token::Name(name)), Some(Token::Sign(sign))) = (self.token(0), self.token(1)) {
            let (name, sign) = (name.clone(), *sign);
            let arrow = sign == "<-" && self.family == Family::R;
            let sets = arrow || matches!(sign, "=" | ":=" | "+=" | ".=" | "||=" | "//=" | "??=");
            if sets {
                self.at += 2;
                self.skip_lines();
                let value = self.expression(1);
                let value = match sign {
                    "+=" | ".=" => {
                        let old = self.variables.remove(&name).unwrap_or_default();
                        super::fold::operate(old, "+", &value, self.family)
                    }
                    _ => value,
                };
                self.sets(&name, value.clone());
                return Some(value);
            }
        }
        if self.is_sign(0, "(") || self.is_sign(0, "[") || self.is_sign(0, "{") {
            let close = self.close();
            let assigned = matches!(self.tokens.list.get(close + 1), Some(Token::Sign("=")));
            if assigned {
                let names = self.names_until(close);
                self.at = close + 2;
                let value = self.expression(1);
                self.spread(&names, &value);
                return Some(value);
            }
        }
        None
    }

    /// The names before a place, each with the name it is called there: `{a: b}` gives `a` as `b`.
    pub(super) fn names_until(&mut self, end: usize) -> Vec<(String, String)> {
        let mut names: Vec<(String, String)> = Vec::new();
        while self.at < end {
            let renamed = self.is_sign(1, ":") && matches!(self.token(2), Some(Token::Name(_)));
            match (self.name_at(0), self.name_at(2)) {
                (Some(from), Some(to)) if renamed => {
                    names.push((from, to));
                    self.at += 2;
                }
                (Some(name), _) if !matches!(name.as_str(), "my" | "our" | "local" | "const") => {
                    names.push((name.clone(), name));
                }
                _ => {}
            }
            self.at += 1;
        }
        names
    }

    /// Gives several names the parts of a value.
    pub(super) fn spread(&mut self, names: &[(String, String)], value: &Value) {
        for (index, (from, to)) in names.iter().enumerate() {
            let part = match &value.shape {
                Shape::List(items) => items.get(index).cloned().unwrap_or_default(),
                Shape::Map(entries) => entries
                    .iter()
                    .find(|(key, _)| key == from)
                    .map(|(_, value)| value.clone())
                    .unwrap_or_default(),
                Shape::Name(module) => Value::name(&format!("{module}.{from}")),
                _ => Value::unknown().with(&value.from),
            };
            self.sets(to, part);
        }
    }

    /// An operand with all that is done to it by `.`, `[]` and `()`.
    fn operand(&mut self) -> Value {
        let Some(token) = self.token(0).cloned() else { return Value::unknown() };
        let value = match token {
            Token::Text(pieces) => {
                self.at += 1;
                let mut value = self.text(&pieces);
                // Texts side by side are one in Python.
                while self.family == Family::Python
                    && let Some(Token::Text(more)) = self.token(0).cloned()
                {
                    self.at += 1;
                    let more = self.text(&more);
                    value = value.joined(&more);
                }
                value
            }
            Token::Shell(pieces) => {
                self.at += 1;
                let text = self.text(&pieces);
                self.shell(&text);
                Value::source(Source::Unknown)
            }
            Token::Words(words) => {
                self.at += 1;
                Shape::List(words.iter().map(|word| Value::text(word)).collect()).into()
            }
            Token::Pattern(code) => {
                self.at += 1;
                if let Some(code) = code {
                    let _value = self.nested(&code);
                }
                Value::unknown()
            }
            Token::Number(number) => {
                self.at += 1;
                Shape::Number(number).into()
            }
            Token::Sign(sign) => match self.sign(sign) {
                Some(value) => value,
                None => return Value::unknown(),
            },
            Token::Name(name) => self.named(&name),
            Token::Line(_) => return Value::unknown(),
        };
        self.after(value)
    }

    /// What begins with a sign; `None` for one that ends something, which is left.
    fn sign(&mut self, sign: &str) -> Option<Value> {
        Some(match sign {
            "(" | "[" => self.bracket(sign),
            "{" => self.braces(),
            ")" | "]" | "}" | "," | ";" | ":" | "=>" => return None,
            "-" if self.family == Family::Perl
                && matches!(self.name_at(1), Some(name) if name.len() == 1) =>
            {
                self.at += 2;
                self.looks = true;
                let _file = self.expression(9);
                Value::unknown()
            }
            "-" => {
                self.at += 1;
                match self.expression(9).shape {
                    Shape::Number(number) => Shape::Number(number.saturating_neg()).into(),
                    _ => Value::unknown(),
                }
            }
            "\\" | "*" | "**" | "&" | "..." | "+" | "++" | "--" | "@" | "%" | "::" | "$" => {
                self.at += 1;
                if matches!(self.token(0), None | Some(Token::Line(_))) {
                    Value::unknown()
                } else {
                    self.expression(9)
                }
            }
            _ => {
                self.at += 1;
                let _operand = self.expression(8);
                Value::unknown()
            }
        })
    }

    /// `( … )` and `[ … ]` where a value is expected.
    fn bracket(&mut self, sign: &str) -> Value {
        let close = self.close();
        let arrow = matches!(self.tokens.list.get(close + 1), Some(Token::Sign("=>" | "->")));
        if sign == "(" && arrow && matches!(self.family, Family::Script | Family::Julia | Family::Groovy) {
            self.at += 1;
            let names = self.names_until(close);
            self.at = close + 2;
            self.called_with(&names);
            return if self.is_sign(0, "{") { self.braces() } else { self.expression(1) };
        }
        let start = self.at;
        self.comprehension(start);
        self.at = start + 1;
        let arguments = self.values_until(close);
        let comma = sign == "[" || arguments.values.len() != 1;
        if comma { Shape::List(arguments.values).into() } else { arguments.get(0) }
    }

    /// `[f(x) for x in list]`: the loop is read before what it repeats.
    fn comprehension(&mut self, start: usize) {
        let first = self.tokens.fors.get(start).copied().unwrap_or_default();
        if first > start && matches!(self.family, Family::Python | Family::Julia) {
            self.at = first;
            self.loop_head();
        }
    }

    /// Binds the parameters of a function that is an argument of a call.
    pub(super) fn called_with(&mut self, names: &[(String, String)]) {
        let element = self.elements.clone();
        if let Some((_, first)) = names.first() {
            self.variables.insert(first.clone(), element);
        }
        for (_, name) in names.iter().skip(1) {
            self.variables.insert(name.clone(), Value::unknown());
        }
    }

    /// The values between here and the bracket at `close`, which is passed.
    pub(super) fn values_until(&mut self, close: usize) -> Arguments {
        let mut arguments = Arguments::default();
        let mut fresh = true;
        while self.at < close && self.step() {
            let before = self.at;
            if self.eat(",") || matches!(self.token(0), Some(Token::Line(_))) {
                self.at += usize::from(self.at == before);
                fresh = true;
                continue;
            }
            match self.key(close) {
                Some(name) => {
                    let value = self.expression(1);
                    arguments.named.push((name, value));
                    fresh = false;
                }
                None => {
                    let value = if fresh { self.argument() } else { self.statement() };
                    if fresh {
                        arguments.values.push(value);
                    }
                    fresh = false;
                }
            }
            if self.at == before {
                self.at += 1;
            }
        }
        self.at = close + 1;
        arguments
    }

    /// One argument; `*list` stands for its items.
    fn argument(&mut self) -> Value {
        self.expression(1)
    }

    /// `name=`, `name:` or `name =>` before an argument.
    fn key(&mut self, close: usize) -> Option<String> {
        let name = match (self.token(0)?, self.token(1)?) {
            (Token::Name(name), Token::Sign(sign)) => {
                let keyed = match *sign {
                    "=" => matches!(self.family, Family::Python | Family::R | Family::Julia | Family::Lua),
                    ":" => {
                        matches!(self.family, Family::Ruby | Family::Groovy | Family::Php | Family::Script)
                    }
                    "=>" => self.family == Family::Perl,
                    _ => false,
                };
                keyed.then(|| name.clone())?
            }
            (Token::Text(pieces), Token::Sign("=>")) => match pieces.as_slice() {
                [Piece::Text(text)] => text.clone(),
                _ => return None,
            },
            _ => return None,
        };
        if self.at + 2 >= close {
            return None;
        }
        self.at += 2;
        Some(name)
    }

    /// `{ … }`: an object, a dictionary, a block, a body.
    pub(super) fn braces(&mut self) -> Value {
        let close = self.close();
        let start = self.at;
        self.comprehension(start);
        self.at = start + 1;
        if matches!(self.family, Family::Ruby | Family::Groovy) {
            self.block_parameters();
        }
        let outer = std::mem::replace(&mut self.inside, true);
        let mut entries: Vec<(String, Value)> = Vec::new();
        let (mut last, mut values) = (Value::unknown(), Vec::new());
        while self.at < close && self.step() {
            let before = self.at;
            if let Some(key) = self.entry() {
                let value = self.expression(1);
                entries.push((key, value));
            } else if self.eat("...") || self.eat("**") {
                let value = self.expression(1);
                entries.push(("...".to_owned(), value));
            } else {
                let value = self.statement();
                if !matches!(self.tokens.list.get(before), Some(Token::Line(_) | Token::Sign(";" | ","))) {
                    if values.len() < 256 {
                        values.push(value.clone());
                    }
                    last = value;
                }
            }
            if self.at == before {
                self.at += 1;
            }
        }
        self.inside = outer;
        self.at = close + 1;
        match entries.is_empty() {
            true if self.family == Family::Lua => Shape::List(values).into(),
            true => last,
            false => Shape::Map(entries).into(),
        }
    }

    /// The key of an entry: `name:`, `'name':`, `name =>`, `name =` in a table of Lua.
    fn entry(&mut self) -> Option<String> {
        let lua = self.family == Family::Lua;
        let keyed = self.is_sign(1, ":") || self.is_sign(1, "=>") || (lua && self.is_sign(1, "="));
        let key = match self.token(0)? {
            Token::Name(name) if keyed && !matches!(name.as_str(), "default" | "case") => name.clone(),
            Token::Text(pieces) if keyed => match pieces.as_slice() {
                [Piece::Text(text)] => text.clone(),
                _ => "?".to_owned(),
            },
            _ => return None,
        };
        self.at += 2;
        Some(key)
    }

    /// `|x, y|` or `x ->` at the start of a block.
    pub(super) fn block_parameters(&mut self) {
        if self.is_sign(0, "|") {
            self.at += 1;
            let end = (self.at..self.tokens.list.len())
                .take(16)
                .find(|at| matches!(self.tokens.list.get(*at), Some(Token::Sign("|"))));
            if let Some(end) = end {
                let names = self.names_until(end);
                self.at = end + 1;
                self.called_with(&names);
            }
        } else {
            let element = self.elements.clone();
            self.variables.insert("it".to_owned(), element);
        }
    }
}

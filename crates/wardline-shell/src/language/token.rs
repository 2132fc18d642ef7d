//! Cuts code into tokens, each language by its own marks for comments, texts, patterns and variables.

use super::Family;
use super::literal;

/// A part of a text literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// These characters.
    Text(String),
    /// What this expression gives.
    Code(String),
}

/// The smallest part of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name, or a variable with its mark: `x`, `$x`, `@x`.
    Name(String),
    /// A text literal.
    Text(Vec<Piece>),
    /// A text literal that a shell runs.
    Shell(Vec<Piece>),
    /// A list of words: `qw(a b)`.
    Words(Vec<String>),
    /// A pattern; with the code that is run for its replacement.
    Pattern(Option<String>),
    Number(i64),
    Sign(&'static str),
    /// The end of a line, with the indentation of the next.
    Line(u32),
}

/// Code in tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) list: Vec<Token>,
    /// For each opening bracket the place of its end; otherwise the length.
    pub(crate) closes: Vec<usize>,
    /// For each opening bracket the place of the first `for` right inside it; otherwise 0.
    pub(crate) fors: Vec<usize>,
    /// Something in the text was no token of the language.
    pub(crate) strange: bool,
    /// There is more code than is read.
    pub(crate) unended: bool,
}

/// Most tokens of one piece of code that are read; what follows is hidden.
const MOST_TOKENS: usize = 16 * 1024;

/// Signs, longer ones before those they begin with.
const SIGNS: &[&str] = &[
    "%>%", "===", "!==", "**=", "...", "<=>", "||=", "&&=", "//=", "??=", "<<=", ">>=", "<<-", "=>", "->",
    "::", "?.", "&.", "??", "||", "&&", "==", "!=", ">=", "<=", "+=", "-=", "*=", "/=", ".=", "%=", "|=",
    ":=", "<<", ">>", "..", "++", "--", "=~", "!~", "**", "//", "|>", "<-", "|&", "<", ">", "(", ")", "[",
    "]", "{", "}", ",", ";", ":", "=", "+", "-", "*", "/", "%", ".", "!", "?", "&", "|", "^", "~", "@", "$",
    "\\", "#",
];

/// Names after which a value is expected, so that `/` begins a pattern.
const BEFORE_VALUES: &[&str] = &[
    "and", "case", "else", "elsif", "grep", "if", "in", "map", "not", "or", "print", "return", "split",
    "typeof", "unless", "until", "when", "while", "x",
];

pub(crate) struct Cutter<'a> {
    pub(crate) family: Family,
    pub(crate) rest: &'a str,
    /// A slash may begin a pattern: no unclosed one was found yet.
    pub(crate) patterns: bool,
    out: Tokens,
    open: Vec<usize>,
    /// Texts of here-documents whose names were read, and that begin on the next line.
    pending: Vec<(String, bool, usize)>,
}

/// Cuts `code`.
pub(crate) fn cut(family: Family, code: &str) -> Tokens {
    let mut cutter = Cutter {
        family,
        rest: code,
        patterns: true,
        out: Tokens::default(),
        open: Vec::new(),
        pending: Vec::new(),
    };
    while !cutter.rest.is_empty() && cutter.out.list.len() < MOST_TOKENS {
        cutter.next();
    }
    let mut tokens = cutter.out;
    tokens.unended = !cutter.rest.is_empty();
    let length = tokens.list.len();
    tokens.strange |= tokens.closes.contains(&usize::MAX);
    for close in tokens.closes.iter_mut().filter(|close| **close == usize::MAX) {
        *close = length;
    }
    tokens
}

impl Cutter<'_> {
    pub(crate) fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(crate) fn take_while(&mut self, mut wanted: impl FnMut(char) -> bool) -> String {
        let end = self.rest.find(|c: char| !wanted(c)).unwrap_or(self.rest.len());
        let (head, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        head.to_owned()
    }

    fn next(&mut self) {
        let Some(first) = self.peek() else { return };
        if first == '\n' {
            self.line();
        } else if first.is_whitespace() || (first == '\\' && self.rest.starts_with("\\\n")) {
            let joined = self.eat("\\\n");
            if !joined {
                self.take_while(|c| c.is_whitespace() && c != '\n');
            }
        } else if self.comment(first) {
        } else if let Some(token) = literal::read(self, first) {
            self.push(token);
        } else if first.is_ascii_digit() {
            self.number();
        } else if first.is_alphabetic() || first == '_' {
            self.name();
        } else {
            self.sign(first);
        }
    }

    fn line(&mut self) {
        self.rest = self.rest.strip_prefix('\n').unwrap_or(self.rest);
        for (end, indented, at) in std::mem::take(&mut self.pending) {
            let text = self.here_document(&end, indented);
            if let Some(Token::Text(pieces)) = self.out.list.get_mut(at) {
                *pieces = text;
            }
        }
        let indentation = self.take_while(|c| c == ' ' || c == '\t');
        if self.open.last().is_none_or(|at| self.out.list.get(*at) == Some(&Token::Sign("{"))) {
            self.push(Token::Line(u32::try_from(indentation.len()).unwrap_or(u32::MAX)));
        }
    }

    fn here_document(&mut self, end: &str, raw: bool) -> Vec<Piece> {
        let mut text = String::new();
        while !self.rest.is_empty() {
            let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            self.rest = rest;
            if line.trim().trim_end_matches([';', ')']) == end {
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        if raw { vec![Piece::Text(text)] } else { literal::pieces(self.family, &text) }
    }

    /// The text of a here-document is put in here when its line has ended.
    pub(crate) fn expect_document(&mut self, end: String, raw: bool) {
        self.pending.push((end, raw, self.out.list.len()));
    }

    fn comment(&mut self, first: char) -> bool {
        use Family::{Awk, Groovy, Julia, Lua, Perl, Php, PowerShell, Python, R, Ruby, Script, Tcl};
        let line = match self.family {
            Python | Perl | Ruby | R | Julia | Awk | Tcl | PowerShell => first == '#',
            Script | Groovy => self.rest.starts_with("//"),
            Php => first == '#' || self.rest.starts_with("//"),
            Lua => self.rest.starts_with("--"),
        };
        let block = matches!(self.family, Script | Groovy | Php) && self.rest.starts_with("/*");
        if self.family == Lua && self.rest.starts_with("--[[") {
            self.rest = self.rest.split_once("]]").map_or("", |(_, rest)| rest);
        } else if self.family == Julia && self.rest.starts_with("#=") {
            self.rest = self.rest.split_once("=#").map_or("", |(_, rest)| rest);
        } else if block {
            self.rest = self.rest.split_once("*/").map_or("", |(_, rest)| rest);
        } else if line || (self.family == Script && self.rest.starts_with("#!")) {
            self.take_while(|c| c != '\n');
        } else if self.family == Php && self.rest.starts_with("<?") {
            self.take_while(|c| c == '<' || c == '?' || c == '=' || c.is_ascii_alphabetic());
        } else if self.family == Php && self.eat("?>") {
        } else {
            return false;
        }
        true
    }

    fn number(&mut self) {
        let text = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        let digits = text.replace('_', "");
        let parsed = match digits.get(..2) {
            Some("0x" | "0X") => i64::from_str_radix(digits.get(2..).unwrap_or_default(), 16),
            Some("0o" | "0O") => i64::from_str_radix(digits.get(2..).unwrap_or_default(), 8),
            Some("0b" | "0B") => i64::from_str_radix(digits.get(2..).unwrap_or_default(), 2),
            _ if digits.len() > 1 && digits.starts_with('0') => i64::from_str_radix(&digits, 8),
            _ => digits.trim_end_matches(['n', 'L']).parse(),
        };
        let decimal =
            self.rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if decimal {
            self.rest = self.rest.strip_prefix('.').unwrap_or(self.rest);
            self.take_while(|c| c.is_ascii_alphanumeric());
        }
        self.push(Token::Number(parsed.unwrap_or_default()));
    }

    fn name(&mut self) {
        let dotted = self.family == Family::R;
        let marks = matches!(self.family, Family::Ruby | Family::Julia);
        let mut name = self.take_while(|c| c.is_alphanumeric() || c == '_' || (dotted && c == '.'));
        // `Foo::Bar` is one name in Perl; `empty?` and `save!` in Ruby.
        while self.family == Family::Perl && self.rest.starts_with("::") {
            self.eat("::");
            name.push_str("::");
            name.push_str(&self.take_while(|c| c.is_alphanumeric() || c == '_'));
        }
        let mark = self.rest.starts_with(['?', '!']) && !self.rest.starts_with("!=");
        if marks
            && mark
            && (self.rest.starts_with('!') || self.rest.starts_with("?(") || self.rest.starts_with("?."))
        {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        self.push(Token::Name(name));
    }

    /// A value is expected next, so that `/`, `<`, `%` and `:` begin one.
    pub(crate) fn before_value(&self) -> bool {
        match self.out.list.last() {
            None | Some(Token::Line(_)) => true,
            Some(Token::Sign(sign)) => !matches!(*sign, ")" | "]" | "}"),
            Some(Token::Name(name)) => BEFORE_VALUES.contains(&name.as_str()),
            _ => false,
        }
    }

    /// A slash here begins a pattern.
    pub(crate) fn before_pattern(&self) -> bool {
        self.patterns && self.before_value()
    }

    /// The name before is one that takes values without brackets.
    pub(crate) fn after_name(&self) -> bool {
        matches!(self.out.list.last(), Some(Token::Name(name)) if !name.starts_with(['$', '@', '%']))
    }

    pub(crate) fn after(&self, signs: &[&str]) -> bool {
        matches!(self.out.list.last(), Some(Token::Sign(sign)) if signs.contains(sign))
    }

    fn sign(&mut self, first: char) {
        let byte = self.rest.as_bytes().first();
        let sign = |sign: &&&str| sign.as_bytes().first() == byte && self.rest.starts_with(**sign);
        match SIGNS.iter().find(sign) {
            Some(sign) => {
                self.eat(sign);
                self.push(Token::Sign(sign));
            }
            None => {
                self.rest = self.rest.get(first.len_utf8()..).unwrap_or_default();
                self.out.strange |= !matches!(first, '\u{feff}' | '`' | '"' | '\'') || first == '`';
            }
        }
    }

    pub(crate) fn strange(&mut self) {
        self.out.strange = true;
    }

    fn push(&mut self, token: Token) {
        let at = self.out.list.len();
        self.out.closes.push(at);
        self.out.fors.push(0);
        match &token {
            Token::Sign("(" | "[" | "{") => {
                if let Some(close) = self.out.closes.get_mut(at) {
                    *close = usize::MAX;
                }
                self.open.push(at);
            }
            Token::Sign(")" | "]" | "}") => {
                let start = self.open.pop();
                match start.and_then(|start| self.out.closes.get_mut(start)) {
                    Some(close) => *close = at,
                    None => self.out.strange = true,
                }
            }
            Token::Name(name) if name == "for" => {
                let inside = self.open.last().and_then(|start| self.out.fors.get_mut(*start));
                if let Some(slot) = inside.filter(|slot| **slot == 0) {
                    *slot = at;
                }
            }
            _ => {}
        }
        self.out.list.push(token);
    }
}

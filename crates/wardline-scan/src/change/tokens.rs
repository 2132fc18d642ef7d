//! A text as the tokens that matter to identity: no layout, no comments, strings in one spelling.
//!
//! One reader serves all languages. It is no lexer of any of them: it only has to give the same tokens for the same code
//! after it was moved, indented anew or broken into other lines.

use crate::language::Language;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A name, keyword or number.
    Word,
    /// A string, in double quotes where its content allows.
    Text,
    /// One character of punctuation.
    Mark,
}

/// One token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// Offsets in the text, end excluded.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Whether a line ended between the token before and this one.
    pub(super) breaks: bool,
}

/// How a language writes what the reader has to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// `#` begins a comment.
    pub(super) hash: bool,
    /// `//` and `/* … */` are comments.
    pub(super) slash: bool,
    /// Blocks stand in braces; else a brace only groups, as brackets do.
    pub(super) braces: bool,
    /// Tags: each is a statement, whatever lines it is on.
    pub(super) markup: bool,
    /// Strings may stand in three quotes.
    triple: bool,
}

impl Style {
    pub(super) fn of(path: &str, text: &str) -> Self {
        let plain = Self { hash: false, slash: true, braces: true, markup: false, triple: false };
        match Language::of(path, text) {
            Some(Language::Python) => Self { hash: true, slash: false, braces: false, triple: true, ..plain },
            Some(Language::Php) => Self { hash: true, ..plain },
            Some(Language::Ruby | Language::Shell | Language::Dockerfile | Language::Workflow) | None => {
                Self { hash: true, slash: false, ..plain }
            }
            Some(Language::Html | Language::Erb) => Self { markup: true, ..plain },
            Some(_) => plain,
        }
    }
}

/// The tokens of `text`.
pub(super) fn tokens(text: &str, style: Style) -> Vec<Token> {
    let mut reader = Reader { text, at: 0, style, breaks: true, found: Vec::new() };
    while reader.step() {}
    without_trailing_commas(reader.found)
}

/// A comma before a closing bracket is a matter of layout.
fn without_trailing_commas(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let closes = matches!(token.text.as_str(), ")" | "]" | "}");
        if closes && kept.last().is_some_and(|last| last.text == ",") {
            kept.pop();
        }
        kept.push(token);
    }
    kept
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    style: Style,
    breaks: bool,
    found: Vec<Token>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads one token, comment or blank; false at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest().chars().next() else { return false };
        if first == '\n' {
            self.breaks = true;
            self.at += 1;
        } else if first.is_whitespace() {
            self.at += first.len_utf8();
        } else if first == '\\' && self.rest().starts_with("\\\n") {
            self.at += 2;
        } else if let Some(length) = self.comment() {
            self.at += length;
        } else if matches!(first, '"' | '\'' | '`') {
            self.string(first);
        } else if is_word(first) {
            let rest = self.rest();
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            self.push(Kind::Word, length, rest.get(..length).unwrap_or_default().to_owned());
        } else {
            self.push(Kind::Mark, first.len_utf8(), first.to_string());
        }
        true
    }

    fn push(&mut self, kind: Kind, length: usize, text: String) {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let (start, end) = (offset(self.at), offset(self.at + length));
        self.found.push(Token { kind, text, start, end, breaks: self.breaks });
        self.breaks = false;
        self.at += length;
    }

    /// The length of a comment that begins here. It does not hold the line's end.
    fn comment(&self) -> Option<usize> {
        let rest = self.rest();
        let line = || rest.find('\n').unwrap_or(rest.len());
        if (self.style.hash && rest.starts_with('#')) || (self.style.slash && rest.starts_with("//")) {
            return Some(line());
        }
        let (open, close) = if self.style.slash && rest.starts_with("/*") {
            (2, "*/")
        } else if rest.starts_with("<!--") {
            (4, "-->")
        } else {
            return None;
        };
        let end = rest.get(open..).and_then(|inner| inner.find(close));
        Some(end.map_or(rest.len(), |end| open + end + close.len()))
    }

    fn string(&mut self, quote: char) {
        let rest = self.rest();
        let three: String = [quote; 3].iter().collect();
        let (mark, multiline) = if self.style.triple && rest.starts_with(&three) {
            (three, true)
        } else {
            (quote.to_string(), quote == '`')
        };
        let mut escaped = false;
        let inner = rest.get(mark.len()..).unwrap_or_default();
        let end = inner.char_indices().find_map(|(at, c)| {
            let here = !escaped && inner.get(at..).is_some_and(|rest| rest.starts_with(&mark));
            escaped = c == '\\' && !escaped;
            (here || (c == '\n' && !multiline)).then_some((at, here))
        });
        let (length, closed) = end.unwrap_or((inner.len(), false));
        let content = inner.get(..length).unwrap_or_default();
        let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
        let quote =
            if content.contains(['"', '\'']) || quote == '`' { mark.clone() } else { "\"".to_owned() };
        let whole = mark.len() + length + if closed { mark.len() } else { 0 };
        self.push(Kind::Text, whole, format!("{quote}{content}{quote}"));
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> String {
        let tokens = tokens(text, Style::of(path, text));
        tokens.into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn layout_comments_and_quotes_do_not_count() {
        let rows = [
            ("a.py", "f(a,  'x y') # why", "a.py", "f(\n    a,\n    \"x  y\",\n)"),
            ("a.js", "f(a); // why", "b.ts", "f( /* no */\n a\n);"),
            ("a.py", "x = 1 + \\\n 2", "a.py", "x=1+2"),
            ("a.js", "q(`a\n   b`)", "a.js", "q(`a b`)"),
            ("a.py", "\"\"\"a\n'b'\"\"\"", "a.py", "\"\"\"a 'b'\"\"\""),
        ];
        for (left, one, right, other) in rows {
            assert_eq!(read(left, one), read(right, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_counts_is_kept() {
        for (one, other) in
            [("f('a#b')", "f('a')"), ("f(\"it's\")", "f('it')"), ("f(a, b)", "f(b, a)"), ("'open", "")]
        {
            assert_ne!(read("a.py", one), read("a.py", other));
        }
    }
}

//! The cursor of the reader: characters, blanks, comments, operators, and the bodies of here-documents.
//!
//! A backslash before a newline is removed wherever a shell removes it, even inside an operator or after `$`, so no later
//! step can be fooled by a broken line.

use std::collections::HashSet;

use crate::limits::{Exceeded, Fuel};
use crate::syntax::{Census, HereDoc, Span, Word};

/// Why a text could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is not shell, as far as the reader knows, from this byte on.
    Syntax { at: usize, what: &'static str },
    /// A limit was reached.
    Exceeded(Exceeded),
}

impl From<Exceeded> for Trouble {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}

pub(crate) type Outcome<T> = Result<T, Trouble>;

/// Reads one text. The grammar is in `reader`, words are in `words`.
pub(crate) struct Reader<'a> {
    pub(crate) text: &'a str,
    pub(crate) pos: usize,
    /// Nothing at or after this byte is read: the end of the text, or of a here-document's body.
    pub(crate) end: usize,
    pub(crate) fuel: &'a mut Fuel,
    pub(crate) heredocs: Vec<HereDoc>,
    /// Here-documents whose bodies begin at the next newline.
    pub(crate) pending: Vec<usize>,
    pub(crate) census: Census,
    /// Depth of parentheses and of `case`, and whether the cursor is inside a word.
    pub(crate) parens: u32,
    pub(crate) cases: u32,
    pub(crate) in_word: u32,
    /// Places where `((` was tried as arithmetic and was not, so that no text is tried twice.
    pub(crate) not_arithmetic: HashSet<usize>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str, fuel: &'a mut Fuel) -> Self {
        Self {
            text,
            pos: 0,
            end: text.len(),
            fuel,
            heredocs: Vec::new(),
            pending: Vec::new(),
            census: Census::default(),
            parens: 0,
            cases: 0,
            in_word: 0,
            not_arithmetic: HashSet::new(),
        }
    }

    pub(crate) fn syntax<T>(&self, what: &'static str) -> Outcome<T> {
        Err(Trouble::Syntax { at: self.pos, what })
    }

    /// The byte at the cursor, which first steps over broken lines.
    pub(crate) fn look(&mut self) -> Option<u8> {
        self.pos = self.joined(self.pos);
        self.byte(self.pos)
    }

    /// The byte after the one at the cursor, as if broken lines were joined.
    pub(crate) fn look_after(&mut self) -> Option<u8> {
        let _here = self.look();
        self.byte(self.joined(self.pos + 1))
    }

    /// Steps over the character at the cursor.
    pub(crate) fn advance(&mut self) {
        let _here = self.look();
        self.pos = (self.pos + 1).min(self.end);
        while !self.text.is_char_boundary(self.pos) {
            self.pos += 1;
        }
    }

    pub(crate) fn byte(&self, at: usize) -> Option<u8> {
        if at < self.end { self.text.as_bytes().get(at).copied() } else { None }
    }

    /// Where the text goes on after broken lines at `at`.
    pub(crate) fn joined(&self, mut at: usize) -> usize {
        while self.byte(at) == Some(b'\\') && self.byte(at + 1) == Some(b'\n') {
            at += 2;
        }
        at
    }

    /// Steps over `operator` if it stands at the cursor.
    pub(crate) fn eat(&mut self, operator: &str) -> bool {
        match self.after(operator) {
            Some(at) => {
                self.pos = at;
                true
            }
            None => false,
        }
    }

    pub(crate) fn at(&self, operator: &str) -> bool {
        self.after(operator).is_some()
    }

    pub(crate) fn after(&self, operator: &str) -> Option<usize> {
        let mut at = self.pos;
        for expected in operator.bytes() {
            at = self.joined(at);
            if self.byte(at) != Some(expected) {
                return None;
            }
            at += 1;
        }
        Some(at)
    }

    pub(crate) fn slice(&self, span: Span) -> &'a str {
        self.text.get(span).unwrap_or_default()
    }

    /// Steps over blanks and a comment.
    pub(crate) fn skip_blanks(&mut self) {
        while matches!(self.look(), Some(b' ' | b'\t')) {
            self.pos += 1;
        }
        if self.look() == Some(b'#') {
            while self.byte(self.pos).is_some_and(|b| b != b'\n') {
                self.pos += 1;
            }
        }
    }

    /// Steps over blanks, comments and newlines.
    pub(crate) fn skip_lines(&mut self) -> Outcome<()> {
        loop {
            self.skip_blanks();
            if self.look() != Some(b'\n') {
                return Ok(());
            }
            self.newline()?;
        }
    }

    /// Steps over the newline at the cursor and over the here-documents that begin after it.
    pub(crate) fn newline(&mut self) -> Outcome<()> {
        self.pos += 1;
        for number in std::mem::take(&mut self.pending) {
            self.read_heredoc(number)?;
        }
        Ok(())
    }

    fn read_heredoc(&mut self, number: usize) -> Outcome<()> {
        let Some((delimiter, strip, quoted)) =
            self.heredocs.get(number).map(|doc| (doc.delimiter.clone(), doc.strip_tabs, doc.quoted))
        else {
            return Ok(());
        };
        let start = self.pos;
        let mut line = start;
        // Without its delimiter a here-document goes on to the end of the text, as in bash.
        let (body_end, next) = loop {
            if line >= self.end {
                break (self.end, self.end);
            }
            let rest = self.slice(line..self.end);
            let length = rest.find('\n').unwrap_or(rest.len());
            let content = rest.get(..length).unwrap_or_default();
            let content = if strip { content.trim_start_matches('\t') } else { content };
            let next = (line + length + 1).min(self.end);
            if content == delimiter {
                break (line, next);
            }
            line = next;
        };
        let body = if quoted {
            Word::literal(self.slice(start..body_end), start..body_end)
        } else {
            self.expanded_body(start, body_end)?
        };
        if let Some(doc) = self.heredocs.get_mut(number) {
            doc.body = body;
        }
        self.pos = next;
        Ok(())
    }
}

/// A place to come back to when an attempt fails.
pub(crate) struct Mark {
    pos: usize,
    heredocs: usize,
    pending: Vec<usize>,
    census: Census,
    parens: u32,
    cases: u32,
    in_word: u32,
    level: u32,
}

impl Reader<'_> {
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            pos: self.pos,
            heredocs: self.heredocs.len(),
            pending: self.pending.clone(),
            census: self.census,
            parens: self.parens,
            cases: self.cases,
            in_word: self.in_word,
            level: self.fuel.level(),
        }
    }

    /// Takes back everything since `mark`; what was read since then will be read again, so it is paid for.
    pub(crate) fn rewind(&mut self, mark: Mark) -> Outcome<()> {
        self.fuel.return_to(mark.level);
        self.fuel.read(self.pos.saturating_sub(mark.pos))?;
        self.pos = mark.pos;
        self.heredocs.truncate(mark.heredocs);
        self.pending = mark.pending;
        self.census = mark.census;
        (self.parens, self.cases, self.in_word) = (mark.parens, mark.cases, mark.in_word);
        Ok(())
    }
}

impl Word {
    /// A word whose text stands for itself.
    pub(crate) fn literal(text: &str, span: Span) -> Self {
        Self { pieces: vec![crate::syntax::Piece::Quoted(text.to_owned())], span }
    }
}

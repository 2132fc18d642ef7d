//! Redirects as bash reads them: where a descriptor ends and a word begins, and what `>&-` leaves behind.

use crate::lexer::{Outcome, Reader};
use crate::syntax::{HereDoc, Operator, Piece, Redirect, Word};

impl Reader<'_> {
    /// Every redirect that stands here.
    pub(crate) fn redirects(&mut self) -> Outcome<Vec<Redirect>> {
        let mut redirects = Vec::new();
        loop {
            self.skip_blanks();
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => return Ok(redirects),
            }
        }
    }

    pub(crate) fn redirect(&mut self) -> Outcome<Option<Redirect>> {
        let _here = self.look();
        let start = self.pos;
        if !self.descriptor()? {
            self.pos = start;
        }
        let written = self.slice(start..self.pos).replace("\\\n", "");
        let Some(operator) = self.redirect_operator() else {
            self.pos = start;
            return Ok(None);
        };
        let descriptor = descriptor_of(&written, operator);
        let strip_tabs = operator == Operator::HereDoc && self.eat("-");
        self.skip_blanks();
        if !self.at_word() {
            return self.syntax("a redirect without a target");
        }
        let copies = matches!(operator, Operator::DuplicateIn | Operator::DuplicateOut);
        let target = if copies && self.look() == Some(b'-') { self.closing() } else { self.word()? };
        if !copies && matches!(self.look(), Some(b'<' | b'>')) && target.bare().is_some_and(is_descriptor) {
            return self.syntax("a redirect to the descriptor of another redirect");
        }
        let mut heredoc = None;
        if operator == Operator::HereDoc {
            heredoc = Some(self.heredocs.len());
            self.pending.push(self.heredocs.len());
            self.heredocs.push(heredoc_of(&target, self.slice(target.span.clone()), strip_tabs));
        }
        let descriptor = if operator == Operator::DuplicateOut
            && written.is_empty()
            && !target.bare().is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
        {
            None
        } else {
            descriptor
        };
        Ok(Some(Redirect { descriptor, operator, target, heredoc, span: start..self.pos }))
    }

    /// Reads the `-` of `>&-`. To bash it is a word by itself, so that `>&-rm` runs `rm`; other shells take it for a name.
    fn closing(&mut self) -> Word {
        let start = self.pos;
        self.advance();
        if self.look().is_some() && !self.at_blank_or_operator() {
            self.census.contested = Some("what follows `>&-` without a blank");
        }
        Word { pieces: vec![Piece::Text("-".to_owned())], span: start..start + 1 }
    }

    /// Steps over `2`, `{name}` or `{name[1]}` before a redirect; says whether one may follow.
    fn descriptor(&mut self) -> Outcome<bool> {
        if self.look() == Some(b'{') {
            self.advance();
            let named = !self.variable_name().is_empty();
            if named && self.look() == Some(b'[') {
                return self.element_for_descriptor();
            }
            return Ok(named && self.eat("}") && matches!(self.look(), Some(b'<' | b'>')));
        }
        let mut number: u64 = 0;
        while let Some(digit) = self.look().filter(u8::is_ascii_digit) {
            number = number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            self.advance();
        }
        // A greater number is a word, and so the name of a command.
        Ok(number <= MAX_DESCRIPTOR && matches!(self.look(), Some(b'<' | b'>')))
    }

    /// Steps over `[1]}`, which names the element of an array that takes a new descriptor.
    fn element_for_descriptor(&mut self) -> Outcome<bool> {
        self.advance();
        while self.look().is_some_and(|b| b == b'_' || b.is_ascii_alphanumeric()) {
            self.advance();
        }
        if self.eat("]}") {
            return Ok(matches!(self.look(), Some(b'<' | b'>')));
        }
        let word = self.slice(self.pos..self.end).split([' ', '\t', '\n']).next().unwrap_or_default();
        if word.contains("]}<") || word.contains("]}>") {
            return self.syntax("the descriptor goes into an element that is only known when it runs");
        }
        Ok(false)
    }

    fn redirect_operator(&mut self) -> Option<Operator> {
        match self.look()? {
            b'&' if self.eat("&>>") => Some(Operator::BothAppend),
            b'&' if self.eat("&>") => Some(Operator::Both),
            b'<' | b'>' if self.look_after() == Some(b'(') => None,
            b'<' if self.eat("<<<") => Some(Operator::HereString),
            b'<' if self.eat("<<") => Some(Operator::HereDoc),
            b'<' if self.eat("<&") => Some(Operator::DuplicateIn),
            b'<' if self.eat("<>") => Some(Operator::ReadWrite),
            b'<' if self.eat("<") => Some(Operator::Read),
            b'>' if self.eat(">>") => Some(Operator::Append),
            b'>' if self.eat(">&") => Some(Operator::DuplicateOut),
            b'>' if self.eat(">|") => Some(Operator::Clobber),
            b'>' if self.eat(">") => Some(Operator::Write),
            _ => None,
        }
    }
}

/// The descriptor that a redirect is about: the one that is written, or the usual one of its operator. `{name}>` takes a new one.
fn descriptor_of(written: &str, operator: Operator) -> Option<u32> {
    match operator {
        Operator::Both | Operator::BothAppend => None,
        _ if written.starts_with('{') => Some(NEW_DESCRIPTOR),
        _ if operator.reads() || operator == Operator::DuplicateIn => Some(written.parse().unwrap_or(0)),
        _ => Some(written.parse().unwrap_or(1)),
    }
}

/// Is it `2` or `{name}`, which before `<` and `>` belong to the redirect that follows?
fn is_descriptor(text: &str) -> bool {
    match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => {
            name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
                && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
        }
        None => text.bytes().all(|b| b.is_ascii_digit()),
    }
}

/// The greatest number that bash takes for a descriptor (C's `INT_MAX`).
const MAX_DESCRIPTOR: u64 = 0x7fff_ffff;

/// What bash gives out first for `{name}>`.
const NEW_DESCRIPTOR: u32 = 10;

fn heredoc_of(target: &Word, written: &str, strip_tabs: bool) -> HereDoc {
    let quoted = written.contains(['\'', '"', '\\']);
    let delimiter = if quoted { target.constant().unwrap_or_default() } else { written.to_owned() };
    HereDoc { body: Word::default(), quoted, delimiter, strip_tabs }
}

//! Reads words: quotes, escapes, parameters, substitutions, arithmetic. Part of the reader.
//!
//! Where shells disagree about how far a construct reaches, the text is refused rather than guessed at.

use std::rc::Rc;

use crate::lexer::{Outcome, Reader, Trouble};
use crate::syntax::{Operation, Parameter, Piece, Span, Word};

/// What ends a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// A blank or an operator.
    Blank,
    /// A blank; parentheses, bars and angle brackets belong to the pattern (`[[ x =~ (a|b) ]]`).
    BlankAfterPattern,
    /// The `}` of a parameter; inside double quotes when `true`.
    Brace(bool),
    /// The `)` of an extended glob.
    Paren,
    /// A `]` of a subscript.
    Bracket,
}

impl Reader<'_> {
    /// Can a word begin at the cursor?
    pub(crate) fn at_word(&mut self) -> bool {
        match self.look() {
            None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')') => false,
            Some(b'<' | b'>') => self.look_after() == Some(b'('),
            Some(_) => true,
        }
    }

    /// Reads the word at the cursor. It is empty when none is there.
    pub(crate) fn word(&mut self) -> Outcome<Word> {
        self.word_until(Until::Blank)
    }

    /// Reads the subscript of an array up to its `]`.
    pub(crate) fn subscript_word(&mut self) -> Outcome<Word> {
        self.word_until(Until::Bracket)
    }

    /// Reads an element of `a=( … )`. A `[` at its beginning opens a subscript, which may hold blanks.
    pub(crate) fn element(&mut self) -> Outcome<Word> {
        if self.look() != Some(b'[') {
            return self.word();
        }
        let (mark, start) = (self.mark(), self.pos);
        let mut out = Pieces::default();
        self.plain(&mut out, 1);
        let inside = self.word_until(Until::Bracket)?;
        if self.look() != Some(b']') {
            return self.syntax("unclosed subscript");
        }
        if !inside.holds_blanks() {
            self.rewind(mark)?;
            return self.word();
        }
        out.splice(inside);
        self.plain(&mut out, 1);
        out.splice(self.word()?);
        Ok(Word { pieces: out.finish(), span: start..self.pos })
    }

    /// Reads the right side of `=~`, `==` or `!=` in `[[ … ]]`.
    pub(crate) fn pattern(&mut self) -> Outcome<Word> {
        self.word_until(Until::BlankAfterPattern)
    }

    fn word_until(&mut self, until: Until) -> Outcome<Word> {
        let inner = !matches!(until, Until::Blank | Until::BlankAfterPattern);
        if inner {
            self.fuel.enter()?;
        }
        self.in_word += 1;
        let _first = self.look();
        let start = self.pos;
        let mut out = Pieces::default();
        let read = self.pieces(&mut out, until);
        self.in_word -= 1;
        if inner {
            self.fuel.leave();
        }
        read?;
        Ok(Word { pieces: out.finish(), span: start..self.pos })
    }

    fn pieces(&mut self, out: &mut Pieces, until: Until) -> Outcome<()> {
        let mut depth = 0_u32;
        let double = until == Until::Brace(true);
        loop {
            let Some(byte) = self.look() else { return Ok(()) };
            match byte {
                b' ' | b'\t' | b'\n'
                    if until == Until::Blank || (until == Until::BlankAfterPattern && depth == 0) =>
                {
                    return Ok(());
                }
                b';' | b'&' | b'|' if until == Until::Blank => return Ok(()),
                b';' | b'&' if until == Until::BlankAfterPattern && depth == 0 => return Ok(()),
                b'|' if until == Until::BlankAfterPattern && depth == 0 && self.at("||") => return Ok(()),
                b'}' if matches!(until, Until::Brace(_)) => return Ok(()),
                b']' if until == Until::Bracket && depth == 0 => return Ok(()),
                b'[' | b']' if until == Until::Bracket => {
                    depth = if byte == b'[' { depth + 1 } else { depth - 1 };
                    self.plain(out, 1);
                }
                b')' => match until {
                    Until::Blank => return Ok(()),
                    Until::Paren | Until::BlankAfterPattern if depth == 0 => return Ok(()),
                    Until::Paren | Until::BlankAfterPattern => {
                        depth -= 1;
                        self.plain(out, 1);
                    }
                    Until::Brace(_) | Until::Bracket => self.plain(out, 1),
                },
                b'(' => match until {
                    Until::Blank if out.may_start_extglob() => self.extglob(out)?,
                    Until::Blank => return Ok(()),
                    Until::Paren | Until::BlankAfterPattern => {
                        depth += 1;
                        self.plain(out, 1);
                    }
                    Until::Brace(_) | Until::Bracket => self.plain(out, 1),
                },
                b'<' | b'>' if until == Until::Blank => {
                    if self.look_after() != Some(b'(') {
                        return Ok(());
                    }
                    self.process(out)?;
                }
                b'<' | b'>' if !double && self.look_after() == Some(b'(') => self.process(out)?,
                b'\\' => self.escape(out, double),
                b'\'' if double => self.quote_in_braces(out)?,
                b'\'' => self.single(out)?,
                b'"' => self.double(out)?,
                b'$' => self.dollar(out, double)?,
                b'`' => self.backtick(out, double)?,
                _ => self.run(out),
            }
        }
    }

    /// Takes ordinary characters up to the next that may mean something.
    fn run(&mut self, out: &mut Pieces) {
        let rest = self.slice(self.pos..self.end);
        let special = |b: &u8| {
            matches!(
                b,
                b' ' | b'\t'
                    | b'\n'
                    | b';'
                    | b'&'
                    | b'|'
                    | b'('
                    | b')'
                    | b'<'
                    | b'>'
                    | b'\\'
                    | b'\''
                    | b'"'
                    | b'$'
                    | b'`'
                    | b'}'
                    | b'['
                    | b']'
            )
        };
        let length = rest.bytes().skip(1).position(|b| special(&b)).map_or(rest.len(), |at| at + 1);
        self.plain(out, length);
    }

    fn plain(&mut self, out: &mut Pieces, length: usize) {
        let _here = self.look();
        let end = (self.pos + length).min(self.end);
        out.text(self.slice(self.pos..end));
        self.pos = end;
    }

    fn escape(&mut self, out: &mut Pieces, double: bool) {
        let rest = self.slice(self.pos + 1..self.end);
        self.pos += 1;
        let Some(next) = rest.chars().next() else { return out.quoted("\\") };
        if double && !matches!(next, '$' | '`' | '"' | '\\' | '}') {
            return out.quoted("\\");
        }
        out.quoted(rest.get(..next.len_utf8()).unwrap_or_default());
        self.pos += next.len_utf8();
    }

    fn single(&mut self, out: &mut Pieces) -> Outcome<()> {
        let rest = self.slice(self.pos + 1..self.end);
        let Some(length) = rest.find('\'') else { return self.syntax("unclosed single quote") };
        out.quoted(rest.get(..length).unwrap_or_default());
        self.pos += length + 2;
        Ok(())
    }

    /// A single quote inside `"${…}"`: a quote in bash, a plain character elsewhere. Read only where both end alike.
    fn quote_in_braces(&mut self, out: &mut Pieces) -> Outcome<()> {
        let rest = self.slice(self.pos + 1..self.end);
        match rest.find(['\'', '}', '"', '$', '`', '\\']) {
            Some(length) if rest.as_bytes().get(length) == Some(&b'\'') => {
                out.quoted(self.slice(self.pos..self.pos + length + 2));
                self.pos += length + 2;
                Ok(())
            }
            _ => self.syntax("a single quote inside \"${…}\" means different things to different shells"),
        }
    }

    fn double(&mut self, out: &mut Pieces) -> Outcome<()> {
        self.pos += 1;
        out.quoted("");
        loop {
            match self.look() {
                None => return self.syntax("unclosed double quote"),
                Some(b'"') => break,
                Some(b'\\') => self.escape_in_double(out),
                Some(b'$') => self.dollar(out, true)?,
                Some(b'`') => self.backtick(out, true)?,
                Some(_) => {
                    let rest = self.slice(self.pos..self.end);
                    let length = rest.find(['"', '\\', '$', '`']).unwrap_or(rest.len());
                    out.quoted(rest.get(..length).unwrap_or_default());
                    self.pos += length;
                }
            }
        }
        self.pos += 1;
        Ok(())
    }

    fn escape_in_double(&mut self, out: &mut Pieces) {
        match self.byte(self.pos + 1) {
            Some(b'$') => out.quoted("$"),
            Some(b'`') => out.quoted("`"),
            Some(b'"') => out.quoted("\""),
            Some(b'\\') => out.quoted("\\"),
            _ => {
                out.quoted("\\");
                self.pos += 1;
                return;
            }
        }
        self.pos += 2;
    }

    fn extglob(&mut self, out: &mut Pieces) -> Outcome<()> {
        self.plain(out, 1);
        let inside = self.word_until(Until::Paren)?;
        if self.look() != Some(b')') {
            return self.syntax("unclosed pattern");
        }
        out.splice(inside);
        self.plain(out, 1);
        Ok(())
    }

    fn process(&mut self, out: &mut Pieces) -> Outcome<()> {
        let start = self.pos;
        self.advance();
        self.advance();
        let list = self.nested_list()?;
        out.push(Piece::Process { list: Rc::new(list), span: start..self.pos });
        Ok(())
    }

    fn dollar(&mut self, out: &mut Pieces, quoted: bool) -> Outcome<()> {
        let start = self.pos;
        match self.look_after() {
            Some(b'(') => {
                self.advance();
                self.advance();
                if self.look() == Some(b'(')
                    && !self.not_arithmetic.contains(&start)
                    && let Some(inside) = self.sure_arithmetic(start)?
                {
                    out.push(Piece::Arithmetic { inside, span: start..self.pos });
                    return Ok(());
                }
                let list = self.nested_list()?;
                out.push(Piece::Command { list: Rc::new(list), quoted, span: start..self.pos });
            }
            Some(b'[') => {
                self.advance();
                self.advance();
                let inside = self.word_until(Until::Bracket)?;
                if !self.eat("]") {
                    return self.syntax("unclosed `$[`");
                }
                out.push(Piece::Arithmetic { inside, span: start..self.pos });
            }
            Some(b'{') => self.braced(out, quoted, start)?,
            Some(b'\'') if !quoted => {
                self.advance();
                self.ansi(out)?;
            }
            Some(b'"') if !quoted => {
                self.advance();
                let _quote = self.look();
                self.double(out)?;
            }
            Some(byte) if byte.is_ascii_alphanumeric() || b"_@*#?-$!".contains(&byte) => {
                self.advance();
                let name = self.name();
                let operand = Word::default();
                let span = start..self.pos;
                out.push(Piece::Parameter(Parameter {
                    name,
                    prefix: None,
                    subscript: None,
                    operation: Operation::Plain,
                    operand,
                    quoted,
                    span,
                }));
            }
            _ => {
                out.quoted("$");
                self.advance();
            }
        }
        Ok(())
    }

    /// The name of a parameter after `$`: letters, or one digit, or one special character. Broken lines are joined in it.
    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(byte) = self.look() {
            let letter = byte == b'_' || byte.is_ascii_alphabetic();
            let first = name.is_empty();
            if !(letter || byte.is_ascii_digit() || (first && b"@*#?-$!".contains(&byte))) {
                break;
            }
            name.push(char::from(byte));
            self.advance();
            if first && !letter {
                break;
            }
        }
        name
    }

    fn braced(&mut self, out: &mut Pieces, quoted: bool, start: usize) -> Outcome<()> {
        self.advance();
        self.advance();
        if matches!(self.look(), Some(b' ' | b'\t' | b'\n' | b'|')) {
            self.eat("|");
            let list = self.braced_list()?;
            out.push(Piece::Command { list: Rc::new(list), quoted, span: start..self.pos });
            return Ok(());
        }
        let prefixed = matches!(self.look(), Some(b'!' | b'#'))
            && self
                .look_after()
                .is_some_and(|b| b == b'_' || b.is_ascii_alphanumeric() || b"@*".contains(&b));
        let prefix = self.look().filter(|_| prefixed);
        if prefixed {
            self.advance();
        }
        let mut name = self.name();
        if name.bytes().all(|b| b.is_ascii_digit()) {
            while let Some(digit) = self.look().filter(u8::is_ascii_digit) {
                name.push(char::from(digit));
                self.advance();
            }
        }
        let mut subscript = None;
        if self.look() == Some(b'[') {
            self.advance();
            subscript = Some(self.word_until(Until::Bracket)?);
            if !self.eat("]") {
                return self.syntax("unclosed subscript");
            }
        }
        let operation = if name.is_empty() { Operation::Other } else { self.operation() };
        let operand = self.word_until(Until::Brace(quoted))?;
        if !self.eat("}") {
            return self.syntax("unclosed `${`");
        }
        let span = start..self.pos;
        out.push(Piece::Parameter(Parameter { name, prefix, subscript, operation, operand, quoted, span }));
        Ok(())
    }

    fn operation(&mut self) -> Operation {
        if self.look() == Some(b'}') {
            return Operation::Plain;
        }
        for (text, operation) in [
            (":-", Operation::Default),
            (":=", Operation::Assign),
            (":?", Operation::Demand),
            (":+", Operation::Alternate),
            ("-", Operation::Default),
            ("=", Operation::Assign),
            ("?", Operation::Demand),
            ("+", Operation::Alternate),
        ] {
            if self.eat(text) {
                return operation;
            }
        }
        Operation::Other
    }

    fn backtick(&mut self, out: &mut Pieces, quoted: bool) -> Outcome<()> {
        let start = self.pos;
        let rest = self.slice(start + 1..self.end);
        let mut text = String::new();
        let mut characters = rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '`' => {
                    self.pos = start + 1 + at + 1;
                    out.push(Piece::Backtick { text, quoted, span: start..self.pos });
                    return Ok(());
                }
                '\\' => match characters.next() {
                    Some((_, '\n')) => {}
                    Some((_, next)) if matches!(next, '$' | '`' | '\\') || (quoted && next == '"') => {
                        text.push(next)
                    }
                    Some((_, next)) => text.extend(['\\', next]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        self.syntax("unclosed backtick")
    }

    /// `$'…'`, with its escapes decoded.
    fn ansi(&mut self, out: &mut Pieces) -> Outcome<()> {
        let start = self.pos + 1;
        let rest = self.slice(start..self.end);
        let mut length = None;
        let mut escaped = false;
        for (at, byte) in rest.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'\'' => {
                    length = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let Some(length) = length else { return self.syntax("unclosed `$'`") };
        out.quoted(&ansi_c(rest.get(..length).unwrap_or_default()));
        self.pos = start + length + 1;
        Ok(())
    }

    /// As `try_arithmetic`, but takes a text back as well that only some shells read as arithmetic: `((rm x))` runs `rm` where
    /// it means a subshell in a subshell, and nobody writes that as arithmetic.
    pub(crate) fn sure_arithmetic(&mut self, key: usize) -> Outcome<Option<Word>> {
        let here = self.pos;
        let inside = self.try_arithmetic(key)?;
        let sure = inside.filter(|inside| looks_like_arithmetic(self.slice(inside.span.clone())));
        if sure.is_none() {
            self.not_arithmetic.insert(key);
            self.fuel.read(self.pos.saturating_sub(here))?;
            self.pos = here;
        }
        Ok(sure)
    }

    /// Reads `(( … ))` after its first parenthesis (or after `$(`): the cursor is at the second one. Takes everything
    /// back and says `None` when it is not arithmetic.
    pub(crate) fn try_arithmetic(&mut self, key: usize) -> Outcome<Option<Word>> {
        let mark = self.mark();
        self.fuel.enter()?;
        self.advance();
        match self.arithmetic() {
            Ok(word) => {
                self.fuel.leave();
                Ok(Some(word))
            }
            Err(Trouble::Exceeded(exceeded)) => Err(Trouble::Exceeded(exceeded)),
            Err(Trouble::Syntax { .. }) => {
                self.not_arithmetic.insert(key);
                self.rewind(mark)?;
                Ok(None)
            }
        }
    }

    fn arithmetic(&mut self) -> Outcome<Word> {
        let start = self.pos;
        let mut out = Pieces::default();
        let mut depth = 0_u32;
        loop {
            match self.look() {
                None => return self.syntax("unclosed `((`"),
                Some(b'\'') => return self.syntax("a single quote in arithmetic"),
                Some(b'(') => {
                    depth += 1;
                    self.plain(&mut out, 1);
                }
                Some(b')') if depth > 0 => {
                    depth -= 1;
                    self.plain(&mut out, 1);
                }
                Some(b')') => {
                    let span = start..self.pos;
                    if !self.eat("))") {
                        return self.syntax("`((` without `))`");
                    }
                    return Ok(Word { pieces: out.finish(), span });
                }
                Some(b'"') => self.double(&mut out)?,
                Some(b'$') => self.dollar(&mut out, true)?,
                Some(b'`') => self.backtick(&mut out, true)?,
                Some(b'\\') => self.escape(&mut out, false),
                Some(b'\n' | b' ' | b'\t' | b';' | b'&' | b'|' | b'<' | b'>' | b'}' | b'[' | b']') => {
                    self.plain(&mut out, 1)
                }
                Some(_) => self.run(&mut out),
            }
        }
    }

    /// The body of a here-document whose delimiter was not quoted.
    pub(crate) fn expanded_body(&mut self, start: usize, end: usize) -> Outcome<Word> {
        let (pos, outer) = (self.pos, self.end);
        self.pos = start;
        self.end = end;
        self.in_word += 1;
        let mut out = Pieces::default();
        let read = self.body_pieces(&mut out);
        self.in_word -= 1;
        self.pos = pos;
        self.end = outer;
        read?;
        Ok(Word { pieces: out.finish(), span: start..end })
    }

    fn body_pieces(&mut self, out: &mut Pieces) -> Outcome<()> {
        loop {
            match self.look() {
                None => return Ok(()),
                Some(b'\\') => self.escape_in_double(out),
                Some(b'$') => self.dollar(out, true)?,
                Some(b'`') => self.backtick(out, true)?,
                Some(_) => {
                    let rest = self.slice(self.pos..self.end);
                    let length = rest.find(['\\', '$', '`']).unwrap_or(rest.len());
                    out.quoted(rest.get(..length).unwrap_or_default());
                    self.pos += length;
                }
            }
        }
    }
}

/// Pieces of a word being read; adjacent text is joined.
#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn text(&mut self, text: &str) {
        if let Some(Piece::Text(last)) = self.0.last_mut() {
            last.push_str(text);
        } else {
            self.0.push(Piece::Text(text.to_owned()));
        }
    }

    fn quoted(&mut self, text: &str) {
        if let Some(Piece::Quoted(last)) = self.0.last_mut() {
            last.push_str(text);
        } else {
            self.0.push(Piece::Quoted(text.to_owned()));
        }
    }

    fn push(&mut self, piece: Piece) {
        self.0.push(piece);
    }

    fn splice(&mut self, word: Word) {
        self.0.extend(word.pieces);
    }

    fn may_start_extglob(&self) -> bool {
        matches!(self.0.last(), Some(Piece::Text(text)) if text.ends_with(['?', '*', '+', '@', '!']))
    }

    fn finish(self) -> Vec<Piece> {
        self.0
    }
}

/// Decodes the escapes of `$'…'`. Bytes that are no UTF-8 become U+FFFD.
fn ansi_c(text: &str) -> String {
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend(rest.get(..at).unwrap_or_default().bytes());
        let after = rest.get(at + 1..).unwrap_or_default();
        let Some(letter) = after.chars().next() else {
            bytes.push(b'\\');
            return String::from_utf8_lossy(&bytes).into_owned();
        };
        rest = after.get(letter.len_utf8()..).unwrap_or_default();
        match letter {
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            'e' | 'E' => bytes.push(27),
            'f' => bytes.push(12),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(11),
            '\\' | '\'' | '"' | '?' => bytes.extend(letter.to_string().bytes()),
            'x' if rest.starts_with('{') => rest = braced_byte(&mut bytes, rest),
            // Without a digit they are text.
            'x' | 'u' | 'U' if !rest.starts_with(|c: char| c.is_ascii_hexdigit()) => {
                bytes.extend(format!("\\{letter}").bytes());
            }
            'x' => rest = number(&mut bytes, rest, 16, 2, true),
            'u' => rest = number(&mut bytes, rest, 16, 4, false),
            'U' => rest = number(&mut bytes, rest, 16, 8, false),
            '0'..='7' => rest = number(&mut bytes, after, 8, 3, true),
            'c' => rest = control(&mut bytes, rest),
            other => bytes.extend(format!("\\{other}").bytes()),
        }
    }
    bytes.extend(rest.bytes());
    // A NUL ends the string for the shell; what it hides is no part of the value.
    if let Some(nul) = bytes.iter().position(|&b| b == 0) {
        bytes.truncate(nul);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `\x{41}`: any count of digits of which the last byte counts; without one it is NUL. The brace that closes may be missing.
fn braced_byte<'t>(out: &mut Vec<u8>, text: &'t str) -> &'t str {
    let inside = text.strip_prefix('{').unwrap_or(text);
    let rest = inside.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    let digits = inside.strip_suffix(rest).unwrap_or_default();
    let last = digits.get(digits.len().saturating_sub(2)..).unwrap_or_default();
    out.push(u8::from_str_radix(last, 16).unwrap_or(0));
    rest.strip_prefix('}').unwrap_or(rest)
}

/// `\cx`: a control character. A backslash counts with the one that follows it.
fn control<'t>(out: &mut Vec<u8>, text: &'t str) -> &'t str {
    let Some(character) = text.chars().next() else {
        out.extend(b"\\c");
        return text;
    };
    let rest = text.get(character.len_utf8()..).unwrap_or_default();
    match character {
        '?' => out.push(0x7f),
        _ => {
            let mut buffer = [0; 4];
            let encoded = character.encode_utf8(&mut buffer).as_bytes();
            out.extend(
                encoded.iter().enumerate().map(|(at, byte)| if at == 0 { byte & 0x1f } else { *byte }),
            );
        }
    }
    if character == '\\' { rest.strip_prefix('\\').unwrap_or(rest) } else { rest }
}

fn number<'t>(out: &mut Vec<u8>, text: &'t str, radix: u32, most: usize, byte: bool) -> &'t str {
    let length = text.bytes().take(most).take_while(|b| char::from(*b).is_digit(radix)).count();
    let (digits, rest) = text.split_at_checked(length).unwrap_or((text, ""));
    if let Ok(value) = u32::from_str_radix(digits, radix) {
        if byte {
            out.extend(u8::try_from(value & 0xff));
        } else {
            out.extend(char::from_u32(value).unwrap_or('\u{fffd}').to_string().bytes());
        }
    }
    rest
}

/// The text of a span with broken lines joined.
pub(crate) fn unbroken(text: &str, span: Span) -> String {
    text.get(span).unwrap_or_default().replace("\\\n", "")
}

/// Arithmetic never has two operands side by side; a command does.
fn looks_like_arithmetic(text: &str) -> bool {
    let braces =
        text.bytes().zip(text.bytes().skip(1)).any(|pair| matches!(pair, (before, b'{') if before != b'$'));
    if braces || text.contains(';') || text.trim_start().starts_with(['/', '.']) {
        return false;
    }
    let mut before = ' ';
    let mut gap = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character.is_whitespace() {
            gap = true;
            continue;
        }
        let path = character == '/' && characters.peek().is_some_and(|next| next.is_alphanumeric());
        if gap && operand(before) && (operand(character) || path) {
            return false;
        }
        before = character;
        gap = false;
    }
    true
}

fn operand(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_$\"'.~`".contains(character)
}

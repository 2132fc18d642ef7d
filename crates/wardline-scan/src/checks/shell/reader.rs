//! Reads a shell script into its commands: words with what is quoted and what is expanded in them, pipes, redirects.
//!
//! Linear, and no more than the checks need: compound commands are not nested, their parts follow each other as they stand. What is
//! no shell (a quotation that does not end) is a problem of the script, as it is to a shell.

use crate::span::Span;

/// How deep substitutions may nest.
const DEPTH: usize = 24;

/// A word.
#[derive(Debug, Clone, Default)]
pub(super) struct Word {
    pub(super) span: Span,
    pub(super) parts: Vec<Part>,
}

/// A part of a word.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// Text as it is.
    Text(String),
    /// `$name` or `${name…}`, with what stands behind the name.
    Variable { name: String, rest: String, quoted: bool },
    /// `$(…)`, `` `…` ``, `<(…)`.
    Commands { script: Script },
    /// `$((…))` and the like: a number.
    Number,
}

impl Word {
    /// The text of a word that holds nothing else.
    pub(super) fn literal(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
            .collect()
    }

    /// What is written out of it; expansions are left out.
    pub(super) fn text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
            .collect()
    }

    /// Its variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { name, rest, quoted } => Some((name.as_str(), rest.as_str(), *quoted)),
            _ => None,
        })
    }
}

/// One simple command.
#[derive(Debug, Clone, Default)]
pub(super) struct Command {
    pub(super) span: Span,
    pub(super) words: Vec<Word>,
    /// `name=value` before the words.
    pub(super) assigned: Vec<(String, Word)>,
    /// Operator and what it leads to.
    pub(super) redirects: Vec<(String, Word)>,
    /// The text of a here-document.
    pub(super) here: Option<Span>,
    /// Whether it stands in the body of a function.
    pub(super) in_function: bool,
}

/// Commands that a pipe joins.
pub(super) type Pipeline = Vec<Command>;

/// A script.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    pub(super) pipelines: Vec<Pipeline>,
}

/// Reads a script that stands in a larger text from `start` to `end`. Gives what is wrong with it besides.
pub(super) fn read(text: &str, start: usize, end: usize) -> (Script, Option<(Span, &'static str)>) {
    let mut reader = Reader {
        bytes: text.as_bytes(),
        at: start,
        end: end.min(text.len()),
        problem: None,
        depth: 0,
        here: Vec::new(),
    };
    let script = reader.script(None);
    (script, reader.problem)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    problem: Option<(Span, &'static str)>,
    depth: usize,
    /// Here-documents that begin at the next line: delimiter, whether tabs are taken off.
    here: Vec<String>,
}

/// Words that only hold commands together.
const HOLDING: [&str; 13] =
    ["if", "then", "elif", "else", "fi", "do", "{", "}", "!", "time", "coproc", "esac", "in"];

fn span(start: usize, end: usize) -> Span {
    let number = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(number(start), number(end))
}

/// Whether a `[[ … ]]` is open, in which other signs hold.
fn in_tests(command: &Command) -> bool {
    let is = |word: Option<&Word>, wanted: &str| {
        word.is_some_and(|word| word.literal().as_deref() == Some(wanted))
    };
    is(command.words.first(), "[[") && !is(command.words.last(), "]]")
}

/// Whether a word is the `]]` that ends a test.
fn ends_tests(parts: &[Part]) -> bool {
    matches!(parts, [Part::Text(text)] if text == "]]")
}

#[derive(Default)]
struct State {
    script: Script,
    pipeline: Pipeline,
    command: Command,
    /// Braces that are open, and whether each is a function's.
    braces: Vec<bool>,
    /// A function's name was read, and its body comes.
    body: bool,
    /// `case` words that are open, and whether patterns come.
    cases: Vec<bool>,
}

impl State {
    fn end_command(&mut self) {
        let command = std::mem::take(&mut self.command);
        if !command.words.is_empty() || !command.assigned.is_empty() || !command.redirects.is_empty() {
            self.pipeline.push(command);
        }
    }

    fn end_pipeline(&mut self) {
        self.end_command();
        if !self.pipeline.is_empty() {
            self.script.pipelines.push(std::mem::take(&mut self.pipeline));
        }
    }
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        let at = self.at + ahead;
        if at < self.end { self.bytes.get(at).copied().unwrap_or(0) } else { 0 }
    }

    fn starts(&self, text: &str) -> bool {
        self.bytes.get(self.at..self.end).is_some_and(|rest| rest.starts_with(text.as_bytes()))
    }

    fn slice(&self, from: usize, to: usize) -> String {
        String::from_utf8_lossy(self.bytes.get(from..to.min(self.end)).unwrap_or_default()).into_owned()
    }

    fn fail(&mut self, from: usize, what: &'static str) {
        self.problem.get_or_insert_with(|| (span(from, from + 1), what));
        self.at = self.end;
    }

    /// Reads commands up to the end, or to the sign that ends a substitution.
    fn script(&mut self, until: Option<u8>) -> Script {
        let mut state = State::default();
        let mut parens = 0_usize;
        loop {
            if self.at >= self.end {
                break;
            }
            if state.cases.last() == Some(&true) {
                self.patterns(&mut state);
                continue;
            }
            let tests = in_tests(&state.command);
            match self.peek(0) {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' if tests => self.at += 1,
                _ if tests => self.one(&mut state),
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'#' => self.skip_line(),
                b'\n' => {
                    self.at += 1;
                    state.end_command();
                    self.documents(&mut state);
                    state.end_pipeline();
                }
                b')' if until == Some(b')') && parens == 0 => break,
                b')' => {
                    self.at += 1;
                    parens = parens.saturating_sub(1);
                    state.end_pipeline();
                }
                b'(' if self.peek(1) == b'(' && state.command.words.is_empty() => self.arithmetic(),
                b'(' => {
                    self.at += 1;
                    parens += 1;
                    self.function(&mut state, &mut parens);
                }
                b';' | b'&' if !self.starts("&>") => self.separator(&mut state),
                b'|' if self.peek(1) == b'|' => {
                    self.at += 2;
                    state.end_pipeline();
                }
                b'|' => {
                    self.at += if self.peek(1) == b'&' { 2 } else { 1 };
                    state.end_command();
                    // A line may end behind a pipe.
                    while matches!(self.peek(0), b' ' | b'\t' | b'\n' | b'\r') && self.here.is_empty() {
                        self.at += 1;
                    }
                }
                _ => self.one(&mut state),
            }
        }
        state.end_pipeline();
        state.script
    }

    fn skip_line(&mut self) {
        while self.at < self.end && self.peek(0) != b'\n' {
            self.at += 1;
        }
    }

    fn separator(&mut self, state: &mut State) {
        let ends_case = self.starts(";;") || self.starts(";&");
        while matches!(self.peek(0), b';' | b'&') {
            self.at += 1;
        }
        state.end_pipeline();
        if ends_case && let Some(patterns) = state.cases.last_mut() {
            *patterns = true;
        }
    }

    /// `name ()`: the body of a function comes.
    fn function(&mut self, state: &mut State, parens: &mut usize) {
        let mut ahead = 0;
        while matches!(self.peek(ahead), b' ' | b'\t') {
            ahead += 1;
        }
        if state.command.words.len() == 1 && self.peek(ahead) == b')' {
            self.at += ahead + 1;
            *parens -= 1;
            state.command = Command::default();
            state.body = true;
            return;
        }
        state.end_pipeline();
    }

    /// The patterns of a `case` up to the `)` behind them.
    fn patterns(&mut self, state: &mut State) {
        while matches!(self.peek(0), b' ' | b'\t' | b'\n' | b'\r' | b'(') {
            self.at += 1;
        }
        if self.peek(0) == b'#' {
            return self.skip_line();
        }
        let ends = self.starts("esac")
            && !(self.peek(4).is_ascii_alphanumeric() || self.peek(4) == b'_' || self.peek(4) == b')');
        if ends {
            self.at += 4;
            state.cases.pop();
            return;
        }
        while self.at < self.end && self.peek(0) != b')' {
            match self.peek(0) {
                b' ' | b'\t' | b'\n' | b'|' | b';' | b'&' | b'<' | b'>' | b'(' => self.at += 1,
                _ => drop(self.word(false)),
            }
        }
        self.at += 1;
        if let Some(patterns) = state.cases.last_mut() {
            *patterns = false;
        }
    }

    fn arithmetic(&mut self) {
        let start = self.at;
        let mut open = 0_usize;
        while self.at < self.end {
            match self.peek(0) {
                b'(' => open += 1,
                b')' => open = open.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return;
            }
        }
        self.fail(start, "`((` does not end");
    }

    /// A word or a redirect of the command that is read.
    fn one(&mut self, state: &mut State) {
        let start = self.at;
        let tests = in_tests(&state.command);
        let operator = if tests { None } else { self.operator() };
        if let Some(operator) = operator {
            while matches!(self.peek(0), b' ' | b'\t') {
                self.at += 1;
            }
            let word = self.word(false);
            if operator == "<<" || operator == "<<-" {
                self.here.push(word.text());
            }
            state.command.redirects.push((operator, word));
        } else {
            let word = self.word(tests);
            self.take(state, word);
        }
        if self.at == start {
            // No sign may hold the reader up.
            self.at += 1;
        }
        if state.command.span == Span::default() {
            state.command.span = span(start, self.at);
        }
        state.command.span.end = span(start, self.at).end;
        state.command.in_function = state.braces.contains(&true);
    }

    fn take(&mut self, state: &mut State, word: Word) {
        let literal = word.literal().unwrap_or_default();
        if state.command.words.is_empty() {
            if literal == "case" {
                state.cases.push(false);
            } else if literal == "{" {
                state.braces.push(std::mem::take(&mut state.body));
            } else if literal == "}" {
                state.braces.pop();
            } else if literal == "function" {
                state.body = true;
            } else if literal == "esac" {
                state.cases.pop();
            }
            if HOLDING.contains(&literal.as_str()) {
                return;
            }
            if let Some((name, value)) = self.assignment(&word) {
                state.command.assigned.push((name, value));
                return;
            }
        }
        let opens =
            state.command.words.first().is_some_and(|first| first.literal().as_deref() == Some("case"));
        if opens && literal == "in" && state.command.words.len() == 2 {
            state.end_pipeline();
            if let Some(patterns) = state.cases.last_mut() {
                *patterns = true;
            }
            return;
        }
        if state.command.words.first().is_some_and(|first| first.literal().as_deref() == Some("function"))
            && literal == "{"
        {
            state.command = Command::default();
            state.braces.push(std::mem::take(&mut state.body));
            return;
        }
        // The head of a loop stays as a sign of its own, in the pipe that the loop reads from.
        let holds = (literal == "while" || literal == "until") && state.command.words.is_empty();
        state.command.words.push(word);
        if holds {
            let command = std::mem::take(&mut state.command);
            state.pipeline.push(command);
        }
    }

    /// `name=value`, `name+=value`, `name=(…)`.
    fn assignment(&mut self, word: &Word) -> Option<(String, Word)> {
        let Some(Part::Text(first)) = word.parts.first() else { return None };
        let (name, rest) = first.split_once('=')?;
        let name = name.strip_suffix('+').unwrap_or(name);
        let bare = name.split('[').next().unwrap_or(name);
        let named = !bare.is_empty()
            && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !bare.starts_with(|c: char| c.is_ascii_digit());
        if !named {
            return None;
        }
        let mut value = Word { span: word.span, parts: Vec::new() };
        if !rest.is_empty() {
            value.parts.push(Part::Text(rest.to_owned()));
        }
        value.parts.extend(word.parts.iter().skip(1).cloned());
        if value.parts.is_empty() && self.peek(0) == b'(' {
            self.at += 1;
            while self.at < self.end && self.peek(0) != b')' {
                match self.peek(0) {
                    b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                    b'#' => self.skip_line(),
                    b'|' | b'&' | b';' | b'<' | b'>' | b'(' => self.at += 1,
                    _ => value.parts.extend(self.word(false).parts),
                }
            }
            self.at += 1;
        }
        Some((bare.to_owned(), value))
    }

    /// The sign of a redirect, with the number before it passed over.
    fn operator(&mut self) -> Option<String> {
        let mut ahead = 0;
        while self.peek(ahead).is_ascii_digit() {
            ahead += 1;
        }
        let rest = self.slice(self.at + ahead, self.at + ahead + 3);
        // `<(` and `>(` are words.
        if rest.starts_with("<(") || rest.starts_with(">(") {
            return None;
        }
        let known = ["&>>", "<<<", "<<-", "&>", "<<", ">>", "<>", ">|", ">&", "<&", "<", ">"];
        let sign = known.iter().find(|sign| rest.starts_with(**sign))?;
        self.at += ahead + sign.len();
        Some((*sign).to_owned())
    }

    /// The bodies of here-documents, which begin behind a line's end.
    fn documents(&mut self, state: &mut State) {
        for delimiter in std::mem::take(&mut self.here) {
            let start = self.at;
            let mut end = self.end;
            while self.at < self.end {
                let line = self.at;
                self.skip_line();
                let ends = self.slice(line, self.at).trim() == delimiter;
                self.at += 1;
                if ends {
                    end = line;
                    break;
                }
            }
            let takes = |command: &&mut Command| {
                command.here.is_none()
                    && command.redirects.iter().any(|(sign, _)| sign == "<<" || sign == "<<-")
            };
            if let Some(command) = state.pipeline.iter_mut().find(takes) {
                command.here = Some(span(start, end));
            }
        }
    }

    /// A word; in `[[ … ]]` signs that would end it elsewhere are text.
    fn word(&mut self, tests: bool) -> Word {
        let start = self.at;
        let mut parts: Vec<Part> = Vec::new();
        while self.at < self.end {
            let byte = self.peek(0);
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => break,
                b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' if tests && !ends_tests(&parts) => {
                    self.push(&mut parts, 1);
                }
                b'<' | b'>' if self.peek(1) == b'(' => {
                    self.at += 2;
                    self.nested(&mut parts, b')');
                }
                b'(' if parts.last().is_some_and(
                    |part| matches!(part, Part::Text(text) if text.ends_with(['?', '*', '+', '@', '!'])),
                ) =>
                {
                    self.group(&mut parts);
                }
                b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => break,
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'\\' => {
                    self.at += 1;
                    self.character(&mut parts);
                }
                b'\'' => self.single(&mut parts),
                b'"' => self.double(&mut parts),
                b'$' if self.peek(1) == b'\'' => {
                    self.at += 1;
                    self.ansi(&mut parts);
                }
                b'$' if self.peek(1) == b'"' => self.at += 1,
                b'$' => self.dollar(&mut parts, false),
                b'`' => {
                    self.at += 1;
                    self.nested(&mut parts, b'`');
                }
                _ => self.character(&mut parts),
            }
        }
        Word { span: span(start, self.at), parts }
    }

    fn text(parts: &mut Vec<Part>, more: &str) {
        if let Some(Part::Text(text)) = parts.last_mut() {
            text.push_str(more);
        } else {
            parts.push(Part::Text(more.to_owned()));
        }
    }

    fn push(&mut self, parts: &mut Vec<Part>, bytes: usize) {
        Self::text(parts, &self.slice(self.at, self.at + bytes));
        self.at += bytes;
    }

    /// One character, which may be of several bytes.
    fn character(&mut self, parts: &mut Vec<Part>) {
        let mut bytes = 1;
        while self.peek(bytes) & 0xc0 == 0x80 {
            bytes += 1;
        }
        self.push(parts, bytes);
    }

    /// `?(a|b)` and the like.
    fn group(&mut self, parts: &mut Vec<Part>) {
        let start = self.at;
        let mut open = 0_usize;
        while self.at < self.end {
            match self.peek(0) {
                b'\n' => break,
                b'\\' => self.at += 1,
                b'(' => open += 1,
                b')' => open = open.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                break;
            }
        }
        Self::text(parts, &self.slice(start, self.at));
    }

    fn single(&mut self, parts: &mut Vec<Part>) {
        let start = self.at;
        self.at += 1;
        while self.at < self.end && self.peek(0) != b'\'' {
            self.at += 1;
        }
        if self.at >= self.end {
            return self.fail(start, "a quotation does not end");
        }
        Self::text(parts, &self.slice(start + 1, self.at));
        self.at += 1;
    }

    fn ansi(&mut self, parts: &mut Vec<Part>) {
        let start = self.at;
        self.at += 1;
        while self.at < self.end && self.peek(0) != b'\'' {
            self.at += if self.peek(0) == b'\\' { 2 } else { 1 };
        }
        if self.at >= self.end {
            return self.fail(start, "a quotation does not end");
        }
        Self::text(parts, &self.slice(start + 1, self.at));
        self.at += 1;
    }

    fn double(&mut self, parts: &mut Vec<Part>) {
        let start = self.at;
        self.at += 1;
        // An empty one is a word all the same.
        Self::text(parts, "");
        while self.at < self.end {
            match self.peek(0) {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'\\' if matches!(self.peek(1), b'"' | b'\\' | b'$' | b'`') => {
                    self.at += 1;
                    self.push(parts, 1);
                }
                b'$' => self.dollar(parts, true),
                b'`' => {
                    self.at += 1;
                    self.nested(parts, b'`');
                }
                _ => self.character(parts),
            }
        }
        self.fail(start, "a quotation does not end");
    }

    /// What begins with a dollar sign.
    fn dollar(&mut self, parts: &mut Vec<Part>, quoted: bool) {
        let next = self.peek(1);
        if self.starts("$((") {
            self.at += 1;
            self.arithmetic();
            parts.push(Part::Number);
        } else if next == b'(' {
            self.at += 2;
            self.nested(parts, b')');
        } else if next == b'{' {
            self.braced(parts, quoted);
        } else if next.is_ascii_alphabetic() || next == b'_' {
            let start = self.at + 1;
            self.at += 1;
            while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' {
                self.at += 1;
            }
            parts.push(Part::Variable { name: self.slice(start, self.at), rest: String::new(), quoted });
        } else if next.is_ascii_digit() || matches!(next, b'@' | b'*') {
            self.at += 2;
            parts.push(Part::Variable { name: char::from(next).to_string(), rest: String::new(), quoted });
        } else if matches!(next, b'#' | b'?' | b'$' | b'!' | b'-') {
            self.at += 2;
            parts.push(Part::Number);
        } else {
            self.push(parts, 1);
        }
    }

    /// `${name…}`.
    fn braced(&mut self, parts: &mut Vec<Part>, quoted: bool) {
        let start = self.at;
        self.at += 2;
        let counts = self.peek(0) == b'#' && self.peek(1) != b'}';
        if matches!(self.peek(0), b'!' | b'#') && self.peek(1) != b'}' {
            self.at += 1;
        }
        let name = self.at;
        while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' {
            self.at += 1;
        }
        if self.at == name && matches!(self.peek(0), b'@' | b'*') {
            self.at += 1;
        }
        let (name, rest) = (self.slice(name, self.at), self.at);
        let mut open = 1_usize;
        while self.at < self.end && open > 0 {
            match self.peek(0) {
                b'\\' => self.at += 1,
                b'{' if self.peek(0) == b'{' && self.bytes.get(self.at.saturating_sub(1)) == Some(&b'$') => {
                    open += 1
                }
                b'}' => open = open.saturating_sub(1),
                b'\'' if !quoted => {
                    self.at += 1;
                    while self.at < self.end && self.peek(0) != b'\'' {
                        self.at += 1;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        if open > 0 {
            return self.fail(start, "`${` does not end");
        }
        let rest = self.slice(rest, self.at.saturating_sub(1));
        parts.push(if counts { Part::Number } else { Part::Variable { name, rest, quoted } });
    }

    /// The commands of a substitution, up to the sign that ends it.
    fn nested(&mut self, parts: &mut Vec<Part>, until: u8) {
        let start = self.at.saturating_sub(2);
        if self.depth >= DEPTH {
            return self.fail(start, "substitutions nest deeper than is read");
        }
        self.depth += 1;
        let here = std::mem::take(&mut self.here);
        let script = if until == b'`' {
            let inside = self.at;
            while self.at < self.end && self.peek(0) != b'`' {
                self.at += if self.peek(0) == b'\\' { 2 } else { 1 };
            }
            let inner = self.at.min(self.end);
            let end = std::mem::replace(&mut self.end, inner);
            let after = std::mem::replace(&mut self.at, inside);
            let script = self.script(None);
            (self.at, self.end) = (after, end);
            script
        } else {
            self.script(Some(until))
        };
        self.here = here;
        self.depth -= 1;
        if self.at >= self.end {
            return self.fail(start, "a substitution does not end");
        }
        self.at += 1;
        parts.push(Part::Commands { script });
    }
}

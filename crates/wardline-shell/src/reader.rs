//! The grammar: from text to the tree of `syntax`, the way bash reads it.
//!
//! Recursive descent straight over the characters, in one pass: `$( … )` is read by the same grammar in place, so its end is
//! where a shell would find it, whatever quotes, comments, here-documents or `case` patterns stand inside.

use std::rc::Rc;

use crate::lexer::{Outcome, Reader, Trouble};
use crate::limits::Fuel;
use crate::syntax::{AndOr, Assignment, Link, List, Node, NodeKind, Pipeline, Script, Simple, Word};

/// Reads `text` as a script.
pub(crate) fn read(text: &str, fuel: &mut Fuel) -> Outcome<Script> {
    fuel.read(text.len())?;
    let mut reader = Reader::new(text, fuel);
    let list = reader.list()?;
    if reader.pos < text.len() {
        return reader.syntax("unexpected token");
    }
    let (heredocs, census) = (std::mem::take(&mut reader.heredocs), reader.census);
    Ok(Script { text: Rc::from(text), list, heredocs, census, serial: 0 })
}

/// Words that end a list when they stand where a command could begin.
const CLOSERS: &[&str] = &["then", "do", "done", "fi", "else", "elif", "esac", "}"];
/// Words that begin no command: a shell does not read a text with one of them in such a place.
const RESERVED: &[&str] = &["then", "do", "done", "fi", "else", "elif", "esac", "}", "in", "]]"];
/// All words that have a meaning of their own where a command could begin.
const KEYWORDS: &[&str] = &[
    "!", "[[", "{", "}", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function",
    "if", "in", "select", "then", "time", "until", "while",
];
/// Builtins whose arguments may be array assignments.
const DECLARERS: &[&str] = &["declare", "typeset", "local", "export", "readonly", "alias", "eval", "let"];

impl Reader<'_> {
    /// Reads commands up to something that can't begin one.
    fn list(&mut self) -> Outcome<List> {
        let mut list = Vec::new();
        loop {
            self.skip_lines()?;
            if self.at_list_end() {
                return Ok(list);
            }
            let (first, rest) = self.and_or()?;
            self.skip_blanks();
            let background = self.look() == Some(b'&') && self.look_after() != Some(b'&');
            let more = match self.look() {
                Some(b'&') if background => {
                    self.advance();
                    true
                }
                Some(b';') if !matches!(self.look_after(), Some(b';' | b'&')) => {
                    self.advance();
                    true
                }
                Some(b'\n') => true,
                _ => false,
            };
            list.push(AndOr { first, rest, background });
            if !more {
                self.skip_lines()?;
                return Ok(list);
            }
        }
    }

    fn at_list_end(&mut self) -> bool {
        match self.look() {
            None | Some(b')') => true,
            Some(b';') => matches!(self.look_after(), Some(b';' | b'&')),
            Some(_) => self.keyword().is_some_and(|word| CLOSERS.contains(&word)),
        }
    }

    /// The keyword at the cursor, unquoted; the cursor stays, but for broken lines before it.
    fn keyword(&mut self) -> Option<&'static str> {
        let first = self.look()?;
        if !(first.is_ascii_lowercase() || b"{}[!".contains(&first)) {
            return None;
        }
        let likely = KEYWORDS.iter().copied().filter(|word| word.as_bytes().first() == Some(&first));
        let mut likely = likely;
        likely.find(|word| self.after(word).is_some_and(|end| self.ends_keyword(end)))
    }

    /// Does an unquoted word end here?
    fn ends_keyword(&self, at: usize) -> bool {
        let next = self.byte(self.joined(at));
        matches!(next, None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'))
    }

    fn eat_keyword(&mut self, expected: &str) -> bool {
        self.skip_blanks();
        match self.after(expected).filter(|end| self.ends_keyword(*end)) {
            Some(end) => {
                self.pos = end;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, keyword: &str, what: &'static str) -> Outcome<()> {
        if self.eat_keyword(keyword) { Ok(()) } else { self.syntax(what) }
    }

    /// A list that must hold a command.
    fn full_list(&mut self) -> Outcome<List> {
        let list = self.list()?;
        if list.is_empty() { self.syntax("a command is missing") } else { Ok(list) }
    }

    /// The list of `$( … )` or `<( … )` after its opening, up to and over its `)`.
    pub(crate) fn nested_list(&mut self) -> Outcome<List> {
        self.enclosed(")")
    }

    /// The list of `${ …; }`.
    pub(crate) fn braced_list(&mut self) -> Outcome<List> {
        self.enclosed("}")
    }

    fn enclosed(&mut self, close: &str) -> Outcome<List> {
        self.fuel.enter()?;
        let outer = std::mem::take(&mut self.pending);
        let list = self.list()?;
        if !self.pending.is_empty() || !self.eat(close) {
            return self.syntax("unclosed substitution");
        }
        self.pending = outer;
        self.fuel.leave();
        Ok(list)
    }

    fn and_or(&mut self) -> Outcome<(Pipeline, Vec<(Link, Pipeline)>)> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.skip_blanks();
            let link = if self.eat("&&") {
                Link::And
            } else if self.eat("||") {
                Link::Or
            } else {
                return Ok((first, rest));
            };
            self.skip_lines()?;
            rest.push((link, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Outcome<Pipeline> {
        let mut pipeline = Pipeline::default();
        let (mut prefixed, mut negates) = (false, false);
        loop {
            self.skip_blanks();
            if self.eat_keyword("!") {
                pipeline.negated = !pipeline.negated;
                negates = true;
            } else if !self.eat_time() {
                break;
            }
            prefixed = true;
        }
        self.skip_blanks();
        let ends = match self.look() {
            None | Some(b'\n' | b';') => true,
            // A lone `!` may end a line, but no group.
            Some(b')') => !negates,
            Some(_) => false,
        };
        if prefixed && ends {
            return Ok(pipeline);
        }
        loop {
            pipeline.stages.push(self.command()?);
            self.skip_blanks();
            if let [only] = pipeline.stages.as_slice()
                && only.is_lone_time()
                && matches!(self.look(), Some(b'&' | b'|'))
            {
                return self.syntax("`time` with nothing to time before an operator");
            }
            if self.at("||") || !(self.eat("|&") || self.eat("|")) {
                return Ok(pipeline);
            }
            self.skip_lines()?;
            self.skip_blanks();
            if self.keyword() == Some("!") {
                return self.syntax("`!` within a pipeline");
            }
        }
    }

    /// Steps over `time` before a compound command; before a simple one it is read like the program of that name.
    fn eat_time(&mut self) -> bool {
        let here = self.pos;
        if self.eat_keyword("time") {
            self.skip_blanks();
            self.eat("-p ");
            self.skip_blanks();
            let compound = ["!", "{", "[[", "if", "for", "while", "until", "case", "select", "time"];
            if matches!(self.look(), None | Some(b'(' | b'\n' | b';' | b')'))
                || self.keyword().is_some_and(|word| compound.contains(&word))
            {
                return true;
            }
        }
        self.pos = here;
        false
    }

    fn command(&mut self) -> Outcome<Node> {
        self.skip_blanks();
        let _here = self.look();
        let start = self.pos;
        self.fuel.command()?;
        self.fuel.enter()?;
        let compound = match self.look() {
            Some(b'(') => Some(self.parenthesis(start)?),
            _ => match self.keyword() {
                Some(word) => self.compound(word)?,
                None => None,
            },
        };
        self.fuel.leave();
        let mut node = match compound {
            Some(kind) => {
                let end = self.pos;
                Node { kind, redirects: self.redirects()?, span: start..end }
            }
            None => self.simple(start)?,
        };
        if let Some(last) = node.redirects.last() {
            node.span.end = node.span.end.max(last.span.end);
        }
        Ok(node)
    }

    fn parenthesis(&mut self, start: usize) -> Outcome<NodeKind> {
        self.advance();
        if self.look() == Some(b'(') && !self.not_arithmetic.contains(&start) {
            let inside = self.sure_arithmetic(start)?;
            if let Some(inside) = inside {
                return Ok(NodeKind::Arithmetic(inside));
            }
        }
        self.parens += 1;
        self.census.parens = self.census.parens.max(self.parens);
        let list = self.full_list()?;
        if !self.eat(")") {
            return self.syntax("unclosed `(`");
        }
        self.parens -= 1;
        Ok(NodeKind::Subshell(list))
    }

    /// Reads the compound command that begins with the keyword `word`; `None` when it is none.
    fn compound(&mut self, word: &str) -> Outcome<Option<NodeKind>> {
        let kind = match word {
            "{" => {
                self.eat("{");
                let list = self.full_list()?;
                self.expect("}", "unclosed `{`")?;
                NodeKind::Group(list)
            }
            "if" => self.conditional()?,
            "while" | "until" => {
                self.eat(word);
                let condition = self.full_list()?;
                let body = self.do_group()?;
                NodeKind::Loop { condition, body }
            }
            "for" | "select" => self.for_loop(word)?,
            "case" => self.case()?,
            "function" => {
                self.eat("function");
                self.skip_blanks();
                let name = self.word()?;
                self.skip_blanks();
                if self.eat("(") {
                    self.skip_blanks();
                    if !self.eat(")") {
                        return self.syntax("unclosed `(` of a function");
                    }
                }
                self.function(&name)?
            }
            "coproc" => self.coproc()?,
            "[[" => self.test()?,
            _ => return Ok(None),
        };
        Ok(Some(kind))
    }

    fn conditional(&mut self) -> Outcome<NodeKind> {
        self.eat("if");
        let mut arms = Vec::new();
        loop {
            let condition = self.full_list()?;
            self.expect("then", "`if` without `then`")?;
            arms.push((condition, self.full_list()?));
            if !self.eat_keyword("elif") {
                break;
            }
        }
        let otherwise = if self.eat_keyword("else") { Some(self.full_list()?) } else { None };
        self.expect("fi", "`if` without `fi`")?;
        Ok(NodeKind::If { arms, otherwise })
    }

    fn do_group(&mut self) -> Outcome<List> {
        self.skip_lines()?;
        if self.eat_keyword("{") {
            let list = self.full_list()?;
            self.expect("}", "unclosed `{`")?;
            return Ok(list);
        }
        self.expect("do", "`do` is missing")?;
        let list = self.full_list()?;
        self.expect("done", "`do` without `done`")?;
        Ok(list)
    }

    fn for_loop(&mut self, keyword: &str) -> Outcome<NodeKind> {
        self.eat(keyword);
        self.skip_blanks();
        if self.look() == Some(b'(') {
            let start = self.pos;
            self.advance();
            if self.look() != Some(b'(') {
                return self.syntax("`for (` without a second parenthesis");
            }
            let Some(head) = self.try_arithmetic(start)? else { return self.syntax("unclosed `for ((`") };
            self.skip_blanks();
            self.eat(";");
            return Ok(NodeKind::ArithmeticFor { head, body: self.do_group()? });
        }
        let Some(name) = self.word()?.bare().map(str::to_owned) else {
            return self.syntax("`for` without a name");
        };
        self.skip_lines()?;
        let mut words = None;
        if self.eat_keyword("in") {
            let mut list = Vec::new();
            self.skip_blanks();
            while self.at_word() {
                list.push(self.word()?);
                self.skip_blanks();
            }
            words = Some(list);
        }
        self.skip_blanks();
        if self.look() == Some(b';') {
            self.advance();
        }
        Ok(NodeKind::For { name, words, body: self.do_group()? })
    }

    fn case(&mut self) -> Outcome<NodeKind> {
        self.eat("case");
        self.cases += 1;
        self.census.cases = self.census.cases.max(self.cases);
        self.skip_blanks();
        let subject = self.word()?;
        self.skip_lines()?;
        self.expect("in", "`case` without `in`")?;
        let mut arms = Vec::new();
        loop {
            self.skip_lines()?;
            if self.eat_keyword("esac") {
                break;
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.skip_blanks();
                let pattern = self.word()?;
                if pattern.pieces.is_empty() {
                    return self.syntax("a pattern is missing");
                }
                patterns.push(pattern);
                self.skip_blanks();
                if !self.eat("|") {
                    break;
                }
            }
            if !self.eat(")") {
                return self.syntax("a pattern without `)`");
            }
            arms.push((patterns, self.list()?));
            if !(self.eat(";;&") || self.eat(";;") || self.eat(";&")) {
                self.skip_lines()?;
                self.expect("esac", "`case` without `esac`")?;
                break;
            }
        }
        self.cases -= 1;
        Ok(NodeKind::Case { subject, arms })
    }

    fn function(&mut self, name: &Word) -> Outcome<NodeKind> {
        let Some(name) = name.constant().filter(|name| !name.is_empty()) else {
            return self.syntax("a function without a name");
        };
        self.skip_lines()?;
        let body = self.command()?;
        if matches!(body.kind, NodeKind::Simple(_) | NodeKind::Function { .. }) {
            return self.syntax("a function without a body");
        }
        Ok(NodeKind::Function { name, body: Rc::new(body) })
    }

    fn coproc(&mut self) -> Outcome<NodeKind> {
        self.eat("coproc");
        self.skip_blanks();
        let here = self.pos;
        let compound = self.look() == Some(b'(') || self.keyword().is_some_and(|word| word == "{");
        if !compound {
            let name = self.word()?;
            self.skip_blanks();
            let named = self.look() == Some(b'(') || self.keyword().is_some_and(|word| word == "{");
            if !named || name.bare().is_none() {
                self.pos = here;
            }
        }
        Ok(NodeKind::Coproc(Box::new(self.command()?)))
    }

    fn test(&mut self) -> Outcome<NodeKind> {
        self.eat("[[");
        let mut words = Vec::new();
        let mut depth = 0_u32;
        let mut pattern = false;
        loop {
            self.skip_blanks();
            if !pattern && (self.eat("&&") || self.eat("||") || self.eat("<") || self.eat(">")) {
                continue;
            }
            match self.look() {
                Some(b'\n') => self.newline()?,
                Some(b'(') if !pattern => {
                    depth += 1;
                    self.advance();
                }
                Some(b')') if depth > 0 => {
                    depth -= 1;
                    self.advance();
                }
                Some(_) => {
                    let word = if pattern { self.pattern()? } else { self.word()? };
                    let bare = word.bare().unwrap_or_default();
                    if bare == "]]" && depth == 0 && !pattern {
                        return Ok(NodeKind::Test(words));
                    }
                    if word.pieces.is_empty() {
                        return self.syntax("unexpected token in `[[`");
                    }
                    pattern = !pattern && matches!(bare, "=~" | "==" | "=" | "!=");
                    words.push(word);
                }
                None => return self.syntax("unclosed `[[`"),
            }
        }
    }

    fn simple(&mut self, start: usize) -> Outcome<Node> {
        let mut simple = Simple::default();
        let mut redirects = Vec::new();
        let mut end = start;
        loop {
            self.skip_blanks();
            if let Some(redirect) = self.redirect()? {
                end = redirect.span.end;
                redirects.push(redirect);
                continue;
            }
            if simple.awaits_program() && !(simple.words.is_empty() && redirects.is_empty()) {
                self.no_open_subscript()?;
            }
            let declares =
                simple.words.first().and_then(Word::bare).is_some_and(|word| DECLARERS.contains(&word));
            if (simple.words.is_empty() || declares)
                && let Some(assignment) = self.assignment(declares)?
            {
                end = self.pos;
                if declares {
                    simple.words.push(assignment.value.clone());
                    simple.declared.push(assignment);
                } else {
                    simple.assignments.push(assignment);
                }
                continue;
            }
            if !self.at_word() {
                break;
            }
            let word = self.word()?;
            end = self.pos;
            let first = simple.words.is_empty() && simple.assignments.is_empty() && redirects.is_empty();
            if first && self.opens_function() {
                return Ok(Node {
                    kind: self.function(&word)?,
                    redirects: Vec::new(),
                    span: start..self.pos,
                });
            }
            if first && word.bare().is_some_and(|word| RESERVED.contains(&word)) {
                return self.syntax("a reserved word where a command begins");
            }
            simple.words.push(word);
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && redirects.is_empty() {
            return self.syntax("a command is missing");
        }
        if self.in_word == 0 && !simple.words.is_empty() {
            self.census.commands += 1;
        }
        Ok(Node { kind: NodeKind::Simple(simple), redirects, span: start..end })
    }

    /// Steps over the `()` of a function definition.
    fn opens_function(&mut self) -> bool {
        let here = self.pos;
        self.skip_blanks();
        if self.eat("(") {
            self.skip_blanks();
            if self.eat(")") {
                return true;
            }
        }
        self.pos = here;
        false
    }

    /// Reads `NAME=…`, `NAME+=…` or `NAME[…]=…`. With `arrays_only`, only `NAME=( … )`.
    fn assignment(&mut self, arrays_only: bool) -> Outcome<Option<Assignment>> {
        let start = self.pos;
        if !self.may_assign() {
            return Ok(None);
        }
        let name = self.variable_name();
        let subscript = match self.look() {
            Some(b'[') if name.is_empty() => None,
            Some(b'[') if arrays_only => self.subscript_of_argument()?,
            Some(b'[') => self.subscript()?,
            _ => None,
        };
        let append = self.look() == Some(b'+') && self.look_after() == Some(b'=');
        if append {
            self.advance();
        }
        if name.is_empty() || !self.eat("=") || (arrays_only && self.look() != Some(b'(')) {
            self.pos = start;
            return Ok(None);
        }
        let array = subscript.is_some() || self.look() == Some(b'(');
        let mut elements: Vec<Word> = Vec::new();
        let mut value = Word::default();
        if self.look() == Some(b'(') {
            self.advance();
            self.skip_lines()?;
            while self.at_word() {
                elements.push(self.element()?);
                self.skip_lines()?;
            }
            if !self.eat(")") {
                return self.syntax("unclosed array");
            }
            // What follows without a blank is part of the same word to bash, or an error.
            if self.look().is_some() && !self.at_blank_or_operator() {
                return self.syntax("text right after an array");
            }
            if arrays_only {
                // The words of the array are looked at as parts of the argument.
                value.pieces = elements.iter().flat_map(|word| word.pieces.iter().cloned()).collect();
                value.span = start..self.pos;
            }
        } else {
            value = self.word()?;
        }
        Ok(Some(Assignment { name, append, subscript, value, elements, array }))
    }

    /// Could `NAME=`, `NAME+=` or `NAME[` stand at the cursor? Broken lines are not looked through.
    fn may_assign(&self) -> bool {
        let rest = self.slice(self.pos..self.end).bytes();
        let mut after = rest.skip_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric());
        matches!(after.next(), Some(b'=' | b'+' | b'[' | b'\\'))
    }

    /// The subscript of an assignment among the arguments of `declare`. `a[b` is an ordinary word there.
    fn subscript_of_argument(&mut self) -> Outcome<Option<Word>> {
        let mark = self.mark();
        self.advance();
        match self.subscript_word() {
            Ok(word) if self.at("]=") || self.at("]+=") => {
                self.eat("]");
                Ok(Some(word))
            }
            Err(Trouble::Exceeded(exceeded)) => Err(exceeded.into()),
            Ok(_) | Err(Trouble::Syntax { .. }) => {
                self.rewind(mark)?;
                Ok(None)
            }
        }
    }

    /// The subscript after a name where a command begins. bash reads on to its `]`, over blanks and operators, where other
    /// shells end the word; `None` when no assignment follows and all read the same word.
    pub(crate) fn subscript(&mut self) -> Outcome<Option<Word>> {
        let mark = self.mark();
        self.advance();
        let word = self.subscript_word()?;
        if self.at("]=") || self.at("]+=") {
            self.eat("]");
            return Ok(Some(word));
        }
        if !self.at("]") {
            return self.syntax("unclosed subscript");
        }
        if word.holds_blanks() {
            return self
                .syntax("a subscript with blanks or operators means different things to different shells");
        }
        self.rewind(mark)?;
        Ok(None)
    }

    /// Refuses a name with a subscript at the cursor that bash reads further than the word's end; the cursor stays.
    fn no_open_subscript(&mut self) -> Outcome<()> {
        let mark = self.mark();
        if !self.variable_name().is_empty() && self.look() == Some(b'[') {
            let subscript = self.subscript()?;
            if subscript.is_some_and(|word| word.holds_blanks()) {
                return self.syntax("a subscript with blanks is only read where an assignment may stand");
            }
        }
        self.rewind(mark)
    }

    /// Whether a blank, a line end, an operator or the end of backticks is next.
    pub(crate) fn at_blank_or_operator(&mut self) -> bool {
        matches!(self.look(), Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')' | b'<' | b'>' | b'`'))
    }

    /// Steps over the name of a variable.
    pub(crate) fn variable_name(&mut self) -> String {
        let mut name = String::new();
        while let Some(byte) = self.look() {
            if !(byte == b'_' || byte.is_ascii_alphabetic() || (byte.is_ascii_digit() && !name.is_empty())) {
                break;
            }
            name.push(char::from(byte));
            self.advance();
        }
        name
    }
}

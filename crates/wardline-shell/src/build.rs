//! Makes a [`Command`] of each simple command, finds the commands that it wraps, and applies what it changes in the shell.

use std::ops::Range;
use std::rc::Rc;

use crate::answer::{Access, Certainty, Command, Doubt, DoubtKind, Kind, TouchedPath, Word};
use crate::canonical::{basename, program_name};
use crate::expand::{expand, known};
use crate::held::SETTERS;
use crate::inner::{self, Outer};
use crate::options::part_of;
use crate::paths::{self, Found, Touch};
use crate::syntax::{self, Node, Operator, Redirect, Simple, Span};
use crate::walk::{Exit, Walker, clip};
use crate::wrappers::{self, Peeled};
use crate::{special, spelling};

/// What a command reads on its standard input.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    Other,
    Pipe,
    Text(Word),
}

/// A simple command with its words expanded.
pub(crate) struct Invocation {
    pub(crate) words: Vec<Word>,
    /// Where each word stands in the current text.
    pub(crate) spans: Vec<Span>,
    pub(crate) assignments: Vec<(String, Word)>,
    pub(crate) paths: Vec<TouchedPath>,
    pub(crate) doubts: Vec<Doubt>,
    pub(crate) input: Input,
    pub(crate) span: Span,
    pub(crate) literal: String,
    pub(crate) derived: bool,
    pub(crate) certainty: Certainty,
}

impl Walker {
    pub(crate) fn simple(&mut self, node: &Node, simple: &Simple) -> Exit {
        let from = self.commands.len();
        self.visit_parts(node, simple);
        let nested = self.commands.len() - from;
        let invocation = self.invocation(node, simple);
        let bindings = self.bindings(simple);
        let exit = self.invoke(invocation, bindings);
        // The outer command comes before what stands inside it.
        if let Some(tail) = self.commands.get_mut(from..) {
            tail.rotate_left(nested);
        }
        exit
    }

    /// Walks the substitutions of a command before it, as the shell does.
    fn visit_parts(&mut self, node: &Node, simple: &Simple) {
        for assignment in &simple.assignments {
            self.visit(&assignment.value);
            for element in &assignment.elements {
                self.visit(element);
            }
        }
        for word in &simple.words {
            self.visit(word);
        }
        self.visit_redirects(&node.redirects);
    }

    fn visit_redirects(&mut self, redirects: &[Redirect]) {
        let script = Rc::clone(&self.frame.script);
        for redirect in redirects {
            self.visit(&redirect.target);
            if let Some(doc) =
                redirect.heredoc.and_then(|number| script.heredocs.get(number)).filter(|doc| !doc.quoted)
            {
                self.visit(&doc.body);
            }
        }
    }

    fn invocation(&mut self, node: &Node, simple: &Simple) -> Invocation {
        let script = Rc::clone(&self.frame.script);
        let mut words = Vec::new();
        let mut spans = Vec::new();
        for word in &simple.words {
            for value in expand(word, &script.text, &self.scope) {
                words.push(value);
                spans.push(word.span.clone());
            }
        }
        let named = |assignment: &syntax::Assignment| {
            let elements =
                assignment.elements.iter().map(|element| self.value(element).value).collect::<Vec<_>>();
            let value =
                if assignment.array { known(&elements.join(" ")) } else { self.value(&assignment.value) };
            (assignment.name.clone(), value)
        };
        let assignments: Vec<_> = simple.assignments.iter().map(named).collect();
        let places = self.scope.places.clone();
        let mut found = Found::new(&places);
        self.redirects(&node.redirects, &mut found);
        for (name, value) in &assignments {
            let whole = Word { value: format!("{name}={}", value.value), ..value.clone() };
            subscript_doubt(value, &mut found);
            paths::assigned(&whole, &format!("value of `{name}`"), &mut found);
        }
        let input = self.input(&node.redirects);
        let span = self.statement(node);
        let literal = script.text.get(span.clone()).unwrap_or_default().trim_end().to_owned();
        let (paths, doubts) = (found.paths, found.doubts);
        let (derived, certainty) = (self.frame.derived, self.frame.certainty);
        Invocation { words, spans, assignments, paths, doubts, input, span, literal, derived, certainty }
    }

    /// The span of a command, with the here-document that follows it when nothing else stands on its line.
    fn statement(&self, node: &Node) -> Span {
        let script = &self.frame.script;
        let bodies = node.redirects.iter().filter_map(|redirect| redirect.heredoc);
        let Some(last) = bodies.filter_map(|number| script.heredocs.get(number)).next_back() else {
            return node.span.clone();
        };
        let next = script.text.get(node.span.end..).unwrap_or_default();
        if !next.starts_with('\n') || last.body.span.end < node.span.end {
            return node.span.clone();
        }
        let rest = script.text.get(last.body.span.end..).unwrap_or_default();
        node.span.start..last.body.span.end + rest.find('\n').unwrap_or(rest.len())
    }

    fn input(&self, redirects: &[Redirect]) -> Input {
        let script = &self.frame.script;
        for redirect in redirects.iter().rev() {
            match redirect.operator {
                Operator::HereString => return Input::Text(self.value(&redirect.target)),
                Operator::HereDoc => {
                    let Some(doc) = redirect.heredoc.and_then(|number| script.heredocs.get(number)) else {
                        continue;
                    };
                    let mut body = self.value(&doc.body);
                    if doc.strip_tabs {
                        body.value = body
                            .value
                            .lines()
                            .map(|line| line.trim_start_matches('\t'))
                            .collect::<Vec<_>>()
                            .join("\n");
                    }
                    return Input::Text(body);
                }
                Operator::Read | Operator::ReadWrite => return Input::Other,
                _ => {}
            }
        }
        if self.piped { Input::Pipe } else { Input::Other }
    }

    fn redirects(&self, redirects: &[Redirect], found: &mut Found<'_>) {
        for redirect in redirects {
            let because = format!("redirect {}", redirect.operator.text());
            let target = self.value(&redirect.target);
            let descriptor = target.value.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            let accesses: &[Access] = match redirect.operator {
                Operator::Read => &[Access::Read],
                Operator::Write
                | Operator::Append
                | Operator::Clobber
                | Operator::Both
                | Operator::BothAppend => &[Access::Write],
                Operator::ReadWrite => &[Access::Read, Access::Write],
                Operator::DuplicateOut if !descriptor => &[Access::Write],
                Operator::DuplicateIn if !descriptor => &[Access::Read],
                _ => &[],
            };
            for access in accesses {
                found.touch(&target, Touch::sure(*access, &because));
            }
        }
    }

    /// What the assignments leave in the variables, when they stand alone.
    fn bindings(&self, simple: &Simple) -> Vec<(String, Option<Word>)> {
        let bind = |assignment: &syntax::Assignment| {
            let value = self.value(&assignment.value);
            let usable = !assignment.array && value.complete;
            let value = if assignment.append {
                let before = self
                    .scope
                    .get(&assignment.name)
                    .filter(|binding| binding.certain)
                    .and_then(|binding| binding.value.clone());
                before.map(|before| {
                    let certainty = before.certainty.max(value.certainty);
                    Word { certainty, ..known(&format!("{}{}", before.value, value.value)) }
                })
            } else {
                Some(value)
            };
            (assignment.name.clone(), value.filter(|_| usable))
        };
        simple.assignments.iter().map(bind).collect()
    }

    /// Redirects of a compound command: what is written is a command of its own, what is read belongs to its first command.
    pub(crate) fn compound_redirects(&mut self, node: &Node, from: usize) {
        if node.redirects.is_empty() || self.fuel.step().is_err() {
            return;
        }
        self.visit_redirects(&node.redirects);
        let places = self.scope.places.clone();
        let mut found = Found::new(&places);
        self.redirects(&node.redirects, &mut found);
        let only_reads = found.paths.iter().all(|path| path.access == Access::Read);
        if let (true, Some(first)) = (only_reads && found.doubts.is_empty(), self.commands.get_mut(from)) {
            first.paths.extend(found.paths);
            return;
        }
        if found.paths.is_empty() && found.doubts.is_empty() {
            return;
        }
        let start = node.redirects.first().map_or(node.span.start, |redirect| redirect.span.start);
        let span = start..node.span.end;
        let literal = self.frame.script.text.get(span.clone()).unwrap_or_default().to_owned();
        let text: Vec<String> = node.redirects.iter().map(|redirect| self.redirect_text(redirect)).collect();
        let mut command = self.blank(Kind::Redirect, span, literal, text.join(" "));
        (command.paths, command.doubts) = (found.paths, found.doubts);
        self.commands.push(command);
    }

    fn redirect_text(&self, redirect: &Redirect) -> String {
        format!("{} {}", redirect.operator.text(), self.value(&redirect.target).canonical)
    }

    fn blank(&self, kind: Kind, span: Range<usize>, literal: String, canonical: String) -> Command {
        Command {
            span: self.place(&span),
            kind,
            literal,
            canonical,
            forms: Vec::new(),
            derived: self.frame.derived,
            directory_change: false,
            program: None,
            arguments: Vec::new(),
            assignments: Vec::new(),
            paths: Vec::new(),
            doubts: Vec::new(),
            certainty: self.frame.certainty,
        }
    }

    /// `(( … ))` and `[[ … ]]`.
    pub(crate) fn test(&mut self, node: &Node, words: &[syntax::Word]) {
        if self.fuel.step().is_err() {
            return;
        }
        let script = Rc::clone(&self.frame.script);
        let literal = script.text.get(node.span.clone()).unwrap_or_default().to_owned();
        let values: Vec<Word> = words.iter().map(|word| self.value(word)).collect();
        let places = self.scope.places.clone();
        let mut found = Found::new(&places);
        special::test(&values, &mut found);
        for value in &values {
            subscript_doubt(value, &mut found);
        }
        let canonical = literal.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut command = self.blank(Kind::Test, node.span.clone(), literal, canonical);
        (command.paths, command.doubts) = (found.paths, found.doubts);
        self.commands.push(command);
        for word in words {
            self.visit(word);
        }
    }

    /// Notes the command, follows what it runs, and applies what it changes.
    pub(crate) fn invoke(&mut self, invocation: Invocation, bindings: Vec<(String, Option<Word>)>) -> Exit {
        if self.fuel.enter().is_err() {
            return Exit::both(&self.scope.places);
        }
        let exit = if self.fuel.step().is_err() {
            Exit::both(&self.scope.places)
        } else if let Some(program) = invocation.words.first().cloned() {
            self.run(invocation, &program)
        } else {
            self.without_program(invocation, bindings)
        };
        self.fuel.leave();
        exit
    }

    fn without_program(&mut self, invocation: Invocation, bindings: Vec<(String, Option<Word>)>) -> Exit {
        let kind = if invocation.assignments.is_empty() { Kind::Redirect } else { Kind::Assignment };
        let mut text: Vec<String> = invocation
            .assignments
            .iter()
            .map(|(name, value)| format!("{name}={}", value.canonical))
            .collect();
        if text.is_empty() {
            text.push(invocation.literal.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        let mut command = self.blank(kind, invocation.span, invocation.literal, text.join(" "));
        command.assignments.clone_from(&invocation.assignments);
        (command.paths, command.doubts) = (invocation.paths, invocation.doubts);
        let place = command.span.clone();
        self.commands.push(command);
        for (name, value) in &invocation.assignments {
            self.held(name, value, &place);
        }
        for (name, value) in bindings {
            self.scope.set(&name, value);
        }
        Exit::both(&self.scope.places)
    }

    fn run(&mut self, invocation: Invocation, program: &Word) -> Exit {
        let arguments: Vec<Word> = invocation.words.iter().skip(1).cloned().collect();
        let name = program_name(&program.value).to_owned();
        let (span, input) = (invocation.span.clone(), invocation.input.clone());
        let certainty = invocation.certainty.max(program.certainty);
        let alias = self
            .scope
            .alias_of(&program.value)
            .map(str::to_owned)
            .filter(|_| program.literal && !self.aliases.contains(&program.value));
        let function = self.scope.defines(&program.value);
        let table = table_name(&name).to_owned();
        // A definition may not be in force where it is used: a name that is a program's counts as that program too.
        let program_too = crate::programs::find(&table).is_some()
            || wrappers::options(&table).is_some()
            || special::is(&table);
        let kind = if (alias.is_some() || function) && !program_too { Kind::Call } else { Kind::Simple };
        let peeled = if kind == Kind::Call || !program.complete {
            Peeled::default()
        } else {
            wrappers::peel(&table, &arguments)
        };
        let spans = invocation.spans.clone();
        let mut held = invocation.assignments.clone();
        held.extend(arguments.iter().filter(|_| SETTERS.contains(&table.as_str())).filter_map(|word| {
            let (name, value) = word.value.split_once('=')?;
            Some((name.to_owned(), part_of(word, value)))
        }));
        let mut command = self.command(invocation, program, &arguments, kind, &table);
        self.input_doubts(&table, &input, &peeled, &mut command);
        let place = command.span.clone();
        self.objects(&table, &arguments, &input, &mut command);
        self.commands.push(command);
        for (name, value) in &held {
            self.held(name, value, &place);
        }
        let mut exit = self.effects(&name, &arguments);
        if let Some(alias) = alias {
            let rest: Vec<&str> = arguments.iter().map(|word| word.canonical.as_str()).collect();
            let text = format!("{alias} {}", rest.join(" "));
            exit = self.aliased(&program.value, &text, &place, certainty);
        } else if function {
            let piped = self.piped;
            self.piped |= !matches!(input, Input::Other);
            exit = self.call(&program.value, &arguments).unwrap_or(exit);
            self.piped = piped;
        }
        let outer = Outer {
            peeled: &peeled,
            arguments: &arguments,
            spans: &spans,
            span: &span,
            input: &input,
            certainty,
        };
        let inner = self.peeled(&outer);
        if let (true, Input::Text(text)) = (peeled.reads_input && wrappers::is_shell(&table), input) {
            self.shell_text(&text, &place, certainty);
        }
        inner.unwrap_or(exit)
    }

    fn command(
        &mut self,
        invocation: Invocation,
        program: &Word,
        arguments: &[Word],
        kind: Kind,
        table: &str,
    ) -> Command {
        let canonical = spelling::canonical_text(program, arguments);
        let start = invocation.spans.first().map_or(invocation.span.start, |span| span.start);
        let bare = self.frame.script.text.get(start..invocation.span.end).unwrap_or_default().trim_end();
        let bare =
            if invocation.assignments.is_empty() || invocation.derived { &invocation.literal } else { bare };
        let wraps = wrappers::options(table).is_some();
        let forms = spelling::forms(program, arguments, &invocation.literal, &canonical, bare, !wraps);
        let places = self.scope.places.clone();
        let mut found = Found::new(&places);
        found.resume(invocation.paths, invocation.doubts);
        found.home = &self.scope.home;
        if program.certainty == Certainty::Opaque || program.glob {
            found.doubt(
                DoubtKind::Dynamic,
                format!("the program `{}` is only known when it runs", program.written),
            );
        }
        let name = if program.complete { Some(program_name(&program.value).to_owned()) } else { None };
        if program.complete && program.value.contains('/') {
            found.touch(program, Touch::sure(Access::Execute, "the program itself"));
        }
        let piped = matches!(invocation.input, Input::Pipe | Input::Text(_));
        if kind == Kind::Simple {
            match wrappers::options(table) {
                Some(options) => inner::wrapper_paths(table, options, arguments, &mut found),
                None => paths::arguments(table, arguments, piped, &mut found),
            }
        }
        let directory_change = matches!(basename(&program.value), "cd" | "chdir" | "pushd" | "popd");
        let certainty = invocation.certainty.max(program.certainty);
        for path in &mut found.paths {
            path.certainty = path.certainty.max(invocation.certainty);
        }
        for word in arguments.iter().filter(|_| EVALUATES.contains(&table)) {
            subscript_doubt(word, &mut found);
        }
        Command {
            span: self.place(&invocation.span),
            kind,
            literal: invocation.literal,
            canonical,
            forms,
            derived: invocation.derived,
            directory_change: directory_change && kind == Kind::Simple,
            program: name,
            arguments: arguments.to_vec(),
            assignments: invocation.assignments,
            paths: found.paths,
            doubts: found.doubts,
            certainty,
        }
    }
}

/// Builtins that evaluate the subscripts of names they are given.
const EVALUATES: &[&str] = &[
    "test", "[", "let", "declare", "typeset", "local", "readonly", "export", "printf", "read", "unset",
    "eval",
];

/// `a[$(rm x)]`: a shell runs what stands in a subscript when it evaluates the text as a name, even if it was quoted.
fn subscript_doubt(word: &Word, found: &mut Found<'_>) {
    let hidden =
        word.value.split_once('[').is_some_and(|(_, rest)| rest.contains("$(") || rest.contains('`'));
    if hidden && word.complete {
        found.doubt(
            DoubtKind::Dynamic,
            format!("`{}` may run the command in its subscript", clip(&word.written)),
        );
    }
}

/// The name under which a program stands in the tables: `python3.12` is `python3`.
fn table_name(name: &str) -> &str {
    let name = basename(name);
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    match plain {
        "python" if name.starts_with("python3") => "python3",
        "python" | "perl" | "ruby" | "php" | "lua" | "node" => plain,
        "pypy" => "python3",
        "nodejs" => "node",
        _ if matches!(name, "nodejs" | "bun" | "tsx" | "ts-node") => "node",
        _ => name,
    }
}

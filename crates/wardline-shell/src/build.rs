//! Makes a [`Command`] of each simple command, finds the commands that it wraps, and applies what it changes in the shell.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use crate::answer::{
    Access, Certainty, Channel, Command, Doubt, DoubtKind, Input, Kind, Redirected, TouchedPath, Word,
};
use crate::canonical::{basename, program_name};
use crate::effect::elsewhere::{self, is_shared};
use crate::expand::{expand, known};
use crate::inner;
use crate::interp::assign::Bound;
use crate::output::{self, Printing};
use crate::paths::{self, Found, Touch};
use crate::syntax::{self, Node, NodeKind, Operator, Redirect, Simple, Span};
use crate::walk::{Exit, Walker, clip, raw_command};
use crate::wrappers::{self, Peeled};
use crate::{special, spelling};

/// Where the redirects of a command lead its output.
pub(crate) struct Plumbing {
    /// The stream that its output goes to.
    pub(crate) prints: Option<Channel>,
    /// It goes to a file.
    pub(crate) to_file: bool,
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
    pub(crate) prints: Option<Channel>,
    pub(crate) redirects: Vec<Redirected>,
    pub(crate) id: u32,
    pub(crate) span: Span,
    pub(crate) literal: String,
    pub(crate) derived: bool,
    pub(crate) certainty: Certainty,
}

/// Most descriptors that are kept in mind.
const MOST_DESCRIPTORS: usize = 32;

impl Walker {
    pub(crate) fn simple(&mut self, node: &Node, simple: &Simple) -> Exit {
        let from = self.commands.len();
        let id = self.new_id();
        self.scope.line = self.line_of(&node.span);
        let tap = self.tap.take();
        self.visit_parts(node, simple, id);
        let nested = self.commands.len() - from;
        let mut invocation = self.invocation(node, simple, id);
        invocation.prints = self.tap.or(invocation.prints);
        self.tap = tap;
        let bindings = self.bindings(simple);
        self.declared = simple.declared.iter().map(|assignment| self.bound(assignment)).collect();
        self.separators =
            invocation.assignments.iter().find(|(name, _)| name == "IFS").map(|(_, word)| word.value.clone());
        let lasting = simple.words.len() == 1
            && simple.words.first().and_then(syntax::Word::bare).is_some_and(|name| name == "exec");
        let before = self.open_descriptors(&node.redirects);
        let exit = self.invoke(invocation, bindings);
        if lasting {
            // `exec < f` is for the rest of the shell.
            if let Some(input) = self.read_from(&node.redirects, 0) {
                self.input = input;
            }
        } else {
            self.descriptors = before;
        }
        // The outer command comes before what stands inside it.
        self.put_last(from, nested);
        exit
    }

    /// Walks the substitutions of a command before it, as the shell does.
    fn visit_parts(&mut self, node: &Node, simple: &Simple, id: u32) {
        let outer = self.holder.replace(id);
        // `>( … )` reads what the command prints: the same stream as the next stage.
        self.tap = self.output.filter(|_| taps(node, simple));
        for assignment in &simple.assignments {
            assignment.subscript.iter().for_each(|subscript| self.visit(subscript));
            self.visit(&assignment.value);
            for element in &assignment.elements {
                self.visit(element);
            }
        }
        for word in &simple.words {
            self.visit(word);
        }
        self.holder = outer;
        self.visit_redirects(&node.redirects, id);
    }

    /// Walks the substitutions of the redirects of the command `id`.
    pub(crate) fn visit_redirects(&mut self, redirects: &[Redirect], id: u32) {
        let outer = self.holder.replace(id);
        let script = Rc::clone(&self.frame.script);
        for redirect in redirects {
            self.visit(&redirect.target);
            if let Some(doc) =
                redirect.heredoc.and_then(|number| script.heredocs.get(number)).filter(|doc| !doc.quoted)
            {
                self.visit(&doc.body);
            }
        }
        self.holder = outer;
    }

    fn invocation(&mut self, node: &Node, simple: &Simple, id: u32) -> Invocation {
        let script = Rc::clone(&self.frame.script);
        let mut words = Vec::new();
        let mut spans = Vec::new();
        for word in &simple.words {
            for value in expand(word, &script, &self.scope) {
                words.push(value);
                spans.push(word.span.clone());
            }
        }
        let named = |assignment: &syntax::Assignment| {
            let elements = assignment.subscript.iter().chain(&assignment.elements);
            let elements = elements.map(|element| self.value(element).value).collect::<Vec<_>>();
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
        let input = self.input_of(&node.redirects);
        let prints = self.plumbing(&node.redirects).prints;
        let redirects = self.redirected_to(&node.redirects);
        let span = self.statement(node);
        let literal = script.text.get(span.clone()).unwrap_or_default().trim_end().to_owned();
        let (paths, doubts) = (found.paths, found.doubts);
        let (derived, certainty) = (self.frame.derived, self.frame.certainty);
        Invocation {
            words,
            spans,
            assignments,
            paths,
            doubts,
            input,
            prints,
            redirects,
            id,
            span,
            literal,
            derived,
            certainty,
        }
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

    /// What standard input is for a command with these redirects.
    pub(crate) fn input_of(&self, redirects: &[Redirect]) -> Input {
        self.read_from(redirects, 0).unwrap_or_else(|| self.input.clone())
    }

    /// Opens the descriptors that redirects name for reading, and says what was open before.
    fn open_descriptors(&mut self, redirects: &[Redirect]) -> BTreeMap<u32, Input> {
        let before = self.descriptors.clone();
        for redirect in redirects {
            let Some(number) = redirect.descriptor.filter(|number| *number > 0) else { continue };
            if redirect.operator.reads()
                && (self.descriptors.len() < MOST_DESCRIPTORS || self.descriptors.contains_key(&number))
                && let Some(input) = self.read_from(std::slice::from_ref(redirect), number)
            {
                self.descriptors.insert(number, input);
            }
        }
        before
    }

    /// What is read from a descriptor that these redirects open.
    fn read_from(&self, redirects: &[Redirect], number: u32) -> Option<Input> {
        for (at, redirect) in
            redirects.iter().enumerate().rev().filter(|(_, it)| it.descriptor == Some(number))
        {
            match redirect.operator {
                Operator::HereString | Operator::HereDoc => {
                    return Some(Input::Text(Arc::new(self.redirect_target(redirect))));
                }
                Operator::Read | Operator::ReadWrite => {
                    let process = match redirect.target.pieces.as_slice() {
                        [syntax::Piece::Process { span, .. }] => {
                            self.scope.streams.of_piece(self.frame.script.serial, span.start)
                        }
                        _ => None,
                    };
                    return Some(match process {
                        Some(channel) => Input::Pipe(channel),
                        None => Input::File(self.value(&redirect.target)),
                    });
                }
                Operator::DuplicateIn => {
                    let other = self.value(&redirect.target).value.trim_end_matches('-').parse::<u32>().ok();
                    // Redirects take effect from left to right: only those before count.
                    let here = other.and_then(|other| self.read_from(redirects.get(..at)?, other));
                    let known = || other.and_then(|other| self.descriptors.get(&other).cloned());
                    return Some(here.or_else(known).unwrap_or(Input::Inherited));
                }
                _ => {}
            }
        }
        None
    }

    /// The file, descriptor or text of a redirect.
    fn redirect_target(&self, redirect: &Redirect) -> Word {
        let script = &self.frame.script;
        match redirect.operator {
            Operator::HereDoc => {
                let Some(doc) = redirect.heredoc.and_then(|number| script.heredocs.get(number)) else {
                    return self.value(&redirect.target);
                };
                let mut body = self.value(&doc.body);
                if doc.strip_tabs {
                    let lines = body.value.split('\n').map(|line| line.trim_start_matches('\t'));
                    body.value = lines.collect::<Vec<_>>().join("\n");
                }
                body
            }
            _ => self.value(&redirect.target),
        }
    }

    /// Where standard output goes for a command with these redirects.
    pub(crate) fn plumbing(&self, redirects: &[Redirect]) -> Plumbing {
        // Where descriptors 1 and 2 lead: a stream, or elsewhere.
        let (mut out, mut err) = (self.output, None);
        let mut to_file = false;
        for redirect in redirects {
            let target = redirect.target.bare().unwrap_or_default();
            match (redirect.operator, redirect.descriptor) {
                (Operator::DuplicateOut, Some(1)) if target == "2" => out = err,
                (Operator::DuplicateOut, Some(2)) if target == "1" => err = out,
                (Operator::DuplicateOut, Some(1))
                    if target.bytes().all(|b| b.is_ascii_digit() || b == b'-') =>
                {
                    out = None
                }
                (
                    Operator::Write | Operator::Append | Operator::Clobber | Operator::DuplicateOut,
                    Some(1),
                )
                | (Operator::ReadWrite, Some(1)) => {
                    out = None;
                    to_file = true;
                }
                (Operator::Both | Operator::BothAppend, _) | (_, None) => {
                    (out, err) = (None, None);
                    to_file = true;
                }
                _ => {}
            }
        }
        Plumbing { prints: out.or(err), to_file }
    }

    fn redirected_to(&self, redirects: &[Redirect]) -> Vec<Redirected> {
        let one = |redirect: &Redirect| Redirected {
            descriptor: redirect.descriptor,
            operator: redirect.operator.text(),
            target: self.redirect_target(redirect),
        };
        redirects.iter().map(one).collect()
    }

    fn redirects(&self, redirects: &[Redirect], found: &mut Found<'_>) {
        for redirect in redirects {
            // What stands in `< <( … )` was followed: a stream is no file.
            if matches!(redirect.target.pieces.as_slice(), [syntax::Piece::Process { .. }]) {
                continue;
            }
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

    /// Redirects of a compound command: what is written is a command of its own, what is read belongs to its first command.
    pub(crate) fn compound_redirects(&mut self, node: &Node, from: usize, id: u32, fed: Option<Channel>) {
        if self.fuel.step().is_err() {
            return;
        }
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
        command.redirects = self.redirected_to(&node.redirects);
        if let Some(channel) = fed {
            command.input = Input::Pipe(channel);
            let text = self.scope.streams.text(channel);
            for (file, append) in written_files(&command.redirects) {
                self.write_file(&file, text.as_ref(), append);
            }
        }
        self.note(command, id);
    }

    fn redirect_text(&self, redirect: &Redirect) -> String {
        format!("{} {}", redirect.operator.text(), self.value(&redirect.target).canonical)
    }

    fn blank(&self, kind: Kind, span: Range<usize>, literal: String, canonical: String) -> Command {
        let raw = raw_command("", self.place(&span), self.frame.derived);
        Command { kind, literal, canonical, certainty: self.frame.certainty, ..raw }
    }

    /// `(( … ))` and `[[ … ]]`.
    pub(crate) fn test(&mut self, node: &Node, words: &[syntax::Word]) {
        if self.fuel.step().is_err() {
            return;
        }
        let script = Rc::clone(&self.frame.script);
        let literal = script.text.get(node.span.clone()).unwrap_or_default().to_owned();
        let values: Vec<Word> = words.iter().map(|word| self.value(word)).collect();
        if let (NodeKind::Arithmetic(_), [expression]) = (&node.kind, values.as_slice()) {
            self.calculate(&expression.value);
        }
        let places = self.scope.places.clone();
        let mut found = Found::new(&places);
        special::test(&values, &mut found);
        for value in &values {
            subscript_doubt(value, &mut found);
        }
        let canonical = literal.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut command = self.blank(Kind::Test, node.span.clone(), literal, canonical);
        (command.paths, command.doubts) = (found.paths, found.doubts);
        let id = self.new_id();
        self.note(command, id);
        let outer = self.holder.replace(id);
        for word in words {
            self.visit(word);
        }
        self.holder = outer;
    }

    /// Notes the command, follows what it runs, and applies what it changes.
    pub(crate) fn invoke(&mut self, mut invocation: Invocation, bindings: Vec<Bound>) -> Exit {
        if self.fuel.enter().is_err() {
            return Exit::both(&self.scope.places);
        }
        let exit = if self.fuel.step().is_err() {
            Exit::both(&self.scope.places)
        } else if invocation.words.is_empty() {
            self.without_program(invocation, bindings)
        } else {
            let program = invocation.words.remove(0);
            self.run(invocation, &program)
        };
        self.fuel.leave();
        exit
    }

    fn without_program(&mut self, invocation: Invocation, bindings: Vec<Bound>) -> Exit {
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
        (command.input, command.prints) = (invocation.input, invocation.prints);
        command.redirects = invocation.redirects;
        let place = command.span.clone();
        self.note(command, invocation.id);
        for (name, value) in &invocation.assignments {
            self.held(name, value, &place);
        }
        for binding in bindings {
            self.scope.bind(&binding.name, binding.value, binding.elements);
        }
        Exit::both(&self.scope.places)
    }

    /// What a command prints, which is added to the stream that it prints to. What it runs prints for itself.
    pub(crate) fn printed(
        &mut self,
        name: &str,
        arguments: &[Word],
        input: &Input,
        channel: Option<Channel>,
        peeled: &Peeled,
        to_file: bool,
    ) -> Option<Word> {
        let hidden = peeled.inner.iter().any(|inner| matches!(inner, wrappers::Inner::Hidden(_)));
        if (channel.is_none() && !to_file) || (!peeled.inner.is_empty() && !hidden) {
            return None;
        }
        let input = self.text_of(input);
        let printing = Printing { name, arguments, input: input.as_ref(), scope: &self.scope };
        let text = output::of(&printing);
        if let Some(channel) = channel {
            self.scope.streams.print(channel, text.as_ref(), self.branches);
        }
        text
    }

    /// The text that a command reads, where that is constant.
    pub(crate) fn text_of(&self, input: &Input) -> Option<Word> {
        match input {
            Input::Text(text) => Some(Word::clone(text)),
            Input::Pipe(channel) => self.scope.streams.text(*channel),
            Input::File(file) => self.absolute(file).and_then(|path| self.file_text(&path)),
            Input::Inherited => None,
        }
    }

    pub(crate) fn command(
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
        let brought: Vec<Word>;
        let arguments = if self.shared.is_empty() {
            arguments
        } else {
            brought = arguments.iter().map(|word| elsewhere::brought(word, &self.shared)).collect();
            &brought
        };
        if program.complete && program.value.contains('/') && !self.elsewhere {
            found.touch(program, Touch::sure(Access::Execute, "the program itself"));
        }
        let (doubts, mut foreign) = (found.doubts.len(), Vec::new());
        let piped = matches!(invocation.input, Input::Pipe(_) | Input::Text(_) | Input::File(_));
        if kind == Kind::Simple {
            match wrappers::options(table) {
                Some(options) => inner::wrapper_paths(table, options, arguments, &mut found),
                None => paths::arguments(table, arguments, piped, &mut found),
            }
        }
        if self.elsewhere {
            found.doubts.truncate(doubts);
            let inside = elsewhere::start(&self.shared).is_some();
            let here = |path: &TouchedPath| {
                (inside || path.written.starts_with('/')) && is_shared(&path.text, &self.shared)
            };
            (found.paths, foreign) = found.paths.into_iter().partition(here);
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
            input: invocation.input,
            prints: invocation.prints,
            redirects: invocation.redirects,
            directory: None,
            holder: None,
            parallel: false,
            elsewhere: false,
            foreign,
            shared: Vec::new(),
            code: None,
            grade: crate::grade::Grade::Unknown,
        }
    }
}

/// The files that standard output goes to, and whether it is added to them.
pub(crate) fn written_files(redirects: &[Redirected]) -> Vec<(Word, bool)> {
    let file = |redirect: &&Redirected| {
        matches!(redirect.descriptor, None | Some(1))
            && matches!(redirect.operator, ">" | ">>" | ">|" | "&>" | "&>>" | ">&" | "<>")
    };
    let files = redirects.iter().filter(file);
    files.map(|redirect| (redirect.target.clone(), redirect.operator.ends_with(">>"))).collect()
}

/// Does a word of the command hold `>( … )`?
fn taps(node: &Node, simple: &Simple) -> bool {
    let process =
        |word: &syntax::Word| word.pieces.iter().any(|piece| matches!(piece, syntax::Piece::Process { .. }));
    simple.words.iter().any(process) || node.redirects.iter().any(|redirect| process(&redirect.target))
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

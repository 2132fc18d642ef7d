//! Makes a [`Command`] of each simple command, finds the commands that it wraps, and applies what it changes in the shell.

use std::ops::Range;
use std::rc::Rc;

use crate::answer::{Access, Certainty, Command, Doubt, DoubtKind, Kind, TouchedPath, Word};
use crate::canonical::{basename, program_name};
use crate::expand::{expand, known};
use crate::paths::{self, Found, Touch};
use crate::scope::Places;
use crate::syntax::{self, Node, Operator, Redirect, Simple, Span};
use crate::walk::{Exit, Walker, clip};
use crate::wrappers::{self, Inner, Peeled};
use crate::{special, spelling};

/// What a command reads on its standard input.
#[derive(Clone, Debug)]
enum Input {
    Other,
    Pipe,
    Text(Word),
}

/// A simple command with its words expanded.
struct Invocation {
    words: Vec<Word>,
    /// Where each word stands in the current text.
    spans: Vec<Span>,
    assignments: Vec<(String, Word)>,
    paths: Vec<TouchedPath>,
    doubts: Vec<Doubt>,
    input: Input,
    span: Span,
    literal: String,
    derived: bool,
    certainty: Certainty,
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
            if let Some(doc) = redirect.heredoc.and_then(|number| script.heredocs.get(number)).filter(|doc| !doc.quoted) {
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
            let elements = assignment.elements.iter().map(|element| self.value(element).value).collect::<Vec<_>>();
            let value = if assignment.array { known(&elements.join(" ")) } else { self.value(&assignment.value) };
            (assignment.name.clone(), value)
        };
        let assignments: Vec<_> = simple.assignments.iter().map(named).collect();
        let places = self.scope.places.clone();
        let mut found = Found::new(&places);
        self.redirects(&node.redirects, &mut found);
        for (name, value) in &assignments {
            let whole = Word { value: format!("{name}={}", value.value), ..value.clone() };
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
        let Some(last) = bodies.filter_map(|number| script.heredocs.get(number)).next_back() else { return node.span.clone() };
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
                    let Some(doc) = redirect.heredoc.and_then(|number| script.heredocs.get(number)) else { continue };
                    let mut body = self.value(&doc.body);
                    if doc.strip_tabs {
                        body.value = body.value.lines().map(|line| line.trim_start_matches('\t')).collect::<Vec<_>>().join("\n");
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
                Operator::Write | Operator::Append | Operator::Clobber | Operator::Both | Operator::BothAppend => &[Access::Write],
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
                let before = self.scope.get(&assignment.name).filter(|binding| binding.certain).and_then(|binding| binding.value.clone());
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
        if only_reads && found.doubts.is_empty() {
            if let Some(first) = self.commands.get_mut(from) {
                first.paths.extend(found.paths);
                return;
            }
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
        let canonical = literal.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut command = self.blank(Kind::Test, node.span.clone(), literal, canonical);
        (command.paths, command.doubts) = (found.paths, found.doubts);
        self.commands.push(command);
        for word in words {
            self.visit(word);
        }
    }

    /// Notes the command, follows what it runs, and applies what it changes.
    fn invoke(&mut self, invocation: Invocation, bindings: Vec<(String, Option<Word>)>) -> Exit {
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
        let mut text: Vec<String> = invocation.assignments.iter().map(|(name, value)| format!("{name}={}", value.canonical)).collect();
        if text.is_empty() {
            text.push(invocation.literal.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        let mut command = self.blank(kind, invocation.span, invocation.literal, text.join(" "));
        command.assignments = invocation.assignments;
        (command.paths, command.doubts) = (invocation.paths, invocation.doubts);
        self.commands.push(command);
        for (name, value) in bindings {
            self.scope.set(&name, value);
        }
        Exit::both(&self.scope.places)
    }

    fn run(&mut self, invocation: Invocation, program: &Word) -> Exit {
        let arguments: Vec<Word> = invocation.words.iter().skip(1).cloned().collect();
        let name = program_name(&program.value).to_owned();
        let (span, input) = (invocation.span.clone(), invocation.input.clone());
        let (derived, certainty) = (invocation.derived, invocation.certainty.max(program.certainty));
        let alias = self.scope.alias_of(&program.value).map(str::to_owned).filter(|_| program.literal && !derived);
        let function = self.scope.defines(&program.value);
        let kind = if alias.is_some() || function { Kind::Call } else { Kind::Simple };
        let table = table_name(&name).to_owned();
        let peeled = if kind == Kind::Call || !program.complete { Peeled::default() } else { wrappers::peel(&table, &arguments) };
        let spans = invocation.spans.clone();
        let mut command = self.command(invocation, program, &arguments, kind, &table);
        self.input_doubts(&table, &input, &peeled, &mut command);
        let place = command.span.clone();
        self.commands.push(command);
        if let Some(alias) = alias {
            let rest: Vec<&str> = arguments.iter().map(|word| word.canonical.as_str()).collect();
            let text = format!("{alias} {}", rest.join(" "));
            return self.text(&text, Some(place), true, certainty);
        }
        if function {
            if let Some(exit) = self.call(&program.value, &arguments) {
                return exit;
            }
        }
        let exit = self.effects(&name, &arguments);
        let inner = self.peeled(&peeled, &arguments, &spans, &span, certainty);
        if let (true, Input::Text(text)) = (peeled.reads_input && wrappers::is_shell(&table), input) {
            self.shell_text(&text, &place, certainty);
        }
        inner.unwrap_or(exit)
    }

    fn command(&mut self, invocation: Invocation, program: &Word, arguments: &[Word], kind: Kind, table: &str) -> Command {
        let canonical = spelling::canonical_text(program, arguments);
        let start = invocation.spans.first().map_or(invocation.span.start, |span| span.start);
        let bare = self.frame.script.text.get(start..invocation.span.end).unwrap_or_default().trim_end();
        let bare = if invocation.assignments.is_empty() || invocation.derived { &invocation.literal } else { bare };
        let forms = spelling::forms(program, arguments, &invocation.literal, &canonical, bare);
        let places = self.scope.places.clone();
        let mut found = Found::new(&places);
        (found.paths, found.doubts) = (invocation.paths, invocation.doubts);
        if program.certainty == Certainty::Opaque || program.glob {
            found.doubt(DoubtKind::Dynamic, format!("the program `{}` is only known when it runs", program.written));
        }
        let name = if program.complete { Some(program_name(&program.value).to_owned()) } else { None };
        if program.complete && program.value.contains('/') {
            found.touch(program, Touch::sure(Access::Execute, "the program itself"));
        }
        let piped = matches!(invocation.input, Input::Pipe | Input::Text(_));
        if kind == Kind::Simple {
            match wrappers::options(table) {
                Some(options) => wrapper_paths(table, options, arguments, &mut found),
                None => paths::arguments(table, arguments, piped, &mut found),
            }
        }
        let directory_change = matches!(basename(&program.value), "cd" | "chdir" | "pushd" | "popd");
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
            certainty: invocation.certainty.max(program.certainty),
        }
    }

    /// Doubts about programs that run what they read.
    fn input_doubts(&self, name: &str, input: &Input, peeled: &Peeled, command: &mut Command) {
        if !peeled.reads_input {
            return;
        }
        match input {
            Input::Pipe => {
                let text = format!("`{name}` runs what it reads from the pipe");
                command.doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
            }
            Input::Text(text) if !wrappers::is_shell(name) => {
                let mut found = Found::new(&self.scope.places);
                paths::embedded(text, &format!("input of `{name}`"), &mut found);
                command.paths.extend(found.paths);
                command.doubts.extend(found.doubts);
            }
            Input::Text(_) => {}
            // A redirect from a file, or the terminal: an agent has none, so nothing is run.
            Input::Other if command.paths.iter().any(|path| path.because == "redirect <") => {
                let text = format!("`{name}` runs the commands in a file");
                command.doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
            }
            Input::Other => {}
        }
    }

    /// Follows the commands inside a wrapper.
    fn peeled(&mut self, peeled: &Peeled, arguments: &[Word], spans: &[Span], span: &Span, certainty: Certainty) -> Option<Exit> {
        if peeled.inner.is_empty() {
            return None;
        }
        let mark = self.scope.mark();
        if let Some(directory) = &peeled.directory {
            self.scope.places = self.moved(directory);
        }
        let mut exit = None;
        for inner in &peeled.inner {
            match inner {
                Inner::Hidden(why) => {
                    let doubt = Doubt { kind: DoubtKind::Dynamic, text: why.clone() };
                    self.commands.last_mut().into_iter().for_each(|command| command.doubts.push(doubt.clone()));
                }
                Inner::Text { text, certainty: inner } => {
                    let place = self.place(span);
                    exit = Some(self.shell_text(text, &place, certainty.max(*inner)));
                }
                Inner::Words { from, to, certainty: inner } => {
                    let certainty = certainty.max(*inner);
                    exit = Some(self.inner_words(peeled, arguments, spans, (*from, *to), span, certainty));
                }
            }
        }
        if !peeled.same_shell {
            self.scope.rewind(mark);
            return None;
        }
        exit
    }

    fn inner_words(&mut self, peeled: &Peeled, arguments: &[Word], spans: &[Span], (from, to): (usize, usize), span: &Span, certainty: Certainty) -> Exit {
        let mut words: Vec<Word> = arguments.get(from..to).unwrap_or_default().to_vec();
        let spans: Vec<Span> = spans.get(from + 1..to + 1).unwrap_or_default().to_vec();
        let text = Rc::clone(&self.frame.script);
        let literal = match (spans.first(), spans.last()) {
            (Some(first), Some(last)) => text.text.get(first.start..last.end).unwrap_or_default().to_owned(),
            _ => words.iter().map(|word| word.written.as_str()).collect::<Vec<_>>().join(" "),
        };
        let span = match (spans.first(), spans.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => span.clone(),
        };
        let mut doubts = Vec::new();
        if peeled.more_arguments {
            let text = format!("`{}` gets arguments from its input", clip(&literal));
            doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
        }
        if let [root, ..] = peeled.roots.as_slice() {
            for word in words.iter_mut().filter(|word| word.value.contains("{}")) {
                // Whatever `find` finds lies below where it starts.
                word.value = word.value.replace("{}", &format!("{}/**", root.value.trim_end_matches('/')));
                word.certainty = word.certainty.max(Certainty::Assumed).max(root.certainty);
                word.complete &= root.complete;
                word.glob = true;
            }
        }
        let invocation = Invocation {
            words,
            spans,
            assignments: Vec::new(),
            paths: Vec::new(),
            doubts,
            input: Input::Other,
            span,
            literal,
            derived: true,
            certainty,
        };
        self.invoke(invocation, Vec::new())
    }

    /// Reads a string that a shell will run.
    fn shell_text(&mut self, text: &Word, place: &Range<usize>, certainty: Certainty) -> Exit {
        if text.certainty == Certainty::Opaque || text.glob {
            let what = format!("a shell runs `{}`, which is only known in part", clip(&text.value));
            let doubt = Doubt { kind: DoubtKind::Dynamic, text: what };
            self.commands.last_mut().into_iter().for_each(|command| command.doubts.push(doubt.clone()));
        }
        let piped = std::mem::replace(&mut self.piped, false);
        let exit = self.text(&text.value, Some(place.clone()), true, certainty.max(text.certainty));
        self.piped = piped;
        exit
    }

    /// What a builtin changes in the shell.
    fn effects(&mut self, name: &str, arguments: &[Word]) -> Exit {
        match name {
            "cd" | "chdir" | "pushd" => return self.change_directory(name, arguments),
            "popd" => {
                let target = self.scope.previous.take().unwrap_or_else(Places::unknown);
                return self.go(target);
            }
            "exit" | "return" | "break" | "continue" => {
                return Exit { success: Places::nowhere(), failure: Places::nowhere() };
            }
            "export" | "declare" | "typeset" | "local" | "readonly" => self.declare(arguments),
            "unset" | "read" | "mapfile" | "readarray" | "getopts" => {
                for word in arguments.iter().filter(|word| !word.value.starts_with('-')) {
                    self.scope.set(&word.value, None);
                }
            }
            "printf" => {
                if let [flag, variable, ..] = arguments {
                    if flag.value == "-v" {
                        self.scope.set(&variable.value, None);
                    }
                }
            }
            "set" => self.set(arguments),
            "shift" => self.scope.positional = None,
            "alias" => {
                for word in arguments {
                    if let Some((alias, text)) = word.value.split_once('=') {
                        self.scope.alias(alias, text);
                    }
                }
            }
            _ => {}
        }
        Exit::both(&self.scope.places)
    }

    fn declare(&mut self, arguments: &[Word]) {
        // A reference to another variable can change it under any name.
        let reference = arguments.iter().any(|word| word.value.starts_with('-') && word.value.contains('n'));
        for word in arguments {
            if let Some((name, value)) = word.value.split_once('=') {
                let value = Word { certainty: word.certainty, ..known(value) };
                self.scope.set(name, Some(value).filter(|_| word.complete && !reference));
            }
        }
    }

    fn set(&mut self, arguments: &[Word]) {
        let mut index = 0;
        while let Some(word) = arguments.get(index) {
            if word.value == "--" {
                index += 1;
                self.scope.positional = Some(Rc::from(arguments.get(index..).unwrap_or_default()));
                return;
            }
            if !word.value.starts_with(['-', '+']) {
                self.scope.positional = Some(Rc::from(arguments.get(index..).unwrap_or_default()));
                return;
            }
            let letters = !word.value.starts_with("--") && word.value.starts_with('-');
            let named = arguments.get(index + 1).is_some_and(|next| next.value == "errexit");
            self.errexit |= letters && (word.value.contains('e') || (word.value.contains('o') && named));
            index += 1 + usize::from(word.value.contains('o'));
        }
    }

    fn change_directory(&mut self, name: &str, arguments: &[Word]) -> Exit {
        let operands: Vec<&Word> = arguments.iter().filter(|word| !word.value.starts_with('-') || word.value == "-").collect();
        let target = match operands.as_slice() {
            [] if name == "pushd" => Places::unknown(),
            [] => Places::one(&paths::normalise(&self.scope.home)),
            [word] if word.value == "-" => self.scope.previous.clone().unwrap_or_else(Places::unknown),
            [word] => self.moved(word),
            _ => Places::unknown(),
        };
        if target.is_unknown() {
            let written = operands.first().map_or(name, |word| word.written.as_str());
            let text = format!("`{name}` goes to a directory that is only known when it runs: `{}`", clip(written));
            let doubt = Doubt { kind: DoubtKind::Unresolved, text };
            self.commands.last_mut().into_iter().for_each(|command| command.doubts.push(doubt.clone()));
        }
        self.go(target)
    }

    fn go(&mut self, target: Places) -> Exit {
        let before = std::mem::replace(&mut self.scope.places, target.clone());
        self.scope.previous = Some(before.clone());
        Exit { success: target, failure: before }
    }

    /// Where `word` leads from here.
    fn moved(&self, word: &Word) -> Places {
        if !word.complete || word.glob || word.value.is_empty() {
            return Places::unknown();
        }
        if word.value.starts_with('/') {
            return Places::one(&paths::normalise(&word.value));
        }
        let from = &self.scope.places;
        if from.is_unknown() {
            return Places::unknown();
        }
        let targets = from.known().iter().map(|place| Places::one(&paths::join(place, &word.value)));
        targets.reduce(|one, other| one.join(&other)).unwrap_or_else(Places::unknown)
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

fn wrapper_paths(name: &str, options: &'static str, arguments: &[Word], found: &mut Found<'_>) {
    let row = crate::programs::Program { name: "", operands: "t*", options, recursive: "" };
    // Only the wrapper's own options: the rest belongs to the command inside.
    let own = crate::options::parts(arguments, options, name == "su" || name == "script");
    let end = own.iter().find_map(|part| if let crate::options::Part::Operand(at) = part { Some(*at) } else { None });
    let leading = arguments.get(..end.unwrap_or(arguments.len())).unwrap_or_default();
    paths::known(&row, name, leading, false, found);
    if name == "sudo" && leading.iter().any(|word| matches!(word.value.as_str(), "-e" | "--edit")) {
        for file in arguments.get(leading.len()..).unwrap_or_default() {
            found.touch(file, Touch::sure(Access::Write, "edited by `sudo -e`"));
        }
    }
    if let (true, Some(target)) = (matches!(name, "flock" | "script" | "chroot"), end.and_then(|at| arguments.get(at))) {
        let access = if name == "chroot" { Access::List } else { Access::Write };
        found.touch(target, Touch::sure(access, &format!("argument of `{name}`")));
    }
}


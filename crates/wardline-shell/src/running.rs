//! Follows a program that is run: its command is noted, then the alias, the function, the commands, scripts and code that stand
//! behind its name.

use crate::answer::{Certainty, Channel, Doubt, DoubtKind, Input, Kind, Word};
use crate::build::Invocation;
use crate::canonical::{basename, program_name};
use crate::effect::elsewhere::{self, shared};
use crate::expand::known;
use crate::held::SETTERS;
use crate::inner::{self, Outer};
use crate::interp::well_known;
use crate::options::part_of;
use crate::special;
use crate::syntax::Span;
use crate::walk::{Exit, Walker};
use crate::wrappers::{self, Peeled, is_shell};

/// A program that is run, and what its name and its words stand for.
struct Run<'a> {
    program: &'a Word,
    arguments: Vec<Word>,
    /// The last part of the program's path.
    name: &'a str,
    /// The name under which it stands in the tables.
    table: &'a str,
    kind: Kind,
    alias: Option<String>,
    function: bool,
    peeled: Peeled,
    /// The `find` with `-exec` that this `xargs` amounts to.
    searched: Option<Vec<Word>>,
    input: Input,
    id: u32,
    /// Where it stands in the current text, and where each of its words does.
    span: Span,
    spans: Vec<Span>,
    certainty: Certainty,
}

impl Walker {
    /// Notes the command, follows what it runs, and applies what it changes.
    pub(crate) fn run(&mut self, mut invocation: Invocation, program: &Word) -> Exit {
        let matched = programs_matching(program);
        let program = matched.as_ref().unwrap_or(program);
        if matched.is_some() {
            let text = format!("the program `{}` is only known when it runs", program.written);
            invocation.doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
        }
        let mut run = self.recognized(&mut invocation, program);
        self.unwrapped(&mut run);
        let (place, prints) = self.noted(invocation, &run);
        let mut exit = self.effects(run.name, &run.arguments);
        let streams = (self.output, self.sink, std::mem::replace(&mut self.input, run.input.clone()));
        (self.output, self.sink) = (prints, prints);
        let (holder, outside) = (self.holder, (self.elsewhere, self.shared.clone()));
        if let Some(own) = self.defined(&run, &place) {
            exit = own;
        }
        self.holder = Some(run.id);
        if run.kind == Kind::Simple && wrappers::is_container(run.table) {
            self.elsewhere = true;
            self.shared = shared(&run.arguments, self.scope.places.single());
            run.peeled.directory = elsewhere::start(&self.shared).map(known);
        }
        let inner = self.behind(&run, &place);
        (self.elsewhere, self.shared) = outside;
        self.holder = holder;
        (self.output, self.sink, self.input) = streams;
        inner.unwrap_or(exit)
    }

    /// What stands behind the name: an alias, a function of the script, a program.
    fn recognized<'a>(&self, invocation: &mut Invocation, program: &'a Word) -> Run<'a> {
        let name = program_name(&program.value);
        let table = table_name(name);
        let alias = self.scope.alias_of(&program.value).map(str::to_owned);
        let alias = alias.filter(|_| program.literal && !self.aliases.contains(&program.value));
        let function = self.scope.defines(&program.value);
        // A definition may not be in force where it is used: a name that is a program's counts as that program too.
        let program_too = crate::programs::find(table).is_some()
            || wrappers::options(table).is_some()
            || special::is(table);
        let kind = if (alias.is_some() || function) && !program_too { Kind::Call } else { Kind::Simple };
        Run {
            program,
            arguments: std::mem::take(&mut invocation.words),
            name,
            table,
            kind,
            alias,
            function,
            peeled: Peeled::default(),
            searched: None,
            input: invocation.input.clone(),
            id: invocation.id,
            span: invocation.span.clone(),
            spans: invocation.spans.clone(),
            certainty: invocation.certainty.max(program.certainty),
        }
    }

    /// Finds the commands among its words.
    fn unwrapped(&self, run: &mut Run<'_>) {
        if run.kind != Kind::Call && run.program.complete {
            run.peeled = wrappers::peel(run.table, &run.arguments);
        }
        if run.table != "xargs" {
            return;
        }
        let text = self.text_of(&run.input);
        if let Some(text) = text.filter(|text| text.complete && !text.glob && !text.value.is_empty()) {
            inner::given(&mut run.peeled, &run.arguments, &text);
        }
        // `find … -print0 | xargs -0 wc -l` does what `find … -exec wc -l {} +` does.
        run.searched = self.searched(&run.input, &run.arguments, &run.peeled);
        if let Some(search) = &run.searched {
            run.peeled = wrappers::peel("find", search);
        }
    }

    /// Notes the command, the variables that it sets for others, and what it prints and writes. Returns its place in the whole
    /// script, and the stream that it prints to.
    fn noted(&mut self, invocation: Invocation, run: &Run<'_>) -> (Span, Option<Channel>) {
        let arguments = &run.arguments;
        let mut held = invocation.assignments.clone();
        held.extend(arguments.iter().filter(|_| SETTERS.contains(&run.table)).filter_map(|word| {
            let (name, value) = word.value.split_once('=')?;
            Some((name.to_owned(), part_of(word, value)))
        }));
        let mut command = self.command(invocation, run.program, arguments, run.kind, run.table);
        self.input_doubts(run.table, &run.input, &run.peeled, &mut command);
        self.objects(run.table, arguments, &run.input, &mut command);
        let (place, prints) = (command.span.clone(), command.prints);
        let files = crate::build::written_files(&command.redirects);
        self.note(command, run.id);
        let itself = |word: &Word| matches!(word.written.trim_matches('"'), "$0" | "${0}" | "$BASH_SOURCE");
        let runs_itself =
            itself(run.program) || (is_shell(run.table) && arguments.first().is_some_and(itself));
        if runs_itself && self.parallel > 0 {
            self.exhausts("$0");
        }
        for (name, value) in &held {
            self.held(name, value, &place);
        }
        if run.kind != Kind::Call {
            let text = self.printed(run.name, arguments, &run.input, prints, &run.peeled, !files.is_empty());
            self.leaves(run.name, arguments, &run.input, text.as_ref(), &files);
        }
        (place, prints)
    }

    /// Follows the alias or the function of that name.
    fn defined(&mut self, run: &Run<'_>, place: &Span) -> Option<Exit> {
        let Some(alias) = &run.alias else {
            return if run.function { self.call(&run.program.value, &run.arguments) } else { None };
        };
        let rest: Vec<&str> = run.arguments.iter().map(|word| word.canonical.as_str()).collect();
        let text = format!("{alias} {}", rest.join(" "));
        self.holder = Some(run.id);
        Some(self.aliased(&run.program.value, &text, place, run.certainty))
    }

    /// Follows what the program runs: the commands among its words, its script or target, and what it reads.
    fn behind(&mut self, run: &Run<'_>, place: &Span) -> Option<Exit> {
        let (table, arguments, input) = (run.table, run.arguments.as_slice(), &run.input);
        let outer = Outer {
            peeled: &run.peeled,
            arguments: run.searched.as_deref().unwrap_or(arguments),
            spans: if run.searched.is_some() { &[] } else { &run.spans },
            span: &run.span,
            input,
            certainty: run.certainty,
        };
        let mut inner = self.peeled(&outer);
        if run.kind == Kind::Simple {
            self.follow_start_up(table, arguments, place);
            let followed = self.follow_script(table, run.program, arguments, &run.peeled, input, place);
            inner = inner.or(followed);
            let mark = self.scope.mark();
            self.follow_targets(table, arguments, input, place);
            self.scope.rewind(mark);
        }
        let text = if run.peeled.reads_input && is_shell(table) { self.text_of(input) } else { None };
        if let Some(text) = text.filter(|text| !text.value.is_empty()) {
            self.shell_text(&text, place, run.certainty);
        }
        if run.kind == Kind::Simple {
            self.interpreted(table, arguments, input, place, run.certainty);
        }
        let text = if crate::escapes::reads_input(table, arguments) { self.text_of(input) } else { None };
        if let Some(text) = text {
            let inner = crate::escapes::inner_of_input(table, arguments, &text);
            self.inner_of(&Peeled { inner, ..Peeled::default() }, place, run.certainty);
        }
        inner
    }
}

/// The program that a pattern in place of its name most likely stands for.
fn programs_matching(program: &Word) -> Option<Word> {
    if !program.glob || !program.complete || !program.value.contains('/') {
        return None;
    }
    let path = well_known::matching(&program.value)?;
    let mut word = Word { certainty: Certainty::Assumed, ..known(&path) };
    word.written.clone_from(&program.written);
    word.literal = false;
    word.trace.push(format!("`{}` matches `{path}`", program.written));
    Some(word)
}

/// The name under which a program stands in the tables: `python3.12` is `python3`.
fn table_name(name: &str) -> &str {
    let name = basename(name);
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    match plain {
        "python" if name.starts_with("python3") => "python3",
        "python" | "perl" | "ruby" | "php" | "lua" | "node" | "luajit" | "tclsh" => plain,
        "pypy" => "python3",
        "nodejs" | "tsx" | "ts-node" => "node",
        _ => name,
    }
}

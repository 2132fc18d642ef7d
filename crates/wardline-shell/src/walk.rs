//! Follows a script as a shell would run it and hands each simple command to `build`.
//!
//! Both outcomes of a command are followed where they matter (`cd x && …`, `cd x; …`), subshells take their changes with
//! them, branches leave theirs uncertain. Loops over constants and calls of functions are followed a bounded number of times.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use crate::Context;
use crate::answer::{Analysis, Certainty, Channel, Command, Doubt, DoubtKind, Input, Kind, ParserUsed, Word};
use crate::effect::elsewhere::Shared;
use crate::expand::expand;
use crate::interp::assign::Bound;
use crate::interp::loops::{is_endless, tested};
use crate::lexer::Trouble;
use crate::limits::{FLOOD, Fuel, Limits, suspicious};
use crate::opinion::{self, Opinion};
use crate::reader;
use crate::refusal::{self, Ground};
use crate::relay::Relay;
use crate::scope::{Binding, Function, Places, Scope, nothing_known};
use crate::syntax::{self, AndOr, Link, List, Node, NodeKind, Pipeline, Script};
use crate::{effect, grade};

/// How often, in all, a loop body or a function is walked again with other values.
const MOST_REPEATS: u32 = 64;

/// What may be spent on looking through a text that was too much to follow.
const SKIMMING: Limits = Limits { bytes: 64 * 1024, depth: 16, steps: 4_000, commands: u32::MAX };
/// Most pieces of such a text that are looked at.
const MOST_PIECES: usize = 2_000;

/// Where a command leaves the shell, by how it ends. Nowhere: it does not come back.
#[derive(Clone, Debug)]
pub(crate) struct Exit {
    pub(crate) success: Places,
    pub(crate) failure: Places,
}

impl Exit {
    pub(crate) fn both(places: &Places) -> Self {
        Self { success: places.clone(), failure: places.clone() }
    }

    fn joined(&self) -> Places {
        self.success.clone().join(&self.failure)
    }
}

/// The text being walked, and how its spans map to the whole script's.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) script: Rc<Script>,
    /// The range all of it stands for; `None` when its spans are those of the whole script.
    pub(crate) within: Option<Range<usize>>,
    pub(crate) derived: bool,
    pub(crate) certainty: Certainty,
}

pub(crate) struct Walker {
    pub(crate) fuel: Fuel,
    pub(crate) scope: Scope,
    pub(crate) frame: Frame,
    pub(crate) commands: Vec<Command>,
    pub(crate) doubts: Vec<Doubt>,
    /// Tells each command apart while their order still changes; beside `commands`.
    pub(crate) ids: Vec<u32>,
    pub(crate) next_id: u32,
    /// The command that the walk is inside of.
    pub(crate) holder: Option<u32>,
    /// What standard input is, unless a command redirects it.
    pub(crate) input: Input,
    /// What other descriptors are open for reading: `exec 3< f`, `3<<E`.
    pub(crate) descriptors: BTreeMap<u32, Input>,
    /// Where standard output goes, if into a stream of the script.
    pub(crate) output: Option<Channel>,
    /// Where the text of standard output is collected.
    pub(crate) sink: Option<Channel>,
    /// The stream that `>( … )` reads.
    pub(crate) tap: Option<Channel>,
    /// How many pipelines and background jobs the walk is inside of.
    pub(crate) parallel: u32,
    /// What is followed runs in a container, or on another host.
    pub(crate) elsewhere: bool,
    /// The directories that are shared with it.
    pub(crate) shared: Vec<Shared>,
    /// How many branches the walk is inside of.
    pub(crate) branches: u32,
    /// Where the lines of the script end.
    pub(crate) lines: Vec<usize>,
    next_serial: u32,
    /// Effects of the script as a whole, with the ids of their commands.
    pub(crate) effects: Vec<(u32, effect::Effect)>,
    /// Files whose text would say more.
    pub(crate) wanted: BTreeSet<String>,
    pub(crate) relay: Relay,
    /// What variables were before functions made them local.
    pub(crate) locals: Vec<Vec<(String, Option<Binding>)>>,
    /// Arrays among the arguments of the command that is followed.
    pub(crate) declared: Vec<Bound>,
    /// `IFS` as it is set for the command alone.
    pub(crate) separators: Option<String>,
    /// A failing command ends the script.
    pub(crate) errexit: bool,
    functions: Vec<Rc<Function>>,
    /// The functions that are being followed, and how many pipelines and jobs were around each.
    active: Vec<(*const Node, u32)>,
    /// Aliases whose text is being read.
    pub(crate) aliases: Vec<String>,
    repeats: u32,
    parser: ParserUsed,
}

pub(crate) fn analyze(script: &str, context: &Context<'_>, limits: &Limits) -> Analysis {
    if script.len() > limits.bytes {
        return too_long(script, limits);
    }
    let empty = Script {
        text: Rc::from(""),
        list: Vec::new(),
        heredocs: Vec::new(),
        census: syntax::Census::default(),
        serial: 0,
    };
    let frame = Frame { script: Rc::new(empty), within: None, derived: false, certainty: Certainty::Proven };
    let mut walker = Walker {
        fuel: Fuel::new(limits),
        scope: Scope::new(context.cwd, context.home),
        frame,
        commands: Vec::new(),
        doubts: Vec::new(),
        ids: Vec::new(),
        next_id: 0,
        holder: None,
        input: Input::Inherited,
        output: None,
        sink: None,
        tap: None,
        parallel: 0,
        branches: 0,
        elsewhere: false,
        shared: Vec::new(),
        lines: script.match_indices('\n').map(|(at, _)| at).collect(),
        next_serial: 0,
        effects: Vec::new(),
        wanted: BTreeSet::new(),
        descriptors: BTreeMap::new(),
        relay: Relay::new(context.texts),
        locals: Vec::new(),
        declared: Vec::new(),
        separators: None,
        errexit: false,
        functions: Vec::new(),
        active: Vec::new(),
        aliases: Vec::new(),
        repeats: MOST_REPEATS,
        parser: ParserUsed::Brush,
    };
    walker.scope.project = project_of(context);
    walker.doubts.extend(suspicious(script));
    walker.text(script, None, false, Certainty::Proven);
    if script.contains("\r\n") {
        // Whoever passes the script on may end its lines in the other way.
        let text = script.replace("\r\n", "\n");
        walker.fuel.allow_commands(limits.commands);
        walker.scope = walker.fresh_scope(context);
        walker.text(&text, Some(0..script.len()), true, Certainty::Assumed);
    }
    walker.functions_left();
    let exceeded = walker.fuel.exceeded();
    if let Some(exceeded) = exceeded {
        let kind = if exceeded == FLOOD { DoubtKind::Flood } else { DoubtKind::Limit };
        walker.doubts.push(Doubt { kind, text: exceeded.0.to_owned() });
        walker.raw(script, 0..script.len());
        if exceeded != FLOOD {
            walker.skim(script, context);
        }
    }
    if walker.scope.overspent() {
        let text = "the values of variables and substitutions are too long to follow".to_owned();
        walker.doubts.push(Doubt { kind: DoubtKind::Limit, text });
    }
    let whole = exceeded.is_some();
    walker.settle_order();
    let (mut commands, mut doubts, parser) = (walker.commands, walker.doubts, walker.parser);
    let (mut effects, more) = effect::of(&commands, context);
    if more {
        let text = "searches find more files than can be told apart".to_owned();
        doubts.push(Doubt { kind: DoubtKind::Limit, text });
    }
    effects.extend(refusal::seen(script, &commands));
    effects.extend(walker.effects.into_iter().map(|(_, effect)| effect));
    effects.sort_by_key(|effect| effect.command);
    grade::all(&mut commands, &effects, context);
    let refusals = refusal::judge(&effects, &commands, &Ground::of(context));
    let wanted = walker.wanted.into_iter().collect();
    crate::language::remembered::forget();
    Analysis { commands, doubts, effects, refusals, wanted, parser, script: script.to_owned(), whole }
}

/// A text that is longer than what is read. Its beginning shows whether it holds too many commands besides.
fn too_long(script: &str, limits: &Limits) -> Analysis {
    let mut fuel = Fuel::new(limits);
    let head = (0..=limits.bytes).rev().find_map(|end| script.get(..end)).unwrap_or_default();
    let floods = matches!(reader::read(head, &mut fuel), Err(Trouble::Exceeded(FLOOD)));
    let text = format!("the script has {} bytes; at most {} are read", script.len(), limits.bytes);
    let long = Doubt { kind: DoubtKind::Limit, text };
    let flood = floods.then(|| Doubt { kind: DoubtKind::Flood, text: FLOOD.0.to_owned() });
    unread(script, flood.into_iter().chain([long]).collect())
}

/// A piece of a script without what only joins it to others.
fn statement(piece: &str) -> &str {
    let mut rest = piece.trim_end_matches(['$', '"', '\'', ' ']);
    while let Some((first, after)) = rest.split_once(' ') {
        if !matches!(first, "then" | "do" | "else" | "elif" | "if" | "while" | "until" | "!") {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

/// The root of the project.
fn project_of(context: &Context<'_>) -> String {
    if context.project.is_empty() { context.cwd.to_owned() } else { context.project.to_owned() }
}

fn unread(script: &str, doubts: Vec<Doubt>) -> Analysis {
    let commands = vec![raw_command(script, 0..script.len(), false)];
    Analysis {
        commands,
        doubts,
        effects: Vec::new(),
        refusals: Vec::new(),
        wanted: Vec::new(),
        parser: ParserUsed::None,
        script: script.to_owned(),
        whole: true,
    }
}

pub(crate) fn raw_command(text: &str, span: Range<usize>, derived: bool) -> Command {
    Command {
        span,
        kind: Kind::Raw,
        literal: text.to_owned(),
        canonical: text.split_whitespace().collect::<Vec<_>>().join(" "),
        forms: Vec::new(),
        derived,
        directory_change: false,
        program: None,
        arguments: Vec::new(),
        assignments: Vec::new(),
        paths: Vec::new(),
        doubts: Vec::new(),
        certainty: Certainty::Opaque,
        input: Input::default(),
        prints: None,
        redirects: Vec::new(),
        directory: None,
        holder: None,
        parallel: false,
        elsewhere: false,
        foreign: Vec::new(),
        shared: Vec::new(),
        code: None,
        grade: grade::Grade::Unknown,
    }
}

impl Walker {
    /// Reads and walks a text: the script itself, or a string that a command runs as one.
    pub(crate) fn text(
        &mut self,
        text: &str,
        within: Option<Range<usize>>,
        derived: bool,
        certainty: Certainty,
    ) -> Exit {
        let level = self.fuel.level();
        let read = match self.fuel.enter() {
            Ok(()) => reader::read(text, &mut self.fuel),
            Err(exceeded) => Err(Trouble::Exceeded(exceeded)),
        };
        self.fuel.return_to(level);
        let span = within.clone().unwrap_or(0..text.len());
        match read {
            Ok(mut script) => {
                self.next_serial += 1;
                script.serial = self.next_serial;
                let script = Rc::new(script);
                let opinion = opinion::second(text, script.census, &mut self.fuel);
                let frame = Frame { script: Rc::clone(&script), within, derived, certainty };
                let outer = std::mem::replace(&mut self.frame, frame);
                let from = self.commands.len();
                let exit = self.nested(&script.list);
                self.frame = outer;
                self.weigh(&opinion, text, span, from);
                exit
            }
            // The limit is reported once, with the whole script.
            Err(Trouble::Exceeded(_)) => Exit::both(&self.scope.places),
            Err(Trouble::Syntax { at, what }) => {
                self.doubts.push(Doubt {
                    kind: DoubtKind::Unparsed,
                    text: format!("{what} at byte {at} of `{}`", clip(text)),
                });
                self.raw(text, span.clone());
                self.salvage(text, &span, derived);
                Exit::both(&Places::unknown())
            }
        }
    }

    /// Takes note of what the other parsers saw.
    fn weigh(&mut self, opinion: &Opinion, text: &str, span: Range<usize>, from: usize) {
        let what = match opinion {
            Opinion::Agrees => return,
            Opinion::SawMore => "another parser sees a command that was not found".to_owned(),
            Opinion::Broken => "other parsers find errors".to_owned(),
            Opinion::Contested(what) => format!("shells differ on {what}"),
            Opinion::Tree(starts) => {
                self.parser = ParserUsed::TreeSitter;
                let listed = |start: &usize| {
                    self.commands.iter().skip(from).any(|command| {
                        // What stands in backticks has the span of the backticks.
                        let backticks = text.as_bytes().get(command.span.start) == Some(&b'`');
                        command.span.start == *start || (backticks && command.span.contains(start))
                    })
                };
                match starts
                    .iter()
                    .find(|start| span.start == 0 && self.frame.within.is_none() && !listed(start))
                {
                    Some(start) => format!("another parser sees a command at byte {start}"),
                    None => return,
                }
            }
        };
        self.doubts.push(Doubt { kind: DoubtKind::Unparsed, text: format!("{what} in `{}`", clip(text)) });
        self.raw(text, span);
    }

    /// Lists what tree-sitter takes for commands in a text that could not be read.
    fn salvage(&mut self, text: &str, span: &Range<usize>, derived: bool) {
        self.parser = ParserUsed::TreeSitter;
        let mark = self.scope.mark();
        self.scope.places = Places::unknown();
        // These were counted when the whole was read.
        let commands = self.fuel.allow_commands(u32::MAX);
        for piece in crate::kilo::nodes(text) {
            let Some(part) = text.get(piece).filter(|part| part.len() < text.len()) else { continue };
            let level = self.fuel.level();
            let script = match self.fuel.step() {
                Ok(()) => reader::read(part, &mut self.fuel),
                Err(_) => break,
            };
            self.fuel.return_to(level);
            match script {
                Ok(script) => self.piece(script, span, derived),
                Err(_) => self.raw(part, span.clone()),
            }
        }
        self.fuel.allow_commands(commands);
        self.scope.rewind(mark);
    }

    /// Follows a piece of a text that could not be followed as a whole.
    fn piece(&mut self, mut script: Script, span: &Range<usize>, derived: bool) {
        self.next_serial += 1;
        script.serial = self.next_serial;
        let script = Rc::new(script);
        let certainty = Certainty::Assumed;
        let frame = Frame { script: Rc::clone(&script), within: Some(span.clone()), derived, certainty };
        let outer = std::mem::replace(&mut self.frame, frame);
        let _exit = self.nested(&script.list);
        self.frame = outer;
    }

    /// Looks through what was not followed, because a limit was reached, for commands that stand in it plainly: depth and
    /// length are no way to hide them. The doubt stays.
    fn skim(&mut self, text: &str, context: &Context<'_>) {
        self.fuel = Fuel::new(&SKIMMING);
        self.scope = self.fresh_scope(context);
        let mut seen = BTreeSet::new();
        let span = 0..text.len();
        let parts = text.split(['\n', ';', '|', '&', '(', ')', '`', '{', '}']).map(str::trim);
        for part in parts.filter(|part| part.contains(' ') && seen.insert(*part)).take(MOST_PIECES) {
            let level = self.fuel.level();
            let script = reader::read(statement(part), &mut self.fuel);
            self.fuel.return_to(level);
            match script {
                Ok(script) => self.piece(script, &span, true),
                Err(Trouble::Exceeded(_)) => break,
                Err(Trouble::Syntax { .. }) => {}
            }
        }
    }

    pub(crate) fn raw(&mut self, text: &str, span: Range<usize>) {
        let id = self.new_id();
        self.note(raw_command(text, span, self.frame.derived), id);
    }

    /// The scope of a script that starts again; its streams go on.
    fn fresh_scope(&mut self, context: &Context<'_>) -> Scope {
        let mut scope = Scope::new(context.cwd, context.home);
        scope.streams = std::mem::take(&mut self.scope.streams);
        scope.project = project_of(context);
        scope
    }

    /// The span in the whole script of a span in the current text.
    pub(crate) fn place(&self, span: &Range<usize>) -> Range<usize> {
        self.frame.within.clone().unwrap_or_else(|| span.clone())
    }

    pub(crate) fn nested(&mut self, list: &List) -> Exit {
        if self.fuel.enter().is_err() {
            return Exit::both(&self.scope.places);
        }
        let exit = self.list(list);
        self.fuel.leave();
        exit
    }

    pub(crate) fn list(&mut self, list: &List) -> Exit {
        let mut last = Exit::both(&self.scope.places);
        for item in list {
            if self.fuel.exceeded().is_some() {
                break;
            }
            let before = self.scope.places.clone();
            last = self.and_or(item);
            let dies = self.errexit && item.rest.is_empty() && !item.first.negated;
            let after = if dies { last.success.clone() } else { last.joined() };
            // Code after `exit` is read as if it ran.
            self.scope.places = if after.reachable() { after } else { before };
        }
        last
    }

    fn and_or(&mut self, item: &AndOr) -> Exit {
        if item.background {
            let mark = self.scope.mark();
            self.parallel += 1;
            let _exit = self.chain(item);
            self.parallel -= 1;
            self.scope.rewind(mark);
            return Exit::both(&self.scope.places);
        }
        self.chain(item)
    }

    fn chain(&mut self, item: &AndOr) -> Exit {
        let mut exit = self.pipeline(&item.first);
        for (link, pipeline) in &item.rest {
            let start = if *link == Link::And { &exit.success } else { &exit.failure };
            self.scope.places = if start.reachable() { start.clone() } else { Places::unknown() };
            let mark = self.scope.mark();
            if *link == Link::And {
                tested(&item.first).iter().for_each(|name| self.scope.fill(name));
            }
            self.branches += u32::from(*link == Link::Or);
            let next = self.pipeline(pipeline);
            self.branches -= u32::from(*link == Link::Or);
            let places = self.scope.places.clone();
            self.scope.blur(&mark);
            self.scope.places = places;
            exit = match link {
                Link::And => Exit { success: next.success, failure: exit.failure.join(&next.failure) },
                Link::Or => Exit { success: exit.success.join(&next.success), failure: next.failure },
            };
        }
        exit
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Exit {
        let exit = match pipeline.stages.as_slice() {
            [] => Exit::both(&self.scope.places),
            [only] => self.node(only),
            stages => {
                self.stages(stages);
                Exit::both(&self.scope.places)
            }
        };
        if pipeline.negated { Exit { success: exit.failure, failure: exit.success } } else { exit }
    }

    pub(crate) fn node(&mut self, node: &Node) -> Exit {
        if let NodeKind::Simple(simple) = &node.kind {
            return self.simple(node, simple);
        }
        if self.fuel.enter().is_err() {
            return Exit::both(&self.scope.places);
        }
        let exit = if node.redirects.is_empty() { self.compound(node) } else { self.redirected(node) };
        self.fuel.leave();
        exit
    }

    pub(crate) fn compound(&mut self, node: &Node) -> Exit {
        match &node.kind {
            NodeKind::Group(list) => return self.list(list),
            NodeKind::Subshell(list) => {
                let mark = self.scope.mark();
                let _exit = self.list(list);
                self.scope.rewind(mark);
            }
            NodeKind::For { name, words, body } => self.for_loop(name, words.as_deref(), body),
            NodeKind::ArithmeticFor { head, body } => {
                self.visit(head);
                self.endless(head.constant().is_some_and(|head| head.trim() == ";;"), body);
                self.repeated(body);
            }
            NodeKind::Loop { condition, body } => {
                let mark = self.scope.mark();
                let exit = self.list(condition);
                self.scope.places = if exit.success.reachable() { exit.success } else { Places::unknown() };
                self.endless(is_endless(condition), body);
                if !self.by_line(condition, body) {
                    self.repeated(body);
                }
                self.scope.blur(&mark);
            }
            NodeKind::If { arms, otherwise } => return self.conditional(arms, otherwise.as_ref()),
            NodeKind::Case { subject, arms } => self.case(subject, arms),
            NodeKind::Function { name, body } => self.define(name, body),
            NodeKind::Coproc(body) => {
                let mark = self.scope.mark();
                let outer = (self.output, self.sink);
                let channel = Some(self.scope.streams.open(self.branches));
                (self.output, self.sink) = (channel, channel);
                self.parallel += 1;
                let _exit = self.node(body);
                self.parallel -= 1;
                (self.output, self.sink) = outer;
                self.scope.rewind(mark);
            }
            NodeKind::Arithmetic(word) => self.test(node, std::slice::from_ref(word)),
            NodeKind::Test(words) => self.test(node, words),
            NodeKind::Simple(_) => {}
        }
        Exit::both(&self.scope.places)
    }

    pub(crate) fn branch(&mut self, list: &List, mark: &crate::scope::Mark) {
        let here = self.scope.places.clone();
        self.branches += 1;
        let _exit = self.list(list);
        self.branches -= 1;
        self.scope.blur(mark);
        self.scope.places = self.scope.places.clone().join(&here);
    }

    fn conditional(&mut self, arms: &[(List, List)], otherwise: Option<&List>) -> Exit {
        let mark = self.scope.mark();
        let mut after = Places::nowhere();
        for (condition, then) in arms {
            let exit = self.list(condition);
            self.scope.places = if exit.success.reachable() { exit.success } else { Places::unknown() };
            if let [only] = condition.as_slice() {
                tested(&only.first).iter().for_each(|name| self.scope.fill(name));
            }
            self.branches += 1;
            let ended = self.list(then);
            self.branches -= 1;
            after = after.join(&ended.joined());
            self.scope.blur(&mark);
            self.scope.places = if exit.failure.reachable() { exit.failure } else { Places::unknown() };
        }
        match otherwise {
            Some(list) => {
                self.branches += 1;
                let ended = self.list(list);
                self.branches -= 1;
                after = after.join(&ended.joined());
                self.scope.blur(&mark);
            }
            None => after = after.join(&self.scope.places),
        }
        Exit::both(&after)
    }

    fn for_loop(&mut self, name: &str, words: Option<&[syntax::Word]>, body: &List) {
        let script = Rc::clone(&self.frame.script);
        let values: Option<Vec<Word>> = match words {
            Some(words) => {
                for word in words {
                    self.visit(word);
                }
                Some(words.iter().flat_map(|word| expand(word, &script, &self.scope)).collect())
            }
            None => self.scope.positional.as_ref().map(|words| words.to_vec()),
        };
        let count = values.as_ref().map_or(0, Vec::len);
        let affordable = u32::try_from(count).is_ok_and(|count| count > 0 && count <= self.repeats);
        match values {
            Some(values) if affordable && values.iter().any(|value| value.complete) => {
                let mark = self.scope.mark();
                for value in values {
                    self.repeats = self.repeats.saturating_sub(1);
                    if value.complete {
                        self.scope.set(name, Some(value));
                    } else {
                        let mut unknown = nothing_known();
                        unknown.carry(&value);
                        self.scope.bind(name, unknown, None);
                        self.scope.fill(name);
                    }
                    let _exit = self.list(body);
                }
                self.scope.blur(&mark);
            }
            values => {
                // What some of the words are may hide the others, but not without a word.
                if values.as_ref().is_some_and(|values| values.iter().any(|value| value.complete)) {
                    let text = format!("the loop over `${name}` runs for more values than are followed");
                    self.doubts.push(Doubt { kind: DoubtKind::Limit, text });
                }
                let mut value = nothing_known();
                values.iter().flatten().for_each(|word| value.carry(word));
                self.scope.bind(name, value, None);
                self.repeated_for(name, body);
            }
        }
    }

    /// Pays for so many rounds of a loop; false when they can't be paid for.
    pub(crate) fn may_repeat(&mut self, rounds: usize) -> bool {
        let left = u32::try_from(rounds).ok().and_then(|rounds| self.repeats.checked_sub(rounds));
        self.repeats = left.unwrap_or(self.repeats);
        left.is_some()
    }

    /// A body that runs for each of some words. None of them is empty, as a rule.
    fn repeated_for(&mut self, name: &str, body: &List) {
        let before = self.scope.places.clone();
        self.forget(body);
        self.scope.fill(name);
        self.round(body, &before);
    }

    /// A body that runs any number of times, with values that change.
    fn repeated(&mut self, body: &List) {
        let before = self.scope.places.clone();
        self.forget(body);
        self.round(body, &before);
    }

    fn round(&mut self, body: &List, before: &Places) {
        let mark = self.scope.mark();
        self.branches += 1;
        let _exit = self.list(body);
        self.branches -= 1;
        if self.scope.places != *before {
            self.scope.places = Places::unknown();
        }
        self.scope.blur(&mark);
    }

    /// What a loop assigns is not known inside it: it may stem from the round before.
    fn forget(&mut self, body: &List) {
        let mut names = Vec::new();
        assigned(body, &mut names);
        for name in names {
            self.scope.set(&name, None);
        }
    }

    fn define(&mut self, name: &str, body: &Rc<Node>) {
        let function = Rc::new(Function { script: Rc::clone(&self.frame.script), body: Rc::clone(body) });
        self.functions.push(Rc::clone(&function));
        self.scope.define(name, function);
    }

    /// Walks the body of a function that the script calls. The same script defines it, so its commands are this script's.
    pub(crate) fn call(&mut self, name: &str, arguments: &[Word]) -> Option<Exit> {
        let function = self.scope.call(name)?;
        let body = Rc::as_ptr(&function.body);
        if let Some((_, around)) = self.active.iter().find(|(active, _)| *active == body) {
            if self.parallel > *around {
                self.exhausts(name);
            }
            return Some(Exit::both(&Places::unknown()));
        }
        let Some(left) = self.repeats.checked_sub(1) else {
            let text = format!("`{name}` is called too often to follow each call");
            self.doubts.push(Doubt { kind: DoubtKind::Limit, text });
            return Some(Exit::both(&Places::unknown()));
        };
        self.repeats = left;
        let outer = self.scope.set_positional(arguments);
        let exit = self.function_body(&function);
        self.scope.positional = outer;
        Some(exit)
    }

    fn function_body(&mut self, function: &Function) -> Exit {
        let body = Rc::as_ptr(&function.body);
        let frame = Frame { script: Rc::clone(&function.script), ..self.frame.clone() };
        let outer = std::mem::replace(&mut self.frame, frame);
        self.active.push((body, self.parallel));
        self.locals.push(Vec::new());
        let exit = self.node(&function.body);
        for (name, before) in self.locals.pop().unwrap_or_default().into_iter().rev() {
            self.scope.put(name, before);
        }
        self.active.pop();
        self.frame = outer;
        exit
    }

    /// Walks what no call was found for: a trap, another script or a dynamic name may call it.
    fn functions_left(&mut self) {
        let mut next = 0;
        while let Some(function) = self.functions.get(next).cloned() {
            next += 1;
            if !self.scope.was_called(&function) {
                let mark = self.scope.mark();
                self.scope.places = Places::unknown();
                self.scope.positional = None;
                let _exit = self.function_body(&function);
                self.scope.rewind(mark);
            }
        }
    }
}

/// The variables that a list sets, in the shell that runs it.
fn assigned(list: &List, names: &mut Vec<String>) {
    let pipelines = list
        .iter()
        .flat_map(|item| std::iter::once(&item.first).chain(item.rest.iter().map(|(_, next)| next)));
    for node in pipelines.flat_map(|pipeline| &pipeline.stages) {
        match &node.kind {
            NodeKind::Simple(simple) if simple.words.is_empty() => {
                names.extend(simple.assignments.iter().map(|assignment| assignment.name.clone()));
            }
            NodeKind::Simple(simple) => {
                let setter = simple
                    .words
                    .first()
                    .and_then(syntax::Word::bare)
                    .is_some_and(|name| SETTERS.contains(&name));
                let words = simple.words.iter().skip(1).filter(|_| setter).filter_map(syntax::Word::constant);
                names.extend(words.map(|word| word.split('=').next().unwrap_or_default().to_owned()));
            }
            NodeKind::Group(body) | NodeKind::ArithmeticFor { body, .. } => assigned(body, names),
            NodeKind::For { name, body, .. } => {
                names.push(name.clone());
                assigned(body, names);
            }
            NodeKind::Loop { condition, body } => {
                assigned(condition, names);
                assigned(body, names);
            }
            NodeKind::If { arms, otherwise } => {
                for (condition, then) in arms {
                    assigned(condition, names);
                    assigned(then, names);
                }
                otherwise.iter().for_each(|body| assigned(body, names));
            }
            NodeKind::Case { arms, .. } => arms.iter().for_each(|(_, body)| assigned(body, names)),
            _ => {}
        }
    }
}

/// Builtins that set the variables they name.
const SETTERS: &[&str] = &[
    "read",
    "declare",
    "typeset",
    "local",
    "export",
    "readonly",
    "unset",
    "mapfile",
    "readarray",
    "printf",
    "getopts",
];

/// The beginning of a text, for messages.
pub(crate) fn clip(text: &str) -> String {
    let mut characters = text.chars();
    let head: String = characters.by_ref().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if characters.next().is_some() { format!("{head}…") } else { head }
}

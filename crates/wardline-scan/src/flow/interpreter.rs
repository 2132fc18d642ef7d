//! The state of a run: files, frames, what is remembered, what was found.

use std::{collections::VecDeque, sync::Arc};

use super::{
    Flow, Limits, Program, Report, Unit,
    again::Again,
    frame::{Frame, FrameKind},
    record::{Key, Record, Run, keep},
    taint::Taint,
    value::{ClassValue, Closure, Value},
};
use crate::{
    hash::{HashMap, HashSet},
    ir::{FunctionId, Name},
    language::Language,
    role::Role,
};

/// How deep the interpreter itself nests: calls times the nesting of their bodies.
const NESTING: usize = 300;

/// How far a file has been run.
#[derive(Debug)]
pub(super) enum State<'p> {
    Fresh,
    Running,
    Done(HashMap<Name, Value<'p>>),
}

/// A call as it is remembered: function, frame around it, what its parameters are bound to.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Called<'p> {
    pub(super) unit: usize,
    pub(super) function: FunctionId,
    pub(super) scope: Option<u32>,
    pub(super) bound: Vec<Value<'p>>,
}

/// What a call gave: its value, what its parameters were in the end, and the marks of what it threw.
#[derive(Debug, Clone)]
pub(super) struct Outcome<'p> {
    pub(super) value: Value<'p>,
    pub(super) outs: Vec<Option<Value<'p>>>,
    pub(super) thrown: Taint,
}

/// Something whose body is to be run with arguments of unknown origin.
#[derive(Debug, Clone)]
pub(super) enum Entry<'p> {
    Function(Arc<Closure<'p>>),
    Class(Arc<ClassValue<'p>>),
}

/// The interpreter.
pub(super) struct Interpreter<'p> {
    pub(super) program: &'p Program,
    pub(super) limits: Limits,
    pub(super) modules: Vec<State<'p>>,
    pub(super) frames: Vec<Frame<'p>>,
    /// Frames that ended but that functions made in them still see.
    pub(super) kept: HashMap<u32, Frame<'p>>,
    pub(super) remembered: HashMap<Called<'p>, Outcome<'p>>,
    /// Functions and classes that were made since the last entry began.
    pub(super) entries: VecDeque<Entry<'p>>,
    pub(super) entered: HashSet<(usize, FunctionId)>,
    pub(super) flows: HashMap<Key, Flow>,
    /// What is written down of the run, and the records that are being written, outermost first.
    pub(super) written: Run,
    /// What the statements of other files did that depends on nothing else: it holds for every file that is run.
    shelf: HashMap<usize, Record>,
    pub(super) open: Vec<Record>,
    /// The file that is reported on.
    pub(super) unit: usize,
    /// Names of functions and classes that are being run, for `within`.
    pub(super) calls: usize,
    pub(super) steps: u64,
    /// Steps that are known from the last run and were not done.
    pub(super) saved: u64,
    allowed: u64,
    pub(super) exhausted: bool,
    /// Whether something was not followed, though not for want of steps.
    cut: bool,
    nesting: usize,
    next_frame: u32,
    /// While the definition of a checked name is looked at: what was assigned later is not meant.
    pub(super) as_of: Option<u64>,
    /// Whether a key of something from outside was found harmless anywhere.
    pub(super) checked: bool,
    resolved: HashMap<(usize, Name), Option<usize>>,
    /// Which other file of its package of Go has a name that a file does not.
    packaged: HashMap<(usize, Name), Option<usize>>,
    /// Whether members of functions and of what is outside were stored.
    pub(super) members_beside: bool,
    /// Marks of what was thrown and not caught so far.
    pub(super) thrown: Taint,
    /// Marks of what promises that are being made were resolved with.
    pub(super) resolving: Taint,
}

impl<'p> Interpreter<'p> {
    pub(super) fn new(program: &'p Program, limits: Limits) -> Self {
        Self {
            program,
            limits,
            modules: program.units().iter().map(|_| State::Fresh).collect(),
            frames: Vec::new(),
            kept: HashMap::default(),
            remembered: HashMap::default(),
            entries: VecDeque::new(),
            entered: HashSet::default(),
            flows: HashMap::default(),
            written: Run::default(),
            shelf: HashMap::default(),
            open: Vec::new(),
            unit: 0,
            calls: 0,
            steps: 0,
            saved: 0,
            allowed: 0,
            exhausted: false,
            cut: false,
            nesting: 0,
            next_frame: 0,
            as_of: None,
            checked: false,
            resolved: HashMap::default(),
            packaged: HashMap::default(),
            members_beside: false,
            thrown: Taint::default(),
            resolving: Taint::default(),
        }
    }

    /// Runs one file: its statements and all its functions. `again` is what a run over nearly the same file did; nothing
    /// comes back when too much of that does not hold any more.
    pub(super) fn run(&mut self, unit: usize, again: Option<&Again<'_>>) -> Option<(Report, Run)> {
        let source = self.source(unit).filter(|source| !source.roles.is_empty());
        let Some(source) = source else { return Some(Default::default()) };
        self.renew(unit);
        self.allowed = self.limits.base
            + self.limits.per_expression.saturating_mul(u64::from(source.module.expressions));
        self.begin();
        self.module(unit);
        self.written.statements = self.end();
        let whole = self.run_entries(again) && !(again.is_some() && (self.exhausted || self.written.spoilt));
        let mut flows: Vec<_> = std::mem::take(&mut self.flows).into_values().collect();
        flows.sort_by_key(|flow| (flow.unit, flow.span, flow.rule));
        self.written.spoilt |= self.exhausted || !whole;
        let written = std::mem::take(&mut self.written);
        self.shelve(&written);
        let (exhausted, deep) = (self.exhausted || self.cut, !self.exhausted && self.cut);
        let steps = self.steps;
        let worked = steps.saturating_sub(self.saved);
        whole.then_some((Report { flows, exhausted, deep, steps, worked }, written))
    }

    /// Makes ready for a file. What the statements of others left is kept where that depends on nothing else.
    fn renew(&mut self, unit: usize) {
        self.shelf.remove(&unit);
        self.tidy_shelf();
        for (number, state) in self.modules.iter_mut().enumerate() {
            if !self.shelf.contains_key(&number) {
                *state = State::Fresh;
            }
        }
        if self.shelf.is_empty() {
            self.kept.clear();
        }
        self.entries.clear();
        self.entered.clear();
        self.flows.clear();
        self.open.clear();
        self.frames.clear();
        self.remembered.clear();
        (self.unit, self.steps, self.saved, self.calls, self.nesting) = (unit, 0, 0, 0, 0);
        (self.exhausted, self.cut, self.checked) = (false, false, false);
    }

    /// Keeps what the statements of other files left, if nobody changed it.
    fn shelve(&mut self, written: &Run) {
        let all = std::iter::once(&written.statements).chain(&written.records).chain(written.others.values());
        if written.spoilt || all.into_iter().any(|record| record.wrote) {
            self.shelf.clear();
            return;
        }
        for (unit, record) in &written.others {
            if !record.cyclic && matches!(self.modules.get(*unit), Some(State::Done(_))) {
                self.shelf.entry(*unit).or_insert_with(|| record.clone());
            }
        }
        self.tidy_shelf();
    }

    /// Takes from the shelf what needs something that is not there.
    fn tidy_shelf(&mut self) {
        loop {
            let there: HashSet<usize> = self.shelf.keys().copied().collect();
            self.shelf.retain(|_, record| record.needs.iter().all(|needed| there.contains(needed)));
            if self.shelf.len() == there.len() {
                return;
            }
        }
    }

    /// Counts what the statements of another file did that were run for a file before.
    fn adopt(&mut self, unit: usize) {
        if self.written.others.contains_key(&unit) {
            return;
        }
        let Some(record) = self.shelf.get(&unit).cloned() else { return };
        self.steps = self.steps.saturating_add(record.steps);
        if let Some(around) = self.open.last_mut() {
            around.within = around.within.saturating_add(record.steps);
        }
        for (key, flow) in &record.flows {
            keep(&mut self.flows, *key, flow.clone());
        }
        let needs = record.needs.clone();
        self.written.others.insert(unit, record);
        needs.into_iter().for_each(|needed| self.adopt(needed));
    }

    /// Notes that the statements of a file are asked for while they run, or while its functions do: what runs in between
    /// depends on that.
    fn note_cycle(&mut self, unit: usize) {
        let at = self.open.iter().rposition(|record| record.of == Some(unit)).map_or(1, |at| at + 1);
        self.open.iter_mut().skip(at).for_each(|record| record.cyclic = true);
    }

    /// Begins a record.
    pub(super) fn begin(&mut self) {
        self.open.push(Record { first_frame: self.next_frame, began: self.steps, ..Record::default() });
    }

    /// Ends the record that was begun last. What was found in it counts from here on.
    pub(super) fn end(&mut self) -> Record {
        let mut record = self.open.pop().unwrap_or_default();
        let taken = self.steps.saturating_sub(record.began);
        record.steps = taken.saturating_sub(record.within);
        if let Some(around) = self.open.last_mut() {
            around.within = around.within.saturating_add(taken);
        }
        for (key, flow) in &record.flows {
            keep(&mut self.flows, *key, flow.clone());
        }
        record
    }

    /// Notes that a variable changed that outlives what is being run.
    pub(super) fn note_write(&mut self) {
        if let Some(record) = self.open.last_mut() {
            record.wrote = true;
        }
    }

    /// Whether the statements of another file are being run.
    fn elsewhere(&self) -> bool {
        self.open.len() > 1
    }

    /// Notes that work was cut, or a function made, in a way that depends on who asked for the statements of another file.
    pub(super) fn note_cut(&mut self) {
        self.written.spoilt |= self.elsewhere();
    }

    /// Notes that something was not followed which may matter. The run is then no start for another one.
    pub(super) fn note_lost(&mut self) {
        self.cut = true;
        self.written.spoilt = true;
    }

    /// Counts a step; false when there are no more.
    pub(super) fn step(&mut self) -> bool {
        self.steps = self.steps.saturating_add(1);
        if self.steps > self.allowed {
            self.exhausted = true;
        }
        !self.exhausted
    }

    /// Whether half of the steps are still there.
    pub(super) fn has_plenty(&self) -> bool {
        self.steps < self.allowed / 2
    }

    /// Whether the steps so far are no more than there may be.
    pub(super) fn has_steps(&self) -> bool {
        self.steps <= self.allowed
    }

    /// Goes one level deeper in the interpreter; none when that is too deep.
    pub(super) fn nested<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.nesting >= NESTING {
            self.note_lost();
            return None;
        }
        self.nesting += 1;
        let value = run(self);
        self.nesting -= 1;
        Some(value)
    }

    pub(super) fn nesting_left(&self) -> usize {
        NESTING.saturating_sub(self.nesting)
    }

    pub(super) fn source(&self, unit: usize) -> Option<&'p Unit> {
        self.program.units().get(unit).map(AsRef::as_ref)
    }

    /// The file that the running code is in.
    pub(super) fn here(&self) -> usize {
        self.frames.last().map_or(self.unit, |frame| frame.unit)
    }

    pub(super) fn language(&self) -> Language {
        self.source(self.here()).map_or(Language::Python, |unit| unit.module.language)
    }

    pub(super) fn python(&self) -> bool {
        self.language() == Language::Python
    }

    pub(super) fn ruby(&self) -> bool {
        matches!(self.language(), Language::Ruby | Language::Erb)
    }

    pub(super) fn roles(&self, expression: crate::ir::ExprId) -> &'p [Role] {
        self.source(self.here()).map_or(&[], |unit| unit.roles.of(expression))
    }

    pub(super) fn frame(&mut self) -> Option<&mut Frame<'p>> {
        self.frames.last_mut()
    }

    pub(super) fn push(&mut self, unit: usize, kind: FrameKind, scope: Option<u32>) {
        let id = self.next_frame;
        self.next_frame = self.next_frame.saturating_add(1);
        self.frames.push(Frame::new(id, unit, kind, scope));
    }

    /// Runs a file's statements, once. False while it is running or when it is too deep to run.
    pub(super) fn module(&mut self, unit: usize) -> bool {
        let other = unit != self.unit;
        if let Some(record) = self.open.last_mut().filter(|record| other && !record.needs.contains(&unit)) {
            record.needs.push(unit);
        }
        if !other && self.elsewhere() {
            self.note_cycle(unit);
        }
        match self.modules.get(unit) {
            Some(State::Done(_)) => {
                self.adopt(unit);
                return true;
            }
            Some(State::Fresh) => {}
            _ => {
                self.note_cycle(unit);
                return false;
            }
        }
        let (Some(source), Some(state)) = (self.program.units().get(unit), self.modules.get_mut(unit)) else {
            return false;
        };
        if self.nesting + 60 > NESTING {
            self.note_lost();
            return false;
        }
        *state = State::Running;
        let taken = self.written.others.contains_key(&unit);
        // What the statements of another file do must not depend on who asked for them.
        let calls = std::mem::replace(&mut self.calls, usize::from(other));
        let remembered = std::mem::take(&mut self.remembered);
        if other {
            self.begin();
            self.open.last_mut().into_iter().for_each(|record| record.of = Some(unit));
        }
        self.push(unit, FrameKind::Module, None);
        self.nested(|run| run.block(&source.module.body));
        let vars = self.frames.pop().map(|frame| frame.vars).unwrap_or_default();
        if other {
            let record = self.end();
            if taken {
                // Its steps were added before.
                self.steps = self.steps.saturating_sub(record.steps);
                if let Some(around) = self.open.last_mut() {
                    around.within = around.within.saturating_sub(record.steps);
                }
            }
            self.written.spoilt |= record.wrote;
            self.written.others.insert(unit, record);
        }
        self.remembered = remembered;
        self.calls = calls;
        if let Some(state) = self.modules.get_mut(unit) {
            *state = State::Done(vars);
        }
        true
    }

    /// The value of a file's name.
    pub(super) fn global(&self, unit: usize, name: &str) -> Option<Value<'p>> {
        let live = self.frames.iter().find(|frame| frame.unit == unit && frame.kind == FrameKind::Module);
        if let Some(frame) = live {
            return frame.vars.get(name).cloned();
        }
        match self.modules.get(unit) {
            Some(State::Done(vars)) => vars.get(name).cloned(),
            _ => None,
        }
    }

    pub(super) fn set_global(&mut self, unit: usize, name: &Name, value: Value<'p>) {
        let live = self.frames.iter_mut().find(|frame| frame.unit == unit && frame.kind == FrameKind::Module);
        if let Some(frame) = live {
            let joined = frame.vars.get(name).map_or_else(|| value.clone(), |known| known.join(&value));
            frame.set(name, Some(joined));
        } else if let Some(State::Done(vars)) = self.modules.get_mut(unit) {
            let joined = vars.get(name).map_or_else(|| value.clone(), |known| known.join(&value));
            if vars.get(name) != Some(&joined) {
                vars.insert(name.clone(), joined);
                self.note_write();
            }
        }
    }

    /// The file that an import in this file means.
    pub(super) fn resolve(&mut self, from: usize, module: &str) -> Option<usize> {
        let key = (from, Name::from(module));
        if let Some(known) = self.resolved.get(&key) {
            return *known;
        }
        let found = self.program.resolve(from, module);
        self.resolved.insert(key, found);
        found
    }

    /// The frame with that number, running or kept.
    pub(super) fn frame_of(&self, id: u32) -> Option<&Frame<'p>> {
        self.frames.iter().rev().find(|frame| frame.id == id).or_else(|| self.kept.get(&id))
    }

    /// The value of a name as the running code sees it.
    pub(super) fn lookup(&mut self, name: &Name) -> Value<'p> {
        if let Some(value) = self.bound(name) {
            return self.settled(value);
        }
        if self.is_constant_of_php(name) {
            return Value::safe();
        }
        self.of_package(name).unwrap_or_else(|| Value::external(name.clone()))
    }

    /// `__DIR__`, `ABSPATH`, `PHP_EOL`: what the program or its configuration says, never a request, as `_GET` is.
    fn is_constant_of_php(&self, name: &str) -> bool {
        let capitals = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        self.language() == Language::Php
            && (!name.starts_with('_') || name.starts_with("__"))
            && name.contains(|c: char| c.is_ascii_uppercase())
            && name.rsplit('\\').next().is_some_and(|last| last.chars().all(capitals))
    }

    /// What another file of the package of Go has under a name. Statements of files do not ask: what they do must not depend
    /// on which file of the package comes first.
    fn of_package(&mut self, name: &Name) -> Option<Value<'p>> {
        let here = self.frames.last()?.unit;
        if self.language() != Language::Go || self.frames.iter().any(|frame| frame.kind == FrameKind::Module)
        {
            return None;
        }
        let program = self.program;
        let files = program.package(here);
        // Whatever comes of it depends on every file of the package.
        let noted = self.open.last().zip(files.iter().rev().find(|unit| **unit != self.unit));
        if noted.is_none_or(|(record, last)| !record.needs.contains(last)) {
            for unit in files {
                self.nested(|run| run.module(*unit));
            }
        }
        let key = (here, name.clone());
        let known = self.packaged.get(&key).copied();
        let unit = known.unwrap_or_else(|| {
            let other = |unit: &&usize| **unit != here && self.global(**unit, name).is_some();
            let found = files.iter().find(other).copied();
            self.packaged.insert(key, found);
            found
        })?;
        self.global(unit, name).map(|value| self.settled(value))
    }

    pub(super) fn bound(&self, name: &Name) -> Option<Value<'p>> {
        let frame = self.frames.last()?;
        if !frame.outer.contains(name)
            && let Some(value) = frame.vars.get(name)
        {
            return Some(value.clone());
        }
        let mut scope = frame.scope;
        for _ in 0..32 {
            let Some(outer) = scope.and_then(|id| self.frame_of(id)) else { break };
            if outer.kind != FrameKind::Class
                && let Some(value) = outer.vars.get(name)
            {
                return Some(value.clone());
            }
            scope = outer.scope;
        }
        self.global(frame.unit, name)
    }

    /// A value that was imported and is looked up now.
    pub(super) fn settled(&mut self, value: Value<'p>) -> Value<'p> {
        let super::value::Shape::Imported(unit, name) = &value.shape else { return value };
        let (unit, name) = (*unit, name.clone());
        self.nested(|run| run.exported(unit, &name)).unwrap_or_else(Value::unknown)
    }

    /// Marks of a source at a place of the running code.
    pub(super) fn mark(&self, expr: &crate::ir::Expr, rules: crate::role::RuleSet, weak: bool) -> Taint {
        Taint::source((self.here(), expr.id), expr.span, rules, weak)
    }
}

//! Statements.

use super::{
    frame::{Changes, FrameKind, Loop},
    interpreter::Interpreter,
    taint::Note,
    value::{Shape, Value},
};
use crate::ir::{Arm, Catch, Declare, Expr, ExprKind, Import, Imported, Name, Stmt, StmtKind};

/// How often a loop's body is run at most until nothing changes any more, by how many loops are around it.
const TURNS: [usize; 3] = [4, 3, 2];

/// The same while what comes from outside reaches more variables with every turn.
const MOST_TURNS: usize = 24;

impl<'p> Interpreter<'p> {
    /// Runs statements. False when what follows them is not reached.
    pub(super) fn block(&mut self, body: &'p [Stmt]) -> bool {
        let shadowed = self.hoist(body);
        let mut live = true;
        for statement in body {
            if !self.step() {
                return live;
            }
            live = self.nested(|run| run.statement(statement)).unwrap_or(true);
            if !live {
                break;
            }
        }
        if let Some(frame) = self.frame() {
            for (name, value) in shadowed {
                frame.set(&name, Some(value));
            }
        }
        live
    }

    /// Binds functions before the statements around them run, where the language does so. Gives the values of names that
    /// the block hides.
    fn hoist(&mut self, body: &'p [Stmt]) -> Vec<(Name, Value<'p>)> {
        if self.python() {
            return Vec::new();
        }
        let mut shadowed = Vec::new();
        for statement in body {
            match &statement.kind {
                StmtKind::Function(function) => {
                    let value = self.closure(function);
                    if let (Some(name), Some(frame)) = (&function.name, self.frames.last_mut()) {
                        frame.set(name, Some(value));
                    }
                }
                StmtKind::Declare(declare) if declare.block_scoped => {
                    if let (ExprKind::Name(name), Some(frame)) = (&declare.target.kind, self.frames.last())
                        && frame.kind != FrameKind::Module
                        && let Some(value) = frame.vars.get(name)
                    {
                        shadowed.push((name.clone(), value.clone()));
                    }
                }
                _ => {}
            }
        }
        shadowed
    }

    fn statement(&mut self, statement: &'p Stmt) -> bool {
        match &statement.kind {
            StmtKind::Expr(value) => {
                self.eval(value);
                return !self.never_returns(value);
            }
            StmtKind::Declare(declare) => self.declare(declare),
            StmtKind::If { test, then, otherwise } => return self.branch(test, then, otherwise),
            StmtKind::While { test, body, otherwise, body_first } => {
                return self.while_loop(test, body, otherwise, *body_first);
            }
            StmtKind::For { init, test, update, body } => {
                return self.block(init) && self.for_loop(test.as_ref(), update, body);
            }
            StmtKind::ForEach { target, over, keys, body, otherwise } => {
                return self.for_each(target, over, *keys, body, otherwise);
            }
            StmtKind::Switch { subject, arms } => return self.switch(subject, arms),
            StmtKind::Return(value) => {
                self.leave(value.as_ref());
                return false;
            }
            StmtKind::Throw(value) => {
                if let Some(value) = value {
                    let thrown = self.eval(value).deep_taint();
                    self.thrown = self.thrown.join(&thrown);
                }
                return false;
            }
            StmtKind::Break => return self.jump(false),
            StmtKind::Continue => return self.jump(true),
            StmtKind::Try { body, catches, otherwise, finally } => {
                return self.attempt(body, catches, otherwise, finally);
            }
            StmtKind::With { items, body } => {
                for (value, target) in items {
                    let given = self.eval(value);
                    let given = self.entered(given, value.span);
                    if let Some(target) = target {
                        self.assign(target, given, Some(value));
                    }
                }
                return self.block(body);
            }
            StmtKind::Function(function) => self.define(function),
            StmtKind::Class(class) => self.define_class(class),
            StmtKind::Import(imports) => imports.iter().for_each(|import| self.import(import)),
            StmtKind::Export(names) => self.export(names),
            StmtKind::Block(body) | StmtKind::Opaque(body) => return self.block(body),
            StmtKind::Delete(values) => values.iter().for_each(|value| self.delete(value)),
            StmtKind::Global(names) => {
                if let Some(frame) = self.frame() {
                    frame.outer.extend(names.iter().cloned());
                }
            }
        }
        true
    }

    fn declare(&mut self, declare: &'p Declare) {
        for decorator in &declare.decorators {
            self.eval(decorator);
        }
        match &declare.value {
            Some(value) => {
                let given = self.eval(value);
                self.declare_names(&declare.target);
                self.assign(&declare.target, given, Some(value));
            }
            None if self.python() => {}
            None => self.declare_names(&declare.target),
        }
    }

    fn leave(&mut self, value: Option<&'p Expr>) {
        let value =
            value.map_or_else(|| Value::constant(super::constant::Constant::Null), |value| self.eval(value));
        if let Some(frame) = self.frame() {
            frame.returned =
                Some(frame.returned.as_ref().map_or_else(|| value.clone(), |known| known.join(&value)));
            frame.leave();
        }
    }

    fn jump(&mut self, again: bool) -> bool {
        if let Some(frame) = self.frame()
            && let Some(place) = frame.loops.iter().rposition(|around| around.repeats || !again)
            && let Some(mark) = frame.loops.get(place).map(|around| around.mark)
        {
            let changes = frame.changes(mark);
            if let Some(around) = frame.loops.get_mut(place) {
                if again { around.continues.push(changes) } else { around.breaks.push(changes) }
            }
        }
        false
    }

    pub(super) fn mark_now(&self) -> usize {
        self.frames.last().map_or(0, super::frame::Frame::mark)
    }

    pub(super) fn take_back(&mut self, mark: usize) -> Changes<'p> {
        self.frame().map(|frame| frame.rollback(mark)).unwrap_or_default()
    }

    pub(super) fn merge(&mut self, ways: &[Changes<'p>]) -> bool {
        self.frame().is_some_and(|frame| frame.merge(ways))
    }

    fn branch(&mut self, test: &'p Expr, then: &'p [Stmt], otherwise: &'p [Stmt]) -> bool {
        let value = self.eval(test);
        if let Some(truth) = self.truth(&value) {
            self.refine(test, truth);
            return self.block(if truth { then } else { otherwise });
        }
        let mark = self.mark_now();
        let mut ways = Vec::new();
        for (truth, body) in [(true, then), (false, otherwise)] {
            self.refine(test, truth);
            let live = self.block(body);
            let way = self.take_back(mark);
            if live {
                ways.push(way);
            }
        }
        self.merge(&ways);
        !ways.is_empty()
    }

    /// Runs a loop's body until nothing changes. `turn` runs it once and says whether its end was reached. What held
    /// where the loop was left early comes back.
    fn repeat(&mut self, mut turn: impl FnMut(&mut Self) -> bool) -> Vec<Changes<'p>> {
        let mark = self.mark_now();
        let around = self.frames.last().map_or(0, |frame| frame.loops.len());
        let turns = TURNS.get(around).copied().unwrap_or(if around < 6 { 2 } else { 1 });
        if let Some(frame) = self.frame() {
            frame.loops.push(Loop { repeats: true, mark, breaks: Vec::new(), continues: Vec::new() });
        }
        let mut left = turns;
        let mut marks = 0;
        for _ in 0..MOST_TURNS {
            if left == 0 {
                // What comes from outside may still be on its way from variable to variable.
                let now = self.frames.last().map_or(0, super::frame::Frame::marks);
                if std::mem::replace(&mut marks, now) >= now {
                    break;
                }
            }
            left = left.saturating_sub(1);
            let head = self.mark_now();
            let live = turn(self);
            let mut ways = vec![Changes::default()];
            if let Some(frame) = self.frame() {
                if live {
                    ways.push(frame.changes(mark));
                }
                frame.rollback(head);
                if let Some(this) = frame.loops.last_mut() {
                    ways.append(&mut this.continues);
                }
            }
            if !self.merge(&ways) {
                break;
            }
        }
        self.frame().and_then(|frame| frame.loops.pop()).map(|this| this.breaks).unwrap_or_default()
    }

    /// After a loop: it ended by itself (unless it cannot), or one of the ways out was gone.
    fn after(&mut self, ends: bool, breaks: Vec<Changes<'p>>, otherwise: &'p [Stmt]) -> bool {
        let mark = self.mark_now();
        let mut ways = breaks;
        if ends && self.block(otherwise) {
            ways.push(self.take_back(mark));
        } else {
            self.take_back(mark);
        }
        self.merge(&ways);
        !ways.is_empty()
    }

    fn while_loop(
        &mut self,
        test: &'p Expr,
        body: &'p [Stmt],
        otherwise: &'p [Stmt],
        body_first: bool,
    ) -> bool {
        let mut ends = true;
        if !body_first {
            let value = self.eval(test);
            if self.truth(&value) == Some(false) {
                return self.block(otherwise);
            }
        }
        let breaks = self.repeat(|run| {
            if !body_first {
                let value = run.eval(test);
                ends = run.truth(&value) != Some(true);
                run.refine(test, true);
            }
            let live = run.block(body);
            if body_first {
                let value = run.eval(test);
                ends = run.truth(&value) != Some(true);
            }
            live
        });
        if ends {
            self.refine(test, false);
        }
        self.after(ends, breaks, otherwise)
    }

    fn for_loop(&mut self, test: Option<&'p Expr>, update: &'p [Expr], body: &'p [Stmt]) -> bool {
        let breaks = self.repeat(|run| {
            if let Some(test) = test {
                run.eval(test);
                run.refine(test, true);
            }
            let live = run.block(body);
            for update in update {
                run.eval(update);
            }
            live
        });
        self.after(test.is_some(), breaks, &[])
    }

    fn for_each(
        &mut self,
        target: &'p Expr,
        over: &'p Expr,
        keys: bool,
        body: &'p [Stmt],
        otherwise: &'p [Stmt],
    ) -> bool {
        let container = self.eval(over);
        if let Shape::List(list) = &container.shape
            && list.items.is_empty()
            && list.rest.is_none()
            && container.taint.is_clean()
        {
            return self.block(otherwise);
        }
        let element = self.iterated(&container, keys);
        let breaks = self.repeat(|run| {
            run.assign(target, element.clone(), None);
            run.block(body)
        });
        self.after(true, breaks, otherwise)
    }

    /// What a loop over a value gives.
    pub(super) fn iterated(&self, container: &Value<'p>, keys: bool) -> Value<'p> {
        match &container.shape {
            Shape::Map(map) if !self.python() && !keys => {
                let values = map.entries.values().chain(&map.rest).cloned();
                Value::join_all(values).unwrap_or_else(Value::safe).tainted(&container.taint)
            }
            Shape::List(_) if keys => Value::safe(),
            _ => container.element(),
        }
    }

    fn switch(&mut self, subject: &'p Expr, arms: &'p [Arm]) -> bool {
        let value = self.eval(subject);
        let mark = self.mark_now();
        let catches = !self.python();
        if catches && let Some(frame) = self.frame() {
            frame.loops.push(Loop { repeats: false, mark, breaks: Vec::new(), continues: Vec::new() });
        }
        let mut ways = Vec::new();
        let mut falling: Option<Changes<'p>> = None;
        let mut decided = false;
        let default_last = arms.iter().filter(|arm| !arm.patterns.is_empty());
        let defaults = arms.iter().filter(|arm| arm.patterns.is_empty());
        // A default arm is looked at last wherever it stands, unless arms fall into each other.
        let in_order = arms.iter().any(|arm| arm.falls_through);
        let order: Vec<&'p Arm> =
            if in_order { arms.iter().collect() } else { default_last.chain(defaults).collect() };
        for arm in order {
            let selected = if decided { Some(false) } else { self.selects(arm, &value) };
            let mut starts = Vec::new();
            starts.extend(falling.take());
            if selected != Some(false) {
                self.bind_patterns(arm, subject, &value);
                starts.push(self.take_back(mark));
            }
            if starts.is_empty() {
                continue;
            }
            self.merge(&starts);
            let live = self.block(&arm.body);
            let way = self.take_back(mark);
            match (live, arm.falls_through) {
                (true, true) => falling = Some(way),
                (true, false) => ways.push(way),
                _ => {}
            }
            decided |= selected == Some(true);
        }
        ways.extend(falling);
        if !decided && !arms.iter().any(|arm| arm.patterns.is_empty() && arm.guard.is_none()) {
            ways.push(Changes::default());
        }
        if catches && let Some(this) = self.frame().and_then(|frame| frame.loops.pop()) {
            ways.extend(this.breaks);
        }
        self.merge(&ways);
        !ways.is_empty()
    }

    fn attempt(
        &mut self,
        body: &'p [Stmt],
        catches: &'p [Catch],
        otherwise: &'p [Stmt],
        finally: &'p [Stmt],
    ) -> bool {
        let mark = self.mark_now();
        let before = std::mem::take(&mut self.thrown);
        let live = self.block(body);
        let thrown = if catches.is_empty() { self.thrown.clone() } else { std::mem::take(&mut self.thrown) };
        self.thrown = self.thrown.join(&before);
        let during = self.frame().map(|frame| frame.at_any_time(mark)).unwrap_or_default();
        let ended = self.take_back(mark);
        let mut ways = Vec::new();
        if live && let Some(frame) = self.frame() {
            frame.apply(ended);
            let live = self.block(otherwise);
            let way = self.take_back(mark);
            if live {
                ways.push(way);
            }
        }
        for catch in catches {
            if let Some(frame) = self.frame() {
                frame.apply(during.clone());
            }
            for kind in &catch.types {
                self.eval(kind);
            }
            if let Some(name) = &catch.name {
                self.assign(name, Value::any(thrown.clone(), true), None);
            }
            let live = self.block(&catch.body);
            let way = self.take_back(mark);
            if live {
                ways.push(way);
            }
        }
        if ways.is_empty() {
            if let Some(frame) = self.frame() {
                frame.apply(during);
            }
            self.block(finally);
            return false;
        }
        self.merge(&ways);
        self.block(finally)
    }

    fn import(&mut self, import: &'p Import) {
        let here = self.here();
        let found = self.resolve(here, &import.module);
        let outside = import.module.trim_start_matches('.');
        let value = match (&import.what, found) {
            (Imported::Whole, Some(unit)) => Value::shaped(Shape::Module(unit)),
            (Imported::Whole, None) => Value::external(outside),
            (Imported::One(name), Some(unit)) => Value::shaped(Shape::Imported(unit, name.clone())),
            (Imported::One(name), None) => {
                let dot = if import.module.ends_with('.') { "" } else { "." };
                match self.resolve(here, &format!("{}{dot}{name}", import.module)) {
                    Some(unit) if self.python() => Value::shaped(Shape::Module(unit)),
                    _ if &**name == "default" => Value::external(outside),
                    _ => Value::external(format!("{outside}.{name}")),
                }
            }
            (Imported::All, Some(unit)) => return self.import_all(unit),
            (Imported::All, None) => return,
        };
        if !import.local.is_empty()
            && let Some(frame) = self.frame()
        {
            frame.set(&import.local, Some(value));
        }
    }

    fn import_all(&mut self, unit: usize) {
        if !self.nested(|run| run.module(unit)).unwrap_or(false) {
            return;
        }
        let Some(super::interpreter::State::Done(vars)) = self.modules.get(unit) else { return };
        let names: Vec<Name> = vars.keys().filter(|name| !name.starts_with('_')).cloned().collect();
        if let Some(frame) = self.frame() {
            for name in names {
                frame.set(&name.clone(), Some(Value::shaped(Shape::Imported(unit, name))));
            }
        }
    }

    fn export(&mut self, names: &'p [(Name, Name)]) {
        let here = self.here();
        for (local, outside) in names {
            let value = Value::shaped(Shape::Imported(here, local.clone()));
            let name: Name = format!("export {outside}").into();
            // What was assigned as `exports.name = …` is there already.
            if local != outside
                && !local.contains('.')
                && let Some(frame) = self.frame()
            {
                frame.set(&name, Some(value));
            }
        }
    }

    fn delete(&mut self, value: &'p Expr) {
        match &value.kind {
            ExprKind::Name(name) => {
                if let Some(frame) = self.frame() {
                    frame.set(name, None);
                }
            }
            ExprKind::Index { object, index } => {
                let (container, key) = (self.peek(object), self.eval(index));
                if let Some(without) = super::container::without(&container, &key) {
                    self.update(object, without);
                }
            }
            _ => drop(self.eval(value)),
        }
    }

    /// A value with its marks one step further.
    pub(super) fn noted(&self, value: Value<'p>, span: crate::span::Span, note: &Note) -> Value<'p> {
        if value.is_deep_clean() {
            return value;
        }
        let here = self.here();
        value.map_taint(&|taint| taint.step(here, span, note))
    }
}

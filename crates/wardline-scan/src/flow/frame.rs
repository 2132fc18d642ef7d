//! The variables of one running function, file or class body, with a log that lets a branch be taken back.

use super::value::Value;
use crate::{
    hash::{HashMap, HashSet},
    ir::{Expr, FunctionId, Name},
    span::Span,
};

/// What names became on one way through a branch. None: the name is not bound.
pub(super) type Changes<'p> = HashMap<Name, Option<Value<'p>>>;

/// What a frame belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    Module,
    Function(FunctionId),
    Class,
}

/// A loop that is being run: what held where it was left or begun anew.
#[derive(Debug)]
pub(super) struct Loop<'p> {
    /// Whether `continue` means it too, which it does not for a `switch`.
    pub(super) repeats: bool,
    pub(super) mark: usize,
    pub(super) breaks: Vec<Changes<'p>>,
    pub(super) continues: Vec<Changes<'p>>,
}

/// A frame.
#[derive(Debug)]
pub(super) struct Frame<'p> {
    pub(super) id: u32,
    pub(super) unit: usize,
    pub(super) kind: FrameKind,
    /// Where the function is in its file.
    pub(super) span: Span,
    /// The frame around it in the source; none is the file.
    pub(super) scope: Option<u32>,
    pub(super) vars: HashMap<Name, Value<'p>>,
    log: Vec<(Name, Option<Value<'p>>)>,
    /// Names that were declared to be of a frame further out.
    pub(super) outer: HashSet<Name>,
    pub(super) returned: Option<Value<'p>>,
    pub(super) yielded: Option<Value<'p>>,
    /// Parameters whose value at the end goes back to where the argument stands.
    pub(super) watched: Vec<Name>,
    /// What the watched ones were at the ways out so far.
    pub(super) outs: Vec<Option<Value<'p>>>,
    pub(super) loops: Vec<Loop<'p>>,
    /// What a name was computed from last, and when: for checks whose result has a name.
    pub(super) defined: HashMap<Name, (&'p Expr, u64)>,
    /// Names that stand for one container, by the number of their group.
    groups: HashMap<Name, u64>,
    /// When a name was assigned last.
    assigned: HashMap<Name, u64>,
    clock: u64,
    /// Whether a function was made in it, which may outlive it.
    pub(super) kept: bool,
}

impl<'p> Frame<'p> {
    pub(super) fn new(id: u32, unit: usize, kind: FrameKind, scope: Option<u32>) -> Self {
        Self {
            id,
            unit,
            kind,
            span: Span::default(),
            scope,
            vars: HashMap::default(),
            log: Vec::new(),
            outer: HashSet::default(),
            returned: None,
            yielded: None,
            watched: Vec::new(),
            outs: Vec::new(),
            loops: Vec::new(),
            defined: HashMap::default(),
            groups: HashMap::default(),
            assigned: HashMap::default(),
            clock: 0,
            kept: false,
        }
    }

    /// Gives a name a value, or takes it away.
    pub(super) fn set(&mut self, name: &Name, value: Option<Value<'p>>) {
        let before = match value {
            Some(value) => self.vars.insert(name.clone(), value),
            None => self.vars.remove(name),
        };
        self.log.push((name.clone(), before));
    }

    /// Notes that a name was assigned, and by what.
    pub(super) fn define(&mut self, name: &Name, by: Option<&'p Expr>) {
        self.clock = self.clock.saturating_add(1);
        self.assigned.insert(name.clone(), self.clock);
        match by {
            Some(by) => self.defined.insert(name.clone(), (by, self.clock)),
            None => self.defined.remove(name),
        };
    }

    /// Notes that a name stands for the container of another one, or for one of its own.
    pub(super) fn stands_for(&mut self, name: &Name, other: Option<&Name>) {
        match other {
            Some(other) if other != name => {
                let fresh = self.clock;
                let group = *self.groups.entry(other.clone()).or_insert(fresh);
                self.groups.insert(name.clone(), group);
            }
            Some(_) => {}
            None => drop(self.groups.remove(name)),
        }
    }

    /// The other names of the container that a name stands for.
    pub(super) fn same(&self, name: &Name) -> Vec<Name> {
        let Some(group) = self.groups.get(name) else { return Vec::new() };
        let others = self.groups.iter().filter(|(other, of)| *of == group && *other != name);
        others.map(|(other, _)| other.clone()).collect()
    }

    /// Whether a name was assigned after that time.
    pub(super) fn assigned_since(&self, name: &str, time: u64) -> bool {
        self.assigned.get(name).is_some_and(|assigned| *assigned > time)
    }

    /// Where the log is now.
    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// What changed since a mark.
    pub(super) fn changes(&self, mark: usize) -> Changes<'p> {
        let mut changes = Changes::default();
        for (name, _) in self.log.iter().skip(mark) {
            changes.entry(name.clone()).or_insert_with(|| self.vars.get(name).cloned());
        }
        changes
    }

    /// Takes back what changed since a mark, and says what it was.
    pub(super) fn rollback(&mut self, mark: usize) -> Changes<'p> {
        let changes = self.changes(mark);
        while self.log.len() > mark {
            let Some((name, before)) = self.log.pop() else { break };
            match before {
                Some(value) => self.vars.insert(name, value),
                None => self.vars.remove(&name),
            };
        }
        changes
    }

    /// Every value that changed names had since a mark, joined: what may hold where something in between failed.
    pub(super) fn at_any_time(&self, mark: usize) -> Changes<'p> {
        let mut changes = Changes::default();
        for (name, before) in self.log.iter().skip(mark) {
            join_into(&mut changes, name, before.clone());
        }
        for name in changes.keys().cloned().collect::<Vec<_>>() {
            join_into(&mut changes, &name, self.vars.get(&name).cloned());
        }
        changes
    }

    /// Goes a way that was gone before.
    pub(super) fn apply(&mut self, changes: Changes<'p>) {
        for (name, value) in changes {
            self.set(&name, value);
        }
    }

    /// Makes it so that one of these ways was gone, and says whether that changed anything. No way: nothing changes.
    pub(super) fn merge(&mut self, ways: &[Changes<'p>]) -> bool {
        let mut changed = false;
        let names: HashSet<_> = ways.iter().flat_map(HashMap::keys).cloned().collect();
        for name in names {
            let before = self.vars.get(&name).cloned();
            let mut joined: Option<Value<'p>> = None;
            for way in ways {
                let value = way.get(&name).unwrap_or(&before);
                joined = match (joined, value) {
                    (Some(joined), Some(value)) => Some(joined.join(value)),
                    (joined, value) => joined.or_else(|| value.clone()),
                };
            }
            if joined != before {
                self.set(&name, joined);
                changed = true;
            }
        }
        changed
    }

    /// How many of its variables, each by every source, come from outside.
    pub(super) fn marks(&self) -> usize {
        self.vars.values().map(|value| value.deep_taint().marks().len()).sum()
    }

    /// Notes what the watched names are where the function is left.
    pub(super) fn leave(&mut self) {
        for (place, name) in self.watched.iter().enumerate() {
            let Some(now) = self.vars.get(name) else { continue };
            if let Some(out) = self.outs.get_mut(place) {
                *out = Some(out.as_ref().map_or_else(|| now.clone(), |out| out.join(now)));
            }
        }
    }
}

fn join_into<'p>(changes: &mut Changes<'p>, name: &Name, value: Option<Value<'p>>) {
    let known = changes.entry(name.clone()).or_insert(None);
    *known = match (known.take(), value) {
        (Some(known), Some(value)) => Some(known.join(&value)),
        (known, value) => known.or(value),
    };
}

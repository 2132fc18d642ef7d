//! What is written down of a run, so that a later run over nearly the same file need not do it all again.
//!
//! A run is the statements of the file, and then its *entries*, one after the other: functions and classes that are run with
//! arguments of unknown origin. What an entry does depends on the code that it runs, on what the statements of the file
//! left, and on what entries before it wrote into variables that outlive them. Nothing else is carried from entry to entry;
//! [`super::again`] relies on it. A class is run method by method, which hand one object on; nothing else is carried from one to
//! the next.

use super::Flow;
use crate::{
    hash::{HashMap, HashSet},
    ir::FunctionId,
    role::RuleId,
    span::Span,
};

/// The number that stands for the statements of the file where an entry's creator is asked for.
pub(super) const STATEMENTS: usize = usize::MAX;

/// The name of a finding: its rule, and the file and place of its sink.
pub(super) type Key = (RuleId, usize, Span);

/// What one entry did, or the statements of a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    /// The record in which its function or class was made.
    pub(super) creator: usize,
    /// The functions by which it was asked whether it had been run before, and whether it was run.
    pub(super) asked: Vec<FunctionId>,
    pub(super) ran: bool,
    /// The functions of the file whose bodies were run in it.
    pub(super) touched: HashSet<FunctionId>,
    /// Steps that it took, without those of other files' statements.
    pub(super) steps: u64,
    /// The ways that were found in it, the best for each sink and rule.
    pub(super) flows: HashMap<Key, Flow>,
    /// Files whose statements had to be run before.
    pub(super) needs: Vec<usize>,
    /// Whether it changed a variable that outlives it.
    pub(super) wrote: bool,
    /// What each run of a method did, when it is a class.
    pub(super) parts: Vec<Part>,
    /// The other file whose statements they are, and whether they depend on some that were being run.
    pub(super) of: Option<usize>,
    pub(super) cyclic: bool,
    /// The first frame that was made in it; steps that were taken when it began, and in records within it.
    pub(super) first_frame: u32,
    pub(super) began: u64,
    pub(super) within: u64,
}

/// One run of a method of a class that is run as an entry.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) method: FunctionId,
    /// Whether the object was another one afterwards.
    pub(super) changed: bool,
    /// How many functions and classes were made in it.
    pub(super) made: usize,
    pub(super) record: Record,
}

impl Record {
    /// Takes in what a part of it did.
    pub(super) fn add(&mut self, part: Part) {
        let Self { touched, steps, flows, needs, wrote, .. } = &part.record;
        self.touched.extend(touched);
        self.steps = self.steps.saturating_add(*steps);
        self.wrote |= wrote;
        for (key, flow) in flows {
            keep(&mut self.flows, *key, flow.clone());
        }
        for needed in needs {
            if !self.needs.contains(needed) {
                self.needs.push(*needed);
            }
        }
        self.parts.push(part);
    }
}

/// What one run did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    /// The statements of the file.
    pub(super) statements: Record,
    /// The entries in the order in which their turn came.
    pub(super) records: Vec<Record>,
    /// The statements of other files.
    pub(super) others: HashMap<usize, Record>,
    /// Whether something depended on what it must not: nothing of the run can be used again.
    pub(super) spoilt: bool,
}

impl Run {
    /// Whether nothing in it depends on the files that are told.
    pub(crate) fn is_free_of(&self, unit: usize) -> bool {
        let free = |record: &Record| !record.needs.contains(&unit);
        free(&self.statements) && self.records.iter().all(free) && self.others.values().all(free)
    }
}

/// Puts a way among those that were found; the better proof of one sink and rule stays, else the first.
pub(super) fn keep(flows: &mut HashMap<Key, Flow>, key: Key, flow: Flow) {
    let rank = |flow: &Flow| (flow.unknown, flow.weak);
    match flows.get(&key) {
        Some(known) if rank(known) <= rank(&flow) => {}
        _ => drop(flows.insert(key, flow)),
    }
}

//! Follows values from sources to sinks.
//!
//! An abstract interpreter walks the tree of a file: its statements, then each function with arguments of unknown origin,
//! and functions that are called, with what they are called with. It computes with constants, so that a branch which
//! cannot be taken is not taken; it keeps keys and positions of containers and the fields of objects apart; and it looks
//! into other files of the program where a name comes from there. What a function made of its arguments is remembered.
//!
//! All work is counted. Where a limit is reached the rest is passed over and [`Report::exhausted`] says so.

mod again;
mod call;
mod class;
mod comprehension;
pub(crate) mod constant;
mod container;
mod entry;
mod evaluate;
mod execute;
mod frame;
mod function;
mod guard;
mod interpreter;
mod library;
mod member;
mod moves;
mod outside;
mod pattern;
mod place;
mod record;
mod reference;
mod report;
mod resolve;
mod sink;
mod taint;
mod text;
mod value;

pub(crate) use report::within;
pub use resolve::candidates;

use std::sync::Arc;

pub(crate) use again::{Again, Moves};
pub(crate) use moves::Shape;
pub(crate) use record::Run;

use crate::{finding::Step, ir::Module, role::Roles, role::RuleId, span::Span};

/// One file of a program, with what the rules say about it.
#[derive(Debug)]
pub struct Unit {
    /// Its path with `/` between the parts, relative to the root of the project.
    pub path: String,
    /// Its text, for what the steps of a way say.
    pub text: String,
    /// Its tree.
    pub module: Module,
    /// What its expressions are to the rules.
    pub roles: Roles,
}

/// The files that are looked at together: those to report on and what they import.
#[derive(Debug)]
pub struct Program {
    units: Vec<Arc<Unit>>,
    paths: resolve::Paths,
}

impl Program {
    /// Of these files.
    pub fn new(units: Vec<Unit>) -> Self {
        Self::shared(units.into_iter().map(Arc::new).collect())
    }

    /// Of files that others hold too.
    pub(crate) fn shared(units: Vec<Arc<Unit>>) -> Self {
        let paths = resolve::Paths::new(&units);
        Self { units, paths }
    }

    /// Its files, in the order given.
    pub fn units(&self) -> &[Arc<Unit>] {
        &self.units
    }

    /// The files of Go whose names a file of Go sees without importing them, itself among them.
    fn package(&self, unit: usize) -> &[usize] {
        self.units.get(unit).map_or(&[], |unit| self.paths.package(&unit.path))
    }

    /// The file that an import of `module` in file `from` means.
    pub fn resolve(&self, from: usize, module: &str) -> Option<usize> {
        self.paths.find(&self.units, from, module)
    }
}

/// How much work is done for one file.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Steps for each expression of the file.
    pub per_expression: u64,
    /// Steps besides.
    pub base: u64,
    /// How deep calls are followed.
    pub calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_expression: 400, base: 200_000, calls: 8 }
    }
}

/// A way from a source to a sink, or a sink whose value is of unknown origin.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Whose source and sink they are.
    pub rule: RuleId,
    /// The file of the sink.
    pub unit: usize,
    /// The sink.
    pub span: Span,
    /// The function, method or class around the sink.
    pub within: String,
    /// Whether the source is a weak one.
    pub weak: bool,
    /// Whether there is no source: the value's origin is not known.
    pub unknown: bool,
    /// The way, source first, sink last; for an unknown origin only the sink.
    pub trace: Vec<Step>,
}

/// What came out for one file.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// One flow for each sink and rule, in the order of their places.
    pub flows: Vec<Flow>,
    /// Whether work was cut at its limit: there may be more.
    pub exhausted: bool,
    /// Whether that is only because a value from outside goes deeper than calls and imports are followed.
    pub deep: bool,
    /// How many steps a run from the beginning takes.
    pub steps: u64,
    /// How many were done now: the others are known from the last run.
    pub worked: u64,
}

/// Follows the values of one file of a program.
pub fn analyse(program: &Program, unit: usize, limits: &Limits) -> Report {
    Follower::new(program, *limits).follow(unit, None).0
}

/// Follows the values of the files of a program, one after the other.
pub(crate) struct Follower<'p>(interpreter::Interpreter<'p>);

impl<'p> Follower<'p> {
    /// Of that program.
    pub(crate) fn new(program: &'p Program, limits: Limits) -> Self {
        Self(interpreter::Interpreter::new(program, limits))
    }

    /// Follows the values of one file, from the beginning or from what is known of the last time.
    pub(crate) fn follow(&mut self, unit: usize, again: Option<&Again<'_>>) -> (Report, Run) {
        let known = again.and_then(|again| self.0.run(unit, Some(again)));
        known.or_else(|| self.0.run(unit, None)).unwrap_or_default()
    }
}

/// Follows the values of several files, each by itself. A sink that is reached from several
/// of them is reported once, with the best proof.
pub fn analyse_all(
    program: &Program,
    units: impl IntoIterator<Item = usize>,
    limits: &Limits,
) -> Vec<Report> {
    let mut follower = Follower::new(program, *limits);
    let mut reports: Vec<Report> = units.into_iter().map(|unit| follower.follow(unit, None).0).collect();
    once(&mut reports);
    reports
}

/// Keeps a sink that several files reach in the report that has the best proof, and among equal ones the shortest.
pub(crate) fn once(reports: &mut [Report]) {
    let rank = |flow: &Flow| (flow.unknown, flow.weak, flow.trace.len());
    let mut best = crate::hash::HashMap::default();
    for flow in reports.iter().flat_map(|report| &report.flows) {
        let known = best.entry((flow.rule, flow.unit, flow.span)).or_insert_with(|| rank(flow));
        *known = (*known).min(rank(flow));
    }
    for report in reports {
        report.flows.retain(|flow| {
            let key = (flow.rule, flow.unit, flow.span);
            let first = best.get(&key) == Some(&rank(flow));
            if first {
                best.remove(&key);
            }
            first
        });
    }
}

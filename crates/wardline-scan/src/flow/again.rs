//! Runs a file anew in which only the bodies of some functions changed since the last run.
//!
//! Entries depend on each other only through variables that outlive them ([`super::record`]). So an entry that ran no
//! changed body does what it did, and what it found is taken from its record, moved to where the text is now, if
//! - the text around the changed bodies is what it was, and what the rules say about it too: the statements of the file are
//!   run again in any case, and leave what they left;
//! - no entry that ran a changed body wrote into such a variable, before or now.
//!
//! An entry that wrote into one is run again even if nothing of it changed, for those that read; so is one that made a
//! function which has to be run. Steps are added up from records, so the limit is reached when a whole run reaches it.
//! Wherever one of this does not hold, or a limit is near, everything is run from the beginning.

use super::{
    Flow,
    interpreter::Interpreter,
    record::{Key, Record, Run, keep},
};
use crate::{finding::Step, hash::HashMap, hash::HashSet, ir::FunctionId, span::Span};

/// A body of a function that stands in no other, before and after a change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Body {
    /// Where it was.
    pub(crate) before: Span,
    /// Where it is.
    pub(crate) after: Span,
    /// Whether it is another one, or the rules say something else about it.
    pub(crate) changed: bool,
}

/// What became of a file.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    /// The bodies in their order.
    pub(crate) bodies: Vec<Body>,
    /// The functions that there still are, with their numbers now.
    pub(crate) functions: HashMap<FunctionId, FunctionId>,
    /// Functions whose body changed, and those in changed bodies, by their numbers before.
    pub(crate) changed: HashSet<FunctionId>,
}

impl Moves {
    /// Where a range is now; nothing when something in it changed.
    pub(crate) fn span(&self, span: Span) -> Option<Span> {
        let first = self.bodies.partition_point(|body| body.before.end <= span.start);
        let rest = self.bodies.get(first..).unwrap_or_default();
        let meets = |body: &&Body| body.before.start < span.end;
        if rest.iter().take_while(meets).any(|body| body.changed) {
            return None;
        }
        let shift = |(from, to): (u32, u32)| -> Option<Span> {
            let move_by = i64::from(to) - i64::from(from);
            let at = |place: u32| u32::try_from(i64::from(place) + move_by).ok();
            Some(Span::new(at(span.start)?, at(span.end)?))
        };
        match rest.first() {
            Some(body) if body.before.start <= span.start => shift((body.before.start, body.after.start)),
            _ => {
                let before = first.checked_sub(1).and_then(|last| self.bodies.get(last));
                shift(before.map_or((0, 0), |body| (body.before.end, body.after.end)))
            }
        }
    }

    fn flow(&self, unit: usize, path: &str, flow: &Flow) -> Option<Flow> {
        let span = if flow.unit == unit { self.span(flow.span)? } else { flow.span };
        let moved = |step: &Step| -> Option<Step> {
            let span = if step.path == path { self.span(step.span)? } else { step.span };
            Some(Step { span, ..step.clone() })
        };
        let trace = flow.trace.iter().map(moved).collect::<Option<Vec<_>>>()?;
        Some(Flow { span, trace, ..flow.clone() })
    }

    fn flows(&self, unit: usize, path: &str, record: &Record) -> Option<HashMap<Key, Flow>> {
        let moved = |flow: &Flow| {
            let flow = self.flow(unit, path, flow)?;
            Some(((flow.rule, flow.unit, flow.span), flow))
        };
        record.flows.values().map(moved).collect()
    }

    fn touches(&self, record: &Record) -> bool {
        record.touched.iter().any(|function| self.changed.contains(function))
    }
}

/// The last run, and what of it can be taken.
pub(crate) struct Again<'a> {
    run: &'a Run,
    moves: &'a Moves,
    /// What each record found, where it is now; nothing for those whose entry has to be run.
    found: Vec<Option<HashMap<Key, Flow>>>,
    others: HashMap<usize, HashMap<Key, Flow>>,
    children: HashMap<usize, Vec<usize>>,
}

impl<'a> Again<'a> {
    /// Of a run of that file, if anything of it can be taken.
    pub(crate) fn new(run: &'a Run, moves: &'a Moves, unit: usize, path: &str) -> Option<Self> {
        let all = std::iter::once(&run.statements).chain(run.others.values());
        if run.spoilt || all.into_iter().any(|record| moves.touches(record)) {
            return None;
        }
        let mut found = Vec::with_capacity(run.records.len());
        let mut children: HashMap<usize, Vec<usize>> = HashMap::default();
        for (number, record) in run.records.iter().enumerate() {
            let touches = moves.touches(record);
            if touches && record.wrote {
                return None;
            }
            let run_again =
                touches || record.wrote || record.asked.iter().any(|id| !moves.functions.contains_key(id));
            found.push(if run_again { None } else { moves.flows(unit, path, record) });
            children.entry(record.creator).or_default().push(number);
        }
        // What makes a function that has to be run has to be run. Creators come before what they make.
        for (number, record) in run.records.iter().enumerate().rev() {
            if found.get(number).is_some_and(Option::is_none)
                && let Some(creator) = found.get_mut(record.creator)
            {
                *creator = None;
            }
        }
        let mut others = HashMap::default();
        for (unit_of, record) in &run.others {
            others.insert(*unit_of, moves.flows(unit, path, record)?);
        }
        Some(Self { run, moves, found, others, children })
    }

    /// What the record of a creator made, for which the same is made now.
    pub(super) fn made_by(&self, creator: usize) -> &[usize] {
        self.children.get(&creator).map_or(&[], Vec::as_slice)
    }

    /// Whether an entry has to be run.
    pub(super) fn has_to_run(&self, record: usize) -> bool {
        self.found.get(record).is_none_or(Option::is_none)
    }

    /// Whether what an entry does is what it did.
    pub(super) fn is_the_same(&self, record: usize) -> bool {
        self.run.records.get(record).is_some_and(|record| !self.moves.touches(record))
    }
}

impl Interpreter<'_> {
    /// Takes what an entry did from its record. False when it does not fit what was done so far.
    pub(super) fn take(&mut self, again: &Again<'_>, number: usize, creator: usize) -> bool {
        let Some(old) = again.run.records.get(number) else { return false };
        let now = |id: &FunctionId| again.moves.functions.get(id).copied();
        let Some(asked) = old.asked.iter().map(now).collect::<Option<Vec<_>>>() else { return false };
        let unit = self.unit;
        let ran = asked.iter().any(|id| self.entered.insert((unit, *id)));
        if ran != old.ran {
            return false;
        }
        let mut record = Record { creator, asked, ran, wrote: false, steps: old.steps, ..Record::default() };
        record.needs.clone_from(&old.needs);
        record.touched = old.touched.iter().filter_map(now).collect();
        let Some(Some(found)) = again.found.get(number) else { return false };
        record.flows.clone_from(found);
        for other in &old.needs {
            if !self.take_other(again, *other, 0) {
                return false;
            }
        }
        self.steps = self.steps.saturating_add(old.steps);
        self.saved = self.saved.saturating_add(old.steps);
        self.exhausted |= !self.has_steps();
        for (key, flow) in found {
            keep(&mut self.flows, *key, flow.clone());
        }
        self.written.records.push(record);
        true
    }

    /// Takes what the statements of another file did, unless they were run or taken before.
    fn take_other(&mut self, again: &Again<'_>, other: usize, depth: usize) -> bool {
        if self.written.others.contains_key(&other) {
            return true;
        }
        let (Some(old), Some(found)) = (again.run.others.get(&other), again.others.get(&other)) else {
            return false;
        };
        let record = Record {
            steps: old.steps,
            needs: old.needs.clone(),
            touched: old.touched.iter().filter_map(|id| again.moves.functions.get(id).copied()).collect(),
            wrote: old.wrote,
            flows: found.clone(),
            ..Record::default()
        };
        self.written.others.insert(other, record);
        self.steps = self.steps.saturating_add(old.steps);
        self.saved = self.saved.saturating_add(old.steps);
        self.exhausted |= !self.has_steps();
        for (key, flow) in found {
            keep(&mut self.flows, *key, flow.clone());
        }
        depth < 64 && old.needs.iter().all(|needed| self.take_other(again, *needed, depth + 1))
    }
}

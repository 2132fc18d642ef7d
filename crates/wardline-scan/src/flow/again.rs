//! Runs a file anew in which only the bodies of some functions changed since the last run.
//!
//! Entries depend on each other only through variables that outlive them ([`super::record`]). So an entry that ran no
//! changed body does what it did, and what it found is taken from its record, moved to where the text is now, if
//! - the text around the changed bodies is what it was, and what the rules say about it too: the statements of the file are
//!   run again in any case, and leave what they left;
//! - no entry that ran a changed body wrote into such a variable, before or now.
//!
//! An entry that wrote into one is run again even if nothing of it changed, for those that read; so is one that made a
//! function which has to be run. Of a class that has to be run, a method is taken that ran no changed body and left the object
//! as it was, until one that ran a changed body leaves another object than it got, before or now. Steps are added up from records, so the limit is reached when a whole run reaches it.
//! Wherever one of this does not hold, or a limit is near, everything is run from the beginning.

use super::{
    Flow,
    interpreter::Interpreter,
    record::{Key, Part, Record, Run, keep},
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

    /// What a record says, of the file as it is; nothing when it has something of what changed.
    fn record(&self, unit: usize, path: &str, record: &Record) -> Option<Record> {
        let now = |id: &FunctionId| self.functions.get(id).copied();
        let part = |part: &Part| {
            let record = self.record(unit, path, &part.record)?;
            Some(Part { method: now(&part.method)?, record, ..*part })
        };
        Some(Record {
            asked: record.asked.iter().map(now).collect::<Option<_>>()?,
            ran: record.ran,
            touched: record.touched.iter().filter_map(now).collect(),
            steps: record.steps,
            flows: self.flows(unit, path, record)?,
            needs: record.needs.clone(),
            wrote: record.wrote,
            parts: record.parts.iter().map(part).collect::<Option<_>>()?,
            ..Record::default()
        })
    }

    pub(super) fn touches(&self, record: &Record) -> bool {
        record.touched.iter().any(|function| self.changed.contains(function))
    }
}

/// The last run, and what of it can be taken.
pub(crate) struct Again<'a> {
    run: &'a Run,
    moves: &'a Moves,
    unit: usize,
    path: &'a str,
    /// What each record says now; nothing for those whose entry has to be run.
    found: Vec<Option<Record>>,
    others: HashMap<usize, Record>,
    children: HashMap<usize, Vec<usize>>,
    /// Methods that made a function which has to be run, by the record of their class and their place in it.
    makers: HashSet<(usize, usize)>,
}

impl<'a> Again<'a> {
    /// Of a run of that file, if anything of it can be taken.
    pub(crate) fn new(run: &'a Run, moves: &'a Moves, unit: usize, path: &'a str) -> Option<Self> {
        let all = std::iter::once(&run.statements).chain(run.others.values());
        if run.spoilt || all.into_iter().any(|record| moves.touches(record)) {
            return None;
        }
        let mut found = Vec::with_capacity(run.records.len());
        let mut children: HashMap<usize, Vec<usize>> = HashMap::default();
        let changed = |record: &Record| record.wrote && moves.touches(record);
        for (number, record) in run.records.iter().enumerate() {
            let whole = record.parts.is_empty() && changed(record);
            if whole || record.parts.iter().any(|part| changed(&part.record)) {
                return None;
            }
            let run_again = moves.touches(record) || record.wrote;
            found.push(if run_again { None } else { moves.record(unit, path, record) });
            children.entry(record.creator).or_default().push(number);
        }
        let others =
            run.others.iter().map(|(other, record)| Some((*other, moves.record(unit, path, record)?)));
        let others = others.collect::<Option<_>>()?;
        let makers = HashSet::default();
        let mut again = Self { run, moves, unit, path, found, others, children, makers };
        // Creators come before what they make.
        for number in (0..run.records.len()).rev() {
            if again.has_to_run(number) {
                again.has_to_make(number);
            }
        }
        Some(again)
    }

    /// What makes a function that has to be run has to be run.
    fn has_to_make(&mut self, child: usize) {
        let Some(creator) = self.run.records.get(child).map(|record| record.creator) else { return };
        if let Some(found) = self.found.get_mut(creator) {
            *found = None;
        }
        let place = self.made_by(creator).iter().position(|made| *made == child);
        let parts = self.run.records.get(creator).map_or(&[][..], |record| record.parts.as_slice());
        let mut made = 0;
        let maker = parts.iter().position(|part| {
            made += part.made;
            place.is_some_and(|place| place < made)
        });
        self.makers.extend(maker.map(|maker| (creator, maker)));
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

    /// The runs of methods of a class.
    pub(super) fn parts(&self, record: usize) -> &'a [Part] {
        self.run.records.get(record).map_or(&[], |record| record.parts.as_slice())
    }

    /// Whether a method of then is that method now.
    pub(super) fn is_method(&self, part: &Part, method: FunctionId) -> bool {
        self.moves.functions.get(&part.method) == Some(&method)
    }

    /// Whether a method did what it did by code that is what it was.
    pub(super) fn is_same_part(&self, part: &Part) -> bool {
        !self.moves.touches(&part.record)
    }

    /// What a run of a method did, if it need not be run: nobody sees whether it was, but for what is found in it.
    pub(super) fn part(&self, record: usize, place: usize) -> Option<Record> {
        let part = self.parts(record).get(place)?;
        let taken = self.is_same_part(part)
            && !part.record.wrote
            && !part.changed
            && !self.makers.contains(&(record, place));
        taken.then(|| self.moves.record(self.unit, self.path, &part.record)).flatten()
    }
}

impl Interpreter<'_> {
    /// Takes what an entry did from its record. False when it does not fit what was done so far.
    pub(super) fn take(&mut self, again: &Again<'_>, number: usize, creator: usize) -> bool {
        let Some(Some(record)) = again.found.get(number) else { return false };
        let unit = self.unit;
        let ran = record.asked.iter().any(|id| self.entered.insert((unit, *id)));
        if ran != record.ran || !self.take_record(again, record) {
            return false;
        }
        self.written.records.push(Record { creator, ..record.clone() });
        true
    }

    /// Counts what a record says as done.
    pub(super) fn take_record(&mut self, again: &Again<'_>, record: &Record) -> bool {
        if !record.needs.iter().all(|other| self.take_other(again, *other, 0)) {
            return false;
        }
        self.count(record);
        true
    }

    fn count(&mut self, record: &Record) {
        self.steps = self.steps.saturating_add(record.steps);
        self.saved = self.saved.saturating_add(record.steps);
        self.exhausted |= !self.has_steps();
        for (key, flow) in &record.flows {
            keep(&mut self.flows, *key, flow.clone());
        }
    }

    /// Takes what the statements of another file did, unless they were run or taken before.
    fn take_other(&mut self, again: &Again<'_>, other: usize, depth: usize) -> bool {
        if self.written.others.contains_key(&other) {
            return true;
        }
        let Some(record) = again.others.get(&other) else { return false };
        self.written.others.insert(other, record.clone());
        self.count(record);
        depth < 64 && record.needs.iter().all(|needed| self.take_other(again, *needed, depth + 1))
    }
}

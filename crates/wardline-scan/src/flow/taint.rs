//! Where a value comes from: marks, each with the way it went.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::{
    ir::{ExprId, Name},
    role::RuleSet,
    span::Span,
};

/// How many sources one value remembers. Another one is left out when the rules that it is for are covered.
const MARKS: usize = 6;

/// How many steps a way has; the middle of a longer one is not told.
const STEPS: u32 = 40;

/// What happened to a value at one place.
#[derive(Debug, Clone)]
pub(super) enum Note {
    /// It came in.
    Source,
    /// It was given a name.
    Assigned(Name),
    /// It went into a function.
    Passed(Name),
    /// It came out of a function.
    Returned(Name),
    /// It became part of a text.
    Built,
    /// It became part of a container or object.
    Stored(Name),
}

/// A step of a way, with those before it.
#[derive(Debug)]
pub(super) struct Trace {
    before: Option<Arc<Self>>,
    pub(super) unit: usize,
    pub(super) span: Span,
    pub(super) note: Note,
    length: u32,
}

impl Trace {
    /// The steps, first one first.
    pub(super) fn steps(trace: &Arc<Self>) -> Vec<&Self> {
        let mut steps = Vec::new();
        let mut next = Some(trace);
        while let Some(step) = next {
            steps.push(&**step);
            next = step.before.as_ref();
        }
        steps.reverse();
        steps
    }
}

/// That a value comes from one source.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    /// The source's file and expression.
    pub(super) site: (usize, ExprId),
    /// For which rules it still counts.
    pub(super) rules: RuleSet,
    /// Whether its findings only warn.
    pub(super) weak: bool,
    /// The way so far.
    pub(super) trace: Arc<Trace>,
}

/// The way does not make a mark another one.
impl PartialEq for Mark {
    fn eq(&self, other: &Self) -> bool {
        (self.site, self.rules, self.weak) == (other.site, other.rules, other.weak)
    }
}

impl Eq for Mark {}

impl Hash for Mark {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.site, self.rules, self.weak).hash(state);
    }
}

/// The marks of a value. No marks: it is clean.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Taint(Option<Arc<Vec<Mark>>>);

impl Taint {
    /// From one source.
    pub(super) fn source(site: (usize, ExprId), span: Span, rules: RuleSet, weak: bool) -> Self {
        let trace = Trace { before: None, unit: site.0, span, note: Note::Source, length: 1 };
        Self(Some(Arc::new(vec![Mark { site, rules, weak, trace: Arc::new(trace) }])))
    }

    pub(super) fn is_clean(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn marks(&self) -> &[Mark] {
        self.0.as_ref().map_or(&[], |marks| marks.as_slice())
    }

    /// The marks of both.
    pub(super) fn join(&self, other: &Self) -> Self {
        let (Some(left), Some(right)) = (&self.0, &other.0) else {
            return if self.is_clean() { other.clone() } else { self.clone() };
        };
        if Arc::ptr_eq(left, right) || right.iter().all(|mark| left.contains(mark)) {
            return self.clone();
        }
        let mut marks = left.as_ref().clone();
        for mark in right.iter() {
            add(&mut marks, mark);
        }
        Self(Some(Arc::new(marks)))
    }

    /// Without those rules.
    pub(super) fn without(&self, rules: RuleSet) -> Self {
        let Some(marks) = &self.0 else { return Self::default() };
        let kept: Vec<_> = marks
            .iter()
            .map(|mark| Mark { rules: mark.rules.without(rules), ..mark.clone() })
            .filter(|mark| !mark.rules.is_empty())
            .collect();
        Self((!kept.is_empty()).then(|| Arc::new(kept)))
    }

    /// Only with those rules.
    pub(super) fn only(&self, rules: RuleSet) -> Self {
        let Some(marks) = &self.0 else { return Self::default() };
        let kept: Vec<_> = marks
            .iter()
            .map(|mark| Mark { rules: mark.rules.intersection(rules), ..mark.clone() })
            .filter(|mark| !mark.rules.is_empty())
            .collect();
        Self((!kept.is_empty()).then(|| Arc::new(kept)))
    }

    /// The same marks, one step further.
    pub(super) fn step(&self, unit: usize, span: Span, note: &Note) -> Self {
        let Some(marks) = &self.0 else { return Self::default() };
        let further = |mark: &Mark| {
            let same = mark.trace.span == span && mark.trace.unit == unit;
            if mark.trace.length >= STEPS || same {
                return mark.clone();
            }
            let length = mark.trace.length.saturating_add(1);
            let before = Some(mark.trace.clone());
            Mark { trace: Arc::new(Trace { before, unit, span, note: note.clone(), length }), ..mark.clone() }
        };
        Self(Some(Arc::new(marks.iter().map(further).collect())))
    }
}

fn add(marks: &mut Vec<Mark>, mark: &Mark) {
    if let Some(same) = marks.iter_mut().find(|known| known.site == mark.site && known.weak == mark.weak) {
        same.rules = same.rules.union(mark.rules);
        return;
    }
    let covered = marks
        .iter()
        .filter(|known| !known.weak || mark.weak)
        .fold(RuleSet::default(), |rules, known| rules.union(known.rules));
    if marks.len() < MARKS || !mark.rules.without(covered).is_empty() {
        marks.push(mark.clone());
    }
}

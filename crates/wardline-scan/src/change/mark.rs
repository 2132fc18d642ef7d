//! What a finding is told by: its rule, the words of its statement, the function around it, the way of its value.

use std::collections::BTreeMap;

use super::Snapshot;
use super::statements::{Alignment, Statements, hash};
use crate::finding::{Category, Finding, Severity};

/// Where the statement of a finding before the change is after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Home {
    /// Nothing stands in its place.
    #[default]
    Gone,
    /// It is this statement of its file, edited or not.
    At(usize),
}

/// A finding, as matching sees it.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) rule: String,
    pub(super) category: Category,
    pub(super) severity: Severity,
    /// The file, by the name that it has after the change.
    pub(super) path: String,
    pub(super) within: String,
    /// The number of its statement in its file.
    pub(super) statement: usize,
    pub(super) words: Vec<String>,
    /// The words of its statement and of its own range, as one number.
    pub(super) exact: u64,
    /// The same, whatever variables are called.
    pub(super) shape: u64,
    /// The words of the steps, and the same whatever variables are called.
    pub(super) trace: u64,
    pub(super) trace_shape: u64,
    pub(super) anchor: String,
    /// The words of a secret, as one number: another one in its place is new. 0 for all else.
    pub(super) secret: u64,
    /// Before: where its statement is now. After: the statement itself.
    pub(super) home: Home,
    /// After: whether its statement was there before, so that it was not moved here. Before: not told.
    pub(super) stood_here: bool,
    /// Whether it was found after the change.
    pub(super) is_after: bool,
    pub(super) start: u32,
}

/// The marks of both sides.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) before: Vec<Mark>,
    pub(super) after: Vec<Mark>,
}

/// The texts of one side, read when they are asked for.
#[derive(Default)]
pub(super) struct Library<'a> {
    texts: Option<&'a BTreeMap<String, String>>,
    read: BTreeMap<String, Statements>,
}

impl<'a> Library<'a> {
    pub(super) fn new(texts: &'a BTreeMap<String, String>) -> Self {
        Self { texts: Some(texts), read: BTreeMap::new() }
    }

    /// Reads what `findings` name.
    pub(super) fn open(&mut self, findings: &[Finding]) {
        for finding in findings {
            self.open_path(&finding.path);
            finding.trace.iter().for_each(|step| self.open_path(&step.path));
        }
    }

    fn open_path(&mut self, path: &str) {
        if !self.read.contains_key(path) {
            let text = self.texts.and_then(|texts| texts.get(path)).map_or("", String::as_str);
            self.read.insert(path.to_owned(), Statements::read(path, text));
        }
    }

    pub(super) fn get(&self, path: &str) -> Option<&Statements> {
        self.read.get(path)
    }

    /// The mark of one finding, without its home.
    pub(super) fn mark(&self, finding: &Finding, path: String) -> Mark {
        let empty = Statements::default();
        let read = self.get(&finding.path).unwrap_or(&empty);
        let statement = read.at(finding.span).unwrap_or(usize::MAX);
        let own: Vec<&str> = read.inside(finding.span).iter().map(|token| token.text.as_str()).collect();
        let words = read.words(statement);
        let mut trace = Vec::new();
        let mut trace_shape = Vec::new();
        for step in &finding.trace {
            let there = self.get(&step.path).unwrap_or(&empty);
            trace.push(
                there.inside(step.span).iter().map(|token| token.text.clone()).collect::<Vec<_>>().join(" "),
            );
            trace_shape.push(there.shape_of(step.span));
        }
        // The way of the value is told by its steps; the same place twice in a row is one step.
        trace.dedup();
        trace_shape.dedup();
        Mark {
            rule: finding.rule.clone(),
            category: finding.category,
            severity: finding.severity,
            path,
            within: finding.within.clone(),
            statement,
            exact: hash(&(&words, &own)),
            shape: hash(&(read.shape(statement), read.shape_of(finding.span))),
            words: words.into_iter().map(str::to_owned).collect(),
            trace: hash(&trace),
            trace_shape: hash(&trace_shape),
            anchor: read.anchor(finding.span),
            secret: if finding.category == Category::Secret { hash(&own) } else { 0 },
            home: Home::Gone,
            stood_here: false,
            is_after: false,
            start: finding.span.start,
        }
    }
}

/// Marks the findings of both sides, and says of each where its statement was or is.
pub(super) fn mark(before: Snapshot<'_>, after: Snapshot<'_>, renamed: &BTreeMap<String, String>) -> Marks {
    let (mut old, mut new) = (Library::new(before.texts), Library::new(after.texts));
    old.open(before.findings);
    new.open(after.findings);
    let name_after = |path: &str| renamed.get(path).cloned().unwrap_or_else(|| path.to_owned());
    let names: Vec<(String, String)> = old.read.keys().map(|path| (path.clone(), name_after(path))).collect();
    names.iter().for_each(|(_, path)| new.open_path(path));
    // A file after that no finding named before is aligned too: its statements may have been there.
    let back: BTreeMap<&str, &str> = renamed.iter().map(|(from, to)| (to.as_str(), from.as_str())).collect();
    for path in new.read.keys().cloned().collect::<Vec<_>>() {
        let was = back.get(path.as_str()).map_or(path.as_str(), |was| was);
        old.open_path(was);
    }
    let mut aligned: BTreeMap<String, (String, Alignment)> = BTreeMap::new();
    for (path, read) in &old.read {
        let to = name_after(path);
        if let Some(other) = new.get(&to) {
            aligned.insert(to, (path.clone(), Alignment::between(read, other)));
        }
    }
    let mut marks = Marks::default();
    for finding in before.findings {
        marks.before.push(old.mark(finding, name_after(&finding.path)));
    }
    for finding in after.findings {
        let mut mark = new.mark(finding, finding.path.clone());
        mark.home = Home::At(mark.statement);
        mark.is_after = true;
        let pairs = aligned.get(&mark.path).map(|(_, pairs)| pairs);
        mark.stood_here = pairs.is_some_and(|pairs| pairs.origin(mark.statement).is_some());
        marks.after.push(mark);
    }
    let place = |mark: &Mark| (mark.path.clone(), mark.statement);
    let mut found: BTreeMap<(String, usize), Vec<(String, String)>> = BTreeMap::new();
    for mark in &marks.after {
        found.entry(place(mark)).or_default().push((mark.rule.clone(), mark.within.clone()));
    }
    for mark in &mut marks.before {
        mark.home = home(mark, &old, &new, &aligned, &found);
    }
    marks
}

/// Where the statement of a finding is after the change.
fn home(
    mark: &Mark,
    old: &Library<'_>,
    new: &Library<'_>,
    aligned: &BTreeMap<String, (String, Alignment)>,
    found: &BTreeMap<(String, usize), Vec<(String, String)>>,
) -> Home {
    let Some((was, pairs)) = aligned.get(&mark.path) else { return Home::Gone };
    let (Some(before), Some(after)) = (old.get(was), new.get(&mark.path)) else { return Home::Gone };
    let same = pairs.same(mark.statement);
    if let Some(same) = same.filter(|_| pairs.supported(mark.statement)) {
        return Home::At(same);
    }
    let successor = pairs.successor((before, mark.statement), after, &mark.anchor);
    let (Some(same), Some(successor)) = (same, successor) else {
        return same.or(successor).map_or(Home::Gone, Home::At);
    };
    // The same words elsewhere, and in this place something like them: mended here and made there, unless both are found.
    let there = |statement: usize| {
        let rules = found.get(&(mark.path.clone(), statement)).map_or(&[][..], Vec::as_slice);
        rules.iter().find(|(rule, _)| *rule == mark.rule)
    };
    let elsewhere = there(same).is_some_and(|(_, within)| *within != mark.within);
    Home::At(if elsewhere && there(successor).is_none() { successor } else { same })
}

//! The rounds in which findings after a change are paired with findings before it.

use std::collections::BTreeMap;

use super::mark::{Home, Mark, Marks};
use super::statements::{alike, hash};

/// How alike two statements in different places have to be, in 100, to be one that was moved and edited.
const MOVED_AND_EDITED: usize = 60;
/// Pairs that the round of likeness looks at.
const MOST_PAIRS: usize = 250_000;

/// Which finding before is the one after; in the order of those after.
pub(super) fn pair(marks: &Marks) -> Vec<Option<usize>> {
    let mut work =
        Work { marks, taken: vec![false; marks.before.len()], found: vec![None; marks.after.len()] };
    // In its place: first with the same way of its value, then with any.
    work.round(|mark| at_home(mark, &(&mark.rule, mark.trace)));
    work.round(|mark| at_home(mark, &(&mark.rule, mark.trace_shape)));
    work.round(|mark| at_home(mark, &&mark.rule));
    // Moved within its file, then to another one.
    for file in [true, false] {
        let place = move |mark: &Mark| file.then(|| mark.path.clone());
        work.round(|mark| moved(mark, &(place(mark), mark.exact, &mark.within, mark.trace)));
        work.round(|mark| moved(mark, &(place(mark), mark.exact, &mark.within)));
        work.round(|mark| moved(mark, &(place(mark), mark.exact, mark.trace)));
        work.round(|mark| moved(mark, &(place(mark), mark.exact)));
    }
    // Moved, with other names of variables.
    for file in [true, false] {
        let place = move |mark: &Mark| file.then(|| mark.path.clone());
        work.round(|mark| moved(mark, &(place(mark), mark.shape, &mark.within)));
        work.round(|mark| moved(mark, &(place(mark), mark.shape, mark.trace_shape, &mark.anchor)));
    }
    work.alike();
    // A rule that only suspected and one that proves are two rules of one category.
    work.between_rules();
    work.found
}

/// In the place where it stood.
fn at_home(mark: &Mark, told_by: &impl std::hash::Hash) -> Option<u64> {
    match mark.home {
        Home::At(statement) => Some(hash(&(&mark.path, statement, mark.secret, told_by))),
        Home::Gone => None,
    }
}

/// Somewhere else: nothing stands in its old place, and nothing stood in its new one.
fn moved(mark: &Mark, told_by: &impl std::hash::Hash) -> Option<u64> {
    may_move(mark).then(|| hash(&(&mark.rule, mark.secret, told_by)))
}

fn may_move(mark: &Mark) -> bool {
    if mark.is_after { !mark.stood_here } else { mark.home == Home::Gone }
}

struct Work<'a> {
    marks: &'a Marks,
    taken: Vec<bool>,
    found: Vec<Option<usize>>,
}

impl Work<'_> {
    /// Pairs what has the same key, in the order of the texts.
    fn round(&mut self, key: impl Fn(&Mark) -> Option<u64>) {
        let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (index, mark) in self.open_before() {
            if let Some(key) = key(mark) {
                groups.entry(key).or_default().push(index);
            }
        }
        for list in groups.values_mut() {
            list.sort_by_key(|index| self.marks.before.get(*index).map(order));
            list.reverse();
        }
        let mut after: Vec<(usize, &Mark)> = self.open_after().collect();
        after.sort_by_key(|(_, mark)| order(mark));
        let after: Vec<(usize, Option<u64>)> =
            after.into_iter().map(|(index, mark)| (index, key(mark))).collect();
        for (index, key) in after {
            if let Some(before) = key.and_then(|key| groups.get_mut(&key)).and_then(Vec::pop) {
                self.join(before, index);
            }
        }
    }

    /// Pairs what was moved and edited: the most alike first.
    fn alike(&mut self) {
        let before: Vec<(usize, &Mark)> = self.open_before().filter(|(_, mark)| may_move(mark)).collect();
        let after: Vec<(usize, &Mark)> = self.open_after().filter(|(_, mark)| may_move(mark)).collect();
        if before.len().saturating_mul(after.len()) > MOST_PAIRS {
            return;
        }
        let mut scored = Vec::new();
        for (old, one) in &before {
            for (new, other) in &after {
                if alike_in_kind(one, other) && related(one, other) {
                    let score = alike(&refs(&one.words), &refs(&other.words));
                    if score >= MOVED_AND_EDITED {
                        scored.push((std::cmp::Reverse(score), order(one), order(other), *old, *new));
                    }
                }
            }
        }
        scored.sort();
        for (_, _, _, old, new) in scored {
            let free = self.taken.get(old) == Some(&false) && self.found.get(new) == Some(&None);
            if free {
                self.join(old, new);
            }
        }
    }

    /// Pairs a milder finding of another rule of the same category with the one that took its place.
    fn between_rules(&mut self) {
        let before: Vec<usize> = self.open_before().map(|(index, _)| index).collect();
        for old in before {
            let Some(one) = self.marks.before.get(old) else { continue };
            let Home::At(statement) = one.home else { continue };
            let mut same = self.open_after().filter(|(_, other)| {
                other.path == one.path
                    && other.statement == statement
                    && other.category == one.category
                    && other.severity > one.severity
            });
            if let Some((new, _)) = same.next() {
                drop(same);
                self.join(old, new);
            }
        }
    }

    fn open_before(&self) -> impl Iterator<Item = (usize, &Mark)> {
        let open = |(index, _): &(usize, &Mark)| self.taken.get(*index) == Some(&false);
        self.marks.before.iter().enumerate().filter(open)
    }

    fn open_after(&self) -> impl Iterator<Item = (usize, &Mark)> {
        let open = |(index, _): &(usize, &Mark)| self.found.get(*index) == Some(&None);
        self.marks.after.iter().enumerate().filter(open)
    }

    fn join(&mut self, before: usize, after: usize) {
        if let (Some(taken), Some(found)) = (self.taken.get_mut(before), self.found.get_mut(after)) {
            *taken = true;
            *found = Some(before);
        }
    }
}

/// Whether two findings are of one rule and about one thing.
fn alike_in_kind(one: &Mark, other: &Mark) -> bool {
    one.rule == other.rule && one.anchor == other.anchor && one.secret == other.secret
}

/// Whether two places may be one that was moved: the same function, or the same last name of one.
fn related(one: &Mark, other: &Mark) -> bool {
    let last = |mark: &Mark| mark.within.rsplit('.').next().unwrap_or_default().to_owned();
    !one.within.is_empty() && last(one) == last(other)
}

fn order(mark: &Mark) -> (String, u32, String) {
    (mark.path.clone(), mark.start, mark.rule.clone())
}

fn refs(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

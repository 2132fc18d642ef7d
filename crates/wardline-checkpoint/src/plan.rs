//! Turns what should lie at some places into steps that fit the tree: nothing loses the directory that it lies in, and what
//! does not fit is left as it is and named.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::merge::{Contents, is_text};
use crate::node::{Digest, Node, Place, above};

/// The present tree, in order of places.
#[derive(Debug, Clone, Copy)]
pub struct Tree<'a>(&'a [(Place, Node)]);

impl<'a> Tree<'a> {
    /// A tree from its places, in order.
    #[must_use]
    pub fn new(places: &'a [(Place, Node)]) -> Self {
        Self(places)
    }

    /// What lies at a place.
    #[must_use]
    pub fn get(&self, place: &[u8]) -> Option<&'a Node> {
        let at = self.0.binary_search_by(|(other, _)| other.as_slice().cmp(place)).ok()?;
        self.0.get(at).map(|(_, node)| node)
    }

    /// What lies below a place.
    pub(crate) fn below(&self, place: &[u8]) -> impl Iterator<Item = &'a [u8]> {
        let begin = [place, b"/"].concat();
        let from = self.0.partition_point(|(other, _)| *other < begin);
        let rest = self.0.get(from..).unwrap_or_default().iter();
        rest.map(|(place, _)| place.as_slice()).take_while(move |place| place.starts_with(&begin))
    }
}

/// What is done at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A file or link goes.
    Remove,
    /// A directory goes; it is empty by then.
    RemoveDirectory,
    /// A directory is made.
    MakeDirectory,
    /// A file or link is put where nothing is, or in the place of one.
    Put,
    /// A directory gets another mode.
    Mode,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub place: Place,
    /// What is done.
    pub act: Act,
    /// What lies there before it.
    pub old: Option<Node>,
    /// What lies there after it.
    pub new: Option<Node>,
}

/// What to do, in order, and what is left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// Places that are left as they are although they should change, with the reason.
    pub conflicts: BTreeMap<Place, String>,
}

const NOT_KEPT: &str = "its content is not in the store";

/// What the person wrote, wherever it lies by now.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// Every place that changed.
    pub places: BTreeSet<Place>,
    /// The files that the person wrote, each with what it was before.
    pub wrote: Vec<(Option<Digest>, Digest)>,
}

/// Plans how to get from the present tree to `wanted`. `conflicts` are places of which it is known already that they are in
/// doubt; what is wanted of them is made all the same.
///
/// An agent may have moved what the person wrote, and the place that it came from may be in doubt or taken: a file that would be
/// the last to hold a line of the person's is left as it is.
#[must_use]
pub fn plan(
    now: Tree<'_>,
    mut wanted: BTreeMap<Place, Option<Node>>,
    mut conflicts: BTreeMap<Place, String>,
    own: &Own,
    contents: &dyn Contents,
) -> Plan {
    let mine = Lines::written(own, contents);
    loop {
        let plan = fitted(now, wanted.clone(), conflicts.clone());
        let last = last_holders(&plan, now, own, &mine, contents);
        if last.is_empty() {
            return plan;
        }
        for place in last {
            wanted.remove(&place);
            conflicts.insert(place, "it holds lines of yours that would be lost".to_owned());
        }
    }
}

/// Lines of texts, and whole contents for what is no text.
#[derive(Default)]
struct Lines {
    lines: HashSet<Vec<u8>>,
    whole: HashSet<Digest>,
}

impl Lines {
    /// What the person's changes brought.
    fn written(own: &Own, contents: &dyn Contents) -> Self {
        let mut mine = Self::default();
        for (before, after) in &own.wrote {
            let mut brought = Self::default();
            brought.add(*after, contents);
            let mut known = Self::default();
            before.iter().for_each(|before| known.add(*before, contents));
            mine.lines.extend(brought.lines.into_iter().filter(|line| !known.lines.contains(line)));
            mine.whole.insert(*after);
        }
        mine
    }

    fn add(&mut self, digest: Digest, contents: &dyn Contents) {
        self.whole.insert(digest);
        if let Some(content) = contents.read(&digest).filter(|content| is_text(content)) {
            let lines = content.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
            self.lines.extend(lines.filter(|line| !line.is_empty()).map(<[u8]>::to_vec));
        }
    }

    /// Whether some of `self` is of `mine` and not in `left`.
    fn loses(&self, mine: &Self, left: &Self) -> bool {
        let line = |line: &Vec<u8>| mine.lines.contains(line) && !left.lines.contains(line);
        let whole = |digest: &Digest| {
            self.lines.is_empty() && mine.whole.contains(digest) && !left.whole.contains(digest)
        };
        self.lines.iter().any(line) || self.whole.iter().any(whole)
    }
}

/// Places whose present file holds something of the person's that would be nowhere after the plan.
fn last_holders(plan: &Plan, now: Tree<'_>, own: &Own, mine: &Lines, contents: &dyn Contents) -> Vec<Place> {
    if own.wrote.is_empty() {
        return Vec::new();
    }
    let steps: BTreeMap<&[u8], &Step> = plan.steps.iter().map(|step| (step.place.as_slice(), step)).collect();
    let mut left = Lines::default();
    for place in &own.places {
        let then = steps.get(place.as_slice()).map_or_else(|| now.get(place), |step| step.new.as_ref());
        then.and_then(Node::content).into_iter().for_each(|digest| left.add(digest, contents));
    }
    let loses = |step: &&Step| {
        let mut old = Lines::default();
        step.old.as_ref().and_then(Node::content).into_iter().for_each(|digest| old.add(digest, contents));
        old.loses(mine, &left)
    };
    plan.steps.iter().filter(loses).map(|step| step.place.clone()).collect()
}

fn fitted(now: Tree<'_>, wanted: BTreeMap<Place, Option<Node>>, conflicts: BTreeMap<Place, String>) -> Plan {
    let mut draft = Draft { now, wanted, conflicts };
    draft.wanted.retain(|place, node| now.get(place) != node.as_ref());
    let lost = |node: Option<&Node>| matches!(node, Some(Node::Opaque { .. }));
    let unkept: Vec<Place> = draft
        .wanted
        .iter()
        .filter(|(place, node)| lost(node.as_ref()) || lost(now.get(place)))
        .map(|(place, _)| place.clone())
        .collect();
    for place in unkept {
        draft.leave(&place, NOT_KEPT.to_owned());
    }
    while draft.fit() {}
    Plan { steps: draft.steps(), conflicts: draft.conflicts }
}

/// Something that does not fit.
enum Misfit {
    /// A directory that is needed and would not be there.
    Needed(Place),
    /// A place, and the thing above it that is no directory.
    Blocked(Place, Place),
    /// A directory that is to go, and what stays in it.
    Full(Place, Place),
}

struct Draft<'a> {
    now: Tree<'a>,
    wanted: BTreeMap<Place, Option<Node>>,
    conflicts: BTreeMap<Place, String>,
}

impl Draft<'_> {
    /// What lies at a place in the end, as drafted so far.
    fn then(&self, place: &[u8]) -> Option<&Node> {
        self.wanted.get(place).map_or_else(|| self.now.get(place), Option::as_ref)
    }

    fn leave(&mut self, place: &[u8], why: String) {
        self.wanted.remove(place);
        self.conflicts.insert(place.to_vec(), why);
    }

    /// Makes one thing fit that does not; false when all does.
    fn fit(&mut self) -> bool {
        let shown = |place: &[u8]| String::from_utf8_lossy(place).into_owned();
        match self.misfit() {
            None => return false,
            // Something is to lie in it, so the directory stays, or is made again.
            Some(Misfit::Needed(parent)) if self.now.get(&parent).is_some_and(Node::is_directory) => {
                self.wanted.remove(&parent);
            }
            Some(Misfit::Needed(parent)) => {
                self.wanted.insert(parent, Some(Node::Directory { mode: 0o755 }));
            }
            Some(Misfit::Blocked(place, parent)) => {
                self.leave(&place, format!("`{}` cannot be entered", shown(&parent)));
            }
            Some(Misfit::Full(place, below)) => {
                if self.wanted.remove(&place).flatten().is_some() {
                    self.conflicts.insert(place, format!("`{}` lies in it", shown(&below)));
                }
            }
        }
        true
    }

    /// The first thing that does not fit.
    fn misfit(&self) -> Option<Misfit> {
        self.wanted.iter().find_map(|(place, node)| {
            let is_directory = |place: &&[u8]| self.then(place).is_some_and(Node::is_directory);
            if let (Some(_), Some(parent)) = (node, above(place).find(|parent| !is_directory(parent))) {
                return Some(match self.then(parent) {
                    None if !self.conflicts.contains_key(parent) => Misfit::Needed(parent.to_vec()),
                    _ => Misfit::Blocked(place.clone(), parent.to_vec()),
                });
            }
            let was_directory = self.now.get(place).is_some_and(Node::is_directory);
            if !was_directory || node.as_ref().is_some_and(Node::is_directory) {
                return None;
            }
            let below = self.now.below(place).find(|below| self.then(below).is_some())?;
            Some(Misfit::Full(place.clone(), below.to_vec()))
        })
    }

    /// The steps in an order in which each finds what it needs.
    fn steps(&self) -> Vec<Step> {
        let mut phases: [Vec<Step>; 5] = Default::default();
        for (place, new) in &self.wanted {
            let old = self.now.get(place);
            let step = |act| {
                let (old, new) = match act {
                    Act::Remove | Act::RemoveDirectory => (old.cloned(), None),
                    Act::MakeDirectory => (None, new.clone()),
                    Act::Put | Act::Mode => {
                        (old.filter(|old| !old.is_directory() || act == Act::Mode).cloned(), new.clone())
                    }
                };
                Step { place: place.clone(), act, old, new }
            };
            let directory = |node: Option<&Node>| node.map(Node::is_directory);
            let [removed, emptied, made, put, modes] = &mut phases;
            match (directory(old), directory(new.as_ref())) {
                (Some(true), Some(true)) => modes.push(step(Act::Mode)),
                (Some(true), other) => {
                    emptied.push(step(Act::RemoveDirectory));
                    if other.is_some() {
                        put.push(step(Act::Put));
                    }
                }
                (before, Some(true)) => {
                    if before.is_some() {
                        removed.push(step(Act::Remove));
                    }
                    made.push(step(Act::MakeDirectory));
                }
                (_, Some(false)) => put.push(step(Act::Put)),
                (Some(false), None) => removed.push(step(Act::Remove)),
                (None, None) => {}
            }
        }
        // What lies deeper goes first.
        let [_, emptied, ..] = &mut phases;
        emptied.reverse();
        phases.into_iter().flatten().collect()
    }
}

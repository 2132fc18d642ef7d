//! Histories on values, and what must hold after the agent's part is taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::histories::{History, Thing, Things};
use crate::history::Story;
use crate::merge::{Contents, Made};
use crate::node::{Digest, Node, Place, above, digest};
use crate::plan::{Act, Own, Plan, Tree, plan};
use crate::record::Author;

/// Contents of a history by digest.
#[derive(Default)]
pub(super) struct Shelf(BTreeMap<Digest, Arc<[u8]>>);

impl Contents for Shelf {
    fn read(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        self.0.get(digest).cloned()
    }
}

impl Shelf {
    fn node(&mut self, thing: &Thing) -> Node {
        match thing {
            Thing::Directory(mode) => Node::Directory { mode: *mode },
            Thing::Link(target) => Node::Link { target: target.clone() },
            Thing::File(mode, content) => {
                let name = digest(content);
                self.0.insert(name, content.as_slice().into());
                Node::File { mode: *mode, size: content.len().try_into().unwrap(), digest: name }
            }
        }
    }

    fn tree(&mut self, things: &Things) -> BTreeMap<Place, Node> {
        things.iter().map(|(place, thing)| (place.clone(), self.node(thing))).collect()
    }
}

/// What the pure middle makes of a history: the plan, and the workspace after it.
pub(super) fn solve(history: &History) -> (Plan, Things) {
    let mut shelf = Shelf::default();
    let mut stories: BTreeMap<Place, Story> = BTreeMap::new();
    let before = shelf.tree(&history.before);
    let mut last = before.clone();
    for (author, things) in &history.steps {
        let next = shelf.tree(things);
        let places: BTreeSet<&Place> = last.keys().chain(next.keys()).collect();
        for place in places.into_iter().filter(|place| last.get(*place) != next.get(*place)) {
            let story = stories.entry(place.clone()).or_default();
            story.before = before.get(place).cloned();
            story.steps.push((*author, next.get(place).cloned()));
        }
        last = next;
    }
    let mut made = Made::over(&shelf);
    let mut wanted = BTreeMap::new();
    let mut conflicts = BTreeMap::new();
    let mut own = Own::default();
    for (place, story) in stories {
        let reading = story.read(&mut made);
        if let Some(why) = reading.conflict {
            conflicts.insert(place.clone(), why.to_owned());
        }
        own.places.insert(place.clone());
        own.wrote.extend(reading.wrote);
        wanted.insert(place, reading.without);
    }
    let now: Vec<(Place, Node)> = last.into_iter().collect();
    let plan = plan(Tree::new(&now), wanted, conflicts, &own, &made);
    let after = carry_out(history.now(), &plan, &made);
    (plan, after)
}

/// Carries a plan out on values, and checks that every step finds what it needs.
fn carry_out(now: &Things, plan: &Plan, contents: &dyn Contents) -> Things {
    let mut things = now.clone();
    for step in &plan.steps {
        let place = &step.place;
        let below = [place.as_slice(), b"/"].concat();
        let is_empty = !things.keys().any(|other| other.starts_with(&below));
        let open = above(place).all(|parent| matches!(things.get(parent), Some(Thing::Directory(_))));
        assert!(open, "{step:?} in {things:?}");
        let thing = match &step.new {
            None => None,
            Some(Node::Directory { mode }) => Some(Thing::Directory(*mode)),
            Some(Node::Link { target }) => Some(Thing::Link(target.clone())),
            Some(Node::File { mode, digest, .. }) => {
                Some(Thing::File(*mode, contents.read(digest).unwrap().to_vec()))
            }
            Some(Node::Opaque { .. }) => panic!("{step:?}"),
        };
        let there = things.get(place);
        match step.act {
            Act::Remove => assert!(there.is_some_and(|thing| !matches!(thing, Thing::Directory(_)))),
            Act::RemoveDirectory => {
                assert!(is_empty && matches!(there, Some(Thing::Directory(_))), "{step:?}")
            }
            Act::MakeDirectory => assert!(there.is_none(), "{step:?}"),
            Act::Put => assert_eq!(there.is_some(), step.old.is_some(), "{step:?}"),
            Act::Mode => assert!(matches!(there, Some(Thing::Directory(_)))),
        }
        let _before = match thing {
            Some(thing) => things.insert(place.clone(), thing),
            None => things.remove(place),
        };
    }
    things
}

/// The marked lines of a text.
fn tokens(thing: Option<&Thing>, mark: u8) -> BTreeSet<Vec<u8>> {
    match thing {
        Some(Thing::File(_, text)) => text
            .split(|b| *b == b'\n')
            .filter(|line| line.first() == Some(&mark))
            .map(<[u8]>::to_vec)
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// Everything that must hold after the agent's part is taken back.
pub(super) fn check(seed: u64, history: &History, plan: &Plan, after: &Things) {
    let now = history.now();
    let say = || format!("seed {seed}: {:?} {:?} {plan:?} {after:?}", history.before, history.steps);
    for place in after.keys() {
        let parents = above(place).all(|parent| matches!(after.get(parent), Some(Thing::Directory(_))));
        assert!(parents, "a thing lies in no directory; {}", say());
    }
    for place in plan.conflicts.keys() {
        // It is as it is now, or holds what the person left there.
        let left = history
            .steps
            .iter()
            .rfind(|(author, _)| *author == Author::Person)
            .map(|(_, things)| things.get(place));
        let held = left.is_some_and(|left| tokens(left, b'P').is_subset(&tokens(after.get(place), b'P')));
        assert!(after.get(place) == now.get(place) || held, "a conflict was guessed; {}", say());
    }
    let by = |author| history.steps.iter().any(|(who, _)| *who == author);
    if !by(Author::Agent) {
        assert!(
            plan.steps.is_empty() && plan.conflicts.is_empty(),
            "the person's work was touched; {}",
            say()
        );
    }
    if !by(Author::Person) {
        assert_eq!(after, &history.before, "something of the agent's stayed; {}", say());
        assert!(plan.conflicts.is_empty());
    }
    let touched = |author: Author, place: &Place| {
        let mut last = &history.before;
        history.steps.iter().any(|(who, things)| {
            let changed = *who == author && last.get(place) != things.get(place);
            last = things;
            changed
        })
    };
    let written = |things: &Things| {
        things.values().flat_map(|thing| tokens(Some(thing), b'P')).collect::<BTreeSet<_>>()
    };
    assert!(written(now).is_subset(&written(after)), "a line of the person's was lost; {}", say());
    let all: BTreeSet<&Place> = history.before.keys().chain(now.keys()).chain(after.keys()).collect();
    for place in all {
        let (agent, person) = (touched(Author::Agent, place), touched(Author::Person, place));
        let is_file = |things: &Things| !matches!(things.get(place), Some(Thing::Directory(_)));
        if plan.conflicts.contains_key(place) {
            assert!(agent || person, "{}", say());
            continue;
        }
        if agent && !person && is_file(now) && is_file(after) {
            assert_eq!(after.get(place), history.before.get(place), "{place:?} is not as it was; {}", say());
        }
        if person && !agent && is_file(now) && is_file(after) {
            assert_eq!(after.get(place), now.get(place), "{place:?} is not as the person left it; {}", say());
        }
        if !history.moved.contains(place) {
            let left = tokens(after.get(place), b'A');
            assert!(left.is_empty(), "a line of the agent's stayed in {place:?}; {}", say());
        }
    }
}

/// How many histories are tried; `WARDLINE_HISTORIES` asks for another number.
fn histories() -> u64 {
    std::env::var("WARDLINE_HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(40_000)
}

#[test]
fn after_a_revert_the_agents_changes_are_gone_and_no_byte_of_the_persons_is_lost() {
    let (mut steps, mut conflicts) = (0, 0);
    for seed in 0..histories() {
        let history = History::generate(seed);
        let (plan, after) = solve(&history);
        check(seed, &history, &plan, &after);
        steps += plan.steps.len();
        conflicts += plan.conflicts.len();
    }
    println!("{} histories: {steps} steps, {conflicts} conflicts", histories());
    assert!(steps > conflicts);
}

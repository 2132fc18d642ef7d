//! A workspace on values, two actors that change it, and what must hold after the agent's part is taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::history::Story;
use crate::merge::{Contents, Made};
use crate::node::{Digest, Node, Place, above, digest};
use crate::plan::{Act, Own, Plan, Tree, plan};
use crate::record::Author;

/// Numbers that look random and are the same for the same seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { Some(of[self.below(of.len())].clone()) }
    }
}

/// What lies at a place of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thing {
    Directory(u32),
    File(u32, Vec<u8>),
    Link(Vec<u8>),
}

pub(super) type Things = BTreeMap<Place, Thing>;

/// Names that are ordinary, in another script, decomposed, not UTF-8, or look alike.
const NAMES: [&[u8]; 9] =
    [b"a", b"b", b"c", b"d", "n\u{e4}".as_bytes(), "na\u{308}".as_bytes(), b"\xff\xfe", b"a b", b"A"];

/// A history: what was there, and after each step whose doing it was and what was there then.
pub(super) struct History {
    pub(super) before: Things,
    pub(super) steps: Vec<(Author, Things)>,
    /// Places to which the person moved what an agent may have written.
    pub(super) moved: BTreeSet<Place>,
}

impl History {
    pub(super) fn now(&self) -> &Things {
        self.steps.last().map_or(&self.before, |(_, things)| things)
    }

    pub(super) fn generate(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut actor =
            Actor { things: Things::new(), token: 0, author: Author::Person, moved: BTreeSet::new() };
        for _ in 0..4 + dice.below(8) {
            actor.act(&mut dice, "o");
        }
        actor.moved.clear();
        let before = actor.things.clone();
        let mut steps = Vec::new();
        // Some histories are the agent's alone, some the person's alone.
        let bias = dice.below(5);
        for _ in 0..1 + dice.below(5) {
            actor.author = match bias {
                0 => Author::Agent,
                1 => Author::Person,
                _ if dice.below(2) == 0 => Author::Agent,
                _ => Author::Person,
            };
            let mark = if actor.author == Author::Agent { "A" } else { "P" };
            for _ in 0..1 + dice.below(4) {
                actor.act(&mut dice, mark);
            }
            steps.push((actor.author, actor.things.clone()));
        }
        Self { before, steps, moved: actor.moved }
    }
}

struct Actor {
    things: Things,
    token: u32,
    author: Author,
    moved: BTreeSet<Place>,
}

impl Actor {
    /// One change, of a kind that an editor, a shell or a person makes.
    fn act(&mut self, dice: &mut Dice, mark: &str) {
        let files: Vec<Place> = self.places(|thing| matches!(thing, Thing::File(..)));
        let any: Vec<Place> = self.places(|_| true);
        match dice.below(14) {
            0..=2 => self.create(dice, mark),
            3..=7 => self.edit(dice, &files, mark),
            8 => {
                if let Some(place) = dice.one(&any) {
                    self.remove(&place);
                }
            }
            9 => self.rename(dice, &any),
            10 => {
                let (place, mode) = (dice.one(&any), [0o644, 0o755, 0o600, 0o700][dice.below(4)]);
                match place.and_then(|place| self.things.get_mut(&place)) {
                    Some(Thing::File(old, _)) => *old = mode,
                    Some(Thing::Directory(old)) => *old = mode | 0o700,
                    _ => {}
                }
            }
            11 => {
                let place = self.fresh(dice);
                self.put(place, Thing::Link(format!("to-{mark}{}", dice.below(3)).into_bytes()));
            }
            12 => {
                let place = self.fresh(dice);
                self.put(place, Thing::Directory(0o755));
            }
            _ => {
                let place = self.fresh(dice);
                let binary = vec![0, u8::try_from(dice.below(4)).unwrap(), mark.as_bytes()[0]];
                self.put(place, Thing::File(0o644, binary));
            }
        }
    }

    fn places(&self, wanted: impl Fn(&Thing) -> bool) -> Vec<Place> {
        self.things.iter().filter(|(_, thing)| wanted(thing)).map(|(place, _)| place.clone()).collect()
    }

    /// A place in the root or in a directory, taken or not.
    fn fresh(&mut self, dice: &mut Dice) -> Place {
        let directories = self.places(|thing| matches!(thing, Thing::Directory(_)));
        let name = NAMES[dice.below(NAMES.len())].to_vec();
        match dice.one(&directories).filter(|_| dice.below(3) > 0) {
            Some(parent) if parent.len() < 12 => [parent, name].join(&b'/'),
            _ => name,
        }
    }

    fn line(&mut self, mark: &str) -> Vec<u8> {
        self.token += 1;
        format!("{mark}{}.\n", self.token).into_bytes()
    }

    fn create(&mut self, dice: &mut Dice, mark: &str) {
        let place = self.fresh(dice);
        let text = (0..dice.below(7)).flat_map(|_| self.line(mark)).collect();
        self.put(place, Thing::File(0o644, text));
    }

    /// Puts a thing where it fits; what was there goes.
    fn put(&mut self, place: Place, thing: Thing) {
        self.remove(&place);
        if above(&place).all(|parent| matches!(self.things.get(parent), Some(Thing::Directory(_)))) {
            self.things.insert(place, thing);
        }
    }

    fn remove(&mut self, place: &[u8]) {
        let below = [place, b"/"].concat();
        self.things.retain(|other, _| other != place && !other.starts_with(&below));
    }

    fn edit(&mut self, dice: &mut Dice, files: &[Place], mark: &str) {
        let Some(place) = dice.one(files) else { return };
        let Some(Thing::File(mode, text)) = self.things.get(&place).cloned() else { return };
        if text.contains(&0) {
            return;
        }
        let mut lines: Vec<Vec<u8>> = text.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        for _ in 0..1 + dice.below(2) {
            let at = dice.below(lines.len() + 1);
            match dice.below(3) {
                0 => lines.insert(at, self.line(mark)),
                1 if at < lines.len() => lines[at] = self.line(mark),
                _ if at < lines.len() => drop(lines.remove(at)),
                _ => {}
            }
        }
        self.things.insert(place, Thing::File(mode, lines.concat()));
    }

    fn rename(&mut self, dice: &mut Dice, any: &[Place]) {
        let Some(from) = dice.one(any) else { return };
        let to = self.fresh(dice);
        let below = [from.as_slice(), b"/"].concat();
        if to == from || to.starts_with(&below) {
            return;
        }
        let fits = |parent| matches!(self.things.get(parent), Some(Thing::Directory(_)));
        if !above(&to).all(fits) || from.starts_with(&[to.as_slice(), b"/"].concat()) {
            return;
        }
        let moved: Things = self
            .things
            .iter()
            .filter(|(place, _)| **place == from || place.starts_with(&below))
            .map(|(place, thing)| ([&to, &place[from.len()..]].concat(), thing.clone()))
            .collect();
        self.remove(&from);
        self.remove(&to);
        if self.author == Author::Person {
            self.moved.extend(moved.keys().cloned());
        }
        self.things.extend(moved);
    }
}

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

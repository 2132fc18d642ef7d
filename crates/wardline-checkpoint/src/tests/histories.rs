//! Histories of a workspace, generated: what two actors, an agent and a person, do to it with tools, editors and a shell; and a
//! workspace on a real file system that holds what a history says.
//!
//! The same histories are used where the command line is tested (`crates/wardline/tests/cli/reverts.rs`), so nothing here needs the
//! inside of this crate.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, XattrFlags, mknodat, setxattr};

use super::Author;

/// A place in the workspace, as bytes.
type Place = Vec<u8>;

/// The directories above a place, the nearest first.
fn above(place: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = (0..place.len()).rev().filter(|at| place[*at] == b'/');
    ends.map(|at| &place[..at])
}

/// Numbers that look random and are the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
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
pub(crate) enum Thing {
    Directory(u32),
    File(u32, Vec<u8>),
    Link(Vec<u8>),
}

pub(crate) type Things = BTreeMap<Place, Thing>;

/// Names that are ordinary, in another script, decomposed, not UTF-8, or look alike.
const NAMES: [&[u8]; 9] =
    [b"a", b"b", b"c", b"d", "n\u{e4}".as_bytes(), "na\u{308}".as_bytes(), b"\xff\xfe", b"a b", b"A"];

/// A history: what was there, and after each step whose doing it was and what was there then.
pub(crate) struct History {
    pub(crate) before: Things,
    pub(crate) steps: Vec<(Author, Things)>,
    /// Places to which the person moved what an agent may have written.
    pub(crate) moved: BTreeSet<Place>,
}

impl History {
    pub(crate) fn now(&self) -> &Things {
        self.steps.last().map_or(&self.before, |(_, things)| things)
    }

    pub(crate) fn generate(seed: u64) -> Self {
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

/// Makes a directory hold exactly these things, rewriting only what differs.
pub(crate) fn write(root: &Path, things: &Things) {
    let now = read(root);
    for (place, thing) in now.iter().rev().filter(|(place, thing)| {
        things.get(*place).is_none_or(|new| std::mem::discriminant(new) != std::mem::discriminant(*thing))
    }) {
        let path = root.join(OsStr::from_bytes(place));
        match thing {
            Thing::Directory(_) => std::fs::remove_dir(path).unwrap(),
            _ => std::fs::remove_file(path).unwrap(),
        }
    }
    for (place, thing) in things.iter().filter(|(place, thing)| now.get(*place) != Some(thing)) {
        let path = root.join(OsStr::from_bytes(place));
        match thing {
            Thing::Directory(_) => drop(std::fs::create_dir(&path)),
            Thing::File(_, content) => std::fs::write(&path, content).unwrap(),
            Thing::Link(target) => {
                std::fs::remove_file(&path).ok();
                symlink(OsStr::from_bytes(target), &path).unwrap();
            }
        }
        if let Thing::Directory(mode) | Thing::File(mode, _) = thing {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(*mode)).unwrap();
        }
    }
}

/// What a directory holds.
pub(crate) fn read(root: &Path) -> Things {
    let mut things = Things::new();
    let mut todo = vec![root.to_path_buf()];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(directory).unwrap().flatten() {
            let path = entry.path();
            let found = path.symlink_metadata().unwrap();
            let mode = found.permissions().mode() & 0o7777;
            let thing = if found.is_symlink() {
                Thing::Link(std::fs::read_link(&path).unwrap().into_os_string().into_vec())
            } else if found.is_dir() {
                todo.push(path.clone());
                Thing::Directory(mode)
            } else {
                Thing::File(mode, std::fs::read(&path).unwrap())
            };
            things.insert(path.strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec(), thing);
        }
    }
    things
}

/// Makes the layer of an overlay that turns `before` into `after`, as the kernel leaves it.
pub(crate) fn layer(upper: &Path, before: &Things, after: &Things) {
    std::fs::create_dir_all(upper).unwrap();
    let mut made = Things::new();
    for (place, thing) in after.iter().filter(|(place, thing)| before.get(*place) != Some(thing)) {
        // The directories on the way come up with it.
        let above = (0..place.len()).filter(|at| place[*at] == b'/').map(|at| place[..at].to_vec());
        made.extend(above.filter_map(|parent| Some((parent.clone(), after.get(&parent)?.clone()))));
        made.insert(place.clone(), thing.clone());
    }
    let parent = |place: &[u8]| place.iter().rposition(|byte| *byte == b'/').map(|at| place[..at].to_vec());
    let gone: Vec<_> = before.keys().filter(|place| !after.contains_key(*place)).collect();
    let stays = |place: &Vec<u8>| {
        parent(place).is_none_or(|parent| matches!(after.get(&parent), Some(Thing::Directory(_))))
    };
    let whiteouts: Vec<_> = gone.into_iter().filter(|place| stays(place)).collect();
    for place in &whiteouts {
        let mut at = parent(place);
        while let Some(above) = at {
            made.insert(above.clone(), after[&above].clone());
            at = parent(&above);
        }
    }
    write(upper, &made);
    for (place, _) in made.iter().filter(|(_, thing)| matches!(thing, Thing::Directory(_))) {
        if !matches!(before.get(place), Some(Thing::Directory(_))) {
            setxattr(upper.join(OsStr::from_bytes(place)), c"user.overlay.opaque", b"y", XattrFlags::empty())
                .unwrap();
        }
    }
    for place in whiteouts {
        mknodat(CWD, upper.join(OsStr::from_bytes(place)), FileType::CharacterDevice, Mode::empty(), 0)
            .unwrap();
    }
}

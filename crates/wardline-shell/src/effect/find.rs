//! Which files a `find` stands for: its starting points, narrowed by its tests.

use crate::answer::{Certainty, Word};
use crate::expand::known;
use crate::options::part_of;
use crate::wrappers::either_case;

/// What one `find` finds.
#[derive(Default)]
pub(crate) struct Sought {
    /// Paths and patterns; relative ones against the directory of the command.
    pub(crate) words: Vec<Word>,
    /// All below them too: no test looks at names.
    pub(crate) tree: bool,
    /// Its starting points.
    pub(crate) roots: Vec<Word>,
    /// `-delete` is among its actions.
    pub(crate) deletes: bool,
    /// Only what is empty is found.
    pub(crate) empty: bool,
    /// The test that leaves only some files of the trees: `-mtime +7`.
    pub(crate) some: Option<String>,
}

impl Sought {
    /// The same, when what is below each starting point is no protected tree: then a test that leaves some files of it counts.
    pub(crate) fn narrowed(mut self, ordinary: impl Fn(&Word) -> bool) -> Self {
        if let Some(some) = self.some.take().filter(|_| self.tree && self.words.iter().all(ordinary)) {
            self.words = self
                .words
                .iter()
                .map(|root| pattern(root, &format!("{}/**/*({some})", base(root))))
                .collect();
            self.tree = false;
        }
        self
    }
}

/// Tests that leave some files of a tree, with a value. Sorted.
const SOME: &[&str] = &[
    "-amin",
    "-anewer",
    "-atime",
    "-cmin",
    "-cnewer",
    "-ctime",
    "-gid",
    "-group",
    "-inum",
    "-links",
    "-mmin",
    "-mtime",
    "-newer",
    "-newermt",
    "-perm",
    "-regex",
    "-samefile",
    "-size",
    "-uid",
    "-used",
    "-user",
];

/// The first test of the expression that leaves some files only, if there is one way through it.
fn some(rest: &[Word]) -> Option<String> {
    if rest.iter().any(|word| matches!(word.value.as_str(), "-o" | "-or" | "!" | "-not" | ",")) {
        return None;
    }
    rest.iter().enumerate().find_map(|(at, word)| match word.value.as_str() {
        "-empty" | "-nouser" | "-nogroup" => Some(word.value.clone()),
        test if SOME.binary_search(&test).is_ok() => {
            rest.get(at + 1).map(|value| format!("{test} {}", value.value.replace('/', "_")))
        }
        _ => None,
    })
}

/// Most names in one expression that are told apart.
const MOST_NAMES: usize = 32;

/// The starting points and what the tests leave of the trees below them.
pub(crate) fn sought(arguments: &[Word]) -> Sought {
    let (roots, rest) = split(arguments);
    let has = |names: &[&str]| rest.iter().any(|word| names.contains(&word.value.as_str()));
    let deletes = has(&["-delete"]);
    let empty = has(&["-empty"]) && !has(&["-o", "-or", "!", "-not", ","]);
    let shallow = value(rest, "-maxdepth").is_some_and(|depth| depth.value == "1");
    let names = names(rest);
    let mut words = Vec::new();
    for root in &roots {
        match &names {
            Some(names) => words.extend(names.iter().take(MOST_NAMES).map(|name| below(root, name, shallow))),
            None if shallow => words.push(pattern(root, &format!("{}/*", base(root)))),
            None => words.push(root.clone()),
        }
    }
    let some = if names.is_none() { some(rest) } else { None };
    Sought { words, tree: names.is_none(), roots, deletes, empty, some }
}

/// Starting points, and the expression after them.
fn split(arguments: &[Word]) -> (Vec<Word>, &[Word]) {
    let expression = |word: &Word| {
        word.value.starts_with('-') && word.value.len() > 2 || matches!(word.value.as_str(), "(" | "!" | ",")
    };
    let leading =
        |word: &Word| matches!(word.value.as_str(), "-H" | "-L" | "-P") || word.value.starts_with("-O");
    let start = arguments.iter().position(|word| !leading(word)).unwrap_or(arguments.len());
    let rest = arguments.get(start..).unwrap_or_default();
    let end = rest.iter().position(expression).unwrap_or(rest.len());
    let (roots, rest) = rest.split_at_checked(end).unwrap_or_default();
    if roots.is_empty() { (vec![known(".")], rest) } else { (roots.to_vec(), rest) }
}

fn value<'w>(rest: &'w [Word], name: &str) -> Option<&'w Word> {
    rest.windows(2).find_map(|pair| match pair {
        [test, value] if test.value == name => Some(value),
        _ => None,
    })
}

/// What a test looks at.
struct Looks {
    /// The last part of the path alone.
    name: bool,
    /// Capital and small letters are the same.
    any_case: bool,
}

/// The name tests, when each branch of the expression has one that is not turned round.
fn names(rest: &[Word]) -> Option<Vec<(Looks, &Word)>> {
    let mut found = Vec::new();
    let mut branches = 1;
    let mut negated = false;
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        match word.value.as_str() {
            "-o" | "-or" | "," => branches += 1,
            "!" | "-not" => negated = true,
            "-name" | "-iname" | "-path" | "-ipath" | "-wholename" | "-iwholename" => {
                at += 1;
                let pattern = rest.get(at)?;
                let all = pattern.value.chars().all(|c| matches!(c, '*' | '?' | '/' | '.'));
                if !negated && !all && pattern.complete {
                    let kind = Looks {
                        name: matches!(word.value.as_str(), "-name" | "-iname"),
                        any_case: word.value.starts_with("-i"),
                    };
                    found.push((kind, pattern));
                }
                negated = false;
            }
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                while rest.get(at).is_some_and(|word| !matches!(word.value.as_str(), ";" | "+")) {
                    at += 1;
                }
                negated = false;
            }
            "(" | ")" => {}
            _ => negated = false,
        }
        at += 1;
    }
    (!found.is_empty() && found.len() >= branches).then_some(found)
}

fn base(root: &Word) -> &str {
    root.value.trim_end_matches('/')
}

fn pattern(root: &Word, text: &str) -> Word {
    let certainty = root.certainty.max(Certainty::Assumed);
    Word { glob: true, certainty, ..part_of(root, text) }
}

/// Where the files lie that a name or path test finds below a starting point.
fn below(root: &Word, (looks, word): &(Looks, &Word), shallow: bool) -> Word {
    let value = &if looks.any_case { either_case(&word.value) } else { word.value.clone() };
    if looks.name {
        let deep = if shallow { "" } else { "**/" };
        return pattern(root, &format!("{}/{deep}{value}", base(root)));
    }
    match value.strip_prefix("*/").or_else(|| value.strip_prefix('*')) {
        Some(rest) => pattern(root, &format!("{}/**/{rest}", base(root))),
        None => pattern(root, value),
    }
}

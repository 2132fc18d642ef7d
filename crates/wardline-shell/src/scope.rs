//! What is known while a script is walked: variables, the directory, functions and aliases.
//!
//! Changes are kept on a trail, so that leaving a subshell takes them back and leaving a branch makes them uncertain, at the
//! cost of the changes alone.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::answer::{Certainty, Word};
use crate::expand::known;
use crate::interp::streams::Streams;
use crate::syntax::{Node, Script};

/// How many directories the walk keeps in mind before it says that it does not know.
const MOST_PLACES: usize = 4;

/// Longest value of a variable that is kept, in bytes.
const LONGEST_VALUE: usize = 4 * 1024;
/// Most positional parameters that are kept.
const MOST_POSITIONAL: usize = 256;
/// How many bytes of values may be put in for variables, in all.
const MOST_EXPANDED: usize = 4 * 1024 * 1024;

/// The directories that a command may run in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    known: Rc<Vec<Rc<str>>>,
    /// It may also be a directory that can't be told.
    unknown: bool,
}

impl Places {
    pub(crate) fn one(path: &str) -> Self {
        Self { known: Rc::new(vec![Rc::from(path)]), unknown: false }
    }

    pub(crate) fn nowhere() -> Self {
        Self { known: Rc::default(), unknown: false }
    }

    pub(crate) fn unknown() -> Self {
        Self { known: Rc::default(), unknown: true }
    }

    pub(crate) fn known(&self) -> &[Rc<str>] {
        &self.known
    }

    pub(crate) fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// The only directory it can be.
    pub(crate) fn single(&self) -> Option<&str> {
        match (self.known.as_slice(), self.unknown) {
            ([only], false) => Some(only),
            _ => None,
        }
    }

    pub(crate) fn reachable(&self) -> bool {
        self.unknown || !self.known.is_empty()
    }

    pub(crate) fn join(mut self, other: &Self) -> Self {
        self.unknown |= other.unknown;
        if Rc::ptr_eq(&self.known, &other.known) {
            return self;
        }
        for place in other.known.iter() {
            if !self.known.contains(place) {
                Rc::make_mut(&mut self.known).push(Rc::clone(place));
            }
        }
        if self.known.len() > MOST_PLACES {
            return Self::unknown();
        }
        self
    }
}

/// The value of a variable.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    /// Not complete when it can't be told, or only in part.
    pub(crate) value: Word,
    /// The members of an array, by their keys.
    pub(crate) elements: Option<Rc<[(String, Word)]>>,
    /// It is another name for this variable.
    pub(crate) reference: Option<String>,
    /// It was set on every way to here.
    pub(crate) certain: bool,
    /// Whatever it is, it is not empty.
    pub(crate) filled: bool,
    /// The line of the script that sets it.
    pub(crate) line: u32,
}

/// A word of which nothing is known.
pub(crate) fn nothing_known() -> Word {
    Word { certainty: Certainty::Opaque, complete: false, literal: false, ..known("") }
}

/// A function as it was defined.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) script: Rc<Script>,
    pub(crate) body: Rc<Node>,
}

#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) home: String,
    pub(crate) places: Places,
    pub(crate) previous: Option<Places>,
    pub(crate) positional: Option<Rc<[Word]>>,
    budget: Cell<usize>,
    overspent: Cell<bool>,
    variables: HashMap<String, Binding>,
    trail: Vec<(String, Option<Binding>)>,
    functions: HashMap<String, Rc<Function>>,
    called: HashSet<*const Node>,
    aliases: HashMap<String, String>,
    pub(crate) streams: Streams,
    /// The line of the script that is walked.
    pub(crate) line: u32,
    /// A variable that is not set ends the script.
    pub(crate) nounset: bool,
    /// The root of the project.
    pub(crate) project: String,
}

/// Longest chain of names that are other names for a variable.
const MOST_REFERENCES: usize = 8;

/// A point to go back to.
#[derive(Debug)]
pub(crate) struct Mark {
    trail: usize,
    places: Places,
    previous: Option<Places>,
    positional: Option<Rc<[Word]>>,
}

impl Scope {
    pub(crate) fn new(cwd: &str, home: &str) -> Self {
        Self {
            home: home.to_owned(),
            places: Places::one(cwd),
            previous: None,
            positional: None,
            budget: Cell::new(MOST_EXPANDED),
            overspent: Cell::new(false),
            variables: HashMap::new(),
            trail: Vec::new(),
            functions: HashMap::new(),
            called: HashSet::new(),
            aliases: HashMap::new(),
            streams: Streams::default(),
            line: 1,
            nounset: false,
            project: cwd.to_owned(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Binding> {
        self.variables.get(self.target(name))
    }

    /// The variable that `name` stands for.
    pub(crate) fn target<'n>(&'n self, name: &'n str) -> &'n str {
        let mut name = name;
        for _ in 0..MOST_REFERENCES {
            match self.variables.get(name).and_then(|binding| binding.reference.as_deref()) {
                Some(next) => name = next,
                None => break,
            }
        }
        name
    }

    /// Sets a variable; `None`: to something that can't be told.
    pub(crate) fn set(&mut self, name: &str, value: Option<Word>) {
        self.bind(name, value.unwrap_or_else(nothing_known), None);
    }

    /// Sets a variable, or all members of an array. The value may be known in part.
    pub(crate) fn bind(&mut self, name: &str, value: Word, elements: Option<Vec<(String, Word)>>) {
        let fits = value.value.len() <= LONGEST_VALUE;
        let value = if fits { value } else { Word { fed_by: value.fed_by, ..nothing_known() } };
        let size = |elements: &Vec<(String, Word)>| {
            elements.len() <= MOST_POSITIONAL
                && elements.iter().map(|(_, word)| word.value.len()).sum::<usize>() <= LONGEST_VALUE
        };
        let binding = Binding {
            value,
            elements: elements.filter(size).map(Rc::from),
            reference: None,
            certain: true,
            filled: false,
            line: self.line,
        };
        let name = self.target(name).to_owned();
        self.put(name, Some(binding));
    }

    /// Makes `name` another name for `target`.
    pub(crate) fn refer(&mut self, name: &str, target: &str) {
        self.bind(name, known(target), None);
        if let Some(binding) = self.variables.get_mut(name).filter(|_| name != target) {
            binding.reference = Some(target.to_owned());
        }
    }

    /// The variable holds something, whatever it is.
    pub(crate) fn fill(&mut self, name: &str) {
        let name = self.target(name).to_owned();
        let mut binding = self.variables.get(&name).cloned().unwrap_or_else(|| Binding {
            value: nothing_known(),
            elements: None,
            reference: None,
            certain: true,
            filled: true,
            line: self.line,
        });
        binding.filled = true;
        self.put(name, Some(binding));
    }

    /// Puts a binding in place, or takes it away, so that it can be taken back.
    pub(crate) fn put(&mut self, name: String, binding: Option<Binding>) {
        let before = match binding {
            Some(binding) => self.variables.insert(name.clone(), binding),
            None => self.variables.remove(&name),
        };
        self.trail.push((name, before));
    }

    /// Sets the positional parameters and says what they were.
    pub(crate) fn set_positional(&mut self, words: &[Word]) -> Option<Rc<[Word]>> {
        let small =
            words.len() <= MOST_POSITIONAL && words.iter().all(|word| word.value.len() <= LONGEST_VALUE);
        std::mem::replace(&mut self.positional, small.then(|| Rc::from(words)))
    }

    /// Pays for a value that is put in for a variable. When nothing is left, values count as unknown.
    pub(crate) fn afford(&self, bytes: usize) -> bool {
        let left = self.budget.get().checked_sub(bytes);
        self.budget.set(left.unwrap_or(0));
        self.overspent.set(self.overspent.get() || left.is_none());
        left.is_some()
    }

    /// Were there values that could not be paid for?
    pub(crate) fn overspent(&self) -> bool {
        self.overspent.get()
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            trail: self.trail.len(),
            places: self.places.clone(),
            previous: self.previous.clone(),
            positional: self.positional.clone(),
        }
    }

    /// Takes back everything since `mark`: a subshell ends.
    pub(crate) fn rewind(&mut self, mark: Mark) {
        while self.trail.len() > mark.trail {
            match self.trail.pop() {
                Some((name, Some(before))) => drop(self.variables.insert(name, before)),
                Some((name, None)) => drop(self.variables.remove(&name)),
                None => break,
            }
        }
        self.places = mark.places;
        self.previous = mark.previous;
        self.positional = mark.positional;
    }

    /// Keeps what was set since `mark`, but as something that may not have happened: a branch ends.
    pub(crate) fn blur(&mut self, mark: &Mark) {
        for (name, _) in self.trail.iter().skip(mark.trail) {
            if let Some(binding) = self.variables.get_mut(name) {
                binding.certain = false;
            }
        }
        self.places = self.places.clone().join(&mark.places);
    }

    /// Something ran that may have changed any variable.
    pub(crate) fn blur_all(&mut self) {
        for binding in self.variables.values_mut() {
            binding.certain = false;
        }
    }

    pub(crate) fn define(&mut self, name: &str, function: Rc<Function>) -> Option<Rc<Function>> {
        self.functions.insert(name.to_owned(), function)
    }

    /// The function of that name, which counts as called from now on.
    pub(crate) fn call(&mut self, name: &str) -> Option<Rc<Function>> {
        let function = self.functions.get(name)?;
        self.called.insert(Rc::as_ptr(&function.body));
        Some(Rc::clone(function))
    }

    pub(crate) fn defines(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    pub(crate) fn was_called(&self, function: &Function) -> bool {
        self.called.contains(&Rc::as_ptr(&function.body))
    }

    pub(crate) fn alias(&mut self, name: &str, text: &str) {
        self.aliases.insert(name.to_owned(), text.to_owned());
    }

    pub(crate) fn alias_of(&self, name: &str) -> Option<&str> {
        self.aliases.get(name).map(String::as_str)
    }
}

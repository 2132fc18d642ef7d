//! The arguments of a command, taken apart: which options are given, with which values, and what is left.

use crate::answer::Word;
use crate::options::{Part, parts};

/// Arguments after `options` took them apart.
pub(crate) struct Given<'w> {
    parts: Vec<Part>,
    words: &'w [Word],
}

impl<'w> Given<'w> {
    /// Options may stand anywhere, as for most programs.
    pub(crate) fn read(words: &'w [Word], specification: &str) -> Self {
        Self { parts: parts(words, specification, true), words }
    }

    /// Options end at the first operand, as for programs with subcommands.
    pub(crate) fn leading(words: &'w [Word], specification: &str) -> Self {
        Self { parts: parts(words, specification, false), words }
    }

    /// Is one of the options given, whole or abbreviated?
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Option { name, .. } if among(name, names)))
    }

    /// The last value of one of the options.
    pub(crate) fn value(&self, names: &[&str]) -> Option<&Word> {
        self.parts.iter().rev().find_map(|part| match part {
            Part::Option { name, value: Some(value), .. } if among(name, names) => Some(value),
            _ => None,
        })
    }

    /// All values of the options, in order.
    pub(crate) fn values<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'s Word> {
        self.parts.iter().filter_map(move |part| match part {
            Part::Option { name, value: Some(value), .. } if among(name, names) => Some(value),
            _ => None,
        })
    }

    /// All values whose option has a role of `roles` in the specification, with that role.
    pub(crate) fn by_role<'s>(&'s self, roles: &'s str) -> impl Iterator<Item = (char, &'s Word)> {
        self.parts.iter().filter_map(move |part| match part {
            Part::Option { role: Some(role), value: Some(value), .. } if roles.contains(*role) => {
                Some((*role, value))
            }
            _ => None,
        })
    }

    /// What is no option, in order.
    pub(crate) fn operands(&self) -> impl DoubleEndedIterator<Item = &'w Word> {
        let words = self.words;
        self.parts.iter().filter_map(move |part| match part {
            Part::Operand(at) => words.get(*at),
            Part::Option { .. } => None,
        })
    }

    /// The operand at a place, counted from none.
    pub(crate) fn operand(&self, at: usize) -> Option<&'w Word> {
        self.operands().nth(at)
    }

    /// The text of an operand; empty when there is none.
    pub(crate) fn text(&self, at: usize) -> &'w str {
        self.operand(at).map_or("", |word| word.value.as_str())
    }

    /// The words after the operand at a place, options and all.
    pub(crate) fn after(&self, at: usize) -> &'w [Word] {
        let mut places = self.parts.iter().filter_map(|part| match part {
            Part::Operand(at) => Some(*at),
            Part::Option { .. } => None,
        });
        places.nth(at).and_then(|at| self.words.get(at + 1..)).unwrap_or_default()
    }
}

/// Is `given` one of the names, or the beginning of a long one?
fn among(given: &str, names: &[&str]) -> bool {
    let abbreviated = given.len() > 3 && given.starts_with("--");
    names.iter().any(|name| given == *name || (abbreviated && name.starts_with(given)))
}

/// Does a command only ask for help or a version?
pub(crate) fn only_asks(words: &[Word]) -> bool {
    matches!(words, [only] if matches!(only.value.as_str(), "--help" | "--version" | "-V" | "-h" | "help" | "version"))
}

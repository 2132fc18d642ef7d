//! One line of the grammar: a program or subcommand, the options it may have, its operands, and what it is with them.
//!
//! Options, separated by spaces: `-abc` are flags that may stand together, `-n:K` takes a value of kind `K`, `-U?K` may have one attached,
//! `--name`, `--name:K` and `--name?K` the same, `-#` stands for digits alone (`-20`). `^E` or `^B` at the end: with it, it edits or builds.
//! A line that is `exact` takes its options as whole words with one or two dashes, the way Go and Java do.
//!
//! Kinds: `n` number, `t` text that is no path or a path that `paths` names, `r` path that is read, `p` path inside the
//! project, `o` path that is written, `x` plain name (a target, a script), `{a|b}` one of these, `/` the name of a subcommand.
//!
//! Operands, in order: kinds as above; `*` repeats, and a kind after it stands for the last one. `/` a subcommand with
//! a line of its own; `any` whatever there is, a check reads it or it does no harm; `>n` the command of a wrapper after `n` operands, which is graded by itself; `=` the same as the line
//! that `options` names.

use super::Grade;
use super::scan::Scan;

/// A further look at what was given.
pub(super) type Check = fn(&Scan<'_>) -> Grade;

/// One line of the grammar.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) grade: Grade,
    pub(super) options: &'static str,
    /// More of them, where several lines have a list in common.
    pub(super) more: &'static str,
    pub(super) operands: &'static str,
    /// No option that the program has does more than this line says: words that may turn out to be options do no harm.
    pub(super) open: bool,
    /// Options are whole words.
    pub(super) exact: bool,
    pub(super) check: Option<Check>,
}

/// What an option of a line takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// A value, attached or in the next word.
    Value,
    /// A value, but only attached.
    Attached,
}

/// An option that a line lists.
#[derive(Clone, Copy)]
pub(super) struct Listed {
    pub(super) takes: Takes,
    pub(super) kind: &'static str,
    pub(super) grade: Grade,
}

const fn row(name: &'static str, grade: Grade, options: &'static str, operands: &'static str) -> Row {
    Row { name, grade, options, more: "", operands, open: false, exact: false, check: None }
}

/// A program that looks.
pub(super) const fn looks(name: &'static str, options: &'static str, operands: &'static str) -> Row {
    row(name, Grade::Looks, options, operands)
}

/// A program that edits.
pub(super) const fn edits(name: &'static str, options: &'static str, operands: &'static str) -> Row {
    row(name, Grade::Edits, options, operands)
}

/// A program that builds.
pub(super) const fn builds(name: &'static str, options: &'static str, operands: &'static str) -> Row {
    row(name, Grade::Builds, options, operands)
}

/// Another name for a line.
pub(super) const fn same(name: &'static str, line: &'static str) -> Row {
    row(name, Grade::Looks, line, "=")
}

impl Row {
    pub(super) const fn open(mut self) -> Self {
        self.open = true;
        self
    }

    pub(super) const fn also(mut self, more: &'static str) -> Self {
        self.more = more;
        self
    }

    /// All options, each as it is listed.
    pub(super) fn tokens(&self) -> impl Iterator<Item = &'static str> {
        self.options.split_ascii_whitespace().chain(self.more.split_ascii_whitespace())
    }

    pub(super) const fn exact(mut self) -> Self {
        self.exact = true;
        self
    }

    pub(super) const fn check(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    /// A flag in a cluster: `l` of `-la`.
    pub(super) fn letter(&self, letter: char) -> Option<Listed> {
        self.tokens().find_map(|token| {
            let (names, listed) = taken_apart(token);
            let letters = names.strip_prefix('-').filter(|rest| !rest.starts_with('-'))?;
            letters.contains(letter).then_some(listed)
        })
    }

    /// An option that is a whole word: `--all`, or `-name` of an exact line.
    pub(super) fn word(&self, name: &str) -> Option<Listed> {
        self.tokens().find_map(|token| {
            let (names, listed) = taken_apart(token);
            (names == name).then_some(listed)
        })
    }

    /// Does `-20` count?
    pub(super) fn takes_digits(&self) -> bool {
        self.tokens().any(|token| token == "-#")
    }
}

fn taken_apart(token: &'static str) -> (&'static str, Listed) {
    let (token, grade) = match token.rsplit_once('^') {
        Some((rest, "E")) => (rest, Grade::Edits),
        Some((rest, _)) => (rest, Grade::Builds),
        None => (token, Grade::Looks),
    };
    if let Some((names, kind)) = token.split_once(':') {
        return (names, Listed { takes: Takes::Value, kind, grade });
    }
    // `-?` is a flag, not an option with a value.
    match token.split_once('?').filter(|(names, _)| names.len() > 1) {
        Some((names, kind)) => (names, Listed { takes: Takes::Attached, kind, grade }),
        None => (token, Listed { takes: Takes::Nothing, kind: "", grade }),
    }
}

//! Commands that get the names of files from a search: `find … -print0 | xargs -0 wc -l`.

use crate::answer::{Command, Input, Kind, Word};
use crate::canonical::{basename, program_name};
use crate::expand::known;
use crate::walk::Walker;
use crate::wrappers::{Inner, Peeled};

/// Programs that look at the files they are given, whatever else they are given, and show nothing of what is in them: a search
/// may come upon files that hold secrets. Sorted.
const LOOKERS: &[&str] = &[
    "basename",
    "cksum",
    "dirname",
    "du",
    "echo",
    "file",
    "ls",
    "md5sum",
    "sha1sum",
    "sha256sum",
    "stat",
    "wc",
];

/// Actions of `find` that print something else, do something else, or read roots from elsewhere.
const OTHERWISE: &[&str] = &[
    "-delete",
    "-exec",
    "-execdir",
    "-files0-from",
    "-fls",
    "-fprint",
    "-fprint0",
    "-fprintf",
    "-ls",
    "-ok",
    "-okdir",
    "-print",
    "-printf",
];

impl Walker {
    /// The arguments of the `find` that does the same as this `xargs`, where its input is what one `find` prints. Only names that
    /// end in NUL are told apart for sure: a name may hold blanks and line ends.
    pub(crate) fn searched(&self, input: &Input, arguments: &[Word], peeled: &Peeled) -> Option<Vec<Word>> {
        let [Inner::Words { from, to, .. }] = peeled.inner.as_slice() else { return None };
        let own = arguments.get(..*from)?;
        let looker = arguments.get(*from..*to)?;
        let name =
            looker.first().filter(|word| word.literal).map(|word| basename(program_name(&word.value)))?;
        let plain =
            own.iter().all(|word| word.literal) && splits_at_nul(own) && LOOKERS.binary_search(&name).is_ok();
        if !plain || looker.iter().any(ends_action) {
            return None;
        }
        let Input::Pipe(channel) = input else { return None };
        let mut printers = self.commands.iter().filter(|command| command.prints == Some(*channel));
        let search = printers.next().filter(|command| prints_names(command))?;
        if printers.next().is_some() {
            return None;
        }
        let at = search.arguments.iter().position(|word| word.value == "-print0")?;
        let (before, after) = search.arguments.split_at_checked(at)?;
        let action =
            [known("-exec")].into_iter().chain(looker.iter().cloned()).chain([known("{}"), known("+")]);
        Some(before.iter().cloned().chain(action).chain(after.iter().skip(1).cloned()).collect())
    }
}

/// Would the word mean something to `find`, if it stood behind `-exec`?
fn ends_action(word: &Word) -> bool {
    word.value.contains("{}") || matches!(word.value.as_str(), ";" | "+" | "\\;")
}

/// Is it a `find` that prints names with a NUL behind each, and nothing else?
fn prints_names(command: &Command) -> bool {
    let quiet = command
        .redirects
        .iter()
        .all(|it| it.descriptor == Some(2) && it.operator.starts_with('>') && it.operator != ">&");
    let words = &command.arguments;
    command.kind == Kind::Simple
        && command.program.as_deref() == Some("find")
        && !command.derived
        && command.assignments.is_empty()
        && quiet
        && words.iter().all(|word| word.complete && word.certainty < crate::answer::Certainty::Opaque)
        && words.iter().filter(|word| word.value == "-print0").count() == 1
        && !words.iter().any(|word| OTHERWISE.contains(&word.value.as_str()))
}

/// Do the options of `xargs` say that names end in NUL, and nothing of where they are put?
fn splits_at_nul(options: &[Word]) -> bool {
    let mut nul = false;
    let mut rest = options.iter().map(|word| word.value.as_str());
    while let Some(option) = rest.next() {
        let letters = match option {
            "--null" => "0",
            "--no-run-if-empty" => "r",
            "--verbose" => "t",
            short => short.strip_prefix('-').unwrap_or("?"),
        };
        let (flags, count) = match letters.find(['n', 'P', 'L']) {
            Some(at) => (letters.get(..at).unwrap_or_default(), letters.get(at + 1..)),
            None => (letters, None),
        };
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let counts = match count {
            Some("") => rest.next().is_some_and(number),
            Some(text) => number(text),
            None => true,
        };
        if !counts || !flags.bytes().all(|b| b"0rtx".contains(&b)) {
            return false;
        }
        nul |= flags.contains('0');
    }
    nul
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_in_nul_only_where_the_options_say_so() {
        for (options, ends) in [
            ("-0", true),
            ("-0 -n 1", true),
            ("-0n1", true),
            ("-0L1", true),
            ("-r0 -P4", true),
            ("--null -t", true),
            ("-n10 -0", true),
            ("", false),
            ("-n 10", false),
            ("-n10", false),
            ("-0 -I {}", false),
            ("-0I{}", false),
            ("-0 -a f", false),
            ("-0 -d x", false),
            ("-0n", false),
            ("-0 --replace", false),
            ("-0 -n x", false),
        ] {
            let options: Vec<Word> = options.split_whitespace().map(known).collect();
            assert_eq!(splits_at_nul(&options), ends, "{options:?}");
        }
    }

    #[test]
    fn the_tables_are_sorted() {
        assert!(LOOKERS.is_sorted() && OTHERWISE.is_sorted());
    }
}

//! Commands inside what programs read on their standard input: database clients, editors, debuggers, make.

use crate::answer::Word;
use crate::options::part_of;
use crate::wrappers::Inner;

use super::{code, databases, editors, own, sed, shell};

/// Most lines that are read.
const MOST_LINES: usize = 256;

type Reader = fn(&Word) -> Vec<Inner>;

/// How each program reads its input. Sorted.
const READERS: &[(&str, Reader)] = &[
    ("R", code::calls),
    ("cqlsh", databases::statements),
    ("dc", databases::bangs),
    ("debugfs", databases::bangs),
    ("duckdb", databases::statements),
    ("ed", lines),
    ("erl", code::calls),
    ("ex", editors::ex),
    ("ftp", databases::bangs),
    ("gdb", editors::debugger),
    ("ghci", lines_and_calls),
    ("gnuplot", lines_and_calls),
    ("guile", code::calls),
    ("iex", code::calls),
    ("ipython", lines_and_calls),
    ("irb", code::calls),
    ("julia", code::calls),
    ("lftp", databases::bangs),
    ("lldb", editors::debugger),
    ("mail", tildes),
    ("mailx", tildes),
    ("mariadb", databases::statements),
    ("mysql", databases::statements),
    ("octave", code::calls),
    ("psql", databases::statements),
    ("red", lines),
    ("scala", code::calls),
    ("sftp", databases::bangs),
    ("smbclient", databases::bangs),
    ("sqlite3", databases::statements),
    ("usql", databases::statements),
    ("vi", editors::ex),
    ("vim", editors::ex),
];

fn reader(name: &str) -> Option<Reader> {
    let found = READERS.binary_search_by(|(known, _)| (*known).cmp(name)).ok();
    found.and_then(|at| READERS.get(at)).map(|(_, read)| *read)
}

/// Does the program look for commands in its input?
pub(crate) fn reads_input(name: &str, arguments: &[Word]) -> bool {
    reader(name).is_some() || from_dash(name, arguments)
}

/// Programs that read a script from their input when a file is named `-`.
fn from_dash(name: &str, arguments: &[Word]) -> bool {
    let dash =
        |word: &Word| matches!(word.value.as_str(), "-" | "-f-" | "/dev/stdin" | "--file=-" | "--makefile=-");
    matches!(name, "make" | "gmake" | "sed" | "gsed") && arguments.iter().any(dash)
}

/// The commands that a program runs because of what it reads.
pub(crate) fn inner_of_input(name: &str, arguments: &[Word], text: &Word) -> Vec<Inner> {
    let mut out = match reader(name) {
        Some(read) => read(text),
        None if !from_dash(name, arguments) => Vec::new(),
        None if name.ends_with("sed") => sed::script(text),
        None => {
            let mut out = Vec::new();
            own::makefile(text, &mut out);
            out
        }
    };
    out.truncate(super::MOST_FOUND);
    out
}

/// Lines of ed: `!text`, `r !text`, `w !text`, with addresses before.
fn lines(word: &Word) -> Vec<Inner> {
    let lines = word.value.lines().take(MOST_LINES).filter_map(|line| {
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || ",$.%; \t".contains(c));
        let line = line.trim_start_matches(['r', 'w', 'e']).trim_start();
        line.strip_prefix('!').map(str::trim).filter(|text| !text.is_empty())
    });
    lines.map(|text| shell(&part_of(word, text))).collect()
}

/// Lines that begin with `!` or `:!`, and calls.
fn lines_and_calls(word: &Word) -> Vec<Inner> {
    let marked = word.value.lines().take(MOST_LINES).filter_map(|line| {
        let line = line.trim_start().trim_start_matches(':');
        line.strip_prefix('!').or_else(|| line.strip_prefix("shell ")).filter(|text| !text.trim().is_empty())
    });
    let mut out: Vec<Inner> = marked.map(|text| shell(&part_of(word, text.trim()))).collect();
    out.extend(code::calls(word));
    out
}

/// `~!text` and `~|text` in a letter.
fn tildes(word: &Word) -> Vec<Inner> {
    let lines = word
        .value
        .lines()
        .take(MOST_LINES)
        .filter_map(|line| ["~!", "~|", "~<!", "~r !"].iter().find_map(|mark| line.strip_prefix(mark)));
    lines.filter(|text| !text.trim().is_empty()).map(|text| shell(&part_of(word, text.trim()))).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_readers_are_sorted_so_that_every_one_is_found() {
        assert!(super::READERS.is_sorted_by_key(|(name, _)| *name));
    }
}

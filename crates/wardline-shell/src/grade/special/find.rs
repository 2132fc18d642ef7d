//! The expression of `find`: tests and actions that only look.

use crate::answer::Word;

use super::is_made_file;
use crate::grade::Grade;
use crate::grade::scan::{Scan, is_known};

/// Tests and actions without an argument. Sorted.
const ALONE: &[&str] = &[
    "!",
    "(",
    ")",
    ",",
    "-H",
    "-L",
    "-P",
    "-a",
    "-and",
    "-d",
    "-daystart",
    "-depth",
    "-empty",
    "-executable",
    "-false",
    "-follow",
    "-ignore_readdir_race",
    "-ls",
    "-mount",
    "-nogroup",
    "-noignore_readdir_race",
    "-noleaf",
    "-not",
    "-nouser",
    "-nowarn",
    "-o",
    "-or",
    "-print",
    "-print0",
    "-prune",
    "-quit",
    "-readable",
    "-true",
    "-warn",
    "-writable",
    "-xdev",
];

/// Tests and actions with one argument. Sorted.
const WITH_ONE: &[&str] = &[
    "-amin",
    "-anewer",
    "-atime",
    "-cmin",
    "-cnewer",
    "-context",
    "-ctime",
    "-fstype",
    "-gid",
    "-group",
    "-ilname",
    "-iname",
    "-inum",
    "-ipath",
    "-iregex",
    "-iwholename",
    "-links",
    "-lname",
    "-maxdepth",
    "-mindepth",
    "-mmin",
    "-mtime",
    "-name",
    "-newer",
    "-path",
    "-perm",
    "-printf",
    "-regex",
    "-regextype",
    "-samefile",
    "-size",
    "-type",
    "-uid",
    "-used",
    "-user",
    "-wholename",
    "-xtype",
];

/// Grades the words of a `find`. Commands inside it (`-exec`) are graded by themselves.
pub(in crate::grade) fn check(scan: &Scan<'_>) -> Grade {
    let words = scan.words;
    let mut index = 0;
    let mut deletes = false;
    let mut joined = false;
    let mut made = false;
    while let Some(word) = words.get(index) {
        index += 1;
        let text = word.value.as_str();
        if !may_stand(word) {
            return Grade::Unknown;
        }
        if !text.starts_with('-') && !matches!(text, "!" | "(" | ")" | ",") {
            // A starting point; behind the expression it is an error.
            continue;
        }
        joined |= matches!(text, "!" | "-not" | "-o" | "-or" | "," | "(");
        if ALONE.binary_search(&text).is_ok() {
            continue;
        }
        if WITH_ONE.binary_search(&text).is_ok() || text.starts_with("-newer") || text == "-O" {
            let Some(value) = words.get(index).filter(|value| may_be_value(value)) else {
                return Grade::Unknown;
            };
            made |= text == "-name" && is_made_file(&value.value) && value.value.len() > 3;
            index += 1;
            continue;
        }
        match text {
            "-delete" => deletes = true,
            "-exec" | "-execdir" => match command(words, index) {
                Some(end) => index = end,
                None => return Grade::Unknown,
            },
            _ if text.strip_prefix("-O").is_some_and(|level| level.parse::<u8>().is_ok()) => {}
            _ => return Grade::Unknown,
        }
    }
    match (deletes, made && !joined && scan.ground.in_project()) {
        (false, _) => Grade::Looks,
        (true, true) => Grade::Edits,
        (true, false) => Grade::Unknown,
    }
}

/// Where the words of a command end: behind `;` or `{} +`.
fn command(words: &[Word], from: usize) -> Option<usize> {
    let mut index = from;
    loop {
        let word = words.get(index)?;
        index += 1;
        let behind_braces = || words.get(index.checked_sub(2)?).map(|before| before.value == "{}");
        if word.value == ";" || word.value == "+" && behind_braces() == Some(true) {
            return Some(index);
        }
    }
}

/// A word that is what it seems: no action can hide in it.
fn may_stand(word: &Word) -> bool {
    if !is_known(word) {
        let first = word.value.chars().next().unwrap_or('$');
        return word.written.starts_with('"') && !matches!(first, '$' | '`' | '-');
    }
    let begins = word.value.starts_with(['*', '?', '[', '-']);
    !(word.glob && begins) || has_dot_behind(word)
}

/// Unquoted `*.rs` may become names; no action of `find` has a dot.
fn may_be_value(word: &Word) -> bool {
    if !is_known(word) {
        return word.written.starts_with('"') && word.written.ends_with('"');
    }
    !word.glob || has_dot_behind(word) || !word.value.starts_with(['*', '?', '[', '-'])
}

fn has_dot_behind(word: &Word) -> bool {
    let literal = |part: &str| part.contains('.') && !part.contains(['{', '$']);
    word.value.rsplit(['*', '?', ']']).next().is_some_and(literal) && !word.value.starts_with('-')
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_are_sorted() {
        assert!(super::ALONE.is_sorted());
        assert!(super::WITH_ONE.is_sorted());
    }
}

//! The lines of the grammar, by kind of work, and how one is found.

mod build;
mod edit;
mod files;
mod git;
mod languages;
mod shell;
mod system;
mod text;

use crate::answer::Command;

use super::Grade;
use super::place::Ground;
use super::row::Row;
use super::scan;

/// All tables. A name stands in one of them.
const TABLES: &[&[Row]] = &[
    files::ROWS,
    text::ROWS,
    shell::ROWS,
    git::ROWS,
    edit::ROWS,
    build::ROWS,
    languages::ROWS,
    system::ROWS,
];

/// Directories of the project that hold programs which its package manager put there.
const OWN_PROGRAMS: &[&str] = &["node_modules/.bin/", ".venv/bin/", "venv/bin/", "vendor/bin/"];

/// Finds a line.
pub(super) fn find(name: &str) -> Option<&'static Row> {
    TABLES
        .iter()
        .find_map(|table| table.binary_search_by(|row| row.name.cmp(name)).ok().and_then(|at| table.get(at)))
}

/// What the words of a simple command say of it.
pub(super) fn grade(command: &Command, ground: &Ground<'_>) -> Grade {
    let Some(program) = command.program.as_deref() else { return Grade::Unknown };
    let plain = program.strip_prefix("./").unwrap_or(program);
    let own = OWN_PROGRAMS.iter().find_map(|place| plain.strip_prefix(place));
    if let Some(name) = own {
        // The project's own copy: what it is depends on the project.
        let graded = named(name, command, ground).max(Grade::Builds);
        return if ground.in_project() { graded } else { Grade::Unknown };
    }
    named(program, command, ground)
}

fn named(program: &str, command: &Command, ground: &Ground<'_>) -> Grade {
    let Some(row) = find(plain(program)) else { return Grade::Unknown };
    let words = command.arguments.as_slice();
    if let [only] = words
        && only.literal
        && !BARE.contains(&row.name)
        && (only.value == "--version" || only.value == "--help" && row.name != "git")
    {
        return Grade::Looks;
    }
    scan::grade(row, words, command, ground)
}

/// Programs that do not know `--version` and would take it for something else.
const BARE: &[&str] = &[
    ".",
    "./gradlew",
    "./mvnw",
    ":",
    "[",
    "alias",
    "bash",
    "cd",
    "command",
    "echo",
    "eval",
    "exit",
    "export",
    "false",
    "local",
    "printf",
    "set",
    "source",
    "test",
    "touch",
    "true",
    "mkdir",
    "rm",
    "env",
    "xargs",
    "timeout",
    "nohup",
    "time",
    "nice",
];

/// The name under which a program stands in the tables: `python3.12` is `python3`.
fn plain(name: &str) -> &str {
    match name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
        "python" => "python3",
        "pip" => "pip",
        "nodejs" => "node",
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::TABLES;
    use std::collections::BTreeSet;

    #[test]
    fn the_tables_are_sorted_and_a_name_stands_in_one() {
        let mut seen = BTreeSet::new();
        for table in TABLES {
            for pair in table.windows(2) {
                assert!(pair[0].name < pair[1].name, "{} comes after {}", pair[0].name, pair[1].name);
            }
            for row in *table {
                assert!(seen.insert(row.name), "{} stands twice", row.name);
                assert!(row.operands != "=" || super::find(row.options).is_some(), "{}", row.name);
            }
        }
    }

    #[test]
    fn every_kind_is_one_that_is_explained() {
        let good = |kind: &str| {
            matches!(kind, "n" | "t" | "r" | "p" | "o" | "x" | "/")
                || kind.starts_with('{') && kind.ends_with('}')
        };
        for row in TABLES.iter().copied().flatten().filter(|row| row.operands != "=") {
            for token in row.tokens() {
                assert!(token.starts_with('-'), "{}: {token}", row.name);
                let token = token.split('^').next().unwrap();
                if let Some((names, _)) =
                    token.split_once([':', '?']).filter(|(names, _)| !row.exact && !names.starts_with("--"))
                {
                    assert!(
                        names.len() <= 2,
                        "{}: {token}: flags and an option with a value stand apart",
                        row.name
                    );
                }
                if let Some((_, kind)) = token.split_once([':']) {
                    assert!(good(kind), "{}: {token}", row.name);
                }
            }
            if !row.operands.starts_with('>') && row.operands != "any" {
                for kind in row.operands.split_ascii_whitespace() {
                    assert!(good(kind.trim_end_matches('*')), "{}: {kind}", row.name);
                }
            }
        }
    }
}

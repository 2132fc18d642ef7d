//! Reads the labelled corpora, when they lie beside the workspace, and reports what could not be read. Nothing is run.

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};

use support::read;
use wardline_shell::{Analysis, DoubtKind, ParserUsed};

/// Writes past the test runner's capture, so that a skip or a figure is always seen.
macro_rules! say {
    ($($part:tt)*) => { drop(writeln!(std::io::stderr(), $($part)*)) };
}

/// At most so many of ten thousand commands may go unread.
const MOST_UNREAD: usize = 100;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/commands")
}

/// The string of a field of one line of JSON, without a JSON parser: the files hold flat objects.
fn field(line: &str, name: &str) -> Option<String> {
    let start = line.find(&format!("\"{name}\":"))? + name.len() + 3;
    let text = line.get(start..)?.trim_start().strip_prefix('"')?;
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Some(out),
            '\\' => match characters.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'b' => out.push('\u{8}'),
                'f' => out.push('\u{c}'),
                'u' => {
                    let digits: String = characters.by_ref().take(4).collect();
                    out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?).unwrap_or('\u{fffd}'));
                }
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
    None
}

fn unread(analysis: &Analysis) -> bool {
    analysis.doubts.iter().any(|doubt| matches!(doubt.kind, DoubtKind::Unparsed | DoubtKind::Limit))
}

#[test]
fn the_corpora_are_read() {
    let folder = folder();
    if !folder.is_dir() {
        say!(
            "SKIPPED: {} is missing; how many public commands can be read was NOT measured",
            folder.display()
        );
        return;
    }
    let (mut all, mut bad) = (0, 0);
    for name in ["tldr.jsonl", "nl2bash.jsonl", "redcode.jsonl"] {
        let path = folder.join(name);
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (mut count, mut failed, mut second) = (0, 0, 0);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let command = field(line, "cmd").unwrap_or_else(|| panic!("{name}: no command in {line}"));
            let analysis = read(&command);
            count += 1;
            failed += usize::from(unread(&analysis));
            second += usize::from(analysis.parser != ParserUsed::Brush);
            assert!(
                !analysis.commands.is_empty()
                    || command.contains("()")
                    || command.trim_start().starts_with('#'),
                "{command:?}"
            );
        }
        say!("{name}: {count} commands, {failed} in doubt as unread, {second} that brush-parser refused");
        (all, bad) = (all + count, bad + failed);
    }
    say!("all: {all} commands, {bad} in doubt as unread");
    assert!(bad * 10_000 <= all * MOST_UNREAD, "{bad} of {all} commands could not be read");
}

//! Asks other parsers whether they see a command that the reader did not: brush-parser first, tree-sitter-bash where that errs.
//!
//! brush-parser takes exponential time on nested parentheses and `case`, stops the process on some numbers, and takes memory
//! without end on some here-documents with control characters, so it is only asked about texts that the reader measured and found harmless for it. Its answer can only add doubt.

use std::panic::{AssertUnwindSafe, catch_unwind};

use brush_parser::ast;

use crate::limits::{Fuel, suspicious};
use crate::syntax::Census;

/// Deepest nesting of parentheses and of `case` that brush-parser is asked about.
const MOST_PARENS: u32 = 6;
const MOST_CASES: u32 = 4;
/// Most `[` in a text for it: it recurses at each, and where they are not closed its work grows with a power of their number.
const MOST_BRACKETS: usize = 12;
/// Longest run of digits that it reads as a number without stopping.
const MOST_DIGITS: usize = 9;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Opinion {
    /// Nothing was seen beyond what the reader saw.
    Agrees,
    /// There are more commands than the reader saw.
    SawMore,
    /// brush-parser could not be asked or refused; tree-sitter sees commands that begin at these bytes.
    Tree(Vec<usize>),
    /// All refuse.
    Broken,
    /// Shells differ on a place that the reader knows.
    Contested(&'static str),
}

/// The other parsers' view of a text that the reader could read.
pub(crate) fn second(text: &str, census: Census, fuel: &mut Fuel) -> Opinion {
    if let Some(what) = census.contested {
        return Opinion::Contested(what);
    }
    if plain(text) || fuel.read(text.len()).is_err() {
        return Opinion::Agrees;
    }
    let brackets = text.bytes().filter(|byte| *byte == b'[').count();
    let nested = census.parens > MOST_PARENS || census.cases > MOST_CASES || brackets > MOST_BRACKETS;
    let safe = !nested && !long_number(text) && suspicious(text).is_none() && !ends_at_nothing(text);
    let seen = if safe { brush(text, false).or_else(|| brush(text, true)) } else { None };
    match seen {
        Some(seen) if seen <= census.commands => Opinion::Agrees,
        Some(_) => Opinion::SawMore,
        None => match crate::kilo::command_starts(text) {
            Some(starts) => Opinion::Tree(starts),
            None => Opinion::Broken,
        },
    }
}

/// Words and blanks alone, in commands with `;`, `&&`, `||`, `|` and line ends between: no parser can differ on that.
fn plain(text: &str) -> bool {
    let listed = |b: u8| b.is_ascii_alphanumeric() || b" -_./:,@%+;&|\n".contains(&b);
    let line = |line: &str| {
        let whole = line.trim_end();
        whole.is_empty() || whole.strip_suffix(';').unwrap_or(whole).split(';').all(commands)
    };
    text.bytes().all(listed) && text.split('\n').all(line)
}

/// Plain commands, none of them empty, with `&&`, `||` and `|` between.
fn commands(text: &str) -> bool {
    let command = |text: &str| {
        let first = text.trim_start().split(' ').next().unwrap_or_default();
        !first.is_empty() && !text.contains('&') && !RESERVED.contains(&first)
    };
    if !text.contains(['&', '|']) {
        return command(text);
    }
    text.split("&&").flat_map(|part| part.split("||")).flat_map(|part| part.split('|')).all(command)
}

const RESERVED: &[&str] = &[
    "if", "for", "while", "until", "case", "select", "function", "coproc", "time", "then", "do", "done",
    "fi", "else", "elif", "esac",
];

/// Does a here-document end at nothing (`<<""`)? At the end of the text brush-parser then finds one end after the other, until
/// the memory is full.
fn ends_at_nothing(script: &str) -> bool {
    script.split("<<").skip(1).any(|after| {
        let mut rest = after.strip_prefix('-').unwrap_or(after);
        loop {
            let next = rest.trim_start();
            let next = next.strip_prefix("\\\n").unwrap_or(next);
            if next.len() == rest.len() {
                break;
            }
            rest = next;
        }
        let mut characters = rest.chars();
        let quote = characters.next().filter(|first| matches!(first, '"' | '\''));
        quote.is_some() && characters.next().is_none_or(|next| Some(next) == quote || next.is_control())
    })
}

fn long_number(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() > MOST_DIGITS)
}

/// How many simple commands brush-parser sees outside of words; `None` when it refuses the text.
fn brush(text: &str, extglob: bool) -> Option<usize> {
    let options = brush_parser::ParserOptions { enable_extended_globbing: extglob, ..Default::default() };
    // It holds assertions about its own state; a broken one is a refusal like any other.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        let tokens = brush_parser::uncached_tokenize_str(text, &options.tokenizer_options()).ok()?;
        brush_parser::parse_tokens(&tokens, &options).ok()
    }));
    let program = parsed.ok().flatten()?;
    Some(program.complete_commands.iter().map(list).sum())
}

fn list(list: &ast::CompoundList) -> usize {
    list.0
        .iter()
        .map(|ast::CompoundListItem(item, _)| item.iter().map(|(_, next)| pipeline(next)).sum::<usize>())
        .sum()
}

fn pipeline(pipeline: &ast::Pipeline) -> usize {
    pipeline.seq.iter().map(command).sum()
}

fn command(command: &ast::Command) -> usize {
    match command {
        ast::Command::Simple(simple) => usize::from(simple.word_or_name.is_some()),
        ast::Command::Compound(inner, _) => compound(inner),
        ast::Command::Function(function) => compound(&function.body.0),
        ast::Command::ExtendedTest(..) => 0,
    }
}

fn compound(compound: &ast::CompoundCommand) -> usize {
    use ast::CompoundCommand as C;
    match compound {
        C::Arithmetic(_) => 0,
        C::ArithmeticForClause(inner) => list(&inner.body.list),
        C::BraceGroup(inner) => list(&inner.list),
        C::Subshell(inner) => list(&inner.list),
        C::ForClause(inner) => list(&inner.body.list),
        C::CaseClause(inner) => inner.cases.iter().filter_map(|case| case.cmd.as_ref()).map(list).sum(),
        C::IfClause(inner) => {
            let others = inner.elses.iter().flatten();
            let others = others.map(|part| part.condition.as_ref().map_or(0, list) + list(&part.body));
            list(&inner.condition) + list(&inner.then) + others.sum::<usize>()
        }
        C::WhileClause(inner) | C::UntilClause(inner) => list(&inner.0) + list(&inner.1.list),
        C::Coprocess(inner) => command(&inner.body),
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn texts_that_no_parser_reads_otherwise() {
        for text in ["ls -l", "true; ls", "a && b || c | d\nls;\n", "cargo build", "a\n\n  b"] {
            assert!(plain(text), "{text}");
        }
        for text in [
            "ls &",
            "a ;; b",
            "; a",
            "a && && b",
            "a |& b",
            "a &&",
            "time ls",
            "a; if b",
            "a\n| b",
            "a > b",
            "a $b",
        ] {
            assert!(!plain(text), "{text}");
        }
    }
}

//! Options and operands by which ordinary programs run other commands.
//!
//! A row of `table` says of one program which of its options hold what sort of text, and where a command stands among its
//! operands. What an option holds is read here for the simple sorts, by `code`, `editors`, `databases` and `sed` for texts with
//! commands of their own, by `own` for arguments that fit no row. `environment` knows the variables whose value is run.

mod code;
mod databases;
mod editors;
mod environment;
mod input;
mod own;
mod sed;
mod table;

use crate::answer::{Certainty, Word};
use crate::canonical::{needs_quotes, quote};
use crate::options::{Part, part_of, parts};
use crate::wrappers::Inner;

pub(crate) use environment::{inner_of_environment, is_usual};
pub(crate) use input::{inner_of_input, reads_input};

/// Most commands that are found in the arguments of one program.
const MOST_FOUND: usize = 64;
/// Most names of subcommands that stand before the one that counts: `gcloud compute ssh`.
const MOST_LEVELS: usize = 4;

/// Where a program's operands hold a command.
#[derive(Clone, Copy)]
enum Rest {
    /// Nowhere.
    Nothing,
    /// After so many operands, as words.
    Words(usize),
    /// The same, but it runs in another place: a container, a host.
    There(usize),
    /// After so many operands; a shell reads them put together.
    Line(usize),
    /// After so many operands, each is a text for a shell.
    Texts(usize),
    /// After the first of these words.
    After(&'static [&'static str]),
    /// The next operand names a subcommand, with a row of its own: `docker exec`.
    Below,
    /// A grammar of its own.
    Own(fn(&[Word]) -> Vec<Inner>),
}

/// One program.
struct Row {
    name: &'static str,
    /// Its options, with the sort of their value: see [`by_role`].
    options: &'static str,
    rest: Rest,
}

const fn row(name: &'static str, options: &'static str, rest: Rest) -> Row {
    Row { name, options, rest }
}

fn find(name: &str) -> Option<&'static Row> {
    table::ROWS.binary_search_by(|row| row.name.cmp(name)).ok().and_then(|at| table::ROWS.get(at))
}

/// The commands that `name` runs because of its arguments, beyond what `wrappers` knows.
pub(crate) fn inner(name: &str, arguments: &[Word]) -> Vec<Inner> {
    let mut out = Vec::new();
    let mut key = name.to_owned();
    let mut from = 0;
    for _ in 0..MOST_LEVELS {
        let Some(row) = find(&key) else { break };
        let rest = arguments.get(from..).unwrap_or_default();
        let split = parts(rest, row.options, matches!(row.rest, Rest::Nothing | Rest::Own(_)));
        by_role(&key, &split, &mut out);
        attached(&key, row.options, rest, &mut out);
        if !matches!(row.rest, Rest::Below) {
            in_rest(row.rest, rest, &split, from, &mut out);
            break;
        }
        let Some((at, word)) = operand(&split, 0).and_then(|at| rest.get(at).map(|word| (at, word))) else {
            break;
        };
        key = format!("{key} {}", word.value);
        from += at + 1;
    }
    out.truncate(MOST_FOUND);
    out
}

/// The index of the operand with this number.
fn operand(split: &[Part], number: usize) -> Option<usize> {
    split.iter().filter_map(|part| if let Part::Operand(at) = part { Some(*at) } else { None }).nth(number)
}

/// What stands among the operands; `from` is where `rest` begins in the arguments.
fn in_rest(rest: Rest, words: &[Word], split: &[Part], from: usize, out: &mut Vec<Inner>) {
    let whole = |at: usize, certainty| Inner::Words { from: from + at, to: from + words.len(), certainty };
    match rest {
        Rest::Nothing | Rest::Below => {}
        Rest::Words(skip) => out.extend(operand(split, skip).map(|at| whole(at, Certainty::Proven))),
        Rest::There(skip) => {
            // `kubectl exec pod -- ls`: the dashes end the options of the outer program.
            let at = operand(split, skip).map(|at| at + usize::from(is_dashes(words.get(at))));
            out.extend(at.filter(|at| *at < words.len()).map(|at| whole(at, Certainty::Assumed)));
        }
        Rest::Line(skip) => {
            let line = operand(split, skip).and_then(|at| words.get(at..)).and_then(joined);
            out.extend(line.map(|text| Inner::Text { text, certainty: Certainty::Assumed }));
        }
        Rest::Texts(skip) => {
            let texts = split.iter().filter_map(|part| match part {
                Part::Operand(at) => words.get(*at),
                Part::Option { .. } => None,
            });
            out.extend(texts.skip(skip).take(MOST_FOUND).map(shell));
        }
        Rest::After(marks) => {
            let at = words.iter().position(|word| marks.contains(&word.value.as_str())).map(|at| at + 1);
            out.extend(at.filter(|at| *at < words.len()).map(|at| whole(at, Certainty::Assumed)));
        }
        Rest::Own(read) => out.extend(read(words)),
    }
}

fn is_dashes(word: Option<&Word>) -> bool {
    word.is_some_and(|word| word.value == "--")
}

/// Words as one text.
fn joined(words: &[Word]) -> Option<Word> {
    let first = words.first()?;
    let value = words.iter().map(|word| word.value.as_str()).collect::<Vec<_>>().join(" ");
    let certainty = words.iter().map(|word| word.certainty).max().unwrap_or(Certainty::Proven);
    let complete = words.iter().all(|word| word.complete);
    Some(Word { certainty, complete, ..part_of(first, &value) })
}

/// Reads the values of options by their role.
fn by_role(name: &str, split: &[Part], out: &mut Vec<Inner>) {
    for part in split.iter().take(MOST_FOUND * 4) {
        if let Part::Option { name: option, role: Some(role), value: Some(value) } = part {
            out.extend(held(name, option, *role, value));
        }
    }
}

/// Values that are put right behind an option: `-toolexec=text`, `-Htext`.
fn attached(name: &str, options: &str, words: &[Word], out: &mut Vec<Inner>) {
    let listed = options.split(' ').filter_map(|entry| {
        let (option, role) = entry.split_once([':', '='])?;
        let role = role.chars().next().filter(char::is_ascii_uppercase)?;
        let long = option.len() > 2 && !option.starts_with("--");
        let short = option.len() == 2 && entry.get(2..3) == Some("=");
        (long || short).then_some((option, long, role))
    });
    for (option, long, role) in listed {
        for word in words.iter().take_while(|word| word.value != "--") {
            let rest = word.value.strip_prefix(option).filter(|rest| !rest.is_empty());
            let value = if long { rest.and_then(|rest| rest.strip_prefix('=')) } else { rest };
            if let Some(value) = value {
                out.extend(held(name, option, role, &part_of(word, value)));
            }
            if out.len() >= MOST_FOUND {
                return;
            }
        }
    }
}

/// The commands in a value, by its role: `Z` a text for a shell, `X` a program, `C` words between commas, `V` commands of vi, `G` of
/// a debugger, `S` of a database client, `B` commands where `!` begins one for the shell, `K` sed, `M` macros of rpm,
/// `U` a setting of git or Mercurial, `P` `R` `J` `L` code of Python, Ruby, JavaScript and Lua, `E` code of which only calls
/// with constant texts are read, `H` a file of code.
fn held(name: &str, option: &str, role: char, value: &Word) -> Vec<Inner> {
    match role {
        'Z' => vec![shell(value)],
        'X' => vec![program(value)],
        'C' => {
            let words: Vec<String> = value.value.split(',').map(quoted).collect();
            vec![shell(&part_of(value, &words.join(" ")))]
        }
        'V' => editors::ex(value),
        'G' => editors::debugger(value),
        'S' => databases::statements(value),
        'B' => databases::bangs(value),
        'K' => sed::script(value),
        'M' => code::macros(value),
        'U' => crate::gitconfig::command(value).iter().map(shell).collect(),
        'E' => code::calls(value),
        'P' => editors::in_language("python3", value, &value.value),
        'R' => editors::in_language("ruby", value, &value.value),
        'J' => editors::in_language("node", value, &value.value),
        'L' => editors::in_language("lua", value, &value.value),
        'H' => {
            vec![Inner::Hidden(format!("option {option} of `{name}` loads code from `{}`", value.written))]
        }
        _ => Vec::new(),
    }
}

/// A text that a shell runs.
fn shell(text: &Word) -> Inner {
    Inner::Text { text: text.clone(), certainty: Certainty::Assumed }
}

/// A program that is started, with arguments that do not matter.
fn program(word: &Word) -> Inner {
    shell(&part_of(word, &quoted(&word.value)))
}

fn quoted(text: &str) -> String {
    if needs_quotes(text) { quote(text) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::table::ROWS;

    #[test]
    fn the_table_is_sorted_so_that_every_row_is_found() {
        for pair in ROWS.windows(2) {
            assert!(pair[0].name < pair[1].name, "{} comes after {}", pair[0].name, pair[1].name);
        }
    }
}

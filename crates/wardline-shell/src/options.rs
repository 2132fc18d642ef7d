//! Takes the arguments of a command apart into flags, their values and operands, the way getopt does.
//!
//! A specification is a list of the options that matter: `-o:w` takes a value, `-i=w` takes none (or one attached to it),
//! `--arg&t` takes a name and a value in two words. The
//! letter says what the value is to the program; this file does not look at it. Options that are not listed take no value.

use crate::answer::Word;
use crate::expand::known;

/// One part of a command's arguments.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// An option; with its role where the specification lists it, with its value where it has one.
    Option { name: String, role: Option<char>, value: Option<Word> },
    /// Any other argument, by its index.
    Operand(usize),
}

#[derive(Clone, Copy)]
struct Listed {
    role: char,
    takes_value: bool,
    /// A name stands before the value, in a word of its own.
    named: bool,
}

/// Splits `arguments`. Unless `anywhere`, options end at the first operand (wrappers: the rest belongs to the inner command).
pub(crate) fn parts(arguments: &[Word], specification: &str, anywhere: bool) -> Vec<Part> {
    let mut out = Vec::new();
    let mut index = 0;
    let mut ended = false;
    while let Some(word) = arguments.get(index) {
        let at = index;
        index += 1;
        let text = word.value.as_str();
        let option = !ended
            && text.len() > 1
            && (text.starts_with('-') || (text.starts_with('+') && !anywhere && text.len() < 4));
        if !option {
            ended |= !anywhere;
            out.push(Part::Operand(at));
        } else if text == "--" {
            ended = true;
        } else if let Some(long) = text.strip_prefix("--") {
            let (name, attached) =
                long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let listed = long_option(specification, name);
            let mut value = attached.map(|value| part_of(word, value));
            if listed.is_some_and(|listed| listed.named) {
                // `--arg name value`; an attached text is the name.
                index += usize::from(attached.is_none());
                value = None;
            }
            if value.is_none() && listed.is_some_and(|listed| listed.takes_value) {
                value = arguments.get(index).cloned();
                index += 1;
            }
            out.push(Part::Option {
                name: format!("--{name}"),
                role: listed.map(|listed| listed.role),
                value,
            });
        } else {
            index += usize::from(cluster(word, arguments.get(index), specification, &mut out));
        }
    }
    out
}

/// Takes `-abc` apart; says whether the next argument was taken as a value.
fn cluster(word: &Word, next: Option<&Word>, specification: &str, out: &mut Vec<Part>) -> bool {
    let text = word.value.get(1..).unwrap_or_default();
    if let Some(listed) = entry(specification, &word.value)
        && text.len() > 1
    {
        // A long name after a single dash, listed as such.
        let value = next.cloned().filter(|_| listed.takes_value);
        let taken = value.is_some();
        out.push(Part::Option { name: word.value.clone(), role: Some(listed.role), value });
        return taken;
    }
    for (at, letter) in text.char_indices() {
        let name = format!("-{letter}");
        let rest = text.get(at + letter.len_utf8()..).unwrap_or_default();
        match entry(specification, &name) {
            Some(listed) if listed.takes_value => {
                let taken = rest.is_empty();
                let value = if taken {
                    next.cloned()
                } else {
                    Some(part_of(word, rest.strip_prefix('=').unwrap_or(rest)))
                };
                out.push(Part::Option { name, role: Some(listed.role), value });
                return taken;
            }
            Some(listed) => {
                out.push(Part::Option { name, role: Some(listed.role), value: None });
                return false;
            }
            None => out.push(Part::Option { name, role: None, value: None }),
        }
    }
    false
}

/// A part of a word as a word, no surer than the whole.
pub(crate) fn part_of(word: &Word, value: &str) -> Word {
    Word {
        certainty: word.certainty,
        glob: word.glob,
        literal: word.literal,
        complete: word.complete,
        fed_by: word.fed_by.clone(),
        open_prefix: word.open_prefix.clone(),
        trace: word.trace.clone(),
        ..known(value)
    }
}

/// Looks a long option up; a beginning of its name counts, as it does for getopt.
fn long_option(specification: &str, name: &str) -> Option<Listed> {
    let full = format!("--{name}");
    entry(specification, &full).or_else(|| {
        let mut starts = specification.split(' ').filter(|entry| name.len() > 1 && entry.starts_with(&full));
        starts.next().and_then(|found| listed(found).map(|(_, listed)| listed))
    })
}

fn entry(specification: &str, name: &str) -> Option<Listed> {
    // Most options are not listed, and looking for a text is quicker than looking at each entry.
    if !specification.contains(name) {
        return None;
    }
    let likely = |entry: &&str| entry.starts_with(name);
    specification
        .split(' ')
        .filter(likely)
        .filter_map(listed)
        .find(|(entry, _)| *entry == name)
        .map(|(_, listed)| listed)
}

fn listed(entry: &str) -> Option<(&str, Listed)> {
    let at = entry.rfind([':', '=', '&'])?;
    let (name, rest) = entry.split_at_checked(at)?;
    let role = rest.chars().nth(1)?;
    let named = rest.starts_with('&');
    Some((name, Listed { role, takes_value: named || rest.starts_with(':'), named }))
}

//! The other spellings of a command that an ask or deny rule may name.

use crate::answer::Word;
use crate::canonical::{basename, canonical, joined, needs_quotes, program_name, quote};
use crate::options::{Part, parts};
use crate::special::GIT;

/// Letters of which every pair is spelled out.
const MOST_LETTERS: usize = 4;

/// Long options and their letters, for commands that rules are usually written about.
const LETTERS: &[(&str, &[(&str, char)])] = &[
    ("chgrp", &[("--recursive", 'R')]),
    ("chmod", &[("--recursive", 'R')]),
    ("chown", &[("--recursive", 'R')]),
    ("cp", &[("--recursive", 'r'), ("--force", 'f'), ("--archive", 'a')]),
    ("git branch", &[("--delete", 'd'), ("--force", 'f')]),
    ("git checkout", &[("--force", 'f')]),
    ("git clean", &[("--force", 'f')]),
    ("git push", &[("--force", 'f'), ("--delete", 'd')]),
    ("ln", &[("--symbolic", 's'), ("--force", 'f')]),
    ("mv", &[("--force", 'f')]),
    ("rm", &[("--recursive", 'r'), ("--force", 'f')]),
];

/// Spellings other than `literal` and `canonical_text`, each once.
pub(crate) fn forms(
    program: &Word,
    arguments: &[Word],
    literal: &str,
    canonical_text: &str,
    without_assignments: &str,
    permute: bool,
) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut add = |form: String| {
        if form != literal && form != canonical_text && !out.contains(&form) {
            out.push(form);
        }
    };
    let name = program_name(&program.value);
    let values = || arguments.iter().map(|word| word.value.as_str());
    if without_assignments != literal && without_assignments != canonical_text {
        add(without_assignments.to_owned());
    }
    if arguments.iter().any(|word| word.canonical != word.value) {
        add(joined(name, values()));
        let quoted: Vec<String> = arguments
            .iter()
            .map(|word| {
                if word.complete && !word.glob && needs_quotes(&word.value) {
                    quote(&word.value)
                } else {
                    word.value.clone()
                }
            })
            .collect();
        add(joined(name, quoted.iter().map(String::as_str)));
    }
    if program.value.contains('/') {
        add(joined(&program.value, arguments.iter().map(|word| word.canonical.as_str())));
        add(joined(basename(&program.value), arguments.iter().map(|word| word.canonical.as_str())));
    }
    if permute {
        let plain = basename(name);
        // In order, and by its plain name: what there is to spell is the canonical text.
        let settled =
            plain == name && program.complete && plain != "git" && !has_letters(plain) && in_order(arguments);
        if !settled || !canonical_text.starts_with(plain) {
            permuted(plain, arguments).into_iter().for_each(&mut add);
        }
    }
    out
}

/// The command with its flags in other orders and spellings.
fn permuted(name: &str, arguments: &[Word]) -> Vec<String> {
    if !arguments.iter().any(|word| word.value.starts_with('-')) {
        return Vec::new();
    }
    let (name, arguments) = if name == "git" { subcommand(arguments) } else { (name.to_owned(), arguments) };
    let table = LETTERS.iter().find(|(listed, _)| *listed == name);
    let whole = || joined(&name, arguments.iter().map(|word| word.canonical.as_str()));
    if table.is_none() && in_order(arguments) {
        return vec![whole()];
    }
    let mut out = Vec::new();
    let ended = arguments.iter().position(|word| word.value == "--").unwrap_or(arguments.len());
    let is_flag = |at: usize, word: &Word| at < ended && word.value.starts_with('-') && word.value.len() > 1;
    let mut flags: Vec<&str> = Vec::new();
    let mut operands: Vec<&str> = Vec::new();
    for (at, word) in arguments.iter().enumerate() {
        if at == ended {
            continue;
        }
        if is_flag(at, word) { flags.push(&word.value) } else { operands.push(&word.canonical) }
    }
    let spell = |flags: &[&str]| joined(&name, flags.iter().chain(&operands).copied());
    out.push(whole());
    out.push(spell(&flags));
    flags.sort_unstable();
    out.push(spell(&flags));
    if let Some((_, table)) = table {
        out.push(spell(&[]));
        for set in letter_sets(&flags, table) {
            let set: Vec<&str> = set.iter().map(String::as_str).collect();
            out.push(spell(&set));
        }
    }
    out
}

/// Do rules speak of the flags of this program?
fn has_letters(name: &str) -> bool {
    LETTERS.iter().any(|(listed, _)| *listed == name)
}

/// Do the flags stand first, sorted, and as they are spelled? Then other orders are no other spelling.
fn in_order(arguments: &[Word]) -> bool {
    let is_flag = |word: &Word| word.value.starts_with('-') && word.value.len() > 1;
    let flags = arguments.iter().take_while(|word| is_flag(word)).count();
    let (flags, operands) = arguments.split_at_checked(flags).unwrap_or_default();
    !operands.iter().any(is_flag)
        && flags.iter().all(|word| word.value == word.canonical && word.value != "--")
        && flags.is_sorted_by(|one, next| one.value <= next.value)
}

/// `git -C x push` is `git push`.
fn subcommand(arguments: &[Word]) -> (String, &[Word]) {
    let first = parts(arguments, GIT, false)
        .into_iter()
        .find_map(|part| if let Part::Operand(at) = part { Some(at) } else { None });
    let found = first.and_then(|at| arguments.get(at).zip(arguments.get(at + 1..)));
    match found {
        Some((command, rest)) => (format!("git {}", command.value), rest),
        None => ("git".to_owned(), arguments),
    }
}

/// Every spelling of one flag and of ordered pairs of flags, short, merged and long.
fn letter_sets(flags: &[&str], table: &[(&str, char)]) -> Vec<Vec<String>> {
    let mut letters: Vec<char> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    for flag in flags {
        let long = flag.strip_prefix("--").map(|name| name.split('=').next().unwrap_or(name));
        match long {
            // A beginning of a long option stands for it, as for getopt.
            Some(name) => match table
                .iter()
                .find(|(option, _)| option.strip_prefix("--").is_some_and(|full| full.starts_with(name)))
            {
                Some((_, letter)) => letters.push(*letter),
                None => others.push((*flag).to_owned()),
            },
            None => letters.extend(flag.chars().skip(1)),
        }
    }
    if table.iter().any(|(option, letter)| *option == "--recursive" && *letter == 'r') {
        let also: Vec<char> = letters.iter().filter(|c| **c == 'R').map(|_| 'r').collect();
        letters.extend(also);
    }
    // The letters that rules speak of come first.
    letters.sort_by_key(|letter| (!table.iter().any(|(_, listed)| listed == letter), *letter));
    letters.dedup();
    letters.truncate(MOST_LETTERS);
    let long = |letter: char| {
        table.iter().find(|(_, listed)| *listed == letter).map(|(option, _)| (*option).to_owned())
    };
    let mut out = Vec::new();
    for (at, &one) in letters.iter().enumerate() {
        out.push(vec![format!("-{one}")]);
        out.extend(long(one).map(|option| vec![option]));
        for (other_at, &other) in letters.iter().enumerate() {
            if at != other_at {
                out.push(vec![format!("-{one}{other}")]);
                out.push(vec![format!("-{one}"), format!("-{other}")]);
                out.extend(long(one).zip(long(other)).map(|(one, other)| vec![one, other]));
            }
        }
    }
    if letters.len() > 2 {
        out.push(vec![format!("-{}", letters.iter().collect::<String>())]);
    }
    out.extend(others.into_iter().map(|option| vec![option]));
    out
}

/// The canonical text of a command whose program may be unknown.
pub(crate) fn canonical_text(program: &Word, arguments: &[Word]) -> String {
    canonical(program, arguments)
}

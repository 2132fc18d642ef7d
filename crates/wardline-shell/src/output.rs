//! What commands are sure to print: `echo`, `printf`, `pwd`, and programs that change a constant text on its way.

use crate::answer::{Certainty, Word};
use crate::expand::known;
use crate::paths;
use crate::scope::Scope;
use crate::wrappers;

/// A command whose output is asked for.
pub(crate) struct Printing<'a> {
    /// The plain name of the program.
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a [Word],
    /// Its standard input, where that is constant.
    pub(crate) input: Option<&'a Word>,
    pub(crate) scope: &'a Scope,
}

/// What a command prints; `None` when that can't be told.
pub(crate) fn of(printing: &Printing<'_>) -> Option<Word> {
    let arguments = printing.arguments;
    if SILENT.binary_search(&printing.name).is_ok() {
        return Some(known(""));
    }
    if arguments.iter().any(|word| !word.complete) {
        return None;
    }
    if printing.name == "find" {
        return found(arguments);
    }
    let values: Vec<&str> = arguments.iter().map(|word| word.value.as_str()).collect();
    let text = by_arguments(printing, &values).or_else(|| {
        let input = printing.input.filter(|input| input.complete)?;
        transformers::of(printing.name, &values, &input.value)
    })?;
    let reads = printing.input.filter(|_| transformers::reads(printing.name));
    let certainty =
        arguments.iter().chain(reads).map(|word| word.certainty).max().unwrap_or(Certainty::Proven);
    let glob = arguments.iter().chain(reads).any(|word| word.glob);
    let mut word = Word { certainty: certainty.max(Certainty::Assumed), glob, ..known(&text) };
    arguments.iter().chain(reads).for_each(|from| word.carry(from));
    Some(word)
}

/// Most starting points of a `find` whose output is followed.
const MOST_ROOTS: usize = 8;

/// What `find` prints: names below where it starts, told by a pattern.
fn found(arguments: &[Word]) -> Option<Word> {
    let acts = |word: &Word| {
        ["-exec", "-ok", "-printf", "-fprint", "-delete", "-ls"].iter().any(|act| word.value.starts_with(act))
    };
    if arguments.iter().any(acts) {
        return None;
    }
    let names = wrappers::find_names(arguments).unwrap_or_else(|| "**".to_owned());
    let roots = wrappers::find_roots(arguments);
    if roots.len() > MOST_ROOTS {
        return None;
    }
    let one = |root: &Word| format!("{}/{names}\n", root.value.trim_end_matches('/'));
    let text: String = roots.iter().map(one).collect();
    let certainty = roots.iter().map(|word| word.certainty).max().unwrap_or(Certainty::Assumed);
    Some(Word { certainty: certainty.max(Certainty::Assumed), glob: true, ..known(&text) })
}

/// Commands that print nothing on standard output.
const SILENT: &[&str] = &[
    ":", "[", "alias", "break", "cd", "chdir", "chgrp", "chmod", "chown", "continue", "declare", "exit",
    "export", "false", "let", "local", "mkdir", "pushd", "read", "readonly", "return", "rm", "rmdir", "set",
    "shift", "shopt", "sleep", "test", "touch", "trap", "true", "typeset", "umask", "unset", "wait",
];

/// Programs whose output follows from their arguments and the place they run in.
fn by_arguments(printing: &Printing<'_>, values: &[&str]) -> Option<String> {
    let scope = printing.scope;
    match (printing.name, values) {
        ("echo", values) => echo(values),
        ("printf", ["-v", ..]) => Some(String::new()),
        ("printf", ["--", format, rest @ ..] | [format, rest @ ..]) => transformers::printf(format, rest),
        ("pwd", _) => Some(format!("{}\n", scope.places.single()?)),
        ("which" | "command", ["-v", name] | [name]) if !name.starts_with('-') => Some(format!("{name}\n")),
        ("type", ["-p" | "-P", name]) => Some(format!("{name}\n")),
        ("dirname", ["--", path] | [path]) => Some(format!("{}\n", directory_of(path))),
        ("basename", ["--", path] | [path]) => Some(format!("{}\n", base_of(path))),
        ("basename", [path, suffix]) => {
            let base = base_of(path);
            let cut = base.strip_suffix(suffix).filter(|cut| !cut.is_empty()).unwrap_or(base);
            Some(format!("{cut}\n"))
        }
        ("realpath" | "readlink", values) => {
            let given = operands(values);
            let [path] = given.as_slice() else { return None };
            let follows = printing.name == "realpath" || values.len() > 1;
            let here = scope.places.single().filter(|_| follows)?;
            Some(format!("{}\n", paths::join(here, path)))
        }
        ("mktemp", values) => Some(fresh(values)),
        ("git", ["rev-parse", "--show-toplevel"]) => Some(format!("{}\n", scope.project)),
        ("seq", values) => sequence(values),
        _ => None,
    }
}

fn operands<'v>(values: &[&'v str]) -> Vec<&'v str> {
    values.iter().filter(|value| !value.starts_with('-')).copied().collect()
}

fn echo(values: &[&str]) -> Option<String> {
    let mut newline = true;
    let mut escapes = false;
    let mut rest = values;
    while let Some((first, more)) = rest.split_first() {
        let flag = first.strip_prefix('-').filter(|letters| !letters.is_empty());
        let Some(letters) = flag.filter(|letters| letters.bytes().all(|b| b"neE".contains(&b))) else {
            break;
        };
        newline &= !letters.contains('n');
        for letter in letters.chars() {
            escapes = match letter {
                'e' => true,
                'E' => false,
                _ => escapes,
            };
        }
        rest = more;
    }
    let text = rest.join(" ");
    let text = if escapes { transformers::unescaped(&text)? } else { text };
    Some(if newline { text + "\n" } else { text })
}

fn directory_of(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/",
        Some((directory, _)) => directory,
        None if path.starts_with('/') => "/",
        None => ".",
    }
}

fn base_of(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() && path.starts_with('/') {
        "/"
    } else {
        trimmed.rsplit('/').next().unwrap_or(trimmed)
    }
}

/// A name that nothing else has: below the directory for temporary files, or where `-p` or the template says.
fn fresh(values: &[&str]) -> String {
    let after = values.iter().position(|value| *value == "-p").and_then(|at| values.get(at + 1));
    let directory =
        after.copied().or_else(|| values.iter().find_map(|value| value.strip_prefix("--tmpdir=")));
    let template = values.iter().rfind(|value| value.contains("XXX"));
    let in_temporary = values.iter().any(|value| matches!(*value, "-t" | "--tmpdir"));
    match (template, directory) {
        (Some(template), None) if !in_temporary => format!("{}\n", template.replace('X', "0")),
        (_, directory) => format!("{}/fresh.0000000000\n", directory.unwrap_or("/tmp")),
    }
}

/// Most numbers of a sequence.
const MOST_NUMBERS: i64 = 64;

fn sequence(values: &[&str]) -> Option<String> {
    let numbers: Option<Vec<i64>> = values.iter().map(|value| value.parse().ok()).collect();
    let (from, step, to) = match numbers?.as_slice() {
        [to] => (1, 1, *to),
        [from, to] => (*from, 1, *to),
        [from, step, to] => (*from, *step, *to),
        _ => return None,
    };
    if step <= 0 || to.checked_sub(from)?.checked_div(step)? >= MOST_NUMBERS {
        return None;
    }
    let mut out = String::new();
    let mut number = from;
    while number <= to {
        out.push_str(&format!("{number}\n"));
        number = number.checked_add(step)?;
    }
    Some(out)
}

pub(crate) mod transformers;

#[cfg(test)]
mod tests {
    use super::SILENT;

    #[test]
    fn the_table_is_sorted() {
        assert!(SILENT.is_sorted());
    }
}

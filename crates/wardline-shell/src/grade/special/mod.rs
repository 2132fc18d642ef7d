//! Programs whose arguments say more than a line of the grammar can: a language of their own, or words that mean something
//! by their form.

mod awk;
mod find;
mod sed;
mod tools;

use crate::answer::Command;
use crate::expand::known;

use super::Grade;
use super::place::is_sink;
use super::scan::{Scan, is_known};
use super::variables;

pub(super) use awk::check as awk;
pub(super) use find::check as find;
pub(super) use sed::check as sed;
pub(super) use tools::*;

/// Names of directories that builds make anew. Sorted.
const MADE: &[&str] = &[
    ".cache",
    ".eggs",
    ".gradle",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".next",
    ".nox",
    ".nuxt",
    ".nyc_output",
    ".parcel-cache",
    ".pytest_cache",
    ".ruff_cache",
    ".svelte-kit",
    ".terraform",
    ".tox",
    ".turbo",
    ".vite",
    "__pycache__",
    "_build",
    "build",
    "cmake-build-debug",
    "cmake-build-release",
    "coverage",
    "dist",
    "htmlcov",
    "node_modules",
    "out",
    "target",
    "tmp",
];

/// Ends of names that builds and editors make anew. Sorted.
const MADE_ENDS: &[&str] = &[
    ".bak",
    ".class",
    ".coverage",
    ".gcda",
    ".gcno",
    ".gcov",
    ".log",
    ".o",
    ".obj",
    ".orig",
    ".pyc",
    ".pyo",
    ".rej",
    ".swo",
    ".swp",
    ".tmp",
    ".tsbuildinfo",
];

/// Is the code that the command is given read by this grammar, so that nothing of it is left to be told?
pub(super) fn reads_code(command: &Command) -> bool {
    let program = command.program.as_deref().unwrap_or_default();
    matches!(
        program,
        "awk"
            | "gawk"
            | "mawk"
            | "nawk"
            | "sed"
            | "gsed"
            | "jq"
            | "yq"
            | "bc"
            | "dc"
            | "bash"
            | "sh"
            | "dash"
            | "zsh"
            | "eval"
    )
}

fn when(good: bool) -> Grade {
    if good { Grade::Looks } else { Grade::Unknown }
}

/// A file that ends like something that is made anew: `*.pyc`.
fn is_made_file(text: &str) -> bool {
    MADE_ENDS.iter().any(|end| text.ends_with(end))
}

/// `rm`: single files of the project, patterns and trees only of what builds make.
pub(super) fn rm(scan: &Scan<'_>) -> Grade {
    let below = scan.has(&["-r", "-R", "--recursive"]);
    when(scan.operands.iter().all(|word| {
        let text = word.value.trim_end_matches('/');
        let last = text.rsplit('/').next().unwrap_or_default();
        let made = MADE.binary_search(&last).is_ok() || last.ends_with(".egg-info");
        let made_file = is_made_file(last) && last.len() > 2;
        let plain = !matches!(last, "" | "." | "..") && !text.contains('~');
        plain && (made && !word.glob || made_file && !text.contains("**") || !below && !word.glob)
    }))
}

/// `chmod`: ordinary modes.
pub(super) fn chmod(scan: &Scan<'_>) -> Grade {
    let Some(mode) = scan.operands.first().filter(|word| is_known(word)) else { return Grade::Unknown };
    let text = mode.value.as_str();
    let digits = text.strip_prefix('0').unwrap_or(text);
    let octal =
        digits.len() == 3 && digits.chars().all(|c| c.is_digit(8)) && !digits.ends_with(['2', '3', '6', '7']);
    let symbolic = text.split(',').all(|part| {
        let Some(at) = part.find(['+', '-', '=']) else { return false };
        let (who, what) = part.split_at(at);
        let everybody = who.is_empty() || who.contains(['o', 'a']);
        who.chars().all(|c| "ugoa".contains(c))
            && what.chars().skip(1).all(|c| "rwxX".contains(c))
            && !(everybody && what.contains('w') && !what.starts_with('-'))
    });
    when(octal || symbolic)
}

/// `date`: an operand that is no format sets the clock.
pub(super) fn date(scan: &Scan<'_>) -> Grade {
    when(scan.operands.iter().all(|word| word.value.starts_with('+')))
}

/// `echo`, `printf`: text is printed; not the secrets of the environment, and no variable is set.
pub(super) fn echo(scan: &Scan<'_>) -> Grade {
    let sets = scan.command.program.as_deref() == Some("printf")
        && scan.words.first().is_some_and(|word| {
            word.value.starts_with("-v") || !is_known(word) && word.value.starts_with('$')
        });
    when(!sets && scan.words.iter().all(|word| is_known(word) || !names_secret(&word.value)))
}

/// Does the text hold a variable whose value may be a secret?
fn names_secret(text: &str) -> bool {
    text.split('$').skip(1).any(|rest| {
        let rest = rest.trim_start_matches(['{', '!', '#']);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        variables::may_be_secret(rest.get(..end).unwrap_or_default())
    })
}

/// `export A=1`, `local x`, `read name`: the names have to be harmless.
pub(super) fn names(scan: &Scan<'_>) -> Grade {
    let given = scan.options.iter().filter(|(name, _)| name == "-a").filter_map(|(_, value)| value.as_ref());
    when(scan.operands.iter().copied().chain(given).all(|word| {
        let (name, value) = word.value.split_once('=').unwrap_or((&word.value, ""));
        let name = name.strip_suffix('+').unwrap_or(name);
        variables::harmless(name, &known(value))
    }))
}

/// The same, but without a name the whole environment is printed.
pub(super) fn some_names(scan: &Scan<'_>) -> Grade {
    if scan.operands.is_empty() { Grade::Unknown } else { names(scan) }
}

/// `env A=1 program`: the names have to be harmless; alone it prints the environment.
pub(super) fn env(scan: &Scan<'_>) -> Grade {
    let Some(first) = scan.operands.first() else { return Grade::Unknown };
    let behind = scan.words.iter().skip_while(|word| !std::ptr::eq(*word, *first));
    let (mut harmless, mut inner) = (true, false);
    for word in behind {
        let Some((name, value)) = word.value.split_once('=') else {
            inner = true;
            break;
        };
        harmless &= is_known(word) && variables::harmless(name, &known(value));
    }
    when(harmless && inner)
}

/// `let i=1`: an index may hold a command.
pub(super) fn arithmetic(scan: &Scan<'_>) -> Grade {
    when(scan.words.iter().all(|word| is_known(word) && !word.value.contains(['[', '$', '`'])))
}

/// `yq .a f`: the first operand may be an expression that loads files or reads the environment.
pub(super) fn yq(scan: &Scan<'_>) -> Grade {
    let calls = ["load", "env(", "envsubst", "strenv", "eval"];
    when(
        scan.operands
            .first()
            .is_some_and(|word| is_known(word) && !calls.iter().any(|call| word.value.contains(call))),
    )
}

/// `jq`: its program may print the environment.
pub(super) fn jq(scan: &Scan<'_>) -> Grade {
    let reads = |word: &&crate::answer::Word| {
        word.value.contains("env") || word.value.contains("ENV") || word.value.contains("import")
    };
    when(!scan.operands.iter().any(reads) && !scan.has(&["-f", "--from-file"]))
}

/// `set -e`, `set +x`, `set -- a b`; alone it prints all variables.
pub(super) fn set(scan: &Scan<'_>) -> Grade {
    let switches = |text: &str| text.chars().skip(1).all(|c| c.is_ascii_alphabetic());
    let separated = scan.words.iter().any(|word| word.value == "--");
    let plain = scan.operands.iter().all(|word| {
        let text = word.value.as_str();
        is_known(word) && (text.starts_with('+') && switches(text) || text == "pipefail" || text == "errexit")
    });
    when(!scan.words.is_empty() && (separated || plain))
}

/// A shell with a text: what the text runs is listed beside it.
pub(super) fn shell(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["-c"]) && scan.operands.first().is_some_and(|word| is_known(word)))
}

/// `eval text`: what the text runs is listed beside it.
pub(super) fn eval(scan: &Scan<'_>) -> Grade {
    when(scan.operands.iter().all(|word| is_known(word)))
}

/// At least one operand: without one the program opens a prompt or takes everything.
pub(super) fn operand(scan: &Scan<'_>) -> Grade {
    when(!scan.operands.is_empty())
}

/// `less file`: commands at its beginning are options that begin with `+`.
pub(super) fn pager(scan: &Scan<'_>) -> Grade {
    when(scan.operands.iter().all(|word| !word.value.starts_with('+')))
}

/// `tar tf a.tar`, `tar czf a.tgz dir`: the first word may be a bundle without a dash.
pub(super) fn tar(scan: &Scan<'_>) -> Grade {
    let Some(first) = scan.words.first().filter(|word| is_known(word)) else { return Grade::Unknown };
    let bundle = !first.value.starts_with('-');
    let letters: Vec<char> = if bundle { first.value.chars().collect() } else { Vec::new() };
    let has = |letter: char, long: &[&str]| {
        letters.contains(&letter) || scan.has(&[&format!("-{letter}")]) || scan.has(long)
    };
    let known_letters =
        letters.iter().all(|c| "tcvzjJaf".contains(*c)) && letters.iter().filter(|c| **c == 'f').count() < 2;
    let lists = has('t', &["--list"]);
    let creates = has('c', &["--create"]);
    if !known_letters || lists == creates {
        return Grade::Unknown;
    }
    if lists {
        return Grade::Looks;
    }
    let attached = scan.options.iter().find(|(name, _)| name == "-f" || name == "--file");
    let archive = match (attached, letters.contains(&'f')) {
        (Some((_, value)), false) => value.as_ref(),
        (None, true) => scan.words.get(1),
        _ => None,
    };
    let inside =
        archive.is_some_and(|word| scan.ground.may_write(word) || word.value == "-" || is_sink(&word.value));
    if inside { Grade::Edits } else { Grade::Unknown }
}

/// `[ -v name[…] ]` and the like run what stands in the brackets.
pub(super) fn test(scan: &Scan<'_>) -> Grade {
    when(!scan.words.iter().any(|word| word.value.contains("[$(") || word.value.contains("[`")))
}

/// `mv a b`, `cp a b`: what is written is the last operand, so there have to be two.
pub(super) fn two(scan: &Scan<'_>) -> Grade {
    let named = scan.has(&["-t", "--target-directory"]);
    // Moving a file into a sink removes it.
    let lost = scan.command.program.as_deref() == Some("mv")
        && scan.operands.iter().any(|word| is_sink(&word.value));
    when(!lost && scan.operands.len() >= if named { 1 } else { 2 })
}

/// `ln -s a b`: the link leads to somewhere in the project.
pub(super) fn link(scan: &Scan<'_>) -> Grade {
    let relative = |text: &str| !text.starts_with(['/', '~']) && !text.split('/').any(|part| part == "..");
    when(
        scan.operands
            .iter()
            .all(|word| is_known(word) && (relative(&word.value) || scan.ground.is_inside(word))),
    )
}

/// Something is looked at only when one of its listing options is given, or no name is.
pub(super) fn lists(scan: &Scan<'_>) -> Grade {
    let asks = [
        "-l",
        "--list",
        "--contains",
        "--no-contains",
        "--merged",
        "--no-merged",
        "--points-at",
        "--show-current",
    ];
    let lists = scan.has(&asks) || scan.operands.is_empty();
    if lists { Grade::Looks } else { Grade::Edits }
}

/// `git checkout -b name`: without `-b` work in the tree may be thrown away.
pub(super) fn new_branch(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["-b"]))
}

/// All words are known, so that no option hides among them.
pub(super) fn known_words(scan: &Scan<'_>) -> Grade {
    when(scan.words.iter().all(is_known))
}

/// `git clean -n`: only with `-n` it looks.
pub(super) fn git_clean(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["-n", "--dry-run"]))
}

/// `git remote show -n`: without `-n` the remote is asked.
pub(super) fn offline(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["-n"]) || scan.operands.is_empty())
}

/// `git restore --staged`: without it work in the tree is thrown away.
pub(super) fn staged_only(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["-S", "--staged"]))
}

/// `git rm --cached`: without it files are removed.
pub(super) fn cached_only(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["--cached", "-n", "--dry-run"]))
}

/// `git reset`, `git reset HEAD file`: the index is set back, the tree and the branch stay.
pub(super) fn unstages(scan: &Scan<'_>) -> Grade {
    let soft = scan.has(&["--soft"]);
    let first = scan.operands.first().map(|word| word.value.as_str());
    when(!soft && !scan.has(&["-p"]) && (first.is_none() || first == Some("HEAD")))
}

/// `git init dir`: where hooks and settings are copied from is not chosen.
pub(super) fn no_special_directory(scan: &Scan<'_>) -> Grade {
    when(scan.operands.iter().all(|word| !word.value.contains(".git")))
}

/// `git config --get name`: without a listing option a name alone is read, and more words set it.
pub(super) fn git_config(scan: &Scan<'_>) -> Grade {
    let reads = scan.has(&["--get", "--get-all", "--get-regexp", "--list", "-l", "--get-urlmatch"]);
    when(reads || scan.operands.len() == 1)
}

/// `alias`, `trap`: only listings, what is defined runs later under another name.
pub(super) fn listing_only(scan: &Scan<'_>) -> Grade {
    when(scan.operands.iter().all(|word| !word.value.contains('=')))
}

/// `pip install -r requirements.txt`, `pip install -e .`: only what the project's own files name.
pub(super) fn pip_install(scan: &Scan<'_>) -> Grade {
    let named = scan.has(&["-r", "--requirement", "-e", "--editable"]);
    let own = scan
        .operands
        .iter()
        .all(|word| matches!(word.value.as_str(), "." | "./" | ".[dev]" | ".[test]" | ".[all]"));
    when(own && (named || !scan.operands.is_empty()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_are_sorted() {
        assert!(super::MADE.is_sorted());
        assert!(super::MADE_ENDS.is_sorted());
    }
}

//! `git config` and settings of git that hold commands.

use crate::answer::{Access, Word};
use crate::options::{Part, part_of, parts};
use crate::paths::{Found, Touch};

const OPTIONS: &str = "-f:t --file:t --blob:t --type:t --default:t";
const READS: &[&str] = &[
    "--get",
    "--get-all",
    "--get-color",
    "--get-colorbool",
    "--get-regexp",
    "--get-urlmatch",
    "--list",
    "-l",
];
/// Flags that don't say whether it writes.
const NEUTRAL: &[&str] = &[
    "--blob",
    "--bool",
    "--bool-or-int",
    "--default",
    "--expiry-date",
    "--file",
    "--fixed-value",
    "--global",
    "--includes",
    "--int",
    "--local",
    "--name-only",
    "--no-includes",
    "--null",
    "--path",
    "--show-origin",
    "--show-scope",
    "--system",
    "--type",
    "--worktree",
    "-f",
    "-z",
];

/// Adds the file that `git config` changes. `outer` holds the options of git itself, `rest` the arguments of `config`.
pub(crate) fn arguments(outer: &[Part], rest: &[Word], found: &mut Found<'_>) {
    let parts = parts(rest, OPTIONS, true);
    let has =
        |wanted: &str| parts.iter().any(|part| matches!(part, Part::Option { name, .. } if name == wanted));
    let file = parts.iter().rev().find_map(|part| match part {
        Part::Option { name, value: Some(value), .. }
            if name == "-f" || "--file".starts_with(name.as_str()) =>
        {
            Some(value.clone())
        }
        _ => None,
    });
    if quiet(&parts, rest) {
        return;
    }
    let access = if reads(&parts, rest) { Access::Read } else { Access::Write };
    let touch = Touch::sure(access, "settings that `git config` changes");
    if let Some(file) = file {
        let touch = Touch { because: "file of `git config`", ..touch };
        return found.touch(&file, touch);
    }
    if access == Access::Read {
        return;
    }
    if has("--global") {
        let below = |name: &str| crate::expand::known(&format!("{}/{name}", found.home));
        let (main, other) = (below(".gitconfig"), below(".config/git/config"));
        found.touch(&main, touch);
        found.touch(&other, Touch::perhaps(access, touch.because));
    } else if has("--system") {
        found.touch(&crate::expand::known("/etc/gitconfig"), touch);
    } else {
        let name = if has("--worktree") { "config.worktree" } else { "config" };
        found.touch(&repository(outer, name), touch);
    }
}

/// The file `name` of the repository that the options of git name; by default the one that begins here.
fn repository(outer: &[Part], name: &str) -> Word {
    let given = |wanted: &str| {
        outer.iter().rev().find_map(|part| match part {
            Part::Option { name, value: Some(value), .. } if name == wanted => Some(value),
            _ => None,
        })
    };
    let inside = match given("--git-dir") {
        Some(directory) => part_of(directory, &format!("{}/{name}", directory.value)),
        None => crate::expand::known(&format!(".git/{name}")),
    };
    match given("-C") {
        Some(directory) if !inside.value.starts_with('/') => {
            part_of(directory, &format!("{}/{}", directory.value, inside.value))
        }
        _ => inside,
    }
}

/// Only what is sure to read counts as reading.
fn reads(parts: &[Part], rest: &[Word]) -> bool {
    let mut operands = 0;
    let mut asks = false;
    for part in parts {
        match part {
            Part::Operand(at) => {
                let word = rest.get(*at).filter(|word| word.complete && !word.glob);
                let Some(word) = word else { return false };
                asks |= operands == 0 && matches!(word.value.as_str(), "get" | "list");
                if operands == 0 && matches!(word.value.as_str(), "edit" | "set" | "unset") {
                    return false;
                }
                operands += 1;
            }
            Part::Option { name, .. } if READS.contains(&name.as_str()) => asks = true,
            Part::Option { name, .. } if NEUTRAL.contains(&name.as_str()) => {}
            Part::Option { name, .. }
                if asks && matches!(name.as_str(), "--all" | "--regexp" | "--value" | "--url") => {}
            Part::Option { .. } => return false,
        }
    }
    asks || operands <= 1
}

/// The command that a setting holds, as in `git -c core.sshCommand=CMD fetch`; with the rest of an alias of git put before.
pub(crate) fn command(setting: &Word) -> Option<Word> {
    let (key, value) = setting.value.split_once('=')?;
    let key = key.to_ascii_lowercase();
    let shell = value.strip_prefix('!');
    let runs = COMMANDS.contains(&key.as_str())
        || key.starts_with("pager.")
        || [
            ".clean",
            ".smudge",
            ".process",
            ".textconv",
            ".command",
            ".driver",
            ".cmd",
            ".program",
            ".uploadpack",
            ".receivepack",
            ".proxycommand",
        ]
        .iter()
        .any(|end| key.ends_with(end))
        || key.ends_with(".helper") && value.starts_with(['/', '~', '.']);
    let text = match shell {
        Some(text) => text.to_owned(),
        None if key.starts_with("alias.") => format!("git {value}"),
        None if runs && !HARMLESS.contains(&value) && !crate::escapes::is_usual(value) => value.to_owned(),
        None => return None,
    };
    Some(part_of(setting, &text)).filter(|text| !text.value.is_empty())
}

/// Settings whose value is a command.
const COMMANDS: &[&str] = &[
    "core.alternaterefscommand",
    "core.askpass",
    "core.editor",
    "core.fsmonitor",
    "core.gitproxy",
    "core.pager",
    "core.sshcommand",
    "diff.external",
    "gpg.program",
    "gpg.ssh.program",
    "imap.tunnel",
    "instaweb.httpd",
    "interactive.difffilter",
    "sendemail.cccmd",
    "sendemail.headercmd",
    "sendemail.sendmailcmd",
    "sendemail.tocmd",
    "sequence.editor",
    "uploadpack.packobjectshook",
];

/// Values that run nothing, or what is only shown through.
const HARMLESS: &[&str] =
    &["", ":", "0", "1", "cat", "false", "less", "more", "no", "off", "on", "true", "yes"];

/// Does it change nothing but settings that run nothing, or open an editor for somebody to look?
fn quiet(parts: &[Part], rest: &[Word]) -> bool {
    let has = |names: &[&str]| {
        parts.iter().any(|part| matches!(part, Part::Option { name, .. } if names.contains(&name.as_str())))
    };
    let mut operands: Vec<&Word> = parts
        .iter()
        .filter_map(|part| if let Part::Operand(at) = part { rest.get(*at) } else { None })
        .collect();
    let elsewhere = has(&["--file", "-f", "--blob", "--rename-section", "--remove-section"]);
    if elsewhere || operands.iter().any(|word| !word.complete) {
        return false;
    }
    if has(&["-e", "--edit"]) || matches!(operands.as_slice(), [edit] if edit.value == "edit") {
        return true;
    }
    if operands.first().is_some_and(|word| matches!(word.value.as_str(), "set" | "unset" | "add")) {
        operands.remove(0);
    }
    match operands.as_slice() {
        [key] => runs_nothing(&key.value, ""),
        [key, value, ..] => runs_nothing(&key.value, &value.value),
        [] => false,
    }
}

/// Is it a setting that runs nothing and leads git nowhere else, whatever is done with it?
pub(crate) fn runs_nothing(key: &str, value: &str) -> bool {
    let key = key.to_ascii_lowercase();
    if let Some(alias) = key.strip_prefix("alias.") {
        return !alias.is_empty() && harmless_alias(value);
    }
    if let Some((_, last)) = key.strip_prefix("branch.").and_then(|rest| rest.rsplit_once('.')) {
        let known = matches!(last, "description" | "merge" | "rebase" | "remote");
        return known && !value.contains("::") && !value.starts_with('-');
    }
    let Some((section, name)) = key.split_once('.') else { return false };
    let plain = !name.contains('.') || section == "color" || section == "advice";
    plain && (QUIET.binary_search(&section).is_ok() || QUIET.binary_search(&key.as_str()).is_ok())
}

/// A command of git alone, without a program of anybody else's.
fn harmless_alias(value: &str) -> bool {
    let words: Vec<Word> = value.split_whitespace().map(crate::expand::known).collect();
    let Some(command) = words.first() else { return true };
    ALIASED.binary_search(&command.value.as_str()).is_ok()
        && crate::wrappers::peel("git", &words).inner.is_empty()
        && !words.iter().any(|word| word.value.starts_with("--output") || word.value == "--ext-diff")
}

/// Commands of git that run no other program because of their operands. Sorted.
const ALIASED: &[&str] = &[
    "add",
    "blame",
    "branch",
    "checkout",
    "cherry-pick",
    "commit",
    "describe",
    "diff",
    "fetch",
    "log",
    "ls-files",
    "merge",
    "pull",
    "push",
    "reflog",
    "reset",
    "restore",
    "rev-parse",
    "shortlog",
    "show",
    "stash",
    "status",
    "switch",
    "tag",
    "worktree",
];

/// Settings, and sections of settings, that run nothing. Sorted.
const QUIET: &[&str] = &[
    "advice",
    "blame",
    "branch.autosetupmerge",
    "branch.autosetuprebase",
    "branch.sort",
    "color",
    "column",
    "commit.gpgsign",
    "commit.status",
    "commit.verbose",
    "core.abbrev",
    "core.autocrlf",
    "core.eol",
    "core.filemode",
    "core.ignorecase",
    "core.longpaths",
    "core.precomposeunicode",
    "core.preloadindex",
    "core.quotepath",
    "core.safecrlf",
    "core.untrackedcache",
    "core.whitespace",
    "diff.algorithm",
    "diff.colormoved",
    "diff.context",
    "diff.mnemonicprefix",
    "diff.noprefix",
    "diff.renames",
    "fetch.all",
    "fetch.parallel",
    "fetch.prune",
    "fetch.prunetags",
    "format.pretty",
    "gc.auto",
    "help.autocorrect",
    "http.postbuffer",
    "init.defaultbranch",
    "log",
    "merge.conflictstyle",
    "merge.ff",
    "merge.log",
    "merge.stat",
    "pull.ff",
    "pull.rebase",
    "push.autosetupremote",
    "push.default",
    "push.followtags",
    "rebase.autosquash",
    "rebase.autostash",
    "rebase.updaterefs",
    "rerere",
    "status",
    "submodule.recurse",
    "tag.gpgsign",
    "tag.sort",
    "user",
];

#[cfg(test)]
mod tests {
    use super::{ALIASED, QUIET};

    #[test]
    fn the_tables_are_sorted_so_that_every_row_is_found() {
        assert!(ALIASED.is_sorted() && QUIET.is_sorted());
    }
}

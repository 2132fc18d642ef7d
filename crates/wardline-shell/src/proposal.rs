//! Rules that would answer a question about a command for good: the command itself, and where its name has subcommands, all
//! of one subcommand.
//!
//! A proposal is as narrow as what the command does. There is none for programs that run whatever they are given
//! (interpreters, wrappers, shells): a rule about `python *` or `sudo *` is a rule about everything.

use crate::answer::{Analysis, Certainty, Command, Kind};
use crate::canonical::program_name;
use crate::wrappers;

/// Programs whose first argument says what they do, and the arguments after which a rule may end in `*`. Sorted.
static SUBCOMMANDS: &[(&str, &[&str])] = &[
    ("apt", &["list", "policy", "search", "show"]),
    ("brew", &["info", "list", "search"]),
    ("bundle", &["check", "install", "list"]),
    (
        "cargo",
        &[
            "add", "bench", "build", "check", "clippy", "doc", "fetch", "fmt", "metadata", "test", "tree",
            "update",
        ],
    ),
    ("composer", &["install", "show", "validate"]),
    ("docker", &["images", "inspect", "logs", "ps", "version"]),
    ("dotnet", &["build", "format", "restore", "test"]),
    ("gh", &["issue", "pr", "repo", "run", "search"]),
    (
        "git",
        &[
            "add",
            "bisect",
            "blame",
            "branch",
            "cherry-pick",
            "commit",
            "diff",
            "fetch",
            "log",
            "merge",
            "mv",
            "pull",
            "rebase",
            "revert",
            "show",
            "status",
            "switch",
            "tag",
        ],
    ),
    ("go", &["build", "doc", "fmt", "list", "mod", "test", "vet"]),
    ("gradle", &["assemble", "build", "check", "test"]),
    ("helm", &["lint", "list", "status", "template"]),
    ("kubectl", &["describe", "explain", "get", "logs", "top", "version"]),
    ("mvn", &["compile", "package", "test", "validate", "verify"]),
    ("npm", &["audit", "ci", "install", "ls", "outdated", "run", "test", "view"]),
    ("pip", &["check", "download", "freeze", "install", "list", "show"]),
    ("pnpm", &["install", "list", "run", "test"]),
    ("poetry", &["check", "install", "lock", "show"]),
    ("terraform", &["fmt", "init", "plan", "show", "validate"]),
    ("uv", &["lock", "pip", "sync", "tree"]),
    ("yarn", &["install", "list", "run", "test"]),
];

/// Tools that do one thing, so that a rule about all their arguments says something. Sorted.
static SINGLE: &[&str] = &[
    "black",
    "clang-format",
    "cmake",
    "ctest",
    "eslint",
    "gofmt",
    "jest",
    "make",
    "mypy",
    "ninja",
    "prettier",
    "pylint",
    "pytest",
    "ruff",
    "rustc",
    "rustfmt",
    "shellcheck",
    "tox",
    "tsc",
    "vitest",
];

/// Longest text that is proposed as a rule, in bytes.
const LONGEST: usize = 400;

/// Patterns for `permission.bash` that match `command`, the narrowest first. Empty where a rule would be too wide to mean
/// anything: interpreters, wrappers, commands that are only known in part, commands with a refused effect.
#[must_use]
pub fn proposals(analysis: &Analysis, index: usize) -> Vec<String> {
    let Some(command) = analysis.commands.get(index) else { return Vec::new() };
    let Some(name) = command.program.as_deref().map(program_name) else { return Vec::new() };
    let stopped = |refusal: &crate::refusal::Refusal| {
        analysis.effects.get(refusal.effect).is_some_and(|effect| effect.command == index)
    };
    if !is_plain(command) || runs_anything(name) || analysis.refusals.iter().any(stopped) {
        return Vec::new();
    }
    let text = &command.canonical;
    let mut out = Vec::new();
    if text.len() <= LONGEST && !text.contains(['*', '?', '\\', '\n']) {
        out.push(text.clone());
    }
    let starts_plainly =
        |prefix: &str| text.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let wider = match (subcommands(name), command.arguments.first()) {
        (Some(known), Some(first)) if known.contains(&first.value.as_str()) => {
            let script = matches!((name, first.value.as_str()), ("npm" | "pnpm" | "yarn", "run"));
            match command.arguments.get(1).filter(|_| script) {
                Some(second) => Some(format!("{name} run {}", second.value)),
                None if script => None,
                None => Some(format!("{name} {}", first.value)),
            }
        }
        (None, _) if SINGLE.binary_search(&name).is_ok() => Some(name.to_owned()),
        _ => None,
    };
    out.extend(wider.filter(|prefix| starts_plainly(prefix)).map(|prefix| format!("{prefix} *")));
    out
}

fn is_plain(command: &Command) -> bool {
    command.kind == Kind::Simple
        && command.certainty == Certainty::Proven
        && command.doubts.is_empty()
        && !command.derived
        && command.assignments.is_empty()
}

/// Does the program run whatever it is given?
fn runs_anything(name: &str) -> bool {
    wrappers::is_shell(name)
        || wrappers::is_interpreter(name)
        || wrappers::options(name).is_some()
        || matches!(
            name,
            "eval" | "source" | "." | "find" | "awk" | "gawk" | "mawk" | "npx" | "bunx" | "uvx" | "pipx"
        )
}

fn subcommands(name: &str) -> Option<&'static [&'static str]> {
    let at = SUBCOMMANDS.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    SUBCOMMANDS.get(at).map(|(_, known)| *known)
}

#[cfg(test)]
mod tests {
    use super::{SINGLE, SUBCOMMANDS};

    #[test]
    fn the_tables_are_sorted_so_that_every_row_is_found() {
        assert!(SUBCOMMANDS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(SUBCOMMANDS.iter().all(|(_, known)| known.is_sorted()));
        assert!(SINGLE.is_sorted());
    }
}

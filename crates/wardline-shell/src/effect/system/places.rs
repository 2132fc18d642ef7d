//! Files that hold what was typed.

use crate::refusal::Ground;

/// What follows the home directory, of whomever, in a path.
fn below_home<'p>(path: &'p str, ground: &Ground<'_>) -> Option<&'p str> {
    let own = path.strip_prefix(ground.home).and_then(|rest| rest.strip_prefix('/'));
    let root = || path.strip_prefix("/root/").or_else(|| path.strip_prefix("/var/root/"));
    let other = || {
        let users = path.strip_prefix("/home/").or_else(|| path.strip_prefix("/Users/"))?;
        users.split_once('/').map(|(_, rest)| rest)
    };
    own.filter(|_| ground.home.len() > 1).or_else(root).or_else(other)
}

/// Names of files in a home directory that hold what was typed. Sorted.
const HISTORIES: &[&str] = &[
    ".ash_history",
    ".bash_history",
    ".bash_sessions",
    ".dash_history",
    ".history",
    ".ksh_history",
    ".local/share/fish/fish_history",
    ".mysql_history",
    ".node_repl_history",
    ".psql_history",
    ".python_history",
    ".rediscli_history",
    ".sh_history",
    ".sqlite_history",
    ".zhistory",
    ".zsh_history",
    ".zsh_sessions",
];

/// Is it the history of a shell or the like?
pub(crate) fn is_history(path: &str, ground: &Ground<'_>) -> bool {
    below_home(path, ground).is_some_and(|rest| HISTORIES.binary_search(&rest).is_ok())
}

#[cfg(test)]
mod tests {
    use super::{HISTORIES, is_history};
    use crate::refusal::Ground;

    #[test]
    fn histories_and_their_neighbours() {
        assert!(HISTORIES.is_sorted());
        let ground = Ground { home: "/home/me", project: "/p", cwd: "/p" };
        for path in ["/home/me/.bash_history", "/root/.zsh_history", "/home/other/.python_history"] {
            assert!(is_history(path, &ground), "{path}");
        }
        for path in ["/p/.bash_history", "/home/me/.bashrc", "/home/me/history"] {
            assert!(!is_history(path, &ground), "{path}");
        }
    }
}

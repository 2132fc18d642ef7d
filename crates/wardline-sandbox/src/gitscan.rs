//! The look at the end, in git's directories: what git on the host would run or follow and was not there at the start.
//!
//! A repository, submodule or worktree that was made inside stays when nothing in it can run anything: no hooks but
//! samples, a configuration of known harmless settings, pointers that lead to where git itself puts them.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{FileType, OFlags};

use crate::scan::{list, open};

/// Bytes read of a file of git's; a longer one is not harmless.
const MOST: u64 = 64 * 1024;
/// How deep submodules may lie in one another.
const DEEPEST: usize = 16;

/// Looks through the git directory at `git`. Those in `known` were there and have their own files pinned or quarantined:
/// only what was added to them is looked at.
pub(crate) fn repository(git: &Path, known: &[PathBuf], project: &Path, found: &mut Vec<PathBuf>) {
    let is_new = |git: &Path| !known.iter().any(|other| other == git);
    if is_new(git) {
        own_files(git, project, found);
    }
    for (area, is_worktree) in [("worktrees", true), ("modules", false)] {
        let mut todo = vec![(PathBuf::from(area), 0)];
        while let Some((directory, depth)) = todo.pop() {
            let Ok(entries) = list(git, &directory) else { continue };
            if depth > 0 && is_new(&git.join(&directory)) && entries.iter().any(|(name, _)| name == "HEAD") {
                let path = git.join(&directory);
                if is_worktree {
                    worktree(git, &path, project, found)
                } else {
                    own_files(&path, project, found)
                }
            }
            if depth >= DEEPEST {
                continue;
            }
            for (name, kind) in entries {
                let path = directory.join(&name);
                match kind {
                    FileType::Directory if name != "objects" && name != "refs" && name != "logs" => {
                        todo.push((path, depth + 1));
                    }
                    FileType::Symlink if depth == 0 => found.push(git.join(path)),
                    _ => {}
                }
            }
        }
    }
}

/// The files of one git directory that decide what git runs.
fn own_files(git: &Path, project: &Path, found: &mut Vec<PathBuf>) {
    let hooks = Path::new("hooks");
    let only_samples = match list(git, hooks) {
        Ok(entries) => entries.iter().all(|(name, _)| name.to_string_lossy().ends_with(".sample")),
        Err(rustix::io::Errno::NOENT) => true,
        Err(_) => false,
    };
    if !only_samples {
        found.push(git.join(hooks));
    }
    for name in ["config", "config.worktree"] {
        match read(git, Path::new(name)) {
            Ok(text) if is_harmless(&text, git, project) => {}
            Err(rustix::io::Errno::NOENT) => {}
            _ => found.push(git.join(name)),
        }
    }
    for name in ["commondir", "info/attributes", "info/grafts"] {
        if git.join(name).symlink_metadata().is_ok() {
            found.push(git.join(name));
        }
    }
}

/// A worktree's entry in its repository: it shares the repository, and its tree lies in the project.
fn worktree(git: &Path, path: &Path, project: &Path, found: &mut Vec<PathBuf>) {
    let common = read(path, Path::new("commondir")).map(|text| plain(path, &text));
    if common.as_deref() != Ok(git) {
        found.push(path.join("commondir"));
    }
    if !read(path, Path::new("gitdir")).is_ok_and(|text| plain(path, &text).starts_with(project)) {
        found.push(path.join("gitdir"));
    }
    match read(path, Path::new("config.worktree")) {
        Ok(text) if is_harmless(&text, path, project) => {}
        Err(rustix::io::Errno::NOENT) => {}
        _ => found.push(path.join("config.worktree")),
    }
    if path.join("hooks").symlink_metadata().is_ok() {
        found.push(path.join("hooks"));
    }
}

/// Whether a file `.git` that was made inside leads to where git itself puts submodules and worktrees.
pub(crate) fn pointer_is_plain(pointer: &Path, repositories: &[PathBuf]) -> bool {
    let (Some(parent), Some(name)) = (pointer.parent(), pointer.file_name()) else { return false };
    let Ok(text) = read(parent, Path::new(name)) else { return false };
    let Some(target) = text.strip_prefix("gitdir:") else { return false };
    let target = plain(parent, target);
    // Its files are looked at as part of the repository, which has no link on the way to them.
    let straight = target.canonicalize().is_ok_and(|real| real == target);
    straight
        && repositories
            .iter()
            .any(|git| ["modules", "worktrees"].iter().any(|area| target.starts_with(git.join(area))))
}

fn read(root: &Path, relative: &Path) -> rustix::io::Result<String> {
    let file = std::fs::File::from(open(root, relative, OFlags::empty())?);
    if !file.metadata().is_ok_and(|found| found.is_file() && found.len() <= MOST) {
        return Err(rustix::io::Errno::INVAL);
    }
    let mut text = String::new();
    file.take(MOST).read_to_string(&mut text).map_err(|_| rustix::io::Errno::INVAL)?;
    Ok(text)
}

/// A path as git reads it from a pointer, without `.` and `..`.
fn plain(base: &Path, text: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in base.join(text.trim()).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

/// Settings with which git runs nothing and reads nothing from elsewhere: a section, its keys; `*` is any key.
const HARMLESS: &[(&str, &[&str])] = &[
    (
        "core",
        &[
            "repositoryformatversion",
            "filemode",
            "bare",
            "logallrefupdates",
            "ignorecase",
            "precomposeunicode",
            "symlinks",
            "autocrlf",
            "eol",
            "safecrlf",
            "abbrev",
            "compression",
            "quotepath",
            "longpaths",
            "sparsecheckout",
            "sparsecheckoutcone",
            "multipackindex",
            "commitgraph",
            "untrackedcache",
            "preloadindex",
            "splitindex",
            "trustctime",
            "checkstat",
            "bigfilethreshold",
            "worktree",
        ],
    ),
    (
        "remote",
        &["url", "pushurl", "fetch", "push", "tagopt", "prune", "mirror", "promisor", "partialclonefilter"],
    ),
    (
        "branch",
        &["remote", "merge", "rebase", "pushremote", "description", "vscode-merge-base", "gh-merge-base"],
    ),
    ("submodule", &["url", "active", "branch", "ignore", "fetchrecursesubmodules"]),
    ("user", &["name", "email"]),
    (
        "extensions",
        &[
            "objectformat",
            "worktreeconfig",
            "partialclone",
            "refstorage",
            "preciousobjects",
            "relativeworktrees",
        ],
    ),
    ("init", &["defaultbranch"]),
    ("pull", &["rebase", "ff"]),
    ("push", &["default", "autosetupremote", "followtags"]),
    ("fetch", &["prune", "prunetags"]),
    ("rerere", &["enabled", "autoupdate"]),
    ("merge", &["conflictstyle", "ff"]),
    ("rebase", &["autostash", "autosquash", "updaterefs"]),
    ("commit", &["gpgsign"]),
    ("gc", &["auto", "autodetach"]),
    ("index", &["version", "threads", "sparse"]),
    ("feature", &["*"]),
    ("advice", &["*"]),
    ("color", &["*"]),
    ("lfs", &["repositoryformatversion"]),
];

/// Whether a configuration of git's holds harmless settings only. A line that is not plainly one is not.
fn is_harmless(text: &str, git: &Path, project: &Path) -> bool {
    let mut keys: Option<&[&str]> = None;
    text.lines().map(str::trim).all(|line| {
        if line.is_empty() || line.starts_with(['#', ';']) {
            return true;
        }
        if let Some(head) = line.strip_prefix('[') {
            let Some(head) = head.strip_suffix(']') else { return false };
            let section = head.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
            keys = HARMLESS.iter().find(|(name, _)| *name == section).map(|(_, keys)| *keys);
            return keys.is_some();
        }
        let (key, value) = line.split_once('=').unwrap_or((line, "true"));
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        keys.is_some_and(|keys| keys.contains(&&*key) || keys == ["*"])
            && is_plain_value(&key, value, git, project)
    })
}

fn is_plain_value(key: &str, value: &str, git: &Path, project: &Path) -> bool {
    if value.ends_with('\\') {
        // It goes on in the next line.
        return false;
    }
    match key {
        // Other transports are programs, and a leading dash an option of one.
        "url" | "pushurl" => !value.contains("::") && !value.trim_start_matches('"').starts_with('-'),
        "worktree" => plain(git, value.trim_matches('"')).starts_with(project),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_settings_are_harmless() {
        let (git, project) = (Path::new("/p/.git/modules/a"), Path::new("/p"));
        let table = [
            ("[core]\n\trepositoryformatversion = 0\n\tbare = false\n", true),
            (
                "[remote \"origin\"]\n url = https://h/x.git\n fetch = +refs/heads/*:refs/remotes/origin/*\n",
                true,
            ),
            ("[core]\n\tworktree = ../../../a\n", true),
            ("[core]\n\tworktree = /home\n", false),
            ("[core]\n\tfsmonitor = ./x\n", false),
            ("[core]\n\tFSMonitor\n", false),
            ("[core] fsmonitor = ./x\n", false),
            ("[core]\n\thooksPath = x\n", false),
            ("[include]\n\tpath = x\n", false),
            ("[includeIf \"gitdir:x\"]\n\tpath = x\n", false),
            ("[remote \"o\"]\n url = ext::sh -c x\n", false),
            ("[remote \"o\"]\n url = -oProxyCommand=x\n", false),
            ("[remote \"o\"]\n uploadpack = x\n", false),
            ("[submodule \"a\"]\n update = !x\n", false),
            ("[filter \"lfs\"]\n clean = x\n", false),
            ("[alias]\n x = !y\n", false),
            ("[user]\n name = a \\\n b\n", false),
            ("[unknown]\n", false),
            ("stray = 1\n", false),
        ];
        for (text, expected) in table {
            assert_eq!(is_harmless(text, git, project), expected, "{text}");
        }
    }
}

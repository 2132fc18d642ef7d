//! A base out of git. Git is asked for objects only, with every setting switched off by which a repository runs programs.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::base::Base;
use super::tree::{MAX_FILE, is_dependency};

/// Settings by which a repository would run programs or leave the machine.
const SETTINGS: [&str; 8] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.untrackedCache=false",
    "core.quotePath=false",
    "safe.directory=*",
    "protocol.allow=never",
    "submodule.recurse=false",
    "core.attributesFile=/dev/null",
];

/// A git that runs nothing of the repository's.
fn git(root: &Path, path: &str) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args([
        "--no-pager",
        "--no-optional-locks",
        "--literal-pathspecs",
        "--no-replace-objects",
    ]);
    for setting in SETTINGS {
        git.args(["-c", setting]);
    }
    git.env_clear().env("PATH", path).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    git.stdin(Stdio::null());
    git
}

fn output(mut git: Command) -> Result<Vec<u8>, String> {
    let done = git.output().map_err(|e| format!("git cannot be run: {e}"))?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    Err(String::from_utf8_lossy(&done.stderr).trim().lines().last().unwrap_or("git failed").to_owned())
}

/// The state of the tree in a revision, or with `index` in the index.
///
/// # Errors
/// A text for a person: no repository, no such revision.
pub fn base(root: &Path, revision: &str, path: &str) -> Result<Base, String> {
    if revision == "index" {
        let mut list = git(root, path);
        list.args(["ls-files", "-s", "-z"]);
        let entries = entries(&output(list)?, b'\t', 1, 0);
        return Ok(Base::of_contents("the index".to_owned(), blobs(root, path, entries)?));
    }
    let mut name = git(root, path);
    name.args(["rev-parse", "--verify", "--quiet", "--end-of-options"]).arg(format!("{revision}^{{commit}}"));
    let commit = output(name).map_err(|_| format!("`{revision}` names no revision here"))?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let mut list = git(root, path);
    list.args(["ls-tree", "-r", "-z", &commit]);
    let entries = entries(&output(list)?, b'\t', 2, 0);
    Ok(Base::of_contents(format!("git {commit}"), blobs(root, path, entries)?))
}

/// The files that git tracks or would track: not ignored.
///
/// # Errors
/// A text for a person: no repository.
pub fn files(root: &Path, path: &str) -> Result<Vec<PathBuf>, String> {
    let mut list = git(root, path);
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]);
    let found = output(list)?;
    let names = found.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| PathBuf::from(std::ffi::OsStr::from_bytes(name))).collect())
}

/// Object and path of each regular file in a list whose words before the tab are `mode … object`.
fn entries(list: &[u8], tab: u8, object: usize, mode: usize) -> Vec<(String, PathBuf)> {
    let lines = list.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    lines
        .filter_map(|line| {
            let at = line.iter().position(|byte| *byte == tab)?;
            let (words, name) = line.split_at_checked(at)?;
            let words: Vec<&str> = std::str::from_utf8(words).ok()?.split(' ').collect();
            let regular = words.get(mode)?.starts_with("100");
            let path = PathBuf::from(std::ffi::OsStr::from_bytes(name.get(1..)?));
            (regular && !is_dependency(&path)).then(|| ((*words.get(object).unwrap_or(&"")).to_owned(), path))
        })
        .collect()
}

/// The contents of objects, in one call of git.
fn blobs(
    root: &Path,
    path: &str,
    entries: Vec<(String, PathBuf)>,
) -> Result<BTreeMap<PathBuf, Vec<u8>>, String> {
    let mut command = git(root, path);
    command
        .args(["cat-file", "--batch", "--buffer"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| format!("git cannot be run: {e}"))?;
    let broken = || "git gave no objects".to_owned();
    let mut input = child.stdin.take().ok_or_else(broken)?;
    let wanted: String = entries.iter().map(|(object, _)| format!("{object}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(wanted.as_bytes()));
    let mut text = Vec::new();
    child.stdout.take().ok_or_else(broken)?.read_to_end(&mut text).map_err(|e| e.to_string())?;
    writer.join().ok();
    child.wait().map_err(|e| e.to_string())?;
    let mut found = BTreeMap::new();
    let mut rest = text.as_slice();
    for (object, path) in entries {
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(broken)?;
        let head = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
        let size = head
            .strip_prefix(&object)
            .and_then(|rest| rest.strip_prefix(" blob "))
            .and_then(|size| size.parse::<usize>().ok());
        let size = size.ok_or_else(|| format!("git has no object for {}", path.display()))?;
        let bytes = rest.get(end + 1..end + 1 + size).ok_or_else(broken)?;
        if size as u64 <= MAX_FILE {
            found.insert(path, bytes.to_vec());
        }
        rest = rest.get(end + 2 + size..).unwrap_or_default();
    }
    Ok(found)
}

//! A base out of git. Git is asked for objects only, with every setting switched off by which a repository runs programs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::base::Base;
use super::tree::{MAX_FILE, is_dependency};
use super::view::KEPT;

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
pub(super) fn git(root: &Path, path: &str) -> Command {
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

pub(super) fn output(mut git: Command) -> Result<Vec<u8>, String> {
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
        let entries = by_hand(entries(&output(list)?, 1));
        return Ok(Base::of_contents("the index".to_owned(), small(blobs(git(root, path), &entries)?)));
    }
    let mut name = git(root, path);
    name.args(["rev-parse", "--verify", "--quiet", "--end-of-options"]).arg(format!("{revision}^{{commit}}"));
    let commit = output(name).map_err(|_| format!("`{revision}` names no revision here"))?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let mut list = git(root, path);
    list.args(["ls-tree", "-r", "-z", &commit]);
    let entries = by_hand(entries(&output(list)?, 2));
    Ok(Base::of_contents(format!("git {commit}"), small(blobs(git(root, path), &entries)?)))
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

/// Those of `paths` that git ignores and does not track; none where there is no repository.
pub(super) fn ignored(root: &Path, path: &str, paths: &[&PathBuf]) -> BTreeSet<PathBuf> {
    let mut check = git(root, path);
    // This command knows no literal ones.
    check.args(["--no-literal-pathspecs", "check-ignore", "-z", "--stdin"]);
    check.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = check.spawn() else { return BTreeSet::new() };
    let mut asked = Vec::new();
    for path in paths {
        asked.extend_from_slice(path.as_os_str().as_bytes());
        asked.push(0);
    }
    let input = child.stdin.take();
    let writer = std::thread::spawn(move || input.map(|mut input| input.write_all(&asked)));
    let told = child.wait_with_output().map(|output| output.stdout).unwrap_or_default();
    writer.join().ok();
    let names = told.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.map(|name| PathBuf::from(std::ffi::OsStr::from_bytes(name))).collect()
}

/// Path and object of each regular file in a list whose words before the tab begin with the mode; `object` is the number of
/// the word that names the object.
pub(super) fn entries(list: &[u8], object: usize) -> BTreeMap<PathBuf, String> {
    let lines = list.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    lines
        .filter_map(|line| {
            let at = line.iter().position(|byte| *byte == b'\t')?;
            let (words, name) = line.split_at_checked(at)?;
            let words: Vec<&str> = std::str::from_utf8(words).ok()?.split(' ').collect();
            let regular = words.first()?.starts_with("100");
            let path = PathBuf::from(std::ffi::OsStr::from_bytes(name.get(1..)?));
            regular.then(|| (path, (*words.get(object).unwrap_or(&"")).to_owned()))
        })
        .collect()
}

/// Without what package managers and builds made.
fn by_hand(mut entries: BTreeMap<PathBuf, String>) -> BTreeMap<PathBuf, String> {
    entries.retain(|path, _| !is_dependency(path));
    entries
}

/// The contents of files that are small enough to be looked at.
fn small(contents: BTreeMap<PathBuf, (Vec<u8>, u64)>) -> BTreeMap<PathBuf, Vec<u8>> {
    contents
        .into_iter()
        .filter(|(_, (_, size))| *size <= MAX_FILE)
        .map(|(path, (bytes, _))| (path, bytes))
        .collect()
}

/// The contents of objects with their sizes, in one call of git. Of large ones only the beginning is kept.
pub(super) fn blobs(
    mut command: Command,
    entries: &BTreeMap<PathBuf, String>,
) -> Result<BTreeMap<PathBuf, (Vec<u8>, u64)>, String> {
    command
        .args(["cat-file", "--batch", "--buffer"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| format!("git cannot be run: {e}"))?;
    let broken = || "git gave no objects".to_owned();
    let mut input = child.stdin.take().ok_or_else(broken)?;
    let wanted: String = entries.values().map(|object| format!("{object}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(wanted.as_bytes()));
    let mut output = BufReader::new(child.stdout.take().ok_or_else(broken)?);
    let mut found = BTreeMap::new();
    for (path, object) in entries {
        let mut head = String::new();
        output.read_line(&mut head).map_err(|e| e.to_string())?;
        let size = head
            .trim_end()
            .strip_prefix(object.as_str())
            .and_then(|rest| rest.strip_prefix(" blob "))
            .and_then(|size| size.parse::<u64>().ok());
        let size = size.ok_or_else(|| format!("git has no object for {}", path.display()))?;
        let mut bytes = Vec::new();
        output.by_ref().take(size.min(KEPT)).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        // What is not kept, and the line break behind each object.
        let rest = size.saturating_sub(KEPT) + 1;
        let passed = std::io::copy(&mut output.by_ref().take(rest), &mut std::io::sink())
            .map_err(|e| e.to_string())?;
        if bytes.len() as u64 != size.min(KEPT) || passed != rest {
            return Err(broken());
        }
        found.insert(path.clone(), (bytes, size));
    }
    writer.join().ok();
    child.wait().map_err(|e| e.to_string())?;
    Ok(found)
}

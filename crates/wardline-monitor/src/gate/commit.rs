//! What git is about to keep: the index before a commit, revisions before a push. Only objects are read, so what the working
//! tree holds meanwhile does not matter, and the name of the tree says exactly what was looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use wardline_scan::change::{State, fingerprints};
use wardline_scan::finding::{Gap, GapReason, Severity};
use wardline_scan::language::Language;
use wardline_scan::secrets;

use super::base::Base;
use super::examine::{MAX_DEPENDENCIES, RULES, examine_view, is_claimed};
use super::git::{blobs, entries, git, output};
use super::tree::{MAX_FILE, is_dependency};
use super::view::View;
use super::{Against, Engine, Examined};
use crate::World;

/// Contents of commits between base and tip in which secrets are looked for.
const MAX_HISTORY: usize = 5000;

/// What is to be looked at: the index or a revision, and what it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The revision; without one, the index.
    pub revision: Option<String>,
    /// What it is compared with; without one, with nothing: all that is found counts as new.
    pub base: Option<String>,
    /// Commits that others have already, whose contents are no news.
    pub known: Vec<String>,
}

/// Git in the repository that a hook of git was called for.
fn here(world: &World) -> Command {
    let mut git = git(&world.project, world.variable("PATH").unwrap_or("/usr/bin:/bin"));
    // `git commit FILE` and `git commit -a` make the commit out of an index of their own.
    for key in ["GIT_DIR", "GIT_INDEX_FILE"] {
        if let Some(value) = world.variable(key) {
            git.env(key, value);
        }
    }
    git
}

fn line(git: Command) -> Result<String, String> {
    output(git).map(|text| String::from_utf8_lossy(&text).trim().to_owned())
}

/// The object that a revision names, of the kind that is asked for.
fn object(world: &World, revision: &str, kind: &str) -> Result<String, String> {
    let mut name = here(world);
    name.args(["rev-parse", "--verify", "--quiet", "--end-of-options"]).arg(format!("{revision}^{{{kind}}}"));
    line(name).map_err(|_| format!("`{revision}` names no revision here"))
}

/// The index before a commit; the base is `HEAD`, and nothing where there is none yet.
///
/// # Errors
/// A text for a person: `base` names no revision.
pub fn staged(world: &World, base: Option<String>) -> Result<Against, String> {
    let base = match base {
        Some(base) => Some(object(world, &base, "commit")?),
        None => object(world, "HEAD", "commit").ok(),
    };
    Ok(Against::Kept(Kept { revision: None, base, known: Vec::new() }))
}

/// A revision; without a base, compared with its first parent.
///
/// # Errors
/// A text for a person: one of them names no revision.
pub fn revision(world: &World, revision: &str, base: Option<String>) -> Result<Against, String> {
    let commit = object(world, revision, "commit")?;
    let base = match base {
        Some(base) => Some(object(world, &base, "commit")?),
        None => object(world, &format!("{commit}^"), "commit").ok(),
    };
    let known = base.iter().cloned().collect();
    Ok(Against::Kept(Kept { revision: Some(commit), base, known }))
}

/// What a push sends: the lines that git gives a `pre-push` hook, each `local-ref local-object remote-ref remote-object`. What is
/// deleted sends nothing.
///
/// # Errors
/// A text for a person: a line that is none of git's, or an object that is not there.
pub fn pushed(world: &World, remote: &str, lines: &str) -> Result<Vec<Against>, String> {
    let mut list = here(world);
    list.args(["for-each-ref", "--format=%(objectname)"]).arg(format!("refs/remotes/{remote}/"));
    let tracked: Vec<String> = line(list).unwrap_or_default().lines().map(str::to_owned).collect();
    let mut all = Vec::new();
    for text in lines.lines().filter(|text| !text.trim().is_empty()) {
        let words: Vec<&str> = text.split(' ').collect();
        let &[_, local, _, far] = words.as_slice() else {
            return Err(format!("`{text}` is no line of a push"));
        };
        if ![local, far]
            .iter()
            .all(|name| name.len() >= 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            return Err(format!("`{text}` is no line of a push"));
        }
        if local.bytes().all(|byte| byte == b'0') {
            continue;
        }
        let commit = object(world, local, "commit")?;
        // What the other side has is its own word; where that is not here, what was last seen of it.
        let base = object(world, far, "commit").ok().or_else(|| {
            let mut common = here(world);
            common.args(["merge-base", &commit]).args(&tracked);
            line(common).ok().filter(|name| !tracked.is_empty() && !name.is_empty())
        });
        let known = tracked.iter().chain(&base).cloned().collect();
        all.push(Against::Kept(Kept { revision: Some(commit), base, known }));
    }
    Ok(all)
}

/// Looks at what git is about to keep and compares it with the base.
pub(super) fn examine(world: &World, kept: &Kept) -> Result<Examined, String> {
    super::fault("walk");
    let tree = match &kept.revision {
        Some(revision) => object(world, revision, "tree")?,
        None => {
            let mut write = here(world);
            write.arg("write-tree");
            line(write).map_err(|e| format!("the index makes no tree: {e}"))?
        }
    };
    let before = kept.base.as_ref().map(|base| object(world, base, "tree")).transpose()?;
    let now = listing(world, &tree)?;
    let then = before.as_ref().map(|tree| listing(world, tree)).transpose()?.unwrap_or_default();
    let (base, view) = sides(world, kept, before.as_deref(), now.clone(), &then)?;
    let mut found = examine_view(&view, &base, &Engine::default());
    found.tree = tree;
    if kept.revision.is_some() {
        history(world, kept, &now, &then, &mut found)?;
    }
    Ok(found)
}

fn listing(world: &World, tree: &str) -> Result<BTreeMap<PathBuf, String>, String> {
    let mut list = here(world);
    list.args(["ls-tree", "-r", "-z", "--full-tree", tree]);
    Ok(entries(&output(list)?, 2))
}

/// Both states, with the contents that may be looked at: what is not the same, and what it may import.
fn sides(
    world: &World,
    kept: &Kept,
    before: Option<&str>,
    now: BTreeMap<PathBuf, String>,
    then: &BTreeMap<PathBuf, String>,
) -> Result<(Base, View<'static>), String> {
    let changed = |counts: &dyn Fn(&PathBuf) -> bool| {
        let all = now.iter().filter(|(path, object)| is_dependency(path) && then.get(*path) != Some(object));
        all.filter(|(path, _)| counts(path)).count() > MAX_DEPENDENCIES
    };
    let is_code = |path: &PathBuf| is_claimed(&path.to_string_lossy());
    // As the comparison will leave them out.
    let (many, much_code) = (changed(&|_| true), changed(&is_code));
    let left_out = |path: &PathBuf| many && is_dependency(path) && (much_code || !is_code(path));
    let differs = |path: &PathBuf| now.get(path) != then.get(path) && !left_out(path);
    let pick = |all: &BTreeMap<PathBuf, String>, neighbours: bool| -> BTreeMap<PathBuf, String> {
        let wanted = |path: &PathBuf| {
            let imported =
                neighbours && !is_dependency(path) && Language::of(&path.to_string_lossy(), "").is_some();
            differs(path) || imported || path.starts_with(RULES)
        };
        all.iter()
            .filter(|(path, _)| wanted(path))
            .map(|(path, object)| (path.clone(), object.clone()))
            .collect()
    };
    let contents = blobs(here(world), &pick(&now, true))?;
    let old = blobs(here(world), &pick(then, false))?;
    let small = old.into_iter().filter(|(_, (_, size))| *size <= MAX_FILE);
    let name = match (&kept.base, before) {
        (Some(commit), Some(tree)) => format!("git {commit} (tree {tree})"),
        _ => "nothing: no commit is known that holds a part of it".to_owned(),
    };
    let base = Base::of_objects(name, then.clone(), small.map(|(path, (bytes, _))| (path, bytes)).collect());
    Ok((base, View::of_objects(now, contents)))
}

/// Secrets in commits between base and tip: they are sent though the tip does not have them any more.
fn history(
    world: &World,
    kept: &Kept,
    now: &BTreeMap<PathBuf, String>,
    then: &BTreeMap<PathBuf, String>,
    found: &mut Examined,
) -> Result<(), String> {
    let Some(tip) = &kept.revision else { return Ok(()) };
    let mut log = here(world);
    log.args([
        "log",
        "-m",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--diff-filter=AM",
        "--format=",
        tip,
    ]);
    log.args(kept.known.iter().map(|commit| format!("^{commit}"))).arg("--");
    let text = output(log)?;
    let mut between: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (object, path) in raw(&text) {
        let same = |all: &BTreeMap<PathBuf, String>| all.get(&path) == Some(&object);
        if same(now) || same(then) || is_dependency(&path) {
            continue;
        }
        if between.len() >= MAX_HISTORY {
            let why = format!("more than {MAX_HISTORY} contents of commits before the last");
            found.gaps.push((
                Gap { path: "history".to_owned(), span: None, reason: GapReason::Exhausted(why) },
                false,
            ));
            break;
        }
        let short = object.get(..10).unwrap_or(&object);
        between.insert(PathBuf::from(format!("{} (object {short})", path.to_string_lossy())), object);
    }
    let known = values(found);
    for (name, (bytes, size)) in blobs(here(world), &between)? {
        let name = name.to_string_lossy().into_owned();
        let path = name.split(" (object ").next().unwrap_or_default();
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if size > MAX_FILE {
            continue;
        }
        let then = old_values(world, path, then);
        for mut finding in secrets::scan(path, &text) {
            let value = finding.span.of(&text).to_owned();
            if finding.severity < Severity::Blocking || known.contains(&value) || then.contains(&value) {
                continue;
            }
            finding.message =
                format!("{} (in a commit before the last: it is sent with its history)", finding.message);
            finding.path.clone_from(&name);
            found.texts.insert(name.clone(), text.clone());
            found.findings.push(finding);
            found.states.push(State::Introduced);
        }
    }
    found.prints = fingerprints(&found.texts, &found.findings);
    Ok(())
}

/// The secrets that are told already.
fn values(found: &Examined) -> BTreeSet<String> {
    let value = |finding: &wardline_scan::finding::Finding| {
        Some(finding.span.of(found.texts.get(&finding.path)?).to_owned())
    };
    found.findings.iter().filter_map(value).collect()
}

/// The secrets that a file of the base has: they are known to whoever has the base.
fn old_values(world: &World, path: &str, then: &BTreeMap<PathBuf, String>) -> BTreeSet<String> {
    let old = then.get(Path::new(path)).map(|object| BTreeMap::from([(PathBuf::from(path), object.clone())]));
    let contents = old.and_then(|old| blobs(here(world), &old).ok()).unwrap_or_default();
    let texts = contents.into_values().filter_map(|(bytes, _)| String::from_utf8(bytes).ok());
    texts
        .flat_map(|text| {
            let all = secrets::scan(path, &text);
            all.iter().map(|finding| finding.span.of(&text).to_owned()).collect::<Vec<_>>()
        })
        .collect()
}

/// The objects and paths in what `git log --raw -z` prints.
fn raw(text: &[u8]) -> Vec<(String, PathBuf)> {
    let mut parts = text.split(|byte| *byte == 0);
    let mut found = Vec::new();
    while let Some(part) = parts.next() {
        let words: Vec<&str> =
            std::str::from_utf8(part).unwrap_or_default().trim_start().split(' ').collect();
        let &[from, mode, _, object, _] = words.as_slice() else { continue };
        let Some(path) = parts.next().filter(|_| from.starts_with(':')) else { continue };
        if mode.starts_with("100") {
            found.push((object.to_owned(), PathBuf::from(OsStr::from_bytes(path))));
        }
    }
    found
}

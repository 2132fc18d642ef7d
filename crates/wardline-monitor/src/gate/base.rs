//! The state of a tree that changes are measured against: taken when a session starts, or read from git.
//!
//! A session's base is a copy of its own in the state directory, out of the agent's reach: git's objects, its index and its
//! settings lie in the tree and may be written by the agent.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::tree::{MAX_FILE, Stamp, Tree, is_dependency, read};
use crate::trust::{digest_of, hex};

/// Bytes of contents that are kept for one session. What is over it has no base: all that is found in it counts as new.
const MAX_KEPT: u64 = 256 * 1024 * 1024;
/// Bytes of one file that are kept at most: what is read of a file.
const KEPT_FILE: usize = 4 * 1024 * 1024;
/// Bases that are kept; the oldest go.
const MAX_BASES: usize = 32;

/// One file of a base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// What told its state; empty for a base out of git.
    pub(crate) stamp: String,
    /// The digest of its content; empty where it was not kept.
    pub(crate) digest: String,
    /// Where its content is kept: offset and length.
    place: Option<(u64, u64)>,
}

/// A state of a tree.
#[derive(Debug)]
pub struct Base {
    /// What it is, for people: `session 1234`, `git 0a1b2c`.
    pub(crate) name: String,
    pub(crate) files: BTreeMap<PathBuf, Known>,
    pack: Option<File>,
    /// Contents of a base that was not read from a pack.
    contents: BTreeMap<PathBuf, Vec<u8>>,
}

impl Base {
    /// A base with these contents.
    pub(crate) fn of_contents(name: String, contents: BTreeMap<PathBuf, Vec<u8>>) -> Self {
        let known = |bytes: &Vec<u8>| Known { stamp: String::new(), digest: sha256(bytes), place: None };
        let files = contents.iter().map(|(path, bytes)| (path.clone(), known(bytes))).collect();
        Self { name, files, pack: None, contents }
    }

    /// A base whose files are known by the names of their objects, of which some contents are kept.
    pub(crate) fn of_objects(
        name: String,
        objects: BTreeMap<PathBuf, String>,
        contents: BTreeMap<PathBuf, Vec<u8>>,
    ) -> Self {
        let known = |object| Known { stamp: object, digest: String::new(), place: None };
        let files = objects.into_iter().map(|(path, object)| (path, known(object))).collect();
        Self { name, files, pack: None, contents }
    }

    /// What a file held; nothing when it was not there or not kept.
    ///
    /// # Errors
    /// The copy cannot be read, or is not what was copied.
    pub(crate) fn content(&self, path: &Path) -> std::io::Result<Option<Vec<u8>>> {
        if let Some(bytes) = self.contents.get(path) {
            return Ok(Some(bytes.clone()));
        }
        let Some(known) = self.files.get(path) else { return Ok(None) };
        let (Some((offset, length)), Some(pack)) = (known.place, &self.pack) else { return Ok(None) };
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX).min(KEPT_FILE)];
        // By place: several threads read.
        pack.read_exact_at(&mut bytes, offset)?;
        if sha256(&bytes) == known.digest {
            Ok(Some(bytes))
        } else {
            Err(std::io::Error::other("the base is damaged"))
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn directory(state: &Path, session: &str) -> PathBuf {
    state.join("gate").join(digest_of(session))
}

/// Whether a session has a base.
pub fn exists(state: &Path, session: &str) -> bool {
    directory(state, session).join("base.json").exists()
}

/// The last session that began in a tree.
pub fn latest(state: &Path, root: &Path) -> Option<String> {
    let entries = std::fs::read_dir(state.join("gate")).into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let index = entry.path().join("base.json");
        let time = index.metadata().ok()?.modified().ok()?;
        let index: Value = serde_json::from_str(&std::fs::read_to_string(&index).ok()?).ok()?;
        let here = index.get("project")?.as_str()? == root.to_string_lossy();
        Some((time, index.get("session")?.as_str()?.to_owned())).filter(|_| here)
    });
    found.max().map(|(_, session)| session)
}

/// Takes the base of a session: the tree as it is now. One that is there stays.
///
/// # Errors
/// It could not be written; there is then no base, and the gate says so.
pub fn take(state: &Path, session: &str, root: &Path) -> std::io::Result<()> {
    if exists(state, session) {
        return Ok(());
    }
    let directory = directory(state, session);
    retire(&state.join("gate"));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    let pack = directory.join(format!("base.pack.{}", std::process::id()));
    let open = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&pack)?;
    let mut out = std::io::BufWriter::new(open);
    let mut offset = 0;
    let mut files = serde_json::Map::new();
    for (path, stamp) in Tree::walk(root).files {
        let Some(name) = path.to_str() else { continue };
        let kept = keep(root, &path, stamp, offset);
        let mut entry = json!({"stamp": stamp.words()});
        if let (Some(bytes), Some(entry)) = (kept, entry.as_object_mut()) {
            out.write_all(&bytes)?;
            entry.insert("digest".into(), sha256(&bytes).into());
            entry.insert("place".into(), json!([offset, bytes.len()]));
            offset += bytes.len() as u64;
        }
        files.insert(name.to_owned(), entry);
    }
    out.flush()?;
    drop(out);
    std::fs::rename(&pack, directory.join("base.pack"))?;
    let index = json!({"v": 1, "session": session, "project": root.to_string_lossy(), "time": crate::now(), "files": files});
    crate::trust::replace(&directory.join("base.json"), index.to_string().as_bytes())
}

/// The content to keep of a file. A file that changed while it was read is kept as it was read.
fn keep(root: &Path, path: &Path, stamp: Stamp, kept: u64) -> Option<Vec<u8>> {
    let wanted = stamp.size <= MAX_FILE && kept + stamp.size <= MAX_KEPT && !is_dependency(path);
    let (bytes, _) = wanted.then(|| read(root, path))?;
    (!bytes.is_empty() || stamp.size == 0).then_some(bytes)
}

/// The base that was taken for a session.
///
/// # Errors
/// There is none, or it is damaged or of another tree.
pub fn load(state: &Path, session: &str, root: &Path) -> std::io::Result<Base> {
    let directory = directory(state, session);
    let damaged = || std::io::Error::other("the base of the session is damaged");
    let text = std::fs::read_to_string(directory.join("base.json"))?;
    let index: Value = serde_json::from_str(&text).map_err(|_| damaged())?;
    if index.get("project").and_then(Value::as_str) != Some(&*root.to_string_lossy()) {
        return Err(std::io::Error::other("the base of the session is of another directory"));
    }
    let mut files = BTreeMap::new();
    for (path, entry) in index.get("files").and_then(Value::as_object).ok_or_else(damaged)? {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let place =
            entry.get("place").and_then(|place| Some((place.get(0)?.as_u64()?, place.get(1)?.as_u64()?)));
        files.insert(PathBuf::from(path), Known { stamp: text("stamp"), digest: text("digest"), place });
    }
    let pack = Some(File::open(directory.join("base.pack"))?);
    Ok(Base { name: format!("session {session}"), files, pack, contents: BTreeMap::new() })
}

/// Lets the oldest bases go.
fn retire(all: &Path) {
    let entries = std::fs::read_dir(all).into_iter().flatten().flatten();
    let mut bases: Vec<_> =
        entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    bases.sort();
    let many = bases.len().saturating_sub(MAX_BASES - 1);
    for (_, path) in bases.into_iter().take(many) {
        std::fs::remove_dir_all(path).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_keeps_what_was_there() {
        let (state, tree) = (crate::scratch::Dir::new("gate-state"), crate::scratch::Dir::new("gate-base"));
        tree.write("a.py", "one");
        tree.write("sub/b.py", "");
        tree.write("node_modules/m/i.js", "two");
        take(state.path(), "s", tree.path()).unwrap();
        tree.write("a.py", "changed");
        take(state.path(), "s", tree.path()).unwrap();
        let base = load(state.path(), "s", tree.path()).unwrap();
        let content = |name: &str| {
            base.content(Path::new(name)).unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
        };
        assert_eq!(content("a.py"), Some("one".to_owned()), "the first one stays");
        assert_eq!(content("sub/b.py"), Some(String::new()));
        assert_eq!(
            content("node_modules/m/i.js"),
            None,
            "what package managers fill is known by its stamp only"
        );
        assert!(base.files.contains_key(Path::new("node_modules/m/i.js")));
        assert!(load(state.path(), "other", tree.path()).is_err());
        assert!(load(state.path(), "s", Path::new("/elsewhere")).is_err());
    }

    #[test]
    fn a_damaged_base_is_an_error() {
        let (state, tree) =
            (crate::scratch::Dir::new("gate-damage"), crate::scratch::Dir::new("gate-damaged"));
        tree.write("a.py", "one");
        take(state.path(), "s", tree.path()).unwrap();
        std::fs::write(directory(state.path(), "s").join("base.pack"), "two").unwrap();
        let base = load(state.path(), "s", tree.path()).unwrap();
        assert!(base.content(Path::new("a.py")).is_err());
    }
}

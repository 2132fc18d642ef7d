//! What one session must remember between calls when each call is decided by a process of its own.
//!
//! A small file per session under the state directory: the workspace the session was bound to when it was first seen
//! (so an agent cannot move the boundary by changing its directory), the last call and how often it repeated, and the
//! calls that were decided and whose outcome is still to come.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

/// Calls without an outcome that are remembered; older ones are forgotten, which reads as "no decision was seen".
const MAX_OPEN: usize = 256;
/// Refused effects that are counted; the oldest is forgotten first.
const MAX_REFUSED: usize = 64;
/// Files from the network that are remembered; the oldest is forgotten first.
const MAX_FETCHED: usize = 256;
/// A memory larger than this is not ours.
const MAX_BYTES: u64 = 256 * 1024;

/// An effect that goes on: it was decided, and how it ended was not reported yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Effect {
    /// The call.
    pub(crate) call: String,
    /// When it was decided, in milliseconds since 1970.
    pub(crate) at: u64,
    /// Whether it surely began: no further question was put about it.
    pub(crate) sure: bool,
}

/// What is remembered of a session.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    #[serde(serialize_with = "as_text", deserialize_with = "Option::deserialize")]
    pub(crate) project: Option<PathBuf>,
    last: String,
    last_call: String,
    repeats: u32,
    open: Vec<String>,
    // What follows is absent in what older versions wrote.
    /// Effects that were refused, as digests, and how often.
    #[serde(default)]
    refused: Vec<(String, u32)>,
    /// Files that came from the network, as digests of their paths.
    #[serde(default)]
    fetched: Vec<String>,
    /// When questions were put lately, in milliseconds since 1970.
    #[serde(default)]
    pub(crate) asked: Vec<u64>,
    /// Whether its first checkpoint was taken, or could not be; only with hooks alone.
    #[serde(default)]
    pub(crate) begun: bool,
    /// Whether a checkpoint of the whole workspace takes too long for a hook.
    #[serde(default)]
    pub(crate) slow: bool,
    /// Effects that go on, around which checkpoints are taken; only with hooks alone.
    #[serde(default)]
    pub(crate) effects: Vec<Effect>,
}

impl State {
    /// Counts a call; returns how many identical ones came directly before it. A call that is put twice under one name,
    /// by two hooks of the same host, is one call.
    pub(crate) fn repeat(&mut self, digest: &str, call: Option<&str>) -> u32 {
        let again = call.is_some_and(|call| short(call) == self.last_call) && self.last == digest;
        if !again {
            self.repeats = if self.last == digest { self.repeats.saturating_add(1) } else { 0 };
        }
        digest.clone_into(&mut self.last);
        self.last_call = short(call.unwrap_or_default());
        self.repeats
    }

    /// Counts a refused effect; returns how often it was refused before, under whatever spelling.
    pub(crate) fn refuse(&mut self, identity: &str) -> u32 {
        let digest = crate::trust::digest_of(identity);
        if let Some((_, count)) = self.refused.iter_mut().find(|(known, _)| *known == digest) {
            *count = count.saturating_add(1);
            return *count - 1;
        }
        if self.refused.len() >= MAX_REFUSED {
            self.refused.remove(0);
        }
        self.refused.push((digest, 1));
        0
    }

    /// Remembers that a command of the session puts bytes from the network into a file.
    pub(crate) fn fetch(&mut self, path: &str) {
        let digest = crate::trust::digest_of(path);
        if !self.fetched.contains(&digest) {
            if self.fetched.len() >= MAX_FETCHED {
                self.fetched.remove(0);
            }
            self.fetched.push(digest);
        }
    }

    /// Did a command of the session put bytes from the network into this file?
    pub(crate) fn was_fetched(&self, path: &str) -> bool {
        !self.fetched.is_empty() && self.fetched.contains(&crate::trust::digest_of(path))
    }

    /// Remembers that a call was decided.
    pub(crate) fn decided(&mut self, call: &str) {
        let call = &short(call);
        if self.open.len() >= MAX_OPEN {
            self.open.remove(0);
        }
        self.open.push(call.clone());
    }

    /// Takes a call whose outcome came; false when it was never decided.
    pub(crate) fn finished(&mut self, call: &str) -> bool {
        let call = short(call);
        let position = self.open.iter().position(|open| *open == call);
        position.is_some_and(|index| {
            self.open.remove(index);
            true
        })
    }

    fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn text(&self) -> std::io::Result<String> {
        serde_json::to_string(self).map_err(std::io::Error::from)
    }
}

/// A path that is no text is kept as what it looks like; it is only ever compared and shown.
fn as_text<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}

/// A call's name at a length that the host does not choose.
fn short(call: &str) -> String {
    if call.len() <= 64 { call.to_owned() } else { crate::trust::digest_of(call) }
}

/// Reads, changes and writes a session's memory under a lock, so parallel calls of one session do not lose each other.
///
/// # Errors
/// The file could not be locked, read or written, or is not in its own format: a memory that is lost would let an agent
/// choose its workspace anew.
pub(crate) fn update<R>(
    state: &Path,
    session: &str,
    change: impl FnOnce(&mut State) -> R,
) -> std::io::Result<R> {
    let mut file = open(state, session)?;
    file.lock()?;
    let mut text = String::with_capacity(4096);
    (&file).take(MAX_BYTES).read_to_string(&mut text)?;
    let mut memory = if text.is_empty() {
        State::default()
    } else {
        State::parse(&text).ok_or_else(|| damaged(session))?
    };
    let answer = change(&mut memory);
    let new = memory.text()?;
    let nothing = text.is_empty() && memory == State::default();
    if !nothing && new != text.trim_end() {
        // Spaces to the old length: a process that is killed between the two calls leaves no tail of the old text.
        let bytes = format!("{new:width$}", width = text.len());
        file.seek(SeekFrom::Start(0))?;
        file.write_all(bytes.as_bytes())?;
        file.set_len(bytes.len() as u64)?;
    }
    Ok(answer)
}

/// The workspace that a session is bound to, if it is. It is bound once, so this needs not know the rest of its memory.
///
/// # Errors
/// As [`update`], but for damage to the rest.
pub(crate) fn project(state: &Path, session: &str) -> std::io::Result<Option<PathBuf>> {
    #[derive(Deserialize)]
    struct Bound {
        project: Option<PathBuf>,
    }
    let mut text = String::with_capacity(4096);
    let file = match File::open(path(state, session)) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    file.lock_shared()?;
    file.take(MAX_BYTES).read_to_string(&mut text)?;
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&text).map(|bound: Bound| bound.project).map_err(|_| damaged(session))
}

fn damaged(session: &str) -> std::io::Error {
    std::io::Error::other(format!("the memory of session `{session}` is damaged"))
}

/// Forgets a session that is over.
pub(crate) fn forget(state: &Path, session: &str) {
    std::fs::remove_file(path(state, session)).ok();
}

/// Where a session's memory lies.
pub(crate) fn path(state: &Path, session: &str) -> PathBuf {
    state.join("sessions").join(format!("{}.json", name_of(session)))
}

/// What a session's memory is called.
pub(crate) fn name_of(session: &str) -> String {
    // Half of the digest tells sessions apart, and a link to a name of this length needs no block of the disk.
    crate::trust::digest_of(session).chars().take(32).collect()
}

fn open(state: &Path, session: &str) -> std::io::Result<File> {
    let directory = state.join("sessions");
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path(state, session))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_counted_across_processes() {
        let dir = crate::scratch::Dir::new("memory");
        let call = |digest: &str, call| update(dir.path(), "s", |state| state.repeat(digest, call)).unwrap();
        let table: [(&str, Option<&str>, u32); 8] = [
            ("a", None, 0),
            ("a", None, 1),
            ("a", None, 2),
            ("b", None, 0),
            ("a", Some("1"), 0),
            ("a", Some("1"), 0),
            ("a", Some("2"), 1),
            ("b", Some("2"), 0),
        ];
        for (digest, name, repeats) in table {
            assert_eq!(call(digest, name), repeats, "{digest} {name:?}");
        }
    }

    #[test]
    fn refusals_are_counted_by_effect() {
        let dir = crate::scratch::Dir::new("memory-refused");
        let refuse = |effect: &str| update(dir.path(), "s", |state| state.refuse(effect)).unwrap();
        assert_eq!([refuse("delete /"), refuse("delete /etc"), refuse("delete /")], [0, 0, 1]);
        for n in 0..200 {
            refuse(&format!("delete /{n}"));
        }
        assert_eq!(refuse("delete /"), 0, "long ago");
        assert_eq!(refuse("delete /199"), 1);
    }

    #[test]
    fn an_outcome_belongs_to_one_decision() {
        let dir = crate::scratch::Dir::new("memory-open");
        update(dir.path(), "s", |state| state.decided("c1")).unwrap();
        assert!(update(dir.path(), "s", |state| state.finished("c1")).unwrap());
        assert!(!update(dir.path(), "s", |state| state.finished("c1")).unwrap(), "only once");
        assert!(!update(dir.path(), "other", |state| state.finished("c1")).unwrap());
    }

    #[test]
    fn a_shorter_memory_leaves_no_tail_of_a_longer_one() {
        let dir = crate::scratch::Dir::new("memory-tail");
        update(dir.path(), "s", |state| (0..9).for_each(|n| state.decided(&format!("call-{n}")))).unwrap();
        update(dir.path(), "s", |state| state.open.clear()).unwrap();
        update(dir.path(), "s", |state| assert_eq!(state.open, Vec::<String>::new())).unwrap();
    }

    #[test]
    fn no_name_of_a_call_makes_a_memory_unreadable() {
        let dir = crate::scratch::Dir::new("memory-long");
        let long = "x".repeat(300_000);
        for _ in 0..300 {
            update(dir.path(), "s", |state| {
                state.project = Some("/p".into());
                state.decided(&long);
            })
            .unwrap();
        }
        update(dir.path(), "s", |state| {
            assert!(state.finished(&long));
            assert_eq!(state.project.as_deref(), Some(Path::new("/p")));
        })
        .unwrap();
    }

    #[test]
    fn the_workspace_is_known_without_the_rest() {
        let dir = crate::scratch::Dir::new("memory-project");
        assert_eq!(project(dir.path(), "s").unwrap(), None);
        update(dir.path(), "s", |state| state.decided("c1")).unwrap();
        assert_eq!(project(dir.path(), "s").unwrap(), None, "not bound yet");
        update(dir.path(), "s", |state| state.project = Some("/p".into())).unwrap();
        assert_eq!(project(dir.path(), "s").unwrap(), Some("/p".into()));
    }

    #[test]
    fn a_damaged_memory_is_an_error_not_an_empty_one() {
        let dir = crate::scratch::Dir::new("memory-damaged");
        update(dir.path(), "s", |state| state.project = Some("/p".into())).unwrap();
        std::fs::write(path(dir.path(), "s"), "{\"project\":").unwrap();
        assert!(update(dir.path(), "s", |_| ()).is_err());
        assert!(project(dir.path(), "s").is_err());
    }
}

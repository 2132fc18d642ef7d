//! What a keeper makes on the host, noted where the next session finds it: when keeper and caller are killed together,
//! nobody of the session is left to clean up, so whoever comes next does.
//!
//! The note lies in the session's private directory, which is made before anything else and removed after everything
//! else.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Pid;
use serde_json::{Value, json};

use crate::cgroup;
use crate::confinement::{Confinement, path_from, path_value};
use crate::identity::Identity;
use crate::plan::Watch;
use crate::watch::{self, Appeared};

/// The note's name in the session's directory.
const NAME: &str = "keeper";

/// Writes down, in the session's directory, who keeps, the groups it may have made, the pid namespace that everything
/// inside lives in, and what will have to be looked at. It is written before the program begins.
///
/// # Errors
/// When the note cannot be written, or another keeper of this session has noted something and is not done with it.
pub(crate) fn note(
    session: &Path,
    keeper: Identity,
    space: Option<u64>,
    watches: &[Watch],
    confinement: &Confinement,
) -> io::Result<()> {
    // What the program was told is nothing that has to be cleaned up, and may be secret.
    let asked = Confinement { environment: BTreeMap::new(), ..confinement.clone() };
    let note = json!({
        "pid": keeper.pid,
        "start": keeper.start,
        "space": space,
        "groups": cgroup::candidates(keeper).iter().map(|path| path_value(path)).collect::<Vec<_>>(),
        "watches": watches.iter().map(Watch::to_value).collect::<Vec<_>>(),
        "confinement": asked.to_wire(),
    });
    let path = session.join(NAME);
    let create = || OpenOptions::new().write(true).create_new(true).open(&path);
    // A keeper of this session that could not start the program, for want of a mechanism, has noted its work before this
    // one tries without.
    let over = || work(session).is_some_and(|appeared| appeared.is_empty());
    let mut file = match create() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && over() => {
            std::fs::remove_file(&path)?;
            create()?
        }
        created => created?,
    };
    file.write_all(note.to_string().as_bytes())
}

/// Does the last work of a session whose keeper is dead, and removes its directory: cgroups, and whatever appeared at
/// protected paths, which is returned. `None` while the keeper, or anything that it started, is still alive: then it, or
/// the next session, does this work.
#[must_use]
pub fn clean(session: &Path) -> Option<Vec<Appeared>> {
    let appeared = work(session)?;
    discard(session);
    Some(appeared)
}

/// Does what a session's note says is to be done, as [`clean`], and leaves its directory.
fn work(session: &Path) -> Option<Vec<Appeared>> {
    let mut appeared = Vec::new();
    // Without a whole note it was killed before its program began.
    if let Some(left) = Left::of(session) {
        if left.keeper.is_alive() || living_in(left.space) > 0 {
            return None;
        }
        let mut there = left.groups.iter().filter(|group| group.exists());
        if !there.all(|group| cgroup::remove(group, Duration::ZERO)) {
            return None;
        }
        appeared = watch::look_after(&left.watches, &left.confinement);
    }
    Some(appeared)
}

/// Removes a session's directory, and the files outside of it that symbolic links in it name: they go with it.
pub(crate) fn discard(session: &Path) {
    for entry in std::fs::read_dir(session).into_iter().flatten().flatten() {
        if let Ok(goes_too) = std::fs::read_link(entry.path()) {
            let _gone_already = std::fs::remove_file(session.join(goes_too));
        }
    }
    // One that cannot be removed is found again by the next session.
    let _best_effort = std::fs::remove_dir_all(session);
}

/// What a note says.
pub(crate) struct Left {
    pub(crate) keeper: Identity,
    pub(crate) space: Option<u64>,
    pub(crate) groups: Vec<PathBuf>,
    watches: Vec<Watch>,
    pub(crate) confinement: Confinement,
}

impl Left {
    /// The note in a session's directory; `None` where there is no whole one.
    pub(crate) fn of(session: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(session.join(NAME)).ok()?;
        serde_json::from_str(&text).ok().as_ref().and_then(Self::read)
    }

    fn read(value: &Value) -> Option<Self> {
        let list = |name: &str| value.get(name)?.as_array();
        Some(Self {
            keeper: Identity {
                pid: u32::try_from(value.get("pid")?.as_u64()?).ok()?,
                start: value.get("start")?.as_u64()?,
            },
            space: value.get("space")?.as_u64(),
            groups: list("groups")?.iter().map(path_from).collect::<Option<_>>()?,
            watches: list("watches")?.iter().map(Watch::from_value).collect::<Option<_>>()?,
            confinement: Confinement::from_wire(value.get("confinement")?)?,
        })
    }
}

/// The identity of the pid namespace that `pid` lives in; `None` without one of its own.
pub(crate) fn pid_namespace(pid: Pid) -> Option<u64> {
    let of = |name: &str| rustix::fs::stat(format!("/proc/{name}/ns/pid")).ok().map(|found| found.st_ino);
    let space = of(&pid.as_raw_nonzero().to_string())?;
    // Without an own namespace, everybody on the host lives in it.
    (Some(space) != of("self")).then_some(space)
}

/// The mount namespace of `pid`, which lasts as long as this is open; `None` where it may not be known.
pub(crate) fn mount_namespace(pid: Pid) -> Option<std::fs::File> {
    std::fs::File::open(format!("/proc/{}/ns/mnt", pid.as_raw_nonzero())).ok()
}

/// How many processes of the host live in a pid namespace.
pub(crate) fn living_in(space: Option<u64>) -> u64 {
    let (Some(space), Ok(entries)) = (space, std::fs::read_dir("/proc")) else { return 0 };
    let lives = |entry: &std::fs::DirEntry| {
        let number =
            entry.file_name().to_str().is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
        number && rustix::fs::stat(entry.path().join("ns/pid")).is_ok_and(|found| found.st_ino == space)
    };
    u64::try_from(entries.flatten().filter(lives).count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn session(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("wardline-left-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("project")).unwrap();
        std::fs::create_dir_all(path.join("session")).unwrap();
        path
    }

    #[test]
    fn the_dead_are_cleaned_up_after_and_the_living_are_left_alone() {
        let own = Identity::own();
        let dead = Identity { start: own.start + 1, ..own };
        for (name, keeper, cleaned) in [("dead", dead, true), ("alive", own, false)] {
            let root = session(name);
            let watch =
                Watch { base: root.join("project"), rest: vec![OsString::from(".envrc")], link: None };
            let mut asked = Confinement::new(root.join("project"), root.join("home"));
            asked.quarantine = Some(root.join("quarantine"));
            asked.environment.insert("TOKEN".to_owned(), "very-secret".to_owned());
            note(&root.join("session"), keeper, None, &[watch], &asked).unwrap();
            let text = std::fs::read_to_string(root.join("session").join(NAME)).unwrap();
            assert!(!text.contains("very-secret"));
            std::fs::write(root.join("project/.envrc"), "evil").unwrap();
            std::fs::write(root.join("beside"), "").unwrap();
            std::os::unix::fs::symlink(root.join("beside"), root.join("session/with")).unwrap();
            let moved = clean(&root.join("session"));
            assert_eq!(moved.is_some_and(|moved| moved.len() == 1), cleaned, "{name}");
            assert_eq!(root.join("session").exists(), !cleaned, "{name}");
            assert_eq!(root.join("beside").exists(), !cleaned, "{name}");
            assert_eq!(root.join("project/.envrc").exists(), !cleaned, "{name}");
            std::fs::remove_dir_all(root).unwrap();
        }
    }

    #[test]
    fn a_second_attempt_follows_one_that_is_over_and_no_other() {
        let own = Identity::own();
        let dead = Identity { start: own.start + 1, ..own };
        for (first, follows) in [(dead, true), (own, false)] {
            let root = session(if follows { "over" } else { "running" });
            let asked = Confinement::new(root.join("project"), root.join("home"));
            let note = |keeper| note(&root.join("session"), keeper, None, &[], &asked);
            note(first).unwrap();
            assert_eq!(note(dead).is_ok(), follows, "{first:?}");
            std::fs::remove_dir_all(root).unwrap();
        }
    }

    #[test]
    fn a_directory_without_a_whole_note_just_goes() {
        for (name, text) in [("none", ""), ("half", "{\"pid\": 1, \"sta"), ("other", "{}\n")] {
            let root = session(name);
            std::fs::write(root.join("session").join(NAME), text).unwrap();
            assert_eq!(clean(&root.join("session")), Some(Vec::new()), "{name}");
            assert!(!root.join("session").exists(), "{name}");
            std::fs::remove_dir_all(root).unwrap();
        }
    }
}

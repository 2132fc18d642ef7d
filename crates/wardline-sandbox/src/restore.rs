//! Putting a held change into its place on the host, when a person has accepted it: whole or not at all.
//!
//! The change was made by the program, and so may be everything around its place: no symbolic link is followed, and what
//! lies there is only replaced while it is what it was when the session began.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::watch::{DEEPEST, Opened, copy, reach, remove};

/// A change to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restore<'a> {
    /// A thing that was not there: a file, a link or a directory, kept at this path.
    Create(&'a Path),
    /// Another content and mode for a file, kept at this path.
    Modify(&'a Path),
    /// A file goes away.
    Delete,
}

/// Why nothing was changed.
#[derive(Debug)]
pub enum RestoreError {
    /// The place is not as it was when the session began.
    Conflict(String),
    /// A step failed.
    Step {
        /// Which one.
        step: &'static str,
        /// What went wrong.
        why: io::Error,
    },
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict(what) => f.write_str(what),
            Self::Step { step, why } => write!(f, "cannot {step}: {why}; nothing was changed"),
        }
    }
}

impl std::error::Error for RestoreError {}

/// Makes a change at `place`, an absolute path. `is_base` tells whether a file there is what the session began with.
///
/// # Errors
/// [`RestoreError`]; the place is then as it was.
pub fn restore(
    change: &Restore<'_>,
    place: &Path,
    is_base: &dyn Fn(&File) -> bool,
) -> Result<(), RestoreError> {
    stepwise(change, place, is_base, &mut |_| Ok(()))
}

type Hook<'a> = dyn FnMut(&'static str) -> io::Result<()> + 'a;

/// As [`restore`], asking `before` each step that writes.
fn stepwise(
    change: &Restore<'_>,
    place: &Path,
    is_base: &dyn Fn(&File) -> bool,
    before: &mut Hook<'_>,
) -> Result<(), RestoreError> {
    let conflict = |what: &str| RestoreError::Conflict(format!("`{}` {what}", place.display()));
    let (Some(parent), Some(name)) = (place.parent(), place.file_name()) else {
        return Err(conflict("is no place for a file"));
    };
    let mut made = Vec::new();
    let result = directory(parent, change, &mut made, before).and_then(|directory| {
        let place = Place { directory, name, temporary: temporary(name) };
        let seen = place.look(is_base, matches!(change, Restore::Create(_))).map_err(conflict)?;
        match change {
            Restore::Delete => place.take_away(&seen, before),
            Restore::Create(kept) => place.put(kept, None, before),
            Restore::Modify(kept) => place.put(kept, Some(&seen), before),
        }
    });
    if result.is_err() {
        for path in made.iter().rev() {
            // Only when nothing is in it.
            let _best_effort = std::fs::remove_dir(path);
        }
    }
    result
}

fn step<E: Into<io::Error>>(step: &'static str) -> impl FnOnce(E) -> RestoreError {
    move |why| RestoreError::Step { step, why: why.into() }
}

/// The directory of a place; for a new thing, made with those above it.
fn directory(
    path: &Path,
    change: &Restore<'_>,
    made: &mut Vec<PathBuf>,
    before: &mut Hook<'_>,
) -> Result<OwnedFd, RestoreError> {
    match reach(path, &mut Opened::default()) {
        Ok(directory) => Ok(directory),
        Err(Errno::NOENT) if matches!(change, Restore::Create(_)) => {
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(RestoreError::Conflict("there is no root".to_owned()));
            };
            let above = directory(parent, change, made, before)?;
            before("make a directory").map_err(step("make a directory"))?;
            fs::mkdirat(&above, name, Mode::from_raw_mode(0o755)).map_err(step("make a directory"))?;
            made.push(path.to_path_buf());
            reach(path, &mut Opened::default()).map_err(step("open a directory"))
        }
        Err(Errno::NOENT) => Err(RestoreError::Conflict(format!("`{}` is gone", path.display()))),
        Err(Errno::LOOP | Errno::NOTDIR) => Err(RestoreError::Conflict(format!(
            "a symbolic link or a file is on the way to `{}`",
            path.display()
        ))),
        Err(error) => Err(step("open the directory")(error)),
    }
}

/// A name beside the place, of this process alone.
fn temporary(name: &OsStr) -> OsString {
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".wardline-{}", std::process::id()));
    temporary
}

/// A name in a directory.
struct Place<'a> {
    directory: OwnedFd,
    name: &'a OsStr,
    temporary: OsString,
}

/// What tells a file that was looked at from another.
#[derive(PartialEq, Eq)]
struct Seen(Option<(u64, u64, i64, i64)>);

impl Place<'_> {
    /// Looks at what is there; an error says what is not as it was.
    fn look(&self, is_base: &dyn Fn(&File) -> bool, new: bool) -> Result<Seen, &'static str> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = fs::openat(&self.directory, self.name, flags, Mode::empty());
        match (opened, new) {
            (Err(Errno::NOENT), true) => Ok(Seen(None)),
            (_, true) => Err("is there now, and was not when the session ended"),
            (Err(Errno::NOENT), false) => Err("is gone from the host since the session began"),
            (Err(_), false) => Err("is no file any more, or cannot be read"),
            (Ok(file), false) => {
                let file = File::from(file);
                let found =
                    file.metadata().ok().filter(|found| found.is_file()).ok_or("is no file any more")?;
                if !is_base(&file) {
                    return Err("was changed on the host since the session began");
                }
                Ok(Seen(Some((found.dev(), found.ino(), found.ctime(), found.ctime_nsec()))))
            }
        }
    }

    /// Whether the place still is as it was seen.
    fn is_still(&self, seen: &Seen) -> bool {
        let now = match fs::statat(&self.directory, self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => {
                let nanoseconds = i64::try_from(found.st_ctime_nsec).unwrap_or_default();
                Seen(Some((found.st_dev, found.st_ino, found.st_ctime, nanoseconds)))
            }
            Err(_) => Seen(None),
        };
        now == *seen
    }

    fn changed(&self) -> RestoreError {
        RestoreError::Conflict(format!("`{}` was changed just now", self.name.to_string_lossy()))
    }

    fn take_away(&self, seen: &Seen, before: &mut Hook<'_>) -> Result<(), RestoreError> {
        before("remove the file").map_err(step("remove the file"))?;
        if !self.is_still(seen) {
            return Err(self.changed());
        }
        fs::unlinkat(&self.directory, self.name, AtFlags::empty()).map_err(step("remove the file"))
    }

    /// Makes a copy beside the place and puts it there in one step.
    fn put(&self, kept: &Path, over: Option<&Seen>, before: &mut Hook<'_>) -> Result<(), RestoreError> {
        let result = self.copy_beside(kept, before).and_then(|()| self.swap_in(over, before));
        if result.is_err() {
            let _nothing_there = remove(&self.directory, &self.temporary, DEEPEST);
        }
        result
    }

    fn copy_beside(&self, kept: &Path, before: &mut Hook<'_>) -> Result<(), RestoreError> {
        let (Some(parent), Some(name)) = (kept.parent(), kept.file_name()) else {
            return Err(RestoreError::Conflict("nothing was kept".to_owned()));
        };
        let shelf = reach(&parent.canonicalize().map_err(step("find the change"))?, &mut Opened::default())
            .map_err(step("open the quarantine"))?;
        before("copy the change").map_err(step("copy the change"))?;
        let _of_a_dead_process = remove(&self.directory, &self.temporary, DEEPEST);
        copy(&shelf, name, &self.directory, &self.temporary, DEEPEST).map_err(step("copy the change"))?;
        before("bring the change to the disk").map_err(step("bring the change to the disk"))?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match fs::openat(&self.directory, &self.temporary, flags, Mode::empty()) {
            Ok(copy) => fs::fsync(&copy).map_err(step("bring the change to the disk")),
            // A symbolic link, or a file that its owner may not read.
            Err(_) => Ok(()),
        }
    }

    fn swap_in(&self, over: Option<&Seen>, before: &mut Hook<'_>) -> Result<(), RestoreError> {
        before("put the change in its place").map_err(step("put the change in its place"))?;
        let flags = match over {
            Some(seen) if !self.is_still(seen) => return Err(self.changed()),
            Some(_) => RenameFlags::empty(),
            None => RenameFlags::NOREPLACE,
        };
        match fs::renameat_with(&self.directory, &self.temporary, &self.directory, self.name, flags) {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(self.changed()),
            Err(error) => Err(step("put the change in its place")(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn base(text: &'static str) -> impl Fn(&File) -> bool {
        move |mut file: &File| {
            let mut found = String::new();
            file.read_to_string(&mut found).is_ok() && found == text
        }
    }

    fn place(name: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("wardline-restore-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&root));
        std::fs::create_dir_all(root.join("kept/tree/deep")).unwrap();
        std::fs::create_dir_all(root.join("project")).unwrap();
        std::fs::write(root.join("kept/file"), "new").unwrap();
        std::fs::write(root.join("kept/tree/deep/file"), "new").unwrap();
        root.canonicalize().unwrap()
    }

    fn names(root: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_change_is_made_whole_or_not_at_all_whichever_step_fails() {
        type Check = fn(&Path) -> bool;
        let old: Check =
            |project| std::fs::read_to_string(project.join("file")).is_ok_and(|text| text == "old");
        let table: [(&str, &str, Check, usize); 4] = [
            ("modify", "file", old, 3),
            ("delete", "file", old, 1),
            ("create", "a/b/new", |project| names(project) == ["file"], 5),
            ("tree", "tree", |project| names(project) == ["file"], 3),
        ];
        for (what, name, untouched, steps) in table {
            for failing in 0..=steps {
                let root = place(&format!("{what}-{failing}"));
                let project = root.join("project");
                std::fs::write(project.join("file"), "old").unwrap();
                let (file, tree) = (root.join("kept/file"), root.join("kept/tree"));
                let change = match what {
                    "modify" => Restore::Modify(&file),
                    "delete" => Restore::Delete,
                    "create" => Restore::Create(&file),
                    _ => Restore::Create(&tree),
                };
                let mut at = 0;
                let result = stepwise(&change, &project.join(name), &base("old"), &mut |_| {
                    at += 1;
                    if at == failing + 1 { Err(io::Error::other("injected")) } else { Ok(()) }
                });
                let whole = failing == steps;
                assert_eq!(result.is_ok(), whole, "{what}, step {failing}: {result:?}");
                assert_eq!(untouched(&project), !whole, "{what}, step {failing}: {:?}", names(&project));
                assert!(
                    names(&project).iter().all(|name| !name.contains("wardline")),
                    "{what}, step {failing}"
                );
                std::fs::remove_dir_all(root).unwrap();
            }
        }
    }

    #[test]
    fn what_is_not_as_it_was_stays_as_it_is() {
        type Prepare = fn(&Path);
        let table: [(&str, &str, Prepare); 6] = [
            ("another content", "modify", |project| std::fs::write(project.join("file"), "mine").unwrap()),
            ("gone", "modify", |_| {}),
            ("a link instead", "modify", |project| {
                std::fs::write(project.join("other"), "old").unwrap();
                std::os::unix::fs::symlink("other", project.join("file")).unwrap();
            }),
            ("there already", "create", |project| std::fs::write(project.join("file"), "mine").unwrap()),
            ("a dangling link there", "create", |project| {
                std::os::unix::fs::symlink("nowhere", project.join("file")).unwrap();
            }),
            ("another content of what goes away", "delete", |project| {
                std::fs::write(project.join("file"), "mine").unwrap();
            }),
        ];
        for (name, what, prepare) in table {
            let root = place("conflict");
            let project = root.join("project");
            prepare(&project);
            let kept = root.join("kept/file");
            let change = match what {
                "modify" => Restore::Modify(&kept),
                "delete" => Restore::Delete,
                _ => Restore::Create(&kept),
            };
            let before = names(&project);
            let result = restore(&change, &project.join("file"), &base("old"));
            assert!(matches!(result, Err(RestoreError::Conflict(_))), "{name}: {result:?}");
            assert_eq!(names(&project), before, "{name}");
            std::fs::remove_dir_all(root).unwrap();
        }
    }

    #[test]
    fn no_link_on_the_way_is_followed() {
        let root = place("way");
        std::fs::create_dir(root.join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(root.join("elsewhere"), root.join("project/sub")).unwrap();
        let kept = root.join("kept/file");
        let result = restore(&Restore::Create(&kept), &root.join("project/sub/file"), &base("old"));
        assert!(matches!(result, Err(RestoreError::Conflict(_))), "{result:?}");
        assert!(names(&root.join("elsewhere")).is_empty());
        std::fs::remove_dir_all(root).unwrap();
    }
}

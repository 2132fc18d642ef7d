//! The only code of this crate that writes files: all changes of a plan or none of them.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::Change;
use super::files::Files;

/// Largest configuration file that is looked at.
const MAX_BYTES: u64 = 16 << 20;

/// The real file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<Option<String>, String> {
        match fs::metadata(path) {
            Ok(meta) if !meta.is_file() => return Err("it is not a regular file".to_owned()),
            Ok(meta) if meta.len() > MAX_BYTES => return Err("it is larger than 16 MiB".to_owned()),
            _ => {}
        }
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            // A dangling link is something of the person's, not a free place.
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() => {
                Ok(None)
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn list(&self, dir: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
        paths.sort();
        paths
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn is_dir(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn is_link(&self, path: &Path) -> bool {
        path.is_symlink()
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        fs::metadata(path).ok().map(|meta| meta.mode() & 0o7777)
    }
}

/// Why nothing (or, with `left`, not everything) is as before.
#[derive(Debug)]
pub struct ApplyError {
    /// The file at which it failed.
    pub path: PathBuf,
    /// What went wrong.
    pub what: String,
    /// Files that could not be put back; empty in all but a second failure.
    pub left: Vec<PathBuf>,
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.what)?;
        if self.left.is_empty() {
            f.write_str("; nothing was changed")
        } else {
            write!(f, "; these could not be put back: {:?}", self.left)
        }
    }
}

impl std::error::Error for ApplyError {}

/// Carries out all changes or none. Each file is written beside its place and renamed into it, with the mode and
/// (for root) the owner it had; a link is followed, so that the file behind it changes. Gives the directories that had to
/// be made, outermost first.
///
/// # Errors
/// [`ApplyError`] when a file is not what the plan saw, or cannot be written. Everything done before is undone.
pub fn apply(changes: &[Change]) -> Result<Vec<PathBuf>, ApplyError> {
    for change in changes {
        verify(change)?;
    }
    let mut done: Vec<&Change> = Vec::new();
    let mut made: Vec<PathBuf> = Vec::new();
    for change in changes {
        match put(&change.path, change.after.as_deref(), change.mode, &mut made) {
            Ok(()) => done.push(change),
            Err(error) => return Err(back_out(&change.path, &error, &done, &made)),
        }
    }
    Ok(made)
}

/// Removes those of the directories that are empty, innermost first, and gives those that stay.
#[must_use]
pub fn remove_empty(mut directories: Vec<PathBuf>) -> Vec<PathBuf> {
    directories.sort_by_key(|dir| std::cmp::Reverse(dir.components().count()));
    // Only an empty directory can be removed this way; a link in the place of one cannot.
    directories.retain(|dir| fs::remove_dir(dir).is_err_and(|error| error.kind() != io::ErrorKind::NotFound));
    directories.reverse();
    directories
}

fn verify(change: &Change) -> Result<(), ApplyError> {
    let refuse = |what: String| ApplyError { path: change.path.clone(), what, left: Vec::new() };
    let now = Disk.read(&change.path).map_err(refuse)?;
    if now == change.before {
        Ok(())
    } else {
        Err(refuse("the file changed after the plan was made; plan again".to_owned()))
    }
}

fn back_out(path: &Path, error: &io::Error, done: &[&Change], made: &[PathBuf]) -> ApplyError {
    let left = done
        .iter()
        .rev()
        .filter(|change| put(&change.path, change.before.as_deref(), None, &mut Vec::new()).is_err())
        .map(|change| change.path.clone())
        .collect();
    for dir in made.iter().rev() {
        // Fails when something else is in it by now, which is then not ours to remove.
        drop(fs::remove_dir(dir));
    }
    ApplyError { path: path.to_owned(), what: error.to_string(), left }
}

/// Writes or removes one file.
fn put(path: &Path, text: Option<&str>, mode: Option<u32>, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let Some(text) = text else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
    };
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let dir = place.parent().ok_or_else(|| io::Error::other("the path has no directory"))?.to_owned();
    make_dirs(&dir, made)?;
    let before = fs::metadata(&place).ok();
    let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = dir.join(format!(".{name}.wardline-{}", std::process::id()));
    let written = write(&beside, text, before.as_ref(), mode).and_then(|()| fs::rename(&beside, &place));
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    written?;
    // The rename itself must outlive a power cut; a file system that cannot sync a directory is no reason to fail.
    drop(fs::File::open(&dir).and_then(|dir| dir.sync_all()));
    Ok(())
}

fn write(beside: &Path, text: &str, before: Option<&fs::Metadata>, mode: Option<u32>) -> io::Result<()> {
    let wanted = mode;
    let mode = mode.unwrap_or_else(|| before.map_or(0o644, |meta| meta.mode() & 0o7777));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(beside)?;
    if let Some(meta) = before {
        let now = file.metadata()?;
        if (now.uid(), now.gid()) != (meta.uid(), meta.gid()) {
            std::os::unix::fs::fchown(&file, Some(meta.uid()), Some(meta.gid()))?;
        }
    }
    if before.is_some() || wanted.is_some() {
        file.set_permissions(fs::Permissions::from_mode(mode))?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Creates missing directories and remembers them.
fn make_dirs(dir: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let missing: Vec<&Path> =
        dir.ancestors().take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists()).collect();
    for dir in missing.into_iter().rev() {
        fs::create_dir(dir)?;
        made.push(dir.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("wardline-hooks-disk-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&dir));
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    fn change(path: PathBuf, before: Option<&str>, after: Option<&str>) -> Change {
        Change {
            path,
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
            mode: None,
            note: None,
        }
    }

    fn tree(dir: &Path) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        let mut dirs = vec![dir.to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(dir).unwrap().flatten() {
                match entry.path() {
                    path if path.is_dir() => {
                        found.push((path.clone(), "dir".to_owned()));
                        dirs.push(path);
                    }
                    path => found.push((path.clone(), fs::read_to_string(&path).unwrap())),
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn mode_and_link_are_kept() {
        let dir = scratch("mode");
        let real = dir.join("real.json");
        fs::write(&real, "a").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        let link = dir.join("link.json");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let changes =
            [change(link.clone(), Some("a"), Some("b")), change(dir.join("x/y/new"), None, Some("n"))];
        let made = apply(&changes).unwrap();
        assert_eq!(made, [dir.join("x"), dir.join("x/y")]);
        assert_eq!(remove_empty(made.clone()), made, "they hold the new file");
        assert_eq!(fs::read_to_string(&real).unwrap(), "b");
        assert_eq!(fs::metadata(&real).unwrap().mode() & 0o777, 0o600);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(dir.join("x/y/new")).unwrap(), "n");
        fs::remove_file(dir.join("x/y/new")).unwrap();
        assert!(remove_empty(made).is_empty() && !dir.join("x").exists());
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_failure_undoes_everything_before_it() {
        let dir = scratch("undo");
        fs::write(dir.join("one"), "1").unwrap();
        fs::write(dir.join("gone"), "g").unwrap();
        let before = tree(&dir);
        let changes = [
            change(dir.join("one"), Some("1"), Some("2")),
            change(dir.join("new/deep/file"), None, Some("n")),
            change(dir.join("gone"), Some("g"), None),
            // The file just made cannot be a directory.
            change(dir.join("new/deep/file/impossible"), None, Some("x")),
        ];
        let error = apply(&changes).unwrap_err();
        assert!(error.left.is_empty(), "{error}");
        assert_eq!(tree(&dir), before);
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_file_that_changed_since_the_plan_stops_everything() {
        let dir = scratch("stale");
        fs::write(dir.join("a"), "now").unwrap();
        let changes =
            [change(dir.join("b"), None, Some("b")), change(dir.join("a"), Some("then"), Some("x"))];
        assert!(apply(&changes).is_err());
        assert_eq!(tree(&dir), [(dir.join("a"), "now".to_owned())]);
        fs::remove_dir_all(dir).unwrap();
    }
}

//! The look at the end: files in the project that would run later on the host and were not there at the start.
//!
//! Everything inside is dead by now, and what lies here was chosen by the program: directories are opened below the
//! project only, without following a symbolic link. What is found becomes a watch, and is moved away as all others are.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{self, CWD, Dir, FileType, Mode, OFlags, ResolveFlags};

use crate::confinement::Confinement;
use crate::gitscan;
use crate::names::Names;
use crate::plan::Watch;

/// Directories of results and other people's code, where names say nothing.
const FOREIGN: [&str; 4] = ["node_modules", "target", ".venv", "__pycache__"];
/// Entries looked at; what is beyond was beyond at the start too.
const MAX_ENTRIES: usize = 2_000_000;

/// Watches for everything in the project that runs later and was not there at the start.
pub(crate) fn scan(confinement: &Confinement) -> Vec<Watch> {
    let names = Names::new(confinement.traps.iter().map(String::as_str));
    // In a project that is read-only as a whole nothing new can lie, and what is there is the person's.
    let closed = confinement.pinned.contains(&confinement.project)
        || (confinement.hollow
            && !confinement.write.iter().any(|path| path.starts_with(&confinement.project)));
    // Over an overlay nothing of the project is the program's doing.
    let closed = closed || confinement.overlay.is_some();
    if closed || (names.is_empty() && confinement.repositories.is_empty()) {
        return Vec::new();
    }
    let held = confinement.quarantined.iter().map(|file| file.path.as_path());
    let known =
        confinement.pinned.iter().chain(&confinement.masked).map(PathBuf::as_path).chain(held).collect();
    let project = confinement.project.canonicalize().unwrap_or_else(|_| confinement.project.clone());
    let mut scan = Scan { project: &project, spelled: &confinement.project, names, known, found: Vec::new() };
    scan.walk(&confinement.repositories);
    for git in &confinement.repositories {
        gitscan::repository(git, &confinement.repositories, &project, &mut scan.found);
    }
    let mut watches: Vec<Watch> = scan.found.iter().filter_map(|path| watch(path)).collect();
    watches.sort_by(|a, b| (&a.base, &a.rest).cmp(&(&b.base, &b.rest)));
    watches.dedup();
    watches
}

fn watch(path: &Path) -> Option<Watch> {
    Some(Watch {
        base: path.parent()?.to_path_buf(),
        rest: vec![path.file_name()?.to_os_string()],
        link: None,
    })
}

struct Scan<'a> {
    project: &'a Path,
    /// As the confinement names it.
    spelled: &'a Path,
    names: Names,
    /// What was there, or is looked after in another way.
    known: BTreeSet<&'a Path>,
    found: Vec<PathBuf>,
}

impl Scan<'_> {
    fn walk(&mut self, repositories: &[PathBuf]) {
        let mut left = MAX_ENTRIES;
        let mut todo = vec![(PathBuf::new(), false, false)];
        while let Some((directory, foreign, trap)) = todo.pop() {
            let Ok(entries) = list(self.project, &directory) else {
                // Shut: by its owner before, and then it was masked, or by the program.
                if !self.is_known(&directory) {
                    self.found.push(self.project.join(directory));
                }
                continue;
            };
            if !directory.as_os_str().is_empty() && looks_bare(&entries) {
                self.repository(&directory, repositories);
            }
            for (name, kind) in entries {
                let Some(rest) = left.checked_sub(1) else { return };
                left = rest;
                let path = directory.join(&name);
                if name == ".git" {
                    self.git(&path, kind, repositories);
                    continue;
                }
                let is_trap = !foreign && (trap || self.is_trap(&path, &name, kind));
                let known = self.is_known(&path);
                if kind == FileType::Directory {
                    if is_trap && !known && !self.holds_known(&path) {
                        self.found.push(self.project.join(path));
                    } else if !known {
                        // Below what is pinned or masked nothing new can lie.
                        let foreign = foreign || FOREIGN.iter().any(|other| name == *other);
                        todo.push((path, foreign, is_trap));
                    }
                } else if is_trap && !known {
                    self.found.push(self.project.join(path));
                }
            }
        }
    }

    fn is_trap(&self, path: &Path, name: &OsStr, kind: FileType) -> bool {
        match kind {
            FileType::Directory => self.names.find(path, true).is_some(),
            // A link may lead to a directory as well, and stand for one that a pattern goes through.
            FileType::Symlink => {
                self.names.is_holder(name)
                    || [true, false].iter().any(|dir| self.names.find(path, *dir).is_some())
            }
            _ => self.names.find(path, false).is_some(),
        }
    }

    fn is_known(&self, path: &Path) -> bool {
        self.known.contains(&*self.spelled.join(path)) || self.known.contains(&*self.project.join(path))
    }

    fn holds_known(&self, path: &Path) -> bool {
        [self.spelled, self.project].iter().any(|root| {
            let path = root.join(path);
            self.known.range(&*path..).next().is_some_and(|next| next.starts_with(&path))
        })
    }

    /// An entry named `.git`.
    fn git(&mut self, path: &Path, kind: FileType, repositories: &[PathBuf]) {
        if kind == FileType::Directory {
            self.repository(path, repositories);
        } else if !self.is_known(path) && !gitscan::pointer_is_plain(&self.project.join(path), repositories) {
            self.found.push(self.project.join(path));
        }
    }

    /// A repository that was there is looked at by its list.
    fn repository(&mut self, path: &Path, repositories: &[PathBuf]) {
        let roots = [self.spelled, self.project];
        if !roots.iter().any(|root| repositories.contains(&root.join(path))) {
            gitscan::repository(&self.project.join(path), repositories, self.project, &mut self.found);
        }
    }
}

/// Whether git would take a directory with these entries for a repository.
fn looks_bare(entries: &[(OsString, FileType)]) -> bool {
    ["HEAD", "objects", "refs"].iter().all(|wanted| entries.iter().any(|(name, _)| name == *wanted))
}

/// The entries of a directory below `root`, with no symbolic link on the way.
pub(crate) fn list(root: &Path, relative: &Path) -> rustix::io::Result<Vec<(OsString, FileType)>> {
    use std::os::unix::ffi::OsStrExt;
    let mut entries = Vec::new();
    for entry in Dir::new(open(root, relative, OFlags::DIRECTORY)?)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            entries.push((OsStr::from_bytes(name).to_os_string(), entry.file_type()));
        }
    }
    Ok(entries)
}

/// Opens what is below `root` for reading, without waiting and with no symbolic link on the way.
pub(crate) fn open(root: &Path, relative: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let straight = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let root = fs::openat2(CWD, root, directory, Mode::empty(), straight)?;
    let relative = if relative.as_os_str().is_empty() { Path::new(".") } else { relative };
    let flags = flags | OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    fs::openat2(&root, relative, flags, Mode::empty(), straight | ResolveFlags::BENEATH)
}

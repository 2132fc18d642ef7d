//! Where a path really leads: lexical form, symlinks followed, inside or outside of the workspace, zone.
//!
//! A path that does not exist yet still resolves through the part that does, dangling symlinks included, because a
//! write creates its target.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use wardline_policy::{Access, Certainty, Mention, PathFact, Zone};

use crate::World;

/// Symlinks followed before a path counts as unresolvable; the kernel's own limit is the same.
const MAX_LINKS: u32 = 40;

/// The longest path that the kernel takes, in bytes.
const MAX_PATH: usize = 4096;

/// Looks at the paths of one action. A directory is followed once, however many of the paths lie in it.
pub(crate) struct Looker<'w> {
    world: &'w World,
    /// The workspace, links followed.
    project: PathBuf,
    /// Where directories lead.
    directories: RefCell<HashMap<PathBuf, Option<PathBuf>>>,
}

impl<'w> Looker<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        let project = resolve(&world.project).unwrap_or_else(|| world.project.clone());
        Self { world, project, directories: RefCell::default() }
    }

    pub(crate) fn world(&self) -> &'w World {
        self.world
    }

    /// What is known of the path `written`, as an action standing in `cwd` would use it.
    #[must_use]
    pub(crate) fn look(
        &self,
        cwd: &Path,
        written: &str,
        access: Access,
        certainty: Certainty,
        because: &str,
    ) -> PathFact {
        let Self { world, project, .. } = self;
        // The kernel follows a link before it takes `..`, so the two forms can differ; both must pass.
        let joined = cwd.join(written);
        let lexical = normalise(&joined);
        // The kernel takes no longer path either.
        let (resolved, directory) =
            if joined.as_os_str().len() < MAX_PATH { self.resolve(&joined) } else { (None, None) };
        // A session that stands in the home directory has no workspace: everything of the person's would be inside.
        let nowhere = world.home.starts_with(&world.project);
        let inside_lexically = lexical.starts_with(&world.project) || lexical.starts_with(project);
        let inside =
            !nowhere && inside_lexically && resolved.as_ref().is_none_or(|path| path.starts_with(project));
        let relative = relative_to(&lexical, &[&world.project, project]);
        let resolved_relative = resolved.as_ref().and_then(|path| relative_to(path, &[project]));
        let is_dir = directory.unwrap_or_else(|| resolved.as_ref().is_some_and(|path| path.is_dir()));
        PathFact {
            access,
            zone: zone(world, resolved.as_deref().unwrap_or(&lexical), inside),
            lexical: text(&lexical),
            resolved: resolved.as_deref().map(text),
            inside,
            relative,
            resolved_relative,
            certainty: if resolved.is_none() { Certainty::Opaque } else { certainty },
            is_dir,
            because: because.to_owned(),
            mention: Mention::Named,
        }
    }

    /// As [`resolve`]; and whether that is a directory, where it was seen on the way.
    fn resolve(&self, path: &Path) -> (Option<PathBuf>, Option<bool>) {
        let (Some(parent), Some(Component::Normal(name))) = (path.parent(), path.components().next_back())
        else {
            return (resolve(path), None);
        };
        let known = self.directories.borrow().get(parent).cloned();
        let directory = known.unwrap_or_else(|| {
            let directory = resolve(parent);
            self.directories.borrow_mut().insert(parent.to_path_buf(), directory.clone());
            directory
        });
        let Some(directory) = directory else { return (None, None) };
        let plain = directory.join(name);
        match plain.symlink_metadata() {
            Ok(seen) if seen.is_symlink() => (resolve(path), None),
            Ok(seen) => (Some(plain), Some(seen.is_dir())),
            Err(_) => (Some(plain), Some(false)),
        }
    }
}

/// Whether a path leads to what the kernel makes up as it is read. `/proc/kmsg` is a regular file, and reading it waits for ever.
pub(crate) fn is_made_up(file: &Path) -> bool {
    let made_up = |file: &Path| ["/proc", "/sys", "/dev"].iter().any(|place| file.starts_with(place));
    resolve(file).is_none_or(|file| made_up(&file) && !file.starts_with("/dev/shm"))
}

/// Removes `.` and `..` by their text alone, as a shell's logical `cd` does.
#[must_use]
pub(crate) fn normalise(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(component),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from("/") } else { out }
}

/// Follows every symlink of an absolute path; components that do not exist stay as they are. `None` when the links
/// run in a circle or a link cannot be read.
#[must_use]
pub(crate) fn resolve(path: &Path) -> Option<PathBuf> {
    let mut todo: Vec<OsString> = reversed(path);
    let mut out = PathBuf::from("/");
    let mut links = 0;
    while let Some(part) = todo.pop() {
        if part == ".." {
            out.pop();
            continue;
        }
        let next = out.join(&part);
        let Ok(metadata) = next.symlink_metadata() else {
            out = next;
            continue;
        };
        if !metadata.is_symlink() {
            out = next;
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return None;
        }
        let target = std::fs::read_link(&next).ok()?;
        if target.is_absolute() {
            out = PathBuf::from("/");
        }
        todo.extend(reversed(&target));
    }
    Some(out)
}

/// The components of a path, last first, without root and `.`.
fn reversed(path: &Path) -> Vec<OsString> {
    let mut parts: Vec<OsString> = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
        .map(|part| part.as_os_str().to_owned())
        .collect();
    parts.reverse();
    parts
}

fn relative_to(path: &Path, roots: &[&PathBuf]) -> Option<String> {
    let relative = roots.iter().find_map(|root| path.strip_prefix(root).ok())?;
    Some(if relative.as_os_str().is_empty() { ".".to_owned() } else { text(relative) })
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Directories that belong to the system; reading them tells nothing of the principal.
const SYSTEM: [&str; 11] =
    ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix", "/sys", "/proc"];

fn zone(world: &World, path: &Path, inside: bool) -> Zone {
    let name = path.to_string_lossy();
    let under = |roots: &[&str]| roots.iter().any(|root| path.starts_with(root));
    if inside {
        return if wardline_policy::guarded(&name).is_some() { Zone::ProjectCritical } else { Zone::Project };
    }
    if wardline_policy::sensitive(&name).is_some() {
        return Zone::HomeSecret;
    }
    if path.starts_with(&world.home) {
        return Zone::Home;
    }
    if under(&["/dev"]) {
        return Zone::Device;
    }
    if under(&["/tmp", "/var/tmp", "/dev/shm"]) {
        return Zone::Temp;
    }
    if under(&SYSTEM) { Zone::System } else { Zone::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalise_by_text() {
        let table =
            [("/a/b/../c", "/a/c"), ("/a/./b//c/", "/a/b/c"), ("/../../x", "/x"), ("/", "/"), ("/a/..", "/")];
        for (input, expected) in table {
            assert_eq!(normalise(Path::new(input)), PathBuf::from(expected), "{input}");
        }
    }

    #[test]
    fn links_are_followed_even_when_they_dangle_or_circle() {
        let root = crate::scratch::Dir::new("paths");
        let dir = std::fs::canonicalize(root.path()).unwrap();
        let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, dir.join(name)).unwrap();
        std::fs::create_dir(dir.join("real")).unwrap();
        link("real", "dir");
        link("missing/file", "dangling");
        link("circle-b", "circle-a");
        link("circle-a", "circle-b");
        link("/etc", "out");
        link("../..", "real/up");
        let table: [(&str, Option<PathBuf>); 6] = [
            ("dir/new.txt", Some(dir.join("real/new.txt"))),
            ("dangling", Some(dir.join("missing/file"))),
            ("circle-a/x", None),
            ("out/passwd", Some(PathBuf::from("/etc/passwd"))),
            ("absent/below", Some(dir.join("absent/below"))),
            ("real/up/x", Some(dir.parent().unwrap().join("x"))),
        ];
        for (input, expected) in table {
            assert_eq!(resolve(&dir.join(input)), expected, "{input}");
        }
    }
}

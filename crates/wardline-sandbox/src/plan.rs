//! From a confinement to an ordered list of mounts: which path is seen, how, and in which order.
//!
//! The plan looks at the host's file system but changes nothing. Every path in it is canonical, so that carrying it
//! out follows no symbolic link; the links that led there are planned as links. Shallow paths come first: a mount is
//! always made before the mounts inside it.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};

use crate::bridge;
use crate::confinement::{Confinement, path_from, path_value, text_from, text_value};

/// One thing to put into the new root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// An empty private file system.
    Scratch { at: PathBuf, mode: u32 },
    /// A symbolic link, as the host has it.
    Link { at: PathBuf, to: PathBuf },
    /// A file or directory of the host.
    Bind { source: PathBuf, at: PathBuf, writable: bool, execute: bool },
    /// A directory of the host of which nothing is written: changes go to `upper` in another one.
    Overlay { at: PathBuf, changes: PathBuf },
    /// A writable directory mounted on itself: a mount point can be neither renamed nor removed, so nobody can move a
    /// pinned path away with the directory that holds it.
    Anchor { at: PathBuf },
    /// A path inside a writable one, read-only.
    Pin { at: PathBuf },
    /// Another file of the host over a file inside a writable directory: what is written goes there.
    Stage { source: PathBuf, at: PathBuf },
    /// Something unreadable and empty over a path.
    Mask { at: PathBuf, directory: bool },
}

impl Step {
    pub(crate) fn at(&self) -> &Path {
        match self {
            Self::Scratch { at, .. }
            | Self::Link { at, .. }
            | Self::Bind { at, .. }
            | Self::Overlay { at, .. }
            | Self::Anchor { at }
            | Self::Pin { at }
            | Self::Stage { at, .. }
            | Self::Mask { at, .. } => at,
        }
    }

    /// The order among steps of the same depth: what covers comes after what is covered.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::Scratch { .. } => 0,
            Self::Link { .. } => 1,
            Self::Bind { .. } | Self::Overlay { .. } => 2,
            Self::Anchor { .. } => 3,
            Self::Pin { .. } => 4,
            Self::Stage { .. } => 5,
            Self::Mask { .. } => 6,
        }
    }
}

/// A pinned path that no mount can hold because there is nothing to mount on, or a symbolic link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watch {
    /// The deepest directory on the way that exists; it cannot be moved while the sandbox runs.
    pub(crate) base: PathBuf,
    /// The names from there to the pinned path.
    pub(crate) rest: Vec<OsString>,
    /// Where the first of those names leads, when it is a symbolic link; `None` when it does not exist.
    pub(crate) link: Option<PathBuf>,
}

/// A path and the file that it named when the sandbox started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl Held {
    fn now(path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        let identity = path.symlink_metadata().ok().map(|found| (found.dev(), found.ino()));
        Self { path: path.to_path_buf(), identity }
    }

    /// Whether the path names another file now, or none.
    pub(crate) fn is_replaced(&self) -> bool {
        Self::now(&self.path) != *self
    }
}

impl Step {
    fn to_value(&self) -> Value {
        match self {
            Self::Scratch { at, mode } => json!(["scratch", path_value(at), mode]),
            Self::Link { at, to } => json!(["link", path_value(at), path_value(to)]),
            Self::Bind { source, at, writable, execute } => {
                json!(["bind", path_value(at), path_value(source), writable, execute])
            }
            Self::Overlay { at, changes } => json!(["overlay", path_value(at), path_value(changes)]),
            Self::Anchor { at } => json!(["anchor", path_value(at)]),
            Self::Pin { at } => json!(["pin", path_value(at)]),
            Self::Stage { source, at } => json!(["stage", path_value(at), path_value(source)]),
            Self::Mask { at, directory } => json!(["mask", path_value(at), directory]),
        }
    }

    fn from_value(value: &Value) -> Option<Self> {
        let at = path_from(value.get(1)?)?;
        let flag = |index: usize| value.get(index)?.as_bool();
        Some(match value.get(0)?.as_str()? {
            "scratch" => Self::Scratch { at, mode: u32::try_from(value.get(2)?.as_u64()?).ok()? },
            "link" => Self::Link { at, to: path_from(value.get(2)?)? },
            "bind" => {
                Self::Bind { at, source: path_from(value.get(2)?)?, writable: flag(3)?, execute: flag(4)? }
            }
            "overlay" => Self::Overlay { at, changes: path_from(value.get(2)?)? },
            "anchor" => Self::Anchor { at },
            "pin" => Self::Pin { at },
            "stage" => Self::Stage { at, source: path_from(value.get(2)?)? },
            "mask" => Self::Mask { at, directory: flag(2)? },
            _ => return None,
        })
    }
}

impl Watch {
    pub(crate) fn to_value(&self) -> Value {
        json!({
            "base": path_value(&self.base),
            "rest": self.rest.iter().map(|name| text_value(name)).collect::<Vec<_>>(),
            "link": self.link.as_deref().map_or(Value::Null, path_value),
        })
    }

    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let link = match value.get("link")? {
            Value::Null => None,
            other => Some(path_from(other)?),
        };
        let rest = value.get("rest")?.as_array()?.iter().map(text_from).collect::<Option<_>>()?;
        Some(Self { base: path_from(value.get("base")?)?, rest, link })
    }
}

/// What to mount, and what to look at afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) watches: Vec<Watch>,
    /// Canonical directories and files that can be read and executed.
    pub(crate) readable: Vec<PathBuf>,
    /// Canonical directories and files of the host that can be written as well.
    pub(crate) writable: Vec<PathBuf>,
    /// Those of both from which nothing can be executed.
    pub(crate) no_execute: Vec<PathBuf>,
    /// Directories that are there and empty, and stay so but for what is mounted in them.
    pub(crate) hollow: Vec<PathBuf>,
    /// Sockets of the host, where they appear inside.
    pub(crate) sockets: Vec<PathBuf>,
    /// Directories that are private inside. The host may have others at these paths.
    pub(crate) private: Vec<PathBuf>,
    /// The files and directories under pins and masks. A mount holds a file, not a name: one that somebody on the host
    /// replaces is not covered any more.
    pub(crate) held: Vec<Held>,
    /// Paths that were looked at and are no symbolic links.
    plain: BTreeSet<PathBuf>,
    /// Directories in which no symbolic link is followed ([`Confinement::beside`]).
    straight: Vec<PathBuf>,
}

/// Directories that start empty and private, with their mode.
const SCRATCH: [(&str, u32); 3] = [("/tmp", 0o1777), ("/var/tmp", 0o1777), ("/run", 0o755)];

/// Directories of the host that are never bound whole: the sandbox has its own.
const OWN: [&str; 3] = ["/proc", "/dev", "/sys"];

/// How many symbolic links one path may take, as in the kernel.
const LINKS: usize = 40;

impl Plan {
    /// Plans the file system of `confinement`.
    pub(crate) fn of(confinement: &Confinement) -> Self {
        let mut plan = Self { straight: confinement.beside.clone(), ..Self::default() };
        for (at, mode) in SCRATCH {
            plan.scratch(Path::new(at), mode);
        }
        plan.scratch(&confinement.home, 0o700);

        let project = if confinement.hollow { &[] } else { std::slice::from_ref(&confinement.project) };
        let writable = project.iter().chain(&confinement.write).map(|path| (path.clone(), true));
        let readable = confinement.read.iter().flat_map(|path| expand(path)).map(|path| (path, false));
        let mut binds: Vec<(PathBuf, bool, bool)> = Vec::new();
        for (path, write) in writable.chain(readable) {
            let execute = !confinement.no_execute.contains(&path);
            if let Some(canonical) = plan.resolve(&path) {
                binds.push((canonical, write, execute));
            }
        }
        let empty = [&confinement.project, &confinement.cwd].into_iter().filter(|path| {
            let shown = || binds.iter().any(|(bound, _, _)| path.starts_with(bound));
            confinement.hollow && path.starts_with(&confinement.project) && !shown()
        });
        empty.for_each(|path| plan.hollow(path, 0o555));
        // Shallow first, and of two requests for one path the wider: what lies inside a bind is there already.
        binds.sort_by_key(|(path, write, execute)| (depth(path), path.clone(), !write, !execute));
        for (path, write, execute) in binds {
            plan.bind(path, write, execute);
        }
        let doors =
            bridge::doors(confinement).into_iter().map(|(socket, port)| (socket, bridge::inside(port)));
        plan.sockets = confinement.sockets.iter().map(|(_, inside)| inside.clone()).collect();
        let pairs = confinement.files.iter().chain(&confinement.sockets).cloned();
        for (host, at) in pairs.chain(doors) {
            if let Ok(source) = host.canonicalize() {
                plan.readable.push(at.clone());
                plan.steps.push(Step::Bind { source, at, writable: false, execute: true });
            }
        }

        let mut roots: Vec<(PathBuf, PathBuf)> = Vec::new();
        for spelled in project.iter().chain(&confinement.write) {
            if let Ok(canonical) = spelled.canonicalize() {
                roots.push((spelled.clone(), canonical));
            }
        }
        for path in &confinement.pinned {
            plan.pin(&roots, path, None, LINKS);
        }
        for file in &confinement.quarantined {
            if let Ok(staged) = file.staged.canonicalize() {
                plan.pin(&roots, &file.path, Some(&staged), LINKS);
            }
        }
        for path in &confinement.masked {
            // What nobody may read nobody moves away either; the mask itself replaces the pin.
            if path.symlink_metadata().is_ok() {
                plan.pin(&roots, path, None, LINKS);
            }
            plan.mask(path);
        }
        plan.tidy();
        plan.lay_over(confinement);
        let covered = plan
            .steps
            .iter()
            .filter(|step| matches!(step, Step::Pin { .. } | Step::Stage { .. } | Step::Mask { .. }));
        plan.held = covered.map(|step| Held::now(step.at())).collect();
        plan
    }

    /// What the init needs of the plan, as JSON.
    pub(crate) fn to_value(&self) -> Value {
        let paths = |list: &[PathBuf]| list.iter().map(|path| path_value(path)).collect::<Vec<_>>();
        json!({
            "steps": self.steps.iter().map(Step::to_value).collect::<Vec<_>>(),
            "readable": paths(&self.readable),
            "writable": paths(&self.writable),
            "private": paths(&self.private),
            "no_execute": paths(&self.no_execute),
            "hollow": paths(&self.hollow),
        })
    }

    /// The part of a plan that [`Plan::to_value`] wrote.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let paths =
            |name: &str| value.get(name)?.as_array()?.iter().map(path_from).collect::<Option<Vec<_>>>();
        let steps = value.get("steps")?.as_array()?.iter().map(Step::from_value);
        Some(Self {
            steps: steps.collect::<Option<_>>()?,
            readable: paths("readable")?,
            writable: paths("writable")?,
            private: paths("private")?,
            no_execute: paths("no_execute")?,
            hollow: paths("hollow")?,
            ..Self::default()
        })
    }

    /// The canonical form of `path`, with a planned link for every symbolic link on the way; `None` when it does not
    /// exist or cannot be reached.
    fn resolve(&mut self, path: &Path) -> Option<PathBuf> {
        let mut pending: Vec<OsString> = names(path);
        pending.reverse();
        let mut resolved = PathBuf::from("/");
        let mut links = 0;
        while let Some(name) = pending.pop() {
            if name == ".." {
                resolved.pop();
                continue;
            }
            let next = resolved.join(&name);
            if self.plain.contains(&next) {
                resolved = next;
                continue;
            }
            if !next.symlink_metadata().ok()?.is_symlink() {
                self.plain.insert(next.clone());
                resolved = next;
                continue;
            }
            links += 1;
            // Whoever works there may have put the link where a directory was when it was decided what to show.
            if links > LINKS || self.straight.iter().any(|root| next.starts_with(root)) {
                return None;
            }
            let target = next.read_link().ok()?;
            if target.is_absolute() {
                resolved = PathBuf::from("/");
            }
            pending.extend(names(&target).into_iter().rev());
            self.steps.push(Step::Link { at: next, to: target });
        }
        Some(resolved)
    }

    fn scratch(&mut self, path: &Path, mode: u32) {
        if let Some(at) = self.empty(path, mode) {
            self.private.push(at);
        }
    }

    /// An empty directory in which nothing is made: what a program writes there would be lost without a word.
    fn hollow(&mut self, path: &Path, mode: u32) {
        if let Some(at) = self.empty(path, mode) {
            self.hollow.push(at);
        }
    }

    fn empty(&mut self, path: &Path, mode: u32) -> Option<PathBuf> {
        // A home that the host does not have is made in the new root, under the name that was asked for.
        let at = self.resolve(path).unwrap_or_else(|| path.to_path_buf());
        if self.steps.iter().any(|step| matches!(step, Step::Scratch { at: other, .. } if *other == at)) {
            return None;
        }
        self.steps.push(Step::Scratch { at: at.clone(), mode });
        Some(at)
    }

    fn bind(&mut self, path: PathBuf, write: bool, execute: bool) {
        let own = OWN.iter().map(Path::new).any(|own| path == own)
            || path.starts_with("/proc")
            || path.starts_with("/dev")
            || path.parent().is_none();
        let enough = match self.nearest(&path) {
            Some(Step::Bind { writable, execute: executes, .. }) => {
                (*writable || !write) && *executes == execute
            }
            _ => false,
        };
        if own || enough {
            return;
        }
        if !execute {
            self.no_execute.push(path.clone());
        }
        if write { &mut self.writable } else { &mut self.readable }.push(path.clone());
        self.steps.push(Step::Bind { source: path.clone(), at: path, writable: write, execute });
    }

    /// The file systems that are planned so far. They come before everything that holds or hides a part of them.
    fn mounted(&self) -> impl Iterator<Item = &Step> {
        let first =
            |step: &&Step| matches!(step, Step::Scratch { .. } | Step::Link { .. } | Step::Bind { .. });
        let steps = self.steps.iter().take_while(first);
        steps.filter(|step| !matches!(step, Step::Link { .. }))
    }

    /// The deepest file system that `path` lies in, among those planned so far.
    fn nearest(&self, path: &Path) -> Option<&Step> {
        self.mounted()
            .filter(|step| path.starts_with(step.at()))
            .max_by_key(|step| (depth(step.at()), step.rank()))
    }

    /// What is planned to be mounted at exactly this path; of two, the one that covers the other.
    fn mount_at(&self, path: &Path) -> Option<&Step> {
        self.mounted().filter(|step| step.at() == path).max_by_key(|step| step.rank())
    }

    /// Plans a pinned path, or with `staged` a quarantined one, walking down from the mount of the deepest writable root that holds it: every directory on the
    /// way could be moved away. A mount itself cannot, and what lies behind a private or read-only one is out of reach.
    fn pin(&mut self, roots: &[(PathBuf, PathBuf)], path: &Path, staged: Option<&Path>, links: usize) {
        let inside = |root: &&(PathBuf, PathBuf)| path.starts_with(&root.0) || path.starts_with(&root.1);
        let Some((spelled, canonical)) = roots.iter().filter(inside).max_by_key(|root| depth(&root.1)) else {
            return;
        };
        let Ok(rest) = path.strip_prefix(spelled).or_else(|_| path.strip_prefix(canonical)) else { return };
        let Some(Step::Bind { at, writable: true, .. }) = self.nearest(canonical) else { return };
        let mut base = at.clone();
        let between = canonical.strip_prefix(at).map(names).unwrap_or_default();
        let rest: Vec<OsString> = between.into_iter().chain(names(rest)).collect();
        for (index, name) in rest.iter().enumerate() {
            let next = base.join(name);
            let left = rest.get(index..).unwrap_or_default();
            match self.mount_at(&next) {
                Some(Step::Bind { writable: true, .. }) if left.len() > 1 => {
                    base = next;
                    continue;
                }
                Some(Step::Scratch { .. } | Step::Bind { writable: false, .. }) => return,
                _ => {}
            }
            let found = match next.symlink_metadata() {
                Ok(found) => found,
                // Something may be there already, so it must not be moved away afterwards: nothing may change here.
                Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => break,
                Err(_) => {
                    self.watches.push(Watch { base, rest: left.to_vec(), link: None });
                    return;
                }
            };
            if found.is_symlink() {
                if let Ok(target) = next.read_link() {
                    self.watches.push(Watch { base, rest: vec![name.clone()], link: Some(target) });
                }
                if let (Ok(canonical), Some(links)) = (path.canonicalize(), links.checked_sub(1)) {
                    self.pin(roots, &canonical, staged, links);
                }
                return;
            }
            // A file in the place of a directory, as `.git` in a linked worktree, decides what lies behind it.
            if left.len() == 1 || !found.is_dir() {
                self.steps.push(match staged.filter(|_| found.is_file() && left.len() == 1) {
                    Some(staged) => Step::Stage { source: staged.to_path_buf(), at: next },
                    None => Step::Pin { at: next },
                });
                return;
            }
            self.steps.push(Step::Anchor { at: next.clone() });
            base = next;
        }
        self.steps.push(Step::Pin { at: base });
    }

    fn mask(&mut self, path: &Path) {
        let Ok(at) = path.canonicalize() else { return };
        if matches!(self.nearest(&at), Some(Step::Bind { .. })) {
            let directory = at.is_dir();
            self.steps.push(Step::Mask { at, directory });
        }
    }

    /// Puts the overlay in the place of the project. Nothing that is written inside reaches the host, so nothing needs to be kept from
    /// being moved there, and no other file stands in; what is pinned or masked stays so.
    fn lay_over(&mut self, confinement: &Confinement) {
        let Some(changes) = &confinement.overlay else { return };
        let Ok(project) = confinement.project.canonicalize() else { return };
        self.steps.retain(|step| match step {
            Step::Anchor { at } | Step::Stage { at, .. } => !at.starts_with(&project),
            _ => true,
        });
        // What appears in the project meanwhile is the person's.
        self.watches.retain(|watch| !watch.base.starts_with(&project));
        for step in &mut self.steps {
            match step {
                Step::Bind { at, writable: true, .. } if *at == project => {
                    *step = Step::Overlay { at: project.clone(), changes: changes.clone() };
                }
                // Another opening in the project would lead around the overlay.
                Step::Bind { at, writable, .. } if at.starts_with(&project) => *writable = false,
                _ => {}
            }
        }
    }

    /// Removes what another step makes pointless, and sorts.
    fn tidy(&mut self) {
        let all = self.steps.clone();
        // Sets, and the way up from each path: a project may hold thousands of pinned files.
        let places = |wanted: fn(&Step) -> bool| -> HashSet<&Path> {
            all.iter().filter(|step| wanted(step)).map(Step::at).collect()
        };
        let masks = places(|step| matches!(step, Step::Mask { .. }));
        let pins = places(|step| matches!(step, Step::Pin { .. }));
        let opens = places(|step| matches!(step, Step::Bind { writable: true, .. }));
        let masked = |at: &Path| at.ancestors().skip(1).any(|above| masks.contains(above));
        // A pin holds for everything below it, up to a writable path that was asked for inside it.
        let pinned = |at: &Path, itself: bool| {
            let first = at
                .ancestors()
                .find(|above| opens.contains(above) || pins.contains(above) && (itself || *above != at));
            first.is_some_and(|above| pins.contains(above) && (itself || above != at))
        };
        self.steps.retain(|step| {
            !masked(step.at())
                && match step {
                    Step::Anchor { at } => !pinned(at, true),
                    Step::Pin { at } => !pinned(at, false) && !masks.contains(at.as_path()),
                    Step::Stage { at, .. } => !pinned(at, true) && !masks.contains(at.as_path()),
                    _ => true,
                }
        });
        self.steps.sort_by(|a, b| {
            let key = |step: &Step| (depth(step.at()), step.rank());
            key(a).cmp(&key(b)).then_with(|| a.at().cmp(b.at()))
        });
        self.steps.dedup();
        self.watches.sort_by(|a, b| (&a.base, &a.rest).cmp(&(&b.base, &b.rest)));
        self.watches.dedup();
    }
}

/// The root directory as its entries, anything else as it is: the root itself is the sandbox's own.
fn expand(path: &Path) -> Vec<PathBuf> {
    if path.parent().is_some() {
        return vec![path.to_path_buf()];
    }
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let scratch = |path: &PathBuf| SCRATCH.iter().any(|(at, _)| path == Path::new(at));
    entries.flatten().map(|entry| entry.path()).filter(|path| !scratch(path)).collect()
}

fn depth(path: &Path) -> usize {
    path.components().count()
}

fn names(path: &Path) -> Vec<OsString> {
    path.components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_os_string()),
            Component::ParentDir => Some(OsString::from("..")),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of its own for each test.
    fn place(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("wardline-plan-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        for directory in ["home/.agent", "project/.git/hooks", "project/deep/er", "real"] {
            std::fs::create_dir_all(path.join(directory)).unwrap();
        }
        for file in ["project/.git/config", "project/.env", "home/.gitconfig", "real/file"] {
            std::fs::write(path.join(file), "x").unwrap();
        }
        std::os::unix::fs::symlink(path.join("real"), path.join("linked")).unwrap();
        std::os::unix::fs::symlink("../real/file", path.join("project/dot")).unwrap();
        path.canonicalize().unwrap()
    }

    fn short(plan: &Plan, root: &Path) -> Vec<String> {
        let name =
            |path: &Path| path.strip_prefix(root).map_or(String::new(), |path| path.display().to_string());
        let line = |step: &Step| match step {
            Step::Scratch { at, .. } => ("scratch", name(at)),
            Step::Link { at, .. } => ("link", name(at)),
            Step::Bind { at, writable: true, .. } => ("write", name(at)),
            Step::Bind { at, .. } => ("read", name(at)),
            Step::Overlay { at, .. } => ("overlay", name(at)),
            Step::Anchor { at } => ("anchor", name(at)),
            Step::Pin { at } => ("pin", name(at)),
            Step::Stage { at, .. } => ("stage", name(at)),
            Step::Mask { at, .. } => ("mask", name(at)),
        };
        let lines = plan.steps.iter().map(line).filter(|(_, path)| !path.is_empty());
        lines.map(|(what, path)| format!("{what} {path}")).collect()
    }

    #[test]
    fn thousands_of_pinned_files_are_each_held() {
        let root = place("thousands");
        let mut confinement = Confinement::new(root.join("project"), root.join("home"));
        const FILES: usize = 2_500;
        for number in 0..FILES {
            let directory = root.join("project").join(format!("part-{number}"));
            std::fs::create_dir(&directory).unwrap();
            std::fs::write(directory.join("Makefile"), "").unwrap();
            confinement.pinned.push(directory.join("Makefile"));
        }
        confinement.masked.push(root.join("project/part-7"));
        let plan = Plan::of(&confinement);
        let count = |wanted: fn(&Step) -> bool| plan.steps.iter().filter(|step| wanted(step)).count();
        // What is masked needs neither.
        assert_eq!(count(|step| matches!(step, Step::Pin { .. })), FILES - 1);
        assert_eq!(count(|step| matches!(step, Step::Anchor { .. })), FILES - 1);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_plan_goes_from_the_outside_in() {
        type Ask = fn(&mut Confinement, &Path);
        let table: [(&str, Ask, &[&str]); 10] = [
            ("nothing more", |_, _| {}, &["scratch home", "write project"]),
            (
                "allow-backs of the home lie over the private home",
                |c, root| {
                    c.write.push(root.join("home/.agent"));
                    c.read.push(root.join("home/.gitconfig"));
                },
                &["scratch home", "write project", "write home/.agent", "read home/.gitconfig"],
            ),
            (
                "a pinned path has its parents anchored",
                |c, root| c.pinned.push(root.join("project/.git/hooks")),
                &["scratch home", "write project", "anchor project/.git", "pin project/.git/hooks"],
            ),
            (
                "a file where a pinned path has a directory is pinned",
                |c, root| c.pinned.push(root.join("project/.git/config/deeper/still")),
                &["scratch home", "write project", "anchor project/.git", "pin project/.git/config"],
            ),
            (
                "what a pin holds needs no anchor and no pin",
                |c, root| {
                    c.pinned.push(root.join("project/.git"));
                    c.pinned.push(root.join("project/.git/config"));
                },
                &["scratch home", "write project", "pin project/.git"],
            ),
            (
                "a mask hides what is asked for below it",
                |c, root| {
                    c.masked.push(root.join("project/.git"));
                    c.pinned.push(root.join("project/.git/hooks"));
                    c.write.push(root.join("project/.git/hooks"));
                },
                &["scratch home", "write project", "mask project/.git"],
            ),
            (
                "what is writable already is not bound again",
                |c, root| {
                    c.write.push(root.join("project/deep"));
                    c.read.push(root.join("project/deep/er"));
                },
                &["scratch home", "write project"],
            ),
            (
                "a path by a symbolic link brings the link and its target",
                |c, root| c.read.push(root.join("linked/file")),
                &["scratch home", "link linked", "write project", "read real/file"],
            ),
            (
                "a private home inside a writable directory stays private",
                |c, root| {
                    c.project = root.join("home/.agent");
                    c.write.push(root.to_path_buf());
                    c.pinned = vec![root.join("home/.agent/settings"), root.join("home/.gitconfig")];
                },
                &["scratch home", "write home/.agent"],
            ),
            (
                "what does not exist is passed over",
                |c, root| {
                    c.read.push(root.join("nowhere"));
                    c.masked.push(root.join("project/nothing"));
                },
                &["scratch home", "write project"],
            ),
        ];
        for (name, ask, expected) in table {
            let root = place("steps");
            let mut confinement = Confinement::new(root.join("project"), root.join("home"));
            ask(&mut confinement, &root);
            confinement.check().unwrap();
            assert_eq!(short(&Plan::of(&confinement), &root), expected, "{name}");
            std::fs::remove_dir_all(root).unwrap();
        }
    }

    #[test]
    fn what_no_mount_can_hold_is_watched() {
        let root = place("watches");
        let project = root.join("project");
        let mut confinement = Confinement::new(&project, root.join("home"));
        confinement.pinned = [".mcp.json", ".vscode/tasks.json", ".git/new/hook", "dot"]
            .map(|path| project.join(path))
            .to_vec();
        let watch = |base: &Path, rest: &[&str], link: Option<&str>| Watch {
            base: base.to_path_buf(),
            rest: rest.iter().map(OsString::from).collect(),
            link: link.map(PathBuf::from),
        };
        let expected = [
            watch(&project, &[".mcp.json"], None),
            watch(&project, &[".vscode", "tasks.json"], None),
            watch(&project, &["dot"], Some("../real/file")),
            watch(&project.join(".git"), &["new", "hook"], None),
        ];
        let plan = Plan::of(&confinement);
        assert_eq!(plan.watches, expected);
        for watch in &expected {
            assert_eq!(Watch::from_value(&watch.to_value()).as_ref(), Some(watch));
        }
        std::fs::remove_dir_all(root).unwrap();
    }
}

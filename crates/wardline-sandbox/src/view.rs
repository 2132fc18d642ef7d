//! What a confinement shows of the host: which paths, and what can be done there. Read off the same plan that the mounts
//! are made from, for whoever has to tell before anything is mounted.

use std::path::{Path, PathBuf};

use crate::confinement::Confinement;
use crate::plan::{Plan, Step};

/// What can be done with a path of the host, inside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sight {
    /// It can be read.
    pub read: bool,
    /// It can be changed, so that the host's file changes.
    pub write: bool,
    /// It can be executed.
    pub execute: bool,
}

impl Sight {
    /// Whether nothing can be done here that cannot be done with `other`.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        (!self.read || other.read) && (!self.write || other.write) && (!self.execute || other.execute)
    }
}

/// The host as one confinement shows it.
#[derive(Debug, Clone)]
pub struct View {
    steps: Vec<Step>,
    absent: Vec<PathBuf>,
    /// Files that another one stands in for; before the session begins, there may be none to mount yet.
    held: Vec<PathBuf>,
}

impl View {
    /// The view of a confinement, as the host is now.
    #[must_use]
    pub fn of(confinement: &Confinement) -> Self {
        let plan = Plan::of(confinement);
        let absent = plan.watches.iter().filter(|watch| watch.link.is_none());
        let absent =
            absent.map(|watch| watch.rest.iter().fold(watch.base.clone(), |path, name| path.join(name)));
        let held = confinement.quarantined.iter().map(|file| file.path.clone()).collect();
        Self { absent: absent.collect(), held, steps: plan.steps }
    }

    /// What can be done with the host's `path`, which is canonical.
    #[must_use]
    pub fn at(&self, path: &Path) -> Sight {
        // Of two mounts at one path the later one covers the other.
        let over = self.steps.iter().filter(|step| path.starts_with(step.at()));
        let over = over.filter(|step| !matches!(step, Step::Link { .. } | Step::Anchor { .. }));
        let bound =
            |step: &&Step| matches!(step, Step::Scratch { .. } | Step::Bind { .. } | Step::Overlay { .. });
        let nearest = over.clone().max_by_key(|step| (step.at().components().count(), step.rank()));
        let bound = over.filter(bound).max_by_key(|step| (step.at().components().count(), step.rank()));
        let (elsewhere, writable, execute) = match bound {
            Some(Step::Bind { source, at, writable, execute }) => (source != at, *writable, *execute),
            // What is written there does not change the host's file.
            Some(Step::Overlay { .. }) => (false, false, true),
            _ => return Sight::default(),
        };
        let held = self.held.iter().any(|held| path == held);
        let shown = Sight { read: true, write: writable && !held, execute };
        match nearest {
            _ if elsewhere => Sight::default(),
            Some(Step::Mask { .. }) => Sight::default(),
            Some(Step::Pin { .. } | Step::Stage { .. }) => Sight { write: false, ..shown },
            _ => shown,
        }
    }

    /// The paths at or below `path`, which is canonical, that are shown although the directory they lie in is not, or
    /// otherwise than that one.
    #[must_use]
    pub fn below(&self, path: &Path) -> Vec<PathBuf> {
        let inside = self.steps.iter().filter(|step| match step {
            Step::Bind { source, at, .. } => source == at && at.starts_with(path),
            Step::Overlay { at, .. } => at.starts_with(path),
            _ => false,
        });
        inside.map(|step| step.at().to_path_buf()).collect()
    }

    /// The canonical paths that stay as they are inside of what can be written, those that are not there yet among them,
    /// and the paths that are hidden.
    #[must_use]
    pub fn held(&self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let (mut pinned, mut masked) = (self.absent.clone(), Vec::new());
        for step in &self.steps {
            match step {
                Step::Pin { at } => pinned.push(at.clone()),
                Step::Mask { at, .. } => masked.push(at.clone()),
                _ => {}
            }
        }
        (pinned, masked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_seen_as_the_nearest_mount_shows_it() {
        let root = std::env::temp_dir().canonicalize().unwrap();
        let root = root.join(format!("wardline-view-{}", std::process::id()));
        for directory in ["project/.git/hooks", "project/data/tools", "home/.agent", "tools/bin"] {
            std::fs::create_dir_all(root.join(directory)).unwrap();
        }
        std::fs::write(root.join("project/.env"), "x").unwrap();
        let mut confinement = Confinement::new(root.join("project"), root.join("home"));
        confinement.read = vec![root.join("tools")];
        confinement.write = vec![root.join("home/.agent")];
        confinement.pinned = vec![root.join("project/.git/hooks")];
        confinement.masked = vec![root.join("project/.env")];
        let sight = |confinement: &Confinement, path: &str| {
            let Sight { read, write, execute } = View::of(confinement).at(&root.join(path));
            [(read, 'r'), (write, 'w'), (execute, 'x')]
                .iter()
                .filter(|(can, _)| *can)
                .map(|(_, c)| *c)
                .collect::<String>()
        };
        let table = [
            ("project/a", "rwx"),
            ("project/.env", ""),
            ("project/.git/config", "rwx"),
            ("project/.git/hooks/pre-commit", "rx"),
            ("home/x", ""),
            ("home/.agent/x", "rwx"),
            ("tools/bin/x", "rx"),
            ("elsewhere", ""),
        ];
        for (path, expected) in table {
            assert_eq!(sight(&confinement, path), expected, "{path}");
        }
        confinement.hollow = true;
        confinement.read.extend([root.join("project/data"), root.join("project/data/tools")]);
        confinement.no_execute = vec![root.join("project/data")];
        for (path, expected) in [
            ("project/a", ""),
            ("project/data/a", "r"),
            ("project/data/tools/a", "rx"),
            ("tools/bin/x", "rx"),
        ] {
            assert_eq!(sight(&confinement, path), expected, "{path}, hollow");
        }
        assert_eq!(View::of(&confinement).below(&root.join("project")).len(), 2);
        std::fs::remove_dir_all(root).unwrap();
    }
}

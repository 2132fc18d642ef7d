//! Which files a policy has something against, told by their names alone: a cheap question before the real one.
//!
//! A workspace has many files and few of them are anybody's concern. A file that no rule against it matches is allowed
//! by the rest of the policy, so only the others are put to `decide`.

use std::path::Path;

use wardline_policy::{Decision, Layer, PolicySet, matches};

use crate::World;

/// The patterns of every rule that does not allow, by what they are about.
pub(crate) struct Lens {
    read: Vec<String>,
    edit: Vec<String>,
    list: Vec<String>,
}

impl Lens {
    /// The rules against something that hold for `agent`.
    pub(crate) fn new(policy: &PolicySet, agent: &str) -> Self {
        let rules = policy.rules(agent);
        let against = |permission: &str| {
            let mut patterns: Vec<String> = rules
                .iter()
                .filter(|rule| rule.decision != Decision::Allow && rule.confined != Some(false))
                .filter(|rule| matches(&rule.permission, permission, false))
                // What Wardline says of everything that has no rule is answered by its own rules for files.
                .filter(|rule| rule.origin.layer != Layer::Builtin || rule.permission == permission)
                .map(|rule| rule.pattern.clone())
                .collect();
            patterns.sort();
            patterns.dedup();
            patterns
        };
        Self { read: against("read"), edit: against("edit"), list: against("list") }
    }

    /// The names that rules may know a path by: relative to the workspace, and absolute.
    pub(crate) fn names(&self, path: &Path, world: &World) -> [String; 2] {
        let relative = path.strip_prefix(&world.project).unwrap_or(path);
        let relative = if relative.as_os_str().is_empty() { Path::new(".") } else { relative };
        [relative, path].map(|name| name.to_string_lossy().into_owned())
    }

    /// Whether some rule is against reading it.
    pub(crate) fn reads(&self, names: &[String; 2]) -> bool {
        any(&self.read, names)
    }

    /// Whether some rule is against changing it.
    pub(crate) fn edits(&self, names: &[String; 2]) -> bool {
        any(&self.edit, names)
    }

    /// Whether some rule is against listing it.
    pub(crate) fn lists(&self, names: &[String; 2]) -> bool {
        any(&self.list, names)
    }
}

fn any(patterns: &[String], names: &[String; 2]) -> bool {
    patterns.iter().any(|pattern| names.iter().any(|name| matches(pattern, name, cfg!(windows))))
}

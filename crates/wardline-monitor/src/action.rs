//! What somebody wants to do, as the monitor is told it, before anything is known about it.

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};
use wardline_policy::Access;

use crate::approvals::Proposed;

/// Who acts: an agent's session, working for the principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The session, as the agent names it; the journal groups by it.
    pub session: String,
    /// The agent (mode) that acts, such as `code`, `plan` or the name of a sub-agent.
    pub agent: String,
    /// The agents that delegated to it, nearest first; it is never wider than any of them.
    pub parents: Vec<String>,
    /// The host program, such as `claude`, for the record.
    pub host: String,
}

impl Subject {
    /// The subject of an invocation without an agent around it.
    #[must_use]
    pub fn local(session: &str) -> Self {
        Self {
            session: session.to_owned(),
            agent: "code".to_owned(),
            parents: Vec::new(),
            host: "wardline".to_owned(),
        }
    }
}

/// One call that wants to happen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Action {
    /// The permission key, such as `bash`, `read` or `github_create_issue`.
    pub permission: String,
    /// What the permission's patterns are matched against; every one must pass.
    pub targets: Vec<String>,
    /// The shell text, when the call runs a shell.
    pub script: Option<String>,
    /// Paths that the call names, as written.
    pub paths: Vec<(Access, String)>,
    /// Where the call stands, when it says so; relative values are relative to the session's directory.
    pub cwd: Option<PathBuf>,
    /// What the call says it would make of files, where it says so; for the person who is asked.
    pub changes: Vec<Proposed>,
    /// What could not be told from the call itself; each one tightens.
    pub doubts: Vec<String>,
    /// The tool's own name, for the record.
    pub tool: String,
    /// What ties the decision to its outcome, when the host gives an identifier.
    pub call: Option<String>,
}

impl Action {
    /// A shell command.
    #[must_use]
    pub fn shell(script: &str) -> Self {
        Self {
            permission: "bash".to_owned(),
            targets: vec![script.to_owned()],
            script: Some(script.to_owned()),
            tool: "bash".to_owned(),
            ..Self::default()
        }
    }

    /// An action on one target of a permission, as `wardline check` names it: shell text for `bash`, a path for the
    /// file tools, anything else as it is.
    #[must_use]
    pub fn on(permission: &str, target: &str) -> Self {
        if permission == "bash" {
            return Self::shell(target);
        }
        let access = match permission {
            // A search pattern is no path, but where nothing else is said it may be meant as one.
            "read" | "grep" => Some(Access::Read),
            "edit" | "write" | "apply_patch" | "multiedit" => Some(Access::Write),
            "list" => Some(Access::List),
            _ => None,
        };
        Self {
            permission: permission.to_owned(),
            targets: vec![target.to_owned()],
            paths: access.map(|access| (access, target.to_owned())).into_iter().collect(),
            tool: permission.to_owned(),
            ..Self::default()
        }
    }

    /// A digest of what would happen, the same for the same call; how repeats are recognised.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hasher.update(bytes.len().to_le_bytes());
            hasher.update(bytes);
        };
        field(self.permission.as_bytes());
        field(self.tool.as_bytes());
        self.targets.iter().for_each(|target| field(target.as_bytes()));
        field(self.script.as_deref().unwrap_or_default().as_bytes());
        for (access, path) in &self.paths {
            field(format!("{access:?}").as_bytes());
            field(path.as_bytes());
        }
        crate::trust::hex(&hasher.finalize())
    }
}

//! Knows the files that an agent must not change, because they decide what the next action may do: the guard's
//! own, the agents' permission and hook files, and what git runs.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::names::{Place, Places, components, is_absolute};

/// Why a file is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Guarded {
    /// Wardline's own rules and records.
    Guard,
    /// An agent's permissions, hooks or servers.
    Agent,
    /// What git runs or trusts.
    Git,
}

impl Guarded {
    /// The word used in rule ids.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guard => "guard",
            Self::Agent => "agent",
            Self::Git => "git",
        }
    }

    /// What it is, for a sentence.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Guard => "one of the guard's own files",
            Self::Agent => "a file that sets what an agent may do or runs on its behalf",
            Self::Git => "a file that git runs or takes programs from",
        }
    }
}

/// Why `path` (relative or absolute) must not be changed by an agent; `None` for an ordinary file.
///
/// A directory that holds nothing but guarded files counts as guarded itself; see also `PathFact`s of whole
/// trees, where taking away an ancestor counts too.
pub fn guarded(path: &str) -> Option<Guarded> {
    let parts = components(path);
    if is_plan(&parts) {
        return None;
    }
    tables().guarded.find(&parts, is_absolute(path)).map(|(why, _)| why)
}

/// Why replacing the directory `path`, or with `deletes` taking it away, would take guarded files along.
pub(crate) fn holds_guarded(path: &str, deletes: bool) -> Option<Guarded> {
    let parts = components(path);
    let absolute = is_absolute(path);
    let near = tables().holders.find(&parts, absolute);
    near.or_else(|| tables().wide_holders.find(&parts, absolute).filter(|_| deletes)).map(|(why, _)| why)
}

struct Tables {
    guarded: Places<Guarded>,
    holders: Places<Guarded>,
    wide_holders: Places<Guarded>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| Tables {
        guarded: Places::new(GUARDED),
        holders: Places::new(HOLDERS),
        wide_holders: Places::new(WIDE_HOLDERS),
    })
}

/// Names to try a file glob on: would it pick up a guarded file?
pub(crate) const EXAMPLES: [&str; 10] = [
    ".git",
    ".claude",
    ".codex",
    ".gemini",
    ".cursor",
    ".kilo",
    ".kilocode",
    ".opencode",
    ".wardline",
    ".mcp.json",
];

/// Plans live beside an agent's settings and are its to write.
fn is_plan(parts: &[String]) -> bool {
    let markdown = parts.last().is_some_and(|name| name.ends_with(".md"));
    let agent = |name: &str| matches!(name, ".kilo" | ".kilocode" | ".opencode" | ".claude");
    let plans = |pair: &[String]| matches!(pair, [dir, sub] if agent(dir) && matches!(sub.as_str(), "plan" | "plans"));
    markdown && parts.windows(2).any(plans)
}

use Guarded::{Agent, Git, Guard};

const GUARDED: &[(Place, Guarded)] = &[
    (Place::End("wardline.jsonc"), Guard),
    (Place::End("wardline.json"), Guard),
    (Place::End("wardline.caps.jsonc"), Guard),
    (Place::Below(".wardline"), Guard),
    (Place::Below(".config/wardline"), Guard),
    (Place::Below(".local/state/wardline"), Guard),
    (Place::Below(".local/share/wardline"), Guard),
    (Place::Root("etc/wardline"), Guard),
    (Place::End(".claude/settings*.json"), Agent),
    (Place::Below(".claude/hooks"), Agent),
    (Place::End(".claude.json"), Agent),
    (Place::Root("etc/claude-code"), Agent),
    (Place::End(".codex/config.toml"), Agent),
    (Place::End(".codex/hooks.json"), Agent),
    (Place::Below(".codex/hooks"), Agent),
    (Place::Below(".codex/rules"), Agent),
    (Place::Root("etc/codex"), Agent),
    (Place::End(".gemini/settings.json"), Agent),
    (Place::Below(".gemini/policies"), Agent),
    (Place::Below(".gemini/hooks"), Agent),
    (Place::Root("etc/gemini-cli"), Agent),
    (Place::Below(".kilo"), Agent),
    (Place::Below(".kilocode"), Agent),
    (Place::Below(".opencode"), Agent),
    (Place::Below(".config/kilo"), Agent),
    (Place::Below(".config/opencode"), Agent),
    (Place::Root("etc/kilo"), Agent),
    (Place::Root("etc/opencode"), Agent),
    (Place::End("kilo.json"), Agent),
    (Place::End("kilo.jsonc"), Agent),
    (Place::End("opencode.json"), Agent),
    (Place::End("opencode.jsonc"), Agent),
    (Place::End(".mcp.json"), Agent),
    (Place::End(".cursor/hooks.json"), Agent),
    (Place::Below(".cursor/hooks"), Agent),
    (Place::End(".cursor/cli.json"), Agent),
    (Place::End(".cursor/cli-config.json"), Agent),
    (Place::End(".cursor/mcp.json"), Agent),
    (Place::Below(".kiro/agents"), Agent),
    (Place::Below(".kiro/hooks"), Agent),
    (Place::Below(".kiro/settings"), Agent),
    (Place::Below(".amazonq/cli-agents"), Agent),
    (Place::Below(".git/hooks"), Git),
    (Place::End(".git/config"), Git),
    (Place::End(".git/config.worktree"), Git),
    (Place::End(".git/commondir"), Git),
    (Place::End(".git/info/attributes"), Git),
    (Place::Below("git~1/hooks"), Git),
    (Place::End("git~1/config"), Git),
    (Place::End(".git/worktrees/*/gitdir"), Git),
    (Place::End(".git/worktrees/*/commondir"), Git),
    (Place::End(".git/worktrees/*/config.worktree"), Git),
    (Place::End(".gitconfig"), Git),
    (Place::End(".config/git/config"), Git),
    // Submodules nest, so the depth below `modules` is open.
    (Place::Below(".git/modules/*/hooks"), Git),
    (Place::End(".git/modules/*/config"), Git),
    (Place::Below(".git/modules/*/*/hooks"), Git),
    (Place::End(".git/modules/*/*/config"), Git),
    (Place::Below(".git/modules/*/*/*/hooks"), Git),
    (Place::End(".git/modules/*/*/*/config"), Git),
];

/// Directories that hold guarded files among others, and could be swapped for ones with other settings.
const HOLDERS: &[(Place, Guarded)] = &[
    (Place::End(".git"), Git),
    (Place::End("git~1"), Git),
    (Place::End(".git/info"), Git),
    (Place::End(".git/modules"), Git),
    (Place::End(".git/modules/*"), Git),
    (Place::End(".git/worktrees"), Git),
    (Place::End(".git/worktrees/*"), Git),
    (Place::End(".claude"), Agent),
    (Place::End(".codex"), Agent),
    (Place::End(".gemini"), Agent),
    (Place::End(".cursor"), Agent),
    (Place::End(".kiro"), Agent),
    (Place::End(".amazonq"), Agent),
];

/// Directories that hold guarded files somewhere below; writing into them is ordinary.
const WIDE_HOLDERS: &[(Place, Guarded)] = &[
    (Place::End(".config"), Guard),
    (Place::End(".local"), Guard),
    (Place::End(".local/state"), Guard),
    (Place::End(".local/share"), Guard),
    (Place::End(".config/git"), Git),
    (Place::Exact("etc"), Guard),
];

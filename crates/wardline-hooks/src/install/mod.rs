//! Puts Wardline's hooks into the agents' own configuration and takes them out again.
//!
//! Planning is pure over the texts that [`Files`] gives; [`apply`] is the only writer. A plan is a list of changes to
//! show ([`diff`]) before anything happens, and a file that is not understood refuses its whole agent.

mod agents;
mod codex;
mod command;
mod disk;
mod files;
mod git;
mod inject;
mod jsonc;
mod plugin;

use std::fmt;
use std::path::{Path, PathBuf};

pub use command::{Guard, HOST_TIMEOUT_SECONDS, hook_command};
pub use disk::{ApplyError, Disk, apply, remove_empty};
pub use files::{Files, Memory};
pub use git::plan_git;
pub use inject::{Injection, inject};
pub use plugin::plugin_source;

/// An agent that Wardline can be installed into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgentKind {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Cursor.
    Cursor,
    /// Kiro.
    Kiro,
    /// opencode.
    Opencode,
    /// Kilo.
    Kilo,
}

impl AgentKind {
    /// Every agent, in the order of the documentation.
    pub const ALL: [Self; 7] =
        [Self::Claude, Self::Codex, Self::Gemini, Self::Cursor, Self::Kiro, Self::Opencode, Self::Kilo];

    /// The short name used on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Cursor => "cursor",
            Self::Kiro => "kiro",
            Self::Opencode => "opencode",
            Self::Kilo => "kilo",
        }
    }

    /// The agent of a short name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|agent| agent.as_str() == name)
    }

    /// The programs that are this agent, by file name.
    #[must_use]
    pub const fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Claude => &["claude"],
            Self::Codex => &["codex"],
            Self::Gemini => &["gemini"],
            Self::Cursor => &["cursor-agent", "cursor"],
            Self::Kiro => &["kiro-cli", "kiro", "kiro-cli-chat"],
            Self::Opencode => &["opencode"],
            Self::Kilo => &["kilo", "kilocode"],
        }
    }

    /// The agent that a program is, by its file name.
    #[must_use]
    pub fn of_program(program: &Path) -> Option<Self> {
        let name = program.file_name()?.to_str()?;
        let name = name.strip_suffix(".exe").unwrap_or(name);
        Self::ALL.into_iter().find(|agent| agent.programs().contains(&name))
    }
}

impl fmt::Display for AgentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where things are on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// The person's home directory.
    pub home: PathBuf,
    /// `$XDG_CONFIG_HOME`, else `~/.config`.
    pub config_home: PathBuf,
    /// `$CLAUDE_CONFIG_DIR`, else `~/.claude`.
    pub claude_home: PathBuf,
    /// `$CODEX_HOME`, else `~/.codex`.
    pub codex_home: PathBuf,
    /// Wardline's own configuration directory, where the plugin file goes.
    pub wardline_home: PathBuf,
    /// The project the person stands in.
    pub project: PathBuf,
    /// `/etc`.
    pub etc: PathBuf,
    /// The `wardline` program, absolute.
    pub exe: PathBuf,
    /// Whether `etc` can be written.
    pub is_root: bool,
    /// Directories of `$PATH`.
    pub path: Vec<PathBuf>,
    /// Claude Code's version, when it could be told. From 2.1.295 on it can be told to block when a hook fails.
    pub claude_version: Option<(u32, u32, u32)>,
}

impl World {
    /// The usual places below a home directory; set the fields that the environment moves.
    #[must_use]
    pub fn new(home: &Path, project: &Path, exe: &Path) -> Self {
        let config_home = home.join(".config");
        Self {
            home: home.to_owned(),
            claude_home: home.join(".claude"),
            codex_home: home.join(".codex"),
            wardline_home: config_home.join("wardline"),
            config_home,
            project: project.to_owned(),
            etc: PathBuf::from("/etc"),
            exe: exe.to_owned(),
            is_root: false,
            path: Vec::new(),
            claude_version: None,
        }
    }

    /// Whether Claude Code knows `onFailure`. An older one might refuse a settings file with a key it does not know.
    #[must_use]
    pub fn claude_blocks_on_failure(&self) -> bool {
        self.claude_version.is_some_and(|version| version >= (2, 1, 295))
    }
}

/// One file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file, absolute.
    pub path: PathBuf,
    /// Its text now; `None` when there is no such file.
    pub before: Option<String>,
    /// Its text afterwards; `None` when it goes away.
    pub after: Option<String>,
    /// The permissions that the file gets; without them a new one is readable by all, and others keep theirs.
    pub mode: Option<u32>,
    /// What the change is for, in one line.
    pub note: Option<String>,
}

/// What would be done for one agent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The files that change; none when everything is as it should be.
    pub changes: Vec<Change>,
    /// What the person has to do before the hooks are in force, most important first.
    pub warnings: Vec<String>,
    /// What the hooks cannot do here even when they are in force.
    pub remarks: Vec<String>,
}

/// Why an agent's configuration is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The agent.
    pub agent: AgentKind,
    /// The file that is in the way.
    pub file: PathBuf,
    /// Its line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}:{}: {}; nothing was changed for it",
            self.agent,
            self.file.display(),
            self.line,
            self.what
        )
    }
}

impl std::error::Error for Refusal {}

/// An agent that seems to be here, and how that shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The agent.
    pub agent: AgentKind,
    /// Its program on `$PATH`, if any.
    pub program: Option<PathBuf>,
    /// Its configuration directory, if any.
    pub directory: Option<PathBuf>,
}

/// The agents on this machine: those with a program on `$PATH` or a configuration directory.
#[must_use]
pub fn detect(world: &World, files: &dyn Files) -> Vec<Found> {
    AgentKind::ALL
        .into_iter()
        .filter_map(|agent| {
            let candidates =
                || world.path.iter().flat_map(|dir| agent.programs().iter().map(move |name| dir.join(name)));
            let program = candidates().find(|path| files.is_file(path));
            let directory = Some(agents::directory(agent, world)).filter(|dir| files.is_dir(dir));
            (program.is_some() || directory.is_some()).then_some(Found { agent, program, directory })
        })
        .collect()
}

/// The changes that install Wardline's hooks into an agent. Planning again after applying gives no change.
///
/// # Errors
/// [`Refusal`] when a file of the agent cannot be read or understood, or forbids hooks.
pub fn plan_install(agent: AgentKind, world: &World, files: &dyn Files) -> Result<Plan, Refusal> {
    agents::plan(agent, world, files, agents::Direction::Install)
}

/// The changes that take Wardline's hooks out again. What was installed and not touched since is restored to the byte.
///
/// # Errors
/// [`Refusal`] when a file of the agent cannot be read or understood.
pub fn plan_remove(agent: AgentKind, world: &World, files: &dyn Files) -> Result<Plan, Refusal> {
    agents::plan(agent, world, files, agents::Direction::Remove)
}

/// The changes as one unified diff.
#[must_use]
pub fn diff(changes: &[Change]) -> String {
    changes
        .iter()
        .map(|change| {
            let name = |side: &Option<String>| match side {
                Some(_) => change.path.display().to_string(),
                None => "/dev/null".to_owned(),
            };
            let before = change.before.as_deref().unwrap_or_default();
            let after = change.after.as_deref().unwrap_or_default();
            let note = change.note.as_ref().map(|note| format!("# {note}\n")).unwrap_or_default();
            let text = similar::TextDiff::from_lines(before, after);
            format!(
                "{note}{}",
                text.unified_diff().context_radius(3).header(&name(&change.before), &name(&change.after))
            )
        })
        .collect()
}
/// The value of a settings file, comments allowed; `None` when it cannot be understood.
pub(crate) fn value_of(text: &str) -> Option<serde_json::Value> {
    jsonc::parse(text).ok().map(|root| root.value())
}

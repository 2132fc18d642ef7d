//! What goes into a decision: the request, and the facts that were gathered about it.

use serde::{Deserialize, Serialize};

use crate::decision::{Decision, Origin};

/// One action that an agent wants to take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The permission key: `bash`, `read`, `edit`, `external_directory`, `<server>_<tool>` ...
    pub permission: String,
    /// What the key's patterns see: commands, paths, URLs. Every one has to pass.
    pub targets: Vec<String>,
    /// The agent that asks; `code` unless told otherwise.
    pub agent: String,
    /// Agents that delegated to this one, nearest first. The action must pass for each of them too.
    #[serde(default)]
    pub parents: Vec<String>,
    /// Whether the action will run inside the sandbox.
    #[serde(default)]
    pub confined: bool,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            permission: String::new(),
            targets: Vec::new(),
            agent: crate::builtin::DEFAULT_AGENT.to_owned(),
            parents: Vec::new(),
            confined: false,
        }
    }
}

impl Request {
    /// A request of the `code` agent for one target, outside the sandbox.
    pub fn new(permission: impl Into<String>, target: impl Into<String>) -> Self {
        Self { permission: permission.into(), targets: vec![target.into()], ..Self::default() }
    }
}

/// How sure a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// Read off the action itself.
    Proven,
    /// The careful guess: it may be so, and is treated as if it were.
    Assumed,
    /// It could not be told.
    Opaque,
}

/// What an action does to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Its bytes are read.
    Read,
    /// Names in it, or its own name and attributes, are read.
    List,
    /// It is created or changed.
    Write,
    /// It is removed or moved away.
    Delete,
    /// It is run.
    Execute,
}

impl Access {
    /// Whether the path is different afterwards.
    pub fn changes(self) -> bool {
        match self {
            Self::Write | Self::Delete => true,
            Self::Read | Self::List | Self::Execute => false,
        }
    }
}

/// Which part of the machine a path lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zone {
    /// The workspace.
    Project,
    /// Files of the workspace that decide what runs later (git hooks, agent settings).
    ProjectCritical,
    /// Temporary directories.
    Temp,
    /// The person's home, outside the workspace.
    Home,
    /// Keys and credential stores in the home.
    HomeSecret,
    /// The operating system.
    System,
    /// Device files.
    Device,
    /// None of these, or not known.
    Unknown,
}

/// How an action comes to touch a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mention {
    /// The action names it, and what it does with it is known.
    #[default]
    Named,
    /// It is named to a program that uses it, and of which it is not known that it shows or changes what is in it: a key
    /// given to `ssh`, an argument of a program that is not known.
    Used,
    /// A search or a pattern that takes any name comes upon it.
    Found,
}

/// One path that the action would touch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PathFact {
    /// What happens to it.
    pub access: Access,
    /// Absolute and normalised, symbolic links not followed.
    pub lexical: String,
    /// Absolute, symbolic links followed, where that could be done.
    pub resolved: Option<String>,
    /// Inside the workspace in both spellings.
    pub inside: bool,
    /// `lexical` relative to the worktree.
    pub relative: Option<String>,
    /// `resolved` relative to the worktree.
    pub resolved_relative: Option<String>,
    /// Where it lies.
    pub zone: Zone,
    /// How sure it is that the action touches it.
    pub certainty: Certainty,
    /// Whether it is a directory.
    pub is_dir: bool,
    /// How it was found: "argument of `cat`", "redirect >".
    pub because: String,
    /// How the action comes to touch it.
    #[serde(default)]
    pub mention: Mention,
}

/// One shell command of a `bash` request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandFact {
    /// Source text; an allow rule must match it.
    pub literal: String,
    /// Quotes and wrappers normalised; an allow rule must match it too.
    pub canonical: String,
    /// Other spellings; any of them may trigger an ask or a deny.
    pub forms: Vec<String>,
    /// `cd`, `pushd` and the like.
    pub directory_change: bool,
    /// How sure it is that this command runs as written.
    pub certainty: Certainty,
    /// It is known to do no more than look, edit the files that are facts of their own, or build the project.
    #[serde(default)]
    pub harmless: bool,
}

/// An effect that is never right, or never without a person's word, however it is spelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The rule that stops it: `refuse.delete.root`.
    pub rule: String,
    /// Ask: a person decides, or decided by a rule about this very command. Deny: only a waiver lifts it.
    pub decision: Decision,
    /// What would happen, and why that is stopped.
    pub text: String,
    /// The effect whatever its spelling: `delete /etc recursive`.
    pub identity: String,
    /// The command that has it, by its place in [`Facts::commands`].
    pub command: Option<usize>,
    /// What to do instead.
    pub help: Option<String>,
    /// How often it was refused in this session before.
    #[serde(default)]
    pub attempts: u32,
    /// The exception that a person made for it, if one is in force.
    #[serde(default)]
    pub waiver: Option<Waiver>,
}

/// A person's exception for one effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Who made it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when, as a date and time.
    pub expires: String,
    /// The file and line it is written in.
    pub origin: Origin,
}

/// What kind of thing could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DoubtKind {
    /// The text could not be parsed.
    Unparsed,
    /// A limit on size, depth or steps was reached.
    Limit,
    /// There are so many commands that they were not looked at.
    Flood,
    /// The value is only known when the action runs.
    Dynamic,
    /// A path could not be resolved.
    Unresolved,
}

/// Something that could not be told about an action. Doubt only ever tightens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Its kind.
    pub kind: DoubtKind,
    /// What could not be told, and where.
    pub text: String,
}

/// Everything gathered about a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The commands of a `bash` request.
    #[serde(default)]
    pub commands: Vec<CommandFact>,
    /// The paths the action would touch.
    #[serde(default)]
    pub paths: Vec<PathFact>,
    /// What could not be told.
    #[serde(default)]
    pub doubts: Vec<Doubt>,
    /// Effects that are stopped.
    #[serde(default)]
    pub refusals: Vec<Refusal>,
    /// How many identical calls came directly before this one.
    #[serde(default)]
    pub repeats: u32,
}

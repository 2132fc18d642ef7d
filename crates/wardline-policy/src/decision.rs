//! What comes out of a decision: the decision itself, and the reasons that carry it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The answer to a request. Ordered by strictness, so the strictest of several is their maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The action may run.
    Allow,
    /// A person has to say yes first; nobody there means no.
    Ask,
    /// The action does not run.
    Deny,
}

impl Decision {
    /// The word used in configuration files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text given to [`Decision::from_str`] is none of the three words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDecision(pub String);

impl fmt::Display for UnknownDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a decision: write allow, ask or deny", self.0)
    }
}

impl std::error::Error for UnknownDecision {}

impl FromStr for Decision {
    type Err = UnknownDecision;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "allow" => Ok(Self::Allow),
            "ask" => Ok(Self::Ask),
            "deny" => Ok(Self::Deny),
            _ => Err(UnknownDecision(text.to_owned())),
        }
    }
}

/// Whose word a rule is. Not an order of strength: see [`crate::PolicySet::build`] for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Shipped with Wardline.
    Builtin,
    /// Set by the administrator of the machine: a ceiling for everybody else.
    Managed,
    /// The person's own configuration.
    User,
    /// A file of the repository.
    Project,
    /// An agent file of the repository.
    Agent,
    /// An answer the person gave during this session.
    Session,
}

impl Layer {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Managed => "managed",
            Self::User => "user",
            Self::Project => "project",
            Self::Agent => "agent",
            Self::Session => "session",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a rule was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Whose rule it is.
    pub layer: Layer,
    /// The file as the caller named it; `built-in` for what ships with Wardline.
    pub file: String,
    /// Line in that file, from 1; 0 where there is no file.
    pub line: u32,
}

impl Origin {
    /// The origin of everything that is not written in a file.
    pub fn builtin() -> Self {
        Self { layer: Layer::Builtin, file: "built-in".to_owned(), line: 0 }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(&self.file) } else { write!(f, "{}:{}", self.file, self.line) }
    }
}

/// One ground of a verdict: a rule, a floor or a doubt, what it hit, and what would change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable id (`floor.guarded`) or the rule in words (`bash "rm *" deny`).
    pub rule: String,
    /// Where it was written.
    pub origin: Origin,
    /// What it says.
    pub decision: Decision,
    /// The text it matched: a command, a path, a host.
    pub matched: String,
    /// One sentence for a person.
    pub text: String,
    /// The smallest change that would alter this ground, if there is one.
    pub help: Option<String>,
}

/// What must be true while the action runs; an obligation that cannot be met is a denial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Obligation {
    /// Run inside the sandbox: the verdict was reached on that promise.
    Confine,
}

/// The verdict on one shell command of a `bash` request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandVerdict {
    /// The command as written.
    pub literal: String,
    /// The command with quoting and wrappers normalised.
    pub canonical: String,
    /// The decision on this command alone, paths and doubts apart.
    pub decision: Decision,
    /// Why, the deciding ground first.
    pub reasons: Vec<Reason>,
}

/// The answer to one request, with everything needed to explain it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The strictest of all grounds.
    pub decision: Decision,
    /// The grounds, the deciding one first. Never empty.
    pub reasons: Vec<Reason>,
    /// Rules that matched but lost to the deciding one.
    pub losers: Vec<Reason>,
    /// For `bash`: each command with its own decision.
    pub commands: Vec<CommandVerdict>,
    /// What must hold while the action runs.
    pub obligations: Vec<Obligation>,
    /// Digest of the policy that decided, hex SHA-256.
    pub policy: String,
}

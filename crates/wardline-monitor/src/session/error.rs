//! Why a session could not begin, in words that say what to do about it.

use std::fmt;
use std::path::PathBuf;

use wardline_policy::Verdict;
use wardline_sandbox::{StartError, WaitError, outcomes};

use super::{CHECKPOINT, SEARCH};
use crate::caps::CapsError;
use crate::monitor::{MonitorError, Unanswered};

/// Why a session could not begin; nothing was started.
#[derive(Debug)]
pub enum SessionError {
    /// The workspace is a home directory or the root.
    TooWide(PathBuf),
    /// There are more files than are looked at for secrets, so some would be open inside.
    TooMany(PathBuf),
    /// The policy does not let the workspace be listed, so nothing could work in it.
    Unlisted(PathBuf),
    /// No program was named, or there is none of that name.
    NoProgram(String),
    /// The policy refused the command.
    Refused {
        /// Why.
        verdict: Box<Verdict>,
        /// What became of the question, when the policy asked.
        unanswered: Option<Unanswered>,
    },
    /// A file that would be run was changed after a person had said yes.
    Changed(String),
    /// The command ran over an overlay, and what it did cannot be taken over: places, each with the reason. Nothing was changed.
    NotTaken(Vec<(String, String)>),
    /// No command is rehearsed under a policy by which nothing may be changed.
    NothingToTake,
    /// The monitor could not decide or record.
    Monitor(MonitorError),
    /// A socket or directory of the session could not be made.
    SetUp {
        /// What was being made.
        what: String,
        /// What went wrong.
        why: std::io::Error,
    },
    /// No guarantee has this name.
    UnknownGuarantee(String),
    /// A host that was opened on the command line or in the configuration is not one.
    Host(String),
    /// A capability manifest that holds for the program cannot be obeyed.
    Capabilities(CapsError),
    /// The sandbox could not be made.
    Sandbox(StartError),
    /// The program ran, and how it ended is not known.
    Lost(WaitError),
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooWide(path) => write!(
                f,
                "`{}` is too wide for a workspace: everything of yours lies in it; change to a project's directory",
                path.display()
            ),
            Self::TooMany(path) => write!(
                f,
                "`{}` holds more files than are looked at for secrets, so some of them would be readable inside; work in a \
                 smaller directory, or take that on you with `--accept-missing search`",
                path.display()
            ),
            Self::UnknownGuarantee(word) => {
                let known: Vec<&str> = outcomes().into_iter().map(|(id, _)| id).collect();
                write!(f, "`{word}` is no guarantee; known are {}, {SEARCH}, {CHECKPOINT}", known.join(", "))
            }
            Self::Unlisted(path) => write!(
                f,
                "the policy does not let `{}` be listed without a question, and nobody can be asked inside; `wardline check \
                 list .` says which rule it is; allow `list`, or work without the sandbox",
                path.display()
            ),
            Self::NoProgram(name) => write!(f, "`{name}`: no such program on PATH"),
            Self::Refused { verdict, unanswered } => {
                f.write_str("refused")?;
                if let Some(why) = unanswered {
                    write!(f, " (the policy asks, and {why})")?;
                }
                for reason in verdict.reasons.iter().take(3) {
                    write!(f, "\n  {} ({})", reason.text, reason.origin)?;
                    if let Some(help) = &reason.help {
                        write!(f, "\n    to change it: {help}")?;
                    }
                }
                Ok(())
            }
            Self::Changed(path) => {
                write!(f, "`{path}` was changed after the yes, which was to what it was before; ask again")
            }
            Self::NotTaken(places) => {
                f.write_str("the command ran over an overlay, and nothing of what it did was taken over:")?;
                for (place, why) in places.iter().take(20) {
                    write!(f, "\n  {}: {why}", crate::visible(place))?;
                }
                if places.len() > 20 {
                    write!(f, "\n  … and {} more", places.len() - 20)?;
                }
                f.write_str("\n  to run it without: leave `--overlay` away")
            }
            Self::NothingToTake => {
                f.write_str("by this policy nothing may be changed, so there is nothing to rehearse; leave `--overlay` away")
            }
            Self::Monitor(e) => e.fmt(f),
            Self::SetUp { what, why } => write!(f, "cannot make {what}: {why}"),
            Self::Host(e) => f.write_str(e),
            Self::Capabilities(e) => e.fmt(f),
            Self::Sandbox(e) => e.fmt(f),
            Self::Lost(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for SessionError {}

impl From<MonitorError> for SessionError {
    fn from(e: MonitorError) -> Self {
        Self::Monitor(e)
    }
}

/// A part of a session that could not be made, by its name.
pub(crate) fn set_up(what: &str) -> impl Fn(std::io::Error) -> SessionError {
    move |why| SessionError::SetUp { what: what.to_owned(), why }
}

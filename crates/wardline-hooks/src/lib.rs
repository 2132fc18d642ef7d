//! Wire dialects of the agents to and from request and verdict.
//!
//! [`read`] turns the bytes an agent sends into a [`Call`], [`reply`] turns an [`Answer`] into what that agent
//! obeys, and [`block_blindly`] is the answer when there is nothing to read or nobody to decide. Nothing here
//! decides anything: that is the monitor's.
#![forbid(unsafe_code)]

mod call;
mod dialect;
mod edits;
mod glue;
mod install;
mod json;
mod launch;
mod loose;
mod patch;
mod profile;
mod read;
mod reply;
mod servers;
mod tools;

pub use call::{AccessKind, Action, Answer, Call, Dialect, Malformed, Manners, Moment, Outcome, Reply};
pub use glue::{Asking, answer_alone, answer_in_session};
pub use install::{
    AgentKind, ApplyError, Change, Disk, Files, Found, Guard, HOST_TIMEOUT_SECONDS, Injection, Memory, Plan,
    Refusal, World, apply, detect, diff, hook_command, inject, plan_git, plan_install, plan_remove,
    plugin_source, remove_empty,
};
pub use json::{MAX_BYTES, MAX_DEPTH, MAX_VALUES};
pub use launch::{KnownAgent, known_agent};
pub use profile::{Profile, profile};
pub use read::{ends_turn, read};
pub use reply::{block_blindly, reply, report_blindly};

//! The reference monitor: the one place that runs request → facts → verdict → (approval) → effect → record.
//!
//! Anderson's three demands shape it. *Always invoked*: only this crate depends on the sandbox and the egress door, and
//! an effect consumes a [`Permit`] that only [`Monitor::authorize`] makes. *Tamper-proof*: policy, journal and sockets
//! lie outside of what a confined program can reach. *Small enough to verify*: begin at [`Monitor::authorize`].
//!
//! Nothing here prints, and nothing here reads the process's environment except [`World::of_process`].
#![forbid(unsafe_code)]

mod action;
pub mod approvals;
pub mod approve;
pub mod bounds;
pub mod caps;
pub mod changes;
pub mod check;
pub mod checkpoints;
pub mod doctor;
mod door;
mod egress;
pub mod explain;
pub mod gate;
mod gather;
mod lens;
mod links;
mod live;
mod lower;
pub mod manage;
mod manifest;
mod memory;
mod monitor;
mod paths;
mod permit;
mod probed;
mod profile;
pub mod prove;
mod push;
pub mod quarantine;
mod record;
mod repositories;
pub mod reviewed;
pub mod rules;
mod rundir;
#[cfg(test)]
mod scratch;
mod script;
pub mod session;
pub mod socket;
pub mod sources;
mod spare;
pub mod stop;
mod stray;
mod tally;
pub mod traps;
pub mod trust;
pub mod undo;
mod variables;
pub mod waivers;
mod world;

pub use action::{Action, Subject};
pub use approvals::visible;
pub use approve::{Approver, HostPrompt, Nobody, Terminal, TypedTerminal};
pub use check::{CheckRequest, Checked};
pub use egress::{Doorkeeper, parse_forward};
pub use gather::gather;
pub use manifest::Manifest;
pub use monitor::{Authorization, Monitor, MonitorError, Unanswered, bind, now};
pub use permit::Permit;
pub use probed::{Probed, probed};
pub use profile::Profile;
pub use tally::{Counts, Refusal};
pub use wardline_proxy::authorization;
pub use world::{World, WorldError};

pub use wardline_audit as audit;
pub use wardline_checkpoint as checkpoint;
pub use wardline_policy as policy;
pub use wardline_sandbox as sandbox;
pub use wardline_scan as scan;
pub use wardline_secrets as secrets;
pub use wardline_shell as shell;

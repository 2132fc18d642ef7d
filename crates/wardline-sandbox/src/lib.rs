//! Turns a confinement into operating-system settings, starts the child, reports what is enforced.
//!
//! Deny by default: the program sees the project, what it was given besides, and nothing else. Mounts, Landlock and
//! seccomp are set up from one [`Confinement`], independently of each other; the kernel enforces them. A guarantee that
//! the host cannot give is an error that names the fix, unless a human accepted to do without it.
//!
//! [`start`] executes the running binary once more as the *stage*, which builds the jail and becomes the program. So a
//! binary that uses this crate begins its `main` with:
//!
//! ```no_run
//! # use std::process::ExitCode;
//! fn main() -> ExitCode {
//!     if wardline_sandbox::is_stage(std::env::args_os()) {
//!         return wardline_sandbox::stage_main();
//!     }
//!     // the binary's own work
//!     ExitCode::SUCCESS
//! }
//! ```
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

pub mod attack;
mod bridge;
mod cgroup;
mod confinement;
mod drop_rights;
mod filter;
mod freeze;
mod gitscan;
mod guarantee;
mod helper;
mod hit;
mod host;
mod identity;
mod input;
mod landlock_rules;
mod launch;
mod leftover;
pub mod lend;
mod limits;
mod mechanism;
mod meter;
mod mounts;
mod names;
mod plan;
mod probe;
mod processes;
mod resources;
mod restore;
mod scan;
pub mod seatbelt;
mod stage;
mod standin;
mod streams;
mod supervise;
mod terminal;
mod view;
mod watch;
mod wire;

pub use confinement::{
    Confinement, EGRESS_PORT, Forward, Invalid, Quarantined, ResourceLimits, system_paths,
};
pub use filter::{RefusedCall, refused_calls};
pub use freeze::{FreezeError, Tree};
pub use guarantee::{Guarantee, is_known, outcomes};
pub use helper::{Helped, Helper, HelperError, help};
pub use hit::Hit;
pub use host::{HostKind, Marks, every_fix};
pub use identity::Identity;
pub use input::read_input;
pub use launch::{
    Ahead, Child, Ended, Going, Held, Killer, Program, StartError, Unhurried, WaitError, probe_with, start,
    start_with,
};
pub use leftover::clean;
pub use mechanism::{Mechanism, mechanisms};
pub use names::Names;
pub use probe::{Report, probe};
pub use processes::Process;
pub use resources::{Resource, Unit};
pub use restore::{Restore, RestoreError, restore};
pub use stage::{is_stage, stage_main};
pub use standin::{REMOVED, ignore_line};
pub use streams::{Stdio3, Stream};
pub use supervise::{Pulse, SuperviseError, bound, supervise, supervise_patiently};
pub use terminal::aside;
pub use view::{Sight, View};
pub use watch::{Aftermath, Appeared, INDEX, put_away};
pub use wire::Failure;

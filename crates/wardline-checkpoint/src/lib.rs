//! Checkpoints of a workspace: capture what is there, tell who changed what since, undo an agent's part of it.
//!
//! The middle is pure: [`lines`] tells two texts apart, [`merge`] puts two changes of one text together, [`history`] says
//! what a file would be without the agent's changes, [`plan`] turns that into steps that fit a tree. The rim does I/O:
//! `walk` looks, `pack` and `record` keep, [`Store`] ties them together, `apply` carries a plan out, whole or not at all.
//!
//! The store lies outside of the workspace, is the person's alone, and never looks into a repository's own files.
#![forbid(unsafe_code)]

mod apply;
mod capture;
mod error;
pub mod history;
mod index;
pub mod limits;
pub mod lines;
pub mod merge;
mod node;
mod open;
mod pack;
pub mod plan;
mod prune;
mod record;
mod recover;
mod rehearsal;
mod revert;
mod store;
#[cfg(test)]
mod tests;
mod walk;
mod wire;

pub use error::CheckpointError;
pub use limits::Limits;
pub use node::{Digest, Node, Place, Why, digest};
pub use prune::Pruned;
pub use record::{Author, Cause, Checkpoint, Occasion};
pub use rehearsal::{Rehearsal, remove_overlay};
pub use revert::{Changes, Choice, Hunks, Reverted};
pub use store::{Kept, Now, Store, Taken};

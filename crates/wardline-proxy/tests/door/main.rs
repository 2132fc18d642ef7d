//! The door as a guarded program meets it, with servers on loopback behind it and a resolver of its own.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it cannot go on")]

mod bounds;
mod common;
mod hostile;
mod intercept;
mod socks;
mod tunnels;

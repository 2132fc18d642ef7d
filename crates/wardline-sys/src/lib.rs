//! Safe wrappers over the few operating-system calls that Wardline needs.
//!
//! This is the only crate of the workspace that may contain `unsafe`. Every unsafe block holds one call, and the
//! `SAFETY` note above it names the fact that makes the call sound. What rustix already offers as a safe function
//! is used directly by the callers and is not wrapped again here.

#![cfg(target_os = "linux")]
#![expect(unsafe_code, reason = "the crate that holds the workspace's unsafe calls")]

pub mod attempt;
pub mod descriptor;
pub mod kernel;
pub mod network;
pub mod notify;
pub mod process;
pub mod signal;

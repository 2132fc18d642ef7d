//! The front-ends: one for each grammar, each lowers a text to the shared tree.
//!
//! A front-end gives a [`Module`](crate::ir::Module) for every text, however broken: what the grammar could not read is in
//! [`Module::problems`](crate::ir::Module::problems). Work is bounded: nesting deeper than [`DEPTH`] becomes a problem, not a
//! deeper stack.

mod build;

pub use build::Builder;

/// How deep expressions and statements may nest before the rest is a [`Problem`](crate::ir::Problem). Deep enough for every
/// source written by people; the interpreters that recurse over the tree rely on it.
pub const DEPTH: usize = 200;

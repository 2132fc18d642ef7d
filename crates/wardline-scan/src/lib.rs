//! Looks at source text and returns findings.
//!
//! A text goes one way: its *front-end* reads it with the language's tree-sitter grammar and lowers it to one small
//! tree that all languages share ([`ir`]); *rules* mark expressions of that tree as sources, sinks and sanitizers, or
//! find patterns in it ([`role`]); *flow* follows values from source to sink, through functions and imports. What a rule
//! calls out is a [`finding`]. Secrets are looked for in the text itself, whatever its language.
//!
//! Nothing here reads a file, a clock or the environment: texts come in, findings go out, and what could not be analysed
//! is said ([`finding::Gap`]), because a gate that passes over it in silence can be talked green.

#![forbid(unsafe_code)]

pub mod change;
pub mod checks;
pub mod compare;
pub mod finding;
pub mod flow;
pub mod front;
mod hash;
pub mod hidden;
pub mod ir;
pub mod language;
mod memory;
mod mend;
pub mod project;
pub mod render;
pub mod role;
pub mod rules;
pub mod sarif;
pub mod scan;
pub mod secrets;
mod shift;
pub mod span;

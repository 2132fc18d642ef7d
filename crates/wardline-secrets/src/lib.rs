//! Finds secrets in text, for two uses that want different things of one knowledge.
//!
//! - [`redact`] takes secrets out of what is written down (the journal, reports, anything given to `wardline redact`). It
//!   would rather take a word too many.
//! - [`find`] names secrets in a file that is scanned. Each stops a person's work until somebody looked at it, so the
//!   *value* has to speak: a token of known make, a key block, a file whose format says "here stands the password", or
//!   an assignment to a name such as `password` of something that is no placeholder, variable or word of prose.
//!
//! All scanners are linear in the text: a cheap look for a literal, then a bounded look around it. Nothing is asked of
//! the network.

#![forbid(unsafe_code)]

mod assignments;
mod checks;
mod documents;
mod find;
mod formats;
mod literals;
mod redact;
mod tokens;
mod value;

pub use find::{Certainty, Secret, find, preview};
pub use redact::{redact, redact_value};

use std::ops::Range;

/// A secret in a text: where it is and what it is called.
pub(crate) struct Span {
    pub(crate) range: Range<usize>,
    pub(crate) kind: &'static str,
}

/// The next place of `needle` from byte `from` on.
pub(crate) fn find_from(text: &str, needle: &str, from: usize) -> Option<usize> {
    text.get(from..)?.find(needle).map(|found| from + found)
}

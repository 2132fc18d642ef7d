//! Parts of the walk that deal with values: patterns, arithmetic, cuts and replacements, streams of text.

pub(crate) mod arithmetic;
pub(crate) mod assign;
pub(crate) mod braces;
pub(crate) mod cuts;
pub(crate) mod loops;
pub(crate) mod order;
pub(crate) mod parameters;
pub(crate) mod patterns;
pub(crate) mod plumbing;
pub(crate) mod reads;
pub(crate) mod recipes;
pub(crate) mod searched;
pub(crate) mod streams;
pub(crate) mod well_known;

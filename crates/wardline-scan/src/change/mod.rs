//! What a change did: which findings it introduced, made worse, left alone, mended.
//!
//! A finding is the same before and after when its statement is, wherever it went: lines, layout, comments, the names of
//! files and functions may change. What stands in the place of a mended statement is not confused with a copy elsewhere, and
//! of two copies only as many are old as there were before. Matching goes from strict to loose in rounds (`rounds.rs`); a
//! pair that is found is never undone, so the result depends on nothing but its input.

mod fingerprint;
mod mark;
mod renames;
mod rounds;
mod statements;
mod tokens;

pub use fingerprint::fingerprints;

use std::collections::BTreeMap;

use crate::finding::Finding;

/// Texts and what was found in them.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    /// Each file that was looked at or that a finding names, by the path that findings use.
    pub texts: &'a BTreeMap<String, String>,
    /// What was found.
    pub findings: &'a [Finding],
}

/// What the change has to do with a finding of the state after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was not there before.
    Introduced,
    /// It was there and was milder: a sink that nothing was known to reach, and now a source does.
    Worsened {
        /// Its number among the findings before.
        before: usize,
    },
    /// It was there.
    PreExisting {
        /// Its number among the findings before.
        before: usize,
    },
}

/// Findings before and after, compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// For each finding after the change, in their order: what it is.
    pub states: Vec<State>,
    /// The findings before (their numbers, in order) that are gone.
    pub fixed: Vec<usize>,
}

/// Compares what was found before a change with what is found after it.
pub fn compare(before: Snapshot<'_>, after: Snapshot<'_>) -> Comparison {
    let renamed = renames::find(before.texts, after.texts);
    let marks = mark::mark(before, after, &renamed);
    let pairs = rounds::pair(&marks);
    let states = after.findings.iter().zip(&pairs).map(|(finding, before_index)| {
        let Some(index) = *before_index else { return State::Introduced };
        let milder = before.findings.get(index).is_some_and(|old| old.severity < finding.severity);
        if milder { State::Worsened { before: index } } else { State::PreExisting { before: index } }
    });
    let states = states.collect();
    let kept: std::collections::BTreeSet<usize> = pairs.iter().flatten().copied().collect();
    let fixed = (0..before.findings.len()).filter(|index| !kept.contains(index)).collect();
    Comparison { states, fixed }
}

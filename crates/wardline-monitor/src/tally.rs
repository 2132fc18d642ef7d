//! What happened in a session so far, for its summary and for telling effects that no decision covers.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use wardline_policy::Verdict;

use crate::Action;

/// How long after its reported end a call may still have written: clocks of files are coarse.
const SLACK: Duration = Duration::from_secs(1);

/// One thing that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The permission that was asked for.
    pub permission: String,
    /// What it was for.
    pub target: String,
    /// Why, in one sentence.
    pub text: String,
    /// The rule, with file and line.
    pub rule: String,
}

/// The counts of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Actions that were allowed.
    pub allowed: u32,
    /// Actions that a human was asked about.
    pub asked: u32,
    /// Actions that were refused, each kind once with how often.
    pub refused: Vec<(Refusal, u32)>,
}

/// What stands behind a change of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cover {
    /// A decided call was open then.
    Call,
    /// Only this call was, and how it ended was never reported, so the change may have come after it.
    Unreported(String),
    /// No decided call was open.
    None,
}

/// The running record of a session.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    counts: Counts,
    calls: BTreeMap<String, (SystemTime, Option<SystemTime>)>,
}

impl Tally {
    /// Counts a decision, and whether somebody was asked; an allowed or asked call may have effects from now on.
    pub(crate) fn decided(&self, call: &str, action: &Action, verdict: &Verdict, asked: bool, granted: bool) {
        self.with(|inner| {
            inner.counts.asked += u32::from(asked);
            if granted {
                inner.counts.allowed += 1;
                inner.calls.insert(call.to_owned(), (SystemTime::now(), None));
            } else {
                refuse(&mut inner.counts.refused, action, verdict);
            }
        });
    }

    /// Notes that a call is over.
    pub(crate) fn finished(&self, call: &str) {
        self.with(|inner| {
            if let Some((_, end)) = inner.calls.get_mut(call) {
                *end = Some(SystemTime::now() + SLACK);
            }
        });
    }

    /// Whether something that happened at `when` can be an effect of a decided call; with `None`, when the time is not
    /// known.
    pub(crate) fn covers(&self, when: Option<SystemTime>) -> Cover {
        self.with(|inner| {
            let open = |start: SystemTime, end: Option<SystemTime>| {
                when.is_none_or(|when| start <= when + SLACK && end.is_none_or(|end| when <= end))
            };
            let mut cover = Cover::None;
            for (call, (start, end)) in &inner.calls {
                match end {
                    _ if !open(*start, *end) => {}
                    Some(_) => return Cover::Call,
                    None => cover = Cover::Unreported(call.clone()),
                }
            }
            cover
        })
    }

    pub(crate) fn counts(&self) -> Counts {
        self.with(|inner| inner.counts.clone())
    }

    fn with<R>(&self, work: impl FnOnce(&mut Inner) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn refuse(refused: &mut Vec<(Refusal, u32)>, action: &Action, verdict: &Verdict) {
    let reason = verdict.reasons.first();
    let refusal = Refusal {
        permission: action.permission.clone(),
        target: action.targets.first().cloned().unwrap_or_default(),
        text: reason.map(|reason| reason.text.clone()).unwrap_or_default(),
        rule: reason.map(|reason| format!("{} ({})", reason.rule, reason.origin)).unwrap_or_default(),
    };
    match refused.iter_mut().find(|(known, _)| *known == refusal) {
        Some((_, times)) => *times += 1,
        None => refused.push((refusal, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_outside_of_decided_calls_are_not_covered() {
        let tally = Tally::default();
        let start = SystemTime::now();
        assert_eq!(tally.covers(Some(start)), Cover::None, "nothing was decided");
        assert_eq!(tally.covers(None), Cover::None);
        let seconds = Duration::from_secs;
        tally.with(|inner| {
            inner.calls.insert("a".into(), (start, Some(start + seconds(10))));
            inner.calls.insert("b".into(), (start + seconds(100), None));
        });
        let unreported = Cover::Unreported("b".into());
        let table = [
            (start - seconds(5), Cover::None),
            (start, Cover::Call),
            (start + seconds(9), Cover::Call),
            (start + seconds(30), Cover::None),
            (start + seconds(101), unreported.clone()),
            (start + seconds(9999), unreported),
        ];
        for (when, cover) in table {
            assert_eq!(tally.covers(Some(when)), cover, "{when:?}");
        }
    }
}

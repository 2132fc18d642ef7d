//! What a scanner keeps between scans: files as they were read, and what following their values did.
//!
//! Everything is kept by content. A file of the same path and text is the same reading; a run over the same files gives
//! the same report; and where only bodies of functions changed, [`crate::flow`] takes from the last run what still holds. So a scan
//! with a memory finds what a scan without one finds.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::{
    finding::Finding,
    flow::{Again, Follower, Moves, Report, Run, Shape, Unit},
    front::again::{Before, Edit, Source},
    hash::{HashMap, State},
    language::Language,
    rules::Applied,
};

/// States of one file that are kept: as it was before a change, as it is, and one more.
const STATES: usize = 3;

/// A file that was read, with what the rules say about it.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) unit: Arc<Unit>,
    pub(crate) applied: Applied,
    source: Option<Source>,
    shape: OnceLock<Option<Shape>>,
}

impl Reading {
    pub(crate) fn new(unit: Unit, applied: Applied, source: Option<Source>) -> Self {
        Self { unit: Arc::new(unit), applied, source, shape: OnceLock::new() }
    }

    /// What the next state of the file may be read from.
    pub(crate) fn before(&self) -> Option<Before<'_>> {
        let source = self.source.as_ref()?;
        Some(Before { text: &self.unit.text, module: &self.unit.module, source })
    }

    /// The first of the languages whose files it is looked at together with.
    pub(crate) fn family(&self) -> Option<Language> {
        self.unit.module.language.family().first().copied()
    }

    fn shape(&self, state: &State) -> Option<&Shape> {
        self.shape.get_or_init(|| Shape::of(&self.unit, state)).as_ref()
    }
}

/// A run over one file of a program.
#[derive(Debug)]
struct Followed {
    files: Vec<Arc<Reading>>,
    report: Report,
    run: Run,
}

/// Kept values by path, the one that was used last in front.
#[derive(Debug)]
struct Shelf<T>(HashMap<String, Vec<(u64, T)>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T: Clone> Shelf<T> {
    fn find(&mut self, path: &str, turn: u64, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let states = self.0.get_mut(path)?;
        let at = states.iter().position(|(_, state)| wanted(state))?;
        let (_, found) = states.remove(at);
        states.insert(0, (turn, found.clone()));
        Some(found)
    }

    /// The state with the least measure.
    fn least(&self, path: &str, measure: impl Fn(&T) -> usize) -> Option<T> {
        let states = self.0.get(path).into_iter().flatten();
        states.min_by_key(|(_, state)| measure(state)).map(|(_, state)| state.clone())
    }

    fn put(&mut self, path: &str, turn: u64, value: T) {
        let states = self.0.entry(path.to_owned()).or_default();
        states.insert(0, (turn, value));
        states.truncate(STATES);
    }

    fn forget(&mut self, since: u64) {
        self.0.retain(|_, states| {
            states.retain(|(turn, _)| *turn >= since);
            !states.is_empty()
        });
    }
}

#[derive(Debug, Default)]
struct Kept {
    turn: u64,
    readings: Shelf<Arc<Reading>>,
    runs: Shelf<Arc<Followed>>,
    secrets: Shelf<Arc<(String, Vec<Finding>)>>,
}

/// The memory of a scanner.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    kept: Mutex<Kept>,
    state: State,
}

impl Memory {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go what was not used in this turn and the one before, and begins another.
    pub(crate) fn turn(&self) {
        let mut kept = self.kept();
        let since = kept.turn;
        kept.readings.forget(since);
        kept.runs.forget(since);
        kept.secrets.forget(since);
        kept.turn = since.saturating_add(1);
    }

    /// A file as it was read before, or as `read` reads it, which is given the state of the file that is most like it.
    pub(crate) fn reading(
        &self,
        path: &str,
        text: &str,
        read: impl FnOnce(Option<&Reading>) -> Option<Reading>,
    ) -> Option<Arc<Reading>> {
        let mut kept = self.kept();
        let turn = kept.turn;
        let known = kept.readings.find(path, turn, |known| known.unit.text == text);
        let last = known
            .is_none()
            .then(|| kept.readings.least(path, |state| Edit::between(&state.unit.text, text).size()))
            .flatten();
        drop(kept);
        if known.is_some() {
            return known;
        }
        let made = Arc::new(read(last.as_deref())?);
        self.kept().readings.put(path, turn, made.clone());
        Some(made)
    }

    /// The secrets of a file as they were found before, or as `find` finds them.
    pub(crate) fn secrets(
        &self,
        path: &str,
        text: &str,
        find: impl FnOnce() -> Vec<Finding>,
    ) -> Vec<Finding> {
        let mut kept = self.kept();
        let turn = kept.turn;
        let known = kept.secrets.find(path, turn, |known| known.0 == text);
        drop(kept);
        if let Some(known) = known {
            return known.1.clone();
        }
        let found = find();
        self.kept().secrets.put(path, turn, Arc::new((text.to_owned(), found.clone())));
        found
    }

    /// Follows the values of one file of the follower's program, whose files these are.
    pub(crate) fn follow(&self, follower: &mut Follower<'_>, files: &[Arc<Reading>], unit: usize) -> Report {
        let Some(own) = files.get(unit) else { return Report::default() };
        let path = own.unit.path.as_str();
        let mut kept = self.kept();
        let turn = kept.turn;
        let known = kept.runs.find(path, turn, |known| known.is_of(files, unit));
        let last =
            known.is_none().then(|| kept.runs.find(path, turn, |known| known.is_near(files, unit))).flatten();
        drop(kept);
        if let Some(known) = known {
            return Report { worked: 0, ..known.report.clone() };
        }
        let moves = last.as_ref().and_then(|last| {
            let before = last.files.get(unit)?;
            let (was, is) = (before.shape(&self.state)?, own.shape(&self.state)?);
            Moves::between((&before.unit, was), (&own.unit, is))
        });
        let again = last.as_ref().zip(moves.as_ref());
        let again = again.and_then(|(last, moves)| Again::new(&last.run, moves, unit, path));
        let (report, run) = follower.follow(unit, again.as_ref());
        let followed = Followed { files: files.to_vec(), report: report.clone(), run };
        self.kept().runs.put(path, turn, Arc::new(followed));
        report
    }
}

impl Followed {
    /// Whether it is the run over that file: it and all that the run looked at are what they are now.
    fn is_of(&self, files: &[Arc<Reading>], unit: usize) -> bool {
        let own = self.files.get(unit).zip(files.get(unit));
        own.is_some_and(|(was, is)| Arc::ptr_eq(was, is)) && self.is_near(files, unit)
    }

    /// Whether it is a run over that file in some state, among the same others.
    fn is_near(&self, files: &[Arc<Reading>], unit: usize) -> bool {
        self.files.len() == files.len()
            && self.files.iter().zip(files).enumerate().all(|(number, (was, is))| {
                was.unit.path == is.unit.path
                    && was.unit.module.language == is.unit.module.language
                    && (number == unit || Arc::ptr_eq(was, is) || self.run.is_free_of(number))
            })
    }
}

//! What changed since a checkpoint and by whom, and taking an agent's part of it back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::apply::{Fate, Fates, Stop};
use crate::error::CheckpointError;
use crate::history::{Reading, Story};
use crate::lines::{self, Hunk};
use crate::merge::{Contents, Made, is_text};
use crate::node::{Digest, Node, Place, above};
use crate::pack::numbers;
use crate::plan::{Own, Plan, Tree, plan};
use crate::record::{Author, Cause, Checkpoint, Occasion, Record};
use crate::store::Store;

/// What changed since a checkpoint.
#[derive(Debug)]
pub struct Changes {
    /// The checkpoint from which on changes are looked at.
    pub since: Checkpoint,
    /// Every place that changed, or was changed and is as it was.
    pub readings: BTreeMap<Place, Reading>,
    /// Contents that merging made.
    made: HashMap<Digest, Arc<[u8]>>,
}

/// Which of an agent's changes are taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// All.
    All,
    /// Those at these places and below them.
    Places(Vec<Place>),
    /// These hunks of one file, as [`Changes::hunks`] counts them from 1.
    Hunks(Place, Vec<usize>),
}

/// What came of a restore.
#[derive(Debug, Default)]
pub struct Reverted {
    /// The checkpoint before it, to which it can be undone.
    pub before: u64,
    /// Places that were changed, with what was done.
    pub done: Vec<(Place, char)>,
    /// Places that were left as they are, with the reason.
    pub conflicts: BTreeMap<Place, String>,
}

/// The hunks of a file that are an agent's, with the lines of both sides.
#[derive(Debug)]
pub struct Hunks {
    /// What the file would be without the agent's changes.
    pub without: Arc<[u8]>,
    /// What it is.
    pub now: Arc<[u8]>,
    /// How the first becomes the second.
    pub hunks: Vec<Hunk>,
}

impl Changes {
    /// A content of one of the readings.
    #[must_use]
    pub fn content(&self, store: &Store, digest: &Digest) -> Option<Arc<[u8]>> {
        self.made.get(digest).cloned().or_else(|| store.read(digest))
    }

    /// The text of a node: a file's content, nothing for what is not there. `None` for what is no text.
    #[must_use]
    pub fn text(&self, store: &Store, node: Option<&Node>) -> Option<Arc<[u8]>> {
        match node {
            None => Some(Arc::from(&[][..])),
            Some(Node::File { digest, .. }) => self.content(store, digest).filter(|content| is_text(content)),
            Some(_) => None,
        }
    }

    /// The agent's hunks at a place; `None` where there are none to be told, because it is no text.
    #[must_use]
    pub fn hunks(&self, store: &Store, place: &[u8]) -> Option<Hunks> {
        let reading = self.readings.get(place)?;
        let without = self.text(store, reading.without.as_ref())?;
        let now = self.text(store, reading.now.as_ref())?;
        let hunks = lines::diff(&lines::lines(&without), &lines::lines(&now));
        Some(Hunks { without, now, hunks })
    }
}

impl Store {
    /// The number of the checkpoint at which the last session began: what "everything that the agent did" is counted from.
    ///
    /// # Errors
    /// [`CheckpointError::Empty`] without any checkpoint.
    pub fn beginning(&self) -> Result<u64, CheckpointError> {
        let all = self.list()?;
        let is_start = |occasion| matches!(occasion, Occasion::Start | Occasion::StartUnwatched);
        let start = all.iter().rev().find(|checkpoint| is_start(checkpoint.cause.occasion));
        start.or_else(|| all.first()).map(|checkpoint| checkpoint.number).ok_or(CheckpointError::Empty)
    }

    /// The number of the checkpoint before the last revert, to which that revert can be undone.
    ///
    /// # Errors
    /// [`CheckpointError::Empty`] when nothing was reverted.
    pub fn before_last_revert(&self) -> Result<u64, CheckpointError> {
        let all = self.list()?;
        let after = all.iter().rposition(|checkpoint| checkpoint.cause.occasion == Occasion::AfterRestore);
        let before = after.and_then(|at| all.get(..at)?.last());
        before.map(|checkpoint| checkpoint.number).ok_or(CheckpointError::Empty)
    }

    /// Whose doing a change is that is seen now, as far as the checkpoints tell: an agent's while a session runs of which no
    /// single effect is seen, or the last effect has not ended; also when that session was killed.
    ///
    /// # Errors
    /// [`CheckpointError`] when a record cannot be read.
    pub fn author_now(&self) -> Result<Author, CheckpointError> {
        for checkpoint in self.list()?.iter().rev() {
            match checkpoint.cause.occasion {
                Occasion::End | Occasion::Start | Occasion::After => return Ok(Author::Person),
                Occasion::StartUnwatched | Occasion::Before => return Ok(Author::Agent),
                Occasion::Asked | Occasion::BeforeRestore | Occasion::AfterRestore => {}
            }
        }
        Ok(Author::Person)
    }

    /// What changed since the checkpoint `since` until the last one. Take one first.
    ///
    /// # Errors
    /// [`CheckpointError::Unknown`] and others.
    pub fn changes(&self, since: u64) -> Result<Changes, CheckpointError> {
        let mut stories: BTreeMap<Place, Story> = BTreeMap::new();
        let path = self.record_path(since);
        if !path.exists() {
            return Err(CheckpointError::Unknown(since));
        }
        let checkpoint = Record::load(&path)?.checkpoint;
        for number in numbers(&self.log(), "cp")?.into_iter().filter(|number| *number > since) {
            let record = Record::load(&self.record_path(number))?;
            for (place, node) in record.changes {
                stories.entry(place).or_default().steps.push((record.checkpoint.cause.author, node));
            }
        }
        if !stories.is_empty() {
            for (place, node) in self.tree_at(since)? {
                if let Some(story) = stories.get_mut(&place) {
                    story.before = Some(node);
                }
            }
        }
        let mut made = Made::over(self);
        let readings = stories.into_iter().map(|(place, story)| (place, story.read(&mut made))).collect();
        Ok(Changes { since: checkpoint, readings, made: made.into_made() })
    }

    /// What taking back the chosen changes would do. Nothing is changed.
    #[must_use]
    pub fn preview(&self, changes: &Changes, choice: &Choice) -> Plan {
        self.prepare(changes, choice).0
    }

    /// Takes back an agent's changes since the checkpoint `since`. The person's own stay; what cannot be told apart stays too,
    /// and is named. `cause` says whose doing the changes since the last checkpoint are. A checkpoint before and one after are taken, so the restore can be taken back like an agent's work.
    ///
    /// # Errors
    /// [`CheckpointError`]; nothing was changed then.
    pub fn revert(
        &mut self,
        since: u64,
        choice: &Choice,
        cause: &Cause,
    ) -> Result<Reverted, CheckpointError> {
        match self.revert_stepwise(since, choice, cause, &mut || Fate::GoOn) {
            Ok(reverted) => Ok(reverted),
            Err(Stop::Error(e)) => Err(e),
            #[cfg(test)]
            Err(Stop::Died) => Err(CheckpointError::Empty),
        }
    }

    pub(crate) fn revert_stepwise(
        &mut self,
        since: u64,
        choice: &Choice,
        cause: &Cause,
        fates: &mut Fates<'_>,
    ) -> Result<Reverted, Stop> {
        let before = Cause { occasion: Occasion::BeforeRestore, ..cause.clone() };
        let before = self.capture(&before)?.checkpoint.number;
        let changes = self.changes(since)?;
        let (plan, made) = self.prepare(&changes, choice);
        let mut reverted = Reverted { before, done: Vec::new(), conflicts: plan.conflicts };
        if plan.steps.is_empty() {
            return Ok(reverted);
        }
        let kept = Kept { made, changes: &changes, store: self };
        self.apply(&plan.steps, &kept, fates)?;
        crate::apply::ask(fates)?;
        if let Some(list) = self.ended()? {
            self.finish(&list, &cause.label)?;
        }
        let letter = |step: &crate::plan::Step| match (&step.old, &step.new) {
            (None, _) => 'A',
            (_, None) => 'D',
            _ => 'M',
        };
        reverted.done = plan.steps.iter().map(|step| (step.place.clone(), letter(step))).collect();
        Ok(reverted)
    }

    /// The plan for a choice, and contents that it needs and nobody has yet.
    fn prepare(&self, changes: &Changes, choice: &Choice) -> (Plan, BTreeMap<Digest, Vec<u8>>) {
        let mut made = BTreeMap::new();
        let mut conflicts = BTreeMap::new();
        let own = Own {
            places: changes.readings.keys().cloned().collect(),
            wrote: changes.readings.values().flat_map(|reading| reading.wrote.clone()).collect(),
        };
        let mut wanted = BTreeMap::new();
        let chosen: BTreeSet<&[u8]> = match choice {
            Choice::All => BTreeSet::from([&b""[..]]),
            Choice::Places(places) => places.iter().map(Vec::as_slice).collect(),
            Choice::Hunks(place, _) => BTreeSet::from([place.as_slice()]),
        };
        let is_chosen = |place: &[u8]| {
            chosen.contains(&b""[..])
                || chosen.contains(place)
                || above(place).any(|parent| chosen.contains(parent))
        };
        for (place, reading) in
            changes.readings.iter().filter(|(place, reading)| reading.agent() && is_chosen(place))
        {
            if let Some(why) = reading.conflict {
                conflicts.insert(place.clone(), why.to_owned());
            }
            let node = match choice {
                Choice::All | Choice::Places(_) => reading.without.clone(),
                Choice::Hunks(_, numbers) => match self.without_hunks(changes, place, reading, numbers) {
                    Ok((node, content)) => {
                        made.extend(content);
                        node
                    }
                    Err(why) => {
                        conflicts.insert(place.clone(), why);
                        continue;
                    }
                },
            };
            wanted.insert(place.clone(), node);
        }
        let tree = self.index.tree();
        let kept = Kept { made, changes, store: self };
        let plan = plan(Tree::new(&tree), wanted, conflicts, &own, &kept);
        (plan, kept.made)
    }

    /// A file with some of the agent's hunks taken back.
    fn without_hunks(
        &self,
        changes: &Changes,
        place: &[u8],
        reading: &Reading,
        numbers: &[usize],
    ) -> Result<Chosen, String> {
        let hunks = changes.hunks(self, place).ok_or("it is no text that can be told apart by lines")?;
        if let Some(unknown) = numbers.iter().find(|number| **number == 0 || **number > hunks.hunks.len()) {
            return Err(format!("it has {} hunks, and none with the number {unknown}", hunks.hunks.len()));
        }
        if numbers.len() >= hunks.hunks.len()
            && (1..=hunks.hunks.len()).all(|number| numbers.contains(&number))
        {
            return Ok((reading.without.clone(), None));
        }
        let (old, new) = (lines::lines(&hunks.without), lines::lines(&hunks.now));
        let content = lines::apply(&old, &new, &hunks.hunks, &|index| !numbers.contains(&(index + 1)));
        let files = [reading.now.as_ref(), reading.without.as_ref()];
        let mode = files.into_iter().flatten().find_map(|node| match node {
            Node::File { mode, .. } => Some(*mode),
            _ => None,
        });
        let digest = crate::node::digest(&content);
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        Ok((Some(Node::File { mode: mode.unwrap_or(0o644), size, digest }), Some((digest, content))))
    }
}

/// A node, and its content when nobody has it yet.
type Chosen = (Option<Node>, Option<(Digest, Vec<u8>)>);

/// Contents from the store, from merging and from choosing hunks.
struct Kept<'a> {
    made: BTreeMap<Digest, Vec<u8>>,
    changes: &'a Changes,
    store: &'a Store,
}

impl Contents for Kept<'_> {
    fn read(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        let made = self.made.get(digest).map(|content| content.as_slice().into());
        made.or_else(|| self.changes.content(self.store, digest))
    }
}

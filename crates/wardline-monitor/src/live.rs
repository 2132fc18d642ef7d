//! The policy while a session runs: the mode that a person switches to and the rules that they give count from the next decision on.
//!
//! Everything else stays as it was when the session began, except the person's own files, which are read anew when they were changed, and rules
//! whose end comes.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, json};
use wardline_policy::{Layer, PolicySet, Source, SourceKind};

use crate::approvals::board::now_ms;
use crate::approvals::{Board, Grant, Mode};
use crate::sources::{self, Choice};
use crate::{MonitorError, World, rules};

/// The size and time of change of the person's own files: that of all projects and that of this one.
type Stamp = [Option<(u64, Option<SystemTime>)>; 2];

/// What the policy was made of last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Made {
    mode: Option<Mode>,
    grants: Vec<Grant>,
    file: Stamp,
}

/// The policy by which a session is decided now.
#[derive(Debug)]
pub(crate) struct Live {
    began: Stamp,
    /// The mode that counts whatever a person switches to.
    fixed: Option<Mode>,
    last: Option<(Made, Arc<PolicySet>)>,
}

impl Live {
    pub(crate) fn new(world: &World) -> Self {
        Self { began: stamp(world), fixed: None, last: None }
    }

    /// As [`Self::new`], for what is asked about in a mode of its own.
    pub(crate) fn fixed(world: &World, mode: Mode) -> Self {
        Self { fixed: Some(mode), ..Self::new(world) }
    }

    /// The policy of a session now; `base` is the one with which it began.
    ///
    /// # Errors
    /// [`MonitorError`] when it can't be told: nothing may happen then.
    pub(crate) fn policy(
        &mut self,
        world: &World,
        choice: &Choice,
        board: &Board,
        session: &str,
        base: &Arc<PolicySet>,
    ) -> Result<Arc<PolicySet>, MonitorError> {
        let mut grants = board.grants()?;
        let now = now_ms();
        grants.retain(|grant| grant.holds(session, &world.project, now));
        let mode = match self.fixed {
            Some(mode) => Some(mode),
            None => board.mode(session)?,
        };
        let made = Made { mode, grants, file: stamp(world) };
        let holds = |policy: &PolicySet| policy.next_expiry().is_none_or(|end| now / 1000 < end);
        if made.mode.is_none() && made.grants.is_empty() && made.file == self.began && holds(base) {
            return Ok(Arc::clone(base));
        }
        if let Some((_, policy)) = self.last.as_ref().filter(|(last, policy)| *last == made && holds(policy))
        {
            return Ok(Arc::clone(policy));
        }
        let preset = made.mode.map(|mode| mode.over(base.preset())).or(choice.preset);
        let choice = Choice { preset, ..choice.clone() };
        let mut all = sources::read(world).map_err(MonitorError::Policy)?;
        all.extend(made.grants.iter().map(|grant| source(board.directory(), grant)));
        let policy = Arc::new(sources::build(&all, world, &choice).map_err(MonitorError::Policy)?);
        self.last = Some((made, Arc::clone(&policy)));
        Ok(policy)
    }
}

/// A rule that a person gave, as the file that it would stand in.
fn source(directory: &Path, grant: &Grant) -> Source {
    let mut line = Map::new();
    line.insert(grant.pattern.clone(), grant.decision.as_str().into());
    Source {
        // Where it answers like a rule of the person's own, which it is.
        layer: Layer::User,
        trusted: true,
        file: directory.join("grants").to_string_lossy().into_owned(),
        text: json!({"permission": {grant.permission.as_str(): line}}).to_string(),
        kind: SourceKind::Config,
    }
}

fn stamp(world: &World) -> Stamp {
    [rules::file(world), rules::file_of_project(world)].map(|file| {
        let file = std::fs::metadata(file).ok()?;
        Some((file.len(), file.modified().ok()))
    })
}

//! Makes the question of an action: everything that a person should see before they answer.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use wardline_policy::{Access, PathFact};
use wardline_sandbox::Identity;
use wardline_shell::{Effect, EffectKind, Target};

use super::board::{fresh_id, now_ms};
use super::bound::Bound;
use super::edits::{self, Change};
use super::question::{Edit, Question, SubCommand, Touched, Why};
use super::seat;
use crate::approve::{self, About};
use crate::{Action, check, script};

/// Files that an answer is bound to; an action that runs or edits more than that is bound to the first ones, and says so.
const MOST_BOUND: usize = 64;
/// Paths and effects that are listed.
const MOST_LISTED: usize = 500;

/// The files that an action would run or edit, with what is in them now.
pub(crate) fn bound(about: &About<'_>) -> Vec<Bound> {
    let path = |fact: &PathFact| fact.resolved.clone().unwrap_or_else(|| fact.lexical.clone());
    let of_tool = about.action.script.is_none();
    let matters = |fact: &&PathFact| {
        !fact.is_dir && (fact.access == Access::Execute || (of_tool && fact.access.changes()))
    };
    let mut paths: BTreeSet<String> = about.facts.paths.iter().filter(matters).map(path).collect();
    if let Some(analysis) = about.analysis {
        paths.extend(script::run_files(analysis).into_iter().map(|(path, _)| path));
    }
    paths
        .iter()
        .filter(|path| Path::new(path).is_absolute())
        .take(MOST_BOUND)
        .map(|path| Bound::of(path))
        .collect()
}

/// The question that `asked` comes to, which waits for `wait`.
///
/// # Errors
/// The system's source of randomness can't be read.
pub(crate) fn question(asked: &approve::Question<'_>, wait: Duration) -> std::io::Result<Question> {
    let about = &asked.about;
    let (world, verdict) = (about.world, asked.verdict);
    let whys = |reasons: &[wardline_policy::Reason]| reasons.iter().map(Why::from).collect::<Vec<_>>();
    let cwd = about.action.cwd.as_ref().map_or_else(|| world.cwd.clone(), |cwd| world.cwd.join(cwd));
    let commands = verdict.commands.iter().map(|command| SubCommand {
        literal: command.literal.clone(),
        canonical: command.canonical.clone(),
        decision: command.decision,
        reasons: whys(&command.reasons),
    });
    let mut doubts: Vec<String> = about.facts.doubts.iter().map(|doubt| doubt.text.clone()).collect();
    doubts.extend(super::render::lookalikes(asked.action));
    if about.bound.len() >= MOST_BOUND {
        doubts.push(format!("more than {MOST_BOUND} files would be run or edited; only the first are held to what they are now"));
    }
    let asked_at = now_ms();
    let effects = about.analysis.map(|analysis| analysis.effects.as_slice()).unwrap_or_default();
    let mut above = vec![Identity::own().word()];
    above.extend(if about.confined { Vec::new() } else { seat::agent_above() });
    Ok(Question {
        id: fresh_id()?,
        session: about.subject.session.clone(),
        host: about.subject.host.clone(),
        agent: about.subject.agent.clone(),
        project: world.project.to_string_lossy().into_owned(),
        cwd: cwd.to_string_lossy().into_owned(),
        permission: asked.permission.to_owned(),
        tool: about.action.tool.clone(),
        action: asked.action.to_owned(),
        confined: about.confined,
        reasons: whys(&verdict.reasons),
        commands: commands.collect(),
        paths: touched(&about.facts.paths),
        hosts: hosts(about, effects),
        effects: effects.iter().take(MOST_LISTED).map(Effect::line).collect(),
        doubts,
        edits: previews(about.action, &cwd),
        proposals: check::proposed(about, verdict).unwrap_or_default(),
        bound: about.bound.to_vec(),
        policy: verdict.policy.clone(),
        digest_of_action: about.action.digest(),
        asker: Identity::own().word(),
        above,
        terminal: seat::terminal(),
        asked_at,
        expires_at: asked_at.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
    })
}

fn touched(paths: &[PathFact]) -> Vec<Touched> {
    let mut seen = BTreeSet::new();
    let all = paths.iter().map(|fact| Touched {
        path: fact.resolved.clone().unwrap_or_else(|| fact.lexical.clone()),
        access: format!("{:?}", fact.access).to_lowercase(),
        zone: check::zone(fact).to_owned(),
    });
    all.filter(|it| seen.insert((it.path.clone(), it.access.clone()))).take(MOST_LISTED).collect()
}

/// The hosts of a script's effects, and those that a call names.
fn hosts(about: &About<'_>, effects: &[Effect]) -> Vec<String> {
    let mut all = BTreeSet::new();
    for effect in effects {
        match &effect.target {
            Target::Host(host) => drop(all.insert(host.clone())),
            Target::Name(remote) if effect.kind == EffectKind::Push => drop(all.insert(remote.clone())),
            _ => {}
        }
    }
    if ["webfetch", "network"].contains(&about.action.permission.as_str()) {
        all.extend(about.action.targets.iter().cloned());
    }
    all.into_iter().take(MOST_LISTED).collect()
}

/// The differences that the call's own changes make, a file once.
fn previews(action: &Action, cwd: &Path) -> Vec<Edit> {
    let mut files: Vec<(&str, Vec<&Change>)> = Vec::new();
    for proposed in &action.changes {
        match files.iter_mut().find(|(path, _)| *path == proposed.path) {
            Some((_, changes)) => changes.push(&proposed.change),
            None => files.push((&proposed.path, vec![&proposed.change])),
        }
    }
    files.iter().map(|(path, changes)| edits::preview(&cwd.join(path), changes)).collect()
}

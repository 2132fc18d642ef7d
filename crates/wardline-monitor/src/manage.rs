//! Rules from a question: what a person may leave instead of answering the same question again.
//!
//! Only what was proposed with the question can be given, so never more than what is proven to match it and never a rule about
//! an interpreter or a wrapper. Before anything is written the rules are tried on the question itself and on what the journal holds,
//! so that the person sees what else they would have let through.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use wardline_audit::{self as audit, Kind};
use wardline_policy::{Decision, Layer, PolicySet, Preset, Source, SourceKind};

use crate::approvals::board::now_ms;
use crate::approvals::{Board, Grant, Question, Scope};
use crate::check::{CheckRequest, check};
use crate::record::Body;
use crate::rules::{Draft, Edit};
use crate::sources::{self, Choice};
use crate::{Subject, World, undo};

/// Different questions of the journal that are tried, the latest first.
const MOST_TRIED: usize = 1000;
/// How long rules for a session hold at most: a session of hooks alone has no end that is seen.
const LONGEST_SESSION: Duration = Duration::from_secs(24 * 60 * 60);
/// How long any rule with an end may hold; for longer it is a rule for good.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Where rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// In the session that asks, as long as it lasts.
    Session,
    /// In the project that asks.
    Project,
    /// In all projects.
    User,
}

impl Hold {
    /// Every one, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Session, Self::Project, Self::User];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Project => "project",
            Self::User => "user",
        }
    }

    /// The one that a word names.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hold| hold.as_str() == word)
    }
}

/// Something of the journal that the rules would have let through without a question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Would {
    /// What it was about.
    pub target: String,
    /// Where it was to happen.
    pub cwd: String,
    /// What was decided then.
    pub then: String,
}

/// Rules as they are shown to a person, before they say yes to them.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The permission.
    pub permission: String,
    /// The patterns.
    pub patterns: Vec<String>,
    /// Where they hold.
    pub hold: Hold,
    /// Until when, as the configuration writes it.
    pub expires: Option<String>,
    /// The file before and after; none for a session.
    pub draft: Option<Draft>,
    /// What else they would have let through.
    pub would: Vec<Would>,
    /// How many different actions of the journal were tried.
    pub tried: usize,
    /// The end as the board keeps it.
    ends_at: Option<u64>,
    session: String,
    project: PathBuf,
}

/// The end of a rule: `1h`, `7d` and the like from `now` on, or a date (its end, in UTC); nothing is for good.
///
/// # Errors
/// What to write instead.
pub fn end_of(text: &str, now: SystemTime) -> Result<Option<SystemTime>, String> {
    let text = text.trim();
    if text.is_empty() || text == "never" {
        return Ok(None);
    }
    let day = Duration::from_secs(24 * 60 * 60);
    let end = match humantime::parse_rfc3339(&format!("{text}T00:00:00Z")) {
        Ok(begins) => begins.checked_add(day),
        Err(_) => humantime::parse_duration(text).ok().and_then(|span| now.checked_add(span)),
    };
    let good = end.filter(|end| *end > now && end.duration_since(now).is_ok_and(|span| span <= LONGEST));
    good.map(Some).ok_or_else(|| {
        format!("`{text}` is no end of a rule: write 1h, 7d, or a date such as 2026-12-31, within a year, or nothing")
    })
}

/// Makes rules for a question ready to be looked at: proves that they answer it, and tries them on the journal.
///
/// # Errors
/// Why they cannot be given, for a person.
pub fn prepare(
    world: &World,
    question: &Question,
    patterns: &[String],
    hold: Hold,
    until: Option<SystemTime>,
) -> Result<Shown, String> {
    if patterns.is_empty() || patterns.iter().any(|pattern| !question.proposals.contains(pattern)) {
        return Err("choose among the rules that were proposed with the question".to_owned());
    }
    let world = world.clone().in_project(PathBuf::from(&question.project));
    let until = match hold {
        Hold::Session => Some(until.unwrap_or_else(|| SystemTime::now() + LONGEST_SESSION)),
        Hold::Project | Hold::User => until,
    };
    let expires = until.map(|end| humantime::format_rfc3339_seconds(end).to_string());
    let edit = Edit::Give {
        permission: question.permission.clone(),
        patterns: patterns.to_vec(),
        expires: expires.clone(),
    };
    let draft = match hold {
        Hold::Session => None,
        Hold::Project => Some(Draft::of_project(&world, &edit)?),
        Hold::User => Some(Draft::of(&world, &edit)?),
    };
    if let Some(draft) = &draft {
        draft.judge(&world)?;
    }
    let choice = asking(&world, question)?;
    let before = policy(&world, &choice, None)?;
    let after = policy(&world, &choice, Some((&question.permission, patterns)))?;
    if !answers(&world, &after, question) {
        return Err(if patterns.len() < question.proposals.len() {
            "these alone do not answer the question; choose more of them".to_owned()
        } else {
            "they do not answer the question any more: something has changed since it was put".to_owned()
        });
    }
    let (would, tried) = replay(&world, question, hold, &before, &after);
    let ends_at = until.and_then(|end| end.duration_since(UNIX_EPOCH).ok()?.as_secs().checked_mul(1000));
    Ok(Shown {
        permission: question.permission.clone(),
        patterns: patterns.to_vec(),
        hold,
        expires,
        draft,
        would,
        tried,
        ends_at,
        session: question.session.clone(),
        project: world.project,
    })
}

impl Shown {
    /// Puts the rules in force as they were shown, recorded first. `by` names the surface.
    ///
    /// # Errors
    /// Why not; nothing was written then.
    pub fn give(&self, world: &World, by: &str) -> Result<(), String> {
        if self.ends_at.is_some_and(|end| end <= now_ms()) {
            return Err("their end has come meanwhile; begin again".to_owned());
        }
        let mut body = Body::new();
        body.insert("rules".into(), self.patterns.iter().map(|it| crate::record::text(it)).collect());
        body.insert("permission".into(), self.permission.clone().into());
        body.insert("for".into(), self.hold.as_str().into());
        body.insert("expires".into(), self.expires.clone().into());
        body.insert("by".into(), by.into());
        body.insert("principal".into(), world.principal.clone().into());
        if let Some(draft) = &self.draft {
            body.insert("file".into(), draft.file.to_string_lossy().into());
            body.insert("sha256".into(), draft.digest().into());
        }
        let monitor = undo::for_the_record(world).map_err(|e| e.to_string())?;
        let subject = Subject::local(&self.session);
        monitor.append(&subject, Kind::Override, None, body).map_err(|e| e.to_string())?;
        match &self.draft {
            Some(draft) => draft.save(&world.clone().in_project(self.project.clone())),
            None => self.grant(world, by),
        }
    }

    fn grant(&self, world: &World, by: &str) -> Result<(), String> {
        let board = Board::open(&world.state).map_err(|e| e.to_string())?;
        self.patterns.iter().try_for_each(|pattern| {
            let grant = Grant {
                permission: self.permission.clone(),
                pattern: pattern.clone(),
                decision: Decision::Allow,
                scope: Scope::Session(self.session.clone()),
                expires_at: self.ends_at,
                by: by.to_owned(),
            };
            board.grant(&grant).map_err(|e| e.to_string())
        })
    }
}

/// What the session that asks was started with or switched to, as far as it matters: the policy that asks this question.
fn asking(world: &World, question: &Question) -> Result<Choice, String> {
    for preset in [None, Some(Preset::Supervised)] {
        let choice = Choice { preset, ..Choice::default() };
        if !answers(world, &policy(world, &choice, None)?, question) {
            return Ok(choice);
        }
    }
    Ok(Choice::default())
}

/// The policy of a world, with rules at the bottom of the person's own.
fn policy(world: &World, choice: &Choice, more: Option<(&str, &[String])>) -> Result<PolicySet, String> {
    let mut all = sources::read(world).map_err(|e| e.to_string())?;
    if let Some((permission, patterns)) = more {
        let lines: serde_json::Map<String, Value> =
            patterns.iter().map(|pattern| (pattern.clone(), "allow".into())).collect();
        all.push(Source {
            layer: Layer::User,
            file: "proposal".to_owned(),
            text: json!({"permission": {permission: lines}}).to_string(),
            kind: SourceKind::Config,
            trusted: true,
        });
    }
    sources::build(&all, world, choice).map_err(|e| e.to_string())
}

fn answers(world: &World, policy: &PolicySet, question: &Question) -> bool {
    let targets: Vec<&str> = if question.permission == "bash" {
        vec![&question.action]
    } else {
        question.action.lines().collect()
    };
    let allowed = |target: &&str| {
        let asked = CheckRequest {
            permission: question.permission.clone(),
            target: (*target).to_owned(),
            agent: Some(question.agent.clone()),
            cwd: Some(PathBuf::from(&question.cwd)),
            confined: question.confined,
        };
        check(world, policy, asked).verdict.decision == Decision::Allow
    };
    targets.iter().all(allowed)
}

/// What of the journal was asked or refused and would be allowed with the rules, and how many different actions were tried.
fn replay(
    world: &World,
    question: &Question,
    hold: Hold,
    before: &PolicySet,
    after: &PolicySet,
) -> (Vec<Would>, usize) {
    let mut seen = BTreeSet::new();
    let mut latest: Vec<(Would, CheckRequest, PathBuf)> = Vec::new();
    let mut projects: BTreeMap<String, PathBuf> = BTreeMap::new();
    for entry in audit::read(&world.journal()).into_iter().flatten().flatten() {
        let text = |key: &str| entry.body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (cwd, then) = (text("cwd"), text("decision"));
        if entry.kind == Kind::SessionStart {
            projects.insert(entry.session.clone(), PathBuf::from(text("project")));
        }
        let here = match hold {
            Hold::Session => entry.session == question.session,
            Hold::Project => PathBuf::from(&cwd).starts_with(&world.project),
            Hold::User => true,
        };
        if entry.kind != Kind::Intent || then == "allow" || text("permission") != question.permission || !here
        {
            continue;
        }
        for target in entry.body.get("targets").and_then(Value::as_array).into_iter().flatten() {
            let target = target.as_str().unwrap_or_default().to_owned();
            if target == question.action || !seen.insert((target.clone(), cwd.clone())) {
                continue;
            }
            let request = CheckRequest {
                permission: question.permission.clone(),
                target: target.clone(),
                agent: Some(text("agent")).filter(|agent| !agent.is_empty()),
                cwd: Some(PathBuf::from(&cwd)),
                confined: entry.body.get("confined").and_then(Value::as_bool).unwrap_or_default(),
            };
            let inside = |project: &&PathBuf| PathBuf::from(&cwd).starts_with(project);
            let project =
                [Some(&world.project), projects.get(&entry.session)].into_iter().flatten().find(inside);
            let project = project.cloned().unwrap_or_else(|| PathBuf::from(&cwd));
            latest.push((Would { target, cwd: cwd.clone(), then: then.clone() }, request, project));
        }
    }
    let from = latest.len().saturating_sub(MOST_TRIED);
    let latest = latest.split_off(from);
    let tried = latest.len();
    // Each in its own project, whose files are its own.
    let would = latest.into_iter().filter(|(_, request, project)| {
        let there = world.clone().in_project(project.clone());
        let decided = |policy| check(&there, policy, request.clone()).verdict.decision;
        decided(after) == Decision::Allow && decided(before) != Decision::Allow
    });
    (would.map(|(would, ..)| would).collect(), tried)
}

#[cfg(test)]
mod tests;

//! The gate: whether a change may be called done.
//!
//! It compares the working tree with a base by content, has what was touched analysed in both states, and is red while a
//! finding that blocks was introduced or worsened and no person waived it, or while something touched could not be looked
//! at. Every input is the principal's or is taken as hostile: the base lies in the state directory, settings of the project may
//! only tighten, and nothing in the tree (comments, lists of ignored files, names, headers, rules) takes a file or a
//! finding out.

mod attend;
mod base;
mod commit;
mod engine;
mod examine;
mod git;
mod importers;
mod pieces;
mod report;
mod stop;
mod tree;
mod view;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use wardline_scan::change::State;
use wardline_scan::finding::{Finding, Gap, Severity};

pub(crate) use attend::Attendant;
pub use attend::attend;
pub use base::{Base, exists, latest, load, take};
pub use commit::{Kept, pushed, revision, staged};
pub use engine::{Engine, Listing, Remembered, beside, list, roots};
pub use examine::{Analyse, Analysis, Work, examine, is_grave, with_neighbours};
pub use git::{base as git_base, files as git_files};
pub use report::{advise, finding_json, json, json_error, summary};
pub use stop::{Stop, at_stop};
pub use tree::{MAX_FILE, text};

use serde_json::Value;
use wardline_audit::Kind;
use wardline_policy::{GateMode, PolicySet};

use crate::record::Body;
use crate::{Monitor, MonitorError, Subject, World, trust, waivers};

/// How strict the gate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    /// Findings that only warn, and every gap, count too.
    pub strict: bool,
    /// A gap does not make the gate red; only a person's or an administrator's settings say so.
    pub gaps_pass: bool,
}

/// What was found when a tree was looked at.
#[derive(Debug, Default)]
pub struct Examined {
    /// The base, for people.
    pub base: String,
    /// Findings in what was touched, as it is now.
    pub findings: Vec<Finding>,
    /// What the change has to do with each.
    pub states: Vec<State>,
    /// The name of each.
    pub prints: Vec<String>,
    /// How many findings of the base are gone.
    pub fixed: usize,
    /// What could not be looked at; `true` where it matters to every demand, `false` where only to a strict one.
    pub gaps: Vec<(Gap, bool)>,
    /// Files that were touched.
    pub touched: Vec<String>,
    /// How many of them were looked at wholly.
    pub scanned: usize,
    /// Changed files in directories of package managers and builds that were too many to look at, and that git would not keep or
    /// that no language claims.
    pub left_out: usize,
    /// The digest over every file of the tree, the touched ones by the content that was looked at.
    pub tree: String,
    /// The texts that findings name, as they are now.
    pub texts: BTreeMap<String, String>,
}

/// A finding that keeps the gate red, or that a person waived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its number among the findings.
    pub index: usize,
    /// The waiver that lets it through: who and why.
    pub waived: Option<(String, String)>,
}

/// What the gate says.
#[derive(Debug)]
pub struct Outcome {
    /// What was looked at.
    pub examined: Examined,
    /// The demand that it was judged by.
    pub demand: Demand,
    /// Findings that block, waived ones too.
    pub held: Vec<Held>,
    /// Numbers of the gaps that keep the gate red.
    pub open: Vec<usize>,
}

impl Outcome {
    /// Whether the change may be called done.
    #[must_use]
    pub fn is_green(&self) -> bool {
        self.open.is_empty() && self.held.iter().all(|held| held.waived.is_some())
    }

    /// Whether nothing was found, and not all could be looked at.
    #[must_use]
    pub fn is_only_incomplete(&self) -> bool {
        !self.open.is_empty() && self.held.iter().all(|held| held.waived.is_some())
    }
}

/// Judges what was found. Waivers that cannot be read waive nothing.
#[must_use]
pub fn judge(world: &World, demand: Demand, examined: Examined) -> Outcome {
    fault("judge");
    let least = if demand.strict { Severity::Warning } else { Severity::Blocking };
    let waived = waivers::findings(world, SystemTime::now());
    let rows = examined.findings.iter().zip(&examined.states).zip(&examined.prints).enumerate();
    let held = rows
        .filter(|(_, ((finding, state), _))| {
            finding.severity >= least && !matches!(state, State::PreExisting { .. })
        })
        .map(|(index, (_, print))| Held { index, waived: waived.get(print).cloned() })
        .collect();
    let counts = |grave: bool| !demand.gaps_pass && (grave || demand.strict);
    let gaps = examined.gaps.iter().enumerate();
    let mut open: Vec<usize> =
        gaps.filter(|(_, (_, grave))| counts(*grave)).map(|(index, _)| index).collect();
    if demand.gaps_pass {
        open.clear();
    }
    Outcome { examined, demand, held, open }
}

/// Which state a tree is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// The start of this session.
    Session(String),
    /// The start of the last session here, else git's `HEAD`.
    Last,
    /// A revision of git, or `index`.
    Git(String),
    /// Not the working tree is looked at, but what git is about to keep.
    Kept(Kept),
}

/// Looks at the world's project and judges what it finds, by the policy's word on the gate.
///
/// # Errors
/// A text for a person: there is no base, or it cannot be read. The gate is red then.
pub fn run(world: &World, against: &Against, demand: Demand) -> Result<Outcome, String> {
    run_with(world, against, demand, &Engine::default())
}

/// As [`run`], with an analysis that may remember.
fn run_with(
    world: &World,
    against: &Against,
    demand: Demand,
    engine: &Engine<'_>,
) -> Result<Outcome, String> {
    fault("base");
    let path = world.variable("PATH").unwrap_or("/usr/bin:/bin");
    let git = |revision: &str| git_base(&world.project, revision, path);
    let of_session = |session: &str| {
        load(&world.state, session, &world.project)
            .map_err(|e| format!("the base of session `{session}` cannot be used: {e}"))
    };
    let base = match against {
        Against::Session(session) => of_session(session)?,
        Against::Git(revision) => git(revision)?,
        Against::Kept(kept) => return Ok(judge(world, demand, commit::examine(world, kept)?)),
        Against::Last => match latest(&world.state, &world.project) {
            Some(session) => of_session(&session)?,
            None => {
                git("HEAD").map_err(|e| format!("there is no session to compare with, and git says: {e}"))?
            }
        },
    };
    Ok(judge(world, demand, examine(&world.project, path, &base, engine)))
}

/// The demand that a policy makes; nothing when the gate is off.
#[must_use]
pub fn demand(policy: &PolicySet) -> Option<Demand> {
    let gate = policy.gate();
    let strict = gate.mode == GateMode::Strict;
    (gate.mode != GateMode::Off).then_some(Demand { strict, gaps_pass: !gate.incomplete_holds })
}

/// Puts an outcome into the journal, bound to the tree that was looked at.
///
/// # Errors
/// [`MonitorError`]: the gate is red then, because what is not recorded is not done.
pub fn record(monitor: &Monitor, session: &str, told: &Value) -> Result<(), MonitorError> {
    const MOST: usize = 64;
    let mut body = Body::new();
    for key in ["gate", "complete", "base", "tree", "coverage", "fixed"] {
        body.insert(key.into(), told.get(key).cloned().unwrap_or_default());
    }
    let list = |key: &str| told.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let holds = |value: &Value| value.get("holds") == Some(&Value::Bool(true));
    let held = list("findings").into_iter().filter(|finding| holds(finding) || !finding["waived"].is_null());
    let short = held.take(MOST).map(|finding| {
        let mut short = Body::new();
        for key in ["fingerprint", "rule", "path", "line", "state", "waived"] {
            short.insert(key.into(), finding.get(key).cloned().unwrap_or_default());
        }
        Value::Object(short)
    });
    body.insert("findings".into(), short.collect());
    body.insert("gaps".into(), list("gaps").into_iter().filter(|gap| holds(gap)).take(MOST).collect());
    monitor.append(&Subject::local(session), Kind::Gate, None, body)?;
    Ok(())
}

/// The name under which a finding is waived.
#[must_use]
pub fn effect(print: &str) -> String {
    format!("finding {print}")
}

/// The digest of a tree: every path with the digest or stamp of its file.
pub(crate) fn tree_digest<'a>(files: impl Iterator<Item = (&'a Path, &'a str)>) -> String {
    let mut text = String::new();
    for (path, state) in files {
        text.push_str(&path.to_string_lossy());
        text.push('\0');
        text.push_str(state);
        text.push('\n');
    }
    trust::digest_of(&text)
}

/// Faults for the tests of failing closed; release builds have none.
#[cfg(not(debug_assertions))]
pub fn fault(_stage: &str) {}

/// A stage of the scan that crashes, hangs or takes all memory, when the environment says so.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "the fault is a panic")]
pub fn fault(stage: &str) {
    let fault = std::env::var("WARDLINE_FAULT").unwrap_or_default();
    match fault.strip_prefix("gate-").and_then(|fault| fault.strip_suffix(stage)) {
        Some("crash-") => panic!("a fault of the tests"),
        Some("abort-") => std::process::abort(),
        Some("hang-") => std::thread::sleep(std::time::Duration::from_secs(3600)),
        Some("memory-") => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(vec![1_u8; 16 << 20]);
            }
        }
        _ => {}
    }
}

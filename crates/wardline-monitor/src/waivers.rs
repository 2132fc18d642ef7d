//! A person's exceptions to refusals: which effect, who, why, until when.
//!
//! One JSON object a line in a file of the state directory, which no agent may touch. A waiver is about one effect, named
//! whatever its spelling, in one project; it ends by itself.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use wardline_policy::{Layer, Origin, Refusal, Waiver};

use crate::{World, trust};

/// The longest time that a waiver holds.
pub const LONGEST: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Waivers that are kept; more is no exception any more.
const MOST: usize = 256;

/// One waiver as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The effect: the `identity` of the refusal.
    pub effect: String,
    /// The project it holds in: an absolute path.
    pub project: String,
    /// Who made it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// When it was made, RFC 3339.
    pub created: String,
    /// When it ends, RFC 3339.
    pub expires: String,
}

/// Why waivers can't be read, made or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaiverError {
    /// The store is damaged or can't be read.
    Unreadable {
        /// The store and the line in it; 0 for the file as a whole.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What went wrong.
        why: String,
    },
    /// The store could not be written; it is as it was.
    Unwritable {
        /// The store.
        file: PathBuf,
        /// What went wrong.
        why: String,
    },
    /// There are too many.
    TooMany,
}

impl fmt::Display for WaiverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, line, why } => {
                write!(f, "{}:{line}: {why}; repair or remove it, which ends every waiver", file.display())
            }
            Self::Unwritable { file, why } => write!(f, "{}: {why}; nothing was changed", file.display()),
            Self::TooMany => {
                write!(
                    f,
                    "there are {MOST} waivers already; revoke some with `wardline waive --revoke EFFECT`"
                )
            }
        }
    }
}

impl std::error::Error for WaiverError {}

fn file_of(state: &Path) -> PathBuf {
    state.join("waivers.jsonl")
}

/// Every waiver, those that have ended too, with its line.
///
/// # Errors
/// [`WaiverError::Unreadable`] when the store exists and does not hold waivers.
pub fn load(state: &Path) -> Result<Vec<(usize, Stored)>, WaiverError> {
    let file = file_of(state);
    let unreadable = |line: usize, why: String| WaiverError::Unreadable { file: file.clone(), line, why };
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(unreadable(0, e.to_string())),
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let waiver = parse(line).ok_or_else(|| unreadable(at + 1, "no waiver".to_owned()))?;
            Ok((at + 1, waiver))
        })
        .collect()
}

fn parse(line: &str) -> Option<Stored> {
    let map: Map<String, Value> = serde_json::from_str(line).ok()?;
    let text = |key: &str| map.get(key)?.as_str().map(str::to_owned);
    Some(Stored {
        effect: text("effect")?,
        project: text("project")?,
        owner: text("owner")?,
        reason: text("reason")?,
        created: text("created")?,
        expires: text("expires")?,
    })
}

/// Replaces all waivers.
///
/// # Errors
/// [`WaiverError::TooMany`], or [`WaiverError::Unwritable`]; the store is then as it was.
pub fn save(state: &Path, waivers: &[Stored]) -> Result<(), WaiverError> {
    if waivers.len() > MOST {
        return Err(WaiverError::TooMany);
    }
    let line = |waiver: &Stored| {
        let Stored { effect, project, owner, reason, created, expires } = waiver;
        let value = json!({"effect": effect, "project": project, "owner": owner, "reason": reason,
                           "created": created, "expires": expires});
        format!("{value}\n")
    };
    let text: String = waivers.iter().map(line).collect();
    let file = file_of(state);
    trust::replace(&file, text.as_bytes())
        .map_err(|e| WaiverError::Unwritable { file: file.clone(), why: e.to_string() })
}

/// A waiver of the principal's for an effect in the world's project, from `now` on for a while such as `2h` or `3days`.
///
/// # Errors
/// A text for a person: no such span of time, too long a one, nothing said.
pub fn make(
    world: &World,
    effect: &str,
    reason: &str,
    span: &str,
    now: SystemTime,
) -> Result<Stored, String> {
    let example = "write a span such as 30m, 2h or 3days";
    let span = humantime::parse_duration(span).map_err(|e| format!("`{span}`: {e}; {example}"))?;
    if span.is_zero() || span > LONGEST {
        let days = LONGEST.as_secs() / (24 * 60 * 60);
        return Err(format!(
            "a waiver holds for at most {days} days, and for longer than nothing; {example}"
        ));
    }
    if effect.trim().is_empty() || reason.trim().is_empty() {
        return Err("name the effect as `wardline check` shows it, and say why".to_owned());
    }
    let end = now.checked_add(span).unwrap_or(now);
    let written = |time| humantime::format_rfc3339_seconds(time).to_string();
    Ok(Stored {
        effect: effect.trim().to_owned(),
        project: world.project.to_string_lossy().into_owned(),
        owner: world.principal.clone(),
        reason: reason.trim().to_owned(),
        created: written(now),
        expires: written(end),
    })
}

/// Whether a waiver is still in force. One whose end can't be read has ended.
#[must_use]
pub fn holds(waiver: &Stored, now: SystemTime) -> bool {
    humantime::parse_rfc3339(&waiver.expires).is_ok_and(|end| now < end)
}

/// The findings that a person waived in the world's project: the name of each, with who and why. A store that can't be read
/// waives nothing.
pub(crate) fn findings(world: &World, now: SystemTime) -> BTreeMap<String, (String, String)> {
    let Ok(waivers) = load(&world.state) else { return BTreeMap::new() };
    let project = world.project.to_string_lossy();
    let in_force = waivers.into_iter().filter(|(_, waiver)| waiver.project == project && holds(waiver, now));
    in_force
        .filter_map(|(_, waiver)| {
            let print = waiver.effect.strip_prefix("finding ")?.to_owned();
            Some((print, (waiver.owner, waiver.reason)))
        })
        .collect()
}

/// Puts the waivers in force to the refusals they are about. A store that can't be read waives nothing.
pub(crate) fn apply(world: &World, refusals: &mut [Refusal]) {
    let Ok(waivers) = load(&world.state) else { return };
    let now = SystemTime::now();
    let project = world.project.to_string_lossy();
    for refusal in refusals {
        let mut matching = waivers.iter().filter(|(_, waiver)| {
            waiver.effect == refusal.identity && waiver.project == project && holds(waiver, now)
        });
        refusal.waiver = matching.next().map(|(line, waiver)| Waiver {
            owner: waiver.owner.clone(),
            reason: waiver.reason.clone(),
            expires: waiver.expires.clone(),
            origin: Origin {
                layer: Layer::User,
                file: file_of(&world.state).to_string_lossy().into_owned(),
                line: u32::try_from(*line).unwrap_or(u32::MAX),
            },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiver(effect: &str, expires: &str) -> Stored {
        Stored {
            effect: effect.to_owned(),
            project: "/p".to_owned(),
            owner: "me".to_owned(),
            reason: "because".to_owned(),
            created: "2026-01-01T00:00:00Z".to_owned(),
            expires: expires.to_owned(),
        }
    }

    #[test]
    fn what_is_saved_is_what_is_loaded() {
        let dir = crate::scratch::Dir::new("waivers");
        assert_eq!(load(dir.path()), Ok(Vec::new()));
        let both = [waiver("delete /etc recursive", "2030-01-01T00:00:00Z"), waiver("a\n\"b\"", "never")];
        save(dir.path(), &both).unwrap();
        let loaded = load(dir.path()).unwrap();
        assert_eq!(loaded, [(1, both[0].clone()), (2, both[1].clone())]);
        let many = vec![both[0].clone(); MOST + 1];
        assert_eq!(save(dir.path(), &many), Err(WaiverError::TooMany));
        assert_eq!(load(dir.path()).unwrap().len(), 2, "nothing was changed");
    }

    #[test]
    fn a_waiver_ends() {
        let at = |text| humantime::parse_rfc3339(text).unwrap();
        let now = at("2027-06-01T12:00:00Z");
        let table = [
            ("2027-06-01T12:00:01Z", true),
            ("2027-06-01T12:00:00Z", false),
            ("2026-06-01T12:00:00Z", false),
            ("never", false),
            ("", false),
        ];
        for (expires, expected) in table {
            assert_eq!(holds(&waiver("x", expires), now), expected, "{expires}");
        }
    }

    #[test]
    fn a_damaged_store_is_an_error_with_its_line() {
        let dir = crate::scratch::Dir::new("waivers-damaged");
        save(dir.path(), &[waiver("x", "2030-01-01T00:00:00Z")]).unwrap();
        let text = std::fs::read_to_string(file_of(dir.path())).unwrap();
        dir.write("waivers.jsonl", &format!("{text}{{\"effect\": 1}}\n"));
        assert!(matches!(load(dir.path()), Err(WaiverError::Unreadable { line: 2, .. })));
    }
}

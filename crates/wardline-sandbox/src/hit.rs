//! A limit that was reached: which, its value, who did it and when, and what raises it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::confinement::{path_from, path_value};
use crate::resources::Resource;

/// A limit that a program ran into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub limit: Resource,
    /// Its value.
    pub value: u64,
    /// The most that was seen in use, where somebody looked; of `disk`, what the program wrote by its own account.
    pub seen: Option<u64>,
    /// The process that used most, by its name and its number inside, where it was still there to be looked at.
    pub who: Option<String>,
    /// When it was noticed, in milliseconds from the start of the program.
    pub after: Option<u64>,
    /// The file system or directory that it is about.
    pub place: Option<PathBuf>,
    /// Whether the program was ended for it. Else it got an error, or a process of it was killed.
    pub ended: bool,
}

impl Hit {
    pub(crate) fn of(limit: Resource, value: u64) -> Self {
        Self { limit, value, seen: None, who: None, after: None, place: None, ended: false }
    }

    /// What raises the limit.
    #[must_use]
    pub fn help(&self) -> String {
        let word = self.limit.word();
        let verb = if self.limit.is_reserve() { "free some space, or lower" } else { "raise" };
        format!("{verb} it with `--limit {word}=…`, or under `limits` in your configuration")
    }

    /// The hit as JSON, for a journal or a report.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({
            "limit": self.limit.word(),
            "value": self.value,
            "seen": self.seen,
            "who": self.who,
            "after_ms": self.after,
            "place": self.place.as_deref().map_or(Value::Null, path_value),
            "ended": self.ended,
            "text": self.to_string(),
            "help": self.help(),
        })
    }

    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let place = match value.get("place")? {
            Value::Null => None,
            other => Some(path_from(other)?),
        };
        Some(Self {
            limit: Resource::named(value.get("limit")?.as_str()?)?,
            value: value.get("value")?.as_u64()?,
            seen: value.get("seen")?.as_u64(),
            who: value.get("who")?.as_str().map(str::to_owned),
            after: value.get("after_ms")?.as_u64(),
            place,
            ended: value.get("ended")?.as_bool()?,
        })
    }

    fn place(&self) -> String {
        self.place.as_deref().unwrap_or_else(|| Path::new("the project")).display().to_string()
    }
}

impl std::fmt::Display for Hit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = self.limit.amount(self.value);
        match self.limit {
            Resource::DiskReserve => {
                write!(f, "less than {value} is left free on the disk of {}", self.place())?
            }
            Resource::Disk => write!(f, "the disk of {} lost {value} since the start", self.place())?,
            Resource::Files => {
                write!(f, "{value} more files than at the start on the disk of {}", self.place())?
            }
            _ => write!(f, "{} ({value})", self.limit.text())?,
        }
        match (self.limit, self.seen) {
            (_, None) => {}
            (Resource::DiskReserve, Some(seen)) => write!(f, ", {} left", self.limit.amount(seen))?,
            (Resource::Disk, Some(seen)) => write!(f, ", the program wrote {}", self.limit.amount(seen))?,
            (_, Some(seen)) => write!(f, ", {} seen", self.limit.amount(seen))?,
        }
        if let Some(who) = &self.who {
            write!(f, ", most by {who}")?;
        }
        if let Some(after) = self.after {
            write!(f, ", after {}.{} s", after / 1000, after % 1000 / 100)?;
        }
        if self.ended { f.write_str("; the program was ended") } else { Ok(()) }
    }
}

/// Joins what the kernel's counters say for sure with what was seen on the way.
pub(crate) fn join(sure: Vec<Hit>, noted: Vec<Hit>) -> Vec<Hit> {
    let mut all = sure;
    for note in noted {
        match all
            .iter_mut()
            .find(|hit| hit.limit == note.limit && (hit.place == note.place || hit.place.is_none()))
        {
            None => all.push(note),
            Some(hit) => {
                hit.seen = hit.seen.or(note.seen);
                hit.who = hit.who.take().or(note.who);
                hit.after = hit.after.or(note.after);
                hit.ended |= note.ended;
                hit.place = hit.place.take().or(note.place);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_says_which_limit_who_when_and_what_helps() {
        let hit = Hit {
            seen: Some(1019),
            who: Some("sh (process 12)".to_owned()),
            after: Some(3210),
            ..Hit::of(Resource::Processes, 1024)
        };
        assert_eq!(
            hit.to_string(),
            "processes and threads (1024), 1019 seen, most by sh (process 12), after 3.2 s"
        );
        assert!(hit.help().contains("--limit processes=…"));
        assert_eq!(Hit::from_value(&hit.to_value()), Some(hit));
        let full = Hit {
            place: Some("/work".into()),
            seen: Some(5 << 20),
            ended: true,
            ..Hit::of(Resource::DiskReserve, 1 << 30)
        };
        assert_eq!(
            full.to_string(),
            "less than 1 GiB is left free on the disk of /work, 5 MiB left; the program was ended"
        );
    }

    #[test]
    fn what_was_seen_completes_what_is_sure() {
        let sure = vec![Hit::of(Resource::Memory, 9)];
        let noted = vec![
            Hit { who: Some("x".to_owned()), ..Hit::of(Resource::Memory, 9) },
            Hit::of(Resource::OpenFiles, 4),
        ];
        let all = join(sure, noted);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].who.as_deref(), Some("x"));
    }
}

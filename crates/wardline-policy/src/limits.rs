//! The `limits` of a configuration: how much a confined program may use, by name, and who may say so.
//!
//! A person sets a limit, higher or lower than usual. An administrator's stands above every person's. A repository only
//! tightens, trusted or not: a limit is there against what a repository does.

use crate::config::{Reader, Settings};
use crate::decision::{Layer, Origin};
use crate::document::{Node, Value};
use crate::policy::Source;
use crate::profiles::Chosen;
use crate::rule::Place;

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitUnit {
    /// Things.
    Count,
    /// Bytes, with K, M, G or T for powers of 1024.
    Bytes,
    /// Seconds, with s, m, h or d.
    Seconds,
}

/// Every limit by name, and what it counts.
pub const LIMITS: [(&str, LimitUnit); 12] = [
    ("processes", LimitUnit::Count),
    ("memory", LimitUnit::Bytes),
    ("address_space", LimitUnit::Bytes),
    ("file_size", LimitUnit::Bytes),
    ("open_files", LimitUnit::Count),
    ("cpu", LimitUnit::Seconds),
    ("time", LimitUnit::Seconds),
    ("scratch", LimitUnit::Bytes),
    ("disk", LimitUnit::Bytes),
    ("disk_reserve", LimitUnit::Bytes),
    ("files", LimitUnit::Count),
    ("terminals", LimitUnit::Count),
];

/// What becomes of a limit that was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitForce {
    /// This one stands in its place.
    Sets,
    /// The stricter of the two stands.
    Tightens,
    /// The stricter of the two stands, and of this one and any that the command line sets.
    Ceiling,
}

/// One limit that a source states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// One of the names in [`LIMITS`].
    pub name: String,
    /// How much; `None` is no limit.
    pub value: Option<u64>,
    /// How it is to be taken.
    pub force: LimitForce,
    /// Where it is written.
    pub origin: Origin,
}

/// A line of `limits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitLine {
    name: &'static str,
    value: Option<u64>,
    place: Place,
}

/// An amount as a person writes it: `512`, `4G`, `1.5 GiB`, `90s`, `2h`; `none` is no limit.
///
/// # Errors
/// What is wrong with it, and what to write.
pub fn parse_limit(name: &str, text: &str) -> Result<Option<u64>, String> {
    let Some((_, unit)) = LIMITS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = LIMITS.iter().map(|(name, _)| *name).collect();
        return Err(format!("`{name}` is no limit; there are {}", known.join(", ")));
    };
    if text == "none" {
        return Ok(None);
    }
    let help = match unit {
        LimitUnit::Count => "write a number such as 512, or none",
        LimitUnit::Bytes => "write bytes such as 512M or 4G, or none",
        LimitUnit::Seconds => "write a time such as 90s, 10m or 2h, or none",
    };
    amount(*unit, text.trim())
        .filter(|value| *value > 0)
        .map(Some)
        .ok_or_else(|| format!("`{text}` is no amount of {name}: {help}"))
}

fn amount(unit: LimitUnit, text: &str) -> Option<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(split)?;
    let suffix = suffix.trim().to_ascii_lowercase();
    let factor: u64 = match unit {
        LimitUnit::Count if suffix.is_empty() => 1,
        LimitUnit::Count => return None,
        LimitUnit::Bytes => {
            match suffix.strip_suffix("ib").or_else(|| suffix.strip_suffix('b')).unwrap_or(&suffix) {
                "" => 1,
                "k" => 1 << 10,
                "m" => 1 << 20,
                "g" => 1 << 30,
                "t" => 1 << 40,
                _ => return None,
            }
        }
        LimitUnit::Seconds => match suffix.as_str() {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return None,
        },
    };
    let Some((whole, part)) = number.split_once('.') else {
        return number.parse::<u64>().ok()?.checked_mul(factor);
    };
    // A part of a thing is nothing, and more than three digits of one are a mistake.
    if factor == 1 || part.is_empty() || part.len() > 3 {
        return None;
    }
    let scale = 10_u64.pow(u32::try_from(part.len()).ok()?);
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    whole.checked_add(part.parse::<u64>().ok()?.checked_mul(factor)? / scale)
}

impl Reader<'_> {
    /// Reads `limits`.
    pub(crate) fn limits(&mut self, node: Node) -> Vec<LimitLine> {
        let mut lines = Vec::new();
        for (key, node) in self.map(node, "`limits`") {
            let text = match node.value {
                Value::Null => "none".to_owned(),
                Value::Number(text) | Value::Text(text) => text,
                other => other.kind().to_owned(),
            };
            let name = LIMITS.iter().map(|(name, _)| *name).find(|name| *name == key.text);
            match (name, parse_limit(&key.text, &text)) {
                (Some(name), Ok(value)) => lines.push(LimitLine { name, value, place: self.place(node.at) }),
                (_, Err(text)) => {
                    let (text, help) = text.split_once([':', ';']).unwrap_or((&text, ""));
                    self.refuse(node.at, text, help.trim());
                }
                (None, Ok(_)) => {}
            }
        }
        lines
    }
}

/// Limits that stand nowhere but beside others, and tighten those.
pub(crate) fn tightening(lines: &[LimitLine]) -> Vec<Limit> {
    let limit = |LimitLine { name, value, place }: &LimitLine| Limit {
        name: (*name).to_owned(),
        value: *value,
        force: LimitForce::Tightens,
        origin: place.origin(),
    };
    lines.iter().map(limit).collect()
}

/// Every limit that counts, in the order in which they are to be taken: what persons set, what repositories tighten, and
/// the administrator's last.
pub(crate) fn limits(read: &[(&Source, Settings)], chosen: &Chosen) -> Vec<Limit> {
    let mut limits = Vec::new();
    for (source, settings) in read {
        let force = match source.layer {
            Layer::Managed => LimitForce::Ceiling,
            Layer::User => LimitForce::Sets,
            _ => LimitForce::Tightens,
        };
        let of_profiles = chosen.profiles(source.layer, settings).flat_map(|profile| &profile.limits);
        for LimitLine { name, value, place } in settings.limits.iter().chain(of_profiles) {
            limits.push(Limit { name: (*name).to_owned(), value: *value, force, origin: place.origin() });
        }
    }
    limits.sort_by_key(|limit| match limit.force {
        LimitForce::Sets => 0,
        LimitForce::Tightens => 1,
        LimitForce::Ceiling => 2,
    });
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_people_write_them() {
        let table: [(&str, &str, Option<Option<u64>>); 18] = [
            ("processes", "512", Some(Some(512))),
            ("processes", "none", Some(None)),
            ("processes", "0", None),
            ("processes", "1k", None),
            ("processes", "-1", None),
            ("memory", "4G", Some(Some(4 << 30))),
            ("memory", "4 GiB", Some(Some(4 << 30))),
            ("memory", "1.5g", Some(Some(3 << 29))),
            ("memory", "512mb", Some(Some(512 << 20))),
            ("memory", "1048576", Some(Some(1 << 20))),
            ("memory", "20000000T", None),
            ("memory", "4X", None),
            ("memory", "", None),
            ("time", "90", Some(Some(90))),
            ("time", "10m", Some(Some(600))),
            ("time", "1.5h", Some(Some(5400))),
            ("time", "1.5", None),
            ("speed", "1", None),
        ];
        for (name, text, expected) in table {
            assert_eq!(parse_limit(name, text).ok(), expected, "{name} {text}");
        }
    }
}

//! Stops and restarts of the machine.

use super::Rule;
use super::scene::{Finding, Scene};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "refuse.power",
    title: "stops or restarts the machine",
    reason: "Everybody's work on the machine ends, and it may not come back.",
    attack: Some("T1529"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Power {
        return None;
    }
    let how = if effect.detail.is_empty() { String::new() } else { format!(" ({})", effect.detail) };
    // These come back by themselves.
    let mild = ["isolate", "rtcwake"].iter().any(|start| effect.detail.starts_with(start));
    Some(Finding::either(!mild, effect, format!("stops, restarts or suspends the machine{how}")))
}

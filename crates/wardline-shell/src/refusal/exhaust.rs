//! Use of memory, processes or disk without bound.

use super::Rule;
use super::scene::{Finding, Scene};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "refuse.exhaust",
    title: "uses the machine up",
    reason: "A fork bomb or a full disk stops the machine for everybody on it.",
    attack: Some("T1499"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Exhaust {
        return None;
    }
    let how = if effect.detail.is_empty() { "processes, memory or disk" } else { &effect.detail };
    // Tools that load a machine to measure it stop again.
    let measures = how.starts_with("stress");
    Some(Finding::either(!measures, effect, format!("uses the machine up without bound: {how}")))
}

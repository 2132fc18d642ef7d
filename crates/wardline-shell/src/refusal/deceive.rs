//! Text that shows people something else than what runs.

use super::Rule;
use super::scene::{Finding, Scene};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "refuse.deceive",
    title: "deceives whoever reads it",
    reason: "Who approves a command must see the command; nothing that runs needs hidden or reordered characters.",
    attack: Some("T1036"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Deceive {
        return None;
    }
    Some(Finding::refuse(effect, format!("shows something else than what runs: {}", effect.detail)))
}

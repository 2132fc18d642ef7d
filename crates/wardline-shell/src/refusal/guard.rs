//! Changes of the guard itself.

use super::Rule;
use super::places;
use super::scene::{Finding, Scene, spot, target};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "refuse.guard",
    title: "changes the guard, its rules or its records",
    reason: "What is watched must not change the watcher; its rules are a person's to change.",
    attack: Some("T1562.001"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    let own = target(effect);
    if effect.kind == EffectKind::Evade && own.starts_with("wardline") {
        return Some(Finding::refuse(
            effect,
            format!("changes or stops the guard: `{own} {}`", effect.detail),
        ));
    }
    let changes = matches!(
        effect.kind,
        EffectKind::Write
            | EffectKind::Replace
            | EffectKind::Delete
            | EffectKind::Mode
            | EffectKind::Owner
            | EffectKind::Link
    );
    let spot = spot(effect).filter(|spot| changes && places::guard_file(spot.path))?;
    Some(Finding::refuse(effect, format!("changes `{}`, which belongs to the guard", spot.path)))
}

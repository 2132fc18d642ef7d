//! Changes of the operating system's settings and files.

use super::Rule;
use super::scene::{Finding, Scene, spot};
use super::{mode_storm, overwrite_critical, places};
use crate::effect::{Effect, EffectKind, Zone};

pub(super) const RULE: Rule = Rule {
    id: "ask.write.system",
    title: "changes files of the operating system",
    reason: "Settings of the machine are its owner's; a project seldom needs them changed.",
    attack: Some("T1565.001"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if !matches!(effect.kind, EffectKind::Write | EffectKind::Replace | EffectKind::Mode | EffectKind::Owner)
    {
        return None;
    }
    let spot = spot(effect)?;
    let system = match spot.zone {
        Zone::System => true,
        // What a process writes about itself is no setting.
        Zone::Kernel => !places::within(spot.path, "/proc/self"),
        _ => false,
    };
    // What is refused is not asked as well.
    let refused =
        [overwrite_critical::RULE, mode_storm::RULE].iter().any(|rule| (rule.judge)(scene, effect).is_some());
    if !system || refused || places::within(spot.path, scene.ground.project) {
        return None;
    }
    Some(Finding::ask(effect, format!("changes `{}`, a file of the operating system", spot.path)))
}

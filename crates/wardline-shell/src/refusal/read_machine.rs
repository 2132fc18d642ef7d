//! Reading of who has an account here and how the machine is secured.

use super::Rule;
use super::places;
use super::scene::{Finding, Scene, spot};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "ask.read.machine",
    title: "reads the accounts or security settings of the machine",
    reason: "Reconnaissance: a project seldom needs to know who has an account here and how the machine is secured.",
    attack: Some("T1087.001"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Read {
        return None;
    }
    let spot = spot(effect)?;
    (places::reconnaissance(spot.path) && !places::within(spot.path, scene.ground.project)).then(|| {
        Finding::ask(effect, format!("reads `{}`, an account or security file of the machine", spot.path))
    })
}

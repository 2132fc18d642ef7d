//! Reading of secrets that are kept in places of their own.

use super::Rule;
use super::places;
use super::scene::{Finding, Scene, spot};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "ask.read.secret",
    title: "reads a place where secrets are kept",
    reason: "What is read may end up in a log, a commit or a model's answer.",
    attack: Some("T1552.001"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Read {
        return None;
    }
    let spot = spot(effect)?;
    let what = if places::hidden_secret(spot.path, scene.ground) {
        "where secrets are kept"
    } else if places::others_home(spot.path, scene.ground) {
        "which lies in somebody else's home"
    } else {
        return None;
    };
    Some(Finding::ask(effect, format!("reads `{}`, {what}", spot.path)))
}

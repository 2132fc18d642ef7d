//! Work that only exists in a git work tree, index, stash or reflog.

use super::Rule;
use super::alternative;
use super::scene::{Finding, Scene};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "ask.git.discard",
    title: "throws uncommitted work away",
    reason: "What was never committed cannot be had back.",
    attack: Some("T1485"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Discard {
        return None;
    }
    let words = scene.words(effect);
    let clean = words.iter().any(|word| word == "clean");
    let stash = words.iter().any(|word| word == "stash");
    let other = match (clean, stash) {
        (true, _) => alternative::clean_dry(),
        (_, true) => alternative::stashes(),
        _ => alternative::stash(),
    };
    let what = if effect.detail.is_empty() { "changes that are not committed" } else { &effect.detail };
    Some(Finding::ask(effect, format!("throws work away for good: {what}")).instead(Some(other)))
}

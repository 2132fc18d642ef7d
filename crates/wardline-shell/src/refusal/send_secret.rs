//! Secrets that leave the machine.

use super::Rule;
use super::scene::{Finding, Scene, sends, target};
use super::{hosts, places};
use crate::effect::{Effect, Source};

pub(super) const RULE: Rule = Rule {
    id: "refuse.send.secret",
    title: "sends a secret over the network",
    reason: "A key or password that was sent must be taken for known to everybody.",
    attack: Some("T1048"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if !sends(effect) {
        return None;
    }
    let secret = |source: &&Source| match source {
        Source::Secret(_) => true,
        Source::File(path) => places::hidden_secret(path, scene.ground),
        _ => false,
    };
    let sources: Vec<&Source> = effect.sources.iter().filter(secret).collect();
    let Some(Source::Secret(path) | Source::File(path)) = sources.first() else { return None };
    let host = target(effect);
    let text = format!("sends the secret `{path}` to `{host}`");
    Some(Finding::either(!hosts::is_local(host), effect, text).of_sources(&sources))
}

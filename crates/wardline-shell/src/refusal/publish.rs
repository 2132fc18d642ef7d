//! Packages, releases and images that are published.

use super::Rule;
use super::alternative;
use super::scene::{Finding, Scene, target};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "ask.publish",
    title: "publishes under a name",
    reason: "A published version can be withdrawn from few registries and from no reader.",
    attack: Some("T1195.002"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Publish {
        return None;
    }
    let words = scene.words(effect);
    let rehearses =
        words.first().is_some_and(|name| matches!(name.as_str(), "npm" | "pnpm" | "cargo" | "bun"))
            && words.get(1).is_some_and(|word| word == "publish");
    let does = "goes through the steps and publishes nothing";
    let other = rehearses.then(|| alternative::rehearse(&words, "--dry-run", does)).flatten();
    let name = target(effect);
    let what = if name.is_empty() { "it".to_owned() } else { format!("`{name}`") };
    Some(Finding::ask(effect, format!("publishes {what} for others")).instead(other))
}

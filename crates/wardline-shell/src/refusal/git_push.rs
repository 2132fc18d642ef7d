//! Commits that are pushed.

use super::Rule;
use super::alternative;
use super::scene::{Finding, Scene, target};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "ask.git.push",
    title: "pushes commits",
    reason: "What was pushed others may have read and built on; when to publish is a person's decision.",
    attack: Some("T1567.001"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Push {
        return None;
    }
    let remote = target(effect);
    let to = if remote.is_empty() { "the default remote".to_owned() } else { format!("`{remote}`") };
    let what = if effect.detail.is_empty() {
        "the current branch".to_owned()
    } else {
        format!("`{}`", effect.detail)
    };
    Some(Finding::ask(effect, format!("would push {what} to {to}")).instead(Some(alternative::unpushed())))
}

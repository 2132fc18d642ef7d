//! Infrastructure that is destroyed.

use super::Rule;
use super::scene::{Finding, Scene, target};
use super::{Alternative, alternative};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "ask.infra.destroy",
    title: "destroys infrastructure",
    reason: "Machines, clusters and volumes go with all that is on them, for everybody who uses them.",
    attack: Some("T1485"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Destroy {
        return None;
    }
    let name = target(effect);
    let what = if name.is_empty() { "infrastructure".to_owned() } else { format!("`{name}`") };
    let how = if effect.detail.is_empty() { String::new() } else { format!(" ({})", effect.detail) };
    Some(Finding::ask(effect, format!("destroys {what}{how}")).instead(rehearsal(&scene.words(effect))))
}

fn rehearsal(words: &[String]) -> Option<Alternative> {
    let program = words.first()?.as_str();
    match program {
        "terraform" | "tofu" => Some(alternative::plan_destroy(program)),
        "kubectl" | "oc" if words.get(1).is_some_and(|word| word == "delete") => alternative::rehearse(
            words,
            "--dry-run=client",
            "names what would be deleted and deletes nothing",
        ),
        "docker" | "podman" => Some(alternative::container_space(program)),
        _ => None,
    }
}

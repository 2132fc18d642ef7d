//! Shells and programs tied to a network connection.

use super::Rule;
use super::scene::{Finding, Scene, target};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "refuse.shell.remote",
    title: "gives a shell to the network",
    reason: "Whoever is at the other end commands the machine from then on.",
    attack: Some("T1059.004"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::RemoteShell {
        return None;
    }
    let host = target(effect);
    let whom = if host.is_empty() { "the network".to_owned() } else { format!("`{host}`") };
    Some(Finding::refuse(effect, format!("gives {whom} a shell or program on this machine")))
}

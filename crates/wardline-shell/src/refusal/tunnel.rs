//! Ways into this machine that are opened for others.

use super::Rule;
use super::scene::{Finding, Scene, target};
use crate::effect::{Effect, EffectKind, Target};

pub(super) const RULE: Rule = Rule {
    id: "refuse.tunnel",
    title: "opens a way into this machine",
    reason: "A tunnel lets others in past every firewall, for as long as it stands.",
    attack: Some("T1572"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Tunnel {
        return None;
    }
    let host = target(effect);
    let whom = if host.is_empty() { "the network".to_owned() } else { format!("`{host}`") };
    let strict = matches!(effect.target, Target::Host(_)) && !host.is_empty();
    Some(Finding::either(strict, effect, format!("opens a way from {whom} into this machine")))
}

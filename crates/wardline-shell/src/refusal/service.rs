//! Changes of the machine's services.

use super::Rule;
use super::alternative;
use super::scene::{Finding, Scene, target};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "ask.service",
    title: "changes a service of the machine",
    reason: "Others may depend on the service, the connection to the machine among them.",
    attack: Some("T1489"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Service {
        return None;
    }
    let name = target(effect);
    let how = if effect.detail.is_empty() { String::new() } else { format!(" ({})", effect.detail) };
    Some(
        Finding::ask(effect, format!("changes the service or setting `{name}` of the machine{how}"))
            .instead(alternative::status(name)),
    )
}

//! Questions to the metadata service of a cloud.

use super::Rule;
use super::hosts;
use super::scene::{Finding, Scene, target};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "refuse.fetch.metadata",
    title: "asks a cloud's metadata service",
    reason: "The metadata service hands the credentials of the machine to whoever asks.",
    attack: Some("T1552.005"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    let host = target(effect);
    let network = matches!(effect.kind, EffectKind::Fetch | EffectKind::Send | EffectKind::RemoteShell);
    (network && hosts::is_metadata_service(host)).then(|| {
        Finding::refuse(effect, format!("asks `{host}`, which gives out the credentials of the machine"))
    })
}

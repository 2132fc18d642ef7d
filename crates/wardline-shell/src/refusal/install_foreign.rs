//! Packages that are installed past the registries.

use super::Rule;
use super::scene::{Finding, Scene, target};
use crate::effect::{Effect, EffectKind, Source};

pub(super) const RULE: Rule = Rule {
    id: "ask.install.foreign",
    title: "installs a package from an address",
    reason: "A package from a bare address has no registry behind it that checks names, signatures or versions, and its scripts run at once.",
    attack: Some("T1195.001"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Install {
        return None;
    }
    let sources: Vec<&Source> =
        effect.sources.iter().filter(|source| matches!(source, Source::Network(_))).collect();
    let Some(Source::Network(host)) = sources.first() else { return None };
    let name = target(effect);
    let what = if name.is_empty() { "a package".to_owned() } else { format!("`{name}`") };
    let text = format!("installs {what} straight from `{host}`");
    Some(Finding::ask(effect, text).of_sources(&sources))
}

//! Environment variables that leave the machine.

use super::Rule;
use super::hosts;
use super::scene::{Finding, Scene, sends, target};
use crate::effect::{Effect, Source};

pub(super) const RULE: Rule = Rule {
    id: "refuse.send.environment",
    title: "sends environment variables over the network",
    reason: "The environment holds tokens and keys of every tool that runs here.",
    attack: Some("T1048"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if !sends(effect) {
        return None;
    }
    let secret = |source: &&Source| match source {
        Source::Environment(name) => name.is_empty() || hosts::secret_name(name),
        _ => false,
    };
    let sources: Vec<&Source> = effect.sources.iter().filter(secret).collect();
    let Some(Source::Environment(name)) = sources.first() else { return None };
    let host = target(effect);
    let what = if name.is_empty() { "the whole environment".to_owned() } else { format!("`${name}`") };
    // A token that is sent to the service that gave it is how such services are used.
    let owned = |source: &&Source| matches!(source, Source::Environment(name) if hosts::belongs(name, host));
    let strict = !hosts::is_local(host) && !sources.iter().all(owned);
    Some(Finding::either(strict, effect, format!("sends {what} to `{host}`")).of_sources(&sources))
}

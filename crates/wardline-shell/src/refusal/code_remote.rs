//! Code from the network that is run unread.

use super::Rule;
use super::hosts;
use super::scene::{Finding, Scene};
use super::{Alternative, alternative};
use crate::effect::{Effect, EffectKind, Source};

pub(super) const RULE: Rule = Rule {
    id: "refuse.code.remote",
    title: "runs code from the network",
    reason: "Whoever answers decides what runs, and may answer differently each time; nobody has read it.",
    attack: Some("T1105"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if !matches!(effect.kind, EffectKind::Run | EffectKind::Execute | EffectKind::Persist) {
        return None;
    }
    let sources: Vec<&Source> =
        effect.sources.iter().filter(|source| matches!(source, Source::Network(_))).collect();
    let Some(Source::Network(host)) = sources.first() else { return None };
    let from = if host.is_empty() { "the network".to_owned() } else { format!("`{host}`") };
    let text = format!("runs what {from} answers, unread");
    let strict =
        !sources.iter().all(|source| matches!(source, Source::Network(host) if hosts::is_local(host)));
    let finding = Finding::ask(effect, text).of_sources(&sources).instead(download(scene, host));
    // Where the code comes from is known, even if the name of the file or pipe that it comes through is not.
    Some(if strict { finding.regardless() } else { finding })
}

/// Downloads what would be run.
fn download(scene: &Scene<'_>, host: &str) -> Option<Alternative> {
    let words = scene.commands.iter().flat_map(|command| &command.arguments).take(1000);
    let url = words.map(|word| word.value.as_str()).find(|word| {
        let web = word.starts_with("https://") || word.starts_with("http://");
        web && !host.is_empty() && word.contains(host) && !word.contains(['$', '`', '{'])
    })?;
    Some(alternative::download(url))
}

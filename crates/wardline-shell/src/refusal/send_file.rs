//! Project files and facts about the machine that leave it.

use super::Rule;
use super::hosts;
use super::scene::{Finding, Scene, sends, target};
use crate::effect::{Effect, Source};

pub(super) const RULE: Rule = Rule {
    id: "ask.send.file",
    title: "sends files over the network",
    reason: "What was sent cannot be taken back; whoever owns the files decides who gets them.",
    attack: Some("T1048"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    let host = target(effect);
    // A push has a question of its own.
    if !sends(effect) || hosts::is_local(host) || effect.detail == "git push" {
        return None;
    }
    let told = |source: &&Source| matches!(source, Source::File(_) | Source::System | Source::Unknown);
    let sources: Vec<&Source> = effect.sources.iter().filter(told).collect();
    let what = match sources.first()? {
        Source::File(path) => format!("`{path}`"),
        Source::System => "facts about this machine".to_owned(),
        _ => "something that cannot be seen".to_owned(),
    };
    Some(Finding::ask(effect, format!("sends {what} to `{host}`")).of_sources(&sources))
}

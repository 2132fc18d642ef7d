//! Files of the machine and of other people that leave it.

use super::Rule;
use super::scene::{Finding, Scene, sends, target};
use super::{hosts, places};
use crate::effect::{Effect, Source};

pub(super) const RULE: Rule = Rule {
    id: "refuse.send.machine",
    title: "sends files from outside the project over the network",
    reason: "Account lists, settings and other people's files tell an attacker how to go on; a project does not need them elsewhere.",
    attack: Some("T1048"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if !sends(effect) {
        return None;
    }
    let files = effect.sources.iter().filter_map(|source| match source {
        Source::File(path) if foreign(path, scene) => Some((source, path)),
        _ => None,
    });
    let (sources, paths): (Vec<&Source>, Vec<&String>) = files.unzip();
    let first = paths.first()?;
    let machine = paths.iter().any(|path| places::machine_file(path));
    let host = target(effect);
    let text = format!("sends `{first}`, which is no part of the project, to `{host}`");
    Some(Finding::either(machine && !hosts::is_local(host), effect, text).of_sources(&sources))
}

/// Outside the project and the temporary directories, and no secret, which has a rule of its own.
fn foreign(path: &str, scene: &Scene<'_>) -> bool {
    let near = [scene.ground.project, "/tmp", "/var/tmp", "/dev"];
    path.starts_with('/')
        && !near.iter().any(|place| places::within(path, place))
        && !places::hidden_secret(path, scene.ground)
}

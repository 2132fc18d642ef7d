//! Deletion outside the project.

use super::Rule;
use super::alternative;
use super::places;
use super::scene::{Finding, Scene, spot};
use crate::effect::{Effect, EffectKind, Target, Zone};

pub(super) const RULE: Rule = Rule {
    id: "ask.delete.outside",
    title: "deletes outside the project",
    reason: "What lies outside the project belongs to somebody else; only temporary files are free to go.",
    attack: Some("T1070.004"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Delete {
        return None;
    }
    if let Target::Name(name) = &effect.target {
        // Packages come back by the command that brought them.
        let lasting = ["crontab", "group ", "user "].iter().any(|start| name.starts_with(start));
        return lasting.then(|| Finding::ask(effect, format!("removes the {name}")));
    }
    let spot = spot(effect)?;
    let outside = match spot.zone {
        Zone::Project | Zone::Sink => false,
        Zone::ProjectCritical => spot.recursive,
        // All that is in the shared directory belongs to others too.
        Zone::Temp => {
            matches!(spot.path.trim_end_matches('/'), "/tmp" | "/tmp/*" | "/var/tmp" | "/var/tmp/*")
        }
        // Where the path can't be told, its own doubt asks.
        Zone::Unknown => spot.path.starts_with('/'),
        _ => true,
    };
    // What is refused is not asked as well.
    if !outside
        || places::critical(spot.path)
        || places::root(spot.path, spot.recursive, scene.ground).is_some()
    {
        return None;
    }
    let below = if spot.recursive { " and everything below it" } else { "" };
    let text = format!("deletes `{}`{below}, outside the project", spot.path);
    Some(Finding::ask(effect, text).instead(alternative::look(spot.path)))
}

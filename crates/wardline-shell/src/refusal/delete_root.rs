//! Deletion of a directory that is never deleted as a whole.

use super::Rule;
use super::alternative;
use super::breadth::{self, Breadth, breadth, keeps};
use super::pattern::Reach;
use super::places::{self, Root};
use super::scene::{Finding, Scene, spot};
use crate::effect::{Effect, EffectKind, Zone};

pub(super) const RULE: Rule = Rule {
    id: "refuse.delete.root",
    title: "deletes a protected directory",
    reason: "A system, home or project directory that is gone cannot be had back; nothing an agent is asked for needs it.",
    attack: Some("T1485"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Delete {
        return None;
    }
    let spot = spot(effect)?;
    let (root, reach) = places::root(spot.path, spot.recursive, scene.ground)?;
    let inside = matches!(root, Root::Project | Root::AboveProject) && spot.zone == Zone::Project;
    let (breadth, keeps) = (breadth(scene, effect), keeps(scene, effect));
    let strict = match (inside, breadth) {
        (true, Breadth::Named) => return None,
        (true, _) if keeps && packs(scene, effect) => return None,
        // Files without their directories are less than the project: git has them, as a rule.
        (true, Breadth::Whole) => {
            reach == Reach::Whole && spot.recursive && !keeps && !only_files(scene, effect)
        }
        (true, Breadth::Chosen | Breadth::Files) | (false, Breadth::Named | Breadth::Chosen) => false,
        (false, Breadth::Files | Breadth::Whole) => !packs(scene, effect),
    };
    let what = if reach == Reach::Whole { "everything at" } else { "the files at" };
    let verb = if keeps { "takes away" } else { "deletes" };
    let text = format!("{verb} {what} `{}`: {}", spot.path, root.describe());
    let other = match root {
        Root::Project => Some(alternative::clean_dry()),
        _ => alternative::look(spot.path),
    };
    Some(Finding::either(strict, effect, text).instead(other))
}

/// `rm` without `-r` leaves directories alone.
fn only_files(scene: &Scene<'_>, effect: &Effect) -> bool {
    let words = scene.words(effect);
    words.first().is_some_and(|name| name == "rm")
        && !words.iter().skip(1).any(|word| word.starts_with('-') && word.contains(['r', 'R']))
}

fn packs(scene: &Scene<'_>, effect: &Effect) -> bool {
    scene.command(effect).and_then(|command| command.program.as_deref()).is_some_and(breadth::packs)
}

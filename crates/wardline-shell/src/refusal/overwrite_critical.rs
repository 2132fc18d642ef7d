//! Change or loss of a file that the machine depends on.

use super::Rule;
use super::alternative;
use super::breadth::{Breadth, breadth};
use super::places::{self, Root};
use super::scene::{Finding, Scene, Spot, spot};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "refuse.overwrite.critical",
    title: "changes or removes a critical system file",
    reason: "Accounts, rights, start-up and the programs of the system hang on these files; a wrong byte locks everybody out or lets anybody in.",
    attack: Some("T1565.001"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    let spot = spot(effect)?;
    let (verb, touches) = match effect.kind {
        EffectKind::Write => ("writes to", places::vital(spot.path)),
        EffectKind::Replace => ("replaces", places::critical(spot.path) || whole(scene, &spot)),
        EffectKind::Delete => {
            let critical = places::critical(spot.path);
            // What takes a protected directory along has a rule of its own.
            ("deletes", critical && places::root(spot.path, spot.recursive, scene.ground).is_none())
        }
        _ => return None,
    };
    if !touches || places::within(spot.path, scene.ground.project) {
        return None;
    }
    let program = scene.command(effect).and_then(|command| command.program.as_deref());
    // A link beside the others adds a name; where a directory takes files of unknown names, none need be there before.
    let adds = effect.kind == EffectKind::Replace
        && ((program == Some("ln") && !places::vital(spot.path))
            || (matches!(program, Some("cp" | "install" | "ln" | "mv")) && spot.path.contains('*')));
    // What a search picks out by name or age may be none of them.
    let strict = !adds && breadth(scene, effect) >= Breadth::Files;
    let text = format!("{verb} `{}`, which the machine depends on", spot.path);
    Some(Finding::either(strict, effect, text).instead(alternative::look(spot.path)))
}

/// Whether all files of a protected directory are meant.
fn whole(scene: &Scene<'_>, spot: &Spot<'_>) -> bool {
    let globbed = spot.path.contains('*');
    globbed
        && places::root(spot.path, spot.recursive, scene.ground)
            .is_some_and(|(root, _)| !matches!(root, Root::Project | Root::AboveProject))
}

//! Programs that are set up to run later or again.

use super::Rule;
use super::alternative;
use super::places;
use super::scene::{Finding, Scene, spot, target};
use crate::effect::{Effect, EffectKind, Zone};

pub(super) const RULE: Rule = Rule {
    id: "refuse.persist",
    title: "sets something up to run later",
    reason: "What runs at login, by the clock or beside every command outlives the session and everybody who watched it.",
    attack: Some("T1546.004"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    let place = target(effect);
    let timetable = effect.detail.contains("crontab") || place.contains("cron");
    let other = timetable.then(alternative::timetable);
    if effect.kind == EffectKind::Persist {
        let strict = match spot(effect) {
            Some(spot) => !matches!(spot.zone, Zone::Project | Zone::ProjectCritical | Zone::Temp),
            None => false,
        };
        let where_to = if place.is_empty() { &effect.detail } else { place };
        let text = format!("sets something up to run later: {where_to}");
        return Some(Finding::either(strict, effect, text).instead(other));
    }
    let written = matches!(effect.kind, EffectKind::Write | EffectKind::Replace);
    let spot = spot(effect).filter(|spot| written && places::start_up(spot.path, scene.ground))?;
    // What git writes into its own settings is judged by the setting.
    let by_git = scene.command(effect).is_some_and(|command| command.program.as_deref() == Some("git"));
    if by_git && spot.path.contains("git") {
        return None;
    }
    // Where the files are kept in the project, they are the project's.
    let strict = !places::within(spot.path, scene.ground.project);
    let text = format!("writes to `{}`, which runs or counts by itself later", spot.path);
    Some(Finding::either(strict, effect, text).instead(other))
}

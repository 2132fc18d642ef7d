//! Traces that are removed and protections that are switched off.

use super::Rule;
use super::places;
use super::scene::{Finding, Scene, spot, target};
use crate::effect::{Effect, EffectKind, Target};

pub(super) const RULE: Rule = Rule {
    id: "refuse.evade",
    title: "removes traces or switches a protection off",
    reason: "Logs, histories and protections are there for the people who come after; work that is in order needs none of them gone.",
    attack: Some("T1562.001"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    let what = target(effect);
    // The guard has a rule of its own.
    if effect.kind == EffectKind::Evade && what.starts_with("wardline") {
        return None;
    }
    if effect.kind == EffectKind::Evade {
        let how = match (effect.detail.is_empty(), what.is_empty()) {
            (true, _) => format!("`{what}`"),
            (false, true) => effect.detail.clone(),
            (false, false) => format!("{} (`{what}`)", effect.detail),
        };
        let text = format!("removes traces or switches a protection off: {how}");
        return Some(Finding::either(strict(effect) && !one_line(scene, effect), effect, text));
    }
    let lost = matches!(effect.kind, EffectKind::Replace | EffectKind::Delete);
    let spot = spot(effect).filter(|spot| lost && places::record(spot.path))?;
    Some(Finding::refuse(effect, format!("destroys `{}`, a record of what happened here", spot.path)))
}

/// `history -d`: one line is forgotten, not all.
fn one_line(scene: &Scene<'_>, effect: &Effect) -> bool {
    let words = scene.words(effect);
    words.first().is_some_and(|name| name == "history")
        && !words.iter().skip(1).any(|word| word.starts_with('-') && word.contains('c'))
}

/// Times and attributes of single files and the switches of single rules are asked.
fn strict(effect: &Effect) -> bool {
    const RULES: &[&str] = &["aa-complain", "dmesg", "fail2ban-client", "semanage", "setsebool"];
    const OFF: &[&str] = &["-F", "--flush", "flush", "disable", "reset", "-X", "off"];
    let how = &effect.detail;
    match &effect.target {
        Target::Path { .. } => how == "history",
        Target::Name(name) if name == "firewall" => how.split(' ').any(|word| OFF.contains(&word)),
        Target::Name(name) => !RULES.contains(&name.as_str()),
        _ => true,
    }
}

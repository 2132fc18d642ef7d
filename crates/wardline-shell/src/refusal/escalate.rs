//! More rights, and ways out of an isolation.

use super::Rule;
use super::alternative;
use super::scene::{Finding, Scene, spot, target};
use crate::answer::Certainty;
use crate::effect::{Effect, EffectKind, Zone};

pub(super) const RULE: Rule = Rule {
    id: "refuse.escalate",
    title: "takes more rights or leaves an isolation",
    reason: "Rights that were not given are not an agent's to take; what it may not do as it is, it may not do as somebody else.",
    attack: Some("T1548"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Escalate || BECOMES.contains(&effect.detail.as_str()) {
        return None;
    }
    let place = spot(effect);
    let inside = place.is_some_and(|spot| matches!(spot.zone, Zone::Project | Zone::Temp));
    let what = target(effect);
    let how = match (effect.detail.is_empty(), what.is_empty()) {
        (true, _) => format!("`{what}`"),
        (false, true) => effect.detail.clone(),
        (false, false) => format!("{} (`{what}`)", effect.detail),
    };
    let strict = !inside && strict(effect);
    let other = place.and_then(|spot| alternative::look(spot.path));
    Some(
        Finding::either(strict, effect, format!("takes more rights or leaves an isolation: {how}"))
            .instead(other),
    )
}

/// To run a command as somebody else is no effect of its own: what it does then is judged by itself.
const BECOMES: &[&str] = &["as another user", "as root"];

/// What is no part of anybody's work on a project; the rest is an administrator's daily bread, and asked.
const NEVER: &[&str] = &[
    "--privileged",
    "a container engine",
    "a device with data",
    "a privileged container",
    "a program that the kernel runs as root",
    "a right over the machine",
    "cap_",
    "enters other namespaces",
    "has the number of root",
    "insmod",
    "kexec",
    "runs as its owner",
    "shares the machine's processes",
    "the container engine",
    "the file system outside",
    "the machine's files",
    "the memory of the machine",
    "without confinement",
];

fn strict(effect: &Effect) -> bool {
    let detail = effect.detail.as_str();
    NEVER.iter().any(|start| detail.starts_with(start))
        || (detail.starts_with("joins group") && effect.certainty == Certainty::Proven)
        || (detail == "takes hold of a process" && target(effect) == "1")
}

//! Settings that decide what programs run later.

use super::Rule;
use super::alternative;
use super::places;
use super::scene::{Finding, Scene, target};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "refuse.configure",
    title: "changes what programs run later",
    reason: "A harmless command runs somebody else's program when its settings were changed before.",
    attack: Some("T1574"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Configure {
        return None;
    }
    let name = target(effect);
    let text = match effect.detail.as_str() {
        "" => format!("sets `{name}`, which decides what runs later"),
        detail => format!("sets `{name}`, which decides what runs later ({detail})"),
    };
    let other = name.contains('.').then(alternative::git_settings);
    // For one command alone, and from the project, it may be what is worked on.
    let foreign = ["/tmp/", "/var/tmp/", "/dev/shm/"].iter().any(|place| effect.detail.starts_with(place));
    let program = scene.command(effect).and_then(|command| command.program.as_deref());
    let exported = matches!(program, Some("declare" | "export" | "readonly" | "typeset"));
    // Git runs these in every repository of the person's.
    let everywhere = matches!(name, "core.hookspath" | "core.fsmonitor" | "core.sshcommand")
        && scene.words(effect).iter().any(|word| matches!(word.as_str(), "--global" | "--system"));
    let strict = everywhere || (places::loads_code(name) && (exported || foreign));
    Some(Finding::either(strict, effect, text).instead(other))
}

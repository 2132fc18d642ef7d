//! Signals to every process, to the first one, or to the guard.

use super::Rule;
use super::alternative;
use super::scene::{Finding, Scene, target};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "refuse.signal.all",
    title: "signals every process or the guard",
    reason: "It ends the session, the machine or whoever watches.",
    attack: Some("T1489"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Signal {
        return None;
    }
    let name = target(effect);
    let plain = name.trim_matches(|c: char| matches!(c, '^' | '$' | '"' | '\'' | '[' | ']'));
    let strict = match plain {
        "*" | "-1" | "1" | "." | ".*" => true,
        _ if plain.starts_with("wardline") => true,
        "init" | "systemd" | "launchd" | "sshd" | "dbus-daemon" | "systemd-logind" | "auditd"
        | "containerd" | "dockerd" => false,
        _ => return None,
    };
    let whom = match plain {
        "*" | "-1" | "." | ".*" => "every process".to_owned(),
        "1" => "the first process, which all others hang on".to_owned(),
        other => format!("`{other}`"),
    };
    Some(Finding::either(strict, effect, format!("signals {whom}")).instead(Some(alternative::processes())))
}

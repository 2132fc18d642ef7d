//! Rights of whole trees and of critical files that are changed.

use super::Rule;
use super::alternative;
use super::breadth::{Breadth, breadth};
use super::pattern::Reach;
use super::places::{self, Root};
use super::scene::{Finding, Scene, spot};
use crate::effect::{Effect, EffectKind, Zone};

pub(super) const RULE: Rule = Rule {
    id: "refuse.mode.storm",
    title: "changes the rights of a protected place",
    reason: "Programs and logins stop to work, or everybody may change them, and nobody knows what the rights were before.",
    attack: Some("T1222.002"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if !matches!(effect.kind, EffectKind::Mode | EffectKind::Owner) {
        return None;
    }
    let spot = spot(effect)?;
    let mode = if effect.kind == EffectKind::Mode { effect.detail.as_str() } else { "" };
    let own = matches!(spot.zone, Zone::Project | Zone::Temp);
    let root = places::root(spot.path, true, scene.ground)
        .filter(|(root, _)| !matches!(root, Root::Project | Root::Git));
    // What is below `/usr/local` is the administrator's own.
    let root = root.filter(|_| !places::within(spot.path, "/usr/local"));
    let other = alternative::look(spot.path);
    let text = match root {
        Some((root, Reach::Whole)) if spot.recursive => {
            format!("changes the rights of everything below `{}`: {}", spot.path, root.describe())
        }
        Some((root, _)) if open(mode) && !own => {
            format!("lets everybody write to `{}`: {}", spot.path, root.describe())
        }
        _ if places::vital(spot.path) && (open(mode) || effect.kind == EffectKind::Owner) => {
            format!("changes who may write `{}`, which the machine depends on", spot.path)
        }
        _ if raises(mode) => {
            let text = format!("makes `{}` run with the rights of its owner", spot.path);
            // A program of the project may need it; one in a temporary directory is a way back in.
            return Some(Finding::either(spot.zone != Zone::Project, effect, text).instead(other));
        }
        _ => return None,
    };
    let strict = breadth(scene, effect) >= Breadth::Files;
    Some(Finding::either(strict, effect, text).instead(other))
}

/// Whether a mode lets everybody write.
fn open(mode: &str) -> bool {
    mode.split([',', ' ']).any(|part| match octal(part) {
        Some(bits) => bits & 0o2 != 0,
        None => part
            .split_once(['+', '='])
            .is_some_and(|(who, what)| (who.is_empty() || who.contains(['o', 'a'])) && what.contains('w')),
    })
}

/// Whether a mode sets the setuid bit.
fn raises(mode: &str) -> bool {
    mode.split([',', ' ']).any(|part| match octal(part) {
        Some(bits) => bits & 0o4000 != 0,
        None => part
            .split_once(['+', '='])
            .is_some_and(|(who, what)| what.contains('s') && (who.is_empty() || who.contains(['u', 'a']))),
    })
}

fn octal(text: &str) -> Option<u32> {
    u32::from_str_radix(text.trim_start_matches("=").trim_start_matches("0o"), 8).ok()
}

//! Formatting and raw writing of devices.

use super::Rule;
use super::alternative;
use super::places;
use super::scene::{Finding, Scene, spot, target};
use crate::answer::Certainty;
use crate::effect::{Effect, EffectKind, Zone};

pub(super) const RULE: Rule = Rule {
    id: "refuse.device.raw",
    title: "writes raw to a device",
    reason: "Bytes written past the file system destroy every file on the device.",
    attack: Some("T1561"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    let place = spot(effect);
    let path = target(effect);
    let store = places::raw_store(path);
    let strict = match effect.kind {
        EffectKind::Format => match place.map(|spot| spot.zone) {
            // An image file is a file.
            Some(Zone::Project | Zone::Temp | Zone::Home | Zone::Sink) => return None,
            Some(Zone::Device | Zone::Elsewhere | Zone::Unknown) => store,
            _ => true,
        },
        EffectKind::Write | EffectKind::Replace | EffectKind::Delete if store => true,
        EffectKind::Write | EffectKind::Replace if place?.zone == Zone::Device => false,
        // Reading a disk reads every file on it, whoever may see them.
        EffectKind::Read if store && effect.certainty == Certainty::Proven => false,
        _ => return None,
    };
    let text = match effect.kind {
        EffectKind::Format => format!("formats or repartitions `{path}`"),
        EffectKind::Read => format!("reads `{path}` raw, past the rights of its files"),
        EffectKind::Delete => format!("removes the device `{path}`"),
        _ => format!("writes raw to the device `{path}`"),
    };
    Some(Finding::either(strict, effect, text).instead(Some(alternative::devices())))
}

//! Data in a data store that is destroyed.

use super::Rule;
use super::scene::{Finding, Scene, target};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "ask.data.drop",
    title: "destroys data in a data store",
    reason: "Rows and tables that are gone come back only from a backup, if there is one.",
    attack: Some("T1485"),
    judge,
};

fn judge(_: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    if effect.kind != EffectKind::Drop {
        return None;
    }
    let name = target(effect);
    let what = if name.is_empty() { "data".to_owned() } else { format!("`{name}`") };
    let how = if effect.detail.is_empty() { String::new() } else { format!(" ({})", effect.detail) };
    Some(Finding::ask(effect, format!("destroys {what} in a data store{how}")))
}

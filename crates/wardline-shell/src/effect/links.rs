//! Follows links that the script itself makes: after `ln -s / root`, `rm -r root/etc` deletes `/etc`.

use super::{Effect, EffectKind, Target, zone};
use crate::answer::Command;
use crate::refusal::Ground;

/// Most links of one script that are kept in mind.
const MOST_LINKS: usize = 32;
/// Most effects that are told a second time under another path.
const MOST_MOVED: usize = 512;

/// Adds to effects on paths below a link of the script the same effects where the link leads.
pub(super) fn follow(all: &mut Vec<Effect>, commands: &[Command], ground: &Ground<'_>) {
    if !all.iter().any(|effect| effect.kind == EffectKind::Link) {
        return;
    }
    let mut links: Vec<(String, String)> = Vec::new();
    let mut moved = Vec::new();
    for effect in all.iter() {
        let Target::Path { path, .. } = &effect.target else { continue };
        if effect.kind == EffectKind::Link {
            let name = absolute(&effect.detail, commands.get(effect.command), ground);
            if let Some(name) = name.filter(|name| links.len() < MOST_LINKS && name != path) {
                links.push((name, path.clone()));
            }
            continue;
        }
        for (name, leads_to) in &links {
            let below = path.strip_prefix(name.as_str()).filter(|rest| rest.starts_with('/'));
            if let Some(rest) = below.filter(|_| moved.len() < MOST_MOVED) {
                moved.push(effect.at(&zone::resolve(&format!("{leads_to}{rest}"), ground.cwd), ground));
            }
        }
    }
    all.extend(moved);
}

fn absolute(name: &str, command: Option<&Command>, ground: &Ground<'_>) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    if name.starts_with('/') {
        return Some(zone::resolve(name, ground.cwd));
    }
    let directory = command?.directory.as_deref()?;
    Some(zone::resolve(&format!("{directory}/{name}"), ground.cwd))
}

//! Published history that is rewritten, and history beyond recovery.

use super::Rule;
use super::places;
use super::scene::{Finding, Scene, target};
use super::{Alternative, alternative};
use crate::effect::{Effect, EffectKind};

pub(super) const RULE: Rule = Rule {
    id: "refuse.git.rewrite",
    title: "rewrites or removes history",
    reason: "Others build on what was published; commits that nothing names any more are gone.",
    attack: Some("T1485"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    let name = target(effect);
    if effect.kind == EffectKind::Discard && name == UNREACHABLE && forgets(scene) {
        let text = "removes for good what no branch and no reflog names any more";
        return Some(Finding::refuse(effect, text).instead(Some(alternative::branches())));
    }
    if effect.kind != EffectKind::Rewrite {
        return None;
    }
    let how = effect.detail.split(' ').next().unwrap_or_default();
    let aimed = places::protected_branch(name);
    // A lease only replaces what the writer has seen; the question about the push is enough.
    if how == "force-with-lease" && !aimed {
        return None;
    }
    let strict = aimed || how == "mirror";
    let what = match (effect.detail.is_empty(), name) {
        (true, name) => format!("`{name}`"),
        (false, "") => effect.detail.clone(),
        (false, name) => format!("`{name}` ({})", effect.detail),
    };
    let words = scene.words(effect);
    let pushes = words.iter().any(|word| word == "push");
    let other = if pushes { lease(&words, aimed) } else { Some(alternative::branches()) };
    Some(Finding::either(strict, effect, format!("rewrites or removes history: {what}")).instead(other))
}

/// What `git gc` and `git prune` throw away.
const UNREACHABLE: &str = "unreachable objects";

/// Most effects that are looked through for a reflog.
const MOST_EFFECTS: usize = 2000;

/// Whether the script forgets where branches were before as well: then nothing names the commits.
fn forgets(scene: &Scene<'_>) -> bool {
    let mut effects = scene.effects.iter().take(MOST_EFFECTS);
    effects.any(|effect| effect.kind == EffectKind::Discard && target(effect) == "reflog")
}

/// The same push, which only replaces what the writer has seen.
fn lease(words: &[String], aimed: bool) -> Option<Alternative> {
    let short = |word: &str| matches!(word, "-f" | "--force");
    if aimed
        || !words.iter().any(|word| short(word))
        || words.iter().any(|word| word.contains(['$', '`', '+']))
    {
        return Some(alternative::unpushed());
    }
    let changed = |word: &String| if short(word) { "--force-with-lease".to_owned() } else { word.clone() };
    Some(Alternative {
        argv: words.iter().map(changed).collect(),
        does: "only replaces commits that were seen here".to_owned(),
    })
}

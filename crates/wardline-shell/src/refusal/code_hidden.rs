//! Code that nobody can see, given to an interpreter.

use super::Rule;
use super::scene::{Finding, Scene, target};
use crate::effect::{Effect, EffectKind, Source};

pub(super) const RULE: Rule = Rule {
    id: "ask.code.hidden",
    title: "runs code that cannot be seen",
    reason: "What an interpreter is given comes from a place that the command does not show, so nobody can tell what it does.",
    attack: Some("T1027"),
    judge,
};

fn judge(scene: &Scene<'_>, effect: &Effect) -> Option<Finding> {
    let hidden =
        |source: &&Source| matches!(source, Source::Unknown | Source::Secret(_) | Source::Environment(_));
    let sources: Vec<&Source> = effect.sources.iter().filter(hidden).collect();
    if effect.kind != EffectKind::Run || sources.is_empty() || settings(scene, effect) {
        return None;
    }
    let language = if effect.detail.is_empty() { target(effect) } else { &effect.detail };
    let text = format!("gives `{language}` code that cannot be seen before it runs");
    Some(Finding::ask(effect, text).of_sources(&sources))
}

/// Programs that print settings for a shell, and the words that ask for them.
const PRINTERS: &[(&str, &[&str])] = &[
    ("brew", &["shellenv"]),
    ("conda", &["shell.bash", "shell.posix", "shell.zsh"]),
    ("dircolors", &[]),
    ("direnv", &["hook", "export"]),
    ("fnm", &["env"]),
    ("lesspipe", &[]),
    ("locale", &[]),
    ("minikube", &["docker-env"]),
    ("mise", &["activate", "env"]),
    ("opam", &["env"]),
    ("pyenv", &["init", "virtualenv-init"]),
    ("rbenv", &["init"]),
    ("register-python-argcomplete", &[]),
    ("resize", &[]),
    ("ssh-agent", &[]),
    ("starship", &["init"]),
    ("tset", &[]),
    ("zoxide", &["init"]),
];

/// Whether all that is run comes from programs whose output is made for `eval`.
fn settings(scene: &Scene<'_>, effect: &Effect) -> bool {
    let mut printers = scene
        .commands
        .iter()
        .filter(|command| command.prints.is_some_and(|channel| effect.fed_by.contains(&channel)))
        .peekable();
    printers.peek().is_some()
        && printers.all(|command| {
            let name = command.program.as_deref().unwrap_or_default();
            let known = PRINTERS.binary_search_by(|(program, _)| (*program).cmp(name));
            let words = known.ok().and_then(|at| PRINTERS.get(at)).map(|(_, words)| *words);
            words.is_some_and(|words| {
                words.is_empty()
                    || command.arguments.first().is_some_and(|word| words.contains(&word.value.as_str()))
            })
        })
}

#[cfg(test)]
mod tests {
    #[test]
    fn printers_are_sorted() {
        assert!(super::PRINTERS.is_sorted_by_key(|(name, _)| *name));
    }
}

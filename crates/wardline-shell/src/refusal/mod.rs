//! The rules over effects: what is refused whoever allows it, and what is asked whoever allows the rest.
//!
//! Each rule has a file of its own. A rule looks at effects, never at spellings; it gives a reason for a person, and where there
//! is one a safe alternative that does what was probably wanted. Rules do not see files: whoever can look at them may judge
//! again with links followed.
//!
//! `places` and `hosts` know which paths, hosts and names matter, `breadth` how much of a tree a search takes, `scene` turns
//! what a rule finds into a [`Refusal`], `alternative` makes the commands to run instead, and `seen` adds the effects that only
//! the text of a script shows.

mod alternative;
mod breadth;
mod hosts;
mod pattern;
mod places;
mod scene;
mod seen;

mod code_hidden;
mod code_remote;
mod configure;
mod data_drop;
mod deceive;
mod delete_outside;
mod delete_root;
mod device_raw;
mod escalate;
mod evade;
mod exhaust;
mod fetch_metadata;
mod git_discard;
mod git_push;
mod git_rewrite;
mod guard;
mod infra_destroy;
mod install_foreign;
mod mode_storm;
mod overwrite_critical;
mod persist;
mod power;
mod publish;
mod read_machine;
mod read_secret;
mod send_environment;
mod send_file;
mod send_machine;
mod send_secret;
mod service;
mod shell_remote;
mod signal_all;
mod tunnel;
mod write_system;

use std::collections::BTreeSet;

use crate::Context;
use crate::answer::{Certainty, Command};
use crate::effect::Effect;

pub(crate) use scene::Scene;
pub(crate) use seen::effects as seen;

/// How strict a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A person decides.
    Ask,
    /// Nobody is asked; only a waiver lifts it.
    Refuse,
}

/// A rule, as it is explained.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name: `refuse.delete.root`. One that never does more than ask begins with `ask.`.
    pub id: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// Why it is there, in a sentence.
    pub reason: &'static str,
    /// The technique of MITRE ATT&CK, where there is one.
    pub attack: Option<&'static str>,
    /// What it makes of one effect of a scene.
    pub(crate) judge: fn(&Scene<'_>, &Effect) -> Option<scene::Finding>,
}

/// A command that does what was probably wanted, without the harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The command, a word each.
    pub argv: Vec<String>,
    /// What it does instead, in a few words.
    pub does: String,
}

/// One effect that a rule stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule's name.
    pub rule: &'static str,
    /// How strict.
    pub severity: Severity,
    /// What would happen, with the resolved target: "deletes everything below `/etc`".
    pub text: String,
    /// The effect, by its index.
    pub effect: usize,
    /// The effect in one line that does not depend on how it was spelled: `delete /etc recursive`. Waivers and the count of
    /// retries go by it.
    pub identity: String,
    /// What to do instead.
    pub alternative: Option<Alternative>,
    /// How sure it is.
    pub certainty: Certainty,
}

impl Refusal {
    /// What to tell whoever wanted the command, after the reason.
    #[must_use]
    pub fn advice(&self) -> String {
        let plain = "Do not try to reach the same effect another way: the effect is what is stopped, not the spelling.";
        match &self.alternative {
            Some(other) => {
                let words: Vec<String> = other.argv.iter().map(|word| alternative::quoted(word)).collect();
                format!("{plain} Ask the person, or use `{}`, which {}.", words.join(" "), other.does)
            }
            None => format!("{plain} Ask the person."),
        }
    }
}

/// The places that rules protect.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The home directory.
    pub home: &'a str,
    /// The root of the project.
    pub project: &'a str,
    /// The working directory at the start.
    pub cwd: &'a str,
}

impl<'a> Ground<'a> {
    /// The places of a context.
    #[must_use]
    pub fn of(context: &Context<'a>) -> Self {
        let project = if context.project.is_empty() { context.cwd } else { context.project };
        Self { home: context.home, project, cwd: context.cwd }
    }
}

/// Sorted by id.
static RULES: &[Rule] = &[
    code_hidden::RULE,
    data_drop::RULE,
    delete_outside::RULE,
    git_discard::RULE,
    git_push::RULE,
    infra_destroy::RULE,
    install_foreign::RULE,
    publish::RULE,
    read_machine::RULE,
    read_secret::RULE,
    send_file::RULE,
    service::RULE,
    write_system::RULE,
    code_remote::RULE,
    configure::RULE,
    deceive::RULE,
    delete_root::RULE,
    device_raw::RULE,
    escalate::RULE,
    evade::RULE,
    exhaust::RULE,
    fetch_metadata::RULE,
    git_rewrite::RULE,
    guard::RULE,
    mode_storm::RULE,
    overwrite_critical::RULE,
    persist::RULE,
    power::RULE,
    send_environment::RULE,
    send_machine::RULE,
    send_secret::RULE,
    shell_remote::RULE,
    signal_all::RULE,
    tunnel::RULE,
];

/// Most refusals that are given for one script; the strictest come first.
const MOST: usize = 200;

/// All rules, by id.
#[must_use]
pub fn rules() -> &'static [Rule] {
    RULES
}

/// The rule of that name.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.binary_search_by(|rule| rule.id.cmp(id)).ok().and_then(|at| RULES.get(at))
}

/// What the rules stop among `effects`, the strictest first; `commands` are those that the effects name by index.
#[must_use]
pub fn judge(effects: &[Effect], commands: &[Command], ground: &Ground<'_>) -> Vec<Refusal> {
    let scene = Scene { effects, commands, ground };
    let mut out = Vec::new();
    let mut known = BTreeSet::new();
    let mut strictest = 0;
    for (index, effect) in effects.iter().enumerate() {
        for rule in RULES {
            let Some(finding) = (rule.judge)(&scene, effect) else { continue };
            if known.insert((rule.id, finding.severity, finding.identity.clone())) {
                strictest += usize::from(finding.severity == Severity::Refuse);
                out.push(finding.refusal(rule.id, index, effect.certainty));
            }
        }
        // What follows would not be among those that are given.
        if strictest >= MOST {
            break;
        }
    }
    // Stable: among equals the order of the script stays.
    out.sort_by_key(|refusal| std::cmp::Reverse(refusal.severity));
    out.truncate(MOST);
    out
}

#[cfg(test)]
mod tests {
    use super::{Ground, RULES, Severity, judge};
    use crate::answer::Certainty;
    use crate::effect::{Effect, EffectKind, Source, Target};

    #[test]
    fn rules_are_sorted_and_say_what_they_are() {
        assert!(RULES.is_sorted_by(|a, b| a.id < b.id));
        for rule in RULES {
            assert!(rule.id.starts_with("ask.") || rule.id.starts_with("refuse."), "{}", rule.id);
            assert!(rule.reason.ends_with('.') && !rule.title.ends_with('.'), "{}", rule.id);
            assert_eq!(super::rule(rule.id).map(|found| found.id), Some(rule.id));
        }
    }

    fn effect(kind: EffectKind, target: Target, source: Option<Source>) -> Effect {
        Effect {
            kind,
            target,
            sources: source.into_iter().collect(),
            detail: String::new(),
            certainty: Certainty::Proven,
            trace: Vec::new(),
            command: 0,
            takes_input: false,
            fed_by: Vec::new(),
        }
    }

    fn strictest(effect: &Effect) -> Option<Severity> {
        let ground = Ground { home: "/home/me", project: "/p", cwd: "/p" };
        judge(std::slice::from_ref(effect), &[], &ground).first().map(|refusal| refusal.severity)
    }

    #[test]
    fn effects_are_judged_by_what_they_are() {
        let name = |text: &str| Target::Name(text.to_owned());
        let host = || Target::Host("example.com".to_owned());
        let network = |text: &str| Source::Network(text.to_owned());
        let file = |text: &str| Source::File(text.to_owned());
        let (ask, refuse) = (Some(Severity::Ask), Some(Severity::Refuse));
        for (kind, target, source, expected) in [
            (EffectKind::Run, name("sh"), Some(network("example.com")), refuse),
            (EffectKind::Run, name("sh"), Some(network("localhost")), ask),
            (EffectKind::Run, name("sh"), Some(Source::Unknown), ask),
            (EffectKind::Run, name("sh"), Some(Source::Literal), None),
            (EffectKind::Run, name("sh"), Some(file("/p/x.sh")), None),
            (EffectKind::Send, host(), Some(Source::Secret("/home/me/.ssh/id_rsa".to_owned())), refuse),
            (EffectKind::Send, host(), Some(Source::Environment(String::new())), refuse),
            (EffectKind::Send, host(), Some(Source::Environment("HOME".to_owned())), None),
            (EffectKind::Send, host(), Some(file("/etc/passwd")), refuse),
            (EffectKind::Send, host(), Some(file("/p/data.json")), ask),
            (EffectKind::Send, host(), Some(Source::Literal), None),
            (EffectKind::Install, name("x"), Some(network("example.com")), ask),
            (EffectKind::Install, name("x"), None, None),
            (EffectKind::RemoteShell, host(), None, refuse),
            (EffectKind::Exhaust, Target::Nothing, None, refuse),
            (EffectKind::Power, Target::Nothing, None, refuse),
            (EffectKind::Signal, name("*"), None, refuse),
            (EffectKind::Signal, name("4242"), None, None),
            (EffectKind::Rewrite, name("main"), None, refuse),
            (EffectKind::Rewrite, name("feature"), None, ask),
            (EffectKind::Unknown, name("tool"), None, None),
        ] {
            let effect = effect(kind, target, source);
            assert_eq!(strictest(&effect), expected, "{effect:?}");
        }
    }

    /// What rests on something that nobody knows is asked, whatever the rule.
    #[test]
    fn an_opaque_effect_is_never_refused() {
        for kind in [EffectKind::RemoteShell, EffectKind::Exhaust, EffectKind::Power] {
            let opaque = Effect { certainty: Certainty::Opaque, ..effect(kind, Target::Nothing, None) };
            assert_eq!(strictest(&opaque), Some(Severity::Ask));
        }
    }
}

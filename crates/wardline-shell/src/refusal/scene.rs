//! What rules look at, and how they say what they found.

use crate::answer::{Certainty, Command};
use crate::effect::{Effect, EffectKind, Source, Target, Zone};

use super::{Alternative, Ground, Refusal, Severity};

/// What rules look at.
pub(crate) struct Scene<'a> {
    pub(crate) effects: &'a [Effect],
    pub(crate) commands: &'a [Command],
    pub(crate) ground: &'a Ground<'a>,
}

impl Scene<'_> {
    /// The command of an effect.
    pub(super) fn command(&self, effect: &Effect) -> Option<&Command> {
        self.commands.get(effect.command)
    }

    /// The words of an effect's command, the program first.
    pub(super) fn words(&self, effect: &Effect) -> Vec<String> {
        let Some(command) = self.command(effect) else { return Vec::new() };
        let Some(program) = &command.program else { return Vec::new() };
        let arguments = command.arguments.iter().map(|word| word.value.clone());
        std::iter::once(program.clone()).chain(arguments).collect()
    }
}

/// A path that an effect is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    pub(super) path: &'a str,
    pub(super) zone: Zone,
    pub(super) recursive: bool,
}

/// The path that an effect is about, when it is one.
pub(super) fn spot(effect: &Effect) -> Option<Spot<'_>> {
    match &effect.target {
        Target::Path { path, zone, recursive, .. } => Some(Spot { path, zone: *zone, recursive: *recursive }),
        _ => None,
    }
}

/// What an effect is done to, in a word.
pub(super) fn target(effect: &Effect) -> &str {
    match &effect.target {
        Target::Path { path, .. } => path,
        Target::Host(name) | Target::Name(name) => name,
        Target::Nothing => "",
    }
}

/// Whether an effect gives bytes to others.
pub(super) fn sends(effect: &Effect) -> bool {
    matches!(effect.kind, EffectKind::Send | EffectKind::Listen | EffectKind::Publish)
}

/// Whether an effect is at least likely: what rests on a value that nobody knows is asked, not refused.
pub(super) fn likely(effect: &Effect) -> bool {
    effect.certainty != Certainty::Opaque
}

/// What a rule found in an effect.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(super) severity: Severity,
    text: String,
    pub(super) identity: String,
    alternative: Option<Alternative>,
}

impl Finding {
    /// A question.
    pub(super) fn ask(effect: &Effect, text: impl Into<String>) -> Self {
        Self { severity: Severity::Ask, text: text.into(), identity: identity(effect), alternative: None }
    }

    /// A refusal, or a question when the effect rests on something that nobody knows.
    pub(super) fn refuse(effect: &Effect, text: impl Into<String>) -> Self {
        let severity = if likely(effect) { Severity::Refuse } else { Severity::Ask };
        Self { severity, ..Self::ask(effect, text) }
    }

    /// A refusal if `strict`, else a question.
    pub(super) fn either(strict: bool, effect: &Effect, text: impl Into<String>) -> Self {
        if strict { Self::refuse(effect, text) } else { Self::ask(effect, text) }
    }

    /// A refusal, however little is known of the rest: for what stays as bad whatever the rest turns out to be.
    pub(super) fn regardless(mut self) -> Self {
        self.severity = Severity::Refuse;
        self
    }

    /// With something to do instead.
    pub(super) fn instead(mut self, alternative: Option<Alternative>) -> Self {
        self.alternative = alternative;
        self
    }

    /// With the sources that the rule is about as part of the identity.
    pub(super) fn of_sources(mut self, sources: &[&Source]) -> Self {
        let names: Vec<String> = sources.iter().map(|source| name(source)).collect();
        self.identity = format!("{} from {}", self.identity, names.join(", "));
        self
    }

    pub(super) fn refusal(self, rule: &'static str, effect: usize, certainty: Certainty) -> Refusal {
        let Self { severity, text, identity, alternative } = self;
        Refusal { rule, severity, text, effect, identity, alternative, certainty }
    }
}

/// An effect in one line that does not depend on how it was spelled.
fn identity(effect: &Effect) -> String {
    let below = match &effect.target {
        Target::Path { recursive: true, .. } => " recursive",
        _ => "",
    };
    let target = target(effect);
    let space = if target.is_empty() { "" } else { " " };
    format!("{}{space}{target}{below}", verb(effect.kind))
}

/// The word for a kind of effect in an identity.
fn verb(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Read => "read",
        EffectKind::List => "list",
        EffectKind::Write => "write",
        EffectKind::Replace => "replace",
        EffectKind::Delete => "delete",
        EffectKind::Mode => "change mode of",
        EffectKind::Owner => "change owner of",
        EffectKind::Link => "link to",
        EffectKind::Format => "format",
        EffectKind::Execute => "execute",
        EffectKind::Run => "run code",
        EffectKind::Fetch => "fetch from",
        EffectKind::Send => "send to",
        EffectKind::Listen => "listen",
        EffectKind::RemoteShell => "remote shell",
        EffectKind::Tunnel => "tunnel",
        EffectKind::Exhaust => "exhaust",
        EffectKind::Signal => "signal",
        EffectKind::Persist => "persist in",
        EffectKind::Escalate => "escalate",
        EffectKind::Evade => "evade",
        EffectKind::Power => "power",
        EffectKind::Service => "service",
        EffectKind::Discard => "discard",
        EffectKind::Rewrite => "rewrite",
        EffectKind::Push => "push to",
        EffectKind::Publish => "publish",
        EffectKind::Drop => "drop",
        EffectKind::Destroy => "destroy",
        EffectKind::Install => "install",
        EffectKind::Configure => "configure",
        EffectKind::Deceive => "deceive",
        EffectKind::Unknown => "run",
    }
}

/// A source, in an identity.
fn name(source: &Source) -> String {
    match source {
        Source::Literal => "the script".to_owned(),
        Source::Network(host) => host.clone(),
        Source::File(path) | Source::Secret(path) => path.clone(),
        Source::Environment(name) if name.is_empty() => "the environment".to_owned(),
        Source::Environment(name) => format!("${name}"),
        Source::System => "the machine".to_owned(),
        Source::Unknown => "something unknown".to_owned(),
    }
}

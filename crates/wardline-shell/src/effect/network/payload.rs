//! What is sent: texts, files, variables, standard input.

use super::host::Parts;
use crate::answer::{Channel, Command, Input, Word};
use crate::effect::{Effect, EffectKind, Effects, Source, Target, Zone};
use crate::options::part_of;

/// Where the bytes come from that a command sends.
#[derive(Clone, Debug, Default)]
pub(super) struct Payload {
    sources: Vec<Source>,
    fed_by: Vec<Channel>,
    input: bool,
}

impl Payload {
    /// What the command reads on its standard input.
    pub(super) fn input() -> Self {
        Self { input: true, ..Self::default() }
    }

    /// What runs through a pipe.
    pub(super) fn of_channel(channel: Channel) -> Self {
        Self { fed_by: vec![channel], ..Self::default() }
    }

    /// A text that is sent as it stands.
    pub(super) fn text(&mut self, word: &Word) {
        let before = self.fed_by.len() + self.sources.len();
        self.open_parts(word);
        if before == self.fed_by.len() + self.sources.len() {
            let source = if word.complete { Source::Literal } else { Source::Unknown };
            self.sources.push(source);
        }
    }

    /// Only the parts of a text that the script does not spell out.
    pub(super) fn open_parts(&mut self, word: &Word) {
        self.fed_by.extend(word.fed_by.iter().copied());
        self.sources.extend(Parts::of(word).variables.into_iter().map(Source::Environment));
    }

    /// The content of a file; `-` is standard input.
    pub(super) fn file(&mut self, word: &Word, out: &Effects<'_>) {
        if matches!(word.value.as_str(), "-" | "." | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0")
            && word.complete
        {
            self.input = true;
            return;
        }
        self.named(word, out, false);
    }

    /// A file or a whole tree, by its name.
    pub(super) fn named(&mut self, word: &Word, out: &Effects<'_>, recursive: bool) {
        self.fed_by.extend(word.fed_by.iter().copied());
        // Some programs take `~` for the home directory where the shell does not.
        let home = word.value.strip_prefix("~/").map(|rest| format!("{}/{rest}", out.call.context.home));
        let target = out.path(&home.map_or_else(|| word.clone(), |path| part_of(word, &path)), recursive);
        if let Target::Path { path, zone, .. } = target {
            let secret = zone == Zone::Secret;
            self.sources.push(if secret { Source::Secret(path) } else { Source::File(path) });
        }
    }

    pub(super) fn stdin(&mut self) {
        self.input = true;
    }

    pub(super) fn variable(&mut self, name: &str) {
        self.sources.push(Source::Environment(name.to_owned()));
    }

    /// What another host gave.
    pub(super) fn network(&mut self, host: &str) {
        self.sources.push(Source::Network(host.to_owned()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.fed_by.is_empty() && !self.input
    }

    /// Makes it part of what an effect sends.
    pub(super) fn put(self, effect: &mut Effect) {
        effect.sources.extend(self.sources);
        effect.sources.sort();
        effect.sources.dedup();
        effect.fed_by.extend(self.fed_by);
        effect.fed_by.sort();
        effect.fed_by.dedup();
        effect.takes_input |= self.input;
    }
}

/// Does the command read from something that the script gives it?
pub(super) fn is_fed(command: &Command) -> bool {
    !matches!(command.input, Input::Inherited)
}

/// Adds that bytes come from a host.
pub(super) fn fetch(out: &mut Effects<'_>, host: &str, detail: &str) {
    for name in spellings(host) {
        detail.clone_into(&mut out.add(EffectKind::Fetch, Target::Host(name)).detail);
    }
}

/// Adds that bytes go to a host.
pub(super) fn send(out: &mut Effects<'_>, host: &str, detail: &str, payload: &Payload) {
    for name in spellings(host) {
        let effect = out.add(EffectKind::Send, Target::Host(name));
        detail.clone_into(&mut effect.detail);
        payload.clone().put(effect);
    }
}

/// A host as it is written, and as it is usually written when that is something else.
fn spellings(host: &str) -> impl Iterator<Item = String> {
    std::iter::once(host.to_owned()).chain(super::host::normalised(host))
}

/// Adds an effect with a detail.
pub(super) fn note(out: &mut Effects<'_>, kind: EffectKind, target: Target, detail: &str) {
    detail.clone_into(&mut out.add(kind, target).detail);
}

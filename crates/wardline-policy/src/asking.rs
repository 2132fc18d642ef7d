//! `on_ask`: what becomes of a question when no prompt of the agent's own takes it. Persons and administrators set it; a repository
//! can only say that nobody is waited for.

use crate::config::{Reader, Settings};
use crate::decision::Layer;
use crate::document::Node;
use crate::policy::Source;

/// The longest time that a question waits, in seconds: agents give their hooks ten minutes.
pub const LONGEST_WAIT: u32 = 540;

/// What becomes of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnAsk {
    /// The agent's own prompt where it has one; else a person who has `wardline approve` or the web page open; else a no.
    #[default]
    Auto,
    /// A no, at once.
    Deny,
    /// It waits this many seconds for `wardline approve` or the web page, and is a no then.
    Wait(u32),
}

impl std::str::FromStr for OnAsk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = |text: &str| text.parse().ok().filter(|seconds| (1..=LONGEST_WAIT).contains(seconds));
        match text {
            "auto" => Ok(Self::Auto),
            "deny" => Ok(Self::Deny),
            _ => match text.strip_prefix("wait:").and_then(seconds) {
                Some(seconds) => Ok(Self::Wait(seconds)),
                None => Err(format!("write auto, deny or wait:SECONDS, at most {LONGEST_WAIT}")),
            },
        }
    }
}

impl Reader<'_> {
    /// Reads `notify`.
    pub(crate) fn notify(&mut self, node: Node) -> Option<bool> {
        let at = node.at;
        match self.text(node, "`notify`")?.as_str() {
            "desktop" => Some(true),
            "off" => Some(false),
            word => {
                self.refuse(at, format!("`{word}` is no way to be told"), "write desktop or off");
                None
            }
        }
    }

    /// Reads `on_ask`.
    pub(crate) fn on_ask(&mut self, node: Node) -> Option<OnAsk> {
        let at = node.at;
        let text = self.text(node, "`on_ask`")?;
        match text.parse() {
            Ok(on_ask) => Some(on_ask),
            Err(help) => {
                self.refuse(at, format!("`{text}` does not say what becomes of a question"), help);
                None
            }
        }
    }
}

/// Whether the desktop is told: unless a person or an administrator turned it off. Others are not heard.
pub(crate) fn notifies(read: &[(&Source, Settings)]) -> bool {
    let heard = |source: &Source| matches!(source.layer, Layer::User | Layer::Managed);
    !read.iter().any(|(source, settings)| heard(source) && settings.notify == Some(false))
}

/// What the sources say together.
pub(crate) fn on_ask(read: &[(&Source, Settings)]) -> OnAsk {
    let said = |layer: Layer| {
        let lines = read.iter().filter(move |(source, _)| source.layer == layer);
        lines.filter_map(|(_, settings)| settings.on_ask).next_back()
    };
    let nobody = read.iter().any(|(source, settings)| {
        !matches!(source.layer, Layer::User) && settings.on_ask == Some(OnAsk::Deny)
    });
    if nobody { OnAsk::Deny } else { said(Layer::User).or_else(|| said(Layer::Managed)).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Options, PolicySet, SourceKind};

    #[test]
    fn persons_turn_the_desktop_off_and_others_do_not() {
        use Layer::{Managed, Project, User};
        type Row<'a> = (&'a [(Layer, &'a str)], Option<bool>);
        let table: [Row<'_>; 6] = [
            (&[], Some(true)),
            (&[(User, "off")], Some(false)),
            (&[(Managed, "off"), (User, "desktop")], Some(false)),
            (&[(User, "desktop")], Some(true)),
            (&[(Project, "off")], Some(true)),
            (&[(User, "loud")], None),
        ];
        for (sources, expected) in table {
            let sources: Vec<Source> = sources
                .iter()
                .map(|(layer, word)| Source {
                    layer: *layer,
                    trusted: true,
                    file: "f".to_owned(),
                    text: format!("{{\"notify\": \"{word}\"}}"),
                    kind: SourceKind::Config,
                })
                .collect();
            let built = PolicySet::build(&sources, &Options::default());
            assert_eq!(built.map(|policy| policy.notifies()).ok(), expected, "{sources:?}");
        }
    }

    #[test]
    fn persons_say_it_and_others_only_that_nobody_is_there() {
        use Layer::{Managed, Project, User};
        let said = |sources: &[(Layer, &str)]| {
            let source = |(layer, word): &(Layer, &str)| Source {
                layer: *layer,
                trusted: true,
                file: "f".to_owned(),
                text: format!("{{\"on_ask\": \"{word}\"}}"),
                kind: SourceKind::Config,
            };
            let sources: Vec<Source> = sources.iter().map(source).collect();
            PolicySet::build(&sources, &Options::default()).map(|policy| policy.on_ask()).ok()
        };
        type Row<'a> = (&'a [(Layer, &'a str)], Option<OnAsk>);
        let table: [Row<'_>; 12] = [
            (&[], Some(OnAsk::Auto)),
            (&[(User, "wait:60")], Some(OnAsk::Wait(60))),
            (&[(User, "deny")], Some(OnAsk::Deny)),
            (&[(Managed, "wait:9")], Some(OnAsk::Wait(9))),
            (&[(Managed, "wait:9"), (User, "wait:8")], Some(OnAsk::Wait(8))),
            (&[(Managed, "deny"), (User, "wait:8")], Some(OnAsk::Deny)),
            (&[(Project, "wait:60")], Some(OnAsk::Auto)),
            (&[(User, "wait:60"), (Project, "deny")], Some(OnAsk::Deny)),
            (&[(User, "wait:0")], None),
            (&[(User, "wait:541")], None),
            (&[(User, "allow")], None),
            (&[(User, "wait")], None),
        ];
        for (sources, expected) in table {
            assert_eq!(said(sources), expected, "{sources:?}");
        }
    }
}

//! `gate`: how strict the security scan at the end of a task is. Persons and administrators set it; a repository only tightens,
//! and so does the administrator after everybody else.

use crate::config::{Reader, Settings};
use crate::decision::Layer;
use crate::document::{Node, Value};
use crate::policy::Source;

/// Which findings keep work from being called done. In order of strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum GateMode {
    /// Nothing is scanned.
    Off,
    /// Findings that are proved.
    #[default]
    Default,
    /// Doubtful findings too, and everything that could not be looked at.
    Strict,
}

/// How strict the gate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// What holds work.
    pub mode: GateMode,
    /// Whether a touched file that could not be looked at holds it too.
    pub incomplete_holds: bool,
}

impl Default for Gate {
    fn default() -> Self {
        Self { mode: GateMode::Default, incomplete_holds: true }
    }
}

/// What one file says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GateLine {
    mode: Option<GateMode>,
    incomplete_holds: Option<bool>,
}

impl Reader<'_> {
    /// Reads `gate`.
    pub(crate) fn gate(&mut self, node: Node) -> GateLine {
        let mut line = GateLine::default();
        for (key, node) in self.map(node, "`gate`") {
            let word = match &node.value {
                Value::Text(text) => text.clone(),
                other => other.kind().to_owned(),
            };
            match (key.text.as_str(), word.as_str()) {
                ("mode", "strict") => line.mode = Some(GateMode::Strict),
                ("mode", "default") => line.mode = Some(GateMode::Default),
                ("mode", "off") => line.mode = Some(GateMode::Off),
                ("mode", _) => self.refuse(
                    node.at,
                    format!("`{word}` is no mode of the gate"),
                    "write strict, default or off",
                ),
                ("incomplete", "red") => line.incomplete_holds = Some(true),
                ("incomplete", "warn") => line.incomplete_holds = Some(false),
                ("incomplete", _) => {
                    self.refuse(
                        node.at,
                        format!("`{word}` says nothing about what was not scanned"),
                        "write red or warn",
                    );
                }
                _ => self.unknown(&key, "mode, incomplete"),
            }
        }
        line
    }
}

/// What the sources say together.
pub(crate) fn gate(read: &[(&Source, Settings)]) -> Gate {
    let mut gate = Gate::default();
    let lines = |wanted: fn(Layer) -> bool| {
        read.iter().filter(move |(source, _)| wanted(source.layer)).map(|(_, settings)| settings.gate)
    };
    for line in lines(|layer| layer == Layer::Managed).chain(lines(|layer| layer == Layer::User)) {
        gate.mode = line.mode.unwrap_or(gate.mode);
        gate.incomplete_holds = line.incomplete_holds.unwrap_or(gate.incomplete_holds);
    }
    for line in lines(|layer| layer != Layer::User) {
        gate.mode = line.mode.map_or(gate.mode, |mode| mode.max(gate.mode));
        gate.incomplete_holds |= line.incomplete_holds.unwrap_or(false);
    }
    gate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Options, PolicySet, SourceKind};

    #[test]
    fn persons_set_it_and_repositories_only_tighten() {
        let loose = r#"{"gate": {"mode": "off", "incomplete": "warn"}}"#;
        let strict = r#"{"gate": {"mode": "strict", "incomplete": "red"}}"#;
        let said = |sources: &[(Layer, &str)]| {
            let sources: Vec<Source> = sources
                .iter()
                .map(|(layer, text)| Source {
                    layer: *layer,
                    trusted: true,
                    file: "f".to_owned(),
                    text: (*text).to_owned(),
                    kind: SourceKind::Config,
                })
                .collect();
            PolicySet::build(&sources, &Options::default()).map(|policy| policy.gate())
        };
        let gate = |mode, incomplete_holds| Gate { mode, incomplete_holds };
        use GateMode::{Default, Off, Strict};
        use Layer::{Managed, Project, User};
        assert_eq!(said(&[]).unwrap(), gate(Default, true));
        assert_eq!(said(&[(User, loose)]).unwrap(), gate(Off, false));
        assert_eq!(said(&[(Project, loose)]).unwrap(), gate(Default, true));
        assert_eq!(said(&[(User, loose), (Project, strict)]).unwrap(), gate(Strict, true));
        assert_eq!(said(&[(Managed, strict), (User, loose)]).unwrap(), gate(Strict, true));
        assert_eq!(said(&[(Managed, loose), (User, strict)]).unwrap(), gate(Strict, true));
        assert_eq!(said(&[(Managed, loose)]).unwrap(), gate(Off, false));
        for wrong in
            [r#"{"gate": {"mode": "loose"}}"#, r#"{"gate": {"incomplete": 1}}"#, r#"{"gate": {"x": "y"}}"#]
        {
            assert!(said(&[(User, wrong)]).is_err(), "{wrong}");
        }
    }
}

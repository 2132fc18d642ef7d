//! The manifest of one session: everything that the operating system and the egress door are asked to allow, sealed.
//!
//! It is made once, hashed, recorded, and from then on only read: the sandbox and the door are set up from the very
//! value whose digest stands in the journal. What is not in it is denied.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wardline_proxy::{Effect, HostRule, Within};
use wardline_sandbox::Confinement;

use crate::caps::Applied;
use crate::egress::Outbound;
use crate::trust::hex;

/// What one session may touch. Immutable: there is no way to change one, and its digest covers all of it.
#[derive(Debug, Clone)]
pub struct Manifest {
    confinement: Confinement,
    hosts: Vec<HostRule>,
    outbound: Outbound,
    capabilities: Vec<Applied>,
    within: Vec<Within>,
    uncopied: Vec<PathBuf>,
    digest: String,
}

impl Manifest {
    /// Seals what is asked for.
    pub(crate) fn seal(confinement: Confinement, hosts: Vec<HostRule>) -> Self {
        let outbound = Outbound::default();
        let (capabilities, within, uncopied) = (Vec::new(), Vec::new(), Vec::new());
        Self { confinement, hosts, outbound, capabilities, within, uncopied, digest: String::new() }.hashed()
    }

    /// The same, bounded by capability manifests besides.
    pub(crate) fn bounded(self, capabilities: Vec<Applied>, within: Vec<Within>) -> Self {
        Self { capabilities, within, ..self }.hashed()
    }

    /// The same with what is asked of the egress door besides hosts.
    pub(crate) fn with(self, outbound: Outbound) -> Self {
        Self { outbound, ..self }.hashed()
    }

    fn hashed(mut self) -> Self {
        let mut hasher = Sha256::new();
        // The confinement's own digest covers the values of the environment, which are never printed.
        hasher.update(self.confinement.digest().as_bytes());
        hasher.update(self.hosts_value().to_string().as_bytes());
        hasher.update(self.outbound.to_value().to_string().as_bytes());
        hasher.update(self.capabilities_value().to_string().as_bytes());
        self.digest = hex(&hasher.finalize());
        self
    }

    /// What the operating system is asked for.
    #[must_use]
    pub fn confinement(&self) -> &Confinement {
        &self.confinement
    }

    /// What the egress door is asked for: every host that may be reached, each with the rule that opens it.
    #[must_use]
    pub fn hosts(&self) -> &[HostRule] {
        &self.hosts
    }

    /// The same, with what is read-only because no copy of it could be made. It is among what is pinned already.
    pub(crate) fn without_copies(self, uncopied: Vec<PathBuf>) -> Self {
        Self { uncopied, ..self }
    }

    /// Files whose changes would be held back, and that are read-only instead: too many, too large, or not to be read.
    #[must_use]
    pub fn uncopied(&self) -> &[PathBuf] {
        &self.uncopied
    }

    /// The lists of hosts beyond which nothing is reached, whatever the rules open.
    pub(crate) fn within(&self) -> &[Within] {
        &self.within
    }

    /// What came of the capability manifests that hold.
    #[must_use]
    pub fn capabilities(&self) -> &[Applied] {
        &self.capabilities
    }

    fn capabilities_value(&self) -> Value {
        self.capabilities.iter().map(Applied::to_value).collect()
    }

    /// What is asked of the egress door besides hosts.
    pub(crate) fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    /// SHA-256, in hex: two sessions with the same digest are bounded alike.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The manifest as JSON, fit for a journal: of the environment it holds the names only.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = self.confinement.manifest();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("hosts".to_owned(), self.hosts_value());
            fields.insert("outbound".to_owned(), self.outbound.to_value());
            fields.insert("capabilities".to_owned(), self.capabilities_value());
        }
        value
    }

    fn hosts_value(&self) -> Value {
        let host = |rule: &HostRule| {
            let mut host = json!({"host": rule.host, "port": rule.port, "because": rule.because});
            let effect = match rule.effect {
                Effect::Allow => None,
                Effect::Ask | Effect::Confirm => Some("ask"),
                Effect::Deny => Some("deny"),
            };
            if let (Some(effect), Some(fields)) = (effect, host.as_object_mut()) {
                fields.insert("effect".to_owned(), effect.into());
            }
            host
        };
        self.hosts.iter().map(host).collect()
    }

    /// The manifest for a person: one heading for each kind of thing, one line for each thing.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = format!("manifest {}\n", self.digest);
        let value = self.to_value();
        let fields = value.as_object().into_iter().flatten();
        for (name, field) in fields {
            let heading =
                HEADINGS.iter().find(|(key, _)| key == name).map_or(name.as_str(), |(_, text)| text);
            let lines = lines(field);
            if lines.is_empty() {
                writeln!(text, "{heading}: nothing").ok();
                continue;
            }
            writeln!(text, "{heading}:").ok();
            for line in lines {
                writeln!(text, "  {}", crate::visible(&line)).ok();
            }
        }
        text
    }
}

/// What the fields of the manifest mean. A field that is not listed is printed under its own name.
const HEADINGS: [(&str, &str); 26] = [
    ("project", "the project"),
    ("cwd", "starts in"),
    ("read", "readable and executable"),
    ("write", "readable, executable and writable besides the project"),
    ("hollow", "the project is shown only where it is named"),
    ("no_execute", "of these nothing is executable"),
    ("pinned", "read-only inside what is writable; what is not there may not appear"),
    ("masked", "neither readable nor writable"),
    ("quarantined", "changed inside only, until a person has looked"),
    ("traps", "names of files that run later on the host, wherever they appear"),
    ("repositories", "repositories whose settings and hooks are looked after"),
    ("home", "home, private and empty, gone at the end"),
    ("environment", "environment"),
    ("egress", "egress door"),
    ("sockets", "sockets of the host, and where they appear"),
    ("forwards", "loopback ports that lead to the host"),
    ("files", "single files of the host, and where they appear, read-only"),
    ("limits", "limits"),
    ("beside", "others of its session work here meanwhile, so no symbolic link here is followed"),
    ("overlay", "what is written in the project is kept here instead"),
    ("quarantine", "what appears at protected paths is moved to"),
    ("session", "the session's own directory on the host"),
    ("accept_missing", "guarantees that a person does without"),
    ("hosts", "hosts that the egress door opens, asks about or keeps closed"),
    ("outbound", "what may leave through it"),
    ("capabilities", "capability manifests, which bound all of this"),
];

/// The lines of one field.
fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().map(line).collect(),
        Value::Object(fields) if !fields.contains_key("bytes") => {
            fields.iter().map(|(name, value)| format!("{name}: {}", line(value))).collect()
        }
        other => vec![line(other)],
    }
}

/// One thing on one line.
fn line(value: &Value) -> String {
    match value {
        Value::Null => "no limit".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(line).collect::<Vec<_>>().join(" → "),
        Value::Object(fields) if fields.contains_key("not_given") => {
            let list = |name: &str| {
                let items = fields.get(name).and_then(Value::as_array).into_iter().flatten();
                items.map(line).collect::<Vec<_>>()
            };
            let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
            let some = |name: &str| Some(list(name).join(", ")).filter(|text| !text.is_empty());
            let (hosts, secrets) = (some("hosts"), some("secrets"));
            let none = || "none".to_owned();
            let head = format!(
                "{} ({}), hosts: {}; secrets: {}",
                text("file"),
                text("digest"),
                hosts.unwrap_or_else(none),
                secrets.unwrap_or_else(none)
            );
            let not_given = list("not_given").into_iter().map(|item| format!("\n  not given: {item}"));
            std::iter::once(head).chain(not_given).collect()
        }
        Value::Object(fields) if fields.contains_key("host") => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
            let port = fields.get("port").and_then(Value::as_u64);
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            let effect = fields.get("effect").map(|effect| format!("{} ", line(effect))).unwrap_or_default();
            format!("{effect}{}{port}  ({})", text("host"), text("because"))
        }
        Value::Object(fields) if fields.contains_key("port") => {
            let part = |name: &str| fields.get(name).map(line).unwrap_or_default();
            format!("{} → {}", part("port"), part("socket"))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> (Confinement, Vec<HostRule>) {
        let mut confinement = Confinement::new("/w/p", "/w/home");
        confinement.read = vec!["/usr".into()];
        confinement.masked = vec!["/w/p/.env".into()];
        confinement.environment.insert("TOKEN".to_owned(), "very-secret".to_owned());
        (confinement, vec![HostRule::parse("api.example.com:443", "network.allow (c.jsonc:3)").unwrap()])
    }

    #[test]
    fn hosts_and_the_rules_that_open_them_are_part_of_what_is_hashed() {
        let sealed = |change: fn(&mut (Confinement, Vec<HostRule>))| {
            let mut parts = full();
            change(&mut parts);
            Manifest::seal(parts.0, parts.1).digest().to_owned()
        };
        let digests = [
            sealed(|_| {}),
            sealed(|(_, hosts)| hosts.clear()),
            sealed(|(_, hosts)| hosts[0].port = None),
            sealed(|(_, hosts)| hosts[0].host.push('m')),
            sealed(|(_, hosts)| hosts[0].because.push('0')),
            sealed(|(confinement, _)| confinement.read.clear()),
            sealed(|(confinement, _)| {
                confinement.environment.insert("TOKEN".to_owned(), "other".to_owned());
            }),
        ];
        assert_eq!(digests.iter().collect::<std::collections::BTreeSet<_>>().len(), digests.len());
        assert_eq!(digests[0], sealed(|_| {}));
    }

    #[test]
    fn a_person_and_a_machine_see_the_same_things_and_no_secret() {
        let (confinement, hosts) = full();
        let manifest = Manifest::seal(confinement, hosts);
        let (text, value) = (manifest.describe(), manifest.to_value());
        for part in ["/w/p/.env", "TOKEN", "api.example.com:443  (network.allow (c.jsonc:3))", "/usr"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("very-secret") && !value.to_string().contains("very-secret"));
        assert_eq!(value["hosts"][0]["host"], "api.example.com");
        let unnamed = |name: &String| !HEADINGS.iter().any(|(key, _)| key == name);
        assert!(!value.as_object().unwrap().keys().any(unnamed), "a field without a heading: {value}");
    }
}

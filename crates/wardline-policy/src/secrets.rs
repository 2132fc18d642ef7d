//! The `secrets` of a configuration: where the value of a secret comes from, which directories' programs may have it, and
//! which hosts they may reach then. A person or an administrator says so; a repository never does.

use serde::{Deserialize, Serialize};

use crate::caps::is_variable;
use crate::config::Reader;
use crate::decision::{Layer, Origin};
use crate::document::{Key, Node};
use crate::network::{HOST_HELP, parse_host};

/// Where the value of a secret is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretFrom {
    /// In an environment variable of whoever starts Wardline.
    Variable(String),
    /// In a file: all of it but the end of the line. Absolute, or from `~/`.
    File(String),
}

/// A secret that programs may ask for by name. Its value is nowhere in the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretSource {
    /// Its name, which is also the variable in which a program finds it.
    pub name: String,
    /// Where its value is.
    pub from: SecretFrom,
    /// Directories whose manifests and programs may have it. Absolute, or from `~/`.
    pub to: Vec<String>,
    /// The only hosts that a program which has it may reach, as in `network.allow`; `None` is any that is open.
    pub hosts: Option<Vec<String>>,
    /// Where it is written.
    pub origin: Origin,
}

impl Reader<'_> {
    pub(crate) fn secrets(&mut self, key: &Key, node: Node) -> Vec<SecretSource> {
        if !self.is_of(&[Layer::Managed, Layer::User]) {
            // A repository that gave out secrets would give them to its own programs.
            let help = "remove it; the person says so in ~/.config/wardline/config.jsonc";
            self.refuse(key.at, "`secrets` is not a repository's to give", help);
            return Vec::new();
        }
        let lines = self.map(node, "`secrets`");
        lines.into_iter().filter_map(|(key, node)| self.secret(key, node)).collect()
    }

    fn secret(&mut self, key: Key, node: Node) -> Option<SecretSource> {
        let Key { text: name, at } = key;
        if !is_variable(&name) {
            let help = "use letters, digits and underscores: programs find it in a variable of this name";
            self.refuse(at, format!("`{name}` is no name of a secret"), help);
        }
        let (mut from, mut to, mut hosts) = (Vec::new(), Vec::new(), None);
        for (key, node) in self.map(node, &format!("secret `{name}`")) {
            match key.text.as_str() {
                "env" => from.extend(self.text(node, "`env`").map(SecretFrom::Variable)),
                "file" => from.extend(self.rooted(node).map(SecretFrom::File)),
                "to" => {
                    to = self.list(node, "`to`").into_iter().filter_map(|item| self.rooted(item)).collect()
                }
                "hosts" => hosts = Some(self.secret_hosts(node)),
                _ => self.unknown(&key, "env, file, to, hosts"),
            }
        }
        let one = from.len() == 1;
        let Some(from) = from.pop().filter(|_| one) else {
            self.refuse(
                at,
                format!("secret `{name}` needs `env` or `file`, and not both"),
                "say where its value is",
            );
            return None;
        };
        if to.is_empty() {
            let help = "name the directory of the skill or server under `to`";
            self.refuse(at, format!("nobody may have secret `{name}`"), help);
        }
        Some(SecretSource { name, from, to, hosts, origin: self.place(at).origin() })
    }

    /// A path that means the same wherever one stands.
    fn rooted(&mut self, node: Node) -> Option<String> {
        let at = node.at;
        let text = self.text(node, "a path")?;
        let plain = !text.split('/').any(|part| part == "..");
        if plain && ["/", "~/", "$HOME/"].iter().any(|start| text.starts_with(start)) {
            return Some(text);
        }
        self.refuse(at, format!("`{text}` is no whole path"), "begin it with `/` or `~/`, without `..`");
        None
    }

    fn secret_hosts(&mut self, node: Node) -> Vec<String> {
        let mut hosts = Vec::new();
        for item in self.list(node, "`hosts`") {
            let at = item.at;
            let Some(host) = self.text(item, "a host") else { continue };
            if parse_host(&host).is_none() {
                self.refuse(at, format!("`{host}` is not a host"), HOST_HELP);
            }
            hosts.push(host);
        }
        hosts
    }
}

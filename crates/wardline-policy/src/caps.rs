//! Capability manifests (`wardline.caps.jsonc`): everything that one skill or MCP server may touch, by name.
//!
//! A manifest only narrows: what it does not name is not there, and what it names is there as far as the policy gives it
//! anyway. So anybody may write one. What the names lead to is found out by whoever applies it.

use crate::config::Reader;
use crate::decision::{Layer, Origin};
use crate::document::{Node, parse_jsonc};
use crate::limits::{Limit, tightening};
use crate::network::{HOST_HELP, parse_host};
use crate::problem::Problem;

/// The name of a capability manifest, beside the program that it is about.
pub const CAPABILITIES_FILE: &str = "wardline.caps.jsonc";

/// What a manifest names. Everything else is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Files and directories that can be read.
    pub read: Vec<Named>,
    /// Files and directories that can be read and written.
    pub write: Vec<Named>,
    /// Files and directories that can be read and executed.
    pub execute: Vec<Named>,
    /// Hosts, as in `network.allow`.
    pub hosts: Vec<Named>,
    /// Secrets, by their names.
    pub secrets: Vec<Named>,
    /// Environment variables, by their names.
    pub environment: Vec<Named>,
    /// Loopback ports of the host, by name or number.
    pub forwards: Vec<Named>,
    /// Limits. Each only tightens.
    pub limits: Vec<Limit>,
}

/// A name in a manifest, as written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What is named.
    pub text: String,
    /// Where.
    pub origin: Origin,
}

/// Reads a manifest.
///
/// # Errors
/// Every problem in it: a manifest is used whole or not at all.
pub fn read_capabilities(file: &str, text: &str) -> Result<Capabilities, Vec<Problem>> {
    let root = parse_jsonc(file, text).map_err(|problem| vec![problem])?;
    // Whoever may write beside a program may write its manifest, so it counts as the project's word.
    let mut reader = Reader::new(Layer::Project, file, false);
    let capabilities = reader.capabilities(root);
    reader.finish(capabilities)
}

/// Whether a text may name an environment variable.
pub(crate) fn is_variable(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.bytes().all(fits) && !text.starts_with(|first: char| first.is_ascii_digit())
}

/// What is wrong with a path of a manifest, and what to write.
fn path_problem(text: &str) -> Option<(String, &'static str)> {
    let parts = || text.split('/');
    if text.is_empty() || text.contains(char::is_control) {
        return Some((
            format!("`{}` is no path", text.escape_debug()),
            "write `.` for the directory of this file",
        ));
    }
    if parts().any(|part| part == "..") {
        let help = "name it from `/`, from `~/` or from `$PROJECT/`";
        return Some((format!("`{text}` leaves its directory by `..`"), help));
    }
    if text.contains(['*', '?']) {
        return Some((format!("`{text}` is a pattern"), "name the directory: all in it is meant"));
    }
    let first = parts().next().unwrap_or_default();
    let known = !first.starts_with(['~', '$']) || ["~", "$HOME", "$PROJECT"].contains(&first);
    (!known).then(|| (format!("`{first}` stands for nothing here"), "known are ~, $HOME and $PROJECT"))
}

impl Reader<'_> {
    fn capabilities(&mut self, root: Node) -> Capabilities {
        const KNOWN: &str = "files, hosts, secrets, environment, forwards, limits";
        let mut out = Capabilities::default();
        for (key, node) in self.map(root, "the file") {
            match key.text.as_str() {
                "$schema" => {}
                "files" => self.capability_files(node, &mut out),
                "hosts" => out.hosts = self.named(node, "`hosts`", host_problem),
                "secrets" => {
                    out.secrets = self.named(node, "`secrets`", |text| variable_problem(text, "secret"))
                }
                "environment" => {
                    out.environment =
                        self.named(node, "`environment`", |text| variable_problem(text, "variable"));
                }
                "forwards" => out.forwards = self.named(node, "`forwards`", forward_problem),
                "limits" => {
                    let lines = self.limits(node);
                    out.limits = tightening(&lines);
                    for limit in out.limits.iter().filter(|limit| limit.value.is_none()) {
                        let at = crate::document::Spot { line: limit.origin.line, column: 1 };
                        let text = format!("`{}` is none, and a manifest only narrows", limit.name);
                        self.refuse(at, text, "write an amount, or remove the line");
                    }
                }
                _ => self.unknown(&key, KNOWN),
            }
        }
        out
    }

    fn capability_files(&mut self, node: Node, out: &mut Capabilities) {
        for (key, node) in self.map(node, "`files`") {
            let list = match key.text.as_str() {
                "read" => &mut out.read,
                "write" => &mut out.write,
                "execute" => &mut out.execute,
                _ => {
                    self.unknown(&key, "read, write, execute");
                    continue;
                }
            };
            *list = self.named(node, &format!("`files.{}`", key.text), path_problem);
        }
    }

    /// A list of names, each checked.
    fn named(
        &mut self,
        node: Node,
        what: &str,
        problem: impl Fn(&str) -> Option<(String, &'static str)>,
    ) -> Vec<Named> {
        let mut names = Vec::new();
        for item in self.list(node, what) {
            let at = item.at;
            let Some(text) = self.text(item, what) else { continue };
            if let Some((text, help)) = problem(&text) {
                self.refuse(at, text, help);
            }
            names.push(Named { text, origin: self.place(at).origin() });
        }
        names
    }
}

fn host_problem(text: &str) -> Option<(String, &'static str)> {
    parse_host(text).is_none().then(|| (format!("`{}` is not a host", text.escape_debug()), HOST_HELP))
}

fn variable_problem(text: &str, what: &str) -> Option<(String, &'static str)> {
    let help = "use letters, digits and underscores, and name each one";
    (!is_variable(text)).then(|| (format!("`{}` is no name of a {what}", text.escape_debug()), help))
}

fn forward_problem(text: &str) -> Option<(String, &'static str)> {
    let port = text.parse::<u16>().is_ok_and(|port| port != 0);
    let help = "write the name or the number of a port, as in \"db\" or \"5432\"";
    (!port && !crate::network::is_port_name(text))
        .then(|| (format!("`{}` is no port", text.escape_debug()), help))
}

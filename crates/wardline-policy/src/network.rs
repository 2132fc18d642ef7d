//! What files say about the network: which hosts are open, asked about or closed, which ports of this machine lead inside, how
//! much may be sent, which requests may be made.

use serde::{Deserialize, Serialize};

use crate::config::Reader;
use crate::decision::{Decision, Layer, Origin};
use crate::document::{Key, Node, Spot, Value};
use crate::policy::{Host, Source};
use crate::rule::Place;

/// What one file, or one of its profiles, says about the network.
#[derive(Clone, Debug, Default)]
pub(crate) struct NetworkLines {
    /// Hosts under `allow`, `ask` and `deny`.
    pub(crate) hosts: Vec<HostLine>,
    pub(crate) forwards: Vec<ForwardLine>,
    pub(crate) upload: UploadLimits,
    pub(crate) requests: Vec<RequestLine>,
    /// Whether TLS is opened to keep rules about requests there too.
    pub(crate) intercept_tls: bool,
}

/// A host, as written under `network.allow` and its like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostLine {
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) decision: Decision,
    pub(crate) place: Place,
}

/// A port of this machine with a name, as written under `network.forward`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForwardLine {
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) place: Place,
}

/// A rule about requests, as written under `network.requests`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestLine {
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) methods: Vec<String>,
    pub(crate) paths: Vec<String>,
    pub(crate) decision: Decision,
    pub(crate) place: Place,
}

/// How many bytes may be sent out; nothing is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadLimits {
    /// By one connection.
    pub connection: Option<u64>,
    /// By the whole session.
    pub session: Option<u64>,
}

/// A port of this machine's loopback that leads inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedPort {
    /// Its name: letters, digits, hyphens and underscores.
    pub name: String,
    /// The port, the same inside and outside.
    pub port: u16,
    /// Where it is written.
    pub origin: Origin,
}

/// Which requests may be made of a host. A host that such rules name takes no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRule {
    /// The host, as in [`Host`].
    pub host: String,
    /// The port, if only one is meant.
    pub port: Option<u16>,
    /// The methods, in capitals; none is all of them.
    pub methods: Vec<String>,
    /// Patterns of paths, `*` for any text; none is all of them.
    pub paths: Vec<String>,
    /// Whether these requests may be made. Never `Ask`.
    pub decision: Decision,
    /// Where it is written.
    pub origin: Origin,
}

/// What the policy says about the network. `deny` wins over `confirm`, that over `allow`, that over `ask`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Hosts that trusted sources and the chosen profile open.
    pub allow: Vec<Host>,
    /// Hosts that they open once a person says yes.
    pub ask: Vec<Host>,
    /// Hosts about which a person is asked although they are open: the `ask` of the administrator and of untrusted files.
    pub confirm: Vec<Host>,
    /// Hosts that any source closes.
    pub deny: Vec<Host>,
    /// Ports of this machine that trusted sources lead inside.
    pub forwards: Vec<NamedPort>,
    /// The smallest limits of all sources.
    pub upload: UploadLimits,
    /// Rules about requests; those of untrusted files only forbid.
    pub requests: Vec<RequestRule>,
    /// Whether a trusted source lets the door open the TLS of the hosts that `requests` names.
    pub intercept_tls: bool,
}

impl Network {
    /// Takes in what a source says. One that is not trusted only tightens.
    pub(crate) fn add(&mut self, source: &Source, lines: &NetworkLines) {
        for line in &lines.hosts {
            match (line.decision, source.trusted) {
                (Decision::Allow, true) => add_host(&mut self.allow, line),
                (Decision::Allow, false) => {}
                (Decision::Ask, trusted) => {
                    if trusted {
                        add_host(&mut self.ask, line);
                    }
                    if !trusted || source.layer == Layer::Managed {
                        add_host(&mut self.confirm, line);
                    }
                }
                (Decision::Deny, _) => add_host(&mut self.deny, line),
            }
        }
        for ForwardLine { name, port, place } in lines.forwards.iter().filter(|_| source.trusted) {
            if !self.forwards.iter().any(|known| known.port == *port) {
                self.forwards.push(NamedPort { name: name.clone(), port: *port, origin: place.origin() });
            }
        }
        self.intercept_tls |= lines.intercept_tls && source.trusted;
        let smaller = |a: Option<u64>, b: Option<u64>| a.into_iter().chain(b).min();
        self.upload.connection = smaller(self.upload.connection, lines.upload.connection);
        self.upload.session = smaller(self.upload.session, lines.upload.session);
        let counts = |line: &&RequestLine| source.trusted || line.decision == Decision::Deny;
        self.requests.extend(lines.requests.iter().filter(counts).map(RequestLine::rule));
    }
}

fn add_host(hosts: &mut Vec<Host>, line: &HostLine) {
    let HostLine { host, port, place, .. } = line;
    if !hosts.iter().any(|known| known.host == *host && known.port == *port) {
        hosts.push(Host { host: host.clone(), port: *port, origin: place.origin() });
    }
}

impl RequestLine {
    fn rule(&self) -> RequestRule {
        let Self { host, port, methods, paths, decision, place } = self.clone();
        RequestRule { host, port, methods, paths, decision, origin: place.origin() }
    }
}

pub(crate) const HOST_HELP: &str =
    "write `example.com`, `*.example.com` or `example.com:443`, without scheme or path";

impl Reader<'_> {
    pub(crate) fn network(&mut self, node: Node) -> NetworkLines {
        let mut lines = NetworkLines::default();
        for (key, node) in self.map(node, "`network`") {
            match key.text.as_str() {
                "allow" => self.hosts(node, "`network.allow`", Decision::Allow, &mut lines.hosts),
                "ask" => self.hosts(node, "`network.ask`", Decision::Ask, &mut lines.hosts),
                "deny" => self.hosts(node, "`network.deny`", Decision::Deny, &mut lines.hosts),
                "forward" => lines.forwards = self.forwards(node),
                "upload" => lines.upload = self.upload(node),
                "requests" => lines.requests = self.requests(node),
                "intercept_tls" => match node.value {
                    Value::Bool(value) => lines.intercept_tls = value,
                    _ => self.refuse(node.at, "`intercept_tls` is a yes or no", "write true or false"),
                },
                _ => self.unknown(&key, "allow, ask, deny, forward, upload, requests, intercept_tls"),
            }
        }
        lines
    }

    fn hosts(&mut self, node: Node, what: &str, decision: Decision, hosts: &mut Vec<HostLine>) {
        for item in self.list(node, what) {
            let at = item.at;
            if let Some((host, port)) = self.host(item, decision != Decision::Allow) {
                hosts.push(HostLine { host, port, decision, place: self.place(at) });
            }
        }
    }

    /// A host; `wide` where `*` and `*.com` may stand, because nothing is opened without a person.
    fn host(&mut self, node: Node, wide: bool) -> Option<(String, Option<u16>)> {
        let at = node.at;
        let text = self.text(node, "a host")?;
        let host = if wide && text == "*" { Some((text.clone(), None)) } else { parse_host(&text) };
        if host.is_none() {
            self.refuse(at, format!("`{text}` is not a host"), HOST_HELP);
        }
        host
    }

    fn forwards(&mut self, node: Node) -> Vec<ForwardLine> {
        let mut forwards = Vec::new();
        for (key, node) in self.map(node, "`network.forward`") {
            let Key { text: name, at } = key;
            if !is_port_name(&name) {
                let help = "use letters, digits, hyphens and underscores, 32 at most";
                self.refuse(at, format!("`{name}` is no name for a port"), help);
            }
            match whole(&node).and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0) {
                Some(port) => forwards.push(ForwardLine { name, port, place: self.place(at) }),
                None => {
                    self.refuse(node.at, format!("`{name}` is no port"), "write a number from 1 to 65535")
                }
            }
        }
        forwards
    }

    fn upload(&mut self, node: Node) -> UploadLimits {
        let mut limits = UploadLimits::default();
        for (key, node) in self.map(node, "`network.upload`") {
            let limit = match key.text.as_str() {
                "connection" => &mut limits.connection,
                "session" => &mut limits.session,
                _ => {
                    self.unknown(&key, "connection, session");
                    continue;
                }
            };
            *limit = whole(&node);
            if limit.is_none() {
                self.refuse(node.at, format!("`{}` is no number of bytes", key.text), "write it in digits");
            }
        }
        limits
    }

    fn requests(&mut self, node: Node) -> Vec<RequestLine> {
        let items = self.list(node, "`network.requests`");
        items.into_iter().filter_map(|item| self.request(item)).collect()
    }

    fn request(&mut self, node: Node) -> Option<RequestLine> {
        let at = node.at;
        let (mut host, mut decision) = (None, None);
        let (mut methods, mut paths) = (Vec::new(), Vec::new());
        for (key, node) in self.map(node, "a rule about requests") {
            match key.text.as_str() {
                "host" => host = self.host(node, true),
                "methods" => methods = self.texts(node, "`methods`"),
                "paths" => paths = self.texts(node, "`paths`"),
                "decision" => decision = self.effect(node).map(|effect| effect.decision),
                _ => self.unknown(&key, "host, methods, paths, decision"),
            }
        }
        self.check_request(at, &methods, &paths);
        let (Some((host, port)), Some(decision)) = (host, decision) else {
            self.refuse(at, "a rule about requests needs `host` and `decision`", "add what is missing");
            return None;
        };
        if decision == Decision::Ask {
            self.refuse(at, "a request is not asked about", "write allow or deny");
        }
        Some(RequestLine { host, port, methods, paths, decision, place: self.place(at) })
    }

    /// What can never match would silently allow or forbid nothing.
    fn check_request(&mut self, at: Spot, methods: &[String], paths: &[String]) {
        let is_method =
            |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if let Some(method) = methods.iter().find(|method| !is_method(method)) {
            self.refuse(at, format!("`{method}` is no method"), "write it in capitals, as in \"GET\"");
        }
        if let Some(path) = paths.iter().find(|path| !path.starts_with('/') && !path.starts_with('*')) {
            self.refuse(at, format!("`{path}` is no path"), "begin it with `/`, as in \"/repos/*\"");
        }
    }
}

/// A number without a sign or a fraction.
fn whole(node: &Node) -> Option<u64> {
    match &node.value {
        Value::Number(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

/// Whether a text may name a port: it becomes a part of a variable's name inside.
pub fn is_port_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=32).contains(&text.len())
        && text.bytes().all(fits)
        && !text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Splits `host[:port]`. Hosts are names, `*.` names, or addresses; IPv6 goes in brackets.
pub(crate) fn parse_host(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']')?;
            let plausible = address.contains("::") || address.matches(':').count() == 7;
            let fits = plausible && address.chars().all(|c| c.is_ascii_hexdigit() || c == ':' || c == '.');
            fits.then_some(())?;
            let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
            (address, port)
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = match port {
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => {
            Some(port.parse().ok().filter(|p| *p != 0)?)
        }
        Some(_) => return None,
        None => None,
    };
    if text.starts_with('[') {
        return Some((host.to_owned(), port));
    }
    let labels = host.strip_prefix("*.").unwrap_or(host);
    let fits =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    labels.split('.').all(fits).then(|| (host.to_lowercase(), port))
}

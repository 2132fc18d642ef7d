//! The way out of a session: the rules of its egress door, its secret, who answers its questions, and how programs inside
//! find it.

use std::collections::BTreeMap;
use std::fmt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use wardline_audit::Kind;
use wardline_policy::{
    Decision, Facts, Host, Layer, NamedPort, Origin, PolicySet, Reason, UploadLimits, Verdict,
};
use wardline_proxy::{
    Answer, Ask, Authority, Door, Effect, HostRule, Interceptor, Record, RequestRule, Serving, Token, USER,
    Uploads,
};
use wardline_sandbox::{EGRESS_PORT, Forward};

use crate::approve::{self, About, Approver, Question};
use crate::door::DoorRecord;
use crate::manifest::Manifest;
use crate::monitor::Monitor;
use crate::record::{self, Body};
use crate::session::{Guard, SessionError, set_up};
use crate::sources::Choice;
use crate::{Action, Subject};

/// Stands for a session's secret where no session is started.
pub(crate) const NO_SECRET: &str = "SECRET-OF-THE-SESSION";

/// Who answers the questions of a session's egress door.
#[derive(Clone)]
pub struct Doorkeeper(pub Arc<dyn Approver>);

impl fmt::Debug for Doorkeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Doorkeeper")
    }
}

/// What is asked of the egress door besides hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outbound {
    pub(crate) upload: UploadLimits,
    pub(crate) requests: Vec<RequestRule>,
    /// Whether the TLS of the hosts that `requests` names is opened.
    pub(crate) intercept_tls: bool,
    /// Loopback ports that lead to the host: port to what opened it.
    pub(crate) forwards: BTreeMap<u16, String>,
}

impl Outbound {
    /// What a policy and the command line ask for.
    pub(crate) fn new(
        policy: &PolicySet,
        guard: &Guard,
        forwards: &[NamedPort],
    ) -> Result<Self, SessionError> {
        let network = policy.network();
        let request = |rule: &wardline_policy::RequestRule| {
            let effect = if rule.decision == Decision::Allow { Effect::Allow } else { Effect::Deny };
            let because = format!("network.requests ({})", rule.origin);
            // A host that could not be opened by a rule this wide can be named by one about its requests.
            let host = HostRule::with(&spelled(&rule.host, rule.port), &because, Effect::Deny);
            let host = host.map_err(SessionError::Host)?;
            let (methods, paths) = (rule.methods.clone(), rule.paths.clone());
            Ok(RequestRule { host: HostRule { effect, ..host }, methods, paths })
        };
        let requests = network.requests.iter().map(request).collect::<Result<_, SessionError>>()?;
        let forwards = forwards.iter().map(|forward| (forward.port, opened_by(forward))).collect();
        Ok(Self { upload: network.upload, requests, intercept_tls: intercepts(policy, guard), forwards })
    }

    pub(crate) fn to_value(&self) -> Value {
        let request = |rule: &RequestRule| {
            json!({
                "host": rule.host.host, "port": rule.host.port, "because": rule.host.because,
                "methods": rule.methods, "paths": rule.paths, "allow": rule.host.effect == Effect::Allow,
            })
        };
        json!({
            "upload_connection": self.upload.connection,
            "upload_session": self.upload.session,
            "intercept_tls": self.intercept_tls,
            "requests": self.requests.iter().map(request).collect::<Value>(),
            "forwards": self.forwards.iter().map(|(port, because)| format!("{port} ({because})")).collect::<Value>(),
        })
    }
}

fn opened_by(forward: &NamedPort) -> String {
    match forward.origin.layer {
        Layer::Session if forward.name.is_empty() => format!("--forward {}", forward.port),
        Layer::Session => format!("--forward {}={}", forward.name, forward.port),
        _ => format!("network.forward {}={} ({})", forward.name, forward.port, forward.origin),
    }
}

/// The loopback ports that lead to the host: the command line's and the policy's, each port once.
pub(crate) fn forwards(policy: &PolicySet, guard: &Guard) -> Vec<NamedPort> {
    let mut ports: Vec<NamedPort> = Vec::new();
    for forward in guard.forwards.iter().chain(&policy.network().forwards) {
        if !ports.iter().any(|known| known.port == forward.port) {
            ports.push(forward.clone());
        }
    }
    ports
}

/// Reads `PORT` or `NAME=PORT` as people write it in `--forward`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_forward(text: &str) -> Result<NamedPort, String> {
    let (name, port) = text.split_once('=').unwrap_or(("", text));
    if !name.is_empty() && !wardline_policy::is_port_name(name) || text.starts_with('=') {
        return Err(format!(
            "`{name}` is no name for a port: use letters, digits, hyphens and underscores, 32 at most"
        ));
    }
    let port = port.parse().ok().filter(|port| *port != 0);
    let port = port.ok_or_else(|| "write PORT or NAME=PORT, with a port from 1 to 65535".to_owned())?;
    let origin = Origin { layer: Layer::Session, file: "command line".to_owned(), line: 0 };
    Ok(NamedPort { name: name.to_owned(), port, origin })
}

fn spelled(host: &str, port: Option<u16>) -> String {
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    if host.contains(':') { format!("[{host}]{port}") } else { format!("{host}{port}") }
}

/// What is said about hosts: by the policy, for the program, on the command line.
pub(crate) fn host_rules(policy: &PolicySet, guard: &Guard) -> Result<Vec<HostRule>, SessionError> {
    let network = policy.network();
    let lists: [(&[Host], &str, Effect); 4] = [
        (&network.allow, "network.allow", Effect::Allow),
        (&network.ask, "network.ask", Effect::Ask),
        (&network.confirm, "network.ask", Effect::Confirm),
        (&network.deny, "network.deny", Effect::Deny),
    ];
    let configured = lists.into_iter().flat_map(|(hosts, key, effect)| {
        hosts
            .iter()
            .map(move |host| (spelled(&host.host, host.port), format!("{key} ({})", host.origin), effect))
    });
    let profile = guard.profile.hosts.iter();
    let profile =
        profile.map(|host| (host.clone(), format!("default of {}", guard.profile.name), Effect::Allow));
    let flags = guard.hosts.iter();
    let flags =
        flags.map(|host| (host.clone(), "--allow-host on the command line".to_owned(), Effect::Allow));
    configured
        .chain(profile)
        .chain(flags)
        .map(|(host, because, effect)| HostRule::with(&host, &because, effect).map_err(SessionError::Host))
        .collect()
}

/// The variables by which programs find the door and the forwards.
///
/// `ALL_PROXY` leads to the HTTP side as well: programs that know only SOCKS there are few, and the HTTP clients of
/// Python refuse to start when it says SOCKS and the module for it is not installed. `WARDLINE_SOCKS_PROXY` names the
/// SOCKS side.
pub(crate) fn variables(secret: &str, forwards: &[NamedPort]) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let door = |scheme: &str| format!("{scheme}://{USER}:{secret}@127.0.0.1:{EGRESS_PORT}");
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        variables.insert(name.to_owned(), door("http"));
    }
    variables.insert("WARDLINE_SOCKS_PROXY".to_owned(), door("socks5h"));
    for name in ["NO_PROXY", "no_proxy"] {
        variables.insert(name.to_owned(), "localhost,127.0.0.1,::1".to_owned());
    }
    // Node's own fetch heeds the proxy variables only when told to.
    variables.insert("NODE_USE_ENV_PROXY".to_owned(), "1".to_owned());
    for forward in forwards.iter().filter(|forward| !forward.name.is_empty()) {
        let name = forward.name.to_ascii_uppercase().replace('-', "_");
        variables.insert(format!("WARDLINE_FORWARD_{name}"), format!("127.0.0.1:{}", forward.port));
    }
    variables
}

/// Whether a session opens TLS: a person said so, and there is a rule to keep.
pub(crate) fn intercepts(policy: &PolicySet, guard: &Guard) -> bool {
    (guard.intercept_tls || policy.network().intercept_tls) && !policy.network().requests.is_empty()
}

/// Where the certificate of a session's authority lies inside, alone and together with those that the system trusts.
const AUTHORITY: &str = "/run/wardline/authority.pem";
const BUNDLE: &str = "/run/wardline/certificates.pem";

/// Where systems keep the certificates that they trust, in one file.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The files of a session that opens TLS: their names in the session's directory, and where they appear inside.
pub(crate) const CERTIFICATES: [(&str, &str); 2] =
    [("authority.pem", AUTHORITY), ("certificates.pem", BUNDLE)];

/// The variables by which programs trust the session's authority besides those that the system trusts.
pub(crate) fn trust_variables() -> impl Iterator<Item = (String, String)> {
    let whole = [
        "SSL_CERT_FILE",
        "CURL_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "PIP_CERT",
        "GIT_SSL_CAINFO",
        "CARGO_HTTP_CAINFO",
        "AWS_CA_BUNDLE",
    ];
    let whole = whole.into_iter().map(|name| (name.to_owned(), BUNDLE.to_owned()));
    whole.chain(std::iter::once(("NODE_EXTRA_CA_CERTS".to_owned(), AUTHORITY.to_owned())))
}

/// Makes a session's authority, whose key stays in this process, and writes its certificate where `place` says.
pub(crate) fn authority(place: &dyn Fn(&str) -> PathBuf) -> Result<Arc<Interceptor>, SessionError> {
    let fail = set_up("the session's certificate authority");
    let interceptor = Interceptor::new().map_err(&fail)?;
    let system =
        SYSTEM_BUNDLES.iter().find_map(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let [(alone, _), (together, _)] = CERTIFICATES;
    std::fs::write(place(alone), interceptor.certificate()).map_err(&fail)?;
    std::fs::write(place(together), format!("{system}\n{}", interceptor.certificate())).map_err(&fail)?;
    Ok(Arc::new(interceptor))
}

/// What the doors of one session have in common.
#[derive(Clone)]
pub(crate) struct Common {
    /// Opens TLS, when the session opens any.
    pub(crate) interceptor: Option<Arc<Interceptor>>,
    /// How much may be sent out, by all together.
    pub(crate) uploads: Arc<Uploads>,
    /// Who answers the doors' questions.
    pub(crate) keeper: Option<Doorkeeper>,
}

impl Common {
    pub(crate) fn new(
        outbound: &Outbound,
        interceptor: Option<Arc<Interceptor>>,
        keeper: Option<&Doorkeeper>,
    ) -> Self {
        let uploads = Uploads::new(outbound.upload.connection, outbound.upload.session);
        Self { interceptor, uploads: Arc::new(uploads), keeper: keeper.cloned() }
    }
}

/// Opens the doors that a manifest names: the egress door, and one for each forward.
pub(crate) fn serve(
    monitor: &Arc<Monitor>,
    subject: &Subject,
    manifest: &Manifest,
    record: &Arc<DoorRecord>,
    token: Token,
    common: Common,
) -> Result<Vec<Serving>, SessionError> {
    let Common { interceptor, uploads, keeper } = common;
    let mut serving = Vec::new();
    if let Some(egress) = &manifest.confinement().egress {
        let listener = UnixListener::bind(egress).map_err(set_up("the egress door's socket"))?;
        let mut door = Door::new(manifest.hosts().to_vec());
        door.within = manifest.within().to_vec();
        let outbound = manifest.outbound();
        door.requests.clone_from(&outbound.requests);
        door.uploads = uploads;
        door.token = Some(token);
        door.interceptor = interceptor;
        if let Some(Doorkeeper(approver)) = keeper {
            let (monitor, subject) = (Arc::clone(monitor), subject.clone());
            door.ask(Arc::new(Questions { monitor, subject, approver }));
        }
        let record: Arc<dyn Record> = Arc::<DoorRecord>::clone(record);
        serving.push(wardline_proxy::serve(listener, door, record).map_err(set_up("the egress door"))?);
    }
    for Forward { port, socket } in &manifest.confinement().forwards {
        let listener = UnixListener::bind(socket).map_err(set_up("a forward's socket"))?;
        let record = DoorRecord::new(Arc::clone(monitor), subject.clone(), &format!("forward-{port}"));
        let record: Arc<dyn Record> = Arc::new(record);
        let unnamed = || format!("--forward {port}");
        let because = manifest.outbound().forwards.get(port).cloned().unwrap_or_else(unnamed);
        let served = wardline_proxy::forward(listener, *port, &because, record);
        serving.push(served.map_err(set_up("a forward"))?);
    }
    Ok(serving)
}

/// Puts the door's questions to a session's approver, and records each answer before it counts.
struct Questions {
    monitor: Arc<Monitor>,
    subject: Subject,
    approver: Arc<dyn Approver>,
}

impl Ask for Questions {
    fn is_there(&self) -> bool {
        self.approver.is_there()
    }

    fn ask(&self, authority: &Authority, because: &str) -> Answer {
        let action = authority.to_string();
        let verdict = verdict(self.monitor.policy(), &action, because);
        let (wanted, facts, choice) = (Action::on("network", &action), Facts::default(), Choice::default());
        let about = About {
            world: self.monitor.world(),
            choice: &choice,
            subject: &self.subject,
            action: &wanted,
            facts: &facts,
            analysis: None,
            confined: true,
            bound: &[],
        };
        let question = Question { permission: "network", action: &action, verdict: &verdict, about };
        let (decision, by) = match self.approver.ask(&question) {
            approve::Answer::Allow { by } => (Decision::Allow, by),
            approve::Answer::Deny { by } | approve::Answer::Nobody { why: by } => (Decision::Deny, by),
            approve::Answer::HostAsks => {
                (Decision::Deny, "the host program, which knows no such question".to_owned())
            }
        };
        let mut body = Body::new();
        body.insert("decision".into(), record::decision(decision));
        body.insert("by".into(), by.clone().into());
        body.insert("principal".into(), self.monitor.world().principal.clone().into());
        body.insert("permission".into(), "network".into());
        body.insert("host".into(), record::text(&action));
        body.insert("because".into(), because.into());
        match self.monitor.append(&self.subject, Kind::Approval, Some(&format!("ask-{action}")), body) {
            Ok(_) if decision == Decision::Allow => Answer::Yes(by),
            Ok(_) => Answer::No(by),
            Err(e) => Answer::No(format!("the answer could not be recorded: {e}")),
        }
    }
}

fn verdict(policy: &PolicySet, host: &str, because: &str) -> Verdict {
    let reason = Reason {
        rule: "network.ask".to_owned(),
        origin: Origin::builtin(),
        decision: Decision::Ask,
        matched: host.to_owned(),
        text: format!(
            "{because} asks about this host; a yes holds for this host and port until the session ends"
        ),
        help: None,
    };
    Verdict {
        decision: Decision::Ask,
        reasons: vec![reason],
        losers: Vec::new(),
        commands: Vec::new(),
        obligations: Vec::new(),
        policy: policy.digest().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwards_are_read_as_people_write_them() {
        for (text, name, port) in [("5432", "", 5432), ("db=5432", "db", 5432), ("my-db_1=1", "my-db_1", 1)] {
            let forward = parse_forward(text).unwrap();
            assert_eq!((forward.name.as_str(), forward.port), (name, port));
        }
        for text in ["", "0", "=1", "db=", "db=0", "db=70000", "d b=1", "1=1", "db:1", "a=b=1", "-1"] {
            assert!(parse_forward(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_usual_name_leads_to_the_door_with_its_secret() {
        let named = parse_forward("my-db=5432").unwrap();
        let variables = variables("s3cret", &[named, parse_forward("1").unwrap()]);
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            assert_eq!(variables[name], "http://wardline:s3cret@127.0.0.1:3128");
        }
        assert_eq!(variables["WARDLINE_SOCKS_PROXY"], "socks5h://wardline:s3cret@127.0.0.1:3128");
        assert_eq!(variables["WARDLINE_FORWARD_MY_DB"], "127.0.0.1:5432");
        assert_eq!(variables.len(), 11);
    }
}

//! The decision: may this host be reached, and at which addresses.

use crate::address::forbidden;
use crate::dial::{Dialer, Resolver, SystemDialer, SystemResolver};
use crate::host::{Authority, Host, canonical, parse_port, split_port};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// A host that may be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRule {
    /// `example.com`, `*.example.com` (every name below it, not itself) or a literal address (IPv6 in brackets).
    pub host: String,
    /// The only port; when absent, 443 for tunnels and 80 for plain HTTP.
    pub port: Option<u16>,
    /// The rule and where it stands, for the log.
    pub because: String,
}

impl HostRule {
    /// Reads `host` or `host:port` as people write it in `--allow-host` and `network.allow`.
    ///
    /// # Errors
    /// When it is not a host rule; the text says what is wrong with it and what to write.
    pub fn parse(text: &str, because: &str) -> Result<Self, String> {
        let (host, port) = split_port(text).map_err(|error| problem(text, &error.to_string()))?;
        let port = port.map(parse_port).transpose().map_err(|error| problem(text, &error.to_string()))?;
        let rule = Self { host: host.to_owned(), port, because: because.to_owned() };
        rule.pattern().map(|pattern| Self { host: pattern.to_string(), ..rule })
    }

    fn pattern(&self) -> Result<Pattern, String> {
        let Some(suffix) = self.host.strip_prefix("*.") else {
            let host = Host::parse(&self.host).map_err(|error| problem(&self.host, &error.to_string()))?;
            return Ok(Pattern::Exact(host));
        };
        match Host::parse(suffix) {
            Ok(Host::Name(suffix)) if suffix.contains('.') => Ok(Pattern::Below(suffix)),
            Ok(Host::Name(_)) => Err(problem(&self.host, "a whole top-level domain is too wide")),
            Ok(Host::Address(_)) => Err(problem(&self.host, "addresses have nothing below them")),
            Err(error) => Err(problem(&self.host, &error.to_string())),
        }
    }
}

fn problem(text: &str, why: &str) -> String {
    let shown: String = text.escape_debug().take(100).collect();
    format!(
        "`{shown}` is no host rule: {why}; write `example.com`, `*.example.com`, `192.0.2.1` or one of them with `:port`"
    )
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Exact(Host),
    Below(String),
}

impl Pattern {
    fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Exact(exact), host) => exact == host,
            (Self::Below(suffix), Host::Name(name)) => {
                let below = name.strip_suffix(suffix.as_str()).and_then(|rest| rest.strip_suffix('.'));
                // Names in other scripts must be named themselves: a wildcard hides what they look like.
                below.is_some_and(|below| !below.split('.').any(|label| label.starts_with("xn--")))
            }
            (Self::Below(_), Host::Address(_)) => false,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => write!(f, "{host}"),
            Self::Below(suffix) => write!(f, "*.{suffix}"),
        }
    }
}

/// How much and how long a guarded program may keep the door busy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest request head in bytes.
    pub head: usize,
    /// Connections at the same time; more get a 503.
    pub connections: usize,
    /// How long a whole request head, or the first message in a tunnel, may take to arrive.
    pub opening: Duration,
    /// How long dialling may take, all addresses of a host together.
    pub dialing: Duration,
    /// How long a connection may stay open without a byte in either direction.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 * 1024,
            connections: 256,
            opening: Duration::from_secs(30),
            dialing: Duration::from_secs(20),
            idle: Duration::from_secs(15 * 60),
        }
    }
}

/// What may leave, and how.
#[derive(Clone)]
#[non_exhaustive]
pub struct Door {
    /// The hosts that may be reached. Empty: none.
    pub allow: Vec<HostRule>,
    /// Let tunnels carry something other than TLS. Then nothing shows whom the bytes are for.
    pub allow_plain_connect: bool,
    /// Limits on size, number and time.
    pub limits: Limits,
    /// Turns names into addresses.
    pub resolver: Arc<dyn Resolver>,
    /// Opens connections.
    pub dialer: Arc<dyn Dialer>,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door")
            .field("allow", &self.allow)
            .field("allow_plain_connect", &self.allow_plain_connect)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Why a connection was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// No rule names the host.
    NoRule(Authority),
    /// A rule names the host, but another port.
    WrongPort(Authority),
    /// The host resolves to an address that is not the public network.
    Inside {
        /// What was asked for.
        authority: Authority,
        /// The address it resolves to.
        address: IpAddr,
        /// What that address is.
        what: &'static str,
    },
    /// The host has no address.
    Unresolved {
        /// What was asked for.
        authority: Authority,
        /// The resolver's words.
        why: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRule(authority) => write!(f, "no rule allows {}", authority.host),
            Self::WrongPort(authority) => {
                write!(f, "no rule allows port {} of {}", authority.port, authority.host)
            }
            Self::Inside { authority, address, what } => write!(
                f,
                "{} resolves to {address}, {what}, which only a rule that names this address may open",
                authority.host
            ),
            Self::Unresolved { authority, why } => {
                write!(f, "{} could not be resolved: {why}", authority.host)
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// What a human may do to allow it, when something can be done.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let allow = |what: &str| {
            format!(
                "a human may allow it with `wardline run --allow-host {what}`, or with \"{what}\" under \
                 network.allow in ~/.config/wardline/config.jsonc"
            )
        };
        match self {
            Self::NoRule(authority) if matches!(authority.port, 80 | 443) => {
                Some(allow(&authority.host.to_string()))
            }
            Self::NoRule(authority) | Self::WrongPort(authority) => Some(allow(&authority.to_string())),
            Self::Inside { authority, address, .. } if address.is_loopback() => Some(format!(
                "a human may open a port of this machine with `wardline run --forward {}`",
                authority.port
            )),
            Self::Inside { authority, address, .. } => {
                let literal = Authority { host: Host::Address(*address), port: authority.port };
                Some(allow(&literal.to_string()))
            }
            Self::Unresolved { .. } => None,
        }
    }
}

/// The addresses at which an allowed host may be dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// What was asked for.
    pub authority: Authority,
    /// The checked addresses, never empty.
    pub addresses: Vec<IpAddr>,
    /// The rule that allows it.
    pub rule: String,
}

impl Door {
    /// A door with these rules, the default limits, and the system's resolver and dialer.
    #[must_use]
    pub fn new(allow: Vec<HostRule>) -> Self {
        Self {
            allow,
            allow_plain_connect: false,
            limits: Limits::default(),
            resolver: Arc::new(SystemResolver),
            dialer: Arc::new(SystemDialer),
        }
    }

    /// Checks the spelling of every rule, since one that cannot be read would never match.
    ///
    /// # Errors
    /// With the first rule that is none: what is wrong and what to write.
    pub fn check(&self) -> Result<(), String> {
        self.allow.iter().try_for_each(|rule| match rule.pattern() {
            Ok(_) => Ok(()),
            Err(problem) => Err(format!("{}: {problem}", rule.because)),
        })
    }

    /// Decides whether a host may be reached and resolves it, once. Nothing is resolved that no rule allows.
    ///
    /// `default` is the port that a rule without a port means.
    ///
    /// # Errors
    /// With the reason when it may not.
    pub fn admit(&self, authority: &Authority, default: u16) -> Result<Admission, Refusal> {
        let rule = self.rule_for(authority, default)?;
        let addresses = match &authority.host {
            // The rule matched an address, so it names this very one.
            Host::Address(address) => vec![*address],
            Host::Name(name) => self.resolve(authority, name)?,
        };
        Ok(Admission { authority: authority.clone(), addresses, rule: rule.because.clone() })
    }

    fn rule_for(&self, authority: &Authority, default: u16) -> Result<&HostRule, Refusal> {
        let mut named = false;
        for rule in &self.allow {
            if rule.pattern().is_ok_and(|pattern| pattern.matches(&authority.host)) {
                if rule.port.unwrap_or(default) == authority.port {
                    return Ok(rule);
                }
                named = true;
            }
        }
        let refusal = if named { Refusal::WrongPort } else { Refusal::NoRule };
        Err(refusal(authority.clone()))
    }

    /// Every address of the name must be public: one that is not could be the one that is dialled.
    fn resolve(&self, authority: &Authority, name: &str) -> Result<Vec<IpAddr>, Refusal> {
        let unresolved = |why: String| Refusal::Unresolved { authority: authority.clone(), why };
        let addresses = self.resolver.resolve(name).map_err(|error| unresolved(error.to_string()))?;
        if addresses.is_empty() {
            return Err(unresolved("it has no address".to_owned()));
        }
        let addresses: Vec<IpAddr> = addresses.into_iter().map(canonical).collect();
        for address in &addresses {
            if let Some(what) = forbidden(*address) {
                return Err(Refusal::Inside { authority: authority.clone(), address: *address, what });
            }
        }
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::Mutex;

    /// Answers from a list, one answer per question.
    struct Script(Mutex<Vec<Vec<&'static str>>>);

    impl Resolver for Script {
        fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            let mut answers = self.0.lock().unwrap();
            if answers.is_empty() {
                return Err(io::Error::other("asked too often"));
            }
            Ok(answers.remove(0).iter().map(|address| address.parse().unwrap()).collect())
        }
    }

    fn door(rules: &[&str], answers: &[&[&'static str]]) -> Door {
        let allow = rules.iter().map(|rule| HostRule::parse(rule, "the rule").unwrap()).collect();
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        Door { resolver: Arc::new(Script(Mutex::new(answers))), ..Door::new(allow) }
    }

    #[test]
    fn rules_match_hosts_and_ports_exactly() {
        let table = [
            ("example.com", "example.com:443", true),
            ("example.com", "EXAMPLE.com:443", true),
            ("Example.COM", "example.com:443", true),
            ("example.com", "example.com:8443", false),
            ("example.com:8443", "example.com:8443", true),
            ("example.com:8443", "example.com:443", false),
            ("example.com", "www.example.com:443", false),
            ("example.com", "example.com.evil.test:443", false),
            ("example.com", "notexample.com:443", false),
            ("*.example.com", "a.example.com:443", true),
            ("*.example.com", "a.b.example.com:443", true),
            ("*.example.com", "example.com:443", false),
            ("*.example.com", "notexample.com:443", false),
            ("*.example.com", "xn--bcher-kva.example.com:443", false),
            ("xn--bcher-kva.example.com", "xn--bcher-kva.example.com:443", true),
            ("192.0.2.7", "192.0.2.7:443", true),
            ("192.0.2.7", "[::ffff:192.0.2.7]:443", true),
            ("192.0.2.7", "192.0.2.8:443", false),
            ("127.0.0.1:80", "127.0.0.1:80", true),
            ("[::1]", "[::1]:443", true),
            ("[::1]", "127.0.0.1:443", false),
        ];
        for (rule, asked, allowed) in table {
            let door = door(&[rule], &[&["8.8.8.8"]]);
            let authority = Authority::parse(asked, None).unwrap();
            assert_eq!(door.admit(&authority, 443).is_ok(), allowed, "{rule} for {asked}");
        }
    }

    #[test]
    fn no_rules_allow_nothing_and_nothing_is_resolved() {
        let door = door(&[], &[]);
        let authority = Authority::parse("example.com:443", None).unwrap();
        assert_eq!(door.admit(&authority, 443), Err(Refusal::NoRule(authority)));
    }

    #[test]
    fn rules_that_are_too_wide_or_misspelt_are_none() {
        for text in [
            "*",
            "*.com",
            "*.1.2.3.4",
            "**.example.com",
            "a.*.example.com",
            "https://example.com",
            "example.com/",
            "example.com:0",
            "example.com:",
            "a b",
            "",
            "::1",
            "0x7f.1",
        ] {
            let error = HostRule::parse(text, "x").unwrap_err();
            assert!(error.contains("is no host rule"), "{text}: {error}");
            let rule = HostRule { host: text.to_owned(), port: None, because: "config.jsonc:3".to_owned() };
            if !text.starts_with("example.com:") {
                assert!(Door::new(vec![rule]).check().unwrap_err().starts_with("config.jsonc:3: "), "{text}");
            }
        }
    }

    #[test]
    fn one_inner_address_among_many_refuses_the_name() {
        for inner in [
            "127.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "::1",
            "fd00:ec2::254",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "0.0.0.0",
        ] {
            let door = door(&["example.com"], &[&["8.8.8.8", inner]]);
            let authority = Authority::parse("example.com:443", None).unwrap();
            assert!(matches!(door.admit(&authority, 443), Err(Refusal::Inside { .. })), "{inner}");
        }
    }

    #[test]
    fn a_name_is_resolved_once_and_its_answer_is_what_may_be_dialled() {
        let door = door(&["example.com"], &[&["8.8.8.8"], &["127.0.0.1"]]);
        let authority = Authority::parse("example.com:443", None).unwrap();
        assert_eq!(door.admit(&authority, 443).unwrap().addresses, ["8.8.8.8".parse::<IpAddr>().unwrap()]);
        assert!(door.admit(&authority, 443).is_err(), "the rebound answer is checked anew");
    }

    #[test]
    fn refusals_say_what_a_human_may_do() {
        let refused = |rules: &[&str], asked: &str| {
            let door = door(rules, &[&["127.0.0.1"]]);
            door.admit(&Authority::parse(asked, None).unwrap(), 443).unwrap_err().help().unwrap()
        };
        assert!(refused(&[], "a.test:443").contains("--allow-host a.test`"));
        assert!(refused(&["a.test"], "a.test:22").contains("--allow-host a.test:22`"));
        assert!(refused(&["a.test"], "a.test:443").contains("--forward 443`"));
    }
}

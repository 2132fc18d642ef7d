//! What may be said about hosts: one rule, its pattern, its effect.

use crate::host::{Host, parse_port, split_port};
use std::fmt;

/// What a rule does to the hosts that it names. Whatever order rules stand in, `Deny` wins over `Confirm`, that over
/// `Allow`, that over `Ask`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// They may be reached.
    Allow,
    /// They may be reached once a human says yes, unless another rule allows them.
    Ask,
    /// What another rule opens waits for a human's yes too. By itself it opens nothing.
    Confirm,
    /// They may not be reached, whatever else is said of them.
    Deny,
}

/// What is said about a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRule {
    /// `example.com`, `*.example.com` (every name below it, not itself) or a literal address (IPv6 in brackets). Rules
    /// that allow nothing by themselves may also be as wide as `*.com` and `*`.
    pub host: String,
    /// The only port; when absent, 443 for tunnels and 80 for plain HTTP, and every port for what tightens.
    pub port: Option<u16>,
    /// The rule and where it stands, for the log.
    pub because: String,
    /// What it does.
    pub effect: Effect,
}

impl HostRule {
    /// Reads `host` or `host:port` as people write it in `--allow-host` and `network.allow`.
    ///
    /// # Errors
    /// When it is not a host rule; the text says what is wrong with it and what to write.
    pub fn parse(text: &str, because: &str) -> Result<Self, String> {
        Self::with(text, because, Effect::Allow)
    }

    /// The same for any effect.
    ///
    /// # Errors
    /// When it is not a host rule; the text says what is wrong with it and what to write.
    pub fn with(text: &str, because: &str, effect: Effect) -> Result<Self, String> {
        let (host, port) = split_port(text).map_err(|error| problem(text, &error.to_string()))?;
        let port = port.map(parse_port).transpose().map_err(|error| problem(text, &error.to_string()))?;
        let rule = Self { host: host.to_owned(), port, because: because.to_owned(), effect };
        rule.pattern().map(|pattern| Self { host: pattern.to_string(), ..rule })
    }

    /// What its port means for a request whose port would usually be `default`.
    pub(crate) fn fits(&self, port: u16, default: u16) -> bool {
        match (self.port, self.effect) {
            (Some(named), _) => named == port,
            (None, Effect::Confirm | Effect::Deny) => true,
            (None, Effect::Allow | Effect::Ask) => port == default,
        }
    }

    pub(crate) fn pattern(&self) -> Result<Pattern, String> {
        let wide = self.effect != Effect::Allow;
        if wide && self.host == "*" {
            return Ok(Pattern::Any);
        }
        let Some(suffix) = self.host.strip_prefix("*.") else {
            let host = Host::parse(&self.host).map_err(|error| problem(&self.host, &error.to_string()))?;
            return Ok(Pattern::Exact(host));
        };
        match Host::parse(suffix) {
            Ok(Host::Name(suffix)) if wide || suffix.contains('.') => Ok(Pattern::Below(suffix)),
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
pub(crate) enum Pattern {
    Exact(Host),
    Below(String),
    Any,
}

impl Pattern {
    /// Whether a host is meant. Names in other scripts must be named themselves to be opened, because a wildcard hides
    /// what they look like; what tightens (`tight`) reaches them all the same.
    pub(crate) fn matches(&self, host: &Host, tight: bool) -> bool {
        match (self, host) {
            (Self::Exact(exact), host) => exact == host,
            (Self::Below(suffix), Host::Name(name)) => {
                let below = name.strip_suffix(suffix.as_str()).and_then(|rest| rest.strip_suffix('.'));
                below.is_some_and(|below| tight || !below.split('.').any(|label| label.starts_with("xn--")))
            }
            (Self::Any, _) => true,
            (Self::Below(_), Host::Address(_)) => false,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => write!(f, "{host}"),
            Self::Below(suffix) => write!(f, "*.{suffix}"),
            Self::Any => f.write_str("*"),
        }
    }
}

//! The decision: may this host be reached, and at which addresses.

use crate::address::forbidden;
use crate::ask::{Ask, Questions};
use crate::dial::{Dialer, Resolver, SystemDialer, SystemResolver};
use crate::host::{Authority, Host, canonical};
use crate::intercept::Interceptor;
use crate::requests::{RequestRule, about, judge};
use crate::rule::{Effect, HostRule};
use crate::token::Token;
use crate::upload::{Exhausted, Uploads};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

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
    /// How long a connection waits for a human's answer.
    pub asking: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 * 1024,
            connections: 256,
            opening: Duration::from_secs(30),
            dialing: Duration::from_secs(20),
            idle: Duration::from_secs(15 * 60),
            asking: Duration::from_secs(60),
        }
    }
}

/// What may leave, and how.
#[derive(Clone)]
#[non_exhaustive]
pub struct Door {
    /// What is said about hosts. A host that no rule opens is closed.
    pub rules: Vec<HostRule>,
    /// Lists of hosts that bound what the rules open: a host has to stand in every one of them besides.
    pub within: Vec<Within>,
    /// What is said about single requests.
    pub requests: Vec<RequestRule>,
    /// Opens the TLS of tunnels to hosts that rules about requests name; without it such tunnels are refused.
    pub interceptor: Option<Arc<Interceptor>>,
    /// The secret that clients have to know; `None` lets in whoever reaches the socket.
    pub token: Option<Token>,
    /// How much may be sent out.
    pub uploads: Arc<Uploads>,
    /// Let tunnels carry something other than TLS. Then nothing shows whom the bytes are for.
    pub allow_plain_connect: bool,
    /// Limits on size, number and time.
    pub limits: Limits,
    /// Turns names into addresses.
    pub resolver: Arc<dyn Resolver>,
    /// Opens connections.
    pub dialer: Arc<dyn Dialer>,
    /// The questions put so far; without them every question is a no.
    questions: Option<Arc<Questions>>,
}

/// A list of hosts beyond which nothing is opened, whatever the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// The hosts. An empty list is no host at all.
    pub hosts: Vec<HostRule>,
    /// Whose list it is, for the log.
    pub because: String,
}

impl Within {
    /// Whether a host and port stand in the list; `default` is the port that a line without one means.
    #[must_use]
    pub fn names(&self, authority: &Authority, default: u16) -> bool {
        self.hosts.iter().any(|rule| {
            rule.effect == Effect::Allow
                && rule.pattern().is_ok_and(|pattern| pattern.matches(&authority.host, false))
                && rule.fits(authority.port, default)
        })
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door")
            .field("rules", &self.rules)
            .field("within", &self.within)
            .field("token", &self.token)
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
    /// A list that bounds the rules does not name the host.
    Outside {
        /// What was asked for.
        authority: Authority,
        /// Whose list it is.
        list: String,
    },
    /// A rule closes the host.
    Denied {
        /// What was asked for.
        authority: Authority,
        /// The rule.
        rule: String,
    },
    /// A human has to say yes first, and did not.
    Unanswered {
        /// What was asked for.
        authority: Authority,
        /// The rule that asks.
        rule: String,
        /// Why there is no yes.
        why: String,
    },
    /// A rule about requests forbids this one.
    Request {
        /// What was asked for.
        authority: Authority,
        /// Why it may not be made.
        why: String,
    },
    /// A rule is about requests of the host, and they would be hidden inside TLS.
    Hidden {
        /// What was asked for.
        authority: Authority,
        /// The rule.
        rule: String,
    },
    /// More would be sent out than may be.
    Exhausted {
        /// What was asked for.
        authority: Authority,
        /// Which budget.
        budget: Exhausted,
    },
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
            Self::Outside { authority, list } => write!(f, "{list} does not name {authority}"),
            Self::Denied { authority, rule } => write!(f, "{rule} closes {authority}"),
            Self::Request { why, .. } => f.write_str(why),
            Self::Hidden { authority, rule } => write!(
                f,
                "{rule} is about single requests of {}, which nobody can see inside TLS",
                authority.host
            ),
            Self::Exhausted { authority, budget } => write!(f, "{budget} to {}", authority.host),
            Self::Unanswered { authority, rule, why } => {
                write!(f, "{rule} asks a human about {authority}, and {why}")
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
        let shortest = |authority: &Authority| match authority.port {
            80 | 443 => authority.host.to_string(),
            _ => authority.to_string(),
        };
        match self {
            Self::NoRule(authority) | Self::Unanswered { authority, .. } => Some(allow(&shortest(authority))),
            Self::WrongPort(authority) => Some(allow(&authority.to_string())),
            Self::Hidden { .. } => Some(
                "a human may let the door open the TLS of such hosts with `wardline run --intercept-tls`"
                    .to_owned(),
            ),
            Self::Outside { .. } => Some("a human may add the host to that file".to_owned()),
            Self::Denied { .. } | Self::Exhausted { .. } | Self::Request { .. } => {
                Some("a human may change that rule".to_owned())
            }
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
    /// A door with these rules, the default limits, no token, nobody to ask, and the system's resolver and dialer.
    #[must_use]
    pub fn new(rules: Vec<HostRule>) -> Self {
        Self {
            rules,
            within: Vec::new(),
            requests: Vec::new(),
            interceptor: None,
            token: None,
            uploads: Arc::default(),
            allow_plain_connect: false,
            limits: Limits::default(),
            resolver: Arc::new(SystemResolver),
            dialer: Arc::new(SystemDialer),
            questions: None,
        }
    }

    /// Puts the questions of `ask` rules to somebody.
    pub fn ask(&mut self, asker: Arc<dyn Ask>) {
        self.questions = Some(Arc::new(Questions::new(asker)));
    }

    /// Checks the spelling of every rule, since one that cannot be read would never match.
    ///
    /// # Errors
    /// With the first rule that is none: what is wrong and what to write.
    pub fn check(&self) -> Result<(), String> {
        let about_requests = self.requests.iter().map(|rule| &rule.host);
        let bounds = self.within.iter().flat_map(|within| &within.hosts);
        self.rules.iter().chain(about_requests).chain(bounds).try_for_each(|rule| match rule.pattern() {
            Ok(_) => Ok(()),
            Err(problem) => Err(format!("{}: {problem}", rule.because)),
        })
    }

    /// Decides whether a host may be reached, asks when a rule says so, and resolves the name, once. Nothing is
    /// resolved that no rule opens.
    ///
    /// `default` is the port that a rule without a port means.
    ///
    /// # Errors
    /// With the reason when it may not.
    pub fn admit(&self, authority: &Authority, default: u16) -> Result<Admission, Refusal> {
        let rule = self.opened(authority, default)?;
        let addresses = match &authority.host {
            Host::Address(address) => self.named(authority, *address)?,
            Host::Name(name) => self.resolve(authority, name)?,
        };
        Ok(Admission { authority: authority.clone(), addresses, rule })
    }

    /// Decides whether one request may be made of a host that may be reached.
    ///
    /// # Errors
    /// With the reason when it may not.
    pub fn permit(&self, authority: &Authority, method: &str, path: &str) -> Result<(), Refusal> {
        let judged = judge(&about(&self.requests, authority), method, path);
        judged.map_err(|why| Refusal::Request { authority: authority.clone(), why })
    }

    /// Decides whether requests of a host may be hidden inside TLS.
    ///
    /// # Errors
    /// With the rule that is about them.
    pub fn hide(&self, authority: &Authority) -> Result<(), Refusal> {
        match about(&self.requests, authority).first() {
            Some(rule) if self.interceptor.is_none() => {
                Err(Refusal::Hidden { authority: authority.clone(), rule: rule.host.because.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Whether TLS to a host is opened.
    pub(crate) fn opens(&self, authority: &Authority) -> bool {
        self.interceptor.is_some() && !about(&self.requests, authority).is_empty()
    }

    /// What opens a host: a rule's words, with the human's answer when one was asked for.
    fn opened(&self, authority: &Authority, default: u16) -> Result<String, Refusal> {
        let rule = |effect| self.rule_for(authority, default, effect);
        if let Some(within) = self.within.iter().find(|within| !within.names(authority, default)) {
            return Err(Refusal::Outside { authority: authority.clone(), list: within.because.clone() });
        }
        if let (Some(rule), _) = rule(Effect::Deny) {
            return Err(Refusal::Denied { authority: authority.clone(), rule: rule.because.clone() });
        }
        let (allowed, other_port) = rule(Effect::Allow);
        let (asked, asked_port) = rule(Effect::Ask);
        let (confirmed, _) = rule(Effect::Confirm);
        match (allowed, asked, confirmed) {
            (Some(rule), _, None) => Ok(rule.because.clone()),
            (Some(_), _, Some(rule)) | (None, Some(_), Some(rule)) | (None, Some(rule), None) => {
                self.asked(authority, &rule.because)
            }
            (None, None, _) if other_port || asked_port => Err(Refusal::WrongPort(authority.clone())),
            (None, None, _) => Err(Refusal::NoRule(authority.clone())),
        }
    }

    /// The first rule of this effect for a host and port, and whether one names the host with another port.
    fn rule_for(&self, authority: &Authority, default: u16, effect: Effect) -> (Option<&HostRule>, bool) {
        let tight = matches!(effect, Effect::Confirm | Effect::Deny);
        let names = |rule: &&HostRule| {
            rule.effect == effect
                && rule.pattern().is_ok_and(|pattern| pattern.matches(&authority.host, tight))
        };
        let mut named = self.rules.iter().filter(names).peekable();
        let any = named.peek().is_some();
        (named.find(|rule| rule.fits(authority.port, default)), any)
    }

    fn asked(&self, authority: &Authority, rule: &str) -> Result<String, Refusal> {
        let answer = self.questions.as_ref().map_or_else(
            || Err("nobody is there to answer".to_owned()),
            |questions| questions.answer(authority, rule, self.limits.asking),
        );
        match answer {
            Ok(by) => Ok(format!("{rule}, allowed by {by}")),
            Err(why) => Err(Refusal::Unanswered { authority: authority.clone(), rule: rule.to_owned(), why }),
        }
    }

    /// An address that was asked for by itself. A rule that names it opens it whatever it is; one that names
    /// everything does not open the inside.
    fn named(&self, authority: &Authority, address: IpAddr) -> Result<Vec<IpAddr>, Refusal> {
        let literal = |rule: &HostRule| {
            !matches!(rule.effect, Effect::Confirm | Effect::Deny)
                && Host::parse(&rule.host).is_ok_and(|host| host == authority.host)
        };
        match forbidden(address) {
            Some(what) if !self.rules.iter().any(literal) => {
                Err(Refusal::Inside { authority: authority.clone(), address, what })
            }
            _ => Ok(vec![address]),
        }
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
    fn a_list_bounds_what_rules_open_and_opens_nothing() {
        let list = |hosts: &[&str]| Within {
            hosts: hosts.iter().map(|host| HostRule::parse(host, "list").unwrap()).collect(),
            because: "the list".to_owned(),
        };
        // What the rules open, the lists, what is asked for, whether it is reached.
        type Lists = &'static [&'static [&'static str]];
        let table: [(&[&str], Lists, &str, bool); 9] = [
            (&["a.test"], &[], "a.test:443", true),
            (&["a.test"], &[&[]], "a.test:443", false),
            (&["a.test"], &[&["a.test"]], "a.test:443", true),
            (&["*.a.test"], &[&["b.a.test:443"]], "b.a.test:443", true),
            (&["*.a.test"], &[&["b.a.test"]], "c.a.test:443", false),
            (&["b.a.test:8443"], &[&["*.a.test"]], "b.a.test:8443", false),
            (&["b.a.test:8443"], &[&["*.a.test:8443"]], "b.a.test:8443", true),
            (&[], &[&["a.test"]], "a.test:443", false),
            (&["a.test"], &[&["a.test"], &["b.test"]], "a.test:443", false),
        ];
        for (rules, lists, asked, reached) in table {
            let mut door = door(rules, &[&["8.8.8.8"]]);
            door.within = lists.iter().map(|hosts| list(hosts)).collect();
            let admitted = door.admit(&Authority::parse(asked, None).unwrap(), 443);
            assert_eq!(admitted.is_ok(), reached, "{rules:?} within {lists:?}: {admitted:?}");
            if let Err(refusal @ Refusal::Outside { .. }) = admitted {
                assert!(refusal.to_string().starts_with("the list does not name"), "{refusal}");
            }
        }
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
            let because = "config.jsonc:3".to_owned();
            let rule = HostRule { host: text.to_owned(), port: None, because, effect: Effect::Allow };
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

    #[test]
    fn what_tightens_wins_in_any_order() {
        use Effect::{Allow, Ask, Confirm, Deny};
        struct Yes;
        impl crate::ask::Ask for Yes {
            fn is_there(&self) -> bool {
                true
            }
            fn ask(&self, _: &Authority, _: &str) -> crate::ask::Answer {
                crate::ask::Answer::Yes("me".to_owned())
            }
        }
        type Row = (&'static [(&'static str, Effect)], &'static str, &'static str, &'static str);
        let table: [Row; 14] = [
            (&[("a.test", Allow)], "a.test:443", "r0", "r0"),
            (&[("a.test", Allow), ("a.test", Deny)], "a.test:443", "closes", "closes"),
            (&[("a.test", Allow), ("*", Deny)], "a.test:443", "closes", "closes"),
            (&[("a.test:8443", Allow), ("*.test", Deny)], "a.test:8443", "closes", "closes"),
            (&[("a.test", Allow), ("a.test:80", Deny)], "a.test:443", "r0", "r0"),
            (&[("xn--a.b.test", Allow), ("*.b.test", Deny)], "xn--a.b.test:443", "closes", "closes"),
            (&[("*", Ask)], "a.test:443", "nobody is there", "r0, allowed by me"),
            (&[("*", Ask)], "a.test:22", "no rule allows port", "no rule allows port"),
            (&[("*", Ask)], "xn--a.test:443", "nobody is there", "r0, allowed by me"),
            (&[("*", Ask)], "127.0.0.1:443", "nobody is there", "resolves to 127.0.0.1"),
            (&[("*", Ask), ("a.test", Allow)], "a.test:443", "r1", "r1"),
            (&[("*", Confirm), ("a.test", Allow)], "a.test:443", "r0 asks", "r0, allowed by me"),
            (&[("*", Confirm)], "a.test:443", "no rule allows a.test", "no rule allows a.test"),
            (&[("a.test", Ask), ("a.test", Deny)], "a.test:443", "closes", "closes"),
        ];
        for (rules, asked, alone, attended) in table {
            let rules: Vec<HostRule> = rules
                .iter()
                .enumerate()
                .map(|(at, (host, effect))| HostRule::with(host, &format!("r{at}"), *effect).unwrap())
                .collect();
            let mut mirrored = rules.clone();
            mirrored.reverse();
            for rules in [rules, mirrored] {
                let mut door = door(&[], &[&["8.8.8.8"], &["8.8.8.8"]]);
                door.rules = rules;
                for (expected, yes) in [(alone, false), (attended, true)] {
                    if yes {
                        door.ask(Arc::new(Yes));
                    }
                    let said = match door.admit(&Authority::parse(asked, None).unwrap(), 443) {
                        Ok(admission) => admission.rule,
                        Err(refusal) => refusal.to_string(),
                    };
                    assert!(said.contains(expected), "{:?} for {asked}: {said}", door.rules);
                }
            }
        }
    }
}

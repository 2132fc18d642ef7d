//! What is told about a connection, and to whom.

use std::net::IpAddr;

/// What was asked of the door.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verb {
    /// A tunnel, `CONNECT host:port`.
    Connect,
    /// A tunnel by SOCKS5.
    Socks,
    /// One plain HTTP request.
    Http {
        /// Its method.
        method: String,
        /// Its path, without the query.
        path: String,
    },
    /// A named port of the host's loopback.
    Loopback,
    /// Something that could not be read as a request.
    Unreadable,
}

impl Verb {
    /// The word for the log: `CONNECT`, `SOCKS5`, the HTTP method, `FORWARD`, `?`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Connect => "CONNECT",
            Self::Socks => "SOCKS5",
            Self::Http { method, .. } => method,
            Self::Loopback => "FORWARD",
            Self::Unreadable => "?",
        }
    }
}

/// What the door decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It will be dialled.
    Allowed {
        /// The rule that allows it, as [`crate::HostRule::because`] has it.
        rule: String,
    },
    /// It will not.
    Refused {
        /// Why, in words for a person.
        reason: String,
    },
}

/// One connection that a guarded program asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Counts the connections of one [`crate::Serving`] from 1.
    pub id: u64,
    /// What was asked.
    pub verb: Verb,
    /// The host in its canonical spelling; an escaped piece of the request when it could not be read.
    pub host: String,
    /// The port; 0 when it could not be read.
    pub port: u16,
    /// The addresses that were checked, one of which is dialled. Empty when it was refused before resolving.
    pub addresses: Vec<IpAddr>,
    /// What the door decided.
    pub decision: Decision,
}

impl Connection {
    /// Whether it will be dialled.
    #[must_use]
    pub const fn allowed(&self) -> bool {
        matches!(self.decision, Decision::Allowed { .. })
    }
}

/// Where connections are recorded. Calls come from many threads at once.
pub trait Record: Send + Sync {
    /// Called for every decision, allowed or refused, before anything is dialled. It returns once the record is
    /// durable.
    ///
    /// A tunnel that was allowed and is then refused because of its first bytes (TLS that names another host) comes a
    /// second time, with the same id.
    ///
    /// # Errors
    /// When it cannot be recorded. Then nothing is dialled.
    fn opening(&self, connection: &Connection) -> Result<(), String>;

    /// Called once for every connection that was allowed, when it ends: how many bytes went out to the host and came
    /// in from it.
    fn closed(&self, connection: &Connection, sent: u64, received: u64);
}

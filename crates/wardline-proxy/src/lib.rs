//! The egress door: the only way from a guarded session to the network.
//!
//! A session has a network namespace of its own without any route out. It reaches this proxy through a Unix socket,
//! and the proxy connects to what its rules name and to nothing else. No rules means no network.
//!
//! - [`serve`] speaks HTTP: `CONNECT` for TLS, absolute-form requests for plain HTTP. Every host name goes through
//!   one strict parser ([`Host`]), is matched against [`Door::allow`], resolved once, and dialled at exactly the
//!   address that was checked. Private, loopback and metadata addresses are refused unless a rule names them
//!   literally.
//! - In a `CONNECT` tunnel the TLS handshake must name the same host; plain text is refused.
//! - Every decision is handed to a [`Record`] before anything is dialled; if it cannot be recorded, nothing is dialled.
//! - [`forward`] passes a socket on to one named port of the host's loopback.
//!
//! What this cannot stop: data sent to a host that is allowed, and what happens inside TLS, such as a `Host` header
//! that names another site of the same provider. Both need TLS to be terminated here, for which
//! the relay in `serve` is the place; another front such as SOCKS5 would use [`Door::admit`].
#![forbid(unsafe_code)]

mod address;
mod body;
mod connection;
mod dial;
mod door;
mod forward;
mod head;
mod hello;
mod host;
mod pipe;
mod relay;
mod request;
mod serve;
mod serving;

pub use address::forbidden;
pub use connection::{Connection, Decision, Record, Verb};
pub use dial::{Dialer, Resolver, SystemDialer, SystemResolver};
pub use door::{Admission, Door, HostRule, Limits, Refusal};
pub use forward::forward;
pub use host::{Authority, Host, HostError};
pub use serve::serve;
pub use serving::Serving;

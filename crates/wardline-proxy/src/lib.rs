//! The egress door: the only way from a guarded session to the network.
//!
//! A session has a network namespace of its own without any route out. It reaches this proxy through a Unix socket,
//! and the proxy connects to what its rules name and to nothing else. No rules means no network.
//!
//! - [`serve`] speaks HTTP (`CONNECT` for TLS, absolute-form requests for plain HTTP) and SOCKS5 on one socket. Every
//!   host name goes through one strict parser ([`Host`]), is matched against [`Door::rules`], resolved once, and dialled
//!   at exactly the address that was checked. Private, loopback and metadata addresses are refused unless a rule names
//!   them literally.
//! - Only a client that knows the session's [`Token`] is served.
//! - In a tunnel the TLS handshake must name the same host; plain text is refused, but for a strictly read HTTP request.
//! - A rule may ask: the connection waits, bounded, for the answer of [`Ask`].
//! - Every decision is handed to a [`Record`] before anything is dialled; if it cannot be recorded, nothing is dialled.
//!   Bytes are counted, and what goes out is held to [`Uploads`].
//! - [`forward`] passes a socket on to one named port of the host's loopback.
//!
//! What this cannot stop: data sent to a host that is allowed, and what happens inside TLS, such as a `Host` header
//! that names another site of the same provider.
#![forbid(unsafe_code)]

mod address;
mod answer;
mod ask;
mod body;
mod connection;
mod dial;
mod door;
mod forward;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod head;
mod hello;
mod host;
mod intercept;
mod pipe;
mod relay;
mod request;
mod requests;
mod rule;
mod serve;
mod serving;
mod socks;
mod token;
mod tunnel;
mod upload;

pub use address::forbidden;
pub use ask::{Answer, Ask};
pub use connection::{Connection, Decision, Record, Verb};
pub use dial::{Dialer, Resolver, SystemDialer, SystemResolver};
pub use door::{Admission, Door, Limits, Refusal, Within};
pub use forward::forward;
pub use host::{Authority, Host, HostError};
pub use intercept::Interceptor;
pub use requests::RequestRule;
pub use rule::{Effect, HostRule};
pub use serve::serve;
pub use serving::Serving;
pub use token::{Token, USER, authorization};
pub use upload::{Exhausted, Uploads};

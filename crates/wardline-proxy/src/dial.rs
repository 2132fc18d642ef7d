//! Resolving names and dialling addresses: the two things that the door does to the network, behind traits so that
//! tests stay on loopback and an upstream proxy can take their place.

use crate::host::canonical;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Most addresses of one name that are looked at; a name with more is refused.
const ADDRESSES: usize = 64;

/// Turns a name into addresses.
pub trait Resolver: Send + Sync {
    /// All addresses of a name.
    ///
    /// # Errors
    /// When the name does not resolve.
    fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Opens connections.
pub trait Dialer: Send + Sync {
    /// Connects to exactly this address.
    ///
    /// # Errors
    /// When the connection cannot be made in time.
    fn dial(&self, address: SocketAddr, timeout: Duration) -> io::Result<TcpStream>;
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in (name, 0).to_socket_addrs()? {
            let address = canonical(address.ip());
            if !addresses.contains(&address) {
                addresses.push(address);
            }
            if addresses.len() > ADDRESSES {
                return Err(io::Error::other("the name has too many addresses"));
            }
        }
        Ok(addresses)
    }
}

/// Plain TCP.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDialer;

impl Dialer for SystemDialer {
    fn dial(&self, address: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        TcpStream::connect_timeout(&address, timeout)
    }
}

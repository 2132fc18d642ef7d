//! Opens the TLS of tunnels to hosts that rules about requests name, so that the rules can be kept there too. Only on a
//! person's word.
//!
//! Each session has a certificate authority of its own, whose key never leaves this process and ends with it. Towards the
//! host nothing is loosened: its certificate must be one that the system trusts, for the name that was asked for.

use crate::answer::{answer, explanation, refuse};
use crate::connection::{Connection, Verb};
use crate::door::Refusal;
use crate::head::parse_tunnelled;
use crate::host::{Authority, Host};
use crate::pipe::{Counted, Pipe, Source};
use crate::request::exchange_in_turn;
use crate::serve::{Visit, receive_head, words};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Certificates that are kept for reuse.
const KEPT: usize = 256;

/// The only protocol that is read.
const HTTP: &[u8] = b"http/1.1";

/// What a session needs to stand between its programs and hosts.
pub struct Interceptor {
    issuer: Issuer<'static, KeyPair>,
    key: KeyPair,
    certificate: String,
    minted: Mutex<BTreeMap<Host, Arc<CertifiedKey>>>,
    provider: Arc<CryptoProvider>,
    towards_hosts: Arc<ClientConfig>,
}

impl fmt::Debug for Interceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interceptor")
    }
}

fn broken(what: &'static str) -> impl Fn(&dyn fmt::Display) -> io::Error {
    move |error| io::Error::other(format!("{what}: {error}"))
}

impl Interceptor {
    /// A new authority that trusts the hosts which the system trusts.
    ///
    /// # Errors
    /// When the system trusts nobody, or no key can be made.
    pub fn new() -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(io::Error::other(
                "the system has no certificates to verify hosts by; install ca-certificates",
            ));
        }
        Self::trusting(roots)
    }

    /// The same with other roots, each the DER of a certificate.
    ///
    /// # Errors
    /// When one of them is none, or no key can be made.
    pub fn with_roots(certificates: &[Vec<u8>]) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            let added = roots.add(CertificateDer::from(certificate.clone()));
            added.map_err(|error| broken("a root cannot be used")(&error))?;
        }
        Self::trusting(roots)
    }

    fn trusting(roots: RootCertStore) -> io::Result<Self> {
        let fail = broken("the session's certificate cannot be made");
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions().map_err(|error| fail(&error))?;
        let mut towards_hosts = config.with_root_certificates(roots).with_no_client_auth();
        towards_hosts.alpn_protocols = vec![HTTP.to_vec()];
        let authority = KeyPair::generate().map_err(|error| fail(&error))?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "Wardline, this session only");
        let certificate = params.self_signed(&authority).map_err(|error| fail(&error))?.pem();
        let key = KeyPair::generate().map_err(|error| fail(&error))?;
        let issuer = Issuer::new(params, authority);
        let towards_hosts = Arc::new(towards_hosts);
        Ok(Self { issuer, key, certificate, minted: Mutex::default(), provider, towards_hosts })
    }

    /// The authority's certificate, for the programs inside to trust.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A certificate for a host, which only this session's programs trust.
    fn mint(&self, host: &Host) -> io::Result<Arc<CertifiedKey>> {
        let fail = broken("no certificate can be made for the host");
        let mut minted = self.minted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = minted.get(host) {
            return Ok(Arc::clone(known));
        }
        let name = plain(host);
        let mut params = CertificateParams::new(vec![name]).map_err(|error| fail(&error))?;
        params.use_authority_key_identifier_extension = true;
        let leaf = params.signed_by(&self.key, &self.issuer).map_err(|error| fail(&error))?;
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der()).into();
        let key = self.provider.key_provider.load_private_key(key).map_err(|error| fail(&error))?;
        let certified = Arc::new(CertifiedKey::new(vec![leaf.der().clone()], key));
        if minted.len() < KEPT {
            minted.insert(host.clone(), Arc::clone(&certified));
        }
        Ok(certified)
    }

    /// Takes the host's place towards a program that has sent `ahead` so far.
    pub(crate) fn accept<'a>(
        &self,
        client: &'a dyn Pipe,
        ahead: Vec<u8>,
        host: &Host,
    ) -> io::Result<Opened<'a>> {
        let certified = Arc::unwrap_or_clone(self.mint(host)?);
        let fail = broken("TLS with the program");
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.provider));
        let config = config.with_safe_default_protocol_versions().map_err(|error| fail(&error))?;
        let mut config =
            config.with_no_client_auth().with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![HTTP.to_vec()];
        let connection = ServerConnection::new(Arc::new(config)).map_err(|error| fail(&error))?;
        Ok(Opened(Mutex::new(Tls::Program(StreamOwned::new(connection, Raw::new(client, ahead))))))
    }

    /// Takes the program's place towards the host.
    fn connect<'a>(&self, host: &'a dyn Pipe, name: &Host) -> io::Result<Opened<'a>> {
        let fail = broken("TLS with the host");
        let name = ServerName::try_from(plain(name)).map_err(|error| fail(&error))?;
        let connection = ClientConnection::new(Arc::clone(&self.towards_hosts), name);
        let connection = connection.map_err(|error| fail(&error))?;
        Ok(Opened(Mutex::new(Tls::Host(StreamOwned::new(connection, Raw::new(host, Vec::new()))))))
    }
}

/// A host as certificates spell it: addresses without brackets.
fn plain(host: &Host) -> String {
    match host {
        Host::Name(name) => name.clone(),
        Host::Address(address) => address.to_string(),
    }
}

/// Runs the one request of a tunnel whose TLS is opened. The error is why it was ended.
pub(crate) fn run(
    visit: &Visit<'_>,
    interceptor: &Interceptor,
    connection: &Connection,
    authority: &Authority,
    ahead: Vec<u8>,
    host: &Counted,
) -> Result<(), String> {
    let limits = &visit.door.limits;
    let client = interceptor.accept(&*visit.session.client, ahead, &authority.host);
    let client = client.map_err(|error| error.to_string())?;
    let mut source = Source::new(&client);
    let head = receive_head(&mut source, limits, Instant::now() + limits.opening);
    let head = head.map_err(|unread| format!("TLS with the program: {}", unread.words().1))?;
    let request = match parse_tunnelled(&head, authority, 443) {
        Ok(request) => request,
        Err(why) => {
            answer(&client, "400 Bad Request", &format!("the request was refused: {why}"));
            return Err(why.to_string());
        }
    };
    let verb = Verb::Http { method: request.method.clone(), path: request.path().to_owned() };
    let connection = Connection { verb, ..connection.clone() };
    if let Err(refusal) = visit.door.permit(authority, &request.method, request.path()) {
        refuse(&client, &refusal, &explanation(&words(&connection), &refusal));
        return Err(refusal.to_string());
    }
    if let Err(why) = visit.record.opening(&connection) {
        answer(&client, "503 Service Unavailable", &format!("the request could not be recorded: {why}"));
        return Ok(());
    }
    let done = interceptor.connect(host, &authority.host).map_err(|error| error.to_string());
    let done = done.and_then(|host| exchange_in_turn(&request, &client, &mut source, &host, limits));
    if let (Err(why), None) = (&done, host.exhausted()) {
        answer(&client, "502 Bad Gateway", why);
    }
    if let Some(budget) = host.exhausted() {
        let refusal = Refusal::Exhausted { authority: authority.clone(), budget };
        refuse(&client, &refusal, &explanation(&words(&connection), &refusal));
    }
    Ok(())
}

/// What lies below TLS: bytes that were read before, then the socket.
struct Raw<'a> {
    ahead: Vec<u8>,
    pipe: &'a dyn Pipe,
    patience: Duration,
}

impl<'a> Raw<'a> {
    fn new(pipe: &'a dyn Pipe, ahead: Vec<u8>) -> Self {
        Self { ahead, pipe, patience: Duration::from_secs(30) }
    }
}

impl Read for Raw<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ahead.is_empty() {
            return self.pipe.receive(buffer, self.patience);
        }
        let count = self.ahead.as_slice().read(buffer)?;
        self.ahead.drain(..count);
        Ok(count)
    }
}

impl Write for Raw<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pipe.send(bytes, self.patience)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One side of an opened tunnel. Used in turn, never by two threads at once.
pub(crate) struct Opened<'a>(Mutex<Tls<'a>>);

enum Tls<'a> {
    Program(StreamOwned<ServerConnection, Raw<'a>>),
    Host(StreamOwned<ClientConnection, Raw<'a>>),
}

impl Tls<'_> {
    fn stream(&mut self, patience: Duration) -> &mut dyn ReadWrite {
        match self {
            Self::Program(stream) => {
                stream.sock.patience = patience;
                stream
            }
            Self::Host(stream) => {
                stream.sock.patience = patience;
                stream
            }
        }
    }

    fn farewell(&mut self) {
        match self {
            Self::Program(stream) => stream.conn.send_close_notify(),
            Self::Host(stream) => stream.conn.send_close_notify(),
        }
        self.stream(Duration::from_secs(5)).flush().ok();
    }
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

impl Pipe for Opened<'_> {
    fn receive(&self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).stream(timeout).read(buffer)
    }

    fn send(&self, bytes: &[u8], timeout: Duration) -> io::Result<()> {
        let mut tls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = tls.stream(timeout);
        stream.write_all(bytes)?;
        stream.flush()
    }

    fn end(&self, how: Shutdown) {
        let mut tls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if how != Shutdown::Read {
            tls.farewell();
        }
        match &*tls {
            Tls::Program(stream) => stream.sock.pipe.end(how),
            Tls::Host(stream) => stream.sock.pipe.end(how),
        }
    }

    /// There is nothing that the kernel could pass on by itself.
    fn socket(&self, _timeout: Duration) -> io::Result<BorrowedFd<'_>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

//! Tunnels whose TLS is opened, because rules about requests name their host.

use crate::common::{World, client_hello, echo, read_all, server};
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wardline_proxy::{Effect, HostRule, Interceptor, RequestRule, Uploads};

/// What a TLS server for `a.test` heard, its address, and its certificate.
struct Site {
    heard: Arc<Mutex<String>>,
    address: SocketAddr,
    certificate: Vec<u8>,
}

fn site() -> Site {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["a.test".to_owned()]).unwrap().self_signed(&key).unwrap();
    let chain = vec![certificate.der().clone()];
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = Arc::new(config.with_single_cert(chain, key).unwrap());
    let heard = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&heard);
    let address = server(move |stream| {
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let mut text = Vec::new();
        let mut buffer = [0; 4096];
        // The whole request: a socket that is closed over unread bytes is reset, and the answer with it.
        while !is_whole(&text) {
            let Ok(count @ 1..) = stream.read(&mut buffer) else { return };
            text.extend_from_slice(&buffer[..count]);
        }
        noted.lock().unwrap().push_str(&String::from_utf8_lossy(&text));
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").ok();
        stream.conn.send_close_notify();
        stream.flush().ok();
    });
    Site { heard, address, certificate: certificate.der().to_vec() }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    length.is_none_or(|length| length.parse::<usize>().is_ok_and(|length| body.len() >= length))
}

/// A door that opens TLS to `a.test`, and its authority's certificate.
fn world(site: &Site, trusted: &[u8]) -> (World, Arc<Interceptor>) {
    let interceptor = Arc::new(Interceptor::with_roots(&[trusted.to_vec()]).unwrap());
    let given = Arc::clone(&interceptor);
    let world = World::with(&["a.test", "b.test"], site.address, |door| {
        door.interceptor = Some(given);
        door.uploads = Arc::new(Uploads::new(Some(20_000), None));
        door.requests = vec![RequestRule {
            host: HostRule::with("a.test", "network.requests (c:1)", Effect::Allow).unwrap(),
            methods: vec!["GET".to_owned(), "PUT".to_owned()],
            paths: vec!["/open*".to_owned()],
        }];
        door.limits.opening = Duration::from_secs(5);
    });
    (world, interceptor)
}

/// Asks through a tunnel as a program that trusts this certificate.
fn ask(tunnel: UnixStream, certificate: CertificateDer<'static>, request: &str) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let name = ServerName::try_from("a.test").unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(config, name).unwrap(), tunnel);
    stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    if answer.is_empty() {
        read.map_err(|error| error.to_string())?;
    }
    Ok(String::from_utf8(answer).unwrap())
}

fn authority(interceptor: &Interceptor) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(interceptor.certificate().as_bytes()).unwrap()
}

#[test]
fn rules_about_requests_are_kept_inside_tls() {
    let site = site();
    let (world, interceptor) = world(&site, &site.certificate);
    let table = [
        ("GET /open/x?q HTTP/1.1\r\nHost: a.test\r\n\r\n", "200 OK", true),
        (
            "GET /open HTTP/1.1\r\nHost: a.test:443\r\nConnection: keep-alive\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
            "200 OK",
            true,
        ),
        ("PUT /open HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc", "200 OK", true),
        ("POST /open HTTP/1.1\r\nHost: a.test\r\n\r\n", "403", false),
        ("GET /other HTTP/1.1\r\nHost: a.test\r\n\r\n", "403", false),
        ("GET /open/../other HTTP/1.1\r\nHost: a.test\r\n\r\n", "403", false),
        ("GET /open HTTP/1.1\r\nHost: b.test\r\n\r\n", "400", false),
        ("GET /open HTTP/1.1\r\n\r\n", "400", false),
        ("GET https://b.test/open HTTP/1.1\r\nHost: a.test\r\n\r\n", "400", false),
        (
            "PUT /open HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "400",
            false,
        ),
    ];
    for (request, status, reaches) in table {
        site.heard.lock().unwrap().clear();
        let answer = ask(world.tunnel("a.test:443"), authority(&interceptor), request).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        let heard = site.heard.lock().unwrap().clone();
        assert_eq!(heard.contains("Host: a.test\r\nConnection: close\r\n"), reaches, "{request}: {heard}");
        assert!(!heard.contains("smuggled"), "{heard}");
    }
    world.log.wait_for("opening GET a.test:443 Allowed");
    world.log.wait_for("POST /open is none of them");
}

#[test]
fn towards_the_host_nothing_is_loosened() {
    let (site, stranger) = (site(), site());
    let (world, interceptor) = world(&site, &stranger.certificate);
    let request = "GET /open HTTP/1.1\r\nHost: a.test\r\n\r\n";
    let answer = ask(world.tunnel("a.test:443"), authority(&interceptor), request).unwrap();
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("invalid peer certificate"), "{answer}");
    assert_eq!(*site.heard.lock().unwrap(), "");
    // Who does not trust the session's authority is not talked into it.
    let other = CertificateDer::from(site.certificate.clone());
    assert!(ask(world.tunnel("a.test:443"), other, request).is_err());
    assert_eq!(*site.heard.lock().unwrap(), "");
}

#[test]
fn budgets_hold_inside_tls_and_other_hosts_stay_closed_books() {
    let site = site();
    let (opened, interceptor) = world(&site, &site.certificate);
    let request =
        format!("PUT /open HTTP/1.1\r\nHost: a.test\r\nContent-Length: 50000\r\n\r\n{}", "x".repeat(50_000));
    let answer = ask(opened.tunnel("a.test:443"), authority(&interceptor), &request).unwrap_or_default();
    assert!(!answer.contains("200 OK"), "{answer}");
    opened.log.wait_for("network.upload.connection");
    let plain = Site { address: echo(), ..site };
    let (world, _) = world(&plain, &plain.certificate);
    let mut tunnel = world.tunnel("b.test:443");
    tunnel.write_all(&client_hello("b.test")).unwrap();
    tunnel.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&mut tunnel), String::from_utf8_lossy(&client_hello("b.test")), "passed on unseen");
}

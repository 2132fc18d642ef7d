//! The way in, as tables: every request that is not a person's own is refused, and says nothing.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::HeaderMap;
use tower::ServiceExt as _;
use wardline_monitor::World;

use super::*;
use crate::Subject;
use crate::guard::Name;

const HOST: &str = "127.9.8.7:4321";

/// A world of its own, removed when dropped.
pub(crate) struct Scene {
    root: PathBuf,
    pub(crate) ui: Arc<Ui>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("wardline-web-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let root = std::env::temp_dir().join(name);
        std::fs::create_dir_all(root.join("home/p/.git")).unwrap();
        let home = root.join("home").to_string_lossy().into_owned();
        let environment = [("HOME".to_owned(), home), ("USER".to_owned(), "tester".to_owned())].into();
        let world = World::new(environment, &root.join("home/p"), PathBuf::from("/bin/false")).unwrap();
        let subject = Subject { world, findings: |_| Vec::new() };
        Self { ui: Arc::new(Ui::new(subject, Name::Exact(HOST.to_owned())).unwrap()), root }
    }

    /// A request, given as it is written on the wire but for its body.
    fn ask(&self, head: &str, body: &str) -> (u16, HeaderMap, String) {
        let mut lines = head.lines();
        let (method, address) = lines.next().unwrap().split_once(' ').unwrap();
        let mut request = axum::http::Request::builder().method(method).uri(address);
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let response = router(Arc::clone(&self.ui)).oneshot(request).await.unwrap();
            let (head, body) = response.into_parts();
            let streamed = head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
            let body = if streamed { Bytes::new() } else { to_bytes(body, usize::MAX).await.unwrap() };
            (head.status.as_u16(), head.headers, String::from_utf8(body.to_vec()).unwrap())
        })
    }

    /// A login: its cookie and the word of its forms.
    fn enter(&self) -> (String, String) {
        let secret = self.ui.door.link().unwrap();
        let (code, headers, _) =
            self.ask(&format!("POST /login\n{}", own_form("")), &format!("secret={secret}"));
        assert_eq!(code, 303);
        let cookie = headers[SET_COOKIE].to_str().unwrap();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "the cookie is this host's alone");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut headers = HeaderMap::new();
        headers.insert("cookie", cookie.parse().unwrap());
        let word = self.ui.door.login(&headers).unwrap().word.expose().to_owned();
        (cookie, word)
    }
}

use axum::body::Bytes;

impl Drop for Scene {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.root).ok();
    }
}

/// The headers that a browser sends with a form of the server's own page.
fn own_form(cookie: &str) -> String {
    format!(
        "host: {HOST}\norigin: http://{HOST}\nsec-fetch-site: same-origin\ncontent-type: {FORM}\ncookie: {cookie}"
    )
}

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn what_is_not_the_persons_own_is_refused() {
    let scene = Scene::new();
    let (cookie, word) = scene.enter();
    let form = |changes: &[(&str, &str)]| {
        let mut lines: Vec<String> = own_form(&cookie).lines().map(str::to_owned).collect();
        for (name, value) in changes {
            lines.retain(|line| !line.starts_with(&format!("{name}:")));
            if !value.is_empty() {
                lines.push(format!("{name}: {value}"));
            }
        }
        lines.join("\n")
    };
    let word = format!("word={word}");
    let table: Vec<(&str, String, &str, u16)> = vec![
        // What is right, so that the others fail for what they are about.
        ("GET /sessions", form(&[("origin", ""), ("content-type", "")]), "", 200),
        ("GET /sessions", form(&[("origin", ""), ("sec-fetch-site", "none")]), "", 200),
        ("POST /leave", form(&[]), "word=wrong", 403),
        // Another name: DNS that was made to lead here, a name without the port, the name of the machine, two names.
        ("GET /sessions", form(&[("host", "evil.example:4321"), ("origin", "")]), "", 421),
        ("GET /sessions", form(&[("host", "127.9.8.7"), ("origin", "")]), "", 421),
        ("GET /sessions", form(&[("host", "localhost:4321"), ("origin", "")]), "", 421),
        ("GET /sessions", form(&[("host", "127.0.0.1:4321"), ("origin", "")]), "", 421),
        ("GET /sessions", form(&[("host", "127.9.8.7:4321.evil.example"), ("origin", "")]), "", 421),
        ("GET /sessions", form(&[("host", ""), ("origin", "")]), "", 421),
        ("GET /sessions", format!("host: {HOST}\nhost: {HOST}\ncookie: {cookie}"), "", 421),
        ("GET /style.css", form(&[("host", "evil.example"), ("origin", "")]), "", 421),
        ("GET /events", form(&[("host", "evil.example"), ("origin", "")]), "", 421),
        // Another page, also one of another port of this machine, which a browser counts as the same site.
        ("POST /doctor", form(&[("origin", "http://evil.example")]), &word, 403),
        ("POST /doctor", form(&[("origin", "http://127.9.8.7:9999")]), &word, 403),
        ("POST /doctor", form(&[("origin", "https://127.9.8.7:4321")]), &word, 403),
        ("POST /doctor", form(&[("origin", "null")]), &word, 403),
        ("POST /doctor", form(&[("origin", "")]), &word, 403),
        ("POST /doctor", form(&[("sec-fetch-site", "cross-site")]), &word, 403),
        ("POST /doctor", form(&[("sec-fetch-site", "same-site")]), &word, 403),
        ("GET /sessions", form(&[("origin", ""), ("sec-fetch-site", "cross-site")]), "", 403),
        ("GET /sessions", form(&[("origin", "http://evil.example")]), "", 403),
        ("GET /events", form(&[("origin", "http://evil.example"), ("sec-fetch-site", "same-site")]), "", 403),
        // Nobody, or somebody with a guess.
        ("GET /sessions", form(&[("cookie", ""), ("origin", "")]), "", 401),
        ("GET /events", form(&[("cookie", ""), ("origin", "")]), "", 401),
        ("GET /trace", form(&[("cookie", "wardline-ui=0"), ("origin", "")]), "", 401),
        ("POST /doctor", form(&[("cookie", "")]), &word, 401),
        ("POST /leave", form(&[("cookie", "")]), &word, 401),
        // Not a form, or not one of this server.
        ("POST /doctor", form(&[("content-type", "text/plain")]), &word, 415),
        ("POST /doctor", form(&[("content-type", "application/json")]), &word, 415),
        ("POST /doctor", form(&[("content-type", "")]), &word, 415),
        ("POST /doctor", form(&[]), "", 403),
        ("POST /doctor", form(&[]), "word=", 403),
        (
            "POST /doctor",
            form(&[]),
            "word=0000000000000000000000000000000000000000000000000000000000000000",
            403,
        ),
        // Other ways to talk to it.
        ("PUT /doctor", form(&[]), &word, 405),
        ("DELETE /sessions", form(&[]), &word, 405),
        ("OPTIONS /sessions", form(&[("access-control-request-method", "POST")]), "", 405),
        ("TRACE /sessions", form(&[]), "", 405),
        ("POST /sessions", form(&[]), &word, 405),
        ("GET /../etc/passwd", form(&[("origin", "")]), "", 404),
        ("GET /style.css/../sessions", form(&[("origin", "")]), "", 404),
        ("POST /leave", form(&[]), &word, 303),
        ("GET /sessions", form(&[("origin", "")]), "", 401),
    ];
    for (request, headers, body, expected) in table {
        let (code, answer, text) = scene.ask(&format!("{request}\n{headers}"), body);
        assert_eq!(code, expected, "{request}\n{headers}\n{body}\n{text}");
        for (name, value) in HEADERS {
            assert_eq!(answer.get(name).map(|value| value.to_str().unwrap()), Some(value), "{request}");
        }
        assert!(!answer.keys().any(|name| name.as_str().starts_with("access-control-")), "{request}");
    }
}

#[test]
fn a_link_lets_one_browser_in_once() {
    let scene = Scene::new();
    let enter =
        |secret: &str| scene.ask(&format!("POST /login\n{}", own_form("")), &format!("secret={secret}")).0;
    let first = scene.ui.door.link().unwrap();
    assert_eq!(enter(""), 403);
    assert_eq!(enter(first.get(1..).unwrap()), 403);
    assert_eq!(enter(&"0".repeat(64)), 403);
    assert_eq!((enter(&first), enter(&first)), (303, 403), "it is used up");
    let (old, new) = (scene.ui.door.link().unwrap(), scene.ui.door.link().unwrap());
    assert_eq!((enter(&old), enter(&new)), (403, 303), "a new link makes the old one void");
}

#[test]
fn a_form_that_is_too_long_is_refused() {
    let scene = Scene::new();
    let (cookie, word) = scene.enter();
    let body = format!("word={word}&x={}", "y".repeat(MOST_FORM));
    assert_eq!(scene.ask(&format!("POST /doctor\n{}", own_form(&cookie)), &body).0, 413);
}

#[test]
fn every_pane_is_a_page_without_anything_of_its_own_to_run() {
    let scene = Scene::new();
    let (cookie, _) = scene.enter();
    for (address, look, _) in panes::ADDRESSES {
        if look.is_none() || *address == "/" {
            continue;
        }
        let (_, _, text) = scene.ask(&format!("GET {address}\nhost: {HOST}\ncookie: {cookie}"), "");
        assert!(text.starts_with("<!DOCTYPE html>"), "{address}: {text}");
        for part in ["<style", " style=", " onclick", " onload", "javascript:", "http://", "https://"] {
            assert!(!text.contains(part), "{address}: {part}");
        }
        let scripts = text.matches("<script").count();
        assert_eq!(
            (scripts, text.matches("<script src=\"/page.js\" defer></script>").count()),
            (1, 1),
            "{address}"
        );
    }
}

#[test]
fn all_that_is_loaded_is_small() {
    let bytes: usize = ASSETS.iter().map(|(.., text)| text.len()).sum();
    assert!(bytes <= 150 * 1024, "{bytes} bytes");
    for (address, _, text) in ASSETS {
        assert!(
            !text.contains("http://") || address == "/icon.svg",
            "{address} loads nothing from elsewhere"
        );
        assert!(
            !text.contains("https://") && !text.contains("eval(") && !text.contains("innerHTML"),
            "{address}"
        );
    }
}

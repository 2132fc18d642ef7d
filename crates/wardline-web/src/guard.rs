//! Who is let in: the right name, the right origin, a person who had the link.
//!
//! A request is answered only when it asks for this server by its exact name (so no name of somebody else's can be made to lead
//! here), when no other page caused it, and when it carries the cookie that the link from the terminal was exchanged for. What
//! changes something needs the word of a form besides, which only a page of this server knows.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, ORIGIN};
use axum::http::{Method, StatusCode};

use crate::secret::Secret;

/// The name of the cookie.
pub(crate) const COOKIE_NAME: &str = "wardline-ui";
/// The one format in which a form is posted.
const FORM: &str = "application/x-www-form-urlencoded";
/// How long a link can be used.
const LINK_LASTS: Duration = Duration::from_secs(15 * 60);
/// How long a login lasts that is not used.
const LOGIN_LASTS: Duration = Duration::from_secs(12 * 3600);
/// Browsers that can be logged in at a time; of more, the longest unused goes.
const MOST_LOGINS: usize = 8;
/// Headers of every answer. The policy for content leaves no way to run or load what this server does not serve as a file.
pub(crate) const HEADERS: [(&str, &str); 9] = [
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // To other places never; `no-referrer` would also take the origin from this server's own forms.
    ("referrer-policy", "same-origin"),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ("x-robots-tag", "noindex"),
];

/// The name by which the server is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    /// This address and port.
    Exact(String),
    /// A socket: whoever can open it is its owner, and comes through a port of this machine.
    Socket,
}

impl Name {
    fn is(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => host == name,
            Self::Socket => {
                let (name, port) = host.split_once(':').unwrap_or((host, "80"));
                matches!(name, "localhost" | "127.0.0.1") && port.parse::<u16>().is_ok()
            }
        }
    }
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It asks for another server.
    WrongHost,
    /// Another page caused it.
    OtherOrigin,
    /// It is no way to talk to this server.
    Method,
    /// It carries no login.
    NoLogin,
    /// It is not in the format of a form.
    NotAForm,
    /// It lacks the word of the form.
    NoWord,
}

impl Refusal {
    /// What is answered, with what to do about it.
    pub(crate) fn told(self) -> (StatusCode, &'static str) {
        match self {
            Self::WrongHost => (
                StatusCode::MISDIRECTED_REQUEST,
                "this server has another name; use the link that `wardline ui` printed",
            ),
            Self::OtherOrigin => {
                (StatusCode::FORBIDDEN, "another page asked for this; open Wardline by its own link")
            }
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "only GET and POST are known here"),
            Self::NoLogin => (
                StatusCode::UNAUTHORIZED,
                "not logged in; use the link that `wardline ui` printed (Enter there prints a new one)",
            ),
            Self::NotAForm => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "only a form can be posted here"),
            Self::NoWord => (
                StatusCode::FORBIDDEN,
                "the form is not from this server's page, or from an earlier login; load the page again",
            ),
        }
    }
}

/// A browser that is let in.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    cookie: Secret,
    /// The word that its forms carry.
    pub(crate) word: Secret,
    used: Instant,
}

/// The door: the server's name, the links not used yet, and who is in.
#[derive(Debug)]
pub(crate) struct Door {
    name: Name,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    links: Vec<(Secret, Instant)>,
    logins: Vec<Login>,
}

impl Door {
    pub(crate) fn new(name: Name) -> Self {
        Self { name, open: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new link's secret; earlier ones that were not used are void.
    pub(crate) fn link(&self) -> io::Result<String> {
        let secret = Secret::fresh()?;
        let text = secret.expose().to_owned();
        self.open().links = vec![(secret, Instant::now())];
        Ok(text)
    }

    /// Exchanges a link's secret for a login, once; its cookie.
    pub(crate) fn enter(&self, secret: &str) -> io::Result<Option<String>> {
        let login = Login { cookie: Secret::fresh()?, word: Secret::fresh()?, used: Instant::now() };
        let mut open = self.open();
        open.links.retain(|(_, made)| made.elapsed() < LINK_LASTS);
        let Some(at) = open.links.iter().position(|(link, _)| link.is(secret)) else { return Ok(None) };
        open.links.remove(at);
        if open.logins.len() >= MOST_LOGINS {
            let oldest = open.logins.iter().enumerate().min_by_key(|(_, login)| login.used);
            if let Some(at) = oldest.map(|(at, _)| at) {
                open.logins.remove(at);
            }
        }
        let cookie = login.cookie.expose().to_owned();
        open.logins.push(login);
        Ok(Some(cookie))
    }

    /// Ends a login.
    pub(crate) fn leave(&self, login: &Login) {
        self.open().logins.retain(|other| other.cookie != login.cookie);
    }

    /// Whether a request is for this server and caused by nobody but its own pages.
    pub(crate) fn greet(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = only(headers, HOST.as_str()).ok_or(Refusal::WrongHost)?;
        if !self.name.is(host) {
            return Err(Refusal::WrongHost);
        }
        // Said by the browser, which no page can change. A typed address or a bookmark is `none`.
        if headers.contains_key("sec-fetch-site")
            && !matches!(only(headers, "sec-fetch-site"), Some("same-origin" | "none"))
        {
            return Err(Refusal::OtherOrigin);
        }
        let origin = only(headers, ORIGIN.as_str());
        let own = origin.and_then(|origin| origin.strip_prefix("http://")) == Some(host);
        match *method {
            Method::GET | Method::HEAD if !headers.contains_key(ORIGIN) || own => Ok(()),
            Method::POST if !own => Err(Refusal::OtherOrigin),
            Method::POST if only(headers, CONTENT_TYPE.as_str()) != Some(FORM) => Err(Refusal::NotAForm),
            Method::POST => Ok(()),
            Method::GET | Method::HEAD => Err(Refusal::OtherOrigin),
            _ => Err(Refusal::Method),
        }
    }

    /// The login that a request carries.
    pub(crate) fn login(&self, headers: &HeaderMap) -> Result<Login, Refusal> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let own = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let own: Vec<&str> = own.filter(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value).collect();
        let mut open = self.open();
        open.logins.retain(|login| login.used.elapsed() < LOGIN_LASTS);
        let found = open.logins.iter_mut().find(|login| own.iter().any(|value| login.cookie.is(value)));
        let login = found.ok_or(Refusal::NoLogin)?;
        login.used = Instant::now();
        Ok(login.clone())
    }
}

/// The value of a header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    let first = all.next()?;
    if all.next().is_some() { None } else { first.to_str().ok() }
}

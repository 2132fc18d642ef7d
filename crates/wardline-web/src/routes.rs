//! Which address leads to which pane, and what every answer passes through.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use maud::Markup;

use crate::answer::{Answer, Ask, fields};
use crate::guard::{COOKIE_NAME, HEADERS, Refusal};
use crate::{Ui, html, live, panes};

/// Bytes of a form; the largest is a configuration file.
const MOST_FORM: usize = 256 * 1024;
/// How long a form may take to arrive, and a pane to answer.
const LONGEST: Duration = Duration::from_secs(60);
/// How long the cookie lasts in a browser; the server ends it earlier.
const COOKIE_LASTS: u32 = 12 * 3600;

/// What the page is made of besides HTML: address, kind, content.
pub(crate) const ASSETS: [(&str, &str, &str); 3] = [
    ("/style.css", "text/css; charset=utf-8", include_str!("../assets/style.css")),
    ("/page.js", "text/javascript; charset=utf-8", include_str!("../assets/page.js")),
    ("/icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")),
];

/// A pane: what it answers to a request that was let in.
type Pane = fn(&Ui, &Ask) -> Answer;

/// The server's addresses.
pub(crate) fn router(ui: Arc<Ui>) -> Router {
    let mut router =
        Router::new().route("/login", post(enter)).route("/leave", post(leave)).route("/events", get(events));
    for (address, kind, text) in ASSETS {
        router = router.route(address, get(move || async move { ([(CONTENT_TYPE, kind)], text) }));
    }
    for (address, look, act) in panes::ADDRESSES {
        let mut methods = MethodRouter::new();
        if let Some(look) = look {
            methods = methods.get(move |state, request| run(state, request, *look));
        }
        if let Some(act) = act {
            methods = methods.post(move |state, request| run(state, request, *act));
        }
        router = router.route(address, methods);
    }
    let router = router.fallback(|| async { fail(StatusCode::NOT_FOUND, "there is no such page") });
    router.layer(middleware::from_fn_with_state(Arc::clone(&ui), passed)).with_state(ui)
}

/// What every request and every answer passes.
async fn passed(State(ui): State<Arc<Ui>>, request: Request, next: Next) -> Response {
    let mut response = match ui.door.greet(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused(refusal),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

fn refused(refusal: Refusal) -> Response {
    let (status, text) = refusal.told();
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{text}\n")).into_response()
}

fn page(status: StatusCode, markup: Markup) -> Response {
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], markup.into_string()).into_response()
}

fn fail(status: StatusCode, text: &str) -> Response {
    page(status, html::problem("That did not work", text))
}

fn see(address: &str) -> Response {
    // Only addresses of this server, made of what a header may hold.
    HeaderValue::from_str(address).map_or_else(
        |_| fail(StatusCode::INTERNAL_SERVER_ERROR, "the page to go to has no valid address"),
        |address| (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response(),
    )
}

/// The fields of a form that arrives in time and is not too long.
async fn form(body: Body) -> Result<Vec<(String, String)>, Response> {
    match tokio::time::timeout(LONGEST, to_bytes(body, MOST_FORM)).await {
        Ok(Ok(bytes)) => Ok(fields(&bytes)),
        Ok(Err(_)) => Err(fail(StatusCode::PAYLOAD_TOO_LARGE, "the form is too long or was cut")),
        Err(_) => Err(fail(StatusCode::REQUEST_TIMEOUT, "the form took too long to arrive")),
    }
}

/// Lets a pane answer, on a thread that may wait for files.
async fn run(State(ui): State<Arc<Ui>>, request: Request, pane: Pane) -> Response {
    let login = match ui.door.login(request.headers()) {
        Ok(login) => login,
        Err(_) if request.method() != Method::POST => {
            return page(StatusCode::UNAUTHORIZED, html::login(None));
        }
        Err(refusal) => return refused(refusal),
    };
    let query = fields(request.uri().query().unwrap_or_default().as_bytes());
    let mut ask = Ask { query, form: Vec::new(), login };
    if request.method() == Method::POST {
        ask.form = match form(request.into_body()).await {
            Ok(form) => form,
            Err(response) => return response,
        };
        if !ask.form("word").is_some_and(|word| ask.login.word.is(word)) {
            return refused(Refusal::NoWord);
        }
    }
    let work = tokio::task::spawn_blocking(move || pane(&ui, &ask));
    match tokio::time::timeout(LONGEST, work).await {
        Ok(Ok(Answer::Page(markup))) => page(StatusCode::OK, markup),
        Ok(Ok(Answer::See(address))) => see(&address),
        Ok(Ok(Answer::Fail(status, text))) => fail(status, &text),
        Ok(Err(_)) => fail(
            StatusCode::INTERNAL_SERVER_ERROR,
            "this pane failed; the terminal of `wardline ui` says why",
        ),
        Err(_) => fail(StatusCode::GATEWAY_TIMEOUT, "this takes too long for a page; use the command line"),
    }
}

/// Exchanges the secret of a link for a cookie.
async fn enter(State(ui): State<Arc<Ui>>, request: Request) -> Response {
    let fields = match form(request.into_body()).await {
        Ok(fields) => fields,
        Err(response) => return response,
    };
    let secret =
        fields.iter().find(|(name, _)| name == "secret").map(|(_, value)| value.trim()).unwrap_or_default();
    match ui.door.enter(secret) {
        Ok(Some(cookie)) => {
            let mut response = see("/");
            let cookie =
                format!("{COOKIE_NAME}={cookie}; Path=/; HttpOnly; SameSite=Strict; Max-Age={COOKIE_LASTS}");
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().insert(SET_COOKIE, cookie);
            }
            response
        }
        Ok(None) => page(
            StatusCode::FORBIDDEN,
            html::login(Some(
                "This link is not valid, was used already, or is too old. Press Enter where `wardline ui` runs for a new one.",
            )),
        ),
        Err(e) => fail(StatusCode::INTERNAL_SERVER_ERROR, &e.to_string()),
    }
}

/// Ends a login.
async fn leave(State(ui): State<Arc<Ui>>, request: Request) -> Response {
    let login = match ui.door.login(request.headers()) {
        Ok(login) => login,
        Err(refusal) => return refused(refusal),
    };
    match form(request.into_body()).await {
        Ok(fields) if fields.iter().any(|(name, value)| name == "word" && login.word.is(value)) => {
            ui.door.leave(&login);
            see("/")
        }
        Ok(_) => refused(Refusal::NoWord),
        Err(response) => response,
    }
}

async fn events(State(ui): State<Arc<Ui>>, request: Request) -> Response {
    match ui.door.login(request.headers()) {
        Ok(_) => live::events(ui.world()),
        Err(refusal) => refused(refusal),
    }
}

#[cfg(test)]
mod tests;

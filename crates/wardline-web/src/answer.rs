//! What a pane is asked and what it answers.

use axum::http::StatusCode;
use maud::Markup;

use crate::guard::Login;
use crate::html;

/// A request that was let in.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// The fields of the address.
    pub(crate) query: Vec<(String, String)>,
    /// The fields of the form, empty for a page that is only looked at.
    pub(crate) form: Vec<(String, String)>,
    /// Who asks.
    pub(crate) login: Login,
}

impl Ask {
    /// A field of the address; empty ones count as absent.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// A field of the form; empty ones count as absent.
    pub(crate) fn form(&self, name: &str) -> Option<&str> {
        find(&self.form, name)
    }

    /// Every value of a field of the form.
    pub(crate) fn forms<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.form.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The hidden field that every form has.
    pub(crate) fn word(&self) -> Markup {
        html::word(self.login.word.expose())
    }
}

fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

/// Fields as a browser writes them.
pub(crate) fn fields(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// What a pane answers.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A whole page.
    Page(Markup),
    /// Something was done; what came of it is seen there.
    See(String),
    /// It cannot be done: what, and what to do next.
    Fail(StatusCode, String),
}

impl Answer {
    /// A request that makes no sense.
    pub(crate) fn wrong(text: impl Into<String>) -> Self {
        Self::Fail(StatusCode::BAD_REQUEST, text.into())
    }

    /// Something that Wardline itself could not do.
    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Self::Fail(StatusCode::INTERNAL_SERVER_ERROR, text.into())
    }
}

//! Regular expressions of rules that are compiled when they are first asked: most files never ask most of them.

use std::sync::OnceLock;

use regex_lite::Regex;

/// A regular expression. That it can be compiled is seen before, by [`super::format`] or, for what is built in, by a test.
#[derive(Debug, Clone)]
pub(super) struct Lazy {
    source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Lazy {
    /// Of its source.
    pub(super) fn new(source: String) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// Its source.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The compiled expression.
    pub(super) fn get(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(&self.source).ok()).as_ref()
    }

    /// Whether it fits somewhere in the text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.get().is_some_and(|regex| regex.is_match(text))
    }
}

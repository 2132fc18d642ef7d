//! A directory of its own for each test, and drafts to fill journals with.

use serde_json::{Map, Value};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use wardline_audit::{Draft, Kind};

/// A directory that goes away with the value.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
}

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("wardline-audit-{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).ok();
        Self { path }
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.path).ok();
    }
}

pub(crate) fn draft(kind: Kind, text: &str) -> Draft {
    Draft {
        time: "2026-11-21T00:00:00Z".to_owned(),
        session: "session".to_owned(),
        kind,
        call: None,
        body: Map::from_iter([("text".to_owned(), Value::from(text))]),
    }
}

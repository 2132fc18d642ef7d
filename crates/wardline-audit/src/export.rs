//! Copies a journal for somebody else, with a manifest that says what the copy holds and under which head.

use crate::error::JournalError;
use crate::read::read;
use crate::verify::{Report, verify};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// One JSON array; each row is byte for byte as in the journal.
    Json,
    /// One row per line, byte for byte as in the journal, so that the copy can be verified alone.
    JsonLines,
}

/// What an export holds. Whoever keeps it elsewhere can later show that the journal was not rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Rows in the copy.
    pub rows: u64,
    /// The time of the first row, as its writer said.
    pub first: Option<String>,
    /// The time of the last row, as its writer said.
    pub last: Option<String>,
    /// Number and hash of the last row in the copy.
    pub head: Option<(u64, String)>,
    /// What verification said right before the copy was made.
    pub report: Report,
}

impl Manifest {
    /// The manifest as one JSON object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (seq, hash) = self.head.clone().unzip();
        json!({
            "v": 1,
            "rows": self.rows,
            "first_time": self.first,
            "last_time": self.last,
            "head": { "seq": seq, "hash": hash },
            "clean": self.report.is_clean(),
            "first_bad_line": self.report.first_bad.as_ref().map(|bad| bad.line),
            "missing_outcomes": self.report.missing_outcomes.len(),
        })
    }
}

/// Verifies a journal, then writes its rows. Damaged rows are left out of the copy; the manifest says that there are
/// some.
///
/// # Errors
/// When the journal cannot be read or the copy cannot be written.
pub fn export(path: &Path, format: Format, out: &mut dyn Write) -> Result<Manifest, JournalError> {
    let mut manifest = Manifest { rows: 0, first: None, last: None, head: None, report: verify(path)? };
    let io = |error: std::io::Error| JournalError::io(path, "write the export", &error);
    let (open, between, close) = match format {
        Format::Json => ("[\n", ",\n", "\n]\n"),
        Format::JsonLines => ("", "\n", "\n"),
    };
    out.write_all(open.as_bytes()).map_err(io)?;
    for entry in read(path)? {
        let entry = match entry {
            Ok(entry) => entry,
            Err(JournalError::Corrupt { .. }) => continue,
            Err(error) => return Err(error),
        };
        if manifest.rows > 0 {
            out.write_all(between.as_bytes()).map_err(io)?;
        }
        out.write_all(entry.raw.as_bytes()).map_err(io)?;
        manifest.rows += 1;
        manifest.first.get_or_insert_with(|| entry.time.clone());
        manifest.last = Some(entry.time);
        manifest.head = Some((entry.seq, entry.hash));
    }
    if manifest.rows > 0 || format == Format::Json {
        out.write_all(close.as_bytes()).map_err(io)?;
    }
    out.flush().map_err(io)?;
    Ok(manifest)
}

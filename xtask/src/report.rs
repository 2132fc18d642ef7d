//! What a phase of tests found: passed, failed, skipped with a reason, and measured without a verdict.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// The outcome of a phase; also travels through a file from the sealed part to the one outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// How many passed.
    pub(crate) passed: usize,
    /// Names and reasons.
    pub(crate) failed: Vec<(String, String)>,
    /// Names and reasons.
    pub(crate) skipped: Vec<(String, String)>,
    /// Names and findings that are facts about the agents, neither good nor bad for Wardline.
    pub(crate) measured: Vec<(String, String)>,
}

impl Report {
    /// Adds another phase's outcome.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
        self.measured.extend(other.measured);
    }

    /// `N passed, M failed, K skipped`.
    pub(crate) fn counts(&self) -> String {
        let (passed, failed, skipped) = (self.passed, self.failed.len(), self.skipped.len());
        format!("{passed} passed, {failed} failed, {skipped} skipped")
    }

    /// Everything but the passed, one line each.
    pub(crate) fn details(&self) -> String {
        let mut text = String::new();
        let lists = [("measured", &self.measured), ("skipped", &self.skipped), ("FAILED", &self.failed)];
        for (title, list) in lists {
            for (name, what) in list {
                // Writing into a string cannot fail.
                writeln!(text, "  {title}: {name}: {what}").ok();
            }
        }
        text
    }

    /// Writes the report to a file, one tab-separated line per entry.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        let mut text = format!("passed\t{}\t\n", self.passed);
        for (kind, list) in
            [("failed", &self.failed), ("skipped", &self.skipped), ("measured", &self.measured)]
        {
            for (name, what) in list {
                writeln!(text, "{kind}\t{name}\t{}", what.replace(['\n', '\t'], " ")).ok();
            }
        }
        fs::write(path, text)
    }

    /// Reads what [`Report::save`] wrote.
    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        let mut report = Self::default();
        for line in fs::read_to_string(path)?.lines() {
            let mut fields = line.splitn(3, '\t').map(str::to_owned);
            let (kind, name) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            let what = fields.next().unwrap_or_default();
            match kind.as_str() {
                "passed" => report.passed = name.parse().map_err(io::Error::other)?,
                "failed" => report.failed.push((name, what)),
                "skipped" => report.skipped.push((name, what)),
                _ => report.measured.push((name, what)),
            }
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_the_way_through_a_file() {
        let report = Report {
            passed: 1,
            failed: vec![("b".into(), "broke in two".into())],
            skipped: vec![("c".into(), "not here".into())],
            measured: vec![("d".into(), "ran".into())],
        };
        let path = std::env::temp_dir().join(format!("wardline-report-{}", std::process::id()));
        report.save(&path).unwrap();
        let loaded = Report::load(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(loaded, report);
        assert_eq!(report.counts(), "1 passed, 1 failed, 1 skipped");
    }
}

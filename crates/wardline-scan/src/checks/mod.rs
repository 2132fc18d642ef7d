//! Checks of formats that have no front-end: shell scripts, Dockerfiles, workflows of GitHub.
//!
//! Each reads its format with a small reader of its own and calls out what is wrong. Nothing is lowered to the shared tree, and rules of
//! users do not apply. What blocks is a way from what others say into what is run; everything else warns or is only noted.

mod catalogue;
mod dockerfile;
mod shell;
mod workflow;

use crate::{
    finding::{Finding, Gap, GapReason, Severity, Step},
    language::Language,
    span::Span,
};

pub use catalogue::{Check, all};

/// What the checks of one file say.
#[derive(Debug)]
pub(crate) struct Report<'t> {
    pub(crate) path: &'t str,
    pub(crate) text: &'t str,
    pub(crate) findings: Vec<Finding>,
    pub(crate) gaps: Vec<Gap>,
}

impl Report<'_> {
    /// Adds a finding of a check; another severity than the check's own is given where a case is milder.
    fn found(&mut self, id: &'static str, span: Span, trace: Vec<Step>, severity: Option<Severity>) {
        let Some(check) = catalogue::check(id) else { return };
        if self.findings.iter().any(|known| known.rule == id && known.span == span) {
            return;
        }
        self.findings.push(Finding {
            rule: id.to_owned(),
            category: check.category,
            severity: severity.unwrap_or(check.severity),
            cwe: check.cwe.to_vec(),
            message: check.message.to_owned(),
            advice: check.advice.to_owned(),
            path: self.path.to_owned(),
            span,
            trace,
            within: String::new(),
            fix: None,
        });
    }

    fn gap(&mut self, span: Span, what: &str) {
        self.gaps.push(Gap {
            path: self.path.to_owned(),
            span: Some(span),
            reason: GapReason::Unparsed(what.to_owned()),
        });
    }
}

/// Checks a file of a format that has checks.
pub(crate) fn scan<'t>(language: Language, path: &'t str, text: &'t str) -> Option<Report<'t>> {
    let mut report = Report { path, text, findings: Vec::new(), gaps: Vec::new() };
    match language {
        Language::Shell => {
            let whole = Span::new(0, u32::try_from(text.len()).unwrap_or(u32::MAX));
            shell::check(&mut report, whole, shell::Place::Script, &[]);
        }
        Language::Dockerfile => dockerfile::check(&mut report),
        Language::Workflow => workflow::check(&mut report),
        _ => return None,
    }
    Some(report)
}

//! Secrets in the source, as findings.

use wardline_secrets::{Certainty, find, preview};

use crate::{
    finding::{Category, Finding, Severity},
    span::Span,
};

/// The secrets of a file. One that stands in a test or an example is told and does not block: most are made up, and nobody
/// can tell by looking which is not.
pub fn scan(path: &str, text: &str) -> Vec<Finding> {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let finding = |secret: wardline_secrets::Secret| {
        let shown = preview(text.get(secret.range.clone()).unwrap_or_default());
        let severity =
            if secret.certainty == Certainty::Example { Severity::Warning } else { Severity::Blocking };
        Finding {
            rule: format!("secret.{}", secret.kind),
            category: Category::Secret,
            severity,
            cwe: weaknesses(secret.kind),
            message: format!("a secret stands in the file ({}): {shown}", secret.kind),
            advice: "take it out, make it invalid where it was issued, and read it from the environment or a secret store; it stays in the \
                     history of every copy of the repository"
                .to_owned(),
            path: path.to_owned(),
            span: Span::new(number(secret.range.start), number(secret.range.end)),
            trace: Vec::new(),
            within: String::new(),
            fix: None,
        }
    };
    find(path, text).into_iter().map(finding).collect()
}

/// A password in a program is CWE-259, a key CWE-321; both are credentials, CWE-798.
fn weaknesses(kind: &str) -> Vec<u16> {
    match kind {
        "password" | "url-password" | "password-digest" => vec![259, 798],
        "private-key" | "api-key" => vec![321, 798],
        _ => vec![798],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_the_place_and_spares_the_secret() {
        let text = "user = 'me'\npassword = 'tr0ub4dor&3'\n";
        let found = scan("app/db.py", text);
        assert_eq!(found.len(), 1);
        let finding = found.first().unwrap();
        assert_eq!((finding.rule.as_str(), finding.severity), ("secret.password", Severity::Blocking));
        assert_eq!(finding.span.of(text), "tr0ub4dor&3");
        assert!(!finding.message.contains("tr0ub4"), "{}", finding.message);
        assert_eq!(
            scan("tests/test_db.py", text).first().map(|finding| finding.severity),
            Some(Severity::Warning)
        );
    }
}

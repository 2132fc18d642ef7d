//! The rules that are built in.

use crate::language::Language;

/// Of JavaScript, TypeScript, and what has them in it.
const JAVASCRIPT: &[(&str, &str)] = &[
    ("javascript/sets.yaml", include_str!("../../rules/javascript/sets.yaml")),
    ("javascript/sql.yaml", include_str!("../../rules/javascript/sql.yaml")),
    ("javascript/xss.yaml", include_str!("../../rules/javascript/xss.yaml")),
    ("javascript/execution.yaml", include_str!("../../rules/javascript/execution.yaml")),
    ("javascript/path.yaml", include_str!("../../rules/javascript/path.yaml")),
    ("javascript/redirect.yaml", include_str!("../../rules/javascript/redirect.yaml")),
    ("javascript/dialog.yaml", include_str!("../../rules/javascript/dialog.yaml")),
    ("javascript/misc.yaml", include_str!("../../rules/javascript/misc.yaml")),
];

/// The files of a language's rules: name and text.
pub(super) fn files(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::Python => &[("python/sets.yaml", include_str!("../../rules/python/sets.yaml"))],
        Language::Rust => &[("rust/rust.yaml", include_str!("../../rules/rust/rust.yaml"))],
        Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Html => JAVASCRIPT,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Book;

    #[test]
    fn every_rule_is_used() {
        for language in [Language::Python, Language::JavaScript, Language::Rust] {
            let mut book = Book::new();
            let refusals: Vec<_> =
                files(language).iter().flat_map(|(file, text)| book.add(file, text)).collect();
            assert_eq!(refusals, []);
        }
    }
}

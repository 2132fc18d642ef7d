//! The rules that are built in.

use crate::language::Language;

/// The files of a language's rules: name and text.
pub(super) fn files(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::Python => &[("python/sets.yaml", include_str!("../../rules/python/sets.yaml"))],
        Language::Rust => &[("rust/rust.yaml", include_str!("../../rules/rust/rust.yaml"))],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Book;

    #[test]
    fn every_rule_is_used() {
        for language in [Language::Python, Language::Rust] {
            let mut book = Book::new();
            let refusals: Vec<_> =
                files(language).iter().flat_map(|(file, text)| book.add(file, text)).collect();
            assert_eq!(refusals, []);
        }
    }
}

//! The rules that are built in.

use crate::language::Language;

/// The files of a language's rules: name and text.
pub(super) fn files(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::Python => &[("python/sets.yaml", include_str!("../../rules/python/sets.yaml"))],
        _ => &[],
    }
}

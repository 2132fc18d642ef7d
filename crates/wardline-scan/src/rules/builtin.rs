//! The rules that are built in.

use crate::language::Language;

/// Of Python.
const PYTHON: &[(&str, &str)] = &[
    ("python/sets.yaml", include_str!("../../rules/python/sets.yaml")),
    ("python/sql.yaml", include_str!("../../rules/python/sql.yaml")),
    ("python/xss.yaml", include_str!("../../rules/python/xss.yaml")),
    ("python/execution.yaml", include_str!("../../rules/python/execution.yaml")),
    ("python/path.yaml", include_str!("../../rules/python/path.yaml")),
    ("python/redirect.yaml", include_str!("../../rules/python/redirect.yaml")),
    ("python/warnings.yaml", include_str!("../../rules/python/warnings.yaml")),
];

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
        Language::Python => PYTHON,
        Language::Go => &[("go/go.yaml", include_str!("../../rules/go/go.yaml"))],
        Language::Php => &[("php/php.yaml", include_str!("../../rules/php/php.yaml"))],
        Language::Rust => &[("rust/rust.yaml", include_str!("../../rules/rust/rust.yaml"))],
        Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Html => JAVASCRIPT,
        Language::Java => &[("java/java.yaml", include_str!("../../rules/java/java.yaml"))],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        super::{format, verify},
        *,
    };
    use crate::finding::{Category, Severity};

    #[test]
    fn every_rule_can_be_used_and_says_what_it_is_about() {
        for language in Language::all() {
            let (mut sets, mut rules, mut problems) = (Vec::new(), Vec::new(), Vec::new());
            for (file, text) in files(language) {
                let read = format::read(file, text);
                problems.extend(read.refusals.iter().map(ToString::to_string));
                sets.extend(read.sets);
                rules.extend(read.rules);
            }
            let mut names = BTreeSet::new();
            for rule in &rules {
                problems
                    .extend(verify::problem(rule, &sets).map(|problem| format!("{}: {problem}", rule.id)));
                assert!(names.insert(rule.id.clone()), "{} twice", rule.id);
                let warns = rule.severity() != Severity::Blocking;
                assert!(warns || rule.category != Category::Other, "{}", rule.id);
                for text in [&rule.message, &rule.why, &rule.advice] {
                    assert!(!text.is_empty(), "{}: message, why and advice", rule.id);
                }
                assert!(!rule.cwe.is_empty() || rule.category == Category::Dialog, "{}", rule.id);
            }
            // A shared set may have patterns that only TypeScript can say.
            let scripts = matches!(language, Language::JavaScript | Language::Html);
            for (name, parts) in sets.iter().filter(|_| !scripts) {
                problems.extend(
                    verify::set_problem(language, parts, &sets).map(|problem| format!("{name}: {problem}")),
                );
            }
            assert!(problems.is_empty(), "{}", problems.join("\n"));
        }
    }
}

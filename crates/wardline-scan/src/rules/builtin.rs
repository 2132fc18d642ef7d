//! The rules that are built in, as `build.rs` packed them.

use super::{format, packed};
use crate::language::Language;

/// A file of rules: its name and its packed tree.
type Pack = (&'static str, &'static [u8]);

/// The file `rules/FOLDER/NAME.yaml`.
macro_rules! pack {
    ($folder:literal, $name:literal) => {
        (
            concat!($folder, "/", $name, ".yaml"),
            include_bytes!(concat!(env!("OUT_DIR"), "/", $folder, "-", $name, ".rules")),
        )
    };
}

/// Of Python.
const PYTHON: &[Pack] = &[
    pack!("python", "sets"),
    pack!("python", "sql"),
    pack!("python", "xss"),
    pack!("python", "execution"),
    pack!("python", "path"),
    pack!("python", "redirect"),
    pack!("python", "warnings"),
];

/// Of JavaScript, TypeScript, and what has them in it.
const JAVASCRIPT: &[Pack] = &[
    pack!("javascript", "sets"),
    pack!("javascript", "sql"),
    pack!("javascript", "xss"),
    pack!("javascript", "execution"),
    pack!("javascript", "path"),
    pack!("javascript", "redirect"),
    pack!("javascript", "dialog"),
    pack!("javascript", "misc"),
];

/// Of C#.
const CSHARP: &[Pack] = &[pack!("csharp", "sets"), pack!("csharp", "blocking"), pack!("csharp", "warnings")];

/// Of Ruby and its templates.
const RUBY: &[Pack] = &[pack!("ruby", "sets"), pack!("ruby", "blocking"), pack!("ruby", "warnings")];

/// What the files of a language's rules hold.
pub(super) fn read(language: Language) -> impl Iterator<Item = format::File> {
    files(language)
        .iter()
        .filter_map(|(name, pack)| Some(format::read_tree(name, &packed::unpack(pack)?, false)))
}

/// The files of a language's rules.
fn files(language: Language) -> &'static [Pack] {
    match language {
        Language::Python => PYTHON,
        Language::Go => &[pack!("go", "go")],
        Language::Php => &[pack!("php", "php")],
        Language::CSharp => CSHARP,
        Language::Ruby | Language::Erb => RUBY,
        Language::Rust => &[pack!("rust", "rust")],
        Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Html => JAVASCRIPT,
        Language::Java => &[pack!("java", "java")],
        Language::Shell | Language::Dockerfile | Language::Workflow => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        super::{verify, yaml},
        *,
    };
    use crate::finding::{Category, Severity};

    #[test]
    fn what_is_packed_is_what_the_files_say() {
        let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let mut packed_files = BTreeSet::new();
        for (name, pack) in Language::all().flat_map(files) {
            let text = std::fs::read_to_string(rules.join(name)).unwrap();
            let tree = yaml::parse(name, &text).unwrap();
            assert_eq!(packed::unpack(pack).as_ref(), Some(&tree), "{name}");
            assert_eq!(format::check_regexes(&tree), Ok(()), "{name}");
            let cut = pack.len() / 2;
            assert_eq!(packed::unpack(&pack[..cut]), None, "{name}: half of a file is no file");
            packed_files.insert(rules.join(name));
        }
        for folder in std::fs::read_dir(&rules).unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                assert!(packed_files.contains(&path), "{} is no language's", path.display());
            }
        }
    }

    #[test]
    fn every_rule_can_be_used_and_says_what_it_is_about() {
        for language in Language::all() {
            let (mut sets, mut rules, mut problems) = (Vec::new(), Vec::new(), Vec::new());
            for read in read(language) {
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

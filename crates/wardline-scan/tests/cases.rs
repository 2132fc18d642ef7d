//! Labelled code of today's frameworks, and what the built-in rules say about it.
//!
//! A file in `cases/` has functions with comments: `ruleid: RULE` before a line on which that rule must block (or warn,
//! for a rule that only warns), `ok: RULE` before one on which it must not. A blocking finding on any other line is
//! wrong too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use wardline_scan::{
    finding::{Category, Severity},
    flow::{Limits, Program, Unit, analyse},
    front,
    language::Language,
    rules::Book,
    secrets,
    span::Lines,
};

/// Stands within the made-up tokens of the cases, so that no scanner takes this repository for a leak.
const APART: char = '¦';

/// Line, rule, whether it blocks.
type Found = BTreeSet<(u32, String, bool)>;

fn found(path: &str, language: Language, text: &str) -> Found {
    let compiled = Book::built_in(language).compile(language);
    let Some(module) = front::lower(language, text) else { return Found::new() };
    assert_eq!(module.problems, [], "{path}");
    let applied = compiled.apply(&module, path, text);
    assert!(!applied.exhausted, "{path}: rules");
    let lines = Lines::new(text);
    let line = |start| lines.position(text, start).line;
    let rule = |id| {
        compiled.rule(id).map_or((String::new(), Severity::Note), |rule| (rule.id.clone(), rule.severity()))
    };
    let mut found = Found::new();
    for matched in &applied.matches {
        let (id, severity) = rule(matched.rule);
        found.insert((line(matched.span.start), id, severity == Severity::Blocking));
    }
    let unit = Unit { path: path.to_owned(), text: text.to_owned(), module, roles: applied.roles };
    let report = analyse(&Program::new(vec![unit]), 0, &Limits::default());
    assert!(!report.exhausted, "{path}: flow");
    for flow in report.flows.iter().filter(|flow| !flow.unknown) {
        let (id, severity) = rule(flow.rule);
        found.insert((line(flow.span.start), id, severity == Severity::Blocking && !flow.weak));
    }
    for secret in secrets::scan(path, text) {
        found.insert((line(secret.span.start), secret.rule, secret.severity == Severity::Blocking));
    }
    found
}

/// The labels of a text: line of the code, rule, whether it must be found.
fn labels(text: &str) -> Vec<(u32, String, bool)> {
    let mut labels = Vec::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim().trim_start_matches(['/', '#', '<', '!', '-', '{', '*', '%', ' ']);
        for (word, wanted) in [("ruleid: ", true), ("ok: ", false)] {
            if let Some(rest) = line.strip_prefix(word) {
                let id = rest.split([' ', ',']).next().unwrap_or_default();
                labels.push((number + 1, id.to_owned(), wanted));
            }
        }
    }
    labels
}

fn files(directory: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

#[test]
fn labelled_code_is_judged_as_labelled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let (mut wrong, mut counts) = (Vec::new(), BTreeMap::<String, (u32, u32)>::new());
    for path in paths {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap().replace(APART, "");
        let language = Language::of(&name, &text).unwrap();
        let found = found(&name, language, &text);
        let labels = labels(&text);
        for (line, rule, wanted) in &labels {
            let category = rule.split('.').next_back().unwrap_or_default().to_owned();
            // Secrets are told by one engine for all languages; the folder says which this is.
            let key = match (rule.split_once('.'), name.split_once('/')) {
                (Some(("secret", _)), Some((folder, _))) => format!("{folder} secret"),
                (Some((language, _)), _) => format!("{language} {category}"),
                (None, _) => category,
            };
            let count = counts.entry(key).or_default();
            if *wanted {
                count.0 += 1
            } else {
                count.1 += 1
            }
            let is = found.iter().any(|(at, id, _)| at == line && id == rule);
            if is != *wanted {
                wrong.push(format!("{name}:{line}: {rule} {}", if *wanted { "missed" } else { "false" }));
            }
        }
        for (line, rule, blocking) in &found {
            let labelled = labels.iter().any(|(at, id, _)| at == line && id == rule);
            if *blocking && !labelled {
                wrong.push(format!("{name}:{line}: {rule} false, not labelled"));
            }
        }
    }
    for rules in [
        &["sql-injection"][..],
        &["xss"],
        &["command-injection"],
        &["code-injection"],
        &["path-traversal"],
        &["open-redirect"],
        &["native-dialog"],
        &["ssrf"],
        &["weak-crypto", "weak-random"],
        &["tls-verification"],
        &["deserialization"],
        &["secret"],
    ] {
        let of = rules.iter().filter_map(|rule| counts.get(&format!("javascript {rule}")));
        let (bad, safe) = of.fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        if bad < 25 || safe < 25 {
            wrong.push(format!("javascript {rules:?}: {bad} wrong and {safe} safe ones are too few"));
        }
    }
    let (bad, safe) = counts.get("python secret").copied().unwrap_or_default();
    if bad < 25 || safe < 25 {
        wrong.push(format!("python secret: {bad} wrong and {safe} safe ones are too few"));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}\n{counts:#?}", wrong.len(), wrong.join("\n"));
    assert!(!counts.is_empty());
}

#[test]
fn every_built_in_rule_can_be_read_and_says_what_to_do() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let mut book = Book::new();
    paths.sort_by_key(|path| !path.ends_with("sets.yaml"));
    for path in paths {
        assert_eq!(book.add(&path.to_string_lossy(), &fs::read_to_string(&path).unwrap()), []);
    }
    for rule in book.rules() {
        let complete = !rule.message.is_empty() && !rule.advice.is_empty() && !rule.why.is_empty();
        assert!(complete, "{}", rule.id);
        let known = !rule.cwe.is_empty() || rule.category == Category::Dialog;
        let warns = rule.severity() != Severity::Blocking;
        assert!(known && (warns || rule.category != Category::Other), "{}", rule.id);
    }
}

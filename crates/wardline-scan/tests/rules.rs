//! The built-in rules on code that is wrong (`# ruleid: rule` above the line) and on its safe twins (`# ok: rule`).

#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use wardline_scan::{finding::Finding, front, language::Language, rules::Book, scan::Scanner, span::Lines};

/// Line and rule.
type Rows = BTreeSet<(u32, String)>;

/// The rows that comments with `word` ask for: the next line that is no such comment.
fn asked(text: &str, word: &str) -> Rows {
    let mut rows = Rows::new();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let comment = |line: &str| line.starts_with("# ruleid: ") || line.starts_with("# ok: ");
    for (number, line) in (1_u32..).zip(&lines) {
        if let Some(ids) = line.strip_prefix(&format!("# {word}: ")) {
            let below = lines.iter().skip(number as usize).take_while(|line| comment(line)).count();
            let target = number + 1 + u32::try_from(below).unwrap();
            rows.extend(ids.split(',').map(|id| (target, id.trim().to_owned())));
        }
    }
    rows
}

/// Whether a finding is proved: a pattern, or a way from a source.
fn is_proved(finding: &Finding) -> bool {
    finding.trace.len() != 1
}

fn files(folder: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules").join(folder);
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        texts.insert(name, fs::read_to_string(&path).unwrap());
    }
    texts
}

#[test]
fn python_rules_tell_wrong_code_from_its_safe_twin() {
    let scanner = Scanner::new();
    let (mut wrong, mut safe) = (BTreeMap::new(), BTreeMap::new());
    let mut problems = Vec::new();
    for (path, text) in files("python") {
        let texts = BTreeMap::from([(path.clone(), text.clone())]);
        let scan = scanner.scan(&texts, &|_| None);
        problems.extend(scan.gaps.iter().map(|gap| format!("{path}: {:?}", gap.reason)));
        let lines = Lines::new(&text);
        let found: Rows = scan
            .findings
            .iter()
            .filter(|finding| is_proved(finding) && !finding.rule.starts_with("secret."))
            .map(|finding| (lines.position(&text, finding.span.start).line, finding.rule.clone()))
            .collect();
        let wanted = asked(&text, "ruleid");
        problems
            .extend(wanted.difference(&found).map(|(line, id)| format!("{path}:{line}: not found: {id}")));
        problems.extend(found.difference(&wanted).map(|(line, id)| format!("{path}:{line}: found: {id}")));
        for (_, id) in wanted {
            *wrong.entry(id).or_insert(0) += 1;
        }
        for (_, id) in asked(&text, "ok") {
            *safe.entry(id).or_insert(0) += 1;
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    for rule in scanner.book(Language::Python).unwrap().rules() {
        for rows in [&wrong, &safe] {
            assert!(rows.contains_key(&rule.id), "{} has no fixture of each kind: {rows:?}", rule.id);
        }
    }
    for rules in [
        &["sql-injection"][..],
        &["xss"],
        &["command-injection"],
        &["code-injection"],
        &["path-traversal"],
        &["open-redirect"],
        &["ssrf"],
        &["unsafe-deserialization"],
        &["weak-hash", "weak-cipher", "short-key", "predictable-secret"],
        &["tls-not-verified", "old-tls"],
    ] {
        let count = |of: &BTreeMap<String, i32>| -> i32 {
            rules.iter().filter_map(|rule| of.get(&format!("python.{rule}"))).sum()
        };
        let (wrong, safe) = (count(&wrong), count(&safe));
        assert!(wrong >= 25 && safe >= 25, "{rules:?}: {wrong} wrong, {safe} safe");
    }
}

#[test]
fn every_language_that_is_read_has_rules_of_its_own() {
    for language in Language::all().filter(|language| front::lower(*language, "").is_some()) {
        let book = Book::built_in(language);
        let own = book.rules().filter(|rule| rule.languages.contains(&language)).count();
        assert!(own >= 3, "{language:?}: {own}");
    }
}

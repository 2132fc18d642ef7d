//! Rules in Semgrep's syntax: what each operator finds, and which ones are refused.

use std::collections::{BTreeMap, BTreeSet};

use wardline_scan::{front, language::Language, rules::Book, scan::Scanner, span::Lines};

/// Findings and expectations: line and rule.
type Rows = BTreeSet<(u32, String)>;

/// The `ruleid` and `ok` lines of a fixture: what is on the line after each.
fn expected(text: &str, word: &str) -> Rows {
    let mut rows = Rows::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim().trim_start_matches("//").trim_start_matches('#').trim_start();
        if let Some(ids) = line.strip_prefix(&format!("{word}: ")) {
            rows.extend(ids.split(", ").map(|id| (number + 1, id.trim().to_owned())));
        }
    }
    rows
}

#[test]
fn each_operator_finds_what_it_says() {
    let mut book = Book::new();
    assert_eq!(book.add("search.yaml", include_str!("semgrep/search.yaml")), []);
    let text = include_str!("semgrep/search.py");
    let module = front::lower(Language::Python, text).unwrap();
    let compiled = book.compile(Language::Python);
    let applied = compiled.apply(&module, "search.py", text);
    assert!(!applied.exhausted);
    let lines = Lines::new(text);
    let found: Rows = applied
        .matches
        .iter()
        .map(|found| {
            (lines.position(text, found.span.start).line, compiled.rule(found.rule).unwrap().id.clone())
        })
        .collect();
    let wanted = expected(text, "ruleid");
    let missing: Vec<_> = wanted.difference(&found).collect();
    let more: Vec<_> = found.difference(&wanted).collect();
    assert!(missing.is_empty() && more.is_empty(), "not found: {missing:?}\nfound besides: {more:?}");
    let tested: BTreeSet<&str> = wanted.iter().map(|(_, id)| id.as_str()).collect();
    assert!(book.rules().all(|rule| tested.contains(rule.id.as_str())), "a rule without a `ruleid` line");
    assert!(expected(text, "ok").is_disjoint(&found));
}

/// Rules that follow values, as a project has them, and a source for each language.
const TAINT: [(&str, &str, &str); 8] = [
    ("python.py", include_str!("semgrep/taint/python.yaml"), include_str!("semgrep/taint/python.py")),
    (
        "javascript.js",
        include_str!("semgrep/taint/javascript.yaml"),
        include_str!("semgrep/taint/javascript.js"),
    ),
    ("go.go", include_str!("semgrep/taint/go.yaml"), include_str!("semgrep/taint/go.go")),
    ("java.java", include_str!("semgrep/taint/java.yaml"), include_str!("semgrep/taint/java.java")),
    ("php.php", include_str!("semgrep/taint/php.yaml"), include_str!("semgrep/taint/php.php")),
    ("ruby.rb", include_str!("semgrep/taint/ruby.yaml"), include_str!("semgrep/taint/ruby.rb")),
    ("csharp.cs", include_str!("semgrep/taint/csharp.yaml"), include_str!("semgrep/taint/csharp.cs")),
    ("rust.rs", include_str!("semgrep/taint/rust.yaml"), include_str!("semgrep/taint/rust.rs")),
];

#[test]
fn rules_that_follow_values_find_what_their_lines_say_in_every_language() {
    let (mut wrong, mut tested) = (Vec::new(), BTreeSet::new());
    for (path, rules, text) in TAINT {
        let (scanner, refusals) = Scanner::with_rules(&[("own.yaml".to_owned(), rules.to_owned())]);
        assert_eq!(refusals, [], "{path}");
        let scan = scanner.scan(&BTreeMap::from([(path.to_owned(), text.to_owned())]), &|_| None);
        assert_eq!(scan.gaps, [], "{path}");
        let lines = Lines::new(text);
        // One step alone is a value of which nothing is known.
        let proved =
            scan.findings.iter().filter(|finding| finding.rule.starts_with("t-") && finding.trace.len() > 1);
        let found: Rows = proved
            .map(|finding| (lines.position(text, finding.span.start).line, finding.rule.clone()))
            .collect();
        let wanted = expected(text, "ruleid");
        wrong.extend(wanted.difference(&found).map(|(line, id)| format!("{path}:{line}: not found: {id}")));
        wrong.extend(found.difference(&wanted).map(|(line, id)| format!("{path}:{line}: found: {id}")));
        for rows in [wanted, expected(text, "ok")] {
            let ids: BTreeSet<String> = rows.into_iter().map(|(_, id)| id).collect();
            let all = rules.lines().filter_map(|line| line.trim().strip_prefix("- id: "));
            wrong.extend(
                all.filter(|id| !ids.contains(*id))
                    .map(|id| format!("{path}: {id} has no line of each kind")),
            );
            tested.extend(ids);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tested.len() >= 20, "{tested:?}");
}

#[test]
fn messages_have_the_values_of_metavariables() {
    let mut book = Book::new();
    let rule = "rules: [{id: x, languages: [python], severity: INFO, message: 'run $CMD with $NOT ($)', pattern: 'go($CMD, \"$T\")', fix: 'stop($CMD)'}]";
    assert_eq!(book.add("x.yaml", rule), []);
    let compiled = book.compile(Language::Python);
    let text = "go(a + b, 'c')\n";
    let module = front::lower(Language::Python, text).unwrap();
    let applied = compiled.apply(&module, "x.py", text);
    let [found] = applied.matches.as_slice() else { panic!("{:?}", applied.matches) };
    let rule = compiled.rule(found.rule).unwrap();
    assert_eq!(rule.message_with(&found.variables), "run a + b with $NOT ($)");
    assert_eq!(rule.fix_with(&found.variables).as_deref(), Some("stop(a + b)"));
    assert_eq!(found.variables["T"], "c");
}

/// A rule with `body` besides what every rule has.
fn rule(body: &str) -> String {
    let body = body.replace('\n', "\n    ");
    format!("rules:\n  - id: x\n    languages: [python]\n    severity: ERROR\n    message: m\n    {body}\n")
}

#[test]
fn what_is_not_supported_refuses_its_rule_with_the_reason_and_the_line() {
    let taint = "mode: taint\npattern-sources: [{pattern: a()}]\n";
    let with = |more: &str| format!("{taint}{more}");
    let rows: &[(String, u32, &str)] = &[
        ("pattern: f(\nother: 1".into(), 7, "`other` is not supported"),
        ("pattern: f(".into(), 2, "the pattern cannot be read"),
        ("pattern: '...'".into(), 2, "the pattern is only `...`"),
        ("pattern: f('=~/x/')".into(), 2, "a regular expression in a text"),
        ("pattern: f()\npattern-regex: x".into(), 7, "stands beside another pattern"),
        ("severity_: 1".into(), 2, "no pattern"),
        ("mode: join\njoin: {}".into(), 6, "mode `join` is not supported"),
        ("mode: extract".into(), 6, "mode `extract` is not supported"),
        ("match: f()".into(), 2, "no pattern"),
        ("patterns: [{pattern-not: f()}]".into(), 6, "only what is excluded"),
        ("patterns: [{pattern: f()}, {pattern-not-regex: x}]".into(), 6, "`pattern-not-regex` is not supported"),
        ("patterns: [{pattern: f($X)}, {metavariable-type: {metavariable: $X, type: int}}]".into(), 6, "`metavariable-type`"),
        ("patterns: [{pattern: f($X)}, {metavariable-analysis: {analyzer: entropy}}]".into(), 6, "`metavariable-analysis`"),
        ("patterns: [{pattern: f($X)}, {focus-metavariable: $Y}]".into(), 2, "`$Y` stands in no pattern"),
        ("patterns: [{pattern: f($X)}, {metavariable-regex: {metavariable: $X, regex: '(?=a)'}}]".into(), 6, "not supported: look-around"),
        ("patterns: [{pattern: f($X)}, {metavariable-regex: {metavariable: $X, regex: '\\p{L}'}}]".into(), 6, "not supported: Unicode"),
        ("patterns: [{pattern: f($X)}, {metavariable-comparison: {metavariable: $X, comparison: 're.match($X)'}}]".into(), 6, "`re.match`"),
        ("patterns: [{pattern: f($X)}, {metavariable-comparison: {metavariable: $X, comparison: $X > 1, base: 16}}]".into(), 6, "`base`"),
        ("pattern-either: [{pattern-not: f()}]".into(), 2, "an exclusion stands in `pattern-either`"),
        ("pattern: f()\nfix-regex: {regex: a, replacement: b}".into(), 7, "`fix-regex` is not supported"),
        ("pattern: f()\noptions: {generic_engine: aliengrep}".into(), 7, "the option `generic_engine`"),
        ("pattern: f()\npaths: {only: [a]}".into(), 7, "`paths.only`"),
        (with("pattern-sinks: [{pattern: b(...), requires: A}]"), 8, "`requires` is not supported"),
        (with("pattern-sinks: [{pattern: b(...), at-exit: true}]"), 8, "`at-exit` is not supported"),
        (with("pattern-sinks: [{pattern: b(...), exact: true}]"), 8, "`exact` is not supported"),
        (with("pattern-sinks: [{x-wardline-set: none}]"), 2, "there is no set `none`"),
        (with("x: 1"), 2, "a taint rule needs `pattern-sinks`"),
        (with("pattern-sinks: [{pattern: b(...)}]\npattern-propagators: [{pattern: $X.f($Y), from: $Y}]"), 9, "`from` and `to`"),
        (with("pattern-sinks: [{pattern: b(...)}]\npattern-propagators: [{pattern: $X.f($Y), from: $Y, to: $Z}]"), 2, "`$Z` stands in no pattern"),
        ("mode: taint\npattern-sources: [{pattern: a(), label: A}]\npattern-sinks: [{pattern: b()}]".into(), 7, "`label` is not supported"),
        ("pattern: f()\npattern: g()".into(), 7, "`pattern` is set twice"),
        ("pattern: &a f()".into(), 6, "anchors"),
    ];
    for (body, line, reason) in rows {
        let mut book = Book::new();
        let refusals = book.add("x.yaml", &rule(body));
        let [refusal] = refusals.as_slice() else { panic!("{body}: {refusals:?}") };
        assert!(refusal.reason.contains(reason), "{body}: {refusal}");
        assert_eq!(refusal.line, *line, "{body}: {refusal}");
        assert_eq!(book.rules().count(), 0, "{body}");
    }
    for (text, reason) in [
        (
            "rules: [{id: x, languages: [generic], severity: INFO, message: m, pattern: f()}]",
            "language `generic`",
        ),
        ("rules: [{id: x, languages: [python], severity: EXPERIMENT, message: m, pattern: f()}]", "severity"),
        ("rules: [{languages: [python], severity: INFO, message: m, pattern: f()}]", "`id` is missing"),
        ("rules: [{id: x, languages: [python], severity: INFO, pattern: f()}]", "`message` is missing"),
        ("other: 1", "`other` is not known here"),
        ("", "no `rules`"),
        ("rules: [", "not valid YAML"),
    ] {
        let refusals = Book::new().add("x.yaml", text);
        assert!(refusals.iter().any(|refusal| refusal.reason.contains(reason)), "{text}: {refusals:?}");
    }
}

#[test]
fn one_bad_rule_does_not_take_the_others_with_it() {
    let mut book = Book::new();
    let text = "rules:\n  - {id: a, languages: [python], severity: INFO, message: m, pattern: f()}\n  - {id: b}\n  - {id: a, languages: [python], severity: INFO, message: m, pattern: g()}\n";
    let refusals = book.add("x.yaml", text);
    let told: Vec<_> = refusals.iter().map(|refusal| (refusal.line, refusal.rule.as_deref())).collect();
    assert_eq!(told, [(3, Some("b")), (4, Some("a"))]);
    assert_eq!(book.rules().count(), 1);
}

//! SARIF out, within its readers' limits, and SARIF of other tools in.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wardline_scan::change::{State, fingerprints};
use wardline_scan::compare::{CompareError, Theirs, overlap, read};
use wardline_scan::finding::{Category, Finding, Fix, Gap, GapReason, Severity, Step};
use wardline_scan::sarif::{MAX_BYTES, MAX_RESULTS, MAX_STEPS, Report, write};
use wardline_scan::span::Span;

const SHOP: &str = include_str!("sarif/shop.py");
const BANDIT: &str = include_str!("sarif/bandit.sarif");

fn span(text: &str, words: &str) -> Span {
    let start = text.find(words).unwrap_or_else(|| panic!("{words}"));
    Span::new(u32::try_from(start).unwrap(), u32::try_from(start + words.len()).unwrap())
}

fn finding(path: &str, text: &str, sink: &str, source: &str, cwe: u16) -> Finding {
    let step = |words: &str, note: &str| Step {
        path: path.to_owned(),
        span: span(text, words),
        note: note.to_owned(),
    };
    Finding {
        rule: format!("python.cwe-{cwe}"),
        category: Category::Sql,
        severity: Severity::Blocking,
        cwe: vec![cwe],
        message: "A value of the request becomes part of it.".to_owned(),
        advice: "Bind it.".to_owned(),
        path: path.to_owned(),
        span: span(text, sink),
        trace: vec![step(source, "comes from the request"), step(sink, "reaches the database")],
        within: "find".to_owned(),
        fix: None,
    }
}

fn shop() -> (BTreeMap<String, String>, Vec<Finding>) {
    let path = "tests/shop.py";
    let findings = vec![
        finding(path, SHOP, "database.execute(", "request.args[\"name\"]", 89),
        finding(path, SHOP, "subprocess.run(\"ping", "request.args[\"host\"]", 78),
        finding(path, SHOP, "redirect(request.args", "request.args[\"next\"]", 601),
    ];
    (BTreeMap::from([(path.to_owned(), SHOP.to_owned())]), findings)
}

fn report(texts: &BTreeMap<String, String>, findings: &[Finding], gaps: &[Gap]) -> Value {
    let prints = fingerprints(texts, findings);
    let states = vec![State::Introduced; findings.len()];
    write(&Report { version: "1.2.3", texts, findings, fingerprints: &prints, states: &states, gaps })
}

#[test]
fn a_result_has_its_place_its_path_and_its_name() {
    let (texts, findings) = shop();
    let log = report(&texts, &findings, &[]);
    let run = &log["runs"][0];
    assert_eq!(
        (log["version"].as_str(), run["columnKind"].as_str()),
        (Some("2.1.0"), Some("utf16CodeUnits"))
    );
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let result = &run["results"][0];
    assert_eq!(result["level"], "error");
    assert_eq!(result["baselineState"], "new");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 13);
    let flow = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let line = |step: &Value| step["location"]["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
    assert_eq!(flow.iter().map(line).collect::<Vec<_>>(), [12, 13]);
    assert_eq!(result["partialFingerprints"]["wardline/v1"].as_str().unwrap().len(), 32);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    assert_eq!(rules[2]["properties"]["tags"], json!(["security", "external/cwe/cwe-089"]));
}

#[test]
fn columns_count_utf16_units() {
    let text = "x = '🦀é'; run(y)\n";
    let texts = BTreeMap::from([("ä b.py".to_owned(), text.to_owned())]);
    let log = report(&texts, &[finding("ä b.py", text, "run(y)", "y", 78)], &[]);
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["region"], json!({"startLine": 1, "startColumn": 12, "endLine": 1, "endColumn": 18}));
    assert_eq!(place["artifactLocation"]["uri"], "%C3%A4%20b.py");
}

#[test]
fn what_was_not_looked_at_is_said() {
    let (texts, findings) = shop();
    let gaps =
        [Gap { path: "a.py".to_owned(), span: None, reason: GapReason::Unparsed("syntax error".to_owned()) }];
    let log = report(&texts, &findings, &gaps);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["message"]["text"], "not parsed: syntax error");
}

#[test]
fn a_proposal_is_a_replacement() {
    let (texts, mut findings) = shop();
    let at = findings[0].span;
    findings[0].fix = Some(Fix { edits: vec![(at, "database.run(".to_owned())] });
    let log = report(&texts, &findings, &[]);
    let replacement = &log["runs"][0]["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "database.run(");
    assert_eq!(replacement["deletedRegion"]["startLine"], 13);
}

#[test]
fn the_limits_of_readers_hold_and_the_gravest_stay() {
    let (texts, findings) = shop();
    let mut many = vec![Finding { severity: Severity::Warning, ..findings[0].clone() }; MAX_RESULTS + 10];
    many.push(findings[1].clone());
    let log = write(&Report {
        version: "1",
        texts: &texts,
        findings: &many,
        fingerprints: &[],
        states: &[],
        gaps: &[],
    });
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), MAX_RESULTS);
    assert_eq!(results[MAX_RESULTS - 1]["level"], "error", "a blocking one is not the one to go");
    assert!(log["runs"][0]["invocations"][0].to_string().contains("11 findings"));
    let mut long = findings[0].clone();
    long.trace = vec![long.trace[0].clone(); MAX_STEPS * 2];
    long.trace.push(findings[0].trace[1].clone());
    let log = write(&Report {
        version: "1",
        texts: &texts,
        findings: &[long],
        fingerprints: &[],
        states: &[],
        gaps: &[],
    });
    let steps =
        log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    assert_eq!(steps.len(), MAX_STEPS);
    assert_eq!(steps[MAX_STEPS - 1]["location"]["message"]["text"], "reaches the database");
    let wordy = Finding { message: "x".repeat(MAX_BYTES / 2), ..findings[0].clone() };
    let log = write(&Report {
        version: "1",
        texts: &texts,
        findings: &vec![wordy; 3],
        fingerprints: &[],
        states: &[],
        gaps: &[],
    });
    assert!(log["runs"][0]["results"].as_array().unwrap().len() < 2);
}

#[test]
fn the_results_of_bandit_lie_beside_ours() {
    let (texts, findings) = shop();
    let theirs = read(BANDIT).unwrap();
    let overlap = overlap(&texts, &findings, &theirs);
    let told = |list: &[usize]| {
        list.iter().map(|at| format!("{}:{}", theirs[*at].rule, theirs[*at].line)).collect::<Vec<_>>()
    };
    let pairs: Vec<_> = overlap
        .both
        .iter()
        .map(|(ours, other)| (findings[*ours].rule.as_str(), theirs[*other].rule.as_str()))
        .collect();
    assert_eq!(pairs, [("python.cwe-89", "B608"), ("python.cwe-78", "B602")]);
    assert_eq!(overlap.only_ours, [2]);
    assert_eq!(told(&overlap.only_theirs), ["B404:2", "B602:26", "B607:26"]);
}

/// How each tool says where, what, and which weakness.
#[test]
fn the_shapes_of_other_tools_are_read() {
    let place = |uri: &str, base: Value| json!([{"physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": base}, "region": {"startLine": 3}}}]);
    let run = |driver: Value, extensions: Value, result: Value| {
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": driver, "extensions": extensions},
               "originalUriBaseIds": {"%SRCROOT%": {"uri": "file:///w/app/"}}, "results": [result]}]})
    };
    let rows = [
        // Semgrep: tags of the rule.
        (
            run(
                json!({"name": "Semgrep OSS", "rules": [{"id": "py.sqli", "properties": {"tags": ["CWE-89: Improper Neutralization", "OWASP-A03"]}}]}),
                json!([]),
                json!({"ruleId": "py.sqli", "message": {"text": "m"}, "locations": place("a%20b/x.py", json!("%SRCROOT%"))}),
            ),
            ("/w/app/a b/x.py", "py.sqli", vec![89]),
        ),
        // CodeQL: the rule lies in an extension.
        (
            run(
                json!({"name": "CodeQL", "rules": []}),
                json!([{"name": "q", "rules": [{"id": "js/xss", "properties": {"tags": ["security", "external/cwe/cwe-079", "external/cwe/cwe-116"]}}]}]),
                json!({"ruleId": "js/xss", "rule": {"id": "js/xss", "index": 0, "toolComponent": {"index": 0}}, "message": {"text": "m"}, "locations": place("src/x.js", Value::Null)}),
            ),
            ("src/x.js", "js/xss", vec![79, 116]),
        ),
        // gosec: a relationship to the list of weaknesses.
        (
            run(
                json!({"name": "gosec", "rules": [{"id": "G201", "relationships": [{"target": {"id": "89", "toolComponent": {"name": "CWE"}}, "kinds": ["superset"]}]}]}),
                json!([]),
                json!({"ruleId": "G201", "ruleIndex": 0, "message": {"text": "m"}, "locations": place("./db.go", Value::Null)}),
            ),
            ("db.go", "G201", vec![89]),
        ),
    ];
    for (log, (path, rule, cwe)) in rows {
        let read = read(&log.to_string()).unwrap();
        let wanted = Theirs {
            path: path.to_owned(),
            line: 3,
            end_line: 3,
            tool: log["runs"][0]["tool"]["driver"]["name"].as_str().unwrap().to_owned(),
            rule: rule.to_owned(),
            cwe,
            message: "m".to_owned(),
        };
        assert_eq!(read, [wanted]);
    }
    assert_eq!(read("{}"), Err(CompareError::NotSarif));
    assert!(matches!(read("["), Err(CompareError::NotJson(_))));
}

#[test]
fn lines_files_and_weaknesses_decide_what_is_one_thing() {
    let (texts, findings) = shop();
    let theirs = |path: &str, line: u32, cwe: &[u16]| Theirs {
        path: path.to_owned(),
        line,
        end_line: line,
        tool: String::new(),
        rule: String::new(),
        cwe: cwe.to_vec(),
        message: String::new(),
    };
    // The first of ours is at line 13 of tests/shop.py, CWE 89.
    let rows = [
        ("tests/shop.py", 13, &[89][..], true),
        ("/w/tests/shop.py", 15, &[943], true),
        ("shop.py", 11, &[], true),
        ("tests/shop.py", 16, &[89], false),
        ("tests/shop.py", 10, &[89], false),
        ("tests/shop.py", 13, &[79], false),
        ("other/shop.py", 13, &[89], false),
        ("tests/workshop.py", 13, &[89], false),
    ];
    for (path, line, cwe, wanted) in rows {
        let found = overlap(&texts, &findings[..1], &[theirs(path, line, cwe)]);
        assert_eq!(!found.both.is_empty(), wanted, "{path}:{line} {cwe:?}");
        assert_eq!(found.only_theirs.is_empty(), wanted);
    }
}

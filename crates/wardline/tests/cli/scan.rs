//! `wardline scan`: what is told, in which form, with which exit code.

use serde_json::Value;

use crate::common::Sealed;

const SHOP: &str = include_str!("../../../wardline-scan/tests/sarif/shop.py");
const BANDIT: &str = include_str!("../../../wardline-scan/tests/sarif/bandit.sarif");

/// A directory with one file of findings.
fn shop() -> Sealed {
    let world = Sealed::new("scan");
    world.write("home/p/shop/shop.py", SHOP);
    world
}

#[test]
fn a_finding_is_drawn_with_its_way() {
    let world = shop();
    let ran = world.run(&["scan", "--all", "shop"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for part in ["shop/shop.py:13", "┌ shop/shop.py:12", "└ shop/shop.py:13", "fix:", "blocking"] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn exit_codes_say_what_was_found() {
    let world = shop();
    world.write("home/p/clean/a.py", "x = 1\n");
    world.write("home/p/broken/a.py", "def f(:\n");
    for (path, code) in [("shop", 1), ("clean", 0), ("broken", 3), ("nothing", 2)] {
        let ran = world.run(&["scan", "--all", path]);
        assert_eq!(ran.code, code, "{path}: {ran:?}");
    }
}

#[test]
fn imports_are_followed_from_wherever_a_tree_is_named() {
    let world = Sealed::new("scan-abroad");
    let app = "from flask import request\nfrom store.find import by_name\nfrom . import near\n\n\ndef view():\n    by_name(request.args['n'])\n    near.run(request.args['n'])\n";
    world.write("home/far/tree/pyproject.toml", "[project]\n");
    world.write("home/far/tree/app/views.py", app);
    world.write("home/far/tree/app/near.py", "import os\n\n\ndef run(line):\n    os.system(line)\n");
    let find = "def by_name(name):\n    cursor.execute('select ' + name)\n";
    world.write("home/far/tree/store/find.py", find);
    // Above the root of the tree nothing is looked at.
    world.write("home/far/app/near.py", "def run(line):\n    pass\n");
    let tree = world.path("home/far/tree");
    let told = |directory: &std::path::Path, named: &str| {
        let mut command = world.command(&["scan", "--all", "--json", named]);
        let ran = crate::common::feed(command.current_dir(directory), b"");
        let json: Value = serde_json::from_str(&ran.stdout).unwrap();
        let findings = json.pointer("/findings").and_then(Value::as_array).cloned().unwrap_or_default();
        let place = |value: &Value| {
            let path = value.pointer("/path").and_then(Value::as_str).unwrap_or_default();
            let path = path.trim_start_matches(&format!("{}/", tree.display())).to_owned();
            (path, value.pointer("/line").and_then(Value::as_u64))
        };
        let one = |finding: &Value| {
            let steps = finding.pointer("/trace").and_then(Value::as_array).cloned().unwrap_or_default();
            let way: Vec<_> = steps.iter().map(place).collect();
            (finding.pointer("/rule").cloned(), finding.pointer("/severity").cloned(), place(finding), way)
        };
        findings.iter().map(one).collect::<Vec<_>>()
    };
    let whole = tree.display().to_string();
    let here = told(&tree, ".");
    let blocking = here.iter().filter(|finding| finding.1 == Some("blocking".into()));
    assert_eq!(blocking.count(), 2, "{here:#?}");
    assert_eq!(here, told(&world.project(), &whole));
    assert_eq!(here, told(&tree, &whole));
    // One file of it finds its neighbours too.
    let one = told(&world.project(), &format!("{whole}/app/views.py"));
    assert_eq!(here.iter().filter(|finding| one.contains(finding)).count(), 2, "{one:#?}");
}

#[test]
fn json_sarif_and_a_baseline_agree() {
    let world = shop();
    let json: Value = serde_json::from_str(&world.run(&["scan", "--all", "--json", "shop"]).stdout).unwrap();
    let sarif: Value =
        serde_json::from_str(&world.run(&["scan", "--all", "--sarif", "-", "shop"]).stdout).unwrap();
    let list = |value: &Value, pointer: &str| {
        value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let (ours, results) = (list(&json, "/findings"), list(&sarif, "/runs/0/results"));
    assert!(!ours.is_empty() && ours.len() == results.len(), "{json:#}");
    for (finding, result) in ours.iter().zip(&results) {
        assert_eq!(finding.pointer("/rule"), result.pointer("/ruleId"));
        assert_eq!(finding.pointer("/fingerprint"), result.pointer("/partialFingerprints/wardline~1v1"));
        assert_eq!(
            finding.pointer("/line"),
            result.pointer("/locations/0/physicalLocation/region/startLine")
        );
    }
    world.run(&["scan", "--all", "--write-baseline", "known.json", "shop"]);
    let ran = world.run(&["scan", "--all", "--baseline", "known.json", "shop"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn the_findings_of_bandit_lie_beside_ours() {
    let world = shop();
    world.write("home/p/bandit.sarif", BANDIT);
    let ran = world.run(&["scan", "--all", "--compare", "bandit.sarif", "shop"]);
    assert!(ran.stdout.contains("both (2)"), "{}", ran.stdout);
    for part in ["Bandit B608", "Bandit B602", "only the other (3)"] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
}

#[test]
fn a_rule_is_explained() {
    let world = shop();
    let json: Value = serde_json::from_str(&world.run(&["scan", "--all", "--json", "shop"]).stdout).unwrap();
    let rule = json.pointer("/findings/0/rule").and_then(Value::as_str).unwrap_or_default().to_owned();
    let ran = world.run(&["scan", "--explain", &rule]);
    assert!(ran.code == 0 && ran.stdout.contains("CWE-"), "{rule}: {ran:?}");
    let ran = world.run(&["scan", "--explain", "workflow.code-injection"]);
    assert!(ran.code == 0 && ran.stdout.contains("CWE-94") && ran.stdout.contains("env:"), "{ran:?}");
    assert_eq!(world.run(&["scan", "--explain", "no.such.rule"]).code, 2);
}

#[test]
fn a_fix_is_tried_and_shown_and_made_by_nobody_but_a_person() {
    let world = Sealed::new("scan-fix");
    let rule = |name: &str, fix: &str| {
        format!(
            "rules:\n  - id: {name}\n    languages: [python]\n    severity: ERROR\n    message: not safe\n    pattern: {name}.load($X)\n    fix: {fix}\n"
        )
    };
    world.write("home/p/.wardline/rules/a.yaml", &rule("yaml", "yaml.safe_load($X)"));
    world.write("home/p/.wardline/rules/b.yaml", &rule("same", "same.load($X)"));
    world.write("home/p/.wardline/rules/c.yaml", &rule("torn", "torn.keep($X"));
    let code = "one = yaml.load(a)\ntwo = same.load(a)\nthree = torn.load(a)\n";
    world.write("home/p/src/a.py", code);
    let ran = world.run(&["scan", "--all", "--fix", "src"]);
    for part in ["-one = yaml.load(a)", "+one = yaml.safe_load(a)", "1 proposals, 0 made"] {
        assert!(ran.stdout.contains(part), "{part}: {ran:?}");
    }
    assert!(!ran.stdout.contains("torn.keep"), "a change that does not parse is not offered: {ran:?}");
    assert_eq!(world.read("home/p/src/a.py"), code, "nobody said yes");
}

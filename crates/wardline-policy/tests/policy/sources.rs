//! Reading configuration and agent files: what is accepted, and what is said about what is not.

use crate::support::*;
use wardline_policy::Decision::{Allow, Ask, Deny};
use wardline_policy::{CONFIG_SAMPLE, CONFIG_SCHEMA, Layer, PolicySet, Source, run_examples};

fn problems(source: Source) -> Vec<String> {
    match PolicySet::build(&[source], &options()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn what_is_wrong_where_and_what_to_do() {
    let table = [
        (
            "{\n  \"permission\": {\n    \"bash\": \"ask\"\n",
            "3:18: not valid JSON with comments: the file ends before the `{` of 2:17 is closed; correct the syntax here; nothing in the file is used until it parses",
        ),
        (
            "{\n  \"permission\": {\n    \"bash\": {\n      \"make\": \"ask\"\n  },\n  \"preset\": \"readonly\"\n}\n",
            "3:13: not valid JSON with comments: this `{` is not closed: the bracket at 5:3 is indented as another's; correct the syntax here; nothing in the file is used until it parses",
        ),
        (
            "{\"permission\": [\"a\", }",
            "1:22: not valid JSON with comments: unexpected close brace; correct the syntax here; nothing in the file is used until it parses",
        ),
        ("{\n  \"permission\": \"alow\"\n}", "2:17: `alow` is not a decision; write allow, ask or deny"),
        (
            "{\n  \"permision\": {}\n}",
            "2:3: `permision` is not a setting; known here: preset, permission, agent, profiles, repositories, network, limits, gate, on_ask, notify, secrets, guarantees, tools, compat, examples",
        ),
        (
            "{\"permission\": {\"webfetch\": {\"https://x\": \"allow\"}}}",
            "1:29: `webfetch` takes no patterns; write allow, ask or deny",
        ),
        ("{\"permission\": {\"bash\": true}}", "1:25: a rule is true or false; write allow, ask or deny"),
        (
            "{\"permission\": {\"bash\": {\"a\": \"deny\", \"a\": \"allow\"}}}",
            "1:39: `a` is set twice in the same map; keep the one you mean",
        ),
        (
            "{\"permission\": [{\"action\": \"bash\"}]}",
            "1:17: a rule needs `action` and `effect`; write { action, resource, effect }",
        ),
        (
            "{\"permission\": [{\"action\": \"webfetch\", \"resource\": \"x\", \"effect\": \"deny\"}]}",
            "1:17: `webfetch` takes no patterns; write \"*\" as its resource",
        ),
        (
            "{\"permission\": {\"bash\": {\"a\": {\"reason\": \"x\"}}}}",
            "1:31: a rule needs an `effect`; write allow, ask or deny",
        ),
        (
            "{\"permission\": {\"bash\": {\"a\": {\"effect\": \"deny\", \"why\": \"x\"}}}}",
            "1:50: `why` is not a setting; known here: effect, reason, match, not_match, expires",
        ),
        ("{\"preset\": \"yolo\"}", "1:12: `yolo` is not a preset; write autopilot, supervised or readonly"),
        ("{\"compat\": \"opencode\"}", "1:12: `compat` knows one value; write \"kilo\" or remove the line"),
        ("{\"tools\": {\"bash\": \"no\"}}", "1:20: tool `bash` is a text; write true or false"),
        (
            "{\"network\": {\"allow\": [\"https://x.y/z\"]}}",
            "1:24: `https://x.y/z` is not a host; write `example.com`, `*.example.com` or `example.com:443`, without scheme or path",
        ),
        (
            "{\"network\": {\"denny\": []}}",
            "1:14: `denny` is not a setting; known here: allow, ask, deny, forward, upload, requests, intercept_tls",
        ),
        (
            "{\"network\": {\"forward\": {\"db\": 0}}}",
            "1:32: `db` is no port; write a number from 1 to 65535",
        ),
        (
            "{\"network\": {\"upload\": {\"session\": -1}}}",
            "1:36: `session` is no number of bytes; write it in digits",
        ),
        (
            "{\"network\": {\"requests\": [{\"host\": \"a.b\", \"methods\": \"get\", \"decision\": \"deny\"}]}}",
            "1:27: `get` is no method; write it in capitals, as in \"GET\"",
        ),
        (
            "{\"agent\": {\"x\": {\"permissions\": {}}}}",
            "1:18: `permissions` is not a setting; write `permission`",
        ),
        (
            "{\"examples\": [{\"permission\": \"bash\"}]}",
            "1:15: an example needs `permission`, `target` and `expect`; add what is missing",
        ),
        ("[]", "1:1: the file is a list; write a map `{ name: value }`"),
    ];
    for (text, expected) in table {
        let expected = format!("~/.config/wardline/config.jsonc:{expected}");
        assert_eq!(problems(user(text)), [expected], "{text}");
    }
}

#[test]
fn every_mistake_is_named_at_once() {
    assert_eq!(problems(user("{\"preset\": 1, \"permission\": {\"bash\": 2, \"read\": \"x\"}}")).len(), 3);
    let both = [user("{"), project(false, "[")];
    assert_eq!(PolicySet::build(&both, &options()).unwrap_err().len(), 2);
}

#[test]
fn hosts_are_hosts() {
    let good = [
        "example.com",
        "*.example.com",
        "example.com:443",
        "localhost",
        "127.0.0.1:8080",
        "[::1]",
        "[2001:db8::1]:443",
        "exämple.de",
    ];
    let bad = [
        "", "*", "http://x", "x/y", "x:0", "x:70000", "x:", "a..b", "*.*.x", "[x]:1", "a b", "x:+80",
        "user@x",
    ];
    for host in good {
        assert!(problems(user(&format!("{{\"network\": {{\"allow\": [{host:?}]}}}}"))).is_empty(), "{host}");
    }
    for host in bad {
        assert_eq!(problems(user(&format!("{{\"network\": {{\"allow\": [{host:?}]}}}}"))).len(), 1, "{host}");
    }
}

#[test]
fn what_is_not_ours_in_files_of_others_is_left_alone() {
    let text = "{\"model\": \"x\", \"mcp\": {\"a\": {}}, \"permission\": {\"bash\": {\"make *\": \"deny\"}}, \"mode\": {\"x\": {\"tools\": {\"bash\": false}}}}";
    for name in ["kilo.json", "kilo.jsonc", "opencode.json", "/w/.opencode/opencode.jsonc"] {
        let foreign = Source { file: name.to_owned(), ..project(false, text) };
        let policy = build(&[foreign]);
        assert_eq!(check(&policy, "bash", "make"), Deny, "{name}");
        assert_eq!(check_as(&policy, "x", "bash", "ls"), Deny, "{name}");
    }
    assert_eq!(problems(project(false, text)).len(), 3);
}

#[test]
fn comments_commas_and_marks_are_fine() {
    for text in [
        "",
        "// nothing",
        "\u{feff}{}",
        "{\"permission\": {\"read\": \"deny\",},}",
        "/* a */ { // b\n}",
        "{\"$schema\": \"x\"}",
    ] {
        assert!(problems(user(text)).is_empty(), "{text:?}");
    }
}

#[test]
fn a_pattern_may_be_called_effect() {
    let pattern = policy(r#"{"permission": {"bash": {"effect": "deny"}}}"#);
    assert_eq!(check(&pattern, "bash", "effect"), Deny);
    assert_eq!(check(&pattern, "bash", "ls"), Allow);
    let rule = policy(r#"{"permission": {"bash": {"effect": "deny", "reason": "x"}}}"#);
    assert_eq!(check(&rule, "bash", "ls"), Deny);
}

#[test]
fn depth_does_not_overflow() {
    for text in [
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        format!("{{\"permission\": {}}}", "[".repeat(400) + &"]".repeat(400)),
    ] {
        assert!(!problems(user(&text)).is_empty());
    }
    for head in [
        "[".repeat(100_000),
        "a: ".repeat(1000),
        "- ".repeat(100_000),
        "{a: ".repeat(10_000),
        "? ".repeat(10_000),
    ] {
        let _either = problems(markdown(Layer::Agent, true, "x", &format!("---\n{head}\n---\n")));
    }
}

fn agent(head: &str) -> PolicySet {
    build(&[markdown(Layer::Agent, true, "x", &format!("---\n{head}\n---\nPrompt.\n"))])
}

#[test]
fn agent_files_hold_every_form_of_rules() {
    let map = agent(
        "permission:\n  bash:\n    \"*\": deny\n    git *: allow\n    'make *': ask\n  webfetch: allow",
    );
    let table =
        [("bash", "git x", Allow), ("bash", "make", Ask), ("bash", "ls", Deny), ("webfetch", "u", Allow)];
    for (key, target, expected) in table {
        assert_eq!(check_as(&map, "x", key, target), expected, "{key} {target}");
    }
    assert_eq!(check_as(&agent("permission: deny"), "x", "read", "a"), Deny);
    let list = agent(
        "permission:\n  - action: bash\n    resource: ls *\n    effect: deny\n  - {action: webfetch, effect: allow}",
    );
    assert_eq!(check_as(&list, "x", "bash", "ls"), Deny);
    assert_eq!(check_as(&list, "x", "webfetch", "u"), Allow);
    let tools = agent("tools:\n  write: false\n  bash: true\npermission:\n  bash: deny");
    assert_eq!(check_as(&tools, "x", "edit", "a"), Deny);
    assert_eq!(check_as(&tools, "x", "bash", "ls"), Deny, "tools lie below permission");
}

#[test]
fn agent_files_without_rules_are_fine() {
    for text in [
        "",
        "No head.",
        "---\n---\n",
        "---\ndescription: x\nmodel: y\ntemperature: 0.1\n---\n",
        "---\r\nmode: all\r\n---\r\nx",
    ] {
        assert!(problems(markdown(Layer::Agent, true, "x", text)).is_empty(), "{text:?}");
    }
}

#[test]
fn agent_files_say_what_is_wrong_and_where() {
    let table = [
        ("---\npermission:\n  bash: alow\n---\n", "3:9: `alow` is not a decision; write allow, ask or deny"),
        (
            "---\npermission:\n  bash: deny\n  bash: allow\n---\n",
            "4:3: `bash` is set twice in the same map; keep the one you mean",
        ),
        ("---\npermissions:\n  bash: deny\n---\n", "2:1: `permissions` is not a setting; write `permission`"),
        ("---\n- a\n---\n", "2:1: the head is a list; write `name: value` lines"),
        ("---\npermission: deny\n", "1:1: the head has no end; close it with a line `---`"),
        (
            "---\na: &x deny\npermission: *x\n---\n",
            "2:7: anchors (`&name`) and tags (`!name`) are not supported here; put quotes around a value that begins with `&` or `!`, and write repeated values out",
        ),
        (
            "---\npermission: !!str deny\n---\n",
            "2:19: anchors (`&name`) and tags (`!name`) are not supported here; put quotes around a value that begins with `&` or `!`, and write repeated values out",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(
            problems(markdown(Layer::Agent, true, "x", text)),
            [format!(".wardline/agents/x.md:{expected}")],
            "{text}"
        );
    }
    let star = problems(markdown(Layer::Agent, true, "x", "---\npermission:\n  bash:\n    *: deny\n---\n"));
    assert!(
        star[0].starts_with(".wardline/agents/x.md:4:")
            && star[0].ends_with("a pattern that begins with `*` needs quotes"),
        "{star:?}"
    );
}

#[test]
fn rules_keep_their_lines() {
    let policy = build(&[
        user("{\n  \"permission\": {\n    \"bash\": {\n      \"make *\": \"allow\"\n    }\n  }\n}"),
        markdown(Layer::Agent, true, "x", "---\npermission:\n  bash:\n    make *: deny\n---\n"),
    ]);
    let at = |agent: &str| verdict(&policy, agent, "bash", "make", false).reasons[0].origin.to_string();
    assert_eq!(at("code"), "~/.config/wardline/config.jsonc:4");
    assert_eq!(at("x"), ".wardline/agents/x.md:4");
}

#[test]
fn the_sample_is_valid_and_its_examples_pass() {
    let policy = policy(CONFIG_SAMPLE);
    let results = run_examples(&policy);
    assert_eq!(results.len(), 6);
    for result in results {
        assert!(result.passed, "{result:?}");
    }
}

#[test]
fn the_schema_knows_every_setting() {
    let schema: serde_json::Value = serde_json::from_str(CONFIG_SCHEMA).unwrap();
    let settings = schema["properties"].as_object().unwrap();
    let known = [
        "$schema",
        "preset",
        "permission",
        "agent",
        "profiles",
        "repositories",
        "network",
        "limits",
        "secrets",
        "gate",
        "on_ask",
        "notify",
        "guarantees",
        "tools",
        "compat",
        "examples",
    ];
    for name in known {
        assert!(settings.contains_key(name), "{name}");
        assert!(
            CONFIG_SAMPLE.contains(name) || matches!(name, "tools" | "compat"),
            "{name} is missing from the sample"
        );
    }
    assert_eq!(settings.len(), known.len());
}

#[test]
fn examples_that_fail_say_why() {
    let policy = policy(
        r#"{"permission": {"bash": {
            "make *": {"effect": "deny", "match": ["make x", "cmake"], "not_match": ["make", "ls"]},
            "git *": {"effect": "allow", "match": "git push"},
            "git push *": "deny"}},
          "examples": [{"permission": "bash", "target": "ls", "expect": "deny"}]}"#,
    );
    let results: Vec<_> = run_examples(&policy).into_iter().map(|r| (r.target, r.passed, r.text)).collect();
    let expected = [
        ("make x", true, "bash \"make *\" deny decides it"),
        ("cmake", false, "bash \"make *\" deny does not match it"),
        ("make", false, "bash \"make *\" deny matches it"),
        ("ls", true, "bash \"make *\" deny does not match it"),
        (
            "git push",
            false,
            "bash \"git *\" allow matches it, but it is deny by bash \"git push *\" deny (~/.config/wardline/config.jsonc:4)",
        ),
        ("ls", false, "expected deny, got allow by bash \"ls *\" allow (built-in)"),
    ];
    for (result, (target, passed, text)) in results.iter().zip(expected) {
        assert_eq!((result.0.as_str(), result.1, result.2.as_str()), (target, passed, text));
    }
    assert_eq!(results.len(), expected.len());
}

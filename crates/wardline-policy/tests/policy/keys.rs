//! Every permission key with the target its patterns see.

use crate::support::*;
use wardline_policy::Decision::{self, Allow, Ask, Deny};
use wardline_policy::{Access, Facts, decide};

#[test]
fn every_key_is_matched_against_its_target() {
    // (key, pattern, a target it is about, one it is not)
    let table = [
        ("bash", "make *", "make test", "cmake test"),
        ("read", "docs/*", "docs/a.md", "src/a.md"),
        ("edit", "docs/*", "docs/a.md", "src/a.md"),
        ("glob", "**/*.rs", "src/*.rs", "*.md"),
        ("grep", "TODO*", "TODO: x", "FIXME"),
        ("list", "docs*", "docs", "src"),
        ("external_directory", "/srv/*", "/srv/*", "/opt/*"),
        ("task", "explore", "explore", "general"),
        ("skill", "pdf*", "pdf-read", "xlsx"),
        ("lsp", "x*", "x", "y"),
        ("github_issues", "*", "*", ""),
    ];
    for (key, pattern, hit, miss) in table {
        let rule = |decision: &str| {
            policy(&format!("{{\"permission\": {{{key:?}: {{{pattern:?}: {decision:?}}}}}}}"))
        };
        assert_eq!(check(&rule("deny"), key, hit), Deny, "{key} {hit}");
        if !miss.is_empty() {
            assert_ne!(check(&rule("deny"), key, miss), Deny, "{key} {miss}");
        }
        assert_eq!(check(&rule("allow"), key, hit), Allow, "{key} {hit}");
    }
}

#[test]
fn scalar_keys_take_one_word() {
    for key in ["todowrite", "question", "webfetch", "websearch", "codesearch", "doom_loop"] {
        for decision in [Allow, Ask, Deny] {
            let policy = policy(&format!("{{\"permission\": {{{key:?}: \"{decision}\"}}}}"));
            assert_eq!(check(&policy, key, "https://example.com"), decision, "{key}");
        }
    }
}

#[test]
fn the_editing_tools_share_the_key_edit() {
    let policy = policy(r#"{"permission": {"edit": "deny"}}"#);
    for tool in ["edit", "write", "patch", "multiedit", "apply_patch"] {
        assert_eq!(check(&policy, tool, "a.rs"), Deny, "{tool}");
    }
}

#[test]
fn permission_names_are_patterns_too() {
    let policy = policy(r#"{"permission": {"*": "ask", "github_*": "deny", "git*_read": "allow"}}"#);
    let table = [("github_write", Deny), ("github_read", Allow), ("slack_read", Ask), ("read", Ask)];
    for (key, expected) in table {
        assert_eq!(check(&policy, key, "*"), expected, "{key}");
    }
}

#[test]
fn a_bare_word_is_about_everything() {
    for decision in [Allow, Ask, Deny] {
        let policy = policy(&format!("{{\"permission\": \"{decision}\"}}"));
        for (key, target) in [("read", "a"), ("webfetch", "https://x"), ("srv_tool", "*")] {
            assert_eq!(check(&policy, key, target), decision, "{key}");
        }
    }
}

#[test]
fn the_list_form_means_the_same() {
    let map = policy(r#"{"permission": {"bash": {"*": "deny", "git *": "allow"}, "webfetch": "deny"}}"#);
    let list = policy(
        r#"{"permission": [
            {"action": "bash", "resource": "*", "effect": "deny"},
            {"action": "bash", "resource": "git *", "effect": "allow"},
            {"action": "webfetch", "effect": "deny"}]}"#,
    );
    for (key, target) in [("bash", "git x"), ("bash", "ls"), ("webfetch", "u"), ("read", "a")] {
        assert_eq!(check(&map, key, target), check(&list, key, target), "{key} {target}");
    }
}

#[test]
fn null_says_nothing() {
    let policy = policy(r#"{"permission": {"bash": {"make *": null, "ls *": "deny"}, "read": null}}"#);
    assert_eq!(check(&policy, "bash", "make"), Ask);
    assert_eq!(check(&policy, "bash", "ls"), Deny);
    assert_eq!(check(&policy, "read", "a"), Allow);
}

#[test]
fn legacy_tools_lie_below_permission() {
    let policy = policy(
        r#"{"permission": {"bash": "allow"}, "tools": {"bash": false, "write": false, "webfetch": true, "x_y": false}}"#,
    );
    let table = [("bash", "foo", Allow), ("edit", "a", Deny), ("webfetch", "u", Allow), ("x_y", "*", Deny)];
    for (key, target, expected) in table {
        assert_eq!(check(&policy, key, target), expected, "{key}");
    }
}

#[test]
fn home_expands_in_patterns() {
    for pattern in ["~/notes/*", "$HOME/notes/*"] {
        let policy =
            policy(&format!("{{\"permission\": {{\"external_directory\": {{{pattern:?}: \"allow\"}}}}}}"));
        assert_eq!(check(&policy, "external_directory", "/home/u/notes/*"), Allow);
        assert_eq!(check(&policy, "external_directory", "/home/x/notes/*"), Ask);
    }
}

#[test]
fn a_path_outside_asks_for_its_directory() {
    let policy = policy(
        r#"{"permission": {"*": "allow", "external_directory": {"*": "ask", "/srv/ok/*": "allow", "/srv/no/*": "deny"}}}"#,
    );
    let table = [
        (Access::Read, "/srv/ok/a", Allow),
        (Access::Write, "/srv/ok/a", Allow),
        (Access::Read, "/srv/no/a", Deny),
        (Access::Read, "/srv/other/a", Ask),
        (Access::Write, "/srv/other/a", Ask),
        (Access::Read, "/w/a", Allow),
        (Access::Read, "/usr/include/stdio.h", Allow),
        (Access::Execute, "/usr/bin/make", Allow),
        (Access::Write, "/usr/bin/make", Ask),
        (Access::Read, "/etc/hosts", Allow),
        (Access::Write, "/etc/hosts", Ask),
        (Access::Write, "/dev/null", Allow),
        (Access::Write, "/dev/fd/2", Allow),
        (Access::Delete, "/dev/null", Ask),
        (Access::Write, "/dev/sda", Ask),
        (Access::Read, "/dev/fd/../../srv/other/a", Ask),
    ];
    for (access, target, expected) in table {
        let facts = Facts { paths: vec![path(access, target)], ..commands(&["x"]) };
        let verdict = decide(&policy, &request("code", "bash", "x", false), &facts);
        assert_eq!(verdict.decision, expected, "{access:?} {target}: {:?}", verdict.reasons);
    }
}

#[test]
fn a_directory_outside_stands_for_what_is_in_it() {
    let policy = policy(
        r#"{"permission": {"*": "allow", "external_directory": {"*": "deny", "/srv/ok/*": "allow"}}}"#,
    );
    let mut directory = path(Access::List, "/srv/ok");
    let decision = |fact| {
        decide(
            &policy,
            &request("code", "list", "/srv/ok", false),
            &Facts { paths: vec![fact], ..Facts::default() },
        )
        .decision
    };
    assert_eq!(decision(directory.clone()), Deny, "as a file it lies in /srv");
    directory.is_dir = true;
    assert_eq!(decision(directory), Allow);
}

#[test]
fn a_link_out_of_the_workspace_is_outside() {
    let policy = policy(r#"{"permission": {"*": "allow", "external_directory": "deny"}}"#);
    let facts = Facts { paths: vec![link(Access::Read, "a", "/srv/x")], ..Facts::default() };
    assert_eq!(decide(&policy, &request("code", "read", "a", false), &facts).decision, Deny);
}

#[test]
fn a_blanket_deny_leaves_allowed_directories_open() {
    let policy = policy(r#"{"permission": {"external_directory": {"/srv/*": "allow"}, "*": "deny"}}"#);
    assert_eq!(check(&policy, "external_directory", "/srv/*"), Allow);
    assert_eq!(check(&policy, "read", "a"), Deny);
}

#[test]
fn path_rules_bind_every_tool() {
    let policy = policy(
        r#"{"permission": {"*": "allow", "edit": {"src/gen/*": "deny"}, "read": {"docs/secret*": "deny"}}}"#,
    );
    let table: [(&str, Access, &str, Decision); 7] = [
        ("bash", Access::Write, "src/gen/x", Deny),
        ("bash", Access::Delete, "src/gen/x", Deny),
        ("bash", Access::Read, "src/gen/x", Allow),
        ("bash", Access::Read, "docs/secret.md", Deny),
        ("grep", Access::Read, "docs/secret.md", Deny),
        ("srv_tool", Access::Write, "src/gen/x", Deny),
        ("bash", Access::Write, "src/x", Allow),
    ];
    for (key, access, target, expected) in table {
        let facts = Facts { paths: vec![path(access, target)], ..commands(&["x"]) };
        assert_eq!(
            decide(&policy, &request("code", key, "x", false), &facts).decision,
            expected,
            "{key} {access:?} {target}"
        );
    }
}

#[test]
fn a_link_is_bound_under_both_names() {
    let policy = policy(r#"{"permission": {"*": "allow", "edit": {"src/gen/*": "deny", "link": "ask"}}}"#);
    let decision = |fact| {
        decide(
            &policy,
            &request("code", "bash", "x", false),
            &Facts { paths: vec![fact], ..commands(&["x"]) },
        )
        .decision
    };
    assert_eq!(decision(link(Access::Write, "other", "src/gen/x")), Deny);
    assert_eq!(decision(link(Access::Write, "link", "src/y")), Ask);
}

#[test]
fn absolute_rules_bind_inside_the_workspace() {
    let policy = policy(r#"{"permission": {"*": "allow", "edit": {"/w/private/*": "deny"}}}"#);
    let facts = Facts { paths: vec![path(Access::Write, "private/x")], ..commands(&["x"]) };
    assert_eq!(decide(&policy, &request("code", "bash", "x", false), &facts).decision, Deny);
}

#[test]
fn dot_dot_in_a_target_is_followed() {
    let policy = policy(r#"{"permission": {"edit": {"*": "deny", "plans/*": "allow"}}}"#);
    assert_eq!(check(&policy, "edit", "plans/a"), Allow);
    assert_eq!(check(&policy, "edit", "plans/../src/a"), Deny);
}

#[test]
fn a_request_without_targets_is_never_allowed() {
    let policy = policy(r#"{"permission": "allow"}"#);
    let mut request = request("code", "read", "", false);
    request.targets.clear();
    assert_eq!(decide(&policy, &request, &Facts::default()).decision, Ask);
}

#[test]
fn the_third_identical_call_is_a_loop() {
    let asked = policy(r#"{"permission": {"read": "allow"}}"#);
    let denied = policy(r#"{"permission": {"doom_loop": "deny"}}"#);
    for (repeats, ask, deny) in [(0, Allow, Allow), (1, Allow, Allow), (2, Ask, Deny), (9, Ask, Deny)] {
        let facts = Facts { repeats, ..Facts::default() };
        let request = request("code", "read", "a", false);
        assert_eq!(decide(&asked, &request, &facts).decision, ask, "{repeats}");
        assert_eq!(decide(&denied, &request, &facts).decision, deny, "{repeats}");
    }
}

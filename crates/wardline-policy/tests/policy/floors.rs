//! Secrets and guarded files: whatever the tool, the spelling, the agent and the rules.

use crate::support::*;
use wardline_policy::Decision::{self, Allow, Ask, Deny};
use wardline_policy::Sensitive::{Browser, Credential, Environment, History, Key, System};
use wardline_policy::{
    Access, Certainty, CommandFact, DoubtKind, Facts, Guarded, Layer, Mention, PathFact, PolicySet, Request,
    Zone, decide, guarded, sensitive,
};

#[test]
fn sensitive_by_name_and_place() {
    let table = [
        (".env", Some(Environment)),
        ("a/.env.local", Some(Environment)),
        ("/w/a/.env.production", Some(Environment)),
        ("prod.env", Some(Environment)),
        (".ENV", Some(Environment)),
        (".env~", Some(Environment)),
        ("#.env#", Some(Environment)),
        ("..env.swp", Some(Environment)),
        (".e\u{200b}nv", Some(Environment)),
        (".env.example.local", Some(Environment)),
        ("a/../.env", Some(Environment)),
        ("a\\.env", Some(Environment)),
        (".env.example", None),
        (".env.production.example", None),
        (".env.sample", None),
        (".env.template", None),
        (".env.dist", None),
        (".env.pub", Some(Environment)),
        (".envrc", None),
        ("environment.ts", None),
        (".env/bin/python", None),
        ("id_rsa", Some(Key)),
        ("ID_RSA", Some(Key)),
        ("keys/id_ed25519", Some(Key)),
        ("id_ecdsa_sk", Some(Key)),
        ("id_rsa.bak", Some(Key)),
        ("id_rsa.pub", None),
        ("id_rsa_test.go", None),
        ("server.key", Some(Key)),
        ("server.pem", Some(Key)),
        ("privkey.pem", Some(Key)),
        ("ca-key.pem", Some(Key)),
        ("cert.pem", None),
        ("fullchain.pem", None),
        ("ca-bundle.pem", None),
        ("/etc/ssl/certs/DigiCert.pem", None),
        ("/etc/ssl/private/x", Some(Key)),
        ("a.p12", Some(Key)),
        ("a.pfx", Some(Key)),
        ("a.jks", Some(Key)),
        ("release.keystore", Some(Key)),
        ("/home/u/.ssh/config", Some(Key)),
        ("/home/u/.ssh", Some(Key)),
        ("/home/u/.ssh/id_rsa.pub", None),
        ("~/.ssh/x", Some(Key)),
        ("/home/u/.gnupg/secring.gpg", Some(Key)),
        (".aws/credentials", Some(Credential)),
        ("/home/u/.aws/credentials", Some(Credential)),
        ("/home/u/.aws/config", Some(Credential)),
        ("aws/credentials", None),
        (".netrc", Some(Credential)),
        (".npmrc", Some(Credential)),
        (".pypirc", Some(Credential)),
        (".git-credentials", Some(Credential)),
        ("/home/u/.docker/config.json", Some(Credential)),
        ("/home/u/.kube/config", Some(Credential)),
        ("/home/u/.config/gcloud/application_default_credentials.json", Some(Credential)),
        ("/home/u/.config/gh/hosts.yml", Some(Credential)),
        ("/home/u/.claude/.credentials.json", Some(Credential)),
        ("/home/u/.codex/auth.json", Some(Credential)),
        ("/home/u/.gemini/oauth_creds.json", Some(Credential)),
        ("/home/u/.bash_history", Some(History)),
        ("/home/u/.mozilla/firefox/x/cookies.sqlite", Some(Browser)),
        ("/home/u/.config/google-chrome/Default/Cookies", Some(Browser)),
        ("/etc/shadow", Some(System)),
        ("etc/shadow", None),
        ("/proc/1/environ", Some(System)),
        ("/proc/self/environ", Some(System)),
        ("/proc/self/status", None),
        ("src/main.rs", None),
        ("", None),
        ("/", None),
    ];
    for (path, expected) in table {
        assert_eq!(sensitive(path), expected, "{path:?}");
    }
}

#[test]
fn guarded_by_name_and_place() {
    let table = [
        ("wardline.jsonc", Some(Guarded::Guard)),
        (".wardline/agents/x.md", Some(Guarded::Guard)),
        ("/home/u/.config/wardline/config.jsonc", Some(Guarded::Guard)),
        ("/home/u/.local/state/wardline/journal", Some(Guarded::Guard)),
        ("/etc/wardline/policy.jsonc", Some(Guarded::Guard)),
        (".claude/settings.json", Some(Guarded::Agent)),
        (".claude/settings.local.json", Some(Guarded::Agent)),
        (".CLAUDE/Settings.json", Some(Guarded::Agent)),
        (".claude/hooks/x.sh", Some(Guarded::Agent)),
        (".claude/commands/x.md", None),
        (".codex/config.toml", Some(Guarded::Agent)),
        (".codex/hooks.json", Some(Guarded::Agent)),
        (".codex/rules/default.rules", Some(Guarded::Agent)),
        ("/etc/codex/requirements.toml", Some(Guarded::Agent)),
        (".gemini/settings.json", Some(Guarded::Agent)),
        (".gemini/policies/x.toml", Some(Guarded::Agent)),
        (".kilo/kilo.json", Some(Guarded::Agent)),
        (".kilocode/x", Some(Guarded::Agent)),
        (".kilo/plans/p.md", None),
        (".kilo/plans/p.sh", Some(Guarded::Agent)),
        (".kilo/plans/../agent/x.md", Some(Guarded::Agent)),
        (".opencode/agent/x.md", Some(Guarded::Agent)),
        ("sub/opencode.json", Some(Guarded::Agent)),
        ("kilo.jsonc", Some(Guarded::Agent)),
        (".mcp.json", Some(Guarded::Agent)),
        (".cursor/hooks.json", Some(Guarded::Agent)),
        (".cursor/cli.json", Some(Guarded::Agent)),
        (".cursor/mcp.json", Some(Guarded::Agent)),
        (".kiro/agents/a.json", Some(Guarded::Agent)),
        (".git/hooks/pre-commit", Some(Guarded::Git)),
        (".GIT/Hooks/pre-commit", Some(Guarded::Git)),
        (".g\u{200c}it/hooks/pre-commit", Some(Guarded::Git)),
        (".git/config", Some(Guarded::Git)),
        (".git/modules/lib/config", Some(Guarded::Git)),
        (".git/modules/a/b/hooks/x", Some(Guarded::Git)),
        (".git/index", None),
        (".git/refs/heads/main", None),
        ("src/config", None),
        ("hooks/pre-commit", None),
    ];
    for (path, expected) in table {
        assert_eq!(guarded(path), expected, "{path:?}");
    }
}

/// Every way to touch one file that the facts can express.
fn ways(target: &str) -> Vec<(&'static str, Request, Facts)> {
    let fact = |access| path(access, target);
    let bash = |command: &str, paths: Vec<PathFact>| Facts { paths, ..commands(&[command]) };
    let tool = |paths: Vec<PathFact>| Facts { paths, ..Facts::default() };
    let ask = |permission: &str, target: &str| request("code", permission, target, false);
    let child = |mut request: Request| {
        request.agent = "explore".to_owned();
        request.parents = vec!["code".to_owned()];
        request
    };
    let mut dynamic = bash("cat $f", Vec::new());
    dynamic.doubts.push(doubt(DoubtKind::Dynamic));
    let mut assumed = fact(Access::Read);
    assumed.certainty = Certainty::Assumed;
    vec![
        ("read", ask("read", target), Facts::default()),
        ("read with facts", ask("read", target), tool(vec![fact(Access::Read)])),
        // A search pattern is no path; where it may be meant as one, the facts say so.
        ("grep", ask("grep", target), tool(vec![fact(Access::Read)])),
        ("grep in it", ask("grep", "x"), tool(vec![fact(Access::Read)])),
        ("glob", ask("glob", target), Facts::default()),
        ("list", ask("list", target), tool(vec![fact(Access::List)])),
        ("edit", ask("edit", target), tool(vec![fact(Access::Write)])),
        ("server", ask("srv_read", "*"), tool(vec![fact(Access::Read)])),
        ("cat", ask("bash", "cat x"), bash("cat x", vec![fact(Access::Read)])),
        ("head", ask("bash", "head x"), bash("head x", vec![fact(Access::Read)])),
        ("rg", ask("bash", "rg a"), bash("rg a", vec![path(Access::List, "."), fact(Access::Read)])),
        ("cp", ask("bash", "cp x y"), bash("cp x y", vec![fact(Access::Read), path(Access::Write, "y")])),
        ("redirect", ask("bash", "wc < x"), bash("wc", vec![fact(Access::Read)])),
        ("perhaps", ask("bash", "wc x"), bash("wc x", vec![assumed])),
        ("link", ask("bash", "cat y"), bash("cat y", vec![link(Access::Read, "y", target)])),
        ("link by tool", ask("read", "y"), tool(vec![link(Access::Read, "y", target)])),
        ("variable", ask("bash", "cat $f"), dynamic),
        ("child", child(ask("read", target)), Facts::default()),
        ("child's shell", child(ask("bash", "cat x")), bash("cat x", vec![fact(Access::Read)])),
    ]
}

#[test]
fn secrets_follow_the_file_not_the_tool() {
    for text in [
        r#"{"permission": "allow"}"#,
        r#"{"permission": {"*": "allow", "read": "allow", "bash": {"*": "allow", "cat *": "allow"}}}"#,
    ] {
        for layer in [Layer::User, Layer::Session, Layer::Project, Layer::Managed] {
            let policy = build(&[source(layer, true, text)]);
            for (target, expected) in
                [(".env", Ask), ("a/.env.local", Ask), ("id_rsa", Deny), (".aws/credentials", Deny)]
            {
                for confined in [false, true] {
                    for (way, mut request, facts) in ways(target) {
                        request.confined = confined;
                        let verdict = decide(&policy, &request, &facts);
                        // A file named only at run time is out of reach inside the sandbox, where the built-in
                        // rules need no answer of the session to allow the command.
                        let bounded = confined && layer == Layer::Session;
                        let expected = match way {
                            "variable" if bounded => Allow,
                            "variable" => Ask,
                            _ => expected,
                        };
                        assert!(
                            verdict.decision >= expected,
                            "{layer} {way} {target} {confined}: {:?}",
                            verdict.reasons
                        );
                    }
                }
            }
            for (way, request, facts) in ways(".env.example") {
                let open = policy_allows_without_files(&policy, &request);
                if way != "variable" && open {
                    let verdict = decide(&policy, &request, &facts);
                    assert_eq!(verdict.decision, Allow, "{layer} {way}: {:?}", verdict.reasons);
                }
            }
        }
    }
}

/// Whether the request would pass if it touched nothing: agents' own limits are not what is tested here.
fn policy_allows_without_files(policy: &PolicySet, request: &Request) -> bool {
    let facts = if request.permission == "bash" { commands(&["cat x"]) } else { Facts::default() };
    decide(policy, request, &facts).decision == Allow
}

#[test]
fn only_a_persons_rule_for_the_very_file_opens_it() {
    let open = |rules: &str, permission: &str, target: &str| {
        let policy = build(&[user(&format!("{{\"permission\": {rules}}}"))]);
        let access = if permission == "edit" { Access::Write } else { Access::Read };
        let facts = Facts { paths: vec![path(access, target)], ..Facts::default() };
        let tool = decide(&policy, &request("code", permission, target, false), &facts).decision;
        let facts = Facts { paths: vec![path(access, target)], ..commands(&["cat x"]) };
        let shell = decide(&policy, &request("code", "bash", "cat x", false), &facts).decision;
        (tool, shell)
    };
    let table = [
        (r#"{"read": "allow"}"#, "read", ".env", Ask),
        (r#"{"read": {"**": "allow"}}"#, "read", ".env", Ask),
        (r#"{"read": {".*": "allow"}}"#, "read", ".env", Ask),
        (r#"{"read": {"a/*": "allow"}}"#, "read", "a/.env", Ask),
        (r#"{"*": {".env": "allow"}}"#, "read", ".env", Ask),
        (r#"{"read": {".env": "allow"}}"#, "read", ".env", Allow),
        (r#"{"read": {"*.env": "allow"}}"#, "read", "a/.env", Allow),
        (r#"{"read": {".env": "allow"}}"#, "read", ".env.local", Ask),
        (r#"{"read": {".env": "allow", "*": "allow"}}"#, "read", ".env", Ask),
        (r#"{"read": {".env": "allow"}}"#, "edit", ".env", Ask),
        (r#"{"edit": {".env": "allow"}}"#, "edit", ".env", Allow),
        (r#"{"read": {"*.pem": "allow"}}"#, "read", "server.pem", Allow),
        (r#"{"read": {"*": "allow"}}"#, "read", "server.pem", Deny),
        (
            r#"{"read": {"~/.ssh/known_hosts": "allow"}, "external_directory": "allow"}"#,
            "read",
            "/home/u/.ssh/known_hosts",
            Allow,
        ),
        (
            r#"{"read": {"~/*": "allow"}, "external_directory": "allow"}"#,
            "read",
            "/home/u/.ssh/known_hosts",
            Deny,
        ),
        (
            r#"{"read": {"~/.ssh/*": "allow"}, "external_directory": "allow"}"#,
            "read",
            "/home/u/.ssh/id_rsa",
            Allow,
        ),
        (r#"{"bash": {"cat .env": "allow"}}"#, "read", ".env", Ask),
    ];
    for (rules, permission, target, expected) in table {
        assert_eq!(open(rules, permission, target), (expected, expected), "{rules} {permission} {target}");
    }
}

#[test]
fn who_may_open_a_secret() {
    let rule = r#"{"permission": {"read": {".env": "allow", "id_rsa": "allow"}}}"#;
    let table = [
        (Layer::User, true, Allow, Allow),
        (Layer::Managed, true, Allow, Allow),
        // An answer given in passing does for a question, not for a key.
        (Layer::Session, true, Allow, Deny),
        (Layer::Project, true, Ask, Deny),
        (Layer::Project, false, Ask, Deny),
        (Layer::Agent, true, Ask, Deny),
    ];
    for (layer, trusted, environment, key) in table {
        let policy = build(&[source(layer, trusted, rule)]);
        assert_eq!(check(&policy, "read", ".env"), environment, "{layer} {trusted}");
        assert_eq!(check(&policy, "read", "id_rsa"), key, "{layer} {trusted}");
    }
}

#[test]
fn a_link_opens_only_with_both_its_names() {
    let policy = policy(r#"{"permission": {"read": {".env": "allow"}}}"#);
    let decision = |from: &str, to: &str| {
        let facts = Facts { paths: vec![link(Access::Read, from, to)], ..Facts::default() };
        decide(&policy, &request("code", "srv_x", "*", true), &facts).decision
    };
    assert_eq!(decision("x", ".env"), Allow);
    assert_eq!(decision(".env", "x"), Allow);
    assert_eq!(decision(".env", ".env.local"), Ask);
    assert_eq!(decision(".env", "id_rsa"), Deny);
}

#[test]
fn the_guard_is_not_loosened_by_a_command() {
    let policy = policy(r#"{"permission": {"*": "allow"}}"#);
    let table = [
        ("wardline trust --all", Deny),
        ("/usr/local/bin/wardline init --remove --yes", Deny),
        ("wardline log", Allow),
        ("echo wardline trust", Allow),
    ];
    for (command, decision) in table {
        let fact = CommandFact {
            literal: command.to_owned(),
            canonical: command.to_owned(),
            forms: Vec::new(),
            directory_change: false,
            certainty: Certainty::Proven,
            harmless: false,
        };
        let facts = Facts { commands: vec![fact], ..Facts::default() };
        assert_eq!(decide(&policy, &Request::new("bash", command), &facts).decision, decision, "{command}");
    }
}

#[test]
fn guarded_files_are_written_by_nobody() {
    let everything = r#"{"permission": {"*": "allow", "edit": {"*": "allow", ".git/hooks/*": "allow", ".claude/settings.json": "allow", "wardline.jsonc": "allow"}}}"#;
    let policy =
        build(&[user(everything), session(everything), managed(everything), project(true, everything)]);
    for target in [
        ".git/hooks/pre-commit",
        ".claude/settings.json",
        "wardline.jsonc",
        "/home/u/.config/wardline/config.jsonc",
        ".git",
        ".claude",
    ] {
        for access in [Access::Write, Access::Delete] {
            let facts = Facts { paths: vec![path(access, target)], ..commands(&["x"]) };
            for confined in [false, true] {
                assert_eq!(
                    decide(&policy, &request("code", "bash", "x", confined), &facts).decision,
                    Deny,
                    "{target}"
                );
            }
        }
        assert_eq!(check(&policy, "edit", target), Deny, "{target} without facts");
        let facts = Facts { paths: vec![path(Access::Read, target)], ..commands(&["x"]) };
        assert_eq!(
            decide(&policy, &request("code", "bash", "x", false), &facts).decision,
            Allow,
            "reading {target}"
        );
    }
    let facts = Facts { paths: vec![link(Access::Write, "x", ".git/config")], ..commands(&["x"]) };
    assert_eq!(
        decide(&policy, &request("code", "bash", "x", false), &facts).decision,
        Deny,
        "through a link"
    );
}

#[test]
fn taking_away_what_holds_guarded_files() {
    let policy = policy(r#"{"permission": "allow"}"#);
    let table: [(Access, &str, Decision); 17] = [
        (Access::Delete, ".[sS][vV][nN]", Allow),
        (Access::Delete, ".[gG][iI][tT]", Deny),
        (Access::Delete, "\\", Allow),
        (Access::Delete, ".git", Deny),
        (Access::Delete, ".claude", Deny),
        (Access::Delete, ".kiro", Deny),
        (Access::Delete, ".git/modules/lib", Deny),
        (Access::Delete, "/home/u", Deny),
        (Access::Delete, "/home", Deny),
        (Access::Delete, "/", Deny),
        (Access::Delete, "/home/u/.config", Deny),
        (Access::Write, "/home/u/.config", Allow),
        (Access::Delete, "", Deny),
        (Access::Delete, "src", Allow),
        (Access::Delete, ".*", Deny),
        (Access::Delete, ".g*", Deny),
        (Access::Write, ".git/index", Allow),
    ];
    for (access, target, expected) in table {
        let facts = Facts { paths: vec![path(access, target)], ..commands(&["x"]) };
        let verdict = decide(&policy, &request("code", "bash", "x", false), &facts);
        assert_eq!(verdict.decision, expected, "{access:?} {target:?}: {:?}", verdict.reasons);
    }
}

#[test]
fn a_glob_that_would_pick_up_a_secret() {
    let policy = policy(r#"{"permission": "allow"}"#);
    let table = [
        (".e*", Ask),
        (".en?", Ask),
        (".en[v]", Ask),
        (".*", Ask),
        ("id_*", Deny),
        ("*.key", Deny),
        ("*", Allow),
        ("*.rs", Allow),
        ("src/*", Allow),
    ];
    for (target, expected) in table {
        let facts = Facts { paths: vec![path(Access::Read, target)], ..commands(&["x"]) };
        assert_eq!(
            decide(&policy, &request("code", "bash", "x", false), &facts).decision,
            expected,
            "{target}"
        );
        assert_eq!(check(&policy, "glob", target), expected, "{target}");
    }
    assert_eq!(check(&policy, "glob", "**/.env"), Ask);
    assert_eq!(
        check(&policy, "grep", "\\.env"),
        Allow,
        "a search for the text `.env` reads what it is pointed at"
    );
    assert_eq!(check(&policy, "webfetch", "file:///w/.env"), Ask);
}

#[test]
fn settings_of_agents_are_read_with_a_question() {
    let broad = policy(r#"{"permission": {"read": "allow"}}"#);
    for (target, expected) in [
        (".kilo/kilo.json", Ask),
        ("a/.opencode/x", Ask),
        (".kilocode/rules/x", Ask),
        (".kilo/plans/p.md", Allow),
    ] {
        assert_eq!(check(&broad, "read", target), expected, "{target}");
    }
    let named = policy(r#"{"permission": {"read": {".kilo/*": "allow"}}}"#);
    assert_eq!(check(&named, "read", ".kilo/kilo.json"), Allow);
}

#[test]
fn what_the_monitor_calls_secret_is_asked() {
    let policy = policy(r#"{"permission": "allow"}"#);
    let facts = Facts {
        paths: vec![PathFact { zone: Zone::HomeSecret, ..path(Access::Read, "/home/u/x") }],
        ..commands(&["x"])
    };
    assert_eq!(decide(&policy, &request("code", "bash", "x", false), &facts).decision, Ask);
}

#[test]
fn a_floor_knows_a_file_that_is_named_from_one_that_is_used_or_come_upon() {
    let table: &[(&str, Access, Mention, Decision, Decision)] = &[
        // the file, what is done, how it is touched; unconfined, confined
        ("id_rsa", Access::Read, Mention::Named, Deny, Deny),
        ("id_rsa", Access::Read, Mention::Used, Ask, Ask),
        ("id_rsa", Access::Read, Mention::Found, Ask, Allow),
        (".env", Access::Read, Mention::Named, Ask, Ask),
        (".env", Access::Read, Mention::Used, Ask, Ask),
        // The rule about reading such files asks all the same.
        (".env", Access::Read, Mention::Found, Ask, Ask),
        (".git/hooks/pre-commit", Access::Write, Mention::Named, Deny, Deny),
        (".git/hooks/pre-commit", Access::Write, Mention::Used, Deny, Deny),
        (".git/hooks/pre-commit", Access::Write, Mention::Found, Ask, Ask),
        ("src/main.rs", Access::Write, Mention::Found, Allow, Allow),
    ];
    let policy = policy(r#"{"permission": {"bash": "allow"}}"#);
    for (file, access, mention, unconfined, confined) in table {
        let mut facts = commands(&["find ."]);
        facts.paths.push(PathFact { mention: *mention, ..path(*access, file) });
        let decision =
            |confined| decide(&policy, &request("code", "bash", "find .", confined), &facts).decision;
        assert_eq!(
            (decision(false), decision(true)),
            (*unconfined, *confined),
            "{file} {access:?} {mention:?}"
        );
    }
}

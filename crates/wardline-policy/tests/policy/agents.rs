//! The built-in agents and presets, and what a person can and cannot change about them.

use crate::support::*;
use wardline_policy::Decision::{self, Allow, Ask, Deny};
use wardline_policy::{Access, Facts, Layer, Options, PolicySet, Preset, Request, decide};

fn preset(preset: Preset, text: &str) -> PolicySet {
    build_with(&[user(text)], &Options { preset: Some(preset), ..options() })
}

fn touch(policy: &PolicySet, agent: &str, command_text: &str, access: Access, target: &str) -> Decision {
    let facts = Facts { paths: vec![path(access, target)], ..commands(&[command_text]) };
    decide(policy, &request(agent, "bash", command_text, false), &facts).decision
}

#[test]
fn shared_defaults() {
    let policy = policy("{}");
    let table = [
        ("read", "src/a.rs", Allow),
        ("read", ".env", Ask),
        ("read", "a.env.local", Ask),
        ("read", ".env.example", Allow),
        ("read", "x/.env.sample", Allow),
        ("edit", "src/a.rs", Allow),
        ("edit", "AGENTS.md", Ask),
        ("glob", "**/*.rs", Allow),
        ("grep", "TODO", Allow),
        ("list", "src", Allow),
        ("task", "explore", Allow),
        ("skill", "x", Allow),
        ("recall", "*", Ask),
        ("doom_loop", "read", Ask),
        ("external_directory", "/srv/*", Ask),
        ("external_directory", "/tmp/wl/*", Allow),
        ("external_directory", "/tmp/wl/a/*", Allow),
        ("question", "*", Allow),
        ("plan_enter", "*", Allow),
        ("plan_exit", "*", Deny),
        ("webfetch", "https://x", Ask),
        ("websearch", "x", Ask),
        ("srv_tool", "*", Ask),
    ];
    for (key, target, expected) in table {
        assert_eq!(check(&policy, key, target), expected, "{key} {target}");
    }
}

/// What the sandbox holds back is reviewed after the change; without one, before it.
#[test]
fn instructions_are_asked_only_where_nothing_holds_them_back() {
    let policy = policy("{}");
    for name in ["AGENTS.md", "CLAUDE.md", "GEMINI.md"] {
        for (confined, expected) in [(false, Ask), (true, Allow)] {
            let asked = Request { confined, ..request("code", "edit", name, false) };
            assert_eq!(decide(&policy, &asked, &Facts::default()).decision, expected, "{name} {confined}");
        }
    }
}

#[test]
fn bash_defaults_know_whether_the_command_is_confined() {
    let policy = policy("{}");
    let table = [
        ("ls -la", Allow, Allow),
        ("cat a", Allow, Allow),
        ("rg foo", Allow, Allow),
        ("rg --pre ./x foo", Ask, Allow),
        ("git status", Allow, Allow),
        ("git diff --stat", Allow, Allow),
        ("git branch --show-current", Allow, Allow),
        ("git branch -D main", Ask, Allow),
        ("git diff --ext-diff", Ask, Allow),
        ("sort --compress-program=./x a", Ask, Allow),
        ("mkdir -p a/b", Allow, Allow),
        ("touch a", Allow, Allow),
        ("rm -rf build", Ask, Allow),
        ("make test", Ask, Allow),
        ("npm install", Ask, Allow),
        ("less a", Ask, Allow),
        ("printenv", Ask, Allow),
        ("[ -v 'a[$(id)]' ]", Ask, Allow),
        ("git push", Ask, Ask),
        ("git push origin main", Ask, Ask),
        ("git show HEAD:.env", Ask, Ask),
    ];
    for (command, outside, inside) in table {
        assert_eq!(
            verdict(&policy, "code", "bash", command, false).decision,
            outside,
            "{command} unconfined"
        );
        assert_eq!(verdict(&policy, "code", "bash", command, true).decision, inside, "{command} confined");
    }
    for key in ["webfetch", "websearch", "srv_tool"] {
        assert_eq!(verdict(&policy, "code", key, "*", true).decision, Allow, "{key} confined");
    }
}

#[test]
fn what_each_agent_may_do() {
    let policy = policy("{}");
    let keys = [
        "edit src/a.rs",
        "edit .kilo/plans/x.md",
        "bash ls",
        "bash make",
        "srv_tool *",
        "question *",
        "todowrite *",
    ];
    let table = [
        ("code", [Allow, Allow, Allow, Ask, Ask, Allow, Allow]),
        ("build", [Allow, Allow, Allow, Ask, Ask, Allow, Allow]),
        ("debug", [Allow, Allow, Allow, Ask, Ask, Allow, Allow]),
        ("general", [Allow, Allow, Allow, Ask, Ask, Deny, Deny]),
        ("plan", [Deny, Allow, Allow, Deny, Ask, Allow, Allow]),
        ("ask", [Deny, Deny, Allow, Deny, Ask, Allow, Allow]),
        ("explore", [Deny, Deny, Allow, Ask, Deny, Deny, Deny]),
    ];
    for (agent, row) in table {
        for (key, expected) in keys.iter().zip(row) {
            let (permission, target) = key.split_once(' ').unwrap();
            assert_eq!(check_as(&policy, agent, permission, target), expected, "{agent} {key}");
        }
    }
}

#[test]
fn read_only_shell() {
    let table = [
        ("cat a", Allow),
        ("grep -rn x .", Allow),
        ("less a", Allow),
        ("man ls", Allow),
        ("git log --oneline", Allow),
        ("git show HEAD", Allow),
        ("git commit -m x", Deny),
        ("git checkout .", Deny),
        ("gh pr view", Ask),
        ("touch a", Deny),
        ("mkdir a", Deny),
        ("cp a b", Deny),
        ("mv a b", Deny),
        ("tar xf a", Deny),
        ("python x.py", Deny),
        ("cat a\nrm b", Deny),
        ("cat <(rm a)", Deny),
        ("cat a | sh", Deny),
        ("cat a; rm b", Deny),
        ("cat a && rm b", Deny),
        ("cat a & rm b", Deny),
        ("echo $(rm a)", Deny),
        ("echo `rm a`", Deny),
        ("cat a > b", Deny),
        ("cat a >> b", Deny),
        ("cat a >| b", Deny),
        ("sort -o out a", Deny),
        ("sort -oout a", Deny),
        ("sort --output=out a", Deny),
        ("sort --compress-program=./x a", Deny),
        ("rg --pre ./x foo", Deny),
        ("rg --hostname-bin=./x foo", Deny),
        ("git diff --output=f", Deny),
        ("git log --output=/opt/x", Deny),
        ("git log --outp /opt/x", Deny),
        ("git grep -O./x foo", Deny),
        ("tree -o f", Deny),
        ("less -o f a", Deny),
        ("less -O f a", Deny),
        ("less --log-file=f a", Deny),
        ("less +!sh a", Deny),
        ("man -P ./x ls", Deny),
        ("man --pager=./x ls", Deny),
        ("date -s tomorrow", Deny),
        ("file -C -m x", Deny),
    ];
    let readonly = preset(Preset::Readonly, "{}");
    for (command, expected) in table {
        assert_eq!(check_as(&policy("{}"), "plan", "bash", command), expected, "plan {command:?}");
        assert_eq!(check_as(&policy("{}"), "ask", "bash", command), expected, "ask {command:?}");
        // Pagers are no command of the `code` agent's, read-only or not.
        let pager = expected == Allow && (command.starts_with("less") || command.starts_with("man"));
        let expected = if pager { Ask } else { expected };
        assert_eq!(check_as(&readonly, "code", "bash", command), expected, "readonly {command:?}");
    }
}

#[test]
fn what_a_reader_would_write_is_denied_whatever_its_words() {
    let readonly = preset(Preset::Readonly, "{}");
    for (command, target) in
        [("cat a", "out"), ("uniq a out", "out"), ("sort -uo out a", "out"), ("tree -no f", "f")]
    {
        for (policy, agent) in
            [(&policy("{}"), "plan"), (&policy("{}"), "ask"), (&readonly, "code"), (&policy("{}"), "explore")]
        {
            assert_eq!(touch(policy, agent, command, Access::Write, target), Deny, "{agent} {command}");
            assert_eq!(touch(policy, agent, command, Access::Read, target), Allow, "{agent} {command}");
        }
    }
    assert_eq!(touch(&policy("{}"), "plan", "cat a", Access::Write, ".kilo/plans/p.md"), Allow);
    assert_eq!(touch(&policy("{}"), "ask", "cat a", Access::Write, ".kilo/plans/p.md"), Deny);
}

#[test]
fn no_allow_makes_a_read_only_agent_write() {
    let own = r#"{"permission": {"*": "allow", "edit": "allow", "bash": {"*": "allow", "make *": "allow"}},
        "agent": {"plan": {"permission": {"edit": "allow", "bash": "allow"}}, "ask": {"permission": "allow"}}}"#;
    let grant = session(r#"{"permission": "allow"}"#);
    for sources in [
        vec![user(own)],
        vec![user(own), grant.clone()],
        vec![managed(own), user(own), project(true, own), grant],
    ] {
        let policy = build(&sources);
        for agent in ["plan", "ask"] {
            assert_eq!(check_as(&policy, agent, "edit", "src/a.rs"), Deny, "{agent}");
            assert_eq!(check_as(&policy, agent, "bash", "make"), Deny, "{agent}");
            assert_eq!(check_as(&policy, agent, "notebook_edit", "*"), Deny, "{agent}");
            assert_eq!(check_as(&policy, agent, "interactive_terminal", "*"), Deny, "{agent}");
            assert_eq!(check_as(&policy, agent, "read", "src/a.rs"), Allow, "{agent}");
        }
    }
}

#[test]
fn a_users_deny_holds_in_every_agent() {
    let policy = policy(
        r#"{"permission": {"read": {"docs/*": "deny"}, "bash": {"ls *": "deny"}, "webfetch": "deny"}}"#,
    );
    for agent in ["code", "plan", "ask", "debug", "explore", "general"] {
        assert_eq!(check_as(&policy, agent, "read", "docs/a"), Deny, "{agent}");
        assert_eq!(check_as(&policy, agent, "bash", "ls"), Deny, "{agent}");
        assert_eq!(check_as(&policy, agent, "webfetch", "https://x"), Deny, "{agent}");
    }
}

#[test]
fn a_server_can_be_opened_to_a_planning_agent() {
    let policy = policy(r#"{"permission": {"docs_*": "allow"}}"#);
    assert_eq!(check_as(&policy, "plan", "docs_search", "*"), Allow);
    assert_eq!(check_as(&policy, "plan", "other_search", "*"), Ask);
}

#[test]
fn supervised_asks_before_changes() {
    let table = [
        ("edit", "src/a.rs", Ask),
        ("bash", "make", Ask),
        ("bash", "touch a", Ask),
        ("bash", "ls", Allow),
        ("bash", "git status", Allow),
        ("bash", "git diff --output=f", Ask),
        ("bash", "less a", Ask),
        ("read", "src/a.rs", Allow),
    ];
    for text in ["{}", r#"{"permission": "allow"}"#, r#"{"permission": {"edit": "allow", "bash": "allow"}}"#]
    {
        let policy = preset(Preset::Supervised, text);
        for (key, target, expected) in table {
            for confined in [false, true] {
                let decision = verdict(&policy, "code", key, target, confined).decision;
                assert_eq!(decision, expected, "{text} {key} {target} {confined}");
            }
        }
    }
    let trusted = preset(
        Preset::Supervised,
        r#"{"permission": {"edit": {"docs/*": "allow"}, "bash": {"make *": "allow"}}}"#,
    );
    assert_eq!(check(&trusted, "edit", "docs/a"), Allow, "a rule that names the target spares the question");
    assert_eq!(check(&trusted, "bash", "make test"), Allow);
    assert_eq!(check_as(&trusted, "plan", "edit", "docs/a"), Deny);
    assert_eq!(check_as(&trusted, "explore", "edit", "src/a"), Deny);
}

#[test]
fn the_preset_that_counts() {
    use Layer::{Managed, Project, User};
    use Preset::{Autopilot, Readonly, Supervised};
    let set = |layer, trusted, preset: Preset| {
        source(layer, trusted, &format!("{{\"preset\": \"{}\"}}", preset.as_str()))
    };
    let table = [
        (vec![], None, Autopilot),
        (vec![set(User, true, Supervised)], None, Supervised),
        (vec![set(User, true, Supervised)], Some(Autopilot), Autopilot),
        (vec![set(User, true, Supervised), set(Project, true, Autopilot)], None, Autopilot),
        (vec![set(User, true, Supervised), set(Project, false, Autopilot)], None, Supervised),
        (vec![set(User, true, Autopilot), set(Project, false, Readonly)], None, Readonly),
        (vec![set(Managed, true, Supervised)], Some(Autopilot), Supervised),
        (vec![set(Managed, true, Supervised), set(User, true, Readonly)], None, Readonly),
        (vec![set(Managed, true, Readonly), set(Managed, true, Autopilot)], Some(Supervised), Readonly),
    ];
    for (number, (sources, chosen, expected)) in table.into_iter().enumerate() {
        let policy = build_with(&sources, &Options { preset: chosen, ..options() });
        assert_eq!(policy.preset(), expected, "row {number}");
    }
}

#[test]
fn a_profile_adds_its_rules_and_preset() {
    let text = r#"{"profiles": {"ci": {"preset": "readonly", "network": {"allow": ["ci.example:443"]},
        "permission": {"bash": {"ls *": "deny"}}}}, "network": {"allow": ["*.Example.com"]}}"#;
    let with = |profile: Option<&str>| Options { profile: profile.map(str::to_owned), ..options() };
    let plain = build_with(&[user(text)], &with(None));
    let ci = build_with(&[user(text)], &with(Some("ci")));
    assert_eq!((plain.preset(), check(&plain, "bash", "ls")), (Preset::Autopilot, Allow));
    assert_eq!((ci.preset(), check(&ci, "bash", "ls")), (Preset::Readonly, Deny));
    let hosts = |policy: &PolicySet| {
        policy.hosts().iter().map(|host| (host.host.clone(), host.port)).collect::<Vec<_>>()
    };
    assert_eq!(hosts(&plain), [("*.example.com".to_owned(), None)]);
    assert_eq!(hosts(&ci), [("*.example.com".to_owned(), None), ("ci.example".to_owned(), Some(443))]);
    let problems = PolicySet::build(&[user(text)], &with(Some("ce"))).unwrap_err();
    assert_eq!(problems[0].to_string(), "command line: there is no profile `ce`; known profiles: ci");
}

#[test]
fn a_child_is_never_wider_than_its_parent() {
    let policy = build(&[user(
        r#"{"agent": {"narrow": {"permission": {"read": {"docs/*": "deny"}, "grep": "deny", "glob": "ask"}}}}"#,
    )]);
    let delegation = policy.child("narrow", "general");
    for (key, target, expected) in
        [("read", "docs/a", Deny), ("grep", "x", Deny), ("glob", "*", Ask), ("read", "src/a", Allow)]
    {
        let alone = Request { agent: "general".to_owned(), ..Request::new(key, target) };
        let child = Request { parents: delegation.parents.clone(), ..alone.clone() };
        assert_eq!(decide(&policy, &alone, &Facts::default()).decision, Allow, "{key} alone");
        assert_eq!(decide(&policy, &child, &Facts::default()).decision, expected, "{key} for its parent");
    }
    let planned = Request {
        agent: "general".to_owned(),
        parents: vec!["plan".to_owned()],
        ..Request::new("edit", "src/a")
    };
    let verdict = decide(&policy, &planned, &Facts::default());
    assert_eq!(verdict.decision, Deny);
    assert!(verdict.reasons[0].text.contains("on whose behalf"), "{:?}", verdict.reasons[0]);
}

#[test]
fn a_child_does_not_delegate_or_question() {
    let policy = policy(r#"{"permission": "allow"}"#);
    for key in ["task", "question", "interactive_terminal"] {
        let request = Request {
            agent: "general".to_owned(),
            parents: vec!["code".to_owned()],
            ..Request::new(key, "x")
        };
        assert_eq!(decide(&policy, &request, &Facts::default()).decision, Deny, "{key}");
    }
}

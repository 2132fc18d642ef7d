//! Who may say what: concatenation, trust, the administrator's ceiling, answers of the session, Kilo's merge.

use crate::support::*;
use wardline_policy::Decision::{self, Allow, Ask, Deny};
use wardline_policy::{Facts, Layer, PolicySet, Request, decide};

fn bash(sources: &[wardline_policy::Source], command: &str) -> Decision {
    check(&build(sources), "bash", command)
}

/// The three ways in which merging configuration as objects loses a deny, and what became of each.
#[test]
fn merge_examples_keep_the_deny_and_kilo_loses_it() {
    let table = [
        // (user, project, command, default mode, compat mode)
        (r#"{"git *": "allow", "*": "ask"}"#, r#"{"git *": "deny"}"#, "git status", Deny, Ask),
        (r#"{"git *": "allow", "*": "ask"}"#, r#"{"git *": "deny"}"#, "make", Ask, Ask),
        (r#""deny""#, r#"{"git status": "allow"}"#, "git status", Deny, Allow),
        // Nothing is left of the user's deny, so the built-in rules decide.
        (r#""deny""#, r#"{"git status": "allow"}"#, "make", Deny, Ask),
        (r#""deny""#, r#"{"git status": "allow"}"#, "ls", Deny, Allow),
        (r#"{"rm *": "deny"}"#, r#""allow""#, "rm -rf x", Deny, Allow),
    ];
    for (lower, higher, command, kept, lost) in table {
        let own = format!("{{\"permission\": {{\"bash\": {lower}}}}}");
        let kilo = format!("{{\"compat\": \"kilo\", \"permission\": {{\"bash\": {lower}}}}}");
        let other = format!("{{\"permission\": {{\"bash\": {higher}}}}}");
        for trusted in [false, true] {
            assert_eq!(
                bash(&[user(&own), project(trusted, &other)], command),
                kept,
                "{command}, trusted {trusted}"
            );
        }
        assert_eq!(bash(&[user(&kilo), project(true, &other)], command), lost, "{command} in compat");
    }
}

#[test]
fn merged_keys_keep_the_lower_files_place() {
    let user = user(r#"{"compat": "kilo", "permission": {"bash": {"git *": "allow", "*": "ask"}}}"#);
    let policy =
        build(&[user, project(true, r#"{"permission": {"bash": {"git *": "deny", "make *": "allow"}}}"#)]);
    let rules: Vec<String> = policy
        .rules("code")
        .into_iter()
        .filter(|rule| rule.origin.layer != Layer::Builtin)
        .map(|rule| format!("{} {} {}", rule.pattern, rule.decision, rule.origin.layer))
        .collect();
    assert_eq!(rules, ["git * deny project", "* ask user", "make * allow project"]);
}

#[test]
fn merged_null_takes_a_rule_away() {
    let text = r#"{"compat": "kilo", "permission": {"bash": {"make *": "deny"}}}"#;
    assert_eq!(bash(&[user(text)], "make"), Deny);
    assert_eq!(
        bash(&[user(text), project(true, r#"{"permission": {"bash": {"make *": null}}}"#)], "make"),
        Ask
    );
}

#[test]
fn only_the_user_chooses_compat() {
    let deny = user(r#"{"permission": {"bash": "deny"}}"#);
    let other = r#"{"compat": "kilo", "permission": {"bash": {"git status": "allow"}}}"#;
    for trusted in [false, true] {
        assert_eq!(bash(&[deny.clone(), project(trusted, other)], "git status"), Deny);
    }
}

#[test]
fn an_untrusted_repository_stays_apart_in_compat() {
    let own = user(r#"{"compat": "kilo", "permission": {"bash": "deny"}}"#);
    assert_eq!(bash(&[own, project(false, r#"{"permission": {"bash": "allow"}}"#)], "ls"), Deny);
}

#[test]
fn the_later_layer_decides_where_it_is_trusted() {
    let ask = user(r#"{"permission": {"bash": {"make *": "ask"}}}"#);
    let allow = r#"{"permission": {"bash": {"make *": "allow"}}}"#;
    let deny = r#"{"permission": {"bash": {"ls *": "deny"}}}"#;
    assert_eq!(bash(&[ask.clone(), project(true, allow)], "make"), Allow);
    assert_eq!(bash(&[ask.clone(), project(false, allow)], "make"), Ask);
    assert_eq!(bash(&[ask.clone(), project(true, deny)], "ls"), Deny);
    assert_eq!(bash(&[ask, project(false, deny)], "ls"), Deny);
}

#[test]
fn trust_does_not_lift_what_the_user_forbade() {
    let own = user(r#"{"permission": {"bash": {"git push *": "deny", "curl *": "deny"}}}"#);
    let other = project(true, r#"{"permission": "allow"}"#);
    assert_eq!(bash(&[own.clone(), other.clone()], "git push"), Deny);
    let lifted = user(r#"{"permission": {"bash": {"git push *": "allow"}}}"#);
    assert_eq!(bash(&[own, lifted, other], "git push"), Allow, "the user's own later word counts");
}

#[test]
fn each_untrusted_file_is_heard_by_itself() {
    let ask = project(false, r#"{"permission": {"bash": "ask"}}"#);
    let allow = project(false, r#"{"permission": {"bash": "allow"}}"#);
    for sources in [[ask.clone(), allow.clone()], [allow, ask]] {
        assert_eq!(bash(&sources, "ls"), Ask);
    }
}

#[test]
fn managed_rules_are_a_ceiling_in_any_order() {
    let rules = [r#""*": "ask""#, r#""git *": "allow""#, r#""git push *": "deny""#];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let text = order.map(|at| rules[at]).join(",");
        let ceiling = managed(&format!("{{\"permission\": {{\"bash\": {{{text}}}}}}}"));
        let sources = [ceiling, user(r#"{"permission": "allow"}"#), session(r#"{"permission": "allow"}"#)];
        assert_eq!(bash(&sources, "git push"), Deny, "{order:?}");
        assert_eq!(bash(&sources, "git status"), Ask, "{order:?}");
        assert_eq!(bash(&sources, "ls"), Ask, "{order:?}");
    }
}

#[test]
fn a_managed_allow_is_the_lowest_word() {
    let ceiling = managed(r#"{"permission": {"bash": {"make *": "allow"}}}"#);
    assert_eq!(bash(std::slice::from_ref(&ceiling), "make"), Allow);
    assert_eq!(bash(&[ceiling, user(r#"{"permission": {"bash": "deny"}}"#)], "make"), Deny);
}

#[test]
fn a_saved_answer_lifts_the_asks_it_lies_within() {
    let table = [
        // (user, saved, command, decision)
        (r#"{"*": "ask"}"#, r#"{"*": "allow"}"#, "make", Allow),
        (r#"{"*": "ask"}"#, r#"{"make *": "allow"}"#, "make test", Allow),
        (r#"{"*": "ask"}"#, r#"{"make *": "allow"}"#, "cmake", Ask),
        (r#"{"*": "allow", "rm *": "ask"}"#, r#"{"*": "allow"}"#, "rm x", Ask),
        (r#"{"*": "allow", "rm *": "ask"}"#, r#"{"r*": "allow"}"#, "rm x", Ask),
        (r#"{"*": "allow", "rm *": "ask"}"#, r#"{"rm *": "allow"}"#, "rm x", Allow),
        (r#"{"*": "allow", "rm *": "ask"}"#, r#"{"rm x": "allow"}"#, "rm x", Allow),
        (r#"{"*": "allow", "rm *": "deny"}"#, r#"{"rm *": "allow"}"#, "rm x", Deny),
        (r#"{"*": "allow"}"#, r#"{"rm *": "deny"}"#, "rm x", Deny),
        (r#"{"*": "allow"}"#, r#"{"rm *": "allow"}"#, "ls", Allow),
    ];
    for (own, saved, command, expected) in table {
        let policy = [
            user(&format!("{{\"permission\": {{\"bash\": {own}}}}}")),
            session(&format!("{{\"permission\": {{\"bash\": {saved}}}}}")),
        ];
        assert_eq!(bash(&policy, command), expected, "{own} + {saved}: {command}");
    }
}

#[test]
fn allow_everything_is_an_answer_too() {
    let everything = session(r#"{"permission": "allow"}"#);
    let policy = build(&[user(r#"{"permission": {"bash": {"rm *": "deny", "mv *": "ask"}}}"#), everything]);
    let table = [
        ("bash", "make", Allow),
        ("bash", "rm x", Deny),
        ("bash", "mv a b", Ask),
        ("read", ".env", Ask),
        ("read", "id_rsa", Deny),
        ("edit", ".git/hooks/x", Deny),
        ("webfetch", "https://x", Allow),
    ];
    for (key, target, expected) in table {
        assert_eq!(check(&policy, key, target), expected, "{key} {target}");
    }
}

#[test]
fn agent_rules_come_last_and_only_for_that_agent() {
    let policy = policy(
        r#"{"permission": {"bash": {"make *": "deny"}}, "agent": {"builder": {"permission": {"bash": {"make *": "allow"}}}}}"#,
    );
    assert_eq!(check_as(&policy, "builder", "bash", "make"), Allow);
    assert_eq!(check_as(&policy, "code", "bash", "make"), Deny);
    assert_eq!(
        check_as(&policy, "unheard-of", "bash", "make"),
        Deny,
        "an unknown agent is held to the rules of code"
    );
    assert!(policy.knows("builder") && policy.knows("build") && !policy.knows("unheard-of"));
}

#[test]
fn agent_files_count_by_trust() {
    let text = "---\ndescription: x\nmode: subagent\npermission:\n  bash:\n    \"make *\": allow\n    \"ls *\": deny\n  edit: deny\n---\nbody\n";
    let decide_as = |policy: &PolicySet, key: &str, target: &str| check_as(policy, "mine", key, target);
    let untrusted = build(&[markdown(Layer::Agent, false, "mine", text)]);
    let trusted = build(&[markdown(Layer::Agent, true, "mine", text)]);
    for (key, target, without, with) in [
        ("bash", "make", Ask, Allow),
        ("bash", "ls", Deny, Deny),
        ("edit", "a", Deny, Deny),
        ("read", "a", Allow, Allow),
    ] {
        assert_eq!(decide_as(&untrusted, key, target), without, "{key} untrusted");
        assert_eq!(decide_as(&trusted, key, target), with, "{key} trusted");
    }
    let forbidden = user(r#"{"permission": {"bash": {"make *": "deny"}}}"#);
    let repository = build(&[forbidden.clone(), markdown(Layer::Agent, true, "mine", text)]);
    let own = build(&[forbidden, markdown(Layer::User, true, "mine", text)]);
    assert_eq!(
        decide_as(&repository, "bash", "make"),
        Deny,
        "a repository's agent cannot lift the user's deny"
    );
    assert_eq!(decide_as(&own, "bash", "make"), Allow, "the user's own agent can");
    let info = own.agents().iter().find(|agent| agent.name == "mine").unwrap();
    assert_eq!((info.description.as_deref(), info.mode.as_deref()), (Some("x"), Some("subagent")));
}

#[test]
fn hosts_come_from_trusted_sources_only() {
    let allow = |host: &str| format!("{{\"network\": {{\"allow\": [{host:?}]}}}}");
    let policy = build(&[
        managed(&allow("a.example")),
        user(&allow("b.example:8443")),
        project(true, &allow("[::1]:80")),
        project(false, &allow("evil.example")),
    ]);
    let hosts: Vec<_> =
        policy.hosts().iter().map(|host| (host.host.as_str(), host.port, host.origin.line)).collect();
    assert_eq!(hosts, [("a.example", None, 1), ("b.example", Some(8443), 1), ("::1", Some(80), 1)]);
}

#[test]
fn what_tightens_the_network_comes_from_every_source() {
    let text = |host: &str, bytes: u32| {
        format!(
            r#"{{"network": {{"ask": ["ask.{host}"], "deny": ["deny.{host}"], "forward": {{"db": {bytes}}},
                "upload": {{"session": {bytes}}},
                "requests": [{{"host": "{host}", "decision": "allow"}}, {{"host": "{host}", "decision": "deny"}}]}}}}"#
        )
    };
    let policy = build(&[
        managed(&text("managed", 300)),
        user(&text("user", 200)),
        project(false, &text("stranger", 100)),
    ]);
    let network = policy.network();
    let names =
        |hosts: &[wardline_policy::Host]| hosts.iter().map(|h| h.host.clone()).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&network.ask), "ask.managed ask.user");
    assert_eq!(names(&network.confirm), "ask.managed ask.stranger");
    assert_eq!(names(&network.deny), "deny.managed deny.user deny.stranger");
    assert_eq!(network.forwards.iter().map(|forward| forward.port).collect::<Vec<_>>(), [300, 200]);
    assert_eq!((network.upload.session, network.upload.connection), (Some(100), None));
    let requests: Vec<_> =
        network.requests.iter().map(|rule| format!("{} {}", rule.decision, rule.host)).collect();
    assert_eq!(requests, ["allow managed", "deny managed", "allow user", "deny user", "deny stranger"]);
}

#[test]
fn the_digest_follows_every_input() {
    let base = build(&[user("{}")]);
    assert_eq!(base.digest().len(), 64);
    assert_eq!(base.digest(), build(&[user("{}")]).digest());
    for other in [
        build(&[]),
        build(&[user("{ }")]),
        build(&[project(true, "{}")]),
        build(&[project(false, "{}")]),
        build_with(&[user("{}")], &wardline_policy::Options { windows: true, ..options() }),
    ] {
        assert_ne!(base.digest(), other.digest());
    }
}

#[test]
fn the_verdict_names_rule_place_losers_and_way_out() {
    let text = "{\n  \"permission\": {\n    \"bash\": {\n      \"*\": \"allow\",\n      \"rm *\": { \"effect\": \"deny\", \"reason\": \"use trash\" }\n    }\n  }\n}";
    let verdict = verdict(&policy(text), "code", "bash", "rm -rf x", false);
    let deciding = &verdict.reasons[0];
    assert_eq!(deciding.rule, "bash \"rm *\" deny");
    assert_eq!(deciding.origin.to_string(), "~/.config/wardline/config.jsonc:5");
    assert_eq!(deciding.matched, "rm -rf x");
    assert!(deciding.text.ends_with("denied: use trash"), "{}", deciding.text);
    assert_eq!(
        deciding.help.as_deref(),
        Some(
            "change ~/.config/wardline/config.jsonc:5, or add \"rm *\": \"allow\" under permission.bash after it"
        )
    );
    assert_eq!(verdict.losers[0].rule, "bash \"*\" allow");
    assert_eq!(verdict.losers[0].origin.line, 4);
}

#[test]
fn an_ask_says_what_would_spare_it() {
    let help = |policy: &PolicySet, request: &Request| {
        decide(policy, request, &Facts::default()).reasons[0].help.clone().unwrap()
    };
    let file = "in ~/.config/wardline/config.jsonc";
    let plain = policy("{}");
    let table = [
        ("srv_tool", "*", format!("add \"*\": \"allow\" under permission.srv_tool {file}")),
        ("webfetch", "https://x", format!("add \"webfetch\": \"allow\" under permission {file}")),
        (
            "external_directory",
            "/srv/*",
            format!("add \"/srv/*\": \"allow\" under permission.external_directory {file}"),
        ),
    ];
    for (key, target, expected) in table {
        assert_eq!(help(&plain, &Request::new(key, target)), expected);
    }
    let ceiling = build(&[managed(r#"{"permission": {"read": "ask"}}"#)]);
    assert_eq!(
        help(&ceiling, &Request::new("read", "a")),
        "only the administrator can change /etc/wardline/policy.jsonc:1"
    );
}

#[test]
fn a_guarantee_is_optional_by_the_persons_word_and_required_by_anybodys() {
    let line = |word: &str| {
        format!("{{\"guarantees\": {{\"limits\": \"{word}\", \"no-survivors\": \"required\"}}}}")
    };
    let (optional, required) = (line("optional"), line("required"));
    let table = [
        (vec![], false),
        (vec![user(&optional)], true),
        (vec![managed(&optional)], true),
        (vec![managed(&required), user(&optional)], false),
        (vec![managed(&optional), user(&required)], false),
        (vec![user(&optional), project(false, &required)], false),
        (vec![user(&optional), project(true, &required)], false),
    ];
    for (sources, expected) in table {
        let policy = build(&sources);
        let optional: Vec<_> = policy.optional_guarantees().iter().map(|line| line.id.as_str()).collect();
        assert_eq!(optional == ["limits"], expected, "{sources:?}");
        assert!(expected || optional.is_empty(), "{sources:?}");
    }
}

#[test]
fn a_repository_cannot_give_a_guarantee_up() {
    let optional = r#"{"guarantees": {"limits": "optional"}}"#;
    for trusted in [false, true] {
        let found = PolicySet::build(&[project(trusted, optional)], &options()).unwrap_err();
        assert!(
            found.iter().any(|one| one.to_string().contains("not a repository's to give up")),
            "{found:?}"
        );
    }
    for wrong in [r#"{"guarantees": {"speed": "optional"}}"#, r#"{"guarantees": {"limits": "no"}}"#] {
        assert_eq!(PolicySet::build(&[user(wrong)], &options()).unwrap_err().len(), 1, "{wrong}");
    }
}

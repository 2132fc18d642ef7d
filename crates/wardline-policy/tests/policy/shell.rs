//! Commands and doubts of `bash` requests.

use crate::support::*;
use wardline_policy::Decision::{self, Allow, Ask, Deny};
use wardline_policy::{
    Access, Certainty, CommandFact, DoubtKind, Facts, Obligation, PathFact, PolicySet, Zone, decide,
};

fn decide_on(policy: &PolicySet, facts: &Facts, confined: bool) -> Decision {
    decide(policy, &request("code", "bash", "script", confined), facts).decision
}

fn facts_of(commands: Vec<CommandFact>) -> Facts {
    Facts { commands, ..Facts::default() }
}

#[test]
fn an_allow_needs_both_texts_and_a_deny_needs_one() {
    let rules = r#"{"*": "ask", "npm *": "allow", "FOO=1 npm *": "allow", "rm *": "deny", "curl *": "ask"}"#;
    let policy = policy(&format!("{{\"permission\": {{\"bash\": {rules}}}}}"));
    let table: [(&str, &str, &[&str], Decision); 11] = [
        ("npm test", "npm test", &[], Allow),
        ("FOO=1 npm test", "npm test", &[], Allow),
        ("FOO=2 npm test", "npm test", &[], Ask),
        ("'npm' test", "npm test", &[], Ask),
        ("npm x", "sh -c x", &[], Ask),
        ("X=1 rm -rf y", "rm -rf y", &[], Deny),
        ("\\rm y", "rm y", &[], Deny),
        ("npm x", "npm x", &["rm x"], Deny),
        ("npm x", "npm x", &["curl x"], Ask),
        ("npm x", "npm x", &["anything else"], Allow),
        ("/bin/rm y", "/bin/rm y", &["rm y"], Deny),
    ];
    for (literal, canonical, forms, expected) in table {
        let facts = facts_of(vec![command_as(literal, canonical, forms)]);
        assert_eq!(decide_on(&policy, &facts, false), expected, "{literal} / {canonical} / {forms:?}");
    }
}

#[test]
fn untrusted_and_managed_rules_hear_every_form_too() {
    let deny = r#"{"permission": {"bash": {"rm *": "deny"}}}"#;
    for sources in [[managed(deny)], [project(false, deny)], [session(deny)]] {
        let policy = build(&sources);
        let facts = facts_of(vec![command_as("/bin/rm y", "/bin/rm y", &["rm y"])]);
        assert_eq!(decide_on(&policy, &facts, true), Deny);
    }
}

#[test]
fn every_command_has_to_pass() {
    let policy = policy(r#"{"permission": {"bash": {"*": "ask", "git *": "allow", "rm *": "deny"}}}"#);
    let table: [(&[&str], Decision); 5] = [
        (&["git status"], Allow),
        (&["git status", "git log"], Allow),
        (&["git status", "make"], Ask),
        (&["git status", "make", "rm x"], Deny),
        (&["rm x", "git status"], Deny),
    ];
    for (literals, expected) in table {
        let verdict = decide(&policy, &request("code", "bash", "script", false), &commands(literals));
        assert_eq!(verdict.decision, expected, "{literals:?}");
        assert_eq!(verdict.commands.len(), literals.len());
        for command in &verdict.commands {
            assert_eq!(command.decision, command.reasons[0].decision);
        }
    }
}

#[test]
fn ten_thousand_commands_hide_nothing() {
    let policy = policy(r#"{"permission": {"bash": {"*": "allow", "rm *": "deny"}}}"#);
    for at in [0, 5_000, 9_999] {
        let mut facts = commands(&["true"; 10_000]);
        facts.commands[at] = command("rm x");
        let verdict = decide(&policy, &request("code", "bash", "script", false), &facts);
        assert_eq!(verdict.decision, Deny, "{at}");
        assert_eq!(verdict.reasons[0].rule, "bash \"rm *\" deny");
        assert!(verdict.reasons.len() <= 32);
    }
}

#[test]
fn a_script_without_commands_is_never_allowed() {
    let allow = policy(r#"{"permission": "allow"}"#);
    let deny = policy(r#"{"permission": {"bash": {"rm *": "deny"}}}"#);
    for confined in [false, true] {
        let empty = |policy: &PolicySet, target: &str| {
            decide(policy, &request("code", "bash", target, confined), &Facts::default()).decision
        };
        assert_eq!(empty(&allow, "> f"), Ask);
        assert_eq!(empty(&allow, ""), Ask);
        assert_eq!(empty(&deny, "rm x"), Deny, "the raw text is looked up all the same");
    }
}

#[test]
fn doubt_tightens() {
    let builtin = policy("{}");
    let allow = policy(r#"{"permission": {"bash": "allow"}}"#);
    let hidden = policy(r#"{"permission": {"bash": {"rm *": "deny"}}}"#);
    let hidden_path = build(&[project(false, r#"{"permission": {"read": {"docs/*": "ask"}}}"#)]);
    use DoubtKind::{Dynamic, Flood, Limit, Unparsed, Unresolved};
    let table = [
        // (doubt, policy, unconfined, confined)
        (Unparsed, &builtin, Ask, Ask),
        (Limit, &builtin, Ask, Ask),
        (Dynamic, &builtin, Ask, Allow),
        (Unresolved, &builtin, Ask, Allow),
        (Dynamic, &allow, Ask, Ask),
        (Dynamic, &hidden, Ask, Ask),
        (Dynamic, &hidden_path, Ask, Ask),
        (Unparsed, &allow, Ask, Ask),
        (Flood, &builtin, Deny, Deny),
        (Flood, &allow, Deny, Deny),
    ];
    for (kind, policy, outside, inside) in table {
        let facts = Facts { doubts: vec![doubt(kind)], ..commands(&["ls $f"]) };
        assert_eq!(decide_on(policy, &facts, false), outside, "{kind:?} unconfined");
        assert_eq!(decide_on(policy, &facts, true), inside, "{kind:?} confined");
        let denied = Facts { doubts: vec![doubt(kind)], ..commands(&["ls", "rm x"]) };
        assert_eq!(decide_on(&hidden, &denied, true), Deny, "a deny found anywhere still denies");
    }
}

#[test]
fn what_is_opaque_is_a_doubt() {
    let builtin = policy("{}");
    let opaque_command = CommandFact { certainty: Certainty::Opaque, ..command("ls") };
    let opaque_path = PathFact { certainty: Certainty::Opaque, ..path(Access::Read, "/w/$f") };
    for facts in [facts_of(vec![opaque_command]), Facts { paths: vec![opaque_path], ..commands(&["ls"]) }] {
        assert_eq!(decide_on(&builtin, &facts, false), Ask);
        assert_eq!(decide_on(&builtin, &facts, true), Allow);
    }
}

#[test]
fn changing_the_directory_is_a_command_except_in_compat() {
    let rules = r#""permission": {"bash": {"*": "deny", "git *": "allow"}}"#;
    let facts = commands(&["cd x", "git status"]);
    assert_eq!(decide_on(&policy(&format!("{{{rules}}}")), &facts, false), Deny);
    assert_eq!(decide_on(&policy(&format!("{{\"compat\": \"kilo\", {rules}}}")), &facts, false), Allow);
    let outside = Facts {
        paths: vec![PathFact { is_dir: true, ..path(Access::List, "/srv") }],
        ..commands(&["cd /srv"])
    };
    assert_eq!(
        decide_on(&policy("{\"compat\": \"kilo\"}"), &outside, false),
        Ask,
        "but where it leads is looked at"
    );
}

#[test]
fn an_agent_allowed_one_reader_may_read_with_it() {
    let policy = policy(r#"{"permission": {"*": "deny", "bash": {"cat *": "allow"}}}"#);
    let cat = |target: &str| Facts { paths: vec![path(Access::Read, target)], ..commands(&["cat x"]) };
    assert_eq!(decide_on(&policy, &cat("src/a"), false), Allow);
    assert_eq!(decide_on(&policy, &cat(".env"), false), Ask);
    assert_eq!(decide_on(&policy, &cat("/srv/a"), false), Ask);
}

#[test]
fn a_verdict_on_a_confined_action_says_so() {
    let policy = policy("{}");
    let obligations =
        |command: &str, confined| verdict(&policy, "code", "bash", command, confined).obligations;
    assert_eq!(obligations("make", true), [Obligation::Confine]);
    assert!(obligations("ls", false).is_empty());
}

#[test]
fn inside_the_sandbox_looking_elsewhere_needs_no_question_unless_somebody_wrote_a_rule() {
    let table: &[(&str, Access, &str, Zone, Decision, Decision)] = &[
        // the rules, the access, the path and its zone; unconfined, confined
        ("{}", Access::List, "/srv/data", Zone::Unknown, Ask, Allow),
        ("{}", Access::Read, "/srv/data/x", Zone::Unknown, Ask, Allow),
        ("{}", Access::List, "/home/u/notes", Zone::Home, Ask, Allow),
        ("{}", Access::Read, "/home/u/notes/x", Zone::Home, Ask, Ask),
        ("{}", Access::Read, "/dev/sda", Zone::Device, Ask, Ask),
        ("{}", Access::Write, "/srv/data/x", Zone::Unknown, Ask, Ask),
        ("{}", Access::Delete, "/srv/data/x", Zone::Unknown, Ask, Ask),
        ("{}", Access::List, "/srv/id_rsa", Zone::HomeSecret, Deny, Deny),
        (
            r#"{"permission": {"external_directory": {"/srv/*": "deny"}}}"#,
            Access::List,
            "/srv/data",
            Zone::Unknown,
            Deny,
            Deny,
        ),
        (
            r#"{"permission": {"external_directory": "ask"}}"#,
            Access::Read,
            "/srv/data/x",
            Zone::Unknown,
            Ask,
            Ask,
        ),
    ];
    for (rules, access, text, zone, unconfined, confined) in table {
        let policy = policy(rules);
        let mut facts = commands(&["ls"]);
        facts.paths.push(PathFact { zone: *zone, ..path(*access, text) });
        let decision = |confined| decide(&policy, &request("code", "bash", "ls", confined), &facts).decision;
        assert_eq!((decision(false), decision(true)), (*unconfined, *confined), "{rules} {access:?} {text}");
    }
}

//! Effects that are refused, questions about effects, and a person's exceptions.

use crate::support::*;
use wardline_policy::Decision::{self, Allow, Ask, Deny};
use wardline_policy::{Facts, Layer, Origin, Refusal, decide};

fn facts(text: &str, refusal: Refusal) -> Facts {
    Facts { refusals: vec![refusal], ..commands(&[text]) }
}

#[test]
fn a_refusal_stands_whatever_the_rules_say_and_a_question_gives_way_to_a_rule_about_the_command() {
    let command = "git push origin main";
    let table: &[(&str, Decision, Decision)] = &[
        // the user's rules, what becomes of a question, what becomes of a refusal
        (r#"{}"#, Ask, Deny),
        (r#"{"permission": {"*": "allow"}}"#, Ask, Deny),
        (r#"{"permission": {"bash": "allow"}}"#, Ask, Deny),
        (r#"{"permission": {"bash": {"*": "allow"}}}"#, Ask, Deny),
        (r#"{"permission": {"bash": {"git *": "allow"}}}"#, Allow, Deny),
        (r#"{"permission": {"bash": {"git push origin main": "allow"}}}"#, Allow, Deny),
        (r#"{"permission": {"bash": {"git push *": "allow", "*": "ask"}}}"#, Ask, Deny),
        (r#"{"permission": {"bash": {"git fetch *": "allow"}}}"#, Ask, Deny),
        (r#"{"permission": {"bash": {"git push *": "deny"}}}"#, Deny, Deny),
    ];
    for (rules, question, refused) in table {
        let policy = policy(rules);
        for confined in [false, true] {
            let request = request("code", "bash", command, confined);
            let decision = |refusal| decide(&policy, &request, &facts(command, refusal)).decision;
            assert_eq!(decision(refusal(Ask)), *question, "{rules} {confined}");
            assert_eq!(decision(refusal(Deny)), *refused, "{rules} {confined}");
        }
    }
}

#[test]
fn only_the_person_answers_a_question_about_an_effect() {
    let command = "git push origin main";
    let rules = r#"{"permission": {"bash": {"git push *": "allow"}}}"#;
    let table = [
        (project(false, rules), Ask),
        (project(true, rules), Ask),
        (user(rules), Allow),
        (managed(rules), Allow),
        (session(rules), Allow),
    ];
    for (source, decision) in table {
        let (layer, trusted) = (source.layer, source.trusted);
        let policy = build(&[source]);
        let request = request("code", "bash", command, true);
        let verdict = decide(&policy, &request, &facts(command, refusal(Ask)));
        assert_eq!(verdict.decision, decision, "{layer} {trusted}");
    }
}

#[test]
fn a_waiver_lifts_exactly_its_effect_and_says_who_made_it() {
    let command = "rm -r /etc/old";
    let policy = policy("{}");
    let waived = Refusal { waiver: Some(waiver()), ..refusal(Deny) };
    let request = request("code", "bash", command, true);
    let verdict = decide(&policy, &request, &facts(command, waived.clone()));
    assert_eq!(verdict.decision, Allow);
    let reason = verdict.reasons.iter().find(|reason| reason.rule == "refuse.delete.root").unwrap();
    assert_eq!(reason.origin, Origin { layer: Layer::User, file: "waivers.json".to_owned(), line: 3 });
    assert!(reason.text.contains("waived by me until 2030-01-01T00:00:00Z"), "{}", reason.text);
    let both = Facts { refusals: vec![waived, refusal(Deny)], ..commands(&[command]) };
    assert_eq!(decide(&policy, &request, &both).decision, Deny, "another effect is not waived");
}

#[test]
fn a_refusal_says_what_would_happen_how_often_it_was_tried_and_what_to_do_instead() {
    let command = "rm -r /etc";
    let refused = Refusal { attempts: 2, ..refusal(Deny) };
    let verdict = decide(&policy("{}"), &request("code", "bash", command, false), &facts(command, refused));
    let first = verdict.reasons.first().unwrap();
    assert_eq!(
        (first.rule.as_str(), first.matched.as_str()),
        ("refuse.delete.root", "delete /etc recursive")
    );
    assert!(first.text.contains("refused 2 times before in this session"), "{}", first.text);
    assert_eq!(first.help.as_deref(), Some("ls -la -- /etc"));
}

#[test]
fn what_is_known_to_be_harmless_needs_no_question_outside_the_sandbox() {
    let table: &[(&str, bool, Decision)] = &[
        (r#"{}"#, true, Allow),
        (r#"{}"#, false, Ask),
        (r#"{"permission": {"bash": "ask"}}"#, true, Ask),
        (r#"{"permission": {"bash": {"cargo *": "deny"}}}"#, true, Deny),
        (r#"{"preset": "supervised"}"#, true, Ask),
        (r#"{"preset": "readonly"}"#, true, Deny),
    ];
    for (rules, harmless, decision) in table {
        let mut facts = commands(&["cargo test"]);
        facts.commands[0].harmless = *harmless;
        let request = request("code", "bash", "cargo test", false);
        assert_eq!(decide(&policy(rules), &request, &facts).decision, *decision, "{rules} {harmless}");
    }
}

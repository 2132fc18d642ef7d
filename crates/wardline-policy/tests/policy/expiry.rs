//! Rules that hold for a while: before their end they are rules, afterwards they are none.

use proptest::prelude::*;
use wardline_policy::{Decision, Options, PolicySet, lint};

use crate::support::{build_with, check, options, user};

fn at(text: &str, now: Option<u64>) -> PolicySet {
    build_with(&[user(text)], &Options { now, ..options() })
}

fn decided(policy: &PolicySet, target: &str) -> Decision {
    check(policy, "websearch_mcp", target)
}

/// 2026-11-21T19:30:01Z.
const END: u64 = 1_795_289_401;

fn rule(decision: &str) -> String {
    format!(
        "{{\"permission\": {{\"websearch_mcp\": {{\"*\": \"ask\", \"a*\": {{\"effect\": \"{decision}\", \"expires\": \"2026-11-21T19:30:01Z\"}}}}}}}}"
    )
}

#[test]
fn a_rule_holds_until_its_end() {
    use Decision::{Allow, Ask, Deny};
    let table = [
        ("allow", Some(END - 1), Allow),
        ("allow", Some(END), Ask),
        ("allow", Some(u64::MAX), Ask),
        ("allow", None, Ask),
        ("deny", Some(END - 1), Deny),
        ("deny", Some(END), Ask),
        ("deny", None, Deny),
    ];
    for (word, now, expected) in table {
        let policy = at(&rule(word), now);
        assert_eq!(decided(&policy, "abc"), expected, "{word} at {now:?}");
        assert_eq!(decided(&policy, "b"), Ask);
        let over = lint(&policy).iter().any(|remark| remark.code == "expired");
        assert_eq!(over, expected == Ask, "{word} at {now:?}");
        assert_eq!(policy.next_expiry(), (expected != Ask).then_some(END));
    }
    let digest = |now| at(&rule("allow"), Some(now)).digest().to_owned();
    assert_eq!(digest(1), digest(END - 1), "the time itself is no part of the policy");
    assert_ne!(digest(END - 1), digest(END));
}

#[test]
fn an_end_that_cannot_be_read_is_no_policy() {
    for text in ["soon", "2026-02-30", "", "2026-11-21T19:30:01+01:00"] {
        let text = rule("allow").replace("2026-11-21T19:30:01Z", text);
        assert!(PolicySet::build(&[user(&text)], &options()).is_err(), "{text}");
    }
}

/// A pattern, what it says, and the hour at which it ends, if it does.
type Line = (String, Decision, Option<u64>);

fn text_of(lines: &[Line]) -> String {
    let line = |(pattern, decision, hour): &Line| match hour {
        None => format!("{{\"action\": \"x_y\", \"resource\": \"{pattern}\", \"effect\": \"{decision}\"}}"),
        Some(hour) => format!(
            "{{\"action\": \"x_y\", \"resource\": \"{pattern}\", \"effect\": {{\"effect\": \"{decision}\", \"expires\": \"1970-01-01T{hour:02}:00:00Z\"}}}}"
        ),
    };
    format!("{{\"permission\": [{}]}}", lines.iter().map(line).collect::<Vec<_>>().join(", "))
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let decision = prop::sample::select(vec![Decision::Allow, Decision::Ask, Decision::Deny]);
    prop::collection::vec(("[ab*?]{1,3}", decision, prop::option::of(0_u64..24)), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    /// A rule whose end has come decides like no rule.
    #[test]
    fn what_is_over_is_not_there(lines in lines(), target in "[ab]{1,3}", hour in 0_u64..25) {
        let now = hour * 3600;
        let left: Vec<Line> = lines
            .iter()
            .filter(|(_, _, end)| end.is_none_or(|end| hour < end))
            .map(|(pattern, decision, _)| (pattern.clone(), *decision, None))
            .collect();
        let (with, without) = (at(&text_of(&lines), Some(now)), at(&text_of(&left), Some(now)));
        let decided = |policy: &PolicySet| check(policy, "x_y", &target);
        prop_assert_eq!(decided(&with), decided(&without));
    }

    /// Without a time nothing is allowed that is not allowed at every time.
    #[test]
    fn without_a_time_only_what_always_holds_is_allowed(lines in lines(), target in "[ab]{1,3}", hour in 0_u64..25) {
        let decided = |now| {
            check(&at(&text_of(&lines), now), "x_y", &target)
        };
        if decided(None) == Decision::Allow {
            prop_assert_eq!(decided(Some(hour * 3600)), Decision::Allow);
        }
    }
}

//! Who may say how much a confined program may use.

use crate::support::*;
use wardline_policy::LimitForce::{Ceiling, Sets, Tightens};
use wardline_policy::{Layer, PolicySet};

fn stated(policy: &PolicySet) -> Vec<(String, Option<u64>, wardline_policy::LimitForce)> {
    policy.limits().iter().map(|limit| (limit.name.clone(), limit.value, limit.force)).collect()
}

#[test]
fn a_person_sets_a_repository_tightens_and_the_administrator_is_above_all() {
    let policy = build(&[
        managed(r#"{"limits": {"memory": "16G"}}"#),
        user(r#"{"limits": {"memory": "4G", "time": null}}"#),
        project(true, r#"{"limits": {"memory": "32G"}}"#),
        project(false, r#"{"limits": {"processes": 64}}"#),
    ]);
    let expected = [
        ("memory", Some(4 << 30), Sets),
        ("time", None, Sets),
        ("memory", Some(32 << 30), Tightens),
        ("processes", Some(64), Tightens),
        ("memory", Some(16 << 30), Ceiling),
    ]
    .map(|(name, value, force)| (name.to_owned(), value, force));
    assert_eq!(stated(&policy), expected);
    assert_eq!(policy.limits()[0].origin.to_string(), "~/.config/wardline/config.jsonc:1");
}

#[test]
fn a_limit_that_is_not_understood_is_refused_with_its_line() {
    for text in [
        r#"{"limits": {"memory": "lots"}}"#,
        r#"{"limits": {"speed": 1}}"#,
        r#"{"limits": {"processes": 0}}"#,
        r#"{"limits": {"processes": true}}"#,
        r#"{"limits": [1]}"#,
        r#"{"profiles": {"p": {"limits": {"time": "1y"}}}}"#,
    ] {
        let problems = PolicySet::build(&[source(Layer::User, true, text)], &options()).unwrap_err();
        assert!(
            problems.iter().all(|problem| problem.line == 1 && !problem.help.is_empty()),
            "{text}: {problems:?}"
        );
    }
}

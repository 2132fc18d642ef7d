//! Laws of rules that a question leaves.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::approvals::question::example;
use crate::rules;

/// A world of its own with a project.
fn world(dir: &crate::scratch::Dir) -> World {
    let home = dir.path().to_string_lossy().into_owned();
    std::fs::create_dir_all(dir.path().join("p")).unwrap();
    World::new([("HOME".to_owned(), home)].into(), &dir.path().join("p"), PathBuf::from("/x")).unwrap()
}

/// The question that the policy has about a command, with its proposals; `None` when it has none.
fn question(world: &World, command: &str) -> Option<Question> {
    let request = CheckRequest {
        permission: "bash".to_owned(),
        target: command.to_owned(),
        agent: None,
        cwd: None,
        confined: false,
    };
    let checked = check(world, &policy(world, &Choice::default(), None).unwrap(), request);
    if checked.verdict.decision != Decision::Ask {
        return None;
    }
    let proposals = crate::check::proposals(world, &Choice::default(), &checked).unwrap();
    let project = world.project.to_string_lossy().into_owned();
    let cwd = project.clone();
    Some(Question { action: command.to_owned(), project, cwd, proposals, confined: false, ..example() })
}

const COMMANDS: [&str; 10] = [
    "make all",
    "cargo publish",
    "npm run build",
    "terraform plan -out x",
    "kubectl get pods && make",
    "git push origin main",
    "./build.sh --fast",
    "docker ps",
    "go test ./...",
    "mytool 'a b' --c=d",
];

#[test]
fn what_is_proposed_answers_the_question_and_nothing_else_can_be_given() {
    let dir = crate::scratch::Dir::new("manage-proposed");
    let world = world(&dir);
    let mut given = 0;
    for command in COMMANDS {
        let Some(question) = question(&world, command) else { continue };
        for count in 1..=question.proposals.len() {
            let chosen = &question.proposals[..count];
            if let Ok(shown) = prepare(&world, &question, chosen, Hold::User, None) {
                given += 1;
                let draft = shown.draft.unwrap();
                let all = sources::read(&world).unwrap();
                let own = Source {
                    layer: Layer::User,
                    file: draft.file.to_string_lossy().into_owned(),
                    text: draft.after,
                    kind: SourceKind::Config,
                    trusted: true,
                };
                let policy = sources::build(&[all, vec![own]].concat(), &world, &Choice::default()).unwrap();
                assert!(answers(&world, &policy, &question), "{command}: {chosen:?}");
            }
        }
        for wider in ["*", "make *x", "cargo *"] {
            let wider = [wider.to_owned()];
            assert!(
                question.proposals.contains(&wider[0])
                    || prepare(&world, &question, &wider, Hold::User, None).is_err()
            );
        }
    }
    assert!(given >= 5, "{given}");
}

#[test]
fn nothing_is_proposed_for_what_runs_whatever_it_is_given() {
    let dir = crate::scratch::Dir::new("manage-interpreters");
    let world = world(&dir);
    for command in
        ["python3 x.py", "sudo make", "sh -c 'make x'", "env A=b make", "xargs make", "eval \"$X\""]
    {
        let Some(question) = question(&world, command) else { continue };
        let wide = |rule: &&String| {
            rule.ends_with('*') && question.action.starts_with(rule.trim_end_matches([' ', '*']))
        };
        let wide: Vec<&String> = question.proposals.iter().filter(wide).collect();
        assert!(wide.is_empty(), "{command}: {wide:?}");
    }
}

#[test]
fn the_preview_lists_what_the_rules_would_have_let_through() {
    let dir = crate::scratch::Dir::new("manage-preview");
    let world = world(&dir);
    let journal = audit::Journal::open(&world.journal()).unwrap();
    let row = |session: &str, target: &str, decision: &str, cwd: &PathBuf| {
        let body = json!({"permission": "bash", "targets": [target], "decision": decision, "cwd": cwd.to_string_lossy(), "agent": "code"});
        let Value::Object(body) = body else { unreachable!() };
        let draft = audit::Draft {
            time: "t".to_owned(),
            session: session.to_owned(),
            kind: Kind::Intent,
            call: None,
            body,
        };
        journal.append(&draft).unwrap();
    };
    let elsewhere = dir.path().join("q");
    std::fs::create_dir_all(&elsewhere).unwrap();
    for (session, target, decision, cwd) in [
        ("run-1", "terraform plan -out x", "ask", &world.project),
        ("run-1", "terraform plan -out y", "ask", &world.project),
        ("run-1", "terraform plan -out y", "deny", &world.project),
        ("run-2", "terraform plan -var z", "deny", &world.project),
        ("run-2", "terraform apply", "ask", &world.project),
        ("run-3", "terraform plan", "ask", &elsewhere),
        ("run-3", "ls", "allow", &elsewhere),
    ] {
        row(session, target, decision, cwd);
    }
    let question = question(&world, "terraform plan -out x").unwrap();
    let wide = question.proposals.last().unwrap().clone();
    assert_eq!(wide, "terraform plan *");
    let table = [(Hold::Session, 1, 1), (Hold::Project, 2, 3), (Hold::User, 3, 4)];
    for (hold, would, tried) in table {
        let shown = prepare(&world, &question, std::slice::from_ref(&wide), hold, None).unwrap();
        assert_eq!((shown.would.len(), shown.tried), (would, tried), "{hold:?}: {:?}", shown.would);
        assert!(!shown.would.iter().any(|it| it.target.contains("apply")));
    }
    let narrow = prepare(&world, &question, &question.proposals[..1], Hold::User, None).unwrap();
    assert_eq!(narrow.would, []);
}

#[test]
fn rules_hold_where_they_are_given_and_until_their_end() {
    let dir = crate::scratch::Dir::new("manage-holds");
    let world = world(&dir);
    let question = question(&world, "terraform plan -out x").unwrap();
    let narrow = &question.proposals[..1];
    let other = world.clone().in_project(dir.path().join("q"));
    let decided = |world: &World| {
        let cwd = world.project.to_string_lossy().into_owned();
        let there = Question { cwd, ..question.clone() };
        answers(world, &policy(world, &Choice::default(), None).unwrap(), &there)
    };
    let shown = prepare(&world, &question, narrow, Hold::Session, None).unwrap();
    shown.give(&world, "test").unwrap();
    let grants = Board::at(&world.state).grants().unwrap();
    assert_eq!(grants.len(), 1);
    assert!(
        grants[0].holds("run-1", &world.project, now_ms())
            && !grants[0].holds("run-2", &world.project, now_ms())
    );
    assert!(!decided(&world), "no file says it");
    let shown = prepare(&world, &question, narrow, Hold::Project, None).unwrap();
    shown.give(&world, "test").unwrap();
    assert!(decided(&world) && !decided(&other));
    assert!(shown.give(&world, "test").is_err(), "what was shown is given once");
    std::fs::remove_file(rules::file_of_project(&world)).unwrap();
    let soon = SystemTime::now() + Duration::from_secs(2);
    prepare(&world, &question, narrow, Hold::User, Some(soon)).unwrap().give(&world, "test").unwrap();
    assert!(decided(&world) && decided(&other));
    while SystemTime::now() < soon + Duration::from_secs(1) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!decided(&world), "its end has come");
}

#[test]
fn ends_are_spans_or_days() {
    let now = UNIX_EPOCH + Duration::from_secs(1_795_289_401);
    let seconds = |text: &str| {
        end_of(text, now).map(|end| end.map(|end| end.duration_since(UNIX_EPOCH).unwrap().as_secs()))
    };
    let table = [
        ("", Ok(None)),
        ("never", Ok(None)),
        ("1h", Ok(Some(1_795_293_001))),
        ("7d", Ok(Some(1_795_894_201))),
        ("2026-11-21", Ok(Some(1_795_305_600))),
        ("2026-11-20", Err(())),
        ("2028-01-01", Err(())),
        ("0s", Err(())),
        ("2y", Err(())),
        ("soon", Err(())),
    ];
    for (text, end) in table {
        assert_eq!(seconds(text).map_err(|_| ()), end, "{text}");
    }
}

/// What a file's rules say, in their order.
fn said(text: &str) -> Vec<(String, String, String)> {
    let source = Source {
        layer: Layer::User,
        file: "config.jsonc".to_owned(),
        text: text.to_owned(),
        kind: SourceKind::Config,
        trusted: true,
    };
    let policy = PolicySet::build(&[source], &wardline_policy::Options::default()).unwrap();
    let rules = policy.rules("code").into_iter().filter(|rule| rule.origin.file == "config.jsonc");
    rules.map(|rule| (rule.permission, rule.pattern, rule.decision.to_string())).collect()
}

/// A configuration with comments in odd places.
fn file() -> impl Strategy<Value = String> {
    let comment = prop::sample::select(vec!["", " // mine", " /* first */", "\n    // a line of its own"]);
    let line = ("[a-d]{1,3}( \\*)?", prop::sample::select(vec!["allow", "ask", "deny"]), comment);
    let lines = prop::collection::vec(line, 0..6);
    let shape = (any::<bool>(), any::<bool>(), any::<bool>());
    (lines, shape).prop_map(|(lines, (trailing, other, head))| {
        let mut seen = BTreeMap::new();
        let lines: Vec<_> = lines.into_iter().filter(|(pattern, ..)| seen.insert(pattern.clone(), ()).is_none()).collect();
        let count = lines.len();
        let lines: String = lines
            .iter()
            .zip(1..)
            .map(|((pattern, decision, comment), at)| {
                let comma = if at < count || trailing { "," } else { "" };
                format!("      \"{pattern}\": \"{decision}\"{comma}{comment}\n")
            })
            .collect();
        let other = if other { "    \"edit\": \"ask\", // careful\n" } else { "" };
        let head = if head { "// what I let agents do\n" } else { "" };
        format!("{head}{{\n  \"permission\": {{\n{other}    \"bash\": {{\n{lines}    }}\n  }}, /* end */\n  \"on_ask\": \"deny\"\n}}\n")
    })
}

/// Whether the characters of one text stand in another in their order.
fn within(small: &str, large: &str) -> bool {
    let mut rest = large.chars();
    small.chars().all(|c| rest.any(|other| other == c))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

    /// An appended file is the old one with the rule at its bottom: no byte is gone, and everything else says what it said.
    #[test]
    fn a_rule_is_appended_and_nothing_else_changes(text in file(), pattern in "[x-z]{1,4}( \\*)?", ends in any::<bool>()) {
        let expires = ends.then(|| "9999-01-01".to_owned());
        let edit = Edit::Give { permission: "bash".to_owned(), patterns: vec![pattern.clone()], expires };
        let after = rules::edited(&text, &edit).unwrap();
        prop_assert!(within(&text, &after), "{text}\n{after}");
        // Without a clock a rule with an end that allows is none, so that this reads it without.
        let mut rules = said(&after.replace(", \"expires\": \"9999-01-01\"", "").replace("\"expires\": \"9999-01-01\"", "\"reason\": \"r\""));
        let last = rules.iter().rposition(|(permission, ..)| permission == "bash").map(|at| rules.remove(at));
        prop_assert_eq!(last, Some(("bash".to_owned(), pattern, "allow".to_owned())));
        prop_assert_eq!(rules, said(&text));
        prop_assert_eq!(rules::edited(&after, &edit).unwrap(), after, "once");
    }
}

//! Laws that hold for every policy, checked on generated ones, and a naive evaluator to compare with.

use crate::support::*;
use proptest::prelude::*;
use wardline_policy::{
    Access, Certainty, CommandFact, Decision, Doubt, DoubtKind, Facts, Layer, Options, PolicySet, Preset,
    Refusal, Request, Source, decide, lint, matches, run_examples,
};

/// A rule as data: permission, pattern, decision.
type Line = (String, String, Decision);

fn decisions() -> impl Strategy<Value = Decision> {
    prop_oneof![Just(Decision::Allow), Just(Decision::Ask), Just(Decision::Deny)]
}

/// Few words, so that rules and targets meet.
fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "*",
            "git *",
            "git status",
            "rm *",
            "rm -rf *",
            "* x",
            "src/*",
            "src/?",
            "*.env",
            ".env",
            "**/.env",
            "/srv/*",
            "~/.ssh/*",
            "id_rsa",
            "a*b*c",
            "?",
            "",
            " *",
            "* *",
        ])
        .prop_map(str::to_owned),
        "[ab*? /.]{0,6}",
    ]
}

fn permission() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "*",
        "bash",
        "read",
        "edit",
        "external_directory",
        "list",
        "b*",
        "srv_*",
        "grep",
    ])
    .prop_map(str::to_owned)
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec((permission(), pattern(), decisions()), 0..6)
}

fn text_of(lines: &[Line]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let rules = lines.iter().map(|(permission, pattern, decision)| {
        format!(
            "{{\"action\":{},\"resource\":{},\"effect\":\"{decision}\"}}",
            quoted(permission),
            quoted(pattern)
        )
    });
    format!("{{\"permission\":[{}]}}", rules.collect::<Vec<_>>().join(","))
}

/// A stack of sources in a fixed order of layers.
#[derive(Clone, Debug)]
struct Stack {
    managed: Vec<Line>,
    user: Vec<Line>,
    trusted: Vec<Line>,
    untrusted: Vec<Line>,
    session: Vec<Line>,
    agent: String,
    preset: Option<Preset>,
}

impl Stack {
    fn sources(&self) -> Vec<Source> {
        vec![
            managed(&text_of(&self.managed)),
            user(&text_of(&self.user)),
            project(true, &text_of(&self.trusted)),
            project(false, &text_of(&self.untrusted)),
            session(&text_of(&self.session)),
        ]
    }

    fn build(&self) -> PolicySet {
        build_with(&self.sources(), &Options { preset: self.preset, ..options() })
    }

    fn layer(&mut self, number: usize) -> &mut Vec<Line> {
        match number {
            0 => &mut self.managed,
            1 => &mut self.user,
            2 => &mut self.trusted,
            3 => &mut self.untrusted,
            _ => &mut self.session,
        }
    }
}

fn stack() -> impl Strategy<Value = Stack> {
    let agent = prop::sample::select(vec!["code", "plan", "ask", "explore", "general", "nobody"])
        .prop_map(str::to_owned);
    let presets = vec![None, Some(Preset::Autopilot), Some(Preset::Supervised), Some(Preset::Readonly)];
    (lines(), lines(), lines(), lines(), lines(), agent, prop::sample::select(presets)).prop_map(
        |(managed, user, trusted, untrusted, session, agent, preset)| Stack {
            managed,
            user,
            trusted,
            untrusted,
            session,
            agent,
            preset,
        },
    )
}

fn target() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "git status",
            "git",
            "rm -rf x",
            "rm",
            "ls x",
            "src/a",
            "src/.env",
            ".env",
            "/srv/a",
            "/srv/*",
            "id_rsa",
            "/home/u/.ssh/id_rsa",
            ".git/hooks/x",
            "abc",
            "a",
        ])
        .prop_map(str::to_owned),
        "[ab /.]{0,6}",
    ]
}

fn asked() -> impl Strategy<Value = Request> {
    let keys = vec![
        "bash",
        "read",
        "edit",
        "write",
        "external_directory",
        "list",
        "grep",
        "glob",
        "srv_tool",
        "webfetch",
    ];
    (prop::sample::select(keys), target(), any::<bool>())
        .prop_map(|(key, target, confined)| request("code", key, &target, confined))
}

fn facts() -> impl Strategy<Value = Facts> {
    let access = prop::sample::select(vec![
        Access::Read,
        Access::List,
        Access::Write,
        Access::Delete,
        Access::Execute,
    ]);
    let certainty = prop::sample::select(vec![Certainty::Proven, Certainty::Assumed, Certainty::Opaque]);
    let paths =
        prop::collection::vec((access, target(), target(), certainty.clone()), 0..3).prop_map(|all| {
            let fact = |(access, from, to, certainty): (Access, String, String, Certainty)| {
                let mut fact = link(access, &from, &to);
                fact.certainty = certainty;
                fact
            };
            all.into_iter().map(fact).collect::<Vec<_>>()
        });
    let flags = (any::<bool>(), any::<bool>());
    let command = (target(), target(), prop::collection::vec(target(), 0..2), flags, certainty).prop_map(
        |(literal, canonical, forms, (directory_change, harmless), certainty)| CommandFact {
            literal,
            canonical,
            forms,
            directory_change,
            certainty,
            harmless,
        },
    );
    let doubts = prop::collection::vec(doubts(), 0..2);
    let refusals = prop::collection::vec(refusals(), 0..2);
    (prop::collection::vec(command, 0..3), paths, doubts, refusals, 0..4_u32).prop_map(
        |(commands, paths, doubts, refusals, repeats)| Facts { commands, paths, doubts, refusals, repeats },
    )
}

fn refusals() -> impl Strategy<Value = Refusal> {
    let decisions = vec![Decision::Ask, Decision::Deny];
    (prop::sample::select(decisions), prop::option::of(0..3_usize), 0..3_u32, any::<bool>()).prop_map(
        |(decision, command, attempts, waived)| Refusal {
            command,
            attempts,
            waiver: waived.then(waiver),
            ..refusal(decision)
        },
    )
}

fn doubts() -> impl Strategy<Value = Doubt> {
    use DoubtKind::{Dynamic, Flood, Limit, Unparsed, Unresolved};
    let kinds = vec![Unparsed, Limit, Flood, Dynamic, Unresolved];
    prop::sample::select(kinds).prop_map(doubt)
}

fn ask(policy: &PolicySet, agent: &str, request: &Request, facts: &Facts) -> Decision {
    decide(policy, &Request { agent: agent.to_owned(), ..request.clone() }, facts).decision
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_added_deny_never_loosens(
        before in stack(), request in asked(), facts in facts(),
        layer in 0..5_usize, place in any::<prop::sample::Index>(), permission in permission(), pattern in pattern(),
    ) {
        let mut after = before.clone();
        let lines = after.layer(layer);
        lines.insert(place.index(lines.len() + 1), (permission, pattern, Decision::Deny));
        let (old, new) = (ask(&before.build(), &before.agent, &request, &facts), ask(&after.build(), &after.agent, &request, &facts));
        prop_assert!(new >= old, "{old} became {new}");
    }

    #[test]
    fn an_untrusted_layer_never_loosens(with in stack(), request in asked(), facts in facts(), extra in "[a-z]{0,3}") {
        let mut without = with.clone();
        without.untrusted.clear();
        let base = ask(&without.build(), &with.agent, &request, &facts);
        prop_assert!(ask(&with.build(), &with.agent, &request, &facts) >= base);
        // Nor does whatever else such a file can hold.
        let rules = text_of(&with.untrusted);
        let rules = rules.trim_start_matches('{').trim_end_matches('}');
        let agent = &with.agent;
        let everything = format!(
            "{{\"preset\": \"autopilot\", \"compat\": \"kilo\", \"tools\": {{\"bash\": true, \"edit\": true}}, {rules},
              \"agent\": {{{agent:?}: {{\"permission\": \"allow\", \"description\": {extra:?}}}}},
              \"network\": {{\"allow\": [\"evil.example\"], \"ask\": [\"*\"], \"forward\": {{\"db\": 5432}}}}}}");
        let mut sources = without.sources();
        sources.push(source(Layer::Agent, false, &everything));
        sources.push(markdown(Layer::Agent, false, agent, "---\npermission: allow\ntools:\n  bash: true\n---\n"));
        let policy = build_with(&sources, &Options { preset: with.preset, ..options() });
        prop_assert!(ask(&policy, &with.agent, &request, &facts) >= base);
        prop_assert!(policy.hosts().is_empty() && policy.network().ask.is_empty() && policy.network().forwards.is_empty());
    }

    #[test]
    fn order_plays_no_part_in_managed_rules(stack in stack(), request in asked(), facts in facts(), seed in any::<u64>()) {
        let mut shuffled = stack.clone();
        let length = shuffled.managed.len().max(1);
        shuffled.managed.rotate_left(usize::try_from(seed).unwrap_or(0) % length);
        if seed & 1 == 1 { shuffled.managed.reverse(); }
        let agent = &stack.agent;
        prop_assert_eq!(ask(&stack.build(), agent, &request, &facts), ask(&shuffled.build(), agent, &request, &facts));
        let mut split = stack.sources();
        let own: Vec<Line> = split_off(&stack.managed);
        split[0] = managed(&text_of(&own[..own.len() / 2]));
        split.push(managed(&text_of(&own[own.len() / 2..])));
        let split = build_with(&split, &Options { preset: stack.preset, ..options() });
        prop_assert_eq!(ask(&stack.build(), agent, &request, &facts), ask(&split, agent, &request, &facts));
    }

    #[test]
    fn an_added_doubt_never_loosens(stack in stack(), request in asked(), facts in facts(), doubt in doubts()) {
        let policy = stack.build();
        let mut doubtful = facts.clone();
        doubtful.doubts.push(doubt);
        prop_assert!(ask(&policy, &stack.agent, &request, &doubtful) >= ask(&policy, &stack.agent, &request, &facts));
    }

    #[test]
    fn an_added_refusal_never_loosens(stack in stack(), request in asked(), facts in facts(), decision in prop::sample::select(vec![Decision::Ask, Decision::Deny])) {
        let policy = stack.build();
        let mut refused = facts.clone();
        refused.refusals.push(refusal(decision));
        prop_assert!(ask(&policy, &stack.agent, &request, &refused) >= ask(&policy, &stack.agent, &request, &facts));
    }

    #[test]
    fn an_added_path_or_repeat_never_loosens(stack in stack(), request in asked(), facts in facts(), more in facts()) {
        let policy = stack.build();
        let mut fuller = facts.clone();
        fuller.paths.extend(more.paths);
        fuller.repeats += more.repeats;
        prop_assert!(ask(&policy, &stack.agent, &request, &fuller) >= ask(&policy, &stack.agent, &request, &facts));
    }

    #[test]
    fn a_child_is_never_wider_than_its_parent(stack in stack(), request in asked(), facts in facts(), parent in prop::sample::select(vec!["code", "plan", "explore", "general"])) {
        let policy = stack.build();
        let child = Request { agent: stack.agent.clone(), parents: vec![parent.to_owned()], ..request.clone() };
        let child = decide(&policy, &child, &facts).decision;
        prop_assert!(child >= ask(&policy, parent, &request, &facts));
        prop_assert!(child >= ask(&policy, &stack.agent, &request, &facts));
    }

    #[test]
    fn deciding_is_total_and_repeatable(
        permission in any::<String>(), targets in prop::collection::vec(any::<String>(), 0..3), agent in any::<String>(),
        pattern in any::<String>(), own in any::<String>(), stack in stack(), facts in facts(),
    ) {
        let mut stack = stack;
        stack.user.push((permission.clone(), pattern, Decision::Deny));
        let sources = stack.sources();
        // A rule on a key without patterns is a problem, which is an answer too.
        let options = Options { home: own, ..options() };
        if let Ok(policy) = PolicySet::build(&sources, &options) {
            let request = Request { permission, targets, agent, ..Request::default() };
            let verdict = decide(&policy, &request, &facts);
            prop_assert!(!verdict.reasons.is_empty());
            prop_assert_eq!(verdict.reasons[0].decision, verdict.decision);
            prop_assert_eq!(&verdict, &decide(&policy, &request, &facts));
            lint(&policy);
            run_examples(&policy);
        }
    }

    #[test]
    fn reading_never_panics(text in any::<String>(), json in "[\\[\\]{}\":,a-z/*\n ]{0,60}", yaml in "[a-z:*&!|>\\-\n \"'#{}\\[\\]]{0,60}") {
        for text in [&text, &json] {
            let _either = PolicySet::build(&[user(text)], &options());
        }
        for head in [&text, &yaml] {
            let _either = PolicySet::build(&[markdown(Layer::Agent, true, "x", &format!("---\n{head}\n---\n"))], &options());
        }
    }

    #[test]
    fn the_index_finds_what_trying_every_rule_finds(lines in prop::collection::vec((permission(), pattern(), decisions()), 0..40), target in target(), key in permission()) {
        let policy = build(&[user(&text_of(&lines))]);
        let mut request = Request::new(key.replace('*', "x"), &target);
        request.agent = "code".to_owned();
        if matches!(request.permission.as_str(), "bash" | "read" | "edit" | "list" | "grep" | "external_directory") {
            // Those are judged by more than their rules.
            request.permission = "srv_tool".to_owned();
        }
        let decided = decide(&policy, &request, &Facts::default()).decision;
        prop_assert_eq!(decided, naive(&policy, &request));
    }

    #[test]
    fn matching_agrees_with_the_definition(pattern in "[ab*? ]{0,8}", text in "[ab /\n]{0,8}") {
        prop_assert_eq!(matches(&pattern, &text, false), by_definition(&pattern, &text));
    }
}

fn split_off(lines: &[Line]) -> Vec<Line> {
    lines.to_vec()
}

/// The rules as `show` prints them, tried one after the other: the last match of the base decides.
fn naive(policy: &PolicySet, request: &Request) -> Decision {
    let mut decision = Decision::Ask;
    for rule in policy.rules(&request.agent) {
        let holds = rule.confined.is_none_or(|confined| confined == request.confined);
        let hit = matches(&rule.permission, &request.permission, false)
            && request.targets.iter().all(|target| matches(&rule.pattern, target, false));
        if rule.part == "base" && holds && hit {
            decision = rule.decision;
        }
    }
    decision
}

/// Section 1.3 word for word: star is any run, question mark one character, a trailing space-star is optional.
fn by_definition(pattern: &str, text: &str) -> bool {
    fn run(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, _) => text.is_empty(),
            (Some(('*', rest)), _) => {
                run(rest, text) || text.split_first().is_some_and(|(_, left)| run(pattern, left))
            }
            (Some(('?', rest)), Some((_, left))) => run(rest, left),
            (Some((wanted, rest)), Some((found, left))) => wanted == found && run(rest, left),
            (Some(_), None) => false,
        }
    }
    let text: Vec<char> = text.chars().collect();
    let whole: Vec<char> = pattern.chars().collect();
    let bare: Option<Vec<char>> = pattern.strip_suffix(" *").map(|bare| bare.chars().collect());
    run(&whole, &text) || bare.is_some_and(|bare| run(&bare, &text))
}

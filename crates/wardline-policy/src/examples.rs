//! Runs the examples that people write beside their rules.

use serde::{Deserialize, Serialize};

use crate::builtin::Circumstances;
use crate::decide::decide;
use crate::decision::{Decision, Origin};
use crate::evaluate::{Kind, Question, opinions};
use crate::policy::{PolicySet, SourceRules};
use crate::request::{Certainty, CommandFact, Facts, Request};
use crate::rule::Rule;
use crate::wildcard::fold;

/// How one example came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleResult {
    /// Where the example, or the rule it belongs to, is written.
    pub origin: Origin,
    /// The permission asked about.
    pub permission: String,
    /// The target asked about.
    pub target: String,
    /// Whether it came out as its author expected.
    pub passed: bool,
    /// What was expected and what happened.
    pub text: String,
}

/// Runs every example of every source, a `bash` target being taken for one command without paths.
pub fn run_examples(policy: &PolicySet) -> Vec<ExampleResult> {
    run_examples_with(policy, |request| Facts { commands: bash_commands(request), ..Facts::default() })
}

/// Runs every example of every source on the facts that `gather` finds for it.
pub fn run_examples_with(policy: &PolicySet, gather: impl Fn(&Request) -> Facts) -> Vec<ExampleResult> {
    let mut results = Vec::new();
    for source in &policy.sources {
        for (agent, rule) in rules_of(source) {
            check_rule(policy, agent, rule, &mut results);
        }
        for example in &source.settings.examples {
            let request = Request {
                agent: example.agent.clone().unwrap_or_default(),
                confined: example.confined,
                ..Request::new(&example.permission, &example.target)
            };
            let verdict = decide(policy, &request, &gather(&request));
            let why =
                verdict.reasons.first().map(|reason| format!(" by {} ({})", reason.rule, reason.origin));
            results.push(ExampleResult {
                origin: example.place.origin(),
                permission: example.permission.clone(),
                target: example.target.clone(),
                passed: verdict.decision == example.expect,
                text: format!(
                    "expected {}, got {}{}",
                    example.expect,
                    verdict.decision,
                    why.unwrap_or_default()
                ),
            });
        }
    }
    results
}

fn bash_commands(request: &Request) -> Vec<CommandFact> {
    if request.permission != "bash" {
        return Vec::new();
    }
    let whole = |target: &String| CommandFact {
        literal: target.clone(),
        canonical: target.clone(),
        forms: Vec::new(),
        directory_change: false,
        certainty: Certainty::Proven,
        harmless: false,
    };
    request.targets.iter().map(whole).collect()
}

/// The rules of a source, each with the agent it is to be tried on.
fn rules_of(source: &SourceRules) -> impl Iterator<Item = (&str, &Rule)> {
    let general = source.general.list.rules().iter().map(|rule| ("code", rule));
    let own = source
        .agents
        .iter()
        .flat_map(|(agent, segment)| segment.list.rules().iter().map(move |rule| (agent.as_str(), rule)));
    general.chain(own)
}

fn check_rule(policy: &PolicySet, agent: &str, rule: &Rule, results: &mut Vec<ExampleResult>) {
    let Some(note) = &rule.effect.note else { return };
    let mut report = |target: &str, passed: bool, text: String| {
        results.push(ExampleResult {
            origin: rule.effect.place.origin(),
            permission: rule.permission.as_str().to_owned(),
            target: target.to_owned(),
            passed,
            text,
        });
    };
    let hits = |target: &str| rule.pattern.matches(&fold(target, policy.terms.windows));
    for target in &note.matching {
        if !hits(target) {
            report(target, false, format!("{} does not match it", rule.words()));
            continue;
        }
        match outcome(policy, agent, rule, target) {
            Some((decision, by)) if decision != rule.decision() => {
                report(target, false, format!("{} matches it, but it is {decision} by {by}", rule.words()));
            }
            _ => report(target, true, format!("{} decides it", rule.words())),
        }
    }
    for target in &note.not_matching {
        let hit = hits(target);
        let verb = if hit { "matches" } else { "does not match" };
        report(target, !hit, format!("{} {verb} it", rule.words()));
    }
}

/// What the rules as a whole say; `None` where the rule is about many permissions at once.
fn outcome(policy: &PolicySet, agent: &str, rule: &Rule, target: &str) -> Option<(Decision, String)> {
    let permission = rule.permission.literal()?;
    let circumstances = Circumstances { confined: false, harmless: false };
    let question = Question::new(permission, target, circumstances, policy.terms.windows, Kind::Direct);
    let found = opinions(policy.stack(agent)?, &question);
    let strictest = found.first()?;
    let by = strictest.rule.map(|rule| format!("{} ({})", rule.words(), rule.effect.place.origin()));
    Some((strictest.decision, by.unwrap_or_else(|| "default".to_owned())))
}

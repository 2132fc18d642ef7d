//! The decision: every ground that speaks for or against a request, and the strictest of them.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use crate::builtin::Circumstances;
use crate::commands;
use crate::decision::{CommandVerdict, Decision, Layer, Obligation, Reason, Verdict};
use crate::evaluate::{Kind, Opinion, Question, Voice, opinions};
use crate::explain;
use crate::floors;
use crate::names::normalise;
use crate::paths;
use crate::policy::PolicySet;
use crate::refusals;
use crate::request::{Certainty, Doubt, DoubtKind, Facts, PathFact, Request};
use crate::rule::{Rule, permission_key};
use crate::stack::Stack;

/// Decides a request. Total, deterministic and pure: equal inputs give equal verdicts, and no input fails.
pub fn decide(policy: &PolicySet, request: &Request, facts: &Facts) -> Verdict {
    let mut grounds = Grounds::default();
    // A child acts for its parents, so the action has to pass for each of them.
    for (agent, delegated) in chain_of_agents(request) {
        let Some(stack) = policy.stack(agent) else {
            grounds.add(explain::no_rules(agent));
            continue;
        };
        let case =
            Case { policy, stack, request, facts, agent, permission: permission_key(&request.permission) };
        case.judge(&mut grounds);
        if delegated {
            case.judge_delegation(&mut grounds);
        }
    }
    grounds.into_verdict(policy, request)
}

/// The acting agent, whether it was delegated to, and then everyone it acts for.
fn chain_of_agents(request: &Request) -> Vec<(&str, bool)> {
    let mut chain = vec![(request.agent.as_str(), !request.parents.is_empty())];
    for parent in &request.parents {
        if !chain.iter().any(|(agent, _)| *agent == parent.as_str()) {
            chain.push((parent.as_str(), false));
        }
    }
    chain
}

/// One request as one agent's rules see it.
pub(crate) struct Case<'c> {
    pub(crate) policy: &'c PolicySet,
    pub(crate) stack: &'c Stack,
    pub(crate) request: &'c Request,
    pub(crate) facts: &'c Facts,
    pub(crate) agent: &'c str,
    /// The permission the rules go by.
    pub(crate) permission: &'c str,
}

impl<'c> Case<'c> {
    fn judge(&self, grounds: &mut Grounds<'c>) {
        if self.permission == "bash" {
            commands::judge(self, grounds);
        } else {
            self.judge_targets(grounds);
        }
        paths::judge(self, grounds);
        floors::judge(self, grounds);
        refusals::judge(self, grounds);
        self.judge_repeats(grounds);
        self.judge_doubts(grounds);
    }

    /// Every target has to pass; a request without any is not understood.
    fn judge_targets(&self, grounds: &mut Grounds<'c>) {
        for target in &self.request.targets {
            self.ask_rules(self.permission, target, Kind::Direct, grounds);
            if takes_paths(self.permission) {
                // `plans/../src/x` must pass under the name it stands for, too.
                let plain = normalise(target);
                if plain != *target && !plain.is_empty() {
                    self.ask_rules(self.permission, &plain, Kind::Direct, grounds);
                }
            }
        }
        if self.request.targets.is_empty() {
            self.ask_rules(self.permission, "*", Kind::Direct, grounds);
            grounds.add(explain::no_targets());
        }
    }

    /// Adds what the rules say about one target.
    pub(crate) fn ask_rules(&self, permission: &str, target: &str, kind: Kind, grounds: &mut Grounds<'c>) {
        let question = self.question(permission, target, kind);
        for opinion in opinions(self.stack, &question) {
            grounds.add_opinion(self, &question, &opinion);
        }
    }

    pub(crate) fn question(&self, permission: &str, target: &str, kind: Kind) -> Question {
        let circumstances = Circumstances { confined: self.request.confined, harmless: false };
        Question::new(permission, target, circumstances, self.policy.terms.windows, kind)
    }

    /// The paths of the action, each once: a long script names the same file over and over.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &'c PathFact> {
        let mut seen = HashSet::new();
        self.facts.paths.iter().filter(move |fact| seen.insert(Named(fact)))
    }

    /// The third identical call in a row is a loop until a person says otherwise.
    fn judge_repeats(&self, grounds: &mut Grounds<'c>) {
        if self.facts.repeats >= 2 {
            self.ask_rules("doom_loop", &self.request.permission, Kind::Direct, grounds);
        }
    }

    /// Comes last: whether a doubt matters depends on who allowed the rest.
    fn judge_doubts(&self, grounds: &mut Grounds<'c>) {
        for doubt in &self.facts.doubts {
            self.judge_doubt(doubt, grounds);
        }
        for command in self.facts.commands.iter().filter(|command| command.certainty == Certainty::Opaque) {
            let text = format!("what `{}` runs", command.literal);
            self.judge_doubt(&Doubt { kind: DoubtKind::Dynamic, text }, grounds);
        }
        for path in self.facts.paths.iter().filter(|path| path.certainty == Certainty::Opaque) {
            let text = format!("which path `{}` stands for ({})", path.lexical, path.because);
            self.judge_doubt(&Doubt { kind: DoubtKind::Dynamic, text }, grounds);
        }
    }

    /// Doubt tightens. What is only known at run time may pass inside the sandbox, which bounds it, but only
    /// where nobody wrote a rule that it could be hiding from.
    fn judge_doubt(&self, doubt: &Doubt, grounds: &mut Grounds<'c>) {
        // A question would be about something that nobody can read either.
        if doubt.kind == DoubtKind::Flood {
            return grounds.add_floor(explain::doubt(doubt, self.request.confined));
        }
        let bounded = match doubt.kind {
            DoubtKind::Unparsed | DoubtKind::Limit | DoubtKind::Flood => false,
            DoubtKind::Dynamic | DoubtKind::Unresolved => {
                self.request.confined && !self.stack.hides && grounds.only_builtin_allows()
            }
        };
        if !bounded {
            grounds.add(explain::doubt(doubt, self.request.confined));
        }
    }

    /// A child neither delegates further nor talks to the person over its parent's head.
    fn judge_delegation(&self, grounds: &mut Grounds<'c>) {
        if matches!(self.permission, "task" | "question" | "interactive_terminal") {
            grounds.add_floor(explain::no_delegation(self.agent, self.permission));
        }
    }
}

/// A path fact that is looked up by what tells nearly all of them apart.
#[derive(PartialEq, Eq)]
struct Named<'f>(&'f PathFact);

impl Hash for Named<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.lexical.hash(state);
        self.0.because.hash(state);
    }
}

/// Whether the targets of a permission are paths.
pub(crate) fn takes_paths(permission: &str) -> bool {
    matches!(permission, "read" | "edit" | "list" | "notebook_read" | "notebook_edit")
}

/// The grounds found so far.
#[derive(Default)]
pub(crate) struct Grounds<'c> {
    found: Vec<Ground<'c>>,
    commands: Vec<CommandVerdict>,
    /// The strictest of all grounds, kept or not.
    strictest: Option<Decision>,
    /// Some ground is not an allow of Wardline's own.
    mixed: bool,
}

/// One ground, with the lookup behind it if it was a rule.
struct Ground<'c> {
    reason: Reason,
    lookup: Option<(&'c Stack, Question)>,
    firmness: Firmness,
}

/// What it takes to change a ground, the easiest first. Advice about one is idle while a firmer one is as strict.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Firmness {
    /// A rule or an answer of the person's, or another command.
    Rule,
    /// Another agent or preset.
    Mode,
    /// The administrator.
    Ceiling,
    /// Nothing.
    Floor,
}

impl Firmness {
    fn of(voice: Voice) -> Self {
        match voice {
            Voice::Base | Voice::UserWord | Voice::Supervised | Voice::Narrow | Voice::Session => Self::Rule,
            Voice::Limit => Self::Mode,
            Voice::Managed => Self::Ceiling,
        }
    }
}

/// Grounds kept in a verdict; a script of ten thousand commands is not better explained by all of them.
const MAX_REASONS: usize = 32;
/// Losing rules kept in a verdict.
const MAX_LOSERS: usize = 8;
/// Grounds kept while deciding, beyond which only stricter ones are added.
const MAX_GROUNDS: usize = 512;

impl<'c> Grounds<'c> {
    /// Adds what one voice says.
    pub(crate) fn add_opinion(&mut self, case: &Case<'c>, question: &Question, opinion: &Opinion<'_>) {
        let layer = opinion.answered.or(opinion.rule).map_or(Layer::Builtin, Rule::layer);
        if self.takes(opinion.decision, layer) {
            let reason = explain::opinion(case, question, opinion);
            let lookup = Some((case.stack, question.clone()));
            self.keep(Ground { reason, lookup, firmness: Firmness::of(opinion.voice) });
        }
    }

    pub(crate) fn add(&mut self, reason: Reason) {
        self.add_fixed(reason, Firmness::Rule);
    }

    /// Adds a ground that no rule changes.
    pub(crate) fn add_floor(&mut self, reason: Reason) {
        self.add_fixed(reason, Firmness::Floor);
    }

    fn add_fixed(&mut self, reason: Reason, firmness: Firmness) {
        if self.takes(reason.decision, reason.origin.layer) {
            self.keep(Ground { reason, lookup: None, firmness });
        }
    }

    /// Counts a ground, and says whether it is worth keeping for the explanation.
    fn takes(&mut self, decision: Decision, layer: Layer) -> bool {
        let stricter = Some(decision) > self.strictest;
        self.strictest = self.strictest.max(Some(decision));
        self.mixed |= decision > Decision::Allow || layer != Layer::Builtin;
        stricter || self.found.len() < MAX_GROUNDS
    }

    fn keep(&mut self, ground: Ground<'c>) {
        // Looking for the same ground further back would make long scripts quadratic.
        let mut latest = self.found.iter_mut().rev().take(MAX_REASONS);
        match latest.find(|other| same(&other.reason, &ground.reason)) {
            // An agent's limit repeats its rules; the limit is what would have to change.
            Some(known) if known.firmness < ground.firmness => *known = ground,
            Some(_) => {}
            None => self.found.push(ground),
        }
    }

    pub(crate) fn add_command(&mut self, number: usize, command: CommandVerdict) {
        match self.commands.get_mut(number) {
            // Another agent of the chain has judged it already: the stricter word stays in front.
            Some(known) => {
                known.decision = known.decision.max(command.decision);
                known.reasons.extend(command.reasons);
                known.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.decision));
            }
            None => self.commands.push(command),
        }
    }

    /// The command is the same as an earlier one, whose verdict is complete.
    pub(crate) fn repeat_command(&mut self, number: usize, earlier: usize) {
        let Some(verdict) = self.commands.get(earlier).cloned() else { return };
        match self.commands.get_mut(number) {
            Some(known) => *known = verdict,
            None => self.commands.push(verdict),
        }
    }

    /// Whether nothing stands against the request so far, and nobody but Wardline itself allowed it.
    fn only_builtin_allows(&self) -> bool {
        !self.mixed && self.strictest.is_some()
    }

    /// Takes away the advice that changes nothing because of a ground before it: a rule for a file that the agent may not
    /// write in any case.
    fn drop_idle_advice(&mut self) {
        let mut firmest = Firmness::Rule;
        for Ground { reason, firmness, .. } in &mut self.found {
            firmest = firmest.max(*firmness);
            if *firmness < firmest {
                reason.help = None;
            }
        }
    }

    fn into_verdict(mut self, policy: &PolicySet, request: &Request) -> Verdict {
        if self.found.is_empty() {
            self.add(explain::nothing_said(request));
        }
        self.found.sort_by_key(|ground| std::cmp::Reverse((ground.reason.decision, ground.firmness)));
        self.drop_idle_advice();
        let decision = self.found.first().map_or(Decision::Ask, |ground| ground.reason.decision);
        let losers = self.found.first().map(losers).unwrap_or_default();
        let reasons = self.found.into_iter().take(MAX_REASONS).map(|ground| ground.reason).collect();
        // The rules that were used are those for a confined action; outside the sandbox they do not hold.
        let confine = request.confined && decision < Decision::Deny;
        Verdict {
            decision,
            reasons,
            losers,
            commands: self.commands,
            obligations: if confine { vec![Obligation::Confine] } else { Vec::new() },
            policy: policy.digest().to_owned(),
        }
    }
}

fn same(a: &Reason, b: &Reason) -> bool {
    a.decision == b.decision && a.rule == b.rule && a.matched == b.matched && a.origin == b.origin
}

/// The rules that matched what the deciding rule matched, and lost to it.
fn losers(ground: &Ground<'_>) -> Vec<Reason> {
    let Some((stack, question)) = &ground.lookup else { return Vec::new() };
    let limit = MAX_LOSERS.saturating_add(1);
    let lists =
        [&stack.base, &stack.managed, &stack.session].into_iter().chain(&stack.hard).chain(&stack.narrow);
    let matched = lists.flat_map(|list| {
        list.last_matches(&question.permission, &question.folded, question.circumstances, limit)
    });
    let reasons = matched.map(|rule| explain::loser(question, rule));
    let lost =
        reasons.filter(|reason| reason.rule != ground.reason.rule || reason.origin != ground.reason.origin);
    lost.take(MAX_LOSERS).collect()
}

//! What the rules of one agent say about one target.
//!
//! Several voices speak: the base list, of which the last match wins, and those that can only tighten it. The
//! strictest one counts.

use crate::builtin::Circumstances;
use crate::decision::{Decision, Layer};
use crate::rule::Rule;
use crate::stack::{Chain, Stack};
use crate::wildcard::{Pattern, fold};

/// One thing to look up.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) permission: String,
    /// The target as it is reported.
    pub(crate) target: String,
    /// The target as it is matched.
    pub(crate) folded: String,
    pub(crate) circumstances: Circumstances,
    pub(crate) kind: Kind,
}

/// How a target came to be looked up, which decides which rules are about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The request itself.
    Direct,
    /// A path that the request would touch, under the permission for such paths. `"*": "deny"` is about
    /// requests: an agent allowed nothing but `cat *` may still have its files read by `cat`.
    Derived,
    /// Another spelling of a target. Only rules about something in particular count: what is said about
    /// everything was said about the spelling that was written.
    Form,
}

impl Question {
    pub(crate) fn new(
        permission: &str,
        target: &str,
        circumstances: Circumstances,
        windows: bool,
        kind: Kind,
    ) -> Self {
        Self {
            permission: permission.to_owned(),
            target: target.to_owned(),
            folded: fold(target, windows),
            circumstances,
            kind,
        }
    }

    /// Whether a rule takes part in answering.
    fn concerns(&self, rule: &Rule) -> bool {
        match self.kind {
            Kind::Derived => !rule.is_blanket_restriction(),
            // A read-only agent's blanket deny must not shadow directories that were allowed by name.
            Kind::Direct | Kind::Form if self.permission == "external_directory" => {
                !(rule.is_blanket() && rule.decision() == Decision::Deny)
            }
            Kind::Direct | Kind::Form => true,
        }
    }

    /// Whether a winning rule counts.
    fn heeds(&self, rule: &Rule) -> bool {
        self.kind != Kind::Form || !rule.pattern.is_catch_all()
    }
}

/// In which capacity a rule speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// The last match of the base list.
    Base,
    /// A deny of the user's that a trusted repository file would have lifted.
    UserWord,
    /// The limit of a read-only agent or preset.
    Limit,
    /// The supervised preset.
    Supervised,
    /// An untrusted source.
    Narrow,
    /// The administrator's ceiling.
    Managed,
    /// An answer given during this session.
    Session,
}

impl Voice {
    /// Whether an answer given during this session settles an ask of this voice.
    fn can_be_answered(self) -> bool {
        match self {
            Self::Base | Self::Limit | Self::Supervised | Self::Narrow => true,
            Self::UserWord | Self::Managed | Self::Session => false,
        }
    }
}

/// What one voice says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opinion<'p> {
    pub(crate) decision: Decision,
    pub(crate) voice: Voice,
    /// The rule that says so; `None` where nothing matched and the default holds.
    pub(crate) rule: Option<&'p Rule>,
    /// The session rule that turned an ask into an allow.
    pub(crate) answered: Option<&'p Rule>,
}

/// Everything the voices say, the strictest first. Empty if nobody has anything to say.
pub(crate) fn opinions<'p>(stack: &'p Stack, question: &Question) -> Vec<Opinion<'p>> {
    let mut found: Vec<Opinion<'p>> = Vec::new();
    let base = base(stack, question);
    found.extend(base);
    found.extend(user_word(stack, question, base.as_ref()));
    found.extend(stack.hard.iter().filter_map(|chain| tightening(chain, question, Voice::Limit)));
    found.extend(supervised(stack, question, base.as_ref()));
    found.extend(stack.narrow.iter().filter_map(|chain| tightening(chain, question, Voice::Narrow)));
    for opinion in &mut found {
        answer(stack, question, opinion);
    }
    found.extend(managed(stack, question));
    found.extend(tightening(&stack.session, question, Voice::Session));
    found.sort_by_key(|opinion| std::cmp::Reverse(opinion.decision));
    found
}

/// The last match of the base list; ask if there is none.
pub(crate) fn base<'p>(stack: &'p Stack, question: &Question) -> Option<Opinion<'p>> {
    let rule = last(&stack.base, question);
    match rule {
        Some(rule) if !question.heeds(rule) => None,
        Some(rule) => Some(spoken(rule, Voice::Base)),
        None if question.kind == Kind::Direct => {
            Some(Opinion { decision: Decision::Ask, voice: Voice::Base, rule: None, answered: None })
        }
        None => None,
    }
}

fn last<'p>(chain: &'p Chain, question: &Question) -> Option<&'p Rule> {
    let accept = |rule: &Rule| question.concerns(rule);
    chain.last_match(&question.permission, &question.folded, question.circumstances, accept)
}

fn spoken(rule: &Rule, voice: Voice) -> Opinion<'_> {
    Opinion { decision: rule.decision(), voice, rule: Some(rule), answered: None }
}

/// The last match of a list that can only tighten.
fn tightening<'p>(chain: &'p Chain, question: &Question, voice: Voice) -> Option<Opinion<'p>> {
    let rule = last(chain, question)?;
    (rule.decision() > Decision::Allow && question.heeds(rule)).then(|| spoken(rule, voice))
}

/// Trust lets a repository answer questions for its user. It does not let it lift what the user forbade.
fn user_word<'p>(stack: &'p Stack, question: &Question, base: Option<&Opinion<'_>>) -> Option<Opinion<'p>> {
    let winner = base?.rule?;
    if !matches!(winner.layer(), Layer::Project | Layer::Agent) {
        return None;
    }
    let rule = last(stack.word.as_ref()?, question)?;
    let stands = rule.layer() == Layer::User && rule.decision() == Decision::Deny && question.heeds(rule);
    stands.then(|| spoken(rule, Voice::UserWord))
}

/// A broad allow is no supervision: only a person's rule that names the target spares its question.
fn supervised<'p>(stack: &'p Stack, question: &Question, base: Option<&Opinion<'_>>) -> Option<Opinion<'p>> {
    let opinion = tightening(stack.supervised.as_ref()?, question, Voice::Supervised)?;
    let named = base.and_then(|base| base.rule).is_some_and(|rule| {
        rule.decision() == Decision::Allow && rule.layer() != Layer::Builtin && !rule.is_broad()
    });
    (!named).then_some(opinion)
}

/// The strictest of all the administrator's rules that match.
fn managed<'p>(stack: &'p Stack, question: &Question) -> Option<Opinion<'p>> {
    let counts =
        |rule: &Rule| rule.decision() > Decision::Allow && question.concerns(rule) && question.heeds(rule);
    let rule = stack.managed.strictest_match(&question.permission, &question.folded, counts)?;
    Some(spoken(rule, Voice::Managed))
}

/// Lets a saved answer settle an ask, if the answer lies within what was asked about: a saved `*` settles the
/// ask of a `*` rule but not that of `rm *`.
fn answer<'p>(stack: &'p Stack, question: &Question, opinion: &mut Opinion<'p>) {
    if opinion.decision != Decision::Ask || !opinion.voice.can_be_answered() {
        return;
    }
    let Some(saved) = last(&stack.session, question) else { return };
    let asked: &Pattern = match opinion.rule {
        Some(rule) => &rule.pattern,
        None => &Pattern::new("*", false),
    };
    if saved.decision() == Decision::Allow && asked.matches(&saved.pattern.folded()) {
        opinion.decision = Decision::Allow;
        opinion.answered = Some(saved);
    }
}

/// The rule of a person's that allows this very target, and not everything: their own, or a saved answer.
pub(crate) fn specific_allow<'p>(stack: &'p Stack, question: &Question) -> Option<&'p Rule> {
    let saved = last(&stack.session, question).filter(|rule| rule.decision() == Decision::Allow);
    let own = || personal_allow(stack, question);
    saved.filter(|rule| !rule.is_broad()).or_else(|| own().filter(|rule| !rule.is_broad()))
}

/// The rule of a person's that allows this target, if there is one: the base list's winner, or a saved answer
/// where the list asks.
pub(crate) fn personal_allow<'p>(stack: &'p Stack, question: &Question) -> Option<&'p Rule> {
    let mut opinion = base(stack, question)?;
    answer(stack, question, &mut opinion);
    let rule = opinion.answered.or(opinion.rule)?;
    let personal = matches!(rule.layer(), Layer::User | Layer::Managed | Layer::Session);
    (opinion.decision == Decision::Allow && personal).then_some(rule)
}

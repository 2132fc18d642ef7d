//! The rules that hold for one agent, in the voices they are spoken in.

use std::sync::Arc;

use crate::builtin::{Circumstances, Part, When};
use crate::decision::{Decision, Layer};
use crate::index::RuleList;
use crate::rule::{Rule, Statement, Terms};

/// Rules from one place, shared by all agents they hold for.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) when: When,
    pub(crate) list: RuleList,
    /// Holds a restriction, not built in, that a command or path unknown until it runs could be hiding from.
    pub(crate) hides: bool,
}

impl Segment {
    pub(crate) fn new(when: When, statements: Vec<Statement>, terms: &Terms) -> Arc<Self> {
        let rules: Vec<Rule> = statements.into_iter().map(|statement| Rule::new(statement, terms)).collect();
        let hides = rules.iter().any(restricts_something_in_particular);
        Arc::new(Self { when, list: RuleList::new(rules), hides })
    }
}

fn restricts_something_in_particular(rule: &Rule) -> bool {
    const HIDDEN: [&str; 5] = ["bash", "read", "edit", "list", "external_directory"];
    rule.layer() != Layer::Builtin
        && rule.decision() > Decision::Allow
        && !rule.pattern.is_catch_all()
        && HIDDEN.iter().any(|key| rule.permission.matches(key))
}

/// Segments in order, together one list of rules of which the last match wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    segments: Vec<Arc<Segment>>,
}

impl Chain {
    pub(crate) fn push(&mut self, segment: &Arc<Segment>) {
        if !segment.list.rules().is_empty() {
            self.segments.push(Arc::clone(segment));
        }
    }

    pub(crate) fn extend(&mut self, segments: &[Arc<Segment>]) {
        for segment in segments {
            self.push(segment);
        }
    }

    pub(crate) fn from_parts(parts: Vec<Part>, terms: &Terms) -> Self {
        let mut chain = Self::default();
        for part in parts {
            chain.push(&Segment::new(part.when, part.statements, terms));
        }
        chain
    }

    pub(crate) fn append(&mut self, other: &Self) {
        self.extend(&other.segments);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    pub(crate) fn segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    pub(crate) fn hides(&self) -> bool {
        self.segments.iter().any(|segment| segment.hides)
    }

    /// The last rule that matches and is accepted. `text` is folded.
    pub(crate) fn last_match(
        &self,
        permission: &str,
        text: &str,
        circumstances: Circumstances,
        accept: impl Fn(&Rule) -> bool,
    ) -> Option<&Rule> {
        let holding = self.segments.iter().rev().filter(|segment| segment.when.holds(circumstances));
        let mut matches = holding.filter_map(|segment| segment.list.last_match(permission, text, &accept));
        matches.next().map(|(_, rule)| rule)
    }

    /// The strictest rule that matches and is accepted, whatever its place. Among equals the choice follows
    /// the words, so that order plays no part in it.
    pub(crate) fn strictest_match(
        &self,
        permission: &str,
        text: &str,
        accept: impl Fn(&Rule) -> bool,
    ) -> Option<&Rule> {
        let matches = self.segments.iter().flat_map(|segment| segment.list.all_matches(permission, text));
        matches
            .filter(|rule| accept(rule))
            .max_by_key(|rule| (rule.decision(), std::cmp::Reverse(rule.words())))
    }

    /// The last few rules that match, the last one first.
    pub(crate) fn last_matches(
        &self,
        permission: &str,
        text: &str,
        circumstances: Circumstances,
        limit: usize,
    ) -> Vec<&Rule> {
        let holding = self.segments.iter().rev().filter(|segment| segment.when.holds(circumstances));
        holding.flat_map(|segment| segment.list.last_matches(permission, text, limit)).take(limit).collect()
    }

    /// Every rule in order, with the circumstances it holds in.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (When, &Rule)> {
        self.segments.iter().flat_map(|segment| segment.list.rules().iter().map(|rule| (segment.when, rule)))
    }
}

/// Everything that has a say in what one agent may do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stack {
    /// Defaults, guard, managed allows, user, trusted project, trusted agent: the last match wins.
    pub(crate) base: Chain,
    /// The base without trusted repository files. A deny of the user's in it stands, whatever they say.
    /// Absent where there are no such files.
    pub(crate) word: Option<Chain>,
    /// Limits of a read-only agent or preset, which no allow lifts.
    pub(crate) hard: Vec<Chain>,
    /// What the preset asks about unless a rule of a person's names the target.
    pub(crate) supervised: Option<Chain>,
    /// Each untrusted source by itself: it may tighten.
    pub(crate) narrow: Vec<Chain>,
    /// The administrator's ceiling, in no order.
    pub(crate) managed: Chain,
    /// Answers given during this session.
    pub(crate) session: Chain,
    /// See [`Segment::hides`], over all of these.
    pub(crate) hides: bool,
}

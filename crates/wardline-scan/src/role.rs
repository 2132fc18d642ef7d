//! What rules say about the expressions of one file: the seam between rules and flow.
//!
//! Matching is done once for a file and all rules; flow then asks, expression by expression, which roles it has.

use crate::{hash::HashMap, ir::ExprId};

/// The number of a rule in the set that is applied, below [`RuleSet::LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u16);

/// A set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RuleSet([u64; 4]);

impl RuleSet {
    /// How many rules are followed in one pass; more are taken in several.
    pub const LIMIT: u16 = 256;

    /// The set of one rule. A number that is not below the limit gives the empty set.
    pub fn one(rule: RuleId) -> Self {
        let mut set = Self::default();
        if let Some(word) = set.0.get_mut(usize::from(rule.0 / 64)) {
            *word |= 1 << (rule.0 % 64);
        }
        set
    }

    /// Rules in either set.
    pub fn union(self, other: Self) -> Self {
        self.zip(other, |left, right| left | right)
    }

    /// Rules in both sets.
    pub fn intersection(self, other: Self) -> Self {
        self.zip(other, |left, right| left & right)
    }

    /// Rules of this set that are not in `other`.
    pub fn without(self, other: Self) -> Self {
        self.zip(other, |left, right| left & !right)
    }

    /// Whether there is no rule in it.
    pub fn is_empty(self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Whether `rule` is in it.
    pub fn has(self, rule: RuleId) -> bool {
        !self.intersection(Self::one(rule)).is_empty()
    }

    /// The rules in it, in order.
    pub fn rules(self) -> impl Iterator<Item = RuleId> {
        (0..Self::LIMIT).step_by(64).zip(self.0).flat_map(|(first, word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let next = u16::try_from(left.trailing_zeros()).ok().filter(|_| left != 0)?;
                left &= left - 1;
                Some(RuleId(first + next))
            })
        })
    }

    fn zip(self, other: Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let mut joined = self;
        for (word, right) in joined.0.iter_mut().zip(other.0) {
            *word = join(*word, right);
        }
        joined
    }
}

/// What of a value counts where it reaches a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Reach {
    /// Only the value itself and not what a list or map holds (a dictionary that is returned becomes JSON; a list of
    /// arguments that is run is harmful by what it holds).
    pub shallow: bool,
    /// Only where it comes from outside for sure: a value of unknown origin is what this is mostly given, and is not told.
    pub proven: bool,
}

/// What an expression is to some rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Its value comes from outside; the target of a parameter has the role when what is passed does. A weak source (the parameter of an exported function, the command line) is one
    /// whose findings warn and do not block.
    Source {
        /// For which rules.
        rules: RuleSet,
        /// Whether findings from it only warn.
        weak: bool,
    },
    /// What reaches it does harm. On a call, an argument or the receiver reaches it; elsewhere, its value.
    Sink {
        /// For which rules.
        rules: RuleSet,
        /// By what.
        reach: Reach,
        /// Whether it is reached by its value also where it is a call (a rule that singles out an argument means what is
        /// passed, and not what the call passes on that computes it).
        by_value: bool,
    },
    /// Its value is harmless, whatever went into it. With `by_side_effect` the names and members in it are
    /// harmless from here on.
    Sanitizer {
        /// For which rules.
        rules: RuleSet,
        /// Whether what it is given is harmless afterwards.
        by_side_effect: bool,
    },
    /// A check: where it holds (or, with `when_false`, where it does not), the names and members that it looks at are
    /// harmless.
    Guard {
        /// For which rules.
        rules: RuleSet,
        /// Whether it is the other branch that is harmless.
        when_false: bool,
    },
    /// What `from` holds is afterwards in `to` too.
    Propagator {
        /// For which rules.
        rules: RuleSet,
        /// Where it comes from.
        from: ExprId,
        /// Where it goes.
        to: ExprId,
    },
}

/// What the value of an expression does where it is called: `run = cursor.execute` and later `run(x)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// With how many arguments; the highest number that is looked at also stands for more.
    pub arguments: u8,
    /// The argument that has the role; none is the call.
    pub at: Option<u8>,
    /// The role.
    pub role: Role,
}

/// The roles of the expressions of one module.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    by_expression: HashMap<ExprId, Vec<Role>>,
    references: HashMap<ExprId, Vec<Reference>>,
}

impl Roles {
    /// Gives `role` to an expression, besides those that it has.
    pub fn add(&mut self, expression: ExprId, role: Role) {
        self.by_expression.entry(expression).or_default().push(role);
    }

    /// The roles of an expression.
    pub fn of(&self, expression: ExprId) -> &[Role] {
        self.by_expression.get(&expression).map_or(&[], Vec::as_slice)
    }

    /// Takes the roles of an expression away.
    pub fn take(&mut self, expression: ExprId) -> Vec<Role> {
        self.by_expression.remove(&expression).unwrap_or_default()
    }

    /// Says what the value of an expression does where it is called.
    pub fn refer(&mut self, expression: ExprId, reference: Reference) {
        let known = self.references.entry(expression).or_default();
        if !known.contains(&reference) {
            known.push(reference);
        }
    }

    /// What the value of an expression does where it is called.
    pub fn references(&self, expression: ExprId) -> &[Reference] {
        self.references.get(&expression).map_or(&[], Vec::as_slice)
    }

    /// Whether no expression has a role: nothing to follow.
    pub fn is_empty(&self) -> bool {
        self.by_expression.is_empty() && self.references.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_rules_is_a_set() {
        let set = [0, 63, 64, 255]
            .into_iter()
            .fold(RuleSet::default(), |set, rule| set.union(RuleSet::one(RuleId(rule))));
        assert_eq!(set.rules().map(|rule| rule.0).collect::<Vec<_>>(), [0, 63, 64, 255]);
        assert!(RuleSet::one(RuleId(RuleSet::LIMIT)).is_empty());
        assert!(set.without(set).is_empty());
        assert!(set.has(RuleId(64)) && !set.has(RuleId(65)));
    }
}

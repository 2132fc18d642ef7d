//! An ordered list of rules that finds its last match without trying every rule.
//!
//! Rules are filed under the literal text their pattern must begin and end with. A lookup visits only the
//! files whose key the text really begins and ends with, so its cost depends on the text and on how many
//! rules share a key, not on how many rules there are. Patterns with neither a literal head nor a literal
//! tail (`*word*`) share one file and are tried one by one. A few rules are not filed at all, and more only when they are
//! looked up often: a process that decides one call would spend more on the files than on trying each.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::rule::Rule;
use crate::wildcard::Pattern;

/// Rules in order, the last match wins.
#[derive(Debug, Default)]
pub(crate) struct RuleList {
    rules: Vec<Rule>,
    /// Files the distinct permission patterns; its numbers are positions in `groups`.
    permissions: Files,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    permission: Pattern,
    patterns: Files,
}

impl RuleList {
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        let mut list = Self { rules, permissions: Files::default(), groups: Vec::new() };
        let mut known: HashMap<&str, usize> = HashMap::new();
        for (number, rule) in list.rules.iter().enumerate() {
            let group = *known.entry(rule.permission.as_str()).or_insert_with(|| {
                list.groups.push(Group { permission: rule.permission.clone(), patterns: Files::default() });
                list.groups.len().saturating_sub(1)
            });
            if let Some(group) = list.groups.get_mut(group) {
                group.patterns.all.push(number);
            }
        }
        list.permissions.all = (0..list.groups.len()).collect();
        list
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The last rule that matches and is accepted, with its number. `text` is folded.
    pub(crate) fn last_match(
        &self,
        permission: &str,
        text: &str,
        accept: impl Fn(&Rule) -> bool,
    ) -> Option<(usize, &Rule)> {
        let mut best = None;
        self.each_file(permission, text, |numbers| {
            for number in numbers.iter().rev().copied().take_while(|number| Some(*number) > best) {
                let fits = |rule: &&Rule| rule.pattern.matches(text) && accept(rule);
                if self.rules.get(number).filter(fits).is_some() {
                    best = Some(number);
                    break;
                }
            }
        });
        best.and_then(|number| Some((number, self.rules.get(number)?)))
    }

    /// Every rule that matches, in order.
    pub(crate) fn all_matches(&self, permission: &str, text: &str) -> Vec<&Rule> {
        let mut found = Vec::new();
        self.each_file(permission, text, |numbers| {
            let fits =
                |number: &usize| self.rules.get(*number).is_some_and(|rule| rule.pattern.matches(text));
            found.extend(numbers.iter().copied().filter(fits));
        });
        found.sort_unstable();
        found.into_iter().filter_map(|number| self.rules.get(number)).collect()
    }

    /// The last few rules that match, the last one first.
    pub(crate) fn last_matches(&self, permission: &str, text: &str, limit: usize) -> Vec<&Rule> {
        let mut found = Vec::new();
        self.each_file(permission, text, |numbers| {
            let fits =
                |number: &usize| self.rules.get(*number).is_some_and(|rule| rule.pattern.matches(text));
            found.extend(numbers.iter().rev().copied().filter(fits).take(limit));
        });
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(limit);
        found.into_iter().filter_map(|number| self.rules.get(number)).collect()
    }

    /// The first rule from number `start` on that matches whatever `rule` matches.
    pub(crate) fn first_covering(&self, start: usize, rule: &Rule) -> Option<&Rule> {
        // A covering pattern begins and ends as the covered pattern does, read as a text.
        let (permission, text) = (rule.permission.as_str(), rule.pattern.folded());
        let mut first: Option<usize> = None;
        for group in self.groups_for(permission, |group| group.permission.covers(&rule.permission)) {
            group.patterns.each(&text, self.pattern_of(), &mut |numbers| {
                let from = numbers.partition_point(|candidate| *candidate < start);
                let later = numbers.get(from..).unwrap_or_default().iter().copied();
                let mut later = later.take_while(|candidate| first.is_none_or(|first| *candidate < first));
                let covers = |candidate: &usize| {
                    self.rules.get(*candidate).is_some_and(|other| other.pattern.covers(&rule.pattern))
                };
                first = later.find(covers).or(first);
            });
        }
        first.and_then(|number| self.rules.get(number))
    }

    fn each_file(&self, permission: &str, text: &str, mut visit: impl FnMut(&[usize])) {
        for group in self.groups_for(permission, |group| group.permission.matches(permission)) {
            group.patterns.each(text, self.pattern_of(), &mut visit);
        }
    }

    fn pattern_of<'a>(&'a self) -> impl Fn(usize) -> Option<&'a Pattern> {
        |number| self.rules.get(number).map(|rule| &rule.pattern)
    }

    fn groups_for(&self, permission: &str, fits: impl Fn(&Group) -> bool) -> Vec<&Group> {
        let mut found = Vec::new();
        let permission_of = |number: usize| self.groups.get(number).map(|group| &group.permission);
        self.permissions.each(permission, permission_of, &mut |numbers| {
            found.extend(
                numbers.iter().filter_map(|number| self.groups.get(*number)).filter(|group| fits(group)),
            );
        });
        found
    }
}

/// Up to this many patterns are tried one by one.
const FEW: usize = 64;
/// So many lookups try all patterns, however many they are: filing them costs about as much.
const PATIENCE: usize = 16;

/// Numbers of patterns, ascending, and filed by the literal ends of their patterns where they are many and are looked up often.
/// Within a file they ascend too.
#[derive(Debug, Default)]
struct Files {
    all: Vec<usize>,
    lookups: AtomicUsize,
    filed: OnceLock<Box<Filed>>,
}

#[derive(Debug, Default)]
struct Filed {
    whole: HashMap<Box<str>, Vec<usize>>,
    heads: Keyed<Keyed<Vec<usize>>>,
}

/// A map by literal text that knows which lengths occur, so that a lookup tries only those.
#[derive(Debug)]
struct Keyed<T> {
    by_text: HashMap<Box<str>, T>,
    /// Ascending.
    lengths: Vec<usize>,
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self { by_text: HashMap::new(), lengths: Vec::new() }
    }
}

impl<T: Default> Keyed<T> {
    fn at(&mut self, key: &str) -> &mut T {
        if let Err(place) = self.lengths.binary_search(&key.len()) {
            self.lengths.insert(place, key.len());
        }
        self.by_text.entry(key.into()).or_default()
    }
}

impl Files {
    /// Visits every file whose patterns could match `text`. `pattern_of` gives the pattern with a number, each time the same.
    fn each<'a>(
        &self,
        text: &str,
        pattern_of: impl Fn(usize) -> Option<&'a Pattern>,
        visit: &mut impl FnMut(&[usize]),
    ) {
        if self.all.len() <= FEW || self.lookups.fetch_add(1, Ordering::Relaxed) < PATIENCE {
            return visit(&self.all);
        }
        let file = || {
            let mut filed = Filed::default();
            for number in &self.all {
                if let Some(pattern) = pattern_of(*number) {
                    filed.add(pattern, *number);
                }
            }
            Box::new(filed)
        };
        self.filed.get_or_init(file).each(text, visit);
    }
}

impl Filed {
    fn add(&mut self, pattern: &Pattern, number: usize) {
        match pattern.literal() {
            Some(text) => self.whole.entry(text.into()).or_default().push(number),
            None => self.heads.at(pattern.head()).at(pattern.tail()).push(number),
        }
    }

    fn each(&self, text: &str, visit: &mut impl FnMut(&[usize])) {
        if let Some(numbers) = self.whole.get(text) {
            visit(numbers);
        }
        for length in self.heads.lengths.iter().take_while(|length| **length <= text.len()) {
            let Some(tails) = text.get(..*length).and_then(|head| self.heads.by_text.get(head)) else {
                continue;
            };
            for length in tails.lengths.iter().take_while(|length| **length <= text.len()) {
                let start = text.len().saturating_sub(*length);
                if let Some(numbers) = text.get(start..).and_then(|tail| tails.by_text.get(tail)) {
                    visit(numbers);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Decision;
    use crate::rule::{Effect, Place, Statement, Terms};
    use proptest::prelude::*;

    /// The most numbers that looking up any of these patterns visits.
    fn most_visited(patterns: &[String]) -> usize {
        let patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::new(text.as_str(), false)).collect();
        let files = Files { all: (0..patterns.len()).collect(), ..Files::default() };
        let visited = |pattern: &Pattern| {
            let mut count = 0;
            files.each(&pattern.folded(), |number| patterns.get(number), &mut |numbers| {
                count += numbers.len()
            });
            count
        };
        patterns.iter().take(PATIENCE).for_each(|pattern| assert_eq!(visited(pattern), patterns.len()));
        patterns.iter().map(visited).max().unwrap_or_default()
    }

    fn rules(words: &[(String, String)]) -> Vec<Rule> {
        let effect = Effect { decision: Decision::Ask, place: Place::builtin(), note: None };
        let statement = |(permission, pattern): &(String, String)| Statement {
            permission: permission.clone(),
            pattern: pattern.clone(),
            effect: effect.clone(),
        };
        words.iter().map(|words| Rule::new(statement(words), &Terms::default())).collect()
    }

    proptest! {
        #[test]
        fn many_rules_are_found_as_few_are(
            words in prop::collection::vec(("(a|b|\\*|a\\*)", "[ab/]{0,3}(\\*|\\?| \\*)?[ab/]{0,2}"), 0..300),
            permission in "(a|b|ab)",
            text in "[ab/ ]{0,6}",
        ) {
            let filed = RuleList::new(rules(&words));
            let plain = RuleList::new(rules(&words));
            let any = |_: &Rule| true;
            for permission in ["a", "b", "ab"] {
                (0..=PATIENCE).for_each(|_| drop(filed.all_matches(permission, &text)));
            }
            let plain = || {
                plain.groups.iter().for_each(|group| group.patterns.lookups.store(0, Ordering::Relaxed));
                plain.permissions.lookups.store(0, Ordering::Relaxed);
                &plain
            };
            let number = |found: Option<(usize, &Rule)>| found.map(|(number, _)| number);
            prop_assert_eq!(
                number(filed.last_match(&permission, &text, any)),
                number(plain().last_match(&permission, &text, any))
            );
            let words_of = |rules: Vec<&Rule>| rules.into_iter().map(Rule::words).collect::<Vec<_>>();
            prop_assert_eq!(
                words_of(filed.all_matches(&permission, &text)),
                words_of(plain().all_matches(&permission, &text))
            );
            prop_assert_eq!(
                words_of(filed.last_matches(&permission, &text, 3)),
                words_of(plain().last_matches(&permission, &text, 3))
            );
            for (start, rule) in filed.rules().iter().enumerate() {
                let covering = |list: &RuleList| list.first_covering(start + 1, rule).map(Rule::words);
                prop_assert_eq!(covering(&filed), covering(plain()));
            }
        }
    }

    #[test]
    fn a_lookup_visits_few_of_many_rules() {
        // The form of a pattern, the number put in place of `#`. Each rule of many is found without seeing another.
        for form in ["tool# *", "*.x#", "src#/*.rs", "src/#"] {
            let patterns: Vec<String> =
                (0..2_000).map(|number| form.replace('#', &format!("{number:05}"))).collect();
            assert_eq!(most_visited(&patterns), 1, "{form}");
        }
    }
}

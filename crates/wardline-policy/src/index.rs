//! An ordered list of rules that finds its last match without trying every rule.
//!
//! Rules are filed under the literal text their pattern must begin and end with. A lookup visits only the
//! files whose key the text really begins and ends with, so its cost depends on the text and on how many
//! rules share a key, not on how many rules there are. Patterns with neither a literal head nor a literal
//! tail (`*word*`) share one file and are tried one by one.

use std::collections::HashMap;

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
                list.permissions.file(&rule.permission, list.groups.len());
                list.groups.push(Group { permission: rule.permission.clone(), patterns: Files::default() });
                list.groups.len().saturating_sub(1)
            });
            if let Some(group) = list.groups.get_mut(group) {
                group.patterns.file(&rule.pattern, number);
            }
        }
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
            group.patterns.each(&text, &mut |numbers| {
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
            group.patterns.each(text, &mut visit);
        }
    }

    fn groups_for(&self, permission: &str, fits: impl Fn(&Group) -> bool) -> Vec<&Group> {
        let mut found = Vec::new();
        self.permissions.each(permission, &mut |numbers| {
            found.extend(
                numbers.iter().filter_map(|number| self.groups.get(*number)).filter(|group| fits(group)),
            );
        });
        found
    }
}

/// Numbers filed by the literal ends of their patterns. Within a file they ascend.
#[derive(Debug, Default)]
struct Files {
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
    fn file(&mut self, pattern: &Pattern, number: usize) {
        match pattern.literal() {
            Some(text) => self.whole.entry(text.into()).or_default().push(number),
            None => self.heads.at(pattern.head()).at(pattern.tail()).push(number),
        }
    }

    /// Visits every file whose patterns could match `text`.
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

    /// The most numbers that looking up any of these patterns visits.
    fn most_visited(patterns: &[String]) -> usize {
        let patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::new(text.as_str(), false)).collect();
        let mut files = Files::default();
        for (number, pattern) in patterns.iter().enumerate() {
            files.file(pattern, number);
        }
        let visited = |pattern: &Pattern| {
            let mut count = 0;
            files.each(&pattern.folded(), &mut |numbers| count += numbers.len());
            count
        };
        patterns.iter().map(visited).max().unwrap_or_default()
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

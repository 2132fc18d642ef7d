//! Files that were renamed: alike, under one name before and another after. A file that was written anew counts as gone and new,
//! because another one may have taken its name.

use std::collections::{BTreeMap, HashMap};

/// How much of two files has to be the same, in 100, for one to be the other under a new name.
const ALIKE: usize = 50;
/// Pairs of files that are compared; more is no rename but a new tree.
const MOST_PAIRS: usize = 10_000;

/// Old name to new name.
pub(super) fn find(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let stays = |path: &String| {
        let (Some(old), Some(new)) = (before.get(path), after.get(path)) else { return false };
        old == new || likeness(&counts(old), &counts(new)) >= ALIKE
    };
    let gone: Vec<_> = before.iter().filter(|(path, _)| !stays(path)).collect();
    let new: Vec<_> = after.iter().filter(|(path, _)| !stays(path)).collect();
    if gone.len().saturating_mul(new.len()) > MOST_PAIRS {
        return BTreeMap::new();
    }
    let lines: Vec<_> = new.iter().map(|(_, text)| counts(text)).collect();
    let mut scored = Vec::new();
    for (old, text) in &gone {
        let own = counts(text);
        for ((name, _), other) in new.iter().zip(&lines) {
            let score = likeness(&own, other);
            if score >= ALIKE && old != name {
                let same_name = old.rsplit('/').next() == name.rsplit('/').next();
                scored.push((std::cmp::Reverse((score, same_name)), (*old).clone(), (*name).clone()));
            }
        }
    }
    scored.sort();
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut taken = std::collections::BTreeSet::new();
    for (_, old, name) in scored {
        if !found.contains_key(&old) && taken.insert(name.clone()) {
            found.insert(old, name);
        }
    }
    found
}

fn counts(text: &str) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for line in text.lines().map(str::trim).filter(|line| line.len() > 1) {
        *counts.entry(line).or_default() += 1;
    }
    counts
}

fn likeness(one: &HashMap<&str, usize>, other: &HashMap<&str, usize>) -> usize {
    let all: usize = one.values().sum::<usize>() + other.values().sum::<usize>();
    let common: usize =
        one.iter().map(|(line, count)| (*count).min(other.get(line).copied().unwrap_or(0))).sum();
    (200 * common).checked_div(all).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_mostly_the_same_was_renamed() {
        let text = |lines: &[&str]| lines.join("\n");
        let tree = |files: &[(&str, String)]| {
            files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect()
        };
        let (one, other) = (text(&["ab", "cd", "ef", "gh"]), text(&["12", "34", "56"]));
        let before = tree(&[("a.py", one.clone()), ("b.py", other.clone()), ("stays.py", one.clone())]);
        let after =
            tree(&[("x/a.py", format!("{one}\nij")), ("new.py", "zz\nyy".to_owned()), ("stays.py", one)]);
        let found = find(&before, &after);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("a.py".to_owned(), "x/a.py".to_owned())]);
    }
}

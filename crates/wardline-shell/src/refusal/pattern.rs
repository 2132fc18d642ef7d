//! Whether a path with globs reaches a place.

/// How a deletion or change at a path reaches a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// All names in it, and not what lies deeper.
    Names,
    /// It or all that lies below it.
    Whole,
}

/// Longest pattern and path that are compared.
const LONGEST: usize = 4096;

/// A path with globs, prepared to be held against many places.
pub(super) struct Pattern<'a> {
    path: &'a str,
    recursive: bool,
    globbed: bool,
    /// The first name in it, unless that is a glob.
    first: Option<&'a str>,
    /// A place of fewer names is not reached; none is by a path that stands for itself alone.
    least: usize,
}

impl<'a> Pattern<'a> {
    pub(super) fn new(path: &'a str, recursive: bool) -> Self {
        let usable = path.len() <= LONGEST && path.starts_with('/');
        let globbed = path.contains(is_glob);
        let path = if globbed { bare(path) } else { path };
        let first = segments(path).next().filter(|first| !first.contains(is_glob));
        let least = match (usable, globbed) {
            (false, _) => usize::MAX,
            (true, false) if !recursive => usize::MAX,
            (true, false) => segments(path).count(),
            // The last one may stand for all that is in the place, and `**` for any number.
            (true, true) if path.contains("**") => 0,
            (true, true) => segments(path).count().saturating_sub(1),
        };
        Self { path, recursive, globbed, first, least }
    }

    /// It reaches no place at all.
    pub(super) fn is_single(&self) -> bool {
        self.least == usize::MAX
    }

    /// It reaches no place of which the first name is one of those that `listed` knows.
    pub(super) fn misses(&self, listed: impl Fn(&str) -> bool) -> bool {
        self.first.is_some_and(|first| !listed(first))
    }

    /// How it reaches the directory `place`, an absolute path: as the path itself, from above, or by a glob that stands for
    /// all that is in it.
    pub(super) fn reach(&self, place: &str) -> Option<Reach> {
        // No place has more names than slashes, but for the root.
        let most = place.bytes().filter(|byte| *byte == b'/').count();
        if self.least > most {
            return None;
        }
        walk(self.path, self.recursive, self.globbed, place)
    }
}

/// How `pattern` reaches the directory `place`.
#[cfg(test)]
pub(super) fn reach(pattern: &str, recursive: bool, place: &str) -> Option<Reach> {
    Pattern::new(pattern, recursive).reach(place)
}

fn is_glob(c: char) -> bool {
    matches!(c, '*' | '?' | '[')
}

fn walk(pattern: &str, recursive: bool, globbed: bool, place: &str) -> Option<Reach> {
    let mut ours = segments(pattern);
    let mut theirs = segments(place);
    loop {
        match (ours.next(), theirs.next()) {
            (None, _) => return recursive.then_some(Reach::Whole),
            (Some("**"), _) if ours.clone().all(is_all) => {
                return Some(Reach::Whole);
            }
            (Some("**"), _) => return None,
            (Some(own), Some(their)) if own == their && !globbed => {}
            (Some(own), Some(their)) if globbed && matches(own, their) => {}
            (Some(own), None) if globbed && is_all(own) && ours.next().is_none() => {
                return Some(if recursive { Reach::Whole } else { Reach::Names });
            }
            _ => return None,
        }
    }
}

/// Whether the path `pattern` may stand for the file `place`.
pub(super) fn names(pattern: &str, place: &str) -> bool {
    if pattern.len() > LONGEST || pattern.contains("**") {
        return false;
    }
    let (mut ours, mut theirs) = (segments(pattern), segments(place));
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return true,
            (Some(own), Some(their)) if matches(own, their) => {}
            _ => return false,
        }
    }
}

/// A pattern without the tests of a search that narrow it: `/p/**/*(-mtime -1)`.
fn bare(pattern: &str) -> &str {
    pattern.split_once("*(-").and_then(|(head, _)| pattern.get(..=head.len())).unwrap_or(pattern)
}

fn segments(path: &str) -> impl Iterator<Item = &str> + Clone {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

/// A pattern for all names: `*`, `.*`, `?*`, `*.*`, `.[!.]*` and the like.
pub(super) fn is_all(pattern: &str) -> bool {
    pattern.contains('*') && !pattern.is_empty() && {
        let rest = pattern.replace("[!.]", "").replace("[^.]", "");
        rest.chars().all(|c| matches!(c, '*' | '?' | '.'))
    }
}

/// Matches one name against a pattern of `*`, `?` and `[…]`, in time bounded by the product of their lengths.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    if !pattern.contains(['*', '?', '[']) {
        return pattern == name;
    }
    if name.starts_with('.') && !pattern.starts_with(['.', '[']) {
        return false;
    }
    let pattern: Vec<Part> = parts(pattern);
    let name: Vec<char> = name.chars().collect();
    // The set of places in the pattern that the name may have led to.
    let mut states = vec![false; pattern.len() + 1];
    mark(&mut states, 0, &pattern);
    for c in name {
        let mut next = vec![false; pattern.len() + 1];
        for (at, part) in pattern.iter().enumerate().filter(|(at, _)| states.get(*at) == Some(&true)) {
            match part {
                Part::Many => mark(&mut next, at, &pattern),
                Part::One(set) if set.holds(c) => mark(&mut next, at + 1, &pattern),
                Part::One(_) => {}
            }
        }
        states = next;
    }
    states.last() == Some(&true)
}

/// Marks a place, and those after it that need no character.
fn mark(states: &mut [bool], from: usize, pattern: &[Part]) {
    let mut at = from;
    loop {
        if let Some(state) = states.get_mut(at) {
            *state = true;
        }
        if !matches!(pattern.get(at), Some(Part::Many)) {
            return;
        }
        at += 1;
    }
}

enum Part {
    Many,
    One(Set),
}

/// What one character may be.
enum Set {
    Any,
    Only(char),
    Of { negated: bool, ranges: Vec<(char, char)> },
}

impl Set {
    fn holds(&self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Only(own) => *own == c,
            Self::Of { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated
            }
        }
    }
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut out = Vec::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        out.push(match c {
            '*' => Part::Many,
            '?' => Part::One(Set::Any),
            '[' => match set(rest.as_str()) {
                Some((found, after)) => {
                    rest = after.chars();
                    Part::One(found)
                }
                None => Part::One(Set::Only('[')),
            },
            other => Part::One(Set::Only(other)),
        });
    }
    out
}

/// The set after `[`, and what follows its `]`.
fn set(text: &str) -> Option<(Set, &str)> {
    let (negated, text) = match text.strip_prefix(['!', '^']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // A bracket that comes first stands for itself.
    let from = usize::from(text.starts_with(']'));
    let close = from + text.get(from..)?.find(']')?;
    let inside: Vec<char> = text.get(..close)?.chars().collect();
    let mut ranges = Vec::new();
    let mut rest = inside.as_slice();
    loop {
        rest = match rest {
            [from, '-', to, after @ ..] => {
                ranges.push((*from, *to));
                after
            }
            [one, after @ ..] => {
                ranges.push((*one, *one));
                after
            }
            [] => break,
        };
    }
    Some((Set::Of { negated, ranges }, text.get(close + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::{Reach, matches, reach};

    #[test]
    fn names_match() {
        for (pattern, name, expected) in [
            ("etc", "etc", true),
            ("e*", "etc", true),
            ("?tc", "etc", true),
            ("[a-f]tc", "etc", true),
            ("[!e]tc", "etc", false),
            ("*", ".git", false),
            (".*", ".git", true),
            ("*.log", "etc", false),
            ("[", "[", true),
            ("*a*b*c*", "xxaxxbxxc", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn patterns_reach_places() {
        for (pattern, recursive, place, expected) in [
            ("/", true, "/etc", Some(Reach::Whole)),
            ("/", false, "/", None),
            ("/*", true, "/", Some(Reach::Whole)),
            ("/*", false, "/", Some(Reach::Names)),
            ("/etc", true, "/etc", Some(Reach::Whole)),
            ("/etc/", true, "/etc/ssh", Some(Reach::Whole)),
            ("/etc/nginx", true, "/etc", None),
            ("/etc/*", true, "/etc", Some(Reach::Whole)),
            ("/etc/*.bak", true, "/etc", None),
            ("/e??/*", false, "/etc", Some(Reach::Names)),
            ("/home/*", true, "/home/me", Some(Reach::Whole)),
            ("/p/**", true, "/p", Some(Reach::Whole)),
            ("/p/**/*.pyc", true, "/p", None),
            ("/p/**/*(-mtime -1)", true, "/p", Some(Reach::Whole)),
            ("/p/**/x*(-mtime -1)", true, "/p", None),
            ("/p/.[!.]*", true, "/p", Some(Reach::Whole)),
            ("etc", true, "/etc", None),
        ] {
            assert_eq!(reach(pattern, recursive, place), expected, "{pattern} {place}");
        }
    }
}

//! Paths taken apart for recognition by name, blind to the spellings a file system may treat as one.

use std::collections::HashMap;

/// The components of a path: `\` counts as `/`, case and invisible characters are dropped, `.` and empty
/// components skipped, `..` followed.
///
/// Recognising one name too many costs a question; missing one costs a secret. So the case is dropped on every
/// system, as are the characters that some file systems do not see in a name.
pub(crate) fn components(path: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                found.pop();
            }
            _ => found.push(fold_name(part)),
        }
    }
    found
}

/// The path with `.` and `..` followed as far as the text allows. Leading `..` stay.
pub(crate) fn normalise(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if path.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if path.starts_with('/') { format!("/{joined}") } else { joined }
}

fn fold_name(part: &str) -> String {
    let visible = part.split("::$").next().unwrap_or_default();
    let visible = visible.trim_end_matches([' ', '\u{a0}']);
    if visible.is_ascii() {
        return visible.to_ascii_lowercase();
    }
    // Upper before lower: letters like the long s only meet their plain form in upper case.
    let seen: String = visible.chars().filter(|c| !is_invisible(*c)).collect();
    seen.to_uppercase().to_lowercase()
}

/// Characters that a file system may ignore when it compares names.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether a path is written from the root of a file system or from the home.
pub(crate) fn is_absolute(path: &str) -> bool {
    let mut chars = path.chars();
    match (chars.next(), chars.next()) {
        (Some('/' | '\\' | '~'), _) => true,
        (Some(drive), Some(':')) => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

/// A well-known place, as a run of components. A component may hold `*`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// The path ends in these components.
    End(&'static str),
    /// These components occur, and everything below them counts.
    Below(&'static str),
    /// The absolute path is exactly this.
    Exact(&'static str),
    /// The absolute path begins with this.
    Root(&'static str),
}

/// Well-known places by a component that every path to them holds, so that a path tries only a few.
#[derive(Debug)]
pub(crate) struct Places<T> {
    by_name: HashMap<&'static str, Vec<(Place, T)>>,
}

impl<T: Copy> Places<T> {
    pub(crate) fn new(table: &[(Place, T)]) -> Self {
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        for (place, what) in table {
            by_name.entry(place.name()).or_default().push((*place, *what));
        }
        Self { by_name }
    }

    /// The first place that a path, taken apart, is at or below, and the components that make it so.
    pub(crate) fn find(&self, parts: &[String], absolute: bool) -> Option<(T, (usize, usize))> {
        let candidates = parts.iter().filter_map(|part| self.by_name.get(part.as_str())).flatten();
        let mut found = candidates.filter_map(|(place, what)| Some((*what, place.find(parts, absolute)?)));
        found.next()
    }
}

impl Place {
    /// A component that every path to this place holds.
    fn name(self) -> &'static str {
        let (Self::End(wanted) | Self::Below(wanted) | Self::Exact(wanted) | Self::Root(wanted)) = self;
        let last = wanted.rsplit('/').next().unwrap_or(wanted);
        let first = wanted.split('/').next().unwrap_or(wanted);
        if last.contains('*') { first } else { last }
    }

    /// The components of the path that make it this place, as a range of positions.
    fn find(self, parts: &[String], absolute: bool) -> Option<(usize, usize)> {
        let (Self::End(wanted) | Self::Below(wanted) | Self::Exact(wanted) | Self::Root(wanted)) = self;
        let spare = parts.len().checked_sub(length(wanted))?;
        let (first, last) = match self {
            Self::End(_) => (spare, spare),
            Self::Below(_) => (0, spare),
            Self::Exact(_) if absolute && spare == 0 => (0, 0),
            Self::Root(_) if absolute => (0, 0),
            Self::Exact(_) | Self::Root(_) => return None,
        };
        let start = (first..=last).find(|start| fits(wanted, parts.get(*start..).unwrap_or_default()))?;
        let end = match self {
            // Everything below belongs to the place, so that a neutral name can stand in for all of it.
            Self::Below(_) | Self::Root(_) => parts.len(),
            Self::End(_) | Self::Exact(_) => start.saturating_add(length(wanted)),
        };
        Some((start, end))
    }
}

fn length(wanted: &str) -> usize {
    wanted.split('/').count()
}

fn fits(wanted: &str, parts: &[String]) -> bool {
    let mut parts = parts.iter();
    wanted.split('/').all(|name| {
        parts.next().is_some_and(|part| {
            if name.contains('*') { crate::wildcard::matches(name, part, false) } else { name == part }
        })
    })
}

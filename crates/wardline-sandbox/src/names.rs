//! Names of files by which something on the host would find and run them later, matched at any depth of a project.
//!
//! A pattern is a name (`Makefile`), a name with one `*` (`*.mk`), or several of them with the directories before it
//! (`.github/workflows/*`). A trailing `/` stands for a directory and everything in it, a leading one for the root of the
//! project. A `!` before a pattern takes out what it matches. Letters match in either case: some file systems do not
//! tell them apart, and it is the stricter reading.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::Path;

/// A list of patterns, made ready to be asked about many names.
#[derive(Debug, Clone, Default)]
pub struct Names {
    patterns: Vec<Pattern>,
    /// By the last name of a pattern, when it has no `*`.
    exact: HashMap<String, Vec<usize>>,
    /// The others.
    wild: Vec<usize>,
    /// What is taken out.
    out: Vec<Pattern>,
    /// Names of directories in which a pattern looks for files.
    holders: HashSet<String>,
}

#[derive(Debug, Clone)]
struct Pattern {
    /// The names of the directories before, innermost first.
    before: Vec<String>,
    last: String,
    directory: bool,
    /// Only at the root of the project.
    rooted: bool,
}

impl Names {
    /// Reads a list of patterns.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = Self::default();
        for text in patterns {
            let Some(pattern) = Pattern::parse(text.trim_start_matches('!')) else { continue };
            if text.starts_with('!') {
                names.out.push(pattern);
                continue;
            }
            let Pattern { before, last, .. } = &pattern;
            let index = names.patterns.len();
            names.holders.extend(before.iter().filter(|name| !name.contains('*')).cloned());
            if last.contains('*') {
                names.wild.push(index);
            } else {
                names.exact.entry(last.clone()).or_default().push(index);
            }
            names.patterns.push(pattern);
        }
        names
    }

    /// Whether there are no patterns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The number of the first pattern that the entry at `path`, relative to the project, matches.
    #[must_use]
    pub fn find(&self, path: &Path, is_directory: bool) -> Option<usize> {
        let name = lower(path.file_name()?);
        let exact = self.exact.get(&name).into_iter().flatten();
        if self.is_out(path) {
            return None;
        }
        let found = exact.chain(&self.wild).filter(|index| {
            self.patterns.get(**index).is_some_and(|pattern| pattern.matches(&name, path, is_directory))
        });
        found.min().copied()
    }

    /// Whether the entry at `path` is taken out.
    #[must_use]
    pub fn is_out(&self, path: &Path) -> bool {
        let name = || path.file_name().map(lower).unwrap_or_default();
        !self.out.is_empty() && self.out.iter().any(|pattern| pattern.matches(&name(), path, false))
    }

    /// Whether a symbolic link of this name could lead a pattern to files elsewhere: it stands where a pattern has a
    /// directory.
    #[must_use]
    pub fn is_holder(&self, name: &OsStr) -> bool {
        self.holders.contains(&lower(name))
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let (directory, rooted) = (lower.ends_with('/'), lower.starts_with('/'));
        let mut before: Vec<String> = lower.trim_matches('/').split('/').map(str::to_owned).collect();
        let last = before.pop().filter(|last| !last.is_empty())?;
        before.reverse();
        Some(Self { before, last, directory, rooted })
    }

    fn matches(&self, name: &str, path: &Path, is_directory: bool) -> bool {
        let misplaced = self.rooted && path.components().count() != self.before.len() + 1;
        if is_directory && !self.directory || misplaced || !fits(&self.last, name) {
            return false;
        }
        let mut above = path.ancestors().skip(1);
        self.before.iter().all(|wanted| {
            above.next().and_then(Path::file_name).is_some_and(|found| fits(wanted, &lower(found)))
        })
    }
}

fn lower(name: &OsStr) -> String {
    name.to_string_lossy().to_ascii_lowercase()
}

/// Whether a name fits a pattern with at most one `*`, which stands for one character or more.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => {
            name.len() > start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_count() {
        let names = Names::new(["Makefile", "*.mk", ".github/workflows/*", ".vscode/", "Dockerfile*", "a/b"]);
        let table = [
            ("Makefile", false, Some(0)),
            ("deep/er/makefile", false, Some(0)),
            ("Makefile", true, None),
            ("Makefile.am", false, None),
            ("x/rules.mk", false, Some(1)),
            (".mk", false, None),
            (".github/workflows/ci.yml", false, Some(2)),
            ("sub/.GitHub/workflows/ci.yml", false, Some(2)),
            ("workflows/ci.yml", false, None),
            (".github/workflows", true, None),
            (".vscode", true, Some(3)),
            ("sub/.vscode", false, Some(3)),
            ("Dockerfile", false, None),
            ("Dockerfile.dev", false, Some(4)),
            ("x/a/b", false, Some(5)),
            ("b", false, None),
        ];
        for (path, directory, expected) in table {
            assert_eq!(names.find(Path::new(path), directory), expected, "{path}");
        }
        let names = Names::new(["Makefile", "package.json", "!/Makefile", "!package.json"]);
        for (path, expected) in [("Makefile", None), ("sub/Makefile", Some(0)), ("sub/package.json", None)] {
            assert_eq!(names.find(Path::new(path), false), expected, "{path}");
        }
    }

    #[test]
    fn holders_are_the_directories_of_patterns() {
        let names = Names::new([".github/workflows/*", "Makefile"]);
        assert!(names.is_holder(OsStr::new(".github")) && names.is_holder(OsStr::new("workflows")));
        assert!(!names.is_holder(OsStr::new("src")) && !names.is_empty() && Names::default().is_empty());
    }
}

//! What is kept and what is only known to be there: limits over a whole workspace, the same answer every time.
//!
//! Nothing that a repository or an agent writes moves these limits: a list of ignored files would be a way to hide from them.

use std::time::Duration;

use crate::node::Why;

/// Limits on what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of all files.
    pub all: u64,
    /// Bytes of build results and installed packages.
    pub results: u64,
    /// Bytes that a store may take on disk before its oldest checkpoints go.
    pub store: u64,
    /// Checkpoints that a store may hold before its oldest ones go.
    pub checkpoints: usize,
    /// How long opening the store and one checkpoint may take together; `None` for as long as it takes.
    pub time: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            file: 32 * MIB,
            all: 2048 * MIB,
            results: 512 * MIB,
            store: 4096 * MIB,
            checkpoints: 2000,
            time: None,
        }
    }
}

/// Directories that hold what a command can make again.
const RESULTS: [&[u8]; 16] = [
    b"node_modules",
    b"target",
    b"__pycache__",
    b".venv",
    b"venv",
    b".tox",
    b".mypy_cache",
    b".pytest_cache",
    b".gradle",
    b".next",
    b".nuxt",
    b".cache",
    b".terraform",
    b"dist",
    b"build",
    b"Pods",
];

/// Names that version control systems keep their own files under.
pub(crate) const REPOSITORIES: [&[u8]; 5] = [b".git", b".hg", b".jj", b".svn", b".sl"];

/// Whether a place lies in a directory of results.
fn is_result(place: &[u8]) -> bool {
    let mut parts = place.split(|byte| *byte == b'/').rev().skip(1);
    parts.any(|part| RESULTS.contains(&part))
}

/// Says for each file, a place and its size, whether its content is kept. What is no result comes first, in order of
/// places, so that results cannot crowd out work.
pub(crate) fn select<'a>(files: impl Iterator<Item = (&'a [u8], u64)>, limits: &Limits) -> Vec<Option<Why>> {
    let files: Vec<(u64, bool)> = files.map(|(place, size)| (size, is_result(place))).collect();
    let (mut all, mut results) = (limits.all, limits.results);
    let mut verdicts = vec![None; files.len()];
    for wanted in [false, true] {
        for (verdict, (size, _)) in
            verdicts.iter_mut().zip(&files).filter(|(_, (_, is_result))| *is_result == wanted)
        {
            *verdict = if *size > limits.file {
                Some(Why::TooLarge)
            } else if wanted && *size > results {
                Some(Why::Results)
            } else if *size > all {
                Some(Why::TooMuch)
            } else {
                all -= size;
                results -= if wanted { *size } else { 0 };
                None
            };
        }
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_comes_before_results_and_each_has_its_limit() {
        let limits = Limits { file: 10, all: 20, results: 6, ..Limits::default() };
        let files: [(&[u8], u64, Option<Why>); 7] = [
            (b"a", 8, None),
            (b"big", 11, Some(Why::TooLarge)),
            (b"node_modules/a", 5, None),
            (b"node_modules/b", 5, Some(Why::Results)),
            (b"node_modules/c", 1, None),
            (b"x/target", 6, None),
            (b"z", 9, Some(Why::TooMuch)),
        ];
        let verdicts = select(files.iter().map(|(place, size, _)| (*place, *size)), &limits);
        assert_eq!(verdicts, files.map(|(_, _, verdict)| verdict));
    }
}

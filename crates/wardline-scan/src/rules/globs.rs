//! The `paths` of a rule: which files it looks at.

/// Globs of files that a rule is for and is not for. A glob without a slash fits any name or folder on the path; with
/// one it fits from the top or from any folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Paths {
    pub(super) include: Vec<String>,
    pub(super) exclude: Vec<String>,
}

impl Paths {
    /// Whether a file is looked at.
    pub(super) fn take(&self, path: &str) -> bool {
        let fits = |globs: &[String]| globs.iter().any(|glob| fits_path(glob, path));
        (self.include.is_empty() || fits(&self.include)) && !fits(&self.exclude)
    }
}

fn fits_path(glob: &str, path: &str) -> bool {
    let glob: Vec<&str> = glob.trim_matches('/').split('/').collect();
    let path: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    // A folder that fits takes what is in it.
    let ends = (1..=path.len()).rev();
    ends.flat_map(|end| (0..end).map(move |start| (start, end)))
        .any(|(start, end)| path.get(start..end).is_some_and(|part| fits_parts(&glob, part)))
}

fn fits_parts(glob: &[&str], path: &[&str]) -> bool {
    match (glob.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            fits_parts(rest, path) || path.split_first().is_some_and(|(_, below)| fits_parts(glob, below))
        }
        (Some((part, rest)), Some((name, below))) => {
            fits_name(part.as_bytes(), name.as_bytes()) && fits_parts(rest, below)
        }
        _ => false,
    }
}

fn fits_name(glob: &[u8], name: &[u8]) -> bool {
    match (glob.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            fits_name(rest, name) || name.split_first().is_some_and(|(_, below)| fits_name(glob, below))
        }
        (Some((b'?', rest)), Some((_, below))) => fits_name(rest, below),
        (Some((a, rest)), Some((b, below))) => a == b && fits_name(rest, below),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_fits_files_and_folders() {
        let rows = [
            ("*.py", "a/b.py", true),
            ("tests", "a/tests/b.py", true),
            ("tests/*.py", "a/tests/b.py", true),
            ("a/**/b.py", "a/b.py", true),
            ("/src/**", "src/x/y.py", true),
            ("*.js", "a/b.py", false),
            ("test", "a/tests/b.py", false),
        ];
        for (glob, path, expected) in rows {
            assert_eq!(fits_path(glob, path), expected, "{glob} {path}");
        }
    }
}

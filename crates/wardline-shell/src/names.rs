//! Names that decide what a path is, wherever it is asked: zones, refusals and grades look here.

/// What follows from a name.
type Says = (bool, bool);

const BOTH: Says = (true, true);
const FIRST: Says = (true, false);
const SECOND: Says = (false, true);

/// Directories right below the root: whether they belong to the operating system's zone, and whether they, or directories in them,
/// are never removed or changed as a whole. Sorted.
const TOPS: &[(&str, Says)] = &[
    ("Applications", BOTH),
    ("Library", BOTH),
    ("System", BOTH),
    ("bin", BOTH),
    ("boot", BOTH),
    ("dev", BOTH),
    ("efi", FIRST),
    ("etc", BOTH),
    ("lib", BOTH),
    ("lib32", BOTH),
    ("lib64", BOTH),
    ("libx32", BOTH),
    ("nix", BOTH),
    ("opt", BOTH),
    ("private", SECOND),
    ("proc", BOTH),
    ("root", FIRST),
    ("run", BOTH),
    ("sbin", BOTH),
    ("snap", FIRST),
    ("srv", BOTH),
    ("sys", BOTH),
    ("usr", BOTH),
    ("var", BOTH),
];

/// Names in a project: whether what they hold decides what runs later, which makes an effect on it one on a critical place, and
/// whether a command that writes there needs a question. Sorted.
const IN_PROJECTS: &[(&str, Says)] = &[
    (".amazonq", FIRST),
    (".bashrc", SECOND),
    (".claude", BOTH),
    (".codex", BOTH),
    (".cursor", BOTH),
    (".devcontainer", BOTH),
    (".envrc", BOTH),
    (".gemini", BOTH),
    (".git", BOTH),
    (".gitconfig", SECOND),
    (".husky", BOTH),
    (".idea", BOTH),
    (".kilo", BOTH),
    (".kilocode", BOTH),
    (".kiro", BOTH),
    (".mcp.json", BOTH),
    (".opencode", BOTH),
    (".profile", SECOND),
    (".ssh", SECOND),
    (".vscode", BOTH),
    (".wardline", BOTH),
    (".windsurf", FIRST),
    (".zshrc", SECOND),
    ("kilo.json", FIRST),
    ("kilo.jsonc", FIRST),
    ("opencode.json", FIRST),
    ("opencode.jsonc", FIRST),
    ("wardline.caps.jsonc", FIRST),
    ("wardline.json", FIRST),
    ("wardline.jsonc", FIRST),
];

fn says(table: &[(&str, Says)], name: &str) -> Says {
    let at = table.binary_search_by(|(own, _)| (*own).cmp(name)).ok();
    at.and_then(|at| table.get(at)).map_or((false, false), |(_, says)| *says)
}

/// Is it a directory of the operating system, right below the root?
pub(crate) fn is_system(name: &str) -> bool {
    says(TOPS, name).0
}

/// The directories of the operating system right below the root.
pub(crate) fn system() -> impl Iterator<Item = &'static str> {
    TOPS.iter().filter(|(_, (zone, _))| *zone).map(|(name, _)| *name)
}

/// Is there something below this directory, or is it something, that is never removed or changed as a whole?
pub(crate) fn holds_protected(name: &str) -> bool {
    says(TOPS, name).1
}

/// Does a file or directory of a project with this name decide what runs later?
pub(crate) fn is_critical(name: &str) -> bool {
    says(IN_PROJECTS, name).0
}

/// The names in a project that decide what runs later.
pub(crate) fn critical() -> impl Iterator<Item = &'static str> {
    IN_PROJECTS.iter().filter(|(_, (critical, _))| *critical).map(|(name, _)| *name)
}

/// Does it take a question to write to a file of this name, or below a directory of this name?
pub(crate) fn is_guarded(name: &str) -> bool {
    says(IN_PROJECTS, name).1
}

#[cfg(test)]
pub(crate) fn protected() -> Vec<&'static str> {
    TOPS.iter().filter(|(_, (_, protected))| *protected).map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_answer_for_each_name() {
        for table in [TOPS, IN_PROJECTS] {
            assert!(table.is_sorted_by(|one, next| one.0 < next.0));
            assert!(table.iter().all(|(name, own)| says(table, name) == *own && *own != (false, false)));
            assert_eq!(says(table, "ordinary"), (false, false));
        }
    }
}

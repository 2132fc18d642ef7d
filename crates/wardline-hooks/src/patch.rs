//! Which files a patch touches, read from its headers.
//!
//! Two forms are in use: the envelope of `apply_patch` (`*** Update File: …`) and unified diffs. Only headers are
//! read; a body line that looks like a header adds a path too many, never one too few.

use crate::call::AccessKind;

/// The envelope's headers and what each does to the file it names.
const HEADERS: &[(&str, AccessKind)] = &[
    ("*** Add File:", AccessKind::Write),
    ("*** Update File:", AccessKind::Write),
    ("*** Delete File:", AccessKind::Delete),
    ("*** Move to:", AccessKind::Write),
    ("*** Move File:", AccessKind::Delete),
    ("rename from ", AccessKind::Delete),
    ("rename to ", AccessKind::Write),
    ("+++ ", AccessKind::Write),
    ("--- ", AccessKind::Write),
];

/// Every file a patch names, in order, without repeats.
pub(crate) fn files(patch: &str) -> Vec<(AccessKind, String)> {
    let mut found: Vec<(AccessKind, String)> = Vec::new();
    let mut updated: Option<String> = None;
    for line in patch.lines() {
        let line = line.trim();
        let Some((header, access, rest)) = header(line) else { continue };
        let Some(path) = path_of(header, rest) else { continue };
        match header {
            // A move leaves the old name without a file.
            "*** Move to:" => {
                if let Some(from) = updated.take() {
                    push(&mut found, AccessKind::Delete, from);
                }
            }
            "*** Update File:" => updated = Some(path.clone()),
            _ => {}
        }
        push(&mut found, access, path);
    }
    found
}

/// Whether a shell script carries an `apply_patch` envelope, as Codex accepts it.
pub(crate) fn is_embedded(script: &str) -> bool {
    script.contains("*** Begin Patch")
}

fn header(line: &str) -> Option<(&'static str, AccessKind, &str)> {
    HEADERS.iter().find_map(|&(header, access)| line.strip_prefix(header).map(|rest| (header, access, rest)))
}

fn path_of(header: &str, rest: &str) -> Option<String> {
    let path = rest.trim();
    if !(header == "+++ " || header == "--- ") {
        return (!path.is_empty()).then(|| path.to_owned());
    }
    // A unified diff writes a time stamp after a tab, and a prefix before the path.
    let path = path.split('\t').next().unwrap_or(path).trim();
    let path = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path);
    (!path.is_empty() && path != "/dev/null").then(|| path.to_owned())
}

fn push(found: &mut Vec<(AccessKind, String)>, access: AccessKind, path: String) {
    if !found.iter().any(|(known, name)| *known == access && *name == path) {
        found.push((access, path));
    }
}

#[cfg(test)]
mod tests {
    use super::AccessKind::{Delete, Write};
    use super::*;

    #[test]
    fn every_header_of_both_forms_names_its_file() {
        let cases: &[(&str, &[(AccessKind, &str)])] = &[
            ("*** Begin Patch\n*** Add File: a b.txt\n+x\n*** End Patch", &[(Write, "a b.txt")]),
            ("*** Update File: a\n@@\n-x\n+y\n*** Delete File: b", &[(Write, "a"), (Delete, "b")]),
            (
                "*** Update File: old\n*** Move to: new\n@@",
                &[(Write, "old"), (Delete, "old"), (Write, "new")],
            ),
            ("  *** Add File:no-space", &[(Write, "no-space")]),
            ("--- a/x.rs\t2026-01-01\n+++ b/x.rs\n@@ -1 +1 @@\n-a\n+b", &[(Write, "x.rs")]),
            ("--- /dev/null\n+++ b/.env", &[(Write, ".env")]),
            ("rename from a\nrename to b", &[(Delete, "a"), (Write, "b")]),
            ("*** Add File: \r\n", &[]),
            ("just words", &[]),
        ];
        for (patch, wanted) in cases {
            let found = files(patch);
            let found: Vec<_> = found.iter().map(|(access, path)| (*access, path.as_str())).collect();
            assert_eq!(&found, wanted, "{patch}");
        }
    }
}

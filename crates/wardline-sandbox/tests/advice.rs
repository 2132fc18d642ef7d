//! What the sandbox advises stands in the documentation, word for word.

use std::path::Path;

/// Text with every run of white space as one space, in lower case: documents wrap and begin sentences.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[test]
fn every_fix_stands_in_the_documentation() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/hosts.md");
    let text = flat(&std::fs::read_to_string(file).unwrap_or_default());
    for fix in wardline_sandbox::every_fix() {
        assert!(text.contains(&flat(fix)), "docs/hosts.md does not say: {fix}");
    }
    for (outcome, _) in wardline_sandbox::outcomes() {
        assert!(text.contains(&format!("`{outcome}`")), "docs/hosts.md does not name {outcome}");
    }
}

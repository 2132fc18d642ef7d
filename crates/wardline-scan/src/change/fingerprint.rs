//! Names for findings that stay the same while lines move: for waivers, baselines and other tools.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::mark::Library;
use crate::finding::Finding;

/// The name of each finding, in their order: 32 hexadecimal digits over its rule, its file, the function around it, the words of
/// its statement and of the way of its value, and its number among those that are the same in all of this.
pub fn fingerprints(texts: &BTreeMap<String, String>, findings: &[Finding]) -> Vec<String> {
    let mut library = Library::new(texts);
    library.open(findings);
    let mut seen: HashMap<String, usize> = HashMap::new();
    // Numbers are given in the order of the text, whatever the order in which the findings come.
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|index| findings.get(*index).map(|finding| (finding.path.clone(), finding.span)));
    let mut names = vec![String::new(); findings.len()];
    for index in order {
        let Some(finding) = findings.get(index) else { continue };
        let content = content(&library, finding);
        let number = seen.entry(content.clone()).or_default();
        let name = digest(&format!("{content}\0{number}"));
        *number += 1;
        if let Some(place) = names.get_mut(index) {
            *place = name;
        }
    }
    names
}

fn content(library: &Library<'_>, finding: &Finding) -> String {
    let mark = library.mark(finding, finding.path.clone());
    let mut text = format!("{}\0{}\0{}\0{}", mark.rule, mark.path, mark.within, mark.words.join(" "));
    for step in &finding.trace {
        let tokens = library.get(&step.path).map(|read| read.inside(step.span)).unwrap_or_default();
        let words: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
        // Writing to a string does not fail.
        let _written = write!(text, "\0{}\0{}", step.path, words.join(" "));
    }
    text
}

fn digest(text: &str) -> String {
    let mut name = String::new();
    for byte in Sha256::digest(text.as_bytes()).iter().take(16) {
        let _written = write!(name, "{byte:02x}");
    }
    name
}

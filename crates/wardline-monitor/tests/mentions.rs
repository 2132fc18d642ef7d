//! How the paths of a shell command are mentioned: named, merely used, or come upon by a pattern.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use wardline_monitor::policy::Mention;
use wardline_monitor::{Action, World, gather};

/// How the first path that ends in `name` is mentioned.
fn mention(script: &str, name: &str) -> Option<Mention> {
    let directory = std::env::temp_dir();
    let environment = BTreeMap::from([("HOME".to_owned(), directory.display().to_string())]);
    let world = World::new(environment, &directory, "/bin/true".into()).unwrap();
    let facts = gather(&world, &Action::shell(script), 0, true);
    facts.paths.into_iter().find(|path| path.lexical.ends_with(name)).map(|path| path.mention)
}

#[test]
fn a_key_that_is_used_is_not_shown() {
    for (script, name, expected) in [
        ("ssh -i k.pem host", "k.pem", Mention::Used),
        ("scp -i k.pem a host:", "k.pem", Mention::Used),
        ("unknown-tool --keyfile k.pem", "k.pem", Mention::Used),
        ("cat k.pem", "k.pem", Mention::Named),
        ("cp k.pem b", "k.pem", Mention::Named),
        ("unknown-tool *", "*", Mention::Found),
    ] {
        assert_eq!(mention(script, name), Some(expected), "{script:?}");
    }
}

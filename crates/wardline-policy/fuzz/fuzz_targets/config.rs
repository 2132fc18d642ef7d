//! Reading a configuration file, and everything that is done with one, never panics.
//!
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none config` from the crate's folder.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_policy::{Facts, Layer, Options, PolicySet, Request, Source, SourceKind, decide, lint, run_examples};

fuzz_target!(|text: &str| {
    for (layer, trusted, file) in [
        (Layer::User, true, "config.jsonc"),
        (Layer::Project, false, "kilo.json"),
        (Layer::Managed, true, "policy.jsonc"),
    ] {
        let source =
            Source { layer, file: file.to_owned(), text: text.to_owned(), kind: SourceKind::Config, trusted };
        let options = Options { home: "/home/u".to_owned(), ..Options::default() };
        let Ok(policy) = PolicySet::build(&[source], &options) else { continue };
        for permission in ["bash", "read", "edit", "external_directory"] {
            let verdict = decide(&policy, &Request::new(permission, text), &Facts::default());
            assert!(!verdict.reasons.is_empty());
        }
        lint(&policy);
        run_examples(&policy);
    }
});

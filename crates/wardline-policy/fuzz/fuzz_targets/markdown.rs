//! Reading an agent file never panics.
//!
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none markdown` from the crate's folder.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_policy::{Layer, Options, PolicySet, Source, SourceKind};

fuzz_target!(|head: &str| {
    let source = Source {
        layer: Layer::Agent,
        file: "x.md".to_owned(),
        text: format!("---\n{head}\n---\n"),
        kind: SourceKind::AgentMarkdown { name: "x".to_owned() },
        trusted: true,
    };
    let _either = PolicySet::build(&[source], &Options::default());
});

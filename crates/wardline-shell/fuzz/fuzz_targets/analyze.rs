//! Feeds arbitrary text to the analysis and checks what must hold for every text. Run it with
//! `cargo fuzz run analyze` from the crate's folder.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_shell::{Context, DoubtKind, Limits, analyze};

fuzz_target!(|text: &str| {
    let context = Context::new("/p", "/home/me");
    let limits = Limits { steps: 2_000, commands: 100, ..Limits::default() };
    let analysis = analyze(text, &context, &limits);
    for command in &analysis.commands {
        assert!(text.get(command.span.clone()).is_some(), "span {:?}", command.span);
        assert!(!command.canonical.is_empty() || command.literal.trim().is_empty() || command.arguments.is_empty());
    }
    let _targets = analysis.kilo_targets();

    // What stands before it can't hide a command, unless the text is in doubt or takes it in.
    let closed = analysis.doubts.iter().all(|doubt| !matches!(doubt.kind, DoubtKind::Unparsed | DoubtKind::Limit | DoubtKind::Flood));
    if closed && !text.contains(['\\', '#', '<', '\'', '"']) {
        let with = format!("{text}\nrm x");
        let more = analyze(&with, &context, &limits);
        let doubted = more.doubts.iter().any(|doubt| matches!(doubt.kind, DoubtKind::Unparsed | DoubtKind::Limit | DoubtKind::Flood));
        let found = more.commands.iter().any(|command| command.literal.ends_with("rm x"));
        assert!(found || doubted, "`rm x` is lost after the text");
    }
});

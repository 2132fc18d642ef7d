//! Helpers that the tables of tests share.
#![allow(dead_code, reason = "each test file uses some of the helpers")]

use wardline_shell::{Access, Analysis, Certainty, Context, DoubtKind, Limits, analyze};

/// The directory and home of all tests.
pub(crate) const CONTEXT: Context<'static> = Context::new("/p", "/home/me");

/// Analyses with the default limits.
pub(crate) fn read(script: &str) -> Analysis {
    analyze(script, &CONTEXT, &Limits::default())
}

/// Analyses however many commands there are, up to the other limits.
pub(crate) fn read_all(script: &str) -> Analysis {
    analyze(script, &CONTEXT, &Limits { commands: u32::MAX, ..Limits::default() })
}

/// The canonical texts, in order.
pub(crate) fn canonical(script: &str) -> Vec<String> {
    read(script).commands.into_iter().map(|command| command.canonical).collect()
}

/// All kinds of doubt, of the script and its commands.
pub(crate) fn doubts(script: &str) -> Vec<DoubtKind> {
    let analysis = read(script);
    let own = analysis.commands.iter().flat_map(|command| &command.doubts);
    let mut kinds: Vec<_> = analysis.doubts.iter().chain(own).map(|doubt| doubt.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// Every path as `R /p/a`: the access by its first letter, `?` when not proven, `…` when everything below counts.
pub(crate) fn paths(script: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for path in read(script).commands.iter().flat_map(|command| &command.paths) {
        let access = match path.access {
            Access::Read => 'R',
            Access::List => 'L',
            Access::Write => 'W',
            Access::Delete => 'D',
            Access::Execute => 'X',
        };
        let sure = match path.certainty {
            Certainty::Proven => "",
            Certainty::Assumed => "?",
            Certainty::Opaque => "??",
        };
        let text = format!("{access}{sure} {}{}", path.text, if path.recursive { "/…" } else { "" });
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

/// Every effect in one line, `?` before it when it is assumed, `??` when it is not known.
pub(crate) fn effects(script: &str) -> Vec<String> {
    let line = |effect: &wardline_shell::Effect| {
        let sure = match effect.certainty {
            Certainty::Proven => "",
            Certainty::Assumed => "? ",
            Certainty::Opaque => "?? ",
        };
        format!("{sure}{}", effect.line())
    };
    read(script).effects.iter().map(line).collect()
}

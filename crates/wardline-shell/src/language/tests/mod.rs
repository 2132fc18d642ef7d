//! Tables of code and what it does, one line of text each.

mod benign;
mod rows;

use proptest::prelude::*;

use super::{Deed, deeds, read, understood};
use crate::answer::Certainty;
use crate::effect::EffectKind;
use crate::expand::known;

/// The deeds as text: `shell rm -rf /`, `run rm|-rf|/`, `delete+ /etc`, `send host`, `hidden` …
fn told(language: &str, code: &str) -> String {
    let sure = |certainty: Certainty| match certainty {
        Certainty::Proven => "",
        Certainty::Assumed => "?",
        Certainty::Opaque => "??",
    };
    let one = |deed: Deed| match deed {
        Deed::Shell { text, certainty } => format!("shell{} {text}", sure(certainty)),
        Deed::Program { argv, certainty } => format!("run{} {}", sure(certainty), argv.join("|")),
        Deed::File { kind, path, recursive, certainty, .. } => {
            let kind = match kind {
                EffectKind::Delete => "delete",
                EffectKind::Replace => "replace",
                EffectKind::Write => "write",
                EffectKind::Read => "read",
                EffectKind::List => "list",
                EffectKind::Mode => "mode",
                EffectKind::Owner => "owner",
                _ => "link",
            };
            format!("{kind}{}{} {path}", if recursive { "+" } else { "" }, sure(certainty))
        }
        Deed::Network { host, sends, .. } => format!("{} {host}", if sends { "send" } else { "fetch" }),
        Deed::Listens => "listen".to_owned(),
        Deed::RemoteShell { host } => format!("remote-shell {host}"),
        Deed::Evaluates { source } => format!("evaluate {source:?}"),
        Deed::Signals { target } => format!("signal {target}"),
        Deed::Exhausts => "exhaust".to_owned(),
        Deed::Hidden(_) => "hidden".to_owned(),
    };
    deeds(language, &known(code)).into_iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Checks rows of language, code, and deeds that must be among those found.
fn check(rows: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (language, code, wanted) in rows {
        let found = told(language, code);
        let all: Vec<&str> = found.split("; ").collect();
        if !wanted.split("; ").all(|deed| all.contains(&deed)) {
            wrong.push(format!("{language}: {code}\n   wanted {wanted}\n   found  {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// Checks that code which only computes is told so.
fn check_harmless(rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (language, code) in rows {
        let reading = read(language, &known(code), &[]);
        if !reading.understood || reading.looks || !reading.deeds.is_empty() {
            let whole = understood(language, &known(code));
            wrong.push(format!("{language}: {code}\n   understood {whole}, found {}", told(language, code)));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

const LANGUAGES: &[&str] =
    &["python3", "node", "perl", "ruby", "php", "lua", "R", "julia", "groovy", "awk", "tclsh", "pwsh"];

proptest! {
    #[test]
    fn no_text_makes_it_panic(code in "(\\PC|\n){0,200}") {
        for language in LANGUAGES {
            let _deeds = deeds(language, &known(&code));
        }
    }

    #[test]
    fn no_mix_of_marks_makes_it_panic(parts in prop::collection::vec(prop::sample::select(vec![
        "os.system(", "open(", "'", "\"", "`", "$", "@{", "${", "#{", "[", "]", "{", "}", "(", ")", ";", "\n", "=", "=>", "->", "for ", "in ",
        "x", " ", "import ", "from ", "eval ", "/", "\\", "%", "%w", "q", "s/a/b/e", "<<EOF", "EOF", "lambda ", ":", ",", "def f(", "|", "...", "1", "é",
    ]), 0..60)) {
        let code = parts.concat();
        for language in LANGUAGES {
            let _deeds = deeds(language, &known(&code));
        }
    }
}

#[test]
fn long_hostile_text_takes_time_in_proportion() {
    for unit in [
        "(",
        "[",
        "{",
        "<",
        "/[",
        "${",
        "'",
        "x=",
        "f(",
        "a.b(",
        "$x{",
        "[x for x in ",
        "<<A\n",
        "%(",
        "eval('",
        "\\",
        "@{[",
    ] {
        let code = unit.repeat(64 * 1024 / unit.len());
        for language in LANGUAGES {
            let start = std::time::Instant::now();
            let _deeds = deeds(language, &known(&code));
            assert!(start.elapsed().as_secs() < 30, "{language} with {unit:?} took {:?}", start.elapsed());
        }
    }
}

//! Laws that hold for every script: no panic, valid spans, nothing hidden by what stands around it.

mod support;

use proptest::prelude::*;
use support::{CONTEXT, canonical, doubts, read};
use wardline_shell::{DoubtKind, Limits, analyze};

/// Pieces that scripts are made of, so that random scripts get far into the grammar.
fn fragment() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        " ",
        "\n",
        ";",
        "&",
        "&&",
        "||",
        "|",
        "|&",
        "(",
        ")",
        "((",
        "))",
        "{",
        "}",
        "[[",
        "]]",
        "<",
        ">",
        ">>",
        "<<E\n",
        "\nE\n",
        "<<<",
        "<(",
        ">(",
        "$(",
        "${",
        "$((",
        "$[",
        "]",
        "`",
        "'",
        "\"",
        "$'",
        "\\",
        "\\\n",
        "#",
        "!",
        "~",
        "*",
        "?",
        "=",
        ":-",
        "$x",
        "$@",
        "@(",
        "if ",
        "then ",
        "else ",
        "fi",
        "for x in ",
        "do ",
        "done",
        "while ",
        "case x in ",
        "esac",
        ";;",
        "f() ",
        "function ",
        "time ",
        "coproc ",
        "rm",
        "cat",
        ".env",
        "x=",
        "x=1 ",
        "-rf",
        "sudo ",
        "xargs ",
        "sh -c ",
        "eval ",
        "cd a",
        "é",
        "\u{0}",
        "\r",
        "{a,b}",
        "{1..9}",
        "find . -exec ",
        "alias x=",
        "trap ",
        "set -- ",
        "2>&1",
        "&>f",
        "0",
    ]);
    prop_oneof![8 => fixed.prop_map(str::to_owned), 1 => "[a-z]{1,5}", 1 => any::<char>().prop_map(String::from)]
}

fn script() -> impl Strategy<Value = String> {
    prop::collection::vec(fragment(), 0..24).prop_map(|parts| parts.concat())
}

/// Scripts that a shell can read.
fn sound() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "a", "-x", "'b c'", "\"$x\"", "$(d e)", "*.c", "~", ".env", "\\;", "{f,g}", "$'h'", "`i`",
    ]);
    let name = prop::sample::select(vec!["ls", "rm", "sudo rm", "cat", "X=1 make", "/bin/cp", "git"]);
    let simple = (name, prop::collection::vec(word, 0..4))
        .prop_map(|(name, words)| format!("{name} {}", words.join(" ")));
    simple.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec![";", "&&", "||", "|", "&", "\n"]), inner.clone())
                .prop_map(|(one, link, other)| format!("{one} {link} {other}")),
            inner.clone().prop_map(|inner| format!("( {inner} )")),
            inner.clone().prop_map(|inner| format!("{{ {inner}\n}}")),
            inner.clone().prop_map(|inner| format!("echo $( {inner} )")),
            inner.clone().prop_map(|inner| format!("if {inner}\nthen {inner}\nfi")),
            inner.clone().prop_map(|inner| format!("for i in 1 2; do {inner}\ndone")),
            inner.prop_map(|inner| format!("case x in a) {inner}\n;; esac")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gets_an_answer(text in any::<String>()) {
        let _analysis = read(&text);
    }

    #[test]
    fn spans_are_ranges_of_the_script(text in script()) {
        for command in read(&text).commands {
            prop_assert!(text.get(command.span.clone()).is_some(), "{:?} of {:?}", command.span, text);
        }
    }

    #[test]
    fn the_same_text_gets_the_same_answer(text in script()) {
        prop_assert_eq!(read(&text), read(&text));
    }

    #[test]
    fn something_is_said_about_every_text(text in script()) {
        let analysis = read(&text);
        let blank = text.lines().all(|line| line.trim_matches([' ', '\t']).is_empty() || line.trim_start_matches([' ', '\t']).starts_with('#'));
        let function = text.contains("()") || text.contains("function");
        let quiet = text.contains("((") || text.contains("[[") || text.contains("case") || text.contains("for") || text.contains('\\')
            || text.contains("time") || text.contains('!');
        prop_assert!(blank || function || quiet || !analysis.commands.is_empty() || !analysis.doubts.is_empty(), "{:?}", text);
    }

    #[test]
    fn a_command_after_another_script_is_found(text in sound()) {
        let with = format!("{text}\n; rm x").replacen("\n; rm x", "\nrm x", 1);
        prop_assert!(canonical(&with).iter().any(|command| command == "rm x"), "{:?}", with);
    }

    #[test]
    fn a_command_after_any_text_is_found_or_doubted(text in script()) {
        let with = format!("{text}; rm x");
        let found = canonical(&with).iter().any(|command| command == "rm x" || command.ends_with("rm x"));
        let kinds = doubts(&with);
        // Unless the text swallows it: an open comment or quote, a word before it, a here-document.
        let swallowed = text.contains(['#', '\'', '"', '`', '<', '\\', '(', '{', '[']) || text.ends_with(['&', ';', '|']);
        prop_assert!(found || swallowed || kinds.contains(&DoubtKind::Unparsed), "{:?}: {:?} {:?}", with, canonical(&with), kinds);
    }

    #[test]
    fn whatever_kilo_checks_we_check(text in sound()) {
        let analysis = read(&text);
        for target in analysis.kilo_targets() {
            let covered = analysis.commands.iter().any(|command| command.literal.starts_with(&target) || target.starts_with(&command.literal));
            prop_assert!(covered, "{:?} of {:?}: {:?}", target, text, canonical(&text));
        }
    }

    #[test]
    fn what_a_shell_can_read_we_can(text in sound()) {
        prop_assert!(!doubts(&text).contains(&DoubtKind::Unparsed), "{:?}: {:?}", text, read(&text).doubts);
    }

    #[test]
    fn less_to_spend_never_hides_without_a_doubt(text in sound(), steps in 0_u32..20, depth in 0_u32..6) {
        let limits = Limits { steps, depth, ..Limits::default() };
        let small = analyze(&text, &CONTEXT, &limits);
        let full = read(&text);
        let limited = small.doubts.iter().any(|doubt| doubt.kind == DoubtKind::Limit);
        prop_assert!(limited || small.commands == full.commands, "{:?}", text);
    }
}

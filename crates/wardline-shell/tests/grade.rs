//! The grade of commands: which need no question.

mod support;

use proptest::prelude::*;
use support::read;
use wardline_shell::Grade;

/// The worst grade of a script's commands.
fn worst(script: &str) -> Grade {
    let analysis = read(script);
    analysis.commands.iter().map(|command| command.grade).max().unwrap_or(Grade::Unknown)
}

fn word(grade: Grade) -> &'static str {
    match grade {
        Grade::Looks => "looks",
        Grade::Edits => "edits",
        Grade::Builds => "builds",
        _ => "unknown",
    }
}

fn cases() -> Vec<(&'static str, &'static str)> {
    let files =
        [include_str!("grade/looks.txt"), include_str!("grade/edits.txt"), include_str!("grade/builds.txt")];
    let lines =
        files.into_iter().flat_map(str::lines).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once('\t').unwrap_or(("no tab", line))).collect()
}

#[test]
fn commands_have_the_grade_that_stands_before_them() {
    let cases = cases();
    assert!(cases.len() >= 500, "{}", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(want, script)| word(worst(script)) != *want)
        .map(|(want, script)| format!("{want}, but {}: {script}", word(worst(script))))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Programs whose words are all text, or whose further words belong to another command.
const ALL_TEXT: &[&str] = &[
    ":", "[", "[[", "echo", "expr", "false", "printf", "test", "true", "command", "env", "nice", "nohup",
    "stdbuf", "time", "timeout", "xargs", "bundle", "poetry", "uv", "builtin", "ionice",
];

#[test]
fn an_option_that_is_not_listed_makes_any_command_unknown() {
    for (want, script) in cases() {
        let plain = !script.contains(['|', ';', '&', '>', '<', '(', '{', '\'', '"', '\\', '\n', '=', '$'])
            && !script.contains(" -- ");
        let name = script.split(' ').next().unwrap_or_default();
        if want == "unknown" || !plain || ALL_TEXT.contains(&name) {
            continue;
        }
        for option in ["--no-such-option-at-all", "--no-such-option-at-all=/etc/x", "-\u{e9}"] {
            let changed = format!("{script} {option}");
            assert_eq!(worst(&changed), Grade::Unknown, "{changed}");
        }
    }
}

proptest! {
    #[test]
    fn options_that_nobody_listed_are_unknown(at in 0_usize..10_000, option in "--zz[a-z]{3,12}(=[a-z/]{1,8})?") {
        let cases: Vec<_> = cases().into_iter().filter(|(want, script)| {
            *want != "unknown"
                && !script.contains(['|', ';', '&', '>', '<', '(', '{', '\'', '"', '\\', '=', '$'])
                && !script.contains(" -- ")
                && !ALL_TEXT.contains(&script.split(' ').next().unwrap_or_default())
        }).collect();
        let (_, script) = cases[at % cases.len()];
        let changed = format!("{script} {option}");
        prop_assert_eq!(worst(&changed), Grade::Unknown, "{}", changed);
    }

    #[test]
    fn a_wrapper_hides_nothing(wrapper in "(timeout 5|nice|nohup|env A=1|command|time|stdbuf -oL|xargs)", inner in "(rm -rf /|sudo id|python3 x.py|curl x|dd of=/dev/sda)") {
        let script = format!("{wrapper} {inner}");
        prop_assert_eq!(worst(&script), Grade::Unknown, "{}", script);
    }
}

//! How the working directory is followed: where `cat f` reads after each script.

mod support;

use support::{doubts, read};
use wardline_shell::DoubtKind;

/// The directories that the last `cat f` of the script may read in; `?` for one that can't be told.
fn places(script: &str) -> Vec<String> {
    let analysis = read(script);
    let command = analysis.commands.iter().rev().find(|command| command.canonical == "cat f");
    let paths = command.map(|command| command.paths.as_slice()).unwrap_or_default();
    let directory = |text: &str| {
        if text == "f" { "?".to_owned() } else { text.strip_suffix("/f").unwrap_or(text).to_owned() }
    };
    paths.iter().map(|path| directory(&path.text)).collect()
}

#[test]
fn the_directory_is_followed() {
    let table: &[(&str, &[&str])] = &[
        ("cat f", &["/p"]),
        ("cd a && cat f", &["/p/a"]),
        ("cd a/b/.. && cat f", &["/p/a"]),
        ("cd /opt && cat f", &["/opt"]),
        ("cd .. && cat f", &[""]),
        ("cd && cat f", &["/home/me"]),
        ("cd ~ && cat f", &["/home/me"]),
        ("cd ~/x && cat f", &["/home/me/x"]),
        ("cd \"$HOME\" && cat f", &["/home/me"]),
        ("cd a && cd b && cat f", &["/p/a/b"]),
        ("cd a && cd - && cat f", &["/p"]),
        ("d=a; cd $d && cat f", &["/p/a"]),
        // `cd` may fail, and then the next command runs where it was.
        ("cd a; cat f", &["/p/a", "/p"]),
        ("cd a\ncat f", &["/p/a", "/p"]),
        ("cd a || cat f", &["/p"]),
        ("cd a || exit; cat f", &["/p/a"]),
        ("cd a || exit 1\ncat f", &["/p/a"]),
        ("cd a || { echo no; exit 1; }; cat f", &["/p/a"]),
        ("set -e; cd a; cat f", &["/p/a"]),
        ("set -euo pipefail\ncd a\ncat f", &["/p/a"]),
        ("if cd a; then cat f; fi", &["/p/a"]),
        ("if cd a; then :; else cat f; fi", &["/p"]),
        ("! cd a && cat f", &["/p"]),
        ("cd a && make; cat f", &["/p/a", "/p"]),
        // Subshells keep it to themselves.
        ("(cd a); cat f", &["/p"]),
        ("(cd a && cat f)", &["/p/a"]),
        ("cd a | cat f", &["/p"]),
        ("cd a & cat f", &["/p"]),
        ("echo $(cd a); cat f", &["/p"]),
        ("x=$(cd a && cat f)", &["/p/a"]),
        ("{ cd a && :; } && cat f", &["/p/a"]),
        ("f() { cd a; }; f && cat f", &["/p/a"]),
        ("eval 'cd a' && cat f", &["/p/a"]),
        ("command cd a && cat f", &["/p/a"]),
        ("builtin cd a && cat f", &["/p/a"]),
        ("sh -c 'cd a' && cat f", &["/p"]),
        ("sudo cd a && cat f", &["/p"]),
        ("pushd a && cat f", &["/p/a"]),
        ("pushd a && popd && cat f", &["/p"]),
        // For one command alone.
        ("env -C a cat f", &["/p/a"]),
        ("env --chdir=a cat f", &["/p/a"]),
        ("sudo -D /opt cat f", &["/opt"]),
        ("sh -c 'cd a && cat f'", &["/p/a"]),
        // Nobody knows.
        ("cd $X && cat f", &["?"]),
        ("cd \"$(git rev-parse --show-toplevel)\" && cat f", &["/p"]),
        ("cd a* && cat f", &["?"]),
        ("cd -P $X; cat f", &["/p", "?"]),
        ("for d in *; do cd $d && cat f; done", &["?"]),
        ("while a; do cd b; done; cat f", &["/p", "?"]),
    ];
    for (script, expected) in table {
        let expected: Vec<String> = expected.iter().map(|place| (*place).to_owned()).collect();
        assert_eq!(places(script), expected, "{script:?}");
    }
}

#[test]
fn an_unknown_directory_is_a_doubt() {
    for script in ["cd $X && cat f", "cd $X; rm -rf *", "popd; cat f", "cd - && cat f"] {
        assert!(doubts(script).contains(&DoubtKind::Unresolved), "{script:?}: {:?}", doubts(script));
    }
    assert!(doubts("cd a && cat f").is_empty());
}

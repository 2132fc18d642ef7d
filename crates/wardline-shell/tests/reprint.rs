//! bash is asked to print scripts in its own words, and both texts must be read alike: odd places of the grammar, and a sample
//! of the generated spellings. Nothing is run.

#[path = "generator/mod.rs"]
mod generator;
#[path = "support/reprint.rs"]
mod reprint;
mod support;

use std::process::Command;

use generator::{Pairs, cases, oracle, seeds};
use reprint::{doubted, outline, reprint, reserved};
use support::read_all;

/// Places where a word, an operator or a descriptor may begin or end unlike it looks.
const ODD: &[&str] = &[
    "ls >&-; rm y",
    "2147483647>x ls",
    "2147483648>x ls",
    "99999999999999999999999<x ls",
    "{fd}>x ls {fd} >x",
    "rm {}</dev/null; {1a}<x ls; {a[0]}>x rm y",
    "a=1 b+=2 c[0]=3 ls a=1",
    "ls 2>&1|&tee x",
    "<<A cat; ls\n$(rm y)\nA\nrm z",
    "cat <<-'A' && ls\n\t$(rm y)\n\tA\n",
    "cat <<A <<B\na\nA\nb\nB\nls",
    "if a; then b; elif c; then d; else e; fi",
    "for i in a b; do rm $i; done; for ((i=0; i<3; i++)); do ls; done",
    "case x in (a|b) ls;; c) rm y;& *) x;;& esac",
    "while read x; do rm $x; done < list",
    "f() { ls; } ; function g { rm y; }; f; g",
    "(ls; rm y) & { a; b; } 2>x",
    "a && b || c; ! d | e",
    "time -p ls; time rm y",
    "coproc N { ls; }; coproc ls -l",
    "[[ a =~ (b|c) && -f d ]] && rm y",
    "((a = 1 << 2)) && ls $((1 + 2)) ${x:-$(rm y)}",
    "echo a\\\nb; rm\\\n y; l\\\ns",
    "echo 'a b' \"c $(ls) d\" $'e\\tf' `rm y`",
    "ls #rm y\nls a#b",
    "@(a|b) c; ls !(x)",
    "diff <(ls a) <(ls b) > >(cat)",
    "$'\\x{72}m' y; $'t\\ur' $'\\x{4' $'a\\x'",
];

/// Escapes of `$'…'`.
const ESCAPES: &[&str] = &[
    r#"\a\b\e\E\f\n\r\t\v\\\'\"\?"#,
    r"\q\8",
    r"a\x",
    r"a\xg",
    r"\x4g",
    r"\x414",
    r"\x{41}b",
    r"\x{000141}b",
    r"\x{41",
    r"a\x{}b",
    r"a\x{g}b",
    r"\x{4g}b",
    r"a\u",
    r"a\ug",
    r"\u41g",
    r"\u{41}",
    r"\u00e9",
    r"a\U",
    r"\U0001F600x",
    r"a\u0b",
    r"\1018",
    r"\18",
    r"a\0b",
    r"a\400b",
    r"\ca\cZ\c[",
    r"\c?x",
    r"a\c@b",
    r"\c\\x",
    r"\c\ax",
    r"\c'",
    r"x\c",
];

/// How many generated spellings are compared.
const SAMPLE: usize = 400;

#[test]
fn bash_reads_what_we_read() {
    let generated = cases(&seeds(), Pairs { earlier: 4, later: 2 });
    let sample = oracle::sample(&generated, SAMPLE);
    let texts = ODD.iter().copied().chain(sample.iter().map(|case| case.form.script.as_str()));
    let mut compared = 0;
    for text in texts {
        let analysis = read_all(text);
        let Some(printed) = reprint(text).filter(|_| !doubted(&analysis) && !reserved(&analysis)) else {
            continue;
        };
        assert_eq!(
            outline(&analysis),
            outline(&read_all(&printed)),
            "{text:?}, which bash prints as {printed:?}"
        );
        compared += 1;
    }
    assert!(compared >= SAMPLE * 4 / 5, "only {compared} texts could be compared");
}

#[test]
fn escapes_are_the_characters_that_bash_makes_of_them() {
    for escape in ESCAPES {
        let script = format!("printf %s $'{escape}'");
        let command =
            Command::new("/bin/bash").args(["--norc", "-c", &script]).env("LC_ALL", "C.UTF-8").output();
        let output = command.unwrap();
        let analysis = read_all(&script);
        let value = analysis
            .commands
            .first()
            .and_then(|printf| printf.arguments.get(1))
            .map(|word| word.value.as_str());
        if output.status.success() {
            assert_eq!(value, Some(String::from_utf8_lossy(&output.stdout).as_ref()), "{escape}");
        } else {
            assert!(doubted(&analysis), "{escape}");
        }
    }
}

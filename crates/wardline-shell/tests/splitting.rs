//! Which commands are found in a script: Kilo's answer for each row of its table, and ours beside it.

mod support;

use support::{canonical, read};

/// Script, Kilo's targets, our canonical commands.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const TABLE: &[Row] = &[
    // Each side of a chain or pipe.
    ("git status && rm x", &["git status", "rm x"], &["git status", "rm x"]),
    ("git status ; rm x", &["git status", "rm x"], &["git status", "rm x"]),
    ("git status || rm x", &["git status", "rm x"], &["git status", "rm x"]),
    ("git status & rm x", &["git status", "rm x"], &["git status", "rm x"]),
    ("git status | rm x", &["git status", "rm x"], &["git status", "rm x"]),
    ("git status |& rm x", &["git status", "rm x"], &["git status", "rm x"]),
    ("git status\nrm x", &["git status", "rm x"], &["git status", "rm x"]),
    // Compound commands. Kilo never makes `cd` a target; we list it and mark it.
    ("(cd /opt; rm x)", &["rm x"], &["cd /opt", "rm x"]),
    ("{ cd /opt; rm x; }", &["rm x"], &["cd /opt", "rm x"]),
    ("if a; then b; elif c; then d; else e; fi", &["a", "b", "c", "d", "e"], &["a", "b", "c", "d", "e"]),
    ("for i in 1; do rm x; done", &["rm x"], &["rm x"]),
    ("for ((i=0;i<3;i++)); do rm x; done", &["rm x"], &["rm x"]),
    ("while a; do rm x; done", &["a", "rm x"], &["a", "rm x"]),
    ("until a; do rm x; done", &["a", "rm x"], &["a", "rm x"]),
    ("case $x in a) rm x;; *) ls;; esac", &["rm x", "ls"], &["rm x", "ls"]),
    ("select i in 1; do rm x; done", &["rm x"], &["rm x"]),
    ("f(){ rm x; }; f", &["rm x", "f"], &["f", "rm x"]),
    ("function f { rm x; }", &["rm x"], &["rm x"]),
    ("! rm x", &["rm x"], &["rm x"]),
    // Substitutions: the outer text and what is inside.
    ("echo $(rm x)", &["echo $(rm x)", "rm x"], &["echo $(rm x)", "rm x"]),
    ("echo `rm x`", &["echo `rm x`", "rm x"], &["echo `rm x`", "rm x"]),
    ("echo \"$(rm x)\"", &["echo \"$(rm x)\"", "rm x"], &["echo \"$(rm x)\"", "rm x"]),
    ("cat <(rm x)", &["cat <(rm x)", "rm x"], &["cat <(rm x)", "rm x"]),
    ("cat <<E\n$(rm x)\nE", &["cat <<E\n$(rm x)\nE", "rm x"], &["cat", "rm x"]),
    // Kilo takes these whole; we list what is inside as well.
    ("cat <<'E'\n$(rm x)\nE", &["cat <<'E'\n$(rm x)\nE"], &["cat"]),
    ("bash -c \"rm z\"", &["bash -c \"rm z\""], &["bash -c 'rm z'", "rm z"]),
    ("eval rm x", &["eval rm x"], &["eval rm x", "rm x"]),
    ("sudo rm x", &["sudo rm x"], &["sudo rm x", "rm x"]),
    ("time rm x", &["time rm x"], &["time rm x", "rm x"]),
    ("xargs rm", &["xargs rm"], &["xargs rm", "rm"]),
    ("find . -exec rm {} \\;", &["find . -exec rm {} \\;"], &["find . -exec rm {} ';'", "rm {}"]),
    // Kilo keeps the text as it is written, so a rule about `rm` misses all of these.
    ("X=1 rm -rf y", &["X=1 rm -rf y"], &["rm -rf y"]),
    ("'rm' -rf x", &["'rm' -rf x"], &["rm -rf x"]),
    ("\\rm -rf x", &["\\rm -rf x"], &["rm -rf x"]),
    ("/bin/rm x", &["/bin/rm x"], &["rm x"]),
    ("$CMD x", &["$CMD x"], &["$CMD x"]),
    // Redirects: Kilo loses the one behind a pipe and the one of a compound command.
    ("a > o | b", &["a > o", "b"], &["a", "b"]),
    ("a | b > o", &["a", "b"], &["a", "b"]),
    ("while read l; do :; done < f", &["read l", ":"], &["read l", ":"]),
    ("{ a; } > o", &["a"], &["a", "> o"]),
    // No command at all for Kilo, and so no check.
    ("> f", &[], &["> f"]),
    ("[ -f x ]", &[], &["[ -f x ]"]),
    ("[[ -f x ]]", &[], &["[[ -f x ]]"]),
    ("((a=1))", &[], &["((a=1))"]),
    ("X=1", &[], &["X=1"]),
    ("export A=b", &[], &["export A=b"]),
    ("unset A", &[], &["unset A"]),
];

#[test]
fn the_table_of_splitting_holds_for_kilo_and_for_us() {
    for (script, kilo, ours) in TABLE {
        let analysis = read(script);
        assert_eq!(analysis.kilo_targets(), *kilo, "Kilo's targets of {script:?}");
        assert_eq!(canonical(script), *ours, "our commands of {script:?}");
    }
}

#[test]
fn the_literal_text_is_kilos_target() {
    for (script, kilo, _) in TABLE.iter().filter(|(script, ..)| !script.contains("| b > o")) {
        let literals: Vec<String> =
            read(script).commands.into_iter().map(|command| command.literal).collect();
        for target in *kilo {
            assert!(
                literals.iter().any(|literal| literal == target),
                "{target:?} is not a literal of {script:?}: {literals:?}"
            );
        }
    }
}

#[test]
fn commands_are_found_wherever_a_shell_would_run_them() {
    for script in [
        "x=$(rm y)",
        "x=(a $(rm y))",
        "x[$(rm y)]=1",
        "export X=$(rm y)",
        "echo ${x:-$(rm y)}",
        "echo ${x:-${z:+`rm y`}}",
        "echo \"${x#$(rm y)}\"",
        "echo $(( $(rm y) + 1 ))",
        "echo $[ $(rm y) ]",
        "(( x = $(rm y) ))",
        "[[ -n $(rm y) ]]",
        "[[ a =~ ($(rm y)|b) ]]",
        "a > $(rm y)",
        "a 2>&1 >>\"$(rm y)\"",
        "cat <<< $(rm y)",
        "cat <<E\n${x:-$(rm y)}\nE",
        "cat <<E\n`rm y`\nE",
        "tee >(rm y)",
        "for i in $(rm y); do :; done",
        "case $(rm y) in a) ;; esac",
        "case a in $(rm y)) ;; esac",
        "coproc rm y",
        "coproc N { rm y; }",
        "{ { { rm y; }; }; }",
        "( (rm y) )",
        "((rm y))",
        "!(rm y)",
        "if :; then :; else rm y; fi >/dev/null",
        "f() ( rm y )",
        "f() { rm y; } > out",
        "echo a # b\nrm y",
        "echo $(echo a # )\nrm y)",
        "echo $(cat <<E\n)\nE\nrm y)",
        "echo $(case a in a) rm y;; esac)",
        "a &&\\\n rm y",
        "a &\\\n& rm y",
        "echo $\\\n(rm y)",
        "echo \"$\\\n(rm y)\"",
        "echo ${ rm y; }",
        "a;\n\n\n#c\n\n rm y",
        ">/dev/null rm y",
        "</dev/null 2>&1 rm y",
        "{x}>/dev/null rm y",
        "echo \"a\"'b'$'c\\'d'\"$(rm y)\"",
        "time { rm y; }",
        "! ! rm y",
        "cat <<A <<B\nx\nA\n$(rm y)\nB",
        "cat <<-E\n\tx\n\tE\nrm y",
        "cat <<'E' && rm y\nx\nE",
    ] {
        let found = canonical(script);
        assert!(found.iter().any(|command| command == "rm y"), "{script:?}: {found:?}");
    }
}

#[test]
fn text_that_is_no_command_is_not_listed_as_one() {
    for script in [
        "echo 'rm y'",
        "echo \"rm y\"",
        "echo rm y # ; rm y",
        "git commit -m 'x; rm y'",
        "cat <<'E'\n$(rm y)\nrm y\nE",
        "cat <<E\nrm y\nE",
        "cat <<< 'rm y'",
        "echo '$(rm y)'",
        "echo \\$(rm y\\)",
        "x='rm y'",
        "grep 'rm y' file",
        "case a in 'rm y') ;; esac",
    ] {
        let found = canonical(script);
        assert!(!found.iter().any(|command| command == "rm y"), "{script:?}: {found:?}");
    }
}

#[test]
fn directory_changes_are_marked() {
    for (script, marked) in
        [("cd a", true), ("pushd a", true), ("popd", true), ("chdir a", true), ("ls a", false)]
    {
        assert_eq!(read(script).commands[0].directory_change, marked, "{script}");
    }
}

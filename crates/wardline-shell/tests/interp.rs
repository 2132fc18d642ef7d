//! What the interpreter makes of scripts: which commands run with which words, where bytes come from, what stays open.

mod support;

use std::collections::BTreeMap;

use support::{CONTEXT, canonical, read};
use wardline_shell::{Command, Context, EffectKind, Input, Limits, Word, analyze};

/// Each script must be seen to run the command, spelled like this.
fn runs(table: &[(&str, &str)]) {
    for (script, expected) in table {
        let analysis = read(script);
        let spelled = |command: &Command| {
            let words = command.arguments.iter().map(|word| word.value.as_str());
            let program = command.program.as_deref().unwrap_or_default();
            let line = std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ");
            line == *expected && command.arguments.iter().all(|word| word.complete)
        };
        assert!(analysis.commands.iter().any(spelled), "{script:?}: {:?}", canonical(script));
    }
}

/// No command of the scripts may be the one.
fn never_runs(table: &[(&str, &str)]) {
    for (script, unexpected) in table {
        assert!(
            !canonical(script).iter().any(|text| text == unexpected),
            "{script:?}: {:?}",
            canonical(script)
        );
    }
}

#[test]
fn cuts_and_replacements() {
    runs(&[
        ("x=rmm; ${x%m} -rf /", "rm -rf /"),
        ("x=rm.x.y; ${x%%.*} -rf /", "rm -rf /"),
        ("x=xxrm; ${x#xx} -rf /", "rm -rf /"),
        ("x=a/b/rm; ${x##*/} -rf /", "rm -rf /"),
        ("x=rXm; ${x/X/} -rf /", "rm -rf /"),
        ("x=rXmX; ${x//X} -rf /", "rm -rf /"),
        ("x=/etc/passwd; rm -rf \"${x%/*}\"", "rm -rf /etc"),
        ("x=RM; ${x,,} -rf /", "rm -rf /"),
        ("x=abcrm; ${x:3} -rf /", "rm -rf /"),
        ("x=abcrmx; ${x:3:2} -rf /", "rm -rf /"),
        ("x=abcrm; ${x: -2} -rf /", "rm -rf /"),
        ("v=HOME; rm -rf \"${!v}\"", "rm -rf /home/me"),
        ("x=abc; echo ${#x}", "echo 3"),
        ("x=etc; rm -rf /${x^^}", "rm -rf /ETC"),
        ("p='*/'; x=a/rm; ${x#$p} y", "a/rm y"),
    ]);
}

#[test]
fn arrays_and_references() {
    runs(&[
        ("a=(rm -rf /); \"${a[@]}\"", "rm -rf /"),
        ("a=(rm -rf /); ${a[0]} ${a[1]} ${a[2]}", "rm -rf /"),
        ("a=(rm); a+=(-rf /); \"${a[@]}\"", "rm -rf /"),
        ("a[2]=/; rm -rf ${a[2]}", "rm -rf /"),
        ("a=(x y /etc); rm -rf \"${a[-1]}\"", "rm -rf /etc"),
        ("a=(x /etc y); rm -rf \"${a[@]:1:1}\"", "rm -rf /etc"),
        ("declare -A m=([k]=/etc); rm -rf \"${m[k]}\"", "rm -rf /etc"),
        ("declare -a a=(rm -rf /); ${a[*]}", "rm -rf /"),
        ("declare -n r=HOME; rm -rf \"$r\"", "rm -rf /home/me"),
        ("x=1; declare -n r=x; r=/etc; rm -rf $x", "rm -rf /etc"),
        ("mapfile -t a <<< /etc; rm -rf \"${a[@]}\"", "rm -rf /etc"),
    ]);
}

#[test]
fn builtins_that_set_variables() {
    runs(&[
        ("printf -v d '%s' /; rm -rf \"$d\"", "rm -rf /"),
        ("read d <<< /etc; rm -rf $d", "rm -rf /etc"),
        ("read a b <<< 'x /etc'; rm -rf $b", "rm -rf /etc"),
        ("IFS=: read a b <<< x:/etc; rm -rf $b", "rm -rf /etc"),
        ("read d < <(echo /etc); rm -rf $d", "rm -rf /etc"),
        ("echo /etc | { read d; rm -rf $d; }", "rm -rf /etc"),
        ("printf '%s\\n' /etc /usr | while read d; do rm -rf \"$d\"; done", "rm -rf /usr"),
        ("while read -r d; do rm -rf \"$d\"; done <<E\n/etc\n/usr\nE", "rm -rf /usr"),
        ("export P=/etc; rm -rf ${P}", "rm -rf /etc"),
        ("set -- -rf /; rm \"$@\"", "rm -rf /"),
        ("set -- x -rf /; shift; rm $*", "rm -rf /"),
        ("set -- x -rf /; rm ${@:2}", "rm -rf /"),
        ("set -- a b; echo $#", "echo 2"),
        ("let x=1+2; echo $x", "echo 3"),
        ("((x = 2 * 3)); echo $x $((x + 1)) $[x]", "echo 6 7 6"),
        ("f() { local d=/etc; rm -rf $d; }; f", "rm -rf /etc"),
        ("d=/etc; f() { local d=x; }; f; rm -rf $d", "rm -rf /etc"),
        (": ${d:=/etc}; rm -rf $d", "rm -rf /etc"),
    ]);
}

#[test]
fn words_and_splitting() {
    runs(&[
        ("IFS=,; x=rm,-rf,/; $x", "rm -rf /"),
        ("rm${IFS}-rf${IFS}/", "rm -rf /"),
        ("{rm,-rf,/}", "rm -rf /"),
        ("$'\\x72m' -rf /", "rm -rf /"),
        ("rm -rf ~me", "rm -rf /home/me"),
        ("alias x='rm -rf ~'; x", "rm -rf /home/me"),
        ("f(){ rm -rf \"$1\"; }; f /etc", "rm -rf /etc"),
        ("for d in / /usr; do rm -rf $d; done", "rm -rf /usr"),
        ("case linux in linux) T=/;; *) T=x;; esac; rm -rf $T", "rm -rf /"),
        ("case x in [a-c]) T=/;; x) T=/etc;; esac; rm -rf $T", "rm -rf /etc"),
        ("/bin/r? -rf /", "rm -rf /"),
        ("/???/rm -rf /", "rm -rf /"),
        ("/bin/r[m] -rf /", "rm -rf /"),
    ]);
    never_runs(&[("./r? -rf /", "rm -rf /"), ("x=a; f() { local x=b; }; f; rm $x", "rm b")]);
}

#[test]
fn what_is_printed() {
    runs(&[
        ("$(echo rm) -rf /", "rm -rf /"),
        ("`echo rm` -rf /", "rm -rf /"),
        ("$(printf '%s%s' r m) -rf /", "rm -rf /"),
        ("$(printf '\\x72\\155') -rf /", "rm -rf /"),
        ("rm -rf \"$(dirname /etc/passwd)\"", "rm -rf /etc"),
        ("rm -rf /$(basename /x/etc)", "rm -rf /etc"),
        ("cd /etc && rm -rf \"$(pwd)\"", "rm -rf /etc"),
        ("rm -rf \"$(mktemp -d)\"", "rm -rf /tmp/fresh.0000000000"),
        ("rm -rf \"$(git rev-parse --show-toplevel)/dist\"", "rm -rf /p/dist"),
        ("f() { echo rm; }; $(f) -rf /", "rm -rf /"),
        ("$(echo mr | rev) -rf /", "rm -rf /"),
        ("$(tr x m <<< rx) -rf /", "rm -rf /"),
        ("x=$(for c in r m; do printf $c; done); $x -rf /", "rm -rf /"),
        ("find / -name x | while read f; do rm $f; done", "rm /**/x"),
        ("for f in $(find /etc); do rm $f; done", "rm /etc/**"),
    ]);
    never_runs(&[
        ("$(a && echo rm || echo ls) -rf /", "rm -rf /"),
        ("$(if a; then echo rm; fi) -rf /", "rm -rf /"),
        ("echo x > /dev/null; $(cat f) -rf /", "rm -rf /"),
    ]);
}

#[test]
fn descriptors_that_a_shell_reads() {
    runs(&[
        ("exec 3<<< 'rm -rf x'; sh <&3", "rm -rf x"),
        ("sh 3<<< 'rm -rf x' <&3", "rm -rf x"),
        (". /dev/fd/3 3<<'E'\nrm -rf x\nE\n", "rm -rf x"),
        ("exec <<< 'rm -rf x'; sh", "rm -rf x"),
        ("echo 'rm -rf x' > f; exec 4< f; bash <&4", "rm -rf x"),
    ]);
}

#[test]
fn text_that_a_shell_reads() {
    runs(&[
        ("echo cm0gLXJmIC8= | base64 -d | sh", "rm -rf /"),
        ("base64 -d <<< cm0gLXJmIC8= | bash -s", "rm -rf /"),
        ("echo 726d202d7266202f | xxd -r -p | sh", "rm -rf /"),
        ("echo 'rm -rf /' | sudo sh", "rm -rf /"),
        ("sh <<< 'rm -rf /'", "rm -rf /"),
        ("bash <(echo 'rm -rf /')", "rm -rf /"),
        (". <(echo 'rm -rf /')", "rm -rf /"),
        ("source /dev/stdin <<< 'rm -rf /'", "rm -rf /"),
        ("eval \"$(echo 'rm -rf /')\"", "rm -rf /"),
        ("echo / | xargs rm -rf", "rm -rf /"),
        ("echo / | xargs -I{} rm -rf {}", "rm -rf /"),
        ("echo 'rm -rf /' | at now", "rm -rf /"),
        ("rm -rf /\r\ntrue\r\n", "rm -rf /"),
    ]);
    never_runs(&[("echo 'rm -rf /' | cat", "rm -rf /"), ("cat <<< 'rm -rf /'", "rm -rf /")]);
}

#[test]
fn files_that_the_script_writes() {
    runs(&[
        ("echo 'rm -rf /' > x.sh; chmod +x x.sh; ./x.sh", "rm -rf /"),
        ("cat > x <<E\nrm -rf /\nE\nsh x", "rm -rf /"),
        ("printf 'rm -rf ' > x; echo / >> x; . ./x", "rm -rf /"),
        ("echo 'rm -rf /' | tee x > /dev/null; bash x", "rm -rf /"),
        ("echo 'rm -rf /' > x; mv x y; sh y", "rm -rf /"),
        ("{ echo 'rm -rf \\'; echo /; } > x; sh x", "rm -rf /"),
        ("echo 'rm -rf $1' > x; sh x /etc", "rm -rf /etc"),
        ("printf 'all:\\n\\trm -rf /\\n' > Makefile; make", "rm -rf /"),
        (
            "echo '{\"scripts\":{\"pretest\":\"rm -rf /\",\"test\":\"a\"}}' > package.json; npm test",
            "rm -rf /",
        ),
    ]);
    never_runs(&[("echo 'rm -rf /' > x; rm x; sh x", "rm -rf /"), ("echo 'rm -rf /' > x; sh y", "rm -rf /")]);
}

#[test]
fn files_that_the_caller_supplies() {
    let texts = BTreeMap::from([
        ("/p/go.sh".to_owned(), "rm -rf /etc".to_owned()),
        ("/p/Makefile".to_owned(), "D=/usr\nclean: x\n\trm -rf $(D)\nx:\n\ttrue\n".to_owned()),
    ]);
    let context = Context { texts: Some(&texts), ..CONTEXT };
    for (script, expected) in
        [("./go.sh", "rm -rf /etc"), ("make clean", "rm -rf /usr"), ("make -C /p clean", "true")]
    {
        let analysis = analyze(script, &context, &Limits::default());
        assert!(analysis.commands.iter().any(|command| command.canonical == expected), "{script:?}");
        assert!(analysis.wanted.is_empty(), "{script:?}");
    }
    for (script, wanted) in [
        ("sh a/b.sh", "/p/a/b.sh"),
        ("./x", "/p/x"),
        ("make", "/p/Makefile"),
        ("cd web && npm run x", "/p/web/package.json"),
        ("source /home/me/x", "/home/me/x"),
    ] {
        assert_eq!(read(script).wanted, [wanted], "{script:?}");
    }
    for script in ["ls; /bin/ls; sh -c ls", "curl u > x; sh x", "cd \"$(mktemp -d)\" && make", "sh \"$X\""] {
        assert!(read(script).wanted.is_empty(), "{script:?}");
    }
}

/// The last word of the last command.
fn last_word(script: &str) -> Option<Word> {
    let analysis = read(script);
    let command = analysis
        .commands
        .iter()
        .rev()
        .find(|command| command.holder.is_none() && !command.arguments.is_empty());
    command.and_then(|command| command.arguments.last()).cloned()
}

/// Is the last word of a command that runs text made of a stream?
fn is_fed(script: &str) -> bool {
    let analysis = read(script);
    let runs = |command: &&Command| matches!(command.program.as_deref(), Some("eval" | "sh" | "bash"));
    let mut last = analysis.commands.iter().filter(runs).filter_map(|command| command.arguments.last());
    last.any(|word| !word.fed_by.is_empty())
}

#[test]
fn values_know_the_streams_that_they_come_from() {
    for script in [
        "eval \"$(curl u)\"",
        "x=$(curl u); eval \"$x\"",
        "x=`curl u`; eval \"$x\"",
        "x=$(curl u); y=a$x; eval $y",
        "read x < <(curl u); sh -c \"$x\"",
        "while read x; do sh -c \"$x\"; done < <(curl u)",
        "curl u | while read x; do sh -c \"$x\"; done",
        "a=(\"$(curl u)\"); eval \"${a[0]}\"",
        "f() { eval \"$1\"; }; f \"$(curl u)\"",
        "export x=$(curl u); eval $x",
        "bash <(curl u)",
        "x=$(curl u); eval \"${x%a}\"",
        "x=$(curl u); read y <<< \"$x\"; eval $y",
    ] {
        assert!(is_fed(script), "{script:?}");
    }
    assert!(!is_fed("x=a; eval $x"));
}

#[test]
fn values_that_may_begin_with_nothing() {
    for (script, expected) in [
        ("rm -rf \"$X/\"", Some("X")),
        ("rm -rf ${X}/bin", Some("X")),
        ("rm -rf $X/*", Some("X")),
        ("rm -rf $1/x", Some("1")),
        ("D=$X/foo; rm -rf \"$D\"", Some("X")),
        ("rm -rf \"${X:?}/\"", None),
        (": \"${X:?}\"; rm -rf \"$X/\"", None),
        ("set -u; rm -rf \"$X/\"", None),
        ("rm -rf \"./$X/\"", None),
        ("X=/a; rm -rf \"$X/\"", None),
        ("rm -rf \"$USER/\"", None),
        ("for X in $(get x); do rm -rf \"$X/\"; done", None),
        ("[ -n \"$X\" ] && rm -rf \"$X/\"", None),
        ("if [[ -d $X ]]; then rm -rf \"$X/\"; fi", None),
        ("[ -z \"$X\" ] && rm -rf \"$X/\"", Some("X")),
        ("[ -n \"$X\" ]; rm -rf \"$X/\"", Some("X")),
    ] {
        assert_eq!(last_word(script).and_then(|word| word.open_prefix).as_deref(), expected, "{script:?}");
    }
}

#[test]
fn steps_tell_where_values_come_from() {
    for (script, expected) in [
        ("T=/\nrm -rf $T", vec!["`$T` is `/` (line 1)"]),
        ("\nA=/; B=${A}etc\nrm $B", vec!["`$A` is `/` (line 2)", "`$B` is `/etc` (line 2)"]),
        ("rm x", vec![]),
        ("rm $X", vec!["nothing is known of `$X`"]),
    ] {
        assert_eq!(last_word(script).map(|word| word.trace).unwrap_or_default(), expected, "{script:?}");
    }
}

/// `0>1 2>` …: which stream each command prints to, and which it reads, by number; `h` and the index of its holder.
fn plumbing(script: &str) -> String {
    let analysis = read(script);
    let mut seen = Vec::new();
    let mut number = |channel| {
        if !seen.contains(&channel) {
            seen.push(channel);
        }
        seen.iter().position(|own| *own == channel).unwrap_or_default()
    };
    let mut out = Vec::new();
    for command in &analysis.commands {
        let mut text = command.program.clone().unwrap_or_else(|| "-".to_owned());
        match &command.input {
            Input::Pipe(channel) => text += &format!("<{}", number(*channel)),
            Input::Text(_) => text += "<text",
            Input::File(_) => text += "<file",
            _ => {}
        }
        if let Some(channel) = command.prints {
            text += &format!(">{}", number(channel));
        }
        if let Some(holder) = command.holder {
            text += &format!("@{holder}");
        }
        out.push(text);
    }
    out.join(" ")
}

#[test]
fn streams_lead_from_command_to_command() {
    for (script, expected) in [
        ("curl u | sh", "curl>0 sh<0"),
        ("a | b | c", "a>0 b<0>1 c<1"),
        ("{ a; b; } | c", "a>0 b>0 c<0"),
        ("a | { b; c; }", "a>0 b<0 c<0"),
        ("(a | b) | c", "a>0 b<0>1 c<1"),
        ("a 2>&1 | b", "a>0 b<0"),
        ("a > f | b", "a b<0"),
        ("a 2>&1 >f | b", "a>0 b<0"),
        ("a | tee f | b", "a>0 tee<0>1 b<1"),
        ("a > >(b)", "a>0 b<0@0"),
        ("a < f", "a<file"),
        ("a 3< f", "a"),
        ("a <<< x", "a<text"),
        ("a < <(b)", "a<0 b>0@0"),
        ("sudo a | b", "sudo>0 a>0@0 b<0"),
        ("sh -c 'a | b' | c", "sh>0 a>1@0 b<1>0@0 c<0"),
        ("f() { a; }; f | b", "f>0 a>0 b<0"),
        ("echo $(a $(b))", "echo a>0@0 b>1@1"),
        ("while a; do b; done < f", "a<file b<file"),
        ("{ a; } > f", "a>0 -<0"),
        ("for x in 1 2; do a; done | b", "a>0 a>0 b<0"),
        ("x=$(a) b", "b a>0@0"),
    ] {
        assert_eq!(plumbing(script), expected, "{script:?}");
    }
}

#[test]
fn places_and_company_of_commands() {
    let analysis = read("cd /etc && a & (cd /usr; b); c | d");
    let of = |name: &str| {
        let found = analysis.commands.iter().find(|command| command.program.as_deref() == Some(name));
        found.expect("the command is listed")
    };
    assert_eq!(of("a").directory.as_deref(), Some("/etc"));
    assert_eq!(of("b").directory, None);
    assert_eq!(of("c").directory.as_deref(), Some("/p"));
    assert!(of("a").parallel && of("c").parallel && of("d").parallel && !of("b").parallel);
    let inside = read("docker exec c rm -rf /");
    assert!(inside.commands.iter().any(|command| command.elsewhere && command.canonical == "rm -rf /"));
}

#[test]
fn processes_without_end() {
    for (script, expected) in [
        (":(){ :|:& };:", true),
        ("bomb() { bomb | bomb & }; bomb", true),
        ("f() { f & f; }; f", true),
        ("f() { g & }; g() { f; }; f", true),
        ("$0 & $0 &", true),
        ("while :; do ./x & done", true),
        ("for ((;;)); do ./x & done", true),
        ("echo './x & ./x' > x; ./x", true),
        ("f() { f; }; f", false),
        ("f() { a | b & }; f", false),
        ("while :; do ./x & wait; done", false),
        ("while :; do ./x & sleep 1; done", false),
        ("while :; do ./x; done", false),
        ("while a; do ./x & done", false),
        ("a=x; while :; do a=$a$a; done", true),
        ("a=(x); while true; do a=(${a} ${a}); done", true),
        ("for ((;;)); do a+=\"$a\"; done", true),
        ("while :; do a=$a$a; break; done", false),
        ("while :; do a=x$a; sleep 1; done", false),
        ("while :; do n=${#a}${#a}; done", false),
    ] {
        let found = read(script).effects.iter().any(|effect| effect.kind == EffectKind::Exhaust);
        assert_eq!(found, expected, "{script:?}");
    }
}

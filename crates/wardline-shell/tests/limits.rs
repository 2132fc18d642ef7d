//! What happens at the limits: a doubt, never a skip and never a crash.

mod support;

use support::{CONTEXT, read, read_all};
use wardline_shell::{Analysis, Context, DoubtKind, Limits, analyze};

fn limited(analysis: &Analysis) -> bool {
    analysis.doubts.iter().any(|doubt| doubt.kind == DoubtKind::Limit)
}

fn doubted(analysis: &Analysis) -> bool {
    limited(analysis) || analysis.doubts.iter().any(|doubt| doubt.kind == DoubtKind::Unparsed)
}

#[test]
fn one_removal_in_ten_thousand_commands_is_found() {
    for at in [0, 51, 9_999] {
        let mut segments = vec!["ls a"; 10_000];
        segments[at] = "rm x";
        for link in ["; ", " | ", "\n"] {
            let analysis = read_all(&segments.join(link));
            let found = analysis.commands.iter().any(|command| command.canonical == "rm x");
            assert!(found || limited(&analysis), "segment {at} with {link:?}");
        }
    }
}

#[test]
fn more_steps_than_there_are_is_a_doubt_and_the_whole_text_is_listed() {
    let script = "ls; ".repeat(30) + "rm x";
    let analysis = analyze(&script, &CONTEXT, &Limits { steps: 20, ..Limits::default() });
    assert!(limited(&analysis));
    assert!(analysis.commands.iter().any(|command| command.literal == script));
}

#[test]
fn a_script_that_is_too_long_is_not_read() {
    let script = "ls; ".repeat(100_000) + "rm x";
    let analysis = read_all(&script);
    assert!(limited(&analysis));
    assert_eq!(analysis.commands.len(), 1);
    assert_eq!(analysis.commands[0].literal, script);
}

/// What nobody looks through is no question either: whatever stands in it, and wherever it stands.
#[test]
fn more_commands_than_are_looked_through_are_a_flood() {
    let floods = |script: &str| read(script).doubts.iter().any(|doubt| doubt.kind == DoubtKind::Flood);
    let most = Limits::default().commands as usize;
    for part in [
        "true; ",
        "ls -la a\n",
        "cd d && ls; ",
        "X=1; cat $X; ",
        "cat f | wc -l\n",
        "echo a > f && ",
        "ls &\n",
        "echo $(ls); ",
        "> f; ",
        "[[ a ]]; ",
        "{ ls; }; ",
        "sh -c 'ls'; ",
        "if a; then b; fi; ",
        "f() { ls; }\n",
    ] {
        let script = |count: usize| part.repeat(count) + "rm -rf /etc";
        assert!(floods(&script(most + 1)), "{part:?}");
        assert!(!floods(&script(most / 4)), "{part:?}");
        assert!(
            floods(&format!("bash -c \"{}\"", script(most + 1).replace('$', "\\$"))),
            "{part:?} in a string"
        );
    }
    assert!(floods(&("ls a\r\n".repeat(most) + "ls")), "lines of another system");
    assert!(!floods(&("ls a\r\n".repeat(most - 2) + "ls")), "lines of another system, which are read twice");
    assert!(floods(&"grep -n something src/some/where.rs\n".repeat(10_000)), "more bytes than are read");
    assert!(!floods(&format!("echo {}", "a".repeat(300_000))), "a long word is no command");
    assert!(!floods(&format!("cat > f <<'E'\n{}E\n", "ls -la\n".repeat(20_000))), "nor is a text");
}

/// A script that lies in a file may be as long as files are.
#[test]
fn files_may_hold_more_commands_than_a_call() {
    let lines = "ls a\n".repeat(2_000) + "rm -rf /etc\n";
    let texts = [("/p/long.sh".to_owned(), lines)].into();
    let context = Context { texts: Some(&texts), ..CONTEXT };
    for script in ["sh long.sh", "./long.sh", ". ./long.sh", "ls; bash long.sh; ls"] {
        let analysis = analyze(script, &context, &Limits::default());
        assert!(analysis.doubts.iter().all(|doubt| doubt.kind != DoubtKind::Flood), "{script}");
        assert!(!analysis.refusals.is_empty(), "{script}");
    }
}

#[test]
fn deep_nesting_is_a_doubt() {
    for (open, close) in [
        ("(", ")"),
        ("{ ", "; }"),
        ("$(", ")"),
        ("${x:-", "}"),
        ("$((", "))"),
        ("((", "))"),
        ("if :; then ", "; fi"),
        ("`", "`"),
        ("while :; do ", "; done"),
        ("case a in a) ", ";; esac"),
        ("\"$(", ")\""),
        ("f() { ", "; }"),
        ("<(", ")"),
        ("[[ ( ", " ) ]]"),
        ("@(", ")"),
        ("$[", "]"),
        ("! ", ""),
        ("sudo ", ""),
        ("eval ", ""),
        ("x=(", ")"),
        ("cat <<E\n$(", ")\nE\n"),
        ("$(($(", "))))"),
        ("((((", ") ) ) )"),
        ("$((((", ") ) ) )"),
        ("\"${x:-", "}\""),
        ("coproc ", ""),
        ("time ", ""),
        ("'", "'"),
    ] {
        for depth in [10, 64, 65, 2_000] {
            let script = open.repeat(depth) + "rm x" + &close.repeat(depth);
            let analysis = read_all(&script);
            let found = analysis.commands.iter().any(|command| command.canonical.contains("rm x"));
            assert!(found || doubted(&analysis), "{depth} times {open:?}");
            let unclosed = open.repeat(depth);
            let _analysis = read_all(&unclosed);
        }
    }
}

#[test]
fn a_depth_that_people_write_is_no_doubt() {
    for (open, close) in
        [("(", ")"), ("{ ", "; }"), ("$(", ")"), ("if :; then ", "; fi"), ("case a in a) ", ";; esac")]
    {
        let analysis = read_all(&(open.repeat(20) + "rm x" + &close.repeat(20)));
        assert!(!limited(&analysis), "{open:?}");
        assert!(analysis.commands.iter().any(|command| command.canonical == "rm x"), "{open:?}");
    }
}

#[test]
fn expansion_does_not_explode() {
    for script in [
        "echo ".to_owned() + &"{a,b}".repeat(40),
        "echo {1..1000000000}".to_owned(),
        "echo {1..99999999999999999999}".to_owned(),
        "echo {-9223372036854775808..9223372036854775807}".to_owned(),
        "a=x; ".to_owned() + &"a=$a$a$a$a$a$a$a$a; ".repeat(40) + "echo $a",
        "f() { f; f; }; f".to_owned(),
        "f() { g; g; }; g() { f; f; }; f".to_owned(),
        "alias a='a; a'; a".to_owned(),
        "alias a='b; b' b='a; a'; a".to_owned(),
        "for i in 1 2 3 4 5 6 7 8; do for j in 1 2 3 4 5 6 7 8; do for k in 1 2 3 4 5 6 7 8; do rm $i $j $k; done; done; done".to_owned(),
        "eval ".repeat(500) + "rm x",
        "sudo ".repeat(5_000) + "rm x",
        "echo {".to_owned() + &"{,".repeat(3_000),
        "echo 99999999999999999999>x".to_owned(),
        "99999999999999999999>x".to_owned(),
        "set -- $@ $@ $@; ".repeat(60) + "echo $@",
        "for (\u{656}".to_owned(),
        "a[".repeat(3_000),
        "a[$(".repeat(40) + "rm x" + &")]".repeat(40),
        "time a[$(".repeat(40) + "rm x" + &")]".repeat(40),
        "$((".repeat(3_000),
        "((".repeat(3_000),
        "cat <<A ".repeat(2_000) + "\n" + &"A\n".repeat(2_000),
        "x='$(rm y)'; ".repeat(2_000),
        "rm -abcdefghijklmnopqrstuvwxyz ".repeat(200),
        "parallel ::: ".to_owned() + &"'parallel ::: rm' ".repeat(500),
        "find ".to_owned() + &"a ".repeat(500) + "-exec " + &"find b -exec ".repeat(30) + "rm {} +",
    ] {
        let analysis = read_all(&script);
        assert!(analysis.commands.len() <= 20_001, "{} commands", analysis.commands.len());
    }
}

/// Counted, not timed: the work for a script of twice the length is about twice as much. Time stands in for it here, with a
/// bound that only a different order of growth could exceed.
#[test]
fn cost_grows_with_length_alone() {
    for part in [
        "ls a; ",
        "echo $(ls a) ",
        "a=b; ",
        "f() { ls; }; ",
        "{ ls; } > f; ",
        "cat <<E\nx\nE\n",
        "x[1]=2 ",
        "echo {a,b}; ",
        "$((1)) ",
        "'a' ",
    ] {
        let spent = |count: usize| {
            let script = part.repeat(count);
            let start = std::time::Instant::now();
            let _analysis = read_all(&script);
            start.elapsed().as_micros().max(500)
        };
        let (_warm, short, long) = (spent(100), spent(500), spent(8_000));
        assert!(long / short < 16 * 16, "{part:?}: {short} µs and {long} µs");
    }
}

/// The values grow with each step; the work and the answer may not.
#[test]
fn values_that_double_are_not_followed_to_the_end() {
    let doubling = |link: &str, start: &str, part: &dyn Fn(usize) -> String| {
        let steps: String = (1..60).map(|step| link.to_owned() + &part(step)).collect();
        format!("{start}{steps}; cat $v59 .env")
    };
    let nested =
        |count: usize| (0..count).fold("x".to_owned(), |inner, _| format!("$(echo {{a,b,c,d}}{inner})"));
    for script in [
        doubling(";", "v0=xxxxxxxxxx", &|n| format!("v{n}=$v{0}$v{0}", n - 1)),
        doubling("\n", "v0=xxxxxxxxxx", &|n| format!("export v{n}=\"$v{0}$v{0}\"", n - 1)),
        doubling(" && ", "v0=xxxxxxxxxx", &|n| format!("v{n}=$(echo $v{0} $v{0})", n - 1)),
        doubling(";", "set -- x", &|_| "set -- \"$@$@\" $*$* \"$@\"; v59=$*".to_owned()),
        format!("a='{}'; cat {} .env", "x ".repeat(2_000), "$a".repeat(3_000)),
        format!("cat {} .env", nested(40)),
        format!("find {} -exec rm {} \\; ; cat $x .env", "d".repeat(50_000), "{}".repeat(50_000)),
        format!("parallel {} ::: {}; cat $x .env", "{}".repeat(50_000), "d".repeat(50_000)),
    ] {
        let analysis = read_all(&script);
        let what: String = script.chars().take(60).collect();
        let path =
            |command: &wardline_shell::Command| command.paths.iter().any(|path| path.text == "/p/.env");
        assert!(analysis.commands.iter().any(path), "{what}");
        let doubted = analysis.commands.iter().any(|command| !command.doubts.is_empty());
        assert!(doubted || !analysis.doubts.is_empty(), "{what}");
    }
}

#[test]
fn long_lists_cost_what_they_are_long() {
    let each = |part: &dyn Fn(usize) -> String| (0..8_000).map(part).collect::<String>();
    for script in [
        format!("find . {} ; cat .env", "-exec rm {} \\; ".repeat(5_000)),
        format!("{}cat .env", "cat f | ".repeat(9_000)),
        format!("cat {} .env", each(&|n| format!("f{n} "))),
        format!("cat .env {}", each(&|n| format!(">f{n} "))),
        format!("cat .env {}", each(&|n| format!("$x{n} "))),
        format!("{}cat /p/.env", each(&|n| format!("cd a{n} && "))),
    ] {
        let analysis = read_all(&script);
        let what: String = script.chars().take(60).collect();
        let path =
            |command: &wardline_shell::Command| command.paths.iter().any(|path| path.text == "/p/.env");
        assert!(analysis.commands.iter().any(path), "{what}");
    }
}

#[test]
fn no_byte_makes_a_parser_take_memory_without_end() {
    for script in [
        "++<<\r\r \0\r\r{\u{6c2}&\r\"=2\"=Z\"\"[ ",
        "cat <<\0\nx\n\0",
        "<<\0{",
        "a <<-\r\0[ \"",
        "f<<\"\"\t",
        "f<<'' ",
        "f <<-\"\"  ",
        "f<<\"\"\"\" ",
        "f<< \\\n\"\" ",
        "f<<\\\n\\\n''\t",
        "<<\"\" #",
        "ls; f<<a<<\"\" ",
    ] {
        let analysis = analyze(script, &CONTEXT, &Limits::default());
        assert!(!analysis.doubts.is_empty(), "{script:?}");
        analysis.kilo_targets();
    }
}

#[test]
fn open_brackets_cost_no_more_than_their_number() {
    let script = "u[S[u[[S$$susss".repeat(2_000);
    analyze(&script, &CONTEXT, &Limits::default());
}

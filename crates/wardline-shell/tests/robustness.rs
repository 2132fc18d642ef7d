//! Hostile input: a refusal inside it is kept or the analysis says that it reached a limit; the stack holds and the work stays
//! within its count. Times are printed, never judged.

mod support;

use std::io::Write;
use std::time::Instant;

use support::{read, read_all};
use wardline_shell::{Analysis, DoubtKind, Severity};

/// Writes past the test runner's capture, so that figures are always seen.
macro_rules! say {
    ($($part:tt)*) => { drop(writeln!(std::io::stderr(), $($part)*)) };
}

/// The stack that an analysis must do with.
const STACK: usize = 2 * 1024 * 1024;

/// Most of anything that an analysis may list: the default budget of steps, with room for forms and effects of each.
const MOST: usize = 200_000;

/// Most refusals of one script.
const MOST_REFUSALS: usize = 200;

fn doubted(analysis: &Analysis) -> bool {
    analysis.doubts.iter().any(|doubt| matches!(doubt.kind, DoubtKind::Limit | DoubtKind::Unparsed))
}

fn refused(analysis: &Analysis) -> bool {
    analysis.refusals.iter().any(|refusal| refusal.severity == Severity::Refuse)
}

/// Analyses on a small stack; prints how long it took.
#[expect(clippy::panic, clippy::expect_used, reason = "an analysis that panics is what the tests are about")]
fn small(name: &str, script: &str) -> Analysis {
    let brief = read(script);
    let text = script.to_owned();
    let start = Instant::now();
    let analysis = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || read_all(&text))
        .expect("a thread")
        .join()
        .unwrap_or_else(|_| panic!("{name}: the analysis panicked"));
    say!(
        "{name:40} {:7} bytes {:6} commands {:6} effects {:4} refusals {:8.2} ms{}",
        script.len(),
        analysis.commands.len(),
        analysis.effects.len(),
        analysis.refusals.len(),
        start.elapsed().as_secs_f64() * 1e3,
        if doubted(&analysis) { "  (doubt)" } else { "" }
    );
    assert!(analysis.commands.len() <= MOST, "{name}: {} commands", analysis.commands.len());
    assert!(analysis.effects.len() <= MOST, "{name}: {} effects", analysis.effects.len());
    assert!(analysis.refusals.len() <= MOST_REFUSALS, "{name}: {} refusals", analysis.refusals.len());
    let held: usize =
        analysis.commands.iter().map(|command| command.arguments.len() + command.paths.len()).sum();
    assert!(held <= 4 * MOST, "{name}: {held} words and paths");
    let flood = brief.doubts.iter().any(|doubt| doubt.kind == DoubtKind::Flood);
    assert!(flood || brief == analysis, "{name}: fewer commands say something else");
    analysis
}

/// Whatever stands around it, the command is refused or the text is in doubt.
fn kept(name: &str, script: &str) {
    let analysis = small(name, script);
    assert!(refused(&analysis) || doubted(&analysis), "{name}: neither refused nor in doubt");
}

#[test]
fn nesting_hides_nothing() {
    for depth in [1, 8, 40, 200, 2_000] {
        for (open, close) in [
            ("echo $(", ")"),
            ("echo \"$(", ")\""),
            ("(", ")"),
            ("{ ", "; }"),
            ("if true; then ", "; fi"),
            ("eval ", ""),
            ("sudo ", ""),
            ("env ", ""),
            ("cat <(", ")"),
            ("echo ${x:-$(", ")}"),
            ("while true; do ", "; done"),
            ("! ", ""),
        ] {
            kept(&format!("{depth} × {open}"), &(open.repeat(depth) + "rm -rf /etc" + &close.repeat(depth)));
        }
    }
}

#[test]
fn what_stands_in_plain_sight_is_refused_beyond_every_limit() {
    for (open, close) in [
        ("echo $(", ")"),
        ("echo \"$(", ")\""),
        ("(", ")"),
        ("{ ", "; }"),
        ("if true; then ", "; fi"),
        ("cat <(", ")"),
        ("while true; do ", "; done"),
        ("true; ", "; true"),
    ] {
        let depth = if open == "true; " { 15_000 } else { 2_000 };
        let script = open.repeat(depth) + "rm -rf /etc" + &close.repeat(depth);
        let analysis = small(&format!("{depth} × {open}"), &script);
        assert!(refused(&analysis) && doubted(&analysis), "{depth} × {open}");
    }
}

#[test]
fn what_is_left_open_is_a_doubt() {
    for depth in [1, 40, 400, 2_000] {
        for open in [
            "$(",
            "echo $(",
            "\"$(",
            "`",
            "(",
            "{ ",
            "${x:-",
            "$((",
            "[[ ",
            "<(",
            "case x in x) ",
            "if true; then ",
        ] {
            let script = open.repeat(depth) + "rm -rf /etc";
            kept(&format!("{depth} open {open}"), &script);
            small(&format!("{depth} open {open} behind"), &format!("rm -rf /etc; {}", open.repeat(depth)));
        }
    }
}

#[test]
fn one_refused_segment_in_ten_thousand_is_kept() {
    for (name, link) in [(";", "; "), ("newline", "\n"), ("&&", " && "), ("|", " | "), ("&", " & ")] {
        for at in [0, 5_000, 9_999] {
            let mut segments = vec!["ls a"; 10_000];
            segments[at] = "rm -rf /etc";
            kept(&format!("segment {at} of 10,000 with {name}"), &segments.join(link));
        }
    }
    let mut segments = vec!["ls a"; 5_000];
    segments[2_500] = "rm -rf /etc";
    let analysis = small("segment 2,500 of 5,000", &segments.join("; "));
    assert!(refused(&analysis), "what fits into the budget is refused, not only in doubt");
}

#[test]
fn size_hides_nothing() {
    const LONG: usize = 64 * 1024;
    let danger = "rm -rf /etc";
    for (name, script) in [
        ("a word of 64 KiB before", format!("echo {}; {danger}", "a".repeat(LONG))),
        ("a word of 64 KiB as operand", format!("{danger} {}", "a".repeat(LONG))),
        ("an option of 64 KiB", format!("rm -rf --{} /etc", "r".repeat(LONG))),
        ("64 KiB of single quotes", format!("echo {}; {danger}", "''".repeat(LONG / 2))),
        ("64 KiB of double quotes in a name", format!("r{}m -rf /etc", "\"\"".repeat(LONG / 2))),
        ("64 KiB of backslashes", format!("echo {}; {danger}", "\\".repeat(LONG))),
        ("64 KiB of blanks", format!("echo ok;{}{danger}", " ".repeat(LONG))),
        ("64 KiB of comment", format!("# {}\n{danger}", "x ".repeat(LONG / 2))),
        ("64 KiB of dollars", format!("echo {}; {danger}", "$".repeat(LONG))),
        ("64 KiB of stars", format!("ls {}; {danger}", "*".repeat(LONG))),
        ("64 KiB of slashes", format!("rm -rf {}etc", "/".repeat(LONG))),
        ("64 KiB of detours", format!("rm -rf {}etc", "/tmp/..".repeat(LONG / 7) + "/")),
        ("64 KiB in base64", format!("echo {} | base64 -d | sh; {danger}", "QUFB".repeat(LONG / 4))),
        ("10,000 words", format!("rm -rf {} /etc", "a ".repeat(10_000))),
        ("10,000 options", format!("rm {} /etc", "-rf ".repeat(10_000))),
        ("10,000 redirects", format!("rm -rf /etc {}", "> a ".repeat(10_000))),
        ("more than is read", format!("{danger}; {}", "ls; ".repeat(100_000))),
    ] {
        kept(name, &script);
    }
}

#[test]
fn expansion_and_recursion_are_bounded() {
    let danger = "rm -rf /etc";
    for (name, script) in [
        ("10,000 variables", (0..10_000).map(|n| format!("v{n}=x; ")).collect::<String>() + danger),
        (
            "10,000 variables, each the last",
            (1..10_000).fold("v0=rm; ".to_owned(), |text, n| text + &format!("v{n}=$v{}; ", n - 1))
                + "$v9999 -rf /etc",
        ),
        ("a value that doubles", "x=rm; ".to_owned() + &"x=$x$x; ".repeat(60) + danger),
        ("an array that doubles", "x=(a); ".to_owned() + &"x=(${x[@]} ${x[@]}); ".repeat(60) + danger),
        ("deep braces", format!("echo {}a{}; {danger}", "{b,".repeat(2_000), "}".repeat(2_000))),
        ("braces that multiply", format!("echo {}; {danger}", "{a,b}".repeat(60))),
        ("braces around the target", format!("rm -rf {}", "{/etc,".repeat(40) + "a" + &"}".repeat(40))),
        ("a long range", format!("echo {{1..2000000000}}; {danger}")),
        ("a function that calls itself", format!("f() {{ f; }}; f; {danger}")),
        ("functions that call each other twice", format!("f() {{ g; g; }}; g() {{ f; f; }}; f; {danger}")),
        (
            "a chain of functions",
            (1..500).fold(format!("f0() {{ {danger}; }}; "), |text, n| {
                text + &format!("f{n}() {{ f{}; }}; ", n - 1)
            }) + "f499",
        ),
        (
            "functions that double",
            (1..40).fold("f0() { ls; }; ".to_owned(), |text, n| {
                text + &format!("f{n}() {{ f{0}; f{0}; }}; ", n - 1)
            }) + "f39; rm -rf /etc",
        ),
        ("an alias of itself", format!("alias a='a; a'\na; {danger}")),
        ("aliases of each other", format!("alias a='b; b' b='a; a'\na; {danger}")),
        ("loops in loops", "for a in 1 2 3 4 5 6 7 8 9; do ".repeat(12) + danger + &"; done".repeat(12)),
        ("a loop over 10,000", format!("for d in {} /etc; do rm -rf $d; done", "a ".repeat(10_000))),
        ("5,000 here-documents", "cat <<E\nx\nE\n".repeat(5_000) + danger),
        (
            "5,000 here-documents on one line",
            format!("cat {}\n{}{danger}", "<<E ".repeat(2_000), "x\nE\n".repeat(2_000)),
        ),
        ("a here-document for sh, often", "sh <<E\nls\nE\n".repeat(3_000) + danger),
        ("10,000 substitutions", format!("echo {}; {danger}", "$(ls) ".repeat(10_000))),
        (
            "sh -c in sh -c",
            (0..12).fold(danger.to_owned(), |text, _| format!("sh -c '{}'", text.replace('\'', "'\\''"))),
        ),
        ("many pipes into sh", format!("{} sh; {danger}", "echo ls | ".repeat(3_000))),
        ("a file written and run, often", "echo ls > a.sh; sh a.sh; ".repeat(2_000) + danger),
        ("cd, often", "cd a; ".repeat(10_000) + danger),
        ("branches that double", "if a; then cd b; else cd c; fi; ".repeat(2_000) + "rm -rf /etc"),
    ] {
        kept(name, &script);
    }
}

#[test]
fn the_answer_is_the_same_each_time() {
    for script in [
        "rm -rf $(".repeat(40),
        "f() { g; g; }; g() { f; f; }; f; rm -rf /etc".to_owned(),
        "x=$x$x; ".repeat(3_000),
    ] {
        assert_eq!(read(&script), read(&script));
    }
}

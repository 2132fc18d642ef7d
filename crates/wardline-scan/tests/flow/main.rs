//! Programs and what flows in them: `source()` gives what comes from outside, `sink(x)` does harm, `clean(x)` mends.
//!
//! In a program a line that ends in `# bad` has a sink that is reached, one that ends in `# unknown` a sink whose value is of
//! unknown origin, and no other line has either.

use std::collections::BTreeSet;

use wardline_scan::{
    flow::{self, Flow, Limits, Program, Unit},
    front,
    language::Language,
    rules::Book,
    span::Lines,
};

mod programs;

const RULES: &str = "
rules:
  - id: flow
    mode: taint
    languages: [python, javascript]
    severity: ERROR
    message: m
    pattern-sources: [{pattern: source()}]
    pattern-sinks: [{pattern: sink(...)}]
    pattern-sanitizers: [{pattern: clean(...)}]
";

/// The files of a program: `# file: name` begins another one.
fn files(text: &str) -> Vec<(String, String)> {
    let mut files = vec![("main.py".to_owned(), String::new())];
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# file: ") {
            files.push((name.to_owned(), String::new()));
        } else if let Some((_, file)) = files.last_mut() {
            file.push_str(line);
            file.push('\n');
        }
    }
    files
}

fn program(text: &str) -> Program {
    let mut book = Book::new();
    assert_eq!(book.add("flow.yaml", RULES), []);
    let units = files(text).into_iter().filter_map(|(path, text)| {
        let language = Language::of(&path, &text)?;
        let module = front::lower(language, &text)?;
        let roles = book.compile(language).apply(&module, &path, &text).roles;
        Some(Unit { path, text, module, roles })
    });
    Program::new(units.collect())
}

fn flows(text: &str) -> Vec<Flow> {
    let program = program(text);
    let report = flow::analyse(&program, 0, &Limits::default());
    assert!(!report.exhausted, "{} steps\n{text}", report.steps);
    report.flows
}

/// The lines of the first file on which there is a way, and those with an unknown origin.
fn found(text: &str) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let first = files(text).swap_remove(0).1;
    let lines = Lines::new(&first);
    let (mut bad, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    for flow in flows(text) {
        let line = if flow.unit == 0 { lines.position(&first, flow.span.start).line } else { 1_000 };
        if flow.unknown {
            unknown.insert(line)
        } else {
            bad.insert(line)
        };
    }
    (bad, unknown)
}

fn marked(text: &str, word: &str) -> BTreeSet<u32> {
    (1..).zip(text.lines()).filter(|(_, line)| line.ends_with(word)).map(|(number, _)| number).collect()
}

#[test]
fn values_flow_as_the_programs_say() {
    let mut wrong = Vec::new();
    for (name, text) in programs::PROGRAMS {
        let text = text.trim_start_matches('\n');
        let (bad, unknown) = found(text);
        let (want_bad, want_unknown) = (marked(text, "# bad"), marked(text, "# unknown"));
        if bad != want_bad || unknown != want_unknown {
            wrong.push(format!(
                "{name}: bad {bad:?} (not {want_bad:?}), unknown {unknown:?} (not {want_unknown:?})"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_way_is_told_from_source_to_sink() {
    let text = "
def find(name):
    query = 'select ' + name
    sink(query)

def view():
    x = source()
    find(x)
";
    let flows = flows(text);
    let [flow] = flows.as_slice() else { panic!("{flows:?}") };
    let notes: Vec<_> = flow.trace.iter().map(|step| step.note.as_str()).collect();
    assert_eq!(
        notes,
        [
            "`source()` comes from outside",
            "assigned to `x`",
            "passed to `find`",
            "assigned to `name`",
            "becomes part of `'select ' + name`",
            "assigned to `query`",
            "reaches `sink(query)`",
        ]
    );
    assert_eq!(flow.within, "find");
    assert!(flow.trace.iter().all(|step| step.path == "main.py"));
}

/// How many ways and sinks of unknown origin a program has.
fn counts(text: &str) -> (usize, usize) {
    let (bad, unknown) = found(text);
    (bad.len(), unknown.len())
}

/// What does not change what a program does, by what it changes.
type Change = (&'static str, fn(&str) -> String);

const CHANGES: &[Change] = &[
    ("another name", |text| text.replace("source()", "source( )").replace("x = ", "renamed_x = x = ")),
    ("dead code before", |text| format!("if False:\n    sink(source())\n{text}")),
    ("dead code after", |text| format!("{text}\nif 1 > 2:\n    sink(source())\n")),
    ("a function that nobody calls", |text| format!("def unused(a):\n    b = clean(a)\n    sink(b)\n{text}")),
    ("more space", |text| text.replace("    ", "        ").replace('\n', "\n\n")),
    ("comments", |text| text.lines().map(|line| format!("{line}  # sink(source())\n")).collect()),
    ("in a branch that is taken", |text| {
        let inner: String = text.lines().map(|line| format!("    {line}\n")).collect();
        format!("if True:\n{inner}")
    }),
];

#[test]
fn what_changes_nothing_changes_no_finding() {
    let single = programs::PROGRAMS.iter().filter(|(_, text)| !text.contains("# file: "));
    for (name, text) in single {
        let text: String =
            text.lines().map(|line| line.split("  #").next().unwrap_or(line).to_owned() + "\n").collect();
        let before = counts(&text);
        for (change, apply) in CHANGES {
            assert_eq!(counts(&apply(&text)), before, "{name}: {change}");
        }
    }
}

#[test]
fn no_text_stops_the_analysis() {
    let whole: String = programs::PROGRAMS.iter().map(|(_, text)| *text).collect();
    // Pieces of programs put together in an order that makes no sense, cut anywhere.
    let mut state = 7_usize;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..150 {
        let mut text = String::new();
        for _ in 0..next(12) {
            let start = next(whole.len());
            text.extend(whole.chars().skip(start).take(next(60)));
        }
        let program = program(&text);
        flow::analyse(&program, 0, &Limits::default());
    }
}

#[test]
fn work_that_is_cut_is_said() {
    let program = program("x = source()\nfor a in x:\n    sink(a)\n");
    let report = flow::analyse(&program, 0, &Limits { per_expression: 0, base: 5, calls: 8 });
    assert!(report.exhausted);
}

#[test]
fn work_grows_with_the_text_and_not_faster() {
    let chain: String = (0..400)
        .map(|n| {
            format!("def f{n}(a):\n    b = f{}(a)\n    c = f{}(b + 'x')\n    return c\n\n", n + 1, n + 1)
        })
        .collect();
    let branches: String = (0..400).map(|n| format!("if flag({n}):\n    v{n} = source()\n")).collect();
    // A chain that is deeper than calls are followed is cut, and that is said.
    for (text, cut) in [(chain + "sink(f0(source()))\n", true), (branches + "sink(v1)\n", false)] {
        let program = program(&text);
        let report = flow::analyse(&program, 0, &Limits::default());
        assert_eq!(report.exhausted, cut);
        assert!(report.steps < 2_000_000, "{} steps", report.steps);
    }
}

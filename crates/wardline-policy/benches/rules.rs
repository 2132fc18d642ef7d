//! How cost grows with the number of rules: building the policy, and deciding one request.
//!
//! Run with `cargo bench -p wardline-policy`. The figure that matters is the ratio between 10 and 100,000 rules
//! within one run: near 1 for deciding, near 10,000 for building.

use divan::{Bencher, black_box};
use wardline_policy::{
    Access, Certainty, CommandFact, Facts, Layer, Mention, Options, PathFact, PolicySet, Request, Source,
    SourceKind, Zone, decide,
};

fn main() {
    divan::main();
}

const COUNTS: [usize; 4] = [0, 10, 1_000, 100_000];

/// Rules as people write them: commands by prefix, files by suffix, directories.
fn config(rules: usize) -> String {
    let mut bash = String::new();
    let mut edit = String::new();
    for number in 0..rules {
        match number % 4 {
            0 => bash.push_str(&format!("\"tool{number} *\": \"allow\",\n")),
            1 => bash.push_str(&format!("\"tool{number} run *\": \"deny\",\n")),
            2 => edit.push_str(&format!("\"*.gen{number}\": \"deny\",\n")),
            _ => edit.push_str(&format!("\"src/part{number}/*\": \"ask\",\n")),
        }
    }
    format!("{{\"permission\": {{\"bash\": {{{bash}}}, \"edit\": {{{edit}}}}}}}")
}

fn sources(rules: usize) -> Vec<Source> {
    vec![Source {
        layer: Layer::User,
        file: "config.jsonc".to_owned(),
        text: config(rules),
        kind: SourceKind::Config,
        trusted: true,
    }]
}

#[expect(clippy::panic, reason = "there is nothing to measure without a policy")]
fn policy(rules: usize) -> PolicySet {
    PolicySet::build(&sources(rules), &options()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn options() -> Options {
    Options { home: "/home/u".to_owned(), whitelist: vec!["/tmp".to_owned()], ..Options::default() }
}

fn facts() -> Facts {
    let command = |text: &str| CommandFact {
        literal: text.to_owned(),
        canonical: text.to_owned(),
        forms: vec![format!("{text} --flag")],
        directory_change: false,
        certainty: Certainty::Proven,
        harmless: false,
    };
    let path = |access, relative: &str| PathFact {
        access,
        lexical: format!("/w/{relative}"),
        resolved: Some(format!("/w/{relative}")),
        inside: true,
        relative: Some(relative.to_owned()),
        resolved_relative: Some(relative.to_owned()),
        zone: Zone::Project,
        certainty: Certainty::Proven,
        is_dir: false,
        because: "argument".to_owned(),
        mention: Mention::Named,
    };
    Facts {
        commands: vec![command("tool4 build src"), command("git status")],
        paths: vec![path(Access::Read, "src/part3/main.rs"), path(Access::Write, "src/out.txt")],
        ..Facts::default()
    }
}

#[divan::bench(args = COUNTS)]
fn decide_a_script(bencher: Bencher<'_, '_>, rules: usize) {
    let (policy, facts) = (policy(rules), facts());
    let request = Request::new("bash", "tool4 build src > src/out.txt; git status");
    bencher.bench(|| decide(black_box(&policy), black_box(&request), black_box(&facts)));
}

#[divan::bench(args = COUNTS)]
fn decide_an_edit(bencher: Bencher<'_, '_>, rules: usize) {
    let policy = policy(rules);
    let request = Request::new("edit", "src/deeply/nested/module/file_name.rs");
    bencher.bench(|| decide(black_box(&policy), black_box(&request), &Facts::default()));
}

#[divan::bench(args = COUNTS, sample_count = 10)]
fn build(bencher: Bencher<'_, '_>, rules: usize) {
    let (sources, options) = (sources(rules), options());
    bencher.bench(|| PolicySet::build(black_box(&sources), black_box(&options)));
}

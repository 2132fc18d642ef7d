//! What an analysis costs: commands that people write, the public corpora where they lie beside the workspace, hostile input.
//!
//! Run with `cargo bench -p wardline-shell`. The goals are 60 µs for the median of the corpora and 20 ms for hostile input.

use std::path::Path;

use divan::{Bencher, black_box, counter::ItemsCount};
use wardline_shell::{Analysis, Context, Limits, analyze};

fn main() {
    divan::main();
}

/// Commands by a name.
const TYPICAL: &[(&str, &str)] = &[
    ("ls", "ls -la"),
    ("git", "git status && git diff --stat"),
    ("build", "cd web && npm run build 2>&1 | tail -20"),
    ("find", "find src -name '*.rs' -exec grep -l TODO {} +"),
    ("variables", "x=/tmp/a; for f in $x/*.log; do gzip \"$f\"; done"),
    ("remove", "sudo rm -rf /etc"),
    ("heredoc", "git commit -F - <<'EOF'\nfix: never run rm -rf /\nEOF"),
    ("nested", "bash -c \"sh -c 'eval ls; echo done'\""),
    ("python", "python3 -c 'import os; print(os.getcwd())'"),
];

/// Hostile input by a name.
const HOSTILE: &[&str] =
    &["substitutions", "word", "segments", "same", "different", "braces", "variables", "quotes"];

fn read(script: &str) -> Analysis {
    analyze(script, &Context::new("/p", "/home/me"), &Limits::default())
}

fn hostile(name: &str) -> String {
    match name {
        "substitutions" => "echo $(".repeat(2_000) + "rm -rf /etc",
        "word" => "echo ".to_owned() + &"a".repeat(64 * 1024) + "; rm -rf /etc",
        "segments" => "ls a; ".repeat(10_000) + "rm -rf /etc",
        // One in the middle is refused.
        "same" => "true;".repeat(5_000) + "rm -rf /etc;" + &"true;".repeat(5_000),
        "different" => {
            let listings =
                |from: usize| (from..from + 5_000).map(|n| format!("ls -la a{n};")).collect::<String>();
            listings(0) + "rm -rf /etc;" + &listings(5_000)
        }
        "braces" => "echo ".to_owned() + &"{a,b}".repeat(60) + "; rm -rf /etc",
        "variables" => (0..10_000).map(|n| format!("v{n}=x; ")).collect::<String>() + "rm -rf /etc",
        _ => "echo ".to_owned() + &"''".repeat(32 * 1024) + "; rm -rf /etc",
    }
}

#[divan::bench(args = TYPICAL.iter().map(|(name, _)| *name))]
fn typical(bencher: Bencher<'_, '_>, name: &str) {
    let script = TYPICAL.iter().find(|(own, _)| *own == name).map_or("", |(_, script)| script);
    bencher.bench(|| read(black_box(script)));
}

#[divan::bench(args = HOSTILE, sample_count = 20)]
fn with_hostile_input(bencher: Bencher<'_, '_>, name: &str) {
    let script = hostile(name);
    bencher.bench(|| read(black_box(&script)));
}

/// All commands of one corpus; the figure for one is the time by the items.
#[divan::bench(args = ["tldr", "nl2bash", "redcode"], sample_count = 5)]
fn corpus(bencher: Bencher<'_, '_>, name: &str) {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let folder = std::env::var_os("WARDLINE_CORPORA").map_or(beside, Into::into);
    let text =
        std::fs::read_to_string(folder.join("commands").join(format!("{name}.jsonl"))).unwrap_or_default();
    // Near enough to the command for its cost: escapes of JSON stay.
    let commands: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split("\"cmd\": \"").nth(1)?.split("\", \"label").next())
        .collect();
    bencher
        .counter(ItemsCount::new(commands.len()))
        .bench(|| commands.iter().map(|script| read(script).commands.len()).sum::<usize>());
}

//! Workspace chores: `cargo xtask help`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for developers reports by printing")]

mod agents;
mod model;
mod report;
mod test;
mod tidy;
mod ui;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The root of the workspace: cargo says where the manifest is when it runs this, which is right even where clones share
/// a target directory; else the place where it was built.
fn workspace() -> PathBuf {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest).parent().map(Path::to_owned).unwrap_or_default()
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().and_then(|word| word.to_str()) {
        Some("test") => test::main(&workspace(), rest),
        Some("agents") => agents::main(&workspace(), rest),
        Some("ui") => ui::main(&workspace(), rest),
        Some("tidy") => tidy(),
        Some("help" | "--help") => {
            println!("{}", usage());
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{}", usage());
            ExitCode::from(2)
        }
    }
}

fn tidy() -> ExitCode {
    let problems = tidy::check(&workspace());
    for problem in &problems {
        eprintln!("{problem}");
    }
    for long in tidy::long_files(&workspace()) {
        println!("{long}");
    }
    println!("tidy: {} problems", problems.len());
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> String {
    format!("{}\n{}\n{}\ncargo xtask tidy", test::USAGE, agents::USAGE, ui::USAGE)
}

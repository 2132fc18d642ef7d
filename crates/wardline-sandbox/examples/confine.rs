//! Runs one command confined to the current directory: `confine [--probe] COMMAND...`. What the sandbox's own
//! development uses; people use `wardline exec`.

#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a command-line program")]

use std::path::PathBuf;
use std::process::ExitCode;

use wardline_sandbox::{Confinement, Program, Stdio3, is_stage, probe, stage_main, start, system_paths};

fn main() -> ExitCode {
    if is_stage(std::env::args_os()) {
        return stage_main();
    }
    let argv: Vec<_> = std::env::args_os().skip(1).collect();
    if argv.first().is_some_and(|first| first == "--probe") {
        for guarantee in probe() {
            println!("{guarantee}");
        }
        return ExitCode::SUCCESS;
    }
    let Ok(project) = std::env::current_dir() else { return ExitCode::from(125) };
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/home/nobody"), PathBuf::from);
    let mut confinement = Confinement::new(project, home);
    confinement.read = system_paths();
    for name in ["PATH", "TERM", "LANG", "HOME"] {
        if let Ok(value) = std::env::var(name) {
            confinement.environment.insert(name.to_owned(), value);
        }
    }
    let child = match start(&confinement, &Program { argv }, Stdio3::inherit()) {
        Ok(child) => child,
        Err(error) => {
            eprintln!("confine: {error}");
            return ExitCode::from(error.exit_code());
        }
    };
    if std::env::var_os("CONFINE_VERBOSE").is_some() {
        for guarantee in child.enforcement() {
            eprintln!("{guarantee}");
        }
    }
    match child.wait() {
        Ok(ended) => {
            if std::env::var_os("CONFINE_VERBOSE").is_some() {
                eprintln!("{ended:?}");
            }
            ExitCode::from(ended.exit_code())
        }
        Err(error) => {
            eprintln!("confine: {error}");
            ExitCode::from(125)
        }
    }
}

//! The `wardline` command: reads flags, prints text, maps results to exit codes. Everything else is in the libraries.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what the command line is for")]

mod commands;
mod exit;
mod term;

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if wardline_monitor::sandbox::is_stage(arguments.iter()) {
        return wardline_monitor::sandbox::stage_main();
    }
    // The hook runs before every tool call of an agent, so it does not pay for the full command line.
    if arguments.get(1).is_some_and(|word| word == "hook") {
        return commands::hook::main(&arguments);
    }
    commands::main(&arguments)
}

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
    if wardline_monitor::sandbox::attack::is_actor(arguments.iter()) {
        return wardline_monitor::sandbox::attack::actor_main();
    }
    // The hook runs before every tool call of an agent, so it does not pay for the full command line.
    if arguments.get(1).is_some_and(|word| word == "hook") {
        return commands::hook::main(&arguments);
    }
    // The sandbox of a command takes longest to make, so it is begun before anything else, while there is one thread.
    // Inside a session no sandbox can be made, and its monitor makes one beside it.
    let beside = arguments.get(1).is_some_and(|word| word == "exec") && commands::beside::is_inside();
    let confines = arguments.get(1).is_some_and(|word| word == "exec" || word == "run");
    if confines && !beside {
        let ahead = wardline_monitor::sandbox::Ahead::fork().ok();
        return quietly_when_nobody_reads(|| commands::start(&arguments, ahead));
    }
    quietly_when_nobody_reads(|| commands::main(&arguments))
}

/// Runs a command; when its output can no longer be written, because a pipe was closed or a disk is full, it ends with one
/// line instead of a panic.
fn quietly_when_nobody_reads(command: impl FnOnce() -> ExitCode) -> ExitCode {
    const UNWRITABLE: &str = "failed printing to std";
    let text = |payload: &dyn std::any::Any| {
        let owned = payload.downcast_ref::<String>().map(String::as_str);
        owned.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or_default().to_owned()
    };
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !text(info.payload()).starts_with(UNWRITABLE) {
            usual(info);
        }
    }));
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(command)) {
        Ok(code) => code,
        Err(payload) if text(&*payload).starts_with(UNWRITABLE) => {
            if !text(&*payload).contains("Broken pipe") {
                use std::io::Write as _;
                // The error stream may be just as closed.
                writeln!(std::io::stderr(), "wardline: the output cannot be written").ok();
            }
            ExitCode::from(exit::FAILED)
        }
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

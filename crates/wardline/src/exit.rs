//! Exit codes, the same for every command and promised to scripts.

use std::process::ExitCode;

use wardline_monitor::policy::Decision;

/// All is well; for `check`: allowed.
pub(crate) const OK: u8 = 0;
/// The command worked and found something wrong: a broken journal, a failing policy example, an open guarantee.
pub(crate) const FOUND: u8 = 1;
/// Bad usage or bad configuration; nothing was done.
pub(crate) const USAGE: u8 = 2;
/// `scan` and `gate`: nothing was found that holds, and not everything could be looked at.
pub(crate) const INCOMPLETE: u8 = 3;
/// `check` says ask.
pub(crate) const ASK: u8 = 10;
/// `check` says deny, or `exec` was refused by the policy.
pub(crate) const DENY: u8 = 20;
/// `exec`: the policy asks, and nobody answered.
pub(crate) const UNANSWERED: u8 = 21;
/// `run`: the program ended well, and the gate is red.
pub(crate) const RED: u8 = 30;
/// The sandbox, the journal or another part of Wardline failed before the program started.
pub(crate) const FAILED: u8 = 125;

/// The exit code of a decision.
pub(crate) fn of(decision: Decision) -> u8 {
    match decision {
        Decision::Allow => OK,
        Decision::Ask => ASK,
        Decision::Deny => DENY,
    }
}

/// Prints an error the way every command does and gives its code.
pub(crate) fn fail(code: u8, error: impl std::fmt::Display) -> ExitCode {
    eprintln!("wardline: {error}");
    ExitCode::from(code)
}

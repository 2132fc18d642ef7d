//! Policy against kernel: what the policy would deny or ask must not happen, whatever a confined program tries.
//!
//! Policies are generated in the configuration language, with operations on a generated tree. For each policy one real
//! session is started; an actor inside tries every operation with real system calls; and the result is judged from the
//! host's side against `decide`. The kernel may be stricter: each such case falls into a class that is explained, or
//! the suite fails.
//!
//! It brings its own harness because its binary is also the sandbox's stage and the actor. As root it runs itself once
//! more as an ordinary user. `WARDLINE_DIFFERENTIAL_POLICIES` sets the number of policies, `WARDLINE_DIFFERENTIAL_SEED`
//! the first seed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test with its own harness: a panic is a failure, and it prints the score"
)]

mod act;
mod generate;
mod judge;
mod operation;
mod place;

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use judge::Score;

const NOBODY: u32 = 65534;
/// Policies in the gate; each is tried with about forty operations.
const POLICIES: u64 = 80;

fn main() -> ExitCode {
    if wardline_sandbox::is_stage(std::env::args_os()) {
        return wardline_sandbox::stage_main();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("--act") => act::main(Path::new(&arguments[1])),
        Some("--as") => as_this_user(Path::new(&arguments[1])),
        // What a test runner asks before it runs the whole suite as one test of this name.
        Some("--list") => {
            if !arguments.iter().any(|argument| argument == "--ignored") {
                println!("differential: test");
            }
            ExitCode::SUCCESS
        }
        _ => everybody(),
    }
}

/// Runs the suite as ourselves and, for root, as an ordinary user too.
fn everybody() -> ExitCode {
    let base = PathBuf::from(format!("/var/tmp/wardline-differential-{}", std::process::id()));
    std::fs::create_dir(&base).unwrap();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&base, open.clone()).unwrap();
    let binary = base.join("differential");
    std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    std::fs::set_permissions(&binary, open).unwrap();
    let own = std::fs::metadata("/proc/self").unwrap().uid();
    let users = if own == 0 { vec![0, NOBODY] } else { vec![own] };
    if own != 0 {
        println!("SKIPPED: the run as root (started as user {own})");
    }
    let mut failed = false;
    for user in users {
        let root = base.join(format!("as-{user}"));
        std::fs::create_dir(&root).unwrap();
        let mut command = Command::new(&binary);
        command.arg("--as").arg(&root).current_dir("/");
        if user != own {
            std::os::unix::fs::chown(&root, Some(user), Some(user)).unwrap();
            command.uid(user).gid(user);
        }
        println!("---- as user {user}");
        failed |= !command.status().unwrap().success();
    }
    std::fs::remove_dir_all(&base).ok();
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn as_this_user(root: &Path) -> ExitCode {
    let number =
        |name: &str, usual| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let policies = number("WARDLINE_DIFFERENTIAL_POLICIES", POLICIES);
    let first = number("WARDLINE_DIFFERENTIAL_SEED", 1);
    let servers = place::Servers::start();
    let mut score = Score::default();
    for seed in first..first + policies {
        let place = root.join(format!("{seed}"));
        judge::one(&place, seed, &servers, &mut score);
        std::fs::remove_dir_all(&place).ok();
    }
    score.print();
    if score.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

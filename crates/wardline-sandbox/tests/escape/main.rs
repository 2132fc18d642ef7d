//! The escape suite: real confined programs, one door each, judged from the host's side; and what must go on working.
//!
//! It brings its own harness because its binary is also the sandbox's stage, and because it runs itself twice: as the
//! user that started it and, when that is root, as an ordinary user. A door that cannot be tried is counted and said
//! aloud. Arguments: a part of a name runs the cases that contain it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test with its own harness: a panic is a failure, and it prints the score"
)]

mod controls;
mod degraded;
mod doors;
mod ends;
mod exhaustion;
mod run;
mod suite;
mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use run::Report;
use world::{Host, Place};

const NOBODY: u32 = 65534;

fn main() -> ExitCode {
    if wardline_sandbox::is_stage(std::env::args_os()) {
        return wardline_sandbox::stage_main();
    }
    if wardline_sandbox::attack::is_actor(std::env::args_os()) {
        return wardline_sandbox::attack::actor_main();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("--as") => table(Path::new(&arguments[1]), arguments.get(2).map_or("", String::as_str)),
        Some("--confined") => run::confined(Path::new(&arguments[1]), &arguments[2..]),
        Some("--degraded") => {
            degraded::start_here(Path::new(&arguments[1]), &arguments[2], &arguments[3], &arguments[4])
        }
        Some("--small-disk") => {
            exhaustion::on_small_disk(Path::new(&arguments[1]), &arguments[2], &arguments[3])
        }
        // What a test runner asks before it runs the whole suite as one test of this name.
        Some("--list") => {
            if !arguments.iter().any(|argument| argument == "--ignored") {
                println!("escape: test");
            }
            ExitCode::SUCCESS
        }
        _ => {
            let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
            both(filter.map(String::as_str).filter(|filter| *filter != "escape").unwrap_or_default())
        }
    }
}

/// Runs the whole suite as ourselves and, for root, as an ordinary user too.
fn both(filter: &str) -> ExitCode {
    let base = PathBuf::from(format!("/var/tmp/wardline-escape-{}", std::process::id()));
    fs::create_dir(&base).unwrap();
    fs::set_permissions(&base, fs::Permissions::from_mode(0o755)).unwrap();
    let binary = base.join("escape");
    fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();

    let own = rustix::process::geteuid().as_raw();
    let mut users = vec![own];
    if own == 0 {
        users.push(NOBODY);
    } else {
        println!("SKIPPED: the run as root (started as user {own})");
    }
    let mut failed = false;
    for user in users {
        let root = base.join(format!("as-{user}"));
        fs::create_dir(&root).unwrap();
        // The shell leaves a descriptor and a variable lying about, as careless parents do.
        let script = "exec 9<\"$2/fd9\"; exec \"$1\" --as \"$2\" \"$3\"";
        fs::write(root.join("fd9"), world::SECRET).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(&binary).arg(&root).arg(filter);
        command.env("HOST_SECRET", world::SECRET).env("HOME", root.join("home")).current_dir("/");
        if user != own {
            std::os::unix::fs::chown(&root, Some(user), Some(user)).unwrap();
            command.uid(user).gid(user);
        }
        println!("---- as user {user}");
        failed |= !command.status().unwrap().success();
    }
    drop(fs::remove_dir_all(&base));
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The suite as one user.
fn table(root: &Path, filter: &str) -> ExitCode {
    let place = Place { root: root.to_path_buf() };
    place.build();
    let mut host = Host::start(&place);
    let mut report = Report::new(filter);
    suite::attack_it(&mut report, &place);
    doors::DOORS.iter().for_each(|door| run::try_door(&mut report, &place, &mut host, door));
    controls::CONTROLS.iter().for_each(|control| run::try_control(&mut report, &place, &host, control));
    for (name, end) in ends::ENDS {
        report.case(name, || {
            run::fresh(&place);
            end(&place)
        });
    }
    for case in exhaustion::CASES {
        report.case(&format!("exhaustion: {}", case.name), || {
            run::fresh(&place);
            exhaustion::check(&place, case)
        });
    }
    for (name, end) in exhaustion::MORE {
        report.case(name, || {
            run::fresh(&place);
            end(&place)
        });
    }
    for case in degraded::CASES {
        report.case(&format!("degraded: {}", case.name), || {
            run::fresh(&place);
            degraded::check(&place, case)
        });
    }
    report.finish()
}

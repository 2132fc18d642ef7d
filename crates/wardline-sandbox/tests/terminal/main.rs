//! Confined programs on a terminal: a shell on a scripted terminal starts them, and a script types, resizes, stops and
//! hangs up as a person would.
//!
//! It brings its own harness because its binary is also the sandbox's stage and the caller that the shell starts, and
//! because it runs itself twice: as the user that started it and, when that is root, as an ordinary user. Arguments: a
//! part of a name runs the cases that contain it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test with its own harness: a panic is a failure, and it prints the score"
)]

mod cases;
mod screen;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use wardline_sandbox::{Confinement, Program, Stdio3, aside, start, system_paths};

const NOBODY: u32 = 65534;

fn main() -> ExitCode {
    if wardline_sandbox::is_stage(std::env::args_os()) {
        return wardline_sandbox::stage_main();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("--as") => table(Path::new(&arguments[1]), arguments.get(2).map_or("", String::as_str)),
        Some("--on") => screen::become_shell(Path::new(&arguments[1])),
        Some("--caller") => caller(&arguments[1..]),
        // What a test runner asks before it runs the whole suite as one test of this name.
        Some("--list") => {
            if !arguments.iter().any(|argument| argument == "--ignored") {
                println!("terminal: test");
            }
            ExitCode::SUCCESS
        }
        _ => {
            let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
            both(filter.map(String::as_str).filter(|filter| *filter != "terminal").unwrap_or_default())
        }
    }
}

/// Runs the suite as ourselves and, for root, as an ordinary user too.
fn both(filter: &str) -> ExitCode {
    let base = PathBuf::from(format!("/var/tmp/wardline-terminal-{}", std::process::id()));
    fs::create_dir(&base).unwrap();
    fs::set_permissions(&base, fs::Permissions::from_mode(0o755)).unwrap();
    let binary = base.join("terminal");
    fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    let own = rustix::process::geteuid().as_raw();
    let users = if own == 0 { vec![0, NOBODY] } else { vec![own] };
    if own != 0 {
        println!("SKIPPED: the run as root (started as user {own})");
    }
    let mut failed = false;
    for user in users {
        let root = base.join(format!("as-{user}"));
        fs::create_dir_all(root.join("project")).unwrap();
        fs::create_dir_all(root.join("home")).unwrap();
        let mut command = Command::new(&binary);
        command.arg("--as").arg(&root).arg(filter).current_dir("/");
        if user != own {
            for folder in [root.clone(), root.join("project"), root.join("home")] {
                std::os::unix::fs::chown(&folder, Some(user), Some(user)).unwrap();
            }
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
    let (mut passed, mut failed) = (0, 0);
    for (name, case) in cases::CASES.iter().filter(|(name, _)| name.contains(filter)) {
        let begin = Instant::now();
        let outcome = std::panic::catch_unwind(|| case(root));
        let took = begin.elapsed().as_secs_f32();
        match outcome.unwrap_or_else(|_| Err("it panicked".to_owned())) {
            Ok(()) => {
                passed += 1;
                println!("ok      {name} ({took:.1} s)");
            }
            Err(why) => {
                failed += 1;
                println!("FAILED  {name} ({took:.1} s): {why}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// What the shell starts: a confined program on the streams that it is given. With `--ask`, somebody has a question for
/// the person while it runs.
fn caller(arguments: &[String]) -> ExitCode {
    let root = Path::new(&arguments[0]);
    let mut confinement = Confinement::new(root.join("project"), root.join("home"));
    confinement.read = system_paths();
    for (name, value) in [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("PS1", "inner> ")] {
        confinement.environment.insert(name.to_owned(), value.to_owned());
    }
    let asks = arguments[1] == "--ask";
    let argv = &arguments[if asks { 2 } else { 1 }..];
    let child = match start(&confinement, &Program::new(argv), Stdio3::inherit()) {
        Ok(child) => child,
        Err(error) => {
            eprintln!("not started: {error}");
            return ExitCode::from(error.exit_code());
        }
    };
    let asking = asks.then(|| std::thread::spawn(ask));
    match child.wait() {
        Ok(ended) => {
            eprintln!("caller: code {:?} signal {:?}", ended.code, ended.signal);
            drop(asking.map(std::thread::JoinHandle::join));
            ExitCode::from(ended.exit_code())
        }
        Err(error) => {
            eprintln!("caller: {error}");
            ExitCode::from(99)
        }
    }
}

/// Asks a person once the program is at work.
fn ask() {
    use std::io::{BufRead, Write};
    std::thread::sleep(Duration::from_millis(500));
    aside(|| {
        let mut terminal = fs::OpenOptions::new().read(true).write(true).open("/dev/tty").unwrap();
        write!(terminal, "question? ").unwrap();
        let mut line = String::new();
        std::io::BufReader::new(terminal.try_clone().unwrap()).read_line(&mut line).unwrap();
        writeln!(terminal, "heard <{}>", line.trim_end()).unwrap();
    });
}

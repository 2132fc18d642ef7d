//! How long a confined `/bin/true` takes, beside a bare one: medians and ratios of one run.
//!
//! It brings no harness: its binary is also the stage. `cargo bench -p wardline-sandbox` prints one line for each way.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints its figures")]

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use wardline_sandbox::{
    Confinement, Program, Stdio3, Stream, is_stage, stage_main, start, supervise, system_paths,
};

const ROUNDS: usize = 50;

fn main() -> ExitCode {
    if is_stage(std::env::args_os()) {
        return stage_main();
    }
    let base = std::env::temp_dir().join(format!("wardline-bench-{}", std::process::id()));
    let project = base.join("project");
    if let Err(error) = std::fs::create_dir_all(&project) {
        eprintln!("{}: {error}", project.display());
        return ExitCode::FAILURE;
    }
    let mut confinement = Confinement::new(&project, base.join("home"));
    confinement.read = system_paths();
    let program = Program::new(["/bin/true"]);
    let confined = || {
        let streams = Stdio3 { stdin: Stream::Null, stdout: Stream::Null, stderr: Stream::Null };
        let ended = start(&confinement, &program, streams).ok().and_then(|child| child.wait().ok());
        ended.is_some_and(|ended| ended.code == Some(0))
    };
    let bare = || succeeds(Command::new("/bin/true"));
    let namespaces = || {
        let mut command = Command::new("unshare");
        command.args(["-Urmpniuf", "/bin/true"]);
        succeeds(command)
    };
    let supervised = || supervise(Duration::from_secs(1), 1 << 30, || vec![1]).is_ok();
    let ways: [(&str, &dyn Fn() -> bool); 4] = [
        ("bare /bin/true", &bare),
        ("unshare -Urmpniuf /bin/true", &namespaces),
        ("confined /bin/true", &confined),
        ("supervised nothing", &supervised),
    ];
    let mut unit = None;
    let mut failed = false;
    for (name, way) in ways {
        match median(way) {
            Some(time) => {
                let unit = *unit.get_or_insert(time.as_secs_f64());
                let milliseconds = time.as_secs_f64() * 1000.0;
                println!("{name:<30} {milliseconds:>8.2} ms {:>7.1} x", time.as_secs_f64() / unit);
            }
            None => {
                println!("{name:<30} does not work here");
                failed |= name.starts_with("confined");
            }
        }
    }
    if let Err(error) = std::fs::remove_dir_all(&base) {
        eprintln!("{}: {error}", base.display());
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn succeeds(mut command: Command) -> bool {
    command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The median time of the rounds; `None` when one does not succeed.
fn median(way: &dyn Fn() -> bool) -> Option<Duration> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        if !way() {
            return None;
        }
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    times.get(ROUNDS / 2).copied()
}

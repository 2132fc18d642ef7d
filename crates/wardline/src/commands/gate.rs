//! `wardline gate`: whether what was changed may be called done.
//!
//! The scan reads text that an agent wrote, so it runs in a child with a deadline and a memory limit; a child that gives no
//! answer is red. The parent records the answer, bound to the tree, before it tells it.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use wardline_monitor::gate::{self, Against, Demand};
use wardline_monitor::sources::Choice;
use wardline_monitor::{Monitor, World, sandbox, visible};

use crate::exit;
use crate::term::Style;

/// The time that a scan may take.
const DEADLINE: Duration = Duration::from_secs(120);
/// The address space that a scan may take.
const MEMORY: u64 = 4 * 1024 * 1024 * 1024;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The base is the start of the last session here, else git's HEAD. Red while a finding that blocks was introduced or \
                        worsened and no person waived it (`wardline waive \"finding FINGERPRINT\"`), or while something touched \
                        could not be looked at. How strict it is says `gate` in the configuration.\n\nExit codes: 0 green, 1 \
                        red, 3 red only because something could not be looked at or the scan failed, 2 bad usage or \
                        configuration."
)]
pub(crate) struct Gate {
    /// Compare with a revision of git, or with `index`
    #[arg(long, value_name = "REV", conflicts_with = "session")]
    base: Option<String>,
    /// Compare with the start of this session
    #[arg(long, value_name = "SESSION")]
    session: Option<String>,
    /// Count doubtful findings and every gap too
    #[arg(long)]
    strict: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Gate {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        let against = match (self.base, self.session) {
            (Some(revision), _) => Against::Git(revision),
            (None, Some(session)) => Against::Session(session),
            (None, None) => Against::Last,
        };
        // Before the journal is opened: the scan forks, and a child needs none of it.
        let policy = match wardline_monitor::sources::policy(world, &Choice::default()) {
            Ok(policy) => policy,
            Err(e) => return exit::fail(exit::USAGE, e),
        };
        let mut demand = gate::demand(&policy).unwrap_or_default();
        demand.strict |= self.strict;
        let told = scan(world, &against, demand);
        let session = match &against {
            Against::Session(session) => session.clone(),
            Against::Last | Against::Git(_) => "gate".to_owned(),
        };
        let recorded = Monitor::open(world.clone(), &Choice::default(), false)
            .and_then(|monitor| gate::record(&monitor, &session, &told));
        if let Err(e) = recorded {
            let told = gate::json_error(&e.to_string());
            tell(&told, self.json);
            return ExitCode::from(exit::INCOMPLETE);
        }
        tell(&told, self.json);
        ExitCode::from(code(&told))
    }
}

/// Scans in a child, and gives what is to be told.
fn scan(world: &World, against: &Against, demand: Demand) -> Value {
    let work = || {
        let told = match gate::run(world, against, demand) {
            Ok(outcome) => gate::json(&outcome),
            Err(e) => gate::json_error(&e),
        };
        told.to_string().into_bytes()
    };
    match sandbox::supervise(deadline(), memory(), work) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| gate::json_error("its answer could not be read")),
        Err(e) => gate::json_error(&e.to_string()),
    }
}

/// The limits; tests of failing closed have shorter ones, which release builds do not know.
fn deadline() -> Duration {
    let fault = cfg!(debug_assertions)
        && std::env::var("WARDLINE_FAULT").is_ok_and(|fault| fault.starts_with("gate-hang"));
    if fault { Duration::from_secs(3) } else { DEADLINE }
}

fn memory() -> u64 {
    let fault = cfg!(debug_assertions)
        && std::env::var("WARDLINE_FAULT").is_ok_and(|fault| fault.starts_with("gate-memory"));
    if fault { MEMORY / 4 } else { MEMORY }
}

fn code(told: &Value) -> u8 {
    let holds = |key: &str| {
        let list = told.get(key).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|item| item.get("holds") == Some(&Value::Bool(true))))
    };
    if told.get("gate").and_then(Value::as_str) == Some("green") {
        exit::OK
    } else if holds("findings") {
        exit::FOUND
    } else {
        exit::INCOMPLETE
    }
}

fn tell(told: &Value, json: bool) {
    if json {
        println!("{told}");
        return;
    }
    let style = Style::of_stdout();
    let text = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let green = text("/gate") == "green";
    println!("{}  compared with {}", style.gate(green), visible(&text("/base")));
    println!("  {}", visible(&text("/coverage/text")));
    if !green {
        println!("\n{}", visible(&text("/message")));
        for finding in told.get("findings").and_then(Value::as_array).into_iter().flatten() {
            if finding.get("holds") == Some(&Value::Bool(true)) {
                let print = finding.get("fingerprint").and_then(Value::as_str).unwrap_or_default();
                let line = format!("wardline waive 'finding {print}' --reason … --for 30days");
                println!("  {} {line}", style.dim("yours alone to waive, at a terminal:"));
            }
        }
    }
}

/// The gate at the end of `run`; tells a person what holds. False when it is green or off.
pub(super) fn is_red_at_end(monitor: &Monitor, session: &str, quiet: bool) -> bool {
    if gate::demand(monitor.policy()).is_none() {
        return false;
    }
    let world = monitor.world();
    let run = std::process::Command::new(&world.executable)
        .args(["gate", "--json", "--session", session])
        .current_dir(&world.project)
        .env_clear()
        .envs(&world.environment)
        .stdin(std::process::Stdio::null())
        .output();
    let told = run.ok().and_then(|done| serde_json::from_slice(&done.stdout).ok());
    let told: Value = told.unwrap_or_else(|| gate::json_error("it gave no answer"));
    let text = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let red = text("/gate") != "green";
    if !quiet {
        eprintln!("  gate: {} ({})", text("/gate"), visible(&text("/coverage/text")));
        if red {
            eprintln!("{}", visible(&text("/message")));
        }
    }
    red
}

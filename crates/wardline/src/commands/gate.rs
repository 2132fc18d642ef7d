//! `wardline gate`: whether what was changed may be called done.
//!
//! The scan reads text that an agent wrote, so it runs in a child with a deadline and a memory limit; a child that gives no
//! answer is red. The parent records the answer, bound to the tree, before it tells it.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use wardline_monitor::gate::{self, Against, Demand};
use wardline_monitor::session::MONITOR_SOCKET;
use wardline_monitor::sources::Choice;
use wardline_monitor::{Monitor, World, sandbox, visible};

use crate::exit;
use crate::term::Style;

/// The time that a scan may take.
const DEADLINE: Duration = Duration::from_secs(120);
/// Bytes that git tells a hook about one push at most: some thousand branches.
const MAX_LINES: u64 = 4 * 1024 * 1024;
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
    /// Look at what is staged, not at the working tree; compared with HEAD unless --base says another
    #[arg(long, conflicts_with_all = ["session", "commit", "pushed"])]
    staged: bool,
    /// Look at a commit, not at the working tree; compared with its parent unless --base says another
    #[arg(long, value_name = "REV", conflicts_with_all = ["session", "pushed"])]
    commit: Option<String>,
    /// Look at what a push to this remote sends: standard input has the lines that git gives a pre-push hook
    #[arg(long, value_name = "REMOTE", conflicts_with_all = ["session", "base"])]
    pushed: Option<String>,
    /// Compare with the start of this session
    #[arg(long, value_name = "SESSION")]
    session: Option<String>,
    /// Count doubtful findings and every gap too
    #[arg(long)]
    strict: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Answer `wardline run`, which asks on standard input at each end of a turn
    #[arg(long, hide = true, exclusive = true)]
    attend: bool,
}

impl Gate {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        if self.attend {
            // Who asked sees that there is no answer, and asks a scan that begins anew.
            let bounded = sandbox::bound(memory());
            let answered =
                bounded.and_then(|()| gate::attend(world, std::io::stdin().lock(), std::io::stdout().lock()));
            return if answered.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILED) };
        }
        // Before the journal is opened: the scan forks, and a child needs none of it.
        let policy = match wardline_monitor::sources::policy(world, &Choice::default()) {
            Ok(policy) => policy,
            Err(e) => return exit::fail(exit::USAGE, e),
        };
        let demanded = gate::demand(&policy);
        if demanded.is_none() && (self.staged || self.pushed.is_some()) {
            eprintln!("wardline: the gate is off in your configuration; nothing was looked at");
            return ExitCode::SUCCESS;
        }
        let mut demand = demanded.unwrap_or_default();
        demand.strict |= self.strict;
        let all = match self.against(world) {
            Ok(all) => all,
            Err(e) => return ExitCode::from(judged(world, "gate", &gate::json_error(&e), self.json)),
        };
        let codes = all.iter().map(|against| {
            let session = match against {
                Against::Session(session) => session,
                Against::Last | Against::Git(_) | Against::Kept(_) => "gate",
            };
            judged(world, session, &scan(world, against, demand), self.json)
        });
        // Findings say more than gaps, and both more than green.
        ExitCode::from(codes.max_by_key(|code| (*code == exit::FOUND, *code)).unwrap_or(exit::OK))
    }

    /// What is compared with what; a push may send several things, or nothing.
    fn against(&self, world: &World) -> Result<Vec<Against>, String> {
        if let Some(remote) = &self.pushed {
            let mut lines = String::new();
            let read = std::io::stdin().take(MAX_LINES).read_to_string(&mut lines);
            read.map_err(|e| format!("what is pushed cannot be read: {e}"))?;
            return gate::pushed(world, remote, &lines);
        }
        Ok(vec![match (self.staged, &self.commit, &self.base, &self.session) {
            (true, _, base, _) => gate::staged(world, base.clone())?,
            (_, Some(commit), base, _) => gate::revision(world, commit, base.clone())?,
            (_, _, Some(base), _) => Against::Git(base.clone()),
            (_, _, _, Some(session)) => Against::Session(session.clone()),
            _ => Against::Last,
        }])
    }
}

/// Records an answer and tells it; gives the code.
fn judged(world: &World, session: &str, told: &Value, json: bool) -> u8 {
    // The journal is out of reach in a guarded session, which has a gate of its own at its end.
    let recorded = if Path::new(MONITOR_SOCKET).exists() {
        Ok(())
    } else {
        Monitor::open(world.clone(), &Choice::default(), false)
            .and_then(|monitor| gate::record(&monitor, session, told))
    };
    match recorded {
        Ok(()) => {
            tell(told, json);
            code(told)
        }
        Err(e) => {
            tell(&gate::json_error(&e.to_string()), json);
            exit::INCOMPLETE
        }
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

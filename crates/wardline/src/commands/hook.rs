//! `wardline hook`: answers one hook call of an agent, and blocks whenever it cannot.
//!
//! The process that the agent started only waits: the deciding is done in a child with a deadline and a memory limit of
//! its own. A child that crashes, hangs, runs out of memory or is killed leaves its parent to answer with a block, which
//! no agent gives by itself.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use wardline_hooks::{Dialect, MAX_BYTES, Reply, answer_alone, block_blindly, report_blindly};
use wardline_monitor::approvals::Wanted;
use wardline_monitor::sandbox::Pulse;
use wardline_monitor::session::MONITOR_SOCKET;
use wardline_monitor::{World, sandbox, socket};

use crate::exit;

/// What `wardline hook --help` says.
pub(crate) const HELP: &str = "Reads one hook call as JSON from standard input and answers it in the agent's own form.\n\
    DIALECT is claude, codex, gemini, cursor, kiro or plugin; without it the input tells.\n\
    Anything that goes wrong is answered with a block. `wardline init` installs it.";

/// Shorter than the shortest time-out that `init` gives an agent.
const DEADLINE: Duration = Duration::from_secs(10);
/// More than any decision needs, and the checkpoint before it; a decision that needs more is refused.
const MEMORY: u64 = 1024 * 1024 * 1024;
/// How long a question may wait for a person, and the rest of the decision: shorter than the time-out that `init` gives an agent.
const LONGEST: Duration = Duration::from_secs(570);
/// Longer than the gate waits for its scan.
const STOP_DEADLINE: Duration = Duration::from_secs(180);
/// The scan is a process of its own, and its limit is below this one.
const STOP_MEMORY: u64 = 8 * 1024 * 1024 * 1024;

/// Asks a monitor whether it answers at all. The end of a turn may wait for a scan for minutes, and for a monitor that
/// answers nothing no longer than any other call.
pub(crate) const PRESENT: &[u8] = b"present?";

/// Runs the hook.
pub(crate) fn main(arguments: &[OsString]) -> ExitCode {
    let word = arguments.get(2).and_then(|word| word.to_str());
    if matches!(word, Some("--help" | "-h" | "help")) {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let hint = word.and_then(Dialect::from_name);
    let rest: Vec<&str> = arguments.iter().skip(3).filter_map(|word| word.to_str()).collect();
    let report = rest == ["report"];
    if (word.is_some() && hint.is_none()) || (!rest.is_empty() && !report) {
        // A misspelt installation must not fail open.
        return send(&block_blindly(b"", None, "`wardline hook` was given words that it does not know"));
    }
    // Read here, not in the child: a block is worded by what the input asks for, even when the child is gone.
    let keep = MAX_BYTES.saturating_add(1);
    let (input, ended) = sandbox::read_input(&std::io::stdin(), keep, DEADLINE);
    let blind = |why: &str| {
        let why = format!("refused: {why}");
        if report { report_blindly(&input, hint, &why) } else { block_blindly(&input, hint, &why) }
    };
    if !ended {
        return send(&blind("the input did not come to its end in time"));
    }
    if report && wardline_hooks::read(&input).is_err() {
        return send(&blind("the input could not be read"));
    }
    // The end of a turn waits for a scan of what was touched.
    let ends = wardline_hooks::ends_turn(&input);
    let (deadline, memory) = if ends { (STOP_DEADLINE, STOP_MEMORY) } else { (DEADLINE, MEMORY) };
    let blind = |why: &str| if ends { block_blindly(&input, hint, why) } else { blind(why) };
    let work = |pulse| encode(&decide(&input, hint, deadline, pulse));
    let reply = match sandbox::supervise_patiently((deadline, deadline.max(LONGEST)), memory, work) {
        Ok(bytes) => decode(&bytes).unwrap_or_else(|| blind("the decision was unreadable")),
        Err(e) => blind(&format!("the decision failed ({e})")),
    };
    send(&reply)
}

/// Decides in the child. Inside a guarded session the monitor outside does it.
fn decide(input: &[u8], hint: Option<Dialect>, deadline: Duration, pulse: Pulse) -> Reply {
    fault();
    let monitor = Path::new(MONITOR_SOCKET);
    if monitor.exists() {
        let present =
            if deadline > DEADLINE { socket::ask(monitor, PRESENT, DEADLINE).map(drop) } else { Ok(()) };
        return match present.and_then(|()| socket::ask_patiently(monitor, input, deadline, &*pulse)) {
            Ok(bytes) => {
                decode(&bytes).unwrap_or_else(|| block_blindly(input, hint, "refused: unreadable answer"))
            }
            Err(e) => block_blindly(input, hint, &format!("refused: {e}")),
        };
    }
    match World::of_process() {
        Ok(world) => {
            let wanted: Wanted = Arc::new(move || {
                pulse();
                true
            });
            answer_alone(world, input, hint, &wanted)
        }
        Err(e) => block_blindly(input, hint, &format!("refused: {e}")),
    }
}

/// A reply as the deciding child sends it, and as the session's monitor sends it.
pub(crate) fn encode(reply: &Reply) -> Vec<u8> {
    json!({"stdout": reply.stdout, "stderr": reply.stderr, "code": reply.code}).to_string().into_bytes()
}

/// The reply that [`encode`] wrote; `None` when it is anything else.
pub(crate) fn decode(bytes: &[u8]) -> Option<Reply> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
    let code = u8::try_from(value.get("code")?.as_u64()?).ok()?;
    Some(Reply { stdout: text("stdout")?, stderr: text("stderr")?, code })
}

fn send(reply: &Reply) -> ExitCode {
    let sent = std::io::stdout().write_all(reply.stdout.as_bytes()).and_then(|()| std::io::stdout().flush());
    eprint!("{}", reply.stderr);
    match sent {
        Ok(()) => ExitCode::from(reply.code),
        // The agent closed the pipe; the code is all that it may still see.
        Err(_) => ExitCode::from(exit::USAGE),
    }
}

/// Faults for the tests of failing closed; release builds have none.
#[cfg(not(debug_assertions))]
fn fault() {}

/// Fails in the way that `WARDLINE_FAULT` names. The worst that setting it can do is a block.
#[cfg(debug_assertions)]
fn fault() {
    fn deeper(depth: u64) -> u64 {
        let page = std::hint::black_box([depth; 512]);
        if std::hint::black_box(false) { depth } else { deeper(depth + 1).wrapping_add(page.iter().sum()) }
    }
    match std::env::var("WARDLINE_FAULT").as_deref() {
        Ok("kill") => {
            let pid = std::process::id().to_string();
            std::process::Command::new("kill").args(["-9", &pid]).status().ok();
        }
        Ok("stack") => {
            std::hint::black_box(deeper(0));
        }
        Ok("oom") => {
            let mut hoard: Vec<Vec<u8>> = Vec::new();
            loop {
                hoard.push(std::hint::black_box(vec![1; 64 * 1024 * 1024]));
            }
        }
        Ok("hang") => std::thread::sleep(Duration::from_secs(3600)),
        Ok("panic") => std::panic::resume_unwind(Box::new("a fault was asked for")),
        _ => {}
    }
}

//! The end of an agent's turn: held while the gate is red.
//!
//! The scan runs in a process of its own with a deadline; one that crashes, hangs or cannot be started is red. Beside a guarded
//! session it is one that stays and remembers ([`super::attend`]); when that fails, one that begins anew. An agent that is held
//! works on and comes back. It is held again as long as it changed something; when it comes back with the same tree, or too
//! often, it is let go, because hosts would turn for ever, and the journal says that it ended red.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wardline_audit::Kind;

use super::{base, demand, json_error};
use crate::record::Body;
use crate::{Monitor, MonitorError, Subject, trust};

/// The time for one scan; longer than the scan's own deadline, shorter than any host's.
const DEADLINE: Duration = Duration::from_secs(150);
/// Times that one session is held before it is let go.
const MOST_HOLDS: u64 = 10;
/// Bytes of an answer; more is none of ours.
const MAX_ANSWER: u64 = 16 * 1024 * 1024;

/// What becomes of the end of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The agent may end: the gate is green or off, or nothing began.
    Let,
    /// It has to go on, with these words.
    Hold(String),
    /// The gate is red, and the agent ends all the same; the words are for the person.
    EndedRed(String),
}

/// Says what becomes of the end of a turn. `again` is the host's word that the agent was held before in this turn.
///
/// # Errors
/// [`MonitorError`] when it could not be recorded that a session ended red.
pub fn at_stop(monitor: &Monitor, subject: &Subject, again: bool) -> Result<Stop, MonitorError> {
    let world = monitor.world();
    let Some(demand) = demand(monitor.policy()).filter(|_| base::exists(&world.state, &subject.session))
    else {
        return Ok(Stop::Let);
    };
    let told = match monitor.attendant().and_then(|near| near.ask(world, &subject.session, demand)) {
        // What is not recorded is not done.
        Some(told) => match super::record(monitor, &subject.session, &told) {
            Ok(()) => told,
            Err(e) => json_error(&e.to_string()),
        },
        None => ask(monitor, &subject.session).unwrap_or_else(|why| json_error(&why)),
    };
    let text = |key: &str| told.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let memory = base::directory(&world.state, &subject.session).join("holds.json");
    if text("gate") == "green" {
        std::fs::remove_file(&memory).ok();
        return Ok(Stop::Let);
    }
    let before: Value = std::fs::read_to_string(&memory)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let holds = if again { before.get("holds").and_then(Value::as_u64).unwrap_or(1) } else { 0 };
    let moved = before.get("tree").and_then(Value::as_str) != Some(&text("tree"));
    if again && (!moved || holds >= MOST_HOLDS) {
        let mut body = Body::new();
        body.insert("text".into(), "the agent ended while the gate was red".into());
        body.insert("gate".into(), "ended red".into());
        body.insert("tree".into(), text("tree").into());
        monitor.append(subject, Kind::Gate, None, body)?;
        return Ok(Stop::EndedRed(farewell(&told)));
    }
    // Only the number of turns depends on it.
    remember(&memory, &text("tree"), holds + 1);
    Ok(Stop::Hold(text("message")))
}

/// What a person is told when the turn ends red: what is open, and where to go on.
fn farewell(told: &Value) -> String {
    const SHOWN: usize = 5;
    let open = |key: &str| -> Vec<&Value> {
        let list = told.get(key).and_then(Value::as_array).into_iter().flatten();
        list.filter(|item| item.get("holds") == Some(&Value::Bool(true))).collect()
    };
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let line = |item: &&Value| {
        let line = item.get("line").and_then(Value::as_u64).unwrap_or_default();
        format!("  {}:{line}: {} [{}]", text(item, "path"), text(item, "message"), text(item, "rule"))
    };
    let gap = |item: &&Value| format!("  {} was not looked at: {}", text(item, "path"), text(item, "reason"));
    let (findings, gaps) = (open("findings"), open("gaps"));
    let all = findings.len() + gaps.len();
    let mut lines: Vec<String> = findings.iter().map(line).chain(gaps.iter().map(gap)).take(SHOWN).collect();
    if all > SHOWN {
        lines.push(format!("  … and {} more", all - SHOWN));
    }
    format!(
        "the agent ended its turn while the gate is red: what it did is not done.\n{}\nSee `wardline gate`; a finding that is wrong is yours \
         to waive, by `wardline waive`.",
        lines.join("\n")
    )
}

fn remember(memory: &Path, tree: &str, holds: u64) {
    trust::replace(memory, json!({"tree": tree, "holds": holds}).to_string().as_bytes()).ok();
}

/// Runs `wardline gate` for a session and gives what it said.
fn ask(monitor: &Monitor, session: &str) -> Result<Value, String> {
    super::fault("anew");
    let world = monitor.world();
    let mut command = Command::new(&world.executable);
    command.args(["gate", "--json", "--session", session]).current_dir(&world.project);
    command
        .env_clear()
        .envs(&world.environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| format!("it could not be started: {e}"))?;
    let out = child.stdout.take().ok_or("it gave no answer")?;
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.take(MAX_ANSWER).read_to_string(&mut text).map(|_| text)
    });
    let end = Instant::now() + DEADLINE;
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                child.kill().ok();
                child.wait().ok();
                return Err("it did not answer in time".to_owned());
            }
        }
    }
    let text = reader.join().ok().and_then(Result::ok).ok_or("its answer could not be read")?;
    serde_json::from_str(text.trim()).map_err(|_| "it gave no answer".to_owned())
}

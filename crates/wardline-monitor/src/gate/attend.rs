//! The scan that stays beside a session: a process that remembers what it read, so that the end of a turn costs what changed since
//! the one before.
//!
//! It is `wardline gate --attend`, a child of `wardline run`, started when the first turn ends and gone with the session. What it
//! knows it read itself, from the base in the state directory and from the tree, and keeps in its own memory, by content:
//! nothing is taken from a file, so there is nothing that an agent could write to. The scanner's law is that a memory changes no
//! finding. Two more nets are below it: whatever goes wrong here is asked again of a scan from the beginning
//! ([`super::at_stop`]), and the end of a session is judged by one in any case.

use std::io::{BufRead, BufReader, Read as _, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, TryLockError};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Against, Demand, Engine, Remembered, json as judged, json_error, run_with};
use crate::World;

/// The time for one scan, as for one that begins anew.
const DEADLINE: Duration = Duration::from_secs(120);
/// Bytes of one answer; more is none of ours.
const MAX_ANSWER: u64 = 16 * 1024 * 1024;
/// Resident memory over which everything is forgotten, in pages of 4 KiB.
const MAX_PAGES: u64 = 128 * 1024;

/// The side that asks: a process that is started when it is needed.
#[derive(Debug, Default)]
pub(crate) struct Attendant(Mutex<Option<Process>>);

#[derive(Debug)]
struct Process {
    child: Child,
    questions: ChildStdin,
    answers: Receiver<String>,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Attendant {
    /// Has a session's tree judged. Nothing when that failed in any way: the process is gone then, and the next question starts
    /// another.
    pub(super) fn ask(&self, world: &World, session: &str, demand: Demand) -> Option<Value> {
        // Whoever comes while another waits is answered by a scan that begins anew.
        let mut slot = match self.0.try_lock() {
            Ok(slot) => slot,
            Err(TryLockError::Poisoned(slot)) => slot.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let mut process = match slot.take() {
            Some(process) => process,
            None => start(world)?,
        };
        let question = json!({"session": session, "strict": demand.strict, "gaps_pass": demand.gaps_pass});
        writeln!(process.questions, "{question}").ok()?;
        let answer = process.answers.recv_timeout(DEADLINE).ok()?;
        let answer = serde_json::from_str(&answer).ok()?;
        *slot = Some(process);
        Some(answer)
    }
}

fn start(world: &World) -> Option<Process> {
    let mut command = Command::new(&world.executable);
    command.args(["gate", "--attend"]).current_dir(&world.project);
    command
        .env_clear()
        .envs(&world.environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let (questions, out) = child.stdin.take().zip(child.stdout.take())?;
    let (send, answers) = sync_channel(1);
    std::thread::spawn(move || {
        let mut out = BufReader::new(out);
        loop {
            let mut line = String::new();
            let read = (&mut out).take(MAX_ANSWER).read_line(&mut line);
            if read.is_err() || !line.ends_with('\n') || send.send(line).is_err() {
                return;
            }
        }
    });
    Some(Process { child, questions, answers })
}

/// The side that answers: a line of JSON into `answers` for each line of `questions`, until there are no more.
///
/// # Errors
/// A question could not be understood, or its answer not be written.
pub fn attend(world: &World, questions: impl BufRead, mut answers: impl Write) -> std::io::Result<()> {
    let mut remembered = Remembered::default();
    let begun = watch();
    for question in questions.lines() {
        let question: Value = serde_json::from_str(&question?)?;
        let holds = |key: &str| question.get(key) == Some(&Value::Bool(true));
        let session = question.get("session").and_then(Value::as_str).unwrap_or_default();
        let demand = Demand { strict: holds("strict"), gaps_pass: holds("gaps_pass") };
        begun.fetch_add(1, Ordering::SeqCst);
        super::fault("attend");
        let engine = Engine { remembered: Some(&remembered), ..Engine::default() };
        let answer = match run_with(world, &Against::Session(session.to_owned()), demand, &engine) {
            Ok(outcome) => judged(&outcome),
            Err(e) => json_error(&e),
        };
        begun.fetch_add(1, Ordering::SeqCst);
        writeln!(answers, "{answer}")?;
        answers.flush()?;
        remembered.turn();
        if pages() > MAX_PAGES {
            remembered = Remembered::default();
        }
    }
    Ok(())
}

/// Ends the process when one scan takes too long: whoever asked may be gone. The number is odd while a scan runs.
fn watch() -> Arc<AtomicU64> {
    let begun = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&begun);
    std::thread::spawn(move || {
        let mut last = 0;
        loop {
            std::thread::sleep(DEADLINE);
            let now = seen.load(Ordering::SeqCst);
            if now == last && now % 2 == 1 {
                std::process::abort();
            }
            last = now;
        }
    });
    begun
}

/// The pages of this process that are in memory; none where the system does not tell.
fn pages() -> u64 {
    let told = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    told.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{base, run};
    use crate::scratch;

    const STATES: [&str; 6] = [
        "import os\nfrom flask import request\n\n\ndef show():\n    return 1\n\n\ndef other():\n    return 2\n",
        "import os\nfrom flask import request\n\n\ndef show():\n    os.system(request.args['a'])\n\n\ndef other():\n    return 2\n",
        "import os\nfrom flask import request\n\n\ndef show():\n    os.system('ls')\n\n\ndef other():\n    os.system(request.args['b'])\n",
        "import os\nfrom flask import request\n\n\ndef show(:\n    os.system('ls')\n",
        "import os\nfrom flask import request\nfrom lib import run\n\n\ndef show():\n    run(request.args['a'])\n",
        "import os\n\n\ndef show():\n    return 1\n",
    ];

    /// What is told of two states of a file, one after the other, and what a scan from the beginning tells.
    #[test]
    fn what_is_remembered_changes_no_answer() {
        let (state, tree) = (scratch::Dir::new("attend-state"), scratch::Dir::new("attend"));
        let nowhere = state.path().join("none");
        let world = World {
            home: nowhere.clone(),
            config: nowhere.clone(),
            state: state.path().to_path_buf(),
            managed: nowhere.clone(),
            cwd: tree.path().to_path_buf(),
            project: tree.path().to_path_buf(),
            principal: "tester".to_owned(),
            environment: std::collections::BTreeMap::new(),
            executable: nowhere,
        };
        tree.write("lib.py", "import os\n\n\ndef run(word):\n    os.system(word)\n");
        base::take(&world.state, "s", &world.project).unwrap();
        let (reading, writing) = std::io::pipe().unwrap();
        let (answers, answering) = std::io::pipe().unwrap();
        std::thread::scope(|scope| {
            let attending = scope.spawn(|| attend(&world, BufReader::new(reading), answering));
            let (mut writing, mut answers) = (writing, BufReader::new(answers).lines());
            for text in STATES.iter().chain(STATES.iter().rev()) {
                tree.write("app.py", text);
                writeln!(writing, "{}", json!({"session": "s", "strict": true})).unwrap();
                let told: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
                let demand = Demand { strict: true, gaps_pass: false };
                let fresh = judged(&run(&world, &Against::Session("s".to_owned()), demand).unwrap());
                assert_eq!(told, fresh, "{text}");
            }
            drop(writing);
            attending.join().unwrap().unwrap();
        });
    }
}

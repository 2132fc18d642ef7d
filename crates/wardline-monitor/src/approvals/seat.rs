//! Who may answer: a person at a terminal of their own, and no process of the agent that asks.
//!
//! This is the second fence. The first is that an agent does not reach the board: the sandbox hides it, and where nothing is
//! confined the policy refuses the state directory and the commands that answer.

use std::path::Path;

use wardline_sandbox::Identity;

use super::question::Question;
use crate::session::MONITOR_SOCKET;

/// Ancestors that are looked at.
const MOST: usize = 64;
/// Programs that stand between an agent and its hook and are not the agent.
const BETWEEN: [&str; 8] = ["sh", "bash", "dash", "zsh", "wardline", "env", "timeout", "ash"];

/// One process, as the system tells it.
struct Process {
    name: String,
    parent: u32,
    terminal: u64,
    start: u64,
}

fn process(pid: u32) -> Option<Process> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, rest) = text.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<i64>().ok();
    Some(Process {
        name: name.to_owned(),
        parent: u32::try_from(number(1)?).ok()?,
        // The kernel prints an unsigned number as a signed one.
        terminal: u64::from(u32::try_from(number(4)? & 0xffff_ffff).ok()?),
        start: u64::try_from(number(19)?).ok()?,
    })
}

/// This process and those above it, the nearest first.
fn line() -> Vec<(Identity, Process)> {
    let mut out: Vec<(Identity, Process)> = Vec::new();
    let mut pid = std::process::id();
    while out.len() < MOST && pid > 0 {
        let Some(found) = process(pid) else { break };
        let parent = found.parent;
        out.push((Identity { pid, start: found.start }, found));
        pid = parent;
    }
    out
}

/// The agent that a hook works for: the nearest process above this one that is no shell. Empty where there is none.
#[must_use]
pub fn agent_above() -> Vec<String> {
    let line = line();
    let agent = line.iter().skip(1).find(|(_, process)| !BETWEEN.contains(&process.name.as_str()));
    agent.map(|(identity, _)| identity.word()).into_iter().collect()
}

/// The number of this process's terminal; 0 for none.
#[must_use]
pub fn terminal() -> u64 {
    process(std::process::id()).map_or(0, |own| own.terminal)
}

/// Whether somebody may be at this process's terminal, and it is no session's.
///
/// # Errors
/// Why not, for a person.
pub fn at_terminal() -> Result<(), String> {
    if Path::new(MONITOR_SOCKET).exists() {
        return Err("this is a guarded session, and what it may do is said outside of it".to_owned());
    }
    if terminal() == 0 {
        return Err("this is a person's word, and nobody is at a terminal here; run it in one".to_owned());
    }
    Ok(())
}

/// Whether this process may answer a question on its own account.
///
/// # Errors
/// Why not, for a person.
pub fn may_answer(question: &Question) -> Result<(), String> {
    at_terminal()?;
    let line = line();
    if line.first().is_some_and(|(_, own)| own.terminal == question.terminal) {
        return Err("this is the terminal of the agent that asks; answer from another one".to_owned());
    }
    let asking = |identity: &Identity| {
        let word = identity.word();
        word == question.asker || question.above.contains(&word)
    };
    if line.iter().any(|(identity, _)| asking(identity)) {
        return Err("this was started by the agent that asks; answer from a terminal of your own".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::question::example;
    use super::*;

    #[test]
    fn what_the_asker_started_may_not_answer() {
        let line = line();
        let (own, process) = line.first().unwrap();
        assert_eq!(*own, Identity::own());
        assert_eq!(line.get(1).map(|(identity, _)| identity.pid), Some(process.parent));
        let above = line.iter().map(|(identity, _)| identity.word()).collect();
        let question = Question { above, terminal: u64::MAX, ..example() };
        assert!(may_answer(&question).is_err());
    }

    #[test]
    fn the_terminal_of_the_asker_does_not_answer() {
        let why = may_answer(&Question { terminal: terminal(), ..example() }).unwrap_err();
        assert!(why.contains("terminal"), "{why}");
    }
}

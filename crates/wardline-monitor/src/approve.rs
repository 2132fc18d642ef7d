//! Who answers when the policy asks.
//!
//! An approver sees one question about one exact action and answers once; nobody there is a denial. The answer is
//! recorded before the effect, like any decision.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use wardline_policy::{Facts, Verdict};
use wardline_shell::Analysis;

use crate::approvals::{Bound, visible};
use crate::sources::Choice;
use crate::{Action, Subject, World};

/// A question to a human about exactly one action.
#[derive(Debug)]
pub struct Question<'a> {
    /// The permission that is asked for.
    pub permission: &'a str,
    /// Everything that would happen, whole.
    pub action: &'a str,
    /// The verdict that asks, with its reasons.
    pub verdict: &'a Verdict,
    /// What is known of it besides.
    pub about: About<'a>,
}

/// What is known of an action that is asked about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Where it would happen.
    pub world: &'a World,
    /// What the command line chose about the policy.
    pub choice: &'a Choice,
    /// Who would act.
    pub subject: &'a Subject,
    /// The action.
    pub action: &'a Action,
    /// What was established about it.
    pub facts: &'a Facts,
    /// For a shell text: what it would do.
    pub analysis: Option<&'a Analysis>,
    /// Whether it would run inside the sandbox.
    pub confined: bool,
    /// The files that it would run or edit, with what is in them as the question is put.
    pub bound: &'a [Bound],
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A human said yes; who, for the record.
    Allow {
        /// Where the answer came from, such as `terminal`.
        by: String,
    },
    /// A human said no, or nobody could be asked.
    Deny {
        /// Where the answer came from, or why there was none.
        by: String,
    },
    /// Nobody answered.
    Nobody {
        /// Why not.
        why: String,
    },
    /// The host program asks its user itself and obeys.
    HostAsks,
}

/// Somebody who may answer.
pub trait Approver: Send + Sync {
    /// Whether anybody can be asked at all. Nobody there is a denial, without a question.
    fn is_there(&self) -> bool {
        true
    }

    /// Answers one question. Must not answer `Allow` on its own account.
    fn ask(&self, question: &Question<'_>) -> Answer;
}

/// Nobody is there: every question is a denial.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Approver for Nobody {
    fn is_there(&self) -> bool {
        false
    }

    fn ask(&self, _question: &Question<'_>) -> Answer {
        Answer::Nobody { why: "nobody is there to answer".to_owned() }
    }
}

/// The host program has a prompt of its own and is told to use it.
#[derive(Debug, Clone, Copy)]
pub struct HostPrompt;

impl Approver for HostPrompt {
    fn ask(&self, _question: &Question<'_>) -> Answer {
        Answer::HostAsks
    }
}

/// The controlling terminal of this process.
#[derive(Debug, Clone, Copy)]
pub struct Terminal;

impl Approver for Terminal {
    fn ask(&self, question: &Question<'_>) -> Answer {
        let by = "terminal".to_owned();
        // A confined program may have the use of the terminal at the moment.
        match wardline_sandbox::aside(|| prompt(question)) {
            Ok(true) => Answer::Allow { by },
            Ok(false) => Answer::Deny { by },
            Err(e) => Answer::Nobody { why: format!("no terminal to ask on ({e})") },
        }
    }
}

/// The controlling terminal while a program uses it too: it is the person's for as long as the question takes. What was typed
/// may be meant for the program, so only the whole text of the action is a yes.
#[derive(Debug, Clone, Copy)]
pub struct TypedTerminal;

impl Approver for TypedTerminal {
    fn ask(&self, question: &Question<'_>) -> Answer {
        let by = "terminal".to_owned();
        match wardline_sandbox::aside(|| typed(question)) {
            Ok(line) if line == question.action => Answer::Allow { by },
            Ok(_) => Answer::Deny { by },
            Err(e) => Answer::Nobody { why: format!("no terminal to ask on ({e})") },
        }
    }
}

/// Asks for the text of the action and returns the line that is typed.
fn typed(question: &Question<'_>) -> std::io::Result<String> {
    const LONGEST: usize = 1024;
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let shown = visible(question.action);
    let reasons = question.verdict.reasons.iter().take(5);
    let reasons: String = reasons.map(|reason| format!("  because {}\r\n", visible(&reason.text))).collect();
    let text = format!(
        "\r\nwardline asks: {} {shown}\r\n{reasons}type {shown} to allow it; anything else is a no: ",
        question.permission
    );
    terminal.write_all(text.as_bytes())?;
    terminal.flush()?;
    let mut line = Vec::new();
    let mut byte = [0];
    // The program may have switched the terminal to raw, where a line ends in a carriage return.
    while line.len() < LONGEST && terminal.read(&mut byte)? == 1 && !matches!(byte, [b'\n' | b'\r']) {
        line.extend_from_slice(&byte);
    }
    Ok(String::from_utf8_lossy(&line).trim().to_owned())
}

/// Asks on the terminal; only a typed `y` or `yes` is a yes.
fn prompt(question: &Question<'_>) -> std::io::Result<bool> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let mut text = String::new();
    let shown = visible(question.action);
    write!(text, "\nwardline asks: {} wants to run\n\n  {shown}\n\n", question.permission).ok();
    for reason in question.verdict.reasons.iter().take(5) {
        writeln!(text, "  because {} ({}:{})", visible(&reason.text), reason.origin.file, reason.origin.line)
            .ok();
    }
    write!(text, "\nallow once? [y/N] ").ok();
    terminal.write_all(text.as_bytes())?;
    terminal.flush()?;
    let mut line = String::new();
    BufReader::new(terminal).read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes" | "YES"))
}

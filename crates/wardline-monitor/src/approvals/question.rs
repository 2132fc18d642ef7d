//! What a person is asked, and what they answer: plain data, with the digest that ties the two together.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wardline_policy::{Decision, Reason};

use super::bound::Bound;

/// What the digest begins with, so that it is no digest of anything else.
const DOMAIN: &[u8] = b"wardline question 1\n";

/// One question about one action: everything that is shown, and what holds it to the action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name, 32 hexadecimal digits that nobody can guess.
    pub id: String,
    /// The session, as the journal names it.
    pub session: String,
    /// The program that asks, such as `claude`.
    pub host: String,
    /// The agent that wants to act.
    pub agent: String,
    /// The workspace.
    pub project: String,
    /// Where it would act.
    pub cwd: String,
    /// The permission that is asked for.
    pub permission: String,
    /// The tool's own name.
    pub tool: String,
    /// Everything that would happen, whole: the shell text, or the targets one a line.
    pub action: String,
    /// Whether it would run inside the sandbox.
    pub confined: bool,
    /// Why it is asked, the deciding ground first.
    pub reasons: Vec<Why>,
    /// The commands of a shell text, each with its own verdict.
    pub commands: Vec<SubCommand>,
    /// The paths that it would touch.
    pub paths: Vec<Touched>,
    /// The hosts that it would reach.
    pub hosts: Vec<String>,
    /// What it would do, a line each, as `wardline check` says it.
    pub effects: Vec<String>,
    /// What could not be told.
    pub doubts: Vec<String>,
    /// The differences that an edit would make.
    pub edits: Vec<Edit>,
    /// Rules for the permission that would answer it for good, each proven to; the narrowest first.
    pub proposals: Vec<String>,
    /// The files that it would run or edit, with what is in them now.
    pub bound: Vec<Bound>,
    /// The digest of the policy that asks.
    pub policy: String,
    /// The digest of the action, as the journal has it.
    pub digest_of_action: String,
    /// The process that waits for the answer.
    pub asker: String,
    /// The processes above it, the nearest first: none of their children may answer.
    pub above: Vec<String>,
    /// The number of the terminal that the asking program has; 0 for none.
    pub terminal: u64,
    /// When it was asked, in milliseconds since 1970.
    pub asked_at: u64,
    /// When it is over, in milliseconds since 1970: an answer from then on comes too late.
    pub expires_at: u64,
}

/// One ground of a verdict, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// The rule.
    pub rule: String,
    /// What it says.
    pub decision: Decision,
    /// In a sentence.
    pub text: String,
    /// What it matched.
    pub matched: String,
    /// The file that it stands in, or `built-in`.
    pub file: String,
    /// The line there, from 1; 0 where there is no file.
    pub line: u32,
    /// The smallest change that would alter it.
    pub help: Option<String>,
}

impl From<&Reason> for Why {
    fn from(reason: &Reason) -> Self {
        Self {
            rule: reason.rule.clone(),
            decision: reason.decision,
            text: reason.text.clone(),
            matched: reason.matched.clone(),
            file: reason.origin.file.clone(),
            line: reason.origin.line,
            help: reason.help.clone(),
        }
    }
}

/// One command of a shell text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubCommand {
    /// As it is written.
    pub literal: String,
    /// With quoting and wrappers taken away.
    pub canonical: String,
    /// What the policy says to it alone.
    pub decision: Decision,
    /// Why, the deciding ground first.
    pub reasons: Vec<Why>,
}

/// One path that would be touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touched {
    /// Where it really is, links followed.
    pub path: String,
    /// `read`, `list`, `write`, `delete` or `execute`.
    pub access: String,
    /// The part of the machine, such as `project` or `home-secret`.
    pub zone: String,
}

/// The difference that an edit would make to one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The file.
    pub path: String,
    /// A unified difference; empty when nothing would change.
    pub patch: String,
    /// Why there is none, where it could not be made.
    pub unknown: Option<String>,
}

/// What a person says to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Say {
    /// It may happen, this once.
    Allow,
    /// It may not.
    Deny,
}

/// A person's answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The question's name.
    pub id: String,
    /// The question's digest: what the person saw.
    pub digest: String,
    /// What they say.
    pub say: Say,
    /// Where they said it: `web`, `approve`, `terminal`.
    pub by: String,
    /// When, in milliseconds since 1970.
    pub at: u64,
}

impl Question {
    /// The SHA-256 of every field, in hexadecimal. The encoding is JSON with the fields in their order, which has one
    /// reading, so two questions that differ anywhere have two digests.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(DOMAIN);
        hasher.update(self.encode());
        crate::trust::hex(&hasher.finalize())
    }

    /// It as JSON, the form in which it lies on the board.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // A value of texts, numbers and lists of them always has a form in JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The question that [`Self::encode`] wrote; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let question: Self = serde_json::from_slice(bytes).ok()?;
        is_id(&question.id).then_some(question)
    }

    /// An answer to it, as whoever shows it makes one.
    #[must_use]
    pub fn answered(&self, say: Say, by: &str, at: u64) -> Answer {
        Answer { id: self.id.clone(), digest: self.digest(), say, by: by.to_owned(), at }
    }
}

impl Answer {
    /// It as JSON, the form in which it lies on the board.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The answer that [`Self::encode`] wrote; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// Whether a text can be a question's name, and so a file's.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
pub(crate) fn example() -> Question {
    let why = Why {
        rule: "bash \"*\" ask".to_owned(),
        decision: Decision::Ask,
        text: "it is asked".to_owned(),
        matched: "make".to_owned(),
        file: "built-in".to_owned(),
        line: 0,
        help: None,
    };
    Question {
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        session: "run-1".to_owned(),
        host: "claude".to_owned(),
        agent: "code".to_owned(),
        project: "/p".to_owned(),
        cwd: "/p".to_owned(),
        permission: "bash".to_owned(),
        tool: "Bash".to_owned(),
        action: "make".to_owned(),
        confined: true,
        reasons: vec![why.clone()],
        commands: vec![SubCommand {
            literal: "make".to_owned(),
            canonical: "make".to_owned(),
            decision: Decision::Ask,
            reasons: vec![why],
        }],
        paths: vec![Touched {
            path: "/p/Makefile".to_owned(),
            access: "execute".to_owned(),
            zone: "project".to_owned(),
        }],
        hosts: Vec::new(),
        effects: vec!["runs /p/Makefile".to_owned()],
        doubts: Vec::new(),
        edits: Vec::new(),
        proposals: vec!["make *".to_owned()],
        bound: vec![Bound { path: "/p/Makefile".to_owned(), content: "sha256:00".to_owned() }],
        policy: "aa".to_owned(),
        digest_of_action: "bb".to_owned(),
        asker: format!("{}-1", u32::MAX),
        above: Vec::new(),
        terminal: 0,
        asked_at: 1_000,
        expires_at: 61_000,
    }
}

//! What holds here: the sandbox's guarantees by trying them, and what the monitor itself needs.

use std::path::Path;

use serde_json::{Value, json};
use wardline_audit as audit;
use wardline_policy::PolicySet;

use crate::World;
use crate::probed::{Probed, probed};
use crate::sources::{self, Choice};

/// One line of the doctor's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable identifier, such as `journal.chain` or `hook.codex`.
    pub id: String,
    /// Whether it holds here.
    pub held: bool,
    /// What is guaranteed when it holds.
    pub promise: String,
    /// How that was found out.
    pub proof: String,
    /// What to do when it does not hold.
    pub fix: Option<String>,
}

impl Finding {
    /// The finding as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({"id": self.id, "held": self.held, "promise": self.promise, "proof": self.proof, "fix": self.fix})
    }
}

/// Everything that the doctor found.
#[derive(Debug, Clone)]
pub struct Examination {
    /// What the sandbox can give here: outcomes, the mechanisms behind them, the kind of host.
    pub probed: Probed,
    /// What else is needed: a policy that can be read, a journal that can be written and whose chain holds.
    pub findings: Vec<Finding>,
}

/// Tries what the monitor itself needs. With `fresh`, nothing is taken from the memory of this boot.
#[must_use]
pub fn examine(world: &World, fresh: bool) -> Examination {
    let mut probed = probed(world, fresh);
    let policy = sources::policy(world, &Choice::default());
    if let Ok(policy) = &policy {
        let optional = policy.optional_guarantees();
        for guarantee in &mut probed.report.guarantees {
            guarantee.required = optional.iter().all(|line| line.id != guarantee.id);
        }
    }
    let mut findings = vec![policy_finding(policy), journal_writable(world)];
    findings.extend(journal_chain(&world.journal()));
    Examination { probed, findings }
}

fn policy_finding(policy: Result<PolicySet, impl std::fmt::Display>) -> Finding {
    let (held, proof, fix) = match policy {
        Ok(policy) => (true, format!("built; digest {}", policy.digest()), None),
        Err(e) => {
            (false, e.to_string(), Some("correct the file; until then every action is denied".to_owned()))
        }
    };
    Finding {
        id: "policy".to_owned(),
        held,
        promise: "the policy's sources can be read".to_owned(),
        proof,
        fix,
    }
}

fn journal_writable(world: &World) -> Finding {
    let journal = world.journal();
    let (held, proof, fix) = match audit::Journal::open(&journal) {
        Ok(_) => (true, format!("{} opened for appending", journal.display()), None),
        Err(e) => {
            (false, e.to_string(), Some("make it writable; until then every action is denied".to_owned()))
        }
    };
    let promise = "decisions are durable before effects".to_owned();
    Finding { id: "journal.writable".to_owned(), held, promise, proof, fix }
}

fn journal_chain(journal: &Path) -> Option<Finding> {
    if !journal.exists() {
        return None;
    }
    let (held, proof) = match audit::verify(journal) {
        Ok(report) => (report.is_clean(), format!("{} rows verified", report.rows)),
        Err(e) => (false, e.to_string()),
    };
    Some(Finding {
        id: "journal.chain".to_owned(),
        held,
        promise: "the journal is whole".to_owned(),
        proof,
        fix: (!held).then(|| "see `wardline log verify`; keep the file and move it aside".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn policy_and_sandbox_speak_of_the_same_guarantees() {
        let outcomes: Vec<&str> = wardline_sandbox::outcomes().into_iter().map(|(id, _)| id).collect();
        assert_eq!(outcomes, wardline_policy::GUARANTEES);
    }
}

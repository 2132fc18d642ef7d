//! Which guarantees hold here, each with its proof and its fix.

use std::path::Path;

use serde_json::{Value, json};
use wardline_audit as audit;
use wardline_sandbox::{Guarantee, HostKind, Mechanism};

use crate::World;
use crate::sources::{self, Choice};

/// One line of the doctor's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable identifier, such as `sandbox.landlock` or `hook.codex`.
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

/// Tries what the monitor itself needs: the sandbox's guarantees, a policy that can be read, a journal that can be
/// written and whose chain holds.
#[must_use]
pub fn examine(world: &World) -> Vec<Finding> {
    let report = wardline_sandbox::probe();
    let mut findings: Vec<Finding> = report.guarantees.iter().map(guarantee).collect();
    findings.extend(report.mechanisms.iter().map(|one| mechanism(one, report.host)));
    findings.push(policy(world));
    findings.push(journal_writable(world));
    findings.extend(journal_chain(&world.journal()));
    findings
}

fn guarantee(guarantee: &Guarantee) -> Finding {
    let by = guarantee.mechanisms.join(", and again by ");
    Finding {
        id: format!("guarantee.{}", guarantee.id),
        held: guarantee.held,
        promise: guarantee.promise().to_owned(),
        proof: if guarantee.held {
            format!("by {by} ({})", guarantee.proof)
        } else {
            guarantee.proof.clone()
        },
        fix: (!guarantee.held).then(|| guarantee.fix.clone()),
    }
}

fn mechanism(mechanism: &Mechanism, host: HostKind) -> Finding {
    Finding {
        id: format!("sandbox.{}", mechanism.id),
        held: mechanism.held,
        promise: mechanism.what.clone(),
        proof: mechanism.proof.clone(),
        fix: (!mechanism.held).then(|| host.fix(&mechanism.id)),
    }
}

fn policy(world: &World) -> Finding {
    let (held, proof, fix) = match sources::policy(world, &Choice::default()) {
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

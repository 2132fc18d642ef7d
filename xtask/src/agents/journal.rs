//! Reads Wardline's journal through its own command line, as a person would, and checks what it must say.

use std::io;

use serde_json::Value;

use super::drive::{Drive, Stage, tail};

/// The journal after a case.
pub(super) struct Journal {
    rows: Vec<Value>,
    problems: Vec<String>,
}

impl Journal {
    /// Runs `wardline log --json` and `wardline log verify`.
    pub(super) fn read(drive: &Drive<'_>, stage: &Stage) -> io::Result<Self> {
        let log = drive.wardline(stage, &["log", "--json"])?;
        let mut problems = Vec::new();
        let mut rows = Vec::new();
        if !log.status.is_some_and(|status| status.success()) {
            problems.push(format!("wardline log --json: {:?}: {}", log.status, tail(&log.stderr)));
        }
        for line in log.stdout.lines() {
            match serde_json::from_str(line) {
                Ok(row) => rows.push(row),
                Err(error) => problems.push(format!("wardline log --json: {error}: {line}")),
            }
        }
        let verify = drive.wardline(stage, &["log", "verify"])?;
        if !verify.status.is_some_and(|status| status.success()) {
            let said = format!("{} {}", verify.stdout, verify.stderr);
            problems.push(format!("wardline log verify: {:?}: {}", verify.status, tail(&said)));
        }
        problems.extend(undecided_outcomes(&rows));
        Ok(Self { rows, problems })
    }

    /// What is wrong with the journal whatever the case.
    pub(super) fn problems(&self) -> Vec<String> {
        self.problems.clone()
    }

    /// The failure, unless a row with this decision (`allow` or `refused`) mentions this text and names a rule.
    pub(super) fn expect(&self, decision: &str, text: &str) -> Option<String> {
        let about = |row: &&Value| row.to_string().contains(text);
        let found: Vec<&Value> = self.rows.iter().filter(about).collect();
        let right = |row: &&&Value| match field(row, "decision").as_deref() {
            // An agent that can ask its person is told to ask; headless, it refuses. Others are told to refuse.
            Some("ask" | "deny") => decision == "refused",
            other => other == Some(decision),
        };
        let decided: Vec<&&Value> = found.iter().filter(right).collect();
        if decided.is_empty() {
            let seen: Vec<_> = found.iter().filter_map(|row| field(row, "decision")).collect();
            return Some(format!(
                "no {decision} about {text:?} in the journal ({} rows, decisions {seen:?})",
                found.len()
            ));
        }
        // The door says `because`: its rule, or that none allows the host.
        let named = |row: &&&Value| {
            ["rule", "because"].iter().any(|key| field(row, key).is_some_and(|rule| !rule.is_empty()))
        };
        (!decided.iter().any(named)).then(|| format!("the {decision} about {text:?} names no rule"))
    }

    /// Whether any row mentions this text.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.rows.iter().any(|row| row.to_string().contains(text))
    }

    /// The rows of this kind, in order.
    pub(super) fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.rows.iter().filter(|row| row["kind"] == kind).collect()
    }

    /// Whether any row is of this kind.
    pub(super) fn has_kind(&self, kind: &str) -> bool {
        self.rows.iter().any(|row| row["kind"] == kind)
    }
}

/// Outcomes that come before the decision that they belong to, or without one.
fn undecided_outcomes(rows: &[Value]) -> Vec<String> {
    let call = |row: &Value| row["call"].as_str().map(str::to_owned);
    let outcomes = rows.iter().enumerate().filter(|(_, row)| row["kind"] == "outcome");
    outcomes
        .filter_map(|(at, row)| {
            let id = call(row)?;
            let decision = |row: &Value| row["kind"] == "intent" || row["kind"] == "egress";
            let intended = rows.iter().take(at).any(|row| decision(row) && call(row).as_ref() == Some(&id));
            (!intended).then(|| format!("outcome of {id} without a decision before it"))
        })
        .collect()
}

/// The first string under this key, however deep.
fn field(value: &Value, key: &str) -> Option<String> {
    match value {
        Value::Object(map) => match map.get(key) {
            Some(Value::String(text)) => Some(text.clone()),
            _ => map.values().find_map(|part| field(part, key)),
        },
        Value::Array(parts) => parts.iter().find_map(|part| field(part, key)),
        _ => None,
    }
}

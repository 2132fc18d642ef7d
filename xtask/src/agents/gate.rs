//! What must be true of the gate once an agent has ended: its rows in the journal, the tree that they name, and the code
//! of `wardline run`.

use std::fs;
use std::io;

use serde_json::Value;

use super::cases::{Case, Ending, Gate};
use super::drive::{Drive, Stage};
use super::journal::Journal;
use super::process::Ended;

/// The code of `wardline run` when the program ended well and the gate is red.
const RED_AT_END: i32 = 30;

/// What is wrong with the gate's part of a case.
pub(super) fn judge(
    drive: &Drive<'_>,
    stage: &Stage,
    case: &Case,
    ending: Ending,
    ended: &Ended,
    journal: &Journal,
) -> io::Result<Vec<String>> {
    let mut failures = Vec::new();
    let rows = journal.of_kind("gate");
    let said: Vec<&str> = rows.iter().filter_map(|row| row.pointer("/body/gate")?.as_str()).collect();
    let wanted = verdicts(drive.agent.holds, case.gate, ending);
    if said != wanted {
        failures.push(format!("the gate said {said:?}, not {wanted:?}"));
    }
    let red = ending == Ending::Red && case.gate == Gate::Run;
    let (code, wanted) = (ended.status.and_then(|status| status.code()), if red { RED_AT_END } else { 0 });
    if code != Some(wanted) {
        failures.push(format!("the command ended with {code:?}, not {wanted}"));
    }
    let Some(last) = rows.last() else { return Ok(failures) };
    failures.extend(unbound(drive, stage, last)?);
    Ok(failures)
}

/// What the rows say in order. Where nothing holds the turn, the end of `run` is the only word.
fn verdicts(holds: bool, gate: Gate, ending: Ending) -> Vec<&'static str> {
    let (turns, end) = match ending {
        Ending::Mended => (&["red", "green"][..], "green"),
        Ending::Red => (&["red", "red", "ended red"][..], "red"),
    };
    let turns = if holds { turns } else { &[] };
    turns.iter().copied().chain((gate == Gate::Run).then_some(end)).collect()
}

/// The failure, unless a row names the tree as it is now, and no other one.
fn unbound(drive: &Drive<'_>, stage: &Stage, row: &Value) -> io::Result<Option<String>> {
    let Some(session) = row["session"].as_str() else { return Ok(Some(format!("no session in {row}"))) };
    let digest = || -> io::Result<Value> {
        let told = drive.wardline(stage, &["gate", "--json", "--session", session])?;
        let told: Value = serde_json::from_str(&told.stdout)
            .map_err(|error| io::Error::other(format!("wardline gate --json: {error}: {}", told.stdout)))?;
        Ok(told.get("tree").cloned().unwrap_or_default())
    };
    let recorded = &row.pointer("/body/tree").cloned().unwrap_or_default();
    let now = digest()?;
    let path = stage.world.project.join("app.py");
    let text = fs::read_to_string(&path)?;
    fs::write(&path, format!("{text}\n"))?;
    let other = digest()?;
    fs::write(&path, text)?;
    let back = digest()?;
    let bound = recorded.is_string() && *recorded == now && *recorded == back && *recorded != other;
    Ok((!bound).then(|| {
        format!("the record names the tree {recorded}; it is {now}, changed {other}, and back {back}")
    }))
}

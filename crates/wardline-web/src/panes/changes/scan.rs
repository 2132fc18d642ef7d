//! What the scan says of the changes. It reads what agents wrote, so it runs as a process of its own, with the gate's limits.

use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use maud::{Markup, html};
use serde_json::Value;
use wardline_monitor::checkpoint::Place;

use crate::Ui;
use crate::answer::{Answer, Ask};
use crate::html;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    path: String,
    /// Its line, from 1.
    pub(super) line: Option<u64>,
    rule: String,
    message: String,
    state: String,
    holds: bool,
}

/// What the gate said last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    gate: String,
    coverage: String,
    found: Vec<Found>,
}

/// The last answer of the gate, as long as the server runs.
#[derive(Debug, Default)]
pub(crate) struct Last(Mutex<Option<Findings>>);

impl Last {
    pub(crate) fn last(&self) -> Option<Findings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Findings {
    fn of_gate(told: &Value) -> Self {
        let text =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let found = told.get("findings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let found = found.iter().map(|one| Found {
            path: text(one, "path"),
            line: one.get("line").and_then(Value::as_u64),
            rule: text(one, "rule"),
            message: text(one, "message"),
            state: text(one, "state"),
            holds: one.get("holds") == Some(&Value::Bool(true)),
        });
        let coverage = told.get("coverage").map(|coverage| text(coverage, "text")).unwrap_or_default();
        Self { gate: text(told, "gate"), coverage, found: found.collect() }
    }

    /// The findings at a place.
    pub(super) fn of(&self, place: &Place) -> Vec<&Found> {
        let name = String::from_utf8_lossy(place);
        self.found.iter().filter(|found| found.path == name).collect()
    }
}

impl Found {
    /// The finding on one line.
    pub(super) fn short(&self) -> String {
        format!("{} ({}, {})", self.message, self.rule, self.state)
    }

    /// The finding above its file's lines.
    pub(super) fn markup(&self) -> Markup {
        html! {
            p.found {
                @if self.holds { span.chip.deny { "blocks" } } @else { span.chip { (html::line(&self.state)) } }
                @if let Some(line) = self.line { " line " (line) ": " }
                (html::line(&self.message)) " " code { (html::line(&self.rule)) }
            }
        }
    }
}

/// The button that scans.
pub(super) fn button(ask: &Ask) -> Markup {
    html! { form method="post" action="/changes/scan" { (ask.word()) button.quiet { "Scan the changes" } } }
}

/// What the gate said, in a line.
pub(super) fn summary(findings: Option<&Findings>) -> Markup {
    html! {
        @if let Some(findings) = findings {
            p #scan {
                "The gate is " @if findings.gate == "green" { span.chip.allow { "green" } } @else { span.chip.deny { "red" } }
                ": " (findings.found.len()) " findings; " (html::line(&findings.coverage)) "."
            }
        }
    }
}

/// Scans, and shows the changes with what was found.
pub(crate) fn begin(ui: &Ui, _: &Ask) -> Answer {
    let world = ui.world();
    let output = Command::new(&world.executable)
        .args(["gate", "--json"])
        .current_dir(&world.project)
        .env_clear()
        .envs(&world.environment)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output();
    let output = match output {
        Ok(output) => output,
        Err(e) => return Answer::failed(format!("the scan could not be started: {e}")),
    };
    match serde_json::from_slice::<Value>(&output.stdout) {
        Ok(told) => {
            *ui.findings.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Findings::of_gate(&told));
            Answer::See("/changes#scan".to_owned())
        }
        Err(_) => {
            Answer::failed(format!("the scan gave no answer: {}", String::from_utf8_lossy(&output.stderr)))
        }
    }
}

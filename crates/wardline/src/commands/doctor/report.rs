//! The doctor's report: for a person, and as JSON for other tools.

use serde_json::{Value, json};
use wardline_monitor::Probed;
use wardline_monitor::doctor::Finding;
use wardline_monitor::sandbox::{Guarantee, Mechanism};

use crate::term::Style;

/// The report as JSON; `docs/doctor.schema.json` promises its shape.
pub(super) fn json(probed: &Probed, findings: &[Finding]) -> Value {
    let report = &probed.report;
    let guarantee = |guarantee: &Guarantee| {
        let mut value = guarantee.to_value();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("promise".to_owned(), guarantee.promise().into());
        }
        value
    };
    let mechanism = |mechanism: &Mechanism| {
        let mut value = mechanism.to_value();
        if let Some(fields) = value.as_object_mut() {
            let fix = if mechanism.held { String::new() } else { report.host.fix(&mechanism.id) };
            fields.insert("fix".to_owned(), fix.into());
        }
        value
    };
    json!({
        "v": 1,
        "host": report.host.as_str(),
        "fresh": probed.fresh,
        "guarantees": report.guarantees.iter().map(guarantee).collect::<Vec<_>>(),
        "mechanisms": report.mechanisms.iter().map(mechanism).collect::<Vec<_>>(),
        "findings": findings.iter().map(Finding::json).collect::<Vec<_>>(),
    })
}

/// The report for a person.
pub(super) fn print(probed: &Probed, findings: &[Finding]) {
    let style = Style::of_stdout();
    let report = &probed.report;
    println!("{}", style.dim("what a session gets on this host"));
    for guarantee in &report.guarantees {
        let optional = if guarantee.required { "" } else { " (optional by your configuration)" };
        println!(
            "{:4}  {:28} {}{optional}",
            style.mark(guarantee.held),
            style.bold(&guarantee.id),
            guarantee.promise()
        );
        if guarantee.held {
            println!("      {} {}", style.dim("by:"), guarantee.mechanisms.join(", and again by "));
        }
        println!("      {} {}", style.dim("proof:"), guarantee.proof);
        if !guarantee.held {
            println!("      {} {}", style.dim("fix:"), guarantee.fix);
        }
    }
    for mechanism in report.mechanisms.iter().filter(|mechanism| !mechanism.held) {
        println!("{:4}  {:28} {}", style.mark(false), style.bold(&mechanism.id), mechanism.what);
        println!("      {} {}", style.dim("proof:"), mechanism.proof);
        println!("      {} {}", style.dim("fix:"), report.host.fix(&mechanism.id));
    }
    if !probed.fresh {
        println!("{}", style.dim("tried earlier in this boot; `wardline doctor --fresh` tries again"));
    }
    for finding in findings {
        println!("{:4}  {:28} {}", style.mark(finding.held), style.bold(&finding.id), finding.promise);
        println!("      {} {}", style.dim("proof:"), finding.proof);
        if let Some(fix) = &finding.fix {
            println!("      {} {fix}", style.dim("fix:"));
        }
    }
}

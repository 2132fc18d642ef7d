//! Doctor: which guarantees hold here, each with its proof and its fix.

use maud::{Markup, html};
use wardline_monitor::doctor::{self, Examination, Finding};

use crate::Ui;
use crate::answer::{Answer, Ask};
use crate::html;

pub(crate) fn show(ui: &Ui, ask: &Ask) -> Answer {
    report(ui, ask, false)
}

/// Tries everything again.
pub(crate) fn again(ui: &Ui, ask: &Ask) -> Answer {
    report(ui, ask, true)
}

fn report(ui: &Ui, ask: &Ask, fresh: bool) -> Answer {
    let Examination { probed, mut findings } = doctor::examine(ui.world(), fresh);
    findings.extend((ui.subject.findings)(ui.world()));
    let mechanism = |id: &str, what: &str, proof: &str, fix: &str| Finding {
        id: id.to_owned(),
        held: false,
        promise: what.to_owned(),
        proof: proof.to_owned(),
        fix: Some(fix.to_owned()),
    };
    let report = &probed.report;
    let guarantees: Vec<Finding> = report
        .guarantees
        .iter()
        .map(|it| Finding {
            id: it.id.clone(),
            held: it.held,
            promise: format!(
                "{}{}",
                it.promise(),
                if it.required { "" } else { " (optional by your configuration)" }
            ),
            proof: if it.held {
                format!("{}; by {}", it.proof, it.mechanisms.join(", and again by "))
            } else {
                it.proof.clone()
            },
            fix: (!it.held).then(|| it.fix.clone()),
        })
        .collect();
    let lacking = report.mechanisms.iter().filter(|it| !it.held);
    let lacking: Vec<Finding> = lacking
        .map(|it| mechanism(&it.id, &it.what.to_string(), &it.proof, &report.host.fix(&it.id)))
        .collect();
    let open = guarantees.iter().chain(&lacking).chain(&findings).filter(|finding| !finding.held).count();
    let body = html! {
        p { @if open == 0 { "Everything holds." } @else { (open) " of these do not hold; each says how to mend it." } }
        form method="post" action="/doctor" {
            (ask.word())
            button { "Try everything again" }
            @if !probed.fresh { " " span.dim { "tried earlier in this boot" } }
        }
        (table("What a session gets on this host", &guarantees))
        @if !lacking.is_empty() { (table("Ways that this host does not give", &lacking)) }
        (table("What Wardline itself needs", &findings))
    };
    Answer::Page(html::page("/doctor", "Doctor", "", &body))
}

fn table(caption: &str, findings: &[Finding]) -> Markup {
    html! {
        table {
            caption { (caption) }
            thead { tr { th scope="col" { "Holds" } th scope="col" { "Name" } th scope="col" { "Promise" } th scope="col" { "Proof, and fix" } } }
            tbody {
                @for finding in findings {
                    tr data-row {
                        td { @if finding.held { span.chip.allow { "holds" } } @else { span.chip.deny { "open" } } }
                        th scope="row" { code { (html::line(&finding.id)) } }
                        td { (html::line(&finding.promise)) }
                        td {
                            (html::line(&finding.proof))
                            @if let Some(fix) = &finding.fix { p.fix { strong { "Fix: " } (html::block(fix)) } }
                        }
                    }
                }
            }
        }
    }
}

//! Sessions: each with what ran, how it ended, what was decided, what it changed.

use std::collections::BTreeMap;

use maud::html;
use wardline_monitor::audit::Kind;

use super::{address, running, time};
use crate::Ui;
use crate::answer::{Answer, Ask};
use crate::html;
use crate::journal::Log;

/// Sessions on the page.
const MOST: usize = 200;

/// What is known of a session.
#[derive(Debug, Default)]
struct Session {
    name: String,
    /// The number of its last row; the latest session comes first.
    last: u64,
    begun: String,
    ended: Option<(String, Option<i64>)>,
    program: String,
    project: String,
    decided: BTreeMap<&'static str, u32>,
    changed: Option<usize>,
    gate: Option<String>,
    /// The checkpoint at which it began.
    checkpoint: Option<u64>,
}

pub(crate) fn show(ui: &Ui, ask: &Ask) -> Answer {
    let (sessions, dropped, damaged) = {
        let log = ui.journal();
        (collect(&log), log.dropped, log.damaged)
    };
    let here = ui.world().project.to_string_lossy().into_owned();
    let body = html! {
        (running::list(ui, ask))
        @if damaged > 0 { p.problem { (damaged) " rows of the journal are damaged; " code { "wardline log verify" } " says where." } }
        @if sessions.is_empty() {
            p.empty { "No session yet. " code { "wardline run -- PROGRAM" } " begins one." }
        } @else {
            table {
                caption { "The latest sessions, of every project" @if dropped > 0 { "; " (dropped) " earlier rows are in " code { "wardline log" } } "." }
                thead { tr { th scope="col" { "Begun (UTC)" } th scope="col" { "Program" } th scope="col" { "Ended" } th scope="col" { "Allowed" } th scope="col" { "Asked" } th scope="col" { "Denied" } th scope="col" { "Files changed" } th scope="col" { "Gate" } th scope="col" { "Project" } } }
                tbody {
                    @for session in sessions.iter().take(MOST) {
                        tr data-row {
                            td { time datetime=(session.begun) { (time(&session.begun)) } }
                            td { a href=(address("/trace", &[("session", &session.name)])) { code { (html::line(if session.program.is_empty() { &session.name } else { &session.program })) } } }
                            td { (ended(session)) }
                            @for word in ["allow", "ask", "deny"] { td.number { (session.decided.get(word).copied().unwrap_or_default()) } }
                            td.number {
                                @match (session.changed, session.checkpoint.filter(|_| session.project == here)) {
                                    (Some(count), Some(checkpoint)) => a href=(address("/changes", &[("since", &checkpoint.to_string())])) { (count) },
                                    (Some(count), None) => (count),
                                    (None, _) => "–",
                                }
                            }
                            td { @if let Some(gate) = &session.gate { (html::line(gate)) } @else { "–" } }
                            td { (html::line(&session.project)) }
                        }
                    }
                }
            }
        }
    };
    Answer::Page(html::page("/sessions", "Sessions", "journal", &body))
}

fn ended(session: &Session) -> String {
    match &session.ended {
        Some((_, Some(0))) => "well".to_owned(),
        Some((_, Some(code))) => format!("code {code}"),
        Some((_, None)) => "by a signal".to_owned(),
        None => "no end recorded".to_owned(),
    }
}

fn collect(log: &Log) -> Vec<Session> {
    let mut sessions: BTreeMap<&str, Session> = BTreeMap::new();
    for row in &log.rows {
        // What the person does by hand is no session.
        if !matches!(
            row.entry.kind,
            Kind::SessionStart | Kind::SessionEnd | Kind::Intent | Kind::Gate | Kind::Egress | Kind::Outcome
        ) {
            continue;
        }
        let session = sessions.entry(&row.entry.session).or_default();
        session.last = row.entry.seq;
        if session.begun.is_empty() {
            session.name.clone_from(&row.entry.session);
            session.begun.clone_from(&row.entry.time);
            session.project = row.project.clone().unwrap_or_default();
        }
        match row.entry.kind {
            Kind::SessionStart => {
                session.program = row.text("program").to_owned();
                session.project = row.project.clone().unwrap_or_default();
            }
            Kind::SessionEnd => {
                session.ended = Some((
                    row.entry.time.clone(),
                    row.entry.body.get("code").and_then(serde_json::Value::as_i64),
                ));
                session.changed = Some(row.list("changes").len());
            }
            Kind::Intent => {
                let word = ["allow", "ask", "deny"].into_iter().find(|word| *word == row.text("decision"));
                if let Some(word) = word.filter(|_| row.text("permission") != "run") {
                    *session.decided.entry(word).or_default() += 1;
                }
                session.checkpoint = session.checkpoint.or_else(|| row.number("checkpoint"));
            }
            Kind::Gate => session.gate = Some(row.text("gate").to_owned()),
            _ => {}
        }
    }
    let mut sessions: Vec<Session> = sessions.into_values().collect();
    sessions.sort_by_key(|session| std::cmp::Reverse(session.last));
    sessions
}

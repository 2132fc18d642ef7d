//! Changes: every touched file with its lines, the agent's in hunks that can be taken back, and what the scan says of them.

mod file;
mod held;
mod scan;

use axum::http::StatusCode;
use maud::{Markup, html};
use wardline_monitor::checkpoint::plan::Plan;
use wardline_monitor::checkpoint::{Changes, CheckpointError, Choice, Place, Store};
use wardline_monitor::reviewed::Reviewed;
use wardline_monitor::undo::{self, Prepared};

use super::{address, time};
use crate::Ui;
use crate::answer::{Answer, Ask};
use crate::html;

pub(crate) use held::{Shown as HeldShown, ask as held_ask, settle as held_settle};
pub(crate) use scan::{Findings, Last as LastScan, begin as scan};

/// Files whose lines are shown on one page; the others have their own.
const MOST_FILES: usize = 60;

/// What is shown of one project's changes.
struct Shown<'a> {
    ask: &'a Ask,
    store: &'a Store,
    all: &'a Changes,
    reviewed: Reviewed,
    findings: Option<Findings>,
}

pub(crate) fn show(ui: &Ui, ask: &Ask) -> Answer {
    let since = ask.query("since").and_then(|number| number.parse().ok());
    let (store, all) = match undo::look(ui.world(), since) {
        Ok(found) => found,
        Err(e @ CheckpointError::Empty) => return empty(ui, ask, &e.to_string()),
        Err(e) => return failed(&e),
    };
    let shown = Shown {
        ask,
        store: &store,
        all: &all,
        reviewed: Reviewed::load(ui.world()),
        findings: ui.findings.last(),
    };
    let only = ask.query("file").and_then(unhex);
    let files: Vec<_> =
        undo::worth(&all).filter(|(place, _)| only.as_ref().is_none_or(|only| only == *place)).collect();
    let agents = files.iter().filter(|(_, reading)| reading.agent()).count();
    let body = html! {
        (told(ask))
        p {
            "Since checkpoint " (all.since.number) ", " (html::line(all.since.cause.occasion.word())) " at " (time(&all.since.cause.time)) ": "
            strong { (files.len()) " files changed, " (agents) " by an agent." }
            @if only.is_some() { " " a href=(address("/changes", &[("since", &all.since.number.to_string())])) { "All files" } }
        }
        div.row {
            @if agents > 0 { (button(ask, &[("what", "all"), ("since", &all.since.number.to_string())], "Reject everything", "danger")) }
            (button(ask, &[("what", "undo")], "Undo the last revert", "quiet"))
            (scan::button(ask))
        }
        (scan::summary(shown.findings.as_ref()))
        (list(&shown, &files))
        (held::list(ui, ask))
        @for (place, reading) in files.iter().take(MOST_FILES) { (shown.file(place, reading)) }
    };
    Answer::Page(html::page("/changes", "Changes", "changes scan", &body))
}

/// A project of which nothing is kept yet may hold changes to trap files all the same.
fn empty(ui: &Ui, ask: &Ask, why: &str) -> Answer {
    let body = html! { (told(ask)) p.empty { (html::line(why)) } (held::list(ui, ask)) };
    Answer::Page(html::page("/changes", "Changes", "changes", &body))
}

/// What came of the last thing that was done.
fn told(ask: &Ask) -> Markup {
    html! {
        @match ask.query("done") {
            Some("revert") => p.done role="status" { "Done. Your own changes are as they were; “Undo the last revert” takes it back." },
            Some("conflicts") => p.problem role="status" { "Done, but for the files in doubt: they are as you left them." },
            Some("accepted") => p.done role="status" { "Accepted: the change is on this machine now." },
            Some("discarded") => p.done role="status" { "Discarded: the change is gone." },
            _ => {}
        }
    }
}

fn failed(error: &CheckpointError) -> Answer {
    let status = match error {
        CheckpointError::Unknown(_) | CheckpointError::Empty => StatusCode::NOT_FOUND,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Answer::Fail(status, error.to_string())
}

/// A button that leads to what would be done, which is confirmed there.
fn button(ask: &Ask, fields: &[(&str, &str)], text: &str, class: &str) -> Markup {
    html! {
        form method="post" action="/changes/ask" {
            (ask.word())
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button class=(class) { (text) }
        }
    }
}

/// The files at a glance.
fn list(shown: &Shown<'_>, files: &[(&Place, &wardline_monitor::checkpoint::history::Reading)]) -> Markup {
    let (store, all) = (shown.store, shown.all);
    html! {
        @if !files.is_empty() {
            table.files {
                caption { "Every touched file" }
                thead { tr { th scope="col" { "Change" } th scope="col" { "By" } th scope="col" { "File" } th.number scope="col" { "+" } th.number scope="col" { "−" } th scope="col" { "Findings" } th scope="col" { "Reviewed" } } }
                tbody {
                    @for (place, reading) in files {
                        @let lines = undo::counts(store, all, reading);
                        tr data-row {
                            td { (undo::letter(reading)) }
                            td { (undo::by(reading)) }
                            th scope="row" { a href=(format!("#file-{}", hex(place))) { code { (name(place)) } } @if let Some(why) = reading.conflict { " " span.chip.deny { "in doubt: " (why) } } }
                            td.number { @match lines { Some((added, _)) => (added), None => "–" } }
                            td.number { @match lines { Some((_, removed)) => (removed), None => "–" } }
                            td { (shown.findings.as_ref().map_or(0, |findings| findings.of(place).len())) }
                            td { @if shown.reviewed.has(place, reading.now.as_ref()) { "yes" } @else { "no" } }
                        }
                    }
                }
            }
        }
    }
}

/// A place as a person reads it.
fn name(place: &Place) -> Markup {
    html::line(&String::from_utf8_lossy(place))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits =
        text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2));
    digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

/// The first click: what would be done.
pub(crate) fn ask(ui: &Ui, ask: &Ask) -> Answer {
    let since = ask.form("since").and_then(|number| number.parse().ok());
    let place = ask.form("place").and_then(unhex);
    let hunks: Option<Vec<usize>> = ask.forms("hunk").map(|number| number.parse().ok()).collect();
    let choice = match (ask.form("what"), place, hunks) {
        (Some("all"), ..) => Choice::All,
        (Some("undo"), ..) => {
            return confirm(ui, ask, undo::prepare_undo(ui.world()), "Undo the last revert");
        }
        (Some("file"), Some(place), _) => Choice::Places(vec![place]),
        (Some("hunk"), Some(place), Some(hunks)) if !hunks.is_empty() => Choice::Hunks(place, hunks),
        _ => return Answer::wrong("it is not said what to take back"),
    };
    confirm(ui, ask, undo::prepare(ui.world(), since, choice), "Take back what agents did")
}

fn confirm(ui: &Ui, ask: &Ask, prepared: Result<Prepared, CheckpointError>, title: &str) -> Answer {
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(e) => return failed(&e),
    };
    let body = html! { (plan(&prepared.plan)) };
    let since = prepared.since;
    let nothing = prepared.plan.steps.is_empty();
    let name = match ui.reverts.keep(prepared) {
        Ok(name) => name,
        Err(e) => return Answer::failed(e.to_string()),
    };
    let page = html! {
        p { "Back to checkpoint " (since) ". What you changed yourself stays." }
        (body)
        div.row {
            @if nothing { p { "There is nothing to take back." } }
            @else {
                form method="post" action="/changes/do" { (ask.word()) input type="hidden" name="name" value=(name); button.danger #confirm autofocus { "Take it back" } }
            }
            a.button href="/changes" { "Leave it" }
        }
    };
    Answer::Page(html::page("/changes", title, "", &page))
}

/// What would be done, and what would be left.
fn plan(plan: &Plan) -> Markup {
    html! {
        table {
            caption { "This happens whole or not at all" }
            thead { tr { th scope="col" { "Change" } th scope="col" { "File" } } }
            tbody {
                @for step in &plan.steps { tr { td { (undo::step_letter(step)) } th scope="row" { code { (name(&step.place)) } } } }
                @for (place, why) in &plan.conflicts { tr { td { span.chip.deny { "in doubt" } } th scope="row" { code { (name(place)) } " " (html::line(why)) } } }
            }
        }
    }
}

/// The second click: it is done as it was shown, or not at all.
pub(crate) fn carry_out(ui: &Ui, ask: &Ask) -> Answer {
    let Some(prepared) = ask.form("name").and_then(|name| ui.reverts.take(name)) else {
        return Answer::wrong(
            "what was to be taken back is no longer known here: it was done, or is too long ago; look at the changes again",
        );
    };
    match undo::carry_out(ui.world(), &prepared) {
        Ok(done) if done.conflicts.is_empty() => Answer::See("/changes?done=revert".to_owned()),
        Ok(_) => Answer::See("/changes?done=conflicts".to_owned()),
        Err(e) => Answer::Fail(StatusCode::CONFLICT, e.to_string()),
    }
}

/// Marks a file as looked at, or takes the mark away.
pub(crate) fn review(ui: &Ui, ask: &Ask) -> Answer {
    let since = ask.form("since").and_then(|number| number.parse().ok());
    let Some(place) = ask.form("place").and_then(unhex) else { return Answer::wrong("no file is named") };
    let (_, all) = match undo::look(ui.world(), since) {
        Ok(found) => found,
        Err(e) => return failed(&e),
    };
    let Some(reading) = all.readings.get(&place) else { return Answer::wrong("this file did not change") };
    let now = reading.now.as_ref();
    if ask.form("reviewed") == Some("yes") && ask.form("mark") != Some(&file::mark(now)) {
        return Answer::Fail(
            StatusCode::CONFLICT,
            "the file was changed since it was shown; look at it again".to_owned(),
        );
    }
    if let Err(e) = Reviewed::load(ui.world()).set(&place, now, ask.form("reviewed") == Some("yes")) {
        return Answer::failed(format!("the mark cannot be kept: {e}"));
    }
    let since = ask.form("since").unwrap_or_default();
    Answer::See(format!("{}#file-{}", address("/changes", &[("since", since)]), hex(&place)))
}

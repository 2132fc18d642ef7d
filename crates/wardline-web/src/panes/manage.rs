//! Manage rules: what a question may leave, chosen, tried and looked at, and with the second click in force.

use std::time::SystemTime;

use axum::http::StatusCode;
use maud::{Markup, html};
use wardline_monitor::approvals::{Board, Question, Say};
use wardline_monitor::manage::{self, Hold, Shown, Would};

use super::permissions::difference;
use crate::Ui;
use crate::answer::{Answer, Ask};
use crate::html;

/// Actions of the journal that are listed; all are counted.
const MOST: usize = 50;

/// Rules that were shown, and the question that they would answer as it was shown.
#[derive(Debug)]
pub(crate) struct RulesShown {
    shown: Shown,
    id: String,
    digest: String,
}

/// The editor below a question.
pub(crate) fn editor(ask: &Ask, question: &Question) -> Markup {
    html! {
        @if !question.proposals.is_empty() {
            details id=(format!("rules-{}", question.id)) {
                summary { "Manage rules" }
                p.dim { "Each of these was tried on this question; the narrowest comes first. Where it asks about several commands, it takes a rule for each." }
                form method="post" action="/approvals/rules" data-keep {
                    (ask.word())
                    input type="hidden" name="id" value=(question.id); input type="hidden" name="digest" value=(question.digest());
                    fieldset {
                        legend { "Rules for " code { (html::line(&question.permission)) } ", to allow" }
                        @for (rule, number) in question.proposals.iter().zip(0..) {
                            div { label { input type="checkbox" name="rule" value=(rule) checked[number == 0]; " " code { (html::line(rule)) } } }
                        }
                    }
                    label { "Hold " select name="hold" {
                        option value="session" { "in this session" }
                        option value="project" { "in this project" }
                        option value="user" { "in all projects" }
                    } }
                    " "
                    label { "until " input name="until" placeholder="for good; or 1h, 7d, 2026-12-31" size="28"; }
                    " "
                    button.quiet { "Look at them" }
                }
            }
        }
    }
}

/// The first click: what would be written, and what else it would have let through.
pub(crate) fn ask(ui: &Ui, ask: &Ask) -> Answer {
    let (Some(id), Some(digest), Some(hold)) =
        (ask.form("id"), ask.form("digest"), ask.form("hold").and_then(Hold::of))
    else {
        return Answer::wrong("name the question, and where the rules hold");
    };
    let rules: Vec<String> = ask.forms("rule").map(str::to_owned).collect();
    let question = match Board::at(&ui.world().state).question(id) {
        Ok(question) if question.digest() == digest => question,
        Ok(_) => {
            return Answer::Fail(StatusCode::CONFLICT, "this is not the question that was shown".to_owned());
        }
        Err(e) => return Answer::Fail(StatusCode::CONFLICT, e.to_string()),
    };
    let shown = manage::end_of(ask.form("until").unwrap_or_default(), SystemTime::now())
        .and_then(|until| manage::prepare(ui.world(), &question, &rules, hold, until));
    let shown = match shown {
        Ok(shown) => shown,
        Err(e) => return Answer::wrong(e),
    };
    let body = page(&shown);
    let kept = ui.rules.keep(RulesShown { shown, id: id.to_owned(), digest: digest.to_owned() });
    let name = match kept {
        Ok(name) => name,
        Err(e) => return Answer::failed(e.to_string()),
    };
    let body = html! {
        (body)
        div.row {
            form method="post" action="/approvals/give" { (ask.word()) input type="hidden" name="name" value=(name); button #confirm { "Leave these rules, and run" } }
            a.button href="/approvals" autofocus { "Back to the question" }
        }
    };
    Answer::Page(html::page("/approvals", "Manage rules", "", &body))
}

fn page(shown: &Shown) -> Markup {
    html! {
        p {
            @match shown.hold { Hold::Session => "In the session that asks, and no longer than it lasts", Hold::Project => "In this project", Hold::User => "In all projects" }
            @match &shown.expires { Some(end) => { ", until " time datetime=(end) { (end) } }, None => ", for good" }
            ":"
        }
        ul { @for pattern in &shown.patterns { li { code { (html::line(&shown.permission)) } " " code { (html::line(pattern)) } " " (html::decision("allow")) } } }
        @if let Some(draft) = &shown.draft { p { code { (html::line(&draft.file.to_string_lossy())) } } (difference(draft)) }
        h2 { "What else they would have let through" }
        p { (shown.would.len()) " of " (shown.tried) " other actions in the journal that were asked or refused." }
        @if !shown.would.is_empty() {
            ul { @for Would { target, cwd, then } in shown.would.iter().take(MOST) { li { (html::decision(then)) " " code { (html::line(target)) } " " span.dim { "in " (html::line(cwd)) } } } }
            @if shown.would.len() > MOST { p { "… and " (shown.would.len() - MOST) " more" } }
        }
    }
}

/// The second click: the rules are in force, and the question is answered.
pub(crate) fn give(ui: &Ui, ask: &Ask) -> Answer {
    let Some(RulesShown { shown, id, digest }) = ask.form("name").and_then(|name| ui.rules.take(name)) else {
        return Answer::wrong("the rules that were shown are no longer known here; begin again");
    };
    if let Err(e) = shown.give(ui.world(), "web") {
        return Answer::Fail(StatusCode::CONFLICT, e);
    }
    let answered =
        Board::open(&ui.world().state).and_then(|board| board.answer(&id, &digest, Say::Allow, "web"));
    // The rules hold from now on, whether or not somebody still waits.
    Answer::See(format!("/approvals?done={}", if answered.is_ok() { "rules" } else { "rules-late" }))
}

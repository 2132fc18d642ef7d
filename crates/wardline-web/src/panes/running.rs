//! What runs now: frozen, looked at, let go on and ended from the page, by what `wardline stop` does.

use axum::http::StatusCode;
use maud::{Markup, html};
use wardline_monitor::stop::{self, Deed, Done, Running, State, StopError};

use crate::Ui;
use crate::answer::{Answer, Ask};
use crate::html;

/// Lines of one kind that are shown; `wardline stop --json` has them all.
const LINES: usize = 40;

/// The sessions that run, above those of the journal.
pub(crate) fn list(ui: &Ui, ask: &Ask) -> Markup {
    let running = stop::running(ui.world());
    html! {
        @match ask.query("done") {
            Some("frozen") => p.done role="status" { "Frozen: nothing of it runs until you let it go on." },
            Some("resumed") => p.done role="status" { "It goes on." },
            Some("ended") => p.done role="status" { "Ended, with everything that it had started." },
            Some("hangs") => p.problem role="status" { "Ended, with everything that it had started. The process that watched over it has not ended; " code { "kill -9" } " ends it." },
            _ => {}
        }
        @if !running.is_empty() {
            h2 { "Running now" }
            @for session in &running {
                div.row data-row {
                    div { code { (html::line(if session.program.is_empty() { "…" } else { &session.program })) } " " span.dim { (html::line(&session.label())) ", since " (session.begun()) ", " (html::line(&session.project.to_string_lossy())) } @if session.is_frozen() { " " strong { "frozen" } } }
                    @if session.is_frozen() { (button(ask, session, "resume", "Let it go on", "")) }
                    @else { (button(ask, session, "freeze", "Freeze", "")) }
                    (button(ask, session, "look", "Stop…", "danger"))
                }
            }
        }
    }
}

fn button(ask: &Ask, session: &Running, what: &str, text: &str, class: &str) -> Markup {
    html! {
        form method="post" action="/sessions/do" {
            (ask.word())
            input type="hidden" name="session" value=(session.label()); input type="hidden" name="what" value=(what);
            button id=(format!("{what}-{}", session.monitor.pid)) class=(class) { (text) }
        }
    }
}

/// Does what a button says. Before the end, the session is frozen and shown.
pub(crate) fn carry_out(ui: &Ui, ask: &Ask) -> Answer {
    let word = ask.form("session").unwrap_or_default();
    let Some(session) = stop::running(ui.world()).into_iter().find(|one| one.is(word)) else {
        return Answer::Fail(StatusCode::CONFLICT, "that session has ended meanwhile".to_owned());
    };
    let (deed, look) = match ask.form("what") {
        Some("freeze") => (Deed::Freeze, false),
        Some("look") => (Deed::Freeze, true),
        Some("resume") => (Deed::Resume, false),
        Some("end") => (Deed::End, false),
        _ => return Answer::wrong("say freeze, resume or end"),
    };
    match session.carry_out(ui.world(), deed, "web") {
        Ok(_) if look => Answer::Page(page(ask, &session, &session.state(ui.world()), None)),
        // What does not rest can be ended all the same.
        Err(e) if look => Answer::Page(page(ask, &session, &session.state(ui.world()), Some(&e))),
        Ok(done) => Answer::See(format!("/sessions?done={}", word_of(deed, &done))),
        Err(e) => Answer::failed(e.to_string()),
    }
}

fn word_of(deed: Deed, done: &Done) -> &'static str {
    if deed == Deed::End && !done.monitor_ended { "hangs" } else { deed.as_str() }
}

/// What a session is doing, before it is ended.
fn page(ask: &Ask, session: &Running, state: &State, awake: Option<&StopError>) -> Markup {
    let body = html! {
        @match awake {
            None => p { "It is frozen now. Nothing of it runs until you say what becomes of it." },
            Some(e) => p.problem { (html::line(&e.to_string())) "; it can be ended all the same." },
        }
        dl {
            dt { "Program" } dd { code { (html::block(&session.program)) } }
            dt { "In" } dd { code { (html::line(&session.project.to_string_lossy())) } }
            dt { "Since" } dd { (session.begun()) " (" (session.age()) ")" }
            dt { "Runs" } dd { @for one in state.processes.iter().take(LINES) { div { (one.identity.pid) " " code { (html::line(&one.command)) } } } (more(state.processes.len())) }
            dt { "Last calls" } dd { @for call in &state.calls { div { (super::time(&call.time)) " " (html::decision(&call.decision)) " " (html::line(&call.permission)) " " code { (html::line(&call.target)) } } } }
            dt { "Changed" } dd {
                @match &state.changes {
                    Ok(changes) => { @if changes.is_empty() { "nothing since it began" } @for one in changes.iter().take(LINES) { div { (one.letter) " " code { (html::line(&one.path)) } " (" (one.by) ")" } } (more(changes.len())) }
                    Err(why) => (html::line(why)),
                }
            }
            @if !state.questions.is_empty() { dt { "Waits for an answer" } dd { @for question in &state.questions { div { (html::line(&question.permission)) " " code { (html::line(&question.action)) } } } } }
        }
        div.row {
            (button(ask, session, "end", "End it", "danger"))
            (button(ask, session, "resume", "Let it go on", ""))
            a href="/sessions" { "Leave it frozen" }
        }
    };
    html::page("/sessions", &format!("Stop {}", session.label()), "", &body)
}

fn more(count: usize) -> Markup {
    html! { @if count > LINES { div { "… and " (count - LINES) " more" } } }
}

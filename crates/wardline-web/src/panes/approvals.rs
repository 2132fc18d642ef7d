//! Approvals: what waits for an answer, whole, and how closely a person watches.
//!
//! An answer carries the digest of the question as it was shown, so it is about exactly that action; the board takes it once and
//! in time. What an agent says about itself is not shown, only what it would do.

use axum::http::StatusCode;
use maud::{Markup, html};
use wardline_monitor::approvals::board::now_ms;
use wardline_monitor::approvals::{Board, BoardError, Mode, Question, Say, lookalikes, word};
use wardline_monitor::sources::{self, Choice};

use super::manage;
use crate::Ui;
use crate::answer::{Answer, Ask};
use crate::html;

/// A yes that comes sooner after the question, in milliseconds, was meant for something else.
const TOO_SOON: u64 = 300;
/// The words for modes in forms.
const MODES: [(&str, Option<Mode>); 3] =
    [("policy", None), ("autopilot", Some(Mode::Autopilot)), ("supervised", Some(Mode::Supervised))];

pub(crate) fn show(ui: &Ui, ask: &Ask) -> Answer {
    let found = Board::open(&ui.world().state)
        .and_then(|board| Ok((board.pending()?, board.pauses()?, board.switches()?)));
    let (pending, pauses, switches) = match found {
        Ok(found) => found,
        Err(e) => return Answer::failed(e.to_string()),
    };
    let everywhere = switches.iter().find(|switch| switch.session.is_none()).map(|switch| switch.mode);
    let body = html! {
        (done(ask))
        (mode(ui, ask, everywhere))
        @for switch in &switches { @if let Some(session) = &switch.session { p { (switch.mode.as_str()) " in session " (html::line(session)) } } }
        @for pause in &pauses {
            div.row {
                p.problem { "Session " (html::line(&pause.session)) " is paused: " (html::line(&pause.why)) }
                form method="post" action="/resume" { (ask.word()) input type="hidden" name="session" value=(pause.session); button { "Let it go on" } }
            }
        }
        @if pending.is_empty() { p.empty { "No question waits. One that comes is shown here at once." } }
        @for (question, number) in pending.iter().zip(0..) { (card(ask, question, number == 0)) }
    };
    let title =
        if pending.is_empty() { "Approvals".to_owned() } else { format!("Approvals ({})", pending.len()) };
    Answer::Page(html::page("/approvals", &title, "approvals", &body))
}

fn done(ask: &Ask) -> Markup {
    html! {
        @match ask.query("done") {
            Some("allow") => p.done role="status" { "Allowed, this once." },
            Some("deny") => p.done role="status" { "Denied." },
            Some("rules") => p.done role="status" { "The rules hold from now on, and the question is answered: allowed." },
            Some("rules-late") => p.done role="status" { "The rules hold from now on; nobody waits for the answer any more." },
            Some("mode") => p.done role="status" { "Switched, from the next action on." },
            _ => {}
        }
    }
}

fn mode(ui: &Ui, ask: &Ask, everywhere: Option<Mode>) -> Markup {
    let preset = sources::policy(ui.world(), &Choice::default()).ok().map(|policy| Mode::of(policy.preset()));
    html! {
        form.search method="post" action="/mode" data-keep {
            (ask.word())
            label { "Mode of every session " select #mode name="mode" {
                @for (word, mode) in MODES {
                    option value=(word) selected[mode == everywhere] { (word) @if let (None, Some(preset)) = (mode, preset) { " (" (preset.as_str()) ")" } }
                }
            } }
            button { "Switch" }
        }
    }
}

/// A question, all of it.
fn card(ask: &Ask, question: &Question, first: bool) -> Markup {
    let heading = format!("question-{}", question.id);
    html! {
        section.question data-row aria-labelledby=(heading) id=(format!("card-{}", question.id)) {
            h2 id=(heading) { (html::line(&question.host)) " wants: " (html::line(&question.permission)) }
            pre.action tabindex="0" { (html::block(&question.action)) }
            @for alike in lookalikes(&question.action) { p.found { (html::line(&alike)) } }
            @if !question.commands.is_empty() {
                ul { @for command in &question.commands { li { (html::decision(command.decision.as_str())) " " code { (html::block(&command.literal)) } @if let Some(why) = command.reasons.first() { " " span.dim { (html::line(&why.rule)) } } } } }
            }
            @for why in &question.reasons { p.rule { (html::decision(why.decision.as_str())) " " (html::line(&why.text)) " (" (html::line(&why.file)) ":" (why.line) ")" } }
            dl {
                dt { "In" } dd { code { (html::line(&question.cwd)) } }
                dt { "Session" } dd { (html::line(&question.session)) ", agent " (html::line(&question.agent)) ", tool " (html::line(&question.tool)) }
                dt { "Bounds" } dd { @if question.confined { "inside the sandbox" } @else { strong { "not in the sandbox" } } }
                @if !question.paths.is_empty() { dt { "Files" } dd { @for path in &question.paths { div { (html::line(&path.access)) " " code { (html::line(&path.path)) } " (" (html::line(&path.zone)) ")" } } } }
                @if !question.hosts.is_empty() { dt { "Hosts" } dd { @for host in &question.hosts { div { code { (html::line(host)) } } } } }
                @if !question.effects.is_empty() { dt { "Would" } dd { @for effect in &question.effects { div { (html::line(effect)) } } } }
                @if !question.doubts.is_empty() { dt { "Doubts" } dd { @for doubt in &question.doubts { div { (html::line(doubt)) } } } }
            }
            @for edit in &question.edits {
                h3 { code { (html::line(&edit.path)) } }
                @if let Some(why) = &edit.unknown { p.found { "the difference cannot be shown: " (html::line(why)) } }
                pre.patch tabindex="0" { (patch(&edit.patch)) }
            }
            span.end data-end { }
            div.row {
                (button(ask, question, "deny", "Deny", "danger", first))
                (button(ask, question, "allow", "Run, this once", "", false))
            }
            (manage::editor(ask, question))
        }
    }
}

/// A difference, row by row. A carriage return is a part of its row, or a change of line ends would show two equal rows.
fn patch(text: &str) -> Markup {
    html! {
        @for row in text.split_inclusive('\n') {
            @let line = row.strip_suffix('\n').unwrap_or(row);
            span class=(class_of(line)) { (html::line(line)) @if line != row { "\n" } }
        }
    }
}

fn class_of(line: &str) -> &'static str {
    match line.bytes().next() {
        Some(b'+') => "added",
        Some(b'-') => "removed",
        _ => "same",
    }
}

fn button(ask: &Ask, question: &Question, say: &str, text: &str, class: &str, focus: bool) -> Markup {
    html! {
        form method="post" action="/approvals/answer" {
            (ask.word())
            input type="hidden" name="id" value=(question.id); input type="hidden" name="digest" value=(question.digest()); input type="hidden" name="say" value=(say);
            button id=(format!("{say}-{}", question.id)) class=(class) autofocus[focus] data-guard[say == "allow"] { (text) }
        }
    }
}

fn failed(error: &BoardError) -> Answer {
    let status = if matches!(error, BoardError::Files(_)) {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::CONFLICT
    };
    Answer::Fail(status, format!("{error}; nothing was answered, look at what waits"))
}

/// Answers a question.
pub(crate) fn answer(ui: &Ui, ask: &Ask) -> Answer {
    let (Some(id), Some(digest)) = (ask.form("id"), ask.form("digest")) else {
        return Answer::wrong("no question is named");
    };
    let say = match ask.form("say") {
        Some("allow") => Say::Allow,
        Some("deny") => Say::Deny,
        _ => return Answer::wrong("say allow or deny"),
    };
    let answered = Board::open(&ui.world().state).and_then(|board| {
        let question = board.question(id)?;
        let soon = say == Say::Allow && now_ms().saturating_sub(question.asked_at) < TOO_SOON;
        if soon { Ok(None) } else { board.answer(id, digest, say, "web").map(Some) }
    });
    match answered {
        Ok(Some(_)) => {
            Answer::See(format!("/approvals?done={}", if say == Say::Allow { "allow" } else { "deny" }))
        }
        Ok(None) => {
            Answer::Fail(StatusCode::CONFLICT, "the question had just come; read it first".to_owned())
        }
        Err(e) => failed(&e),
    }
}

/// Switches how closely a person watches.
pub(crate) fn switch(ui: &Ui, ask: &Ask) -> Answer {
    let wanted = ask.form("mode").unwrap_or_default();
    let Some((_, mode)) = MODES.iter().find(|(word, _)| *word == wanted) else {
        return Answer::wrong("there is no such mode");
    };
    let switched = word::switch(ui.world(), None, *mode, "web");
    switched
        .map_or_else(|e| Answer::failed(e.to_string()), |()| Answer::See("/approvals?done=mode".to_owned()))
}

/// Lets a paused session go on.
pub(crate) fn resume(ui: &Ui, ask: &Ask) -> Answer {
    let Some(session) = ask.form("session") else { return Answer::wrong("no session is named") };
    let resumed = word::lift_pause(ui.world(), session, "web");
    resumed.map_or_else(|e| Answer::failed(e.to_string()), |()| Answer::See("/approvals".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::patch;
    use proptest::prelude::*;

    #[test]
    fn a_change_of_line_ends_is_seen() {
        let shown = patch("-a\r\n+a\n").0;
        let (removed, added) = shown.split_once("+a").unwrap();
        assert!(removed.contains("U+000D"), "{removed}");
        assert!(!added.contains("U+000D"), "{added}");
    }

    proptest! {
        #[test]
        fn two_differences_never_look_alike(one in "[-+ a\r\n]{0,8}", two in "[-+ a\r\n]{0,8}") {
            prop_assert_eq!(one == two, patch(&one).0 == patch(&two).0);
        }
    }
}

//! Changes to trap files: what would run later on this machine, held until a person accepts or discards it.

use axum::http::StatusCode;
use maud::{Markup, html};
use wardline_monitor::checkpoint::lines;
use wardline_monitor::quarantine::{self, Held, State};
use wardline_monitor::undo;

use crate::Ui;
use crate::answer::{Answer, Ask};
use crate::html;

/// What was shown of a change that is about to be settled.
#[derive(Debug)]
pub(crate) struct Shown {
    id: String,
    accept: bool,
    contents: Contents,
}

/// The content on the host and the held one.
type Contents = (Option<Vec<u8>>, Option<Vec<u8>>);

/// What is held of this project.
pub(super) fn list(ui: &Ui, ask: &Ask) -> Markup {
    let held = undo::held(ui.world());
    html! {
        @if !held.is_empty() {
            section.held {
                h2 { "Held back" }
                p { "These files would run later on this machine, so the change waits for you." }
                @for held in &held {
                    div.file data-row {
                        div.row {
                            h3 { span.chip { (held.change.letter()) } " " code { (html::line(&held.path.to_string_lossy())) } }
                            span.dim { "by session " (html::line(&held.session)) }
                            @match &held.state {
                                State::Ready => { (button(ask, held, true)) (button(ask, held, false)) }
                                State::Running => span.dim { "its session still runs" },
                                State::Conflict(what) => { span.chip.deny { "in doubt: " (html::line(what)) } (button(ask, held, false)) }
                            }
                        }
                        details { summary { "What would change" } (patch(&held.contents())) }
                    }
                }
            }
        }
    }
}

fn button(ask: &Ask, held: &Held, accept: bool) -> Markup {
    html! {
        form method="post" action="/held/ask" {
            (ask.word())
            input type="hidden" name="id" value=(held.id);
            input type="hidden" name="accept" value=(if accept { "yes" } else { "no" });
            button.quiet { @if accept { "Accept" } @else { "Discard" } }
        }
    }
}

/// The difference between two contents, whole.
fn patch((before, after): &Contents) -> Markup {
    let (old, new) = (before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
    let (old, new) = (lines::lines(old), lines::lines(new));
    let put = |sign: char, class: &str, rows: Option<&[&[u8]]>| {
        html! { @for row in rows.unwrap_or_default() { span class=(class) { (sign) (html::line(String::from_utf8_lossy(row).trim_end_matches('\n'))) "\n" } } }
    };
    html! {
        pre.patch tabindex="0" {
            @for hunk in lines::diff(&old, &new) {
                span.same { "line " (hunk.new.start + 1) "\n" }
                (put('-', "removed", old.get(hunk.old.clone())))
                (put('+', "added", new.get(hunk.new.clone())))
            }
        }
    }
}

/// The first click: what would happen.
pub(crate) fn ask(ui: &Ui, ask: &Ask) -> Answer {
    let accept = ask.form("accept") == Some("yes");
    let held = match quarantine::find(ui.world(), ask.form("id").unwrap_or_default()) {
        Ok(held) => held,
        Err(e) => return Answer::Fail(StatusCode::NOT_FOUND, e.to_string()),
    };
    let contents = held.contents();
    let shown = patch(&contents);
    let name = match ui.held.keep(Shown { id: held.id.clone(), accept, contents }) {
        Ok(name) => name,
        Err(e) => return Answer::failed(e.to_string()),
    };
    let body = html! {
        p { code { (html::line(&held.path.to_string_lossy())) } }
        @if let Some((old, new)) = held.modes() { p { "mode " (format!("{old:o} → {new:o}")) } }
        (shown)
        div.row {
            form method="post" action="/held/do" { (ask.word()) input type="hidden" name="name" value=(name); button.danger #confirm { @if accept { "Accept it: it may run from now on" } @else { "Let it go for good" } } }
            a.button href="/changes" autofocus { "Leave it" }
        }
    };
    Answer::Page(html::page(
        "/changes",
        if accept { "Accept a held change" } else { "Discard a held change" },
        "",
        &body,
    ))
}

/// The second click.
pub(crate) fn settle(ui: &Ui, ask: &Ask) -> Answer {
    let gone = || Answer::wrong("what was shown is no longer known here; look at the changes again");
    let Some(shown) = ask.form("name").and_then(|name| ui.held.take(name)) else { return gone() };
    let Ok(held) = quarantine::find(ui.world(), &shown.id) else { return gone() };
    if held.contents() != shown.contents {
        return Answer::Fail(
            StatusCode::CONFLICT,
            "the file was changed since it was shown; nothing was done, look again".to_owned(),
        );
    }
    let done = undo::for_the_record(ui.world()).map_err(|e| e.to_string()).and_then(|monitor| {
        if shown.accept { held.accept(&monitor) } else { held.discard(&monitor) }.map_err(|e| e.to_string())
    });
    match done {
        Ok(()) => {
            Answer::See(format!("/changes?done={}", if shown.accept { "accepted" } else { "discarded" }))
        }
        Err(e) => Answer::Fail(StatusCode::CONFLICT, e),
    }
}

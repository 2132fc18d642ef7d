//! One changed file: its hunks with the lines around them, what the scan says of it, the buttons.

use std::ops::Range;

use maud::{Markup, html};
use wardline_monitor::checkpoint::history::Reading;
use wardline_monitor::checkpoint::lines::{self, Hunk};
use wardline_monitor::checkpoint::{Hunks, Node, Place};
use wardline_monitor::{trust, undo};

use super::scan::Found;
use super::{Shown, address, button, hex, name};
use crate::html;

/// Lines shown around a hunk.
const AROUND: usize = 3;
/// Lines of one file on the page of all; its own page shows every line.
const MOST_LINES: usize = 1500;

/// What tells the state of a file that a person looks at from a later one.
pub(super) fn mark(now: Option<&Node>) -> String {
    trust::digest_of(&format!("{now:?}"))
}

impl Shown<'_> {
    /// A file with everything about it.
    pub(super) fn file(&self, place: &Place, reading: &Reading) -> Markup {
        let since = self.all.since.number.to_string();
        let id = hex(place);
        let reviewed = self.reviewed.has(place, reading.now.as_ref());
        let found = self.findings.as_ref().map(|findings| findings.of(place)).unwrap_or_default();
        html! {
            section.file id=(format!("file-{id}")) data-row aria-labelledby=(format!("name-{id}")) {
                div.row {
                    h2 id=(format!("name-{id}")) { span.chip { (undo::letter(reading)) } " " code { (name(place)) } }
                    span.dim { "by " (undo::by(reading)) }
                    @if reviewed { span.chip.allow { "reviewed" } }
                    @if reading.agent() { (button(self.ask, &[("what", "file"), ("place", &id), ("since", &since)], "Reject file", "quiet")) }
                    form method="post" action="/changes/reviewed" {
                        (self.ask.word())
                        input type="hidden" name="place" value=(id); input type="hidden" name="since" value=(since);
                        input type="hidden" name="mark" value=(mark(reading.now.as_ref()));
                        input type="hidden" name="reviewed" value=(if reviewed { "no" } else { "yes" });
                        button.quiet { @if reviewed { "Not reviewed" } @else { "Mark as reviewed" } }
                    }
                }
                @for finding in &found { (finding.markup()) }
                (modes(reading))
                @match self.all.hunks(self.store, place).filter(|_| reading.agent()) {
                    Some(hunks) => (self.hunks(&id, &since, &hunks, &found)),
                    None if reading.agent() && !is_directory(reading) => p.dim { "no text that could be told apart by lines" },
                    None => {}
                }
            }
        }
    }

    fn hunks(&self, id: &str, since: &str, hunks: &Hunks, found: &[&Found]) -> Markup {
        let (old, new) = (lines::lines(&hunks.without), lines::lines(&hunks.now));
        let whole = self.ask.query("file") == Some(id);
        let mut left = if whole { usize::MAX } else { MOST_LINES };
        let fitting = hunks.hunks.iter().take_while(|hunk| {
            let fits = left > 0;
            left = left.saturating_sub(hunk.old.len() + hunk.new.len());
            fits
        });
        let fitting = fitting.count();
        html! {
            @for (hunk, number) in hunks.hunks.iter().take(fitting).zip(1_usize..) {
                div.hunk {
                    div.row {
                        h3 { "Hunk " (number) " of " (hunks.hunks.len()) ", line " (hunk.new.start + 1) }
                        (button(self.ask, &[("what", "hunk"), ("place", id), ("since", since), ("hunk", &number.to_string())], "Reject hunk", "quiet"))
                    }
                    (patch(hunk, &old, &new, found))
                }
            }
            @if fitting < hunks.hunks.len() { p { a href=(address("/changes", &[("since", since), ("file", id)])) { (hunks.hunks.len() - fitting) " more hunks: this file alone" } } }
        }
    }
}

fn is_directory(reading: &Reading) -> bool {
    [&reading.now, &reading.without].into_iter().flatten().any(Node::is_directory)
}

fn modes(reading: &Reading) -> Markup {
    match (&reading.without, &reading.now) {
        (Some(Node::File { mode: old, .. }), Some(Node::File { mode: new, .. })) if old != new => {
            html! { p.dim { "mode " (format!("{old:o} → {new:o}")) } }
        }
        (_, Some(Node::Link { target })) => {
            html! { p.dim { "link to " code { (html::line(&String::from_utf8_lossy(target))) } } }
        }
        _ => html! {},
    }
}

/// The lines of a hunk and those around it.
fn patch(hunk: &Hunk, old: &[&[u8]], new: &[&[u8]], found: &[&Found]) -> Markup {
    let before = hunk.old.start.saturating_sub(AROUND)..hunk.old.start;
    let after = hunk.old.end..old.len().min(hunk.old.end + AROUND);
    // Lines around are the same on both sides; they are numbered as in the file that is there.
    let shift = |at: usize| at + hunk.new.end - hunk.old.end;
    let first = hunk.new.start.saturating_sub(hunk.old.start.min(AROUND));
    html! {
        pre.patch tabindex="0" {
            (rows(' ', "same", old, before, first, &[]))
            (rows('-', "removed", old, hunk.old.clone(), hunk.old.start, &[]))
            (rows('+', "added", new, hunk.new.clone(), hunk.new.start, found))
            (rows(' ', "same", old, after.clone(), shift(after.start), &[]))
        }
    }
}

/// Lines of one kind. `first` is the number of the first, from 0.
fn rows(
    sign: char,
    class: &str,
    all: &[&[u8]],
    range: Range<usize>,
    first: usize,
    found: &[&Found],
) -> Markup {
    let rows = all.get(range).unwrap_or_default();
    html! {
        @for (text, number) in rows.iter().zip(first + 1..) {
            @let text = String::from_utf8_lossy(text);
            span class=(class) {
                span.at aria-hidden="true" { (format!("{number:>5} ")) } (sign)
                // A tab is layout here, and everything else that does not show is made to.
                @for (part, at) in text.trim_end_matches('\n').split('\t').zip(0..) { @if at > 0 { "\t" } (html::line(part)) }
                "\n"
            }
            @for finding in found.iter().filter(|finding| finding.line == u64::try_from(number).ok()) { span.finding { "      ↑ " (html::line(&finding.short())) "\n" } }
        }
    }
}

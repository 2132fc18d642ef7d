//! Trace: every call with its decision, its approval, its outcome, its checkpoint.

use std::sync::Arc;

use maud::{Markup, html};
use serde_json::Value;
use wardline_monitor::audit::Kind;
use wardline_monitor::{Action, World, gather};

use super::{address, time};
use crate::Ui;
use crate::answer::{Answer, Ask};
use crate::html;
use crate::journal::{Log, Row};

/// Rows on the page.
const MOST: usize = 300;
/// Calls of which it is worked out which files they touch, for one page.
const MOST_JUDGED: usize = 600;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    All,
    New,
    Outside,
    Denied,
}

const FILTERS: [(Filter, &str, &str); 4] = [
    (Filter::All, "", "Everything"),
    (Filter::New, "new", "Not seen before"),
    (Filter::Outside, "outside", "Outside the task's files"),
    (Filter::Denied, "denied", "Denied"),
];

/// What a page of the trace is asked for.
#[derive(Debug)]
struct Wanted<'a> {
    filter: Filter,
    session: &'a str,
    /// The task's files, as a person names them; nothing is the project.
    task: &'a str,
    text: &'a str,
    before: u64,
}

impl<'a> Wanted<'a> {
    fn of(ask: &'a Ask) -> Self {
        let word = ask.query("show").unwrap_or_default();
        Self {
            filter: FILTERS
                .iter()
                .find(|(_, name, _)| *name == word)
                .map_or(Filter::All, |(filter, ..)| *filter),
            session: ask.query("session").unwrap_or_default(),
            task: ask.query("task").unwrap_or_default(),
            text: ask.query("text").unwrap_or_default(),
            before: ask.query("before").and_then(|number| number.parse().ok()).unwrap_or(u64::MAX),
        }
    }

    fn address(&self, show: &str, before: &str) -> String {
        address(
            "/trace",
            &[
                ("show", show),
                ("session", self.session),
                ("task", self.task),
                ("text", self.text),
                ("before", before),
            ],
        )
    }

    fn word(&self) -> &'static str {
        FILTERS.iter().find(|(filter, ..)| *filter == self.filter).map_or("", |(_, word, _)| *word)
    }
}

/// A row to be shown, and the paths for which it counts as outside.
type Shown = (Arc<Row>, Vec<String>);

pub(crate) fn show(ui: &Ui, ask: &Ask) -> Answer {
    let wanted = Wanted::of(ask);
    let (rows, more) = select(ui, &wanted);
    let here = ui.world().project.to_string_lossy().into_owned();
    let body = html! {
        (filters(&wanted))
        @if rows.is_empty() { p.empty { "Nothing of that kind was recorded." } }
        @else {
            ol.trace {
                @for (row, outside) in &rows { (item(ask, row, outside, row.project.as_deref() == Some(&here))) }
            }
        }
        @if let Some(before) = more { p { a rel="next" href=(wanted.address(wanted.word(), &before.to_string())) { "Earlier rows" } } }
    };
    Answer::Page(html::page("/trace", "Trace", "journal", &body))
}

fn filters(wanted: &Wanted<'_>) -> Markup {
    html! {
        nav.filters aria-label="Filters" {
            @for (filter, word, name) in FILTERS {
                a href=(wanted.address(word, "")) aria-current=[(filter == wanted.filter).then_some("true")] { (name) }
            }
        }
        form.search method="get" action="/trace" role="search" {
            input type="hidden" name="show" value=(wanted.word());
            label { "Text " input name="text" type="search" value=(wanted.text) data-search; }
            label { "Session " input name="session" value=(wanted.session) placeholder="all"; }
            label { "The task's files " input name="task" value=(wanted.task) placeholder="the project; or src/, tests/"; }
            button { "Show" }
        }
    }
}

/// The latest rows that are wanted, and the number before which there are more.
fn select(ui: &Ui, wanted: &Wanted<'_>) -> (Vec<Shown>, Option<u64>) {
    let candidates: Vec<Arc<Row>> = {
        let log = ui.journal();
        latest(&log, wanted).cloned().collect()
    };
    let mut shown = Vec::new();
    let mut judged = 0;
    for row in candidates {
        if shown.len() >= MOST || judged >= MOST_JUDGED {
            return (shown, Some(row.entry.seq + 1));
        }
        let mut outside = Vec::new();
        if wanted.filter == Filter::Outside {
            judged += usize::from(row.entry.kind == Kind::Intent);
            outside = outside_of(ui.world(), wanted.task, &row);
            if outside.is_empty() {
                continue;
            }
        }
        shown.push((row, outside));
    }
    (shown, None)
}

/// The rows, the latest first, that the cheap filters let through.
fn latest<'l>(log: &'l Log, wanted: &Wanted<'l>) -> impl Iterator<Item = &'l Arc<Row>> {
    let (filter, session, text, before) =
        (wanted.filter, wanted.session, wanted.text.to_lowercase(), wanted.before);
    log.rows.iter().rev().filter(move |row| {
        row.entry.seq < before
            && (session.is_empty() || row.entry.session == session)
            && match filter {
                Filter::All | Filter::Outside => true,
                Filter::New => row.new,
                Filter::Denied => row.text("decision") == "deny",
            }
            && (text.is_empty()
                || row.target().to_lowercase().contains(&text)
                || Value::Object(row.entry.body.clone()).to_string().to_lowercase().contains(&text))
    })
}

/// The paths that a row touches and that are none of the task's files.
fn outside_of(world: &World, task: &str, row: &Row) -> Vec<String> {
    let parts: Vec<&str> =
        task.split([',', ' ']).map(|part| part.trim_matches('/')).filter(|part| !part.is_empty()).collect();
    let of_task = |relative: &str| {
        parts.is_empty()
            || parts.iter().any(|part| {
                relative == *part
                    || relative.strip_prefix(part).is_some_and(|rest| rest.starts_with('/'))
                    || wardline_monitor::policy::matches(part, relative, false)
            })
    };
    let project = row.project.clone().unwrap_or_default();
    match row.entry.kind {
        Kind::Unmediated if !row.text("path").is_empty() => {
            Some(row.text("path").to_owned()).filter(|path| !of_task(path)).into_iter().collect()
        }
        Kind::SessionEnd => {
            let changed = row.list("changes").iter().filter_map(|change| change.as_str()?.split_once(' '));
            changed.map(|(_, path)| path.to_owned()).filter(|path| !of_task(path)).collect()
        }
        Kind::Intent if row.text("permission") != "run" => {
            let world = world.clone().in_project(project.into());
            let mut paths = Vec::new();
            for target in row.list("targets").iter().filter_map(Value::as_str) {
                let mut action = Action::on(row.text("permission"), target);
                action.cwd = Some(row.text("cwd").into()).filter(|_| !row.text("cwd").is_empty());
                for fact in gather(&world, &action, 0, true).paths {
                    let relative = fact.relative.filter(|_| fact.inside);
                    if !relative.as_deref().is_some_and(of_task) {
                        paths.push(relative.unwrap_or(fact.lexical));
                    }
                }
            }
            paths.dedup();
            paths
        }
        _ => Vec::new(),
    }
}

fn item(ask: &Ask, row: &Row, outside: &[String], here: bool) -> Markup {
    let entry = &row.entry;
    let number = entry.seq.to_string();
    html! {
        li data-row class=(entry.kind.as_str()) id=(format!("row-{number}")) {
            a.number href=(address("/trace/row", &[("seq", &number)])) aria-label=(format!("Row {number}, whole")) { (number) }
            time datetime=(entry.time) { (time(&entry.time)) }
            div.what {
                (what(row))
                @if !outside.is_empty() { p.outside { "touches " @for (path, at) in outside.iter().take(8).zip(0..) { @if at > 0 { ", " } code { (html::line(path)) } } @if outside.len() > 8 { " and " (outside.len() - 8) " more" } } }
            }
            @if row.new { span.chip.new { "new" } }
            @if let Some(checkpoint) = row.number("checkpoint").filter(|_| here) {
                form.rewind method="post" action="/changes/ask" {
                    (ask.word())
                    input type="hidden" name="since" value=(checkpoint);
                    input type="hidden" name="what" value="all";
                    button.quiet title=(format!("Take back what agents changed since checkpoint {checkpoint}")) { "Rewind here" }
                }
            }
        }
    }
}

/// A row in words.
fn what(row: &Row) -> Markup {
    let decided = row.text("decision");
    let rule = row.list("reasons").first();
    let of_rule = |key: &str| rule.and_then(|rule| rule.get(key)).and_then(Value::as_str).unwrap_or_default();
    let line = rule.and_then(|rule| rule.get("line")).and_then(Value::as_u64).unwrap_or_default();
    html! {
        @match row.entry.kind {
            Kind::Intent => {
                (html::decision(decided)) " " span.kind { (html::line(row.text("permission"))) } " "
                code.target { (html::block(&row.target())) }
                @if rule.is_some() { p.rule { (html::line(of_rule("rule"))) " (" (html::line(of_rule("file"))) ":" (line) ")" } }
            }
            Kind::Approval => { (html::decision(decided)) " answered by " (html::line(row.text("by"))) }
            Kind::Egress => { (html::decision(decided)) " connection to " code { (html::line(row.text("host"))) } p.rule { (html::line(row.text("because"))) } }
            Kind::SessionStart => { strong { "Session began: " } code.target { (html::block(row.text("program"))) } }
            Kind::SessionEnd => { strong { "Session ended" } " with code " (row.entry.body.get("code").map(ToString::to_string).unwrap_or_default()) ", " (row.list("changes").len()) " files changed" }
            Kind::Unmediated => { strong { "Effect without a decision: " } code { (html::line(if row.text("path").is_empty() { row.text("permission") } else { row.text("path") })) } " " (html::line(row.text("text"))) }
            Kind::Gate => { strong { "Scan: " } (html::line(row.text("gate"))) ", " (row.list("findings").len()) " findings, " (row.list("gaps").len()) " gaps" }
            _ => { span.kind { (row.entry.kind.as_str()) } " " (html::line(&summary(row))) }
        }
    }
}

/// The short values of a body.
fn summary(row: &Row) -> String {
    let mut parts = Vec::new();
    for (key, value) in &row.entry.body {
        match value {
            Value::String(text) => parts.push(format!("{key}: {text}")),
            Value::Number(_) | Value::Bool(_) => parts.push(format!("{key}: {value}")),
            Value::Array(list) => parts.push(format!("{key}: {} listed", list.len())),
            Value::Null | Value::Object(_) => {}
        }
    }
    parts.join(", ")
}

/// One row, whole.
pub(crate) fn row(ui: &Ui, ask: &Ask) -> Answer {
    let wanted: Option<u64> = ask.query("seq").and_then(|number| number.parse().ok());
    let found = {
        let log = ui.journal();
        log.rows.iter().find(|row| Some(row.entry.seq) == wanted).cloned()
    };
    let Some(row) = found else {
        return Answer::Fail(
            axum::http::StatusCode::NOT_FOUND,
            "the page knows no row of this number; `wardline log` holds all".to_owned(),
        );
    };
    let entry = &row.entry;
    let body = serde_json::to_string_pretty(&entry.body).unwrap_or_default();
    let same = |other: &Arc<Row>| {
        entry.call.is_some() && other.entry.call == entry.call && other.entry.session == entry.session
    };
    let related: Vec<Arc<Row>> = ui.journal().rows.iter().filter(|other| same(other)).cloned().collect();
    let page = html! {
        dl {
            dt { "Time" } dd { (html::line(&entry.time)) }
            dt { "Session" } dd { a href=(address("/trace", &[("session", &entry.session)])) { (html::line(&entry.session)) } }
            dt { "Kind" } dd { (entry.kind.as_str()) }
            dt { "Seal" } dd { code { (html::line(&entry.hash)) } }
        }
        @if related.len() > 1 {
            h2 { "The same call" }
            ol.trace { @for other in &related { (item(ask, other, &[], false)) } }
        }
        h2 { "Whole" }
        pre tabindex="0" { (html::block(&body)) }
    };
    Answer::Page(html::page("/trace", &format!("Row {}", entry.seq), "", &page))
}

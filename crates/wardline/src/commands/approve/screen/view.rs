//! The picture of a state: which rows are on the screen now, and how they look. Pure.

use ratatui::backend::Backend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;
use wardline_monitor::visible;

use super::model::{Entry, Model, Page};
use super::sheet::{MARGIN, Tone};

/// A screen that is smaller than this shows nothing that could be answered.
pub(super) const LEAST: (u16, u16) = (20, 6);
/// Rows for the heading, the rule above the text, and the keys.
const FRAME: u16 = 3;
/// Rows that what was said last may take.
const SAID: u16 = 3;

/// Where things are on a screen of a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Rows of the list.
    pub(super) list: u16,
    /// Rows of the text.
    pub(super) text: u16,
    /// Rows of what was said last.
    said: u16,
}

impl Layout {
    /// The layout for a number of entries and of rows that were said; `None` when the screen is too small.
    pub(super) fn of((columns, rows): (u16, u16), entries: usize, said: usize) -> Option<Self> {
        if columns < LEAST.0 || rows < LEAST.1 {
            return None;
        }
        let most = (rows.saturating_sub(FRAME + 1) / 4).max(1);
        let list = u16::try_from(entries).unwrap_or(u16::MAX).clamp(1, most);
        let said = u16::try_from(said).unwrap_or(u16::MAX).clamp(1, SAID.min(rows - LEAST.1 + 1));
        Some(Self { list, text: rows.saturating_sub(FRAME + list + said), said })
    }
}

/// Puts a state on a terminal that has `last` on it; says whether it is there, which it is not when the window has another size by now.
///
/// A terminal is not asked anything. What is printed over one half of a wide character differs between terminals, so a picture with
/// such characters is wiped before the next one.
///
/// # Errors
/// The terminal can't be written to.
pub(super) fn paint<B: Backend>(
    backend: &mut B,
    model: &Model,
    last: &mut Option<Buffer>,
) -> Result<bool, B::Error> {
    let size = backend.size()?;
    if (size.width, size.height) != model.size() {
        return Ok(false);
    }
    let mut next = Buffer::empty(Rect::new(0, 0, size.width, size.height));
    draw(model, &mut next);
    let wide = |last: &Buffer| last.content().iter().any(|cell| Span::raw(cell.symbol()).width() > 1);
    let before = match last.take() {
        Some(last) if last == next => last,
        Some(last) if last.area == next.area && !wide(&last) => last,
        _ => {
            backend.clear()?;
            Buffer::empty(next.area)
        }
    };
    backend.draw(before.diff_iter(&next))?;
    backend.flush()?;
    *last = Some(next);
    Ok(true)
}

/// Draws a state.
fn draw(model: &Model, buffer: &mut Buffer) {
    let area = buffer.area;
    let Some(layout) = model.layout() else {
        line(buffer, area, 0, "window too small", Style::new());
        return;
    };
    let style = |tone| style(tone, model.colour);
    line(buffer, area, 0, &heading(model), style(Tone::Bold));
    list(model, buffer, layout);
    let above = layout.list + 1;
    let ruled = ruled(model, layout, usize::from(area.width));
    line(buffer, area, above, &ruled, style(Tone::Dim));
    let rows = model.sheet.rows.iter().skip(model.scroll).take(usize::from(layout.text));
    for (row, at) in rows.zip(above + 1..) {
        line(buffer, area, at, &row.margin, style(Tone::Dim));
        let from = u16::try_from(MARGIN).unwrap_or(u16::MAX);
        let width = usize::from(area.width.saturating_sub(from));
        buffer.set_stringn(area.x + from, area.y + at, &row.text, width, style(row.tone));
    }
    let last = area.height.saturating_sub(1);
    for (said, at) in model.said().iter().zip(last - layout.said..last) {
        line(buffer, area, at, said, style(Tone::Doubt));
    }
    line(buffer, area, last, keys(model, area.width), style(Tone::Dim));
}

fn line(buffer: &mut Buffer, area: Rect, at: u16, text: &str, style: Style) {
    if at < area.height {
        buffer.set_stringn(area.x, area.y + at, text, usize::from(area.width), style);
    }
}

fn heading(model: &Model) -> String {
    let (waiting, paused) = model.counts();
    let paused = if paused == 0 { String::new() } else { format!(", {paused} paused") };
    match waiting {
        0 => format!("wardline approve: no question waits{paused}"),
        1 => format!("wardline approve: 1 question waits{paused}"),
        many => format!("wardline approve: {many} questions wait{paused}"),
    }
}

/// What waits, a row each: how long, in which session, for which agent, of which kind. A summary, which may be cut; the text below is
/// never.
fn list(model: &Model, buffer: &mut Buffer, layout: Layout) {
    let area = buffer.area;
    let rows = usize::from(layout.list);
    let entries = model.entries();
    let chosen = entries.iter().position(|entry| model.is_chosen(entry));
    let from = chosen.map_or(0, |at| (at + 1).saturating_sub(rows));
    for (entry, at) in entries.iter().skip(from).take(rows).zip(1..) {
        let chosen = model.is_chosen(entry);
        let (since, text) = match entry {
            Entry::Question(question) => {
                let (session, host) = (visible(&question.session), visible(&question.host));
                (question.asked_at, format!("{session}  {host}  {}", visible(&question.permission)))
            }
            Entry::Pause(pause) => (pause.at, format!("{}  paused", visible(&pause.session))),
        };
        let mark = if chosen { '>' } else { ' ' };
        let text = format!("{mark} {:>4}  {text}", age(model.now.saturating_sub(since)));
        let style = style(Tone::Plain, model.colour);
        let style = if chosen { style.add_modifier(Modifier::REVERSED) } else { style };
        line(buffer, area, at, &cut(&text, usize::from(area.width)), style);
    }
}

/// The line between the list and the text: what it is, and how much of it is on the screen.
fn ruled(model: &Model, layout: Layout, width: usize) -> String {
    let total = model.sheet.rows.len();
    let from = (model.scroll + 1).min(total);
    let to = (model.scroll + usize::from(layout.text)).min(total);
    let what = match &model.page {
        Page::Question => model.name(),
        Page::Help => "help".to_owned(),
        Page::Rules(_) => "rules".to_owned(),
        Page::Preview(_) => "rules, as they would be left".to_owned(),
        Page::Stop(_) => "frozen".to_owned(),
    };
    let more = if to < total { ", more below" } else { "" };
    let text = format!("── {what} {from}-{to} of {total}{more} ");
    let rest = width.saturating_sub(Span::raw(&*text).width());
    cut(&format!("{text}{}", "─".repeat(rest)), width)
}

fn keys(model: &Model, columns: u16) -> &'static str {
    let wide = columns >= 78;
    match (&model.page, wide) {
        (Page::Question, true) if model.on_pause() => {
            "c let it go on  s stop session  up/down choose  ? help  q quit"
        }
        (Page::Question, false) if model.on_pause() => "c go on  s stop  ? help  q quit",
        (Page::Question, true) => {
            "r run once  d deny  m manage rules  s stop  up/down choose  PgDn read  ? help"
        }
        (Page::Question, false) => "r run d deny m rules s stop ? help",
        (Page::Help, _) => "PgDn read on  Esc back",
        (Page::Rules(_), true) => "up/down choose  Space change  Enter look at them  Esc back",
        (Page::Rules(_), false) => "Space change  Enter look  Esc back",
        (Page::Preview(_), true) => "y leave these rules and run  PgDn read on  Esc back",
        (Page::Preview(_), false) => "y leave and run  Esc back",
        (Page::Stop(_), true) => "e end it  c let it go on  f leave it frozen  PgDn read on",
        (Page::Stop(_), false) => "e end  c go on  f leave frozen",
    }
}

/// How long ago, in two or three characters.
fn age(ms: u64) -> String {
    match ms / 1000 {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds => format!("{}h", seconds / 3600),
    }
}

/// A line that says when it was cut.
fn cut(text: &str, width: usize) -> String {
    if Span::raw(text).width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for character in text.chars() {
        out.push(character);
        if Span::raw(&*out).width() >= width {
            out.pop();
            break;
        }
    }
    out.push('…');
    out
}

fn style(tone: Tone, colour: bool) -> Style {
    let plain = Style::new();
    match (tone, colour) {
        (Tone::Plain, _) | (Tone::Good | Tone::Doubt, false) => plain,
        (Tone::Dim, _) => plain.add_modifier(Modifier::DIM),
        (Tone::Bold, _) | (Tone::Bad, false) => plain.add_modifier(Modifier::BOLD),
        (Tone::Good, true) => plain.fg(Color::Green),
        (Tone::Doubt, true) => plain.fg(Color::Yellow),
        (Tone::Bad, true) => plain.fg(Color::Red),
    }
}

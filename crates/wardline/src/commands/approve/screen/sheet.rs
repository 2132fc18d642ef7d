//! A text laid out for a screen: whole, in rows of a fixed width, with a margin that no text of an agent's gets into.
//!
//! The law is that what can be scrolled through can be read back, so two texts that differ never look alike. Each character has cells of
//! its own: one that would join the one before it, or has no width, is an escape. A row that goes on in the next one is always full, so no
//! space at its end is lost: a character that is too wide for what is left of a row is an escape as well, which can be broken anywhere.

use ratatui::style::Style;
use ratatui::text::Span;
use wardline_monitor::approvals::{Question, visible};
use wardline_monitor::policy::Decision;

/// Columns of the margin; the last one stays blank.
pub(super) const MARGIN: usize = 8;

/// What a row means, to be coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Dim,
    Bold,
    Good,
    Doubt,
    Bad,
}

impl Tone {
    fn of(decision: Decision) -> Self {
        match decision {
            Decision::Allow => Self::Good,
            Decision::Ask => Self::Doubt,
            Decision::Deny => Self::Bad,
        }
    }
}

/// One thing that is shown: a word of ours in the margin, and a text of anybody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) label: String,
    pub(super) text: String,
    pub(super) tone: Tone,
    /// Whether its lines are numbered, from 1.
    pub(super) numbered: bool,
    /// Whether it is the one that keys are about.
    pub(super) focus: bool,
}

impl Item {
    pub(super) fn new(label: &str, text: impl Into<String>, tone: Tone) -> Self {
        Self { label: label.to_owned(), text: text.into(), tone, numbered: false, focus: false }
    }
}

/// One row of a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) margin: String,
    pub(super) text: String,
    pub(super) tone: Tone,
}

/// Items as rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sheet {
    pub(super) rows: Vec<Row>,
    /// The rows of the item that keys are about.
    pub(super) focus: Option<(usize, usize)>,
}

impl Sheet {
    /// Lays items out for a screen of `columns`.
    pub(super) fn of(items: &[Item], columns: usize) -> Self {
        let width = columns.saturating_sub(MARGIN).max(1);
        let mut sheet = Self::default();
        for item in items {
            let from = sheet.rows.len();
            for (number, line) in (1_usize..).zip(item.text.split('\n')) {
                let mut margin = match (item.numbered, number) {
                    (true, _) => format!("{number:>7} "),
                    (false, 1) => format!("{:<7} ", item.label),
                    (false, _) => "      | ".to_owned(),
                };
                for text in wrapped(line, width) {
                    let next = std::mem::replace(&mut margin, "      · ".to_owned());
                    sheet.rows.push(Row { margin: next, text, tone: item.tone });
                }
            }
            if item.focus {
                sheet.focus = Some((from, sheet.rows.len()));
            }
        }
        sheet
    }
}

/// A line in rows of `width` columns, nothing hidden and nothing left out; every row but the last one is full.
pub(super) fn wrapped(line: &str, width: usize) -> Vec<String> {
    let shown = visible(line);
    let mut rows = vec![String::new()];
    let mut left = width;
    let mut put = |character: char, wide: usize| {
        if left < wide {
            rows.push(String::new());
            left = width;
        }
        if let Some(row) = rows.last_mut() {
            row.push(character);
        }
        left = left.saturating_sub(wide);
        left
    };
    let mut room = width;
    for cluster in Span::raw(&*shown).styled_graphemes(Style::default()) {
        for (at, character) in cluster.symbol.chars().enumerate() {
            let wide = if character.is_ascii() { 1 } else { columns_of(character) };
            let left_in_row = if room == 0 { width } else { room };
            if at == 0 && wide > 0 && wide <= left_in_row {
                room = put(character, wide);
            } else {
                for letter in format!("\\u{{{:x}}}", u32::from(character)).chars() {
                    room = put(letter, 1);
                }
            }
        }
    }
    rows
}

/// How many columns a character takes.
fn columns_of(character: char) -> usize {
    Span::raw(character.encode_utf8(&mut [0; 4]) as &str).width()
}

/// Everything that a person should see of a question.
pub(super) fn items(question: &Question) -> Vec<Item> {
    let plain = |label: &str, text: &str| Item::new(label, text, Tone::Plain);
    let who = format!("{} wants {} ({})", question.host, question.permission, question.tool);
    let mut all = vec![Item::new("who", who, Tone::Bold)];
    all.push(Item { numbered: true, ..plain("", &question.action) });
    for edit in &question.edits {
        all.push(Item::new("edit", &*edit.path, Tone::Bold));
        if let Some(why) = &edit.unknown {
            all.push(Item::new("", format!("the difference can't be shown: {why}"), Tone::Doubt));
        }
        all.extend(edit.patch.split_terminator('\n').map(|line| Item::new("", line, tone_of_patch(line))));
    }
    for command in &question.commands {
        all.push(Item::new(command.decision.as_str(), &*command.literal, Tone::of(command.decision)));
        all.extend(command.reasons.first().map(|why| Item::new("", rule(why), Tone::Dim)));
    }
    for why in &question.reasons {
        all.push(plain("because", &why.text));
        all.push(Item::new("", rule(why), Tone::Dim));
    }
    all.extend(question.doubts.iter().map(|doubt| Item::new("doubt", &**doubt, Tone::Doubt)));
    let at =
        |it: &wardline_monitor::approvals::Touched| plain(&it.access, &format!("{} ({})", it.path, it.zone));
    all.extend(question.paths.iter().map(at));
    all.extend(question.hosts.iter().map(|host| plain("host", host)));
    all.extend(question.effects.iter().map(|effect| Item::new("would", &**effect, Tone::Dim)));
    all.push(plain("in", &question.cwd));
    all.push(plain("session", &question.session));
    all.push(plain("agent", &question.agent));
    all.push(match question.confined {
        true => plain("bounds", "inside the sandbox"),
        false => Item::new("bounds", "NOT in the sandbox", Tone::Doubt),
    });
    all.extend(question.proposals.iter().zip(1..).map(|(pattern, number)| {
        let text = format!("{}: {{ {pattern:?}: \"allow\" }} would answer it for good", question.permission);
        Item::new(&format!("rule {number}"), text, Tone::Dim)
    }));
    all.push(Item::new("digest", question.digest(), Tone::Dim));
    all
}

/// A rule and where it stands.
fn rule(why: &wardline_monitor::approvals::Why) -> String {
    match why.line {
        0 => format!("[{}] ({})", why.rule, why.file),
        line => format!("[{}] ({}:{line})", why.rule, why.file),
    }
}

fn tone_of_patch(line: &str) -> Tone {
    match line.chars().next() {
        Some('+') => Tone::Good,
        Some('-') => Tone::Bad,
        Some('@') => Tone::Doubt,
        _ => Tone::Plain,
    }
}

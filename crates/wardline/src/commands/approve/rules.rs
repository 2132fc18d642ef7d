//! Manage rules, in a terminal: chosen by number, shown with what else they would have let through, and given with a second word.

use std::time::SystemTime;

use wardline_monitor::approvals::Question;
use wardline_monitor::manage::{self, Hold, Shown};
use wardline_monitor::{World, visible};

/// Actions of the journal that are listed where nothing can be scrolled; all are counted.
pub(super) const LINES: usize = 20;

/// The words after `rule`: numbers of proposals, where they hold, until when.
///
/// # Errors
/// What to write instead, or why they cannot be given.
pub(super) fn prepare(world: &World, question: &Question, words: &[&str]) -> Result<Shown, String> {
    let usage = "write rule NUMBERS session|project|user [1h|7d|2026-12-31], as in `rule 1,2 project 7d`";
    let (numbers, hold, until) = match words {
        [numbers, hold] => (numbers, hold, ""),
        [numbers, hold, until] => (numbers, hold, *until),
        _ => return Err(usage.to_owned()),
    };
    let chosen = numbers.split(',').map(|number| {
        let at = number.parse::<usize>().ok()?.checked_sub(1)?;
        question.proposals.get(at).cloned()
    });
    let patterns: Vec<String> = chosen.collect::<Option<_>>().ok_or("there is no rule of that number")?;
    let hold = Hold::of(hold).ok_or(usage)?;
    let until = manage::end_of(until, SystemTime::now())?;
    manage::prepare(world, question, &patterns, hold, until)
}

/// Rules as they would be given, for a person, with at most `most` actions of the journal.
pub(super) fn described(shown: &Shown, most: usize) -> String {
    let mut text = String::new();
    for pattern in &shown.patterns {
        text.push_str(&format!("  {} {} allow\n", visible(&shown.permission), visible(pattern)));
    }
    let hold = match shown.hold {
        Hold::Session => "in the session that asks",
        Hold::Project => "in this project",
        Hold::User => "in all projects",
    };
    let until = shown.expires.as_ref().map_or_else(|| "for good".to_owned(), |end| format!("until {end}"));
    text.push_str(&format!("  {hold}, {until}\n"));
    if let Some(draft) = &shown.draft {
        text.push_str(&format!("  at the bottom of {}\n", visible(&draft.file.to_string_lossy())));
    }
    text.push_str(&format!(
        "  would have let through {} of {} other actions in the journal that were asked or refused\n",
        shown.would.len(),
        shown.tried
    ));
    for would in shown.would.iter().take(most) {
        text.push_str(&format!(
            "    {:4} {}  ({})\n",
            would.then,
            visible(&would.target),
            visible(&would.cwd)
        ));
    }
    if shown.would.len() > most {
        text.push_str(&format!("    … and {} more\n", shown.would.len() - most));
    }
    text
}

//! The panes, and the address of each.

mod approvals;
pub(crate) mod changes;
mod doctor;
pub(crate) mod manage;
mod permissions;
mod running;
mod sessions;
mod trace;

use crate::Ui;
use crate::answer::{Answer, Ask};

/// What a pane answers when it is looked at, or when one of its forms is sent.
type Pane = fn(&Ui, &Ask) -> Answer;

/// Every address with what is answered to a look and to a form.
pub(crate) const ADDRESSES: &[(&str, Option<Pane>, Option<Pane>)] = &[
    ("/", Some(start), None),
    ("/approvals", Some(approvals::show), None),
    ("/approvals/answer", None, Some(approvals::answer)),
    ("/approvals/rules", None, Some(manage::ask)),
    ("/approvals/give", None, Some(manage::give)),
    ("/mode", None, Some(approvals::switch)),
    ("/resume", None, Some(approvals::resume)),
    ("/changes", Some(changes::show), None),
    ("/changes/ask", None, Some(changes::ask)),
    ("/changes/do", None, Some(changes::carry_out)),
    ("/changes/reviewed", None, Some(changes::review)),
    ("/changes/scan", None, Some(changes::scan)),
    ("/held/ask", None, Some(changes::held_ask)),
    ("/held/do", None, Some(changes::held_settle)),
    ("/permissions", Some(permissions::show), None),
    ("/permissions/ask", None, Some(permissions::ask)),
    ("/permissions/do", None, Some(permissions::save)),
    ("/sessions", Some(sessions::show), None),
    ("/sessions/do", None, Some(running::carry_out)),
    ("/trace", Some(trace::show), None),
    ("/trace/row", Some(trace::row), None),
    ("/doctor", Some(doctor::show), Some(doctor::again)),
];

/// The pane that a person most likely came for.
fn start(_: &Ui, _: &Ask) -> Answer {
    Answer::See("/changes".to_owned())
}

/// A time of the journal as a person reads it: `2026-11-21 15:04:05`, in UTC.
fn time(text: &str) -> String {
    let seconds = text.split_once('.').map_or(text, |(seconds, _)| seconds);
    seconds.trim_end_matches('Z').replacen('T', " ", 1)
}

/// An address with fields, written so that nothing in them means something else.
fn address(path: &str, fields: &[(&str, &str)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        text.append_pair(name, value);
    }
    let fields = text.finish();
    if fields.is_empty() { path.to_owned() } else { format!("{path}?{fields}") }
}

//! What an editing tool's own input says it would make of a file, for the person who is asked.

use serde_json::{Map, Value};
use wardline_monitor::approvals::{Change, Proposed};

use crate::call::{AccessKind, Action, Call};

/// Names under which agents give a file's whole new text.
const WHOLE: [&str; 4] = ["content", "contents", "file_text", "text"];
/// Names of the text that is replaced.
const OLD: [&str; 4] = ["old_string", "old_str", "oldString", "old_text"];
/// Names of the text in its place.
const NEW: [&str; 4] = ["new_string", "new_str", "newString", "new_text"];
/// Names of the word that every place is meant.
const ALL: [&str; 3] = ["replace_all", "replaceAll", "allow_multiple"];

/// The changes of a call that names one file. A call that says them in another way has none here, and the question shows what it
/// would touch.
pub(crate) fn proposed(call: &Call, action: &Action) -> Vec<Proposed> {
    let mut writes = action.paths.iter().filter(|(kind, _)| *kind == AccessKind::Write);
    let (Some((_, path)), None, "edit") = (writes.next(), writes.next(), action.permission.as_str()) else {
        return Vec::new();
    };
    let change = call.input.as_object().and_then(change);
    change.map(|change| Proposed { path: path.clone(), change }).into_iter().collect()
}

fn change(input: &Map<String, Value>) -> Option<Change> {
    if let Some(edits) = input.get("edits").and_then(Value::as_array) {
        let steps: Option<Vec<_>> = edits.iter().map(|edit| step(edit.as_object()?)).collect();
        return Some(Change::Replace(steps?));
    }
    match step(input) {
        Some(step) => Some(Change::Replace(vec![step])),
        None => Some(Change::Whole(text(input, &WHOLE)?)),
    }
}

fn step(input: &Map<String, Value>) -> Option<(String, String, bool)> {
    let everywhere = ALL.iter().any(|name| input.get(*name).and_then(Value::as_bool) == Some(true));
    Some((text(input, &OLD)?, text(input, &NEW)?, everywhere))
}

fn text(input: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| input.get(*name)?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_agents_way_to_say_an_edit_is_read() {
        let replace =
            |old: &str, new: &str, all| Change::Replace(vec![(old.to_owned(), new.to_owned(), all)]);
        let table = [
            (json!({"file_path": "f", "content": "x"}), Some(Change::Whole("x".to_owned()))),
            (json!({"file_path": "f", "old_string": "a", "new_string": "b"}), Some(replace("a", "b", false))),
            (
                json!({"old_string": "a", "new_string": "b", "replace_all": true}),
                Some(replace("a", "b", true)),
            ),
            (json!({"filePath": "f", "oldString": "a", "newString": "b"}), Some(replace("a", "b", false))),
            (json!({"edits": [{"old_string": "a", "new_string": "b"}]}), Some(replace("a", "b", false))),
            (json!({"edits": [{"old_string": "a"}]}), None),
            (json!({"file_path": "f"}), None),
        ];
        for (input, expected) in table {
            assert_eq!(change(input.as_object().unwrap()), expected, "{input}");
        }
    }
}

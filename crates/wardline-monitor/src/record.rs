//! What the journal says of a decision: the bodies of its rows, in one place so that readers can rely on their shape.

use serde_json::{Map, Value, json};
use wardline_policy::{Decision, Reason, Verdict};
use wardline_sandbox::{Ended, Hit};

use crate::{Action, Subject};

/// Reasons and commands written per row; the rest is counted.
const MAX_ITEMS: usize = 32;
/// Characters of one text written; a longer one is cut and says so.
const MAX_TEXT: usize = 16 * 1024;

/// The body of a row.
pub(crate) type Body = Map<String, Value>;

/// The body of an intent: what was asked, what was decided, by which rules.
pub(crate) fn intent(
    subject: &Subject,
    action: &Action,
    verdict: &Verdict,
    confined: bool,
    cwd: &str,
) -> Body {
    let mut body = Body::new();
    body.insert("decision".into(), decision(verdict.decision));
    body.insert("permission".into(), action.permission.clone().into());
    body.insert("targets".into(), action.targets.iter().take(MAX_ITEMS).map(|t| text(t)).collect());
    body.insert("tool".into(), action.tool.clone().into());
    body.insert("host".into(), subject.host.clone().into());
    body.insert("agent".into(), subject.agent.clone().into());
    body.insert("cwd".into(), cwd.into());
    body.insert("confined".into(), confined.into());
    body.insert("reasons".into(), reasons(&verdict.reasons));
    if !verdict.commands.is_empty() {
        let commands = verdict.commands.iter().take(MAX_ITEMS);
        body.insert(
            "commands".into(),
            commands
                .map(|c| json!({"literal": text(&c.literal), "decision": decision(c.decision)}))
                .collect(),
        );
    }
    body.insert("action".into(), action.digest().into());
    body.insert("policy".into(), verdict.policy.clone().into());
    body
}

/// How a confined program ended.
pub(crate) fn ended(body: &mut Body, ended: &Ended) {
    body.insert("code".into(), ended.code.into());
    body.insert("signal".into(), ended.signal.into());
    body.insert("survivors".into(), ended.survivors.into());
    body.insert("limits_hit".into(), ended.limits_hit.iter().map(Hit::to_value).collect());
}

/// Reasons as the journal and `check` print them.
pub(crate) fn reasons(list: &[Reason]) -> Value {
    list.iter().take(MAX_ITEMS).map(reason).collect()
}

fn reason(reason: &Reason) -> Value {
    let mut value = json!({
        "rule": reason.rule,
        "decision": decision(reason.decision),
        "layer": crate::check::layer(reason.origin.layer),
        "file": reason.origin.file,
        "line": reason.origin.line,
        "matched": text(&reason.matched),
        "text": reason.text,
    });
    if let (Some(help), Some(map)) = (&reason.help, value.as_object_mut()) {
        map.insert("help".into(), help.clone().into());
    }
    value
}

/// A manifest that fits into a row: its long lists are cut and counted. The digest beside it covers the whole.
pub(crate) fn shortened(mut manifest: Value) -> Value {
    const LONG: usize = 200;
    for list in manifest.as_object_mut().into_iter().flat_map(|fields| fields.values_mut()) {
        if let Some(items) = list.as_array_mut().filter(|items| items.len() > LONG) {
            let more = items.len() - LONG;
            items.truncate(LONG);
            items.push(format!("… and {more} more").into());
        }
    }
    manifest
}

/// A list for a row that fits into it: what goes beyond is counted.
pub(crate) fn listed(items: impl Iterator<Item = String>) -> Value {
    const ITEMS: usize = 1000;
    const BYTES: usize = 128 * 1024;
    let (mut list, mut bytes, mut more) = (Vec::new(), 0_usize, 0_usize);
    for item in items {
        // Escapes of a row may make six bytes of one.
        let long = item.len().saturating_mul(if item.chars().any(char::is_control) { 6 } else { 2 });
        if more > 0 || list.len() >= ITEMS || bytes.saturating_add(long) > BYTES {
            more += 1;
            continue;
        }
        bytes += long;
        list.push(Value::from(item));
    }
    if more > 0 {
        list.push(format!("… and {more} more").into());
    }
    Value::Array(list)
}

/// The reason of what the principal does by hand: no rule decided, a human did.
pub(crate) fn principal(text: &str) -> Value {
    json!({"rule": "principal", "decision": "allow", "layer": "principal", "file": "command line", "line": 0, "text": text})
}

/// A decision as its word.
pub(crate) fn decision(decision: Decision) -> Value {
    decision.as_str().into()
}

/// A text for the record, cut at a character when it is very long.
pub(crate) fn text(text: &str) -> Value {
    if text.len() <= MAX_TEXT {
        return text.into();
    }
    let kept: String = text.chars().take(MAX_TEXT).collect();
    format!("{kept}… ({} bytes in all)", text.len()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_and_counted() {
        let items: Vec<u32> = (0..1000).collect();
        let short = shortened(json!({"masked": items, "read": [1, 2], "home": "/h"}));
        assert_eq!(short["masked"].as_array().unwrap().len(), 201);
        assert_eq!(short["masked"][200], "… and 800 more");
        assert_eq!((&short["read"], &short["home"]), (&json!([1, 2]), &json!("/h")));
    }

    #[test]
    fn a_list_of_long_paths_fits_into_a_row_and_counts_the_rest() {
        for (length, count, kept) in [(10, 900, 900), (10, 2000, 1000), (4096, 1000, 16), (200_000, 3, 0)] {
            let list = listed((0..count).map(|_| "x".repeat(length)));
            let items = list.as_array().unwrap();
            assert_eq!(items.iter().filter(|item| item.as_str().unwrap().starts_with('x')).count(), kept);
            if kept < count {
                assert_eq!(items[kept], format!("… and {} more", count - kept), "{length}");
            }
            assert!(list.to_string().len() < 256 * 1024);
        }
        let hostile = listed((0..1000).map(|_| "\u{1}".repeat(4096)));
        assert!(hostile.to_string().len() < 256 * 1024);
    }

    #[test]
    fn a_long_text_says_how_long_it_was() {
        let shown = text(&"x".repeat(MAX_TEXT + 1));
        assert!(shown.as_str().unwrap().ends_with(&format!("… ({} bytes in all)", MAX_TEXT + 1)));
        assert_eq!(text("short"), "short");
    }
}

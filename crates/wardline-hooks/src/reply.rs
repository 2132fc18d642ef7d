//! From an [`Answer`] to what the hook writes, and the block that needs no readable input.

use crate::call::{Answer, Call, Dialect, Manners, Moment, Reply};
use crate::dialect::{self, Occasion};
use crate::json::glimpse;
use crate::read::{dialect_of_glimpse, moment};

/// Longest reason, in bytes: models read it, and it comes back in every transcript.
const MAX_REASON: usize = 2000;
/// Longest message at the end of a turn, in bytes: it is told once, and names every place. Agents cut text of hooks at 10,000
/// characters.
const MAX_MESSAGE: usize = 8000;

/// Puts an answer into the words of the agent that made the call.
#[must_use]
pub fn reply(call: &Call, answer: &Answer, manners: &Manners) -> Reply {
    let occasion = Occasion { event: &call.event, moment: &call.moment, tool: &call.tool };
    let limit = if call.moment == Moment::Stop { MAX_MESSAGE } else { MAX_REASON };
    dialect::reply(call.dialect, &occasion, &worded(answer, limit), manners)
}

/// The block for a call that could not be read or decided: malformed or too large input, a dead or late decider.
///
/// `raw` is as much of the input as was read. Exit 2 with a reason on standard error blocks in every dialect. Where
/// the bytes (or else `hint`, the name on the command line) tell who asks, standard output says it in that dialect
/// too. A stop that was refused before is let go: refusing it blindly would keep the agent running for ever.
#[must_use]
pub fn block_blindly(raw: &[u8], hint: Option<Dialect>, reason: &str) -> Reply {
    let reason = sentence(reason, MAX_REASON);
    let seen = glimpse(raw);
    let told = dialect_of_glimpse(&seen);
    let (Some(dialect), Some(event)) = (told.or(hint), seen.event.as_deref()) else {
        let plugin = told.or(hint) == Some(Dialect::Plugin);
        let words = plugin.then(|| serde_json::json!({"decision": "deny", "reason": reason}));
        return Reply::block(words.as_ref(), &reason);
    };
    let moment = moment(dialect, event, seen.tool.is_some());
    if moment == Moment::Stop && seen.stop_hook_active {
        return Reply { stderr: format!("{reason}\n"), ..Reply::silence() };
    }
    let occasion = Occasion { event, moment: &moment, tool: seen.tool.as_deref().unwrap_or_default() };
    let spoken =
        dialect::reply(dialect, &occasion, &Answer::Deny { reason: reason.clone() }, &Manners::default());
    Reply { stdout: spoken.stdout, stderr: format!("{reason}\n"), code: 2 }
}

/// The answer to an event that is installed as a report (a tool that has run, the end of a turn) when it could not be read
/// or recorded: the failure is told, and nothing is held up, because blocking the end of a turn blindly repeats for ever.
/// An input that reveals a call that can still be stopped is blocked all the same.
#[must_use]
pub fn report_blindly(raw: &[u8], hint: Option<Dialect>, reason: &str) -> Reply {
    let seen = glimpse(raw);
    let dialect = dialect_of_glimpse(&seen).or(hint);
    let moment = dialect
        .zip(seen.event.as_deref())
        .map(|(dialect, event)| moment(dialect, event, seen.tool.is_some()));
    match moment {
        Some(Moment::BeforeTool | Moment::PermissionRequest) => block_blindly(raw, hint, reason),
        Some(Moment::AfterTool | Moment::Stop | Moment::SessionStart | Moment::Other(_)) | None => {
            Reply { stderr: format!("{}\n", sentence(reason, MAX_REASON)), ..Reply::silence() }
        }
    }
}

/// Every reason is a sentence: something is there, nothing in it moves a terminal, and it ends.
fn worded(answer: &Answer, limit: usize) -> Answer {
    let sentence = |reason: &str| sentence(reason, limit);
    match answer {
        Answer::NoObjection => Answer::NoObjection,
        Answer::Allow { reason } => Answer::Allow { reason: sentence(reason) },
        Answer::Ask { reason } => Answer::Ask { reason: sentence(reason) },
        Answer::Deny { reason } => Answer::Deny { reason: sentence(reason) },
        Answer::Tell { text } => Answer::Tell { text: sentence(text) },
    }
}

fn sentence(reason: &str, limit: usize) -> String {
    let visible: String =
        reason.chars().filter(|c| *c == '\n' || !(c.is_control() || is_invisible(*c))).collect();
    let text = visible.trim();
    // An empty reason would make Codex ignore the block.
    let text = if text.is_empty() { "refused; `wardline log` tells why" } else { text };
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let cut = text.get(..end).unwrap_or(text);
    let more = if end < text.len() { " …" } else { "" };
    if cut.starts_with("wardline") { format!("{cut}{more}") } else { format!("wardline: {cut}{more}") }
}

/// Bidirectional marks and zero-width characters: they make a text read as another one.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_never_empty_never_endless_and_moves_no_terminal() {
        let sentence = |reason: &str| sentence(reason, MAX_REASON);
        assert_eq!(sentence(" \u{1b}[2J\u{202e}x\n"), "wardline: [2Jx");
        assert_eq!(sentence("\0"), "wardline: refused; `wardline log` tells why");
        assert_eq!(sentence("wardline: a"), "wardline: a");
        let long = sentence(&"é".repeat(5000));
        assert!(long.len() < MAX_REASON + 20 && long.ends_with('…'));
    }

    #[test]
    fn the_message_at_the_end_of_a_turn_comes_whole() {
        let reason = format!("{} and the last word", "é".repeat(3000));
        let told = |input: &str| {
            let call = crate::read(input.as_bytes()).unwrap();
            reply(&call, &Answer::Deny { reason: reason.clone() }, &Manners::default()).stdout
        };
        let common = r#""session_id":"s","cwd":"/","transcript_path":"/t""#;
        let stop = told(&format!(r#"{{"hook_event_name":"Stop",{common},"stop_hook_active":false}}"#));
        assert!(stop.contains("and the last word") && stop.len() < MAX_MESSAGE);
        let tool = told(&format!(
            r#"{{"hook_event_name":"PreToolUse",{common},"tool_name":"Bash","tool_input":{{"command":"ls"}}}}"#
        ));
        assert!(!tool.contains("and the last word"), "{tool}");
    }
}

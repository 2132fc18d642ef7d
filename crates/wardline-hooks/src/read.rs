//! From bytes to a [`Call`]: whose words they are is told by the event's name and the keys around it.

use serde_json::Value;

use crate::call::{Call, Dialect, Malformed, Moment, Outcome};
use crate::dialect::{self, Envelope, claude, cursor, gemini, kiro, optional, plugin, required};
use crate::json::{self, Glimpse};

/// Reads one hook call.
///
/// # Errors
/// [`Malformed`] for anything but one well-formed call of a known agent. Answer it with
/// [`block_blindly`](crate::block_blindly).
pub fn read(input: &[u8]) -> Result<Call, Malformed> {
    let Value::Object(envelope) = json::strict(input)? else {
        return Err(Malformed::NotAHook("the input is not an object".to_owned()));
    };
    let event = required(&envelope, "hook_event_name")?;
    let dialect = dialect_of(&event, |key| envelope.contains_key(key));
    let pending = envelope.contains_key("tool_name") && !has_run(&envelope);
    let moment = moment(dialect, &event, pending);
    let used = match moment {
        Moment::BeforeTool | Moment::PermissionRequest | Moment::AfterTool => {
            Some(dialect::used(dialect, &event, &envelope)?)
        }
        Moment::Stop | Moment::SessionStart | Moment::Other(_) => None,
    };
    let outcome = (moment == Moment::AfterTool).then(|| outcome(&event, &envelope));
    let (tool, input, action) = match used {
        Some(used) => (used.tool, used.input, Some(used.action)),
        None => (String::new(), Value::Null, None),
    };
    let session = match optional(&envelope, "session_id")? {
        Some(session) => session,
        None => optional(&envelope, "conversation_id")?.unwrap_or_else(|| "unknown".to_owned()),
    };
    Ok(Call {
        dialect,
        moment,
        session,
        cwd: cwd(&envelope)?,
        call_id: first(&envelope, &["tool_use_id", "call_id"])?,
        agent: first(&envelope, &["agent_type", "agent_name", "agent"])?,
        mode: optional(&envelope, "permission_mode")?,
        tool,
        input,
        action,
        outcome,
        stop_hook_active: stop_hook_active(&envelope),
        event,
    })
}

/// The events that end a turn, as agents name them.
const TURN_ENDS: [&str; 3] = ["Stop", "stop", "AfterAgent"];

/// Whether a hook call is about the end of a turn, which waits for a scan and so may take longer than other calls.
///
/// Input without such a name in it is not parsed. A host that spelled one by escapes would be given less time, no more.
#[must_use]
pub fn ends_turn(input: &[u8]) -> bool {
    let named = |name: &str| input.windows(name.len()).any(|window| window == name.as_bytes());
    TURN_ENDS.iter().any(|name| named(name)) && read(input).is_ok_and(|call| call.moment == Moment::Stop)
}

/// Who speaks, by the event's name and which keys are there.
pub(crate) fn dialect_of(event: &str, has: impl Fn(&str) -> bool) -> Dialect {
    let cursor_keys = ["conversation_id", "generation_id", "cursor_version", "workspace_roots"];
    if plugin::OWN_EVENTS.contains(&event) || has("wardline_plugin") {
        Dialect::Plugin
    } else if gemini::OWN_EVENTS.contains(&event) {
        Dialect::Gemini
    } else if cursor::OWN_EVENTS.contains(&event) {
        Dialect::Cursor
    } else if event.starts_with(|c: char| c.is_ascii_lowercase()) {
        let cursor = !kiro::OWN_EVENTS.contains(&event) && cursor_keys.iter().any(|key| has(key));
        if cursor { Dialect::Cursor } else { Dialect::Kiro }
    } else if has("turn_id") {
        Dialect::Codex
    } else if has("timestamp") && !has("permission_mode") {
        Dialect::Gemini
    } else if !has("transcript_path") && !has("permission_mode") && has("cwd") {
        // Kiro's IDE writes its events with a capital; Claude Code and Codex always name the transcript.
        Dialect::Kiro
    } else {
        Dialect::Claude
    }
}

/// Who speaks, as far as broken bytes tell.
pub(crate) fn dialect_of_glimpse(seen: &Glimpse) -> Option<Dialect> {
    // What tells Claude Code, Codex, Gemini CLI and Kiro apart may lie behind the break, so that a name with a
    // capital which only one of them has is all that counts.
    let event = seen.event.as_deref()?;
    let sure = plugin::OWN_EVENTS.contains(&event)
        || gemini::OWN_EVENTS.contains(&event)
        || cursor::OWN_EVENTS.contains(&event)
        || seen.has("turn_id")
        || seen.has("conversation_id")
        || seen.has("transcript_path");
    sure.then(|| dialect_of(event, |key| seen.has(key)))
}

pub(crate) fn moment(dialect: Dialect, event: &str, pending: bool) -> Moment {
    match dialect {
        Dialect::Claude | Dialect::Codex => claude::moment(event, pending),
        Dialect::Gemini => gemini::moment(event, pending),
        Dialect::Cursor => cursor::moment(event, pending),
        Dialect::Kiro => kiro::moment(event, pending),
        Dialect::Plugin => plugin::moment(event, pending),
    }
}

fn has_run(envelope: &Envelope) -> bool {
    RESULTS.iter().any(|key| envelope.contains_key(*key))
}

/// Where a tool's result lies.
const RESULTS: &[&str] = &["tool_response", "tool_output", "result_json", "output", "error", "error_message"];

fn outcome(event: &str, envelope: &Envelope) -> Outcome {
    let results: Vec<&Value> = RESULTS.iter().filter_map(|key| envelope.get(*key)).collect();
    let field =
        |names: &[&str]| results.iter().find_map(|result| names.iter().find_map(|name| result.get(*name)));
    let exit_code = field(&["exit_code", "exitCode", "exit"]).and_then(Value::as_i64);
    let failed = event.ends_with("Failure")
        || field(&["is_error", "isError"]).and_then(Value::as_bool) == Some(true)
        || field(&["error"]).is_some_and(|error| !error.is_null())
        || exit_code.is_some_and(|code| code != 0);
    let said = field(&["success"]).and_then(Value::as_bool);
    // Claude Code reports failures under another event, Gemini CLI in a field of their own.
    let tells_failures =
        event == "AfterTool" || (event == "PostToolUse" && !envelope.contains_key("turn_id"));
    let ok = if failed {
        Some(false)
    } else {
        said.or_else(|| exit_code.map(|code| code == 0)).or_else(|| tells_failures.then_some(true))
    };
    // Our plugin tells the size instead of sending the text.
    let bytes = match field(&["bytes"]).and_then(Value::as_u64).and_then(|bytes| usize::try_from(bytes).ok())
    {
        Some(bytes) => bytes,
        None => results.iter().map(|result| result.to_string().len()).sum(),
    };
    Outcome { ok, exit_code, bytes }
}

fn cwd(envelope: &Envelope) -> Result<Option<String>, Malformed> {
    if let Some(cwd) = first(envelope, &["cwd", "directory"])? {
        return Ok(Some(cwd));
    }
    let roots = envelope.get("workspace_roots").and_then(Value::as_array);
    Ok(roots.and_then(|roots| roots.first()).and_then(Value::as_str).map(str::to_owned))
}

fn first(envelope: &Envelope, names: &[&'static str]) -> Result<Option<String>, Malformed> {
    for name in names {
        if let Some(text) = optional(envelope, name)? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// Cursor counts its rounds instead of saying that it is in one.
fn stop_hook_active(envelope: &Envelope) -> bool {
    envelope.get("stop_hook_active").and_then(Value::as_bool).unwrap_or(false)
        || envelope.get("loop_count").and_then(Value::as_u64).is_some_and(|count| count > 0)
}

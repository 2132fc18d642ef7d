//! One file per dialect: its tools as a table, its events, and how its answers look.

pub(crate) mod claude;
pub(crate) mod codex;
pub(crate) mod cursor;
pub(crate) mod gemini;
pub(crate) mod kiro;
pub(crate) mod plugin;

use serde_json::{Map, Value};

use crate::call::{Action, Answer, Dialect, Malformed, Manners, Moment, Reply};
use crate::tools::{self, Tool};

/// Every tool table, for tools that one agent took over from another.
pub(crate) const TABLES: [&[Tool]; 6] =
    [claude::TOOLS, codex::TOOLS, gemini::TOOLS, cursor::TOOLS, kiro::TOOLS, plugin::TOOLS];

/// The top level of a hook's input.
pub(crate) type Envelope = Map<String, Value>;

/// A tool call as the envelope tells it.
pub(crate) struct Used {
    pub(crate) tool: String,
    pub(crate) input: Value,
    pub(crate) action: Action,
}

/// What an answer has to know about the call it answers.
pub(crate) struct Occasion<'a> {
    pub(crate) event: &'a str,
    pub(crate) moment: &'a Moment,
    pub(crate) tool: &'a str,
}

/// The tool call of an envelope, read by the dialect that speaks.
pub(crate) fn used(dialect: Dialect, event: &str, envelope: &Envelope) -> Result<Used, Malformed> {
    match dialect {
        Dialect::Claude => plain(claude::TOOLS, envelope),
        Dialect::Codex => plain(codex::TOOLS, envelope),
        Dialect::Gemini => gemini::used(envelope),
        Dialect::Cursor => cursor::used(event, envelope),
        Dialect::Kiro => kiro::used(envelope),
        Dialect::Plugin => plain(plugin::TOOLS, envelope),
    }
}

/// Puts an answer into a dialect's words.
pub(crate) fn reply(dialect: Dialect, on: &Occasion<'_>, answer: &Answer, manners: &Manners) -> Reply {
    match dialect {
        Dialect::Claude => claude::reply(on, answer, manners),
        Dialect::Codex => codex::reply(on, answer, manners),
        Dialect::Gemini => gemini::reply(on, answer),
        Dialect::Cursor => cursor::reply(on, answer),
        Dialect::Kiro => kiro::reply(on, answer),
        Dialect::Plugin => plugin::reply(answer, manners),
    }
}

/// `tool_name` and `tool_input`, as most dialects have them.
pub(crate) fn plain(own: &'static [Tool], envelope: &Envelope) -> Result<Used, Malformed> {
    let (tool, input) = name_and_input(envelope)?;
    let action = action(own, &tool, &input);
    Ok(Used { tool, input, action })
}

pub(crate) fn name_and_input(envelope: &Envelope) -> Result<(String, Value), Malformed> {
    let tool = required(envelope, "tool_name")?;
    let input = envelope.get("tool_input").cloned().unwrap_or(Value::Null);
    Ok((tool, input))
}

/// The action of a tool by name: a table's row, an MCP tool (`mcp__server__tool`), or an unknown tool.
pub(crate) fn action(own: &'static [Tool], name: &str, input: &Value) -> Action {
    if let Some(tool) = tools::find(own, name) {
        return tools::known(tool, input);
    }
    if let Some((server, tool)) = name.strip_prefix("mcp__").and_then(|rest| rest.split_once("__")) {
        return tools::mcp(server, tool, input);
    }
    tools::unknown(&tools::key_of(name), name, input)
}

/// A text that has to be there.
pub(crate) fn required(envelope: &Envelope, name: &'static str) -> Result<String, Malformed> {
    match envelope.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        _ => Err(Malformed::Field { name, wanted: "a non-empty text" }),
    }
}

/// A text that may be missing or null; anything else there is refused.
pub(crate) fn optional(envelope: &Envelope, name: &'static str) -> Result<Option<String>, Malformed> {
    match envelope.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok((!text.is_empty()).then(|| text.clone())),
        Some(_) => Err(Malformed::Field { name, wanted: "a text" }),
    }
}

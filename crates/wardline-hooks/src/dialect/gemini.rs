//! Gemini CLI: a flat `decision`; text that is not JSON on standard output would be taken for a message.

use serde_json::{Value, json};

use crate::call::AccessKind::{List, Read, Write};
use crate::call::{Answer, Malformed, Moment, Reply};
use crate::dialect::{Envelope, Occasion, Used, action, name_and_input};
use crate::tools::Field::{Path, PathOrHere, Script, Target, Urls, Within, Workdir};
use crate::tools::{self, Tool};

/// Gemini CLI's tools.
pub(crate) const TOOLS: &[Tool] = &[
    Tool {
        names: &["run_shell_command"],
        permission: "bash",
        fields: &[Script(&["command"]), Workdir(&["dir_path", "directory"])],
    },
    Tool {
        names: &["read_file"],
        permission: "read",
        fields: &[Path(&["file_path", "absolute_path", "path"], Read)],
    },
    Tool { names: &["read_many_files"], permission: "read", fields: &[Path(&["include", "paths"], Read)] },
    Tool {
        names: &["write_file", "replace", "edit"],
        permission: "edit",
        fields: &[Path(&["file_path"], Write)],
    },
    Tool {
        names: &["list_directory"],
        permission: "list",
        fields: &[PathOrHere(&["dir_path", "path"], List)],
    },
    Tool {
        names: &["glob"],
        permission: "glob",
        fields: &[
            Target(&["pattern"]),
            PathOrHere(&["dir_path", "path"], List),
            Within(&["dir_path", "path"], &["pattern"], List),
        ],
    },
    Tool {
        names: &["grep_search", "search_file_content"],
        permission: "grep",
        fields: &[
            Target(&["pattern"]),
            PathOrHere(&["dir_path", "path"], Read),
            Within(&["dir_path", "path"], &["include_pattern", "include", "glob"], Read),
        ],
    },
    Tool { names: &["web_fetch"], permission: "webfetch", fields: &[Urls(&["prompt", "url"])] },
    Tool { names: &["google_web_search"], permission: "websearch", fields: &[Target(&["query"])] },
    Tool { names: &["write_todos"], permission: "todowrite", fields: &[] },
    Tool { names: &["activate_skill"], permission: "skill", fields: &[Target(&["name"])] },
    Tool { names: &["ask_user"], permission: "question", fields: &[] },
    Tool { names: &["enter_plan_mode"], permission: "plan_enter", fields: &[] },
    Tool { names: &["exit_plan_mode"], permission: "plan_exit", fields: &[] },
];

/// Events that only Gemini CLI has.
pub(crate) const OWN_EVENTS: &[&str] = &[
    "BeforeTool",
    "AfterTool",
    "BeforeAgent",
    "AfterAgent",
    "BeforeModel",
    "AfterModel",
    "BeforeToolSelection",
    "PreCompress",
];

pub(crate) fn moment(event: &str, tool: bool) -> Moment {
    match event {
        "BeforeTool" => Moment::BeforeTool,
        "AfterTool" => Moment::AfterTool,
        "AfterAgent" => Moment::Stop,
        "SessionStart" => Moment::SessionStart,
        "Notification" => Moment::Other(event.to_owned()),
        _ if tool => Moment::BeforeTool,
        _ => Moment::Other(event.to_owned()),
    }
}

/// MCP tools are `mcp_<server>_<tool>`; where one name ends and the other begins is told by `mcp_context`.
pub(crate) fn used(envelope: &Envelope) -> Result<Used, Malformed> {
    let (tool, input) = name_and_input(envelope)?;
    let context =
        |name: &str| envelope.get("mcp_context").and_then(|mcp| mcp.get(name)).and_then(Value::as_str);
    let action = match (context("server_name"), context("tool_name")) {
        (Some(server), Some(name)) => tools::mcp(server, name, &input),
        _ => match tool.strip_prefix("mcp_").filter(|_| !tool.starts_with("mcp__")) {
            Some(rest) => match rest.split_once('_') {
                Some((server, name)) => tools::mcp(server, name, &input),
                None => tools::unknown(&tools::key_of(&tool), rest, &input),
            },
            None => action(TOOLS, &tool, &input),
        },
    };
    Ok(Used { tool, input, action })
}

pub(crate) fn reply(on: &Occasion<'_>, answer: &Answer) -> Reply {
    match (on.moment, answer) {
        // `allow` would change nothing: Gemini CLI asks its own question all the same.
        (_, Answer::NoObjection | Answer::Allow { .. }) => Reply::silence(),
        // Exit 2 blocks no more than this does, and shows the person every refusal as a failed hook.
        (Moment::BeforeTool | Moment::PermissionRequest, Answer::Ask { reason })
        | (_, Answer::Deny { reason }) => Reply::json(&json!({"decision": "deny", "reason": reason})),
        (Moment::Stop, Answer::Tell { text }) => Reply::message(text),
        (_, Answer::Tell { text }) => Reply::aside(text),
        (_, Answer::Ask { .. }) => Reply::silence(),
    }
}

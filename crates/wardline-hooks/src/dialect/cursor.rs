//! Cursor: one event per kind of action, `permission` in the answer, and a hook that must not be silent.
//!
//! Wardline installs its hooks with `failClosed`, and then Cursor takes an empty answer for a failure. So "no
//! objection" is the word `allow` here; Cursor's own allow list still applies after it.

use serde_json::{Map, Value, json};

use crate::call::AccessKind::{Delete, List, Read, Write};
use crate::call::{Action, Answer, Malformed, Moment, Reply};
use crate::dialect::{Envelope, Occasion, Used, action, name_and_input, required};
use crate::tools::Field::{Each, MaybePath, Patch, Path, PathOrHere, Script, Target, Urls, Within, Workdir};
use crate::tools::{self, Tool};

/// Cursor's tools as `preToolUse` names them.
pub(crate) const TOOLS: &[Tool] = &[
    Tool {
        names: &["Shell", "run_terminal_cmd"],
        permission: "bash",
        fields: &[Script(&["command"]), Workdir(&["working_directory", "cwd"])],
    },
    Tool {
        names: &["Read"],
        permission: "read",
        fields: &[Path(&["file_path", "path", "target_file"], Read), ATTACHED],
    },
    Tool {
        names: &["Write", "StrReplace", "Edit", "search_replace", "edit_file"],
        permission: "edit",
        fields: &[Path(&["file_path", "path", "target_file"], Write)],
    },
    Tool {
        names: &["Delete", "delete_file"],
        permission: "edit",
        fields: &[Path(&["file_path", "path", "target_file"], Delete)],
    },
    Tool {
        names: &["EditNotebook"],
        permission: "edit",
        fields: &[Path(&["target_notebook", "notebook_path", "path"], Write)],
    },
    Tool { names: &["ApplyPatch"], permission: "edit", fields: &[Patch(&["patch", "input", "command"])] },
    Tool {
        names: &["Grep"],
        permission: "grep",
        fields: &[
            Target(&["pattern", "query"]),
            PathOrHere(&["path"], Read),
            Within(&["path"], &["glob"], Read),
        ],
    },
    Tool {
        names: &["Glob"],
        permission: "glob",
        fields: &[
            Target(&["glob_pattern", "pattern"]),
            PathOrHere(&["target_directory", "path"], List),
            Within(&["target_directory", "path"], &["glob_pattern", "pattern"], List),
        ],
    },
    Tool {
        names: &["LS", "list_dir"],
        permission: "list",
        fields: &[PathOrHere(&["target_directory", "path"], List)],
    },
    Tool { names: &["ReadLints"], permission: "lsp", fields: &[MaybePath(&["paths"], Read)] },
    Tool {
        names: &["SemanticSearch", "codebase_search"],
        permission: "semantic_search",
        fields: &[Target(&["query"])],
    },
    Tool { names: &["Task"], permission: "task", fields: &[Target(&["subagent_type"])] },
    Tool { names: &["WebFetch"], permission: "webfetch", fields: &[Urls(&["url"])] },
    Tool { names: &["WebSearch"], permission: "websearch", fields: &[Target(&["search_term", "query"])] },
    Tool { names: &["TodoWrite"], permission: "todowrite", fields: &[] },
    Tool { names: &["AskQuestion"], permission: "question", fields: &[] },
];

const ATTACHED: tools::Field = Each("attachments", &["filePath", "file_path"], Read);

/// Events whose answer is a permission, so that silence would be taken for a failure.
const GATES: &[&str] = &[
    "preToolUse",
    "beforeShellExecution",
    "beforeMCPExecution",
    "beforeReadFile",
    "beforeTabFileRead",
    "subagentStart",
];

/// Events that only Cursor has.
pub(crate) const OWN_EVENTS: &[&str] = &[
    "beforeShellExecution",
    "afterShellExecution",
    "beforeMCPExecution",
    "afterMCPExecution",
    "beforeReadFile",
    "afterFileEdit",
    "beforeSubmitPrompt",
    "afterAgentResponse",
    "afterAgentThought",
    "beforeTabFileRead",
    "afterTabFileEdit",
    "subagentStart",
    "postToolUseFailure",
    "workspaceOpen",
];

pub(crate) fn moment(event: &str, tool: bool) -> Moment {
    match event {
        "preToolUse"
        | "beforeShellExecution"
        | "beforeMCPExecution"
        | "beforeReadFile"
        | "beforeTabFileRead" => Moment::BeforeTool,
        "postToolUse"
        | "postToolUseFailure"
        | "afterShellExecution"
        | "afterMCPExecution"
        | "afterFileEdit"
        | "afterTabFileEdit" => Moment::AfterTool,
        "stop" => Moment::Stop,
        "sessionStart" => Moment::SessionStart,
        _ if tool => Moment::BeforeTool,
        _ => Moment::Other(event.to_owned()),
    }
}

pub(crate) fn used(event: &str, envelope: &Envelope) -> Result<Used, Malformed> {
    match event {
        "beforeShellExecution" | "afterShellExecution" => fixed("Shell", &["command", "cwd"], envelope),
        // The content is the very thing that may have to stay secret: it is not taken over.
        "beforeReadFile" | "beforeTabFileRead" => fixed("Read", &["file_path", "attachments"], envelope),
        "afterFileEdit" | "afterTabFileEdit" => fixed("Write", &["file_path"], envelope),
        "beforeMCPExecution" | "afterMCPExecution" => mcp(envelope),
        _ => {
            let (tool, input) = name_and_input(envelope)?;
            let action = match tool.strip_prefix("MCP:") {
                Some(name) => tools::mcp("mcp", name, &input),
                None => action(TOOLS, &tool, &input),
            };
            Ok(Used { tool, input, action })
        }
    }
}

/// An event whose tool is told by its name and whose input lies in the envelope itself.
fn fixed(tool: &str, fields: &[&str], envelope: &Envelope) -> Result<Used, Malformed> {
    let input: Map<String, Value> = fields
        .iter()
        .filter_map(|name| envelope.get(*name).map(|value| ((*name).to_owned(), value.clone())))
        .collect();
    let input = Value::Object(input);
    let action = action(TOOLS, tool, &input);
    Ok(Used { tool: tool.to_owned(), input, action })
}

/// The MCP tool's arguments come as JSON inside a text.
fn mcp(envelope: &Envelope) -> Result<Used, Malformed> {
    let tool = required(envelope, "tool_name")?;
    let (input, unread) = match envelope.get("tool_input") {
        Some(Value::String(text)) => match crate::json::strict(text.as_bytes()) {
            Ok(value) => (value, false),
            Err(_) => (Value::String(text.clone()), true),
        },
        other => (other.cloned().unwrap_or(Value::Null), false),
    };
    let server = ["server_name", "mcp_server_name", "server"]
        .iter()
        .find_map(|name| envelope.get(*name).and_then(Value::as_str))
        .unwrap_or("mcp");
    let name = tool.strip_prefix("MCP:").unwrap_or(&tool);
    let mut action: Action = tools::mcp(server, name, &input);
    if unread {
        action.doubts.push("the MCP tool's input is not JSON".to_owned());
    }
    Ok(Used { tool, input, action })
}

pub(crate) fn reply(on: &Occasion<'_>, answer: &Answer) -> Reply {
    match (on.moment, answer) {
        (Moment::Stop, Answer::Deny { reason }) => Reply::json(&json!({"followup_message": reason})),
        // A message here would set the agent to work again.
        (Moment::Stop | Moment::AfterTool | Moment::SessionStart, Answer::Tell { text }) => {
            Reply::aside(text)
        }
        (Moment::AfterTool | Moment::SessionStart, _) => Reply::silence(),
        (_, Answer::Deny { reason }) => refusal(on.event, reason),
        (Moment::BeforeTool, Answer::Ask { reason }) => ask(on, reason),
        (_, _) if GATES.contains(&on.event) => Reply::json(&json!({"permission": "allow"})),
        (Moment::Other(event), _) if event == "beforeSubmitPrompt" => Reply::json(&json!({"continue": true})),
        (_, _) => Reply::silence(),
    }
}

/// Shell and MCP events can ask. `preToolUse` cannot: for shell and MCP the event that can follows, for everything
/// else what has to be asked is refused.
fn ask(on: &Occasion<'_>, reason: &str) -> Reply {
    let later = on.event == "preToolUse" && (on.tool == "Shell" || on.tool.starts_with("MCP:"));
    match on.event {
        "beforeShellExecution" | "beforeMCPExecution" => Reply::json(&permission("ask", reason)),
        _ if later => Reply::json(&json!({"permission": "allow"})),
        _ => refusal(on.event, reason),
    }
}

fn refusal(event: &str, reason: &str) -> Reply {
    match event {
        "beforeReadFile" | "beforeTabFileRead" => {
            Reply::block(Some(&json!({"permission": "deny", "user_message": reason})), reason)
        }
        "beforeSubmitPrompt" => {
            Reply::block(Some(&json!({"continue": false, "user_message": reason})), reason)
        }
        _ if GATES.contains(&event) => Reply::block(Some(&permission("deny", reason)), reason),
        _ => Reply::block(None, reason),
    }
}

fn permission(word: &str, reason: &str) -> Value {
    json!({"permission": word, "user_message": reason, "agent_message": reason})
}

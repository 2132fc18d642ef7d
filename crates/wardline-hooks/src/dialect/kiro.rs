//! Kiro: only the exit code and standard error count; there is no `ask`, and a stop cannot be refused.

use serde_json::Value;

use crate::call::AccessKind::{List, Read, Write};
use crate::call::{Answer, Malformed, Moment, Reply};
use crate::dialect::{Envelope, Occasion, Used, action, name_and_input};
use crate::tools::Field::{Each, MaybePath, Path, PathOrHere, Script, Target, Urls, Within, Workdir};
use crate::tools::{self, Tool};

/// Kiro's tools, under the names of the command line and of the IDE.
pub(crate) const TOOLS: &[Tool] = &[
    Tool {
        names: &["execute_bash", "execute_cmd", "execute_pwsh", "executeBash", "executePwsh", "shell"],
        permission: "bash",
        fields: &[Script(&["command"]), Workdir(&["working_dir", "cwd", "path"])],
    },
    Tool {
        names: &["fs_write", "fsWrite", "fs_append", "fsAppend", "str_replace", "strReplace"],
        permission: "edit",
        fields: &[Path(&["path"], Write)],
    },
    Tool {
        names: &["delete_file", "deleteFile"],
        permission: "edit",
        fields: &[Path(&["path", "targetFile"], crate::call::AccessKind::Delete)],
    },
    Tool {
        names: &[
            "read_file",
            "readFile",
            "readMultipleFiles",
            "read_multiple_files",
            "readCode",
            "read_code",
        ],
        permission: "read",
        fields: &[Path(&["path", "paths", "file_path"], Read)],
    },
    Tool {
        names: &["list_directory", "listDirectory"],
        permission: "list",
        fields: &[PathOrHere(&["path"], List)],
    },
    Tool {
        names: &["grep", "grep_search", "grepSearch"],
        permission: "grep",
        fields: &[
            Target(&["pattern", "query"]),
            PathOrHere(&["path"], Read),
            Within(&["path"], &["include", "includePattern"], Read),
        ],
    },
    Tool {
        names: &["glob", "file_search", "fileSearch"],
        permission: "glob",
        fields: &[
            Target(&["pattern", "query"]),
            PathOrHere(&["path"], List),
            Within(&["path"], &["pattern"], List),
        ],
    },
    Tool { names: &["web_fetch", "webFetch"], permission: "webfetch", fields: &[Urls(&["url"])] },
    Tool {
        names: &["web_search", "remote_web_search"],
        permission: "websearch",
        fields: &[Target(&["query"])],
    },
    Tool { names: &["todo_list", "todo"], permission: "todowrite", fields: &[] },
    Tool {
        names: &["delegate", "use_subagent", "subagent", "invokeSubAgent"],
        permission: "task",
        fields: &[Target(&["agent", "name", "agent_name"])],
    },
    Tool { names: &["code"], permission: "lsp", fields: &[MaybePath(&["file_path", "path"], Read)] },
    Tool { names: &["thinking"], permission: "thinking", fields: &[] },
];

/// `fs_read` reads, lists and searches, and takes one path or a list of operations.
const READS: &[Tool] = &[Tool {
    names: &["fs_read", "fsRead", "read"],
    permission: "read",
    fields: &[
        MaybePath(&["path", "paths", "image_paths"], Read),
        Each("operations", &["path", "image_paths"], Read),
    ],
}];

/// Events that only Kiro's command line has.
pub(crate) const OWN_EVENTS: &[&str] = &["agentSpawn", "userPromptSubmit"];

pub(crate) fn moment(event: &str, tool: bool) -> Moment {
    match event {
        "preToolUse" | "PreToolUse" => Moment::BeforeTool,
        "postToolUse" | "PostToolUse" => Moment::AfterTool,
        "stop" | "Stop" => Moment::Stop,
        "agentSpawn" | "SessionStart" => Moment::SessionStart,
        _ if tool => Moment::BeforeTool,
        _ => Moment::Other(event.to_owned()),
    }
}

/// MCP tools are `@server/tool`.
pub(crate) fn used(envelope: &Envelope) -> Result<Used, Malformed> {
    let (tool, input) = name_and_input(envelope)?;
    let action = match tool.strip_prefix('@').and_then(|rest| rest.split_once('/')) {
        Some((server, name)) => tools::mcp(server, name, &input),
        None => match READS.iter().find(|row| row.names.contains(&tool.as_str())) {
            Some(row) => read(row, &input),
            None => match tool.as_str() {
                "write" => action(TOOLS, "fs_write", &input),
                name => action(TOOLS, name, &input),
            },
        },
    };
    Ok(Used { tool, input, action })
}

fn read(row: &Tool, input: &Value) -> crate::call::Action {
    let mut action = tools::known(row, input);
    if action.paths.is_empty() {
        action.doubts.push("field `operations` names no path".to_owned());
    }
    action
}

pub(crate) fn reply(on: &Occasion<'_>, answer: &Answer) -> Reply {
    match (on.moment, answer) {
        (
            Moment::BeforeTool | Moment::PermissionRequest,
            Answer::Ask { reason } | Answer::Deny { reason },
        )
        | (_, Answer::Deny { reason }) => Reply::block(None, reason),
        (_, Answer::Tell { text }) => Reply::aside(text),
        (_, _) => Reply::silence(),
    }
}

//! Codex: Claude Code's form, but no `ask`, no plain `allow`, and unknown fields make the hook fail open.

use serde_json::json;

use crate::call::AccessKind::{List, Read};
use crate::call::{Answer, Manners, Moment, Reply};
use crate::dialect::{Occasion, claude};
use crate::tools::Field::{MaybePath, Patch, Path, Script, Target, Workdir};
use crate::tools::Tool;

/// Codex's tools. Hooks see every shell tool as `Bash`; the other names are what the model calls them.
pub(crate) const TOOLS: &[Tool] = &[
    Tool {
        names: &[
            "Bash",
            "exec_command",
            "shell",
            "local_shell",
            "shell_command",
            "container.exec",
            "unified_exec",
        ],
        permission: "bash",
        fields: &[Script(&["command", "cmd"]), Workdir(&["workdir", "cwd"])],
    },
    // Text for a program that runs already: what it makes of it cannot be told, so it is shell text.
    Tool { names: &["write_stdin"], permission: "bash", fields: &[Script(&["chars", "input"])] },
    Tool { names: &["apply_patch"], permission: "edit", fields: &[Patch(&["command", "input", "patch"])] },
    Tool { names: &["view_image"], permission: "read", fields: &[Path(&["path"], Read)] },
    Tool { names: &["read_file"], permission: "read", fields: &[Path(&["file_path", "path"], Read)] },
    Tool { names: &["list_dir"], permission: "list", fields: &[Path(&["dir_path", "path"], List)] },
    Tool {
        names: &["grep_files"],
        permission: "grep",
        fields: &[Target(&["pattern"]), MaybePath(&["path"], Read)],
    },
    Tool { names: &["web_search"], permission: "websearch", fields: &[Target(&["query"])] },
    Tool { names: &["update_plan"], permission: "todowrite", fields: &[] },
    Tool { names: &["spawn_agent"], permission: "task", fields: &[Target(&["agent_type", "agent"])] },
    Tool { names: &["request_user_input"], permission: "question", fields: &[] },
];

pub(crate) fn reply(on: &Occasion<'_>, answer: &Answer, manners: &Manners) -> Reply {
    match (on.moment, answer) {
        // A plain `allow` is invalid here, and an invalid answer lets the call through with a warning.
        (_, Answer::NoObjection | Answer::Allow { .. }) => Reply::silence(),
        (Moment::BeforeTool, Answer::Ask { .. }) if manners.codex_approves => Reply::silence(),
        (Moment::BeforeTool, Answer::Ask { reason } | Answer::Deny { reason }) => {
            Reply::block(Some(&claude::decision(on.event, "deny", reason)), reason)
        }
        (Moment::PermissionRequest, Answer::Deny { reason }) => {
            Reply::block(Some(&claude::refusal(on.event, reason)), reason)
        }
        (Moment::AfterTool | Moment::Stop, Answer::Deny { reason }) => {
            Reply::json(&json!({"decision": "block", "reason": reason}))
        }
        (_, Answer::Deny { reason }) => Reply::block(None, reason),
        (Moment::Stop, Answer::Tell { text }) => Reply::message(text),
        (_, Answer::Tell { text }) => Reply::aside(text),
        (_, Answer::Ask { .. }) => Reply::silence(),
    }
}

//! Claude Code: `hookSpecificOutput` on standard output, exit 2 with a reason on standard error to block.

use serde_json::json;

use crate::call::AccessKind::{List, Read, Write};
use crate::call::{Answer, Manners, Moment, Reply};
use crate::dialect::Occasion;
use crate::tools::Field::{MaybePath, Path, PathOrHere, Script, Target, Urls, Within, Workdir};
use crate::tools::Tool;

/// Claude Code's tools.
pub(crate) const TOOLS: &[Tool] = &[
    Tool {
        names: &["Bash", "PowerShell", "Monitor"],
        permission: "bash",
        fields: &[Script(&["command"]), Workdir(&["cwd"])],
    },
    Tool { names: &["Read"], permission: "read", fields: &[Path(&["file_path"], Read)] },
    Tool {
        names: &["Write", "Edit", "MultiEdit"],
        permission: "edit",
        fields: &[Path(&["file_path"], Write)],
    },
    Tool { names: &["NotebookEdit"], permission: "edit", fields: &[Path(&["notebook_path"], Write)] },
    Tool { names: &["NotebookRead"], permission: "read", fields: &[Path(&["notebook_path"], Read)] },
    Tool {
        names: &["Glob"],
        permission: "glob",
        fields: &[Target(&["pattern"]), PathOrHere(&["path"], List), Within(&["path"], &["pattern"], List)],
    },
    Tool {
        names: &["Grep"],
        permission: "grep",
        fields: &[Target(&["pattern"]), PathOrHere(&["path"], Read), Within(&["path"], &["glob"], Read)],
    },
    Tool { names: &["LS"], permission: "list", fields: &[Path(&["path"], List)] },
    Tool { names: &["LSP"], permission: "lsp", fields: &[MaybePath(&["filePath", "file_path"], Read)] },
    Tool { names: &["WebFetch"], permission: "webfetch", fields: &[Urls(&["url"])] },
    Tool { names: &["WebSearch"], permission: "websearch", fields: &[Target(&["query"])] },
    // Claude Code starts the general agent when no kind is named.
    Tool { names: &["Task", "Agent"], permission: "task", fields: &[Target(&["subagent_type"])] },
    Tool {
        names: &["Skill", "SlashCommand"],
        permission: "skill",
        fields: &[Target(&["skill", "command", "name"])],
    },
    Tool { names: &["TodoWrite", "TaskCreate", "TaskUpdate"], permission: "todowrite", fields: &[] },
    Tool { names: &["TodoRead", "TaskGet", "TaskList"], permission: "todoread", fields: &[] },
    Tool { names: &["AskUserQuestion"], permission: "question", fields: &[] },
    Tool { names: &["EnterPlanMode"], permission: "plan_enter", fields: &[] },
    Tool { names: &["ExitPlanMode"], permission: "plan_exit", fields: &[] },
    // These look at or end what an earlier, decided call began.
    Tool { names: &["BashOutput", "TaskOutput"], permission: "bashoutput", fields: &[] },
    Tool { names: &["KillShell", "KillBash", "TaskStop"], permission: "killshell", fields: &[] },
];

/// Which moment an event is. `tool` says whether the event carries a tool call that has not run yet.
pub(crate) fn moment(event: &str, tool: bool) -> Moment {
    match event {
        "PreToolUse" => Moment::BeforeTool,
        "PermissionRequest" => Moment::PermissionRequest,
        "PostToolUse" | "PostToolUseFailure" => Moment::AfterTool,
        "Stop" => Moment::Stop,
        "SessionStart" => Moment::SessionStart,
        "PermissionDenied" | "PostToolBatch" | "Notification" => Moment::Other(event.to_owned()),
        // An event that Wardline does not know yet, about a tool that has not run: decided like any other.
        _ if tool => Moment::BeforeTool,
        _ => Moment::Other(event.to_owned()),
    }
}

pub(crate) fn reply(on: &Occasion<'_>, answer: &Answer, manners: &Manners) -> Reply {
    match (on.moment, answer) {
        (_, Answer::NoObjection) => Reply::silence(),
        (Moment::BeforeTool, Answer::Allow { reason }) if manners.fewer_questions => {
            Reply::json(&decision(on.event, "allow", reason))
        }
        (Moment::BeforeTool, Answer::Ask { reason }) => Reply::json(&decision(on.event, "ask", reason)),
        (Moment::BeforeTool, Answer::Deny { reason }) => {
            Reply::block(Some(&decision(on.event, "deny", reason)), reason)
        }
        (Moment::PermissionRequest, Answer::Allow { .. }) if manners.fewer_questions => Reply::json(
            &json!({"hookSpecificOutput": {"hookEventName": on.event, "decision": {"behavior": "allow"}}}),
        ),
        (Moment::PermissionRequest, Answer::Deny { reason }) => {
            Reply::block(Some(&refusal(on.event, reason)), reason)
        }
        (Moment::AfterTool | Moment::Stop, Answer::Deny { reason }) => {
            Reply::json(&json!({"decision": "block", "reason": reason}))
        }
        (_, Answer::Deny { reason }) => Reply::block(None, reason),
        (Moment::Stop, Answer::Tell { text }) => Reply::message(text),
        (_, Answer::Tell { text }) => Reply::aside(text),
        // The agent's own question stands.
        (_, Answer::Allow { .. } | Answer::Ask { .. }) => Reply::silence(),
    }
}

/// The form of a decision before a tool; Codex reads the same.
pub(crate) fn decision(event: &str, word: &str, reason: &str) -> serde_json::Value {
    json!({"hookSpecificOutput": {
        "hookEventName": event, "permissionDecision": word, "permissionDecisionReason": reason,
    }})
}

/// The form of a refusal at the approval point; Codex reads the same.
pub(crate) fn refusal(event: &str, reason: &str) -> serde_json::Value {
    json!({"hookSpecificOutput": {"hookEventName": event, "decision": {"behavior": "deny", "message": reason}}})
}

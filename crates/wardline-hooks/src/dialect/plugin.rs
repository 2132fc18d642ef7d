//! Wardline's own plugin in opencode and Kilo: `{"decision", "reason"}`, always, because the plugin takes anything
//! else for a failure and blocks.

use serde_json::json;

use crate::call::AccessKind::{List, Read, Write};
use crate::call::{Answer, Manners, Moment, Reply};
use crate::tools::Field::{MaybePath, Patch, Path, PathOrHere, Script, Target, Urls, Within, Workdir};
use crate::tools::Tool;

/// The tools of opencode and Kilo.
pub(crate) const TOOLS: &[Tool] = &[
    Tool {
        names: &["bash", "shell", "interactive_terminal"],
        permission: "bash",
        fields: &[Script(&["command"]), Workdir(&["workdir", "cwd"])],
    },
    Tool { names: &["read"], permission: "read", fields: &[Path(&["filePath", "file_path", "path"], Read)] },
    Tool {
        names: &["edit", "write", "multiedit", "notebook_edit"],
        permission: "edit",
        fields: &[Path(&["filePath", "file_path", "path"], Write)],
    },
    Tool {
        names: &["patch", "apply_patch"],
        permission: "edit",
        fields: &[Patch(&["patchText", "patch", "input"])],
    },
    Tool {
        names: &["glob"],
        permission: "glob",
        fields: &[Target(&["pattern"]), PathOrHere(&["path"], List), Within(&["path"], &["pattern"], List)],
    },
    Tool {
        names: &["grep"],
        permission: "grep",
        fields: &[Target(&["pattern"]), PathOrHere(&["path"], Read), Within(&["path"], &["include"], Read)],
    },
    Tool { names: &["list", "ls"], permission: "list", fields: &[PathOrHere(&["path"], List)] },
    Tool { names: &["webfetch"], permission: "webfetch", fields: &[Urls(&["url"])] },
    Tool { names: &["websearch"], permission: "websearch", fields: &[Target(&["query"])] },
    Tool { names: &["codesearch"], permission: "codesearch", fields: &[Target(&["query"])] },
    Tool { names: &["task"], permission: "task", fields: &[Target(&["subagent_type"])] },
    Tool { names: &["skill"], permission: "skill", fields: &[Target(&["name"])] },
    Tool { names: &["todowrite"], permission: "todowrite", fields: &[] },
    Tool { names: &["todoread"], permission: "todoread", fields: &[] },
    Tool { names: &["question"], permission: "question", fields: &[] },
    Tool { names: &["suggest"], permission: "suggest", fields: &[] },
    Tool { names: &["plan_enter"], permission: "plan_enter", fields: &[] },
    Tool { names: &["plan_exit"], permission: "plan_exit", fields: &[] },
    Tool { names: &["lsp"], permission: "lsp", fields: &[MaybePath(&["filePath"], Read)] },
    // opencode runs a call of a tool that does not exist as `invalid`, which only reports the mistake.
    Tool { names: &["invalid"], permission: "invalid", fields: &[] },
];

/// The plugin's event names.
pub(crate) const OWN_EVENTS: &[&str] = &["tool.execute.before", "tool.execute.after", "permission.ask"];

pub(crate) fn moment(event: &str, tool: bool) -> Moment {
    match event {
        "tool.execute.before" => Moment::BeforeTool,
        "tool.execute.after" => Moment::AfterTool,
        "permission.ask" => Moment::PermissionRequest,
        _ if tool => Moment::BeforeTool,
        _ => Moment::Other(event.to_owned()),
    }
}

pub(crate) fn reply(answer: &Answer, manners: &Manners) -> Reply {
    let (word, reason) = match answer {
        Answer::NoObjection | Answer::Tell { .. } => ("none", ""),
        // `allow` makes the plugin spare the person the agent's own question.
        Answer::Allow { .. } if !manners.fewer_questions => ("none", ""),
        Answer::Allow { reason } => ("allow", reason.as_str()),
        // The plugin refuses what has to be asked: it has no way to ask a person before a tool.
        Answer::Ask { reason } => ("ask", reason.as_str()),
        Answer::Deny { reason } => ("deny", reason.as_str()),
    };
    Reply::json(&json!({"decision": word, "reason": reason}))
}

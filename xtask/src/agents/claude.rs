//! Claude Code: a native binary that speaks the Anthropic Messages API.

use std::io;
use std::time::Duration;

use serde_json::json;

use super::interactive::Screen;
use super::world::World;
use super::{Agent, Launch, offered};
use crate::model::{Call, Tool};

pub(super) const AGENT: Agent = Agent {
    name: "claude",
    package: "@anthropic-ai/claude-code",
    version: "2.1.329",
    program: "claude",
    own_refusals: &[],
    trust: None,
    holds: true,
    patience: Duration::from_secs(90),
    translate,
    prepare,
    launch,
    screen: Some(Screen { prepare: settle, launch: by_hand, ready: "\u{276f}", news: None }),
};

fn translate(call: &Call, names: &[String]) -> Option<Tool> {
    match call {
        Call::Shell(command) => {
            offered(names, "Bash", json!({"command": command, "description": "scripted step"}))
        }
        Call::Read(path) => offered(names, "Read", json!({"file_path": path})),
        Call::Write { path, content } => {
            offered(names, "Write", json!({"file_path": path, "content": content}))
        }
        Call::Edit { path, old, new } => {
            offered(names, "Edit", json!({"file_path": path, "old_string": old, "new_string": new}))
        }
        Call::End => None,
    }
}

fn prepare(_world: &World, _port: u16) -> io::Result<()> {
    Ok(())
}

fn launch(_world: &World, port: u16, prompt: &str) -> Launch {
    // Its own permission system is opened wide, so that whatever stops a call is not the agent.
    let argv = ["claude", "-p", prompt, "--output-format", "json", "--allowedTools", "Bash Read Write Edit"];
    Launch::new(
        &argv,
        &[
            ("ANTHROPIC_BASE_URL", &format!("http://127.0.0.1:{port}")),
            ("ANTHROPIC_API_KEY", "dummy"),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ],
    )
}

/// What a person answers on the first day: the theme, the key, trust in the folder.
fn settle(world: &World) -> io::Result<()> {
    let project = world.project.display().to_string();
    let settings = json!({
        "hasCompletedOnboarding": true,
        "theme": "dark",
        "customApiKeyResponses": { "approved": ["dummy"], "rejected": [] },
        "projects": { project: { "hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true } },
    });
    world.write_home(".claude.json", &settings.to_string())
}

fn by_hand(world: &World, port: u16) -> Launch {
    let headless = launch(world, port, "");
    let argv = ["claude", "--permission-mode", "default", "--allowedTools", "Bash Read Write Edit"];
    Launch { argv: argv.map(str::to_owned).to_vec(), ..headless }
}

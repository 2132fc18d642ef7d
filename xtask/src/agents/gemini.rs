//! Gemini CLI: a node program that speaks the Gemini API.

use std::io;
use std::time::Duration;

use serde_json::json;

use super::world::World;
use super::{Agent, Launch, offered};
use crate::model::{Call, Tool};

pub(super) const AGENT: Agent = Agent {
    name: "gemini",
    package: "@google/gemini-cli",
    version: "0.61.0",
    program: "gemini",
    own_refusals: &["Path not in workspace"],
    trust: None,
    holds: true,
    patience: Duration::from_secs(120),
    translate,
    prepare,
    launch,
    screen: None,
};

fn translate(call: &Call, names: &[String]) -> Option<Tool> {
    match call {
        Call::Shell(command) => {
            offered(names, "run_shell_command", json!({"command": command, "description": "scripted step"}))
        }
        Call::Read(path) => offered(names, "read_file", json!({"file_path": path})),
        Call::Write { path, content } => {
            offered(names, "write_file", json!({"file_path": path, "content": content}))
        }
        Call::Edit { path, old, new } => {
            let input = json!({"file_path": path, "instruction": "scripted step", "old_string": old, "new_string": new});
            offered(names, "replace", input)
        }
        Call::End => None,
    }
}

fn prepare(world: &World, _port: u16) -> io::Result<()> {
    let settings = json!({
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "general": {"enableAutoUpdate": false, "disableAutoUpdate": true},
        "privacy": {"usageStatisticsEnabled": false},
        "telemetry": {"enabled": false},
    });
    world.write_home(".gemini/settings.json", &settings.to_string())
}

fn launch(_world: &World, port: u16, prompt: &str) -> Launch {
    // `-y` approves everything, so that whatever stops a call is not the agent.
    let argv = ["gemini", "-y", "-m", "gemini-2.5-flash", "-p", prompt, "--output-format", "json"];
    Launch::new(
        &argv,
        &[
            ("GEMINI_API_KEY", "dummy"),
            ("GOOGLE_GEMINI_BASE_URL", &format!("http://127.0.0.1:{port}")),
            ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
        ],
    )
}

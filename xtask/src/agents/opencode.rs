//! opencode: a native binary that speaks, among others, OpenAI Chat Completions.

use std::io;
use std::time::Duration;

use serde_json::json;

use super::world::World;
use super::{Agent, Launch, offered};
use crate::model::{Call, Tool};

pub(super) const AGENT: Agent = Agent {
    name: "opencode",
    package: "opencode-ai",
    version: "1.18.33",
    program: "opencode",
    own_refusals: &[],
    trust: None,
    holds: false,
    patience: Duration::from_secs(180),
    translate,
    prepare,
    launch,
    screen: None,
};

fn translate(call: &Call, names: &[String]) -> Option<Tool> {
    match call {
        Call::Shell(command) => {
            offered(names, "bash", json!({"command": command, "description": "scripted step"}))
        }
        Call::Read(path) => offered(names, "read", json!({"filePath": path})),
        Call::Write { path, content } => {
            offered(names, "write", json!({"filePath": path, "content": content}))
        }
        Call::Edit { path, old, new } => {
            offered(names, "edit", json!({"filePath": path, "oldString": old, "newString": new}))
        }
        Call::End => None,
    }
}

fn prepare(world: &World, port: u16) -> io::Result<()> {
    let config = json!({
        "$schema": "https://opencode.ai/config.json",
        "autoupdate": false,
        "share": "disabled",
        "model": "scripted/scripted",
        "small_model": "scripted/scripted",
        // Its own permission system is opened wide, so that whatever stops a call is not the agent.
        "permission": {"*": "allow", "external_directory": "allow", "read": "allow", "doom_loop": "allow"},
        "provider": {"scripted": {
            "npm": "@ai-sdk/openai-compatible",
            "name": "scripted",
            "options": {"baseURL": format!("http://127.0.0.1:{port}/v1"), "apiKey": "dummy"},
            "models": {"scripted": {"name": "scripted", "tool_call": true}},
        }},
    });
    world.write_home(".config/opencode/opencode.json", &config.to_string())
}

fn launch(_world: &World, _port: u16, prompt: &str) -> Launch {
    let argv = ["opencode", "run", "--format", "json", prompt];
    Launch::new(&argv, &[("OPENCODE_DISABLE_MODELS_FETCH", "1")])
}

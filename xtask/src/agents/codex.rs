//! Codex: a node launcher around a native binary that speaks the OpenAI Responses API.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};

use super::interactive::Screen;
use super::world::World;
use super::{Agent, Launch, offered};
use crate::model::{Call, Tool};

pub(super) const AGENT: Agent = Agent {
    name: "codex",
    package: "@openai/codex",
    version: "0.169.0",
    program: "codex",
    own_refusals: &[],
    trust: Some("--dangerously-bypass-hook-trust"),
    holds: true,
    patience: Duration::from_secs(90),
    translate,
    prepare,
    launch,
    screen: Some(Screen {
        prepare: settle,
        launch: by_hand,
        ready: "Ask Codex to do anything",
        news: Some("Use existing model"),
    }),
};

fn translate(call: &Call, names: &[String]) -> Option<Tool> {
    let shell = |command: &str| {
        offered(names, "exec_command", json!({"cmd": command}))
            .or_else(|| offered(names, "shell_command", json!({"command": command})))
            .or_else(|| offered(names, "shell", json!({"command": ["bash", "-lc", command]})))
    };
    let apply = |patch: &str| {
        offered(names, "apply_patch", Value::String(patch.to_owned()))
            .or_else(|| shell(&format!("apply_patch <<'PATCH'\n{patch}\nPATCH\n")))
    };
    match call {
        Call::Shell(command) => shell(command),
        // Codex has no read tool: its models read with the shell.
        Call::Read(path) => shell(&format!("cat '{path}'")),
        Call::Write { path, content } => apply(&patch(path, content)),
        Call::Edit { path, old, new } => apply(&update(path, old, new)),
        Call::End => None,
    }
}

/// Adding a file replaces one that is there.
fn patch(path: &str, content: &str) -> String {
    let lines: Vec<String> = content.lines().map(|line| format!("+{line}")).collect();
    format!("*** Begin Patch\n*** Add File: {path}\n{}\n*** End Patch", lines.join("\n"))
}

/// A patch of one hunk.
fn update(path: &str, old: &str, new: &str) -> String {
    let lines =
        |sign: char, text: &str| -> String { text.lines().map(|line| format!("{sign}{line}\n")).collect() };
    format!(
        "*** Begin Patch\n*** Update File: {path}\n@@\n{}{}*** End Patch",
        lines('-', old),
        lines('+', new)
    )
}

fn prepare(world: &World, port: u16) -> io::Result<()> {
    let config = format!(
        "model = \"gpt-5.5\"\nmodel_provider = \"scripted\"\ncheck_for_update_on_startup = false\n\n\
         [model_providers.scripted]\nname = \"scripted\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n\
         env_key = \"OPENAI_API_KEY\"\nwire_api = \"responses\"\n"
    );
    world.write_home(".codex/config.toml", &config)
}

fn launch(_world: &World, _port: u16, prompt: &str) -> Launch {
    // Its own sandbox and approvals are off, so that whatever stops a call is not the agent.
    let argv = ["codex", "exec", "--json", "--dangerously-bypass-approvals-and-sandbox", prompt];
    Launch::new(&argv, &[("OPENAI_API_KEY", "dummy")])
}

/// What a person answers on the first day: trust in the folder, and no to a newer model.
fn settle(world: &World) -> io::Result<()> {
    let path = world.home.join(".codex/config.toml");
    let config = std::fs::read_to_string(&path)?;
    let trusted = format!("\n[projects.\"{}\"]\ntrust_level = \"trusted\"\n", world.project.display());
    let no_news = "\n[notice.model_migrations]\n\"gpt-5.5\" = \"gpt-6-sol\"\n";
    std::fs::write(path, config + &trusted + no_news)
}

fn by_hand(world: &World, port: u16) -> Launch {
    let headless = launch(world, port, "");
    let argv = ["codex", "--dangerously-bypass-approvals-and-sandbox"];
    Launch { argv: argv.map(str::to_owned).to_vec(), ..headless }
}

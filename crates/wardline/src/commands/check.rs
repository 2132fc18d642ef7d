//! `wardline check`: what the policy says to one action, or to a stream of them.

use std::fmt::Write as _;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use serde_json::json;
use wardline_monitor::policy::{Decision, PolicySet, Reason};
use wardline_monitor::{CheckRequest, Checked, World, check, sources, visible};

use super::{PolicyFlags, explain};
use crate::exit;
use crate::term::Style;

/// A line longer than this is answered with an error instead of being read whole.
const MAX_LINE: usize = 8 * 1024 * 1024;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 allow, 10 ask, 20 deny, 2 bad usage or configuration. With --batch: 0 when every \
                        line was answered, 2 when a line was no request."
)]
pub(crate) struct Check {
    /// The permission: bash, read, edit, glob, grep, list, webfetch, task, external_directory, an MCP tool's name …
    #[arg(required_unless_present = "batch")]
    permission: Option<String>,
    /// The target: the command line for bash, a path for the file tools, else the pattern's subject
    #[arg(required_unless_present = "batch", allow_hyphen_values = true)]
    target: Option<String>,
    /// The agent that would act
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Decide as inside `wardline run` and `exec`, where the sandbox bounds the action
    #[arg(long)]
    confined: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// For bash: show the commands as a tree, what each would do, what is stopped and what to do instead
    #[arg(long, conflicts_with_all = ["json", "batch"])]
    explain: bool,
    /// Read JSON lines {"permission","target","agent"?,"cwd"?,"confined"?} and write one JSON line for each
    #[arg(long, conflicts_with_all = ["permission", "target", "agent", "confined"])]
    batch: bool,
    #[command(flatten)]
    policy: PolicyFlags,
}

impl Check {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        let policy = match sources::policy(world, &self.policy.choice()) {
            Ok(policy) => policy,
            Err(e) => return exit::fail(exit::USAGE, e),
        };
        if self.batch {
            return batch(world, &policy);
        }
        let (Some(permission), Some(target)) = (self.permission, self.target) else {
            return exit::fail(
                exit::USAGE,
                "a permission and a target are needed; see `wardline check --help`",
            );
        };
        if let Some(agent) = self.agent.as_deref().filter(|agent| !policy.knows(agent)) {
            return exit::fail(exit::USAGE, unknown_agent(agent, &policy));
        }
        let request =
            CheckRequest { permission, target, agent: self.agent, cwd: None, confined: self.confined };
        let checked = check::check(world, &policy, request);
        if self.json {
            println!("{}", checked.json());
        } else {
            print(&checked);
            if self.explain {
                explain::print(&checked);
                let proposals = check::proposals(world, &self.policy.choice(), &checked);
                explain::print_proposals(&proposals.unwrap_or_default());
            }
        }
        ExitCode::from(exit::of(checked.verdict.decision))
    }
}

/// What is said to the name of an agent that no rules are known for; hooks hold such agents to the rules of `code`.
pub(super) fn unknown_agent(agent: &str, policy: &PolicySet) -> String {
    let known: Vec<&str> = policy.agents().iter().map(|known| known.name.as_str()).collect();
    format!("`{}` is no agent that is known here; known: {}", visible(agent), known.join(", "))
}

/// Prints the answer in one go: a long script has a line for each of its commands.
fn print(checked: &Checked) {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _written = write(&mut out, checked);
    print!("{out}");
}

fn write(out: &mut String, checked: &Checked) -> std::fmt::Result {
    let style = Style::of_stdout();
    let verdict = &checked.verdict;
    writeln!(
        out,
        "{}  {} {}",
        style.decision(verdict.decision),
        checked.request.permission,
        visible(&checked.request.target)
    )?;
    if verdict.commands.len() > 1 {
        for command in &verdict.commands {
            writeln!(out, "  {:5} {}", style.decision(command.decision), visible(&command.literal))?;
        }
    }
    for reason in &verdict.reasons {
        write_reason(out, style, reason)?;
    }
    for doubt in &checked.facts.doubts {
        writeln!(out, "  {} {}", style.dim("doubt:"), visible(&doubt.text))?;
    }
    for loser in &verdict.losers {
        let (file, line) = (&loser.origin.file, loser.origin.line);
        writeln!(out, "  {} {} ({file}:{line})", style.dim("overruled:"), loser.rule)?;
    }
    Ok(())
}

fn write_reason(out: &mut String, style: Style, reason: &Reason) -> std::fmt::Result {
    let place = format!("({}:{})", reason.origin.file, reason.origin.line);
    writeln!(out, "  {} {} {}", style.decision(reason.decision), visible(&reason.text), style.dim(&place))?;
    if let Some(help) = &reason.help {
        writeln!(out, "       {} {help}", style.dim("to change it:"))?;
    }
    if reason.rule.starts_with("refuse.") && reason.decision == Decision::Deny {
        let effect = visible(&reason.matched).replace('\'', r"'\''");
        let line = format!("wardline waive '{effect}' --reason … --for 2h");
        writeln!(out, "       {} {line}", style.dim("yours alone to waive, at a terminal:"))?;
    }
    Ok(())
}

/// Answers JSON lines from standard input in order; a bad line gets a denying answer that says what is wrong.
fn batch(world: &World, policy: &PolicySet) -> ExitCode {
    let mut code = exit::OK;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (index, line) in std::io::stdin().lock().split(b'\n').enumerate() {
        let answer = match line.map_err(|e| e.to_string()).and_then(|line| question(&line)) {
            Ok(None) => continue,
            Ok(Some(request)) => check::check(world, policy, request).json(),
            Err(e) => {
                code = exit::USAGE;
                json!({"decision": "deny", "reasons": [], "commands": [], "error": format!("line {}: {e}", index + 1)})
            }
        };
        let written = serde_json::to_writer(&mut out, &answer).map_err(Into::into);
        if written.and_then(|()| writeln!(out)).and_then(|()| out.flush()).is_err() {
            return ExitCode::from(exit::FOUND);
        }
    }
    ExitCode::from(code)
}

fn question(line: &[u8]) -> Result<Option<CheckRequest>, String> {
    if line.len() > MAX_LINE {
        return Err(format!("longer than {MAX_LINE} bytes"));
    }
    let text = std::str::from_utf8(line).map_err(|e| e.to_string())?.trim();
    if text.is_empty() {
        return Ok(None);
    }
    CheckRequest::parse(text).map(Some).map_err(|e| e.to_string())
}

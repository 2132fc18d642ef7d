//! `wardline doctor`: which guarantees hold here, each with its proof and its fix.

use std::process::ExitCode;

use serde_json::{Value, json};
use wardline_hooks::{AgentKind, Disk, detect, plan_install};
use wardline_monitor::World;
use wardline_monitor::doctor::{self, Finding};

use super::init::places;
use crate::exit;
use crate::term::Style;

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 when everything that this host needs holds, 1 when something is open.")]
pub(crate) struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        let mut findings = doctor::examine(world);
        findings.extend(hooks(world));
        if self.json {
            let findings: Value = findings.iter().map(Finding::json).collect();
            println!("{}", json!({"findings": findings}));
        } else {
            print(&findings);
        }
        // What no hook can stop is open by nature and has its fix in `run`; it does not fail the report.
        let open = findings.iter().any(|finding| !finding.held && !finding.id.ends_with(".vanish"));
        ExitCode::from(if open { exit::FOUND } else { exit::OK })
    }
}

fn print(findings: &[Finding]) {
    let style = Style::of_stdout();
    for finding in findings {
        println!("{:4}  {:28} {}", style.mark(finding.held), style.bold(&finding.id), finding.promise);
        println!("      {} {}", style.dim("proof:"), finding.proof);
        if let Some(fix) = &finding.fix {
            println!("      {} {fix}", style.dim("fix:"));
        }
    }
}

/// The hooks of each agent found here: installed or not, and what no hook can stop.
fn hooks(world: &World) -> Vec<Finding> {
    let places = places(world);
    let mut findings = Vec::new();
    for found in detect(&places, &Disk) {
        let agent = found.agent;
        let installed = match plan_install(agent, &places, &Disk) {
            Ok(plan) => {
                let proof = if plan.changes.is_empty() {
                    "its configuration holds Wardline's hooks".to_owned()
                } else {
                    let files: Vec<String> =
                        plan.changes.iter().map(|change| change.path.display().to_string()).collect();
                    format!("not in {}", files.join(", "))
                };
                let fix = if plan.changes.is_empty() {
                    plan.warnings.first().cloned()
                } else {
                    Some(format!("wardline init --agent {agent}"))
                };
                (plan.changes.is_empty() && plan.warnings.is_empty(), proof, fix)
            }
            Err(refusal) => (false, refusal.to_string(), Some("repair the file it names".to_owned())),
        };
        findings.push(Finding {
            id: format!("hook.{agent}"),
            held: installed.0,
            promise: format!("{agent} puts its tool calls to Wardline"),
            proof: installed.1,
            fix: installed.2,
        });
        findings.push(vanish(agent, &places));
    }
    findings
}

/// What happens when the hook program itself is killed or removed: the host decides, and the hosts go on.
fn vanish(agent: AgentKind, places: &wardline_hooks::World) -> Finding {
    let claude = agent == AgentKind::Claude;
    let closed = claude && places.claude_blocks_on_failure();
    Finding {
        id: format!("hook.{agent}.vanish"),
        held: closed,
        promise: format!("{agent} stops when its hook is killed together with its shell"),
        proof: if closed {
            "this version blocks by its own setting".to_owned()
        } else if claude && places.claude_version.is_none() {
            "version unknown: `claude --version` did not tell it, and before 2.1.295 Claude Code runs the call all the \
             same (later ones block by `onFailure`)"
                .to_owned()
        } else {
            "the host runs the call all the same; no hook can act when it is gone".to_owned()
        },
        fix: (!closed).then(|| format!("wardline run -- {agent}: the sandbox bounds it, asked or not")),
    }
}

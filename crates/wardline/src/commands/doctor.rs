//! `wardline doctor`: which guarantees hold here, each with its proof and its fix.

mod apparmor;
mod report;

use std::process::ExitCode;

use wardline_hooks::{AgentKind, Disk, detect, plan_install};
use wardline_monitor::World;
use wardline_monitor::doctor::{self, Examination, Finding};

use super::init::places;
use crate::exit;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 when everything that this host needs holds, 1 when something is open (with --attack: \
                        when a critical door is), 2 when the policy cannot be used, 125 when nothing could be tried."
)]
pub(crate) struct Doctor {
    /// Print JSON, in the shape of docs/doctor.schema.json
    #[arg(long)]
    json: bool,
    /// Try everything again, also what held when it was last tried in this boot
    #[arg(long)]
    fresh: bool,
    /// Print the AppArmor profile that lets this binary make user namespaces (Ubuntu 23.10 and newer)
    #[arg(long, conflicts_with = "json")]
    apparmor: bool,
    /// Attack the sandbox as a hostile program would, on bait in a throw-away directory, under the policy that holds
    /// here; some ten seconds
    #[arg(long)]
    attack: bool,
    /// Attack only the doors whose name contains this
    #[arg(long, value_name = "PART", requires = "attack", default_value = "")]
    door: String,
    /// Attack behind another wrapper instead, as an ordinary user (`{project}`, `{home}`: the bait's)
    #[arg(long, value_name = "CMD", requires = "attack", hide = true)]
    behind: Option<String>,
}

impl Doctor {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        if self.apparmor {
            return match std::env::current_exe() {
                Ok(binary) => {
                    print!("{}", apparmor::profile_for(&binary.to_string_lossy()));
                    ExitCode::from(exit::OK)
                }
                Err(e) => exit::fail(exit::FAILED, format!("cannot tell where this binary lies: {e}")),
            };
        }
        if self.attack {
            return super::attack::run(world, &self.door, self.behind.as_deref(), self.json);
        }
        let Examination { probed, mut findings } = doctor::examine(world, self.fresh);
        findings.extend(hooks(world));
        if self.json {
            println!("{}", report::json(&probed, &findings));
        } else {
            report::print(&probed, &findings);
        }
        let lacking = probed.report.guarantees.iter().any(|guarantee| guarantee.required && !guarantee.held);
        // What no hook can stop is open by nature and has its fix in `run`; it does not fail the report.
        let open = findings.iter().any(|finding| !finding.held && !finding.id.ends_with(".vanish"));
        ExitCode::from(if lacking || open { exit::FOUND } else { exit::OK })
    }
}

/// The hooks of each agent found here: installed or not, and what no hook can stop.
pub(super) fn hooks(world: &World) -> Vec<Finding> {
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

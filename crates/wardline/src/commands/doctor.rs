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
#[command(
    after_help = "Exit codes: 0 when everything that this host needs holds, 1 when something is open (with --attack: \
                        when a critical door is), 2 when the policy cannot be used, 125 when nothing could be tried."
)]
pub(crate) struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
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

/// The shipped profile, and the place of the binary that it names.
const APPARMOR: &str = include_str!("../../../../packaging/apparmor/wardline");
const INSTALLED: &str = "/usr/local/bin/wardline";

/// The profile for a binary at another place. AppArmor reads a quoted path as it is, but for patterns and quotes.
fn apparmor(binary: &str) -> String {
    let mut path = String::new();
    for character in binary.chars() {
        if "\\\"*?[]{}^@".contains(character) {
            path.push('\\');
        }
        path.push(character);
    }
    APPARMOR.replace(&format!("profile wardline {INSTALLED} "), &format!("profile wardline \"{path}\" "))
}

impl Doctor {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        if self.apparmor {
            return match std::env::current_exe() {
                Ok(binary) => {
                    print!("{}", apparmor(&binary.to_string_lossy()));
                    ExitCode::from(exit::OK)
                }
                Err(e) => exit::fail(exit::FAILED, format!("cannot tell where this binary lies: {e}")),
            };
        }
        if self.attack {
            return super::attack::run(world, &self.door, self.behind.as_deref(), self.json);
        }
        let mut findings = doctor::examine(world);
        findings.extend(hooks(world));
        if self.json {
            let findings: Value = findings.iter().map(Finding::json).collect();
            println!("{}", json!({"findings": findings}));
        } else {
            print(&findings);
        }
        // What no hook can stop is open by nature and has its fix in `run`, and a missing means whose outcome another gives
        // is none that this host needs: neither fails the report.
        let open = findings.iter().any(|finding| {
            !finding.held && !finding.id.ends_with(".vanish") && !finding.id.starts_with("sandbox.")
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_profile_names_the_installed_binary_and_grants_user_namespaces_only() {
        let rules: Vec<&str> = APPARMOR
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        assert_eq!(
            rules,
            [
                "abi <abi/4.0>,",
                "include <tunables/global>",
                "profile wardline /usr/local/bin/wardline flags=(unconfined) {",
                "userns,",
                "include if exists <local/wardline>",
                "}",
            ]
        );
    }

    #[test]
    fn the_printed_profile_names_the_binary_where_it_lies() {
        let table = [
            ("/opt/my tools/wardline", "profile wardline \"/opt/my tools/wardline\" flags=(unconfined) {"),
            ("/a/{b}*/wardline", "profile wardline \"/a/\\{b\\}\\*/wardline\" flags=(unconfined) {"),
        ];
        for (binary, line) in table {
            let profile = apparmor(binary);
            assert!(profile.contains(line), "{profile}");
            assert!(!profile.contains(&format!("profile wardline {INSTALLED}")), "{profile}");
        }
    }
}

//! `wardline policy`: the rules in force with their origin, what is wrong with them, and whether their examples hold.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};
use wardline_monitor::policy::{self, Decision, EffectiveRule, Layer, PolicySet, ProfileChoice, Severity};
use wardline_monitor::{Action, World, gather, sources, visible};

use super::PolicyFlags;
use super::caps::Caps;
use super::exec::{Boundary, print_manifest};
use crate::exit;
use crate::term::Style;

#[derive(Debug, clap::Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the effective rules in order; the last that matches decides
    Show {
        /// The agent whose rules they are
        #[arg(long, value_name = "NAME", default_value = "code")]
        agent: String,
        /// Only rules for this permission
        #[arg(long, value_name = "KEY")]
        permission: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        policy: PolicyFlags,
    },
    /// Find rules that can never decide, miss what they seem to name, or may not loosen where they stand
    Lint {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        policy: PolicyFlags,
    },
    /// Print what a command run by `exec` could touch: files, hosts, sockets, environment, limits, and the digest
    Manifest {
        #[command(flatten)]
        limits: Boundary,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// The command; `sh` when none is named
        #[arg(last = true, value_name = "CMD")]
        argv: Vec<OsString>,
    },
    /// Look at a capability manifest
    #[command(subcommand)]
    Caps(Caps),
    /// Run the `match` and `not_match` examples that stand beside the rules
    Test {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        policy: PolicyFlags,
    },
}

impl Policy {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        match self.command {
            Command::Show { agent, permission, json, policy } => {
                show(world, &policy, &agent, permission.as_deref(), json)
            }
            Command::Lint { json, policy } => lint(world, &policy, json),
            Command::Manifest { limits, json, argv } => {
                let argv = if argv.is_empty() { vec![OsString::from("sh")] } else { argv };
                print_manifest(world, &limits.policy, &limits.guard(argv), false, json)
            }
            Command::Caps(caps) => caps.run(world),
            Command::Test { json, policy } => test(world, &policy, json),
        }
    }
}

fn show(world: &World, flags: &PolicyFlags, agent: &str, permission: Option<&str>, json: bool) -> ExitCode {
    let policy = match sources::policy(world, &flags.choice()) {
        Ok(policy) => policy,
        Err(e) => return exit::fail(exit::USAGE, e),
    };
    if !policy.knows(agent) {
        return exit::fail(exit::USAGE, super::check::unknown_agent(agent, &policy));
    }
    let rules: Vec<_> = policy
        .rules(agent)
        .into_iter()
        .filter(|rule| permission.is_none_or(|wanted| rule.permission == wanted || rule.permission == "*"))
        .collect();
    if json {
        show_json(agent, &policy, &rules);
        return ExitCode::SUCCESS;
    }
    let style = Style::of_stdout();
    for profile in policy.profiles() {
        println!("profile {} {}", style.bold(&visible(&profile.name)), style.dim(&chosen_at(profile)));
    }
    println!("{}", style.dim(&format!("rules of `{agent}`, in order; the last that matches decides")));
    for rule in &rules {
        let key = format!("{} {:?}", rule.permission, rule.pattern);
        let place = format!("{}{}", rule.origin, remark(rule));
        println!("{}  {key:<60} {}", pad(style, rule.decision), style.dim(&place));
    }
    for host in policy.hosts() {
        let port = host.port.map(|port| format!(":{port}")).unwrap_or_default();
        println!("open   network {}{port} {}", host.host, style.dim(&host.origin.to_string()));
    }
    for line in policy.optional_guarantees() {
        println!("may lack {} {}", line.id, style.dim(&line.origin.to_string()));
    }
    println!(
        "{}",
        style.dim(&format!("{} rules; floors for sensitive and guarded files apply besides", rules.len()))
    );
    ExitCode::SUCCESS
}

fn show_json(agent: &str, policy: &PolicySet, rules: &[EffectiveRule]) {
    let rules: Value = rules
        .iter()
        .map(|rule| {
            json!({
                "permission": rule.permission,
                "pattern": rule.pattern,
                "decision": rule.decision.as_str(),
                "layer": wardline_monitor::check::layer(rule.origin.layer),
                "file": rule.origin.file,
                "line": rule.origin.line,
                "part": rule.part,
                "confined": rule.confined,
            })
        })
        .collect();
    let hosts: Value = policy
        .hosts()
        .iter()
        .map(|host| json!({"host": host.host, "port": host.port, "file": host.origin.file, "line": host.origin.line}))
        .collect();
    let optional: Value = policy
        .optional_guarantees()
        .iter()
        .map(|line| json!({"id": line.id, "file": line.origin.file, "line": line.origin.line}))
        .collect();
    let profiles: Value = policy.profiles().map(profile_json).collect();
    println!(
        "{}",
        json!({
            "agent": agent, "profiles": profiles, "rules": rules, "hosts": hosts, "policy": policy.digest(),
            "optional_guarantees": optional,
        })
    );
}

fn profile_json(profile: &ProfileChoice) -> Value {
    let ProfileChoice { name, origin } = profile;
    let layer = wardline_monitor::check::layer(origin.layer);
    json!({"name": name, "layer": layer, "file": origin.file, "line": origin.line})
}

/// Where a profile was chosen, and how far the choice goes.
fn chosen_at(profile: &ProfileChoice) -> String {
    let reach =
        if profile.origin.layer == Layer::Managed { ", a ceiling whatever else is chosen" } else { "" };
    format!("by {}{reach}", profile.origin)
}

/// How a rule takes part, when it is not just one of the list.
fn remark(rule: &EffectiveRule) -> String {
    let place = match rule.confined {
        Some(true) => ", only inside the sandbox",
        Some(false) => ", only outside the sandbox",
        None => "",
    };
    let part = match rule.part.as_str() {
        "base" => "",
        "session" => ", an answer of this session",
        _ => ", can only tighten",
    };
    format!("{place}{part}")
}

/// A decision padded by its visible width.
fn pad(style: Style, decision: Decision) -> String {
    let word = decision.as_str();
    format!("{}{}", style.decision(decision), " ".repeat(5_usize.saturating_sub(word.len())))
}

fn lint(world: &World, flags: &PolicyFlags, json: bool) -> ExitCode {
    let policy = match sources::policy(world, &flags.choice()) {
        Ok(policy) => policy,
        Err(e) => return exit::fail(exit::USAGE, e),
    };
    let lints = policy::lint(&policy);
    if json {
        let lints: Value = lints
            .iter()
            .map(|lint| {
                json!({
                    "file": lint.file, "line": lint.line, "code": lint.code,
                    "severity": severity(lint.severity), "text": lint.text, "help": lint.help,
                })
            })
            .collect();
        println!("{}", json!({"lints": lints}));
    } else {
        for lint in &lints {
            println!(
                "{}:{}: {} [{}]: {}",
                lint.file,
                lint.line,
                severity(lint.severity),
                lint.code,
                visible(&lint.text)
            );
            println!("    {}", lint.help);
        }
        println!("{} found", lints.len());
    }
    ExitCode::from(if lints.iter().any(|lint| lint.severity != Severity::Note) {
        exit::FOUND
    } else {
        exit::OK
    })
}

fn test(world: &World, flags: &PolicyFlags, json: bool) -> ExitCode {
    let policy = match sources::policy(world, &flags.choice()) {
        Ok(policy) => policy,
        Err(e) => return exit::fail(exit::USAGE, e),
    };
    let results = policy::run_examples_with(&policy, |request| {
        let target = request.targets.first().map(String::as_str).unwrap_or_default();
        gather(world, &Action::on(&request.permission, target), 0, request.confined)
    });
    let failed = results.iter().filter(|result| !result.passed).count();
    if json {
        let results: Value = results
            .iter()
            .map(|result| {
                json!({
                    "file": result.origin.file, "line": result.origin.line, "permission": result.permission,
                    "target": result.target, "passed": result.passed, "text": result.text,
                })
            })
            .collect();
        println!("{}", json!({"examples": results}));
    } else {
        for result in results.iter().filter(|result| !result.passed) {
            println!("{}: {} {:?}: {}", result.origin, result.permission, result.target, result.text);
        }
        println!("{} passed, {failed} failed", results.len() - failed);
    }
    ExitCode::from(if failed > 0 { exit::FOUND } else { exit::OK })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

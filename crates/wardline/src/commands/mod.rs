//! The command line: one file per command, one match that calls them.

mod approve;
mod attack;
pub(crate) mod beside;
mod caps;
mod changes;
mod check;
mod checkpoint;
mod demo;
mod doctor;
mod exec;
mod explain;
mod fixes;
mod gate;
pub(crate) mod hook;
mod init;
mod log;
mod mode;
mod overlay;
mod policy;
mod quarantine;
mod redact;
mod revert;
mod run;
mod scan;
mod stop;
mod trust;
mod ui;
mod waive;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use wardline_monitor::World;
use wardline_monitor::policy::Preset;
use wardline_monitor::sandbox::Ahead;
use wardline_monitor::sources::Choice;

use crate::exit;

/// The security runtime for coding agents: one policy, one sandbox, one egress door, one audit log around any agent.
#[derive(Debug, Parser)]
#[command(name = "wardline", version, arg_required_else_help = true, after_help = AFTER)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// The commands that start a program, by themselves. Making the flags of all the others takes longer than a small command
/// that an agent runs.
#[derive(Debug, Parser)]
#[command(name = "wardline", version, after_help = AFTER)]
struct Starting {
    #[command(subcommand)]
    command: StartingCommand,
}

#[derive(Debug, Subcommand)]
enum StartingCommand {
    /// Start a program (an agent) in a guarded session
    Run(run::Run),
    /// Run one command in the sandbox under the same policy
    Exec(exec::Exec),
}

const AFTER: &str = "Exit codes: 0 fine or allowed, 1 something is wrong, 2 bad usage or configuration, 10 ask, \
                     20 deny, 125 Wardline itself could not go on. `run` and `exec` give the program's own code.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a program (an agent) in a guarded session
    Run(run::Run),
    /// Run one command in the sandbox under the same policy
    Exec(exec::Exec),
    /// Answer the questions that wait, in a terminal of your own
    Approve(approve::Approve),
    /// Show or switch how closely you watch, also while sessions run
    Mode(mode::ModeCommand),
    /// Freeze a running session, see what it is doing, and end it
    Stop(stop::Stop),
    /// Explain what the policy says to one action
    Check(check::Check),
    /// Show, lint or test the policy
    Policy(policy::Policy),
    /// Trust this project's policy files, bound to their content
    Trust(trust::Trust),
    /// Let one refused effect happen for a while, as a person's exception
    Waive(waive::Waive),
    /// Show what changed in the project, and by whom
    Changes(changes::Changes),
    /// Take an agent's changes back, and keep yours
    Revert(revert::Revert),
    /// Show, take or let go the states of the project that are kept
    Checkpoint(checkpoint::Checkpoint),
    /// Scan source text for flows, patterns and secrets
    Scan(scan::Scan),
    /// Say whether what was changed may be called done
    Gate(gate::Gate),
    /// Review the changes to trap files that wait for you
    Quarantine(quarantine::Quarantine),
    /// Show, verify or export the journal
    Log(log::Log),
    /// Show it all in the browser, and answer there: approvals, changes, trace, permissions, sessions, doctor
    Ui(ui::Ui),
    /// Take the secrets out of a text
    Redact(redact::Redact),
    /// Install the hooks of the agents found here, or remove them
    Init(init::Init),
    /// Say which guarantees hold here, each with its proof and its fix
    Doctor(doctor::Doctor),
    /// A guarded session with a scripted agent on a small throw-away repository
    Demo(demo::Demo),
    /// Answer an agent's hook: JSON in, JSON out (installed by `init`, not for people)
    #[command(long_about = hook::HELP)]
    Hook {
        /// Which agent's JSON it is; found out from the input when not said
        dialect: Option<String>,
    },
    /// The scripted agent of `demo`
    #[command(name = "__demo-agent", hide = true)]
    DemoAgent,
    /// One attempt of `doctor --attack`
    #[command(name = "__attempt", hide = true)]
    Attempt {
        /// Where the policy is, and the actor's words
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
}

/// What every command that decides takes about the policy.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PolicyFlags {
    /// Use this profile of the configuration, whatever `repositories` says
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Begin from this preset: autopilot (default), supervised or readonly
    #[arg(long, value_name = "PRESET", value_parser = preset)]
    preset: Option<Preset>,
}

impl PolicyFlags {
    /// Whether none was given.
    pub(crate) fn is_default(&self) -> bool {
        self.profile.is_none() && self.preset.is_none()
    }

    pub(crate) fn choice(&self) -> Choice {
        Choice { preset: self.preset, profile: self.profile.clone(), for_good: false }
    }
}

fn preset(word: &str) -> Result<Preset, String> {
    match word {
        "autopilot" => Ok(Preset::Autopilot),
        "supervised" => Ok(Preset::Supervised),
        "readonly" => Ok(Preset::Readonly),
        _ => Err("expected autopilot, supervised or readonly".to_owned()),
    }
}

/// Reads the command line of `run` or `exec` and runs it; `ahead` is its sandbox stage.
pub(crate) fn start(arguments: &[OsString], ahead: Option<Ahead>) -> ExitCode {
    let arguments = match Starting::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(e) => return told(&e),
    };
    let world = match World::of_process() {
        Ok(world) => world,
        Err(e) => return exit::fail(exit::USAGE, e),
    };
    match arguments.command {
        StartingCommand::Run(command) => command.run(world, ahead),
        StartingCommand::Exec(command) => command.run(world, ahead),
    }
}

/// Prints what clap has to say about the command line.
fn told(error: &clap::Error) -> ExitCode {
    // Help and version are answers, not errors.
    let code = if error.use_stderr() { exit::USAGE } else { exit::OK };
    error.print().ok();
    ExitCode::from(code)
}

/// Reads the command line and runs the command.
pub(crate) fn main(arguments: &[OsString]) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(e) => return told(&e),
    };
    if matches!(arguments.command, Command::DemoAgent) {
        return demo::agent();
    }
    if let Command::Redact(command) = arguments.command {
        return command.run();
    }
    let world = match World::of_process() {
        Ok(world) => world,
        Err(e) => return exit::fail(exit::USAGE, e),
    };
    match arguments.command {
        Command::Run(command) => command.run(world, None),
        Command::Exec(command) => command.run(world, None),
        Command::Approve(command) => command.run(&world),
        Command::Mode(command) => command.run(&world),
        Command::Stop(command) => command.run(&world),
        Command::Check(command) => command.run(&world),
        Command::Policy(command) => command.run(&world),
        Command::Trust(command) => command.run(&world),
        Command::Waive(command) => command.run(&world),
        Command::Changes(command) => command.run(&world),
        Command::Revert(command) => command.run(&world),
        Command::Checkpoint(command) => command.run(&world),
        Command::Scan(command) => command.run(&world),
        Command::Gate(command) => command.run(&world),
        Command::Quarantine(command) => command.run(&world),
        Command::Log(command) => command.run(&world),
        Command::Ui(command) => command.run(&world),
        Command::Init(command) => command.run(&world),
        Command::Doctor(command) => command.run(&world),
        Command::Demo(command) => command.run(&world),
        Command::Hook { .. } => hook::main(&[]),
        Command::DemoAgent => demo::agent(),
        Command::Redact(command) => command.run(),
        Command::Attempt { words } => attack::attempt(world, &words),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{Arguments, Starting};

    #[test]
    fn commands_that_start_a_program_read_the_same_alone() {
        let help = |mut all: clap::Command, name: &str| {
            all.build();
            let command = all.find_subcommand_mut(name).map(|command| command.render_long_help().to_string());
            command.unwrap_or_default()
        };
        for name in ["run", "exec"] {
            let alone = help(Starting::command(), name);
            assert!(alone.contains("--accept-missing"), "{alone}");
            assert_eq!(alone, help(Arguments::command(), name));
        }
    }
}

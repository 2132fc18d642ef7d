//! `wardline exec`: one command in the sandbox under the same policy.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::mem::ManuallyDrop;
use std::process::ExitCode;
use std::sync::Arc;

use wardline_monitor::approvals::{BoardError, Broker};
use wardline_monitor::bounds;
use wardline_monitor::policy::{NamedPort, OnAsk, PolicySet, Preset};
use wardline_monitor::sandbox::{Ahead, Resource};
use wardline_monitor::session::beside::Request;
use wardline_monitor::session::{self, Finished, Guard, SessionError};
use wardline_monitor::sources::Choice;
use wardline_monitor::{
    Approver, Doorkeeper, Monitor, Nobody, Terminal, TypedTerminal, Unanswered, World, parse_forward, sources,
};

use super::check::unknown_agent;
use super::run::{aftermath, left_behind, no_end, out_of_band, refused_connections, secrets_not_given};
use super::{PolicyFlags, beside, overlay, quarantine};
use crate::exit;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: the command's own (128 + N after signal N); 20 when the policy refuses it, 21 when it asks and nobody answers; \
                        2 for bad usage or configuration; 127 no such program, 126 not executable, 125 the sandbox or \
                        the journal failed."
)]
pub(crate) struct Exec {
    #[command(flatten)]
    pub(crate) limits: Boundary,
    #[command(flatten)]
    printing: Printing,
    /// Run it over an overlay, so that the project stays as it is until you have seen what it did and said yes to that
    #[arg(long, conflicts_with = "print_manifest")]
    overlay: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    argv: Vec<OsString>,
}

/// What `run` and `exec` open by a human's word.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Boundary {
    #[command(flatten)]
    pub(crate) policy: PolicyFlags,
    /// Open the egress door for HOST or HOST:PORT (`*.example.com` for all below)
    #[arg(long = "allow-host", value_name = "HOST")]
    hosts: Vec<String>,
    /// Lead this loopback port into the sandbox; with NAME=, its address is in WARDLINE_FORWARD_NAME there
    #[arg(long = "forward", value_name = "[NAME=]PORT", value_parser = parse_forward)]
    forwards: Vec<NamedPort>,
    /// Set a limit, such as `memory=4G`, `processes=512`, `time=10m`, `disk=none` (`policy manifest` shows them all)
    #[arg(long = "limit", value_name = "NAME=AMOUNT", value_parser = bounds::parse)]
    bounds: Vec<(Resource, Option<u64>)>,
    /// Let the egress door open the TLS of hosts that network.requests names, to keep those rules there too
    #[arg(long)]
    intercept_tls: bool,
    /// Pass this environment variable on
    #[arg(long = "env", value_name = "NAME")]
    variables: Vec<String>,
    /// Narrow the program to what this capability manifest names (docs/caps.md); one beside the program narrows it anyway
    #[arg(long, value_name = "FILE")]
    caps: Option<std::path::PathBuf>,
    /// Bound the program by the rules of this agent, such as `plan`, which changes nothing
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// What becomes of a question: `deny`, or `wait:SECONDS` for `wardline approve` or the web page (at most 540)
    #[arg(long, value_name = "WORD")]
    pub(crate) on_ask: Option<OnAsk>,
    /// Go on although this host cannot give this guarantee: reads-confined, writes-confined, network-confined,
    /// processes-hidden, no-survivors or limits (see `doctor`, docs/hosts.md); recorded
    #[arg(long = "accept-missing", value_name = "GUARANTEE")]
    accept_missing: Vec<String>,
}

/// How `run` and `exec` print what they would be bounded by.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Printing {
    /// Print what the program could touch, with its digest, and start nothing
    #[arg(long)]
    pub(crate) print_manifest: bool,
    /// With --print-manifest: print JSON
    #[arg(long, requires = "print_manifest")]
    pub(crate) json: bool,
}

/// Refuses an agent that no rules are known for: it would be held to the rules of another.
pub(crate) fn check_agent(guard: &Guard, policy: &PolicySet) -> Result<(), String> {
    match guard.agent.as_deref().filter(|agent| !policy.knows(agent)) {
        Some(agent) => Err(unknown_agent(agent, policy)),
        None => Ok(()),
    }
}

impl Boundary {
    /// Who puts the session's questions on the board, when that is what was asked for.
    pub(crate) fn broker(&self, monitor: &Monitor) -> Result<Option<Broker>, BoardError> {
        Broker::for_word(monitor.world(), monitor.policy(), self.on_ask)
    }

    pub(crate) fn guard(&self, argv: Vec<OsString>) -> Guard {
        Guard {
            argv,
            hosts: self.hosts.clone(),
            forwards: self.forwards.clone(),
            intercept_tls: self.intercept_tls,
            accept_missing: self.accept_missing.clone(),
            limits: self.bounds.clone(),
            variables: self.variables.clone(),
            caps: self.caps.clone(),
            agent: self.agent.clone(),
            ..Guard::default()
        }
    }
}

impl Exec {
    pub(crate) fn run(self, world: World, mut ahead: Option<Ahead>) -> ExitCode {
        if beside::is_inside() {
            return self.beside(&world);
        }
        let mut guard = self.limits.guard(self.argv);
        if self.printing.print_manifest {
            return print_manifest(&world, &self.limits.policy, &guard, false, self.printing.json);
        }
        let mut choice = self.limits.policy.choice();
        if self.overlay {
            match overlay::run(&world, &choice, &self.limits, &guard, ahead.take()) {
                Ok(code) => return code,
                Err(why) => {
                    eprintln!("wardline: {why}; the command is asked about before it runs instead");
                    choice.preset = Some(Preset::Supervised);
                }
            }
        }
        let monitor = match Monitor::open(world, &choice, true) {
            // Never taken apart: the process ends with the command, and the kernel takes its memory back faster.
            Ok(monitor) => ManuallyDrop::new(Arc::new(monitor)),
            Err(e) => return exit::fail(exit::USAGE, e),
        };
        if let Err(e) = check_agent(&guard, monitor.policy()) {
            return exit::fail(exit::USAGE, e);
        }
        let attended = std::io::stdin().is_terminal();
        let broker = match self.limits.broker(&monitor) {
            Ok(broker) => broker.map(|broker| broker.telling(out_of_band(attended))),
            Err(e) => return exit::fail(exit::FAILED, e),
        };
        let approver: Box<dyn Approver> = match &broker {
            Some(broker) => Box::new(broker.clone()),
            None if attended => Box::new(Terminal),
            None => Box::new(Nobody),
        };
        guard.keeper = match broker {
            Some(broker) => Some(Doorkeeper(Arc::new(broker))),
            None => attended.then(|| Doorkeeper(Arc::new(TypedTerminal))),
        };
        match session::exec(&monitor, &guard, ahead, &*approver) {
            Ok(finished) => {
                tell(&finished);
                ExitCode::from(finished.ended.exit_code())
            }
            Err(e) => refused(&e),
        }
    }
}

impl Exec {
    /// Inside a session, the session bounds the program, and only a manifest can narrow it further.
    fn beside(self, world: &World) -> ExitCode {
        let Boundary {
            policy,
            hosts,
            forwards,
            bounds,
            intercept_tls,
            variables,
            caps,
            agent,
            on_ask,
            accept_missing,
        } = &self.limits;
        let plain = policy.is_default()
            && [hosts, variables, accept_missing].iter().all(|list| list.is_empty())
            && (forwards.is_empty() && bounds.is_empty() && !intercept_tls)
            && (agent.is_none() && on_ask.is_none())
            && !(self.overlay || self.printing.print_manifest);
        if !plain {
            let why =
                "inside a session the session bounds the program: `--caps` is the only option of `exec` here";
            return exit::fail(exit::USAGE, why);
        }
        let words = self.argv.into_iter().map(OsString::into_string).collect::<Result<Vec<_>, _>>();
        let Ok(argv) = words else {
            return exit::fail(exit::USAGE, "inside a session every word of the command has to be UTF-8");
        };
        let caps = caps.as_ref().map(|file| world.cwd.join(file));
        let request = Request { argv, cwd: world.cwd.clone(), caps, environment: world.environment.clone() };
        beside::run(world, &request)
    }
}

/// Says what is worth a word of a command that ran: nothing, as a rule.
pub(crate) fn tell(finished: &Finished) {
    let Finished { ended, connections, held, uncopied, left, not_given, no_checkpoint } = finished;
    let told = refused_connections(connections)
        + &no_checkpoint.as_deref().map_or_else(String::new, no_end)
        + &secrets_not_given(not_given)
        + &left_behind(left)
        + &quarantine::summary(held, uncopied)
        + &aftermath(ended);
    if !told.is_empty() {
        eprint!("wardline:\n{told}");
    }
}

/// Prints what a session of `guard` would be bounded by; `answered` as `run` is, by the monitor's socket.
pub(crate) fn print_manifest(
    world: &World,
    flags: &PolicyFlags,
    guard: &Guard,
    answered: bool,
    json: bool,
) -> ExitCode {
    // As a session's bounds are made: without what is allowed for a while only.
    let choice = Choice { for_good: true, ..flags.choice() };
    let policy = match sources::policy(world, &choice) {
        Ok(policy) => policy,
        Err(e) => return exit::fail(exit::USAGE, e),
    };
    if let Err(e) = check_agent(guard, &policy) {
        return exit::fail(exit::USAGE, e);
    }
    // A person answers for what a mediated agent puts to its hooks, so its bounds leave room for a yes.
    let bounding = if guard.mediated { sources::answered(world, &choice, &policy) } else { Ok(None) };
    let bounding = match bounding {
        Ok(bounding) => bounding.unwrap_or(policy),
        Err(e) => return exit::fail(exit::USAGE, e),
    };
    match session::manifest(&bounding, world, guard, answered) {
        Ok(manifest) if json => {
            println!("{}", serde_json::json!({"digest": manifest.digest(), "manifest": manifest.to_value()}));
            ExitCode::SUCCESS
        }
        Ok(manifest) => {
            print!("{}", manifest.describe());
            ExitCode::SUCCESS
        }
        Err(e) => refused(&e),
    }
}

/// Says why a session did not begin.
pub(crate) fn refused(error: &SessionError) -> ExitCode {
    let code = match error {
        SessionError::Refused { unanswered: Some(Unanswered::Nobody(_)), .. } => exit::UNANSWERED,
        SessionError::Refused { .. } | SessionError::Changed(_) | SessionError::NotTaken(_) => exit::DENY,
        SessionError::TooWide(_)
        | SessionError::TooMany(_)
        | SessionError::UnknownGuarantee(_)
        | SessionError::Unlisted(_)
        | SessionError::NothingToTake
        | SessionError::Capabilities(_)
        | SessionError::Host(_) => exit::USAGE,
        SessionError::NoProgram(_) => 127,
        SessionError::Sandbox(e) => e.exit_code(),
        SessionError::Monitor(_) | SessionError::SetUp { .. } | SessionError::Lost(_) => exit::FAILED,
    };
    exit::fail(code, error)
}

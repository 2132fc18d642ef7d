//! `wardline policy caps`: what a capability manifest says, what is wrong with it, and what of it the policy does not give.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};
use wardline_monitor::caps::{Applied, CapsError, NotGiven};
use wardline_monitor::policy::Problem;
use wardline_monitor::session::{self, Guard, SessionError};
use wardline_monitor::{World, sources, visible};

use super::PolicyFlags;
use super::exec::refused;
use crate::exit;

#[derive(Debug, Subcommand)]
pub(crate) enum Caps {
    /// Say what is wrong with a capability manifest, and what it names that the policy here does not give
    Check {
        /// The manifest, such as `skills/x/wardline.caps.jsonc`
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        policy: PolicyFlags,
        /// The program that is started with it, for what depends on that: who gets a secret
        #[arg(last = true, value_name = "CMD")]
        argv: Vec<OsString>,
    },
}

impl Caps {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        let Self::Check { file, json, policy: flags, argv } = self;
        let policy = match sources::policy(world, &flags.choice()) {
            Ok(policy) => policy,
            Err(e) => return exit::fail(exit::USAGE, e),
        };
        let named = !argv.is_empty();
        let argv = if named { argv } else { vec![OsString::from("sh")] };
        let real = world.cwd.join(&file).canonicalize().unwrap_or(file);
        let guard = Guard { argv, caps: Some(real.clone()), ..Guard::default() };
        let (problems, applied) = match session::manifest(&policy, world, &guard, false) {
            Ok(manifest) => {
                let own = manifest.capabilities().iter().find(|caps| caps.file == real);
                (Vec::new(), own.cloned().unwrap_or_default())
            }
            Err(SessionError::Capabilities(CapsError::Invalid(problems))) => (problems, Applied::default()),
            Err(e) => return refused(&e),
        };
        let report = Report { problems, applied, named };
        if json {
            println!("{}", report.to_value())
        } else {
            print!("{}", report.describe())
        }
        ExitCode::from(if report.is_wrong() { exit::FOUND } else { exit::OK })
    }
}

struct Report {
    problems: Vec<Problem>,
    applied: Applied,
    /// Whether the program is known that is started with it.
    named: bool,
}

impl Report {
    fn is_wrong(&self) -> bool {
        !self.problems.is_empty() || self.applied.not_given.iter().any(|thing| thing.is_missing())
    }

    fn why(&self, thing: &NotGiven) -> String {
        if thing.kind == "secrets" && !self.named {
            return format!("{} (judged for `sh`; name the program after `--`)", thing.why);
        }
        thing.why.clone()
    }

    fn to_value(&self) -> Value {
        let problem = |problem: &Problem| {
            json!({
                "file": problem.file, "line": problem.line, "column": problem.column, "text": problem.text,
                "help": problem.help,
            })
        };
        let not_given = |thing: &NotGiven| {
            json!({
                "kind": thing.kind, "name": thing.name, "file": thing.origin.file, "line": thing.origin.line,
                "missing": thing.is_missing(), "why": self.why(thing),
            })
        };
        json!({
            "problems": self.problems.iter().map(problem).collect::<Value>(),
            "digest": self.applied.digest,
            "hosts": self.applied.hosts,
            "secrets": self.applied.secrets,
            "not_given": self.applied.not_given.iter().map(not_given).collect::<Value>(),
        })
    }

    fn describe(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        for problem in &self.problems {
            writeln!(text, "{}", visible(&problem.to_string())).ok();
        }
        let (missing, rest): (Vec<_>, Vec<_>) =
            self.applied.not_given.iter().partition(|thing| thing.is_missing());
        for (heading, list) in [("does not exist:", missing), ("asked for but not given:", rest)] {
            if !list.is_empty() {
                writeln!(text, "{heading}").ok();
            }
            for thing in list {
                let place = format!("{}:{}", thing.origin.file, thing.origin.line);
                let line = format!("{place}: {} `{}`: {}", thing.kind, thing.name, self.why(thing));
                writeln!(text, "  {}", visible(&line)).ok();
            }
        }
        if self.problems.is_empty() && self.applied.not_given.is_empty() {
            writeln!(text, "everything that it names is given").ok();
        }
        text
    }
}

//! Real agents as tests: pinned agent programs, driven headless against a scripted model, with and without Wardline.

mod cases;
mod claude;
mod codex;
mod drive;
mod faults;
mod gate;
mod gemini;
mod install;
mod interactive;
mod journal;
mod opencode;
mod process;
mod readme;
mod seal;
mod supervised;
mod world;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use serde_json::Value;

use crate::model::{Tool, Translate};
use crate::report::Report;
use world::World;

/// One agent: where it comes from, how it is configured and started, and what its tools are called.
pub(crate) struct Agent {
    /// Short name, as in `--agent`.
    name: &'static str,
    /// Package in the npm registry.
    package: &'static str,
    version: &'static str,
    /// Name of the program that the package installs.
    program: &'static str,
    /// What it says when it refuses a call by itself, before it asks any hook.
    own_refusals: &'static [&'static str],
    /// The flag that stands for the person's trust in new hooks, where `init` cannot give it and says so.
    trust: Option<&'static str>,
    /// Whether it has a hook that can hold the end of a turn.
    holds: bool,
    /// How long one headless run may take.
    patience: Duration,
    translate: Translate,
    /// Writes the configuration that a person would have, before anything runs.
    prepare: fn(&World, u16) -> io::Result<()>,
    /// The headless command line for a prompt and the port of the model.
    launch: fn(&World, u16, &str) -> Launch,
    /// How it is used by hand, where that is tried.
    screen: Option<interactive::Screen>,
}

/// A command line and what its environment needs beyond the world's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Launch {
    argv: Vec<String>,
    environment: BTreeMap<String, String>,
}

impl Launch {
    fn new(argv: &[&str], environment: &[(&str, &str)]) -> Self {
        let pairs = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { argv: argv.iter().map(|word| (*word).to_owned()).collect(), environment: pairs.collect() }
    }
}

/// A tool call under a name that the agent did offer.
fn offered(names: &[String], name: &str, input: Value) -> Option<Tool> {
    names.iter().any(|offer| offer == name).then(|| Tool { name: name.to_owned(), input })
}

const AGENTS: [&Agent; 4] = [&claude::AGENT, &codex::AGENT, &opencode::AGENT, &gemini::AGENT];

/// Where the sealed part leaves its report for the part outside.
const REPORT: &str = "WARDLINE_REPORT";

/// The command line of `cargo xtask agents`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Options {
    agents: Vec<String>,
    cases: Vec<String>,
    wardline: Option<PathBuf>,
    ordinary: bool,
    keep: bool,
}

/// Shown for bad usage.
pub(crate) const USAGE: &str = "cargo xtask agents [--agent NAME]... [--case NAME]... [--wardline PATH] [--ordinary] [--keep]\n\
     \x20   agents: claude codex opencode gemini; --ordinary drops root for user 65534; --keep leaves the worlds in /var/tmp";

fn parse(arguments: &[OsString]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{} needs a value", argument.display()));
        match argument.to_str() {
            Some("--agent") => options.agents.push(value()?.to_string_lossy().into_owned()),
            Some("--case") => options.cases.push(value()?.to_string_lossy().into_owned()),
            Some("--wardline") => options.wardline = Some(PathBuf::from(value()?)),
            Some("--ordinary") => options.ordinary = true,
            Some("--keep") => options.keep = true,
            _ => return Err(format!("unknown argument {}", argument.display())),
        }
    }
    let agent = |name: &String| AGENTS.iter().any(|agent| agent.name == name);
    let case = |name: &String| case_names().any(|case| case == name);
    let strange = options.agents.iter().find(|name| !agent(name));
    match strange.or_else(|| options.cases.iter().find(|name| !case(name))) {
        Some(name) => {
            Err(format!("no agent or case {name}; cases: {}", case_names().collect::<Vec<_>>().join(" ")))
        }
        None => Ok(options),
    }
}

/// `cargo xtask agents`: prints as it goes and closes with one line of counts.
pub(crate) fn main(workspace: &Path, arguments: &[OsString]) -> ExitCode {
    let options = match parse(arguments) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}\nusage: {USAGE}");
            return ExitCode::from(2);
        }
    };
    let report = if let Some(scratch) = std::env::var_os(seal::INSIDE) {
        inside(&options, Path::new(&scratch))
    } else {
        phase(workspace, &options, arguments)
    };
    if let Some(path) = std::env::var_os(REPORT) {
        if let Err(error) = report.save(Path::new(&path)) {
            eprintln!("agents: report cannot be written: {error}");
            return ExitCode::FAILURE;
        }
    } else {
        print!("{}", report.details());
        println!("agents: {}", report.counts());
    }
    if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The whole phase with every agent, for `cargo xtask test`.
pub(crate) fn all(workspace: &Path, ordinary: bool) -> Report {
    let arguments: Vec<OsString> = ordinary.then(|| OsString::from("--ordinary")).into_iter().collect();
    parse(&arguments).map_or_else(
        |error| Report { failed: vec![("agents".into(), error)], ..Report::default() },
        |options| phase(workspace, &options, &arguments),
    )
}

/// Outside the seal: installs, which needs the network, then everything else inside.
fn phase(workspace: &Path, options: &Options, arguments: &[OsString]) -> Report {
    let mut report = Report::default();
    let cache = install::cache(workspace);
    let mut ready = false;
    for agent in chosen(options) {
        match install::ensure(&cache, agent) {
            Ok(_) => ready = true,
            Err(reason) => {
                eprintln!("agents: SKIPPED {}: {reason}", agent.name);
                report.skipped.push((agent.name.to_owned(), reason));
            }
        }
    }
    if !ready {
        return report;
    }
    let folder = match programs(workspace, options) {
        Ok(folder) => folder,
        Err(reason) => {
            report.failed.push(("agents".into(), reason));
            return report;
        }
    };
    report.absorb(
        sealed(&cache, &folder, options, arguments)
            .unwrap_or_else(|reason| Report { failed: vec![("agents".into(), reason)], ..Report::default() }),
    );
    // Best effort: a leftover only costs space.
    fs::remove_dir_all(&folder).ok();
    report
}

/// Copies this program and Wardline to a folder that every user may read.
fn programs(workspace: &Path, options: &Options) -> Result<PathBuf, String> {
    let folder = Path::new("/var/tmp").join(format!("wardline-programs-{}", std::process::id()));
    let own = std::env::current_exe().map_err(|error| format!("own path: {error}"))?;
    let wardline = match &options.wardline {
        Some(path) => path.clone(),
        None => build(workspace, &own)?,
    };
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (from, name) in [(&own, "xtask"), (&wardline, "wardline")] {
        fs::copy(from, folder.join(name)).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    Ok(folder)
}

/// Where what is installed for tests is kept.
pub(crate) fn cache(workspace: &Path) -> PathBuf {
    install::cache(workspace)
}

/// The debug binary of this workspace, built.
pub(crate) fn binary(workspace: &Path) -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| format!("own path: {error}"))?;
    build(workspace, &own)
}

/// Builds the debug binary, which is the one that knows fault injection.
fn build(workspace: &Path, own: &Path) -> Result<PathBuf, String> {
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--package", "wardline"])
        .current_dir(workspace)
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    let path = own.with_file_name("wardline");
    if status.success() && path.exists() {
        return Ok(path);
    }
    Err(format!("no binary at {} (cargo build: {status})", path.display()))
}

fn sealed(
    cache: &Path,
    programs: &Path,
    options: &Options,
    arguments: &[OsString],
) -> Result<Report, String> {
    let place = programs.join("report");
    fs::write(&place, "").map_err(|error| format!("{}: {error}", place.display()))?;
    if options.ordinary {
        std::os::unix::fs::chown(&place, Some(65534), Some(65534))
            .map_err(|error| format!("chown: {error}"))?;
    }
    let mut inner = vec![OsString::from("agents")];
    inner.extend(arguments.iter().cloned());
    let ended = match seal::enter(cache, programs, options.ordinary, &inner, &[(REPORT, &place)]) {
        Ok(ended) => ended,
        Err(reason) => {
            eprintln!("agents: SKIPPED everything: {reason}");
            return Ok(Report { skipped: vec![("agents".into(), reason)], ..Report::default() });
        }
    };
    let report = Report::load(&place).map_err(|error| format!("report: {error}"))?;
    if ended || !report.failed.is_empty() {
        return Ok(report);
    }
    Err("the sealed part died without a report".to_owned())
}

fn case_names() -> impl Iterator<Item = &'static str> {
    cases::CASES.iter().map(|case| case.name).chain(faults::names()).chain([
        interactive::NAME,
        supervised::NAME,
        readme::NAME,
    ])
}

fn chosen(options: &Options) -> impl Iterator<Item = &'static Agent> {
    let all = options.agents.is_empty();
    AGENTS.into_iter().filter(move |agent| all || options.agents.iter().any(|name| name == agent.name))
}

/// Inside the seal: every chosen case with every chosen agent that is installed.
fn inside(options: &Options, scratch: &Path) -> Report {
    let mut report = Report::default();
    let folder = |agent: &Agent| install::folder(&scratch.join("agents"), agent);
    let wardline = scratch.join("programs/wardline");
    for agent in chosen(options).filter(|agent| folder(agent).exists()) {
        let bin = folder(agent).join("node_modules/.bin");
        let wanted = |name: &str| options.cases.is_empty() || options.cases.iter().any(|case| case == name);
        let run = drive::Drive { agent, bin: &bin, wardline: &wardline, keep: options.keep };
        let fits = |case: &cases::Case| agent.holds || !case.needs_hold();
        for case in cases::CASES.iter().filter(|case| wanted(case.name) && fits(case)) {
            run.case(case, &mut report);
        }
        faults::matrix(&run, &wanted, &mut report);
        if wanted(interactive::NAME) {
            interactive::play(&run, &mut report);
        }
        if wanted(supervised::NAME) {
            supervised::play(&run, &mut report);
        }
        if wanted(readme::NAME) {
            readme::play(&run, &mut report);
        }
    }
    report
}

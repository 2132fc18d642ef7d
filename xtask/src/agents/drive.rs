//! Drives one agent through one case and checks, from the host's side, what truly happened.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::cases::{Case, Do, Expect, Gate, Step};
use super::gate;
use super::journal::Journal;
use super::process::{self, Ended};
use super::world::{Snapshot, World};
use super::{Agent, Launch};
use crate::model::{Call, Script, Seen, Server, Trap};
use crate::report::Report;

/// What the scripted model says last.
pub(super) const FAREWELL: &str = "The script is over.";
/// What the agent is asked; the scripted model ignores it.
const PROMPT: &str = "Play the script.";
/// How long processes may take to go away once the agent has ended.
const GRACE: Duration = Duration::from_secs(3);

/// One agent with the programs that it needs.
pub(super) struct Drive<'a> {
    pub(super) agent: &'a Agent,
    /// The folder with the agent's program.
    pub(super) bin: &'a Path,
    pub(super) wardline: &'a Path,
    pub(super) keep: bool,
}

/// What a stage is built for.
pub(super) struct Plan<'a> {
    pub(super) name: &'a str,
    pub(super) gate: Gate,
    /// The person's own rules, if any.
    pub(super) config: &'a str,
    pub(super) steps: &'a [Step],
    pub(super) trap: Option<fn(&World) -> Trap>,
}

/// A world with the model running beside it, before the agent starts.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) server: Server,
    pub(super) canary: TcpListener,
    pub(super) launch: Launch,
    pub(super) environment: BTreeMap<String, String>,
}

impl Drive<'_> {
    /// Runs one case and enters its outcome into the report.
    pub(super) fn case(&self, case: &Case, report: &mut Report) {
        let name = format!("{} {}", self.agent.name, case.name);
        enter(&name, self.play(case, report), report);
    }

    /// Builds the world of a script and starts its model.
    pub(super) fn stage(&self, plan: Plan<'_>) -> io::Result<Stage> {
        let world = World::build(&format!("{}-{}", self.agent.name, plan.name), self.keep)?;
        let canary = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        canary.set_nonblocking(true)?;
        let port = canary.local_addr()?.port().to_string();
        let fill = |text: &str| world.fill(text).replace("{canary}", &port);
        let calls = plan.steps.iter().map(|step| match step.call {
            Do::Shell(command) => Call::Shell(fill(command)),
            Do::Read(path) => Call::Read(fill(path)),
            Do::Write(path, content) => Call::Write { path: fill(path), content: fill(content) },
            Do::Edit(path, old, new) => Call::Edit { path: fill(path), old: old.into(), new: new.into() },
            Do::End => Call::End,
        });
        let trap = plan.trap.map(|trap| trap(&world));
        let script = Script { calls: calls.collect(), farewell: FAREWELL.to_owned(), trap };
        let server = Server::start(script, self.agent.translate)?;
        (self.agent.prepare)(&world, server.port())?;
        if !plan.config.is_empty() {
            world.write_home(".config/wardline/config.jsonc", plan.config)?;
        }
        if plan.gate != Gate::Bare {
            // A copy per world, so that a fault may replace or remove it.
            fs::create_dir_all(world.root.join("bin"))?;
            fs::copy(self.wardline, world.wardline())?;
        }
        let launch = (self.agent.launch)(&world, server.port(), PROMPT);
        let mut environment = world.environment(&self.path());
        environment.extend(launch.environment.clone());
        if plan.gate != Gate::Run {
            // Nothing else is in reach anyway; a proxy that refuses at once saves the agents' retries and tells whom
            // they would call. Under `run` Wardline's own door does the same.
            let proxy = format!("http://127.0.0.1:{}", server.port());
            let names = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
            environment.extend(names.map(|name| (name.to_owned(), proxy.clone())));
            let direct =
                ["NO_PROXY", "no_proxy"].map(|name| (name.to_owned(), "127.0.0.1,localhost".to_owned()));
            environment.extend(direct);
        }
        Ok(Stage { world, server, canary, launch, environment })
    }

    /// The folders in front of `PATH`: the agent, and node for those that need it.
    fn path(&self) -> String {
        let node = std::env::var_os("PATH")
            .and_then(|path| std::env::split_paths(&path).find(|folder| folder.join("node").exists()));
        let folders = [Some(self.bin.to_owned()), node];
        folders.into_iter().flatten().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(":")
    }

    /// Runs Wardline itself in a stage and returns how it ended.
    pub(super) fn wardline(&self, stage: &Stage, arguments: &[&str]) -> io::Result<Ended> {
        let mut argv = vec![stage.world.wardline().display().to_string()];
        argv.extend(arguments.iter().map(|word| (*word).to_owned()));
        let scratch = stage.world.root.join("tmp");
        let ended =
            process::run(&argv, &stage.environment, &stage.world.project, &scratch, Duration::from_secs(60));
        for name in ["stdout", "stderr"] {
            fs::remove_file(scratch.join(name)).ok();
        }
        ended
    }

    /// Lets Wardline install the hooks of every agent that it finds in the world. Where it says that they wait for the
    /// person's trust, the agent is started as if that had been given.
    pub(super) fn install_hooks(&self, stage: &mut Stage) -> io::Result<()> {
        super::seal::fresh_etc().map_err(io::Error::other)?;
        let ended = self.wardline(stage, &["init", "--yes"])?;
        let said = format!("{} {}", ended.stdout, ended.stderr);
        if !ended.status.is_some_and(|status| status.success()) {
            return Err(io::Error::other(format!(
                "wardline init --yes: {:?}: {}",
                ended.status,
                tail(&said)
            )));
        }
        match (said.contains("NOT IN FORCE"), self.agent.trust) {
            (false, _) => Ok(()),
            // Behind the program and its subcommand.
            (true, Some(flag)) => {
                stage.launch.argv.insert(2, flag.to_owned());
                Ok(())
            }
            (true, None) => Err(io::Error::other(format!("the hooks wait for trust: {}", tail(&said)))),
        }
    }

    /// Starts the agent behind a gate and waits for its end.
    pub(super) fn start(&self, stage: &Stage, gate: Gate, patience: Duration) -> io::Result<Ended> {
        let mut argv = Vec::new();
        if gate == Gate::Run {
            let port = stage.server.port().to_string();
            let wardline = stage.world.wardline().display().to_string();
            argv.extend([wardline, "run".into(), "--forward".into(), port, "--".into()]);
        }
        argv.extend(stage.launch.argv.iter().cloned());
        process::run(&argv, &stage.environment, &stage.world.project, &stage.world.root, patience)
    }

    fn play(&self, case: &Case, report: &mut Report) -> io::Result<(Duration, Vec<String>)> {
        let Case { name, gate, config, steps, .. } = *case;
        let mut stage = self.stage(Plan { name, gate, config, steps, trap: None })?;
        let mut failures = Vec::new();
        if case.gate == Gate::Hooks {
            self.install_hooks(&mut stage)?;
        }
        let before = stage.world.snapshot();
        let ended = self.start(&stage, case.gate, self.agent.patience)?;
        let seen = stage.server.seen();
        failures.extend(leftovers(&stage.world));
        let journal = match case.gate {
            Gate::Bare => None,
            Gate::Run | Gate::Hooks => Some(Journal::read(self, &stage)?),
        };
        for (number, step) in case.steps.iter().enumerate() {
            let (stage, seen, before, journal) = (&stage, &seen, &before, journal.as_ref());
            let check = Check { agent: self.agent, stage, seen, before, journal };
            failures.extend(step.expect.iter().filter_map(|expect| check.expect(number, *expect)).map(
                |failure| format!("step {number} ({}): {failure}{}", step.what, check.came_back(number)),
            ));
        }
        failures.extend(finished(&stage, &seen, case));
        if let (Some(journal), Some(ending)) = (&journal, case.ending) {
            failures.extend(gate::judge(self, &stage, case, ending, &ended, journal)?);
        }
        if case.gate == Gate::Bare {
            let hosts: Vec<&str> = seen.elsewhere.iter().map(String::as_str).collect();
            let what = if hosts.is_empty() { "nobody".to_owned() } else { hosts.join(" ") };
            report.measured.push((format!("{} calls", self.agent.name), what));
        }
        failures.extend(journal.iter().flat_map(Journal::problems));
        if self.keep {
            stage.world.write("seen.txt", &format!("{seen:#?}"))?;
            stage.world.write("changed.txt", &changes(&before, &stage.world.snapshot()).join("\n"))?;
        }
        if !failures.is_empty() {
            failures.push(format!("agent: {:?}; stdout: {}", ended.status, tail(&ended.stdout)));
            failures.push(format!("agent: stderr: {}", tail(&ended.stderr)));
            failures.push(format!("requests: {}", seen.requests.join("; ")));
        }
        process::clear(&stage.world.root);
        Ok((ended.took, failures))
    }
}

/// Prints the outcome of one case and enters it into the report.
pub(super) fn enter(name: &str, outcome: io::Result<(Duration, Vec<String>)>, report: &mut Report) {
    let (took, failures) = outcome.unwrap_or_else(|error| (Duration::ZERO, vec![error.to_string()]));
    let seconds = took.as_secs_f32();
    if failures.is_empty() {
        eprintln!("agents: ok      {name} ({seconds:.1} s)");
        report.passed += 1;
        return;
    }
    eprintln!("agents: FAILED  {name} ({seconds:.1} s)");
    for failure in &failures {
        eprintln!("        {failure}");
    }
    let first = failures.first().and_then(|failure| failure.lines().next()).unwrap_or_default();
    report.failed.push((name.to_owned(), format!("{first} (and {} more lines)", failures.len() - 1)));
}

/// What is known once the agent has ended.
struct Check<'a> {
    agent: &'a Agent,
    stage: &'a Stage,
    seen: &'a Seen,
    before: &'a Snapshot,
    journal: Option<&'a Journal>,
}

impl Check<'_> {
    /// The failure, if the expectation is not met.
    fn expect(&self, step: usize, expect: Expect) -> Option<String> {
        let world = &self.stage.world;
        let result = self.seen.outcomes.get(&step).and_then(|outcome| outcome.result.as_deref());
        match expect {
            Expect::Has(text) => {
                (!result.is_some_and(|all| all.contains(text))).then(|| format!("the model got no {text:?}"))
            }
            Expect::Lacks(text) => match result {
                None => Some("no result came back".to_owned()),
                Some(all) => all.contains(text).then(|| format!("the model got {text:?}")),
            },
            Expect::File(path, content) => {
                let path = world.fill(path);
                let found = fs::read_to_string(&path).map_err(|error| error.to_string());
                (found.as_deref() != Ok(content)).then(|| format!("{path} is {found:?}, not {content:?}"))
            }
            Expect::Absent(path) => {
                let path = world.fill(path);
                Path::new(&path).symlink_metadata().is_ok().then(|| format!("{path} was made"))
            }
            Expect::Same(path) => {
                let path = world.fill(path);
                let now = world.snapshot();
                let name = Path::new(&path).strip_prefix(&world.root).unwrap_or_else(|_| Path::new(&path));
                (now.get(name) != self.before.get(name)).then(|| format!("{path} was changed"))
            }
            Expect::Logged(decision, text) => match self.journal {
                None => Some("there is no journal".to_owned()),
                Some(_) if self.refused_by_agent(result) => None,
                Some(journal) => journal.expect(decision, &world.fill(text)),
            },
        }
    }

    fn refused_by_agent(&self, result: Option<&str>) -> bool {
        result.is_some_and(|text| self.agent.own_refusals.iter().any(|refusal| text.contains(refusal)))
    }

    fn came_back(&self, step: usize) -> String {
        let result = self.seen.outcomes.get(&step).and_then(|outcome| outcome.result.as_deref());
        result.map_or_else(String::new, |text| format!("; the model got: {}", tail(text)))
    }
}

/// Whether the script came to its end, nobody reached the canary, and the project shows only what was expected.
fn finished(stage: &Stage, seen: &Seen, case: &Case) -> Vec<String> {
    let mut failures = seen.oddities.clone();
    if !seen.finished {
        failures.push(format!(
            "the script stopped after {} of {} steps",
            seen.outcomes.len(),
            case.steps.len()
        ));
    }
    if stage.canary.accept().is_ok() {
        failures.push("somebody reached the host's loopback".to_owned());
    }
    match stage.world.git(&["status", "--porcelain", "--untracked-files=all"]) {
        Ok(status) => {
            let mut found: Vec<&str> = status.lines().filter_map(|line| line.get(3..)).collect();
            found.sort_unstable();
            if found != case.changed {
                failures.push(format!("git status shows {found:?}, not {:?}", case.changed));
            }
        }
        Err(error) => failures.push(error.to_string()),
    }
    failures
}

/// Processes, mounts and sockets that outlive the agent.
pub(super) fn leftovers(world: &World) -> Vec<String> {
    let started = Instant::now();
    let mut living = process::living_in(&world.root);
    while !living.is_empty() && started.elapsed() < GRACE {
        thread::sleep(Duration::from_millis(100));
        living = process::living_in(&world.root);
    }
    let root = world.root.display().to_string();
    let mut failures: Vec<String> =
        living.into_iter().map(|(pid, line)| format!("process {pid:?} lives on: {line}")).collect();
    for table in ["/proc/self/mountinfo", "/proc/net/unix"] {
        let text = fs::read_to_string(table).unwrap_or_default();
        failures
            .extend(text.lines().filter(|line| line.contains(&root)).map(|line| format!("{table}: {line}")));
    }
    failures
}

/// Paths that differ between two snapshots, with `+`, `-` or `~` in front.
pub(super) fn changes(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let gone =
        before.keys().filter(|path| !after.contains_key(*path)).map(|path| format!("- {}", path.display()));
    let other = after.iter().filter_map(|(path, now)| match before.get(path) {
        None => Some(format!("+ {}", path.display())),
        Some(then) => (then != now).then(|| format!("~ {}", path.display())),
    });
    gone.chain(other).collect()
}

/// The end of a long text, on one line.
pub(super) fn tail(text: &str) -> String {
    let text = text.trim().replace('\n', " | ");
    let skip = text.chars().count().saturating_sub(1200);
    text.chars().skip(skip).collect()
}

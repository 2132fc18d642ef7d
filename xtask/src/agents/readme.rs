//! The README as a new user walks it, with the real Claude Code: the commands of its section on undoing, word by word, on a terminal,
//! with a yes typed wherever one is asked for, and how long it takes.

use std::fs;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::cases::{Do, Gate, Step};
use super::drive::{self, Drive, Plan, Stage};
use super::process;
use crate::report::Report;

/// The name of the case.
pub(super) const NAME: &str = "readme";

const README: &str = include_str!("../../../README.md");
const HEADING: &str = "## See what it did, and undo half of it";
/// What a new user needs at most.
const LONGEST: Duration = Duration::from_secs(120);

/// What is in the repository before.
const GREET: &str = "def greet(name):\n    return \"Hello \" + name\n\n\ndef leave(name):\n    return \"Bye \" + name\n\n\n# end\n";

const STEPS: &[Step] = &[
    Step { what: "reading", call: Do::Read("{project}/greet.py"), expect: &[] },
    Step {
        what: "an edit",
        call: Do::Edit("{project}/greet.py", "Hello \" +", "Good day, dear \" +"),
        expect: &[],
    },
    Step {
        what: "another one",
        call: Do::Edit("{project}/greet.py", "Bye \" +", "See you, \" +"),
        expect: &[],
    },
    Step { what: "a new file", call: Do::Write("{project}/test_greet.py", "import greet\n"), expect: &[] },
    Step { what: "a command", call: Do::Shell("mkdir notes && echo done > notes/summary.md"), expect: &[] },
];

/// The commands below the heading: what stands after `$ `, without the remark behind it.
fn commands() -> Vec<&'static str> {
    let section = README.split_once(HEADING).map_or("", |(_, rest)| rest);
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter_map(|line| line.trim().strip_prefix("$ "));
    lines.map(|line| line.split("  #").next().unwrap_or(line).trim()).collect()
}

/// Plays the case with Claude Code, which the README names.
pub(super) fn play(run: &Drive<'_>, report: &mut Report) {
    if run.agent.name == "claude" {
        let name = format!("{} {NAME}", run.agent.name);
        let played = walk(run).map(|(took, failures, seen)| {
            report.measured.push((name.clone(), seen));
            (took, failures)
        });
        drive::enter(&name, played, report);
    }
}

fn walk(run: &Drive<'_>) -> io::Result<(Duration, Vec<String>, String)> {
    let plan = Plan { name: NAME, gate: Gate::Run, config: "", steps: STEPS, trap: None };
    let mut stage = run.stage(plan)?;
    // The model stands on this machine; a new user's does not, and needs no word of it.
    let config = format!("{{ \"network\": {{ \"forward\": {{ \"model\": {} }} }} }}", stage.server.port());
    stage.world.write_home(".config/wardline/config.jsonc", &config)?;
    let programs = stage.world.root.join("bin").display().to_string();
    if let Some(path) = stage.environment.get_mut("PATH") {
        *path = format!("{programs}:{path}");
    }
    // A person is there.
    stage.environment.remove("CI");
    fs::write(stage.world.project.join("greet.py"), GREET)?;
    let begin = Instant::now();
    let mut failures = Vec::new();
    let mut screen = String::new();
    let commands = commands();
    for line in &commands {
        let (code, said) = typed(&stage, line)?;
        screen.push_str(&format!("$ {line}\n{said}"));
        if code != Some(0) {
            failures.push(format!("{line}: {code:?}: {}", drive::tail(&said)));
        }
        if line.starts_with("wardline run") {
            // What the person does meanwhile, in the same file.
            let file = stage.world.project.join("greet.py");
            fs::write(&file, fs::read_to_string(&file)?.replace("# end", "# the end"))?;
        }
    }
    let took = begin.elapsed();
    println!("{}", screen.replace('\r', ""));
    if commands.len() < 4 || took > LONGEST {
        failures.push(format!("{} commands in {took:.1?}", commands.len()));
    }
    failures.extend(half(&stage, &screen));
    failures.extend(drive::leftovers(&stage.world));
    process::clear(&stage.world.root);
    let seen =
        format!("{} commands of the README, word by word, in {:.1} s", commands.len(), took.as_secs_f64());
    Ok((took, failures, seen))
}

/// Runs a line as a person types it into a terminal, and says yes when asked.
fn typed(stage: &Stage, line: &str) -> io::Result<(Option<i32>, String)> {
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", line, "/dev/null"]);
    command.env_clear().envs(&stage.environment).current_dir(&stage.world.project);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(b"y\n")?;
    }
    let output = child.wait_with_output()?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// Half of what the agent did is undone; the other half and the person's own edit are there, and all of it was shown.
fn half(stage: &Stage, screen: &str) -> Vec<String> {
    let mut failures = Vec::new();
    let greet = GREET.replace("Bye ", "See you, ").replace("# end", "# the end");
    for (name, wanted) in [
        ("greet.py", Some(greet.as_str())),
        ("test_greet.py", Some("import greet\n")),
        ("notes/summary.md", None),
    ] {
        let found = fs::read_to_string(stage.world.project.join(name)).ok();
        if found.as_deref() != wanted {
            failures.push(format!("{name} is {found:?}, not {wanted:?}"));
        }
    }
    for part in [drive::FAREWELL, "@@ hunk 2", "-    return \"Hello \" + name", "notes/summary.md", "both"] {
        if !screen.contains(part) {
            failures.push(format!("{part:?} was not shown"));
        }
    }
    if !stage.server.seen().finished {
        failures.push("the script did not come to its end".to_owned());
    }
    failures
}

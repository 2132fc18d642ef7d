//! `wardline init`: installs the hooks of the agents found here, or removes them, after showing every change.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use wardline_hooks::{
    AgentKind, Change, Disk, Plan, World as Places, apply, detect, diff, plan_git, plan_install, plan_remove,
    remove_empty,
};
use wardline_monitor::{World, visible};

use crate::exit;
use crate::term::Style;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without --yes the changes are shown and you are asked. Comments in your files are kept; \
                        --remove restores them to the byte when nothing else changed."
)]
pub(crate) struct Init {
    /// Only this agent (claude, codex, gemini, cursor, kiro, opencode, kilo); repeatable
    #[arg(long = "agent", value_name = "AGENT", value_parser = agent)]
    agents: Vec<AgentKind>,
    /// Put the gate into this repository's git hooks: before a commit and before a push (and into no agent, unless
    /// --agent names one)
    #[arg(long)]
    git_hooks: bool,
    /// Take the hooks out again
    #[arg(long)]
    remove: bool,
    /// Show the changes and make none
    #[arg(long)]
    dry_run: bool,
    /// Ask nothing
    #[arg(long, short)]
    yes: bool,
    /// Print the plan as JSON, and make no change unless `--yes` is given too
    #[arg(long)]
    json: bool,
}

fn agent(word: &str) -> Result<AgentKind, String> {
    AgentKind::from_name(word).ok_or_else(|| {
        let known: Vec<&str> = AgentKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

/// The plans of all agents together.
#[derive(Default)]
struct Whole {
    agents: Vec<AgentKind>,
    changes: Vec<Change>,
    warnings: Vec<String>,
    remarks: Vec<String>,
    refusals: Vec<String>,
}

impl Init {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        let places = places(world);
        let whole = self.plan(&places);
        if self.json {
            println!("{}", json(&whole));
            if !self.yes {
                return ExitCode::from(code(&whole));
            }
        } else {
            self.show(&whole);
        }
        if whole.changes.is_empty() || self.dry_run {
            return ExitCode::from(code(&whole));
        }
        if !self.yes && !confirmed() {
            println!("nothing was changed");
            return ExitCode::from(exit::USAGE);
        }
        let made = match apply(&whole.changes) {
            Ok(made) => made,
            Err(e) => return exit::fail(exit::FAILED, e),
        };
        if let Err(e) = self.settle_directories(world, made) {
            eprintln!(
                "wardline: {e}; a directory that was made for a hook may stay when the hook is removed"
            );
        }
        if !self.json {
            println!("done; `wardline doctor` says what is in force now");
        }
        ExitCode::from(code(&whole))
    }

    /// Each agent is planned over the files as the agents before it would leave them, so shared files get all changes.
    fn plan(&self, places: &Places) -> Whole {
        let mut whole = Whole::default();
        if self.git_hooks {
            self.plan_git(places, &mut whole);
        }
        let agents = if self.git_hooks && self.agents.is_empty() {
            Vec::new()
        } else if self.agents.is_empty() {
            detect(places, &Disk).into_iter().map(|found| found.agent).collect()
        } else {
            self.agents.clone()
        };
        for agent in agents {
            let plan: Result<Plan, _> = if self.remove {
                plan_remove(agent, places, &Disk)
            } else {
                plan_install(agent, places, &Disk)
            };
            match plan {
                Ok(plan) => {
                    whole.agents.push(agent);
                    for change in plan.changes {
                        if !whole.changes.iter().any(|known| known.path == change.path) {
                            whole.changes.push(change);
                        }
                    }
                    whole.remarks.extend(plan.remarks.into_iter().map(|text| format!("{agent}: {text}")));
                    whole.warnings.extend(plan.warnings.into_iter().map(|text| format!("{agent}: {text}")));
                }
                Err(refusal) => whole.refusals.push(refusal.to_string()),
            }
        }
        whole
    }

    /// The gate in the hooks of the repository that one stands in.
    fn plan_git(&self, places: &Places, whole: &mut Whole) {
        let planned = hooks_of_git().and_then(|(hooks, common)| {
            if !hooks.starts_with(&common) && !self.remove {
                whole.remarks.push(format!(
                    "git: core.hooksPath says {}: what is put there is in force in every repository that uses it",
                    hooks.display()
                ));
            }
            plan_git(&hooks, &places.exe, &Disk, self.remove)
        });
        match planned {
            Ok(plan) => {
                whole.changes.extend(plan.changes);
                whole.warnings.extend(plan.warnings.into_iter().map(|text| format!("git: {text}")));
            }
            Err(e) => whole.refusals.push(format!("git: {e}")),
        }
    }

    /// Remembers the directories that an installation made, and removes those that a removal left empty: an empty
    /// directory says that an agent is here. One that the person made stays, empty or not.
    fn settle_directories(&self, world: &World, made: Vec<PathBuf>) -> Result<(), String> {
        let file = world.state.join("made-directories.json");
        let trouble = |e: std::io::Error| format!("{}: {e}", file.display());
        let mut known: Vec<PathBuf> = match std::fs::read_to_string(&file) {
            Ok(text) => serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(trouble(e)),
        };
        let before = known.clone();
        known.extend(made);
        let known = if self.remove { remove_empty(known) } else { known };
        if known == before {
            return Ok(());
        }
        if known.is_empty() {
            return std::fs::remove_file(&file).map_err(trouble);
        }
        let text = serde_json::to_string(&known).map_err(|e| format!("{}: {e}", file.display()))?;
        // As private as the journal beside it, whichever of them is made first.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&world.state).map_err(trouble)?;
        std::fs::write(&file, text).map_err(trouble)
    }

    fn show(&self, whole: &Whole) {
        let style = Style::of_stdout();
        if whole.agents.is_empty() && whole.refusals.is_empty() && !self.git_hooks {
            println!("no agent was found here; name one with --agent");
        }
        for change in &whole.changes {
            if let Some(note) = &change.note {
                println!("{} {}", style.bold(&change.path.display().to_string()), style.dim(note));
            }
        }
        print!("{}", visible_diff(&diff(&whole.changes)));
        for warning in &whole.warnings {
            println!("{} {warning}", style.bold("still to do:"));
        }
        for remark in &whole.remarks {
            println!("{} {remark}", style.bold("note:"));
        }
        for refusal in &whole.refusals {
            println!("{} {refusal}", style.bold("left alone:"));
        }
        if whole.changes.is_empty()
            && whole.refusals.is_empty()
            && (!whole.agents.is_empty() || self.git_hooks)
        {
            let git = self.git_hooks.then_some("git");
            let names: Vec<&str> = whole.agents.iter().map(|agent| agent.as_str()).chain(git).collect();
            let state =
                if self.remove { "no hooks of Wardline are in" } else { "everything is as it should be for" };
            println!("{state} {}", names.join(", "));
        }
    }
}

/// The diff with nothing hidden, line by line so that it stays a diff.
fn visible_diff(diff: &str) -> String {
    diff.lines().map(|line| format!("{}\n", visible(line))).collect()
}

/// Where git looks for this repository's hooks, as its settings say, and the directory that all its working trees share.
fn hooks_of_git() -> Result<(PathBuf, PathBuf), String> {
    let ask = |words: &[&str]| {
        let mut git = std::process::Command::new("git");
        let done = git.args(["rev-parse", "--path-format=absolute"]).args(words).output();
        let done = done.map_err(|e| format!("git cannot be run: {e}"))?;
        if done.status.success() {
            return Ok(PathBuf::from(String::from_utf8_lossy(&done.stdout).trim_end_matches('\n')));
        }
        let why = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        Err(format!("{why}; stand in a repository, or make one by `git init`"))
    };
    let (hooks, common) = (ask(&["--git-path", "hooks"])?, ask(&["--git-common-dir"])?);
    if hooks.symlink_metadata().is_ok() && !hooks.is_dir() {
        return Err(format!(
            "core.hooksPath says {}, which is no directory: git runs no hooks here",
            hooks.display()
        ));
    }
    Ok((hooks, common))
}

fn code(whole: &Whole) -> u8 {
    if whole.refusals.is_empty() { exit::OK } else { exit::FOUND }
}

fn confirmed() -> bool {
    if !std::io::stdin().is_terminal() {
        eprintln!("wardline: nobody is there to answer; use --yes, or --dry-run to look");
        return false;
    }
    print!("make these changes? [y/N] ");
    std::io::stdout().flush().ok();
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).ok();
    matches!(line.trim(), "y" | "Y" | "yes")
}

fn json(whole: &Whole) -> serde_json::Value {
    json!({
        "agents": whole.agents.iter().map(|agent| agent.as_str()).collect::<Vec<_>>(),
        "changes": whole.changes.iter().map(|change| json!({
            "path": change.path,
            "note": change.note,
            "creates": change.before.is_none(),
            "removes": change.after.is_none(),
        })).collect::<Vec<_>>(),
        "diff": diff(&whole.changes),
        "warnings": whole.warnings,
        "remarks": whole.remarks,
        "refusals": whole.refusals,
    })
}

/// Where the agents' files are in a world.
pub(crate) fn places(world: &World) -> Places {
    let mut places = Places::new(&world.home, &world.project, &world.executable);
    let absolute = |key: &str| world.variable(key).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(config) = absolute("XDG_CONFIG_HOME") {
        places.config_home = config;
    }
    if let Some(claude) = absolute("CLAUDE_CONFIG_DIR") {
        places.claude_home = claude;
    }
    if let Some(codex) = absolute("CODEX_HOME") {
        places.codex_home = codex;
    }
    places.wardline_home.clone_from(&world.config);
    places.path = std::env::split_paths(world.variable("PATH").unwrap_or_default()).collect();
    // The owner of one's own process directory is oneself.
    places.is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    places.claude_version = claude_version(&places);
    places
}

/// Claude Code's version from its own words, asked for only when it is installed.
fn claude_version(places: &Places) -> Option<(u32, u32, u32)> {
    let program = places.path.iter().map(|dir| dir.join("claude")).find(|path| path.is_file())?;
    let output = std::process::Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut parts = text.split_whitespace().next()?.split('.').map(|part| part.parse::<u32>().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

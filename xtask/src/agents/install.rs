//! Installs the pinned agents from the npm registry into a cache, each version in a folder of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::Agent;

/// Where agents are kept: `$WARDLINE_CACHE`; in continuous integration (`$CI`) the clone's `.cache/agents`, which a
/// runner can save; else a folder in the home that all clones share.
pub(super) fn cache(workspace: &Path) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let shared = || Some(PathBuf::from(variable("HOME")?).join(".cache/wardline-agents"));
    let own = variable("WARDLINE_CACHE").map(PathBuf::from);
    let home = if variable("CI").is_some() { None } else { shared() };
    own.or(home).unwrap_or_else(|| workspace.join(".cache/agents"))
}

/// The folder of one agent in the cache.
pub(super) fn folder(cache: &Path, agent: &Agent) -> PathBuf {
    cache.join(format!("{}-{}", agent.name, agent.version))
}

/// Makes sure that an agent is in the cache; the error is the reason why it is not.
///
/// The install happens beside the final place and moves there in one step, so that a half install is never taken for
/// a whole one and two installers at once do no harm.
pub(super) fn ensure(cache: &Path, agent: &Agent) -> Result<PathBuf, String> {
    let place = folder(cache, agent);
    if place.join("node_modules/.bin").join(agent.program).exists() {
        return Ok(place);
    }
    let started = Instant::now();
    eprintln!("agents: installing {} {} (some hundred megabytes) ...", agent.package, agent.version);
    let partial = cache.join(format!(".{}-{}.{}", agent.name, agent.version, std::process::id()));
    let outcome = install(&partial, agent).and_then(|()| settle(&partial, &place, agent));
    if partial.exists() {
        // Best effort: a leftover only costs space.
        fs::remove_dir_all(&partial).ok();
    }
    outcome?;
    eprintln!("agents: installed {} in {} s", agent.name, started.elapsed().as_secs());
    Ok(place)
}

fn install(partial: &Path, agent: &Agent) -> Result<(), String> {
    fs::create_dir_all(partial).map_err(|error| format!("{}: {error}", partial.display()))?;
    let output = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--no-update-notifier", "--prefix"])
        .arg(partial)
        .arg(format!("{}@{}", agent.package, agent.version))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("npm cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().filter(|line| line.contains("npm error")).take(3).collect::<Vec<_>>();
    Err(format!("npm install failed ({}): {}", output.status, last.join(" | ")))
}

fn settle(partial: &Path, place: &Path, agent: &Agent) -> Result<(), String> {
    if !partial.join("node_modules/.bin").join(agent.program).exists() {
        return Err(format!("{} installed no program `{}`", agent.package, agent.program));
    }
    let program = place.join("node_modules/.bin").join(agent.program);
    match fs::rename(partial, place) {
        Ok(()) => Ok(()),
        // Another installer was faster.
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && program.exists() => Ok(()),
        // Something else is in the way, such as a folder that somebody half removed.
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => fs::remove_dir_all(place)
            .and_then(|()| fs::rename(partial, place))
            .map_err(|error| format!("{}: {error}", place.display())),
        Err(error) => Err(format!("{}: {error}", place.display())),
    }
}

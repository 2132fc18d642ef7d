//! Makes a guarded run of a known agent: its hooks, its own directories, its model's hosts.

use std::ffi::OsString;
use std::path::Path;

use wardline_monitor::session::INSIDE_DIRECTORY;

use crate::install::{AgentKind, Disk, Injection, Refusal, World as Places, inject};
use crate::servers::{self, Servers};

/// A program that is known, ready to be guarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAgent {
    /// Which agent it is.
    pub agent: AgentKind,
    /// What it needs.
    pub profile: wardline_monitor::Profile,
    /// Its command line with the hooks' flags.
    pub argv: Vec<OsString>,
    /// What the person should know before it starts.
    pub warnings: Vec<String>,
}

/// What a known agent needs for a guarded run; `None` for any other program. `holds` says whether a capability manifest lies beside what
/// a command line starts.
///
/// # Errors
/// [`Refusal`] when an administrator's file that the hooks must be added to cannot be understood.
pub fn known_agent(
    places: &Places,
    argv: &[OsString],
    holds: &dyn Fn(&[OsString]) -> bool,
) -> Result<Option<KnownAgent>, Refusal> {
    let Some(agent) = argv.first().and_then(|program| AgentKind::of_program(Path::new(program))) else {
        return Ok(None);
    };
    let needs = crate::profile(agent);
    let mut injection = inject(agent, places, Path::new(INSIDE_DIRECTORY), &Disk)?;
    with_servers(&mut injection, servers::look(agent, places, &Disk, argv, holds));
    let below_home = |names: &[&str]| names.iter().map(|name| places.home.join(name)).collect();
    let profile = wardline_monitor::Profile {
        name: agent.as_str().to_owned(),
        writable: below_home(needs.write),
        readable: below_home(needs.read),
        pinned: pinned(places, needs.pinned),
        variables: needs.variables.iter().map(|name| (*name).to_owned()).collect(),
        set: injection.environment,
        hosts: needs.model_hosts.iter().map(|host| (*host).to_owned()).collect(),
        files: injection.files,
    };
    Ok(Some(KnownAgent {
        agent,
        profile,
        argv: with_flags(argv, &injection.arguments_before, &injection.arguments),
        warnings: injection.warnings,
    }))
}

/// Adds the servers that are narrowed in this run. Of two of one name, Claude Code takes the one on its command line.
fn with_servers(injection: &mut Injection, found: Servers) {
    injection.warnings.extend(found.told);
    if found.narrowed.is_empty() {
        return;
    }
    let path = Path::new(INSIDE_DIRECTORY).join("claude-servers.json");
    // In front of a flag: it takes every word up to the next one.
    let flags = ["--mcp-config".to_owned(), path.to_string_lossy().into_owned()];
    injection.arguments_before.splice(0..0, flags);
    injection.files.push((path, serde_json::json!({"mcpServers": found.narrowed}).to_string()));
}

/// What a known agent may not change in its own directories. Codex makes its directory of skills itself when it is not
/// there; one that is there holds the person's.
fn pinned(places: &Places, names: &[&str]) -> Vec<std::path::PathBuf> {
    let paths = names.iter().map(|name| places.home.join(name));
    paths.filter(|path| path.exists() || !path.ends_with(".codex/skills")).collect()
}

/// The person's command line with flags before and behind their own arguments.
fn with_flags(argv: &[OsString], before: &[String], behind: &[String]) -> Vec<OsString> {
    let (program, rest) = argv.split_at(argv.len().min(1));
    let flags = |list: &[String]| list.iter().map(OsString::from).collect::<Vec<_>>();
    [program.to_vec(), flags(before), rest.to_vec(), flags(behind)].concat()
}

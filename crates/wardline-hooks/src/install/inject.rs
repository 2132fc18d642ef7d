//! Hooks for one run of an agent, without a change to any file of the person.
//!
//! Everything is put where the agent's own lower layers (the person's settings, the project's) cannot take it away:
//! the administrator's files where there are such, seen only inside the sandbox.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::agents::{
    Desk, Direction, JsonFile, claude_entries, cursor_file, gemini_entries, gemini_switches, is_group,
};
use super::{AgentKind, Files, Refusal, World, codex, jsonc, plugin};

/// What `wardline run` adds to an agent's start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Injection {
    /// Arguments directly behind the program's name, before the person's own.
    pub arguments_before: Vec<String>,
    /// Arguments behind the person's own.
    pub arguments: Vec<String>,
    /// Environment variables to set; they win over the person's.
    pub environment: Vec<(String, String)>,
    /// Files to show read-only inside the sandbox: path there, and text.
    pub files: Vec<(PathBuf, String)>,
    /// What the person should know.
    pub warnings: Vec<String>,
}

/// The hooks of one guarded run.
///
/// `world` names things as they are *inside* the sandbox (its `exe` above all), `dir` is a directory there that only
/// Wardline fills, and `files` reads the host: an administrator's file that is already there is kept and added to.
///
/// # Errors
/// [`Refusal`] when such a file is not understood or forbids hooks.
pub fn inject(agent: AgentKind, world: &World, dir: &Path, files: &dyn Files) -> Result<Injection, Refusal> {
    let desk = Desk { agent, world, files, way: Direction::Install };
    match agent {
        AgentKind::Claude => Ok(claude(world, dir)),
        AgentKind::Codex => codex(&desk),
        AgentKind::Gemini => gemini(&desk, dir),
        AgentKind::Cursor => cursor(&desk),
        AgentKind::Kiro => Ok(kiro()),
        AgentKind::Opencode => Ok(with_plugin(agent, world, dir, "OPENCODE_CONFIG_CONTENT", OPENCODE)),
        AgentKind::Kilo => Ok(with_plugin(agent, world, dir, "KILO_CONFIG_CONTENT", KILO)),
    }
}

/// Variables that keep an agent from talking to anybody but its model.
const CLAUDE: &[(&str, &str)] =
    &[("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"), ("DISABLE_AUTOUPDATER", "1")];
const GEMINI: &[(&str, &str)] = &[("GEMINI_TELEMETRY_ENABLED", "false")];
const OPENCODE: &[(&str, &str)] = &[
    ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
    ("OPENCODE_DISABLE_SHARE", "1"),
    ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
];
const KILO: &[(&str, &str)] = &[
    ("KILO_DISABLE_AUTOUPDATE", "1"),
    ("KILO_DISABLE_SHARE", "1"),
    ("KILO_DISABLE_SESSION_INGEST", "1"),
    ("KILO_DISABLE_PRESENCE", "1"),
    ("KILO_DISABLE_CODEBASE_INDEXING", "1"),
    ("KILO_DISABLE_LSP_DOWNLOAD", "1"),
];

fn environment(fixed: &[(&str, &str)]) -> Vec<(String, String)> {
    fixed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// `--settings` ranks above the person's and the project's settings, so that neither can switch hooks off.
fn claude(world: &World, dir: &Path) -> Injection {
    let path = dir.join("claude-settings.json");
    let file = JsonFile {
        path: path.clone(),
        skeleton: json!({"disableAllHooks": false}),
        entries: claude_entries(world),
        ours: is_group,
        note: String::new(),
    };
    Injection {
        arguments_before: vec!["--settings".to_owned(), path.to_string_lossy().into_owned()],
        environment: environment(CLAUDE),
        files: vec![(path, jsonc::fresh(&file.whole()))],
        ..Injection::default()
    }
}

/// Codex asks for no trust in the administrator's file, and the person's own cannot switch its hooks off.
fn codex(desk: &Desk<'_>) -> Result<Injection, Refusal> {
    let path = codex::requirements_path(&desk.world.etc);
    let host = codex::without_block(&desk.text(&path)?.unwrap_or_default());
    let text =
        codex::with_block(&host, desk.world).map_err(|what| codex::refusal(desk, &path, &host, &what))?;
    Ok(Injection { files: vec![(path, text)], ..Injection::default() })
}

/// The system settings override the person's and the project's, but Gemini CLI only takes a file there that is root's on
/// the whole way, which inside an ordinary user's sandbox none is. So the hooks stand in the person's own settings
/// too, seen only inside; hooks with the same command run once.
fn gemini(desk: &Desk<'_>, dir: &Path) -> Result<Injection, Refusal> {
    let file = |path: PathBuf, skeleton: Value| JsonFile {
        path,
        skeleton,
        entries: gemini_entries(desk.world),
        ours: is_group,
        note: String::new(),
    };
    let on = json!({"hooksConfig": {"enabled": true}});
    let system = with_host(desk, &file(desk.world.etc.join("gemini-cli/settings.json"), on))?;
    let path = dir.join("gemini-settings.json");
    let mut environment = environment(GEMINI);
    environment.push(("GEMINI_CLI_SYSTEM_SETTINGS_PATH".to_owned(), path.to_string_lossy().into_owned()));
    let mut files = vec![(path, system)];
    let own = desk.world.home.join(".gemini/settings.json");
    let mut warnings = gemini_switches(desk, &own);
    if desk.files.is_file(&own) {
        let text = with_host(desk, &file(own.clone(), json!({})))?;
        files.push((own, text));
    } else if !desk.world.is_root {
        warnings.push(format!(
            "{} does not exist, so the hooks are not seen; start `gemini` once and choose how to sign in",
            own.display()
        ));
    }
    Ok(Injection { environment, files, warnings, ..Injection::default() })
}

fn cursor(desk: &Desk<'_>) -> Result<Injection, Refusal> {
    let file = cursor_file(desk.world, desk.world.etc.join("cursor/hooks.json"));
    let text = with_host(desk, &file)?;
    let warnings =
        vec!["hooks for Cursor's command line agent were never tried: the sandbox is what holds".to_owned()];
    Ok(Injection { files: vec![(file.path, text)], warnings, ..Injection::default() })
}

/// The administrator's file with our entries in it, or a new one.
fn with_host(desk: &Desk<'_>, file: &JsonFile) -> Result<String, Refusal> {
    match desk.json(file)? {
        Some(change) => Ok(change.after.unwrap_or_default()),
        None => Ok(desk.text(&file.path)?.unwrap_or_default()),
    }
}

/// Kiro reads hooks from its own directory only, where nothing may appear that the person has not put there.
fn kiro() -> Injection {
    let warnings = vec![
        "Kiro has hooks here only where `wardline init` installed them; without, the sandbox is what holds"
            .to_owned(),
    ];
    Injection { warnings, ..Injection::default() }
}

/// The variable's content is the last layer, and lists of plugins from all layers are joined.
fn with_plugin(
    agent: AgentKind,
    world: &World,
    dir: &Path,
    variable: &str,
    quiet: &[(&str, &str)],
) -> Injection {
    let path = dir.join(format!("{agent}.js"));
    let content: Value = json!({"plugin": [plugin::url(&path)], "autoupdate": false});
    let mut environment = environment(quiet);
    environment.push((variable.to_owned(), content.to_string()));
    Injection { environment, files: vec![(path, plugin::plugin_source(&world.exe))], ..Injection::default() }
}

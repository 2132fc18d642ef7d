//! What goes where, per agent: which file, which events, which form of entry, and what the person must be told.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::command::{Guard, HOST_TIMEOUT_SECONDS, hook_command, is_ours};
use super::files::Files;
use super::{AgentKind, Change, Plan, Refusal, World, codex, jsonc, plugin};
use crate::call::Dialect;

/// Which way a plan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Install,
    Remove,
}

/// An agent's configuration directory; that it exists says that the agent is here.
pub(crate) fn directory(agent: AgentKind, world: &World) -> PathBuf {
    match agent {
        AgentKind::Claude => world.claude_home.clone(),
        AgentKind::Codex => world.codex_home.clone(),
        AgentKind::Gemini => world.home.join(".gemini"),
        AgentKind::Cursor => world.home.join(".cursor"),
        AgentKind::Kiro => world.home.join(".kiro"),
        AgentKind::Opencode => world.config_home.join("opencode"),
        AgentKind::Kilo => world.config_home.join("kilo"),
    }
}

pub(crate) fn plan(
    agent: AgentKind,
    world: &World,
    files: &dyn Files,
    way: Direction,
) -> Result<Plan, Refusal> {
    let desk = Desk { agent, world, files, way };
    match agent {
        AgentKind::Claude => claude(&desk),
        AgentKind::Codex => codex::plan(&desk),
        AgentKind::Gemini => gemini(&desk),
        AgentKind::Cursor => cursor(&desk),
        AgentKind::Kiro => kiro(&desk),
        AgentKind::Opencode => with_plugin(&desk, "https://opencode.ai/config.json"),
        AgentKind::Kilo => with_plugin(&desk, "https://app.kilo.ai/config.json"),
    }
}

/// What planning one agent works with.
pub(crate) struct Desk<'a> {
    pub(crate) agent: AgentKind,
    pub(crate) world: &'a World,
    pub(crate) files: &'a dyn Files,
    pub(crate) way: Direction,
}

/// Wardline's entries in one JSON file of an agent.
pub(crate) struct JsonFile {
    pub(crate) path: PathBuf,
    /// What a new file holds besides the entries.
    pub(crate) skeleton: Value,
    /// Path of a list, and the item that must be in it.
    pub(crate) entries: Vec<(Vec<&'static str>, Value)>,
    /// Which items of those lists are ours.
    pub(crate) ours: fn(&Value) -> bool,
    pub(crate) note: String,
}

impl Desk<'_> {
    pub(crate) fn installs(&self) -> bool {
        self.way == Direction::Install
    }

    pub(crate) fn refusal(&self, file: &Path, line: usize, what: impl Into<String>) -> Refusal {
        Refusal { agent: self.agent, file: file.to_owned(), line, what: what.into() }
    }

    pub(crate) fn text(&self, path: &Path) -> Result<Option<String>, Refusal> {
        self.files.read(path).map_err(|what| self.refusal(path, 0, what))
    }

    /// A JSON file's value, if it is there.
    fn value(&self, path: &Path) -> Result<Option<Value>, Refusal> {
        match self.text(path)? {
            Some(text) if !text.trim().is_empty() => {
                let root =
                    jsonc::parse(&text).map_err(|trouble| self.refusal(path, trouble.line, trouble.what))?;
                Ok(Some(root.value()))
            }
            _ => Ok(None),
        }
    }

    /// One value in a JSON file that only a warning depends on: what cannot be read is as if it were not there.
    fn glance(&self, path: &Path, pointer: &str) -> Value {
        let whole = self.value(path).ok().flatten();
        whole.and_then(|value| value.pointer(pointer).cloned()).unwrap_or(Value::Null)
    }

    /// The change to one JSON file, if any.
    pub(crate) fn json(&self, file: &JsonFile) -> Result<Option<Change>, Refusal> {
        let before = self.text(&file.path)?;
        let text = before.clone().unwrap_or_default();
        let after = match self.way {
            Direction::Install if text.trim().is_empty() => {
                Some(format!("{text}{}", jsonc::fresh(&file.whole())))
            }
            Direction::Install => Some(
                file.entries
                    .iter()
                    .try_fold(text, |text, (path, item)| jsonc::ensure_item(&text, path, item, &file.ours))
                    .map_err(|trouble| self.refusal(&file.path, trouble.line, trouble.what))?,
            ),
            Direction::Remove if text.trim().is_empty() => before.clone(),
            Direction::Remove => self.without(file, &text)?,
        };
        Ok((after != before).then(|| Change {
            path: file.path.clone(),
            before,
            after,
            mode: None,
            note: Some(file.note.clone()),
        }))
    }

    /// The file without our entries; `None` when it held nothing else because we made it.
    fn without(&self, file: &JsonFile, text: &str) -> Result<Option<String>, Refusal> {
        let refuse = |trouble: jsonc::Trouble| self.refusal(&file.path, trouble.line, trouble.what);
        let whole = jsonc::parse(text).map_err(refuse)?.value();
        let rest = file
            .entries
            .iter()
            .rev()
            .try_fold(text.to_owned(), |text, (path, _)| jsonc::remove_items(&text, path, &file.ours))
            .map_err(refuse)?;
        let bare = jsonc::parse(&rest).map_err(refuse)?.value() == file.skeleton;
        let blanks = text.len() - text.trim_start().len();
        let made = bare && rest != text && text.get(blanks..) == Some(jsonc::fresh(&whole).as_str());
        Ok(match (made, text.get(..blanks)) {
            (true, Some("") | None) => None,
            (true, Some(blanks)) => Some(blanks.to_owned()),
            (false, _) => Some(rest),
        })
    }

    /// The change to a file that is wholly Wardline's.
    pub(crate) fn own(
        &self,
        path: PathBuf,
        text: String,
        ours: bool,
        note: &str,
    ) -> Result<Option<Change>, Refusal> {
        let before = self.text(&path)?;
        let after = match self.way {
            Direction::Install => Some(text),
            Direction::Remove if ours => None,
            Direction::Remove => before.clone(),
        };
        Ok((after != before).then(|| Change { path, before, after, mode: None, note: Some(note.to_owned()) }))
    }
}

impl JsonFile {
    /// A new file's content.
    pub(crate) fn whole(&self) -> Value {
        let mut whole = self.skeleton.clone();
        for (path, item) in &self.entries {
            add(&mut whole, path, item);
        }
        whole
    }
}

fn add(at: &mut Value, path: &[&str], item: &Value) {
    match (path.split_first(), at) {
        (None, Value::Array(items)) => items.push(item.clone()),
        (None, other) => *other = json!([item]),
        (Some((name, rest)), Value::Object(members)) => {
            add(members.entry(*name).or_insert(Value::Null), rest, item);
        }
        (Some((name, rest)), other) => {
            let mut inner = Value::Null;
            add(&mut inner, rest, item);
            *other = json!({ *name: inner });
        }
    }
}

/// `{matcher, hooks: [{type, command}]}`: the form of Claude Code, Codex and Gemini CLI.
pub(crate) fn is_group(item: &Value) -> bool {
    let hooks = item.get("hooks").and_then(Value::as_array);
    hooks.is_some_and(|hooks| !hooks.is_empty() && hooks.iter().all(is_entry))
}

/// `{command}`: the form of Cursor and Kiro.
fn is_entry(item: &Value) -> bool {
    item.get("command").and_then(Value::as_str).is_some_and(is_ours)
}

/// One group of the form that three agents share. `timeout` is in the agent's own unit.
pub(crate) fn group(world: &World, dialect: Dialect, event: &Event, timeout: u64) -> Value {
    let command = hook_command(&world.exe, dialect, event.guard);
    let hook = if dialect == Dialect::Claude && event.guard == Guard::Gate && world.claude_blocks_on_failure()
    {
        json!({"type": "command", "command": command, "timeout": timeout, "onFailure": "block"})
    } else {
        json!({"type": "command", "command": command, "timeout": timeout})
    };
    if event.tool { json!({"matcher": "*", "hooks": [hook]}) } else { json!({"hooks": [hook]}) }
}

/// One event that a hook is installed for.
pub(crate) struct Event {
    pub(crate) name: &'static str,
    /// What becomes of it when the hook fails.
    pub(crate) guard: Guard,
    /// The event is about a tool and takes a matcher.
    pub(crate) tool: bool,
}

pub(crate) const fn gate(name: &'static str) -> Event {
    Event { name, guard: Guard::Gate, tool: true }
}

pub(crate) const fn after(name: &'static str) -> Event {
    Event { name, guard: Guard::Report, tool: true }
}

pub(crate) const fn turn(name: &'static str) -> Event {
    Event { name, guard: Guard::Report, tool: false }
}

pub(crate) const fn end(name: &'static str) -> Event {
    Event { name, guard: Guard::End, tool: false }
}

/// The settings entries of Claude Code.
pub(crate) fn claude_entries(world: &World) -> Vec<(Vec<&'static str>, Value)> {
    let events = [gate("PreToolUse"), after("PostToolUse"), end("Stop"), turn("SessionStart")];
    // Told apart from a success only by versions that are new enough to be recognised.
    let failure = world.claude_blocks_on_failure().then_some(after("PostToolUseFailure"));
    let entry = |event: Event| {
        (vec!["hooks", event.name], group(world, Dialect::Claude, &event, HOST_TIMEOUT_SECONDS))
    };
    events.into_iter().chain(failure).map(entry).collect()
}

fn claude(desk: &Desk<'_>) -> Result<Plan, Refusal> {
    let world = desk.world;
    let path = world.claude_home.join("settings.json");
    let mut entries = claude_entries(world);
    if !desk.installs() {
        // Installed by a version that knew it.
        entries.push((vec!["hooks", "PostToolUseFailure"], Value::Null));
    }
    let file =
        JsonFile { path, skeleton: json!({}), entries, ours: is_group, note: "Claude Code hooks".to_owned() };
    let changes = desk.json(&file)?.into_iter().collect();
    let (mut warnings, mut remarks) = (Vec::new(), Vec::new());
    if desk.installs() {
        let project = world.project.join(".claude");
        for settings in [file.path, project.join("settings.json"), project.join("settings.local.json")] {
            if desk.glance(&settings, "/disableAllHooks") == true {
                warnings.push(format!(
                    "{}: `disableAllHooks` switches every hook off; remove it",
                    settings.display()
                ));
            }
        }
        let managed = world.etc.join("claude-code/managed-settings.json");
        if desk.glance(&managed, "/allowManagedHooksOnly") == true {
            warnings.push(format!("{}: only managed hooks run here; wardline's will not", managed.display()));
        }
        if !world.claude_blocks_on_failure() {
            let version = match world.claude_version {
                Some(_) => "this Claude Code is older than 2.1.295: it runs",
                None => "version unknown: a Claude Code older than 2.1.295 runs",
            };
            remarks.push(format!(
                "{version} a tool when a hook takes longer than its time; `wardline run` closes that"
            ));
        }
    }
    Ok(Plan { changes, warnings, remarks })
}

/// The settings entries of Gemini CLI. Its timeouts are in milliseconds.
pub(crate) fn gemini_entries(world: &World) -> Vec<(Vec<&'static str>, Value)> {
    [gate("BeforeTool"), after("AfterTool"), end("AfterAgent"), turn("SessionStart")]
        .into_iter()
        .map(|event| {
            (vec!["hooks", event.name], group(world, Dialect::Gemini, &event, HOST_TIMEOUT_SECONDS * 1000))
        })
        .collect()
}

fn gemini(desk: &Desk<'_>) -> Result<Plan, Refusal> {
    let path = desk.world.home.join(".gemini/settings.json");
    let entries = gemini_entries(desk.world);
    let file =
        JsonFile { path, skeleton: json!({}), entries, ours: is_group, note: "Gemini CLI hooks".to_owned() };
    let changes = desk.json(&file)?.into_iter().collect();
    let (mut warnings, mut remarks) = (Vec::new(), Vec::new());
    if desk.installs() {
        warnings.extend(gemini_switches(desk, &file.path));
        remarks.push(
            "Gemini CLI runs no hooks at all in a folder that it does not trust, and runs a tool when a hook is killed \
             together with its shell or takes longer than its time; `wardline run` closes that"
                .to_owned(),
        );
    }
    Ok(Plan { changes, warnings, remarks })
}

/// What switches Gemini CLI's hooks off, in the person's settings or the project's.
pub(crate) fn gemini_switches(desk: &Desk<'_>, own: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    for path in [own.to_owned(), desk.world.project.join(".gemini/settings.json")] {
        if desk.glance(&path, "/hooksConfig/enabled") == false {
            warnings
                .push(format!("{}: `hooksConfig.enabled` is false: no hook runs; remove it", path.display()));
        }
        let disabled = desk.glance(&path, "/hooksConfig/disabled");
        if disabled.as_array().into_iter().flatten().filter_map(Value::as_str).any(is_ours) {
            warnings
                .push(format!("{}: `hooksConfig.disabled` names wardline's hook; remove it", path.display()));
        }
    }
    warnings
}

/// Cursor's hooks file.
pub(crate) fn cursor_file(world: &World, path: PathBuf) -> JsonFile {
    let command = |guard: Guard| hook_command(&world.exe, Dialect::Cursor, guard);
    let gates = ["preToolUse", "beforeShellExecution", "beforeMCPExecution", "beforeReadFile"].map(|event| {
        let item =
            json!({"command": command(Guard::Gate), "timeout": HOST_TIMEOUT_SECONDS, "failClosed": true});
        (vec!["hooks", event], item)
    });
    let reports = ["afterShellExecution", "afterMCPExecution", "afterFileEdit", "stop"].map(|event| {
        (vec!["hooks", event], json!({"command": command(Guard::Report), "timeout": HOST_TIMEOUT_SECONDS}))
    });
    JsonFile {
        path,
        skeleton: json!({"version": 1}),
        entries: gates.into_iter().chain(reports).collect(),
        ours: is_entry,
        note: "Cursor hooks".to_owned(),
    }
}

fn cursor(desk: &Desk<'_>) -> Result<Plan, Refusal> {
    let file = cursor_file(desk.world, desk.world.home.join(".cursor/hooks.json"));
    let mut warnings = Vec::new();
    let exists = desk.files.is_file(&file.path);
    if desk.installs() && exists && desk.glance(&file.path, "/version") != 1 {
        warnings.push(format!("{}: has no `\"version\": 1`; Cursor may not read it", file.path.display()));
    }
    Ok(Plan { changes: desk.json(&file)?.into_iter().collect(), warnings, ..Plan::default() })
}

fn kiro(desk: &Desk<'_>) -> Result<Plan, Refusal> {
    let home = desk.world.home.join(".kiro");
    let mut changes = Vec::new();
    let whole = home.join("hooks/wardline.json");
    let ours =
        desk.value(&whole)?.is_some_and(|value| value.pointer("/hooks/0/name") == Some(&"wardline".into()));
    changes.extend(desk.own(
        whole,
        jsonc::fresh(&kiro_hooks(desk.world)),
        ours,
        "Kiro hooks (IDE 1.x and CLI 3)",
    )?);
    let mut agents: Vec<String> = Vec::new();
    for dir in [home.join("agents"), desk.world.project.join(".kiro/agents")] {
        for path in
            desk.files.list(&dir).into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "json"))
        {
            let change = desk.json(&kiro_agent(desk.world, path.clone()))?;
            agents.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
            changes.extend(change);
        }
    }
    let (mut warnings, mut remarks) = (Vec::new(), Vec::new());
    if desk.installs() {
        let covered = if agents.is_empty() { "none".to_owned() } else { agents.join(", ") };
        warnings.push(format!(
            "Kiro CLI 2 takes hooks from an agent's own file only. Covered agents: {covered}. Its built-in default agent \
             has no file and stays without hooks: start it with `--agent` and one of these, or use `wardline run`"
        ));
        remarks.push(
            "Kiro cannot be kept from ending its turn: the completion check does not block there".to_owned(),
        );
    }
    Ok(Plan { changes, warnings, remarks })
}

/// The hooks file that Kiro's IDE 1.x and command line 3 read.
fn kiro_hooks(world: &World) -> Value {
    let hook = |name: &str, trigger: &str, guard: Guard| {
        json!({
            "name": name, "trigger": trigger, "matcher": ".*",
            "action": {"type": "command", "command": hook_command(&world.exe, Dialect::Kiro, guard)},
            "timeout": HOST_TIMEOUT_SECONDS, "enabled": true,
        })
    };
    json!({
        "version": "v1",
        "hooks": [hook("wardline", "PreToolUse", Guard::Gate), hook("wardline-outcome", "PostToolUse", Guard::Report)],
    })
}

/// The hooks inside one agent of Kiro's command line 2.
fn kiro_agent(world: &World, path: PathBuf) -> JsonFile {
    let item = |guard: Guard| {
        json!({
            "matcher": "*", "command": hook_command(&world.exe, Dialect::Kiro, guard),
            "timeout_ms": HOST_TIMEOUT_SECONDS * 1000,
        })
    };
    let note = format!("Kiro hooks of the agent {}", path.file_stem().unwrap_or_default().to_string_lossy());
    JsonFile {
        path,
        skeleton: json!({}),
        entries: vec![
            (vec!["hooks", "preToolUse"], item(Guard::Gate)),
            (vec!["hooks", "postToolUse"], item(Guard::Report)),
        ],
        ours: is_entry,
        note,
    }
}

/// opencode and Kilo: the plugin file, and its name in the configuration.
fn with_plugin(desk: &Desk<'_>, schema: &str) -> Result<Plan, Refusal> {
    let dir = directory(desk.agent, desk.world);
    let name = desk.agent.as_str();
    // The last of these that exists wins in the agent.
    let candidates = [format!("{name}.jsonc"), format!("{name}.json")];
    let existing = candidates.iter().map(|file| dir.join(file)).find(|path| desk.files.is_file(path));
    let plugin_file = plugin::file(desk.world, desk.agent);
    let file = JsonFile {
        path: existing.unwrap_or_else(|| dir.join(format!("{name}.json"))),
        skeleton: json!({"$schema": schema}),
        entries: vec![(vec!["plugin"], Value::from(plugin::url(&plugin_file)))],
        ours: plugin::is_ours,
        note: format!("the plugin in {name}'s configuration"),
    };
    let ours = desk.text(&plugin_file)?.is_some_and(|text| text.starts_with(plugin::HEAD));
    let source = plugin::plugin_source(&desk.world.exe);
    let mut changes: Vec<Change> =
        desk.own(plugin_file, source, ours, "the plugin that asks wardline")?.into_iter().collect();
    changes.extend(desk.json(&file)?);
    let mut remarks = Vec::new();
    if desk.installs() {
        remarks.push(format!(
            "{name} cannot ask a person from a plugin: what wardline would ask is refused, with the rule to change. \
             `{name} --pure` and its environment variable switch every plugin off; `wardline run` does not pass them on"
        ));
    }
    Ok(Plan { changes, remarks, ..Plan::default() })
}

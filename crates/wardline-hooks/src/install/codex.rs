//! Codex: hooks of a user's own file are skipped without a word until they are trusted; the administrator's file is not.

use std::path::{Path, PathBuf};

use serde_json::json;
use toml_edit::{DocumentMut, Item};

use super::agents::{Desk, Direction, Event, JsonFile, after, end, gate, group, is_group, turn};
use super::command::{HOST_TIMEOUT_SECONDS, hook_command, is_ours};
use super::{Change, Plan, Refusal, World};
use crate::call::Dialect;

const EVENTS: [Event; 5] =
    [gate("PreToolUse"), gate("PermissionRequest"), after("PostToolUse"), end("Stop"), turn("SessionStart")];

const OPEN: &str = "# >>> wardline: written by `wardline init`, removed by `wardline init --remove`";
const CLOSE: &str = "# <<< wardline";
/// Added to the opening line when the text before had no line break at its end: removal takes ours away again.
const JOINED: &str = " (joined)";

pub(crate) fn plan(desk: &Desk<'_>) -> Result<Plan, Refusal> {
    let managed = requirements_path(&desk.world.etc);
    let text = desk.text(&managed)?;
    let there = text.as_deref().is_some_and(|text| text.contains(OPEN));
    match desk.way {
        Direction::Install if desk.world.is_root => install_managed(desk, &managed, text),
        Direction::Install if there => Ok(Plan::default()),
        Direction::Install => install_user(desk, &managed),
        Direction::Remove => remove(desk, &managed, text, there),
    }
}

fn user_file(world: &World) -> JsonFile {
    let entry = |event: &Event| {
        (vec!["hooks", event.name], group(world, Dialect::Codex, event, HOST_TIMEOUT_SECONDS))
    };
    JsonFile {
        path: world.codex_home.join("hooks.json"),
        skeleton: json!({}),
        entries: EVENTS.iter().map(entry).collect(),
        ours: is_group,
        note: "Codex hooks; not in force before they are trusted".to_owned(),
    }
}

fn install_user(desk: &Desk<'_>, managed: &Path) -> Result<Plan, Refusal> {
    let file = user_file(desk.world);
    let changes = desk.json(&file)?.into_iter().collect();
    let mut warnings = vec![format!(
        "NOT IN FORCE YET: Codex skips hooks it does not trust, without a word. Either start `codex`, open `/hooks` and \
         trust the {} hooks of {}; or run `sudo wardline init` once, which writes {} and needs no trust. \
         `wardline run -- codex` needs neither",
        EVENTS.len(),
        file.path.display(),
        managed.display(),
    )];
    warnings.extend(switched_off(desk));
    Ok(Plan { changes, warnings, ..Plan::default() })
}

/// The person's own configuration may switch hooks off; only the administrator's file can forbid that.
fn switched_off(desk: &Desk<'_>) -> Option<String> {
    let path = desk.world.codex_home.join("config.toml");
    let document: DocumentMut = desk.files.read(&path).ok()??.parse().ok()?;
    let features = document.get("features")?;
    let off =
        ["hooks", "codex_hooks"].iter().any(|key| features.get(key).and_then(Item::as_bool) == Some(false));
    off.then(|| format!("{}: `[features]` switches hooks off; remove it", path.display()))
}

fn install_managed(desk: &Desk<'_>, managed: &Path, before: Option<String>) -> Result<Plan, Refusal> {
    let text = before.clone().unwrap_or_default();
    let rest = without_block(&text);
    let after = with_block(&rest, desk.world).map_err(|what| refusal(desk, managed, &rest, &what))?;
    let note = Some("Codex hooks for everybody on this machine; no trust needed".to_owned());
    let after = Some(after);
    let changes: Vec<Change> = (after != before)
        .then(|| Change { path: managed.to_owned(), before, after, mode: None, note })
        .into_iter()
        // The hooks in the person's own file would decide every call a second time.
        .chain(Desk { way: Direction::Remove, ..*desk }.json(&user_file(desk.world))?)
        .collect();
    Ok(Plan { changes, ..Plan::default() })
}

fn remove(desk: &Desk<'_>, managed: &Path, before: Option<String>, there: bool) -> Result<Plan, Refusal> {
    let mut plan = Plan::default();
    if there && desk.world.is_root {
        let rest = before.as_deref().map(without_block);
        let after = rest.filter(|rest| !rest.is_empty());
        let note = Some("Codex hooks for everybody on this machine".to_owned());
        plan.changes.push(Change { path: managed.to_owned(), before, after, mode: None, note });
    } else if there {
        plan.warnings
            .push(format!("{}: the hooks for everybody stay; remove them as root", managed.display()));
    }
    plan.changes.extend(desk.json(&user_file(desk.world))?);
    Ok(plan)
}

pub(crate) fn refusal(desk: &Desk<'_>, file: &Path, text: &str, what: &Bad) -> Refusal {
    let line = what.at.map_or(0, |at| super::jsonc::line_of(text, at));
    desk.refusal(file, line, what.text.clone())
}

pub(crate) struct Bad {
    at: Option<usize>,
    text: String,
}

/// The text with our block at its end, if that means what it should.
pub(crate) fn with_block(text: &str, world: &World) -> Result<String, Bad> {
    let document: DocumentMut = parse(text)?;
    let bad = |text: &str| Bad { at: None, text: text.to_owned() };
    if let Some(hooks) = document.get("hooks")
        && !(hooks.is_table()
            && EVENTS.iter().all(|event| hooks.get(event.name).is_none_or(Item::is_array_of_tables)))
    {
        return Err(bad("`hooks` is not written as a table, so nothing can be added to it"));
    }
    let features = document.get("features");
    let pinned = features.and_then(|features| features.get("hooks").or_else(|| features.get("codex_hooks")));
    if pinned.and_then(Item::as_bool) == Some(false) {
        return Err(bad("`[features]` forces hooks off on this machine"));
    }
    let (gap, joined) = if text.is_empty() || text.ends_with('\n') { ("", "") } else { ("\n", JOINED) };
    let managed_dir = document.get("hooks").is_none().then(|| world.etc.join("codex"));
    let block = requirements(world, features.is_none(), managed_dir.as_deref());
    let whole = format!("{text}{gap}{OPEN}{joined}\n{block}{CLOSE}\n");
    // What was put together is read back: a block that lands in the wrong table protects nobody.
    let checked = parse(&whole)?;
    if EVENTS.iter().all(|event| has_ours(&checked, event.name)) {
        Ok(whole)
    } else {
        Err(bad("the hooks cannot be added at its end"))
    }
}

/// Whether Codex will find a hook of ours for an event.
fn has_ours(document: &DocumentMut, event: &str) -> bool {
    let groups = document.get("hooks").and_then(|hooks| hooks.get(event)).and_then(Item::as_array_of_tables);
    let hooks =
        groups.into_iter().flatten().filter_map(|group| group.get("hooks")?.as_array_of_tables()).flatten();
    hooks.filter_map(|hook| hook.get("command")?.as_str()).any(is_ours)
}

fn parse(text: &str) -> Result<DocumentMut, Bad> {
    text.parse().map_err(|error: toml_edit::TomlError| Bad {
        at: Some(error.span().map_or(0, |span| span.start)),
        text: error.message().to_owned(),
    })
}

/// The text without our block, and without the line break that the block needed before it.
pub(crate) fn without_block(text: &str) -> String {
    let Some((before, rest)) = text.split_once(OPEN) else { return text.to_owned() };
    let behind = rest.split_once(CLOSE).map_or("", |(_, behind)| behind.strip_prefix('\n').unwrap_or(behind));
    let before = if rest.starts_with(JOINED) { before.strip_suffix('\n').unwrap_or(before) } else { before };
    format!("{before}{behind}")
}

/// The administrator's form of the hooks. `features` pins hooks on, `managed_dir` is where Codex expects them to live.
fn requirements(world: &World, features: bool, managed_dir: Option<&Path>) -> String {
    let mut text = String::new();
    if features {
        text.push_str("[features]\nhooks = true\n");
    }
    if let Some(dir) = managed_dir {
        text.push_str(&format!("[hooks]\nmanaged_dir = {}\n", toml_text(&dir.to_string_lossy())));
    }
    for event in &EVENTS {
        let matcher = if event.tool { "matcher = \"*\"\n" } else { "" };
        let command = toml_text(&hook_command(&world.exe, Dialect::Codex, event.guard));
        text.push_str(&format!(
            "[[hooks.{0}]]\n{matcher}[[hooks.{0}.hooks]]\ntype = \"command\"\ncommand = {command}\ntimeout = {HOST_TIMEOUT_SECONDS}\n",
            event.name
        ));
    }
    text
}

/// Where the administrator's file lies.
pub(crate) fn requirements_path(etc: &Path) -> PathBuf {
    etc.join("codex/requirements.toml")
}

fn toml_text(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

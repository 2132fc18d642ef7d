//! Installing and removing, per agent, over files in memory and on disk.
#![cfg(test)]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use wardline_hooks::{
    AgentKind, Disk, Files as _, Memory, World, apply, detect, diff, inject, plan_install, plan_remove,
};

fn world() -> World {
    World::new(Path::new("/home/p"), Path::new("/w"), Path::new("/usr/bin/wardline"))
}

fn root() -> World {
    World { is_root: true, ..world() }
}

fn memory(texts: &[(&str, &str)]) -> Memory {
    Memory { texts: texts.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect() }
}

fn install(agent: AgentKind, world: &World, files: &mut Memory) {
    let plan = plan_install(agent, world, files).unwrap_or_else(|refusal| panic!("{refusal}"));
    files.apply(&plan.changes);
}

fn remove(agent: AgentKind, world: &World, files: &mut Memory) {
    let plan = plan_remove(agent, world, files).unwrap_or_else(|refusal| panic!("{refusal}"));
    files.apply(&plan.changes);
}

/// Where each agent keeps its configuration, and a lived-in one.
const LIVED_IN: &[(AgentKind, &str, &str)] = &[
    (
        AgentKind::Claude,
        "/home/p/.claude/settings.json",
        "{\n  \"model\": \"opus\",\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\"matcher\": \"Bash\", \"hooks\": [{\"type\": \"command\", \"command\": \"mine.sh\"}]}\n    ]\n  }\n}\n",
    ),
    (
        AgentKind::Codex,
        "/home/p/.codex/hooks.json",
        "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"x\"}]}]}}",
    ),
    (
        AgentKind::Gemini,
        "/home/p/.gemini/settings.json",
        "{\n\t// theme\n\t\"ui\": {\"theme\": \"Dark\"}, /* last */\n}\n",
    ),
    (
        AgentKind::Cursor,
        "/home/p/.cursor/hooks.json",
        "{\"version\": 1, \"hooks\": {\"stop\": [{\"command\": \"./s.sh\"}]}}\n",
    ),
    (
        AgentKind::Kiro,
        "/home/p/.kiro/agents/mine.json",
        "{\n  \"name\": \"mine\",\n  \"hooks\": {\"agentSpawn\": [{\"command\": \"git status\"}]}\n}\n",
    ),
    (
        AgentKind::Opencode,
        "/home/p/.config/opencode/opencode.jsonc",
        "{\n  // providers\n  \"plugin\": [\"opencode-x\"], // one\n  \"share\": \"disabled\",\n}\n",
    ),
    (AgentKind::Kilo, "/home/p/.config/kilo/kilo.jsonc", "{\n  \"permission\": {\"*\": \"ask\"} // all\n}\n"),
];

#[test]
fn a_lived_in_configuration_keeps_every_byte_of_its_own() {
    for (agent, path, text) in LIVED_IN {
        let mut files = memory(&[(path, text)]);
        let before = files.clone();
        install(*agent, &world(), &mut files);
        let installed = files.texts[Path::new(path)].clone();
        assert_ne!(&installed, text, "{agent}");
        for line in text.lines().flat_map(|line| line.split([',', '{', '}', '[', ']'])).map(str::trim) {
            assert!(installed.contains(line), "{agent}: {line:?} is gone from {installed}");
        }
        assert!(
            plan_install(*agent, &world(), &files).unwrap().changes.is_empty(),
            "{agent}: installed twice"
        );
        remove(*agent, &world(), &mut files);
        assert_eq!(files, before, "{agent}");
    }
}

#[test]
fn an_agent_without_configuration_is_left_without_any() {
    for agent in AgentKind::ALL {
        for world in [world(), root()] {
            let mut files = Memory::default();
            install(agent, &world, &mut files);
            assert!(!files.texts.is_empty(), "{agent}");
            for (path, text) in &files.texts {
                assert!(text.contains("/usr/bin/wardline") || text.contains("plugin"), "{}", path.display());
            }
            assert!(plan_install(agent, &world, &files).unwrap().changes.is_empty(), "{agent}");
            remove(agent, &world, &mut files);
            assert_eq!(files, Memory::default(), "{agent}");
        }
    }
}

#[test]
fn another_place_of_the_program_replaces_the_old_hooks() {
    let moved = World { exe: PathBuf::from("/opt/w l/wardline"), ..world() };
    for agent in AgentKind::ALL {
        let mut files = Memory::default();
        install(agent, &world(), &mut files);
        install(agent, &moved, &mut files);
        let all: String = files.texts.values().cloned().collect();
        assert!(all.contains("/opt/w l/wardline") && !all.contains("/usr/bin/wardline"), "{agent}: {all}");
        let mut fresh = Memory::default();
        install(agent, &moved, &mut fresh);
        assert_eq!(files, fresh, "{agent}");
    }
}

#[test]
fn a_broken_configuration_refuses_its_agent_with_the_line() {
    for (agent, path, _) in LIVED_IN {
        let files = memory(&[(path, "{\n  \"a\": 1,,\n}")]);
        for plan in [plan_install(*agent, &world(), &files), plan_remove(*agent, &world(), &files)] {
            let refusal = plan.unwrap_err();
            assert_eq!((refusal.file.to_str(), refusal.line), (Some(*path), 2), "{agent}");
            assert!(refusal.to_string().contains(&format!("{path}:2:")), "{refusal}");
        }
    }
}

#[test]
fn codex_hooks_go_where_they_count() {
    let managed = "/etc/codex/requirements.toml";
    let bases = [
        "",
        "allowed_approval_policies = [\"never\"]\n",
        "# no end",
        "[features]\nother = true\n",
        "[hooks]\nmanaged_dir = \"/opt/hooks\"\n[[hooks.PreToolUse]]\n[[hooks.PreToolUse.hooks]]\ntype = \"command\"\ncommand = \"x\"\n",
    ];
    for base in bases {
        let mut files = memory(&[(managed, base)]);
        if base.is_empty() {
            files = Memory::default();
        }
        let before = files.clone();
        install(AgentKind::Codex, &root(), &mut files);
        let text = &files.texts[Path::new(managed)];
        let parsed: toml_edit::DocumentMut = text.parse().unwrap_or_else(|error| panic!("{error}: {text}"));
        for event in ["PreToolUse", "PermissionRequest", "PostToolUse", "Stop", "SessionStart"] {
            let groups =
                parsed["hooks"][event].as_array_of_tables().unwrap_or_else(|| panic!("{event}: {text}"));
            let last = groups.iter().last().unwrap()["hooks"].as_array_of_tables().unwrap().get(0).unwrap();
            assert!(last["command"].as_str().unwrap().contains("hook codex"), "{text}");
        }
        assert!(plan_install(AgentKind::Codex, &root(), &files).unwrap().changes.is_empty());
        assert!(
            plan_install(AgentKind::Codex, &world(), &files).unwrap().changes.is_empty(),
            "nothing to add as a user"
        );
        assert!(
            !plan_remove(AgentKind::Codex, &world(), &files).unwrap().warnings.is_empty(),
            "a user cannot remove it"
        );
        remove(AgentKind::Codex, &root(), &mut files);
        assert_eq!(files, before);
    }
    let user = plan_install(AgentKind::Codex, &world(), &Memory::default()).unwrap();
    assert!(
        user.warnings[0].contains("NOT IN FORCE") && user.warnings[0].contains("/hooks"),
        "{:?}",
        user.warnings
    );
    for forbidden in [
        "[features]\nhooks = false\n",
        "hooks = 1\n",
        "[[hooks]]\n",
        "a = \n",
        "hooks = { PreToolUse = [] }\n",
    ] {
        let files = memory(&[(managed, forbidden)]);
        assert!(plan_install(AgentKind::Codex, &root(), &files).is_err(), "{forbidden}");
    }
}

#[test]
fn what_switches_hooks_off_is_told() {
    let rows = [
        (AgentKind::Claude, "/home/p/.claude/settings.json", "{\"disableAllHooks\": true}"),
        (AgentKind::Claude, "/w/.claude/settings.local.json", "{\"disableAllHooks\": true}"),
        (AgentKind::Claude, "/etc/claude-code/managed-settings.json", "{\"allowManagedHooksOnly\": true}"),
        (AgentKind::Codex, "/home/p/.codex/config.toml", "[features]\nhooks = false\n"),
        (AgentKind::Gemini, "/home/p/.gemini/settings.json", "{\"hooksConfig\": {\"enabled\": false}}"),
        (
            AgentKind::Gemini,
            "/w/.gemini/settings.json",
            "{\"hooksConfig\": {\"disabled\": [\"x wardline hook gemini\"]}}",
        ),
        (AgentKind::Cursor, "/home/p/.cursor/hooks.json", "{}"),
    ];
    for (agent, path, text) in rows {
        let plan = plan_install(agent, &world(), &memory(&[(path, text)])).unwrap();
        assert!(plan.warnings.iter().any(|warning| warning.contains(path)), "{agent}: {:?}", plan.warnings);
    }
}

#[test]
fn claude_code_blocks_on_failure_only_where_it_can() {
    for (version, wanted) in
        [(None, false), (Some((2, 1, 294)), false), (Some((2, 1, 295)), true), (Some((3, 0, 0)), true)]
    {
        let world = World { claude_version: version, ..world() };
        let mut files = Memory::default();
        install(AgentKind::Claude, &world, &mut files);
        let text = &files.texts[Path::new("/home/p/.claude/settings.json")];
        assert_eq!(text.contains("\"onFailure\": \"block\""), wanted, "{version:?}");
        remove(AgentKind::Claude, &self::world(), &mut files);
        assert_eq!(files, Memory::default(), "whatever version removes it");
    }
}

#[test]
fn agents_are_found_by_program_or_directory() {
    let world = World { path: vec![PathBuf::from("/bin"), PathBuf::from("/opt")], ..world() };
    let files = memory(&[("/opt/codex", ""), ("/home/p/.gemini/settings.json", "{}")]);
    let found: Vec<_> =
        detect(&world, &files).into_iter().map(|found| (found.agent, found.program)).collect();
    assert_eq!(found, [(AgentKind::Codex, Some(PathBuf::from("/opt/codex"))), (AgentKind::Gemini, None)]);
    assert_eq!(AgentKind::of_program(Path::new("/x/cursor-agent")), Some(AgentKind::Cursor));
    assert_eq!(AgentKind::of_program(Path::new("make")), None);
}

#[test]
fn the_diff_shows_every_change_and_nothing_else() {
    let (agent, path, text) = LIVED_IN[0];
    let plan = plan_install(agent, &world(), &memory(&[(path, text)])).unwrap();
    let shown = diff(&plan.changes);
    assert!(shown.contains(&format!("--- {path}\n+++ {path}\n")), "{shown}");
    assert!(shown.contains("+") && shown.contains("hook claude"), "{shown}");
    let fresh = diff(&plan_install(agent, &world(), &Memory::default()).unwrap().changes);
    assert!(fresh.contains("--- /dev/null\n"), "{fresh}");
    assert_eq!(diff(&[]), "");
}

#[test]
fn a_run_gets_hooks_without_a_change_to_the_persons_files() {
    let dir = Path::new("/run/wardline");
    for agent in AgentKind::ALL {
        let injection = inject(agent, &world(), dir, &Memory::default()).unwrap();
        assert_eq!(injection.files.is_empty(), agent == AgentKind::Kiro, "{agent}");
        for (path, text) in &injection.files {
            assert!(text.contains("/usr/bin/wardline"), "{agent}: {}", path.display());
            if path.extension().is_some_and(|ext| ext == "json") {
                drop(serde_json::from_str::<serde_json::Value>(text).unwrap());
            }
        }
    }
    let host = memory(&[
        ("/etc/codex/requirements.toml", "allowed_sandbox_modes = [\"read-only\"]\n"),
        ("/etc/gemini-cli/settings.json", "{\"telemetry\": {\"enabled\": false}}"),
        ("/home/p/.gemini/settings.json", "{\"ui\": {} /* mine */}"),
    ]);
    let codex = inject(AgentKind::Codex, &world(), dir, &host).unwrap();
    assert!(codex.files[0].1.starts_with("allowed_sandbox_modes"), "the administrator's rules stay");
    let gemini = inject(AgentKind::Gemini, &world(), dir, &host).unwrap();
    assert!(gemini.files[0].1.contains("telemetry") && gemini.files[0].1.contains("BeforeTool"));
    let own = gemini.files.iter().find(|(path, _)| path == Path::new("/home/p/.gemini/settings.json"));
    assert!(own.is_some_and(|(_, text)| text.contains("/* mine */") && text.contains("BeforeTool")));
    let forbidden = memory(&[("/etc/codex/requirements.toml", "[features]\nhooks = false\n")]);
    assert!(inject(AgentKind::Codex, &world(), dir, &forbidden).is_err());
}

#[test]
fn on_disk_install_and_remove_leave_no_trace() {
    let home = std::env::temp_dir().join(format!("wardline-hooks-installing-{}", std::process::id()));
    drop(std::fs::remove_dir_all(&home));
    std::fs::create_dir_all(home.join(".claude")).unwrap();
    std::fs::write(home.join(".claude/settings.json"), LIVED_IN[0].2).unwrap();
    let world = World {
        etc: home.join("etc"),
        is_root: true,
        ..World::new(&home, &home.join("w"), Path::new("/usr/bin/wardline"))
    };
    let listing = || {
        let mut found = Vec::new();
        let mut dirs = vec![home.clone()];
        while let Some(dir) = dirs.pop() {
            for path in std::fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path()) {
                if path.is_dir() {
                    dirs.push(path)
                } else {
                    found.push((path.clone(), std::fs::read(&path).unwrap()))
                }
            }
        }
        found.sort();
        found
    };
    let before = listing();
    for agent in AgentKind::ALL {
        apply(&plan_install(agent, &world, &Disk).unwrap().changes).unwrap();
        assert!(plan_install(agent, &world, &Disk).unwrap().changes.is_empty());
    }
    assert!(Disk.is_file(&home.join("etc/codex/requirements.toml")));
    for agent in AgentKind::ALL {
        apply(&plan_remove(agent, &world, &Disk).unwrap().changes).unwrap();
    }
    assert_eq!(listing(), before);
    std::fs::remove_dir_all(home).unwrap();
}

/// JSON with comments, as configuration files look.
fn configuration() -> impl Strategy<Value = String> {
    let event = prop::sample::select(vec!["PreToolUse", "Stop", "stop", "preToolUse", "BeforeTool", "Other"]);
    let list = prop::sample::select(vec![
        "[]",
        "[ ]",
        "[{\"command\": \"theirs\"}]",
        "[\n      {\"hooks\": [{\"command\": \"theirs\"}]}, // x\n    ]",
        "[{\"matcher\": \"*\", \"hooks\": []}, /* y */ {}]",
    ]);
    let gap = prop::sample::select(vec!["", "\n  ", " // note, \"x\"\n  ", " /* { */ ", "\r\n\t"]);
    (
        prop::collection::btree_map(event, list, 0..3),
        any::<bool>(),
        gap.clone(),
        gap,
        prop::sample::select(vec!["", ","]),
    )
        .prop_map(|(events, plugin, one, two, trail)| {
            let events: Vec<String> =
                events.iter().map(|(name, list)| format!("\"{name}\":{list}")).collect();
            let plugin = if plugin { format!(",{two}\"plugin\": [\"a\"]") } else { String::new() };
            format!(
                "{{{one}\"version\": 1,{one}\"hooks\":{two}{{{one}{}{two}}}{plugin}{trail}{one}}}\n",
                events.join(&format!(",{one}"))
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn install_is_idempotent_and_remove_restores_for_every_agent(text in configuration()) {
        for (agent, path, _) in LIVED_IN {
            let mut files = memory(&[(path, &text)]);
            let before = files.clone();
            let Ok(plan) = plan_install(*agent, &world(), &files) else { continue };
            files.apply(&plan.changes);
            prop_assert!(plan_install(*agent, &world(), &files).unwrap().changes.is_empty());
            for comment in ["// note, \"x\"", "/* { */", "/* y */"] {
                prop_assert!(files.texts[Path::new(path)].matches(comment).count() == text.matches(comment).count());
            }
            remove(*agent, &world(), &mut files);
            prop_assert_eq!(&files, &before);
        }
    }
}

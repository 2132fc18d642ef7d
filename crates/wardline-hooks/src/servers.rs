//! MCP servers that an agent's own settings name, and that a capability manifest is meant for.
//!
//! A manifest holds for what `wardline exec` starts. Where an agent takes a further layer of settings for one run, the servers with a
//! manifest beside them are named there once more, started by it; nothing of the person's is edited. Only servers that would start
//! anyway: what a repository names and the person has not approved stays unapproved. For other agents it is said what to write.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::install::{AgentKind, Files, World, value_of};

/// What comes of the servers of one agent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Servers {
    /// Those that are started by `wardline exec` in this run, as the agent's settings have them.
    pub(crate) narrowed: Map<String, Value>,
    /// What the person should know.
    pub(crate) told: Vec<String>,
}

/// One list of servers.
struct List {
    file: PathBuf,
    /// Where it stands in the file.
    pointer: String,
    /// Whether a repository wrote it, so that the person has to approve each.
    of_project: bool,
}

/// Looks at the servers that the agent's settings name. `holds` says whether a manifest lies beside what a command line starts; `argv`
/// is the agent's own.
pub(crate) fn look(
    agent: AgentKind,
    world: &World,
    files: &dyn Files,
    argv: &[OsString],
    holds: &dyn Fn(&[OsString]) -> bool,
) -> Servers {
    let mut servers = Servers::default();
    // A person who chooses the servers of this run gets those.
    let chosen = argv.iter().filter_map(|word| word.to_str());
    let chosen =
        chosen.into_iter().any(|word| word.starts_with("--mcp-config") || word == "--strict-mcp-config");
    let takes = agent == AgentKind::Claude && !chosen;
    for List { file, pointer, of_project } in lists(agent, world) {
        let whole = files.read(&file).ok().flatten().and_then(|text| value_of(&text)).unwrap_or_default();
        let named = whole.pointer(&pointer).and_then(Value::as_object);
        for (name, entry) in named.into_iter().flatten() {
            let Some(line) = command_line(entry).filter(|line| !is_narrowed(line, &world.exe) && holds(line))
            else {
                continue;
            };
            if takes && (!of_project || approved(world, files, name)) {
                servers
                    .told
                    .push(format!("MCP server `{name}` runs beside the session, narrowed by its manifest"));
                servers.narrowed.insert(name.clone(), through_exec(entry, &line, &world.exe));
            } else {
                servers.told.push(format!(
                    "{}: a capability manifest lies beside MCP server `{name}` and does not hold for it; make its command \
                     `wardline exec -- …`",
                    file.display()
                ));
            }
        }
    }
    servers
}

/// Where an agent's servers stand, those that count less first.
fn lists(agent: AgentKind, world: &World) -> Vec<List> {
    let list =
        |file: PathBuf, pointer: &str, of_project| List { file, pointer: pointer.to_owned(), of_project };
    let (home, project) = (&world.home, &world.project);
    let both = |name: &str, pointer: &str| {
        vec![list(home.join(name), pointer, false), list(project.join(name), pointer, true)]
    };
    match agent {
        AgentKind::Claude => {
            let escaped = project.to_string_lossy().replace('~', "~0").replace('/', "~1");
            let own = claude_state(world);
            vec![
                list(own.clone(), "/mcpServers", false),
                list(project.join(".mcp.json"), "/mcpServers", true),
                list(own, &format!("/projects/{escaped}/mcpServers"), false),
            ]
        }
        AgentKind::Gemini => both(".gemini/settings.json", "/mcpServers"),
        AgentKind::Cursor => both(".cursor/mcp.json", "/mcpServers"),
        AgentKind::Kiro => both(".kiro/settings/mcp.json", "/mcpServers"),
        AgentKind::Opencode | AgentKind::Kilo => {
            let name = agent.as_str();
            let own = world.config_home.join(name);
            let files = ["json", "jsonc"].map(|kind| format!("{name}.{kind}"));
            let own = files.iter().map(|file| list(own.join(file), "/mcp", false));
            own.chain(files.iter().map(|file| list(project.join(file), "/mcp", true))).collect()
        }
        // Its settings are TOML, which nothing here reads.
        AgentKind::Codex => Vec::new(),
    }
}

/// The file in which Claude Code keeps what it knows of the person and each project.
fn claude_state(world: &World) -> PathBuf {
    let moved = world.claude_home != world.home.join(".claude");
    if moved { world.claude_home.join(".claude.json") } else { world.home.join(".claude.json") }
}

/// Whether the person lets Claude Code start a server that the repository names.
fn approved(world: &World, files: &dyn Files, name: &str) -> bool {
    let read = |file: PathBuf| files.read(&file).ok().flatten().and_then(|text| value_of(&text));
    let own = read(world.claude_home.join("settings.json"));
    let here = read(claude_state(world))
        .and_then(|state| state.get("projects")?.get(&*world.project.to_string_lossy()).cloned());
    let mut words = own.iter().chain(&here);
    let lists = |place: &Value, key: &str| {
        let list = place.get(key).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|item| item == name))
    };
    let yes = |place: &&Value| {
        place.get("enableAllProjectMcpServers") == Some(&Value::Bool(true))
            || lists(place, "enabledMcpjsonServers")
    };
    let no = own.iter().chain(&here).any(|place| lists(place, "disabledMcpjsonServers"));
    !no && words.any(|place| yes(&place))
}

/// The command line of a server that is a program; `None` for one that is reached by a network.
fn command_line(entry: &Value) -> Option<Vec<OsString>> {
    let words = |value: &Value| -> Option<Vec<OsString>> {
        value.as_array()?.iter().map(|word| word.as_str().map(OsString::from)).collect()
    };
    let args = entry.get("args").map_or(Some(Vec::new()), words)?;
    match entry.get("command")? {
        Value::String(command) => Some([vec![OsString::from(command)], args].concat()),
        list => words(list),
    }
}

/// Whether a command line starts what it starts by `wardline exec`.
fn is_narrowed(line: &[OsString], exe: &Path) -> bool {
    let program = line.first().map(Path::new).and_then(Path::file_name);
    let ours = program.is_some_and(|name| name == "wardline" || Some(name) == exe.file_name());
    ours && line.get(1).is_some_and(|word| word == "exec")
}

/// The same server, started by `wardline exec`.
fn through_exec(entry: &Value, line: &[OsString], exe: &Path) -> Value {
    let mut entry = entry.clone();
    let words = line.iter().map(|word| word.to_string_lossy().into_owned());
    let args: Vec<String> = ["exec".to_owned(), "--".to_owned()].into_iter().chain(words).collect();
    if let Some(fields) = entry.as_object_mut() {
        fields.insert("command".to_owned(), exe.to_string_lossy().into());
        fields.insert("args".to_owned(), json!(args));
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::Memory;

    const STATE: &str = r#"{"mcpServers": {"mine": {"command": "python3", "args": ["has/server.py"], "env": {"A": "b"}},
        "plain": {"command": "python3", "args": ["plain/server.py"]}, "far": {"type": "http", "url": "https://x.test"},
        "done": {"command": "/opt/wardline", "args": ["exec", "--", "has/server.py"]}},
        "projects": {"/w/p": {"mcpServers": {"local": {"command": "has/local"}}, "enabledMcpjsonServers": ["theirs"]}}}"#;
    const REPOSITORY: &str = r#"{"mcpServers": {"theirs": {"command": "sh", "args": ["has/theirs"]}, "new": {"command": "has/new"}}}"#;

    fn looked(agent: AgentKind, files: &[(&str, &str)], argv: &[&str]) -> Servers {
        let world = World::new(Path::new("/h"), Path::new("/w/p"), Path::new("/usr/bin/wardline"));
        let mut memory = Memory::default();
        for (path, text) in files {
            memory.texts.insert(path.into(), (*text).to_owned());
        }
        let argv: Vec<OsString> = argv.iter().map(OsString::from).collect();
        let holds = |line: &[OsString]| line.iter().any(|word| word.to_string_lossy().starts_with("has/"));
        look(agent, &world, &memory, &argv, &holds)
    }

    #[test]
    fn servers_with_a_manifest_are_started_by_exec_when_they_would_start_anyway() {
        let files = [("/h/.claude.json", STATE), ("/w/p/.mcp.json", REPOSITORY)];
        let found = looked(AgentKind::Claude, &files, &["claude", "-p", "x"]);
        let mut names: Vec<&String> = found.narrowed.keys().collect();
        names.sort();
        assert_eq!(names, ["local", "mine", "theirs"]);
        let expected = json!({"command": "/usr/bin/wardline", "args": ["exec", "--", "python3", "has/server.py"], "env": {"A": "b"}});
        assert_eq!(found.narrowed["mine"], expected);
        assert_eq!(found.narrowed["local"]["args"], json!(["exec", "--", "has/local"]));
        assert_eq!(found.told.len(), 4);
        assert!(found.told.iter().any(|line| line.contains("`new` and does not hold")), "{found:?}");
        // A person's no, and a person's own choice of servers.
        let no = STATE.replace(
            "\"enabledMcpjsonServers\"",
            "\"disabledMcpjsonServers\": [\"theirs\"], \"enabledMcpjsonServers\"",
        );
        let files = [("/h/.claude.json", &*no), ("/w/p/.mcp.json", REPOSITORY)];
        assert!(!looked(AgentKind::Claude, &files, &["claude"]).narrowed.contains_key("theirs"));
        for flag in ["--mcp-config", "--mcp-config=x.json", "--strict-mcp-config"] {
            let found = looked(AgentKind::Claude, &files, &["claude", flag]);
            assert!(found.narrowed.is_empty() && found.told.len() == 4, "{flag}: {found:?}");
        }
    }

    #[test]
    fn for_other_agents_it_is_said_what_to_write() {
        let list = r#"{"mcp": {"x": {"type": "local", "command": ["sh", "has/x"]}}}"#;
        let table = [
            (AgentKind::Gemini, "/w/p/.gemini/settings.json", STATE),
            (AgentKind::Cursor, "/h/.cursor/mcp.json", STATE),
            (AgentKind::Kiro, "/h/.kiro/settings/mcp.json", STATE),
            (AgentKind::Opencode, "/w/p/opencode.json", list),
            (AgentKind::Kilo, "/h/.config/kilo/kilo.jsonc", list),
        ];
        for (agent, file, text) in table {
            let found = looked(agent, &[(file, text)], &["agent"]);
            assert!(found.narrowed.is_empty() && found.told.len() == 1, "{agent}: {found:?}");
            assert!(
                found.told[0].contains("`wardline exec -- …`") && found.told[0].contains(file),
                "{found:?}"
            );
            assert_eq!(
                looked(agent, &[(file, "{")], &["agent"]),
                Servers::default(),
                "nothing that can be read"
            );
        }
    }
}

//! Reads one configuration file: Wardline's own, or the Kilo and opencode files that share its grammar.

use std::str::FromStr;
use std::sync::Arc;

use crate::asking::OnAsk;
use crate::decision::{Decision, Layer};
use crate::document::{Key, Node, Spot, Value, parse_jsonc};
use crate::expiry::Expiry;
use crate::gate::GateLine;
use crate::limits::LimitLine;
use crate::network::NetworkLines;
use crate::problem::Problem;
use crate::rule::{Effect, Entry, Note, Permission, Place, Statement};
use crate::secrets::SecretSource;

/// How much is asked of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Ordinary work in the project runs without a question.
    Autopilot,
    /// Edits and commands that are not read-only are asked.
    Supervised,
    /// Nothing is changed.
    Readonly,
}

impl Preset {
    /// The word used in configuration files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Autopilot => "autopilot",
            Self::Supervised => "supervised",
            Self::Readonly => "readonly",
        }
    }
}

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "autopilot" => Ok(Self::Autopilot),
            "supervised" => Ok(Self::Supervised),
            "readonly" => Ok(Self::Readonly),
            _ => Err(UnknownPreset(text.to_owned())),
        }
    }
}

/// The text given to [`Preset::from_str`] names no preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPreset(pub String);

impl std::fmt::Display for UnknownPreset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is not a preset: write autopilot, supervised or readonly", self.0)
    }
}

impl std::error::Error for UnknownPreset {}

/// The outcomes that a sandbox can be asked for.
pub const GUARANTEES: [&str; 6] =
    ["reads-confined", "writes-confined", "network-confined", "processes-hidden", "no-survivors", "limits"];

/// One line of `guarantees`: whether a session may go on without an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GuaranteeLine {
    pub(crate) id: String,
    pub(crate) optional: bool,
    pub(crate) place: Place,
}

/// What one file says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) preset: Option<(Preset, Place)>,
    /// Where `compat: "kilo"` is set.
    pub(crate) kilo: Option<Place>,
    /// Legacy `tools:`, below `permission`.
    pub(crate) tools: Vec<Statement>,
    pub(crate) permission: Permission,
    pub(crate) agents: Vec<AgentSettings>,
    pub(crate) profiles: Vec<Profile>,
    pub(crate) repositories: Vec<RepositoryLine>,
    pub(crate) network: NetworkLines,
    pub(crate) limits: Vec<LimitLine>,
    pub(crate) gate: GateLine,
    pub(crate) on_ask: Option<OnAsk>,
    /// Whether the desktop is told of a question.
    pub(crate) notify: Option<bool>,
    pub(crate) secrets: Vec<SecretSource>,
    pub(crate) guarantees: Vec<GuaranteeLine>,
    pub(crate) examples: Vec<ExampleLine>,
}

/// What a file says about one agent.
#[derive(Clone, Debug)]
pub(crate) struct AgentSettings {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) description: Option<String>,
    pub(crate) mode: Option<String>,
    pub(crate) tools: Vec<Statement>,
    pub(crate) permission: Permission,
}

/// One line of `repositories`: which profile holds in the repositories that the pattern names.
#[derive(Clone, Debug)]
pub(crate) struct RepositoryLine {
    /// As written, home not expanded.
    pub(crate) pattern: String,
    /// The profile, or that none holds there.
    pub(crate) profile: Option<String>,
    pub(crate) place: Place,
    pub(crate) column: u32,
}

/// A named set of rules that is chosen on the command line or for a repository.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) preset: Option<(Preset, Place)>,
    pub(crate) permission: Permission,
    pub(crate) network: NetworkLines,
    pub(crate) limits: Vec<LimitLine>,
}

/// One entry of the top-level `examples` list.
#[derive(Clone, Debug)]
pub(crate) struct ExampleLine {
    pub(crate) permission: String,
    pub(crate) target: String,
    pub(crate) expect: Decision,
    pub(crate) agent: Option<String>,
    pub(crate) confined: bool,
    pub(crate) place: Place,
}

/// Permissions whose target no pattern can tell apart.
pub(crate) const SCALAR_ONLY: [&str; 6] =
    ["todowrite", "question", "webfetch", "websearch", "codesearch", "doom_loop"];

const EFFECTS: &str = "write allow, ask or deny";

/// Reads a configuration file.
pub(crate) fn read_config(layer: Layer, file: &str, text: &str) -> Result<Settings, Vec<Problem>> {
    let root = parse_jsonc(file, text).map_err(|problem| vec![problem])?;
    let mut reader = Reader::new(layer, file, is_foreign(file));
    let settings = reader.settings(root);
    reader.finish(settings)
}

/// Whether a file belongs to Kilo or opencode: what Wardline does not know in it is none of its business.
fn is_foreign(file: &str) -> bool {
    let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
    matches!(name, "kilo.json" | "kilo.jsonc" | "opencode.json" | "opencode.jsonc")
}

/// Reads the parts that configuration files and agent files share, and collects every problem on the way.
pub(crate) struct Reader<'f> {
    layer: Layer,
    name: &'f str,
    file: Arc<str>,
    foreign: bool,
    problems: Vec<Problem>,
}

impl<'f> Reader<'f> {
    pub(crate) fn new(layer: Layer, file: &'f str, foreign: bool) -> Self {
        Self { layer, name: file, file: Arc::from(file), foreign, problems: Vec::new() }
    }

    /// Hands the value out only if nothing was wrong: a file is used whole or not at all.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.problems.is_empty() { Ok(value) } else { Err(self.problems) }
    }

    pub(crate) fn is_of(&self, layers: &[Layer]) -> bool {
        layers.contains(&self.layer)
    }

    pub(crate) fn place(&self, at: Spot) -> Place {
        Place { layer: self.layer, file: Arc::clone(&self.file), line: at.line }
    }

    pub(crate) fn refuse(&mut self, at: Spot, text: impl Into<String>, help: impl Into<String>) {
        // A file with a thousand mistakes is not better explained by a thousand lines.
        if self.problems.len() < 64 {
            self.problems.push(at.problem(self.name, text, help));
        }
    }

    fn settings(&mut self, root: Node) -> Settings {
        let mut settings = Settings::default();
        for (key, node) in self.map(root, "the file") {
            match key.text.as_str() {
                "$schema" => {}
                "permission" => settings.permission = self.permission(node),
                "tools" => settings.tools = self.tools(node),
                "agent" | "mode" if self.foreign || key.text == "agent" => {
                    let agents = self.agents(node);
                    settings.agents.extend(agents);
                }
                _ if self.foreign => {}
                "preset" => settings.preset = self.preset(node),
                "compat" => settings.kilo = self.compat(node),
                "network" => settings.network = self.network(node),
                "limits" => settings.limits = self.limits(node),
                "gate" => settings.gate = self.gate(node),
                "on_ask" => settings.on_ask = self.on_ask(node),
                "notify" => settings.notify = self.notify(node),
                "secrets" => settings.secrets = self.secrets(&key, node),
                "guarantees" => settings.guarantees = self.guarantees(node),
                "profiles" => settings.profiles = self.profiles(node),
                "repositories" => settings.repositories = self.repositories(&key, node),
                "examples" => settings.examples = self.examples(node),
                _ => self.unknown(
                    &key,
                    "preset, permission, agent, profiles, repositories, network, limits, gate, on_ask, notify, secrets, guarantees, tools, compat, examples",
                ),
            }
        }
        settings
    }

    pub(crate) fn unknown(&mut self, key: &Key, known: &str) {
        self.refuse(key.at, format!("`{}` is not a setting", key.text), format!("known here: {known}"));
    }

    pub(crate) fn map(&mut self, node: Node, what: &str) -> Vec<(Key, Node)> {
        match node.value {
            Value::Map(entries) => entries,
            Value::Null => Vec::new(),
            other => {
                self.refuse(node.at, format!("{what} is {}", other.kind()), "write a map `{ name: value }`");
                Vec::new()
            }
        }
    }

    pub(crate) fn list(&mut self, node: Node, what: &str) -> Vec<Node> {
        match node.value {
            Value::List(items) => items,
            Value::Null => Vec::new(),
            other => {
                self.refuse(node.at, format!("{what} is {}", other.kind()), "write a list `[...]`");
                Vec::new()
            }
        }
    }

    pub(crate) fn text(&mut self, node: Node, what: &str) -> Option<String> {
        match node.value {
            Value::Text(text) => Some(text),
            other => {
                self.refuse(node.at, format!("{what} is {}", other.kind()), "write a text in quotes");
                None
            }
        }
    }

    fn preset(&mut self, node: Node) -> Option<(Preset, Place)> {
        let at = node.at;
        let text = self.text(node, "`preset`")?;
        match Preset::from_str(&text) {
            Ok(preset) => Some((preset, self.place(at))),
            Err(error) => {
                self.refuse(
                    at,
                    format!("`{}` is not a preset", error.0),
                    "write autopilot, supervised or readonly",
                );
                None
            }
        }
    }

    fn compat(&mut self, node: Node) -> Option<Place> {
        let at = node.at;
        match node.value {
            Value::Text(text) if text == "kilo" => Some(self.place(at)),
            Value::Null => None,
            _ => {
                self.refuse(at, "`compat` knows one value", "write \"kilo\" or remove the line");
                None
            }
        }
    }

    // Permissions.

    pub(crate) fn permission(&mut self, node: Node) -> Permission {
        match node.value {
            Value::Null => Permission::Absent,
            Value::Text(_) => self.effect(node).map_or(Permission::Absent, Permission::Scalar),
            Value::Map(entries) => {
                Permission::Map(entries.into_iter().filter_map(|(key, node)| self.entry(key, node)).collect())
            }
            Value::List(items) => {
                Permission::List(items.into_iter().filter_map(|item| self.statement(item)).collect())
            }
            Value::Bool(_) | Value::Number(_) => {
                self.refuse(node.at, format!("`permission` is {}", node.value.kind()), EFFECTS);
                Permission::Absent
            }
        }
    }

    fn entry(&mut self, key: Key, node: Node) -> Option<(String, Entry)> {
        let at = node.at;
        match node.value {
            Value::Null => Some((key.text, Entry::Null)),
            Value::Map(entries) if is_rule_object(&entries) => {
                let effect = self.rule_object(at, entries)?;
                Some((key.text, Entry::Scalar(effect)))
            }
            Value::Map(_) if SCALAR_ONLY.contains(&key.text.as_str()) => {
                self.refuse(at, format!("`{}` takes no patterns", key.text), EFFECTS);
                None
            }
            Value::Map(entries) => {
                let patterns = entries.into_iter().filter_map(|(pattern, node)| {
                    let effect = match node.value {
                        Value::Null => None,
                        _ => Some(self.effect(node)?),
                    };
                    Some((pattern.text, effect))
                });
                Some((key.text, Entry::Map(patterns.collect())))
            }
            _ => Some((key.text, Entry::Scalar(self.effect(node)?))),
        }
    }

    fn statement(&mut self, node: Node) -> Option<Statement> {
        let at = node.at;
        let (mut action, mut resource, mut effect) = (None, "*".to_owned(), None);
        for (key, node) in self.map(node, "a rule of the list") {
            match key.text.as_str() {
                "action" => action = self.text(node, "`action`"),
                "resource" => resource = self.text(node, "`resource`")?,
                "effect" => effect = self.effect(node),
                _ if self.foreign => {}
                _ => self.unknown(&key, "action, resource, effect"),
            }
        }
        let (Some(permission), Some(effect)) = (action, effect) else {
            self.refuse(at, "a rule needs `action` and `effect`", "write { action, resource, effect }");
            return None;
        };
        if SCALAR_ONLY.contains(&permission.as_str()) && resource != "*" {
            self.refuse(at, format!("`{permission}` takes no patterns"), "write \"*\" as its resource");
            return None;
        }
        Some(Statement { permission, pattern: resource, effect })
    }

    pub(crate) fn effect(&mut self, node: Node) -> Option<Effect> {
        let at = node.at;
        match node.value {
            Value::Text(text) => match Decision::from_str(&text) {
                Ok(decision) => Some(Effect { decision, place: self.place(at), note: None }),
                Err(_) => {
                    self.refuse(at, format!("`{text}` is not a decision"), EFFECTS);
                    None
                }
            },
            Value::Map(entries) => self.rule_object(at, entries),
            other => {
                self.refuse(at, format!("a rule is {}", other.kind()), EFFECTS);
                None
            }
        }
    }

    fn rule_object(&mut self, at: Spot, entries: Vec<(Key, Node)>) -> Option<Effect> {
        let mut note = Note::default();
        let mut decision = None;
        for (key, node) in entries {
            match key.text.as_str() {
                "effect" => decision = self.effect(node).map(|effect| effect.decision),
                "reason" => note.reason = self.text(node, "`reason`"),
                "match" => note.matching = self.texts(node, "`match`"),
                "not_match" => note.not_matching = self.texts(node, "`not_match`"),
                "expires" => note.expires = self.expiry(node),
                _ => self.unknown(&key, "effect, reason, match, not_match, expires"),
            }
        }
        if decision.is_none() {
            self.refuse(at, "a rule needs an `effect`", EFFECTS);
        }
        Some(Effect { decision: decision?, place: self.place(at), note: Some(Arc::new(note)) })
    }

    fn expiry(&mut self, node: Node) -> Option<Expiry> {
        let at = node.at;
        let text = self.text(node, "`expires`")?;
        let expiry = Expiry::parse(&text);
        if expiry.is_none() {
            let help = "write \"2026-12-31T18:00:00Z\", or \"2026-12-31\" for the end of that day, in UTC";
            self.refuse(at, format!("`{text}` is no end of a rule"), help);
        }
        expiry
    }

    pub(crate) fn texts(&mut self, node: Node, what: &str) -> Vec<String> {
        if let Value::Text(text) = node.value {
            return vec![text];
        }
        self.list(node, what).into_iter().filter_map(|item| self.text(item, what)).collect()
    }

    /// Legacy `tools: {name: bool}`. The tools that edit share the key `edit`.
    pub(crate) fn tools(&mut self, node: Node) -> Vec<Statement> {
        let mut statements = Vec::new();
        for (key, node) in self.map(node, "`tools`") {
            let decision = match node.value {
                Value::Bool(true) => Decision::Allow,
                Value::Bool(false) => Decision::Deny,
                other => {
                    self.refuse(
                        node.at,
                        format!("tool `{}` is {}", key.text, other.kind()),
                        "write true or false",
                    );
                    continue;
                }
            };
            statements.push(Statement {
                permission: crate::rule::permission_key(&key.text).to_owned(),
                pattern: "*".to_owned(),
                effect: Effect { decision, place: self.place(key.at), note: None },
            });
        }
        statements
    }

    fn agents(&mut self, node: Node) -> Vec<AgentSettings> {
        let mut agents = Vec::new();
        for (key, node) in self.map(node, "`agent`") {
            let entries = self.map(node, &format!("agent `{}`", key.text));
            agents.push(self.agent(key.text, key.at, entries));
        }
        agents
    }

    /// The fields of one agent, from a configuration file or from the head of an agent file.
    pub(crate) fn agent(&mut self, name: String, at: Spot, entries: Vec<(Key, Node)>) -> AgentSettings {
        let mut agent = AgentSettings {
            name,
            place: self.place(at),
            description: None,
            mode: None,
            tools: Vec::new(),
            permission: Permission::Absent,
        };
        for (key, node) in entries {
            match key.text.as_str() {
                "description" => agent.description = as_text(node.value),
                "mode" => agent.mode = as_text(node.value),
                "tools" => agent.tools = self.tools(node),
                "permission" => agent.permission = self.permission(node),
                // A rule set under a misspelt name would silently bind nothing.
                name if looks_like_permission(name) => {
                    self.refuse(key.at, format!("`{name}` is not a setting"), "write `permission`");
                }
                // Model, prompt, temperature and the like are the agent's own.
                _ => {}
            }
        }
        agent
    }

    fn profiles(&mut self, node: Node) -> Vec<Profile> {
        let mut profiles = Vec::new();
        for (key, node) in self.map(node, "`profiles`") {
            let mut profile = Profile {
                name: key.text,
                preset: None,
                permission: Permission::Absent,
                network: NetworkLines::default(),
                limits: Vec::new(),
            };
            for (key, node) in self.map(node, "a profile") {
                match key.text.as_str() {
                    "permission" => profile.permission = self.permission(node),
                    "preset" => profile.preset = self.preset(node),
                    "network" => profile.network = self.network(node),
                    "limits" => profile.limits = self.limits(node),
                    _ => self.unknown(&key, "permission, preset, network, limits"),
                }
            }
            profiles.push(profile);
        }
        profiles
    }

    fn repositories(&mut self, key: &Key, node: Node) -> Vec<RepositoryLine> {
        if !matches!(self.layer, Layer::Managed | Layer::User) {
            // A repository that chose its own profile would choose the one that lets it do more.
            let help = "remove it; the person chooses in ~/.config/wardline/config.jsonc";
            self.refuse(key.at, "`repositories` is not a repository's to set", help);
            return Vec::new();
        }
        let lines = self.map(node, "`repositories`");
        lines.into_iter().filter_map(|(key, node)| self.repository(key, node)).collect()
    }

    fn repository(&mut self, key: Key, node: Node) -> Option<RepositoryLine> {
        let Key { text: pattern, at } = key;
        // Roots are absolute, so any other beginning matches nothing, and the profile would silently not hold.
        let rooted = ["/", "~/", "$HOME/", "*"].iter().any(|start| pattern.starts_with(start));
        let drive = pattern.get(1..2) == Some(":");
        if !(rooted || drive || matches!(pattern.as_str(), "~" | "$HOME")) {
            let help = "begin it with `/`, `~/` or `*`, as in \"~/work/shop\"";
            self.refuse(at, format!("`{pattern}` names no repository: it is no absolute path"), help);
        }
        let mut profile = None;
        for (key, node) in self.map(node, &format!("repository `{pattern}`")) {
            match (key.text.as_str(), &node.value) {
                ("profile", Value::Null) => profile = Some(None),
                ("profile", _) => profile = Some(Some(self.text(node, "`profile`")?)),
                _ => self.unknown(&key, "profile"),
            }
        }
        if profile.is_none() {
            let help = "write { \"profile\": \"NAME\" }, or null for none";
            self.refuse(at, format!("repository `{pattern}` needs a `profile`"), help);
        }
        Some(RepositoryLine { pattern, profile: profile?, place: self.place(at), column: at.column })
    }

    fn guarantees(&mut self, node: Node) -> Vec<GuaranteeLine> {
        let lines = self.map(node, "`guarantees`");
        lines.into_iter().filter_map(|(key, node)| self.guarantee(key, node)).collect()
    }

    fn guarantee(&mut self, key: Key, node: Node) -> Option<GuaranteeLine> {
        let (at, what) = (node.at, format!("guarantee `{}`", key.text));
        if !GUARANTEES.contains(&key.text.as_str()) {
            self.refuse(key.at, format!("{what} is not known"), format!("known: {}", GUARANTEES.join(", ")));
            return None;
        }
        let optional = match self.text(node, &what)?.as_str() {
            "required" => false,
            "optional" => true,
            word => {
                self.refuse(at, format!("{what} is `{word}`"), "write required or optional");
                return None;
            }
        };
        if optional && !matches!(self.layer, Layer::Managed | Layer::User) {
            // A repository that could do without a guarantee would do without the one it wants to break.
            let help = "remove it; the person decides in ~/.config/wardline/config.jsonc";
            self.refuse(at, format!("{what} is not a repository's to give up"), help);
            return None;
        }
        Some(GuaranteeLine { id: key.text, optional, place: self.place(key.at) })
    }

    fn examples(&mut self, node: Node) -> Vec<ExampleLine> {
        let items = self.list(node, "`examples`");
        items.into_iter().filter_map(|item| self.example(item)).collect()
    }

    fn example(&mut self, node: Node) -> Option<ExampleLine> {
        let at = node.at;
        let (mut permission, mut target, mut expect, mut agent, mut confined) =
            (None, None, None, None, false);
        for (key, node) in self.map(node, "an example") {
            match (key.text.as_str(), &node.value) {
                ("permission", _) => permission = self.text(node, "`permission`"),
                ("target", _) => target = self.text(node, "`target`"),
                ("expect", _) => expect = self.effect(node).map(|effect| effect.decision),
                ("agent", _) => agent = self.text(node, "`agent`"),
                ("confined", Value::Bool(value)) => confined = *value,
                ("confined", _) => self.refuse(node.at, "`confined` is a yes or no", "write true or false"),
                _ => self.unknown(&key, "permission, target, expect, agent, confined"),
            }
        }
        let (Some(permission), Some(target), Some(expect)) = (permission, target, expect) else {
            self.refuse(at, "an example needs `permission`, `target` and `expect`", "add what is missing");
            return None;
        };
        Some(ExampleLine { permission, target, expect, agent, confined, place: self.place(at) })
    }
}

fn as_text(value: Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

/// Tells `{ "effect": ..., "reason": ... }` from a map of patterns. A lone `effect` may be a pattern.
fn is_rule_object(entries: &[(Key, Node)]) -> bool {
    let has = |name: &str| entries.iter().any(|(key, _)| key.text == name);
    has("effect")
        && entries.len() > 1
        && entries.iter().all(|(key, _)| {
            matches!(key.text.as_str(), "effect" | "reason" | "match" | "not_match" | "expires")
        })
}

fn looks_like_permission(name: &str) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
    letters.starts_with("permis") || matches!(letters.as_str(), "tool" | "premission" | "perms" | "perm")
}

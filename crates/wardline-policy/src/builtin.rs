//! The rules that ship with Wardline: shared defaults, presets, and the built-in agents.
//!
//! Some defaults depend on whether the action will run inside the sandbox, so they come in parts, each with the
//! circumstances it holds in. The order of parts is the order of rules: the last match wins.

use crate::config::Preset;
use crate::decision::Decision::{self, Allow, Ask, Deny};
use crate::rule::{Effect, Place, Statement};
use crate::shell_words::{
    CONFINED_BASH, DANGEROUS_OPTIONS, HARMLESS_COMMANDS, READING_COMMANDS, READING_GIT, SHELL_SHAPES,
    WRITING_OPTIONS,
};

/// The agent that asks when nobody says otherwise.
pub(crate) const DEFAULT_AGENT: &str = "code";

/// The circumstances in which a part of the rules holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    Confined,
    Unconfined,
    /// Outside the sandbox, for a command that is known to be harmless.
    Harmless,
}

/// What rules may depend on besides their patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Circumstances {
    pub(crate) confined: bool,
    pub(crate) harmless: bool,
}

impl When {
    pub(crate) fn holds(self, circumstances: Circumstances) -> bool {
        let Circumstances { confined, harmless } = circumstances;
        match self {
            Self::Always => true,
            Self::Confined => confined,
            Self::Unconfined => !confined,
            Self::Harmless => !confined && harmless,
        }
    }
}

/// Rules that hold under the same circumstances.
pub(crate) struct Part {
    pub(crate) when: When,
    pub(crate) statements: Vec<Statement>,
}

fn part<'r>(when: When, rules: impl IntoIterator<Item = (&'r str, &'r str, Decision)>) -> Part {
    let statements = rules.into_iter().map(|(permission, pattern, decision)| Statement {
        permission: permission.to_owned(),
        pattern: pattern.to_owned(),
        effect: Effect { decision, place: Place::builtin(), note: None },
    });
    Part { when, statements: statements.collect() }
}

/// A built-in agent.
pub(crate) struct Agent {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) mode: &'static str,
}

/// The built-in agents.
pub(crate) const AGENTS: [Agent; 6] = [
    Agent { name: "code", description: "works on the project (alias `build`)", mode: "primary" },
    Agent { name: "plan", description: "reads and writes plans, changes nothing else", mode: "primary" },
    Agent { name: "ask", description: "answers questions, changes nothing", mode: "primary" },
    Agent { name: "debug", description: "works on the project, looking for a fault", mode: "primary" },
    Agent { name: "explore", description: "looks around for another agent", mode: "subagent" },
    Agent { name: "general", description: "does a task for another agent", mode: "subagent" },
];

/// The name an agent goes by, aliases resolved.
pub(crate) fn canonical_agent(name: &str) -> &str {
    match name {
        "" | "build" => DEFAULT_AGENT,
        _ => name,
    }
}

/// What every agent begins with. `whitelist` are directories outside the project that are nobody's concern.
pub(crate) fn defaults(whitelist: &[String]) -> Vec<Part> {
    let mut parts = vec![
        part(When::Unconfined, [("*", "*", Ask)]),
        part(When::Confined, [("*", "*", Allow)]),
        part(When::Always, HARMLESS_TOOLS.map(|tool| (tool, "*", Allow))),
        part(When::Always, READ_AND_EDIT),
        part(When::Unconfined, INSTRUCTIONS),
        part(
            When::Always,
            [
                ("doom_loop", "*", Ask),
                ("question", "*", Deny),
                ("plan_enter", "*", Deny),
                ("plan_exit", "*", Deny),
                ("recall", "*", Ask),
                ("external_directory", "*", Ask),
            ],
        ),
    ];
    let allowed: Vec<String> = whitelist.iter().flat_map(|dir| inside(dir)).collect();
    parts.push(part(When::Always, allowed.iter().map(|dir| ("external_directory", dir.as_str(), Allow))));
    parts.extend(web());
    parts.extend(bash());
    parts
}

/// The patterns for a directory and what is below it, as `external_directory` sees them.
fn inside(dir: &str) -> Vec<String> {
    let dir = dir.strip_suffix("/*").unwrap_or(dir).trim_end_matches('/');
    if dir.is_empty() { Vec::new() } else { vec![format!("{dir}/*")] }
}

/// Tools that neither change nor reveal anything beyond the project.
const HARMLESS_TOOLS: [&str; 18] = [
    "read",
    "edit",
    "glob",
    "grep",
    "list",
    "lsp",
    "task",
    "skill",
    "todoread",
    "todowrite",
    "suggest",
    "semantic_search",
    "codebase_search",
    "notebook_read",
    // Bookkeeping of the agents themselves: output of a command that was decided when it began, its end, notes.
    "bashoutput",
    "killshell",
    "thinking",
    "invalid",
];

/// The instructions that every later session will follow. In the sandbox a change of them is held back until a person
/// accepts it, which is a better question than one before the change is there.
const INSTRUCTIONS: [(&str, &str, Decision); 3] =
    [("edit", "AGENTS.md", Ask), ("edit", "CLAUDE.md", Ask), ("edit", "GEMINI.md", Ask)];

/// Environment files are asked, and so is what runs later on this machine.
const READ_AND_EDIT: [(&str, &str, Decision); 15] = [
    ("read", "*.env", Ask),
    ("read", "*.env.*", Ask),
    ("read", "*.env.example", Allow),
    ("read", "*.env.sample", Allow),
    ("read", "*.env.template", Allow),
    ("read", "*.env.dist", Allow),
    // What editors, shells and hooks on this machine run by themselves.
    ("edit", "*.envrc", Ask),
    ("edit", "*.vscode/*", Ask),
    ("edit", "*.idea/*", Ask),
    ("edit", "*.husky/*", Ask),
    ("edit", "*.devcontainer/*", Ask),
    ("edit", "*.cargo/config*", Ask),
    ("edit", "*.pre-commit-config.yaml", Ask),
    ("edit", ".git/*", Ask),
    ("edit", "*/.git/*", Ask),
];

/// The network: behind the egress door it needs no question.
fn web() -> [Part; 2] {
    const WEB: [&str; 3] = ["webfetch", "websearch", "codesearch"];
    [
        part(When::Unconfined, WEB.map(|tool| (tool, "*", Ask))),
        part(When::Confined, WEB.map(|tool| (tool, "*", Allow))),
    ]
}

/// The shell: in the sandbox the kernel bounds a command; outside, only what is known to be harmless runs unasked.
fn bash() -> [Part; 4] {
    let reading = READING_COMMANDS.iter().filter(|command| !PAGERS.contains(command));
    let allowed =
        reading.chain(HARMLESS_COMMANDS).chain(READING_GIT).map(|pattern| ("bash", *pattern, Allow));
    let asked = DANGEROUS_OPTIONS.iter().map(|pattern| ("bash", *pattern, Ask));
    let unconfined = std::iter::once(("bash", "*", Ask)).chain(allowed).chain(asked);
    [
        part(When::Unconfined, unconfined),
        part(When::Harmless, [("bash", "*", Allow)]),
        part(When::Confined, [("bash", "*", Allow)]),
        part(When::Always, CONFINED_BASH.iter().map(|pattern| ("bash", *pattern, Ask))),
    ]
}

/// Read-only programs that run a shell at the press of a key.
const PAGERS: [&str; 2] = ["less *", "man *"];

/// What a built-in agent adds to the defaults, below everybody's own rules.
pub(crate) fn agent_rules(agent: &str) -> Vec<Part> {
    match agent {
        "plan" => guard(&PLAN_FILES),
        "ask" => guard(&[]),
        "explore" => explore(),
        "debug" => vec![part(
            When::Always,
            ["question", "suggest", "plan_enter", "semantic_search"].map(|tool| (tool, "*", Allow)),
        )],
        "general" => vec![part(When::Always, [("todo*", "*", Deny)])],
        _ => vec![part(When::Always, [("question", "*", Allow), ("plan_enter", "*", Allow)])],
    }
}

/// What the supervised preset asks about: edits, and commands that are not read-only.
pub(crate) fn supervised_rules() -> Vec<Part> {
    let reading =
        reading_bash().filter(|(_, pattern, decision)| *decision == Allow && !PAGERS.contains(pattern));
    let options = DANGEROUS_OPTIONS.iter().chain(WRITING_OPTIONS).map(|pattern| ("bash", *pattern, Ask));
    let rules = [("edit", "*", Ask), ("bash", "*", Ask)];
    vec![part(When::Always, rules.into_iter().chain(reading).chain(options))]
}

/// The limits of an agent or preset that nobody's allow lifts.
pub(crate) fn hard_rules(agent: &str, preset: Preset) -> Vec<Vec<Part>> {
    let agent = match agent {
        "plan" => Some(hard(&PLAN_FILES)),
        "ask" => Some(hard(&[])),
        _ => None,
    };
    let preset = (preset == Preset::Readonly).then(|| {
        let mut parts = vec![part(When::Always, SERVERS)];
        parts.extend(hard(&[]));
        parts
    });
    agent.into_iter().chain(preset).collect()
}

/// `<server>_<tool>`: what a server does is not known here. Wardline's own keys with an underscore are.
const SERVERS: [(&str, &str, Decision); 7] = [
    ("*_*", "*", Ask),
    ("external_directory", "*", Allow),
    ("doom_loop", "*", Allow),
    ("plan_enter", "*", Allow),
    ("plan_exit", "*", Allow),
    ("semantic_search", "*", Allow),
    ("codebase_search", "*", Allow),
];

/// Where a planning agent may write.
const PLAN_FILES: [&str; 6] = [
    ".kilo/plans/*.md",
    ".kilocode/plans/*.md",
    ".opencode/plans/*.md",
    ".opencode/plan/*.md",
    ".claude/plans/*.md",
    "~/.claude/plans/*.md",
];

/// A read-only agent: looking is allowed, servers are asked, the rest is denied.
fn guard(plan_files: &'static [&'static str]) -> Vec<Part> {
    const LOOKING: [&str; 12] = [
        "read",
        "grep",
        "glob",
        "list",
        "lsp",
        "skill",
        "question",
        "plan_exit",
        "semantic_search",
        "codebase_search",
        "todoread",
        "todowrite",
    ];
    let looking = LOOKING.map(|tool| (tool, "*", Allow));
    let rules = [
        ("*", "*", Deny),
        // `<server>_<tool>`: what a server does is not known here.
        ("*_*", "*", Ask),
        ("notebook_*", "*", Deny),
        ("interactive_terminal", "*", Deny),
        ("plan_enter", "*", Deny),
        ("doom_loop", "*", Ask),
    ];
    let mut parts = vec![
        part(When::Always, rules.into_iter().chain(looking)),
        part(When::Always, READ_AND_EDIT.into_iter().filter(|(key, ..)| *key == "read")),
        part(When::Always, [("task", "explore", Allow)]),
        part(When::Always, no_edits(plan_files).chain(reading_bash())),
    ];
    parts.extend(web());
    parts
}

fn hard(plan_files: &'static [&'static str]) -> Vec<Part> {
    let closed =
        [("notebook_*", "*", Deny), ("notebook_read", "*", Allow), ("interactive_terminal", "*", Deny)];
    vec![part(When::Always, closed), part(When::Always, no_edits(plan_files).chain(reading_bash()))]
}

fn no_edits(
    plan_files: &'static [&'static str],
) -> impl Iterator<Item = (&'static str, &'static str, Decision)> {
    let plans = plan_files.iter().map(|pattern| ("edit", *pattern, Allow));
    std::iter::once(("edit", "*", Deny)).chain(plans)
}

/// Read-only shell: known readers, then what turns a reader into something else.
fn reading_bash() -> impl Iterator<Item = (&'static str, &'static str, Decision)> {
    let readers = READING_COMMANDS.iter().map(|pattern| ("bash", *pattern, Allow));
    let git = READING_GIT.iter().map(|pattern| ("bash", *pattern, Allow));
    let shapes = DANGEROUS_OPTIONS.iter().chain(WRITING_OPTIONS).chain(SHELL_SHAPES);
    std::iter::once(("bash", "*", Deny))
        .chain(readers)
        .chain([("bash", "git *", Deny)])
        .chain(git)
        .chain([("bash", "gh *", Ask)])
        .chain(shapes.map(|pattern| ("bash", *pattern, Deny)))
}

/// Looks around for another agent. Its shell is the shell of any agent, but nothing is edited through it.
fn explore() -> Vec<Part> {
    const LOOKING: [&str; 7] =
        ["grep", "glob", "list", "read", "skill", "semantic_search", "codebase_search"];
    let rules = [("*", "*", Deny), ("doom_loop", "*", Ask), ("edit", "*", Deny)];
    let mut parts = vec![
        part(When::Always, rules.into_iter().chain(LOOKING.map(|tool| (tool, "*", Allow)))),
        part(When::Always, READ_AND_EDIT.into_iter().filter(|(key, ..)| *key == "read")),
    ];
    parts.extend(web());
    parts.extend(bash());
    parts
}

//! The words of this crate: what an agent told us (`Call`), what we answer (`Answer`), what goes on the wire (`Reply`).

use std::fmt;

/// A wire format. Which one speaks is read from the input, never from configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Cursor.
    Cursor,
    /// Kiro (command line and IDE).
    Kiro,
    /// Wardline's own plugin inside opencode and Kilo.
    Plugin,
}

impl Dialect {
    /// Every dialect, in the order of the documentation.
    pub const ALL: [Self; 6] =
        [Self::Claude, Self::Codex, Self::Gemini, Self::Cursor, Self::Kiro, Self::Plugin];

    /// The name used on the command line: `wardline hook <name>`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Cursor => "cursor",
            Self::Kiro => "kiro",
            Self::Plugin => "plugin",
        }
    }

    /// The dialect of a command line name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.as_str() == name)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// When in the agent's turn the hook was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// A tool is about to run and can still be stopped.
    BeforeTool,
    /// The agent is about to ask the person and takes our answer instead.
    PermissionRequest,
    /// A tool has run.
    AfterTool,
    /// The agent wants to end its turn.
    Stop,
    /// A session begins or resumes.
    SessionStart,
    /// Anything else, by the agent's own name; nothing to decide.
    Other(String),
}

/// What would be done to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessKind {
    /// The content is read.
    Read,
    /// Names are listed.
    List,
    /// The content is written, or the file is created.
    Write,
    /// The file goes away.
    Delete,
    /// The file is run.
    Execute,
}

/// One tool call in Wardline's words: the permission it needs and everything it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Permission key: `bash`, `read`, `edit`, `webfetch`, `<server>_<tool>` for MCP, or the unknown tool's name in
    /// lower case.
    pub permission: String,
    /// What the permission's patterns are matched against. Never empty.
    pub targets: Vec<String>,
    /// Paths as written by the agent (not resolved), each with what would be done to it. For MCP and unknown tools
    /// these are *possible* paths: every field that may name one.
    pub paths: Vec<(AccessKind, String)>,
    /// Shell text, when there is some (also from unknown tools with a `command` field).
    pub script: Option<String>,
    /// Working directory given by the tool call itself; the call's own `cwd` otherwise.
    pub cwd: Option<String>,
    /// What could not be told from the input (a missing field, a patch without file names). Each one must make
    /// the verdict stricter.
    pub doubts: Vec<String>,
}

/// What is told about a tool that has run; never its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Whether the agent calls it a success, if it says so.
    pub ok: Option<bool>,
    /// Exit code of a command, if told.
    pub exit_code: Option<i64>,
    /// Size of the tool's answer in bytes of JSON.
    pub bytes: usize,
}

/// One hook call, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Who speaks.
    pub dialect: Dialect,
    /// When.
    pub moment: Moment,
    /// The event's name exactly as the agent wrote it; some answers must repeat it.
    pub event: String,
    /// The agent's own session id; `unknown` when it gives none.
    pub session: String,
    /// The agent's working directory.
    pub cwd: Option<String>,
    /// The agent's id of this tool call; ties the outcome to the intent.
    pub call_id: Option<String>,
    /// The sub-agent's kind (`agent_type`), if the call comes from one or the agent names itself.
    pub agent: Option<String>,
    /// The agent's permission mode (`plan`, `bypassPermissions`, ...), if told.
    pub mode: Option<String>,
    /// The tool's name as the agent wrote it; empty for moments without a tool.
    pub tool: String,
    /// The tool's input, unchanged.
    pub input: serde_json::Value,
    /// The tool call in Wardline's words, for moments with a tool.
    pub action: Option<Action>,
    /// What became of the tool, for [`Moment::AfterTool`].
    pub outcome: Option<Outcome>,
    /// The agent is already going on because a stop was refused: refusing again may loop.
    pub stop_hook_active: bool,
}

/// Wardline's answer, before it is put into a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing to say: the agent goes on as it would without Wardline.
    NoObjection,
    /// The policy allows it.
    Allow {
        /// Why, in one line.
        reason: String,
    },
    /// A person has to say yes.
    Ask {
        /// What is asked and which rule asks.
        reason: String,
    },
    /// It must not happen. At [`Moment::Stop`]: the work is not done yet.
    Deny {
        /// Shown to the model: the rule and what to do instead, never the whole policy.
        reason: String,
    },
    /// Nothing is held up, and the person should know something. At [`Moment::Stop`]: the turn ends red.
    Tell {
        /// Shown to the person where the agent has a way to, and never to its model.
        text: String,
    },
}

/// How answers are worded where a dialect leaves a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// Say `allow` where that spares the person the agent's own question (Claude Code). With `false` an allowed
    /// action gets silence and the agent asks as it always does.
    pub fewer_questions: bool,
    /// Codex knows no `ask`: `false` refuses what has to be asked, `true` leaves it to Codex's own approval.
    pub codex_approves: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { fewer_questions: true, codex_approves: false }
    }
}

/// What the hook process does: write both texts, then exit with the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Standard output: one JSON object or nothing.
    pub stdout: String,
    /// Standard error: the reason of a block, or nothing.
    pub stderr: String,
    /// Exit code: 0 (read standard output) or 2 (block).
    pub code: u8,
}

impl Reply {
    /// Exit 0 with nothing said: no objection in every dialect but Cursor's.
    #[must_use]
    pub const fn silence() -> Self {
        Self { stdout: String::new(), stderr: String::new(), code: 0 }
    }

    /// Whether an agent that reads only the exit code is stopped by this.
    #[must_use]
    pub const fn blocks_by_code(&self) -> bool {
        self.code == 2
    }

    /// Nothing is held up, and words for whoever reads the standard error of a hook.
    pub(crate) fn aside(text: &str) -> Self {
        Self { stderr: format!("{text}\n"), ..Self::silence() }
    }

    /// The same as a message that the agent's own screen shows to its user; Claude Code, Codex and Gemini CLI read one key.
    pub(crate) fn message(text: &str) -> Self {
        Self::json(&serde_json::json!({"systemMessage": text}))
    }

    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self { stdout: format!("{value}\n"), stderr: String::new(), code: 0 }
    }

    /// Standard output for those who read it, exit 2 and a reason for those who do not.
    pub(crate) fn block(value: Option<&serde_json::Value>, reason: &str) -> Self {
        Self {
            stdout: value.map(|json| format!("{json}\n")).unwrap_or_default(),
            stderr: format!("{reason}\n"),
            code: 2,
        }
    }
}

/// Why an input could not be read. Every one of them is answered with a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// More bytes than a hook input may have.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Objects and lists nested deeper than any agent does.
    TooDeep {
        /// The limit in levels.
        limit: usize,
    },
    /// More values than any agent sends.
    TooMany {
        /// The limit in values.
        limit: usize,
    },
    /// Not UTF-8.
    NotUtf8,
    /// Not JSON; the text says where.
    NotJson(String),
    /// The same key twice in one object: readers would disagree about its value.
    DuplicateKey(String),
    /// JSON, but not a hook call of an agent that Wardline knows.
    NotAHook(String),
    /// A field with a wrong type or no value.
    Field {
        /// The field's name.
        name: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "hook input is larger than {} MiB", limit / (1 << 20)),
            Self::TooDeep { limit } => write!(f, "hook input is nested deeper than {limit} levels"),
            Self::TooMany { limit } => write!(f, "hook input has more than {limit} values"),
            Self::NotUtf8 => f.write_str("hook input is not UTF-8"),
            Self::NotJson(what) => write!(f, "hook input is not JSON: {what}"),
            Self::DuplicateKey(key) => write!(f, "hook input has the key {key:?} twice in one object"),
            Self::NotAHook(what) => write!(f, "hook input is from no agent that wardline knows: {what}"),
            Self::Field { name, wanted } => write!(f, "hook input field `{name}` must be {wanted}"),
        }
    }
}

impl std::error::Error for Malformed {}

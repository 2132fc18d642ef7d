//! What a scan found, and what it could not look at.

use std::fmt;

use crate::span::Span;

/// What a finding means for the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never stops anything.
    Note,
    /// Doubtful: told, and blocking under `strict`.
    Warning,
    /// A proved path, or a pattern that is wrong in itself: the gate stays red.
    Blocking,
}

/// The classes of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Unparameterised database access (CWE-89, 943).
    Sql,
    /// Templating that lets markup through (CWE-79, 1336).
    Xss,
    /// A command line or code made from what comes from outside (CWE-78, 77, 94, 95).
    Execution,
    /// A path made from what comes from outside (CWE-22, 73, 434).
    Path,
    /// A redirect to where the request says (CWE-601).
    Redirect,
    /// A secret in the source (CWE-798, 321, 259).
    Secret,
    /// A browser-native dialog: `alert`, `confirm`, `prompt`.
    Dialog,
    /// Objects made from bytes of others (CWE-502).
    Deserialization,
    /// A request to where the request says (CWE-918).
    Ssrf,
    /// Broken or weak cryptography (CWE-327, 328, 330).
    Crypto,
    /// TLS without verification (CWE-295).
    Tls,
    /// What a rule of a user calls out.
    Other,
}

impl Category {
    /// Every category, in the order in which they are told.
    pub const ALL: [Self; 12] = [
        Self::Sql,
        Self::Xss,
        Self::Execution,
        Self::Path,
        Self::Redirect,
        Self::Secret,
        Self::Dialog,
        Self::Deserialization,
        Self::Ssrf,
        Self::Crypto,
        Self::Tls,
        Self::Other,
    ];

    /// Its name in rules (`metadata.category`), reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sql => "sql-injection",
            Self::Xss => "xss",
            Self::Execution => "execution",
            Self::Path => "path-traversal",
            Self::Redirect => "open-redirect",
            Self::Secret => "secret",
            Self::Dialog => "native-dialog",
            Self::Deserialization => "deserialization",
            Self::Ssrf => "ssrf",
            Self::Crypto => "weak-crypto",
            Self::Tls => "tls-verification",
            Self::Other => "other",
        }
    }

    /// The category of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

/// One thing that is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name: `python.sql-injection`.
    pub rule: String,
    /// Its class.
    pub category: Category,
    /// What it means for the gate.
    pub severity: Severity,
    /// The weaknesses that it is an instance of (CWE numbers), most specific first.
    pub cwe: Vec<u16>,
    /// What is wrong, for a person; never quotes a secret.
    pub message: String,
    /// What to do instead.
    pub advice: String,
    /// The file, as the caller named it.
    pub path: String,
    /// Where: the sink, or the match.
    pub span: Span,
    /// The path of the value, source first, sink last. Empty for a pattern.
    pub trace: Vec<Step>,
    /// The function, method or class around it (`Repository.find`); empty at the top of the file.
    pub within: String,
    /// A change that would mend it.
    pub fix: Option<Fix>,
}

/// A step of a value from source to sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The file, as the caller named it.
    pub path: String,
    /// Where.
    pub span: Span,
    /// What happens: "`request.args` comes from the request", "assigned to `name`", "passed to `find`".
    pub note: String,
}

/// A change to one file, proposed by a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Ranges and what comes in their place; in order, not overlapping.
    pub edits: Vec<(Span, String)>,
}

/// Something that was to be looked at and was not, or not wholly. A gate treats it as red unless policy says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The file, as the caller named it.
    pub path: String,
    /// Where in it; none is the whole file.
    pub span: Option<Span>,
    /// Why.
    pub reason: GapReason,
}

/// Why something was not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GapReason {
    /// The grammar could not read a range.
    Unparsed(String),
    /// Larger than the limit, in bytes.
    Oversize {
        /// How large it is.
        bytes: u64,
        /// How large it may be.
        limit: u64,
    },
    /// No front-end reads this language; patterns of secrets were looked for.
    Unsupported,
    /// Not text in an encoding that is read (UTF-8, UTF-16 with its mark).
    NotText,
    /// The work for this file was cut at its limit.
    Exhausted(String),
    /// It could not be read.
    Unreadable(String),
}

impl fmt::Display for GapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unparsed(what) => write!(f, "not parsed: {what}"),
            Self::Oversize { bytes, limit } => write!(f, "{bytes} bytes, and {limit} are looked at"),
            Self::Unsupported => f.write_str("no front-end reads its language; only secrets were looked for"),
            Self::NotText => f.write_str("not text in UTF-8 or UTF-16"),
            Self::Exhausted(what) => write!(f, "the work for it was cut short: {what}"),
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
        }
    }
}

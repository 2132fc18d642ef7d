//! A rule, in the form it is written in and in the form it is matched in.

use std::sync::Arc;

use crate::decision::{Decision, Layer, Origin};
use crate::expiry::Expiry;
use crate::wildcard::{Pattern, expand_home};

/// Where a rule was written; shares the file name among the rules of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) layer: Layer,
    pub(crate) file: Arc<str>,
    pub(crate) line: u32,
}

impl Place {
    pub(crate) fn builtin() -> Self {
        Self { layer: Layer::Builtin, file: Arc::from("built-in"), line: 0 }
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin { layer: self.layer, file: self.file.to_string(), line: self.line }
    }
}

/// What a rule says, with what its author added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    pub(crate) decision: Decision,
    pub(crate) place: Place,
    pub(crate) note: Option<Arc<Note>>,
}

/// The author's explanation of a rule and the examples that go with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) reason: Option<String>,
    pub(crate) matching: Vec<String>,
    pub(crate) not_matching: Vec<String>,
    /// Until when it holds; for good when absent.
    pub(crate) expires: Option<Expiry>,
}

/// A `permission` value as written. Kept, because Kilo's merge works on this form and not on rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Permission {
    #[default]
    Absent,
    Scalar(Effect),
    Map(Vec<(String, Entry)>),
    List(Vec<Statement>),
}

/// The value of one permission key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// `null`: no rule. In Kilo's merge it takes a lower layer's rule away.
    Null,
    Scalar(Effect),
    Map(Vec<(String, Option<Effect>)>),
}

/// A rule before home expansion and folding: one line of a flattened [`Permission`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) permission: String,
    pub(crate) pattern: String,
    pub(crate) effect: Effect,
}

impl Permission {
    /// The statements in file order.
    pub(crate) fn flatten(&self) -> Vec<Statement> {
        let statement = |permission: &str, pattern: &str, effect: &Effect| Statement {
            permission: permission.to_owned(),
            pattern: pattern.to_owned(),
            effect: effect.clone(),
        };
        match self {
            Self::Absent => Vec::new(),
            Self::Scalar(effect) => vec![statement("*", "*", effect)],
            Self::List(statements) => statements.clone(),
            Self::Map(entries) => {
                let mut statements = Vec::with_capacity(entries.len());
                for (key, entry) in entries {
                    match entry {
                        Entry::Null => {}
                        Entry::Scalar(effect) => statements.push(statement(key, "*", effect)),
                        Entry::Map(patterns) => {
                            statements.extend(patterns.iter().filter_map(|(pattern, effect)| {
                                Some(statement(key, pattern, effect.as_ref()?))
                            }))
                        }
                    }
                }
                statements
            }
        }
    }
}

/// A rule ready to be matched.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) permission: Pattern,
    pub(crate) pattern: Pattern,
    pub(crate) effect: Effect,
}

impl Rule {
    pub(crate) fn new(statement: Statement, terms: &Terms) -> Self {
        let Statement { permission, pattern, effect } = statement;
        let permission = match permission.as_str() {
            "write" | "patch" | "multiedit" | "apply_patch" if terms.aliases => "edit".to_owned(),
            _ => permission,
        };
        Self {
            // Permission names are Wardline's own words: no slashes to fold, no case to forget.
            permission: Pattern::new(permission, false),
            pattern: Pattern::new(expand_home(pattern, &terms.home), terms.windows),
            effect,
        }
    }

    pub(crate) fn decision(&self) -> Decision {
        self.effect.decision
    }

    pub(crate) fn layer(&self) -> Layer {
        self.effect.place.layer
    }

    /// Whether it restricts everything at once, whatever the permission: `"*": "deny"` or `"*": "ask"`.
    pub(crate) fn is_blanket_restriction(&self) -> bool {
        self.decision() > Decision::Allow && self.is_blanket()
    }

    /// Whether it is about every target of every permission.
    pub(crate) fn is_blanket(&self) -> bool {
        self.permission.is_catch_all() && self.pattern.is_catch_all()
    }

    /// Whether it says nothing about the target in particular.
    pub(crate) fn is_broad(&self) -> bool {
        self.permission.is_catch_all() || self.pattern.is_catch_all()
    }

    /// The rule in words: `bash "rm *" deny`.
    pub(crate) fn words(&self) -> String {
        format!("{} \"{}\" {}", self.permission.as_str(), self.pattern.as_str(), self.decision())
    }
}

/// How written rules become matched ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    pub(crate) home: String,
    pub(crate) windows: bool,
    /// Read `write`, `patch`, `multiedit` and `apply_patch` as `edit`, so that a deny on any of them binds.
    pub(crate) aliases: bool,
}

/// The name under which a request's permission is looked up.
pub(crate) fn permission_key(permission: &str) -> &str {
    match permission {
        "write" | "patch" | "multiedit" | "apply_patch" => "edit",
        _ => permission,
    }
}

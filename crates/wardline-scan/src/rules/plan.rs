//! Rules made ready for one language: each pattern once, however many rules have it.

use std::sync::OnceLock;

use super::{
    comparison::Comparison,
    format::{Condition, Formula, MetavariableRegex},
    lazy::Lazy,
    pattern::Pattern,
    text,
};
use crate::{hash::HashMap, language::Language};

/// A pattern that is read when a file may match it.
#[derive(Debug)]
pub(super) struct Slot {
    source: String,
    /// What a file must contain, as hashes of words.
    pub(super) needed: Vec<u16>,
    /// Whether plain names mean global ones only.
    pub(super) globals: bool,
    read: OnceLock<Option<Pattern>>,
}

impl Slot {
    /// The pattern; none when it cannot be read, which is refused before.
    pub(super) fn pattern(&self, language: Language) -> Option<&Pattern> {
        self.read.get_or_init(|| Pattern::read(language, &self.source).ok()).as_ref()
    }
}

/// A formula over slots.
#[derive(Debug)]
pub(super) enum Plan {
    Pattern(usize),
    Regex(Lazy),
    Any(Vec<Self>),
    Inside(Box<Self>),
    All(Box<All>),
}

/// Patterns that belong together.
#[derive(Debug, Default)]
pub(super) struct All {
    pub(super) positive: Vec<Plan>,
    pub(super) not: Vec<Plan>,
    pub(super) not_inside: Vec<Plan>,
    pub(super) conditions: Vec<Check>,
    pub(super) focus: Option<String>,
}

/// A condition.
#[derive(Debug)]
pub(super) enum Check {
    Regex(String, MetavariableRegex),
    Pattern(String, Plan),
    Comparison(Comparison),
}

/// The slots of one language.
#[derive(Debug)]
pub(super) struct Slots {
    language: Language,
    pub(super) all: Vec<Slot>,
    known: HashMap<(String, bool), usize>,
}

impl Slots {
    /// None yet.
    pub(super) fn new(language: Language) -> Self {
        Self { language, all: Vec::new(), known: HashMap::default() }
    }

    fn slot(&mut self, source: &str, globals: bool) -> usize {
        let key = (source.to_owned(), globals);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let needed =
            text::encode(self.language, source).map(|encoded| text::needed(&encoded)).unwrap_or_default();
        self.all.push(Slot { source: source.to_owned(), needed, globals, read: OnceLock::new() });
        let slot = self.all.len() - 1;
        self.known.insert(key, slot);
        slot
    }

    /// A formula over slots.
    pub(super) fn plan(&mut self, formula: &Formula, globals: bool) -> Plan {
        match formula {
            Formula::Pattern(source) => Plan::Pattern(self.slot(source, globals)),
            Formula::Regex(regex) => Plan::Regex(regex.clone()),
            Formula::Any(formulas) => {
                Plan::Any(formulas.iter().map(|formula| self.plan(formula, globals)).collect())
            }
            Formula::Inside(formula) => Plan::Inside(Box::new(self.plan(formula, globals))),
            // What only excludes is refused where it stands alone.
            Formula::Not(_) | Formula::NotInside(_) => Plan::Any(Vec::new()),
            Formula::All(formulas, conditions, focus) => {
                let mut all = All { focus: focus.first().cloned(), ..All::default() };
                for formula in formulas {
                    match formula {
                        Formula::Not(inner) => all.not.push(self.plan(inner, globals)),
                        Formula::NotInside(inner) => all.not_inside.push(self.plan(inner, globals)),
                        _ => all.positive.push(self.plan(formula, globals)),
                    }
                }
                for condition in conditions {
                    all.conditions.push(match condition {
                        Condition::Regex(name, regex) => Check::Regex(name.clone(), regex.clone()),
                        Condition::Pattern(name, formula) => {
                            Check::Pattern(name.clone(), self.plan(formula, globals))
                        }
                        Condition::Comparison(comparison) => Check::Comparison(comparison.clone()),
                    });
                }
                Plan::All(Box::new(all))
            }
        }
    }
}

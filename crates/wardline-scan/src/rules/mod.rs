//! Rules: YAML in a declared subset of Semgrep's syntax, patterns over the shared tree, and what they say about a module.
//!
//! A [`Book`] holds rules, built in and a user's. For one language it is [compiled](Book::compile), and then
//! [applied](Compiled::apply) to modules: rules of `mode: taint` give expressions their [roles](crate::role), the others
//! [match](Match) by themselves. Patterns are read when a file has their words, so that a start costs nothing for rules that
//! are not needed.

mod begins;
mod builtin;
mod comparison;
mod computed;
mod env;
mod eval;
mod find;
mod format;
mod globs;
mod lazy;
mod names;
mod nest;
mod packed;
mod pattern;
mod plan;
mod references;
mod text;
mod unify;
mod unify_stmt;
mod verify;
pub(crate) mod walk;
mod yaml;

use std::{collections::BTreeMap, sync::Arc};

pub use format::{Level, Rule};

use self::{
    find::{Found, Hit},
    format::{Body, Options, Part, Set, Taint, What},
    names::Names,
    plan::{Plan, Slots},
    text::Words,
};
use crate::{
    finding::Severity,
    hash::HashMap,
    ir::{Import, Imported, Module},
    language::Language,
    role::{Reach, Role, Roles, RuleId, RuleSet},
    span::Span,
};

/// Why a rule, or a whole file of them, is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The rule, when it is one that is refused.
    pub rule: Option<String>,
    /// What is not supported or wrong.
    pub reason: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, line, rule, reason } = self;
        match rule {
            Some(rule) => write!(f, "{file}:{line}: rule `{rule}` is not used: {reason}"),
            None => write!(f, "{file}:{line}: {reason}"),
        }
    }
}

/// Rules of any languages.
#[derive(Debug, Clone, Default)]
pub struct Book {
    rules: Vec<Arc<Rule>>,
    sets: Vec<Set>,
}

impl Book {
    /// No rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rules that are built in for a language and those that are analysed together with it.
    pub fn built_in(language: Language) -> Self {
        let mut book = Self::new();
        for read in builtin::read(language) {
            book.rules.extend(read.rules.into_iter().map(Arc::new));
            book.sets.extend(read.sets);
        }
        book
    }

    /// Adds the rules of a file. What cannot be used is left out and returned: nothing of such a rule is applied.
    pub fn add(&mut self, file: &str, text: &str) -> Vec<Refusal> {
        self.add_for(None, file, text)
    }

    /// Adds the rules of a file that are for a language of the family of `language`, or all.
    pub(crate) fn add_for(&mut self, language: Option<Language>, file: &str, text: &str) -> Vec<Refusal> {
        let read = format::read(file, text);
        let mut refusals = read.refusals;
        self.sets.extend(read.sets);
        for rule in read.rules {
            let family = language.map_or(&[][..], Language::family);
            if language.is_some() && !rule.languages.iter().any(|language| family.contains(language)) {
                continue;
            }
            match self.refuse(&rule) {
                Some(refusal) => refusals.push(refusal),
                None => self.rules.push(Arc::new(rule)),
            }
        }
        refusals
    }

    /// Why a rule cannot be used beside those that there are.
    fn refuse(&self, rule: &Rule) -> Option<Refusal> {
        let reason = if self.rules.iter().any(|known| known.id == rule.id) {
            Some("another rule has this name".to_owned())
        } else if rule
            .languages
            .iter()
            .any(|language| self.taint_rules(*language) >= usize::from(RuleSet::LIMIT))
        {
            Some(format!("more than {} taint rules for one language", RuleSet::LIMIT))
        } else {
            verify::problem(rule, &self.sets)
        };
        reason.map(|reason| Refusal {
            file: rule.file.clone(),
            line: rule.line,
            rule: Some(rule.id.clone()),
            reason,
        })
    }

    fn taint_rules(&self, language: Language) -> usize {
        let taint =
            |rule: &&Arc<Rule>| matches!(rule.body, Body::Taint(_)) && rule.languages.contains(&language);
        self.rules.iter().filter(taint).count()
    }

    /// The rules, in the order in which they were added.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(Arc::as_ref)
    }

    /// Makes the rules of one language ready. They have the same numbers in every language of its family.
    pub fn compile(&self, language: Language) -> Compiled {
        let family = language.family();
        let wanted = |rule: &&Arc<Rule>| rule.languages.iter().any(|language| family.contains(language));
        let mut rules: Vec<Arc<Rule>> = self.rules.iter().filter(wanted).cloned().collect();
        // Rules that are followed come first: their numbers fit a set.
        rules.sort_by_key(|rule| matches!(rule.body, Body::Search(_)));
        let mut compiled = Compiled {
            language,
            rules,
            slots: Slots::new(language),
            searches: Vec::new(),
            parts: Vec::new(),
            called: Words::none(),
        };
        let sets: HashMap<&str, &[Part]> =
            self.sets.iter().map(|(name, parts)| (name.as_str(), parts.as_slice())).collect();
        compiled.fill(&sets);
        compiled
    }
}

/// The rules of one language, ready to be applied.
#[derive(Debug)]
pub struct Compiled {
    language: Language,
    rules: Vec<Arc<Rule>>,
    slots: Slots,
    searches: Vec<(RuleId, Plan)>,
    parts: Vec<PlannedPart>,
    /// The words of sinks and sanitizers: what else is named is no function that matters.
    called: Words,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    // In the order in which they have effect on one expression.
    Source,
    Sanitizer,
    Guard,
    Propagator,
    Sink,
}

/// A part of taint rules, with the rules that it is for.
#[derive(Debug)]
struct PlannedPart {
    kind: Kind,
    options: Options,
    rules: RuleSet,
    plan: Plan,
    /// Whether it singles out a part of what it matches.
    focused: bool,
}

/// What rules say about a module.
#[derive(Debug, Default)]
pub struct Applied {
    /// What the expressions are to the rules that are followed.
    pub roles: Roles,
    /// Where rules match by themselves, in the order of the text.
    pub matches: Vec<Match>,
    /// Whether the work was cut at its limit: the module is not fully analysed.
    pub exhausted: bool,
    /// How many steps the patterns took.
    pub steps: u64,
    /// The imports of the module, wherever they stand, and modules that are named in place (`require("./x")`).
    pub imports: Vec<Import>,
    sinks: HashMap<(RuleId, Span), Variables>,
}

/// Metavariables (without `$`) with their text in the source.
pub type Variables = BTreeMap<String, String>;

/// A place where a rule matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The rule.
    pub rule: RuleId,
    /// Where.
    pub span: Span,
    /// What its metavariables stand for.
    pub variables: Variables,
}

impl Applied {
    /// What the metavariables of a sink of a rule stand for.
    pub fn variables(&self, rule: RuleId, sink: Span) -> Option<&Variables> {
        self.sinks.get(&(rule, sink))
    }
}

impl Compiled {
    /// The rule of a number.
    pub fn rule(&self, rule: RuleId) -> Option<&Rule> {
        self.rules.get(usize::from(rule.0)).map(Arc::as_ref)
    }

    /// The rules in the order of their numbers.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(Arc::as_ref)
    }

    fn fill(&mut self, sets: &HashMap<&str, &[Part]>) {
        let rules = self.rules.clone();
        // The parts of a shared set are planned once for all rules that use it alike.
        let mut shared: BTreeMap<(String, Kind, [bool; 4]), RuleSet> = BTreeMap::new();
        for (number, rule) in (0_u16..).zip(&rules) {
            let id = RuleId(number);
            if !rule.languages.contains(&self.language) {
                continue;
            }
            match &rule.body {
                Body::Search(formula) => {
                    let plan = self.slots.plan(formula, rule.globals);
                    self.searches.push((id, plan));
                }
                Body::Taint(taint) => {
                    for (kind, part) in parts(taint) {
                        if let What::Set(name) = &part.what {
                            let Options { weak, shallow, proven, by_side_effect, .. } = part.options;
                            let users = shared
                                .entry((name.clone(), kind, [weak, shallow, proven, by_side_effect]))
                                .or_default();
                            *users = users.union(RuleSet::one(id));
                        } else {
                            self.plan(kind, part, &Options::default(), RuleSet::one(id), rule.globals);
                        }
                    }
                }
            }
        }
        for ((name, kind, [weak, shallow, proven, by_side_effect]), users) in shared {
            let more = Options { weak, shallow, proven, by_side_effect, ..Options::default() };
            let mut open = vec![(name, 0)];
            while let Some((name, depth)) = open.pop() {
                for part in sets.get(name.as_str()).copied().unwrap_or_default() {
                    match &part.what {
                        // A set may name others; one that names itself ends here.
                        What::Set(inner) if depth < 4 => open.push((inner.clone(), depth + 1)),
                        What::Set(_) => {}
                        What::Formula(_) => self.plan(kind, part, &more, users, false),
                    }
                }
            }
        }
        self.parts.sort_by_key(|part| part.kind);
    }

    fn plan(&mut self, kind: Kind, part: &Part, more: &Options, rules: RuleSet, globals: bool) {
        let What::Formula(formula) = &part.what else { return };
        let mut options = part.options.clone();
        options.weak |= more.weak;
        options.shallow |= more.shallow;
        options.proven |= more.proven;
        options.by_side_effect |= more.by_side_effect;
        if matches!(kind, Kind::Sink | Kind::Sanitizer) {
            formula.words(&mut |text| self.called.spell(text));
        }
        let plan = self.slots.plan(formula, globals);
        let focused = formula.focused();
        self.parts.push(PlannedPart { kind, options, rules, plan, focused });
    }

    /// What the rules say about a module that was read from `text`.
    pub fn apply(&self, module: &Module, path: &str, text: &str) -> Applied {
        let computed = computed::names(module);
        let names = Names::new(module, &computed);
        let mut applied = Applied { imports: imports(module, &names), ..Applied::default() };
        let (made, all) = references::calls(module, &self.called);
        let Some(found) = Found::new(&self.slots, names, text, &computed, &made) else { return applied };
        let skipped = (0_u16..)
            .zip(&self.rules)
            .filter(|(_, rule)| !rule.paths.take(path))
            .fold(RuleSet::default(), |set, (number, _)| set.union(RuleSet::one(RuleId(number))));
        for (rule, plan) in &self.searches {
            if self.rule(*rule).is_some_and(|rule| !rule.paths.take(path)) {
                continue;
            }
            for hit in found.evaluate(plan).iter() {
                applied.matches.push(Match { rule: *rule, span: hit.span, variables: variables(hit, text) });
            }
        }
        applied.matches.sort_by_key(|found| (found.span, found.rule));
        applied.matches.dedup_by_key(|found| (found.span, found.rule));
        for part in &self.parts {
            let rules = part.rules.without(skipped);
            if rules.is_empty() {
                continue;
            }
            for hit in found.evaluate(&part.plan).iter() {
                applied.take(part, rules, hit, text);
            }
        }
        references::take(&made, &mut applied.roles);
        applied.exhausted = !all || found.work.exhausted();
        applied.steps = u64::from(found.work.steps());
        applied
    }
}

impl Applied {
    fn take(&mut self, part: &PlannedPart, rules: RuleSet, hit: &Hit<'_, '_>, text: &str) {
        let Some(expr) = hit.expr else { return };
        let options = &part.options;
        let role = match part.kind {
            Kind::Source => Role::Source { rules, weak: options.weak },
            Kind::Sink => {
                for rule in rules.rules() {
                    self.sinks.entry((rule, hit.span)).or_insert_with(|| variables(hit, text));
                }
                let reach = Reach { shallow: options.shallow, proven: options.proven };
                Role::Sink { rules, reach, by_value: part.focused }
            }
            Kind::Sanitizer => Role::Sanitizer { rules, by_side_effect: options.by_side_effect },
            Kind::Guard => Role::Guard { rules, when_false: options.when_false },
            Kind::Propagator => {
                let one = |name: &str| hit.env.get(name).and_then(|bound| bound.exprs().first().copied());
                let bare = |name: &str| one(name.trim_start_matches('$'));
                let (Some((from, _)), Some((to, _))) = (bare(&options.from), bare(&options.to)) else {
                    return;
                };
                Role::Propagator { rules, from, to }
            }
        };
        if !self.roles.of(expr).contains(&role) {
            self.roles.add(expr, role);
        }
    }
}

fn parts(taint: &Taint) -> impl Iterator<Item = (Kind, &Part)> {
    [
        (Kind::Source, &taint.sources),
        (Kind::Sink, &taint.sinks),
        (Kind::Sanitizer, &taint.sanitizers),
        (Kind::Guard, &taint.guards),
        (Kind::Propagator, &taint.propagators),
    ]
    .into_iter()
    .flat_map(|(kind, parts)| parts.iter().map(move |part| (kind, part)))
}

fn variables(hit: &Hit<'_, '_>, text: &str) -> Variables {
    hit.env.all().iter().map(|(name, bound)| ((*name).to_owned(), bound.text(text).to_owned())).collect()
}

impl Rule {
    /// What a finding of the rule means for the gate.
    pub fn severity(&self) -> Severity {
        match self.level {
            Level::Error => Severity::Blocking,
            Level::Warning => Severity::Warning,
            Level::Info => Severity::Note,
        }
    }

    /// Whether it follows values, and does not match by itself.
    pub fn is_taint(&self) -> bool {
        matches!(self.body, Body::Taint(_))
    }

    /// Its message with the values of its metavariables.
    pub fn message_with(&self, variables: &Variables) -> String {
        interpolate(self.message.trim(), variables)
    }

    /// Its fix with the values of its metavariables.
    pub fn fix_with(&self, variables: &Variables) -> Option<String> {
        self.fix.as_deref().map(|fix| interpolate(fix.trim_end(), variables))
    }
}

fn interpolate(text: &str, variables: &Variables) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let name = from.get(1..).unwrap_or_default();
        let end = name
            .find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
            .unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default();
        match variables.get(name) {
            Some(value) => out.push_str(value),
            None => out.push_str(from.get(..end + 1).unwrap_or(from)),
        }
        rest = from.get(end + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The imports of a module, wherever they stand, and modules that are named in place (`require("./x")`).
fn imports<'m>(module: &'m Module, names: &Names<'m>) -> Vec<Import> {
    let mut found = Vec::new();
    walk::block(&module.body, &mut |node| match node {
        walk::Node::Imports(imports) => found.extend(imports.iter().cloned()),
        walk::Node::Expr(expr) => {
            if let Some(name) = names.module_in_place(expr) {
                found.push(Import { module: Arc::from(name), what: Imported::Whole, local: Arc::from("") });
            }
        }
        walk::Node::Block(_) | walk::Node::Function(_) => {}
    });
    found
}

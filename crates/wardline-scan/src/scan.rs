//! The analysis of files: rules, flow and secrets together.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use crate::{
    finding::{Finding, Fix, Gap, GapReason, Severity},
    flow::{self, Flow, Unit},
    front,
    ir::Module,
    language::Language,
    memory::{Memory, Reading},
    mend,
    project::{Around, InTurn},
    rules::{Applied, Book, Compiled, Match, Refusal, Rule},
    span::Span,
};

/// The largest file that is analysed, in bytes. Larger ones are generated; secrets are looked for in them all the same.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Why a file is incomplete whose work was not cut.
pub const DEEP: &str = "a value from outside goes deeper than calls and imports are followed";

/// What came of a scan.
#[derive(Debug, Default)]
pub struct Scan {
    /// What was found, in the order of files and places.
    pub findings: Vec<Finding>,
    /// What was not analysed, or not wholly.
    pub gaps: Vec<Gap>,
    /// How many steps following the values takes from the beginning.
    pub steps: u64,
    /// How many of them were done, and not known from an earlier scan.
    pub worked: u64,
    /// How many steps the patterns of the rules took.
    pub matched: u64,
}

/// The rules, ready to be applied to any number of scans. Those of a language are read when a file of it is first met.
#[derive(Debug, Default)]
pub struct Scanner {
    families: BTreeMap<Language, OnceLock<Book>>,
    compiled: BTreeMap<Language, OnceLock<Compiled>>,
    pub(crate) memory: Option<Memory>,
}

impl Scanner {
    /// With the built-in rules.
    pub fn new() -> Self {
        let families = Language::all().filter_map(|language| language.family().first());
        Self {
            families: families.map(|language| (*language, OnceLock::new())).collect(),
            compiled: Language::all().map(|language| (language, OnceLock::new())).collect(),
            memory: None,
        }
    }

    /// Keeps what was read and followed, so that a scan of nearly the same texts costs what changed. It finds what a scan
    /// without a memory finds.
    #[must_use]
    pub fn remembering(self) -> Self {
        Self { memory: Some(Memory::default()), ..self }
    }

    /// Lets go what was not asked for since this was called the last time but one.
    pub fn turn(&self) {
        if let Some(memory) = &self.memory {
            memory.turn();
        }
    }

    /// With rules of a project besides: path and text of each file. What cannot be used is left out and returned.
    pub fn with_rules(files: &[(String, String)]) -> (Self, Vec<Refusal>) {
        let scanner = Self::new();
        let mut refusals: Vec<Refusal> = Vec::new();
        if files.is_empty() {
            return (scanner, refusals);
        }
        for (language, slot) in &scanner.families {
            let mut book = Book::built_in(*language);
            for (path, text) in files {
                for refusal in book.add_for(Some(*language), path, text) {
                    if !refusals.contains(&refusal) {
                        refusals.push(refusal);
                    }
                }
            }
            // The slot is new: nobody else has filled it.
            drop(slot.set(book));
        }
        (scanner, refusals)
    }

    /// All rules that are applied to files of a language and its family.
    pub fn book(&self, language: Language) -> Option<&Book> {
        let first = language.family().first()?;
        Some(self.families.get(first)?.get_or_init(|| Book::built_in(language)))
    }

    pub(crate) fn compiled(&self, language: Language) -> Option<&Compiled> {
        let book = self.book(language)?;
        Some(self.compiled.get(&language)?.get_or_init(|| book.compile(language)))
    }

    /// Analyses texts by their paths (with `/` between the parts, relative to the root of the project). `neighbour` gives the
    /// text of any other file of the project, for values that come from there.
    pub fn scan(&self, texts: &BTreeMap<String, String>, neighbour: &dyn Fn(&str) -> Option<String>) -> Scan {
        self.scan_by(&InTurn, texts, &Around { neighbour, touched: &|_| false })
    }

    /// Reads a file and applies the rules to it.
    pub(crate) fn read(&self, path: &str, text: &str, language: Language) -> Option<Arc<Reading>> {
        let applied = |module: &Module| {
            let mut applied = self.compiled(language)?.apply(module, path, text);
            let roles = std::mem::take(&mut applied.roles);
            Some((applied, roles))
        };
        let unit = |module, roles| Unit { path: path.to_owned(), text: text.to_owned(), module, roles };
        let Some(memory) = &self.memory else {
            let module = front::lower(language, text)?;
            let (applied, roles) = applied(&module)?;
            return Some(Arc::new(Reading::new(unit(module, roles), applied, None)));
        };
        memory.reading(path, text, |last| {
            let last = last.filter(|last| last.unit.module.language == language);
            let (module, source) = front::lower_again(language, text, last.and_then(Reading::before))?;
            let (applied, roles) = applied(&module)?;
            Some(Reading::new(unit(module, roles), applied, source))
        })
    }
}

impl Scan {
    pub(crate) fn gap(&mut self, path: &str, span: Option<Span>, reason: GapReason) {
        self.gaps.push(Gap { path: path.to_owned(), span, reason });
    }

    /// Notes a file whose analysis came to no end.
    pub(crate) fn failed(&mut self, path: &str) {
        self.gap(path, None, GapReason::Exhausted("its analysis failed".to_owned()));
    }

    pub(crate) fn read_gaps(&mut self, unit: &Unit, applied: &Applied) {
        for problem in &unit.module.problems {
            self.gap(&unit.path, Some(problem.span), GapReason::Unparsed(problem.what.clone()));
        }
        if applied.exhausted {
            let why = "the patterns of the rules were not matched to the end".to_owned();
            self.gap(&unit.path, None, GapReason::Exhausted(why));
        }
    }

    /// Adds what rules match by themselves.
    pub(crate) fn matched(
        &mut self,
        compiled: &Compiled,
        unit: &Unit,
        file: &mend::File<'_>,
        applied: &Applied,
    ) {
        self.findings.extend(applied.matches.iter().filter_map(|found| matched(compiled, unit, file, found)));
    }

    /// Adds a way into a sink.
    pub(crate) fn flowed(
        &mut self,
        compiled: &Compiled,
        sink: &Unit,
        file: &mend::File<'_>,
        applied: &Applied,
        flow: &Flow,
    ) {
        self.findings.extend(flowed(compiled, sink, file, applied, flow));
    }
}

/// The finding of a rule that matches by itself.
fn matched(compiled: &Compiled, unit: &Unit, file: &mend::File<'_>, found: &Match) -> Option<Finding> {
    let rule = compiled.rule(found.rule)?;
    Some(Finding {
        message: rule.message_with(&found.variables),
        span: found.span,
        within: flow::within(&unit.module.body, found.span),
        fix: match rule.fix_with(&found.variables) {
            Some(text) => Some(Fix { edits: vec![(found.span, text)] }),
            None => mend::propose(&rule.id, file, found.span),
        },
        ..blank(rule, &unit.path)
    })
}

/// The finding of a way into a sink.
fn flowed(
    compiled: &Compiled,
    sink: &Unit,
    file: &mend::File<'_>,
    applied: &Applied,
    flow: &Flow,
) -> Option<Finding> {
    let rule = compiled.rule(flow.rule)?;
    let none = BTreeMap::new();
    let variables = applied.variables(flow.rule, flow.span).unwrap_or(&none);
    let message = rule.message_with(variables);
    let severity = rule.severity();
    Some(Finding {
        severity: match (flow.unknown, flow.weak, severity) {
            (true, _, Severity::Warning) => Severity::Note,
            (true, ..) | (_, true, _) => severity.min(Severity::Warning),
            _ => severity,
        },
        message: if flow.unknown {
            format!("If this value can come from outside: {message}")
        } else {
            message
        },
        span: flow.span,
        within: flow.within.clone(),
        trace: flow.trace.clone(),
        fix: match rule.fix_with(variables) {
            Some(text) => Some(Fix { edits: vec![(flow.span, text)] }),
            None => mend::propose(&rule.id, file, flow.span),
        },
        ..blank(rule, &sink.path)
    })
}

fn blank(rule: &Rule, path: &str) -> Finding {
    Finding {
        rule: rule.id.clone(),
        category: rule.category,
        severity: rule.severity(),
        cwe: rule.cwe.clone(),
        message: String::new(),
        advice: rule.advice.clone(),
        path: path.to_owned(),
        span: Span::default(),
        trace: Vec::new(),
        within: String::new(),
        fix: None,
    }
}

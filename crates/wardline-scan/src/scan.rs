//! The analysis of files: rules, flow and secrets together.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use crate::{
    checks,
    finding::{Finding, Fix, Gap, GapReason, Severity},
    flow::{self, Flow, Follower, Limits, Program, Unit},
    front, hidden,
    ir::{Imported, Module},
    language::{self, Language},
    memory::{Memory, Reading},
    mend,
    rules::{Applied, Book, Compiled, Match, Refusal, Rule},
    secrets,
    span::Span,
};

/// The largest file that is analysed, in bytes. Larger ones are generated; secrets are looked for in them all the same.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// How many files around those that are analysed are read for what they export.
const MAX_NEIGHBOURS: usize = 400;

/// How far imports are followed from the files that are analysed.
const MAX_DISTANCE: usize = 3;

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
    memory: Option<Memory>,
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

    fn compiled(&self, language: Language) -> Option<&Compiled> {
        let book = self.book(language)?;
        Some(self.compiled.get(&language)?.get_or_init(|| book.compile(language)))
    }

    /// Analyses texts by their paths (with `/` between the parts, relative to the root of the project). `neighbour` gives the
    /// text of any other file of the project, for values that come from there.
    pub fn scan(&self, texts: &BTreeMap<String, String>, neighbour: &dyn Fn(&str) -> Option<String>) -> Scan {
        self.scan_change(texts, neighbour, &|_| false)
    }

    /// The same, where these texts are a part of a change: to files that are `touched` by it, imports are followed however far.
    pub fn scan_change(
        &self,
        texts: &BTreeMap<String, String>,
        neighbour: &dyn Fn(&str) -> Option<String>,
        touched: &dyn Fn(&str) -> bool,
    ) -> Scan {
        let mut scan = Scan::default();
        let mut by_family: BTreeMap<Language, Vec<(&str, &str, Language)>> = BTreeMap::new();
        for (path, text) in texts {
            scan.findings.extend(match &self.memory {
                Some(memory) => memory.secrets(path, text, || secrets::scan(path, text)),
                None => secrets::scan(path, text),
            });
            let Some(language) = Language::of(path, text) else {
                if let Some(reason) = language::unread(path) {
                    scan.gap(path, None, reason);
                }
                continue;
            };
            scan.findings.extend(hidden::scan(path, text));
            if text.len() > MAX_BYTES {
                let (bytes, limit) = (text.len() as u64, MAX_BYTES as u64);
                scan.gap(path, None, GapReason::Oversize { bytes, limit });
            } else if let Some(report) = checks::scan(language, path, text) {
                scan.findings.extend(report.findings);
                scan.gaps.extend(report.gaps);
            } else if let Some(first) = language.family().first() {
                by_family.entry(*first).or_default().push((path, text, language));
            }
        }
        for files in by_family.values() {
            self.scan_family(files, neighbour, touched, &mut scan);
        }
        scan.findings.sort_by(|a, b| (&a.path, a.span, &a.rule).cmp(&(&b.path, b.span, &b.rule)));
        scan.gaps.sort_by(|a, b| (&a.path, a.span).cmp(&(&b.path, b.span)));
        scan
    }

    fn scan_family(
        &self,
        files: &[(&str, &str, Language)],
        neighbour: &dyn Fn(&str) -> Option<String>,
        touched: &dyn Fn(&str) -> bool,
        scan: &mut Scan,
    ) {
        let mut read: Vec<Arc<Reading>> = Vec::new();
        for (path, text, language) in files {
            match self.read(path, text, *language) {
                Some(reading) => read.push(reading),
                None => scan.gap(path, None, GapReason::Unsupported),
            }
        }
        let own = read.len();
        for reading in &read {
            scan.read_gaps(&reading.unit, &reading.applied);
        }
        let whole = self.neighbours(&mut read, neighbour, touched);
        if let Some(first) = read.first().filter(|_| !whole) {
            let why = format!("more than {MAX_NEIGHBOURS} files are imported, changed ones among them");
            scan.gap(&first.unit.path, None, GapReason::Exhausted(why));
        }
        let program = Program::shared(read.iter().map(|reading| reading.unit.clone()).collect());
        let mut follower = Follower::new(&program, Limits::default());
        let follow = |number| match &self.memory {
            Some(memory) => memory.follow(&mut follower, &read, number),
            None => follower.follow(number, None).0,
        };
        let mut reports: Vec<_> = (0..own).map(follow).collect();
        flow::once(&mut reports);
        scan.steps = reports.iter().map(|report| report.steps).fold(scan.steps, u64::saturating_add);
        scan.worked = reports.iter().map(|report| report.worked).fold(scan.worked, u64::saturating_add);
        let files: Vec<mend::File<'_>> =
            read.iter().map(|reading| mend::File::new(&reading.unit.path, &reading.unit.text)).collect();
        for ((reading, report), file) in read.iter().zip(&reports).zip(&files) {
            let (unit, applied) = (&reading.unit, &reading.applied);
            let Some(compiled) = self.compiled(unit.module.language) else { continue };
            if report.exhausted {
                let why =
                    if report.deep { DEEP } else { "the values of this file were not followed to the end" };
                scan.gap(&unit.path, None, GapReason::Exhausted(why.to_owned()));
            }
            scan.findings
                .extend(applied.matches.iter().filter_map(|found| matched(compiled, unit, file, found)));
            for flow in &report.flows {
                // The sink may be in a neighbour that is called from here.
                let Some((sink, file)) = program.units().get(flow.unit).zip(files.get(flow.unit)) else {
                    continue;
                };
                scan.findings.extend(flowed(compiled, sink, file, applied, flow));
            }
        }
    }

    /// Reads a file and applies the rules to it.
    fn read(&self, path: &str, text: &str, language: Language) -> Option<Arc<Reading>> {
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

    /// Adds the files that the others import. False when one that was touched had no place any more.
    fn neighbours(
        &self,
        read: &mut Vec<Arc<Reading>>,
        neighbour: &dyn Fn(&str) -> Option<String>,
        touched: &dyn Fn(&str) -> bool,
    ) -> bool {
        let mut known: BTreeSet<String> = read.iter().map(|reading| reading.unit.path.clone()).collect();
        let (mut start, limit) = (0, read.len() + MAX_NEIGHBOURS);
        let mut whole = true;
        for distance in 0.. {
            let end = read.len();
            if start == end {
                break;
            }
            let mut wanted = Vec::new();
            for reading in read.get(start..end).unwrap_or_default() {
                let unit = &reading.unit;
                for import in &reading.applied.imports {
                    let mut modules = vec![import.module.to_string()];
                    // `from package import module`.
                    if let Imported::One(name) = &import.what {
                        let dot = if import.module.ends_with('.') { "" } else { "." };
                        modules.push(format!("{}{dot}{name}", import.module));
                    }
                    for module in modules {
                        wanted.extend(flow::candidates(unit.module.language, &unit.path, &module));
                    }
                }
            }
            for path in wanted {
                let near = distance < MAX_DISTANCE || touched(&path);
                if !near || !known.insert(path.clone()) {
                    continue;
                }
                if read.len() >= limit {
                    whole &= !touched(&path);
                    continue;
                }
                let Some(text) = neighbour(&path).filter(|text| text.len() <= MAX_BYTES) else { continue };
                let Some(language) = Language::of(&path, &text) else { continue };
                read.extend(self.read(&path, &text, language));
            }
            start = end;
        }
        whole
    }
}

impl Scan {
    fn gap(&mut self, path: &str, span: Option<Span>, reason: GapReason) {
        self.gaps.push(Gap { path: path.to_owned(), span, reason });
    }

    fn read_gaps(&mut self, unit: &Unit, applied: &Applied) {
        for problem in &unit.module.problems {
            self.gap(&unit.path, Some(problem.span), GapReason::Unparsed(problem.what.clone()));
        }
        if applied.exhausted {
            let why = "the patterns of the rules were not matched to the end".to_owned();
            self.gap(&unit.path, None, GapReason::Exhausted(why));
        }
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

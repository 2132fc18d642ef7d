//! The scan of many files at once: each file is read once, whoever imports it, and then its values are followed among all.
//!
//! The parts of the work do not depend on each other, so that any number of workers may do them in any order: what comes of
//! it is the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use crate::{
    checks,
    finding::{Finding, Gap, GapReason},
    flow::{self, Follower, Limits, Program, Report},
    hidden,
    ir::Imported,
    language::{self, Language},
    memory::Reading,
    mend,
    scan::{DEEP, MAX_BYTES, Scan, Scanner},
    secrets,
};

/// How many files around those that are analysed are read for what they export, at least.
const MAX_NEIGHBOURS: usize = 400;

/// The same for each file that is analysed.
const NEIGHBOURS: usize = 4;

/// How far imports are followed from the files that are analysed.
const MAX_DISTANCE: usize = 3;

/// Files whose values one worker follows in a row. What the statements of files around did is known from one to the next.
const RUN: usize = 8;

/// Who does the parts of a scan.
pub trait Workers: Sync {
    /// Calls `work` with each number below `count`, in any order, on any threads. Where a call panics, that may end there: the
    /// scan names what was not done.
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync));

    /// Hears that so many more files are done.
    fn done(&self, _files: usize) {}
}

/// Does one part after the other on the thread of the caller.
#[derive(Debug, Clone, Copy, Default)]
pub struct InTurn;

impl Workers for InTurn {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(work);
    }
}

/// What each part of some work gave; nothing for those that failed.
fn gathered<T: Send + Sync>(
    workers: &dyn Workers,
    count: usize,
    make: impl Fn(usize) -> T + Sync,
) -> Vec<Option<T>> {
    let slots: Vec<OnceLock<T>> = (0..count).map(|_| OnceLock::new()).collect();
    workers.each(count, &|number| {
        if let Some(slot) = slots.get(number) {
            drop(slot.set(make(number)));
        }
    });
    slots.into_iter().map(OnceLock::into_inner).collect()
}

/// What lies around the files that are scanned.
pub struct Around<'a> {
    /// The text of any other file of the project, for values that come from there.
    pub neighbour: &'a dyn Fn(&str) -> Option<String>,
    /// Whether a file is a part of the change that is scanned. To these, imports are followed however far.
    pub touched: &'a dyn Fn(&str) -> bool,
}

impl std::fmt::Debug for Around<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Around").finish_non_exhaustive()
    }
}

/// What one file says without the others.
#[derive(Default)]
struct Looked {
    findings: Vec<Finding>,
    gaps: Vec<Gap>,
    reading: Option<Arc<Reading>>,
}

impl Looked {
    fn gap(&mut self, path: &str, reason: GapReason) {
        self.gaps.push(Gap { path: path.to_owned(), span: None, reason });
    }
}

impl Scanner {
    /// Analyses texts by their paths, as [`Scanner::scan`] does, its parts done by `workers`.
    pub fn scan_by(
        &self,
        workers: &dyn Workers,
        texts: &BTreeMap<String, String>,
        around: &Around<'_>,
    ) -> Scan {
        let mut scan = Scan::default();
        let files: Vec<(&String, &String)> = texts.iter().collect();
        let looked = gathered(workers, files.len(), |number| {
            files.get(number).map(|(path, text)| self.look(path, text)).unwrap_or_default()
        });
        let mut families: BTreeMap<Language, Vec<Arc<Reading>>> = BTreeMap::new();
        let mut alone = 0;
        for ((path, _), looked) in files.iter().zip(looked) {
            let Some(looked) = looked else {
                scan.failed(path);
                continue;
            };
            scan.findings.extend(looked.findings);
            scan.gaps.extend(looked.gaps);
            let first = looked.reading.as_ref().and_then(|reading| reading.family());
            match first.zip(looked.reading) {
                Some((first, reading)) => families.entry(first).or_default().push(reading),
                None => alone += 1,
            }
        }
        workers.done(alone);
        for files in families.into_values() {
            self.scan_family(workers, files, around, &mut scan);
        }
        scan.findings.sort_by(|a, b| (&a.path, a.span, &a.rule).cmp(&(&b.path, b.span, &b.rule)));
        scan.gaps.sort_by(|a, b| (&a.path, a.span).cmp(&(&b.path, b.span)));
        scan
    }

    /// Looks at one file by itself.
    fn look(&self, path: &str, text: &str) -> Looked {
        let mut looked = Looked { findings: self.secrets(path, text), ..Looked::default() };
        let Some(language) = Language::of(path, text) else {
            language::unread(path).into_iter().for_each(|reason| looked.gap(path, reason));
            return looked;
        };
        looked.findings.extend(hidden::scan(path, text));
        if text.len() > MAX_BYTES {
            let (bytes, limit) = (text.len() as u64, MAX_BYTES as u64);
            looked.gap(path, GapReason::Oversize { bytes, limit });
        } else if let Some(report) = checks::scan(language, path, text) {
            looked.findings.extend(report.findings);
            looked.gaps.extend(report.gaps);
        } else {
            looked.reading = self.read(path, text, language);
            if looked.reading.is_none() {
                looked.gap(path, GapReason::Unsupported);
            }
        }
        looked
    }

    fn secrets(&self, path: &str, text: &str) -> Vec<Finding> {
        match &self.memory {
            Some(memory) => memory.secrets(path, text, || secrets::scan(path, text)),
            None => secrets::scan(path, text),
        }
    }

    fn scan_family(
        &self,
        workers: &dyn Workers,
        files: Vec<Arc<Reading>>,
        around: &Around<'_>,
        scan: &mut Scan,
    ) {
        let mut read = files;
        let own = read.len();
        for reading in &read {
            scan.read_gaps(&reading.unit, &reading.applied);
        }
        if !self.neighbours(workers, &mut read, around, scan)
            && let Some(first) = read.first()
        {
            let why = format!("more than {} files are imported, changed ones among them", read.len());
            scan.gap(&first.unit.path, None, GapReason::Exhausted(why));
        }
        let program = Program::shared(read.iter().map(|reading| reading.unit.clone()).collect());
        let mut reports = Vec::with_capacity(own);
        for (reading, report) in read.iter().zip(self.followed(workers, &program, &read, own)) {
            reports.push(report.unwrap_or_else(|| {
                scan.failed(&reading.unit.path);
                Report::default()
            }));
        }
        flow::once(&mut reports);
        self.tell(&program, &read, &reports, scan);
    }

    /// What following the values of each of the first files gave.
    fn followed(
        &self,
        workers: &dyn Workers,
        program: &Program,
        read: &[Arc<Reading>],
        own: usize,
    ) -> Vec<Option<Report>> {
        // A follower knows what the statements of files did that it met before; one that failed does not come back.
        let idle: Mutex<Vec<Follower<'_>>> = Mutex::default();
        let take = || idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let follow = |numbers: std::ops::Range<usize>| {
            let mut follower = take().unwrap_or_else(|| Follower::new(program, Limits::default()));
            let count = numbers.len();
            let reports: Vec<Report> = numbers
                .map(|number| match &self.memory {
                    Some(memory) => memory.follow(&mut follower, read, number),
                    None => follower.follow(number, None).0,
                })
                .collect();
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(follower);
            workers.done(count);
            reports
        };
        let run = |number: usize| number * RUN..own.min((number + 1) * RUN);
        let runs = own.div_ceil(RUN);
        let mut reports: Vec<Option<Report>> = Vec::with_capacity(own);
        for (number, done) in gathered(workers, runs, |number| follow(run(number))).into_iter().enumerate() {
            match done {
                Some(done) => reports.extend(done.into_iter().map(Some)),
                None => reports.extend(run(number).map(|_| None)),
            }
        }
        // Of a run that failed each file is tried by itself, so that one costs the others nothing.
        let missing: Vec<usize> =
            reports.iter().enumerate().filter(|(_, report)| report.is_none()).map(|(at, _)| at).collect();
        let again = gathered(workers, missing.len(), |number| {
            missing.get(number).map(|at| follow(*at..at + 1)).unwrap_or_default()
        });
        for (at, done) in missing.into_iter().zip(again) {
            if let Some(slot) = reports.get_mut(at) {
                *slot = done.and_then(|done| done.into_iter().next());
            }
        }
        reports
    }

    /// Adds what came out for each of the first files.
    fn tell(&self, program: &Program, read: &[Arc<Reading>], reports: &[Report], scan: &mut Scan) {
        scan.steps = reports.iter().map(|report| report.steps).fold(scan.steps, u64::saturating_add);
        scan.worked = reports.iter().map(|report| report.worked).fold(scan.worked, u64::saturating_add);
        let files: Vec<mend::File<'_>> =
            read.iter().map(|reading| mend::File::new(&reading.unit.path, &reading.unit.text)).collect();
        for ((reading, report), file) in read.iter().zip(reports).zip(&files) {
            let (unit, applied) = (&reading.unit, &reading.applied);
            let Some(compiled) = self.compiled(unit.module.language) else { continue };
            if report.exhausted {
                let why =
                    if report.deep { DEEP } else { "the values of this file were not followed to the end" };
                scan.gap(&unit.path, None, GapReason::Exhausted(why.to_owned()));
            }
            scan.matched(compiled, unit, file, applied);
            for flow in &report.flows {
                // The sink may be in a neighbour that is called from here.
                let Some((sink, file)) = program.units().get(flow.unit).zip(files.get(flow.unit)) else {
                    continue;
                };
                scan.flowed(compiled, sink, file, applied, flow);
            }
        }
    }

    /// Adds the files that the others import. False when one that was touched had no place any more.
    fn neighbours(
        &self,
        workers: &dyn Workers,
        read: &mut Vec<Arc<Reading>>,
        around: &Around<'_>,
        scan: &mut Scan,
    ) -> bool {
        let mut known: BTreeSet<String> = read.iter().map(|reading| reading.unit.path.clone()).collect();
        let (mut start, own) = (0, read.len());
        let limit = own.saturating_add(own.saturating_mul(NEIGHBOURS).max(MAX_NEIGHBOURS));
        let mut whole = true;
        for distance in 0.. {
            let end = read.len();
            if start == end {
                break;
            }
            let mut texts = Vec::new();
            for path in wanted(read.get(start..end).unwrap_or_default()) {
                let near = distance < MAX_DISTANCE || (around.touched)(&path);
                if !near || !known.insert(path.clone()) {
                    continue;
                }
                if read.len() + texts.len() >= limit {
                    whole &= !(around.touched)(&path);
                    continue;
                }
                let Some(text) = (around.neighbour)(&path).filter(|text| text.len() <= MAX_BYTES) else {
                    continue;
                };
                let language = Language::of(&path, &text);
                texts.extend(language.map(|language| (path, text, language)));
            }
            let more = gathered(workers, texts.len(), |number| {
                texts.get(number).and_then(|(path, text, language)| self.read(path, text, *language))
            });
            for ((path, ..), reading) in texts.iter().zip(more) {
                match reading {
                    Some(reading) => read.extend(reading),
                    None => scan.failed(path),
                }
            }
            start = end;
        }
        whole
    }
}

/// Where the files may be that these import.
fn wanted(read: &[Arc<Reading>]) -> Vec<String> {
    let mut wanted = Vec::new();
    for reading in read {
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
    wanted
}

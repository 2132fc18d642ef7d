//! The analysis of files with all rules, on several threads, and which files of a tree are scanned.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use wardline_scan::finding::{Gap, GapReason};
use wardline_scan::project::{Around, Workers};
use wardline_scan::rules::Refusal;
use wardline_scan::scan::Scanner;

use super::examine::{Analyse, Analysis, Work};
use super::git::files as git_files;
use super::tree::{Content, Tree, is_dependency, read, text};
use crate::paths::normalise;

/// Stack of an analysing thread: trees are walked to the depth at which front-ends cut them.
const STACK: usize = 64 * 1024 * 1024;
/// Threads at most; a gate runs beside an agent's own work.
const MAX_THREADS: usize = 8;

/// How much text is looked at together, in bytes: the trees of so much take a few hundred megabytes.
const GROUP: usize = 16 * 1024 * 1024;

/// What the root of a package holds.
const MANIFESTS: [&str; 11] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "package.json",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "Cargo.toml",
    "composer.json",
    "Gemfile",
];

/// The analysis with the built-in rules and those of the project.
#[derive(Default)]
pub struct Engine<'a> {
    /// Counts the files that are done, for who shows progress.
    pub done: Option<&'a AtomicUsize>,
    /// What is known from the analyses before.
    pub remembered: Option<&'a Remembered>,
}

/// A scanner that remembers, for one set of a project's rules at a time.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<Option<Arc<Known>>>);

#[derive(Debug)]
struct Known {
    rules: Vec<(String, String)>,
    scanner: Scanner,
    refusals: Vec<Refusal>,
}

impl Known {
    fn with(rules: &[(String, String)], remembers: bool) -> Self {
        let (scanner, refusals) = Scanner::with_rules(rules);
        let scanner = if remembers { scanner.remembering() } else { scanner };
        Self { rules: rules.to_vec(), scanner, refusals }
    }
}

impl Remembered {
    fn known(&self, rules: &[(String, String)]) -> Arc<Known> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = slot.as_ref().filter(|known| known.rules == rules) {
            return Arc::clone(known);
        }
        let known = Arc::new(Known::with(rules, true));
        *slot = Some(Arc::clone(&known));
        known
    }

    /// Lets go what the last two turns did not need.
    pub fn turn(&self) {
        if let Some(known) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            known.scanner.turn();
        }
    }
}

impl Analyse for Engine<'_> {
    fn analyse(&self, work: &Work<'_>) -> Analysis {
        let known = match self.remembered {
            Some(remembered) => remembered.known(work.rules),
            None => Arc::new(Known::with(work.rules, false)),
        };
        let mut analysis = Analysis::default();
        for refusal in &known.refusals {
            let reason = GapReason::Unparsed(refusal.to_string());
            analysis.gaps.push(Gap { path: refusal.file.clone(), span: None, reason });
        }
        let pool = Pool { done: self.done };
        for texts in groups(work.texts) {
            let scan = || {
                known.scanner.scan_by(
                    &pool,
                    &texts,
                    &Around {
                        neighbour: &|path| work.text(path),
                        touched: &|path| work.texts.contains_key(path),
                    },
                )
            };
            match catch_unwind(AssertUnwindSafe(scan)) {
                Ok(scan) => {
                    analysis.findings.extend(scan.findings);
                    analysis.gaps.extend(scan.gaps);
                }
                Err(_) => analysis.gaps.extend(texts.keys().map(|path| failed(path))),
            }
        }
        // A sink that two groups call is found by both.
        analysis.findings.sort_by(|a, b| (&a.path, a.span, &a.rule).cmp(&(&b.path, b.span, &b.rule)));
        analysis.findings.dedup();
        analysis
    }
}

/// Texts that are looked at together: all, while they are not too many for the memory; else those that lie beside each other.
fn groups(texts: &BTreeMap<String, String>) -> Vec<Cow<'_, BTreeMap<String, String>>> {
    if texts.values().map(String::len).sum::<usize>() <= GROUP {
        return vec![Cow::Borrowed(texts)];
    }
    let (mut groups, mut group, mut size) = (Vec::new(), BTreeMap::new(), 0);
    for (path, text) in texts {
        if size + text.len() > GROUP && !group.is_empty() {
            groups.push(Cow::Owned(std::mem::take(&mut group)));
            size = 0;
        }
        size += text.len();
        group.insert(path.clone(), text.clone());
    }
    groups.push(Cow::Owned(group));
    groups
}

/// Threads that do the parts of a scan.
struct Pool<'a> {
    done: Option<&'a AtomicUsize>,
}

impl Workers for Pool<'_> {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        let worker = || loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            // The scan names what was not done.
            drop(catch_unwind(AssertUnwindSafe(|| {
                super::fault("analysis");
                work(number);
            })));
        };
        let threads =
            std::thread::available_parallelism().map_or(2, usize::from).clamp(2, MAX_THREADS).min(count);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                // A thread that cannot be made leaves its part to the others.
                std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker).ok();
            }
        });
    }

    fn done(&self, files: usize) {
        if let Some(done) = self.done {
            done.fetch_add(files, Ordering::Relaxed);
        }
    }
}

fn failed(path: &str) -> Gap {
    let reason = GapReason::Exhausted("its analysis failed".to_owned());
    Gap { path: path.to_owned(), span: None, reason }
}

/// The files of a scan without a change.
#[derive(Debug, Default)]
pub struct Listing {
    /// The texts, by the name that findings use.
    pub texts: BTreeMap<String, String>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Reads what is scanned below `paths`: files that are named, and in directories what git tracks or would track; where there is no
/// repository, everything that no package manager or build made. `path` is where git is looked for.
#[must_use]
pub fn list(root: &Path, paths: &[PathBuf], path: &str) -> Listing {
    let mut listing = Listing::default();
    for place in paths {
        let whole = root.join(place);
        if !whole.is_dir() {
            listing.add(root, place);
            continue;
        }
        let files = match git_files(&whole, path) {
            Ok(files) => files,
            Err(_) => {
                let tree = Tree::walk(&whole);
                let unlisted = tree.unlisted.into_iter().map(|(path, why)| Gap {
                    path: place.join(path).to_string_lossy().into_owned(),
                    span: None,
                    reason: GapReason::Unreadable(why),
                });
                listing.gaps.extend(unlisted);
                tree.files.into_keys().filter(|path| !is_dependency(path)).collect()
            }
        };
        for file in files {
            // What git still tracks and is gone is nothing to scan.
            if whole.join(&file).symlink_metadata().is_ok_and(|found| !found.is_dir()) {
                listing.add(root, &place.join(file));
            }
        }
    }
    listing
}

/// Where imports of what is named are followed: below the working directory if that is around it; else below the nearest root of
/// a repository, or else of a package, at or above it; else below what was named.
#[must_use]
pub fn roots(cwd: &Path, paths: &[PathBuf]) -> Vec<PathBuf> {
    let root = |path: &PathBuf| {
        let named = normalise(&cwd.join(path));
        let around = if named.is_dir() { named.as_path() } else { named.parent().unwrap_or(&named) };
        if around.starts_with(cwd) {
            return cwd.to_path_buf();
        }
        let holds = |marks: &[&str]| {
            let has = |dir: &&Path| marks.iter().any(|mark| dir.join(mark).symlink_metadata().is_ok());
            around.ancestors().find(has)
        };
        holds(&[".git"]).or_else(|| holds(&MANIFESTS)).unwrap_or(around).to_path_buf()
    };
    paths.iter().map(root).collect()
}

/// The text of a file beside those that are scanned, if it lies below one of these roots.
#[must_use]
pub fn beside(cwd: &Path, roots: &[PathBuf], path: &str) -> Option<String> {
    let whole = normalise(&cwd.join(path));
    let inside = roots.iter().any(|root| whole.starts_with(root));
    inside.then(|| text(cwd, Path::new(path))).flatten()
}

impl Listing {
    fn add(&mut self, root: &Path, path: &Path) {
        let name = path.strip_prefix("./").unwrap_or(path).to_string_lossy().into_owned();
        match read(root, path).1 {
            Content::Text(text) => drop(self.texts.insert(name, text)),
            Content::Data => {}
            Content::Gap(reason) => self.gaps.push(Gap { path: name, span: None, reason }),
        }
    }
}

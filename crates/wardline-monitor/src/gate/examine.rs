//! Finds what was touched, has it analysed as it was and as it is, and compares.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use wardline_scan::change::{Snapshot, State, compare, fingerprints};
use wardline_scan::finding::{Finding, Gap, GapReason};
use wardline_scan::language::Language;

use super::base::Base;
use super::tree::{Content, content, is_dependency};
use super::view::View;
use super::{Examined, tree_digest};
use crate::trust::hex;

/// Changed files in the directories of package managers and builds that are looked at; more were not written by hand.
pub(super) const MAX_DEPENDENCIES: usize = 500;
/// Where a project keeps rules of its own.
pub(super) const RULES: &str = ".wardline/rules";
/// Pairs of files that are compared to find code that went on under a name that no language claims.
const MAX_PAIRS: usize = 20_000;

/// What is to be analysed.
pub struct Work<'a> {
    /// Files that were touched.
    pub texts: &'a BTreeMap<String, String>,
    /// Rules of the project besides the built-in ones: path and text.
    pub rules: &'a [(String, String)],
    /// The text of any other file of the tree, for values that come from there.
    pub neighbour: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

impl Work<'_> {
    /// The text of a file, touched or not.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        self.texts.get(path).cloned().or_else(|| (self.neighbour)(path))
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Analysis {
    /// What was found.
    pub findings: Vec<Finding>,
    /// What could not be analysed.
    pub gaps: Vec<Gap>,
}

/// The analysis of texts, as the gate uses it.
pub trait Analyse {
    /// Analyses the touched texts.
    fn analyse(&self, work: &Work<'_>) -> Analysis;
}

/// One file that was touched.
#[derive(Debug, Default)]
struct Touched {
    before: Option<Content>,
    after: Option<Content>,
}

/// Looks at a working tree and compares it with its base; `path` is where git is looked for.
pub fn examine(root: &Path, path: &str, base: &Base, analyse: &dyn Analyse) -> Examined {
    super::fault("walk");
    examine_view(&View::of_tree(root, path), base, analyse)
}

/// Looks at a state of the project and compares it with its base.
pub(crate) fn examine_view(tree: &View<'_>, base: &Base, analyse: &dyn Analyse) -> Examined {
    let mut found = Examined { base: base.name.clone(), ..Examined::default() };
    for (path, why) in &tree.unlisted {
        found.gaps.push((gap(path, GapReason::Unreadable(why.clone())), true));
    }
    let touched = touched(base, tree, &mut found);
    let texts = |side: fn(&Touched) -> &Option<Content>| -> BTreeMap<String, String> {
        let text = |(path, file): (&PathBuf, &Touched)| match side(file) {
            Some(Content::Text(text)) => Some((name(path), text.clone())),
            _ => None,
        };
        touched.iter().filter_map(text).collect()
    };
    let (before, after) = (texts(|file| &file.before), texts(|file| &file.after));
    let unread = gaps(&touched, &before);
    found.gaps.extend(unread);
    let rules = rules(base, tree, &mut found);
    let now = |path: &str| {
        let path = Path::new(path);
        match tree.files.contains_key(path).then(|| tree.read(path).1) {
            Some(Content::Text(text)) => Some(text),
            _ => None,
        }
    };
    let then = |path: &str| match base.content(Path::new(path)).ok().flatten() {
        Some(bytes) => match content(path, &bytes, bytes.len() as u64) {
            Content::Text(text) => Some(text),
            _ => None,
        },
        None => now(path).filter(|_| !touched.contains_key(Path::new(path))),
    };
    let around = importers(tree, &before, &after, &mut found);
    let with = |texts: &BTreeMap<String, String>, wanted: &dyn Fn(&str) -> bool| {
        let all = texts.iter().chain(around.iter().filter(|(path, _)| wanted(path)));
        all.map(|(path, text)| (path.clone(), text.clone())).collect::<BTreeMap<String, String>>()
    };
    let after = with(&after, &|_| true);
    let new = analyse.analyse(&Work { texts: &after, rules: &rules, neighbour: &now });
    // Of what nobody touched, how it was matters only where something is found now.
    let paths = new.gaps.iter().map(|gap| &gap.path);
    let told: BTreeSet<&String> = paths.chain(new.findings.iter().flat_map(places)).collect();
    let before = with(&before, &|path| told.iter().any(|told| *told == path));
    let old = analyse.analyse(&Work { texts: &before, rules: &rules, neighbour: &then });
    let before = with_neighbours(before, &old.findings, &then);
    let after = with_neighbours(after, &new.findings, &now);
    super::fault("compare");
    let compared = compare(
        Snapshot { texts: &before, findings: &old.findings },
        Snapshot { texts: &after, findings: &new.findings },
    );
    found.prints = fingerprints(&after, &new.findings);
    found.states = compared.states;
    found.fixed = compared.fixed.len();
    // Of a file that nobody touched only what is new counts.
    let gaps =
        new.gaps.into_iter().filter(|gap| !around.contains_key(&gap.path) || is_new_cut(gap, &old.gaps));
    found.gaps.extend(gaps.map(|gap| {
        let grave = is_grave(&gap);
        (gap, grave)
    }));
    found.findings = new.findings;
    found.keep(|finding, state| {
        !around.contains_key(&finding.path) || !matches!(state, State::PreExisting { .. })
    });
    found.texts = after;
    finish(base, tree, &touched, &mut found);
    found
}

/// The files that a finding has to do with.
fn places(finding: &Finding) -> impl Iterator<Item = &String> {
    std::iter::once(&finding.path).chain(finding.trace.iter().map(|step| &step.path))
}

/// The files that import what was touched, and that were not touched themselves.
fn importers(
    tree: &View<'_>,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    found: &mut Examined,
) -> BTreeMap<String, String> {
    super::fault("importers");
    let (around, whole) = super::importers::find(tree, before, after);
    if !whole {
        let why = format!("more than {} files import what was touched", super::importers::MOST);
        found.gaps.push((gap(Path::new("."), GapReason::Exhausted(why)), true));
    }
    around
}

/// Whether work on a file was cut that was not cut before the change.
fn is_new_cut(gap: &Gap, before: &[Gap]) -> bool {
    matches!(gap.reason, GapReason::Exhausted(_)) && !before.iter().any(|old| old.path == gap.path)
}

impl Examined {
    /// Leaves out findings, each with its state and its name.
    fn keep(&mut self, keeps: impl Fn(&Finding, &State) -> bool) {
        let rows = std::mem::take(&mut self.findings).into_iter();
        let rows = rows.zip(std::mem::take(&mut self.states)).zip(std::mem::take(&mut self.prints));
        for ((finding, state), print) in rows.filter(|((finding, state), _)| keeps(finding, state)) {
            self.findings.push(finding);
            self.states.push(state);
            self.prints.push(print);
        }
    }
}

/// The files that are not as they were, in both states.
fn touched(base: &Base, tree: &View<'_>, found: &mut Examined) -> BTreeMap<PathBuf, Touched> {
    let is_changed = |path: &PathBuf| match (base.files.get(path), tree.files.get(path)) {
        (Some(known), Some(stamp)) => known.stamp != *stamp,
        (None, None) => false,
        _ => true,
    };
    let all: BTreeSet<&PathBuf> = base.files.keys().chain(tree.files.keys()).collect();
    let changed: Vec<&PathBuf> = all.into_iter().filter(|path| is_changed(path)).collect();
    let looked_at = packages(tree, &changed, found);
    let mut touched = BTreeMap::new();
    for path in changed {
        if is_dependency(path) && !looked_at.contains(path) {
            continue;
        }
        let then = base.content(path);
        let now = tree.files.contains_key(path).then(|| tree.read(path));
        let same = matches!((&then, &now), (Ok(Some(then)), Some((now, content))) if then[..] == now[..] && !matches!(content, Content::Gap(_)));
        if same {
            continue;
        }
        let before = match then {
            Ok(bytes) => bytes.map(|bytes| content(&name(path), &bytes, bytes.len() as u64)),
            // What it held is not known, so all that is in it counts as new.
            Err(e) => {
                found.gaps.push((gap(path, GapReason::Unreadable(e.to_string())), true));
                None
            }
        };
        touched.insert(path.clone(), Touched { before, after: now.map(|(_, content)| content) });
    }
    touched
}

/// The changed files of packages and builds that are looked at. Of very many, those are left out that no language claims, and
/// those that git does not keep: they are no part of the work. When what is left is still too much, it is a gap.
fn packages(tree: &View<'_>, changed: &[&PathBuf], found: &mut Examined) -> BTreeSet<PathBuf> {
    let all: Vec<&PathBuf> = changed.iter().copied().filter(|path| is_dependency(path)).collect();
    let owned = |paths: Vec<&PathBuf>| paths.into_iter().cloned().collect::<BTreeSet<PathBuf>>();
    if all.len() <= MAX_DEPENDENCIES {
        return owned(all);
    }
    let code: Vec<&PathBuf> = all.iter().copied().filter(|path| is_claimed(&name(path))).collect();
    let ignored = tree.ignored(&code);
    let kept: Vec<&PathBuf> = code.into_iter().filter(|path| !ignored.contains(*path)).collect();
    found.left_out = all.len() - kept.len();
    if let (true, Some(first)) = (kept.len() > MAX_DEPENDENCIES, kept.first()) {
        let why = format!(
            "it and {} more changed files of packages, which git does not ignore, are more than {MAX_DEPENDENCIES}",
            kept.len() - 1
        );
        found.gaps.push((gap(first, GapReason::Exhausted(why)), true));
        return BTreeSet::new();
    }
    owned(kept)
}

/// What of the touched files could not be read, and code that goes on under a name that no language claims.
fn gaps(touched: &BTreeMap<PathBuf, Touched>, before: &BTreeMap<String, String>) -> Vec<(Gap, bool)> {
    let mut gaps = Vec::new();
    for (path, file) in touched {
        if let Some(Content::Gap(reason)) = &file.after {
            let gap = gap(path, reason.clone());
            let grave =
                is_grave(&gap) || is_claimed(&name(path)) || matches!(reason, GapReason::Unreadable(_));
            gaps.push((gap, grave));
        }
    }
    let after = |path: &String| touched.get(Path::new(path)).and_then(|file| file.after.as_ref());
    let gone: Vec<(&String, &String)> =
        before.iter().filter(|(path, _)| is_claimed(path) && after(path).is_none()).collect();
    let unclaimed = touched.iter().filter_map(|(path, file)| match (&file.before, &file.after) {
        (None, Some(Content::Text(text))) if Language::of(&name(path), text).is_none() => Some((path, text)),
        _ => None,
    });
    for (path, text) in unclaimed.take(MAX_PAIRS / gone.len().max(1)) {
        if let Some((was, _)) = gone.iter().find(|(_, old)| mostly_the_same(old, text)) {
            let why = format!("`{was}` goes on under a name that no language claims");
            gaps.push((gap(path, GapReason::Unparsed(why)), true));
        }
    }
    gaps
}

fn mostly_the_same(one: &str, other: &str) -> bool {
    let lines = |text: &str| {
        text.lines()
            .map(str::trim)
            .filter(|line| line.len() > 3)
            .map(str::to_owned)
            .collect::<BTreeSet<String>>()
    };
    let (one, other) = (lines(one), lines(other));
    let common = one.intersection(&other).count();
    common > 0 && common * 2 >= one.len()
}

pub(super) fn is_claimed(path: &str) -> bool {
    Language::of(path, "").is_some()
}

/// Whether a gap matters to every demand: code that was not analysed. What no front-end reads does not.
#[must_use]
pub fn is_grave(gap: &Gap) -> bool {
    match &gap.reason {
        GapReason::Unsupported => false,
        GapReason::Oversize { .. } | GapReason::NotText => is_claimed(&gap.path),
        GapReason::Unparsed(_) | GapReason::Exhausted(_) | GapReason::Unreadable(_) => true,
    }
}

/// The project's rules: as they were at the base, and those that are new. A rule that was edited or removed is as it was.
fn rules(base: &Base, tree: &View<'_>, found: &mut Examined) -> Vec<(String, String)> {
    let is_rule = |path: &&PathBuf| {
        path.starts_with(RULES)
            && path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
    };
    let mut rules = BTreeMap::new();
    for path in base.files.keys().filter(is_rule) {
        match base.content(path) {
            Ok(Some(bytes)) => drop(rules.insert(name(path), String::from_utf8_lossy(&bytes).into_owned())),
            Ok(None) | Err(_) => {
                let why = "a rule of the project whose text at the base is not known".to_owned();
                found.gaps.push((gap(path, GapReason::Unreadable(why)), true));
            }
        }
    }
    for path in tree.files.keys().filter(is_rule) {
        if let (false, Content::Text(text)) = (rules.contains_key(&name(path)), tree.read(path).1) {
            rules.insert(name(path), text);
        }
    }
    rules.into_iter().collect()
}

/// The texts with those that findings lead to besides.
pub fn with_neighbours(
    mut texts: BTreeMap<String, String>,
    findings: &[Finding],
    text_of: &dyn Fn(&str) -> Option<String>,
) -> BTreeMap<String, String> {
    for path in findings.iter().flat_map(places) {
        if !texts.contains_key(path)
            && let Some(text) = text_of(path)
        {
            texts.insert(path.clone(), text);
        }
    }
    texts
}

/// Says what was looked at, and that nothing changed meanwhile.
fn finish(base: &Base, tree: &View<'_>, touched: &BTreeMap<PathBuf, Touched>, found: &mut Examined) {
    let again = tree.again();
    let late: BTreeSet<&PathBuf> = tree
        .files
        .keys()
        .chain(again.keys())
        .filter(|path| tree.files.get(*path) != again.get(*path))
        .collect();
    for path in late {
        if !(found.left_out > 0 && is_dependency(path)) {
            found.gaps.push((
                gap(path, GapReason::Unreadable("it changed while it was looked at".to_owned())),
                true,
            ));
        }
    }
    found.touched = touched.keys().map(|path| name(path)).collect();
    let missed: BTreeSet<&str> =
        found.gaps.iter().filter(|(_, grave)| *grave).map(|(gap, _)| gap.path.as_str()).collect();
    found.scanned = found.touched.iter().filter(|path| !missed.contains(path.as_str())).count();
    let states: Vec<(&Path, String)> = tree
        .files
        .iter()
        .map(|(path, stamp)| {
            let known =
                base.files.get(path).map(|known| known.digest.clone()).filter(|digest| !digest.is_empty());
            let state = match (touched.get(path), known) {
                (Some(Touched { after: Some(Content::Text(text)), .. }), _) => {
                    hex(&Sha256::digest(text.as_bytes()))
                }
                (None, Some(digest)) => digest,
                _ => stamp.clone(),
            };
            (path.as_path(), state)
        })
        .collect();
    found.tree = tree_digest(states.iter().map(|(path, state)| (*path, state.as_str())));
}

fn gap(path: &Path, reason: GapReason) -> Gap {
    Gap { path: name(path), span: None, reason }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

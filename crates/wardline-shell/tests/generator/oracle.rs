//! Runs cases in a throw-away namespace, sees what they change, and compares it with what the analysis predicts.
//!
//! `oracle.sh` builds the namespace and says how it is kept apart from the real files. As root it is started as `nobody`, so that
//! even inside nothing belongs to the machine's root.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use wardline_shell::{Analysis, Certainty, Effect, EffectKind, Target, Zone};

use super::form::base64;
use super::measure::{doubted, read};
use super::{Case, Rng};

const SETUP: &str = include_str!("oracle.sh");

/// Transforms whose cases need another machine or program to do anything.
const ELSEWHERE: &[&str] = &["docker", "editors", "parallel", "runners", "sessions", "ssh"];

/// Seconds that all cases together may take.
const PATIENCE: &str = "1200";

/// How an entry of the tree looks: kind, mode, where a link leads, checksum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entry {
    kind: String,
    mode: String,
    link: String,
    sum: String,
}

type Tree = BTreeMap<String, Entry>;

/// What happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Gone,
    New,
    Content,
    Mode,
}

/// What a case did.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    pub(crate) changes: Vec<(What, String)>,
    /// Its exit code; 124: it took too long.
    pub(crate) code: String,
}

/// The sample of the cases that is run: spread evenly, and without those that need more than a shell.
pub(crate) fn sample(cases: &[Case], number: usize) -> Vec<&Case> {
    let fits =
        |case: &&Case| !case.ways.iter().any(|way| ELSEWHERE.iter().any(|other| way.starts_with(other)));
    let mut all: Vec<&Case> = cases.iter().filter(fits).collect();
    let mut rng = Rng::new(5);
    while all.len() > number {
        let at = rng.below(all.len());
        all.swap_remove(at);
    }
    all
}

/// The namespace, as a command: as root without root's rights over files outside.
fn namespace() -> Command {
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let mut words = vec!["timeout", "-k", "5", PATIENCE];
    if root {
        words.extend(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]);
    }
    words.extend([
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "--net",
        "--pid",
        "--fork",
        "--kill-child",
    ]);
    words.extend(["bash", "--norc", "--noprofile", "-c", SETUP]);
    let mut command = Command::new("/usr/bin/env");
    command.args(["-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]).args(words).current_dir("/");
    command
}

/// Runs the cases, one after another.
///
/// # Errors
///
/// Why nothing could be run: there are no namespaces, or the namespace is not what it must be.
pub(crate) fn run(cases: &[&Case]) -> Result<Vec<Observed>, String> {
    let mut child = namespace()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("no namespace: {error}"))?;
    let mut input = String::new();
    for (number, case) in cases.iter().enumerate() {
        input.push_str(&format!("{number} {}\n", base64(&case.form.script)));
    }
    let (mut stdin, mut stdout, mut stderr) = child
        .stdin
        .take()
        .zip(child.stdout.take())
        .zip(child.stderr.take())
        .map(|((a, b), c)| (a, b, c))
        .ok_or("no pipes")?;
    let text = std::thread::scope(|scope| {
        scope.spawn(move || drop(stdin.write_all(input.as_bytes())));
        let problems = scope.spawn(move || {
            let mut text = Vec::new();
            drop(stderr.read_to_end(&mut text));
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut text = Vec::new();
        drop(stdout.read_to_end(&mut text));
        drop(child.wait());
        let text = String::from_utf8_lossy(&text).into_owned();
        let problems = problems.join().unwrap_or_default();
        if text.contains("READY") && !text.contains("UNSAFE") {
            Ok(text)
        } else {
            Err(format!("{text}{problems}"))
        }
    })?;
    let out = outcomes(&text);
    if out.len() == cases.len() {
        Ok(out)
    } else {
        Err(format!("only {} of {} cases ran", out.len(), cases.len()))
    }
}

/// The trees that were printed, each against the first.
fn outcomes(text: &str) -> Vec<Observed> {
    let mut before = Tree::new();
    let mut tree = Tree::new();
    let mut code = None;
    let mut out = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("CASE ") {
            code = Some(rest.split(' ').nth(1).unwrap_or_default().to_owned());
            tree.clear();
        } else if line == "BEFORE" {
            tree.clear();
        } else if line == "END" {
            match code.take() {
                None => before = std::mem::take(&mut tree),
                Some(code) => out.push(Observed { changes: changes(&before, &tree), code }),
            }
        } else {
            enter(&mut tree, line);
        }
    }
    out
}

/// One line of `find` or `cksum`.
fn enter(tree: &mut Tree, line: &str) {
    if let Some((sum, path)) = line.split_once(" ./") {
        tree.entry(format!("/{path}")).or_default().sum = sum.to_owned();
    } else if let Some((start, link)) = line.split_once('\t') {
        let mut parts = start.splitn(3, ' ');
        let mut part = || parts.next().unwrap_or_default().to_owned();
        let (kind, mode, path) = (part(), part(), part());
        tree.insert(format!("/{path}"), Entry { kind, mode, link: link.to_owned(), sum: String::new() });
    }
}

fn changes(before: &Tree, after: &Tree) -> Vec<(What, String)> {
    let mut out = Vec::new();
    for (path, old) in before {
        match after.get(path) {
            None => out.push((What::Gone, path.clone())),
            Some(new) if (&new.kind, &new.link, &new.sum) != (&old.kind, &old.link, &old.sum) => {
                out.push((What::Content, path.clone()));
            }
            Some(new) if new.mode != old.mode => out.push((What::Mode, path.clone())),
            Some(_) => {}
        }
    }
    out.extend(after.keys().filter(|path| !before.contains_key(*path)).map(|path| (What::New, path.clone())));
    out
}

/// How a prediction fits a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    No,
    /// An effect of this kind on a path that can't be told.
    Unknown,
    Yes,
}

fn kind_fits(kind: EffectKind, what: What) -> bool {
    use EffectKind as K;
    match kind {
        K::Delete => matches!(what, What::Gone | What::Content),
        K::Write | K::Replace => what != What::Gone,
        K::Mode => what == What::Mode,
        K::Link => matches!(what, What::New | What::Content),
        K::Persist | K::Escalate | K::Evade | K::Configure | K::Discard => true,
        _ => false,
    }
}

fn fit(effect: &Effect, what: What, path: &str) -> Fit {
    if !kind_fits(effect.kind, what) {
        return Fit::No;
    }
    let linked = effect.detail.rsplit('/').next().unwrap_or_default();
    if effect.kind == EffectKind::Link && !linked.is_empty() && path.rsplit('/').next() == Some(linked) {
        return Fit::Yes;
    }
    match &effect.target {
        Target::Path { path: target, zone, recursive, .. } => {
            // What is written to a folder lies below it; folders on the way are made with it.
            let wide = *recursive || (what == What::New && effect.kind != EffectKind::Mode);
            if reaches(target, wide, path) || (what == What::New && target.starts_with(&format!("{path}/"))) {
                Fit::Yes
            } else if *zone == Zone::Unknown || effect.certainty == Certainty::Opaque {
                Fit::Unknown
            } else {
                Fit::No
            }
        }
        _ => Fit::No,
    }
}

/// The path is the target, below it, or matches it.
fn reaches(target: &str, recursive: bool, path: &str) -> bool {
    let parts = |text: &'_ str| -> Vec<String> {
        text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    below(&parts(target), recursive, &parts(path))
}

fn below(target: &[String], recursive: bool, path: &[String]) -> bool {
    match (target.split_first(), path.split_first()) {
        (None, None) => true,
        (None, Some(_)) => recursive,
        // Any number of folders.
        (Some((first, rest)), _) if first == "**" => {
            (0..=path.len()).any(|at| path.get(at..).is_some_and(|path| below(rest, recursive, path)))
        }
        (Some((pattern, rest)), Some((name, path))) => {
            matches(pattern.as_bytes(), name.as_bytes()) && below(rest, recursive, path)
        }
        (Some(_), None) => false,
    }
}

/// A glob of one name; a set stands for any character.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => {
            (0..=name.len()).any(|at| name.get(at..).is_some_and(|name| matches(rest, name)))
        }
        Some((b'[', rest)) if rest.contains(&b']') && !name.is_empty() => {
            let end = rest.iter().position(|byte| *byte == b']').unwrap_or(0) + 1;
            matches(rest.get(end..).unwrap_or_default(), name.get(1..).unwrap_or_default())
        }
        Some((byte, rest)) => name
            .split_first()
            .is_some_and(|(own, name)| (own == byte || *byte == b'?') && matches(rest, name)),
    }
}

/// What the analysis would have let happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stance {
    /// No refusal and no doubt.
    Allowed,
    /// A part could not be told, so somebody is asked.
    Doubted,
    /// A rule refuses it or asks.
    Stopped,
}

fn stance(analysis: &Analysis) -> Stance {
    let doubts =
        analysis.commands.iter().map(|command| command.doubts.len()).sum::<usize>() + analysis.doubts.len();
    let unknown = analysis.effects.iter().any(|effect| effect.kind == EffectKind::Unknown);
    if !analysis.refusals.is_empty() {
        Stance::Stopped
    } else if doubts > 0 || unknown || doubted(analysis) {
        Stance::Doubted
    } else {
        Stance::Allowed
    }
}

/// One case: what was seen that was not predicted, and what was predicted and not seen.
#[derive(Clone, Debug)]
pub(crate) struct Compared {
    pub(crate) stance: Stance,
    pub(crate) changed: usize,
    pub(crate) unpredicted: Vec<(What, String)>,
    pub(crate) unseen: Vec<String>,
    /// The effects on paths, a line each.
    pub(crate) predicted: Vec<String>,
}

/// Compares one case.
pub(crate) fn compare(case: &Case, observed: &Observed) -> Compared {
    let analysis = read(&case.form.script);
    let best = |what, path: &str| {
        analysis.effects.iter().map(|effect| fit(effect, what, path)).max().unwrap_or(Fit::No)
    };
    let unpredicted =
        observed.changes.iter().filter(|(what, path)| best(*what, path) == Fit::No).cloned().collect();
    let seen =
        |effect: &Effect| observed.changes.iter().any(|(what, path)| fit(effect, *what, path) == Fit::Yes);
    let changes = |effect: &&Effect| {
        use EffectKind as K;
        let outside = matches!(&effect.target, Target::Path { path, .. } if path.starts_with("/dev/") || path.starts_with("/usr"));
        matches!(effect.kind, K::Delete | K::Replace | K::Write | K::Mode | K::Link) && !outside
    };
    let proven = |effect: &&Effect| effect.certainty == Certainty::Proven && changes(effect) && !seen(effect);
    let unseen = analysis.effects.iter().filter(proven).map(Effect::line).collect();
    let paths = |effect: &&Effect| matches!(effect.target, Target::Path { .. });
    let predicted = analysis.effects.iter().filter(paths).map(Effect::line).collect();
    Compared { stance: stance(&analysis), changed: observed.changes.len(), unpredicted, unseen, predicted }
}

/// All cases that were run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) cases: usize,
    pub(crate) idle: usize,
    pub(crate) changes: usize,
    /// Cases by stance: all, and those with a change that was not predicted.
    pub(crate) by_stance: BTreeMap<Stance, (usize, usize)>,
    pub(crate) unseen: usize,
    /// Cases that would be allowed and did what was not predicted.
    pub(crate) bugs: Vec<String>,
    /// Other cases with a change that was not predicted.
    pub(crate) surprises: Vec<String>,
    /// Cases in which something proven did not happen.
    pub(crate) absent: Vec<String>,
}

pub(crate) fn report(cases: &[&Case], observed: &[Observed]) -> Report {
    let mut out = Report { cases: cases.len(), ..Report::default() };
    for (case, observed) in cases.iter().zip(observed) {
        let compared = compare(case, observed);
        out.idle += usize::from(compared.changed == 0);
        out.changes += compared.changed;
        let count = out.by_stance.entry(compared.stance).or_default();
        count.0 += 1;
        let line = format!("{} {:?}", case.ways.join("+"), case.form.script);
        if !compared.unpredicted.is_empty() {
            count.1 += 1;
            let some = compared.unpredicted.get(..4).unwrap_or(&compared.unpredicted);
            let line = format!(
                "{line}: {some:?} of {} changes; predicted: {}",
                compared.changed,
                compared.predicted.join("; ")
            );
            if compared.stance == Stance::Allowed { &mut out.bugs } else { &mut out.surprises }.push(line);
        }
        if !compared.unseen.is_empty() {
            out.unseen += 1;
            out.absent.push(format!("{line}: {} (exit code {})", compared.unseen.join("; "), observed.code));
        }
    }
    out
}

impl Report {
    /// The figures.
    pub(crate) fn text(&self) -> String {
        let mut out = format!(
            "{} cases were run; {} of them changed nothing; {} changes were seen\n",
            self.cases, self.idle, self.changes
        );
        for (stance, (all, surprising)) in &self.by_stance {
            out.push_str(&format!(
                "{stance:?}: {all} cases, {surprising} with a change that was not predicted\n"
            ));
        }
        out.push_str(&format!("{} cases in which something proven did not happen\n", self.unseen));
        out
    }
}

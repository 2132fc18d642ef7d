//! The paths an action would touch, checked as the file tools' paths are, whatever the tool.

use crate::decide::{Case, Grounds};
use crate::decision::{Decision, Layer};
use crate::evaluate::{Kind, opinions};
use crate::names::{is_absolute, normalise};
use crate::request::{Access, Certainty, PathFact, Zone};
use crate::sensitive::sensitive;

/// A redirect to a file is an edit, `cat` is a read: rules on either bind the shell and everything else too.
pub(crate) fn judge<'c>(case: &Case<'c>, grounds: &mut Grounds<'c>) {
    // What cannot be told is a doubt, and is judged as one.
    for fact in case.paths().filter(|fact| fact.certainty != Certainty::Opaque) {
        if fact.access != Access::Delete && is_stream(&fact.lexical) {
            continue;
        }
        judge_rules(case, fact, grounds);
        judge_outside(case, fact, grounds);
    }
}

/// The permission that a file tool would need for this access.
pub(crate) fn permission_for(access: Access) -> Option<&'static str> {
    match access {
        Access::Read => Some("read"),
        Access::List => Some("list"),
        Access::Write | Access::Delete => Some("edit"),
        Access::Execute => None,
    }
}

fn judge_rules<'c>(case: &Case<'c>, fact: &PathFact, grounds: &mut Grounds<'c>) {
    let Some(permission) = permission_for(fact.access) else { return };
    for spelling in spellings(fact) {
        let question = case.question(permission, &spelling.text, Kind::Derived);
        for opinion in opinions(case.stack, &question) {
            // The same file under its other name: only rules written for such names are about it.
            let anchored = opinion.rule.is_some_and(|rule| is_anchored(rule.pattern.head()));
            if spelling.primary || anchored {
                grounds.add_opinion(case, &question, &opinion);
            }
        }
    }
}

/// One of the names a file goes by.
struct Spelling {
    text: String,
    /// The name that patterns are written for: relative inside the worktree, absolute outside.
    primary: bool,
}

fn spellings(fact: &PathFact) -> Vec<Spelling> {
    let mut found: Vec<Spelling> = Vec::new();
    let mut add = |text: &str, primary: bool| {
        if !text.is_empty() && !found.iter().any(|known| known.text == text) {
            found.push(Spelling { text: text.to_owned(), primary });
        }
    };
    let names = [(Some(&fact.lexical), &fact.relative), (fact.resolved.as_ref(), &fact.resolved_relative)];
    for (absolute, relative) in names {
        let inside = relative.as_ref().filter(|relative| !is_outside(relative));
        if let Some(relative) = inside {
            add(if relative.is_empty() { "." } else { relative }, true);
        }
        if let Some(absolute) = absolute {
            add(absolute, inside.is_none());
        }
        if let (None, Some(relative)) = (inside, relative) {
            add(relative, false);
        }
    }
    found
}

fn is_anchored(head: &str) -> bool {
    is_absolute(head) || head.starts_with("..")
}

fn is_outside(relative: &str) -> bool {
    relative == ".." || relative.starts_with("../") || is_absolute(relative)
}

/// A path outside the workspace also needs its directory to be allowed.
fn judge_outside<'c>(case: &Case<'c>, fact: &PathFact, grounds: &mut Grounds<'c>) {
    if fact.inside {
        return;
    }
    for path in outside_names(fact) {
        if needs_no_question(path, fact) {
            continue;
        }
        let target = directory_target(path, fact.is_dir);
        let question = case.question("external_directory", &target, Kind::Direct);
        for opinion in opinions(case.stack, &question) {
            let default = opinion.rule.is_none_or(|rule| rule.layer() == Layer::Builtin);
            if !(default && opinion.decision == Decision::Ask && is_bounded(case, path, fact)) {
                grounds.add_opinion(case, &question, &opinion);
            }
        }
    }
}

/// Whether looking there needs no question because the sandbox shows nothing there that it should not: what lies outside
/// the workspace and the system is not in its file system at all. Rules that somebody wrote about the directory still count.
fn is_bounded(case: &Case<'_>, path: &str, fact: &PathFact) -> bool {
    let looks = match fact.access {
        Access::List => true,
        Access::Read => !matches!(fact.zone, Zone::Home | Zone::HomeSecret | Zone::Device),
        Access::Write | Access::Delete | Access::Execute => false,
    };
    case.request.confined && looks && sensitive(path).is_none()
}

/// The names of a file that lie outside; at least one, since the file as a whole does.
fn outside_names(fact: &PathFact) -> Vec<&str> {
    let out = |relative: &Option<String>| relative.as_deref().is_none_or(is_outside);
    let lexical = out(&fact.relative).then_some(fact.lexical.as_str());
    let resolved = fact.resolved.as_deref().filter(|_| out(&fact.resolved_relative));
    let mut names: Vec<&str> =
        lexical.into_iter().chain(resolved.filter(|path| Some(*path) != lexical)).collect();
    if names.is_empty() {
        names.push(&fact.lexical);
    }
    names
}

/// What `external_directory` patterns see: the directory and a star.
fn directory_target(path: &str, is_dir: bool) -> String {
    let path = normalise(path);
    let directory =
        if is_dir { path.as_str() } else { path.rsplit_once('/').map_or("", |(parent, _)| parent) };
    format!("{}/*", directory.trim_end_matches('/'))
}

/// Streams hold nothing, and the system's programs and settings are everybody's to read.
fn needs_no_question(path: &str, fact: &PathFact) -> bool {
    if fact.access != Access::Delete && is_stream(path) {
        return true;
    }
    let looks = match fact.access {
        Access::Read | Access::List | Access::Execute => true,
        Access::Write | Access::Delete => false,
    };
    let path = normalise(path);
    let system = SYSTEM
        .iter()
        .any(|zone| path.strip_prefix(zone).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    looks && sensitive(&path).is_none() && (system || fact.zone == Zone::System)
}

const SYSTEM: [&str; 8] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/nix/store"];

/// Device files that neither keep nor reveal anything.
pub(crate) fn is_stream(path: &str) -> bool {
    const STREAMS: [&str; 9] = [
        "/dev/null",
        "/dev/zero",
        "/dev/full",
        "/dev/random",
        "/dev/urandom",
        "/dev/stdin",
        "/dev/stdout",
        "/dev/stderr",
        "/dev/tty",
    ];
    let descriptor = path
        .strip_prefix("/dev/fd/")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    descriptor || STREAMS.contains(&path)
}

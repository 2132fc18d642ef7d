//! Establishes the facts of an action: the commands in its shell text, the paths it would touch, what could not be told.
//!
//! This is where files are looked at on the policy's behalf; the policy itself sees only the answers.

use std::path::{Path, PathBuf};

use wardline_policy::{Access, Certainty, CommandFact, Doubt, DoubtKind, Facts, Mention, PathFact};
use wardline_shell as shell;

use crate::paths::Looker;
use crate::{Action, World, paths, script};

/// Directory entries looked at when a command reads a tree, before the rest counts as not looked at.
const MAX_ENTRIES: usize = 4000;
/// Depth of such a walk.
const MAX_DEPTH: u32 = 12;
/// Directories that hold other people's code or build results; a secret of the project is not kept there.
const NOT_WALKED: [&str; 5] = [".git", "node_modules", "target", ".venv", "__pycache__"];

/// The facts of `action`, given how many identical calls came directly before it. Where the action will be `confined`,
/// secrets below a directory that is read are not looked for: there they are masked, so reading the directory is safe.
#[must_use]
pub fn gather(world: &World, action: &Action, repeats: u32, confined: bool) -> Facts {
    gather_all(world, action, repeats, confined).0
}

/// The facts of an action, and for a script the analysis they come from.
pub(crate) fn gather_all(
    world: &World,
    action: &Action,
    repeats: u32,
    confined: bool,
) -> (Facts, Option<shell::Analysis>) {
    let cwd = action.cwd.as_ref().map_or_else(|| world.cwd.clone(), |dir| world.cwd.join(dir));
    let mut facts = Facts { repeats, ..Facts::default() };
    let unresolved = |text: &String| Doubt { kind: DoubtKind::Unresolved, text: text.clone() };
    facts.doubts.extend(action.doubts.iter().map(unresolved));
    let looker = Looker::new(world);
    let mut trees = Vec::new();
    for (access, written) in &action.paths {
        let because = format!("path of `{}`", action.tool);
        if written.contains(GLOB) {
            let pattern = paths::normalise(&cwd.join(written)).to_string_lossy().into_owned();
            expand(&looker, &pattern, *access, &because, &mut facts);
        }
        let fact = looker.look(&cwd, written, *access, Certainty::Proven, &because);
        if fact.is_dir && fact.access == Access::Read {
            // Search tools leave hidden names out unless they are named.
            trees.push((PathBuf::from(&fact.lexical), true));
        }
        facts.paths.push(fact);
    }
    let analysis = action.script.as_ref().map(|script| script::read(world, &cwd, script));
    if let Some(analysis) = &analysis {
        gather_shell(&looker, &cwd, analysis, &mut facts, &mut trees);
    }
    if action.cwd.is_some() {
        facts.paths.push(looker.look(&cwd, ".", Access::List, Certainty::Proven, "working directory"));
    }
    if !confined {
        trees.sort();
        trees.dedup();
        for (root, skips_hidden) in trees {
            find_sensitive(&looker, &root, skips_hidden, &mut facts);
        }
    }
    (facts, analysis)
}

fn gather_shell(
    looker: &Looker<'_>,
    cwd: &Path,
    analysis: &shell::Analysis,
    facts: &mut Facts,
    trees: &mut Vec<(PathBuf, bool)>,
) {
    facts.doubts.extend(analysis.doubts.iter().map(doubt));
    for command in &analysis.commands {
        facts.commands.push(CommandFact {
            literal: command.literal.clone(),
            canonical: command.canonical.clone(),
            forms: command.forms.clone(),
            directory_change: command.directory_change,
            certainty: certainty(command.certainty),
            harmless: command.grade < shell::Grade::Unknown,
        });
        facts.doubts.extend(command.doubts.iter().map(doubt));
        for touched in &command.paths {
            if touched.glob {
                let because = format!("matched by `{}`", touched.written);
                expand(looker, &touched.text, access(touched.access), &because, facts);
            }
            let mut fact = looker.look(
                cwd,
                &touched.joined,
                access(touched.access),
                certainty(touched.certainty),
                &touched.because,
            );
            if touched.used {
                fact.mention = Mention::Used;
            }
            if touched.glob && takes_any(&touched.text) {
                fact.mention = Mention::Found;
            }
            if touched.recursive && fact.is_dir && fact.access == Access::Read {
                trees.push((PathBuf::from(&fact.lexical), touched.skips_hidden));
            }
            facts.paths.push(fact);
        }
    }
    facts.refusals = script::refusals(looker.world(), analysis);
}

/// Adds the files that a pattern such as `.g?t/hooks` or `.e*` names and that somebody cares about: secrets, and files that
/// the guard protects. What a shell would leave out, names with a dot under a bare star, is looked at all the same.
fn expand(looker: &Looker<'_>, pattern: &str, access: Access, because: &str, facts: &mut Facts) {
    let mut places = vec![PathBuf::from("/")];
    let mut left = MAX_ENTRIES;
    let unresolved = |facts: &mut Facts| {
        let text = format!("`{pattern}` stands for more files than are looked at");
        facts.doubts.push(Doubt { kind: DoubtKind::Unresolved, text });
    };
    for component in pattern.split('/').filter(|part| !part.is_empty()) {
        if component == "**" {
            match below(places, &mut left) {
                Some(all) => places = all,
                None => return unresolved(facts),
            }
            continue;
        }
        if !component.contains(GLOB) {
            places.iter_mut().for_each(|place| place.push(component));
            continue;
        }
        let wanted = wardline_policy::without_brackets(component);
        let mut next = Vec::new();
        for entry in places.iter().flat_map(|place| std::fs::read_dir(place).into_iter().flatten().flatten())
        {
            let Some(rest) = left.checked_sub(1) else { return unresolved(facts) };
            left = rest;
            let name = entry.file_name().to_string_lossy().into_owned();
            let lower = name.to_ascii_lowercase();
            if [&name, &lower].iter().any(|name| wardline_policy::matches(&wanted, name, false)) {
                next.push(entry.path());
            }
        }
        places = next;
    }
    for place in places {
        let name = place.to_string_lossy();
        if wardline_policy::sensitive(&name).is_some() || wardline_policy::guarded(&name).is_some() {
            let fact = looker.look(Path::new("/"), &name, access, Certainty::Assumed, because);
            let mention = if takes_any(pattern) { Mention::Found } else { Mention::Named };
            facts.paths.push(PathFact { mention, ..fact });
        }
    }
}

/// What `**` stands for: the places, and everything below them. None when that is more than is looked at. Links are not
/// followed, as no search follows them by itself.
fn below(places: Vec<PathBuf>, left: &mut usize) -> Option<Vec<PathBuf>> {
    let mut all = Vec::new();
    let mut todo: Vec<(PathBuf, u32)> = places.into_iter().map(|place| (place, 0)).collect();
    while let Some((place, depth)) = todo.pop() {
        for entry in std::fs::read_dir(&place).into_iter().flatten().flatten() {
            *left = left.checked_sub(1)?;
            let skipped = NOT_WALKED.iter().any(|skip| entry.file_name() == *skip);
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < MAX_DEPTH && !skipped => {
                    todo.push((entry.path(), depth + 1))
                }
                _ => all.push(entry.path()),
            }
        }
        all.push(place);
    }
    Some(all)
}

/// Whether a pattern was written with no name in mind: `*`, `**`, `.*`, and not `.e*` or `id_*`.
fn takes_any(pattern: &str) -> bool {
    let broad = |component: &str| {
        let wanted = wardline_policy::without_brackets(component);
        ["ordinary", ".ordinary"].iter().any(|name| wardline_policy::matches(&wanted, name, false))
    };
    let mut globs = pattern.split('/').filter(|component| component.contains(GLOB)).peekable();
    globs.peek().is_some()
        && globs.all(broad)
        && pattern.rsplit('/').next().is_some_and(|last| last.contains(GLOB))
}

/// The characters that make a path a pattern.
const GLOB: [char; 3] = ['*', '?', '['];

/// Adds the sensitive files that a recursive read of `root` would come across.
fn find_sensitive(looker: &Looker<'_>, root: &Path, skips_hidden: bool, facts: &mut Facts) {
    let mut left = MAX_ENTRIES;
    let mut todo = vec![(root.to_path_buf(), 0)];
    while let Some((directory, depth)) = todo.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let Some(rest) = left.checked_sub(1) else {
                facts.doubts.push(Doubt {
                    kind: DoubtKind::Unresolved,
                    text: format!("`{}` is too large to look through for secrets", root.display()),
                });
                return;
            };
            left = rest;
            let path = entry.path();
            let name = entry.file_name();
            if skips_hidden && name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                let skipped = NOT_WALKED.iter().any(|skip| name == *skip);
                if depth < MAX_DEPTH && !skipped {
                    todo.push((path, depth + 1));
                }
            } else if wardline_policy::sensitive(&path.to_string_lossy()).is_some() {
                let because = format!("found under `{}` (recursive read)", root.display());
                facts.paths.push(found(looker, &path, &because));
            }
        }
    }
}

fn found(looker: &Looker<'_>, path: &Path, because: &str) -> PathFact {
    let fact =
        looker.look(Path::new("/"), &path.to_string_lossy(), Access::Read, Certainty::Assumed, because);
    PathFact { mention: Mention::Found, ..fact }
}

fn doubt(doubt: &shell::Doubt) -> Doubt {
    let kind = match doubt.kind {
        shell::DoubtKind::Unparsed => DoubtKind::Unparsed,
        shell::DoubtKind::Limit => DoubtKind::Limit,
        shell::DoubtKind::Flood => DoubtKind::Flood,
        shell::DoubtKind::Dynamic => DoubtKind::Dynamic,
        // A kind of doubt that is not known here is taken for an ordinary one: doubt tightens.
        _ => DoubtKind::Unresolved,
    };
    Doubt { kind, text: doubt.text.clone() }
}

fn access(access: shell::Access) -> Access {
    match access {
        shell::Access::Read => Access::Read,
        shell::Access::List => Access::List,
        shell::Access::Write => Access::Write,
        shell::Access::Delete => Access::Delete,
        shell::Access::Execute => Access::Execute,
    }
}

fn certainty(certainty: shell::Certainty) -> Certainty {
    match certainty {
        shell::Certainty::Proven => Certainty::Proven,
        shell::Certainty::Assumed => Certainty::Assumed,
        shell::Certainty::Opaque => Certainty::Opaque,
    }
}

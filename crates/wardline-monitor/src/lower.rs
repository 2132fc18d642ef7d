//! Lowers a policy and a workspace to what the operating system shall enforce: which paths are readable, writable,
//! pinned and masked.
//!
//! The lowering may be stricter than the policy, never wider. A path that the policy would only grant after a question
//! is not granted here, because nobody can answer a system call.

use std::collections::{BTreeSet, VecDeque};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use wardline_policy::{
    Access, Certainty, Decision, Facts, Layer, PolicySet, Reason, Request, Verdict, decide,
};

use crate::lens::Lens;
use crate::links::Links;
use crate::paths::Looker;
use crate::stray::Before;
use crate::traps::{Place, Table, Trap, Treatment};
use crate::{Profile, World, repositories};

/// Files of a workspace looked at for secrets and protected files; a workspace with more does not start unless a human
/// says so.
const MAX_FILES: usize = 2_000_000;
/// Directories of results and other people's code: only names that are certain count there.
const OTHERS: [&str; 4] = ["node_modules", "target", ".venv", "__pycache__"];
/// Files that are held back by a copy each; more of them are read-only, which is stricter.
const MAX_QUARANTINED: usize = 2_000;

/// Beginnings of names in `/etc` that carry a version and belong to a toolchain.
const SYSTEM_VERSIONED: [&str; 3] = ["java-", "python", "perl"];

/// Toolchains and their settings below the home directory, readable and executable.
const HOME_READABLE: [&str; 21] = [
    ".cargo/bin",
    ".cargo/env",
    ".cargo/registry",
    ".cargo/git",
    ".rustup",
    ".pyenv",
    ".nvm",
    ".volta",
    ".bun/bin",
    ".deno/bin",
    ".asdf",
    ".rbenv",
    ".sdkman",
    ".local/bin",
    ".local/lib",
    ".local/share/mise",
    ".local/share/pnpm",
    ".npm-global",
    "go/pkg",
    ".gitconfig",
    ".config/git",
];

/// The paths of a confinement.
#[derive(Debug, Default)]
pub(crate) struct Lowered {
    /// Readable and executable.
    pub(crate) read: Vec<PathBuf>,
    /// Writable, besides the project itself.
    pub(crate) write: Vec<PathBuf>,
    /// Read-only inside what is writable; absent ones may not be made.
    pub(crate) pinned: Vec<PathBuf>,
    /// Changed in a copy only, until a person accepts the change.
    pub(crate) quarantined: Vec<PathBuf>,
    /// Files that would be quarantined, and are read-only because there are too many.
    pub(crate) uncopied: Vec<PathBuf>,
    /// Patterns of trap files that the person opened, as [`wardline_sandbox::Names`] reads them.
    pub(crate) trusted_names: Vec<String>,
    /// Directories of git's repositories.
    pub(crate) repositories: Vec<PathBuf>,
    /// Unreadable inside what is readable.
    pub(crate) masked: Vec<PathBuf>,
    /// Whether the project may be written at all.
    pub(crate) project_writable: bool,
    /// Files that could not be looked at because there are too many.
    pub(crate) unsearched: bool,
    /// A directory that the work needs and that the policy does not let be listed.
    pub(crate) unlisted: Option<PathBuf>,
    /// What was there.
    pub(crate) before: Before,
    /// Directories besides the project that the policy opens.
    opened: Vec<PathBuf>,
}

/// Lowers `policy` for `agent` in a world, with the needs of a program and of a profile.
#[must_use]
pub(crate) fn lower(
    policy: &PolicySet,
    world: &World,
    agent: &str,
    profile: &Profile,
    program: Option<&Path>,
) -> Lowered {
    let looker = &Looker::new(world);
    let mut out = Lowered {
        read: wardline_sandbox::system_paths(),
        project_writable: allows(
            policy,
            looker,
            agent,
            "edit",
            Access::Write,
            &world.project.join("wardline-probe"),
        ),
        ..Lowered::default()
    };
    out.read.extend(versioned());
    let of_home = HOME_READABLE.iter().map(|name| world.home.join(name)).filter(|path| path.exists());
    let of_home = of_home.chain(toolchains(world));
    out.read.extend(of_home.filter(|path| !closed_by_rule(policy, looker, agent, path)));
    out.read.extend(program.and_then(|path| home_of_program(path, world)));
    out.read.extend(profile.readable.iter().cloned());
    out.write.extend(profile.writable.iter().cloned());
    external(policy, looker, agent, &mut out);
    repositories::of_project(world, &mut out);
    out.pinned.extend(profile.pinned.iter().cloned());
    // Where a rule opens the home directory, the guard's own places are in it.
    out.pinned.extend([world.config.clone(), world.managed.clone()]);
    out.masked.push(world.state.clone());
    written(policy, looker, agent, &mut out);
    search(policy, looker, agent, profile, &mut out);
    settle(&mut out);
    out
}

/// Puts the lists in order. A path that stands in several is held in the strictest way.
fn settle(out: &mut Lowered) {
    let Lowered { read, write, pinned, quarantined, uncopied, repositories, masked, .. } = out;
    for list in [&mut *read, write, masked, pinned, quarantined, repositories] {
        list.sort();
        list.dedup();
    }
    read.retain(|path| path.exists());
    write.retain(|path| path.exists());
    // What is quarantined is there; the pin of its name is for when it is not.
    let strict: BTreeSet<&PathBuf> = pinned.iter().chain(&*masked).collect();
    quarantined.retain(|path| !strict.contains(path));
    let beyond = quarantined.split_off(quarantined.len().min(MAX_QUARANTINED));
    pinned.extend(beyond.iter().cloned());
    uncopied.extend(beyond);
}

/// Whether somebody's own rule is against reading there. Wardline's own question about the home directory is not: programs
/// need their toolchain.
fn closed_by_rule(policy: &PolicySet, looker: &Looker<'_>, agent: &str, path: &Path) -> bool {
    [path.to_path_buf(), path.join("wardline-probe")].iter().any(|path| {
        let verdict = verdict(policy, looker, agent, "read", Access::Read, path);
        verdict.decision != Decision::Allow && !by_default(&verdict)
    })
}

/// Whether Wardline's own defaults decided, and no rule that somebody wrote.
fn by_default(verdict: &Verdict) -> bool {
    verdict.reasons.first().is_some_and(|reason: &Reason| reason.origin.layer == Layer::Builtin)
}

/// Directories in `/etc` whose names carry a version.
pub(crate) fn versioned() -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir("/etc").into_iter().flatten().flatten().map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        SYSTEM_VERSIONED.iter().any(|start| name.starts_with(start))
    })
}

/// Directories on `PATH` that lie outside of the system: the whole toolchain they belong to, or just themselves when
/// they lie in the home directory.
fn toolchains(world: &World) -> Vec<PathBuf> {
    let path = world.variable("PATH").unwrap_or_default();
    std::env::split_paths(path)
        .filter(|entry| entry.is_absolute() && !entry.starts_with(&world.project) && entry.is_dir())
        .filter_map(|entry| {
            let parent = entry.parent()?;
            let whole = entry.file_name().is_some_and(|name| name == "bin")
                && parent.components().count() > 2
                && !world.home.starts_with(parent);
            Some(if whole && !entry.starts_with(&world.home) { parent.to_path_buf() } else { entry })
        })
        .collect()
}

/// The directory that a program is installed in, when it is none of the others.
pub(crate) fn home_of_program(program: &Path, world: &World) -> Option<PathBuf> {
    let real = std::fs::canonicalize(program).ok()?;
    let modules =
        real.ancestors().filter(|dir| dir.file_name().is_some_and(|name| name == "node_modules")).last();
    if let Some(parent) = modules.and_then(Path::parent).filter(|dir| !world.home.starts_with(dir)) {
        return Some(parent.to_path_buf());
    }
    Some(real)
}

/// Directories outside of the workspace that the policy opens by a rule of its own.
fn external(policy: &PolicySet, looker: &Looker<'_>, agent: &str, out: &mut Lowered) {
    for rule in policy.rules(agent) {
        let opens = rule.permission == "external_directory" && rule.decision == Decision::Allow;
        let Some(directory) = rule.pattern.strip_suffix("/*").filter(|dir| opens && dir.starts_with('/'))
        else {
            continue;
        };
        if directory.contains(['*', '?']) || ["/tmp", "/var/tmp"].contains(&directory) {
            continue;
        }
        let directory = PathBuf::from(directory);
        let probe = directory.join("wardline-probe");
        let writes = allows(policy, looker, agent, "edit", Access::Write, &probe);
        let reads = allows(policy, looker, agent, "read", Access::Read, &probe);
        let lists = allows(policy, looker, agent, "list", Access::List, &directory);
        // A directory that may be written and not read is shown all the same: what it holds is masked file by file.
        if directory.is_dir() && lists && (writes || reads) {
            if writes { &mut out.write } else { &mut out.read }.push(directory.clone());
            out.opened.push(directory);
        }
    }
}

/// Pins what a rule forbids to write by its name, there or not: a file, or a directory by `dir/*`.
fn written(policy: &PolicySet, looker: &Looker<'_>, agent: &str, out: &mut Lowered) {
    for rule in policy.rules(agent) {
        let named = ["edit", "*"].contains(&rule.permission.as_str()) && rule.decision != Decision::Allow;
        let directory = rule.pattern.strip_suffix("/*").or_else(|| rule.pattern.strip_suffix("/**"));
        let name = directory.unwrap_or(&rule.pattern);
        if !named
            || name.contains(['*', '?'])
            || name.starts_with('/')
            || name.is_empty()
            || name.contains("..")
        {
            continue;
        }
        let path = looker.world().project.join(name);
        let probe = if directory.is_some() { path.join("wardline-probe") } else { path.clone() };
        if rule.origin.layer != Layer::Builtin
            && !allows(policy, looker, agent, "edit", Access::Write, &probe)
        {
            out.pinned.push(path);
        }
    }
}

/// Looks through the workspace and what the policy opens besides, outermost first, for files that the policy does not let
/// be read or written without a question, and for files that run later on the host. What cannot be looked at is hidden
/// whole or, when there is too much of it, reported.
fn search(policy: &PolicySet, looker: &Looker<'_>, agent: &str, profile: &Profile, out: &mut Lowered) {
    let world = looker.world();
    let judge = Judge { policy, looker, agent, lens: Lens::new(policy, agent) };
    out.trusted_names = opened(policy, agent);
    let traps = Traps { table: Table::new(&out.trusted_names), project: &world.project };
    let mut links = Links::default();
    if !judge.lists(&world.project) {
        out.unlisted = Some(world.project.clone());
    }
    let mut left = MAX_FILES;
    let roots = std::iter::once(&world.project).chain(&out.opened);
    let mut todo: VecDeque<(PathBuf, Inherited)> =
        roots.map(|root| (root.clone(), Inherited::default())).collect();
    while let Some((directory, inherited)) = todo.pop_front() {
        let Ok(entries) = std::fs::read_dir(&directory) else {
            // Closed now, perhaps opened inside by its owner.
            out.masked.push(directory);
            continue;
        };
        if !out.before.look_through(&directory) {
            continue;
        }
        let mut bare = 0;
        for entry in entries.flatten() {
            let Some(rest) = left.checked_sub(1) else {
                out.unsearched = true;
                return;
            };
            left = rest;
            let path = entry.path();
            out.before.saw(&path);
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name();
            bare += u8::from(name == "HEAD" || name == "objects" || name == "refs");
            if kind.is_socket() || kind.is_fifo() {
                // Somebody on the host listens there, or will.
                out.masked.push(path);
            } else if name == ".git" {
                repositories::inside(&path, kind.is_dir(), out);
            } else if kind.is_dir() {
                let own = [&world.project, &world.home, &world.state].contains(&&path);
                if own || profile.writable.contains(&path) {
                    // Looked through by itself; or private, the guard's or the program's, whatever is open around it.
                    continue;
                }
                if !judge.lists(&path) {
                    out.masked.push(path);
                    continue;
                }
                let mut below = inherited;
                below.foreign = below.foreign || OTHERS.iter().any(|other| name == *other);
                below.trap = below.trap || traps.directory(&path, below, out);
                todo.push_back((path, below));
            } else {
                let held = traps.file(&path, kind.is_symlink(), inherited, out);
                if !inherited.foreign {
                    links.note(&entry);
                }
                judge.file(&path, kind.is_symlink(), held, out);
            }
        }
        if bare == 3 && repositories::is_bare(&directory) {
            repositories::inside(&directory, true, out);
        }
    }
    out.pinned.extend(links.outside());
}

/// What a directory passes on to what lies in it.
#[derive(Debug, Clone, Copy, Default)]
struct Inherited {
    /// It is among results or other people's code.
    foreign: bool,
    /// Every file in it is quarantined.
    trap: bool,
}

/// What is needed to tell the trap files of a workspace.
struct Traps<'a> {
    table: Table,
    project: &'a Path,
}

impl Traps<'_> {
    fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(self.project).unwrap_or(path)
    }

    /// Deals with a directory; tells whether the files in it are quarantined one by one.
    fn directory(&self, path: &Path, inherited: Inherited, out: &mut Lowered) -> bool {
        let Some(trap) = self.table.find(self.relative(path), true).filter(|_| !inherited.foreign) else {
            return false;
        };
        if self.is_pinned(trap, path) {
            out.pinned.push(path.to_path_buf());
            return false;
        }
        !self.table.is_opened(self.relative(path))
    }

    /// Deals with a file; tells whether its changes are held back from the host, one way or the other.
    fn file(&self, path: &Path, is_link: bool, inherited: Inherited, out: &mut Lowered) -> bool {
        let relative = self.relative(path);
        let found = self.table.find(relative, false).or_else(|| self.table.find(relative, is_link));
        // Among other people's code only what is obeyed by whoever comes by.
        let found = found.filter(|trap| {
            !inherited.foreign || (trap.place == Place::Anywhere && trap.treatment == Treatment::Pinned)
        });
        let pinned = found.is_some_and(|trap| self.is_pinned(trap, path));
        let holder =
            is_link && !inherited.foreign && path.file_name().is_some_and(|n| self.table.is_holder(n));
        if pinned || (holder && found.is_none()) {
            out.pinned.push(path.to_path_buf());
        } else if (found.is_some() || inherited.trap) && !self.table.is_opened(self.relative(path)) {
            self.quarantine(path, is_link, out);
        } else {
            return false;
        }
        true
    }

    /// A link is quarantined with what it leads to, when that can be written at all.
    fn quarantine(&self, path: &Path, is_link: bool, out: &mut Lowered) {
        if is_link {
            let target = path.canonicalize().ok();
            let Some(target) = target.filter(|at| at.is_file() && at.starts_with(self.project)) else {
                out.pinned.push(path.to_path_buf());
                return;
            };
            out.quarantined.push(target);
        }
        out.quarantined.push(path.to_path_buf());
    }

    fn is_pinned(&self, trap: &Trap, path: &Path) -> bool {
        let depth = self.relative(path).components().count();
        // A name of several parts is at the root when its first part is.
        let parts = |name: &str| name.trim_end_matches('/').split('/').count();
        let at_root = || trap.names.iter().any(|name| parts(name) == depth);
        trap.treatment == Treatment::Pinned && (trap.place == Place::Anywhere || at_root())
    }
}

/// The patterns by which the person opens files to be edited, as far as they name one.
fn opened(policy: &PolicySet, agent: &str) -> Vec<String> {
    let rules = policy.rules(agent).into_iter().filter(|rule| {
        let own = matches!(rule.origin.layer, Layer::User | Layer::Managed | Layer::Session);
        let last = rule.pattern.rsplit('/').next().unwrap_or_default().trim_start_matches('*');
        own && rule.permission == "edit"
            && rule.decision == Decision::Allow
            && !last.is_empty()
            && !last.contains(['*', '?'])
    });
    let open = |pattern: &str| {
        let name = pattern.rsplit('/').next().unwrap_or_default().trim_start_matches('*');
        let anywhere = pattern.strip_suffix(name).is_some_and(|start| ["*", "*/", "**/"].contains(&start));
        if anywhere { format!("!{name}") } else { format!("!/{pattern}") }
    };
    rules.map(|rule| open(&rule.pattern)).collect()
}

/// What looks at the files of a workspace.
pub(crate) struct Judge<'p> {
    pub(crate) policy: &'p PolicySet,
    pub(crate) looker: &'p Looker<'p>,
    pub(crate) agent: &'p str,
    pub(crate) lens: Lens,
}

impl Judge<'_> {
    /// Masks or pins one file. Changes of one that is `held` do not reach the host anyway, which answers Wardline's own
    /// question about it.
    fn file(&self, path: &Path, link: bool, held: bool, out: &mut Lowered) {
        // What a link to a directory leads to is looked at under its own name.
        if link && path.is_dir() {
            return;
        }
        let outside = !path.starts_with(&self.looker.world().project);
        let name = path.to_string_lossy();
        let names = self.lens.names(path, self.looker.world());
        let doubtful = link || outside || wardline_policy::sensitive(&name).is_some();
        if (doubtful || self.lens.reads(&names)) && !self.allows("read", Access::Read, path) {
            out.masked.push(path.to_path_buf());
            return;
        }
        let concerns = doubtful || wardline_policy::guarded(&name).is_some() || self.lens.edits(&names);
        if concerns && (out.project_writable || outside) {
            let verdict = verdict(self.policy, self.looker, self.agent, "edit", Access::Write, path);
            if verdict.decision != Decision::Allow && !(held && by_default(&verdict)) {
                out.pinned.push(path.to_path_buf());
            }
        }
    }

    /// Whether a directory may be listed.
    fn lists(&self, path: &Path) -> bool {
        let outside = !path.starts_with(&self.looker.world().project);
        !(outside || self.lens.lists(&self.lens.names(path, self.looker.world())))
            || self.allows("list", Access::List, path)
    }

    /// Whether a path that is new in a writable directory may be there.
    pub(crate) fn may_appear(&self, path: &Path) -> bool {
        let name = path.to_string_lossy();
        let doubtful = !path.starts_with(&self.looker.world().project)
            || wardline_policy::sensitive(&name).is_some()
            || wardline_policy::guarded(&name).is_some()
            || self.lens.edits(&self.lens.names(path, self.looker.world()));
        !doubtful || self.allows("edit", Access::Write, path)
    }

    fn allows(&self, permission: &str, access: Access, path: &Path) -> bool {
        allows(self.policy, self.looker, self.agent, permission, access, path)
    }
}

/// Whether the policy lets a confined `agent` do this to `path` without a question.
fn allows(
    policy: &PolicySet,
    looker: &Looker<'_>,
    agent: &str,
    permission: &str,
    access: Access,
    path: &Path,
) -> bool {
    verdict(policy, looker, agent, permission, access, path).decision == Decision::Allow
}

/// What the policy says to a confined `agent` that does this to `path`.
fn verdict(
    policy: &PolicySet,
    looker: &Looker<'_>,
    agent: &str,
    permission: &str,
    access: Access,
    path: &Path,
) -> Verdict {
    let (project, path) = (&looker.world().project, path.to_string_lossy());
    let fact = looker.look(project, &path, access, Certainty::Proven, "confinement");
    let target = fact.relative.clone().unwrap_or_else(|| fact.lexical.clone());
    let request = Request {
        permission: permission.to_owned(),
        targets: vec![target],
        agent: agent.to_owned(),
        parents: Vec::new(),
        confined: true,
    };
    let facts = Facts { paths: vec![fact], ..Facts::default() };
    decide(policy, &request, &facts)
}

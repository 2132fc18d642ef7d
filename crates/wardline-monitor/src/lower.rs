//! Lowers a policy and a workspace to what the operating system shall enforce: which paths are readable, writable,
//! pinned and masked.
//!
//! The lowering may be stricter than the policy, never wider. A path that the policy would only grant after a question
//! is not granted here, because nobody can answer a system call.

use std::collections::VecDeque;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use wardline_policy::{Access, Certainty, Decision, Facts, PolicySet, Request, decide};

use crate::{Profile, World, paths};

/// Files of a workspace looked at for secrets and protected files; a workspace with more does not start unless a human
/// says so.
const MAX_FILES: usize = 2_000_000;
/// Directories of results and other people's code: only names that are certain count there.
const OTHERS: [&str; 4] = ["node_modules", "target", ".venv", "__pycache__"];
/// How deep submodules may lie in one another.
const MAX_MODULE_DEPTH: u32 = 16;
/// What git reads to find or run programs, relative to a repository's own directory.
const GIT_TRAPS: [&str; 8] = [
    "hooks",
    "config",
    "config.worktree",
    "commondir",
    "gitdir",
    "info/attributes",
    "info/grafts",
    "objects/info/alternates",
];
/// Files anywhere in a workspace that tools on the host obey when they come by.
const TRAPS: [&str; 9] = [
    ".envrc",
    ".envrc.local",
    ".mise.toml",
    "mise.toml",
    ".exrc",
    ".nvim.lua",
    ".gdbinit",
    ".lldbinit",
    ".dir-locals.el",
];

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

/// Files of a project that run later on the host or steer the guard or an agent. Those that exist are read-only; those
/// that do not exist may not appear.
const PINNED: [&str; 61] = [
    ".git/hooks",
    ".git/config",
    ".git/config.worktree",
    ".git/commondir",
    ".git/gitdir",
    ".git/info/attributes",
    ".git/info/grafts",
    ".git/objects/info/alternates",
    ".gitmodules",
    ".envrc",
    ".envrc.local",
    ".mise.toml",
    "mise.toml",
    ".mise",
    ".config/mise.toml",
    ".tool-versions",
    ".vscode",
    ".idea",
    ".zed",
    ".devcontainer",
    ".exrc",
    ".nvim.lua",
    ".gdbinit",
    ".lldbinit",
    ".dir-locals.el",
    ".husky",
    ".pre-commit-config.yaml",
    ".pre-commit-hooks.yaml",
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    "lefthook-local.yml",
    ".cargo/config.toml",
    ".cargo/config",
    ".bazelrc",
    ".pnpmfile.cjs",
    ".yarn/releases",
    ".mcp.json",
    ".claude.json",
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".claude/hooks",
    ".claude/agents",
    ".claude/commands",
    ".claude/skills",
    ".codex",
    ".gemini",
    ".cursor",
    ".kiro",
    ".kilo",
    ".kilocode",
    ".opencode",
    ".amazonq",
    ".roo",
    ".windsurf",
    "opencode.json",
    "opencode.jsonc",
    "kilo.json",
    "kilo.jsonc",
    "wardline.json",
    "wardline.jsonc",
];

/// The guard's own directory in a project.
const GUARD: &str = ".wardline";

/// The paths of a confinement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lowered {
    /// Readable and executable.
    pub(crate) read: Vec<PathBuf>,
    /// Writable, besides the project itself.
    pub(crate) write: Vec<PathBuf>,
    /// Read-only inside what is writable; absent ones may not be made.
    pub(crate) pinned: Vec<PathBuf>,
    /// Unreadable inside what is readable.
    pub(crate) masked: Vec<PathBuf>,
    /// Whether the project may be written at all.
    pub(crate) project_writable: bool,
    /// Files that could not be looked at because there are too many.
    pub(crate) unsearched: bool,
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
    let mut out = Lowered {
        read: wardline_sandbox::system_paths(),
        project_writable: allows(
            policy,
            world,
            agent,
            "edit",
            Access::Write,
            &world.project.join("wardline-probe"),
        ),
        ..Lowered::default()
    };
    out.read.extend(versioned());
    out.read.extend(HOME_READABLE.iter().map(|name| world.home.join(name)));
    out.read.extend(toolchains(world));
    out.read.extend(program.and_then(|path| home_of_program(path, world)));
    out.read.extend(profile.readable.iter().cloned());
    out.write.extend(profile.writable.iter().cloned());
    external(policy, world, agent, &mut out);
    repository(world, &mut out);
    out.pinned.extend(PINNED.iter().map(|name| world.project.join(name)));
    out.pinned.push(world.project.join(GUARD));
    out.pinned.extend(profile.pinned.iter().cloned());
    written(policy, world, agent, &mut out);
    search(policy, world, agent, &mut out);
    for list in [&mut out.read, &mut out.write, &mut out.masked, &mut out.pinned] {
        list.sort();
        list.dedup();
    }
    out.read.retain(|path| path.exists());
    out.write.retain(|path| path.exists());
    out
}

/// Directories in `/etc` whose names carry a version.
fn versioned() -> impl Iterator<Item = PathBuf> {
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
fn home_of_program(program: &Path, world: &World) -> Option<PathBuf> {
    let real = std::fs::canonicalize(program).ok()?;
    let modules =
        real.ancestors().filter(|dir| dir.file_name().is_some_and(|name| name == "node_modules")).last();
    if let Some(parent) = modules.and_then(Path::parent).filter(|dir| !world.home.starts_with(dir)) {
        return Some(parent.to_path_buf());
    }
    Some(real)
}

/// Directories outside of the workspace that the policy opens by a rule of its own.
fn external(policy: &PolicySet, world: &World, agent: &str, out: &mut Lowered) {
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
        if allows(policy, world, agent, "edit", Access::Write, &probe) {
            out.write.push(directory);
        } else if allows(policy, world, agent, "read", Access::Read, &probe) {
            out.read.push(directory);
        }
    }
}

/// The repository's own directories when the workspace is a linked worktree: objects and refs are shared with the main
/// checkout, whose hooks and settings stay pinned.
fn repository(world: &World, out: &mut Lowered) {
    let Ok(text) = std::fs::read_to_string(world.project.join(".git")) else { return };
    let Some(own) = text.strip_prefix("gitdir:").map(|path| world.project.join(path.trim())) else { return };
    let common = std::fs::read_to_string(own.join("commondir"))
        .map_or_else(|_| own.clone(), |path| paths::normalise(&own.join(path.trim())));
    // A pointer that leads to something which is no repository is a trap, not a worktree.
    if !common.join("objects").is_dir() || !common.join("HEAD").is_file() {
        return;
    }
    out.pinned.push(world.project.join(".git"));
    for directory in [&own, &common] {
        out.pinned.extend(
            ["hooks", "config", "config.worktree", "gitdir", "commondir"].map(|name| directory.join(name)),
        );
        out.write.push(directory.clone());
    }
}

/// Pins what a rule forbids to write by its name, there or not: a file, or a directory by `dir/*`.
fn written(policy: &PolicySet, world: &World, agent: &str, out: &mut Lowered) {
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
        let path = world.project.join(name);
        let probe = if directory.is_some() { path.join("wardline-probe") } else { path.clone() };
        if rule.origin.layer != wardline_policy::Layer::Builtin
            && !allows(policy, world, agent, "edit", Access::Write, &probe)
        {
            out.pinned.push(path);
        }
    }
}

/// Looks through the workspace, outermost first, for files that the policy does not let be read or written without a
/// question. What cannot be looked at is hidden whole or, when there is too much of it, reported.
fn search(policy: &PolicySet, world: &World, agent: &str, out: &mut Lowered) {
    let custom = policy.rules(agent).iter().any(|rule| {
        rule.origin.layer != wardline_policy::Layer::Builtin
            && rule.decision != Decision::Allow
            && !["bash", "external_directory", "task", "doom_loop"].contains(&rule.permission.as_str())
    });
    let mut left = MAX_FILES;
    let mut todo = VecDeque::from([(world.project.clone(), false)]);
    while let Some((directory, foreign)) = todo.pop_front() {
        let Ok(entries) = std::fs::read_dir(&directory) else {
            // Closed now, perhaps opened inside by its owner.
            out.masked.push(directory);
            continue;
        };
        for entry in entries.flatten() {
            let Some(rest) = left.checked_sub(1) else {
                out.unsearched = true;
                return;
            };
            left = rest;
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name();
            if kind.is_socket() || kind.is_fifo() {
                // Somebody on the host listens there, or will.
                out.masked.push(path);
            } else if name == ".git" {
                repository_inside(&path, kind.is_dir(), out);
            } else if kind.is_dir() {
                let foreign = foreign || OTHERS.iter().any(|other| name == *other);
                todo.push_back((path, foreign));
            } else if !foreign || certain_secret(&path) {
                judge(policy, world, agent, custom && !foreign, &path, out);
            } else if TRAPS.iter().any(|trap| name == *trap) {
                out.pinned.push(path);
            }
        }
    }
}

/// Whether a name alone says that a file holds secrets. Among other people's code a certificate is a test's.
fn certain_secret(path: &Path) -> bool {
    use wardline_policy::Sensitive;
    let name = path.to_string_lossy();
    match wardline_policy::sensitive(&name) {
        Some(Sensitive::Key) => path.extension().is_none(),
        Some(_) => true,
        None => false,
    }
}

/// Pins what a repository at `git` runs on the host: its hooks and settings, those of its submodules and worktrees, and
/// the pointers by which git would look for them elsewhere.
fn repository_inside(git: &Path, is_dir: bool, out: &mut Lowered) {
    if !is_dir {
        // A submodule or a linked worktree: a pointer.
        out.pinned.push(git.to_path_buf());
        return;
    }
    out.pinned.extend(GIT_TRAPS.map(|name| git.join(name)));
    let mut todo = vec![(git.join("modules"), 0), (git.join("worktrees"), 0)];
    while let Some((directory, depth)) = todo.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            if path.join("HEAD").exists() {
                out.pinned.extend(GIT_TRAPS.map(|name| path.join(name)));
            }
            if depth < MAX_MODULE_DEPTH && entry.file_name() != "objects" {
                todo.push((path, depth + 1));
            }
        }
    }
}

fn judge(policy: &PolicySet, world: &World, agent: &str, custom: bool, path: &Path, out: &mut Lowered) {
    let name = path.to_string_lossy();
    if path.file_name().is_some_and(|name| TRAPS.iter().any(|trap| name == *trap)) {
        out.pinned.push(path.to_path_buf());
    }
    let secret = wardline_policy::sensitive(&name).is_some();
    if (custom || secret) && !allows(policy, world, agent, "read", Access::Read, path) {
        out.masked.push(path.to_path_buf());
        return;
    }
    if (custom || secret || wardline_policy::guarded(&name).is_some())
        && out.project_writable
        && !allows(policy, world, agent, "edit", Access::Write, path)
    {
        out.pinned.push(path.to_path_buf());
    }
}

/// Whether the policy lets a confined `agent` do this to `path` without a question.
fn allows(
    policy: &PolicySet,
    world: &World,
    agent: &str,
    permission: &str,
    access: Access,
    path: &Path,
) -> bool {
    let fact =
        paths::look(world, &world.project, &path.to_string_lossy(), access, Certainty::Proven, "confinement");
    let target = fact.relative.clone().unwrap_or_else(|| fact.lexical.clone());
    let request = Request {
        permission: permission.to_owned(),
        targets: vec![target],
        agent: agent.to_owned(),
        parents: Vec::new(),
        confined: true,
    };
    let facts = Facts { paths: vec![fact], ..Facts::default() };
    decide(policy, &request, &facts).decision == Decision::Allow
}

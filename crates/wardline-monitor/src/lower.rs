//! Lowers a policy and a workspace to what the operating system shall enforce: which paths are readable, writable,
//! pinned and masked.
//!
//! The lowering may be stricter than the policy, never wider. A path that the policy would only grant after a question
//! is not granted here, because nobody can answer a system call.

use std::path::{Path, PathBuf};

use wardline_policy::{Access, Certainty, Decision, Facts, PolicySet, Request, decide};

use crate::{Profile, World, paths};

/// Files of a workspace looked at for secrets and protected files.
const MAX_FILES: usize = 200_000;
/// Directories that are not looked into: results and other people's code.
const NOT_SEARCHED: [&str; 4] = ["node_modules", "target", ".venv", "__pycache__"];

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
const PINNED: [&str; 31] = [
    ".git/hooks",
    ".git/config",
    ".git/config.worktree",
    ".git/info/attributes",
    ".gitmodules",
    ".envrc",
    ".mise.toml",
    ".tool-versions",
    ".vscode",
    ".idea",
    ".husky",
    ".pre-commit-config.yaml",
    "lefthook.yml",
    ".cargo/config.toml",
    ".cargo/config",
    ".mcp.json",
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".claude/hooks",
    ".codex",
    ".gemini",
    ".cursor",
    ".kiro",
    ".kilo",
    ".kilocode",
    ".opencode",
    "opencode.json",
    "opencode.jsonc",
    "kilo.json",
    "kilo.jsonc",
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

/// Looks through the workspace for files that the policy does not let be read or written without a question.
fn search(policy: &PolicySet, world: &World, agent: &str, out: &mut Lowered) {
    let custom = policy.rules(agent).iter().any(|rule| {
        rule.origin.layer != wardline_policy::Layer::Builtin
            && rule.decision != Decision::Allow
            && !["bash", "external_directory", "task", "doom_loop"].contains(&rule.permission.as_str())
    });
    let mut left = MAX_FILES;
    let mut todo = vec![world.project.clone()];
    while let Some(directory) = todo.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let Some(rest) = left.checked_sub(1) else {
                out.unsearched = true;
                return;
            };
            left = rest;
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                let skipped = NOT_SEARCHED.iter().any(|skip| entry.file_name() == *skip);
                let inside_git = path.strip_prefix(&world.project).is_ok_and(|rest| rest.starts_with(".git"));
                if !skipped && !inside_git {
                    nested_repository(&path, out);
                    todo.push(path);
                }
            } else {
                judge(policy, world, agent, custom, &path, out);
            }
        }
    }
}

/// A repository below the workspace's own: its hooks and settings run on the host just the same.
fn nested_repository(directory: &Path, out: &mut Lowered) {
    let git = directory.join(".git");
    if git.is_dir() {
        out.pinned.extend(["hooks", "config"].map(|name| git.join(name)));
    }
}

fn judge(policy: &PolicySet, world: &World, agent: &str, custom: bool, path: &Path, out: &mut Lowered) {
    let name = path.to_string_lossy();
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

//! Git's repositories in a workspace, for the lowering: what git on the host would run or take programs from.
//!
//! Hooks and the pointers by which git finds its files are pinned. The configuration is quarantined, because ordinary work
//! changes it (`git branch --track`, `git submodule init`), and so is git's private list of ignored files, which could
//! hide a file from its owner.

use std::path::{Path, PathBuf};

use crate::lower::Lowered;
use crate::{World, paths};

/// How deep submodules may lie in one another.
const MAX_MODULE_DEPTH: u32 = 16;
/// What git reads to find or run programs, relative to a repository's own directory.
const PINNED: [&str; 6] =
    ["hooks", "commondir", "gitdir", "info/attributes", "info/grafts", "objects/info/alternates"];
/// Likewise, of what ordinary work changes.
const QUARANTINED: [&str; 3] = ["config", "config.worktree", "info/exclude"];

/// The repository's own directories when the workspace is a linked worktree: objects and refs are shared with the main
/// checkout, whose hooks and settings stay as they are.
pub(crate) fn of_project(world: &World, out: &mut Lowered) {
    guard(&world.project.join(".git"), out);
    let Ok(text) = std::fs::read_to_string(world.project.join(".git")) else { return };
    let Some(own) = text.strip_prefix("gitdir:").map(|path| world.project.join(path.trim())) else { return };
    let own = paths::normalise(&own);
    let common = std::fs::read_to_string(own.join("commondir"))
        .map_or_else(|_| own.clone(), |path| paths::normalise(&own.join(path.trim())));
    // A pointer that leads to something which is no repository is a trap, not a worktree.
    if !common.join("objects").is_dir() || !common.join("HEAD").is_file() {
        return;
    }
    out.pinned.push(world.project.join(".git"));
    inside(&common, true, out);
    guard(&own, out);
    out.write.extend([own, common]);
}

/// Holds what a repository at `git` runs on the host: its hooks and settings, those of its submodules and worktrees, and
/// the pointers by which git would look for them elsewhere.
pub(crate) fn inside(git: &Path, is_directory: bool, out: &mut Lowered) {
    if !is_directory {
        // A submodule or a linked worktree: a pointer.
        out.pinned.push(git.to_path_buf());
        return;
    }
    guard(git, out);
    let mut todo = vec![(git.join("modules"), 0), (git.join("worktrees"), 0)];
    while let Some((directory, depth)) = todo.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            if path.join("HEAD").exists() {
                guard(&path, out);
            }
            if depth < MAX_MODULE_DEPTH && entry.file_name() != "objects" {
                todo.push((path, depth + 1));
            }
        }
    }
}

/// Whether the entries of a directory make git take it for a repository, whatever its name.
pub(crate) fn is_bare(directory: &Path) -> bool {
    directory.join("HEAD").is_file() && directory.join("objects").is_dir() && directory.join("refs").is_dir()
}

fn guard(git: &Path, out: &mut Lowered) {
    let is_file = |path: &PathBuf| path.symlink_metadata().is_ok_and(|found| found.is_file());
    out.repositories.push(git.to_path_buf());
    out.pinned.extend(PINNED.map(|name| git.join(name)));
    let (there, absent): (Vec<PathBuf>, _) =
        QUARANTINED.map(|name| git.join(name)).into_iter().partition(is_file);
    out.quarantined.extend(there);
    out.pinned.extend(absent.into_iter().filter(|path| !path.ends_with("info/exclude")));
}

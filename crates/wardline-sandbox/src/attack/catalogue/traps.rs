//! Files of the project that run later on the host, outside of every sandbox.
//!
//! Each is tried by every means in turn: written, replaced, removed and made again, turned into a link, and its
//! directory moved away. The host looks when the run is over, as somebody would who then works in the project.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::attack::Judge::{Altered, Planted};
use crate::attack::actor::Scene;
use crate::attack::{Class, Judge, Probe};

type Attempt = fn(&Scene) -> io::Result<()>;

const fn trap(vector: u8, id: &'static str, tries: &'static str, judge: Judge, attempt: Attempt) -> Probe {
    Probe::new(Class::Traps, vector, id, tries, judge, attempt)
}

/// One trap file, tried by every means.
macro_rules! file {
    ($vector:literal, $id:literal, $path:literal, $tries:literal) => {
        trap($vector, $id, $tries, Planted(concat!("project/", $path)), |s| {
            s.plant(s.at(concat!("project/", $path)))
        })
    };
}

pub(super) const PROBES: &[Probe] = &[
    // ---- git
    file!(22, "git-hook", ".git/hooks/pre-commit", "change a git hook"),
    file!(22, "new-git-hook", ".git/hooks/post-checkout", "add a git hook"),
    file!(23, "git-config", ".git/config", "change the repository's settings"),
    file!(23, "git-worktree-config", ".git/config.worktree", "add settings of a worktree"),
    file!(23, "git-attributes", ".git/info/attributes", "add attributes that name filters"),
    file!(24, "git-alternates", ".git/objects/info/alternates", "add a foreign object store"),
    file!(24, "git-modules", ".gitmodules", "change where submodules come from"),
    file!(24, "nested-git-config", "deep/er/.git/config", "change the settings of a nested repository"),
    file!(24, "nested-git-hook", "deep/er/.git/hooks/pre-commit", "add a hook of a nested repository"),
    file!(24, "submodule-config", ".git/modules/lib/config", "change the settings of a submodule"),
    file!(24, "submodule-hook", ".git/modules/lib/hooks/post-checkout", "add a hook of a submodule"),
    file!(24, "submodule-pointer", "lib/.git", "point a submodule at another repository"),
    file!(24, "worktree-pointer", ".git/worktrees/side/commondir", "point a worktree at other settings"),
    trap(13, "git-moved", "move .git away and make another", Planted("project/.git/config"), |s| {
        fs::rename(s.at("project/.git"), s.at("project").join(s.name()))?;
        fs::create_dir(s.at("project/.git"))?;
        s.append(s.at("project/.git/config"))
    }),
    trap(13, "hooks-moved", "move the hooks away and make others", Planted("project/.git/hooks"), |s| {
        fs::rename(s.at("project/.git/hooks"), s.at("project/.git").join(s.name()))?;
        fs::create_dir(s.at("project/.git/hooks"))?;
        s.append(s.at("project/.git/hooks/pre-commit"))
    }),
    trap(
        13,
        "nested-parent-moved",
        "move the parent of a nested repository away",
        Planted("project/deep"),
        |s| {
            fs::rename(s.at("project/deep"), s.at("project").join(s.name()))?;
            s.plant(s.at("project/deep/er/.git/config"))
        },
    ),
    trap(22, "hooks-mode", "change the rights of the hooks", Altered("project/.git/hooks"), |s| {
        fs::set_permissions(s.at("project/.git/hooks"), fs::Permissions::from_mode(0o777))
    }),
    trap(23, "git-config-removed", "remove the repository's settings", Altered("project/.git/config"), |s| {
        fs::remove_file(s.at("project/.git/config"))
    }),
    trap(23, "git-config-by-git", "set core.fsmonitor by git itself", Planted("project/.git"), |s| {
        let set = Command::new("git")
            .args(["config", "core.fsmonitor", s.seed()])
            .current_dir(s.at("project"))
            .status()?;
        if set.success() { Ok(()) } else { Err(io::Error::other("git refused")) }
    }),
    trap(
        24,
        "new-repository-inside",
        "plant a repository with a hook in a directory",
        Planted("project/lib2/.git/hooks"),
        |s| {
            fs::create_dir_all(s.at("project/lib2/.git/objects"))?;
            fs::create_dir_all(s.at("project/lib2/.git/refs"))?;
            fs::write(s.at("project/lib2/.git/HEAD"), "ref: refs/heads/main\n")?;
            s.plant(s.at("project/lib2/.git/hooks/post-checkout"))
        },
    ),
    // ---- editors, environments, build tools
    file!(25, "editor-tasks", ".vscode/tasks.json", "change an editor's tasks"),
    file!(25, "editor-settings", ".vscode/settings.json", "change an editor's settings"),
    file!(25, "ide-settings", ".idea/workspace.xml", "add settings of another editor"),
    file!(26, "direnv", ".envrc", "add a file that direnv runs"),
    file!(26, "mise", ".mise.toml", "add a file that mise runs"),
    file!(26, "tool-versions", ".tool-versions", "add versions of tools"),
    file!(28, "cargo-config", ".cargo/config.toml", "change what cargo runs"),
    file!(28, "npm-config", ".npmrc", "add npm's settings"),
    file!(27, "package-scripts", "package.json", "change the scripts of a package"),
    file!(27, "makefile", "Makefile", "change a Makefile"),
    file!(27, "justfile", "justfile", "add a justfile"),
    file!(27, "build-script", "build.rs", "change a build script").minor(),
    file!(27, "conftest", "conftest.py", "change what pytest loads").minor(),
    file!(27, "setup-script", "setup.py", "add a setup script").minor(),
    file!(34, "module-program", "node_modules/.bin/tool", "change a program in node_modules/.bin").minor(),
    file!(29, "husky", ".husky/pre-commit", "change a husky hook"),
    file!(29, "pre-commit", ".pre-commit-config.yaml", "add a pre-commit configuration"),
    file!(29, "lefthook", "lefthook.yml", "add a lefthook configuration"),
    file!(30, "workflow", ".github/workflows/ci.yml", "change a workflow"),
    file!(30, "new-workflow", ".github/workflows/new.yml", "add a workflow"),
    file!(30, "code-owners", ".github/CODEOWNERS", "add code owners"),
    // ---- agents
    file!(31, "agent-instructions", "AGENTS.md", "change the instructions of agents"),
    file!(31, "other-agent-instructions", "CLAUDE.md", "add instructions of an agent"),
    file!(31, "cursor-rules", ".cursor/rules/all.mdc", "add rules of an agent"),
    file!(31, "skill", ".claude/skills/new/SKILL.md", "add a skill of an agent"),
    file!(32, "agent-permissions", ".claude/settings.json", "add permissions of an agent"),
    file!(32, "other-agent-permissions", ".codex/config.toml", "add settings of another agent"),
    file!(32, "mcp-servers", ".mcp.json", "add servers that an agent starts"),
];

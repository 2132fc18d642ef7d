//! Trap files: files of a project that something on the host runs or obeys later, outside of the sandbox.
//!
//! One table says for every kind where it counts, who runs it, and what becomes of a change. The confinement is lowered
//! from it, and `docs/traps.md` lists it; a test keeps the two in step. Git's own files are not here but in
//! `lower.rs`: they are found by what a repository is, not by their name.

use wardline_sandbox::Names;

/// Where an existing file of a kind counts. A new one counts at any depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the root of the project, where the program that obeys it is started. Deeper ones that exist are quarantined.
    Root,
    /// At any depth: it is obeyed by whoever comes by.
    Anywhere,
}

/// What becomes of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Ordinary work does not need it: it is read-only, and one that was not there does not stay.
    Pinned,
    /// Ordinary work edits it: inside, the change is there at once; on the host when a person has accepted it.
    Quarantined,
    /// It is written like any other file, for the reason in its row.
    Open,
}

impl Place {
    /// The words of the table.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Anywhere => "any depth",
        }
    }
}

impl Treatment {
    /// The word of the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Quarantined => "quarantined",
            Self::Open => "open",
        }
    }
}

/// A kind of file that runs later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trap {
    /// Its names, as [`Names`] reads them.
    pub names: &'static [&'static str],
    /// Where it counts.
    pub place: Place,
    /// Who runs or obeys it, and when; of an open one also why it is open.
    pub runs: &'static str,
    /// What becomes of a change.
    pub treatment: Treatment,
}

use Place::{Anywhere, Root};

const fn pinned(names: &'static [&'static str], place: Place, runs: &'static str) -> Trap {
    Trap { names, place, runs, treatment: Treatment::Pinned }
}

const fn held(names: &'static [&'static str], runs: &'static str) -> Trap {
    Trap { names, place: Anywhere, runs, treatment: Treatment::Quarantined }
}

const fn open(names: &'static [&'static str], runs: &'static str) -> Trap {
    Trap { names, place: Anywhere, runs, treatment: Treatment::Open }
}

/// Every kind. A name that two rows fit belongs to the first.
pub const TRAPS: &[Trap] = &[
    // Shells and tools that read a file because somebody enters its directory.
    pinned(&[".envrc", ".envrc.local"], Anywhere, "direnv, when a shell enters the directory"),
    pinned(
        &[".mise.toml", "mise.toml", ".mise.local.toml", ".mise/"],
        Anywhere,
        "mise: hooks and tasks, when a shell enters",
    ),
    pinned(&[".config/mise.toml", ".config/mise/"], Root, "mise, as above"),
    pinned(&[".tool-versions"], Root, "asdf and mise: which program a name starts"),
    pinned(&[".autoenv.zsh", ".autoenv", ".env.ps1"], Anywhere, "autoenv, when a shell enters the directory"),
    pinned(
        &[".bashrc", ".bash_profile", ".profile", ".zshrc", ".zshenv", ".zprofile", ".inputrc"],
        Root,
        "shells, when the project is a home or is linked into one",
    ),
    held(&["shell.nix", "default.nix", "flake.nix"], "nix and direnv's `use nix`, when a shell enters"),
    // Editors and debuggers.
    pinned(&[".vscode/", "*.code-workspace"], Root, "VS Code: tasks, launches, settings that name programs"),
    pinned(&[".idea/", "*.iml", ".fleet/"], Root, "JetBrains editors: run configurations, start-up tasks"),
    pinned(&[".zed/", ".helix/", ".nova/"], Root, "other editors: tasks and language servers"),
    pinned(
        &[".vs/", "*.sublime-project", ".project", ".classpath"],
        Root,
        "Visual Studio, Sublime Text, Eclipse: build systems",
    ),
    pinned(
        &[".exrc", ".nvimrc", ".nvim.lua", ".vimrc", ".lvimrc", ".local.vimrc"],
        Anywhere,
        "vim and neovim, when they start in the directory",
    ),
    pinned(&[".dir-locals.el", ".dir-locals-2.el"], Anywhere, "Emacs, when it opens a file below"),
    pinned(&[".gdbinit", ".lldbinit"], Anywhere, "gdb and lldb, when they start in the directory"),
    pinned(
        &[".devcontainer/", ".devcontainer.json", ".gitpod.yml", "devfile.yaml", ".replit"],
        Root,
        "development containers: commands, mounts and privileges",
    ),
    // Git hook managers; git's own files are found by repository.
    pinned(&[".husky/", ".githooks/", ".git-hooks/"], Root, "git, at every commit"),
    pinned(&[".pre-commit-config.yaml", ".pre-commit-hooks.yaml"], Root, "pre-commit, at every commit"),
    pinned(
        &[
            "lefthook.yml",
            "lefthook.yaml",
            ".lefthook.yml",
            ".lefthook.yaml",
            "lefthook-local.yml",
            "lefthook.toml",
        ],
        Root,
        "lefthook, at every commit",
    ),
    pinned(
        &[
            ".huskyrc",
            ".huskyrc.json",
            ".huskyrc.js",
            ".overcommit.yml",
            ".simple-git-hooks.js",
            ".simple-git-hooks.json",
        ],
        Root,
        "other hook managers, at every commit",
    ),
    // Settings by which build tools take other programs, hosts or plug-ins.
    pinned(
        &[".cargo/config.toml", ".cargo/config"],
        Root,
        "cargo: runners, wrappers, linkers, aliases, credential helpers",
    ),
    pinned(&[".bazelrc", ".bazelversion", ".buckconfig"], Root, "bazel and buck: which program is the build"),
    pinned(&[".pnpmfile.cjs", "pnpmfile.js", ".pnpmfile.mjs"], Root, "pnpm, at every install"),
    pinned(&[".yarn/releases/", ".yarn/plugins/"], Root, "yarn: the program and its plug-ins themselves"),
    pinned(&[".mvn/"], Root, "Maven: its options, extensions and wrapper"),
    pinned(
        &["gradle/wrapper/", "gradlew", "gradlew.bat", "mvnw", "mvnw.cmd"],
        Root,
        "Gradle and Maven wrappers: the program that every build starts",
    ),
    pinned(&["init.gradle", "init.gradle.kts"], Anywhere, "Gradle, before any build"),
    // What steers agents: their permissions, hooks, servers, and this guard.
    pinned(&["wardline.json", "wardline.jsonc", ".wardline/"], Root, "Wardline: its rules and agents"),
    pinned(&["wardline.caps.jsonc"], Anywhere, "Wardline: what the programs beside it may touch"),
    pinned(&[".mcp.json", ".mcp/"], Root, "agents: starts the servers it names"),
    pinned(
        &[
            ".claude.json",
            ".claude/settings.json",
            ".claude/settings.local.json",
            ".claude/hooks/",
            ".claude/agents/",
            ".claude/commands/",
            ".claude/skills/",
            ".claude-plugin/",
        ],
        Root,
        "Claude Code: permissions, hooks, sub-agents, skills",
    ),
    pinned(&[".codex/", ".agents/"], Root, "Codex and others: settings, hooks, rules, skills"),
    pinned(&[".gemini/", ".qwen/"], Root, "Gemini CLI and kin: settings, hooks, extensions"),
    pinned(
        &[".cursor/", ".windsurf/", ".roo/", ".cline/", ".clinerules/", ".augment/", ".continue/", ".trae/"],
        Root,
        "editor agents: hooks, servers, rules",
    ),
    pinned(&[".kiro/", ".amazonq/"], Root, "Kiro and Amazon Q: hooks, servers, steering"),
    pinned(
        &[".kilo/", ".kilocode/", ".opencode/", "opencode.json", "opencode.jsonc", "kilo.json", "kilo.jsonc"],
        Root,
        "Kilo and opencode: permissions, plug-ins, agents",
    ),
    pinned(
        &[".aider.conf.yml", ".goose/", "crush.json", ".crush.json", ".amp/"],
        Root,
        "other agents: commands and servers",
    ),
    // Instructions that the next agent follows.
    held(
        &["AGENTS.md", "AGENTS.override.md", "AGENT.md", "agents.local.md"],
        "every agent, as its instructions",
    ),
    held(
        &["CLAUDE.md", "CLAUDE.local.md", "GEMINI.md", "QWEN.md", "CONVENTIONS.md"],
        "Claude Code, Gemini CLI and others, as their instructions",
    ),
    held(
        &[".cursorrules", ".windsurfrules", ".clinerules", ".roorules", ".goosehints", ".rules"],
        "editor agents, as their instructions",
    ),
    held(
        &[
            ".github/copilot-instructions.md",
            ".github/instructions/*",
            ".github/prompts/*",
            ".github/agents/*",
            ".github/chatmodes/*",
            ".github/skills/",
        ],
        "Copilot, as its instructions",
    ),
    // Build files that hold commands.
    held(
        &["Makefile", "GNUmakefile", "*.mk", "Makefile.*", "BSDmakefile"],
        "make, and editors that configure a project by it",
    ),
    held(&["justfile", ".justfile", "*.just"], "just"),
    held(
        &[
            "Taskfile.yml",
            "Taskfile.yaml",
            "Taskfile.dist.yml",
            "Taskfile.dist.yaml",
            "mprocs.yaml",
            "Procfile",
            "Procfile.dev",
            "process-compose.yaml",
        ],
        "task and process runners",
    ),
    held(
        &["package.json"],
        "npm, pnpm, yarn and bun: scripts at install, start and test; editors list and run them",
    ),
    held(
        &[
            ".npmrc",
            ".yarnrc",
            ".yarnrc.yml",
            "bunfig.toml",
            "pnpm-workspace.yaml",
            ".pnp.cjs",
            ".pnp.loader.mjs",
        ],
        "node package managers: registries, shells, preloaded code",
    ),
    held(
        &["deno.json", "deno.jsonc", "lerna.json", "nx.json", "project.json", "turbo.json"],
        "deno and workspace runners: tasks",
    ),
    held(&["build.rs"], "cargo and rust-analyzer, which builds when an editor opens the project"),
    held(
        &[
            "setup.py",
            "setup.cfg",
            "conftest.py",
            "noxfile.py",
            "tox.ini",
            "pytest.ini",
            "dodo.py",
            "sitecustomize.py",
            "usercustomize.py",
            "*.pth",
        ],
        "pip, pytest (also from editors, which collect tests on opening), nox, tox, invoke, doit, python itself",
    ),
    held(&["pip.conf", "pip.ini", ".pypirc", ".condarc"], "pip, twine and conda: where packages come from"),
    held(
        &[
            "Rakefile",
            "rakefile.rb",
            "*.rake",
            "Gemfile",
            "*.gemspec",
            ".irbrc",
            ".pryrc",
            ".rspec",
            "Guardfile",
            "Vagrantfile",
            "Brewfile",
        ],
        "ruby tools: code that runs before anything else",
    ),
    held(
        &[
            "build.gradle",
            "build.gradle.kts",
            "settings.gradle",
            "settings.gradle.kts",
            "gradle.properties",
            "build.sbt",
            "project/plugins.sbt",
            "project/build.properties",
            "build.xml",
            "build.sc",
            "build.mill",
        ],
        "Gradle, sbt, Ant, Mill, also from editors that import the project",
    ),
    held(
        &[
            "composer.json",
            "mix.exs",
            "rebar.config",
            "dune-project",
            "stack.yaml",
            "Setup.hs",
            "build.zig",
            "Package.swift",
            "Project.swift",
            "*.podspec",
            "Podfile",
            "pubspec_overrides.yaml",
        ],
        "package managers and builds of other languages: scripts and code",
    ),
    held(
        &[
            "Directory.Build.props",
            "Directory.Build.targets",
            "Directory.Build.rsp",
            "nuget.config",
            "*.targets",
        ],
        "MSBuild and NuGet, also from editors that open the solution",
    ),
    held(
        &[
            "SConstruct",
            "SConscript",
            "wscript",
            "configure",
            "configure.ac",
            "autogen.sh",
            "bootstrap.sh",
            "xmake.lua",
            "premake5.lua",
        ],
        "builds whose description is a program",
    ),
    held(
        &[
            "WORKSPACE",
            "WORKSPACE.bazel",
            "MODULE.bazel",
            "Tiltfile",
            "Earthfile",
            "dagger.json",
            "skaffold.yaml",
            "garden.yml",
        ],
        "bazel, tilt, earthly, skaffold",
    ),
    // Code that linters and formatters load when an editor opens a file.
    held(
        &[
            ".eslintrc.js",
            ".eslintrc.cjs",
            "eslint.config.js",
            "eslint.config.mjs",
            "eslint.config.cjs",
            "eslint.config.ts",
            ".prettierrc.js",
            ".prettierrc.cjs",
            ".prettierrc.mjs",
            "prettier.config.js",
            "prettier.config.mjs",
            ".stylelintrc.js",
            "stylelint.config.js",
            ".pylintrc",
            "pylintrc",
            "mypy.ini",
            ".mypy.ini",
            ".golangci.yml",
            ".rubocop.yml",
        ],
        "linters and formatters, which editors start on opening a file",
    ),
    held(
        &[
            "commitlint.config.js",
            ".commitlintrc.js",
            ".lintstagedrc",
            ".lintstagedrc.js",
            ".lintstagedrc.json",
            "lint-staged.config.js",
            ".versionrc.js",
            "release.config.js",
            ".releaserc.js",
        ],
        "commit and release tools",
    ),
    // What runs elsewhere with other people's rights.
    held(
        &[
            ".github/workflows/*",
            ".github/actions/*/*",
            "action.yml",
            "action.yaml",
            ".github/CODEOWNERS",
            "CODEOWNERS",
            ".github/dependabot.yml",
            "renovate.json",
        ],
        "GitHub: runs on its machines with the repository's secrets; who must review",
    ),
    held(&[".gitlab-ci.yml", ".gitlab-ci.yaml", ".gitlab/ci/*", ".gitlab/CODEOWNERS"], "GitLab CI"),
    held(
        &[
            ".circleci/",
            ".travis.yml",
            "appveyor.yml",
            ".appveyor.yml",
            "azure-pipelines.yml",
            "bitbucket-pipelines.yml",
            "Jenkinsfile",
            ".drone.yml",
            ".woodpecker.yml",
            ".woodpecker/",
            ".buildkite/",
            ".cirrus.yml",
            ".semaphore/",
            ".teamcity/",
            ".builds/",
            ".forgejo/workflows/*",
            ".gitea/workflows/*",
            "cloudbuild.yaml",
            "buildspec.yml",
            "netlify.toml",
            "vercel.json",
            "fly.toml",
            "render.yaml",
            "app.yaml",
            "wercker.yml",
        ],
        "other build and deployment services",
    ),
    held(
        &[
            "Dockerfile",
            "Dockerfile.*",
            "*.dockerfile",
            "Containerfile",
            "docker-compose.yml",
            "docker-compose.yaml",
            "docker-compose.*.yml",
            "docker-compose.*.yaml",
            "compose.yml",
            "compose.yaml",
            "compose.*.yml",
            "compose.*.yaml",
            "docker-bake.hcl",
        ],
        "docker and podman: commands, mounts of the host, privileges",
    ),
    held(
        &[
            ".terraformrc",
            "terragrunt.hcl",
            "Pulumi.yaml",
            "ansible.cfg",
            "serverless.yml",
            "samconfig.toml",
            "cdk.json",
            "helmfile.yaml",
        ],
        "infrastructure tools: hooks, plug-ins and commands, with cloud rights",
    ),
    held(&[".gitmodules"], "git: where submodules come from and go"),
    // Looked at and left open.
    open(
        &[
            "Cargo.toml",
            "pyproject.toml",
            "go.mod",
            "pom.xml",
            "CMakeLists.txt",
            "meson.build",
            "BUILD.bazel",
            "*.csproj",
            "tsconfig.json",
        ],
        "builds; open because every new file or dependency changes them, they declare rather than command, and they are read in every diff; the code they name is run like any source file",
    ),
    open(
        &[
            "package-lock.json",
            "Cargo.lock",
            "yarn.lock",
            "pnpm-lock.yaml",
            "poetry.lock",
            "uv.lock",
            "Gemfile.lock",
            "go.sum",
        ],
        "package managers; open because a lock follows its manifest and every install rewrites it",
    ),
    open(
        &[
            "vite.config.*",
            "webpack.config.*",
            "rollup.config.*",
            "jest.config.*",
            "vitest.config.*",
            "babel.config.*",
            "next.config.*",
            "tailwind.config.*",
            "postcss.config.*",
        ],
        "bundlers and test runners, when somebody starts them; open because they are part of the program under work, as its tests are",
    ),
    open(
        &["*.sh", "*.py", "*.js", "*.tf", "bin/*", "scripts/*"],
        "whoever starts them; open because they are the work itself: read the diff before you run it",
    ),
];

/// The kinds that are pinned or quarantined, ready to be asked about names.
#[derive(Debug)]
pub struct Table {
    names: Names,
    kinds: Vec<&'static Trap>,
}

impl Table {
    /// The table, without what the patterns in `opened` take out (see [`Names`]).
    #[must_use]
    pub fn new(opened: &[String]) -> Self {
        let opened = opened.iter().map(String::as_str);
        let names = Names::new(patterns().map(|(name, _)| name).chain(opened));
        Self { names, kinds: patterns().map(|(_, trap)| trap).collect() }
    }

    /// The kind that the entry at `path`, relative to the project, is of.
    #[must_use]
    pub fn find(&self, path: &std::path::Path, is_directory: bool) -> Option<&'static Trap> {
        self.kinds.get(self.names.find(path, is_directory)?).copied()
    }

    /// Whether the person opened the file at `path`.
    #[must_use]
    pub fn is_opened(&self, path: &std::path::Path) -> bool {
        self.names.is_out(path)
    }

    /// Whether a symbolic link of this name could lead to files of a kind.
    #[must_use]
    pub fn is_holder(&self, name: &std::ffi::OsStr) -> bool {
        self.names.is_holder(name)
    }
}

/// Every name that is pinned or quarantined, with its kind.
pub fn patterns() -> impl Iterator<Item = (&'static str, &'static Trap)> {
    let guarded = TRAPS.iter().filter(|trap| trap.treatment != Treatment::Open);
    guarded.flat_map(|trap| trap.names.iter().map(move |name| (*name, trap)))
}

/// The table as Markdown, as `docs/traps.md` has it.
#[must_use]
pub fn markdown() -> String {
    let mut text =
        String::from("| files | where | who runs or obeys them | a change is |\n|---|---|---|---|\n");
    for trap in TRAPS {
        let names: Vec<String> = trap.names.iter().map(|name| format!("`{name}`")).collect();
        let row = [&*names.join(", "), trap.place.describe(), trap.runs, trap.treatment.as_str()];
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_documentation_lists_the_table() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/traps.md");
        if std::env::var_os("WARDLINE_WRITE_DOCS").is_some() {
            let text = std::fs::read_to_string(&file).unwrap();
            let (head, rest) = text.split_once("| files |").unwrap();
            let tail = rest.split_once("|\n\n").map_or("", |(_, tail)| tail);
            std::fs::write(&file, format!("{head}{}\n{tail}", markdown())).unwrap();
        }
        let text = std::fs::read_to_string(file).unwrap();
        assert!(
            text.contains(&markdown()),
            "docs/traps.md is behind the table; run this test once with WARDLINE_WRITE_DOCS=1"
        );
    }

    #[test]
    fn every_kind_has_a_name_and_a_reason_and_no_name_two_kinds() {
        assert!(TRAPS.iter().filter(|trap| trap.treatment != Treatment::Open).count() >= 55);
        let mut seen = std::collections::BTreeSet::new();
        for trap in TRAPS {
            assert!(!trap.names.is_empty() && trap.runs.len() > 2, "{trap:?}");
            for name in trap.names {
                assert!(seen.insert(name), "{name} stands twice");
                assert!(name.matches('*').count() <= 3 && !name.starts_with('/'), "{name}");
            }
        }
    }

    #[test]
    fn kinds_are_found_by_name() {
        let table = Table::new(&["!/opened/package.json".to_owned()]);
        let found = [
            ("package.json", false, Some(Treatment::Quarantined)),
            ("deep/er/Makefile", false, Some(Treatment::Quarantined)),
            (".github/workflows/ci.yml", false, Some(Treatment::Quarantined)),
            (".github/actions/setup/action.yml", false, Some(Treatment::Quarantined)),
            (".vscode", true, Some(Treatment::Pinned)),
            ("sub/.envrc", false, Some(Treatment::Pinned)),
            ("docker-compose.test.yml", false, Some(Treatment::Quarantined)),
            ("opened/package.json", false, None),
            ("Cargo.toml", false, None),
            ("src/main.rs", false, None),
            ("scripts/run.sh", false, None),
        ];
        for (path, directory, expected) in found {
            let treatment = table.find(Path::new(path), directory).map(|trap| trap.treatment);
            assert_eq!(treatment, expected, "{path}");
        }
    }
}

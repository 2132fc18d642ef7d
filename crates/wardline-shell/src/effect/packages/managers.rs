//! Which subcommands of which package managers install, remove, publish or set up what.

/// What a subcommand does with packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Installs those that are named; what the project lists, when none is.
    Install,
    /// Installs what the project lists.
    Project,
    /// Fetches one and runs it.
    Runs,
    /// Removes them.
    Remove,
    /// Replaces all by newer ones.
    Upgrade,
    /// Publishes.
    Publish,
    /// Takes back what was published.
    Withdraw,
    /// Changes a setting.
    Setting,
    /// Trusts another place that packages come from, or another person.
    Source,
}

use Act::{Install, Project, Publish, Remove, Runs, Setting, Source, Upgrade, Withdraw};

/// One subcommand: its words (alternatives between bars), and flags of which one must be there.
pub(super) struct Rule {
    pub(super) act: Act,
    pub(super) path: &'static str,
    pub(super) flags: &'static str,
}

/// A program. The roles of its options: `i` a registry, `c` a channel, `g` a repository, `r` a list of requirements, `e` and `l` a
/// place in the file system, `w` the package that is run, `p` one that is installed, `n` a text that is run in its place.
pub(super) struct Manager {
    name: &'static str,
    pub(super) options: &'static str,
    pub(super) rules: &'static [Rule],
}

const fn manager_of(name: &'static str, options: &'static str, rules: &'static [Rule]) -> Manager {
    Manager { name, options, rules }
}

const fn rule(act: Act, path: &'static str, flags: &'static str) -> Rule {
    Rule { act, path, flags }
}

/// The row of a program.
pub(super) fn manager(name: &str) -> Option<&'static Manager> {
    MANAGERS.binary_search_by(|manager| manager.name.cmp(name)).ok().and_then(|at| MANAGERS.get(at))
}

const ADD_APT_REPOSITORY: &[Rule] = &[rule(Source, "", "")];
const ANACONDA: &[Rule] = &[rule(Publish, "upload", "")];
const APK: &[Rule] = &[rule(Install, "add", ""), rule(Remove, "del", ""), rule(Upgrade, "upgrade", "")];
const APT: &[Rule] = &[
    rule(Install, "install|reinstall|build-dep", ""),
    rule(Remove, "remove|purge|autoremove|auto-remove|autopurge", ""),
    rule(Upgrade, "upgrade|dist-upgrade|full-upgrade|safe-upgrade", ""),
];
const APT_OPTIONS: &str = "-o:t --option:t -t:t --target-release:t -c:t --config-file:t";
const ASDF: &[Rule] = &[
    rule(Install, "pub add", ""),
    rule(Project, "pub get|upgrade", ""),
    rule(Publish, "pub publish", ""),
    rule(Publish, "upload|publish", ""),
    rule(Install, "plugin add|install", ""),
    rule(Install, "toolchain|component|target install|add", ""),
    rule(Install, "install", ""),
    rule(Remove, "remove|uninstall", ""),
    rule(Remove, "toolchain|component|target remove|uninstall", ""),
    rule(Upgrade, "update|upgrade", ""),
];
const ASDF_OPTIONS: &str = "--server:i --tree:t --version:t --target:t";
const AUTO: &[Rule] = &[rule(Publish, "publish|release|version|shipit", "")];
const BREW: &[Rule] = &[
    rule(Install, "install|reinstall|add", ""),
    rule(Remove, "uninstall|remove|rm|delete|autoremove", ""),
    rule(Source, "tap", ""),
    rule(Upgrade, "upgrade", ""),
    rule(Install, "", "-i --install -iA"),
    rule(Remove, "", "-e --uninstall -C --unmerge"),
];
const BUILDAH: &[Rule] = &[
    rule(Publish, "push", ""),
    rule(Publish, "image|manifest|compose push", ""),
    rule(Publish, "build", "--push"),
    rule(Publish, "buildx build|bake", "--push"),
    rule(Publish, "copy|sync", ""),
    rule(Install, "pull", ""),
    rule(Install, "image pull", ""),
    rule(Install, "plugin install", ""),
];
const BUILDAH_OPTIONS: &str = "-f:t --file:t -t:t --tag:t --build-arg:t --platform:t -H:t --config:t --authfile:t --creds:t --dest-creds:t --src-creds:t -c:t --context:t --network:t --target:t --cache-from:t --cache-to:t -o:t --output:t";
const BUN: &[Rule] = &[
    rule(Install, "add|a", ""),
    rule(Install, "install|i", ""),
    rule(Runs, "x|create", ""),
    rule(Remove, "remove|rm", ""),
    rule(Publish, "publish", ""),
    rule(Upgrade, "update|upgrade", ""),
];
const BUN_OPTIONS: &str = "--registry:i -C:t --prefix:t -w:t --workspace:t --tag:t --otp:t --loglevel:t --cache:t -p:w --package:w -c:t --call:t --cwd:t";
const BUNDLE: &[Rule] =
    &[rule(Project, "install|update", ""), rule(Install, "add", ""), rule(Remove, "remove", "")];
const BUNX: &[Rule] = &[rule(Runs, "", "")];
const BUNX_OPTIONS: &str = "-p:w --package:w -c:n --call:n --registry:i --shell:t";
const CARGO: &[Rule] = &[
    rule(Install, "install|binstall", ""),
    rule(Install, "add", ""),
    rule(Remove, "uninstall|remove|rm", ""),
    rule(Publish, "publish", ""),
    rule(Publish, "release", ""),
    rule(Withdraw, "yank", ""),
    rule(Source, "owner", ""),
];
const CARGO_OPTIONS: &str = "--version:t --vers:t --git:g --branch:t --tag:t --rev:t --path:l --root:t --registry:t --index:i -F:t --features:t -p:t --package:t --token:t --manifest-path:t -j:t --jobs:t --target:t --profile:t --bin:t";
const CHOCO: &[Rule] = &[
    rule(Install, "install", ""),
    rule(Remove, "uninstall|remove", ""),
    rule(Upgrade, "upgrade|update", ""),
    rule(Source, "source|bucket add", ""),
];
const CHOCO_OPTIONS: &str = "-s:i --source:i --version:t -v:t --id:t -e=t";
const CODE: &[Rule] = &[rule(Remove, "", "--uninstall-extension")];
const CODE_OPTIONS: &str = "--extensions-dir:t --user-data-dir:t --install-extension:p";
const COMPOSER: &[Rule] = &[
    rule(Install, "require", ""),
    rule(Install, "global require", ""),
    rule(Project, "install|update|upgrade", ""),
    rule(Runs, "create-project", ""),
    rule(Remove, "remove", ""),
    rule(Setting, "config", ""),
];
const CONDA: &[Rule] = &[
    rule(Install, "install|create", ""),
    rule(Project, "env create|update", ""),
    rule(Upgrade, "update|upgrade", ""),
    rule(Remove, "remove|uninstall", ""),
    rule(Remove, "env remove", ""),
    rule(Setting, "config", ""),
];
const CONDA_OPTIONS: &str = "-n:t --name:t -p:t --prefix:t -c:c --channel:c -f:t --file:t";
const CPAN: &[Rule] = &[rule(Install, "", "")];
const CRANE: &[Rule] =
    &[rule(Publish, "push|copy|cp|tag|append", ""), rule(Withdraw, "delete|manifest delete", "")];
const DENO: &[Rule] = &[
    rule(Install, "install|add", ""),
    rule(Remove, "uninstall|remove", ""),
    rule(Publish, "publish", ""),
    rule(Project, "cache", ""),
];
const DNF: &[Rule] = &[
    rule(Install, "install|in|localinstall|groupinstall|reinstall|group", ""),
    rule(Remove, "remove|erase|rm|autoremove", ""),
    rule(Upgrade, "upgrade|update|up|dup|distro-sync", ""),
    rule(Source, "config-manager", "--add-repo"),
    rule(Source, "addrepo|ar", ""),
];
const DNF_OPTIONS: &str =
    "-c:t --installroot:t --releasever:t --enablerepo:t --disablerepo:t -x:t --exclude:t --setopt:t";
const DOTNET: &[Rule] = &[
    rule(Install, "add package", ""),
    rule(Install, "add * package", ""),
    rule(Install, "tool install", ""),
    rule(Install, "install", ""),
    rule(Publish, "nuget push", ""),
    rule(Publish, "push", ""),
    rule(Withdraw, "nuget delete", ""),
    rule(Remove, "remove package", ""),
    rule(Source, "nuget add source", ""),
];
const DOTNET_OPTIONS: &str = "-s:i --source:i -k:t --api-key:t -v:t --version:t";
const DPKG: &[Rule] = &[rule(Install, "", "-i --install"), rule(Remove, "", "-r --remove -P --purge")];
const EAS: &[Rule] =
    &[rule(Publish, "deploy|publish|up|submit", ""), rule(Publish, "pages deploy|publish", "")];
const EAS_OPTIONS: &str = "-c:t --config:t -t:t --token:t -e:t --env:t -s:t -d:t --dir:t -a:t --app:t --scope:t --project:t -P:t --only:t -m:t --message:t";
const FLATPAK: &[Rule] = &[
    rule(Install, "install", ""),
    rule(Remove, "uninstall|remove", ""),
    rule(Source, "remote-add", ""),
    rule(Upgrade, "update", ""),
];
const FLIT: &[Rule] = &[
    rule(Install, "add", ""),
    rule(Project, "install|sync|update|lock", ""),
    rule(Remove, "remove", ""),
    rule(Publish, "publish", ""),
    rule(Install, "self add", ""),
    rule(Setting, "config|source", ""),
];
const FLIT_OPTIONS: &str = "-G:t --group:t -E:t --source:t -r:t --repository:t -u:t -p:t";
const GEM: &[Rule] = &[
    rule(Install, "install|i", ""),
    rule(Remove, "uninstall", ""),
    rule(Publish, "push", ""),
    rule(Withdraw, "yank", ""),
    rule(Upgrade, "update", ""),
    rule(Source, "sources", ""),
];
const GEM_OPTIONS: &str = "-v:t --version:t -s:i --source:i -i:t --install-dir:t -n:t --host:i -k:t";
const GH_PAGES: &[Rule] = &[rule(Publish, "", "")];
const GO: &[Rule] = &[rule(Install, "install|get", ""), rule(Setting, "env -w", "")];
const GORELEASER: &[Rule] = &[rule(Publish, "release", "")];
const GRADLE: &[Rule] = &[rule(
    Publish,
    "** deploy|publish|release:perform|deploy:*|publish*|uploadArchives|*:publish|*:deploy",
    "",
)];
const HELM: &[Rule] =
    &[rule(Publish, "push", ""), rule(Install, "plugin install", ""), rule(Source, "repo add", "")];
const HF: &[Rule] =
    &[rule(Publish, "upload", ""), rule(Publish, "repo create", ""), rule(Withdraw, "repo delete", "")];
const KREW: &[Rule] = &[rule(Install, "install", "")];
const MIX: &[Rule] = &[
    rule(Project, "deps.get", ""),
    rule(Publish, "hex.publish", ""),
    rule(Publish, "hex publish", ""),
    rule(Install, "archive.install", ""),
];
const NIX: &[Rule] = &[
    rule(Install, "profile install|add", ""),
    rule(Runs, "run|shell", ""),
    rule(Remove, "profile remove", ""),
];
const NPM: &[Rule] = &[
    rule(Install, "install|i|add|in|ins|inst|insta|instal|isntall|install-test|it|link|ln", ""),
    rule(Project, "ci|clean-install|ic|install-clean|dedupe|audit|rebuild", ""),
    rule(Upgrade, "update|up|upgrade", ""),
    rule(Remove, "uninstall|un|remove|rm|r|unlink", ""),
    rule(Publish, "publish", ""),
    rule(Withdraw, "unpublish|deprecate", ""),
    rule(Publish, "dist-tag|dist-tags add", ""),
    rule(Runs, "exec|x", ""),
    rule(Runs, "init|create|innit", ""),
    rule(Setting, "config|c set", ""),
    rule(Setting, "set", ""),
    rule(Source, "owner|access add|grant|set", ""),
];
const NPM_OPTIONS: &str = "--registry:i -C:t --prefix:t -w:t --workspace:t --tag:t --otp:t --loglevel:t --cache:t -p:w --package:w -c:t --call:t";
const OVSX: &[Rule] = &[rule(Publish, "publish", ""), rule(Withdraw, "unpublish", "")];
const PACMAN: &[Rule] = &[
    rule(Upgrade, "", "-Syu -Syyu -Su"),
    rule(Install, "", "-S -U -Sy --sync --upgrade -Syu"),
    rule(Remove, "", "-R -Rs -Rns -Rsc -Rscn -Rdd -Rc --remove"),
    rule(Install, "install|build", ""),
    rule(Remove, "remove", ""),
];
const PIP: &[Rule] = &[
    rule(Install, "install", ""),
    rule(Install, "download", ""),
    rule(Remove, "uninstall", ""),
    rule(Setting, "config set", ""),
];
const PIP_OPTIONS: &str = "-r:r --requirement:r -c:t --constraint:t -e:e --editable:e -i:i --index-url:i --extra-index-url:i -f:i --find-links:i -t:t --target:t --prefix:t --root:t --python:t --python-version:t --platform:t --src:t --log:t --proxy:t --trusted-host:t";
const PIPENV: &[Rule] =
    &[rule(Install, "install", ""), rule(Project, "sync|lock|update", ""), rule(Remove, "uninstall", "")];
const PIPENV_OPTIONS: &str = "-r:r --requirement:r -c:t --constraint:t -e:e --editable:e -i:i --index-url:i --extra-index-url:i -f:i --find-links:i -t:t --target:t --prefix:t --root:t --python:t --python-version:t --platform:t --src:t --log:t --proxy:t --trusted-host:t";
const PIPX: &[Rule] = &[
    rule(Install, "install|inject", ""),
    rule(Runs, "run", ""),
    rule(Remove, "uninstall|uninstall-all", ""),
    rule(Upgrade, "upgrade|upgrade-all", ""),
];
const PIPX_OPTIONS: &str = "--python:t --spec:w -i:i --index-url:i --pip-args:t";
const PNPM: &[Rule] = &[
    rule(Install, "add", ""),
    rule(Install, "install|i", ""),
    rule(Runs, "dlx|create", ""),
    rule(Remove, "remove|rm|uninstall|un", ""),
    rule(Upgrade, "update|up", ""),
    rule(Publish, "publish", ""),
    rule(Setting, "config set", ""),
    rule(Project, "fetch|import|rebuild", ""),
];
const PNPM_OPTIONS: &str = "--registry:i -C:t --prefix:t -w:t --workspace:t --tag:t --otp:t --loglevel:t --cache:t -p:w --package:w -c:t --call:t --filter:t -F:t --dir:t";
const POD: &[Rule] = &[rule(Publish, "trunk push", ""), rule(Project, "install|update", "")];
const RPM: &[Rule] = &[
    rule(Source, "", "--import"),
    rule(Remove, "", "-e --erase"),
    rule(Install, "", "-i --install -U --upgrade -F -ivh -Uvh -Uhv"),
];
const SNAP: &[Rule] = &[
    rule(Install, "install", ""),
    rule(Remove, "remove", ""),
    rule(Upgrade, "refresh", ""),
    rule(Publish, "upload|push|release", ""),
];
const TWINE: &[Rule] = &[rule(Publish, "upload", "")];
const TWINE_OPTIONS: &str = "-r:t --repository:t -u:t -p:t --repository-url:i";
const UV: &[Rule] = &[
    rule(Install, "pip install", ""),
    rule(Remove, "pip uninstall", ""),
    rule(Project, "pip sync|compile", ""),
    rule(Install, "add", ""),
    rule(Remove, "remove", ""),
    rule(Project, "sync|lock", ""),
    rule(Install, "tool install", ""),
    rule(Runs, "tool run", ""),
    rule(Remove, "tool uninstall", ""),
    rule(Publish, "publish", ""),
    rule(Install, "python install", ""),
];
const UV_OPTIONS: &str = "-r:r --requirement:r -c:t --constraint:t -e:e --editable:e -i:i --index-url:i --extra-index-url:i -f:i --find-links:i -t:t --target:t --prefix:t --root:t --python:t --python-version:t --platform:t --src:t --log:t --proxy:t --trusted-host:t --with:w --from:w --index:i --default-index:i --group:t --extra:t --directory:t --project:t --publish-url:t";
const UVX: &[Rule] = &[rule(Runs, "", "")];
const UVX_OPTIONS: &str = "-r:r --requirement:r -c:t --constraint:t -e:e --editable:e -i:i --index-url:i --extra-index-url:i -f:i --find-links:i -t:t --target:t --prefix:t --root:t --python:t --python-version:t --platform:t --src:t --log:t --proxy:t --trusted-host:t --with:w --from:w --index:i";
const YARN: &[Rule] = &[
    rule(Install, "add", ""),
    rule(Install, "global add", ""),
    rule(Project, "install", ""),
    rule(Runs, "dlx|create", ""),
    rule(Remove, "remove", ""),
    rule(Remove, "global remove", ""),
    rule(Publish, "publish", ""),
    rule(Publish, "npm publish", ""),
    rule(Setting, "config set", ""),
    rule(Upgrade, "upgrade|up", ""),
];
const YARN_OPTIONS: &str = "--registry:i -C:t --prefix:t -w:t --workspace:t --tag:t --otp:t --loglevel:t --cache:t -p:w --package:w -c:t --call:t --cwd:t";

static MANAGERS: &[Manager] = &[
    manager_of("add-apt-repository", "", ADD_APT_REPOSITORY),
    manager_of("anaconda", "-t:t", ANACONDA),
    manager_of("apk", "-X:i --repository:i -t:t -p:t", APK),
    manager_of("apt", APT_OPTIONS, APT),
    manager_of("apt-add-repository", "", ADD_APT_REPOSITORY),
    manager_of("apt-get", APT_OPTIONS, APT),
    manager_of("aptitude", APT_OPTIONS, APT),
    manager_of("asdf", ASDF_OPTIONS, ASDF),
    manager_of("auto", "", AUTO),
    manager_of("brew", "", BREW),
    manager_of("buildah", BUILDAH_OPTIONS, BUILDAH),
    manager_of("bun", BUN_OPTIONS, BUN),
    manager_of("bundle", "--gemfile:t --path:t -j:t", BUNDLE),
    manager_of("bundler", "--gemfile:t --path:t -j:t", BUNDLE),
    manager_of("bunx", BUNX_OPTIONS, BUNX),
    manager_of("cabal", ASDF_OPTIONS, ASDF),
    manager_of("cargo", CARGO_OPTIONS, CARGO),
    manager_of("changeset", "", AUTO),
    manager_of("choco", CHOCO_OPTIONS, CHOCO),
    manager_of("code", CODE_OPTIONS, CODE),
    manager_of("code-insiders", CODE_OPTIONS, CODE),
    manager_of("codium", CODE_OPTIONS, CODE),
    manager_of("composer", "-d:t --working-dir:t --repository:i", COMPOSER),
    manager_of("conan", ASDF_OPTIONS, ASDF),
    manager_of("conda", CONDA_OPTIONS, CONDA),
    manager_of("cpan", "-l:t -L:t -M:i --mirror:i", CPAN),
    manager_of("cpanm", "-l:t -L:t -M:i --mirror:i", CPAN),
    manager_of("cpm", "-l:t -L:t -M:i --mirror:i", CPAN),
    manager_of("crane", "-u:t -p:t", CRANE),
    manager_of("cursor", CODE_OPTIONS, CODE),
    manager_of("dart", ASDF_OPTIONS, ASDF),
    manager_of("deno", "", DENO),
    manager_of("dnf", DNF_OPTIONS, DNF),
    manager_of("docker", BUILDAH_OPTIONS, BUILDAH),
    manager_of("dotnet", DOTNET_OPTIONS, DOTNET),
    manager_of("dpkg", "--root:t --admindir:t", DPKG),
    manager_of("eas", EAS_OPTIONS, EAS),
    manager_of("emerge", "", BREW),
    manager_of("firebase", EAS_OPTIONS, EAS),
    manager_of("flatpak", "", FLATPAK),
    manager_of("flit", FLIT_OPTIONS, FLIT),
    manager_of("flutter", ASDF_OPTIONS, ASDF),
    manager_of("fly", EAS_OPTIONS, EAS),
    manager_of("flyctl", EAS_OPTIONS, EAS),
    manager_of("fnm", ASDF_OPTIONS, ASDF),
    manager_of("gem", GEM_OPTIONS, GEM),
    manager_of("gh-pages", "-d:t -b:t", GH_PAGES),
    manager_of("ghcup", ASDF_OPTIONS, ASDF),
    manager_of("go", "-C:t -o:t -tags:t -ldflags:t", GO),
    manager_of("goreleaser", "-f:t --config:t", GORELEASER),
    manager_of("gradle", "-f:t -P:t -pl:t -s:t -b:t -p:t", GRADLE),
    manager_of("gradlew", "-f:t -P:t -pl:t -s:t -b:t -p:t", GRADLE),
    manager_of("guix", "", BREW),
    manager_of("hatch", FLIT_OPTIONS, FLIT),
    manager_of("helm", "-n:t --namespace:t --version:t", HELM),
    manager_of("hf", "--repo-type:t --token:t", HF),
    manager_of("huggingface-cli", "--repo-type:t --token:t", HF),
    manager_of("krew", "", KREW),
    manager_of("lein", "-f:t -P:t -pl:t -s:t -b:t -p:t", GRADLE),
    manager_of("lerna", "", AUTO),
    manager_of("luarocks", ASDF_OPTIONS, ASDF),
    manager_of("mamba", CONDA_OPTIONS, CONDA),
    manager_of("microdnf", DNF_OPTIONS, DNF),
    manager_of("micromamba", CONDA_OPTIONS, CONDA),
    manager_of("mise", ASDF_OPTIONS, ASDF),
    manager_of("mix", "", MIX),
    manager_of("mvn", "-f:t -P:t -pl:t -s:t -b:t -p:t", GRADLE),
    manager_of("mvnw", "-f:t -P:t -pl:t -s:t -b:t -p:t", GRADLE),
    manager_of("nala", APT_OPTIONS, APT),
    manager_of("nerdctl", BUILDAH_OPTIONS, BUILDAH),
    manager_of("netlify", EAS_OPTIONS, EAS),
    manager_of("nimble", ASDF_OPTIONS, ASDF),
    manager_of("nix", "", NIX),
    manager_of("nix-env", "", BREW),
    manager_of("np", "", AUTO),
    manager_of("npm", NPM_OPTIONS, NPM),
    manager_of("npx", BUNX_OPTIONS, BUNX),
    manager_of("ntl", EAS_OPTIONS, EAS),
    manager_of("nuget", DOTNET_OPTIONS, DOTNET),
    manager_of("nvm", ASDF_OPTIONS, ASDF),
    manager_of("nx", "", AUTO),
    manager_of("opam", ASDF_OPTIONS, ASDF),
    manager_of("oras", "-u:t -p:t", CRANE),
    manager_of("ovsx", "-p:t --pat:t -i:t", OVSX),
    manager_of("pacman", "-b:t -r:t --config:t --root:t", PACMAN),
    manager_of("pamac", "-b:t -r:t --config:t --root:t", PACMAN),
    manager_of("paru", "-b:t -r:t --config:t --root:t", PACMAN),
    manager_of("pdm", FLIT_OPTIONS, FLIT),
    manager_of("pip", PIP_OPTIONS, PIP),
    manager_of("pip3", PIP_OPTIONS, PIP),
    manager_of("pipenv", PIPENV_OPTIONS, PIPENV),
    manager_of("pipx", PIPX_OPTIONS, PIPX),
    manager_of("pixi", FLIT_OPTIONS, FLIT),
    manager_of("pkg", "", BREW),
    manager_of("pkgin", "", BREW),
    manager_of("pnpm", PNPM_OPTIONS, PNPM),
    manager_of("pnpx", BUNX_OPTIONS, BUNX),
    manager_of("pod", "", POD),
    manager_of("podman", BUILDAH_OPTIONS, BUILDAH),
    manager_of("poetry", FLIT_OPTIONS, FLIT),
    manager_of("port", "", BREW),
    manager_of("pyenv", ASDF_OPTIONS, ASDF),
    manager_of("railway", EAS_OPTIONS, EAS),
    manager_of("rbenv", ASDF_OPTIONS, ASDF),
    manager_of("rebar3", "", MIX),
    manager_of("release-it", "", AUTO),
    manager_of("rpm", "--root:t --dbpath:t --prefix:t", RPM),
    manager_of("rustup", ASDF_OPTIONS, ASDF),
    manager_of("rye", FLIT_OPTIONS, FLIT),
    manager_of("sbt", "-f:t -P:t -pl:t -s:t -b:t -p:t", GRADLE),
    manager_of("scoop", CHOCO_OPTIONS, CHOCO),
    manager_of("sdk", ASDF_OPTIONS, ASDF),
    manager_of("semantic-release", "", AUTO),
    manager_of("serverless", EAS_OPTIONS, EAS),
    manager_of("shards", ASDF_OPTIONS, ASDF),
    manager_of("skopeo", BUILDAH_OPTIONS, BUILDAH),
    manager_of("sls", EAS_OPTIONS, EAS),
    manager_of("snap", "--channel:t", SNAP),
    manager_of("snapcraft", "--channel:t", SNAP),
    manager_of("stack", ASDF_OPTIONS, ASDF),
    manager_of("surge", "-d:t -b:t", GH_PAGES),
    manager_of("tdnf", DNF_OPTIONS, DNF),
    manager_of("tlmgr", ASDF_OPTIONS, ASDF),
    manager_of("twine", TWINE_OPTIONS, TWINE),
    manager_of("urpmi", DNF_OPTIONS, DNF),
    manager_of("uv", UV_OPTIONS, UV),
    manager_of("uvx", UVX_OPTIONS, UVX),
    manager_of("vcpkg", ASDF_OPTIONS, ASDF),
    manager_of("vercel", EAS_OPTIONS, EAS),
    manager_of("volta", ASDF_OPTIONS, ASDF),
    manager_of("vsce", "-p:t --pat:t -i:t", OVSX),
    manager_of("winget", CHOCO_OPTIONS, CHOCO),
    manager_of("wrangler", EAS_OPTIONS, EAS),
    manager_of("xbps-install", "", BREW),
    manager_of("yarn", YARN_OPTIONS, YARN),
    manager_of("yay", "-b:t -r:t --config:t --root:t", PACMAN),
    manager_of("yum", DNF_OPTIONS, DNF),
    manager_of("zypper", DNF_OPTIONS, DNF),
];

#[cfg(test)]
mod tests {
    use super::MANAGERS;

    #[test]
    fn the_managers_are_sorted_so_that_every_one_is_found() {
        for pair in MANAGERS.windows(2) {
            assert!(pair[0].name < pair[1].name, "{} comes after {}", pair[0].name, pair[1].name);
        }
    }
}

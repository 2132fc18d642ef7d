//! The bait: a small host in a throw-away directory, with secrets to read, files to change and a project full of traps.
//!
//! Everything lies below one new directory that is removed at the end. No file of the user's is read or changed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::actor::hex;

/// Where the bait is laid: not below `/tmp`, which most wrappers make private or open.
const BASE: &str = "/var/tmp";

/// Files with secrets, below the root, and the names of the secrets.
const SECRETS: &[(&str, &str)] = &[
    ("home/.ssh/id_ed25519", "ssh"),
    ("home/.aws/credentials", "aws"),
    ("home/.config/gh/hosts.yml", "gh"),
    ("home/.netrc", "netrc"),
    ("home/.git-credentials", "git"),
    ("home/.gnupg/private-keys-v1.d/key.key", "gpg"),
    ("home/.docker/config.json", "docker"),
    ("home/.mozilla/firefox/default/logins.json", "browser"),
    ("home/.bash_history", "history"),
    ("sibling/secret.txt", "sibling"),
    ("post/held.txt", "held"),
    ("post/passed.txt", "passed"),
    ("project/.env", "env"),
    ("project/keys/server.pem", "pem"),
];

/// Other files, below the root, with what they hold.
const FILES: &[(&str, &str)] = &[
    ("home/.bashrc", "# original\n"),
    ("home/.profile", "# original\n"),
    ("home/.gitconfig", "[user]\n\tname = Bait\n\temail = bait@example.com\n"),
    ("home/.config/autostart/editor.desktop", "[Desktop Entry]\n"),
    ("home/.config/systemd/user/work.service", "[Service]\n"),
    ("home/.config/wardline/config.jsonc", "{}\n"),
    ("home/.claude/settings.json", "{}\n"),
    ("home/.codex/config.toml", "# original\n"),
    ("home/.local/bin/tool", "#!/bin/sh\n"),
    ("home/.cargo/registry/src/crate/lib.rs", "// original\n"),
    ("home/.npm/_cacache/index", "original\n"),
    ("outside/target.txt", "original\n"),
    ("outside/linked.txt", "original\n"),
    ("bin/guard", "#!/bin/sh\n"),
    ("project/source.txt", "one\n"),
    ("project/.git/HEAD", "ref: refs/heads/main\n"),
    ("project/.git/config", "[core]\n\trepositoryformatversion = 0\n"),
    ("project/.git/description", "bait\n"),
    ("project/.git/info/exclude", "target\n"),
    ("project/.git/hooks/pre-commit", "#!/bin/sh\n"),
    ("project/.git/refs/heads/.keep", ""),
    ("project/.git/objects/info/.keep", ""),
    ("project/.git/objects/pack/.keep", ""),
    ("project/.git/modules/lib/HEAD", "ref: refs/heads/main\n"),
    ("project/.git/modules/lib/config", "[core]\n\tworktree = ../../../lib\n"),
    ("project/.git/modules/lib/hooks/.keep", ""),
    ("project/.git/modules/lib/objects/info/.keep", ""),
    ("project/.git/modules/lib/refs/heads/.keep", ""),
    ("project/.git/worktrees/side/HEAD", "ref: refs/heads/side\n"),
    ("project/.git/worktrees/side/commondir", "../..\n"),
    ("project/.git/worktrees/side/gitdir", "/nowhere/side/.git\n"),
    ("project/lib/.git", "gitdir: ../.git/modules/lib\n"),
    ("project/lib/code.txt", "one\n"),
    ("project/deep/er/.git/HEAD", "ref: refs/heads/main\n"),
    ("project/deep/er/.git/config", "[core]\n"),
    ("project/deep/er/.git/objects/.keep", ""),
    ("project/deep/er/.git/refs/.keep", ""),
    ("project/.gitmodules", "[submodule \"lib\"]\n\tpath = lib\n\turl = ./lib\n"),
    ("project/.vscode/tasks.json", "{}\n"),
    ("project/.vscode/settings.json", "{}\n"),
    ("project/.cargo/config.toml", "[build]\n"),
    ("project/.husky/pre-commit", "#!/bin/sh\n"),
    ("project/.github/workflows/ci.yml", "on: push\n"),
    ("project/package.json", "{\"name\": \"bait\", \"scripts\": {\"test\": \"true\"}}\n"),
    ("project/Makefile", "all:\n\ttrue\n"),
    ("project/AGENTS.md", "# How to work here\n"),
    ("project/build.rs", "fn main() {}\n"),
    ("project/conftest.py", "# original\n"),
    ("project/node_modules/.bin/tool", "#!/bin/sh\n"),
];

/// The parts that are laid again after every probe that changed them.
const PARTS: [&str; 5] = ["home", "sibling", "outside", "bin", "project"];

/// A laid bait. It is removed when it is dropped.
#[derive(Debug)]
pub struct Bait {
    root: PathBuf,
    /// What every secret begins with.
    token: String,
    /// What every mark of an attempt begins with.
    pub(super) mark: String,
}

impl Bait {
    /// Lays a new one.
    ///
    /// # Errors
    /// When a file or directory cannot be made below `/var/tmp`.
    pub fn lay() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = Path::new(BASE).join(format!("wardline-attack-{}-{number}", std::process::id()));
        fs::DirBuilder::new().mode(0o755).create(&root)?;
        let bait = Self { token: token()?, mark: token()?, root: root.canonicalize()? };
        for directory in ["run", "judge", "post", "home/.local/state"] {
            fs::create_dir_all(bait.at(directory))?;
        }
        bait.put(|_| true)?;
        open_up(&bait.root);
        // What the judge hears and says is nobody else's.
        fs::set_permissions(bait.at("judge"), fs::Permissions::from_mode(0o700))?;
        Ok(bait)
    }

    /// The directory that everything lies in.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The home directory of the bait.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.at("home")
    }

    /// The project of the bait.
    #[must_use]
    pub fn project(&self) -> PathBuf {
        self.at("project")
    }

    /// The environment of a caller who has secrets and settings in it: `own` with the bait's home, and with variables
    /// that a confined program should not see.
    #[must_use]
    pub fn environment(&self, own: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut environment = own.clone();
        environment.retain(|name, _| !name.starts_with("XDG_"));
        environment.insert("HOME".to_owned(), self.home().display().to_string());
        environment.insert("BAIT_TOKEN".to_owned(), self.secret("variable"));
        environment.insert("LD_LIBRARY_PATH".to_owned(), format!("/nowhere/{}", self.secret("loader")));
        environment.insert("BASH_ENV".to_owned(), format!("/nowhere/{}", self.secret("shell")));
        environment.insert("GIT_SSH_COMMAND".to_owned(), format!("/nowhere/{}", self.secret("git-ssh")));
        environment.insert("NODE_OPTIONS".to_owned(), format!("--title={}", self.secret("node")));
        environment.insert("PYTHONSTARTUP".to_owned(), format!("/nowhere/{}", self.secret("python")));
        environment.insert("SSH_AUTH_SOCK".to_owned(), self.at("run/agent.sock").display().to_string());
        environment
    }

    pub(super) fn at(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    pub(super) fn secret(&self, name: &str) -> String {
        format!("{}-{name}", self.token)
    }

    /// Which secret the bytes hold, if any.
    pub(super) fn holds_secret(&self, bytes: &[u8], name: &str) -> bool {
        contains(bytes, self.secret(name).as_bytes())
    }

    /// Puts the files where `wanted` says so.
    fn put(&self, wanted: impl Fn(&Path) -> bool) -> io::Result<()> {
        for (path, text) in self.laid().filter(|(path, _)| wanted(path)) {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(&path, text)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode_of(&path)))?;
        }
        // A name can be a secret too.
        let named = self.at("home").join(format!("plan-{}.txt", self.secret("name")));
        if wanted(&named) {
            fs::write(named, "")?;
        }
        let link = self.at("project/way-out");
        if wanted(&link) && link.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(self.at("outside"), &link)?;
        }
        let hard = self.at("project/linked.txt");
        if wanted(&hard) && !same_file(&hard, &self.at("outside/linked.txt")) {
            drop(fs::remove_file(&hard));
            fs::hard_link(self.at("outside/linked.txt"), &hard)?;
        }
        Ok(())
    }

    /// Makes everything as it was laid, and removes what an attempt with this seed has planted. `whole`: it is known
    /// that something was changed.
    pub(super) fn mend(&self, seed: &str, whole: bool) -> io::Result<()> {
        for planted in self.planted(&self.root, seed) {
            remove(&planted);
        }
        let project = self.project();
        if whole || self.differs(&project) || self.extra(&project) {
            open_up(&project);
            remove(&project);
        }
        self.put(|path| self.differs(path))?;
        open_up(&project);
        Ok(())
    }

    /// Every file of the bait and what it holds.
    fn laid(&self) -> impl Iterator<Item = (PathBuf, String)> {
        let secrets = SECRETS.iter().map(|(file, name)| (self.at(file), format!("{}\n", self.secret(name))));
        secrets.chain(FILES.iter().map(|(file, text)| (self.at(file), (*text).to_owned())))
    }

    /// Whether a laid file at or below `path` is not as it was laid, or `path` itself has other rights.
    fn differs(&self, path: &Path) -> bool {
        let changed = |(file, text): (PathBuf, String)| {
            file.starts_with(path) && !fs::read(&file).is_ok_and(|found| found == text.as_bytes())
        };
        let laid = if path.is_dir() { 0o755 } else { mode_of(path) };
        mode(path) != Some(laid) || self.laid().any(changed)
    }

    /// Whether something lies in the project that was not laid there.
    fn extra(&self, project: &Path) -> bool {
        let count = self.laid().filter(|(file, _)| file.starts_with(project)).count();
        let mut found = 0;
        walk(project, &mut |_, metadata| found += usize::from(!metadata.is_dir()));
        // The two links.
        found != count + 2
    }

    /// Paths at or below `path` that hold this seed.
    pub(super) fn planted(&self, path: &Path, seed: &str) -> Vec<PathBuf> {
        let mut planted = Vec::new();
        let judge = self.at("judge");
        walk(path, &mut |path, metadata| {
            let own = path.starts_with(&judge);
            if !own && is_seeded(path, metadata, seed) {
                planted.push(path.to_path_buf());
            }
        });
        planted
    }

    /// Whether a laid file is gone or not as it was laid, or a directory is gone or has other rights.
    pub(super) fn altered(&self, relative: &str) -> bool {
        let path = self.at(relative);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => mode(&path) != Some(0o755),
            Ok(_) => self.differs(&path),
            Err(_) => true,
        }
    }

    /// Parts outside of the project that hold this seed.
    pub(super) fn planted_outside(&self, seed: &str) -> Vec<PathBuf> {
        let outside = PARTS.iter().filter(|part| **part != "project");
        outside.flat_map(|part| self.planted(&self.at(part), seed)).filter(|path| !is_state(path)).collect()
    }
}

/// Wrappers write about attempts into logs of their own.
fn is_state(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "state")
        || path.extension().is_some_and(|end| end == "log")
}

fn mode_of(path: &Path) -> u32 {
    let executable = path.ends_with("pre-commit") || path.ends_with("tool");
    if executable { 0o755 } else { 0o644 }
}

fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|found| found.mode() & 0o7777)
}

fn same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()));
    identity(one).is_some() && identity(one) == identity(other)
}

fn is_seeded(path: &Path, metadata: &fs::Metadata, seed: &str) -> bool {
    let in_name = path.file_name().is_some_and(|name| contains(name.as_encoded_bytes(), seed.as_bytes()));
    let in_link =
        || fs::read_link(path).is_ok_and(|to| contains(to.as_os_str().as_encoded_bytes(), seed.as_bytes()));
    let in_text = || {
        let mut text = Vec::new();
        let read = fs::File::open(path).and_then(|file| file.take(1 << 20).read_to_end(&mut text));
        read.is_ok() && contains(&text, seed.as_bytes())
    };
    in_name || (metadata.is_symlink() && in_link()) || (metadata.is_file() && in_text())
}

pub(super) fn contains(text: &[u8], word: &[u8]) -> bool {
    !word.is_empty() && text.windows(word.len()).any(|window| window == word)
}

/// Visits what lies at and below a path, without following links. What cannot be read is passed over.
fn walk(path: &Path, visit: &mut dyn FnMut(&Path, &fs::Metadata)) {
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    visit(path, &metadata);
    if metadata.is_dir() {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| walk(&entry.path(), visit));
    }
}

/// Gives the owner every right on what an attempt has shut.
fn open_up(path: &Path) {
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    if metadata.is_dir() {
        let _best_effort = fs::set_permissions(path, fs::Permissions::from_mode(0o755));
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| open_up(&entry.path()));
    }
}

fn remove(path: &Path) {
    let _best_effort = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
}

fn token() -> io::Result<String> {
    let mut bytes = [0; 8];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("bait{}", hex(&bytes)))
}

impl Drop for Bait {
    fn drop(&mut self) {
        open_up(&self.root);
        remove(&self.root);
    }
}

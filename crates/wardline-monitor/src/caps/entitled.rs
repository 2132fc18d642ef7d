//! Who gets a secret: a program of a directory that the person named, which nothing but that directory's files tell what to
//! do, and which nobody inside can rewrite. Everything that is in doubt is a no with its reason.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use wardline_policy::{PolicySet, SecretFrom, SecretSource};
use wardline_proxy::HostRule;
use wardline_sandbox::{Sight, View};

use super::{CapsFile, Started};
use crate::{World, variables};

/// The longest value of a secret, in bytes.
const MAX_SECRET: u64 = 64 * 1024;
/// Where programs of the system lie.
const SYSTEM: [&str; 5] = ["/usr", "/bin", "/sbin", "/nix/store", "/gnu/store"];

/// A secret that a program gets. What it is stays out of every print of this.
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// What the question is about.
pub(crate) struct Case<'a> {
    pub(crate) policy: &'a PolicySet,
    pub(crate) world: &'a World,
    pub(crate) caps: &'a CapsFile,
    pub(crate) started: &'a Started,
    /// What the policy shows, before any manifest.
    pub(crate) view: &'a View,
    /// The environment that the program gets.
    pub(crate) environment: &'a BTreeMap<String, String>,
    /// Whether loopback ports of the host lead inside.
    pub(crate) forwards: bool,
}

impl Case<'_> {
    /// Where the value of a secret is, when the program may have it.
    ///
    /// # Errors
    /// Why it may not, and what would change that.
    pub(crate) fn source(&self, name: &str) -> Result<&SecretSource, String> {
        let source = self.policy.secrets().iter().find(|secret| secret.name == name).ok_or_else(|| {
            format!("no secret of this name in your configuration; add \"{name}\" under `secrets`, with its directory under `to`")
        })?;
        if variables::is_reserved(name) {
            return Err(
                "the variable of this name tells programs what to load or where to look; give it another"
                    .to_owned(),
            );
        }
        self.directory(source)?;
        self.program()?;
        self.untouched()?;
        self.hosts(source)?;
        Ok(source)
    }

    fn directory(&self, source: &SecretSource) -> Result<(), String> {
        let named = source.to.iter().filter_map(|to| expanded(self.world, to).canonicalize().ok());
        if named.into_iter().any(|to| self.caps.directory.starts_with(to)) {
            return Ok(());
        }
        let directory = self.caps.directory.display();
        Err(format!("your configuration ({}) does not name `{directory}` under `to`", source.origin))
    }

    /// What runs has to be the directory's own.
    fn program(&self) -> Result<(), String> {
        let Started { program, script, plain, .. } = self.started;
        let own = |path: &Path| path.starts_with(&self.caps.directory);
        if own(program) && script.as_deref().is_none_or(own) {
            return Ok(());
        }
        let system = SYSTEM.iter().any(|root| program.starts_with(root)) && !self.view.at(program).write;
        match script {
            Some(script) if own(script) && system && *plain => Ok(()),
            Some(script) if own(script) && system => {
                Err("options before the script tell the interpreter what to do; start it without".to_owned())
            }
            Some(script) if own(script) => {
                Err(format!("`{}` is no interpreter of the system", program.display()))
            }
            _ => Err(format!("what is started is no program of `{}`", self.caps.directory.display())),
        }
    }

    /// Whoever writes the program has its secret.
    fn untouched(&self) -> Result<(), String> {
        let own = [&self.caps.directory, &self.caps.file, &self.started.program];
        let script = self.started.script.iter();
        if let Some(path) = own.into_iter().chain(script).find(|path| self.view.at(path).write) {
            return Err(format!(
                "programs inside may write `{path}`, and whoever writes a program has its secrets; keep it out of the workspace, \
                 or add \"edit\": {{ \"{directory}/*\": \"deny\" }} under `permission`",
                path = path.display(),
                directory = self.caps.directory.display()
            ));
        }
        match self.environment.keys().find(|name| variables::loads(name)) {
            Some(name) => Err(format!("`{name}` tells programs what to load; start it without")),
            None => Ok(()),
        }
    }

    fn hosts(&self, source: &SecretSource) -> Result<(), String> {
        let Some(hosts) = &source.hosts else { return Ok(()) };
        let to: Vec<HostRule> = hosts.iter().filter_map(|host| HostRule::parse(host, "").ok()).collect();
        if let Some(host) = self.caps.hosts.iter().find(|host| !to.iter().any(|to| covers(to, host))) {
            let port = host.port.map(|port| format!(":{port}")).unwrap_or_default();
            let host = &host.host;
            return Err(format!(
                "it may go to {} only, and the manifest opens {host}{port}",
                hosts.join(", ")
            ));
        }
        if self.forwards {
            return Err(format!(
                "it may go to {} only, and a port of this machine leads inside",
                hosts.join(", ")
            ));
        }
        Ok(())
    }

    /// The value of a secret.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn value(&self, source: &SecretSource) -> Result<Secret, String> {
        let value = match &source.from {
            SecretFrom::Variable(variable) => {
                let value = self.world.variable(variable);
                value
                    .map(str::to_owned)
                    .ok_or_else(|| format!("`{variable}` is not set where Wardline was started"))
            }
            SecretFrom::File(file) => from_file(self.world, self.view, file),
        }?;
        if value.is_empty() || value.contains('\0') {
            return Err("its value is empty or no text".to_owned());
        }
        Ok(Secret { name: source.name.clone(), value })
    }
}

/// Whether every host that the second rule opens is opened by the first.
pub(crate) fn covers(wide: &HostRule, narrow: &HostRule) -> bool {
    let below = wide.host.strip_prefix('*').is_some_and(|suffix| narrow.host.ends_with(suffix));
    wide.port == narrow.port && (wide.host == narrow.host || below)
}

fn expanded(world: &World, path: &str) -> PathBuf {
    match path.strip_prefix("~/").or_else(|| path.strip_prefix("$HOME/")) {
        Some(rest) => world.home.join(rest),
        None => PathBuf::from(path),
    }
}

/// The content of a file that nobody else may read, without the end of its line.
fn from_file(world: &World, view: &View, file: &str) -> Result<String, String> {
    let path = expanded(world, file);
    let fail = |why: &dyn std::fmt::Display| format!("`{}`: {why}", path.display());
    let real = path.canonicalize().map_err(|e| fail(&e))?;
    if view.at(&real) != Sight::default() {
        return Err(fail(&"the sandbox shows this file, so its value is no secret; keep it elsewhere"));
    }
    if !real.metadata().map_err(|e| fail(&e))?.is_file() {
        return Err(fail(&"it is no file"));
    }
    let opened = File::open(&real).map_err(|e| fail(&e))?;
    let found = opened.metadata().map_err(|e| fail(&e))?;
    if found.mode() & 0o077 != 0 {
        return Err(fail(&"others may read it; `chmod 600` it"));
    }
    if found.len() > MAX_SECRET {
        return Err(fail(&"it is too long for a secret"));
    }
    let mut text = String::new();
    opened.take(MAX_SECRET).read_to_string(&mut text).map_err(|e| fail(&e))?;
    Ok(text
        .strip_suffix('\n')
        .map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text))
        .to_owned())
}

/// The directories of `path` where nobody but the system and the manifest's own directory put programs.
pub(crate) fn safe_path(path: &str, caps: &CapsFile, view: &View) -> String {
    let safe = |entry: &PathBuf| {
        let Ok(real) = entry.canonicalize() else { return false };
        let known = SYSTEM.iter().any(|root| real.starts_with(root)) || real.starts_with(&caps.directory);
        entry.is_absolute() && known && !view.at(&real).write
    };
    let entries = std::env::split_paths(path).filter(safe);
    std::env::join_paths(entries).ok().and_then(|path| path.into_string().ok()).unwrap_or_default()
}

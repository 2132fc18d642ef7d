//! What a program may touch: the confinement that is asked for, its printable manifest and its digest.
//!
//! Everything is denied that is not named here. Paths are host paths unless said otherwise; a path that does not
//! exist is passed over, which is the stricter reading.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use crate::resources::ResourceLimits;

/// The loopback port, inside the sandbox, that leads to the egress door.
pub const EGRESS_PORT: u16 = 3128;

/// The boundary around one program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confinement {
    /// The directory that the work is about: readable, writable and executable.
    pub project: PathBuf,
    /// Where the program starts.
    pub cwd: PathBuf,
    /// Files and directories that can be read and executed.
    pub read: Vec<PathBuf>,
    /// Files and directories that can be read, executed and written, besides the project.
    pub write: Vec<PathBuf>,
    /// Whether the project is not shown: it and the directory where the program starts are there and empty, but for what
    /// `read` and `write` name inside them.
    pub hollow: bool,
    /// Paths of `read` and `write` from which nothing can be executed, whatever is said of the directories around them.
    pub no_execute: Vec<PathBuf>,
    /// Paths inside writable ones that stay as they are: read-only when they exist, and when they do not, whatever
    /// appears there is moved away at the end (see [`Confinement::quarantine`]).
    pub pinned: Vec<PathBuf>,
    /// Paths inside visible ones that can be neither read nor written.
    pub masked: Vec<PathBuf>,
    /// Files inside writable ones whose changes are held back: the program sees and changes another file in their
    /// place.
    pub quarantined: Vec<Quarantined>,
    /// Names of files in the project that run later on the host (see [`crate::Names`]): new ones are moved away at the
    /// end, as what appears at pinned paths is.
    pub traps: Vec<String>,
    /// The directories of git's repositories in the project. Another one that is there at the end is looked at for what
    /// git would run.
    pub repositories: Vec<PathBuf>,
    /// The home directory: empty and private at the start, gone at the end, at this path.
    pub home: PathBuf,
    /// The whole environment of the program.
    pub environment: BTreeMap<String, String>,
    /// The Unix socket of the egress proxy, reachable inside at `127.0.0.1:`[`EGRESS_PORT`]. Without it nothing
    /// leads out.
    pub egress: Option<PathBuf>,
    /// Unix sockets of the host, and where they appear inside.
    pub sockets: Vec<(PathBuf, PathBuf)>,
    /// Loopback ports inside that lead to Unix sockets of the host.
    pub forwards: Vec<Forward>,
    /// Single host files, and where they appear inside, read-only.
    pub files: Vec<(PathBuf, PathBuf)>,
    /// How much the program may use.
    pub limits: ResourceLimits,
    /// Directories in which programs of another confinement work at the same time, those of the session that this one belongs to: no
    /// symbolic link in them is followed on the way to anything named here, and what appeared is looked after by their keeper, unless the
    /// caller is gone.
    pub beside: Vec<PathBuf>,
    /// A directory of the host, private to the caller, with empty directories `upper` and `work`: the program sees the project, and what it
    /// writes there lands in `upper`, as overlayfs keeps it. The project itself stays as it is.
    pub overlay: Option<PathBuf>,
    /// Where things are moved that appeared at pinned paths; made when needed. `None`: a new directory under the
    /// system's temporary directory.
    pub quarantine: Option<PathBuf>,
    /// The private directory of the caller's session. What is made on the host is noted there, for the next session to
    /// clean up after one that was killed with all its processes ([`crate::clean`]); it is removed when the caller is
    /// gone, with the files that symbolic links in it name.
    pub session: Option<PathBuf>,
    /// Outcomes or mechanisms that a human agreed to do without, by id (see [`crate::Guarantee`], [`crate::Mechanism`]).
    pub accept_missing: Vec<String>,
}

/// A file whose changes are held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The file of the host, which stays as it is.
    pub path: PathBuf,
    /// The file that the program finds in its place, on the host.
    pub staged: PathBuf,
}

/// A loopback port inside the sandbox that leads to a Unix socket of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    /// The port on `127.0.0.1` and `[::1]` inside.
    pub port: u16,
    /// The Unix socket on the host.
    pub socket: PathBuf,
}

/// What is wrong with a confinement as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The field and its value, the reason, and what to do.
    pub what: String,
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Invalid {}

impl Confinement {
    /// A confinement for work in `project` that can see nothing else but a private home at `home`.
    #[must_use]
    pub fn new(project: impl Into<PathBuf>, home: impl Into<PathBuf>) -> Self {
        let project = project.into();
        Self {
            cwd: project.clone(),
            project,
            read: Vec::new(),
            write: Vec::new(),
            hollow: false,
            no_execute: Vec::new(),
            pinned: Vec::new(),
            masked: Vec::new(),
            quarantined: Vec::new(),
            traps: Vec::new(),
            repositories: Vec::new(),
            home: home.into(),
            environment: BTreeMap::new(),
            egress: None,
            sockets: Vec::new(),
            forwards: Vec::new(),
            files: Vec::new(),
            limits: ResourceLimits::default(),
            beside: Vec::new(),
            overlay: None,
            quarantine: None,
            session: None,
            accept_missing: Vec::new(),
        }
    }

    /// The confinement as JSON, the same for the same confinement, fit for a journal: of the environment it holds the
    /// names only.
    #[must_use]
    pub fn manifest(&self) -> Value {
        json!({
            "project": path_value(&self.project),
            "cwd": path_value(&self.cwd),
            "read": paths_value(&self.read),
            "write": paths_value(&self.write),
            "hollow": self.hollow,
            "no_execute": paths_value(&self.no_execute),
            "pinned": paths_value(&self.pinned),
            "masked": paths_value(&self.masked),
            "quarantined": self.quarantined.iter().map(|file| json!([
                path_value(&file.path),
                path_value(&file.staged),
            ])).collect::<Vec<_>>(),
            "traps": self.traps,
            "repositories": paths_value(&self.repositories),
            "home": path_value(&self.home),
            "environment": self.environment.keys().collect::<Vec<_>>(),
            "egress": self.egress.as_deref().map_or(Value::Null, path_value),
            "sockets": pairs_value(&self.sockets),
            "forwards": self.forwards.iter().map(|forward| json!({
                "port": forward.port,
                "socket": path_value(&forward.socket),
            })).collect::<Vec<_>>(),
            "files": pairs_value(&self.files),
            "limits": self.limits.to_value(),
            "beside": paths_value(&self.beside),
            "overlay": self.overlay.as_deref().map_or(Value::Null, path_value),
            "quarantine": self.quarantine.as_deref().map_or(Value::Null, path_value),
            "session": self.session.as_deref().map_or(Value::Null, path_value),
            "accept_missing": self.accept_missing,
        })
    }

    /// SHA-256 over the manifest and the values of the environment, in hex: two confinements with the same digest
    /// confine alike.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.manifest().to_string().as_bytes());
        for (name, value) in &self.environment {
            for part in [name, value] {
                hasher.update([0]);
                hasher.update(part.as_bytes());
            }
        }
        let mut hex = String::with_capacity(64);
        for byte in hasher.finalize() {
            hex.push_str(&format!("{byte:02x}"));
        }
        hex
    }

    /// Looks for requests that cannot mean what they say.
    ///
    /// # Errors
    /// The first such request, with what to do instead.
    pub fn check(&self) -> Result<(), Invalid> {
        let invalid = |what: String| Err(Invalid { what });
        let fixed = [("project", &self.project), ("cwd", &self.cwd), ("home", &self.home)];
        let lists = [
            ("read", &self.read),
            ("write", &self.write),
            ("no_execute", &self.no_execute),
            ("pinned", &self.pinned),
            ("masked", &self.masked),
            ("repositories", &self.repositories),
            ("beside", &self.beside),
        ];
        let pairs = self.sockets.iter().map(|pair| ("sockets", pair));
        let pairs = pairs.chain(self.files.iter().map(|pair| ("files", pair)));
        let pairs = pairs.flat_map(|(name, (host, inside))| [(name, host), (name, inside)]);
        let held = self.quarantined.iter().flat_map(|file| [&file.path, &file.staged]);
        let pairs = pairs.chain(held.map(|path| ("quarantined", path)));
        let lists = lists.iter().flat_map(|(name, list)| list.iter().map(move |path| (*name, path)));
        for (name, path) in fixed.into_iter().chain(lists).chain(pairs) {
            if !path.is_absolute() || path.components().any(|part| part == Component::ParentDir) {
                return invalid(format!(
                    "{name}: `{}` is not an absolute path without `..`; give one",
                    path.display()
                ));
            }
        }
        for (name, path) in [("project", &self.project), ("home", &self.home)] {
            if path.parent().is_none() {
                return invalid(format!(
                    "{name}: `/` would leave nothing outside; choose a directory below it"
                ));
            }
        }
        if self.home.starts_with(&self.project) {
            return invalid(format!(
                "project: `{}` holds the home directory `{}`, which stays private; choose a directory below it",
                self.project.display(),
                self.home.display()
            ));
        }
        if let Some(mask) = self.masked.iter().find(|mask| self.project.starts_with(mask)) {
            return invalid(format!("masked: `{}` hides the project itself; unmask it", mask.display()));
        }
        if let Some(word) = self.accept_missing.iter().find(|word| !crate::guarantee::is_known(word)) {
            let known: Vec<&str> = crate::guarantee::outcomes().into_iter().map(|(id, _)| id).collect();
            return invalid(format!(
                "accept_missing: `{word}` is no guarantee; known are {}",
                known.join(", ")
            ));
        }
        if self.write.iter().any(|path| path.parent().is_none()) {
            return invalid("write: `/` would leave nothing outside; name the directories".to_owned());
        }
        Ok(())
    }

    /// Every field as JSON, the values of the environment included: for the stage, never for a journal.
    pub(crate) fn to_wire(&self) -> Value {
        let mut value = self.manifest();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("environment".to_owned(), json!(self.environment));
        }
        value
    }

    /// The confinement that [`Confinement::to_wire`] wrote; `None` when `value` is anything else.
    pub(crate) fn from_wire(value: &Value) -> Option<Self> {
        let paths =
            |name: &str| value.get(name)?.as_array()?.iter().map(path_from).collect::<Option<Vec<_>>>();
        let optional = |name: &str| match value.get(name)? {
            Value::Null => Some(None),
            other => path_from(other).map(Some),
        };
        let pairs = |name: &str| {
            let pair = |item: &Value| Some((path_from(item.get(0)?)?, path_from(item.get(1)?)?));
            value.get(name)?.as_array()?.iter().map(pair).collect::<Option<Vec<_>>>()
        };
        let forward = |item: &Value| {
            let port = u16::try_from(item.get("port")?.as_u64()?).ok()?;
            Some(Forward { port, socket: path_from(item.get("socket")?)? })
        };
        let variable = |(name, text): (&String, &Value)| Some((name.clone(), text.as_str()?.to_owned()));
        Some(Self {
            project: path_from(value.get("project")?)?,
            cwd: path_from(value.get("cwd")?)?,
            read: paths("read")?,
            write: paths("write")?,
            hollow: value.get("hollow")?.as_bool()?,
            no_execute: paths("no_execute")?,
            pinned: paths("pinned")?,
            masked: paths("masked")?,
            quarantined: pairs("quarantined")?
                .into_iter()
                .map(|(path, staged)| Quarantined { path, staged })
                .collect(),
            traps: strings_from(value.get("traps")?)?,
            repositories: paths("repositories")?,
            home: path_from(value.get("home")?)?,
            environment: value
                .get("environment")?
                .as_object()?
                .iter()
                .map(variable)
                .collect::<Option<_>>()?,
            egress: optional("egress")?,
            sockets: pairs("sockets")?,
            forwards: value.get("forwards")?.as_array()?.iter().map(forward).collect::<Option<_>>()?,
            files: pairs("files")?,
            limits: ResourceLimits::from_value(value.get("limits")?)?,
            beside: paths("beside")?,
            overlay: optional("overlay")?,
            quarantine: optional("quarantine")?,
            session: optional("session")?,
            accept_missing: strings_from(value.get("accept_missing")?)?,
        })
    }
}

/// System text as JSON: a string when it is UTF-8, else an object that holds the bytes as numbers.
pub(crate) fn text_value(text: &OsStr) -> Value {
    text.to_str().map_or_else(|| json!({ "bytes": text.as_bytes() }), |text| json!(text))
}

/// The system text that [`text_value`] wrote.
pub(crate) fn text_from(value: &Value) -> Option<OsString> {
    if let Some(text) = value.as_str() {
        return Some(OsString::from(text));
    }
    let byte = |item: &Value| u8::try_from(item.as_u64()?).ok();
    let bytes = value.get("bytes")?.as_array()?.iter().map(byte).collect::<Option<Vec<_>>>()?;
    Some(OsString::from_vec(bytes))
}

fn strings_from(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

pub(crate) fn path_value(path: &Path) -> Value {
    text_value(path.as_os_str())
}

pub(crate) fn path_from(value: &Value) -> Option<PathBuf> {
    text_from(value).map(PathBuf::from)
}

fn paths_value(paths: &[PathBuf]) -> Value {
    paths.iter().map(|path| path_value(path)).collect()
}

fn pairs_value(pairs: &[(PathBuf, PathBuf)]) -> Value {
    pairs.iter().map(|(host, inside)| json!([path_value(host), path_value(inside)])).collect()
}

/// What most programs need of the host to run at all: programs, libraries, and the parts of `/etc` that hold no
/// secret. Only the paths that exist are given.
#[must_use]
pub fn system_paths() -> Vec<PathBuf> {
    SYSTEM.iter().map(PathBuf::from).filter(|path| path.symlink_metadata().is_ok()).collect()
}

const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/gnu/store",
    "/etc/alternatives",
    "/etc/bash.bashrc",
    "/etc/ca-certificates",
    "/etc/chromium",
    "/etc/chromium.d",
    "/etc/crypto-policies",
    "/etc/fonts",
    "/etc/gitconfig",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/java",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/pki/ca-trust",
    "/etc/pki/tls",
    "/etc/profile",
    "/etc/protocols",
    "/etc/python3",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/terminfo",
    "/sys/devices/system/cpu",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Confinement {
        let mut confinement = Confinement::new("/w/project", "/w/home");
        confinement.read = vec!["/usr".into(), OsString::from_vec(b"/odd-\xff".to_vec()).into()];
        confinement.write = vec!["/w/home/.agent".into()];
        confinement.hollow = true;
        confinement.no_execute = vec!["/w/home/.agent".into()];
        confinement.pinned = vec!["/w/project/.git/hooks".into()];
        confinement.masked = vec!["/w/project/.env".into()];
        confinement.quarantined =
            vec![Quarantined { path: "/w/project/Makefile".into(), staged: "/s/0".into() }];
        confinement.traps = vec!["Makefile".to_owned()];
        confinement.repositories = vec!["/w/project/.git".into()];
        confinement.environment.insert("KEY".to_owned(), "very-secret".to_owned());
        confinement.egress = Some("/run/door.sock".into());
        confinement.sockets = vec![("/a".into(), "/b".into())];
        confinement.forwards = vec![Forward { port: 8080, socket: "/f".into() }];
        confinement.files = vec![("/c".into(), "/d".into())];
        confinement.limits.wall_seconds = Some(60);
        confinement.quarantine = Some("/q".into());
        confinement.accept_missing = vec!["limits".to_owned()];
        confinement
    }

    #[test]
    fn the_wire_carries_everything() {
        for confinement in [full(), Confinement::new("/p", "/h")] {
            assert_eq!(Confinement::from_wire(&confinement.to_wire()), Some(confinement));
        }
    }

    #[test]
    fn a_wire_with_a_field_missing_is_no_confinement() {
        let whole = full().to_wire();
        for name in whole.as_object().unwrap().keys() {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(name);
            assert_eq!(Confinement::from_wire(&part), None, "{name}");
        }
    }

    #[test]
    fn the_manifest_is_the_same_again_and_holds_no_value_of_the_environment() {
        let text = full().manifest().to_string();
        assert_eq!(text, full().manifest().to_string());
        assert!(text.contains("KEY") && !text.contains("very-secret"));
    }

    #[test]
    fn the_digest_changes_with_every_field() {
        type Change = fn(&mut Confinement);
        let changes: [Change; 20] = [
            |c| c.hollow = false,
            |c| c.no_execute.clear(),
            |c| c.quarantined.clear(),
            |c| c.traps.clear(),
            |c| c.repositories.clear(),
            |c| c.project.push("x"),
            |c| c.cwd.push("x"),
            |c| c.read.clear(),
            |c| c.write.clear(),
            |c| c.pinned.clear(),
            |c| c.masked.clear(),
            |c| c.home.push("x"),
            |c| *c.environment.get_mut("KEY").unwrap() = "other".to_owned(),
            |c| c.egress = None,
            |c| c.sockets.clear(),
            |c| c.forwards.clear(),
            |c| c.files.clear(),
            |c| c.limits.memory = None,
            |c| c.quarantine = None,
            |c| c.accept_missing.clear(),
        ];
        let mut seen = std::collections::BTreeSet::from([full().digest()]);
        for (index, change) in changes.into_iter().enumerate() {
            let mut confinement = full();
            change(&mut confinement);
            assert!(seen.insert(confinement.digest()), "change {index}");
        }
        assert!(seen.iter().all(|digest| digest.len() == 64));
    }
}

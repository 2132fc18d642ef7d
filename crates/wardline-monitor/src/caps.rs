//! Capability manifests: which ones hold for a program, what they name, and how they narrow a session.
//!
//! A manifest never adds anything. What it names is looked for in what the policy gives, and what is not found there is
//! not given; so anybody may write one, and it is safe to obey one that nobody trusts. Secrets alone come from elsewhere:
//! from the person's configuration, under the conditions of `entitled.rs`.

mod entitled;
#[cfg(test)]
pub(crate) mod laws;
mod narrow;
mod wanted;

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wardline_policy::{CAPABILITIES_FILE, Capabilities, Named, Origin, Problem, read_capabilities};
use wardline_proxy::{HostRule, Within};

pub(crate) use narrow::{Bounds, narrow};
pub(crate) use wanted::{Started, started};

use crate::World;
use crate::trust::hex;
use wanted::Wanted;

/// A manifest larger than this is refused; real ones are a few hundred bytes.
const MAX_MANIFEST: u64 = 1024 * 1024;

/// Why a manifest cannot be obeyed; nothing is started then.
#[derive(Debug)]
pub enum CapsError {
    /// It could not be read.
    Unreadable {
        /// The manifest.
        file: PathBuf,
        /// What went wrong.
        why: String,
    },
    /// It says something that cannot be meant.
    Invalid(Vec<Problem>),
    /// Programs of the session that it is to bound can write it.
    Loose(PathBuf),
    /// A program is to be started beside a session, and nothing narrows it.
    None(PathBuf),
}

impl fmt::Display for CapsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, why } => {
                write!(f, "{}: {why}; make it readable or remove it", file.display())
            }
            Self::Invalid(problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "\n" };
                    write!(f, "{separator}{problem}")?;
                }
                Ok(())
            }
            Self::Loose(file) => write!(
                f,
                "{}: programs of this session can write it, so it bounds nothing; a manifest has to be there before the session begins",
                file.display()
            ),
            Self::None(program) => write!(
                f,
                "no `{CAPABILITIES_FILE}` lies beside `{}`; in a session, `wardline exec` starts a program that has one, narrowed to \
                 it; anything else is started without `wardline exec`, and has what the session has",
                program.display()
            ),
        }
    }
}

impl std::error::Error for CapsError {}

/// A manifest as it was read.
#[derive(Debug, Clone)]
pub(crate) struct CapsFile {
    /// Its real path.
    pub(crate) file: PathBuf,
    /// The directory that it is about.
    pub(crate) directory: PathBuf,
    /// SHA-256 of its bytes, in hex.
    pub(crate) digest: String,
    caps: Capabilities,
    /// What its paths lead to.
    wanted: Wanted,
    /// Its hosts.
    hosts: Vec<HostRule>,
}

impl CapsFile {
    /// Reads a manifest and finds what it names.
    ///
    /// # Errors
    /// [`CapsError`]: a manifest is obeyed whole or nothing starts.
    pub(crate) fn load(world: &World, path: &Path) -> Result<Self, CapsError> {
        let unreadable =
            |why: &dyn fmt::Display| CapsError::Unreadable { file: path.into(), why: why.to_string() };
        let file = path.canonicalize().map_err(|e| unreadable(&e))?;
        let found = file.metadata().map_err(|e| unreadable(&e))?;
        if !found.is_file() || found.len() > MAX_MANIFEST {
            return Err(unreadable(&"it is no file of less than 1 MiB"));
        }
        let mut text = String::new();
        let opened = std::fs::File::open(&file).map_err(|e| unreadable(&e))?;
        opened.take(MAX_MANIFEST).read_to_string(&mut text).map_err(|e| unreadable(&e))?;
        let caps = read_capabilities(&file.to_string_lossy(), &text).map_err(CapsError::Invalid)?;
        let directory = file.parent().unwrap_or(&file).to_path_buf();
        let mut problems = Vec::new();
        let wanted = Wanted::find(world, &directory, &caps, &mut problems);
        let hosts = caps.hosts.iter().filter_map(|host| host_rule(host, &mut problems)).collect();
        if !problems.is_empty() {
            return Err(CapsError::Invalid(problems));
        }
        Ok(Self { digest: hex(&Sha256::digest(text.as_bytes())), file, directory, caps, wanted, hosts })
    }

    /// Whether it names this variable of the environment.
    pub(crate) fn names(&self, variable: &str) -> bool {
        self.caps.environment.iter().any(|name| name.text == variable)
    }

    /// Whether it names a secret.
    pub(crate) fn wants_secrets(&self) -> bool {
        !self.caps.secrets.is_empty()
    }

    /// The hosts as a list for the egress door.
    fn within(&self) -> Within {
        Within {
            hosts: self.hosts.clone(),
            because: format!("the capability manifest {}", self.file.display()),
        }
    }
}

fn host_rule(host: &Named, problems: &mut Vec<Problem>) -> Option<HostRule> {
    match HostRule::parse(&host.text, &format!("hosts ({})", host.origin)) {
        Ok(rule) => Some(rule),
        Err(text) => {
            let (text, help) = text.split_once(';').unwrap_or((&text, "write `example.com`"));
            problems.push(problem(&host.origin, text, help.trim()));
            None
        }
    }
}

/// A problem at a line of a manifest.
fn problem(origin: &Origin, text: &str, help: &str) -> Problem {
    let (text, help) = (text.to_owned(), help.to_owned());
    Problem { file: origin.file.clone(), line: origin.line, column: 1, text, help }
}

/// The manifests that hold for a program: the one that a person names, and those that lie beside the program and beside
/// the script it was started with, or in the nearest directory above. `may` says of each real path whether it may be read.
///
/// # Errors
/// [`CapsError`] when one of them cannot be obeyed.
pub(crate) fn manifests(
    world: &World,
    named: Option<&Path>,
    started: &Started,
    may: &dyn Fn(&Path) -> Result<(), CapsError>,
) -> Result<Vec<CapsFile>, CapsError> {
    let mut paths: Vec<PathBuf> = named.map(|path| world.cwd.join(path)).into_iter().collect();
    paths.extend(started.files().filter_map(|file| beside(world, file)));
    let mut found: Vec<CapsFile> = Vec::new();
    for path in paths {
        path.canonicalize().map_or(Ok(()), |real| may(&real))?;
        let caps = CapsFile::load(world, &path)?;
        if !found.iter().any(|known| known.file == caps.file) {
            found.push(caps);
        }
    }
    Ok(found)
}

/// Whether a manifest lies beside the program or its script.
pub(crate) fn lies_beside(world: &World, started: &Started) -> bool {
    started.files().any(|file| beside(world, file).is_some())
}

/// The nearest manifest at or above a file, as far as the workspace or, elsewhere, the home directory goes. Where neither
/// holds the file, nobody who writes manifests put it there.
fn beside(world: &World, file: &Path) -> Option<PathBuf> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let (project, home) = (real(&world.project), real(&world.home));
    let root = if file.starts_with(&project) { &project } else { &home };
    let above = file.ancestors().skip(1).take_while(|directory| directory.starts_with(root));
    let above = above.filter(|directory| *directory != home);
    above.map(|directory| directory.join(CAPABILITIES_FILE)).find(|path| path.symlink_metadata().is_ok())
}

/// What came of one manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// The manifest.
    pub file: PathBuf,
    /// SHA-256 of its bytes, in hex.
    pub digest: String,
    /// Hosts that it names. No other is reached.
    pub hosts: Vec<String>,
    /// Secrets that it names and the program gets, by name.
    pub secrets: Vec<String>,
    /// What it names and the program does not get.
    pub not_given: Vec<NotGiven>,
}

/// Something that a manifest names and that is not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotGiven {
    /// What kind of thing: `files.read`, `secrets` and the like.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Where it is named.
    pub origin: Origin,
    /// Why it is not given, and what would give it.
    pub why: String,
}

impl NotGiven {
    /// Whether it is a path at which there is nothing.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.why == MISSING
    }
}

/// Why a path that leads nowhere is not given.
const MISSING: &str = "there is nothing";

impl fmt::Display for NotGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` ({}): {}", self.kind, self.name, self.origin, self.why)
    }
}

impl Applied {
    /// As it stands in the journal.
    pub(crate) fn to_value(&self) -> Value {
        json!({
            "file": self.file.to_string_lossy(),
            "digest": self.digest,
            "hosts": self.hosts,
            "secrets": self.secrets,
            "not_given": self.not_given.iter().map(ToString::to_string).collect::<Value>(),
        })
    }
}

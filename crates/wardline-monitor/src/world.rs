//! Where things are: the principal's home, Wardline's own directories, the workspace, the environment.
//!
//! Everything below takes a [`World`] instead of asking the process, so tests describe a world and the library never
//! reads the user's environment behind a caller's back.

use std::collections::BTreeMap;
use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The circumstances of one invocation, fixed when it starts.
#[derive(Debug, Clone)]
pub struct World {
    /// The principal's home directory.
    pub home: PathBuf,
    /// Wardline's user configuration, normally `~/.config/wardline`.
    pub config: PathBuf,
    /// Wardline's state (journal, trust, sessions), normally `~/.local/state/wardline`.
    pub state: PathBuf,
    /// Configuration that an administrator manages, normally `/etc/wardline`.
    pub managed: PathBuf,
    /// The directory in which the invocation started.
    pub cwd: PathBuf,
    /// The workspace: the nearest directory at or above `cwd` that holds a repository or a Wardline file.
    pub project: PathBuf,
    /// The principal's login name, for the record.
    pub principal: String,
    /// The environment the invocation was given.
    pub environment: BTreeMap<String, String>,
    /// This very binary.
    pub executable: PathBuf,
}

/// Why the circumstances could not be established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorldError {
    /// `HOME` is unset or not absolute.
    NoHome,
    /// The current directory is gone or unreadable.
    NoCurrentDirectory(String),
    /// The path of the running binary could not be read.
    NoExecutable(String),
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => {
                f.write_str("`HOME` is not set to an absolute path; set it to your home directory")
            }
            Self::NoCurrentDirectory(e) => {
                write!(f, "the current directory cannot be read ({e}); change to one that exists")
            }
            Self::NoExecutable(e) => {
                write!(f, "the path of the running `wardline` cannot be read ({e}); is /proc mounted?")
            }
        }
    }
}

impl std::error::Error for WorldError {}

impl World {
    /// Builds the world from an environment, a current directory and the path of the running binary.
    ///
    /// # Errors
    /// [`WorldError::NoHome`] when the environment names no absolute home.
    pub fn new(
        environment: BTreeMap<String, String>,
        cwd: &Path,
        executable: PathBuf,
    ) -> Result<Self, WorldError> {
        let home = absolute(&environment, "HOME").ok_or(WorldError::NoHome)?;
        let config = absolute(&environment, "XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
        let state = absolute(&environment, "XDG_STATE_HOME").unwrap_or_else(|| home.join(".local/state"));
        let principal = ["USER", "LOGNAME"]
            .iter()
            .find_map(|key| environment.get(*key).filter(|name| !name.is_empty()).cloned())
            .or_else(login_name)
            .unwrap_or_else(|| "unknown".to_owned());
        let cwd = std::fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_path_buf());
        Ok(Self {
            project: project_of(&cwd, &home),
            config: config.join("wardline"),
            state: state.join("wardline"),
            managed: PathBuf::from("/etc/wardline"),
            cwd,
            home,
            principal,
            environment,
            executable,
        })
    }

    /// The world of the running process.
    ///
    /// # Errors
    /// [`WorldError`] when there is no home, no current directory or no path to the binary.
    pub fn of_process() -> Result<Self, WorldError> {
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let cwd = std::env::current_dir().map_err(|e| WorldError::NoCurrentDirectory(e.to_string()))?;
        let executable = std::env::current_exe().map_err(|e| WorldError::NoExecutable(e.to_string()))?;
        Self::new(environment, &cwd, executable)
    }

    /// The same world with another workspace, for a session that was bound to one when it began.
    #[must_use]
    pub fn in_project(mut self, project: PathBuf) -> Self {
        self.project = project;
        self
    }

    /// The journal's file.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.state.join("journal.jsonl")
    }

    /// The value of an environment variable, empty values counting as unset.
    #[must_use]
    pub fn variable(&self, key: &str) -> Option<&str> {
        self.environment.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// The name of the process's user by the system's own list.
fn login_name() -> Option<String> {
    let user = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == user).then(|| name.to_owned())
    })
}

/// The value of `key` when it is an absolute path; a relative one would depend on where the agent stands.
fn absolute(environment: &BTreeMap<String, String>, key: &str) -> Option<PathBuf> {
    environment.get(key).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// The workspace of `cwd`: the nearest directory at or above it with a repository or a Wardline file, never the home
/// directory or the root unless the invocation stands right there.
fn project_of(cwd: &Path, home: &Path) -> PathBuf {
    const MARKS: [&str; 3] = [".git", "wardline.jsonc", ".wardline"];
    cwd.ancestors()
        .take_while(|dir| *dir != home && dir.parent().is_some())
        .find(|dir| MARKS.iter().any(|mark| dir.join(mark).symlink_metadata().is_ok()))
        .unwrap_or(cwd)
        .to_path_buf()
}

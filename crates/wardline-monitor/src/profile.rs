//! What a known program needs beyond the defaults to run confined: its own directories, variables and hosts.

use std::path::PathBuf;

/// The needs of one program, as data. Everything named here is granted on top of the default confinement and printed
/// in the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// The program it describes, such as `claude`.
    pub name: String,
    /// Directories and files of the program's own that it may write.
    pub writable: Vec<PathBuf>,
    /// Directories and files that it may read.
    pub readable: Vec<PathBuf>,
    /// Paths inside the writable ones that it may not change: its own hook and permission files.
    pub pinned: Vec<PathBuf>,
    /// Names of environment variables that are passed on; a trailing `*` stands for any rest.
    pub variables: Vec<String>,
    /// Environment variables that are set for this run.
    pub set: Vec<(String, String)>,
    /// Hosts that it may reach, as `host` or `host:port`.
    pub hosts: Vec<String>,
    /// Files that exist only for this run: path inside the sandbox and content.
    pub files: Vec<(PathBuf, String)>,
}

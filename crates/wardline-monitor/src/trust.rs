//! Which project files a human has trusted, bound to their exact bytes.
//!
//! A repository is written by others, so its rules only tighten until its owner says otherwise with `wardline trust`.
//! The store keeps the SHA-256 of each trusted file; one changed byte makes the file untrusted again.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// The trusted files, by absolute path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    file: PathBuf,
    digests: BTreeMap<String, String>,
}

/// Why the trust store cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustError {
    /// The store exists and is not readable or not in its own format.
    Unreadable {
        /// The store.
        file: PathBuf,
        /// What went wrong.
        why: String,
    },
    /// The store could not be written; nothing was changed.
    Unwritable {
        /// The store.
        file: PathBuf,
        /// What went wrong.
        why: String,
    },
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, why } => {
                write!(f, "{}: {why}; repair it or remove it, which untrusts every file", file.display())
            }
            Self::Unwritable { file, why } => write!(f, "{}: {why}; nothing was changed", file.display()),
        }
    }
}

impl std::error::Error for TrustError {}

impl Trust {
    /// Reads the store of a state directory; an absent one trusts nothing.
    ///
    /// # Errors
    /// [`TrustError::Unreadable`] when it exists but cannot be understood.
    pub fn load(state: &Path) -> Result<Self, TrustError> {
        let file = state.join("trust.json");
        let unreadable = |why: String| TrustError::Unreadable { file: file.clone(), why };
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { file, digests: BTreeMap::new() });
            }
            Err(e) => return Err(unreadable(e.to_string())),
        };
        let digests = serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?;
        Ok(Self { file, digests })
    }

    /// Whether exactly this content of this file is trusted.
    #[must_use]
    pub fn covers(&self, file: &Path, content: &str) -> bool {
        self.digests.get(&*file.to_string_lossy()).is_some_and(|digest| *digest == digest_of(content))
    }

    /// Every trusted file with the digest it is bound to.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.digests.iter().map(|(file, digest)| (file.as_str(), digest.as_str()))
    }

    /// Trusts a file with this content.
    pub fn add(&mut self, file: &Path, content: &str) {
        self.digests.insert(file.to_string_lossy().into_owned(), digest_of(content));
    }

    /// Withdraws the trust in a file; tells whether there was any.
    pub fn remove(&mut self, file: &Path) -> bool {
        self.digests.remove(&*file.to_string_lossy()).is_some()
    }

    /// Writes the store, all or nothing.
    ///
    /// # Errors
    /// [`TrustError::Unwritable`]; the store on disk is then as it was.
    pub fn save(&self) -> Result<(), TrustError> {
        let text = serde_json::to_string_pretty(&self.digests).unwrap_or_default();
        replace(&self.file, text.as_bytes())
            .map_err(|e| TrustError::Unwritable { file: self.file.clone(), why: e.to_string() })
    }
}

/// The SHA-256 of a text in hexadecimal.
#[must_use]
pub fn digest_of(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Replaces a private file through a temporary one in the same directory, so a reader sees the old bytes or the new.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let parent = file.parent().unwrap_or_else(|| Path::new("/"));
    std::fs::create_dir_all(parent)?;
    let temporary = file.with_extension(format!("new-{}", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut out| out.write_all(bytes).and_then(|()| out.sync_data()))
        .and_then(|()| std::fs::rename(&temporary, file));
    if written.is_err() {
        std::fs::remove_file(&temporary).ok();
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_bound_to_the_bytes() {
        let dir = crate::scratch::Dir::new("trust");
        let file = Path::new("/repo/wardline.jsonc");
        let mut trust = Trust::load(dir.path()).unwrap();
        assert!(!trust.covers(file, "{}"));
        trust.add(file, "{}");
        trust.save().unwrap();
        let read = Trust::load(dir.path()).unwrap();
        assert!(read.covers(file, "{}"));
        assert!(!read.covers(file, "{ }"), "a changed file is untrusted again");
        assert!(!read.covers(Path::new("/other/wardline.jsonc"), "{}"));
    }

    #[test]
    fn a_damaged_store_is_an_error_not_an_empty_one() {
        let dir = crate::scratch::Dir::new("trust-damaged");
        dir.write("trust.json", "{\"a\":");
        assert!(matches!(Trust::load(dir.path()), Err(TrustError::Unreadable { .. })));
    }
}

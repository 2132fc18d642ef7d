//! What an answer is bound to besides its text: the content of the files that the action would run or edit.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Files that are larger are told by their number, size and time of change, which no ordinary program can set.
const MAX_HASHED: u64 = 32 * 1024 * 1024;

/// A file, and what was in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// The file, by its absolute path.
    pub path: String,
    /// `sha256:` and the digest of its content, `large:` and what tells it from others, `absent`, or `other:` and what it is.
    pub content: String,
}

impl Bound {
    /// What is in a file now.
    #[must_use]
    pub fn of(path: &str) -> Self {
        Self { path: path.to_owned(), content: content(Path::new(path)) }
    }

    /// The first file of a list that is not what it was.
    #[must_use]
    pub fn first_changed(list: &[Self]) -> Option<&str> {
        list.iter().find(|bound| Self::of(&bound.path) != **bound).map(|bound| bound.path.as_str())
    }

    /// What is now in the files of a list, in its order.
    #[must_use]
    pub fn again(list: &[Self]) -> Vec<Self> {
        list.iter().map(|bound| Self::of(&bound.path)).collect()
    }
}

fn content(path: &Path) -> String {
    // Neither a pipe nor a device holds the asker up.
    let opened = File::options().read(true).custom_flags(NONBLOCK).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return "absent".to_owned();
        }
        Err(e) => return format!("other:unreadable, {e}"),
    };
    let told = |word: &str, of: &std::fs::Metadata| {
        let changed = (of.ctime(), of.ctime_nsec());
        format!("{word}:{}:{}:{}:{}.{}", of.dev(), of.ino(), of.len(), changed.0, changed.1)
    };
    let metadata = match file.metadata() {
        Ok(metadata) if metadata.is_file() && metadata.len() <= MAX_HASHED => metadata,
        Ok(metadata) if metadata.is_file() => return told("large", &metadata),
        Ok(metadata) => return format!("other:{:o}", metadata.mode() & 0o170_000),
        Err(e) => return format!("other:unreadable, {e}"),
    };
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 64 * 1024];
    let mut left = MAX_HASHED;
    loop {
        match file.read(&mut chunk) {
            Ok(0) => {
                return format!("sha256:{}:{:o}", crate::trust::hex(&hasher.finalize()), metadata.mode());
            }
            Ok(count) => {
                hasher.update(chunk.get(..count).unwrap_or_default());
                left = left.saturating_sub(count as u64);
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return format!("other:unreadable, {e}"),
        }
        if left == 0 {
            return told("large", &metadata);
        }
    }
}

/// `O_NONBLOCK`, as the kernel has it on every architecture that Wardline is built for.
const NONBLOCK: i32 = 0o4000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_of_a_file_shows() {
        let dir = crate::scratch::Dir::new("bound");
        let file = dir.write("f", "one");
        let name = file.to_str().unwrap();
        let seen = |change: &dyn Fn()| {
            let before = Bound::of(name);
            assert_eq!(before, Bound::of(name));
            change();
            before != Bound::of(name)
        };
        assert!(seen(&|| std::fs::write(&file, "two").unwrap()), "content");
        assert!(seen(&|| std::fs::set_permissions(
            &file,
            std::os::unix::fs::PermissionsExt::from_mode(0o755)
        )
        .unwrap()));
        assert!(seen(&|| std::fs::remove_file(&file).unwrap()), "gone");
        assert!(seen(&|| std::os::unix::fs::symlink("/dev/null", &file).unwrap()), "leads elsewhere");
        assert!(seen(&|| {
            std::fs::remove_file(&file).unwrap();
            std::fs::create_dir(&file).unwrap();
        }));
        let large = dir.path().join("large");
        let opened = File::create(&large).unwrap();
        opened.set_len(MAX_HASHED + 1).unwrap();
        let before = Bound::of(large.to_str().unwrap());
        assert!(before.content.starts_with("large:"));
        opened.set_len(MAX_HASHED + 2).unwrap();
        assert_ne!(before, Bound::of(large.to_str().unwrap()));
    }
}

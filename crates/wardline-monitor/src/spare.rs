//! Empty directories that are kept for the next session.
//!
//! Every session needs a few directories for as long as it lasts. To make one is cheap, to remove one is not everywhere:
//! a file system that tells its disk of freed blocks waits for the disk each time. So a session that ends leaves one set
//! of them under the state directory, and the next takes it over by a rename, which one of many gets.

use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Takes over the spare directory of this kind as `place`, with the empty directories in it; makes an empty `place`, for
/// its owner only, where there is none.
///
/// # Errors
/// When there is something at `place`, or it cannot be made.
pub(crate) fn take(state: &Path, kind: &str, place: &Path) -> io::Result<()> {
    // A rename replaces nothing but an empty directory.
    std::fs::rename(spare(state, kind), place)
        .or_else(|_none_is_there| std::fs::DirBuilder::new().mode(0o700).create(place))
}

/// Keeps `place`, which holds nothing but empty directories, for the next session; removes it where that has one.
pub(crate) fn give_back(state: &Path, kind: &str, place: &Path) {
    let spare = spare(state, kind);
    let kept = std::fs::rename(place, &spare).or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(error);
        }
        let parent = spare.parent().unwrap_or(state);
        let _there_already = std::fs::DirBuilder::new().mode(0o700).create(parent);
        std::fs::rename(place, &spare)
    });
    if kept.is_err() {
        std::fs::remove_dir_all(place).ok();
    }
}

fn spare(state: &Path, kind: &str) -> PathBuf {
    state.join("spare").join(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt as _;

    #[test]
    fn one_is_kept_and_one_of_many_gets_it() {
        let dir = crate::scratch::Dir::new("spare");
        let place = |name: &str| dir.path().join(name);
        let kept = || std::fs::read_dir(place("spare")).map_or(0, Iterator::count);
        let number = |name: &str| place(name).metadata().unwrap().ino();
        for name in ["a", "b"] {
            take(dir.path(), "run", &place(name)).unwrap();
            assert_eq!(place(name).metadata().unwrap().mode() & 0o777, 0o700);
            std::fs::create_dir(place(name).join("empty")).unwrap();
        }
        let first = number("a");
        for name in ["a", "b"] {
            give_back(dir.path(), "run", &place(name));
            assert!(!place(name).exists(), "{name}");
            assert_eq!(kept(), 1, "{name}");
        }
        take(dir.path(), "other", &place("c")).unwrap();
        assert_ne!(number("c"), first, "of another kind");
        take(dir.path(), "run", &place("d")).unwrap();
        assert_eq!((number("d"), kept()), (first, 0));
        take(dir.path(), "run", &place("e")).unwrap();
        assert_ne!(number("e"), first);
    }

    #[test]
    fn what_lies_in_the_way_stays() {
        let dir = crate::scratch::Dir::new("spare-way");
        let place = |name: &str| dir.path().join(name);
        take(dir.path(), "run", &place("a")).unwrap();
        give_back(dir.path(), "run", &place("a"));
        dir.write("b/file", "kept");
        assert!(take(dir.path(), "run", &place("b")).is_err());
        assert!(place("b/file").exists() && place("spare/run").exists());
    }
}

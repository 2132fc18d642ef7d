//! Files of the workspace that have another name outside of it: what is written to them is written there too.
//!
//! A mount bounds names, and a hard link is a second name of one file, so such a file is read-only inside. Names that all
//! lie in the workspace do no harm.

use std::collections::BTreeMap;
use std::fs::DirEntry;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

/// The files with several names that a search came by.
#[derive(Debug, Default)]
pub(crate) struct Links(BTreeMap<(u64, u64), Names>);

#[derive(Debug)]
struct Names {
    /// How many there are on the whole file system.
    all: u64,
    here: Vec<PathBuf>,
}

impl Links {
    /// Notes an entry when it is a file with several names. One that cannot be looked at cannot be written either.
    pub(crate) fn note(&mut self, entry: &DirEntry) {
        let Ok(found) = entry.metadata() else { return };
        if found.is_file() && found.nlink() > 1 {
            let names = Names { all: found.nlink(), here: Vec::new() };
            self.0.entry((found.dev(), found.ino())).or_insert(names).here.push(entry.path());
        }
    }

    /// The names here of every file that was not met under all of its names.
    pub(crate) fn outside(self) -> impl Iterator<Item = PathBuf> {
        let led_out = |names: &Names| u64::try_from(names.here.len()).is_ok_and(|here| here < names.all);
        self.0.into_values().filter(led_out).flat_map(|names| names.here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Dir;

    #[test]
    fn only_names_that_lead_out_are_found() {
        let dir = Dir::new("links");
        for name in ["p/single", "p/within", "p/led-out", "outside"] {
            dir.write(name, "x");
        }
        let link =
            |from: &str, to: &str| std::fs::hard_link(dir.path().join(from), dir.path().join(to)).unwrap();
        link("p/within", "p/within-too");
        link("p/led-out", "led-out");
        link("outside", "p/from-outside");
        std::os::unix::fs::symlink("single", dir.path().join("p/soft")).unwrap();
        let mut links = Links::default();
        std::fs::read_dir(dir.path().join("p")).unwrap().flatten().for_each(|entry| links.note(&entry));
        let mut found: Vec<PathBuf> = links.outside().collect();
        found.sort();
        assert_eq!(found, ["p/from-outside", "p/led-out"].map(|name| dir.path().join(name)));
    }
}

//! A state of the project that is judged: the working tree, or what git holds of a revision or of the index.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wardline_scan::finding::GapReason;

use super::tree::{Content, MAX_FILE, Tree, content, read};

/// Every file of a state, with what tells two states of one apart, and a way to read them.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) files: BTreeMap<PathBuf, String>,
    /// Directories that could not be listed, and why.
    pub(crate) unlisted: Vec<(PathBuf, String)>,
    source: Source<'a>,
}

#[derive(Debug)]
enum Source<'a> {
    /// The root, and where git is looked for.
    Tree(&'a Path, &'a str),
    /// Contents that were read, each with the size of the whole file.
    Objects(BTreeMap<PathBuf, (Vec<u8>, u64)>),
}

impl<'a> View<'a> {
    /// The working tree as it is now; `path` is where git is looked for.
    pub(crate) fn of_tree(root: &'a Path, path: &'a str) -> Self {
        let tree = Tree::walk(root);
        Self { files: stamps(&tree), unlisted: tree.unlisted, source: Source::Tree(root, path) }
    }

    /// Those of `paths` that are no part of what git would keep.
    pub(crate) fn ignored(&self, paths: &[&PathBuf]) -> BTreeSet<PathBuf> {
        match &self.source {
            Source::Tree(root, path) => super::git::ignored(root, path, paths),
            Source::Objects(_) => BTreeSet::new(),
        }
    }

    /// What git holds: files by the names of their objects, and the contents of those that may be looked at.
    pub(crate) fn of_objects(
        files: BTreeMap<PathBuf, String>,
        contents: BTreeMap<PathBuf, (Vec<u8>, u64)>,
    ) -> Self {
        Self { files, unlisted: Vec::new(), source: Source::Objects(contents) }
    }

    /// Reads a file: its bytes, as far as they were read, and what they are for a scan.
    pub(crate) fn read(&self, path: &Path) -> (Cow<'_, [u8]>, Content) {
        match &self.source {
            Source::Tree(root, _) => {
                let (bytes, content) = read(root, path);
                (bytes.into(), content)
            }
            Source::Objects(contents) => match contents.get(path) {
                Some((bytes, size)) => (bytes.into(), content(&path.to_string_lossy(), bytes, *size)),
                None => {
                    let why = "its content was not read".to_owned();
                    (Cow::default(), Content::Gap(GapReason::Unreadable(why)))
                }
            },
        }
    }

    /// The files once more, to tell what changed meanwhile. Objects of git do not change.
    pub(crate) fn again(&self) -> Cow<'_, BTreeMap<PathBuf, String>> {
        match &self.source {
            Source::Tree(root, _) => Cow::Owned(stamps(&Tree::walk(root))),
            Source::Objects(_) => Cow::Borrowed(&self.files),
        }
    }
}

fn stamps(tree: &Tree) -> BTreeMap<PathBuf, String> {
    tree.files.iter().map(|(path, stamp)| (path.clone(), stamp.words())).collect()
}

/// Bytes of one object that are kept: one more than is looked at, so that what is too large is seen to be.
pub(crate) const KEPT: u64 = MAX_FILE + 1;

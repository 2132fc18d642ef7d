//! The working tree by content: which files there are, what tells two states of one apart, and what their text is.
//!
//! Nothing that an agent can write in the tree decides what is looked at: no list of ignored files, no header, no name.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use wardline_scan::finding::GapReason;
use wardline_scan::language::Language;

/// Files of one tree that are walked; a larger one is not wholly looked at, which is said.
const MAX_FILES: usize = 500_000;
/// The largest file that is looked at, in bytes. Source that people write is smaller; a parser's time is bounded by it.
pub const MAX_FILE: u64 = 2 * 1024 * 1024;
/// Directories that package managers and builds fill. What changes in them is looked at while it is little.
const DEPENDENCIES: [&str; 12] = [
    "node_modules",
    ".venv",
    "venv",
    "site-packages",
    "target",
    "__pycache__",
    ".tox",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".next",
    ".gradle",
];
/// Parts of a repository's own directory that hold no files of their own making.
const GIT_INSIDE: [&str; 4] = ["objects", "refs", "logs", "modules"];

/// What tells two states of a file apart without reading it. A program cannot set the time of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) inode: u64,
    pub(crate) size: u64,
    pub(crate) mode: u32,
    pub(crate) changed: (i64, i64),
}

impl Stamp {
    pub(crate) fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            size: metadata.size(),
            mode: metadata.mode(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    pub(crate) fn words(self) -> String {
        format!("{}:{}:{:o}:{}.{}", self.inode, self.size, self.mode, self.changed.0, self.changed.1)
    }
}

/// Every file of a tree, by path relative to its root.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    pub(crate) files: BTreeMap<PathBuf, Stamp>,
    /// Directories that could not be listed, and why.
    pub(crate) unlisted: Vec<(PathBuf, String)>,
}

impl Tree {
    /// Walks the tree below `root`. Links are not followed.
    pub(crate) fn walk(root: &Path) -> Self {
        let mut tree = Self::default();
        let mut todo = vec![root.to_path_buf()];
        while let Some(directory) = todo.pop() {
            let relative = directory.strip_prefix(root).unwrap_or(&directory).to_path_buf();
            let entries = match std::fs::read_dir(&directory) {
                Ok(entries) => entries,
                Err(e) => {
                    tree.unlisted.push((relative, e.to_string()));
                    continue;
                }
            };
            for entry in entries.flatten() {
                let path = entry.path();
                let Ok(metadata) = path.symlink_metadata() else { continue };
                let relative = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
                if metadata.is_dir() {
                    if !in_git(&relative) {
                        todo.push(path);
                    }
                } else if tree.files.len() >= MAX_FILES {
                    tree.unlisted.push((PathBuf::new(), format!("more than {MAX_FILES} files")));
                    return tree;
                } else if !is_git_data(&relative) {
                    tree.files.insert(relative, Stamp::of(&metadata));
                }
            }
        }
        tree
    }
}

/// Whether a directory is one of git's own that holds its data.
fn in_git(path: &Path) -> bool {
    let mut after_git = path.iter().skip_while(|part| *part != ".git").skip(1);
    after_git.next().is_some_and(|part| GIT_INSIDE.iter().any(|inside| part == *inside))
}

/// Whether a file is git's own data: anything in its directory that no language claims.
fn is_git_data(path: &Path) -> bool {
    path.iter().any(|part| part == ".git") && Language::of(&path.to_string_lossy(), "").is_none()
}

/// Whether a package manager or a build made what is there.
pub(crate) fn is_dependency(path: &Path) -> bool {
    path.iter().any(|part| DEPENDENCIES.iter().any(|name| part == *name))
}

/// What a file holds, for a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Its text.
    Text(String),
    /// It is no text and no language claims its name: a picture, an archive.
    Data,
    /// It can't be looked at.
    Gap(GapReason),
}

/// The text of a file, if it is one that is scanned.
#[must_use]
pub fn text(root: &Path, path: &Path) -> Option<String> {
    match read(root, path).1 {
        Content::Text(text) => Some(text),
        Content::Data | Content::Gap(_) => None,
    }
}

/// Reads a file of a tree. Its bytes are given too, as far as they were read.
pub(crate) fn read(root: &Path, path: &Path) -> (Vec<u8>, Content) {
    let whole = root.join(path);
    let name = path.to_string_lossy();
    let unreadable = |why: String| (Vec::new(), Content::Gap(GapReason::Unreadable(why)));
    let metadata = match std::fs::metadata(&whole) {
        Ok(metadata) => metadata,
        // A link that leads nowhere holds nothing.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return (Vec::new(), Content::Data),
        Err(e) => return unreadable(e.to_string()),
    };
    if metadata.is_dir() {
        let inside = std::fs::canonicalize(&whole).is_ok_and(|real| real.starts_with(root));
        return if inside {
            (Vec::new(), Content::Data)
        } else {
            unreadable("a link to a directory outside".to_owned())
        };
    }
    // A pipe would be waited for.
    let file = OpenOptions::new().read(true).custom_flags(rustix_nonblock()).open(&whole);
    let expected = usize::try_from(metadata.len().min(MAX_FILE)).unwrap_or_default();
    let mut bytes = Vec::with_capacity(expected + 1);
    let read = file.and_then(|file| {
        if !file.metadata()?.is_file() {
            return Err(std::io::Error::other("not a regular file"));
        }
        file.take(MAX_FILE + 1).read_to_end(&mut bytes)
    });
    if let Err(e) = read {
        return unreadable(e.to_string());
    }
    let content = content(&name, &bytes, metadata.len());
    (bytes, content)
}

/// `O_NONBLOCK`, the same number on every architecture of Linux that Wardline runs on.
const fn rustix_nonblock() -> i32 {
    0o4000
}

/// What bytes are for a scan.
pub(crate) fn content(name: &str, bytes: &[u8], size: u64) -> Content {
    let claimed =
        Language::of(name, &String::from_utf8_lossy(bytes.get(..256.min(bytes.len())).unwrap_or_default()))
            .is_some();
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let binary = !utf16 && bytes.iter().take(8192).any(|byte| *byte == 0);
    if !claimed && binary {
        return Content::Data;
    }
    if size > MAX_FILE {
        return Content::Gap(GapReason::Oversize { bytes: size, limit: MAX_FILE });
    }
    match decode(bytes, utf16) {
        Some(text) if !(claimed && (text.contains('\0') || other_encoding(&text))) => Content::Text(text),
        _ => Content::Gap(GapReason::NotText),
    }
}

fn decode(bytes: &[u8], utf16: bool) -> Option<String> {
    if !utf16 {
        let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
        return std::str::from_utf8(bytes).ok().map(str::to_owned);
    }
    let big = bytes.first() == Some(&0xfe);
    let (pairs, rest) = bytes.get(2..)?.as_chunks::<2>();
    let units =
        pairs.iter().map(|pair| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) });
    let text: Option<String> = char::decode_utf16(units).map(Result::ok).collect();
    text.filter(|_| rest.is_empty())
}

/// Whether the first lines declare an encoding in which the text reads differently (UTF-7 above all).
fn other_encoding(text: &str) -> bool {
    const SAME: [&str; 6] = ["utf-8", "utf8", "utf_8", "ascii", "us-ascii", "utf-8-sig"];
    text.lines().take(2).filter(|line| line.trim_start().starts_with('#')).any(|line| {
        let line = line.to_ascii_lowercase();
        let declared = line.split_once("coding").and_then(|(_, rest)| rest.strip_prefix([':', '=']));
        let name = declared.map(|rest| {
            rest.trim_start()
                .split(|c: char| !c.is_alphanumeric() && !"-_.".contains(c))
                .next()
                .unwrap_or_default()
        });
        name.is_some_and(|name| !SAME.contains(&name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_data_and_from_what_only_looks_like_text() {
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("os".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let text = |text: &str| Content::Text(text.to_owned());
        let rows: [(&str, &[u8], Content); 12] = [
            ("a.py", b"x = 1", text("x = 1")),
            ("a.py", b"\xef\xbb\xbfx", text("x")),
            ("a.py", &utf16, text("os")),
            ("a.py", b"x = '\xe9'", Content::Gap(GapReason::NotText)),
            ("a.py", b"x = 1\0", Content::Gap(GapReason::NotText)),
            ("a.py", b"# -*- coding: utf-7 -*-\n+AG8-", Content::Gap(GapReason::NotText)),
            ("a.py", b"#!/x\n# vim: set fileencoding=rot13 :\n", Content::Gap(GapReason::NotText)),
            ("a.py", b"# coding=utf-8\n", text("# coding=utf-8\n")),
            ("a.png", b"\x89PNG\0", Content::Data),
            ("tool", b"#!/usr/bin/python3\n\0", Content::Gap(GapReason::NotText)),
            ("notes.txt", b"x", text("x")),
            ("a.py", &utf16[..3], Content::Gap(GapReason::NotText)),
        ];
        for (name, bytes, wanted) in rows {
            assert_eq!(content(name, bytes, bytes.len() as u64), wanted, "{name} {bytes:?}");
        }
        let large = Content::Gap(GapReason::Oversize { bytes: MAX_FILE + 1, limit: MAX_FILE });
        assert_eq!(content("a.py", b"x", MAX_FILE + 1), large);
    }

    #[test]
    fn gits_own_data_is_no_part_of_the_tree_and_code_in_it_is() {
        let dir = crate::scratch::Dir::new("gate-tree");
        for name in [
            ".git/config",
            ".git/objects/ab/cd.py",
            ".git/extra.py",
            "a.py",
            "node_modules/x/i.js",
            "sub/.git/HEAD",
        ] {
            dir.write(name, "x");
        }
        let tree = Tree::walk(dir.path());
        let names: Vec<_> = tree.files.keys().map(|path| path.to_string_lossy().into_owned()).collect();
        assert_eq!(names, [".git/extra.py", "a.py", "node_modules/x/i.js"]);
        assert!(is_dependency(Path::new("node_modules/x/i.js")) && !is_dependency(Path::new("a.py")));
    }
}

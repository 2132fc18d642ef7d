//! What an edit would make of a file, shown before it lands.

use std::io::Read as _;
use std::path::Path;

use super::question::Edit;

/// Files that are larger are not compared; the question says so.
const MAX_BYTES: u64 = 2 * 1024 * 1024;
/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// One change to a file, as the tool that makes it says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The file, as written.
    pub path: String,
    /// What would be done to it.
    pub change: Change,
}

/// What would be done to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This is all that is in it then.
    Whole(String),
    /// Texts are replaced, one after another: what, by what, and whether everywhere.
    Replace(Vec<(String, String, bool)>),
}

/// The difference that changes make to one file, which lies at `path`.
#[must_use]
pub fn preview(path: &Path, changes: &[&Change]) -> Edit {
    let name = path.to_string_lossy().into_owned();
    match after(path, changes) {
        Ok((before, after)) => {
            let difference = similar::TextDiff::from_lines(&before, &after);
            let patch = difference.unified_diff().context_radius(CONTEXT).header(&name, &name).to_string();
            Edit { path: name, patch, unknown: None }
        }
        Err(why) => Edit { path: name, patch: String::new(), unknown: Some(why) },
    }
}

/// The text of a file before and after.
fn after(path: &Path, changes: &[&Change]) -> Result<(String, String), String> {
    let before = text_of(path)?;
    let mut text = before.clone();
    for change in changes {
        match change {
            Change::Whole(all) => text.clone_from(all),
            Change::Replace(steps) => {
                for (what, by, everywhere) in steps {
                    if what.is_empty() {
                        text = if text.is_empty() {
                            by.clone()
                        } else {
                            return Err("it is not said what is replaced".to_owned());
                        };
                    } else if !text.contains(what.as_str()) {
                        return Err("the text that would be replaced is not in the file".to_owned());
                    } else if *everywhere {
                        text = text.replace(what.as_str(), by);
                    } else {
                        text = text.replacen(what.as_str(), by, 1);
                    }
                }
            }
        }
    }
    Ok((before, text))
}

fn text_of(path: &Path) -> Result<String, String> {
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Err(e) => return Err(format!("the file can't be looked at ({e})")),
    };
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|e| format!("the file can't be read ({e})"))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(format!("the file is larger than {MAX_BYTES} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "the file is no text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_the_one_that_lands() {
        let dir = crate::scratch::Dir::new("edits");
        let file = dir.write("f", "one\ntwo\ntwo\n");
        let replace =
            |what: &str, by: &str, all| Change::Replace(vec![(what.to_owned(), by.to_owned(), all)]);
        let table: [(Change, &[&str], bool); 6] = [
            (Change::Whole("one\n".to_owned()), &["-two"], true),
            (replace("two", "2", false), &["-two", "+2"], true),
            (replace("two", "2", true), &["-two", "+2"], true),
            (replace("three", "3", false), &[], false),
            (replace("", "3", false), &[], false),
            (Change::Whole("one\ntwo\ntwo\n".to_owned()), &[], true),
        ];
        for (change, lines, known) in table {
            let edit = preview(&file, &[&change]);
            assert_eq!(edit.unknown.is_none(), known, "{edit:?}");
            assert!(lines.iter().all(|line| edit.patch.lines().any(|it| it == *line)), "{edit:?}");
        }
        let new = preview(&dir.path().join("new"), &[&Change::Whole("a\n".to_owned())]);
        assert!(new.patch.contains("+a"), "{new:?}");
        let binary = dir.path().join("b");
        std::fs::write(&binary, [0xff, 0xfe]).unwrap();
        assert!(preview(&binary, &[&Change::Whole(String::new())]).unknown.is_some());
        assert!(preview(dir.path(), &[&Change::Whole(String::new())]).unknown.is_some());
    }
}

//! Which changes a person has looked at, bound to what the file was then: another byte, and it is not reviewed any more.

use std::collections::BTreeMap;
use std::path::PathBuf;

use wardline_checkpoint::{Node, Place};

use crate::World;
use crate::trust::{digest_of, hex, replace};

/// Marks that are kept for a project; of more, all go, because a list that is too long marks nothing of use.
const MOST: usize = 10_000;

/// The marks of one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    file: PathBuf,
    marks: BTreeMap<String, String>,
}

impl Reviewed {
    /// The marks of a world's project. What cannot be read marks nothing.
    #[must_use]
    pub fn load(world: &World) -> Self {
        let name = digest_of(&world.project.to_string_lossy());
        let file = world.state.join("reviewed").join(format!("{name}.json"));
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        Self { file, marks: serde_json::from_str(&text).unwrap_or_default() }
    }

    /// Whether a place was reviewed as it is now.
    #[must_use]
    pub fn has(&self, place: &Place, now: Option<&Node>) -> bool {
        self.marks.get(&hex(place)) == Some(&mark(now))
    }

    /// Marks a place as reviewed as it is now, or takes the mark away.
    ///
    /// # Errors
    /// When the marks cannot be kept; they are as they were then.
    pub fn set(&mut self, place: &Place, now: Option<&Node>, reviewed: bool) -> std::io::Result<()> {
        let mut marks = self.marks.clone();
        if marks.len() >= MOST {
            marks.clear();
        }
        if reviewed {
            marks.insert(hex(place), mark(now));
        } else {
            marks.remove(&hex(place));
        }
        let text = serde_json::to_string(&marks).unwrap_or_default();
        replace(&self.file, text.as_bytes())?;
        self.marks = marks;
        Ok(())
    }
}

/// What tells two states of a place apart: its content, mode and kind.
fn mark(now: Option<&Node>) -> String {
    digest_of(&format!("{now:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_lasts_as_long_as_the_file_is_the_same() {
        let dir = crate::scratch::Dir::new("reviewed");
        let home = dir.path().to_string_lossy().into_owned();
        let world = World::new([("HOME".to_owned(), home)].into(), dir.path(), PathBuf::from("/x")).unwrap();
        let file = |size| Node::File { mode: 0o644, size, digest: [7; 32] };
        let (place, was, is) = (b"a\xff".to_vec(), file(1), file(2));
        let mut marks = Reviewed::load(&world);
        assert!(!marks.has(&place, Some(&was)));
        marks.set(&place, Some(&was), true).unwrap();
        let read = Reviewed::load(&world);
        assert_eq!(read, marks);
        let found = [read.has(&place, Some(&was)), read.has(&place, Some(&is)), read.has(&place, None)];
        assert_eq!(found, [true, false, false]);
        marks.set(&place, Some(&was), false).unwrap();
        assert!(!Reviewed::load(&world).has(&place, Some(&was)));
    }
}

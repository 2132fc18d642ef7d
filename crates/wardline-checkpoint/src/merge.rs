//! Puts two changes of one thing together, or says that they do not fit. Nothing is ever guessed.

use std::collections::HashMap;
use std::sync::Arc;

use crate::lines::{Hunk, diff, lines};
use crate::node::{Digest, Node, digest};

/// Texts longer than this are not merged by lines.
const LONGEST: usize = 8 * 1024 * 1024;

/// Contents by their digests.
pub trait Contents {
    /// The content of a digest; `None` when it cannot be had.
    fn read(&self, digest: &Digest) -> Option<Arc<[u8]>>;
}

/// Contents that were made by merging, over others.
pub struct Made<'a> {
    under: &'a dyn Contents,
    made: HashMap<Digest, Arc<[u8]>>,
}

impl<'a> Made<'a> {
    /// Nothing made yet, over `under`.
    #[must_use]
    pub fn over(under: &'a dyn Contents) -> Self {
        Self { under, made: HashMap::new() }
    }

    /// Everything that was made.
    pub(crate) fn into_made(self) -> HashMap<Digest, Arc<[u8]>> {
        self.made
    }

    /// Adds a content and gives its file.
    pub fn file(&mut self, mode: u32, content: Vec<u8>) -> Node {
        let (size, digest) = (u64::try_from(content.len()).unwrap_or(u64::MAX), digest(&content));
        self.made.insert(digest, content.into());
        Node::File { mode, size, digest }
    }
}

impl Contents for Made<'_> {
    fn read(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        self.made.get(digest).cloned().or_else(|| self.under.read(digest))
    }
}

/// What two changes of one value come to: `None` when both changed it, differently.
pub fn three<T: PartialEq>(base: T, ours: T, theirs: T) -> Option<T> {
    if ours == base || ours == theirs {
        Some(theirs)
    } else if theirs == base {
        Some(ours)
    } else {
        None
    }
}

/// Whether a content is text that can be told apart by lines.
#[must_use]
pub fn is_text(content: &[u8]) -> bool {
    content.len() <= LONGEST && !content.contains(&0)
}

/// What two changes of one text come to: `None` when they touch.
#[must_use]
pub fn texts(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Vec<u8>> {
    if let Some(one) = three(base, ours, theirs) {
        return Some(one.to_vec());
    }
    if ![base, ours, theirs].into_iter().all(is_text) {
        return None;
    }
    let (base, ours, theirs) = (lines(base), lines(ours), lines(theirs));
    let (mine, yours) = (diff(&base, &ours), diff(&base, &theirs));
    let mut out = Vec::new();
    let mut put =
        |lines: Option<&[&[u8]]>| lines.into_iter().flatten().for_each(|line| out.extend_from_slice(line));
    let (mut mine, mut yours) = (mine.iter().peekable(), yours.iter().peekable());
    let mut begin = 0;
    loop {
        let (hunk, new) = match (mine.peek(), yours.peek()) {
            (None, None) => break,
            (Some(a), Some(b)) if touch(a, b) => {
                let (one, two) = (ours.get(a.new.clone()), theirs.get(b.new.clone()));
                if a.old != b.old || one != two {
                    return None;
                }
                yours.next();
                (mine.next(), one)
            }
            (Some(a), b) if b.is_none_or(|b| a.old.start < b.old.start) => {
                let new = ours.get(a.new.clone());
                (mine.next(), new)
            }
            (_, Some(b)) => {
                let new = theirs.get(b.new.clone());
                (yours.next(), new)
            }
            (Some(_), None) => break,
        };
        let Some(hunk) = hunk else { break };
        put(base.get(begin..hunk.old.start));
        put(new);
        begin = hunk.old.end;
    }
    put(base.get(begin..));
    Some(out)
}

/// Whether no line lies between two hunks of one text.
fn touch(a: &Hunk, b: &Hunk) -> bool {
    a.old.start <= b.old.end && b.old.start <= a.old.end
}

/// What two changes of one place come to; `Err` says why they do not fit.
///
/// # Errors
/// A sentence for a person.
pub fn nodes(
    base: Option<&Node>,
    ours: Option<&Node>,
    theirs: Option<&Node>,
    contents: &mut Made<'_>,
) -> Result<Option<Node>, &'static str> {
    if let Some(one) = three(base, ours, theirs) {
        return Ok(one.cloned());
    }
    let (Some(Node::File { mode: m0, digest: d0, .. }), Some(Node::File { mode: m1, digest: d1, .. })) =
        (base, ours)
    else {
        return Err("changed on both sides");
    };
    let Some(Node::File { mode: m2, digest: d2, .. }) = theirs else {
        return Err("changed on one side and replaced or removed on the other");
    };
    let mode = three(*m0, *m1, *m2).ok_or("two different changes of the mode")?;
    let whole = three(*d0, *d1, *d2);
    if let Some(digest) = whole {
        let same = [ours, theirs, base]
            .into_iter()
            .flatten()
            .find(|node| matches!(node, Node::File { digest: d, .. } if *d == digest));
        if let Some(Node::File { size, .. }) = same {
            return Ok(Some(Node::File { mode, size: *size, digest }));
        }
    }
    let read = |digest: &Digest| contents.read(digest).ok_or("a content is not in the store");
    let (base, ours, theirs) = (read(d0)?, read(d1)?, read(d2)?);
    let merged = texts(&base, &ours, &theirs).ok_or("both changed the same lines, or it is no text")?;
    Ok(Some(contents.file(mode, merged)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn changes_fit_or_do_not() {
        let table: [(&str, &str, &str, Option<&str>); 10] = [
            ("1\n2\n3\n4\n5\n", "1\nx\n3\n4\n5\n", "1\n2\n3\ny\n5\n", Some("1\nx\n3\ny\n5\n")),
            ("1\n2\n3\n", "0\n1\n2\n3\n", "1\n2\n3\n4\n", Some("0\n1\n2\n3\n4\n")),
            ("1\n2\n3\n", "1\nx\n3\n", "1\ny\n3\n", None),
            ("1\n2\n3\n", "1\nx\n3\n", "1\nx\n3\n", Some("1\nx\n3\n")),
            ("1\n2\n3\n", "1\nx\n3\n", "1\n2\ny\n", None),
            ("1\n2\n3\n", "", "1\n2\n3\n", Some("")),
            ("1\n2\n3\n", "1\n3\n", "1\n2\n3\n4\n", Some("1\n3\n4\n")),
            ("1\n2\n3", "0\n2\n3", "1\n2\n3\n", Some("0\n2\n3\n")),
            ("", "a\n", "b\n", None),
            ("a\0b\nc\n", "x\0b\nc\n", "a\0b\nz\n", None),
        ];
        for (base, ours, theirs, expected) in table {
            let merged = texts(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
            assert_eq!(merged.as_deref(), expected.map(str::as_bytes), "{base:?} {ours:?} {theirs:?}");
            let swapped = texts(base.as_bytes(), theirs.as_bytes(), ours.as_bytes());
            assert_eq!(swapped, merged, "the sides are alike");
        }
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(0u8..6, 0..12)
            .prop_map(|lines| lines.iter().flat_map(|line| [b'a' + line, b'\n']).collect())
    }

    proptest! {
        #[test]
        fn one_sided_changes_always_fit(base in text(), ours in text()) {
            prop_assert_eq!(texts(&base, &ours, &base), Some(ours.clone()));
            prop_assert_eq!(texts(&base, &base, &ours), Some(ours.clone()));
            prop_assert_eq!(texts(&base, &ours, &ours), Some(ours.clone()));
        }

        #[test]
        fn merging_is_symmetric(base in text(), ours in text(), theirs in text()) {
            prop_assert_eq!(texts(&base, &ours, &theirs), texts(&base, &theirs, &ours));
        }
    }
}

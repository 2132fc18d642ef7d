//! What a place would be without the agent's changes: the person's own are made again on what was there before.
//!
//! A story is what lay at a place at the beginning and after each change, with the author of each. Reading it, every change of
//! the person is merged into what there would be, every other one is left out. With one change of an agent and one of the
//! person after it, this is the usual merge of three: the base is the agent's result, one side what lies there now, the
//! other what lay there before.

use crate::merge::{Made, nodes};
use crate::node::{Digest, Node};
use crate::record::Author;

/// What lay at a place, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Story {
    /// At the beginning.
    pub before: Option<Node>,
    /// After each change, and by whom.
    pub steps: Vec<(Author, Option<Node>)>,
}

/// What a story comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What lay there at the beginning.
    pub before: Option<Node>,
    /// What lies there now.
    pub now: Option<Node>,
    /// What would lie there without the agent's changes; with a conflict, without those after it.
    pub without: Option<Node>,
    /// Why a change of the person's could not be told apart from an agent's before it; then it stands as the person left it.
    pub conflict: Option<&'static str>,
    /// The files that the person wrote there, each with what it was before.
    pub wrote: Vec<(Option<Digest>, Digest)>,
    /// Whether the person changed it.
    pub person: bool,
}

impl Reading {
    /// Whether something of an agent's is there.
    #[must_use]
    pub fn agent(&self) -> bool {
        self.without != self.now || self.conflict.is_some()
    }
}

impl Story {
    /// Reads the story.
    pub fn read(&self, contents: &mut Made<'_>) -> Reading {
        let mut without = self.before.clone();
        let mut conflict = None;
        let mut wrote = Vec::new();
        let mut last = &self.before;
        let mut person = false;
        for (author, node) in &self.steps {
            if *author == Author::Person && node != last {
                person = true;
                wrote.extend(
                    node.as_ref()
                        .and_then(Node::content)
                        .map(|new| (last.as_ref().and_then(Node::content), new)),
                );
                match nodes(last.as_ref(), node.as_ref(), without.as_ref(), contents) {
                    Ok(merged) => without = merged,
                    Err(why) => {
                        conflict = Some(why);
                        without.clone_from(node);
                    }
                }
                // What the person put back as it was leaves nothing in doubt.
                if without == self.before {
                    conflict = None;
                }
            }
            last = node;
        }
        Reading { before: self.before.clone(), now: last.clone(), without, conflict, wrote, person }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::Contents;

    struct Nothing;
    impl Contents for Nothing {
        fn read(&self, _: &Digest) -> Option<std::sync::Arc<[u8]>> {
            None
        }
    }

    fn stories(
        before: Option<&str>,
        steps: &[(Author, Option<&str>)],
    ) -> Result<Option<String>, Option<String>> {
        let mut made = Made::over(&Nothing);
        let mut file = |text: &str| made.file(0o644, text.bytes().flat_map(|b| [b, b'\n']).collect());
        let before = before.map(&mut file);
        let steps = steps.iter().map(|(author, text)| (*author, text.map(&mut file))).collect();
        let reading = Story { before, steps }.read(&mut made);
        let text = |node: Node| match node {
            Node::File { digest, .. } => String::from_utf8(
                made.read(&digest).unwrap().iter().copied().filter(|b| *b != b'\n').collect(),
            )
            .unwrap(),
            _ => unreachable!(),
        };
        let without = reading.without.map(text);
        if reading.conflict.is_some() { Err(without) } else { Ok(without) }
    }

    #[test]
    fn the_persons_changes_stay_and_all_others_go() {
        use Author::{Agent as A, Person as P, Restore as R};
        type Case<'a> =
            (Option<&'a str>, &'a [(Author, Option<&'a str>)], Result<Option<&'a str>, Option<&'a str>>);
        let table: [Case<'_>; 16] = [
            // What the person left in doubt stays as the person left it, whatever the agent did after.
            (None, &[(A, Some("new")), (P, Some("newer")), (A, None)], Err(Some("newer"))),
            (Some("abcde"), &[(A, Some("aBcde")), (P, Some("aXcde")), (P, Some("abcde"))], Ok(Some("abcde"))),
            (Some("abcde"), &[(A, Some("aBcde"))], Ok(Some("abcde"))),
            (Some("abcde"), &[(A, Some("aBcde")), (P, Some("aBcdE"))], Ok(Some("abcdE"))),
            (Some("abcde"), &[(P, Some("abcdE")), (A, Some("aBcdE"))], Ok(Some("abcdE"))),
            (Some("abcde"), &[(A, Some("aBcde")), (P, Some("aXcde"))], Err(Some("aXcde"))),
            (Some("abcde"), &[(A, None)], Ok(Some("abcde"))),
            (None, &[(A, Some("new"))], Ok(None)),
            (None, &[(A, Some("new")), (P, Some("newer"))], Err(Some("newer"))),
            (None, &[(P, Some("mine")), (A, Some("mined"))], Ok(Some("mine"))),
            (Some("abcde"), &[(A, Some("x")), (P, Some("abcde"))], Ok(Some("abcde"))),
            (Some("abcde"), &[(A, Some("aBcde")), (P, None)], Err(None)),
            (Some("abcde"), &[(P, None), (A, Some("again"))], Ok(None)),
            (Some("abcde"), &[(A, Some("aBcde")), (P, Some("aBcdE")), (A, Some("zBcdE"))], Ok(Some("abcdE"))),
            // A restore, and the person's work after it.
            (Some("abcde"), &[(A, Some("aBcde")), (R, Some("abcde")), (P, Some("abcdE"))], Ok(Some("abcdE"))),
            (Some("aBcdE"), &[(R, Some("abcdE")), (P, Some("abcdEf"))], Ok(Some("aBcdEf"))),
        ];
        for (before, steps, expected) in table {
            let got = stories(before, steps);
            let owned = |text: Option<&str>| text.map(str::to_owned);
            assert_eq!(got, expected.map(owned).map_err(owned), "{before:?} {steps:?}");
        }
    }
}

//! Tells two texts apart by lines, in bounded time, the same way every time.
//!
//! Lines that occur once in both texts anchor the comparison; short runs between anchors are compared exactly, long ones
//! without an anchor count as replaced. A coarse answer is never a wrong one: the hunks always turn the old text into the new.

use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Lines of both sides together that are compared exactly.
const EXACT: usize = 2000;

/// A run of old lines and what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// Lines of the old text, by number.
    pub old: Range<usize>,
    /// Lines of the new text, by number.
    pub new: Range<usize>,
}

/// The lines of a text, each with its end.
#[must_use]
pub fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// How many lines are new and how many are gone.
#[must_use]
pub fn count(hunks: &[Hunk]) -> (usize, usize) {
    hunks.iter().fold((0, 0), |(new, old), hunk| (new + hunk.new.len(), old + hunk.old.len()))
}

/// The hunks that turn `old` into `new`, in order, at least one equal line between any two.
#[must_use]
pub fn diff(old: &[&[u8]], new: &[&[u8]]) -> Vec<Hunk> {
    let mut names: HashMap<&[u8], usize> = HashMap::new();
    let mut named = Vec::with_capacity(old.len() + new.len());
    for line in old.iter().chain(new) {
        let next = names.len();
        named.push(*names.entry(line).or_insert(next));
    }
    let (old, new) = named.split_at(old.len());
    hunks(&equal(old, new), old.len(), new.len())
}

/// A stretch of both texts that is still to be compared.
struct Stretch {
    old: Range<usize>,
    new: Range<usize>,
}

/// Pairs of equal lines, by number, ascending on both sides.
fn equal(old: &[usize], new: &[usize]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut todo = vec![Stretch { old: 0..old.len(), new: 0..new.len() }];
    while let Some(stretch) = todo.pop() {
        let stretch = trim(old, new, stretch, &mut pairs);
        let (a, b) = (old.get(stretch.old.clone()), new.get(stretch.new.clone()));
        let (Some(a), Some(b)) = (a, b) else { continue };
        if a.is_empty() || b.is_empty() {
            continue;
        }
        let (from_old, from_new) = (stretch.old.start, stretch.new.start);
        if a.len() + b.len() <= EXACT {
            for op in capture_diff_slices(Algorithm::Myers, a, b) {
                if let DiffOp::Equal { old_index, new_index, len } = op {
                    pairs.extend((0..len).map(|i| (from_old + old_index + i, from_new + new_index + i)));
                }
            }
            continue;
        }
        let anchors = anchors(a, b);
        if anchors.is_empty() {
            continue;
        }
        let mut begin = (stretch.old.start, stretch.new.start);
        for (x, y) in anchors {
            let here = (from_old + x, from_new + y);
            pairs.push(here);
            todo.push(Stretch { old: begin.0..here.0, new: begin.1..here.1 });
            begin = (here.0 + 1, here.1 + 1);
        }
        todo.push(Stretch { old: begin.0..stretch.old.end, new: begin.1..stretch.new.end });
    }
    pairs.sort_unstable();
    pairs
}

/// Takes equal lines off both ends.
fn trim(old: &[usize], new: &[usize], mut stretch: Stretch, pairs: &mut Vec<(usize, usize)>) -> Stretch {
    let same = |x: usize, y: usize| old.get(x).is_some_and(|line| new.get(y) == Some(line));
    while !stretch.old.is_empty() && !stretch.new.is_empty() && same(stretch.old.start, stretch.new.start) {
        pairs.push((stretch.old.start, stretch.new.start));
        stretch.old.start += 1;
        stretch.new.start += 1;
    }
    while !stretch.old.is_empty() && !stretch.new.is_empty() && same(stretch.old.end - 1, stretch.new.end - 1)
    {
        stretch.old.end -= 1;
        stretch.new.end -= 1;
        pairs.push((stretch.old.end, stretch.new.end));
    }
    stretch
}

/// The longest ascending run of lines that occur once on each side.
fn anchors(old: &[usize], new: &[usize]) -> Vec<(usize, usize)> {
    let mut seen: HashMap<usize, (usize, usize, usize, usize)> = HashMap::new();
    for (x, line) in old.iter().enumerate() {
        let entry = seen.entry(*line).or_default();
        (entry.0, entry.1) = (entry.0 + 1, x);
    }
    for (y, line) in new.iter().enumerate() {
        let entry = seen.entry(*line).or_default();
        (entry.2, entry.3) = (entry.2 + 1, y);
    }
    let mut unique: Vec<(usize, usize)> =
        seen.values().filter(|(o, _, n, _)| (*o, *n) == (1, 1)).map(|(_, x, _, y)| (*x, *y)).collect();
    unique.sort_unstable();
    ascending(&unique)
}

/// The longest run of pairs that ascends on both sides, of pairs that ascend on the first.
fn ascending(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The last pair of the best run of each length, and for each pair the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let second = |index: usize| pairs.get(index).map_or(0, |pair| pair.1);
    for (index, (_, y)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| second(*end) < *y);
        before.push(length.checked_sub(1).and_then(|last| ends.get(last).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut run = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(index) = next {
        run.extend(pairs.get(index));
        next = before.get(index).copied().flatten();
    }
    run.reverse();
    run
}

/// What lies between equal lines.
fn hunks(equal: &[(usize, usize)], old: usize, new: usize) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    let mut begin = (0, 0);
    for (x, y) in equal.iter().copied().chain([(old, new)]) {
        if begin.0 < x || begin.1 < y {
            hunks.push(Hunk { old: begin.0..x, new: begin.1..y });
        }
        begin = (x + 1, y + 1);
    }
    hunks
}

/// The old text with some hunks applied: those whose number `chosen` takes.
#[must_use]
pub fn apply(old: &[&[u8]], new: &[&[u8]], hunks: &[Hunk], chosen: &dyn Fn(usize) -> bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut begin = 0;
    let mut put =
        |lines: Option<&[&[u8]]>| lines.into_iter().flatten().for_each(|line| out.extend_from_slice(line));
    for (index, hunk) in hunks.iter().enumerate() {
        put(old.get(begin..hunk.old.start));
        put(if chosen(index) { new.get(hunk.new.clone()) } else { old.get(hunk.old.clone()) });
        begin = hunk.old.end;
    }
    put(old.get(begin..));
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(
            prop_oneof![Just("a\n"), Just("b\n"), Just("c\n"), Just("d\n"), Just("e")],
            0..40,
        )
        .prop_map(|lines| lines.concat().into_bytes())
    }

    proptest! {
        #[test]
        fn hunks_turn_the_old_text_into_the_new(old in text(), new in text()) {
            let (old, new) = (lines(&old), lines(&new));
            let hunks = diff(&old, &new);
            prop_assert_eq!(apply(&old, &new, &hunks, &|_| true), new.concat());
            prop_assert_eq!(apply(&old, &new, &hunks, &|_| false), old.concat());
            for pair in hunks.windows(2) {
                prop_assert!(pair[0].old.end < pair[1].old.start && pair[0].new.end < pair[1].new.start);
            }
        }
    }

    #[test]
    fn long_texts_take_bounded_time() {
        let numbered = |range: Range<u32>| range.map(|n| format!("{n}\n")).collect::<String>().into_bytes();
        let same = b"x\n".repeat(200_000);
        let table = [
            (numbered(0..100_000), numbered(50_000..150_000), (50_000, 50_000)),
            (numbered(0..100_000), numbered(100_000..200_000), (100_000, 100_000)),
            (same.clone(), b"x\n".repeat(199_999), (0, 1)),
        ];
        for (old, new, expected) in table {
            assert_eq!(count(&diff(&lines(&old), &lines(&new))), expected);
        }
    }
}

//! Places of a file by where they lie: those in a range, and those around it, without looking at all of them.

use crate::span::Span;

/// So few places are looked at one by one.
const FEW: usize = 8;

/// Places, in the order in which they begin, each with its number in the order given.
#[derive(Debug)]
pub(super) struct Nest {
    starts: Vec<(Span, usize)>,
    /// A tree of the greatest ends: the parts of number `n` are `2n` and `2n + 1`, the places begin at `first`. Empty for few
    /// places.
    ends: Vec<u32>,
    first: usize,
}

impl Nest {
    /// Of these places, to be asked for `times`.
    pub(super) fn new(spans: impl Iterator<Item = Span>, times: usize) -> Self {
        let mut starts: Vec<(Span, usize)> = spans.zip(0..).collect();
        if starts.len() <= FEW || times <= 2 {
            return Self { starts, ends: Vec::new(), first: 0 };
        }
        starts.sort_unstable();
        let first = starts.len().next_power_of_two();
        let mut ends = vec![0; first];
        ends.extend(starts.iter().map(|(span, _)| span.end));
        ends.resize(first * 2, 0);
        for number in (1..first).rev() {
            let part = |at: usize| ends.get(at).copied().unwrap_or(0);
            let greatest = part(number * 2).max(part(number * 2 + 1));
            if let Some(end) = ends.get_mut(number) {
                *end = greatest;
            }
        }
        Self { starts, ends, first }
    }

    /// The numbers of the places in a range or around it, in their order, and perhaps of some others.
    pub(super) fn near(&self, span: Span) -> Vec<usize> {
        if self.ends.is_empty() {
            return self.starts.iter().map(|(_, number)| *number).collect();
        }
        let mut found = Vec::new();
        let begin = |at: u32| self.starts.partition_point(|(other, _)| other.start < at);
        let (from, to) = (begin(span.start), begin(span.end.saturating_add(1)));
        let inside = self.starts.get(from..to).unwrap_or_default();
        found.extend(inside.iter().filter(|(other, _)| other.end <= span.end).map(|(_, number)| *number));
        self.around(1, self.first, (0, begin(span.start.saturating_add(1))), span.end, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Those of the first places (`limit`, from `at` on) below a part of the tree that end at `end` or later.
    fn around(
        &self,
        part: usize,
        width: usize,
        (at, limit): (usize, usize),
        end: u32,
        found: &mut Vec<usize>,
    ) {
        if at >= limit || self.ends.get(part).is_none_or(|greatest| *greatest < end) {
            return;
        }
        if width == 1 {
            found.extend(self.starts.get(at).map(|(_, number)| *number));
            return;
        }
        let half = width / 2;
        self.around(part * 2, half, (at, limit), end, found);
        self.around(part * 2 + 1, half, (at + half, limit), end, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_a_range_or_around_it_is_found() {
        let mut seed = 7_u32;
        let mut next = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % below
        };
        for round in 0..300 {
            let places: Vec<Span> = (0..next(60))
                .map(|_| {
                    let start = next(100);
                    Span::new(start, start + next(20))
                })
                .collect();
            let nest = Nest::new(places.iter().copied(), 9);
            let start = next(100);
            let wanted = Span::new(start, start + next(30));
            let near = nest.near(wanted);
            for (number, place) in places.iter().enumerate() {
                let meant = place.contains(wanted) || wanted.contains(*place);
                assert!(!meant || near.contains(&number), "round {round}: {wanted:?} in {places:?}");
                assert!(meant || places.len() <= FEW || !near.contains(&number), "round {round}");
            }
            assert!(near.is_sorted());
        }
    }
}

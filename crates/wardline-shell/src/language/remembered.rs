//! What the last pieces of code were found to do. The commands inside code, the paths in it and its effects are asked for apart, so
//! the same text comes up several times in one analysis; it is read once.
//!
//! A reading depends on what is compared here and on nothing else, so that remembering it changes no answer.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::{Family, Reading};
use crate::answer::Word;

/// Most readings that are kept.
const MOST: usize = 8;
/// Longest code whose reading is kept, in bytes.
const LONGEST: usize = 16 * 1024;

struct Known {
    family: Family,
    text: String,
    complete: bool,
    arguments: Vec<Word>,
    reading: Reading,
}

thread_local! {
    static KNOWN: RefCell<VecDeque<Known>> = const { RefCell::new(VecDeque::new()) };
}

/// The reading of `code`, made by `read` unless it is known.
pub(super) fn reading(
    family: Family,
    code: &Word,
    arguments: &[Word],
    read: impl FnOnce() -> Reading,
) -> Reading {
    if code.value.len() > LONGEST {
        return read();
    }
    let same = |known: &&Known| {
        known.family == family
            && known.complete == code.complete
            && known.text == code.value
            && known.arguments == arguments
    };
    let known = KNOWN.with_borrow(|all| all.iter().find(same).map(|known| known.reading.clone()));
    if let Some(reading) = known {
        return reading;
    }
    let reading = read();
    let (text, complete) = (code.value.clone(), code.complete);
    let known = Known { family, text, complete, arguments: arguments.to_vec(), reading: reading.clone() };
    KNOWN.with_borrow_mut(|all| {
        all.truncate(MOST - 1);
        all.push_front(known);
    });
    reading
}

/// Forgets everything: an analysis is over, and what its script held is nobody's business any more.
pub(crate) fn forget() {
    KNOWN.with_borrow_mut(VecDeque::clear);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::known;

    #[test]
    fn a_reading_is_made_once_for_the_same_code_and_again_for_other() {
        let mut count = 0;
        let mut ask = |family, text: &str, arguments: &[Word]| {
            reading(family, &known(text), arguments, || {
                count += 1;
                Reading::default()
            });
        };
        ask(Family::Python, "a", &[]);
        ask(Family::Python, "a", &[]);
        ask(Family::Ruby, "a", &[]);
        ask(Family::Python, "b", &[]);
        ask(Family::Python, "a", &[known("x")]);
        ask(Family::Python, "a", &[]);
        assert_eq!(count, 4);
        forget();
        let mut again = 0;
        reading(Family::Python, &known("a"), &[], || {
            again += 1;
            Reading::default()
        });
        assert_eq!(again, 1, "it was forgotten");
        let partly = Word { complete: false, ..known("a") };
        reading(Family::Python, &partly, &[], || {
            again += 1;
            Reading::default()
        });
        assert_eq!(again, 2, "what is known in part is other code");
    }
}

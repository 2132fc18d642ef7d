//! The asking side's half of a question: what an answer must be to count, and that it counts once.

use std::fmt;

use super::bound::Bound;
use super::question::{Answer, Question, Say};

/// Why an answer does not count. Each is a denial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is about another question.
    OtherQuestion,
    /// It is about something else than what was asked: another text, other files, another digest.
    OtherAction,
    /// It came after the question's time, or claims to have been given before the question was put.
    OutOfTime,
    /// The question was answered before.
    Spent,
    /// A file that would be run or edited is not what it was when the question was put.
    Changed {
        /// The file.
        path: String,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherQuestion => f.write_str("the answer is to another question"),
            Self::OtherAction => {
                f.write_str("the answer is about another action than the one that was asked")
            }
            Self::OutOfTime => f.write_str("the answer did not come in the question's time"),
            Self::Spent => f.write_str("the question was answered before"),
            Self::Changed { path } => {
                write!(
                    f,
                    "`{path}` was changed after the question was put, so the answer was about something else"
                )
            }
        }
    }
}

impl std::error::Error for Refused {}

/// One question that was put, as long as it is open. It is kept in the asking process's memory, so nothing that happens to the
/// board changes what an answer is held against.
#[derive(Debug)]
pub struct Ticket {
    id: String,
    digest: String,
    bound: Vec<Bound>,
    asked_at: u64,
    expires_at: u64,
    spent: bool,
}

impl Ticket {
    /// The ticket of a question that is about to be put.
    #[must_use]
    pub fn of(question: &Question) -> Self {
        Self {
            id: question.id.clone(),
            digest: question.digest(),
            bound: question.bound.clone(),
            asked_at: question.asked_at,
            expires_at: question.expires_at,
            spent: false,
        }
    }

    /// When it is over, in milliseconds since 1970.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// Takes an answer, at `now` (milliseconds since 1970), with what is `current`ly in the files that the question is bound to.
    /// Whatever comes of it, the ticket is spent: the first answer decides, and one that does not count is a no.
    ///
    /// # Errors
    /// [`Refused`] when the answer does not count.
    pub fn redeem(
        &mut self,
        answer: &Answer,
        now: u64,
        current: impl FnOnce(&[Bound]) -> Vec<Bound>,
    ) -> Result<Say, Refused> {
        if std::mem::replace(&mut self.spent, true) {
            return Err(Refused::Spent);
        }
        if answer.id != self.id {
            return Err(Refused::OtherQuestion);
        }
        if answer.digest != self.digest {
            return Err(Refused::OtherAction);
        }
        let in_time = |at: u64| at >= self.asked_at && at < self.expires_at;
        if !in_time(now) || !in_time(answer.at) || answer.at > now {
            return Err(Refused::OutOfTime);
        }
        if answer.say == Say::Deny {
            return Ok(Say::Deny);
        }
        let now_there = current(&self.bound);
        let mut pairs = self.bound.iter().zip(&now_there);
        if now_there.len() != self.bound.len() {
            return Err(Refused::OtherAction);
        }
        match pairs.find(|(then, now)| then != now) {
            Some((then, _)) => Err(Refused::Changed { path: then.path.clone() }),
            None => Ok(Say::Allow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::question::example;
    use super::*;
    use proptest::prelude::*;

    const NOW: u64 = 2_000;

    fn same(bound: &[Bound]) -> Vec<Bound> {
        bound.to_vec()
    }

    #[test]
    fn an_answer_counts_once() {
        let question = example();
        for say in [Say::Allow, Say::Deny] {
            let mut ticket = Ticket::of(&question);
            let answer = question.answered(say, "test", NOW);
            assert_eq!(ticket.redeem(&answer, NOW, same), Ok(say));
            assert_eq!(ticket.redeem(&answer, NOW, same), Err(Refused::Spent), "a replay");
        }
    }

    #[test]
    fn an_answer_that_does_not_count_leaves_no_second_try() {
        let question = example();
        let mut ticket = Ticket::of(&question);
        let forged = Answer { digest: "0".repeat(64), ..question.answered(Say::Allow, "test", NOW) };
        assert_eq!(ticket.redeem(&forged, NOW, same), Err(Refused::OtherAction));
        assert_eq!(
            ticket.redeem(&question.answered(Say::Allow, "test", NOW), NOW, same),
            Err(Refused::Spent)
        );
    }

    #[test]
    fn a_file_that_changed_is_another_action() {
        let question = example();
        let swapped = |bound: &[Bound]| {
            bound.iter().map(|it| Bound { content: "sha256:01".to_owned(), ..it.clone() }).collect()
        };
        let fewer = |_: &[Bound]| Vec::new();
        let allow = question.answered(Say::Allow, "test", NOW);
        let changed = Refused::Changed { path: "/p/Makefile".to_owned() };
        assert_eq!(Ticket::of(&question).redeem(&allow, NOW, swapped), Err(changed));
        assert_eq!(Ticket::of(&question).redeem(&allow, NOW, fewer), Err(Refused::OtherAction));
    }

    #[test]
    fn time_is_kept_to_the_millisecond() {
        let question = example();
        let table = [
            (999, 999, false),
            (1_000, 1_000, true),
            (60_999, 60_999, true),
            (61_000, 61_000, false),
            (60_999, 61_000, false),
            (5_000, 4_999, false),
            (0, 2_000, false),
            (u64::MAX, u64::MAX, false),
        ];
        for (at, now, good) in table {
            let taken = Ticket::of(&question).redeem(&question.answered(Say::Allow, "test", at), now, same);
            assert_eq!(taken.is_ok(), good, "answered at {at}, taken at {now}: {taken:?}");
        }
    }

    /// The bytes of a question with one of them changed, where that still is a question.
    fn mutated(question: &Question, at: usize, to: u8) -> Option<Question> {
        let mut bytes = question.encode();
        let at = at % bytes.len();
        if bytes[at] == to {
            return None;
        }
        bytes[at] = to;
        Question::decode(&bytes)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2048, ..ProptestConfig::default() })]

        #[test]
        fn one_byte_is_another_question(at in any::<usize>(), to in any::<u8>()) {
            let question = example();
            if let Some(other) = mutated(&question, at, to).filter(|other| *other != question) {
                prop_assert_ne!(other.digest(), question.digest());
                let answer = Answer { id: question.id.clone(), ..other.answered(Say::Allow, "test", NOW) };
                prop_assert_eq!(Ticket::of(&question).redeem(&answer, NOW, same), Err(Refused::OtherAction));
            }
        }

        #[test]
        fn a_forged_answer_never_allows(id in "[0-9a-f]{32}", digest in "[0-9a-f]{64}", at in 1_000_u64..61_000) {
            let question = example();
            let right = question.answered(Say::Allow, "test", at);
            for forged in [Answer { id, ..right.clone() }, Answer { digest, ..right }] {
                prop_assert!(Ticket::of(&question).redeem(&forged, at, same).is_err());
            }
        }

        #[test]
        fn what_is_written_is_what_is_read(action in any::<String>(), path in any::<String>(), expires_at in any::<u64>()) {
            let mut question = Question { action, expires_at, ..example() };
            question.bound.push(Bound { path, content: String::new() });
            prop_assert_eq!(Question::decode(&question.encode()), Some(question));
        }

        /// Texts that move from one field to its neighbour are another question: the encoding has one reading.
        #[test]
        fn fields_do_not_run_together(text in any::<String>(), cut in any::<usize>()) {
            let cut = text.char_indices().map(|(at, _)| at).nth(cut % (text.chars().count() + 1)).unwrap_or(text.len());
            let (a, b) = text.split_at(cut);
            let one = Question { tool: a.to_owned(), action: b.to_owned(), ..example() };
            let two = Question { tool: String::new(), action: text.clone(), ..example() };
            prop_assert_eq!(one.digest() == two.digest(), a.is_empty());
        }
    }
}

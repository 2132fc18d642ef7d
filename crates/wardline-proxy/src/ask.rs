//! Questions about hosts: put to a human one at a time, few of them, each once; connections wait for the answer, but not
//! for ever.

use crate::host::Authority;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Questions that wait for their turn; a human is not buried under more.
const QUEUE: usize = 4;
/// Questions that may come at once, after which [`PACE`] holds.
const BURST: u32 = 5;
/// How long until one more may be asked.
const PACE: Duration = Duration::from_secs(10);
/// Questions in all of one session; its answers are kept, so this bounds memory too.
const ALL: usize = 100;
/// Connections that wait for answers at the same time.
const WAITING: usize = 32;

/// Somebody who may answer, and who records the answer before giving it.
pub trait Ask: Send + Sync {
    /// Whether anybody is there. Nobody there is a no, without a question.
    fn is_there(&self) -> bool;

    /// Puts one question about one host and port, because of this rule. May take as long as it takes.
    fn ask(&self, authority: &Authority, because: &str) -> Answer;
}

/// What somebody answered, for this host and port and for this session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It may be reached; who said so.
    Yes(String),
    /// It may not; who said so, or why nobody did.
    No(String),
}

/// The questions of one session.
pub(crate) struct Questions {
    asker: Arc<dyn Ask>,
    state: Mutex<State>,
    changed: Condvar,
    /// Held while a human looks at a question.
    turn: Mutex<()>,
}

impl fmt::Debug for Questions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Questions")
    }
}

struct State {
    /// `None` while the question stands.
    answers: BTreeMap<Authority, Option<Answer>>,
    waiting: usize,
    left: u32,
    refilled: Instant,
}

impl Questions {
    pub(crate) fn new(asker: Arc<dyn Ask>) -> Self {
        let state = State { answers: BTreeMap::new(), waiting: 0, left: BURST, refilled: Instant::now() };
        Self { asker, state: Mutex::new(state), changed: Condvar::new(), turn: Mutex::new(()) }
    }

    /// The answer for a host and port: the one that was given before, or the one that comes within `patience`. An error
    /// says why there is none, which is a no. Those who ask the same thing wait for one answer.
    pub(crate) fn answer(
        self: &Arc<Self>,
        authority: &Authority,
        because: &str,
        patience: Duration,
    ) -> Result<String, String> {
        let mut state = self.state();
        if !state.answers.contains_key(authority) {
            if !self.asker.is_there() {
                return Err("nobody is there to answer".to_owned());
            }
            state.admit()?;
            self.put(authority, because)?;
            state.answers.insert(authority.clone(), None);
        }
        self.wait(state, authority, patience)
    }

    /// Puts the question from a thread of its own, because a human may never answer it.
    fn put(self: &Arc<Self>, authority: &Authority, because: &str) -> Result<(), String> {
        let (questions, authority, because) = (Arc::clone(self), authority.clone(), because.to_owned());
        let asking = thread::Builder::new().name("wardline-ask".to_owned()).spawn(move || {
            let turn = questions.turn.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = questions.asker.ask(&authority, &because);
            drop(turn);
            questions.state().answers.insert(authority, Some(answer));
            questions.changed.notify_all();
        });
        asking.map(drop).map_err(|error| format!("no thread for the question: {error}"))
    }

    fn wait(
        &self,
        mut state: MutexGuard<'_, State>,
        authority: &Authority,
        patience: Duration,
    ) -> Result<String, String> {
        let end = Instant::now() + patience;
        if state.waiting >= WAITING {
            return Err("too many connections wait for answers already".to_owned());
        }
        state.waiting += 1;
        let answered = loop {
            match state.answers.get(authority) {
                Some(Some(Answer::Yes(by))) => break Ok(by.clone()),
                Some(Some(Answer::No(by))) => break Err(format!("the answer was no ({by})")),
                Some(None) | None => {}
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break Err(format!("nobody answered within {} seconds", patience.as_secs()));
            }
            (state, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        };
        state.waiting -= 1;
        answered
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether one more question may be put now.
    fn admit(&mut self) -> Result<(), String> {
        while self.left < BURST && self.refilled.elapsed() >= PACE {
            self.left += 1;
            self.refilled += PACE;
        }
        if self.answers.values().filter(|answer| answer.is_none()).count() >= QUEUE {
            return Err("too many questions wait for an answer already".to_owned());
        }
        if self.left == 0 || self.answers.len() >= ALL {
            return Err("too many questions were asked; this one is not put to a human".to_owned());
        }
        if self.left == BURST {
            self.refilled = Instant::now();
        }
        self.left -= 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Answers what it is told to, and notes what it was asked.
    struct Human {
        there: bool,
        asked: Mutex<Vec<String>>,
        answers: Mutex<Receiver<Answer>>,
    }

    impl Ask for Human {
        fn is_there(&self) -> bool {
            self.there
        }

        fn ask(&self, authority: &Authority, because: &str) -> Answer {
            self.asked.lock().unwrap().push(format!("{authority} {because}"));
            self.answers.lock().unwrap().recv().unwrap_or_else(|_| Answer::No("gone".to_owned()))
        }
    }

    fn human(there: bool) -> (Arc<Human>, Arc<Questions>, Sender<Answer>) {
        let (sender, answers) = channel();
        let human = Arc::new(Human { there, asked: Mutex::default(), answers: Mutex::new(answers) });
        let questions = Arc::new(Questions::new(Arc::clone(&human) as Arc<dyn Ask>));
        (human, questions, sender)
    }

    fn at(text: &str) -> Authority {
        Authority::parse(text, None).unwrap()
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn nobody_there_is_a_no_without_a_question() {
        let (human, questions, _sender) = human(false);
        assert!(questions.answer(&at("a.test:443"), "r", LONG).unwrap_err().contains("nobody is there"));
        assert!(human.asked.lock().unwrap().is_empty());
    }

    #[test]
    fn the_same_question_is_put_once_and_its_answer_holds() {
        let (human, questions, sender) = human(true);
        thread::scope(|scope| {
            let asked: Vec<_> =
                (0..5).map(|_| scope.spawn(|| questions.answer(&at("a.test:443"), "r", LONG))).collect();
            sender.send(Answer::Yes("me".to_owned())).unwrap();
            assert!(asked.into_iter().all(|asked| asked.join().unwrap() == Ok("me".to_owned())));
        });
        assert_eq!(questions.answer(&at("a.test:443"), "r", Duration::ZERO), Ok("me".to_owned()));
        assert_eq!(*human.asked.lock().unwrap(), ["a.test:443 r"]);
        sender.send(Answer::No("me".to_owned())).unwrap();
        assert!(questions.answer(&at("a.test:8443"), "r", LONG).is_err(), "another port is another question");
        assert!(questions.answer(&at("a.test:8443"), "r", LONG).is_err());
        assert_eq!(human.asked.lock().unwrap().len(), 2, "a no holds too");
    }

    #[test]
    fn a_late_answer_counts_for_the_next_attempt() {
        let (_human, questions, sender) = human(true);
        assert!(
            questions.answer(&at("a.test:443"), "r", Duration::ZERO).unwrap_err().contains("nobody answered")
        );
        sender.send(Answer::Yes("me".to_owned())).unwrap();
        assert_eq!(questions.answer(&at("a.test:443"), "r", LONG), Ok("me".to_owned()));
    }

    #[test]
    fn a_flood_of_hosts_is_no_flood_of_questions() {
        let (human, questions, sender) = human(true);
        for number in 0..1000 {
            assert!(questions.answer(&at(&format!("h{number}.test:443")), "r", Duration::ZERO).is_err());
        }
        drop(sender);
        for number in 0..1000 {
            assert!(questions.answer(&at(&format!("g{number}.test:443")), "r", Duration::ZERO).is_err());
        }
        assert!(human.asked.lock().unwrap().len() <= usize::try_from(BURST).unwrap() + 1);
    }
}

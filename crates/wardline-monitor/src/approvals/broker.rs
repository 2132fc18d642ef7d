//! The approver that puts questions on the board and waits for whoever answers there first.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wardline_policy::{OnAsk, PolicySet};

use super::board::{Board, BoardError, Waited, now_ms};
use super::question::{Question, Say};
use super::{describe, desktop, pace};
use crate::approve::{self, Approver};
use crate::{World, memory};

/// How long a question waits when a surface is open and nobody said how long.
const USUAL_WAIT: Duration = Duration::from_secs(300);

/// Whether whoever wants to act is still there.
pub type Wanted = Arc<dyn Fn() -> bool + Send + Sync>;
/// What is told when a question was put (`true`) and when it is over.
pub type Told = Arc<dyn Fn(&Question, bool) + Send + Sync>;

/// Puts questions on the board.
#[derive(Clone)]
pub struct Broker {
    board: Board,
    wait: Duration,
    wanted: Wanted,
    told: Option<Told>,
    /// The bus of the person's desktop, where it is told there too.
    desktop: Option<String>,
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("board", &self.board).field("wait", &self.wait).finish_non_exhaustive()
    }
}

impl Broker {
    /// A broker whose questions wait for `wait`.
    ///
    /// # Errors
    /// [`BoardError::Files`] when there is no board.
    pub fn new(world: &World, wait: Duration) -> Result<Self, BoardError> {
        Ok(Self {
            board: Board::open(&world.state)?,
            wait,
            wanted: Arc::new(|| true),
            told: None,
            desktop: None,
        })
    }

    /// The broker that `on_ask`, or the policy where nothing is said, calls for here: none when questions are to be a no, and none
    /// when nobody said that they wait and no surface is open. The desktop is told where the policy has nothing against it.
    ///
    /// # Errors
    /// [`BoardError::Files`] when there is no board.
    pub fn for_word(
        world: &World,
        policy: &PolicySet,
        on_ask: Option<OnAsk>,
    ) -> Result<Option<Self>, BoardError> {
        let found = Self::of(world, on_ask.unwrap_or_else(|| policy.on_ask()))?;
        let bus = world.variable(desktop::ADDRESS).filter(|address| policy.notifies() && !address.is_empty());
        Ok(found.map(|broker| Self { desktop: bus.map(|bus| bus.to_owned()), ..broker }))
    }

    fn of(world: &World, on_ask: OnAsk) -> Result<Option<Self>, BoardError> {
        match on_ask {
            OnAsk::Deny => Ok(None),
            OnAsk::Wait(seconds) => Self::new(world, Duration::from_secs(u64::from(seconds))).map(Some),
            OnAsk::Auto => {
                let broker = Self::new(world, USUAL_WAIT)?;
                Ok((!broker.board.attended().is_empty()).then_some(broker))
            }
        }
    }

    /// Asks `wanted` again and again whether an answer is still of use.
    #[must_use]
    pub fn while_wanted(self, wanted: Wanted) -> Self {
        Self { wanted, ..self }
    }

    /// Tells `told` of each question and of its end.
    #[must_use]
    pub fn telling(self, told: Told) -> Self {
        Self { told: Some(told), ..self }
    }

    fn put(&self, asked: &approve::Question<'_>) -> Result<approve::Answer, BoardError> {
        let nobody = |why: &str| Ok(approve::Answer::Nobody { why: why.to_owned() });
        let (world, session) = (asked.about.world, &asked.about.subject.session);
        let flooded =
            memory::update(&world.state, session, |state| pace::flooded(&mut state.asked, now_ms()))?;
        if flooded {
            self.board
                .pause(session, &format!("it put more than {} questions within a minute", pace::MOST))?;
            return nobody(
                "the session put too many questions and is paused; `wardline approve --resume` lets it go on",
            );
        }
        let open = self.board.pending()?.iter().filter(|question| question.session == *session).count();
        if open >= pace::MOST_OPEN {
            return nobody("too many of the session's questions are open");
        }
        let question = describe::question(asked, self.wait)?;
        let posted = self.board.post(&question)?;
        let tell = |open| self.told.iter().for_each(|told| told(&question, open));
        tell(true);
        if let Some(bus) = &self.desktop {
            desktop::tell(bus, &question, now_ms());
        }
        let waited = posted.wait(&*self.wanted);
        tell(false);
        Ok(match waited {
            Waited::Said(Say::Allow, by) => approve::Answer::Allow { by },
            Waited::Said(Say::Deny, by) => approve::Answer::Deny { by: format!("the person said no ({by})") },
            Waited::Refused(why) => approve::Answer::Deny { by: why.to_string() },
            Waited::NobodyCame => {
                approve::Answer::Nobody { why: format!("nobody answered within {} s", self.wait.as_secs()) }
            }
            Waited::Withdrawn => approve::Answer::Nobody { why: "whoever asked is gone".to_owned() },
        })
    }
}

impl Approver for Broker {
    fn ask(&self, question: &approve::Question<'_>) -> approve::Answer {
        self.put(question).unwrap_or_else(|e| approve::Answer::Nobody { why: e.to_string() })
    }
}

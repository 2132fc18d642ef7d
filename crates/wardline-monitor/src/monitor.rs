//! The reference monitor: the one place where a request becomes facts, a verdict, a record and a permit.
//!
//! [`Monitor::authorize`] is the whole flow in order. Nothing else makes a [`Permit`], and it makes one only from the
//! receipt of a decision that is on disk.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use wardline_audit::{Draft, Journal, JournalError, Kind, Receipt};
use wardline_checkpoint::CheckpointError;
use wardline_policy::{Decision, Facts, Origin, PolicySet, Reason, Refusal, Request, Verdict, decide};
use wardline_shell as shell;

use crate::approvals::{Board, BoardError, Bound, Mode, Pause, describe};
use crate::approve::{About, Answer, Approver, Question};
use crate::checkpoints::Keeper;
use crate::gate::Attendant;
use crate::gather::gather_all;
use crate::live::Live;
use crate::record::{self, Body};
use crate::sources::{Choice, SourceError};
use crate::tally::Tally;
use crate::{Action, Permit, Subject, World, memory, push, script, sources};

/// What becomes of a question that nobody can be asked.
const NOBODY: &str = "nobody is there to answer";

/// The monitor of one invocation or one session.
pub struct Monitor {
    world: World,
    choice: Choice,
    policy: Arc<PolicySet>,
    /// What bounds a session, when the policy allows something for a while.
    bounds: Option<PolicySet>,
    /// What bounds a session in which a person answers for each change, when the policy is a supervised one.
    answered: Option<PolicySet>,
    board: Board,
    live: Mutex<Live>,
    journal: Journal,
    confined: bool,
    tally: Tally,
    keeper: Keeper,
    attendant: Attendant,
}

/// What the monitor says to one action.
#[derive(Debug)]
pub enum Authorization {
    /// It may happen, once.
    Grant {
        /// The proof, consumed by the effect.
        permit: Permit,
        /// Why.
        verdict: Verdict,
    },
    /// The host program must ask its user, and obey.
    HostAsks {
        /// Why.
        verdict: Verdict,
    },
    /// It may not happen.
    Refuse {
        /// Why.
        verdict: Verdict,
        /// What became of the question, when the policy asked.
        unanswered: Option<Unanswered>,
    },
}

/// What became of a question that did not end in a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// Nobody answered; why not.
    Nobody(String),
    /// The answer was a no, or one that does not count.
    No(String),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody(why) | Self::No(why) => f.write_str(why),
        }
    }
}

/// Why the monitor cannot decide or record; the caller treats each as a denial.
#[derive(Debug)]
pub enum MonitorError {
    /// The policy could not be built.
    Policy(SourceError),
    /// The journal could not be opened or written, so no effect may start.
    Journal(JournalError),
    /// The session's memory could not be read or written.
    Memory(std::io::Error),
    /// No checkpoint could be taken, so nothing that writes may start.
    Checkpoint(CheckpointError),
    /// The mode, a pause or the person's own rules could not be read.
    Approvals(BoardError),
}

impl fmt::Display for MonitorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(e) => write!(f, "the policy cannot be used: {e}"),
            Self::Journal(e) => write!(f, "the journal cannot be written, so nothing may happen: {e}"),
            Self::Checkpoint(e) => write!(
                f,
                "no checkpoint could be taken, so nothing may be changed: {e}; to go on without, start the session with \
                 `--accept-missing checkpoint`"
            ),
            Self::Approvals(e) => {
                write!(f, "it can't be told what the person said of this session, so nothing may happen: {e}")
            }
            Self::Memory(e) => write!(f, "the session's memory cannot be used, so nothing may happen: {e}"),
        }
    }
}

impl std::error::Error for MonitorError {}

impl From<JournalError> for MonitorError {
    fn from(e: JournalError) -> Self {
        Self::Journal(e)
    }
}

impl From<BoardError> for MonitorError {
    fn from(e: BoardError) -> Self {
        Self::Approvals(e)
    }
}

impl From<CheckpointError> for MonitorError {
    fn from(e: CheckpointError) -> Self {
        Self::Checkpoint(e)
    }
}

impl Monitor {
    /// Opens the monitor of a world: builds its policy and opens its journal.
    ///
    /// `confined` says whether the actions will run inside the sandbox.
    ///
    /// # Errors
    /// [`MonitorError`] when there is no usable policy or no writable journal.
    pub fn open(world: World, choice: &Choice, confined: bool) -> Result<Self, MonitorError> {
        let live = Mutex::new(Live::new(&world));
        let policy = sources::policy(&world, choice).map_err(MonitorError::Policy)?;
        let journal = Journal::open(&world.journal())?;
        // The kernel's bounds stay as they are made, so what is allowed for a while only is no part of them.
        let lasting = Choice { for_good: true, ..choice.clone() };
        let bounds = (confined && policy.allows_for_a_while())
            .then(|| sources::policy(&world, &lasting))
            .transpose()
            .map_err(MonitorError::Policy)?;
        let answered = if confined {
            sources::answered(&world, &lasting, &policy).map_err(MonitorError::Policy)?
        } else {
            None
        };
        let board = Board::at(&world.state);
        let (tally, keeper) = (Tally::default(), Keeper::default());
        let policy = Arc::new(policy);
        Ok(Self {
            world,
            choice: choice.clone(),
            policy,
            bounds,
            answered,
            board,
            live,
            journal,
            confined,
            tally,
            keeper,
            attendant: Attendant::default(),
        })
    }

    /// The same monitor for an agent with hooks and no session around it: each call is a process of its own, and the checkpoints
    /// around its effects are taken in it.
    #[must_use]
    pub fn for_hooks_alone(mut self) -> Self {
        self.keeper = Keeper::of_hooks();
        self
    }

    /// The same monitor, deciding in this mode whatever a person switches to.
    #[must_use]
    pub(crate) fn in_mode(mut self, mode: Mode) -> Self {
        self.live = Mutex::new(Live::fixed(&self.world, mode));
        self
    }

    /// Takes the checkpoint at which a session of hooks alone begins, unless there is one; gives what is to be said of it in the row that
    /// tells of the session.
    pub fn session_seen(&self, subject: &Subject) -> Option<(String, serde_json::Value)> {
        self.keeper.first(&self.world, subject)
    }

    /// The monitor of a world whose policy and journal are chosen by the caller, for confined actions.
    pub(crate) fn with(world: World, policy: PolicySet, journal: Journal) -> Self {
        Self {
            board: Board::at(&world.state),
            live: Mutex::new(Live::new(&world)),
            world,
            choice: Choice::default(),
            policy: Arc::new(policy),
            bounds: None,
            answered: None,
            journal,
            confined: true,
            tally: Tally::default(),
            keeper: Keeper::default(),
            attendant: Attendant::default(),
        }
    }

    /// The world it works in.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The policy it decides by.
    #[must_use]
    pub fn policy(&self) -> &PolicySet {
        &self.policy
    }

    /// The policy whose bounds a session gets. Where a person `answers` for each change that a supervised policy asks about, the
    /// kernel must leave room for their yes.
    pub(crate) fn bounding(&self, answers: bool) -> &PolicySet {
        self.answered.as_ref().filter(|_| answers).or(self.bounds.as_ref()).unwrap_or(&self.policy)
    }

    /// The policy by which a session is decided now: what a person switched and granted since it began counts.
    fn current(&self, session: &str) -> Result<Arc<PolicySet>, MonitorError> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.policy(&self.world, &self.choice, &self.board, session, &self.policy)
    }

    /// What takes this session's checkpoints.
    pub(crate) fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    /// The scan that stays beside a guarded session; none where this process goes with its one question.
    pub(crate) fn attendant(&self) -> Option<&Attendant> {
        self.confined.then_some(&self.attendant)
    }

    /// What was decided so far.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Decides one action, records the decision and, when it may happen, gives the permit for it. `approver` answers
    /// when the policy asks.
    ///
    /// # Errors
    /// [`MonitorError`] when the decision could not be recorded; the action must then not happen.
    pub fn authorize(
        &self,
        subject: &Subject,
        action: &Action,
        approver: &dyn Approver,
    ) -> Result<Authorization, MonitorError> {
        self.authorize_with(subject, action, approver, Vec::new())
    }

    /// As [`Self::authorize`]; when the policy allows the action without a question, `rows` are in the journal together
    /// with the decision.
    pub(crate) fn authorize_with(
        &self,
        subject: &Subject,
        action: &Action,
        approver: &dyn Approver,
        rows: Vec<Row>,
    ) -> Result<Authorization, MonitorError> {
        let call = call_of(action);
        let repeats =
            self.remember(subject, |state| state.repeat(&action.digest(), action.call.as_deref()))?;
        let (mut facts, analysis) = gather_all(&self.world, action, repeats, self.confined);
        if let Some(analysis) = &analysis {
            self.recall_fetched(subject, analysis, &mut facts)?;
        }
        self.count_refusals(subject, &mut facts)?;
        let request = Request {
            permission: action.permission.clone(),
            targets: action.targets.clone(),
            agent: subject.agent.clone(),
            parents: subject.parents.clone(),
            confined: self.confined,
        };
        let policy = self.current(&subject.session)?;
        let mut verdict = decide(&policy, &request, &facts);
        if approver.is_there() && push::describe(&self.world, analysis.as_ref(), &verdict, &mut facts) {
            verdict = decide(&policy, &request, &facts);
        }
        if let Some(pause) = self.board.paused(&subject.session)? {
            verdict = paused(verdict, &pause);
        }
        let cwd = self.world.cwd.to_string_lossy();
        let mut body = record::intent(subject, action, &verdict, self.confined, &cwd);
        let unanswered = verdict.decision == Decision::Ask && !approver.is_there();
        if unanswered {
            body.insert("decision".into(), record::decision(Decision::Deny));
            body.insert("unanswered".into(), NOBODY.into());
        }
        if verdict.decision != Decision::Deny && !unanswered {
            let sure = verdict.decision == Decision::Allow;
            let taken = self.keeper.before(&self.world, subject, action, &call, analysis.as_ref(), sure)?;
            body.extend(taken);
        }
        let rows = if verdict.decision == Decision::Allow { rows } else { Vec::new() };
        let more: Vec<Draft> =
            rows.into_iter().map(|(kind, body)| draft(subject, kind, None, body)).collect();
        let receipt = self.journal.append_with(&draft(subject, Kind::Intent, Some(&call), body), &more)?;
        let authorization = match verdict.decision {
            Decision::Deny => Authorization::Refuse { verdict, unanswered: None },
            Decision::Ask if unanswered => {
                Authorization::Refuse { verdict, unanswered: Some(Unanswered::Nobody(NOBODY.to_owned())) }
            }
            Decision::Allow => {
                Authorization::Grant { permit: Permit::new(&subject.session, &call, &receipt), verdict }
            }
            Decision::Ask => {
                let about = About {
                    world: &self.world,
                    choice: &self.choice,
                    subject,
                    action,
                    facts: &facts,
                    analysis: analysis.as_ref(),
                    confined: self.confined,
                    bound: &[],
                };
                self.ask(&call, about, verdict, approver)?
            }
        };
        let (granted, verdict) = match &authorization {
            Authorization::Grant { verdict, .. } | Authorization::HostAsks { verdict } => (true, verdict),
            Authorization::Refuse { verdict, .. } => (false, verdict),
        };
        if granted {
            let fetched = analysis.as_ref().map(script::fetched).unwrap_or_default();
            self.remember(subject, |state| {
                fetched.iter().for_each(|path| state.fetch(path));
                state.decided(&call);
            })?;
        }
        let asked = verdict.decision == Decision::Ask && !unanswered;
        self.tally.decided(&call, action, verdict, asked, granted);
        Ok(authorization)
    }

    /// What an earlier command of the session brought in from the network is not run without a question.
    fn recall_fetched(
        &self,
        subject: &Subject,
        analysis: &shell::Analysis,
        facts: &mut Facts,
    ) -> Result<(), MonitorError> {
        let run = script::run_files(analysis);
        if run.is_empty() {
            return Ok(());
        }
        let from_network = |state: &mut memory::State| {
            run.into_iter().filter(|(path, _)| state.was_fetched(path)).collect::<Vec<_>>()
        };
        for (path, command) in self.remember(subject, from_network)? {
            facts.refusals.push(script::runs_fetched(&path, command));
        }
        Ok(())
    }

    /// Says of each refused effect how often the session tried it before, however it was spelled then.
    fn count_refusals(&self, subject: &Subject, facts: &mut Facts) -> Result<(), MonitorError> {
        let refused = |refusal: &&mut Refusal| refusal.decision == Decision::Deny && refusal.waiver.is_none();
        for refusal in facts.refusals.iter_mut().filter(refused) {
            refusal.attempts = self.remember(subject, |state| state.refuse(&refusal.identity))?;
        }
        Ok(())
    }

    /// Puts the question of an asking verdict, which is on record already, and records the answer. A yes is to what the files were
    /// that would be run or edited when the question was put.
    fn ask(
        &self,
        call: &str,
        about: About<'_>,
        verdict: Verdict,
        approver: &dyn Approver,
    ) -> Result<Authorization, MonitorError> {
        let (subject, action) = (about.subject, about.action);
        let shown = action.script.clone().unwrap_or_else(|| action.targets.join("\n"));
        let bound = describe::bound(&about);
        let about = About { bound: &bound, ..about };
        let question = Question { permission: &action.permission, action: &shown, verdict: &verdict, about };
        let (by, unanswered) = match approver.ask(&question) {
            Answer::HostAsks => return Ok(Authorization::HostAsks { verdict }),
            Answer::Allow { by } => match Bound::first_changed(&bound) {
                None => (by, None),
                Some(path) => {
                    let why = format!("`{path}` was changed after the question was put");
                    (by, Some(Unanswered::No(why)))
                }
            },
            Answer::Deny { by } => (by.clone(), Some(Unanswered::No(by))),
            Answer::Nobody { why } => (why.clone(), Some(Unanswered::Nobody(why))),
        };
        let decision = if unanswered.is_none() { Decision::Allow } else { Decision::Deny };
        let mut answer = Body::new();
        answer.insert("decision".into(), record::decision(decision));
        answer.insert("by".into(), by.into());
        if let Some(why) = &unanswered {
            let key = if matches!(why, Unanswered::Nobody(_)) { "unanswered" } else { "refused" };
            answer.insert(key.into(), why.to_string().into());
        }
        if unanswered.is_none() {
            answer.extend(self.keeper.answered(&self.world, subject, action, call, about.analysis)?);
        }
        answer.insert("principal".into(), self.world.principal.clone().into());
        answer.insert("action".into(), action.digest().into());
        let receipt = self.append(subject, Kind::Approval, Some(call), answer)?;
        Ok(match unanswered {
            None => {
                let permit = Permit::new(&subject.session, call, &receipt).bound_to(bound);
                Authorization::Grant { permit, verdict }
            }
            unanswered => Authorization::Refuse { verdict, unanswered },
        })
    }

    /// The permit for a program that the principal started by hand: recorded, not questioned.
    ///
    /// # Errors
    /// [`MonitorError::Journal`] when the start could not be recorded.
    pub(crate) fn launch(&self, subject: &Subject, body: Body) -> Result<Permit, MonitorError> {
        let call = format!("launch-{}", subject.session);
        let receipt = self.append(subject, Kind::Intent, Some(&call), body)?;
        Ok(Permit::new(&subject.session, &call, &receipt))
    }

    /// Records what became of a permitted effect that this process carried out.
    ///
    /// # Errors
    /// [`MonitorError::Journal`] when it could not be recorded.
    pub(crate) fn settle(&self, subject: &Subject, permit: Permit, body: Body) -> Result<(), MonitorError> {
        self.append(subject, Kind::Outcome, Some(permit.call()), body)?;
        Ok(())
    }

    /// Records the outcome that a host program reports. A call that was never decided is recorded as unmediated.
    /// Tells whether a decision was known.
    ///
    /// # Errors
    /// [`MonitorError`] when it could not be recorded.
    pub fn reported(&self, subject: &Subject, action: &Action, outcome: Body) -> Result<bool, MonitorError> {
        let call = call_of(action);
        let known = self.remember(subject, |state| state.finished(&call))?;
        self.tally.finished(&call);
        let mut outcome = outcome;
        // The tool has run, and its outcome is recorded whether or not a checkpoint could be taken.
        match self.keeper.after(&self.world, subject, action, &call) {
            Ok(taken) => outcome.extend(taken),
            Err(e) => drop(outcome.insert("no_checkpoint".into(), e.to_string().into())),
        }
        if known {
            self.append(subject, Kind::Outcome, Some(&call), outcome)?;
        } else {
            let mut body = outcome;
            body.insert("text".into(), "the host ran a tool that was never put to Wardline".into());
            body.insert("permission".into(), action.permission.clone().into());
            body.insert("targets".into(), action.targets.iter().map(|t| record::text(t)).collect());
            self.append(subject, Kind::Unmediated, Some(&call), body)?;
        }
        Ok(known)
    }

    /// Appends a row that is not part of one call's flow.
    ///
    /// # Errors
    /// [`MonitorError::Journal`].
    pub fn append(
        &self,
        subject: &Subject,
        kind: Kind,
        call: Option<&str>,
        body: Body,
    ) -> Result<Receipt, MonitorError> {
        Ok(self.journal.append(&draft(subject, kind, call, body))?)
    }

    fn remember<R>(
        &self,
        subject: &Subject,
        change: impl FnOnce(&mut memory::State) -> R,
    ) -> Result<R, MonitorError> {
        memory::update(&self.world.state, &subject.session, change).map_err(MonitorError::Memory)
    }
}

/// The verdict on an action of a session that a person has to let go on first.
fn paused(verdict: Verdict, pause: &Pause) -> Verdict {
    let mut reasons = verdict.reasons;
    reasons.insert(
        0,
        Reason {
            rule: "session.paused".to_owned(),
            origin: Origin::builtin(),
            decision: Decision::Deny,
            matched: pause.session.clone(),
            text: format!("the session is paused: {}", pause.why),
            help: Some(format!("`wardline approve --resume {}` lets it go on", pause.session)),
        },
    );
    Verdict { decision: Decision::Deny, reasons, ..verdict }
}

/// A row that is not part of one call's flow.
pub(crate) type Row = (Kind, Body);

fn draft(subject: &Subject, kind: Kind, call: Option<&str>, body: Body) -> Draft {
    Draft { time: now(), session: subject.session.clone(), kind, call: call.map(str::to_owned), body }
}

/// Binds a session to the workspace in which it was first seen and returns the world of that workspace. An agent that
/// changes its directory later does not move the boundary.
///
/// # Errors
/// [`MonitorError::Memory`] when the binding could not be read or written.
pub fn bind(world: World, session: &str) -> Result<World, MonitorError> {
    let here = world.project.clone();
    let bound = memory::project(&world.state, session).map_err(MonitorError::Memory)?;
    let project = match bound {
        Some(project) => project,
        None => memory::update(&world.state, session, |state| state.project.get_or_insert(here).clone())
            .map_err(MonitorError::Memory)?,
    };
    Ok(world.in_project(project))
}

/// What ties a decision to its outcome: the host's identifier, or the action itself where the host has none.
fn call_of(action: &Action) -> String {
    action.call.clone().unwrap_or_else(|| format!("by-content-{}", action.digest()))
}

/// The time of a row, in UTC.
#[must_use]
pub fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}

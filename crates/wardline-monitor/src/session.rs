//! A guarded session: `run` puts a whole program behind the monitor, `exec` one command.
//!
//! The order is the promise: policy and journal first; then the confinement is lowered, and built around a program that
//! waits. When the decision and the manifest are in the journal, and only then, the program begins, and whatever it does
//! afterwards is decided, bounded and recorded. At the end everything of the session goes away and what it changed is
//! reconciled with what was decided.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wardline_audit::Kind;
use wardline_policy::NamedPort;
use wardline_policy::{Decision, PolicySet, Verdict};
use wardline_proxy::Token;
use wardline_sandbox::{
    Ahead, Appeared, Confinement, Ended, Forward, Held, Program, Resource, StartError, Stdio3, WaitError,
    is_known, outcomes,
};

use crate::approve::Approver;
use crate::bounds;
use crate::caps::{self, Bounds, CapsError, NotGiven};
use crate::changes::{Change, Snapshot};
use crate::door::DoorRecord;
use crate::egress::{self, Doorkeeper, Outbound};
use crate::lower::lower;
use crate::manifest::Manifest;
use crate::monitor::{Authorization, Monitor, MonitorError, Row};
use crate::quarantine::{self, Staging};
use crate::record::{self, Body};
use crate::rundir::RunDirectory;
use crate::socket::{Answerer, Serving};
use crate::stray::Before;
use crate::tally::{Counts, Cover};
use crate::{Action, Permit, Profile, Subject, World, gate, memory, traps, variables};

/// The directory inside the sandbox that only Wardline fills.
pub const INSIDE_DIRECTORY: &str = "/run/wardline";
/// Where a session's hooks find its monitor, inside the sandbox.
pub const MONITOR_SOCKET: &str = "/run/wardline/monitor.sock";

/// The word for going on although not every file was looked at for secrets: no guarantee of the sandbox's.
const SEARCH: &str = "search";

/// The word for going on without checkpoints: no guarantee of the sandbox's either.
const CHECKPOINT: &str = "checkpoint";

/// What can be done without besides guarantees.
const OWN_WORDS: [&str; 2] = [SEARCH, CHECKPOINT];

/// Paths of one kind that one row of the journal lists.
const MAX_LISTED: usize = 200;

/// What a session is asked to be.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// What the program needs beyond the defaults.
    pub profile: Profile,
    /// Hosts that a human opened on the command line, as `host` or `host:port`.
    pub hosts: Vec<String>,
    /// Loopback ports of the host that a human opened, as [`crate::parse_forward`] reads them.
    pub forwards: Vec<NamedPort>,
    /// Whether the egress door opens the TLS of hosts that rules about requests name.
    pub intercept_tls: bool,
    /// Who answers when a rule asks about a host; nobody when absent.
    pub keeper: Option<Doorkeeper>,
    /// Guarantees that a human agreed to do without.
    pub accept_missing: Vec<String>,
    /// Limits that a human sets on the command line; `None` is no limit.
    pub limits: Vec<(Resource, Option<u64>)>,
    /// Further environment variables that a human passes on.
    pub variables: Vec<String>,
    /// A capability manifest that a human names. Those beside the program hold besides.
    pub caps: Option<PathBuf>,
    /// The agent whose rules bound the program; `code` when none is named.
    pub agent: Option<String>,
    /// Whether the program puts its tool calls to the monitor, so that an effect without a decision is worth a word.
    pub mediated: bool,
}

impl Guard {
    /// The agent whose rules are lowered.
    fn agent(&self) -> &str {
        self.agent.as_deref().unwrap_or("code")
    }
}

/// Why a session could not begin; nothing was started.
#[derive(Debug)]
pub enum SessionError {
    /// The workspace is a home directory or the root.
    TooWide(PathBuf),
    /// There are more files than are looked at for secrets, so some would be open inside.
    TooMany(PathBuf),
    /// The policy does not let the workspace be listed, so nothing could work in it.
    Unlisted(PathBuf),
    /// No program was named, or there is none of that name.
    NoProgram(String),
    /// The policy refused the command.
    Refused {
        /// Why.
        verdict: Box<Verdict>,
        /// What became of the question, when the policy asked.
        unanswered: Option<String>,
    },
    /// The monitor could not decide or record.
    Monitor(MonitorError),
    /// A socket or directory of the session could not be made.
    SetUp {
        /// What was being made.
        what: String,
        /// What went wrong.
        why: std::io::Error,
    },
    /// No guarantee has this name.
    UnknownGuarantee(String),
    /// A host that was opened on the command line or in the configuration is not one.
    Host(String),
    /// A capability manifest that holds for the program cannot be obeyed.
    Capabilities(CapsError),
    /// The sandbox could not be made.
    Sandbox(StartError),
    /// The program ran, and how it ended is not known.
    Lost(WaitError),
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooWide(path) => write!(
                f,
                "`{}` is too wide for a workspace: everything of yours lies in it; change to a project's directory",
                path.display()
            ),
            Self::TooMany(path) => write!(
                f,
                "`{}` holds more files than are looked at for secrets, so some of them would be readable inside; work in a \
                 smaller directory, or take that on you with `--accept-missing search`",
                path.display()
            ),
            Self::UnknownGuarantee(word) => {
                let known: Vec<&str> = outcomes().into_iter().map(|(id, _)| id).collect();
                write!(f, "`{word}` is no guarantee; known are {}, {SEARCH}, {CHECKPOINT}", known.join(", "))
            }
            Self::Unlisted(path) => write!(
                f,
                "the policy does not let `{}` be listed without a question, and nobody can be asked inside; `wardline check \
                 list .` says which rule it is; allow `list`, or work without the sandbox",
                path.display()
            ),
            Self::NoProgram(name) => write!(f, "`{name}`: no such program on PATH"),
            Self::Refused { verdict, unanswered } => {
                f.write_str("refused")?;
                if let Some(why) = unanswered {
                    write!(f, " (the policy asks, and {why})")?;
                }
                for reason in verdict.reasons.iter().take(3) {
                    write!(f, "\n  {} ({})", reason.text, reason.origin)?;
                    if let Some(help) = &reason.help {
                        write!(f, "\n    to change it: {help}")?;
                    }
                }
                Ok(())
            }
            Self::Monitor(e) => e.fmt(f),
            Self::SetUp { what, why } => write!(f, "cannot make {what}: {why}"),
            Self::Host(e) => f.write_str(e),
            Self::Capabilities(e) => e.fmt(f),
            Self::Sandbox(e) => e.fmt(f),
            Self::Lost(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for SessionError {}

impl From<MonitorError> for SessionError {
    fn from(e: MonitorError) -> Self {
        Self::Monitor(e)
    }
}

/// A host that the egress door refused: its name and port, the reason, how often.
pub type RefusedConnection = (String, String, u32);

/// What came of one command.
#[derive(Debug)]
pub struct Finished {
    /// How the program ended.
    pub ended: Ended,
    /// Connections that were refused.
    pub connections: Vec<RefusedConnection>,
    /// Changes to trap files, which wait in the quarantine.
    pub held: Vec<quarantine::Held>,
    /// Files whose changes would be held back, and that were read-only because no copy could be made.
    pub uncopied: Vec<PathBuf>,
    /// What a killed session had left at protected places, and where it was moved.
    pub left: Vec<Appeared>,
    /// What capability manifests name and the program did not get.
    pub not_given: Vec<NotGiven>,
}

/// What a session was, for its end.
#[derive(Debug)]
pub struct Summary {
    /// The session's name in the journal.
    pub session: String,
    /// How the program ended.
    pub ended: Ended,
    /// What was decided.
    pub counts: Counts,
    /// Connections that were refused.
    pub connections: Vec<RefusedConnection>,
    /// Changes to trap files, which wait in the quarantine.
    pub held: Vec<quarantine::Held>,
    /// Files whose changes would be held back, and that were read-only because no copy could be made.
    pub uncopied: Vec<PathBuf>,
    /// What a killed session had left at protected places, and where it was moved.
    pub left: Vec<Appeared>,
    /// What capability manifests name and the program did not get.
    pub not_given: Vec<NotGiven>,
    /// What changed in the workspace.
    pub changes: BTreeMap<PathBuf, Change>,
    /// Changes that no decision covers, each with what is known of it.
    pub unmediated: Vec<(PathBuf, String)>,
    /// Whether every file of the workspace could be compared.
    pub complete: bool,
    /// Whether the repository that was there at the start is no longer one.
    pub repository_lost: bool,
    /// The checkpoint at which it began, unless a person did without.
    pub checkpoint: Option<u64>,
    /// Why there is none of its end, should that be so.
    pub no_checkpoint: Option<String>,
    /// The journal.
    pub journal: PathBuf,
}

/// Runs a program in a guarded session until it ends. `ahead` is a stage that was started before, if there is one;
/// `answerer` makes what answers the session's hooks.
///
/// # Errors
/// [`SessionError`]; the program was not started then.
pub fn run(
    monitor: &Arc<Monitor>,
    guard: &Guard,
    ahead: Option<Ahead>,
    answerer: impl FnOnce(&Arc<Monitor>, &Subject) -> Arc<Answerer>,
) -> Result<Summary, SessionError> {
    let subject = Subject {
        host: guard.profile.name.clone(),
        agent: guard.agent().to_owned(),
        ..Subject::local(&session_name("run"))
    };
    check_workspace(monitor.world())?;
    let before = Snapshot::take(&monitor.world().project);
    if guard.mediated && gate::demand(monitor.policy()).is_some() {
        // Without a base the gate is red at the end, which says why.
        gate::take(&monitor.world().state, &subject.session, &monitor.world().project).ok();
    }
    let repository = is_repository(&monitor.world().project);
    let wanted = !guard.accept_missing.iter().any(|word| word == CHECKPOINT);
    let label = command_line(&guard.argv);
    let begin = || monitor.keeper().begin(monitor.world(), &subject, &label, guard.mediated);
    let checkpoint = wanted.then(begin).transpose().map_err(MonitorError::Checkpoint)?;
    let _unhurried = wardline_sandbox::Unhurried::begin();
    let finished = start(monitor, guard, &subject, ahead, answerer(monitor, &subject), checkpoint);
    // Also when nothing was started: what changes from now on is the person's again.
    let ended_at =
        checkpoint.map(|_| monitor.keeper().end(monitor.world(), &subject, &label, guard.mediated));
    let Finished { ended, connections, held, uncopied, left, not_given } = finished?;
    let after = Snapshot::take(&monitor.world().project);
    let changes = before.compare(&after);
    let unmediated = if guard.mediated { unmediated(monitor, &changes) } else { Vec::new() };
    let summary = Summary {
        session: subject.session.clone(),
        ended,
        counts: monitor.tally().counts(),
        connections,
        held,
        uncopied,
        left,
        not_given,
        changes,
        unmediated,
        complete: before.is_complete() && after.is_complete(),
        journal: monitor.world().journal(),
        checkpoint,
        no_checkpoint: ended_at.and_then(Result::err).map(|e| e.to_string()),
        repository_lost: repository && !is_repository(&monitor.world().project),
    };
    record_end(monitor, &subject, &summary)?;
    memory::forget(&monitor.world().state, &subject.session);
    Ok(summary)
}

/// Starts the program of a session, whose first checkpoint is taken, and waits for its end.
fn start(
    monitor: &Arc<Monitor>,
    guard: &Guard,
    subject: &Subject,
    ahead: Option<Ahead>,
    answerer: Arc<Answerer>,
    checkpoint: Option<u64>,
) -> Result<Finished, SessionError> {
    let prepared = Prepared::new(monitor, subject, guard, ahead, Some(answerer))?;
    prepared.record_start(monitor, subject, guard)?;
    let mut body = Body::new();
    body.insert("checkpoint".into(), checkpoint.into());
    body.insert("decision".into(), "allow".into());
    body.insert("permission".into(), "run".into());
    body.insert("targets".into(), vec![command_line(&guard.argv)].into());
    body.insert(
        "reasons".into(),
        vec![record::principal("`wardline run` on the principal's command line")].into(),
    );
    let permit = monitor.launch(subject, body)?;
    prepared.confine(monitor, subject, permit)
}

/// Runs one command in the sandbox under the same policy: decided, recorded, confined. `ahead` as in [`run`].
///
/// # Errors
/// [`SessionError`]; a refusal is one of them.
pub fn exec(
    monitor: &Arc<Monitor>,
    guard: &Guard,
    ahead: Option<Ahead>,
    approver: &dyn Approver,
) -> Result<Finished, SessionError> {
    let subject = Subject { agent: guard.agent().to_owned(), ..Subject::local(&session_name("exec")) };
    let result = exec_as(&subject, monitor, guard, ahead, approver);
    memory::forget(&monitor.world().state, &subject.session);
    result
}

/// Runs one command as [`exec`] does, because the principal's own command line says so.
///
/// # Errors
/// [`SessionError`]; the command was not started then.
pub(crate) fn exec_for_the_principal(monitor: &Arc<Monitor>, guard: &Guard) -> Result<Ended, SessionError> {
    let subject = Subject::local(&session_name("exec"));
    let prepared = Prepared::new(monitor, &subject, guard, None, None)?;
    prepared.record_start(monitor, &subject, guard)?;
    let mut body = Body::new();
    body.insert("decision".into(), "allow".into());
    body.insert("permission".into(), "attack".into());
    body.insert("targets".into(), vec![command_line(&guard.argv)].into());
    let permit = monitor.launch(&subject, body)?;
    prepared.confine(monitor, &subject, permit).map(|finished| finished.ended)
}

fn exec_as(
    subject: &Subject,
    monitor: &Arc<Monitor>,
    guard: &Guard,
    ahead: Option<Ahead>,
    approver: &dyn Approver,
) -> Result<Finished, SessionError> {
    // The sandbox is built while the command is judged. The command itself waits in it for the permit, and never begins
    // when it is refused.
    let mut prepared = Prepared::new(monitor, subject, guard, ahead, None);
    let mut action = Action::shell(&command_line(&guard.argv));
    action.tool = "exec".to_owned();
    action.call = Some(format!("exec-{}", subject.session));
    // What says how it begins goes to the disk with the decision, unless the policy has a question first.
    let rows = prepared.as_ref().map_or_else(|_| Vec::new(), |prepared| prepared.start_rows(monitor, guard));
    let asked;
    let permit = match monitor.authorize_with(subject, &action, approver, rows)? {
        Authorization::Grant { permit, verdict } => {
            asked = verdict.decision == Decision::Ask;
            if asked {
                // A person took their time, and what was looked at before may have changed.
                prepared.iter_mut().for_each(|prepared| prepared.directory.hand_over());
                drop(prepared);
                prepared = Prepared::new(monitor, subject, guard, None, None);
            }
            permit
        }
        Authorization::HostAsks { verdict } => {
            return Err(SessionError::Refused { verdict: Box::new(verdict), unanswered: None });
        }
        Authorization::Refuse { verdict, unanswered } => {
            return Err(SessionError::Refused { verdict: Box::new(verdict), unanswered });
        }
    };
    // From here on the intent stands in the journal, so whatever stops the command is its outcome.
    if asked {
        prepared =
            prepared.and_then(|prepared| prepared.record_start(monitor, subject, guard).map(|()| prepared));
    }
    match prepared {
        Ok(prepared) => prepared.confine(monitor, subject, permit),
        Err(e) => {
            monitor.settle(subject, permit, not_started(&e))?;
            Err(e)
        }
    }
}

/// Everything a confined program needs to be there before it starts.
struct Prepared {
    manifest: Manifest,
    before: Before,
    program: Program,
    /// The program in its sandbox, which is being built; it begins when the permit is there.
    held: Result<Held, StartError>,
    door: Arc<DoorRecord>,
    /// The copies of quarantined files, when there are any.
    staging: Option<Staging>,
    // Dropped in this order: servers stop before their sockets' directory goes.
    serving: Vec<wardline_proxy::Serving>,
    _socket: Option<Serving>,
    directory: RunDirectory,
}

impl Prepared {
    fn new(
        monitor: &Arc<Monitor>,
        subject: &Subject,
        guard: &Guard,
        ahead: Option<Ahead>,
        answerer: Option<Arc<Answerer>>,
    ) -> Result<Self, SessionError> {
        let world = monitor.world();
        check_workspace(world)?;
        let program = find_program(world, &guard.argv)?;
        let ahead = ahead.map_or_else(|| Ahead::new(Stdio3::inherit()), Ok).map_err(StartError::NoStage);
        let directory = RunDirectory::create(&world.state, &subject.session)
            .map_err(set_up("the session's directory"))?;
        let place = |name: &str| directory.join(name);
        let token = Token::fresh().map_err(set_up("the session's secret"))?;
        let answered = answerer.is_some();
        let own = (&*subject.session, &place as &dyn Fn(&str) -> PathBuf);
        let (manifest, before) =
            asked(monitor.policy(), world, guard, &program, own, answered, Some(token.expose()))?;
        let files = &manifest.confinement().quarantined;
        let staging = Staging::begin(world, &subject.session, files, &crate::now())
            .map_err(set_up("the copies of quarantined files"))?;
        let door = Arc::new(DoorRecord::new(Arc::clone(monitor), subject.clone(), "egress"));
        let intercepts = manifest.outbound().intercept_tls;
        let interceptor = intercepts.then(|| egress::authority(&place)).transpose()?;
        let keeper = guard.keeper.as_ref();
        let serving = egress::serve(monitor, subject, &manifest, &door, token, interceptor, keeper)?;
        let mut socket = None;
        if let Some(answerer) = answerer {
            let served = Serving::start(&directory.join(MONITOR), answerer);
            socket = Some(served.map_err(set_up("the session's socket"))?);
        }
        for (index, (_, content)) in guard.profile.files.iter().enumerate() {
            std::fs::write(place(&file_name(index)), content).map_err(set_up("a file of the session"))?;
        }
        let mut argv = guard.argv.clone();
        if let Some(first) = argv.first_mut() {
            *first = program.into_os_string();
        }
        let program = Program { argv };
        let held = ahead.and_then(|ahead| ahead.prepare(manifest.confinement(), &program));
        Ok(Self { manifest, before, program, held, door, staging, serving, _socket: socket, directory })
    }

    /// Puts the manifest, and every exception a human made, into the journal before anything starts.
    fn record_start(&self, monitor: &Monitor, subject: &Subject, guard: &Guard) -> Result<(), SessionError> {
        for (kind, body) in self.start_rows(monitor, guard) {
            monitor.append(subject, kind, None, body)?;
        }
        Ok(())
    }

    /// The rows of [`Self::record_start`].
    fn start_rows(&self, monitor: &Monitor, guard: &Guard) -> Vec<Row> {
        let mut rows = Vec::new();
        for guarantee in &guard.accept_missing {
            let mut body = Body::new();
            body.insert("guarantee".into(), guarantee.clone().into());
            body.insert("principal".into(), monitor.world().principal.clone().into());
            body.insert("text".into(), "--accept-missing on the command line".into());
            rows.push((Kind::Override, body));
        }
        let mut body = Body::new();
        body.insert("program".into(), command_line(&self.program.argv).into());
        body.insert("principal".into(), monitor.world().principal.clone().into());
        body.insert("project".into(), monitor.world().project.to_string_lossy().into());
        body.insert("policy".into(), monitor.policy().digest().into());
        body.insert("confinement_digest".into(), self.manifest.digest().into());
        body.insert("confinement".into(), record::shortened(self.manifest.to_value()));
        if !self.directory.found.is_empty() {
            let found = self
                .directory
                .found
                .iter()
                .take(MAX_LISTED)
                .map(|thing| record::text(&thing.path.to_string_lossy()));
            body.insert("left_by_a_killed_session".into(), found.collect());
        }
        rows.push((Kind::SessionStart, body));
        rows
    }

    /// Starts the program in its confinement and waits for its end. Consumes the permit.
    fn confine(self, monitor: &Monitor, subject: &Subject, permit: Permit) -> Result<Finished, SessionError> {
        let child = match self.held.and_then(Held::go) {
            Ok(child) => child,
            Err(e) => {
                let e = SessionError::Sandbox(e);
                monitor.settle(subject, permit, not_started(&e))?;
                return Err(e);
            }
        };
        let enforcement = child.enforcement().iter().map(wardline_sandbox::Guarantee::to_value).collect();
        let mechanisms = child.mechanisms().iter().map(wardline_sandbox::Mechanism::to_value).collect();
        let mut body = Body::new();
        // What is left of the sandbox goes while the outcome is recorded, and is gone when this returns.
        let (waited, _going) =
            child.wait_inside().map_or_else(|e| (Err(e), None), |(ended, going)| (Ok(ended), Some(going)));
        let strays = self.before.put_away(
            monitor.policy(),
            monitor.world(),
            &subject.agent,
            self.manifest.confinement(),
        );
        let ended = match waited {
            Ok(ended) => Ended { appeared: [ended.appeared, strays].concat(), ..ended },
            Err(e) => {
                body.insert("text".into(), e.to_string().into());
                monitor.settle(subject, permit, body)?;
                return Err(SessionError::Lost(e));
            }
        };
        body.insert("code".into(), ended.code.into());
        body.insert("signal".into(), ended.signal.into());
        body.insert("survivors".into(), ended.survivors.into());
        let limits_hit = ended.limits_hit.iter().map(wardline_sandbox::Hit::to_value);
        body.insert("limits_hit".into(), limits_hit.collect());
        let appeared = ended.appeared.iter().map(|thing| thing.path.to_string_lossy());
        body.insert("appeared".into(), record::listed(appeared.map(|path| path.into_owned())));
        let replaced = ended.replaced.iter().map(|path| path.to_string_lossy());
        body.insert("replaced".into(), record::listed(replaced.map(|path| path.into_owned())));
        let held = self
            .staging
            .map_or_else(|| quarantine::of_session(monitor.world(), &subject.session), Staging::finish);
        let names = held.iter().map(|held| format!("{} {}", held.change.letter(), held.path.display()));
        body.insert("held".into(), record::listed(names));
        if !self.manifest.uncopied().is_empty() {
            let names = self.manifest.uncopied().iter().map(|path| path.to_string_lossy().into_owned());
            body.insert("read_only_for_want_of_a_copy".into(), record::listed(names));
        }
        body.insert("enforcement".into(), enforcement);
        body.insert("mechanisms".into(), mechanisms);
        monitor.settle(subject, permit, body)?;
        // The doors close first, so that what they say at their end is in the totals.
        drop(self.serving);
        self.door.finish()?;
        let not_given = self.manifest.capabilities().iter().flat_map(|caps| caps.not_given.clone()).collect();
        let uncopied = self.manifest.uncopied().to_vec();
        let left = self.directory.found.clone();
        Ok(Finished { ended, connections: self.door.refusals(), held, uncopied, left, not_given })
    }
}

pub(crate) fn set_up(what: &str) -> impl Fn(std::io::Error) -> SessionError {
    move |why| SessionError::SetUp { what: what.to_owned(), why }
}

fn not_started(error: &SessionError) -> Body {
    let mut body = Body::new();
    let known = !matches!(error, SessionError::Sandbox(StartError::Unknown(_)));
    body.insert("started".into(), if known { false.into() } else { "unknown".into() });
    body.insert("text".into(), error.to_string().into());
    body
}

/// The manifest that a session of `guard` would be bounded by. Nothing is made or started; sockets of the session are
/// named as if they were. `answered` says whether hooks inside would be answered.
///
/// # Errors
/// [`SessionError`]; the session could not begin either.
pub fn manifest(
    policy: &PolicySet,
    world: &World,
    guard: &Guard,
    answered: bool,
) -> Result<Manifest, SessionError> {
    check_workspace(world)?;
    let program = find_program(world, &guard.argv)?;
    let directory = world.state.join("run").join("SESSION");
    let own = ("SESSION", &(|name: &str| directory.join(name)) as &dyn Fn(&str) -> PathBuf);
    let (manifest, _before) = asked(policy, world, guard, &program, own, answered, None)?;
    Ok(manifest)
}

/// A home directory is no workspace.
fn check_workspace(world: &World) -> Result<(), SessionError> {
    if world.home.starts_with(&world.project) {
        return Err(SessionError::TooWide(world.project.clone()));
    }
    Ok(())
}

/// The names of a session's sockets in its directory.
const EGRESS: &str = "egress.sock";
const MONITOR: &str = "monitor.sock";

/// The name of a file that exists for one session only, by its number.
fn file_name(index: usize) -> String {
    format!("file-{index}")
}

/// Everything that is asked for: of the operating system and of the egress door. `place` names the files of the
/// session's directory, `answered` says whether hooks inside are answered; without the session's `secret` nothing will
/// be started, and no other secret is looked at.
fn asked(
    policy: &PolicySet,
    world: &World,
    guard: &Guard,
    program: &Path,
    (session, place): (&str, &dyn Fn(&str) -> PathBuf),
    answered: bool,
    secret: Option<&str>,
) -> Result<(Manifest, Before), SessionError> {
    let (mut confinement, before, uncopied) = confinement(policy, world, guard, program, session)?;
    let hosts = egress::host_rules(policy, guard)?;
    let mut ports = egress::forwards(policy, guard);
    let started = caps::started(world, program, &guard.argv);
    let manifests =
        caps::manifests(world, guard.caps.as_deref(), &started).map_err(SessionError::Capabilities)?;
    let bounds = Bounds { policy, world, started: &started, hosts: &hosts, fetch: secret.is_some() };
    // First of all, so that everything below is Wardline's own.
    let (applied, within) = caps::narrow(&bounds, &manifests, &mut confinement, &mut ports);
    confinement.session = place(EGRESS).parent().map(Path::to_path_buf);
    confinement.egress = Some(place(EGRESS));
    let forward =
        |named: &NamedPort| Forward { port: named.port, socket: place(&format!("{}.sock", named.port)) };
    confinement.forwards.extend(ports.iter().map(forward));
    confinement.environment.extend(egress::variables(secret.unwrap_or(egress::NO_SECRET), &ports));
    if egress::intercepts(policy, guard) {
        let files = egress::CERTIFICATES.map(|(name, inside)| (place(name), PathBuf::from(inside)));
        confinement.files.extend(files);
        confinement.environment.extend(egress::trust_variables());
    }
    // What a program's profile sets stands whatever comes before it.
    confinement.environment.extend(guard.profile.set.iter().cloned());
    if answered {
        confinement.sockets.push((place(MONITOR), PathBuf::from(MONITOR_SOCKET)));
        // At its own path, so that hooks which `init` installed and hooks of this run are the same command.
        confinement.files.push((world.executable.clone(), world.executable.clone()));
    }
    let own = guard.profile.files.iter().enumerate();
    confinement.files.extend(own.map(|(index, (inside, _))| (place(&file_name(index)), inside.clone())));
    // A file of this run stands in for the host's and is read-only anyway; a pin of the host's would cover it.
    let Confinement { pinned, masked, quarantined, files, .. } = &mut confinement;
    quarantined.retain(|file| !files.iter().any(|(_, inside)| *inside == file.path));
    pinned.retain(|path| !files.iter().any(|(_, inside)| inside == path));
    masked.retain(|path| !files.iter().any(|(_, inside)| inside == path));
    let outbound = Outbound::new(policy, guard, &ports)?;
    Ok((
        Manifest::seal(confinement, hosts).with(outbound).bounded(applied, within).without_copies(uncopied),
        before,
    ))
}

/// The confinement of a program under a policy, without its sockets.
fn confinement(
    policy: &PolicySet,
    world: &World,
    guard: &Guard,
    program: &Path,
    session: &str,
) -> Result<(Confinement, Before, Vec<PathBuf>), SessionError> {
    let lowered = lower(policy, world, guard.agent(), &guard.profile, Some(program));
    if let Some(word) =
        guard.accept_missing.iter().find(|word| !OWN_WORDS.contains(&word.as_str()) && !is_known(word))
    {
        return Err(SessionError::UnknownGuarantee(word.clone()));
    }
    if lowered.unsearched && !guard.accept_missing.iter().any(|word| word == SEARCH) {
        return Err(SessionError::TooMany(world.project.clone()));
    }
    if let Some(path) = lowered.unlisted {
        return Err(SessionError::Unlisted(path));
    }
    let mut confinement = Confinement::new(&world.project, &world.home);
    confinement.cwd.clone_from(&world.cwd);
    confinement.read = lowered.read;
    confinement.write = lowered.write;
    confinement.pinned = lowered.pinned;
    confinement.masked = lowered.masked;
    let mut uncopied = Vec::new();
    if lowered.project_writable {
        uncopied = lowered.uncopied;
        confinement.quarantined = quarantine::copies(world, session, lowered.quarantined, &mut uncopied);
        confinement.pinned.extend(uncopied.iter().cloned());
    } else {
        // What was there is known to the look at the end only by its pin, and is the person's to keep.
        confinement.pinned.extend(lowered.quarantined);
    }
    confinement.repositories = lowered.repositories;
    confinement.traps =
        traps::patterns().map(|(name, _)| name.to_owned()).chain(lowered.trusted_names).collect();
    if !lowered.project_writable {
        confinement.pinned.push(world.project.clone());
    }
    confinement.limits = bounds::limits(policy, &guard.limits);
    confinement.environment = environment(world, guard);
    confinement.quarantine = Some(quarantine::directory(world, session));
    let optional = policy.optional_guarantees().iter().map(|line| line.id.clone());
    let named = guard.accept_missing.iter().filter(|word| !OWN_WORDS.contains(&word.as_str())).cloned();
    confinement.accept_missing = named.chain(optional).collect();
    Ok((confinement, lowered.before, uncopied))
}

/// The environment of a confined program: what is on a list. The way to the egress door comes besides.
fn environment(world: &World, guard: &Guard) -> BTreeMap<String, String> {
    let named = guard.profile.variables.iter().chain(&guard.variables).map(String::as_str);
    let own = world.environment.iter().map(|(name, value)| (name.clone(), value.clone()));
    let mut environment = variables::passed_on(own, named, &guard.variables);
    environment.insert("TMPDIR".to_owned(), "/tmp".to_owned());
    environment.insert("WARDLINE".to_owned(), "1".to_owned());
    environment
}

/// Finds the program of a command line: a path as it is, a name on `PATH`.
fn find_program(world: &World, argv: &[OsString]) -> Result<PathBuf, SessionError> {
    let Some(name) = argv.first() else { return Err(SessionError::NoProgram(String::new())) };
    let missing = || SessionError::NoProgram(name.to_string_lossy().into_owned());
    let path = Path::new(name);
    if path.components().count() > 1 {
        let path = world.cwd.join(path);
        return if path.is_file() { Ok(path) } else { Err(missing()) };
    }
    std::env::split_paths(world.variable("PATH").unwrap_or_default())
        .map(|directory| directory.join(path))
        .find(|candidate| candidate.metadata().is_ok_and(|file| file.is_file() && file.mode() & 0o111 != 0))
        .ok_or_else(missing)
}

/// Changes that no decided call accounts for.
fn unmediated(monitor: &Monitor, changes: &BTreeMap<PathBuf, Change>) -> Vec<(PathBuf, String)> {
    let when = |path: &Path| {
        let metadata = monitor.world().project.join(path).symlink_metadata().ok()?;
        let seconds = u64::try_from(metadata.ctime()).ok()?;
        let nanoseconds = u32::try_from(metadata.ctime_nsec()).ok()?;
        Some::<SystemTime>(UNIX_EPOCH + Duration::new(seconds, nanoseconds))
    };
    let why = |path: &Path| match monitor.tally().covers(when(path)) {
        Cover::Call => None,
        Cover::Unreported(call) => {
            Some(format!("changed after call {call} was allowed, how it ended was never reported"))
        }
        Cover::None => Some("changed while no decided call was open".to_owned()),
    };
    changes.keys().filter_map(|path| Some((path.clone(), why(path)?))).collect()
}

/// Whether git would take what lies here for a repository.
fn is_repository(project: &Path) -> bool {
    let git = project.join(".git");
    git.is_file() || (git.join("HEAD").exists() && git.join("objects").is_dir() && git.join("refs").is_dir())
}

fn record_end(monitor: &Monitor, subject: &Subject, summary: &Summary) -> Result<(), SessionError> {
    for (path, why) in &summary.unmediated {
        let mut body = Body::new();
        body.insert("path".into(), path.to_string_lossy().into());
        body.insert("text".into(), why.clone().into());
        monitor.append(subject, Kind::Unmediated, None, body)?;
    }
    let mut body = Body::new();
    body.insert("code".into(), summary.ended.code.into());
    body.insert("allowed".into(), summary.counts.allowed.into());
    body.insert("asked".into(), summary.counts.asked.into());
    body.insert("refused".into(), summary.counts.refused.iter().map(|(_, times)| times).sum::<u32>().into());
    let changes =
        summary.changes.iter().map(|(path, change)| format!("{} {}", change.letter(), path.display()));
    body.insert("changes".into(), record::listed(changes));
    body.insert("repository_lost".into(), summary.repository_lost.into());
    body.extend(summary.no_checkpoint.iter().map(|why| ("no_checkpoint".to_owned(), why.clone().into())));
    monitor.append(subject, Kind::SessionEnd, None, body)?;
    Ok(())
}

/// A command line as a shell would be given it.
#[must_use]
pub fn command_line(argv: &[OsString]) -> String {
    let words = argv.iter().enumerate().map(|(index, word)| quoted(&word.to_string_lossy(), index == 0));
    words.collect::<Vec<_>>().join(" ")
}

/// Quotes what a shell would not take as it is; an equals sign in the first word would make it an assignment.
fn quoted(word: &str, first: bool) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,+@%^".contains(c) || (c == '=' && !first);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A name for a session that no other has: what it is, when it began, and by which process.
pub(crate) fn session_name(kind: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{kind}-{}-{:09}-{}", now.as_secs(), now.subsec_nanos(), std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_survive_a_shell() {
        let table: [(&[&str], &str); 7] = [
            (&["make", "A=b"], "make A=b"),
            (&["A=b", "make"], "'A=b' make"),
            (&["make", "test"], "make test"),
            (&["sh", "-c", "rm x; ls"], "sh -c 'rm x; ls'"),
            (&["echo", "it's"], r"echo 'it'\''s'"),
            (&["echo", "", "~", "$HOME"], "echo '' '~' '$HOME'"),
            (&["a", "line\nbreak"], "a 'line\nbreak'"),
        ];
        for (argv, expected) in table {
            let argv: Vec<OsString> = argv.iter().map(OsString::from).collect();
            assert_eq!(command_line(&argv), expected);
        }
    }
}

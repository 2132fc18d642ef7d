//! A guarded session: `run` puts a whole program behind the monitor, `exec` one command.
//!
//! The order is the promise: policy and journal first; then the confinement is lowered, and built around a program that
//! waits. When the decision and the manifest are in the journal, and only then, the program begins, and whatever it does
//! afterwards is decided, bounded and recorded. At the end everything of the session goes away and what it changed is
//! reconciled with what was decided.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wardline_audit::Kind;
use wardline_policy::{Decision, NamedPort};
use wardline_sandbox::{Ahead, Appeared, Ended, Resource};

use crate::approvals::Board;
use crate::approve::Approver;
use crate::caps::NotGiven;
use crate::changes::{Change, Snapshot};
use crate::egress::Doorkeeper;
use crate::monitor::{Authorization, Monitor, MonitorError};
use crate::quarantine;
use crate::record::{self, Body};
use crate::socket::Answerer;
use crate::tally::{Counts, Cover};
use crate::{Action, Profile, Subject, gate, memory};

mod asked;
pub mod beside;
mod error;
mod prepared;
mod rehearsal;

use asked::check_workspace;
use prepared::{Prepared, not_started};

pub use asked::{has_manifest, manifest};
pub use error::SessionError;
pub(crate) use error::set_up;
pub use rehearsal::{Piece, Rehearsed, Shown, rehearse};

/// The directory inside the sandbox that only Wardline fills.
pub const INSIDE_DIRECTORY: &str = "/run/wardline";
/// Where a session's hooks find its monitor, inside the sandbox.
pub const MONITOR_SOCKET: &str = "/run/wardline/monitor.sock";

/// Where programs inside have others started beside them, narrowed by a capability manifest.
pub const START_SOCKET: &str = "/run/wardline/start.sock";

/// The word for going on although not every file was looked at for secrets: no guarantee of the sandbox's.
const SEARCH: &str = "search";

/// The word for going on without checkpoints: no guarantee of the sandbox's either.
const CHECKPOINT: &str = "checkpoint";

/// What can be done without besides guarantees.
const OWN_WORDS: [&str; 2] = [SEARCH, CHECKPOINT];

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
    /// Where what the program changes in the project is kept instead ([`wardline_sandbox::Confinement::overlay`]); it writes nowhere else
    /// then.
    pub overlay: Option<PathBuf>,
    /// Whether a person said yes to the very command, which the bounds of a supervised policy would keep from writing.
    pub answered: bool,
}

impl Guard {
    /// The agent whose rules are lowered.
    fn agent(&self) -> &str {
        self.agent.as_deref().unwrap_or("code")
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
    /// Why there is no checkpoint of its end, should there be one of its beginning.
    pub no_checkpoint: Option<String>,
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
    let Finished { ended, connections, held, uncopied, left, not_given, no_checkpoint: _ } = finished?;
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
    Board::at(&monitor.world().state).forget(&subject.session);
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
    // Over an overlay nothing of the project is changed.
    if guard.overlay.is_none() && !guard.accept_missing.iter().any(|word| word == CHECKPOINT) {
        monitor.keeper().one_command();
    }
    let result = exec_as(&subject, monitor, guard, ahead, approver);
    Board::at(&monitor.world().state).forget(&subject.session);
    // Also when nothing was started: what changes from now on is the person's again.
    let no_checkpoint = monitor.keeper().end_command(monitor.world(), &subject, &command_line(&guard.argv));
    memory::forget(&monitor.world().state, &subject.session);
    result.map(|finished| Finished { no_checkpoint, ..finished })
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
                let answered = Guard { answered: true, ..guard.clone() };
                prepared = Prepared::new(monitor, subject, &answered, None, None);
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
        prepared = prepared.and_then(|prepared| {
            monitor.keeper().begin_asked(monitor.world(), subject, &command_line(&guard.argv))?;
            prepared.record_start(monitor, subject, guard).map(|()| prepared)
        });
    }
    match prepared {
        Ok(prepared) => prepared.confine(monitor, subject, permit),
        Err(e) => {
            monitor.settle(subject, permit, not_started(&e))?;
            Err(e)
        }
    }
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

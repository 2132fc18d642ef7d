//! One program beside a session: decided, recorded, started, waited for.

use std::io::Read as _;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, mpsc};

use wardline_audit::Kind;
use wardline_policy::Decision;
use wardline_proxy::Token;
use wardline_sandbox::{Aftermath, Ahead, Child, Killer, Program, StartError, Stdio3};

use super::narrowed::{Narrowed, narrowed};
use super::{GRACE, Reply, Request, Shared};
use crate::door::DoorRecord;
use crate::manifest::Manifest;
use crate::monitor::{Authorization, Unanswered};
use crate::record::{self, Body};
use crate::rundir::RunDirectory;
use crate::session::prepared::{not_started, outcome};
use crate::session::{SessionError, command_line, set_up};
use crate::{Action, Approver, Nobody, Permit, egress};

/// A program that runs beside a session.
pub(super) struct Running {
    child: Child,
    killer: Killer,
    permit: Permit,
    action: Action,
    manifest: Manifest,
    writes: bool,
    door: Arc<DoorRecord>,
    // Dropped in this order: servers stop before their sockets' directory goes.
    serving: Vec<wardline_proxy::Serving>,
    _directory: RunDirectory,
}

/// Starts what is asked for.
///
/// # Errors
/// [`SessionError`]; nothing was started then.
pub(super) fn start(
    shared: &Arc<Shared>,
    number: u64,
    request: &Request,
    stdio: Stdio3,
) -> Result<Running, SessionError> {
    let (monitor, subject) = (&shared.monitor, &shared.subject);
    let directory = RunDirectory::beside(&monitor.world().state, &subject.session)
        .map_err(set_up("the directory of a program beside the session"))?;
    let place = |name: &str| directory.join(name);
    let token = Token::fresh().map_err(set_up("the program's secret"))?;
    let Narrowed { manifest, program, writes } = narrowed(shared, request, &place, token.expose())?;
    let door =
        Arc::new(DoorRecord::new(Arc::clone(monitor), subject.clone(), &format!("egress-beside-{number}")));
    let serving = egress::serve(monitor, subject, &manifest, &door, token, shared.common.clone())?;
    let mut argv: Vec<std::ffi::OsString> = request.argv.iter().map(Into::into).collect();
    let line = command_line(&argv);
    if let Some(first) = argv.first_mut() {
        *first = program.into_os_string();
    }
    let action = Action {
        // Hosts start a server again when it ends: each start is a call of its own, and not the same one over and over.
        tool: format!("exec-beside-{number}"),
        cwd: Some(request.cwd.clone()),
        call: Some(format!("beside-{number}-{}", subject.session)),
        ..Action::shell(&line)
    };
    let permit = permitted(shared, &action, &manifest, &line)?;
    match begin(shared, number, &permit, &manifest, writes, &Program { argv }, stdio) {
        Ok((child, killer)) => {
            if !writes {
                over(shared, &action);
            }
            let _directory = directory;
            Ok(Running { child, killer, permit, action, manifest, writes, door, serving, _directory })
        }
        Err(e) => {
            monitor.settle(subject, permit, not_started(&e))?;
            over(shared, &action);
            Err(e)
        }
    }
}

/// Decides and records it, with the manifest that bounds it.
fn permitted(
    shared: &Shared,
    action: &Action,
    manifest: &Manifest,
    line: &str,
) -> Result<Permit, SessionError> {
    let (monitor, subject) = (&shared.monitor, &shared.subject);
    let approver: Arc<dyn Approver> = shared
        .common
        .keeper
        .as_ref()
        .map_or_else(|| Arc::new(Nobody) as Arc<dyn Approver>, |keeper| Arc::clone(&keeper.0));
    let mut body = Body::new();
    body.insert("text".into(), "a program beside the session, narrowed by capability manifests".into());
    body.insert("program".into(), line.into());
    body.insert("confinement_digest".into(), manifest.digest().into());
    body.insert("confinement".into(), record::shortened(manifest.to_value()));
    let rows = vec![(Kind::Note, body.clone())];
    match monitor.authorize_with(subject, action, &*approver, rows)? {
        Authorization::Grant { permit, verdict } => {
            if verdict.decision == Decision::Ask {
                monitor.append(subject, Kind::Note, None, body)?;
            }
            Ok(permit)
        }
        Authorization::HostAsks { verdict } => {
            let unanswered =
                Some(Unanswered::Nobody("nobody is asked for a program beside a session".to_owned()));
            Err(SessionError::Refused { verdict: Box::new(verdict), unanswered })
        }
        Authorization::Refuse { verdict, unanswered } => {
            Err(SessionError::Refused { verdict: Box::new(verdict), unanswered })
        }
    }
}

/// Lets it begin, unless the session is over meanwhile.
fn begin(
    shared: &Shared,
    number: u64,
    permit: &Permit,
    manifest: &Manifest,
    writes: bool,
    program: &Program,
    stdio: Stdio3,
) -> Result<(Child, Killer), SessionError> {
    if let Some(path) = permit.changed() {
        return Err(SessionError::Changed(path.to_owned()));
    }
    let late = || SessionError::SetUp {
        what: "a program beside the session".to_owned(),
        why: std::io::Error::other("the session is over"),
    };
    if !shared.engage(number) {
        return Err(late());
    }
    if writes && shared.state().left.aftermath.is_none() {
        let aftermath = Aftermath::of(shared.manifest.confinement());
        shared.state().left.aftermath.get_or_insert(aftermath);
    }
    let ahead = Ahead::new(stdio).map_err(StartError::NoStage).map_err(SessionError::Sandbox)?;
    let held = ahead.prepare(manifest.confinement(), program).map_err(SessionError::Sandbox)?;
    let child = held.go().map_err(SessionError::Sandbox)?;
    let killer = || child.killer().map_err(set_up("a program beside the session"));
    let (kept, own) = (killer()?, killer()?);
    // Dropping the child ends it.
    if shared.keep(number, Some(kept)) { Ok((child, own)) } else { Err(late()) }
}

/// Notes that no change of the workspace is its doing from now on.
fn over(shared: &Shared, action: &Action) {
    let call = action.call.as_deref().unwrap_or_default();
    let (world, keeper) = (shared.monitor.world(), shared.monitor.keeper());
    shared.monitor.tally().finished(call);
    // What it did is in the next checkpoint then.
    keeper.after(world, &shared.subject, action, call).ok();
}

impl Running {
    /// Waits for its end. It is asked to end when whoever asked for it is gone, and ended when it does not.
    pub(super) fn wait(self, shared: &Shared, number: u64, stream: &UnixStream) -> Reply {
        let Self { child, killer, permit, action, manifest, writes, door, serving, _directory } = self;
        let (ended, over_now) = mpsc::channel::<()>();
        stream.set_read_timeout(None).ok();
        let watched = stream.try_clone();
        let watch = move || {
            // Nothing more is said by whoever asked: this is their end.
            let mut rest = [0; 64];
            while watched.as_ref().is_ok_and(|mut stream| stream.read(&mut rest).is_ok_and(|count| count > 0))
            {
            }
            killer.ask();
            if over_now.recv_timeout(GRACE) == Err(mpsc::RecvTimeoutError::Timeout) {
                killer.kill();
            }
        };
        let watcher = std::thread::Builder::new().name("beside-watch".to_owned()).spawn(watch);
        if watcher.is_err() {
            child.kill();
        }
        let mut body = outcome(&child);
        let waited = child.wait_inside();
        drop(ended);
        stream.shutdown(Shutdown::Read).ok();
        watcher.map(|watcher| watcher.join().ok()).ok();
        shared.keep(number, None);
        let (code, mut told) = match &waited {
            Ok((ended, _)) => {
                record::ended(&mut body, ended);
                (
                    ended.exit_code(),
                    ended.limits_hit.iter().map(|hit| format!("limit reached: {hit}")).collect(),
                )
            }
            Err(e) => {
                body.insert("text".into(), e.to_string().into());
                (125, vec![e.to_string()])
            }
        };
        if writes {
            over(shared, &action);
        }
        let settled = shared.monitor.settle(&shared.subject, permit, body).and_then(|()| {
            drop(serving);
            door.finish()
        });
        told.extend(settled.err().map(|e| e.to_string()));
        told.extend(
            door.refusals().iter().map(|(host, why, _)| format!("the egress door refused {host}: {why}")),
        );
        let not_given: Vec<_> =
            manifest.capabilities().iter().flat_map(|caps| caps.not_given.clone()).collect();
        told.extend(
            not_given
                .iter()
                .filter(|thing| thing.kind == "secrets")
                .map(|thing| format!("not given: {thing}")),
        );
        let left = &mut shared.state().left;
        left.connections.extend(door.refusals());
        left.not_given.extend(not_given);
        Reply::Ended { code, told }
    }
}

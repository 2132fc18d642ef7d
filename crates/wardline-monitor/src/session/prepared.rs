//! A session that stands ready: its sandbox, its doors and its copies, and a program that waits for the permit.

use std::path::PathBuf;
use std::sync::Arc;

use wardline_audit::Kind;
use wardline_proxy::Token;
use wardline_sandbox::{Ahead, Child, Ended, Held, Program, StartError, Stdio3};

use super::asked::{MONITOR, START, asked, check_workspace, file_name, find_program};
use super::beside::Company;
use super::{Finished, Guard, SessionError, command_line, set_up};
use crate::door::DoorRecord;
use crate::egress::{self, Common};
use crate::manifest::Manifest;
use crate::monitor::{Monitor, Row};
use crate::quarantine::{self, Staging};
use crate::record::{self, Body};
use crate::rundir::RunDirectory;
use crate::socket::{Answerer, Serving};
use crate::stray::Before;
use crate::{Permit, Subject};

/// Paths of one kind that one row of the journal lists.
const MAX_LISTED: usize = 200;

/// Everything a confined program needs to be there before it starts.
pub(super) struct Prepared {
    manifest: Manifest,
    before: Before,
    /// Whether a person answers for what a supervised policy asks about.
    answers: bool,
    program: Program,
    /// The program in its sandbox, which is being built; it begins when the permit is there.
    held: Result<Held, StartError>,
    door: Arc<DoorRecord>,
    /// The copies of quarantined files, when there are any.
    staging: Option<Staging>,
    /// What is started beside it, where hooks inside are answered.
    company: Option<Company>,
    // Dropped in this order: servers stop before their sockets' directory goes.
    serving: Vec<wardline_proxy::Serving>,
    _socket: Option<Serving>,
    pub(super) directory: RunDirectory,
}

impl Prepared {
    pub(super) fn new(
        monitor: &Arc<Monitor>,
        subject: &Subject,
        guard: &Guard,
        ahead: Option<Ahead>,
        answerer: Option<Arc<Answerer>>,
    ) -> Result<Self, SessionError> {
        let world = monitor.world();
        check_workspace(world)?;
        let program = find_program(world, &guard.argv)?;
        let answers = guard.mediated || guard.answered;
        let ahead = ahead.map_or_else(|| Ahead::new(Stdio3::inherit()), Ok).map_err(StartError::NoStage);
        let directory = RunDirectory::create(&world.state, &subject.session)
            .map_err(set_up("the session's directory"))?;
        let place = |name: &str| directory.join(name);
        let token = Token::fresh().map_err(set_up("the session's secret"))?;
        let answered = answerer.is_some();
        let own = (&*subject.session, &place as &dyn Fn(&str) -> PathBuf);
        let (manifest, before) =
            asked(monitor.bounding(answers), world, guard, &program, own, answered, Some(token.expose()))?;
        let files = &manifest.confinement().quarantined;
        let staging = Staging::begin(world, &subject.session, files, &crate::now())
            .map_err(set_up("the copies of quarantined files"))?;
        let door = Arc::new(DoorRecord::new(Arc::clone(monitor), subject.clone(), "egress"));
        let intercepts = manifest.outbound().intercept_tls;
        let interceptor = intercepts.then(|| egress::authority(&place)).transpose()?;
        let common = Common::new(manifest.outbound(), interceptor, guard.keeper.as_ref());
        let serving = egress::serve(monitor, subject, &manifest, &door, token, common.clone())?;
        let (mut socket, mut company) = (None, None);
        if let Some(answerer) = answerer {
            let served = Serving::start(&directory.join(MONITOR), answerer);
            socket = Some(served.map_err(set_up("the session's socket"))?);
            let listening = Company::listen(
                &directory.join(START),
                (monitor, subject, guard),
                &manifest,
                answers,
                common,
            );
            company = Some(listening.map_err(set_up("the session's socket for programs beside it"))?);
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
        Ok(Self {
            manifest,
            before,
            answers,
            program,
            held,
            door,
            staging,
            company,
            serving,
            _socket: socket,
            directory,
        })
    }

    /// Puts the manifest, and every exception a human made, into the journal before anything starts.
    pub(super) fn record_start(
        &self,
        monitor: &Monitor,
        subject: &Subject,
        guard: &Guard,
    ) -> Result<(), SessionError> {
        for (kind, body) in self.start_rows(monitor, guard) {
            monitor.append(subject, kind, None, body)?;
        }
        Ok(())
    }

    /// The rows of [`Self::record_start`].
    pub(super) fn start_rows(&self, monitor: &Monitor, guard: &Guard) -> Vec<Row> {
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
    pub(super) fn confine(
        mut self,
        monitor: &Monitor,
        subject: &Subject,
        permit: Permit,
    ) -> Result<Finished, SessionError> {
        if let Some(path) = permit.changed() {
            let e = SessionError::Changed(path.to_owned());
            monitor.settle(subject, permit, not_started(&e))?;
            return Err(e);
        }
        let child = match self.held.and_then(Held::go) {
            Ok(child) => child,
            Err(e) => {
                let e = SessionError::Sandbox(e);
                monitor.settle(subject, permit, not_started(&e))?;
                return Err(e);
            }
        };
        let mut body = outcome(&child);
        // What is left of the sandbox goes while the outcome is recorded, and is gone when this returns.
        let (waited, _going) =
            child.wait_inside().map_or_else(|e| (Err(e), None), |(ended, going)| (Ok(ended), Some(going)));
        // What runs beside it ends with it, and only then is it known what all of them left.
        let beside = self.company.as_mut().map(Company::close).unwrap_or_default();
        let late = beside.look_after();
        let strays = self.before.put_away(
            monitor.bounding(self.answers),
            monitor.world(),
            &subject.agent,
            self.manifest.confinement(),
        );
        let ended = match waited {
            Ok(ended) => Ended { appeared: [ended.appeared, late, strays].concat(), ..ended },
            Err(e) => {
                body.insert("text".into(), e.to_string().into());
                monitor.settle(subject, permit, body)?;
                return Err(SessionError::Lost(e));
            }
        };
        record::ended(&mut body, &ended);
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
        monitor.settle(subject, permit, body)?;
        // The doors close first, so that what they say at their end is in the totals.
        drop(self.serving);
        self.door.finish()?;
        let own = self.manifest.capabilities().iter().flat_map(|caps| caps.not_given.clone());
        let not_given = own.chain(beside.not_given).collect();
        let uncopied = self.manifest.uncopied().to_vec();
        let left = self.directory.found.clone();
        let connections = [self.door.refusals(), beside.connections].concat();
        Ok(Finished { ended, connections, held, uncopied, left, not_given, no_checkpoint: None })
    }
}

/// What is known of a program's outcome when it starts: by what it is held.
pub(super) fn outcome(child: &Child) -> Body {
    let mut body = Body::new();
    let enforcement = child.enforcement().iter().map(wardline_sandbox::Guarantee::to_value).collect();
    let mechanisms = child.mechanisms().iter().map(wardline_sandbox::Mechanism::to_value).collect();
    body.insert("enforcement".into(), enforcement);
    body.insert("mechanisms".into(), mechanisms);
    body
}

/// The outcome of a program that was not started.
pub(super) fn not_started(error: &SessionError) -> Body {
    let mut body = Body::new();
    let known = !matches!(error, SessionError::Sandbox(StartError::Unknown(_)));
    body.insert("started".into(), if known { false.into() } else { "unknown".into() });
    body.insert("text".into(), error.to_string().into());
    body
}

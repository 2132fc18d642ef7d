//! What bounds a program beside a session: the session's own bounds, less everything that its manifests do not name.
//!
//! It begins with the very confinement that the session was started with and only takes away, so it is never wider. Whoever asks is
//! inside and may lie: nothing is looked at, and nothing said of anything, that the session itself does not show. And they work in the
//! same directories meanwhile, so what was decided is held to real paths ([`Confinement::beside`]).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use wardline_policy::{CAPABILITIES_FILE, NamedPort};
use wardline_sandbox::{Confinement, Forward, View};

use super::{Request, Shared};
use crate::caps::{self, Bounds, CapsError, CapsFile, Started};
use crate::egress::{self, Outbound};
use crate::manifest::Manifest;
use crate::session::asked::{EGRESS, environment, find_program};
use crate::session::{Guard, SessionError};
use crate::{Profile, World, variables};

/// A program and what bounds it.
pub(super) struct Narrowed {
    pub(super) manifest: Manifest,
    pub(super) program: PathBuf,
    /// Whether it can write in the project.
    pub(super) writes: bool,
}

/// Narrows the session's bounds to what the manifests of the program name. `place` names the files of its own directory, `secret` is
/// that of its own door.
///
/// # Errors
/// [`SessionError`]: nothing is started without a manifest, by one that cannot be obeyed, or by one that the session can write.
pub(super) fn narrowed(
    shared: &Shared,
    request: &Request,
    place: &dyn Fn(&str) -> PathBuf,
    secret: &str,
) -> Result<Narrowed, SessionError> {
    let base = shared.manifest.confinement();
    let view = View::of(base);
    let world = &World { cwd: request.cwd.clone(), ..shared.monitor.world().clone() };
    let argv: Vec<OsString> = request.argv.iter().map(OsString::from).collect();
    let program = find_program(world, &argv)?;
    let mut started = caps::started(world, &program, &argv);
    if !view.at(&started.program).read {
        return Err(SessionError::NoProgram(program.to_string_lossy().into_owned()));
    }
    // One that is hidden is none: whether it is there is not told either.
    started.script = started.script.filter(|script| view.at(script).read);
    let manifests = manifests(world, request, &started, &view)?;
    let mut confinement = of_its_own(base);
    confinement.cwd.clone_from(&request.cwd);
    confinement.environment = variables_of(shared, request, &manifests);
    let mut ports = shared.ports.clone();
    let bounds = Bounds {
        policy: shared.monitor.bounding(shared.answers),
        world,
        started: &started,
        hosts: shared.manifest.hosts(),
        fetch: true,
    };
    let (applied, within) = caps::narrow(&bounds, &manifests, &mut confinement, &mut ports);
    // Only now: until here links mean what they mean to the session, and from here on everything stands there by its real path too.
    confinement.beside = std::iter::once(&base.project).chain(&base.write).cloned().collect();
    let writes = confinement.write.iter().any(|path| path.starts_with(&confinement.project));
    doors(shared, &mut confinement, &ports, place, secret);
    let within = shared.manifest.within().iter().cloned().chain(within).collect();
    let outbound = shared.manifest.outbound();
    let forwards =
        outbound.forwards.iter().filter(|(port, _)| ports.iter().any(|named| named.port == **port));
    let forwards = forwards.map(|(port, because)| (*port, because.clone())).collect();
    let outbound = Outbound { forwards, ..outbound.clone() };
    let manifest = Manifest::seal(confinement, shared.manifest.hosts().to_vec());
    Ok(Narrowed { manifest: manifest.with(outbound).bounded(applied, within), program, writes })
}

/// The manifests that hold, each of which the session shows and cannot write.
fn manifests(
    world: &World,
    request: &Request,
    started: &Started,
    view: &View,
) -> Result<Vec<CapsFile>, SessionError> {
    // The same words for what is hidden, and for what is not there, and no path that a link leads to.
    let unseen = || CapsError::Unreadable {
        file: request.caps.clone().unwrap_or_else(|| CAPABILITIES_FILE.into()),
        why: "there is nothing that this session shows".to_owned(),
    };
    let may = |real: &Path| {
        let sight = view.at(real);
        if !sight.read {
            return Err(unseen());
        }
        if sight.write { Err(CapsError::Loose(real.into())) } else { Ok(()) }
    };
    if request.caps.as_ref().is_some_and(|path| path.canonicalize().is_err()) {
        return Err(SessionError::Capabilities(unseen()));
    }
    let found = caps::manifests(world, request.caps.as_deref(), started, &may);
    let found = found.map_err(SessionError::Capabilities)?;
    if found.is_empty() {
        let file = started.script.clone().unwrap_or_else(|| started.program.clone());
        return Err(SessionError::Capabilities(CapsError::None(file)));
    }
    Ok(found)
}

/// The session's confinement without what is the agent's own: its sockets, and the files that are there for it only.
fn of_its_own(base: &Confinement) -> Confinement {
    let mut own = base.clone();
    (own.sockets, own.forwards, own.egress, own.session) = (Vec::new(), Vec::new(), None, None);
    // What they stood in for is the host's, and was not shown.
    own.masked.extend(std::mem::take(&mut own.files).into_iter().map(|(_, inside)| inside));
    own
}

/// What it finds in its environment, before the manifests take their share: what the session passes on to any program, and what whoever
/// asks gives to a variable that every manifest names.
fn variables_of(
    shared: &Shared,
    request: &Request,
    manifests: &[CapsFile],
) -> std::collections::BTreeMap<String, String> {
    let of_the_session = &shared.manifest.confinement().environment;
    let guard = Guard { profile: Profile::default(), ..shared.guard.clone() };
    let mut variables = environment(shared.monitor.world(), &guard);
    variables.retain(|name, _| of_the_session.contains_key(name));
    // Whoever can tell a program what to do with its secret has it.
    if manifests.iter().any(CapsFile::wants_secrets) {
        return variables;
    }
    let named =
        |name: &String| manifests.iter().all(|caps| caps.names(name)) && !variables::is_reserved(name);
    let given = request.environment.iter().filter(|(name, _)| named(name));
    variables.extend(given.map(|(name, value)| (name.clone(), value.clone())));
    variables
}

/// Its own doors.
fn doors(
    shared: &Shared,
    confinement: &mut Confinement,
    ports: &[NamedPort],
    place: &dyn Fn(&str) -> PathBuf,
    secret: &str,
) {
    let egress = place(EGRESS);
    confinement.session = egress.parent().map(Path::to_path_buf);
    confinement.egress = Some(egress);
    let forward =
        |named: &NamedPort| Forward { port: named.port, socket: place(&format!("{}.sock", named.port)) };
    confinement.forwards.extend(ports.iter().map(forward));
    confinement.environment.extend(egress::variables(secret, ports));
    if shared.common.interceptor.is_some() {
        let certificates = egress::CERTIFICATES.map(|(_, inside)| PathBuf::from(inside));
        let files = shared.manifest.confinement().files.iter();
        confinement.files.extend(files.filter(|(_, inside)| certificates.contains(inside)).cloned());
        confinement.masked.retain(|path| !certificates.contains(path));
        confinement.environment.extend(egress::trust_variables());
    }
}

//! What a session asks for, of the operating system and of the egress door, before anything is made.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use wardline_policy::{NamedPort, PolicySet};
use wardline_sandbox::{Confinement, Forward, is_known};

use super::{Guard, MONITOR_SOCKET, OWN_WORDS, SEARCH, START_SOCKET, SessionError};
use crate::caps::{self, Bounds};
use crate::egress::{self, Outbound};
use crate::lower::lower;
use crate::manifest::Manifest;
use crate::stray::Before;
use crate::{World, bounds, quarantine, traps, variables};

/// The names of a session's sockets in its directory.
pub(super) const EGRESS: &str = "egress.sock";
pub(super) const MONITOR: &str = "monitor.sock";
pub(super) const START: &str = "start.sock";

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

/// Whether a capability manifest lies beside what a command line starts, good or not.
#[must_use]
pub fn has_manifest(world: &World, argv: &[OsString]) -> bool {
    find_program(world, argv)
        .is_ok_and(|program| caps::lies_beside(world, &caps::started(world, &program, argv)))
}

/// A home directory is no workspace.
pub(super) fn check_workspace(world: &World) -> Result<(), SessionError> {
    if world.home.starts_with(&world.project) {
        return Err(SessionError::TooWide(world.project.clone()));
    }
    Ok(())
}

/// The name of a file that exists for one session only, by its number.
pub(super) fn file_name(index: usize) -> String {
    format!("file-{index}")
}

/// Everything that is asked for: of the operating system and of the egress door. `place` names the files of the
/// session's directory, `answered` says whether hooks inside are answered; without the session's `secret` nothing will
/// be started, and no other secret is looked at.
pub(super) fn asked(
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
    let manifests = caps::manifests(world, guard.caps.as_deref(), &started, &|_| Ok(()))
        .map_err(SessionError::Capabilities)?;
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
        confinement.sockets.push((place(START), PathBuf::from(START_SOCKET)));
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
    confinement.overlay.clone_from(&guard.overlay);
    if guard.overlay.is_some() {
        // What the overlay takes can be judged and dropped; what lies elsewhere could not.
        confinement.read.append(&mut confinement.write);
    } else if lowered.project_writable {
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
    // Over an overlay whatever is new in the project is the person's.
    let before = if guard.overlay.is_some() { Before::default() } else { lowered.before };
    Ok((confinement, before, uncopied))
}

/// The environment of a confined program: what is on a list. The way to the egress door comes besides.
pub(super) fn environment(world: &World, guard: &Guard) -> BTreeMap<String, String> {
    let named = guard.profile.variables.iter().chain(&guard.variables).map(String::as_str);
    let own = world.environment.iter().map(|(name, value)| (name.clone(), value.clone()));
    let mut environment = variables::passed_on(own, named, &guard.variables);
    environment.insert("TMPDIR".to_owned(), "/tmp".to_owned());
    environment.insert("WARDLINE".to_owned(), "1".to_owned());
    environment
}

/// Finds the program of a command line: a path as it is, a name on `PATH`.
pub(super) fn find_program(world: &World, argv: &[OsString]) -> Result<PathBuf, SessionError> {
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

//! The narrowing itself: of a confinement, of its environment and limits, of the hosts of its door.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wardline_policy::{NamedPort, Origin, PolicySet};
use wardline_proxy::{Effect, HostRule, Within};
use wardline_sandbox::{Confinement, Resource, Sight, View};

use super::entitled::{Case, covers, safe_path};
use super::{Applied, CapsFile, MISSING, NotGiven, Started};
use crate::lower::{home_of_program, versioned};
use crate::{World, variables};

/// What a session is bounded by, besides its door.
pub(crate) struct Bounds<'a> {
    pub(crate) policy: &'a PolicySet,
    pub(crate) world: &'a World,
    pub(crate) started: &'a Started,
    /// What is said about hosts.
    pub(crate) hosts: &'a [HostRule],
    /// Whether the values of secrets are fetched: where nothing starts they stay where they are.
    pub(crate) fetch: bool,
}

/// Narrows a session to what each of the manifests names. Returns what came of each, and the lists that bound its door.
pub(crate) fn narrow(
    bounds: &Bounds<'_>,
    manifests: &[CapsFile],
    confinement: &mut Confinement,
    ports: &mut Vec<NamedPort>,
) -> (Vec<Applied>, Vec<Within>) {
    if manifests.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let before = View::of(confinement);
    let mut applied = Vec::new();
    for caps in manifests {
        let mut not_given = Vec::new();
        let grants = grants(bounds, caps, &View::of(confinement), &mut not_given);
        files(confinement, &grants);
        environment(caps, confinement, &mut not_given);
        limits(caps, confinement, &mut not_given);
        forwards(caps, ports, &mut not_given);
        hosts(bounds, caps, &mut not_given);
        let hosts = caps.hosts.iter().map(spelled).collect();
        applied.push(Applied {
            file: caps.file.clone(),
            digest: caps.digest.clone(),
            hosts,
            secrets: Vec::new(),
            not_given,
        });
    }
    secrets(bounds, manifests, &before, confinement, ports, &mut applied);
    (applied, manifests.iter().map(CapsFile::within).collect())
}

fn spelled(rule: &HostRule) -> String {
    let port = rule.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", rule.host)
}

/// A path, and the most that may be done there.
type Grant = (PathBuf, Sight);

/// What a manifest grants: what it names, and what every program needs to run at all.
fn grants(bounds: &Bounds<'_>, caps: &CapsFile, view: &View, not_given: &mut Vec<NotGiven>) -> Vec<Grant> {
    const RUN: Sight = Sight { read: true, write: false, execute: true };
    let Bounds { world, started, .. } = bounds;
    let system = wardline_sandbox::system_paths().into_iter().chain(versioned());
    let program = home_of_program(&started.program, world).into_iter().chain([started.spelled.clone()]);
    let mut grants: Vec<Grant> = system.chain(program).map(|path| (path, RUN)).collect();
    grants.extend(started.script.iter().map(|script| (script.clone(), Sight { execute: false, ..RUN })));
    for (kind, name) in &caps.wanted.missing {
        not_given.push(refused(kind, &name.text, &name.origin, MISSING));
    }
    for (kind, name, path, wanted) in &caps.wanted.paths {
        let shown = view.at(path);
        let below = view.below(path);
        let why = match (shown.read, below.is_empty()) {
            (false, true) => {
                "the policy does not show it to programs; allow it under `external_directory`, or open it by a rule"
            }
            (false, false) => "the policy shows only a part of it",
            (true, _) if wanted.write && !shown.write => "the policy does not let programs write it",
            (true, _) if wanted.execute && !shown.execute => "it cannot be executed",
            (true, _) => "",
        };
        if !why.is_empty() {
            not_given.push(refused(kind, &name.text, &name.origin, why));
        }
        grants.push((path.clone(), *wanted));
    }
    grants
}

fn refused(kind: &'static str, name: &str, origin: &Origin, why: &str) -> NotGiven {
    NotGiven { kind, name: name.to_owned(), origin: origin.clone(), why: why.to_owned() }
}

/// Narrows what a confinement shows to what it shows of the grants. Nothing is shown that was not, and nothing can be
/// done there that could not be done before.
pub(crate) fn files(confinement: &mut Confinement, grants: &[Grant]) {
    let view = View::of(confinement);
    let given = given(&view, grants);
    // What is held or hidden inside was found from roots that may no longer be there, so its real places are kept.
    let (pinned, masked) = view.held();
    confinement.pinned.extend(pinned);
    confinement.masked.extend(masked);
    // A wider name around it must not open what could be read only.
    let written = |path: &Path| given.iter().any(|(root, sight)| sight.write && path.starts_with(root));
    let read_only = given.iter().filter(|(path, sight)| !sight.write && written(path));
    confinement.pinned.extend(read_only.map(|(path, _)| path.clone()));
    (confinement.read, confinement.write, confinement.no_execute) = (Vec::new(), Vec::new(), Vec::new());
    // The names are kept beside the real paths, so that links on the way are there too.
    let names =
        grants.iter().filter_map(|(path, _)| Some((path.clone(), *given.get(&path.canonicalize().ok()?)?)));
    for (path, sight) in names.chain(given.clone()) {
        if !sight.execute {
            confinement.no_execute.push(path.clone());
        }
        if sight.write { &mut confinement.write } else { &mut confinement.read }.push(path);
    }
    confinement.hollow = true;
    hold_back(confinement);
    if !confinement.cwd.starts_with(&confinement.project) && !view.at(&confinement.cwd).read {
        confinement.cwd.clone_from(&confinement.project);
    }
    let Confinement { read, write, no_execute, pinned, masked, .. } = confinement;
    for list in [read, write, no_execute, pinned, masked] {
        list.sort();
        list.dedup();
    }
}

/// What a view shows of the grants, by real paths.
fn given(view: &View, grants: &[Grant]) -> BTreeMap<PathBuf, Sight> {
    let mut given: BTreeMap<PathBuf, Sight> = BTreeMap::new();
    for (path, most) in grants {
        let Ok(real) = path.canonicalize() else { continue };
        let below = view.below(&real);
        for at in std::iter::once(real).chain(below) {
            let shown = view.at(&at);
            let sight = Sight {
                read: most.read && shown.read,
                write: most.write && shown.write,
                execute: most.execute && shown.execute,
            };
            if sight.read {
                let known = given.entry(at).or_default();
                known.read = true;
                known.write |= sight.write;
                known.execute |= sight.execute;
            }
        }
    }
    given
}

/// A file that cannot be written any more needs no copy. That it was there is known by its pin.
fn hold_back(confinement: &mut Confinement) {
    let real: Vec<PathBuf> = confinement.write.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let written = |path: &Path| confinement.write.iter().chain(&real).any(|root| path.starts_with(root));
    let held = std::mem::take(&mut confinement.quarantined);
    let (kept, gone): (Vec<_>, Vec<_>) = held.into_iter().partition(|file| written(&file.path));
    confinement.quarantined = kept;
    confinement.pinned.extend(gone.into_iter().map(|file| file.path));
}

fn environment(caps: &CapsFile, confinement: &mut Confinement, not_given: &mut Vec<NotGiven>) {
    for name in &caps.caps.environment {
        if !confinement.environment.contains_key(&name.text) {
            let why = "it is not set, or not passed on; `--env NAME` passes one on";
            not_given.push(refused("environment", &name.text, &name.origin, why));
        }
    }
    let named: BTreeSet<&str> = caps.caps.environment.iter().map(|name| name.text.as_str()).collect();
    confinement.environment.retain(|name, _| named.contains(name.as_str()) || variables::is_plain(name));
}

fn limits(caps: &CapsFile, confinement: &mut Confinement, not_given: &mut Vec<NotGiven>) {
    for limit in &caps.caps.limits {
        let Some(resource) = Resource::named(&limit.name) else { continue };
        confinement.limits.narrow(resource, limit.value);
        if let Some(stands) = confinement.limits.get(resource).filter(|stands| Some(*stands) != limit.value) {
            let why = format!("{} stands", resource.amount(stands));
            not_given.push(refused("limits", &limit.name, &limit.origin, &why));
        }
    }
}

fn forwards(caps: &CapsFile, ports: &mut Vec<NamedPort>, not_given: &mut Vec<NotGiven>) {
    let is = |port: &NamedPort, name: &str| port.name == name || port.port.to_string() == name;
    for name in &caps.caps.forwards {
        if !ports.iter().any(|port| is(port, &name.text)) {
            let why = "no port of this name leads inside; `--forward` or `network.forward` leads one";
            not_given.push(refused("forwards", &name.text, &name.origin, why));
        }
    }
    ports.retain(|port| caps.caps.forwards.iter().any(|name| is(port, &name.text)));
}

/// Hosts are bounded by the door itself; here it is only told what of them the policy keeps closed.
fn hosts(bounds: &Bounds<'_>, caps: &CapsFile, not_given: &mut Vec<NotGiven>) {
    for (host, name) in caps.hosts.iter().zip(&caps.caps.hosts) {
        let rules = |effects: &[Effect], fits: &dyn Fn(&HostRule) -> bool| {
            bounds.hosts.iter().any(|rule| effects.contains(&rule.effect) && fits(rule))
        };
        let reached = |rule: &HostRule| {
            let port = HostRule { port: host.port, ..rule.clone() };
            let same = rule.port == host.port || rule.port.is_none() || rule.host == "*";
            same && (rule.host == "*" || covers(&port, host))
        };
        let closed = rules(&[Effect::Deny], &reached);
        let opened = rules(&[Effect::Allow, Effect::Ask], &reached);
        let part = rules(&[Effect::Allow, Effect::Ask], &|rule| {
            covers(host, &HostRule { port: host.port, ..rule.clone() })
        });
        let why = match (closed, opened, part) {
            (true, ..) => "the policy closes it",
            (_, true, _) => continue,
            (.., true) => "the policy opens only a part of it",
            _ => "no rule of the policy opens it; `--allow-host` or `network.allow` does",
        };
        not_given.push(refused("hosts", &name.text, &name.origin, why));
    }
}

/// Hands over the secrets that every manifest names and the program may have.
fn secrets(
    bounds: &Bounds<'_>,
    manifests: &[CapsFile],
    view: &View,
    confinement: &mut Confinement,
    ports: &[NamedPort],
    applied: &mut [Applied],
) {
    for (caps, applied) in manifests.iter().zip(applied) {
        for name in &caps.caps.secrets {
            let everywhere = |name: &str| {
                manifests.iter().all(|caps| caps.caps.secrets.iter().any(|other| other.text == name))
            };
            let Bounds { policy, world, started, fetch, .. } = *bounds;
            let case = Case {
                policy,
                world,
                caps,
                started,
                view,
                environment: &confinement.environment,
                forwards: !ports.is_empty(),
            };
            let given = if everywhere(&name.text) {
                case.source(&name.text)
                    .and_then(|source| if fetch { case.value(source).map(Some) } else { Ok(None) })
            } else {
                Err("another manifest that holds does not name it".to_owned())
            };
            match given {
                Ok(secret) => {
                    applied.secrets.push(name.text.clone());
                    if let Some(path) = confinement.environment.get_mut("PATH") {
                        *path = safe_path(path, caps, view);
                    }
                    // Its name is shown where its value is not.
                    let value = secret.map(|secret| (secret.name, secret.value));
                    confinement
                        .environment
                        .extend([value.unwrap_or_else(|| (name.text.clone(), String::new()))]);
                }
                Err(why) => applied.not_given.push(refused("secrets", &name.text, &name.origin, &why)),
            }
        }
    }
}

//! Runs one case in a real session and judges every attempt from the host's side.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use wardline_monitor::policy::{Access, Decision, PolicySet, Request, decide};
use wardline_monitor::sandbox::Confinement;
use wardline_monitor::session::{self, Guard, Summary};
use wardline_monitor::sources::Choice;
use wardline_monitor::{Action, Monitor, Profile, World, gather};

use crate::generate::{Case, case};
use crate::operation::{Kind, Operation, content};
use crate::place::{Servers, build};

/// What came out of all cases.
#[derive(Default)]
pub(crate) struct Score {
    policies: usize,
    pairs: usize,
    allowed: usize,
    stopped: usize,
    stricter: BTreeMap<&'static str, usize>,
    kinds: BTreeMap<Kind, (usize, usize)>,
    wider: Vec<String>,
    unexplained: Vec<String>,
    refused_starts: BTreeMap<String, usize>,
}

impl Score {
    pub(crate) fn holds(&self) -> bool {
        self.wider.is_empty() && self.unexplained.is_empty() && self.allowed > 0
    }

    pub(crate) fn print(&self) {
        for line in self.wider.iter().take(40) {
            println!("WIDER       {line}");
        }
        for line in self.unexplained.iter().take(40) {
            println!("UNEXPLAINED {line}");
        }
        for (kind, (pairs, happened)) in &self.kinds {
            println!("  {:<18} {pairs:>5} pairs, {happened:>5} happened", format!("{kind:?}"));
        }
        for (class, count) in &self.stricter {
            println!("  stricter {count:>5}  {class}");
        }
        for (why, count) in &self.refused_starts {
            println!("  not started {count:>3}  {why}");
        }
        println!(
            "{} policies, {} pairs: {} allowed and done, {} not allowed and not done, {} stricter, {} unexplained, {} wider",
            self.policies,
            self.pairs,
            self.allowed,
            self.stopped,
            self.stricter.values().sum::<usize>(),
            self.unexplained.len(),
            self.wider.len()
        );
    }
}

/// One effect that an operation would have: what the policy says to it, and the path by which it is told.
struct Effect {
    path: PathBuf,
    decision: Decision,
    happened: Box<dyn Fn(&Seen<'_>) -> bool>,
}

/// What there is to judge by when the session is over.
struct Seen<'s> {
    answer: &'s str,
    servers: &'s Servers,
}

/// Tries one case.
pub(crate) fn one(root: &Path, seed: u64, servers: &Servers, score: &mut Score) {
    let case = case(root, seed, &servers.addresses);
    let world = build(root, &case);
    let choice = Choice { preset: case.preset, profile: case.profile.clone(), for_good: false };
    let monitor = Arc::new(Monitor::open(world.clone(), &choice, true).unwrap());
    let guard = guard(root, &case);
    let manifest = match session::manifest(monitor.policy(), &world, &guard, true) {
        Ok(manifest) => manifest,
        Err(error) => return *score.refused_starts.entry(first_line(&error.to_string())).or_default() += 1,
    };
    let said = Said { policy: monitor.policy(), world: &world, case: &case };
    let expected: Vec<Vec<Effect>> =
        case.operations.iter().map(|operation| said.effects(operation)).collect();
    let Confinement { masked, pinned, .. } = manifest.confinement();
    let hidden: Vec<PathBuf> =
        masked.iter().chain(pinned).filter_map(|path| path.canonicalize().ok()).collect();
    servers.forget();
    let operations: Value = case.operations.iter().map(Operation::to_value).collect();
    std::fs::write(root.join("out/operations"), operations.to_string()).unwrap();
    let summary = match session::run(&monitor, &guard, None, |_, _| Arc::new(|_: &[u8], _: &_| Vec::new())) {
        Ok(summary) => summary,
        Err(error) => {
            return score.unexplained.push(format!("seed {seed}: not started: {error}"));
        }
    };
    let answers = std::fs::read_to_string(root.join("out/answers"));
    let answers: Vec<String> =
        answers.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    assert_eq!(answers.len(), case.operations.len(), "seed {seed}: the actor did not answer: {summary:?}");
    score.policies += 1;
    for ((operation, effects), answer) in case.operations.iter().zip(&expected).zip(&answers) {
        let seen = Seen { answer, servers };
        let why = Why { operation, manifest: manifest.confinement(), summary: &summary, hidden: &hidden };
        for effect in effects {
            score.add(seed, effect, &seen, &why);
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn guard(root: &Path, case: &Case) -> Guard {
    let binary = std::env::current_exe().unwrap();
    let out = root.join("out");
    Guard {
        argv: vec![binary.into(), "--act".into(), out.clone().into()],
        profile: Profile { name: "actor".to_owned(), writable: vec![out], ..Profile::default() },
        agent: Some(case.agent.clone()),
        ..Guard::default()
    }
}

impl Score {
    fn add(&mut self, seed: u64, effect: &Effect, seen: &Seen<'_>, why: &Why<'_>) {
        let happened = (effect.happened)(seen);
        let operation = why.operation;
        self.pairs += 1;
        let kind = self.kinds.entry(operation.kind).or_default();
        kind.0 += 1;
        kind.1 += usize::from(happened);
        let line = || {
            let Operation { kind, path, to, .. } = operation;
            let answer: String = seen.answer.chars().take(60).collect();
            format!(
                "seed {seed}: {kind:?} {} {}: the policy says {} to {}; seen {answer:?}",
                path.display(),
                to.display(),
                effect.decision,
                effect.path.display(),
            )
        };
        if happened && effect.decision == Decision::Ask && why.is_toolchain(&effect.path) {
            return *self.stricter.entry(TOOLCHAIN).or_default() += 1;
        }
        match (effect.decision, happened) {
            (Decision::Allow, true) => self.allowed += 1,
            (Decision::Allow, false) => match why.stricter(&effect.path) {
                Some(class) => *self.stricter.entry(class).or_default() += 1,
                None => self.unexplained.push(line()),
            },
            (Decision::Ask | Decision::Deny, true) => self.wider.push(line()),
            (Decision::Ask | Decision::Deny, false) => self.stopped += 1,
        }
    }
}

/// The one thing that is shown although the policy asks about the home directory it lies in. A rule that somebody wrote
/// about it is heeded.
const TOOLCHAIN: &str = "GIVEN besides: settings of the toolchain at home, which Wardline itself asks about";

/// What the policy says.
struct Said<'s> {
    policy: &'s PolicySet,
    world: &'s World,
    case: &'s Case,
}

impl Said<'_> {
    fn to(&self, permission: &str, accesses: &[Access], path: &Path) -> Decision {
        let name = path.strip_prefix(&self.world.project).unwrap_or(path).to_string_lossy().into_owned();
        let name = if name.is_empty() { ".".to_owned() } else { name };
        let action = Action {
            permission: permission.to_owned(),
            targets: vec![name.clone()],
            paths: accesses.iter().map(|access| (*access, name.clone())).collect(),
            tool: permission.to_owned(),
            ..Action::default()
        };
        let facts = gather(self.world, &action, 0, true);
        let request = Request {
            permission: permission.to_owned(),
            targets: action.targets,
            agent: self.case.agent.clone(),
            parents: Vec::new(),
            confined: true,
        };
        decide(self.policy, &request, &facts).decision
    }

    fn host(&self, host: &Path) -> Decision {
        let wanted = host.to_string_lossy();
        let opens = self.policy.hosts().iter().any(|rule| {
            let port = rule.port.map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}{port}", rule.host) == wanted
        });
        if opens { Decision::Allow } else { Decision::Deny }
    }

    /// The effects of an operation. Whether each happened is looked up on the host, when all is over.
    fn effects(&self, operation: &Operation) -> Vec<Effect> {
        let Operation { kind, path, to, .. } = operation.clone();
        let token = operation.token();
        let number = operation.number;
        match kind {
            Kind::Read | Kind::ReadByLink | Kind::ReadByHardLink | Kind::Execute => {
                let accesses: &[Access] =
                    if kind == Kind::Execute { &[Access::Read, Access::Execute] } else { &[Access::Read] };
                let real = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
                let marker = if kind == Kind::Execute {
                    format!("content of {}\n", real.display())
                } else {
                    content(&real)
                };
                vec![self.effect("read", accesses, &path, move |seen| seen.answer.contains(&marker))]
            }
            Kind::List => {
                let files = self.case.files.iter().filter(|file| file.parent() == Some(&path));
                let names: Vec<String> =
                    files.map(|file| format!("{}\n", file.file_name().unwrap().to_string_lossy())).collect();
                let shows = move |seen: &Seen<'_>| names.iter().any(|name| seen.answer.contains(name));
                vec![self.effect("list", &[Access::List], &path, shows)]
            }
            Kind::Write | Kind::WriteByHardLink => {
                vec![self.effect("edit", &[Access::Write], &path, is_at(&path, token))]
            }
            Kind::Chmod => {
                let at = path.clone();
                let mode = move || at.metadata().map(|file| file.permissions().mode() & 0o777);
                let changed = move |_: &Seen<'_>| mode().is_ok_and(|mode| mode == 0o640);
                vec![self.effect("edit", &[Access::Write], &path, changed)]
            }
            Kind::Create | Kind::MakeDirectory | Kind::MakeLink => vec![self.made(&path)],
            Kind::Delete => vec![self.gone(&path)],
            Kind::Rename => vec![self.gone(&path), self.made(&to)],
            Kind::RenameDirectory => {
                let below = self.below(&path);
                let new = |file: &PathBuf| to.join(file.strip_prefix(&path).unwrap());
                below.iter().flat_map(|file| [self.gone(file), self.made(&new(file))]).collect()
            }
            Kind::DeleteDirectory => self.below(&path).iter().map(|file| self.gone(file)).collect(),
            Kind::Connect => {
                let reached = move |seen: &Seen<'_>| seen.servers.reached(number);
                vec![Effect { decision: self.host(&path), path, happened: Box::new(reached) }]
            }
            Kind::ConnectDirectly => {
                let reached = move |seen: &Seen<'_>| seen.servers.reached(number);
                vec![Effect { decision: Decision::Deny, path, happened: Box::new(reached) }]
            }
        }
    }

    fn effect(
        &self,
        permission: &str,
        accesses: &[Access],
        path: &Path,
        happened: impl Fn(&Seen<'_>) -> bool + 'static,
    ) -> Effect {
        let decision = self.to(permission, accesses, path);
        Effect { path: path.to_path_buf(), decision, happened: Box::new(happened) }
    }

    fn made(&self, path: &Path) -> Effect {
        let at = path.to_path_buf();
        self.effect("edit", &[Access::Write], path, move |_| at.symlink_metadata().is_ok())
    }

    fn gone(&self, path: &Path) -> Effect {
        let at = path.to_path_buf();
        let was = at.symlink_metadata().is_ok();
        self.effect("edit", &[Access::Delete], path, move |_| was && at.symlink_metadata().is_err())
    }

    fn below(&self, directory: &Path) -> Vec<PathBuf> {
        self.case.files.iter().filter(|file| file.starts_with(directory)).cloned().collect()
    }
}

fn is_at(path: &Path, token: String) -> impl Fn(&Seen<'_>) -> bool + use<> {
    let at = path.to_path_buf();
    move |_| std::fs::read_to_string(&at).is_ok_and(|text| text.contains(&token))
}

/// Why something that the policy allows did not happen.
struct Why<'w> {
    operation: &'w Operation,
    manifest: &'w Confinement,
    summary: &'w Summary,
    /// What the masked and pinned paths led to when the session began.
    hidden: &'w [PathBuf],
}

impl Why<'_> {
    fn is_toolchain(&self, path: &Path) -> bool {
        let home = &self.manifest.home;
        let looks = matches!(
            self.operation.kind,
            Kind::Read | Kind::ReadByLink | Kind::ReadByHardLink | Kind::List | Kind::Execute
        );
        looks && (path == home || path == home.join(".gitconfig"))
    }

    /// The class of a case in which the kernel is stricter; `None` is a case that nobody explained.
    fn stricter(&self, path: &Path) -> Option<&'static str> {
        let Confinement { project, read, write, pinned, quarantined, masked, home, .. } = self.manifest;
        let Operation { kind, path: from, to, .. } = self.operation;
        let quarantined: &[PathBuf] = &quarantined.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let within =
            |roots: &[PathBuf]| roots.iter().any(|root| path.starts_with(root) || real.starts_with(root));
        let holds = |roots: &[PathBuf]| roots.iter().any(|root| root != from && root.starts_with(from));
        let inner = |root: &PathBuf| !home.starts_with(root) || !path.starts_with(home);
        let reaches = |roots: &[PathBuf]| roots.iter().any(|root| inner(root) && real.starts_with(root));
        let shown = reaches(std::slice::from_ref(project)) || reaches(write);
        if self.summary.ended.appeared.iter().any(|thing| path.starts_with(&thing.path)) {
            return Some("moved to the quarantine at the end, with or as something that may not appear");
        }
        if within(masked) {
            return Some("masked with the directory that it lies in");
        }
        if !shown && !reaches(read) {
            return Some("outside: not shown at all");
        }
        let looks = matches!(kind, Kind::Read | Kind::List | Kind::Execute);
        if looks || *kind == Kind::Connect {
            let led_to = within(self.hidden) && !within(pinned);
            return led_to.then_some("protected as what a link leads to whose name is protected");
        }
        if pinned.contains(project) {
            return Some("the project is read-only as a whole, because not all of it may be edited");
        }
        let protected = |roots: &[PathBuf]| roots.iter().any(|root| from.starts_with(root));
        if *kind == Kind::Rename && (protected(pinned) || protected(masked)) {
            return Some("what was to get this name is protected under its old one");
        }
        if !pinned.contains(&real) && within(self.hidden) {
            return Some("protected as what a link leads to whose name is protected");
        }
        if within(pinned) {
            return Some("pinned: runs later on the host, or steers the guard or an agent");
        }
        if !shown {
            return Some("outside: shown to be read only");
        }
        if within(quarantined) {
            return Some("held back: changed inside, and on the host when a person accepts it");
        }
        let moves = matches!(kind, Kind::RenameDirectory | Kind::DeleteDirectory);
        if moves && (holds(pinned) || holds(masked) || holds(quarantined) || holds(self.hidden)) {
            return Some("a directory that holds protected files is neither moved nor removed");
        }
        let two = matches!(
            kind,
            Kind::Rename | Kind::RenameDirectory | Kind::WriteByHardLink | Kind::ReadByHardLink
        );
        if two && (to.starts_with(project) != from.starts_with(project) || self.crosses_a_mount()) {
            return Some("renamed or linked across a mount: to move is to copy and remove there");
        }
        let blocked = |roots: &[PathBuf]| roots.iter().any(|root| to.starts_with(root));
        (two && (blocked(pinned) || blocked(masked))).then_some("its new name lies in a protected place")
    }

    /// Whether the two names lie in directories of different mounts: a directory with a protected file is a mount.
    fn crosses_a_mount(&self) -> bool {
        let Confinement { pinned, masked, quarantined, .. } = self.manifest;
        let Operation { path, to, .. } = self.operation;
        let anchors = |path: &Path| {
            let protected = pinned.iter().chain(masked).chain(quarantined.iter().map(|file| &file.path));
            let parents = protected.filter_map(|one| one.parent()).flat_map(Path::ancestors);
            let held = parents.filter(|parent| path.starts_with(parent));
            held.map(|parent| parent.components().count()).max()
        };
        anchors(path) != anchors(to) || path.parent() != to.parent()
    }
}

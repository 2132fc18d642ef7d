//! Freezing what runs in a session, letting it go on, and ending it, from outside and without a word from its monitor.
//!
//! Where the session has a cgroup of version 2, the kernel freezes all of it at once. Elsewhere every process gets the stop signal, from the
//! init down, and again until nothing runs any more; it goes on from the leaves up, so that no shell inside ever sees one of its jobs
//! stopped. The freezer of version 1 is not used: what it holds cannot be killed, so a session that lost its keeper would stay for
//! good. What was stopped before (by a job control of its own) is not made to go on.
//!
//! A program that wants to race this can have its processes wake each other for a while; the end does not depend on it, because with
//! the init the kernel ends everything in its namespace.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::identity::Identity;
use crate::leftover::Left;
use crate::processes::{Process, of_session};

/// How long everything may take to rest, or to be gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);
/// The name, in the session's directory, of the list of what was stopped.
const RECORD: &str = "frozen";
/// The line in it that says that the cgroup is frozen.
const GROUP: &str = "group";

/// Why a session is not in the state that was asked for.
#[derive(Debug)]
pub enum FreezeError {
    /// These still run after a while.
    Running(Vec<Process>),
    /// These are still there although they were killed.
    Left(Vec<Process>),
    /// The list of what was stopped could not be written or read, or the kernel refused.
    System(io::Error),
}

impl fmt::Display for FreezeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |all: &[Process]| {
            all.iter().map(|one| one.identity.pid.to_string()).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Running(all) => write!(f, "not everything rests: process {} still runs", list(all)),
            Self::Left(all) => write!(f, "process {} was killed and is still there", list(all)),
            Self::System(e) => write!(f, "{e}"),
        }
    }
}

impl std::error::Error for FreezeError {}

impl From<io::Error> for FreezeError {
    fn from(e: io::Error) -> Self {
        Self::System(e)
    }
}

impl From<rustix::io::Errno> for FreezeError {
    fn from(e: rustix::io::Errno) -> Self {
        Self::System(e.into())
    }
}

/// The processes of one session.
#[derive(Debug, Clone)]
pub struct Tree {
    session: PathBuf,
    keeper: Identity,
    space: Option<u64>,
    group: Option<Freezer>,
    /// The directory that the session works in.
    pub project: PathBuf,
}

impl Tree {
    /// What runs in the session whose private directory this is; `None` where nothing has begun or everything is over.
    #[must_use]
    pub fn of(session: &Path) -> Option<Self> {
        let Left { keeper, space, groups, confinement, .. } = Left::of(session)?;
        let group = groups.iter().find_map(|group| Freezer::of(group));
        keeper.is_alive().then(|| Self {
            session: session.to_owned(),
            keeper,
            space,
            group,
            project: confinement.project,
        })
    }

    /// Every process of it, parents first.
    #[must_use]
    pub fn processes(&self) -> Vec<Process> {
        let mut all = of_session(self.keeper, self.space);
        all.retain(|one| !one.is_over());
        all
    }

    /// When it was started, in the kernel's ticks since boot.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.keeper.start
    }

    /// Whether somebody froze it and nobody let it go on.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.session.join(RECORD).exists()
    }

    /// Stops everything, and returns when nothing runs any more. What is frozen already stays so.
    ///
    /// # Errors
    /// [`FreezeError`]; what was stopped until then stays stopped, and [`Self::thaw`] lets it go on.
    pub fn freeze(&self) -> Result<(), FreezeError> {
        if let Some(group) = &self.group {
            self.note(&[GROUP.to_owned()])?;
            if group.freeze(PATIENCE)? {
                return Ok(());
            }
        }
        let end = Instant::now() + PATIENCE;
        let mut quiet = 0;
        loop {
            let awake: Vec<Process> = self.processes().into_iter().filter(|one| !one.rests()).collect();
            // A process that was made while we looked is seen the second time.
            quiet = if awake.is_empty() { quiet + 1 } else { 0 };
            if quiet >= 2 {
                // Nothing was stopped by us where everything rested before.
                return Ok(self.note(&[])?);
            }
            if Instant::now() > end {
                return Err(FreezeError::Running(awake));
            }
            // The list first: whoever is stopped and not on it would never go on.
            self.note(&awake.iter().map(|one| one.identity.word()).collect::<Vec<_>>())?;
            for one in &awake {
                one.signal(Signal::STOP)?;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Lets everything go on that [`Self::freeze`] stopped.
    ///
    /// # Errors
    /// [`FreezeError::System`].
    pub fn thaw(&self) -> Result<(), FreezeError> {
        let stopped = self.stopped()?;
        for one in self.processes().iter().rev().filter(|one| stopped.contains(&one.identity.word())) {
            one.signal(Signal::CONT)?;
        }
        if let Some(group) = &self.group {
            group.thaw()?;
        }
        match std::fs::remove_file(self.session.join(RECORD)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e.into()),
            _ => Ok(()),
        }
    }

    /// Ends everything: the programs first, so that the init sees the end and says what there is to say, and where it does not in
    /// time, the init, with which the kernel ends whatever is left. Works on what is frozen too.
    ///
    /// # Errors
    /// [`FreezeError`] when something is left.
    pub fn end(&self) -> Result<(), FreezeError> {
        let (inits, programs): (Vec<Process>, Vec<Process>) =
            self.processes().into_iter().partition(|one| one.parent == self.keeper.pid);
        for one in programs.iter().chain(&self.processes()).filter(|one| one.parent != self.keeper.pid) {
            one.signal(Signal::KILL)?;
        }
        if let Some(group) = &self.group {
            group.thaw()?;
        }
        for init in &inits {
            init.signal(Signal::CONT)?;
        }
        if self.is_gone(PATIENCE / 2) {
            return Ok(());
        }
        for one in self.processes() {
            one.signal(Signal::KILL)?;
        }
        if self.is_gone(PATIENCE) { Ok(()) } else { Err(FreezeError::Left(self.processes())) }
    }

    fn is_gone(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while !self.processes().is_empty() {
            if Instant::now() > end {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
        true
    }

    /// Adds lines to the list of what was stopped.
    fn note(&self, lines: &[String]) -> io::Result<()> {
        let mut file =
            OpenOptions::new().append(true).create(true).mode(0o600).open(self.session.join(RECORD))?;
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        file.write_all(text.as_bytes())
    }

    /// The words of the processes that were stopped.
    fn stopped(&self) -> io::Result<BTreeSet<String>> {
        match std::fs::read_to_string(self.session.join(RECORD)) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
            Err(e) => Err(e),
        }
    }
}

/// The freezer of a cgroup of version 2.
#[derive(Debug, Clone)]
struct Freezer(PathBuf);

impl Freezer {
    fn of(group: &Path) -> Option<Self> {
        group.join("cgroup.freeze").exists().then(|| Self(group.to_owned()))
    }

    /// Freezes the group; false when the kernel is not done with it in time, and the group is as it was then.
    fn freeze(&self, patience: Duration) -> io::Result<bool> {
        std::fs::write(self.0.join("cgroup.freeze"), "1")?;
        let end = Instant::now() + patience;
        while !self.is_frozen() {
            if Instant::now() > end {
                self.thaw()?;
                return Ok(false);
            }
            std::thread::sleep(PAUSE);
        }
        Ok(true)
    }

    fn thaw(&self) -> io::Result<()> {
        std::fs::write(self.0.join("cgroup.freeze"), "0")
    }

    fn is_frozen(&self) -> bool {
        let events = std::fs::read_to_string(self.0.join("cgroup.events")).unwrap_or_default();
        events.lines().any(|line| line == "frozen 1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};

    /// A session whose keeper is a shell of ours, and what runs below it.
    struct Scene {
        session: PathBuf,
        keeper: Child,
        tree: Tree,
    }

    impl Scene {
        /// `script` runs below a shell that takes the init's place.
        fn new(name: &str, script: &str) -> Self {
            let session = std::env::temp_dir().join(format!("wardline-freeze-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&session).unwrap();
            let init = format!("sh -c '{script}' & wait");
            let mut keeper = Command::new("sh");
            keeper.args(["-c", "sh -c \"$1\" & wait", "keeper", &init]).current_dir(&session);
            let keeper = keeper.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
            let identity = Identity { pid: keeper.id(), start: start_of(keeper.id()) };
            let tree = Tree {
                session: session.clone(),
                keeper: identity,
                space: None,
                group: None,
                project: session.clone(),
            };
            Self { session, keeper, tree }
        }

        fn number(&self) -> u64 {
            let text = std::fs::read_to_string(self.session.join("count")).unwrap_or_default();
            u64::try_from(text.len()).unwrap()
        }

        fn until(&self, what: &str, done: impl Fn() -> bool) {
            let end = Instant::now() + Duration::from_secs(60);
            while !done() {
                assert!(Instant::now() < end, "{what}: {:?}", self.tree.processes());
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    fn start_of(pid: u32) -> u64 {
        let own = of_session(Identity::own(), None);
        own.iter().find(|one| one.identity.pid == pid).unwrap().identity.start
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            self.tree.end().ok();
            self.keeper.kill().ok();
            self.keeper.wait().ok();
            std::fs::remove_dir_all(&self.session).ok();
        }
    }

    const COUNTS: &str = "while :; do printf x >> count; sleep 0.01; done";

    #[test]
    fn what_is_frozen_does_nothing_until_it_is_let_go_on() {
        let scene = Scene::new("count", &format!("setsid sh -c \"{COUNTS}\" & {COUNTS}"));
        scene.until("it counts", || scene.number() > 10);
        assert!(!scene.tree.is_frozen());
        for _ in 0..3 {
            scene.tree.freeze().unwrap();
            scene.tree.freeze().unwrap();
            assert!(scene.tree.is_frozen());
            let before = scene.number();
            std::thread::sleep(Duration::from_millis(200));
            assert_eq!(scene.number(), before, "nothing runs");
            scene.tree.thaw().unwrap();
            assert!(!scene.tree.is_frozen());
            scene.until("it goes on", || scene.number() > before + 10);
        }
        scene.tree.freeze().unwrap();
        scene.tree.end().unwrap();
        assert_eq!(scene.tree.processes(), []);
    }

    #[test]
    fn what_was_stopped_before_stays_so() {
        let scene = Scene::new("before", "sh -c \"kill -STOP \\$\\$; sleep 70\" & sleep 71");
        let own = "sh -c kill -STOP $$; sleep 70";
        let sleeper = |word: &str| scene.tree.processes().into_iter().find(|one| one.command == word);
        let rests = |word: &str| sleeper(word).is_some_and(|one| one.rests());
        scene.until("one is stopped", || rests(own) && sleeper("sleep 71").is_some());
        scene.tree.freeze().unwrap();
        assert!(rests("sleep 71"));
        scene.tree.thaw().unwrap();
        scene.until("the other goes on", || !rests("sleep 71"));
        assert!(rests(own));
    }

    #[test]
    fn a_crowd_that_forks_is_caught() {
        let forks = "for i in 1 2 3 4 5 6; do sh -c \"while :; do sh -c \\\": & :\\\"; printf x >> count; done\" & done; wait";
        let scene = Scene::new("forks", forks);
        scene.until("they fork", || scene.number() > 10);
        scene.tree.freeze().unwrap();
        let before = scene.number();
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(scene.number(), before);
        scene.tree.end().unwrap();
    }

    /// With the kernel's own freezer, where this test may make a group.
    #[test]
    fn the_freezer_of_a_group_holds_and_lets_go() {
        let places = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
        let name = format!("wardline-freeze-test-{}", std::process::id());
        let made = places.iter().map(|place| Path::new(place).join(&name)).find(|group| {
            std::fs::create_dir(group).is_ok()
                && (group.join("cgroup.freeze").exists() || std::fs::remove_dir(group).is_err())
        });
        let Some(group) = made else {
            eprintln!("SKIPPED: no cgroup of version 2 can be made here");
            return;
        };
        let mut child = Command::new("sleep").arg("72").spawn().unwrap();
        std::fs::write(group.join("cgroup.procs"), child.id().to_string()).unwrap();
        let freezer = Freezer::of(&group).unwrap();
        assert!(!freezer.is_frozen() && freezer.freeze(PATIENCE).unwrap() && freezer.is_frozen());
        freezer.thaw().unwrap();
        assert!(freezer.freeze(PATIENCE).unwrap());
        child.kill().unwrap();
        child.wait().unwrap();
        let end = Instant::now() + PATIENCE;
        while std::fs::remove_dir(&group).is_err() && Instant::now() < end {
            std::thread::sleep(PAUSE);
        }
        assert!(!group.exists(), "what is frozen can be killed");
    }
}

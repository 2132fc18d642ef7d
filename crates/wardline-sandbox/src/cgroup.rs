//! A cgroup for everything inside together, where the host lets us make one.
//!
//! Version 2 is looked for beside our own group first (a group that holds processes hands no controllers to its
//! children) and below it then: that is where a systemd user session, or a container with its own cgroup tree, lets an
//! ordinary user make groups. In version 1 each controller has a tree of its own.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{self, Mode, OFlags};
use wardline_sys::process::{Fork, Namespaces, fork_into, fork_into_group};

use crate::confinement::ResourceLimits;
use crate::hit::Hit;
use crate::identity::Identity;
use crate::mechanism::{LIMITS, Mechanism};
use crate::meter::Exact;
use crate::resources::Resource;

/// The weight for processor time against the host's other groups and processes: half of what each of them has.
const SHARES_VERSION_1: u64 = 512;
const WEIGHT_VERSION_2: u64 = 50;

/// How long the kernel may take to put the last process out of a group's books.
const PATIENCE: Duration = Duration::from_secs(2);

/// The cgroup trees of the host, and which groups this process is in.
#[derive(Debug, Clone)]
struct Tree {
    root: PathBuf,
    /// The text of `/proc/self/cgroup`.
    own: String,
}

impl Tree {
    fn of_host() -> Self {
        let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self { root: PathBuf::from("/sys/fs/cgroup"), own }
    }

    /// The directory of our own group under a controller of version 1.
    fn version_1(&self, wanted: &str) -> Option<PathBuf> {
        let path = self.own.lines().find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            controllers.split(',').any(|controller| controller == wanted).then_some(path)
        })?;
        Some(self.root.join(wanted).join(path.trim_start_matches('/')))
    }

    /// The directories in which a group of version 2 may be made, the likeliest first.
    fn version_2(&self) -> Vec<PathBuf> {
        let Some(path) = self.own.lines().find_map(|line| line.strip_prefix("0::")) else {
            return Vec::new();
        };
        let own = self.root.join(path.trim_start_matches('/'));
        let beside = own.parent().filter(|parent| parent.starts_with(&self.root)).map(Path::to_path_buf);
        beside.into_iter().chain([own]).collect()
    }

    /// Every directory that a group of this name may be made as.
    fn candidates(&self, name: &str) -> Vec<PathBuf> {
        let parents = ["pids", "memory", "cpu"].into_iter().filter_map(|wanted| self.version_1(wanted));
        parents.chain(self.version_2()).map(|parent| parent.join(name)).collect()
    }
}

/// A cgroup for one sandbox: one directory in version 2, one for each controller in version 1.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pids: Option<PathBuf>,
    memory: Option<PathBuf>,
    processor: Option<PathBuf>,
    unified: bool,
    limits: Option<ResourceLimits>,
}

/// The directories that a keeper's group may be made as: what to remove when it does not live to do it.
pub(crate) fn candidates(keeper: Identity) -> Vec<PathBuf> {
    Tree::of_host().candidates(&name_of(keeper))
}

impl Group {
    /// Makes a cgroup with `limits` where the host allows it; where it does not, a group that limits nothing.
    pub(crate) fn make(limits: &ResourceLimits, keeper: Identity) -> Self {
        Self::make_in(&Tree::of_host(), limits, &name_of(keeper))
    }

    fn make_in(tree: &Tree, limits: &ResourceLimits, name: &str) -> Self {
        if limits.processes.is_none() && limits.memory.is_none() {
            return Self::default();
        }
        let group = Self::version_1(tree, name, limits);
        let group =
            if group.is_real() { group } else { Self::version_2(tree, name, limits).unwrap_or_default() };
        Self { limits: Some(limits.clone()), ..group }
    }

    fn version_1(tree: &Tree, name: &str, limits: &ResourceLimits) -> Self {
        let controller =
            |wanted: &str, files: &[(&str, u64)]| make_directory(&tree.version_1(wanted)?.join(name), files);
        let pids = limits.processes.and_then(|most| controller("pids", &[("pids.max", most)]));
        let memory = limits.memory.and_then(|most| {
            // In this order: memory and swap together may not be less than memory.
            controller("memory", &[("memory.limit_in_bytes", most), ("memory.memsw.limit_in_bytes", most)])
        });
        // A group for the processor alone would bound nothing.
        let some = pids.is_some() || memory.is_some();
        let processor = if some { controller("cpu", &[("cpu.shares", SHARES_VERSION_1)]) } else { None };
        Self { pids, memory, processor, ..Self::default() }
    }

    fn version_2(tree: &Tree, name: &str, limits: &ResourceLimits) -> Option<Self> {
        tree.version_2().into_iter().find_map(|parent| {
            let enabled = std::fs::read_to_string(parent.join("cgroup.subtree_control")).ok()?;
            let has = |wanted: &str| enabled.split_ascii_whitespace().any(|controller| controller == wanted);
            let pids = limits.processes.filter(|_| has("pids"));
            let memory = limits.memory.filter(|_| has("memory"));
            if pids.is_none() && memory.is_none() {
                return None;
            }
            let mut files = Vec::new();
            files.extend(pids.map(|most| ("pids.max", most)));
            files.extend(memory.map(|most| ("memory.max", most)));
            files.extend(memory.map(|_| ("memory.swap.max", 0)));
            files.extend(has("cpu").then_some(("cpu.weight", WEIGHT_VERSION_2)));
            let directory = make_directory(&parent.join(name), &files)?;
            let when = |there: bool| there.then(|| directory.clone());
            let (pids, memory, processor) = (when(pids.is_some()), when(memory.is_some()), when(has("cpu")));
            Some(Self { pids, memory, processor, unified: true, limits: None })
        })
    }

    fn directories(&self) -> impl Iterator<Item = &PathBuf> {
        let all = [&self.pids, &self.memory, &self.processor];
        let several = if self.unified { 1 } else { all.len() };
        all.into_iter().flatten().take(several)
    }

    pub(crate) fn is_real(&self) -> bool {
        self.pids.is_some() || self.memory.is_some()
    }

    /// What it counts.
    pub(crate) fn exact(&self) -> Exact {
        Exact { processes: self.pids.is_some(), memory: self.memory.is_some() }
    }

    /// Sets other limits on a group that nothing of the program's is in yet.
    ///
    /// # Errors
    /// When a limit cannot be written.
    pub(crate) fn adjust(&mut self, limits: &ResourceLimits) -> io::Result<()> {
        let none = if self.unified { "max" } else { "-1" };
        let memory: &[&str] = if self.unified {
            &["memory.max"]
        } else {
            // Memory and swap together may not be less than memory: whichever way it goes, one of these is the right order.
            &["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.limit_in_bytes"]
        };
        let text =
            |limit: Option<u64>, none: &str| limit.map_or_else(|| none.to_owned(), |limit| limit.to_string());
        if let Some(directory) = &self.pids {
            std::fs::write(directory.join("pids.max"), text(limits.processes, "max"))?;
        }
        if let Some(directory) = &self.memory {
            let mut last = Ok(());
            for file in memory {
                let written = std::fs::write(directory.join(file), text(limits.memory, none));
                last = if file.contains("sw") { last } else { written };
            }
            last?;
        }
        self.limits = Some(limits.clone());
        Ok(())
    }

    pub(crate) fn shares_processor(&self) -> bool {
        self.processor.is_some()
    }

    /// Opens the way into the group, while the host's files can still be seen.
    ///
    /// # Errors
    /// When a file of the group cannot be opened.
    pub(crate) fn entrance(&self) -> io::Result<Entrance> {
        let mut entrance = Entrance::default();
        for directory in self.directories() {
            if self.unified {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                entrance.directory = Some(fs::open(directory, flags, Mode::empty())?);
            }
            // To move a process with all its threads, the kernel waits for all processors to have seen it. The file
            // for threads has no such wait, and serves as well before there is more than one thread.
            let file = if self.unified { "cgroup.procs" } else { "tasks" };
            entrance.files.push(OpenOptions::new().write(true).open(directory.join(file))?);
        }
        Ok(entrance)
    }

    /// How many processes are in the group, as the kernel counts them; `None` without a group.
    pub(crate) fn population(&self) -> Option<u64> {
        let directory = self.directories().next()?;
        let text = std::fs::read_to_string(directory.join("cgroup.procs")).ok()?;
        u64::try_from(text.lines().count()).ok()
    }

    /// The limits that the group had to enforce.
    pub(crate) fn hit(&self) -> Vec<Hit> {
        let mut hits = Vec::new();
        let Some(limits) = &self.limits else { return hits };
        let processes = self.pids.as_deref().filter(|group| counted(group, "pids.events", "max"));
        if let (Some(_), Some(most)) = (processes, limits.processes) {
            hits.push(Hit::of(Resource::Processes, most));
        }
        let file = if self.unified { "memory.events" } else { "memory.oom_control" };
        let memory = self.memory.as_deref().filter(|group| counted(group, file, "oom_kill"));
        if let (Some(_), Some(most)) = (memory, limits.memory) {
            hits.push(Hit::of(Resource::Memory, most));
        }
        hits
    }

    /// Removes what dead keepers left beside it.
    pub(crate) fn sweep(&self) {
        self.directories().for_each(|directory| remove_stale(directory));
    }

    /// Removes the group. The kernel may still be taking the last process out of its books, so it tries for a while.
    pub(crate) fn remove(&self) {
        self.directories().for_each(|directory| {
            remove(directory, PATIENCE);
        });
    }

    /// What bounds the resources of a process of `uid`, and whether all that was asked for is bounded.
    pub(crate) fn mechanism(&self, limits: &ResourceLimits, uid: u32) -> Mechanism {
        let processes = match (&self.pids, limits.processes) {
            (_, None) => "processes: not asked for",
            (Some(_), _) => "processes: cgroup",
            // The kernel never counts the processes of the real root.
            (None, Some(_)) if uid == 0 => {
                "processes: unbounded, no cgroup can be made and rlimits do not bind root"
            }
            (None, Some(_)) => "processes: rlimit",
        };
        let memory = match (&self.memory, limits.memory) {
            (_, None) => "memory: not asked for",
            (Some(_), _) => "memory: cgroup",
            (None, Some(_)) => "memory: looked at now and then, twice of it by rlimit for each process",
        };
        let disk = match limits.disk.or(limits.disk_reserve).or(limits.files) {
            Some(_) => "disk: looked at now and then",
            None => "disk: not asked for",
        };
        let proof = format!("{processes}; {memory}; {disk}; file size and open files: rlimit");
        if limits.processes.is_some() && self.pids.is_none() && uid == 0 {
            Mechanism::missing(LIMITS, proof)
        } else {
            Mechanism::held(LIMITS, proof)
        }
    }
}

/// The open files by which a process comes into a group.
#[derive(Debug, Default)]
pub(crate) struct Entrance {
    /// The directory of a group of version 2, which a process can be born into.
    directory: Option<OwnedFd>,
    files: Vec<File>,
}

impl Entrance {
    /// Forks a child in new namespaces, and in the group if that can be done in one step.
    pub(crate) fn fork_into(&mut self, namespaces: Namespaces) -> io::Result<Fork> {
        let Some(directory) = self.directory.take() else { return fork_into(namespaces) };
        match fork_into_group(namespaces, directory.as_fd()) {
            Ok(Fork::Child) => {
                self.files.clear();
                Ok(Fork::Child)
            }
            Ok(parent) => Ok(parent),
            Err(_) => fork_into(namespaces),
        }
    }

    /// Puts this process, which has one thread and no children yet, into the group, if it was not born there.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(crate) fn enter(&mut self) -> io::Result<()> {
        // The kernel reads 0 as the writer, in whatever pid namespace that is.
        self.files.drain(..).try_for_each(|mut file| file.write_all(b"0"))
    }
}

/// The beginning of the name of every group that we make; the keeper's identity follows.
const PREFIX: &str = "wardline-";

fn name_of(keeper: Identity) -> String {
    format!("{PREFIX}{}", keeper.word())
}

/// Removes one directory of a group, once it is empty; says whether it is gone.
pub(crate) fn remove(directory: &Path, patience: Duration) -> bool {
    let ours =
        directory.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(PREFIX));
    if !ours {
        return false;
    }
    let end = Instant::now() + patience;
    loop {
        match std::fs::remove_dir(directory) {
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) && Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(error) => return error.kind() == io::ErrorKind::NotFound,
            Ok(()) => return true,
        }
    }
}

/// Removes the groups beside `own` of keepers that are dead, as when keeper and caller were killed together and left no
/// record. A group with processes in it cannot be removed, so a mistake harms nobody.
fn remove_stale(own: &Path) {
    let entries = own.parent().and_then(|parent| std::fs::read_dir(parent).ok());
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name();
        if own.file_name() == Some(&name) {
            continue;
        }
        let keeper = name.to_str().and_then(|name| Identity::parse(name.strip_prefix(PREFIX)?));
        if keeper.is_some_and(|keeper| !keeper.is_alive()) {
            let _in_use = std::fs::remove_dir(entry.path());
        }
    }
}

/// Makes a cgroup directory and writes its limits; removes it again when one cannot be written.
fn make_directory(directory: &Path, files: &[(&str, u64)]) -> Option<PathBuf> {
    std::fs::create_dir(directory).ok()?;
    let write = |(file, limit): &(&str, u64)| {
        let result = std::fs::write(directory.join(file), limit.to_string());
        // Not every kernel counts swap.
        result.is_ok() || file.contains("sw")
    };
    if files.iter().all(write) {
        return Some(directory.to_path_buf());
    }
    let _left_over = std::fs::remove_dir(directory);
    None
}

fn counted(directory: &Path, file: &str, name: &str) -> bool {
    let text = std::fs::read_to_string(directory.join(file)).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .any(|(key, count)| key == name && count.trim() != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of plain files: it shows where a group is made and what is written, not what the kernel makes of it.
    struct Fake {
        tree: Tree,
    }

    /// The name of a group whose keeper is alive.
    fn name() -> String {
        name_of(Identity::own())
    }

    impl Fake {
        fn new(name: &str, own: &str, files: &[(&str, &str)]) -> Self {
            let root = std::env::temp_dir().join(format!("wardline-cgroup-{name}-{}", std::process::id()));
            for (path, text) in files {
                let path = root.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            Self { tree: Tree { root, own: own.to_owned() } }
        }

        fn make(&self) -> (Group, Vec<String>) {
            let limits = ResourceLimits { processes: Some(10), memory: Some(4096), ..ResourceLimits::none() };
            let group = Group::make_in(&self.tree, &limits, &name());
            let mut lines = Vec::new();
            for directory in group.directories() {
                let at = directory.strip_prefix(&self.tree.root).unwrap().display().to_string();
                let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().flatten().collect();
                files.sort_by_key(std::fs::DirEntry::file_name);
                for file in files {
                    let text = std::fs::read_to_string(file.path()).unwrap();
                    lines.push(format!("{at}/{}={text}", file.file_name().display()));
                }
            }
            (group, lines)
        }
    }

    impl Drop for Fake {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.tree.root).ok();
        }
    }

    #[test]
    fn a_group_is_made_where_controllers_are_handed_down() {
        const USER: &str = "user.slice/user-1.slice/user@1.service/app.slice";
        let scope = format!("0::/{USER}/term.scope\n");
        let own = format!("{USER}/term.scope/cgroup.subtree_control");
        let control = format!("{USER}/cgroup.subtree_control");
        let all: &[&str] = &["cpu.weight=50", "memory.max=4096", "memory.swap.max=0", "pids.max=10"];
        type Files<'a> = &'a [(&'a str, &'a str)];
        let table: [(&str, &str, Files<'_>, &str, &[&str]); 5] = [
            ("beside", &scope, &[(&control, "cpu memory pids"), (&own, "")], USER, all),
            (
                "some",
                &scope,
                &[(&control, "memory"), (&own, "")],
                USER,
                &["memory.max=4096", "memory.swap.max=0"],
            ),
            ("own", "0::/\n", &[("cgroup.subtree_control", "pids")], "", &["pids.max=10"]),
            ("none", &scope, &[(&control, "cpu io"), (&own, "")], "", &[]),
            ("empty", "", &[("cgroup.subtree_control", "pids memory")], "", &[]),
        ];
        for (name, own, files, at, expected) in table {
            let fake = Fake::new(name, own, files);
            let at = if at.is_empty() { String::new() } else { format!("{at}/") };
            let expected: Vec<_> =
                expected.iter().map(|line| format!("{at}{}/{line}", self::name())).collect();
            let (group, lines) = fake.make();
            assert_eq!(lines, expected, "{name}");
            assert_eq!(group.is_real(), !expected.is_empty(), "{name}");
            let known = fake.tree.candidates(&self::name());
            assert!(
                group.directories().all(|made| known.contains(made)),
                "{name}: a made group is on record"
            );
        }
    }

    #[test]
    fn each_controller_of_version_1_has_its_own_tree() {
        let own = "8:pids:/\n4:memory:/job/7\n2:cpu,cpuacct:/\n0::/\n";
        let fake = Fake::new("v1", own, &[("pids/x", ""), ("memory/job/7/x", ""), ("cpu/x", "")]);
        let (group, lines) = fake.make();
        let expected = [
            "pids/NAME/pids.max=10",
            "memory/job/7/NAME/memory.limit_in_bytes=4096",
            "memory/job/7/NAME/memory.memsw.limit_in_bytes=4096",
            "cpu/NAME/cpu.shares=512",
        ]
        .map(|line| line.replace("NAME", &name()));
        assert_eq!(lines, expected);
        assert!(group.hit().is_empty());
        let memory = group.memory.clone().unwrap();
        std::fs::write(memory.join("memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
            .unwrap();
        assert_eq!(group.hit(), [Hit::of(Resource::Memory, 4096)]);
    }

    #[test]
    fn groups_of_dead_keepers_go_and_others_stay() {
        let own = "8:pids:/\n4:memory:/\n0::/\n";
        let fake = Fake::new("sweep", own, &[("pids/x", ""), ("memory/x", "")]);
        let (group, made) = fake.make();
        let dead = name_of(Identity { start: Identity::own().start + 1, ..Identity::own() });
        let pids = fake.tree.root.join("pids");
        std::fs::create_dir(pids.join(&dead)).unwrap();
        std::fs::create_dir(pids.join("other")).unwrap();
        group.sweep();
        assert!(!pids.join(dead).exists() && pids.join("other").exists());
        assert!(!made.is_empty() && group.directories().all(|directory| directory.exists()));
    }
}

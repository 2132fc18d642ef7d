//! Resource limits: per process with rlimits, for everything together with a cgroup where the host lets us make one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{self, Mode, OFlags};
use rustix::process::{Resource, Rlimit, setrlimit};
use wardline_sys::process::{Fork, Namespaces, fork_into, fork_into_group};

use crate::confinement::ResourceLimits;
use crate::mechanism::{LIMITS, Mechanism};

/// Sets the rlimits of this process, and with it of all its children. `grouped`: a cgroup counts memory already.
///
/// # Errors
/// The resource that could not be limited, in words, with the system's error.
pub(crate) fn apply(limits: &ResourceLimits, grouped: bool) -> Result<(), (String, io::Error)> {
    let memory = if grouped { None } else { limits.memory };
    let table = [
        ("processes", Resource::Nproc, limits.processes),
        ("address space", Resource::As, limits.address_space),
        // Counts what is written to, and not what is only reserved: runtimes reserve terabytes.
        ("memory", Resource::Data, memory),
        ("file size", Resource::Fsize, limits.file_size),
        ("open files", Resource::Nofile, limits.open_files),
        ("processor time", Resource::Cpu, limits.cpu_seconds),
        // A dump would hold what the program read, and may be piped to a program of the host.
        ("core dumps", Resource::Core, Some(0)),
    ];
    for (name, resource, limit) in table {
        let Some(limit) = limit else { continue };
        // A stricter limit of the caller stands.
        let ceiling = rustix::process::getrlimit(resource).maximum;
        let value = Some(ceiling.map_or(limit, |ceiling| ceiling.min(limit)));
        setrlimit(resource, Rlimit { current: value, maximum: value })
            .map_err(|error| (name.to_owned(), error.into()))?;
    }
    Ok(())
}

/// A cgroup for one sandbox: one directory in version 2, one for each controller in version 1.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pids: Option<PathBuf>,
    memory: Option<PathBuf>,
    unified: bool,
}

impl Group {
    /// Makes a cgroup with `limits` where the host allows it; where it does not, a group that limits nothing.
    pub(crate) fn make(limits: &ResourceLimits) -> Self {
        if limits.processes.is_none() && limits.memory.is_none() {
            return Self::default();
        }
        let Ok(own) = std::fs::read_to_string("/proc/self/cgroup") else { return Self::default() };
        let name = name_of(std::process::id());
        let group = Self::version_1(&own, &name, limits);
        if group.is_real() { group } else { Self::version_2(&own, &name, limits).unwrap_or_default() }
    }

    fn version_1(own: &str, name: &str, limits: &ResourceLimits) -> Self {
        let controller = |wanted: &str, files: &[(&str, Option<u64>)]| {
            make_directory(&own_of_version_1(own, wanted)?.join(name), files)
        };
        let memory = limits.memory.map(|memory| ("memory.limit_in_bytes", Some(memory)));
        Self {
            pids: limits.processes.and_then(|processes| controller("pids", &[("pids.max", Some(processes))])),
            memory: memory.and_then(|memory| controller("memory", &[memory])),
            unified: false,
        }
    }

    fn version_2(own: &str, name: &str, limits: &ResourceLimits) -> Option<Self> {
        parents_of_version_2(own).into_iter().find_map(|parent| {
            let enabled = std::fs::read_to_string(parent.join("cgroup.subtree_control")).ok()?;
            let has = |wanted: &str| enabled.split_ascii_whitespace().any(|controller| controller == wanted);
            let pids = has("pids") && limits.processes.is_some();
            let memory = has("memory") && limits.memory.is_some();
            if !pids && !memory {
                return None;
            }
            let mut files = Vec::new();
            if pids {
                files.push(("pids.max", limits.processes));
            }
            if memory {
                files.push(("memory.max", limits.memory));
                files.push(("memory.swap.max", None));
            }
            let directory = make_directory(&parent.join(name), &files)?;
            Some(Self {
                pids: pids.then(|| directory.clone()),
                memory: memory.then(|| directory.clone()),
                unified: true,
            })
        })
    }

    /// Sets other limits on a group that nothing of the program's is in yet.
    ///
    /// # Errors
    /// When a limit cannot be written.
    pub(crate) fn adjust(&self, limits: &ResourceLimits) -> io::Result<()> {
        let memory = if self.unified { "memory.max" } else { "memory.limit_in_bytes" };
        let unlimited = if self.unified { "max" } else { "-1" };
        let table = [
            (&self.pids, "pids.max", limits.processes, "max"),
            (&self.memory, memory, limits.memory, unlimited),
        ];
        for (directory, file, limit, none) in table {
            let Some(directory) = directory else { continue };
            let value = limit.map_or_else(|| none.to_owned(), |limit| limit.to_string());
            std::fs::write(directory.join(file), value)?;
        }
        Ok(())
    }

    fn directories(&self) -> impl Iterator<Item = &PathBuf> {
        let second = if self.unified && self.pids.is_some() { None } else { self.memory.as_ref() };
        self.pids.iter().chain(second)
    }

    pub(crate) fn is_real(&self) -> bool {
        self.pids.is_some() || self.memory.is_some()
    }

    pub(crate) fn counts_memory(&self) -> bool {
        self.memory.is_some()
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
    pub(crate) fn hit(&self) -> Vec<String> {
        let mut hit = Vec::new();
        if counted(self.pids.as_deref(), "pids.events", "max") {
            hit.push("processes".to_owned());
        }
        let file = if self.unified { "memory.events" } else { "memory.oom_control" };
        if counted(self.memory.as_deref(), file, "oom_kill") {
            hit.push("memory".to_owned());
        }
        hit
    }

    /// Removes the group. The kernel may still be taking the last process out of its books, so it tries for a while.
    pub(crate) fn remove(&self) {
        for directory in self.directories() {
            for _attempt in 0..50 {
                match std::fs::remove_dir(directory) {
                    Err(error) if error.raw_os_error() == Some(libc::EBUSY) => {
                        std::thread::sleep(std::time::Duration::from_millis(2));
                    }
                    _ => break,
                }
            }
        }
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
            (None, Some(_)) => "memory: rlimit, each process",
        };
        let proof = format!("{processes}; {memory}; file size and open files: rlimit");
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

fn name_of(keeper: u32) -> String {
    format!("wardline-{keeper}")
}

/// The directory of our own group under a controller of version 1.
fn own_of_version_1(own: &str, wanted: &str) -> Option<PathBuf> {
    let path = own.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        controllers.split(',').any(|controller| controller == wanted).then_some(path)
    })?;
    Some(Path::new("/sys/fs/cgroup").join(wanted).join(path.trim_start_matches('/')))
}

/// The directories in which a group of version 2 may be made. A group that holds processes can hand no controller to
/// its children, so the place beside it comes first.
fn parents_of_version_2(own: &str) -> Vec<PathBuf> {
    let Some(path) = own.lines().find_map(|line| line.strip_prefix("0::")) else { return Vec::new() };
    let root = Path::new("/sys/fs/cgroup");
    let own = root.join(path.trim_start_matches('/'));
    let beside = own.parent().filter(|parent| parent.starts_with(root)).map(Path::to_path_buf);
    beside.into_iter().chain([own.clone()]).collect()
}

/// Removes the cgroups of a keeper that did not live to do it.
pub(crate) fn remove_left_over(keeper: u32) {
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let parents = ["pids", "memory"].into_iter().filter_map(|wanted| own_of_version_1(&own, wanted));
    for parent in parents.chain(parents_of_version_2(&own)) {
        let _none_there = std::fs::remove_dir(parent.join(name_of(keeper)));
    }
}

/// Removes the groups of keepers that are dead, as when keeper and caller were killed together. A group with
/// processes in it cannot be removed, so a mistake harms nobody.
fn remove_stale(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let keeper = name.to_str().and_then(|name| name.strip_prefix("wardline-")?.parse::<u32>().ok());
        if keeper.is_some_and(|keeper| !Path::new("/proc").join(keeper.to_string()).exists()) {
            let _in_use = std::fs::remove_dir(entry.path());
        }
    }
}

/// Makes a cgroup directory and writes its limits; removes it again when one cannot be written.
fn make_directory(directory: &Path, files: &[(&str, Option<u64>)]) -> Option<PathBuf> {
    std::fs::create_dir(directory).ok()?;
    directory.parent().map(remove_stale);
    let write = |(file, limit): &(&str, Option<u64>)| {
        let result = std::fs::write(directory.join(file), limit.unwrap_or(0).to_string());
        // Not every kernel counts swap.
        result.is_ok() || file.contains("swap")
    };
    if files.iter().all(write) {
        return Some(directory.to_path_buf());
    }
    let _left_over = std::fs::remove_dir(directory);
    None
}

fn counted(directory: Option<&Path>, file: &str, name: &str) -> bool {
    let Some(directory) = directory else { return false };
    let text = std::fs::read_to_string(directory.join(file)).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .any(|(key, count)| key == name && count.trim() != "0")
}

//! Looking, from inside and now and then, at what the program uses up: for the limits that the kernel does not hold for
//! all processes together, and to be able to say who ran into those that it does hold.
//!
//! It is the init's work: it sees the processes of the sandbox and nothing else, goes on when the keeper or the caller is
//! stopped, and cannot be stopped from inside. Each look sets the time of the next: far from every limit it is a second,
//! and close to one, less than the time in which a fast program gets there.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{self, CWD, Mode, OFlags};
use rustix::process::{Pid, Signal};

use crate::confinement::ResourceLimits;
use crate::hit::Hit;
use crate::resources::Resource;

/// The first look comes when a short command is over already; then they become rarer.
const FIRST: Duration = Duration::from_millis(20);
/// The longest time between two looks when something is half used up, and when nothing is.
const NEAR: Duration = Duration::from_millis(250);
const FAR: Duration = Duration::from_secs(1);
/// The longest time between two looks at memory that only we count, once half of it is used.
const CLOSE: Duration = Duration::from_millis(50);
/// A look may take this part of the time.
const COST: u32 = 20;
/// How fast a disk fills at most, in bytes and in files each second.
const BYTES_A_SECOND: u64 = 4 << 30;
const FILES_A_SECOND: u64 = 400_000;
/// The keeper ends the program at its time; when it is stopped itself, we do, this much later.
const BACKSTOP: Duration = Duration::from_secs(1);

/// What the kernel counts by itself, for all processes together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Exact {
    pub(crate) processes: bool,
    pub(crate) memory: bool,
}

/// Something that was noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) hit: Hit,
    /// Whether the limit was reached. Else it was nearly, and whether it was the kernel's own counters tell.
    pub(crate) sure: bool,
}

/// The looks that were and the next one.
pub(crate) struct Meter<'a> {
    limits: &'a ResourceLimits,
    exact: Exact,
    /// Whether `/proc` shows the processes of the sandbox and no others.
    sees_processes: bool,
    started: Instant,
    census_due: Instant,
    disks_due: Instant,
    between: Duration,
    disks: Vec<Disk>,
    scratch: Vec<PathBuf>,
    noted: Vec<Note>,
    told: usize,
    end: bool,
}

/// A file system of the host that the program can write.
struct Disk {
    path: PathBuf,
    opened: OwnedFd,
    /// Bytes and files that were free when the program started.
    start: (u64, u64),
    /// Bytes and files that have to stay free.
    reserve: (u64, u64),
}

impl<'a> Meter<'a> {
    /// Begins to look: `writable` are paths of the host, `private` those of the sandbox's own.
    pub(crate) fn new(
        limits: &'a ResourceLimits,
        exact: Exact,
        sees_processes: bool,
        writable: &[PathBuf],
        private: &[PathBuf],
    ) -> Self {
        let started = Instant::now();
        let mut seen = Vec::new();
        let watched = limits.disk.or(limits.disk_reserve).or(limits.files).is_some();
        let writable = if watched { writable } else { &[] };
        let disks = writable.iter().filter_map(|path| Disk::of(path, limits, &mut seen)).collect();
        let mut seen = Vec::new();
        let own = private.iter().filter(|path| limits.scratch.is_some() && is_new(&mut seen, path));
        let due = started + FIRST;
        Self {
            limits,
            exact,
            sees_processes,
            started,
            census_due: due,
            disks_due: due,
            between: FIRST,
            disks,
            scratch: own.cloned().collect(),
            noted: Vec::new(),
            told: 0,
            end: false,
        }
    }

    /// How long nothing has to be looked at.
    pub(crate) fn idle(&self) -> Duration {
        self.census_due.min(self.disks_due).saturating_duration_since(Instant::now())
    }

    /// Looks at what is due, and says whether the program has to end.
    pub(crate) fn look(&mut self) -> bool {
        let now = Instant::now();
        if now >= self.disks_due {
            self.look_at_disks();
        }
        if now >= self.census_due {
            self.take_census();
        }
        let late = self.limits.wall_seconds.map(|seconds| Duration::from_secs(seconds) + BACKSTOP);
        if let (Some(late), Some(seconds)) = (late, self.limits.wall_seconds)
            && now.duration_since(self.started) > late
        {
            self.note(Hit { ended: true, ..Hit::of(Resource::Time, seconds) }, true);
        }
        self.end
    }

    /// The last look, when the program has ended and what it started is still there. A short command is not kept waiting.
    pub(crate) fn last_look(&mut self) {
        self.look_at_scratch();
        if self.started.elapsed() > FIRST {
            self.take_census();
        }
    }

    /// What was noticed since the last call.
    pub(crate) fn news(&mut self) -> Vec<Note> {
        let news = self.noted.get(self.told..).unwrap_or_default().to_vec();
        self.told = self.noted.len();
        news
    }

    /// Notes something the first time it is seen, and once more when it has become sure.
    fn note(&mut self, mut hit: Hit, sure: bool) {
        self.end |= hit.ended;
        let known =
            |note: &Note| note.hit.limit == hit.limit && note.hit.place == hit.place && (note.sure || !sure);
        if self.noted.iter().any(known) {
            return;
        }
        hit.after = u64::try_from(self.started.elapsed().as_millis()).ok();
        self.noted.push(Note { hit, sure });
    }

    // ---- disks

    fn look_at_disks(&mut self) {
        let mut wait = FAR;
        let mut hits = Vec::new();
        for disk in &self.disks {
            let Some((free, files)) = disk.free() else { continue };
            let (lost, gone) = (disk.start.0.saturating_sub(free), disk.start.1.saturating_sub(files));
            hits.extend(disk.judge(self.limits, (free, lost), (files, gone)));
            let far =
                |limit: Option<u64>, used: u64| limit.map_or(u64::MAX, |limit| limit.saturating_sub(used));
            let bytes = free.saturating_sub(disk.reserve.0).min(far(self.limits.disk, lost));
            wait = wait.min(Duration::from_millis(bytes / (BYTES_A_SECOND / 1000)));
            if disk.start.1 > 0 {
                let files = files.saturating_sub(disk.reserve.1).min(far(self.limits.files, gone));
                wait = wait.min(Duration::from_millis(files / (FILES_A_SECOND / 1000)));
            }
        }
        for hit in hits {
            self.note(hit, true);
        }
        self.disks_due = Instant::now() + wait.max(Duration::from_millis(5));
    }

    fn look_at_scratch(&mut self) {
        let Some(most) = self.limits.scratch else { return };
        // A writer that found no room stops short of the last block.
        let full = |path: &PathBuf| {
            fs::statvfs(path).is_ok_and(|found| {
                let nearly = |all: u64, free: u64| all > 0 && free <= (all / 256).min(16);
                nearly(found.f_blocks, found.f_bavail) || nearly(found.f_files, found.f_ffree)
            })
        };
        if let Some(path) = self.scratch.iter().find(|path| full(path)).cloned() {
            self.note(Hit { place: Some(path), ..Hit::of(Resource::Scratch, most) }, true);
        }
    }

    // ---- processes

    /// Whether processes can be counted, where they have to be now.
    ///
    /// # Errors
    /// Without it nothing says how much is used, so that the program has to end.
    pub(crate) fn can_look(&self) -> std::io::Result<()> {
        if self.sees_processes && Instant::now() >= self.census_due {
            let _two = (std::fs::File::open("/proc")?, std::fs::File::open("/proc/self/statm")?);
        }
        Ok(())
    }

    fn take_census(&mut self) {
        let begin = Instant::now();
        self.look_at_scratch();
        let mut used = 0;
        if self.sees_processes {
            let census = Census::take(self.limits);
            used = used.max(self.judge_processes(&census));
            used = used.max(self.judge_memory(&census));
            used = used.max(self.judge_each(&census));
        }
        used = used.max(self.judge_terminals());
        let calm = if used < 50 { FAR } else { NEAR };
        let close = used >= 50 && !self.exact.memory && self.limits.memory.is_some();
        self.between = (self.between * 2).min(if close { CLOSE } else { calm });
        self.census_due = Instant::now() + self.between.max(begin.elapsed() * COST);
    }

    /// Each of these says how much of its limit is used, in hundredths.
    fn judge_processes(&mut self, census: &Census) -> u64 {
        let Some(most) = self.limits.processes else { return 0 };
        let used = hundredths(census.tasks, most);
        if used >= 90 {
            // A program that makes processes as fast as others end leaves a gap at any moment.
            let sure = !self.exact.processes && census.tasks + (most / 16).max(2) >= most;
            let hit =
                Hit { seen: Some(census.tasks), who: census.usual(), ..Hit::of(Resource::Processes, most) };
            self.note(hit, sure);
        }
        used
    }

    fn judge_memory(&mut self, census: &Census) -> u64 {
        let Some(most) = self.limits.memory else { return 0 };
        let used = hundredths(census.memory, most);
        let hit = Hit { who: census.largest.name(), ..Hit::of(Resource::Memory, most) };
        if self.exact.memory {
            if used >= 75 {
                self.note(Hit { seen: Some(census.memory), ..hit }, false);
            }
            return used;
        }
        if used < 100 {
            return used;
        }
        // What forked processes still share was counted for each of them: look once more, closely.
        let close = census.memory_of_each();
        if close > most {
            if let Some(pid) = census.largest.pid.and_then(Pid::from_raw) {
                let _dead_already = rustix::process::kill_process(pid, Signal::KILL);
            }
            self.note(Hit { seen: Some(close), ..hit }, true);
        }
        used
    }

    fn judge_each(&mut self, census: &Census) -> u64 {
        let mut used = 0;
        if let Some(most) = self.limits.open_files {
            used = hundredths(census.open_files.count, most);
            if census.open_files.count + 2 >= most {
                let (seen, who) = (Some(census.open_files.count), census.open_files.name());
                self.note(Hit { seen, who, ..Hit::of(Resource::OpenFiles, most) }, true);
            }
        }
        if let Some(most) = self.limits.cpu_seconds
            && census.processor.count >= most
        {
            let (seen, who) = (Some(census.processor.count), census.processor.name());
            self.note(Hit { seen, who, ..Hit::of(Resource::Cpu, most) }, true);
        }
        used
    }

    fn judge_terminals(&mut self) -> u64 {
        let Some(most) = self.limits.terminals else { return 0 };
        // One entry is the door by which terminals are made.
        let count = std::fs::read_dir("/dev/pts").map_or(0, |entries| entries.count().saturating_sub(1));
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        if self.sees_processes && count >= most {
            self.note(Hit { seen: Some(count), ..Hit::of(Resource::Terminals, most) }, true);
        }
        hundredths(count, most)
    }
}

fn hundredths(used: u64, most: u64) -> u64 {
    used.saturating_mul(100) / most.max(1)
}

/// Whether nothing of this file system was seen before.
fn is_new(seen: &mut Vec<u64>, path: &Path) -> bool {
    let Ok(found) = fs::stat(path) else { return false };
    let new = !seen.contains(&found.st_dev);
    if new {
        seen.push(found.st_dev);
    }
    new
}

impl Disk {
    /// The file system of `path`, as it is now; `None` when it was seen already or cannot be looked at.
    fn of(path: &Path, limits: &ResourceLimits, seen: &mut Vec<u64>) -> Option<Self> {
        if !is_new(seen, path) {
            return None;
        }
        let opened = fs::openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
        let mut disk = Self { path: path.to_path_buf(), opened, start: (0, 0), reserve: (0, 0) };
        disk.start = disk.free()?;
        let found = fs::fstatvfs(&disk.opened).ok()?;
        let bytes = limits.disk_reserve.unwrap_or(0).min(found.f_blocks.saturating_mul(found.f_frsize) / 20);
        let files = if limits.disk_reserve.is_some() { found.f_files / 100 } else { 0 };
        // Of a disk that is nearly full already, the program gets half of what is left.
        disk.reserve = (bytes.min(disk.start.0 / 2), files.min(disk.start.1 / 2));
        Some(disk)
    }

    /// Bytes and files that are free for ordinary users.
    fn free(&self) -> Option<(u64, u64)> {
        let found = fs::fstatvfs(&self.opened).ok()?;
        Some((found.f_bavail.saturating_mul(found.f_frsize), found.f_favail))
    }

    /// The limits that this file system is beyond: of `bytes` and of `files`, what is free and what was lost.
    ///
    /// The reserve counts whoever wrote: the host needs it. A loss counts only when the program wrote at least half of it
    /// by its own account, because others write to the same disk; space that is reserved without being written is in no
    /// account, and against it there is the reserve.
    fn judge(&self, limits: &ResourceLimits, bytes: (u64, u64), files: (u64, u64)) -> Option<Hit> {
        let hit = |limit: Resource, value: u64| Hit {
            place: Some(self.path.clone()),
            ended: true,
            ..Hit::of(limit, value)
        };
        if self.reserve.0 > 0 && bytes.0 < self.reserve.0 {
            return Some(Hit { seen: Some(bytes.0), ..hit(Resource::DiskReserve, self.reserve.0) });
        }
        if let Some(most) = limits.disk.filter(|most| bytes.1 > *most) {
            let own = written();
            if own.is_none_or(|own| own >= bytes.1 / 2) {
                return Some(Hit { seen: own, ..hit(Resource::Disk, most) });
            }
        }
        let scarce = self.reserve.1 > 0 && files.0 < self.reserve.1;
        let most = limits.files.filter(|most| files.1 > *most);
        let most = most.or_else(|| scarce.then(|| self.start.1.saturating_sub(self.reserve.1)))?;
        Some(Hit { seen: Some(files.1), ..hit(Resource::Files, most) })
    }
}

/// Bytes that all processes of the sandbox, those that have ended included, gave to disks; `None` when the kernel keeps
/// no such account.
fn written() -> Option<u64> {
    let of = |pid: &str| -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
        let field = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")?.parse::<u64>().ok())
        };
        Some(field("write_bytes")?.saturating_sub(field("cancelled_write_bytes")?))
    };
    // What has ended was collected by its parent, and at last by us.
    let own = of("self")?;
    let others = processes().filter(|pid| *pid != 1).filter_map(|pid| of(&pid.to_string()));
    Some(others.fold(own, u64::saturating_add))
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The process that has most of something.
#[derive(Default)]
struct Top {
    count: u64,
    pid: Option<i32>,
    command: String,
}

impl Top {
    fn offer(&mut self, count: u64, pid: i32, command: &str) {
        if count > self.count {
            *self = Self { count, pid: Some(pid), command: command.to_owned() };
        }
    }

    fn name(&self) -> Option<String> {
        self.pid.map(|pid| format!("{} (process {pid})", self.command))
    }
}

/// All processes of the sandbox at one moment.
#[derive(Default)]
struct Census {
    tasks: u64,
    /// How many tasks each command has.
    commands: BTreeMap<String, u64>,
    /// Bytes that are no file's, added up.
    memory: u64,
    pids: Vec<i32>,
    largest: Top,
    open_files: Top,
    /// In seconds.
    processor: Top,
}

impl Census {
    fn take(limits: &ResourceLimits) -> Self {
        let mut census = Self::default();
        for pid in processes() {
            let Some(stat) = Stat::of(pid) else { continue };
            census.tasks += stat.threads;
            if pid == 1 {
                continue;
            }
            *census.commands.entry(stat.command.clone()).or_default() += stat.threads;
            census.processor.offer(stat.seconds, pid, &stat.command);
            if limits.memory.is_some() {
                let memory = own_memory(pid).unwrap_or_default();
                census.memory = census.memory.saturating_add(memory);
                census.pids.push(pid);
                census.largest.offer(memory, pid, &stat.command);
            }
            if limits.open_files.is_some() {
                // Its size is the number of its entries; older kernels say 0.
                let found = fs::stat(format!("/proc/{pid}/fd")).map_or(0, |found| found.st_size);
                census.open_files.offer(u64::try_from(found).unwrap_or_default(), pid, &stat.command);
            }
        }
        census
    }

    /// The command that most tasks belong to.
    fn usual(&self) -> Option<String> {
        let (command, count) = self.commands.iter().max_by_key(|(_, count)| **count)?;
        Some(format!("{command} ({count} of them)"))
    }

    /// Memory with every shared page counted in parts. It takes longer.
    fn memory_of_each(&self) -> u64 {
        let of = |pid: &i32| {
            let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
            let field = |name: &str| {
                let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
                line.trim().split(' ').next()?.parse::<u64>().ok()
            };
            Some((field("Pss_Anon")? + field("Pss_Shmem").unwrap_or_default()).saturating_mul(1024))
        };
        // Who does not let us look counts whole.
        self.pids.iter().filter_map(|pid| of(pid).or_else(|| own_memory(*pid))).fold(0, u64::saturating_add)
    }
}

/// Bytes of memory of a process that are no file's.
fn own_memory(pid: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let mut fields = text.split(' ').skip(1).map_while(|field| field.trim().parse::<u64>().ok());
    let (resident, shared) = (fields.next()?, fields.next()?);
    let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
    Some(resident.saturating_sub(shared).saturating_mul(page))
}

/// What one line of `/proc` says of a process.
struct Stat {
    command: String,
    threads: u64,
    /// Of processor time.
    seconds: u64,
}

impl Stat {
    fn of(pid: i32) -> Option<Self> {
        let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        Self::parse(&String::from_utf8_lossy(&text))
    }

    /// The name stands in brackets and may hold any; what follows is numbers.
    fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.rsplit_once(')')?;
        let (_, command) = head.split_once('(')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        let ticks = number(11)?.saturating_add(number(12)?);
        let command = command.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        let seconds = ticks / rustix::param::clock_ticks_per_second().max(1);
        Some(Self { command, threads: number(17)?, seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_processes_cannot_spoil_the_numbers() {
        let own = std::fs::read_to_string("/proc/self/stat").unwrap();
        let (_, rest) = own.rsplit_once(')').unwrap();
        let stat = Stat::parse(&format!("7 (a) R 1\n(b){rest}")).unwrap();
        assert_eq!(stat.command, "a) R 1?(b");
        assert!(stat.threads >= 1);
    }

    #[test]
    fn a_disk_is_judged_by_its_reserve_and_by_its_loss() {
        const MIB: u64 = 1 << 20;
        let path = std::env::temp_dir();
        let limits = ResourceLimits {
            disk_reserve: Some(MIB),
            disk: Some(1 << 60),
            files: Some(100),
            ..ResourceLimits::none()
        };
        let mut disk = Disk::of(&path, &limits, &mut Vec::new()).unwrap();
        (disk.start, disk.reserve) = ((100 * MIB, 1000), (MIB, 10));
        let table = [
            ((50 * MIB, 50 * MIB), (990, 10), None),
            ((MIB - 1, 99 * MIB), (990, 10), Some(Resource::DiskReserve)),
            ((50 * MIB, 50 * MIB), (899, 101), Some(Resource::Files)),
            ((50 * MIB, 50 * MIB), (9, 10), Some(Resource::Files)),
        ];
        for (bytes, files, expected) in table {
            assert_eq!(
                disk.judge(&limits, bytes, files).map(|hit| hit.limit),
                expected,
                "{bytes:?} {files:?}"
            );
        }
        // A loss that others caused is not the program's: this process wrote nothing of that size.
        let limits = ResourceLimits { disk: Some(MIB), ..ResourceLimits::none() };
        assert_eq!(disk.judge(&limits, (50 * MIB, 1 << 50), (990, 10)), None);
        assert!(Disk::of(&path, &limits, &mut vec![fs::stat(&path).unwrap().st_dev]).is_none());
    }

    #[test]
    fn a_thing_is_noted_once_and_again_when_it_is_sure() {
        let limits = ResourceLimits { processes: Some(100), ..ResourceLimits::none() };
        let mut meter = Meter::new(&limits, Exact::default(), false, &[], &[]);
        let census = |tasks| Census { tasks, ..Census::default() };
        for (tasks, told) in [(50, 0), (91, 1), (92, 0), (99, 1), (100, 0)] {
            meter.judge_processes(&census(tasks));
            assert_eq!(meter.news().len(), told, "{tasks}");
        }
        assert!(!meter.look());
    }
}

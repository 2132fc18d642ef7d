//! What the kernel holds each process to: rlimits, and a place behind the host's own work.

use std::io;

use rustix::process::{Resource as Kernel, Rlimit, setrlimit};

use crate::confinement::ResourceLimits;
use crate::meter::Exact;

/// How far behind the host's own processes those without a cgroup stand for processor time. A build on an idle host is
/// as fast as without; on a busy one the host's programs come first.
const NICE: i32 = 5;
/// Whom the kernel ends first when the whole host is out of memory. What is inside may not lower it again.
const FIRST_TO_GO: &str = "700";
/// Seconds between the signal that a process has used up its processor time and its end.
const GRACE: u64 = 2;

/// Sets the rlimits of this process, and with it of all its children. What is `counted` for all together is left to the group.
///
/// # Errors
/// The resource that could not be limited, in words, with the system's error.
pub(crate) fn apply(limits: &ResourceLimits, counted: Exact) -> Result<(), (String, io::Error)> {
    // The meter looks at the sum and ends who takes too much; this holds where it looks too late.
    let memory = if counted.memory { None } else { limits.memory.map(|memory| memory.saturating_mul(2)) };
    let same = |limit: Option<u64>| (limit, limit);
    let table = [
        ("processes", Kernel::Nproc, same(limits.processes)),
        ("address space", Kernel::As, same(limits.address_space)),
        // Counts what is written to, and not what is only reserved: runtimes reserve terabytes.
        ("memory", Kernel::Data, same(memory)),
        ("file size", Kernel::Fsize, same(limits.file_size)),
        ("open files", Kernel::Nofile, same(limits.open_files)),
        // At the hard limit the kernel kills without a word, so the soft one comes first.
        (
            "processor time",
            Kernel::Cpu,
            (limits.cpu_seconds, limits.cpu_seconds.map(|cpu| cpu.saturating_add(GRACE))),
        ),
        // A dump would hold what the program read, and may be piped to a program of the host.
        ("core dumps", Kernel::Core, same(Some(0))),
    ];
    for (name, resource, (soft, hard)) in table {
        let (Some(soft), Some(hard)) = (soft, hard) else { continue };
        // A stricter limit of the caller stands.
        let ceiling = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let limit = Rlimit { current: Some(soft.min(ceiling)), maximum: Some(hard.min(ceiling)) };
        setrlimit(resource, limit).map_err(|error| (name.to_owned(), error.into()))?;
    }
    Ok(())
}

/// Lets the host's own work come first: called while `/proc` can still be written, so before it is mounted anew. With `shares`, a group does that for the processor.
pub(crate) fn stand_back(shares: bool) {
    let _only_helps = std::fs::write("/proc/self/oom_score_adj", FIRST_TO_GO);
    if !shares {
        let _only_helps = rustix::process::nice(NICE);
    }
}

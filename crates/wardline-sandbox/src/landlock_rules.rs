//! The file rules once more, as a Landlock ruleset: if a mount is ever wrong, this still holds.
//!
//! Landlock can only add up what is allowed. So pinned and masked paths inside writable ones rest on the mounts alone,
//! and everything else rests on both.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope,
};

use crate::mechanism::{LANDLOCK, Mechanism};
use crate::mounts;
use crate::plan::Plan;

/// Restricts this process, and all that come from it, to what the plan shows. With `mounted`, the plan's mounts were
/// made; without, the paths are the host's, and what should have been private is not allowed at all. With `closed`, no
/// TCP port can be used either.
///
/// # Errors
/// The mechanism that is missing, when the kernel cannot enforce every rule.
pub(crate) fn restrict(plan: &Plan, mounted: bool, closed: bool) -> Result<Mechanism, Box<Mechanism>> {
    let version = wardline_sys::kernel::landlock_version();
    if version == 0 {
        return Err(Box::new(Mechanism::missing(LANDLOCK, "the kernel answers that it has no Landlock")));
    }
    let version = i32::try_from(version).unwrap_or(i32::MAX);
    let abi = ABI::from(version);
    match apply(abi, plan, mounted, closed) {
        Ok(RulesetStatus::FullyEnforced) => {
            Ok(Mechanism::held(LANDLOCK, format!("interface {version}, fully enforced")))
        }
        Ok(status) => {
            Err(Box::new(Mechanism::missing(LANDLOCK, format!("interface {version}, but only {status:?}"))))
        }
        Err(error) => Err(Box::new(Mechanism::missing(LANDLOCK, format!("interface {version}: {error}")))),
    }
}

/// Keeps this process, which has the file rules already, from sending signals to those that it has them from.
pub(crate) fn keep_apart() -> std::io::Result<()> {
    let version = i32::try_from(wardline_sys::kernel::landlock_version()).unwrap_or(i32::MAX);
    if ABI::from(version) < ABI::V6 {
        return Ok(());
    }
    let apart = || {
        // Every set of rules forbids to move files between directories, unless it says otherwise; the file rules say
        // where that may be done.
        let rules = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        let rules = rules.handle_access(AccessFs::Refer)?.scope(Scope::Signal)?.create()?;
        allow(rules, Path::new("/"), AccessFs::Refer.into(), ABI::V6)?.restrict_self()
    };
    apart().map(drop).map_err(std::io::Error::other)
}

fn apply(
    abi: ABI,
    plan: &Plan,
    mounted: bool,
    closed: bool,
) -> Result<RulesetStatus, landlock::RulesetError> {
    let all = AccessFs::from_all(abi);
    let read = AccessFs::from_read(abi);
    let mut ruleset =
        Ruleset::default().set_compatibility(CompatLevel::HardRequirement).handle_access(all)?;
    if abi >= ABI::V6 {
        // Signals to processes outside, and abstract sockets of processes outside.
        ruleset = ruleset.scope(Scope::from_all(abi))?;
    }
    if closed && abi >= ABI::V4 {
        // With a network of its own, a program needs its loopback, on any port. Without, it has no use for one.
        ruleset = ruleset.handle_access(AccessNet::from_all(abi))?;
    }
    let mut rules = ruleset.create()?;
    let kept = |path: &PathBuf, access: BitFlags<AccessFs>| {
        if plan.no_execute.contains(path) { access & !AccessFs::Execute } else { access }
    };
    for path in &plan.readable {
        rules = allow(rules, path, kept(path, read), abi)?;
    }
    for path in &plan.writable {
        rules = allow(rules, path, kept(path, all), abi)?;
    }
    // Without mounts the host's directories would be at these paths.
    for path in plan.hollow.iter().filter(|_| mounted) {
        rules = allow(rules, path, AccessFs::ReadDir.into(), abi)?;
    }
    if mounted && abi >= ABI::V9 {
        // Sockets that the program was given, for kernels that ask who may connect to one by its path.
        for path in &plan.sockets {
            rules = allow(rules, path, AccessFs::ResolveUnix.into(), abi)?;
        }
    }
    let mut devices = AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::WriteFile;
    if abi >= ABI::V5 {
        devices |= AccessFs::IoctlDev;
    }
    if mounted {
        for path in plan.private.iter().map(PathBuf::as_path).chain([Path::new("/dev/shm")]) {
            rules = allow(rules, path, all, abi)?;
        }
        rules = allow(rules, Path::new("/dev"), devices, abi)?;
    } else {
        for name in mounts::DEVICES {
            rules = allow(rules, &Path::new("/dev").join(name), devices, abi)?;
        }
    }
    rules = allow(rules, Path::new("/proc"), AccessFs::ReadFile | AccessFs::ReadDir, abi)?;
    Ok(rules.restrict_self()?.ruleset)
}

/// Allows `access` on and below `path`; a path that is not there needs no rule.
fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
    abi: ABI,
) -> Result<RulesetCreated, landlock::RulesetError> {
    let Ok(opened) = PathFd::new(path) else { return Ok(rules) };
    // Rights over directory entries mean nothing on a file, and asking for them is an error.
    let access = if path.is_dir() { access } else { access & AccessFs::from_file(abi) };
    rules.add_rule(PathBeneath::new(opened, access))
}

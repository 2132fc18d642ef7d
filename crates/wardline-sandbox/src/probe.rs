//! Finding out what this host can give, by doing it in throw-away children and never by reading versions.

use std::io;
use std::path::Path;

use rustix::process::WaitOptions;
use wardline_sys::process::{Fork, Namespaces, fork_into, leave};

use crate::cgroup::Group;
use crate::confinement::ResourceLimits;
use crate::guarantee::{Asked, Guarantee, judge};
use crate::host::HostKind;
use crate::identity::Identity;
use crate::mechanism::{LANDLOCK, LIMITS, Mechanism, NETWORK, NO_NEW_PRIVS, PROC, SECCOMP, USER_NAMESPACE};
use crate::plan::Plan;
use crate::{drop_rights, landlock_rules, launch, mounts};

/// What a host gives: every outcome, the mechanisms it rests on, and the kind of host, for advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The kind of host.
    pub host: HostKind,
    /// The outcomes, judged for an ordinary session: with masked and pinned files in the project.
    pub guarantees: Vec<Guarantee>,
    /// Each mechanism, tried.
    pub mechanisms: Vec<Mechanism>,
}

impl Report {
    /// Judges what was tried, on a host of this kind.
    #[must_use]
    pub fn of(mechanisms: Vec<Mechanism>, host: HostKind) -> Self {
        Self { host, guarantees: judge(&mechanisms, &Asked::ordinarily(), || host), mechanisms }
    }
}

/// Tries every mechanism on this host, each in a throw-away process, and judges what follows. The running binary is
/// executed again as the stage.
#[must_use]
pub fn probe() -> Report {
    let nothing = |error| vec![Mechanism::missing(USER_NAMESPACE, format!("cannot ask the stage: {error}"))];
    let mechanisms = launch::probe_with(Path::new(launch::OWN_BINARY)).unwrap_or_else(nothing);
    Report::of(mechanisms, HostKind::here())
}

/// In the stage: one throw-away child for each mechanism.
pub(crate) fn try_all() -> Vec<Mechanism> {
    const USER: Namespaces = Namespaces { user: true, ..Namespaces::NONE };
    const FILES: Namespaces = Namespaces { user: true, mount: true, pid: true, ..Namespaces::NONE };
    let judge = |id: &str, did: &str, outcome: io::Result<()>| match outcome {
        Ok(()) => Mechanism::held(id, did),
        Err(error) => Mechanism::missing(id, format!("not {did}: {error}")),
    };
    let own_files = attempt(Namespaces { ipc: true, uts: true, ..FILES }, mounts::try_private_mount);
    let own_network = attempt(Namespaces { net: true, ..USER }, wardline_sys::network::loopback_up);
    let own_proc = attempt(FILES, mounts::try_proc);
    let landlock = attempt(Namespaces::NONE, || {
        landlock_rules::restrict(&Plan::default(), false, true)
            .map_err(|missing| io::Error::other(missing.proof))?;
        expect_refusal(std::fs::File::open("/").map(drop))
    });
    let seccomp = attempt(Namespaces::NONE, || {
        rustix::thread::set_no_new_privs(true)?;
        drop_rights::filter(true)?;
        expect_refusal(std::net::UdpSocket::bind("127.0.0.1:0").map(drop))
    });
    let no_new_privs = attempt(Namespaces::NONE, || {
        rustix::thread::set_no_new_privs(true)?;
        if rustix::thread::no_new_privs()? { Ok(()) } else { Err(io::Error::other("the kernel forgot it")) }
    });
    vec![
        judge(USER_NAMESPACE, "mapped a user and mounted a file system in new namespaces", own_files),
        judge(NETWORK, "brought up the loopback of a new network namespace", own_network),
        judge(PROC, "mounted /proc in a new pid namespace", own_proc),
        judge(LANDLOCK, "saw an open refused by a ruleset", landlock),
        judge(SECCOMP, "saw a socket refused by a filter", seccomp),
        judge(NO_NEW_PRIVS, "set it and read it back", no_new_privs),
        limits(),
    ]
}

fn limits() -> Mechanism {
    let limits = ResourceLimits::default();
    let group = Group::make(&limits, Identity::own());
    let mechanism = group.mechanism(&limits, rustix::process::geteuid().as_raw());
    group.remove();
    debug_assert_eq!(mechanism.id, LIMITS, "a group speaks about limits");
    mechanism
}

fn expect_refusal(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Ok(()) => Err(io::Error::other("it was allowed")),
        Err(error) => Err(error),
    }
}

/// Does `work` in a child and says how it went; the error number travels as the exit code.
fn attempt(namespaces: Namespaces, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    const UNKNOWN: i32 = 255;
    let child = match fork_into(namespaces)? {
        Fork::Child => {
            let code = work().err().map_or(0, |error| error.raw_os_error().unwrap_or(UNKNOWN));
            leave(code)
        }
        Fork::Parent(child) => child,
    };
    let status = rustix::process::waitpid(Some(child), WaitOptions::empty())?;
    match status.and_then(|(_, status)| status.exit_status()) {
        Some(0) => Ok(()),
        Some(code) if code < UNKNOWN => Err(io::Error::from_raw_os_error(code)),
        _ => Err(io::Error::other("it did not take effect")),
    }
}

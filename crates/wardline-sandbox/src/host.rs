//! What kind of host this is, and the exact words that bring a missing mechanism back on it.
//!
//! The kind is for the advice only: whether something works is found out by doing it.

use std::path::Path;

use crate::mechanism::{LANDLOCK, LIMITS, NETWORK, NO_NEW_PRIVS, PROC, SECCOMP, USER_NAMESPACE};

/// The kinds of hosts whose cures differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostKind {
    /// A Linux without anything special.
    Plain,
    /// AppArmor gives user namespaces only to programs with a profile (Ubuntu 23.10 and newer).
    AppArmor,
    /// Inside a Docker container, or one that looks like it.
    Docker,
    /// Inside a Podman container.
    Podman,
    /// Inside a Kubernetes pod.
    Kubernetes,
    /// Windows Subsystem for Linux, version 1: not a Linux kernel.
    Wsl1,
    /// Windows Subsystem for Linux, version 2.
    Wsl2,
    /// gVisor: a kernel in user space.
    Gvisor,
    /// Inside another sandbox, which took these rights away.
    Sandboxed,
}

/// What tells the kinds apart, as found on a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// `/proc/version`.
    pub version: String,
    /// `/proc/sys/kernel/apparmor_restrict_unprivileged_userns`.
    pub apparmor: String,
    /// `/proc/self/status`.
    pub status: String,
    /// Whether `/.dockerenv` exists.
    pub docker: bool,
    /// Whether `/run/.containerenv` exists.
    pub podman: bool,
    /// Whether the environment or the service account of a Kubernetes pod is there.
    pub kubernetes: bool,
    /// Whether the environment says that this is inside a session of Wardline.
    pub wardline: bool,
}

impl Marks {
    /// Looks at this host; `is_set` says whether a variable of the environment is.
    #[must_use]
    pub fn of_this_host(is_set: impl Fn(&str) -> bool) -> Self {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        Self {
            version: text("/proc/version"),
            apparmor: text("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            status: text("/proc/self/status"),
            docker: Path::new("/.dockerenv").exists(),
            podman: Path::new("/run/.containerenv").exists(),
            kubernetes: is_set("KUBERNETES_SERVICE_HOST")
                || Path::new("/var/run/secrets/kubernetes.io").exists(),
            wardline: is_set("WARDLINE"),
        }
    }

    /// The kind of host that the marks speak of.
    #[must_use]
    pub fn kind(&self) -> HostKind {
        // The version that gVisor makes up, since its beginning.
        const GVISOR: &str = "Sun Jan 10 15:06:54 PST 2016";
        let version = self.version.to_lowercase();
        let status = |name: &str| {
            let line = self.status.lines().find_map(|line| line.strip_prefix(name));
            line.map(str::trim).unwrap_or_default()
        };
        if self.version.contains(GVISOR) {
            HostKind::Gvisor
        } else if version.contains("microsoft") && !version.contains("wsl2") {
            HostKind::Wsl1
        } else if self.wardline && status("NoNewPrivs:") == "1" {
            HostKind::Sandboxed
        } else if self.kubernetes {
            HostKind::Kubernetes
        } else if self.podman {
            HostKind::Podman
        } else if self.docker {
            HostKind::Docker
        } else if status("NoNewPrivs:") == "1" && status("Seccomp:") == "2" {
            HostKind::Sandboxed
        } else if self.apparmor.trim() == "1" {
            HostKind::AppArmor
        } else if version.contains("microsoft") {
            HostKind::Wsl2
        } else {
            HostKind::Plain
        }
    }
}

/// One cure: on hosts of these kinds (none named: on any other), for these mechanisms.
pub(crate) struct Cure {
    pub(crate) kinds: &'static [HostKind],
    pub(crate) mechanisms: &'static [&'static str],
    pub(crate) words: &'static str,
}

/// From the special to the general; all that fit are given. `docs/hosts.md` holds every one of them.
pub(crate) const CURES: &[Cure] = &[
    Cure {
        kinds: &[HostKind::Wsl1],
        mechanisms: &[USER_NAMESPACE, NETWORK, PROC, LANDLOCK, SECCOMP, NO_NEW_PRIVS, LIMITS],
        words: "WSL 1 has no Linux kernel; in PowerShell: `wsl.exe --set-version <distribution> 2`",
    },
    Cure {
        kinds: &[HostKind::Gvisor],
        mechanisms: &[USER_NAMESPACE, NETWORK, PROC, LANDLOCK, SECCOMP, NO_NEW_PRIVS],
        words: "gVisor's kernel does not offer this; start the container with the ordinary one: `docker run \
                --runtime=runc --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt \
                systempaths=unconfined <image>`",
    },
    Cure {
        kinds: &[HostKind::Sandboxed],
        mechanisms: &[USER_NAMESPACE, NETWORK, PROC],
        words: "another sandbox took this away, and its boundary holds for this command already; start `wardline` \
                outside of it, or run the command without `wardline` inside",
    },
    Cure {
        kinds: &[HostKind::Docker],
        mechanisms: &[USER_NAMESPACE, NETWORK, PROC, SECCOMP],
        words: "start the container with `docker run --security-opt seccomp=unconfined --security-opt \
                apparmor=unconfined --security-opt systempaths=unconfined <image>`, as root with `--cap-add SETFCAP` \
                when capabilities are dropped",
    },
    Cure {
        kinds: &[HostKind::Podman],
        mechanisms: &[USER_NAMESPACE, NETWORK, PROC, SECCOMP],
        words: "start the container with `podman run --security-opt seccomp=unconfined --security-opt unmask=ALL \
                --security-opt label=disable <image>`, as root with `--cap-add SETFCAP` when capabilities are dropped",
    },
    Cure {
        kinds: &[HostKind::Kubernetes],
        mechanisms: &[USER_NAMESPACE, NETWORK, PROC, SECCOMP],
        words: "in the pod's spec set `hostUsers: false`, and in the container's `securityContext` set `procMount: \
                Unmasked`, `seccompProfile: {type: Unconfined}` and `appArmorProfile: {type: Unconfined}`",
    },
    Cure {
        kinds: &[HostKind::AppArmor],
        mechanisms: &[USER_NAMESPACE, NETWORK],
        words: "load the AppArmor profile that allows it: `wardline doctor --apparmor | sudo tee \
                /etc/apparmor.d/wardline >/dev/null && sudo apparmor_parser -r /etc/apparmor.d/wardline`",
    },
    Cure {
        kinds: &[HostKind::Wsl2],
        mechanisms: &[LANDLOCK],
        words: "update the kernel of WSL 2 in PowerShell: `wsl.exe --update`, then `wsl.exe --shutdown`",
    },
    Cure {
        kinds: &[HostKind::Docker, HostKind::Podman, HostKind::Kubernetes],
        mechanisms: &[LIMITS],
        words: "run as an ordinary user in the container (`--user 1000`), or give it its own cgroups: `--cgroupns=private \
                -v /sys/fs/cgroup:/sys/fs/cgroup:rw`",
    },
    Cure {
        kinds: &[],
        mechanisms: &[USER_NAMESPACE],
        words: "allow user namespaces: `sudo sysctl -w user.max_user_namespaces=15000`, on older Debian also `sudo \
                sysctl -w kernel.unprivileged_userns_clone=1`",
    },
    Cure {
        kinds: &[],
        mechanisms: &[NETWORK],
        words: "allow network namespaces: `sudo sysctl -w user.max_net_namespaces=15000`",
    },
    Cure {
        kinds: &[],
        mechanisms: &[PROC],
        words: "unmask /proc of the surrounding container: docker `--security-opt systempaths=unconfined`, podman \
                `--security-opt unmask=ALL`, Kubernetes `procMount: Unmasked`",
    },
    Cure {
        kinds: &[],
        mechanisms: &[LANDLOCK],
        words: "boot a kernel of 5.13 or newer with Landlock on: add `landlock` to the `lsm=` boot parameter",
    },
    Cure {
        kinds: &[],
        mechanisms: &[SECCOMP],
        words: "run on a kernel built with CONFIG_SECCOMP_FILTER, on x86-64, arm64 or riscv64",
    },
    Cure { kinds: &[], mechanisms: &[NO_NEW_PRIVS], words: "run on a kernel of 3.5 or newer" },
    Cure {
        kinds: &[],
        mechanisms: &[LIMITS],
        words: "run as an ordinary user, or as root with a writable cgroup tree: `mount -t cgroup2 none /sys/fs/cgroup`",
    },
];

impl HostKind {
    /// The kind of this host, by its files and this process's environment.
    #[must_use]
    pub fn here() -> Self {
        Marks::of_this_host(|name| std::env::var_os(name).is_some()).kind()
    }

    /// The word for it in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "linux",
            Self::AppArmor => "apparmor",
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Kubernetes => "kubernetes",
            Self::Wsl1 => "wsl1",
            Self::Wsl2 => "wsl2",
            Self::Gvisor => "gvisor",
            Self::Sandboxed => "sandbox",
        }
    }

    /// The exact fix for a mechanism that is missing on a host of this kind: what is special to it first, then what helps
    /// on any. Empty for a name that is none.
    #[must_use]
    pub fn fix(self, mechanism: &str) -> String {
        let fits = |cure: &&Cure| {
            (cure.kinds.is_empty() || cure.kinds.contains(&self)) && cure.mechanisms.contains(&mechanism)
        };
        let cures: Vec<&str> = CURES.iter().filter(fits).map(|cure| cure.words).collect();
        // Where there is no Linux kernel, nothing else can help.
        if self == Self::Wsl1 {
            cures.first().copied().unwrap_or_default().to_owned()
        } else {
            cures.join("; else ")
        }
    }
}

/// The cure for a kernel that does not have a call: no setting brings it.
const OLD_KERNEL: &str = "run on a kernel of 5.12 or newer, which has the calls that build the sandbox's file system, and let no outer \
                          sandbox hide them";

/// The cure for a kernel that gives no terminals of one's own.
pub(crate) const OWN_TERMINALS: &str = "let the kernel give the sandbox a /dev/pts of its own: run on one of 4.7 or newer with \
                                        CONFIG_UNIX98_PTYS, and let no outer sandbox or security profile forbid to mount `devpts`";

impl HostKind {
    /// As [`HostKind::fix`], when the mechanism is missing because the kernel does not know a call.
    pub(crate) fn fix_for_old_kernel(self, mechanism: &str) -> String {
        match (mechanism, self) {
            // Landlock and seccomp have kernels of their own to name.
            (USER_NAMESPACE | NETWORK | PROC, kind) if kind != Self::Wsl1 && kind != Self::Gvisor => {
                format!("{OLD_KERNEL}; else {}", self.fix(mechanism))
            }
            _ => self.fix(mechanism),
        }
    }
}

/// Every fix that can be given, for the documentation's sake.
#[must_use]
pub fn every_fix() -> Vec<&'static str> {
    CURES.iter().map(|cure| cure.words).chain([OLD_KERNEL, OWN_TERMINALS]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanism::MECHANISMS;

    fn marks(set: impl FnOnce(&mut Marks)) -> Marks {
        let version = "Linux version 6.18.44 (builder) #1 SMP".to_owned();
        let mut marks = Marks { version, ..Marks::default() };
        set(&mut marks);
        marks
    }

    #[test]
    fn a_host_is_told_by_its_marks() {
        let inside = "Name:\twardline\nNoNewPrivs:\t1\nSeccomp:\t2\n";
        let table: [(Marks, HostKind); 12] = [
            (marks(|_| {}), HostKind::Plain),
            (marks(|m| m.apparmor = "1\n".into()), HostKind::AppArmor),
            (marks(|m| m.apparmor = "0\n".into()), HostKind::Plain),
            (marks(|m| m.docker = true), HostKind::Docker),
            (marks(|m| (m.podman, m.docker) = (true, true)), HostKind::Podman),
            (marks(|m| (m.kubernetes, m.docker) = (true, true)), HostKind::Kubernetes),
            (marks(|m| m.version = "Linux version 4.4.0-19041-Microsoft".into()), HostKind::Wsl1),
            (marks(|m| m.version = "Linux version 5.15.90.1-microsoft-standard-WSL2".into()), HostKind::Wsl2),
            (
                marks(|m| m.version = "Linux version 4.4.0 #1 SMP Sun Jan 10 15:06:54 PST 2016".into()),
                HostKind::Gvisor,
            ),
            (marks(|m| m.status = inside.into()), HostKind::Sandboxed),
            (marks(|m| m.status = "NoNewPrivs:\t1\nSeccomp:\t0\n".into()), HostKind::Plain),
            (marks(|m| (m.status, m.docker, m.wardline) = (inside.into(), true, true)), HostKind::Sandboxed),
        ];
        for (marks, kind) in table {
            assert_eq!(marks.kind(), kind, "{marks:?}");
        }
    }

    #[test]
    fn every_mechanism_has_a_fix_with_something_to_do_on_every_kind_of_host() {
        use HostKind::{AppArmor, Docker, Gvisor, Kubernetes, Plain, Podman, Sandboxed, Wsl1, Wsl2};
        for kind in [Plain, AppArmor, Docker, Podman, Kubernetes, Wsl1, Wsl2, Gvisor, Sandboxed] {
            for (mechanism, _) in MECHANISMS {
                assert!(kind.fix(mechanism).len() > 20, "{kind:?} {mechanism}");
            }
        }
        // The cures that differ from the general one, and must be exact.
        let table = [
            (AppArmor, USER_NAMESPACE, "apparmor_parser -r"),
            (Docker, USER_NAMESPACE, "docker run --security-opt seccomp=unconfined"),
            (Docker, PROC, "systempaths=unconfined"),
            (Podman, PROC, "unmask=ALL"),
            (Kubernetes, PROC, "procMount"),
            (Wsl1, SECCOMP, "wsl.exe --set-version"),
            (Gvisor, LANDLOCK, "--runtime=runc"),
            (Sandboxed, USER_NAMESPACE, "outside of it"),
            (Plain, LANDLOCK, "lsm="),
        ];
        for (kind, mechanism, words) in table {
            assert!(kind.fix(mechanism).contains(words), "{kind:?} {mechanism}");
        }
    }
}

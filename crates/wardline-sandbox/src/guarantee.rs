//! What the sandbox promises, by name; for each promise, what is lost without it and what usually brings it back.

use serde_json::{Value, json};

/// One promise, and whether this host keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarantee {
    /// Its name: the word for `accept_missing`.
    pub id: String,
    /// Whether it holds.
    pub held: bool,
    /// What enforces it.
    pub mechanism: String,
    /// What was tried, and what came of it.
    pub proof: String,
    /// What to do when it does not hold; empty when it does.
    pub fix: String,
}

impl std::fmt::Display for Guarantee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.held {
            write!(f, "{}: held by {} ({})", self.id, self.mechanism, self.proof)
        } else {
            write!(f, "{}: missing, {} ({}); {}", self.id, self.mechanism, self.proof, self.fix)
        }
    }
}

/// Own users, mounts and processes: hidden files, hidden processes, no survivors.
pub(crate) const USER_NAMESPACE: &str = "user-namespace";
/// No way out but the egress door.
pub(crate) const NETWORK: &str = "network";
/// A `/proc` that shows the sandbox's own processes only.
pub(crate) const PROC: &str = "proc";
/// The file rules once more, by another mechanism, and no signals to the outside.
pub(crate) const LANDLOCK: &str = "landlock";
/// Kernel doors that no ordinary program needs are shut.
pub(crate) const SECCOMP: &str = "seccomp";
/// Set-user-id programs give nothing.
pub(crate) const NO_NEW_PRIVS: &str = "no-new-privs";
/// Processes, memory and file sizes are bounded.
pub(crate) const LIMITS: &str = "limits";

struct Known {
    id: &'static str,
    mechanism: &'static str,
    fix: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        id: USER_NAMESPACE,
        mechanism: "user, mount, pid, ipc and uts namespaces",
        fix: "allow unprivileged user namespaces: `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu \
              23.10 and newer), `sysctl -w kernel.unprivileged_userns_clone=1` (older Debian), \
              `sysctl -w user.max_user_namespaces=15000`; in a container, `--security-opt seccomp=unconfined \
              --security-opt apparmor=unconfined`; without it nothing is masked or pinned inside the project, there is \
              no /tmp and no network, host processes can be seen, and a killed session may leave processes",
    },
    Known {
        id: NETWORK,
        mechanism: "own network namespace with nothing but loopback",
        fix: "allow network namespaces: `sysctl -w user.max_net_namespaces=15000`; on Ubuntu 23.10 and newer also \
              `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`; without it the program has the network of \
              the host",
    },
    Known {
        id: PROC,
        mechanism: "own /proc of the pid namespace",
        fix: "unmask /proc of the surrounding container: docker and podman, `--security-opt systempaths=unconfined`; \
              Kubernetes, `procMount: Unmasked`",
    },
    Known {
        id: LANDLOCK,
        mechanism: "Landlock",
        fix: "boot a kernel of 5.13 or newer with Landlock on: add `landlock` to the `lsm=` boot parameter",
    },
    Known {
        id: SECCOMP,
        mechanism: "seccomp filter",
        fix: "run on a kernel built with CONFIG_SECCOMP_FILTER, on x86-64, arm64 or riscv64",
    },
    Known { id: NO_NEW_PRIVS, mechanism: "no_new_privs", fix: "run on a kernel of 3.5 or newer" },
    Known {
        id: LIMITS,
        mechanism: "cgroup, else rlimits",
        fix: "as root, mount the cgroup tree writable (docker: `--cgroupns=private` with a writable /sys/fs/cgroup); \
              as a user, nothing is needed",
    },
];

impl Guarantee {
    pub(crate) fn held(id: &str, proof: impl Into<String>) -> Self {
        let known = KNOWN.iter().find(|known| known.id == id);
        Self {
            id: id.to_owned(),
            held: true,
            mechanism: known.map_or("", |known| known.mechanism).to_owned(),
            proof: proof.into(),
            fix: String::new(),
        }
    }

    pub(crate) fn missing(id: &str, proof: impl Into<String>) -> Self {
        let known = KNOWN.iter().find(|known| known.id == id);
        Self { held: false, fix: known.map_or("", |known| known.fix).to_owned(), ..Self::held(id, proof) }
    }

    pub(crate) fn via(mut self, mechanism: impl Into<String>) -> Self {
        self.mechanism = mechanism.into();
        self
    }

    /// The guarantee as JSON, for a journal or a report.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({
            "id": self.id,
            "held": self.held,
            "mechanism": self.mechanism,
            "proof": self.proof,
            "fix": self.fix,
        })
    }

    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            id: text("id")?,
            held: value.get("held")?.as_bool()?,
            mechanism: text("mechanism")?,
            proof: text("proof")?,
            fix: text("fix")?,
        })
    }
}

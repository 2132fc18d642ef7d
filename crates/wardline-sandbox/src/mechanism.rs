//! The means of the sandbox, by name: what the kernel is asked to do. What they are for says [`crate::Guarantee`].

use serde_json::{Value, json};

/// One means, and whether this host gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mechanism {
    /// Its name, such as `landlock`.
    pub id: String,
    /// Whether it is in force.
    pub held: bool,
    /// What it is, in words.
    pub what: String,
    /// What was tried, and what came of it.
    pub proof: String,
}

/// Own users, mounts and processes: hidden files, hidden processes, no survivors.
pub(crate) const USER_NAMESPACE: &str = "user-namespace";
/// A network stack of its own, with no way out but the egress door.
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

/// Every mechanism, and what it is in words.
pub(crate) const MECHANISMS: [(&str, &str); 7] = [
    (USER_NAMESPACE, "user, mount, pid, ipc and uts namespaces"),
    (NETWORK, "own network namespace with nothing but loopback"),
    (PROC, "own /proc of the pid namespace"),
    (LANDLOCK, "Landlock"),
    (SECCOMP, "seccomp filter"),
    (NO_NEW_PRIVS, "no_new_privs"),
    (LIMITS, "cgroup, else rlimits"),
];

/// The names of the mechanisms.
#[must_use]
pub fn mechanisms() -> Vec<&'static str> {
    MECHANISMS.iter().map(|(id, _)| *id).collect()
}

impl Mechanism {
    pub(crate) fn held(id: &str, proof: impl Into<String>) -> Self {
        let what = MECHANISMS.iter().find(|(known, _)| *known == id).map_or("", |(_, what)| what);
        Self { id: id.to_owned(), held: true, what: what.to_owned(), proof: proof.into() }
    }

    pub(crate) fn missing(id: &str, proof: impl Into<String>) -> Self {
        Self { held: false, ..Self::held(id, proof) }
    }

    /// The mechanism as JSON, for a journal or a report.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({ "id": self.id, "held": self.held, "what": self.what, "proof": self.proof })
    }

    /// The mechanism that [`Mechanism::to_value`] wrote; `None` when `value` is anything else.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            id: text("id")?,
            held: value.get("held")?.as_bool()?,
            what: text("what")?,
            proof: text("proof")?,
        })
    }
}
